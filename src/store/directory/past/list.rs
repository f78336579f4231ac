//! A window of users, groups or apps as they were.

use std::cmp::Ordering;

use jiff::Timestamp;
use redb::ReadTransaction;

use super::kept::{self, Found};
use super::links::{self, PastLink, Side};
use super::{archived_then, before_later, changed_since, life, raw_then};
use crate::domain::application::AssignmentScope;
use crate::domain::filter::Filter;
use crate::domain::history::Archived;
use crate::domain::id::Kind;
use crate::domain::query::{ListQuery, Related, Row, Rows, Scope, Via};
use crate::store::directory::list::{named_group, offset_of, put_named_first, sort_of};
use crate::store::directory::model::Model;
use crate::store::directory::order::Key;
use crate::store::directory::record::{self, Mirrored, Record};
use crate::store::directory::shared::Shared;
use crate::store::directory::tables::{self, Relation};
use crate::store::error::{Fault, QueryError};

/// One object in the scope that passes the filter. Its value is had again when it turns out to be visible: a list of everything would
/// not fit into memory.
struct Candidate {
    ordinal: u32,
    /// What it is sorted by: the field, and the list's own order.
    keys: (Option<Key<'static>>, Option<Key<'static>>),
}

/// What a filter, a sort and their words are, once they make sense.
pub(in super::super) struct Asked<'q> {
    query: &'q ListQuery,
    filter: Filter,
    field: &'static str,
    descending: bool,
    at: Timestamp,
    now: Timestamp,
}

impl<'q> Asked<'q> {
    pub(in super::super) fn of<T: Mirrored>(
        query: &'q ListQuery,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        let (field, descending) = sort_of::<T>(query)?;
        Ok(Self {
            query,
            filter: Filter::of::<T::View<'static>>(&query.filter)?,
            field,
            descending,
            at,
            // Ages are counted from the moment that is asked about, or from now if that is earlier.
            now: now.min(at),
        })
    }

    /// By which the list is known again.
    pub(in super::super) fn key<T: Mirrored>(&self) -> kept::Key {
        kept::Key::of(T::KIND, self.query, self.now)
    }
}

/// Makes out a list, without what its rows show.
pub(in super::super) fn found<T: Mirrored>(
    transaction: &ReadTransaction,
    model: &Shared,
    asked: &Asked<'_>,
) -> Result<Found, Fault> {
    let end = end_of::<T>(&model.look(), &asked.query.scope);
    let mut sieve = Sieve {
        asked,
        total: 0,
        passed: Vec::new(),
    };
    match (&asked.query.scope, end) {
        (Scope::All, _) => everything::<T>(transaction, &mut sieve)?,
        (_, Some((relation, side, ordinal))) => {
            let links = links::then(transaction, model, relation, (side, ordinal), asked.at)?;
            linked::<T>(transaction, &links, &mut sieve)?;
        }
        (_, None) => {}
    }
    sort(&mut sieve.passed, asked.descending);
    Ok(Found {
        ordinals: sieve.passed.into_iter().map(|it| it.ordinal).collect(),
        total: sieve.total,
    })
}

/// Answers a window of a list that was made out.
pub(in super::super) fn window<T: Mirrored>(
    transaction: &ReadTransaction,
    model: &Shared,
    asked: &Asked<'_>,
    found: &Found,
) -> Result<Rows<T>, Fault> {
    let query = asked.query;
    let end = end_of::<T>(&model.look(), &query.scope);
    let around = query.around.as_ref().filter(|id| id.kind() == T::KIND);
    let wanted = around.and_then(|id| model.look().ordinal(T::KIND, id.as_str()));
    let all = &found.ordinals;
    let position = wanted.and_then(|wanted| all.iter().position(|it| *it == wanted));
    let offset = offset_of(query.offset, query.limit, position, all.len());
    let mut rows = Vec::new();
    for ordinal in all.iter().skip(offset).take(query.limit) {
        rows.extend(row(transaction, model, (*ordinal, end), asked)?);
    }
    Ok(Rows {
        rows,
        offset,
        matched: all.len(),
        total: found.total,
        position,
        complete: is_complete::<T>(&model.look(), end.map(|(relation, ..)| relation), asked.at),
        searched: None,
    })
}

/// The relation that makes up a scope, and where its owner stands in it.
type End = (Relation, Side, u32);

