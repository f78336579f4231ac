//! `events/index.redb`: what is true of the log as a whole. Where the reading of it stands (marks), which stretches are missing,
//! how much each day holds, whose log it is.
//!
//! It is written after the days, so a mark never passes an event that is not durable. A crash in between leaves a day with more
//! than the index says; so a day is noted as being written to before the first write, and such days are counted anew at the
//! next start.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use redb::{ReadableTable as _, Table, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::day::{Day, DaySummary};
use crate::domain::id::OrgId;
use crate::domain::resource::{Gap, Stretch};
use crate::domain::text::SafeText;
use crate::store::codec::{self, Moment};
use crate::store::error::{Error, Fault};
use crate::store::file::{RedbFile, guarded, put_schema};

type Bytes = &'static [u8];

const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
const MARKS: TableDefinition<'_, &str, &str> = TableDefinition::new("marks");
const DAYS: TableDefinition<'_, i32, Bytes> = TableDefinition::new("days");
const GAPS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("gaps");
/// Days that were removed because they were old or too much, and whether their file may still be there. Five bytes for each day, and
/// without them the day would be told as complete; so they stay, unless the day is imported again.
const REMOVED: TableDefinition<'_, i32, bool> = TableDefinition::new("removed");
/// Who holds which day.
const HELD: TableDefinition<'_, (&str, i32), ()> = TableDefinition::new("held");

/// The mark that holds the stretches of which somebody said that all their events were imported.
const COVERED: &str = "covered";

const SCHEMA: u32 = 2;
const VERSION: u8 = 1;

/// The index file.
pub(super) struct Index {
    pub(super) file: RedbFile,
}

/// What the index says of a day.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct DayEntry {
    pub(super) summary: Option<DaySummary>,
    /// Whether it may hold more than `summary` says.
    pub(super) writing: bool,
}

/// Events that were delivered again.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counters {
    pub(super) duplicates: u64,
    /// Of them, those with another body.
    pub(super) conflicts: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredGap {
    from: Moment,
    to: Moment,
    reason: SafeText,
    filled: Option<Moment>,
}

impl From<&Gap> for StoredGap {
    fn from(gap: &Gap) -> Self {
        Self {
            from: gap.from.into(),
            to: gap.to.into(),
            reason: gap.reason.clone(),
            filled: gap.filled.map(Moment::from),
        }
    }
}

impl From<StoredGap> for Gap {
    fn from(gap: StoredGap) -> Self {
        Self {
            from: gap.from.into(),
            to: gap.to.into(),
            reason: gap.reason,
            filled: gap.filled.map(Timestamp::from),
        }
    }
}

/// What is written to the index in one commit.
#[derive(Default)]
pub(super) struct IndexWrite {
    pub(super) marks: Vec<(String, String)>,
    pub(super) days: Vec<(Day, DayEntry)>,
    pub(super) counters: Option<Counters>,
    pub(super) new_gaps: Vec<Gap>,
    /// Gaps to be closed, and when they were.
    pub(super) filled_gaps: Vec<(Gap, Timestamp)>,
    /// Stretches of which every event is stored, and since when.
    pub(super) covered: Vec<(Stretch, Timestamp)>,
    pub(super) org: Option<OrgId>,
    /// Days that begin to leave.
    pub(super) leaving: Vec<Day>,
    /// Days whose file is gone.
    pub(super) gone: Vec<Day>,
    /// Days that somebody holds from now on.
    pub(super) held: Vec<(String, Day)>,
    /// Who lets go of all that they hold.
    pub(super) let_go: Vec<String>,
}

impl Index {
    /// Makes the tables of a new file; refuses one from a newer version. One of schema 1 lacks only tables. One that lacks nothing is
    /// not written to, so that a start needs no room on the disk.
    pub(super) fn open(file: RedbFile) -> Result<Self, Error> {
        if file.schema(META, SCHEMA)? != Some(SCHEMA) {
            file.write("prepare", |transaction| guarded(|| prepare(transaction)))?;
        }
        Ok(Self { file })
    }

    /// Writes what must be said however full the disk is: which days leave, and what is lost.
    pub(super) fn write_below_floor(&self, write: &IndexWrite) -> Result<(), Error> {
        let put = |transaction: &_| put(transaction, write);
        self.file.write_below_floor("write", put)
    }

    pub(super) fn write(&self, write: &IndexWrite) -> Result<(), Error> {
        let put = |transaction: &_| put(transaction, write);
        self.file.write("write", put)
    }

