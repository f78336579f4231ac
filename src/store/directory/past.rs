//! The mirror as it was at a moment: what is now, with everything undone that happened since.
//!
//! Nothing is prepared: each question reads what it needs, in time that depends on how much it asks for and how much of that has
//! changed since. What was before the first reading is not guessed; [`AsOf::known_since`] tells from when on there is an answer.

pub(super) mod entries;
pub(super) mod kept;
pub(super) mod links;
pub(super) mod list;

use std::collections::HashSet;

use jiff::Timestamp;
use redb::ReadTransaction;

use super::diff::{self, Changes, Glance};
use super::model::Model;
use super::record::{self, Mirrored, Record};
use super::spans::Spans;
use super::squeeze::sample;
use super::tables::{self, Relation};
use super::timeline::Happened;
use super::{DetailRow, Directory};
use crate::domain::application::{AppUser, Application};
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::group::Group;
use crate::domain::history::{Archived, Existed, Interval};
use crate::domain::id::{AppId, GroupId, Kind, ObjectId, UserId};
use crate::domain::query::{Related, Row};
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;
use crate::domain::text::SafeText;
use crate::domain::user::User;
use crate::store::codec::{self, Squeezer};
use crate::store::error::{Error, Fault};

use links::Side;

/// The directory as it was at a moment. Cheap to make; a moment that is not past is now.
#[derive(Clone)]
pub struct AsOf {
    directory: Directory,
    at: Timestamp,
}

/// An object as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastObject {
    /// Whether Okta had it.
    pub existed: Existed,
    /// What it was like, with Okta's JSON (without `_links` and `_embedded`); of a deleted one, what it was like at its end. `None` when
    /// it had not been read. Counts are left out, and so is a last sign-in that was followed by others only.
    pub row: Option<DetailRow>,
}

/// Who has an app, and since when.
pub type PastAssignment<I> = (I, Option<AppUser>, Interval);

impl Directory {
    /// The directory as it was at `at`.
    pub fn as_of(&self, at: Timestamp) -> AsOf {
        AsOf {
            directory: self.clone(),
            at,
        }
    }
}

impl AsOf {
    /// The moment.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Since when there is an answer to what a resource was: the end of its first complete reading. `None` before that.
    pub fn known_since(&self, resource: Resource) -> Option<Timestamp> {
        self.directory.known_since(resource)
    }

    /// Since when there is an answer to what hung below one parent (or nothing). Of kinds that are read on demand (factors, owners of
    /// groups) each list has a beginning of its own.
    pub fn list_known_since(&self, kind: EntryKind, parent: Option<&EntryId>) -> Option<Timestamp> {
        entries::known_since(&self.directory.light_model(), kind, parent)
    }

