//! Counting events over time: a walk from new to old that decodes no event, only what the filter looks at and how each one ended.

use jiff::Timestamp;

use super::Shared;
use super::plan::Plan;
use super::scan::{Course, Direction, Range, Step, Walk};
use super::window;
use crate::domain::fields::EventFields;
use crate::domain::filter::{Bounds, Filter};
use crate::domain::histogram::{Bar, Histogram, HistogramQuery};
use crate::store::error::QueryError;
use crate::store::leash::Leash;

/// Counts the events that pass, as far as the leash reaches.
pub(super) fn count(
    shared: &Shared,
    query: &HistogramQuery,
    now: Timestamp,
    leash: &Leash,
) -> Result<Histogram, QueryError> {
    let filter = Filter::of::<EventFields<'_>>(&query.filter)?;
    let plan = Plan::of(&filter.need());
    let scale = query.scale;
    let asked = Bounds {
        from: Some(scale.from),
        until: Some(
            query
                .until
                .map_or(scale.end(), |until| until.min(scale.end())),
        ),
    };
    let whole = window::range_of(asked, &filter, now);
    let range = Range {
        to: query.before.map_or(whole.to, |before| before.min(whole.to)),
        ..whole
    };
    let course = Course {
        range,
        direction: Direction::Backward,
        plan: plan.as_ref(),
        leash,
    };
    let mut walk = Walk::new(shared, course);
    let mut bars = vec![Bar::default(); usize::from(scale.bars)];
    loop {
        let found = match walk.next()? {
            Step::End => return Ok(Histogram { bars, next: None }),
            Step::Stopped(at) => {
                let next = Some(window::after(at));
                return Ok(Histogram { bars, next });
            }
            Step::Found(found) => found,
        };
        let bar = scale.bar_of(found.pos.published_ms);
        if let Some(bar) = bar.and_then(|bar| bars.get_mut(bar)) {
            let block = &found.block;
            let passes =
                filter.is_empty() || block.view(found.index, |event| filter.matches(event, now));
            if passes {
                bar.count(block.result(found.index));
            }
        }
    }
}
