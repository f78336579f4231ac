//! `/api/v1/meta/schemas`: what profiles of users and groups hold.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::service::Service;
use crate::sim::world::document::Kind;

/// The routes of schemas.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/meta/schemas/user/{schema}", get(of_users))
        .route("/api/v1/meta/schemas/group/default", get(of_groups))
}

async fn of_users(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let mut types = world.documents().of(Kind::UserType);
    let found = types.find(|(_, of)| {
        let default = id == "default" && of.body.get("default") == Some(&true.into());
        default || world.schema_of_type(of.id).as_str() == id
    });
    let (_, of) = found.ok_or_else(|| ApiError::not_found(&id, "UserSchema"))?;
    let view = service.view(&world, &asked);
    Ok(page::json(render::schema::of_users(view, of, &id)))
}

async fn of_groups(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    Ok(page::json(render::schema::of_groups(
        service.view(&world, &asked),
    )))
}
