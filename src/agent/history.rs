//! What changed between two moments, by when it happened: the mirror keeps fields by when a reading saw them, and what the log has not
//! dated yet, too.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::time::Duration;

use jiff::Timestamp;

use super::view::View;
use crate::domain::history::ChangeRow;
use crate::domain::resource::Stretch;
use crate::domain::time;
use crate::msg::{ChangeTold, ChangesQuery};
use crate::store::{QueryError, Store};
use crate::sync::watched::unwatched;

/// What happens is seen at the latest by the next full reading, a day later; one may take its time.
const SEEN_WITHIN: Duration = Duration::from_hours(25);
/// An event that nobody noted is looked for as far back as this.
const SUSPECTED_WITHIN: Duration = Duration::from_mins(15);
/// Stamps, events and readings of one moment tell it with so much difference: some have whole seconds.
const SLACK: Duration = Duration::from_secs(5);

/// The newest changes of a stretch, newest first, by the moments at which they are told to have happened.
///
/// # Errors
/// When the mirror or the log cannot be read.
pub(super) fn told(
    store: &Store,
    view: &View<'_>,
    query: &ChangesQuery,
    now: Timestamp,
) -> Result<Vec<ChangeTold>, QueryError> {
    let seen_until = seen_until(query.until, &unwatched(store)?, now);
    let mut newest = Newest::of(query);
    let mut failure = None;
    store.directory.each_change(
        time::before(query.since, SLACK),
        seen_until,
        query.subject.as_ref(),
        |row| {
            if newest.is_full_of_later_than(row.at) {
                return ControlFlow::Break(());
            }
            if !may_have_happened_before(query.until, &row) {
                return ControlFlow::Continue(());
            }
            match view.told(row) {
                Ok(told) => {
                    newest.take(told);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        },
    )?;
    failure.map_or_else(|| Ok(newest.into_rows()), Err)
}

/// Until when something may have been seen that happened before `until`.
fn seen_until(until: Timestamp, unwatched: &[Stretch], now: Timestamp) -> Timestamp {
    let within = |stretch: &&Stretch| stretch.from < until && until <= stretch.to;
    let watched = unwatched.iter().find(within).map_or(until, |one| one.to);
    let now = time::after(now, Duration::from_millis(1));
    time::after(watched, SEEN_WITHIN).min(now).max(until)
}

/// Whether the log or a stamp may place a change before `until`.
fn may_have_happened_before(until: Timestamp, row: &ChangeRow) -> bool {
    let stamped = row.stamped.is_some_and(|at| at < time::after(until, SLACK));
    row.evidence.is_some() || stamped || row.at < time::after(until, SUSPECTED_WITHIN)
}

/// The newest rows of a stretch, as many as are wanted and those of the last one's moment.
struct Newest<'q> {
    query: &'q ChangesQuery,
    rows: Vec<ChangeTold>,
    /// The moments of the newest of them, the oldest on top.
    moments: BinaryHeap<Reverse<Timestamp>>,
}

impl<'q> Newest<'q> {
    fn of(query: &'q ChangesQuery) -> Self {
        Self {
            query,
            rows: Vec::new(),
            moments: BinaryHeap::new(),
        }
    }

    /// Whether nothing that was seen at `seen` or before it can be among them: nothing is told to be later than it was seen.
    fn is_full_of_later_than(&self, seen: Timestamp) -> bool {
        let oldest = self.moments.peek().map(|Reverse(oldest)| *oldest);
        let is_later = oldest.is_none_or(|oldest| time::after(seen, SLACK) < oldest);
        self.moments.len() >= self.query.limit && is_later
    }

    fn take(&mut self, told: ChangeTold) {
        let at = told.at();
        if at < self.query.since || at >= self.query.until {
            return;
        }
        self.moments.push(Reverse(at));
        if self.moments.len() > self.query.limit {
            self.moments.pop();
        }
        self.rows.push(told);
    }

    fn into_rows(mut self) -> Vec<ChangeTold> {
        self.rows.sort_by_key(|told| Reverse(told.at()));
        self.rows.truncate(self.query.limit);
        self.rows
    }
}

#[cfg(test)]
mod tests;
