//! Users that were made and deleted, and roles that were given and taken back, before anything was read: the rogue account of a weekend.
//!
//! The log tells of both. Okta names in each grant all the roles that the holder has then, and tells of a revocation only when nothing is
//! left, so that what a role's end is follows from the events of its holder in their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::log::{Log, each, lightened, window};
use crate::config::sync_settings::Exclusions;
use crate::domain::entry::{EntryId, EntryKey, EntryKind};
use crate::domain::history::Interval;
use crate::domain::id::{EventUuid, ObjectId, UserId};
use crate::domain::log_event::LogEvent;
use crate::domain::privilege;
use crate::domain::query::{EventQuery, EventRow};
use crate::domain::resource::Resource;
use crate::domain::user::UserStatus;
use crate::okta::logged;
use crate::store::{self, DirectoryOp, Store};
use crate::sync::cause;
use crate::sync::cause::{CREATED, DEACTIVATED, DELETE_COMPLETED, DELETE_INITIATED};
use crate::sync::exclude;

/// A user is made once, but an id may be named in events of the making of others.
const MAX_MADE: usize = 10;

/// Users that one event made, another deleted, and the mirror does not have.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn users(
    store: &Store,
    log: &Log,
    exclude: &Exclusions,
    now: Timestamp,
) -> Result<Vec<DirectoryOp>, store::Error> {
    let mut ops = Vec::new();
    let deletions = log.those(store, |event| *event.event_type == *DELETE_COMPLETED)?;
    for deleted in deletions.iter().map(|row| &row.event) {
        for user in deleted.targets_of("User") {
            let Ok(id) = user.id.parse::<UserId>() else {
                continue;
            };
            if store.directory.name(&ObjectId::User(id.clone()))?.is_none()
                && let Some(made) = made(store, &id, now)?
            {
                ops.extend(lived(&id, &made, deleted, exclude));
            }
        }
    }
    Ok(ops)
}

/// What the log tells of users that lived from before `from` until then, the oldest first.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn before(
    store: &Store,
    users: &[DirectoryOp],
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<EventRow>, store::Error> {
    let mut events = BTreeMap::new();
    for op in users {
        let DirectoryOp::Lived { user, span } = op else {
            continue;
        };
        let query = EventQuery {
            filter: format!("about=\"{}\" {}", user.0.id, cause::any()),
            since: Some(span.from),
            until: Some(from),
            ..EventQuery::default()
        };
        each(store, query, now, |row| {
            // What they did to others is the others' history.
            if names(&row.event, &user.0.id) {
                events.insert(row.pos, lightened(row));
            }
            true
        })?;
    }
    Ok(events.into_values().collect())
}

/// The event of the making of a user.
fn made(store: &Store, user: &UserId, now: Timestamp) -> Result<Option<LogEvent>, store::Error> {
    let query = EventQuery {
        filter: format!("about=\"{user}\" type:{CREATED} -result:failure -result:deny"),
        limit: MAX_MADE,
        ..EventQuery::default()
    };
    let found = window(store, &query, now)?;
    let mut made = found.rows.into_iter().map(|row| row.event);
    Ok(made.find(|event| names(event, user)))
}

fn names(event: &LogEvent, user: &UserId) -> bool {
    let mut users = event.targets_of("User");
    users.any(|target| *target.id == *user.as_str())
}

fn lived(
    user: &UserId,
    made: &LogEvent,
    deleted: &LogEvent,
    exclude: &Exclusions,
) -> Option<DirectoryOp> {
    let mut named = made.targets_of("User");
    let named = named.find(|target| *target.id == *user.as_str())?;
    let (user, raw) = logged::user(named, made.published)?;
    // Nobody tells the address, which is the login unless somebody thought of another.
    let mut judged = user.clone();
    judged.email = judged.login.clone();
    // Okta deletes nobody who is not deactivated; who leaves those out wants none of them.
    judged.status = UserStatus::Deprovisioned;
    let is_left_out = exclude::user(exclude, &judged);
    (!is_left_out).then(|| DirectoryOp::Lived {
        user: Box::new((user, raw)),
        span: between(made, deleted),
    })
}

