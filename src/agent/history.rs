//! What changed between two moments, by when it happened: the mirror keeps fields by when a reading saw them, and what the log has not
//! dated yet, too.
//!
//! Who did something, and so when, takes a question to the log. It is asked about those changes alone that can be in the answer by what
//! is known without it. The history is read part by part with nothing held in between, no more rows are kept than are
//! wanted, and an answer that takes long ends where it has come to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::view::View;
use crate::domain::history::{ChangePlace, ChangeRow};
use crate::domain::id::EventUuid;
use crate::domain::resource::Stretch;
use crate::domain::time;
use crate::msg::{ChangeTold, ChangesFound, ChangesNext, ChangesQuery};
use crate::store::{Leash, QueryError, Store};
use crate::sync::cause;
use crate::sync::watched::unwatched;

/// What happens is seen at the latest by the next full reading, a day later; one may take its time.
const SEEN_WITHIN: Duration = Duration::from_hours(25);
/// Whoever asked for a deletion did so at most this long before it was completed.
const ASKED_WITHIN: Duration = Duration::from_mins(15);
/// Stamps, events and readings of one moment tell it with so much difference: some have whole seconds.
const SLACK: Duration = Duration::from_secs(5);
/// The least that two moments lie apart.
const A_MOMENT: Duration = Duration::from_nanos(1);
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
    let mut newest = Newest::of(query);
    let seen_until = seen_until(newest.until, &unwatched(store)?, now);
    let since = time::before(query.since, SLACK);
    let subject = query.subject.as_ref();
    let mut history = store.directory.history(since, seen_until, subject)?;
    let mut noted = Noted::of(store);
    let mut begun = None;
    while let Some(part) = history.next_part(PART)? {
        for (bounds, place, row) in noted.likeliest_first(part.rows, newest.until, leash)? {
            if leash.is_pulled() {
                return Ok(newest.found());
            }
            if newest.may_hold(bounds, place) {
                newest.take(place, view.told(row)?);
            }
        }
        let Some(reached) = part.reached.map(|at| time::after(at, SLACK)) else {
            break;
        };
        if newest.is_full_of_later_than(reached) || leash.is_pulled() {
            break;
        }
        // What was seen after the stretch is looked through in any case, or the next answer would come no further.
        if time::after(reached, A_MOMENT) < newest.until
            && begun.get_or_insert_with(|| leash.within(slice)).is_over()
        {
            return Ok(newest.later_than(reached));
        }
    }
    Ok(newest.found())
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

/// The newest rows of a stretch, no more than are wanted.
struct Newest<'q> {
    query: &'q ChangesQuery,
    /// What happened at this moment or later is not wanted.
    until: Timestamp,
    rows: BTreeMap<(Timestamp, ChangePlace), ChangeTold>,
}

impl<'q> Newest<'q> {
    fn of(query: &'q ChangesQuery) -> Self {
        let from = query.from.map(|from| time::after(from.at, A_MOMENT));
        Self {
            query,
            until: from.map_or(query.until, |from| from.min(query.until)),
            rows: BTreeMap::new(),
        }
    }

    /// The moment and the place of the oldest of them, once they are as many as are wanted.
    fn oldest_of_all(&self) -> Option<(Timestamp, ChangePlace)> {
        let is_full = self.rows.len() >= self.query.limit;
        let oldest = self.rows.first_key_value().filter(|_| is_full);
        oldest.map(|(key, _)| *key)
    }

    /// Whether nothing that happened at `moment` or before it can be among them.
    fn is_full_of_later_than(&self, moment: Timestamp) -> bool {
        let oldest = self.oldest_of_all();
        self.query.limit == 0 || oldest.is_some_and(|(oldest, _)| moment < oldest)
    }

    /// Whether a change can be among them that is told to have happened within these bounds.
    fn may_hold(&self, (first, last): Bounds, place: ChangePlace) -> bool {
        let is_older = self.oldest_of_all().is_some_and(|it| (last, place) < it);
        first < self.until && self.query.since <= last && !is_older
    }

    fn take(&mut self, place: ChangePlace, told: ChangeTold) {
        let at = told.at();
        let is_wanted = match self.query.from {
            Some(ChangesNext {
                at: from,
                behind: Some(behind),
            }) => (at, place) < (from, behind),
            _ => true,
        };
        if !is_wanted || at < self.query.since || at >= self.until {
            return;
        }
        self.rows.insert((at, place), told);
        if self.rows.len() > self.query.limit {
            self.rows.pop_first();
        }
    }

    /// All of them, where everything was gone through that can be among them.
    fn found(self) -> ChangesFound {
        let last = self.oldest_of_all();
        let next = last.map(|(at, place)| ChangesNext {
            at,
            behind: Some(place),
        });
        self.rows_to(next)
    }

    /// Those that happened after `moment`, where no other can have.
    fn later_than(mut self, moment: Timestamp) -> ChangesFound {
        self.rows.retain(|(at, _), _| *at > moment);
        self.rows_to(Some(ChangesNext {
            at: moment,
            behind: None,
        }))
    }

    fn rows_to(self, next: Option<ChangesNext>) -> ChangesFound {
        let mut rows: Vec<ChangeTold> = self.rows.into_values().rev().collect();
        // What was dated while it was read is met again where it is now.
        rows.dedup_by(|one, other| {
            let is_same = one.row.subject == other.row.subject && one.row.what == other.row.what;
            is_same && one.at() == other.at()
        });
        ChangesFound { rows, next }
    }
}

#[cfg(test)]
mod tests;
