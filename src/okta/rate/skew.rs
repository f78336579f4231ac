//! How far Okta's clock is from ours, told by the `Date` of its answers.
//!
//! `Reset` is a moment of Okta's clock; waiting for it by a clock that is minutes off would send too early or idle too long.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Answers that are remembered; their median is not moved by a slow one.
const SAMPLES: usize = 9;
/// `Date` names a whole second, during which the answer was made; its middle is the best guess.
const HALF_A_SECOND: SignedDuration = SignedDuration::from_millis(500);

/// Where Okta's clock stands, by our [steady](crate::clock::Clock::steady) time: whoever sets our time of day moves nothing.
#[derive(Clone, Debug)]
pub(super) struct Skew {
    /// What Okta's clock showed at the zero of our steady time, by each answer.
    samples: VecDeque<SignedDuration>,
    /// What ours showed then, for as long as there is no answer.
    ours: SignedDuration,
}

impl Skew {
    /// Before the first answer, at these moments of our clock and of our steady time.
    pub(super) fn new(now: Timestamp, steady: SignedDuration) -> Self {
        Self {
            samples: VecDeque::new(),
            ours: zero(now, steady),
        }
    }

    /// Takes in an answer with this `Date`, to a request sent and answered at these moments of our steady time.
    pub(super) fn observe(
        &mut self,
        date: Timestamp,
        sent: SignedDuration,
        answered: SignedDuration,
    ) {
        let middle = sent.saturating_add(answered.saturating_sub(sent) / 2);
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples
            .push_back(zero(date, middle).saturating_add(HALF_A_SECOND));
    }

    /// Whether there was an answer with a `Date`.
    pub(super) fn is_known(&self) -> bool {
        !self.samples.is_empty()
    }

    /// What Okta's clock shows at a moment of our steady time; what ours would show had nobody set it, before the first answer.
    pub(super) fn server(&self, steady: SignedDuration) -> Timestamp {
        let mut sorted: Vec<_> = self.samples.iter().copied().collect();
        sorted.sort_unstable();
        let zero = sorted.get(sorted.len() / 2).unwrap_or(&self.ours);
        let shown = Timestamp::UNIX_EPOCH.saturating_add(zero.saturating_add(steady));
        shown.unwrap_or(Timestamp::MAX)
    }
}

/// What a clock showed at the zero of the steady time that shows `time` at this moment of it.
fn zero(time: Timestamp, steady: SignedDuration) -> SignedDuration {
    let since = time.duration_since(Timestamp::UNIX_EPOCH);
    since.saturating_sub(steady)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: i64) -> SignedDuration {
        SignedDuration::from_secs(secs)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn one_odd_answer_does_not_move_it() {
        let mut skew = Skew::new(at(1_000_000), secs(50));
        assert!(!skew.is_known());
        assert_eq!(skew.server(secs(60)), at(1_000_010));
        for _ in 0..5 {
            skew.observe(at(1_000_299), secs(50), secs(50));
        }
        skew.observe(at(1_009_000), secs(50), secs(50));
        assert!(skew.is_known());
        let shown = skew.server(secs(51));
        assert_eq!(shown, at(1_000_300) + HALF_A_SECOND);
    }

    #[test]
    fn it_follows_oktas_clock() {
        let mut skew = Skew::new(at(0), secs(0));
        for n in 0..9 {
            skew.observe(at(1_000_000 + n), secs(n), secs(n));
        }
        for n in 9..14 {
            skew.observe(at(1_003_600 + n), secs(n), secs(n));
        }
        assert_eq!(skew.server(secs(20)).as_second(), 1_003_620);
    }
}
