//! What is said about changes: staging, showing, confirming and what came of them.
//!
//! Plans and changes travel as JSON within a frame ([`json`]): their form is the journal's and the store's, which names every field.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::foreseen::Foreseen;
use crate::action::plan::{Challenge, OnFailure, OpId, Plan};
use crate::action::progress::{Attempt, Progress};
use crate::action::ready::{Newcomer, Profile, Ready};
use crate::action::resolve::Logged;
use crate::action::state::State;
use crate::domain::change::{Change, Tier};
use crate::domain::id::{AppId, GroupId, UserId};
use crate::domain::text::SafeText;

/// What is asked about changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum QueueAsk {
    /// Stage changes. What they are about is read from Okta first; nothing is written there.
    Stage(#[serde(with = "json")] Draft),
    /// What a ready plan would do, from what the mirror has. Nothing is staged.
    Compose(#[serde(with = "json")] Recipe),
    /// What would come of a plan if it were carried out now. Okta is read; nothing is sent.
    Rehearse(u64),
    /// Plans with numbers below `before`, newest first; `None` for the newest.
    List {
        /// Where to go on from.
        before: Option<u64>,
        /// How many at most.
        limit: usize,
    },
    /// One plan with all that is known of it.
    Show(u64),
    /// Carry a plan out. What was shown must be what is there: `digest` is of that, and `typed` what its challenge wants.
    Confirm(Confirmation),
    /// Take changes that were not sent out of the queue.
    Drop(Which),
    /// Stage the changes that take these back.
    Undo(Which),
    /// Send something that failed, or had no effect, once more: staged anew, for what it is about may be otherwise by now.
    Again(OpId),
    /// A person says whether something was done that nobody could find out.
    Say {
        /// Which.
        op: OpId,
        /// Whether it was done.
        was_done: bool,
        /// How they know.
        reason: String,
    },
    /// Send nothing more until [`Resume`](Self::Resume); what is under way ends.
    Halt(Option<String>),
    /// Go on after a halt. What was confirmed before it has to be confirmed again.
    Resume,
    /// Take what Okta sent back that is shown once and kept nowhere.
    Secret(OpId),
    /// Lines of the journal from this number on.
    Journal {
        /// The number of the first.
        from: u64,
        /// How many at most.
        limit: usize,
    },
    /// Compare the journal's file with the store's.
    Verify,
}

/// A ready plan that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// Close an account that somebody else may have.
    Contain {
        /// Whose.
        user: UserId,
        /// Since when it is theirs, as far as is known.
        since: Option<Timestamp>,
    },
    /// Take everything from somebody who leaves.
    Offboard {
        /// Who.
        user: UserId,
    },
    /// Make users and give them what they need.
    Onboard(Onboarding),
}

/// Users who come, and what they are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboarding {
    /// Who.
    pub newcomers: Vec<Newcomer>,
    /// Somebody whose groups and direct apps they are given.
    pub like: Option<UserId>,
    /// Groups that they are given besides.
    pub groups: Vec<GroupId>,
    /// Apps that they are given besides, directly.
    pub apps: Vec<AppId>,
    /// Fields of the profile of whoever says nothing else.
    pub profile: Profile,
    /// Whether they are let in at once.
    pub activate: bool,
}

/// A plan, or one change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// The plan.
    pub plan: u64,
    /// The change in it; `None` for all.
    pub op: Option<u32>,
}

/// That a plan is to be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The plan.
    pub plan: u64,
    /// The digest of what was shown.
    pub digest: String,
    /// What was typed; empty where `y` is enough.
    pub typed: String,
    /// Why, as whoever opened the write window said.
    pub reason: Option<String>,
}

/// Changes to stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// What they are for, in a few words.
    pub title: SafeText,
    /// Why.
    pub reason: Option<SafeText>,
    /// What becomes of the others when one fails.
    pub on_failure: OnFailure,
    /// The changes, in their order.
    pub ops: Vec<DraftOp>,
}

/// A change to stage. What it was before (of a profile, of a group) is filled in from what Okta has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftOp {
    /// The change.
    pub change: Change,
    /// Numbers, from 1, of changes of the draft that must be done before. One that is left out is not waited for.
    pub after: Vec<u32>,
    /// What it takes back.
    pub undo_of: Option<OpId>,
}

impl DraftOp {
    /// A change that waits for no other.
    pub fn new(change: Change) -> Self {
        Self {
            change,
            after: Vec::new(),
            undo_of: None,
        }
    }
}

/// What the queue answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum QueueAnswer {
    /// To [`QueueAsk::Stage`], [`Undo`](QueueAsk::Undo) and [`Again`](QueueAsk::Again): what was staged, and what was not and why. At
    /// least one was.
    Staged(Box<PlanTold>, Vec<LeftOut>),
    /// To [`QueueAsk::Compose`].
    Ready(#[serde(with = "json")] Box<Ready>),
    /// To [`QueueAsk::List`].
    Plans(Vec<PlanLine>),
    /// To [`QueueAsk::Show`] and [`QueueAsk::Confirm`].
    Plan(Box<PlanTold>),
    /// To [`QueueAsk::Secret`]; `None` when there is none, or somebody took it.
    Secret(Option<Handed>),
    /// To [`QueueAsk::Journal`].
    Journal(Vec<JournalLine>),
    /// To [`QueueAsk::Verify`].
    Verified(JournalFound),
    /// To [`QueueAsk::Rehearse`].
    Rehearsed(Vec<Foreseen>),
    /// Done, with a sentence about it.
    Done(String),
}

