//! The org's authorization server on the wire: its token endpoint, its keys, and what it says of itself.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::request::Parts;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::sim::gate::RequestNumber;
use crate::sim::oauth::Granted;
use crate::sim::oauth::TokenRequest;
use crate::sim::oauth::jws::ALGORITHMS;
use crate::sim::page::Asked;
use crate::sim::service::Service;
use crate::sim::wire;
use crate::sim::world::happening::Actor;

/// The routes of the authorization server.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/oauth2/v1/token", post(token))
        .route("/oauth2/v1/keys", get(keys))
        .route("/.well-known/openid-configuration", get(openid))
        .route("/.well-known/oauth-authorization-server", get(server))
}

async fn token(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = match wire::read(body).await.map(|body| form(&body)) {
        Ok(form) => form,
        Err(broken) => return broken.into_response(),
    };
    let asked = TokenRequest {
        form: &form,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        origin: &wire::origin(&parts.uri, &parts.headers, &parts.extensions),
        now: service.org.now(),
    };
    let granted = service.authority.grant(&service.org.world(), asked);
    match granted {
        Ok(granted) => {
            note(&service, &parts, &granted);
            Json(granted.body).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Tells the log who got a token.
fn note(service: &Service, parts: &Parts, granted: &Granted) {
    let number = parts.extensions.get().map_or(0, |RequestNumber(n)| *n);
    let cause = service.by(Actor::Client(granted.client), number);
    let scopes = granted.body["scope"].as_str().unwrap_or_default();
    service
        .org
        .change(|world, _| world.note_access_token(&cause, granted.client, scopes));
}

fn form(body: &Bytes) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

async fn keys(State(service): State<Arc<Service>>) -> Json<Value> {
    Json(service.authority.keys())
}

/// What both documents say.
fn described(base: &str) -> Value {
    let at = |path: &str| format!("{base}/oauth2/v1/{path}");
    json!({
        "issuer": base,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "registration_endpoint": at("clients"),
        "jwks_uri": at("keys"),
        "response_types_supported": [
            "code", "id_token", "code id_token", "code token", "id_token token", "code id_token token"
        ],
        "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
        "grant_types_supported": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "password",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:openid:params:grant-type:ciba"
        ],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access", "groups"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"
        ],
        "code_challenge_methods_supported": ["S256"],
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "device_authorization_endpoint": at("device/authorize"),
        "pushed_authorization_request_endpoint": at("par"),
        "dpop_signing_alg_values_supported": ALGORITHMS,
    })
}

async fn server(asked: Asked) -> Json<Value> {
    Json(described(&asked.base))
}

async fn openid(asked: Asked) -> Json<Value> {
    let mut document = described(&asked.base);
    document["userinfo_endpoint"] = json!(format!("{}/oauth2/v1/userinfo", asked.base));
    document["end_session_endpoint"] = json!(format!("{}/oauth2/v1/logout", asked.base));
    document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
    document["claims_supported"] = json!([
        "iss",
        "ver",
        "sub",
        "aud",
        "iat",
        "exp",
        "jti",
        "auth_time",
        "amr",
        "idp",
        "nonce",
        "name",
        "email",
        "groups"
    ]);
    document["request_parameter_supported"] = json!(true);
    Json(document)
}
