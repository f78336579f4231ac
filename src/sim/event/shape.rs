//! The JSON of an event, with the oddities that clients trip over.
//!
//! Some of them, on purpose: `client.zone` is the string `"null"`; every value of `debugData` is a string, maps are in
//! Java's notation and JSON is in a string; groups have the alternate id `"unknown"`; `target` is null for some types;
//! `device` is sometimes null and sometimes absent; sessions have none of these for a failed sign-in.

use std::fmt::Write as _;

use crate::sim::id::Id;
use crate::sim::json::{self, Object};
use crate::sim::time::Millis;
use crate::sim::world::device::{self, Make};
use crate::sim::world::factor::FactorKind;
use crate::sim::world::place::Client;

use super::kind::{Credential, Debug, Spec};
use super::party::Party;
use super::tables::Tables;
use super::values::{
    hex, legacy, request_id, session_id, severity, target_alternate, target_id, target_kind,
    target_name, transaction_type, uuid,
};
use super::{Aspect, BEHAVIORS, Event, Note, Target};

/// Appends the event's JSON to `out`.
pub fn write(out: &mut String, tables: &Tables, event: &Event) {
    let shape = Shape {
        tables,
        event,
        spec: event.kind.spec(),
        note: &tables.notes[event.note as usize],
    };
    json::object(out, |o| shape.fill(o));
}

/// One event with everything it points at.
struct Shape<'a> {
    tables: &'a Tables,
    event: &'a Event,
    spec: &'static Spec,
    note: &'a Note,
}

