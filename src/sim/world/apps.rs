//! What can be done to applications and to who has them.

use super::super::derive::{BASE64URL, letters};
use super::super::id::Id;
use super::super::time::{Millis, SECOND_MS};
use super::app::{App, Direct, GroupAssignment, SignOn};
use super::happening::{Cause, Fact, Scope};
use super::index::{AppIx, GroupIx, UserIx};
use super::refused::Refused;
use super::user::Status;
use super::{World, insert_sorted, remove_sorted};

/// How long Okta takes until a newly assigned group's members have the application.
const FAN_OUT_MS: i64 = 2 * SECOND_MS;

impl World {
    /// Puts an application in without telling the log: the org as it is found.
    pub fn settle_app(&mut self, mut app: App) -> AppIx {
        let ix = AppIx::from_usize(self.apps.len());
        app.id = Id::new(self.seed, "0oa", u64::from(ix.0));
        self.app_ids.insert(app.id, ix);
        self.apps.push(app);
        self.direct.push(std::collections::BTreeMap::new());
        ix
    }

    /// The id of the key that an application's assertions and tokens are signed with; `None` where nothing is signed.
    pub fn signing_kid(&self, app: AppIx) -> Option<String> {
        let signs = matches!(
            self.app(app).sign_on,
            SignOn::Saml20 | SignOn::Saml11 | SignOn::OpenidConnect
        );
        signs.then(|| letters(self.seed.hash("kid", u64::from(app.0)), BASE64URL, 43))
    }

    /// Gives an application to a user without telling the log.
    pub fn settle_direct(&mut self, app: AppIx, user: UserIx, at: Millis) {
        let given = Direct {
            created: at,
            last_updated: at,
        };
        self.direct[app.at()].insert(user, given);
        insert_sorted(&mut self.user_apps[user.at()], app);
    }

    /// Gives an application to a group without telling the log.
    pub fn settle_app_group(&mut self, app: AppIx, group: GroupIx, at: Millis) {
        self.apps[app.at()].groups.push(GroupAssignment {
            group,
            last_updated: at,
            effective: at,
        });
        insert_sorted(&mut self.group_apps[group.at()], app);
    }

    /// Adds an application to the org.
    ///
    /// # Errors
    /// When another application has the label, or the label is empty.
    pub fn create_app(&mut self, cause: &Cause, app: App) -> Result<AppIx, Refused> {
        self.free_label(&app.label, None)?;
        let ix = self.settle_app(App {
            created: cause.at,
            last_updated: cause.at,
            ..app
        });
        self.map_to_default_policies(ix, cause.at);
        self.record(cause, Fact::AppCreated { app: ix });
        Ok(ix)
    }

    fn free_label(&self, label: &str, holder: Option<AppIx>) -> Result<(), Refused> {
        if label.is_empty() {
            return Err(Refused::Invalid {
                field: "label".to_owned(),
                cause: "The field cannot be left blank".to_owned(),
            });
        }
        let taken = self.apps.iter().enumerate().any(|(at, app)| {
            !app.deleted && *app.label == *label && Some(AppIx::from_usize(at)) != holder
        });
        if taken {
            return Err(Refused::duplicate("label"));
        }
        Ok(())
    }

    /// Changes an application's label.
    ///
    /// # Errors
    /// When another application has the label.
    pub fn rename_app(&mut self, cause: &Cause, app: AppIx, label: &str) -> Result<(), Refused> {
        self.free_label(label, Some(app))?;
        let changed = &mut self.apps[app.at()];
        changed.label = label.into();
        changed.last_updated = cause.at;
        self.record(cause, Fact::AppUpdated { app });
        Ok(())
    }

    /// Activates or deactivates an application; nothing happens when it already is so.
    pub fn set_app_active(&mut self, cause: &Cause, app: AppIx, active: bool) {
        let changed = &mut self.apps[app.at()];
        if changed.active == active {
            return;
        }
        changed.active = active;
        changed.last_updated = cause.at;
        let fact = if active {
            Fact::AppActivated { app }
        } else {
            Fact::AppDeactivated { app }
        };
        self.record(cause, fact);
    }

    /// Deletes an inactive application with all its assignments.
    ///
    /// # Errors
    /// When it is still active.
    pub fn delete_app(&mut self, cause: &Cause, app: AppIx) -> Result<(), Refused> {
        if self.app(app).active {
            return Err(Refused::AppStillActive);
        }
        for user in std::mem::take(&mut self.direct[app.at()]).into_keys() {
            remove_sorted(&mut self.user_apps[user.at()], &app);
        }
        for given in std::mem::take(&mut self.apps[app.at()].groups) {
            remove_sorted(&mut self.group_apps[given.group.at()], &app);
        }
        self.fanning_out.retain(|(_, pending, _)| *pending != app);
        self.forget_client_of(app);
        self.forget_linked(self.app(app).id);
        self.apps[app.at()].deleted = true;
        self.apps[app.at()].last_updated = cause.at;
        self.record(cause, Fact::AppDeleted { app });
        Ok(())
    }

