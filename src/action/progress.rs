//! How far an op has come, and what was sent of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::order::confirmed_for;
use super::plan::{OpId, Operator};
use super::resolve::{Evidence, Seen};
use super::state::{State, Step};
use super::verdict::{Reply, Verdict};
use crate::domain::change::Tier;
use crate::domain::entry::EntryId;
use crate::domain::text::SafeText;
use crate::domain::time::elapsed;

/// How far an op has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// When it was confirmed; `None` when it is not, or has to be again. A confirmation does not get younger by what is tried on it.
    #[serde(default)]
    pub confirmed: Option<Timestamp>,
    /// Why it is held back, failed, or not known.
    pub why: Option<SafeText>,
    /// How often it was sent, or may have been.
    pub attempts: u32,
    /// The id of what it made.
    pub made: Option<EntryId>,
}

impl Progress {
    /// Since when its confirmation is good, or where it has none, since when it stands where it does.
    pub fn confirmed_since(&self) -> Timestamp {
        self.confirmed.unwrap_or(self.since)
    }

    /// Whether its confirmation is too old for a plan of this tier.
    pub fn is_out_of_date(&self, tier: Tier, now: Timestamp) -> bool {
        elapsed(self.confirmed_since(), now) > confirmed_for(tier)
    }

    /// A step leads it on to `state`.
    pub fn go_on(&mut self, step: Step, state: State, at: Timestamp) {
        self.state = state;
        self.since = at;
        match step {
            Step::Confirm | Step::ConfirmSecond => self.confirmed = Some(at),
            Step::Unconfirm => self.confirmed = None,
            _ => {}
        }
    }

    /// An op that was just staged.
    pub fn staged(at: Timestamp) -> Self {
        Self {
            state: State::Proposed,
            since: at,
            confirmed: None,
            why: None,
            attempts: 0,
            made: None,
        }
    }
}

/// A request as it will go out, durable before any byte of it does. Secrets are in none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What tells this attempt from all others, of this machine and of any: it goes out in the `User-Agent`, and Okta's log has it.
    pub attempt: Box<str>,
    /// `POST`, `PUT` or `DELETE`.
    pub method: Box<str>,
    /// The path with its query.
    pub path: Box<str>,
    /// SHA-256 of the body, in hexadecimal; `None` when there is none.
    pub body_digest: Option<Box<str>>,
    /// The entity tag that the object must still have.
    pub if_match: Option<SafeText>,
}

/// One exchange with Okta, or what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What went out, or was about to.
    pub intent: Intent,
    /// When it was about to.
    pub began: Timestamp,
    /// What came back; `None` while nobody knows.
    pub ended: Option<Ended>,
    /// What readings found after it: milliseconds after its end, and what.
    pub looks: Vec<(u64, Seen)>,
    /// What the log has of it.
    pub evidence: Evidence,
}

impl Attempt {
    /// When it ended. Of one that was cut off it is only known that it was over `since` somebody found it so.
    pub fn over_by(&self, since: Timestamp) -> Timestamp {
        self.ended.as_ref().map_or(since, |ended| ended.at)
    }
}

/// The end of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// What came back.
    pub reply: Reply,
    /// What that means.
    pub verdict: Verdict,
    /// Okta's id of the request.
    pub request_id: Option<SafeText>,
    /// Okta's words, where it refused.
    pub words: Option<SafeText>,
}

/// What leads an op on, with all that becomes durable together with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which op.
    pub op: OpId,
    /// The step.
    pub step: Step,
    /// When.
    pub at: Timestamp,
    /// Who did it; `None` for what the queue does by itself.
    pub by: Option<Operator>,
    /// Why, in words for people.
    pub why: Option<SafeText>,
    /// What is about to be sent: with [`Step::Send`], and with no other.
    pub intent: Option<Intent>,
    /// What came of what was sent.
    pub ended: Option<Ended>,
    /// The id of what was made.
    pub made: Option<EntryId>,
}

impl Move {
    /// A step with nothing beside it.
    pub fn new(op: OpId, step: Step, at: Timestamp) -> Self {
        Self {
            op,
            step,
            at,
            by: None,
            why: None,
            intent: None,
            ended: None,
            made: None,
        }
    }

    /// The same, done by a person.
    #[must_use]
    pub fn by(mut self, operator: Operator) -> Self {
        self.by = Some(operator);
        self
    }

    /// The same, and why.
    #[must_use]
    pub fn because(mut self, why: impl Into<SafeText>) -> Self {
        self.why = Some(why.into());
        self
    }
}
