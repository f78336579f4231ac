//! What the command line shows of each kind of row: one table of columns for tables and CSV, and the row's JSON.

use jiff::Timestamp;

use super::export::columns::Chosen;
use super::json;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::Kind;
use crate::domain::query::{EventRow, Row, Via};
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::domain::user::User;
use crate::msg::AnyRow;
use crate::ui::record::Item;

/// A column: its name in CSV (and, in capitals, above a table), whether a table has it, and its text.
pub struct Column<R> {
    /// As in the filter language.
    pub name: &'static str,
    /// Whether it is narrow and telling enough for a table.
    pub in_table: bool,
    /// The row's text in this column; empty when there is none or it is not known.
    pub text: fn(&R) -> String,
    /// Its text in a table, where people want other words than programs.
    pub told: Option<fn(&R) -> String>,
}

/// A kind of row.
pub trait Record: Sized + 'static {
    /// Its columns in order.
    const COLUMNS: &'static [Column<Self>];
    /// The word for many of it.
    const PLURAL: &'static str;

    /// Okta's JSON with ours under `_oktop`, on one line; `None` when the row came without Okta's JSON.
    fn json(&self) -> Option<String>;

    /// Its cells in columns that were chosen; `None` where it has none of them.
    fn in_columns(&self, _chosen: &Chosen) -> Option<Vec<String>> {
        None
    }
}

pub(super) const fn shown<R>(name: &'static str, text: fn(&R) -> String) -> Column<R> {
    Column {
        name,
        in_table: true,
        text,
        told: None,
    }
}

pub(super) const fn extra<R>(name: &'static str, text: fn(&R) -> String) -> Column<R> {
    Column {
        name,
        in_table: false,
        text,
        told: None,
    }
}

/// A column that a table tells in other words.
pub(super) const fn worded<R>(
    name: &'static str,
    text: fn(&R) -> String,
    told: fn(&R) -> String,
) -> Column<R> {
    Column {
        name,
        in_table: true,
        text,
        told: Some(told),
    }
}

/// Text that may be missing.
pub(super) fn maybe<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

pub(super) fn moment(time: Option<Timestamp>) -> String {
    time.map(time::format_okta).unwrap_or_default()
}

fn archived<T>(row: &Row<T>) -> String {
    moment(row.archived.as_ref().map(|archived| archived.at))
}

fn since(via: Option<&Via>) -> String {
    moment(via.and_then(|via| via.since))
}

/// What that rests on.
fn proof(via: Option<&Via>) -> String {
    let known = via.filter(|via| via.since.is_some());
    known
        .map(|via| json::since_proof(via.is_proven).to_owned())
        .unwrap_or_default()
}

/// How a user comes by an app: directly, or the groups that give it.
fn through(via: Option<&Via>) -> String {
    let Some(via) = via else {
        return String::new();
    };
    if via.through.is_empty() {
        return via
            .assignment
            .as_ref()
            .map(|assignment| assignment.scope.word().to_lowercase())
            .unwrap_or_default();
    }
    let names: Vec<&str> = via.through.iter().map(|(_, name)| name.as_str()).collect();
    names.join(", ")
}

impl Record for Row<User> {
    const PLURAL: &'static str = "users";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("id", |row| row.value.id.to_string()),
        shown("status", |row| row.value.status.to_string()),
        shown("login", |row| row.value.login.to_string()),
        shown("name", |row| row.value.display_name()),
        shown("department", |row| maybe(row.value.department.as_ref())),
        shown("lastLogin", |row| moment(row.value.last_login)),
        extra("email", |row| row.value.email.to_string()),
        extra("firstName", |row| row.value.first_name.to_string()),
        extra("lastName", |row| row.value.last_name.to_string()),
        extra("title", |row| maybe(row.value.title.as_ref())),
        extra("manager", |row| maybe(row.value.manager.as_ref())),
        extra("provider", |row| {
            maybe(row.value.provider.as_ref().map(|provider| &provider.kind))
        }),
        extra("created", |row| moment(row.value.created)),
        extra("activated", |row| moment(row.value.activated)),
        extra("statusChanged", |row| moment(row.value.status_changed)),
        extra("lastUpdated", |row| moment(row.value.last_updated)),
        extra("passwordChanged", |row| moment(row.value.password_changed)),
        extra("groups", |row| maybe(row.related.groups.as_ref())),
        extra("apps", |row| maybe(row.related.apps.as_ref())),
        extra("through", |row| through(row.via.as_ref())),
        extra("since", |row| since(row.via.as_ref())),
        extra("sinceProof", |row| proof(row.via.as_ref())),
        extra("observed", |row| time::format_okta(row.observed)),
        extra("archived", archived),
    ];

    fn json(&self) -> Option<String> {
        json::with_ours(self.raw.as_ref()?, &json::ours(Kind::User, self))
    }

    fn in_columns(&self, chosen: &Chosen) -> Option<Vec<String>> {
        let row = AnyRow::User(Box::new(self.clone()));
        chosen.of_item(&Item::Object(row))
    }
}

