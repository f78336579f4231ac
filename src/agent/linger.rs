//! When an agent that nobody is attached to ends itself.

use std::time::Duration;

use jiff::SignedDuration;

/// Watches how long nobody has needed the agent, by the clock's steady time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Linger {
    idle_since: Option<SignedDuration>,
}

impl Linger {
    /// Takes note of how things are now: clients connected, and whether something is under way that should not be cut short.
    pub(super) fn observe(&mut self, now: SignedDuration, clients: u32, busy: bool) {
        self.idle_since = if clients > 0 || busy {
            None
        } else {
            Some(self.idle_since.unwrap_or(now))
        };
    }

    /// The moment to end at, when nothing changes until then; `None` while the agent is needed.
    pub(super) fn ends_at(&self, linger: Duration) -> Option<SignedDuration> {
        let linger = SignedDuration::try_from(linger).unwrap_or(SignedDuration::MAX);
        self.idle_since.map(|since| since.saturating_add(linger))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_lingers_from_the_last_moment_it_was_needed() {
        let at = SignedDuration::from_secs;
        let span = Duration::from_mins(1);
        let mut linger = Linger::default();
        linger.observe(at(0), 1, false);
        assert_eq!(linger.ends_at(span), None);
        linger.observe(at(10), 0, true);
        assert_eq!(linger.ends_at(span), None);
        linger.observe(at(20), 0, false);
        linger.observe(at(30), 0, false);
        assert_eq!(linger.ends_at(span), Some(at(80)));
        linger.observe(at(40), 1, false);
        assert_eq!(linger.ends_at(span), None);
    }
}
