//! Whose turn it is: which of the confirmed ops may go out now, which wait, and which are held back.
//!
//! Plans are carried out in their order, and plans that touch the same objects one after the other. What takes access away is held up by
//! nothing but what is about to touch the same object: neither by a step that failed before it nor by one of which nobody knows.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::plan::{OnFailure, OpId, Plan};
use super::progress::Progress;
use super::state::State;
use crate::domain::change::{Change, Class, Lock, Tier};
use crate::domain::time::elapsed;

/// Requests that are out at the same time.
const MOST_AT_ONCE: usize = 4;

/// A plan with how far its ops have come, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Its number.
    pub number: u64,
    /// The plan.
    pub plan: &'a Plan,
    /// One for each op.
    pub progress: &'a [Progress],
}

/// What to do about an op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is its turn.
    Go,
    /// Something that it waits for did not succeed.
    Block(String),
    /// It was confirmed too long ago.
    Unconfirm,
    /// Nobody confirmed it in time.
    Expire,
}

/// How long a plan can be confirmed after it was staged.
pub fn staged_for(tier: Tier) -> Duration {
    match tier {
        Tier::One => Duration::from_hours(24),
        Tier::Two | Tier::Three => Duration::from_hours(4),
    }
}

/// How long a confirmation is good.
pub fn confirmed_for(tier: Tier) -> Duration {
    match tier {
        Tier::One => Duration::from_hours(1),
        Tier::Two | Tier::Three => Duration::from_mins(15),
    }
}

/// What to do now, op by op, oldest plan first; those that wait are not among them. `rows` are the plans with an open op, oldest first.
pub fn turns(rows: &[Row<'_>], now: Timestamp) -> Vec<(OpId, Turn)> {
    let mut road = Road::of(rows);
    let mut turns = Vec::new();
    for row in rows {
        for (op, progress) in (1u32..).zip(row.progress) {
            let found = match progress.state {
                State::Proposed | State::AwaitingSecond => row.expired(progress, now),
                State::Approved => row.confirmed(op, progress, now, &mut road),
                _ => None,
            };
            let id = OpId {
                plan: row.number,
                op,
            };
            turns.extend(found.map(|turn| (id, turn)));
        }
    }
    turns
}

/// What is taken by those that are under way, or that came before.
struct Road<'a> {
    /// Locks, with whether whoever has it takes access away and is only not known.
    taken: Vec<(Lock, bool)>,
    out: usize,
    /// Something is out that nothing else may be beside.
    alone: bool,
    rows: &'a [Row<'a>],
}

impl<'a> Road<'a> {
    fn of(rows: &'a [Row<'a>]) -> Self {
        let mut road = Self {
            taken: Vec::new(),
            out: 0,
            alone: false,
            rows,
        };
        for row in road.rows {
            for (op, progress) in row.plan.ops.iter().zip(row.progress) {
                if progress.state.holds_locks() {
                    road.take(&op.change, progress.state);
                }
            }
        }
        road
    }

    fn take(&mut self, change: &Change, state: State) {
        let is_past = matches!(state, State::Unknown | State::NeedsHuman);
        let lets_by = is_past && change.reduces_access();
        let locks = change.locks().into_iter();
        self.taken.extend(locks.map(|lock| (lock, lets_by)));
        if matches!(state, State::Rechecking | State::InFlight) {
            self.out += 1;
            self.alone |= goes_alone(change);
        }
    }

    fn is_free_for(&self, change: &Change) -> bool {
        let locks: BTreeSet<Lock> = change.locks().into_iter().collect();
        let passes = change.reduces_access();
        let stops = |(lock, lets_by): &(Lock, bool)| locks.contains(lock) && !(*lets_by && passes);
        !self.taken.iter().any(stops)
    }

    fn has_room_for(&self, change: &Change) -> bool {
        let beside_nothing = self.out == 0;
        beside_nothing || (self.out < MOST_AT_ONCE && !self.alone && !goes_alone(change))
    }
}

/// What is done once, or is grave, is done with nothing else under way.
fn goes_alone(change: &Change) -> bool {
    change.class() == Class::Once || change.tier() == Tier::Three
}

