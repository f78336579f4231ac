//! `/api/v1/apps` and what hangs below one application.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::json::Object;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::{self, View};
use crate::sim::search::apps::Query;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::app::GroupAssignment;
use crate::sim::world::assigned::Assigned;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};

pub mod write;

/// The routes of applications.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/apps", get(list))
        .route("/api/v1/apps/{app}", get(one))
        .route("/api/v1/apps/{app}/users", get(users))
        .route("/api/v1/apps/{app}/users/{user}", get(user))
        .route("/api/v1/apps/{app}/groups", get(groups))
        .route("/api/v1/apps/{app}/groups/{group}", get(group))
        .merge(write::router())
}

pub(super) fn named(world: &World, id: &str) -> Result<AppIx, ApiError> {
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
    let start = asked.start(|cursor| world.app_cursor(cursor))?;
    let apps = (start..world.apps().len())
        .map(AppIx::from_usize)
        .filter(|ix| wanted(*ix));
    // expand=user/{id} goes with filter=user.id eq "{id}" only, and for the same user.
    let expanded = asked.get("expand").and_then(|expand| {
        let id = expand.strip_prefix("user/")?;
        world.user_by_id(id)
    });
    let embedded = query
        .as_ref()
        .and_then(Query::user)
        .filter(|user| Some(*user) == expanded);
    let brief = asked.is_true("useOptimization");
    let write = |out: &mut String, ix: AppIx| {
        if brief {
            return render::app::write_brief(view, out, ix);
        }
        let of = embedded.and_then(|user| world.assigned(ix, user, view.now));
        let write_user = |o: &mut Object<'_>| {
            if let Some(of) = of {
                let mut text = String::new();
                render::app_user::write(view, &mut text, ix, of, false);
                o.raw("user", text);
            }
        };
        render::app::write(view, out, ix, of.is_some().then_some(&write_user));
    };
    Ok(asked.list(limit, apps, |ix| world.app(*ix).id, write))
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
    let start = asked.start(|cursor| world.user_cursor(cursor))?;
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
    let found = world
        .app_users_from(app, UserIx::from_usize(start), view.now)
        .filter(begins);
    let expand = asked.get("expand") == Some("user");
    let write = |out: &mut String, of: Assigned| {
        render::app_user::write(view, out, app, of, expand);
    };
    Ok(asked.list(limit, found, |of| world.user(of.user).id, write))
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
    let start = asked.start(|cursor| world.group_cursor(cursor))?;
    given.retain(|(_, given)| given.group.at() >= start);
    let expand = asked.get("expand") == Some("group");
    let write = |out: &mut String, (priority, given): (usize, GroupAssignment)| {
        render::app_user::write_group(view, out, app, priority, given, expand);
    };
    let id = |(_, given): &(usize, GroupAssignment)| world.group(given.group).id;
    Ok(asked.list(limit, given.into_iter(), id, write))
}

async fn group(
    State(service): State<Arc<Service>>,
    Path((id, group)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let app = named(&world, &id)?;
    let expand = asked.get("expand") == Some("group");
    let body = world
        .group_by_id(&group)
        .and_then(|wanted| write_group(view, app, wanted, expand))
        .ok_or_else(|| ApiError::not_found(&group, "ApplicationGroupAssignment"))?;
    Ok(page::json(body))
}

/// A group's assignment to an application; `None` when there is none.
fn write_group(view: View<'_>, app: AppIx, group: GroupIx, expand: bool) -> Option<String> {
    let mut given = view.world.app(app).groups.iter().enumerate();
    let (priority, given) = given.find(|(_, given)| given.group == group)?;
    let mut body = String::new();
    render::app_user::write_group(view, &mut body, app, priority, *given, expand);
    Some(body)
}
