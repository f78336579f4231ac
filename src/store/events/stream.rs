//! Going through events from old to new without a window: each day is entered once, however many of its events are wanted. A list that is
//! read window by window looks each window up in all of the postings of its day.

use jiff::Timestamp;

use super::Shared;
use super::plan::Plan;
use super::scan::{Course, Direction, Found, Step, Walk};
use super::window::range_of;
use crate::domain::fields::EventFields;
use crate::domain::filter::{Bounds, Filter};
use crate::domain::query::EventRow;
use crate::store::error::{Error, QueryError};
use crate::store::leash::Leash;

/// Gives every event within the bounds that passes the filter, the oldest first, for as long as more are wanted.
pub(super) fn outlines(
    shared: &Shared,
    (filter, asked): (&str, Bounds),
    now: Timestamp,
    mut take: impl FnMut(EventRow) -> bool,
) -> Result<(), QueryError> {
    let filter = Filter::of::<EventFields<'_>>(filter)?;
    let plan = Plan::of(&filter.need());
    let course = Course {
        range: range_of(asked, &filter, now),
        direction: Direction::Forward,
        plan: plan.as_ref(),
        leash: &Leash::default(),
    };
    let mut walk = Walk::new(shared, course);
    let passes = |found: &Found| {
        let block = &found.block;
        block.view(found.index, |event| filter.matches(event, now))
    };
    while let Some(found) = next(&mut walk)? {
        if passes(&found) && !take(outline(&found)) {
            break;
        }
    }
    Ok(())
}

fn next(walk: &mut Walk<'_>) -> Result<Option<Found>, Error> {
    match walk.next()? {
        Step::Found(found) => Ok(Some(found)),
        // Nobody pulls the leash.
        Step::End | Step::Stopped(_) => Ok(None),
    }
}

fn outline(found: &Found) -> EventRow {
    EventRow {
        pos: found.pos,
        event: found.block.outline(found.index),
        raw: None,
    }
}
