//! `/api/v1/groups` and what hangs below one group.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::json;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::group::GroupParts;
use crate::sim::render::user::UserParts;
use crate::sim::render::{self, View};
use crate::sim::search::groups::{Field, Query};
use crate::sim::search::users::SortKey;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::group::Group;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};

pub mod write;

/// The routes of groups.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/groups", get(list))
        .route("/api/v1/groups/{group}", get(one))
        .route("/api/v1/groups/{group}/users", get(users))
        .route("/api/v1/groups/{group}/apps", get(apps))
        .merge(write::router())
}

pub(super) fn named(world: &World, id: &str) -> Result<GroupIx, ApiError> {
    world
        .group_by_id(id)
        .ok_or_else(|| ApiError::not_found(id, "UserGroup"))
}

fn parts(asked: &Asked) -> GroupParts {
    let expand = asked.get("expand").unwrap_or_default();
    let has = |wanted| expand.split(',').any(|part| part.trim() == wanted);
    GroupParts {
        stats: has("stats"),
        app: has("app"),
    }
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let query = match (asked.get("search"), asked.get("filter")) {
        (Some(_), Some(_)) => return Err(ApiError::search_and_filter()),
        (Some(text), None) => Some(Query::search(text)?),
        (None, Some(text)) => Some(Query::filter(text)?),
        (None, None) => None,
    };
    let prefix = asked.get("q").map(str::to_lowercase);
    let limit = match prefix {
        Some(_) => asked.limit(300, 300)?,
        None => asked.limit(10_000, 10_000)?,
    };
    let wanted = |ix: GroupIx, group: &Group| {
        query
            .as_ref()
            .is_none_or(|query| query.matches(&world, ix, group))
            && prefix
                .as_ref()
                .is_none_or(|prefix| group.name.to_lowercase().starts_with(prefix))
    };
    // As with users: only searches and filters look into the index.
    let seen = |ix: GroupIx| match &query {
        Some(_) => world.listed_group(ix, view.now),
        None => Some(world.group(ix)).filter(|group| !group.deleted),
    };
    let all = (0..world.groups().len())
        .map(GroupIx::from_usize)
        .filter_map(|ix| Some((ix, seen(ix)?)))
        .filter(|(ix, group)| wanted(*ix, group));
    if let (Some(path), true) = (asked.get("sortBy"), asked.get("search").is_some()) {
        return sorted(view, &asked, Field::read(path)?, limit, all.collect());
    }
    let start = asked.start(|cursor| world.group_cursor(cursor))?;
    let mut rest = all.skip_while(|(ix, _)| ix.at() < start);
    let parts = parts(&asked);
    let write = |out: &mut String, (ix, group): (GroupIx, &Group)| {
        render::group::write(view, out, ix, group, parts);
    };
    // A search by name is one page, whatever more there is.
    Ok(match prefix {
        Some(_) => asked.all(rest.by_ref().take(limit), write),
        None => asked.list(limit, rest, |(_, group)| group.id, write),
    })
}

/// A search in the order of a property; equal ones in the order of ids. The cursor is the number of groups already seen.
fn sorted(
    view: View<'_>,
    asked: &Asked,
    field: Field,
    limit: usize,
    mut found: Vec<(GroupIx, &Group)>,
) -> Answer {
    let descending = asked
        .get("sortOrder")
        .is_some_and(|order| order.to_lowercase().starts_with("desc"));
    found.sort_by(|a, b| {
        let key =
            |(ix, group): &(GroupIx, &Group)| SortKey::from(field.value(view.world, *ix, group));
        let by_key = key(a).cmp(&key(b));
        let by_key = if descending { by_key.reverse() } else { by_key };
        by_key.then(a.0.cmp(&b.0))
    });
    let seen: usize = match asked.after() {
        Some(cursor) => page::open(cursor)?
            .parse()
            .map_err(|_| ApiError::invalid_cursor())?,
        None => 0,
    };
    let mut rest = found.split_off(seen.min(found.len()));
    let next = page::cut(&mut rest, limit).then(|| page::seal(&(seen + limit).to_string()));
    let parts = parts(asked);
    let mut body = String::new();
    json::array(&mut body, rest, |out, (ix, group)| {
        render::group::write(view, out, ix, group, parts);
    });
    Ok(asked.page(body, next.as_deref(), limit))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let ix = named(&world, &id)?;
    let mut body = String::new();
    render::group::write(
        service.view(&world, &asked),
        &mut body,
        ix,
        world.group(ix),
        parts(&asked),
    );
    Ok(page::json(body))
}

async fn users(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let group = named(&world, &id)?;
    let limit = asked.limit(1_000, 1_000)?;
    let start = asked.start(|cursor| world.user_cursor(cursor))?;
    let members = world.members_from(group, UserIx::from_usize(start));
    let write = |out: &mut String, ix: UserIx| {
        render::user::write(view, out, ix, world.user(ix), UserParts::default());
    };
    Ok(asked.list(limit, members, |ix| world.user(*ix).id, write))
}

async fn apps(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let group = named(&world, &id)?;
    let limit = asked.limit(20, 200)?;
    let start = asked.start(|cursor| world.app_cursor(cursor))?;
    let given = world.apps_of_group(group).iter().copied();
    let rest = given.filter(|ix| ix.at() >= start);
    let write = |out: &mut String, ix: AppIx| render::app::write(view, out, ix, None);
    Ok(asked.list(limit, rest, |ix| world.app(*ix).id, write))
}