fn between(since: &LogEvent, until: &LogEvent) -> Interval {
    Interval {
        from: since.published,
        to: Some(until.published),
        began_by: Some(since.uuid),
        ended_by: Some(until.uuid),
    }
}

/// What tells of the roles of one sort of holder.
struct Sort {
    kind: EntryKind,
    granted: &'static str,
    revoked: &'static str,
    /// How events call the holder.
    holders: &'static [&'static str],
    /// What makes a holder, who has no role then.
    made: &'static str,
    /// What ends a holder, or at least all roles of it.
    gone: &'static [&'static str],
}

const SORTS: [Sort; 3] = [
    Sort {
        kind: EntryKind::UserRole,
        granted: "user.account.privilege.grant",
        revoked: "user.account.privilege.revoke",
        holders: &["User"],
        made: CREATED,
        gone: &[DEACTIVATED, DELETE_INITIATED, DELETE_COMPLETED],
    },
    Sort {
        kind: EntryKind::GroupRole,
        granted: "group.privilege.grant",
        revoked: "group.privilege.revoke",
        holders: &["UserGroup"],
        made: "group.lifecycle.create",
        gone: &["group.lifecycle.delete"],
    },
    Sort {
        kind: EntryKind::ClientRole,
        granted: "app.oauth2.client.privilege.grant",
        revoked: "app.oauth2.client.privilege.revoke",
        holders: &["PublicClientApp", "AppInstance"],
        made: "app.oauth2.client.lifecycle.create",
        gone: &[
            "app.oauth2.client.lifecycle.delete",
            "application.lifecycle.delete",
        ],
    },
];

/// Roles of Okta's own that were given and taken back, by the events of the log.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn roles_of(
    store: &Store,
    log: &Log,
    now: Timestamp,
) -> Result<Vec<DirectoryOp>, store::Error> {
    let granted = grants(store, log.since(), now)?;
    if granted.is_empty() {
        return Ok(Vec::new());
    }
    let events = log.those(store, |event| !turns(event).is_empty())?;
    roles(&events, &granted, |key, at| types_then(store, key, at))
}

/// What the grants since `from` name, by event.
fn grants(store: &Store, from: Timestamp, now: Timestamp) -> Result<Granted, store::Error> {
    let types: Vec<String> = SORTS
        .iter()
        .map(|sort| format!("type:{}", sort.granted))
        .collect();
    let query = EventQuery {
        filter: format!("({}) -result:failure -result:deny", types.join(" or ")),
        since: Some(from),
        with_raw: true,
        ..EventQuery::default()
    };
    let mut granted = Granted::new();
    each(store, query, now, |row| {
        let names = row.raw.as_ref().and_then(logged::privileges);
        granted.extend(names.map(|names| (row.event.uuid, names)));
        true
    })?;
    Ok(granted)
}

/// The types of the roles that the mirror says a holder had; `None` where it does not know.
fn types_then(
    store: &Store,
    (kind, holder): (EntryKind, &EntryId),
    at: Timestamp,
) -> Result<Option<BTreeSet<String>>, store::Error> {
    let past = store.directory.as_of(at);
    if past
        .known_since(Resource::Admins)
        .is_none_or(|since| since > at)
    {
        return Ok(None);
    }
    let entries = past.entries_below(kind, Some(holder))?.into_iter();
    let types = entries.filter_map(|(entry, _)| Some(entry.fact("type")?.to_string()));
    Ok(Some(types.collect()))
}

/// The names of all roles that the holder had after an event.
type Granted = HashMap<EventUuid, Vec<String>>;

/// Whose roles they are.
type Holder = (EntryKind, EntryId);

/// One role as the log names it, and the event that gave it, where that is known.
struct Given<'e> {
    name: String,
    by: Option<&'e LogEvent>,
}

/// The roles of a holder by their type.
type Roles<'e> = BTreeMap<&'static str, Given<'e>>;

