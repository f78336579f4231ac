//! One day of the System Log: a file of its own, so that retention is unlinking it and a repair touches no other day.
//!
//! Beside its blocks a day holds what they are found by: postings of the segments that are sealed, and the marks of uuids. Both follow
//! from the blocks. A file of schema 1 has neither: it is read as it is, and gets them when it is next written to.

use std::cmp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use redb::{ReadTransaction, ReadableTable as _, TableDefinition, TableError, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::block::{self, HotBlock, Kept};
use super::plan::Plan;
use super::postings::{self, NamedRow, SEGMENT};
use crate::domain::id::EventUuid;
use crate::domain::text::RawJson;
use crate::store::codec;
use crate::store::error::{Error, Fault};
use crate::store::file::{RedbFile, guarded};
use crate::store::ground::Ground;

type Bytes = &'static [u8];

const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
/// Number of the first event → count and range of publication.
const BLOCKS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("blocks");
const HOT: TableDefinition<'_, u64, Bytes> = TableDefinition::new("hot");
/// Where files of schema 1 have their bodies.
const COLD: TableDefinition<'_, u64, Bytes> = TableDefinition::new("cold");
/// Number of the first event and of a piece → a piece of the bodies of a block. In one piece they would take a page of the file that
/// is the next power of two, with a quarter of it empty on average.
const BODIES: TableDefinition<'_, (u64, u16), Bytes> = TableDefinition::new("bodies");
/// Uuid → fingerprints of the first body and of another one that came under the same uuid.
const CONFLICTS: TableDefinition<'_, u128, (u64, u64)> = TableDefinition::new("conflicts");

/// Number of a part of the day → the marks of its events' uuids, 4 bytes each.
const MARKS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("marks");
/// Segment → how many of its events the postings know.
const SEALED: TableDefinition<'_, u32, u32> = TableDefinition::new("sealed");
/// Segment, field and first value → postings.
const POSTINGS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("postings");

const SCHEMA: u32 = 2;
/// The schema without marks and postings.
const BARE: u32 = 1;
const VERSION: u8 = 1;
/// Bytes of a piece, which with its name fill a page of 16 KiB.
const PIECE: usize = 16_300;
/// Events in a part of the marks: whole blocks, and with its name 15 KB, which fit into four pages.
pub(super) const PART: u64 = 3_840;
/// What redb may keep of one day in memory. The system keeps more; this is for what is read again and again.
const CACHE_BYTES: usize = 512 << 10;
/// Day files that stay open: a search for what is rare goes through all days.
const OPEN: usize = 100;
const MS_PER_DAY: i64 = 86_400_000;

/// A day, UTC, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Day(pub(super) i32);

impl Day {
    pub(super) fn of_ms(published_ms: i64) -> Self {
        Self(i32::try_from(published_ms.div_euclid(MS_PER_DAY)).unwrap_or(0))
    }

    /// Its first millisecond since 1970.
    pub(super) fn start_ms(self) -> i64 {
        i64::from(self.0) * MS_PER_DAY
    }

    /// The first millisecond of the next day.
    pub(super) fn end_ms(self) -> i64 {
        self.start_ms() + MS_PER_DAY
    }

    /// Its first moment.
    pub(super) fn start(self) -> Timestamp {
        Timestamp::from_millisecond(self.start_ms()).unwrap_or_default()
    }

    fn file_name(self) -> String {
        format!("{}.redb", self.start().to_zoned(TimeZone::UTC).date())
    }

    pub(super) fn of_file(name: &str) -> Option<Self> {
        let date: Date = name.strip_suffix(".redb")?.parse().ok()?;
        let start = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let day = Self(i32::try_from(start.as_second().div_euclid(86_400)).ok()?);
        (day.file_name() == name).then_some(day)
    }
}

/// Where a block lies in its day, and when its events were published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BlockRange {
    pub(super) first_seq: u64,
    pub(super) count: u32,
    pub(super) min_ms: i64,
    pub(super) max_ms: i64,
}

