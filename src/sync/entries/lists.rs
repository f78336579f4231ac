//! Which lists of entries there are, by what the mirror knows of what they hang below, and which of them are to be read.
//!
//! Where a list costs a request of its own, only those are read that can hold something an investigation asks for: roles of those who
//! hold any, owners of groups that hold roles, credentials of service clients, pushed groups of apps that push groups. The lists below
//! apps share the scarcest rate limit of all.

use jiff::Timestamp;

use crate::domain::entry::Above;
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::id::AppId;
use crate::domain::id::ObjectId;
use crate::domain::query::ListQuery;
use crate::domain::text::SafeText;
use crate::okta::{client_of, setting_names};
use crate::store::{self, QueryError, Store};

/// The types of policies, those that a Classic org has first.
const POLICY_TYPES: [&str; 12] = [
    "OKTA_SIGN_ON",
    "PASSWORD",
    "MFA_ENROLL",
    "IDP_DISCOVERY",
    "ACCESS_POLICY",
    "PROFILE_ENROLLMENT",
    "POST_AUTH_SESSION",
    "ENTITY_RISK",
    "DEVICE_SIGNAL_COLLECTION",
    "SESSION_VIOLATION_DETECTION",
    "CLIENT_UPDATE",
    "IDENTITY_CLAIM_SOURCING",
];
const CLASSIC_TYPES: usize = 4;
/// Those that apply to apps which are mapped to them.
const TYPES_OF_APPS: [&str; 2] = ["ACCESS_POLICY", "PROFILE_ENROLLMENT"];

/// How much of a resource is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sync) enum Extent {
    /// Every list that was not read since this moment.
    Whole {
        /// By the server's clock.
        since: Timestamp,
    },
    /// The lists that hang below no entry, and of the others those that were never read or whose parent has changed since.
    Top,
}

/// One list of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sync) struct EntryList {
    pub(in crate::sync) kind: EntryKind,
    /// What it hangs below.
    pub(in crate::sync) parent: Option<EntryId>,
    /// The id that its path names; nearly always the parent's.
    pub(in crate::sync) in_path: Option<EntryId>,
    /// When the parent last changed, by Okta's account.
    changed: Option<Timestamp>,
}

impl EntryList {
    fn below(kind: EntryKind, parent: EntryId) -> Self {
        Self {
            kind,
            in_path: Some(parent.clone()),
            parent: Some(parent),
            changed: None,
        }
    }
}

/// What a reading of one kind has to do.
#[derive(Debug, Default)]
pub(in crate::sync) struct Selected {
    pub(in crate::sync) to_read: Vec<EntryList>,
    /// What has no such list any more, though it had.
    pub(in crate::sync) over: Vec<EntryId>,
}

/// The lists of a kind that are to be read, or the kind above that would have to be known first.
///
/// # Errors
/// When the mirror cannot be read.
pub(in crate::sync) fn select(
    store: &Store,
    kind: EntryKind,
    extent: Extent,
) -> Result<Result<Selected, EntryKind>, store::Error> {
    let all = match of(store, kind)? {
        Ok(all) => all,
        Err(above) => return Ok(Err(above)),
    };
    let over = over(store, kind, &all);
    let needed = |list: &EntryList| {
        let read = store.directory.entries_read(kind, list.parent.as_ref());
        is_needed(kind, extent, list.changed, read)
    };
    let to_read = all.into_iter().filter(needed).collect();
    Ok(Ok(Selected { to_read, over }))
}

/// Whether a list that was last read at `read` is read again.
fn is_needed(
    kind: EntryKind,
    extent: Extent,
    changed: Option<Timestamp>,
    read: Option<Timestamp>,
) -> bool {
    let Some(read) = read else { return true };
    match extent {
        Extent::Whole { since } => read < since,
        Extent::Top => {
            let is_top = matches!(kind.above(), Above::Org | Above::PolicyType);
            is_top || changed.is_some_and(|changed| changed > read)
        }
    }
}

