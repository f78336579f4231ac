//! An API token as the API shows it; never the secret.

use super::{View, href_for};
use crate::sim::json;
use crate::sim::time::{DAY_MS, MINUTE_MS};
use crate::sim::world::token::{ApiToken, Network};

/// Writes one token.
pub fn write(view: View<'_>, out: &mut String, token: &ApiToken) {
    let (base, owner) = (view.base, view.world.user(token.owner).id);
    json::object(out, |o| {
        o.str("name", &token.name)
            .shown("userId", owner)
            .str("tokenWindow", &iso_duration(token.window_ms))
            .object("network", |o| match &token.network {
                Network::Anywhere => drop(o.str("connection", "ANYWHERE")),
                Network::Zones { include, exclude } => {
                    o.str("connection", "ZONE");
                    if !include.is_empty() {
                        o.strings("include", include.iter().map(String::as_str));
                    }
                    if !exclude.is_empty() {
                        o.strings("exclude", exclude.iter().map(String::as_str));
                    }
                }
            })
            .shown("id", token.id)
            .str("clientName", "Okta API")
            .shown("expiresAt", token.expires_at())
            .shown("created", token.created)
            .shown("lastUpdated", token.last_used())
            .object("_links", |o| {
                let own = format_args!("{base}/api/v1/api-tokens/{}", token.id);
                href_for(o, "self", own, &["GET", "DELETE"]);
                let user = format_args!("{base}/api/v1/users/{owner}");
                href_for(o, "user", user, &["GET"]);
            });
    });
}

/// Whole days or minutes, as Okta writes spans.
fn iso_duration(span_ms: i64) -> String {
    if span_ms % DAY_MS == 0 {
        format!("P{}D", span_ms / DAY_MS)
    } else {
        format!("PT{}M", span_ms / MINUTE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_days_where_they_can_be() {
        assert_eq!(iso_duration(30 * DAY_MS), "P30D");
        assert_eq!(iso_duration(5 * MINUTE_MS), "PT5M");
    }
}
