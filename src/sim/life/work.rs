//! What admins, the help desk, HR and people's own hands change in a day.

use std::collections::BTreeMap;

use rand::RngExt as _;
use serde_json::Value;

use crate::sim::event::follow::session_of;
use crate::sim::population::names;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::factor::FactorKind;
use crate::sim::world::group::GroupKind;
use crate::sim::world::happening::{Cause, Scope};
use crate::sim::world::index::{AppIx, GroupIx, UserIx};
use crate::sim::world::place::PlaceIx;
use crate::sim::world::role::Role;
use crate::sim::world::user::{Profile, Provider, Status};
use crate::sim::world::users::NewUser;

use super::Life;

/// Roles that may do everything here.
const ALMIGHTY: [Role; 2] = [Role::SuperAdmin, Role::OrgAdmin];

impl Life {
    /// One piece of work. An operation that the world refuses (the object has changed meanwhile) is simply not done.
    pub(super) fn work(&mut self, world: &mut World, now: Millis) {
        match self.rng.random_range(0..144) {
            0..30 => self.edit_profile(world, now),
            30..55 => self.join_group(world, now),
            55..70 => self.leave_group(world, now),
            70..80 => self.assign_app(world, now),
            80..87 => self.unassign_app(world, now),
            87..100 => self.open_console(world, now),
            100..112 => self.change_password(world, now),
            112..117 => self.enrol_factor(world, now),
            117..122 => self.hire(world, now),
            122..126 => self.activate(world, now),
            126..129 => self.suspend(world, now),
            129..134 => self.unsuspend(world, now),
            134..137 => self.lock(world, now),
            137..142 => self.unlock(world, now),
            142..144 => self.let_go(world, now),
            _ => {}
        }
    }

    fn edit_profile(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let floor = self.rng.random_range(1..9);
        let desk = self.rng.random_range(1..80);
        let phone = self.rng.random_range(1_000..10_000);
        let change = match self.rng.random_range(0..3) {
            0 => ("deskLocation", format!("{floor}.{desk:02}")),
            1 => ("mobilePhone", format!("+1 555 010 {phone}")),
            _ => ("costCenter", format!("CC-{}", 1_000 + floor * 100)),
        };
        let changes = BTreeMap::from([(change.0.to_owned(), Value::from(change.1))]);
        let cause = if self.chance(0.6) {
            world.by_system(now, self.request(world))
        } else {
            self.by_admin(world, &[Role::UserAdmin], now)
        };
        let _ = world.update_profile(&cause, user, &changes);
    }

    fn join_group(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let Some(group) = self.group(world, |world, group| !world.is_member(group, user)) else {
            return;
        };
        let cause = self.by_admin(world, &[Role::UserAdmin, Role::GroupMembershipAdmin], now);
        let _ = world.add_member(&cause, group, user);
    }

    fn leave_group(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let Some(group) = self.group(world, |world, group| world.is_member(group, user)) else {
            return;
        };
        let cause = self.by_admin(world, &[Role::UserAdmin, Role::GroupMembershipAdmin], now);
        let _ = world.remove_member(&cause, group, user);
    }

    /// A group that admins may fill, without admin rights, that suits.
    fn group(&mut self, world: &World, suits: impl Fn(&World, GroupIx) -> bool) -> Option<GroupIx> {
        for _ in 0..40 {
            let group = GroupIx::from_usize(self.rng.random_range(0..world.groups().len()));
            if fillable(world, group) && suits(world, group) {
                return Some(group);
            }
        }
        None
    }

    fn assign_app(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let Some(app) = self.app(world, |app| world.app_scope(app, user, now).is_none()) else {
            return;
        };
        let cause = self.by_admin(world, &[Role::AppAdmin], now);
        let _ = world.assign_user(&cause, app, user);
    }

    fn unassign_app(&mut self, world: &mut World, now: Millis) {
        for _ in 0..20 {
            let user = self.anybody(world);
            if world.is_in_hand(user, now) {
                continue;
            }
            let direct = |app: &AppIx| world.app_scope(*app, user, now) == Some(Scope::User);
            let Some(app) = world.apps_of(user, now).into_iter().find(direct) else {
                continue;
            };
            let cause = self.by_admin(world, &[Role::AppAdmin], now);
            let _ = world.unassign_user(&cause, app, user);
            return;
        }
    }

    fn app(&mut self, world: &World, suits: impl Fn(AppIx) -> bool) -> Option<AppIx> {
        let count = world.apps().len();
        for _ in 0..40 {
            let app = AppIx::from_usize(self.rng.random_range(0..count.max(1)));
            let there = count > 0 && world.app(app).active && !world.app(app).deleted;
            if there && suits(app) {
                return Some(app);
            }
        }
        None
    }

    fn open_console(&mut self, world: &mut World, now: Millis) {
        let Some(admin) = self.admin(
            world,
            &[Role::HelpDeskAdmin, Role::AppAdmin, Role::UserAdmin],
        ) else {
            return;
        };
        let cause = world.by_user(admin, now, self.request(world));
        let session = session_of(world.seed, admin, &cause.client, now.0);
        world.open_admin_console(&cause, admin, session);
    }

    fn change_password(&mut self, world: &mut World, now: Millis) {
        let must = self
            .in_status(world, Status::PasswordExpired, now)
            .filter(|_| self.chance(0.3));
        let Some(user) = must.or_else(|| self.somebody_at_work(world, now)) else {
            return;
        };
        let cause = world.by_user(user, now, self.request(world));
        let _ = world.change_password(&cause, user);
    }

