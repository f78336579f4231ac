//! The event types that the simulated org can leave, and what all events of one type have in common.

/// How grave Okta says an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Everyday business.
    Info,
    /// Worth a look.
    Warn,
    /// Detail for support.
    Debug,
}

impl Severity {
    /// As Okta spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Debug => "DEBUG",
        }
    }
}

/// What `debugContext.debugData` holds for events of a type, beside what the event itself brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debug {
    /// A browser on the sign-in pages: device fingerprint, risk and behaviours.
    SignIn,
    /// A factor being answered.
    Factor,
    /// A browser opening an app.
    Sso,
    /// A call to the API or the admin console.
    Admin,
    /// Work that Okta does on its own: no request, a `JOB` transaction.
    Job,
}

/// Which credential `authenticationContext` speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Everything null.
    None,
    /// The provider and type of the factor that the event carries.
    Factor,
    /// Okta's own password check.
    Password,
}

/// What all events of one type have in common.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// `eventType`, as in Okta's catalogue.
    pub event_type: &'static str,
    /// `legacyEventType`; `None` where the type is younger than the Events API.
    pub legacy: Option<&'static str>,
    /// The same when the outcome is a failure, where that differs.
    pub legacy_failed: Option<&'static str>,
    /// `displayMessage`.
    pub message: &'static str,
    /// `severity` when the outcome is no failure.
    pub severity: Severity,
    /// `severity` when it is.
    pub severity_failed: Severity,
    /// `debugData.requestUri`; `{0}` stands for the first target's id, `{1}` for the second's.
    pub uri: &'static str,
    /// What `debugData` holds.
    pub debug: Debug,
    /// What `authenticationContext` names.
    pub credential: Credential,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $type:literal, $legacy:expr, $failed:expr, $message:literal, $severity:ident / $severity_failed:ident, $uri:literal, $debug:ident, $credential:ident;)*) => {
        /// A type of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every type there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What events of this type have in common.
            pub fn spec(self) -> &'static Spec {
                &SPECS[self as usize]
            }
        }

        static SPECS: &[Spec] = &[$(Spec {
            event_type: $type,
            legacy: $legacy,
            legacy_failed: $failed,
            message: $message,
            severity: Severity::$severity,
            severity_failed: Severity::$severity_failed,
            uri: $uri,
            debug: Debug::$debug,
            credential: Credential::$credential,
        },)*];
    };
}

