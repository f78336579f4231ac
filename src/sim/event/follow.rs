//! The events that follow from what happened in the org.
//!
//! One happening may leave several events, as it does in a real org: a sign-in is a policy's decision, a factor, a session
//! and perhaps an app. Whether it is told live or as history makes no difference here.

mod client;
mod rights;
mod rule;
mod scribe;
mod setup;

use crate::sim::derive::{Seed, mix};
use crate::sim::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use crate::sim::world::World;
use crate::sim::world::app::SignOn;
use crate::sim::world::factor::FactorKind;
use crate::sim::world::happening::{Actor, Fact, Happening, SignInFailure};
use crate::sim::world::index::{AppIx, GroupIx, UserIx};
use crate::sim::world::place::Client;

use super::kind::Kind;
use super::party::{Party, PartyKind};
use super::tables::Tables;
use super::{Event, Outcome, Signals, Target};
use scribe::{Draft, Scribe};

/// The events of one happening, onto `out`, in the order in which they were published.
pub fn events(world: &World, tables: &mut Tables, happening: &Happening, out: &mut Vec<Event>) {
    let mut scribe = Scribe {
        world,
        tables,
        cause: happening.cause,
        out,
    };
    scribe.tell(&happening.fact);
}

/// The session that a user has on one device on one working day; what they do there shares it.
pub fn session_of(seed: Seed, user: UserIx, client: &Client, at_ms: i64) -> u64 {
    let half_day = at_ms.div_euclid(12 * HOUR_MS).cast_unsigned();
    let device = mix(client.device ^ half_day);
    seed.hash("session", u64::from(user.0) ^ device) | 1
}

/// How long after it happened the log has an event: mostly under a second, for a few percent up to minutes.
pub fn delay_ms(seed: u64) -> i64 {
    let spread = |span_ms: i64| i64::try_from(mix(seed ^ 0x6c61_7465) >> 1).unwrap_or(0) % span_ms;
    match mix(seed) % 1_000 {
        0..8 => MINUTE_MS + spread(5 * MINUTE_MS),
        8..35 => 2 * SECOND_MS + spread(40 * SECOND_MS),
        _ => 60 + spread(840),
    }
}

