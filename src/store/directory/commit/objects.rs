//! Objects: taking in what Okta says of them, noticing what a sweep missed, archiving.

use std::time::Duration;

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::Commit;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::history::{Archived, FieldChange};
use crate::domain::id::{EventUuid, Kind, ObjectId};
use crate::domain::text::RawJson;
use crate::domain::time;
use crate::domain::user::User;
use crate::store::codec;
use crate::store::directory::diff::Changes;
use crate::store::directory::op::{Missed, RunId};
use crate::store::directory::record::{self, ListsRead, Mirrored, Record};
use crate::store::directory::spans::Spans;
use crate::store::directory::stamps::moments;
use crate::store::directory::tables::{Relation, key, kind_byte};
use crate::store::directory::timeline::{Happened, is_late};
use crate::store::error::Fault;

/// Complete sweeps in a row that must miss an object before it may be archived.
const SWEEPS_TO_ARCHIVE: u32 = 2;

/// How long the moment of a reading may be before the reading: Okta's `Date` names a whole second.
const DATE_GRAIN: Duration = Duration::from_secs(1);

/// How a reading relates to what is known.
enum News {
    /// Never read before.
    First,
    /// Differs from what was known.
    Changed,
    /// Says the same again.
    Same,
    /// Older than what is known.
    Stale,
}

impl Commit<'_, '_> {
    pub(super) fn upsert_all<T: Mirrored>(
        &mut self,
        run: Option<RunId>,
        items: &[(T, RawJson)],
        at: Timestamp,
    ) -> Result<(), Fault> {
        items
            .iter()
            .try_for_each(|(value, raw)| self.upsert(run, value, raw, at))
    }

    fn upsert<T: Mirrored>(
        &mut self,
        run: Option<RunId>,
        value: &T,
        raw: &RawJson,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let ordinal = self.ordinal::<T>(value.id(), at)?;
        let mut record = self.record::<T>(ordinal)?;
        record.seen = run.or(record.seen);
        record.missed = 0;
        let known_raw = self.raw(T::KIND, ordinal)?;
        let news = news(&record, value, known_raw.as_ref(), raw);
        if matches!(news, News::Changed | News::First) {
            self.put_raw(T::KIND, ordinal, raw)?;
            self.touched.kind(T::KIND);
        }
        match (&news, &known_raw) {
            (News::First, _) => {
                self.applied.added += 1;
                let quiet = self.model.completed(T::RESOURCE).is_none();
                self.begin_life(T::KIND, ordinal, not_before_made(value, at), quiet)?;
            }
            (News::Changed, Some(known)) => {
                let found = Changes::between(known.as_unsafe_str(), raw.as_unsafe_str(), at);
                if let (Some(found), Some(before)) = (found, &record.value) {
                    let before = codec::append(Vec::new(), before)?;
                    let found = found.with(before, None);
                    self.note_changes(kind_byte(T::KIND), ordinal, found)?;
                }
                self.applied.changed += 1;
            }
            (News::Changed, None) => self.applied.changed += 1,
            (News::Same | News::Stale, _) => self.applied.unchanged += 1,
        }
        if record
            .archived
            .as_ref()
            .is_some_and(|archived| at > archived.at)
        {
            record.archived = None;
            self.begin_life(T::KIND, ordinal, at, false)?;
            self.applied.restored += 1;
            self.touched.kind(T::KIND);
        }
        let mut is_new = false;
        if !matches!(news, News::Stale) {
            let mut value = value.clone();
            if let Some(older) = &record.value {
                value.complete_from(older);
            }
            record.observed = record.observed.max(at);
            is_new = record.value.as_ref() != Some(&value);
            record.value = Some(value);
        }
        self.put_value(ordinal, record, is_new)
    }

    pub(super) fn raw(&mut self, kind: Kind, ordinal: u32) -> Result<Option<RawJson>, Fault> {
        let bytes = self.tables.raws(kind).get(ordinal)?;
        bytes
            .map(|bytes| self.squeezers.of(kind).decompress_json(bytes.value()))
            .transpose()
    }

    pub(super) fn put_raw(&mut self, kind: Kind, ordinal: u32, raw: &RawJson) -> Result<(), Fault> {
        let bytes = self
            .squeezers
            .of(kind)
            .compress(raw.as_unsafe_str().as_bytes())?;
        self.tables.raws(kind).insert(ordinal, bytes.as_slice())?;
        Ok(())
    }

    /// Adds to the history of an object or entry what differs between two readings; says when that counts as observed.
    pub(super) fn note_changes(
        &mut self,
        kind: u8,
        ordinal: u32,
        mut changes: Changes,
    ) -> Result<Timestamp, Fault> {
        let mut number = 0;
        if let Some((latest, earlier)) = self.latest_changes(kind, ordinal)? {
            changes.not_before(earlier.at());
            number = latest.saturating_add(1);
            if kind == kind_byte(Kind::User) && changes.absorb(&earlier) {
                number = latest;
                let outdated = Happened::SignedIn(ordinal, latest).key(earlier.at());
                self.tables.timeline.remove(outdated)?;
            }
        }
        let at = changes.at();
        self.put_changes(kind, ordinal, number, changes)?;
        Ok(at)
    }

