//! What is kept of an object and of a relation, in memory and as bytes.
//!
//! An object has a number (its ordinal), given once and never again to another, so that a membership is 8 bytes. It gets one as soon
//! as it is named, which may be before it is read: then the record has an id and no value.

use jiff::Timestamp;
use redb::ReadTransaction;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::DetailRow;
use super::model::ModelChange;
use super::op::RunId;
use super::spans::Spans;
use super::tables;
use crate::domain::application::{AppUser, Application};
use crate::domain::fields::{AppFields, GroupFields, UserFields};
use crate::domain::filter::Fields;
use crate::domain::group::Group;
use crate::domain::history::Archived;
use crate::domain::id::{EventUuid, Kind, ObjectId};
use crate::domain::query::{Related, Row};
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::store::codec::{self, Moment};
use crate::store::error::Fault;

/// Format of object records and of links.
const VERSION: u8 = 1;

/// A kind of object that the directory mirrors.
pub(super) trait Mirrored:
    Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + Sized + 'static
{
    const KIND: Kind;
    /// What its sweep reads.
    const RESOURCE: Resource;
    /// The field that lists are ordered by when nothing else is asked for.
    const ORDER: &'static str;
    type View<'a>: Fields;

    fn view(&self, related: Related) -> Self::View<'_>;
    fn id(&self) -> &str;
    fn object_id(&self) -> ObjectId;
    fn last_updated(&self) -> Option<Timestamp>;
    /// Takes over from an older reading what this one was not asked for.
    fn complete_from(&mut self, _older: &Self) {}
    /// Takes out what is not known of a moment in the past: counts, which have no history.
    fn without_counts(&mut self) {}
    /// Takes out the last sign-in.
    fn without_sign_in(&mut self) {}
    /// Takes out the last sign-in if it was after `at`.
    fn without_later_sign_in(&mut self, _at: Timestamp) {}
    /// When Okta made it, by its own account.
    fn created(&self) -> Option<Timestamp>;
    fn detail(row: Row<Self>) -> DetailRow;
    /// What a record that was committed changes in the model; `is_new` when anything in its value is other than before.
    fn change(ordinal: u32, record: Record<Self>, is_new: bool) -> ModelChange;
}

impl Mirrored for User {
    const KIND: Kind = Kind::User;
    const RESOURCE: Resource = Resource::Users;
    const ORDER: &'static str = "login";
    type View<'a> = UserFields<'a>;

    fn view(&self, related: Related) -> UserFields<'_> {
        UserFields {
            user: self,
            related,
        }
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn object_id(&self) -> ObjectId {
        ObjectId::User(self.id.clone())
    }

    fn last_updated(&self) -> Option<Timestamp> {
        self.last_updated
    }

    fn created(&self) -> Option<Timestamp> {
        self.created
    }

    fn detail(row: Row<Self>) -> DetailRow {
        DetailRow::User(row)
    }

    fn without_sign_in(&mut self) {
        self.last_login = None;
    }

    fn without_later_sign_in(&mut self, at: Timestamp) {
        self.last_login = self.last_login.filter(|login| *login <= at);
    }

    fn change(ordinal: u32, record: Record<Self>, is_new: bool) -> ModelChange {
        ModelChange::User(ordinal, Box::new(record), is_new)
    }
}

impl Mirrored for Group {
    const KIND: Kind = Kind::Group;
    const RESOURCE: Resource = Resource::Groups;
    const ORDER: &'static str = "name";
    type View<'a> = GroupFields<'a>;

    fn view(&self, related: Related) -> GroupFields<'_> {
        GroupFields {
            group: self,
            related,
        }
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn object_id(&self) -> ObjectId {
        ObjectId::Group(self.id.clone())
    }

    fn last_updated(&self) -> Option<Timestamp> {
        self.last_updated
    }

    /// Only lists can be asked for `expand=stats`.
    fn complete_from(&mut self, older: &Self) {
        self.stats = self.stats.or(older.stats);
    }

    fn created(&self) -> Option<Timestamp> {
        self.created
    }

    fn detail(row: Row<Self>) -> DetailRow {
        DetailRow::Group(row)
    }

    fn without_counts(&mut self) {
        self.stats = None;
    }

    fn change(ordinal: u32, record: Record<Self>, _: bool) -> ModelChange {
        ModelChange::Group(ordinal, Box::new(record))
    }
}

impl Mirrored for Application {
    const KIND: Kind = Kind::App;
    const RESOURCE: Resource = Resource::Apps;
    const ORDER: &'static str = "label";
    type View<'a> = AppFields<'a>;

    fn view(&self, related: Related) -> AppFields<'_> {
        AppFields { app: self, related }
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn object_id(&self) -> ObjectId {
        ObjectId::App(self.id.clone())
    }

    fn last_updated(&self) -> Option<Timestamp> {
        self.last_updated
    }

    fn created(&self) -> Option<Timestamp> {
        self.created
    }

    fn detail(row: Row<Self>) -> DetailRow {
        DetailRow::App(row)
    }

    fn change(ordinal: u32, record: Record<Self>, _: bool) -> ModelChange {
        ModelChange::App(ordinal, Box::new(record))
    }
}