    fn enrol_factor(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let missing = |kind: &FactorKind| {
            let has = world
                .factors(user)
                .iter()
                .any(|factor| factor.kind == *kind);
            !has && matches!(
                kind,
                FactorKind::Push | FactorKind::Webauthn | FactorKind::GoogleTotp
            )
        };
        let Some(kind) = FactorKind::ALL.into_iter().find(missing) else {
            return;
        };
        let cause = world.by_user(user, now, self.request(world));
        world.enroll_factor(&cause, user, kind);
    }

    fn hire(&mut self, world: &mut World, now: Millis) {
        let model = self.anybody(world);
        let place = world.user(model).profile.place;
        let profile = self.newcomer(world, place, model);
        let import = self.chance(0.4);
        let new = NewUser {
            profile,
            provider: if import {
                Provider::Import
            } else {
                Provider::Okta
            },
            password: false,
            activate: self.chance(0.8),
        };
        let cause = if import {
            world.by_system(now, self.request(world))
        } else {
            self.by_admin(world, &[Role::UserAdmin], now)
        };
        let team = world.groups_of(model).find(|group| fillable(world, *group));
        if let (Ok(user), Some(team)) = (world.create_user(&cause, new), team) {
            let _ = world.add_member(&cause, team, user);
        }
    }

    /// Somebody new in `model`'s department and place, with a login that nobody has.
    fn newcomer(&mut self, world: &World, place: PlaceIx, model: UserIx) -> Profile {
        let region = names::region(place);
        let (first, first_login) = region.first[self.rng.random_range(0..region.first.len())];
        let (last, last_login) = region.last[self.rng.random_range(0..region.last.len())];
        let number = world.users().len();
        let domain = world
            .facts
            .domains
            .first()
            .map_or("example.com", String::as_str);
        let login = format!("{first_login}.{last_login}.{number}@{domain}").to_lowercase();
        let colleague = &world.user(model).profile;
        Profile {
            email: login.as_str().into(),
            login: login.into(),
            first_name: first.into(),
            last_name: last.into(),
            department: colleague.department,
            title: colleague.title.max(1),
            place,
            manager: colleague.manager,
            contractor: false,
            extra: None,
        }
    }

    fn activate(&mut self, world: &mut World, now: Millis) {
        if let Some(user) = self.in_status(world, Status::Staged, now) {
            let cause = self.by_admin(world, &[Role::UserAdmin], now);
            let _ = world.activate(&cause, user);
        }
    }

    fn suspend(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        if world.roles(user).is_empty() {
            let cause = self.by_admin(world, &[Role::UserAdmin], now);
            let _ = world.suspend(&cause, user);
        }
    }

    fn unsuspend(&mut self, world: &mut World, now: Millis) {
        if let Some(user) = self.in_status(world, Status::Suspended, now) {
            let cause = self.by_admin(world, &[Role::UserAdmin], now);
            let _ = world.unsuspend(&cause, user);
        }
    }

    fn lock(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let cause = world.by_user(user, now, self.request(world));
        let _ = world.lock(&cause, user);
    }

    fn unlock(&mut self, world: &mut World, now: Millis) {
        if let Some(user) = self.in_status(world, Status::LockedOut, now) {
            let cause = self.by_admin(world, &[Role::HelpDeskAdmin], now);
            let _ = world.unlock(&cause, user);
        }
    }

    fn let_go(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        if world.roles(user).is_empty() && user.0 > 20 {
            let cause = self.by_admin(world, &[Role::UserAdmin], now);
            let _ = world.deactivate(&cause, user);
        }
    }

    /// Somebody of this status, if there are not too few of them to be met by chance.
    fn in_status(&mut self, world: &World, status: Status, now: Millis) -> Option<UserIx> {
        (0..300).find_map(|_| {
            let user = self.anybody(world);
            let held = world.user(user);
            (held.status == status && !held.deleted && !world.is_in_hand(user, now)).then_some(user)
        })
    }

    /// The occasion of an admin of one of `roles`, or of a more powerful one, doing something in the Admin Console.
    fn by_admin(&mut self, world: &World, roles: &[Role], now: Millis) -> Cause {
        let request = self.request(world);
        match self.admin(world, roles) {
            Some(admin) => world.by_user(admin, now, request),
            None => world.by_system(now, request),
        }
    }

    fn admin(&mut self, world: &World, roles: &[Role]) -> Option<UserIx> {
        let active = |user: UserIx| {
            world.user(user).status == Status::Active && !world.characters.is_quiet(user)
        };
        let with = |wanted: &[Role]| -> Vec<UserIx> {
            let suits = |own: &[Role]| own.iter().any(|role| wanted.contains(role));
            let admins = world
                .admins()
                .filter(|(user, own)| active(*user) && suits(own));
            admins.map(|(user, _)| user).collect()
        };
        let mut able = with(roles);
        if able.is_empty() {
            able = with(&ALMIGHTY);
        }
        (!able.is_empty()).then(|| able[self.rng.random_range(0..able.len())])
    }
}

/// Whether admins may add people to a group without giving them admin rights or working against a rule.
fn fillable(world: &World, group: GroupIx) -> bool {
    let held = world.group(group);
    held.kind == GroupKind::Okta
        && !held.deleted
        && !world.group_has_role(group)
        && world.rules_filling(group).is_empty()
}
