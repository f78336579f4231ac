//! Users and groups of an application, and the links on a user's dashboard.

use super::View;
use super::user::{self, UserParts};
use crate::sim::id::Id;
use crate::sim::json;
use crate::sim::time::{DAY_MS, MINUTE_MS, Millis};
use crate::sim::world::app::GroupAssignment;
use crate::sim::world::assigned::Assigned;
use crate::sim::world::happening::Scope;
use crate::sim::world::index::AppIx;
use crate::sim::world::user::Status;

/// Writes one user of an application; `embed_user` is `expand=user`.
pub fn write(view: View<'_>, out: &mut String, ix: AppIx, of: Assigned, embed_user: bool) {
    let app = view.world.app(ix);
    let user = view.world.user(of.user);
    let key = u64::from(ix.0) << 32 | u64::from(of.user.0);
    let provisions = app.features.contains(&"PUSH_NEW_USERS");
    let since = given_since(view, of);
    let failed = provisions && view.world.seed.percent("sync-error", key, 2);
    let (status, sync) = state(view, user.status, provisions, failed, key);
    let external = view.world.seed.hash("external", key);
    json::object(out, |o| {
        o.shown("id", user.id)
            .shown_or_null("externalId", provisions.then(|| format!("{external:016x}")))
            .shown("created", since)
            .shown("lastUpdated", updated(of, since))
            .str("scope", of.scope.as_str())
            .str("status", status)
            .shown("statusChanged", since)
            .null("passwordChanged")
            .str("syncState", sync)
            .shown_or_null("lastSync", provisions.then(|| since + MINUTE_MS))
            .object("credentials", |o| {
                o.str("userName", &user.profile.login);
            })
            .object("profile", |o| {
                o.null("secondEmail")
                    .str("lastName", &user.profile.last_name)
                    .null("mobilePhone")
                    .str("displayName", &view.world.display_name(of.user))
                    .str("email", &user.profile.email)
                    .str("firstName", &user.profile.first_name);
            })
            .object("_links", |o| {
                let base = view.base;
                o.object("app", |o| {
                    o.shown("href", format_args!("{base}/api/v1/apps/{}", app.id));
                })
                .object("user", |o| {
                    o.shown("href", format_args!("{base}/api/v1/users/{}", user.id));
                });
                if let (Scope::Group, Some(given)) = (of.scope, of.group) {
                    let group = view.world.group(given.group);
                    o.object("group", |o| {
                        o.str("name", &group.name)
                            .shown("href", format_args!("{base}/api/v1/groups/{}", group.id));
                    });
                }
            });
        if embed_user {
            o.object("_embedded", |o| {
                let mut text = String::new();
                let parts = UserParts {
                    all_links: true,
                    ..UserParts::default()
                };
                user::write(view, &mut text, of.user, user, parts);
                o.raw("user", text);
            });
        }
    });
}

fn given_since(view: View<'_>, of: Assigned) -> Millis {
    let given = match (of.direct, of.group) {
        (Some(direct), _) => direct.created,
        (None, Some(group)) => group.effective,
        (None, None) => view.now,
    };
    given.max(view.world.user(of.user).created)
}

fn updated(of: Assigned, since: Millis) -> Millis {
    of.direct
        .map_or(since, |direct| direct.last_updated)
        .max(since)
}

fn state(
    view: View<'_>,
    status: Status,
    provisions: bool,
    failed: bool,
    key: u64,
) -> (&'static str, &'static str) {
    if view.strange && key % 97 == 5 {
        return ("AWAITING_APPROVAL", "QUEUED");
    }
    let sync = match (provisions, failed) {
        (false, _) => "DISABLED",
        (true, true) => "ERROR",
        (true, false) if view.world.seed.percent("out-of-sync", key, 3) => "OUT_OF_SYNC",
        (true, false) => "SYNCHRONIZED",
    };
    let state = match status {
        Status::Staged => "STAGED",
        Status::Provisioned => "PENDING",
        Status::Suspended => "SUSPENDED",
        _ if failed => "ACTIVE",
        _ if provisions => "PROVISIONED",
        _ => "ACTIVE",
    };
    (state, sync)
}

/// Writes one group of an application; `embed_group` is `expand=group`.
pub fn write_group(
    view: View<'_>,
    out: &mut String,
    ix: AppIx,
    priority: usize,
    given: GroupAssignment,
    embed_group: bool,
) {
    let (app, group) = (view.world.app(ix).id, view.world.group(given.group));
    let base = view.base;
    json::object(out, |o| {
        o.shown("id", group.id)
            .raw("priority", priority)
            .shown("lastUpdated", given.last_updated)
            .object("profile", |_| ())
            .object("_links", |o| {
                let own = format!("{base}/api/v1/apps/{app}");
                o.object("app", |o| {
                    o.str("href", &own);
                })
                .object("self", |o| {
                    o.shown("href", format_args!("{own}/groups/{}", group.id));
                })
                .object("group", |o| {
                    o.shown("href", format_args!("{base}/api/v1/groups/{}", group.id));
                });
            });
        if embed_group {
            o.object("_embedded", |o| {
                let mut text = String::new();
                let parts = super::group::GroupParts::default();
                super::group::write(view, &mut text, given.group, group, parts);
                o.raw("group", text);
            });
        }
    });
}

/// Writes one link of a user's dashboard.
pub fn write_link(view: View<'_>, out: &mut String, ix: AppIx, of: Assigned, order: usize) {
    let app = view.world.app(ix);
    let base = view.base;
    let assignment = Id::new(
        view.world.seed,
        "0ua",
        u64::from(of.user.0) * 4_096 + u64::from(ix.0),
    );
    let page = format_args!("{base}/home/{}/{}/aln{}", app.name, app.id, ix.0).to_string();
    json::object(out, |o| {
        o.shown("id", view.world.user(of.user).id)
            .str("label", &app.label)
            .str("linkUrl", &page)
            .shown(
                "logoUrl",
                format_args!("{base}/assets/img/logos/{}.png", app.name),
            )
            .str("appName", app.name)
            .shown("appInstanceId", app.id)
            .shown("appAssignmentId", assignment)
            .raw("credentialsSetup", view.now - app.created > 30 * DAY_MS)
            .raw("hidden", false)
            .raw("sortOrder", order);
    });
}
