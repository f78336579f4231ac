//! Roles that admins build themselves, and the sets of resources that these are for.

use super::super::id::Id;
use super::super::time::Millis;
use super::index::{AppIx, GroupIx};

/// A custom admin role.
#[derive(Clone, Debug)]
pub struct CustomRole {
    /// `cr0…`
    pub id: Id,
    /// Unique name.
    pub label: String,
    /// What it is for.
    pub description: String,
    /// What it allows, in the order of being added.
    pub permissions: Vec<Permission>,
    /// When it was created.
    pub created: Millis,
    /// When label, description or permissions last changed.
    pub last_updated: Millis,
    /// Whether it is gone for good.
    pub deleted: bool,
}

/// Something that a custom role allows.
#[derive(Clone, Debug)]
pub struct Permission {
    /// E.g. `okta.users.read`.
    pub label: String,
    /// Profile attributes that it is limited to; none for no condition.
    pub only_attributes: Vec<String>,
    /// When it was added.
    pub created: Millis,
}

/// A set of resources.
#[derive(Clone, Debug)]
pub struct ResourceSet {
    /// `iam…`
    pub id: Id,
    /// Unique name.
    pub label: String,
    /// What it holds.
    pub description: String,
    /// The resources, in the order of being added.
    pub resources: Vec<Resource>,
    /// When it was created.
    pub created: Millis,
    /// When label, description or resources last changed.
    pub last_updated: Millis,
    /// Whether it is gone for good.
    pub deleted: bool,
}

/// A resource in a set.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `ire…`
    pub id: Id,
    /// What it is.
    pub what: Covered,
    /// When it was added.
    pub created: Millis,
}

/// What a resource of a set stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// Every user.
    Users,
    /// Every group.
    Groups,
    /// Every application.
    Apps,
    /// One group: its profile and who is in it.
    Group(GroupIx),
    /// The users in one group.
    MembersOf(GroupIx),
    /// One application.
    App(AppIx),
}

/// Every custom role and resource set that ever was, by index, and how many ids were given to resources.
#[derive(Debug, Default)]
pub struct Iam {
    pub(super) roles: Vec<CustomRole>,
    pub(super) sets: Vec<ResourceSet>,
    pub(super) resources_added: u64,
}
