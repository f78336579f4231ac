//! Entries: what a complete list of them begins, changes and ends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::Commit;
use crate::domain::entry::Above;
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::id::{EventUuid, Kind, ObjectId};
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;
use crate::store::codec;
use crate::store::directory::diff::Changes;
use crate::store::directory::entries::{self, Absence, EntryRecord, List, ListKey, Stored};
use crate::store::directory::model::ModelChange;
use crate::store::directory::pack::Pack;
use crate::store::directory::spans::Spans;
use crate::store::directory::squeeze::Family;
use crate::store::directory::tables::ENTRY_BYTE;
use crate::store::directory::timeline::{Happened, is_late};
use crate::store::error::Fault;

/// Complete lists in a row that must be without an entry before it ends without proof.
const LISTS_TO_END: u32 = 2;
/// As many entries of a list may always end at once, however short it is.
const ALWAYS_BELIEVED: usize = 25;

/// What this transaction changed of entries, until it is written at the end.
#[derive(Default)]
pub(super) struct Pending {
    lists: BTreeMap<u32, List>,
    fresh_lists: BTreeMap<ListKey, u32>,
    records: BTreeMap<u32, EntryRecord>,
    fresh_ids: BTreeMap<(u32, EntryId), u32>,
}

/// How an entry of a list that was read relates to what is known.
enum News {
    /// It was not there before, or is there again.
    Began,
    /// Something differs.
    Changed,
    /// Nothing differs but what moves by itself.
    Moved,
    /// All is as it was.
    Same,
}

/// One entry of a list that was read.
struct Seen {
    ordinal: u32,
    news: News,
}

/// All of a list that was read, each with the number of the pack that it is in. Of an id that comes twice the later counts.
type AllSeen = BTreeMap<EntryId, (usize, Seen)>;

/// What is in one pack of a list, and its number.
type Part<'a> = (usize, &'a [(Entry, RawJson)]);

fn by_id(items: &[(Entry, RawJson)]) -> BTreeMap<&EntryId, &(Entry, RawJson)> {
    items.iter().map(|item| (&item.0.key.id, item)).collect()
}

/// What an event proves of a list that was read because of it: something only where there is just one thing to prove.
struct Proof {
    of_presence: Option<EventUuid>,
    of_change: Option<EventUuid>,
    /// Whether what the list holds is no news.
    quiet: bool,
}

impl Proof {
    fn of(seen: &AllSeen, ended: usize, evidence: Option<EventUuid>) -> Self {
        let seen = || seen.values().map(|(_, seen)| &seen.news);
        let count = |wanted: fn(&News) -> bool| seen().filter(|news| wanted(news)).count();
        let began = count(|news| matches!(news, News::Began));
        let changed = count(|news| matches!(news, News::Changed));
        Self {
            of_presence: evidence.filter(|_| began + ended == 1),
            of_change: evidence.filter(|_| began + ended == 0 && changed == 1),
            quiet: false,
        }
    }
}

impl Commit<'_, '_> {
    pub(super) fn set_entries(
        &mut self,
        kind: EntryKind,
        parent: Option<&EntryId>,
        items: &[Pack<Entry>],
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let key = ListKey {
            kind,
            parent: parent.cloned(),
        };
        let (number, before) = self.entry_list(&key)?;
        if before.read.is_some_and(|read| at < read) {
            return Ok(());
        }
        let quiet = before.first.is_none() && self.is_no_news(kind, evidence);
        let mut seen = AllSeen::new();
        for (place, pack) in items.iter().enumerate() {
            self.look_at(number, (place, &pack.open()?), at, &mut seen)?;
        }
        let missing = self.missing(number, &seen, at)?;
        let ending = self.ending(number, &missing, at, evidence)?;
        let mut proof = Proof::of(&seen, ending.len(), evidence);
        proof.quiet = quiet;
        for (place, pack) in items.iter().enumerate() {
            self.take_all_in((place, &pack.open()?), at, &seen, &proof)?;
        }
        for ordinal in missing {
            if let Some(ended) = ending.get(&ordinal) {
                self.end_entry(ordinal, *ended, proof.of_presence)?;
            } else {
                self.note_absence(ordinal, &before, at, evidence.is_some())?;
            }
        }
        let list = List {
            first: before.first.or(Some(at)),
            read: Some(at),
            gone: false,
            ..before
        };
        self.touched.entries |= before.first.is_none();
        self.pending.lists.insert(number, list);
        Ok(())
    }

