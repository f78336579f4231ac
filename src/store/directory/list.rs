//! Answering a window of a list: scope, filter, sort, and what each visible row needs beside its value.

use jiff::Timestamp;
use redb::ReadTransaction;

use super::lack::Lack;
use super::model::{Held, Knowledge, Model};
use super::order::Order;
use super::people::{self, Found, Snapshot};
use super::record::{Link, Mirrored, Record};
use super::shared::Shared;
use super::tables::{self, Relation, pair};
use crate::domain::application::AssignmentScope;
use crate::domain::filter::{Fields as _, Filter};
use crate::domain::id::{GroupId, Kind};
use crate::domain::query::{ListQuery, Related, Row, Rows, Scope, Via};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::user::User;
use crate::store::codec::Squeezer;
use crate::store::error::{Fault, QueryError};

use super::squeeze::sample;

/// A window before the disk was asked: everything that the model knows, taken under its lock.
#[derive(Clone)]
pub(super) struct Window<T> {
    /// The rows, each with its ordinal and the link that puts it into the scope.
    rows: Vec<(Row<T>, u32, Option<LinkKey>)>,
    offset: usize,
    matched: usize,
    total: usize,
    position: Option<usize>,
    complete: bool,
    searched: Option<usize>,
}

/// Where the link is that puts a row into its scope, and the groups that may be behind it.
#[derive(Clone)]
struct LinkKey {
    relation: Relation,
    key: u64,
    through: Vec<(GroupId, SafeText)>,
}

/// The list of a scope, before filter and sort.
#[derive(Clone, Copy)]
enum Listed {
    All,
    Rights(Relation, u32),
    Lefts(Relation, u32),
    /// There is no such object, or it has no such list.
    Nothing,
}

