//! The mirror of Okta's objects, and its history: `directory.redb`, and a model of it in memory that lists are answered from.
//!
//! Changes go through [`Directory::apply`] to one writer thread; they are durable when it resolves. Reads block, for a disk's time at
//! most, and belong on a pool for that.

mod commit;
mod diff;
mod entries;
mod former;
mod happened;
mod lack;
mod links;
mod list;
mod model;
mod op;
mod order;
mod pack;
mod past;
mod people;
mod picture;
mod record;
mod scribe;
mod shared;
mod sizes;
mod spans;
mod squeeze;
mod stamps;
mod tables;
mod timeline;
mod told;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use redb::ReadTransaction;
use serde::de::DeserializeOwned;
use tokio::sync::{oneshot, watch};

use diff::Changes;
use lack::Lack;
use model::{Held, Model};
use people::Asked;
use record::{Link, Mirrored, Record};
use scribe::{Job, Scribe};
use shared::{Look, Shared};
use squeeze::sample;
use tables::{Relation, key};

use super::codec::Squeezer;
use super::error::{Error, Fault, QueryError};
use super::file::RedbFile;
use super::leash::Leash;
use super::writer::Writer;
use crate::domain::application::Application;
use crate::domain::group::{Group, GroupType};
use crate::domain::history::{FieldChange, Interval};
use crate::domain::id::{AppId, GroupId, Kind, ObjectId, UserId};
use crate::domain::listing::{Complete, Listing};
use crate::domain::org::Org;
use crate::domain::query::Revisions;
use crate::domain::query::{ListQuery, Row, Rows};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::domain::user::User;

pub use happened::{History, HistoryPart};
pub use pack::Pack;
pub use past::{AsOf, PastAssignment, PastObject};
pub use picture::Opening;
pub use sizes::Unread;

pub use op::{
    Applied, Batch, DirectoryOp, Ghost, Missed, RunId, RunState, Says, StaleList, Telling, Turn,
};

/// Field changes told of one object at most.
const MAX_CHANGES: usize = 200;
/// How often something is read again that changes at the same time, which takes a picture to be drawn each time.
const MOST_MOVES: usize = 16;

/// The mirror of users, groups, apps and what binds them. Cheap to clone; clones are the same mirror.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    /// Ends its thread when the last clone is dropped; the thread holds the file and the model on its own.
    writer: Writer<Job>,
    file: Arc<RedbFile>,
    model: Arc<Shared>,
    /// Had by the writer while it works, and by a reader who finds that pictures are damaged.
    scribe: Arc<Mutex<Scribe>>,
    formers: former::Formers,
    past_lists: past::kept::Kept,
}

/// One object with its JSON and history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The object.
    pub row: DetailRow,
    /// Field changes, newest first, at most 200.
    pub changes: Vec<FieldChange>,
}

/// A row and its field changes.
type Told<T> = (Row<T>, Vec<FieldChange>);

/// A row of one of the three kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailRow {
    /// A user.
    User(Row<User>),
    /// A group.
    Group(Row<Group>),
    /// An app.
    App(Row<Application>),
}

/// How much the mirror holds, without what is archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
    /// Apps.
    pub apps: u64,
    /// Memberships that hold now.
    pub memberships: u64,
    /// Assignments of users to apps that hold now.
    pub app_users: u64,
    /// Assignments of groups to apps that hold now.
    pub app_groups: u64,
}

impl Directory {
    pub(super) fn open(
        file: RedbFile,
        undrawn: usize,
        revisions: Arc<watch::Sender<Revisions>>,
    ) -> Result<Self, Error> {
        let file = Arc::new(file);
        let formers = former::Formers::new(revisions.subscribe());
        let past_lists = past::kept::Kept::new(revisions.subscribe());
        let scribe = Scribe::open(&file, undrawn, revisions)?;
        let model = scribe.model();
        let scribe = Arc::new(Mutex::new(scribe));
        let writing = Arc::clone(&scribe);
        let writer = Writer::start("directory", file.alarm(), move |jobs| {
            locked(&writing).work(jobs);
        })
        .map_err(Error::io("start the writer of", file.path()))?;
        Ok(Self(Arc::new(Inner {
            writer,
            file,
            model,
            scribe,
            formers,
            past_lists,
        })))
    }

