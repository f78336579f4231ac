//! What changed between two moments, by when it happened: the mirror keeps fields by when a reading saw them, and what the log has not
//! dated yet, too.
//!
//! Who did something, and so when, takes a question to the log. It is asked about those changes alone that can be in the answer by what
//! is known without it. The history is read part by part with nothing held in between, no more rows are kept than are
//! wanted, and an answer that takes long ends where it has come to. The next one goes on from there: which parts have something left that
//! happened earlier is said with the answer.

mod walk;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::view::View;
use crate::domain::history::{ChangePlace, ChangeRow};
use crate::domain::id::EventUuid;
use crate::domain::resource::Stretch;
use crate::domain::time;
use crate::msg::{ChangesFound, ChangesQuery};
use crate::store::{Leash, QueryError, Store};
use crate::sync::cause;
use walk::Walk;

/// What happens is seen at the latest by the next full reading, a day later; one may take its time.
const SEEN_WITHIN: Duration = Duration::from_hours(25);
/// Whoever asked for a deletion did so at most this long before it was completed.
const ASKED_WITHIN: Duration = Duration::from_mins(15);
/// Stamps, events and readings of one moment tell it with so much difference: some have whole seconds.
const SLACK: Duration = Duration::from_secs(5);
/// Places of the history that are read at once: few enough that their proofs are soon looked up.
const PART: usize = 256;

/// The newest changes of a stretch, newest first, by the moments at which they are told to have happened; as many as are found in a
/// while: `slice` is how long the stretch itself is gone through. Nothing is looked for any more once the leash is pulled.
///
/// # Errors
/// When the mirror or the log cannot be read.
pub(super) fn told(
    store: &Store,
    view: &View<'_>,
    query: &ChangesQuery,
    now: Timestamp,
    leash: &Leash,
    slice: Duration,
) -> Result<ChangesFound, QueryError> {
    Ok(walked(store, view, query, now, leash, slice)?.found())
}

fn walked<'q, 's>(
    store: &'s Store,
    view: &View<'_>,
    query: &'q ChangesQuery,
    now: Timestamp,
    leash: &Leash,
    slice: Duration,
) -> Result<Walk<'q, 's>, QueryError> {
    let mut walk = Walk::begin(store, query, now)?;
    let mut begun = None;
    while let Some(part) = walk.next() {
        walk.go_through(&part, view, leash)?;
        let is_over = begun.get_or_insert_with(|| leash.within(slice)).is_over();
        if leash.is_pulled() || (is_over && walk.may_pause()) {
            break;
        }
    }
    Ok(walk)
}

/// Until when something may have been seen that happened before `until`: a day of somebody watching later.
fn seen_until(until: Timestamp, unwatched: &[Stretch], now: Timestamp) -> Timestamp {
    let mut seen_by = time::after(until, SEEN_WITHIN);
    for stretch in unwatched.iter().filter(|stretch| stretch.to > until) {
        if stretch.from >= seen_by {
            break;
        }
        seen_by = time::after(seen_by, time::elapsed(stretch.from.max(until), stretch.to));
    }
    let now = time::after(now, Duration::from_millis(1));
    seen_by.min(now).max(until)
}

/// The first and the last moment at which a change may be told to have happened.
type Bounds = (Timestamp, Timestamp);

/// What is known of changes without asking the log who did them.
struct Noted<'s> {
    store: &'s Store,
    /// When the events were published that the sync noted.
    events: HashMap<EventUuid, Option<Timestamp>>,
}

impl<'s> Noted<'s> {
    fn of(store: &'s Store) -> Self {
        Self {
            store,
            events: HashMap::new(),
        }
    }

    /// Changes with their bounds; those come first that may be the newest. Fewer once the leash is pulled.
    fn likeliest_first(
        &mut self,
        rows: Vec<(ChangePlace, ChangeRow)>,
        until: Timestamp,
        leash: &Leash,
    ) -> Result<Vec<(Bounds, ChangePlace, ChangeRow)>, QueryError> {
        let mut bounded = Vec::with_capacity(rows.len());
        for (place, row) in rows.into_iter().take_while(|_| !leash.is_pulled()) {
            bounded.push((self.bounds(&row, until)?, place, row));
        }
        bounded.sort_by_key(|((_, latest), ..)| Reverse(*latest));
        Ok(bounded)
    }

    fn bounds(&mut self, row: &ChangeRow, until: Timestamp) -> Result<Bounds, QueryError> {
        let own = row.stamped.map_or(row.at, |at| at.min(row.at));
        let (mut first, mut last) = (own, own);
        if let Some(suspects) = cause::suspects(row) {
            let (from, to) = suspects.stretch();
            (first, last) = (first.min(from), last.max(to));
        }
        let Some(event) = row.evidence else {
            return Ok((first, last));
        };
        // Of what was seen in the stretch, most happened in it: looking that up twice would be for nothing.
        if row.at < until {
            return Ok((Timestamp::MIN, last.max(time::after(row.at, SLACK))));
        }
        if let Some(at) = self.published(event)? {
            (first, last) = (first.min(time::before(at, ASKED_WITHIN)), last.max(at));
        }
        Ok((first, last))
    }

    fn published(&mut self, event: EventUuid) -> Result<Option<Timestamp>, QueryError> {
        if let Some(known) = self.events.get(&event) {
            return Ok(*known);
        }
        let place = self.store.events.place_of(event)?;
        let at = place.and_then(|place| Timestamp::from_millisecond(place.published_ms).ok());
        self.events.insert(event, at);
        Ok(at)
    }
}

#[cfg(test)]
mod tests;
