//! Which events of a segment hold which text: for each field its values, sorted, each with the numbers of its events.
//!
//! A row per event and value would cost a hundred times the writing. Here the values of 65,536 events are gathered in memory and
//! written as rows of up to 16 KB, which fill a page of the file. A row is named by segment, field and its first value, so that one value
//! is found with one look, and a part of a value by going through all values, each of which is there once, however many events
//! hold it. Values are in lower case, as filters compare.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::block::HotBlock;
use crate::store::codec;
use crate::store::error::Fault;

/// Events of a full segment, which is part of the format; few in unit tests, so that they come across its end.
pub(super) const SEGMENT: u64 = if cfg!(test) { 1_024 } else { 65_536 };
/// Format of the rows.
const VERSION: u8 = 1;
/// Bytes of a row, so that with its name it fits into four pages of 4 KiB.
const ROW_BYTES: usize = 15_900;
/// Longer values are not kept; their events come into question whatever is looked for.
const MAX_VALUE_BYTES: usize = 200;
/// Stands between values. Safe text has no control characters.
const END: u8 = 0;

/// What values are kept of. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    Type = 0,
    Severity,
    Message,
    Result,
    Reason,
    Ip,
    Country,
    City,
    Agent,
    Session,
    /// Only where it is not the session, too.
    RootSession,
    Transaction,
    /// Its names and its id.
    Actor,
    /// The names and ids of all of them.
    Target,
    Device,
    DeviceName,
    AsNumber,
    AsOrg,
    Isp,
}

/// The number of fields.
pub(super) const FIELDS: usize = 19;
/// The fields from here on came later: segments of before have no rows for them, all others at least one each.
const LATER: u8 = Field::Device as u8;

impl Field {
    /// Where the values of a field of the filter language are kept; `None` when they are not.
    pub(super) fn named(name: Option<&str>) -> Option<&'static [Self]> {
        Some(match name {
            None => &[
                Self::Type,
                Self::Message,
                Self::Result,
                Self::Reason,
                Self::Ip,
                Self::Country,
                Self::City,
                Self::Actor,
                Self::Target,
            ],
            Some("type" | "eventType") => &[Self::Type],
            Some("severity") => &[Self::Severity],
            Some("message") => &[Self::Message],
            Some("result") => &[Self::Result],
            Some("reason") => &[Self::Reason],
            Some("ip") => &[Self::Ip],
            Some("country") => &[Self::Country],
            Some("city") => &[Self::City],
            Some("agent") => &[Self::Agent],
            Some("device") => &[Self::Device],
            Some("deviceName") => &[Self::DeviceName],
            Some("asn") => &[Self::AsNumber],
            Some("asOrg") => &[Self::AsOrg],
            Some("isp") => &[Self::Isp],
            Some("session") => &[Self::Session],
            Some("rootSession") => &[Self::RootSession, Self::Session],
            Some("transaction") => &[Self::Transaction],
            // The ids are among the names.
            Some("actor" | "actorId") => &[Self::Actor],
            Some("target" | "targetId") => &[Self::Target],
            Some("about") => &[Self::Actor, Self::Target],
            Some(_) => return None,
        })
    }
}

/// Where the [ids made by chance](crate::domain::filter::Fields::chance_ids) are kept.
pub(super) const CHANCE_IDS: &[Field] = &[Field::Session, Field::RootSession, Field::Transaction];

/// The values of a segment that is being filled.
#[derive(Default)]
pub(super) struct Gathered {
    fields: [Values; FIELDS],
    /// Events that were taken in.
    count: u32,
}

#[derive(Default)]
struct Values {
    numbers: HashMap<Box<str>, u32, RandomState>,
    lists: Vec<List>,
    /// By the number of a text in the block that is being taken in: the number of its list plus one.
    of_block: Vec<u32>,
}

/// The numbers of the events of one value, as differences.
#[derive(Default)]
struct List {
    bytes: Vec<u8>,
    /// The number after the last.
    next: u32,
}

impl List {
    fn push(&mut self, number: u32) {
        // An event may hold a value twice, as two targets of the same name.
        let Some(mut step) = number.checked_sub(self.next) else {
            return;
        };
        self.next = number + 1;
        while step >= 0x80 {
            self.bytes.push(step.to_le_bytes()[0] | 0x80);
            step >>= 7;
        }
        self.bytes.push(step.to_le_bytes()[0]);
    }
}

/// Puts the numbers of a list into `found`; what does not fit into 65,536 can only come from damage and is left out.
fn add_list(bytes: &[u8], found: &mut Bits) {
    let (mut next, mut step, mut shift) = (0u32, 0u32, 0u32);
    for byte in bytes {
        step |= u32::from(byte & 0x7f) << shift.min(21);
        if byte & 0x80 != 0 {
            shift += 7;
            continue;
        }
        let number = next.saturating_add(step);
        found.set(number);
        next = number.saturating_add(1);
        (step, shift) = (0, 0);
    }
}

impl Values {
    fn begin_block(&mut self, texts: usize) {
        self.of_block.clear();
        self.of_block.resize(texts + 1, 0);
    }

