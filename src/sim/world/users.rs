//! What can be done to users: their life cycle, profile, password, sessions and factors.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::id::Id;
use super::super::time::Millis;
use super::assignment::Assignee;
use super::factor::{Factor, FactorKind};
use super::happening::{Cause, Fact, SignInFailure};
use super::index::{AppIx, DocumentIx, UserIx};
use super::refused::Refused;
use super::user::{Profile, Provider, Status, User};
use super::{World, is_live};

/// A user about to exist.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The profile; its login must be free.
    pub profile: Profile,
    /// Who keeps the credentials.
    pub provider: Provider,
    /// Whether it has a password from the start.
    pub password: bool,
    /// Whether to activate at once (`ACTIVE`, or `PROVISIONED` without a password), or leave `STAGED`.
    pub activate: bool,
}

impl World {
    /// Puts a user in without telling the log: the org as it is found, not something that happens.
    pub fn settle_user(&mut self, mut user: User) -> UserIx {
        let ix = UserIx::from_usize(self.users.len());
        user.id = Id::new(self.seed, "00u", u64::from(ix.0));
        self.user_ids.insert(user.id, ix);
        self.logins
            .insert(user.profile.login.to_lowercase().into(), ix);
        self.live_users += usize::from(is_live(&user));
        self.users.push(user);
        self.user_groups.push(Vec::new());
        self.user_apps.push(Vec::new());
        self.factors.push(Vec::new());
        ix
    }

    /// Enrols a factor without telling the log.
    pub fn settle_factor(&mut self, user: UserIx, kind: FactorKind, active: bool, at: Millis) {
        let serial = self.factors_enrolled;
        self.factors_enrolled += 1;
        self.factors[user.at()].push(Factor {
            kind,
            active,
            created: at,
            last_updated: at,
            serial,
        });
    }

    /// Creates a user.
    ///
    /// # Errors
    /// When the login is taken.
    pub fn create_user(&mut self, cause: &Cause, new: NewUser) -> Result<UserIx, Refused> {
        if self
            .logins
            .contains_key(new.profile.login.to_lowercase().as_str())
        {
            return Err(Refused::duplicate("login"));
        }
        let ix = self.settle_user(User {
            id: Id::new(self.seed, "00u", 0),
            status: Status::Staged,
            transitioning_to: None,
            created: cause.at,
            activated: None,
            status_changed: None,
            last_login: None,
            last_updated: cause.at,
            password_changed: new.password.then_some(cause.at),
            provider: new.provider,
            revision: 0,
            made_up: cause.call.is_none(),
            deleted: false,
            profile: new.profile,
        });
        self.older_users.keep(ix.0, None, cause.at);
        self.record(cause, Fact::UserCreated { user: ix });
        self.welcome(cause, ix);
        if new.activate {
            self.activate(cause, ix)?;
        }
        Ok(ix)
    }

    /// Activates a staged or deactivated user.
    ///
    /// # Errors
    /// When the user is in any other status, or being activated already.
    pub fn activate(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        self.not_being_activated(user)?;
        match self.user(user).status {
            Status::Staged | Status::Deprovisioned => {}
            Status::Active => return Err(Refused::AlreadyActive),
            _ => return Err(Refused::WrongStatus),
        }
        let has_password = self.user(user).password_changed.is_some()
            || self.user(user).provider != Provider::Okta;
        let to = if has_password {
            Status::Active
        } else {
            Status::Provisioned
        };
        self.lead_to(cause, user, to);
        Ok(())
    }

    /// The end of an activation or deactivation.
    pub(super) fn arrive_at(&mut self, cause: &Cause, user: UserIx, to: Status) {
        if to == Status::Deprovisioned {
            // Recorded first: the takings-away are its consequences.
            self.record(cause, Fact::UserDeactivated { user });
            self.end_sessions(user, cause.at);
            self.end_refresh_tokens(user);
            self.strip_roles(cause, user);
            self.strip(cause, user);
            self.set_status(cause, user, to);
        } else {
            self.set_status(cause, user, to);
            self.users[user.at()].activated.get_or_insert(cause.at);
            self.record(cause, Fact::UserActivated { user, to });
        }
    }

