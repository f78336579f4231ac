//! An application as the Apps API shows it: common parts, and settings by sign-on mode.

use super::View;
use crate::sim::json::{self, Object};
use crate::sim::world::app::{App, SignOn};
use crate::sim::world::client::{AuthMethod, ClientKind, OauthClient};
use crate::sim::world::index::AppIx;

/// Writes one application; `embed` writes `_embedded` when there is something to embed.
pub fn write(view: View<'_>, out: &mut String, ix: AppIx, embed: Option<&dyn Fn(&mut Object<'_>)>) {
    let app = view.world.app(ix);
    json::object(out, |o| {
        write_head(view, o, app);
        write_common(o, app);
        o.strings("features", app.features.iter().copied())
            .str_or_null("signOnMode", app.sign_on.as_str())
            .object("credentials", |o| write_credentials(view, o, ix, app))
            .object("settings", |o| write_settings(view, o, ix, app));
        if view.strange {
            // Seen from real orgs, named by no document.
            o.raw("version", ix.0 % 9);
        }
        o.object("_links", |o| write_links(view, o, ix, app));
        if let Some(embed) = embed {
            o.object("_embedded", |o| embed(o));
        }
    });
}

/// Writes one application as `useOptimization` shortens it: what a list shows, and nothing of its settings.
pub fn write_brief(view: View<'_>, out: &mut String, ix: AppIx) {
    let app = view.world.app(ix);
    json::object(out, |o| {
        write_head(view, o, app);
        o.str_or_null("signOnMode", app.sign_on.as_str());
        o.object("_links", |o| write_links(view, o, ix, app));
    });
}

fn write_head(view: View<'_>, o: &mut Object<'_>, app: &App) {
    let org = view.world.facts.id;
    o.shown("id", app.id)
        .shown(
            "orn",
            format_args!("orn:okta:idp:{org}:apps:{}:{}", app.name, app.id),
        )
        .str("name", app.name)
        .str("label", &app.label)
        .str("status", if app.active { "ACTIVE" } else { "INACTIVE" })
        .shown("lastUpdated", app.last_updated)
        .shown("created", app.created);
}

fn write_common(o: &mut Object<'_>, app: &App) {
    o.object("accessibility", |o| {
        o.raw("selfService", false)
            .null("errorRedirectUrl")
            .null("loginRedirectUrl");
    });
    o.object("visibility", |o| {
        o.raw("autoLaunch", false)
            .raw("autoSubmitToolbar", false)
            .object("hide", |o| {
                o.raw("iOS", false).raw("web", false);
            })
            .object("appLinks", |o| {
                o.raw(&format!("{}_link", app.name), true);
            });
    });
}

fn write_credentials(view: View<'_>, o: &mut Object<'_>, ix: AppIx, app: &App) {
    match app.sign_on {
        SignOn::BasicAuth | SignOn::BrowserPlugin | SignOn::SecurePasswordStore => {
            o.str("scheme", "EDIT_USERNAME_AND_PASSWORD")
                .raw("revealPassword", false);
        }
        SignOn::AutoLogin => {
            o.str("scheme", "EDIT_USERNAME_AND_PASSWORD");
        }
        _ => {}
    }
    o.object("userNameTemplate", |o| {
        o.str("template", "${source.login}").str("type", "BUILT_IN");
    });
    if let Some(kid) = view.world.signing_kid(ix) {
        o.object("signing", |o| {
            o.shown("kid", kid);
        });
    }
    if app.sign_on == SignOn::OpenidConnect {
        let auth = client_of(view, ix).map_or(AuthMethod::ClientSecretBasic, |own| own.auth);
        o.object("oauthClient", |o| {
            o.raw("autoKeyRotation", true)
                .shown("client_id", app.id)
                .str("token_endpoint_auth_method", auth.as_str())
                .raw("pkce_required", auth == AuthMethod::ClientSecretBasic);
        });
    }
}

/// The OAuth client of an application.
fn client_of(view: View<'_>, ix: AppIx) -> Option<&OauthClient> {
    Some(view.world.client(view.world.client_of(ix)?))
}

fn write_settings(view: View<'_>, o: &mut Object<'_>, ix: AppIx, app: &App) {
    let site = format!("https://{}", app.domain);
    if app.sign_on != SignOn::OpenidConnect {
        o.object("app", |o| write_app_settings(o, app, &site));
    }
    o.object("notifications", |o| {
        o.object("vpn", |o| {
            o.object("network", |o| {
                o.str("connection", "DISABLED");
            })
            .null("message")
            .null("helpUrl");
        });
    })
    .raw("manualProvisioning", false)
    .raw("implicitAssignment", false)
    .object("notes", |o| {
        o.null("admin").null("enduser");
    });
    match app.sign_on {
        SignOn::OpenidConnect => {
            o.object("oauthClient", |o| write_oauth(view, o, ix, &site));
        }
        SignOn::AutoLogin => {
            o.object("signOn", |o| {
                o.str("loginUrl", &format!("{site}/login"))
                    .null("redirectUrl");
            });
        }
        SignOn::Saml20 | SignOn::Saml11 => {
            o.object("signOn", |o| write_saml(o, ix, app, &site));
        }
        _ => {}
    }
}

