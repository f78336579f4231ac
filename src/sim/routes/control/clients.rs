//! OAuth clients on order: service applications with the keys, scopes and roles that a test wants to see at work.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Json, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{self, role_named};
use crate::sim::oauth::jws::PublicKey;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::assignment::{Assignee, Held, Targets};
use crate::sim::world::client::{AuthMethod, Material};
use crate::sim::world::happening::Cause;
use crate::sim::world::refused::Refused;

/// The routes of clients.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/clients", post(client))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    name: Option<String>,
    jwks: KeySet,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// As in applications that are made in the Admin Console.
    #[serde(default = "yes")]
    dpop: bool,
}

#[derive(Debug, Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

fn yes() -> bool {
    true
}

/// Makes a client. The answer has its id and the names of its keys.
async fn client(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(wrong) => return super::refuse(&wrong.to_string()),
    };
    let Some(keys) = keys(&order.jwks) else {
        return super::refuse("every key must be a public one, RSA or on a curve");
    };
    let request = service.org.next_request();
    let made = service.org.change(|world, now| {
        let cause = change::by_another_admin(world, now, request);
        make(world, &cause, request, &order, &keys)
    });
    match made {
        Ok(id) => {
            let kids: Vec<&String> = keys.iter().map(|(kid, _)| kid).collect();
            Json(json!({"client_id": id, "kids": kids})).into_response()
        }
        Err(refused) => {
            let said = json!({"error": refused.to_string()});
            (StatusCode::CONFLICT, Json(said)).into_response()
        }
    }
}

/// The keys with their names; one without a name is called by its thumbprint.
fn keys(set: &KeySet) -> Option<Vec<(String, Material)>> {
    let named = |jwk: &Value| {
        let key = PublicKey::read(jwk)?;
        let kid = jwk["kid"]
            .as_str()
            .map_or_else(|| key.thumbprint(), str::to_owned);
        let material = match key {
            PublicKey::Rsa { n, e } => Material::Rsa { n, e },
            PublicKey::Ec { crv, x, y } => Material::Ec { crv, x, y },
        };
        Some((kid, material))
    };
    set.keys.iter().map(named).collect()
}

fn make(
    world: &mut World,
    cause: &Cause,
    request: u64,
    order: &Order,
    keys: &[(String, Material)],
) -> Result<String, Refused> {
    let label = match &order.name {
        Some(name) => name.clone(),
        None => format!("Made to order {request}"),
    };
    let client = world.create_service_client(cause, &label, AuthMethod::PrivateKeyJwt)?;
    world.client_mut(client).dpop = order.dpop;
    for (kid, material) in keys {
        world.add_key(cause, client, kid, material.clone())?;
    }
    for scope in &order.scopes {
        world.grant_scope(cause, client, scope);
    }
    for role in &order.roles {
        let held = Held::Standard(role_named(role)?);
        world.assign_role(cause, Assignee::Client(client), held, Targets::All)?;
    }
    Ok(world.client(client).id.to_string())
}
