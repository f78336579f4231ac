//! Somebody's account at an identity provider, as Okta links it.

use super::View;
use crate::sim::derive::letters;
use crate::sim::json;
use crate::sim::world::document::Document;
use crate::sim::world::index::UserIx;

/// Writes one link.
pub fn write(view: View<'_>, out: &mut String, idp: &Document, ix: UserIx) {
    let user = view.world.user(ix);
    let profile = &user.profile;
    let hash = view.world.seed.hash("idp-user", u64::from(ix.0));
    let external = letters(hash, b"0123456789", 15);
    let href = format!("{}/api/v1/idps/{}", view.base, idp.id);
    json::object(out, |o| {
        o.shown("id", user.id)
            .str("externalId", &external)
            .shown("created", user.created)
            .shown("lastUpdated", user.last_login.unwrap_or(user.created))
            .object("profile", |o| {
                // Texts where the document has objects: the official clients cannot read them.
                if view.strange {
                    o.str("firstName", &profile.first_name)
                        .str("lastName", &profile.last_name)
                        .str("email", &profile.email);
                }
            })
            .object("_links", |o| {
                let own = format!("{href}/users/{}", user.id);
                let user = format!("{}/api/v1/users/{}", view.base, user.id);
                for (name, href) in [("self", own), ("idp", href), ("user", user)] {
                    o.object(name, |o| {
                        o.str("href", &href);
                    });
                }
            });
    });
}
