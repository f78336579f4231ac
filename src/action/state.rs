//! The states of an op, and the only ways from one to another.

use serde::{Deserialize, Serialize};

/// Where an op stands. An op is one change within a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In a plan that is still edited.
    Drafted,
    /// Staged: all of it is settled, nobody has confirmed it.
    Proposed,
    /// Confirmed by one person where two are needed.
    AwaitingSecond,
    /// Confirmed; it goes out when its turn comes.
    Approved,
    /// What it rests on is read once more.
    Rechecking,
    /// It is durable that it may have been sent.
    InFlight,
    /// Okta took it; it is not read back yet.
    Accepted,
    /// It may have been done, or not.
    Unknown,
    /// It cannot be found out by itself.
    NeedsHuman,
    /// Held back for a reason that may pass.
    Blocked,
    /// It is so: read back.
    Verified,
    /// It was not done, and Okta says why.
    Failed,
    /// What it was to change is gone.
    Moot,
    /// What it rested on has changed: staged anew, in its place.
    Stale,
    /// Given up by whoever staged it.
    Cancelled,
    /// Not confirmed by whoever was to.
    Rejected,
    /// Nobody confirmed it in time.
    Expired,
    /// A person says that it was done.
    ResolvedYes,
    /// A person says that it was not.
    ResolvedNo,
}

/// What leads from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The plan is settled.
    Freeze,
    /// A person confirmed it, and no other has to.
    Confirm,
    /// A person confirmed it, and another has to.
    ConfirmFirst,
    /// The other did.
    ConfirmSecond,
    /// The confirmation is no longer good: a restart, a halt, a window that closed.
    Unconfirm,
    /// Nobody wants it any more.
    Cancel,
    /// A person refused it.
    Reject,
    /// Its time is over.
    Expire,
    /// Its turn has come.
    Dispatch,
    /// What it rests on is as it was, and the intent is durable.
    Send,
    /// What it rests on is otherwise.
    FindStale,
    /// What it is to lead to is so already.
    FindDone,
    /// What it is about is gone.
    FindGone,
    /// It cannot be: the object is in a state that does not allow it.
    FindImpossible,
    /// No byte of the request left, or Okta refused to execute it: it may be sent again.
    NotExecuted,
    /// Okta took it.
    Accept,
    /// Okta refused it.
    Refuse,
    /// Nothing that came back tells whether it was done.
    LoseAnswer,
    /// Read back: it is so.
    Verify,
    /// Proved: it had no effect.
    Disprove,
    /// Everything that can be looked at was, and it is still not known.
    AskHuman,
    /// A person says that it was done.
    SayYes,
    /// A person says that it was not.
    SayNo,
    /// Something holds it back.
    Block,
    /// That has passed.
    Unblock,
}

/// There is no such way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing leads from `{from:?}` by `{by:?}`")]
pub struct NoWay {
    /// Where it stands.
    pub from: State,
    /// What was to lead on.
    pub by: Step,
}

impl State {
    /// Every one of them.
    pub const ALL: [Self; 19] = [
        Self::Drafted,
        Self::Proposed,
        Self::AwaitingSecond,
        Self::Approved,
        Self::Rechecking,
        Self::InFlight,
        Self::Accepted,
        Self::Unknown,
        Self::NeedsHuman,
        Self::Blocked,
        Self::Verified,
        Self::Failed,
        Self::Moot,
        Self::Stale,
        Self::Cancelled,
        Self::Rejected,
        Self::Expired,
        Self::ResolvedYes,
        Self::ResolvedNo,
    ];

