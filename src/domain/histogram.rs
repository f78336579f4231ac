//! How many events of the log there are over time, by how they ended: asked and told slice by slice, from new to old.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::query::EventPos;
use super::time;

/// Which events, and into which bars they are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramQuery {
    /// In the filter language; empty counts every event.
    pub filter: String,
    /// The bars.
    pub scale: Scale,
    /// Only events before this; where a count goes on ([`Histogram::next`]). `None` begins.
    pub before: Option<EventPos>,
    /// Only events before this moment, wherever in the last bar it is.
    pub until: Option<Timestamp>,
}

/// Bars of equal length, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// When the first begins.
    pub from: Timestamp,
    /// How long each is; at least a millisecond.
    pub step: Duration,
    /// How many there are.
    pub bars: u16,
}

impl Scale {
    /// When a bar begins; the bar behind the last is the end of all.
    pub fn begin(&self, bar: usize) -> Timestamp {
        let bar = u32::try_from(bar).unwrap_or(u32::MAX);
        time::after(self.from, self.step.saturating_mul(bar))
    }

    /// The end of the last bar.
    pub fn end(&self) -> Timestamp {
        self.begin(usize::from(self.bars))
    }

    /// The bar that a moment is in, in milliseconds since 1970.
    pub fn bar_of(&self, published_ms: i64) -> Option<usize> {
        let since_ms = published_ms.checked_sub(self.from.as_millisecond())?;
        let step_ms = i64::try_from(self.step.as_millis()).ok()?.max(1);
        let bar = usize::try_from(since_ms.div_euclid(step_ms)).ok()?;
        (bar < usize::from(self.bars)).then_some(bar)
    }
}

/// How many events of a bar ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// What was done or allowed.
    pub success: u64,
    /// What failed or was denied.
    pub failure: u64,
    /// Everything else, and what tells no outcome.
    pub other: u64,
}

impl Bar {
    /// All of its events.
    pub fn total(&self) -> u64 {
        self.success + self.failure + self.other
    }

    /// Counts one more event, whose outcome Okta calls so.
    pub fn count(&mut self, outcome: &str) {
        match outcome {
            "SUCCESS" | "ALLOW" => self.success += 1,
            "FAILURE" | "DENY" => self.failure += 1,
            _ => self.other += 1,
        }
    }

    /// Counts the events of another one, too.
    pub fn add(&mut self, other: Self) {
        self.success += other.success;
        self.failure += other.failure;
        self.other += other.other;
    }
}

/// A slice of a count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// The bars, each with what the slice has of it.
    pub bars: Vec<Bar>,
    /// Where to go on; `None` when this was the last slice.
    pub next: Option<EventPos>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_belongs_to_the_bar_that_begins_at_or_before_it() {
        let from: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
        let scale = Scale {
            from,
            step: Duration::from_secs(10),
            bars: 3,
        };
        let at = |ms: i64| scale.bar_of(from.as_millisecond() + ms);
        assert_eq!([at(-1), at(0), at(9_999)], [None, Some(0), Some(0)]);
        assert_eq!(
            [at(10_000), at(29_999), at(30_000)],
            [Some(1), Some(2), None]
        );
        assert_eq!(scale.begin(2), time::after(from, Duration::from_secs(20)));
        assert_eq!(scale.end(), time::after(from, Duration::from_secs(30)));
    }
}
