//! The System Log's store: every event, in the order that the log had it and in the order that it happened.
//!
//! The two orders differ, because a few percent of the events reach the log seconds or minutes late; that is why polling
//! (by persistence) misses nothing and a bounded query (by `published`) may. Invariant: what is persisted comes after all
//! that was persisted before, so a polling cursor never skips anything.

pub mod book;
pub mod field;
pub mod filter;
pub mod keyword;
pub mod probe;
pub mod query;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::derive::Seed;
use super::event::Event;
use super::event::shape;
use super::event::tables::Tables;
use super::event::values;
use super::time::{DAY_MS, Millis};
use filter::Refusal;
use probe::Probe;
use query::{Query, Range};

/// How long events are kept.
pub const RETENTION_MS: i64 = 90 * DAY_MS;

/// The log.
#[derive(Debug)]
pub struct Log {
    tables: Tables,
    events: Vec<Event>,
    /// Positions in `events`, by persistence.
    by_persisted: Vec<u32>,
    /// Positions in `events` of those that are persisted, by `published`.
    by_published: Vec<u32>,
    /// Events still on their way, by when they arrive.
    on_the_way: BinaryHeap<Reverse<(i64, u32)>>,
}

/// One page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Positions of its events; [`Log::write`] makes their JSON.
    pub events: Vec<u32>,
    /// The cursor for `after` of the next page; `None` when this is the last.
    pub next: Option<String>,
}

impl Log {
    /// An empty log. `origin` is the org's address, `strange` as in [`Tables`].
    pub fn new(seed: Seed, origin: String, strange: bool) -> Self {
        Self {
            tables: Tables::new(seed, origin, strange),
            events: Vec::new(),
            by_persisted: Vec::new(),
            by_published: Vec::new(),
            on_the_way: BinaryHeap::new(),
        }
    }

    /// What events point at.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// What events point at, to be added to before an event that needs it.
    pub fn tables_mut(&mut self) -> &mut Tables {
        &mut self.tables
    }

    /// Takes an event in; it appears when `now` has reached its persistence (see [`Log::settle`]).
    pub fn append(&mut self, event: Event) {
        let at = self.position();
        self.on_the_way.push(Reverse((event.persisted_ms, at)));
        self.events.push(event);
    }

    /// Whether [`Log::settle`] has anything to do at `now`.
    pub fn is_due(&self, now: Millis) -> bool {
        self.on_the_way
            .peek()
            .is_some_and(|Reverse((due, _))| *due <= now.0)
    }

    /// Persists what has arrived by `now`.
    pub fn settle(&mut self, now: Millis) {
        let mut arrived = Vec::new();
        while let Some(&Reverse((due, at))) = self.on_the_way.peek()
            && due <= now.0
        {
            self.on_the_way.pop();
            arrived.push(at);
        }
        self.persist(arrived);
    }

    /// Takes in many events at once, persisting at once what has arrived by `now`.
    pub fn load(&mut self, mut events: Vec<Event>, now: Millis) {
        events.sort_by_key(|event| (event.published_ms, event.seed));
        let first = self.events.len();
        if self.events.is_empty() {
            // A long history is not copied.
            self.events = events;
        } else {
            self.events.extend(events);
        }
        let mut due = Vec::new();
        for at in first..self.events.len() {
            let at = u32::try_from(at).expect("a simulated log stays below 2^32 events");
            match self.event(at).persisted_ms {
                ms if ms <= now.0 => due.push(at),
                ms => self.on_the_way.push(Reverse((ms, at))),
            }
        }
        due.sort_unstable_by_key(|at| (self.event(*at).persisted_ms, *at));
        self.persist(due);
    }

    /// Puts events, earliest arrival first, at the end of what is persisted.
    fn persist(&mut self, arrived: Vec<u32>) {
        for &at in &arrived {
            // A clock that was set back must not put an event before what polls have passed already.
            let last = self.last_persisted_ms();
            let event = &mut self.events[at as usize];
            event.persisted_ms = event.persisted_ms.max(last);
            self.by_persisted.push(at);
        }
        self.publish(arrived);
    }

