//! Who has something, and by which paths; a window of them, because an app may be everybody's.

use std::collections::BTreeMap;

use super::admins::client_row;
use super::answer::{Goal, Named, Who, WhoRow};
use super::grant::{Grants, Holder};
use super::path::{Member, overlaps};
use super::sight::Sight;
use super::why::{app_paths, goal_name, group_paths, needed};
use super::{Assigned, Held, Mirror};
use crate::domain::entry::Subject;
use crate::domain::id::{AppId, GroupId, ObjectId, UserId};
use crate::domain::resource::Resource;

pub(super) fn who<M: Mirror>(
    mirror: &M,
    goal: &Goal,
    offset: usize,
    limit: usize,
) -> Result<Who, M::Error> {
    let sight = Sight::new(mirror, needed(goal))?;
    let (rows, total) = match goal {
        Goal::App(app) => of_app(&sight, app, offset, limit)?,
        Goal::Group(group) => {
            let members = mirror.members(group)?;
            let ids = members.into_iter().map(|held| held.value).collect();
            let (window, total) = window(&sight, ids, offset, limit);
            let row =
                |user: &UserId| row(&sight, user, |member| group_paths(&sight, member, group));
            (window.iter().map(row).collect::<Result<_, _>>()?, total)
        }
        Goal::Role(role) => {
            let mut rows = Vec::new();
            let grants = Grants::read(&sight)?;
            for user in grants.users(&sight)? {
                rows.push(row(&sight, &user, |member| {
                    grants.paths_of_user(&sight, member, Some(role))
                })?);
            }
            for grant in grants.all().iter().filter(|grant| grant.role.id == *role) {
                if let Holder::Client(client) = &grant.holder {
                    rows.push(client_row(&sight, client, grant)?);
                }
            }
            rows.retain(|row| !row.paths.is_empty());
            rows.sort_by(|a, b| by_name(&a.principal, &b.principal));
            let total = rows.len();
            (rows.into_iter().skip(offset).take(limit).collect(), total)
        }
    };
    Ok(Who {
        goal: goal_name(&sight, goal)?,
        rows,
        total,
        gaps: sight.into_gaps(),
    })
}

/// The users of an app. While its users are not known, the members of the groups that give it stand in.
fn of_app<M: Mirror>(
    sight: &Sight<'_, M>,
    app: &AppId,
    offset: usize,
    limit: usize,
) -> Result<(Vec<WhoRow>, usize), M::Error> {
    let given = sight.mirror.groups_of_app(app)?;
    let assigned = sight.mirror.app_users(app)?;
    let assigned: BTreeMap<UserId, Held<Assigned>> = assigned
        .into_iter()
        .map(|held| (held.value.user.clone(), held))
        .collect();
    let mut users: Vec<UserId> = assigned.keys().cloned().collect();
    if !sight.knows(Resource::AppUsers) {
        users.extend(members_of(sight, &given)?);
        users.sort_unstable();
        users.dedup();
    }
    let (window, total) = window(sight, users, offset, limit);
    let rows = window.iter().map(|user| {
        row(sight, user, |member| {
            app_paths(sight, member, app, assigned.get(user), &given)
        })
    });
    Ok((rows.collect::<Result<_, _>>()?, total))
}

fn members_of<M: Mirror>(
    sight: &Sight<'_, M>,
    groups: &[Held<GroupId>],
) -> Result<Vec<UserId>, M::Error> {
    let mut users = Vec::new();
    for group in groups {
        let members = sight.mirror.members(&group.value)?;
        users.extend(members.into_iter().map(|held| held.value));
    }
    Ok(users)
}

/// The users of the window, and how many there are in all.
fn window<M: Mirror>(
    sight: &Sight<'_, M>,
    users: Vec<UserId>,
    offset: usize,
    limit: usize,
) -> (Vec<UserId>, usize) {
    let total = users.len();
    let mut named: Vec<(Named, UserId)> = users
        .into_iter()
        .map(|user| (sight.user(&user), user))
        .collect();
    named.sort_by(|(a, _), (b, _)| by_name(a, b));
    let window = named.into_iter().skip(offset).take(limit);
    (window.map(|(_, user)| user).collect(), total)
}

/// People look names up without regard to case.
pub(super) fn by_name(a: &Named, b: &Named) -> std::cmp::Ordering {
    let folded = |named: &Named| named.name.to_lowercase();
    folded(a)
        .cmp(&folded(b))
        .then_with(|| a.subject.cmp(&b.subject))
}

/// One user's row.
pub(super) fn row<M: Mirror>(
    sight: &Sight<'_, M>,
    user: &UserId,
    paths: impl FnOnce(&Member) -> Result<Vec<super::Path>, M::Error>,
) -> Result<WhoRow, M::Error> {
    let member = Member::read(sight, user)?;
    let paths = paths(&member)?;
    Ok(WhoRow {
        principal: Named {
            name: sight.user(user).name,
            subject: Subject::Object(ObjectId::User(user.clone())),
        },
        status: member.status,
        overlap: overlaps(&paths),
        paths,
    })
}
