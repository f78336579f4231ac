//! Between the world's timestamps and its history: what the one says of the other, both ways.

use std::collections::HashMap;

use crate::sim::time::{HOUR_MS, Millis};
use crate::sim::world::World;
use crate::sim::world::group::GroupKind;
use crate::sim::world::happening::{Fact, Happening};
use crate::sim::world::index::{AppIx, GroupIx, UserIx};
use crate::sim::world::user::{Provider, Status};

use super::{Past, mix_request};

impl Past {
    /// What the timestamps of the world's objects say has happened, at most `limit` of it.
    pub fn traces(&mut self, world: &World, limit: usize) -> Vec<Happening> {
        let mut told = Vec::new();
        for (at, user) in world.users().iter().enumerate() {
            if told.len() >= limit {
                break;
            }
            let ix = UserIx::from_usize(at);
            let by_import = user.provider != Provider::Okta;
            if self.within(user.created) {
                told.push(self.admin(
                    world,
                    user.created,
                    by_import,
                    Fact::UserCreated { user: ix },
                ));
            }
            if let Some(at) = user.activated.filter(|at| self.within(*at)) {
                let fact = Fact::UserActivated {
                    user: ix,
                    to: Status::Active,
                };
                told.push(self.admin(world, at, by_import, fact));
            }
            let changed = user.status_changed.filter(|at| self.within(*at));
            let fact = match user.status {
                Status::Suspended => Some(Fact::UserSuspended { user: ix }),
                Status::Deprovisioned => Some(Fact::UserDeactivated { user: ix }),
                Status::PasswordExpired => Some(Fact::PasswordExpired { user: ix }),
                Status::Recovery => Some(Fact::PasswordReset { user: ix }),
                Status::LockedOut => Some(Fact::UserLocked { user: ix }),
                Status::Staged | Status::Provisioned | Status::Active => None,
            };
            if let (Some(at), Some(fact)) = (changed, fact) {
                let own = matches!(fact, Fact::UserLocked { .. });
                told.push(if own {
                    self.own(world, at, ix, 0, fact)
                } else {
                    self.admin(world, at, by_import, fact)
                });
            }
            for factor in world.factors(ix) {
                if !self.within(factor.created) {
                    continue;
                }
                let fact = Fact::FactorEnrolled {
                    user: ix,
                    factor: factor.kind,
                };
                let request = mix_request(&mut self.requests, world);
                told.push(Happening {
                    cause: world.by_user(ix, factor.created, request),
                    fact,
                });
            }
        }
        self.groups_and_apps(world, &mut told);
        told
    }

    fn groups_and_apps(&mut self, world: &World, told: &mut Vec<Happening>) {
        for (at, group) in world.groups().iter().enumerate() {
            if self.within(group.created) && group.kind == GroupKind::Okta {
                let fact = Fact::GroupCreated {
                    group: GroupIx::from_usize(at),
                };
                told.push(self.admin(world, group.created, false, fact));
            }
        }
        for (at, app) in world.apps().iter().enumerate() {
            if self.within(app.created) {
                let fact = Fact::AppCreated {
                    app: AppIx::from_usize(at),
                };
                told.push(self.admin(world, app.created, false, fact));
            }
        }
    }

    /// Sets the timestamps that `told` would have left.
    pub fn leave_traces(&self, world: &mut World, told: &[Happening]) {
        let mut logins: HashMap<UserIx, Millis> = HashMap::new();
        for Happening { cause, fact } in told {
            match *fact {
                Fact::SignedIn { user, .. } => {
                    let last = logins.entry(user).or_insert(cause.at);
                    *last = cause.at.max(*last);
                }
                Fact::PasswordUpdated { user } => world.settle_password(user, cause.at),
                Fact::ProfileUpdated { user, .. } => world.settle_update(user, cause.at),
                Fact::MemberAdded { group, .. }
                | Fact::MemberRemoved { group, .. }
                | Fact::MemberAddedByRule { group, .. }
                | Fact::MemberRemovedByRule { group, .. } => {
                    world.settle_membership_change(group, cause.at);
                }
                _ => {}
            }
        }
        for at in 0..world.users().len() {
            let user = UserIx::from_usize(at);
            let held = world.user(user);
            let told = logins.get(&user).copied();
            if told.is_some() {
                world.settle_login(user, told);
            } else if held.last_login.is_some_and(|last| last >= self.start) {
                let before = self.start - HOUR_MS;
                let active = held.activated.is_some_and(|activated| activated < before);
                world.settle_login(user, active.then_some(before));
            }
        }
    }
}
