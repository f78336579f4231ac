//! Replacing and deleting network zones.
//!
//! How many addresses a zone may hold, and that one in use cannot be deleted, stands in Okta's documents; that an active one
//! cannot, with its words, was seen by others (terraform-provider-okta#1975). The other words are guesses.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::put;
use serde_json::{Map, Value};

use super::switch::may_be_switched;
use super::{find, shown};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::routes::body;
use crate::sim::service::Service;
use crate::sim::world::document::{Document, Kind};
use crate::sim::world::index::DocumentIx;
use crate::sim::world::refused::Refused;
use crate::sim::world::{Engine, World};

/// The routes that change zones as wholes.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/api/v1/zones/{id}", put(replace).delete(remove))
}

/// Lists of a zone that are emptied by not being sent: a replacement is a whole one.
const LISTS: [&str; 5] = [
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

/// The most characters of a zone's name.
const LONGEST_NAME: usize = 128;
/// The most entries of a list of places, providers or services.
const MOST_PLACES: usize = 75;

type Fields = Map<String, Value>;

async fn replace(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    let sent: Fields = body::read(&body)?;
    service.write(&asked, |world, cause| {
        let (ix, held) = find(world, Kind::Zone, &id)?;
        let name = name(world, ix, &sent)?;
        checked(&sent, held)?;
        let status = status(&sent)?;
        if let Some(active) = status {
            may_be_switched(held, active)?;
        }
        let fields = replaced(&sent, held);
        world.update_document(cause, ix, Some(name), &fields)?;
        if let Some(active) = status {
            world.set_document_active(cause, ix, active)?;
        }
        let view = service.view(world, &asked);
        Ok(shown(view, world.documents().get(ix)))
    })
}

/// Okta refuses while something needs the zone, and while it is on.
async fn remove(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let (ix, held) = find(world, Kind::Zone, &id)?;
        if held.system || world.zone_is_asked_for(ix) {
            return Err(ApiError::forbidden());
        }
        if held.active && world.facts.engine == Engine::Identity {
            let active = |what: &str| {
                format!("The zone: {what} is an active zone. Active zones cannot be deleted.")
            };
            let cause = format!("id: {}", active(held.id.as_str()));
            return Err(ApiError::validations(&active(&held.name), vec![cause]));
        }
        world.delete_document(cause, ix)?;
        Ok(page::no_content())
    })
}

fn text<'a>(sent: &'a Fields, field: &str) -> Option<&'a str> {
    sent.get(field).and_then(Value::as_str)
}

/// The name that was sent, which no other zone may have.
fn name<'a>(world: &World, zone: DocumentIx, sent: &'a Fields) -> Result<&'a str, ApiError> {
    let name = text(sent, "name").filter(|name| !name.trim().is_empty());
    let name =
        name.ok_or_else(|| ApiError::validation("name", "The field cannot be left blank"))?;
    if name.chars().count() > LONGEST_NAME {
        let cause = format!("The field must not exceed {LONGEST_NAME} characters");
        return Err(ApiError::validation("name", &cause));
    }
    let taken = world.documents().named(Kind::Zone, name);
    if taken.is_some_and(|other| other != zone) {
        return Err(Refused::duplicate("name").into());
    }
    Ok(name)
}

fn status(sent: &Fields) -> Result<Option<bool>, ApiError> {
    match sent.get("status").map(Value::as_str) {
        None => Ok(None),
        Some(Some("ACTIVE")) => Ok(Some(true)),
        Some(Some("INACTIVE")) => Ok(Some(false)),
        Some(_) => Err(ApiError::validation("status", "Invalid status specified")),
    }
}

