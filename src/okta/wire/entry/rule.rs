//! Group rules and owners of groups.

use super::super::fields::Fields;
use super::{Draft, group, joined, user};
use crate::domain::entry::How;

/// A group rule of `/api/v1/groups/rules`.
pub(super) fn group_rule(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let conditions = fields.object("conditions");
    let people = conditions.object("people");
    let users = people.object("users").words("exclude");
    let groups = people.object("groups").words("exclude");
    let given = fields
        .object("actions")
        .object("assignUserToGroups")
        .words("groupIds");
    draft.fact("expression", conditions.object("expression").text("value"));
    draft.fact("groups", joined(&given));
    draft.fact("excludedUsers", joined(&users));
    draft.fact("excludedGroups", joined(&groups));
    draft.refer_all(How::Gives, &given, group);
    draft.refer_all(How::Excludes, &users, user);
    draft.refer_all(How::Excludes, &groups, group);
}

/// An owner of `/api/v1/groups/{id}/owners`.
pub(super) fn group_owner(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "originType", "resolved"]);
    let Some(id) = fields.filled("id") else {
        return;
    };
    let owner = match fields.filled("type").as_deref() {
        Some("GROUP") => group(&id),
        Some("USER") => user(&id),
        _ => None,
    };
    draft.refer(How::Owner, owner);
}
