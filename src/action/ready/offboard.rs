//! Offboarding: everything that somebody has is taken, the account last, so that nothing is left behind in what deactivation does not
//! reach: tokens, devices, roles.
//!
//! Composed once more afterwards, it tells what is left.

use super::super::plan::OnFailure;
use super::{Had, HeldGroup, Person, Ready, Step};
use crate::domain::change::{Change, Holder};

/// What takes everything from `person`.
pub fn offboard(person: &Person) -> Ready {
    let mut steps = Vec::new();
    let is_over = person.is("DEPROVISIONED");
    if !is_over {
        steps.extend(sessions(person));
    }
    steps.extend(credentials(person));
    steps.extend(roles(person));
    steps.extend(devices(person));
    steps.extend(person.groups.iter().filter_map(|had| group(person, had)));
    steps.extend(apps(person));
    if !is_over {
        let end = Change::DeactivateUser {
            user: person.user.clone(),
            send_email: false,
        };
        steps.push(person.own(
            end,
            "ends the account; apps that are provisioned hear of it",
        ));
    }
    Ready {
        title: format!("offboard {}", person.login),
        on_failure: OnFailure::GoOn,
        notes: notes(person),
        steps,
    }
}

fn sessions(person: &Person) -> [Step; 2] {
    let user = || person.user.clone();
    let clear = Change::ClearSessions {
        user: user(),
        oauth_tokens: true,
        forget_devices: true,
    };
    let grants = Change::RevokeGrants { user: user() };
    [
        person.own(clear, "ends Okta's sessions and the tokens of apps"),
        person.own(grants, "what apps were allowed to do for them"),
    ]
}

fn credentials(person: &Person) -> impl Iterator<Item = Step> {
    person.tokens.iter().map(|had| Step {
        change: Change::RevokeApiToken {
            token: had.what.clone(),
        },
        name: had.name.clone(),
        why: format!("{}; whatever uses it stops", had.told("made")),
        chosen: true,
    })
}

fn roles(person: &Person) -> impl Iterator<Item = Step> {
    person.roles.iter().map(|had| Step {
        change: Change::RevokeRole {
            holder: Holder::User(person.user.clone()),
            assignment: had.what.assignment.clone(),
            role: had.what.role.clone(),
        },
        name: had.name.clone(),
        why: had.told("had since"),
        chosen: true,
    })
}

/// A device may be somebody's own or the company's: to end it is for whoever knows.
fn devices(person: &Person) -> impl Iterator<Item = Step> {
    person.devices.iter().map(|had| Step {
        change: Change::SuspendDevice {
            device: had.what.clone(),
        },
        name: had.name.clone(),
        why: had.told("registered"),
        chosen: true,
    })
}

/// Who is put into a group by a rule would be kept out of it for good; that they leave with the account is enough.
fn group(person: &Person, had: &Had<HeldGroup>) -> Option<Step> {
    if had.what.kept.is_some() {
        return None;
    }
    let (why, chosen) = match &had.what.rule {
        Some(rule) => (
            format!("the rule {rule} puts them there; deactivation ends it"),
            false,
        ),
        None => (had.told("in it since"), true),
    };
    Some(Step {
        change: Change::RemoveMember {
            group: had.what.group.clone(),
            user: person.user.clone(),
        },
        name: had.name.clone(),
        why,
        chosen,
    })
}

fn apps(person: &Person) -> impl Iterator<Item = Step> {
    person.apps.iter().map(|had| Step {
        change: Change::UnassignUser {
            app: had.what.clone(),
            user: person.user.clone(),
            send_email: false,
        },
        name: had.name.clone(),
        why: had.told("assigned directly"),
        chosen: true,
    })
}

fn notes(person: &Person) -> Vec<String> {
    let mut notes: Vec<String> = person
        .groups
        .iter()
        .filter_map(|had| Some(format!("{} cannot be taken: {}", had.name, had.what.kept?)))
        .collect();
    match person.factors.len() {
        0 => {}
        1 => notes.push("one factor stays enrolled and is of no use without the account".into()),
        more => notes.push(format!(
            "{more} factors stay enrolled and are of no use without the account"
        )),
    }
    notes.extend(person.gaps.iter().cloned());
    notes
}