impl Scribe<'_, '_> {
    fn tell(&mut self, fact: &Fact) {
        match *fact {
            Fact::UserCreated { user } => self.of_user(Kind::UserCreate, user),
            Fact::UserActivated { user, .. } => self.of_user(Kind::UserActivate, user),
            Fact::UserReactivated { user } => self.of_user(Kind::UserReactivate, user),
            Fact::UserDeactivated { user } => self.of_user(Kind::UserDeactivate, user),
            Fact::UserSuspended { user } => self.of_user(Kind::UserSuspend, user),
            Fact::UserUnsuspended { user } => self.of_user(Kind::UserUnsuspend, user),
            Fact::UserLocked { user } => self.locked(user),
            Fact::UserUnlocked { user } => self.unlocked(user),
            Fact::UserDeleted { user } => self.deleted(user),
            Fact::ProfileUpdated { user, ref changed } => self.profile_updated(user, changed),
            Fact::PasswordUpdated { user } => self.of_user(Kind::UpdatePassword, user),
            Fact::PasswordReset { user } => self.of_user(Kind::ResetPassword, user),
            Fact::PasswordExpired { user } => self.of_user(Kind::ExpirePassword, user),
            Fact::SignedIn {
                user,
                app,
                factor,
                session,
            } => {
                self.signed_in(user, app, factor, session);
            }
            Fact::SignedInThrough { user, idp, session } => {
                self.signed_in_through(user, idp, session);
            }
            Fact::SignInFailed { user, why } => self.sign_in_failed(user, why),
            Fact::AppOpened { user, app, session } => self.sso(user, app, session, 0),
            Fact::SignedOut { user, session } => {
                let _ = self.user(user);
                self.push(Draft::new(Kind::SessionEnd, &[]).session(session));
            }
            Fact::SessionsCleared { user } => self.of_user(Kind::SessionClear, user),
            Fact::UniversalLogout { user } => self.logged_out_everywhere(user),
            Fact::TokensRevoked { user } => self.of_user(Kind::TokensRevoked, user),
            Fact::RefreshTokenRevoked {
                user,
                client,
                token,
            } => self.refresh_token_revoked(user, client, token),
            Fact::ResetLinkSent { user } => self.of_user(Kind::ResetLinkSent, user),
            Fact::ConsentsRevoked {
                user,
                client,
                ref scopes,
            } => self.consents_revoked(user, client, scopes),
            Fact::UserTypeChanged { user } => self.of_user(Kind::UpdateUserType, user),
            Fact::AdminConsoleOpened { user, session } => {
                let own = Target::app_user(self.user(user));
                self.push(Draft::new(Kind::AdminApp, &[own]).session(session));
            }
            Fact::FactorEnrolled { user, factor } => {
                self.factor_changed(Kind::FactorActivate, user, factor, "set up");
            }
            Fact::FactorRemoved { user, factor } => {
                self.factor_changed(Kind::FactorDeactivate, user, factor, "reset");
            }
            Fact::FactorsReset { user } => self.of_user(Kind::FactorResetAll, user),
            Fact::RoleAssigned {
                assignment,
                ref privileges,
            } => self.role_assigned(assignment, privileges),
            Fact::RoleLimited {
                assignment,
                ref privileges,
            } => self.granted(self.world.assignment(assignment), privileges),
            Fact::RoleUnassigned {
                assignment,
                ref left,
            } => self.role_unassigned(assignment, left),
            Fact::CustomRoleCreated { role } => self.of_custom_role(Kind::CustomRoleCreate, role),
            Fact::CustomRoleDeleted { role } => self.of_custom_role(Kind::CustomRoleDelete, role),
            Fact::PermissionAdded {
                role,
                ref permission,
            } => self.permission(Kind::PermissionsAdd, role, permission),
            Fact::PermissionRemoved {
                role,
                ref permission,
            } => self.permission(Kind::PermissionsDelete, role, permission),
            Fact::ResourceSetCreated { set } => self.of_set(Kind::ResourceSetCreate, set),
            Fact::ResourceSetDeleted { set } => self.of_set(Kind::ResourceSetDelete, set),
            Fact::ResourceAdded { set } => self.of_set(Kind::ResourcesAdd, set),
            Fact::ResourceRemoved { set } => self.of_set(Kind::ResourcesDelete, set),
            Fact::OwnerAdded { group, by } => self.owner(group, by, true),
            Fact::OwnerRemoved { group, by } => self.owner(group, by, false),
            Fact::ClientCreated { client } => self.of_client(Kind::ClientCreate, client),
            Fact::CredentialCreated { client, credential } => {
                self.credential(Kind::CredentialCreate, client, credential);
            }
            Fact::CredentialActivated { client, credential } => {
                self.credential(Kind::CredentialActivate, client, credential);
            }
            Fact::CredentialDeactivated { client, credential } => {
                self.credential(Kind::CredentialDeactivate, client, credential);
            }
            Fact::CredentialDeleted { client, credential } => {
                self.credential(Kind::CredentialDelete, client, credential);
            }
            Fact::AccessTokenGranted { client, ref scopes } => self.access_token(client, scopes),
            Fact::ScopeGranted { client, ref scope } => {
                self.scope(Kind::ScopeGrant, client, scope);
            }
            Fact::ScopeRevoked { client, ref scope } => {
                self.scope(Kind::ScopeRevoke, client, scope);
            }
            Fact::GroupCreated { group } => self.of_group(Kind::GroupCreate, group),
            Fact::GroupDeleted { group } => self.of_group(Kind::GroupDelete, group),
            Fact::GroupUpdated { group } => self.of_group(Kind::GroupUpdate, group),
            Fact::MemberAdded { group, user } => self.membership(Kind::MemberAdd, group, user),
            Fact::MemberRemoved { group, user } => self.membership(Kind::MemberRemove, group, user),
            Fact::MemberAddedByRule { rule, group, user } => {
                self.membership_by_rule(Kind::MemberAdd, rule, group, user);
            }
            Fact::MemberRemovedByRule { rule, group, user } => {
                self.membership_by_rule(Kind::MemberRemove, rule, group, user);
            }
            Fact::RuleActivated { rule } => self.of_rule(Kind::RuleTrigger, rule),
            Fact::RuleDeactivated { rule } => self.of_rule(Kind::RuleDeactivated, rule),
            Fact::RuleInvalidated { rule } => self.of_rule(Kind::RuleInvalidate, rule),
            Fact::RuleExclusionAdded { rule, user } => self.exclusion(rule, user),
            Fact::AppCreated { app } => self.of_app(Kind::AppCreate, app),
            Fact::AppUpdated { app } => self.of_app(Kind::AppUpdate, app),
            Fact::AppActivated { app } => self.of_app(Kind::AppActivate, app),
            Fact::AppDeactivated { app } => self.of_app(Kind::AppDeactivate, app),
            Fact::AppDeleted { app } => self.of_app(Kind::AppDelete, app),
            Fact::AppUserAdded { app, user, .. } => self.app_user(Kind::AppUserAdd, app, user),
            Fact::AppUserRemoved { app, user, .. } => self.app_user(Kind::AppUserRemove, app, user),
            Fact::AppGroupAdded { app, group } => self.app_group(Kind::GroupAppAdd, app, group),
            Fact::AppGroupRemoved { app, group } => {
                self.app_group(Kind::GroupAppRemove, app, group);
            }
            Fact::TokenCreated { token } => self.token(Kind::TokenCreate, token),
            Fact::TokenRevoked { token } => self.token(Kind::TokenRevoke, token),
            Fact::Document { document, ref deed } => self.document(document, deed),
            Fact::Device { device, deed } => self.device(device, deed),
            Fact::AppRefused { app, .. } => self.refused(app),
            Fact::SuspicionReported { user } => self.of_user(Kind::Suspicious, user),
            Fact::RateLimitWarning { bucket } => self.rate_limit(Kind::RateWarning, bucket),
            Fact::RateLimitViolation { bucket } => self.rate_limit(Kind::RateViolation, bucket),
        }
    }