/// Parents of lists that were read and are none of those that are read now. Factors and owners are also read of whoever is looked
/// at, so that theirs are over only when their user or group is.
fn over(store: &Store, kind: EntryKind, all: &[EntryList]) -> Vec<EntryId> {
    if matches!(kind, EntryKind::Factor | EntryKind::GroupOwner) {
        return Vec::new();
    }
    let known = store.directory.entry_lists(kind).into_iter();
    known
        .filter_map(|(parent, _)| parent)
        .filter(|parent| !all.iter().any(|list| list.parent.as_ref() == Some(parent)))
        .collect()
}

/// All lists of a kind, or the kind above that was never read, so that nobody can know which lists there are.
///
/// # Errors
/// When the mirror cannot be read.
pub(in crate::sync) fn of(
    store: &Store,
    kind: EntryKind,
) -> Result<Result<Vec<EntryList>, EntryKind>, store::Error> {
    let below = |parents: Vec<EntryId>| {
        let lists = parents.into_iter();
        lists.map(|parent| EntryList::below(kind, parent)).collect()
    };
    let lists = match kind {
        EntryKind::OrgSetting => {
            let of_one = |name| EntryList {
                parent: None,
                ..EntryList::below(kind, name)
            };
            setting_names().map(of_one).collect()
        }
        EntryKind::UserRole | EntryKind::Factor => match known(store, EntryKind::Admin) {
            Ok(admins) => below(admins.into_iter().map(|admin| admin.key.id).collect()),
            Err(above) => return Ok(Err(above)),
        },
        EntryKind::GroupRole | EntryKind::GroupOwner => below(privileged_groups(store)?),
        EntryKind::PushMapping => below(pushing_apps(store)?),
        EntryKind::ClientRole
        | EntryKind::ClientSecret
        | EntryKind::ClientKey
        | EntryKind::ClientGrant => match known(store, EntryKind::Client) {
            Ok(clients) => of_clients(store, kind, &clients)?,
            Err(above) => return Ok(Err(above)),
        },
        EntryKind::Policy => below(policy_types(store)),
        EntryKind::BindingMember => match known(store, EntryKind::Binding) {
            Ok(bindings) => below(bindings.iter().filter_map(binding_id).collect()),
            Err(above) => return Ok(Err(above)),
        },
        _ => match kind.above() {
            Above::Entry(above) => match known(store, above) {
                Ok(parents) => parents
                    .into_iter()
                    .filter_map(|parent| below_entry(kind, &parent))
                    .collect(),
                Err(above) => return Ok(Err(above)),
            },
            _ => vec![EntryList {
                kind,
                parent: None,
                in_path: None,
                changed: None,
            }],
        },
    };
    Ok(Ok(lists))
}

/// The list of a kind below one parent.
///
/// # Errors
/// When the mirror cannot be read.
pub(in crate::sync) fn one(
    store: &Store,
    kind: EntryKind,
    parent: EntryId,
) -> Result<EntryList, store::Error> {
    let is_below_app = matches!(
        kind,
        EntryKind::ClientSecret | EntryKind::ClientKey | EntryKind::ClientGrant
    );
    let mut list = EntryList::below(kind, parent);
    if is_below_app {
        list.in_path = list
            .in_path
            .map(|client| app_of(store, client))
            .transpose()?;
    }
    Ok(list)
}

/// The entries of a kind, unless none of its lists was ever read.
fn known(store: &Store, kind: EntryKind) -> Result<Vec<Entry>, EntryKind> {
    if is_known(store, kind) {
        Ok(store.directory.entries_below(kind, None))
    } else {
        Err(kind)
    }
}

/// Whether the entries of a kind were read, or are known to have nothing to hang below.
fn is_known(store: &Store, kind: EntryKind) -> bool {
    let read = !store.directory.entry_lists(kind).is_empty();
    let nothing_above = |above| is_known(store, above) && store.directory.entry_count(above) == 0;
    read || matches!(kind.above(), Above::Entry(above) if nothing_above(above))
}

