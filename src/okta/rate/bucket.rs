//! Which requests count against the same limit.

use std::fmt;

use crate::domain::resource::Resource;

/// A group of endpoints that share one limit. Okta matches a path exactly first and then by its longest prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// The list of users.
    Users,
    /// One user by id or login.
    User,
    /// The list of groups.
    Groups,
    /// One group by id.
    Group,
    /// The list of apps and everything below an app: the scarcest of all.
    Apps,
    /// One app by id.
    App,
    /// The System Log.
    Logs,
    /// Devices.
    Devices,
    /// OAuth clients and their roles.
    Clients,
    /// Everything else below `/api/v1`: members, factors, the org.
    Other,
    /// Everything else below `/oauth2`.
    OAuth,
    /// What anyone may ask without a credential.
    WellKnown,
}

impl Bucket {
    /// The bucket of a request's path.
    pub fn of_path(path: &str) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        match segments.next() {
            Some(".well-known") => return Self::WellKnown,
            Some("oauth2") => {
                return match segments.nth(1) {
                    Some("clients") => Self::Clients,
                    _ => Self::OAuth,
                };
            }
            _ => {}
        }
        let collection = segments.nth(1);
        let below = segments.next();
        let depth = usize::from(below.is_some()) + segments.count();
        match (collection, depth) {
            // Not one group by id, though its path looks so.
            (Some("groups"), _) if below == Some("rules") => Self::Other,
            (Some("users"), 0) => Self::Users,
            (Some("users"), 1) => Self::User,
            (Some("groups"), 0) => Self::Groups,
            (Some("groups"), 1) => Self::Group,
            (Some("apps"), 1) => Self::App,
            (Some("apps"), _) => Self::Apps,
            (Some("logs"), _) => Self::Logs,
            (Some("devices"), _) => Self::Devices,
            _ => Self::Other,
        }
    }

    /// The bucket that most of the requests for a resource count against.
    pub fn of_resource(resource: Resource) -> Self {
        match resource {
            Resource::Users => Self::Users,
            Resource::Groups => Self::Groups,
            Resource::Apps | Resource::AppUsers | Resource::PushMappings => Self::Apps,
            Resource::Log => Self::Logs,
            Resource::Devices => Self::Devices,
            Resource::Clients => Self::Clients,
            _ => Self::Other,
        }
    }

    /// The path it stands for.
    pub fn word(self) -> &'static str {
        match self {
            Self::Users => "/api/v1/users",
            Self::User => "/api/v1/users/{id}",
            Self::Groups => "/api/v1/groups",
            Self::Group => "/api/v1/groups/{id}",
            Self::Apps => "/api/v1/apps",
            Self::App => "/api/v1/apps/{id}",
            Self::Logs => "/api/v1/logs",
            Self::Devices => "/api/v1/devices",
            Self::Clients => "/oauth2/v1/clients",
            Self::Other => "/api/v1",
            Self::OAuth => "/oauth2",
            Self::WellKnown => "/.well-known",
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fall_into_oktas_buckets() {
        for (path, bucket) in [
            ("/api/v1/users", Bucket::Users),
            ("/api/v1/users/", Bucket::Users),
            ("/api/v1/users/me", Bucket::User),
            ("/api/v1/users/00u1/groups", Bucket::Other),
            ("/api/v1/users/00u1/factors", Bucket::Other),
            ("/api/v1/groups", Bucket::Groups),
            ("/api/v1/groups/00g1", Bucket::Group),
            ("/api/v1/groups/00g1/users", Bucket::Other),
            ("/api/v1/groups/00g1/apps", Bucket::Other),
            ("/api/v1/apps", Bucket::Apps),
            ("/api/v1/apps/0oa1", Bucket::App),
            ("/api/v1/apps/0oa1/users", Bucket::Apps),
            ("/api/v1/apps/0oa1/groups", Bucket::Apps),
            ("/api/v1/logs", Bucket::Logs),
            ("/api/v1/org", Bucket::Other),
            ("/oauth2/v1/clients", Bucket::Clients),
            ("/oauth2/v1/clients/0oa1/roles", Bucket::Clients),
            ("/oauth2/v1/token", Bucket::OAuth),
            ("/api/v1/devices", Bucket::Devices),
            ("/api/v1/groups/rules", Bucket::Other),
            ("/api/v1/apps/0oa1/group-push/mappings", Bucket::Apps),
            ("/.well-known/okta-organization", Bucket::WellKnown),
            ("/", Bucket::Other),
        ] {
            assert_eq!(Bucket::of_path(path), bucket, "{path}");
        }
    }
}
