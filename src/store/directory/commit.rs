//! Applying changes inside one write transaction, and collecting what they change in the model.
//!
//! Decisions are made on what the transaction holds, with the model only as an index from ids to ordinals and from right to left; the
//! model itself changes after the commit, so that a failed one leaves nothing behind.

mod cut;
mod dated;
mod entries;
mod links;
mod objects;
mod told;
mod turned;
mod unseen;

use std::collections::HashMap;

use jiff::Timestamp;
use redb::{ReadableTable as _, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lack::{self, Lack};
use super::model::{Model, ModelChange};
use super::op::{Applied, DirectoryOp, Ghost, RunState};
use super::picture::{self, Album};
use super::record::{Mirrored, Record};
use super::squeeze::Squeezers;
use super::tables::{Relation, Tables, key};
use crate::domain::id::{Kind, ObjectId};
use crate::domain::resource::Resource;
use crate::store::codec::{self, Moment};
use crate::store::error::Fault;
use entries::Pending;

/// Format of the values in `meta`.
const META_VERSION: u8 = 1;

/// Kinds of which something that can be seen has changed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched {
    /// One for each [kind](Kind).
    objects: [bool; 3],
    pub(super) entries: bool,
    /// Whether something that had happened was given another place in the history, or none.
    pub(super) moved: bool,
}

impl Touched {
    pub(super) fn all() -> Self {
        Self {
            objects: [true; 3],
            entries: true,
            moved: true,
        }
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        self.objects[slot(kind)]
    }

    fn kind(&mut self, kind: Kind) {
        self.objects[slot(kind)] = true;
    }

    fn relation(&mut self, relation: Relation) {
        let (left, right) = relation.kinds();
        self.kind(left);
        self.kind(right);
    }

    fn resource(&mut self, resource: Resource) {
        match resource {
            Resource::Users => self.kind(Kind::User),
            Resource::Groups => self.kind(Kind::Group),
            Resource::Apps => self.kind(Kind::App),
            Resource::Memberships => self.relation(Relation::Members),
            Resource::AppUsers => self.relation(Relation::AppUsers),
            Resource::AppGroups => self.relation(Relation::AppGroups),
            Resource::Log => {}
            _ => self.entries = true,
        }
    }
}

/// What a transaction leaves for after its commit.
pub(super) struct Outcome {
    /// Per batch, in order.
    pub(super) applied: Vec<Applied>,
    /// For the model.
    pub(super) changes: Vec<ModelChange>,
    pub(super) touched: Touched,
}

/// One write transaction under way.
pub(super) struct Commit<'t, 'm> {
    transaction: &'t WriteTransaction,
    tables: Tables<'t>,
    model: &'m Model,
    squeezers: &'m mut Squeezers,
    /// Ordinals given in this transaction, per kind.
    fresh: [HashMap<Box<str>, u32>; 3],
    pending: Pending,
    changes: Vec<ModelChange>,
    touched: Touched,
    /// Of the batch under way.
    applied: Applied,
}

impl<'t, 'm> Commit<'t, 'm> {
    pub(super) fn begin(
        transaction: &'t WriteTransaction,
        model: &'m Model,
        squeezers: &'m mut Squeezers,
    ) -> Result<Self, Fault> {
        Ok(Self {
            transaction,
            tables: Tables::open(transaction)?,
            model,
            squeezers,
            fresh: Default::default(),
            pending: Pending::default(),
            changes: Vec::new(),
            touched: Touched::default(),
            applied: Applied::default(),
        })
    }

