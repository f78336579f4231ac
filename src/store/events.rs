//! The System Log: a file per day of 256-event blocks with what they are found by, and an index of what is true of the whole.
//!
//! Events are appended by one writer thread, in whatever order they are delivered; a uuid is stored once. They are read in order of
//! (published, arrival), so a late event stands where it belongs. The files are `YYYY-MM-DD.redb` (UTC) and `index.redb`.

mod append;
mod bits;
mod block;
mod day;
mod index;
mod plan;
mod postings;
mod retention;
mod scan;
mod seen;
mod stream;
mod tally;
mod window;
mod writing;

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;
use tokio::sync::{Semaphore, oneshot, watch};

use append::{Appender, Job};
use block::HotBlock;
use day::{Day, DayFile, DaySummary, Days};
use index::{Counters, DayEntry, Index, IndexWrite};
use scan::BlockCache;
use seen::Seen;

use super::error::{Error, QueryError};
use super::file::RedbFile;
use super::ground::Ground;
use super::rebuild;
use super::writer::Writer;
use crate::domain::filter::Bounds;
use crate::domain::histogram::{Histogram, HistogramQuery};
use crate::domain::id::{EventUuid, OrgId};
use crate::domain::log_event::LogEvent;
use crate::domain::query::Revisions;
use crate::domain::query::{EventPos, EventQuery, EventRow, EventRows};
use crate::domain::resource::{Gap, Stretch};
use crate::domain::text::RawJson;

use super::leash::Leash;
pub use retention::Keep;

/// What redb may keep of the index in memory.
const INDEX_CACHE_BYTES: usize = 2 << 20;
/// Events that may be on their way to the disk, 4 KB each in memory.
const ROOM: usize = 12_000;

/// The stored System Log. Cheap to clone; clones are the same log.
#[derive(Clone)]
pub struct Events(Arc<Inner>);

struct Inner {
    /// Ends its thread when the last clone is dropped; the thread holds what is shared on its own.
    writer: Writer<Job>,
    /// A permit for each event that may be on its way.
    room: Semaphore,
    shared: Arc<Shared>,
}

/// What readers and the writer have in common.
struct Shared {
    days: Days,
    index: Index,
    blocks: BlockCache,
    /// What is committed.
    known: RwLock<Known>,
    revisions: Arc<watch::Sender<Revisions>>,
}

#[derive(Default)]
struct Known {
    days: BTreeMap<Day, DaySummary>,
    /// Days that the index notes as being written to.
    writing: Vec<Day>,
    counters: Counters,
}

/// A page of the log, and where the reading stands after it.
#[derive(Clone, Debug, Default)]
pub struct EventBatch {
    /// The events, each with its JSON, in the order of delivery.
    pub events: Vec<(LogEvent, RawJson)>,
    /// Values remembered under names, such as the chain's next link. They are written when the events are durable, never before.
    pub marks: Vec<(String, String)>,
    /// When the page arrived, by the server's clock.
    pub at: Timestamp,
}

/// What came of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Events that are new.
    pub stored: u64,
    /// Events that were stored already.
    pub duplicates: u64,
    /// Of them, those that came with another body.
    pub conflicts: u64,
}

/// How an event is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKey {
    /// By where it stands: fast.
    Pos(EventPos),
    /// By its uuid: the days are searched, newest first.
    Uuid(EventUuid),
}

/// How much of the log is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// Events.
    pub events: u64,
    /// When the oldest was published.
    pub oldest: Option<Timestamp>,
    /// When the newest was published.
    pub newest: Option<Timestamp>,
    /// Deliveries of events that were stored already.
    pub duplicates: u64,
    /// Of them, those with another body.
    pub conflicts: u64,
    /// Days that hold any.
    pub days: u64,
}

impl Events {
    pub(super) fn open(
        ground: &Arc<Ground>,
        dir: &Path,
        revisions: Arc<watch::Sender<Revisions>>,
    ) -> Result<Self, Error> {
        let dir = ground.medium.prepare_dir(dir)?;
        let index = RedbFile::on(ground, dir.join("index.redb"), INDEX_CACHE_BYTES);
        let index = Index::open(index)?;
        record_lost_days(&index, &ground.medium.list(&dir)?)?;
        let days = Days::new(Some((Arc::clone(ground), dir)));
        Self::start(index, days, revisions)
    }