impl Record for Row<Group> {
    const PLURAL: &'static str = "groups";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("id", |row| row.value.id.to_string()),
        shown("type", |row| row.value.kind.to_string()),
        shown("name", |row| row.value.name.to_string()),
        shown("users", |row| maybe(row.related.users.as_ref())),
        shown("apps", |row| maybe(row.related.apps.as_ref())),
        shown("description", |row| maybe(row.value.description.as_ref())),
        extra("created", |row| moment(row.value.created)),
        extra("lastUpdated", |row| moment(row.value.last_updated)),
        extra("lastMembershipUpdated", |row| {
            moment(row.value.last_membership_updated)
        }),
        extra("since", |row| since(row.via.as_ref())),
        extra("sinceProof", |row| proof(row.via.as_ref())),
        extra("observed", |row| time::format_okta(row.observed)),
        extra("archived", archived),
    ];

    fn json(&self) -> Option<String> {
        json::with_ours(self.raw.as_ref()?, &json::ours(Kind::Group, self))
    }

    fn in_columns(&self, chosen: &Chosen) -> Option<Vec<String>> {
        let row = AnyRow::Group(Box::new(self.clone()));
        chosen.of_item(&Item::Object(row))
    }
}

impl Record for Row<Application> {
    const PLURAL: &'static str = "apps";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("id", |row| row.value.id.to_string()),
        shown("status", |row| row.value.status.to_string()),
        shown("label", |row| row.value.label.to_string()),
        shown("signOn", |row| maybe(row.value.sign_on_mode.as_ref())),
        shown("users", |row| maybe(row.related.users.as_ref())),
        shown("groups", |row| maybe(row.related.groups.as_ref())),
        extra("name", |row| row.value.name.to_string()),
        extra("features", |row| {
            let features: Vec<&str> = row.value.features.iter().map(SafeText::as_str).collect();
            features.join(" ")
        }),
        extra("created", |row| moment(row.value.created)),
        extra("lastUpdated", |row| moment(row.value.last_updated)),
        extra("through", |row| through(row.via.as_ref())),
        extra("since", |row| since(row.via.as_ref())),
        extra("sinceProof", |row| proof(row.via.as_ref())),
        extra("observed", |row| time::format_okta(row.observed)),
        extra("archived", archived),
    ];

    fn json(&self) -> Option<String> {
        json::with_ours(self.raw.as_ref()?, &json::ours(Kind::App, self))
    }

    fn in_columns(&self, chosen: &Chosen) -> Option<Vec<String>> {
        let row = AnyRow::App(Box::new(self.clone()));
        chosen.of_item(&Item::Object(row))
    }
}

impl Record for EventRow {
    const PLURAL: &'static str = "events";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("published", |row| time::format_okta(row.event.published)),
        shown("type", |row| row.event.event_type.to_string()),
        shown("result", |row| maybe(row.event.result.as_ref())),
        shown("actor", |row| {
            row.event
                .actor
                .as_ref()
                .map(|actor| actor.label().to_owned())
                .unwrap_or_default()
        }),
        shown("target", |row| {
            let targets: Vec<&str> = row
                .event
                .targets
                .iter()
                .map(crate::domain::log_event::Party::label)
                .collect();
            targets.join(", ")
        }),
        shown("ip", |row| maybe(row.event.ip.as_ref())),
        shown("country", |row| maybe(row.event.country.as_ref())),
        extra("uuid", |row| row.event.uuid.to_string()),
        extra("severity", |row| maybe(row.event.severity.as_ref())),
        extra("message", |row| maybe(row.event.display_message.as_ref())),
        extra("reason", |row| maybe(row.event.reason.as_ref())),
        extra("actorId", |row| {
            row.event
                .actor
                .as_ref()
                .map(|actor| actor.id.to_string())
                .unwrap_or_default()
        }),
        extra("city", |row| maybe(row.event.city.as_ref())),
        extra("agent", |row| maybe(row.event.user_agent.as_ref())),
        extra("session", |row| maybe(row.event.session.as_ref())),
        extra("transaction", |row| maybe(row.event.transaction.as_ref())),
    ];

    fn json(&self) -> Option<String> {
        json::with_ours(self.raw.as_ref()?, &json::ours_of_event(self))
    }

    fn in_columns(&self, chosen: &Chosen) -> Option<Vec<String>> {
        chosen.of_event(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<R: Record>() -> Vec<&'static str> {
        R::COLUMNS.iter().map(|column| column.name).collect()
    }

    #[test]
    fn column_names_are_unique() {
        for names in [
            names::<Row<User>>(),
            names::<Row<Group>>(),
            names::<Row<Application>>(),
            names::<EventRow>(),
        ] {
            let unique: std::collections::BTreeSet<_> = names.iter().collect();
            assert_eq!(unique.len(), names.len(), "{names:?}");
        }
    }
}