    pub(super) fn mark(&self, key: &str) -> Result<Option<String>, Error> {
        self.file.read("read", |transaction| {
            let value = transaction.open_table(MARKS)?.get(key)?;
            Ok(value.map(|value| value.value().to_owned()))
        })
    }

    pub(super) fn gaps(&self) -> Result<Vec<Gap>, Error> {
        self.file.read("read", |transaction| {
            let mut gaps = Vec::new();
            for row in transaction.open_table(GAPS)?.iter()? {
                gaps.push(codec::decode::<StoredGap>(VERSION, row?.1.value())?.into());
            }
            Ok(gaps)
        })
    }

    /// The stretches of which somebody said that all their events were imported, in order.
    pub(super) fn covered(&self) -> Result<Vec<Stretch>, Error> {
        let told = self.mark(COVERED)?.unwrap_or_default();
        Ok(stretches(&told))
    }

    pub(super) fn days(&self) -> Result<BTreeMap<Day, DayEntry>, Error> {
        self.file.read("read", |transaction| {
            let mut days = BTreeMap::new();
            for row in transaction.open_table(DAYS)?.iter()? {
                let (day, bytes) = row?;
                days.insert(Day(day.value()), codec::decode(VERSION, bytes.value())?);
            }
            Ok(days)
        })
    }

    /// The days that were removed, each with whether its file may still be there.
    pub(super) fn removed(&self) -> Result<BTreeMap<Day, bool>, Error> {
        self.file.read("read", |transaction| {
            let mut days = BTreeMap::new();
            for row in transaction.open_table(REMOVED)?.iter()? {
                let (day, leaves) = row?;
                days.insert(Day(day.value()), leaves.value());
            }
            Ok(days)
        })
    }

    /// The days that are held.
    pub(super) fn held(&self) -> Result<BTreeSet<Day>, Error> {
        self.file.read("read", |transaction| {
            let mut days = BTreeSet::new();
            for row in transaction.open_table(HELD)?.iter()? {
                days.insert(Day(row?.0.value().1));
            }
            Ok(days)
        })
    }

    pub(super) fn counters(&self) -> Result<Counters, Error> {
        Ok(self.meta("counters")?.unwrap_or_default())
    }

    pub(super) fn org(&self) -> Result<Option<OrgId>, Error> {
        self.meta("org")
    }

    fn meta<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        self.file.read("read", |transaction| {
            let bytes = transaction.open_table(META)?.get(name)?;
            bytes
                .map(|bytes| codec::decode(VERSION, bytes.value()))
                .transpose()
        })
    }
}

fn prepare(transaction: &WriteTransaction) -> Result<(), Fault> {
    transaction.open_table(MARKS)?;
    transaction.open_table(DAYS)?;
    transaction.open_table(GAPS)?;
    transaction.open_table(REMOVED)?;
    transaction.open_table(HELD)?;
    put_schema(transaction, META, SCHEMA)
}

fn put(transaction: &WriteTransaction, write: &IndexWrite) -> Result<(), Fault> {
    put_days(transaction, &write.days)?;
    put_gaps(transaction, write)?;
    put_removed(transaction, write)?;
    put_held(transaction, write)?;
    let mut marks = transaction.open_table(MARKS)?;
    for (key, value) in &write.marks {
        marks.insert(key.as_str(), value.as_str())?;
    }
    put_covered(&mut marks, &write.covered)?;
    let mut meta = transaction.open_table(META)?;
    if let Some(counters) = &write.counters {
        meta.insert("counters", codec::encode(VERSION, counters)?.as_slice())?;
    }
    if let Some(org) = &write.org {
        meta.insert("org", codec::encode(VERSION, org)?.as_slice())?;
    }
    Ok(())
}

fn put_days(transaction: &WriteTransaction, days: &[(Day, DayEntry)]) -> Result<(), Fault> {
    let mut table = transaction.open_table(DAYS)?;
    for (day, entry) in days {
        if entry.summary.is_none() && !entry.writing {
            table.remove(day.0)?;
        } else {
            table.insert(day.0, codec::encode(VERSION, entry)?.as_slice())?;
        }
    }
    Ok(())
}

