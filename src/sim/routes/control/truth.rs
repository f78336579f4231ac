//! What is really there: what a mirror of this org must end up with.

pub mod admins;
pub mod rights;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Json, Path, State};
use axum::routing::get;
use axum::{Router, response::Response};
use serde_json::{Value, json};

use crate::sim::json as writer;
use crate::sim::page;
use crate::sim::service::Service;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::document::Kind;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};
use crate::sim::world::user::Status;

/// The routes of the truth.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/truth", get(counts))
        .route("/truth/users", get(users))
        .route("/truth/groups", get(groups))
        .route("/truth/apps", get(apps))
        .route("/truth/statuses", get(statuses))
        .route("/truth/memberships", get(memberships))
        .route("/truth/app_users", get(app_users))
        .route("/truth/app_groups", get(app_groups))
        .merge(rights::router())
        .route("/truth/devices", get(devices))
        .route("/truth/{kind}", get(documents))
        .merge(admins::router())
}

fn live_users(world: &World) -> impl Iterator<Item = UserIx> + '_ {
    (0..world.users().len())
        .map(UserIx::from_usize)
        .filter(|ix| !world.user(*ix).deleted)
}

fn live_groups(world: &World) -> impl Iterator<Item = GroupIx> + '_ {
    (0..world.groups().len())
        .map(GroupIx::from_usize)
        .filter(|ix| !world.group(*ix).deleted)
}

fn live_apps(world: &World) -> impl Iterator<Item = AppIx> + '_ {
    (0..world.apps().len())
        .map(AppIx::from_usize)
        .filter(|ix| !world.app(*ix).deleted)
}

fn app_user_count(world: &World, app: AppIx, now: Millis) -> usize {
    world.app_users_from(app, UserIx(0), now).count()
}

async fn counts(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let now = service.org.now();
    let mut by_status: BTreeMap<&str, usize> = Status::ALL
        .iter()
        .map(|status| (status.as_str(), 0))
        .collect();
    for ix in live_users(&world) {
        *by_status.entry(world.user(ix).status.as_str()).or_default() += 1;
    }
    let memberships: usize = live_groups(&world).map(|ix| world.member_count(ix)).sum();
    let app_users: usize = live_apps(&world)
        .map(|ix| app_user_count(&world, ix, now))
        .sum();
    let app_groups: usize = live_apps(&world).map(|ix| world.app(ix).groups.len()).sum();
    let factors: usize = live_users(&world).map(|ix| world.factors(ix).len()).sum();
    Json(json!({
        "org_id": world.facts.id.as_str(),
        "now": now.to_string(),
        "users": live_users(&world).count(),
        "users_by_status": by_status,
        "groups": live_groups(&world).count(),
        "apps": live_apps(&world).count(),
        "memberships": memberships,
        "app_users": app_users,
        "app_groups": app_groups,
        "factors": factors,
        "devices": world.devices_from(0).count(),
        "documents": document_counts(&world),
        "events": service.book.read(now).len(),
    }))
}

fn document_counts(world: &World) -> BTreeMap<&'static str, usize> {
    Kind::ALL
        .iter()
        .map(|kind| (kind.plural(), world.documents().of(*kind).count()))
        .collect()
}

/// Documents of a kind, e.g. `/truth/zones`, with what tells whether a copy is up to date.
async fn documents(State(service): State<Arc<Service>>, Path(kind): Path<String>) -> Response {
    let Some(kind) = Kind::named(&kind) else {
        return super::unknown().await;
    };
    let world = service.org.world();
    let mut body = String::new();
    writer::array(
        &mut body,
        world.documents().of(kind),
        |out, (_, document)| {
            writer::object(out, |o| {
                o.shown("id", document.id)
                    .str("name", &document.name)
                    .str("status", document.status())
                    .shown_or_null("parent", document.parent)
                    .shown("lastUpdated", document.last_updated);
            });
        },
    );
    page::json(body)
}

async fn devices(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    let mut body = String::new();
    writer::array(&mut body, world.devices_from(0), |out, device| {
        writer::object(out, |o| {
            o.shown("id", device.id())
                .str("status", device.state.as_str())
                .shown("owner", world.user(device.owner).id);
        });
    });
    page::json(body)
}

fn ids<'a>(ids: impl Iterator<Item = &'a str>) -> Response {
    let mut body = String::new();
    writer::array(&mut body, ids, writer::string);
    page::json(body)
}

async fn users(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    ids(live_users(&world).map(|ix| world.user(ix).id.as_str()))
}

async fn groups(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    ids(live_groups(&world).map(|ix| world.group(ix).id.as_str()))
}

async fn apps(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    ids(live_apps(&world).map(|ix| world.app(ix).id.as_str()))
}

/// The status of every user and of every application, by id.
async fn statuses(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    page::json(writer::object_text(|o| {
        for user in live_users(&world).map(|ix| world.user(ix)) {
            o.str(user.id.as_str(), user.status.as_str());
        }
        for app in live_apps(&world).map(|ix| world.app(ix)) {
            o.str(
                app.id.as_str(),
                if app.active { "ACTIVE" } else { "INACTIVE" },
            );
        }
    }))
}

async fn memberships(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    page::json(writer::object_text(|o| {
        for group in live_groups(&world) {
            let members = world.members_from(group, UserIx(0));
            o.array(world.group(group).id.as_str(), members, |out, user| {
                writer::string(out, world.user(user).id.as_str());
            });
        }
    }))
}

async fn app_users(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    let now = service.org.now();
    page::json(writer::object_text(|o| {
        for app in live_apps(&world) {
            let assigned = world.app_users_from(app, UserIx(0), now);
            o.array(world.app(app).id.as_str(), assigned, |out, of| {
                writer::object(out, |o| {
                    o.shown("id", world.user(of.user).id)
                        .str("scope", of.scope.as_str());
                });
            });
        }
    }))
}

async fn app_groups(State(service): State<Arc<Service>>) -> Response {
    let world = service.org.world();
    page::json(writer::object_text(|o| {
        for app in live_apps(&world) {
            let mut given: Vec<GroupIx> = world.app(app).groups.iter().map(|g| g.group).collect();
            given.sort_unstable();
            o.array(world.app(app).id.as_str(), given, |out, group| {
                writer::string(out, world.group(group).id.as_str());
            });
        }
    }))
}