impl BlockRange {
    fn of(first_seq: u64, block: &HotBlock) -> Self {
        let published = || (0..block.len()).map(|index| block.published_ms(index));
        Self {
            first_seq,
            count: u32::try_from(block.len()).unwrap_or(u32::MAX),
            min_ms: published().min().unwrap_or(0),
            max_ms: published().max().unwrap_or(0),
        }
    }

    pub(super) fn end_seq(&self) -> u64 {
        self.first_seq + u64::from(self.count)
    }

    /// The place of an event of this block in it.
    pub(super) fn index_of(&self, seq: u64) -> usize {
        usize::try_from(seq.saturating_sub(self.first_seq)).unwrap_or(usize::MAX)
    }
}

/// How much a day holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DaySummary {
    pub(super) events: u64,
    pub(super) min_ms: i64,
    pub(super) max_ms: i64,
}

impl DaySummary {
    /// `None` for a day without events.
    pub(super) fn of(blocks: &[BlockRange]) -> Option<Self> {
        Some(Self {
            events: blocks.iter().map(|block| u64::from(block.count)).sum(),
            min_ms: blocks.iter().map(|block| block.min_ms).min()?,
            max_ms: blocks.iter().map(|block| block.max_ms).max()?,
        })
    }
}

/// A block to be written.
pub(super) struct NewBlock {
    pub(super) range: BlockRange,
    pub(super) block: HotBlock,
    hot: Vec<u8>,
    cold: Vec<u8>,
}

impl NewBlock {
    pub(super) fn of(first_seq: u64, events: &[Kept]) -> Result<Self, Fault> {
        let block = HotBlock::of(events)?;
        Ok(Self {
            range: BlockRange::of(first_seq, &block),
            hot: block.encode()?,
            cold: block::encode_cold(events)?,
            block,
        })
    }
}

/// The postings of a segment, to be written in the place of those that it has.
pub(super) struct Sealed {
    pub(super) segment: u32,
    /// How many of its events they know.
    pub(super) count: u32,
    pub(super) rows: Vec<NamedRow>,
}

/// What is written to a day in one commit.
#[derive(Default)]
pub(super) struct DayWrite {
    /// The first may replace the partial block.
    pub(super) blocks: Vec<NewBlock>,
    pub(super) conflicts: Vec<Conflict>,
    /// Parts of the marks that have become full, by their number.
    pub(super) marks: Vec<(u64, Vec<u8>)>,
    pub(super) sealed: Vec<Sealed>,
}

/// Which events of a day come into question.
#[derive(Default)]
pub(super) struct Candidates {
    /// By segment; those beyond, and events beyond what a segment's postings know, all come into question.
    segments: Vec<(u32, Bits)>,
}

impl Candidates {
    /// Those of a block: `None` when all of it come into question.
    pub(super) fn of_block(&self, block: &BlockRange) -> Option<(&Bits, u32)> {
        let segment = usize::try_from(block.first_seq / SEGMENT).ok()?;
        let (known, bits) = self.segments.get(segment)?;
        let first = u32::try_from(block.first_seq % SEGMENT).ok()?;
        (first + block.count <= *known).then_some((bits, first))
    }

    /// Whether a block has none.
    pub(super) fn lacks(&self, block: &BlockRange) -> bool {
        self.of_block(block)
            .is_some_and(|(bits, first)| !bits.has_any(first, block.count))
    }
}

/// Another body that came under a known uuid.
pub(super) struct Conflict {
    pub(super) uuid: EventUuid,
    pub(super) known_print: u64,
    pub(super) other_print: u64,
}

/// Which file of a day: when a day is removed and comes back, its numbers begin anew with other events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Life(u64);

/// The file of one day.
pub(super) struct DayFile {
    pub(super) day: Day,
    pub(super) life: Life,
    /// Whether it was removed.
    gone: AtomicBool,
    file: RedbFile,
    /// What is committed; read from the file at the first use.
    blocks: RwLock<Option<Arc<Vec<BlockRange>>>>,
}

