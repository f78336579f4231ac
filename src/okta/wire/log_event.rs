//! An event of `/api/v1/logs`.

use std::borrow::Cow;

use jiff::Timestamp;

use super::fields::Fields;
use super::scan::Scan;
use super::{Decode, Unreadable};
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use crate::domain::text::SafeText;

impl Decode for LogEvent {
    fn at_once(text: &str) -> Option<(Self, usize)> {
        let mut scan = Scan::new(text);
        let event = Parts::read(&mut scan)?.event()?;
        Some((event, scan.at()))
    }

    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        let client = fields.object("client");
        let place = client.object("geographicalContext");
        let outcome = fields.object("outcome");
        let session = fields.object("authenticationContext");
        let (device, network) = (fields.object("device"), fields.object("securityContext"));
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
            origin: Origin {
                device: device.filled("id"),
                device_name: device.filled("name"),
                as_number: network.filled("asNumber"),
                as_org: network.filled("asOrg"),
                isp: network.filled("isp"),
            },
        })
    }
}

/// Reads one event of which it is not known yet that it is JSON.
///
/// # Errors
/// [`Unreadable`] when it is none, or has no identity.
pub(in crate::okta) fn event_of(json: &str) -> Result<LogEvent, Unreadable> {
    match LogEvent::at_once(json) {
        Some((event, length)) if json[length..].trim_ascii().is_empty() => Ok(event),
        _ => LogEvent::of_fields(&Fields::of_text(json)?),
    }
}

/// Before Okta was founded nothing happened there.
const FOUNDED: Timestamp = Timestamp::constant(1_230_768_000, 0);

/// When an event happened. A date from before Okta is a garbled one: kept under it, the event would be kept a second time when it
/// comes again with its own.
fn published(fields: &Fields<'_>) -> Result<Timestamp, Unreadable> {
    Some(fields.identity("published")?)
        .filter(|at| *at >= FOUNDED)
        .ok_or(Unreadable::Field("published"))
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

/// What a member was found to be: nothing while it was not met, and nothing within when it is not what is wanted.
type Met<T> = Option<Option<T>>;
/// What a member was found to say.
type Said<'a> = Met<Cow<'a, str>>;

/// What is wanted of an event, as it stands in its JSON.
#[derive(Default)]
struct Parts<'a> {
    uuid: Said<'a>,
    published: Said<'a>,
    event_type: Said<'a>,
    severity: Said<'a>,
    display_message: Said<'a>,
    result: Said<'a>,
    reason: Said<'a>,
    ip: Said<'a>,
    country: Said<'a>,
    city: Said<'a>,
    user_agent: Said<'a>,
    session: Said<'a>,
    root_session: Said<'a>,
    transaction: Said<'a>,
    device: Said<'a>,
    device_name: Said<'a>,
    as_number: Said<'a>,
    as_org: Said<'a>,
    isp: Said<'a>,
    actor: Met<PartyParts<'a>>,
    targets: Option<Vec<PartyParts<'a>>>,
}

/// What is wanted of an actor or a target.
#[derive(Default)]
struct PartyParts<'a> {
    id: Said<'a>,
    kind: Said<'a>,
    alternate_id: Said<'a>,
    display_name: Said<'a>,
}

impl<'a> Parts<'a> {
    /// `None` when it is not as events usually are, as with a member that comes twice.
    fn read(scan: &mut Scan<'a>) -> Option<Self> {
        let mut parts = Self::default();
        let mut inner = [false; 6];
        let [client, outcome, session, transaction, device, network] = &mut inner;
        scan.object(|scan, name| match name {
            "uuid" => once(&mut parts.uuid, scan),
            "published" => once(&mut parts.published, scan),
            "eventType" => once(&mut parts.event_type, scan),
            "severity" => once(&mut parts.severity, scan),
            "displayMessage" => once(&mut parts.display_message, scan),
            "actor" => {
                let mut actor = None;
                PartyParts::read(scan, &mut actor)?;
                parts.actor.replace(actor).is_none().then_some(())
            }
            "target" => {
                let targets = targets_at(scan)?;
                parts.targets.replace(targets).is_none().then_some(())
            }
            "client" => object_once(client, scan, |scan, name| parts.of_client(scan, name)),
            "outcome" => object_once(outcome, scan, |scan, name| match name {
                "result" => once(&mut parts.result, scan),
                "reason" => once(&mut parts.reason, scan),
                _ => scan.skip(),
            }),
            "authenticationContext" => object_once(session, scan, |scan, name| match name {
                "externalSessionId" => once(&mut parts.session, scan),
                "rootSessionId" => once(&mut parts.root_session, scan),
                _ => scan.skip(),
            }),
            "transaction" => object_once(transaction, scan, |scan, name| match name {
                "id" => once(&mut parts.transaction, scan),
                _ => scan.skip(),
            }),
            "device" => object_once(device, scan, |scan, name| match name {
                "id" => once(&mut parts.device, scan),
                "name" => once(&mut parts.device_name, scan),
                _ => scan.skip(),
            }),
            "securityContext" => object_once(network, scan, |scan, name| match name {
                "asNumber" => once(&mut parts.as_number, scan),
                "asOrg" => once(&mut parts.as_org, scan),
                "isp" => once(&mut parts.isp, scan),
                _ => scan.skip(),
            }),
            _ => scan.skip(),
        })?;
        Some(parts)
    }

