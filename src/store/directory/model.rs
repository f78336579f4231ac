//! The directory as it stands, in memory: what lists are filtered and sorted by, and who belongs to whom.
//!
//! Lists are answered from here, so that a filter over all users costs no disk. It is built when the store opens and changed by the
//! writer after each commit. Of users only [columns](People) are here; groups and apps, of which there are far fewer, are here as they
//! are. What only a visible row or a detail shows (a user's profile, JSON, history, when an assignment began) stays on disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable as _};

use super::entries::{Entries, List, Stored};
use super::lack::Lack;
use super::links::Links;
use super::order::OrderCache;
use super::people::{Counts, People};
use super::picture::Opening;
use super::record::{Mirrored, Record};
use super::tables::{self, META, Relation, key};
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::Kind;
use crate::domain::query::Related;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::user::User;
use crate::store::codec::{self, Moment};
use crate::store::error::Fault;
use crate::store::file::guarded;

/// Everything that lists are made of.
pub(super) struct Model {
    pub(super) users: People,
    pub(super) groups: Objects<Group>,
    pub(super) apps: Objects<Application>,
    pub(super) entries: Entries,
    links: [Links; 3],
    /// When each resource was last read completely.
    completed: HashMap<Resource, Timestamp>,
    /// Since when there is an answer to what each resource was.
    known: HashMap<Resource, Timestamp>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            users: People::default(),
            groups: Objects::default(),
            apps: Objects::default(),
            entries: Entries::default(),
            links: Relation::ALL.map(Links::new),
            completed: HashMap::new(),
            known: HashMap::new(),
        }
    }
}

/// What the model is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loading {
    /// Pictures, and those of users' columns when they are looked at.
    Light,
    /// Pictures.
    Whole,
    /// Records alone.
    Alone,
}

/// What a commit changes in the model.
#[derive(Debug)]
pub(super) enum ModelChange {
    /// With whether anything in its value is other than before.
    User(u32, Box<Record<User>>, bool),
    Group(u32, Box<Record<Group>>),
    App(u32, Box<Record<Application>>),
    Link {
        relation: Relation,
        left: u32,
        right: u32,
        open: bool,
    },
    EntryList(u32, Box<List>),
    Entry(u32, Box<Stored>),
    Completed(Resource, Timestamp),
    Known(Resource, Timestamp),
}

/// Which relations are known for every object of a kind, so that a short list can be told from one not read yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Knowledge {
    /// The members of all groups.
    pub(super) members: bool,
    /// The users of all apps.
    pub(super) app_users: bool,
    /// The groups of all apps.
    pub(super) app_groups: bool,
}

impl Model {
    /// Builds the model from what is committed.
    pub(super) fn load(transaction: &ReadTransaction, how: Loading) -> Result<Self, Fault> {
        let pictures = how != Loading::Alone;
        // Users are half of the work, what binds them the other half.
        let (users, entries, links) = thread::scope(|scope| {
            let users = scope.spawn(|| {
                guarded(|| {
                    let light = (how == Loading::Light).then(|| People::light(transaction));
                    match light.transpose()?.flatten() {
                        Some(light) => Ok(light),
                        None => People::load(transaction, pictures),
                    }
                })
            });
            let entries = scope.spawn(|| guarded(|| Entries::load(transaction)));
            let links = Relation::ALL.map(|relation| {
                let links = Links::load(transaction, relation, pictures);
                links.map_err(|fault| (relation, fault))
            });
            (users.join(), entries.join(), links)
        });
        let mut causes = Vec::new();
        let users = users.unwrap_or_else(|_| Err(Fault::damaged("users cannot be read")));
        let users = good(users, &mut causes);
        let entries = entries.unwrap_or_else(|_| Err(Fault::damaged("entries cannot be read")));
        let entries = good(entries, &mut causes);
        let links = links.map(|links| {
            links.unwrap_or_else(|(relation, fault)| {
                causes.push(fault);
                Links::new(relation)
            })
        });
        // Whoever reads after the first that failed is told only that something has.
        causes.sort_by_key(Fault::is_echo);
        if let Some(cause) = causes.into_iter().next() {
            return Err(cause);
        }
        let mut model = Self {
            users,
            groups: Objects::load(transaction)?,
            apps: Objects::load(transaction)?,
            entries,
            links,
            completed: HashMap::new(),
            known: HashMap::new(),
        };
        let meta = transaction.open_table(META)?;
        for resource in Resource::ALL {
            if let Some(bytes) = meta.get(key::complete(resource).as_str())? {
                let at: Moment = codec::decode(1, bytes.value())?;
                model.completed.insert(resource, at.into());
            }
            if let Some(bytes) = meta.get(key::known(resource).as_str())? {
                let at: Moment = codec::decode(1, bytes.value())?;
                model.known.insert(resource, at.into());
            }
        }
        Ok(model)
    }

