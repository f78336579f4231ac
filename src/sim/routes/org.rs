//! The org itself, with and without a credential.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::sim::page::{self, Asked};
use crate::sim::render;
use crate::sim::service::Service;

/// The routes of the org.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/org", get(settings))
        .route("/.well-known/okta-organization", get(well_known))
}

async fn settings(State(service): State<Arc<Service>>, asked: Asked) -> Response {
    let world = service.org.world();
    page::json(render::org::settings(service.view(&world, &asked)))
}

async fn well_known(State(service): State<Arc<Service>>, asked: Asked) -> Response {
    let world = service.org.world();
    page::json(render::org::well_known(service.view(&world, &asked)))
}
