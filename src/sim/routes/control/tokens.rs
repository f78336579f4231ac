//! Credentials on order: API tokens of users with the roles that a test wants to see at work.

use std::sync::Arc;

use axum::extract::{Json, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::change::{self, Change};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::happening::Cause;
use crate::sim::world::refused::Refused;

/// The routes of credentials.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/tokens", post(token))
}

/// Whose token it is to be: somebody's who is there, or a new user's with these roles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Id or login.
    owner: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default = "unnamed")]
    name: String,
}

fn unnamed() -> String {
    "Made to order".to_owned()
}

/// Makes a token. The answer has its id, its owner, and the secret that Okta, too, shows only now.
async fn token(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(wrong) => return super::refuse(&wrong.to_string()),
    };
    let request = service.org.next_request();
    let made = service.org.change(|world, now| {
        let cause = change::by_another_admin(world, now, request);
        make(world, &cause, request, order)
    });
    match made {
        Ok((token, id, owner)) => {
            let secret = service.keyring.cut(service.seed, token);
            Json(json!({"id": id, "owner": owner, "secret": secret})).into_response()
        }
        Err(refused) => {
            let said = json!({"error": refused.to_string()});
            (StatusCode::CONFLICT, Json(said)).into_response()
        }
    }
}

/// The token's place, its id and its owner's.
fn make(
    world: &mut World,
    cause: &Cause,
    request: u64,
    order: Order,
) -> Result<(usize, String, String), Refused> {
    let owner = if let Some(owner) = order.owner {
        owner
    } else {
        let newcomer = Change::CreateUser {
            login: format!("api-{request}@{}", world.facts.domains[0]),
            first_name: "Api".to_owned(),
            last_name: format!("Client {request}"),
            activate: true,
        };
        newcomer.carry_out(world, cause)?
    };
    for role in order.roles {
        let user = owner.clone();
        Change::GrantRole { user, role }.carry_out(world, cause)?;
    }
    let name = order.name;
    let id = Change::CreateToken { name, owner }.carry_out(world, cause)?;
    let at = world
        .tokens
        .iter()
        .position(|token| token.id.as_str() == id);
    let at = at.expect("a token that was just made is there");
    let owner = world.user(world.tokens[at].owner).id.to_string();
    Ok((at, id, owner))
}
