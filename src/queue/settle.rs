//! Finding out what became of what was sent: by reading, by the log, and at last by asking a person.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::carry::{ReadBack, Wait, after_acceptance, op_of, touch};
use super::{Shared, Trouble, Way};
use crate::action::plan::{OpId, Plan};
use crate::action::progress::{Attempt, Move, Progress};
use crate::action::resolve::{Doubt, Next, Seen, next_read_back};
use crate::action::standing::seen;
use crate::action::state::{State, Step};
use crate::domain::change::Change;
use crate::domain::time::{after, elapsed};

impl Shared {
    /// Follows an op until it is settled, the way to Okta is gone, or the agent ends.
    pub(super) async fn settle(
        &self,
        id: OpId,
        mut ending: watch::Receiver<bool>,
    ) -> Result<Option<Wait>, Trouble> {
        let plan = self.plan(id.plan)?;
        loop {
            let Some(doubt) = self.doubt(id)? else {
                return Ok(None);
            };
            let due = doubt.next(&op_of(&plan, id).change, self.clock.now());
            tokio::select! {
                () = self.clock.sleep_until(due.at(&doubt)) => {}
                _ = ending.wait_for(|ending| *ending) => return Ok(None),
            }
            let Some(way) = self.way.borrow().clone() else {
                return Ok(Some(Wait::Longer));
            };
            self.settle_once(id, &plan, &way, &doubt, due).await?;
        }
    }

    /// What is not known of an op; `None` when nothing is open.
    fn doubt(&self, id: OpId) -> Result<Option<Open>, Trouble> {
        let progress = self.control.progress(id.plan)?;
        let found = progress.into_iter().find(|(other, _)| *other == id);
        let Some((_, progress)) = found else {
            return Ok(None);
        };
        let is_open = matches!(progress.state, State::Accepted | State::Unknown);
        let attempt = self.control.attempts(id)?.pop();
        Ok(attempt
            .filter(|_| is_open)
            .map(|attempt| Open { progress, attempt }))
    }

    async fn settle_once(
        &self,
        id: OpId,
        plan: &Plan,
        way: &Way,
        open: &Open,
        due: Due,
    ) -> Result<(), Trouble> {
        let change = &op_of(plan, id).change;
        match due {
            Due::ReadBack(_) => self.read_once_more(id, change, way, open).await,
            Due::Resolve(Next::Look(_)) => {
                let what = self.saw(change, way).await;
                self.control
                    .note(id, Some((open.elapsed_ms(self.clock.now()), what)), None)
                    .await?;
                Ok(())
            }
            Due::Resolve(Next::AskLog(_)) => {
                let evidence = self.evidence(change, &open.attempt, open.ended()).await?;
                self.control.note(id, None, Some(evidence)).await?;
                Ok(())
            }
            Due::Resolve(next) => self.decide(id, plan, way, next).await,
            Due::Human => {
                let why = "Okta took it, and half an hour later it does not show";
                self.lead(Move::new(id, Step::AskHuman, self.clock.now()).because(why))
                    .await
                    .map(drop)
            }
        }
    }

    async fn saw(&self, change: &Change, way: &Way) -> Seen {
        match way.reader.look(change).await {
            Ok(found) => seen(change, &found.facts),
            Err(_) => Seen::Unreadable,
        }
    }

    async fn read_once_more(
        &self,
        id: OpId,
        change: &Change,
        way: &Way,
        open: &Open,
    ) -> Result<(), Trouble> {
        let found = way.reader.look(change).await.ok();
        let told = found
            .as_ref()
            .map(|found| after_acceptance(change, &found.facts));
        if let Some(ReadBack::Settled(why)) = told {
            let mut moved = Move::new(id, Step::Verify, self.clock.now());
            moved.why = why.map(Into::into);
            self.lead(moved).await?;
            touch(way, change);
            return Ok(());
        }
        let what = found.map_or(Seen::Unreadable, |_| Seen::Before);
        let look = (open.elapsed_ms(self.clock.now()), what);
        self.control.note(id, Some(look), None).await?;
        Ok(())
    }

    async fn decide(&self, id: OpId, plan: &Plan, way: &Way, next: Next) -> Result<(), Trouble> {
        let (step, why) = match next {
            Next::Verified { by_other: false } => (Step::Verify, "found to be so".to_owned()),
            Next::Verified { by_other: true } => (
                Step::Verify,
                "found to be so; the log says that somebody else did it".to_owned(),
            ),
            Next::Gone => (Step::FindGone, "what it was about is gone".to_owned()),
            Next::Again => (
                Step::NotExecuted,
                "found to have had no effect; it is sent again".to_owned(),
            ),
            Next::Stale => (Step::FindStale, self.staged_anew(id, plan).await),
            Next::NoEffect => (Step::Disprove, "found to have had no effect".to_owned()),
            Next::AskHuman => (
                Step::AskHuman,
                "neither reading nor the log tells whether it was done".to_owned(),
            ),
            Next::Look(_) | Next::AskLog(_) => return Ok(()),
        };
        self.lead(Move::new(id, step, self.clock.now()).because(why.as_str()))
            .await?;
        touch(way, &op_of(plan, id).change);
        Ok(())
    }
}

/// An op that is not settled, and its last attempt.
struct Open {
    progress: Progress,
    attempt: Attempt,
}

/// What is done next, and so long after the attempt's end.
#[derive(Clone, Copy)]
enum Due {
    ReadBack(Duration),
    Resolve(Next),
    Human,
}

impl Due {
    fn at(self, open: &Open) -> Timestamp {
        match self {
            Self::ReadBack(due) | Self::Resolve(Next::Look(due) | Next::AskLog(due)) => {
                after(open.ended(), due)
            }
            _ => open.ended(),
        }
    }
}

impl Open {
    /// When the attempt ended.
    fn ended(&self) -> Timestamp {
        self.attempt.over_by(self.progress.since)
    }

    fn elapsed_ms(&self, now: Timestamp) -> u64 {
        u64::try_from(elapsed(self.ended(), now).as_millis()).unwrap_or(u64::MAX)
    }

    fn next(&self, change: &Change, now: Timestamp) -> Due {
        let of = |(millis, seen): &(u64, Seen)| (Duration::from_millis(*millis), *seen);
        let looks: Vec<(Duration, Seen)> = self.attempt.looks.iter().map(of).collect();
        if self.progress.state == State::Accepted {
            let last = looks.last().map(|(when, _)| *when);
            return next_read_back(last).map_or(Due::Human, Due::ReadBack);
        }
        let doubt = Doubt {
            class: change.class(),
            attempts: self.progress.attempts,
            elapsed: elapsed(self.ended(), now),
            looks: &looks,
            evidence: self.attempt.evidence,
        };
        Due::Resolve(doubt.next())
    }
}
