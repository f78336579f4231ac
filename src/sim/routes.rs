//! The paths: Okta's own behind the gate, and the simulator's beside them under `/sim/v1`.

pub mod apps;
pub mod body;
pub mod clients;
pub mod control;
pub mod groups;
pub mod iam;
pub mod logs;
pub mod oauth;
pub mod org;
pub mod owners;
pub mod roles;
pub mod rules;
pub mod settings;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use axum::{Router, middleware};

use super::error::ApiError;
use super::gate;
use super::service::Service;

/// Everything that the simulator answers.
pub fn router(service: &Arc<Service>) -> Router {
    let okta = Router::new()
        .merge(users::router())
        .merge(groups::router())
        .merge(apps::router())
        .merge(org::router())
        .merge(logs::router())
        .merge(oauth::router())
        .merge(roles::router())
        .merge(rules::router())
        .merge(iam::router())
        .merge(owners::router())
        .merge(tokens::router())
        .merge(clients::router())
        .merge(settings::router())
        .fallback(|| async { ApiError::no_such_path() })
        .layer(middleware::from_fn_with_state(
            Arc::clone(service),
            gate::gate,
        ));
    Router::new()
        .nest("/sim/v1", control::router())
        .merge(okta)
        .with_state(Arc::clone(service))
}