impl DayFile {
    fn new(day: Day, life: Life, place: Option<&(Arc<Ground>, PathBuf)>) -> Self {
        let name = day.file_name();
        Self {
            day,
            life,
            gone: AtomicBool::new(false),
            file: match place {
                Some((ground, dir)) => {
                    RedbFile::on(ground, dir.join(name), CACHE_BYTES).seldom_written()
                }
                None => RedbFile::in_memory(&name),
            },
            blocks: RwLock::new(None),
        }
    }

    /// What a reading gave; `None` when it failed because the day was removed meanwhile.
    pub(super) fn unless_gone<T>(&self, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Err(Error::Closed) if self.gone.load(Ordering::Acquire) => Ok(None),
            read => read.map(Some),
        }
    }

    /// Opens the file once more, so that it is sealed as it should be.
    pub(super) fn renew(&self) -> Result<(), Error> {
        self.file.renew()
    }

    /// The blocks of the day in order of arrival.
    pub(super) fn blocks(&self) -> Result<Arc<Vec<BlockRange>>, Error> {
        let known = self
            .blocks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(known) = known {
            return Ok(known);
        }
        // Held across the reading, so that a commit meanwhile cannot be overwritten by what was read before it.
        let mut slot = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*slot {
            return Ok(Arc::clone(known));
        }
        let blocks = Arc::new(self.read_blocks()?);
        *slot = Some(Arc::clone(&blocks));
        Ok(blocks)
    }

    /// The block of the event with this number.
    pub(super) fn range_of(&self, seq: u64) -> Result<Option<BlockRange>, Error> {
        let blocks = self.blocks()?;
        let after = blocks.partition_point(|block| block.first_seq <= seq);
        let block = after.checked_sub(1).and_then(|at| blocks.get(at));
        Ok(block.filter(|block| seq < block.end_seq()).copied())
    }

    fn read_blocks(&self) -> Result<Vec<BlockRange>, Error> {
        self.prepare()?;
        self.file.read("read", |transaction| {
            guarded(|| {
                let mut blocks = Vec::new();
                for row in transaction.open_table(BLOCKS)?.iter()? {
                    blocks.push(codec::decode(VERSION, row?.1.value())?);
                }
                Ok(blocks)
            })
        })
    }

    /// Makes the tables of a new file; refuses one from a newer version.
    fn prepare(&self) -> Result<(), Error> {
        let schema = self.file.read("read", |transaction| {
            let meta = match transaction.open_table(META) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                meta => meta?,
            };
            let bytes = meta.get("schema")?;
            bytes
                .map(|bytes| codec::decode::<u32>(VERSION, bytes.value()))
                .transpose()
        })?;
        match schema {
            Some(BARE | SCHEMA) => Ok(()),
            Some(found) => Err(Fault::Newer {
                found,
                known: SCHEMA,
            }
            .at("open", self.file.path())),
            None => self.file.write("prepare", |transaction| {
                transaction.open_table(BLOCKS)?;
                transaction.open_table(HOT)?;
                transaction.open_table(COLD)?;
                transaction.open_table(CONFLICTS)?;
                put_schema(transaction)
            }),
        }
    }

    /// Writes blocks and what they are found by, and makes them visible once they are durable.
    pub(super) fn commit(&self, write: &DayWrite) -> Result<DaySummary, Error> {
        let known = self.blocks()?;
        let written = self.file.write("write", |transaction| {
            put_schema(transaction)?;
            put_blocks(transaction, &write.blocks)?;
            put_conflicts(transaction, &write.conflicts)?;
            let mut marks = transaction.open_table(MARKS)?;
            for (part, bytes) in &write.marks {
                marks.insert(part, bytes.as_slice())?;
            }
            put_sealed(transaction, &write.sealed)
        });
        if let Err(error) = written {
            // It may be there all the same: the last step of a commit is to make sure of what is on the disk already.
            *self.blocks.write().unwrap_or_else(PoisonError::into_inner) = None;
            return Err(error);
        }
        let first_new = write.blocks.first();
        let first_new = first_new.map_or(u64::MAX, |block| block.range.first_seq);
        let kept = known
            .iter()
            .take_while(|block| block.first_seq < first_new)
            .copied();
        let new = write.blocks.iter().map(|block| block.range);
        let blocks: Vec<_> = kept.chain(new).collect();
        let summary = DaySummary::of(&blocks).unwrap_or(DaySummary {
            events: 0,
            min_ms: 0,
            max_ms: 0,
        });
        *self.blocks.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(blocks));
        Ok(summary)
    }

    /// How many events of each segment the postings know.
    pub(super) fn sealed(&self) -> Result<BTreeMap<u32, u32>, Error> {
        self.file.read("read", sealed)
    }

    /// Which events of the day come into question for a plan.
    pub(super) fn candidates(&self, plan: &Plan) -> Result<Candidates, Error> {
        self.file.read("read", |transaction| {
            let mut segments = Vec::new();
            let rows = match transaction.open_table(POSTINGS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Candidates::default()),
                rows => rows?,
            };
            // Segments are sealed in their order, so the first that is missing is the last.
            for (segment, (known, count)) in (0..).zip(sealed(transaction)?) {
                if segment != known {
                    break;
                }
                segments.push((count, plan.candidates(&rows, segment, count)?));
            }
            Ok(Candidates { segments })
        })
    }

    /// The marks of the day's first events, as far as they are stored.
    pub(super) fn marks(&self) -> Result<Vec<u32>, Error> {
        self.file.read("read", |transaction| {
            let table = match transaction.open_table(MARKS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let mut marks = Vec::new();
            for (part, row) in (0..).zip(table.iter()?) {
                let (number, bytes) = row?;
                let (words, rest) = bytes.value().as_chunks::<4>();
                if number.value() != part || words.len() as u64 != PART || !rest.is_empty() {
                    return Err(Fault::damaged("the marks of uuids are not whole"));
                }
                marks.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
            }
            Ok(marks)
        })
    }

    /// Where events with a mark may stand: their numbers, as far as marks are stored, and where those end.
    pub(super) fn with_mark(&self, mark: u32) -> Result<(Vec<u64>, u64), Error> {
        let marks = self.marks()?;
        let numbers = (0..).zip(&marks).filter(|(_, other)| **other == mark);
        Ok((
            numbers.map(|(number, _)| number).collect(),
            marks.len() as u64,
        ))
    }

    /// The uuids of all its events.
    pub(super) fn uuids(&self) -> Result<Vec<EventUuid>, Error> {
        let mut uuids = Vec::new();
        for range in self.blocks()?.iter() {
            uuids.extend_from_slice(self.hot(range)?.uuids());
        }
        Ok(uuids)
    }

    pub(super) fn hot(&self, block: &BlockRange) -> Result<HotBlock, Error> {
        let mut hot = self.file.read("read", |transaction| {
            let table = transaction.open_table(HOT)?;
            let bytes = table.get(block.first_seq)?;
            let bytes = bytes.ok_or_else(|| Fault::damaged("a block is missing"))?;
            HotBlock::decode(bytes.value())
        })?;
        if hot.lacks_origins() {
            hot.fill_origins(&self.cold(block)?);
        }
        Ok(hot)
    }

    pub(super) fn cold(&self, block: &BlockRange) -> Result<Vec<RawJson>, Error> {
        self.file.read("read", |transaction| {
            let key = block.first_seq;
            let mut whole = Vec::new();
            match transaction.open_table(BODIES) {
                Err(TableError::TableDoesNotExist(_)) => {}
                bodies => {
                    for piece in bodies?.range((key, 0)..=(key, u16::MAX))? {
                        whole.extend_from_slice(piece?.1.value());
                    }
                }
            }
            if !whole.is_empty() {
                return block::decode_cold(&whole);
            }
            let table = transaction.open_table(COLD)?;
            let bytes = table.get(key)?;
            let bytes = bytes.ok_or_else(|| Fault::damaged("a block is missing"))?;
            block::decode_cold(bytes.value())
        })
    }

    /// Makes the file as one that an older version wrote.
    #[cfg(test)]
    pub(super) fn make_bare(&self) -> Result<(), Error> {
        self.file.write("write", |transaction| {
            transaction.delete_table(MARKS)?;
            transaction.delete_table(SEALED)?;
            transaction.delete_table(POSTINGS)?;
            let mut whole: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
            for piece in transaction.open_table(BODIES)?.iter()? {
                let (name, bytes) = piece?;
                let bodies = whole.entry(name.value().0).or_default();
                bodies.extend_from_slice(bytes.value());
            }
            transaction.delete_table(BODIES)?;
            let mut cold = transaction.open_table(COLD)?;
            for (key, bodies) in whole {
                cold.insert(key, bodies.as_slice())?;
            }
            let mut hot = transaction.open_table(HOT)?;
            let mut early = Vec::new();
            for block in hot.iter()? {
                let (key, bytes) = block?;
                early.push((
                    key.value(),
                    HotBlock::decode(bytes.value())?.encode_early()?,
                ));
            }
            for (key, bytes) in early {
                hot.insert(key, bytes.as_slice())?;
            }
            let bytes = codec::encode(VERSION, &BARE)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert("schema", bytes.as_slice())?;
            Ok(())
        })
    }

    /// What the file takes on disk.
    pub(super) fn bytes(&self) -> u64 {
        self.file.disk_bytes()
    }

    /// A fault that is about this file.
    pub(super) fn fault(&self, fault: Fault) -> Error {
        fault.at("write", self.file.path())
    }

    pub(super) fn close(&self) -> Result<(), Error> {
        self.file.close()
    }
}

