//! What happened in the org: the seam between the world and its System Log.
//!
//! Every operation of the world that changed something appends one or more of these to the world's journal; the log turns
//! each into the events that a real org writes. A happening holds indexes and small values only: names are looked up when
//! an event is rendered, and deleted objects keep theirs.

use super::super::id::Id;
use super::super::time::Millis;
use super::device::DeviceDeed;
use super::document::Deed;
use super::factor::FactorKind;
use super::index::{
    AppIx, CallIx, ClientIx, CustomRoleIx, DeviceIx, DocumentIx, GroupIx, ResourceSetIx, RuleIx,
    UserIx,
};
use super::owner::OwnedBy;
use super::place::Client;
use super::user::Status;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person in a browser.
    User(UserIx),
    /// A program with the API token at this place among [`super::World::tokens`]; it acts as the token's owner.
    Token(usize),
    /// A program with an OAuth access token of its own.
    Client(ClientIx),
    /// Okta itself (`SystemPrincipal`): rules, imports, provisioning.
    System,
}

/// On what occasion something happened: who, when, from where, in which request.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: Actor,
    /// From where.
    pub client: Client,
    /// What the request id and the transaction id follow from; events of one request share it.
    pub request: u64,
    /// The client's call behind it; `None` for whatever did not come over the wire.
    pub call: Option<CallIx>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Happening {
    /// The occasion.
    pub cause: Cause,
    /// The thing.
    pub fact: Fact,
}

/// Why a sign-in did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFailure {
    /// Wrong password: `INVALID_CREDENTIALS`.
    InvalidCredentials,
    /// The account is locked: `LOCKED_OUT`.
    LockedOut,
    /// The password has expired: `PASSWORD_EXPIRED`.
    PasswordExpired,
    /// The status forbids it (suspended, deactivated, staged): `GENERAL_NONSUCCESS`.
    NotActive,
    /// A policy said no: `DENY`.
    PolicyDenied,
    /// The second factor was refused or wrong: `FACTOR_FAILED`.
    FactorFailed,
}

/// How an application was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// To the user directly.
    User,
    /// Through a group.
    Group,
}

impl Scope {
    /// As Okta writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Group => "GROUP",
        }
    }
}

