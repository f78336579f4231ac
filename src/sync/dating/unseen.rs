//! Users that were made and deleted before anything was read: the rogue account of a weekend. The log tells of them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::log::{Log, each, lightened, window};
use crate::config::sync_settings::Exclusions;
use crate::domain::history::Interval;
use crate::domain::id::{ObjectId, UserId};
use crate::domain::log_event::LogEvent;
use crate::domain::query::{EventQuery, EventRow};
use crate::domain::user::UserStatus;
use crate::okta::logged;
use crate::store::{self, DirectoryOp, Store};
use crate::sync::cause;
use crate::sync::cause::{CREATED, DELETE_COMPLETED, DELETE_INITIATED};
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
    let is = |event: &LogEvent, name: &str| *event.event_type == *name;
    let deletions = log.those(store, |event| {
        is(event, DELETE_COMPLETED) || is(event, DELETE_INITIATED)
    })?;
    let completed = deletions.iter().map(|row| &row.event);
    for deleted in completed.filter(|event| is(event, DELETE_COMPLETED)) {
        for user in deleted.targets_of("User") {
            let Ok(id) = user.id.parse::<UserId>() else {
                continue;
            };
            if store.directory.name(&ObjectId::User(id.clone()))?.is_none()
                && let Some(made) = made(store, &id, now)?
            {
                // It was over when somebody asked for it, and not when Okta had done it.
                let mut asked = deletions.iter().rev().map(|row| &row.event);
                let asked = asked.find(|event| {
                    is(event, DELETE_INITIATED)
                        && event.published <= deleted.published
                        && names(event, &id)
                });
                ops.extend(lived(&id, &made, asked.unwrap_or(deleted), exclude));
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

#[cfg(test)]
mod tests;
