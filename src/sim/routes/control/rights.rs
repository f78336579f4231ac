//! Changes of who may do what: roles, resource sets, owners, group rules, OAuth clients.

use serde::Deserialize;

use super::change::{app_named, group_named, role_named, unknown, user_named};
use crate::sim::world::World;
use crate::sim::world::assignment::{AppTarget, Assignee, Held, Targets};
use crate::sim::world::client::{AuthMethod, Material};
use crate::sim::world::happening::Cause;
use crate::sim::world::iam::Covered;
use crate::sim::world::index::{ClientIx, CustomRoleIx, ResourceSetIx, RuleIx};
use crate::sim::world::owner::OwnedBy;
use crate::sim::world::refused::Refused;

/// One of users, groups and clients.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is named after what it names")]
pub enum Who {
    User(String),
    Group(String),
    Client(String),
}

/// Which role, and how far.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct What {
    /// A type such as `HELP_DESK_ADMIN`, or the id or label of a custom role.
    pub role: String,
    /// For a custom role the id or label of its resource set.
    pub resource_set: Option<String>,
    /// Groups that the role is limited to.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Applications that the role is limited to.
    #[serde(default)]
    pub apps: Vec<String>,
}

/// A public key as JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kty")]
#[expect(missing_docs, reason = "the fields are those of RFC 7517")]
pub enum Jwk {
    #[serde(rename = "RSA")]
    Rsa { kid: String, n: String, e: String },
    #[serde(rename = "EC")]
    Ec {
        kid: String,
        crv: String,
        x: String,
        y: String,
    },
}

/// A change. Objects are named by id, or by login, name or label. Resources are `users`, `groups`, `apps`, or `group:`,
/// `members:` and `app:` with a name after it.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each variant is named after the operation of the world that it calls"
)]
pub enum RightsChange {
    AssignRole {
        to: Who,
        what: What,
    },
    UnassignRole {
        from: Who,
        what: What,
    },
    LimitRole {
        of: Who,
        what: What,
    },
    CreateCustomRole {
        label: String,
        description: String,
        permissions: Vec<String>,
    },
    AddPermission {
        role: String,
        permission: String,
    },
    RemovePermission {
        role: String,
        permission: String,
    },
    DeleteCustomRole {
        role: String,
    },
    CreateResourceSet {
        label: String,
        description: String,
        resources: Vec<String>,
    },
    AddResource {
        resource_set: String,
        resource: String,
    },
    RemoveResource {
        resource_set: String,
        id: String,
    },
    DeleteResourceSet {
        resource_set: String,
    },
    AddOwner {
        group: String,
        owner: Who,
    },
    RemoveOwner {
        group: String,
        owner: Who,
    },
    CreateRule {
        name: String,
        expression: String,
        groups: Vec<String>,
    },
    ActivateRule {
        rule: String,
    },
    DeactivateRule {
        rule: String,
    },
    DeleteRule {
        rule: String,
        #[serde(default)]
        remove_users: bool,
    },
    CreateServiceClient {
        label: String,
        /// Whether it proves itself with a key; with a secret otherwise.
        #[serde(default)]
        by_key: bool,
    },
    CreateSecret {
        client: String,
    },
    AddKey {
        client: String,
        key: Jwk,
    },
    ActivateCredential {
        client: String,
        id: String,
    },
    DeactivateCredential {
        client: String,
        id: String,
    },
    DeleteCredential {
        client: String,
        id: String,
    },
    GrantScope {
        client: String,
        scope: String,
    },
    RevokeScope {
        client: String,
        scope: String,
    },
}

/// The names of all these changes.
pub const NAMES: &[&str] = &[
    "assign_role",
    "unassign_role",
    "limit_role",
    "create_custom_role",
    "add_permission",
    "remove_permission",
    "delete_custom_role",
    "create_resource_set",
    "add_resource",
    "remove_resource",
    "delete_resource_set",
    "add_owner",
    "remove_owner",
    "create_rule",
    "activate_rule",
    "deactivate_rule",
    "delete_rule",
    "create_service_client",
    "create_secret",
    "add_key",
    "activate_credential",
    "deactivate_credential",
    "delete_credential",
    "grant_scope",
    "revoke_scope",
];

