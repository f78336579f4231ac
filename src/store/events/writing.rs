//! A day that is being written to: what it holds already, and what is to be committed next.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use super::Shared;
use super::block::{self, BLOCK, HotBlock, Kept};
use super::day::{BlockRange, Conflict, DayFile, DayWrite, NewBlock, PART, Sealed, mark_bytes};
use super::index::DayEntry;
use super::postings::{Gathered, SEGMENT};
use super::seen::Seen;
use crate::domain::log_event::LogEvent;
use crate::domain::text::RawJson;
use crate::store::error::{Error, Fault};

/// Blocks from which on their making is shared out: a thread costs as much as a block.
const SHARED_OUT: usize = 6;
/// Threads that make blocks at a time.
const MAX_MAKERS: usize = 4;
/// Events that searches go through themselves before postings are written for them while the log is followed.
const UNSEALED: u32 = 4_096;

/// A day that is being written to.
pub(super) struct Writing {
    pub(super) file: Arc<DayFile>,
    seen: Seen,
    /// Parts of the marks that are stored.
    parts: u64,
    /// The last block while it is not full, and what comes after it.
    partial: Vec<Kept>,
    partial_first: u64,
    /// The values of the last segment, as far as its blocks are full.
    gathered: Gathered,
    segment: u32,
    /// How many events of that segment have postings.
    sealed: u32,
    /// Whether anything is new since the last commit.
    pub(super) changed: bool,
    conflicts: Vec<Conflict>,
    /// The bodies of the block that was last compared with, and its first number: what comes again in other words comes in order.
    compared: Option<(u64, Vec<RawJson>)>,
}

/// An event that is stored under the uuid of one that came.
struct Known {
    number: u64,
    print: u64,
    /// Whether its body is the same, to the letter.
    is_same: bool,
}

/// What one event turned out to be.
pub(super) enum Fate {
    Stored,
    Duplicate,
    Conflict,
}

impl Writing {
    /// Reads what the day holds. Segments that lack postings, as those of an older file do, get them.
    pub(super) fn open(file: Arc<DayFile>) -> Result<Self, Error> {
        let blocks = file.blocks()?;
        let mut marks = file.marks()?;
        let parts = marks.len() as u64 / PART;
        let unmarked = marks.len() as u64;
        for block in blocks.iter().filter(|block| block.first_seq >= unmarked) {
            let uuids = file.hot(block)?;
            marks.extend(uuids.uuids().iter().map(|uuid| Seen::mark_of(*uuid)));
        }
        let last = blocks.last();
        let partial = match last {
            Some(last) if (last.count as usize) < BLOCK => read_block(&file, last)?,
            _ => Vec::new(),
        };
        let partial_first = last.map_or(0, BlockRange::end_seq) - partial.len() as u64;
        let full: Vec<BlockRange> = blocks
            .iter()
            .filter(|block| block.first_seq < partial_first)
            .copied()
            .collect();
        let segment = number_of(partial_first / SEGMENT);
        let sealed = file.sealed()?;
        for earlier in 0..segment {
            if sealed
                .get(&earlier)
                .is_none_or(|count| u64::from(*count) < SEGMENT)
            {
                let gathered = gather(&file, &full, earlier)?;
                file.commit(&DayWrite {
                    sealed: vec![seal(&gathered, earlier).map_err(|fault| file.fault(fault))?],
                    ..DayWrite::default()
                })?;
            }
        }
        Ok(Self {
            gathered: gather(&file, &full, segment)?,
            segment,
            sealed: sealed.get(&segment).copied().unwrap_or(0),
            seen: Seen::of(marks),
            parts,
            partial,
            partial_first,
            changed: false,
            conflicts: Vec::new(),
            compared: None,
            file,
        })
    }

    /// Takes an event in, unless it is there already.
    pub(super) fn add(
        &mut self,
        shared: &Shared,
        event: LogEvent,
        raw: RawJson,
        arrived_ms: i64,
    ) -> Result<Fate, Error> {
        let mark = Seen::mark_of(event.uuid);
        if let Some(known) = self.known(shared, mark, &event, &raw)? {
            if known.is_same || self.is_in_other_words(known.number, &raw) {
                return Ok(Fate::Duplicate);
            }
            self.changed = true;
            self.conflicts.push(Conflict {
                uuid: event.uuid,
                known_print: known.print,
                other_print: block::print_of(raw.as_unsafe_str()),
            });
            return Ok(Fate::Conflict);
        }
        self.changed = true;
        self.seen.push(mark);
        self.partial.push(Kept {
            event,
            raw,
            arrived_ms,
        });
        Ok(Fate::Stored)
    }

    /// The stored event with this uuid.
    fn known(
        &self,
        shared: &Shared,
        mark: u32,
        event: &LogEvent,
        raw: &RawJson,
    ) -> Result<Option<Known>, Error> {
        for number in self.seen.with_mark(mark) {
            if let Some(kept) = self.kept(number) {
                if kept.event.uuid == event.uuid {
                    return Ok(Some(Known {
                        number,
                        print: block::print_of(kept.raw.as_unsafe_str()),
                        is_same: kept.raw == *raw,
                    }));
                }
                continue;
            }
            let Some((block, index)) = shared.block_of(&self.file, number)? else {
                continue;
            };
            if block.uuids().get(index) == Some(&event.uuid) {
                let print = block.prints()[index];
                return Ok(Some(Known {
                    number,
                    print,
                    is_same: block::is_print_of(print, raw.as_unsafe_str()),
                }));
            }
        }
        Ok(None)
    }

