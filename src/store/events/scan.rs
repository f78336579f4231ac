//! Walking the stored events in order of (published, arrival), in either direction, reading as few blocks as possible.
//!
//! Events arrive nearly in order, a backfill in the opposite one, and some late; so blocks overlap in time. A walk merges them: it opens
//! a block only when its range of publication says that the next event may be in it, and passes over blocks and events that by
//! the postings of their day do not come into question.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::Shared;
use super::block::HotBlock;
use super::day::{BlockRange, Candidates, Day, DayFile, Life, overlaps};
use super::plan::Plan;
use crate::domain::query::EventPos;
use crate::store::error::Error;
use crate::store::leash::Leash;

/// Decoded blocks kept in memory, about 60 KiB each.
const CACHED_BLOCKS: usize = 96;
/// Threads that look into days.
const MOST_AT_ONCE: usize = 8;

/// Which way a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From old to new.
    Forward,
    /// From new to old.
    Backward,
}

/// The positions that a walk is about: `from` is in it, `to` is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: EventPos,
    pub(super) to: EventPos,
}

impl Range {
    pub(super) const ALL: Self = Self {
        from: EventPos {
            published_ms: i64::MIN,
            seq: 0,
        },
        to: EventPos {
            published_ms: i64::MAX,
            seq: u64::MAX,
        },
    };

    fn has(&self, pos: EventPos) -> bool {
        self.from <= pos && pos < self.to
    }

    fn overlaps(&self, min_ms: i64, max_ms: i64) -> bool {
        overlaps(min_ms, max_ms, self.from.published_ms, self.to.published_ms)
    }
}

/// An event that a walk came by.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) pos: EventPos,
    pub(super) file: Arc<DayFile>,
    pub(super) range: BlockRange,
    pub(super) block: Arc<HotBlock>,
    /// Its number of arrival in the block.
    pub(super) index: usize,
}

/// What a walk looks for.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) range: Range,
    pub(super) direction: Direction,
    /// When set, events that it excludes may be left out.
    pub(super) plan: Option<&'a Plan>,
    pub(super) leash: &'a Leash,
}

/// What a walk came to.
pub(super) enum Step {
    Found(Found),
    /// There is no more.
    End,
    /// The leash was pulled. Every event beyond this position, in the direction of coming, was passed.
    Stopped(EventPos),
}

/// The walk over a day; `None` when it was removed since the walk began.
type Entered<'a> = Result<Option<DayWalk<'a>>, Error>;

/// How many days are entered at once at most.
fn most_at_once() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    cores.clamp(1, MOST_AT_ONCE)
}

/// A walk over all days.
pub(super) struct Walk<'a> {
    shared: &'a Shared,
    course: Course<'a>,
    /// Days still to come, the next last.
    days: Vec<Day>,
    /// Of those that come before them: days that were entered already, the next last.
    entered: Vec<Entered<'a>>,
    /// How many days are entered at once.
    at_once: usize,
    current: Option<DayWalk<'a>>,
    /// Whether an event was given or a day is passed: a walk that is cut short comes that far, however short its time is, so that
    /// whoever goes on where it stopped comes to the end.
    advanced: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(shared: &'a Shared, course: Course<'a>) -> Self {
        let range = course.range;
        let mut days: Vec<Day> = shared
            .summaries()
            .iter()
            .filter(|(_, summary)| range.overlaps(summary.min_ms, summary.max_ms))
            .map(|(day, _)| *day)
            .collect();
        if course.direction == Direction::Forward {
            days.reverse();
        }
        Self {
            shared,
            course,
            days,
            entered: Vec::new(),
            at_once: 1,
            current: None,
            advanced: false,
        }
    }

    /// The next event of the range that comes into question.
    pub(super) fn next(&mut self) -> Result<Step, Error> {
        loop {
            if let Some(walk) = &mut self.current {
                let step = walk.next(self.shared, self.advanced);
                self.advanced = true;
                match walk.file.unless_gone(step)? {
                    Some(Step::End) | None => {}
                    Some(step) => return Ok(step),
                }
            }
            if self.entered.is_empty() {
                let Some(day) = self.days.last() else {
                    return Ok(Step::End);
                };
                if self.advanced && self.course.leash.is_over() {
                    return Ok(Step::Stopped(self.course.before_day(*day)));
                }
                self.entered = self.enter_next();
            }
            if let Some(entered) = self.entered.pop() {
                self.current = entered?;
            }
        }
    }

    /// Enters the next day, and from the second time on several at once: who finds little in the first days has to go through many, and
    /// opening a file and looking into its postings is all that most of them take.
    fn enter_next(&mut self) -> Vec<Entered<'a>> {
        let many = self.at_once.min(self.days.len());
        let next = self.days.split_off(self.days.len() - many);
        if self.course.plan.is_some() {
            self.at_once = (2 * self.at_once).min(most_at_once());
        }
        if let [day] = *next {
            return vec![self.enter(day)];
        }
        let walk = &*self;
        thread::scope(|scope| {
            let days = next.into_iter();
            let entering: Vec<_> = days
                .map(|day| {
                    let thread = thread::Builder::new();
                    let thread = thread.spawn_scoped(scope, move || walk.enter(day));
                    // Where there are no threads to be had, this one does it.
                    thread.map_err(|_| Box::new(walk.enter(day)))
                })
                .collect();
            let entered = entering.into_iter();
            entered
                .map(|entering| match entering {
                    Ok(thread) => thread.join().unwrap_or_else(|it| resume_unwind(it)),
                    Err(entered) => *entered,
                })
                .collect()
        })
    }

    /// Begins with a day.
    fn enter(&self, day: Day) -> Entered<'a> {
        let Some(file) = self.shared.stored(day) else {
            return Ok(None);
        };
        file.unless_gone(DayWalk::new(&file, self.course))
    }
}