fn put_gaps(transaction: &WriteTransaction, write: &IndexWrite) -> Result<(), Fault> {
    let mut table = transaction.open_table(GAPS)?;
    let mut known: Vec<(u64, StoredGap)> = Vec::new();
    for row in table.iter()? {
        let (id, bytes) = row?;
        known.push((id.value(), codec::decode(VERSION, bytes.value())?));
    }
    for gap in write.new_gaps.iter().map(StoredGap::from) {
        // Told again after a crash.
        if known.iter().any(|(_, other)| *other == gap) {
            continue;
        }
        let id = known.last().map_or(0, |(last, _)| last + 1);
        table.insert(id, codec::encode(VERSION, &gap)?.as_slice())?;
        known.push((id, gap));
    }
    for (filled, at) in &write.filled_gaps {
        let filled = StoredGap::from(filled);
        let open = known
            .iter_mut()
            .filter(|(_, gap)| *gap == filled && gap.filled.is_none());
        for (id, gap) in open {
            gap.filled = Some((*at).into());
            table.insert(*id, codec::encode(VERSION, gap)?.as_slice())?;
        }
    }
    for (stretch, at) in &write.covered {
        let mut left = Vec::new();
        for (id, gap) in known.iter_mut().filter(|(_, gap)| gap.filled.is_none()) {
            let Some(outside) = outside(gap, *stretch) else {
                continue;
            };
            left.extend(outside);
            gap.filled = Some((*at).into());
            table.insert(*id, codec::encode(VERSION, gap)?.as_slice())?;
        }
        for gap in left {
            let id = known.last().map_or(0, |(last, _)| last + 1);
            table.insert(id, codec::encode(VERSION, &gap)?.as_slice())?;
            known.push((id, gap));
        }
    }
    Ok(())
}

/// Remembers stretches of which every event is stored though the log was not read there.
fn put_covered(
    marks: &mut Table<'_, &'static str, &'static str>,
    covered: &[(Stretch, Timestamp)],
) -> Result<(), Fault> {
    if covered.is_empty() {
        return Ok(());
    }
    let told = marks.get(COVERED)?.map(|text| text.value().to_owned());
    let known = stretches(told.as_deref().unwrap_or_default());
    let all = Stretch::united(known.into_iter().chain(covered.iter().map(|(one, _)| *one)));
    let words: Vec<String> = all
        .iter()
        .map(|one| format!("{}..{}", one.from, one.to))
        .collect();
    marks.insert(COVERED, words.join(" ").as_str())?;
    Ok(())
}

/// Stretches as they are kept: two moments with `..` between them each, with a space between two.
fn stretches(text: &str) -> Vec<Stretch> {
    let read = text.split(' ').filter_map(|part| {
        let (from, to) = part.split_once("..")?;
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        Some(Stretch { from, to })
    });
    read.collect()
}

/// What a gap has outside of a stretch; `None` when it has nothing of the stretch.
fn outside(gap: &StoredGap, stretch: Stretch) -> Option<Vec<StoredGap>> {
    let whole = Stretch {
        from: gap.from.into(),
        to: gap.to.into(),
    };
    if stretch.to <= whole.from || whole.to <= stretch.from {
        return None;
    }
    let part = |part: Stretch| StoredGap {
        from: part.from.into(),
        to: part.to.into(),
        ..gap.clone()
    };
    Some(whole.without([stretch]).into_iter().map(part).collect())
}

fn put_removed(transaction: &WriteTransaction, write: &IndexWrite) -> Result<(), Fault> {
    let mut removed = transaction.open_table(REMOVED)?;
    let mut days = transaction.open_table(DAYS)?;
    for day in &write.leaving {
        removed.insert(day.0, true)?;
        days.remove(day.0)?;
    }
    for day in &write.gone {
        removed.insert(day.0, false)?;
    }
    if !write.covered.is_empty() {
        // What was imported again is missing no more.
        let is_back = |day: Day| {
            let (from, to) = (day.start(), Day(day.0.saturating_add(1)).start());
            let mut covered = write.covered.iter();
            covered.any(|(stretch, _)| stretch.from <= from && to <= stretch.to)
        };
        removed.retain(|day, leaves| leaves || !is_back(Day(day)))?;
    }
    Ok(())
}

fn put_held(transaction: &WriteTransaction, write: &IndexWrite) -> Result<(), Fault> {
    let mut held = transaction.open_table(HELD)?;
    for (holder, day) in &write.held {
        held.insert((holder.as_str(), day.0), ())?;
    }
    for holder in &write.let_go {
        let theirs = (holder.as_str(), i32::MIN)..=(holder.as_str(), i32::MAX);
        held.retain_in(theirs, |_, ()| false)?;
    }
    Ok(())
}
