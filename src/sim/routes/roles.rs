//! Admin roles of users, groups and clients, and what they are limited to.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::{groups, users};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::group::GroupParts;
use crate::sim::render::role::{self, OneTarget, RoleParts};
use crate::sim::render::{self, View};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::assignment::{AppTarget, Assignee, Assignment, Targets};
use crate::sim::world::role::{Role, Scoped};

pub mod write;

/// The routes of roles.
pub fn router() -> Router<Arc<Service>> {
    const USER: &str = "/api/v1/users/{user}/roles";
    const GROUP: &str = "/api/v1/groups/{group}/roles";
    const CLIENT: &str = "/oauth2/v1/clients/{client}/roles";
    Router::new()
        .route(USER, get(of_user))
        .route(GROUP, get(of_group))
        .route(CLIENT, get(of_client))
        .route(&format!("{USER}/{{role}}"), get(one_of_user))
        .route(&format!("{GROUP}/{{role}}"), get(one_of_group))
        .route(&format!("{CLIENT}/{{role}}"), get(one_of_client))
        .route(&format!("{USER}/{{role}}/targets"), get(targets_of_user))
        .route(
            &format!("{USER}/{{role}}/targets/groups"),
            get(groups_of_user),
        )
        .route(
            &format!("{GROUP}/{{role}}/targets/groups"),
            get(groups_of_group),
        )
        .route(
            &format!("{CLIENT}/{{role}}/targets/groups"),
            get(groups_of_client),
        )
        .route(
            &format!("{USER}/{{role}}/targets/catalog/apps"),
            get(apps_of_user),
        )
        .route(
            &format!("{GROUP}/{{role}}/targets/catalog/apps"),
            get(apps_of_group),
        )
        .route(
            &format!("{CLIENT}/{{role}}/targets/catalog/apps"),
            get(apps_of_client),
        )
        .merge(write::router())
}

/// Whose roles a path speaks of.
#[derive(Clone, Copy)]
enum Of {
    User,
    Group,
    Client,
}

impl Of {
    /// What they have: a user's list holds what their groups have, too.
    fn assignments<'a>(
        self,
        world: &'a World,
        asked: &Asked,
        name: &str,
    ) -> Result<Vec<&'a Assignment>, ApiError> {
        Ok(match self {
            Self::User => world.effective_assignments(users::named(world, asked, name)?),
            Self::Group => {
                let group = Assignee::Group(groups::named(world, name)?);
                world.assignments_of(group).collect()
            }
            Self::Client => {
                let client = Assignee::Client(super::clients::named(world, name)?);
                world.assignments_of(client).collect()
            }
        })
    }

    fn assignment<'a>(
        self,
        world: &'a World,
        asked: &Asked,
        name: &str,
        id: &str,
    ) -> Result<&'a Assignment, ApiError> {
        self.assignments(world, asked, name)?
            .into_iter()
            .find(|assignment| role::is_named(assignment, id))
            .ok_or_else(|| ApiError::not_found(id, "RoleAssignment"))
    }
}

fn parts(asked: &Asked) -> RoleParts {
    let expand = asked.get("expand").unwrap_or_default();
    let has = |wanted| expand.split(',').any(|part| part.trim() == wanted);
    RoleParts {
        groups: has("targets/groups"),
        apps: has("targets/catalog/apps"),
    }
}

fn list(service: &Service, of: Of, name: &str, asked: &Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, asked);
    let assignments = of.assignments(&world, asked, name)?;
    let parts = parts(asked);
    Ok(asked.all(assignments, |out, held| {
        role::write(view, out, held, parts);
    }))
}

fn one(service: &Service, of: Of, (name, id): (&str, &str), asked: &Asked) -> Answer {
    let world = service.org.world();
    let assignment = of.assignment(&world, asked, name, id)?;
    let mut body = String::new();
    let view = service.view(&world, asked);
    role::write(view, &mut body, assignment, parts(asked));
    Ok(page::json(body))
}

