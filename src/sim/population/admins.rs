//! Hands out admin rights beyond those of the first admins.

use super::super::time::DAY_MS;
use super::super::world::World;
use super::super::world::assignment::{Assignee, Held, Targets};
use super::super::world::group::GroupKind;
use super::super::world::index::GroupIx;
use super::super::world::role::Role;
use super::Plan;

/// Hands out everything that there are people and groups for.
pub fn appoint(world: &mut World, plan: &Plan) {
    if let Some(group) = named(world, "Help Desk Tier 2") {
        let at = plan.now - 700 * DAY_MS;
        let held = Held::Standard(Role::HelpDeskAdmin);
        world.settle_assignment(Assignee::Group(group), held, Targets::All, at);
    }
    let built_in = |group: &&GroupIx| world.group(**group).kind == GroupKind::BuiltIn;
    let administrators = named(world, "Okta Administrators");
    if let Some(group) = administrators.as_ref().filter(built_in) {
        world.settle_administrators(*group);
    }
}

/// The group of this name.
fn named(world: &World, name: &str) -> Option<GroupIx> {
    let mut groups = world.groups().iter();
    groups
        .position(|group| *group.name == *name)
        .map(GroupIx::from_usize)
}
