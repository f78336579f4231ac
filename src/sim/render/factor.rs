//! An enrolled factor as the Factors API shows it.

use super::View;
use crate::sim::derive::{BASE64URL, letters};
use crate::sim::json::{self, Object};
use crate::sim::world::factor::{Factor, FactorKind};
use crate::sim::world::index::UserIx;

/// Writes one enrolment of `user`.
pub fn write(view: View<'_>, out: &mut String, user: UserIx, factor: &Factor) {
    let id = view.world.factor_id(factor);
    let owner = view.world.user(user);
    let status = if factor.active {
        "ACTIVE"
    } else {
        "PENDING_ACTIVATION"
    };
    let user_href = format!("{}/api/v1/users/{}", view.base, owner.id);
    let own = format!("{user_href}/factors/{id}");
    json::object(out, |o| {
        o.shown("id", id)
            .str("factorType", factor.kind.factor_type())
            .str("provider", factor.kind.provider())
            .str("vendorName", factor.kind.provider())
            .str("status", status)
            .shown("created", factor.created)
            .shown("lastUpdated", factor.last_updated)
            .object("profile", |o| write_profile(view, o, user, factor))
            .object("_links", |links| {
                if factor.active {
                    link(links, "verify", &format!("{own}/verify"), &["POST"]);
                } else {
                    links.object("next", |o| {
                        o.str("name", "activate")
                            .shown("href", format_args!("{own}/lifecycle/activate"))
                            .object("hints", |o| {
                                o.strings("allow", ["POST"]);
                            });
                    });
                }
                link(links, "self", &own, &["GET", "DELETE"]);
                link(links, "user", &user_href, &["GET"]);
            });
    });
}

/// Writes a factor that a user may enrol; `href` is the list of the user's factors.
pub fn write_offer(out: &mut String, href: &str, kind: FactorKind, how: &str, enrolled: bool) {
    let status = if enrolled { "ACTIVE" } else { "NOT_SETUP" };
    json::object(out, |o| {
        o.str("factorType", kind.factor_type())
            .str("provider", kind.provider())
            .str("vendorName", kind.provider())
            .str("enrollment", how)
            .str("status", status)
            .object("_links", |o| {
                if kind == FactorKind::Question {
                    link(o, "questions", &format!("{href}/questions"), &["GET"]);
                }
                link(o, "enroll", href, &["POST"]);
            });
    });
}

fn link(o: &mut Object<'_>, name: &str, href: &str, allow: &[&str]) {
    o.object(name, |o| {
        o.str("href", href).object("hints", |o| {
            o.strings("allow", allow.iter().copied());
        });
    });
}

fn write_profile(view: View<'_>, o: &mut Object<'_>, user: UserIx, factor: &Factor) {
    let login = &view.world.user(user).profile.login;
    let seed = view.world.seed;
    let key = u64::from(factor.serial);
    match factor.kind {
        FactorKind::Push | FactorKind::SignedNonce => {
            let (device, platform, name, version) = *seed.pick("phone-model", key, PHONES);
            o.str("credentialId", login)
                .str("deviceType", device)
                .str("name", name)
                .str("platform", platform)
                .str("version", version);
        }
        FactorKind::OktaTotp | FactorKind::GoogleTotp => {
            o.str("credentialId", login);
        }
        FactorKind::Sms | FactorKind::Call => {
            o.str("phoneNumber", &phone_number(view, factor));
        }
        FactorKind::Email => {
            o.str("email", &view.world.user(user).profile.email);
        }
        FactorKind::Question => {
            o.str("question", "favorite_art_piece")
                .str("questionText", "What is your favorite piece of art?");
        }
        FactorKind::Webauthn => {
            let credential = letters(seed.hash("credential", key), BASE64URL, 64);
            let authenticator = *seed.pick("authenticator", key, AUTHENTICATORS);
            o.shown("credentialId", credential)
                .str("authenticatorName", authenticator);
        }
    }
}

/// The telephone number that a text or a call goes to.
pub(super) fn phone_number(view: View<'_>, factor: &Factor) -> String {
    let line = view.world.phone_line(factor.serial);
    format!("+1555010{line:04}")
}

const PHONES: &[(&str, &str, &str, &str)] = &[
    ("SmartPhone_IPhone", "IOS", "iPhone 15", "9.27.0"),
    ("SmartPhone_IPhone", "IOS", "iPhone SE", "9.21.1"),
    ("SmartPhone_Android", "ANDROID", "Pixel 9", "8.13.2"),
    ("SmartPhone_Android", "ANDROID", "SM-S921B", "8.9.0"),
];

const AUTHENTICATORS: &[&str] = &[
    "YubiKey 5",
    "MacBook Touch ID",
    "Windows Hello",
    "Google Titan",
];