/// Refuses targets of a kind that the role does not have.
fn scoped(assignment: &Assignment, wanted: Scoped) -> Result<(), ApiError> {
    let scoped = assignment.standard().map_or(Scoped::No, Role::scoped);
    if scoped == wanted {
        Ok(())
    } else {
        Err(crate::sim::world::refused::Refused::WrongRoleType.into())
    }
}

fn group_targets(service: &Service, of: Of, (name, id): (&str, &str), asked: &Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, asked);
    let assignment = of.assignment(&world, asked, name, id)?;
    scoped(assignment, Scoped::ToGroups)?;
    let groups = match &assignment.targets {
        Targets::Groups(groups) => groups.as_slice(),
        _ => &[],
    };
    let limit = asked.limit(20, 200)?;
    let start = asked.start(|cursor| {
        groups
            .iter()
            .position(|ix| world.group(*ix).id.as_str() == cursor)
    })?;
    Ok(asked.list(
        limit,
        groups[start..].iter().copied(),
        |ix| world.group(*ix).id,
        |out, ix| {
            render::group::write(view, out, ix, world.group(ix), GroupParts::default());
        },
    ))
}

fn app_targets(service: &Service, of: Of, (name, id): (&str, &str), asked: &Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, asked);
    let assignment = of.assignment(&world, asked, name, id)?;
    scoped(assignment, Scoped::ToApps)?;
    let apps: &[AppTarget] = match &assignment.targets {
        Targets::Apps(apps) => apps,
        _ => &[],
    };
    let id_of = |app: &AppTarget| OneTarget::App(*app).id(view);
    let limit = asked.limit(20, 200)?;
    let start = asked.start(|cursor| apps.iter().position(|app| id_of(app).as_str() == cursor))?;
    Ok(
        asked.list(limit, apps[start..].iter().copied(), id_of, |out, app| {
            role::write_app_target(view, out, app);
        }),
    )
}

/// Everything that a user's role is limited to, wherever the role is from.
fn targets(service: &Service, (name, id): (&str, &str), asked: &Asked) -> Answer {
    let world = service.org.world();
    let view: View<'_> = service.view(&world, asked);
    let wanted = asked.get("assignmentType");
    let found: Vec<(&Assignment, OneTarget)> = Of::User
        .assignments(&world, asked, name)?
        .into_iter()
        .filter(|held| role::is_named(held, id))
        .filter(|held| wanted.is_none_or(|kind| held.assignee.as_str() == kind))
        .flat_map(|held| {
            let all = OneTarget::all(&held.targets);
            all.into_iter().map(move |target| (held, target))
        })
        .collect();
    let limit = asked.limit(20, 200)?;
    let start = asked.start(|cursor| {
        found
            .iter()
            .position(|(_, target)| target.id(view).as_str() == cursor)
    })?;
    Ok(asked.list(
        limit,
        found[start..].iter().copied(),
        |(_, target)| target.id(view),
        |out, (held, target)| role::write_target(view, out, held, target),
    ))
}

macro_rules! handlers {
    ($($list:ident $one:ident $groups:ident $apps:ident $of:ident;)*) => {$(
        async fn $list(State(service): State<Arc<Service>>, Path(name): Path<String>, asked: Asked) -> Answer {
            list(&service, Of::$of, &name, &asked)
        }

        async fn $one(
            State(service): State<Arc<Service>>,
            Path((name, id)): Path<(String, String)>,
            asked: Asked,
        ) -> Answer {
            one(&service, Of::$of, (&name, &id), &asked)
        }

        async fn $groups(
            State(service): State<Arc<Service>>,
            Path((name, id)): Path<(String, String)>,
            asked: Asked,
        ) -> Answer {
            group_targets(&service, Of::$of, (&name, &id), &asked)
        }

        async fn $apps(
            State(service): State<Arc<Service>>,
            Path((name, id)): Path<(String, String)>,
            asked: Asked,
        ) -> Answer {
            app_targets(&service, Of::$of, (&name, &id), &asked)
        }
    )*};
}

handlers! {
    of_user one_of_user groups_of_user apps_of_user User;
    of_group one_of_group groups_of_group apps_of_group Group;
    of_client one_of_client groups_of_client apps_of_client Client;
}

async fn targets_of_user(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    targets(&service, (&name, &id), &asked)
}
