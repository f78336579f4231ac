//! One System Log event as the simulator keeps it: some eighty bytes, from which Okta's two kilobytes of JSON follow.
//!
//! What many events share (who, where, what type) is pointed at; what only looks random (ids of the event, its request
//! and session) follows from a seed. An event is never changed after it was written.

pub mod follow;
pub mod kind;
pub mod party;
pub mod shape;
pub mod tables;
pub mod values;

use super::world::factor::FactorKind;
use super::world::place::Client;
use kind::Kind;
use party::PartyId;

/// One event. [`shape::write`] makes its JSON.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When it happened, in milliseconds since 1970: `published`.
    pub published_ms: i64,
    /// When the log had it, in milliseconds since 1970; never before `published_ms`.
    pub persisted_ms: i64,
    /// Makes the uuid and whatever else belongs to this event alone.
    pub seed: u64,
    /// Makes the request's id; events of one request share it.
    pub request: u64,
    /// Makes the session's id; 0 for none.
    pub session: u64,
    /// Who did it.
    pub actor: PartyId,
    /// To whom or what; [`Target::NONE`] fills the rest.
    pub targets: [Target; 3],
    /// Position of what few events have, in the log's table of notes; 0 for nothing.
    pub note: u32,
    /// From where; see [`Event::client`].
    pub from: Client,
    /// Whether it is work of Okta's own, which comes from nowhere.
    pub job: bool,
    /// What kind of event.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// Position in the log's table of reasons; 0 for none.
    pub reason: u16,
    /// What Okta's risk engine said.
    pub signals: Signals,
    /// The factor that the event speaks of.
    pub factor: Option<FactorKind>,
}

impl Event {
    /// Where the request came from; `None` for work of Okta's own.
    pub fn client(&self) -> Option<Client> {
        (!self.job).then_some(self.from)
    }

    /// The targets there are.
    pub fn target_list(&self) -> impl Iterator<Item = Target> {
        self.targets
            .into_iter()
            .filter(|target| *target != Target::NONE)
    }
}

/// `outcome.result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It worked.
    Success,
    /// It did not.
    Failure,
    /// A policy said yes.
    Allow,
    /// A policy said no.
    Deny,
    /// A policy asked for more.
    Challenge,
    /// There was nothing to do.
    Skipped,
    /// Nobody knows.
    Unknown,
}

impl Outcome {
    /// As Okta spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Challenge => "CHALLENGE",
            Self::Skipped => "SKIPPED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The outcome that Okta spells so.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Success,
            Self::Failure,
            Self::Allow,
            Self::Deny,
            Self::Challenge,
            Self::Skipped,
            Self::Unknown,
        ]
        .into_iter()
        .find(|outcome| outcome.name() == name)
    }
}

/// One target: a party, or something of a party's that needs no entry of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(u32);

/// How a [`Target`]'s party is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The party itself.
    Itself,
    /// Its account in the app among the targets.
    AppUser,
    /// Its password.
    Password,
    /// Its enrolment of a factor.
    Enrolment(FactorKind),
}

impl Target {
    /// No target.
    pub const NONE: Self = Self(u32::MAX);
    /// Parties are below this.
    pub const MAX_PARTY: PartyId = 1 << 28;

    /// The party itself.
    pub fn party(party: PartyId) -> Self {
        Self(party)
    }

    /// The party's account in the app among the event's targets.
    pub fn app_user(party: PartyId) -> Self {
        Self(party | 1 << 28)
    }

    /// The party's password, which Okta counts among the authenticators.
    pub fn password(party: PartyId) -> Self {
        Self(party | 2 << 28)
    }

    /// The party's enrolment of `factor`.
    pub fn enrolment(party: PartyId, factor: FactorKind) -> Self {
        let at = FactorKind::ALL.iter().position(|kind| *kind == factor);
        let at = u32::try_from(at.unwrap_or(0)).expect("there are nine kinds");
        Self(party | (3 + at) << 28)
    }