/// Looks whether everything else does for the zone that is there.
fn checked(sent: &Fields, held: &Document) -> Result<(), ApiError> {
    match text(sent, "type") {
        None => {
            let cause = "The field cannot be left blank";
            return Err(ApiError::validation("type", cause));
        }
        kind if kind != held.of_type() => {
            let cause = "The type of a zone cannot be changed";
            return Err(ApiError::validation("type", cause));
        }
        Some(_) => {}
    }
    let usage = sent.get("usage").map(Value::as_str);
    if !matches!(usage, None | Some(Some("POLICY" | "BLOCKLIST"))) {
        return Err(ApiError::validation("usage", "Invalid usage specified"));
    }
    let usage = text(sent, "usage").or_else(|| held.text("usage"));
    if held.of_type() == Some("IP") {
        let blocks = usage == Some("BLOCKLIST");
        let gateways = addresses(sent, "gateways", most_gateways(held.system, blocks))?;
        let proxies = addresses(sent, "proxies", most_gateways(held.system, false))?;
        if gateways + proxies == 0 && !held.system {
            let cause = "Either gateways or proxies must be defined for an IP zone";
            return Err(ApiError::validation("gateways", cause));
        }
    }
    ["locations", "asns", "ipServiceCategories"]
        .into_iter()
        .try_for_each(|list| not_too_many(sent, list))
}

/// How many addresses an IP zone may hold.
fn most_gateways(system: bool, blocks: bool) -> usize {
    match (system, blocks) {
        (true, _) => 5_000,
        (false, true) => 1_000,
        (false, false) => 150,
    }
}

/// How many addresses a list holds, each of which must be one.
fn addresses(sent: &Fields, list: &str, most: usize) -> Result<usize, ApiError> {
    let items = match sent.get(list) {
        None | Some(Value::Null) => return Ok(0),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(ApiError::malformed_body()),
    };
    if items.len() > most {
        let cause = format!("The maximum number of entries is {most}");
        return Err(ApiError::validation(list, &cause));
    }
    for item in items {
        let part = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, value) = (part("type"), part("value"));
        if !is_range(kind, value) {
            let cause = format!("Invalid address of type {kind}: {value}");
            return Err(ApiError::validation(list, &cause));
        }
    }
    Ok(items.len())
}

/// Whether a text is an address, a network or a range of addresses, as its type says. One address is a range of one.
fn is_range(kind: &str, text: &str) -> bool {
    let read = |text: &str| text.trim().parse::<IpAddr>().ok();
    match kind {
        "RANGE" => {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let ends = read(first).zip(read(last));
            ends.is_some_and(|(first, last)| first.is_ipv4() == last.is_ipv4() && first <= last)
        }
        "CIDR" => text.split_once('/').is_some_and(|(network, bits)| {
            let network = read(network);
            let most = network.map_or(0, |network| if network.is_ipv4() { 32 } else { 128 });
            network.is_some() && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
        }),
        _ => false,
    }
}

/// A list, or the two lists of what is in and what is not.
fn not_too_many(sent: &Fields, list: &str) -> Result<(), ApiError> {
    let Some(value) = sent.get(list) else {
        return Ok(());
    };
    let both = ["include", "exclude"].map(|side| value.get(side));
    let all = both.into_iter().flatten().chain([value]);
    let longest = all.filter_map(Value::as_array).map(Vec::len).max();
    if longest.is_some_and(|longest| longest > MOST_PLACES) {
        let cause = format!("The maximum number of entries is {MOST_PLACES}");
        return Err(ApiError::validation(list, &cause));
    }
    Ok(())
}

/// The fields that become others.
fn replaced(sent: &Fields, held: &Document) -> Fields {
    let mut fields: Fields = sent
        .iter()
        .filter(|(field, _)| !NOT_SENT.contains(&field.as_str()))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    for list in LISTS {
        if held.body.contains_key(list) && !fields.contains_key(list) {
            fields.insert(list.to_owned(), Value::Null);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_networks_and_ranges_may_be_in_a_zone_as_what_they_are() {
        for (kind, text, fine) in [
            ("RANGE", "203.0.113.7", true),
            ("RANGE", "203.0.113.1-203.0.113.9", true),
            ("CIDR", "203.0.113.0/24", true),
            ("CIDR", "2001:db8::/32", true),
            ("CIDR", "203.0.113.0/33", false),
            ("CIDR", "203.0.113.7", false),
            ("CIDR", "203.0.113.0/x", false),
            ("RANGE", "203.0.113.0/24", false),
            ("RANGE", "203.0.113.9-203.0.113.1", false),
            ("RANGE", "203.0.113.9-2001:db8::1", false),
            ("RANGE", "203.0.113", false),
            ("", "203.0.113.7", false),
        ] {
            assert_eq!(is_range(kind, text), fine, "{kind} {text}");
        }
    }
}