    /// What it was built from.
    pub(super) fn opening(&self) -> Opening {
        let links = self.links.iter().map(|links| links.opening);
        links.chain([self.users.opening]).sum()
    }

    /// Takes in what was committed.
    pub(super) fn apply(&mut self, changes: Vec<ModelChange>) {
        for change in changes {
            match change {
                ModelChange::User(ordinal, record, is_new) => {
                    self.users.set(ordinal, &record, is_new);
                }
                ModelChange::Group(ordinal, record) => self.groups.set(ordinal, *record),
                ModelChange::App(ordinal, record) => self.apps.set(ordinal, *record),
                ModelChange::Link {
                    relation,
                    left,
                    right,
                    open,
                } => self.set_link(relation, left, right, open),
                ModelChange::EntryList(number, list) => self.entries.set_list(number, *list),
                ModelChange::Entry(ordinal, stored) => self.entries.set(ordinal, *stored),
                ModelChange::Known(resource, at) => {
                    self.known.insert(resource, at);
                }
                ModelChange::Completed(resource, at) => {
                    self.completed.insert(resource, at);
                }
            }
        }
    }

    fn set_link(&mut self, relation: Relation, left: u32, right: u32, open: bool) {
        self.links[relation as usize].set(left, right, open);
        let (left_kind, right_kind) = relation.kinds();
        self.touch(left_kind, left);
        self.touch(right_kind, right);
    }

    /// A relation's count may be what a list is sorted by.
    fn touch(&mut self, kind: Kind, ordinal: u32) {
        match kind {
            Kind::User => self.users.orders.touch(ordinal),
            Kind::Group => self.groups.orders.touch(ordinal),
            Kind::App => self.apps.orders.touch(ordinal),
        }
    }

    pub(super) fn links(&self, relation: Relation) -> &Links {
        &self.links[relation as usize]
    }

    pub(super) fn links_mut(&mut self, relation: Relation) -> &mut Links {
        &mut self.links[relation as usize]
    }

    /// What the last of the pictures that it was built from was stamped with.
    pub(super) fn last_stamp(&self) -> u64 {
        let links = self.links.iter().map(Links::last_stamp);
        links.max().unwrap_or(0)
    }

    /// Lets go of what nobody has looked at since this was last done, and that can be read again.
    pub(super) fn let_go(&mut self) {
        self.links.iter_mut().for_each(Links::let_go);
    }

    pub(super) fn completed(&self, resource: Resource) -> Option<Timestamp> {
        self.completed.get(&resource).copied()
    }

    /// Since when there is an answer to what the resource was: the end of its first complete reading.
    pub(super) fn known_since(&self, resource: Resource) -> Option<Timestamp> {
        self.known.get(&resource).copied()
    }

    /// The ordinal of an object, when it has one.
    pub(super) fn ordinal(&self, kind: Kind, id: &str) -> Option<u32> {
        match kind {
            Kind::User => self.users.ordinal(id),
            Kind::Group => self.groups.ordinal(id),
            Kind::App => self.apps.ordinal(id),
        }
    }

