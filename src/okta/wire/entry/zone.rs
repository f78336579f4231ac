//! Network zones.

use super::super::fields::Fields;
use super::{Draft, flat, joined};
use crate::domain::text::SafeText;

/// A zone of `/api/v1/zones`, of addresses or of places and providers.
pub(super) fn zone(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "usage", "system"]);
    draft.fact("gateways", joined(&addresses(fields, "gateways")));
    draft.fact("proxies", joined(&addresses(fields, "proxies")));
    draft.fact("locations", sides(fields, "locations", places));
    draft.fact("asns", sides(fields, "asns", numbers));
    let services = fields.filled("proxyType");
    let services = services.or_else(|| flat::of(&fields.object("ipServiceCategories")));
    draft.fact("services", services);
}

fn addresses(fields: &Fields<'_>, name: &str) -> Vec<SafeText> {
    let ranges = fields.list(name).into_iter();
    ranges
        .filter_map(|raw| Fields::of(raw).ok()?.filled("value"))
        .collect()
}

/// Numbers of autonomous systems.
fn numbers(fields: &Fields<'_>, name: &str) -> Vec<SafeText> {
    fields.words(name)
}

/// Places as `DE` or `US-CA`.
fn places(fields: &Fields<'_>, name: &str) -> Vec<SafeText> {
    let places = fields.list(name).into_iter();
    places
        .filter_map(|raw| {
            let place = Fields::of(raw).ok()?;
            place.filled("region").or_else(|| place.filled("country"))
        })
        .collect()
}

/// A list, or an object of what is included and what is not: the two types of dynamic zones write it differently.
fn sides(
    fields: &Fields<'_>,
    name: &str,
    words: fn(&Fields<'_>, &str) -> Vec<SafeText>,
) -> Option<SafeText> {
    let Some(both) = fields.some_object(name) else {
        return joined(&words(fields, name));
    };
    let side = |name| joined(&words(&both, name));
    match (side("include"), side("exclude")) {
        (include, None) => include,
        (None, Some(exclude)) => Some(SafeText::new(&format!("not {exclude}"))),
        (Some(include), Some(exclude)) => Some(SafeText::new(&format!("{include}; not {exclude}"))),
    }
}
