//! `/api/v1/users` and what hangs below one user.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::Value;

use crate::sim::error::ApiError;
use crate::sim::id::Id;
use crate::sim::json;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::principal::Principal;
use crate::sim::render::group::GroupParts;
use crate::sim::render::user::UserParts;
use crate::sim::render::{self, View};
use crate::sim::search::users::{Field, Query, SortKey};
use crate::sim::service::Service;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::index::UserIx;
use crate::sim::world::user::{Status, User};

pub mod access;
pub mod credentials;
pub mod fields;
pub mod lifecycle;
pub mod profile;
pub mod tag;
pub mod write;

/// The routes of users.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/users", get(list))
        .route("/api/v1/users/{user}", get(one))
        .route("/api/v1/users/{user}/groups", get(groups))
        .route("/api/v1/users/{user}/appLinks", get(app_links))
        .merge(write::router())
        .merge(lifecycle::router())
        .merge(access::router())
}

/// The user that a path names: an id, a login, a login without its domain, or `me`.
pub(super) fn named(world: &World, asked: &Asked, name: &str) -> Result<UserIx, ApiError> {
    let found = if name == "me" {
        asked.caller.as_ref().and_then(Principal::me)
    } else {
        world.user_by_name(name)
    };
    found.ok_or_else(|| ApiError::not_found(name, "User"))
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
    if let (None, Some(prefix)) = (&query, asked.get("q")) {
        return find(view, &asked, prefix);
    }
    let limit = asked.limit(200, 200)?;
    if let (Some(query), Some(path), true) =
        (&query, asked.get("sortBy"), asked.get("search").is_some())
    {
        let field = Field::read(path)?;
        return sorted(view, &asked, query, &field, limit);
    }
    let start = asked.start(|cursor| world.user_cursor(cursor))?;
    // Only a plain list leaves the deactivated out.
    let wanted = |ix, user: &User| match &query {
        Some(query) => query.matches(&world, ix, user),
        None => user.status != Status::Deprovisioned,
    };
    // The index that searches and filters look into trails behind; a plain list does not need it.
    let seen = |ix: UserIx| match &query {
        Some(_) => world.listed_user(ix, view.now),
        None => Some(world.user(ix)).filter(|user| !user.deleted),
    };
    let mut found: Vec<(UserIx, &User)> = (start..world.users().len())
        .map(UserIx::from_usize)
        .filter_map(|ix| Some((ix, seen(ix)?)))
        .filter(|(ix, user)| wanted(*ix, user))
        .take(limit + 1)
        .collect();
    let more = page::cut(&mut found, limit);
    let next = found.last().filter(|_| more).map(|(_, user)| user.id);
    let body = write_all(view, &asked, &found)?;
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
}

/// `q`: who has a first name, last name or address that begins so; ten of them, and no further page.
fn find(view: View<'_>, asked: &Asked, prefix: &str) -> Answer {
    let limit = asked.limit(10, 200)?;
    let prefix = prefix.to_lowercase();
    let begins = |text: &str| text.to_lowercase().starts_with(&prefix);
    let found: Vec<(UserIx, &User)> = (0..view.world.users().len())
        .map(UserIx::from_usize)
        .map(|ix| (ix, view.world.user(ix)))
        .filter(|(_, user)| {
            let profile = &user.profile;
            !user.deleted
                && user.status != Status::Deprovisioned
                && [&profile.first_name, &profile.last_name, &profile.email]
                    .into_iter()
                    .any(|text| begins(text))
        })
        .take(limit)
        .collect();
    Ok(asked.whole(write_all(view, asked, &found)?))
}