    /// What people call an object; `None` when it was never read.
    pub(super) fn name(&self, kind: Kind, id: &str) -> Option<SafeText> {
        fn value<'m, T: PartialEq>(objects: &'m Objects<T>, id: &str) -> Option<&'m T> {
            objects.record(objects.ordinal(id)?)?.value.as_ref()
        }
        match kind {
            Kind::User => self.users.login(self.users.ordinal(id)?),
            Kind::Group => value(&self.groups, id).map(|group| group.name.clone()),
            Kind::App => value(&self.apps, id).map(|app| app.label.clone()),
        }
    }

    /// How many objects of a kind have an ordinal.
    pub(super) fn ordinals(&self, kind: Kind) -> usize {
        match kind {
            Kind::User => self.users.count(),
            Kind::Group => self.groups.records.len(),
            Kind::App => self.apps.records.len(),
        }
    }

    pub(super) fn knowledge(&self) -> Knowledge {
        let groups_swept = self.completed(Resource::Groups).is_some();
        let apps_swept = self.completed(Resource::Apps).is_some();
        let all_groups = |known: fn(&Record<Group>) -> bool| {
            let mut live = self.groups.records.iter().filter(|r| r.live().is_some());
            groups_swept && live.all(known)
        };
        let all_apps = |known: fn(&Record<Application>) -> bool| {
            let mut live = self.apps.records.iter().filter(|r| r.live().is_some());
            apps_swept && live.all(known)
        };
        let done = |resource| self.completed(resource).is_some();
        Knowledge {
            members: done(Resource::Memberships) || all_groups(members_known),
            app_users: done(Resource::AppUsers) || all_apps(|app| app.read.users.is_some()),
            app_groups: done(Resource::AppGroups)
                || all_groups(apps_known)
                || all_apps(|app| app.read.groups.is_some()),
        }
    }

    /// How many groups, or apps, each user has; `None` while that is not known.
    pub(super) fn counts_of_users(
        &self,
        relation: Relation,
        known: Knowledge,
    ) -> Result<Counts, Lack> {
        let is_known = match relation {
            Relation::Members => known.members,
            Relation::AppUsers => known.app_users,
            Relation::AppGroups => false,
        };
        if !is_known {
            return Ok(None);
        }
        let all = 0..u32::try_from(self.users.count()).unwrap_or(u32::MAX);
        self.links(relation).need_lefts(all.clone())?;
        let counts = all.map(|user| {
            let count = self.links(relation).lefts_len(user)?;
            Ok(u32::try_from(count).unwrap_or(u32::MAX))
        });
        Ok(Some(Arc::new(counts.collect::<Result<_, Lack>>()?)))
    }

    /// Counts of what belongs to an object, each only when it is known.
    pub(super) fn related(
        &self,
        kind: Kind,
        ordinal: u32,
        known: Knowledge,
    ) -> Result<Related, Lack> {
        let lefts = |relation, is_known: bool| {
            let count = is_known.then(|| self.links(relation).lefts_len(ordinal));
            Ok(count.transpose()?.map(|count| count as u64))
        };
        Ok(match kind {
            Kind::User => Related {
                users: None,
                groups: lefts(Relation::Members, known.members)?,
                apps: lefts(Relation::AppUsers, known.app_users)?,
            },
            Kind::Group => self.related_to_group(ordinal, known),
            Kind::App => self.related_to_app(ordinal, known),
        })
    }

    /// Sees to it that [`related`](Self::related) lacks nothing for any of these users.
    pub(super) fn need_related(&self, users: &[u32], known: Knowledge) -> Result<(), Lack> {
        let wanted = [
            (Relation::Members, known.members),
            (Relation::AppUsers, known.app_users),
        ];
        let wanted = wanted.into_iter().filter(|(_, is_known)| *is_known);
        wanted
            .map(|(relation, _)| self.links(relation))
            .try_for_each(|links| links.need_lefts(users.iter().copied()))
    }

    /// As [`related`](Self::related), which lacks nothing for a group.
    pub(super) fn related_to_group(&self, ordinal: u32, known: Knowledge) -> Related {
        let record = self.groups.record(ordinal);
        let members = record.is_some_and(members_known);
        let apps = known.app_groups || record.is_some_and(apps_known);
        let users = || self.links(Relation::Members).rights_len(ordinal) as u64;
        let app_groups = self.links(Relation::AppGroups);
        Related {
            users: members.then(users),
            groups: None,
            apps: apps.then(|| app_groups.known_lefts_len(ordinal) as u64),
        }
    }

    /// As [`related`](Self::related), which lacks nothing for an app.
    pub(super) fn related_to_app(&self, ordinal: u32, known: Knowledge) -> Related {
        let read = self.apps.record(ordinal).map(|app| app.read);
        let users = read.is_some_and(|read| read.users.is_some());
        let groups = known.app_groups || read.is_some_and(|read| read.groups.is_some());
        let rights = |relation| self.links(relation).rights_len(ordinal) as u64;
        Related {
            users: users.then(|| rights(Relation::AppUsers)),
            groups: groups.then(|| rights(Relation::AppGroups)),
            apps: None,
        }
    }
}

