//! Granting and revoking admin roles, and limiting them.
//!
//! A role is granted over the whole org. Only its first target limits it, so between the two calls whoever got it may do
//! everything that the role is for; and the last target cannot be removed, because that would be the same again.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use axum::routing::{delete, post, put};
use http::StatusCode;
use serde::Deserialize;

use super::{Of, parts};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::role;
use crate::sim::routes::{apps, body, clients, groups, users};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::assignment::{AppTarget, Assignee, Assignment, Held, Targets};
use crate::sim::world::refused::Refused;
use crate::sim::world::role::Role;
use crate::sim::world::user::Status;

/// The routes that change roles.
pub fn router() -> Router<Arc<Service>> {
    const USER: &str = "/api/v1/users/{user}/roles";
    const GROUP: &str = "/api/v1/groups/{group}/roles";
    const CLIENT: &str = "/oauth2/v1/clients/{client}/roles";
    const GROUPS: &str = "{role}/targets/groups/{target}";
    const APPS: &str = "{role}/targets/catalog/apps/{name}";
    Router::new()
        .route(USER, post(grant_user))
        .route(GROUP, post(grant_group))
        .route(CLIENT, post(grant_client))
        .route(&format!("{USER}/{{role}}"), delete(revoke_user))
        .route(&format!("{GROUP}/{{role}}"), delete(revoke_group))
        .route(&format!("{CLIENT}/{{role}}"), delete(revoke_client))
        .route(
            &format!("{USER}/{GROUPS}"),
            put(aim_user).delete(widen_user),
        )
        .route(
            &format!("{GROUP}/{GROUPS}"),
            put(aim_group).delete(widen_group),
        )
        .route(
            &format!("{CLIENT}/{GROUPS}"),
            put(aim_client).delete(widen_client),
        )
        .route(
            &format!("{USER}/{APPS}/{{app}}"),
            put(aim_user_at_app).delete(widen_user_from_app),
        )
        .route(
            &format!("{GROUP}/{APPS}/{{app}}"),
            put(aim_group_at_app).delete(widen_group_from_app),
        )
        .route(
            &format!("{CLIENT}/{APPS}/{{app}}"),
            put(aim_client_at_app).delete(widen_client_from_app),
        )
}

/// A role as it is sent.
#[derive(Debug, Deserialize)]
struct Sent {
    #[serde(rename = "type")]
    kind: Option<String>,
    role: Option<String>,
    #[serde(rename = "resource-set")]
    resource_set: Option<String>,
}

impl Sent {
    fn held(&self, world: &World) -> Result<Held, ApiError> {
        match self.kind.as_deref() {
            None => Err(ApiError::validation(
                "type",
                "The field cannot be left blank",
            )),
            Some("CUSTOM") => {
                let blank = |name| ApiError::validation(name, "The field cannot be left blank");
                let role = self.role.as_deref().ok_or_else(|| blank("role"))?;
                let set = self
                    .resource_set
                    .as_deref()
                    .ok_or_else(|| blank("resource-set"))?;
                Ok(Held::Custom {
                    role: world
                        .custom_role_named(role)
                        .ok_or_else(|| ApiError::not_found(role, "CustomRole"))?,
                    set: world
                        .resource_set_named(set)
                        .ok_or_else(|| ApiError::not_found(set, "ResourceSet"))?,
                })
            }
            Some(kind) => Role::parse(kind).map(Held::Standard).ok_or_else(|| {
                ApiError::validation("type", "The role type specified is not valid")
            }),
        }
    }
}

impl Of {
    fn assignee(self, world: &World, asked: &Asked, name: &str) -> Result<Assignee, ApiError> {
        Ok(match self {
            Self::User => Assignee::User(users::named(world, asked, name)?),
            Self::Group => Assignee::Group(groups::named(world, name)?),
            Self::Client => Assignee::Client(clients::named(world, name)?),
        })
    }

    /// What the answer to a grant is called.
    fn created(self) -> StatusCode {
        match self {
            Self::User => StatusCode::CREATED,
            Self::Group | Self::Client => StatusCode::OK,
        }
    }
}

fn grant(service: &Service, of: Of, name: &str, asked: &Asked, body: &Bytes) -> Answer {
    let sent: Sent = body::read(body)?;
    service.write(asked, |world, cause| {
        let to = of.assignee(world, asked, name)?;
        let held = sent.held(world)?;
        if let Assignee::User(user) = to
            && world.user(user).status == Status::Deprovisioned
        {
            return Err(Refused::no_user(&world.user(user).id).into());
        }
        let at = world
            .assign_role(cause, to, held, Targets::All)
            .map_err(|refused| in_words_of(held, refused))?;
        let mut text = String::new();
        let view = service.view(world, asked);
        role::write(view, &mut text, world.assignment(at), parts(asked));
        Ok((of.created(), page::json(text)).into_response())
    })
}

/// The roles that Okta built from permissions have a code of their own for being there already.
fn in_words_of(held: Held, refused: Refused) -> ApiError {
    match (held, &refused) {
        (Held::Standard(role), Refused::RoleAlreadyAssigned) if role.built_in_set().is_some() => {
            ApiError::new(
                StatusCode::CONFLICT,
                "E0000263",
                "Attempted to assign a duplicate standard role assignment to an admin",
            )
        }
        _ => refused.into(),
    }
}

/// What somebody has, by the id of the assignment. What their groups have is not theirs to lose.
fn own(world: &World, whose: Assignee, id: &str) -> Result<Assignment, ApiError> {
    world
        .assignments_of(whose)
        .find(|assignment| role::is_named(assignment, id))
        .cloned()
        .ok_or_else(|| ApiError::not_found(id, "RoleAssignment"))
}

