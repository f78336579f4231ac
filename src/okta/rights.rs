//! What a credential needs to read a resource: the OAuth scope, and an admin role that is enough.
//!
//! Scopes are those of Okta's API document. Roles follow the Admin Console's comparison of standard roles: the least of them that
//! reads the whole of it. A custom role may be enough, too.

use std::collections::BTreeSet;

use crate::domain::resource::Resource;

/// What reading a resource takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The OAuth scope, such as `okta.users.read`.
    pub scope: &'static str,
    /// Further scopes that parts of it take.
    pub more: &'static [&'static str],
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
    let more: &[&str] = match resource {
        Resource::Clients => &["okta.apps.read", "okta.appGrants.read"],
        Resource::Hooks => &["okta.inlineHooks.read"],
        Resource::Schemas => &["okta.userTypes.read"],
        Resource::OrgSettings => &["okta.threatInsights.read"],
        Resource::PushMappings => &["okta.groups.read"],
        _ => &[],
    };
    Needed { scope, more, role }
}

/// The scopes with which a service app can read all that is mirrored, each once, in the order of the alphabet.
pub fn scopes_of_mirror() -> Vec<&'static str> {
    let org = Resource::OrgSettings;
    let factors = Resource::Factors;
    let read = Resource::ALL.into_iter().chain([org, factors]);
    let all = read.map(needed);
    let scopes: BTreeSet<_> = all
        .flat_map(|needed| needed.more.iter().copied().chain([needed.scope]))
        .collect();
    scopes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirrors_scopes_are_for_reading_and_named_once() {
        let scopes = scopes_of_mirror();
        assert!(scopes.contains(&"okta.users.read") && scopes.contains(&"okta.logs.read"));
        assert!(
            scopes
                .iter()
                .all(|scope| scope.rsplit('.').next() == Some("read"))
        );
        assert!(scopes.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
