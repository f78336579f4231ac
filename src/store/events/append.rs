//! The writer's side of the log: which of the delivered events are new, into which day and block they go, and what is committed when.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::block;
use super::day::Day;
use super::index::{Counters, DayEntry, IndexWrite};
use super::retention::{self, Keep, Stored};
use super::writing::{Fate, Writing};
use super::{Appended, EventBatch, Shared};
use crate::domain::id::OrgId;
use crate::domain::log_event::LogEvent;
use crate::domain::resource::{Gap, Stretch};
use crate::domain::text::RawJson;
use crate::store::error::Error;

/// Days whose uuids and values are kept in memory: today's, yesterday's late ones, and that of a backfill.
const DAYS_IN_MEMORY: usize = 3;
/// Events in one round that say that the log is not only being followed: others are waiting, so postings must.
const MANY: u64 = 4_000;

/// What the writer thread is asked to do.
pub(super) enum Job {
    Append(EventBatch, oneshot::Sender<Result<Appended, Error>>),
    AddGap(Gap, oneshot::Sender<Result<(), Error>>),
    FillGap(Gap, Timestamp, oneshot::Sender<Result<(), Error>>),
    Cover(Stretch, Timestamp, oneshot::Sender<Result<(), Error>>),
    Bind(OrgId, oneshot::Sender<Result<(), Error>>),
    /// Hold the days for somebody.
    Hold(String, Vec<Day>, oneshot::Sender<Result<(), Error>>),
    LetGo(String, oneshot::Sender<Result<(), Error>>),
    /// Remove what is not kept.
    Retain(Keep, Day, oneshot::Sender<Result<Vec<Day>, Error>>),
}

/// Whom to answer.
enum Reply {
    Append(Appended, oneshot::Sender<Result<Appended, Error>>),
    Done(oneshot::Sender<Result<(), Error>>),
}

impl Reply {
    /// Whoever asked may have gone; what they asked for is done all the same.
    fn send(self, outcome: &Result<(), Error>) {
        match self {
            Self::Append(appended, reply) => {
                drop(reply.send(outcome.clone().map(|()| appended)));
            }
            Self::Done(reply) => drop(reply.send(outcome.clone())),
        }
    }
}

/// The state of the writer thread.
pub(super) struct Appender {
    shared: Arc<Shared>,
    writing: HashMap<Day, Writing>,
    /// The days in `writing`, the last used first.
    recent: Vec<Day>,
    /// Days that are durable and that the index does not know of yet.
    committed: BTreeMap<Day, DayEntry>,
    counters: Counters,
    /// Days that a process which was cut off may have left without postings.
    unsealed: Vec<Day>,
}

impl Appender {
    pub(super) fn new(shared: Arc<Shared>, counters: Counters) -> Self {
        let unsealed = shared.known().writing.clone();
        Self {
            unsealed,
            shared,
            writing: HashMap::new(),
            recent: Vec::new(),
            committed: BTreeMap::new(),
            counters,
        }
    }

    /// One round: all jobs that were waiting. Days first, the index after them, answers last.
    pub(super) fn work(&mut self, jobs: Vec<Job>) {
        let mut write = IndexWrite::default();
        let mut replies = Vec::new();
        let mut pages = Vec::new();
        let mut retain = Vec::new();
        for job in jobs {
            match job {
                Job::Append(batch, reply) => {
                    write.marks.extend(batch.marks);
                    pages.push((batch.events, batch.at));
                    replies.push(Reply::Append(Appended::default(), reply));
                }
                Job::AddGap(gap, reply) => {
                    write.new_gaps.push(gap);
                    replies.push(Reply::Done(reply));
                }
                Job::FillGap(gap, at, reply) => {
                    write.filled_gaps.push((gap, at));
                    replies.push(Reply::Done(reply));
                }
                Job::Cover(stretch, at, reply) => {
                    write.covered.push((stretch, at));
                    replies.push(Reply::Done(reply));
                }
                Job::Hold(holder, days, reply) => {
                    let held = days.into_iter().map(|day| (holder.clone(), day));
                    write.held.extend(held);
                    replies.push(Reply::Done(reply));
                }
                Job::LetGo(holder, reply) => {
                    write.held.retain(|(other, _)| *other != holder);
                    write.let_go.push(holder);
                    replies.push(Reply::Done(reply));
                }
                Job::Retain(keep, today, reply) => retain.push((keep, today, reply)),
                Job::Bind(org, reply) => {
                    write.org = Some(org);
                    replies.push(Reply::Done(reply));
                }
            }
        }
        let outcome = self.take_in(pages, write, &mut replies);
        if outcome.is_err() {
            // What was not committed is not in memory either: the days are read again when they are next written to.
            self.writing.clear();
            self.recent.clear();
            self.counters = self.shared.known().counters;
        }
        let is_quiet = outcome.is_ok() && replies.len() < 2;
        for reply in replies {
            reply.send(&outcome);
        }
        // After what came before it is durable: whoever has just taken hold of a day holds it.
        for (keep, today, reply) in retain {
            drop(reply.send(self.retain(keep, today)));
        }
        if is_quiet {
            self.seal_one();
        }
    }

