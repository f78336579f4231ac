//! What a credential needs to read a resource: the OAuth scope, and an admin role that is enough.
//!
//! Scopes are those of Okta's API document. Roles follow the Admin Console's comparison of standard roles: the least of them that
//! reads the whole of it. A custom role may be enough, too.

use crate::domain::resource::Resource;

/// What reading a resource takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The OAuth scope, such as `okta.users.read`.
    pub scope: &'static str,
    /// The name of an admin role that is enough.
    pub role: &'static str,
}

const READ_ONLY: &str = "Read-only Administrator";
const SUPER: &str = "Super Administrator";

/// What reading `resource` takes.
pub fn needed(resource: Resource) -> Needed {
    let (scope, role) = match resource {
        Resource::Users | Resource::Factors => ("okta.users.read", READ_ONLY),
        Resource::Groups
        | Resource::Memberships
        | Resource::AppGroups
        | Resource::GroupRules
        | Resource::GroupOwners => ("okta.groups.read", READ_ONLY),
        Resource::Apps | Resource::AppUsers | Resource::PushMappings => {
            ("okta.apps.read", READ_ONLY)
        }
        Resource::Log => ("okta.logs.read", READ_ONLY),
        Resource::Admins | Resource::Roles => ("okta.roles.read", SUPER),
        Resource::Idps => ("okta.idps.read", READ_ONLY),
        Resource::ApiTokens => ("okta.apiTokens.read", READ_ONLY),
        // The clients themselves take less, but what they were granted is for super admins to see.
        Resource::Clients => ("okta.clients.read", SUPER),
        Resource::Policies => ("okta.policies.read", READ_ONLY),
        Resource::Zones => ("okta.networkZones.read", READ_ONLY),
        Resource::Devices => ("okta.devices.read", READ_ONLY),
        Resource::Authenticators => ("okta.authenticators.read", READ_ONLY),
        Resource::Behaviors => ("okta.behaviors.read", READ_ONLY),
        Resource::Hooks => ("okta.eventHooks.read", READ_ONLY),
        Resource::LogStreams => ("okta.logStreams.read", READ_ONLY),
        Resource::TrustedOrigins => ("okta.trustedOrigins.read", READ_ONLY),
        Resource::Schemas => ("okta.schemas.read", READ_ONLY),
        Resource::OrgSettings => ("okta.orgs.read", READ_ONLY),
        Resource::Features => ("okta.features.read", READ_ONLY),
    };
    Needed { scope, role }
}
