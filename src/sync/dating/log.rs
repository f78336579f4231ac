//! The events by which changes are dated: all of them that may have changed anything in the time that is dated.
//!
//! Those of a weekend are kept in memory. Where there are more, they are read again whenever they are gone through, and what is kept of
//! them is what some changes are about.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
#[cfg(test)]
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;

use super::fields;
use super::is_dated;
use crate::domain::entry::{EntryKey, Subject};
use crate::domain::filter::Bounds;
use crate::domain::history::ChangeRow;
use crate::domain::id::EventUuid;
use crate::domain::log_event::{LogEvent, Origin};
use crate::domain::query::{EventAnchor, EventQuery, EventRow, EventRows};
use crate::store::{self, QueryError, Store};
use crate::sync::cause::{self, suspects_since};

/// Events that are kept in memory at most.
const MAX_HELD: usize = 100_000;
/// Events with their JSON, and changes, that are read at once.
const PAGE: usize = 1_000;

/// Events that are the noted proof of entries whose kind they do not name, each with those entries and when they began or ended.
pub(super) type Taken = HashMap<EventUuid, Vec<(EntryKey, Timestamp)>>;

/// The log from one moment until another.
pub(super) struct Log {
    pub(super) from: Timestamp,
    pub(super) now: Timestamp,
    /// What is told of some users before that, the oldest first.
    before: Vec<EventRow>,
    /// The events, the oldest first; `None` where they are too many.
    held: Option<Vec<EventRow>>,
    taken: OnceLock<Taken>,
    /// How often the events were gone through.
    #[cfg(test)]
    pub(super) goes: AtomicUsize,
}

impl Log {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn read(
        store: &Store,
        from: Timestamp,
        now: Timestamp,
    ) -> Result<Self, store::Error> {
        Self::read_up_to(store, (from, now), MAX_HELD)
    }

    /// As [`read`](Self::read), with no more than so many in memory.
    pub(super) fn read_up_to(
        store: &Store,
        (from, now): (Timestamp, Timestamp),
        most: usize,
    ) -> Result<Self, store::Error> {
        let mut held = Some(Vec::new());
        outlines(store, from, now, |row| {
            if let Some(events) = &mut held {
                events.push(row);
            }
            if held.as_ref().is_some_and(|events| events.len() > most) {
                held = None;
            }
            held.is_some()
        })?;
        Ok(Self {
            from,
            now,
            before: Vec::new(),
            held,
            taken: OnceLock::new(),
            #[cfg(test)]
            goes: AtomicUsize::new(0),
        })
    }

    /// Puts what happened before in front of the events.
    pub(super) fn begin_with(&mut self, before: Vec<EventRow>) {
        self.before = before;
    }

    /// When the first of the events was published, or the time that is dated begins.
    pub(super) fn since(&self) -> Timestamp {
        let first = self.before.first().map(|row| row.event.published);
        first.map_or(self.from, |first| first.min(self.from))
    }