/// What was read; nothing when it could not be, and the reason among the others.
fn good<T: Default>(read: Result<T, Fault>, causes: &mut Vec<Fault>) -> T {
    read.unwrap_or_else(|fault| {
        causes.push(fault);
        T::default()
    })
}

/// A kind whose values are in memory.
pub(super) trait Held: Mirrored {
    fn objects(model: &Model) -> &Objects<Self>;

    /// Counts of what belongs to an object, each only when it is known.
    fn related(model: &Model, ordinal: u32, known: Knowledge) -> Related;
}

impl Held for Group {
    fn objects(model: &Model) -> &Objects<Self> {
        &model.groups
    }

    fn related(model: &Model, ordinal: u32, known: Knowledge) -> Related {
        model.related_to_group(ordinal, known)
    }
}

impl Held for Application {
    fn objects(model: &Model) -> &Objects<Self> {
        &model.apps
    }

    fn related(model: &Model, ordinal: u32, known: Knowledge) -> Related {
        model.related_to_app(ordinal, known)
    }
}

/// A group that Okta says is empty need not be read.
pub(super) fn members_known(group: &Record<Group>) -> bool {
    let said_empty = group.value.as_ref().and_then(|group| group.stats);
    group.read.users.is_some() || said_empty.is_some_and(|stats| stats.users == 0)
}

pub(super) fn apps_known(group: &Record<Group>) -> bool {
    let said_empty = group.value.as_ref().and_then(|group| group.stats);
    group.read.apps.is_some() || said_empty.is_some_and(|stats| stats.apps == 0)
}

/// All objects of one kind; the ordinal is the index.
pub(super) struct Objects<T> {
    pub(super) records: Vec<Record<T>>,
    by_id: HashMap<Box<str>, u32>,
    pub(super) orders: OrderCache,
}

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            by_id: HashMap::new(),
            orders: OrderCache::default(),
        }
    }
}

impl<T: PartialEq> Objects<T> {
    pub(super) fn ordinal(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(super) fn record(&self, ordinal: u32) -> Option<&Record<T>> {
        self.records.get(ordinal as usize)
    }

    /// Values of objects that Okta has, with their ordinals.
    pub(super) fn live(&self) -> impl Iterator<Item = (u32, &Record<T>, &T)> {
        let numbered = (0u32..).zip(&self.records);
        numbered.filter_map(|(ordinal, record)| Some((ordinal, record, record.live()?)))
    }

    fn set(&mut self, ordinal: u32, record: Record<T>) {
        let index = ordinal as usize;
        if index == self.records.len() {
            self.by_id.insert(record.id.clone(), ordinal);
            self.records.push(record);
            self.orders.touch(ordinal);
        } else if let Some(known) = self.records.get_mut(index) {
            let same = known.value == record.value && known.read == record.read;
            *known = record;
            if !same {
                self.orders.touch(ordinal);
            }
        }
    }
}

impl<T: Mirrored> Objects<T> {
    fn load(transaction: &ReadTransaction) -> Result<Self, Fault> {
        let mut objects = Self::default();
        for row in tables::read_objects(transaction, T::KIND)?.iter()? {
            let (ordinal, bytes) = row?;
            if ordinal.value() as usize != objects.records.len() {
                return Err(Fault::damaged(format!("a {} is missing", T::KIND.word())));
            }
            objects.set(ordinal.value(), Record::decode(bytes.value())?);
        }
        Ok(objects)
    }
}