impl Row<'_> {
    fn expired(&self, progress: &Progress, now: Timestamp) -> Option<Turn> {
        let since = self.plan.made.max(progress.since);
        let is_over = elapsed(since, now) > staged_for(self.plan.tier());
        is_over.then_some(Turn::Expire)
    }

    fn confirmed(
        &self,
        number: u32,
        progress: &Progress,
        now: Timestamp,
        road: &mut Road<'_>,
    ) -> Option<Turn> {
        if progress.is_out_of_date(self.plan.tier(), now) {
            return Some(Turn::Unconfirm);
        }
        let op = &self.plan.ops[number as usize - 1];
        if let Some(why) = self.held_back(number, progress) {
            return Some(Turn::Block(why));
        }
        let goes =
            !self.waits(number) && road.is_free_for(&op.change) && road.has_room_for(&op.change);
        // Who waits keeps what comes later from overtaking; who goes is under way from now on.
        let state = if goes {
            State::Rechecking
        } else {
            State::Approved
        };
        road.take(&op.change, state);
        goes.then_some(Turn::Go)
    }

    /// Why it cannot go on, for what became of another.
    fn held_back(&self, number: u32, progress: &Progress) -> Option<String> {
        let op = &self.plan.ops[number as usize - 1];
        let failed = |state: State| state.is_final() && !state.is_done();
        let is_failed = |other: &&u32| failed(self.progress[**other as usize - 1].state);
        let needed = op.after.iter().find(is_failed);
        if let Some(needed) = needed {
            return Some(format!(
                "it needs {}.{needed}, which was not done",
                self.number
            ));
        }
        if self.plan.on_failure == OnFailure::GoOn {
            return None;
        }
        // Whoever confirms again after a failure knows of it.
        let fails_it = |(_, other): &(u32, &Progress)| {
            failed(other.state)
                && other.state != State::Cancelled
                && other.since >= progress.confirmed_since()
        };
        let (stopped_by, _) = (1u32..).zip(self.progress).find(fails_it)?;
        Some(format!(
            "{}.{stopped_by} was not done, which stops the plan",
            self.number
        ))
    }

    /// Whether another op of the plan has to come to its end first.
    fn waits(&self, number: u32) -> bool {
        let op = &self.plan.ops[number as usize - 1];
        let is_open = |other: &u32| !self.progress[*other as usize - 1].state.is_final();
        if op.after.iter().any(is_open) {
            return true;
        }
        let first = self.plan.ops.first().map(|first| first.change.name());
        if self
            .plan
            .ops
            .iter()
            .all(|op| Some(op.change.name()) == first)
        {
            return false;
        }
        let goes_on = self.plan.on_failure == OnFailure::GoOn;
        let is_before = |state: State| match state {
            State::Approved | State::Rechecking | State::InFlight => true,
            State::Accepted | State::Unknown | State::NeedsHuman | State::Blocked => !goes_on,
            _ => false,
        };
        self.progress[..number as usize - 1]
            .iter()
            .any(|other| is_before(other.state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::facts::Facts;
    use crate::action::plan::{Op, Operator};
    use crate::action::state::Step;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + secs).unwrap()
    }

    fn op(change: Change) -> Op {
        Op {
            change,
            basis: Facts::new(),
            after: Vec::new(),
            undo_of: None,
        }
    }

    fn suspend(user: &str) -> Op {
        op(Change::SuspendUser {
            user: user.parse().unwrap(),
        })
    }

    fn clear(user: &str) -> Op {
        op(Change::ClearSessions {
            user: user.parse().unwrap(),
            oauth_tokens: true,
            forget_devices: false,
        })
    }

    fn unlock(user: &str) -> Op {
        op(Change::UnlockUser {
            user: user.parse().unwrap(),
        })
    }

    fn plan(ops: Vec<Op>, on_failure: OnFailure) -> Plan {
        Plan {
            title: "x".into(),
            reason: None,
            by: Operator {
                uid: 1,
                name: None,
                account: None,
            },
            made: at(0),
            on_failure,
            ops,
        }
    }

    /// What becomes of plans whose ops stand so, all since `at(1)`, ten seconds later.
    fn told(plans: &[(Plan, &[State])]) -> Vec<String> {
        let progress: Vec<Vec<Progress>> = plans
            .iter()
            .map(|(_, states)| {
                let of = |state: &State| Progress {
                    state: *state,
                    ..Progress::staged(at(1))
                };
                states.iter().map(of).collect()
            })
            .collect();
        let rows: Vec<Row<'_>> = (1u64..)
            .zip(plans.iter().zip(&progress))
            .map(|(number, ((plan, _), progress))| Row {
                number,
                plan,
                progress,
            })
            .collect();
        let turns = turns(&rows, at(10));
        turns
            .iter()
            .map(|(id, turn)| format!("{id} {turn:?}"))
            .collect()
    }

    use OnFailure::{GoOn, Stop};
    use State::{Accepted, Approved, Failed, InFlight, Proposed, Unknown, Verified};

    #[test]
    fn a_plan_goes_out_in_its_order_and_like_ones_together() {
        let mixed = || plan(vec![suspend("00u1"), clear("00u1")], Stop);
        assert_eq!(told(&[(mixed(), &[Approved, Approved])]), ["1.1 Go"]);
        assert_eq!(told(&[(mixed(), &[InFlight, Approved])]), [""; 0]);
        assert_eq!(told(&[(mixed(), &[Accepted, Approved])]), [""; 0]);
        assert_eq!(told(&[(mixed(), &[Verified, Approved])]), ["1.2 Go"]);
        assert_eq!(told(&[(mixed(), &[Proposed, Proposed])]), [""; 0]);
        let users = ["00u1", "00u2", "00u3", "00u4", "00u5", "00u6"];
        let alike = plan(users.map(unlock).to_vec(), Stop);
        let going = told(&[(alike, &[Approved; 6])]);
        assert_eq!(going, ["1.1 Go", "1.2 Go", "1.3 Go", "1.4 Go"]);
    }

    #[test]
    fn nothing_touches_what_another_may_have_changed() {
        let later = |state| {
            let earlier = plan(vec![unlock("00u1")], Stop);
            told(&[
                (earlier, &[state]),
                (plan(vec![unlock("00u1")], Stop), &[Approved]),
            ])
        };
        for state in [
            InFlight,
            Accepted,
            Unknown,
            State::NeedsHuman,
            State::Rechecking,
        ] {
            assert_eq!(later(state), [""; 0], "{state:?}");
        }
        assert_eq!(later(Verified), ["2.1 Go"]);
        assert_eq!(later(Approved), ["1.1 Go"], "the earlier goes first");
    }

    #[test]
    fn what_takes_access_away_is_not_held_up_by_what_is_not_known() {
        let first = plan(vec![suspend("00u1")], Stop);
        let second = plan(vec![clear("00u1")], Stop);
        assert_eq!(
            told(&[(first.clone(), &[Unknown]), (second.clone(), &[Approved])]),
            ["2.1 Go"]
        );
        assert_eq!(
            told(&[(first, &[InFlight]), (second, &[Approved])]),
            [""; 0]
        );
        let gives = plan(vec![unlock("00u1")], Stop);
        let first = plan(vec![suspend("00u1")], Stop);
        assert_eq!(told(&[(first, &[Unknown]), (gives, &[Approved])]), [""; 0]);
    }

    #[test]
    fn a_failure_stops_a_plan_but_not_containment() {
        let ops = || vec![suspend("00u1"), clear("00u1")];
        assert_eq!(
            told(&[(plan(ops(), Stop), &[Failed, Approved])]),
            ["1.2 Block(\"1.1 was not done, which stops the plan\")"]
        );
        assert_eq!(
            told(&[(plan(ops(), GoOn), &[Failed, Approved])]),
            ["1.2 Go"]
        );
        assert_eq!(
            told(&[(plan(ops(), GoOn), &[Unknown, Approved])]),
            ["1.2 Go"]
        );
        assert_eq!(told(&[(plan(ops(), Stop), &[Unknown, Approved])]), [""; 0]);
    }

    #[test]
    fn what_was_confirmed_after_a_failure_goes_on() {
        let plan = plan(vec![suspend("00u1"), clear("00u2")], Stop);
        let mut progress = [Failed, Approved].map(|state| Progress {
            state,
            ..Progress::staged(at(1))
        });
        progress[1].since = at(5);
        let row = Row {
            number: 1,
            plan: &plan,
            progress: &progress,
        };
        let id = OpId { plan: 1, op: 2 };
        assert_eq!(turns(&[row], at(10)), [(id, Turn::Go)]);
    }

    /// What is found not to be executed is tried again, by the same confirmation, which gets no younger by that.
    #[test]
    fn a_confirmation_gets_no_younger_by_what_is_tried_on_it() {
        let plan = plan(vec![suspend("00u1"), suspend("00u2")], Stop);
        let turn = |first: State, secs: i64| {
            let first = Progress {
                state: first,
                ..Progress::staged(at(2))
            };
            let mut second = Progress::staged(at(0));
            second.go_on(Step::Confirm, Approved, at(1));
            second.go_on(Step::NotExecuted, Approved, at(900));
            let row = Row {
                number: 1,
                plan: &plan,
                progress: &[first, second],
            };
            turns(&[row], at(secs)).pop().map(|(_, turn)| turn)
        };
        assert_eq!(turn(Verified, 901), Some(Turn::Go));
        assert_eq!(turn(Verified, 902), Some(Turn::Unconfirm));
        let held = turn(Failed, 901);
        assert!(matches!(held, Some(Turn::Block(_))), "{held:?}");
    }

    #[test]
    fn what_needs_another_waits_for_it_and_ends_with_it() {
        let mut second = clear("00u2");
        second.after = vec![1];
        let of = |state| {
            let ops = vec![suspend("00u1"), second.clone()];
            told(&[(plan(ops, GoOn), &[state, Approved])])
        };
        assert_eq!(of(Unknown), [""; 0]);
        assert_eq!(of(Verified), ["1.2 Go"]);
    }

    #[test]
    fn grave_things_go_alone() {
        let grave = || {
            op(Change::DeactivateUser {
                user: "00u9".parse().unwrap(),
                send_email: false,
            })
        };
        let beside = |state| {
            told(&[
                (plan(vec![unlock("00u1")], Stop), &[state]),
                (plan(vec![grave()], Stop), &[Approved]),
            ])
        };
        assert_eq!(beside(InFlight), [""; 0]);
        assert_eq!(beside(Accepted), ["2.1 Go"]);
        let after = told(&[
            (plan(vec![grave()], Stop), &[InFlight]),
            (plan(vec![unlock("00u1")], Stop), &[Approved]),
        ]);
        assert_eq!(after, [""; 0]);
    }

    #[test]
    fn time_ends_what_nobody_acts_on() {
        let of = |op: Op, state, secs| {
            let plan = plan(vec![op], Stop);
            let progress = [Progress {
                state,
                ..Progress::staged(at(0))
            }];
            let row = Row {
                number: 1,
                plan: &plan,
                progress: &progress,
            };
            turns(&[row], at(secs)).pop().map(|(_, turn)| turn)
        };
        let (hour, day) = (3_600, 86_400);
        assert_eq!(of(unlock("00u1"), Approved, hour), Some(Turn::Go));
        assert_eq!(
            of(unlock("00u1"), Approved, hour + 1),
            Some(Turn::Unconfirm)
        );
        assert_eq!(of(suspend("00u1"), Approved, 901), Some(Turn::Unconfirm));
        assert_eq!(of(unlock("00u1"), Proposed, day), None);
        assert_eq!(of(unlock("00u1"), Proposed, day + 1), Some(Turn::Expire));
        assert_eq!(
            of(suspend("00u1"), Proposed, 4 * hour + 1),
            Some(Turn::Expire)
        );
        assert_eq!(of(suspend("00u1"), Unknown, 400 * day), None);
    }
}