    /// Takes in one entry, or that it is over.
    pub(super) fn set_entry(
        &mut self,
        key: &EntryKey,
        item: Option<&(Entry, RawJson)>,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let list = ListKey {
            kind: key.kind,
            parent: key.parent.clone(),
        };
        let (number, before) = self.entry_list(&list)?;
        if before.read.is_some_and(|read| at < read) {
            return Ok(());
        }
        if let Some(item) = item {
            let (mut seen, items) = (AllSeen::new(), (0, std::slice::from_ref(item)));
            self.look_at(number, items, at, &mut seen)?;
            let mut proof = Proof::of(&seen, 0, evidence);
            proof.quiet = before.first.is_none() && self.is_no_news(key.kind, evidence);
            return self.take_all_in(items, at, &seen, &proof);
        }
        match self.entry_ordinal(number, &key.id) {
            Some(ordinal) => self.end_entry(ordinal, at, evidence),
            None => Ok(()),
        }
    }

    /// Whether what a list holds that is read for the first time had been so before: while the mirror is still being filled, and
    /// where lists are read because somebody looks.
    fn is_no_news(&self, kind: EntryKind, evidence: Option<EventUuid>) -> bool {
        let filling = self.model.completed(kind.resource()).is_none();
        filling || (entries::is_read_on_demand(kind) && evidence.is_none())
    }

    /// The latest reading of any list of a resource, this transaction included.
    pub(super) fn latest_entries(&self, resource: Resource) -> Option<Timestamp> {
        let known = self.model.entries.all_lists();
        let lists = known.chain(self.pending.lists.values());
        let of = lists.filter(|list| list.key.kind.resource() == resource);
        of.filter_map(|list| list.read).max()
    }

    pub(super) fn entries_below_gone(
        &mut self,
        kind: EntryKind,
        parent: &EntryId,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let key = ListKey {
            kind,
            parent: Some(parent.clone()),
        };
        match self.list_number(&key) {
            Some(number) if self.list(number)?.read <= Some(at) => {
                self.end_list(number, at, evidence)
            }
            _ => Ok(()),
        }
    }

    /// Ends a list and all that is in it, not before it was last read.
    fn end_list(
        &mut self,
        number: u32,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut list = self.list(number)?;
        let ended = list.read.map_or(at, |read| read.max(at));
        list.first.get_or_insert(ended);
        list.read = Some(ended);
        list.gone = true;
        for ordinal in self.present_in(number) {
            self.end_entry(ordinal, ended, evidence)?;
        }
        self.pending.lists.insert(number, list);
        Ok(())
    }

    fn end_lists_below(
        &mut self,
        kinds: impl Iterator<Item = EntryKind>,
        parent: &EntryId,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        for kind in kinds {
            let key = ListKey {
                kind,
                parent: Some(parent.clone()),
            };
            if let Some(number) = self.list_number(&key) {
                self.end_list(number, at, evidence)?;
            }
        }
        Ok(())
    }

    /// Ends what lists were without too often, however much it is.
    pub(super) fn accept_missing_entries(&mut self, kind: EntryKind) -> Result<(), Fault> {
        let known = self.model.entries.lists_of(kind).map(|(number, _)| number);
        let fresh = self.pending.fresh_lists.iter();
        let fresh = fresh.filter(|(key, _)| key.kind == kind);
        let lists: Vec<u32> = known.chain(fresh.map(|(_, number)| *number)).collect();
        for list in lists {
            for ordinal in self.present_in(list) {
                let absent = self.entry_record(ordinal)?.absent;
                if let Some(absent) = absent.filter(|it| it.lists >= LISTS_TO_END) {
                    self.end_entry(ordinal, absent.since, None)?;
                }
            }
        }
        Ok(())
    }