impl Course<'_> {
    /// The position from which on a walk comes into `day`.
    fn before_day(&self, day: Day) -> EventPos {
        match self.direction {
            Direction::Backward => latest_in(day.end_ms() - 1),
            Direction::Forward => earliest_in(day.start_ms()),
        }
    }

    /// The position from which on a walk comes into a block.
    fn before_block(&self, block: &BlockRange) -> EventPos {
        match self.direction {
            Direction::Backward => latest_in(block.max_ms),
            Direction::Forward => earliest_in(block.min_ms),
        }
    }
}

fn latest_in(published_ms: i64) -> EventPos {
    EventPos {
        published_ms,
        seq: u64::MAX,
    }
}

fn earliest_in(published_ms: i64) -> EventPos {
    EventPos {
        published_ms,
        seq: 0,
    }
}

/// A walk over one day.
struct DayWalk<'a> {
    file: Arc<DayFile>,
    course: Course<'a>,
    /// Blocks still to be opened, the next last.
    blocks: Vec<BlockRange>,
    open: BinaryHeap<Head>,
    /// Which events come into question; all of them when nothing is known.
    candidates: Candidates,
}

/// The next event of an opened block.
struct Head {
    direction: Direction,
    found: Found,
    /// Its place in the block's order.
    place: usize,
}

impl Ord for Head {
    /// The greatest is the next.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_pos = self.found.pos.cmp(&other.found.pos);
        match self.direction {
            Direction::Backward => by_pos,
            Direction::Forward => by_pos.reverse(),
        }
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

impl<'a> DayWalk<'a> {
    fn new(file: &Arc<DayFile>, course: Course<'a>) -> Result<Self, Error> {
        // The blocks first: what is known of them is never newer than the candidates.
        let blocks = file.blocks()?;
        let candidates = match course.plan {
            Some(plan) => file.candidates(plan)?,
            None => Candidates::default(),
        };
        let wanted = |block: &&BlockRange| {
            course.range.overlaps(block.min_ms, block.max_ms) && !candidates.lacks(block)
        };
        let mut blocks: Vec<BlockRange> = blocks.iter().filter(wanted).copied().collect();
        match course.direction {
            Direction::Backward => blocks.sort_by_key(|block| block.max_ms),
            Direction::Forward => blocks.sort_by_key(|block| std::cmp::Reverse(block.min_ms)),
        }
        Ok(Self {
            file: Arc::clone(file),
            course,
            blocks,
            open: BinaryHeap::new(),
            candidates,
        })
    }

    fn next(&mut self, shared: &Shared, may_stop: bool) -> Result<Step, Error> {
        while self.must_open() {
            if may_stop
                && self.course.leash.is_over()
                && let Some(at) = self.stands_at()
            {
                return Ok(Step::Stopped(at));
            }
            self.open_next(shared)?;
        }
        let Some(head) = self.open.pop() else {
            return Ok(Step::End);
        };
        let found = head.found.clone();
        let next = self.step(head.place);
        self.push(head.found, next);
        Ok(Step::Found(found))
    }

    fn step(&self, place: usize) -> Option<usize> {
        match self.course.direction {
            Direction::Forward => Some(place + 1),
            Direction::Backward => place.checked_sub(1),
        }
    }

