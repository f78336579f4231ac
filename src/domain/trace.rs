//! What the stored log tells of an address, a session, a device or a network: who was there, when, from where, and what was done. Asked and
//! told slice by slice, newest first, so that whoever asked sees the first of it at once and can stop.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fields::EventFields;
use super::filter::{self, Field, Fields as _, Filter, FilterError, Value};
use super::log_event::{LogEvent, OutcomeResult};
use super::query::{EventPos, EventRow};
use super::text::SafeText;

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thing {
    /// An address, or a network of them as the filter language has it.
    Address(String),
    /// A session, by `externalSessionId`.
    Session(String),
    /// All sessions below one, by `rootSessionId`.
    RootSession(String),
    /// A device, by its id.
    Device(String),
    /// An autonomous system, by its number.
    Network(String),
    /// Sign-ins by the address that they came from, of the events that pass this filter.
    Logons(String),
}

/// Which sign-ins are told by address: those that begin a session, or fail to.
const LOGON: &str = "type=user.session.start";

impl Thing {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Session(_) => "session",
            Self::RootSession(_) => "root session",
            Self::Device(_) => "device",
            Self::Network(_) => "network",
            Self::Logons(_) => "sign-ins",
        }
    }

    /// What is known of it: the address, the id, the number, the filter.
    pub fn value(&self) -> &str {
        match self {
            Self::Address(text)
            | Self::Session(text)
            | Self::RootSession(text)
            | Self::Device(text)
            | Self::Network(text)
            | Self::Logons(text) => text,
        }
    }

    /// What it is called.
    pub fn title(&self) -> String {
        match self {
            Self::Network(number) => format!("network AS{number}"),
            Self::Logons(filter) if filter.trim().is_empty() => "sign-ins by address".to_owned(),
            Self::Logons(filter) => format!("sign-ins by address: {filter}"),
            _ => format!("{} {}", self.word(), self.value()),
        }
    }

    /// The filter that its events pass.
    pub fn filter(&self) -> String {
        let is =
            |field: &str, text: &str| filter::clause(field, &Value::Is(text.to_owned()), false);
        match self {
            Self::Address(text) if text.contains(['/', '-']) => format!("ip:{text}"),
            Self::Address(text) => is("ip", text),
            Self::Session(text) => is("session", text),
            Self::RootSession(text) => is("rootSession", text),
            Self::Device(text) => is("device", text),
            Self::Network(text) => is("asn", text),
            Self::Logons(text) => {
                let parts = [LOGON, text.trim()];
                filter::joined(parts.into_iter().filter(|part| !part.is_empty()))
            }
        }
    }

    /// Whether there can be such a thing.
    ///
    /// # Errors
    /// Why there cannot: no address, or a filter that cannot be read.
    pub fn check(&self) -> Result<(), FilterError> {
        let text = self.value();
        let wrong = |message: &str| {
            Err(FilterError {
                column: 0,
                message: message.to_owned(),
            })
        };
        match self {
            Self::Address(_) if !text.contains(['/', '-']) => {
                match text.parse::<core::net::IpAddr>() {
                    Ok(_) => Ok(()),
                    Err(_) => wrong(
                        "write an address such as 203.0.113.7, or a network such as 203.0.113.0/24",
                    ),
                }
            }
            Self::Network(_)
                if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.is_empty() =>
            {
                wrong("write the number of an autonomous system, such as 16276")
            }
            Self::Logons(text) => Filter::check(text, EventFields::NAMES, EventFields::WORDS),
            _ if text.is_empty() => wrong("write the id that the log has"),
            _ => Filter::check(&self.filter(), EventFields::NAMES, EventFields::WORDS),
        }
    }
}

/// Which slice of what is known of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceQuery {
    /// Of what.
    pub thing: Thing,
    /// Only events before this one; `None` begins with the newest.
    pub before: Option<EventPos>,
    /// Only events published at or after this.
    pub since: Option<Timestamp>,
    /// Only events published before this.
    pub until: Option<Timestamp>,
}

/// What a slice of the events tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// What was seen, in no order.
    pub sightings: Vec<(Sighting, Seen)>,
    /// How many events were looked at.
    pub counted: u64,
    /// The newest of them, newest first; only with the first slice.
    pub newest: Vec<EventRow>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<EventPos>,
}

/// What kind of thing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// A user who acted.
    User,
    /// Something else that acted: an app, a part of Okta, an agent.
    Actor,
    /// An app that something was done to or with.
    App,
    /// A type of event.
    Event,
    /// An address.
    Address,
    /// A country; beside it the city.
    Place,
    /// An autonomous system by number; beside it who runs it.
    Network,
    /// A user agent.
    Agent,
    /// A session.
    Session,
    /// A device by id; beside it its name.
    Device,
    /// A day, by its date in UTC.
    Day,
}

