//! The mirror of Okta's objects, and its history: `directory.redb`, and a model of it in memory that lists are answered from.
//!
//! Changes go through [`Directory::apply`] to one writer thread; they are durable when it resolves. Reads block, for a disk's time at
//! most, and belong on a pool for that.

mod commit;
mod diff;
mod entries;
mod happened;
mod links;
mod list;
mod model;
mod op;
mod order;
mod past;
mod people;
mod picture;
mod record;
mod shared;
mod sizes;
mod spans;
mod squeeze;
mod stamps;
mod tables;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use redb::{ReadTransaction, WriteTransaction};
use serde::de::DeserializeOwned;
use tokio::sync::{oneshot, watch};

use commit::{Commit, Outcome, Touched};
use diff::Changes;
use model::{Held, Model};
use people::Asked;
use picture::Album;
use record::{Link, Mirrored, Record};
use shared::{Look, Shared};
use squeeze::{Squeezers, sample};
use tables::{META, OLDEST, Relation, SCHEMA, Tables, key};

use super::codec::{self, Squeezer};
use super::error::{Error, Fault, QueryError};
use super::file::{RedbFile, guarded, put_schema};
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

pub use past::{AsOf, PastAssignment, PastObject};
pub use picture::Opening;

pub use op::{Applied, Batch, DirectoryOp, Missed, RunId, RunState, StaleList};

/// Field changes told of one object at most.
const MAX_CHANGES: usize = 200;
/// Format of the values in `meta`.
const META_VERSION: u8 = 1;

/// The mirror of users, groups, apps and what binds them. Cheap to clone; clones are the same mirror.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    /// Ends its thread when the last clone is dropped; the thread holds the file and the model on its own.
    writer: Writer<Job>,
    file: Arc<RedbFile>,
    model: Arc<Shared>,
}

/// What the writer thread is asked to do.
enum Job {
    Apply(Vec<DirectoryOp>, oneshot::Sender<Result<Applied, Error>>),
    /// Writes the org's description.
    Bind(Org, oneshot::Sender<Result<(), Error>>),
}

