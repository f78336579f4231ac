//! Lists of entries: one table says where each kind is listed, how, and how long a page may be.

use super::super::Reader;
use super::super::error::Error;
use super::super::link::Cursor;
use super::super::page::{Item, Page};
use super::super::wire::{client_of_app, decode_entry};
use super::quoted;
use crate::domain::entry::{Entry, EntryId, EntryKind};
use crate::domain::text::RawJson;

/// How the entries of a kind are listed.
struct Listing {
    /// What is done, for errors.
    operation: &'static str,
    /// The path, in which `{parent}` is what they hang below, or `{set}` and `{role}` the two parts of a binding.
    path: &'static str,
    /// The query, likewise.
    query: &'static [(&'static str, &'static str)],
    /// Items a page, where Okta or we say so; `None` when a list is always one page.
    page: Option<u64>,
    body: Body,
}

/// What the answer's body is.
#[derive(Clone, Copy)]
enum Body {
    /// A list; the next page is named in a header.
    List,
    /// An object with the list at the end of this path; the next page is named in it.
    Within(&'static [&'static str]),
    /// The one entry itself.
    One,
}

const fn listing(operation: &'static str, path: &'static str) -> Listing {
    Listing {
        operation,
        path,
        query: &[],
        page: None,
        body: Body::List,
    }
}

impl Listing {
    /// Asks for pages of this length.
    const fn paged(self, page: u64, query: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            page: Some(page),
            query,
            ..self
        }
    }

    const fn asking(self, query: &'static [(&'static str, &'static str)]) -> Self {
        Self { query, ..self }
    }

    /// The list stands in an object. Where its pages are a hundred long nobody can say otherwise.
    const fn within(self, path: &'static [&'static str]) -> Self {
        Self {
            page: match self.page {
                None => Some(100),
                page => page,
            },
            body: Body::Within(path),
            ..self
        }
    }

    const fn one(self) -> Self {
        Self {
            body: Body::One,
            ..self
        }
    }
}

/// The table. Where a role's targets come with it is asked for: a helpdesk admin of one group is not one of all.
const fn of(kind: EntryKind) -> Listing {
    use EntryKind as K;
    const MOST: &[(&str, &str)] = &[("limit", "200")];
    const TARGETS: &[(&str, &str)] = &[("expand", "targets/groups")];
    match kind {
        K::GroupRule => listing("list group rules", "api/v1/groups/rules").paged(200, MOST),
        K::GroupOwner => listing("list a group's owners", "api/v1/groups/{parent}/owners")
            .paged(1_000, &[("limit", "1000")]),
        K::Admin => listing("list admins", "api/v1/iam/assignees/users")
            .paged(200, MOST)
            .within(&["value"]),
        K::UserRole => {
            listing("list a user's roles", "api/v1/users/{parent}/roles").asking(TARGETS)
        }
        K::GroupRole => {
            listing("list a group's roles", "api/v1/groups/{parent}/roles").asking(TARGETS)
        }
        K::ClientRole => listing("list a client's roles", "oauth2/v1/clients/{parent}/roles"),
        K::Role => listing("list custom roles", "api/v1/iam/roles").within(&["roles"]),
        K::RolePermission => listing(
            "list a role's permissions",
            "api/v1/iam/roles/{parent}/permissions",
        )
        .within(&["permissions"]),
        K::ResourceSet => {
            listing("list resource sets", "api/v1/iam/resource-sets").within(&["resource-sets"])
        }
        K::Binding => listing(
            "list a resource set's bindings",
            "api/v1/iam/resource-sets/{parent}/bindings",
        )
        .within(&["roles"]),
        K::BindingMember => listing(
            "list a binding's members",
            "api/v1/iam/resource-sets/{set}/bindings/{role}/members",
        )
        .within(&["members"]),
        K::SetResource => listing(
            "list a resource set's resources",
            "api/v1/iam/resource-sets/{parent}/resources",
        )
        .within(&["resources"]),
        K::Idp => listing("list identity providers", "api/v1/idps").paged(200, MOST),
        K::ApiToken => listing("list API tokens", "api/v1/api-tokens"),
        K::Client => listing("list OAuth clients", "oauth2/v1/clients").paged(200, MOST),
        K::ClientSecret => listing(
            "list a client's secrets",
            "api/v1/apps/{parent}/credentials/secrets",
        ),
        K::ClientKey => Listing {
            // Okta's document says that it is a list, and shows it inside an object.
            body: Body::Within(&["jwks", "keys"]),
            ..listing(
                "list a client's keys",
                "api/v1/apps/{parent}/credentials/jwks",
            )
        },
        K::ClientGrant => listing("list a client's grants", "api/v1/apps/{parent}/grants"),
        K::Policy => listing("list policies", "api/v1/policies")
            .paged(200, &[("type", "{parent}"), ("limit", "200")]),
        K::PolicyRule => listing("list a policy's rules", "api/v1/policies/{parent}/rules"),
        K::PolicyMapping => listing("list a policy's apps", "api/v1/policies/{parent}/mappings"),
        K::Zone => listing("list network zones", "api/v1/zones").paged(200, MOST),
        K::Device => listing("list devices", "api/v1/devices")
            .paged(200, &[("limit", "200"), ("expand", "userSummary")]),
        K::Authenticator => listing("list authenticators", "api/v1/authenticators"),
        K::Behavior => listing("list behaviour rules", "api/v1/behaviors"),
        K::EventHook => listing("list event hooks", "api/v1/eventHooks"),
        K::InlineHook => listing("list inline hooks", "api/v1/inlineHooks"),
        K::LogStream => listing("list log streams", "api/v1/logStreams").paged(200, MOST),
        K::TrustedOrigin => {
            listing("list trusted origins", "api/v1/trustedOrigins").paged(200, MOST)
        }
        K::UserType => listing("list user types", "api/v1/meta/types/user"),
        K::UserSchema => listing("read a user schema", "api/v1/meta/schemas/user/{parent}").one(),
        K::GroupSchema => {
            listing("read the group schema", "api/v1/meta/schemas/group/default").one()
        }
        K::OrgSetting => listing("read a setting of the org", "api/v1/{setting}").one(),
        K::Feature => listing("list features", "api/v1/features"),
        K::PushMapping => listing(
            "list an app's pushed groups",
            "api/v1/apps/{parent}/group-push/mappings",
        )
        .paged(1_000, &[("limit", "1000")]),
        K::Factor => listing("list a user's factors", "api/v1/users/{parent}/factors"),
    }
}

