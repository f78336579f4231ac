//! A group of `/api/v1/groups`.

use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::group::{Group, GroupStats, GroupType};

impl Decode for Group {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        let profile = fields.object("profile");
        Ok(Self {
            id: fields.identity("id")?,
            kind: GroupType::from_word(&fields.text_or_empty("type")),
            name: profile.text_or_empty("name"),
            description: profile.filled("description"),
            created: fields.time("created"),
            last_updated: fields.time("lastUpdated"),
            last_membership_updated: fields.time("lastMembershipUpdated"),
            stats: stats(fields),
        })
    }
}

/// The counts, only when both are there: a missing count is unknown, never zero.
fn stats(fields: &Fields<'_>) -> Option<GroupStats> {
    let stats = fields.object("_embedded").some_object("stats")?;
    Some(GroupStats {
        users: stats.count("usersCount")?,
        apps: stats.count("appsCount")?,
        // Okta's own document spells it without the second `i`; both are met.
        has_admin_privilege: stats
            .flag("hasAdminPrivilege")
            .or_else(|| stats.flag("hasAdminPrivlege"))
            .unwrap_or(false),
    })
}
