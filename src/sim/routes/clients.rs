//! OAuth clients: as dynamic registration lists them, their applications' credentials and grants, what people let them have,
//! and the integrations that are no applications.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::{apps, users};
use crate::sim::error::ApiError;
use crate::sim::json;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::client;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::client::{Consent, OauthClient, RefreshToken};
use crate::sim::world::index::{ClientIx, UserIx};

pub mod write;

/// The routes of OAuth clients.
pub fn router() -> Router<Arc<Service>> {
    const APP: &str = "/api/v1/apps/{app}";
    const USER: &str = "/api/v1/users/{user}";
    const SERVICE: &str = "/integrations/api/v1/api-services";
    Router::new()
        .route("/oauth2/v1/clients", get(list))
        .route("/oauth2/v1/clients/{client}", get(one))
        .route(&format!("{APP}/grants"), get(grants))
        .route(&format!("{APP}/grants/{{grant}}"), get(grant))
        .route(&format!("{APP}/credentials/secrets"), get(secrets))
        .route(
            &format!("{APP}/credentials/secrets/{{secret}}"),
            get(secret),
        )
        .route(&format!("{APP}/credentials/keys"), get(certificates))
        .route(&format!("{APP}/credentials/jwks"), get(jwks))
        .route(&format!("{APP}/credentials/jwks/{{key}}"), get(jwk))
        .route(&format!("{USER}/clients"), get(clients_of_user))
        .route(
            &format!("{USER}/clients/{{client}}/grants"),
            get(consents_to),
        )
        .route(&format!("{USER}/clients/{{client}}/tokens"), get(tokens_of))
        .route(
            &format!("{USER}/clients/{{client}}/tokens/{{token}}"),
            get(token_of),
        )
        .route(&format!("{USER}/grants"), get(consents))
        .route(&format!("{USER}/grants/{{grant}}"), get(consent))
        .route(SERVICE, get(integrations))
        .route(&format!("{SERVICE}/{{service}}"), get(integration))
        .route(
            &format!("{SERVICE}/{{service}}/credentials/secrets"),
            get(integration_secrets),
        )
        .merge(write::router())
}

/// The client that a path names.
pub(super) fn named(world: &World, id: &str) -> Result<ClientIx, ApiError> {
    world
        .client_by_id(id)
        .ok_or_else(|| ApiError::not_found(id, "PublicClientApp"))
}

/// The client of the application that a path names; most applications have none.
fn of_app(world: &World, id: &str) -> Result<ClientIx, ApiError> {
    let app = apps::named(world, id)?;
    world
        .client_of(app)
        .ok_or_else(|| ApiError::not_found(id, "OAuth2Client"))
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let prefix = asked.get("q").map(str::to_lowercase);
    let wanted = |ix: ClientIx| {
        prefix
            .as_ref()
            .is_none_or(|prefix| world.client_name(ix).to_lowercase().starts_with(prefix))
    };
    let from = asked.start(|cursor| Some(world.client_by_id(cursor)?.at()))?;
    Ok(asked.list(
        asked.limit(20, 200)?,
        world
            .clients()
            .filter(|(ix, _)| ix.at() >= from && wanted(*ix)),
        |(_, client)| client.id,
        |out, (ix, _)| client::write(view, out, ix, false),
    ))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let ix = named(&world, &id)?;
    let mut body = String::new();
    client::write(service.view(&world, &asked), &mut body, ix, true);
    Ok(page::json(body))
}

async fn grants(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    // An application without a client has no grants, and says so.
    let ix = world.client_of(apps::named(&world, &id)?);
    let granted = ix.into_iter().flat_map(|ix| {
        let grants = &world.client(ix).grants;
        grants.iter().map(move |grant| (ix, grant))
    });
    Ok(asked.all(granted, |out, (ix, grant)| {
        client::write_grant(view, out, ix, grant);
    }))
}

async fn grant(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let ix = of_app(&world, &app)?;
    let grants = &world.client(ix).grants;
    let grant = grants
        .iter()
        .find(|grant| grant.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "OAuth2ScopeConsentGrant"))?;
    let mut body = String::new();
    let view = service.view(&world, &asked);
    client::write_grant(view, &mut body, ix, grant);
    Ok(page::json(body))
}

/// Where an application's credentials are.
fn credentials(asked: &Asked, client: &OauthClient) -> String {
    format!("{}/api/v1/apps/{}/credentials", asked.base, client.id)
}

async fn secrets(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let held = world.client(of_app(&world, &id)?);
    let own = credentials(&asked, held);
    Ok(asked.all(&held.secrets, |out, secret| {
        client::write_secret(view, out, secret, &own, true);
    }))
}

async fn secret(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let held = world.client(of_app(&world, &app)?);
    let secret = held
        .secrets
        .iter()
        .find(|secret| secret.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "OAuth2ClientSecret"))?;
    let mut body = String::new();
    let (view, own) = (service.view(&world, &asked), credentials(&asked, held));
    client::write_secret(view, &mut body, secret, &own, true);
    Ok(page::json(body))
}

