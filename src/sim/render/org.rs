//! The org itself, and what it says of itself to anybody.

use super::View;
use crate::sim::json;

/// The org's settings.
pub fn settings(view: View<'_>) -> String {
    let facts = &view.world.facts;
    let base = view.base;
    json::object_text(|o| {
        o.str("address1", "1 Assembly Row")
            .null("address2")
            .str("city", "San Francisco")
            .str("companyName", &facts.name)
            .str("country", "United States")
            .null("endUserSupportHelpURL")
            .str("phoneNumber", "+15550100000")
            .str("postalCode", "94105")
            .str("state", "California")
            .null("supportPhoneNumber")
            .str("website", "https://northwind.example")
            .shown("id", facts.id)
            .shown("created", facts.created)
            .shown("lastUpdated", facts.created)
            .null("expiresAt")
            .str("status", "ACTIVE")
            .str("subdomain", &facts.subdomain)
            .object("_links", |o| {
                for (name, path) in [
                    ("preferences", "/api/v1/org/preferences"),
                    ("oktaCommunication", "/api/v1/org/privacy/oktaCommunication"),
                    ("oktaSupport", "/api/v1/org/privacy/oktaSupport"),
                    ("contacts", "/api/v1/org/contacts"),
                ] {
                    o.object(name, |o| {
                        o.shown("href", format_args!("{base}{path}"));
                    });
                }
            });
    })
}

/// What `/.well-known/okta-organization` answers.
pub fn well_known(view: View<'_>) -> String {
    json::object_text(|o| {
        o.shown("id", view.world.facts.id)
            .str("pipeline", view.world.facts.engine.pipeline())
            .object("_links", |o| {
                o.object("organization", |o| {
                    o.str("href", view.base);
                });
            });
    })
}
