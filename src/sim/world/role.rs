//! Admin roles.

/// A standard admin role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Everything.
    SuperAdmin,
    /// Everything but other admins.
    OrgAdmin,
    /// Applications.
    AppAdmin,
    /// Users of some groups.
    UserAdmin,
    /// Passwords, factors and unlocking.
    HelpDeskAdmin,
    /// Reads everything.
    ReadOnlyAdmin,
    /// Members of groups.
    GroupMembershipAdmin,
    /// Reports only.
    ReportAdmin,
}

impl Role {
    /// Every role, most powerful first.
    pub const ALL: [Self; 8] = [
        Self::SuperAdmin,
        Self::OrgAdmin,
        Self::AppAdmin,
        Self::UserAdmin,
        Self::HelpDeskAdmin,
        Self::ReadOnlyAdmin,
        Self::GroupMembershipAdmin,
        Self::ReportAdmin,
    ];

    /// The role's type, as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "SUPER_ADMIN",
            Self::OrgAdmin => "ORG_ADMIN",
            Self::AppAdmin => "APP_ADMIN",
            Self::UserAdmin => "USER_ADMIN",
            Self::HelpDeskAdmin => "HELP_DESK_ADMIN",
            Self::ReadOnlyAdmin => "READ_ONLY_ADMIN",
            Self::GroupMembershipAdmin => "GROUP_MEMBERSHIP_ADMIN",
            Self::ReportAdmin => "REPORT_ADMIN",
        }
    }

    /// The role's name, as the Admin Console and the log spell it.
    pub fn label(self) -> &'static str {
        match self {
            Self::SuperAdmin => "Super administrator",
            Self::OrgAdmin => "Organization administrator",
            Self::AppAdmin => "Application administrator (all)",
            Self::UserAdmin => "Group administrator (all)",
            Self::HelpDeskAdmin => "Help desk administrator (all)",
            Self::ReadOnlyAdmin => "Read-only administrator",
            Self::GroupMembershipAdmin => "Group membership administrator (all)",
            Self::ReportAdmin => "Report administrator",
        }
    }

    /// Reads the API's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}