fn write_app_settings(o: &mut Object<'_>, app: &App, site: &str) {
    let login = format!("{site}/login");
    match app.sign_on {
        SignOn::Bookmark => {
            o.raw("requestIntegration", false).str("url", site);
        }
        SignOn::BasicAuth => {
            o.str("url", &login).str("authURL", &format!("{site}/auth"));
        }
        SignOn::BrowserPlugin => {
            o.str("buttonField", "btn-login")
                .str("passwordField", "txtbox-password")
                .str("usernameField", "txtbox-username")
                .str("url", &login);
        }
        SignOn::SecurePasswordStore => {
            o.str("url", &login)
                .str("usernameField", "#user")
                .str("passwordField", "#pass");
        }
        SignOn::WsFederation => {
            o.str("audienceRestriction", "urn:northwind:app")
                .str(
                    "authnContextClassRef",
                    "urn:oasis:names:tc:SAML:1.0:am:password",
                )
                .str("groupValueFormat", "windowsDomainQualifiedName")
                .str(
                    "nameIDFormat",
                    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
                )
                .str("realm", "urn:northwind:realm")
                .str("siteURL", site)
                .str("usernameAttribute", "username")
                .raw("wReplyOverride", false)
                .str("wReplyURL", &login);
        }
        _ => {
            o.str("domain", app.domain);
        }
    }
}

/// Instances from the catalogue hold override keys only; custom ones hold everything.
fn write_saml(o: &mut Object<'_>, ix: AppIx, app: &App, site: &str) {
    if App::is_catalogue_instance(ix) {
        o.null("defaultRelayState")
            .null("ssoAcsUrlOverride")
            .null("audienceOverride")
            .null("recipientOverride")
            .null("destinationOverride")
            .array("attributeStatements", Vec::<&str>::new(), json::string);
        return;
    }
    let acs = format!("{site}/saml/acs");
    o.str("defaultRelayState", "")
        .str("ssoAcsUrl", &acs)
        .str("idpIssuer", "http://www.okta.com/${org.externalKey}")
        .str("audience", &format!("{site}/saml"))
        .str("recipient", &acs)
        .str("destination", &acs)
        .str("subjectNameIdTemplate", "${user.userName}")
        .str(
            "subjectNameIdFormat",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        )
        .raw("responseSigned", true)
        .raw("assertionSigned", true)
        .str("signatureAlgorithm", "RSA_SHA256")
        .str("digestAlgorithm", "SHA256")
        .raw("honorForceAuthn", true)
        .str(
            "authnContextClassRef",
            "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        )
        .raw("requestCompressed", false)
        .raw("allowMultipleAcsEndpoints", false)
        .array("acsEndpoints", Vec::<&str>::new(), json::string)
        .array("attributeStatements", Vec::<&str>::new(), json::string);
    if let Some(enabled) = app.single_logout(ix) {
        o.object("slo", |o| {
            o.raw("enabled", enabled);
        });
    }
}

fn write_oauth(view: View<'_>, o: &mut Object<'_>, ix: AppIx, site: &str) {
    let client = client_of(view, ix);
    let service = client.is_some_and(|client| client.kind == ClientKind::Service);
    o.str("client_uri", site).null("logo_uri");
    if service {
        o.strings("response_types", ["token"])
            .strings("grant_types", ["client_credentials"])
            .str("application_type", "service");
    } else {
        o.strings("redirect_uris", [format!("{site}/callback").as_str()])
            .strings("post_logout_redirect_uris", [site])
            .strings("response_types", ["code"])
            .strings("grant_types", ["authorization_code", "refresh_token"])
            .str("application_type", "web");
    }
    o.str("consent_method", "REQUIRED")
        .str("issuer_mode", "DYNAMIC")
        .str("wildcard_redirect", "DISABLED")
        .raw(
            "dpop_bound_access_tokens",
            client.is_some_and(|client| client.dpop),
        );
}

fn write_links(view: View<'_>, o: &mut Object<'_>, ix: AppIx, app: &App) {
    let base = view.base;
    let own = format!("{base}/api/v1/apps/{}", app.id);
    let home = format!("{base}/home/{}/{}", app.name, app.id);
    o.array("appLinks", [()], |out, ()| {
        json::object(out, |o| {
            o.shown("name", format_args!("{}_link", app.name))
                .shown("href", format_args!("{home}/aln{}", ix.0))
                .str("type", "text/html");
        });
    });
    for (link, of) in [
        ("accessPolicy", "ACCESS_POLICY"),
        ("profileEnrollment", "PROFILE_ENROLLMENT"),
    ] {
        if let Some(policy) = view.world.policy_of_app(ix, of) {
            let policy = view.world.documents().get(policy).id;
            o.object(link, |o| {
                o.shown("href", format_args!("{base}/api/v1/policies/{policy}"));
            });
        }
    }
    o.array("logo", [()], |out, ()| {
        json::object(out, |o| {
            let file = format_args!("{base}/assets/img/logos/{}.png", app.name);
            o.str("name", "medium")
                .shown("href", file)
                .str("type", "image/png");
        });
    });
    for list in ["users", "groups"] {
        o.object(list, |o| {
            o.shown("href", format_args!("{own}/{list}"));
        });
    }
    let switch = if app.active { "deactivate" } else { "activate" };
    o.object(switch, |o| {
        o.shown("href", format_args!("{own}/lifecycle/{switch}"));
    });
    if app.sign_on == SignOn::Saml20 {
        o.object("metadata", |o| {
            o.shown("href", format_args!("{own}/sso/saml/metadata"))
                .str("type", "application/xml");
        });
    }
    o.object("self", |o| {
        o.str("href", &own);
    });
}