/// The roles that came and went, in the order in which they went. `had` tells the types of the roles that a holder had at a moment, where
/// that is known.
fn roles<E>(
    events: &[EventRow],
    granted: &Granted,
    had: impl Fn((EntryKind, &EntryId), Timestamp) -> Result<Option<BTreeSet<String>>, E>,
) -> Result<Vec<DirectoryOp>, E> {
    let mut known: BTreeMap<Holder, Roles<'_>> = BTreeMap::new();
    let mut ops = Vec::new();
    for event in events.iter().map(|row| &row.event) {
        for (holder, turn) in turns(event) {
            let named = match turn {
                Turn::Made => {
                    known.insert(holder, Roles::new());
                    continue;
                }
                Turn::None => &[][..],
                Turn::Granted => {
                    let Some(names) = granted.get(&event.uuid) else {
                        // What the holder has now is anybody's guess.
                        known.remove(&holder);
                        continue;
                    };
                    names.as_slice()
                }
            };
            let now = if let Some(before) = known.remove(&holder) {
                after(before, named, event, |role, given| {
                    ops.extend(held(&holder, role, &given, event));
                })
            } else {
                let had = had((holder.0, &holder.1), event.published)?;
                first(named, event, had.as_ref())
            };
            known.insert(holder, now);
        }
    }
    Ok(ops)
}

/// What an event says of the roles of a holder.
enum Turn {
    /// There is nobody yet who could have any.
    Made,
    /// These are all.
    Granted,
    /// There are none.
    None,
}

fn turns(event: &LogEvent) -> Vec<(Holder, Turn)> {
    let name = event.event_type.as_str();
    let mut turns = Vec::new();
    for sort in &SORTS {
        let turn = || match name {
            name if name == sort.granted => Some(Turn::Granted),
            name if name == sort.made => Some(Turn::Made),
            name if name == sort.revoked || sort.gone.contains(&name) => Some(Turn::None),
            _ => None,
        };
        let holders = sort.holders.iter().flat_map(|kind| event.targets_of(kind));
        let ids = holders.filter_map(|target| target.id.parse::<EntryId>().ok());
        turns.extend(ids.filter_map(|id| Some(((sort.kind, id), turn()?))));
    }
    turns
}

/// The roles that a holder has after an event, from those before it; `over` is told those that are no more.
fn after<'e>(
    mut before: Roles<'e>,
    named: &[String],
    event: &'e LogEvent,
    mut over: impl FnMut(&'static str, Given<'e>),
) -> Roles<'e> {
    let mut now = Roles::new();
    for (role, name) in standard(named) {
        let given = before.remove(role).unwrap_or_else(|| Given {
            name: name.clone(),
            by: Some(event),
        });
        now.insert(role, given);
    }
    for (role, given) in before {
        over(role, given);
    }
    now
}

/// The roles of a holder of whom no event told before. What the mirror says that they had was not given now; where it does not know, it is
/// this event that gave what it names alone.
fn first<'e>(named: &[String], event: &'e LogEvent, had: Option<&BTreeSet<String>>) -> Roles<'e> {
    let is_new = |role: &str| match had {
        Some(had) => !had.contains(role),
        None => named.len() == 1,
    };
    let given = standard(named).map(|(role, name)| {
        let by = is_new(role).then_some(event);
        let name = name.clone();
        (role, Given { name, by })
    });
    given.collect()
}

fn standard(named: &[String]) -> impl Iterator<Item = (&'static str, &String)> {
    named
        .iter()
        .filter_map(|name| Some((privilege::standard(name)?.0, name)))
}

fn held(
    (kind, holder): &Holder,
    role: &str,
    given: &Given<'_>,
    until: &LogEvent,
) -> Option<DirectoryOp> {
    let since = given.by?;
    let key = EntryKey {
        kind: *kind,
        parent: Some(holder.clone()),
        id: EntryId::logged(since.uuid, role)?,
    };
    let entry = logged::role(&key, &given.name, since.published)?;
    Some(DirectoryOp::Held {
        entry: Box::new(entry),
        span: between(since, until),
    })
}

#[cfg(test)]
mod tests;
