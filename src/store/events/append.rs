//! The writer's side of the log: which of the delivered events are new, into which day and block they go, and what is committed when.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::block::{self, BLOCK, Kept};
use super::day::{BlockRange, Conflict, Day, DayFile, NewBlock};
use super::index::{Counters, DayEntry, IndexWrite};
use super::{Appended, EventBatch, Shared};
use crate::domain::id::{EventUuid, OrgId};
use crate::domain::log_event::LogEvent;
use crate::domain::resource::Gap;
use crate::domain::text::RawJson;
use crate::store::codec;
use crate::store::error::Error;

/// Days whose uuids are kept in memory: today's, yesterday's late ones, and that of a backfill.
const DAYS_IN_MEMORY: usize = 3;

/// What the writer thread is asked to do.
pub(super) enum Job {
    Append(EventBatch, oneshot::Sender<Result<Appended, Error>>),
    AddGap(Gap, oneshot::Sender<Result<(), Error>>),
    FillGap(Timestamp, Timestamp, oneshot::Sender<Result<(), Error>>),
    Bind(OrgId, oneshot::Sender<Result<(), Error>>),
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

/// A day that is being written to.
struct Writing {
    file: Arc<DayFile>,
    /// Every stored uuid, with the fingerprint of its body.
    seen: HashMap<EventUuid, u64>,
    /// The last block while it is not full, or what comes after it.
    partial: Vec<Kept>,
    partial_first: u64,
    /// Whether anything is new since the last commit.
    changed: bool,
    conflicts: Vec<Conflict>,
}

/// What one event turned out to be.
enum Fate {
    Stored,
    Duplicate,
    Conflict,
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
}

impl Appender {
    pub(super) fn new(shared: Arc<Shared>, counters: Counters) -> Self {
        Self {
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
                Job::FillGap(from, at, reply) => {
                    write.filled_gaps.push((from, at));
                    replies.push(Reply::Done(reply));
                }
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
        for reply in replies {
            reply.send(&outcome);
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
        self.commit_days()?;
        write.days = self.committed.clone().into_iter().collect();
        write.counters = Some(self.counters);
        self.shared.index.write(&write)?;
        self.committed.clear();
        self.shared.publish(&write.days, self.counters, stored > 0);
        self.let_go();
        Ok(())
    }

    fn add(&mut self, event: LogEvent, raw: RawJson, at: Timestamp) -> Result<Fate, Error> {
        let day = Day::of_ms(block::millis(event.published));
        let print = codec::fingerprint(raw.as_unsafe_str());
        let writing = self.day(day)?;
        match writing.seen.get(&event.uuid) {
            Some(known) if *known == print => return Ok(Fate::Duplicate),
            Some(known) => {
                writing.conflicts.push(Conflict {
                    uuid: event.uuid,
                    known_print: *known,
                    other_print: print,
                });
                writing.changed = true;
                return Ok(Fate::Conflict);
            }
            None => {}
        }
        writing.seen.insert(event.uuid, print);
        writing.partial.push(Kept {
            event,
            raw,
            arrived_ms: block::millis(at),
            print,
        });
        writing.changed = true;
        Ok(Fate::Stored)
    }

    fn day(&mut self, day: Day) -> Result<&mut Writing, Error> {
        if !self.writing.contains_key(&day) {
            self.shared.note_writing(day)?;
            let writing = Writing::open(self.shared.days.file(day))?;
            self.writing.insert(day, writing);
        }
        if self.recent.first() != Some(&day) {
            self.recent.retain(|other| *other != day);
            self.recent.insert(0, day);
        }
        Ok(self.writing.get_mut(&day).expect("it was put there above"))
    }

    fn commit_days(&mut self) -> Result<(), Error> {
        for (day, writing) in &mut self.writing {
            if writing.changed {
                // The file may have been closed since, for others that were used later.
                self.shared.days.file(*day);
                self.committed.insert(*day, writing.commit()?);
            }
        }
        Ok(())
    }

    /// Forgets the uuids of days that were not written to lately.
    fn let_go(&mut self) {
        self.recent.truncate(DAYS_IN_MEMORY);
        let recent = &self.recent;
        self.writing.retain(|day, _| recent.contains(day));
    }
}

impl Writing {
    fn open(file: Arc<DayFile>) -> Result<Self, Error> {
        let blocks = file.blocks()?;
        let mut seen = HashMap::new();
        for block in blocks.iter() {
            let hot = file.hot(block)?;
            seen.extend(
                hot.uuids()
                    .iter()
                    .copied()
                    .zip(hot.prints().iter().copied()),
            );
        }
        let last = blocks.last();
        let partial = match last {
            Some(last) if (last.count as usize) < BLOCK => read_block(&file, last)?,
            _ => Vec::new(),
        };
        let end = last.map_or(0, BlockRange::end_seq);
        Ok(Self {
            partial_first: end - partial.len() as u64,
            file,
            seen,
            partial,
            changed: false,
            conflicts: Vec::new(),
        })
    }

    fn commit(&mut self) -> Result<DayEntry, Error> {
        let firsts = (self.partial_first..).step_by(BLOCK);
        let new: Vec<NewBlock<'_>> = firsts
            .zip(self.partial.chunks(BLOCK))
            .map(|(first_seq, events)| NewBlock {
                range: BlockRange::of(first_seq, events),
                events,
            })
            .collect();
        let summary = self.file.commit(&new, &self.conflicts)?;
        let full = self.partial.len() / BLOCK * BLOCK;
        self.partial.drain(..full);
        self.partial_first += full as u64;
        self.conflicts.clear();
        self.changed = false;
        Ok(DayEntry {
            summary: Some(summary),
            writing: true,
        })
    }
}

fn read_block(file: &DayFile, block: &BlockRange) -> Result<Vec<Kept>, Error> {
    let hot = file.hot(block)?;
    let bodies = file.cold(block)?;
    let kept = bodies.into_iter().enumerate().take(hot.len());
    Ok(kept
        .map(|(index, raw)| Kept {
            event: hot.event(index),
            raw,
            arrived_ms: hot.arrived_ms(index),
            print: hot.prints()[index],
        })
        .collect())
}
