//! What the org is set up with: authenticators, behaviours, hooks, streams, origins, schemas, settings and features.

use super::super::fields::Fields;
use super::{Draft, entry, flat, joined, last_segment, user};
use crate::domain::entry::{EntryKind, How};
use crate::domain::text::SafeText;

/// An authenticator of `/api/v1/authenticators`.
pub(super) fn authenticator(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["key", "type"]);
    draft.fact("provider", fields.object("provider").filled("type"));
    draft.fact("settings", flat::of(&fields.object("settings")));
}

/// A behaviour detection rule of `/api/v1/behaviors`.
pub(super) fn behavior(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type"]);
    draft.fact("settings", flat::of(&fields.object("settings")));
}

/// An event hook of `/api/v1/eventHooks`.
pub(super) fn event_hook(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let events = fields.object("events");
    let filters = events.object("filter").list("eventFilterMap");
    let filters: Vec<SafeText> = filters
        .into_iter()
        .filter_map(|raw| {
            Fields::of(raw)
                .ok()?
                .object("condition")
                .filled("expression")
        })
        .collect();
    draft.fact("uri", address(fields));
    draft.fact("verification", fields.filled("verificationStatus"));
    draft.fact("events", joined(&events.words("items")));
    draft.fact("filter", joined(&filters));
}

/// An inline hook of `/api/v1/inlineHooks`.
pub(super) fn inline_hook(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "version"]);
    draft.fact("uri", address(fields));
}

fn address(fields: &Fields<'_>) -> Option<SafeText> {
    fields.object("channel").object("config").filled("uri")
}

/// A log stream of `/api/v1/logStreams`.
pub(super) fn log_stream(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type"]);
    draft.fact("destination", flat::of(&fields.object("settings")));
}

/// A trusted origin of `/api/v1/trustedOrigins`.
pub(super) fn trusted_origin(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let scopes = fields.list("scopes").into_iter();
    let scopes: Vec<SafeText> = scopes
        .filter_map(|raw| Fields::of(raw).ok()?.filled("type"))
        .collect();
    draft.facts(fields, &["origin"]);
    draft.fact("scopes", joined(&scopes));
    // Okta's own example spells it so.
    let misspelt = fields.time("lastedUpdated");
    draft.last_updated = draft.last_updated.or(misspelt);
}

/// A user type of `/api/v1/meta/types/user`.
pub(super) fn user_type(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["displayName", "default", "description"]);
    let schema = fields.object("_links").object("schema").text("href");
    let schema = schema.as_deref().and_then(last_segment);
    draft.refer(How::Uses, schema.and_then(entry(EntryKind::UserSchema)));
    draft.fact("schema", schema.map(SafeText::new));
}

/// A schema of `/api/v1/meta/schemas/user/{id}`.
pub(super) fn user_schema(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    schema(fields, draft);
    let unique: Vec<SafeText> = attributes(fields, "base")
        .chain(attributes(fields, "custom"))
        .filter(|(_, attribute)| is_unique(attribute))
        .map(|(name, _)| name)
        .collect();
    draft.fact("unique", joined(&unique));
}

/// Okta documents a truth and sends a word.
fn is_unique(attribute: &Fields<'_>) -> bool {
    let unique = attribute.filled("unique");
    matches!(
        unique.as_deref(),
        Some("true" | "UNIQUE_VALIDATED" | "PENDING_UNIQUENESS")
    )
}

/// The schema of `/api/v1/meta/schemas/group/default`.
pub(super) fn group_schema(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    schema(fields, draft);
}

/// What user and group schemas share. Their `id` is a URL, whose end is the schema's own id.
fn schema(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let id = fields.text("id");
    draft.id = id
        .as_deref()
        .and_then(last_segment)
        .and_then(|id| id.parse().ok());
    let names = |part| attributes(fields, part).map(|(name, _)| name);
    let custom: Vec<SafeText> = names("custom").collect();
    let all: Vec<SafeText> = names("base").chain(custom.iter().cloned()).collect();
    draft.facts(fields, &["title"]);
    draft.fact("attributes", joined(&all));
    draft.fact("custom", joined(&custom));
}

fn attributes<'a>(
    fields: &Fields<'a>,
    part: &str,
) -> impl Iterator<Item = (SafeText, Fields<'a>)> + use<'a> {
    let properties = fields
        .object("definitions")
        .object(part)
        .object("properties");
    let named: Vec<(SafeText, Fields<'a>)> = properties
        .iter()
        .map(|(name, raw)| (SafeText::new(name), Fields::of(raw).unwrap_or_default()))
        .collect();
    named.into_iter()
}

/// One of the org's settings, each with an address of its own. What it is called is told by who asked ([`Draft::parent`] names it),
/// and it hangs below nothing.
pub(super) fn setting(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.id = draft.parent.take().cloned();
    draft.name = draft.id.as_ref().map(|id| SafeText::new(id.as_str()));
    draft.status = None;
    let contact = fields.filled("userId");
    if let Some(id) = &contact {
        draft.refer(How::Uses, user(id));
    }
    draft.fact("value", contact.or_else(|| flat::of(fields)));
    draft.fact("expires", fields.filled("expiration"));
    let zones = fields.words("excludeZones");
    draft.refer_all(How::Excludes, &zones, entry(EntryKind::Zone));
}

/// A feature of `/api/v1/features`.
pub(super) fn feature(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.facts(fields, &["type", "description"]);
    let stage = fields.object("stage");
    let words: Vec<SafeText> = ["value", "state"]
        .iter()
        .filter_map(|name| stage.filled(name))
        .collect();
    draft.fact("stage", joined(&words));
}