    /// Applies changes, all or none; they are durable when this resolves. Changes of several callers may share a commit. Once sent
    /// they are applied even when the caller no longer waits.
    ///
    /// # Errors
    /// When the store is closed or the disk fails: then nothing of it is applied.
    pub async fn apply(&self, changes: impl Into<Batch>) -> Result<Applied, Error> {
        let (reply, answer) = oneshot::channel();
        self.0
            .writer
            .send(Job::Apply(changes.into().0, reply))
            .await?;
        answer.await.map_err(|_| self.0.writer.gone())?
    }

    pub(super) async fn bind(&self, org: Org) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.0.writer.send(Job::Bind(org, reply)).await?;
        answer.await.map_err(|_| self.0.writer.gone())?
    }

    pub(super) fn org(&self) -> Result<Option<Org>, Error> {
        self.meta(key::ORG)
    }

    /// Opens the file once more, so that it is sealed as it should be.
    pub(super) fn renew(&self) -> Result<(), Error> {
        self.0.file.renew()
    }

    pub(super) fn close(&self) -> Result<(), Error> {
        self.0.writer.stop();
        self.0.file.close()
    }

    /// A look at the model, to be let go before the disk is read.
    fn model(&self) -> Result<Look<'_>, Error> {
        self.make_whole()?;
        Ok(self.0.model.look())
    }

    /// The same for what is not about users' columns, which need not be in memory.
    fn light_model(&self) -> Look<'_> {
        self.0.model.look()
    }

    /// Has users' columns in memory; damaged pictures of them are done without.
    fn make_whole(&self) -> Result<(), Error> {
        match self.shared().make_whole(&self.0.file) {
            Err(damage) if damage.is_damage() => locked(&self.0.scribe)
                .do_without_pictures()
                .map_err(|_| damage),
            done => done,
        }
    }

    fn shared(&self) -> &Shared {
        &self.0.model
    }

    /// Reads the file. What was read from a picture that does not fit the model any more is read once more, and pictures that are
    /// damaged are done without.
    fn read<T>(&self, work: impl FnMut(&ReadTransaction) -> Result<T, Fault>) -> Result<T, Error> {
        self.make_whole()?;
        self.read_light(work)
    }

    /// As [`read`](Self::read), without users' columns.
    fn read_light<T>(
        &self,
        mut work: impl FnMut(&ReadTransaction) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        shared::not_looking("somebody who looks at the model must not wait for the file");
        let mut is_doubted = false;
        for moves in 0..=MOST_MOVES {
            if moves == MOST_MOVES {
                tracing::warn!("a picture of the directory never fits, and none is used");
                locked(&self.0.scribe).do_without_pictures()?;
            }
            let mut is_in_picture = false;
            let read = self
                .0
                .file
                .read("read", |transaction| match work(transaction) {
                    Err(Fault::Moved) => Ok(None),
                    // Whoever began to read before the first picture was drawn finds none, though the model knows of it.
                    Err(Fault::Picture(_)) if !is_doubted => {
                        is_doubted = true;
                        Ok(None)
                    }
                    Err(fault @ Fault::Picture(_)) => {
                        is_in_picture = true;
                        Err(fault)
                    }
                    read => read.map(Some),
                });
            match read {
                Ok(Some(read)) => return Ok(read),
                Ok(None) => {}
                Err(_) if is_in_picture => locked(&self.0.scribe).do_without_pictures()?,
                Err(error) => return Err(error),
            }
        }
        Err(self.failed(Fault::Moved))
    }

    /// What `look` finds in the model; whatever that lacks is read first.
    fn see<T>(&self, look: impl FnMut(&Model) -> Result<T, Lack>) -> Result<T, Error> {
        self.make_whole()?;
        self.see_light(look)
    }

    /// As [`see`](Self::see), without users' columns.
    fn see_light<T>(&self, mut look: impl FnMut(&Model) -> Result<T, Lack>) -> Result<T, Error> {
        loop {
            let seen = look(&self.light_model());
            match seen {
                Ok(seen) => return Ok(seen),
                Err(lack) => self.read_light(|it| self.shared().fetch(it, &lack))?,
            }
        }
    }

    fn meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        self.read_light(|transaction| scribe::meta(transaction, name))
    }

    /// A window of users; `now` is what ages in the filter are counted from. By login unless sorted otherwise. Members that are
    /// only known by id are counted in their group's [`related`](Row::related), but are no rows.
    ///
    /// # Errors
    /// For a filter or a column that makes no sense, or when the disk fails.
    pub fn users(&self, query: &ListQuery, now: Timestamp) -> Result<Rows<User>, QueryError> {
        self.users_within(query, now, &Leash::default())
    }

    /// As [`users`](Self::users), as far as the leash reaches. When it ends the search before every user was looked at,
    /// [`searched`](Rows::searched) says how many were, and the same question goes on from there.
    ///
    /// # Errors
    /// As [`users`](Self::users).
    pub fn users_within(
        &self,
        query: &ListQuery,
        now: Timestamp,
        leash: &Leash,
    ) -> Result<Rows<User>, QueryError> {
        if let Some(at) = query.as_of {
            return self.list_then(query, at, now);
        }
        let asked = Asked::of(query, now)?;
        if !asked.is_plain() {
            self.make_whole()?;
        }
        let (users, scope) = self.see_light(|model| list::users(model, query, &asked))?;
        Ok(self.read_light(|transaction| {
            let users = users.clone();
            let found = users.window(transaction, &asked, scope.members(), scope.around, leash)?;
            list::user_rows(transaction, self.shared(), query, &found, &scope)
        })?)
    }

    /// A window of groups, by name unless sorted otherwise.
    ///
    /// # Errors
    /// As [`users`](Self::users).
    pub fn groups(&self, query: &ListQuery, now: Timestamp) -> Result<Rows<Group>, QueryError> {
        self.list(query, now)
    }

    /// A window of apps, by label unless sorted otherwise.
    ///
    /// # Errors
    /// As [`users`](Self::users).
    pub fn apps(&self, query: &ListQuery, now: Timestamp) -> Result<Rows<Application>, QueryError> {
        self.list(query, now)
    }

    fn list_then<T: Mirrored>(
        &self,
        query: &ListQuery,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Rows<T>, QueryError> {
        let asked = past::list::Asked::of::<T>(query, at, now)?;
        let (model, lists) = (self.shared(), &self.0.past_lists);
        let (key, stamp) = (asked.key::<T>(), lists.stamp(model.moves()));
        Ok(self.read(|transaction| {
            let make = || past::list::found::<T>(transaction, model, &asked);
            let found = lists.had(&key, stamp, make)?;
            past::list::window(transaction, model, &asked, &found)
        })?)
    }

    fn list<T: Held>(&self, query: &ListQuery, now: Timestamp) -> Result<Rows<T>, QueryError> {
        if let Some(at) = query.as_of {
            return self.list_then(query, at, now);
        }
        let wish = list::wish::<T>(query)?;
        let window = self.see(|model| list::window::<T>(model, query, &wish, now))?;
        Ok(self.read(|transaction| {
            let window = window.clone();
            window.complete(transaction, query.with_raw, self.shared())
        })?)
    }

    /// One object with its JSON and history; `None` when it was never read (or is left out by the configuration).
    ///
    /// # Errors
    /// When the disk fails.
    pub fn object(&self, id: &ObjectId) -> Result<Option<Detail>, Error> {
        let detail = match id {
            ObjectId::User(id) => self
                .detail(id.as_str())?
                .map(|(r, c)| (DetailRow::User(r), c)),
            ObjectId::Group(id) => self
                .detail(id.as_str())?
                .map(|(r, c)| (DetailRow::Group(r), c)),
            ObjectId::App(id) => self
                .detail(id.as_str())?
                .map(|(r, c)| (DetailRow::App(r), c)),
        };
        Ok(detail.map(|(row, changes)| Detail { row, changes }))
    }

    fn detail<T: Mirrored>(&self, id: &str) -> Result<Option<Told<T>>, Error> {
        let known = self.see(|model| {
            let ordinal = model.ordinal(T::KIND, id);
            let related = |ordinal| model.related(T::KIND, ordinal, model.knowledge());
            let known = ordinal.map(|ordinal| Ok((ordinal, related(ordinal)?)));
            known.transpose()
        })?;
        let Some((ordinal, related)) = known else {
            return Ok(None);
        };
        self.read(|transaction| {
            let record = Record::<T>::stored(transaction, ordinal)?;
            let Some(mut row) = record.and_then(|record| list::row(record, related)) else {
                return Ok(None);
            };
            if let Some(bytes) = tables::read_raws(transaction, T::KIND)?.get(ordinal)? {
                let mut squeezer = Squeezer::new(sample(T::KIND))?;
                row.raw = Some(squeezer.decompress_json(bytes.value())?);
            }
            let changes = history(transaction, tables::kind_byte(T::KIND), ordinal)?;
            Ok(Some((row, changes)))
        })
    }

    /// What people call an object, archived ones included: login, name or label. `None` when it was never read.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn name(&self, id: &ObjectId) -> Result<Option<SafeText>, Error> {
        Ok(self.model()?.name(id.kind(), id.as_str()))
    }

    /// Who masters a group; `None` when it was never read.
    pub fn group_type(&self, group: &GroupId) -> Option<GroupType> {
        let model = self.light_model();
        let record = model.groups.record(model.groups.ordinal(group.as_str())?)?;
        Some(record.value.as_ref()?.kind.clone())
    }

    /// Everyone who is or once was a member of the group, with the stretches of time, oldest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn membership_history_of_group(
        &self,
        group: &GroupId,
    ) -> Result<Vec<(UserId, Vec<Interval>)>, Error> {
        let Some(left) = self.light_model().ordinal(Kind::Group, group.as_str()) else {
            return Ok(Vec::new());
        };
        let history = self.read(|transaction| {
            let links = tables::read_links(transaction, Relation::Members)?;
            let all = tables::pair(left, 0)..=tables::pair(left, u32::MAX);
            let mut history = Vec::new();
            for row in links.range(all)? {
                let (key, bytes) = row?;
                let spans = Link::decode(bytes.value())?.spans.into_vec();
                history.push((tables::right_of(key.value()), spans));
            }
            Ok(history)
        })?;
        let model = self.model()?;
        let named = history.into_iter();
        Ok(named
            .filter_map(|(right, spans)| Some((model.users.id(right)?, spans)))
            .collect())
    }

    /// Every group that the user is or once was in, with the stretches of time, oldest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn membership_history_of_user(
        &self,
        user: &UserId,
    ) -> Result<Vec<(GroupId, Vec<Interval>)>, Error> {
        let groups = self.see(|model| {
            let Some(right) = model.ordinal(Kind::User, user.as_str()) else {
                return Ok(Vec::new());
            };
            let groups = past::links::ever_left(model, Relation::Members, right)?.into_iter();
            let named = |left: u32| model.groups.record(left)?.id.parse().ok();
            let keyed = |left| Some((tables::pair(left, right), named(left)?));
            Ok(groups.filter_map(keyed).collect::<Vec<(u64, GroupId)>>())
        })?;
        self.read(|transaction| {
            let links = tables::read_links(transaction, Relation::Members)?;
            let mut history = Vec::new();
            for (key, group) in &groups {
                if let Some(bytes) = links.get(*key)? {
                    history.push((group.clone(), Link::decode(bytes.value())?.spans.into_vec()));
                }
            }
            Ok(history)
        })
    }

    /// How much the mirror holds.
    pub fn counts(&self) -> Counts {
        let model = self.light_model();
        let links = |relation| model.links(relation).len() as u64;
        Counts {
            users: model.users.live(),
            groups: model.groups.live().count() as u64,
            apps: model.apps.live().count() as u64,
            memberships: links(Relation::Members),
            app_users: links(Relation::AppUsers),
            app_groups: links(Relation::AppGroups),
        }
    }

    /// What this opening of it had to read.
    pub fn opening(&self) -> Opening {
        self.light_model().opening()
    }

    /// Whether what users are searched and sorted by is in memory: a list of everybody by login, as a console begins with, does without.
    pub fn has_columns(&self) -> bool {
        self.shared().is_whole()
    }

    /// Has what users are searched and sorted by in memory from now on; otherwise the first who needs it waits for it.
    ///
    /// # Errors
    /// When the store is closed or the disk fails.
    pub fn read_columns(&self) -> Result<(), Error> {
        self.make_whole()
    }

    /// How many objects of a kind the mirror holds, without what is archived.
    pub fn count(&self, kind: Kind) -> u64 {
        let model = self.light_model();
        match kind {
            Kind::User => model.users.live(),
            Kind::Group => model.groups.live().count() as u64,
            Kind::App => model.apps.live().count() as u64,
        }
    }

    /// The ids of all users that Okta has.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn user_ids(&self) -> Result<Vec<UserId>, Error> {
        Ok(self.model()?.users.live_users().map(|(id, _)| id).collect())
    }

    /// The ids of all groups that Okta has.
    pub fn group_ids(&self) -> Vec<GroupId> {
        self.light_model()
            .groups
            .live()
            .map(|(_, _, group)| group.id.clone())
            .collect()
    }

    /// The ids of all apps that Okta has.
    pub fn app_ids(&self) -> Vec<AppId> {
        self.light_model()
            .apps
            .live()
            .map(|(_, _, app)| app.id.clone())
            .collect()
    }

    /// Whether the mirror holds the object, and it is not archived.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn has(&self, id: &ObjectId) -> Result<bool, Error> {
        let model = self.model()?;
        Ok(match id {
            ObjectId::User(id) => has(&model, id.as_str(), Kind::User),
            ObjectId::Group(id) => has(&model, id.as_str(), Kind::Group),
            ObjectId::App(id) => has(&model, id.as_str(), Kind::App),
        })
    }

    /// Objects of a kind that the last complete sweeps missed, as [`Applied::missed`] told when the last one ended.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn missed(&self, kind: Kind) -> Result<Missed, Error> {
        let model = self.model()?;
        Ok(match kind {
            Kind::User => missed_users(&model),
            Kind::Group => missed::<Group>(&model),
            Kind::App => missed::<Application>(&model),
        })
    }

    /// The lists of a resource that have to be read: those never read, those that Okta says have changed since, and with
    /// `read_before` those last read before it.
    pub fn stale_lists(
        &self,
        resource: Resource,
        read_before: Option<Timestamp>,
    ) -> Vec<StaleList> {
        let model = self.light_model();
        let too_old = |read: Option<Timestamp>| match (read, read_before) {
            (None, _) => true,
            (Some(read), Some(before)) => read < before,
            (Some(_), None) => false,
        };
        let groups = model.groups.live();
        match resource {
            Resource::Memberships => groups
                .filter(|(_, record, group)| {
                    let changed = group.last_membership_updated;
                    let changed = record.read.users.zip(changed).is_some_and(|(r, c)| c >= r);
                    changed || too_old(record.read.users)
                })
                .map(|(ordinal, record, group)| {
                    let has_none = model.links(Relation::Members).rights_len(ordinal) == 0;
                    stale_members(record, group, has_none)
                })
                .collect(),
            Resource::AppGroups => groups
                .filter(|(ordinal, record, group)| {
                    let mirrored =
                        model.links(Relation::AppGroups).known_lefts_len(*ordinal) as u64;
                    let said = group.stats.map(|stats| stats.apps);
                    let differs = said.is_some_and(|said| said != mirrored);
                    let newer = record.read.apps.is_none_or(|read| read < record.observed);
                    (differs && newer) || too_old(record.read.apps)
                })
                .map(|(ordinal, record, group)| {
                    let has_none = model.links(Relation::AppGroups).known_lefts_len(ordinal) == 0;
                    stale_apps(record, group, has_none)
                })
                .collect(),
            Resource::AppUsers => model
                .apps
                .live()
                .filter(|(_, record, _)| too_old(record.read.users))
                .map(|(_, _, app)| StaleList::AppUsers(app.id.clone()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// When the resource was last read completely: the start of that run, by the server's clock.
    pub fn complete_at(&self, resource: Resource) -> Option<Timestamp> {
        self.light_model().completed(resource)
    }

    /// Since when there is an answer to what a resource was: the end of its first complete reading. `None` before that.
    pub fn known_since(&self, resource: Resource) -> Option<Timestamp> {
        self.light_model().known_since(resource)
    }

    /// How far the last run of a resource has come.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn run(&self, resource: Resource) -> Result<Option<RunState>, Error> {
        self.meta(&key::run(resource))
    }

    /// The value remembered under a name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn mark(&self, name: &str) -> Result<Option<String>, Error> {
        self.meta(&key::mark(name))
    }
}

fn locked(scribe: &Mutex<Scribe>) -> MutexGuard<'_, Scribe> {
    scribe.lock().unwrap_or_else(PoisonError::into_inner)
}

