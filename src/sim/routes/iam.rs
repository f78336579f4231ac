//! `/api/v1/iam`: custom roles, resource sets with bindings, and who has roles. The next page's address is in the body.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::{View, href, iam};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::index::{CustomRoleIx, ResourceSetIx, UserIx};

/// Items of a page where the client cannot say how many, and the most elsewhere.
const PAGE: usize = 100;

/// The routes of roles and resource sets.
pub fn router() -> Router<Arc<Service>> {
    const ROLE: &str = "/api/v1/iam/roles/{role}";
    const SET: &str = "/api/v1/iam/resource-sets/{set}";
    Router::new()
        .route("/api/v1/iam/assignees/users", get(assignees))
        .route("/api/v1/iam/roles", get(roles))
        .route(ROLE, get(role))
        .route(&format!("{ROLE}/permissions"), get(permissions))
        .route(&format!("{ROLE}/permissions/{{label}}"), get(permission))
        .route("/api/v1/iam/resource-sets", get(sets))
        .route(SET, get(set))
        .route(&format!("{SET}/resources"), get(resources))
        .route(&format!("{SET}/resources/{{resource}}"), get(resource))
        .route(&format!("{SET}/bindings"), get(bindings))
        .route(&format!("{SET}/bindings/{{role}}"), get(binding))
        .route(&format!("{SET}/bindings/{{role}}/members"), get(members))
        .route(
            &format!("{SET}/bindings/{{role}}/members/{{member}}"),
            get(member),
        )
}

fn role_named(world: &World, name: &str) -> Result<CustomRoleIx, ApiError> {
    world
        .custom_role_named(name)
        .ok_or_else(|| ApiError::not_found(name, "Role"))
}

fn set_named(world: &World, name: &str) -> Result<ResourceSetIx, ApiError> {
    world
        .resource_set_named(name)
        .ok_or_else(|| ApiError::not_found(name, "ResourceSet"))
}

async fn assignees(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let limit = asked.limit(PAGE, 200)?;
    let from = asked.start(|cursor| world.user_cursor(cursor))?;
    let everybody = world.administrators();
    Ok(asked.list_in_body(
        "value",
        |_| (),
        limit,
        everybody.range(UserIx::from_usize(from)..).copied(),
        |user| world.user(*user).id,
        |out, user| iam::write_assigned_user(view, out, user),
    ))
}

async fn roles(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let from = asked.start(|cursor| Some(world.custom_role_named(cursor)?.at()))?;
    Ok(asked.list_in_body(
        "roles",
        |_| (),
        asked.limit(PAGE, PAGE)?,
        world.custom_roles().filter(|(ix, _)| ix.at() >= from),
        |(_, role)| role.id,
        |out, (_, role)| iam::write_role(view, out, role),
    ))
}

async fn role(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let role = world.custom_role(role_named(&world, &name)?);
    let mut body = String::new();
    iam::write_role(service.view(&world, &asked), &mut body, role);
    Ok(page::json(body))
}

async fn permissions(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let role = world.custom_role(role_named(&world, &name)?);
    Ok(page::json(crate::sim::json::object_text(|o| {
        o.array("permissions", &role.permissions, |out, permission| {
            iam::write_permission(view, out, role, permission);
        });
    })))
}