/// A change that was not staged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The change's name, such as `users.suspend`.
    pub change: String,
    /// What it is about, as people call it.
    pub target: SafeText,
    /// Why it cannot be, or need not.
    pub why: String,
    /// Whether that is because it is so already.
    pub is_done: bool,
}

/// A plan in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanLine {
    /// Its number.
    pub number: u64,
    /// What it is for.
    pub title: SafeText,
    /// Why.
    pub reason: Option<SafeText>,
    /// Who staged it.
    pub by: SafeText,
    /// When.
    pub made: Timestamp,
    /// How it is confirmed.
    pub tier: Tier,
    /// Its changes.
    pub ops: Vec<OpLine>,
}

/// A change in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpLine {
    /// Its name in the queue, such as `17.2`.
    pub id: OpId,
    /// What is changed, such as `users.suspend`.
    pub change: String,
    /// The id of what it is about; empty for what is made.
    pub target: String,
    /// What people call that.
    pub name: Option<SafeText>,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Why it is held back, failed, or not known.
    pub why: Option<SafeText>,
}

/// A plan with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanTold {
    /// Its number.
    pub number: u64,
    /// The plan.
    #[serde(with = "json")]
    pub plan: Plan,
    /// The hash of it, which whoever confirms it sends back.
    pub digest: String,
    /// How it is confirmed: with what guards ask for.
    pub tier: Tier,
    /// What is typed for that.
    pub challenge: Challenge,
    /// When it can no longer be confirmed.
    pub expires: Timestamp,
    /// What is to be known before it is confirmed.
    pub findings: Vec<Finding>,
    /// Its changes, in their order.
    pub ops: Vec<OpTold>,
}

/// What a guard found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which change; `None` for the plan as a whole.
    pub op: Option<u32>,
    /// Whether it keeps the plan from being carried out.
    pub refuses: bool,
    /// In words.
    pub words: String,
}

/// A change with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpTold {
    /// As in a list.
    pub line: OpLine,
    /// How far it has come.
    #[serde(with = "json")]
    pub progress: Progress,
    /// What it changes: what is so, and what is to be.
    pub diff: Vec<DiffLine>,
    /// The request as it goes out.
    pub request: RequestTold,
    /// How it is taken back.
    pub undo: UndoTold,
    /// What was sent.
    #[serde(with = "json")]
    pub attempts: Vec<Attempt>,
    /// What the mirrored log tells of that; `None` where it has nothing to tell.
    pub logged: Option<Logged>,
}

/// A line of a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// What.
    pub name: SafeText,
    /// As it is; `None` for nothing.
    pub before: Option<SafeText>,
    /// As it is to be; `None` for nothing.
    pub after: Option<SafeText>,
}

/// A request as it goes out, without its credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestTold {
    /// `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body, in one line; `None` when it has no bytes. What is read right before it is sent is told as such.
    pub body: Option<SafeText>,
}

/// How a change is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UndoTold {
    /// By this change; what does not come back with it.
    By {
        /// Its name.
        change: String,
        /// What stays lost.
        lost: Option<String>,
    },
    /// Not at all, and why.
    Never(String),
}

/// A secret of Okta's, for the eyes of whoever asked. It is kept nowhere, and nobody is given it twice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// What it is: a temporary password, a link.
    pub what: String,
    /// The secret itself.
    pub value: String,
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handed({})", self.what)
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.value);
    }
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// Its number, from 1.
    pub seq: u64,
    /// Its line as it stands in the file: hash and JSON.
    pub line: String,
}

/// What checking the journal found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalFound {
    /// Entries that fit together.
    pub entries: u64,
    /// The hash of the last of them, in hexadecimal.
    pub end: String,
    /// The first that does not fit, and why.
    pub fault: Option<(u64, String)>,
}

/// Whether anything is sent, and what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Why nothing can ever be sent in this profile; `None` when it can.
    pub read_only: Option<String>,
    /// Whether the console has to be opened for changes before it confirms any.
    pub needs_window: bool,
    /// Why nothing is sent now.
    pub halted: Option<String>,
    /// Changes that wait for a confirmation.
    pub staged: u32,
    /// Changes that are confirmed or under way.
    pub under_way: u32,
    /// Changes of which nobody knows whether they were done.
    pub unknown: u32,
    /// Changes that a person has to decide about.
    pub needs_human: u32,
    /// Grows with every step that a change takes.
    pub revision: u64,
}

/// Values within a frame that keep the form which they have as JSON.
pub mod json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

    /// Writes a value as a text of JSON.
    ///
    /// # Errors
    /// When it cannot be JSON.
    pub fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(value).map_err(S::Error::custom)?;
        to.serialize_str(&text)
    }

    /// Reads it again.
    ///
    /// # Errors
    /// When it is not such a value.
    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
}