    /// The first position that was not passed.
    fn stands_at(&self) -> Option<EventPos> {
        let head = self.open.peek().map(|head| head.found.pos);
        let block = self.blocks.last();
        let block = block.map(|block| self.course.before_block(block));
        match self.course.direction {
            Direction::Backward => head.max(block),
            Direction::Forward => head.into_iter().chain(block).min(),
        }
    }

    /// Whether the next block may hold an event that comes before all those at hand.
    fn must_open(&self) -> bool {
        let Some(next) = self.blocks.last() else {
            return false;
        };
        self.open
            .peek()
            .is_none_or(|head| match self.course.direction {
                Direction::Backward => next.max_ms >= head.found.pos.published_ms,
                Direction::Forward => next.min_ms <= head.found.pos.published_ms,
            })
    }

    fn open_next(&mut self, shared: &Shared) -> Result<(), Error> {
        let Some(range) = self.blocks.pop() else {
            return Ok(());
        };
        let block = shared.blocks.get(&self.file, &range)?;
        let places = 0..block.len();
        let pos = |place: &usize| position(&block, &range, block.at_place(*place));
        // The order within a block is by publication, so the first place in the range is found by halving.
        let first = match self.course.direction {
            Direction::Forward => Some(partition(places.len(), |p| {
                pos(&p) < self.course.range.from
            })),
            Direction::Backward => {
                partition(places.len(), |p| pos(&p) < self.course.range.to).checked_sub(1)
            }
        };
        let found = Found {
            pos: self.course.range.from,
            file: Arc::clone(&self.file),
            range,
            block: Arc::clone(&block),
            index: 0,
        };
        self.push(found, first);
        Ok(())
    }

    /// Puts a block back with the next event from `place` on that comes into question as its head, unless the range ends before it.
    fn push(&mut self, mut found: Found, place: Option<usize>) {
        let known = self.candidates.of_block(&found.range);
        let mut place = place;
        while let Some(at) = place.filter(|place| *place < found.block.len()) {
            let index = found.block.at_place(at);
            let is_candidate = known.is_none_or(|(bits, first)| {
                u32::try_from(index).is_ok_and(|index| bits.has(first + index))
            });
            if is_candidate {
                found.index = index;
                found.pos = position(&found.block, &found.range, index);
                if self.course.range.has(found.pos) {
                    self.open.push(Head {
                        direction: self.course.direction,
                        found,
                        place: at,
                    });
                }
                return;
            }
            place = self.step(at);
        }
    }
}

/// How many of the first `count` places hold for `test`, which holds up to some place and from there on not.
fn partition(count: usize, test: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if test(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

pub(super) fn position(block: &HotBlock, range: &BlockRange, index: usize) -> EventPos {
    EventPos {
        published_ms: block.published_ms(index),
        seq: range.first_seq + index as u64,
    }
}

/// The blocks decoded last: a list that is followed reads the same few again and again.
#[derive(Default)]
pub(super) struct BlockCache(Mutex<Cached>);

#[derive(Default)]
struct Cached {
    /// By file and first number; the count tells an older state of a block that has grown.
    blocks: HashMap<(Life, u64), (u32, u64, Arc<HotBlock>)>,
    /// Counts uses, to tell which was used last.
    clock: u64,
}

impl BlockCache {
    /// How many blocks are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap().blocks.len()
    }

    pub(super) fn get(&self, file: &DayFile, range: &BlockRange) -> Result<Arc<HotBlock>, Error> {
        let key = (file.life, range.first_seq);
        if let Some(block) = self.known(key, range.count) {
            return Ok(block);
        }
        let block = Arc::new(file.hot(range)?);
        // A block that grew meanwhile is given as it is now; its later events are beyond what the caller knows of and sort in
        // as any others.
        let count = u32::try_from(block.len()).unwrap_or(u32::MAX);
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.clock += 1;
        let clock = cached.clock;
        cached
            .blocks
            .insert(key, (count, clock, Arc::clone(&block)));
        if cached.blocks.len() > CACHED_BLOCKS {
            let oldest = cached.blocks.iter().min_by_key(|(_, (_, used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                cached.blocks.remove(&oldest);
            }
        }
        Ok(block)
    }

    fn known(&self, key: (Life, u64), count: u32) -> Option<Arc<HotBlock>> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.clock += 1;
        let clock = cached.clock;
        let (_, used, block) = cached
            .blocks
            .get_mut(&key)
            .filter(|(known, _, _)| *known >= count)?;
        *used = clock;
        Some(Arc::clone(block))
    }
}
