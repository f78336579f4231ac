//! OAuth clients, their credentials and grants, as the various APIs show them.

use super::{View, href, href_for};
use crate::sim::derive::letters;
use crate::sim::json::{self, Object};
use crate::sim::time::DAY_MS;
use crate::sim::world::client::{
    AuthMethod, BASE64URL, ClientKind, Consent, Grant, Key, Material, OFFLINE_SCOPES, OauthClient,
    REFRESH_TOKEN_MS, RefreshToken, Secret,
};
use crate::sim::world::index::{AppIx, ClientIx, UserIx};

/// Writes a client as dynamic registration describes it; alone it shows its secret, to whoever may see it.
pub fn write(view: View<'_>, out: &mut String, ix: ClientIx, alone: bool) {
    let client = view.world.client(ix);
    json::object(out, |o| {
        o.shown("client_id", client.id);
        if let Some(secret) = shown_secret(client).filter(|_| alone) {
            o.str("client_secret", &secret.text(view.world.seed));
        }
        o.raw("client_id_issued_at", client.created.epoch_seconds());
        if client.auth == AuthMethod::ClientSecretBasic {
            o.raw("client_secret_expires_at", 0);
        }
        o.str("client_name", view.world.client_name(ix))
            .null("client_uri")
            .null("logo_uri");
        write_flow(view, o, client);
        o.str("token_endpoint_auth_method", client.auth.as_str())
            .str("application_type", client.kind.as_str());
        if !client.keys.is_empty() {
            o.object("jwks", |o| {
                o.array("keys", &client.keys, |out, key| {
                    json::object(out, |o| write_material(o, key));
                });
            });
        }
        o.raw("dpop_bound_access_tokens", client.dpop);
    });
}

fn shown_secret(client: &OauthClient) -> Option<&Secret> {
    let by_secret = client.auth == AuthMethod::ClientSecretBasic;
    client
        .secrets
        .iter()
        .rev()
        .find(|secret| by_secret && secret.active)
}

fn write_flow(view: View<'_>, o: &mut Object<'_>, client: &OauthClient) {
    let none: [&str; 0] = [];
    match client.kind {
        ClientKind::Service => {
            o.strings("redirect_uris", none)
                .strings("response_types", ["token"])
                .strings("grant_types", ["client_credentials"]);
        }
        ClientKind::Web => {
            let site = client
                .app
                .map_or("localhost", |app| view.world.app(app).domain);
            let callback = format!("https://{site}/callback");
            o.strings("redirect_uris", [callback.as_str()])
                .strings("response_types", ["code"])
                .strings("grant_types", ["authorization_code", "refresh_token"]);
        }
    }
}

fn write_material(o: &mut Object<'_>, key: &Key) {
    o.str("kid", &key.kid);
    match &key.material {
        Material::Rsa { n, e } => {
            o.str("kty", "RSA").str("alg", "RS256").str("use", "sig");
            o.str("e", e).str("n", n);
        }
        Material::Ec { crv, x, y } => {
            o.str("kty", "EC").str("alg", "ES256").str("use", "sig");
            o.str("crv", crv).str("x", x).str("y", y);
        }
    }
}

/// Writes a secret; `whole` for those whose text Okta shows, which it hides for integrations of the catalogue.
pub fn write_secret(view: View<'_>, out: &mut String, secret: &Secret, own: &str, whole: bool) {
    let text = secret.text(view.world.seed);
    let tail = text.get(text.len() - 4..).unwrap_or_default();
    json::object(out, |o| {
        o.shown("id", secret.id)
            .str("status", status(secret.active))
            .str(
                "client_secret",
                &if whole {
                    text.clone()
                } else {
                    format!("***{tail}")
                },
            )
            .str("secret_hash", &secret.hash(view.world.seed))
            .shown("created", secret.created)
            .shown("lastUpdated", secret.last_updated)
            .object("_links", |o| {
                let id = secret.id;
                write_switch(o, &format!("{own}/secrets/{id}"), secret.active);
            });
    });
}

