//! The table of kinds: what each is called, where it hangs, what its columns are, and which resource it is read with.

use serde::{Deserialize, Serialize};

use crate::domain::resource::Resource;

/// What the entries of a kind hang below, one list for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    /// Nothing: there is one list.
    Org,
    /// A user: those that hold an admin role, and whoever's detail is open.
    User,
    /// A group: those that hold an admin role.
    Group,
    /// An app.
    App,
    /// Another entry of this kind.
    Entry(EntryKind),
    /// A policy type: the lists of policies are asked for by type.
    PolicyType,
    /// A binding: the resource set's id and the role's id, joined by a colon.
    Binding,
}

/// One row of the table.
struct Row {
    kind: EntryKind,
    word: &'static str,
    title: &'static str,
    above: Above,
    resource: Resource,
    columns: &'static [&'static str],
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $word:literal, $title:literal, $above:expr, $resource:ident, [$($column:literal),* $(,)?];)+) => {
        /// A kind of entry. The order is the order of storage: new kinds are added at the end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EntryKind {
            $($(#[$doc])* $kind,)+
        }

        const TABLE: &[Row] = &[$(Row {
            kind: EntryKind::$kind,
            word: $word,
            title: $title,
            above: $above,
            resource: Resource::$resource,
            columns: &[$($column),*],
        },)+];

        impl EntryKind {
            /// All kinds, in the order of storage.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];
        }
    };
}

