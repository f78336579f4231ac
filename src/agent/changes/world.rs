//! What the guards go by, as the mirror has it now.

use std::collections::BTreeSet;

use crate::access::{self, Answer, Gap, Goal, Question, RoleId};
use crate::action::guard::World;
use crate::agent::engine::Engine;
use crate::agent::view::View;
use crate::domain::entry::{EntryKind, EntryQuery};
use crate::domain::id::{Kind, UserId};
use crate::domain::resource::Resource;

/// Statuses in which somebody can sign in, or get to it without anybody's help.
const CAN_SIGN_IN: [&str; 3] = ["ACTIVE", "PASSWORD_EXPIRED", "RECOVERY"];
/// Roles of groups that are gone through; an org with more is not known completely.
const MOST_ROLES: usize = 10_000;

/// The world of now; reads the store. `own` is whose credential oktop works with.
pub(super) fn now(engine: &Engine, own: Option<UserId>) -> World {
    let changes = &engine.facts.changes;
    World {
        protected: changes.protected.clone(),
        super_admins: super_admins(engine, own.as_ref()),
        admin_groups: admin_groups(engine),
        users: users(engine),
        destructive: (0, 0),
        own,
    }
}

/// Who can sign in as a super admin, by any path, beside the account that oktop itself works with; `None` when a list that tells is missing.
fn super_admins(engine: &Engine, own: Option<&UserId>) -> Option<BTreeSet<UserId>> {
    let view = View::new(&engine.store, None, engine.clock.now(), engine.troubles());
    let question = Question::Who {
        goal: Goal::Role(RoleId::Standard("SUPER_ADMIN".into())),
        offset: 0,
        limit: usize::MAX,
    };
    let Ok(Answer::Who(who)) = access::answer(&view, &question) else {
        return None;
    };
    if who.gaps.iter().any(Gap::is_blind) {
        return None;
    }
    let can = |status: Option<&str>| status.is_some_and(|status| CAN_SIGN_IN.contains(&status));
    let rows = who
        .rows
        .into_iter()
        .filter(|row| can(row.status.as_deref()));
    let users = rows.filter_map(|row| row.principal.id().parse().ok());
    Some(users.filter(|user| Some(user) != own).collect())
}

pub(super) fn admin_groups(engine: &Engine) -> Option<BTreeSet<String>> {
    let directory = &engine.store.directory;
    directory.complete_at(Resource::Admins)?;
    let query = EntryQuery::of(EntryKind::GroupRole, MOST_ROLES);
    let found = directory.entries(&query, engine.clock.now()).ok()?;
    if found.rows.len() >= MOST_ROLES {
        return None;
    }
    let parents = found
        .rows
        .into_iter()
        .filter_map(|row| row.entry.key.parent);
    Some(parents.map(|parent| parent.as_str().to_owned()).collect())
}

fn users(engine: &Engine) -> Option<u64> {
    let directory = &engine.store.directory;
    directory.complete_at(Resource::Users)?;
    Some(directory.count(Kind::User))
}