kinds! {
    /// A session was given, or refused.
    SessionStart: "user.session.start", Some("core.user_auth.login_success"), Some("core.user_auth.login_failed"),
        "User login to Okta", Info / Info, "/idp/idx/identify", SignIn, None;
    /// The user signed out.
    SessionEnd: "user.session.end", Some("core.user_auth.logout_success"), None,
        "User logout from Okta", Info / Info, "/login/signout", Admin, None;
    /// An administrator ended the user's sessions.
    SessionClear: "user.session.clear", Some("core.user_auth.session_clear"), None,
        "Clear user session", Info / Warn, "/api/v1/users/{0}/sessions", Admin, None;
    /// An administrator had the user signed out everywhere.
    UniversalLogoutScheduled: "user.authentication.universal_logout.scheduled", None, None,
        "Universal Logout scheduled for user", Info / Warn, "/oauth2/v1/global-token-revocation", Admin, None;
    /// The user was signed out of Okta, or of an application that listens.
    UniversalLogout: "user.authentication.universal_logout", None, None,
        "Universal Logout triggered for user", Info / Warn, "/oauth2/v1/global-token-revocation", Admin, None;
    /// What programs had in the user's name works no more.
    TokensRevoked: "app.oauth2.token.revoke.implicit.user", None, None,
        "Tokens revoked for user", Info / Warn, "/api/v1/users/{0}/sessions", Admin, None;
    /// What one program kept of the user's works no more.
    TokenRevoked: "app.oauth2.token.revoke", None, None,
        "Revoke OAuth2 token", Info / Warn, "/api/v1/users/{0}/clients/{1}/tokens", Admin, None;
    /// What the user let programs have was taken back.
    ConsentsRevoked: "app.oauth2.as.consent.revoke.user", None, None,
        "All consent revoked for user", Info / Warn, "/api/v1/users/{0}/grants", Admin, None;
    /// What the user let one program have was taken back.
    ClientConsentRevoked: "app.oauth2.as.consent.revoke.user.client", None, None,
        "User consent revoked for client", Info / Warn, "/api/v1/users/{0}/clients/{1}/grants", Admin, None;
    /// The user was sent a link for choosing a new password.
    ResetLinkSent: "system.email.password_reset.sent_message", None, None,
        "Send self-service password reset email", Info / Warn, "/api/v1/users/{0}/credentials/forgot_password", Admin, None;
    /// The sign-on policy decided.
    PolicyEvaluate: "policy.evaluate_sign_on", None, None,
        "Evaluation of sign-on policy", Info / Info, "/idp/idx/identify", SignIn, None;
    /// A factor was answered, rightly or wrongly.
    AuthViaMfa: "user.authentication.auth_via_mfa", Some("core.user.factor.attempt_success"), Some("core.user.factor.attempt_fail"),
        "Authentication of user via MFA", Info / Info, "/idp/idx/challenge/answer", Factor, Factor;
    /// Another identity provider vouched for the user.
    AuthViaIdp: "user.authentication.auth_via_IDP", None, None,
        "Authenticate user via IDP", Info / Info, "/sso/saml2/{0}", SignIn, None;
    /// The user's identity was verified.
    Verify: "user.authentication.verify", None, None,
        "Verify user identity", Info / Info, "/idp/idx/challenge/answer", Factor, Password;
    /// An app was opened.
    Sso: "user.authentication.sso", Some("app.auth.sso"), None,
        "User single sign on to app", Info / Info, "/app/{1}/sso/saml", Sso, None;
    /// The admin console was opened.
    AdminApp: "user.session.access_admin_app", Some("app.admin.sso.login.success"), None,
        "User accessing Okta admin app", Info / Info, "/admin/sso/request", Admin, None;
    /// A push was sent to a phone.
    PushSent: "system.push.send_factor_verify_push", Some("mobile.push.send_factor_verify_push"), None,
        "Send push notification for MFA", Info / Info, "/idp/idx/challenge", Factor, None;
    /// A push was refused on the phone.
    PushDenied: "user.mfa.okta_verify.deny_push", Some("core.user.factor.push_denied"), None,
        "User rejected Okta push verify", Info / Info, "/idp/idx/authenticators/poll", Factor, None;
    /// A factor was enrolled.
    FactorActivate: "user.mfa.factor.activate", Some("core.user.factor.activate"), None,
        "Activate factor or authenticator enrollment method for user", Info / Warn, "/idp/idx/credential/enroll", Factor, None;
    /// A factor was taken away.
    FactorDeactivate: "user.mfa.factor.deactivate", Some("core.user.factor.reset"), None,
        "Reset factor for user", Info / Warn, "/api/v1/users/{0}/factors", Admin, None;
    /// All factors were taken away.
    FactorResetAll: "user.mfa.factor.reset_all", Some("core.user.factor.reset_all"), None,
        "Reset all factors for user", Info / Warn, "/api/v1/users/{0}/lifecycle/reset_factors", Admin, None;
    /// The user reported an event as not theirs.
    Suspicious: "user.account.report_suspicious_activity_by_enduser", None, None,
        "User report suspicious activity", Warn / Warn, "/api/internal/v1/report-suspicious-activity", Admin, None;
    /// A profile changed.
    UpdateProfile: "user.account.update_profile", Some("core.user.config.profile_update.success"), None,
        "Update user profile for Okta", Info / Warn, "/api/v1/users/{0}", Admin, None;
    /// A user is of another type.
    UpdateUserType: "user.account.update_user_type", None, None,
        "User type changed", Info / Warn, "/api/v1/users/{0}", Admin, None;
    /// A password changed.
    UpdatePassword: "user.account.update_password", Some("core.user.config.password_update.success"), Some("core.user.config.password_update.failure"),
        "User update password for Okta", Info / Warn, "/idp/idx/challenge/answer", Admin, None;
    /// An administrator reset a password.
    ResetPassword: "user.account.reset_password", Some("core.user.config.password_reset.success"), None,
        "Fired when the user's Okta password is reset", Info / Warn, "/api/v1/users/{0}/lifecycle/reset_password", Admin, None;
    /// A password was expired.
    ExpirePassword: "user.account.expire_password", Some("core.user.config.password_expired"), None,
        "Fired when the user's Okta password is expired", Info / Warn, "/api/v1/users/{0}/lifecycle/expire_password", Admin, None;
    /// Too many wrong passwords.
    Lock: "user.account.lock", Some("core.user_auth.account_locked"), None,
        "Max sign in attempts exceeded", Debug / Warn, "/idp/idx/challenge/answer", SignIn, None;
    /// A lock ran out.
    Unlock: "user.account.unlock", Some("core.user_auth.account_unlocked"), None,
        "Unlock user account for Okta", Info / Warn, "", Job, None;
    /// An administrator lifted a lock.
    UnlockByAdmin: "user.account.unlock_by_admin", Some("core.user.config.account_unlocked_by_admin"), None,
        "Unlock user account for Okta by admin", Info / Warn, "/api/v1/users/{0}/lifecycle/unlock", Admin, None;
    /// An admin role was granted to a user.
    PrivilegeGrant: "user.account.privilege.grant", Some("core.user.admin_privilege.granted"), None,
        "Grant user privilege", Info / Warn, "/api/v1/users/{0}/roles", Admin, None;
    /// A user's admin roles were revoked.
    PrivilegeRevoke: "user.account.privilege.revoke", Some("core.user.admin_privilege.revoked"), None,
        "Revoke user privilege", Info / Warn, "/api/v1/users/{0}/roles", Admin, None;
    /// An admin role was granted to a group.
    GroupPrivilegeGrant: "group.privilege.grant", None, None,
        "Grant group privilege", Info / Warn, "/api/v1/groups/{0}/roles", Admin, None;
    /// A group's admin roles were revoked.
    GroupPrivilegeRevoke: "group.privilege.revoke", None, None,
        "Revoke group privilege", Info / Warn, "/api/v1/groups/{0}/roles", Admin, None;
    /// An admin role was granted to a program.
    ClientPrivilegeGrant: "app.oauth2.client.privilege.grant", None, None,
        "Grant privilege to OAuth 2.0 client app", Info / Warn, "/oauth2/v1/clients/{0}/roles", Admin, None;
    /// A program's admin roles were revoked.
    ClientPrivilegeRevoke: "app.oauth2.client.privilege.revoke", None, None,
        "Revoke privileges from OAuth 2.0 client app", Info / Warn, "/oauth2/v1/clients/{0}/roles", Admin, None;
    /// A client was made.
    ClientCreate: "app.oauth2.client.lifecycle.create", None, None,
        "Create OAuth client", Info / Warn, "/api/v1/apps", Admin, None;
    /// A client has another secret or key.
    CredentialCreate: "app.oauth2.credentials.lifecycle.create", None, None,
        "Create OAuth client credentials", Info / Warn, "/api/v1/apps/{0}/credentials", Admin, None;
    /// A client's secret or key works again.
    CredentialActivate: "app.oauth2.credentials.lifecycle.activate", None, None,
        "Activate OAuth client credentials", Info / Warn, "/api/v1/apps/{0}/credentials", Admin, None;
    /// A client's secret or key works no more.
    CredentialDeactivate: "app.oauth2.credentials.lifecycle.deactivate", None, None,
        "Deactivate OAuth client credentials", Info / Warn, "/api/v1/apps/{0}/credentials", Admin, None;
    /// A client's secret or key was deleted.
    CredentialDelete: "app.oauth2.credentials.lifecycle.delete", None, None,
        "Delete OAuth client credentials", Info / Warn, "/api/v1/apps/{0}/credentials", Admin, None;
    /// A client was granted a scope.
    ScopeGrant: "app.oauth2.admin.consent.grant", None, None,
        "Grant administrator consent for scope", Info / Warn, "/api/v1/apps/{0}/grants", Admin, None;
    /// A client lost a scope.
    ScopeRevoke: "app.oauth2.admin.consent.revoke", None, None,
        "Revoke administrator consent for scope", Info / Warn, "/api/v1/apps/{0}/grants", Admin, None;
    /// A client got an access token.
    AccessTokenGrant: "app.oauth2.token.grant.access_token", None, None,
        "OIDC access token is granted", Info / Warn, "/oauth2/v1/token", Admin, None;
    /// A custom role was created.
    CustomRoleCreate: "iam.role.create", None, None,
        "Create custom admin role", Info / Warn, "/api/v1/iam/roles", Admin, None;
    /// A custom role was deleted.
    CustomRoleDelete: "iam.role.delete", None, None,
        "Delete custom admin role", Info / Warn, "/api/v1/iam/roles/{0}", Admin, None;
    /// A custom role allows more.
    PermissionsAdd: "iam.role.permissions.add", None, None,
        "Add permissions to custom admin role", Info / Warn, "/api/v1/iam/roles/{0}/permissions", Admin, None;
    /// A custom role allows less.
    PermissionsDelete: "iam.role.permissions.delete", None, None,
        "Delete permissions from custom admin role", Info / Warn, "/api/v1/iam/roles/{0}/permissions", Admin, None;
    /// A resource set was created.
    ResourceSetCreate: "iam.resourceset.create", None, None,
        "Create resource set", Info / Warn, "/api/v1/iam/resource-sets", Admin, None;
    /// A resource set was deleted.
    ResourceSetDelete: "iam.resourceset.delete", None, None,
        "Delete resource set", Info / Warn, "/api/v1/iam/resource-sets/{0}", Admin, None;
    /// A resource set holds more.
    ResourcesAdd: "iam.resourceset.resources.add", None, None,
        "Add resources to resource set", Info / Warn, "/api/v1/iam/resource-sets/{0}/resources", Admin, None;
    /// A resource set holds less.
    ResourcesDelete: "iam.resourceset.resources.delete", None, None,
        "Delete resources from resource set", Info / Warn, "/api/v1/iam/resource-sets/{0}/resources", Admin, None;
    /// Somebody got a custom role over a resource set.
    BindingsAdd: "iam.resourceset.bindings.add", None, None,
        "Create admin role assignment", Info / Warn, "/api/v1/iam/resource-sets/{2}/bindings", Admin, None;
    /// Somebody lost a custom role over a resource set.
    BindingsDelete: "iam.resourceset.bindings.delete", None, None,
        "Delete admin role assignment", Info / Warn, "/api/v1/iam/resource-sets/{2}/bindings", Admin, None;
    /// A group has another owner.
    OwnerUpdate: "resource.owner.update", None, None,
        "Resource owner updated", Info / Warn, "/api/v1/groups/{0}/owners", Admin, None;
    /// A user was created.
    UserCreate: "user.lifecycle.create", Some("core.user.config.user_creation.success"), Some("core.user.config.user_creation.failure"),
        "Create Okta user", Info / Warn, "/api/v1/users", Admin, None;
    /// A user was activated.
    UserActivate: "user.lifecycle.activate", Some("core.user.config.user_activated"), None,
        "Activate Okta user", Info / Warn, "/api/v1/users/{0}/lifecycle/activate", Admin, None;
    /// A user was activated anew.
    UserReactivate: "user.lifecycle.reactivate", Some("core.user.config.user_reactivated"), None,
        "Reactivate Okta user", Info / Warn, "/api/v1/users/{0}/lifecycle/reactivate", Admin, None;
    /// A user was suspended.
    UserSuspend: "user.lifecycle.suspend", Some("core.user.config.user_suspended"), None,
        "Suspend Okta user", Info / Warn, "/api/v1/users/{0}/lifecycle/suspend", Admin, None;
    /// A suspension was lifted.
    UserUnsuspend: "user.lifecycle.unsuspend", Some("core.user.config.user_unsuspended"), None,
        "Unsuspend Okta user", Info / Warn, "/api/v1/users/{0}/lifecycle/unsuspend", Admin, None;
    /// A user was deactivated.
    UserDeactivate: "user.lifecycle.deactivate", Some("core.user.config.user_deactivated"), None,
        "Deactivate Okta user", Info / Warn, "/api/v1/users/{0}/lifecycle/deactivate", Admin, None;
    /// A user's deletion began.
    UserDeleteInitiated: "user.lifecycle.delete.initiated", Some("core.user.config.user_deletion.initiated"), None,
        "Delete Okta user initiated", Info / Warn, "/api/v1/users/{0}", Admin, None;
    /// A user's deletion was completed.
    UserDeleteCompleted: "user.lifecycle.delete.completed", Some("core.user.config.user_deletion.completed"), None,
        "Delete Okta user completed", Info / Warn, "", Job, None;
    /// A group was created.
    GroupCreate: "group.lifecycle.create", None, None,
        "Create Okta group", Info / Warn, "/api/v1/groups", Admin, None;
    /// A group was deleted.
    GroupDelete: "group.lifecycle.delete", None, None,
        "Delete Okta group", Info / Warn, "/api/v1/groups/{0}", Admin, None;
    /// A group was renamed or described anew.
    GroupUpdate: "group.profile.update", None, None,
        "Okta group profile updated", Info / Warn, "/api/v1/groups/{0}", Admin, None;
    /// A user joined a group.
    MemberAdd: "group.user_membership.add", Some("core.user_group_member.user_add"), None,
        "Add user to group membership", Info / Warn, "/api/v1/groups/{1}/users/{0}", Admin, None;
    /// A user left a group.
    MemberRemove: "group.user_membership.remove", Some("core.user_group_member.user_remove"), None,
        "Remove user from group membership", Info / Warn, "/api/v1/groups/{1}/users/{0}", Admin, None;
    /// A rule was switched on.
    RuleTrigger: "group.user_membership.rule.trigger", None, None,
        "Trigger group membership rule", Info / Warn, "/api/v1/groups/rules/{0}/lifecycle/activate", Admin, None;
    /// A rule was switched off.
    RuleDeactivated: "group.user_membership.rule.deactivated", None, None,
        "Group membership rule deactivated", Info / Warn, "/api/v1/groups/rules/{0}/lifecycle/deactivate", Admin, None;
    /// What a rule names is gone.
    RuleInvalidate: "group.user_membership.rule.invalidate", None, None,
        "Invalidate group membership rule", Info / Warn, "", Job, None;
    /// A rule leaves a user alone from now on.
    RuleExclusion: "group.user_membership.rule.add_exclusion", None, None,
        "Add user to group membership exclusion rule", Info / Warn, "/api/v1/groups/rules/{0}", Admin, None;
    /// An app was assigned to a group.
    GroupAppAdd: "group.application_assignment.add", None, None,
        "Add assigned application to group", Info / Warn, "/api/v1/apps/{1}/groups/{0}", Admin, None;
    /// An app was taken from a group.
    GroupAppRemove: "group.application_assignment.remove", None, None,
        "Remove assigned application from group", Info / Warn, "/api/v1/apps/{1}/groups/{0}", Admin, None;
    /// An app was created.
    AppCreate: "application.lifecycle.create", Some("app.generic.lifecycle.create"), None,
        "Create application", Info / Warn, "/api/v1/apps", Admin, None;
    /// An app was changed.
    AppUpdate: "application.lifecycle.update", Some("app.generic.lifecycle.update"), None,
        "Update application", Info / Warn, "/api/v1/apps/{0}", Admin, None;
    /// An app was activated.
    AppActivate: "application.lifecycle.activate", Some("app.generic.lifecycle.activate"), None,
        "Activate application", Info / Warn, "/api/v1/apps/{0}/lifecycle/activate", Admin, None;
    /// An app was deactivated.
    AppDeactivate: "application.lifecycle.deactivate", Some("app.generic.lifecycle.deactivate"), None,
        "Deactivate application", Info / Warn, "/api/v1/apps/{0}/lifecycle/deactivate", Admin, None;
    /// An app was deleted.
    AppDelete: "application.lifecycle.delete", Some("app.generic.lifecycle.delete"), None,
        "Delete application", Info / Warn, "/api/v1/apps/{0}", Admin, None;
    /// A user was assigned to an app.
    AppUserAdd: "application.user_membership.add", Some("app.generic.provision.assign_user_to_app"), None,
        "Add user to application membership", Info / Warn, "/api/v1/apps/{1}/users", Admin, None;
    /// A user was taken from an app.
    AppUserRemove: "application.user_membership.remove", Some("app.generic.provision.deactivate_user_in_app"), None,
        "Remove user's application membership", Info / Warn, "/api/v1/apps/{1}/users/{2}", Admin, None;
    /// Somebody opened an app that is not theirs.
    UnauthorizedApp: "app.generic.unauth_app_access_attempt", Some("app.generic.unauth_app_access_attempt"), None,
        "User attempted unauthorized access to app", Warn / Warn, "/app/{0}/sso/saml", Sso, None;
    /// An API token was made.
    TokenCreate: "system.api_token.create", Some("api.token.create"), None,
        "Create API token", Info / Warn, "/api/internal/tokens", Admin, None;
    /// An API token was revoked.
    TokenRevoke: "system.api_token.revoke", Some("api.token.revoke"), None,
        "Revoke API token", Info / Warn, "/api/v1/api-tokens/{0}", Admin, None;
    /// Okta's threat list knows the address.
    Threat: "security.threat.detected", Some("security.threat.detected"), None,
        "Request from suspicious actor", Warn / Warn, "/idp/idx/identify", SignIn, None;
    /// A rate bucket is running low.
    RateWarning: "system.org.rate_limit.warning", Some("core.framework.ratelimit.warning"), None,
        "Rate limit warning", Warn / Warn, "", Admin, None;
    /// A rate bucket is empty.
    RateViolation: "system.org.rate_limit.violation", Some("core.framework.ratelimit.exceeded"), None,
        "Rate limit violation", Warn / Warn, "", Admin, None;
    /// An identity provider was made.
    IdpCreate: "system.idp.lifecycle.create", None, None,
        "Create identity provider", Info / Warn, "/api/v1/idps", Admin, None;
    /// An identity provider was changed.
    IdpUpdate: "system.idp.lifecycle.update", None, None,
        "Update identity provider", Info / Warn, "/api/v1/idps/{0}", Admin, None;
    /// An identity provider was activated.
    IdpActivate: "system.idp.lifecycle.activate", None, None,
        "Activate identity provider", Info / Warn, "/api/v1/idps/{0}/lifecycle/activate", Admin, None;
    /// An identity provider was deactivated.
    IdpDeactivate: "system.idp.lifecycle.deactivate", None, None,
        "Deactivate identity provider", Info / Warn, "/api/v1/idps/{0}/lifecycle/deactivate", Admin, None;
    /// An identity provider was deleted.
    IdpDelete: "system.idp.lifecycle.delete", None, None,
        "Delete identity provider", Info / Warn, "/api/v1/idps/{0}", Admin, None;
    /// A policy was made.
    PolicyCreate: "policy.lifecycle.create", None, None,
        "Create policy", Info / Warn, "/api/v1/policies", Admin, None;
    /// A policy was changed.
    PolicyUpdate: "policy.lifecycle.update", None, None,
        "Update policy", Info / Warn, "/api/v1/policies/{0}", Admin, None;
    /// A policy was activated.
    PolicyActivate: "policy.lifecycle.activate", None, None,
        "Activate policy", Info / Warn, "/api/v1/policies/{0}/lifecycle/activate", Admin, None;
    /// A policy was deactivated.
    PolicyDeactivate: "policy.lifecycle.deactivate", None, None,
        "Deactivate policy", Info / Warn, "/api/v1/policies/{0}/lifecycle/deactivate", Admin, None;
    /// A policy was deleted.
    PolicyDelete: "policy.lifecycle.delete", None, None,
        "Delete policy", Info / Warn, "/api/v1/policies/{0}", Admin, None;
    /// A policy rule was added.
    PolicyRuleAdd: "policy.rule.add", None, None,
        "Add policy rule", Info / Warn, "/api/v1/policies/{1}/rules", Admin, None;
    /// A policy rule was changed.
    PolicyRuleUpdate: "policy.rule.update", None, None,
        "Update policy rule", Info / Warn, "/api/v1/policies/{1}/rules/{0}", Admin, None;
    /// A policy rule was activated.
    PolicyRuleActivate: "policy.rule.activate", None, None,
        "Activate policy rule", Info / Warn, "/api/v1/policies/{1}/rules/{0}/lifecycle/activate", Admin, None;
    /// A policy rule was deactivated.
    PolicyRuleDeactivate: "policy.rule.deactivate", None, None,
        "Deactivate policy rule", Info / Warn, "/api/v1/policies/{1}/rules/{0}/lifecycle/deactivate", Admin, None;
    /// A policy rule was deleted.
    PolicyRuleDelete: "policy.rule.delete", None, None,
        "Delete policy rule", Info / Warn, "/api/v1/policies/{1}/rules/{0}", Admin, None;
    /// A network zone was made.
    ZoneCreate: "zone.create", None, None,
        "Create network zone", Info / Warn, "/api/v1/zones", Admin, None;
    /// A network zone was changed.
    ZoneUpdate: "zone.update", None, None,
        "Update network zone", Info / Warn, "/api/v1/zones/{0}", Admin, None;
    /// A network zone was activated.
    ZoneActivate: "zone.activate", None, None,
        "Activate network zone", Info / Warn, "/api/v1/zones/{0}/lifecycle/activate", Admin, None;
    /// A network zone was deactivated.
    ZoneDeactivate: "zone.deactivate", None, None,
        "Deactivate network zone", Info / Warn, "/api/v1/zones/{0}/lifecycle/deactivate", Admin, None;
    /// A network zone was deleted.
    ZoneDelete: "zone.delete", None, None,
        "Delete network zone", Info / Warn, "/api/v1/zones/{0}", Admin, None;
    /// A network zone blocks from now on.
    ZoneMakeBlacklist: "zone.make_blacklist", None, None,
        "Network zone mark as blocklist", Info / Warn, "/api/v1/zones/{0}", Admin, None;
    /// A network zone blocks no more.
    ZoneRemoveBlacklist: "zone.remove_blacklist", None, None,
        "Network zone unmark as blocklist", Info / Warn, "/api/v1/zones/{0}", Admin, None;
    /// An authenticator was made.
    AuthenticatorCreate: "security.authenticator.lifecycle.create", None, None,
        "Create authenticator", Info / Warn, "/api/v1/authenticators", Admin, None;
    /// An authenticator was changed.
    AuthenticatorUpdate: "security.authenticator.lifecycle.update", None, None,
        "Update authenticator", Info / Warn, "/api/v1/authenticators/{0}", Admin, None;
    /// An authenticator was activated.
    AuthenticatorActivate: "security.authenticator.lifecycle.activate", None, None,
        "Activate authenticator", Info / Warn, "/api/v1/authenticators/{0}/lifecycle/activate", Admin, None;
    /// An authenticator was deactivated.
    AuthenticatorDeactivate: "security.authenticator.lifecycle.deactivate", None, None,
        "Deactivate authenticator", Info / Warn, "/api/v1/authenticators/{0}/lifecycle/deactivate", Admin, None;
    /// A behavior setting was made.
    BehaviorCreate: "security.behavior.settings.create", None, None,
        "Create behavior setting", Info / Warn, "/api/v1/behaviors", Admin, None;
    /// A behavior setting was changed.
    BehaviorUpdate: "security.behavior.settings.update", None, None,
        "Update behavior setting", Info / Warn, "/api/v1/behaviors/{0}", Admin, None;
    /// A behavior setting was deleted.
    BehaviorDelete: "security.behavior.settings.delete", None, None,
        "Delete behavior setting", Info / Warn, "/api/v1/behaviors/{0}", Admin, None;
    /// An event hook was made.
    EventHookCreated: "event_hook.created", None, None,
        "Create event hook", Info / Warn, "/api/v1/eventHooks", Admin, None;
    /// An event hook was changed.
    EventHookUpdated: "event_hook.updated", None, None,
        "Update event hook", Info / Warn, "/api/v1/eventHooks/{0}", Admin, None;
    /// An event hook was activated.
    EventHookActivated: "event_hook.activated", None, None,
        "Activate event hook", Info / Warn, "/api/v1/eventHooks/{0}/lifecycle/activate", Admin, None;
    /// An event hook was deactivated.
    EventHookDeactivated: "event_hook.deactivated", None, None,
        "Deactivate event hook", Info / Warn, "/api/v1/eventHooks/{0}/lifecycle/deactivate", Admin, None;
    /// An event hook was deleted.
    EventHookDeleted: "event_hook.deleted", None, None,
        "Delete event hook", Info / Warn, "/api/v1/eventHooks/{0}", Admin, None;
    /// An inline hook was made.
    InlineHookCreated: "inline_hook.created", None, None,
        "Create inline hook", Info / Warn, "/api/v1/inlineHooks", Admin, None;
    /// An inline hook was changed.
    InlineHookUpdated: "inline_hook.updated", None, None,
        "Update inline hook", Info / Warn, "/api/v1/inlineHooks/{0}", Admin, None;
    /// An inline hook was activated.
    InlineHookActivated: "inline_hook.activated", None, None,
        "Activate inline hook", Info / Warn, "/api/v1/inlineHooks/{0}/lifecycle/activate", Admin, None;
    /// An inline hook was deactivated.
    InlineHookDeactivated: "inline_hook.deactivated", None, None,
        "Deactivate inline hook", Info / Warn, "/api/v1/inlineHooks/{0}/lifecycle/deactivate", Admin, None;
    /// An inline hook was deleted.
    InlineHookDeleted: "inline_hook.deleted", None, None,
        "Delete inline hook", Info / Warn, "/api/v1/inlineHooks/{0}", Admin, None;
    /// A log stream was made.
    LogStreamCreate: "system.log_stream.lifecycle.create", None, None,
        "Create log stream", Info / Warn, "/api/v1/logStreams", Admin, None;
    /// A log stream was changed.
    LogStreamUpdate: "system.log_stream.lifecycle.update", None, None,
        "Update log stream", Info / Warn, "/api/v1/logStreams/{0}", Admin, None;
    /// A log stream was activated.
    LogStreamActivate: "system.log_stream.lifecycle.activate", None, None,
        "Activate log stream", Info / Warn, "/api/v1/logStreams/{0}/lifecycle/activate", Admin, None;
    /// A log stream was deactivated.
    LogStreamDeactivate: "system.log_stream.lifecycle.deactivate", None, None,
        "Deactivate log stream", Info / Warn, "/api/v1/logStreams/{0}/lifecycle/deactivate", Admin, None;
    /// A log stream was deleted.
    LogStreamDelete: "system.log_stream.lifecycle.delete", None, None,
        "Delete log stream", Info / Warn, "/api/v1/logStreams/{0}", Admin, None;
    /// A trusted origin was made.
    TrustedOriginCreate: "security.trusted_origin.create", None, None,
        "Create trusted origin", Info / Warn, "/api/v1/trustedOrigins", Admin, None;
    /// A trusted origin was changed.
    TrustedOriginUpdate: "security.trusted_origin.update", None, None,
        "Update trusted origin", Info / Warn, "/api/v1/trustedOrigins/{0}", Admin, None;
    /// A trusted origin was activated.
    TrustedOriginActivate: "security.trusted_origin.activate", None, None,
        "Activate trusted origin", Info / Warn, "/api/v1/trustedOrigins/{0}/lifecycle/activate", Admin, None;
    /// A trusted origin was deactivated.
    TrustedOriginDeactivate: "security.trusted_origin.deactivate", None, None,
        "Deactivate trusted origin", Info / Warn, "/api/v1/trustedOrigins/{0}/lifecycle/deactivate", Admin, None;
    /// A trusted origin was deleted.
    TrustedOriginDelete: "security.trusted_origin.delete", None, None,
        "Delete trusted origin", Info / Warn, "/api/v1/trustedOrigins/{0}", Admin, None;
    /// A device was activated.
    DeviceActivate: "device.lifecycle.activate", None, None,
        "Activate device", Info / Warn, "/api/v1/devices/{0}/lifecycle/activate", Admin, None;
    /// A device was suspended.
    DeviceSuspend: "device.lifecycle.suspend", None, None,
        "Suspend device", Info / Warn, "/api/v1/devices/{0}/lifecycle/suspend", Admin, None;
    /// A device's suspension was lifted.
    DeviceUnsuspend: "device.lifecycle.unsuspend", None, None,
        "Unsuspend device", Info / Warn, "/api/v1/devices/{0}/lifecycle/unsuspend", Admin, None;
    /// A device was deactivated.
    DeviceDeactivate: "device.lifecycle.deactivate", None, None,
        "Deactivate device", Info / Warn, "/api/v1/devices/{0}/lifecycle/deactivate", Admin, None;
    /// A device was deleted.
    DeviceDelete: "device.lifecycle.delete", None, None,
        "Delete device", Info / Warn, "/api/v1/devices/{0}", Admin, None;
    /// A policy was made to apply to an application.
    PolicyMappingCreate: "policy.mapping.create", None, None,
        "Create policy mapping", Info / Warn, "/api/v1/policies/{0}/mappings", Admin, None;
    /// A group is pushed into an application from now on.
    PushMappingCreate: "application.provision.group_push.mapping.created", None, None,
        "Group push mapping created", Info / Warn, "/api/v1/apps/{0}/group-push/mappings", Admin, None;
    /// A group is pushed again.
    PushMappingActivate: "application.provision.group_push.activate_mapping", None, None,
        "Group push activated mapping", Info / Warn, "/api/v1/apps/{0}/group-push/mappings", Admin, None;
    /// A group is pushed no more.
    PushMappingDeactivate: "application.provision.group_push.deactivate_mapping", None, None,
        "Group push deactivated mapping", Info / Warn, "/api/v1/apps/{0}/group-push/mappings", Admin, None;
    /// A feature was switched on.
    FeatureEnable: "system.feature.enable", None, None,
        "Self service feature enabled", Info / Warn, "/api/v1/features/{0}/enable", Admin, None;
    /// A feature was switched off.
    FeatureDisable: "system.feature.disable", None, None,
        "Self service feature disabled", Info / Warn, "/api/v1/features/{0}/disable", Admin, None;
    /// A brand was made.
    BrandCreate: "system.brand.create", None, None,
        "Create brand", Info / Warn, "/api/v1/brands", Admin, None;
    /// A brand was changed.
    BrandUpdate: "system.brand.update", None, None,
        "Update brand", Info / Warn, "/api/v1/brands/{0}", Admin, None;
    /// A brand was deleted.
    BrandDelete: "system.brand.delete", None, None,
        "Delete brand", Info / Warn, "/api/v1/brands/{0}", Admin, None;
    /// `ThreatInsight` acts otherwise from now on.
    ThreatConfiguration: "security.threat.configuration.update", None, None,
        "ThreatInsight configuration updated", Info / Warn, "/api/v1/threats/configuration", Admin, None;
    /// Okta's support may look into the org.
    SupportGrant: "user.session.impersonation.grant", None, None,
        "Enable impersonation grant", Info / Warn, "/api/v1/org/privacy/oktaSupport/grant", Admin, None;
    /// Okta's support may look into the org no more.
    SupportRevoke: "user.session.impersonation.revoke", None, None,
        "Revoke impersonation grant", Info / Warn, "/api/v1/org/privacy/oktaSupport/revoke", Admin, None;
}

impl Kind {
    /// The type with this `eventType`.
    pub fn named(event_type: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.spec().event_type == event_type)
    }

    /// Whether `target` is null rather than a list: Okta leaves it out for what concerns nobody but the actor.
    pub fn targets_null(self) -> bool {
        matches!(self, Self::SessionEnd | Self::Threat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name_and_named_once() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.spec().event_type), Some(*kind));
        }
        assert_eq!(Kind::named("app.lifecycle.create"), None);
    }
}