// Columns may be appended, never moved: stored entries name them by position.
kinds! {
    /// A group rule.
    GroupRule: "group_rule", "Group rules", Above::Org, GroupRules, ["expression", "groups", "excludedUsers", "excludedGroups"];
    /// An owner of a group, a user or another group.
    GroupOwner: "group_owner", "Group owners", Above::Group, GroupOwners, ["type", "originType", "resolved"];
    /// A user with any admin role, as `iam/assignees/users` lists them.
    Admin: "admin", "Admins", Above::Org, Admins, ["orn"];
    /// A role of a user, inherited ones included.
    UserRole: "user_role", "Roles of users", Above::User, Admins, ["type", "label", "assignmentType", "role", "resourceSet", "targets"];
    /// A role of a group.
    GroupRole: "group_role", "Roles of groups", Above::Group, Admins, ["type", "label", "assignmentType", "role", "resourceSet", "targets"];
    /// A role of an OAuth client.
    ClientRole: "client_role", "Roles of clients", Above::Entry(EntryKind::Client), Admins, ["type", "label", "assignmentType", "role", "resourceSet", "targets"];
    /// A custom role.
    Role: "role", "Custom roles", Above::Org, Roles, ["description"];
    /// A permission of a custom role.
    RolePermission: "role_permission", "Permissions", Above::Entry(EntryKind::Role), Roles, ["conditions"];
    /// A set of resources that custom roles are bound to.
    ResourceSet: "resource_set", "Resource sets", Above::Org, Roles, ["description"];
    /// A custom role bound to a resource set; its id is the role's.
    Binding: "binding", "Bindings", Above::Entry(EntryKind::ResourceSet), Roles, [];
    /// Who holds a bound role: a user, a group or a client.
    BindingMember: "binding_member", "Members of bindings", Above::Binding, Roles, ["orn", "type"];
    /// What a resource set holds.
    SetResource: "set_resource", "Resources of sets", Above::Entry(EntryKind::ResourceSet), Roles, ["orn"];
    /// An identity provider.
    Idp: "idp", "Identity providers", Above::Org, Idps, ["type", "protocol", "issuer", "provisioning", "subjectMatch", "linking", "keyId"];
    /// An API token, without its secret.
    ApiToken: "api_token", "API tokens", Above::Org, ApiTokens, ["owner", "clientName", "expiresAt", "window", "network"];
    /// An OAuth client, as `oauth2/v1/clients` lists them.
    Client: "client", "OAuth clients", Above::Org, Clients, ["type", "authMethod", "grantTypes", "redirectUris", "dpop"];
    /// A secret of a client, without the secret.
    ClientSecret: "client_secret", "Client secrets", Above::Entry(EntryKind::Client), Clients, ["hash"];
    /// A public key of a client.
    ClientKey: "client_key", "Client keys", Above::Entry(EntryKind::Client), Clients, ["type", "use", "algorithm"];
    /// A scope granted to a client.
    ClientGrant: "client_grant", "Grants", Above::Entry(EntryKind::Client), Clients, ["scope", "issuer", "source", "user"];
    /// A policy of any type.
    Policy: "policy", "Policies", Above::PolicyType, Policies, ["type", "priority", "system", "description", "people", "network"];
    /// A rule of a policy.
    PolicyRule: "policy_rule", "Policy rules", Above::Entry(EntryKind::Policy), Policies, ["type", "priority", "system", "access", "people", "network", "requires", "risk", "device", "session"];
    /// An app that a policy applies to.
    PolicyMapping: "policy_mapping", "Apps of policies", Above::Entry(EntryKind::Policy), Policies, ["app"];
    /// A network zone.
    Zone: "zone", "Network zones", Above::Org, Zones, ["type", "usage", "system", "gateways", "proxies", "locations", "asns", "services"];
    /// A device.
    Device: "device", "Devices", Above::Org, Devices, ["platform", "osVersion", "manufacturer", "model", "serialNumber", "registered", "secureHardware", "diskEncryption", "managed", "users"];
    /// A way to authenticate that the org offers.
    Authenticator: "authenticator", "Authenticators", Above::Org, Authenticators, ["key", "type", "provider", "settings"];
    /// A behaviour detection rule.
    Behavior: "behavior", "Behaviours", Above::Org, Behaviors, ["type", "settings"];
    /// An event hook.
    EventHook: "event_hook", "Event hooks", Above::Org, Hooks, ["uri", "verification", "events", "filter"];
    /// An inline hook.
    InlineHook: "inline_hook", "Inline hooks", Above::Org, Hooks, ["type", "uri", "version"];
    /// A log stream.
    LogStream: "log_stream", "Log streams", Above::Org, LogStreams, ["type", "destination"];
    /// A trusted origin.
    TrustedOrigin: "trusted_origin", "Trusted origins", Above::Org, TrustedOrigins, ["origin", "scopes"];
    /// A user type.
    UserType: "user_type", "User types", Above::Org, Schemas, ["displayName", "default", "description", "schema"];
    /// A user schema; its id is that of the schema.
    UserSchema: "user_schema", "User schemas", Above::Entry(EntryKind::UserType), Schemas, ["title", "attributes", "custom", "unique"];
    /// The group schema.
    GroupSchema: "group_schema", "Group schema", Above::Org, Schemas, ["title", "attributes", "custom"];
    /// One of the org's settings, such as support access; its id is the setting's name.
    OrgSetting: "org_setting", "Org settings", Above::Org, OrgSettings, ["value", "expires"];
    /// A feature of the org.
    Feature: "feature", "Features", Above::Org, Features, ["type", "stage", "description"];
    /// A group that is pushed to an app.
    PushMapping: "push_mapping", "Group push", Above::App, PushMappings, ["sourceGroup", "targetGroup", "error"];
    /// An enrolled factor of a user.
    Factor: "factor", "Factors", Above::User, Factors, ["type", "provider", "vendor", "device"];
}

impl EntryKind {
    /// What many of it are called within a sentence.
    pub fn plural(self) -> String {
        match self {
            Self::ApiToken => "API tokens".to_owned(),
            Self::Client => "OAuth clients".to_owned(),
            Self::GroupSchema => "group schemas".to_owned(),
            Self::PushMapping => "group push mappings".to_owned(),
            kind => kind.title().to_lowercase(),
        }
    }
}

