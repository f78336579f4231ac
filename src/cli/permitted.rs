//! What may be changed in an org, as the machine's policy, the configuration and the environment have it.

use std::collections::BTreeMap;

use crate::action::guard::Limits;
use crate::agent::Changes;
use crate::config::Profile;
use crate::config::policy::{self, Policy};
use crate::domain::id::UserId;
use crate::domain::text::SafeText;

/// What the machine's policy, the configuration and the environment say of changes to the org. A policy that cannot be relied on refuses
/// them all.
pub fn changes(profile: &Profile) -> Changes {
    let words = "OKTOP_READ_ONLY is set where the agent was started";
    let changes = Changes {
        refused: profile.refuses_changes.then(|| words.to_owned()),
        needs_window: profile.read_only,
        ..Changes::default()
    };
    match Policy::read() {
        Err(error) => Changes {
            refused: Some(error.to_string()),
            ..changes
        },
        Ok(policy) => under(&policy, profile, changes),
    }
}

fn under(policy: &Policy, profile: &Profile, changes: Changes) -> Changes {
    let (accounts, unknown) = accounts(policy);
    Changes {
        refused: changes
            .refused
            .or_else(|| locked(policy, profile))
            .or(unknown),
        limits: limits(policy),
        protected: policy
            .break_glass
            .iter()
            .chain(&policy.protected)
            .cloned()
            .collect(),
        accounts,
        ..changes
    }
}

fn locked(policy: &Policy, profile: &Profile) -> Option<String> {
    let is_locked = policy.locks(profile.name.as_deref());
    is_locked.then(|| format!("{} locks this profile", policy::PATH))
}

/// The lower of the policy's limits and oktop's own.
fn limits(policy: &Policy) -> Limits {
    let (own, asked) = (Limits::default(), policy.limits);
    let lower = |own: usize, asked: Option<usize>| asked.map_or(own, |asked| own.min(asked));
    let percent = asked.most_users_percent.unwrap_or(own.most_users_percent);
    Limits {
        most_changes: lower(own.most_changes, asked.most_changes),
        most_users_percent: own.most_users_percent.min(percent),
        destructive_an_hour: lower(own.destructive_an_hour, asked.destructive_an_hour),
        destructive_a_day: lower(own.destructive_a_day, asked.destructive_a_day),
    }
}

/// The accounts of this machine's users, and what is wrong with one that cannot be an account: whom it was to protect is not known then.
fn accounts(policy: &Policy) -> (BTreeMap<String, UserId>, Option<String>) {
    let (mut accounts, mut wrong) = (BTreeMap::new(), None);
    for (name, id) in policy.accounts() {
        if let Ok(id) = id.parse() {
            accounts.insert(name.to_owned(), id);
        } else {
            let id = SafeText::new(id);
            wrong = Some(format!("{}: `{id}` is no id of a user", policy::PATH));
        }
    }
    (accounts, wrong)
}