async fn permission(
    State(service): State<Arc<Service>>,
    Path((name, label)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let role = world.custom_role(role_named(&world, &name)?);
    let permission = role
        .permissions
        .iter()
        .find(|permission| permission.label == label)
        .ok_or_else(|| ApiError::not_found(&label, "Permission"))?;
    let mut body = String::new();
    let view = service.view(&world, &asked);
    iam::write_permission(view, &mut body, role, permission);
    Ok(page::json(body))
}

async fn sets(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let from = asked.start(|cursor| Some(world.resource_set_named(cursor)?.at()))?;
    Ok(asked.list_in_body(
        "resource-sets",
        |_| (),
        asked.limit(PAGE, PAGE)?,
        world.resource_sets().filter(|(ix, _)| ix.at() >= from),
        |(_, set)| set.id,
        |out, (_, set)| iam::write_set(view, out, set),
    ))
}

async fn set(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let set = world.resource_set(set_named(&world, &name)?);
    let mut body = String::new();
    iam::write_set(service.view(&world, &asked), &mut body, set);
    Ok(page::json(body))
}

async fn resources(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let set = world.resource_set(set_named(&world, &name)?);
    let all = &set.resources;
    let from = asked.start(|cursor| all.iter().position(|own| own.id.as_str() == cursor))?;
    let own = iam::set_address(view, set);
    Ok(asked.list_in_body(
        "resources",
        |o| href(o, "resource-set", format_args!("{own}")),
        asked.limit(PAGE, 1_000)?,
        all[from..].iter(),
        |resource| resource.id,
        |out, resource| iam::write_resource(view, out, set, resource),
    ))
}

async fn resource(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let set = world.resource_set(set_named(&world, &name)?);
    let resource = set
        .resources
        .iter()
        .find(|resource| resource.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "ResourceSetResource"))?;
    let mut body = String::new();
    let view = service.view(&world, &asked);
    iam::write_resource(view, &mut body, set, resource);
    Ok(page::json(body))
}

async fn bindings(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let ix = set_named(&world, &name)?;
    let set = world.resource_set(ix);
    let bound = world.bound_to(ix);
    let id = |role: &CustomRoleIx| world.custom_role(*role).id;
    let from = asked.start(|cursor| bound.iter().position(|role| id(role).as_str() == cursor))?;
    let own = iam::set_address(view, set);
    Ok(asked.list_in_body(
        "roles",
        |o| {
            href(o, "self", format_args!("{own}/bindings"));
            href(o, "resource-set", format_args!("{own}"));
        },
        asked.limit(PAGE, PAGE)?,
        bound[from..].iter().copied(),
        id,
        |out, role| iam::write_binding(view, out, set, world.custom_role(role), false),
    ))
}

/// The set and role that a path names, if anybody has the role over the set.
fn bound(world: &World, set: &str, role: &str) -> Result<(ResourceSetIx, CustomRoleIx), ApiError> {
    let (set, ix) = (set_named(world, set)?, role_named(world, role)?);
    if world.binding(set, ix).is_empty() {
        return Err(ApiError::not_found(role, "Binding"));
    }
    Ok((set, ix))
}

async fn binding(
    State(service): State<Arc<Service>>,
    Path((set, role)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let (set, role) = bound(&world, &set, &role)?;
    let (set, role) = (world.resource_set(set), world.custom_role(role));
    let mut body = String::new();
    let view = service.view(&world, &asked);
    iam::write_binding(view, &mut body, set, role, true);
    Ok(page::json(body))
}

async fn members(
    State(service): State<Arc<Service>>,
    Path((set, role)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view: View<'_> = service.view(&world, &asked);
    let (set, role) = bound(&world, &set, &role)?;
    let all = world.binding(set, role);
    let from = asked.start(|cursor| all.iter().position(|own| own.id.as_str() == cursor))?;
    let address = iam::set_address(view, world.resource_set(set));
    let own = format!("{address}/bindings/{}", world.custom_role(role).id);
    Ok(asked.list_in_body(
        "members",
        |o| {
            href(o, "self", format_args!("{own}/members"));
            href(o, "binding", format_args!("{own}"));
        },
        asked.limit(PAGE, PAGE)?,
        all[from..].iter().copied(),
        |member| member.id,
        |out, member| iam::write_member(view, out, member),
    ))
}

async fn member(
    State(service): State<Arc<Service>>,
    Path((set, role, id)): Path<(String, String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let (set, role) = bound(&world, &set, &role)?;
    let member = world
        .binding(set, role)
        .into_iter()
        .find(|member| member.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "BindingMember"))?;
    let mut body = String::new();
    iam::write_member(service.view(&world, &asked), &mut body, member);
    Ok(page::json(body))
}
