//! Switching what an org is set up with on and off, and ending the access of Okta's support.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::{find, shown};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::service::Service;
use crate::sim::world::device::DeviceDeed;
use crate::sim::world::document::{Document, Kind};

/// The routes that switch.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/idps/{id}/lifecycle/{operation}", post(idp))
        .route("/api/v1/zones/{id}/lifecycle/{operation}", post(zone))
        .route(
            "/api/v1/policies/{policy}/lifecycle/{operation}",
            post(policy),
        )
        .route(
            "/api/v1/policies/{policy}/rules/{rule}/lifecycle/{operation}",
            post(policy_rule),
        )
        .route(
            "/api/v1/devices/{device}/lifecycle/{operation}",
            post(device),
        )
        .route(
            "/api/v1/devices/{device}",
            axum::routing::delete(delete_device),
        )
        .route(
            "/api/v1/org/privacy/oktaSupport/revoke",
            post(revoke_support),
        )
}

/// Whether a path's last segment says on or off.
fn active(operation: &str) -> Result<bool, ApiError> {
    match operation {
        "activate" => Ok(true),
        "deactivate" => Ok(false),
        _ => Err(ApiError::no_such_path()),
    }
}

/// Switches a document, and shows it.
fn switch(service: &Service, asked: &Asked, (kind, id): (Kind, &str), operation: &str) -> Answer {
    let active = active(operation)?;
    service.write(asked, |world, cause| {
        let (ix, held) = find(world, kind, id)?;
        may_be_switched(held, active)?;
        world.set_document_active(cause, ix, active)?;
        Ok(shown(service.view(world, asked), world.documents().get(ix)))
    })
}

/// What Okta made itself is always on: without the default policy nobody could sign in.
pub(super) fn may_be_switched(document: &Document, active: bool) -> Result<(), ApiError> {
    if document.system && !active {
        return Err(ApiError::validation(
            "status",
            "System objects cannot be deactivated",
        ));
    }
    Ok(())
}

async fn idp(
    State(service): State<Arc<Service>>,
    Path((id, operation)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, (Kind::Idp, &id), &operation)
}

async fn zone(
    State(service): State<Arc<Service>>,
    Path((id, operation)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, (Kind::Zone, &id), &operation)
}

async fn policy(
    State(service): State<Arc<Service>>,
    Path((id, operation)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    switch(&service, &asked, (Kind::Policy, &id), &operation)?;
    Ok(page::no_content())
}

async fn policy_rule(
    State(service): State<Arc<Service>>,
    Path((policy, id, operation)): Path<(String, String, String)>,
    asked: Asked,
) -> Answer {
    let active = active(&operation)?;
    service.write(&asked, |world, cause| {
        let (_, policy) = find(world, Kind::Policy, &policy)?;
        let parent = policy.id;
        let (ix, rule) = find(world, Kind::PolicyRule, &id)?;
        if rule.parent != Some(parent) {
            return Err(ApiError::not_found(&id, Kind::PolicyRule.resource()));
        }
        may_be_switched(rule, active)?;
        world.set_document_active(cause, ix, active)?;
        Ok(page::no_content())
    })
}

async fn device(
    State(service): State<Arc<Service>>,
    Path((id, operation)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let deed = DeviceDeed::named(&operation).filter(|deed| *deed != DeviceDeed::Delete);
    let deed = deed.ok_or_else(ApiError::no_such_path)?;
    service.write(&asked, |world, cause| {
        world.change_device(cause, &id, deed)?;
        Ok(page::no_content())
    })
}

async fn delete_device(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    service.write(&asked, |world, cause| {
        let known = world.device_by_id(&id);
        let known = known.ok_or_else(|| ApiError::not_found(&id, "Device"))?;
        if DeviceDeed::Delete.result(known.state).is_none() {
            return Err(ApiError::forbidden());
        }
        world.change_device(cause, &id, DeviceDeed::Delete)?;
        Ok(page::no_content())
    })
}

/// The document knows only that the answer moves on: to the setting, as it is now.
async fn revoke_support(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    service.write(&asked, |world, cause| {
        let setting = world.documents().named(Kind::Setting, "oktaSupport");
        let ix =
            setting.ok_or_else(|| ApiError::not_found("oktaSupport", Kind::Setting.resource()))?;
        let ended = [("support", json!("DISABLED")), ("expiration", Value::Null)];
        let fields = ended.map(|(field, value)| (field.to_owned(), value));
        world.update_document(cause, ix, None, &Map::from_iter(fields))?;
        let mut response = page::no_content();
        *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
        let place = format!("{}/api/v1/org/privacy/oktaSupport", asked.base);
        if let Ok(place) = HeaderValue::from_str(&place) {
            response.headers_mut().insert(http::header::LOCATION, place);
        }
        Ok(response)
    })
}