    fn take_in(
        &mut self,
        pages: Vec<(Vec<(LogEvent, RawJson)>, Timestamp)>,
        mut write: IndexWrite,
        replies: &mut [Reply],
    ) -> Result<(), Error> {
        let counts = replies.iter_mut().filter_map(|reply| match reply {
            Reply::Append(appended, _) => Some(appended),
            Reply::Done(_) => None,
        });
        let mut stored = 0;
        for ((events, at), appended) in pages.into_iter().zip(counts) {
            for (event, raw) in events {
                match self.add(event, raw, at)? {
                    Fate::Stored => appended.stored += 1,
                    Fate::Duplicate => appended.duplicates += 1,
                    Fate::Conflict => {
                        appended.duplicates += 1;
                        appended.conflicts += 1;
                    }
                }
            }
            stored += appended.stored;
            self.counters.duplicates += appended.duplicates;
            self.counters.conflicts += appended.conflicts;
        }
        let brings_events = !replies.iter().all(|reply| matches!(reply, Reply::Done(_)));
        self.commit_days(stored < MANY)?;
        write.days = self.committed.clone().into_iter().collect();
        write.counters = Some(self.counters);
        if brings_events {
            self.shared.index.write(&write)?;
        } else {
            // A few bytes of what is true of the log, however full the disk is: to let go of a day may be what makes room.
            self.shared.index.write_below_floor(&write)?;
        }
        self.committed.clear();
        self.shared.publish(&write.days, self.counters, stored > 0);
        self.let_go();
        Ok(())
    }

    fn retain(&mut self, keep: Keep, today: Day) -> Result<Vec<Day>, Error> {
        let days = self.shared.summaries().into_keys();
        let stored: Vec<Stored> = days
            .map(|day| Stored {
                day,
                bytes: self.shared.days.file(day).bytes(),
            })
            .collect();
        let held = self.shared.index.held()?;
        let leaving = retention::leaving(&stored, &held, keep, today);
        if leaving.is_empty() {
            return Ok(leaving);
        }
        for day in &leaving {
            self.writing.remove(day);
            self.recent.retain(|other| other != day);
            self.unsealed.retain(|other| other != day);
            self.committed.remove(day);
        }
        self.shared.begin_leaving(&leaving)?;
        self.shared.remove_leaving()?;
        Ok(leaving)
    }

    /// Seals one of the days that a process left which was cut off, when there is time for it.
    fn seal_one(&mut self) {
        let Some(day) = self.unsealed.pop() else {
            return;
        };
        if !self.writing.contains_key(&day) {
            let sealed = Writing::open(self.shared.days.file(day)).and_then(Writing::seal_rest);
            // Without postings the day is searched as it is.
            if let Err(error) = sealed {
                tracing::warn!(%error, "a day of the log got no postings");
            }
        }
    }

    fn add(&mut self, event: LogEvent, raw: RawJson, at: Timestamp) -> Result<Fate, Error> {
        let day = Day::of_ms(block::millis(event.published));
        let shared = Arc::clone(&self.shared);
        self.day(day)?.add(&shared, event, raw, block::millis(at))
    }

    fn day(&mut self, day: Day) -> Result<&mut Writing, Error> {
        if !self.writing.contains_key(&day) {
            self.shared.note_writing(day)?;
            if let Some(entry) = self.committed.get_mut(&day) {
                entry.writing = true;
            }
            let writing = Writing::open(self.shared.days.file(day))?;
            self.unsealed.retain(|other| *other != day);
            self.writing.insert(day, writing);
        }
        if self.recent.first() != Some(&day) {
            self.recent.retain(|other| *other != day);
            self.recent.insert(0, day);
        }
        Ok(self.writing.get_mut(&day).expect("it was put there above"))
    }

    fn commit_days(&mut self, time: bool) -> Result<(), Error> {
        for (day, writing) in &mut self.writing {
            if writing.changed {
                // The file may have been closed since, for others that were used later.
                self.shared.days.file(*day);
                self.committed.insert(*day, writing.commit(time)?);
            }
        }
        Ok(())
    }

    /// Lets go of days that were not written to lately, with their postings. The index learns with the next commit that nobody
    /// writes to them, so that a start after a crash has few days to count.
    fn let_go(&mut self) {
        for day in self.recent.split_off(self.recent.len().min(DAYS_IN_MEMORY)) {
            if let Some(writing) = self.writing.remove(&day)
                && self.sealed(writing)
            {
                let summary = self.shared.known().days.get(&day).copied();
                let writing = false;
                self.committed.insert(day, DayEntry { summary, writing });
            }
        }
    }

    fn sealed(&self, writing: Writing) -> bool {
        self.shared.days.file(writing.file.day);
        let sealed = writing.seal_rest();
        if let Err(error) = &sealed {
            tracing::warn!(%error, "a day of the log got no postings");
        }
        sealed.is_ok()
    }
}

impl Drop for Appender {
    /// After the last job.
    fn drop(&mut self) {
        for (_, writing) in std::mem::take(&mut self.writing) {
            self.sealed(writing);
        }
    }
}
