//! `/api/v1/api-tokens`: what Okta tells of API tokens. Only those that work are there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::token;
use crate::sim::service::Service;

/// The routes of API tokens.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/api-tokens", get(list))
        .route("/api/v1/api-tokens/{token}", get(one))
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let listed = (0..world.tokens.len()).filter(|at| world.token_is_listed(*at, view.now));
    Ok(asked.all(listed, |out, at| token::write(view, out, &world.tokens[at])))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let found = world
        .token_by_id(&id)
        .filter(|at| world.token_is_listed(*at, view.now))
        .ok_or_else(|| ApiError::not_found(&id, "ApiToken"))?;
    let mut body = String::new();
    token::write(view, &mut body, &world.tokens[found]);
    Ok(page::json(body))
}