/// The document's schema says an array, its example shows a set. Clients are made from the schema.
async fn jwks(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let held = world.client(of_app(&world, &id)?);
    let own = credentials(&asked, held);
    Ok(asked.all(&held.keys, |out, key| client::write_key(out, key, &own)))
}

async fn jwk(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let held = world.client(of_app(&world, &app)?);
    let key = held
        .keys
        .iter()
        .find(|key| key.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "OAuth2ClientJsonWebKey"))?;
    let mut body = String::new();
    client::write_key(&mut body, key, &credentials(&asked, held));
    Ok(page::json(body))
}

/// What Okta signs with for an application: one certificate, as old as the application.
async fn certificates(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let app = apps::named(&world, &id)?;
    Ok(asked.all([app], |out, app| client::write_certificate(view, out, app)))
}

async fn clients_of_user(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = users::named(&world, &asked, &name)?;
    let consents = world.consents(user).iter().map(|consent| consent.client);
    let tokens = world.refresh_tokens(user, service.org.now());
    let mut clients: Vec<ClientIx> = consents.chain(tokens.map(|token| token.client)).collect();
    clients.sort_unstable();
    clients.dedup();
    Ok(asked.all(clients, |out, ix| {
        client::write_of_user(view, out, user, ix);
    }))
}

fn consented(
    service: &Service,
    world: &World,
    asked: &Asked,
    user: UserIx,
    wanted: impl Fn(&Consent) -> bool,
) -> Answer {
    let view = service.view(world, asked);
    let all: Vec<&Consent> = world
        .consents(user)
        .iter()
        .filter(|own| wanted(own))
        .collect();
    let from = asked.start(|cursor| all.iter().position(|own| own.id.as_str() == cursor))?;
    Ok(asked.list(
        asked.limit(20, 200)?,
        all[from..].iter().copied(),
        |consent| consent.id,
        |out, consent| client::write_consent(view, out, user, consent),
    ))
}

async fn consents(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let user = users::named(&world, &asked, &name)?;
    let scope = asked.get("scopeId");
    let wanted = |own: &Consent| scope.is_none_or(|scope| own.scope == scope);
    consented(&service, &world, &asked, user, wanted)
}

async fn consents_to(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let (user, client) = (users::named(&world, &asked, &name)?, named(&world, &id)?);
    consented(&service, &world, &asked, user, |own| own.client == client)
}

async fn tokens_of(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (user, client) = (users::named(&world, &asked, &name)?, named(&world, &id)?);
    let all: Vec<&RefreshToken> = world
        .refresh_tokens(user, service.org.now())
        .filter(|token| token.client == client)
        .collect();
    let from = asked.start(|cursor| all.iter().position(|own| own.id.as_str() == cursor))?;
    let whole = asked.get("expand") == Some("scope");
    Ok(asked.list(
        asked.limit(20, 200)?,
        all[from..].iter().copied(),
        |token| token.id,
        |out, token| client::write_refresh_token(view, out, user, (token, whole)),
    ))
}

async fn token_of(
    State(service): State<Arc<Service>>,
    Path((name, id, token)): Path<(String, String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (user, client) = (users::named(&world, &asked, &name)?, named(&world, &id)?);
    let held = world
        .refresh_tokens(user, service.org.now())
        .find(|own| own.client == client && own.id.as_str() == token)
        .ok_or_else(|| ApiError::not_found(&token, "OAuth2RefreshToken"))?;
    let whole = asked.get("expand") == Some("scope");
    let mut body = String::new();
    client::write_refresh_token(view, &mut body, user, (held, whole));
    Ok(page::json(body))
}

async fn consent(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let user = users::named(&world, &asked, &name)?;
    let consent = world
        .consents(user)
        .iter()
        .find(|consent| consent.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "OAuth2ScopeConsentGrant"))?;
    let mut body = String::new();
    let view = service.view(&world, &asked);
    client::write_consent(view, &mut body, user, consent);
    Ok(page::json(body))
}

async fn integrations(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let from = asked.start(|cursor| Some(world.client_by_id(cursor)?.at()))?;
    Ok(asked.list(
        asked.limit(200, 200)?,
        world
            .clients()
            .filter(|(ix, client)| ix.at() >= from && client.integration.is_some()),
        |(_, client)| client.id,
        |out, (_, client)| client::write_integration(view, out, client),
    ))
}

fn integration_named<'a>(world: &'a World, id: &str) -> Result<&'a OauthClient, ApiError> {
    world
        .client_by_id(id)
        .map(|ix| world.client(ix))
        .filter(|client| client.integration.is_some())
        .ok_or_else(|| ApiError::not_found(id, "ApiServiceIntegration"))
}

async fn integration(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let held = integration_named(&world, &id)?;
    let mut body = String::new();
    client::write_integration(service.view(&world, &asked), &mut body, held);
    Ok(page::json(body))
}

async fn integration_secrets(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let held = integration_named(&world, &id)?;
    let base = &asked.base;
    let own = format!("{base}/integrations/api/v1/api-services/{id}/credentials");
    let mut body = String::new();
    json::array(&mut body, &held.secrets, |out, secret| {
        client::write_secret(view, out, secret, &own, false);
    });
    Ok(page::json(body))
}
