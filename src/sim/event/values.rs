//! Attributes of an event that can be told without writing it out: ids, and what its type and parties say.

use std::fmt::Write as _;

use crate::sim::derive::{letters, mix};
use crate::sim::gate;
use crate::sim::id::Id;
use crate::sim::world::factor::FactorKind;

use super::party::{Party, PartyKind};
use super::tables::Tables;
use super::{Aspect, Event, Outcome, Target};

/// Ticks of 100 ns from the start of the Gregorian calendar, which version 1 uuids count from, to 1970.
pub const GREGORIAN_OFFSET: i64 = 0x01b2_1dd2_1381_4000;

/// The event's uuid. Like Okta's, the first eight bytes are the time (version 1), so they alone tell events apart badly.
pub fn uuid(event: &Event) -> String {
    let within_ms = i64::try_from(event.seed % 10_000).expect("below 10 000");
    let ticks = event.published_ms * 10_000 + within_ms + GREGORIAN_OFFSET;
    let ticks = ticks.cast_unsigned();
    let tail = mix(event.seed ^ 0x7575_6964);
    format!(
        "{:08x}-{:04x}-1{:03x}-{:04x}-{:012x}",
        ticks & 0xffff_ffff,
        ticks >> 32 & 0xffff,
        ticks >> 48 & 0x0fff,
        0x8000 | tail >> 50,
        (tail & 0xffff_ffff_ffff) | 0x0100_0000_0000,
    )
}

/// The request's id, as in `X-Okta-Request-Id`, `transaction.id` and `debugData.requestId`.
pub fn request_id(tables: &Tables, request: u64) -> String {
    gate::request_id(tables.seed, request)
}

/// The id of a session.
pub fn session_id(session: u64) -> String {
    let mut id = String::from("idx");
    id.push_str(&letters(session, LETTERS, 22));
    id
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Sixteen hexadecimal digits for each of `words` words that follow from `word`.
pub(super) fn hex(word: u64, words: u64) -> String {
    let mut text = String::with_capacity(64);
    for nth in 0..words {
        let _ = write!(text, "{:016x}", mix(word.wrapping_add(nth)));
    }
    text
}

fn failed(event: &Event) -> bool {
    matches!(event.outcome, Outcome::Failure | Outcome::Deny)
}

/// `transaction.type`.
pub fn transaction_type(event: &Event) -> &'static str {
    if event.job { "JOB" } else { "WEB" }
}

/// `legacyEventType`.
pub fn legacy(event: &Event) -> Option<&'static str> {
    let spec = event.kind.spec();
    let failed = failed(event).then_some(spec.legacy_failed).flatten();
    failed.or(spec.legacy)
}

/// `severity`.
pub fn severity(event: &Event) -> &'static str {
    let spec = event.kind.spec();
    let severity = if failed(event) {
        spec.severity_failed
    } else {
        spec.severity
    };
    severity.name()
}

/// `type` of a target.
pub fn target_kind(party: &Party, aspect: Aspect) -> PartyKind {
    match aspect {
        Aspect::Itself => party.kind,
        Aspect::AppUser => PartyKind::AppUser,
        Aspect::Password | Aspect::Enrolment(_) => PartyKind::AuthenticatorEnrollment,
    }
}

/// `alternateId` of a target.
pub fn target_alternate(party: &Party, aspect: Aspect) -> Option<&str> {
    match aspect {
        Aspect::Itself | Aspect::AppUser => party.alternate.as_deref(),
        Aspect::Password | Aspect::Enrolment(_) => Some("unknown"),
    }
}

/// `displayName` of a target.
pub fn target_name(party: &Party, aspect: Aspect) -> Option<&str> {
    match aspect {
        Aspect::Itself | Aspect::AppUser => party.name.as_deref(),
        Aspect::Password => Some("Password"),
        Aspect::Enrolment(factor) => Some(factor.label()),
    }
}

/// The id of a user's password among the authenticators.
pub fn password_id(user: &str) -> String {
    Id::of_text("lae", user, 0).to_string()
}

/// The id of a user's enrolment of a factor.
pub fn enrolment_id(user: &str, factor: FactorKind) -> String {
    Id::of_text("pfd", user, factor as u64).to_string()
}

/// The id that a target of this event is shown with; empty for none.
pub fn target_id(tables: &Tables, event: &Event, target: Target) -> String {
    let Some((party, aspect)) = target.read() else {
        return String::new();
    };
    let party = tables.cast.get(party);
    match aspect {
        Aspect::Itself => party.id.to_string(),
        Aspect::AppUser => {
            let app = event.target_list().find_map(|other| app_of(tables, other));
            Id::of_text("0ua", &party.id, app.map_or(0, letters_word)).to_string()
        }
        Aspect::Password => password_id(&party.id),
        Aspect::Enrolment(factor) => enrolment_id(&party.id, factor),
    }
}

fn app_of(tables: &Tables, target: Target) -> Option<&str> {
    let (party, aspect) = target.read()?;
    let party = tables.cast.get(party);
    (aspect == Aspect::Itself && party.kind == PartyKind::AppInstance).then_some(&*party.id)
}

fn letters_word(id: &str) -> u64 {
    id.bytes().fold(7, |word, byte| mix(word ^ u64::from(byte)))
}