/// Writes a public key with its age.
pub fn write_key(out: &mut String, key: &Key, own: &str) {
    json::object(out, |o| {
        o.shown("id", key.id);
        write_material(o, key);
        o.str("status", status(key.active))
            .shown("created", key.created)
            .shown("lastUpdated", key.last_updated)
            .object("_links", |o| {
                write_switch(o, &format!("{own}/jwks/{}", key.id), key.active);
            });
    });
}

/// Okta makes these for ten years.
const CERTIFICATE_MS: i64 = 3_652 * DAY_MS;

/// Writes the certificate that Okta signs with for an application.
pub fn write_certificate(view: View<'_>, out: &mut String, app: AppIx) {
    let (seed, n) = (view.world.seed, u64::from(app.0));
    let created = view.world.app(app).created;
    json::object(out, |o| {
        o.shown("created", created)
            .shown("lastUpdated", created)
            .shown("expiresAt", created + CERTIFICATE_MS)
            .strings(
                "x5c",
                [letters(seed.hash("x5c", n), BASE64URL, 1_180).as_str()],
            )
            .str("e", "AQAB")
            .str("n", &letters(seed.hash("certificate", n), BASE64URL, 342))
            .str_or_null("kid", view.world.signing_kid(app).as_deref())
            .str("kty", "RSA")
            .str("use", "sig")
            .str("x5t#S256", &letters(seed.hash("x5t", n), BASE64URL, 43));
    });
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "INACTIVE" }
}

/// What may be done to a credential as it is.
fn write_switch(o: &mut Object<'_>, own: &str, active: bool) {
    if active {
        let off = format_args!("{own}/lifecycle/deactivate");
        href_for(o, "deactivate", off, &["POST"]);
    } else {
        let on = format_args!("{own}/lifecycle/activate");
        href_for(o, "activate", on, &["POST"]);
        href_for(o, "delete", format_args!("{own}"), &["DELETE"]);
    }
}

/// Writes a scope that an admin granted to an application's client.
pub fn write_grant(view: View<'_>, out: &mut String, ix: ClientIx, grant: &Grant) {
    let (base, world) = (view.base, view.world);
    let id = world.client(ix).id;
    let title = world.client_name(ix);
    json::object(out, |o| {
        o.shown("id", grant.id)
            .str("status", "ACTIVE")
            .shown("created", grant.created)
            .object("createdBy", |o| {
                o.shown("id", world.user(grant.by).id).str("type", "User");
            })
            .shown("lastUpdated", grant.created)
            .str("issuer", base)
            .shown("clientId", id)
            .str("scopeId", &grant.scope)
            .str("source", "ADMIN");
        write_scope(o, &grant.scope);
        o.object("_links", |o| {
            write_app_link(o, base, id, title);
            let own = format_args!("{base}/api/v1/apps/{id}/grants/{}", grant.id);
            href_for(o, "self", own, &["GET", "DELETE"]);
        });
    });
}

/// Writes a scope that a person let a client have.
pub fn write_consent(view: View<'_>, out: &mut String, user: UserIx, consent: &Consent) {
    let (base, world) = (view.base, view.world);
    let (id, person) = (world.client(consent.client).id, world.user(user).id);
    let title = world.client_name(consent.client);
    json::object(out, |o| {
        o.shown("id", consent.id)
            .str("status", "ACTIVE")
            .shown("created", consent.created)
            .object("createdBy", |o| {
                o.shown("id", person).str("type", "User");
            })
            .shown("lastUpdated", consent.created)
            .str("issuer", base)
            .shown("clientId", id)
            .shown("userId", person)
            .str("scopeId", consent.scope)
            .str("source", "END_USER");
        write_scope(o, consent.scope);
        o.object("_links", |o| {
            write_app_link(o, base, id, title);
            let own = format_args!("{base}/api/v1/users/{person}/grants/{}", consent.id);
            href_for(o, "self", own, &["GET", "DELETE"]);
            o.object("user", |o| {
                o.shown("href", format_args!("{base}/api/v1/users/{person}"))
                    .str("title", &world.display_name(user));
            });
        });
    });
}

