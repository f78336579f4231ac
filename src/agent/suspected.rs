//! Looking in the log for who did what the sync noted no event for.
//!
//! A change now and then is looked up by itself. Where many of one time are asked about, all that was done in that time is read once: a
//! reading that finds a hundred thousand new members would search the log as often.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use jiff::Timestamp;

use super::view::proof_of;
use crate::access::Proof;
use crate::domain::query::{EventAnchor, EventPos, EventQuery, EventRow};
use crate::store::{EventKey, QueryError, Store};
use crate::sync::cause::{self, Deed, Suspects};

/// The length of what is read at once: as far back as a cause may lie.
const QUARTER_SECS: i64 = 15 * 60;
/// So many changes of one such time are looked up one by one.
const ONE_BY_ONE: usize = 8;
/// A change may have been caused in at most so many such times, less one.
const MAX_QUARTERS: usize = 4;
const ROOMS: Room = Room {
    page: 5_000,
    quarter: 50_000,
    all: 100_000,
};

/// How many events there is room for; a whole one takes several times as much as what is kept of it.
#[derive(Clone, Copy)]
struct Room {
    /// Whole ones, of which only a part is kept.
    page: usize,
    /// Of one time. Where there are more, every change is looked up by itself.
    quarter: usize,
    /// Of all times together.
    all: usize,
}

/// Who may have done what, for the time of one question.
pub(super) struct Causes<'s> {
    store: &'s Store,
    now: Timestamp,
    room: Room,
    known: RefCell<HashMap<Suspects, Option<Proof>>>,
    quarters: RefCell<HashMap<i64, Quarter>>,
}

/// A quarter of an hour.
enum Quarter {
    /// So many changes of it were asked about.
    Asked(usize),
    Read(Rc<Done>),
    /// More was done than can be read at once.
    Busy,
}

/// What was done in a while.
struct Done {
    /// The oldest first.
    deeds: Vec<Trace>,
    /// By the ids of targets.
    about: HashMap<Rc<str>, Vec<usize>>,
}

/// What is kept of an event.
struct Trace {
    pos: EventPos,
    published: Timestamp,
    event_type: Rc<str>,
    actor: Option<Rc<str>>,
    targets: Box<[Rc<str>]>,
    has_failed: bool,
}

impl Deed for Trace {
    fn event_type(&self) -> &str {
        &self.event_type
    }

    fn published(&self) -> Timestamp {
        self.published
    }

    fn actor_id(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    fn is_about(&self, id: &str) -> bool {
        self.targets.iter().any(|target| **target == *id)
    }

    fn has_failed(&self) -> bool {
        self.has_failed
    }
}

impl<'s> Causes<'s> {
    pub(super) fn new(store: &'s Store, now: Timestamp) -> Self {
        Self {
            store,
            now,
            room: ROOMS,
            known: RefCell::default(),
            quarters: RefCell::default(),
        }
    }

    /// The event that must have been it; `None` when there is none, or when several people may have done it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn of(&self, suspects: Suspects) -> Result<Option<Proof>, QueryError> {
        if let Some(known) = self.known.borrow().get(&suspects) {
            return Ok(known.clone());
        }
        let cause = if let Some(done) = self.done_then(&suspects)? {
            self.among(&done, &suspects)?
        } else {
            let found = self.store.events.window(&suspects.query(), self.now)?;
            let complete = (!found.more_older).then_some(found.rows);
            complete.and_then(|rows| suspects.agreed(rows.iter()).map(proof_of))
        };
        self.known.borrow_mut().insert(suspects, cause.clone());
        Ok(cause)
    }

    fn among(&self, done: &[Rc<Done>], suspects: &Suspects) -> Result<Option<Proof>, QueryError> {
        let Some(about) = suspects.about() else {
            return Ok(None);
        };
        let named = done.iter().flat_map(|done| {
            let places = done.about.get(about).into_iter().flatten();
            places.map(|place| &done.deeds[*place])
        });
        let found = suspects.among(named);
        let Some(cause) = suspects.agreed(found.into_iter()) else {
            return Ok(None);
        };
        // What the proof is made of was not read with so many.
        let whole = self.store.events.event(EventKey::Pos(cause.pos))?;
        Ok(whole.as_ref().map(proof_of))
    }