    fn of_client(&mut self, scan: &mut Scan<'a>, name: &str) -> Option<()> {
        match name {
            "ipAddress" => once(&mut self.ip, scan),
            "userAgent" if scan.next()? == b'{' => {
                let mut agent = None;
                scan.object(|scan, name| match name {
                    "rawUserAgent" => once(&mut agent, scan),
                    _ => scan.skip(),
                })?;
                let agent = agent.flatten();
                self.user_agent.replace(agent).is_none().then_some(())
            }
            "userAgent" => once(&mut self.user_agent, scan),
            "geographicalContext" => {
                // Met twice, its members are, or they are all of the second.
                let mut met = self.country.is_some() || self.city.is_some();
                object_once(&mut met, scan, |scan, name| match name {
                    "country" => once(&mut self.country, scan),
                    "city" => once(&mut self.city, scan),
                    _ => scan.skip(),
                })
            }
            _ => scan.skip(),
        }
    }

    /// `None` without an identity.
    fn event(self) -> Option<LogEvent> {
        let published = self.published??.parse();
        Some(LogEvent {
            uuid: self.uuid??.parse().ok()?,
            published: published.ok().filter(|at| *at >= FOUNDED)?,
            event_type: text(self.event_type).unwrap_or_default(),
            severity: word(self.severity, Severity::from_word),
            display_message: filled(self.display_message),
            actor: self.actor.flatten().map(PartyParts::party),
            targets: self
                .targets
                .unwrap_or_default()
                .into_iter()
                .map(PartyParts::party)
                .collect(),
            result: word(self.result, OutcomeResult::from_word),
            reason: filled(self.reason),
            ip: filled(self.ip),
            country: filled(self.country),
            city: filled(self.city),
            user_agent: filled(self.user_agent),
            session: filled(self.session),
            root_session: filled(self.root_session),
            transaction: filled(self.transaction),
            origin: Origin {
                device: filled(self.device),
                device_name: filled(self.device_name),
                as_number: filled(self.as_number),
                as_org: filled(self.as_org),
                isp: filled(self.isp),
            },
        })
    }
}

impl<'a> PartyParts<'a> {
    /// Passes a value; `party` becomes what it holds when it is an object.
    fn read(scan: &mut Scan<'a>, party: &mut Option<Self>) -> Option<()> {
        if scan.next()? != b'{' {
            return scan.skip();
        }
        let parts = party.insert(Self::default());
        scan.object(|scan, name| match name {
            "id" => once(&mut parts.id, scan),
            "type" => once(&mut parts.kind, scan),
            "alternateId" => once(&mut parts.alternate_id, scan),
            "displayName" => once(&mut parts.display_name, scan),
            _ => scan.skip(),
        })
    }

    fn party(self) -> Party {
        Party {
            id: text(self.id).unwrap_or_default(),
            kind: text(self.kind).unwrap_or_default(),
            alternate_id: filled(self.alternate_id),
            display_name: filled(self.display_name),
        }
    }
}

/// The objects of a list; none when it is no list.
fn targets_at<'a>(scan: &mut Scan<'a>) -> Option<Vec<PartyParts<'a>>> {
    let mut targets = Vec::new();
    if scan.next()? == b'[' {
        scan.list(|scan| {
            let mut target = None;
            PartyParts::read(scan, &mut target)?;
            targets.extend(target);
            Some(())
        })?;
    } else {
        scan.skip()?;
    }
    Some(targets)
}