fn put_schema(transaction: &WriteTransaction) -> Result<(), Fault> {
    let bytes = codec::encode(VERSION, &SCHEMA)?;
    let mut meta = transaction.open_table(META)?;
    meta.insert("schema", bytes.as_slice())?;
    Ok(())
}

fn put_blocks(transaction: &WriteTransaction, new: &[NewBlock]) -> Result<(), Fault> {
    let mut blocks = transaction.open_table(BLOCKS)?;
    let mut hot = transaction.open_table(HOT)?;
    let mut cold = transaction.open_table(COLD)?;
    let mut bodies = transaction.open_table(BODIES)?;
    for block in new {
        let key = block.range.first_seq;
        blocks.insert(key, codec::encode(VERSION, &block.range)?.as_slice())?;
        hot.insert(key, block.hot.as_slice())?;
        let mut next = 0u16;
        for piece in block.cold.chunks(PIECE) {
            bodies.insert((key, next), piece)?;
            next = next
                .checked_add(1)
                .ok_or_else(|| Fault::damaged("the bodies of a block are too large"))?;
        }
        // Of the partial block that this one replaces.
        while bodies.remove((key, next))?.is_some() {
            next = next.saturating_add(1);
        }
        cold.remove(key)?;
    }
    Ok(())
}

fn put_conflicts(transaction: &WriteTransaction, conflicts: &[Conflict]) -> Result<(), Fault> {
    let mut table = transaction.open_table(CONFLICTS)?;
    for conflict in conflicts {
        let prints = (conflict.known_print, conflict.other_print);
        table.insert(u128::from_be_bytes(conflict.uuid.0), prints)?;
    }
    Ok(())
}

