//! What a group gives its members begins and ends with the membership, or with what the group has: no event tells of it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, Subject};
use crate::domain::group::GroupType;
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::{GroupId, ObjectId, UserId};
use crate::domain::query::ListQuery;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::store::{self, DirectoryOp, Store};

/// The least that two moments lie apart.
const A_MOMENT: Duration = Duration::from_millis(1);
/// A reading is noted at the second in which it began, and tells what happened in that second.
const A_SECOND: Duration = Duration::from_secs(1);
/// Places of the history that are gone through at once.
const PART: usize = 1_000;
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
    is_of_group(&row.entry).then_some((user, row.entry))
}

/// Whether Okta lists a role below a user because a group gives it.
pub(super) fn is_of_group(role: &Entry) -> bool {
    let how = role.fact("assignmentType");
    role.key.kind == EntryKind::UserRole && how.is_some_and(|how| **how == *"GROUP")
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
    let mut given = Vec::new();
    each(store, from, now, |change| {
        if let Some((user, role)) = role(store, &change) {
            given.push((change, user, role));
        }
    })?;
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let mut moments = Moments::of(given.iter().map(|(_, user, _)| user));
    each(store, from, now, |change| moments.take(&change))?;
    let mut ops = Vec::new();
    for (change, user, role) in given {
        let seen = time::before(time::after(change.at, A_SECOND), A_MOMENT);
        let at = match change.what {
            Change::Appeared => began(store, &moments, seen, &user, &role)?,
            Change::Archived => ended(store, &moments, seen, &user, &role)?,
            _ => None,
        };
        let at = at.unwrap_or(change.at);
        if at != change.at || change.evidence.is_some() {
            ops.push(DirectoryOp::Dated {
                change: Box::new(change),
                at,
                event: None,
            });
        }
    }
    Ok(ops)
}

/// Goes through all that was observed, the newest first.
fn each(
    store: &Store,
    from: Timestamp,
    now: Timestamp,
    mut take: impl FnMut(ChangeRow),
) -> Result<(), store::Error> {
    let mut behind = None;
    loop {
        let part = store.directory.changes_behind(from, now, behind, PART)?;
        part.rows.into_iter().for_each(|(_, row)| take(row));
        behind = part.last;
        if behind.is_none() {
            return Ok(());
        }
    }
}

/// The moment from which on a group gave the role until it was seen; `None` when it did all the time, as far as what changed tells.
fn began(
    store: &Store,
    moments: &Moments,
    seen: Timestamp,
    user: &UserId,
    role: &Entry,
) -> Result<Option<Timestamp>, store::Error> {
    for at in moments.before(user, role, true, seen) {
        let is_beginning =
            gives(store, at, user, role)? && !gives(store, time::before(at, A_MOMENT), user, role)?;
        if is_beginning {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The last moment at which a group gave the role, if none did when it was seen to be over.
fn ended(
    store: &Store,
    moments: &Moments,
    seen: Timestamp,
    user: &UserId,
    role: &Entry,
) -> Result<Option<Timestamp>, store::Error> {
    if gives(store, time::before(seen, A_MOMENT), user, role)? {
        return Ok(None);
    }
    for at in moments.before(user, role, false, seen) {
        if gives(store, time::before(at, A_MOMENT), user, role)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// When users joined groups (or left them), and groups were given roles (or lost them).
struct Moments {
    /// Of those alone who have such a role: when they joined, and when they left.
    of_users: HashMap<UserId, [BTreeSet<Timestamp>; 2]>,
    /// By what the roles are called.
    of_roles: HashMap<SafeText, [BTreeSet<Timestamp>; 2]>,
}

impl Moments {
    fn of<'a>(users: impl Iterator<Item = &'a UserId>) -> Self {
        Self {
            of_users: users
                .map(|user| (user.clone(), Default::default()))
                .collect(),
            of_roles: HashMap::new(),
        }
    }

    fn take(&mut self, change: &ChangeRow) {
        let began = match &change.what {
            Change::Appeared => true,
            Change::Archived => false,
            Change::Began { relation, .. } if *relation == Relation::Membership => true,
            Change::Ended { relation, .. } if *relation == Relation::Membership => false,
            _ => return,
        };
        let known = match &change.subject {
            Subject::Object(ObjectId::User(user)) => self.of_users.get_mut(user),
            Subject::Entry(key) if key.kind == EntryKind::GroupRole => {
                Some(self.of_roles.entry(change.name.clone()).or_default())
            }
            _ => None,
        };
        if let Some(known) = known {
            known[usize::from(!began)].insert(change.at);
        }
    }

    /// The moments that may have begun a role of the user (or ended it), until it was seen, the newest first.
    fn before(&self, user: &UserId, role: &Entry, begins: bool, seen: Timestamp) -> Vec<Timestamp> {
        let of_user = self.of_users.get(user);
        let of_role = self.of_roles.get(&role.name);
        let both = of_user.into_iter().chain(of_role);
        let moments = both.flat_map(|known| known[usize::from(!begins)].range(..=seen));
        let all: BTreeSet<Timestamp> = moments.copied().collect();
        all.into_iter().rev().collect()
    }
}

/// Whether a group of the user had the role then.
fn gives(store: &Store, at: Timestamp, user: &UserId, role: &Entry) -> Result<bool, store::Error> {
    gives_any(store, at, user, |had| {
        had.name == role.name && had.fact("type") == role.fact("type")
    })
}

/// Whether a group of the user had such a role then.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn gives_any(
    store: &Store,
    at: Timestamp,
    user: &UserId,
    is_it: impl Fn(&Entry) -> bool,
) -> Result<bool, store::Error> {
    let past = store.directory.as_of(at);
    for (group, _) in past.groups_of(user)? {
        let Ok(group) = group.as_str().parse::<EntryId>() else {
            continue;
        };
        let roles = past.entries_below(EntryKind::GroupRole, Some(&group))?;
        if roles.iter().any(|(had, _)| is_it(had)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
