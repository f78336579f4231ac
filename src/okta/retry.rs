//! Whether a read is tried again, and when: a function of what happened and of how often it happened before.
//!
//! Only reads come through here. They change nothing, so repeating one is always safe; what bounds the repeats is the patience of
//! whoever waits.

use std::time::Duration;

use super::rate::Lane;
use super::transport::Fault;

/// Repeats after a failing server or connection.
const MAX_FAULTS: u32 = 3;
/// The longest wait that an answer can impose.
pub(super) const MAX_WAIT: Duration = Duration::from_mins(2);

/// What one attempt brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A whole answer.
    Answered {
        status: u16,
        /// A 429 for too many requests at once rather than per minute.
        crowded: bool,
        /// `Retry-After` in seconds, when there was one.
        retry_after: Option<Duration>,
    },
    /// None.
    Failed(Fault),
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Take the outcome as final.
    Settle,
    /// Wait this long (jitter is the caller's), then queue up again. The rate limiter may hold it longer.
    Again(Duration),
}

/// How often one read has failed so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempts {
    throttled: u32,
    faults: u32,
}

impl Attempts {
    /// Judges an outcome and counts it.
    pub(super) fn after(&mut self, outcome: Outcome, lane: Lane) -> Next {
        match outcome {
            Outcome::Answered {
                status: 429,
                crowded,
                ..
            } => self.throttled(crowded, lane),
            Outcome::Answered {
                status: 500 | 502 | 503 | 504,
                retry_after,
                ..
            } => {
                let wait = retry_after.map(|wait| wait.min(MAX_WAIT));
                self.fault(MAX_FAULTS, wait)
            }
            Outcome::Answered { .. } => Next::Settle,
            Outcome::Failed(Fault::Connect | Fault::Interrupted) => self.fault(MAX_FAULTS, None),
            // A deadline has already cost its full length once.
            Outcome::Failed(Fault::Timeout | Fault::Unreached) => self.fault(1, None),
            Outcome::Failed(Fault::Tls | Fault::TooLarge | Fault::Unsendable) => Next::Settle,
        }
    }

    fn throttled(&mut self, crowded: bool, lane: Lane) -> Next {
        let patience = match lane {
            Lane::Interactive => 3,
            Lane::Bulk | Lane::Idle => 10,
        };
        if self.throttled >= patience {
            return Next::Settle;
        }
        let wait = if crowded {
            doubled(Duration::from_secs(1), self.throttled).min(Duration::from_secs(30))
        } else {
            Duration::ZERO
        };
        self.throttled += 1;
        Next::Again(wait)
    }

    fn fault(&mut self, patience: u32, imposed: Option<Duration>) -> Next {
        if self.faults >= patience {
            return Next::Settle;
        }
        let wait = imposed.unwrap_or_else(|| doubled(Duration::from_millis(500), self.faults));
        self.faults += 1;
        Next::Again(wait)
    }
}

fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered {
            status,
            crowded: false,
            retry_after: None,
        }
    }

    /// The waits, in milliseconds, until the outcome is taken as final.
    fn waits(outcome: Outcome, lane: Lane) -> Vec<u128> {
        let mut attempts = Attempts::default();
        std::iter::from_fn(|| match attempts.after(outcome, lane) {
            Next::Again(wait) => Some(wait.as_millis()),
            Next::Settle => None,
        })
        .take(50)
        .collect()
    }

    #[test]
    fn each_outcome_has_its_patience() {
        for status in [200, 204, 301, 400, 401, 403, 404, 405, 410, 501] {
            assert!(waits(answered(status), Lane::Bulk).is_empty(), "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert_eq!(
                waits(answered(status), Lane::Bulk),
                [500, 1000, 2000],
                "{status}"
            );
        }
        assert_eq!(
            waits(Outcome::Failed(Fault::Connect), Lane::Interactive),
            [500, 1000, 2000]
        );
        assert_eq!(
            waits(Outcome::Failed(Fault::Interrupted), Lane::Bulk),
            [500, 1000, 2000]
        );
        assert_eq!(waits(Outcome::Failed(Fault::Timeout), Lane::Bulk), [500]);
        assert!(waits(Outcome::Failed(Fault::Tls), Lane::Bulk).is_empty());
        assert!(waits(Outcome::Failed(Fault::TooLarge), Lane::Bulk).is_empty());
        assert_eq!(waits(answered(429), Lane::Interactive), [0; 3]);
        assert_eq!(waits(answered(429), Lane::Bulk), [0; 10]);
    }

    #[test]
    fn too_many_at_once_backs_off_by_itself() {
        let crowded = Outcome::Answered {
            status: 429,
            crowded: true,
            retry_after: None,
        };
        assert_eq!(waits(crowded, Lane::Interactive), [1000, 2000, 4000]);
        assert_eq!(waits(crowded, Lane::Bulk).last(), Some(&30_000));
    }

    #[test]
    fn a_server_that_names_a_wait_gets_it_up_to_a_bound() {
        let told = |secs| Outcome::Answered {
            status: 503,
            crowded: false,
            retry_after: Some(Duration::from_secs(secs)),
        };
        assert_eq!(waits(told(7), Lane::Bulk), [7000; 3]);
        assert_eq!(waits(told(86_400), Lane::Bulk), [120_000; 3]);
    }
}
