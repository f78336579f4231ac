//! All entries in memory: their bytes as they are stored, and where each is found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable as _};

use super::record::{self, EntryRecord, EntryView, List, ListKey};
use crate::domain::entry::Above;
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::store::directory::tables;
use crate::store::error::Fault;

/// Sorted lists that are remembered: one for each console that looks at another list, within reason.
const SORTED: usize = 8;

/// Every entry that was ever read; the ordinal is the index.
#[derive(Default)]
pub(in super::super) struct Entries {
    slots: Vec<Slot>,
    lists: Vec<List>,
    by_key: BTreeMap<ListKey, u32>,
    by_id: BTreeMap<(u32, EntryId), u32>,
    /// Entries that Okta has, of each kind.
    present: BTreeMap<EntryKind, u64>,
    /// Of each list that was without entries which are not believed to be over, how many.
    missed: BTreeMap<u32, u64>,
    /// Lists that were sorted since the last change, the newest last.
    sorted: Mutex<Vec<(String, Arc<Vec<u32>>)>>,
}

/// An entry as it was committed.
#[derive(Debug)]
pub(in super::super) struct Stored {
    pub(in super::super) list: u32,
    pub(in super::super) id: EntryId,
    /// Whether Okta has it.
    pub(in super::super) present: bool,
    /// Whether it was not in its list when that was last read, though it is not believed to be over.
    pub(in super::super) missed: bool,
    pub(in super::super) bytes: Box<[u8]>,
}

struct Slot {
    list: u32,
    present: bool,
    missed: bool,
    bytes: Box<[u8]>,
}

impl Entries {
    pub(in super::super) fn load(transaction: &ReadTransaction) -> Result<Self, Fault> {
        let mut entries = Self::default();
        for row in tables::read_entry_lists(transaction)?.iter()? {
            let (number, bytes) = row?;
            entries.set_list(number.value(), List::decode(bytes.value())?);
        }
        for row in tables::read_entries(transaction)?.iter()? {
            let (ordinal, bytes) = row?;
            if ordinal.value() as usize != entries.slots.len() {
                return Err(Fault::damaged("an entry is missing"));
            }
            let bytes = bytes.value();
            let stored = record::peek(bytes)?;
            entries.list(stored.list)?;
            entries.set(ordinal.value(), stored);
        }
        Ok(entries)
    }

    /// Takes in a list that was committed; numbers come without a gap.
    pub(in super::super) fn set_list(&mut self, number: u32, list: List) {
        if let Some(known) = self.lists.get_mut(number as usize) {
            *known = list;
        } else {
            self.by_key.insert(list.key.clone(), number);
            self.lists.push(list);
        }
        self.forget_sorted();
    }

    /// Takes in an entry that was committed; ordinals come without a gap, and its list is known.
    pub(in super::super) fn set(&mut self, ordinal: u32, stored: Stored) {
        let Stored {
            list,
            id,
            present,
            missed,
            bytes,
        } = stored;
        let slot = Slot {
            list,
            present,
            missed,
            bytes,
        };
        let (was_present, was_missed) = if let Some(known) = self.slots.get_mut(ordinal as usize) {
            let before = std::mem::replace(known, slot);
            (before.present, before.missed)
        } else {
            self.by_id.insert((list, id), ordinal);
            self.slots.push(slot);
            (false, false)
        };
        if missed != was_missed {
            let count = self.missed.entry(list).or_default();
            *count = (*count + u64::from(missed)).saturating_sub(u64::from(was_missed));
            if *count == 0 {
                self.missed.remove(&list);
            }
        }
        if let Some(list) = self.lists.get(list as usize) {
            let count = self.present.entry(list.key.kind).or_default();
            *count = (*count + u64::from(present)).saturating_sub(u64::from(was_present));
        }
        self.forget_sorted();
    }

    /// The lists that were without entries which are not believed to be over.
    pub(in super::super) fn lists_that_missed(&self) -> impl Iterator<Item = &ListKey> {
        let lists = self.missed.keys();
        lists.filter_map(|number| Some(&self.lists.get(*number as usize)?.key))
    }

