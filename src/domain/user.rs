//! A person's or a service's account in the org.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::open_enum::open_enum;
use super::text::SafeText;

open_enum! {
    /// Where a user stands in its life cycle.
    UserStatus {
        /// Created, not yet activated.
        Staged = "STAGED",
        /// Activated, waiting for the person ("pending user action").
        Provisioned = "PROVISIONED",
        /// In use.
        Active = "ACTIVE",
        /// A password reset is under way.
        Recovery = "RECOVERY",
        /// Too many failed sign-ins.
        LockedOut = "LOCKED_OUT",
        /// The password must be changed at the next sign-in.
        PasswordExpired = "PASSWORD_EXPIRED",
        /// Kept with all assignments, but may not sign in.
        Suspended = "SUSPENDED",
        /// Deactivated. A status, not a deletion.
        Deprovisioned = "DEPROVISIONED",
    }
}

/// A user as Okta's `GET /api/v1/users` describes it. Fields that Okta omits or sends as null are `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Okta's id, `00u…`.
    pub id: UserId,
    /// Life-cycle status.
    pub status: UserStatus,
    /// The target of a status change that is still under way.
    pub transitioning_to: Option<UserStatus>,
    /// `profile.login`, the name used to sign in.
    pub login: SafeText,
    /// `profile.email`.
    pub email: SafeText,
    /// `profile.firstName`.
    pub first_name: SafeText,
    /// `profile.lastName`.
    pub last_name: SafeText,
    /// `profile.title`.
    pub title: Option<SafeText>,
    /// `profile.department`.
    pub department: Option<SafeText>,
    /// `profile.manager`, or `profile.managerId` when only that is filled.
    pub manager: Option<SafeText>,
    /// `credentials.provider`: who checks the password, and so who masters the account.
    pub provider: Option<CredentialProvider>,
    /// Id of the user type.
    pub type_id: Option<SafeText>,
    /// When the account was created.
    pub created: Option<Timestamp>,
    /// When it was last activated.
    pub activated: Option<Timestamp>,
    /// When the status last changed.
    pub status_changed: Option<Timestamp>,
    /// The last sign-in that Okta tells of.
    pub last_login: Option<Timestamp>,
    /// When profile or status last changed; memberships, apps and factors do not move it.
    pub last_updated: Option<Timestamp>,
    /// When the password was last changed.
    pub password_changed: Option<Timestamp>,
}

impl User {
    /// First and last name in one, or the login when both are empty.
    pub fn display_name(&self) -> String {
        match (self.first_name.is_empty(), self.last_name.is_empty()) {
            (true, true) => self.login.to_string(),
            (false, true) => self.first_name.to_string(),
            (true, false) => self.last_name.to_string(),
            (false, false) => format!("{} {}", self.first_name, self.last_name),
        }
    }
}

/// `credentials.provider` of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialProvider {
    /// `OKTA`, `ACTIVE_DIRECTORY`, `LDAP`, `FEDERATION`, `SOCIAL`, `IMPORT`, …
    pub kind: SafeText,
    /// The provider's name, such as the AD domain.
    pub name: SafeText,
}