    /// Applies all batches in order.
    pub(super) fn run<'b>(
        mut self,
        batches: impl Iterator<Item = &'b Vec<DirectoryOp>>,
        album: &mut Album,
    ) -> Result<Outcome, Fault> {
        let mut applied = Vec::new();
        for batch in batches {
            for op in batch {
                self.apply(op)?;
            }
            applied.push(std::mem::take(&mut self.applied));
        }
        self.flush_entries()?;
        album.mark(&mut self.tables.marks, &self.changes, self.model)?;
        Ok(Outcome {
            applied,
            changes: self.changes,
            touched: self.touched,
        })
    }

    fn apply(&mut self, op: &DirectoryOp) -> Result<(), Fault> {
        match op {
            DirectoryOp::Users { run, items, at } => self.upsert_all(*run, items, *at),
            DirectoryOp::Groups { run, items, at } => self.upsert_all(*run, items, *at),
            DirectoryOp::Apps { run, items, at } => self.upsert_all(*run, items, *at),
            DirectoryOp::Members {
                group,
                users,
                at,
                evidence,
            } => self.set_members(group, users.items(), *at, *evidence),
            DirectoryOp::MemberChanged {
                group,
                user,
                present,
                at,
                evidence,
            } => self.change_member(group, user, *present, *at, *evidence),
            DirectoryOp::AppUsers { app, users, at } => self.set_app_users(app, users.items(), *at),
            DirectoryOp::AppUserChanged {
                app,
                user,
                assignment,
                at,
                evidence,
            } => self.change_app_user(app, user, assignment.as_ref(), *at, *evidence),
            DirectoryOp::GroupApps { group, apps, at } => {
                self.set_group_apps(group, apps.items(), *at)
            }
            DirectoryOp::AppGroups { app, groups, at } => {
                self.set_app_groups(app, groups.items(), *at)
            }
            DirectoryOp::Entries {
                kind,
                parent,
                items,
                at,
                evidence,
            } => self.set_entries(*kind, parent.as_ref(), items.items(), *at, *evidence),
            DirectoryOp::EntryChanged {
                key,
                item,
                at,
                evidence,
            } => self.set_entry(key, item.as_ref(), *at, *evidence),
            DirectoryOp::EntriesBelowGone {
                kind,
                parent,
                at,
                evidence,
            } => self.entries_below_gone(*kind, parent, *at, *evidence),
            DirectoryOp::AcceptMissingEntries { kind } => self.accept_missing_entries(*kind),
            DirectoryOp::Run(state) => self.put_meta(&key::run(state.resource), state),
            DirectoryOp::FinishSweep { kind, run, at } => match kind {
                Kind::User => self.finish_sweep::<crate::domain::user::User>(*run, *at),
                Kind::Group => self.finish_sweep::<crate::domain::group::Group>(*run, *at),
                Kind::App => {
                    self.finish_sweep::<crate::domain::application::Application>(*run, *at)
                }
            },
            DirectoryOp::Completed { resource, at } => {
                let ended = self
                    .latest_read(*resource)
                    .map_or(*at, |read| read.max(*at));
                self.complete(*resource, *at, ended)
            }
            DirectoryOp::Archive {
                object,
                at,
                evidence,
            } => self.archive(object, *at, *evidence),
            DirectoryOp::Dated { change, at, event } => self.date(change, *at, *event),
            DirectoryOp::LinkTurned {
                relation,
                to,
                who,
                turns,
                from,
            } => self.turn_link(*relation, (to, who), turns, *from),
            DirectoryOp::EntryTurned { key, turns, from } => self.turn_entry(key, turns, *from),
            DirectoryOp::NeverHeld(key) => self.drop_held(key),
            DirectoryOp::Told {
                object,
                tellings,
                from,
            } => self.tell(object, tellings, *from),
            DirectoryOp::Lived { ghost, span } => match &**ghost {
                Ghost::User(user, raw) => self.put_life_between(user, raw, *span),
                Ghost::Group(group, raw) => self.put_life_between(group, raw, *span),
                Ghost::App(app, raw) => self.put_life_between(app, raw, *span),
            },
            DirectoryOp::Held { entry, span } => self.put_entry_between(entry, *span),
            DirectoryOp::Forget(object) => self.forget(object),
            DirectoryOp::Mark { key, value } => self.mark(key, value.as_deref()),
        }
    }

    fn mark(&mut self, name: &str, value: Option<&str>) -> Result<(), Fault> {
        let name = key::mark(name);
        if let Some(value) = value {
            return self.put_meta(&name, &value);
        }
        self.tables.meta.remove(name.as_str())?;
        Ok(())
    }

    /// A reading that began at `at` and ended at `ended` was complete.
    fn complete(
        &mut self,
        resource: Resource,
        at: Timestamp,
        ended: Timestamp,
    ) -> Result<(), Fault> {
        let known = key::known(resource);
        if self.meta::<Moment>(&known)?.is_none() {
            self.put_meta(&known, &Moment::from(ended))?;
            self.changes.push(ModelChange::Known(resource, ended));
        }
        self.put_meta(&key::complete(resource), &Moment::from(at))?;
        self.changes.push(ModelChange::Completed(resource, at));
        self.touched.resource(resource);
        Ok(())
    }

    /// The latest reading of any list of a resource, this transaction included.
    fn latest_read(&self, resource: Resource) -> Option<Timestamp> {
        let groups = self.model.groups.records.iter().map(|it| it.read);
        let apps = self.model.apps.records.iter().map(|it| it.read);
        let fresh = self.changes.iter().filter_map(|change| match change {
            ModelChange::Group(_, record) => Some((Kind::Group, record.read)),
            ModelChange::App(_, record) => Some((Kind::App, record.read)),
            _ => None,
        });
        let reads = groups
            .map(|read| (Kind::Group, read))
            .chain(apps.map(|read| (Kind::App, read)))
            .chain(fresh);
        let of_list = reads.filter_map(|(kind, read)| match (resource, kind) {
            (Resource::Memberships, Kind::Group) | (Resource::AppUsers, Kind::App) => read.users,
            (Resource::AppGroups, Kind::Group) => read.apps,
            (Resource::AppGroups, Kind::App) => read.groups,
            _ => None,
        });
        of_list.chain(self.latest_entries(resource)).max()
    }

    fn put_meta<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), Fault> {
        let bytes = codec::encode(META_VERSION, value)?;
        self.tables.meta.insert(name, bytes.as_slice())?;
        Ok(())
    }

    fn meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Fault> {
        let bytes = self.tables.meta.get(name)?;
        bytes
            .map(|bytes| codec::decode(META_VERSION, bytes.value()))
            .transpose()
    }

    fn run_state(&self, resource: Resource) -> Result<Option<RunState>, Fault> {
        self.meta(&key::run(resource))
    }

    /// What `look` finds in the model, which is as the last commit left it.
    fn seen<T>(&self, look: impl Fn(&Model) -> Result<T, Lack>) -> Result<T, Fault> {
        let source = |part, number| picture::read_back(self.transaction, part, number);
        loop {
            match look(self.model) {
                Ok(seen) => return Ok(seen),
                Err(lack) => lack::fill(lack, &source, self.model)?,
            }
        }
    }

    fn known_ordinal(&self, kind: Kind, id: &str) -> Option<u32> {
        let fresh = self.fresh[slot(kind)].get(id).copied();
        fresh.or_else(|| self.model.ordinal(kind, id))
    }

    /// The ordinal of an object; one that was never named gets the next.
    fn ordinal<T: Mirrored>(&mut self, id: &str, at: Timestamp) -> Result<u32, Fault> {
        if let Some(known) = self.known_ordinal(T::KIND, id) {
            return Ok(known);
        }
        let fresh = &mut self.fresh[slot(T::KIND)];
        let next = self.model.ordinals(T::KIND) + fresh.len();
        let next = u32::try_from(next).map_err(|_| Fault::damaged("too many objects"))?;
        fresh.insert(id.into(), next);
        self.put_record(next, Record::<T>::named(id, at))?;
        Ok(next)
    }

    fn record<T: Mirrored>(&mut self, ordinal: u32) -> Result<Record<T>, Fault> {
        let table = self.tables.objects(T::KIND);
        let bytes = table.get(ordinal)?;
        let bytes = bytes.ok_or_else(|| Fault::damaged("an object is missing"))?;
        Record::decode(bytes.value())
    }

    /// Writes a record whose value is as it was, or is gone.
    fn put_record<T: Mirrored>(&mut self, ordinal: u32, record: Record<T>) -> Result<(), Fault> {
        self.put_value(ordinal, record, false)
    }

    /// Writes a record; `is_new` when anything in its value is other than before.
    fn put_value<T: Mirrored>(
        &mut self,
        ordinal: u32,
        record: Record<T>,
        is_new: bool,
    ) -> Result<(), Fault> {
        let bytes = record.encode()?;
        self.tables
            .objects(T::KIND)
            .insert(ordinal, bytes.as_slice())?;
        self.changes.push(T::change(ordinal, record, is_new));
        Ok(())
    }

    /// The ordinal of an object that may not be known.
    fn ordinal_of(&self, object: &ObjectId) -> Option<u32> {
        self.known_ordinal(object.kind(), object.as_str())
    }
}

fn slot(kind: Kind) -> usize {
    usize::from(super::tables::kind_byte(kind))
}
