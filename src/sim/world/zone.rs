//! Which network zones an address is in.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::World;
use super::document::{Document, Kind};
use super::index::DocumentIx;
use super::place::{Client, PLACES, Place};

impl World {
    /// The active zones that a request comes from, in the order of their making.
    pub fn zones_of(&self, client: &Client) -> Vec<DocumentIx> {
        self.zones_holding(client.ip, Some(client.place.get()))
    }

    /// The active zones that an address is in; where on earth it is is known of the networks of [`PLACES`] only.
    pub fn zones_of_address(&self, ip: Ipv4Addr) -> Vec<DocumentIx> {
        let [a, b, ..] = ip.octets();
        let place = PLACES.iter().find(|place| place.network == [a, b]);
        self.zones_holding(ip, place)
    }

    /// Whether a request comes from a zone that the org keeps out.
    pub fn is_blocked(&self, client: &Client) -> bool {
        let place = Some(client.place.get());
        self.documents()
            .of(Kind::Zone)
            .filter(|(_, zone)| zone.active && zone.text("usage") == Some("BLOCKLIST"))
            .any(|(_, zone)| holds(zone, client.ip, place))
    }

    /// Whether a policy or a rule asks for the zone.
    pub fn zone_is_asked_for(&self, zone: DocumentIx) -> bool {
        let id = self.documents().get(zone).id;
        let names = |document: &Document, side: &str| {
            let network = document.body.get("conditions")?.get("network")?;
            let zones = network.get(side)?.as_array()?;
            Some(zones.iter().any(|one| one.as_str() == Some(id.as_str())))
        };
        let asks = |document: &Document| {
            ["include", "exclude"]
                .into_iter()
                .any(|side| names(document, side) == Some(true))
        };
        [Kind::Policy, Kind::PolicyRule]
            .into_iter()
            .flat_map(|kind| self.documents().of(kind))
            .any(|(_, document)| asks(document))
    }

    fn zones_holding(&self, ip: Ipv4Addr, place: Option<&Place>) -> Vec<DocumentIx> {
        self.documents()
            .of(Kind::Zone)
            .filter(|(_, zone)| zone.active && holds(zone, ip, place))
            .map(|(ix, _)| ix)
            .collect()
    }
}

/// Whether a zone holds an address, which is at that place.
fn holds(zone: &Document, ip: Ipv4Addr, at: Option<&Place>) -> bool {
    match zone.of_type() {
        Some("IP") => ["gateways", "proxies"]
            .into_iter()
            .flat_map(|field| list(zone.body.get(field)))
            .filter_map(|address| address.get("value")?.as_str())
            .any(|range| in_range(range, ip)),
        Some("DYNAMIC") => {
            let place = located(list(zone.body.get("locations")), at);
            let provider = provided(list(zone.body.get("asns")), at);
            either(place, provider)
        }
        Some("DYNAMIC_V2") => {
            let part = |field: &str, side: &str| {
                list(zone.body.get(field).and_then(|both| both.get(side)))
            };
            let excluded = located(part("locations", "exclude"), at) == Some(true)
                || provided(part("asns", "exclude"), at) == Some(true);
            let place = located(part("locations", "include"), at);
            let provider = provided(part("asns", "include"), at);
            !excluded && either(place, provider)
        }
        _ => false,
    }
}

/// What is asked for must hold, and something must be asked for: a zone of anonymisers alone holds none of our places.
fn either(place: Option<bool>, provider: Option<bool>) -> bool {
    (place.is_some() || provider.is_some()) && place.unwrap_or(true) && provider.unwrap_or(true)
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether the address is at one of these locations; `None` when there are none.
fn located(locations: &[Value], at: Option<&Place>) -> Option<bool> {
    let here = |location: &Value| {
        location.get("country").and_then(Value::as_str) == at.map(|at| at.country_code)
    };
    (!locations.is_empty()).then(|| locations.iter().any(here))
}

/// Whether the address's provider is one of these; `None` when there are none.
fn provided(numbers: &[Value], at: Option<&Place>) -> Option<bool> {
    let own = at.map(|at| at.as_number.to_string());
    (!numbers.is_empty()).then(|| {
        numbers
            .iter()
            .any(|number| number.as_str() == own.as_deref())
    })
}

/// Whether `1.2.3.0/24`, `1.2.3.4-1.2.3.9` or `1.2.3.4` holds the address.
fn in_range(range: &str, ip: Ipv4Addr) -> bool {
    let read = |text: &str| text.trim().parse::<Ipv4Addr>().ok();
    if let Some((first, last)) = range.split_once('-') {
        return read(first)
            .zip(read(last))
            .is_some_and(|(first, last)| (first..=last).contains(&ip));
    }
    let (network, bits) = range.split_once('/').unwrap_or((range, "32"));
    let Some((network, bits)) = read(network).zip(bits.parse::<u32>().ok()) else {
        return false;
    };
    let mask = u32::MAX
        .checked_shl(32_u32.saturating_sub(bits))
        .unwrap_or(0);
    u32::from(network) & mask == u32::from(ip) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_networks_and_single_addresses_hold_what_they_say() {
        let ip = Ipv4Addr::new(203, 0, 113, 20);
        for (range, holds) in [
            ("203.0.113.10-203.0.113.30", true),
            ("203.0.113.21-203.0.113.30", false),
            ("203.0.112.0/23", true),
            ("203.0.114.0/24", false),
            ("0.0.0.0/0", true),
            ("203.0.113.20", true),
            ("203.0.113.21", false),
            ("nonsense/33", false),
        ] {
            assert_eq!(in_range(range, ip), holds, "{range}");
        }
    }
}