    /// An object as it was; `None` when the mirror never had it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn object(&self, id: &ObjectId) -> Result<Option<PastObject>, Error> {
        match id {
            ObjectId::User(id) => self.past::<User>(id.as_str()),
            ObjectId::Group(id) => self.past::<Group>(id.as_str()),
            ObjectId::App(id) => self.past::<Application>(id.as_str()),
        }
    }

    fn past<T: Mirrored>(&self, id: &str) -> Result<Option<PastObject>, Error> {
        let model = self.directory.model()?;
        let Some(ordinal) = model.ordinal(T::KIND, id) else {
            return Ok(None);
        };
        let swept = model.known_since(T::RESOURCE);
        drop(model);
        self.directory.read(|transaction| {
            let record = Record::<T>::stored(transaction, ordinal)?;
            let Some(record) = record.filter(|record| record.value.is_some()) else {
                return Ok(None);
            };
            let life = life::<T>(transaction, ordinal)?;
            let existed = existed(&life, &record, swept, self.at);
            let row = row_then::<T>(transaction, &record, ordinal, &life, self.at)?;
            let row = row.map(T::detail);
            Ok(Some(PastObject { existed, row }))
        })
    }

    /// What an object was called, or when it was gone by then, what it had been called last; `None` when it had not been read.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn name(&self, id: &ObjectId) -> Result<Option<SafeText>, Error> {
        Ok(match id {
            ObjectId::User(id) => self.value::<User>(id.as_str())?.map(|user| user.login),
            ObjectId::Group(id) => self.value::<Group>(id.as_str())?.map(|group| group.name),
            ObjectId::App(id) => self.value::<Application>(id.as_str())?.map(|app| app.label),
        })
    }

    fn value<T: Mirrored>(&self, id: &str) -> Result<Option<T>, Error> {
        let Some(ordinal) = self.directory.model()?.ordinal(T::KIND, id) else {
            return Ok(None);
        };
        self.directory.read(|transaction| {
            let record = Record::<T>::stored(transaction, ordinal)?;
            let Some(now) = record.and_then(|record| record.value) else {
                return Ok(None);
            };
            if life::<T>(transaction, ordinal)?.until(self.at).is_none() {
                return Ok(None);
            }
            let kind = tables::kind_byte(T::KIND);
            let before = before_later(transaction, kind, ordinal, self.at)?;
            value_then(&now, before.as_ref(), self.at).map(Some)
        })
    }

    /// The members of a group, each with the stretch of time.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn members(&self, group: &GroupId) -> Result<Vec<(UserId, Interval)>, Error> {
        self.linked::<Group, _>(Relation::Members, Side::Left, group.as_str(), user_at)
    }

    /// The groups of a user, each with the stretch of time.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn groups_of(&self, user: &UserId) -> Result<Vec<(GroupId, Interval)>, Error> {
        self.linked::<User, _>(Relation::Members, Side::Right, user.as_str(), group_at)
    }

    /// The apps assigned to a group, each with the stretch of time.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn apps_of_group(&self, group: &GroupId) -> Result<Vec<(AppId, Interval)>, Error> {
        self.linked::<Group, _>(Relation::AppGroups, Side::Right, group.as_str(), app_at)
    }

    /// The groups assigned to an app, each with the stretch of time.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn groups_of_app(&self, app: &AppId) -> Result<Vec<(GroupId, Interval)>, Error> {
        self.linked::<Application, _>(Relation::AppGroups, Side::Left, app.as_str(), group_at)
    }

    fn linked<T: Mirrored, I>(
        &self,
        relation: Relation,
        side: Side,
        id: &str,
        name: fn(&Model, u32) -> Option<I>,
    ) -> Result<Vec<(I, Interval)>, Error> {
        let Some(ordinal) = self.directory.model()?.ordinal(T::KIND, id) else {
            return Ok(Vec::new());
        };
        let links = self.directory.read(|transaction| {
            let model = self.directory.shared();
            links::then(transaction, model, relation, (side, ordinal), self.at)
        })?;
        let model = self.directory.model()?;
        let named = links.into_iter();
        Ok(named
            .filter_map(|link| Some((name(&model, link.other)?, link.span)))
            .collect())
    }

    /// The users of an app, each with its assignment as it was described then, and the stretch of time.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn app_users(&self, app: &AppId) -> Result<Vec<PastAssignment<UserId>>, Error> {
        self.assigned::<Application, _>(Side::Left, app.as_str(), user_at)
    }

    /// The apps of a user, likewise.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn apps_of_user(&self, user: &UserId) -> Result<Vec<PastAssignment<AppId>>, Error> {
        self.assigned::<User, _>(Side::Right, user.as_str(), app_at)
    }

    /// Since when a user's assignment to an app, direct at the moment, has been so after it was had through a group; `None` when it was
    /// never otherwise.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn direct_since(&self, app: &AppId, user: &UserId) -> Result<Option<Timestamp>, Error> {
        let model = self.directory.model()?;
        let app = model.ordinal(Kind::App, app.as_str());
        let user = model.ordinal(Kind::User, user.as_str());
        drop(model);
        let Some((app, user)) = app.zip(user) else {
            return Ok(None);
        };
        self.directory
            .read(|transaction| links::direct_since(transaction, tables::pair(app, user), self.at))
    }

    fn assigned<T: Mirrored, I>(
        &self,
        side: Side,
        id: &str,
        name: fn(&Model, u32) -> Option<I>,
    ) -> Result<Vec<PastAssignment<I>>, Error> {
        let Some(ordinal) = self.directory.model()?.ordinal(T::KIND, id) else {
            return Ok(Vec::new());
        };
        let assigned = self.directory.read(|transaction| {
            let (model, end) = (self.directory.shared(), (side, ordinal));
            let links = links::then(transaction, model, Relation::AppUsers, end, self.at)?;
            let mut all = Vec::with_capacity(links.len());
            for link in links {
                let assignment = links::assignment_then(transaction, &link, self.at)?;
                all.push((link.other, assignment, link.span));
            }
            Ok(all)
        })?;
        let model = self.directory.model()?;
        let named = assigned.into_iter();
        Ok(named
            .filter_map(|(other, assignment, span)| Some((name(&model, other)?, assignment, span)))
            .collect())
    }

    /// The entries of a kind below a parent, by their ids, each with the stretch of time; with no parent all of the kind.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn entries_below(
        &self,
        kind: EntryKind,
        parent: Option<&EntryId>,
    ) -> Result<Vec<(Entry, Interval)>, Error> {
        let directory = &self.directory;
        let below = directory.with_entries_then(kind, parent, self.at, entries::below)?;
        below.map_err(|fault| directory.failed(fault))
    }

    /// All entries of a kind.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn entries(&self, kind: EntryKind) -> Result<Vec<(Entry, Interval)>, Error> {
        self.entries_below(kind, None)
    }
}