    /// Deactivates a user, which takes away groups and applications.
    ///
    /// # Errors
    /// When the user is deactivated already, or being activated.
    pub fn deactivate(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        self.not_being_activated(user)?;
        if self.user(user).status == Status::Deprovisioned {
            return Err(Refused::no_user(&self.user(user).id));
        }
        if self.user(user).transitioning_to.is_none() {
            self.lead_to(cause, user, Status::Deprovisioned);
        }
        Ok(())
    }

    /// The same, but always in the background, as who asks for that is promised.
    ///
    /// # Errors
    /// As for [`World::deactivate`].
    pub fn deactivate_later(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        self.not_being_activated(user)?;
        if self.user(user).status == Status::Deprovisioned {
            return Err(Refused::no_user(&self.user(user).id));
        }
        if self.user(user).transitioning_to.is_none() {
            self.set_out_for(cause, user, Status::Deprovisioned);
        }
        Ok(())
    }

    /// Sends the activation once more.
    ///
    /// # Errors
    /// When the user is not waiting for it.
    pub fn reactivate(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        self.not_being_activated(user)?;
        match self.user(user).status {
            Status::Provisioned | Status::Recovery => {}
            _ => return Err(Refused::WrongStatus),
        }
        self.record(cause, Fact::UserReactivated { user });
        Ok(())
    }