    /// Merges newly persisted events into the order of `published`, touching only the end of it that they belong into.
    fn publish(&mut self, mut arrived: Vec<u32>) {
        let events = &self.events;
        let key = |at: &u32| (events[*at as usize].published_ms, *at);
        arrived.sort_unstable_by_key(key);
        let Some(first) = arrived.first().map(key) else {
            return;
        };
        let from = self.by_published.partition_point(|at| key(at) < first);
        let mut tail = self.by_published.split_off(from);
        tail.extend(arrived);
        tail.sort_by_key(key);
        self.by_published.extend(tail);
    }

    fn last_persisted_ms(&self) -> i64 {
        self.by_persisted
            .last()
            .map_or(i64::MIN, |at| self.events[*at as usize].persisted_ms)
    }

    /// The position that the next event to be appended gets.
    fn position(&self) -> u32 {
        u32::try_from(self.events.len()).expect("a simulated log stays below 2^32 events")
    }

    /// How many events are persisted.
    pub fn len(&self) -> usize {
        self.by_persisted.len()
    }

    /// Whether nothing is persisted.
    pub fn is_empty(&self) -> bool {
        self.by_persisted.is_empty()
    }

    /// An event by its position.
    pub fn event(&self, at: u32) -> &Event {
        &self.events[at as usize]
    }

    /// Appends an event's JSON to `out`.
    pub fn write(&self, out: &mut String, at: u32) {
        shape::write(out, &self.tables, self.event(at));
    }

    /// Positions of the persisted events from `since` on, in the order of their persistence.
    pub fn persisted_since(&self, since: Millis) -> &[u32] {
        &self.by_persisted[self.persisted_before(since.0)..]
    }

    /// The page that answers `query` at `now`. A polling page begins with up to `repeat` events that were delivered
    /// before, which real polls sometimes do.
    ///
    /// # Errors
    /// A [`Refusal`] for a cursor that no page gave.
    pub fn page(&self, query: &Query, now: Millis, repeat: usize) -> Result<Page, Refusal> {
        let kept = now - RETENTION_MS;
        match query.range {
            Range::Polling { since } => self.poll(query, since.max(kept), repeat),
            Range::Bounded {
                since,
                until,
                descending,
            } => self.bounded(query, since.max(kept), until, descending),
        }
    }

    fn poll(&self, query: &Query, since: Millis, repeat: usize) -> Result<Page, Refusal> {
        let start = match &query.after {
            Some(cursor) => self
                .polling_position(cursor)?
                .max(self.persisted_before(since.0)),
            None => self.persisted_before(since.0),
        };
        let mut page = Vec::new();
        let mut next = start;
        if query.limit > 0 && query.after.is_some() {
            page.extend(self.repeated(query, start, repeat.min(query.limit - 1)));
        }
        while page.len() < query.limit && next < self.by_persisted.len() {
            let at = self.by_persisted[next];
            next += 1;
            if self.admits(query, at) {
                page.push(at);
            }
        }
        let unmoved = || {
            query
                .after
                .clone()
                .unwrap_or_else(|| format!("{}_0", since.0))
        };
        let cursor = if next == start {
            unmoved()
        } else {
            self.polling_cursor(next)
        };
        Ok(Page {
            events: page,
            next: Some(cursor),
        })
    }

    /// The last `count` events before position `start` that the query admits, oldest first.
    fn repeated(&self, query: &Query, start: usize, count: usize) -> Vec<u32> {
        let earlier = self.by_persisted[..start].iter().rev().copied();
        let mut repeated: Vec<u32> = earlier
            .filter(|at| self.admits(query, *at))
            .take(count)
            .collect();
        repeated.reverse();
        repeated
    }

