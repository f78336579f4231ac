//! Switching what an org is set up with on and off, replacing network zones, and ending the access of Okta's support.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{post, put};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::{find, shown};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::routes::body;
use crate::sim::service::Service;
use crate::sim::world::device::DeviceDeed;
use crate::sim::world::document::{Document, Kind};

/// The routes that switch.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/idps/{id}/lifecycle/{operation}", post(idp))
        .route("/api/v1/zones/{id}/lifecycle/{operation}", post(zone))
        .route("/api/v1/zones/{id}", put(replace_zone))
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
fn may_be_switched(document: &Document, active: bool) -> Result<(), ApiError> {
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

/// Lists of a zone that are emptied by not being sent: a replacement is a whole one.
const ZONE_LISTS: [&str; 5] = [
    "gateways",
    "proxies",
    "locations",
    "asns",
    "ipServiceCategories",
];

/// What nobody can send.
const NOT_SENT: [&str; 7] = [
    "id",
    "name",
    "status",
    "created",
    "lastUpdated",
    "system",
    "_links",
];

async fn replace_zone(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    let sent: Map<String, Value> = body::read(&body)?;
    let text = |field: &str| sent.get(field).and_then(Value::as_str);
    let name = text("name").filter(|name| !name.trim().is_empty());
    let name =
        name.ok_or_else(|| ApiError::validation("name", "The field cannot be left blank"))?;
    if let Some(wrong) = addresses(&sent).find(|address| !is_range(address)) {
        let cause = format!("Invalid gateway or proxy address: {wrong}");
        return Err(ApiError::validation("gateways", &cause));
    }
    service.write(&asked, |world, cause| {
        let (ix, held) = find(world, Kind::Zone, &id)?;
        if text("type").is_some_and(|kind| Some(kind) != held.of_type()) {
            return Err(ApiError::validation(
                "type",
                "The type of a zone cannot be changed",
            ));
        }
        let taken = world.documents().named(Kind::Zone, name);
        if taken.is_some_and(|other| other != ix) {
            return Err(crate::sim::world::refused::Refused::duplicate("name").into());
        }
        let mut fields: Map<String, Value> = sent
            .iter()
            .filter(|(field, _)| !NOT_SENT.contains(&field.as_str()))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        for list in ZONE_LISTS {
            if held.body.contains_key(list) && !fields.contains_key(list) {
                fields.insert(list.to_owned(), Value::Null);
            }
        }
        world.update_document(cause, ix, Some(name), &fields)?;
        match text("status") {
            Some("ACTIVE") => world.set_document_active(cause, ix, true)?,
            Some("INACTIVE") => world.set_document_active(cause, ix, false)?,
            _ => {}
        }
        Ok(shown(
            service.view(world, &asked),
            world.documents().get(ix),
        ))
    })
}

/// The addresses of a zone.
fn addresses(zone: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let lists = ["gateways", "proxies"].into_iter();
    let items = lists
        .filter_map(|list| zone.get(list)?.as_array())
        .flatten();
    items.filter_map(|item| item.get("value")?.as_str())
}

/// Whether a text is an address, a network, or a range of addresses.
fn is_range(text: &str) -> bool {
    let is_address = |text: &str| text.trim().parse::<std::net::IpAddr>().is_ok();
    if let Some((first, last)) = text.split_once('-') {
        return is_address(first) && is_address(last);
    }
    match text.split_once('/') {
        Some((network, bits)) => {
            is_address(network) && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
        }
        None => is_address(text),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_networks_and_ranges_may_be_in_a_zone() {
        for (text, fine) in [
            ("203.0.113.7", true),
            ("203.0.113.0/24", true),
            ("203.0.113.1-203.0.113.9", true),
            ("2001:db8::/32", true),
            ("203.0.113", false),
            ("203.0.113.0/x", false),
            ("a-b", false),
        ] {
            assert_eq!(is_range(text), fine, "{text}");
        }
    }
}