impl Shape<'_> {
    fn fill(&self, o: &mut Object<'_>) {
        let event = self.event;
        o.object("actor", |o| {
            write_party(o, self.tables.cast.get(event.actor));
        });
        o.object("client", |o| self.client(o));
        self.device(o);
        o.object("authenticationContext", |o| self.authentication(o));
        o.str("displayMessage", self.spec.message);
        o.str("eventType", self.spec.event_type);
        o.object("outcome", |o| {
            o.str("result", event.outcome.name());
            o.str_or_null("reason", self.tables.reason_of(event));
        });
        o.shown("published", Millis(event.published_ms));
        o.object("securityContext", |o| self.security(o));
        o.str("severity", severity(event));
        o.object("debugContext", |o| {
            o.object("debugData", |o| self.debug_data(o));
        });
        o.str_or_null("legacyEventType", legacy(event));
        o.object("transaction", |o| self.transaction(o));
        o.str("uuid", &uuid(event));
        if self.tables.strange && event.seed.is_multiple_of(3) {
            o.raw("version", 0);
        } else {
            o.str("version", "0");
        }
        o.object("request", |o| self.request(o));
        self.targets(o);
    }

    fn client(&self, o: &mut Object<'_>) {
        let Some(client) = self.event.client() else {
            o.null("userAgent").null("zone").null("device").null("id");
            o.null("ipAddress").null("geographicalContext");
            return;
        };
        let agent = client.agent.get();
        o.object("userAgent", |o| {
            o.str(
                "rawUserAgent",
                self.note.agent.as_deref().unwrap_or(agent.raw),
            );
            o.str("os", agent.os);
            o.str("browser", agent.browser);
        });
        o.str("zone", "null");
        o.str("device", agent.device);
        o.null("id");
        o.shown("ipAddress", client.ip);
        self.geography(o, client);
    }

    fn geography(&self, o: &mut Object<'_>, client: Client) {
        let place = client.place.get();
        o.object("geographicalContext", |o| {
            o.str("city", place.city);
            o.str("state", place.state);
            o.str("country", place.country);
            if self.tables.strange
                && place
                    .postal_code
                    .bytes()
                    .all(|b| (b'1'..=b'9').contains(&b))
            {
                o.raw("postalCode", place.postal_code);
            } else {
                o.str("postalCode", place.postal_code);
            }
            o.object("geolocation", |o| {
                o.raw("lat", place.lat).raw("lon", place.lon);
            });
        });
    }

    /// What Okta knows of the machine: only for machines that Okta Verify registered. Others have null, or no field at all.
    fn device(&self, o: &mut Object<'_>) {
        let registered = self
            .event
            .client()
            .filter(|client| device::is_registered(client.agent.get(), client.device))
            .filter(|_| matches!(self.spec.debug, Debug::SignIn | Debug::Factor | Debug::Sso));
        let Some(client) = registered else {
            if !self.event.seed.is_multiple_of(4) {
                o.null("device");
            }
            return;
        };
        let make = Make::of(client.agent.get(), client.device);
        o.object("device", |o| {
            o.shown("id", device::id_of(client.device))
                .str("name", make.model);
            let platform = match make.platform {
                "MACOS" => "OSX",
                other => other,
            };
            o.str("os_platform", platform)
                .str("os_version", make.os_version)
                .raw("managed", device::is_managed(client.device))
                .raw("registered", true)
                .null("device_integrator")
                .str("disk_encryption_type", make.disk_encryption);
            o.str("screen_lock_type", "BIOMETRIC");
            o.null("jailbreak").raw("secure_hardware_present", true);
        });
    }

    fn authentication(&self, o: &mut Object<'_>) {
        let (provider, credential) = match self.spec.credential {
            Credential::None => (None, None),
            Credential::Password => (
                Some("OKTA_AUTHENTICATION_PROVIDER"),
                Some(("OKTA_CREDENTIAL_PROVIDER", "PASSWORD")),
            ),
            Credential::Factor => (
                self.event.factor.map(|_| "FACTOR_PROVIDER"),
                self.event.factor.map(credential),
            ),
        };
        o.str_or_null("authenticationProvider", provider);
        o.str_or_null(
            "credentialProvider",
            credential.map(|(provider, _)| provider),
        );
        o.str_or_null("credentialType", credential.map(|(_, kind)| kind));
        o.null("issuer").null("interface");
        o.raw("authenticationStep", 0);
        let session = (self.event.session != 0).then(|| session_id(self.event.session));
        o.str_or_null("rootSessionId", session.as_deref());
        o.str_or_null("externalSessionId", session.as_deref());
    }

    fn security(&self, o: &mut Object<'_>) {
        let Some(client) = self.event.client() else {
            o.null("asNumber")
                .null("asOrg")
                .null("isp")
                .null("domain")
                .null("isProxy");
            return;
        };
        let place = client.place.get();
        o.raw("asNumber", place.as_number);
        o.str("asOrg", place.as_org).str("isp", place.isp);
        o.str("domain", place.domain);
        o.raw("isProxy", place.as_org.starts_with("m247"));
        // The newer fields, which orgs get one after another: here for sign-ins only.
        if self.spec.debug == Debug::SignIn && self.event.signals.looked() {
            self.risk(o);
            self.behaviors(o);
        }
    }

    fn risk(&self, o: &mut Object<'_>) {
        let signals = self.event.signals;
        let Some(level) = signals.risk() else { return };
        o.object("risk", |o| {
            o.str("level", level);
            let reasons = signals.reasons();
            if !reasons.is_empty() {
                o.strings("reasons", reasons);
            }
        });
    }

    fn behaviors(&self, o: &mut Object<'_>) {
        let signals = self.event.signals;
        o.array(
            "userBehaviors",
            BEHAVIORS.iter().enumerate(),
            |out, (at, name)| {
                json::object(out, |o| {
                    o.shown("id", Id::of_text("bhv", name, 0));
                    o.str("name", name);
                    o.str("result", verdict(signals.positive(at)));
                });
            },
        );
    }

    fn transaction(&self, o: &mut Object<'_>) {
        o.str("type", transaction_type(self.event));
        o.str("id", &request_id(self.tables, self.event.request));
        o.object("detail", |o| {
            if let Some(token) = &self.note.token {
                o.str("requestApiTokenId", token);
            }
        });
    }

    fn request(&self, o: &mut Object<'_>) {
        o.array("ipChain", self.event.client(), |out, client| {
            json::object(out, |o| {
                o.shown("ip", client.ip);
                self.geography(o, client);
                o.str("version", "V4").null("source");
            });
        });
    }

    fn targets(&self, o: &mut Object<'_>) {
        let targets: Vec<Target> = self.event.target_list().collect();
        if targets.is_empty() && self.event.kind.targets_null() {
            o.null("target");
            return;
        }
        o.array(
            "target",
            targets.into_iter().enumerate(),
            |out, (at, target)| {
                json::object(out, |o| {
                    self.target(o, target);
                    if at == 0 && !self.note.changes.is_empty() {
                        self.changes(o);
                    }
                });
            },
        );
    }

    fn target(&self, o: &mut Object<'_>, target: Target) {
        let Some((party, aspect)) = target.read() else {
            return;
        };
        let party = self.tables.cast.get(party);
        if aspect == Aspect::Itself {
            return write_party(o, party);
        }
        o.str("id", &self.target_id(target));
        o.str("type", target_kind(party, aspect).name());
        o.str_or_null("alternateId", target_alternate(party, aspect));
        o.str_or_null("displayName", target_name(party, aspect));
        o.null("detailEntry");
    }

    fn target_id(&self, target: Target) -> String {
        target_id(self.tables, self.event, target)
    }

    fn changes(&self, o: &mut Object<'_>) {
        o.object("changeDetails", |o| {
            o.object("from", |o| {
                for (field, before, _) in &self.note.changes {
                    o.str(field, before);
                }
            });
            o.object("to", |o| {
                for (field, _, after) in &self.note.changes {
                    o.str(field, after);
                }
            });
        });
    }

    fn debug_data(&self, o: &mut Object<'_>) {
        for (key, value) in &self.note.debug {
            o.str(key, value);
        }
        let Some(client) = self.event.client() else {
            return;
        };
        let fresh = |key: &str| self.note.debug.iter().all(|(noted, _)| *noted != key);
        let (request, uri) = (request_id(self.tables, self.event.request), self.uri());
        o.str("requestId", &request);
        if fresh("requestUri") {
            o.str("requestUri", &uri);
        }
        if fresh("url") {
            o.str("url", &format!("{uri}?"));
        }
        o.str("dtHash", &hex(client.device, 4));
        match self.spec.debug {
            Debug::SignIn | Debug::Factor | Debug::Sso => self.browser_data(o, client),
            Debug::Admin | Debug::Job => {}
        }
    }

    /// What the sign-in pages add.
    fn browser_data(&self, o: &mut Object<'_>, client: Client) {
        let signals = self.event.signals;
        o.str(
            "authnRequestId",
            &request_id(self.tables, !self.event.request),
        );
        o.str("deviceFingerprint", &hex(!client.device, 2));
        o.raw(
            "threatSuspected",
            if signals.threat_suspected() {
                "\"true\""
            } else {
                "\"false\""
            },
        );
        o.str("origin", &self.tables.origin);
        o.str(
            "oktaUserAgentExtended",
            "okta-auth-js/7.14.0 okta-signin-widget-7.36.0",
        );
        if let Some(factor) = self.event.factor {
            o.str("factor", factor.log_name());
        }
        if self.spec.debug == Debug::Sso {
            o.str("initiationType", "IDP_INITIATED");
        }
        if signals.looked() {
            o.str("risk", &self.risk_map());
            o.str("behaviors", &self.behavior_map());
            o.str("logOnlySecurityData", &self.log_only());
        }
    }

    /// `{reasons=Anomalous Device, level=MEDIUM}`
    fn risk_map(&self) -> String {
        let level = self.event.signals.risk().unwrap_or("LOW");
        let reasons = self.event.signals.reasons();
        if reasons.is_empty() {
            format!("{{level={level}}}")
        } else {
            format!("{{reasons={}, level={level}}}", reasons.join(", "))
        }
    }

    /// `{New Geo-Location=NEGATIVE, New Device=POSITIVE, …}`
    fn behavior_map(&self) -> String {
        let mut map = String::from("{");
        for (at, name) in BEHAVIORS.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(
                map,
                "{comma}{name}={}",
                verdict(self.event.signals.positive(at))
            );
        }
        map.push('}');
        map
    }

    /// The same once more, as JSON in a string.
    fn log_only(&self) -> String {
        json::object_text(|o| {
            o.object("risk", |o| {
                o.str("level", self.event.signals.risk().unwrap_or("LOW"));
            });
            o.object("behaviors", |o| {
                for (at, name) in BEHAVIORS.iter().enumerate() {
                    o.str(name, verdict(self.event.signals.positive(at)));
                }
            });
        })
    }

    /// The type's path with the ids of the targets in it.
    fn uri(&self) -> String {
        let mut uri = self.spec.uri.to_owned();
        for (place, target) in ["{0}", "{1}", "{2}"].into_iter().zip(self.event.targets) {
            if uri.contains(place) {
                uri = uri.replace(place, &self.target_id(target));
            }
        }
        uri
    }
}

