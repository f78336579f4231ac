//! A user as the Users API shows it.

use super::View;
use crate::sim::json::{self, Object};
use crate::sim::world::attribute::{ATTRIBUTES, Attribute, shown_when_null};
use crate::sim::world::index::UserIx;
use crate::sim::world::user::{Provider, Status, User};

/// What the caller wants left out or put in.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent parts of one answer"
)]
pub struct UserParts {
    /// Leave out `credentials`.
    pub omit_credentials: bool,
    /// Leave out the links that change credentials.
    pub omit_credentials_links: bool,
    /// Leave out `transitioningToStatus`.
    pub omit_transitioning: bool,
    /// Show every operation that is permitted now, as for a single user; lists carry `self` only.
    pub all_links: bool,
}

/// Writes one user, in the version that the caller sees.
pub fn write(view: View<'_>, out: &mut String, ix: UserIx, user: &User, parts: UserParts) {
    json::object(out, |o| {
        o.shown("id", user.id)
            .str("status", user.status.as_str())
            .shown("created", user.created)
            .shown_or_null("activated", user.activated)
            .shown_or_null("statusChanged", user.status_changed)
            .shown_or_null("lastLogin", user.last_login)
            .shown("lastUpdated", user.last_updated)
            .shown_or_null("passwordChanged", user.password_changed)
            .object("type", |kind| {
                kind.shown("id", view.world.user_type(ix));
            });
        if let Some(to) = user.transitioning_to.filter(|_| !parts.omit_transitioning) {
            o.str("transitioningToStatus", to.as_str());
        }
        o.object("profile", |profile| write_profile(view, profile, ix, user));
        if !parts.omit_credentials {
            o.object("credentials", |credentials| {
                write_credentials(view, credentials, ix, user);
            });
        }
        o.object("_links", |links| write_links(view, links, ix, user, parts));
    });
}

fn write_profile(view: View<'_>, o: &mut Object<'_>, ix: UserIx, user: &User) {
    for name in ATTRIBUTES {
        if view.strange && *name == "zipCode" {
            o.raw(name, 10_000 + ix.0 % 80_000);
            continue;
        }
        if let Some(value) = view.world.attribute(ix, user, name) {
            write_attribute(o, name, value);
        }
    }
    // What somebody set beyond the schema's own attributes.
    for (name, value) in user.profile.extra.iter().flat_map(|extra| extra.iter()) {
        if !ATTRIBUTES.contains(&name.as_str()) {
            write_attribute(o, name, value.into());
        }
    }
}

fn write_attribute(o: &mut Object<'_>, name: &str, value: Attribute<'_>) {
    match value {
        Attribute::Null if shown_when_null(name) => o.null(name),
        Attribute::Null => o,
        Attribute::Text(text) => o.str(name, &text),
        Attribute::Bool(truth) => o.raw(name, truth),
        Attribute::Number(number) => o.raw(name, number),
        Attribute::List(items) => o.strings(name, items),
        Attribute::Other(value) => o.value(name, value),
    };
}

fn write_credentials(view: View<'_>, o: &mut Object<'_>, ix: UserIx, user: &User) {
    if user.password_changed.is_some() && user.provider == Provider::Okta {
        o.object("password", |_| ());
    }
    if let Some(text) = view.world.recovery_question(ix) {
        o.object("recovery_question", |question| {
            question.str("question", text);
        });
    }
    o.array("emails", [&user.profile.email], |out, email| {
        json::object(out, |o| {
            o.str("value", email)
                .str("status", "VERIFIED")
                .str("type", "PRIMARY");
        });
    });
    let (kind, name) = match user.provider {
        Provider::Okta => ("OKTA", "OKTA"),
        Provider::ActiveDirectory => ("ACTIVE_DIRECTORY", "corp.northwind.example"),
        Provider::Ldap => ("LDAP", "ldap.northwind.example"),
        Provider::Federation => ("FEDERATION", "FEDERATION"),
        Provider::Import => ("IMPORT", "IMPORT"),
    };
    o.object("provider", |provider| {
        provider.str("type", kind).str("name", name);
    });
}

fn write_links(view: View<'_>, o: &mut Object<'_>, ix: UserIx, user: &User, parts: UserParts) {
    let own = format!("{}/api/v1/users/{}", view.base, user.id);
    if parts.all_links {
        let enrolled = !view.world.factors(ix).is_empty();
        for link in permitted(user, enrolled) {
            if parts.omit_credentials_links && link.path.starts_with("/credentials") {
                continue;
            }
            o.object(link.name, |o| {
                o.shown("href", format_args!("{own}{}", link.path))
                    .str("method", "POST");
            });
        }
        let kind = view.world.user_type(ix);
        let schema = view.world.user_schema(ix);
        o.object("schema", |o| {
            let path = "/api/v1/meta/schemas/user/";
            o.shown("href", format_args!("{}{path}{schema}", view.base));
        });
        o.object("type", |o| {
            let path = "/api/v1/meta/types/user/";
            o.shown("href", format_args!("{}{path}{kind}", view.base));
        });
    }
    o.object("self", |o| {
        o.str("href", &own);
    });
}

/// An operation that the user's status permits.
struct Link {
    name: &'static str,
    path: &'static str,
}

fn permitted(user: &User, enrolled: bool) -> Vec<Link> {
    let link = |name, path| Link { name, path };
    let mut links = match user.status {
        Status::Staged => vec![link("activate", "/lifecycle/activate")],
        Status::Deprovisioned => return vec![link("activate", "/lifecycle/activate")],
        Status::Provisioned => vec![
            link("reactivate", "/lifecycle/reactivate"),
            link("resetPassword", "/lifecycle/reset_password"),
        ],
        Status::Active => vec![
            link("suspend", "/lifecycle/suspend"),
            link("resetPassword", "/lifecycle/reset_password"),
            link("expirePassword", "/lifecycle/expire_password"),
            link("forgotPassword", "/credentials/forgot_password"),
            link(
                "changeRecoveryQuestion",
                "/credentials/change_recovery_question",
            ),
            link("changePassword", "/credentials/change_password"),
        ],
        Status::Recovery => vec![
            link("reactivate", "/lifecycle/reactivate"),
            link("resetPassword", "/lifecycle/reset_password"),
            link("changePassword", "/credentials/change_password"),
        ],
        Status::LockedOut => vec![
            link("unlock", "/lifecycle/unlock"),
            link("resetPassword", "/lifecycle/reset_password"),
        ],
        Status::PasswordExpired => vec![
            link("resetPassword", "/lifecycle/reset_password"),
            link("changePassword", "/credentials/change_password"),
        ],
        Status::Suspended => vec![link("unsuspend", "/lifecycle/unsuspend")],
    };
    if enrolled {
        links.push(link("resetFactors", "/lifecycle/reset_factors"));
    }
    links.push(link("deactivate", "/lifecycle/deactivate"));
    links
}
