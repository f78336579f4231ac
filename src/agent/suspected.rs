//! Looking in the log for who did what the sync noted no event for.
//!
//! A change now and then is looked up by itself. Where many of one time are asked about, all that was done in that time is read once: a
//! reading that finds a hundred thousand new members would search the log as often.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;

use super::view::proof_of;
use crate::access::Proof;
use crate::domain::query::{EventQuery, EventRow};
use crate::store::{EventKey, QueryError, Store};
use crate::sync::cause::{self, Suspects};

/// The length of what is read at once: as far back as a cause may lie.
const QUARTER_SECS: i64 = 15 * 60;
/// So many changes of one such time are looked up one by one.
const ONE_BY_ONE: usize = 8;
/// Events that are read at once at most. Where there are more, every change is looked up by itself.
const MAX_READ: usize = 50_000;
/// Times whose events are kept.
const MAX_QUARTERS: usize = 4;

/// Who may have done what, for the time of one question.
pub(super) struct Causes<'s> {
    store: &'s Store,
    now: Timestamp,
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
    events: Vec<EventRow>,
    /// By the ids of targets.
    about: HashMap<String, Vec<usize>>,
}

impl<'s> Causes<'s> {
    pub(super) fn new(store: &'s Store, now: Timestamp) -> Self {
        Self {
            store,
            now,
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
            places.map(|place| &done.events[*place])
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
        let read = |quarter: &Quarter| matches!(quarter, Quarter::Read(_));
        if quarters.values().filter(|quarter| read(quarter)).count() >= MAX_QUARTERS {
            quarters.retain(|_, quarter| !read(quarter));
        }
        let done = self.read(quarter)?.map(Rc::new);
        let known = done.clone().map_or(Quarter::Busy, Quarter::Read);
        quarters.insert(quarter, known);
        Ok(done)
    }

    /// All that was done in a quarter of an hour; `None` when it is too much.
    fn read(&self, quarter: i64) -> Result<Option<Done>, QueryError> {
        let start = |quarter: i64| Timestamp::from_second(quarter * QUARTER_SECS).ok();
        let query = EventQuery {
            filter: cause::any_at_all(),
            limit: MAX_READ,
            since: start(quarter),
            until: start(quarter + 1),
            ..EventQuery::default()
        };
        let found = self.store.events.window(&query, self.now)?;
        Ok((!found.more_older).then(|| Done::of(found.rows)))
    }
}

impl Done {
    fn of(events: Vec<EventRow>) -> Self {
        let mut about: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, row) in events.iter().enumerate() {
            for target in &row.event.targets {
                about.entry(target.id.to_string()).or_default().push(place);
            }
        }
        Self { events, about }
    }
}

fn quarter_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(QUARTER_SECS)
}

#[cfg(test)]
mod tests;