/// What actors and targets are described by.
fn write_party(o: &mut Object<'_>, party: &Party) {
    o.str("id", &party.id);
    o.str("type", party.kind.name());
    o.str_or_null("alternateId", party.alternate.as_deref());
    o.str_or_null("displayName", party.name.as_deref());
    match party.detail {
        Some((key, value)) => o.object("detailEntry", |o| {
            o.str(key, value);
        }),
        None => o.null("detailEntry"),
    };
}

/// `credentialProvider` and `credentialType` of a factor.
fn credential(factor: FactorKind) -> (&'static str, &'static str) {
    match factor {
        FactorKind::Push | FactorKind::SignedNonce => ("OKTA_CREDENTIAL_PROVIDER", "DEVICE_UDID"),
        FactorKind::OktaTotp => ("OKTA_CREDENTIAL_PROVIDER", "OTP"),
        FactorKind::GoogleTotp => ("GOOGLE", "OTP"),
        FactorKind::Sms | FactorKind::Call => ("OKTA_CREDENTIAL_PROVIDER", "SMS"),
        FactorKind::Email => ("OKTA_CREDENTIAL_PROVIDER", "EMAIL"),
        FactorKind::Question => ("OKTA_CREDENTIAL_PROVIDER", "PASSWORD"),
        FactorKind::Webauthn => ("OKTA_CREDENTIAL_PROVIDER", "CERTIFICATE"),
    }
}

fn verdict(positive: bool) -> &'static str {
    if positive { "POSITIVE" } else { "NEGATIVE" }
}