/// What happened, in the field's words. Event types follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the objects that the variant's sentence names"
)]
pub enum Fact {
    /// `user.lifecycle.create`
    UserCreated { user: UserIx },
    /// `user.lifecycle.activate`; `to` is `ACTIVE` or `PROVISIONED`.
    UserActivated { user: UserIx, to: Status },
    /// `user.lifecycle.reactivate`
    UserReactivated { user: UserIx },
    /// `user.lifecycle.deactivate`; the memberships and assignments it took away follow as happenings of their own.
    UserDeactivated { user: UserIx },
    /// `user.lifecycle.suspend`
    UserSuspended { user: UserIx },
    /// `user.lifecycle.unsuspend`
    UserUnsuspended { user: UserIx },
    /// `user.account.lock`: too many failed attempts.
    UserLocked { user: UserIx },
    /// `user.account.unlock_by_admin`, or `user.account.unlock` when the user did it.
    UserUnlocked { user: UserIx },
    /// `user.lifecycle.delete.initiated` and `.completed`
    UserDeleted { user: UserIx },
    /// `user.account.update_profile`; `changed` names the profile attributes.
    ProfileUpdated { user: UserIx, changed: Vec<String> },
    /// `user.account.update_password`: the user chose a new one.
    PasswordUpdated { user: UserIx },
    /// `user.account.reset_password`: an admin ended the old one.
    PasswordReset { user: UserIx },
    /// `user.account.expire_password`
    PasswordExpired { user: UserIx },
    /// `user.session.start`, with `user.authentication.sso` when an app was opened, `user.authentication.auth_via_mfa`
    /// when a factor was asked for, and `policy.evaluate_sign_on`.
    SignedIn {
        user: UserIx,
        app: Option<AppIx>,
        factor: Option<FactorKind>,
        session: u64,
    },
    /// `user.authentication.auth_via_IDP` and `user.session.start`: another identity provider vouched for the user.
    SignedInThrough {
        user: UserIx,
        idp: DocumentIx,
        session: u64,
    },
    /// `user.session.start` with `FAILURE`.
    SignInFailed { user: UserIx, why: SignInFailure },
    /// `user.authentication.sso` within a session.
    AppOpened {
        user: UserIx,
        app: AppIx,
        session: u64,
    },
    /// `user.session.end`
    SignedOut { user: UserIx, session: u64 },
    /// `user.session.clear`
    SessionsCleared { user: UserIx },
    /// `user.authentication.universal_logout.scheduled`, and a moment later `user.authentication.universal_logout` for each
    /// application that is told, and for Okta itself.
    UniversalLogout { user: UserIx },
    /// `app.oauth2.token.revoke.implicit.user`: the tokens that programs had in the user's name.
    TokensRevoked { user: UserIx },
    /// `app.oauth2.token.revoke`: one refresh token, and the access tokens that came of it.
    RefreshTokenRevoked {
        user: UserIx,
        client: ClientIx,
        token: Id,
    },
    /// `system.email.password_reset.sent_message`: the user was sent a link for choosing a new password.
    ResetLinkSent { user: UserIx },
    /// `app.oauth2.as.consent.revoke.user`, or `.user.client` for one client: what programs may no longer have in the user's
    /// name; `scopes` are separated by spaces.
    ConsentsRevoked {
        user: UserIx,
        client: Option<ClientIx>,
        scopes: String,
    },
    /// `user.account.update_user_type`
    UserTypeChanged { user: UserIx },
    /// `user.session.access_admin_app`
    AdminConsoleOpened { user: UserIx, session: u64 },
    /// `user.mfa.factor.activate`
    FactorEnrolled { user: UserIx, factor: FactorKind },
    /// `user.mfa.factor.deactivate`
    FactorRemoved { user: UserIx, factor: FactorKind },
    /// `user.mfa.factor.reset_all`
    FactorsReset { user: UserIx },
    /// `user.account.privilege.grant`, `group.privilege.grant` or `app.oauth2.client.privilege.grant`, for a custom role with
    /// `iam.resourceset.bindings.add`; `privileges` is everything that the assignee has now. `assignment` is a place among
    /// [`super::World::assignment`]s.
    RoleAssigned {
        assignment: usize,
        privileges: String,
    },
    /// The privileges' `.grant` again: what they reach has changed.
    RoleLimited {
        assignment: usize,
        privileges: String,
    },
    /// The same with `.revoke` when nothing is `left`, with `.grant` of what is left otherwise, and
    /// `iam.resourceset.bindings.delete`.
    RoleUnassigned { assignment: usize, left: String },
    /// `iam.role.create`
    CustomRoleCreated { role: CustomRoleIx },
    /// `iam.role.delete`
    CustomRoleDeleted { role: CustomRoleIx },
    /// `iam.role.permissions.add`
    PermissionAdded {
        role: CustomRoleIx,
        permission: String,
    },
    /// `iam.role.permissions.delete`
    PermissionRemoved {
        role: CustomRoleIx,
        permission: String,
    },
    /// `iam.resourceset.create`
    ResourceSetCreated { set: ResourceSetIx },
    /// `iam.resourceset.delete`
    ResourceSetDeleted { set: ResourceSetIx },
    /// `iam.resourceset.resources.add`
    ResourceAdded { set: ResourceSetIx },
    /// `iam.resourceset.resources.delete`
    ResourceRemoved { set: ResourceSetIx },
    /// `resource.owner.update`: somebody owns a group now.
    OwnerAdded { group: GroupIx, by: OwnedBy },
    /// `resource.owner.update`: somebody owns a group no more.
    OwnerRemoved { group: GroupIx, by: OwnedBy },
    /// `app.oauth2.client.lifecycle.create`
    ClientCreated { client: ClientIx },
    /// `app.oauth2.credentials.lifecycle.create`; `credential` is the id of a secret or key.
    CredentialCreated { client: ClientIx, credential: Id },
    /// `app.oauth2.credentials.lifecycle.activate`
    CredentialActivated { client: ClientIx, credential: Id },
    /// `app.oauth2.credentials.lifecycle.deactivate`
    CredentialDeactivated { client: ClientIx, credential: Id },
    /// `app.oauth2.credentials.lifecycle.delete`
    CredentialDeleted { client: ClientIx, credential: Id },
    /// `app.oauth2.admin.consent.grant`
    ScopeGranted { client: ClientIx, scope: String },
    /// `app.oauth2.token.grant.access_token`; `scopes` are separated by spaces.
    AccessTokenGranted { client: ClientIx, scopes: String },
    /// `app.oauth2.admin.consent.revoke`
    ScopeRevoked { client: ClientIx, scope: String },
    /// `group.lifecycle.create`
    GroupCreated { group: GroupIx },
    /// `group.lifecycle.delete`
    GroupDeleted { group: GroupIx },
    /// `group.profile.update`
    GroupUpdated { group: GroupIx },
    /// `group.user_membership.add`
    MemberAdded { group: GroupIx, user: UserIx },
    /// `group.user_membership.remove`
    MemberRemoved { group: GroupIx, user: UserIx },
    /// `group.user_membership.add` by Okta itself, because of a rule.
    MemberAddedByRule {
        rule: RuleIx,
        group: GroupIx,
        user: UserIx,
    },
    /// `group.user_membership.remove` by Okta itself, because of a rule.
    MemberRemovedByRule {
        rule: RuleIx,
        group: GroupIx,
        user: UserIx,
    },
    /// `group.user_membership.rule.trigger`: the rule was switched on, and works through everybody.
    RuleActivated { rule: RuleIx },
    /// `group.user_membership.rule.deactivated`
    RuleDeactivated { rule: RuleIx },
    /// `group.user_membership.rule.invalidate`: what the rule names is gone.
    RuleInvalidated { rule: RuleIx },
    /// `group.user_membership.rule.add_exclusion`: somebody decided about the user by hand.
    RuleExclusionAdded { rule: RuleIx, user: UserIx },
    /// `application.lifecycle.create`
    AppCreated { app: AppIx },
    /// `application.lifecycle.update`
    AppUpdated { app: AppIx },
    /// `application.lifecycle.activate`
    AppActivated { app: AppIx },
    /// `application.lifecycle.deactivate`
    AppDeactivated { app: AppIx },
    /// `application.lifecycle.delete`
    AppDeleted { app: AppIx },
    /// `application.user_membership.add` (and `.provision` where the app provisions).
    AppUserAdded {
        app: AppIx,
        user: UserIx,
        scope: Scope,
    },
    /// `application.user_membership.remove` (and `.deprovision` where the app provisions).
    AppUserRemoved {
        app: AppIx,
        user: UserIx,
        scope: Scope,
    },
    /// `group.application_assignment.add`
    AppGroupAdded { app: AppIx, group: GroupIx },
    /// `group.application_assignment.remove`
    AppGroupRemoved { app: AppIx, group: GroupIx },
    /// `system.api_token.create`; `token` is a place among [`super::World::tokens`].
    TokenCreated { token: usize },
    /// `system.api_token.revoke`
    TokenRevoked { token: usize },
    /// `app.generic.unauth_app_access_attempt`: somebody tried an application that is not theirs, or the Admin Console.
    AppRefused { user: UserIx, app: Option<AppIx> },
    /// `user.account.report_suspicious_activity_by_enduser`
    SuspicionReported { user: UserIx },
    /// `zone.create`, `policy.rule.update`, `system.idp.lifecycle.deactivate`, …: by the document's kind and the deed.
    Document { document: DocumentIx, deed: Deed },
    /// `device.lifecycle.{activate,suspend,unsuspend,deactivate,delete}`
    Device { device: DeviceIx, deed: DeviceDeed },
    /// `system.org.rate_limit.warning`: 60 % of the named bucket is used.
    RateLimitWarning { bucket: &'static str },
    /// `system.org.rate_limit.violation`: the named bucket is empty.
    RateLimitViolation { bucket: &'static str },
}

impl Fact {
    /// The user whom it is about, where it is about one.
    pub fn user(&self) -> Option<UserIx> {
        match *self {
            Self::UserCreated { user }
            | Self::UserActivated { user, .. }
            | Self::UserReactivated { user }
            | Self::UserDeactivated { user }
            | Self::UserSuspended { user }
            | Self::UserUnsuspended { user }
            | Self::UserLocked { user }
            | Self::UserUnlocked { user }
            | Self::UserDeleted { user }
            | Self::ProfileUpdated { user, .. }
            | Self::UserTypeChanged { user }
            | Self::PasswordUpdated { user }
            | Self::PasswordReset { user }
            | Self::PasswordExpired { user }
            | Self::SessionsCleared { user }
            | Self::UniversalLogout { user }
            | Self::TokensRevoked { user }
            | Self::RefreshTokenRevoked { user, .. }
            | Self::ResetLinkSent { user }
            | Self::ConsentsRevoked { user, .. }
            | Self::FactorEnrolled { user, .. }
            | Self::FactorRemoved { user, .. }
            | Self::FactorsReset { user }
            | Self::MemberAdded { user, .. }
            | Self::MemberRemoved { user, .. }
            | Self::AppUserAdded { user, .. }
            | Self::AppUserRemoved { user, .. } => Some(user),
            _ => None,
        }
    }
}
