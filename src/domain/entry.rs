//! Everything else that Okta lists and an investigation asks about: rules, roles, tokens, policies, zones, devices and their like.
//!
//! Users, groups and apps have types of their own because lists of a hundred thousand are filtered by every field of theirs. The
//! rest is alike enough for one type: an [`Entry`] has a kind, an id, a name, what hangs above it, a few columns, and references
//! to other objects; Okta's JSON is kept beside it. What a kind is called, where it hangs and what its columns are is said once, in
//! the table of [`kind`].

pub mod kind;
mod query;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{InvalidId, ObjectId};
use super::text::SafeText;

pub use kind::{Above, EntryKind};
pub use query::{EntryQuery, EntryRow, EntryRows};

/// The id of an entry, or of what it hangs below: Okta's own where it has one, otherwise what makes it the only one of its kind
/// there (the type of a policy list, the ORN of a resource). 1 to 255 visible ASCII characters; it is encoded before it enters a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryId(Box<str>);

/// What ids begin with that are not Okta's.
const LOGGED: &str = "log:";

impl EntryId {
    /// The id of an entry that was gone before any list was read, so that Okta's own is not known: the event that tells of it, and what it
    /// is. `None` when that makes no id.
    pub fn logged(event: impl fmt::Display, what: &str) -> Option<Self> {
        format!("{LOGGED}{event}:{what}").parse().ok()
    }

    /// Whether only events tell of the entry.
    pub fn is_logged(&self) -> bool {
        self.0.starts_with(LOGGED)
    }

    /// The id as Okta spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntryId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=255).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId)
        }
    }
}

impl TryFrom<String> for EntryId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<EntryId> for String {
    fn from(id: EntryId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What names one entry among all: its kind, what it hangs below (the user of a role, the policy of a rule), and its id there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryKey {
    /// Its kind.
    pub kind: EntryKind,
    /// What it hangs below; `None` when its kind hangs below nothing ([`Above::Org`]).
    pub parent: Option<EntryId>,
    /// Its id there.
    pub id: EntryId,
}

/// One thing of Okta's, as far as oktop understands it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What names it.
    pub key: EntryKey,
    /// What people call it; its id where it has no name.
    pub name: SafeText,
    /// Okta's word for its status, such as `ACTIVE`.
    pub status: Option<SafeText>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last changed, by Okta's account.
    pub last_updated: Option<Timestamp>,
    /// One value for each of [`EntryKind::columns`], in that order; `None` where Okta says nothing. May be shorter than the table
    /// when it was stored by an older version.
    pub facts: Vec<Option<SafeText>>,
    /// What it refers to.
    pub refs: Vec<Reference>,
}

impl Entry {
    /// The value of a column; `None` when the kind has no such column or Okta says nothing.
    pub fn fact(&self, column: &str) -> Option<&SafeText> {
        let columns = self.key.kind.columns();
        let at = columns.iter().position(|name| *name == column)?;
        self.facts.get(at)?.as_ref()
    }

    /// Leaves out what moves by itself ([`EntryKind::moving_fields`]), because nobody kept what it was.
    pub fn forget_moving(&mut self) {
        let moving = self.key.kind.moving_fields();
        if moving.contains(&"lastUpdated") {
            self.last_updated = None;
        }
        let columns = self.key.kind.columns().iter();
        for (column, fact) in columns.zip(&mut self.facts) {
            if moving.contains(column) {
                *fact = None;
            }
        }
    }

    /// What it refers to in this way.
    pub fn refs(&self, how: How) -> impl Iterator<Item = &Reference> {
        self.refs
            .iter()
            .filter(move |reference| reference.how == how)
    }
}

/// One entry's mention of another object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// In what way.
    pub how: How,
    /// To what.
    pub to: Target,
}

/// In what way an entry refers to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum How {
    /// It belongs to it: a token's owner, a device's user, a factor's user.
    Owner,
    /// It gives it: a rule its groups, an assignment its role.
    Gives,
    /// It holds for it: a policy's groups, zones and users.
    Includes,
    /// It does not hold for it: exclusions of rules, policies and zones.
    Excludes,
    /// It is limited to it: the resource set or the targets of a role assignment.
    Within,
    /// It has it as a member: a binding its members, a resource set its resources.
    Member,
    /// It applies to this app, or sends to it.
    App,
    /// It makes use of it: an identity provider, an authenticator, a zone named in a rule's action.
    Uses,
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    /// A user, a group or an app.
    Object(ObjectId),
    /// Another entry by its kind and id; what that hangs below is not always told.
    Entry(EntryKind, EntryId),
    /// Everything of a sort, in Okta's word, such as `ALL_USERS` or an ORN that ends in `users`.
    All(SafeText),
}

/// Anything that the mirror keeps: what a question about history, access or use may be about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A user, a group or an app.
    Object(ObjectId),
    /// Anything else.
    Entry(EntryKey),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_entries_are_visible_ascii() {
        for good in ["0pr1aB", "ACCESS_POLICY", "orn:okta:directory:00o1:users"] {
            assert_eq!(good.parse::<EntryId>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\u{1b}", "ü", &"x".repeat(256)] {
            assert_eq!(bad.parse::<EntryId>(), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn facts_are_found_by_their_column() {
        let entry = Entry {
            key: EntryKey {
                kind: EntryKind::ApiToken,
                parent: None,
                id: "00T1".parse().unwrap(),
            },
            name: "ci".into(),
            status: None,
            created: None,
            last_updated: None,
            facts: vec![None, Some("Okta API".into())],
            refs: Vec::new(),
        };
        let second = EntryKind::ApiToken.columns()[1];
        assert_eq!(entry.fact(second).map(SafeText::as_str), Some("Okta API"));
        assert_eq!(entry.fact(EntryKind::ApiToken.columns()[2]), None);
        assert_eq!(entry.fact("nothing"), None);
    }
}
