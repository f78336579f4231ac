//! Method, path, query and body of each change. Source: Okta's OpenAPI document of its management API, 2026.06.
//!
//! A switch that Okta would default is always sent.

use http::Method;
use serde_json::{Map, Value, json};

use crate::domain::change::{Change, FieldEdit, GroupProfile, Holder, Role, as_zones_write};
use crate::domain::id::{GroupId, UserId};

/// A request without its host and its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// `POST`, `PUT` or `DELETE`.
    pub method: Method,
    /// The path, a segment each, not encoded.
    pub segments: Vec<String>,
    /// The query, in its order.
    pub query: Vec<(&'static str, String)>,
    /// The body; `None` is sent as one of no bytes.
    pub body: Option<Value>,
}

/// A change that cannot be made into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// Okta wants the whole object back, and it was not read.
    #[error("the object has to be read first")]
    NotRead,
    /// What was read is not such an object.
    #[error("what Okta sent of the object cannot be sent back")]
    Unlike,
}

impl Shape {
    /// The request of `change`. `read` is the object as it was read a moment ago, for those that are replaced as a whole.
    ///
    /// # Errors
    /// [`Unsendable`] when such an object is missing, or is none.
    pub fn of(change: &Change, read: Option<&Value>) -> Result<Self, Unsendable> {
        Ok(match change {
            Change::AddToZone { zone, address } => {
                zone_with(zone.as_str(), read, |gateways| add(gateways, address))?
            }
            Change::RemoveFromZone { zone, address } => {
                zone_with(zone.as_str(), read, |gateways| remove(gateways, address))?
            }
            Change::CreateUser { .. } | Change::UpdateUser { .. } => user(change),
            _ => by_id(change),
        })
    }

