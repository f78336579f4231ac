//! Policies of every type, their rules, and the apps they apply to.

use super::super::fields::Fields;
use super::{Draft, access, app, entry, last_segment};
use crate::domain::entry::{EntryKind, How};
use crate::domain::text::SafeText;

/// A policy of `/api/v1/policies?type=…`.
pub(super) fn policy(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "priority", "system", "description"]);
    conditions(&fields.object("conditions"), draft);
}

/// The conditions that policies and rules share.
fn conditions(conditions: &Fields<'_>, draft: &mut Draft<'_>) {
    let (people, network) = (conditions.object("people"), conditions.object("network"));
    draft.fact("people", access::people(&people));
    draft.fact("network", access::network(&network));
    access::refer_people(&people, draft);
    access::refer_zones(&network, draft);
    let idps = conditions.object("identityProvider").words("idpIds");
    draft.refer_all(How::Uses, &idps, entry(EntryKind::Idp));
    for (side, how) in [("include", How::Includes), ("exclude", How::Excludes)] {
        let types = conditions.object("userType").words(side);
        draft.refer_all(how, &types, entry(EntryKind::UserType));
        for raw in conditions.object("app").list(side) {
            let id = Fields::of(raw).ok().and_then(|one| one.filled("id"));
            draft.refer(
                How::App,
                id.as_deref().and_then(app).filter(|_| side == "include"),
            );
        }
    }
}

/// A rule of `/api/v1/policies/{id}/rules`.
pub(super) fn rule(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "priority", "system"]);
    let (when, then) = (fields.object("conditions"), fields.object("actions"));
    conditions(&when, draft);
    draft.fact("access", allowed(&then));
    draft.fact("requires", requires(&then));
    draft.fact("risk", risk(&when));
    draft.fact("device", super::flat::of(&when.object("device")));
    let session = then.object("signon").some_object("session");
    let session = session.or_else(|| then.some_object("postAuthSession"));
    draft.fact(
        "session",
        session.and_then(|session| super::flat::of(&session)),
    );
    for raw in then.object("idp").list("providers") {
        let id = Fields::of(raw).ok().and_then(|one| one.filled("id"));
        draft.refer(How::Uses, id.as_deref().and_then(entry(EntryKind::Idp)));
    }
}

/// `ALLOW` or `DENY`, wherever the type of rule says it.
fn allowed(actions: &Fields<'_>) -> Option<SafeText> {
    ["appSignOn", "signon", "passwordChange"]
        .iter()
        .find_map(|action| actions.object(action).filled("access"))
}

/// What a rule asks of whoever signs in.
fn requires(actions: &Fields<'_>) -> Option<SafeText> {
    let method = actions
        .object("appSignOn")
        .some_object("verificationMethod");
    let sign_on = actions.some_object("signon");
    let line = match (method, sign_on) {
        (Some(method), _) => super::flat::of_named(
            &method,
            &["type", "factorMode", "reauthenticateIn", "inactivityPeriod"],
        )
        .into_iter()
        .chain(constraints(&method))
        .collect::<Vec<_>>()
        .join(", "),
        (None, Some(sign_on)) => super::flat::of_named(
            &sign_on,
            &["primaryFactor", "requireFactor", "factorPromptMode"],
        )
        .join(", "),
        (None, None) => return super::flat::of(&actions.object("enroll")),
    };
    (!line.is_empty()).then(|| SafeText::new(&line))
}

/// What is asked of each class of factors, such as `possession phishingResistant`.
fn constraints(method: &Fields<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for raw in method.list("constraints") {
        let Ok(constraint) = Fields::of(raw) else {
            continue;
        };
        for class in ["knowledge", "possession", "inherence"] {
            let Some(asked) = constraint.some_object(class) else {
                continue;
            };
            let strict = [
                "phishingResistant",
                "hardwareProtection",
                "deviceBound",
                "userPresence",
            ]
            .into_iter()
            .filter(|quality| asked.filled(quality).as_deref() == Some("REQUIRED"));
            let words: Vec<&str> = [class].into_iter().chain(strict).collect();
            all.push(words.join(" "));
        }
    }
    all
}

fn risk(conditions: &Fields<'_>) -> Option<SafeText> {
    let score = conditions.object("riskScore").filled("level");
    let score = score.or_else(|| conditions.object("EntityRisk").filled("level"));
    score.or_else(|| super::joined(&conditions.object("risk").words("behaviors")))
}

/// A mapping of `/api/v1/policies/{id}/mappings`. Only a link tells the app.
pub(super) fn mapping(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let links = fields.object("_links");
    let to = links.object("application").text("href");
    let to = to.as_deref().and_then(last_segment);
    // Okta's own example gives the policy's id to its mapping, which would make all of them the same.
    if draft.id.is_none() || draft.id.as_ref() == draft.parent {
        let own = links.object("self").text("href");
        let own = own.as_deref().and_then(last_segment).or(to);
        draft.id = own.and_then(|id| id.parse().ok());
    }
    draft.name = to.map(SafeText::new);
    draft.fact("app", to.map(SafeText::new));
    draft.refer(How::App, to.and_then(app));
}
