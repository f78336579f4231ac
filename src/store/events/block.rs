//! 256 events as two values: `hot`, columns of what rows and filters need, and `cold`, Okta's JSON.
//!
//! A row per event would waste a third of each page and cost a read per event; in blocks the same events take a tenth of the space,
//! and a scan decodes columns without touching a body. Texts are kept once per block, as numbers in the columns.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::fields::{EventFields, OriginFields, PartyFields};
use crate::domain::id::EventUuid;
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use crate::domain::text::{RawJson, SafeText};
use crate::store::codec;
use crate::store::error::Fault;

use super::postings::Field;

/// Events in a full block.
pub(super) const BLOCK: usize = 256;
/// Format of cold values, and of hot ones that end with their columns.
const VERSION: u8 = 1;
/// Format of hot values in which [`Origins`] follow the columns.
const WITH_ORIGINS: u8 = 2;

/// An event on its way into a block.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) event: LogEvent,
    pub(super) raw: RawJson,
    /// When it arrived, in milliseconds since 1970.
    pub(super) arrived_ms: i64,
}

/// Fingerprint of an event's JSON, 8 bytes at a time. It decides whether an event that comes again is counted as having another
/// body, and nothing else.
pub(super) fn print_of(json: &str) -> u64 {
    let (words, rest) = json.as_bytes().as_chunks::<8>();
    let mut last = [1; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = 0x9e37_79b9_7f4a_7c15 ^ json.len() as u64;
    words.iter().chain([&last]).fold(start, |print, word| {
        let mixed = (print ^ u64::from_le_bytes(*word)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ mixed >> 32
    })
}

/// Whether a stored fingerprint is that of `json`. Blocks that older versions wrote have fingerprints of another make.
pub(super) fn is_print_of(print: u64, json: &str) -> bool {
    print == print_of(json) || print == codec::fingerprint(json)
}

/// Whether two texts of JSON have one value, whatever their escapes, white space and order of members.
pub(super) fn means_same(one: &RawJson, other: &RawJson) -> bool {
    let value = |raw: &RawJson| serde_json::from_str::<serde_json::Value>(raw.as_unsafe_str()).ok();
    value(one).is_some_and(|one| Some(one) == value(other))
}

/// The columns of a block. A text column holds 0 for "absent" and otherwise the text's number plus one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Columns {
    /// All texts of the block, one after the other, and where each ends.
    text: String,
    ends: Vec<u32>,
    uuid: Vec<EventUuid>,
    published_ms: Vec<i64>,
    /// What milliseconds do not tell; Okta sends none.
    published_ns: Vec<u32>,
    arrived_ms: Vec<i64>,
    print: Vec<u64>,
    event_type: Vec<u32>,
    severity: Vec<u32>,
    message: Vec<u32>,
    result: Vec<u32>,
    reason: Vec<u32>,
    ip: Vec<u32>,
    country: Vec<u32>,
    city: Vec<u32>,
    user_agent: Vec<u32>,
    session: Vec<u32>,
    root_session: Vec<u32>,
    transaction: Vec<u32>,
    /// Four numbers per event (id, kind, alternate id, display name); an absent id means no actor.
    actor: Vec<[u32; 4]>,
    /// Where the targets of each event end in `target`.
    target_ends: Vec<u32>,
    target: Vec<[u32; 4]>,
}

/// Further columns, of where events came from.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Origins {
    device: Vec<u32>,
    device_name: Vec<u32>,
    as_number: Vec<u32>,
    as_org: Vec<u32>,
    isp: Vec<u32>,
}

impl Origins {
    fn columns_mut(&mut self) -> [&mut Vec<u32>; 5] {
        [
            &mut self.device,
            &mut self.device_name,
            &mut self.as_number,
            &mut self.as_org,
            &mut self.isp,
        ]
    }

    fn push(&mut self, numbers: [u32; 5]) {
        for (column, number) in self.columns_mut().into_iter().zip(numbers) {
            column.push(number);
        }
    }
}

/// Okta's JSON of a block, one after the other, and where each ends.
#[derive(Debug, Deserialize)]
struct Bodies {
    ends: Vec<u32>,
    text: String,
}

