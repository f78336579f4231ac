//! Containment: an account that somebody else may have is closed, then what they may have added to it, then what they may have left
//! behind.
//!
//! The account is suspended first, because sessions that end before may be begun anew. What came before the moment from which on it is
//! theirs is there to be chosen, and is not: to take a service's token from it is an outage of its own.

use jiff::Timestamp;

use super::super::plan::OnFailure;
use super::{Person, Ready, Step, minute};
use crate::domain::change::{Change, Holder};

/// What contains `person`. What they have since `since` is chosen with it.
pub fn contain(person: &Person, since: Option<Timestamp>) -> Ready {
    let mut steps = closed(person);
    steps.extend(credentials(person, since));
    steps.extend(privileges(person, since));
    let left_behind = person.deeds.iter().filter_map(|deed| deed.step.clone());
    steps.extend(left_behind);
    super::deeds::leave_out_doubles(&mut steps);
    Ready {
        title: format!("contain {}", person.login),
        on_failure: OnFailure::GoOn,
        notes: notes(person, since, &steps),
        steps,
    }
}

fn closed(person: &Person) -> Vec<Step> {
    let user = || person.user.clone();
    let mut steps = Vec::new();
    // Okta suspends only who is active; whoever is not cannot sign in with a password as it is, and may be deactivated.
    if person.is("ACTIVE") || person.status.is_none() {
        let suspend = Change::SuspendUser { user: user() };
        steps.push(person.own(suspend, "nobody signs in; everything stays as it is"));
    }
    let clear = Change::ClearSessions {
        user: user(),
        oauth_tokens: true,
        forget_devices: true,
    };
    steps.push(person.own(clear, "ends Okta's sessions and the tokens of apps"));
    let grants = Change::RevokeGrants { user: user() };
    steps.push(person.own(grants, "what apps were allowed to do for them"));
    steps
}

fn credentials(person: &Person, since: Option<Timestamp>) -> Vec<Step> {
    let factors = person.factors.iter().map(|had| Step {
        change: Change::RemoveFactor {
            user: person.user.clone(),
            factor: had.what.clone(),
        },
        name: had.name.clone(),
        why: had.told("enrolled"),
        chosen: had.is_since(since),
    });
    let tokens = person.tokens.iter().map(|had| Step {
        change: Change::RevokeApiToken {
            token: had.what.clone(),
        },
        name: had.name.clone(),
        why: had.told("made"),
        chosen: had.is_since(since),
    });
    let devices = person.devices.iter().map(|had| Step {
        change: Change::SuspendDevice {
            device: had.what.clone(),
        },
        name: had.name.clone(),
        why: had.told("registered"),
        chosen: had.is_since(since),
    });
    factors.chain(tokens).chain(devices).collect()
}

fn privileges(person: &Person, since: Option<Timestamp>) -> Vec<Step> {
    let roles = person.roles.iter().map(|had| Step {
        change: Change::RevokeRole {
            holder: Holder::User(person.user.clone()),
            assignment: had.what.assignment.clone(),
            role: had.what.role.clone(),
        },
        name: had.name.clone(),
        why: had.told("had since"),
        chosen: had.is_since(since),
    });
    let giving = person.groups.iter().filter(|had| had.what.gives_roles);
    let groups = giving
        .filter(|had| had.what.kept.is_none())
        .map(|had| Step {
            change: Change::RemoveMember {
                group: had.what.group.clone(),
                user: person.user.clone(),
            },
            name: had.name.clone(),
            why: format!("gives admin roles; {}", had.told("in it since")),
            chosen: had.is_since(since),
        });
    roles.chain(groups).collect()
}

fn notes(person: &Person, since: Option<Timestamp>, steps: &[Step]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(status) = person
        .status
        .as_deref()
        .filter(|status| *status != "ACTIVE")
    {
        notes.push(format!(
            "the account is {status}, and Okta suspends only an ACTIVE one"
        ));
    }
    match since {
        Some(since) => notes.push(format!(
            "chosen is what came since {}; the rest was there before",
            minute(since)
        )),
        None if steps.iter().any(|step| !step.chosen) => {
            notes.push("what was added is not chosen: --since, or act on an event".to_owned());
        }
        None => {}
    }
    notes.extend(person.deeds.iter().filter_map(|deed| deed.note.clone()));
    notes.push("apps keep sessions of their own; reset the password once it is let in".to_owned());
    notes.extend(person.gaps.iter().cloned());
    notes
}