fn history(
    transaction: &ReadTransaction,
    kind: u8,
    ordinal: u32,
) -> Result<Vec<FieldChange>, Fault> {
    let all = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
    let mut changes = Vec::new();
    for row in tables::read_changes(transaction)?.range(all)?.rev() {
        let observed = Changes::decode(row?.1.value())?;
        changes.extend(observed.into_field_changes());
        if changes.len() >= MAX_CHANGES {
            changes.truncate(MAX_CHANGES);
            break;
        }
    }
    Ok(changes)
}

fn has(model: &Model, id: &str, kind: Kind) -> bool {
    fn live<T: Held>(model: &Model, id: &str) -> bool {
        let objects = T::objects(model);
        let record = objects
            .ordinal(id)
            .and_then(|ordinal| objects.record(ordinal));
        record.is_some_and(|record| record.live().is_some())
    }
    match kind {
        Kind::User => {
            let ordinal = model.users.ordinal(id);
            ordinal.is_some_and(|ordinal| model.users.is_live(ordinal))
        }
        Kind::Group => live::<Group>(model, id),
        Kind::App => live::<Application>(model, id),
    }
}

fn missed<T: Held>(model: &Model) -> Missed {
    let live = T::objects(model).live();
    count_missed(live.map(|(_, record, value)| (value.object_id(), record.missed)))
}