    /// Ends everything that hangs below a user, a group or an app that is no more.
    pub(super) fn end_entries_below_object(
        &mut self,
        object: &ObjectId,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let Ok(parent) = object.as_str().parse::<EntryId>() else {
            return Ok(());
        };
        self.end_lists_below(kinds_below_object(object.kind()), &parent, at, evidence)
    }

    /// Leaves nothing of the entries below an object but their ids.
    pub(super) fn forget_entries_below_object(&mut self, object: &ObjectId) -> Result<(), Fault> {
        let parent = object.as_str().parse::<EntryId>().ok();
        for kind in kinds_below_object(object.kind()) {
            let key = ListKey {
                kind,
                parent: parent.clone(),
            };
            let Some(list) = self.list_number(&key) else {
                continue;
            };
            for ordinal in self.all_in(list) {
                self.forget_entry(ordinal)?;
            }
        }
        Ok(())
    }

    fn forget_entry(&mut self, ordinal: u32) -> Result<(), Fault> {
        let known = self.entry_record(ordinal)?;
        self.tables.entry_raws.remove(ordinal)?;
        self.drop_changes(ENTRY_BYTE, ordinal)?;
        self.applied.removed += u64::from(known.spans.is_open());
        self.touched.entries = true;
        let nothing = EntryRecord {
            spans: Spans::default(),
            absent: None,
            changed: None,
            raw_print: 0,
            value: entries::value_without_words()?,
            ..known
        };
        self.pending.records.insert(ordinal, nothing);
        Ok(())
    }

    /// Compares each entry of a part of a list with what is known of it.
    fn look_at(
        &mut self,
        list: u32,
        (place, items): Part<'_>,
        at: Timestamp,
        seen: &mut AllSeen,
    ) -> Result<(), Fault> {
        for (id, (entry, raw)) in by_id(items) {
            let one = match self.entry_ordinal(list, id) {
                None => Seen {
                    ordinal: self.fresh_entry(list, id, at)?,
                    news: News::Began,
                },
                Some(ordinal) => Seen {
                    ordinal,
                    news: self.news_of(ordinal, entry, raw, at)?,
                },
            };
            seen.insert(id.clone(), (place, one));
        }
        Ok(())
    }

    /// How an entry that is known relates to what is known of it.
    fn news_of(
        &mut self,
        ordinal: u32,
        entry: &Entry,
        raw: &RawJson,
        at: Timestamp,
    ) -> Result<News, Fault> {
        let record = self.entry_record(ordinal)?;
        let print = codec::fingerprint(raw.as_unsafe_str());
        let same = record.raw_print == print && record.value == entries::encode_value(entry)?;
        Ok(match (record.spans.is_open(), same) {
            // The reading had begun before it was read alone.
            _ if record.latest().is_some_and(|latest| at < latest) => News::Same,
            (false, _) => News::Began,
            (true, false) if self.only_moved(ordinal, entry, raw, at)? => News::Moved,
            (true, false) => News::Changed,
            (true, true) => News::Same,
        })
    }

    /// Whether nothing but fields that move by themselves differs from the JSON that is kept.
    fn only_moved(
        &mut self,
        ordinal: u32,
        entry: &Entry,
        raw: &RawJson,
        at: Timestamp,
    ) -> Result<bool, Fault> {
        let moving = entry.key.kind.moving_fields();
        if moving.is_empty() {
            return Ok(false);
        }
        let known = self.known_raw(ordinal, entry.key.kind)?;
        let found = known
            .and_then(|known| Changes::between(known.as_unsafe_str(), raw.as_unsafe_str(), at));
        Ok(found.is_some_and(|found| found.is_only(moving)))
    }