    fn bounded(
        &self,
        query: &Query,
        since: Millis,
        until: Millis,
        descending: bool,
    ) -> Result<Page, Refusal> {
        let start = self.published_before(since.0);
        let end = self.published_before(until.0).max(start);
        let cursor = query.after.as_deref();
        let passed = cursor
            .map(|cursor| self.bounded_position(cursor))
            .transpose()?;
        let walk: Box<dyn Iterator<Item = u32>> = if descending {
            let end = passed.map_or(end, |passed| passed.clamp(start, end));
            Box::new(self.by_published[start..end].iter().rev().copied())
        } else {
            let start = passed.map_or(start, |passed| (passed + 1).clamp(start, end));
            Box::new(self.by_published[start..end].iter().copied())
        };
        let mut found = walk.filter(|at| self.admits(query, *at));
        let page: Vec<u32> = found.by_ref().take(query.limit).collect();
        let more = !page.is_empty() && found.next().is_some();
        let last = page.last().filter(|_| more);
        let next = last.map(|at| values::uuid(self.event(*at)));
        drop(found);
        Ok(Page { events: page, next })
    }

    fn admits(&self, query: &Query, at: u32) -> bool {
        let event = self.event(at);
        let filtered = query
            .filter
            .as_ref()
            .is_none_or(|filter| Probe::new(&self.tables, event).passes(filter));
        filtered && query.keywords.found_in(&self.tables, event)
    }

    fn persisted_before(&self, ms: i64) -> usize {
        self.by_persisted
            .partition_point(|at| self.event(*at).persisted_ms < ms)
    }

    fn published_before(&self, ms: i64) -> usize {
        self.by_published
            .partition_point(|at| self.event(*at).published_ms < ms)
    }

    /// `1627500044869_1`: the last event delivered is the first of those persisted in that millisecond.
    fn polling_cursor(&self, next: usize) -> String {
        let Some(last) = next
            .checked_sub(1)
            .map(|at| self.event(self.by_persisted[at]))
        else {
            return "0_0".to_owned();
        };
        let ms = last.persisted_ms;
        format!("{ms}_{}", next - self.persisted_before(ms))
    }

    fn polling_position(&self, cursor: &str) -> Result<usize, Refusal> {
        let read = cursor
            .split_once('_')
            .and_then(|(ms, count)| Some((ms.parse::<i64>().ok()?, count.parse::<usize>().ok()?)));
        let (ms, count) = read.ok_or_else(Refusal::cursor)?;
        let first = self.persisted_before(ms);
        let there = self.persisted_before(ms.saturating_add(1)) - first;
        if count > there {
            return Err(Refusal::cursor());
        }
        Ok(first + count)
    }

    /// The position in `by_published` of the event that a bounded page ended with.
    fn bounded_position(&self, cursor: &str) -> Result<usize, Refusal> {
        let ms = uuid_ms(cursor).ok_or_else(Refusal::cursor)?;
        let from = self.published_before(ms);
        let to = self.published_before(ms.saturating_add(1));
        let found = self.by_published[from..to]
            .iter()
            .position(|at| values::uuid(self.event(*at)) == cursor);
        found.map(|nth| from + nth).ok_or_else(Refusal::cursor)
    }
}

/// The milliseconds since 1970 in a version 1 uuid.
fn uuid_ms(uuid: &str) -> Option<i64> {
    let parts: Vec<&str> = uuid.split('-').collect();
    let [low, mid, high, ..] = parts.as_slice() else {
        return None;
    };
    let high = high.strip_prefix('1')?;
    if (low.len(), mid.len(), high.len()) != (8, 4, 3) {
        return None;
    }
    let ticks = i64::from_str_radix(&format!("{high}{mid}{low}"), 16).ok()?;
    Some((ticks - values::GREGORIAN_OFFSET).div_euclid(10_000))
}

#[cfg(test)]
mod tests;
