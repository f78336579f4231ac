//! Giving changes that nobody watched the moments at which they happened, as the log tells them.
//!
//! After a stretch in which no process ran, or Okta was out of reach, readings find what changed and can only say when they saw it. Once
//! the log has been read on and the readings are over, each such change is looked up among the events of that time: the one that names
//! all that the change is about and does such a thing. What no event tells keeps the moment at which it was seen.

use std::collections::HashMap;
use std::str::FromStr;

use jiff::Timestamp;

use crate::domain::entry::{EntryId, Subject};
use crate::domain::history::{Change, ChangeRow, Interval, Relation};
use crate::domain::id::{EventUuid, ObjectId};
use crate::domain::log_event::LogEvent;
use crate::domain::query::{EventAnchor, EventQuery, EventRow};
use crate::store::{self, DirectoryOp, QueryError, Store};

use super::cause::{self, DEACTIVATED, suspects_since};
use super::context::{Context, Failure};

/// Events that are looked through at most, and changes: more than a weekend of a large org brings. What is beyond keeps its moment.
const MAX_EVENTS: usize = 200_000;
const MAX_CHANGES: usize = 200_000;
/// Changes that go into one transaction.
const AT_ONCE: usize = 2_000;

/// Dates what was observed since `from`; tells how many changes were.
///
/// # Errors
/// When the mirror cannot be read or written.
pub(super) async fn date(context: &Context, from: Timestamp) -> Result<usize, Failure> {
    let now = context.server_now();
    let ops = context.read(move |store| dated(store, from, now)).await?;
    let count = ops.len();
    for chunk in ops.chunks(AT_ONCE) {
        context.store.directory.apply(chunk.to_vec()).await?;
    }
    Ok(count)
}

fn dated(store: &Store, from: Timestamp, now: Timestamp) -> Result<Vec<DirectoryOp>, store::Error> {
    let changes = store.directory.changes(from, now, None, MAX_CHANGES)?;
    let is_dated =
        |row: &ChangeRow| !matches!(row.what, Change::Field { .. } | Change::Reassigned { .. });
    let changes: Vec<ChangeRow> = changes.into_iter().filter(is_dated).collect();
    let events = events(store, from, now)?;
    let told = Told::of(&events);
    let moments = changes.into_iter().filter_map(|change| {
        let event = told.moment(&change, from);
        let event = event.map(|row| (row.event.published, Some(row.event.uuid)));
        let (at, event) = event.or_else(|| Some((made(&change, from)?, None)))?;
        (at < change.at).then(|| DirectoryOp::Dated {
            change: Box::new(change),
            at,
            event,
        })
    });
    Ok(moments.chain(belonged(&events)).collect())
}

/// When something was made by Okta's own account, if that was since `from`.
fn made(change: &ChangeRow, from: Timestamp) -> Option<Timestamp> {
    let made = change.stamped.filter(|at| *at >= from);
    made.filter(|_| change.what == Change::Appeared)
}

/// The events of a stretch that may have changed anything, the oldest first.
fn events(store: &Store, from: Timestamp, now: Timestamp) -> Result<Vec<EventRow>, store::Error> {
    let mut query = EventQuery {
        filter: cause::any(),
        anchor: EventAnchor::Oldest,
        since: Some(from),
        limit: 1_000,
        ..EventQuery::default()
    };
    let mut found: Vec<EventRow> = Vec::new();
    loop {
        let window = match store.events.window(&query, now) {
            Ok(window) => window,
            Err(QueryError::Store(error)) => return Err(error),
            Err(_) => unreachable!("the filter is our own, and a test reads it"),
        };
        match window.rows.last() {
            Some(last) if found.len() < MAX_EVENTS => query.anchor = EventAnchor::After(last.pos),
            _ => return Ok(found),
        }
        found.extend(window.rows);
    }
}

