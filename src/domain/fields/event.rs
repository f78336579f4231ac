//! What a filter sees of a System Log event, whether it stands decoded in memory or in a column of a block.

use jiff::Timestamp;

use crate::domain::filter::{Field, Fields};
use crate::domain::id::EventUuid;
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use crate::domain::query::EventRow;

/// An event, borrowed from wherever it is kept. Empty text counts as absent.
#[derive(Clone, Copy, Debug)]
pub struct EventFields<'a> {
    /// Its identity.
    pub uuid: EventUuid,
    /// When it happened.
    pub published: Timestamp,
    /// Such as `user.session.start`.
    pub event_type: &'a str,
    /// Okta's severity.
    pub severity: &'a str,
    /// Okta's words for it.
    pub message: &'a str,
    /// Who did it.
    pub actor: Option<PartyFields<'a>>,
    /// What it was done to.
    pub targets: &'a [PartyFields<'a>],
    /// How it ended.
    pub result: &'a str,
    /// Why it ended so.
    pub reason: &'a str,
    /// Address.
    pub ip: &'a str,
    /// Country, by name.
    pub country: &'a str,
    /// City.
    pub city: &'a str,
    /// User agent.
    pub user_agent: &'a str,
    /// Session.
    pub session: &'a str,
    /// Root session.
    pub root_session: &'a str,
    /// Transaction.
    pub transaction: &'a str,
    /// Device and network.
    pub origin: OriginFields<'a>,
}

/// Where an event came from, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct OriginFields<'a> {
    /// The device's id.
    pub device: &'a str,
    /// Its name.
    pub device_name: &'a str,
    /// The autonomous system's number.
    pub as_number: &'a str,
    /// Who runs it.
    pub as_org: &'a str,
    /// The provider.
    pub isp: &'a str,
}

impl<'a> From<&'a Origin> for OriginFields<'a> {
    fn from(origin: &'a Origin) -> Self {
        Self {
            device: origin.device.as_deref().unwrap_or_default(),
            device_name: origin.device_name.as_deref().unwrap_or_default(),
            as_number: origin.as_number.as_deref().unwrap_or_default(),
            as_org: origin.as_org.as_deref().unwrap_or_default(),
            isp: origin.isp.as_deref().unwrap_or_default(),
        }
    }
}

/// An actor or a target, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct PartyFields<'a> {
    /// The id.
    pub id: &'a str,
    /// `User`, `UserGroup`, …
    pub kind: &'a str,
    /// Login or other name.
    pub alternate_id: &'a str,
    /// The name to show.
    pub display_name: &'a str,
}

impl<'a> PartyFields<'a> {
    fn names(self) -> [&'a str; 3] {
        [self.alternate_id, self.display_name, self.id]
    }
}

impl<'a> From<&'a Party> for PartyFields<'a> {
    fn from(party: &'a Party) -> Self {
        Self {
            id: &party.id,
            kind: &party.kind,
            alternate_id: party.alternate_id.as_deref().unwrap_or_default(),
            display_name: party.display_name.as_deref().unwrap_or_default(),
        }
    }
}

