//! Admin roles as the Roles API shows them.

use super::group::GroupParts;
use super::{View, group, href};
use crate::sim::id::Id;
use crate::sim::json::{self, Object};
use crate::sim::world::assignment::{AppTarget, Assignee, Assignment, Held, Targets};
use crate::sim::world::role::Role;

/// What the caller wants embedded.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoleParts {
    /// `expand=targets/groups`
    pub groups: bool,
    /// `expand=targets/catalog/apps`
    pub apps: bool,
}

/// Writes one assignment.
pub fn write(view: View<'_>, out: &mut String, assignment: &Assignment, parts: RoleParts) {
    let shown = Shown::of(view, assignment);
    json::object(out, |o| {
        o.str("id", &assignment.shown_id());
        if let Some((role, _)) = &shown.bound {
            o.str("role", role);
        }
        o.str("label", &shown.label)
            .str("type", shown.kind)
            .str("status", "ACTIVE")
            .shown("created", assignment.created)
            .shown("lastUpdated", assignment.last_updated)
            .str("assignmentType", assignment.assignee.as_str());
        if let Some((_, set)) = &shown.bound {
            o.str("resource-set", set);
        }
        write_embedded(view, o, assignment, parts);
        o.object("_links", |o| write_links(view, o, assignment, &shown));
    });
}

/// What differs between Okta's own roles, those it built as admins build theirs, and those.
struct Shown {
    label: String,
    kind: &'static str,
    /// Role and resource set, by the ids that paths have.
    bound: Option<(String, String)>,
}

impl Shown {
    fn of(view: View<'_>, assignment: &Assignment) -> Self {
        match assignment.held {
            Held::Standard(role) => Self {
                label: role.title().to_owned(),
                kind: role.as_str(),
                bound: role
                    .built_in_set()
                    .map(|set| (role.as_str().to_owned(), set.to_owned())),
            },
            Held::Custom { role, set } => Self {
                label: view.world.custom_role(role).label.clone(),
                kind: "CUSTOM",
                bound: Some((
                    view.world.custom_role(role).id.to_string(),
                    view.world.resource_set(set).id.to_string(),
                )),
            },
        }
    }
}

fn write_embedded(view: View<'_>, o: &mut Object<'_>, assignment: &Assignment, parts: RoleParts) {
    let groups = match &assignment.targets {
        Targets::Groups(groups) if parts.groups => Some(groups),
        _ => None,
    };
    let apps = match &assignment.targets {
        Targets::Apps(apps) if parts.apps => Some(apps),
        _ => None,
    };
    if groups.is_none() && apps.is_none() {
        return;
    }
    o.object("_embedded", |o| {
        o.object("targets", |o| {
            if let Some(groups) = groups {
                o.array("groups", groups, |out, ix| {
                    let held = view.world.group(*ix);
                    group::write(view, out, *ix, held, GroupParts::default());
                });
            }
            if let Some(apps) = apps {
                o.object("catalog", |o| {
                    o.array("apps", apps, |out, app| write_app_target(view, out, *app));
                });
            }
        });
    });
}

fn write_links(view: View<'_>, o: &mut Object<'_>, assignment: &Assignment, shown: &Shown) {
    let (base, world) = (view.base, view.world);
    match assignment.assignee {
        Assignee::User(user) => {
            let id = world.user(user).id;
            href(o, "assignee", format_args!("{base}/api/v1/users/{id}"));
        }
        Assignee::Group(group) => {
            let id = world.group(group).id;
            href(o, "assignee", format_args!("{base}/api/v1/groups/{id}"));
        }
        Assignee::Client(client) => {
            let id = world.client(client).id;
            href(o, "assignee", format_args!("{base}/oauth2/v1/clients/{id}"));
        }
    }
    let Some((role, set)) = &shown.bound else {
        return;
    };
    let iam = format!("{base}/api/v1/iam");
    let member = format_args!(
        "{iam}/resource-sets/{set}/bindings/{role}/members/{}",
        assignment.id
    );
    href(o, "resource-set", format_args!("{iam}/resource-sets/{set}"));
    href(o, "member", member);
    href(o, "role", format_args!("{iam}/roles/{role}"));
    href(
        o,
        "permissions",
        format_args!("{iam}/roles/{role}/permissions"),
    );
}

