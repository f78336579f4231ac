//! What is told about a group beside its list.

use super::user::archived;
use jiff::Timestamp;

use crate::domain::group::{Group, GroupType};
use crate::domain::query::Row;
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::theme::Theme;

/// The group in short, and who masters it.
pub(super) fn profile(facts: &mut Facts, row: &Row<Group>, as_of: Option<Timestamp>, theme: Theme) {
    let group = &row.value;
    facts
        .heading("GROUP", &format::reading(row.observed, as_of))
        .fact("name", &group.name)
        .maybe("description", group.description.as_ref())
        .fact("mastered by", master(&group.kind))
        .fact("members", &format::maybe_count(row.related.users))
        .fact("apps", &format::maybe_count(row.related.apps))
        .fact("created", &format::maybe_minute(group.created))
        .fact("updated", &format::maybe_minute(group.last_updated))
        .fact(
            "members set",
            &format::maybe_minute(group.last_membership_updated),
        );
    if let Some(stats) = &group.stats {
        let admin = if stats.has_admin_privilege {
            "yes"
        } else {
            "no"
        };
        facts.fact("admin role", admin);
    }
    facts.fact("id", group.id.as_str());
    archived(facts, row, theme);
}

fn master(kind: &GroupType) -> &str {
    match kind {
        GroupType::Okta => "Okta; members can be changed there",
        GroupType::App => "the directory or app it was imported from",
        GroupType::BuiltIn => "Okta itself; nothing can be changed",
        GroupType::Other(word) => word,
    }
}
