//! What the queue may do, kept beside it: who confirmed what and when, what was sent since, and what that allows. Every rule names the
//! invariant of the design that it stands for:
//!
//! - I1 every request has a durable intent that names the same attempt;
//! - I2 what harms when it is done twice is not sent twice, and what does not only as often as it may be;
//! - I3 nothing is sent without a confirmation that is still good;
//! - I4 what is protected is not touched;
//! - I5 the limits on what takes something away are kept;
//! - I8 the journal holds, in the store and in its file, and tells how every change came to where it stands;
//! - I12 the credential goes to the org and nowhere else;
//! - and of the order: nothing is sent about a thing of which another change is on its way or not known.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use oktop::action::guard::Limits;
use oktop::action::plan::{OpId, Plan};
use oktop::action::progress::{Attempt, Progress};
use oktop::action::state::State;
use oktop::domain::change::{Change, Class, Tier};
use oktop::domain::time::elapsed;
use oktop::store::Control;

use super::okta::Fate;

/// What takes something away, in an hour and in a day.
pub(super) const AN_HOUR: usize = 3;
pub(super) const A_DAY: usize = 6;

pub(super) fn limits() -> Limits {
    Limits {
        destructive_an_hour: AN_HOUR,
        destructive_a_day: A_DAY,
        ..Limits::default()
    }
}

/// A request that reached the org, or that nobody can say of whether it did.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) attempt: String,
    pub(super) fate: Fate,
    pub(super) began: Timestamp,
    /// Its place among all that the org was asked to change.
    pub(super) number: usize,
}

/// The book.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// When each change was confirmed last, while that is good.
    confirmed: BTreeMap<OpId, Timestamp>,
    pub(super) arrivals: BTreeMap<OpId, Vec<Arrival>>,
    /// What takes something away, and when it was last sent.
    taken: BTreeMap<OpId, Timestamp>,
    /// What is protected, and since when.
    protected: BTreeMap<String, Timestamp>,
    halted: Option<Timestamp>,
    pub(super) breaks: Vec<String>,
}

/// How long a confirmation is good.
fn good_for(tier: Tier) -> Duration {
    match tier {
        Tier::One => Duration::from_hours(1),
        Tier::Two | Tier::Three => Duration::from_mins(15),
    }
}

/// How often a change may be sent without knowing what became of it.
fn most_unknown(class: Class) -> usize {
    match class {
        Class::Idempotent => 5,
        Class::Transition => 2,
        Class::Rewrite | Class::Once => 1,
    }
}

pub(super) fn ids(change: &Change) -> BTreeSet<String> {
    change
        .locks()
        .iter()
        .map(|lock| lock.as_str().to_owned())
        .collect()
}

impl Book {
    pub(super) fn confirmed(&mut self, ops: impl Iterator<Item = OpId>, now: Timestamp) {
        self.confirmed.extend(ops.map(|op| (op, now)));
    }

    /// Whether what was confirmed may still be sent.
    pub(super) fn is_good(&self, op: OpId, plan: &Plan, now: Timestamp) -> bool {
        let good = good_for(plan.tier());
        let at = self.confirmed.get(&op);
        at.is_some_and(|at| elapsed(*at, now) <= good)
    }

    pub(super) fn confirmations(&self) -> BTreeMap<OpId, Timestamp> {
        self.confirmed.clone()
    }

    /// A confirmation came back as refused. Of a plan with several changes some may be confirmed by then.
    pub(super) fn put_back(
        &mut self,
        before: &BTreeMap<OpId, Timestamp>,
        control: &Control,
        number: u64,
    ) {
        let waits = |(id, progress): (OpId, Progress)| {
            let waits = matches!(progress.state, State::Proposed | State::Blocked);
            waits.then_some(id)
        };
        for id in control
            .progress(number)
            .unwrap()
            .into_iter()
            .filter_map(waits)
        {
            self.confirmed.remove(&id);
            self.confirmed.extend(before.get(&id).map(|at| (id, *at)));
        }
    }

    /// What is not confirmed any more: a halt, an end, somebody who took it out.
    pub(super) fn unconfirm(&mut self, ops: &[(OpId, Progress)]) {
        for (op, progress) in ops {
            // What was sent and is not known is followed by the confirmation that it was sent by.
            let follows = matches!(
                progress.state,
                State::InFlight | State::Unknown | State::Accepted
            );
            if !follows {
                self.confirmed.remove(op);
            }
        }
    }

    /// Somebody took something out. What waits for a limit at that moment is not taken out.
    pub(super) fn drop_cancelled(&mut self, ops: &[(OpId, Progress)]) {
        for (op, progress) in ops {
            if progress.state == State::Cancelled {
                self.confirmed.remove(op);
            }
        }
    }

    pub(super) fn halt(&mut self, since: Option<Timestamp>) {
        self.halted = since;
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halted.is_some()
    }

    pub(super) fn protect(&mut self, id: Option<&str>, now: Timestamp) {
        match id {
            Some(id) => drop(self.protected.insert(id.to_owned(), now)),
            None => self.protected.clear(),
        }
    }

    fn broken(&mut self, rule: &str, op: OpId, what: &str) {
        self.breaks.push(format!("{rule}: {op} {what}"));
    }

