//! Answering a window of the log: walk to the rows wanted, then look a little further to say whether there are more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;

use super::Shared;
use super::block::millis;
use super::day::Life;
use super::plan::Plan;
use super::scan::{Course, Direction, Found, Range, Step, Walk};
use crate::domain::fields::EventFields;
use crate::domain::filter::{Bounds, Filter, Need};
use crate::domain::notable;
use crate::domain::query::{EventAnchor, EventPos, EventQuery, EventRow, EventRows};
use crate::domain::text::RawJson;
use crate::store::error::{Error, QueryError};
use crate::store::leash::Leash;

/// How many newer rows are counted.
const NEWER: usize = 1_000;
/// How many events are looked at to say whether there are more. When none passed among them, "there may be" is said.
const LOOK_AHEAD: usize = 10_000;

/// What a window is about.
struct Search<'a> {
    shared: &'a Shared,
    filter: Filter,
    now: Timestamp,
    range: Range,
    /// What postings can say about the filter.
    plan: Option<Plan>,
    /// Whether only events that deserve a mark pass.
    notable: bool,
    leash: &'a Leash,
}

/// The rows of a window, and what lies beside it.
struct Findings {
    found: Vec<Found>,
    more_older: bool,
    more_newer: More,
    /// How far the search came when it did not come to its end.
    searched: Option<EventPos>,
}

/// The first events of a range that pass.
struct Taken {
    /// Oldest first.
    found: Vec<Found>,
    /// Whether there is another, as far as is known: never a false "no".
    more: bool,
    /// The first position that was not looked at, when the search was stopped before it had enough.
    stopped: Option<EventPos>,
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

    const UNKNOWN: Self = Self {
        count: 0,
        sure: false,
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
    leash: &Leash,
) -> Result<EventRows, QueryError> {
    let filter = Filter::of::<EventFields<'_>>(&query.filter)?;
    let asked = Bounds {
        from: query.since,
        until: query.until,
    };
    let search = Search {
        shared,
        plan: Plan::of(&need(query, &filter)),
        notable: query.notable,
        leash,
        range: range_of(asked, &filter, now),
        filter,
        now,
    };
    let findings = search.find(query)?;
    Ok(EventRows {
        rows: rows(&findings.found, query.with_raw)?,
        more_older: findings.more_older,
        more_newer: findings.more_newer.any(),
        total: shared.total(),
        newer: findings.more_newer.count,
        searched: findings.searched,
    })
}

/// What the rows of a window must hold.
fn need<'a>(query: &EventQuery, filter: &'a Filter) -> Need<'a> {
    if query.notable {
        Need::All(vec![filter.need(), notable::need()])
    } else {
        filter.need()
    }
}

/// The positions that a question is about: within its own bounds, and within those that its filter sets, so that days and blocks beyond
/// them are never read.
pub(super) fn range_of(asked: Bounds, filter: &Filter, now: Timestamp) -> Range {
    let bounds = filter.bounds("published", now).within(asked);
    // Times between two milliseconds belong to the later one: positions know milliseconds only.
    let bound = |time: Timestamp| {
        let exact = time.as_nanosecond().rem_euclid(1_000_000) == 0;
        EventPos {
            published_ms: millis(time) + i64::from(!exact),
            seq: 0,
        }
    };
    Range {
        from: bounds.from.map_or(Range::ALL.from, bound),
        to: bounds.until.map_or(Range::ALL.to, bound),
    }
}

/// The position right after `pos`.
pub(super) fn after(pos: EventPos) -> EventPos {
    EventPos {
        seq: pos.seq.saturating_add(1),
        ..pos
    }
}

/// The position right before `pos`.
fn before(pos: EventPos) -> EventPos {
    match pos.seq.checked_sub(1) {
        Some(seq) => EventPos { seq, ..pos },
        None => EventPos {
            published_ms: pos.published_ms.saturating_sub(1),
            seq: u64::MAX,
        },
    }
}

