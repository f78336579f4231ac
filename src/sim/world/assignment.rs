//! Admin roles as they are assigned: to whom, which, how far.

use std::collections::BTreeMap;

use super::super::id::Id;
use super::super::time::Millis;
use super::index::{AppIx, ClientIx, CustomRoleIx, GroupIx, ResourceSetIx, UserIx};
use super::role::Role;

/// Who has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assignee {
    /// A person.
    User(UserIx),
    /// A group; its members have what it has.
    Group(GroupIx),
    /// A program.
    Client(ClientIx),
}

impl Assignee {
    /// `assignmentType` of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User(_) => "USER",
            Self::Group(_) => "GROUP",
            Self::Client(_) => "CLIENT",
        }
    }
}

/// Which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Held {
    /// One of Okta's own.
    Standard(Role),
    /// One that admins built, over a set of resources: a member of a binding.
    Custom {
        /// The role.
        role: CustomRoleIx,
        /// What it is for.
        set: ResourceSetIx,
    },
}

/// An application that a role is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppTarget {
    /// One instance.
    Instance(AppIx),
    /// Every instance of this key of the catalogue, e.g. `salesforce`.
    Catalogue(&'static str),
}

/// How far a standard role reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    /// Over everything that the role is for.
    #[default]
    All,
    /// Over these groups.
    Groups(Vec<GroupIx>),
    /// Over these applications.
    Apps(Vec<AppTarget>),
}

/// A role that somebody or something has.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// `ra1…` for a user's or client's standard role, `gra…` for a group's, `irb…` for what is a member of a binding. Old
    /// assignments of roles that can be limited have the role's name in base 32 instead: see [`Assignment::shown_id`].
    pub id: Id,
    /// Whose.
    pub assignee: Assignee,
    /// What.
    pub held: Held,
    /// How far.
    pub targets: Targets,
    /// When it was assigned.
    pub created: Millis,
    /// When its targets last changed.
    pub last_updated: Millis,
    /// Whether it was made when Okta still named assignments after their role.
    pub old: bool,
    /// Whether it was taken away again.
    pub revoked: bool,
}

impl Assignment {
    /// The id that the API shows. An old one is not unique: everybody's Help Desk role has the same.
    pub fn shown_id(&self) -> String {
        match self.held {
            Held::Standard(role) if self.old => role.encoded(),
            _ => self.id.to_string(),
        }
    }

    /// The standard role, if it is one.
    pub fn standard(&self) -> Option<Role> {
        match self.held {
            Held::Standard(role) => Some(role),
            Held::Custom { .. } => None,
        }
    }
}

/// All assignments that ever were; what was revoked stays for the log.
#[derive(Debug, Default)]
pub struct Assignments {
    pub(super) all: Vec<Assignment>,
    /// Places of those that stand, by assignee, oldest first.
    pub(super) of: BTreeMap<Assignee, Vec<usize>>,
}

impl Assignments {
    /// What `assignee` has, oldest first.
    pub fn of(&self, assignee: Assignee) -> impl Iterator<Item = &Assignment> + '_ {
        let places = self.of.get(&assignee).map_or(&[][..], Vec::as_slice);
        places.iter().map(|at| &self.all[*at])
    }

    /// Everything that stands, by assignee: users first, then groups, then clients.
    pub fn standing(&self) -> impl Iterator<Item = &Assignment> + '_ {
        self.of.values().flatten().map(|at| &self.all[*at])
    }

    /// The assignment at this place, also when it was revoked.
    pub fn at(&self, at: usize) -> &Assignment {
        &self.all[at]
    }
}