/// What is filtered and sorted by, and whether downwards.
pub(super) type Wish = (Filter, &'static str, bool);

/// What a question wants of groups or apps, when it makes sense.
pub(super) fn wish<T: Held>(query: &ListQuery) -> Result<Wish, QueryError> {
    let filter = Filter::of::<T::View<'static>>(&query.filter)?;
    let (field, descending) = sort_of::<T>(query)?;
    Ok((filter, field, descending))
}

/// Finds the rows of the window.
pub(super) fn window<T: Held>(
    model: &Model,
    query: &ListQuery,
    (filter, field, descending): &Wish,
    now: Timestamp,
) -> Result<Window<T>, Lack> {
    let (field, descending) = (*field, *descending);
    let known = model.knowledge();
    let listed = listed::<T>(model, &query.scope);
    let order = Order::of::<T>(model, field);
    let objects = T::objects(model);
    let shown = |ordinal: &u32| {
        objects.record(*ordinal).is_some_and(|record| {
            record.value.is_some() && (query.archived || record.archived.is_none())
        })
    };
    let in_scope: Vec<u32> = match listed.members(model)? {
        None => order.walk(descending).filter(shown).collect(),
        Some(mut members) => {
            members.retain(|ordinal| shown(ordinal));
            order.arrange(&mut members, descending);
            members
        }
    };
    let total = in_scope.len();
    let passes = |ordinal: &u32| {
        let value = objects
            .record(*ordinal)
            .and_then(|record| record.value.as_ref());
        let related = || T::related(model, *ordinal, known);
        value.is_some_and(|value| filter.matches(&value.view(related()), now))
    };
    let matching = if filter.is_empty() {
        in_scope
    } else {
        in_scope.into_iter().filter(passes).collect()
    };
    let wanted = query.around.as_ref().filter(|id| id.kind() == T::KIND);
    let wanted = wanted.and_then(|id| objects.ordinal(id.as_str()));
    let position = wanted.and_then(|wanted| matching.iter().position(|it| *it == wanted));
    let offset = offset_of(query.offset, query.limit, position, matching.len());
    let mut rows = Vec::with_capacity(query.limit.min(matching.len()));
    for ordinal in matching.iter().skip(offset).take(query.limit) {
        let record = objects.record(*ordinal).cloned();
        let row = record.and_then(|it| row(it, T::related(model, *ordinal, known)));
        if let Some(row) = row {
            rows.push((row, *ordinal, listed.link_key(model, *ordinal)?));
        }
    }
    Ok(Window {
        rows,
        offset,
        matched: matching.len(),
        total,
        position,
        complete: complete::<T>(model, listed, known),
        searched: None,
    })
}

/// The row of one object, without what is on disk elsewhere.
pub(super) fn row<T>(record: Record<T>, related: Related) -> Option<Row<T>> {
    Some(Row {
        value: record.value?,
        observed: record.observed,
        archived: record.archived,
        related,
        via: None,
        raw: None,
    })
}

/// The users to look among, and what tells them from all the others.
pub(super) fn users(
    model: &Model,
    query: &ListQuery,
    asked: &people::Asked<'_>,
) -> Result<(Snapshot, UserScope), Lack> {
    let known = model.knowledge();
    let listed = listed::<User>(model, &query.scope);
    let [groups, apps] = asked.needs_counts();
    let counts = |needed: bool, relation| {
        let counts = needed.then(|| model.counts_of_users(relation, known));
        counts.transpose().map(Option::flatten)
    };
    let counts = [
        counts(groups, Relation::Members)?,
        counts(apps, Relation::AppUsers)?,
    ];
    let around = query.around.as_ref().filter(|id| id.kind() == Kind::User);
    let scope = UserScope {
        members: listed.members(model)?,
        around: around.and_then(|id| model.users.ordinal(id.as_str())),
        complete: complete::<User>(model, listed, known),
    };
    Ok((model.users.snapshot(asked, known, counts), scope))
}

/// What a list of users is limited to.
pub(super) struct UserScope {
    /// Ordinals; `None` for everybody.
    members: Option<Vec<u32>>,
    /// The user that the window is moved to.
    pub(super) around: Option<u32>,
    complete: bool,
}

impl UserScope {
    pub(super) fn members(&self) -> Option<&[u32]> {
        self.members.as_deref()
    }
}

/// The visible rows of users, read from disk.
pub(super) fn user_rows(
    transaction: &ReadTransaction,
    model: &Shared,
    query: &ListQuery,
    found: &Found,
    scope: &UserScope,
) -> Result<Rows<User>, Fault> {
    let bound = model.see(transaction, |model| bound(model, query, &found.ordinals))?;
    let mut rows = Vec::with_capacity(bound.len());
    for (ordinal, related, link) in bound {
        let record = Record::<User>::stored(transaction, ordinal)?;
        let row = record.and_then(|record| row(record, related));
        rows.extend(row.map(|row| (row, ordinal, link)));
    }
    let window = Window {
        rows,
        offset: found.offset,
        matched: found.matched,
        total: found.total,
        position: found.position,
        complete: scope.complete,
        searched: found.searched,
    };
    window.complete(transaction, query.with_raw, model)
}

/// What users belong to, and what puts each into the scope.
fn bound(model: &Model, query: &ListQuery, ordinals: &[u32]) -> Result<Vec<Bound>, Lack> {
    let known = model.knowledge();
    let listed = listed::<User>(model, &query.scope);
    model.need_related(ordinals, known)?;
    let bound = |ordinal: &u32| {
        let related = model.related(Kind::User, *ordinal, known)?;
        Ok((*ordinal, related, listed.link_key(model, *ordinal)?))
    };
    ordinals.iter().map(bound).collect()
}

/// An ordinal, what belongs to it, and what puts it into the scope.
type Bound = (u32, Related, Option<LinkKey>);

pub(super) fn sort_of<T: Mirrored>(query: &ListQuery) -> Result<(&'static str, bool), QueryError> {
    let Some(sort) = &query.sort else {
        return Ok((T::ORDER, false));
    };
    let names = <T::View<'static>>::NAMES;
    let named = names
        .iter()
        .find(|name| name.eq_ignore_ascii_case(&sort.field));
    named
        .map(|name| (*name, sort.descending))
        .ok_or_else(|| QueryError::Sort {
            field: sort.field.clone(),
            names: names.to_vec(),
        })
}

/// The first row: as asked, but never past the end, and moved (to the middle) when it would leave out the object looked for.
pub(super) fn offset_of(
    offset: usize,
    limit: usize,
    position: Option<usize>,
    matched: usize,
) -> usize {
    let last = matched.saturating_sub(limit);
    let asked = offset.min(last);
    match position {
        Some(at) if !(asked..asked.saturating_add(limit)).contains(&at) => {
            at.saturating_sub(limit / 2).min(last)
        }
        _ => asked,
    }
}

fn listed<T: Mirrored>(model: &Model, scope: &Scope) -> Listed {
    let rights = |relation: Relation, kind, id: &str| match model.ordinal(kind, id) {
        Some(left) => Listed::Rights(relation, left),
        None => Listed::Nothing,
    };
    let lefts = |relation: Relation, kind, id: &str| match model.ordinal(kind, id) {
        Some(right) => Listed::Lefts(relation, right),
        None => Listed::Nothing,
    };
    match (scope, T::KIND) {
        (Scope::All, _) => Listed::All,
        (Scope::OfGroup(id), Kind::User) => rights(Relation::Members, Kind::Group, id.as_str()),
        (Scope::OfGroup(id), Kind::App) => lefts(Relation::AppGroups, Kind::Group, id.as_str()),
        (Scope::OfApp(id), Kind::User) => rights(Relation::AppUsers, Kind::App, id.as_str()),
        (Scope::OfApp(id), Kind::Group) => rights(Relation::AppGroups, Kind::App, id.as_str()),
        (Scope::OfUser(id), Kind::Group) => lefts(Relation::Members, Kind::User, id.as_str()),
        (Scope::OfUser(id), Kind::App) => lefts(Relation::AppUsers, Kind::User, id.as_str()),
        _ => Listed::Nothing,
    }
}

/// Whether the list was read completely at least once. That a group or a user has no apps says nothing where apps cannot be read: Okta
/// then leaves them out of every list.
fn complete<T: Mirrored>(model: &Model, listed: Listed, known: Knowledge) -> bool {
    let of_group = |group| model.related_to_group(group, known);
    let of_app = |app| model.related_to_app(app, known);
    match listed {
        Listed::All => model.completed(T::RESOURCE).is_some(),
        Listed::Rights(Relation::Members, group) => of_group(group).users.is_some(),
        Listed::Rights(Relation::AppUsers, app) => of_app(app).users.is_some(),
        Listed::Rights(Relation::AppGroups, app) => of_app(app).groups.is_some(),
        Listed::Lefts(Relation::AppUsers | Relation::AppGroups, ..)
            if model.completed(Resource::Apps).is_none() =>
        {
            false
        }
        Listed::Lefts(Relation::Members, _) => known.members,
        Listed::Lefts(Relation::AppUsers, _) => known.app_users,
        Listed::Lefts(Relation::AppGroups, group) => of_group(group).apps.is_some(),
        Listed::Nothing => false,
    }
}

impl Listed {
    /// The ordinals in the scope; `None` for all of the kind.
    fn members(self, model: &Model) -> Result<Option<Vec<u32>>, Lack> {
        match self {
            Self::All => Ok(None),
            Self::Rights(relation, left) => model.links(relation).rights(left).map(Some),
            Self::Lefts(relation, right) => model.links(relation).lefts(right).map(Some),
            Self::Nothing => Ok(Some(Vec::new())),
        }
    }

    fn link_key(self, model: &Model, ordinal: u32) -> Result<Option<LinkKey>, Lack> {
        let (relation, left, right) = match self {
            Self::Rights(relation, left) => (relation, left, ordinal),
            Self::Lefts(relation, right) => (relation, ordinal, right),
            Self::All | Self::Nothing => return Ok(None),
        };
        let through = match relation {
            Relation::AppUsers => giving_groups(model, left, right)?,
            Relation::Members | Relation::AppGroups => Vec::new(),
        };
        Ok(Some(LinkKey {
            relation,
            key: pair(left, right),
            through,
        }))
    }
}

/// The groups that are assigned to the app and have the user as a member.
fn giving_groups(model: &Model, app: u32, user: u32) -> Result<Vec<(GroupId, SafeText)>, Lack> {
    let of_user = model.links(Relation::Members).lefts(user)?;
    let of_app = model.links(Relation::AppGroups).rights(app)?;
    let common = of_app
        .iter()
        .filter(|group| of_user.binary_search(group).is_ok());
    Ok(common
        .filter_map(|group| named_group(model, *group))
        .collect())
}

pub(super) fn named_group(model: &Model, ordinal: u32) -> Option<(GroupId, SafeText)> {
    let record = model.groups.record(ordinal)?;
    let name = match &record.value {
        Some(group) => group.name.clone(),
        None => SafeText::new(&record.id),
    };
    Some((record.id.parse().ok()?, name))
}

/// The group that Okta itself names as the giver comes first, also when the mirror has not seen its members.
pub(super) fn put_named_first(
    model: &Model,
    through: &mut Vec<(GroupId, SafeText)>,
    named: &GroupId,
) {
    let group = if let Some(at) = through.iter().position(|(id, _)| id == named) {
        through.remove(at)
    } else {
        let known = model.groups.ordinal(named.as_str());
        let known = known.and_then(|ordinal| named_group(model, ordinal));
        known.unwrap_or_else(|| (named.clone(), SafeText::new(named.as_str())))
    };
    through.insert(0, group);
}

impl<T: Mirrored> Window<T> {
    /// Reads from disk what the rows need beside their values. A row whose link ended in the meantime keeps an empty `via`.
    pub(super) fn complete(
        self,
        transaction: &ReadTransaction,
        with_raw: bool,
        names: &Shared,
    ) -> Result<Rows<T>, Fault> {
        let raws = tables::read_raws(transaction, T::KIND)?;
        let mut squeezer = Squeezer::new(sample(T::KIND))?;
        let mut rows = Vec::with_capacity(self.rows.len());
        for (mut row, ordinal, link) in self.rows {
            if with_raw && let Some(bytes) = raws.get(ordinal)? {
                row.raw = Some(squeezer.decompress_json(bytes.value())?);
            }
            if let Some(link) = link {
                row.via = Some(via(transaction, link, names)?);
            }
            rows.push(row);
        }
        Ok(Rows {
            rows,
            offset: self.offset,
            matched: self.matched,
            total: self.total,
            position: self.position,
            complete: self.complete,
            searched: self.searched,
        })
    }
}

fn via(transaction: &ReadTransaction, link: LinkKey, names: &Shared) -> Result<Via, Fault> {
    let links = tables::read_links(transaction, link.relation)?;
    let stored = match links.get(link.key)? {
        Some(bytes) => Link::decode(bytes.value())?,
        None => Link::default(),
    };
    let mut through = link.through;
    let by_group = stored
        .assignment
        .as_ref()
        .filter(|it| it.scope == AssignmentScope::Group);
    if let Some(named) = by_group.and_then(|it| it.group.as_ref()) {
        put_named_first(&names.look(), &mut through, named);
    }
    Ok(Via {
        since: stored.spans.last().map(|span| span.from),
        is_proven: stored
            .spans
            .last()
            .is_some_and(|span| span.began_by.is_some()),
        assignment: stored.assignment,
        through,
    })
}
