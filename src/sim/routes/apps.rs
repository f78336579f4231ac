//! `/api/v1/apps` and what hangs below one application.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::id::Id;
use crate::sim::json::{self, Object};
use crate::sim::page::{self, Asked};
use crate::sim::render;
use crate::sim::search::apps::Query;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::app::GroupAssignment;
use crate::sim::world::assigned::Assigned;
use crate::sim::world::index::{AppIx, UserIx};

/// The routes of applications.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/apps", get(list))
        .route("/api/v1/apps/{app}", get(one))
        .route("/api/v1/apps/{app}/users", get(users))
        .route("/api/v1/apps/{app}/users/{user}", get(user))
        .route("/api/v1/apps/{app}/groups", get(groups))
        .route("/api/v1/apps/{app}/groups/{group}", get(group))
}

type Answer = Result<Response, ApiError>;

fn named(world: &World, id: &str) -> Result<AppIx, ApiError> {
    world
        .app_by_id(id)
        .ok_or_else(|| ApiError::not_found(id, "AppInstance"))
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let limit = asked.limit(20, 200)?;
    let query = match asked.get("filter") {
        Some(text) => Some(Query::filter(&world, text)?),
        None => None,
    };
    let inactive_too =
        asked.is_true("includeNonDeleted") || query.as_ref().is_some_and(Query::names_status);
    let prefix = asked.get("q").map(str::to_lowercase);
    let wanted = |ix: AppIx| {
        let app = world.app(ix);
        let begins = |prefix: &String| {
            app.label.to_lowercase().starts_with(prefix) || app.name.starts_with(prefix)
        };
        !app.deleted
            && (app.active || inactive_too)
            && prefix.as_ref().is_none_or(begins)
            && query
                .as_ref()
                .is_none_or(|query| query.matches(&world, ix, view.now))
    };
    let from = match asked.after() {
        Some(cursor) => {
            world
                .app_cursor(cursor)
                .ok_or_else(ApiError::invalid_cursor)?
                + 1
        }
        None => 0,
    };
    let mut apps: Vec<AppIx> = (from..world.apps().len())
        .map(AppIx::from_usize)
        .filter(|ix| wanted(*ix))
        .take(limit + 1)
        .collect();
    let more = page::cut(&mut apps, limit);
    // expand=user/{id} goes with filter=user.id eq "{id}" only.
    let embedded = query.as_ref().and_then(Query::user).filter(|_| {
        asked
            .get("expand")
            .is_some_and(|expand| expand.starts_with("user/"))
    });
    let mut body = String::new();
    json::array(&mut body, &apps, |out, ix| {
        let of = embedded.and_then(|user| world.assigned(*ix, user, view.now));
        let write_user = |o: &mut Object<'_>| {
            if let Some(of) = of {
                let mut text = String::new();
                render::app_user::write(view, &mut text, *ix, of, false);
                o.raw("user", text);
            }
        };
        render::app::write(view, out, *ix, of.is_some().then_some(&write_user));
    });
    let next = apps.last().filter(|_| more).map(|ix| world.app(*ix).id);
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let ix = named(&world, &id)?;
    let mut body = String::new();
    render::app::write(service.view(&world, &asked), &mut body, ix, None);
    Ok(page::json(body))
}

async fn users(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let app = named(&world, &id)?;
    let limit = asked.limit(50, 500)?;
    let from = match asked.after() {
        Some(cursor) => {
            world
                .user_cursor(cursor)
                .ok_or_else(ApiError::invalid_cursor)?
                + 1
        }
        None => 0,
    };
    let prefix = asked.get("q").map(str::to_lowercase);
    let begins = |of: &Assigned| {
        let profile = &world.user(of.user).profile;
        prefix.as_ref().is_none_or(|prefix| {
            [
                &profile.login,
                &profile.email,
                &profile.first_name,
                &profile.last_name,
            ]
            .into_iter()
            .any(|text| text.to_lowercase().starts_with(prefix))
        })
    };
    let mut found: Vec<Assigned> = world
        .app_users_from(app, UserIx::from_usize(from), view.now)
        .filter(begins)
        .take(limit + 1)
        .collect();
    let more = page::cut(&mut found, limit);
    let expand = asked.get("expand") == Some("user");
    let mut body = String::with_capacity(found.len() * 900 + 2);
    json::array(&mut body, &found, |out, of| {
        render::app_user::write(view, out, app, *of, expand);
    });
    let next = found
        .last()
        .filter(|_| more)
        .map(|of| world.user(of.user).id);
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
}

async fn user(
    State(service): State<Arc<Service>>,
    Path((id, user)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let app = named(&world, &id)?;
    let of = world
        .user_by_id(&user)
        .and_then(|user| world.assigned(app, user, view.now))
        .ok_or_else(|| ApiError::not_found(&user, "AppUser"))?;
    let mut body = String::new();
    let expand = asked.get("expand") == Some("user");
    render::app_user::write(view, &mut body, app, of, expand);
    Ok(page::json(body))
}

async fn groups(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let app = named(&world, &id)?;
    let limit = asked.limit(20, 200)?;
    let prefix = asked.get("q").map(str::to_lowercase);
    let begins = |given: &GroupAssignment| {
        let name = &world.group(given.group).name;
        prefix
            .as_ref()
            .is_none_or(|prefix| name.to_lowercase().starts_with(prefix))
    };
    // Assignments are listed by priority, which shifts when one goes: the cursor is the group last seen.
    let mut given: Vec<(usize, GroupAssignment)> = world
        .app(app)
        .groups
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, given)| begins(given))
        .collect();
    given.sort_by_key(|(_, given)| given.group);
    if let Some(cursor) = asked.after() {
        let last = world
            .group_cursor(cursor)
            .ok_or_else(ApiError::invalid_cursor)?;
        given.retain(|(_, given)| given.group.at() > last);
    }
    let more = page::cut(&mut given, limit);
    let expand = asked.get("expand") == Some("group");
    let mut body = String::new();
    json::array(&mut body, &given, |out, (priority, given)| {
        render::app_user::write_group(view, out, app, *priority, *given, expand);
    });
    let next = given
        .last()
        .filter(|_| more)
        .map(|(_, given)| world.group(given.group).id);
    Ok(asked.page(body, next.as_ref().map(Id::as_str), limit))
}

async fn group(
    State(service): State<Arc<Service>>,
    Path((id, group)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let app = named(&world, &id)?;
    let found = world
        .group_by_id(&group)
        .and_then(|wanted| {
            let mut given = world.app(app).groups.iter().enumerate();
            given.find(|(_, given)| given.group == wanted)
        })
        .ok_or_else(|| ApiError::not_found(&group, "ApplicationGroupAssignment"))?;
    let mut body = String::new();
    let expand = asked.get("expand") == Some("group");
    render::app_user::write_group(view, &mut body, app, found.0, *found.1, expand);
    Ok(page::json(body))
}
