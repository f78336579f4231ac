//! Giving applications to people and groups, taking them back, and switching applications on and off.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, post, put};
use serde::Deserialize;
use serde_json::Value;

use super::{named, write_group};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::routes::body;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::app::SignOn;
use crate::sim::world::happening::Scope;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};

/// The routes that change applications.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/apps/{app}", delete(remove))
        .route("/api/v1/apps/{app}/lifecycle/activate", post(activate))
        .route("/api/v1/apps/{app}/lifecycle/deactivate", post(deactivate))
        .route("/api/v1/apps/{app}/users", post(assign_user))
        .route("/api/v1/apps/{app}/users/{user}", delete(unassign_user))
        .route(
            "/api/v1/apps/{app}/groups/{group}",
            put(assign_group).delete(unassign_group),
        )
}

async fn activate(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, &id, true)
}

async fn deactivate(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, &id, false)
}

fn switch(service: &Service, asked: &Asked, id: &str, active: bool) -> Answer {
    service.write(asked, |world, cause| {
        let app = named(world, id)?;
        world.set_app_active(cause, app, active);
        Ok(page::done())
    })
}

async fn remove(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let app = named(world, &id)?;
        world.delete_app(cause, app)?;
        Ok(page::no_content())
    })
}

/// An assignment as it is sent; a profile of the application's own is taken and not kept.
#[derive(Debug, Deserialize)]
struct Sent {
    id: Option<String>,
    #[serde(default)]
    credentials: Credentials,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credentials {
    password: Option<Value>,
}

/// Whether people type a password for an application, so that an admin may set one.
fn takes_passwords(sign_on: SignOn) -> bool {
    matches!(
        sign_on,
        SignOn::AutoLogin | SignOn::BasicAuth | SignOn::BrowserPlugin | SignOn::SecurePasswordStore
    )
}

/// Whoever has it through a group has it directly from now on.
async fn assign_user(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    let sent: Sent = body::read(&body)?;
    let user = sent
        .id
        .ok_or_else(|| ApiError::validation("id", "The field cannot be left blank"))?;
    service.write(&asked, |world, cause| {
        let app = named(world, &id)?;
        let user = user_named(world, &user)?;
        if sent.credentials.password.is_some() && !takes_passwords(world.app(app).sign_on) {
            return Err(ApiError::no_credentials_here());
        }
        if !world.assign_user(cause, app, user)? {
            return Err(ApiError::already_assigned());
        }
        let of = world
            .assigned(app, user, cause.at)
            .ok_or_else(|| not_assigned(world, user))?;
        let mut text = String::new();
        render::app_user::write(service.view(world, &asked), &mut text, app, of, false);
        Ok(page::json(text))
    })
}

fn user_named(world: &World, id: &str) -> Result<UserIx, ApiError> {
    world
        .user_by_id(id)
        .ok_or_else(|| ApiError::not_found(id, "User"))
}

fn not_assigned(world: &World, user: UserIx) -> ApiError {
    ApiError::not_found(world.user(user).id.as_str(), "AppUser")
}

async fn unassign_user(
    State(service): State<Arc<Service>>,
    Path((id, user)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let app = named(world, &id)?;
        let user = user_named(world, &user)?;
        let by_group = world.app_scope(app, user, cause.at) == Some(Scope::Group);
        if !by_group && world.assigned(app, user, cause.at).is_none() {
            return Err(not_assigned(world, user));
        }
        world.unassign_user(cause, app, user)?;
        Ok(page::no_content())
    })
}

fn pair(world: &World, app: &str, group: &str) -> Result<(AppIx, GroupIx), ApiError> {
    let app = named(world, app)?;
    let group = crate::sim::routes::groups::named(world, group)?;
    Ok((app, group))
}

/// The same once more is fine and nothing new. Members have the application a moment later.
async fn assign_group(
    State(service): State<Arc<Service>>,
    Path((id, group)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let (app, group) = pair(world, &id, &group)?;
        world.assign_group(cause, app, group)?;
        let text = write_group(service.view(world, &asked), app, group, false);
        text.map(page::json)
            .ok_or_else(|| no_assignment(world, group))
    })
}

fn no_assignment(world: &World, group: GroupIx) -> ApiError {
    ApiError::not_found(world.group(group).id.as_str(), "ApplicationGroupAssignment")
}

async fn unassign_group(
    State(service): State<Arc<Service>>,
    Path((id, group)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| -> Result<Response, ApiError> {
        let (app, group) = pair(world, &id, &group)?;
        world.unassign_group(cause, app, group)?;
        Ok(page::no_content())
    })
}
