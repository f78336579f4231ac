//! Who owns a group, and so may change its members without any admin role.

use super::super::time::Millis;
use super::index::{GroupIx, UserIx};

/// An owner of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedBy {
    /// A person.
    User(UserIx),
    /// Everybody in a group.
    Group(GroupIx),
}

/// An owner of a group, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Who.
    pub by: OwnedBy,
    /// When it was made one.
    pub last_updated: Millis,
}