/// Writes what a client keeps of a person's; with `whole`, also what its scopes are called.
pub fn write_refresh_token(
    view: View<'_>,
    out: &mut String,
    user: UserIx,
    (token, whole): (&RefreshToken, bool),
) {
    let (base, world) = (view.base, view.world);
    let (id, person) = (world.client(token.client).id, world.user(user).id);
    let title = world.client_name(token.client);
    json::object(out, |o| {
        o.shown("id", token.id)
            .str("status", "ACTIVE")
            .shown("created", token.created)
            .shown("lastUpdated", token.created)
            .shown("expiresAt", token.created + REFRESH_TOKEN_MS)
            .str("issuer", base)
            .shown("clientId", id)
            .shown("userId", person)
            .strings("scopes", OFFLINE_SCOPES);
        if whole {
            write_scopes(o);
        }
        o.object("_links", |o| {
            write_app_link(o, base, id, title);
            let own = format!(
                "{base}/api/v1/users/{person}/clients/{id}/tokens/{}",
                token.id
            );
            href_for(o, "self", format_args!("{own}"), &["GET", "DELETE"]);
            href_for(o, "revoke", format_args!("{own}"), &["DELETE"]);
            o.object("user", |o| {
                o.shown("href", format_args!("{base}/api/v1/users/{person}"))
                    .str("title", &world.display_name(user));
            });
        });
    });
}

fn write_scopes(o: &mut Object<'_>) {
    o.object("_embedded", |o| {
        o.array("scopes", OFFLINE_SCOPES, |out, scope| {
            json::object(out, |o| {
                o.str("id", scope).str("name", scope);
            });
        });
    });
}

fn write_scope(o: &mut Object<'_>, scope: &str) {
    o.object("_embedded", |o| {
        o.object("scope", |o| {
            o.str("id", scope);
        });
    });
}

fn write_app_link(o: &mut Object<'_>, base: &str, id: crate::sim::id::Id, title: &str) {
    o.object("app", |o| {
        o.shown("href", format_args!("{base}/api/v1/apps/{id}"))
            .str("title", title);
    });
    o.object("client", |o| {
        o.shown("href", format_args!("{base}/oauth2/v1/clients/{id}"))
            .str("title", title);
    });
}

/// Writes a client as one of a person's.
pub fn write_of_user(view: View<'_>, out: &mut String, user: UserIx, ix: ClientIx) {
    let (id, person) = (view.world.client(ix).id, view.world.user(user).id);
    let own = format!("{}/api/v1/users/{person}/clients/{id}", view.base);
    json::object(out, |o| {
        o.shown("client_id", id)
            .str("client_name", view.world.client_name(ix))
            .null("client_uri")
            .null("logo_uri")
            .object("_links", |o| {
                href(o, "grants", format_args!("{own}/grants"));
                href(o, "tokens", format_args!("{own}/tokens"));
            });
    });
}

/// Writes an API service integration.
pub fn write_integration(view: View<'_>, out: &mut String, client: &OauthClient) {
    let (base, id) = (view.base, client.id);
    let key = client.integration.unwrap_or_default();
    let own = format!("{base}/integrations/api/v1/api-services/{id}");
    json::object(out, |o| {
        o.shown("id", id)
            .str("type", key)
            .str("name", &client.name)
            .shown("createdAt", client.created)
            .shown("createdBy", view.world.user(client.created_by).id)
            .shown(
                "configGuideUrl",
                format_args!("https://docs.northwind.example/{key}/configuration-guide"),
            )
            .strings(
                "grantedScopes",
                client.grants.iter().map(|grant| grant.scope.as_str()),
            )
            .object("_links", |o| {
                href_for(o, "self", format_args!("{own}"), &["GET", "DELETE"]);
                let client = format_args!("{base}/oauth2/v1/clients/{id}");
                href_for(o, "client", client, &["GET"]);
                o.object("logo", |o| {
                    o.str("name", "small")
                        .shown("href", format_args!("{base}/img/logos/{key}_small_logo"));
                });
            });
    });
}