    /// What was done in the time of the suspects, where it is worth while to read all of it.
    fn done_then(&self, suspects: &Suspects) -> Result<Option<Vec<Rc<Done>>>, QueryError> {
        let (from, to) = suspects.stretch();
        let quarters: Vec<i64> = (quarter_of(from)..=quarter_of(to))
            .take(MAX_QUARTERS)
            .collect();
        if quarters.len() == MAX_QUARTERS {
            return Ok(None);
        }
        let mut done = Vec::with_capacity(quarters.len());
        for quarter in quarters {
            match self.quarter(quarter)? {
                Some(one) => done.push(one),
                None => return Ok(None),
            }
        }
        Ok(Some(done))
    }

    fn quarter(&self, quarter: i64) -> Result<Option<Rc<Done>>, QueryError> {
        let mut quarters = self.quarters.borrow_mut();
        match quarters.entry(quarter).or_insert(Quarter::Asked(0)) {
            Quarter::Read(done) => return Ok(Some(Rc::clone(done))),
            Quarter::Busy => return Ok(None),
            Quarter::Asked(times) if *times < ONE_BY_ONE => {
                *times += 1;
                return Ok(None);
            }
            Quarter::Asked(_) => {}
        }
        self.make_room(&mut quarters, quarter);
        let done = self.read(quarter)?.map(Rc::new);
        let known = done.clone().map_or(Quarter::Busy, Quarter::Read);
        quarters.insert(quarter, known);
        Ok(done)
    }

    /// Drops of what is kept that which is farthest away in time: what is asked for next is mostly near.
    fn make_room(&self, quarters: &mut HashMap<i64, Quarter>, quarter: i64) {
        let kept = |quarters: &HashMap<i64, Quarter>| -> usize {
            quarters.values().map(Quarter::kept).sum()
        };
        while kept(quarters) + self.room.quarter > self.room.all {
            let filled = quarters.iter().filter(|(_, one)| one.kept() > 0);
            let Some(farthest) = filled
                .map(|(at, _)| *at)
                .max_by_key(|at| at.abs_diff(quarter))
            else {
                return;
            };
            quarters.remove(&farthest);
        }
    }

    /// All that was done in a quarter of an hour; `None` when it is too much.
    fn read(&self, quarter: i64) -> Result<Option<Done>, QueryError> {
        let start = |quarter: i64| Timestamp::from_second(quarter * QUARTER_SECS).ok();
        let mut query = EventQuery {
            filter: cause::any_at_all(),
            limit: self.room.page,
            since: start(quarter),
            until: start(quarter + 1),
            ..EventQuery::default()
        };
        let mut words = Words::default();
        let mut newest_first = Vec::new();
        loop {
            let found = self.store.events.window(&query, self.now)?;
            newest_first.extend(found.rows.iter().rev().map(|row| words.trace(row)));
            let oldest = found.rows.first().map(|row| row.pos);
            let Some(oldest) = oldest.filter(|_| found.more_older) else {
                break;
            };
            if newest_first.len() >= self.room.quarter {
                return Ok(None);
            }
            query.anchor = EventAnchor::Before(oldest);
            query.limit = self.room.page.min(self.room.quarter - newest_first.len());
        }
        newest_first.reverse();
        Ok(Some(Done::of(newest_first)))
    }
}

impl Quarter {
    /// So many events are kept of it.
    fn kept(&self) -> usize {
        match self {
            Self::Read(done) => done.deeds.len(),
            Self::Asked(_) | Self::Busy => 0,
        }
    }
}

impl Done {
    fn of(deeds: Vec<Trace>) -> Self {
        let mut about: HashMap<Rc<str>, Vec<usize>> = HashMap::new();
        for (place, deed) in deeds.iter().enumerate() {
            for target in &deed.targets {
                about.entry(Rc::clone(target)).or_default().push(place);
            }
        }
        Self { deeds, about }
    }
}

/// Ids and types, each once: the same few do most of what is done.
#[derive(Default)]
struct Words(HashSet<Rc<str>>);

impl Words {
    fn trace(&mut self, row: &EventRow) -> Trace {
        let event = &row.event;
        Trace {
            pos: row.pos,
            published: event.published,
            event_type: self.word(&event.event_type),
            actor: event.actor.as_ref().map(|actor| self.word(&actor.id)),
            targets: event.targets.iter().map(|to| self.word(&to.id)).collect(),
            has_failed: cause::has_failed(event),
        }
    }

    fn word(&mut self, word: &str) -> Rc<str> {
        if let Some(known) = self.0.get(word) {
            return Rc::clone(known);
        }
        let word: Rc<str> = word.into();
        self.0.insert(Rc::clone(&word));
        word
    }
}

fn quarter_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(QUARTER_SECS)
}

#[cfg(test)]
mod tests;