    fn of_user(&mut self, kind: Kind, user: UserIx) {
        let target = [Target::party(self.user(user))];
        self.push(Draft::new(kind, &target));
    }

    fn of_group(&mut self, kind: Kind, group: GroupIx) {
        let target = [Target::party(self.group(group))];
        self.push(Draft::new(kind, &target));
    }

    fn of_app(&mut self, kind: Kind, app: AppIx) {
        let target = [Target::party(self.app(app))];
        self.push(Draft::new(kind, &target));
    }

    fn locked(&mut self, user: UserIx) {
        let target = [Target::party(self.user(user))];
        self.push(Draft::new(Kind::Lock, &target).outcome(Outcome::Failure, "LOCKED_OUT"));
    }

    fn unlocked(&mut self, user: UserIx) {
        let by_themselves = matches!(self.cause.actor, Actor::User(actor) if actor == user)
            || self.cause.actor == Actor::System;
        let kind = if by_themselves {
            Kind::Unlock
        } else {
            Kind::UnlockByAdmin
        };
        self.of_user(kind, user);
    }

    fn deleted(&mut self, user: UserIx) {
        let target = [Target::party(self.user(user))];
        self.push(Draft::new(Kind::UserDeleteInitiated, &target));
        self.push(Draft {
            job: true,
            ..Draft::new(Kind::UserDeleteCompleted, &target).after(1_400, 1)
        });
    }

    /// First that it will be done, then that it is: once for Okta itself, and once for each application that listens.
    fn logged_out_everywhere(&mut self, user: UserIx) {
        let world = self.world;
        let person = Target::party(self.user(user));
        self.push(Draft::new(Kind::UniversalLogoutScheduled, &[person]));
        self.push(Draft::new(Kind::UniversalLogout, &[person]).after(310, 0));
        for app in world.apps_of(user, self.cause.at) {
            let held = world.app(app);
            if held.active && held.sign_on == SignOn::OpenidConnect {
                let targets = [Target::party(self.app(app)), person];
                self.push(Draft::new(Kind::UniversalLogout, &targets).after(320, 0));
            }
        }
    }

