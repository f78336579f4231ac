//! Documents as their APIs show them: what all have, what an admin wrote, and the links of each kind.

use std::fmt::Display;

use super::View;
use crate::sim::json::{self, Object};
use crate::sim::time::{DAY_MS, HOUR_MS, MINUTE_MS, Millis, SECOND_MS, civil};
use crate::sim::world::document::{Document, Kind};

/// Writes one document; `rules` puts a policy's rules into it (`expand=rules`).
pub fn write(view: View<'_>, out: &mut String, document: &Document, rules: bool) {
    json::object(out, |o| match document.kind {
        Kind::Setting => write_setting(view, o, document),
        Kind::PolicyMapping => write_mapping(view, o, document),
        _ => write_ordinary(view, o, document, rules),
    });
}

fn write_ordinary(view: View<'_>, o: &mut Object<'_>, document: &Document, rules: bool) {
    o.shown("id", document.id);
    match document.kind {
        Kind::PushMapping => {}
        _ => {
            o.str("name", &document.name);
        }
    }
    match document.kind {
        Kind::UserType | Kind::Brand => {}
        Kind::Feature if document.active => {
            o.str("status", "ENABLED");
        }
        Kind::Feature => {
            o.str("status", "DISABLED");
        }
        _ => {
            o.str("status", document.status());
        }
    }
    match document.kind {
        Kind::Behavior => {
            o.shown("created", Spaced(document.created))
                .shown("lastUpdated", Spaced(document.last_updated));
        }
        Kind::Feature | Kind::Brand => {}
        _ => {
            o.shown("created", document.created)
                .shown("lastUpdated", document.last_updated);
        }
    }
    if matches!(document.kind, Kind::Policy | Kind::PolicyRule | Kind::Zone) {
        o.raw("system", document.system);
    }
    for (field, value) in &document.body {
        o.value(field, value);
    }
    if document.kind == Kind::Policy {
        write_embedded(view, o, document, rules);
    }
    // Okta's own name for the links of a behaviour lacks the s.
    let links = if document.kind == Kind::Behavior {
        "_link"
    } else {
        "_links"
    };
    o.object(links, |o| write_links(view, o, document));
}

fn write_embedded(view: View<'_>, o: &mut Object<'_>, policy: &Document, rules: bool) {
    // A word where the document has an object: the official clients cannot read it.
    let of_apps = view.strange && policy.of_type() == Some("ACCESS_POLICY");
    if !rules && !of_apps {
        return;
    }
    o.object("_embedded", |o| {
        if of_apps {
            o.str("resourceType", "APP");
        }
        if rules {
            let rules = view.world.documents().rules(policy.id);
            o.array("rules", rules, |out, (_, rule)| {
                write(view, out, rule, false);
            });
        }
    });
}

/// One link that names the methods it allows.
fn link(o: &mut Object<'_>, name: &str, href: impl Display, allow: &[&str]) {
    o.object(name, |o| {
        o.shown("href", href).object("hints", |o| {
            o.strings("allow", allow.iter().copied());
        });
    });
}

/// The address of a document.
fn own(view: View<'_>, document: &Document) -> String {
    let base = view.base;
    let id = document.id;
    let parent = document.parent.map(|id| id.to_string()).unwrap_or_default();
    let path = match document.kind {
        Kind::Idp => "idps",
        Kind::Policy => "policies",
        Kind::PolicyRule => return format!("{base}/api/v1/policies/{parent}/rules/{id}"),
        Kind::PolicyMapping => return format!("{base}/api/v1/policies/{parent}/mappings/{id}"),
        Kind::PushMapping => {
            return format!("{base}/api/v1/apps/{parent}/group-push/mappings/{id}");
        }
        Kind::Zone => "zones",
        Kind::Authenticator => "authenticators",
        Kind::Behavior => "behaviors",
        Kind::EventHook => "eventHooks",
        Kind::InlineHook => "inlineHooks",
        Kind::LogStream => "logStreams",
        Kind::TrustedOrigin => "trustedOrigins",
        Kind::UserType => "meta/types/user",
        Kind::Feature => "features",
        Kind::Brand => "brands",
        Kind::Setting => "org",
    };
    format!("{base}/api/v1/{path}/{id}")
}

