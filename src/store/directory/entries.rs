//! Entries as the mirror answers for them: windows of lists, single ones with their history, and what other logic asks for.

mod model;
mod record;
mod window;

use jiff::Timestamp;

use super::Directory;
use super::model::Model;
use super::past::entries::{Then, raw_then};
use super::squeeze::Family;
use super::tables::{self, ENTRY_BYTE};
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::entry::EntryQuery;
use crate::domain::entry::EntryRow;
use crate::domain::entry::EntryRows;
use crate::domain::history::FieldChange;
use crate::domain::resource::Resource;
use crate::store::codec::Squeezer;
use crate::store::error::{Error, Fault, QueryError};

pub(super) use window::{is_about, parent_name};

pub(super) use model::{
    Entries, Stored, first_id, is_read_on_demand, kinds_below, parent_of_lists_below,
};
pub(super) use record::{
    Absence, EntryRecord, List, ListKey, decode_value, encode_value, value_without_words,
};

impl Directory {
    /// A window of the entries of one kind; `now` is what ages in the filter are counted from. [`EntryRows::trouble`] is left open:
    /// the store does not know what the sync ran into.
    ///
    /// # Errors
    /// For a filter or a column that makes no sense, or when the disk fails.
    pub fn entries(&self, query: &EntryQuery, now: Timestamp) -> Result<EntryRows, QueryError> {
        let window = match query.as_of {
            Some(at) => {
                let of = |model: &Model, _: &[u32], then: &Then| {
                    window::window(model, query, Some(then), now)
                };
                self.with_entries_then(query.kind, query.parent.as_ref(), at, of)?
            }
            None => window::window(&*self.model()?, query, None, now),
        };
        let window::Window {
            mut answer,
            ordinals,
        } = window.map_err(|error| error.at(self))?;
        if query.with_raw {
            self.add_raws(query.kind, &ordinals, query.as_of, &mut answer.rows)?;
        }
        Ok(answer)
    }

    /// Answers from the lists of a kind, of one parent or of all, and what their entries were at `at`. An entry that changes while the
    /// disk is read makes it be read once more: the model as it is answered from has no change that is not undone.
    pub(super) fn with_entries_then<T>(
        &self,
        kind: EntryKind,
        parent: Option<&EntryId>,
        at: Timestamp,
        answer: impl FnOnce(&Model, &[u32], &Then) -> T,
    ) -> Result<T, Error> {
        let mut then = Then::new(at);
        loop {
            let model = self.model()?;
            let lists = lists(&model, kind, parent);
            let unread = then.unread(&model, &lists);
            let unread = unread.map_err(|fault| self.failed(fault))?;
            if unread.is_empty() {
                let forgotten = then.forget_moving(&model, &lists);
                forgotten.map_err(|fault| self.failed(fault))?;
                return Ok(answer(&model, &lists, &then));
            }
            drop(model);
            self.read(|transaction| then.read(transaction, &unread))?;
        }
    }

    fn add_raws(
        &self,
        kind: EntryKind,
        ordinals: &[u32],
        as_of: Option<Timestamp>,
        rows: &mut [EntryRow],
    ) -> Result<(), Error> {
        self.read(|transaction| {
            let raws = tables::read_entry_raws(transaction)?;
            let mut squeezer = Squeezer::new(Family::of(kind).sample())?;
            for (row, ordinal) in rows.iter_mut().zip(ordinals) {
                if let Some(at) = as_of {
                    row.raw = raw_then(transaction, kind, *ordinal, at)?;
                } else if let Some(bytes) = raws.get(*ordinal)? {
                    row.raw = Some(squeezer.decompress_json(bytes.value())?);
                }
            }
            Ok(())
        })
    }