    fn profile_updated(&mut self, user: UserIx, changed: &[String]) {
        let target = [Target::party(self.user(user))];
        self.push(
            Draft::new(Kind::UpdateProfile, &target).debug("changedAttributes", changed.join(",")),
        );
    }

    fn signed_in(
        &mut self,
        user: UserIx,
        app: Option<AppIx>,
        factor: Option<FactorKind>,
        session: u64,
    ) {
        let signals = self.signals(user);
        let party = self.user(user);
        if let Some(factor) = factor {
            let targets = [Target::party(party), Target::enrolment(party, factor)];
            let answered = Draft::new(Kind::AuthViaMfa, &targets).session(session);
            self.push(answered.signals(signals).factor(factor));
        }
        self.session_started(user, session);
        if let Some(app) = app {
            self.sso(user, app, session, 640);
        }
    }

    fn session_started(&mut self, user: UserIx, session: u64) {
        let signals = self.signals(user);
        let party = self.user(user);
        self.policy(signals, session, Outcome::Allow);
        let targets = [Target::password(party), Target::party(self.dashboard())];
        self.push(
            Draft::new(Kind::SessionStart, &targets)
                .session(session)
                .signals(signals)
                .after(45, 0),
        );
    }

    fn policy(&mut self, signals: Signals, session: u64, outcome: Outcome) {
        let targets = [
            Target::party(self.policy_entity()),
            Target::party(self.policy_rule()),
        ];
        let reason = format!("Sign-on policy evaluation resulted in {}", outcome.name());
        self.push(
            Draft::new(Kind::PolicyEvaluate, &targets)
                .outcome(outcome, &reason)
                .session(session)
                .signals(signals)
                .after(20, 0),
        );
    }

    fn sign_in_failed(&mut self, user: UserIx, why: SignInFailure) {
        let signals = self.signals(user);
        let party = self.user(user);
        let reason = match why {
            SignInFailure::InvalidCredentials => "INVALID_CREDENTIALS",
            SignInFailure::LockedOut => "LOCKED_OUT",
            SignInFailure::PasswordExpired => "PASSWORD_EXPIRED",
            SignInFailure::NotActive => "GENERAL_NONSUCCESS",
            SignInFailure::PolicyDenied => return self.denied(signals),
            SignInFailure::FactorFailed => return self.factor_failed(user, signals),
        };
        let targets = [Target::password(party), Target::party(self.dashboard())];
        self.push(
            Draft::new(Kind::SessionStart, &targets)
                .outcome(Outcome::Failure, reason)
                .signals(signals),
        );
    }

    fn denied(&mut self, signals: Signals) {
        self.policy(signals, 0, Outcome::Deny);
        self.push(
            Draft::new(Kind::SessionStart, &[])
                .outcome(
                    Outcome::Failure,
                    "Sign-on policy evaluation resulted in DENY",
                )
                .signals(signals)
                .after(45, 0),
        );
    }

    fn factor_failed(&mut self, user: UserIx, signals: Signals) {
        // Whoever is refused has not got the device itself, so it is the phone that asks, if there is one.
        let has_push = self
            .world
            .factors(user)
            .iter()
            .any(|own| own.active && own.kind == FactorKind::Push);
        let asked = if has_push {
            None
        } else {
            strongest(self.world, user)
        };
        let factor = asked.unwrap_or(FactorKind::Push);
        let party = self.user(user);
        let targets = [Target::party(party), Target::enrolment(party, factor)];
        let push = factor == FactorKind::Push;
        if push {
            self.push(Draft::new(Kind::PushSent, &targets).factor(factor));
            self.push(
                Draft::new(Kind::PushDenied, &targets)
                    .outcome(Outcome::Failure, "User rejected Okta push verify")
                    .factor(factor)
                    .after(4_200, 1),
            );
        }
        let reason = if push {
            "User rejected Okta push verify"
        } else {
            "INVALID_CREDENTIALS"
        };
        self.push(
            Draft::new(Kind::AuthViaMfa, &targets)
                .outcome(Outcome::Failure, reason)
                .signals(signals)
                .factor(factor)
                .after(4_250, 1),
        );
    }