/// An application of the catalogue, as targets of roles are shown.
pub fn write_app_target(view: View<'_>, out: &mut String, target: AppTarget) {
    let base = view.base;
    let instance = match target {
        AppTarget::Instance(app) => Some(view.world.app(app)),
        AppTarget::Catalogue(_) => None,
    };
    let name = match target {
        AppTarget::Instance(app) => view.world.app(app).name,
        AppTarget::Catalogue(name) => name,
    };
    json::object(out, |o| {
        o.str("name", name)
            .str("displayName", instance.map_or(name, |app| &*app.label));
        if let Some(app) = instance {
            o.shown("id", app.id)
                .shown("lastUpdated", app.last_updated)
                .strings("features", app.features.iter().copied())
                .strings("signOnModes", app.sign_on.as_str());
        }
        o.str("status", "ACTIVE")
            .str("verificationStatus", "OKTA_VERIFIED")
            .object("_links", |o| {
                href(o, "self", format_args!("{base}/api/v1/catalog/apps/{name}"));
            });
    });
}

/// A target in the form of `/roles/{id}/targets`: a name and where it is.
pub fn write_target(view: View<'_>, out: &mut String, assignment: &Assignment, target: OneTarget) {
    let (base, world, org) = (view.base, view.world, view.world.facts.id);
    let (orn, at) = match target {
        OneTarget::Group(group) => {
            let id = world.group(group).id;
            (
                format!("orn:okta:directory:{org}:groups:{id}"),
                format!("{base}/api/v1/groups/{id}"),
            )
        }
        OneTarget::App(AppTarget::Instance(app)) => {
            let (name, id) = (world.app(app).name, world.app(app).id);
            (
                format!("orn:okta:idp:{org}:apps:{name}:{id}"),
                format!("{base}/api/v1/apps/{id}"),
            )
        }
        OneTarget::App(AppTarget::Catalogue(name)) => (
            format!("orn:okta:idp:{org}:apps:{name}"),
            format!("{base}/api/v1/catalog/apps/{name}"),
        ),
    };
    json::object(out, |o| {
        o.str("orn", &orn)
            .str("assignmentType", assignment.assignee.as_str())
            .object("_links", |o| href(o, "self", format_args!("{at}")));
    });
}

/// One of the things that an assignment is limited to.
#[derive(Clone, Copy, Debug)]
pub enum OneTarget {
    /// A group.
    Group(crate::sim::world::index::GroupIx),
    /// An application.
    App(AppTarget),
}

impl OneTarget {
    /// All of an assignment's.
    pub fn all(targets: &Targets) -> Vec<Self> {
        match targets {
            Targets::All => Vec::new(),
            Targets::Groups(groups) => groups.iter().copied().map(Self::Group).collect(),
            Targets::Apps(apps) => apps.iter().copied().map(Self::App).collect(),
        }
    }

    /// What cursors name.
    pub fn id(self, view: View<'_>) -> Id {
        match self {
            Self::Group(group) => view.world.group(group).id,
            Self::App(AppTarget::Instance(app)) => view.world.app(app).id,
            Self::App(AppTarget::Catalogue(name)) => {
                let n = name
                    .bytes()
                    .fold(7_u64, |n, b| n * 31 % 0xffff_ffff + u64::from(b));
                Id::new(view.world.seed, "cat", n)
            }
        }
    }
}

/// Whether a path's role means this assignment: by its id, or by its type in base 32.
pub fn is_named(assignment: &Assignment, name: &str) -> bool {
    let encoded = |role: Role| role.encoded() == name;
    assignment.id.as_str() == name || assignment.standard().is_some_and(encoded)
}
