//! What hangs on people and groups: devices, factors, groups that are pushed to apps.

use super::super::fields::Fields;
use super::{Draft, app, group, joined, user};
use crate::domain::entry::{EntryId, How};
use crate::domain::text::SafeText;

/// Where a factor's profile names the device, number or key, the most telling first.
pub(in crate::okta::wire) const NAMES: [&str; 7] = [
    "name",
    "authenticatorName",
    "phoneNumber",
    "email",
    "deviceName",
    "questionText",
    "credentialId",
];

/// A device of `/api/v1/devices`, with its users when they were asked for.
pub(super) fn device(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let profile = fields.object("profile");
    draft.name = profile.filled("displayName");
    draft.facts(
        &profile,
        &[
            "platform",
            "osVersion",
            "manufacturer",
            "model",
            "serialNumber",
            "registered",
        ],
    );
    draft.fact("secureHardware", profile.filled("secureHardwarePresent"));
    draft.fact("diskEncryption", profile.filled("diskEncryptionType"));
    let held = fields.object("_embedded").list("users");
    let held: Vec<Fields<'_>> = held
        .into_iter()
        .filter_map(|raw| Fields::of(raw).ok())
        .collect();
    let management = held.iter().find_map(|held| held.filled("managementStatus"));
    draft.fact("managed", management.or_else(|| profile.filled("managed")));
    let users: Vec<SafeText> = held
        .iter()
        .filter_map(|held| held.object("user").filled("id"))
        .collect();
    draft.fact("users", joined(&users));
    draft.refer_all(How::Owner, &users, user);
}

/// A factor of `/api/v1/users/{id}/factors`.
pub(super) fn factor(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let profile = fields.object("profile");
    let detail = NAMES.iter().find_map(|name| profile.filled(name));
    let kind = fields.filled("factorType");
    draft.name = detail.clone().or_else(|| kind.clone());
    draft.fact("type", kind);
    draft.fact("provider", fields.filled("provider"));
    draft.fact("vendor", fields.filled("vendorName"));
    draft.fact("device", detail);
    let owner = draft.parent.map(EntryId::as_str);
    draft.refer(How::Owner, owner.and_then(user));
}

/// A mapping of `/api/v1/apps/{id}/group-push/mappings`.
pub(super) fn push_mapping(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let source = fields.filled("sourceGroupId");
    let target = fields.filled("targetGroupId");
    let to = draft.parent.map(EntryId::as_str);
    draft.refer(How::App, to.and_then(app));
    draft.refer(How::Uses, source.as_deref().and_then(group));
    draft.refer(How::Gives, target.as_deref().and_then(group));
    draft.fact("sourceGroup", source);
    draft.fact("targetGroup", target);
    draft.fact("error", fields.filled("errorSummary"));
}
