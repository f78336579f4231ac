//! How far Okta's clock is from ours, told by the `Date` of its answers.
//!
//! `Reset` is a moment of Okta's clock; waiting for it by a clock that is minutes off would send too early or idle too long.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Answers that are remembered; their median is not moved by a slow one.
const SAMPLES: usize = 9;
/// `Date` names a whole second, during which the answer was made; its middle is the best guess.
const HALF_A_SECOND: SignedDuration = SignedDuration::from_millis(500);

/// The offset from our clock to Okta's.
#[derive(Clone, Debug, Default)]
pub(super) struct Skew(VecDeque<SignedDuration>);

impl Skew {
    /// Takes in an answer with this `Date`, to a request sent and answered at these moments of our clock.
    pub(super) fn observe(&mut self, date: Timestamp, sent: Timestamp, answered: Timestamp) {
        let middle = sent
            .saturating_add(answered.duration_since(sent) / 2)
            .unwrap_or(sent);
        if self.0.len() == SAMPLES {
            self.0.pop_front();
        }
        self.0
            .push_back(date.duration_since(middle).saturating_add(HALF_A_SECOND));
    }

    /// Okta's clock minus ours; `None` before the first answer with a `Date`.
    pub(super) fn offset(&self) -> Option<SignedDuration> {
        let mut sorted: Vec<_> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }

    /// A moment of our clock, told by Okta's.
    pub(super) fn to_server(&self, local: Timestamp) -> Timestamp {
        let offset = self.offset().unwrap_or_default();
        local.saturating_add(offset).unwrap_or(local)
    }

    /// A moment of Okta's clock, told by ours.
    pub(super) fn to_local(&self, server: Timestamp) -> Timestamp {
        let offset = self.offset().unwrap_or_default();
        server.saturating_sub(offset).unwrap_or(server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_answer_does_not_move_it() {
        let mut skew = Skew::default();
        assert_eq!(skew.offset(), None);
        let local = Timestamp::from_second(1_000_000).unwrap();
        let later = |secs| local + SignedDuration::from_secs(secs);
        for _ in 0..5 {
            skew.observe(later(299), local, later(-1 + 1));
        }
        skew.observe(later(9_000), local, local);
        let offset = skew.offset().unwrap();
        assert_eq!(offset.as_millis(), 299_500);
        assert_eq!(skew.to_local(skew.to_server(local)), local);
    }

    #[test]
    fn it_follows_a_clock_that_was_set() {
        let mut skew = Skew::default();
        let local = Timestamp::from_second(1_000_000).unwrap();
        for _ in 0..SAMPLES {
            skew.observe(local, local, local);
        }
        let jumped = local + SignedDuration::from_hours(1);
        for _ in 0..5 {
            skew.observe(local, jumped, jumped);
        }
        assert_eq!(skew.offset().unwrap().as_secs(), -3599);
    }
}