    fn list(&mut self, value: &str) -> u32 {
        let value = kept(value);
        if let Some(number) = self.numbers.get(&*value) {
            return *number;
        }
        self.lists.push(List::default());
        let number = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        self.numbers.insert(value.into(), number);
        number
    }

    /// Notes that event `event` holds text `text` of `block`.
    fn add(&mut self, block: &HotBlock, text: u32, event: u32) {
        let known = self.of_block.get(text as usize).copied().unwrap_or(0);
        let list = match known {
            0 => match block.text(text).filter(|value| !value.is_empty()) {
                Some(value) => self.list(value),
                None => return,
            },
            known => known,
        };
        if let Some(slot) = self.of_block.get_mut(text as usize) {
            *slot = list;
        }
        self.lists[list as usize - 1].push(event);
    }
}

/// A value as it is kept: in lower case, and empty when it is too long.
fn kept(value: &str) -> Cow<'_, str> {
    let small = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    let folded = if value.bytes().all(small) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.to_lowercase())
    };
    if folded.len() > MAX_VALUE_BYTES {
        return Cow::Borrowed("");
    }
    folded
}

/// A row's name, and the row.
pub(super) type NamedRow = (Vec<u8>, Vec<u8>);

/// A row: its values one after the other, and the list of each.
#[derive(Default, Serialize, Deserialize)]
struct Row<'a> {
    /// Each value with [`END`] behind it.
    #[serde(borrow)]
    texts: Cow<'a, [u8]>,
    /// Where each value's end stands in `texts`, behind the [`END`].
    text_ends: Vec<u32>,
    #[serde(borrow)]
    lists: Cow<'a, [u8]>,
    list_ends: Vec<u32>,
    /// The values whose list is [`Bits`] rather than differences.
    in_bits: Vec<u32>,
}

impl Gathered {
    /// Events that were taken in.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Takes in the events of a block, which follow those taken in before.
    pub(super) fn take_in(&mut self, block: &HotBlock) {
        let texts = block.texts();
        for values in &mut self.fields {
            values.begin_block(texts);
        }
        for index in 0..block.len() {
            let (fields, event) = (&mut self.fields, self.count);
            block.each_value(index, |field, text| {
                fields[field as usize].add(block, text, event);
            });
            self.count += 1;
        }
    }

    /// The rows of the segment with this number, each with its name.
    pub(super) fn rows(&self, segment: u32) -> Result<Vec<NamedRow>, Fault> {
        let mut rows = Vec::new();
        for (field, values) in (0u8..).zip(&self.fields) {
            let prefix = prefix(segment, field);
            let mut sorted: Vec<(&str, u32)> = values
                .numbers
                .iter()
                .map(|(value, number)| (&**value, *number))
                .collect();
            sorted.sort_unstable();
            let mut row = Row::default();
            let mut first = "";
            for (value, number) in sorted {
                let list = &values.lists[number as usize - 1].bytes;
                if row.full_with(value, list, self.count) {
                    rows.push(named(&prefix, first, &std::mem::take(&mut row))?);
                }
                if row.text_ends.is_empty() {
                    first = value;
                }
                row.push(value, list, self.count);
            }
            if !row.text_ends.is_empty() || (field >= LATER && values.numbers.is_empty()) {
                rows.push(named(&prefix, first, &row)?);
            }
        }
        Ok(rows)
    }
}

fn prefix(segment: u32, field: u8) -> Vec<u8> {
    let mut prefix = segment.to_be_bytes().to_vec();
    prefix.push(field);
    prefix
}

fn named(prefix: &[u8], first: &str, row: &Row<'_>) -> Result<NamedRow, Fault> {
    let name = [prefix, first.as_bytes()].concat();
    Ok((name, codec::encode(VERSION, row)?))
}

/// All rows of the segment: from the first name up to the second, which is not among them.
pub(super) fn names(segment: u32) -> (Vec<u8>, Vec<u8>) {
    (
        segment.to_be_bytes().to_vec(),
        (segment + 1).to_be_bytes().to_vec(),
    )
}

/// What a list of this many bytes becomes: bits when they are fewer.
fn as_bits(list: &[u8], count: u32) -> bool {
    list.len() > (count as usize).div_ceil(64) * 8
}