    /// Path and query as they go out.
    pub fn path(&self) -> String {
        let Ok(mut url) = url::Url::parse("https://org/") else {
            return String::new();
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(&self.segments);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url[url::Position::BeforePath..].to_owned()
    }

    fn new(method: Method, segments: &[&str]) -> Self {
        Self {
            method,
            segments: segments.iter().map(|&segment| segment.to_owned()).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    fn post(segments: &[&str]) -> Self {
        Self::new(Method::POST, segments)
    }

    fn put(segments: &[&str]) -> Self {
        Self::new(Method::PUT, segments)
    }

    fn delete(segments: &[&str]) -> Self {
        Self::new(Method::DELETE, segments)
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn flag(mut self, name: &'static str, on: bool) -> Self {
        self.query.push((name, on.to_string()));
        self
    }
}

/// A step of a life cycle.
fn lifecycle(kind: &[&str], id: &str, operation: &str) -> Shape {
    let path = [&["api", "v1"], kind, &[id, "lifecycle", operation]].concat();
    Shape::post(&path)
}

fn of_user(user: &UserId, operation: &str) -> Shape {
    lifecycle(&["users"], user.as_str(), operation)
}

fn user(change: &Change) -> Shape {
    match change {
        Change::UpdateUser { user, fields } => {
            let edit = |edit: &FieldEdit| {
                let after = edit.after.clone().unwrap_or(Value::Null);
                (edit.name.to_string(), after)
            };
            let profile: Map<String, Value> = fields.iter().map(edit).collect();
            Shape::post(&["api", "v1", "users", user.as_str()]).with(json!({ "profile": profile }))
        }
        Change::CreateUser {
            profile,
            groups,
            activate,
        } => {
            let ids: Vec<&str> = groups.iter().map(GroupId::as_str).collect();
            let body = if ids.is_empty() {
                json!({ "profile": profile })
            } else {
                json!({ "profile": profile, "groupIds": ids })
            };
            Shape::post(&["api", "v1", "users"])
                .flag("activate", *activate)
                .with(body)
        }
        _ => by_id(change),
    }
}

/// The changes that say all by their path and their query, or by a body that is made of ids.
fn by_id(change: &Change) -> Shape {
    use Change as C;
    match change {
        C::ActivateUser { user, send_email } => {
            of_user(user, "activate").flag("sendEmail", *send_email)
        }
        C::ReactivateUser { user, send_email } => {
            of_user(user, "reactivate").flag("sendEmail", *send_email)
        }
        C::DeactivateUser { user, send_email } => {
            of_user(user, "deactivate").flag("sendEmail", *send_email)
        }
        C::SuspendUser { user } => of_user(user, "suspend"),
        C::UnsuspendUser { user } => of_user(user, "unsuspend"),
        C::UnlockUser { user } => of_user(user, "unlock"),
        C::ResetFactors { user } => of_user(user, "reset_factors"),
        C::ExpirePassword {
            user,
            temporary: false,
        } => of_user(user, "expire_password"),
        C::ExpirePassword {
            user,
            temporary: true,
        } => of_user(user, "expire_password_with_temp_password").flag("revokeSessions", false),
        C::ResetPassword {
            user,
            send_email,
            revoke_sessions,
        } => of_user(user, "reset_password")
            .flag("sendEmail", *send_email)
            .flag("revokeSessions", *revoke_sessions),
        C::ForgotPassword { user, send_email } => Shape::post(&[
            "api",
            "v1",
            "users",
            user.as_str(),
            "credentials",
            "forgot_password",
        ])
        .flag("sendEmail", *send_email),
        C::DeleteUser { user } => {
            Shape::delete(&["api", "v1", "users", user.as_str()]).flag("sendEmail", false)
        }
        C::RemoveFactor { user, factor } => {
            let path = [
                "api",
                "v1",
                "users",
                user.as_str(),
                "factors",
                factor.as_str(),
            ];
            Shape::delete(&path)
        }
        C::ClearSessions {
            user,
            oauth_tokens,
            forget_devices,
        } => Shape::delete(&["api", "v1", "users", user.as_str(), "sessions"])
            .flag("oauthTokens", *oauth_tokens)
            .flag("forgetDevices", *forget_devices),
        C::RevokeGrants { user } => Shape::delete(&["api", "v1", "users", user.as_str(), "grants"]),
        C::RevokeTokens { user, client } => {
            let client = client.as_str();
            Shape::delete(&[
                "api",
                "v1",
                "users",
                user.as_str(),
                "clients",
                client,
                "tokens",
            ])
        }
        C::LogOut { user } => Shape::post(&["oauth2", "v1", "global-token-revocation"])
            .with(json!({"sub_id": {"format": "opaque", "id": user.as_str()}})),
        C::CreateGroup(profile) => Shape::post(&["api", "v1", "groups"]).with(group(profile)),
        C::UpdateGroup {
            group: id, after, ..
        } => Shape::put(&["api", "v1", "groups", id.as_str()]).with(group(after)),
        C::DeleteGroup { group } => Shape::delete(&["api", "v1", "groups", group.as_str()]),
        C::AddMember { group, user } => Shape::put(&member(group, user)),
        C::RemoveMember { group, user } => Shape::delete(&member(group, user)),
        C::ActivateRule { rule } => lifecycle(&["groups", "rules"], rule.as_str(), "activate"),
        C::DeactivateRule { rule } => lifecycle(&["groups", "rules"], rule.as_str(), "deactivate"),
        C::AssignUser { app, user } => Shape::post(&["api", "v1", "apps", app.as_str(), "users"])
            .with(json!({"id": user.as_str(), "scope": "USER"})),
        C::UnassignUser {
            app,
            user,
            send_email,
        } => {
            let path = ["api", "v1", "apps", app.as_str(), "users", user.as_str()];
            Shape::delete(&path).flag("sendEmail", *send_email)
        }
        C::AssignGroup { app, group } => {
            let path = ["api", "v1", "apps", app.as_str(), "groups", group.as_str()];
            Shape::put(&path).with(json!({}))
        }
        C::UnassignGroup { app, group } => {
            Shape::delete(&["api", "v1", "apps", app.as_str(), "groups", group.as_str()])
        }
        C::ActivateApp { app } => lifecycle(&["apps"], app.as_str(), "activate"),
        C::DeactivateApp { app } => lifecycle(&["apps"], app.as_str(), "deactivate"),
        C::GrantRole { holder, role } => Shape::post(&roles_of(holder))
            .flag("disableNotifications", false)
            .with(role_body(role)),
        C::RevokeRole {
            holder, assignment, ..
        } => Shape::delete(&[&roles_of(holder)[..], &[assignment.as_str()]].concat()),
        C::RevokeApiToken { token } => Shape::delete(&["api", "v1", "api-tokens", token.as_str()]),
        C::RevokeClientRole { client, assignment } => {
            let (client, assignment) = (client.as_str(), assignment.as_str());
            Shape::delete(&["oauth2", "v1", "clients", client, "roles", assignment])
        }
        C::DeactivateSecret { client, secret } => lifecycle(
            &["apps", client.as_str(), "credentials", "secrets"],
            secret.as_str(),
            "deactivate",
        ),
        C::SuspendDevice { device } => lifecycle(&["devices"], device.as_str(), "suspend"),
        C::UnsuspendDevice { device } => lifecycle(&["devices"], device.as_str(), "unsuspend"),
        C::DeactivateDevice { device } => lifecycle(&["devices"], device.as_str(), "deactivate"),
        C::ActivateIdp { idp } => lifecycle(&["idps"], idp.as_str(), "activate"),
        C::DeactivateIdp { idp } => lifecycle(&["idps"], idp.as_str(), "deactivate"),
        C::ActivatePolicyRule { policy, rule } => lifecycle(
            &["policies", policy.as_str(), "rules"],
            rule.as_str(),
            "activate",
        ),
        C::DeactivatePolicyRule { policy, rule } => lifecycle(
            &["policies", policy.as_str(), "rules"],
            rule.as_str(),
            "deactivate",
        ),
        C::RevokeSupport => Shape::post(&["api", "v1", "org", "privacy", "oktaSupport", "revoke"]),
        C::CreateUser { .. } | C::UpdateUser { .. } => user(change),
        C::AddToZone { zone, .. } | C::RemoveFromZone { zone, .. } => {
            Shape::put(&["api", "v1", "zones", zone.as_str()])
        }
    }
}

fn member<'a>(group: &'a GroupId, user: &'a UserId) -> [&'a str; 6] {
    [
        "api",
        "v1",
        "groups",
        group.as_str(),
        "users",
        user.as_str(),
    ]
}

fn roles_of(holder: &Holder) -> [&str; 5] {
    match holder {
        Holder::User(user) => ["api", "v1", "users", user.as_str(), "roles"],
        Holder::Group(group) => ["api", "v1", "groups", group.as_str(), "roles"],
    }
}

fn role_body(role: &Role) -> Value {
    match role {
        Role::Standard(kind) => json!({ "type": kind }),
        Role::Custom { role, resource_set } => json!({
            "type": "CUSTOM",
            "role": role.as_str(),
            "resource-set": resource_set.as_str(),
        }),
    }
}

fn group(profile: &GroupProfile) -> Value {
    json!({"profile": {"name": profile.name, "description": profile.description}})
}

/// A zone as it was read, with other addresses, without what only Okta writes.
fn zone_with(
    zone: &str,
    read: Option<&Value>,
    change: impl FnOnce(&mut Vec<Value>),
) -> Result<Shape, Unsendable> {
    let mut body = read.ok_or(Unsendable::NotRead)?.clone();
    let fields = body.as_object_mut().ok_or(Unsendable::Unlike)?;
    for name in ["_links", "created", "lastUpdated"] {
        fields.remove(name);
    }
    let gateways = fields.entry("gateways").or_insert(Value::Null);
    if gateways.is_null() {
        *gateways = json!([]);
    }
    change(gateways.as_array_mut().ok_or(Unsendable::Unlike)?);
    Ok(Shape::put(&["api", "v1", "zones", zone]).with(body))
}

fn add(gateways: &mut Vec<Value>, address: &str) {
    let written = as_zones_write(address);
    if !gateways.iter().any(|one| is_written(one, &written)) {
        let kind = if address.contains('/') {
            "CIDR"
        } else {
            "RANGE"
        };
        gateways.push(json!({"type": kind, "value": written}));
    }
}

fn remove(gateways: &mut Vec<Value>, address: &str) {
    let written = as_zones_write(address);
    gateways.retain(|one| !is_written(one, &written));
}

fn is_written(gateway: &Value, written: &str) -> bool {
    let value = gateway["value"].as_str();
    value.is_some_and(|value| as_zones_write(value) == written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(change: &Change) -> String {
        let shape = Shape::of(change, None).unwrap();
        let query: Vec<String> = shape
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let path = shape.segments.join("/");
        let body = shape.body.map(|body| body.to_string()).unwrap_or_default();
        format!("{} /{path}?{} {body}", shape.method, query.join("&"))
    }

    #[test]
    fn each_says_what_okta_would_otherwise_assume() {
        let user = || "00u1".parse().unwrap();
        let rows = [
            (
                Change::SuspendUser { user: user() },
                "POST /api/v1/users/00u1/lifecycle/suspend? ",
            ),
            (
                Change::DeactivateUser {
                    user: user(),
                    send_email: false,
                },
                "POST /api/v1/users/00u1/lifecycle/deactivate?sendEmail=false ",
            ),
            (
                Change::ResetPassword {
                    user: user(),
                    send_email: true,
                    revoke_sessions: false,
                },
                "POST /api/v1/users/00u1/lifecycle/reset_password?sendEmail=true&revokeSessions=false ",
            ),
            (
                Change::ClearSessions {
                    user: user(),
                    oauth_tokens: true,
                    forget_devices: false,
                },
                "DELETE /api/v1/users/00u1/sessions?oauthTokens=true&forgetDevices=false ",
            ),
            (
                Change::DeleteUser { user: user() },
                "DELETE /api/v1/users/00u1?sendEmail=false ",
            ),
            (
                Change::AddMember {
                    group: "00g1".parse().unwrap(),
                    user: user(),
                },
                "PUT /api/v1/groups/00g1/users/00u1? ",
            ),
            (
                Change::CreateGroup(GroupProfile::named("x")),
                r#"POST /api/v1/groups? {"profile":{"description":null,"name":"x"}}"#,
            ),
            (
                Change::GrantRole {
                    holder: Holder::Group("00g1".parse().unwrap()),
                    role: Role::Custom {
                        role: "cr01".parse().unwrap(),
                        resource_set: "iam1".parse().unwrap(),
                    },
                },
                r#"POST /api/v1/groups/00g1/roles?disableNotifications=false {"resource-set":"iam1","role":"cr01","type":"CUSTOM"}"#,
            ),
            (
                Change::LogOut { user: user() },
                r#"POST /oauth2/v1/global-token-revocation? {"sub_id":{"format":"opaque","id":"00u1"}}"#,
            ),
            (
                Change::DeactivateSecret {
                    client: "0oa1".parse().unwrap(),
                    secret: "ocs1".parse().unwrap(),
                },
                "POST /api/v1/apps/0oa1/credentials/secrets/ocs1/lifecycle/deactivate? ",
            ),
        ];
        for (change, expected) in rows {
            assert_eq!(line(&change), expected);
        }
    }

    #[test]
    fn a_profile_that_is_cleared_is_sent_as_null_and_no_other_field_is_sent() {
        let change = Change::UpdateUser {
            user: "00u1".parse().unwrap(),
            fields: vec![FieldEdit {
                name: "title".into(),
                before: Some(json!("x")),
                after: None,
            }],
        };
        assert_eq!(
            line(&change),
            r#"POST /api/v1/users/00u1? {"profile":{"title":null}}"#
        );
    }

    #[test]
    fn a_zone_goes_back_whole_but_for_what_okta_writes_itself() {
        let read = json!({
            "id": "nzo1", "type": "IP", "name": "x", "status": "ACTIVE", "created": "2026-01-01",
            "_links": {}, "gateways": [{"type": "CIDR", "value": "192.0.2.0/24"}], "proxies": null,
        });
        let zone = || "nzo1".parse().unwrap();
        let add = |address: &str| Change::AddToZone {
            zone: zone(),
            address: address.into(),
        };
        let sent =
            |change: &Change, read: &Value| Shape::of(change, Some(read)).unwrap().body.unwrap();
        let with = sent(&add("198.51.100.7"), &read);
        assert_eq!(with["gateways"][1]["value"], "198.51.100.7-198.51.100.7");
        assert_eq!(
            (&with["name"], &with["proxies"]),
            (&json!("x"), &Value::Null)
        );
        assert!(with.get("_links").is_none() && with.get("created").is_none());
        let again = sent(&add("192.0.2.0/24"), &read);
        assert_eq!(again["gateways"], read["gateways"]);
        let without = Change::RemoveFromZone {
            zone: zone(),
            address: "198.51.100.7".into(),
        };
        assert_eq!(sent(&without, &with)["gateways"], read["gateways"]);
        assert_eq!(Shape::of(&add("x"), None), Err(Unsendable::NotRead));
        assert_eq!(
            Shape::of(&add("x"), Some(&json!([]))),
            Err(Unsendable::Unlike)
        );
    }
}