fn user_at(model: &Model, ordinal: u32) -> Option<UserId> {
    model.users.id(ordinal)
}

fn group_at(model: &Model, ordinal: u32) -> Option<GroupId> {
    model.groups.record(ordinal)?.id.parse().ok()
}

fn app_at(model: &Model, ordinal: u32) -> Option<AppId> {
    model.apps.record(ordinal)?.id.parse().ok()
}

fn existed<T: Mirrored>(
    life: &Spans,
    record: &Record<T>,
    swept: Option<Timestamp>,
    at: Timestamp,
) -> Existed {
    if life.at(at).is_some() {
        return Existed::Yes;
    }
    if life.until(at).is_some() {
        return Existed::No;
    }
    let created = record.value.as_ref().and_then(T::created);
    match created {
        Some(created) if created > at => Existed::No,
        None if swept.is_some_and(|swept| swept <= at) => Existed::No,
        _ => Existed::Unknown,
    }
}

/// When Okta had the object.
fn life<T: Mirrored>(transaction: &ReadTransaction, ordinal: u32) -> Result<Spans, Fault> {
    let lives = tables::read_lives(transaction)?;
    let bytes = lives.get((tables::kind_byte(T::KIND), ordinal))?;
    let life = bytes.map(|bytes| record::decode_life(bytes.value()));
    Ok(life.transpose()?.unwrap_or_default())
}

/// What an object or entry was before everything that happened to it after a moment.
pub(super) struct Before {
    /// As its record keeps it.
    pub(super) value: Vec<u8>,
    /// Whether there were sign-ins before the moment of which the last is not known.
    hides_sign_in: bool,
}

/// What was before all that happened after `at`; `None` when nothing did. What was observed later may have happened before.
pub(super) fn before_later(
    transaction: &ReadTransaction,
    kind: u8,
    ordinal: u32,
    at: Timestamp,
) -> Result<Option<Before>, Fault> {
    let all = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
    let mut oldest = None;
    for row in tables::read_changes(transaction)?.range(all)?.rev() {
        let (_, bytes) = row?;
        if Glance::of(bytes.value())?.happened() <= at {
            break;
        }
        oldest = Some(bytes);
    }
    let Some(bytes) = oldest else {
        return Ok(None);
    };
    let oldest = Glance::of(bytes.value())?;
    Ok(Some(Before {
        value: oldest.value_before().to_vec(),
        hides_sign_in: oldest.hides_sign_in(at),
    }))
}