/// A search in the order of a property; equal ones in the order of ids.
fn sorted(view: View<'_>, asked: &Asked, query: &Query, field: &Field, limit: usize) -> Answer {
    let descending = asked
        .get("sortOrder")
        .is_some_and(|order| order.to_lowercase().starts_with("desc"));
    let mut found: Vec<(SortKey, UserIx, &User)> = (0..view.world.users().len())
        .map(UserIx::from_usize)
        .filter_map(|ix| Some((ix, view.world.listed_user(ix, view.now)?)))
        .filter(|(ix, user)| query.matches(view.world, *ix, user))
        .map(|(ix, user)| (field.value(view.world, ix, user).into(), ix, user))
        .collect();
    let order = |a: &(SortKey, UserIx), b: &(SortKey, UserIx)| {
        let by_key = a.0.cmp(&b.0);
        let by_key = if descending { by_key.reverse() } else { by_key };
        by_key.then(a.1.cmp(&b.1))
    };
    found.sort_by(|a, b| order(&(a.0.clone(), a.1), &(b.0.clone(), b.1)));
    if let Some(cursor) = asked.after() {
        let last = position(&page::open(cursor)?)?;
        found.retain(|(key, ix, _)| order(&(key.clone(), *ix), &last).is_gt());
    }
    let more = page::cut(&mut found, limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|(key, ix, _)| page::seal(&mark(key, *ix)));
    let users: Vec<(UserIx, &User)> = found.iter().map(|(_, ix, user)| (*ix, *user)).collect();
    let body = write_all(view, asked, &users)?;
    Ok(asked.page(body, next.as_deref(), limit))
}

/// A position in a sorted list, as text.
fn mark(key: &SortKey, ix: UserIx) -> String {
    match key {
        SortKey::Absent => format!("{}:-", ix.0),
        SortKey::Number(number) => format!("{}:n{number}", ix.0),
        SortKey::Text(text) => format!("{}:t{text}", ix.0),
    }
}

/// Reads what [`mark`] wrote.
fn position(text: &str) -> Result<(SortKey, UserIx), ApiError> {
    let read = || {
        let (ix, key) = text.split_once(':')?;
        let ix = UserIx(ix.parse().ok()?);
        let key = match key.split_at_checked(1)? {
            ("-", "") => SortKey::Absent,
            ("n", number) => SortKey::Number(number.parse().ok()?),
            ("t", text) => SortKey::Text(text.to_owned()),
            _ => return None,
        };
        Some((key, ix))
    };
    read().ok_or_else(ApiError::invalid_cursor)
}

fn write_all(view: View<'_>, asked: &Asked, users: &[(UserIx, &User)]) -> Result<String, ApiError> {
    let parts = parts(asked, false);
    let mut body = String::with_capacity(users.len() * 1_600 + 2);
    match asked.get("fields") {
        None => json::array(&mut body, users, |out, (ix, user)| {
            render::user::write(view, out, *ix, user, parts);
        }),
        Some(text) => {
            let wanted = fields::Fields::read(text)?;
            json::array(&mut body, users, |out, (ix, user)| {
                let mut whole = String::new();
                render::user::write(view, &mut whole, *ix, user, parts);
                let tree: Value = serde_json::from_str(&whole).unwrap_or_default();
                out.push_str(&wanted.project(&tree).to_string());
            });
        }
    }
    Ok(body)
}

fn parts(asked: &Asked, all_links: bool) -> UserParts {
    let options = asked.response_options();
    let has = |wanted: &str| {
        options
            .split([',', '"', ' '])
            .any(|option| option == wanted)
    };
    UserParts {
        omit_credentials: has("omitCredentials"),
        omit_credentials_links: has("omitCredentialsLinks"),
        omit_transitioning: has("omitTransitioningToStatus"),
        all_links,
    }
}

async fn one(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let ix = named(&world, &asked, &name)?;
    let user = world.user(ix);
    let mut body = String::new();
    render::user::write(
        service.view(&world, &asked),
        &mut body,
        ix,
        user,
        parts(&asked, true),
    );
    let mut response = page::json(body);
    if let Ok(tag) = http::HeaderValue::from_str(&tag::of(&service, &world, ix)) {
        response.headers_mut().insert(http::header::ETAG, tag);
    }
    Ok(response)
}

async fn groups(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = named(&world, &asked, &name)?;
    let plain = GroupParts::default();
    Ok(asked.all(world.groups_of(user), |out, ix| {
        render::group::write(view, out, ix, world.group(ix), plain);
    }))
}

async fn app_links(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = named(&world, &asked, &name)?;
    let now: Millis = view.now;
    let active = world
        .apps_of(user, now)
        .into_iter()
        .filter(|app| world.app(*app).active)
        .filter_map(|app| Some((app, world.assigned(app, user, now)?)));
    Ok(asked.all(active.enumerate(), |out, (order, (app, of))| {
        render::app_user::write_link(view, out, app, of, order);
    }))
}
