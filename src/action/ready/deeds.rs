//! What somebody did to the org that outlives their account, as the log tells it, and what takes it back.

use std::collections::BTreeSet;

use super::{Step, minute};
use crate::domain::change::Change;
use crate::domain::id::UserId;
use crate::domain::log_event::{LogEvent, OutcomeResult, Party};
use crate::domain::text::SafeText;

/// Types of the events that tell of such deeds. Source: Okta's event catalogue.
pub const PERSISTENCE: [&str; 22] = [
    "user.lifecycle.create",
    "user.lifecycle.activate",
    "user.account.privilege.grant",
    "group.privilege.grant",
    "app.oauth2.client.privilege.grant",
    "group.user_membership.add",
    "system.api_token.create",
    "application.lifecycle.create",
    "application.lifecycle.activate",
    "app.oauth2.client.lifecycle.create",
    "app.oauth2.credentials.lifecycle.create",
    "system.idp.lifecycle.create",
    "system.idp.lifecycle.activate",
    "system.idp.lifecycle.update",
    "policy.lifecycle.deactivate",
    "policy.lifecycle.update",
    "policy.rule.deactivate",
    "policy.rule.update",
    "zone.update",
    "zone.delete",
    "system.log_stream.lifecycle.deactivate",
    "user.session.impersonation.grant",
];

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What takes it back.
    pub step: Option<Step>,
    /// What is to be said of it where no change does.
    pub note: Option<String>,
}

/// What the mirror has of what deeds are about.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Whether a group gives admin roles.
    pub gives_roles: &'a dyn Fn(&str) -> bool,
    /// Where a user stands, as Okta spells it; `None` where that is not known.
    pub status: &'a dyn Fn(&UserId) -> Option<SafeText>,
}

/// What `event` tells of that outlives the account of whoever did it; `None` when it tells of nothing such.
pub fn deed(event: &LogEvent, around: Around<'_>) -> Option<Deed> {
    let did = event.result == Some(OutcomeResult::Success);
    if !did || !PERSISTENCE.contains(&&*event.event_type) {
        return None;
    }
    let when = minute(event.published);
    if let Some((change, target)) = undoing(event, around) {
        let step = Step {
            change,
            name: target.label().into(),
            why: format!("{} by this account, {when}", event.event_type),
            chosen: true,
        };
        return Some(Deed {
            step: Some(step),
            note: None,
        });
    }
    if matches!(
        &*event.event_type,
        "group.user_membership.add" | "user.lifecycle.activate"
    ) {
        return None;
    }
    let targets: Vec<&str> = event.targets.iter().map(Party::label).collect();
    let note = format!(
        "look at it yourself: {} {} at {when}",
        event.event_type,
        targets.join(", ")
    );
    Some(Deed {
        step: None,
        note: Some(SafeText::new(&note).to_string()),
    })
}

/// What keeps a user out whom an attacker made or let in. Okta suspends only who is ACTIVE; whoever has not chosen a password yet, or must
/// choose another, may still do so by a link.
fn keeping_out(user: UserId, around: Around<'_>) -> Option<Change> {
    match (around.status)(&user).as_deref() {
        Some("DEPROVISIONED") => None,
        None | Some("ACTIVE" | "SUSPENDED") => Some(Change::SuspendUser { user }),
        Some(_) => Some(Change::DeactivateUser {
            user,
            send_email: false,
        }),
    }
}

/// The change that takes it back, and what it is about.
fn undoing<'e>(event: &'e LogEvent, around: Around<'_>) -> Option<(Change, &'e Party)> {
    let of = |kind| event.targets.iter().find(|target| &*target.kind == kind);
    match &*event.event_type {
        "user.lifecycle.create" | "user.lifecycle.activate" => {
            let target = of("User")?;
            let user = target.id.parse().ok()?;
            Some((keeping_out(user, around)?, target))
        }
        "group.user_membership.add" => {
            let (user, group) = (of("User")?, of("UserGroup")?);
            let change = Change::RemoveMember {
                group: group.id.parse().ok()?,
                user: user.id.parse().ok()?,
            };
            (around.gives_roles)(&group.id).then_some((change, user))
        }
        "system.api_token.create" => {
            let target = of("Token")?;
            let token = target.id.parse().ok()?;
            Some((Change::RevokeApiToken { token }, target))
        }
        "application.lifecycle.create"
        | "application.lifecycle.activate"
        | "app.oauth2.client.lifecycle.create" => {
            let target = of("AppInstance")?;
            let app = target.id.parse().ok()?;
            Some((Change::DeactivateApp { app }, target))
        }
        "system.idp.lifecycle.create"
        | "system.idp.lifecycle.activate"
        | "system.idp.lifecycle.update" => {
            let target = of("IdentityProvider")?;
            let idp = target.id.parse().ok()?;
            Some((Change::DeactivateIdp { idp }, target))
        }
        "policy.rule.deactivate" => {
            let (policy, rule) = (of("PolicyEntity")?, of("PolicyRule")?);
            let change = Change::ActivatePolicyRule {
                policy: policy.id.parse().ok()?,
                rule: rule.id.parse().ok()?,
            };
            Some((change, rule))
        }
        "user.session.impersonation.grant" => Some((Change::RevokeSupport, event.targets.first()?)),
        _ => None,
    }
}

/// Leaves out steps that are there before; one that is chosen anywhere stays chosen.
pub(super) fn leave_out_doubles(steps: &mut Vec<Step>) {
    let key = |step: &Step| serde_json::to_string(&step.change).unwrap_or_default();
    let chosen: BTreeSet<String> = steps.iter().filter(|step| step.chosen).map(key).collect();
    let mut seen = BTreeSet::new();
    steps.retain_mut(|step| {
        let key = key(step);
        step.chosen = chosen.contains(&key);
        seen.insert(key)
    });
}