/// What happened to an object or entry after `at`, newest first: as [`before_later`], with every field.
fn changes_after(
    transaction: &ReadTransaction,
    kind: u8,
    ordinal: u32,
    at: Timestamp,
) -> Result<Vec<Changes>, Fault> {
    let all = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
    let mut later = Vec::new();
    for row in tables::read_changes(transaction)?.range(all)?.rev() {
        let changes = Changes::decode(row?.1.value())?;
        if changes.happened() <= at {
            break;
        }
        later.push(changes);
    }
    Ok(later)
}

/// The value of an object that is `now` so and was otherwise before.
fn value_then<T: Mirrored>(now: &T, before: Option<&Before>, at: Timestamp) -> Result<T, Fault> {
    let mut value = match before {
        Some(before) => codec::decode_rest(&before.value)?.0,
        None => now.clone(),
    };
    if before.is_some_and(|before| before.hides_sign_in) {
        value.without_sign_in();
    }
    // A reading tells of a change and of a sign-in at once, and the change may have been before it.
    value.without_later_sign_in(at);
    Ok(value)
}

/// The row of an object as it was, with its JSON; `None` when it had not been read.
fn row_then<T: Mirrored>(
    transaction: &ReadTransaction,
    record: &Record<T>,
    ordinal: u32,
    life: &Spans,
    at: Timestamp,
) -> Result<Option<Row<T>>, Fault> {
    let (Some(now), Some(span)) = (&record.value, life.until(at)) else {
        return Ok(None);
    };
    let before = before_later(transaction, tables::kind_byte(T::KIND), ordinal, at)?;
    let mut value = value_then(now, before.as_ref(), at)?;
    value.without_counts();
    Ok(Some(Row {
        value,
        observed: record.observed.min(at),
        archived: archived_then(span, at),
        related: Related::default(),
        via: None,
        raw: raw_then(transaction, T::KIND, ordinal, at)?,
    }))
}

fn archived_then(span: &Interval, at: Timestamp) -> Option<Archived> {
    let ended = span.to.filter(|to| *to <= at);
    ended.map(|at| Archived {
        at,
        evidence: span.ended_by,
    })
}

fn raw_then(
    transaction: &ReadTransaction,
    kind: Kind,
    ordinal: u32,
    at: Timestamp,
) -> Result<Option<RawJson>, Fault> {
    let raws = tables::read_raws(transaction, kind)?;
    let Some(bytes) = raws.get(ordinal)? else {
        return Ok(None);
    };
    let now = Squeezer::new(sample(kind))?.decompress_json(bytes.value())?;
    let later = changes_after(transaction, tables::kind_byte(kind), ordinal, at)?;
    Ok(Some(diff::undo(&now, &later, at)))
}

/// The objects of a kind that have changed since, by their ordinals.
fn changed_since<T: Mirrored>(
    transaction: &ReadTransaction,
    at: Timestamp,
) -> Result<HashSet<u32>, Fault> {
    let kind = tables::kind_byte(T::KIND);
    let mut changed = HashSet::new();
    for row in tables::read_timeline(transaction)?.range((at.as_millisecond(), 0, 0, 0)..)? {
        match Happened::of(row?.0.value()) {
            Some(Happened::Changed(of, ordinal, _)) if of == kind => changed.insert(ordinal),
            Some(Happened::SignedIn(ordinal, _)) if T::KIND == Kind::User => {
                changed.insert(ordinal)
            }
            _ => continue,
        };
    }
    Ok(changed)
}