impl RightsChange {
    /// Carries it out; the id of what was created or changed.
    ///
    /// # Errors
    /// When a name means nothing, or the world refuses.
    pub fn carry_out(self, world: &mut World, cause: &Cause) -> Result<String, Refused> {
        match self {
            Self::AssignRole { to, what } => {
                let (to, held) = (assignee(world, &to)?, held(world, &what)?);
                let targets = targets(world, &what)?;
                let at = world.assign_role(cause, to, held, targets)?;
                Ok(world.assignment(at).shown_id())
            }
            Self::UnassignRole { from, what } => {
                let (from, held) = (assignee(world, &from)?, held(world, &what)?);
                world.unassign_role(cause, from, held)?;
                Ok(what.role)
            }
            Self::LimitRole { of, what } => {
                let (of, held) = (assignee(world, &of)?, held(world, &what)?);
                let targets = targets(world, &what)?;
                world.limit_role(cause, of, held, targets)?;
                Ok(what.role)
            }
            Self::AddOwner { group, owner } => {
                let (group, by) = (group_named(world, &group)?, owned_by(world, &owner)?);
                world.add_owner(cause, group, by)?;
                Ok(world.group(group).id.to_string())
            }
            Self::RemoveOwner { group, owner } => {
                let (group, by) = (group_named(world, &group)?, owned_by(world, &owner)?);
                world.remove_owner(cause, group, by)?;
                Ok(world.group(group).id.to_string())
            }
            Self::CreateRule {
                name,
                expression,
                groups,
            } => {
                let groups: Vec<_> = groups
                    .iter()
                    .map(|group| group_named(world, group))
                    .collect::<Result<_, _>>()?;
                let rule = world.create_rule(cause, &name, &expression, &groups)?;
                Ok(world.rule(rule).id.to_string())
            }
            Self::ActivateRule { rule } => {
                let rule = rule_named(world, &rule)?;
                world.activate_rule(cause, rule)?;
                Ok(world.rule(rule).id.to_string())
            }
            Self::DeactivateRule { rule } => {
                let rule = rule_named(world, &rule)?;
                world.deactivate_rule(cause, rule)?;
                Ok(world.rule(rule).id.to_string())
            }
            Self::DeleteRule { rule, remove_users } => {
                let rule = rule_named(world, &rule)?;
                world.delete_rule(cause, rule, remove_users)?;
                Ok(world.rule(rule).id.to_string())
            }
            other => match other.of_iam(world, cause)? {
                Ok(id) => Ok(id),
                Err(other) => other.of_client(world, cause),
            },
        }
    }

    /// Carries out a change of custom roles and resource sets; gives back one of anything else.
    fn of_iam(self, world: &mut World, cause: &Cause) -> Result<Result<String, Self>, Refused> {
        let texts = |list: &[String]| -> Vec<String> { list.to_vec() };
        let id = match self {
            Self::CreateCustomRole {
                label,
                description,
                permissions,
            } => {
                let labels: Vec<&str> = permissions.iter().map(String::as_str).collect();
                let role = world.create_custom_role(cause, &label, &description, &labels)?;
                world.custom_role(role).id
            }
            Self::AddPermission { role, permission } => {
                let role = custom_role(world, &role)?;
                world.set_permission(cause, role, &permission, true);
                world.custom_role(role).id
            }
            Self::RemovePermission { role, permission } => {
                let role = custom_role(world, &role)?;
                world.set_permission(cause, role, &permission, false);
                world.custom_role(role).id
            }
            Self::DeleteCustomRole { role } => {
                let role = custom_role(world, &role)?;
                world.delete_custom_role(cause, role)?;
                world.custom_role(role).id
            }
            Self::CreateResourceSet {
                label,
                description,
                resources,
            } => {
                let covered = texts(&resources)
                    .iter()
                    .map(|name| covered(world, name))
                    .collect::<Result<Vec<_>, _>>()?;
                let set = world.create_resource_set(cause, &label, &description, &covered)?;
                world.resource_set(set).id
            }
            Self::AddResource {
                resource_set: set,
                resource,
            } => {
                let (set, what) = (resource_set(world, &set)?, covered(world, &resource)?);
                world.add_resource(cause, set, what)?;
                world.resource_set(set).id
            }
            Self::RemoveResource {
                resource_set: set,
                id,
            } => {
                let set = resource_set(world, &set)?;
                world.remove_resource(cause, set, &id)?;
                world.resource_set(set).id
            }
            Self::DeleteResourceSet { resource_set: set } => {
                let set = resource_set(world, &set)?;
                world.delete_resource_set(cause, set);
                world.resource_set(set).id
            }
            other => return Ok(Err(other)),
        };
        Ok(Ok(id.to_string()))
    }