    fn sso(&mut self, user: UserIx, app: AppIx, session: u64, after_ms: i64) {
        let targets = [
            Target::app_user(self.user(user)),
            Target::party(self.app(app)),
        ];
        let mode = self.world.app(app).sign_on.as_str().unwrap_or("UNKNOWN");
        self.push(
            Draft::new(Kind::Sso, &targets)
                .session(session)
                .after(after_ms, u64::from(after_ms > 0))
                .debug("signOnMode", mode),
        );
    }

    fn refused(&mut self, app: Option<AppIx>) {
        let party = if let Some(app) = app {
            self.app(app)
        } else {
            let name = "Okta Admin Console";
            self.fixed("0oc", PartyKind::AppInstance, name, name)
        };
        let target = [Target::party(party)];
        self.push(Draft::new(Kind::UnauthorizedApp, &target).outcome(Outcome::Failure, ""));
    }

    fn factor_changed(&mut self, kind: Kind, user: UserIx, factor: FactorKind, verb: &str) {
        let party = self.user(user);
        let targets = [Target::party(party), Target::enrolment(party, factor)];
        let reason = format!("User {verb} {} factor", factor.log_name());
        self.push(Draft::new(kind, &targets).reason(&reason).factor(factor));
    }

    fn membership(&mut self, kind: Kind, group: GroupIx, user: UserIx) {
        let targets = [
            Target::party(self.user(user)),
            Target::party(self.group(group)),
        ];
        self.push(Draft::new(kind, &targets));
    }

    fn app_user(&mut self, kind: Kind, app: AppIx, user: UserIx) {
        let person = self.user(user);
        let targets = [
            Target::app_user(person),
            Target::party(self.app(app)),
            Target::party(person),
        ];
        self.push(Draft::new(kind, &targets));
    }

    fn app_group(&mut self, kind: Kind, app: AppIx, group: GroupIx) {
        let targets = [
            Target::party(self.group(group)),
            Target::party(self.app(app)),
        ];
        self.push(Draft::new(kind, &targets));
    }

    fn token(&mut self, kind: Kind, token: usize) {
        let Some(held) = self.world.tokens.get(token) else {
            return;
        };
        let party = self.tables.cast.other(held.id.as_str(), || {
            Party::new(
                PartyKind::Token,
                held.id.as_str(),
                Some("unknown"),
                Some(&held.name),
            )
        });
        self.push(Draft::new(kind, &[Target::party(party)]));
    }

    fn rate_limit(&mut self, kind: Kind, bucket: &str) {
        let pattern = self.tables.cast.other(bucket, || {
            Party::new(PartyKind::UrlPattern, bucket, None, None)
        });
        let word = mix(bucket
            .bytes()
            .fold(1, |word, byte| mix(word ^ u64::from(byte))));
        let uuid = format!(
            "{:08x}-b242-36da-9332-{:012x}",
            word >> 32,
            word & 0xffff_ffff_ffff
        );
        let bucket_uuid = self.tables.cast.other(&uuid, || {
            Party::new(PartyKind::BucketUuid, &uuid, None, None)
        });
        self.push(
            Draft::new(kind, &[Target::party(pattern), Target::party(bucket_uuid)])
                .debug("requestUri", bucket)
                .debug("url", format!("{bucket}?"))
                .debug("rateLimitBucketUuid", uuid)
                .debug("rateLimitScopeType", "ORG")
                .debug("timeSpan", "1")
                .debug("timeUnit", "MINUTES")
                .debug("threatSuspected", "false"),
        );
    }
}

/// The factor that a user answers with, when there is one.
pub fn strongest(world: &World, user: UserIx) -> Option<FactorKind> {
    const PREFERRED: [FactorKind; 7] = [
        FactorKind::SignedNonce,
        FactorKind::Webauthn,
        FactorKind::Push,
        FactorKind::OktaTotp,
        FactorKind::GoogleTotp,
        FactorKind::Sms,
        FactorKind::Email,
    ];
    let enrolled = world.factors(user);
    PREFERRED.into_iter().find(|kind| {
        enrolled
            .iter()
            .any(|factor| factor.active && factor.kind == *kind)
    })
}

#[cfg(test)]
mod tests;
