//! The truth of who may do what: assignments, custom roles, resource sets, owners, API tokens and OAuth clients.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, State};
use axum::routing::get;
use serde_json::{Value, json};

use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::assignment::{AppTarget, Assignee, Assignment, Held, Targets};
use crate::sim::world::index::{CustomRoleIx, ResourceSetIx};
use crate::sim::world::owner::OwnedBy;

/// The routes of this truth.
pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/truth/roles", get(roles))
        .route("/truth/custom_roles", get(custom_roles))
        .route("/truth/resource_sets", get(resource_sets))
        .route("/truth/owners", get(owners))
        .route("/truth/tokens", get(tokens))
        .route("/truth/clients", get(clients))
}

/// The id of whoever has a role.
pub(super) fn assignee_id(world: &World, assignee: Assignee) -> String {
    let id = match assignee {
        Assignee::User(user) => world.user(user).id,
        Assignee::Group(group) => world.group(group).id,
        Assignee::Client(client) => world.client(client).id,
    };
    id.to_string()
}

/// A role's type, or the id of a custom one; and the id of its resource set.
pub(super) fn role_of(world: &World, held: Held) -> (String, Option<String>) {
    match held {
        Held::Standard(role) => (role.as_str().to_owned(), None),
        Held::Custom { role, set } => (
            world.custom_role(role).id.to_string(),
            Some(world.resource_set(set).id.to_string()),
        ),
    }
}

fn targets(world: &World, targets: &Targets) -> Vec<String> {
    match targets {
        Targets::All => Vec::new(),
        Targets::Groups(groups) => groups
            .iter()
            .map(|group| world.group(*group).id.to_string())
            .collect(),
        Targets::Apps(apps) => apps
            .iter()
            .map(|app| match *app {
                AppTarget::Instance(app) => world.app(app).id.to_string(),
                AppTarget::Catalogue(name) => name.to_owned(),
            })
            .collect(),
    }
}

/// Every assignment that stands; an inherited role is here once, with its group.
async fn roles(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let told = |own: &Assignment| {
        let (role, resource_set) = role_of(&world, own.held);
        json!({
            "id": own.shown_id(),
            "assignee": assignee_id(&world, own.assignee),
            "assignment_type": own.assignee.as_str(),
            "role": role,
            "resource_set": resource_set,
            "created": own.created.to_string(),
            "targets": targets(&world, &own.targets),
        })
    };
    Json(world.assignments().map(told).collect())
}

async fn custom_roles(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let told = |(_, role): (CustomRoleIx, &crate::sim::world::iam::CustomRole)| {
        let permissions: Vec<&str> = role
            .permissions
            .iter()
            .map(|own| own.label.as_str())
            .collect();
        json!({ "id": role.id.as_str(), "label": role.label, "permissions": permissions })
    };
    Json(world.custom_roles().map(told).collect())
}

async fn resource_sets(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let bindings = |set: ResourceSetIx| -> Value {
        world
            .bound_to(set)
            .into_iter()
            .map(|role| {
                let members: Vec<Value> = world
                    .binding(set, role)
                    .into_iter()
                    .map(|own| {
                        json!({
                            "id": own.id.as_str(),
                            "assignee": assignee_id(&world, own.assignee),
                        })
                    })
                    .collect();
                (world.custom_role(role).id.to_string(), json!(members))
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let told = |(ix, set): (ResourceSetIx, &crate::sim::world::iam::ResourceSet)| {
        let resources: Vec<&str> = set.resources.iter().map(|own| own.id.as_str()).collect();
        json!({
            "id": set.id.as_str(),
            "label": set.label,
            "resources": resources,
            "bindings": bindings(ix),
        })
    };
    Json(world.resource_sets().map(told).collect())
}

/// By the id of the group, the ids of who owns it.
async fn owners(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let told = world.owned_groups().map(|(group, owners)| {
        let ids: Vec<String> = owners
            .iter()
            .map(|owner| match owner.by {
                OwnedBy::User(user) => world.user(user).id.to_string(),
                OwnedBy::Group(owning) => world.group(owning).id.to_string(),
            })
            .collect();
        (world.group(group).id.to_string(), json!(ids))
    });
    Json(told.collect::<serde_json::Map<_, _>>().into())
}

/// Every token that ever was; `listed` are those that Okta shows. One that was never used says so.
async fn tokens(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let now = service.org.now();
    let told = world.tokens.iter().enumerate().map(|(at, token)| {
        json!({
            "id": token.id.as_str(),
            "name": token.name,
            "owner": world.user(token.owner).id.as_str(),
            "created": token.created.to_string(),
            "last_used": token.last_used().to_string(),
            "never_used": token.last_used() == token.created,
            "expires_at": token.expires_at().to_string(),
            "revoked": token.revoked,
            "listed": world.token_is_listed(at, now),
        })
    });
    Json(told.collect())
}

async fn clients(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let told = world.clients().map(|(ix, client)| {
        let scopes: Vec<&str> = client.grants.iter().map(|own| own.scope.as_str()).collect();
        let secrets: Vec<Value> = client
            .secrets
            .iter()
            .map(|own| json!({ "id": own.id.as_str(), "created": own.created.to_string(), "active": own.active }))
            .collect();
        let keys: Vec<Value> = client
            .keys
            .iter()
            .map(|own| json!({ "id": own.id.as_str(), "kid": own.kid, "created": own.created.to_string(), "active": own.active }))
            .collect();
        json!({
            "id": client.id.as_str(),
            "name": world.client_name(ix),
            "app": client.app.map(|app| world.app(app).id.to_string()),
            "integration": client.integration,
            "kind": client.kind.as_str(),
            "auth": client.auth.as_str(),
            "dpop": client.dpop,
            "scopes": scopes,
            "secrets": secrets,
            "keys": keys,
        })
    });
    Json(told.collect())
}
