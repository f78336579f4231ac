//! What is kept of an entry and of the lists that entries are read in, as bytes.
//!
//! Entries are many and seldom looked at (100,000 devices, and a window of sixty on screen), so the model keeps these very bytes and
//! looks into them where it must: an [`EntryView`] borrows everything it shows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::model::Stored;
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::entry::Reference;
use crate::domain::text::SafeText;
use crate::store::codec::{self, Moment};
use crate::store::directory::spans::Spans;
use crate::store::error::Fault;

/// Format of entries and of their lists.
const VERSION: u8 = 1;

/// Which list an entry is in: all entries of a kind below one parent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct ListKey {
    pub(in super::super) kind: EntryKind,
    /// `None` when the kind hangs below nothing.
    pub(in super::super) parent: Option<EntryId>,
}

/// What is known of one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct List {
    pub(in super::super) key: ListKey,
    /// When it was first read completely; `None` while only single entries of it are known.
    pub(in super::super) first: Option<Timestamp>,
    /// When it was last read completely, or proven to be no more.
    pub(in super::super) read: Option<Timestamp>,
    /// Whether there is no such list any more.
    pub(in super::super) gone: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredList {
    kind: u8,
    parent: Option<String>,
    first: Option<Moment>,
    read: Option<Moment>,
    gone: bool,
}

impl List {
    pub(in super::super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        let stored = StoredList {
            kind: self.key.kind.number(),
            parent: self.key.parent.clone().map(String::from),
            first: self.first.map(Moment::from),
            read: self.read.map(Moment::from),
            gone: self.gone,
        };
        codec::encode(VERSION, &stored)
    }

    pub(in super::super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let stored: StoredList = codec::decode(VERSION, bytes)?;
        let kind = EntryKind::from_number(stored.kind);
        let parent = stored.parent.map(EntryId::try_from).transpose();
        Ok(Self {
            key: ListKey {
                kind: kind.ok_or_else(|| Fault::damaged("a list has an unknown kind"))?,
                parent: parent.map_err(|_| Fault::damaged("a list has a parent without an id"))?,
            },
            first: stored.first.map(Timestamp::from),
            read: stored.read.map(Timestamp::from),
            gone: stored.gone,
        })
    }
}

/// How often, and since when, complete lists have been without an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Absence {
    /// When the first of the lists was read.
    pub(in super::super) since: Timestamp,
    /// How many there were.
    pub(in super::super) lists: u32,
}

/// What is known of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct EntryRecord {
    /// Number of its list.
    pub(in super::super) list: u32,
    pub(in super::super) id: EntryId,
    /// When Okta had it.
    pub(in super::super) spans: Spans,
    /// When it was last read alone, or changed. Until it is missing or has ended it is at least as fresh as its list.
    pub(in super::super) observed: Timestamp,
    /// Set while complete lists are without it.
    pub(in super::super) absent: Option<Absence>,
    /// When its latest change was noted.
    pub(in super::super) changed: Option<Timestamp>,
    /// Fingerprint of its JSON.
    pub(in super::super) raw_print: u64,
    /// The entry as last read, by [`encode_value`].
    pub(in super::super) value: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    list: u32,
    id: &'a str,
    spans: Spans,
    observed: Moment,
    absent: Option<(Moment, u32)>,
    changed: Option<Moment>,
    raw_print: u64,
}

/// Everything of an [`Entry`] but its key and, after it, its references.
#[derive(Serialize, Deserialize)]
struct StoredValue<'a> {
    name: &'a str,
    status: Option<&'a str>,
    created: Option<Moment>,
    last_updated: Option<Moment>,
    #[serde(borrow)]
    facts: Vec<Option<&'a str>>,
}

impl EntryRecord {
    /// When the latest thing happened to it.
    pub(in super::super) fn latest(&self) -> Option<Timestamp> {
        let span = self.spans.last();
        let flipped = span.map(|span| span.to.unwrap_or(span.from));
        flipped.max(self.changed)
    }

    /// When it was last read, given when its list was.
    pub(in super::super) fn observed(&self, list: &List) -> Timestamp {
        match list.read {
            Some(read) if self.spans.is_open() && self.absent.is_none() => self.observed.max(read),
            _ => self.observed,
        }
    }

    pub(in super::super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        let head = Head {
            list: self.list,
            id: self.id.as_str(),
            spans: self.spans.clone(),
            observed: self.observed.into(),
            absent: self.absent.map(|it| (it.since.into(), it.lists)),
            changed: self.changed.map(Moment::from),
            raw_print: self.raw_print,
        };
        let mut bytes = codec::encode(VERSION, &head)?;
        bytes.extend_from_slice(&self.value);
        Ok(bytes)
    }

