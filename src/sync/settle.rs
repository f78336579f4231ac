//! Settling hints: reading by id what log events named, and taking the answers into the mirror.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::config::sync_settings::Exclusions;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::id::{AppId, EventUuid, GroupId, ObjectId, UserId};
use crate::domain::query::{EventAnchor, EventQuery};
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::okta::{self, Item};
use crate::store::{self, DirectoryOp, QueryError, StaleList, Store};

use super::context::{Context, Failure};
use super::entries;
use super::entries::lists::Extent;
use super::floor::{self, pages};
use super::gathered::Crowd;
use super::hint::{Deed, Fetch, Hint, Sizes, plan};
use super::lists::{Reading, read_list};
use super::log_tail::{Hinted, hinted};
use super::sweep::{Swept, keep_one};

/// Reads by id that are under way at the same time.
const AT_ONCE: usize = 4;

/// Sizes as the mirror knows them.
struct Known(BTreeMap<GroupId, u64>, BTreeMap<AppId, u64>);

impl Sizes for Known {
    fn member_pages(&self, group: &GroupId) -> Option<usize> {
        self.0
            .get(group)
            .map(|n| usize::try_from(pages(*n, 1_000)).unwrap_or(usize::MAX))
    }

    fn app_user_pages(&self, app: &AppId) -> Option<usize> {
        self.1
            .get(app)
            .map(|n| usize::try_from(pages(*n, 500)).unwrap_or(usize::MAX))
    }
}

/// The mark that says up to which moment of publication hints are settled.
const SETTLED: &str = "hints.settled";
/// Events that were persisted late may hint at something before that moment.
const LATE: Duration = Duration::from_mins(15);

/// Hints of stored events that a process which was cut off had not settled; `None` when there was no such process.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn unsettled(store: &Store) -> Result<Option<Vec<Hinted>>, store::Error> {
    let settled = store.directory.mark(SETTLED)?;
    let Some(settled) = settled.and_then(|text| text.parse().ok()) else {
        return Ok(None);
    };
    let since = Some(time::before(settled, LATE));
    let mut query = EventQuery {
        anchor: EventAnchor::Oldest,
        since,
        limit: 1_000,
        ..EventQuery::default()
    };
    let mut found = Crowd::default();
    loop {
        let window = match store.events.window(&query, settled) {
            Ok(window) => window,
            Err(QueryError::Store(error)) => return Err(error),
            Err(_) => unreachable!("there is no filter and no order to be wrong"),
        };
        let hints = window.rows.iter().flat_map(|row| hinted(&row.event));
        hints.for_each(|hint| found.add(hint));
        match window.rows.last() {
            Some(last) => query.anchor = EventAnchor::After(last.pos),
            None => return Ok(Some(found.into_vec())),
        }
    }
}

/// Remembers that every hint published before `low_water` is settled.
///
/// # Errors
/// When the mirror cannot be written.
pub(super) async fn mark(context: &Context, low_water: Timestamp) -> Result<(), Failure> {
    let value = Some(time::format_okta(low_water));
    let op = DirectoryOp::Mark {
        key: SETTLED.to_owned(),
        value,
    };
    context.store.directory.apply(op).await?;
    Ok(())
}

/// The lists below groups or apps, as far as they decide a floor.
pub(super) fn sizes_below(store: &Store, resource: Resource) -> floor::Sizes {
    let sizes = store.directory.list_sizes(resource);
    match resource {
        Resource::Memberships => floor::Sizes {
            members: sizes,
            ..floor::Sizes::default()
        },
        Resource::AppGroups => floor::Sizes {
            group_apps: sizes,
            ..floor::Sizes::default()
        },
        _ => floor::Sizes {
            app_users: sizes,
            ..floor::Sizes::default()
        },
    }
}