    /// Suspends an active user.
    ///
    /// # Errors
    /// When the user is not active.
    pub fn suspend(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).status != Status::Active {
            return Err(Refused::Invalid {
                field: "suspendUser".to_owned(),
                cause: "Cannot suspend a user that is not active".to_owned(),
            });
        }
        self.set_status(cause, user, Status::Suspended);
        self.end_sessions(user, cause.at);
        self.record(cause, Fact::UserSuspended { user });
        Ok(())
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// When the user is not suspended.
    pub fn unsuspend(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).status != Status::Suspended {
            return Err(Refused::Invalid {
                field: "unsuspendUser".to_owned(),
                cause: "Cannot unsuspend a user that is not suspended".to_owned(),
            });
        }
        self.set_status(cause, user, Status::Active);
        self.record(cause, Fact::UserUnsuspended { user });
        Ok(())
    }

    /// Locks an active user out, as too many failed attempts do.
    ///
    /// # Errors
    /// When the user is not active.
    pub fn lock(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).status != Status::Active {
            return Err(Refused::WrongStatus);
        }
        self.set_status(cause, user, Status::LockedOut);
        self.record(cause, Fact::UserLocked { user });
        Ok(())
    }

    /// Lets a locked user in again, or one who is blocked from unknown devices.
    ///
    /// # Errors
    /// When the user is neither.
    pub fn unlock(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).status == Status::LockedOut {
            self.set_status(cause, user, Status::Active);
        } else if self.is_blocked_from_unknown_devices(user) {
            self.unblocked.insert(user);
        } else {
            return Err(Refused::NotLocked);
        }
        self.record(cause, Fact::UserUnlocked { user });
        Ok(())
    }

    /// Whether Okta keeps a user out on devices that it has never seen, because somebody tries passwords there.
    pub fn is_blocked_from_unknown_devices(&self, user: UserIx) -> bool {
        self.user(user).status == Status::Active
            && !self.unblocked.contains(&user)
            && self.seed.below("blocked", u64::from(user.0), 300) == 0
    }

    /// Deletes a user for good, deactivating it first if need be.
    ///
    /// # Errors
    /// Never for a user that is not deleted yet.
    pub fn delete_user(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).deleted {
            return Err(Refused::no_user(&self.user(user).id));
        }
        self.end_transition_of(user, cause.at);
        if self.user(user).status != Status::Deprovisioned {
            self.deactivate(cause, user)?;
            self.end_transition_of(user, cause.at);
        }
        self.touch_user(user, cause.at).deleted = true;
        let login = self.user(user).profile.login.to_lowercase();
        self.logins.remove(login.as_str());
        self.factors[user.at()].clear();
        self.forget_roles_of(Assignee::User(user));
        self.forget_owner(user);
        self.record(cause, Fact::UserDeleted { user });
        Ok(())
    }

    /// Sets profile attributes by name; `null` clears one.
    ///
    /// # Errors
    /// When the user is deactivated, being activated or mastered elsewhere, or when the new login is taken or not a text.
    pub fn update_profile(
        &mut self,
        cause: &Cause,
        user: UserIx,
        changes: &BTreeMap<String, Value>,
    ) -> Result<(), Refused> {
        self.may_be_updated(user)?;
        if let Some(login) = changes.get("login") {
            self.rename(user, login)?;
        }
        let profile = &mut self.touch_user(user, cause.at).profile;
        for (name, value) in changes {
            profile.set(name, value);
        }
        self.users[user.at()].is_updated(cause.at);
        let changed = changes.keys().cloned().collect();
        self.record(cause, Fact::ProfileUpdated { user, changed });
        self.apply_rules(cause, user);
        Ok(())
    }

    /// Looks whether a user can be changed at all.
    ///
    /// # Errors
    /// When the user is deactivated, or being activated.
    pub fn may_be_updated(&self, user: UserIx) -> Result<(), Refused> {
        self.not_being_activated(user)?;
        if self.user(user).status == Status::Deprovisioned {
            return Err(Refused::no_user(&self.user(user).id));
        }
        Ok(())
    }

    /// Moves the login's place in the directory of logins.
    fn rename(&mut self, user: UserIx, login: &Value) -> Result<(), Refused> {
        let Some(new) = login.as_str().filter(|new| !new.is_empty()) else {
            return Err(Refused::Invalid {
                field: "login".to_owned(),
                cause: "The field cannot be left blank".to_owned(),
            });
        };
        let key = new.to_lowercase();
        if self
            .logins
            .get(key.as_str())
            .is_some_and(|other| *other != user)
        {
            return Err(Refused::duplicate("login"));
        }
        let old = self.user(user).profile.login.to_lowercase();
        self.logins.remove(old.as_str());
        self.logins.insert(key.into(), user);
        Ok(())
    }

    /// The user chooses a new password; whoever had to, is active again.
    ///
    /// # Errors
    /// When the status does not allow it.
    pub fn change_password(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        match self.user(user).status {
            Status::Active => {}
            Status::Provisioned | Status::Recovery | Status::PasswordExpired => {
                self.set_status(cause, user, Status::Active);
            }
            _ => return Err(Refused::WrongStatus),
        }
        let changed = self.touch_user(user, cause.at);
        changed.password_changed = Some(cause.at);
        changed.is_updated(cause.at);
        self.record(cause, Fact::PasswordUpdated { user });
        Ok(())
    }

    /// An admin sets a password; whoever waited for one, or was locked out, is active.
    ///
    /// # Errors
    /// When the user is deactivated.
    pub fn set_password(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        match self.user(user).status {
            Status::Deprovisioned => return Err(Refused::no_user(&self.user(user).id)),
            Status::Provisioned
            | Status::Recovery
            | Status::LockedOut
            | Status::PasswordExpired => self.set_status(cause, user, Status::Active),
            Status::Staged | Status::Active | Status::Suspended => {}
        }
        self.note_new_password(cause, user);
        self.record(cause, Fact::PasswordUpdated { user });
        Ok(())
    }

    fn note_new_password(&mut self, cause: &Cause, user: UserIx) {
        let changed = self.touch_user(user, cause.at);
        changed.password_changed = Some(cause.at);
        changed.is_updated(cause.at);
    }

    /// Sets the question that is asked before a forgotten password is replaced.
    pub fn set_recovery_question(&mut self, cause: &Cause, user: UserIx, question: &str) {
        self.recovery_questions.insert(user, question.into());
        self.touch_user(user, cause.at).is_updated(cause.at);
    }

    /// Moves a user's credentials to another keeper.
    pub fn move_credentials(&mut self, cause: &Cause, user: UserIx, to: Provider) {
        let changed = self.touch_user(user, cause.at);
        changed.provider = to;
        changed.is_updated(cause.at);
    }

    /// Makes somebody a contractor, or an employee: the two types that people have.
    pub fn change_type(&mut self, cause: &Cause, user: UserIx, contractor: bool) {
        let changed = self.touch_user(user, cause.at);
        if changed.profile.contractor == contractor {
            return;
        }
        changed.profile.contractor = contractor;
        changed.is_updated(cause.at);
        self.record(cause, Fact::UserTypeChanged { user });
        self.apply_rules(cause, user);
    }

    /// An admin ends the password; the user must choose a new one.
    ///
    /// # Errors
    /// When the status has no password to reset.
    pub fn reset_password(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        match self.user(user).status {
            Status::Active | Status::Provisioned | Status::Recovery | Status::LockedOut => {}
            Status::PasswordExpired => {}
            _ => return Err(Refused::NoPassword),
        }
        self.set_status(cause, user, Status::Recovery);
        self.record(cause, Fact::PasswordReset { user });
        Ok(())
    }

    /// An admin makes the user change the password at the next sign-in.
    ///
    /// # Errors
    /// When the user is not active.
    pub fn expire_password(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).status != Status::Active {
            return Err(Refused::WrongStatus);
        }
        self.set_status(cause, user, Status::PasswordExpired);
        self.record(cause, Fact::PasswordExpired { user });
        Ok(())
    }

    /// The same, and the password that opens the door until then is made up on the spot.
    ///
    /// # Errors
    /// When the user is not active.
    pub fn give_temporary_password(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        self.expire_password(cause, user)?;
        self.note_new_password(cause, user);
        Ok(())
    }

    /// The user is sent a link for choosing a new password; nothing changes until it is followed.
    ///
    /// # Errors
    /// When the user is not active, or has set no question to be asked first.
    pub fn send_reset_link(&mut self, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.user(user).status != Status::Active || self.recovery_question(user).is_none() {
            return Err(Refused::NoForgotPassword);
        }
        self.record(cause, Fact::ResetLinkSent { user });
        Ok(())
    }

    /// The user signs in, with a second factor when one was asked for, and opens `app` when there is one.
    pub fn sign_in(
        &mut self,
        cause: &Cause,
        user: UserIx,
        app: Option<AppIx>,
        factor: Option<FactorKind>,
        session: u64,
    ) {
        // A sign-in moves lastLogin only; Okta does not count it as a change of the user.
        self.touch_user(user, cause.at).last_login = Some(cause.at);
        self.record(
            cause,
            Fact::SignedIn {
                user,
                app,
                factor,
                session,
            },
        );
    }

    /// Signs the user in because another identity provider says who it is.
    pub fn sign_in_through(&mut self, cause: &Cause, user: UserIx, idp: DocumentIx, session: u64) {
        self.touch_user(user, cause.at).last_login = Some(cause.at);
        self.record(cause, Fact::SignedInThrough { user, idp, session });
    }

    /// Somebody fails to sign in as the user.
    pub fn fail_sign_in(&mut self, cause: &Cause, user: UserIx, why: SignInFailure) {
        self.record(cause, Fact::SignInFailed { user, why });
    }

    /// The user opens an application within a session.
    pub fn open_app(&mut self, cause: &Cause, user: UserIx, app: AppIx, session: u64) {
        self.record(cause, Fact::AppOpened { user, app, session });
    }

    /// The user opens the Admin Console within a session.
    pub fn open_admin_console(&mut self, cause: &Cause, user: UserIx, session: u64) {
        self.record(cause, Fact::AdminConsoleOpened { user, session });
    }

    /// The user signs out.
    pub fn sign_out(&mut self, cause: &Cause, user: UserIx, session: u64) {
        self.record(cause, Fact::SignedOut { user, session });
    }

    /// The user enrols a factor.
    pub fn enroll_factor(&mut self, cause: &Cause, user: UserIx, factor: FactorKind) {
        self.settle_factor(user, factor, true, cause.at);
        self.record(cause, Fact::FactorEnrolled { user, factor });
    }

    /// One factor is removed; nothing happens when it was not enrolled.
    pub fn remove_factor(&mut self, cause: &Cause, user: UserIx, factor: FactorKind) {
        let before = self.factors(user).len();
        self.factors[user.at()].retain(|enrolled| enrolled.kind != factor);
        if self.factors(user).len() < before {
            self.record(cause, Fact::FactorRemoved { user, factor });
        }
    }

    /// Removes one enrolment by its id. Okta Verify is enrolled as a whole: without its push or its key none of it is left.
    ///
    /// # Errors
    /// When the user has no such enrolment.
    pub fn remove_enrolment(
        &mut self,
        cause: &Cause,
        user: UserIx,
        id: &str,
    ) -> Result<(), Refused> {
        let found = self
            .factors(user)
            .iter()
            .find(|own| self.factor_id(own).as_str() == id)
            .copied()
            .ok_or_else(|| Refused::NoSuch {
                id: id.to_owned(),
                kind: "UserFactor",
            })?;
        let whole = matches!(found.kind, FactorKind::Push | FactorKind::SignedNonce);
        let goes = |own: &Factor| {
            let alike = own.kind.authenticator() == found.kind.authenticator();
            own.serial == found.serial || (whole && alike)
        };
        let gone: Vec<Factor> = self
            .factors(user)
            .iter()
            .filter(|own| goes(own))
            .copied()
            .collect();
        self.factors[user.at()].retain(|own| !goes(own));
        for factor in gone {
            let factor = factor.kind;
            self.record(cause, Fact::FactorRemoved { user, factor });
        }
        Ok(())
    }

    /// An admin removes every factor.
    pub fn reset_factors(&mut self, cause: &Cause, user: UserIx) {
        self.factors[user.at()].clear();
        self.record(cause, Fact::FactorsReset { user });
    }

    fn set_status(&mut self, cause: &Cause, ix: UserIx, to: Status) {
        self.session_changes += 1;
        let user = self.touch_user(ix, cause.at);
        let was_live = is_live(user);
        user.status = to;
        user.status_changed = Some(cause.at);
        user.is_updated(cause.at);
        match (was_live, is_live(user)) {
            (true, false) => {
                self.live_users -= 1;
                self.everyone_changed(cause);
            }
            (false, true) => {
                self.live_users += 1;
                self.welcome(cause, ix);
            }
            _ => {}
        }
    }

    /// Whoever joins Everyone gets what Everyone is given.
    fn welcome(&mut self, cause: &Cause, user: UserIx) {
        self.everyone_changed(cause);
        let given = self.apps_gained(self.everyone, user, cause.at);
        self.record_gained(cause, user, &given);
        self.apply_rules(cause, user);
    }

    fn everyone_changed(&mut self, cause: &Cause) {
        self.touch_group(self.everyone, cause.at)
            .last_membership_updated = cause.at;
    }
}

impl Profile {
    /// Sets one attribute; those that have a field of their own go there, the others into `extra`.
    pub fn set(&mut self, name: &str, value: &Value) {
        // What has a field of its own is not looked up among the others any more.
        if let Some(extra) = &mut self.extra {
            extra.remove(name);
        }
        match (name, value) {
            ("login", Value::String(text)) => self.login = text.as_str().into(),
            ("email", Value::String(text)) => self.email = text.as_str().into(),
            ("firstName", Value::String(text)) => self.first_name = text.as_str().into(),
            ("lastName", Value::String(text)) => self.last_name = text.as_str().into(),
            _ => {
                self.extra
                    .get_or_insert_default()
                    .insert(name.to_owned(), value.clone());
            }
        }
    }
}
