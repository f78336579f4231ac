//! What a call needs: the OAuth scope, and an admin role of whoever calls.
//!
//! One table, first match wins, so what is narrower stands first. Every path that a route serves has a row; a test compares
//! the two. How sure each column is:
//!
//! - **Scopes** are those of Okta's own API document, whose every operation names its scope.
//! - **Roles** are a guess after the Admin Console's comparison of standard roles, unless the row says otherwise: no document
//!   lists them by endpoint. Surely known is only that super admins may do everything, that read-only admins read users,
//!   groups, apps and the log, and that an admin's own user is always there as `me`.
//! - **Permissions** of custom roles have the names of Okta's list of permissions. A custom role is limited to a resource set
//!   in a real org; here it opens the whole endpoint.

use http::Method;

use super::world::World;
use super::world::assignment::{Assignment, Held};
use super::world::role::Role;

/// One kind of call and what it takes.
#[derive(Debug)]
pub struct Row {
    on: On,
    /// Segments; `*` is any one, and `**` at the end is whatever follows, or nothing.
    pattern: &'static str,
    /// The OAuth scopes, all of which a client needs, without their last word: `okta.users` for `okta.users.read`. None where
    /// the endpoint takes no OAuth token.
    families: &'static [&'static str],
    /// Standard roles that may, beside super admins.
    roles: &'static [Role],
    /// The permission with which a custom role may; empty when none does.
    permission: &'static str,
}

/// Which methods a row speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    /// `GET` and `HEAD`, with the scope's `read` or `manage`.
    Reading,
    /// `POST` that changes nothing, with the same scopes.
    Asking,
    /// Anything else, with the scope's `manage`.
    Writing,
}

const fn read(
    pattern: &'static str,
    families: &'static [&'static str],
    roles: &'static [Role],
    permission: &'static str,
) -> Row {
    Row {
        on: On::Reading,
        pattern,
        families,
        roles,
        permission,
    }
}

const fn write(
    pattern: &'static str,
    families: &'static [&'static str],
    roles: &'static [Role],
    permission: &'static str,
) -> Row {
    Row {
        on: On::Writing,
        pattern,
        families,
        roles,
        permission,
    }
}

/// Whoever has any admin role.
const ANY: &[Role] = &Role::ALL;
const PEOPLE: &[Role] = &[
    Role::OrgAdmin,
    Role::AppAdmin,
    Role::UserAdmin,
    Role::HelpDeskAdmin,
    Role::ReadOnlyAdmin,
    Role::GroupMembershipAdmin,
];
/// Who may let people in again.
const HELP: &[Role] = &[Role::OrgAdmin, Role::UserAdmin, Role::HelpDeskAdmin];
/// Who may do anything to people but make them admins.
const PEOPLE_MANAGERS: &[Role] = &[Role::OrgAdmin, Role::UserAdmin];
/// Who may put people into groups.
const MEMBERS: &[Role] = &[Role::OrgAdmin, Role::UserAdmin, Role::GroupMembershipAdmin];
const APPS: &[Role] = &[Role::OrgAdmin, Role::AppAdmin, Role::ReadOnlyAdmin];
const LOG: &[Role] = &[
    Role::OrgAdmin,
    Role::AppAdmin,
    Role::ReadOnlyAdmin,
    Role::ReportAdmin,
];
const SETTINGS: &[Role] = &[Role::OrgAdmin, Role::ReadOnlyAdmin];
const ORG: &[Role] = &[Role::OrgAdmin];
const SUPER: &[Role] = &[];

const USERS: &[&str] = &["okta.users"];
const GROUPS: &[&str] = &["okta.groups"];
const APP: &[&str] = &["okta.apps"];
const ROLES: &[&str] = &["okta.roles"];
const POLICIES: &[&str] = &["okta.policies"];

