//! `/api/v1/authenticators` and their methods, which only Identity Engine has.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::{find, shown};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::service::Service;
use crate::sim::world::document::Kind;

/// The routes of authenticators.
pub fn router() -> Router<Arc<Service>> {
    let path = "/api/v1/authenticators";
    Router::new()
        .route(path, get(list))
        .route(&format!("{path}/{{id}}"), get(one))
        .route(&format!("{path}/{{id}}/methods"), get(methods))
        .route(&format!("{path}/{{id}}/methods/{{method}}"), get(method))
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let all = world.documents().of(Kind::Authenticator);
    Ok(asked.all(all, |out, (_, authenticator)| {
        render::document::write(view, out, authenticator, false);
    }))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let (_, authenticator) = find(&world, Kind::Authenticator, &id)?;
    Ok(shown(service.view(&world, &asked), authenticator))
}

async fn methods(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (_, authenticator) = find(&world, Kind::Authenticator, &id)?;
    let methods = render::authenticator::methods(authenticator);
    Ok(asked.all(methods, |out, method| {
        render::authenticator::write_method(view, out, authenticator, method);
    }))
}

async fn method(
    State(service): State<Arc<Service>>,
    Path((id, name)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let (_, authenticator) = find(&world, Kind::Authenticator, &id)?;
    let method = render::authenticator::methods(authenticator)
        .iter()
        .find(|method| **method == name)
        .ok_or_else(|| ApiError::not_found(&name, "AuthenticatorMethod"))?;
    let mut body = String::new();
    let view = service.view(&world, &asked);
    render::authenticator::write_method(view, &mut body, authenticator, method);
    Ok(page::json(body))
}