fn put_sealed(transaction: &WriteTransaction, all: &[Sealed]) -> Result<(), Fault> {
    let mut counts = transaction.open_table(SEALED)?;
    let mut table = transaction.open_table(POSTINGS)?;
    for sealed in all {
        if counts.insert(sealed.segment, sealed.count)?.is_some() {
            let (from, to) = postings::names(sealed.segment);
            table.retain_in(from.as_slice()..to.as_slice(), |_, _| false)?;
        }
        for (name, row) in &sealed.rows {
            table.insert(name.as_slice(), row.as_slice())?;
        }
    }
    Ok(())
}

fn sealed(transaction: &ReadTransaction) -> Result<BTreeMap<u32, u32>, Fault> {
    let table = match transaction.open_table(SEALED) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(BTreeMap::new()),
        table => table?,
    };
    let mut sealed = BTreeMap::new();
    for row in table.iter()? {
        let (segment, count) = row?;
        sealed.insert(segment.value(), count.value());
    }
    Ok(sealed)
}

/// The marks as they are stored.
pub(super) fn mark_bytes(marks: &[u32]) -> Vec<u8> {
    marks.iter().flat_map(|mark| mark.to_le_bytes()).collect()
}

/// All days, of which a few are open at a time.
pub(super) struct Days {
    /// `None` in memory.
    place: Option<(Arc<Ground>, PathBuf)>,
    files: Mutex<BTreeMap<Day, Arc<DayFile>>>,
    /// How many files there were.
    lives: AtomicU64,
    /// The days used last, the latest first.
    recent: Mutex<Vec<Day>>,
}

