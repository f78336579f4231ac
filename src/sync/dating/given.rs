//! What a group gives its members begins and ends with the membership, or with what the group has: no event tells of it.

use std::time::Duration;

use jiff::Timestamp;

use super::MAX_CHANGES;
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, Subject};
use crate::domain::group::GroupType;
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::{GroupId, ObjectId, UserId};
use crate::domain::query::ListQuery;
use crate::domain::time;
use crate::store::{self, DirectoryOp, Store};

/// The least that two moments lie apart.
const A_MOMENT: Duration = Duration::from_millis(1);
/// The group that holds everybody, as every org calls it.
const EVERYONE: &str = "Everyone";

/// The group of everybody, where it was read.
pub(super) fn everyone(store: &Store) -> Option<GroupId> {
    let query = ListQuery {
        filter: format!("name={EVERYONE}"),
        limit: 10,
        ..ListQuery::default()
    };
    let found = store.directory.groups(&query, Timestamp::MAX).ok()?;
    let mut groups = found.rows.into_iter().map(|row| row.value);
    let group = groups.find(|group| group.kind == GroupType::BuiltIn)?;
    Some(group.id)
}

/// Whether a change is of a role that Okta lists below a user because a group gives it. Events about the user's own roles and the stamp of
/// the group's role tell nothing of it.
pub(super) fn is_given(store: &Store, change: &ChangeRow) -> bool {
    role(store, change).is_some()
}

fn role(store: &Store, change: &ChangeRow) -> Option<(UserId, Entry)> {
    let Subject::Entry(key) = &change.subject else {
        return None;
    };
    let user = user_of(key)?;
    let (row, _) = store.directory.entry(key).ok()??;
    let is_given = row
        .entry
        .fact("assignmentType")
        .is_some_and(|kind| **kind == *"GROUP");
    is_given.then_some((user, row.entry))
}

fn user_of(key: &EntryKey) -> Option<UserId> {
    let above = key.parent.as_ref()?;
    (key.kind == EntryKind::UserRole)
        .then(|| above.as_str().parse().ok())
        .flatten()
}

/// The moments of the roles that groups gave or ceased to give, among what was observed from `from` until `now`.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn dated(
    store: &Store,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<DirectoryOp>, store::Error> {
    let changes = store.directory.changes(from, now, None, MAX_CHANGES)?;
    let mut ops = Vec::new();
    for change in &changes {
        let Some((user, role)) = role(store, change) else {
            continue;
        };
        let at = match change.what {
            Change::Appeared => began(store, &changes, change.at, &user, &role)?,
            Change::Archived => ended(store, &changes, change.at, &user, &role)?,
            _ => None,
        };
        let at = at.unwrap_or(change.at);
        if at < change.at || change.evidence.is_some() {
            ops.push(DirectoryOp::Dated {
                change: Box::new(change.clone()),
                at,
                event: None,
            });
        }
    }
    Ok(ops)
}

/// The first moment at which a group gave the role, as far as what changed tells.
fn began(
    store: &Store,
    changes: &[ChangeRow],
    seen: Timestamp,
    user: &UserId,
    role: &Entry,
) -> Result<Option<Timestamp>, store::Error> {
    // The newest is first.
    for at in moments(changes, user, true).rev().filter(|at| *at <= seen) {
        if gives(store, at, user, role)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The last moment at which a group gave the role, if none did when it was seen to be over.
fn ended(
    store: &Store,
    changes: &[ChangeRow],
    seen: Timestamp,
    user: &UserId,
    role: &Entry,
) -> Result<Option<Timestamp>, store::Error> {
    if gives(store, time::before(seen, A_MOMENT), user, role)? {
        return Ok(None);
    }
    for at in moments(changes, user, false).filter(|at| *at <= seen) {
        if gives(store, time::before(at, A_MOMENT), user, role)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// When the user joined groups (or left them), or groups were given roles (or lost them), the newest first.
fn moments<'a>(
    changes: &'a [ChangeRow],
    user: &'a UserId,
    begins: bool,
) -> impl DoubleEndedIterator<Item = Timestamp> + 'a {
    let is_it = move |change: &&ChangeRow| match (&change.subject, &change.what) {
        (
            Subject::Object(ObjectId::User(who)),
            Change::Began {
                relation: Relation::Membership,
                ..
            },
        ) => begins && who == user,
        (
            Subject::Object(ObjectId::User(who)),
            Change::Ended {
                relation: Relation::Membership,
                ..
            },
        ) => !begins && who == user,
        (Subject::Entry(key), Change::Appeared) => begins && key.kind == EntryKind::GroupRole,
        (Subject::Entry(key), Change::Archived) => !begins && key.kind == EntryKind::GroupRole,
        _ => false,
    };
    changes.iter().filter(is_it).map(|change| change.at)
}

/// Whether a group of the user had the role then.
fn gives(store: &Store, at: Timestamp, user: &UserId, role: &Entry) -> Result<bool, store::Error> {
    let past = store.directory.as_of(at);
    for (group, _) in past.groups_of(user)? {
        let Ok(group) = group.as_str().parse::<EntryId>() else {
            continue;
        };
        let roles = past.entries_below(EntryKind::GroupRole, Some(&group))?;
        let is_it =
            |(had, _): &(Entry, _)| had.name == role.name && had.fact("type") == role.fact("type");
        if roles.iter().any(is_it) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
