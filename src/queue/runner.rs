//! The runner: looks whose turn it is, carries that out, and follows what nobody knows until somebody does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::watch;

use super::carry::{CONFIRMED_LONG_AGO, Wait};
use super::{Queue, Shared, Trouble};
use crate::action::order::{Row, Turn, turns};
use crate::action::plan::{OpId, Plan};
use crate::action::progress::{Move, Progress};
use crate::action::state::{State, Step};
use crate::domain::time;

/// Times that end something are looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// The first wait after something could not be sent; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The wait when the store could not be written.
const STORE_WAIT: Duration = Duration::from_secs(5);

/// What the runner remembers and need not know after a restart.
#[derive(Default)]
struct Desk {
    busy: BTreeSet<OpId>,
    /// How often something could not be sent in a row, and when it is tried again.
    waits: BTreeMap<OpId, (u32, Timestamp)>,
    plans: BTreeMap<u64, Arc<Plan>>,
}

type Work = BoxFuture<'static, (OpId, Result<Option<Wait>, Trouble>)>;

impl Queue {
    /// Carries out what is confirmed until `ending` turns true; then what is being sent comes to its end.
    pub async fn run(self, mut ending: watch::Receiver<bool>) {
        let mut desk = Desk::default();
        let mut work: FuturesUnordered<Work> = FuturesUnordered::new();
        let mut way = self.shared.way.clone();
        loop {
            // What is being sent goes on while nothing more can begin.
            let pause = match self.begin(&mut desk, &mut work, &ending).await {
                Ok(()) => desk.pause(self.shared.clock.now()),
                Err(trouble) => {
                    tracing::error!(%trouble, "the queue cannot go on");
                    STORE_WAIT
                }
            };
            tokio::select! {
                Some((id, done)) = work.next(), if !work.is_empty() => desk.note(id, done, self.shared.clock.now()),
                () = self.shared.wake.notified() => {}
                Ok(()) = way.changed() => {}
                () = self.shared.clock.sleep(pause) => {}
                _ = ending.wait_for(|ending| *ending) => break,
            }
        }
        // Whoever follows something gives up by itself; what is being sent is bounded by its deadline.
        while work.next().await.is_some() {}
    }