    /// The party and how it is meant; `None` for [`Target::NONE`].
    pub fn read(self) -> Option<(PartyId, Aspect)> {
        if self == Self::NONE {
            return None;
        }
        let party = self.0 & (Self::MAX_PARTY - 1);
        let aspect = match self.0 >> 28 {
            0 => Aspect::Itself,
            1 => Aspect::AppUser,
            2 => Aspect::Password,
            n => Aspect::Enrolment(FactorKind::ALL[(n as usize - 3) % FactorKind::ALL.len()]),
        };
        Some((party, aspect))
    }
}

/// What Okta's risk engine said of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals(u16);

/// The behaviours that an org is set up with, in the order that Okta prints them.
pub const BEHAVIORS: [&str; 7] = [
    "New Geo-Location",
    "New Device",
    "New IP",
    "New State",
    "New Country",
    "Velocity",
    "New City",
];

impl Signals {
    /// Nothing was looked at.
    pub const NONE: Self = Self(0);
    const LOOKED: u16 = 1 << 7;
    const SUSPECTED: u16 = 1 << 10;

    /// All behaviours as ever, low risk.
    pub fn ordinary() -> Self {
        Self(Self::LOOKED | 1 << 8)
    }

    /// The named behaviours are new, and the risk is so high (1 low, 2 medium, 3 high).
    pub fn with(behaviors: &[&str], risk: u16) -> Self {
        let mut bits = Self::LOOKED | risk.clamp(1, 3) << 8;
        for (at, name) in BEHAVIORS.iter().enumerate() {
            if behaviors.contains(name) {
                bits |= 1 << at;
            }
        }
        Self(bits)
    }

    /// The same with `threatSuspected` set.
    #[must_use]
    pub fn suspected(self) -> Self {
        Self(self.0 | Self::SUSPECTED)
    }

    /// Whether behaviours were looked at.
    pub fn looked(self) -> bool {
        self.0 & Self::LOOKED != 0
    }

    /// Whether the `at`th of [`BEHAVIORS`] was new.
    pub fn positive(self, at: usize) -> bool {
        self.0 >> at & 1 == 1
    }

    /// `LOW`, `MEDIUM` or `HIGH`; `None` when nothing was looked at.
    pub fn risk(self) -> Option<&'static str> {
        match self.0 >> 8 & 3 {
            0 => None,
            1 => Some("LOW"),
            2 => Some("MEDIUM"),
            _ => Some("HIGH"),
        }
    }

    /// Whether Okta suspects a threat.
    pub fn threat_suspected(self) -> bool {
        self.0 & Self::SUSPECTED != 0
    }

    /// Why the risk is above low, in Okta's words.
    pub fn reasons(self) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.positive(1) {
            reasons.push("Anomalous Device");
        }
        if self.positive(0) || self.positive(4) {
            reasons.push("Anomalous Location");
        }
        if reasons.is_empty() && !matches!(self.risk(), None | Some("LOW")) {
            reasons.push("Suspected Threat");
        }
        reasons
    }
}

/// What only few events have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Note {
    /// More of `debugData`; a key that the type fills as well wins over it.
    pub debug: Vec<(&'static str, String)>,
    /// `changeDetails` of the first target: field, before, after.
    pub changes: Vec<(String, String, String)>,
    /// `transaction.detail.requestApiTokenId`.
    pub token: Option<String>,
    /// `client.userAgent.rawUserAgent`, where it is none of the table's.
    pub agent: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_small() {
        assert!(size_of::<Event>() <= 88, "{}", size_of::<Event>());
    }

    #[test]
    fn a_target_reads_back_as_it_was_made() {
        assert_eq!(Target::NONE.read(), None);
        assert_eq!(Target::party(7).read(), Some((7, Aspect::Itself)));
        assert_eq!(Target::app_user(7).read(), Some((7, Aspect::AppUser)));
        for factor in FactorKind::ALL {
            assert_eq!(
                Target::enrolment(9, factor).read(),
                Some((9, Aspect::Enrolment(factor)))
            );
        }
    }

    #[test]
    fn signals_remember_behaviours_and_risk() {
        let signals = Signals::with(&["New Country", "New Device"], 3);
        assert_eq!(signals.risk(), Some("HIGH"));
        assert!(signals.positive(4) && signals.positive(1) && !signals.positive(0));
        assert_eq!(
            signals.reasons(),
            ["Anomalous Device", "Anomalous Location"]
        );
        assert_eq!(Signals::NONE.risk(), None);
    }
}