fn write_links(view: View<'_>, o: &mut Object<'_>, document: &Document) {
    let own = own(view, document);
    let everything: &[&str] = &["GET", "PUT", "DELETE"];
    let kept: &[&str] = &["GET", "PUT"];
    let editable = if document.system { kept } else { everything };
    match document.kind {
        Kind::Idp => write_idp_links(view, o, document, &own),
        Kind::Policy => {
            link(o, "self", &own, editable);
            link(o, "rules", format_args!("{own}/rules"), &["GET", "POST"]);
            if document.id.as_str().starts_with("rst") {
                let mappings = format_args!("{own}/mappings");
                link(o, "mappings", mappings, &["GET", "POST"]);
            }
            write_lifecycle(o, document, &own);
        }
        Kind::PolicyRule | Kind::TrustedOrigin => {
            link(o, "self", &own, editable);
            write_lifecycle(o, document, &own);
        }
        Kind::Zone => {
            link(o, "self", &own, editable);
            write_switch(o, document, &own);
        }
        Kind::Authenticator => {
            link(o, "self", &own, kept);
            link(o, "methods", format_args!("{own}/methods"), &["GET"]);
            if document.text("key") != Some("okta_password") {
                write_switch(o, document, &own);
            }
        }
        Kind::Behavior => link(o, "self", &own, &["GET", "POST", "PUT", "DELETE"]),
        Kind::EventHook => {
            link(o, "self", &own, everything);
            let verify = format_args!("{own}/lifecycle/verify");
            link(o, "verify", verify, &["POST"]);
            write_switch(o, document, &own);
        }
        Kind::InlineHook => {
            link(o, "self", &own, everything);
            link(o, "execute", format_args!("{own}/execute"), &["POST"]);
            write_switch(o, document, &own);
        }
        Kind::LogStream => write_stream_links(o, document, &own),
        Kind::UserType => write_type_links(view, o, document, &own),
        Kind::PushMapping => write_push_links(view, o, document),
        Kind::Feature => {
            link(o, "self", &own, &["POST"]);
            for related in ["dependents", "dependencies"] {
                plain(o, related, format_args!("{own}/{related}"));
            }
        }
        Kind::Brand => {
            link(o, "self", &own, editable);
            link(o, "themes", format_args!("{own}/themes"), &["GET"]);
        }
        Kind::PolicyMapping | Kind::Setting => {}
    }
}

fn plain(o: &mut Object<'_>, name: &str, href: impl Display) {
    o.object(name, |o| {
        o.shown("href", href);
    });
}

/// `activate` or `deactivate`, except for what Okta itself keeps up.
fn write_lifecycle(o: &mut Object<'_>, document: &Document, own: &str) {
    if !document.system {
        write_switch(o, document, own);
    }
}

fn write_switch(o: &mut Object<'_>, document: &Document, own: &str) {
    let verb = if document.active {
        "deactivate"
    } else {
        "activate"
    };
    link(o, verb, format_args!("{own}/lifecycle/{verb}"), &["POST"]);
}

fn write_idp_links(view: View<'_>, o: &mut Object<'_>, idp: &Document, own: &str) {
    let base = view.base;
    link(o, "self", own, &["GET", "PUT", "DELETE"]);
    match idp.of_type() {
        Some("SAML2") => {
            o.object("metadata", |o| {
                o.shown("href", format_args!("{own}/metadata.xml"))
                    .str("type", "application/xml")
                    .object("hints", |o| {
                        o.strings("allow", ["GET"]);
                    });
            });
            o.object("acs", |o| {
                o.shown("href", format_args!("{base}/sso/saml2/{}", idp.id))
                    .str("type", "application/xml")
                    .object("hints", |o| {
                        o.strings("allow", ["POST"]);
                    });
            });
        }
        Some("X509") => {
            let kid = idp
                .body
                .get("protocol")
                .and_then(|protocol| protocol.pointer("/credentials/trust/kid")?.as_str());
            if let Some(kid) = kid {
                let keys = format_args!("{base}/api/v1/idps/credentials/keys/{kid}");
                link(o, "keys", keys, &["GET"]);
            }
        }
        _ => {
            o.object("authorize", |o| {
                let query = "client_id={clientId}&response_type={responseType}&response_mode={responseMode}\
                             &scope={scopes}&redirect_uri={redirectUri}&state={state}&nonce={nonce}";
                let id = idp.id;
                o.shown(
                    "href",
                    format_args!("{base}/oauth2/v1/authorize?idp={id}&{query}"),
                )
                .raw("templated", true)
                .object("hints", |o| {
                    o.strings("allow", ["GET"]);
                });
            });
            let back = format_args!("{base}/oauth2/v1/authorize/callback");
            link(o, "clientRedirectUri", back, &["POST"]);
        }
    }
    link(o, "users", format_args!("{own}/users"), &["GET"]);
    write_switch(o, idp, own);
}