    /// Writes one step of the history of an object or entry, and notes when it was.
    pub(super) fn put_changes(
        &mut self,
        kind: u8,
        ordinal: u32,
        number: u32,
        changes: Changes,
    ) -> Result<(), Fault> {
        let bytes = changes.encode()?;
        self.tables
            .changes
            .insert((kind, ordinal, number), bytes.as_slice())?;
        for (happened, at) in notes_of(kind, ordinal, number, changes) {
            self.note(happened, at)?;
        }
        Ok(())
    }

    /// Takes one step of the history of an object out of the index by time.
    pub(super) fn forget_notes(
        &mut self,
        kind: u8,
        ordinal: u32,
        number: u32,
        changes: Changes,
    ) -> Result<(), Fault> {
        for (happened, at) in notes_of(kind, ordinal, number, changes) {
            self.take_back(happened, at)?;
        }
        Ok(())
    }

    /// Takes something out of the index by time.
    pub(super) fn take_back(&mut self, happened: Happened, at: Timestamp) -> Result<(), Fault> {
        self.tables.timeline.remove(happened.key(at))?;
        self.touched.moved = true;
        Ok(())
    }

    /// Puts something into the index by time.
    pub(super) fn note(&mut self, happened: Happened, at: Timestamp) -> Result<(), Fault> {
        self.tables.timeline.insert(happened.key(at), ())?;
        Ok(())
    }

    pub(super) fn life(&self, kind: Kind, ordinal: u32) -> Result<Spans, Fault> {
        let bytes = self.tables.lives.get((kind_byte(kind), ordinal))?;
        let life = bytes.map(|bytes| record::decode_life(bytes.value()));
        Ok(life.transpose()?.unwrap_or_default())
    }

    pub(super) fn put_life(&mut self, kind: Kind, ordinal: u32, life: &Spans) -> Result<(), Fault> {
        let bytes = record::encode_life(life)?;
        let key = (kind_byte(kind), ordinal);
        self.tables.lives.insert(key, bytes.as_slice())?;
        Ok(())
    }

    fn begin_life(
        &mut self,
        kind: Kind,
        ordinal: u32,
        at: Timestamp,
        quiet: bool,
    ) -> Result<(), Fault> {
        let mut life = self.life(kind, ordinal)?;
        life.open(at, None);
        self.put_life(kind, ordinal, &life)?;
        match life.last() {
            Some(span) if !quiet => {
                self.note(Happened::Appeared(kind_byte(kind), ordinal), span.from)
            }
            _ => Ok(()),
        }
    }

    fn end_life(
        &mut self,
        kind: Kind,
        ordinal: u32,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut life = self.life(kind, ordinal)?;
        life.close(at, evidence);
        self.put_life(kind, ordinal, &life)?;
        match life.last().and_then(|span| span.to) {
            Some(to) => self.note(Happened::Ended(kind_byte(kind), ordinal), to),
            None => Ok(()),
        }
    }

    /// Removes the history of an object or entry.
    pub(super) fn drop_changes(&mut self, kind: u8, ordinal: u32) -> Result<(), Fault> {
        let history = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
        self.tables.changes.retain_in(history, |_, _| false)?;
        Ok(())
    }

    fn latest_changes(&self, kind: u8, ordinal: u32) -> Result<Option<(u32, Changes)>, Fault> {
        let history = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
        let Some(latest) = self.tables.changes.range(history)?.next_back() else {
            return Ok(None);
        };
        let (key, bytes) = latest?;
        let (_, _, number) = key.value();
        Ok(Some((number, Changes::decode(bytes.value())?)))
    }

    /// Counts what a complete sweep did not see. Telling the same end twice (after a crash) counts once.
    pub(super) fn finish_sweep<T: Mirrored>(
        &mut self,
        run: RunId,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let resource = T::RESOURCE;
        let state = self.run_state(resource)?.filter(|state| state.id == run);
        let started = state.map(|state| state.started);
        let finished = key::finished(T::KIND);
        let first_time = self.meta::<RunId>(&finished)? != Some(run);
        let mut missed = Missed::default();
        for (ordinal, mut record) in self.live_records::<T>()? {
            missed.known += 1;
            let seen_meanwhile = started.is_some_and(|started| record.observed >= started);
            if record.seen == Some(run) || seen_meanwhile {
                continue;
            }
            missed.missing += 1;
            record.missed += u32::from(first_time);
            if record.missed >= SWEEPS_TO_ARCHIVE {
                missed
                    .candidates
                    .extend(record.value.as_ref().map(T::object_id));
            }
            if first_time {
                self.put_record(ordinal, record)?;
            }
        }
        self.put_meta(&finished, &run)?;
        self.applied.missed = missed;
        self.complete(resource, started.unwrap_or(at), at)
    }