    /// Carries out a change of an OAuth client.
    fn of_client(self, world: &mut World, cause: &Cause) -> Result<String, Refused> {
        let id = match self {
            Self::CreateServiceClient { label, by_key } => {
                let auth = if by_key {
                    AuthMethod::PrivateKeyJwt
                } else {
                    AuthMethod::ClientSecretBasic
                };
                let client = world.create_service_client(cause, &label, auth)?;
                world.client(client).id
            }
            Self::CreateSecret { client } => {
                let client = client_named(world, &client)?;
                world.create_secret(cause, client)?
            }
            Self::AddKey { client, key } => {
                let client = client_named(world, &client)?;
                let (kid, material) = match key {
                    Jwk::Rsa { kid, n, e } => (kid, Material::Rsa { n, e }),
                    Jwk::Ec { kid, crv, x, y } => (kid, Material::Ec { crv, x, y }),
                };
                world.add_key(cause, client, &kid, material)?
            }
            Self::ActivateCredential { client, id } => {
                let client = client_named(world, &client)?;
                world.set_credential_active(cause, client, &id, true)?;
                world.client(client).id
            }
            Self::DeactivateCredential { client, id } => {
                let client = client_named(world, &client)?;
                world.set_credential_active(cause, client, &id, false)?;
                world.client(client).id
            }
            Self::DeleteCredential { client, id } => {
                let client = client_named(world, &client)?;
                world.delete_credential(cause, client, &id)?;
                world.client(client).id
            }
            Self::GrantScope { client, scope } => {
                let client = client_named(world, &client)?;
                world.grant_scope(cause, client, &scope)
            }
            Self::RevokeScope { client, scope } => {
                let client = client_named(world, &client)?;
                world.revoke_scope(cause, client, &scope)?;
                world.client(client).id
            }
            _ => return Err(unknown("change", "not a change of a client")),
        };
        Ok(id.to_string())
    }
}

fn assignee(world: &World, who: &Who) -> Result<Assignee, Refused> {
    Ok(match who {
        Who::User(name) => Assignee::User(user_named(world, name)?),
        Who::Group(name) => Assignee::Group(group_named(world, name)?),
        Who::Client(name) => Assignee::Client(client_named(world, name)?),
    })
}

fn owned_by(world: &World, who: &Who) -> Result<OwnedBy, Refused> {
    Ok(match who {
        Who::User(name) => OwnedBy::User(user_named(world, name)?),
        Who::Group(name) => OwnedBy::Group(group_named(world, name)?),
        Who::Client(_) => return Err(unknown("owner", "a client owns no groups")),
    })
}

fn held(world: &World, what: &What) -> Result<Held, Refused> {
    match &what.resource_set {
        None => role_named(&what.role).map(Held::Standard),
        Some(set) => Ok(Held::Custom {
            role: custom_role(world, &what.role)?,
            set: resource_set(world, set)?,
        }),
    }
}

fn targets(world: &World, what: &What) -> Result<Targets, Refused> {
    let mut groups = what.groups.iter().map(|name| group_named(world, name));
    let mut apps = what.apps.iter().map(|name| app_named(world, name));
    if !what.groups.is_empty() {
        return groups
            .by_ref()
            .collect::<Result<_, _>>()
            .map(Targets::Groups);
    }
    if what.apps.is_empty() {
        return Ok(Targets::All);
    }
    let instances: Vec<_> = apps.by_ref().collect::<Result<_, _>>()?;
    Ok(Targets::Apps(
        instances.into_iter().map(AppTarget::Instance).collect(),
    ))
}

fn covered(world: &World, name: &str) -> Result<Covered, Refused> {
    Ok(match name.split_once(':') {
        Some(("group", group)) => Covered::Group(group_named(world, group)?),
        Some(("members", group)) => Covered::MembersOf(group_named(world, group)?),
        Some(("app", app)) => Covered::App(app_named(world, app)?),
        None if name == "users" => Covered::Users,
        None if name == "groups" => Covered::Groups,
        None if name == "apps" => Covered::Apps,
        _ => return Err(unknown("resource", "no such kind of resource")),
    })
}

fn custom_role(world: &World, name: &str) -> Result<CustomRoleIx, Refused> {
    world
        .custom_role_named(name)
        .ok_or_else(|| Refused::NoSuch {
            id: name.to_owned(),
            kind: "Role",
        })
}

fn resource_set(world: &World, name: &str) -> Result<ResourceSetIx, Refused> {
    world
        .resource_set_named(name)
        .ok_or_else(|| Refused::NoSuch {
            id: name.to_owned(),
            kind: "ResourceSet",
        })
}

fn rule_named(world: &World, name: &str) -> Result<RuleIx, Refused> {
    let by_name = || {
        world
            .rules()
            .find(|(_, rule)| rule.name == name)
            .map(|(ix, _)| ix)
    };
    world
        .rule_by_id(name)
        .or_else(by_name)
        .ok_or_else(|| Refused::NoSuch {
            id: name.to_owned(),
            kind: "GroupRule",
        })
}

fn client_named(world: &World, name: &str) -> Result<ClientIx, Refused> {
    let by_name = || {
        world
            .clients()
            .find(|(ix, _)| world.client_name(*ix) == name)
            .map(|(ix, _)| ix)
    };
    world
        .client_by_id(name)
        .or_else(by_name)
        .ok_or_else(|| Refused::NoSuch {
            id: name.to_owned(),
            kind: "PublicClientApp",
        })
}
