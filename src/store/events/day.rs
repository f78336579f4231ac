//! One day of the System Log: a file of its own, so that retention is unlinking it and a repair touches no other day.

use std::cmp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use redb::{ReadableTable as _, TableDefinition};
use serde::{Deserialize, Serialize};

use super::block::{self, HotBlock, Kept};
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
const COLD: TableDefinition<'_, u64, Bytes> = TableDefinition::new("cold");
/// Uuid → fingerprints of the first body and of another one that came under the same uuid.
const CONFLICTS: TableDefinition<'_, u128, (u64, u64)> = TableDefinition::new("conflicts");

const SCHEMA: u32 = 1;
const VERSION: u8 = 1;
/// What redb may keep of one day in memory.
const CACHE_BYTES: usize = 8 << 20;
/// Day files that stay open.
const OPEN: usize = 4;
const MS_PER_DAY: i64 = 86_400_000;

/// A day, UTC, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Day(pub(super) i32);

impl Day {
    pub(super) fn of_ms(published_ms: i64) -> Self {
        Self(i32::try_from(published_ms.div_euclid(MS_PER_DAY)).unwrap_or(0))
    }

    fn file_name(self) -> String {
        let start = Timestamp::from_second(i64::from(self.0) * 86_400).unwrap_or_default();
        format!("{}.redb", start.to_zoned(TimeZone::UTC).date())
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
    pub(super) fn of(first_seq: u64, events: &[Kept]) -> Self {
        let published = || {
            events
                .iter()
                .map(|kept| block::millis(kept.event.published))
        };
        Self {
            first_seq,
            count: u32::try_from(events.len()).unwrap_or(u32::MAX),
            min_ms: published().min().unwrap_or(0),
            max_ms: published().max().unwrap_or(0),
        }
    }

    pub(super) fn end_seq(&self) -> u64 {
        self.first_seq + u64::from(self.count)
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
pub(super) struct NewBlock<'a> {
    pub(super) range: BlockRange,
    pub(super) events: &'a [Kept],
}

/// Another body that came under a known uuid.
pub(super) struct Conflict {
    pub(super) uuid: EventUuid,
    pub(super) known_print: u64,
    pub(super) other_print: u64,
}

/// The file of one day.
pub(super) struct DayFile {
    pub(super) day: Day,
    file: RedbFile,
    /// What is committed; read from the file at the first use.
    blocks: RwLock<Option<Arc<Vec<BlockRange>>>>,
}

impl DayFile {
    fn new(day: Day, place: Option<&(Arc<Ground>, PathBuf)>) -> Self {
        let name = day.file_name();
        Self {
            day,
            file: match place {
                Some((ground, dir)) => RedbFile::on(ground, dir.join(name), CACHE_BYTES),
                None => RedbFile::in_memory(&name),
            },
            blocks: RwLock::new(None),
        }
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
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                meta => meta?,
            };
            let bytes = meta.get("schema")?;
            bytes
                .map(|bytes| codec::decode::<u32>(VERSION, bytes.value()))
                .transpose()
        })?;
        match schema {
            Some(SCHEMA) => Ok(()),
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
                let bytes = codec::encode(VERSION, &SCHEMA)?;
                transaction
                    .open_table(META)?
                    .insert("schema", bytes.as_slice())?;
                Ok(())
            }),
        }
    }

    /// Writes blocks (the first may replace the partial one) and makes them visible once they are durable.
    pub(super) fn commit(
        &self,
        new: &[NewBlock<'_>],
        conflicts: &[Conflict],
    ) -> Result<DaySummary, Error> {
        let known = self.blocks()?;
        self.file.write("write", |transaction| {
            let mut blocks = transaction.open_table(BLOCKS)?;
            let mut hot = transaction.open_table(HOT)?;
            let mut cold = transaction.open_table(COLD)?;
            let mut table = transaction.open_table(CONFLICTS)?;
            for block in new {
                let key = block.range.first_seq;
                blocks.insert(key, codec::encode(VERSION, &block.range)?.as_slice())?;
                hot.insert(key, block::encode_hot(block.events)?.as_slice())?;
                cold.insert(key, block::encode_cold(block.events)?.as_slice())?;
            }
            for conflict in conflicts {
                let prints = (conflict.known_print, conflict.other_print);
                table.insert(u128::from_be_bytes(conflict.uuid.0), prints)?;
            }
            Ok(())
        })?;
        let first_new = new.first().map_or(u64::MAX, |block| block.range.first_seq);
        let kept = known
            .iter()
            .take_while(|block| block.first_seq < first_new)
            .copied();
        let blocks: Vec<_> = kept.chain(new.iter().map(|block| block.range)).collect();
        let summary = DaySummary::of(&blocks).unwrap_or(DaySummary {
            events: 0,
            min_ms: 0,
            max_ms: 0,
        });
        *self.blocks.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(blocks));
        Ok(summary)
    }

    pub(super) fn hot(&self, block: &BlockRange) -> Result<HotBlock, Error> {
        self.file.read("read", |transaction| {
            let table = transaction.open_table(HOT)?;
            let bytes = table.get(block.first_seq)?;
            let bytes = bytes.ok_or_else(|| Fault::damaged("a block is missing"))?;
            HotBlock::decode(bytes.value())
        })
    }

    pub(super) fn cold(&self, block: &BlockRange) -> Result<Vec<RawJson>, Error> {
        self.file.read("read", |transaction| {
            let table = transaction.open_table(COLD)?;
            let bytes = table.get(block.first_seq)?;
            let bytes = bytes.ok_or_else(|| Fault::damaged("a block is missing"))?;
            block::decode_cold(bytes.value())
        })
    }

    pub(super) fn close(&self) -> Result<(), Error> {
        self.file.close()
    }
}

/// All days, of which a few are open at a time.
pub(super) struct Days {
    /// `None` in memory.
    place: Option<(Arc<Ground>, PathBuf)>,
    files: Mutex<BTreeMap<Day, Arc<DayFile>>>,
    /// The days used last, the latest first.
    recent: Mutex<Vec<Day>>,
}

impl Days {
    pub(super) fn new(place: Option<(Arc<Ground>, PathBuf)>) -> Self {
        Self {
            place,
            files: Mutex::default(),
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
        let file = files
            .entry(day)
            .or_insert_with(|| Arc::new(DayFile::new(day, self.place.as_ref())));
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
