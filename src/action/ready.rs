//! Ready plans: what is done together when somebody's account is taken over, when they leave, and when they come.
//!
//! A ready plan is a proposal: every step is there with what speaks for it, some of them chosen. Whoever asked for it chooses otherwise
//! where they know better, and stages what is left; then it is a plan as any other.

mod contain;
mod deeds;
mod offboard;
mod onboard;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::OnFailure;
use crate::domain::change::{Change, OfMade as _, Role};
use crate::domain::entry::EntryId;
use crate::domain::id::{AppId, FactorId, GroupId, UserId};
use crate::domain::text::SafeText;

pub use contain::contain;
pub use deeds::{Around, Deed, PERSISTENCE, deed};
pub use offboard::offboard;
pub use onboard::{Model, Newcomer, Profile, onboard};

/// A plan as it is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// What it is for.
    pub title: String,
    /// What becomes of the others when a step fails.
    pub on_failure: OnFailure,
    /// Its steps, in their order.
    pub steps: Vec<Step>,
    /// What whoever stages it has to know: what is not known, and what no change does.
    pub notes: Vec<String>,
}

/// One change of a ready plan. What another step makes is named in it by that step's number, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The change.
    pub change: Change,
    /// What it is about, as people call it.
    pub name: SafeText,
    /// What is known of that, and speaks for the step or against it.
    pub why: String,
    /// Whether it is staged unless somebody says otherwise.
    pub chosen: bool,
}

impl Ready {
    /// The changes that are chosen, without those about what a step makes that is not.
    pub fn chosen(&self) -> Vec<Change> {
        let mut places: Vec<Option<u32>> = Vec::new();
        let mut changes = Vec::new();
        for step in &self.steps {
            let of = |maker: u32| *places.get((maker as usize).checked_sub(1)?)?;
            let is_made = step
                .change
                .makers()
                .into_iter()
                .all(|maker| of(maker).is_some());
            if !step.chosen || !is_made {
                places.push(None);
                continue;
            }
            let mut change = step.change.clone();
            change.replace_made(|maker| UserId::made_by(of(maker)?).map(Into::into));
            changes.push(change);
            places.push(u32::try_from(changes.len()).ok());
        }
        changes
    }
}

/// Something that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Had<T> {
    /// What.
    pub what: T,
    /// As people call it.
    pub name: SafeText,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// Who gave it, where the log has that.
    pub by: Option<SafeText>,
}

/// An admin role that somebody has themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// The id under which it is had.
    pub assignment: EntryId,
}

/// A group that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldGroup {
    /// The group.
    pub group: GroupId,
    /// Whether it gives admin roles.
    pub gives_roles: bool,
    /// The rule that puts them there.
    pub rule: Option<SafeText>,
    /// Why nobody can take them out of it: an app keeps it.
    pub kept: Option<&'static str>,
}

/// All that a user has, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Their login.
    pub login: SafeText,
    /// Okta's word for their status.
    pub status: Option<SafeText>,
    /// Factors that they enrolled.
    pub factors: Vec<Had<FactorId>>,
    /// API tokens that they own.
    pub tokens: Vec<Had<EntryId>>,
    /// Devices that they registered.
    pub devices: Vec<Had<EntryId>>,
    /// Admin roles that they have themselves.
    pub roles: Vec<Had<HeldRole>>,
    /// Groups that they are in, without those that Okta keeps itself.
    pub groups: Vec<Had<HeldGroup>>,
    /// Apps that they have directly.
    pub apps: Vec<Had<AppId>>,
    /// What they did since the moment that was asked about and that changes the org.
    pub deeds: Vec<Deed>,
    /// What of this is not known, and why.
    pub gaps: Vec<String>,
}

impl Person {
    fn is(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }

    /// A step about the user themselves.
    fn own(&self, change: Change, why: &str) -> Step {
        Step {
            change,
            name: self.login.clone(),
            why: why.to_owned(),
            chosen: true,
        }
    }
}

impl<T> Had<T> {
    /// Since when and by whom, in words that follow `verb`: `enrolled 2026-11-22 14:02 by ana@acme.com`.
    fn told(&self, verb: &str) -> String {
        let since = match self.since {
            Some(since) => format!("{verb} {}", minute(since)),
            None => format!("{verb} nobody knows when"),
        };
        match &self.by {
            Some(by) => format!("{since} by {by}"),
            None => since,
        }
    }

    fn is_since(&self, moment: Option<Timestamp>) -> bool {
        let of = |(since, moment)| since >= moment;
        self.since.zip(moment).is_some_and(of)
    }
}

/// A moment to the minute, in UTC.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
