//! Answering a window of the log: walk to the rows wanted, then look a little further to say whether there are more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;

use super::Shared;
use super::block::millis;
use super::day::Day;
use super::parties::Wanted;
use super::scan::{Course, Direction, Found, Range, Walk};
use crate::domain::fields::EventFields;
use crate::domain::filter::Filter;
use crate::domain::query::{EventAnchor, EventPos, EventQuery, EventRow, EventRows};
use crate::domain::text::RawJson;
use crate::store::error::{Error, QueryError};

/// How many newer rows are counted.
const NEWER: usize = 1_000;
/// How many events are looked at to say whether there are more. When none passed among them, "there may be" is said.
const LOOK_AHEAD: usize = 50_000;

/// What a window is about.
struct Search<'a> {
    shared: &'a Shared,
    filter: Filter,
    now: Timestamp,
    range: Range,
    /// The objects that the events must be about, when the filter says so.
    about: Option<Wanted>,
}

/// What was found when looking for more.
struct More {
    count: usize,
    /// Whether the look went all the way.
    sure: bool,
}

impl More {
    const NONE: Self = Self {
        count: 0,
        sure: true,
    };

    /// Whether there is more, as far as is known: never a false "no".
    fn any(&self) -> bool {
        self.count > 0 || !self.sure
    }
}

/// Finds the rows of a window, oldest first.
pub(super) fn window(
    shared: &Shared,
    query: &EventQuery,
    now: Timestamp,
) -> Result<EventRows, QueryError> {
    let filter = Filter::of::<EventFields<'_>>(&query.filter)?;
    let search = Search {
        shared,
        about: filter.required("about").map(|id| shared.parties.wanted(id)),
        filter,
        now,
        range: range_of(query),
    };
    let (found, more_older, more_newer) = search.find(query)?;
    Ok(EventRows {
        rows: rows(shared, &found, query.with_raw)?,
        more_older,
        more_newer: more_newer.any(),
        total: shared.total(),
        newer: more_newer.count,
    })
}

fn range_of(query: &EventQuery) -> Range {
    // Times between two milliseconds belong to the later one: positions know milliseconds only.
    let bound = |time: Timestamp| {
        let exact = time.as_nanosecond().rem_euclid(1_000_000) == 0;
        EventPos {
            published_ms: millis(time) + i64::from(!exact),
            seq: 0,
        }
    };
    Range {
        from: query.since.map_or(Range::ALL.from, bound),
        to: query.until.map_or(Range::ALL.to, bound),
    }
}

/// The position right after `pos`.
fn after(pos: EventPos) -> EventPos {
    EventPos {
        seq: pos.seq.saturating_add(1),
        ..pos
    }
}

impl Search<'_> {
    fn find(&self, query: &EventQuery) -> Result<(Vec<Found>, bool, More), Error> {
        let limit = query.limit;
        match query.anchor {
            EventAnchor::Newest => {
                let (found, more) = self.take(self.range, Direction::Backward, limit)?;
                Ok((found, more, More::NONE))
            }
            EventAnchor::Before(pos) => {
                let (found, more) = self.take(self.until(pos), Direction::Backward, limit)?;
                let newer = self.from(found.last().map_or(pos, |last| after(last.pos)));
                Ok((found, more, self.count(newer, Direction::Forward, NEWER)?))
            }
            EventAnchor::Oldest => {
                let (found, _) = self.take(self.range, Direction::Forward, limit)?;
                let newer = self.newer_than(&found)?;
                Ok((found, false, newer))
            }
            EventAnchor::After(pos) => {
                let (found, _) = self.take(self.from(after(pos)), Direction::Forward, limit)?;
                let first = found.first().map_or(after(pos), |first| first.pos);
                let older = self.count(self.until(first), Direction::Backward, 1)?;
                let newer = self.newer_than(&found)?;
                Ok((found, older.any(), newer))
            }
            EventAnchor::Around(pos) => self.around(pos, limit),
        }
    }

    /// As many before `pos` as from it on; where one side is short, the other has more.
    fn around(&self, pos: EventPos, limit: usize) -> Result<(Vec<Found>, bool, More), Error> {
        let (mut before, mut more_older) =
            self.take(self.until(pos), Direction::Backward, limit)?;
        let (mut from, _) = self.take(self.from(pos), Direction::Forward, limit)?;
        let wanted = (limit / 2).max(limit.saturating_sub(from.len()));
        if before.len() > wanted {
            more_older = true;
            before.drain(..before.len() - wanted);
        }
        from.truncate(limit - before.len());
        let last = from.last().or(before.last()).map(|found| found.pos);
        let newer = self.from(last.map_or(pos, after));
        let newer = self.count(newer, Direction::Forward, NEWER)?;
        before.append(&mut from);
        Ok((before, more_older, newer))
    }

    /// The part of the range before `pos`.
    fn until(&self, pos: EventPos) -> Range {
        Range {
            to: pos.min(self.range.to),
            ..self.range
        }
    }

    /// The part of the range from `pos` on.
    fn from(&self, pos: EventPos) -> Range {
        Range {
            from: pos.max(self.range.from),
            ..self.range
        }
    }

    fn newer_than(&self, found: &[Found]) -> Result<More, Error> {
        match found.last() {
            Some(last) => self.count(self.from(after(last.pos)), Direction::Forward, NEWER),
            None => Ok(More::NONE),
        }
    }

    fn walk(&self, range: Range, direction: Direction) -> Walk<'_> {
        let course = Course {
            range,
            direction,
            about: self.about.as_ref(),
        };
        Walk::new(self.shared, course)
    }

    fn passes(&self, found: &Found) -> bool {
        self.filter.is_empty()
            || found
                .block
                .view(found.index, |view| self.filter.matches(view, self.now))
    }

    /// The first `limit` events of a range that pass, oldest first, and whether there is another.
    fn take(
        &self,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> Result<(Vec<Found>, bool), Error> {
        let mut walk = self.walk(range, direction);
        let mut taken = Vec::new();
        let mut beyond = 0;
        let more = loop {
            let Some(found) = walk.next()? else {
                break false;
            };
            let full = taken.len() >= limit;
            beyond += usize::from(full);
            if beyond > LOOK_AHEAD {
                break true;
            }
            if !self.passes(&found) {
                continue;
            }
            if full {
                break true;
            }
            taken.push(found);
        };
        if direction == Direction::Backward {
            taken.reverse();
        }
        Ok((taken, more))
    }

    /// Counts events of a range that pass, up to `most` of them.
    fn count(&self, range: Range, direction: Direction, most: usize) -> Result<More, Error> {
        let mut walk = self.walk(range, direction);
        let mut count = 0;
        for _ in 0..LOOK_AHEAD {
            match walk.next()? {
                None => return Ok(More { count, sure: true }),
                Some(found) => count += usize::from(self.passes(&found)),
            }
            if count >= most {
                return Ok(More { count, sure: true });
            }
        }
        Ok(More { count, sure: false })
    }
}

/// Decodes what was found; the JSON of a block is read once for all its rows.
fn rows(shared: &Shared, found: &[Found], with_raw: bool) -> Result<Vec<EventRow>, Error> {
    let mut bodies: HashMap<(Day, u64), Vec<RawJson>> = HashMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for found in found {
        let mut row = EventRow {
            pos: found.pos,
            event: found.block.event(found.index),
            raw: None,
        };
        if with_raw {
            let block = match bodies.entry((found.day, found.range.first_seq)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(slot) => slot.insert(shared.days.file(found.day).cold(&found.range)?),
            };
            row.raw = block.get(found.index).cloned();
        }
        rows.push(row);
    }
    Ok(rows)
}