    /// The event with this number, while it is in no full block.
    fn kept(&self, number: u64) -> Option<&Kept> {
        let at = number.checked_sub(self.partial_first)?;
        self.partial.get(usize::try_from(at).ok()?)
    }

    /// Whether the event with this number has the value of `raw`. Exports escape, lay out and sort JSON as they like, which makes no
    /// other event of it. What cannot be read counts as another: that must not keep what is new from being stored.
    fn is_in_other_words(&mut self, number: u64, raw: &RawJson) -> bool {
        if let Some(kept) = self.kept(number) {
            return block::means_same(&kept.raw, raw);
        }
        let Ok(Some(range)) = self.file.range_of(number) else {
            return false;
        };
        let bodies = match self.compared.take() {
            Some((first, bodies)) if first == range.first_seq => Ok(bodies),
            _ => self.file.cold(&range),
        };
        let bodies = bodies.unwrap_or_else(|error| {
            tracing::warn!(%error, "an event that came again cannot be compared with the first");
            Vec::new()
        });
        let stored = bodies.get(range.index_of(number));
        let is_same = stored.is_some_and(|stored| block::means_same(stored, raw));
        self.compared = Some((range.first_seq, bodies));
        is_same
    }

    /// Writes what is new. Segments that have become full get their postings, and so does the last one when there is `time` for it.
    pub(super) fn commit(&mut self, time: bool) -> Result<DayEntry, Error> {
        let write = self.prepare(time).map_err(|fault| self.file.fault(fault))?;
        let summary = self.file.commit(&write)?;
        self.changed = false;
        Ok(DayEntry {
            summary: Some(summary),
            writing: true,
        })
    }

    fn prepare(&mut self, time: bool) -> Result<DayWrite, Fault> {
        let blocks = make_blocks(self.partial_first, &self.partial)?;
        let mut sealed = Vec::new();
        for full in blocks.iter().filter(|new| new.block.len() == BLOCK) {
            self.gathered.take_in(&full.block);
            if u64::from(self.gathered.count()) == SEGMENT {
                sealed.push(seal(&self.gathered, self.segment)?);
                self.gathered = Gathered::default();
                self.segment += 1;
                self.sealed = 0;
            }
        }
        // So that a segment is written anew only when it has grown by half.
        let unsealed = self.gathered.count() - self.sealed.min(self.gathered.count());
        if time && unsealed >= UNSEALED.max(self.sealed / 2) {
            sealed.push(seal(&self.gathered, self.segment)?);
            self.sealed = self.gathered.count();
        }
        let full = self.partial.len() / BLOCK * BLOCK;
        self.partial.drain(..full);
        self.partial_first += full as u64;
        Ok(DayWrite {
            blocks,
            conflicts: std::mem::take(&mut self.conflicts),
            marks: self.new_parts(),
            sealed,
        })
    }

    fn new_parts(&mut self) -> Vec<(u64, Vec<u8>)> {
        let length = usize::try_from(PART).unwrap_or(usize::MAX);
        let parts = (0..).zip(self.seen.marks().chunks_exact(length));
        let new = parts.filter(|(part, _)| *part >= self.parts);
        let new: Vec<_> = new.map(|(part, marks)| (part, mark_bytes(marks))).collect();
        self.parts += new.len() as u64;
        new
    }

    /// Gives postings to whatever has none, before the day is let go. What is missing is found all the same, only later.
    pub(super) fn seal_rest(mut self) -> Result<(), Error> {
        let events = self.gathered.count() + number_of(self.partial.len() as u64);
        if self.changed || events <= self.sealed + number_of(BLOCK as u64) {
            return Ok(());
        }
        let sealed = HotBlock::of(&self.partial).and_then(|block| {
            self.gathered.take_in(&block);
            seal(&self.gathered, self.segment)
        });
        self.file.commit(&DayWrite {
            sealed: vec![sealed.map_err(|fault| self.file.fault(fault))?],
            ..DayWrite::default()
        })?;
        Ok(())
    }
}

/// Numbers of segments, and of events in one.
fn number_of(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn seal(gathered: &Gathered, segment: u32) -> Result<Sealed, Fault> {
    Ok(Sealed {
        segment,
        count: gathered.count(),
        rows: gathered.rows(segment)?,
    })
}

/// The values of a segment, from its stored blocks.
fn gather(file: &DayFile, full: &[BlockRange], segment: u32) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    let of_segment = |block: &&BlockRange| block.first_seq / SEGMENT == u64::from(segment);
    for block in full.iter().filter(of_segment) {
        gathered.take_in(&file.hot(block)?);
    }
    Ok(gathered)
}

/// Makes blocks of events, on several threads when there are many.
fn make_blocks(first_seq: u64, events: &[Kept]) -> Result<Vec<NewBlock>, Fault> {
    let chunks: Vec<(u64, &[Kept])> = (first_seq..)
        .step_by(BLOCK)
        .zip(events.chunks(BLOCK))
        .collect();
    let make = |chunks: &[(u64, &[Kept])]| -> Result<Vec<NewBlock>, Fault> {
        let blocks = chunks.iter();
        blocks
            .map(|(first, events)| NewBlock::of(*first, events))
            .collect()
    };
    let makers = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_MAKERS);
    if chunks.len() < SHARED_OUT || makers == 1 {
        return make(&chunks);
    }
    let shares = chunks.chunks(chunks.len().div_ceil(makers));
    let made: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = shares.map(|share| scope.spawn(|| make(share))).collect();
        threads
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect()
    });
    let mut blocks = Vec::with_capacity(chunks.len());
    for share in made {
        blocks.extend(share.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
    }
    Ok(blocks)
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
        })
        .collect())
}