    /// Goes through all events, the oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn each(
        &self,
        store: &Store,
        mut take: impl FnMut(&EventRow),
    ) -> Result<(), store::Error> {
        #[cfg(test)]
        self.goes.fetch_add(1, Ordering::Relaxed);
        self.before.iter().for_each(&mut take);
        if let Some(held) = &self.held {
            held.iter().for_each(take);
            return Ok(());
        }
        outlines(store, self.from, self.now, |row| {
            take(&row);
            true
        })
    }

    /// The events that are wanted, the oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn those(
        &self,
        store: &Store,
        is_wanted: impl Fn(&LogEvent) -> bool,
    ) -> Result<Vec<EventRow>, store::Error> {
        let mut found = Vec::new();
        self.each(store, |row| {
            if is_wanted(&row.event) {
                found.push(row.clone());
            }
        })?;
        Ok(found)
    }

    /// The events that may date some changes.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn about(
        &self,
        store: &Store,
        changes: &[ChangeRow],
    ) -> Result<Vec<EventRow>, store::Error> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let noted: HashSet<EventUuid> = changes.iter().filter_map(|it| it.evidence).collect();
        let ids: HashSet<String> = changes.iter().flat_map(|it| ids(it, self.from)).collect();
        self.those(store, |event| {
            let mut targets = event.targets.iter();
            noted.contains(&event.uuid) || targets.any(|target| ids.contains(&*target.id))
        })
    }

    /// The events that are known to have begun or ended an entry.
    ///
    /// # Errors
    /// When the mirror cannot be read.
    pub(super) fn taken(&self, store: &Store) -> Result<&Taken, store::Error> {
        if let Some(known) = self.taken.get() {
            return Ok(known);
        }
        let mut taken = Taken::new();
        let mut behind = None;
        loop {
            let part = store
                .directory
                .changes_behind(self.from, self.now, behind, PAGE)?;
            let rows = part.rows.into_iter().map(|(_, row)| row);
            for row in rows.filter(is_dated) {
                if let (Subject::Entry(key), Some(event)) = (row.subject, row.evidence)
                    && cause::is_told_by_parent(key.kind)
                    && !key.id.is_logged()
                {
                    taken.entry(event).or_default().push((key, row.at));
                }
            }
            behind = part.last;
            if behind.is_none() {
                return Ok(self.taken.get_or_init(|| taken));
            }
        }
    }
}

/// Whom events name that may date a change.
fn ids(change: &ChangeRow, from: Timestamp) -> Vec<String> {
    let mut ids: Vec<String> = match &change.subject {
        Subject::Object(id) => vec![id.as_str().to_owned()],
        Subject::Entry(key) => {
            let above = key.parent.iter().map(|above| above.as_str().to_owned());
            above.chain([key.id.as_str().to_owned()]).collect()
        }
    };
    let suspects = suspects_since(change, from);
    ids.extend(suspects.and_then(|it| it.about().map(str::to_owned)));
    ids
}

/// The events since `from` that may have changed anything, the oldest first, for as long as more are wanted. A day may have a million of
/// them, and looking one page of them up takes as long as looking all of them up.
fn outlines(
    store: &Store,
    from: Timestamp,
    now: Timestamp,
    take: impl FnMut(EventRow) -> bool,
) -> Result<(), store::Error> {
    let since = Bounds {
        from: Some(from),
        until: None,
    };
    ours(store.events.outlines(&filter(), since, now, take))
}

/// The filter that keeps them.
pub(super) fn filter() -> String {
    cause::any_and(fields::types())
}

/// All events that a question is about, the oldest first, for as long as more are wanted; page by page, which is for few of them.
pub(super) fn each(
    store: &Store,
    query: EventQuery,
    now: Timestamp,
    mut take: impl FnMut(EventRow) -> bool,
) -> Result<(), store::Error> {
    let mut query = EventQuery {
        anchor: EventAnchor::Oldest,
        limit: PAGE,
        ..query
    };
    loop {
        let window = window(store, &query, now)?;
        let Some(last) = window.rows.last() else {
            return Ok(());
        };
        query.anchor = EventAnchor::After(last.pos);
        if !window.rows.into_iter().all(&mut take) {
            return Ok(());
        }
    }
}

pub(super) fn window(
    store: &Store,
    query: &EventQuery,
    now: Timestamp,
) -> Result<EventRows, store::Error> {
    ours(store.events.window(query, now))
}

/// The answer to a question of our own.
fn ours<T>(answer: Result<T, QueryError>) -> Result<T, store::Error> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(QueryError::Store(error)) => Err(error),
        Err(_) => unreachable!("the filter is our own, and a test reads it"),
    }
}

/// An event without what dating does not look at: a weekend of a large org is kept in memory.
pub(super) fn lightened(row: EventRow) -> EventRow {
    let event = LogEvent {
        severity: None,
        display_message: None,
        actor: None,
        reason: None,
        ip: None,
        country: None,
        city: None,
        user_agent: None,
        session: None,
        root_session: None,
        transaction: None,
        origin: Origin::default(),
        ..row.event
    };
    EventRow {
        event,
        raw: None,
        ..row
    }
}
