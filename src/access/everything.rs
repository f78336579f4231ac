//! Everything that one user has, and why: roles, apps and groups.

use super::answer::{Everything, Goal, Has, Why};
use super::grant::Grants;
use super::path::{Member, overlaps};
use super::sight::Sight;
use super::why::{app_paths, goal_name, goal_status, group_paths};
use super::{Mirror, Path};
use crate::domain::id::UserId;
use crate::domain::resource::Resource;

/// The lists that the answer needs.
const NEEDED: &[Resource] = &[
    Resource::Memberships,
    Resource::GroupRules,
    Resource::AppUsers,
    Resource::AppGroups,
    Resource::Admins,
    Resource::Roles,
    Resource::GroupOwners,
];

pub(super) fn everything<M: Mirror>(mirror: &M, user: &UserId) -> Result<Everything, M::Error> {
    let sight = Sight::new(mirror, NEEDED)?;
    let member = Member::read(&sight, user)?;
    let mut rows = Vec::new();
    for (goal, paths) in roles(&sight, &member)? {
        rows.push(row(&sight, user, goal, paths)?);
    }
    for app in mirror.apps_of_user(user)? {
        let assigned = mirror.app_user(&app.value, user)?;
        let given = mirror.groups_of_app(&app.value)?;
        let paths = app_paths(&sight, &member, &app.value, assigned.as_ref(), &given)?;
        rows.push(row(&sight, user, Goal::App(app.value), paths)?);
    }
    for group in &member.groups {
        let paths = group_paths(&sight, &member, &group.value)?;
        rows.push(row(&sight, user, Goal::Group(group.value.clone()), paths)?);
    }
    rows.sort_by_cached_key(|(goal, why)| (order(goal), why.goal.to_lowercase()));
    Ok(Everything {
        rows,
        gaps: sight.into_gaps(),
    })
}

/// The paths to each role, the roles in the order in which they are found.
fn roles<M: Mirror>(
    sight: &Sight<'_, M>,
    member: &Member,
) -> Result<Vec<(Goal, Vec<Path>)>, M::Error> {
    let mut roles: Vec<(Goal, Vec<Path>)> = Vec::new();
    for path in Grants::read(sight)?.paths_of_user(sight, member, None)? {
        let Some(goal) = path.role.as_ref().map(|role| Goal::Role(role.id.clone())) else {
            continue;
        };
        match roles.iter_mut().find(|(known, _)| *known == goal) {
            Some((_, paths)) => paths.push(path),
            None => roles.push((goal, vec![path])),
        }
    }
    Ok(roles)
}

fn row<M: Mirror>(
    sight: &Sight<'_, M>,
    user: &UserId,
    goal: Goal,
    paths: Vec<Path>,
) -> Result<(Goal, Why), M::Error> {
    let why = Why {
        user: sight.user(user),
        status: None,
        goal: goal_name(sight, &goal)?,
        goal_status: goal_status(sight, &goal)?,
        has: Has::Yes,
        overlap: overlaps(&paths),
        paths,
        gaps: Vec::new(),
    };
    Ok((goal, why))
}

fn order(goal: &Goal) -> u8 {
    match goal {
        Goal::Role(_) => 0,
        Goal::App(_) => 1,
        Goal::Group(_) => 2,
    }
}
