//! Custom roles, resource sets and who has roles, as the IAM API shows them.

use super::{View, href};
use crate::sim::json::{self, Object};
use crate::sim::world::assignment::{Assignee, Assignment};
use crate::sim::world::iam::{Covered, CustomRole, Permission, Resource, ResourceSet};
use crate::sim::world::index::UserIx;

/// Writes somebody with a role.
pub fn write_assigned_user(view: View<'_>, out: &mut String, user: UserIx) {
    let (base, org, id) = (view.base, view.world.facts.id, view.world.user(user).id);
    json::object(out, |o| {
        o.shown("id", id)
            .shown("orn", format_args!("orn:okta:directory:{org}:users:{id}"))
            .object("_links", |o| {
                href(o, "self", format_args!("{base}/api/v1/users/{id}"));
                href(o, "roles", format_args!("{base}/api/v1/users/{id}/roles"));
            });
    });
}

/// Writes a custom role.
pub fn write_role(view: View<'_>, out: &mut String, role: &CustomRole) {
    let own = format!("{}/api/v1/iam/roles/{}", view.base, role.id);
    json::object(out, |o| {
        o.shown("id", role.id)
            .str("label", &role.label)
            .str("description", &role.description)
            .shown("created", role.created)
            .shown("lastUpdated", role.last_updated)
            .object("_links", |o| {
                href(o, "permissions", format_args!("{own}/permissions"));
                href(o, "self", format_args!("{own}"));
            });
    });
}

/// Writes a permission of a custom role.
pub fn write_permission(
    view: View<'_>,
    out: &mut String,
    role: &CustomRole,
    permission: &Permission,
) {
    let own = format!("{}/api/v1/iam/roles/{}", view.base, role.id);
    let label = &permission.label;
    json::object(out, |o| {
        o.str("label", label)
            .shown("created", permission.created)
            .shown("lastUpdated", permission.created);
        if permission.only_attributes.is_empty() {
            o.null("conditions");
        } else {
            let names = permission.only_attributes.iter().map(String::as_str);
            o.object("conditions", |o| {
                o.object("include", |o| {
                    o.strings("okta:ResourceAttribute/User/Profile", names);
                });
            });
        }
        o.object("_links", |o| {
            href(o, "role", format_args!("{own}"));
            href(o, "self", format_args!("{own}/permissions/{label}"));
        });
    });
}

/// Writes a resource set.
pub fn write_set(view: View<'_>, out: &mut String, set: &ResourceSet) {
    let own = set_address(view, set);
    json::object(out, |o| {
        o.shown("id", set.id)
            .str("label", &set.label)
            .str("description", &set.description)
            .shown("created", set.created)
            .shown("lastUpdated", set.last_updated)
            .object("_links", |o| {
                href(o, "self", format_args!("{own}"));
                href(o, "resources", format_args!("{own}/resources"));
                href(o, "bindings", format_args!("{own}/bindings"));
            });
    });
}

/// Where a set is found.
pub fn set_address(view: View<'_>, set: &ResourceSet) -> String {
    format!("{}/api/v1/iam/resource-sets/{}", view.base, set.id)
}

/// Writes a resource of a set.
pub fn write_resource(view: View<'_>, out: &mut String, set: &ResourceSet, resource: &Resource) {
    let (orn, at) = named(view, resource.what);
    let own = format!("{}/resources/{}", set_address(view, set), resource.id);
    json::object(out, |o| {
        o.shown("id", resource.id)
            .str("orn", &orn)
            .shown("created", resource.created)
            .shown("lastUpdated", resource.created)
            .object("_links", |o| {
                href(o, "self", format_args!("{at}"));
                match resource.what {
                    Covered::Users => href(o, "users", format_args!("{at}")),
                    Covered::Groups => href(o, "groups", format_args!("{at}")),
                    _ => {}
                }
                href(o, "resource", format_args!("{own}"));
            });
    });
}

/// The resource's name across Okta, and its address.
fn named(view: View<'_>, what: Covered) -> (String, String) {
    let (world, org) = (view.world, view.world.facts.id);
    let api = format!("{}/api/v1", view.base);
    let directory = format!("orn:okta:directory:{org}");
    match what {
        Covered::Users => (format!("{directory}:users"), format!("{api}/users")),
        Covered::Groups => (format!("{directory}:groups"), format!("{api}/groups")),
        Covered::Apps => (format!("orn:okta:idp:{org}:apps"), format!("{api}/apps")),
        Covered::Group(group) => {
            let id = world.group(group).id;
            (
                format!("{directory}:groups:{id}"),
                format!("{api}/groups/{id}"),
            )
        }
        Covered::MembersOf(group) => {
            let id = world.group(group).id;
            (
                format!("{directory}:groups:{id}:contained_resources"),
                format!("{api}/groups/{id}/users"),
            )
        }
        Covered::App(app) => {
            let (name, id) = (world.app(app).name, world.app(app).id);
            (
                format!("orn:okta:idp:{org}:apps:{name}:{id}"),
                format!("{api}/apps/{id}"),
            )
        }
    }
}

/// Writes a role as it is bound to a set; alone it also says to which.
pub fn write_binding(
    view: View<'_>,
    out: &mut String,
    set: &ResourceSet,
    role: &CustomRole,
    alone: bool,
) {
    let (own, id) = (set_address(view, set), role.id);
    json::object(out, |o| {
        o.shown("id", id).object("_links", |o| {
            href(o, "self", format_args!("{own}/bindings/{id}"));
            href(o, "members", format_args!("{own}/bindings/{id}/members"));
            if alone {
                href(o, "resource-set", format_args!("{own}"));
            }
        });
    });
}

/// Writes a member of a binding. Its id is the assignment's; who it is, only the link says.
pub fn write_member(view: View<'_>, out: &mut String, member: &Assignment) {
    json::object(out, |o| {
        o.shown("id", member.id)
            .shown("created", member.created)
            .shown("lastUpdated", member.last_updated)
            .object("_links", |o| write_member_link(view, o, member.assignee));
    });
}

fn write_member_link(view: View<'_>, o: &mut Object<'_>, who: Assignee) {
    let (base, world) = (view.base, view.world);
    match who {
        Assignee::User(user) => {
            let id = world.user(user).id;
            href(o, "self", format_args!("{base}/api/v1/users/{id}"));
        }
        Assignee::Group(group) => {
            let id = world.group(group).id;
            href(o, "self", format_args!("{base}/api/v1/groups/{id}"));
        }
        Assignee::Client(client) => {
            let id = world.client(client).id;
            href(o, "self", format_args!("{base}/oauth2/v1/clients/{id}"));
        }
    }
}
