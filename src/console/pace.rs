//! When the next picture may be painted: at once after a key, not too often after anything else.

use std::time::{Duration, Instant};

/// The least time between two pictures that no key asked for.
const LOCAL: Duration = Duration::from_millis(33);

/// The same over a link that is probably slow.
const REMOTE: Duration = Duration::from_millis(100);

/// The same while the operator looks elsewhere.
const UNFOCUSED: Duration = Duration::from_millis(500);

/// Decides when to paint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    remote: bool,
    focused: bool,
    last: Option<Instant>,
    wanted: Option<Wanted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Soon,
    Now,
}

impl Pace {
    /// On a terminal that is reached over a network, or not.
    pub(super) fn new(remote: bool) -> Self {
        Self {
            remote,
            focused: true,
            last: None,
            wanted: Some(Wanted::Now),
        }
    }

    /// The operator looks at the terminal, or elsewhere.
    pub(super) fn focus(&mut self, focused: bool) {
        self.focused = focused;
        self.want_now();
    }

    /// Something changed by itself.
    pub(super) fn want_soon(&mut self) {
        self.wanted = self.wanted.max(Some(Wanted::Soon));
    }

    /// The operator did something and waits for its effect.
    pub(super) fn want_now(&mut self) {
        self.wanted = Some(Wanted::Now);
    }

    /// When to paint; `None` when there is no reason to.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let least = match (self.focused, self.remote) {
            (false, _) => UNFOCUSED,
            (true, true) => REMOTE,
            (true, false) => LOCAL,
        };
        match (self.wanted?, self.last) {
            (Wanted::Soon, Some(last)) => Some(now.max(last + least)),
            _ => Some(now),
        }
    }

    /// A picture was painted, or found to be the same as the last.
    pub(super) fn painted(&mut self, now: Instant) {
        self.last = Some(now);
        self.wanted = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_at_once_and_news_in_a_while() {
        let start = Instant::now();
        let mut pace = Pace::new(false);
        assert_eq!(
            pace.due(start),
            Some(start),
            "the first picture does not wait"
        );
        pace.painted(start);
        assert_eq!(pace.due(start), None);
        pace.want_soon();
        assert_eq!(pace.due(start), Some(start + LOCAL));
        pace.want_now();
        pace.want_soon();
        assert_eq!(pace.due(start), Some(start));
    }

    #[test]
    fn a_slow_link_and_an_absent_operator_get_fewer_pictures() {
        let start = Instant::now();
        let mut pace = Pace::new(true);
        pace.painted(start);
        pace.want_soon();
        assert_eq!(pace.due(start), Some(start + REMOTE));
        pace.focus(false);
        pace.painted(start);
        pace.want_soon();
        assert_eq!(pace.due(start), Some(start + UNFOCUSED));
    }
}