/// What the writer thread has to itself.
struct Scribe {
    squeezers: Squeezers,
    album: Album,
    /// Whether the file may hold what the model does not.
    in_doubt: bool,
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
        prepare(&file)?;
        let (model, album) = load(&file, undrawn)?;
        let model = Arc::new(Shared::new(model));
        let squeezers = Squeezers::new().map_err(|fault| fault.at("prepare", file.path()))?;
        let mut scribe = Scribe {
            squeezers,
            album,
            in_doubt: false,
        };
        let (thread_file, thread_model) = (Arc::clone(&file), Arc::clone(&model));
        let writer = Writer::start("directory", file.alarm(), move |jobs| {
            work(&thread_file, &thread_model, &mut scribe, &revisions, jobs);
        })
        .map_err(Error::io("start the writer of", file.path()))?;
        Ok(Self(Arc::new(Inner {
            writer,
            file,
            model,
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
    fn model(&self) -> Look<'_> {
        self.0.model.look()
    }

    fn shared(&self) -> &Shared {
        &self.0.model
    }

    fn read<T>(&self, work: impl FnOnce(&ReadTransaction) -> Result<T, Fault>) -> Result<T, Error> {
        shared::not_looking("somebody who looks at the model must not wait for the file");
        self.0.file.read("read", work)
    }

    fn meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        self.read(|transaction| meta(transaction, name))
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
        let (users, scope) = list::users(&self.model(), query, &asked);
        Ok(self.read(|transaction| {
            let found = users.window(transaction, &asked, scope.members(), scope.around, leash)?;
            list::user_rows(transaction, self.shared(), query, found, &scope)
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
        Ok(self.read(|transaction| past::list::window(transaction, self.shared(), &asked))?)
    }

    fn list<T: Held>(&self, query: &ListQuery, now: Timestamp) -> Result<Rows<T>, QueryError> {
        if let Some(at) = query.as_of {
            return self.list_then(query, at, now);
        }
        let window = list::window::<T>(&self.model(), query, now)?;
        Ok(self.read(|transaction| window.complete(transaction, query.with_raw, self.shared()))?)
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
        let model = self.model();
        let Some(ordinal) = model.ordinal(T::KIND, id) else {
            return Ok(None);
        };
        let related = model.related(T::KIND, ordinal, model.knowledge());
        drop(model);
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
    pub fn name(&self, id: &ObjectId) -> Option<SafeText> {
        self.model().name(id.kind(), id.as_str())
    }

    /// Who masters a group; `None` when it was never read.
    pub fn group_type(&self, group: &GroupId) -> Option<GroupType> {
        let model = self.model();
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
        let Some(left) = self.model().ordinal(Kind::Group, group.as_str()) else {
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
        let model = self.model();
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
        let model = self.model();
        let Some(right) = model.ordinal(Kind::User, user.as_str()) else {
            return Ok(Vec::new());
        };
        let groups = past::links::ever_left(&model, Relation::Members, right).into_iter();
        let named = |left| Some((left, model.groups.record(left)?.id.parse().ok()?));
        let groups: Vec<(u32, GroupId)> = groups.filter_map(named).collect();
        drop(model);
        self.read(|transaction| {
            let links = tables::read_links(transaction, Relation::Members)?;
            let mut history = Vec::new();
            for (left, group) in groups {
                if let Some(bytes) = links.get(tables::pair(left, right))? {
                    history.push((group, Link::decode(bytes.value())?.spans.into_vec()));
                }
            }
            Ok(history)
        })
    }

    /// How much the mirror holds.
    pub fn counts(&self) -> Counts {
        let model = self.model();
        let links = |relation, kind| {
            let lefts = u32::try_from(model.ordinals(kind)).unwrap_or(u32::MAX);
            let links = model.links(relation);
            (0..lefts).map(|left| links.rights(left).len() as u64).sum()
        };
        Counts {
            users: model.users.live(),
            groups: model.groups.live().count() as u64,
            apps: model.apps.live().count() as u64,
            memberships: links(Relation::Members, Kind::Group),
            app_users: links(Relation::AppUsers, Kind::App),
            app_groups: links(Relation::AppGroups, Kind::App),
        }
    }

    /// What this opening of it had to read.
    pub fn opening(&self) -> Opening {
        self.model().opening()
    }

    /// How many objects of a kind the mirror holds, without what is archived.
    pub fn count(&self, kind: Kind) -> u64 {
        let model = self.model();
        match kind {
            Kind::User => model.users.live(),
            Kind::Group => model.groups.live().count() as u64,
            Kind::App => model.apps.live().count() as u64,
        }
    }

    /// The ids of all users that Okta has.
    pub fn user_ids(&self) -> Vec<UserId> {
        self.model().users.live_users().map(|(id, _)| id).collect()
    }

    /// The ids of all groups that Okta has.
    pub fn group_ids(&self) -> Vec<GroupId> {
        self.model()
            .groups
            .live()
            .map(|(_, _, group)| group.id.clone())
            .collect()
    }

    /// The ids of all apps that Okta has.
    pub fn app_ids(&self) -> Vec<AppId> {
        self.model()
            .apps
            .live()
            .map(|(_, _, app)| app.id.clone())
            .collect()
    }

    /// Whether the mirror holds the object, and it is not archived.
    pub fn has(&self, id: &ObjectId) -> bool {
        let model = self.model();
        match id {
            ObjectId::User(id) => has(&model, id.as_str(), Kind::User),
            ObjectId::Group(id) => has(&model, id.as_str(), Kind::Group),
            ObjectId::App(id) => has(&model, id.as_str(), Kind::App),
        }
    }

    /// Objects of a kind that the last complete sweeps missed, as [`Applied::missed`] told when the last one ended.
    pub fn missed(&self, kind: Kind) -> Missed {
        let model = self.model();
        match kind {
            Kind::User => missed_users(&model),
            Kind::Group => missed::<Group>(&model),
            Kind::App => missed::<Application>(&model),
        }
    }

    /// The lists of a resource that have to be read: those never read, those that Okta says have changed since, and with
    /// `read_before` those last read before it.
    pub fn stale_lists(
        &self,
        resource: Resource,
        read_before: Option<Timestamp>,
    ) -> Vec<StaleList> {
        let model = self.model();
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
                    let has_none = model.links(Relation::Members).rights(ordinal).is_empty();
                    stale_members(record, group, has_none)
                })
                .collect(),
            Resource::AppGroups => groups
                .filter(|(ordinal, record, group)| {
                    let mirrored = model.links(Relation::AppGroups).lefts(*ordinal).len() as u64;
                    let said = group.stats.map(|stats| stats.apps);
                    let differs = said.is_some_and(|said| said != mirrored);
                    let newer = record.read.apps.is_none_or(|read| read < record.observed);
                    (differs && newer) || too_old(record.read.apps)
                })
                .map(|(ordinal, record, group)| {
                    let has_none = model.links(Relation::AppGroups).lefts(ordinal).is_empty();
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
        self.model().completed(resource)
    }

    /// Since when there is an answer to what a resource was: the end of its first complete reading. `None` before that.
    pub fn known_since(&self, resource: Resource) -> Option<Timestamp> {
        self.model().known_since(resource)
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

/// Makes the tables of a new file; refuses one from a newer version, and moves one from an older version aside: what it mirrored is
/// read anew.
fn prepare(file: &RedbFile) -> Result<(), Error> {
    let Some(older) = make_tables(file)? else {
        return Ok(());
    };
    let org: Option<Org> = file.read("read", |transaction| meta(transaction, key::ORG))?;
    // The new one needs room for all that is in it from the first moment, or the org would be forgotten.
    file.admit()?;
    file.move_aside(&format!("schema-{older}"))?;
    make_tables(file)?;
    org.map_or(Ok(()), |org| write_org(file, &org))
}

/// Gives the file's schema when it is an older one, which is left as it is. Only a new one is written to, so that a start needs no
/// room on the disk.
fn make_tables(file: &RedbFile) -> Result<Option<u32>, Error> {
    let found = file.schema(META, SCHEMA)?;
    if found.is_none() {
        file.write("prepare", |transaction| {
            guarded(|| {
                put_schema(transaction, META, SCHEMA)?;
                drop(Tables::open(transaction)?);
                Ok(())
            })
        })?;
    }
    Ok(found.filter(|found| *found < OLDEST))
}

fn meta<T: DeserializeOwned>(
    transaction: &ReadTransaction,
    name: &str,
) -> Result<Option<T>, Fault> {
    let bytes = transaction.open_table(META)?.get(name)?;
    bytes
        .map(|bytes| codec::decode(META_VERSION, bytes.value()))
        .transpose()
}

/// One commit for all jobs that were waiting: durable first, then visible, then answered.
fn work(
    file: &RedbFile,
    model: &Shared,
    scribe: &mut Scribe,
    revisions: &watch::Sender<Revisions>,
    jobs: Vec<Job>,
) {
    let mut batches = Vec::new();
    let mut replies = Vec::new();
    for job in jobs {
        match job {
            Job::Apply(ops, reply) => {
                batches.push(ops);
                replies.push(reply);
            }
            // Whoever asked may have gone; what they asked for is done all the same.
            Job::Bind(org, reply) => drop(reply.send(write_org(file, &org))),
        }
    }
    if batches.is_empty() {
        return;
    }
    let outcome = end_doubt(file, model, scribe, revisions)
        .and_then(|()| file.admit())
        .and_then(|()| write(file, model, scribe, &batches));
    match outcome {
        Ok(outcome) => {
            model.change().apply(outcome.changes);
            announce(revisions, outcome.touched);
            for (reply, applied) in replies.into_iter().zip(outcome.applied) {
                drop(reply.send(Ok(applied)));
            }
            take_pictures(file, model, scribe);
        }
        Err(error) => {
            for reply in replies {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}

/// Builds the model from the file, and says what there are pictures of. Pictures that are damaged are done without.
fn load(file: &RedbFile, undrawn: usize) -> Result<(Model, Album), Error> {
    let all = file.read("read", |transaction| {
        guarded(|| {
            let model = Model::load(transaction, true)?;
            let album = Album::open(transaction, &model, undrawn)?;
            Ok((model, album))
        })
    });
    let Err(damage @ Error::Damaged { .. }) = all else {
        return all;
    };
    let alone = file.read("read", |transaction| {
        guarded(|| Model::load(transaction, false))
    });
    let model = alone.map_err(|_| damage)?;
    tracing::warn!("the pictures of the directory are damaged, and are not used");
    Ok((model, Album::unread(undrawn)))
}

/// Reads the file again after a write that failed, which may be in it all the same: the last step of a commit is to make sure of what
/// is there already.
fn end_doubt(
    file: &RedbFile,
    model: &Shared,
    scribe: &mut Scribe,
    revisions: &watch::Sender<Revisions>,
) -> Result<(), Error> {
    if !scribe.in_doubt {
        return Ok(());
    }
    let (fresh, album) = load(file, scribe.album.limit())?;
    *model.change() = fresh;
    scribe.album = scribe.album.opened_again(album);
    scribe.in_doubt = false;
    announce(revisions, Touched::all());
    Ok(())
}

fn write(
    file: &RedbFile,
    model: &Shared,
    scribe: &mut Scribe,
    batches: &[Vec<DirectoryOp>],
) -> Result<Outcome, Error> {
    let written = file.write("write", |transaction| {
        guarded(|| commit(transaction, model, scribe, batches))
    });
    scribe.in_doubt = written.is_err();
    written
}

fn take_pictures(file: &RedbFile, model: &Shared, scribe: &mut Scribe) {
    if let Err(error) = scribe.album.take(file, model) {
        // Nothing is lost by it: the next opening takes longer.
        tracing::warn!(%error, "no picture was taken of the directory");
        scribe.in_doubt = true;
    }
}

fn commit(
    transaction: &WriteTransaction,
    model: &Shared,
    scribe: &mut Scribe,
    batches: &[Vec<DirectoryOp>],
) -> Result<Outcome, Fault> {
    // Held while the disk is written, which is safe: the file is had already, and only this thread ever changes the model.
    let model = model.look();
    let commit = Commit::begin(transaction, &model, &mut scribe.squeezers)?;
    commit.run(batches.iter(), &mut scribe.album)
}

fn announce(revisions: &watch::Sender<Revisions>, touched: Touched) {
    revisions.send_if_modified(|revisions| {
        let kinds = [Kind::User, Kind::Group, Kind::App];
        let [users, groups, apps] = kinds.map(|kind| touched.has(kind));
        revisions.users += u64::from(users);
        revisions.groups += u64::from(groups);
        revisions.apps += u64::from(apps);
        revisions.entries += u64::from(touched.entries);
        users || groups || apps || touched.entries
    });
}

fn write_org(file: &RedbFile, org: &Org) -> Result<(), Error> {
    file.write("write", |transaction| {
        let bytes = codec::encode(META_VERSION, org)?;
        let mut meta = transaction.open_table(META)?;
        meta.insert(key::ORG, bytes.as_slice())?;
        Ok(())
    })
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
