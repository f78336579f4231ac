//! Settings that there is one of each, and features that the org has not got.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::find;
use crate::sim::error::ApiError;
use crate::sim::json;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::service::Service;
use crate::sim::world::document::Kind;

/// Settings by path.
const SETTINGS: &[(&str, &str)] = &[
    ("/api/v1/org/preferences", "preferences"),
    ("/api/v1/org/privacy/oktaSupport", "oktaSupport"),
    ("/api/v1/org/privacy/oktaCommunication", "oktaCommunication"),
    // The list of contacts links to the first spelling, the document's parameter has the second.
    ("/api/v1/org/contacts/billing", "contact.billing"),
    ("/api/v1/org/contacts/BILLING", "contact.billing"),
    ("/api/v1/org/contacts/technical", "contact.technical"),
    ("/api/v1/org/contacts/TECHNICAL", "contact.technical"),
    (
        "/api/v1/org/orgSettings/thirdPartyAdminSetting",
        "thirdPartyAdmin",
    ),
    (
        "/api/v1/org/settings/clientPrivilegesSetting",
        "clientPrivileges",
    ),
    (
        "/api/v1/org/settings/autoAssignAdminAppSetting",
        "autoAssignAdminApp",
    ),
    ("/api/v1/threats/configuration", "threatInsight"),
];

/// Lists of what belongs to features that the org has not got.
const ABSENT: &[&str] = &[
    "/api/v1/realms",
    "/api/v1/realms/{id}",
    "/api/v1/realm-assignments",
    "/api/v1/risk/providers",
    "/api/v1/security-events-providers",
    "/api/v1/push-providers",
];

/// The routes of single settings.
pub fn router() -> Router<Arc<Service>> {
    let router = SETTINGS.iter().fold(Router::new(), |router, (path, name)| {
        let one = move |State(service): State<Arc<Service>>, asked: Asked| async move {
            setting(&service, &asked, name)
        };
        router.route(path, get(one))
    });
    let absent = || async { ApiError::no_such_feature() };
    ABSENT
        .iter()
        .fold(router, |router, path| router.route(path, get(absent)))
        .route("/api/v1/org/contacts", get(contacts))
        .route("/api/v1/org/privacy/oktaSupport/cases", get(cases))
        .route("/api/v1/domains", get(domains))
        .route("/api/v1/email-domains", get(nothing))
        .route("/api/v1/meta/schemas/user/linkedObjects", get(nothing))
        .route("/api/v1/features/{id}/dependents", get(related))
        .route("/api/v1/features/{id}/dependencies", get(related))
}

/// Every path of the tables above.
#[cfg(test)]
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    let settings = SETTINGS.iter().map(|(path, _)| *path);
    settings.chain(ABSENT.iter().copied())
}

fn setting(service: &Service, asked: &Asked, name: &str) -> Answer {
    let world = service.org.world();
    let setting = world
        .documents()
        .setting(name)
        .ok_or_else(|| ApiError::not_found(name, Kind::Setting.resource()))?;
    let mut body = String::new();
    render::document::write(service.view(&world, asked), &mut body, setting, false);
    Ok(page::json(body))
}

async fn contacts(asked: Asked) -> Answer {
    Ok(asked.all(["BILLING", "TECHNICAL"], |out, of| {
        let name = of.to_lowercase();
        json::object(out, |o| {
            o.str("contactType", of).object("_links", |o| {
                o.object(&name, |o| {
                    let href = format_args!("{}/api/v1/org/contacts/{name}", asked.base);
                    o.shown("href", href);
                });
            });
        });
    }))
}

/// One open case, whose access is the org's setting.
async fn cases(State(service): State<Arc<Service>>) -> Answer {
    let world = service.org.world();
    let support = world.documents().setting("oktaSupport");
    let granted = support.and_then(|held| held.text("support")) == Some("ENABLED");
    let until = support.and_then(|held| held.text("expiration"));
    Ok(page::json(json::object_text(|o| {
        o.array("supportCases", [()], |out, ()| {
            json::object(out, |o| {
                o.str("caseNumber", "1000042")
                    .str("subject", "Imports from the directory are slow")
                    .object("impersonation", |o| {
                        let status = if granted { "ENABLED" } else { "NOT_REQUESTED" };
                        o.str("status", status).str_or_null("expiration", until);
                    })
                    .object("selfAssigned", |o| {
                        o.str("status", "NOT_REQUIRED");
                    });
            });
        });
    })))
}

/// The org has no domain of its own.
async fn domains() -> Answer {
    Ok(page::json(json::object_text(|o| {
        o.strings("domains", []);
    })))
}

async fn nothing(asked: Asked) -> Answer {
    Ok(asked.whole("[]".to_owned()))
}

/// No feature of this org needs another.
async fn related(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    find(&service.org.world(), Kind::Feature, &id)?;
    Ok(asked.whole("[]".to_owned()))
}