/// The table.
static ROWS: &[Row] = &[
    // An admin finds out who a token belongs to before anything else is known about it.
    read("/api/v1/users/me", USERS, ANY, "okta.users.read"),
    // Known from the field: tools that list admins ask for a super admin's token.
    read("/api/v1/users/*/roles/**", ROLES, SUPER, "okta.iam.read"),
    read("/api/v1/groups/*/roles/**", ROLES, SUPER, "okta.iam.read"),
    read(
        "/oauth2/v1/clients/*/roles/**",
        ROLES,
        SUPER,
        "okta.iam.read",
    ),
    read("/api/v1/iam/**", ROLES, SUPER, "okta.iam.read"),
    read("/api/v1/roles/**", ROLES, SUPER, "okta.iam.read"),
    write("/api/v1/users/*/roles/**", ROLES, SUPER, ""),
    write("/api/v1/groups/*/roles/**", ROLES, SUPER, ""),
    write("/oauth2/v1/clients/*/roles/**", ROLES, SUPER, ""),
    write("/api/v1/iam/**", ROLES, SUPER, ""),
    // Everything that is not granted on the user as a whole: a help desk may let in, and no more.
    write(
        "/api/v1/users/*/lifecycle/unlock",
        USERS,
        HELP,
        "okta.users.lifecycle.unlock",
    ),
    write(
        "/api/v1/users/*/lifecycle/reset_password",
        USERS,
        HELP,
        "okta.users.credentials.resetPassword",
    ),
    write(
        "/api/v1/users/*/lifecycle/expire_password",
        USERS,
        HELP,
        "okta.users.credentials.expirePassword",
    ),
    write(
        "/api/v1/users/*/lifecycle/expire_password_with_temp_password",
        USERS,
        HELP,
        "okta.users.credentials.expirePassword",
    ),
    write(
        "/api/v1/users/*/lifecycle/reset_factors",
        USERS,
        HELP,
        "okta.users.credentials.resetFactors",
    ),
    write(
        "/api/v1/users/*/factors/**",
        USERS,
        HELP,
        "okta.users.credentials.resetFactors",
    ),
    write(
        "/api/v1/users/*/credentials/forgot_password",
        USERS,
        HELP,
        "okta.users.credentials.resetPassword",
    ),
    write(
        "/api/v1/users/*/lifecycle/suspend",
        USERS,
        PEOPLE_MANAGERS,
        "okta.users.lifecycle.suspend",
    ),
    write(
        "/api/v1/users/*/lifecycle/unsuspend",
        USERS,
        PEOPLE_MANAGERS,
        "okta.users.lifecycle.unsuspend",
    ),
    write(
        "/api/v1/users/*/lifecycle/activate",
        USERS,
        PEOPLE_MANAGERS,
        "okta.users.lifecycle.activate",
    ),
    write(
        "/api/v1/users/*/lifecycle/deactivate",
        USERS,
        PEOPLE_MANAGERS,
        "okta.users.lifecycle.deactivate",
    ),
    write(
        "/api/v1/users/*/sessions",
        USERS,
        PEOPLE_MANAGERS,
        "okta.users.lifecycle.clearSessions",
    ),
    write(
        "/oauth2/v1/global-token-revocation",
        &["okta.universalLogout"],
        PEOPLE_MANAGERS,
        "okta.users.lifecycle.clearSessions",
    ),
    read("/api/v1/users/*/risk", &["okta.userRisk"], SETTINGS, ""),
    read("/api/v1/users/*/factors/questions", &[], PEOPLE, ""),
    read("/api/v1/users/**", USERS, PEOPLE, "okta.users.read"),
    write(
        "/api/v1/users/**",
        USERS,
        PEOPLE_MANAGERS,
        "okta.users.manage",
    ),
    read("/api/v1/groups/**", GROUPS, PEOPLE, "okta.groups.read"),
    write(
        "/api/v1/groups/*/users/**",
        GROUPS,
        MEMBERS,
        "okta.groups.members.manage",
    ),
    // Rules reach over all groups at once.
    write("/api/v1/groups/rules/**", GROUPS, ORG, "okta.groups.manage"),
    write(
        "/api/v1/groups/**",
        GROUPS,
        PEOPLE_MANAGERS,
        "okta.groups.manage",
    ),
    read("/api/v1/apps/*/grants/**", &["okta.appGrants"], SUPER, ""),
    // Known from the documents: only super admins grant scopes.
    write("/api/v1/apps/*/grants/**", &["okta.appGrants"], SUPER, ""),
    read(
        "/api/v1/apps/*/group-push/**",
        &["okta.apps", "okta.groups"],
        APPS,
        "okta.apps.read",
    ),
    read("/api/v1/apps/**", APP, APPS, "okta.apps.read"),
    write(
        "/api/v1/apps/**",
        APP,
        &[Role::OrgAdmin, Role::AppAdmin],
        "okta.apps.manage",
    ),
    read(
        "/oauth2/v1/clients/**",
        &["okta.clients"],
        APPS,
        "okta.apps.read",
    ),
    read(
        "/integrations/api/v1/api-services/**",
        &["okta.oauthIntegrations"],
        SETTINGS,
        "",
    ),
    // Any token may end itself, and only itself: no OAuth token is taken.
    write("/api/v1/api-tokens/current", &[], ANY, ""),
    write("/api/v1/api-tokens/**", &["okta.apiTokens"], SUPER, ""),
    write(
        "/api/v1/idps/**",
        &["okta.idps"],
        ORG,
        "okta.identityProviders.manage",
    ),
    write("/api/v1/zones/**", &["okta.networkZones"], ORG, ""),
    write(
        "/api/v1/devices/**",
        &["okta.devices"],
        ORG,
        "okta.devices.manage",
    ),
    // Known from the documents: who lets Okta's support in is a super admin.
    write(
        "/api/v1/org/privacy/oktaSupport/**",
        &["okta.orgs"],
        SUPER,
        "",
    ),
    read("/api/v1/logs", &["okta.logs"], LOG, "okta.logs.read"),
    read(
        "/api/v1/idps/**",
        &["okta.idps"],
        SETTINGS,
        "okta.identityProviders.read",
    ),
    read(
        "/api/v1/api-tokens/**",
        &["okta.apiTokens"],
        SETTINGS,
        "okta.apiTokens.read",
    ),
    Row {
        on: On::Asking,
        ..read(
            "/api/v1/policies/simulate",
            POLICIES,
            SETTINGS,
            "okta.policies.read",
        )
    },
    read(
        "/api/v1/policies/**",
        POLICIES,
        SETTINGS,
        "okta.policies.read",
    ),
    write("/api/v1/policies/**", POLICIES, ORG, "okta.policies.manage"),
    read(
        "/api/v1/mappings/**",
        &["okta.profileMappings"],
        SETTINGS,
        "",
    ),
    read("/api/v1/zones/**", &["okta.networkZones"], SETTINGS, ""),
    read(
        "/api/v1/devices/**",
        &["okta.devices"],
        SETTINGS,
        "okta.devices.read",
    ),
    read(
        "/api/v1/device-assurances/**",
        &["okta.deviceAssurance"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/authenticators/**",
        &["okta.authenticators"],
        SETTINGS,
        "",
    ),
    read("/api/v1/behaviors/**", &["okta.behaviors"], SETTINGS, ""),
    read("/api/v1/eventHooks/**", &["okta.eventHooks"], SETTINGS, ""),
    read(
        "/api/v1/inlineHooks/**",
        &["okta.inlineHooks"],
        SETTINGS,
        "",
    ),
    read("/api/v1/logStreams/**", &["okta.logStreams"], SETTINGS, ""),
    read(
        "/api/v1/trustedOrigins/**",
        &["okta.trustedOrigins"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/threats/configuration",
        &["okta.threatInsights"],
        SETTINGS,
        "",
    ),
    read("/api/v1/features/**", &["okta.features"], SETTINGS, ""),
    read(
        "/api/v1/realms/**",
        &["okta.realms"],
        SETTINGS,
        "okta.realms.read",
    ),
    read(
        "/api/v1/meta/types/user/**",
        &["okta.userTypes"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/meta/schemas/logStream/**",
        &["okta.logStreams"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/meta/schemas/user/linkedObjects/**",
        &["okta.linkedObjects"],
        SETTINGS,
        "",
    ),
    read("/api/v1/meta/schemas/**", &["okta.schemas"], PEOPLE, ""),
    read(
        "/api/v1/meta/uischemas/**",
        &["okta.uischemas"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/principal-rate-limits/**",
        &["okta.principalRateLimits"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/rate-limit-settings/**",
        &["okta.rateLimits"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/authorizationServers/**",
        &["okta.authorizationServers"],
        SETTINGS,
        "okta.authzServers.read",
    ),
    read("/api/v1/domains/**", &["okta.domains"], SETTINGS, ""),
    read(
        "/api/v1/realm-assignments/**",
        &["okta.realmAssignments"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/risk/providers/**",
        &["okta.riskProviders"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/security-events-providers/**",
        &["okta.securityEventsProviders"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/push-providers/**",
        &["okta.pushProviders"],
        SETTINGS,
        "",
    ),
    read(
        "/api/v1/email-domains/**",
        &["okta.emailDomains"],
        SETTINGS,
        "",
    ),
    read("/api/v1/brands/**", &["okta.brands"], SETTINGS, ""),
    read("/api/v1/org/captcha", &["okta.captchas"], SETTINGS, ""),
    read("/api/v1/org/factors/**", USERS, SETTINGS, ""),
    read("/api/v1/org", &["okta.orgs"], ANY, ""),
    read("/api/v1/org/**", &["okta.orgs"], SETTINGS, ""),
];

/// What a call needs; `None` for paths that nothing is said about.
pub fn row(method: &Method, path: &str) -> Option<&'static Row> {
    ROWS.iter()
        .find(|row| row.on.covers(method) && matches(row.pattern, path))
}

impl On {
    fn covers(self, method: &Method) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match self {
            Self::Reading => reads,
            Self::Asking => *method == Method::POST,
            Self::Writing => !reads,
        }
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        match (wanted, segments.next()) {
            ("**", _) => return true,
            ("*", Some(segment)) if !segment.is_empty() => {}
            (wanted, Some(segment)) if wanted == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

/// Whoever calls, as far as rights are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Standard roles, own and through groups.
    pub roles: Vec<Role>,
    /// Permissions of custom roles.
    pub permissions: Vec<String>,
}

impl Rights {
    /// What these assignments allow.
    pub fn of(world: &World, assignments: &[&Assignment]) -> Self {
        let mut rights = Self::default();
        for assignment in assignments {
            match assignment.held {
                Held::Standard(role) => rights.roles.push(role),
                Held::Custom { role, .. } => {
                    let permissions = &world.custom_role(role).permissions;
                    let labels = permissions.iter().map(|own| own.label.clone());
                    rights.permissions.extend(labels);
                }
            }
        }
        rights
    }

    /// Whether there is no admin role at all.
    pub fn is_none(&self) -> bool {
        self.roles.is_empty() && self.permissions.is_empty()
    }
}

impl Row {
    /// The scopes that a client needs, as Okta writes them; empty where no OAuth token is taken.
    pub fn scopes(&self) -> Vec<String> {
        let last = match self.on {
            On::Reading | On::Asking => "read",
            On::Writing => "manage",
        };
        let families = self.families.iter();
        families.map(|family| format!("{family}.{last}")).collect()
    }

    /// Whether any OAuth token is taken at all.
    pub fn takes_oauth(&self) -> bool {
        !self.families.is_empty()
    }

    /// Whether the scopes that a client was `granted` suffice. Managing implies reading.
    pub fn within(&self, granted: &[String]) -> bool {
        let has = |family: &str, last: &str| {
            granted
                .iter()
                .any(|scope| scope.strip_prefix(family) == Some(last))
        };
        !self.families.is_empty()
            && self.families.iter().all(|family| {
                has(family, ".manage") || (self.on != On::Writing && has(family, ".read"))
            })
    }

    /// Whether somebody with these rights may.
    pub fn allows(&self, rights: &Rights) -> bool {
        let by_role = |role: &Role| *role == Role::SuperAdmin || self.roles.contains(role);
        rights.roles.iter().any(by_role) || self.allowed_by_permission(&rights.permissions)
    }

    fn allowed_by_permission(&self, permissions: &[String]) -> bool {
        // Whoever may manage the whole may manage each of its parts, and read it.
        let covers = |held: &str| {
            held.strip_suffix(".manage").is_some_and(|whole| {
                let part = self.permission.strip_prefix(whole);
                whole.contains('.') && part.is_some_and(|part| part.starts_with('.'))
            })
        };
        !self.permission.is_empty()
            && permissions
                .iter()
                .any(|held| *held == self.permission || covers(held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(path: &str) -> Vec<String> {
        row(&Method::GET, path).unwrap().scopes()
    }

    #[test]
    fn the_narrower_row_wins() {
        for (path, scope) in [
            ("/api/v1/users", "okta.users.read"),
            ("/api/v1/users/00u1/groups", "okta.users.read"),
            ("/api/v1/users/00u1/roles", "okta.roles.read"),
            (
                "/api/v1/users/00u1/roles/r1/targets/groups",
                "okta.roles.read",
            ),
            ("/api/v1/users/00u1/risk", "okta.userRisk.read"),
            ("/api/v1/groups/rules", "okta.groups.read"),
            ("/api/v1/groups/00g1/apps", "okta.groups.read"),
            ("/api/v1/apps/0oa1/users", "okta.apps.read"),
            ("/api/v1/apps/0oa1/grants", "okta.appGrants.read"),
            ("/api/v1/meta/schemas/user/default", "okta.schemas.read"),
            ("/api/v1/org/contacts", "okta.orgs.read"),
            ("/oauth2/v1/clients/0oa1/roles", "okta.roles.read"),
        ] {
            assert_eq!(scopes(path), [scope], "{path}");
        }
        assert_eq!(scopes("/api/v1/apps/0oa1/group-push/mappings").len(), 2);
        assert!(row(&Method::GET, "/api/v1/usersandmore").is_none());
        assert!(row(&Method::GET, "/api/v1/logs/extra").is_none());
        let simulate = row(&Method::POST, "/api/v1/policies/simulate").unwrap();
        assert_eq!(simulate.scopes(), ["okta.policies.read"]);
        let create = row(&Method::POST, "/api/v1/users").unwrap();
        assert_eq!(create.scopes(), ["okta.users.manage"]);
    }

    #[test]
    fn managing_implies_reading_and_not_the_other_way_round() {
        let granted = |scope: &str| vec![scope.to_owned()];
        let read = row(&Method::GET, "/api/v1/users").unwrap();
        let write = row(&Method::POST, "/api/v1/users").unwrap();
        assert!(read.within(&granted("okta.users.read")));
        assert!(read.within(&granted("okta.users.manage")));
        assert!(write.within(&granted("okta.users.manage")));
        assert!(!write.within(&granted("okta.users.read")));
        assert!(!read.within(&granted("okta.users.read.self")));
        assert!(!read.within(&[]));
        let closed = row(&Method::GET, "/api/v1/users/00u1/factors/questions").unwrap();
        assert!(!closed.within(&granted("okta.users.manage")));
    }

    #[test]
    fn super_admins_may_everything_and_others_what_their_row_says() {
        let having = |role: Role| Rights {
            roles: vec![role],
            ..Rights::default()
        };
        let may = |role, path: &str| row(&Method::GET, path).unwrap().allows(&having(role));
        for row in ROWS {
            assert!(row.allows(&having(Role::SuperAdmin)), "{row:?}");
            assert!(!row.allows(&Rights::default()), "{row:?}");
        }
        assert!(may(Role::ReportAdmin, "/api/v1/logs"));
        assert!(may(Role::ReportAdmin, "/api/v1/users/me"));
        assert!(!may(Role::ReportAdmin, "/api/v1/users"));
        assert!(may(Role::ReadOnlyAdmin, "/api/v1/apps"));
        assert!(!may(Role::ReadOnlyAdmin, "/api/v1/iam/assignees/users"));
        assert!(!may(Role::HelpDeskAdmin, "/api/v1/apps"));
        let custom = Rights {
            permissions: vec!["okta.users.manage".to_owned()],
            ..Rights::default()
        };
        assert!(row(&Method::GET, "/api/v1/users").unwrap().allows(&custom));
        assert!(!row(&Method::GET, "/api/v1/groups").unwrap().allows(&custom));
    }
}