    /// Gives an application to a user directly; `false` when it had been given so already.
    ///
    /// # Errors
    /// When the user is deactivated.
    pub fn assign_user(
        &mut self,
        cause: &Cause,
        app: AppIx,
        user: UserIx,
    ) -> Result<bool, Refused> {
        if self.user(user).status == Status::Deprovisioned {
            return Err(Refused::InactiveUser);
        }
        if self.direct[app.at()].contains_key(&user) {
            return Ok(false);
        }
        self.settle_direct(app, user, cause.at);
        let scope = Scope::User;
        self.record(cause, Fact::AppUserAdded { app, user, scope });
        Ok(true)
    }

    /// Takes an application from a user.
    ///
    /// # Errors
    /// When a group gives it, or the user does not have it.
    pub fn unassign_user(
        &mut self,
        cause: &Cause,
        app: AppIx,
        user: UserIx,
    ) -> Result<(), Refused> {
        if !self.direct[app.at()].contains_key(&user) {
            return Err(match self.app_scope(app, user, cause.at) {
                Some(_) => Refused::GivenByGroup,
                None => Refused::NoSuch {
                    id: self.user(user).id.to_string(),
                    kind: "AppUser",
                },
            });
        }
        self.direct[app.at()].remove(&user);
        remove_sorted(&mut self.user_apps[user.at()], &app);
        // Whoever also has it through a group keeps it: the assignment becomes the group's.
        if self.app_scope(app, user, cause.at).is_none() {
            let scope = Scope::User;
            self.record(cause, Fact::AppUserRemoved { app, user, scope });
        }
        Ok(())
    }

    /// Gives an application to a group, with the lowest priority; `false` when it had been given already. Members have it
    /// a little later.
    ///
    /// # Errors
    /// Never as yet: groups of every kind may be given applications.
    pub fn assign_group(
        &mut self,
        cause: &Cause,
        app: AppIx,
        group: GroupIx,
    ) -> Result<bool, Refused> {
        if !insert_sorted(&mut self.group_apps[group.at()], app) {
            return Ok(false);
        }
        let effective = cause.at + FAN_OUT_MS;
        self.apps[app.at()].groups.push(GroupAssignment {
            group,
            last_updated: cause.at,
            effective,
        });
        self.fanning_out.push((effective, app, group));
        self.record(cause, Fact::AppGroupAdded { app, group });
        Ok(true)
    }

    /// Takes an application from a group; members lose it unless they have it otherwise.
    ///
    /// # Errors
    /// When the group does not have it.
    pub fn unassign_group(
        &mut self,
        cause: &Cause,
        app: AppIx,
        group: GroupIx,
    ) -> Result<(), Refused> {
        if !remove_sorted(&mut self.group_apps[group.at()], &app) {
            return Err(Refused::NoSuch {
                id: self.group(group).id.to_string(),
                kind: "ApplicationGroupAssignment",
            });
        }
        let groups = &mut self.apps[app.at()].groups;
        let was_effective = groups
            .iter()
            .any(|given| given.group == group && given.effective <= cause.at);
        groups.retain(|given| given.group != group);
        self.fanning_out
            .retain(|(_, pending, to)| !(*pending == app && *to == group));
        self.record(cause, Fact::AppGroupRemoved { app, group });
        if was_effective {
            let members: Vec<UserIx> = self.members_from(group, UserIx(0)).collect();
            for user in members {
                self.record_lost(cause, user, &[app]);
            }
        }
        Ok(())
    }

    /// Gives the members of newly assigned groups their application.
    pub(super) fn fan_out(&mut self, now: Millis) {
        let (due, later) = std::mem::take(&mut self.fanning_out)
            .into_iter()
            .partition(|(at, ..)| *at <= now);
        self.fanning_out = later;
        let due: Vec<(Millis, AppIx, GroupIx)> = due;
        for (at, app, group) in due {
            let request = self
                .seed
                .hash("fan-out", u64::from(app.0) << 32 | u64::from(group.0));
            let cause = self.by_system(at, request);
            let members: Vec<UserIx> = self.members_from(group, UserIx(0)).collect();
            for user in members {
                if !self.has_app_without(app, user, group, at) {
                    let scope = Scope::Group;
                    self.record(&cause, Fact::AppUserAdded { app, user, scope });
                }
            }
        }
    }

    /// Takes everything from a user that deactivation takes.
    pub(super) fn strip(&mut self, cause: &Cause, user: UserIx) {
        let lost: Vec<(AppIx, Scope)> = self
            .apps_of(user, cause.at)
            .into_iter()
            .filter_map(|app| Some((app, self.app_scope(app, user, cause.at)?)))
            .collect();
        for app in std::mem::take(&mut self.user_apps[user.at()]) {
            self.direct[app.at()].remove(&user);
        }
        for group in std::mem::take(&mut self.user_groups[user.at()]) {
            remove_sorted(&mut self.members[group.at()], &user);
            self.forget_by_hand(group, user);
            self.touch_group(group, cause.at).last_membership_updated = cause.at;
            self.record(cause, Fact::MemberRemoved { group, user });
        }
        for (app, scope) in lost {
            self.record(cause, Fact::AppUserRemoved { app, user, scope });
        }
    }
}