impl Search<'_> {
    fn find(&self, query: &EventQuery) -> Result<Findings, Error> {
        let limit = query.limit;
        match query.anchor {
            EventAnchor::Newest => {
                let taken = self.take(self.range, Direction::Backward, limit)?;
                Ok(Findings {
                    searched: taken.stopped.map(after),
                    found: taken.found,
                    more_older: taken.more,
                    more_newer: More::NONE,
                })
            }
            EventAnchor::Before(pos) => {
                let taken = self.take(self.until(pos), Direction::Backward, limit)?;
                let newer = self.from(taken.found.last().map_or(pos, |last| after(last.pos)));
                Ok(Findings {
                    searched: taken.stopped.map(after),
                    found: taken.found,
                    more_older: taken.more,
                    more_newer: self.count(newer, Direction::Forward, NEWER)?,
                })
            }
            EventAnchor::Oldest => self.forward(self.range, false, limit),
            EventAnchor::After(pos) => {
                let older = self.count(self.until(after(pos)), Direction::Backward, 1)?;
                self.forward(self.from(after(pos)), older.any(), limit)
            }
            EventAnchor::Around(pos) => self.around(pos, limit),
        }
    }

    fn forward(&self, range: Range, more_older: bool, limit: usize) -> Result<Findings, Error> {
        let taken = self.take(range, Direction::Forward, limit)?;
        let more_newer = match taken.stopped {
            Some(_) => More::UNKNOWN,
            None => self.newer_than(&taken.found)?,
        };
        Ok(Findings {
            searched: taken.stopped.map(before),
            found: taken.found,
            more_older,
            more_newer,
        })
    }

    /// As many before `pos` as from it on; where one side is short, the other has more.
    ///
    /// Who goes on with the search goes on to what is older. So what is newer is searched first, and however long it takes: the event at
    /// `pos` and those after it would otherwise be missing for good.
    fn around(&self, pos: EventPos, limit: usize) -> Result<Findings, Error> {
        let patient = self.leash.without_time();
        let newer = self.take_within(self.from(pos), Direction::Forward, limit, &patient)?;
        let wanted = (limit / 2).max(limit.saturating_sub(newer.found.len()));
        let older = self.take(self.until(pos), Direction::Backward, wanted)?;
        let (mut found, mut from) = (older.found, newer.found);
        // What is older and still to be found has its room.
        let taken = older.stopped.map_or(found.len(), |_| wanted);
        let is_whole = from.len() <= limit - taken;
        from.truncate(limit - taken);
        let last = from.last().or(found.last()).map(|found| found.pos);
        let beyond = self.from(last.map_or(pos, after));
        found.append(&mut from);
        Ok(Findings {
            found,
            more_older: older.more,
            more_newer: if is_whole && !newer.more {
                More::NONE
            } else {
                self.count(beyond, Direction::Forward, NEWER)?
            },
            searched: older.stopped.map(after),
        })
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

    fn walk<'w>(&'w self, range: Range, direction: Direction, leash: &'w Leash) -> Walk<'w> {
        let course = Course {
            range,
            direction,
            plan: self.plan.as_ref(),
            leash,
        };
        Walk::new(self.shared, course)
    }

    fn passes(&self, found: &Found) -> bool {
        if self.filter.is_empty() && !self.notable {
            return true;
        }
        let marked = |event: &EventFields<'_>| {
            notable::is_notable_by(event.event_type, event.result, event.severity)
        };
        found.block.view(found.index, |view| {
            (!self.notable || marked(view)) && self.filter.matches(view, self.now)
        })
    }

    /// The first `limit` events of a range that pass.
    fn take(&self, range: Range, direction: Direction, limit: usize) -> Result<Taken, Error> {
        self.take_within(range, direction, limit, self.leash)
    }

    /// The first `limit` events of a range that pass, as far as `leash` reaches.
    fn take_within(
        &self,
        range: Range,
        direction: Direction,
        limit: usize,
        leash: &Leash,
    ) -> Result<Taken, Error> {
        let mut walk = self.walk(range, direction, leash);
        let mut found = Vec::new();
        let mut beyond = 0;
        let (more, stopped) = loop {
            let full = found.len() >= limit;
            let next = match walk.next()? {
                Step::End => break (false, None),
                Step::Stopped(at) => break (true, (!full).then_some(at)),
                Step::Found(next) => next,
            };
            beyond += usize::from(full);
            if beyond > LOOK_AHEAD {
                break (true, None);
            }
            if !self.passes(&next) {
                continue;
            }
            if full {
                break (true, None);
            }
            found.push(next);
        };
        if direction == Direction::Backward {
            found.reverse();
        }
        Ok(Taken {
            found,
            more,
            stopped,
        })
    }

    /// Counts events of a range that pass, up to `most` of them.
    fn count(&self, range: Range, direction: Direction, most: usize) -> Result<More, Error> {
        let mut walk = self.walk(range, direction, self.leash);
        let mut count = 0;
        for _ in 0..LOOK_AHEAD {
            match walk.next()? {
                Step::End => return Ok(More { count, sure: true }),
                Step::Stopped(_) => break,
                Step::Found(found) => count += usize::from(self.passes(&found)),
            }
            if count >= most {
                return Ok(More { count, sure: true });
            }
        }
        Ok(More { count, sure: false })
    }
}

/// Decodes what was found; the JSON of a block is read once for all its rows.
fn rows(found: &[Found], with_raw: bool) -> Result<Vec<EventRow>, Error> {
    let mut bodies: HashMap<(Life, u64), Option<Vec<RawJson>>> = HashMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for found in found {
        let mut row = EventRow {
            pos: found.pos,
            event: found.block.event(found.index),
            raw: None,
        };
        if with_raw {
            let file = &found.file;
            let block = match bodies.entry((file.life, found.range.first_seq)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(slot) => slot.insert(file.unless_gone(file.cold(&found.range))?),
            };
            let Some(block) = block else {
                // Its day was removed since it was found.
                continue;
            };
            row.raw = block.get(found.index).cloned();
        }
        rows.push(row);
    }
    Ok(rows)
}
