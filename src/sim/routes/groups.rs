//! `/api/v1/groups` and what hangs below one group.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::id::Id;
use crate::sim::json;
use crate::sim::page::{self, Asked};
use crate::sim::render::group::GroupParts;
use crate::sim::render::user::UserParts;
use crate::sim::render::{self, View};
use crate::sim::search::groups::{Field, Query};
use crate::sim::search::users::SortKey;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::group::Group;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};

/// The routes of groups.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/groups", get(list))
        .route("/api/v1/groups/{group}", get(one))
        .route("/api/v1/groups/{group}/users", get(users))
        .route("/api/v1/groups/{group}/apps", get(apps))
}

type Answer = Result<Response, ApiError>;

fn named(world: &World, id: &str) -> Result<GroupIx, ApiError> {
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
    let wanted = |group: &Group| {
        query
            .as_ref()
            .is_none_or(|query| query.matches(&world, group))
            && prefix
                .as_ref()
                .is_none_or(|prefix| group.name.to_lowercase().starts_with(prefix))
    };
    let all = (0..world.groups().len())
        .map(GroupIx::from_usize)
        .filter_map(|ix| Some((ix, world.listed_group(ix, view.now)?)))
        .filter(|(_, group)| wanted(group));
    if let (Some(path), true) = (asked.get("sortBy"), asked.get("search").is_some()) {
        return sorted(view, &asked, Field::read(path)?, limit, all.collect());
    }
    let after = match asked.after() {
        Some(cursor) => Some(
            world
                .group_cursor(cursor)
                .ok_or_else(ApiError::invalid_cursor)?,
        ),
        None => None,
    };
    let mut found: Vec<(GroupIx, &Group)> = all
        .filter(|(ix, _)| after.is_none_or(|after| ix.at() > after))
        .take(limit + 1)
        .collect();
    let more = page::cut(&mut found, limit) && prefix.is_none();
    let next = found.last().filter(|_| more).map(|(_, group)| group.id);
    let body = write_all(view, &asked, &found);
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
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
        let key = |group| SortKey::from(field.value(view.world, group));
        let by_key = key(a.1).cmp(&key(b.1));
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
    let body = write_all(view, asked, &rest);
    Ok(asked.page(body, next.as_deref(), limit))
}

fn write_all(view: View<'_>, asked: &Asked, groups: &[(GroupIx, &Group)]) -> String {
    let parts = parts(asked);
    let mut body = String::with_capacity(groups.len() * 900 + 2);
    json::array(&mut body, groups, |out, (ix, group)| {
        render::group::write(view, out, *ix, group, parts);
    });
    body
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
    let from = match asked.after() {
        Some(cursor) => {
            world
                .user_cursor(cursor)
                .ok_or_else(ApiError::invalid_cursor)?
                + 1
        }
        None => 0,
    };
    let mut members: Vec<UserIx> = world
        .members_from(group, UserIx::from_usize(from))
        .take(limit + 1)
        .collect();
    let more = page::cut(&mut members, limit);
    let mut body = String::with_capacity(members.len() * 1_600 + 2);
    json::array(&mut body, &members, |out, ix| {
        render::user::write(view, out, *ix, world.user(*ix), UserParts::default());
    });
    let next = members.last().filter(|_| more).map(|ix| world.user(*ix).id);
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
}

async fn apps(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let group = named(&world, &id)?;
    let limit = asked.limit(20, 200)?;
    let after = match asked.after() {
        Some(cursor) => Some(
            world
                .app_cursor(cursor)
                .ok_or_else(ApiError::invalid_cursor)?,
        ),
        None => None,
    };
    let given = world.apps_of_group(group).iter().copied();
    let mut apps: Vec<AppIx> = given
        .filter(|ix| after.is_none_or(|after| ix.at() > after))
        .take(limit + 1)
        .collect();
    let more = page::cut(&mut apps, limit);
    let mut body = String::new();
    json::array(&mut body, &apps, |out, ix| {
        render::app::write(view, out, *ix, None);
    });
    let next = apps.last().filter(|_| more).map(|ix| world.app(*ix).id);
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
}