    pub(super) fn in_memory(revisions: Arc<watch::Sender<Revisions>>) -> Result<Self, Error> {
        let index = Index::open(RedbFile::in_memory("events/index.redb"))?;
        Self::start(index, Days::new(None), revisions)
    }

    fn start(
        index: Index,
        days: Days,
        revisions: Arc<watch::Sender<Revisions>>,
    ) -> Result<Self, Error> {
        let known = take_stock(&index, &days)?;
        let counters = known.counters;
        let shared = Arc::new(Shared {
            days,
            index,
            blocks: BlockCache::default(),
            known: RwLock::new(known),
            revisions,
        });
        let mut appender = Appender::new(Arc::clone(&shared), counters);
        let alarm = shared.index.file.alarm();
        let writer = Writer::start("events", alarm, move |jobs| appender.work(jobs))
            .map_err(Error::io("start the writer of", shared.index.file.path()))?;
        Ok(Self(Arc::new(Inner {
            writer,
            room: Semaphore::new(ROOM),
            shared,
        })))
    }

    /// Stores a page: its new events, then its marks. Durable when it resolves; a page that is delivered again changes nothing but
    /// a counter. Once sent it is stored even when the caller no longer waits. Several pages may be on their way at a time and are
    /// stored in the order in which they were sent; whoever brings more than there is room for waits.
    ///
    /// # Errors
    /// When the store is closed or the disk fails. The marks are not written then; some of the events may be, and are absorbed
    /// when the page is stored again.
    pub async fn append(&self, batch: EventBatch) -> Result<Appended, Error> {
        let permits = u32::try_from(batch.events.len().min(ROOM)).unwrap_or(u32::MAX);
        let room = self.0.room.acquire_many(permits).await;
        let _room = room.map_err(|_| Error::Closed)?;
        let (reply, answer) = oneshot::channel();
        self.0.writer.send(Job::Append(batch, reply)).await?;
        answer.await.map_err(|_| self.0.writer.gone())?
    }