fn end_of<T: Mirrored>(model: &Model, scope: &Scope) -> Option<End> {
    let (relation, side, kind, id) = match (scope, T::KIND) {
        (Scope::OfGroup(id), Kind::User) => {
            (Relation::Members, Side::Left, Kind::Group, id.as_str())
        }
        (Scope::OfGroup(id), Kind::App) => {
            (Relation::AppGroups, Side::Right, Kind::Group, id.as_str())
        }
        (Scope::OfApp(id), Kind::User) => (Relation::AppUsers, Side::Left, Kind::App, id.as_str()),
        (Scope::OfApp(id), Kind::Group) => {
            (Relation::AppGroups, Side::Left, Kind::App, id.as_str())
        }
        (Scope::OfUser(id), Kind::Group) => {
            (Relation::Members, Side::Right, Kind::User, id.as_str())
        }
        (Scope::OfUser(id), Kind::App) => {
            (Relation::AppUsers, Side::Right, Kind::User, id.as_str())
        }
        _ => return None,
    };
    Some((relation, side, model.ordinal(kind, id)?))
}

/// Takes in the objects of a scope, one after the other.
struct Sieve<'a, 'q> {
    asked: &'a Asked<'q>,
    /// Objects in the scope.
    total: usize,
    passed: Vec<Candidate>,
}

impl Sieve<'_, '_> {
    fn take<T: Mirrored>(&mut self, ordinal: u32, value: &T, archived: Option<&Archived>) {
        let asked = self.asked;
        if archived.is_some() && !asked.query.archived {
            return;
        }
        self.total += 1;
        let view = value.view(Related::default());
        if asked.filter.matches(&view, asked.now) {
            self.passed.push(Candidate {
                ordinal,
                keys: (Key::of(&view, asked.field), Key::of(&view, T::ORDER)),
            });
        }
    }
}

fn everything<T: Mirrored>(
    transaction: &ReadTransaction,
    sieve: &mut Sieve<'_, '_>,
) -> Result<(), Fault> {
    let at = sieve.asked.at;
    let changed = changed_since::<T>(transaction, at)?;
    let kind = tables::kind_byte(T::KIND);
    for row in tables::read_lives(transaction)?.range((kind, 0)..=(kind, u32::MAX))? {
        let (key, bytes) = row?;
        let life = record::decode_life(bytes.value())?;
        let Some(span) = life.until(at) else {
            continue;
        };
        let (_, ordinal) = key.value();
        let archived = archived_then(span, at);
        let then = if changed.contains(&ordinal) {
            value_at::<T>(transaction, ordinal, at)?.map(|(value, _)| value)
        } else {
            value_now::<T>(transaction, ordinal)?
        };
        if let Some(value) = then {
            sieve.take(ordinal, &value, archived.as_ref());
        }
    }
    Ok(())
}

fn linked<T: Mirrored>(
    transaction: &ReadTransaction,
    links: &[PastLink],
    sieve: &mut Sieve<'_, '_>,
) -> Result<(), Fault> {
    let at = sieve.asked.at;
    for link in links {
        let ordinal = link.other;
        let Some(span) = life::<T>(transaction, ordinal)?.until(at).copied() else {
            continue;
        };
        if let Some((value, _)) = value_at::<T>(transaction, ordinal, at)? {
            sieve.take(ordinal, &value, archived_then(&span, at).as_ref());
        }
    }
    Ok(())
}

/// The value of an object that has not changed since.
fn value_now<T: Mirrored>(transaction: &ReadTransaction, ordinal: u32) -> Result<Option<T>, Fault> {
    let record = Record::<T>::stored(transaction, ordinal)?;
    let mut value = record.and_then(|record| record.value);
    if let Some(value) = &mut value {
        value.without_counts();
    }
    Ok(value)
}

/// The value of an object as it was, and when it was last read; `None` when it was never read.
fn value_at<T: Mirrored>(
    transaction: &ReadTransaction,
    ordinal: u32,
    at: Timestamp,
) -> Result<Option<(T, Timestamp)>, Fault> {
    let Some(record) = Record::<T>::stored(transaction, ordinal)? else {
        return Ok(None);
    };
    let Some(now) = &record.value else {
        return Ok(None);
    };
    let before = before_later(transaction, tables::kind_byte(T::KIND), ordinal, at)?;
    let mut value = super::value_then(now, before.as_ref(), at)?;
    value.without_counts();
    Ok(Some((value, record.observed)))
}

