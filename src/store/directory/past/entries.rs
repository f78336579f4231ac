//! Entries as they were.

use std::collections::HashMap;

use jiff::Timestamp;
use redb::ReadTransaction;

use super::{before_later, changes_after};
use crate::domain::entry::Above;
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::history::Interval;
use crate::domain::text::RawJson;
use crate::store::codec::Squeezer;
use crate::store::directory::diff;
use crate::store::directory::entries::{ListKey, decode_value, encode_value, is_read_on_demand};
use crate::store::directory::model::Model;
use crate::store::directory::squeeze::Family;
use crate::store::directory::tables::{self, ENTRY_BYTE};
use crate::store::error::Fault;

/// The values that entries had at a moment, where they are others than now.
pub(in super::super) struct Then {
    pub(in super::super) at: Timestamp,
    /// By ordinal; `None` for an entry whose history says nothing of it.
    values: HashMap<u32, Option<Vec<u8>>>,
}

impl Then {
    /// Nothing is read yet.
    pub(in super::super) fn new(at: Timestamp) -> Self {
        Self {
            at,
            values: HashMap::new(),
        }
    }

    /// The entries in these lists that have changed since, and of which it was not read what they were.
    pub(in super::super) fn unread(&self, model: &Model, lists: &[u32]) -> Result<Vec<u32>, Fault> {
        let mut unread = Vec::new();
        for ordinal in lists.iter().flat_map(|list| model.entries.in_list(*list)) {
            let changed = model.entries.record(ordinal)?.changed;
            let has_changed = changed.is_some_and(|changed| changed > self.at);
            if has_changed && !self.values.contains_key(&ordinal) {
                unread.push(ordinal);
            }
        }
        Ok(unread)
    }

    /// Reads what entries were. What comes later changes nothing of that.
    pub(in super::super) fn read(
        &mut self,
        transaction: &ReadTransaction,
        unread: &[u32],
    ) -> Result<(), Fault> {
        for ordinal in unread {
            let before = before_later(transaction, ENTRY_BYTE, *ordinal, self.at)?;
            self.values.insert(*ordinal, before.map(|it| it.value));
        }
        Ok(())
    }

    /// What moves by itself is not known of then. Only for the model that is answered from.
    pub(in super::super) fn forget_moving(
        &mut self,
        model: &Model,
        lists: &[u32],
    ) -> Result<(), Fault> {
        for list in lists {
            let key = &model.entries.list(*list)?.key;
            if key.kind.moving_fields().is_empty() {
                continue;
            }
            for ordinal in model.entries.in_list(*list) {
                let record = model.entries.record(ordinal)?;
                let value = self.value(ordinal).unwrap_or(&record.value);
                let mut entry = decode_value(key, &record.id, value)?;
                entry.forget_moving();
                self.values.insert(ordinal, Some(encode_value(&entry)?));
            }
        }
        Ok(())
    }

    /// The value of an entry then, when it was another than now.
    pub(in super::super) fn value(&self, ordinal: u32) -> Option<&[u8]> {
        self.values.get(&ordinal)?.as_deref()
    }
}

/// The entries in these lists that Okta had then.
pub(super) fn below(
    model: &Model,
    lists: &[u32],
    then: &Then,
) -> Result<Vec<(Entry, Interval)>, Fault> {
    let mut all = Vec::new();
    for ordinal in lists.iter().flat_map(|list| model.entries.in_list(*list)) {
        let record = model.entries.record(ordinal)?;
        if let Some(span) = record.spans.at(then.at) {
            let key = &model.entries.list(record.list)?.key;
            let value = then.value(ordinal).unwrap_or(&record.value);
            all.push((decode_value(key, &record.id, value)?, *span));
        }
    }
    Ok(all)
}

/// The JSON of an entry as it was.
pub(in super::super) fn raw_then(
    transaction: &ReadTransaction,
    kind: EntryKind,
    ordinal: u32,
    at: Timestamp,
) -> Result<Option<RawJson>, Fault> {
    let raws = tables::read_entry_raws(transaction)?;
    let Some(bytes) = raws.get(ordinal)? else {
        return Ok(None);
    };
    let now = Squeezer::new(Family::of(kind).sample())?.decompress_json(bytes.value())?;
    let later = changes_after(transaction, ENTRY_BYTE, ordinal, at)?;
    let then = diff::undo(&now, &later, at);
    Ok(Some(diff::without(&then, kind.moving_fields())))
}

/// Since when there is an answer to what hung below a parent.
pub(in super::super) fn known_since(
    model: &Model,
    kind: EntryKind,
    parent: Option<&EntryId>,
) -> Option<Timestamp> {
    let of_resource = model.known_since(kind.resource());
    if parent.is_none() && kind.above() != Above::Org {
        return of_resource;
    }
    let key = ListKey {
        kind,
        parent: parent.cloned(),
    };
    let number = model.entries.list_number(&key);
    let list = number.and_then(|number| model.entries.list(number).ok());
    let first = list.and_then(|list| list.first);
    if is_read_on_demand(kind) {
        return first;
    }
    // What hangs below something that came later has been known from the beginning: there was nothing.
    [first, of_resource].into_iter().flatten().min()
}
