//! What a filter and a sort see of each kind of row: the names of its fields, and their values.
//!
//! The views borrow, so that a filter can run over a hundred thousand rows without copying one of them. A list's columns, the
//! filter language and the command line use these names; once released they do not change.

mod event;

use jiff::Timestamp;

use super::application::{AppStatus, Application, SignOnMode};
use super::filter::{Field, Fields};
use super::group::{Group, GroupType};
use super::query::{Related, Row};
use super::text::SafeText;
use super::user::{User, UserStatus};

pub use event::{EventFields, OriginFields, PartyFields};

/// A user and the counts of what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct UserFields<'a> {
    /// The user.
    pub user: &'a User,
    /// Counts; unknown ones pass no test.
    pub related: Related,
}

/// A group and the counts of what belongs to it. Where the mirror has not counted, Okta's own count stands in.
#[derive(Clone, Copy, Debug)]
pub struct GroupFields<'a> {
    /// The group.
    pub group: &'a Group,
    /// Counts from the mirror.
    pub related: Related,
}

/// An app and the counts of what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct AppFields<'a> {
    /// The app.
    pub app: &'a Application,
    /// Counts; unknown ones pass no test.
    pub related: Related,
}

fn text(value: &str, visit: &mut dyn FnMut(Field<'_>)) {
    if !value.is_empty() {
        visit(Field::Text(value));
    }
}

fn opt(value: Option<&SafeText>, visit: &mut dyn FnMut(Field<'_>)) {
    if let Some(value) = value {
        text(value, visit);
    }
}

fn time(value: Option<Timestamp>, visit: &mut dyn FnMut(Field<'_>)) {
    visit(value.map_or(Field::Unknown, Field::Time));
}

fn count(value: Option<u64>, visit: &mut dyn FnMut(Field<'_>)) {
    visit(value.map_or(Field::Unknown, |n| Field::Number(n as f64)));
}

impl Fields for UserFields<'_> {
    const NAMES: &'static [&'static str] = &[
        "login",
        "email",
        "name",
        "firstName",
        "lastName",
        "status",
        "title",
        "department",
        "manager",
        "provider",
        "type",
        "id",
        "created",
        "activated",
        "lastLogin",
        "lastUpdated",
        "statusChanged",
        "passwordChanged",
        "groups",
        "apps",
    ];

    const WORDS: &'static [(&'static str, &'static [&'static str])] =
        &[("status", UserStatus::WORDS)];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        let user = self.user;
        match name {
            "login" => text(&user.login, visit),
            "email" => text(&user.email, visit),
            "name" => text(&user.display_name(), visit),
            "firstName" => text(&user.first_name, visit),
            "lastName" => text(&user.last_name, visit),
            "status" => text(user.status.word(), visit),
            "title" => opt(user.title.as_ref(), visit),
            "department" => opt(user.department.as_ref(), visit),
            "manager" => opt(user.manager.as_ref(), visit),
            "provider" => {
                opt(user.provider.as_ref().map(|p| &p.kind), visit);
                opt(user.provider.as_ref().map(|p| &p.name), visit);
            }
            "type" => opt(user.type_id.as_ref(), visit),
            "id" => text(user.id.as_str(), visit),
            "created" => time(user.created, visit),
            "activated" => time(user.activated, visit),
            "lastLogin" => time(user.last_login, visit),
            "lastUpdated" => time(user.last_updated, visit),
            "statusChanged" => time(user.status_changed, visit),
            "passwordChanged" => time(user.password_changed, visit),
            "groups" => count(self.related.groups, visit),
            "apps" => count(self.related.apps, visit),
            _ => {}
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        let user = self.user;
        visit(&user.login);
        if user.email != user.login {
            visit(&user.email);
        }
        visit(&user.display_name());
        for part in [&user.title, &user.department, &user.manager]
            .into_iter()
            .flatten()
        {
            visit(part);
        }
        visit(user.status.word());
        visit(user.id.as_str());
    }
}

impl Fields for GroupFields<'_> {
    const NAMES: &'static [&'static str] = &[
        "name",
        "description",
        "type",
        "id",
        "created",
        "lastUpdated",
        "lastMembershipUpdated",
        "users",
        "members",
        "apps",
        "admin",
    ];

    const WORDS: &'static [(&'static str, &'static [&'static str])] =
        &[("type", GroupType::WORDS), ("admin", &["true", "false"])];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        let group = self.group;
        let stats = group.stats;
        match name {
            "name" => text(&group.name, visit),
            "description" => opt(group.description.as_ref(), visit),
            "type" => text(group.kind.word(), visit),
            "id" => text(group.id.as_str(), visit),
            "created" => time(group.created, visit),
            "lastUpdated" => time(group.last_updated, visit),
            "lastMembershipUpdated" => time(group.last_membership_updated, visit),
            "users" | "members" => count(self.related.users.or(stats.map(|s| s.users)), visit),
            "apps" => count(self.related.apps.or(stats.map(|s| s.apps)), visit),
            "admin" => match stats.map(|s| s.has_admin_privilege) {
                Some(true) => text("true", visit),
                Some(false) => text("false", visit),
                None => visit(Field::Unknown),
            },
            _ => {}
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.group.name);
        if let Some(description) = &self.group.description {
            visit(description);
        }
        visit(self.group.kind.word());
        visit(self.group.id.as_str());
    }
}

impl Fields for AppFields<'_> {
    const NAMES: &'static [&'static str] = &[
        "label",
        "name",
        "status",
        "signOn",
        "features",
        "id",
        "created",
        "lastUpdated",
        "users",
        "groups",
    ];

    const WORDS: &'static [(&'static str, &'static [&'static str])] =
        &[("status", AppStatus::WORDS), ("signOn", SignOnMode::WORDS)];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        let app = self.app;
        match name {
            "label" => text(&app.label, visit),
            "name" => text(&app.name, visit),
            "status" => text(app.status.word(), visit),
            "signOn" => {
                if let Some(mode) = &app.sign_on_mode {
                    text(mode.word(), visit);
                }
            }
            "features" => app.features.iter().for_each(|feature| text(feature, visit)),
            "id" => text(app.id.as_str(), visit),
            "created" => time(app.created, visit),
            "lastUpdated" => time(app.last_updated, visit),
            "users" => count(self.related.users, visit),
            "groups" => count(self.related.groups, visit),
            _ => {}
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.app.label);
        visit(&self.app.name);
        visit(self.app.status.word());
        if let Some(mode) = &self.app.sign_on_mode {
            visit(mode.word());
        }
        visit(self.app.id.as_str());
    }
}

/// A row is filtered as the view of its value.
macro_rules! row_fields {
    ($value:ty, $view:ident, $part:ident) => {
        impl Fields for Row<$value> {
            const NAMES: &'static [&'static str] = $view::NAMES;
            const WORDS: &'static [(&'static str, &'static [&'static str])] = $view::WORDS;

            fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
                let view = $view {
                    $part: &self.value,
                    related: self.related,
                };
                view.field(name, visit);
            }

            fn texts(&self, visit: &mut dyn FnMut(&str)) {
                let view = $view {
                    $part: &self.value,
                    related: self.related,
                };
                view.texts(visit);
            }
        }
    };
}

row_fields!(User, UserFields, user);
row_fields!(Group, GroupFields, group);
row_fields!(Application, AppFields, app);

#[cfg(test)]
mod tests;