/// Settles `hints` with the fewest reads.
///
/// # Errors
/// The first failure; the other reads are done all the same.
pub(super) async fn settle(
    context: &Context,
    hints: Vec<(Hint, EventUuid)>,
) -> Result<(), Failure> {
    let hints = context.read(move |store| widened(store, hints)).await?;
    let sizes = sizes(context, &hints).await?;
    let fetches = plan(&hints, &sizes);
    let one = |fetch| {
        let context = context.clone();
        async move { read(&context, fetch).await }
    };
    let mut reads = futures_util::stream::iter(fetches)
        .map(one)
        .buffer_unordered(AT_ONCE);
    let mut first_failure = None;
    while let Some(outcome) = reads.next().await {
        if let Err(failure) = outcome {
            first_failure.get_or_insert(failure);
        }
    }
    first_failure.map_or(Ok(()), Err)
}

async fn sizes(context: &Context, hints: &[(Hint, EventUuid)]) -> Result<Known, Failure> {
    let groups: BTreeSet<GroupId> = hints
        .iter()
        .filter_map(|(hint, _)| match hint {
            Hint::Membership(group, ..) => Some(group.clone()),
            _ => None,
        })
        .collect();
    let apps: BTreeSet<AppId> = hints
        .iter()
        .filter_map(|(hint, _)| match hint {
            Hint::AppUser(app, ..) => Some(app.clone()),
            _ => None,
        })
        .collect();
    Ok(context
        .read(move |store| Ok(known_sizes(store, groups, apps)))
        .await?)
}

fn known_sizes(store: &Store, groups: BTreeSet<GroupId>, apps: BTreeSet<AppId>) -> Known {
    let members = |group: GroupId| store.directory.member_count(&group).map(|n| (group, n));
    let users = |app: AppId| store.directory.app_user_count(&app).map(|n| (app, n));
    Known(
        groups.into_iter().filter_map(members).collect(),
        apps.into_iter().filter_map(users).collect(),
    )
}

async fn read(context: &Context, fetch: Fetch) -> Result<(), Failure> {
    match fetch {
        Fetch::User { id, deleted } => {
            let answer = context.reader.user(&id).await;
            take(context, answer, ObjectId::User(id), deleted).await
        }
        Fetch::Group { id, deleted } => {
            let answer = context.reader.group(&id).await;
            take(context, answer, ObjectId::Group(id), deleted).await
        }
        Fetch::App { id, deleted } => {
            let answer = context.reader.app(&id).await;
            take(context, answer, ObjectId::App(id), deleted).await
        }
        Fetch::GroupsOfUser { user, groups, all } => {
            groups_of_user(context, user, groups, all).await
        }
        Fetch::Members(group, _) => {
            let object = ObjectId::Group(group.clone());
            list_below(context, object, StaleList::Members(group)).await
        }
        Fetch::AppsOfGroup(group) => {
            let object = ObjectId::Group(group.clone());
            list_below(context, object, StaleList::AppsOfGroup(group)).await
        }
        Fetch::AppUsers(app) => {
            let object = ObjectId::App(app.clone());
            list_below(context, object, StaleList::AppUsers(app)).await
        }
        Fetch::AppUser(app, user, deed) => app_user(context, app, user, deed).await,
        Fetch::Lists(resource, evidence) => lists_of(context, resource, evidence).await,
        Fetch::List(kind, parent, evidence) => {
            entries::read_one(context, kind, parent, Some(evidence)).await
        }
        Fetch::Policy(id, evidence) => policy(context, id, evidence).await,
        Fetch::Device(id, evidence) => entries::read_device(context, id, evidence).await,
    }
}

/// Reads the lists of a resource again. Below custom roles and resource sets nothing tells which of them changed.
async fn lists_of(
    context: &Context,
    resource: Resource,
    evidence: EventUuid,
) -> Result<(), Failure> {
    let since = context.server_now();
    let extent = match resource {
        Resource::Roles => Extent::Whole { since },
        _ => Extent::Top,
    };
    let finished = entries::read_entries(context, resource, extent, Some(evidence)).await?;
    match finished.trouble {
        Some(failure) if !failure.is_refusal() => Err(failure),
        _ => Ok(()),
    }
}

