//! One clock for everything that waits or stamps: agent, console and simulator.
//!
//! Code never asks the operating system for the time of day; it is handed a [`Clock`]. Three kinds exist: the real one,
//! one that starts elsewhere and may run faster (`sim --now`, long demos), and one that a test moves by hand, so that
//! hundreds of simulated minutes cost milliseconds. Socket deadlines are not taken from here: they stay real.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Tells the time and waits. Cheap to clone; clones share the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Real,
    Scaled {
        origin: Timestamp,
        since: Instant,
        factor: f64,
    },
    Manual(Arc<Manual>),
}

/// The shared state of a manual clock: the time, and who waits for which moment.
#[derive(Debug)]
struct Manual {
    now: watch::Sender<Timestamp>,
    sleepers: Mutex<BTreeSet<(Timestamp, u64)>>,
}

impl Clock {
    /// The machine's own time of day.
    pub fn real() -> Self {
        Self(Kind::Real)
    }

    /// A clock that reads `origin` now and runs at the real pace from there.
    pub fn starting_at(origin: Timestamp) -> Self {
        Self::scaled(origin, 1.0)
    }

    /// A clock that reads `origin` now and runs `factor` times as fast as the real one.
    pub fn scaled(origin: Timestamp, factor: f64) -> Self {
        Self(Kind::Scaled {
            origin,
            since: Instant::now(),
            factor,
        })
    }

    /// A clock that stands still until its hand is moved.
    pub fn manual(start: Timestamp) -> (Self, Hand) {
        let manual = Arc::new(Manual {
            now: watch::Sender::new(start),
            sleepers: Mutex::default(),
        });
        (Self(Kind::Manual(Arc::clone(&manual))), Hand(manual))
    }

    /// The time by this clock.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Real => Timestamp::now(),
            Kind::Scaled {
                origin,
                since,
                factor,
            } => saturating_add(*origin, since.elapsed().mul_f64(*factor)),
            Kind::Manual(manual) => *manual.now.borrow(),
        }
    }

    /// Waits until this clock has moved on by `span`.
    pub async fn sleep(&self, span: Duration) {
        self.sleep_until(saturating_add(self.now(), span)).await;
    }

    /// Waits until this clock reads `deadline` or later; at once when it already does.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        match &self.0 {
            Kind::Real => tokio::time::sleep(span_between(self.now(), deadline)).await,
            Kind::Scaled { factor, .. } => {
                tokio::time::sleep(span_between(self.now(), deadline).div_f64(*factor)).await;
            }
            Kind::Manual(manual) => manual.sleep_until(deadline).await,
        }
    }
}

impl Manual {
    fn sleepers(&self) -> MutexGuard<'_, BTreeSet<(Timestamp, u64)>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep_until(self: &Arc<Self>, deadline: Timestamp) {
        let mut now = self.now.subscribe();
        let _registered = Registered::new(self, deadline);
        // The sender lives in `self`, so waiting can only end by the time coming.
        let _ = now.wait_for(|now| *now >= deadline).await;
    }
}

/// One sleeper's entry in the list of deadlines; leaving it (also by cancellation) takes the entry out.
struct Registered<'a> {
    manual: &'a Manual,
    key: (Timestamp, u64),
}

impl<'a> Registered<'a> {
    fn new(manual: &'a Manual, deadline: Timestamp) -> Self {
        let mut sleepers = manual.sleepers();
        let earlier = sleepers
            .range((deadline, 0)..=(deadline, u64::MAX))
            .next_back();
        let key = (deadline, earlier.map_or(0, |(_, n)| n + 1));
        sleepers.insert(key);
        drop(sleepers);
        Self { manual, key }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.manual.sleepers().remove(&self.key);
    }
}

/// The hand that moves a manual clock.
#[derive(Clone, Debug)]
pub struct Hand(Arc<Manual>);

impl Hand {
    /// Moves the time on by `span` and wakes whoever waited for a moment up to there.
    pub fn advance(&self, span: Duration) {
        self.0
            .now
            .send_modify(|now| *now = saturating_add(*now, span));
    }

    /// Sets the time; it may also jump back, as real clocks do.
    pub fn set(&self, now: Timestamp) {
        self.0.now.send_replace(now);
    }

    /// The earliest moment that anybody waits for.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.0.sleepers().first().map(|(deadline, _)| *deadline)
    }
}

fn saturating_add(time: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    time.saturating_add(span).unwrap_or(Timestamp::MAX)
}

fn span_between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_only_when_their_time_has_come() {
        let (clock, hand) = Clock::manual(start());
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_mins(1)).await }
        });
        while hand.next_deadline().is_none() {
            tokio::task::yield_now().await;
        }
        hand.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        hand.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
        assert_eq!(hand.next_deadline(), None);
    }

    #[tokio::test]
    async fn a_cancelled_sleeper_leaves_no_deadline_behind() {
        let (clock, hand) = Clock::manual(start());
        let sleeper = tokio::spawn(async move { clock.sleep(Duration::from_mins(1)).await });
        while hand.next_deadline().is_none() {
            tokio::task::yield_now().await;
        }
        sleeper.abort();
        let _ = sleeper.await;
        assert_eq!(hand.next_deadline(), None);
    }

    #[test]
    fn a_scaled_clock_starts_where_it_was_told() {
        let clock = Clock::scaled(start(), 1000.0);
        assert!(clock.now() >= start());
    }
}
