//! An authenticator's methods, and what people have enrolled of them.

use super::View;
use crate::sim::event::values::{enrolment_id, password_id};
use crate::sim::json::{self, Object};
use crate::sim::world::document::{Document, Kind};
use crate::sim::world::factor::{Factor, FactorKind};
use crate::sim::world::index::UserIx;

/// The methods of an authenticator.
pub fn methods(authenticator: &Document) -> &'static [&'static str] {
    match authenticator.text("key") {
        Some("okta_email") => &["email"],
        Some("okta_password") => &["password"],
        Some("phone_number") => &["sms", "voice"],
        Some("okta_verify") => &["push", "signed_nonce", "totp"],
        Some("google_otp") => &["otp"],
        Some("webauthn") => &["webauthn"],
        Some("security_question") => &["security_question"],
        Some("smart_card_idp") => &["cert"],
        Some("tac") => &["tac"],
        _ => &[],
    }
}

/// Writes one method.
pub fn write_method(view: View<'_>, out: &mut String, of: &Document, method: &str) {
    let own = format!(
        "{}/api/v1/authenticators/{}/methods/{method}",
        view.base, of.id
    );
    // Nobody is called any more.
    let active = of.active && method != "voice";
    let (status, verb) = if active {
        ("ACTIVE", "deactivate")
    } else {
        ("INACTIVE", "activate")
    };
    json::object(out, |o| {
        o.str("type", method).str("status", status);
        write_settings(o, method, view.strange);
        o.object("_links", |o| {
            link(o, "self", &own, &["GET", "PUT"]);
            link(o, verb, &format!("{own}/lifecycle/{verb}"), &["POST"]);
        });
    });
}

fn write_settings(o: &mut Object<'_>, method: &str, strange: bool) {
    match method {
        "push" | "signed_nonce" => o.object("settings", |o| {
            o.strings("algorithms", ["ES256", "RS256"])
                .str("keyProtection", "ANY");
            if method == "push" {
                o.strings("transactionTypes", ["LOGIN"]);
            } else {
                o.str("showSignInWithOV", "ALWAYS");
            }
        }),
        "totp" => o.object("settings", |o| {
            o.raw("timeIntervalInSeconds", 30)
                .str("encoding", "base32")
                .raw("passCodeLength", 6);
            // The document's names of the algorithms are not those that the official clients know.
            if strange {
                o.str("algorithm", "HMacSHA1");
            }
        }),
        "webauthn" => o.object("settings", |o| {
            o.str("userVerification", "PREFERRED")
                .str("attachment", "ANY");
        }),
        _ => o,
    };
}

fn link(o: &mut Object<'_>, name: &str, href: &str, allow: &[&str]) {
    o.object(name, |o| {
        o.str("href", href).object("hints", |o| {
            o.strings("allow", allow.iter().copied());
        });
    });
}

/// What somebody enrolled: the password, or a factor.
#[derive(Clone, Copy, Debug)]
pub enum Enrolment<'a> {
    /// The password.
    Password,
    /// A factor.
    Factor(&'a Factor),
}

impl Enrolment<'_> {
    /// Everything that a user has enrolled.
    pub fn of(view: View<'_>, user: UserIx) -> Vec<Enrolment<'_>> {
        let has_password = view.world.user(user).password_changed.is_some();
        let factors = view.world.factors(user).iter().map(Enrolment::Factor);
        has_password
            .then_some(Enrolment::Password)
            .into_iter()
            .chain(factors)
            .collect()
    }

    /// The id, as in the targets of the System Log.
    pub fn id(self, view: View<'_>, user: UserIx) -> String {
        let owner = view.world.user(user).id;
        match self {
            Self::Password => password_id(owner.as_str()),
            Self::Factor(factor) => enrolment_id(owner.as_str(), factor.kind),
        }
    }

    /// The key of the authenticator.
    fn key(self) -> &'static str {
        match self {
            Self::Password => "okta_password",
            Self::Factor(factor) => factor.kind.authenticator(),
        }
    }

    /// Writes it.
    pub fn write(self, view: View<'_>, out: &mut String, user: UserIx) {
        let owner = view.world.user(user);
        let id = self.id(view, user);
        let key = self.key();
        let mut all = view.world.documents().of(Kind::Authenticator);
        let authenticator = all.find(|(_, held)| held.text("key") == Some(key));
        let user_href = format!("{}/api/v1/users/{}", view.base, owner.id);
        json::object(out, |o| {
            o.str("id", &id).str("key", key);
            if let Some((_, authenticator)) = authenticator {
                o.str("type", authenticator.of_type().unwrap_or_default())
                    .str("name", &authenticator.name);
            }
            self.write_state(view, o, user);
            o.null("nickname").object("_links", |o| {
                let own = format!("{user_href}/authenticator-enrollments/{id}");
                link(o, "self", &own, &["GET", "DELETE"]);
                link(o, "user", &user_href, &["GET"]);
                if let Some((_, authenticator)) = authenticator {
                    let href = format!("{}/api/v1/authenticators/{}", view.base, authenticator.id);
                    link(o, "authenticator", &href, &["GET"]);
                }
            });
        });
    }

    fn write_state(self, view: View<'_>, o: &mut Object<'_>, user: UserIx) {
        let owner = view.world.user(user);
        let Self::Factor(factor) = self else {
            o.str("status", "ACTIVE")
                .shown("created", owner.created)
                .shown_or_null("lastUpdated", owner.password_changed);
            return;
        };
        let status = if factor.active { "ACTIVE" } else { "INACTIVE" };
        o.str("status", status)
            .shown("created", factor.created)
            .shown("lastUpdated", factor.last_updated);
        match factor.kind {
            // The document's profile is that of a phone and nothing else.
            FactorKind::Email if view.strange => {
                o.object("profile", |o| {
                    o.str("email", &owner.profile.email);
                });
            }
            FactorKind::Sms | FactorKind::Call => {
                let number = super::factor::phone_number(view, factor);
                // Only the end of a number is disclosed.
                let hidden = format!("+1 XXX-XXX-{}", &number[number.len() - 4..]);
                o.object("profile", |o| {
                    o.str("phoneNumber", &hidden);
                });
            }
            _ => {}
        }
    }
}