    /// The JSON of an entry that is kept.
    fn known_raw(&mut self, ordinal: u32, kind: EntryKind) -> Result<Option<RawJson>, Fault> {
        let known = self.tables.entry_raws.get(ordinal)?;
        let squeezer = self.squeezers.entries(Family::of(kind));
        known
            .map(|bytes| squeezer.decompress_json(bytes.value()))
            .transpose()
    }

    /// Entries that were there when the reading began and are not in the list that was read.
    fn missing(&self, list: u32, seen: &AllSeen, at: Timestamp) -> Result<Vec<u32>, Fault> {
        let mut seen: Vec<u32> = seen.values().map(|(_, seen)| seen.ordinal).collect();
        seen.sort_unstable();
        let mut missing = Vec::new();
        for ordinal in self.present_in(list) {
            let is_listed = seen.binary_search(&ordinal).is_ok();
            if !is_listed && self.entry_record(ordinal)?.latest() <= Some(at) {
                missing.push(ordinal);
            }
        }
        Ok(missing)
    }

    /// Those of the missing that end now, each with its end; none when they are too many to believe it.
    fn ending(
        &mut self,
        list: u32,
        missing: &[u32],
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<BTreeMap<u32, Timestamp>, Fault> {
        let mut ending = BTreeMap::new();
        for ordinal in missing {
            let absent = self.entry_record(*ordinal)?.absent;
            match absent {
                Some(absent) if evidence.is_some() || missed_enough(absent, at) => {
                    ending.insert(*ordinal, absent.since);
                }
                None if evidence.is_some() => {
                    ending.insert(*ordinal, at);
                }
                _ => {}
            }
        }
        let there = self.present_in(list).len();
        if ending.len() > ALWAYS_BELIEVED.max(there / 2) {
            self.applied.held += ending.len() as u64;
            ending.clear();
        }
        Ok(ending)
    }

    /// Takes in what counts of a part of a list.
    fn take_all_in(
        &mut self,
        (place, items): Part<'_>,
        at: Timestamp,
        seen: &AllSeen,
        proof: &Proof,
    ) -> Result<(), Fault> {
        for (id, item) in by_id(items) {
            if let Some((counts, seen)) = seen.get(id)
                && *counts == place
            {
                self.take_in(seen, item, at, proof)?;
            }
        }
        Ok(())
    }

    fn take_in(
        &mut self,
        seen: &Seen,
        item: &(Entry, RawJson),
        at: Timestamp,
        proof: &Proof,
    ) -> Result<(), Fault> {
        let mut record = self.entry_record(seen.ordinal)?;
        let is_new = record.spans.last().is_none();
        match seen.news {
            News::Same if record.absent.is_none() => {
                self.applied.unchanged += 1;
                return Ok(());
            }
            News::Same => self.applied.unchanged += 1,
            News::Began => {
                record.spans.open(at, proof.of_presence);
                if let Some(span) = record.spans.last().filter(|_| !proof.quiet) {
                    self.note(Happened::Appeared(ENTRY_BYTE, seen.ordinal), span.from)?;
                    // When it came back is not what its stamp tells.
                    let made = item.0.created.filter(|_| is_new);
                    if let Some(made) = made.filter(|made| is_late(*made, span.from)) {
                        self.note(Happened::AppearedLate(ENTRY_BYTE, seen.ordinal), made)?;
                    }
                }
                if is_new {
                    self.applied.added += 1;
                } else {
                    self.applied.restored += 1;
                }
            }
            News::Changed => self.applied.changed += 1,
            News::Moved => self.applied.unchanged += 1,
        }
        record.absent = None;
        record.observed = record.observed.max(at);
        if !matches!(seen.news, News::Same) {
            self.take_in_value(&mut record, seen, item, at, is_new, proof)?;
            self.touched.entries = true;
        }
        self.pending.records.insert(seen.ordinal, record);
        Ok(())
    }

    fn take_in_value(
        &mut self,
        record: &mut EntryRecord,
        seen: &Seen,
        (entry, raw): &(Entry, RawJson),
        at: Timestamp,
        is_new: bool,
        proof: &Proof,
    ) -> Result<(), Fault> {
        let family = Family::of(entry.key.kind);
        let keeps_history = !is_new && !matches!(seen.news, News::Moved);
        let known = self.known_raw(seen.ordinal, entry.key.kind)?;
        let found = known
            .filter(|_| keeps_history)
            .and_then(|known| Changes::between(known.as_unsafe_str(), raw.as_unsafe_str(), at));
        if let Some(found) = found {
            let found = found.with(record.value.clone(), proof.of_change);
            record.changed = Some(self.note_changes(ENTRY_BYTE, seen.ordinal, found)?);
        }
        let text = raw.as_unsafe_str();
        let bytes = self.squeezers.entries(family).compress(text.as_bytes())?;
        self.tables
            .entry_raws
            .insert(seen.ordinal, bytes.as_slice())?;
        record.raw_print = codec::fingerprint(text);
        record.value = entries::encode_value(entry)?;
        Ok(())
    }

    /// Writes a record of which nothing but its moments is other than before.
    pub(super) fn put_entry(&mut self, ordinal: u32, record: EntryRecord) {
        self.touched.entries = true;
        self.pending.records.insert(ordinal, record);
    }

    fn note_absence(
        &mut self,
        ordinal: u32,
        before: &List,
        at: Timestamp,
        proven: bool,
    ) -> Result<(), Fault> {
        let mut record = self.entry_record(ordinal)?;
        record.observed = record.observed(before);
        let absent = match record.absent {
            Some(known) if at > known.since => Absence {
                lists: known.lists.saturating_add(1),
                ..known
            },
            Some(known) => known,
            None => Absence {
                since: at,
                lists: if proven { LISTS_TO_END } else { 1 },
            },
        };
        record.absent = Some(absent);
        self.pending.records.insert(ordinal, record);
        Ok(())
    }

    /// Ends an entry and all that hangs below it.
    fn end_entry(
        &mut self,
        ordinal: u32,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let mut record = self.entry_record(ordinal)?;
        let list = self.list(record.list)?;
        record.observed = record.observed(&list);
        record.absent = None;
        if !record.spans.close(at, evidence) {
            return Ok(());
        }
        if let Some(to) = record.spans.last().and_then(|span| span.to) {
            self.note(Happened::Ended(ENTRY_BYTE, ordinal), to)?;
        }
        self.applied.removed += 1;
        self.touched.entries = true;
        let below = entries::parent_of_lists_below(&list.key, &record.id);
        self.pending.records.insert(ordinal, record);
        if let Some(parent) = below {
            self.end_lists_below(entries::kinds_below(list.key.kind), &parent, at, evidence)?;
        }
        Ok(())
    }

    /// The number of a list and what is known of it; one that was never read gets the next number.
    pub(super) fn entry_list(&mut self, key: &ListKey) -> Result<(u32, List), Fault> {
        if let Some(number) = self.list_number(key) {
            return Ok((number, self.list(number)?));
        }
        let next = self.model.entries.list_count() + self.pending.fresh_lists.len();
        let number = u32::try_from(next).map_err(|_| Fault::damaged("too many lists"))?;
        let list = List {
            key: key.clone(),
            first: None,
            read: None,
            gone: false,
        };
        self.pending.fresh_lists.insert(key.clone(), number);
        self.pending.lists.insert(number, list.clone());
        Ok((number, list))
    }

    pub(super) fn list_number(&self, key: &ListKey) -> Option<u32> {
        let fresh = self.pending.fresh_lists.get(key).copied();
        fresh.or_else(|| self.model.entries.list_number(key))
    }

    fn list(&self, number: u32) -> Result<List, Fault> {
        match self.pending.lists.get(&number) {
            Some(list) => Ok(list.clone()),
            None => self.model.entries.list(number).cloned(),
        }
    }

    pub(super) fn entry_ordinal(&self, list: u32, id: &EntryId) -> Option<u32> {
        let fresh = self.pending.fresh_ids.get(&(list, id.clone())).copied();
        fresh.or_else(|| self.model.entries.ordinal(list, id))
    }

    pub(super) fn fresh_entry(
        &mut self,
        list: u32,
        id: &EntryId,
        at: Timestamp,
    ) -> Result<u32, Fault> {
        let next = self.model.entries.len() + self.pending.fresh_ids.len();
        let ordinal = u32::try_from(next).map_err(|_| Fault::damaged("too many entries"))?;
        self.pending.fresh_ids.insert((list, id.clone()), ordinal);
        let record = EntryRecord {
            list,
            id: id.clone(),
            spans: Spans::default(),
            observed: at,
            absent: None,
            changed: None,
            raw_print: 0,
            value: Vec::new(),
        };
        self.pending.records.insert(ordinal, record);
        Ok(ordinal)
    }

    pub(super) fn entry_record(&self, ordinal: u32) -> Result<EntryRecord, Fault> {
        match self.pending.records.get(&ordinal) {
            Some(record) => Ok(record.clone()),
            None => self.model.entries.record(ordinal),
        }
    }

    /// The ordinals of a list, this transaction included.
    pub(super) fn all_in(&self, list: u32) -> Vec<u32> {
        let fresh = self.pending.fresh_ids.range((list, entries::first_id())..);
        let fresh = fresh.take_while(|((of, _), _)| *of == list);
        let known = self.model.entries.in_list(list);
        known.chain(fresh.map(|(_, ordinal)| *ordinal)).collect()
    }

    /// Those of them that Okta has.
    fn present_in(&self, list: u32) -> Vec<u32> {
        let mut all = self.all_in(list);
        all.retain(|ordinal| match self.pending.records.get(ordinal) {
            Some(record) => record.spans.is_open(),
            None => self.model.entries.is_present(*ordinal),
        });
        all
    }

    /// Writes what changed of entries, once, however often it changed.
    pub(super) fn flush_entries(&mut self) -> Result<(), Fault> {
        let pending = std::mem::take(&mut self.pending);
        for (number, list) in pending.lists {
            let bytes = list.encode()?;
            self.tables.entry_lists.insert(number, bytes.as_slice())?;
            self.changes
                .push(ModelChange::EntryList(number, Box::new(list)));
        }
        for (ordinal, record) in pending.records {
            let bytes = record.encode()?;
            self.tables.entries.insert(ordinal, bytes.as_slice())?;
            let stored = Stored {
                list: record.list,
                present: record.spans.is_open(),
                missed: record.spans.is_open() && record.absent.is_some(),
                id: record.id,
                bytes: bytes.into(),
            };
            self.changes
                .push(ModelChange::Entry(ordinal, Box::new(stored)));
        }
        Ok(())
    }
}

/// Whether the list read at `at` is one too many to be without an entry.
fn missed_enough(absent: Absence, at: Timestamp) -> bool {
    absent.lists >= LISTS_TO_END || (at > absent.since && absent.lists + 1 >= LISTS_TO_END)
}

/// The kinds whose lists hang below objects of this kind.
pub(super) fn kinds_below_object(kind: Kind) -> impl Iterator<Item = EntryKind> {
    let hangs_below = move |below: &&EntryKind| match below.above() {
        Above::User => kind == Kind::User,
        Above::Group => kind == Kind::Group,
        Above::App => kind == Kind::App,
        Above::Org | Above::Entry(_) | Above::PolicyType | Above::Binding => false,
    };
    EntryKind::ALL.iter().filter(hangs_below).copied()
}
