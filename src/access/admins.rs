//! Everybody and everything with an admin role.

use super::answer::{Admin, Admins, Link, Path, RoleId, RoleName, WhoRow};
use super::grant::{Grant, Grants, Holder};
use super::sight::{Sight, named};
use super::who::{by_name, row};
use super::why::ROLES;
use super::{Held, Mirror};
use crate::domain::entry::{Entry, EntryId, EntryKind, How, Target};
use crate::domain::id::{ObjectId, UserId};

pub(super) fn admins<M: Mirror>(mirror: &M) -> Result<Admins, M::Error> {
    let sight = Sight::new(mirror, ROLES)?;
    let grants = Grants::read(&sight)?;
    let listed = mirror.entries(EntryKind::Admin)?;
    let mut users = grants.users(&sight)?;
    users.extend(listed.iter().filter_map(user_of));
    users.sort_unstable();
    users.dedup();
    let mut rows = Vec::new();
    for user in users {
        let found = row(&sight, &user, |member| {
            grants.paths_of_user(&sight, member, None)
        })?;
        rows.push(if found.paths.is_empty() {
            unexplained(&sight, found, &listed)?
        } else {
            found
        });
    }
    rows.retain(|row| !row.paths.is_empty());
    for grant in grants.all() {
        if let Holder::Client(client) = &grant.holder {
            rows.push(client_row(&sight, client, grant)?);
        }
    }
    rows.sort_by(|a, b| by_name(&a.principal, &b.principal));
    Ok(Admins {
        rows: merged(rows),
        gaps: sight.into_gaps(),
    })
}

/// The user that an entry of Okta's list of admins means.
fn user_of(held: &Held<Entry>) -> Option<UserId> {
    let referred =
        held.value
            .refs
            .iter()
            .find_map(|reference| match (&reference.how, &reference.to) {
                (How::Owner | How::Member, Target::Object(ObjectId::User(id))) => Some(id.clone()),
                _ => None,
            });
    referred.or_else(|| held.value.key.id.as_str().parse().ok())
}

/// Okta lists the user as an admin, and nothing that the mirror has says why.
fn unexplained<M: Mirror>(
    sight: &Sight<'_, M>,
    mut row: WhoRow,
    listed: &[Held<Entry>],
) -> Result<WhoRow, M::Error> {
    let entry = listed
        .iter()
        .find(|held| user_of(held).is_some_and(|user| user.as_str() == row.principal.id()));
    if let Some(held) = entry {
        let role = RoleName {
            id: RoleId::Standard("UNKNOWN".into()),
            label: "unknown".into(),
            within: Vec::new(),
        };
        let step = sight.step(Link::Role, role.named(), held.span)?;
        row.paths = vec![Path {
            role: Some(role),
            ..Path::unknown(
                step,
                "Okta lists the user as an admin; which role, and how, is not known",
            )
        }];
    }
    Ok(row)
}

/// The row of a client that holds a role.
pub(super) fn client_row<M: Mirror>(
    sight: &Sight<'_, M>,
    client: &EntryId,
    grant: &Grant,
) -> Result<WhoRow, M::Error> {
    let clients = sight.mirror.entries(EntryKind::Client)?;
    let known = clients.iter().find(|held| held.value.key.id == *client);
    Ok(WhoRow {
        principal: match known {
            Some(held) => named(&held.value),
            None => sight.entry(EntryKind::Client, client)?,
        },
        status: known.and_then(|held| held.value.status.clone()),
        paths: vec![grant.direct(sight)?],
        overlap: false,
    })
}

/// One row for each principal, with all of its paths.
fn merged(rows: Vec<WhoRow>) -> Vec<Admin> {
    let mut admins: Vec<Admin> = Vec::new();
    for row in rows {
        match admins
            .last_mut()
            .filter(|last| last.principal == row.principal)
        {
            Some(last) => last.paths.extend(row.paths),
            None => admins.push(Admin {
                principal: row.principal,
                status: row.status,
                paths: row.paths,
            }),
        }
    }
    admins
}