/// The decoded columns of a block.
#[derive(Debug)]
pub(super) struct HotBlock {
    columns: Columns,
    origins: Origins,
    /// Whether it was written before there were columns for where events came from, and nobody has filled them since.
    lacks_origins: bool,
    /// The events in order of (published, arrival).
    order: Vec<u16>,
}

/// Numbers the texts of a block.
#[derive(Default)]
struct Texts<'a> {
    numbers: HashMap<&'a str, u32, RandomState>,
    text: String,
    ends: Vec<u32>,
}

impl<'a> Texts<'a> {
    fn some(&mut self, text: &'a str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.text.push_str(text);
        self.ends.push(length(self.text.len()));
        let number = length(self.ends.len());
        self.numbers.insert(text, number);
        number
    }

    fn of(&mut self, text: Option<&'a str>) -> u32 {
        text.map_or(0, |text| self.some(text))
    }

    fn origin(&mut self, origin: &'a Origin) -> [u32; 5] {
        let Origin {
            device,
            device_name,
            as_number,
            as_org,
            isp,
        } = origin;
        [device, device_name, as_number, as_org, isp].map(|text| self.of(text.as_deref()))
    }

    fn party(&mut self, party: &'a Party) -> [u32; 4] {
        [
            self.some(&party.id),
            self.some(&party.kind),
            self.of(party.alternate_id.as_deref()),
            self.of(party.display_name.as_deref()),
        ]
    }
}

/// Lengths within a block, which is far below 4 GiB: a page of Okta's is at most 64 MiB.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Milliseconds since 1970, downwards.
pub(super) fn millis(time: Timestamp) -> i64 {
    time.as_nanosecond()
        .div_euclid(1_000_000)
        .try_into()
        .unwrap_or(i64::MAX)
}

impl HotBlock {
    /// The columns of events that follow each other.
    pub(super) fn of(events: &[Kept]) -> Result<Self, Fault> {
        let mut texts = Texts::default();
        let mut columns = Columns::default();
        let mut origins = Origins::default();
        for kept in events {
            push(&mut columns, &mut texts, kept);
            origins.push(texts.origin(&kept.event.origin));
        }
        columns.text = texts.text;
        columns.ends = texts.ends;
        Self::new(columns, Some(origins))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        let bytes = codec::encode(WITH_ORIGINS, &self.columns)?;
        codec::compress(&codec::append(bytes, &self.origins)?)
    }

    /// As an older version wrote it.
    #[cfg(test)]
    pub(super) fn encode_early(&self) -> Result<Vec<u8>, Fault> {
        codec::compress(&codec::encode(VERSION, &self.columns)?)
    }
}

fn push<'a>(columns: &mut Columns, texts: &mut Texts<'a>, kept: &'a Kept) {
    let event = &kept.event;
    let within_ms = event.published.as_nanosecond().rem_euclid(1_000_000);
    columns.uuid.push(event.uuid);
    columns.published_ms.push(millis(event.published));
    columns
        .published_ns
        .push(u32::try_from(within_ms).unwrap_or(0));
    columns.arrived_ms.push(kept.arrived_ms);
    columns.print.push(print_of(kept.raw.as_unsafe_str()));
    columns.event_type.push(texts.some(&event.event_type));
    columns
        .severity
        .push(texts.of(event.severity.as_ref().map(Severity::word)));
    columns
        .message
        .push(texts.of(event.display_message.as_deref()));
    columns
        .result
        .push(texts.of(event.result.as_ref().map(OutcomeResult::word)));
    columns.reason.push(texts.of(event.reason.as_deref()));
    columns.ip.push(texts.of(event.ip.as_deref()));
    columns.country.push(texts.of(event.country.as_deref()));
    columns.city.push(texts.of(event.city.as_deref()));
    columns
        .user_agent
        .push(texts.of(event.user_agent.as_deref()));
    columns.session.push(texts.of(event.session.as_deref()));
    columns
        .root_session
        .push(texts.of(event.root_session.as_deref()));
    columns
        .transaction
        .push(texts.of(event.transaction.as_deref()));
    let actor = event.actor.as_ref().map(|party| texts.party(party));
    columns.actor.push(actor.unwrap_or_default());
    columns
        .target
        .extend(event.targets.iter().map(|party| texts.party(party)));
    columns.target_ends.push(length(columns.target.len()));
}

