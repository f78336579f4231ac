//! A group as the Groups API shows it.

use super::View;
use crate::sim::json::{self, Object};
use crate::sim::world::document::Kind;
use crate::sim::world::group::{Group, GroupKind};
use crate::sim::world::group_attribute::WINDOWS_ATTRIBUTES;
use crate::sim::world::index::GroupIx;

/// What the caller wants embedded.
#[derive(Clone, Copy, Debug, Default)]
pub struct GroupParts {
    /// `expand=stats`
    pub stats: bool,
    /// `expand=app`
    pub app: bool,
}

/// Writes one group, in the version that the caller sees.
pub fn write(view: View<'_>, out: &mut String, ix: GroupIx, group: &Group, parts: GroupParts) {
    let windows = group.kind == GroupKind::App;
    let class = if windows {
        "okta:windows_security_principal"
    } else {
        "okta:user_group"
    };
    json::object(out, |o| {
        o.shown("id", group.id)
            .shown("created", group.created)
            .shown("lastUpdated", group.last_updated)
            .shown("lastMembershipUpdated", group.last_membership_updated)
            .strings("objectClass", [class])
            .str("type", group.kind.as_str())
            .object("profile", |profile| {
                profile
                    .str("name", &group.name)
                    .str_or_null("description", group.description.as_deref());
                if windows {
                    write_windows(view, profile, ix, group);
                }
            });
        if parts.stats || (parts.app && group.source.is_some()) {
            o.object("_embedded", |embedded| {
                write_embedded(view, embedded, ix, group, parts);
            });
        }
        o.object("_links", |links| write_links(view, links, group));
    });
}

fn write_windows(view: View<'_>, o: &mut Object<'_>, ix: GroupIx, group: &Group) {
    for name in WINDOWS_ATTRIBUTES {
        if let Some(value) = view.world.group_attribute(ix, group, name) {
            o.str(name, &value);
        }
    }
}

fn write_embedded(
    view: View<'_>,
    o: &mut Object<'_>,
    ix: GroupIx,
    group: &Group,
    parts: GroupParts,
) {
    if parts.stats {
        let own = format!("{}/api/v1/groups/{}", view.base, group.id);
        let documents = view.world.documents();
        let pushed = documents.linked(group.id, Kind::PushMapping).count();
        o.object("stats", |stats| {
            stats
                .raw("usersCount", view.world.member_count(ix))
                .raw("appsCount", view.world.apps_of_group(ix).len())
                .raw("groupPushMappingsCount", pushed)
                .raw("hasAdminPrivilege", view.world.group_has_role(ix))
                .object("_links", |links| {
                    links
                        .object("users", |o| {
                            o.shown("href", format_args!("{own}/users"));
                        })
                        .object("apps", |o| {
                            o.shown("href", format_args!("{own}/apps"));
                        });
                });
        });
    }
    if let Some(source) = group.source.filter(|_| parts.app) {
        let app = view.world.app(source);
        o.object("app", |o| {
            o.shown("id", app.id)
                .str("name", app.name)
                .str("label", &app.label)
                .str_or_null("signOnMode", app.sign_on.as_str());
        });
    }
}

fn write_links(view: View<'_>, o: &mut Object<'_>, group: &Group) {
    let base = view.base;
    let logo = if group.kind == GroupKind::App {
        "active_directory"
    } else {
        "okta"
    };
    o.array("logo", ["medium", "large"], |out, size| {
        json::object(out, |o| {
            let file = format_args!("{base}/img/logos/groups/{logo}-{size}.png");
            o.str("name", size)
                .shown("href", file)
                .str("type", "image/png");
        });
    });
    if let Some(source) = group.source {
        let app = view.world.app(source).id;
        o.object("source", |o| {
            o.shown("href", format_args!("{base}/api/v1/apps/{app}"));
        });
    }
    for list in ["users", "apps"] {
        o.object(list, |o| {
            let id = group.id;
            o.shown("href", format_args!("{base}/api/v1/groups/{id}/{list}"));
        });
    }
}
