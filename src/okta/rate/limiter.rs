//! Waiting for one's turn: the schedule's decisions, carried out on the clock.
//!
//! Requests of one bucket and lane go in the order in which they came. Whoever gives up waiting, or is dropped in the middle, leaves the
//! books right.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::schedule::{Decision, Schedule, Settled};
use super::skew::Skew;
use super::{Bucket, Budget, Lane, Stated};
use crate::clock::Clock;
use crate::domain::time::{after, elapsed};

/// Those who wait for the same moment come apart by up to this much: another process may wait for the same window.
const MAX_JITTER_MS: u64 = 400;

/// The one place where requests to an org wait for their turn.
#[derive(Debug)]
pub(in crate::okta) struct Limiter {
    clock: Clock,
    state: Mutex<State>,
    /// Told when something was answered, lost or given up.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    schedule: Schedule,
    skew: Skew,
    /// Who waits for what, by ticket.
    waiting: BTreeMap<(Bucket, Lane), BTreeSet<u64>>,
    next_ticket: u64,
}

impl Limiter {
    /// A limiter that lets bulk reads use `share` of each limit.
    pub(in crate::okta) fn new(clock: Clock, share: f64) -> Self {
        let skew = Skew::new(clock.now(), clock.steady());
        Self {
            clock,
            state: Mutex::new(State {
                schedule: Schedule::new(share),
                skew,
                waiting: BTreeMap::new(),
                next_ticket: 0,
            }),
            changed: Notify::new(),
        }
    }

    /// Waits for a turn. Dropping the future gives the place in the queue up.
    pub(in crate::okta) async fn reserve(self: &Arc<Self>, bucket: Bucket, lane: Lane) -> Slot {
        let ticket = Ticket::draw(self, bucket, lane);
        loop {
            // Made before the books are looked at, so that no change in between is missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_reserve(&ticket) {
                Decision::Go => {
                    return Slot {
                        limiter: Arc::clone(self),
                        bucket,
                        lane,
                        sent_at: self.clock.steady(),
                        is_settled: false,
                    };
                }
                Decision::Wait(None) => changed.await,
                Decision::Wait(Some(until)) => tokio::select! {
                    () = changed => {}
                    () = self.clock.sleep_until(jittered(until)) => {}
                },
            }
        }
    }

    /// Reserves for the ticket if it is its turn; a wait is told by our clock.
    fn try_reserve(&self, ticket: &Ticket<'_>) -> Decision {
        let mut state = self.state();
        let first = state.waiting.get(&ticket.queue).and_then(BTreeSet::first);
        if first != Some(&ticket.number) {
            return Decision::Wait(None);
        }
        let (bucket, lane) = ticket.queue;
        let now = state.skew.server(self.clock.steady());
        match state.schedule.decide(bucket, lane, now) {
            Decision::Go => {
                state.schedule.reserve(bucket, lane);
                Decision::Go
            }
            Decision::Wait(until) => {
                let ours = |until| after(self.clock.now(), elapsed(now, until));
                Decision::Wait(until.map(ours))
            }
        }
    }

    /// How each bucket with a known limit stands.
    pub(in crate::okta) fn budgets(&self) -> Vec<Budget> {
        let state = self.state();
        let now = state.skew.server(self.clock.steady());
        let mut budgets = state.schedule.budgets(now);
        for budget in &mut budgets {
            budget.waits_until = state.waits_until(budget.bucket, now);
        }
        budgets
    }

    /// Okta's clock minus ours.
    pub(in crate::okta) fn skew(&self) -> Option<SignedDuration> {
        let is_known = self.state().skew.is_known();
        is_known.then(|| self.server_now().duration_since(self.clock.now()))
    }

    /// The time by Okta's clock, as far as it is known.
    pub(in crate::okta) fn server_now(&self) -> Timestamp {
        self.state().skew.server(self.clock.steady())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Until when reads wait that no person waits for; `None` when there are none, or they wait for an answer only.
    fn waits_until(&self, bucket: Bucket, now: Timestamp) -> Option<Timestamp> {
        [Lane::Bulk, Lane::Idle].into_iter().find_map(|lane| {
            let queue = self.waiting.get(&(bucket, lane))?;
            match self.schedule.decide(bucket, lane, now) {
                Decision::Wait(until) if !queue.is_empty() => until,
                _ => None,
            }
        })
    }
}

fn jittered(until: Timestamp) -> Timestamp {
    after(
        until,
        Duration::from_millis(rand::random_range(0..=MAX_JITTER_MS)),
    )
}

/// A place in the queue of a bucket and lane; left when dropped.
struct Ticket<'a> {
    limiter: &'a Limiter,
    queue: (Bucket, Lane),
    number: u64,
}

impl<'a> Ticket<'a> {
    fn draw(limiter: &'a Limiter, bucket: Bucket, lane: Lane) -> Self {
        let mut state = limiter.state();
        let number = state.next_ticket;
        state.next_ticket += 1;
        state
            .waiting
            .entry((bucket, lane))
            .or_default()
            .insert(number);
        drop(state);
        Self {
            limiter,
            queue: (bucket, lane),
            number,
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.limiter.state().waiting.get_mut(&self.queue) {
            queue.remove(&self.number);
        }
        // The next in the queue is first now.
        self.limiter.changed.notify_waiters();
    }
}

/// The right to send one request. Dropped unsettled, it counts as a request that Okta may have counted.
#[derive(Debug)]
pub(in crate::okta) struct Slot {
    limiter: Arc<Limiter>,
    bucket: Bucket,
    lane: Lane,
    /// By our steady time.
    sent_at: SignedDuration,
    is_settled: bool,
}

impl Slot {
    /// Enters the answer: its status, what its headers state, and its `Date`.
    pub(in crate::okta) fn answered(
        mut self,
        status: u16,
        stated: Stated,
        date: Option<Timestamp>,
    ) {
        let now = self.limiter.clock.steady();
        if let Some(date) = date {
            self.limiter.state().skew.observe(date, self.sent_at, now);
        }
        self.settle(Settled::Answered { status, stated });
    }

    fn settle(&mut self, how: Settled) {
        self.is_settled = true;
        let mut state = self.limiter.state();
        let now = state.skew.server(self.limiter.clock.steady());
        state.schedule.settle(self.bucket, self.lane, how, now);
        drop(state);
        self.limiter.changed.notify_waiters();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.is_settled {
            self.settle(Settled::Lost);
        }
    }
}

#[cfg(test)]
mod tests;
