//! What the page of an app tells in words: how people sign in, and what it provisions.

use serde_json::Value;

use super::user::archived;
use jiff::Timestamp;

use crate::domain::application::Application;
use crate::domain::query::Row;
use crate::domain::text::RawJson;
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::theme::Theme;

/// The app in short.
pub(super) fn profile(
    facts: &mut Facts,
    row: &Row<Application>,
    as_of: Option<Timestamp>,
    theme: Theme,
) {
    let app = &row.value;
    facts
        .heading("APP", &format::reading(row.observed, as_of))
        .fact("label", &app.label)
        .fact("catalogue", &app.name)
        .fact("status", app.status.word())
        .fact("sign-on", format::sign_on(app.sign_on_mode.as_ref()))
        .fact("users", &format::maybe_count(row.related.users))
        .fact("groups", &format::maybe_count(row.related.groups))
        .fact("created", &format::maybe_minute(app.created))
        .fact("updated", &format::maybe_minute(app.last_updated))
        .fact("id", app.id.as_str());
    archived(facts, row, theme);
}

/// How people sign in, with the settings that Okta gives.
pub(super) fn sign_on(
    facts: &mut Facts,
    row: &Row<Application>,
    raw: Option<&RawJson>,
    (as_of, theme): (Option<Timestamp>, Theme),
) {
    profile(facts, row, as_of, theme);
    facts.heading("SIGN-ON SETTINGS", "as Okta tells them");
    let Some(json) = raw.and_then(|raw| serde_json::from_str::<Value>(raw.as_unsafe_str()).ok())
    else {
        facts.sentence("Not loaded yet.", theme.quiet());
        return;
    };
    let mut settings = Vec::new();
    for path in ["/settings/signOn", "/settings/oauthClient", "/credentials"] {
        if let Some(value) = json.pointer(path) {
            flatten(
                path.rsplit('/').next().unwrap_or_default(),
                value,
                &mut settings,
            );
        }
    }
    if settings.is_empty() {
        facts.sentence("Okta tells none.", theme.quiet());
    }
    for (name, value) in settings {
        facts.sentence(&format!("{name} = {value}"), theme.text());
    }
}

/// What the app provisions.
pub(super) fn provisioning(
    facts: &mut Facts,
    row: &Row<Application>,
    as_of: Option<Timestamp>,
    theme: Theme,
) {
    facts.heading(
        "PROVISIONING FEATURES",
        &format::reading(row.observed, as_of),
    );
    if row.value.features.is_empty() {
        facts.sentence(
            "Okta lists none: nothing is provisioned to or imported from this app.",
            theme.text(),
        );
    }
    for feature in &row.value.features {
        facts.sentence(&format!("{feature}{}", meaning(feature)), theme.text());
    }
}

/// Every leaf of `value` with its path.
fn flatten(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                flatten(&format!("{path}.{name}"), member, out);
            }
        }
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            let items: Vec<String> = items.iter().map(leaf).collect();
            out.push((path.to_owned(), items.join(", ")));
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{i}]"), item, out);
            }
        }
        _ => out.push((path.to_owned(), leaf(value))),
    }
}

fn leaf(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What a provisioning feature means.
fn meaning(feature: &str) -> &'static str {
    match feature {
        "GROUP_PUSH" => ": groups are pushed to the app",
        "IMPORT_NEW_USERS" => ": new accounts of the app become users",
        "IMPORT_PROFILE_UPDATES" => ": profiles are updated from the app",
        "IMPORT_USER_SCHEMA" => ": the app's profile attributes are read",
        "PROFILE_MASTERING" => ": the app masters the profiles of its users",
        "PUSH_NEW_USERS" => ": accounts are made in the app",
        "PUSH_PASSWORD_UPDATES" => ": passwords are set in the app",
        "PUSH_PROFILE_UPDATES" => ": profiles are updated in the app",
        "PUSH_USER_DEACTIVATION" => ": accounts in the app are deactivated",
        "PUSH_PENDING_USERS" => ": accounts are made before a user is active",
        "REACTIVATE_USERS" => ": accounts in the app are reactivated",
        "OUTBOUND_DEL_AUTH" => ": the app checks passwords",
        "DESKTOP_SSO" => ": people sign in through their desktop",
        "FEDERATED_PROFILE" => ": profiles come with each sign-in",
        _ => "",
    }
}