/// As [`Bodies`] are encoded, with each body copied once.
pub(super) fn encode_cold(events: &[Kept]) -> Result<Vec<u8>, Fault> {
    let bodies = || events.iter().map(|kept| kept.raw.as_unsafe_str());
    let mut end = 0;
    let ends = bodies().map(|body| {
        end += body.len();
        length(end)
    });
    let ends: Vec<u32> = ends.collect();
    let mut bytes = Vec::with_capacity(end + 5 * ends.len() + 16);
    bytes.push(VERSION);
    let mut bytes = codec::append(codec::append(bytes, &ends)?, &end)?;
    bodies().for_each(|body| bytes.extend_from_slice(body.as_bytes()));
    codec::compress(&bytes)
}

/// The JSON of a block's events, in order of arrival.
pub(super) fn decode_cold(bytes: &[u8]) -> Result<Vec<RawJson>, Fault> {
    let bodies: Bodies = codec::decode(VERSION, &codec::decompress(bytes)?)?;
    let starts = std::iter::once(&0).chain(&bodies.ends);
    let slices = starts.zip(&bodies.ends);
    slices
        .map(|(start, end)| bodies.text.get(*start as usize..*end as usize))
        .map(|body| body.map(RawJson::new))
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::damaged("the bodies of a block do not fit it"))
}