    /// The word for it on screens and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Proposed => "staged",
            Self::AwaitingSecond => "awaiting_second",
            Self::Approved => "approved",
            Self::Rechecking => "rechecking",
            Self::InFlight => "in_flight",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::NeedsHuman => "needs_human",
            Self::Blocked => "blocked",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Moot => "moot",
            Self::Stale => "stale",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::ResolvedYes => "resolved_yes",
            Self::ResolvedNo => "resolved_no",
        }
    }

    /// Whether nothing leads on from it: such an op never changes again.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Verified
                | Self::Failed
                | Self::Moot
                | Self::Stale
                | Self::Cancelled
                | Self::Rejected
                | Self::Expired
                | Self::ResolvedYes
                | Self::ResolvedNo
        )
    }

    /// Whether it may have been done without anybody knowing: it never expires, is always on screen, and nothing else is done to the
    /// same objects.
    pub fn is_doubtful(self) -> bool {
        matches!(self, Self::InFlight | Self::Unknown | Self::NeedsHuman)
    }

    /// Whether other ops about the same objects have to wait for it.
    pub fn holds_locks(self) -> bool {
        self.is_doubtful() || matches!(self, Self::Rechecking | Self::Accepted)
    }

    /// Whether it was sent, and nothing says that it was not done.
    pub fn may_be_done(self) -> bool {
        self.is_doubtful() || self.is_done() || self == Self::Accepted
    }

    /// Whether it is as it was to be.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Verified | Self::ResolvedYes)
    }

    /// Where `step` leads.
    ///
    /// # Errors
    /// [`NoWay`] when it leads nowhere from here.
    pub fn after(self, step: Step) -> Result<Self, NoWay> {
        let next = match (self, step) {
            (Self::Drafted, Step::Freeze) => Self::Proposed,
            (Self::Proposed, Step::Confirm) | (Self::AwaitingSecond, Step::ConfirmSecond) => {
                Self::Approved
            }
            (Self::Proposed, Step::ConfirmFirst) => Self::AwaitingSecond,
            (Self::AwaitingSecond | Self::Approved | Self::Blocked, Step::Unconfirm) => {
                Self::Proposed
            }
            (
                Self::Drafted
                | Self::Proposed
                | Self::AwaitingSecond
                | Self::Approved
                | Self::Rechecking
                | Self::Blocked,
                Step::Cancel,
            ) => Self::Cancelled,
            (Self::Proposed | Self::AwaitingSecond, Step::Reject) => Self::Rejected,
            (
                Self::Drafted
                | Self::Proposed
                | Self::AwaitingSecond
                | Self::Approved
                | Self::Blocked,
                Step::Expire,
            ) => Self::Expired,
            (Self::Approved, Step::Dispatch) => Self::Rechecking,
            (Self::Rechecking, Step::Send) => Self::InFlight,
            (
                Self::Proposed | Self::Rechecking | Self::InFlight | Self::Unknown,
                Step::FindStale,
            ) => Self::Stale,
            (Self::Rechecking, Step::FindDone)
            | (Self::InFlight | Self::Accepted | Self::Unknown, Step::Verify) => Self::Verified,
            (
                Self::Rechecking | Self::InFlight | Self::Accepted | Self::Unknown,
                Step::FindGone,
            ) => Self::Moot,
            (Self::Rechecking, Step::FindImpossible) => Self::Failed,
            // Until a durable intent has taken it, a recheck that was cut off leaves nothing behind. It may wait for a limit, and long.
            (Self::Rechecking, Step::Unconfirm) => Self::Proposed,
            (Self::Rechecking | Self::InFlight | Self::Unknown, Step::NotExecuted) => {
                Self::Approved
            }
            (Self::InFlight | Self::Unknown, Step::Accept) => Self::Accepted,
            (Self::InFlight, Step::Refuse) | (Self::Unknown | Self::Accepted, Step::Disprove) => {
                Self::Failed
            }
            (Self::InFlight | Self::Accepted, Step::LoseAnswer) => Self::Unknown,
            (Self::Unknown | Self::Accepted, Step::AskHuman) => Self::NeedsHuman,
            (Self::NeedsHuman, Step::Verify) => Self::Verified,
            (Self::NeedsHuman, Step::SayYes) => Self::ResolvedYes,
            (Self::NeedsHuman, Step::SayNo) => Self::ResolvedNo,
            (Self::Approved | Self::Rechecking, Step::Block) => Self::Blocked,
            (Self::Blocked, Step::Unblock) => Self::Approved,
            (from, by) => return Err(NoWay { from, by }),
        };
        Ok(next)
    }

    /// Where it stands after the agent ended without having been told to: what may have been sent is not known, and nobody who
    /// confirmed something before that is taken to want it still.
    #[must_use]
    pub fn after_crash(self) -> Self {
        match self {
            Self::InFlight | Self::Accepted => Self::Unknown,
            Self::Rechecking | Self::Approved | Self::AwaitingSecond | Self::Blocked => {
                Self::Proposed
            }
            other => other,
        }
    }
}

