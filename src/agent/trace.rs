//! What the log tells of an address, a session, a device or a network: a slice of its events for each question, newest first.

use jiff::Timestamp;

use crate::domain::query::{EventAnchor, EventQuery};
use crate::domain::trace::{self, Trace, TraceQuery};
use crate::store::{Leash, QueryError, Store};

use super::about;

/// How many events one question looks at at the most; its time may be over before.
const EVENTS: usize = 4_000;
/// How many of the newest events come along.
const NEWEST: usize = 100;

/// Looks at the next slice; a search among the events ends with the leash.
///
/// # Errors
/// When the filter cannot be read, or the mirror cannot be.
pub(super) fn look(
    store: &Store,
    query: &TraceQuery,
    now: Timestamp,
    leash: &Leash,
) -> Result<Trace, QueryError> {
    let filter = about::resolved(&query.thing.filter(), &store.directory, now)?;
    let events = EventQuery {
        filter,
        anchor: query
            .before
            .map_or(EventAnchor::Newest, EventAnchor::Before),
        limit: EVENTS,
        since: query.since,
        until: query.until,
        ..EventQuery::default()
    };
    let window = store.events.window_within(&events, now, leash)?;
    let oldest = window.rows.first().map(|row| row.pos);
    let next = window.searched.or(oldest.filter(|_| window.more_older));
    let newest_first = window.rows.iter().rev();
    let sightings = trace::seen_in(&query.thing, newest_first.clone().map(|row| &row.event));
    let newest = match query.before {
        None => newest_first.take(NEWEST).cloned().collect(),
        Some(_) => Vec::new(),
    };
    Ok(Trace {
        sightings,
        counted: window.rows.len() as u64,
        newest,
        next,
    })
}
