//! Plants the people whom posture and detection look for: a few of each in every org of some size, all named by the truth.

use std::collections::BTreeSet;

use super::super::time::DAY_MS;
use super::super::world::World;
use super::super::world::factor::FactorKind;
use super::super::world::group::GroupKind;
use super::super::world::index::{AppIx, GroupIx, UserIx};
use super::super::world::user::Status;
use super::Plan;

/// What programs do under an account of their own.
const SERVICES: &[&str] = &["Backup", "Reporting", "Monitoring", "Payroll-Export"];

/// How many people share a phone, and how many such phones there are.
const SHARERS: usize = 3;
const PHONES: usize = 2;

/// Who left with something in hand.
const LEAVERS: usize = 3;

/// Lines that no other phone has in an org of ordinary size; sharing must not come about by chance alone.
const FIRST_LINE: u16 = 9_990;

/// Plants everybody. People with a role or a place of their own are left alone.
pub fn plant(world: &mut World, plan: &Plan) {
    let ordinary = ordinary(world);
    for (name, user) in SERVICES.iter().zip(spread(&ordinary, SERVICES.len())) {
        world.settle_service(user, name);
    }
    share_phones(world, &ordinary);
    leave(world, plan);
}

/// Active people without a role, the oldest accounts first.
fn ordinary(world: &World) -> Vec<UserIx> {
    let leaders: BTreeSet<UserIx> = world
        .users()
        .iter()
        .filter_map(|user| user.profile.manager)
        .collect();
    let all = (0..world.users().len()).map(UserIx::from_usize);
    let plain = all.filter(|user| {
        let held = world.user(*user);
        held.status == Status::Active && held.profile.extra.is_none()
    });
    plain
        .filter(|user| world.roles(*user).is_empty() && !leaders.contains(user))
        .skip(30)
        .take(60)
        .collect()
}

/// `count` of them, evenly spread.
fn spread(users: &[UserIx], count: usize) -> Vec<UserIx> {
    let step = (users.len() / count.max(1)).max(1);
    users.iter().copied().step_by(step).take(count).collect()
}

fn share_phones(world: &mut World, ordinary: &[UserIx]) {
    let with_phone: Vec<UserIx> = ordinary
        .iter()
        .copied()
        .filter(|user| {
            let mut factors = world.factors(*user).iter();
            factors.any(|factor| factor.kind == FactorKind::Sms && factor.active)
        })
        .collect();
    for (line, users) in (FIRST_LINE..).zip(with_phone.chunks_exact(SHARERS).take(PHONES)) {
        world.settle_shared_phone(users, line);
    }
}

/// Suspended people whom nobody deactivated: they keep an app of their own and a group.
fn leave(world: &mut World, plan: &Plan) {
    let suspended: Vec<UserIx> = (0..world.users().len())
        .map(UserIx::from_usize)
        .filter(|user| world.user(*user).status == Status::Suspended)
        .filter(|user| world.user(*user).created < plan.now - 120 * DAY_MS)
        .take(LEAVERS)
        .collect();
    let group = (0..world.groups().len())
        .map(GroupIx::from_usize)
        .find(|group| world.group(*group).kind == GroupKind::Okta);
    let app = (1..world.apps().len())
        .map(AppIx::from_usize)
        .find(|app| world.app(*app).active);
    for user in suspended {
        if let Some(app) = app {
            world.settle_direct(app, user, plan.now - 110 * DAY_MS);
        }
        if let Some(group) = group {
            let members = world.members_from(group, UserIx(0));
            let members = members.chain([user]).collect();
            world.settle_members(group, members);
        }
        world.characters.leavers.push(user);
    }
}
