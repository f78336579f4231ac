//! Who reaches what, and by which path: pure logic over whatever keeps the mirror.
//!
//! A [`Question`] is answered from a [`Mirror`], a view of the org at one moment, now or then. What the view cannot know is part of the
//! answer as a [`Gap`]: a list that was never read, one that the credential may not read, a moment before the first reading. Nothing
//! here guesses: a group rule that cannot be evaluated gives "unknown", and a path that rests on it carries the doubt.

mod admins;
mod answer;
mod everything;
pub mod expression;
mod grant;
mod path;
mod rules;
mod sight;
mod uses;
mod who;
mod why;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::application::AssignmentScope;
use crate::domain::entry::{Entry, EntryId, EntryKind, Subject, Target};
use crate::domain::group::GroupType;
use crate::domain::history::Interval;
use crate::domain::id::{AppId, EventUuid, GroupId, ObjectId, UserId};
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;

pub use answer::{
    Admin, Admins, Answer, Asked, Everything, Gap, Goal, Has, Ignorance, Link, Named, Path,
    PathKind, Proof, Question, RoleId, RoleName, Step, Use, UseKind, Uses, Who, WhoRow, Why,
    standard_role,
};

/// Something that holds at the moment of the view, and the stretch of time in which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<T> {
    /// What holds.
    pub value: T,
    /// Since when, and by which event.
    pub span: Interval,
}

/// An assignment of a user to an app, as far as paths need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Who.
    pub user: UserId,
    /// Directly or through a group; `None` when the mirror did not keep it.
    pub scope: Option<AssignmentScope>,
    /// The group that gives it, when Okta names one.
    pub group: Option<GroupId>,
}

/// How well a resource is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// When it was first read completely, by the server's clock; before that nothing can be said.
    pub first: Option<Timestamp>,
    /// When it was last read completely.
    pub last: Option<Timestamp>,
    /// Why the last reading failed, when it did.
    pub trouble: Option<PartialReason>,
}

/// A view of the org at one moment.
pub trait Mirror {
    /// Why the mirror could not be read.
    type Error;

    /// The moment; `None` for now.
    fn at(&self) -> Option<Timestamp>;

    /// How well a resource is known.
    fn known(&self, resource: Resource) -> Known;

    /// What an object is called, as last known; `None` when it was never read.
    fn name(&self, id: &ObjectId) -> Option<SafeText>;

    /// Okta's word for a user's status at the moment.
    ///
    /// # Errors
    /// When the mirror cannot be read; so for all of these.
    fn status(&self, user: &UserId) -> Result<Option<SafeText>, Self::Error>;

    /// The user's profile at the moment, verbatim; `None` when it is not known.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn profile(&self, user: &UserId) -> Result<Option<Map<String, Value>>, Self::Error>;

    /// Who masters a group; `None` when it was never read.
    fn group_type(&self, group: &GroupId) -> Option<GroupType>;

    /// The groups that a user is in.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn groups_of(&self, user: &UserId) -> Result<Vec<Held<GroupId>>, Self::Error>;

    /// The members of a group.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn members(&self, group: &GroupId) -> Result<Vec<Held<UserId>>, Self::Error>;

    /// The apps that a group gives.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn apps_of_group(&self, group: &GroupId) -> Result<Vec<Held<AppId>>, Self::Error>;

    /// The groups that give an app.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn groups_of_app(&self, app: &AppId) -> Result<Vec<Held<GroupId>>, Self::Error>;

    /// The users of an app.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn app_users(&self, app: &AppId) -> Result<Vec<Held<Assigned>>, Self::Error>;

    /// One user's assignment to an app.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn app_user(&self, app: &AppId, user: &UserId) -> Result<Option<Held<Assigned>>, Self::Error>;

    /// Since when a user's assignment to an app has been direct, when it had begun through a group, with the event that made it so;
    /// `None` when it has never been otherwise.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn direct_since(
        &self,
        app: &AppId,
        user: &UserId,
    ) -> Result<Option<(Timestamp, Option<Proof>)>, Self::Error>;

    /// The apps that a user is assigned to, in whatever way.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn apps_of_user(&self, user: &UserId) -> Result<Vec<Held<AppId>>, Self::Error>;

    /// Okta's word for an app's status at the moment; `None` when it is not known.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn app_status(&self, app: &AppId) -> Result<Option<SafeText>, Self::Error>;

    /// All entries of a kind. One answer looks at the same ones again and again, so they are shared, not copied.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn entries(&self, kind: EntryKind) -> Result<Rc<[Held<Entry>]>, Self::Error>;

    /// The entries of a kind below one parent.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn entries_below(
        &self,
        kind: EntryKind,
        parent: &EntryId,
    ) -> Result<Vec<Held<Entry>>, Self::Error>;

    /// All entries that refer to a subject, in whatever way.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn mentioning(&self, subject: &Subject) -> Result<Vec<Held<Entry>>, Self::Error> {
        let mut found = Vec::new();
        for kind in EntryKind::ALL {
            let entries = self.entries(*kind)?;
            let about = entries.iter().filter(|held| mentions(&held.value, subject));
            found.extend(about.cloned());
        }
        Ok(found)
    }

    /// What a stored event proves; `None` when it is not stored any more.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn proof(&self, event: EventUuid) -> Result<Option<Proof>, Self::Error>;

    /// The stored events that gave this user, group or client an admin role, newest first, none after the moment of the view.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn grants_in_log(&self, principal: &str) -> Result<Vec<Proof>, Self::Error>;
}

/// Whether an entry refers to a subject.
pub fn mentions(entry: &Entry, subject: &Subject) -> bool {
    entry
        .refs
        .iter()
        .any(|reference| match (&reference.to, subject) {
            (Target::Object(to), Subject::Object(id)) => to == id,
            (Target::Entry(kind, to), Subject::Entry(key)) => *kind == key.kind && *to == key.id,
            _ => false,
        })
}

/// Answers a question.
///
/// # Errors
/// When the mirror cannot be read.
pub fn answer<M: Mirror>(mirror: &M, question: &Question) -> Result<Answer, M::Error> {
    Ok(match question {
        Question::Why { user, goal } => Answer::Why(why::why(mirror, user, goal)?),
        Question::Who {
            goal,
            offset,
            limit,
        } => Answer::Who(who::who(mirror, goal, *offset, *limit)?),
        Question::Uses { group } => Answer::Uses(uses::uses(mirror, group)?),
        Question::Admins => Answer::Admins(admins::admins(mirror)?),
        Question::Everything { user } => Answer::Everything(everything::everything(mirror, user)?),
    })
}
