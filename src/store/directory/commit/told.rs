//! What events tell of statuses and names, put among what readings found.

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::Commit;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::ObjectId;
use crate::domain::user::User;
use crate::store::codec;
use crate::store::directory::diff;
use crate::store::directory::diff::Changes;
use crate::store::directory::op::Telling;
use crate::store::directory::record::Record;
use crate::store::directory::tables::kind_byte;
use crate::store::directory::told::Cells;
use crate::store::directory::told::Known;
use crate::store::directory::told::Replayed;
use crate::store::directory::told::Retold;
use crate::store::directory::told::replayed;
use crate::store::error::Fault;

impl Commit<'_, '_> {
    pub(super) fn tell(
        &mut self,
        object: &ObjectId,
        tellings: &[Telling],
        from: Timestamp,
    ) -> Result<(), Fault> {
        let Some(ordinal) = self.kept(object) else {
            return Ok(());
        };
        match object {
            ObjectId::User(_) => self.tell_of::<User>(ordinal, tellings, from),
            ObjectId::Group(_) => self.tell_of::<Group>(ordinal, tellings, from),
            ObjectId::App(_) => self.tell_of::<Application>(ordinal, tellings, from),
        }
    }

    fn tell_of<T: Retold>(
        &mut self,
        ordinal: u32,
        tellings: &[Telling],
        from: Timestamp,
    ) -> Result<(), Fault> {
        let mut record = self.record::<T>(ordinal)?;
        let raw = self.raw(T::KIND, ordinal)?;
        let now = raw
            .as_ref()
            .and_then(|raw| serde_json::from_str(raw.as_unsafe_str()).ok());
        let born = self
            .life(T::KIND, ordinal)?
            .iter()
            .next()
            .map(|span| span.from);
        let (Some(raw), Some(now), Some(born)) = (raw, now, born) else {
            return Ok(());
        };
        let steps = self.steps_of(kind_byte(T::KIND), ordinal)?;
        let known = Known {
            kind: T::KIND,
            steps: &steps,
            now: &now,
            born,
            gone: record.archived.as_ref().map(|archived| archived.at),
        };
        let Some(Replayed { steps: told, last }) = replayed(&known, tellings, from) else {
            return Ok(());
        };
        let mut after = Vec::with_capacity(told.len());
        for step in told {
            let mut changes = step.changes;
            if let Some(before) = step.before {
                let like = step.like.map(|like| steps[like].value_before());
                changes.set_value_before(value_with(&record, like, &before)?);
            }
            after.push(changes);
        }
        if after != steps {
            self.put_steps(kind_byte(T::KIND), ordinal, steps, after)?;
            self.touched.kind(T::KIND);
        }
        // Only of what is gone nobody reads any more what events tell last.
        let Some(mut value) = record.value.clone().filter(|_| record.archived.is_some()) else {
            return Ok(());
        };
        let mut told = raw.clone();
        for (cell, path, json) in last.iter() {
            value.set(cell, json);
            told = diff::with_field(&told, path, json);
        }
        if told.as_unsafe_str() == raw.as_unsafe_str() {
            return Ok(());
        }
        self.touched.kind(T::KIND);
        self.put_raw(T::KIND, ordinal, &told)?;
        record.value = Some(value);
        self.put_value(ordinal, record, true)
    }

    /// All that changed of an object, the oldest first.
    fn steps_of(&self, kind: u8, ordinal: u32) -> Result<Vec<Changes>, Fault> {
        let history = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
        let rows = self.tables.changes.range(history)?;
        rows.map(|row| Changes::decode(row?.1.value())).collect()
    }

    /// Puts the steps of an object's history in place of the others.
    fn put_steps(
        &mut self,
        kind: u8,
        ordinal: u32,
        before: Vec<Changes>,
        after: Vec<Changes>,
    ) -> Result<(), Fault> {
        let history = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
        let rows = self.tables.changes.range(history)?;
        let numbers: Result<Vec<u32>, Fault> = rows.map(|row| Ok(row?.0.value().2)).collect();
        for (number, changes) in numbers?.into_iter().zip(before) {
            self.forget_notes(kind, ordinal, number, changes)?;
        }
        self.drop_changes(kind, ordinal)?;
        for (number, changes) in (0..).zip(after) {
            self.put_changes(kind, ordinal, number, changes)?;
        }
        Ok(())
    }
}

/// An object as it was before some change, or as it is now, with the fields that are told.
fn value_with<T: Retold>(
    record: &Record<T>,
    like: Option<&[u8]>,
    cells: &Cells,
) -> Result<Vec<u8>, Fault> {
    let mut value: T = match (like, &record.value) {
        (Some(bytes), _) => codec::decode_rest(bytes)?.0,
        (None, Some(now)) => now.clone(),
        (None, None) => return Ok(Vec::new()),
    };
    for (cell, _, json) in cells.iter() {
        value.set(cell, json);
    }
    codec::append(Vec::new(), &value)
}

#[cfg(test)]
mod tests;