impl Row<'_> {
    fn full_with(&self, value: &str, list: &[u8], count: u32) -> bool {
        let list = list.len().min((count as usize).div_ceil(64) * 8);
        let ends = 6 * (self.text_ends.len() + 1);
        let bytes = self.texts.len() + value.len() + 1 + self.lists.len() + list + ends;
        !self.text_ends.is_empty() && bytes > ROW_BYTES
    }

    fn push(&mut self, value: &str, list: &[u8], count: u32) {
        let texts = self.texts.to_mut();
        texts.extend_from_slice(value.as_bytes());
        texts.push(END);
        self.text_ends.push(end(texts.len()));
        let lists = self.lists.to_mut();
        if as_bits(list, count) {
            let mut bits = Bits::none(count);
            add_list(list, &mut bits);
            lists.extend(bits.to_bytes());
            self.in_bits.push(end(self.list_ends.len()));
        } else {
            lists.extend_from_slice(list);
        }
        self.list_ends.push(end(lists.len()));
    }

    fn value(&self, index: usize) -> &[u8] {
        let end = self.text_ends.get(index).map_or(0, |end| *end as usize);
        let text = self
            .texts
            .get(start(&self.text_ends, index)..end)
            .unwrap_or_default();
        text.strip_suffix(&[END]).unwrap_or_default()
    }

    /// The place of the first value that is not below this one.
    fn place_of(&self, value: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.text_ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.value(middle) < value {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn add(&self, index: usize, found: &mut Bits) {
        let end = self.list_ends.get(index).map_or(0, |end| *end as usize);
        let list = self
            .lists
            .get(start(&self.list_ends, index)..end)
            .unwrap_or_default();
        if self
            .in_bits
            .contains(&u32::try_from(index).unwrap_or(u32::MAX))
        {
            found.add_bytes(list);
        } else {
            add_list(list, found);
        }
    }
}

fn end(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn start(ends: &[u32], index: usize) -> usize {
    let before = index.checked_sub(1).and_then(|before| ends.get(before));
    before.map_or(0, |end| *end as usize)
}

/// What of a value a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Some part of it.
    Part,
    Beginning,
    Whole,
}

type Rows = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

/// Whether nothing is known of the field in a segment, because it was written before there was such a field.
pub(super) fn lacks(rows: &Rows, segment: u32, field: Field) -> Result<bool, Fault> {
    if (field as u8) < LATER {
        return Ok(false);
    }
    let (first, after) = (
        prefix(segment, field as u8),
        prefix(segment, field as u8 + 1),
    );
    Ok(rows
        .range(first.as_slice()..after.as_slice())?
        .next()
        .is_none())
}

/// The events of a segment with a value in this field of which `text` is that share. Never one too few.
pub(super) fn find(
    rows: &Rows,
    segment: u32,
    field: Field,
    (text, share): (&str, Share),
    found: &mut Bits,
) -> Result<(), Fault> {
    let prefix = prefix(segment, field as u8);
    if share == Share::Part {
        return find_part(rows, &prefix, text, found);
    }
    // The events of values that were too long stand under the empty value, which is the first.
    find_value(rows, &prefix, "", found)?;
    match share {
        Share::Whole => find_value(rows, &prefix, text, found),
        Share::Part | Share::Beginning => find_beginning(rows, &prefix, text, found),
    }
}

/// The name behind all that begin with this one.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut behind = prefix.to_vec();
    if let Some(last) = behind.last_mut() {
        *last += 1;
    }
    behind
}

fn find_part(rows: &Rows, prefix: &[u8], text: &str, found: &mut Bits) -> Result<(), Fault> {
    let finder = Finder::new(text.as_bytes());
    for entry in rows.range(prefix..behind(prefix).as_slice())? {
        let bytes = entry?.1;
        let row = read(bytes.value())?;
        if row.value(0).is_empty() {
            row.add(0, found);
        }
        let mut from = 0;
        while let Some(hit) = row.texts.get(from..).and_then(|rest| finder.find(rest)) {
            let at = end(from + hit);
            let index = row.text_ends.partition_point(|end| *end <= at);
            row.add(index, found);
            let Some(next) = row.text_ends.get(index) else {
                break;
            };
            from = *next as usize;
        }
    }
    Ok(())
}

/// Values that begin with the text follow one another, from the row on in which the text itself would stand.
fn find_beginning(rows: &Rows, prefix: &[u8], text: &str, found: &mut Bits) -> Result<(), Fault> {
    let name = [prefix, text.as_bytes()].concat();
    let first = rows.range(prefix..=name.as_slice())?.next_back();
    let first = first.transpose()?.map(|(name, _)| name.value().to_vec());
    let first = first.unwrap_or_else(|| prefix.to_vec());
    for entry in rows.range(first.as_slice()..behind(prefix).as_slice())? {
        let bytes = entry?.1;
        let row = read(bytes.value())?;
        for index in row.place_of(text.as_bytes())..row.text_ends.len() {
            if !row.value(index).starts_with(text.as_bytes()) {
                return Ok(());
            }
            row.add(index, found);
        }
    }
    Ok(())
}

fn find_value(rows: &Rows, prefix: &[u8], value: &str, found: &mut Bits) -> Result<(), Fault> {
    let name = [prefix, value.as_bytes()].concat();
    let Some(entry) = rows.range(prefix..=name.as_slice())?.next_back() else {
        return Ok(());
    };
    let bytes = entry?.1;
    let row = read(bytes.value())?;
    let place = row.place_of(value.as_bytes());
    if place < row.text_ends.len() && row.value(place) == value.as_bytes() {
        row.add(place, found);
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Row<'_>, Fault> {
    let (row, _) = codec::decode_prefix_borrowed::<Row<'_>>(VERSION, bytes)?;
    if row.text_ends.len() != row.list_ends.len() {
        return Err(Fault::damaged(
            "values and their lists do not fit each other",
        ));
    }
    Ok(row)
}