/// The org's settings that have an address of their own, and where.
const SETTINGS: [(&str, &str); 10] = [
    ("org", "org"),
    ("preferences", "org/preferences"),
    ("oktaSupport", "org/privacy/oktaSupport"),
    ("oktaCommunication", "org/privacy/oktaCommunication"),
    ("contact.billing", "org/contacts/billing"),
    ("contact.technical", "org/contacts/technical"),
    ("thirdPartyAdmin", "org/orgSettings/thirdPartyAdminSetting"),
    ("clientPrivileges", "org/settings/clientPrivilegesSetting"),
    (
        "autoAssignAdminApp",
        "org/settings/autoAssignAdminAppSetting",
    ),
    ("threatInsight", "threats/configuration"),
];

/// The names of the org's settings: what [`Reader::entries`] takes as the parent of an [`EntryKind::OrgSetting`].
pub fn setting_names() -> impl Iterator<Item = EntryId> {
    let names = SETTINGS.iter();
    names.filter_map(|(name, _)| name.parse().ok())
}

/// Entries a page of this kind's lists; `None` when a list is always one page.
pub fn entries_a_page(kind: EntryKind) -> Option<u64> {
    of(kind).page
}

/// The id of the OAuth client that an app is, by the app's JSON; `None` when it is none.
pub fn client_of(app: &RawJson) -> Option<EntryId> {
    client_of_app(serde_json::from_str(app.as_unsafe_str()).ok()?)
}

impl Reader {
    /// One page of the entries of a kind below `parent`, as long as Okta makes pages. What a parent is follows from
    /// [`EntryKind::above`]; for the secrets, keys and grants of a client it is the client's app, for a user schema the schema, for
    /// a setting its name.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial. `NotFound` when there is no such parent.
    pub async fn entries(
        &self,
        kind: EntryKind,
        parent: Option<&EntryId>,
        cursor: &Cursor,
    ) -> Result<Page<Entry>, Error> {
        self.entries_of(kind, parent, parent, cursor).await
    }

    /// The same, where the path needs another id than the one that the entries hang below.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    pub async fn entries_of(
        &self,
        kind: EntryKind,
        parent: Option<&EntryId>,
        in_path: Option<&EntryId>,
        cursor: &Cursor,
    ) -> Result<Page<Entry>, Error> {
        let Listing {
            operation,
            path,
            query,
            body,
            ..
        } = of(kind);
        let named = in_path.map(EntryId::as_str).unwrap_or_default();
        let segments: Vec<&str> = path
            .split('/')
            .flat_map(|segment| filled(segment, named))
            .collect();
        let query: Vec<(&str, &str)> = query
            .iter()
            .map(|(key, value)| (*key, if *value == "{parent}" { named } else { value }))
            .collect();
        let call = self.page_call(operation, &segments, &query, cursor)?;
        let read = |raw: &_| {
            let (value, raw) = decode_entry(kind, parent, raw)?;
            Ok(Item { value, raw })
        };
        let page = match body {
            Body::List => self.list(&call, &[], read).await?,
            Body::Within(path) => self.list(&call, path, read).await?,
            Body::One => self.single(&call, read).await?,
        };
        match kind {
            EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole => {
                self.with_app_targets(kind, parent, &segments, page).await
            }
            _ => Ok(page),
        }
    }

    /// One device with its users, in the shape of the list: none when Okta has no such device.
    ///
    /// # Errors
    /// [`Error`] when the answer could not be read.
    pub async fn device(&self, id: &EntryId) -> Result<Page<Entry>, Error> {
        let search = format!("id eq {}", quoted(id.as_str()));
        let query = [("search", search.as_str()), ("expand", "userSummary")];
        let segments = ["api", "v1", "devices"];
        let call = self.page_call("read a device", &segments, &query, &Cursor::Start)?;
        let read = |raw: &_| {
            let (value, raw) = decode_entry(EntryKind::Device, None, raw)?;
            Ok(Item { value, raw })
        };
        self.list(&call, &[], read).await
    }
}

/// The segments that one of the table's stands for.
fn filled<'a>(segment: &'a str, parent: &'a str) -> Vec<&'a str> {
    match segment {
        "{parent}" => vec![parent],
        "{set}" => vec![parent.split_once(':').map_or(parent, |(set, _)| set)],
        "{role}" => vec![parent.split_once(':').map_or("", |(_, role)| role)],
        "{setting}" => SETTINGS
            .iter()
            .find(|(name, _)| *name == parent)
            .map_or(vec![""], |(_, path)| path.split('/').collect()),
        other => vec![other],
    }
}

#[cfg(test)]
mod tests;
