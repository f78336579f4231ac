//! `/api/v1/api-tokens`: what Okta tells of API tokens. Only those that work are there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::principal::Principal;
use crate::sim::render::token;
use crate::sim::service::Service;

/// The routes of API tokens.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/api-tokens", get(list))
        .route("/api/v1/api-tokens/{token}", get(one).delete(revoke))
        .route("/api/v1/api-tokens/current", delete(revoke_own))
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

async fn revoke(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let found = world
            .token_by_id(&id)
            .filter(|at| world.token_is_listed(*at, cause.at))
            .ok_or_else(|| ApiError::not_found(&id, "ApiToken"))?;
        world.revoke_token(cause, found);
        Ok(page::no_content())
    })
}

/// The token that is shown ends itself.
async fn revoke_own(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let Some(Principal::Token { token, .. }) = asked.caller else {
        return Err(ApiError::no_session());
    };
    service.write(&asked, |world, cause| {
        world.revoke_token(cause, token);
        Ok(page::no_content())
    })
}
