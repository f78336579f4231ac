//! A group.

use super::super::id::Id;
use super::super::time::Millis;
use super::index::AppIx;

/// Who manages a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// Okta's admins.
    Okta,
    /// The application it was imported from; profile and members are read-only.
    App,
    /// Okta itself.
    BuiltIn,
    /// A value that no document names (only with `--strange`).
    Strange,
}

impl GroupKind {
    /// `type` of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "OKTA_GROUP",
            Self::App => "APP_GROUP",
            Self::BuiltIn => "BUILT_IN",
            Self::Strange => "WORKSPACE_GROUP",
        }
    }
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// `00g…`
    pub id: Id,
    /// Who manages it.
    pub kind: GroupKind,
    /// Name, unique among groups of its kind.
    pub name: Box<str>,
    /// Description.
    pub description: Option<Box<str>>,
    /// When it was created.
    pub created: Millis,
    /// When its profile last changed.
    pub last_updated: Millis,
    /// When its list of members last changed.
    pub last_membership_updated: Millis,
    /// For an imported group the application that it comes from.
    pub source: Option<AppIx>,
    /// Whether the group is gone for good; only the log still knows the name.
    pub deleted: bool,
}