impl Days {
    pub(super) fn new(place: Option<(Arc<Ground>, PathBuf)>) -> Self {
        Self {
            place,
            files: Mutex::default(),
            lives: AtomicU64::default(),
            recent: Mutex::default(),
        }
    }

    /// The days that have a file.
    pub(super) fn on_disk(&self) -> Result<Vec<Day>, Error> {
        let Some((ground, dir)) = &self.place else {
            return Ok(Vec::new());
        };
        let names = ground.medium.list(dir)?;
        Ok(names.iter().filter_map(|name| Day::of_file(name)).collect())
    }

    /// The file of a day; it opens when it is used. Others that were not used lately are closed.
    pub(super) fn file(&self, day: Day) -> Arc<DayFile> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files.entry(day).or_insert_with(|| {
            let life = Life(self.lives.fetch_add(1, Ordering::Relaxed));
            Arc::new(DayFile::new(day, life, self.place.as_ref()))
        });
        let file = Arc::clone(file);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.first() != Some(&day) {
            let is_new = !recent.contains(&day);
            recent.retain(|other| *other != day);
            recent.insert(0, day);
            recent.truncate(OPEN);
            if is_new {
                let others = files.iter().filter(|(day, _)| !recent.contains(day));
                others.for_each(|(_, file)| file.file.rest());
            }
        }
        file
    }

    /// Removes the file of a day. Whoever still reads it is told that it is closed.
    pub(super) fn remove(&self, day: Day) -> Result<(), Error> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.remove(&day) {
            file.gone.store(true, Ordering::Release);
            // It is going; whether it is closed well does not matter any more.
            let _ = file.close();
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|other| *other != day);
        match &self.place {
            Some((ground, dir)) => {
                let path = dir.join(day.file_name());
                ground.is_settled(&path);
                ground.medium.remove(&path)
            }
            None => Ok(()),
        }
    }

    /// Notes that a file is sealed as it should be, or need not be.
    pub(super) fn settle(&self, path: &Path) {
        if let Some((ground, _)) = &self.place {
            ground.is_settled(path);
        }
    }

    /// Closes all of them for good.
    pub(super) fn close(&self) -> Result<(), Error> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files
            .values()
            .map(|file| file.close())
            .fold(Ok(()), Result::and)
    }
}

/// Where the events of a time range may lie.
pub(super) fn overlaps(min_ms: i64, max_ms: i64, from_ms: i64, to_ms: i64) -> bool {
    cmp::max(min_ms, from_ms) <= cmp::min(max_ms, to_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_its_file_name_belong_together() {
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let day = Day::of_ms(ms("2026-11-22T23:59:59.999Z"));
        assert_eq!(day.file_name(), "2026-11-22.redb");
        assert_eq!(Day::of_file("2026-11-22.redb"), Some(day));
        assert_eq!(Day::of_ms(ms("2026-11-23T00:00:00Z")).0, day.0 + 1);
        assert_eq!(Day::of_ms(-1).file_name(), "1969-12-31.redb");
        for other in [
            "index.redb",
            "2026-11-22.redb.bak",
            "20261122.redb",
            "2026-13-01.redb",
        ] {
            assert_eq!(Day::of_file(other), None, "{other}");
        }
    }
}
