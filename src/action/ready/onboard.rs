//! Onboarding: a user is made, and given what their team has: groups with the account, apps as soon as there is one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::plan::OnFailure;
use super::{Had, Person, Ready, Step};
use crate::domain::change::{Change, OfMade as _};
use crate::domain::id::{AppId, GroupId, UserId};
use crate::domain::text::SafeText;

/// So many groups can be given with an account; the others follow one by one. Source: `groupIds` of Okta's call to create a user.
const MOST_GROUPS: usize = 20;

/// Who comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// Their profile.
    pub profile: Profile,
}

/// Attributes of a user by their names.
pub type Profile = BTreeMap<Box<str>, Value>;

/// What everybody who comes is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Groups.
    pub groups: Vec<(GroupId, SafeText)>,
    /// Apps, each directly.
    pub apps: Vec<(AppId, SafeText)>,
    /// Fields of the profile of whoever says nothing else.
    pub profile: Profile,
    /// Whether they are let in at once, by a mail of Okta's.
    pub activate: bool,
    /// What is not given, and why.
    pub notes: Vec<String>,
}

impl Model {
    /// What a colleague has that can be given to others: groups that no rule and nobody else keeps, and apps that they have directly. What
    /// gives admin roles is left out, for nobody is made an admin by likeness.
    pub fn like(person: &Person) -> Self {
        let (given, left): (Vec<_>, Vec<_>) = person.groups.iter().partition(|had| {
            had.what.kept.is_none() && had.what.rule.is_none() && !had.what.gives_roles
        });
        let mut notes: Vec<String> = left
            .into_iter()
            .map(|had| format!("{} is not given: {}", had.name, why_not(had)))
            .collect();
        if !person.roles.is_empty() {
            notes.push(format!("admin roles of {} are not given", person.login));
        }
        notes.extend(person.gaps.iter().cloned());
        Self {
            groups: given
                .into_iter()
                .map(|had| (had.what.group.clone(), had.name.clone()))
                .collect(),
            apps: person
                .apps
                .iter()
                .map(|had| (had.what.clone(), had.name.clone()))
                .collect(),
            notes,
            ..Self::default()
        }
    }
}

fn why_not(had: &Had<super::HeldGroup>) -> String {
    if let Some(kept) = had.what.kept {
        return kept.to_owned();
    }
    match &had.what.rule {
        Some(rule) => format!("the rule {rule} decides"),
        None => "it gives admin roles".to_owned(),
    }
}

/// What makes these users and gives them what `model` says.
pub fn onboard(newcomers: &[Newcomer], model: &Model) -> Ready {
    let mut steps: Vec<Step> = Vec::new();
    for newcomer in newcomers {
        let maker = u32::try_from(steps.len() + 1).unwrap_or(u32::MAX);
        steps.extend(one(newcomer, model, maker));
    }
    let title = match newcomers {
        [one] => format!("onboard {}", login(&one.profile)),
        all => format!("onboard {} users", all.len()),
    };
    let title = SafeText::new(&title).to_string();
    Ready {
        title,
        on_failure: OnFailure::GoOn,
        steps,
        notes: model.notes.clone(),
    }
}

fn login(profile: &Profile) -> SafeText {
    let text = profile.get("login").and_then(Value::as_str);
    SafeText::new(text.unwrap_or_default())
}

/// The steps of one, the first of which has the number `maker`.
fn one(newcomer: &Newcomer, model: &Model, maker: u32) -> Vec<Step> {
    let mut profile = model.profile.clone();
    profile.extend(newcomer.profile.clone());
    let name = login(&profile);
    let mut seen = BTreeSet::new();
    let groups: Vec<&(GroupId, SafeText)> = model
        .groups
        .iter()
        .filter(|(group, _)| seen.insert(group.clone()))
        .collect();
    let (with, after) = groups.split_at(groups.len().min(MOST_GROUPS));
    let let_in = if model.activate {
        "let in at once, by a mail of Okta's"
    } else {
        "staged: nobody is let in before the account is activated"
    };
    let names: Vec<&str> = with.iter().map(|(_, name)| &**name).collect();
    let mut steps = vec![Step {
        change: Change::CreateUser {
            profile,
            groups: with.iter().map(|(group, _)| group.clone()).collect(),
            activate: model.activate,
        },
        name: name.clone(),
        why: if names.is_empty() {
            let_in.to_owned()
        } else {
            format!("{let_in}; in {}", names.join(", "))
        },
        chosen: true,
    }];
    let Some(user) = UserId::made_by(maker) else {
        return steps;
    };
    let to_come = |change, what: &SafeText| Step {
        change,
        name: what.clone(),
        why: format!("for {name}, once the account is there"),
        chosen: true,
    };
    steps.extend(after.iter().map(|(group, what)| {
        let (group, user) = (group.clone(), user.clone());
        to_come(Change::AddMember { group, user }, what)
    }));
    steps.extend(model.apps.iter().map(|(app, what)| {
        let (app, user) = (app.clone(), user.clone());
        to_come(Change::AssignUser { app, user }, what)
    }));
    steps
}