/// By the field, those without it last; among equals by the list's own order.
fn sort(all: &mut [Candidate], descending: bool) {
    all.sort_by(|x, y| {
        let ((a, first), (b, second)) = (&x.keys, &y.keys);
        let by_field = match (a, b) {
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            _ if descending => compare(b.as_ref(), a.as_ref()),
            _ => compare(a.as_ref(), b.as_ref()),
        };
        let by_name = || compare(first.as_ref(), second.as_ref());
        by_field.then_with(by_name).then(x.ordinal.cmp(&y.ordinal))
    });
}

fn compare(a: Option<&Key<'_>>, b: Option<&Key<'_>>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b),
        _ => Ordering::Equal,
    }
}

fn row<T: Mirrored>(
    transaction: &ReadTransaction,
    model: &Shared,
    (ordinal, end): (u32, Option<End>),
    asked: &Asked<'_>,
) -> Result<Option<Row<T>>, Fault> {
    let at = asked.at;
    let Some(span) = life::<T>(transaction, ordinal)?.until(at).copied() else {
        return Ok(None);
    };
    let Some((value, observed)) = value_at::<T>(transaction, ordinal, at)? else {
        return Ok(None);
    };
    let raw = if asked.query.with_raw {
        raw_then(transaction, T::KIND, ordinal, at)?
    } else {
        None
    };
    let link = match end {
        Some((relation, side, own)) => {
            links::between(transaction, relation, (side, own), ordinal, at)?
        }
        None => None,
    };
    Ok(Some(Row {
        value,
        observed: observed.min(at),
        archived: archived_then(&span, at),
        related: related(transaction, model, T::KIND, ordinal, at)?,
        via: link
            .map(|link| via(transaction, model, &link, at))
            .transpose()?,
        raw,
    }))
}

/// Counts of what belonged to an object, each only when it was known then.
fn related(
    transaction: &ReadTransaction,
    model: &Shared,
    kind: Kind,
    ordinal: u32,
    at: Timestamp,
) -> Result<Related, Fault> {
    let count = |relation, side| -> Result<Option<u64>, Fault> {
        if !is_known(&model.look(), relation, at) {
            return Ok(None);
        }
        let links = links::then(transaction, model, relation, (side, ordinal), at)?;
        Ok(Some(links.len() as u64))
    };
    Ok(match kind {
        Kind::User => Related {
            users: None,
            groups: count(Relation::Members, Side::Right)?,
            apps: count(Relation::AppUsers, Side::Right)?,
        },
        Kind::Group => Related {
            users: count(Relation::Members, Side::Left)?,
            groups: None,
            apps: count(Relation::AppGroups, Side::Right)?,
        },
        Kind::App => Related {
            users: count(Relation::AppUsers, Side::Left)?,
            groups: count(Relation::AppGroups, Side::Left)?,
            apps: None,
        },
    })
}

fn via(
    transaction: &ReadTransaction,
    model: &Shared,
    link: &PastLink,
    at: Timestamp,
) -> Result<Via, Fault> {
    let since = Some(link.span.from);
    let is_proven = link.span.began_by.is_some();
    let Some(assignment) = links::assignment_then(transaction, link, at)? else {
        return Ok(Via {
            since,
            is_proven,
            assignment: None,
            through: Vec::new(),
        });
    };
    let (app, user) = (tables::left_of(link.key), tables::right_of(link.key));
    let groups = |relation, side, ordinal| -> Result<Vec<u32>, Fault> {
        let links = links::then(transaction, model, relation, (side, ordinal), at)?;
        Ok(links.into_iter().map(|link| link.other).collect())
    };
    let of_user = groups(Relation::Members, Side::Right, user)?;
    let of_app = groups(Relation::AppGroups, Side::Left, app)?;
    let both = of_app.iter().filter(|group| of_user.contains(group));
    let mut through: Vec<_> = both
        .filter_map(|group| named_group(&model.look(), *group))
        .collect();
    if assignment.scope == AssignmentScope::Group
        && let Some(group) = &assignment.group
    {
        put_named_first(&model.look(), &mut through, group);
    }
    Ok(Via {
        since,
        is_proven,
        assignment: Some(assignment),
        through,
    })
}

fn is_known(model: &Model, relation: Relation, at: Timestamp) -> bool {
    let since = model.known_since(relation.resource());
    since.is_some_and(|since| since <= at)
}

fn is_complete<T: Mirrored>(model: &Model, relation: Option<Relation>, at: Timestamp) -> bool {
    let objects = model.known_since(T::RESOURCE);
    let objects = objects.is_some_and(|since| since <= at);
    objects && relation.is_none_or(|relation| is_known(model, relation, at))
}