    /// Records a stretch that is missing or unproven. Recording the same one twice is recording it once.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub async fn add_gap(&self, gap: Gap) -> Result<(), Error> {
        self.ask(|reply| Job::AddGap(gap, reply)).await
    }

    /// Notes that an open gap was filled at `at`. Others stay, even those that begin or end where it does.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub async fn fill_gap(&self, gap: Gap, at: Timestamp) -> Result<(), Error> {
        self.ask(|reply| Job::FillGap(gap, at, reply)).await
    }

    /// Notes that all events of a stretch are stored, as of `at`: open gaps that have any of it are filled, and what they have outside of it
    /// stays open as gaps of its own.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub async fn cover(&self, stretch: Stretch, at: Timestamp) -> Result<(), Error> {
        self.ask(|reply| Job::Cover(stretch, at, reply)).await
    }

    /// Holds the days of a stretch, so that they are kept whatever their age, until [`let_go`](Self::let_go). One holder may hold many
    /// stretches; holding one twice is holding it once.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub async fn hold(&self, holder: &str, from: Timestamp, to: Timestamp) -> Result<(), Error> {
        let day = |time: Timestamp| Day::of_ms(time.as_millisecond()).0;
        let days = (day(from)..=day(to)).map(Day).collect();
        let holder = holder.to_owned();
        self.ask(|reply| Job::Hold(holder, days, reply)).await
    }

    /// Lets go of all that `holder` holds.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub async fn let_go(&self, holder: &str) -> Result<(), Error> {
        let holder = holder.to_owned();
        self.ask(|reply| Job::LetGo(holder, reply)).await
    }

    /// Removes the oldest days until no more is there than is to be kept at `now`, and gives the days that left, by their first
    /// moment. Days that are held stay, and so does the newest. What was cut off goes on when the store is opened.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub async fn retain(&self, keep: Keep, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
        if keep.is_everything() {
            return Ok(Vec::new());
        }
        let today = Day::of_ms(now.as_millisecond());
        let (reply, answer) = oneshot::channel();
        let job = Job::Retain(keep, today, reply);
        self.0.writer.send(job).await?;
        let left = answer.await.map_err(|_| self.0.writer.gone())??;
        Ok(left.into_iter().map(Day::start).collect())
    }

    /// What of a stretch, read completely but for the recorded gaps, and of what was said to be imported completely
    /// ([`cover`](Self::cover)) is stored completely: without open gaps, and without days that were removed. In order, and none touches the next.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn coverage(&self, read: Option<Stretch>) -> Result<Vec<Stretch>, Error> {
        let index = &self.0.shared.index;
        let said = index.covered()?;
        let open = index.gaps()?.into_iter().filter(|gap| gap.filled.is_none());
        let gaps = open.map(|gap| Stretch {
            from: gap.from,
            to: gap.to,
        });
        let missing: Vec<Stretch> = gaps.chain(self.removed()?).collect();
        let known = Stretch::united(said.into_iter().chain(read)).into_iter();
        Ok(known
            .flat_map(|one| one.without(missing.iter().copied()))
            .collect())
    }

    /// The days that were removed because they were old or too much.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn removed(&self) -> Result<Vec<Stretch>, Error> {
        let days = self.0.shared.index.removed()?.into_keys();
        let stretch = |day: Day| Stretch {
            from: day.start(),
            to: Day(day.0.saturating_add(1)).start(),
        };
        Ok(days.map(stretch).collect())
    }

    /// The uuids of the stored events that were published in a stretch.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn uuids_within(&self, stretch: Stretch) -> Result<HashSet<EventUuid>, Error> {
        let shared = &self.0.shared;
        let (from_ms, to_ms) = (block::millis(stretch.from), block::millis(stretch.to));
        let mut uuids = HashSet::new();
        let (first, last) = (Day::of_ms(from_ms), Day::of_ms(to_ms));
        for (day, _) in shared.summaries().range(first..=last) {
            let Some(file) = shared.stored(*day) else {
                continue;
            };
            let found = shared.uuids_between(&file, from_ms, to_ms);
            uuids.extend(file.unless_gone(found)?.into_iter().flatten());
        }
        Ok(uuids)
    }

    pub(super) async fn bind(&self, org: OrgId) -> Result<(), Error> {
        self.ask(|reply| Job::Bind(org, reply)).await
    }

    async fn ask(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<(), Error>>) -> Job,
    ) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.0.writer.send(job(reply)).await?;
        answer.await.map_err(|_| self.0.writer.gone())?
    }

    /// A window of the log; `now` is what ages in the filter are counted from. Rows are in order of (published, arrival).
    ///
    /// # Errors
    /// For a filter that makes no sense, or when the disk fails.
    pub fn window(&self, query: &EventQuery, now: Timestamp) -> Result<EventRows, QueryError> {
        self.window_within(query, now, &Leash::default())
    }

    /// As [`window`](Self::window), as far as the leash reaches. When it ends the search before the window is full,
    /// [`EventRows::searched`] says from where to go on.
    ///
    /// # Errors
    /// As [`window`](Self::window).
    pub fn window_within(
        &self,
        query: &EventQuery,
        now: Timestamp,
        leash: &Leash,
    ) -> Result<EventRows, QueryError> {
        window::window(&self.0.shared, query, now, leash)
    }

    /// Gives every event that passes `filter` and was published within `bounds`, the oldest first, until `take` wants no more: what it did
    /// and to whom, without its actor and all the rest. `now` is what ages in the filter are counted from. Every day is looked up once,
    /// where a list of windows looks it up for each.
    ///
    /// # Errors
    /// As [`window`](Self::window).
    pub fn outlines(
        &self,
        filter: &str,
        bounds: Bounds,
        now: Timestamp,
        take: impl FnMut(EventRow) -> bool,
    ) -> Result<(), QueryError> {
        stream::outlines(&self.0.shared, (filter, bounds), now, take)
    }

    /// How many events that pass a filter fall into each bar; `now` is what ages in the filter are counted from. When the leash ends the
    /// count, [`Histogram::next`] says from where to go on.
    ///
    /// # Errors
    /// As [`window`](Self::window).
    pub fn histogram(
        &self,
        query: &HistogramQuery,
        now: Timestamp,
        leash: &Leash,
    ) -> Result<Histogram, QueryError> {
        tally::count(&self.0.shared, query, now, leash)
    }

    /// One event with its JSON; `None` when it is not stored.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn event(&self, key: EventKey) -> Result<Option<EventRow>, Error> {
        match key {
            EventKey::Pos(pos) => self.event_at(pos),
            EventKey::Uuid(uuid) => self.event_of(uuid),
        }
    }

    fn event_at(&self, pos: EventPos) -> Result<Option<EventRow>, Error> {
        let shared = &self.0.shared;
        let day = Day::of_ms(pos.published_ms);
        let Some(file) = shared.stored(day) else {
            return Ok(None);
        };
        let row = file.unless_gone(shared.row(&file, pos.seq))?.flatten();
        Ok(row.filter(|row| row.pos == pos))
    }

    fn event_of(&self, uuid: EventUuid) -> Result<Option<EventRow>, Error> {
        match self.place_of(uuid)? {
            Some(place) => self.event_at(place),
            None => Ok(None),
        }
    }

    /// Where the event with this uuid stands, which tells when it was published; `None` when it is not stored.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn place_of(&self, uuid: EventUuid) -> Result<Option<EventPos>, Error> {
        let shared = &self.0.shared;
        let mark = Seen::mark_of(uuid);
        let mut days: Vec<Day> = shared.summaries().into_keys().collect();
        // Newest first, and before all others the day that the uuid tells, if it does.
        days.sort_by_key(|day| (Some(*day) == told_by(uuid), *day));
        for day in days.into_iter().rev() {
            let Some(file) = shared.stored(day) else {
                continue;
            };
            let found = shared.find(&file, uuid, mark);
            if let Some(place) = file.unless_gone(found)?.flatten() {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Every stored uuid, in no order that means anything.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn uuids(&self) -> Result<Vec<EventUuid>, Error> {
        let shared = &self.0.shared;
        let mut uuids = Vec::new();
        for day in shared.summaries().into_keys() {
            if let Some(file) = shared.stored(day) {
                let of_day = file.unless_gone(file.uuids())?;
                uuids.extend(of_day.into_iter().flatten());
            }
        }
        Ok(uuids)
    }

    /// How much is stored.
    pub fn summary(&self) -> LogSummary {
        let known = self.0.shared.known();
        let time = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        LogSummary {
            events: known.days.values().map(|day| day.events).sum(),
            oldest: time(known.days.values().map(|day| day.min_ms).min()),
            newest: time(known.days.values().map(|day| day.max_ms).max()),
            duplicates: known.counters.duplicates,
            conflicts: known.counters.conflicts,
            days: known.days.len() as u64,
        }
    }

    /// The value remembered under a name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn mark(&self, name: &str) -> Result<Option<String>, Error> {
        self.0.shared.index.mark(name)
    }

    /// The gaps, in the order in which they were recorded; those that were filled are among them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn gaps(&self) -> Result<Vec<Gap>, Error> {
        self.0.shared.index.gaps()
    }

    /// Opens one of the log's files once more, so that it is sealed as it should be. A day that holds nothing is left until it does.
    pub(super) fn renew(&self, path: &Path) -> Result<(), Error> {
        let shared = &self.0.shared;
        let name = path.file_name().and_then(OsStr::to_str);
        let Some(day) = name.and_then(Day::of_file) else {
            return shared.index.file.renew();
        };
        let Some(file) = shared.stored(day) else {
            shared.days.settle(path);
            return Ok(());
        };
        file.unless_gone(file.renew()).map(drop)
    }

    pub(super) fn org(&self) -> Result<Option<OrgId>, Error> {
        self.0.shared.index.org()
    }

    /// After a clean end the index is right about every day, and the next start need not look.
    pub(super) fn close(&self) -> Result<(), Error> {
        self.0.writer.stop();
        let shared = &self.0.shared;
        let settled = shared.settle();
        let days = shared.days.close();
        settled.and(days).and(shared.index.file.close())
    }
}