    pub(in super::super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let (head, value) = head(bytes)?;
        let id = head.id.parse();
        Ok(Self {
            list: head.list,
            id: id.map_err(|_| Fault::damaged("an entry has no id"))?,
            spans: head.spans,
            observed: head.observed.into(),
            absent: head.absent.map(|(since, lists)| Absence {
                since: since.into(),
                lists,
            }),
            changed: head.changed.map(Timestamp::from),
            raw_print: head.raw_print,
            value: value.to_vec(),
        })
    }
}

fn head(bytes: &[u8]) -> Result<(Head<'_>, &[u8]), Fault> {
    codec::decode_prefix_borrowed(VERSION, bytes)
}

/// What the model must know of every entry.
pub(in super::super) fn peek(bytes: &[u8]) -> Result<Stored, Fault> {
    let (head, _) = head(bytes)?;
    let id = head.id.parse();
    let present = head.spans.is_open();
    Ok(Stored {
        list: head.list,
        id: id.map_err(|_| Fault::damaged("an entry has no id"))?,
        present,
        missed: present && head.absent.is_some(),
        bytes: bytes.into(),
    })
}

/// The part of an entry that may change, as bytes.
pub(in super::super) fn encode_value(entry: &Entry) -> Result<Vec<u8>, Fault> {
    let stored = StoredValue {
        name: &entry.name,
        status: entry.status.as_deref(),
        created: entry.created.map(Moment::from),
        last_updated: entry.last_updated.map(Moment::from),
        facts: entry.facts.iter().map(Option::as_deref).collect(),
    };
    codec::append(codec::append(Vec::new(), &stored)?, &entry.refs)
}

/// What is kept in its place once the configuration leaves an entry out.
pub(in super::super) fn value_without_words() -> Result<Vec<u8>, Fault> {
    let stored = StoredValue {
        name: "",
        status: None,
        created: None,
        last_updated: None,
        facts: Vec::new(),
    };
    codec::append(
        codec::append(Vec::new(), &stored)?,
        &Vec::<Reference>::new(),
    )
}

/// Puts an entry together again.
pub(in super::super) fn decode_value(
    key: &ListKey,
    id: &EntryId,
    value: &[u8],
) -> Result<Entry, Fault> {
    let (stored, refs) = codec::decode_rest_borrowed::<StoredValue<'_>>(value)?;
    let text = |text: Option<&str>| text.map(SafeText::new);
    Ok(Entry {
        key: EntryKey {
            kind: key.kind,
            parent: key.parent.clone(),
            id: id.clone(),
        },
        name: SafeText::new(stored.name),
        status: text(stored.status),
        created: stored.created.map(Timestamp::from),
        last_updated: stored.last_updated.map(Timestamp::from),
        facts: stored.facts.into_iter().map(text).collect(),
        refs: codec::decode_rest(refs)?.0,
    })
}

/// An entry as a filter sees it, without a copy of anything.
pub(in super::super) struct EntryView<'a> {
    pub(in super::super) kind: EntryKind,
    pub(in super::super) parent: Option<&'a EntryId>,
    pub(in super::super) id: &'a str,
    pub(in super::super) name: &'a str,
    pub(in super::super) status: Option<&'a str>,
    pub(in super::super) created: Option<Timestamp>,
    pub(in super::super) last_updated: Option<Timestamp>,
    pub(in super::super) facts: Vec<Option<&'a str>>,
    refs: &'a [u8],
}

impl<'a> EntryView<'a> {
    /// Of a record's bytes, or of another value that it once had.
    pub(in super::super) fn of(
        key: &'a ListKey,
        record: &'a [u8],
        instead: Option<&'a [u8]>,
    ) -> Result<Self, Fault> {
        let (head, value) = head(record)?;
        let value = instead.unwrap_or(value);
        let (stored, refs) = codec::decode_rest_borrowed::<StoredValue<'_>>(value)?;
        Ok(Self {
            kind: key.kind,
            parent: key.parent.as_ref(),
            id: head.id,
            name: stored.name,
            status: stored.status,
            created: stored.created.map(Timestamp::from),
            last_updated: stored.last_updated.map(Timestamp::from),
            facts: stored.facts,
            refs,
        })
    }

    pub(in super::super) fn refs(&self) -> Result<Vec<Reference>, Fault> {
        Ok(codec::decode_rest(self.refs)?.0)
    }
}
