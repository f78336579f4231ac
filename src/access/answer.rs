//! Questions about access and their answers, as plain values that travel.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::entry::{EntryId, Subject};
use crate::domain::history::Interval;
use crate::domain::id::{AppId, EventUuid, GroupId, UserId};
use crate::domain::listing::PartialReason;
use crate::domain::privilege::STANDARD_ROLES;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;

/// A question, and the moment that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What.
    pub question: Question,
    /// As of when; `None` for now.
    pub as_of: Option<Timestamp>,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Why a user has an app, a membership or a role.
    Why {
        /// The user.
        user: UserId,
        /// What they have, or not.
        goal: Goal,
    },
    /// Who has an app, a membership or a role.
    Who {
        /// What they have.
        goal: Goal,
        /// Index of the first row wanted, by name.
        offset: usize,
        /// How many rows at most.
        limit: usize,
    },
    /// What makes use of a group.
    Uses {
        /// The group.
        group: GroupId,
    },
    /// Everybody and everything with an admin role.
    Admins,
    /// Everything that a user has, and why.
    Everything {
        /// The user.
        user: UserId,
    },
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Question::Why`].
    Why(Why),
    /// To [`Question::Who`].
    Who(Who),
    /// To [`Question::Uses`].
    Uses(Uses),
    /// To [`Question::Admins`].
    Admins(Admins),
    /// To [`Question::Everything`].
    Everything(Everything),
}

impl Answer {
    /// What the answer does not know.
    pub fn gaps(&self) -> &[Gap] {
        match self {
            Self::Why(why) => &why.gaps,
            Self::Who(who) => &who.gaps,
            Self::Uses(uses) => &uses.gaps,
            Self::Admins(admins) => &admins.gaps,
            Self::Everything(all) => &all.gaps,
        }
    }
}

/// What access is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Goal {
    /// An app.
    App(AppId),
    /// Membership of a group.
    Group(GroupId),
    /// An admin role.
    Role(RoleId),
}

/// What names an admin role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoleId {
    /// One of Okta's own, by its type, such as `SUPER_ADMIN`.
    Standard(SafeText),
    /// One that the org made, by its id.
    Custom(EntryId),
}

impl RoleId {
    /// Its type or its id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Standard(kind) => kind,
            Self::Custom(id) => id.as_str(),
        }
    }
}

/// The standard role that a person means: its type or label, whatever the case, with blanks or dashes for underscores, and
/// without `admin` or `administrator` at its end.
pub fn standard_role(text: &str) -> Option<RoleId> {
    let plain = |text: &str| {
        let text = text.to_lowercase().replace(['-', ' '], "_");
        let text = text
            .strip_suffix("istrator")
            .map_or(text.clone(), ToOwned::to_owned);
        text.strip_suffix("_admin")
            .map_or(text.clone(), ToOwned::to_owned)
    };
    let wanted = plain(text);
    let found = STANDARD_ROLES
        .iter()
        .find(|(kind, label)| plain(kind) == wanted || plain(label) == wanted);
    found.map(|(kind, _)| RoleId::Standard((*kind).into()))
}

/// A thing and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    /// What it is called, as last known; its id when the mirror has no name.
    pub name: SafeText,
    /// What it is.
    pub subject: Subject,
}

impl Named {
    /// Its id, as Okta spells it.
    pub fn id(&self) -> &str {
        match &self.subject {
            Subject::Object(id) => id.as_str(),
            Subject::Entry(key) => key.id.as_str(),
        }
    }

    /// What sort of thing it is, in one word.
    pub fn word(&self) -> &'static str {
        match &self.subject {
            Subject::Object(id) => id.kind().word(),
            Subject::Entry(key) => key.kind.word(),
        }
    }
}

/// A role, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleName {
    /// Which.
    pub id: RoleId,
    /// What people call it.
    pub label: SafeText,
    /// What it is limited to: targets of a standard role, the resource set of a custom one. Empty is the whole org.
    pub within: Vec<Named>,
}

/// By what sort of path something is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PathKind {
    /// Assigned or added as such.
    Direct,
    /// Through membership of a group.
    Group,
    /// Through membership of a group that a group rule gives.
    GroupRule,
    /// By a custom role that is bound to a resource set, for the user or for a group of the user's.
    CustomRole,
    /// As owner of a group that has it: an owner can make anybody a member.
    GroupOwner,
    /// Held by a program.
    ServiceClient,
    /// Imported from the directory or app that masters the group.
    Source,
    /// Okta sees to it itself: who is in a built-in group, such as Everyone or Okta Administrators.
    BuiltIn,
    /// Okta says that they have it; how is not known.
    Unknown,
}

impl PathKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Direct,
        Self::Group,
        Self::GroupRule,
        Self::CustomRole,
        Self::GroupOwner,
        Self::ServiceClient,
        Self::Source,
        Self::BuiltIn,
        Self::Unknown,
    ];

    /// Its word in JSON and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Group => "group",
            Self::GroupRule => "group_rule",
            Self::CustomRole => "custom_role",
            Self::GroupOwner => "group_owner",
            Self::ServiceClient => "service_client",
            Self::Source => "source",
            Self::BuiltIn => "built_in",
            Self::Unknown => "unknown",
        }
    }
}

/// One way from a principal to what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// Of what sort.
    pub kind: PathKind,
    /// The role, when one is what is had.
    pub role: Option<RoleName>,
    /// From the principal outwards; the last one leads to what is had.
    pub steps: Vec<Step>,
    /// Why the path may be another than it is told to be, when that is so.
    pub doubt: Option<SafeText>,
}

impl Path {
    /// Whether membership of a group is one of its steps, and something else the last.
    pub fn is_through_group(&self) -> bool {
        let mut before_last = self.steps.iter().rev().skip(1);
        let member = before_last.any(|step| step.link == Link::Member);
        member && self.kind != PathKind::GroupOwner
    }

    /// Since when the whole path has stood: its latest step's beginning.
    pub fn since(&self) -> Option<Timestamp> {
        self.steps.iter().filter_map(Step::began).max()
    }

    /// The event that completed the path, when one is known: that of its latest step.
    pub fn proof(&self) -> Option<&Proof> {
        let dated = self.steps.iter().filter(|step| step.began().is_some());
        let latest = dated.max_by_key(|step| step.began());
        latest.and_then(|step| step.proof.as_ref())
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// In what way it leads on.
    pub link: Link,
    /// To what.
    pub to: Named,
    /// In which stretch of time, when the mirror knows it.
    pub span: Option<Interval>,
    /// The event that began it, when the log has it.
    pub proof: Option<Proof>,
}

impl Step {
    /// Since when it stands: the moment of the event that proves it, or else when oktop first saw it.
    pub fn began(&self) -> Option<Timestamp> {
        let proved = self.proof.as_ref().map(|proof| proof.at);
        proved.or(self.span.map(|span| span.from))
    }
}

/// In what way a step leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Link {
    /// This group rule matches.
    Rule,
    /// Member of this group.
    Member,
    /// Owner of this group.
    Owner,
    /// Assigned to this app.
    App,
    /// Holds this role.
    Role,
}

impl Link {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Member => "member",
            Self::Owner => "owner",
            Self::App => "app",
            Self::Role => "role",
        }
    }
}

/// What an event of the log says about the beginning of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The event.
    pub event: EventUuid,
    /// When it was published.
    pub at: Timestamp,
    /// Its type.
    pub event_type: SafeText,
    /// Who did it, as the log names them.
    pub by: Option<SafeText>,
    /// Their id.
    pub by_id: Option<SafeText>,
    /// Whether a person or a program asked for it; otherwise Okta itself did it.
    pub by_hand: bool,
    /// The group rule that the event names.
    pub rule: Option<SafeText>,
    /// The privilege that the event names.
    pub privilege: Option<SafeText>,
}

/// Whether something is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Has {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// A list that would tell is not known.
    Unknown,
}

impl Has {
    /// Its word in JSON and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// Everything that a user has, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Everything {
    /// Roles, then apps, then groups, each by name. What is true of all, the user's status and the gaps, is left out of each.
    pub rows: Vec<(Goal, Why)>,
    /// What is not known.
    pub gaps: Vec<Gap>,
}

/// Why a user has something, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The user.
    pub user: Named,
    /// Okta's word for the user's status.
    pub status: Option<SafeText>,
    /// What the goal is called.
    pub goal: SafeText,
    /// Okta's word for the status of an app that is the goal; `None` for other goals, or when it is not known.
    pub goal_status: Option<SafeText>,
    /// Whether the user has it.
    pub has: Has,
    /// Every path that gives it.
    pub paths: Vec<Path>,
    /// Whether it is had both directly and through a group.
    pub overlap: bool,
    /// What is not known.
    pub gaps: Vec<Gap>,
}

/// Who has something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// What the goal is called.
    pub goal: SafeText,
    /// The rows of the window, by name.
    pub rows: Vec<WhoRow>,
    /// How many there are in all.
    pub total: usize,
    /// What is not known.
    pub gaps: Vec<Gap>,
}

/// One who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoRow {
    /// A user, or a client.
    pub principal: Named,
    /// Okta's word for its status.
    pub status: Option<SafeText>,
    /// Every path that gives it.
    pub paths: Vec<Path>,
    /// Whether it is had both directly and through a group.
    pub overlap: bool,
}

/// Everybody and everything with an admin role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admins {
    /// By name.
    pub rows: Vec<Admin>,
    /// What is not known.
    pub gaps: Vec<Gap>,
}

/// Somebody or something with an admin role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// A user, or a client.
    pub principal: Named,
    /// Okta's word for its status.
    pub status: Option<SafeText>,
    /// Every role by every path.
    pub paths: Vec<Path>,
}

/// What makes use of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uses {
    /// The group.
    pub group: Named,
    /// By sort, then by name.
    pub uses: Vec<Use>,
    /// What is not known.
    pub gaps: Vec<Gap>,
}

/// One use of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// In what way.
    pub kind: UseKind,
    /// By what.
    pub by: Named,
    /// More about it, such as the role's reach.
    pub detail: Option<SafeText>,
    /// In which stretch of time, when the mirror knows it.
    pub span: Option<Interval>,
}

/// In what way a group is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UseKind {
    /// A group rule makes members of it.
    RuleGives,
    /// A group rule's expression asks for membership of it.
    RuleTests,
    /// A group rule leaves its members out.
    RuleExcludes,
    /// It gives an app.
    App,
    /// It holds an admin role.
    Role,
    /// A custom role is bound to it.
    Binding,
    /// A policy or a policy's rule holds for its members.
    PolicyIncludes,
    /// A policy or a policy's rule leaves its members out.
    PolicyExcludes,
    /// It is pushed to an app, or is what a push ends in.
    Push,
    /// It is owned by them.
    OwnedBy,
    /// Its members own this group.
    Owns,
    /// An admin role is limited to it.
    Target,
    /// A resource set holds it.
    ResourceSet,
    /// Something else refers to it.
    Other,
}

impl UseKind {
    /// Its word in JSON and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::RuleGives => "rule_gives",
            Self::RuleTests => "rule_tests",
            Self::RuleExcludes => "rule_excludes",
            Self::App => "app",
            Self::Role => "role",
            Self::Binding => "binding",
            Self::PolicyIncludes => "policy_includes",
            Self::PolicyExcludes => "policy_excludes",
            Self::Push => "push",
            Self::OwnedBy => "owned_by",
            Self::Owns => "owns",
            Self::Target => "role_target",
            Self::ResourceSet => "resource_set",
            Self::Other => "other",
        }
    }
}

/// A list that an answer needs and does not fully have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which.
    pub resource: Resource,
    /// What is wrong with it.
    pub why: Ignorance,
}

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ignorance {
    /// It has not been read completely yet.
    NeverRead,
    /// It was never read, and this is why.
    CannotRead(PartialReason),
    /// The question is about a moment before it was first read.
    NotKnownBefore(Timestamp),
    /// It was read before, but the last reading failed: what is told may be out of date.
    Outdated {
        /// When it was last read.
        since: Timestamp,
        /// Why the last reading failed.
        reason: PartialReason,
    },
}

impl Gap {
    /// Whether something that belongs into the answer may be missing from it; otherwise it may only be out of date.
    pub fn is_blind(&self) -> bool {
        !matches!(self.why, Ignorance::Outdated { .. })
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = self.resource;
        match &self.why {
            Ignorance::NeverRead => write!(f, "{what}: not read from Okta yet"),
            Ignorance::CannotRead(reason) => write!(f, "{what}: cannot be read: {reason}"),
            Ignorance::NotKnownBefore(first) => {
                write!(f, "{what}: not known before {}", format_okta(*first))
            }
            Ignorance::Outdated { since, reason } => write!(
                f,
                "{what}: as of {}, the last reading failed: {reason}",
                format_okta(*since)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_role_is_found_by_what_people_write() {
        for text in [
            "SUPER_ADMIN",
            "super admin",
            "Super Administrator",
            "super",
            "super-admin",
        ] {
            assert_eq!(
                standard_role(text),
                Some(RoleId::Standard("SUPER_ADMIN".into())),
                "{text}"
            );
        }
        assert_eq!(
            standard_role("group admin"),
            Some(RoleId::Standard("USER_ADMIN".into()))
        );
        assert_eq!(
            standard_role("read-only"),
            Some(RoleId::Standard("READ_ONLY_ADMIN".into()))
        );
        for text in ["", "admin", "superb", "cr0abc"] {
            assert_eq!(standard_role(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_different() {
        let words: std::collections::BTreeSet<_> = PathKind::ALL.map(PathKind::word).into();
        assert_eq!(words.len(), PathKind::ALL.len());
    }
}
