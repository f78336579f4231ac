//! Why one user has something.

use super::answer::{Goal, Has, Link, Named, Path, PathKind, RoleId, RoleName, Step, Why};
use super::grant::Grants;
use super::path::{Member, overlaps};
use super::sight::Sight;
use super::{Assigned, Held, Mirror};
use crate::domain::application::AssignmentScope;
use crate::domain::entry::EntryKind;
use crate::domain::history::Interval;
use crate::domain::id::{AppId, GroupId, ObjectId, UserId};
use crate::domain::privilege;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;

/// The lists that an answer about a goal needs.
pub(super) fn needed(goal: &Goal) -> &'static [Resource] {
    match goal {
        Goal::App(_) => &[
            Resource::AppUsers,
            Resource::AppGroups,
            Resource::Memberships,
            Resource::GroupRules,
        ],
        Goal::Group(_) => &[Resource::Memberships, Resource::GroupRules],
        Goal::Role(_) => ROLES,
    }
}

/// The lists that an answer about roles needs.
pub(super) const ROLES: &[Resource] = &[
    Resource::Admins,
    Resource::Roles,
    Resource::Memberships,
    Resource::GroupRules,
    Resource::GroupOwners,
];

pub(super) fn why<M: Mirror>(mirror: &M, user: &UserId, goal: &Goal) -> Result<Why, M::Error> {
    let sight = Sight::new(mirror, needed(goal))?;
    let member = Member::read(&sight, user)?;
    let (has, paths) = match goal {
        Goal::App(app) => {
            let assigned = mirror.app_user(app, user)?;
            let given = mirror.groups_of_app(app)?;
            let paths = app_paths(&sight, &member, app, assigned.as_ref(), &given)?;
            let absent = sight.absence(&[Resource::AppUsers]);
            (if assigned.is_some() { Has::Yes } else { absent }, paths)
        }
        Goal::Group(group) => {
            let paths = group_paths(&sight, &member, group)?;
            let absent = sight.absence(&[Resource::Memberships]);
            (if paths.is_empty() { absent } else { Has::Yes }, paths)
        }
        Goal::Role(role) => {
            let paths = Grants::read(&sight)?.paths_of_user(&sight, &member, Some(role))?;
            let holds = paths.iter().any(|path| path.kind != PathKind::GroupOwner);
            let absent = sight.absence(&[Resource::Admins, Resource::Memberships]);
            (if holds { Has::Yes } else { absent }, paths)
        }
    };
    Ok(Why {
        user: sight.user(user),
        status: member.status,
        goal: goal_name(&sight, goal)?,
        goal_status: goal_status(&sight, goal)?,
        has,
        overlap: overlaps(&paths),
        paths,
        gaps: sight.into_gaps(),
    })
}

/// What a goal is called.
pub(super) fn goal_name<M: Mirror>(
    sight: &Sight<'_, M>,
    goal: &Goal,
) -> Result<SafeText, M::Error> {
    Ok(match goal {
        Goal::App(id) => sight.object(ObjectId::App(id.clone())).name,
        Goal::Group(id) => sight.group(id).name,
        Goal::Role(RoleId::Custom(id)) => sight.entry(EntryKind::Role, id)?.name,
        Goal::Role(id @ RoleId::Standard(_)) => RoleName::standard(id).label,
    })
}

/// Whether an app is active, by Okta's word.
pub(super) fn goal_status<M: Mirror>(
    sight: &Sight<'_, M>,
    goal: &Goal,
) -> Result<Option<SafeText>, M::Error> {
    match goal {
        Goal::App(id) => sight.mirror.app_status(id),
        Goal::Group(_) | Goal::Role(_) => Ok(None),
    }
}

/// Every path into a group: a membership has one.
pub(super) fn group_paths<M: Mirror>(
    sight: &Sight<'_, M>,
    member: &Member,
    group: &GroupId,
) -> Result<Vec<Path>, M::Error> {
    match member.membership(group) {
        Some(held) => Ok(vec![member.path_into(sight, group, held.span)?]),
        None => Ok(Vec::new()),
    }
}

/// Every path to an app: the user's own assignment, and the groups of theirs that are assigned.
pub(super) fn app_paths<M: Mirror>(
    sight: &Sight<'_, M>,
    member: &Member,
    app: &AppId,
    assigned: Option<&Held<Assigned>>,
    given: &[Held<GroupId>],
) -> Result<Vec<Path>, M::Error> {
    let goal = sight.object(ObjectId::App(app.clone()));
    let mut paths = Vec::new();
    if let Some(held) = assigned.filter(|held| held.value.scope == Some(AssignmentScope::User)) {
        paths.push(direct(sight, app, &goal, held)?);
    }
    for gives in given {
        let Some(held) = member.membership(&gives.value) else {
            continue;
        };
        let into = member.path_into(sight, &gives.value, held.span)?;
        let mut path = into.onwards(sight.step(Link::App, goal.clone(), gives.span)?);
        if assigned.is_none() && path.doubt.is_none() && sight.knows(Resource::AppUsers) {
            path.doubt = Some("Okta lists no assignment of the user to the app".into());
        }
        paths.push(path);
    }
    if let Some(held) = assigned.filter(|_| paths.is_empty()) {
        let step = sight.step(Link::App, goal, held.span)?;
        let doubt = match &held.value.group {
            Some(group) => format!(
                "Okta names the group {} as the one that gives it",
                sight.group(group).name
            ),
            None if held.value.scope == Some(AssignmentScope::Group) => {
                "Okta says that a group gives it; which one is not known".to_owned()
            }
            None => "whether it was assigned directly or by a group is not known".to_owned(),
        };
        paths.push(Path::unknown(step, &doubt));
    }
    Ok(paths)
}

/// The path of a user's own assignment. One that had begun through a group is direct only since it was made so.
fn direct<M: Mirror>(
    sight: &Sight<'_, M>,
    app: &AppId,
    goal: &Named,
    held: &Held<Assigned>,
) -> Result<Path, M::Error> {
    let made = sight.mirror.direct_since(app, &held.value.user)?;
    let step = match made.filter(|(from, _)| *from > held.span.from) {
        Some((from, proof)) => Step {
            link: Link::App,
            to: goal.clone(),
            span: Some(Interval {
                from,
                began_by: proof.as_ref().map(|proof| proof.event),
                ..held.span
            }),
            proof,
        },
        None => sight.step(Link::App, goal.clone(), held.span)?,
    };
    Ok(Path::of_one(PathKind::Direct, step))
}

impl RoleName {
    /// A standard role without limits.
    pub(super) fn standard(id: &RoleId) -> Self {
        let known = privilege::STANDARD_ROLES
            .iter()
            .find(|(kind, _)| *kind == id.as_str());
        Self {
            id: id.clone(),
            label: known.map_or_else(|| id.as_str().into(), |(_, label)| (*label).into()),
            within: Vec::new(),
        }
    }
}
