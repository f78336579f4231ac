//! What the search index has not noticed yet.
//!
//! Okta answers lists and searches from an index that trails the objects by up to a second or so; by id everybody sees
//! the newest state. Here an index is the present minus what changed within the lag: the older versions of those few
//! objects are kept until the lag has passed.

use std::collections::{BTreeMap, VecDeque};

use super::super::time::Millis;

/// How the index sees one object.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen<'a, T> {
    /// As it is.
    Current,
    /// As it was.
    Older(&'a T),
    /// Not at all: it was created within the lag.
    Absent,
}

/// Versions that the index still shows in place of newer ones.
#[derive(Debug)]
pub struct Lagging<T> {
    lag_ms: i64,
    /// By the object's index: what was there until the given moment, oldest first; `None` is nothing.
    versions: BTreeMap<u32, VecDeque<(Millis, Option<T>)>>,
}

impl<T> Lagging<T> {
    /// An index that trails by `lag_ms` milliseconds; 0 is one that is always up to date.
    pub fn new(lag_ms: i64) -> Self {
        Self {
            lag_ms,
            versions: BTreeMap::new(),
        }
    }

    /// Keeps `old`, which object `ix` was until `now`.
    pub fn keep(&mut self, ix: u32, old: Option<T>, now: Millis) {
        self.forget_noticed(now);
        if self.lag_ms > 0 {
            self.versions.entry(ix).or_default().push_back((now, old));
        }
    }

    /// How the index sees object `ix` at `now`.
    pub fn seen(&self, ix: u32, now: Millis) -> Seen<'_, T> {
        let shown_as_of = now - self.lag_ms;
        let version = self
            .versions
            .get(&ix)
            .and_then(|kept| kept.iter().find(|(until, _)| *until > shown_as_of));
        match version {
            None => Seen::Current,
            Some((_, Some(old))) => Seen::Older(old),
            Some((_, None)) => Seen::Absent,
        }
    }

    fn forget_noticed(&mut self, now: Millis) {
        let shown_as_of = now - self.lag_ms;
        self.versions.retain(|_, kept| {
            kept.retain(|(until, _)| *until > shown_as_of);
            !kept.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_shows_the_state_of_one_lag_ago() {
        let mut index = Lagging::new(1_000);
        index.keep(4, Some("first"), Millis(10_000));
        index.keep(4, Some("second"), Millis(10_600));
        assert_eq!(index.seen(4, Millis(10_900)), Seen::Older(&"first"));
        assert_eq!(index.seen(4, Millis(11_000)), Seen::Older(&"second"));
        assert_eq!(index.seen(4, Millis(11_600)), Seen::Current);
        assert_eq!(index.seen(5, Millis(10_900)), Seen::Current);
    }

    #[test]
    fn a_new_object_is_absent_until_the_lag_has_passed() {
        let mut index: Lagging<u8> = Lagging::new(1_000);
        index.keep(9, None, Millis(10_000));
        assert_eq!(index.seen(9, Millis(10_999)), Seen::Absent);
        assert_eq!(index.seen(9, Millis(11_000)), Seen::Current);
    }

    #[test]
    fn noticed_versions_are_dropped_and_no_lag_keeps_nothing() {
        let mut index = Lagging::new(1_000);
        index.keep(1, Some(1), Millis(0));
        index.keep(2, Some(2), Millis(5_000));
        assert_eq!(index.versions.len(), 1);
        let mut prompt = Lagging::new(0);
        prompt.keep(1, Some(1), Millis(0));
        assert_eq!(prompt.seen(1, Millis(0)), Seen::Current);
    }
}