/// Records days whose damaged file was put aside by a process that was cut off before it could say so.
fn record_lost_days(index: &Index, names: &[String]) -> Result<(), Error> {
    let new_gaps = rebuild::unrecorded(names, &index.gaps()?);
    if new_gaps.is_empty() {
        return Ok(());
    }
    index.write_below_floor(&IndexWrite {
        new_gaps,
        ..IndexWrite::default()
    })
}

/// Removes the files of days that leave, and notes that they are gone.
fn remove_leaving(index: &Index, days: &Days) -> Result<(), Error> {
    let removed = index.removed()?;
    let leaving: Vec<Day> = removed
        .into_iter()
        .filter(|(_, leaves)| *leaves)
        .map(|(day, _)| day)
        .collect();
    if leaving.is_empty() {
        return Ok(());
    }
    for day in &leaving {
        days.remove(*day)?;
    }
    index.write_below_floor(&IndexWrite {
        gone: leaving,
        ..IndexWrite::default()
    })
}

/// The day on which an event happened, when its uuid is made of time as Okta's are (version 1: 100 ns since 1582).
fn told_by(uuid: EventUuid) -> Option<Day> {
    let number = |from: usize, to: usize| {
        let bytes = uuid.0[from..to].iter();
        bytes.fold(0i64, |number, byte| number << 8 | i64::from(*byte))
    };
    let version = uuid.0[6] >> 4;
    let ticks = (number(6, 8) & 0xfff) << 48 | number(4, 6) << 32 | number(0, 4);
    (version == 1).then(|| Day::of_ms(ticks / 10_000 - 12_219_292_800_000))
}