    /// One entry with its JSON and its field changes, newest first, at most 200; `None` when it was never read.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn entry(&self, key: &EntryKey) -> Result<Option<(EntryRow, Vec<FieldChange>)>, Error> {
        let model = self.model()?;
        let Some(ordinal) = ordinal(&model, key) else {
            return Ok(None);
        };
        let row = window::row(&model, ordinal, None);
        let row = row.map_err(|fault| self.failed(fault))?;
        drop(model);
        if row.spans.is_empty() {
            return Ok(None);
        }
        let mut rows = [row];
        self.add_raws(key.kind, &[ordinal], None, &mut rows)?;
        let changes = self.read(|transaction| super::history(transaction, ENTRY_BYTE, ordinal))?;
        let [row] = rows;
        Ok(Some((row, changes)))
    }

    /// The entries of a kind that Okta has below a parent, by their ids; with no parent all of the kind.
    pub fn entries_below(&self, kind: EntryKind, parent: Option<&EntryId>) -> Vec<Entry> {
        let model = self.light_model();
        let lists = lists(&model, kind, parent);
        let ordinals = lists.iter().flat_map(|list| model.entries.in_list(*list));
        ordinals
            .filter(|ordinal| model.entries.is_present(*ordinal))
            .filter_map(|ordinal| model.entries.entry(ordinal).ok())
            .collect()
    }

    /// Everything of a kind that was ever below a parent, also what is over.
    ///
    /// # Errors
    /// When a record is damaged.
    pub fn entries_ever_below(
        &self,
        kind: EntryKind,
        parent: &EntryId,
    ) -> Result<Vec<EntryRow>, Error> {
        let model = self.model()?;
        let key = ListKey {
            kind,
            parent: Some(parent.clone()),
        };
        let Some(list) = model.entries.list_number(&key) else {
            return Ok(Vec::new());
        };
        let rows = model.entries.in_list(list);
        let rows = rows.map(|ordinal| window::row(&model, ordinal, None));
        let rows: Result<Vec<EntryRow>, Fault> = rows.collect();
        let mut rows = rows.map_err(|fault| self.failed(fault))?;
        // Of what is to be forgotten nothing is left but the id.
        rows.retain(|row| !row.spans.is_empty());
        Ok(rows)
    }

    /// How many entries of a kind Okta has.
    pub fn entry_count(&self, kind: EntryKind) -> u64 {
        self.light_model().entries.count(kind)
    }

    /// What has entries of the kind below it.
    pub fn entry_parents(&self, kind: EntryKind) -> Vec<EntryId> {
        let model = self.light_model();
        let has_any = |list: &u32| {
            let mut ordinals = model.entries.in_list(*list);
            ordinals.any(|ordinal| model.entries.is_present(ordinal))
        };
        model
            .entries
            .lists_of(kind)
            .filter(|(number, _)| has_any(number))
            .filter_map(|(_, list)| list.key.parent.clone())
            .collect()
    }

    /// The lists of a kind that were read and are still there: each with its parent, and when it was last read.
    pub fn entry_lists(&self, kind: EntryKind) -> Vec<(Option<EntryId>, Timestamp)> {
        let model = self.light_model();
        let lists = model.entries.lists_of(kind);
        lists
            .filter(|(_, list)| !list.gone)
            .filter_map(|(_, list)| Some((list.key.parent.clone(), list.read?)))
            .collect()
    }

    /// When the entries of a kind below a parent were last read completely.
    pub fn entries_read(&self, kind: EntryKind, parent: Option<&EntryId>) -> Option<Timestamp> {
        let key = ListKey {
            kind,
            parent: parent.cloned(),
        };
        self.light_model().entries.read_at(&key)
    }

    /// Whether the list of a kind below a parent was without an entry when it was last read, and another reading decides whether that
    /// is over. It costs no disk.
    pub fn has_absent(&self, kind: EntryKind, parent: &EntryId) -> bool {
        let model = self.light_model();
        let mut lists = model.entries.lists_that_missed();
        lists.any(|list| list.kind == kind && list.parent.as_ref() == Some(parent))
    }

    /// Whether [`Self::has_absent`] is so of any list of a resource.
    pub fn has_absent_of(&self, resource: Resource) -> bool {
        let model = self.light_model();
        let mut lists = model.entries.lists_that_missed();
        lists.any(|list| list.kind.resource() == resource)
    }

    /// Users who are not deprovisioned and whose entries of a kind were not read since `before`: those never read first, then those
    /// read longest ago; at most `limit`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn users_unread(
        &self,
        kind: EntryKind,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<EntryId>, Error> {
        let model = self.model()?;
        let (mut never, mut before_then) = (Vec::new(), Vec::new());
        for user in model.users.not_deprovisioned() {
            if never.len() == limit {
                break;
            }
            let Ok(user) = user.as_str().parse::<EntryId>() else {
                continue;
            };
            let parent = Some(user.clone());
            match model.entries.read_at(&ListKey { kind, parent }) {
                None => never.push(user),
                Some(read) if read < before => before_then.push((read, user)),
                Some(_) => {}
            }
        }
        drop(model);
        before_then.sort_unstable();
        never.extend(before_then.into_iter().map(|(_, user)| user));
        never.truncate(limit);
        Ok(never)
    }

    pub(super) fn failed(&self, fault: Fault) -> Error {
        fault.at("read", self.0.file.path())
    }
}

/// The ordinal of an entry that was read at least once.
pub(super) fn ordinal(model: &Model, key: &EntryKey) -> Option<u32> {
    let list = ListKey {
        kind: key.kind,
        parent: key.parent.clone(),
    };
    let list = model.entries.list_number(&list)?;
    model.entries.ordinal(list, &key.id)
}

/// The numbers of the lists of a kind, of one parent or of all.
pub(super) fn lists(model: &Model, kind: EntryKind, parent: Option<&EntryId>) -> Vec<u32> {
    let lists = model.entries.lists_of(kind);
    lists
        .filter(|(_, list)| parent.is_none() || list.key.parent.as_ref() == parent)
        .map(|(number, _)| number)
        .collect()
}