    /// Begins whatever can begin. Should that end early, what was begun by then goes on.
    async fn begin(
        &self,
        desk: &mut Desk,
        work: &mut FuturesUnordered<Work>,
        ending: &watch::Receiver<bool>,
    ) -> Result<(), Trouble> {
        self.shared.pay().await?;
        self.pick_up(desk).await?;
        let open = self.shared.control.open_ops()?;
        desk.forget(&open);
        work.extend(self.follow(desk, &open, ending));
        let rows = self.shared.rows(desk, &open)?;
        let now = self.shared.clock.now();
        for (id, turn) in turns(&borrowed(&rows), now) {
            match turn {
                Turn::Go => work.extend(self.go(desk, id, now, ending)),
                Turn::Block(why) => self.step(id, Step::Block, &why).await?,
                Turn::Unconfirm => {
                    self.step(id, Step::Unconfirm, CONFIRMED_LONG_AGO).await?;
                }
                Turn::Expire => {
                    self.step(id, Step::Expire, "nobody confirmed it in time")
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Leads on what somebody gave up at whom the store refused something: it is owed nothing, and nobody else would.
    async fn pick_up(&self, desk: &Desk) -> Result<(), Trouble> {
        for (id, progress) in self.shared.control.open_ops()? {
            match progress.state {
                _ if desk.busy.contains(&id) => {}
                State::Rechecking => {
                    let why = "nothing was sent: the store could not be read";
                    self.step(id, Step::NotExecuted, why).await?;
                }
                State::InFlight => {
                    let why = "what came of it could not be noted";
                    self.step(id, Step::LoseAnswer, why).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Begins to follow what was sent and is not settled.
    fn follow(
        &self,
        desk: &mut Desk,
        open: &[(OpId, Progress)],
        ending: &watch::Receiver<bool>,
    ) -> Vec<Work> {
        if self.shared.way.borrow().is_none() {
            return Vec::new();
        }
        let mut begun: Vec<Work> = Vec::new();
        for (id, progress) in open {
            let is_open = matches!(progress.state, State::Accepted | State::Unknown);
            if is_open && desk.is_free(*id, self.shared.clock.now()) && desk.busy.insert(*id) {
                let shared = Arc::clone(&self.shared);
                let (id, ending) = (*id, ending.clone());
                begun.push(async move { (id, shared.settle(id, ending).await) }.boxed());
            }
        }
        begun
    }

    fn go(
        &self,
        desk: &mut Desk,
        id: OpId,
        now: Timestamp,
        ending: &watch::Receiver<bool>,
    ) -> Option<Work> {
        let way = self.shared.way.borrow().clone()?;
        let is_halted = self.shared.halted.borrow().is_some() || *ending.borrow();
        if is_halted || !desk.is_free(id, now) || !desk.busy.insert(id) {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        let ending = ending.clone();
        Some(async move { (id, shared.carry_out(id, &way, &ending).await) }.boxed())
    }

    async fn step(&self, id: OpId, step: Step, why: &str) -> Result<(), Trouble> {
        let moved = Move::new(id, step, self.shared.clock.now()).because(why);
        self.shared.lead(moved).await.map(drop)
    }
}

/// A plan with how far its ops have come.
type Known = (u64, Arc<Plan>, Vec<Progress>);

fn borrowed(rows: &[Known]) -> Vec<Row<'_>> {
    rows.iter().map(row).collect()
}

fn row((number, plan, progress): &Known) -> Row<'_> {
    Row {
        number: *number,
        plan,
        progress,
    }
}

impl Shared {
    /// The plans with an open op, oldest first.
    fn rows(&self, desk: &mut Desk, open: &[(OpId, Progress)]) -> Result<Vec<Known>, Trouble> {
        let numbers: BTreeSet<u64> = open.iter().map(|(id, _)| id.plan).collect();
        let mut rows = Vec::new();
        for number in numbers {
            let plan = match desk.plans.get(&number) {
                Some(plan) => Arc::clone(plan),
                None => Arc::new(self.plan(number)?),
            };
            // What an op has made changes what the others are about.
            if !plan.waits_for_made() {
                desk.plans.insert(number, Arc::clone(&plan));
            }
            let progress = self.control.progress(number)?;
            rows.push((
                number,
                plan,
                progress.into_iter().map(|(_, one)| one).collect(),
            ));
        }
        Ok(rows)
    }
}

impl Desk {
    /// Whether nobody is at it, and it does not wait.
    fn is_free(&self, id: OpId, now: Timestamp) -> bool {
        let waits = self.waits.get(&id).is_some_and(|(_, until)| *until > now);
        !waits && !self.busy.contains(&id)
    }

    fn note(&mut self, id: OpId, done: Result<Option<Wait>, Trouble>, now: Timestamp) {
        self.busy.remove(&id);
        let wait = match done {
            Ok(wait) => wait,
            Err(trouble) => {
                tracing::error!(op = %id, %trouble, "a change could not be led on");
                Some(Wait::Short(STORE_WAIT))
            }
        };
        match wait {
            None => drop(self.waits.remove(&id)),
            Some(Wait::Short(span)) => drop(self.waits.insert(id, (0, time::after(now, span)))),
            Some(Wait::Longer) => {
                let times = self.waits.get(&id).map_or(0, |(times, _)| *times);
                let span = FIRST_WAIT
                    .saturating_mul(1 << times.min(6))
                    .min(LONGEST_WAIT);
                self.waits.insert(id, (times + 1, time::after(now, span)));
            }
        }
    }

    /// How long nothing need be looked at.
    fn pause(&self, now: Timestamp) -> Duration {
        let next = self
            .waits
            .values()
            .map(|(_, until)| *until)
            .filter(|until| *until > now);
        let next = next
            .min()
            .map_or(LOOK_AGAIN, |until| time::elapsed(now, until));
        next.min(LOOK_AGAIN)
    }

    fn forget(&mut self, open: &[(OpId, Progress)]) {
        let known: BTreeSet<OpId> = open.iter().map(|(id, _)| *id).collect();
        self.waits.retain(|id, _| known.contains(id));
        self.plans
            .retain(|number, _| known.iter().any(|id| id.plan == *number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_waits_longer_each_time_up_to_a_minute() {
        let at = |secs: i64| Timestamp::from_second(secs).unwrap();
        let id = OpId { plan: 1, op: 1 };
        let mut desk = Desk::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            desk.busy.insert(id);
            desk.note(id, Ok(Some(Wait::Longer)), at(0));
            waits.push(time::elapsed(at(0), desk.waits[&id].1).as_secs());
            assert!(!desk.is_free(id, at(0)));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(desk.is_free(id, at(60)));
        desk.note(id, Ok(None), at(60));
        assert!(desk.waits.is_empty());
    }
}
