//! Okta's own admin roles: what they are called, and what their assignments may be limited to.

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
    /// Authorization servers.
    ApiAccessManagementAdmin,
    /// Access certification campaigns.
    AccessCertificationsAdmin,
    /// Access requests.
    AccessRequestsAdmin,
    /// Workflows.
    WorkflowsAdmin,
}

/// What an assignment of a role may be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoped {
    /// Nothing: the role is for the whole org.
    No,
    /// Groups.
    ToGroups,
    /// Applications, or all instances of one of the catalogue.
    ToApps,
}

impl Role {
    /// Every role, most powerful first.
    pub const ALL: [Self; 12] = [
        Self::SuperAdmin,
        Self::OrgAdmin,
        Self::AppAdmin,
        Self::UserAdmin,
        Self::HelpDeskAdmin,
        Self::ReadOnlyAdmin,
        Self::GroupMembershipAdmin,
        Self::ReportAdmin,
        Self::ApiAccessManagementAdmin,
        Self::AccessCertificationsAdmin,
        Self::AccessRequestsAdmin,
        Self::WorkflowsAdmin,
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
            Self::ApiAccessManagementAdmin => "API_ACCESS_MANAGEMENT_ADMIN",
            Self::AccessCertificationsAdmin => "ACCESS_CERTIFICATIONS_ADMIN",
            Self::AccessRequestsAdmin => "ACCESS_REQUESTS_ADMIN",
            Self::WorkflowsAdmin => "WORKFLOWS_ADMIN",
        }
    }

    /// The role's name, as the log spells it when the role is not limited.
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
            Self::ApiAccessManagementAdmin => "API Access Management administrator",
            Self::AccessCertificationsAdmin => "Access Certifications administrator",
            Self::AccessRequestsAdmin => "Access Requests administrator",
            Self::WorkflowsAdmin => "Workflows administrator",
        }
    }

    /// The role's name, as the Roles API spells it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SuperAdmin => "Super Administrator",
            Self::OrgAdmin => "Organization Administrator",
            Self::AppAdmin => "Application Administrator",
            Self::UserAdmin => "Group Administrator",
            Self::HelpDeskAdmin => "Help Desk Administrator",
            Self::ReadOnlyAdmin => "Read Only Administrator",
            Self::GroupMembershipAdmin => "Group Membership Administrator",
            Self::ReportAdmin => "Report Administrator",
            Self::ApiAccessManagementAdmin => "API Access Management Administrator",
            Self::AccessCertificationsAdmin => "Access Certifications Administrator",
            Self::AccessRequestsAdmin => "Access Requests Administrator",
            Self::WorkflowsAdmin => "Workflows Administrator",
        }
    }

    /// For the roles that Okta built from permissions and a resource set, as admins build theirs: the set's id, which is a
    /// word. The API shows such assignments in the form of custom ones.
    pub fn built_in_set(self) -> Option<&'static str> {
        match self {
            Self::AccessCertificationsAdmin => Some("ACCESS_CERTIFICATIONS_IAM_POLICY"),
            Self::AccessRequestsAdmin => Some("ACCESS_REQUESTS_IAM_POLICY"),
            Self::WorkflowsAdmin => Some("WORKFLOWS_IAM_POLICY"),
            _ => None,
        }
    }

    /// What an assignment of the role may be limited to.
    pub fn scoped(self) -> Scoped {
        match self {
            Self::AppAdmin => Scoped::ToApps,
            Self::UserAdmin | Self::HelpDeskAdmin | Self::GroupMembershipAdmin => Scoped::ToGroups,
            _ => Scoped::No,
        }
    }

    /// The type in base 32: the id that old assignments of roles that can be limited have, the same for every assignee.
    pub fn encoded(self) -> String {
        const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut encoded = String::new();
        let (mut bits, mut held) = (0_u32, 0);
        for byte in self.as_str().bytes() {
            bits = bits << 8 | u32::from(byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                encoded.push(char::from(DIGITS[(bits >> held & 31) as usize]));
            }
            bits &= (1 << held) - 1;
        }
        if held > 0 {
            encoded.push(char::from(DIGITS[(bits << (5 - held) & 31) as usize]));
        }
        encoded
    }

    /// Reads the API's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_ids_are_the_type_in_base_32() {
        assert_eq!(Role::AppAdmin.encoded(), "IFIFAX2BIRGUSTQ");
        assert_eq!(Role::HelpDeskAdmin.encoded(), "JBCUYUC7IRCVGS27IFCE2SKO");
    }

    #[test]
    fn every_type_reads_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("CUSTOM"), None);
    }
}
