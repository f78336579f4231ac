//! Users, groups and apps that were made and deleted before anything was read: the rogue account of a weekend, and the group through which
//! it had what it had. The log tells of them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::log::{Log, each, filter, lightened, window};
use crate::config::sync_settings::{Exclusions, SyncSettings};
use crate::domain::group::GroupType;
use crate::domain::history::Interval;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::query::{EventQuery, EventRow};
use crate::domain::resource::Resource;
use crate::domain::user::UserStatus;
use crate::okta::logged;
use crate::store::{self, DirectoryOp, Ghost, Store};
use crate::sync::cause::{
    APP_DELETED, CREATED, DELETE_COMPLETED, DELETE_INITIATED, DONE, GROUP_DELETED,
};
use crate::sync::exclude;

/// Something is made once, but an id may be named in events of the making of others.
const MAX_MADE: usize = 10;

/// What events call a kind of object, which of them make one, and which end one.
struct Kindred {
    kind: Kind,
    resource: Resource,
    target: &'static str,
    made: &'static str,
    deleted: &'static str,
}

const ALL: [Kindred; 3] = [
    Kindred {
        kind: Kind::User,
        resource: Resource::Users,
        target: "User",
        made: CREATED,
        deleted: DELETE_COMPLETED,
    },
    Kindred {
        kind: Kind::Group,
        resource: Resource::Groups,
        target: "UserGroup",
        made: "group.lifecycle.create",
        deleted: GROUP_DELETED,
    },
    Kindred {
        kind: Kind::App,
        resource: Resource::Apps,
        target: "AppInstance",
        made: "application.lifecycle.create",
        deleted: APP_DELETED,
    },
];

impl Kindred {
    fn id(&self, target: &Party) -> Option<ObjectId> {
        match self.kind {
            Kind::User => target.id.parse().ok().map(ObjectId::User),
            Kind::Group => target.id.parse().ok().map(ObjectId::Group),
            Kind::App => target.id.parse().ok().map(ObjectId::App),
        }
    }

    /// What the event of its making tells of it, unless the configuration leaves it out.
    fn ghost(&self, named: &Party, made: Timestamp, exclude: &Exclusions) -> Option<Ghost> {
        match self.kind {
            Kind::User => {
                let (user, raw) = logged::user(named, made)?;
                // Nobody tells the address, which is the login unless somebody thought of another.
                let mut judged = user.clone();
                judged.email = judged.login.clone();
                // Okta deletes nobody who is not deactivated; who leaves those out wants none of them.
                judged.status = UserStatus::Deprovisioned;
                (!exclude::user(exclude, &judged)).then_some(Ghost::User(user, raw))
            }
            Kind::Group => {
                let (group, raw) = logged::group(named, made)?;
                // Nobody tells what masters it; who leaves out those of apps wants none that may be one.
                let mut judged = group.clone();
                judged.kind = GroupType::App;
                (!exclude::group(exclude, &judged)).then_some(Ghost::Group(group, raw))
            }
            Kind::App => {
                let (app, raw) = logged::app(named, made)?;
                (!exclude::app(exclude, &app)).then_some(Ghost::App(app, raw))
            }
        }
    }
}

/// Whatever one event made, another deleted, and the mirror does not have.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn objects(
    store: &Store,
    log: &Log,
    settings: &SyncSettings,
    now: Timestamp,
) -> Result<Vec<DirectoryOp>, store::Error> {
    let mut ops = Vec::new();
    let is = |event: &LogEvent, name: &str| *event.event_type == *name;
    let deletions = log.those(store, |event| {
        is(event, DELETE_INITIATED) || ALL.iter().any(|one| is(event, one.deleted))
    })?;
    for deleted in deletions.iter().map(|row| &row.event) {
        let mut kindred = ALL.iter().filter(|one| !settings.is_excluded(one.resource));
        let Some(kindred) = kindred.find(|one| is(deleted, one.deleted)) else {
            continue;
        };
        for target in deleted.targets_of(kindred.target) {
            let Some(id) = kindred.id(target) else {
                continue;
            };
            if store.directory.name(&id)?.is_none()
                && let Some(made) = made(store, kindred, &id, now)?
            {
                // It was over when somebody asked for it, and not when Okta had done it.
                let mut asked = deletions.iter().rev().map(|row| &row.event);
                let asked = asked.find(|event| {
                    is(event, DELETE_INITIATED)
                        && event.published <= deleted.published
                        && names(event, &id)
                });
                let deleted = asked.unwrap_or(deleted);
                ops.extend(lived(kindred, &id, &made, deleted, &settings.exclude));
            }
        }
    }
    Ok(ops)
}

/// What the log tells of whatever lived from before `from` until then, the oldest first.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn before(
    store: &Store,
    lives: &[DirectoryOp],
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<EventRow>, store::Error> {
    let mut events = BTreeMap::new();
    for op in lives {
        let DirectoryOp::Lived { ghost, span } = op else {
            continue;
        };
        let id = ghost.id();
        let query = EventQuery {
            filter: format!("about=\"{}\" {}", id.as_str(), filter()),
            since: Some(span.from),
            until: Some(from),
            ..EventQuery::default()
        };
        each(store, query, now, |row| {
            // What they did to others is the others' history.
            if names(&row.event, &id) {
                events.insert(row.pos, lightened(row));
            }
            true
        })?;
    }
    Ok(events.into_values().collect())
}

/// The event of the making of something.
fn made(
    store: &Store,
    kindred: &Kindred,
    id: &ObjectId,
    now: Timestamp,
) -> Result<Option<LogEvent>, store::Error> {
    let (id_text, made) = (id.as_str(), kindred.made);
    let query = EventQuery {
        filter: format!("about=\"{id_text}\" type:{made} {DONE}"),
        limit: MAX_MADE,
        ..EventQuery::default()
    };
    let found = window(store, &query, now)?;
    let mut made = found.rows.into_iter().map(|row| row.event);
    Ok(made.find(|event| names(event, id)))
}

fn names(event: &LogEvent, id: &ObjectId) -> bool {
    event
        .targets
        .iter()
        .any(|target| *target.id == *id.as_str())
}

fn lived(
    kindred: &Kindred,
    id: &ObjectId,
    made: &LogEvent,
    deleted: &LogEvent,
    exclude: &Exclusions,
) -> Option<DirectoryOp> {
    let mut named = made.targets_of(kindred.target);
    let named = named.find(|target| *target.id == *id.as_str())?;
    let ghost = kindred.ghost(named, made.published, exclude)?;
    Some(DirectoryOp::Lived {
        ghost: Box::new(ghost),
        span: Interval {
            from: made.published,
            to: Some(deleted.published),
            began_by: Some(made.uuid),
            ended_by: Some(deleted.uuid),
        },
    })
}

#[cfg(test)]
mod tests;