impl Fields for EventFields<'_> {
    const NAMES: &'static [&'static str] = &[
        "type",
        "eventType",
        "actor",
        "target",
        "actorId",
        "targetId",
        "result",
        "reason",
        "severity",
        "ip",
        "country",
        "city",
        "session",
        "rootSession",
        "transaction",
        "agent",
        "device",
        "deviceName",
        "asn",
        "asOrg",
        "isp",
        "message",
        "uuid",
        "about",
        "published",
    ];

    const WORDS: &'static [(&'static str, &'static [&'static str])] = &[
        ("result", OutcomeResult::WORDS),
        ("severity", Severity::WORDS),
    ];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        let mut text = |value: &str| {
            if !value.is_empty() {
                visit(Field::Text(value));
            }
        };
        match name {
            // Okta's own name for it serves, too.
            "type" | "eventType" => text(self.event_type),
            "actor" => self
                .actor
                .iter()
                .flat_map(|party| party.names())
                .for_each(text),
            "target" => self
                .targets
                .iter()
                .flat_map(|party| party.names())
                .for_each(text),
            // By what cannot be chosen: anybody may be called like somebody else.
            "actorId" => self.actor.iter().for_each(|party| text(party.id)),
            "targetId" => self.targets.iter().for_each(|party| text(party.id)),
            "result" => text(self.result),
            "reason" => text(self.reason),
            "severity" => text(self.severity),
            "ip" => text(self.ip),
            "country" => text(self.country),
            "city" => text(self.city),
            "session" => text(self.session),
            "rootSession" => text(self.root_session),
            "transaction" => text(self.transaction),
            "agent" => text(self.user_agent),
            "device" => text(self.origin.device),
            "deviceName" => text(self.origin.device_name),
            "asn" => text(self.origin.as_number),
            "asOrg" => text(self.origin.as_org),
            "isp" => text(self.origin.isp),
            "message" => text(self.message),
            "uuid" => text(&self.uuid.to_string()),
            "about" => self
                .actor
                .iter()
                .chain(self.targets)
                .for_each(|party| text(party.id)),
            "published" => visit(Field::Time(self.published)),
            _ => {}
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        let parties = self.actor.iter().chain(self.targets);
        let plain = [
            self.event_type,
            self.message,
            self.result,
            self.reason,
            self.ip,
            self.country,
            self.city,
        ];
        parties
            .flat_map(|party| party.names())
            .chain(plain)
            .filter(|value| !value.is_empty())
            .for_each(visit);
    }

    fn chance_ids(&self, visit: &mut dyn FnMut(&str)) {
        [self.session, self.root_session, self.transaction]
            .into_iter()
            .filter(|value| !value.is_empty())
            .for_each(visit);
    }
}

/// Hands `see` the borrowed view of a decoded event.
fn viewed<T>(event: &LogEvent, see: impl FnOnce(&EventFields<'_>) -> T) -> T {
    let targets: Vec<_> = event.targets.iter().map(PartyFields::from).collect();
    see(&EventFields {
        uuid: event.uuid,
        published: event.published,
        event_type: &event.event_type,
        severity: event
            .severity
            .as_ref()
            .map_or("", |severity| severity.word()),
        message: event.display_message.as_deref().unwrap_or_default(),
        actor: event.actor.as_ref().map(PartyFields::from),
        targets: &targets,
        result: event.result.as_ref().map_or("", |result| result.word()),
        reason: event.reason.as_deref().unwrap_or_default(),
        ip: event.ip.as_deref().unwrap_or_default(),
        country: event.country.as_deref().unwrap_or_default(),
        city: event.city.as_deref().unwrap_or_default(),
        user_agent: event.user_agent.as_deref().unwrap_or_default(),
        session: event.session.as_deref().unwrap_or_default(),
        root_session: event.root_session.as_deref().unwrap_or_default(),
        transaction: event.transaction.as_deref().unwrap_or_default(),
        origin: OriginFields::from(&event.origin),
    })
}

impl Fields for LogEvent {
    const NAMES: &'static [&'static str] = EventFields::NAMES;
    const WORDS: &'static [(&'static str, &'static [&'static str])] = EventFields::WORDS;

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        viewed(self, |view| view.field(name, visit));
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        viewed(self, |view| view.texts(visit));
    }

    fn chance_ids(&self, visit: &mut dyn FnMut(&str)) {
        viewed(self, |view| view.chance_ids(visit));
    }
}

impl Fields for EventRow {
    const NAMES: &'static [&'static str] = EventFields::NAMES;
    const WORDS: &'static [(&'static str, &'static [&'static str])] = EventFields::WORDS;

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        self.event.field(name, visit);
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        self.event.texts(visit);
    }

    fn chance_ids(&self, visit: &mut dyn FnMut(&str)) {
        self.event.chance_ids(visit);
    }
}
