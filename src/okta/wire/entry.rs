//! Everything that becomes an [`Entry`]: a function for each kind that says where its columns and references are in Okta's JSON.
//!
//! As everywhere in [`wire`](super) only an identity is required. What is secret in the JSON is taken out before anybody keeps it
//! ([`keep`]): Okta sends the secrets of OAuth clients and identity providers to whoever may list them.

mod access;
mod client;
mod device;
mod flat;
mod idp;
mod keep;
mod org;
mod policy;
mod role;
mod rule;
mod token;
mod zone;

use std::str::FromStr as _;

use jiff::Timestamp;
use serde_json::value::RawValue;

pub(super) use device::NAMES as FACTOR_NAMES;

use super::Unreadable;
use super::fields::Fields;
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, How, Reference, Target};
use crate::domain::id::ObjectId;
use crate::domain::text::{RawJson, SafeText};

/// Reads one entry of `kind` that was listed below `parent`, and its JSON as it may be kept.
///
/// # Errors
/// [`Unreadable`] when it has no identity.
pub(in crate::okta) fn decode(
    kind: EntryKind,
    parent: Option<&EntryId>,
    raw: &RawValue,
) -> Result<(Entry, RawJson), Unreadable> {
    let fields = Fields::of(raw)?;
    let mut draft = Draft::new(kind, parent, &fields);
    let read = match kind {
        EntryKind::GroupRule => rule::group_rule,
        EntryKind::GroupOwner => rule::group_owner,
        EntryKind::Admin => role::admin,
        EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole => role::assignment,
        EntryKind::Role | EntryKind::ResourceSet => role::described,
        EntryKind::RolePermission => role::permission,
        EntryKind::Binding => role::binding,
        EntryKind::BindingMember => role::binding_member,
        EntryKind::SetResource => role::set_resource,
        EntryKind::Idp => idp::idp,
        EntryKind::ApiToken => token::api_token,
        EntryKind::Client => client::client,
        EntryKind::ClientSecret => client::secret,
        EntryKind::ClientKey => client::key,
        EntryKind::ClientGrant => client::grant,
        EntryKind::Policy => policy::policy,
        EntryKind::PolicyRule => policy::rule,
        EntryKind::PolicyMapping => policy::mapping,
        EntryKind::Zone => zone::zone,
        EntryKind::Device => device::device,
        EntryKind::Factor => device::factor,
        EntryKind::Authenticator => org::authenticator,
        EntryKind::Behavior => org::behavior,
        EntryKind::EventHook => org::event_hook,
        EntryKind::InlineHook => org::inline_hook,
        EntryKind::LogStream => org::log_stream,
        EntryKind::TrustedOrigin => org::trusted_origin,
        EntryKind::UserType => org::user_type,
        EntryKind::UserSchema => org::user_schema,
        EntryKind::GroupSchema => org::group_schema,
        EntryKind::OrgSetting => org::setting,
        EntryKind::Feature => org::feature,
        EntryKind::PushMapping => device::push_mapping,
    };
    read(&fields, &mut draft);
    Ok((draft.finish()?, keep::without_secrets(raw)))
}

/// The id that an app gives to the OAuth client that it is; `None` for an app that is none.
pub(in crate::okta) fn client_of_app(raw: &RawValue) -> Option<EntryId> {
    let fields = Fields::of(raw).ok()?;
    let credentials = fields.object("credentials");
    credentials.object("oauthClient").parsed("client_id")
}

/// An entry that is being read.
struct Draft<'a> {
    kind: EntryKind,
    parent: Option<&'a EntryId>,
    id: Option<EntryId>,
    name: Option<SafeText>,
    status: Option<SafeText>,
    created: Option<Timestamp>,
    last_updated: Option<Timestamp>,
    facts: Vec<Option<SafeText>>,
    refs: Vec<Reference>,
}

impl<'a> Draft<'a> {
    /// What nearly all of Okta's objects have in common.
    fn new(kind: EntryKind, parent: Option<&'a EntryId>, fields: &Fields<'_>) -> Self {
        let name = ["name", "label", "displayName"];
        Self {
            kind,
            parent,
            id: fields.parsed("id"),
            name: name.iter().find_map(|field| fields.filled(field)),
            status: fields.filled("status"),
            created: fields.time("created"),
            last_updated: fields.time("lastUpdated"),
            facts: vec![None; kind.columns().len()],
            refs: Vec::new(),
        }
    }

    /// Fills a column.
    fn fact(&mut self, column: &str, value: Option<SafeText>) {
        let columns = self.kind.columns();
        let at = columns.iter().position(|name| *name == column);
        debug_assert!(at.is_some(), "{} has no column {column}", self.kind);
        if let Some(at) = at {
            self.facts[at] = value.filter(|value| !value.is_empty());
        }
    }

    /// Fills columns with the fields of the same names.
    fn facts(&mut self, fields: &Fields<'_>, columns: &[&str]) {
        for column in columns {
            self.fact(column, fields.filled(column));
        }
    }

    fn refer(&mut self, how: How, to: impl Into<Option<Target>>) {
        if let Some(to) = to.into() {
            self.refs.push(Reference { how, to });
        }
    }

    fn refer_all<'t>(
        &mut self,
        how: How,
        ids: &'t [SafeText],
        target: impl Fn(&'t str) -> Option<Target>,
    ) {
        for id in ids {
            self.refer(how, target(id));
        }
    }

    fn finish(mut self) -> Result<Entry, Unreadable> {
        let id = self.id.ok_or(Unreadable::Field("id"))?;
        let name = self.name.unwrap_or_else(|| SafeText::new(id.as_str()));
        self.refs.sort();
        self.refs.dedup();
        Ok(Entry {
            key: EntryKey {
                kind: self.kind,
                parent: self.parent.cloned(),
                id,
            },
            name,
            status: self.status,
            created: self.created,
            last_updated: self.last_updated,
            facts: self.facts,
            refs: self.refs,
        })
    }
}

fn user(id: &str) -> Option<Target> {
    id.parse().ok().map(|id| Target::Object(ObjectId::User(id)))
}

fn group(id: &str) -> Option<Target> {
    id.parse()
        .ok()
        .map(|id| Target::Object(ObjectId::Group(id)))
}

fn app(id: &str) -> Option<Target> {
    id.parse().ok().map(|id| Target::Object(ObjectId::App(id)))
}

fn entry(kind: EntryKind) -> impl Fn(&str) -> Option<Target> {
    move |id| EntryId::from_str(id).ok().map(|id| Target::Entry(kind, id))
}

/// The last segment of a link's path: how Okta names what an object belongs to when it names it nowhere else.
fn last_segment(href: &str) -> Option<&str> {
    let path = href.split(['?', '#']).next()?;
    path.rsplit('/').find(|segment| !segment.is_empty())
}

/// The words of a list in one text.
fn joined(words: &[SafeText]) -> Option<SafeText> {
    let words: Vec<&str> = words.iter().map(SafeText::as_str).collect();
    (!words.is_empty()).then(|| SafeText::new(&words.join(", ")))
}

#[cfg(test)]
mod tests;
