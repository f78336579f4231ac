//! Memberships and assignments as they were.

use jiff::Timestamp;
use redb::ReadTransaction;

use crate::domain::application::AppUser;
use crate::domain::application::AssignmentScope;
use crate::domain::history::Interval;
use crate::store::directory::lack::Lack;
use crate::store::directory::model::Model;
use crate::store::directory::record::{FormerAssignment, Link};
use crate::store::directory::shared::Shared;
use crate::store::directory::tables::{self, Relation, pair};
use crate::store::error::Fault;

/// On which side of a relation an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Side {
    Left,
    Right,
}

/// A link that held.
pub(in super::super) struct PastLink {
    /// The ordinal on the other side.
    pub(in super::super) other: u32,
    pub(in super::super) key: u64,
    /// The stretch of time in which it held.
    pub(in super::super) span: Interval,
    /// The assignment as it is described now.
    assignment: Option<AppUser>,
}

impl PastLink {
    /// What is kept of a link, if it held at `at`.
    fn of(other: u32, key: u64, bytes: &[u8], at: Timestamp) -> Result<Option<Self>, Fault> {
        let link = Link::decode(bytes)?;
        Ok(link.spans.at(at).copied().map(|span| Self {
            other,
            key,
            span,
            assignment: link.assignment,
        }))
    }
}

/// The links of one object that held at `at`, by the other's ordinal.
pub(in super::super) fn then(
    transaction: &ReadTransaction,
    model: &Shared,
    relation: Relation,
    (side, ordinal): (Side, u32),
    at: Timestamp,
) -> Result<Vec<PastLink>, Fault> {
    let links = tables::read_links(transaction, relation)?;
    let mut held = Vec::new();
    let mut look = |other: u32, key: u64, bytes: &[u8]| -> Result<(), Fault> {
        held.extend(PastLink::of(other, key, bytes, at)?);
        Ok(())
    };
    match side {
        Side::Left => {
            for row in links.range(pair(ordinal, 0)..=pair(ordinal, u32::MAX))? {
                let (key, bytes) = row?;
                look(tables::right_of(key.value()), key.value(), bytes.value())?;
            }
        }
        Side::Right => {
            let lefts = model.see(transaction, |model| ever_left(model, relation, ordinal))?;
            for left in lefts {
                let key = pair(left, ordinal);
                if let Some(bytes) = links.get(key)? {
                    look(left, key, bytes.value())?;
                }
            }
        }
    }
    Ok(held)
}

/// The link of one object with another, if it held at `at`.
pub(in super::super) fn between(
    transaction: &ReadTransaction,
    relation: Relation,
    (side, own): (Side, u32),
    other: u32,
    at: Timestamp,
) -> Result<Option<PastLink>, Fault> {
    let key = match side {
        Side::Left => pair(own, other),
        Side::Right => pair(other, own),
    };
    let links = tables::read_links(transaction, relation)?;
    match links.get(key)? {
        Some(bytes) => PastLink::of(other, key, bytes.value(), at),
        None => Ok(None),
    }
}

/// What has or had `right`, in ascending order.
pub(in super::super) fn ever_left(
    model: &Model,
    relation: Relation,
    right: u32,
) -> Result<Vec<u32>, Lack> {
    let links = model.links(relation);
    let mut lefts = [links.lefts(right)?, links.ended(right)?].concat();
    lefts.sort_unstable();
    lefts.dedup();
    Ok(lefts)
}

/// How an assignment was described at `at`.
pub(in super::super) fn assignment_then(
    transaction: &ReadTransaction,
    link: &PastLink,
    at: Timestamp,
) -> Result<Option<AppUser>, Fault> {
    let versions = assignments(transaction, link.key, link.assignment.clone())?;
    let mut versions = versions.into_iter();
    let then = versions.find(|(until, _)| until.is_none_or(|until| at < until));
    Ok(then.map(|(_, assignment)| assignment))
}

/// When an assignment that was direct at `at` ended to be anything else.
pub(in super::super) fn direct_since(
    transaction: &ReadTransaction,
    key: u64,
    at: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let past = tables::read_assignments_past(transaction)?;
    let mut since = None;
    for row in past.range((key, 0)..=(key, u32::MAX))? {
        let former = FormerAssignment::decode(row?.1.value())?;
        if former.until() <= at && former.assignment.scope != AssignmentScope::User {
            since = Some(former.until());
        }
    }
    Ok(since)
}

/// How an assignment has been described, each until some moment and the last until now.
pub(in super::super) fn assignments(
    transaction: &ReadTransaction,
    key: u64,
    now: Option<AppUser>,
) -> Result<Vec<(Option<Timestamp>, AppUser)>, Fault> {
    let past = tables::read_assignments_past(transaction)?;
    let mut all = Vec::new();
    for row in past.range((key, 0)..=(key, u32::MAX))? {
        let former = FormerAssignment::decode(row?.1.value())?;
        all.push((Some(former.until()), former.assignment));
    }
    all.extend(now.map(|now| (None, now)));
    Ok(all)
}