fn write_stream_links(o: &mut Object<'_>, stream: &Document, own: &str) {
    let mut with_method = |name: &str, href: String, method: &str| {
        o.object(name, |o| {
            o.str("href", &href).str("method", method);
        });
    };
    with_method("self", own.to_owned(), "GET");
    let verb = if stream.active {
        "deactivate"
    } else {
        "activate"
    };
    with_method(verb, format!("{own}/lifecycle/{verb}"), "POST");
}

fn write_type_links(view: View<'_>, o: &mut Object<'_>, of: &Document, own: &str) {
    plain(o, "self", own);
    // A type's schema has the same number as the type.
    let schema = view.world.schema_of_type(of.id);
    plain(
        o,
        "schema",
        format_args!("{}/api/v1/meta/schemas/user/{schema}", view.base),
    );
}

fn write_push_links(view: View<'_>, o: &mut Object<'_>, mapping: &Document) {
    let base = view.base;
    if let Some(app) = mapping.parent {
        plain(o, "app", format_args!("{base}/api/v1/apps/{app}"));
    }
    for (name, field) in [
        ("sourceGroup", "sourceGroupId"),
        ("targetGroup", "targetGroupId"),
    ] {
        let group = mapping.text(field).unwrap_or_default();
        plain(o, name, format_args!("{base}/api/v1/groups/{group}"));
    }
}

fn write_mapping(view: View<'_>, o: &mut Object<'_>, mapping: &Document) {
    let all: &[&str] = &["GET", "PUT", "DELETE"];
    let base = view.base;
    let app = mapping.text("application").unwrap_or_default();
    o.shown("id", mapping.id).object("_links", |o| {
        link(o, "self", own(view, mapping), &["GET", "DELETE"]);
        link(
            o,
            "application",
            format_args!("{base}/api/v1/apps/{app}"),
            all,
        );
        if let Some(policy) = mapping.parent {
            let policy = format_args!("{base}/api/v1/policies/{policy}");
            link(o, "policy", policy, all);
        }
    });
}

/// A setting, which has no id and no name of its own.
fn write_setting(view: View<'_>, o: &mut Object<'_>, setting: &Document) {
    for (field, value) in &setting.body {
        o.value(field, value);
    }
    let org = format!("{}/api/v1/org", view.base);
    match &*setting.name {
        "threatInsight" => {
            o.shown("created", setting.created)
                .shown("lastUpdated", setting.last_updated)
                .object("_links", |o| {
                    let own = format_args!("{}/api/v1/threats/configuration", view.base);
                    link(o, "self", own, &["GET", "POST"]);
                });
        }
        "preferences" => {
            let shown = setting.body.get("showEndUserFooter") == Some(&true.into());
            let verb = if shown {
                "hideEndUserFooter"
            } else {
                "showEndUserFooter"
            };
            o.object("_links", |o| {
                link(o, verb, format_args!("{org}/preferences/{verb}"), &["POST"]);
            });
        }
        "oktaCommunication" => {
            let out = setting.body.get("optOutEmailUsers") == Some(&true.into());
            let verb = if out { "optIn" } else { "optOut" };
            o.object("_links", |o| {
                let way = format_args!("{org}/privacy/oktaCommunication/{verb}");
                link(o, verb, way, &["POST"]);
            });
        }
        "oktaSupport" => {
            let support = format!("{org}/privacy/oktaSupport");
            let enabled = setting.text("support") == Some("ENABLED");
            let verbs: &[&str] = if enabled {
                &["extend", "revoke"]
            } else {
                &["grant"]
            };
            o.object("_links", |o| {
                for verb in verbs {
                    link(o, verb, format_args!("{support}/{verb}"), &["POST"]);
                }
                link(o, "cases", format_args!("{support}/cases"), &["GET"]);
            });
        }
        "contact.billing" | "contact.technical" => {
            let user = setting.text("userId").unwrap_or_default();
            o.object("_links", |o| {
                plain(o, "user", format_args!("{}/api/v1/users/{user}", view.base));
            });
        }
        _ => {}
    }
}

/// A moment as behaviours have it: with a space, and no zone.
struct Spaced(Millis);

impl Display for Spaced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = civil(self.0.0.div_euclid(DAY_MS));
        let in_day = self.0.0.rem_euclid(DAY_MS);
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.0",
            in_day / HOUR_MS,
            in_day / MINUTE_MS % 60,
            in_day / SECOND_MS % 60,
        )
    }
}