/// Takes what a member says, the first time that it is met.
fn once<'a>(said: &mut Said<'a>, scan: &mut Scan<'a>) -> Option<()> {
    let mut scalar = None;
    scan.scalar(&mut scalar)?;
    said.replace(scalar).is_none().then_some(())
}

/// Goes through an object the first time that it is met. What is none has no members.
fn object_once<'a>(
    met: &mut bool,
    scan: &mut Scan<'a>,
    member: impl FnMut(&mut Scan<'a>, &'a str) -> Option<()>,
) -> Option<()> {
    if std::mem::replace(met, true) {
        return None;
    }
    match scan.next()? {
        b'{' => scan.object(member),
        _ => scan.skip(),
    }
}

fn text(said: Said<'_>) -> Option<SafeText> {
    said.flatten().map(|text| SafeText::new(&text))
}

fn filled(said: Said<'_>) -> Option<SafeText> {
    text(said).filter(|text| !text.is_empty())
}

fn word<T>(said: Said<'_>, of_word: impl FnOnce(&str) -> T) -> Option<T> {
    let word = said.flatten().filter(|word| !word.is_empty())?;
    Some(of_word(&word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLES: &str = include_str!("../../../tests/data/log_events.ndjson");

    fn by_fields(json: &str) -> Option<(LogEvent, usize)> {
        let mut objects = serde_json::Deserializer::from_str(json).into_iter::<Fields<'_>>();
        let fields = objects.next()?.ok()?;
        Some((LogEvent::of_fields(&fields).ok()?, objects.byte_offset()))
    }

    #[test]
    fn usual_events_are_read_at_once_and_as_by_their_fields() {
        for line in SAMPLES.lines() {
            assert_eq!(LogEvent::at_once(line), by_fields(line), "{line}");
        }
        assert!(LogEvent::at_once(SAMPLES).is_some());
    }

    #[test]
    fn what_stands_behind_an_event_is_no_part_of_it() {
        let line = SAMPLES.lines().next().unwrap();
        assert_eq!(
            LogEvent::at_once(&format!("{line},{line}")).unwrap().1,
            line.len()
        );
        assert!(event_of(&format!("{line} \n")).is_ok());
        for more in [",", "{}", "x", "\u{a0}"] {
            assert!(event_of(&format!("{line}{more}")).is_err(), "{more}");
        }
    }

    /// JSON that has an event's names, here and there, once or more often, over values of any kind.
    fn odd_json() -> impl Strategy<Value = String> {
        let names = prop::sample::select(vec![
            "uuid",
            "published",
            "eventType",
            "severity",
            "actor",
            "target",
            "client",
            "userAgent",
            "rawUserAgent",
            "ipAddress",
            "geographicalContext",
            "city",
            "country",
            "outcome",
            "result",
            "reason",
            "authenticationContext",
            "externalSessionId",
            "transaction",
            "id",
            "type",
            "alternateId",
            "displayName",
            "\\u0069d",
            "other",
        ]);
        let scalar = prop::sample::select(vec![
            "null",
            "true",
            "-1.5e3",
            "\"\"",
            "\"x\"",
            "\"SUCCESS\"",
            "\"a\\u0001\\n\\ud800\"",
            "\"\u{202e}é\"",
            "\"tab\there\"",
            "nul",
        ]);
        let value = scalar
            .prop_map(str::to_owned)
            .prop_recursive(4, 40, 6, move |inner| {
                let members = prop::collection::vec((names.clone(), inner.clone()), 0..6);
                let object = members.prop_map(|members| {
                    let members = members
                        .iter()
                        .map(|(name, value)| format!("\"{name}\" :{value}"));
                    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
                });
                let list = prop::collection::vec(inner, 0..3);
                prop_oneof![3 => object, 1 => list.prop_map(|list| format!("[{}]", list.join(",")))]
            });
        let uuid = "\"uuid\":\"00000000-0000-1000-8000-000000000001\"";
        let published = "\"published\":\"2026-11-22T10:00:00.000Z\"";
        value.prop_map(move |value| match value.strip_prefix('{') {
            Some("}") => format!("{{{uuid},{published}}}"),
            Some(rest) => format!("{{{uuid},{published},{rest}"),
            None => format!("{{{uuid},{published},\"target\":{value}}}"),
        })
    }

    proptest! {
        #[test]
        fn whatever_is_read_at_once_is_read_as_by_its_fields(json in odd_json()) {
            if let Some(read) = LogEvent::at_once(&json) {
                prop_assert_eq!(Some(read), by_fields(&json), "{}", json);
            }
        }
    }
}
