//! A group of users.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::GroupId;
use super::open_enum::open_enum;
use super::text::SafeText;

open_enum! {
    /// Who masters a group's profile and members.
    GroupType {
        /// Made in Okta; everything can be changed.
        Okta = "OKTA_GROUP",
        /// Imported from a directory or an app, which manages it.
        App = "APP_GROUP",
        /// Okta's own (Everyone); nothing can be changed.
        BuiltIn = "BUILT_IN",
    }
}

/// A group as Okta's `GET /api/v1/groups?expand=stats` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Okta's id, `00g…`.
    pub id: GroupId,
    /// Who masters it.
    pub kind: GroupType,
    /// `profile.name`.
    pub name: SafeText,
    /// `profile.description`.
    pub description: Option<SafeText>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When its profile last changed; a change of members does not move it.
    pub last_updated: Option<Timestamp>,
    /// When a member was last added or removed.
    pub last_membership_updated: Option<Timestamp>,
    /// What `expand=stats` said, when it was asked for and answered.
    pub stats: Option<GroupStats>,
}

/// `_embedded.stats` of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupStats {
    /// Members.
    pub users: u64,
    /// Apps assigned to the group.
    pub apps: u64,
    /// Whether the group holds an admin role.
    pub has_admin_privilege: bool,
}
