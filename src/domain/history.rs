//! What was, and since when: intervals of memberships and assignments, field changes as before and after, and what happened between
//! two moments.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::Subject;
use super::id::{EventUuid, ObjectId};
use super::text::SafeText;
use super::time::format_okta;

/// A stretch of time in which something held (a membership, an assignment).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// When oktop first knew of it. For what was there at the first sync this is the sync, not the true beginning.
    pub from: Timestamp,
    /// When oktop learned that it had ended; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// The event that proves the beginning, when one is known.
    pub began_by: Option<EventUuid>,
    /// The event that proves the end, when one is known.
    pub ended_by: Option<EventUuid>,
}

/// Which of the stretches of something, the oldest first, Okta's own stamp of its making is about: the first that was not over by then, or
/// else the last. `None` when there is none.
pub fn made_in<'s>(
    mut stretches: impl DoubleEndedIterator<Item = &'s Interval>,
    made: Timestamp,
) -> Option<&'s Interval> {
    let last = stretches.next_back()?;
    let lasts = |span: &&Interval| span.to.is_none_or(|to| made < to);
    Some(stretches.find(lasts).unwrap_or(last))
}

/// One field of an object that changed between two observations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// When oktop observed the new value (the server's time).
    pub at: Timestamp,
    /// The field's path in Okta's JSON, such as `profile.department`.
    pub field: SafeText,
    /// The value before, as compact JSON text; `None` when the field was absent.
    pub before: Option<SafeText>,
    /// The value after.
    pub after: Option<SafeText>,
}

/// Why an object that Okta no longer has is kept, and what proved that it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// When oktop archived it.
    pub at: Timestamp,
    /// The delete event, when one was seen; otherwise two complete sweeps and a 404 proved it.
    pub evidence: Option<EventUuid>,
}

/// Whether Okta had something at a moment in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existed {
    /// It did.
    Yes,
    /// It did not: it was made later, or had been deleted.
    No,
    /// It was before the mirror first read it, and what Okta says of its making does not settle it.
    Unknown,
}

/// Somebody or something that bears a name, or bore it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearer {
    /// Who.
    pub id: ObjectId,
    /// What people call it now, or called it last.
    pub name: SafeText,
    /// Whether it is the login, and not the full name, which many may share.
    pub is_login: bool,
    /// From when until when it bore the name, the oldest first: from always, as far as anybody knows, and until now where nothing is told.
    pub spans: Vec<(Option<Timestamp>, Option<Timestamp>)>,
    /// When it was made by Okta's own account, if that tells.
    pub made: Option<Timestamp>,
    /// When it was gone.
    pub gone: Option<Timestamp>,
}

impl Bearer {
    /// Whether Okta had it at a moment, as far as anybody knows.
    pub fn existed(&self, at: Timestamp) -> bool {
        self.made.is_none_or(|made| made <= at) && self.gone.is_none_or(|gone| at < gone)
    }
}

impl fmt::Display for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = (self.id.kind().word(), self.id.as_str());
        write!(f, "{kind} {} ({id}", self.name)?;
        let told = self.spans.iter().filter_map(|span| {
            let at = |moment: Timestamp| format_okta(moment);
            Some(match *span {
                (None, None) => return None,
                (Some(from), None) => format!("since {}", at(from)),
                (None, Some(to)) => format!("until {}", at(to)),
                (Some(from), Some(to)) => format!("from {} to {}", at(from), at(to)),
            })
        });
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            write!(f, ", so called {}", told.join(" and "))?;
        }
        f.write_str(")")
    }
}

/// How two objects belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A user is a member of a group.
    Membership,
    /// A user has an app.
    UserAssignment,
    /// A group has an app.
    GroupAssignment,
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// When oktop observed it, or when the event that proves it was published (the server's time).
    pub at: Timestamp,
    /// What it happened to; of two objects that belong together the user, or else the group.
    pub subject: Subject,
    /// What people call that: a login, a name, a label; its id where it has none.
    pub name: SafeText,
    /// What people call that which it hangs below: the user of a role, the client of a grant. `None` for what is no entry, hangs below
    /// nothing, or hangs below something that the mirror has no name for.
    pub parent_name: Option<SafeText>,
    /// What happened.
    pub what: Change,
    /// When it happened by the object's own stamp for such a change, where it has one.
    pub stamped: Option<Timestamp>,
    /// The event that proves it, when one is known.
    pub evidence: Option<EventUuid>,
}

/// Where a change stands in the history: a newer one is greater, and no two have the same place. The numbers mean nothing outside of the
/// mirror that they are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChangePlace {
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What sort of change it is.
    pub what: u8,
    /// What it happened to.
    pub of: (u32, u32),
    /// Greater for what is told first of one reading.
    pub to_last: u32,
}

impl ChangePlace {
    /// No place is greater.
    pub const MAX: Self = Self {
        at_ms: i64::MAX,
        what: u8::MAX,
        of: (u32::MAX, u32::MAX),
        to_last: u32::MAX,
    };
}

/// What happened to something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was made, or is back.
    Appeared,
    /// Okta no longer has it.
    Archived,
    /// A field of it has another value.
    Field {
        /// The field's path in Okta's JSON.
        field: SafeText,
        /// The value before, as compact JSON text; `None` when the field was absent.
        before: Option<SafeText>,
        /// The value after.
        after: Option<SafeText>,
    },
    /// It became a member, or was assigned.
    Began {
        /// In what way they belong together.
        relation: Relation,
        /// The group or app.
        other: Subject,
        /// What people call that.
        other_name: SafeText,
    },
    /// It is no longer a member, or assigned.
    Ended {
        /// In what way they belonged together.
        relation: Relation,
        /// The group or app.
        other: Subject,
        /// What people call that.
        other_name: SafeText,
    },
    /// How Okta describes its assignment to an app changed: its scope, the group that gives it, its status.
    Reassigned {
        /// The app.
        other: Subject,
        /// What people call that.
        other_name: SafeText,
        /// `scope`, `group`, `status`, `syncState` or `userName`.
        field: SafeText,
        /// The value before.
        before: Option<SafeText>,
        /// The value after.
        after: Option<SafeText>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_of_the_stretch_that_was_not_over_by_then() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let span = |from, to: Option<i64>| Interval {
            from: at(from),
            to: to.map(at),
            began_by: None,
            ended_by: None,
        };
        let spans = [span(10, Some(20)), span(30, Some(40)), span(60, None)];
        for (made, began) in [(5, 10), (10, 10), (20, 30), (29, 30), (41, 60), (90, 60)] {
            let found = made_in(spans.iter(), at(made));
            assert_eq!(found.map(|span| span.from), Some(at(began)), "{made}");
        }
        // Of what ended in the second in which it was made.
        assert_eq!(made_in(spans[..2].iter(), at(41)), Some(&spans[1]));
        assert_eq!(made_in(spans[..0].iter(), at(1)), None);
    }
}