impl Part {
    /// The word for it in JSON and CSV.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Actor => "actor",
            Self::App => "app",
            Self::Event => "type",
            Self::Address => "ip",
            Self::Place => "place",
            Self::Network => "network",
            Self::Agent => "agent",
            Self::Session => "session",
            Self::Device => "device",
            Self::Day => "day",
        }
    }
}

/// Something that was seen, and what it was seen with: the city of a country, the address that a user signed in from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// What kind of thing.
    pub part: Part,
    /// What it is.
    pub value: Value,
    /// What belongs to it; empty when nothing does.
    pub beside: String,
}

impl Sighting {
    fn new(part: Part, value: Value, beside: &str) -> Self {
        Self {
            part,
            value,
            beside: beside.to_owned(),
        }
    }

    /// The clause that keeps the events in which it was seen.
    pub fn clause(&self) -> String {
        let of = |field: &str| filter::clause(field, &self.value, false);
        let beside = |field: &str| {
            let value = Value::of(Field::Text(&self.beside)).unwrap_or(Value::Nothing);
            filter::clause(field, &value, false)
        };
        match self.part {
            Part::User | Part::Actor if self.beside.is_empty() => of("actor"),
            Part::User | Part::Actor => format!("{} {}", of("actor"), beside("ip")),
            Part::App => of("target"),
            Part::Event => of("type"),
            Part::Address => of("ip"),
            Part::Place => format!("{} {}", of("country"), beside("city")),
            Part::Network => of("asn"),
            Part::Agent => of("agent"),
            Part::Session => of("session"),
            Part::Device => of("device"),
            Part::Day => of("published"),
        }
    }
}

/// How often something was seen, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// In how many events.
    pub count: u64,
    /// In how many that failed, or were denied.
    pub failed: u64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

