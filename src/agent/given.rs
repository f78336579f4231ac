//! Through which group a user came by a role, or lost it: no event tells of the role itself, but one tells who put the user into the
//! group, or gave the group its role.

use std::time::Duration;

use jiff::Timestamp;

use super::view::View;
use crate::access::Proof;
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, Subject};
use crate::domain::history::{Change, ChangeRow, Interval, Relation};
use crate::domain::id::{GroupId, ObjectId, UserId};
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::store::QueryError;

/// The least that two moments lie apart.
const A_MOMENT: Duration = Duration::from_millis(1);

/// What a group had to do with a role.
pub(super) struct Given {
    pub(super) group: GroupId,
    /// What people call the group.
    pub(super) name: SafeText,
    /// Who put the user there (or took them away), or gave the group the role (or took it); `None` where the log does not tell.
    pub(super) proof: Option<Proof>,
}

/// Whether Okta lists a role below a user because a group gives it.
pub(super) fn by_group(role: &Entry) -> bool {
    let kind = role.fact("assignmentType");
    kind.is_some_and(|kind| **kind == *"GROUP")
}

/// The group that began to give a role at a moment, or ceased to. Where several gave it, the one that did so just then.
///
/// # Errors
/// When the mirror or the log cannot be read.
pub(super) fn through(
    view: &View<'_>,
    user: &UserId,
    role: &Entry,
    at: Timestamp,
    begins: bool,
) -> Result<Option<Given>, QueryError> {
    let directory = &view.store().directory;
    let looked_at = if begins {
        at
    } else {
        time::before(at, A_MOMENT)
    };
    let past = directory.as_of(looked_at);
    let turned = |span: &Interval| {
        let turn = if begins { Some(span.from) } else { span.to };
        turn == Some(at)
    };
    let mut all = Vec::new();
    for (group, member) in past.groups_of(user)? {
        let Ok(holder) = group.as_str().parse::<EntryId>() else {
            continue;
        };
        let roles = past.entries_below(EntryKind::GroupRole, Some(&holder))?;
        let mut same = roles
            .into_iter()
            .filter(|(had, _)| had.name == role.name && had.fact("type") == role.fact("type"));
        if let Some((had, held)) = same.next() {
            all.push((group, member, had.key, held));
        }
    }
    let just_then = |(_, member, _, held): &(GroupId, Interval, EntryKey, Interval)| {
        turned(member) || turned(held)
    };
    let place = all.iter().position(just_then).unwrap_or(0);
    if all.is_empty() {
        return Ok(None);
    }
    let (group, member, key, held) = all.swap_remove(place);
    let group_id = ObjectId::Group(group.clone());
    let name = directory.name(&group_id)?;
    let name = name.unwrap_or_else(|| group.as_str().into());
    let change = |subject, what| ChangeRow {
        at,
        subject,
        name: name.clone(),
        parent_name: None,
        what,
        stamped: None,
        evidence: None,
    };
    let noted = |span: &Interval| if begins { span.began_by } else { span.ended_by };
    let proof = if turned(&member) {
        let (relation, other) = (Relation::Membership, Subject::Object(group_id));
        let other_name = name.clone();
        let what = if begins {
            Change::Began {
                relation,
                other,
                other_name,
            }
        } else {
            Change::Ended {
                relation,
                other,
                other_name,
            }
        };
        let subject = Subject::Object(ObjectId::User(user.clone()));
        view.proof_or_cause(noted(&member), &change(subject, what))?
    } else if turned(&held) {
        let what = if begins {
            Change::Appeared
        } else {
            Change::Archived
        };
        view.proof_or_cause(noted(&held), &change(Subject::Entry(key), what))?
    } else {
        None
    };
    Ok(Some(Given { group, name, proof }))
}

#[cfg(test)]
mod tests;