/// Fields of entries, by their names in Okta's JSON, that move by themselves: with each use, and so with each of our own readings.
/// That nothing else differs is no change that anybody made, and what they were at an earlier moment nobody kept.
const MOVES_BY_ITSELF: [(EntryKind, &[&str]); 1] =
    [(EntryKind::ApiToken, &["expiresAt", "lastUpdated"])];

impl EntryKind {
    /// The fields that move by themselves.
    pub fn moving_fields(self) -> &'static [&'static str] {
        let row = MOVES_BY_ITSELF.iter().find(|(kind, _)| *kind == self);
        row.map_or(&[], |(_, fields)| fields)
    }

    /// Whether Okta gives entries of this kind a status.
    pub fn has_status(self) -> bool {
        !matches!(
            self,
            Self::GroupOwner
                | Self::Admin
                | Self::Role
                | Self::RolePermission
                | Self::ResourceSet
                | Self::Binding
                | Self::BindingMember
                | Self::SetResource
                | Self::ApiToken
                | Self::PolicyMapping
                | Self::UserType
                | Self::UserSchema
                | Self::GroupSchema
                | Self::OrgSetting
        )
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Its name on the command line and in JSON, singular.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// Its heading, plural.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What its lists hang below.
    pub fn above(self) -> Above {
        self.row().above
    }

    /// The resource that it is read with.
    pub fn resource(self) -> Resource {
        self.row().resource
    }

    /// The names of its columns beside id, name, status and times.
    pub fn columns(self) -> &'static [&'static str] {
        self.row().columns
    }

    /// The fields that entries of every kind have in filters, beside the columns of their kind.
    pub const COMMON_FIELDS: [&'static str; 6] =
        ["name", "id", "status", "created", "lastUpdated", "parent"];

    /// All fields that its entries have in filters.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        Self::COMMON_FIELDS
            .into_iter()
            .chain(self.columns().iter().copied())
    }

    /// Its number in the store.
    pub fn number(self) -> u8 {
        u8::try_from(self as usize).expect("there are fewer than 256 kinds")
    }

    /// The kind with this number; `None` when a newer version stored it.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Reads the word back; `None` for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|row| row.word == word)
            .map(|row| row.kind)
    }

    /// The kinds that are read with a resource, those above others first.
    pub fn of(resource: Resource) -> impl Iterator<Item = Self> {
        TABLE
            .iter()
            .filter(move |row| row.resource == resource)
            .map(|row| row.kind)
    }
}

impl std::fmt::Display for EntryKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_words_are_different() {
        for (at, kind) in EntryKind::ALL.iter().enumerate() {
            assert_eq!(kind.row().kind, *kind);
            assert_eq!(usize::from(kind.number()), at);
            assert_eq!(EntryKind::from_number(kind.number()), Some(*kind));
            assert_eq!(EntryKind::from_word(kind.word()), Some(*kind));
        }
        assert_eq!(EntryKind::from_number(u8::MAX), None);
    }

    #[test]
    fn what_a_kind_hangs_below_is_read_before_it() {
        for kind in EntryKind::ALL {
            if let Above::Entry(above) = kind.above() {
                let same = above.resource() == kind.resource();
                assert!(!same || above < *kind, "{kind} comes before {above}");
            }
        }
    }

    /// "There are no group push here."
    #[test]
    fn a_sentence_about_none_of_a_kind_can_be_said() {
        for kind in EntryKind::ALL {
            let plural = kind.plural();
            let many = plural.split(" of ").next().unwrap_or_default();
            assert!(many.ends_with('s'), "There are no {plural} here.");
            let kept = ["API", "OAuth"];
            let rest = plural.split(' ').filter(|word| !kept.contains(word));
            assert!(
                rest.clone().all(|word| *word == word.to_lowercase()),
                "{plural}"
            );
        }
        assert_eq!(EntryKind::PushMapping.plural(), "group push mappings");
    }
}