impl HotBlock {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let bytes = codec::decompress(bytes)?;
        if bytes.first() != Some(&WITH_ORIGINS) {
            return Self::new(codec::decode(VERSION, &bytes)?, None);
        }
        let (columns, rest) = codec::decode_prefix(WITH_ORIGINS, &bytes)?;
        let (origins, _) = codec::decode_rest(rest)?;
        Self::new(columns, Some(origins))
    }

    fn new(columns: Columns, origins: Option<Origins>) -> Result<Self, Fault> {
        let lacks_origins = origins.is_none();
        let mut origins = origins.unwrap_or_default();
        if lacks_origins {
            for column in origins.columns_mut() {
                column.resize(columns.uuid.len(), 0);
            }
        }
        let count = columns.uuid.len();
        let fit = origins
            .columns_mut()
            .iter()
            .all(|column| column.len() == count);
        if !columns.fit() || !fit {
            return Err(Fault::damaged(
                "the columns of a block do not fit each other",
            ));
        }
        let count = u16::try_from(columns.uuid.len())
            .map_err(|_| Fault::damaged("a block is too large"))?;
        let mut order: Vec<u16> = (0..count).collect();
        order.sort_by_key(|index| columns.published_ms[usize::from(*index)]);
        Ok(Self {
            columns,
            origins,
            lacks_origins,
            order,
        })
    }

    /// Whether its columns do not tell where events came from.
    pub(super) fn lacks_origins(&self) -> bool {
        self.lacks_origins
    }

    /// Fills what an older version did not keep in columns, out of Okta's JSON.
    pub(super) fn fill_origins(&mut self, bodies: &[RawJson]) {
        let mut origins = Origins::default();
        let all: Vec<[Option<String>; 5]> = bodies.iter().map(origin_in).collect();
        for index in 0..self.columns.uuid.len() {
            let texts = all.get(index).map_or([const { None }; 5], Clone::clone);
            origins.push(texts.map(|text| self.columns.add_text(text.as_deref())));
        }
        self.origins = origins;
        self.lacks_origins = false;
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The event at a place in the order of (published, arrival), by its number of arrival in the block.
    pub(super) fn at_place(&self, place: usize) -> usize {
        usize::from(self.order[place])
    }

    pub(super) fn published_ms(&self, index: usize) -> i64 {
        self.columns.published_ms[index]
    }

    /// The word for how an event ended; empty when it tells none.
    pub(super) fn result(&self, index: usize) -> &str {
        self.columns
            .text(self.columns.result[index])
            .unwrap_or_default()
    }

    pub(super) fn uuids(&self) -> &[EventUuid] {
        &self.columns.uuid
    }

    pub(super) fn prints(&self) -> &[u64] {
        &self.columns.print
    }

    pub(super) fn arrived_ms(&self, index: usize) -> i64 {
        self.columns.arrived_ms[index]
    }

    /// How many texts the block has. They are numbered from 1.
    pub(super) fn texts(&self) -> usize {
        self.columns.ends.len()
    }

    pub(super) fn text(&self, number: u32) -> Option<&str> {
        self.columns.text(number)
    }

    /// Calls `see` with every value of an event that filters look for, by the number of its text; 0 is none.
    pub(super) fn each_value(&self, index: usize, mut see: impl FnMut(Field, u32)) {
        let columns = &self.columns;
        let singles = [
            (Field::Type, &columns.event_type),
            (Field::Severity, &columns.severity),
            (Field::Message, &columns.message),
            (Field::Result, &columns.result),
            (Field::Reason, &columns.reason),
            (Field::Ip, &columns.ip),
            (Field::Country, &columns.country),
            (Field::City, &columns.city),
            (Field::Agent, &columns.user_agent),
            (Field::Session, &columns.session),
            (Field::Transaction, &columns.transaction),
            (Field::Device, &self.origins.device),
            (Field::DeviceName, &self.origins.device_name),
            (Field::AsNumber, &self.origins.as_number),
            (Field::AsOrg, &self.origins.as_org),
            (Field::Isp, &self.origins.isp),
        ];
        for (field, column) in singles {
            see(field, column[index]);
        }
        if columns.root_session[index] != columns.session[index] {
            see(Field::RootSession, columns.root_session[index]);
        }
        let [id, _, alternate_id, display_name] = columns.actor[index];
        for name in [id, alternate_id, display_name] {
            see(Field::Actor, name);
        }
        for [id, _, alternate_id, display_name] in self.targets(index) {
            for name in [id, alternate_id, display_name] {
                see(Field::Target, *name);
            }
        }
    }

    fn published(&self, index: usize) -> Timestamp {
        let nanos = i128::from(self.columns.published_ms[index]) * 1_000_000
            + i128::from(self.columns.published_ns[index]);
        Timestamp::from_nanosecond(nanos).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn targets(&self, index: usize) -> &[[u32; 4]] {
        let ends = &self.columns.target_ends;
        let start = index
            .checked_sub(1)
            .map_or(0, |before| ends[before] as usize);
        let end = ends[index] as usize;
        self.columns.target.get(start..end).unwrap_or_default()
    }

    /// Hands `see` what a filter looks at; nothing is copied.
    pub(super) fn view<T>(&self, index: usize, see: impl FnOnce(&EventFields<'_>) -> T) -> T {
        let columns = &self.columns;
        let text = |column: &[u32]| columns.text(column[index]).unwrap_or_default();
        let party = |numbers: &[u32; 4]| {
            let [id, kind, alternate_id, display_name] =
                numbers.map(|number| columns.text(number).unwrap_or_default());
            PartyFields {
                id,
                kind,
                alternate_id,
                display_name,
            }
        };
        let targets: Vec<_> = self.targets(index).iter().map(party).collect();
        let actor = Some(&columns.actor[index]).filter(|numbers| numbers[0] != 0);
        see(&EventFields {
            uuid: columns.uuid[index],
            published: self.published(index),
            event_type: text(&columns.event_type),
            severity: text(&columns.severity),
            message: text(&columns.message),
            actor: actor.map(party),
            targets: &targets,
            result: text(&columns.result),
            reason: text(&columns.reason),
            ip: text(&columns.ip),
            country: text(&columns.country),
            city: text(&columns.city),
            user_agent: text(&columns.user_agent),
            session: text(&columns.session),
            root_session: text(&columns.root_session),
            transaction: text(&columns.transaction),
            origin: OriginFields {
                device: text(&self.origins.device),
                device_name: text(&self.origins.device_name),
                as_number: text(&self.origins.as_number),
                as_org: text(&self.origins.as_org),
                isp: text(&self.origins.isp),
            },
        })
    }

    /// The event, decoded.
    pub(super) fn event(&self, index: usize) -> LogEvent {
        let columns = &self.columns;
        let text = |column: &[u32]| columns.text(column[index]).map(SafeText::new);
        let word = |column: &[u32]| columns.text(column[index]);
        LogEvent {
            severity: word(&columns.severity).map(Severity::from_word),
            display_message: text(&columns.message),
            actor: columns.party(&columns.actor[index]),
            reason: text(&columns.reason),
            ip: text(&columns.ip),
            country: text(&columns.country),
            city: text(&columns.city),
            user_agent: text(&columns.user_agent),
            session: text(&columns.session),
            root_session: text(&columns.root_session),
            transaction: text(&columns.transaction),
            origin: Origin {
                device: text(&self.origins.device),
                device_name: text(&self.origins.device_name),
                as_number: text(&self.origins.as_number),
                as_org: text(&self.origins.as_org),
                isp: text(&self.origins.isp),
            },
            ..self.outline(index)
        }
    }

    /// What the event did, when, to whom, and how it ended.
    pub(super) fn outline(&self, index: usize) -> LogEvent {
        let columns = &self.columns;
        let targets = self.targets(index).iter();
        let name = columns.text(columns.event_type[index]);
        let result = columns.text(columns.result[index]);
        LogEvent {
            uuid: columns.uuid[index],
            published: self.published(index),
            event_type: name.map(SafeText::new).unwrap_or_default(),
            severity: None,
            display_message: None,
            actor: None,
            targets: targets.filter_map(|it| columns.party(it)).collect(),
            result: result.map(OutcomeResult::from_word),
            reason: None,
            ip: None,
            country: None,
            city: None,
            user_agent: None,
            session: None,
            root_session: None,
            transaction: None,
            origin: Origin::default(),
        }
    }
}

/// Where an event came from by its JSON, in the order of [`Origins`].
fn origin_in(raw: &RawJson) -> [Option<String>; 5] {
    let root: serde_json::Value = serde_json::from_str(raw.as_unsafe_str()).unwrap_or_default();
    let text = |pointer: &str| {
        let text = match root.pointer(pointer)? {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(SafeText::new(&text).to_string()).filter(|text| !text.is_empty())
    };
    [
        "/device/id",
        "/device/name",
        "/securityContext/asNumber",
        "/securityContext/asOrg",
        "/securityContext/isp",
    ]
    .map(text)
}

impl Columns {
    fn text(&self, number: u32) -> Option<&str> {
        let last = number.checked_sub(1)? as usize;
        let start = last
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text
            .get(start as usize..*self.ends.get(last)? as usize)
    }

    /// Adds a text behind all others; its number, 0 when there is none.
    fn add_text(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        self.text.push_str(text);
        self.ends.push(length(self.text.len()));
        length(self.ends.len())
    }

    fn party(&self, [id, kind, alternate_id, display_name]: &[u32; 4]) -> Option<Party> {
        Some(Party {
            id: self.text(*id).map(SafeText::new)?,
            kind: self.text(*kind).map(SafeText::new).unwrap_or_default(),
            alternate_id: self.text(*alternate_id).map(SafeText::new),
            display_name: self.text(*display_name).map(SafeText::new),
        })
    }

    /// Whether every column has as many values as there are events, so that indexing cannot fail later.
    fn fit(&self) -> bool {
        let count = self.uuid.len();
        let texts = [
            &self.event_type,
            &self.severity,
            &self.message,
            &self.result,
            &self.reason,
            &self.ip,
            &self.country,
            &self.city,
            &self.user_agent,
            &self.session,
            &self.root_session,
            &self.transaction,
            &self.target_ends,
            &self.published_ns,
        ];
        texts.iter().all(|column| column.len() == count)
            && self.published_ms.len() == count
            && self.arrived_ms.len() == count
            && self.print.len() == count
            && self.actor.len() == count
    }
}

#[cfg(test)]
pub(super) mod tests;