impl Seen {
    fn in_event(event: &LogEvent) -> Self {
        let failed = matches!(
            event.result,
            Some(OutcomeResult::Failure | OutcomeResult::Deny)
        );
        Self {
            count: 1,
            failed: u64::from(failed),
            first: event.published,
            last: event.published,
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            failed: self.failed + other.failed,
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// What some events, newest first, tell of a thing.
pub fn seen_in<'a>(
    thing: &Thing,
    events: impl IntoIterator<Item = &'a LogEvent>,
) -> Vec<(Sighting, Seen)> {
    let mut all: HashMap<Sighting, Seen> = HashMap::new();
    for event in events {
        let mut found = match thing {
            Thing::Logons(_) => logon(event),
            _ => sightings(event),
        };
        // An event may name an app twice.
        found.sort_unstable();
        found.dedup();
        for sighting in found {
            let one = Seen::in_event(event);
            let seen = all.get(&sighting).map_or(one, |seen| seen.and(one));
            all.insert(sighting, seen);
        }
    }
    all.into_iter().collect()
}

fn text(value: Option<&SafeText>) -> &str {
    value.map_or("", SafeText::as_str)
}

fn day_of(event: &LogEvent) -> Sighting {
    let day = Value::of(Field::Time(event.published)).unwrap_or(Value::Nothing);
    Sighting::new(Part::Day, day, "")
}

fn actor_of(event: &LogEvent, beside: &str) -> Option<Sighting> {
    let actor = event.actor.as_ref()?;
    let part = match actor.kind.as_str() {
        "User" => Part::User,
        _ => Part::Actor,
    };
    Some(Sighting::new(part, Value::from(actor), beside))
}

fn sightings(event: &LogEvent) -> Vec<Sighting> {
    let mut found = vec![day_of(event)];
    found.extend(actor_of(event, ""));
    let apps = event.targets_of("AppInstance").map(Value::from);
    found.extend(apps.map(|app| Sighting::new(Part::App, app, "")));
    let origin = &event.origin;
    let run_by = [text(origin.as_org.as_ref()), text(origin.isp.as_ref())];
    let run_by = match run_by {
        [org, isp] if org.eq_ignore_ascii_case(isp) || isp.is_empty() => org.to_owned(),
        ["", isp] => isp.to_owned(),
        [org, isp] => format!("{org}, {isp}"),
    };
    let (number, device) = (origin.as_number.as_ref(), origin.device.as_ref());
    for (part, value, beside) in [
        (Part::Event, &*event.event_type, ""),
        (Part::Address, text(event.ip.as_ref()), ""),
        (
            Part::Place,
            text(event.country.as_ref()),
            text(event.city.as_ref()),
        ),
        (Part::Network, text(number), run_by.as_str()),
        (Part::Agent, text(event.user_agent.as_ref()), ""),
        (Part::Session, text(event.session.as_ref()), ""),
        (
            Part::Device,
            text(device),
            text(origin.device_name.as_ref()),
        ),
    ] {
        let value = Value::of(Field::Text(value));
        found.extend(value.map(|value| Sighting::new(part, value, beside)));
    }
    found
}

/// Of a sign-in only what tells who it was and from where.
fn logon(event: &LogEvent) -> Vec<Sighting> {
    let ip = text(event.ip.as_ref());
    let address = Value::of(Field::Text(ip)).unwrap_or(Value::Nothing);
    let place = [event.city.as_ref(), event.country.as_ref()];
    let place: Vec<&str> = place.into_iter().flatten().map(SafeText::as_str).collect();
    let place = Value::of(Field::Text(&place.join(", ")));
    let mut found = vec![day_of(event), Sighting::new(Part::Address, address, "")];
    found.extend(actor_of(event, ip));
    found.extend(place.map(|place| Sighting::new(Part::Place, place, ip)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::EventUuid;
    use crate::domain::log_event::{Origin, Party};

    fn event(secs: i64, user: (&str, &str), result: OutcomeResult) -> LogEvent {
        let party = |kind: &str, (id, name): (&str, &str)| Party {
            id: id.into(),
            kind: kind.into(),
            alternate_id: Some(name.into()),
            display_name: Some(name.into()),
        };
        LogEvent {
            uuid: EventUuid([0; 16]),
            published: Timestamp::from_second(1_795_000_000 + secs).unwrap(),
            event_type: "user.session.start".into(),
            severity: None,
            display_message: None,
            actor: Some(party("User", user)),
            targets: vec![party("AppInstance", ("0oa1", "Mail")); 2],
            result: Some(result),
            reason: None,
            ip: Some("203.0.113.7".into()),
            country: Some("Nigeria".into()),
            city: None,
            user_agent: None,
            session: None,
            root_session: None,
            transaction: None,
            origin: Origin {
                as_number: Some("37282".into()),
                as_org: Some("MainOne".into()),
                isp: Some("mainone".into()),
                ..Origin::default()
            },
        }
    }

    fn found(all: &[(Sighting, Seen)], part: Part) -> Vec<(String, u64, u64)> {
        let mut found: Vec<_> = all
            .iter()
            .filter(|(sighting, _)| sighting.part == part)
            .map(|(sighting, seen)| (sighting.clause(), seen.count, seen.failed))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn users_are_told_apart_by_their_ids_and_counted_with_how_it_ended() {
        let events = [
            event(9, ("00u1", "ana"), OutcomeResult::Success),
            event(5, ("00u2", "ana"), OutcomeResult::Deny),
            event(1, ("00u1", "ana.old"), OutcomeResult::Failure),
        ];
        let all = seen_in(&Thing::Address("203.0.113.7".into()), &events);
        let users = [("actorId=00u1".into(), 2, 1), ("actorId=00u2".into(), 1, 1)];
        assert_eq!(found(&all, Part::User), users);
        let apps = [("targetId=0oa1".into(), 3, 2)];
        assert_eq!(found(&all, Part::App), apps, "twice in an event is once");
        let place = [("country=Nigeria -city:/./".into(), 3, 2)];
        assert_eq!(found(&all, Part::Place), place);
        let day = [("published:2026-11-18".into(), 3, 2)];
        assert_eq!(found(&all, Part::Day), day);
        let ana = all
            .iter()
            .find(|(s, _)| s.clause() == "actorId=00u1")
            .unwrap();
        assert_eq!(ana.1.last.duration_since(ana.1.first).as_secs(), 8);
        let network = all.iter().find(|(s, _)| s.part == Part::Network).unwrap();
        assert_eq!(network.0.beside, "MainOne");
    }

    #[test]
    fn a_sign_in_is_told_by_who_and_where_from() {
        let events = [event(0, ("00u1", "ana"), OutcomeResult::Success)];
        let all = seen_in(&Thing::Logons(String::new()), &events);
        let users = [("actorId=00u1 ip=203.0.113.7".into(), 1, 0)];
        assert_eq!(found(&all, Part::User), users);
        assert!(found(&all, Part::App).is_empty());
    }

    #[test]
    fn every_thing_has_a_filter_that_can_be_read_and_nonsense_is_told() {
        for (thing, filter) in [
            (Thing::Address("203.0.113.7".into()), "ip=203.0.113.7"),
            (Thing::Address("2001:db8::1".into()), "ip=\"2001:db8::1\""),
            (Thing::Address("203.0.113.0/24".into()), "ip:203.0.113.0/24"),
            (Thing::Session("102 x".into()), "session=\"102 x\""),
            (Thing::RootSession("trs1".into()), "rootSession=trs1"),
            (Thing::Device("guo1".into()), "device=guo1"),
            (Thing::Network("16276".into()), "asn=16276"),
            (Thing::Logons(" ".into()), "type=user.session.start"),
            (
                Thing::Logons("a or b".into()),
                "type=user.session.start (a or b)",
            ),
        ] {
            assert_eq!(thing.check(), Ok(()), "{thing:?}");
            assert_eq!(thing.filter(), filter);
            Filter::of::<LogEvent>(filter).unwrap();
        }
        for thing in [
            Thing::Address("ana".into()),
            Thing::Address("203.0.113.0/99".into()),
            Thing::Network("OVH".into()),
            Thing::Device(String::new()),
            Thing::Logons("(".into()),
        ] {
            assert!(thing.check().is_err(), "{thing:?}");
        }
    }
}
