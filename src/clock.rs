//! One clock for everything that waits or stamps: agent, console and simulator.
//!
//! Code never asks the operating system for the time of day; it is handed a [`Clock`]. Three kinds exist: the real one,
//! one that starts elsewhere and may run faster (`sim --now`, long demos), and one that a test moves by hand, so that
//! hundreds of simulated minutes cost milliseconds. Socket deadlines are not taken from here: they stay real.
//!
//! The time of day may be set by a person or by the network, an hour or fifty years at once. What must not notice goes by the
//! [steady](Clock::steady) time, which nobody can set; and every wait does.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
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
    /// The time as it would be had nobody set the clock.
    now: watch::Sender<Timestamp>,
    /// How far the clock was set ahead.
    ahead: Mutex<SignedDuration>,
    /// Moments of the time as it would be.
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
            ahead: Mutex::default(),
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
            Kind::Manual(manual) => manual.shown(*manual.now.borrow()),
        }
    }

    /// The time since some moment, always the same one. Setting the time of day does not change it, and while the machine sleeps it
    /// goes on.
    pub fn steady(&self) -> SignedDuration {
        match &self.0 {
            Kind::Real => {
                let time = clock_gettime(STEADY);
                let nanos = i32::try_from(time.tv_nsec).unwrap_or(0);
                SignedDuration::new(time.tv_sec, nanos)
            }
            Kind::Scaled { since, factor, .. } => {
                let passed = since.elapsed().mul_f64(*factor);
                SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX)
            }
            Kind::Manual(manual) => manual.now.borrow().duration_since(Timestamp::UNIX_EPOCH),
        }
    }

    /// Waits until this clock has moved on by `span`.
    pub async fn sleep(&self, span: Duration) {
        match &self.0 {
            Kind::Real => tokio::time::sleep(span).await,
            Kind::Scaled { factor, .. } => tokio::time::sleep(span.div_f64(*factor)).await,
            Kind::Manual(manual) => {
                let now = *manual.now.borrow();
                manual.sleep_until(saturating_add(now, span)).await;
            }
        }
    }

    /// Waits until this clock reads `deadline` or later; at once when it already does.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        match &self.0 {
            Kind::Real => tokio::time::sleep(span_between(self.now(), deadline)).await,
            Kind::Scaled { factor, .. } => {
                tokio::time::sleep(span_between(self.now(), deadline).div_f64(*factor)).await;
            }
            Kind::Manual(manual) => manual.sleep_until(manual.moment(deadline)).await,
        }
    }
}

/// The one that goes on while the machine sleeps.
#[cfg(target_os = "linux")]
const STEADY: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const STEADY: ClockId = ClockId::Monotonic;

impl Manual {
    fn ahead(&self) -> MutexGuard<'_, SignedDuration> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the clock shows at a moment.
    fn shown(&self, moment: Timestamp) -> Timestamp {
        moment
            .saturating_add(*self.ahead())
            .unwrap_or(Timestamp::MAX)
    }

    /// The moment at which the clock shows this.
    fn moment(&self, shown: Timestamp) -> Timestamp {
        shown
            .saturating_sub(*self.ahead())
            .unwrap_or(Timestamp::MAX)
    }

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

    /// Moves the time to where the clock shows this.
    pub fn set(&self, now: Timestamp) {
        self.0.now.send_replace(self.0.moment(now));
    }

    /// Sets what the clock shows ahead, or back, as a person or the network sets the time of day: no time passes.
    pub fn jump(&self, span: SignedDuration) {
        let mut ahead = self.0.ahead();
        *ahead = ahead.saturating_add(span);
    }

    /// The earliest moment that anybody waits for.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let first = self.0.sleepers().first().map(|(deadline, _)| *deadline);
        first.map(|deadline| self.0.shown(deadline))
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
    async fn setting_a_clock_lets_no_time_pass() {
        let (clock, hand) = Clock::manual(start());
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_mins(1)).await }
        });
        while hand.next_deadline().is_none() {
            tokio::task::yield_now().await;
        }
        let before = clock.steady();
        for hours in [24, -48] {
            hand.jump(SignedDuration::from_hours(hours));
            tokio::task::yield_now().await;
            assert!(!sleeper.is_finished());
        }
        assert_eq!(clock.now(), start() - SignedDuration::from_hours(24));
        assert_eq!(clock.steady(), before);
        let left = hand.next_deadline().unwrap().duration_since(clock.now());
        assert_eq!(left, SignedDuration::from_mins(1));
        hand.advance(Duration::from_mins(1));
        sleeper.await.unwrap();
        assert_eq!(clock.steady() - before, SignedDuration::from_mins(1));
    }

    #[test]
    fn the_machines_own_steady_time_goes_on() {
        let clock = Clock::real();
        let before = clock.steady();
        while clock.steady() == before {
            std::hint::spin_loop();
        }
        assert!(clock.steady() > before);
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