    /// A request has arrived: whether it may have.
    pub(super) fn arrives(
        &mut self,
        control: &Control,
        attempt: &str,
        path: &str,
        fate: Fate,
        number: usize,
        now: Timestamp,
    ) {
        let Some((id, plan, intent)) = by_attempt(control, attempt) else {
            self.breaks
                .push(format!("I1: {path} has no intent called {attempt}"));
            return;
        };
        let change = plan.ops[id.op as usize - 1].change.clone();
        if *intent.intent.path != *path || intent.ended.is_some() {
            self.broken("I1", id, &format!("was to be sent as {:?}", intent.intent));
        }
        let began = intent.began;
        self.check_confirmation(id, &plan, began);
        self.check_repeats(id, &change);
        self.check_protected(id, &change, began);
        self.check_limits(id, &change, now);
        self.check_order(id, &change, control);
        let arrival = Arrival {
            attempt: attempt.to_owned(),
            fate,
            began,
            number,
        };
        self.arrivals.entry(id).or_default().push(arrival);
    }

    fn check_confirmation(&mut self, id: OpId, plan: &Plan, began: Timestamp) {
        let good = good_for(plan.tier());
        match self.confirmed.get(&id) {
            None => self.broken("I3", id, "was sent and nobody had confirmed it"),
            Some(at) if *at > began || elapsed(*at, began) > good => {
                let age = elapsed(*at, began);
                self.broken(
                    "I3",
                    id,
                    &format!("was sent {age:?} after it was confirmed"),
                );
            }
            Some(_) => {}
        }
        // Design: nothing goes out a tenth of a second after a halt.
        let tenth = Duration::from_millis(100);
        if self
            .halted
            .is_some_and(|since| began > since && elapsed(since, began) > tenth)
        {
            self.broken("I3", id, "was sent while the queue was halted");
        }
    }

    fn check_repeats(&mut self, id: OpId, change: &Change) {
        // Whoever confirms once more what may be done twice has seen what became of it.
        let counts = match change.class() {
            Class::Rewrite | Class::Once => Timestamp::MIN,
            Class::Idempotent | Class::Transition => {
                self.confirmed.get(&id).copied().unwrap_or_default()
            }
        };
        let before = self.arrivals.get(&id).into_iter().flatten();
        let unknown = before
            .filter(|one| one.began >= counts && !one.fate.is_known_as_not_done())
            .count();
        if unknown >= most_unknown(change.class()) {
            self.broken(
                "I2",
                id,
                &format!("{change:?} was sent {} times", unknown + 1),
            );
        }
    }

    fn check_protected(&mut self, id: OpId, change: &Change, began: Timestamp) {
        let hit = ids(change).into_iter().filter_map(|lock| {
            let (_, of) = lock.split_once(':')?;
            self.protected.get(of).copied()
        });
        if hit.min().is_some_and(|since| began > since) {
            self.broken("I4", id, "touched what is protected");
        }
    }

    fn check_limits(&mut self, id: OpId, change: &Change, now: Timestamp) {
        if !change.is_destructive() {
            return;
        }
        self.taken.insert(id, now);
        for (most, span) in [(AN_HOUR, 1), (A_DAY, 24)] {
            let span = Duration::from_hours(span);
            let count = self
                .taken
                .values()
                .filter(|at| elapsed(**at, now) < span)
                .count();
            if count > most {
                self.broken("I5", id, &format!("was the {count}th within {span:?}"));
            }
        }
    }

    fn check_order(&mut self, id: OpId, change: &Change, control: &Control) {
        let open = control.open_ops().unwrap();
        let (mut out, mut alone) = (0, 0);
        for (other, progress) in open {
            let plan = control.plan(other.plan).unwrap().unwrap();
            let beside = &plan.ops[other.op as usize - 1].change;
            let is_out = progress.state == State::InFlight;
            out += usize::from(is_out);
            alone += usize::from(
                is_out && (beside.class() == Class::Once || beside.tier() == Tier::Three),
            );
            let holds = matches!(
                progress.state,
                State::InFlight | State::Accepted | State::Unknown | State::NeedsHuman
            );
            let is_past = matches!(progress.state, State::Unknown | State::NeedsHuman);
            let passes = is_past && beside.reduces_access() && change.reduces_access();
            if other != id && holds && !passes && !ids(beside).is_disjoint(&ids(change)) {
                self.broken(
                    "order",
                    id,
                    &format!("was sent while {other} is {}", progress.state.word()),
                );
            }
        }
        if out > 4 || (alone > 0 && out > 1) {
            self.broken("order", id, &format!("is one of {out} under way"));
        }
    }

    /// After a start: whatever reached the org is known to have been about to.
    pub(super) fn check_intents(&mut self, control: &Control) {
        let lost: Vec<String> = self
            .arrivals
            .iter()
            .flat_map(|(id, all)| all.iter().map(move |one| (id, one)))
            .filter(|(id, one)| {
                let known = control.attempts(**id).unwrap();
                !known
                    .iter()
                    .any(|attempt| *attempt.intent.attempt == *one.attempt)
            })
            .map(|(id, one)| {
                format!(
                    "I1: {id} was sent as {} and that is not known any more",
                    one.attempt
                )
            })
            .collect();
        self.breaks.extend(lost);
    }
}

/// The op whose newest attempt is called so.
fn by_attempt(control: &Control, attempt: &str) -> Option<(OpId, Plan, Attempt)> {
    let open = control.open_ops().unwrap();
    open.into_iter()
        .filter(|(_, progress)| progress.state == State::InFlight)
        .find_map(|(id, _)| {
            let newest = control.attempts(id).unwrap().pop()?;
            let plan = control.plan(id.plan).unwrap()?;
            (*newest.intent.attempt == *attempt).then_some((id, plan, newest))
        })
}