    /// How many entries have an ordinal.
    pub(in super::super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many lists have a number.
    pub(in super::super) fn list_count(&self) -> usize {
        self.lists.len()
    }

    pub(in super::super) fn list_number(&self, key: &ListKey) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    pub(in super::super) fn list(&self, number: u32) -> Result<&List, Fault> {
        let list = self.lists.get(number as usize);
        list.ok_or_else(|| Fault::damaged("an entry is in no list"))
    }

    /// When a list that is still there was last read completely.
    pub(in super::super) fn read_at(&self, key: &ListKey) -> Option<Timestamp> {
        let list = self.list(self.list_number(key)?).ok()?;
        list.read.filter(|_| !list.gone)
    }

    pub(in super::super) fn all_lists(&self) -> impl Iterator<Item = &List> {
        self.lists.iter()
    }

    /// The lists of a kind, by their parents.
    pub(in super::super) fn lists_of(&self, kind: EntryKind) -> impl Iterator<Item = (u32, &List)> {
        let first = ListKey { kind, parent: None };
        let rest = self.by_key.range(first..);
        rest.take_while(move |(key, _)| key.kind == kind)
            .filter_map(|(_, number)| Some((*number, self.lists.get(*number as usize)?)))
    }

    pub(in super::super) fn ordinal(&self, list: u32, id: &EntryId) -> Option<u32> {
        self.by_id.get(&(list, id.clone())).copied()
    }

    /// The ordinals of a list, ended entries among them.
    pub(in super::super) fn in_list(&self, list: u32) -> impl Iterator<Item = u32> {
        let from = self.by_id.range((list, first_id())..);
        from.take_while(move |((of, _), _)| *of == list)
            .map(|(_, ordinal)| *ordinal)
    }

    /// An entry of a kind by its id alone, present ones first.
    pub(in super::super) fn find(&self, kind: EntryKind, id: &EntryId) -> Option<u32> {
        let lists = self.lists_of(kind);
        let found = lists.filter_map(|(list, _)| self.ordinal(list, id));
        found.max_by_key(|ordinal| self.is_present(*ordinal))
    }

    pub(in super::super) fn is_present(&self, ordinal: u32) -> bool {
        self.slots
            .get(ordinal as usize)
            .is_some_and(|slot| slot.present)
    }

    fn slot(&self, ordinal: u32) -> Result<&Slot, Fault> {
        let slot = self.slots.get(ordinal as usize);
        slot.ok_or_else(|| Fault::damaged("an entry is missing"))
    }

    pub(in super::super) fn record(&self, ordinal: u32) -> Result<EntryRecord, Fault> {
        EntryRecord::decode(&self.slot(ordinal)?.bytes)
    }

    /// The list of an entry.
    pub(in super::super) fn list_of(&self, ordinal: u32) -> Result<&List, Fault> {
        self.list(self.slot(ordinal)?.list)
    }

    /// The entry as last read.
    pub(in super::super) fn entry(&self, ordinal: u32) -> Result<Entry, Fault> {
        let record = self.record(ordinal)?;
        record::decode_value(&self.list(record.list)?.key, &record.id, &record.value)
    }

    /// The entry as a filter sees it, with another value than its own when `instead` has one.
    pub(in super::super) fn view<'a>(
        &'a self,
        ordinal: u32,
        instead: Option<&'a [u8]>,
    ) -> Result<EntryView<'a>, Fault> {
        let slot = self.slot(ordinal)?;
        EntryView::of(&self.list(slot.list)?.key, &slot.bytes, instead)
    }

    /// How many entries of a kind Okta has.
    pub(in super::super) fn count(&self, kind: EntryKind) -> u64 {
        self.present.get(&kind).copied().unwrap_or(0)
    }

    /// A list that was sorted before, unless something has changed since.
    pub(in super::super) fn sorted(&self, name: &str) -> Option<Arc<Vec<u32>>> {
        let sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sorted.iter().find(|(known, _)| known == name);
        known.map(|(_, order)| Arc::clone(order))
    }

    pub(in super::super) fn keep_sorted(&self, name: String, order: Arc<Vec<u32>>) {
        let mut sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        sorted.retain(|(known, _)| *known != name);
        if sorted.len() >= SORTED {
            sorted.remove(0);
        }
        sorted.push((name, order));
    }

    fn forget_sorted(&mut self) {
        let sorted = self.sorted.get_mut();
        sorted.unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Whether there are lists of the kind that are read because somebody looks, or because what they hang below came into view.
pub(in super::super) fn is_read_on_demand(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Factor | EntryKind::GroupOwner)
}

/// No id comes before this one.
pub(in super::super) fn first_id() -> EntryId {
    "!".parse().expect("it is visible and ASCII")
}

/// The kinds whose lists hang below entries of this kind.
pub(in super::super) fn kinds_below(kind: EntryKind) -> impl Iterator<Item = EntryKind> {
    let hangs_below = move |below: &&EntryKind| match below.above() {
        Above::Entry(above) => above == kind,
        Above::Binding => kind == EntryKind::Binding,
        Above::Org | Above::User | Above::Group | Above::App | Above::PolicyType => false,
    };
    EntryKind::ALL.iter().filter(hangs_below).copied()
}

/// The parent that lists below an entry are known by.
pub(in super::super) fn parent_of_lists_below(key: &ListKey, id: &EntryId) -> Option<EntryId> {
    match (key.kind, &key.parent) {
        // Members hang below the resource set and the role together.
        (EntryKind::Binding, Some(set)) => format!("{set}:{id}").parse().ok(),
        _ => Some(id.clone()),
    }
}
