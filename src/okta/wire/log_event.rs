//! An event of `/api/v1/logs`.

use jiff::Timestamp;

use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::log_event::{LogEvent, OutcomeResult, Party, Severity};
use crate::domain::text::SafeText;

impl Decode for LogEvent {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        let client = fields.object("client");
        let place = client.object("geographicalContext");
        let outcome = fields.object("outcome");
        let session = fields.object("authenticationContext");
        Ok(Self {
            uuid: fields.identity("uuid")?,
            published: published(fields)?,
            event_type: fields.text_or_empty("eventType"),
            severity: fields
                .filled("severity")
                .map(|word| Severity::from_word(&word)),
            display_message: fields.filled("displayMessage"),
            actor: fields.some_object("actor").map(|actor| party(&actor)),
            targets: targets(fields),
            result: outcome
                .filled("result")
                .map(|word| OutcomeResult::from_word(&word)),
            reason: outcome.filled("reason"),
            ip: client.filled("ipAddress"),
            country: place.filled("country"),
            city: place.filled("city"),
            user_agent: user_agent(&client),
            session: session.filled("externalSessionId"),
            root_session: session.filled("rootSessionId"),
            transaction: fields.object("transaction").filled("id"),
        })
    }
}

/// Reads one event of which it is not known yet that it is JSON.
///
/// # Errors
/// [`Unreadable`] when it is none, or has no identity.
pub(in crate::okta) fn event_of(json: &str) -> Result<LogEvent, Unreadable> {
    LogEvent::of_fields(&Fields::of_text(json)?)
}

/// Before Okta was founded nothing happened there.
const FOUNDED: Timestamp = Timestamp::constant(1_230_768_000, 0);

/// When an event happened. A date from before Okta is a garbled one: kept under it, the event would be kept a second time when it
/// comes again with its own.
fn published(fields: &Fields<'_>) -> Result<Timestamp, Unreadable> {
    let at: Timestamp = fields.identity("published")?;
    if at < FOUNDED {
        return Err(Unreadable::Field("published"));
    }
    Ok(at)
}

fn targets(fields: &Fields<'_>) -> Vec<Party> {
    let targets = fields.list("target").into_iter();
    targets
        .filter_map(|raw| Fields::of(raw).ok())
        .map(|target| party(&target))
        .collect()
}

fn party(fields: &Fields<'_>) -> Party {
    Party {
        id: fields.text_or_empty("id"),
        kind: fields.text_or_empty("type"),
        alternate_id: fields.filled("alternateId"),
        display_name: fields.filled("displayName"),
    }
}

/// Usually an object that holds the raw text; some events were seen with the text itself.
fn user_agent(client: &Fields<'_>) -> Option<SafeText> {
    match client.some_object("userAgent") {
        Some(agent) => agent.filled("rawUserAgent"),
        None => client.filled("userAgent"),
    }
}