/// What is stored, by the index, and by the day files where the index may be behind.
fn take_stock(index: &Index, days: &Days) -> Result<Known, Error> {
    remove_leaving(index, days)?;
    let mut entries = index.days()?;
    let on_disk = days.on_disk()?;
    entries.retain(|day, _| on_disk.contains(day));
    let mut known = Known {
        counters: index.counters()?,
        ..Known::default()
    };
    for day in on_disk {
        let entry = entries.get(&day).filter(|entry| !entry.writing);
        let summary = match entry {
            Some(entry) => entry.summary,
            None => DaySummary::of(&days.file(day).blocks()?),
        };
        known.days.extend(summary.map(|summary| (day, summary)));
    }
    known.writing = entries
        .into_iter()
        .filter(|(_, entry)| entry.writing)
        .map(|(day, _)| day)
        .collect();
    Ok(known)
}

/// When the day of that file began and ended; `None` when it is not the name of a day's file.
pub(super) fn bounds_of(name: &str) -> Option<(Timestamp, Timestamp)> {
    let start = i64::from(Day::of_file(name)?.0) * 86_400;
    let at = |secs| Timestamp::from_second(secs).ok();
    Some((at(start)?, at(start + 86_400)?))
}

impl Shared {
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn summaries(&self) -> BTreeMap<Day, DaySummary> {
        self.known().days.clone()
    }

    /// The file of a day, for a reader; `None` when the day is not stored (any more), so that no reader makes a file.
    fn stored(&self, day: Day) -> Option<Arc<DayFile>> {
        // The file first: one that is in hand while the day is still known is the file of a stored day, or is told as gone.
        let file = self.days.file(day);
        self.known().days.contains_key(&day).then_some(file)
    }

    /// Where the event of a day with this uuid stands, whose mark is given.
    fn find(&self, file: &DayFile, uuid: EventUuid, mark: u32) -> Result<Option<EventPos>, Error> {
        let (numbers, marked) = file.with_mark(mark)?;
        for number in numbers {
            if let Some((block, index)) = self.block_of(file, number)?
                && block.uuids().get(index) == Some(&uuid)
            {
                return Ok(Some(EventPos {
                    published_ms: block.published_ms(index),
                    seq: number,
                }));
            }
        }
        let blocks = file.blocks()?;
        for range in blocks.iter().filter(|range| range.end_seq() > marked) {
            let block = file.hot(range)?;
            if let Some(index) = block.uuids().iter().position(|other| *other == uuid) {
                return Ok(Some(scan::position(&block, range, index)));
            }
        }
        Ok(None)
    }

