//! `/api/v1/groups/{id}/owners`: who may change a group's members without being an admin.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::groups;
use crate::sim::id::Id;
use crate::sim::json;
use crate::sim::page::{Answer, Asked};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::owner::{OwnedBy, Owner};

/// The routes of owners.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/api/v1/groups/{group}/owners", get(list))
}

async fn list(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let owners = world.owners(groups::named(&world, &id)?);
    let limit = asked.limit(1_000, 1_000)?;
    let id = |owner: &&Owner| id_of(&world, owner);
    let from = asked.start(|cursor| owners.iter().position(|own| id(&own).as_str() == cursor))?;
    Ok(asked.list(limit, owners[from..].iter(), id, |out, owner| {
        write(&world, out, owner);
    }))
}

fn id_of(world: &World, owner: &Owner) -> Id {
    match owner.by {
        OwnedBy::User(user) => world.user(user).id,
        OwnedBy::Group(group) => world.group(group).id,
    }
}

fn write(world: &World, out: &mut String, owner: &Owner) {
    let (kind, name) = match owner.by {
        OwnedBy::User(user) => ("USER", world.display_name(user)),
        OwnedBy::Group(group) => ("GROUP", world.group(group).name.to_string()),
    };
    json::object(out, |o| {
        o.shown("id", id_of(world, owner))
            .str("type", kind)
            .raw("resolved", true)
            // A directory's own owners come from no application; Okta writes the word.
            .str("originId", "null")
            .str("originType", "OKTA_DIRECTORY")
            .str("displayName", &name)
            .shown("lastUpdated", owner.last_updated);
    });
}