    fn live_records<T: Mirrored>(&mut self) -> Result<Vec<(u32, Record<T>)>, Fault> {
        let mut live = Vec::new();
        for row in self.tables.objects(T::KIND).iter()? {
            let (ordinal, bytes) = row?;
            let record = Record::<T>::decode(bytes.value())?;
            if record.live().is_some() {
                live.push((ordinal.value(), record));
            }
        }
        Ok(live)
    }

    pub(super) fn archive(
        &mut self,
        object: &ObjectId,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        self.end_entries_below_object(object, at, evidence)?;
        let Some(ordinal) = self.ordinal_of(object) else {
            return Ok(());
        };
        match object {
            ObjectId::User(_) => {
                self.archive_record::<User>(ordinal, at, evidence)?;
                self.end_lefts(Relation::Members, ordinal, at, evidence)?;
                self.end_lefts(Relation::AppUsers, ordinal, at, evidence)
            }
            ObjectId::Group(_) => {
                self.archive_record::<Group>(ordinal, at, evidence)?;
                self.end_rights(Relation::Members, ordinal, at, evidence)?;
                self.end_lefts(Relation::AppGroups, ordinal, at, evidence)
            }
            ObjectId::App(_) => {
                self.archive_record::<Application>(ordinal, at, evidence)?;
                self.end_rights(Relation::AppUsers, ordinal, at, evidence)?;
                self.end_rights(Relation::AppGroups, ordinal, at, evidence)
            }
        }
    }

    /// The lists below an archived object are no longer known: should it come back, they are read again.
    fn archive_record<T: Mirrored>(
        &mut self,
        ordinal: u32,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut record = self.record::<T>(ordinal)?;
        if record.archived.is_some() || record.value.is_none() {
            return Ok(());
        }
        record.archived = Some(Archived { at, evidence });
        record.missed = 0;
        record.read = ListsRead::default();
        self.end_life(T::KIND, ordinal, at, evidence)?;
        self.applied.removed += 1;
        self.touched.kind(T::KIND);
        self.put_record(ordinal, record)
    }

    /// Drops what is kept of an object that the configuration leaves out. Its id stays, since others may name it.
    pub(super) fn forget(&mut self, object: &ObjectId) -> Result<(), Fault> {
        self.forget_entries_below_object(object)?;
        let Some(ordinal) = self.ordinal_of(object) else {
            return Ok(());
        };
        match object {
            ObjectId::User(_) => self.forget_record::<User>(ordinal),
            ObjectId::Group(_) => {
                self.drop_rights(Relation::Members, ordinal)?;
                self.drop_lefts(Relation::AppGroups, ordinal)?;
                self.forget_record::<Group>(ordinal)
            }
            ObjectId::App(_) => {
                self.drop_rights(Relation::AppUsers, ordinal)?;
                self.drop_rights(Relation::AppGroups, ordinal)?;
                self.forget_record::<Application>(ordinal)
            }
        }
    }

    fn forget_record<T: Mirrored>(&mut self, ordinal: u32) -> Result<(), Fault> {
        let record = self.record::<T>(ordinal)?;
        if record.value.is_none() {
            return Ok(());
        }
        self.tables.raws(T::KIND).remove(ordinal)?;
        self.drop_changes(kind_byte(T::KIND), ordinal)?;
        self.tables.lives.remove((kind_byte(T::KIND), ordinal))?;
        self.applied.removed += 1;
        self.touched.kind(T::KIND);
        self.put_record(ordinal, Record::<T>::named(&record.id, record.observed))
    }
}

/// When the first reading found the object: not before it was made, which may be within the second that `at` names.
fn not_before_made<T: Mirrored>(value: &T, at: Timestamp) -> Timestamp {
    let made = value.created();
    made.filter(|made| time::elapsed(at, *made) < DATE_GRAIN)
        .map_or(at, |made| made.max(at))
}

/// How a step of the history is noted in the index by time.
fn notes_of(kind: u8, ordinal: u32, number: u32, changes: Changes) -> Vec<(Happened, Timestamp)> {
    let at = changes.at();
    if kind == kind_byte(Kind::User) && changes.is_sign_in() {
        return vec![(Happened::SignedIn(ordinal, number), at)];
    }
    let fields: Vec<FieldChange> = changes.into_field_changes().collect();
    let late = moments(&fields).filter(|stamp| is_late(*stamp, at));
    let late = late.map(|stamp| (Happened::Late(kind, ordinal, number), stamp));
    let observed = (Happened::Changed(kind, ordinal, number), at);
    std::iter::once(observed).chain(late).collect()
}

fn news<T: Mirrored>(
    record: &Record<T>,
    value: &T,
    known_raw: Option<&RawJson>,
    raw: &RawJson,
) -> News {
    let Some(known) = &record.value else {
        return News::First;
    };
    let is_older = match (value.last_updated(), known.last_updated()) {
        (Some(this), Some(that)) => this < that,
        _ => false,
    };
    if is_older {
        News::Stale
    } else if known_raw == Some(raw) && known == value {
        News::Same
    } else {
        News::Changed
    }
}
