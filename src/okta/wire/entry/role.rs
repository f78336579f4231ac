//! Admin roles: who has any, which ones, what custom roles permit and on what.

use super::super::fields::Fields;
use super::{Draft, app, entry, group, joined, last_segment, user};
use crate::domain::entry::{EntryId, EntryKind, How, Target};
use crate::domain::text::SafeText;

/// A user of `/api/v1/iam/assignees/users`.
pub(super) fn admin(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["orn"]);
    draft.refer(How::Owner, fields.filled("id").and_then(|id| user(&id)));
}

/// A role of a user, a group or a client.
pub(super) fn assignment(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "label", "assignmentType", "role"]);
    let set = fields.filled("resource-set");
    if let Some(role) = fields.filled("role") {
        draft.refer(How::Gives, entry(EntryKind::Role)(&role));
    }
    if let Some(set) = &set {
        draft.refer(How::Within, entry(EntryKind::ResourceSet)(set));
    }
    draft.fact("resourceSet", set);
    draft.refer(How::Owner, holder(draft));
    targets(fields, draft);
}

/// Who holds an assignment: what it hangs below.
fn holder(draft: &Draft<'_>) -> Option<Target> {
    let id = draft.parent?.as_str();
    match draft.kind {
        EntryKind::UserRole => user(id),
        EntryKind::GroupRole => group(id),
        _ => entry(EntryKind::Client)(id),
    }
}

/// The groups and apps that an assignment is limited to, where the answer was asked to hold them.
fn targets(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let targets = fields.object("_embedded").object("targets");
    let mut names = Vec::new();
    for raw in targets.list("groups") {
        let Ok(target) = Fields::of(raw) else {
            continue;
        };
        let id = target.text_or_empty("id");
        names.push(
            target
                .object("profile")
                .filled("name")
                .unwrap_or_else(|| id.clone()),
        );
        draft.refer(How::Within, group(&id));
    }
    for raw in targets.object("catalog").list("apps") {
        let Ok(target) = Fields::of(raw) else {
            continue;
        };
        let name = target.text_or_empty("name");
        names.push(target.filled("displayName").unwrap_or_else(|| name.clone()));
        // An instance of an app has an id; a whole app of the catalogue has only its name.
        let instance = target.filled("id").and_then(|id| app(&id));
        draft.refer(How::Within, instance.unwrap_or(Target::All(name)));
    }
    draft.fact("targets", joined(&names));
}

/// A custom role of `/api/v1/iam/roles`, or a resource set.
pub(super) fn described(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["description"]);
}

/// A permission of a custom role; its label is all that names it.
pub(super) fn permission(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.id = fields.parsed("label");
    draft.fact("conditions", super::flat::of(&fields.object("conditions")));
}

/// A role that is bound to a resource set.
pub(super) fn binding(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let role = fields.filled("id");
    draft.refer(
        How::Gives,
        role.and_then(|role| entry(EntryKind::Role)(&role)),
    );
    let set = draft.parent.map(EntryId::as_str);
    draft.refer(How::Within, set.and_then(entry(EntryKind::ResourceSet)));
}

/// Who holds a bound role. Only a link tells who it is.
pub(super) fn binding_member(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let href = fields.object("_links").object("self").text("href");
    let who = href.as_deref().and_then(linked);
    draft.fact("orn", fields.filled("orn"));
    draft.fact("type", who.as_ref().map(word_of));
    draft.name = href
        .as_deref()
        .and_then(last_segment)
        .map(SafeText::new)
        .or(draft.name.take());
    draft.refer(How::Member, who);
    let Some((set, role)) = draft
        .parent
        .and_then(|parent| parent.as_str().split_once(':'))
    else {
        return;
    };
    draft.refer(How::Within, entry(EntryKind::ResourceSet)(set));
    draft.refer(How::Gives, entry(EntryKind::Role)(role));
}

/// The user, group or client that a link of the API leads to.
fn linked(href: &str) -> Option<Target> {
    let path = href.split(['?', '#']).next()?;
    let mut backwards = path.rsplit('/').filter(|segment| !segment.is_empty());
    let id = backwards.next()?;
    match backwards.next()? {
        "users" => user(id),
        "groups" => group(id),
        "apps" => app(id),
        "clients" => entry(EntryKind::Client)(id),
        _ => None,
    }
}

fn word_of(target: &Target) -> SafeText {
    match target {
        Target::Object(object) => object.kind().word().into(),
        Target::Entry(kind, _) => kind.word().into(),
        Target::All(_) => "all".into(),
    }
}

/// A resource of a resource set, named by its ORN; some only have a link.
pub(super) fn set_resource(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let orn = fields.filled("orn");
    let href = fields.object("_links").object("self").text("href");
    let named = orn.as_deref().and_then(target_of_orn);
    draft.refer(
        How::Member,
        named.or_else(|| href.as_deref().and_then(linked)),
    );
    draft.name = orn.clone().or(href).or(draft.name.take());
    draft.fact("orn", orn);
}

/// What an ORN such as `orn:okta:directory:00o1:groups:00g1:contained_resources` names: the object, or all of its sort.
fn target_of_orn(orn: &str) -> Option<Target> {
    let mut parts = orn.split(':').skip(4);
    let sort = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let id = rest.iter().find(|part| part.len() == 20).copied();
    let object = match sort {
        "users" => id.and_then(user),
        "groups" => id.and_then(group),
        "apps" => id.and_then(app),
        _ => None,
    };
    Some(object.unwrap_or_else(|| Target::All(SafeText::new(orn))))
}