fn below_entry(kind: EntryKind, parent: &Entry) -> Option<EntryList> {
    let list = EntryList {
        changed: parent.last_updated,
        ..EntryList::below(kind, parent.key.id.clone())
    };
    match kind {
        EntryKind::PolicyMapping => {
            let of_type = parent.key.parent.as_ref()?;
            has_apps(of_type).then_some(list)
        }
        EntryKind::UserSchema => {
            let schema = parent.fact("schema")?.as_str().parse().ok()?;
            let in_path = Some(schema);
            Some(EntryList { in_path, ..list })
        }
        _ => Some(list),
    }
}

/// Whether policies of this type apply to apps that are mapped to them.
pub(in crate::sync) fn has_apps(policy_type: &EntryId) -> bool {
    TYPES_OF_APPS.contains(&policy_type.as_str())
}

/// The id of a binding among all of them: the set's and the role's.
fn binding_id(binding: &Entry) -> Option<EntryId> {
    let set = binding.key.parent.as_ref()?;
    format!("{set}:{}", binding.key.id).parse().ok()
}

fn policy_types(store: &Store) -> Vec<EntryId> {
    let pipeline = store.org().and_then(|org| org.pipeline);
    let is_classic = pipeline.as_ref().map(SafeText::as_str) == Some("v1");
    let count = if is_classic {
        CLASSIC_TYPES
    } else {
        POLICY_TYPES.len()
    };
    POLICY_TYPES[..count]
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect()
}

/// Groups that hold admin roles, as Okta counts them.
fn privileged_groups(store: &Store) -> Result<Vec<EntryId>, store::Error> {
    let rows = store.directory.groups(&query("admin=true"), Timestamp::MIN);
    let rows = rows.map_err(of_query)?.rows;
    Ok(rows
        .iter()
        .filter_map(|row| row.value.id.as_str().parse().ok())
        .collect())
}

/// Apps that groups can be pushed to.
fn pushing_apps(store: &Store) -> Result<Vec<EntryId>, store::Error> {
    let rows = store
        .directory
        .apps(&query("features=GROUP_PUSH"), Timestamp::MIN);
    let rows = rows.map_err(of_query)?.rows;
    Ok(rows
        .iter()
        .filter_map(|row| row.value.id.as_str().parse().ok())
        .collect())
}

fn query(filter: &str) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        limit: 1_000_000,
        ..ListQuery::default()
    }
}

fn of_query(error: QueryError) -> store::Error {
    match error {
        QueryError::Store(error) => error,
        _ => unreachable!("the filters are constants that a test parses"),
    }
}

/// The lists below service clients: they act on their own, with what they were granted.
fn of_clients(
    store: &Store,
    kind: EntryKind,
    clients: &[Entry],
) -> Result<Vec<EntryList>, store::Error> {
    let is_service = |client: &&Entry| client.fact("type").map(SafeText::as_str) == Some("service");
    let lists = clients.iter().filter(is_service);
    lists
        .map(|client| one(store, kind, client.key.id.clone()))
        .collect()
}

/// The app that an OAuth client is. Nearly always their ids are the same; whoever made the app may have chosen another one.
fn app_of(store: &Store, client: EntryId) -> Result<EntryId, store::Error> {
    if let Ok(app) = client.as_str().parse::<AppId>()
        && store.directory.has(&ObjectId::App(app))?
    {
        return Ok(client);
    }
    let query = ListQuery {
        with_raw: true,
        ..query("signOn=OPENID_CONNECT")
    };
    let rows = store.directory.apps(&query, Timestamp::MIN);
    let rows = rows.map_err(of_query)?.rows;
    let its_app = rows
        .iter()
        .find(|row| row.raw.as_ref().and_then(client_of).as_ref() == Some(&client));
    let its_app = its_app.and_then(|row| row.value.id.as_str().parse().ok());
    Ok(its_app.unwrap_or(client))
}