/// Reads a policy again with its rules and apps: the list of its type, or all lists of policies when it is new.
async fn policy(context: &Context, id: EntryId, evidence: EventUuid) -> Result<(), Failure> {
    let known = context.read(|store| Ok(store.directory.entries_below(EntryKind::Policy, None)));
    let known = known.await?;
    let of_type = known
        .into_iter()
        .find(|policy| policy.key.id == id)
        .and_then(|policy| policy.key.parent);
    let Some(of_type) = of_type else {
        return lists_of(context, Resource::Policies, evidence).await;
    };
    entries::read_one(context, EntryKind::Policy, of_type.clone(), Some(evidence)).await?;
    entries::read_one(context, EntryKind::PolicyRule, id.clone(), Some(evidence)).await?;
    if entries::lists::has_apps(&of_type) {
        entries::read_one(context, EntryKind::PolicyMapping, id, Some(evidence)).await?;
    }
    Ok(())
}

/// What follows from hints by what the mirror knows: whoever joins or leaves a group that holds admin roles has others now, and so have
/// the members of a group that was given one or lost it.
fn widened(
    store: &Store,
    hints: Vec<(Hint, EventUuid)>,
) -> Result<Vec<(Hint, EventUuid)>, store::Error> {
    let mut all = hints;
    let roles = |user: &UserId| {
        let user = user.as_str().parse().ok()?;
        Some(Hint::List(EntryKind::UserRole, user))
    };
    for (hint, evidence) in all.clone() {
        match hint {
            Hint::Membership(group, user, _) if holds_roles(store, group.as_str()) => {
                all.push((Hint::Lists(Resource::Admins), evidence));
                all.extend(roles(&user).map(|hint| (hint, evidence)));
            }
            Hint::List(EntryKind::GroupRole, group) => {
                let admins = store.directory.entries_below(EntryKind::Admin, None);
                let admins = admins
                    .into_iter()
                    .filter_map(|admin| admin.key.id.as_str().parse::<UserId>().ok());
                for admin in admins {
                    let groups = store.directory.groups_of(&admin)?;
                    if groups.iter().any(|one| one.as_str() == group.as_str()) {
                        all.extend(roles(&admin).map(|hint| (hint, evidence)));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(all)
}

fn holds_roles(store: &Store, group: &str) -> bool {
    let Ok(group) = group.parse() else {
        return false;
    };
    let roles = store
        .directory
        .entries_below(EntryKind::GroupRole, Some(&group));
    !roles.is_empty()
}

/// Takes the answer to a read by id: the object, or that it is gone. Gone without a delete event is left to the sweeps.
async fn take<K: Swept>(
    context: &Context,
    answer: Result<Item<K>, okta::Error>,
    object: ObjectId,
    deleted: Option<EventUuid>,
) -> Result<(), Failure> {
    let at = context.server_now();
    let op = match answer {
        Ok(item) => keep_one(context, item, at),
        Err(error) if error.is_not_found() && deleted.is_some() => DirectoryOp::Archive {
            object,
            at,
            evidence: deleted,
        },
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    context.store.directory.apply(op).await?;
    Ok(())
}

/// Whether the configuration leaves this object out: then nothing that hangs below it is kept either.
async fn is_left_out(context: &Context, object: ObjectId) -> Result<bool, Failure> {
    if context.settings.exclude == Exclusions::default() {
        return Ok(false);
    }
    Ok(!context
        .read(move |store| store.directory.has(&object))
        .await?)
}

async fn list_below(context: &Context, object: ObjectId, list: StaleList) -> Result<(), Failure> {
    if is_left_out(context, object).await? {
        return Ok(());
    }
    read_list(context, list).await
}

/// Settles memberships of a user by the list of the user's groups. Of a user who is gone, they are over.
async fn groups_of_user(
    context: &Context,
    user: UserId,
    groups: BTreeMap<GroupId, Deed>,
    all: bool,
) -> Result<(), Failure> {
    let listed = match listed_groups(context, &user).await {
        Err(Failure::Okta(error)) if error.is_not_found() => BTreeSet::new(),
        listed => listed?,
    };
    let at = context.server_now();
    let changed = |group: GroupId, deed: Option<Deed>| {
        let present = listed.contains(&group);
        DirectoryOp::MemberChanged {
            group,
            user: user.clone(),
            present,
            at,
            evidence: deed.and_then(|deed| deed.proves(present)),
        }
    };
    let mut ops = Vec::new();
    for (group, deed) in &groups {
        if !is_left_out(context, ObjectId::Group(group.clone())).await? {
            ops.push(changed(group.clone(), Some(*deed)));
        }
    }
    if all {
        let of_user = user.clone();
        let mirrored = context
            .read(move |store| store.directory.groups_of(&of_user))
            .await?;
        let mirrored: BTreeSet<GroupId> = mirrored.into_iter().collect();
        for group in mirrored.symmetric_difference(&listed) {
            let is_kept = !is_left_out(context, ObjectId::Group(group.clone())).await?;
            if is_kept && !groups.contains_key(group) {
                ops.push(changed(group.clone(), None));
            }
        }
    }
    context.store.directory.apply(ops).await?;
    Ok(())
}

async fn listed_groups(context: &Context, user: &UserId) -> Result<BTreeSet<GroupId>, Failure> {
    let mut reading = Reading::default();
    while let Some(cursor) = reading.next() {
        let page = context.reader.user_groups(user, &cursor).await?;
        reading.take(context, page, |item| item.value.id)?;
    }
    let (groups, ..) = reading.finish(context)?;
    Ok(groups.into_items().into_iter().collect())
}

async fn app_user(context: &Context, app: AppId, user: UserId, deed: Deed) -> Result<(), Failure> {
    if is_left_out(context, ObjectId::App(app.clone())).await? {
        return Ok(());
    }
    let assignment = match context.reader.app_user(&app, &user).await {
        Ok(item) => Some((item.value, item.raw)),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let at = context.server_now();
    let op = DirectoryOp::AppUserChanged {
        app,
        user,
        evidence: deed.proves(assignment.is_some()),
        assignment,
        at,
    };
    context.store.directory.apply(op).await?;
    Ok(())
}

/// Reads one object and all that hangs below it, because a person asked for it.
///
/// # Errors
/// When something of it cannot be read or stored, or Okta has no such object.
pub(super) async fn refresh(context: &Context, object: ObjectId) -> Result<(), Failure> {
    match object {
        ObjectId::User(id) => {
            store_one(context, context.reader.user(&id).await?).await?;
            let own = id.as_str().parse::<EntryId>().ok();
            for kind in [EntryKind::UserRole, EntryKind::Factor] {
                if let Some(own) = &own {
                    entries::read_one(context, kind, own.clone(), None).await?;
                }
            }
            groups_of_user(context, id, BTreeMap::new(), true).await
        }
        ObjectId::Group(id) => {
            store_one(context, context.reader.group(&id).await?).await?;
            list_below(
                context,
                ObjectId::Group(id.clone()),
                StaleList::Members(id.clone()),
            )
            .await?;
            list_below(
                context,
                ObjectId::Group(id.clone()),
                StaleList::AppsOfGroup(id),
            )
            .await
        }
        ObjectId::App(id) => {
            store_one(context, context.reader.app(&id).await?).await?;
            list_below(context, ObjectId::App(id.clone()), StaleList::AppUsers(id)).await
        }
    }
}

async fn store_one<K: Swept>(context: &Context, item: Item<K>) -> Result<(), Failure> {
    let op = keep_one(context, item, context.server_now());
    context.store.directory.apply(op).await?;
    Ok(())
}
