//! Who has which application, and why. Only direct and group assignments are stored; who has an application through a group
//! follows from them.

use std::iter::Peekable;

use super::super::time::Millis;
use super::World;
use super::app::{Direct, GroupAssignment};
use super::happening::{Cause, Fact, Scope};
use super::index::{AppIx, GroupIx, UserIx};

/// One user of an application.
#[derive(Clone, Copy, Debug)]
pub struct Assigned {
    /// The user.
    pub user: UserIx,
    /// How it was given; a direct assignment hides the group's.
    pub scope: Scope,
    /// The direct assignment, if there is one.
    pub direct: Option<Direct>,
    /// The group of highest priority that gives it, if one does.
    pub group: Option<GroupAssignment>,
}

impl World {
    /// An application's users by index, from the first one at or after `from`.
    pub fn app_users_from(
        &self,
        app: AppIx,
        from: UserIx,
        now: Millis,
    ) -> impl Iterator<Item = Assigned> + '_ {
        let mut sources: Vec<Peekable<Box<dyn Iterator<Item = UserIx> + '_>>> =
            Vec::with_capacity(1 + self.app(app).groups.len());
        let direct: Box<dyn Iterator<Item = UserIx>> =
            Box::new(self.direct[app.at()].range(from..).map(|(user, _)| *user));
        sources.push(direct.peekable());
        for given in self.effective_groups(app, now) {
            sources.push(self.members_from(given.group, from).peekable());
        }
        std::iter::from_fn(move || {
            let user = sources.iter_mut().filter_map(|s| s.peek().copied()).min()?;
            for source in &mut sources {
                source.next_if_eq(&user);
            }
            self.assigned(app, user, now)
        })
    }

    /// How a user has an application; `None` when it does not.
    pub fn assigned(&self, app: AppIx, user: UserIx, now: Millis) -> Option<Assigned> {
        let direct = self.direct[app.at()].get(&user).copied();
        let group = self
            .effective_groups(app, now)
            .find(|given| self.is_member(given.group, user))
            .copied();
        let scope = match (direct, group) {
            (Some(_), _) => Scope::User,
            (None, Some(_)) => Scope::Group,
            (None, None) => return None,
        };
        Some(Assigned {
            user,
            scope,
            direct,
            group,
        })
    }

    /// Whether and how a user has an application.
    pub fn app_scope(&self, app: AppIx, user: UserIx, now: Millis) -> Option<Scope> {
        self.assigned(app, user, now).map(|found| found.scope)
    }

    /// A user's applications by index, given directly or through groups.
    pub fn apps_of(&self, user: UserIx, now: Millis) -> Vec<AppIx> {
        let mut apps = self.user_apps[user.at()].clone();
        for group in self.groups_of(user) {
            let given = self.group_apps[group.at()].iter().copied();
            apps.extend(given.filter(|app| self.is_effective(*app, group, now)));
        }
        apps.sort_unstable();
        apps.dedup();
        apps
    }

    fn effective_groups(&self, app: AppIx, now: Millis) -> impl Iterator<Item = &GroupAssignment> {
        self.app(app)
            .groups
            .iter()
            .filter(move |given| given.effective <= now)
    }

    fn is_effective(&self, app: AppIx, group: GroupIx, now: Millis) -> bool {
        self.effective_groups(app, now)
            .any(|given| given.group == group)
    }

    /// Whether a user has an application by any other way than `group`.
    pub(super) fn has_app_without(
        &self,
        app: AppIx,
        user: UserIx,
        group: GroupIx,
        now: Millis,
    ) -> bool {
        self.direct[app.at()].contains_key(&user)
            || self
                .effective_groups(app, now)
                .any(|given| given.group != group && self.is_member(given.group, user))
    }

    /// The applications that only `group` gives to `user`.
    pub(super) fn apps_gained(&self, group: GroupIx, user: UserIx, now: Millis) -> Vec<AppIx> {
        let only_here = |app: &&AppIx| {
            self.is_effective(**app, group, now) && !self.has_app_without(**app, user, group, now)
        };
        self.group_apps[group.at()]
            .iter()
            .filter(only_here)
            .copied()
            .collect()
    }

    pub(super) fn record_gained(&mut self, cause: &Cause, user: UserIx, apps: &[AppIx]) {
        let scope = Scope::Group;
        for app in apps.iter().copied() {
            self.record(cause, Fact::AppUserAdded { app, user, scope });
        }
    }

    /// Records the loss of those of `apps` that the user has no more.
    pub(super) fn record_lost(&mut self, cause: &Cause, user: UserIx, apps: &[AppIx]) {
        let scope = Scope::Group;
        for app in apps.iter().copied() {
            if self.app_scope(app, user, cause.at).is_none() {
                self.record(cause, Fact::AppUserRemoved { app, user, scope });
            }
        }
    }
}