fn revoke(service: &Service, of: Of, (name, id): (&str, &str), asked: &Asked) -> Answer {
    service.write(asked, |world, cause| {
        let from = of.assignee(world, asked, name)?;
        let held = own(world, from, id)?.held;
        world.unassign_role(cause, from, held)?;
        Ok(page::no_content())
    })
}

/// What a role is to be limited to, or no more.
enum Aim<'a> {
    Group(&'a str),
    App { name: &'a str, id: &'a str },
}

/// Adds a target to a role; what is there already stays as it is.
fn aim(service: &Service, of: Of, (name, id): (&str, &str), asked: &Asked, at: &Aim<'_>) -> Answer {
    service.write(asked, |world, cause| {
        let whose = of.assignee(world, asked, name)?;
        let assignment = own(world, whose, id)?;
        let targets = match (at, assignment.targets) {
            (Aim::Group(group), Targets::Groups(mut there)) => {
                let group = groups::named(world, group)?;
                if there.contains(&group) {
                    return Ok(page::no_content());
                }
                there.push(group);
                Targets::Groups(there)
            }
            (Aim::Group(group), _) => Targets::Groups(vec![groups::named(world, group)?]),
            (Aim::App { name, id }, Targets::Apps(mut there)) => {
                let app = app_target(world, name, id)?;
                if there.contains(&app) {
                    return Ok(page::no_content());
                }
                there.push(app);
                Targets::Apps(there)
            }
            (Aim::App { name, id }, _) => Targets::Apps(vec![app_target(world, name, id)?]),
        };
        world.limit_role(cause, whose, assignment.held, targets)?;
        Ok(page::no_content())
    })
}

/// Removes a target from a role, but never the last.
fn widen(
    service: &Service,
    of: Of,
    (name, id): (&str, &str),
    asked: &Asked,
    at: &Aim<'_>,
) -> Answer {
    service.write(asked, |world, cause| {
        let whose = of.assignee(world, asked, name)?;
        let assignment = own(world, whose, id)?;
        let targets = match (at, assignment.targets) {
            (Aim::Group(group), Targets::Groups(there)) => {
                let gone = groups::named(world, group)?;
                Targets::Groups(without(there, &gone, group)?)
            }
            (Aim::App { name, id }, Targets::Apps(there)) => {
                let gone = app_target(world, name, id)?;
                Targets::Apps(without(there, &gone, id)?)
            }
            (Aim::Group(id) | Aim::App { id, .. }, _) => {
                return Err(ApiError::not_found(id, "RoleTarget"));
            }
        };
        world.limit_role(cause, whose, assignment.held, targets)?;
        Ok(page::no_content())
    })
}

fn without<T: PartialEq>(mut there: Vec<T>, gone: &T, id: &str) -> Result<Vec<T>, ApiError> {
    let before = there.len();
    there.retain(|target| target != gone);
    if there.len() == before {
        return Err(ApiError::not_found(id, "RoleTarget"));
    }
    if there.is_empty() {
        return Err(ApiError::validation(
            "targets",
            "The last target of a role cannot be removed. Unassign the role instead",
        ));
    }
    Ok(there)
}

fn app_target(world: &World, name: &str, id: &str) -> Result<AppTarget, ApiError> {
    let app = apps::named(world, id)?;
    if world.app(app).name == name {
        Ok(AppTarget::Instance(app))
    } else {
        Err(ApiError::not_found(name, "CatalogApplication"))
    }
}

macro_rules! handlers {
    ($($grant:ident $revoke:ident $aim:ident $widen:ident $aim_app:ident $widen_app:ident $of:ident;)*) => {$(
        async fn $grant(
            State(service): State<Arc<Service>>,
            Path(name): Path<String>,
            asked: Asked,
            body: Bytes,
        ) -> Answer {
            grant(&service, Of::$of, &name, &asked, &body)
        }

        async fn $revoke(
            State(service): State<Arc<Service>>,
            Path((name, id)): Path<(String, String)>,
            asked: Asked,
        ) -> Answer {
            revoke(&service, Of::$of, (&name, &id), &asked)
        }

        async fn $aim(
            State(service): State<Arc<Service>>,
            Path((name, id, group)): Path<(String, String, String)>,
            asked: Asked,
        ) -> Answer {
            aim(&service, Of::$of, (&name, &id), &asked, &Aim::Group(&group))
        }

        async fn $widen(
            State(service): State<Arc<Service>>,
            Path((name, id, group)): Path<(String, String, String)>,
            asked: Asked,
        ) -> Answer {
            widen(&service, Of::$of, (&name, &id), &asked, &Aim::Group(&group))
        }

        async fn $aim_app(
            State(service): State<Arc<Service>>,
            Path((name, id, key, app)): Path<(String, String, String, String)>,
            asked: Asked,
        ) -> Answer {
            aim(&service, Of::$of, (&name, &id), &asked, &Aim::App { name: &key, id: &app })
        }

        async fn $widen_app(
            State(service): State<Arc<Service>>,
            Path((name, id, key, app)): Path<(String, String, String, String)>,
            asked: Asked,
        ) -> Answer {
            widen(&service, Of::$of, (&name, &id), &asked, &Aim::App { name: &key, id: &app })
        }
    )*};
}

handlers! {
    grant_user revoke_user aim_user widen_user aim_user_at_app widen_user_from_app User;
    grant_group revoke_group aim_group widen_group aim_group_at_app widen_group_from_app Group;
    grant_client revoke_client aim_client widen_client aim_client_at_app widen_client_from_app Client;
}
