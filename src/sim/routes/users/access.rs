//! What somebody has open and may be taken away: sessions, factors, consents and tokens.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{delete, post};
use serde::Deserialize;

use super::named;
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::routes::{body, clients};
use crate::sim::service::Service;

/// The routes that take such things away.
pub fn router() -> Router<Arc<Service>> {
    const USER: &str = "/api/v1/users/{user}";
    Router::new()
        .route(&format!("{USER}/sessions"), delete(sessions))
        .route(&format!("{USER}/factors/{{factor}}"), delete(factor))
        .route(&format!("{USER}/grants"), delete(grants))
        .route(&format!("{USER}/grants/{{grant}}"), delete(grant))
        .route(
            &format!("{USER}/clients/{{client}}/grants"),
            delete(grants_of_client),
        )
        .route(
            &format!("{USER}/clients/{{client}}/tokens"),
            delete(tokens_of_client),
        )
        .route(
            &format!("{USER}/clients/{{client}}/tokens/{{token}}"),
            delete(token_of_client),
        )
        .route("/oauth2/v1/global-token-revocation", post(log_out))
}

async fn sessions(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        world.clear_sessions(cause, user);
        if asked.is_true("oauthTokens") {
            world.revoke_tokens(cause, user);
        }
        Ok(page::no_content())
    })
}

async fn factor(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        world.remove_enrolment(cause, user, &id)?;
        Ok(page::no_content())
    })
}

async fn grants(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        world.revoke_consents(cause, user, None);
        Ok(page::no_content())
    })
}

async fn grant(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        world.revoke_consent(cause, user, &id)?;
        Ok(page::no_content())
    })
}

async fn grants_of_client(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        let client = clients::named(world, &id)?;
        world.revoke_consents(cause, user, Some(client));
        Ok(page::no_content())
    })
}

async fn tokens_of_client(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        let client = clients::named(world, &id)?;
        world.revoke_refresh_tokens(cause, user, client);
        Ok(page::no_content())
    })
}

async fn token_of_client(
    State(service): State<Arc<Service>>,
    Path((name, id, token)): Path<(String, String, String)>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        let client = clients::named(world, &id)?;
        world.revoke_refresh_token(cause, user, client, &token)?;
        Ok(page::no_content())
    })
}

/// Who is to be logged out everywhere, as the standard for global token revocation names subjects.
#[derive(Debug, Deserialize)]
struct Revocation {
    sub_id: Subject,
}

#[derive(Debug, Deserialize)]
struct Subject {
    format: String,
    id: Option<String>,
}

/// Universal Logout. Only Okta's own ids are known here; a subject of an identity provider's is an early-access feature that
/// this org has not got.
async fn log_out(State(service): State<Arc<Service>>, asked: Asked, body: Bytes) -> Answer {
    let sent: Revocation = body::read(&body)?;
    let wrong = |cause: &str| ApiError::validation("sub_id", cause);
    let id = match (sent.sub_id.format.as_str(), sent.sub_id.id) {
        ("opaque", Some(id)) => id,
        ("opaque", None) => return Err(wrong("The id of the user is missing")),
        _ => return Err(wrong("The format of the subject is not supported")),
    };
    service.write(&asked, |world, cause| {
        let user = world
            .user_by_id(&id)
            .ok_or_else(|| wrong("There is no such user"))?;
        world.log_out_everywhere(cause, user);
        Ok(page::no_content())
    })
}
