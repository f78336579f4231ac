//! The truth of who is an admin, and by which path.
//!
//! A path is one way in which one principal comes to one role; whoever has two ways has two paths. What counts as which:
//!
//! | `path` | the role is … | `via` |
//! |---|---|---|
//! | `direct` | a standard one, assigned to the user | nothing |
//! | `group` | a standard one, assigned to a group of which the user is a member by hand or by import | the group |
//! | `group_rule` | the same, but an active group rule gave the membership | the group, the rule |
//! | `custom_role` | a custom one, bound to the user, or to a group of the user's | the resource set; then the group, and the rule that gave the membership |
//! | `group_owner` | one of a group that the user owns, and so may join | the group; then the owning group if it is one that owns |
//! | `service_client` | any, assigned to an OAuth client | for a custom one the resource set |
//!
//! `role` is the type, or the id of a custom role. Deactivated people are no admins, whatever they own. The built-in group of all
//! administrators has no role and gives none.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::rights::role_of;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::assignment::{Assignee, Assignment, Held};
use crate::sim::world::index::{GroupIx, RuleIx, UserIx};
use crate::sim::world::owner::OwnedBy;
use crate::sim::world::rule::Rule;
use crate::sim::world::user::Status;

/// The routes of this truth.
pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/truth/admins", get(admins))
        .route("/truth/admin_people", get(people))
        .route("/truth/rules", get(rules))
}

async fn admins(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let mut paths = Vec::new();
    for assignment in world.assignments() {
        tell(&world, assignment, &mut paths);
    }
    Json(paths.into())
}

/// One path, as JSON.
fn path(
    world: &World,
    principal: (&str, &str),
    assignment: &Assignment,
    kind: &str,
    through: &[&str],
) -> Value {
    let (role, set) = role_of(world, assignment.held);
    let via: Vec<&str> = set
        .as_deref()
        .into_iter()
        .chain(through.iter().copied())
        .collect();
    json!({
        "principal": principal.0,
        "type": principal.1,
        "role": role,
        "path": kind,
        "via": via,
    })
}

fn tell(world: &World, assignment: &Assignment, paths: &mut Vec<Value>) {
    let custom = matches!(assignment.held, Held::Custom { .. });
    let user_path = |user: UserIx, kind: &str, through: &[&str]| {
        let id = world.user(user).id;
        path(world, (id.as_str(), "USER"), assignment, kind, through)
    };
    match assignment.assignee {
        Assignee::User(user) => {
            let kind = if custom { "custom_role" } else { "direct" };
            paths.push(user_path(user, kind, &[]));
        }
        Assignee::Client(client) => {
            let id = world.client(client).id;
            let principal = (id.as_str(), "CLIENT");
            paths.push(path(world, principal, assignment, "service_client", &[]));
        }
        Assignee::Group(group) => {
            let own = world.group(group).id;
            for user in world.members_from(group, UserIx(0)) {
                let rule = world.rule_of_membership(group, user);
                let rule = rule.map(|rule| world.rule(rule).id);
                let mut through = vec![own.as_str()];
                through.extend(rule.as_ref().map(crate::sim::id::Id::as_str));
                let kind = match (custom, rule) {
                    (true, _) => "custom_role",
                    (false, Some(_)) => "group_rule",
                    (false, None) => "group",
                };
                paths.push(user_path(user, kind, &through));
            }
            for (user, owning) in owners(world, group) {
                let owning = owning.map(|group| world.group(group).id);
                let mut through = vec![own.as_str()];
                through.extend(owning.as_ref().map(crate::sim::id::Id::as_str));
                paths.push(user_path(user, "group_owner", &through));
            }
        }
    }
}

/// Everybody who owns a group, and by which owning group if by one.
fn owners(world: &World, group: GroupIx) -> Vec<(UserIx, Option<GroupIx>)> {
    let mut found = Vec::new();
    for owner in world.owners(group) {
        match owner.by {
            OwnedBy::User(user) => found.push((user, None)),
            OwnedBy::Group(owning) => {
                let members = world.members_from(owning, UserIx(0));
                found.extend(members.map(|user| (user, Some(owning))));
            }
        }
    }
    found.retain(|(user, _)| {
        let held = world.user(*user);
        !held.deleted && held.status != Status::Deprovisioned
    });
    found
}

/// Admins of a kind that posture looks for.
async fn people(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let ids = |users: &[UserIx]| -> Vec<String> {
        users
            .iter()
            .map(|user| world.user(*user).id.to_string())
            .collect()
    };
    Json(json!({
        "break_glass": ids(&world.characters.break_glass),
        "dormant_admins": ids(&world.characters.dormant_admins),
    }))
}

/// Every rule, with whom it excludes and how many memberships of each group it stands for.
async fn rules(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let told = |(ix, rule): (RuleIx, &Rule)| {
        let members: serde_json::Map<String, Value> = rule
            .groups
            .iter()
            .map(|group| {
                let given = world
                    .members_from(*group, UserIx(0))
                    .filter(|user| world.rule_of_membership(*group, *user) == Some(ix));
                (world.group(*group).id.to_string(), json!(given.count()))
            })
            .collect();
        let excluded: Vec<&str> = rule
            .excluded
            .iter()
            .map(|user| world.user(*user).id.as_str())
            .collect();
        json!({
            "id": rule.id.as_str(),
            "name": rule.name,
            "status": rule.status.as_str(),
            "expression": rule.text,
            "excluded": excluded,
            "members": members,
        })
    };
    Json(world.rules().map(told).collect())
}