impl Step {
    /// Every one of them.
    pub const ALL: [Self; 25] = [
        Self::Freeze,
        Self::Confirm,
        Self::ConfirmFirst,
        Self::ConfirmSecond,
        Self::Unconfirm,
        Self::Cancel,
        Self::Reject,
        Self::Expire,
        Self::Dispatch,
        Self::Send,
        Self::FindStale,
        Self::FindDone,
        Self::FindGone,
        Self::FindImpossible,
        Self::NotExecuted,
        Self::Accept,
        Self::Refuse,
        Self::LoseAnswer,
        Self::Verify,
        Self::Disprove,
        Self::AskHuman,
        Self::SayYes,
        Self::SayNo,
        Self::Block,
        Self::Unblock,
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Everything that can become of `from`, however long it takes, without the steps in `not`.
    fn reachable(from: State, not: &[Step]) -> BTreeSet<State> {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(state) = open.pop() {
            for step in Step::ALL.iter().filter(|step| !not.contains(step)) {
                if let Ok(next) = state.after(*step)
                    && seen.insert(next)
                {
                    open.push(next);
                }
            }
        }
        seen
    }

    #[test]
    fn what_has_ended_stays_so_and_all_else_can_end() {
        for state in State::ALL {
            let leads_on = Step::ALL.iter().any(|step| state.after(*step).is_ok());
            assert_eq!(leads_on, !state.is_final(), "{state:?}");
            assert!(reachable(state, &[]).iter().any(|state| state.is_final()));
        }
        let all = reachable(State::Drafted, &[]);
        assert_eq!(all, BTreeSet::from(State::ALL), "every state can come");
    }

    #[test]
    fn nothing_is_in_flight_without_confirmation_recheck_and_intent() {
        for needed in [Step::Dispatch, Step::Send] {
            assert!(!reachable(State::Drafted, &[needed]).contains(&State::InFlight));
        }
        let confirmations = [Step::Confirm, Step::ConfirmSecond];
        assert!(!reachable(State::Drafted, &confirmations).contains(&State::Approved));
        for state in State::ALL {
            let sends = state.after(Step::Send).is_ok();
            assert_eq!(sends, state == State::Rechecking, "{state:?}");
        }
    }

    /// What may have been done neither expires nor is cancelled, and no person's word changes it before everything was looked at.
    #[test]
    fn what_is_doubtful_is_never_forgotten() {
        for state in State::ALL.into_iter().filter(|state| state.is_doubtful()) {
            for step in [
                Step::Cancel,
                Step::Expire,
                Step::Reject,
                Step::Unconfirm,
                Step::Block,
            ] {
                assert!(state.after(step).is_err(), "{state:?} {step:?}");
            }
            let said = state.after(Step::SayYes).is_ok();
            assert_eq!(said, state == State::NeedsHuman);
            assert!(state.holds_locks());
        }
    }

    #[test]
    fn a_crash_never_makes_sure_what_is_not() {
        for state in State::ALL {
            let then = state.after_crash();
            assert_eq!(then.after_crash(), then, "{state:?}");
            if state.is_final() || state.is_doubtful() && state != State::InFlight {
                assert_eq!(then, state);
            }
            assert!(!matches!(then, State::Approved | State::InFlight));
            let may_be_sent = matches!(state, State::InFlight | State::Accepted | State::Unknown);
            assert_eq!(may_be_sent, then == State::Unknown, "{state:?}");
        }
    }

    #[test]
    fn words_are_one_each() {
        let words = BTreeSet::from_iter(State::ALL.map(State::word));
        assert_eq!(words.len(), State::ALL.len());
    }
}