/// The last event that names the entry itself. Most name only what it hangs below: of several of those none is known to be its own.
fn of_entry<'e>(id: &EntryId, found: &[&'e EventRow]) -> Option<&'e EventRow> {
    let names_it = |row: &&&EventRow| {
        let mut targets = row.event.targets.iter();
        targets.any(|target| *target.id == *id.as_str())
    };
    let named = found.iter().rev().find(names_it);
    match (named, found) {
        (Some(named), _) => Some(named),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// Who joined what and left it again, in the order of the leaving. A reading saw none of it if it was over before the next one.
fn belonged(events: &[EventRow]) -> Vec<DirectoryOp> {
    let mut joined: HashMap<Pair, &LogEvent> = HashMap::new();
    let mut ops = Vec::new();
    for event in events.iter().map(|row| &row.event) {
        let Some((relation, joins)) = cause::joining(&event.event_type) else {
            continue;
        };
        for pair in pairs(relation, event) {
            if joins {
                joined.insert(pair, event);
            } else if let Some(began) = joined.remove(&pair) {
                let (relation, to, who) = pair;
                let span = Interval {
                    from: began.published,
                    to: Some(event.published),
                    began_by: Some(began.uuid),
                    ended_by: Some(event.uuid),
                };
                ops.push(DirectoryOp::Belonged {
                    relation,
                    to,
                    who,
                    span,
                });
            }
        }
    }
    ops
}

/// What belongs to what, and in what way: the group or app, then the user or else the group.
type Pair = (Relation, ObjectId, ObjectId);

fn pairs(relation: Relation, event: &LogEvent) -> Vec<Pair> {
    let users = || ids(event, "User", ObjectId::User);
    let groups = || ids(event, "UserGroup", ObjectId::Group);
    let apps = || ids(event, "AppInstance", ObjectId::App);
    let (to, who) = match relation {
        Relation::Membership => (groups(), users()),
        Relation::UserAssignment => (apps(), users()),
        Relation::GroupAssignment => (apps(), groups()),
    };
    let with = |to: &ObjectId| {
        let to = to.clone();
        who.iter()
            .map(move |who| (relation, to.clone(), who.clone()))
    };
    to.iter().flat_map(with).collect()
}

fn ids<I: FromStr>(event: &LogEvent, kind: &str, make: fn(I) -> ObjectId) -> Vec<ObjectId> {
    let targets = event.targets_of(kind);
    let ids = targets.filter_map(|target| target.id.parse().ok());
    ids.map(make).collect()
}

/// What the log tells of a stretch.
struct Told<'e> {
    by_uuid: HashMap<EventUuid, &'e EventRow>,
    /// By the ids of their targets, the oldest first.
    about: HashMap<&'e str, Vec<&'e EventRow>>,
}

impl<'e> Told<'e> {
    fn of(events: &'e [EventRow]) -> Self {
        let mut told = Self {
            by_uuid: HashMap::with_capacity(events.len()),
            about: HashMap::new(),
        };
        for row in events {
            told.by_uuid.insert(row.event.uuid, row);
            for target in &row.event.targets {
                told.about.entry(&target.id).or_default().push(row);
            }
        }
        told
    }

    /// The event that tells when a change happened that was observed after `from`.
    fn moment(&self, change: &ChangeRow, from: Timestamp) -> Option<&'e EventRow> {
        if let Some(noted) = change.evidence {
            let noted = self.by_uuid.get(&noted).copied();
            return noted.filter(|noted| cause::may_be(change, noted));
        }
        let suspects = suspects_since(change, from)?;
        let about = self.about.get(suspects.about()?);
        let rows = about.into_iter().flatten().copied();
        let found = suspects.among(rows);
        match &change.subject {
            // The last that joined two things is what holds; the same is true of a life.
            Subject::Object(_) => found.last().copied().or_else(|| self.deactivation(change)),
            Subject::Entry(key) => of_entry(&key.id, &found),
        }
    }

    /// The deactivation of the user, which ended what belonged to them.
    fn deactivation(&self, change: &ChangeRow) -> Option<&'e EventRow> {
        let Change::Ended {
            relation: Relation::Membership | Relation::UserAssignment,
            ..
        } = change.what
        else {
            return None;
        };
        let Subject::Object(user) = &change.subject else {
            return None;
        };
        let about = self.about.get(user.as_str())?.iter().rev();
        let is_it = |row: &&&EventRow| {
            *row.event.event_type == *DEACTIVATED && row.event.published < change.at
        };
        about.copied().find(|row| is_it(&row))
    }
}

#[cfg(test)]
mod tests;
