//! How long the log is kept: whole days leave, the oldest first, and never one that somebody holds.
//!
//! What a finding, a case or an action points to is held under a name until that name lets go of it. A day leaves in three steps, each
//! done again at the next start when it was cut off: the index notes that it leaves, its file is removed, the index forgets it. From
//! the first step on nobody is shown the day.

use std::collections::BTreeSet;

use super::day::Day;

/// Days without an event after which a single later one is not believed.
const FAR_DAYS: i32 = 30;

/// How much of the log is kept. The default is all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Days before today, UTC, or before the newest day that is stored when that is earlier.
    pub days: Option<u64>,
    /// Bytes on disk of all days.
    pub bytes: Option<u64>,
}

impl Keep {
    /// Whether nothing ever leaves.
    pub fn is_everything(&self) -> bool {
        self.days.is_none() && self.bytes.is_none()
    }
}

/// A day that may leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) day: Day,
    /// What its file takes on disk.
    pub(super) bytes: u64,
}

/// The days that are to leave, oldest first. `stored` is in order of days. The newest day stays whatever it takes.
///
/// `today` comes from a clock that may be wrong, and what left does not come back; so no day is older than it is to the newest stored,
/// and a day that is far from all before it tells nothing: one event with a wrong date would do.
pub(super) fn leaving(stored: &[Stored], held: &BTreeSet<Day>, keep: Keep, today: Day) -> Vec<Day> {
    let newest = stored.last().map(|one| one.day);
    let told = told_by(stored);
    let today = told.map_or(today, |told| today.min(told));
    let oldest = keep.days.map(|days| {
        today
            .0
            .saturating_sub(i32::try_from(days).unwrap_or(i32::MAX))
    });
    let mut bytes: u64 = stored.iter().map(|one| one.bytes).sum();
    let mut leaving = Vec::new();
    for one in stored {
        let old = oldest.is_some_and(|oldest| one.day.0 < oldest);
        let large = keep.bytes.is_some_and(|most| bytes > most);
        if (old || large) && !held.contains(&one.day) && Some(one.day) != newest {
            bytes -= one.bytes;
            leaving.push(one.day);
        }
    }
    leaving
}

/// The day that it is at least, by what is stored.
fn told_by(stored: &[Stored]) -> Option<Day> {
    let mut days = stored.iter().rev().map(|one| one.day).peekable();
    while let Some(day) = days.next() {
        let before = days.peek();
        if before.is_none_or(|before| day.0.saturating_sub(before.0) <= FAR_DAYS) {
            return Some(day);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(days: &[(i32, u64)]) -> Vec<Stored> {
        let one = |(day, bytes): &(i32, u64)| Stored {
            day: Day(*day),
            bytes: *bytes,
        };
        days.iter().map(one).collect()
    }

    #[test]
    fn the_oldest_leave_and_what_is_held_stays() {
        let days = stored(&[(10, 5), (11, 5), (12, 5), (15, 5), (16, 5)]);
        let held = BTreeSet::from([Day(11)]);
        let leave = |days: &[Stored], keep_days, keep_bytes| {
            let keep = Keep {
                days: keep_days,
                bytes: keep_bytes,
            };
            let leaving = leaving(days, &held, keep, Day(16));
            leaving.iter().map(|day| day.0).collect::<Vec<_>>()
        };
        assert_eq!(leave(&days, None, None), [0; 0]);
        assert_eq!(leave(&days, Some(4), None), [10]);
        assert_eq!(leave(&days, Some(3), None), [10, 12]);
        assert_eq!(leave(&days, None, Some(25)), [0; 0]);
        assert_eq!(leave(&days, None, Some(24)), [10]);
        assert_eq!(leave(&days, None, Some(14)), [10, 12, 15]);
        // What is held and the newest stay even when they are too much.
        assert_eq!(leave(&days, Some(0), Some(0)), [10, 12, 15]);
        assert_eq!(leave(&[], Some(0), Some(0)), [0; 0]);
    }

    #[test]
    fn a_clock_that_is_ahead_takes_no_day_away() {
        let days = stored(&[(10, 5), (11, 5), (12, 5)]);
        let keep = Keep {
            days: Some(2),
            bytes: None,
        };
        let leave = |today| leaving(&days, &BTreeSet::new(), keep, Day(today));
        assert_eq!(leave(12 + 365), []);
        assert_eq!(leave(i32::MAX), []);
        let behind = leaving(
            &stored(&[(9, 5), (10, 5), (12, 5)]),
            &BTreeSet::new(),
            keep,
            Day(40),
        );
        assert_eq!(behind, [Day(9)]);
    }

    #[test]
    fn an_event_of_the_far_future_takes_no_day_away_even_when_the_clock_is_there_too() {
        let keep = Keep {
            days: Some(2),
            bytes: None,
        };
        let leave = |days: &[(i32, u64)], today| {
            let leaving = leaving(&stored(days), &BTreeSet::new(), keep, Day(today));
            leaving.into_iter().map(|day| day.0).collect::<Vec<_>>()
        };
        for far in [12 + 400, i32::MAX] {
            assert_eq!(leave(&[(10, 5), (11, 5), (12, 5), (far, 5)], far), [0; 0]);
            assert_eq!(leave(&[(9, 5), (11, 5), (12, 5), (far, 5)], far), [9]);
        }
        // Nobody followed the log for half a year: the second day of the new time tells.
        assert_eq!(leave(&[(10, 5), (11, 5), (200, 5)], 200), [0; 0]);
        assert_eq!(
            leave(&[(10, 5), (11, 5), (200, 5), (201, 5)], 201),
            [10, 11]
        );
    }

    proptest! {
        #[test]
        fn no_more_leaves_than_must(
            sizes in prop::collection::vec(0u64..100, 0..30),
            held in prop::collection::btree_set(0i32..30, 0..5),
            most in 0u64..2_000,
        ) {
            let days: Vec<(i32, u64)> = (0..).zip(sizes).collect();
            let held = held.into_iter().map(Day).collect();
            let keep = Keep { days: None, bytes: Some(most) };
            let gone = leaving(&stored(&days), &held, keep, Day(40));
            prop_assert!(gone.is_sorted() && gone.iter().all(|day| !held.contains(day)));
            let bytes_without = |gone: &[Day]| -> u64 {
                days.iter().filter(|(day, _)| !gone.contains(&Day(*day))).map(|(_, bytes)| bytes).sum()
            };
            if let Some((_, but_the_last)) = gone.split_last() {
                prop_assert!(bytes_without(but_the_last) > most);
            }
            let may_go = days.len().saturating_sub(1);
            let stays = days.iter().take(may_go).filter(|(day, _)| !gone.contains(&Day(*day)) && !held.contains(&Day(*day))).count();
            prop_assert!(bytes_without(&gone) <= most || stays == 0);
        }
    }
}
