//! What is gone takes along what belonged to it: all of that ends at the same moment, whenever it was noticed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::Commit;
use super::entries::kinds_below_object;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::id::{EventUuid, ObjectId};
use crate::store::directory::entries::{self, ListKey};
use crate::store::directory::past::links::ever_left;
use crate::store::directory::tables::{ENTRY_BYTE, Relation, left_of, pair, right_of};
use crate::store::directory::timeline::Happened;
use crate::store::error::Fault;

impl Commit<'_, '_> {
    /// Ends at `at` what belonged to an object that was gone by then: memberships, assignments, and entries below it.
    pub(super) fn cut_what_belonged(
        &mut self,
        object: &ObjectId,
        ordinal: u32,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let (of_left, of_right): (&[Relation], &[Relation]) = match object {
            ObjectId::User(_) => (&[], &[Relation::Members, Relation::AppUsers]),
            ObjectId::Group(_) => (&[Relation::Members], &[Relation::AppGroups]),
            ObjectId::App(_) => (&[Relation::AppUsers, Relation::AppGroups], &[]),
        };
        for relation in of_left {
            self.cut_rights(*relation, ordinal, at, event)?;
        }
        for relation in of_right {
            self.cut_lefts(*relation, ordinal, at, event)?;
        }
        let Ok(id) = object.as_str().parse::<EntryId>() else {
            return Ok(());
        };
        if matches!(object, ObjectId::User(_)) {
            self.cut_entry_of(EntryKind::Admin, None, &id, at, event)?;
        }
        self.cut_lists_below(kinds_below_object(object.kind()), &id, at, event)
    }

    /// Ends at `at` what hung below an entry that was gone by then.
    pub(super) fn cut_below_entry(
        &mut self,
        kind: EntryKind,
        parent: Option<&EntryId>,
        id: &EntryId,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let list = ListKey {
            kind,
            parent: parent.cloned(),
        };
        match entries::parent_of_lists_below(&list, id) {
            Some(parent) => self.cut_lists_below(entries::kinds_below(kind), &parent, at, event),
            None => Ok(()),
        }
    }

    fn cut_lists_below(
        &mut self,
        kinds: impl Iterator<Item = EntryKind>,
        parent: &EntryId,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        for kind in kinds {
            let key = ListKey {
                kind,
                parent: Some(parent.clone()),
            };
            let Some(list) = self.list_number(&key) else {
                continue;
            };
            for ordinal in self.all_in(list) {
                let id = self.entry_record(ordinal)?.id;
                self.cut_entry(ordinal, at, event)?;
                self.cut_below_entry(kind, Some(parent), &id, at, event)?;
            }
        }
        Ok(())
    }

    fn cut_entry_of(
        &mut self,
        kind: EntryKind,
        parent: Option<EntryId>,
        id: &EntryId,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let list = self.list_number(&ListKey { kind, parent });
        match list.and_then(|list| self.entry_ordinal(list, id)) {
            Some(ordinal) => self.cut_entry(ordinal, at, event),
            None => Ok(()),
        }
    }

    fn cut_entry(
        &mut self,
        ordinal: u32,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut record = self.entry_record(ordinal)?;
        let Some(noticed) = record.spans.cut(at, event) else {
            return Ok(());
        };
        self.put_entry(ordinal, record);
        self.move_in_time(Happened::Ended(ENTRY_BYTE, ordinal), noticed, at)
    }

    fn cut_rights(
        &mut self,
        relation: Relation,
        left: u32,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut keys = Vec::new();
        for row in self
            .tables
            .links(relation)
            .range(pair(left, 0)..=pair(left, u32::MAX))?
        {
            keys.push(row?.0.value());
        }
        keys.into_iter()
            .try_for_each(|key| self.cut_link(relation, key, at, event))
    }

    fn cut_lefts(
        &mut self,
        relation: Relation,
        right: u32,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let known = self.seen(|model| ever_left(model, relation, right))?;
        let mut lefts: BTreeSet<u32> = known.into_iter().collect();
        lefts.extend(self.lefts(relation, right)?);
        lefts
            .into_iter()
            .try_for_each(|left| self.cut_link(relation, pair(left, right), at, event))
    }

    fn cut_link(
        &mut self,
        relation: Relation,
        key: u64,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut link = self.link(relation, key)?;
        let Some(noticed) = link.spans.cut(at, event) else {
            return Ok(());
        };
        self.put_link(relation, key, &link)?;
        self.touched.relation(relation);
        let ended = Happened::Unlinked(relation, left_of(key), right_of(key));
        self.move_in_time(ended, noticed, at)
    }
}

#[cfg(test)]
mod tests;