/// What is known of one object.
#[derive(Clone, Debug)]
pub(super) struct Record<T> {
    /// Okta's id.
    pub(super) id: Box<str>,
    /// When it was last read.
    pub(super) observed: Timestamp,
    /// Set when Okta no longer has it.
    pub(super) archived: Option<Archived>,
    /// The last sweep that saw it.
    pub(super) seen: Option<RunId>,
    /// Complete sweeps in a row that did not see it.
    pub(super) missed: u32,
    /// When the lists below it were last read completely.
    pub(super) read: ListsRead,
    /// The object; `None` while only its id is known.
    pub(super) value: Option<T>,
}

/// When the lists below an object were last read completely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ListsRead {
    /// Members of a group, users of an app.
    pub(super) users: Option<Timestamp>,
    /// Groups of an app.
    pub(super) groups: Option<Timestamp>,
    /// Apps of a group.
    pub(super) apps: Option<Timestamp>,
}

/// Everything of a record but its value, as bytes.
#[derive(Serialize, Deserialize)]
struct Head {
    id: String,
    observed: Moment,
    archived: Option<(Moment, Option<EventUuid>)>,
    seen: Option<RunId>,
    missed: u32,
    read: [Option<Moment>; 3],
    known: bool,
}

impl<T> Record<T> {
    /// A record of something that was only named.
    pub(super) fn named(id: &str, at: Timestamp) -> Self {
        Self {
            id: id.into(),
            observed: at,
            archived: None,
            seen: None,
            missed: 0,
            read: ListsRead::default(),
            value: None,
        }
    }

    /// The value, unless Okta no longer has it.
    pub(super) fn live(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.archived.is_none())
    }
}

impl<T: Mirrored> Record<T> {
    pub(super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        let moment = |time: Option<Timestamp>| time.map(Moment::from);
        let archived = self.archived.as_ref();
        let head = Head {
            id: self.id.to_string(),
            observed: self.observed.into(),
            archived: archived.map(|a| (a.at.into(), a.evidence)),
            seen: self.seen,
            missed: self.missed,
            read: [self.read.users, self.read.groups, self.read.apps].map(moment),
            known: self.value.is_some(),
        };
        let bytes = codec::encode(VERSION, &head)?;
        match &self.value {
            Some(value) => codec::append(bytes, value),
            None => Ok(bytes),
        }
    }

    /// The record as it is committed; `None` for an ordinal that nothing has.
    pub(super) fn stored(
        transaction: &ReadTransaction,
        ordinal: u32,
    ) -> Result<Option<Self>, Fault> {
        let records = tables::read_objects(transaction, T::KIND)?;
        let bytes = records.get(ordinal)?;
        bytes.map(|bytes| Self::decode(bytes.value())).transpose()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let (head, rest): (Head, _) = codec::decode_prefix(VERSION, bytes)?;
        let value = if head.known {
            Some(codec::decode_rest(rest)?.0)
        } else {
            None
        };
        let [users, groups, apps] = head.read.map(|moment| moment.map(Timestamp::from));
        Ok(Self {
            id: head.id.into(),
            observed: head.observed.into(),
            archived: head.archived.map(|(at, evidence)| Archived {
                at: at.into(),
                evidence,
            }),
            seen: head.seen,
            missed: head.missed,
            read: ListsRead {
                users,
                groups,
                apps,
            },
            value,
        })
    }
}

/// A membership or an assignment: when it held, and how Okta describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// When it held.
    pub(super) spans: Spans,
    /// The assignment of a user to an app, as last read.
    pub(super) assignment: Option<AppUser>,
    /// Fingerprint of the assignment's JSON.
    pub(super) raw_print: u64,
}

/// How Okta described an assignment until some moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FormerAssignment {
    until: Moment,
    pub(super) assignment: AppUser,
}

impl FormerAssignment {
    pub(super) fn new(assignment: AppUser, until: Timestamp) -> Self {
        let until = until.into();
        Self { until, assignment }
    }

    /// Until when it was described so.
    pub(super) fn until(&self) -> Timestamp {
        self.until.into()
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        codec::encode(VERSION, self)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        codec::decode(VERSION, bytes)
    }
}

/// When Okta had an object, as bytes.
pub(super) fn encode_life(life: &Spans) -> Result<Vec<u8>, Fault> {
    codec::encode(VERSION, life)
}

/// Reads what [`encode_life`] wrote.
pub(super) fn decode_life(bytes: &[u8]) -> Result<Spans, Fault> {
    codec::decode(VERSION, bytes)
}

#[derive(Serialize, Deserialize)]
struct StoredLink {
    spans: Spans,
    assignment: Option<AppUser>,
    raw_print: u64,
}

impl Link {
    /// The first byte says whether it holds, so that building the model need not read the rest.
    pub(super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        let stored = StoredLink {
            spans: self.spans.clone(),
            assignment: self.assignment.clone(),
            raw_print: self.raw_print,
        };
        codec::append(vec![u8::from(self.spans.is_open()), VERSION], &stored)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let stored: StoredLink = codec::decode(VERSION, bytes.get(1..).unwrap_or_default())?;
        Ok(Self {
            spans: stored.spans,
            assignment: stored.assignment,
            raw_print: stored.raw_print,
        })
    }

    /// Whether the link in `bytes` holds.
    pub(super) fn peek_open(bytes: &[u8]) -> bool {
        bytes.first() == Some(&1)
    }
}

#[cfg(test)]
mod tests;
