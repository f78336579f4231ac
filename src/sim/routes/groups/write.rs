//! Creating, changing and deleting groups, and their members.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{post, put};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::named;
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::render::group::GroupParts;
use crate::sim::routes::body;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::index::{GroupIx, UserIx};

/// The most characters of a name and of a description.
const MOST: [(&str, usize); 2] = [("name", 255), ("description", 1_024)];

/// The routes that change groups.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/groups", post(create))
        .route("/api/v1/groups/{group}", put(replace).delete(remove))
        .route(
            "/api/v1/groups/{group}/users/{user}",
            put(add_member).delete(remove_member),
        )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    profile: Map<String, Value>,
}

/// A group's profile: its name, and its description if it has one.
struct Profile {
    name: String,
    description: Option<String>,
}

impl Profile {
    /// # Errors
    /// `E0000001` for what is too long, no text, or not in the schema.
    fn read(body: &Bytes) -> Result<Self, ApiError> {
        let sent: Sent = body::read(body)?;
        for (name, value) in &sent.profile {
            let most = MOST.iter().find(|(known, _)| known == name);
            let (_, most) = most.ok_or_else(|| {
                ApiError::validation(name, "The attribute is not defined in the schema")
            })?;
            match value {
                Value::Null => {}
                Value::String(text) if text.chars().count() <= *most => {}
                Value::String(_) => {
                    let cause = format!("The field must not exceed {most} characters");
                    return Err(ApiError::validation(name, &cause));
                }
                _ => {
                    return Err(ApiError::validation(
                        name,
                        "The value must be of type string",
                    ));
                }
            }
        }
        let text = |name: &str| sent.profile.get(name)?.as_str().map(str::to_owned);
        Ok(Self {
            name: text("name").unwrap_or_default(),
            description: text("description").filter(|text| !text.is_empty()),
        })
    }
}

fn shown(service: &Service, world: &World, asked: &Asked, group: GroupIx) -> Response {
    let mut text = String::new();
    let view = service.view(world, asked);
    render::group::write(
        view,
        &mut text,
        group,
        world.group(group),
        GroupParts::default(),
    );
    page::json(text)
}

async fn create(State(service): State<Arc<Service>>, asked: Asked, body: Bytes) -> Answer {
    let profile = Profile::read(&body)?;
    service.write(&asked, |world, cause| {
        let group = world.create_group(cause, &profile.name, profile.description.as_deref())?;
        Ok(shown(&service, world, &asked, group))
    })
}

/// What is not sent is gone: a group has no partial update.
async fn replace(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    let profile = Profile::read(&body)?;
    service.write(&asked, |world, cause| {
        let group = named(world, &id)?;
        world.editable(group)?;
        let held = world.group(group);
        let same = *held.name == *profile.name
            && held.description.as_deref() == profile.description.as_deref();
        if !same {
            world.update_group(cause, group, &profile.name, profile.description.as_deref())?;
        }
        Ok(shown(&service, world, &asked, group))
    })
}

async fn remove(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let group = named(world, &id)?;
        world.delete_group(cause, group)?;
        Ok(page::no_content())
    })
}

/// Group and user of a membership; both by id.
fn pair(world: &World, group: &str, user: &str) -> Result<(GroupIx, UserIx), ApiError> {
    let group = named(world, group)?;
    let user = world
        .user_by_id(user)
        .ok_or_else(|| ApiError::not_found(user, "User"))?;
    Ok((group, user))
}

async fn add_member(
    State(service): State<Arc<Service>>,
    Path((group, user)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let (group, user) = pair(world, &group, &user)?;
        world.add_member(cause, group, user)?;
        Ok(page::no_content())
    })
}

async fn remove_member(
    State(service): State<Arc<Service>>,
    Path((group, user)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let (group, user) = pair(world, &group, &user)?;
        world.remove_member(cause, group, user)?;
        Ok(page::no_content())
    })
}
