//! Timestamps that the past has left: when history is told, the objects it speaks of must show its traces.

use super::super::time::Millis;
use super::World;
use super::index::{GroupIx, UserIx};

impl World {
    /// The user signed in last at `at`; `None` for never.
    pub fn settle_login(&mut self, user: UserIx, at: Option<Millis>) {
        self.users[user.at()].last_login = at;
    }

    /// The user's profile changed at `at`.
    pub fn settle_update(&mut self, user: UserIx, at: Millis) {
        let held = &mut self.users[user.at()];
        held.last_updated = held.last_updated.max(at);
    }

    /// The user's password changed at `at`.
    pub fn settle_password(&mut self, user: UserIx, at: Millis) {
        self.settle_update(user, at);
        let held = &mut self.users[user.at()];
        held.password_changed = held.password_changed.max(Some(at));
    }

    /// The group's list of members changed at `at`.
    pub fn settle_membership_change(&mut self, group: GroupIx, at: Millis) {
        let held = &mut self.groups[group.at()];
        held.last_membership_updated = held.last_membership_updated.max(at);
    }
}
