//! Why an operation was not carried out. `super::super::error` says it the way Okta does.

use thiserror::Error;

/// Why an operation was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is no such object, or not any more.
    #[error("Not found: Resource not found: {id} ({kind})")]
    NoSuch {
        /// The id that was asked for.
        id: String,
        /// The object's kind, as Okta names it: `User`, `UserGroup`, `AppInstance`, …
        kind: &'static str,
    },
    /// The values given do not do.
    #[error("Api validation failed: {field}: {cause}")]
    Invalid {
        /// The offending field.
        field: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The user's status does not allow it.
    #[error("This operation is not allowed in the user's current status.")]
    WrongStatus,
    /// The user's activation is still under way.
    #[error(
        "Cannot update this user because they are still being activated. Please try again in a few minutes."
    )]
    BeingActivated,
    /// The user is active already.
    #[error("Activation failed because the user is already active")]
    AlreadyActive,
    /// Only a locked user can be unlocked.
    #[error("Unlock is not allowed for this user.")]
    NotLocked,
    /// The status has no password to reset.
    #[error("Password reset failed")]
    NoPassword,
    /// The user cannot be sent a link for a forgotten password.
    #[error("Forgot password not allowed on specified user.")]
    NoForgotPassword,
    /// Somebody else keeps the user's credentials.
    #[error("Update of credentials failed")]
    CredentialsElsewhere,
    /// The group is managed elsewhere.
    #[error("You do not have permission to perform the requested action")]
    ManagedGroup,
    /// The user has the application through a group.
    #[error(
        "The application cannot be unassigned from the user while their group memberships grant them access"
    )]
    GivenByGroup,
    /// The user is not active enough to be given an application.
    #[error("Cannot assign apps or update app profiles for an inactive user.")]
    InactiveUser,
    /// An application must be deactivated before it is deleted.
    #[error("The application must be deactivated before deletion.")]
    AppStillActive,
    /// The profile is mastered elsewhere.
    #[error("Operation failed because user profile is mastered under another system")]
    MasteredElsewhere,
    /// The user already has the role.
    #[error("The role specified is already assigned to the user.")]
    RoleAlreadyAssigned,
    /// The role cannot be limited so.
    #[error("The provided role type was not the same as required role type.")]
    WrongRoleType,
    /// A built-in group cannot have roles.
    #[error("Roles cannot be granted to built-in groups: {name}")]
    BuiltInGroup {
        /// The group's name.
        name: String,
    },
    /// A group of this type cannot have roles.
    #[error("Roles can only be granted to Okta groups, AD groups and LDAP groups.")]
    GroupOfWrongType,
    /// A group of so many members cannot have roles.
    #[error("Roles can only be granted to groups with 5000 or less users.")]
    GroupTooLarge,
    /// Something still uses a role that was to be deleted.
    #[error("The role is bound to a resource set.")]
    StillBound,
    /// A group that rules fill cannot have roles.
    #[error("Roles cannot be granted to groups with group membership rules.")]
    GroupHasRules,
    /// A rule that is on cannot be deleted or changed.
    #[error("The rule must be deactivated first.")]
    RuleActive,
    /// A rule that is not on cannot be switched off.
    #[error("The rule is not active.")]
    RuleNotActive,
    /// A rule that cannot be evaluated cannot be switched on.
    #[error("The rule is invalid.")]
    InvalidRule,
    /// Only programs that act as themselves can have roles.
    #[error("Roles can only be granted to service application type")]
    NotAService,
    /// A client has as many secrets as it may.
    #[error("You've reached the maximum number of client secrets per client.")]
    TooManySecrets,
    /// A client would be left without a secret that works.
    #[error("You can't deactivate the only active client secret.")]
    LastSecret,
    /// A secret must be switched off before it is deleted.
    #[error("You can't delete an active client secret. Deactivate the secret before deleting it.")]
    ActiveSecret,
    /// There is no room for more.
    #[error("Target count limit exceeded")]
    TooManyTargets,
}

impl Refused {
    /// No user of this id.
    pub fn no_user(id: &(impl ToString + ?Sized)) -> Self {
        Self::NoSuch {
            id: id.to_string(),
            kind: "User",
        }
    }

    /// No group of this id.
    pub fn no_group(id: &(impl ToString + ?Sized)) -> Self {
        Self::NoSuch {
            id: id.to_string(),
            kind: "UserGroup",
        }
    }

    /// No application of this id.
    pub fn no_app(id: &(impl ToString + ?Sized)) -> Self {
        Self::NoSuch {
            id: id.to_string(),
            kind: "AppInstance",
        }
    }

    /// The field holds a value that another object has.
    pub fn duplicate(field: &str) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            cause: "An object with this field already exists in the current organization"
                .to_owned(),
        }
    }
}
