//! Objects and entries that were there for a while and gone before any reading: all that is known of them is what the log tells.

use super::Commit;
use crate::domain::entry::{Above, Entry, EntryId};
use crate::domain::history::{Archived, Interval};
use crate::domain::id::ObjectId;
use crate::domain::text::RawJson;
use crate::store::codec;
use crate::store::directory::entries::{self, ListKey};
use crate::store::directory::record::Mirrored;
use crate::store::directory::squeeze::Family;
use crate::store::directory::tables::{ENTRY_BYTE, kind_byte};
use crate::store::directory::timeline::Happened;
use crate::store::error::Fault;

/// The column that says what sort of role an entry is.
const TYPE: &str = "type";

impl Commit<'_, '_> {
    /// Puts what was made and deleted into the history, archived, if nothing else is known of it.
    pub(super) fn put_life_between<T: Mirrored>(
        &mut self,
        value: &T,
        raw: &RawJson,
        span: Interval,
    ) -> Result<(), Fault> {
        let Some(ended) = span.to.filter(|to| span.from < *to) else {
            return Ok(());
        };
        let (kind, kind_byte) = (T::KIND, kind_byte(T::KIND));
        let ordinal = self.ordinal::<T>(value.id(), ended)?;
        let mut record = self.record::<T>(ordinal)?;
        let mut life = self.life(kind, ordinal)?;
        if record.value.is_some() || !life.put_between(span) {
            return Ok(());
        }
        self.put_life(kind, ordinal, &life)?;
        self.put_raw(kind, ordinal, raw)?;
        self.note(Happened::Appeared(kind_byte, ordinal), span.from)?;
        self.note(Happened::Ended(kind_byte, ordinal), ended)?;
        record.observed = record.observed.max(ended);
        record.value = Some(value.clone());
        record.archived = Some(Archived {
            at: ended,
            evidence: span.ended_by,
        });
        self.applied.added += 1;
        self.touched.kind(kind);
        self.put_value(ordinal, record, true)
    }

    /// Puts an entry that was there for a while into the history, if there is room for it.
    pub(super) fn put_entry_between(
        &mut self,
        (entry, raw): &(Entry, RawJson),
        span: Interval,
    ) -> Result<(), Fault> {
        let Some(ended) = span.to.filter(|to| span.from < *to) else {
            return Ok(());
        };
        let key = ListKey {
            kind: entry.key.kind,
            parent: entry.key.parent.clone(),
        };
        if !self.has_above(&key) || self.is_told_meanwhile(&key, entry, span)? {
            return Ok(());
        }
        let (list, _) = self.entry_list(&key)?;
        let ordinal = match self.entry_ordinal(list, &entry.key.id) {
            Some(dropped) => dropped,
            None => self.fresh_entry(list, &entry.key.id, ended)?,
        };
        let mut record = self.entry_record(ordinal)?;
        record.spans.put_between(span);
        record.value = entries::encode_value(entry)?;
        record.raw_print = codec::fingerprint(raw.as_unsafe_str());
        let squeezer = self.squeezers.entries(Family::of(entry.key.kind));
        let bytes = squeezer.compress(raw.as_unsafe_str().as_bytes())?;
        self.tables.entry_raws.insert(ordinal, bytes.as_slice())?;
        self.put_entry(ordinal, record);
        self.note(Happened::Appeared(ENTRY_BYTE, ordinal), span.from)?;
        self.note(Happened::Ended(ENTRY_BYTE, ordinal), ended)?;
        self.applied.added += 1;
        Ok(())
    }

    /// Whether the mirror has what a list hangs below: what the configuration leaves out has no history.
    fn has_above(&self, list: &ListKey) -> bool {
        let has = |make: fn(&EntryId) -> Option<ObjectId>| {
            let object = list.parent.as_ref().and_then(make);
            object.is_some_and(|object| self.kept(&object).is_some())
        };
        match list.kind.above() {
            Above::User => has(|id| id.as_str().parse().ok().map(ObjectId::User)),
            Above::Group => has(|id| id.as_str().parse().ok().map(ObjectId::Group)),
            Above::App => has(|id| id.as_str().parse().ok().map(ObjectId::App)),
            Above::Entry(kind) => list.parent.as_ref().is_some_and(|id| {
                let above = ListKey { kind, parent: None };
                let number = self.list_number(&above);
                number.is_some_and(|number| self.entry_ordinal(number, id).is_some())
            }),
            Above::Org | Above::PolicyType | Above::Binding => false,
        }
    }

    /// Whether the list has had this entry, or one of the same type, at any time in `span`.
    fn is_told_meanwhile(
        &self,
        list: &ListKey,
        entry: &Entry,
        span: Interval,
    ) -> Result<bool, Fault> {
        let Some(number) = self.list_number(list) else {
            return Ok(false);
        };
        if let Some(ordinal) = self.entry_ordinal(number, &entry.key.id) {
            return Ok(self.entry_record(ordinal)?.spans.last().is_some());
        }
        let meets = |known: &Interval| {
            span.to.is_none_or(|to| known.from < to) && known.to.is_none_or(|to| span.from < to)
        };
        for ordinal in self.all_in(number) {
            let record = self.entry_record(ordinal)?;
            if !record.spans.iter().any(meets) {
                continue;
            }
            let known = entries::decode_value(list, &record.id, &record.value)?;
            if known.fact(TYPE) == entry.fact(TYPE) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
