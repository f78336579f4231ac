//! Switching the secrets of OAuth clients on and off, and deleting them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, post};

use super::{credentials, of_app};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::client;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::client::Secret;
use crate::sim::world::index::ClientIx;

/// The routes that change credentials.
pub fn router() -> Router<Arc<Service>> {
    const SECRET: &str = "/api/v1/apps/{app}/credentials/secrets/{secret}";
    Router::new()
        .route(SECRET, delete(remove))
        .route(&format!("{SECRET}/lifecycle/activate"), post(activate))
        .route(&format!("{SECRET}/lifecycle/deactivate"), post(deactivate))
}

/// A client's secret; its keys are no secrets.
fn secret(world: &World, client: ClientIx, id: &str) -> Result<Secret, ApiError> {
    let secrets = &world.client(client).secrets;
    secrets
        .iter()
        .find(|secret| secret.id.as_str() == id)
        .copied()
        .ok_or_else(|| ApiError::not_found(id, "OAuth2ClientSecret"))
}

async fn activate(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, (&app, &id), true)
}

async fn deactivate(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, (&app, &id), false)
}

fn switch(service: &Service, asked: &Asked, (app, id): (&str, &str), active: bool) -> Answer {
    service.write(asked, |world, cause| {
        let client = of_app(world, app)?;
        secret(world, client, id)?;
        world.set_credential_active(cause, client, id, active)?;
        let own = credentials(asked, world.client(client));
        let now = secret(world, client, id)?;
        let mut text = String::new();
        client::write_secret(service.view(world, asked), &mut text, &now, &own, true);
        Ok(page::json(text))
    })
}

async fn remove(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let client = of_app(world, &app)?;
        secret(world, client, &id)?;
        world.delete_credential(cause, client, &id)?;
        Ok(page::no_content())
    })
}