    /// The uuids of a day's events that were published from one millisecond to before another.
    fn uuids_between(
        &self,
        file: &DayFile,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<EventUuid>, Error> {
        let mut uuids = Vec::new();
        for range in file.blocks()?.iter() {
            if range.max_ms < from_ms || range.min_ms >= to_ms {
                continue;
            }
            let block = self.blocks.get(file, range)?;
            let published = |index: &usize| (from_ms..to_ms).contains(&block.published_ms(*index));
            let within = (0..block.len()).filter(published);
            uuids.extend(within.map(|index| block.uuids()[index]));
        }
        Ok(uuids)
    }

    fn total(&self) -> u64 {
        self.known().days.values().map(|day| day.events).sum()
    }

    /// The block of an event by its number in its day, and its place in the block.
    fn block_of(&self, file: &DayFile, seq: u64) -> Result<Option<(Arc<HotBlock>, usize)>, Error> {
        let Some(range) = file.range_of(seq)? else {
            return Ok(None);
        };
        let block = self.blocks.get(file, &range)?;
        Ok(Some((block, range.index_of(seq))))
    }

    fn row(&self, file: &DayFile, seq: u64) -> Result<Option<EventRow>, Error> {
        let Some(range) = file.range_of(seq)? else {
            return Ok(None);
        };
        let index = range.index_of(seq);
        let block = self.blocks.get(file, &range)?;
        if index >= block.len() {
            return Ok(None);
        }
        Ok(Some(EventRow {
            pos: scan::position(&block, &range, index),
            event: block.event(index),
            raw: file.cold(&range)?.get(index).cloned(),
        }))
    }

    /// Notes in the index that a day is written to, once.
    fn note_writing(&self, day: Day) -> Result<(), Error> {
        let known = self.known();
        if known.writing.contains(&day) {
            return Ok(());
        }
        let summary = known.days.get(&day).copied();
        drop(known);
        self.index.write(&IndexWrite {
            days: vec![(
                day,
                DayEntry {
                    summary,
                    writing: true,
                },
            )],
            ..IndexWrite::default()
        })?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.writing.push(day);
        Ok(())
    }

    /// Makes visible what was committed.
    fn publish(&self, days: &[(Day, DayEntry)], counters: Counters, news: bool) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let summaries = days
            .iter()
            .filter_map(|(day, entry)| Some((*day, entry.summary?)));
        known.days.extend(summaries);
        let rests = |day: &Day| {
            days.iter()
                .any(|(other, entry)| other == day && !entry.writing)
        };
        known.writing.retain(|day| !rests(day));
        known.counters = counters;
        drop(known);
        if news {
            self.revisions
                .send_modify(|revisions| revisions.events += 1);
        }
    }

    /// Notes that days leave, and shows them no more.
    fn begin_leaving(&self, leaving: &[Day]) -> Result<(), Error> {
        self.index.write_below_floor(&IndexWrite {
            leaving: leaving.to_vec(),
            ..IndexWrite::default()
        })?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.days.retain(|day, _| !leaving.contains(day));
        known.writing.retain(|day| !leaving.contains(day));
        drop(known);
        self.revisions
            .send_modify(|revisions| revisions.events += 1);
        Ok(())
    }

    /// Removes the files of days that leave.
    fn remove_leaving(&self) -> Result<(), Error> {
        remove_leaving(&self.index, &self.days)
    }

    /// Notes in the index that no day is written to.
    fn settle(&self) -> Result<(), Error> {
        let known = self.known();
        let entry = |day: &Day| DayEntry {
            summary: known.days.get(day).copied(),
            writing: false,
        };
        let days: Vec<_> = known.writing.iter().map(|day| (*day, entry(day))).collect();
        drop(known);
        if days.is_empty() {
            return Ok(());
        }
        // A full disk is no reason not to close in good order.
        self.index.write_below_floor(&IndexWrite {
            days,
            ..IndexWrite::default()
        })
    }
}

#[cfg(test)]
mod tests;