fn missed_users(model: &Model) -> Missed {
    let live = model.users.live_users();
    count_missed(live.map(|(id, sweeps)| (ObjectId::User(id), sweeps)))
}

/// Objects that Okta has, as far as is known, each with the number of sweeps in a row that did not see it.
fn count_missed(live: impl Iterator<Item = (ObjectId, u32)>) -> Missed {
    let mut missed = Missed::default();
    for (id, sweeps) in live {
        missed.known += 1;
        missed.missing += u64::from(sweeps > 0);
        if sweeps >= 2 {
            missed.candidates.push(id);
        }
    }
    missed
}

/// A group that Okta says has no members, and that the mirror knows none of, need not be asked for.
fn stale_members(record: &Record<Group>, group: &Group, has_none: bool) -> StaleList {
    let id = group.id.clone();
    if has_none && group.stats.is_some_and(|stats| stats.users == 0) {
        // The server's dates have whole seconds, changes have milliseconds: the list is as new as the change that it tells of.
        let changed = group.last_membership_updated;
        let changed = changed.map(|changed| time::after(changed, Duration::from_millis(1)));
        return StaleList::Empty(DirectoryOp::Members {
            group: id,
            users: nothing(),
            at: changed.map_or(record.observed, |changed| changed.max(record.observed)),
            evidence: None,
        });
    }
    StaleList::Members(id)
}

fn stale_apps(record: &Record<Group>, group: &Group, has_none: bool) -> StaleList {
    let id = group.id.clone();
    if has_none && group.stats.is_some_and(|stats| stats.apps == 0) {
        return StaleList::Empty(DirectoryOp::GroupApps {
            group: id,
            apps: nothing(),
            at: record.observed,
        });
    }
    StaleList::AppsOfGroup(id)
}

/// Everything that an empty list holds.
fn nothing<T>() -> Complete<T> {
    let finished = Listing::default().finish().ok();
    finished.expect("a listing without items has no bad ones")
}

#[cfg(test)]
mod tests;
