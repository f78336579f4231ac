//! `/api/v1/policies`: policies of one type, their rules, and what they apply to.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::select::Selection;
use super::{find, shown};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::service::Service;
use crate::sim::world::Engine;
use crate::sim::world::document::{Document, Kind};
use crate::sim::world::index::{AppIx, DocumentIx};

/// The routes of policies.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/policies", get(list))
        .route("/api/v1/policies/{policy}", get(one))
        .route("/api/v1/policies/{policy}/rules", get(rules))
        .route("/api/v1/policies/{policy}/rules/{rule}", get(rule))
        .route("/api/v1/policies/{policy}/mappings", get(mappings))
        .route("/api/v1/policies/{policy}/mappings/{mapping}", get(mapping))
        .route("/api/v1/policies/{policy}/app", get(apps))
}

/// Types that both engines have.
const CLASSIC: [&str; 4] = ["OKTA_SIGN_ON", "PASSWORD", "MFA_ENROLL", "IDP_DISCOVERY"];
/// Types that Identity Engine adds.
const YOUNGER: [&str; 5] = [
    "ACCESS_POLICY",
    "PROFILE_ENROLLMENT",
    "POST_AUTH_SESSION",
    "ENTITY_RISK",
    "DEVICE_SIGNAL_COLLECTION",
];
/// Types of features that this org has not got.
const ABSENT: [&str; 3] = [
    "SESSION_VIOLATION_DETECTION",
    "CLIENT_UPDATE",
    "IDENTITY_CLAIM_SOURCING",
];

/// The type asked for.
fn wanted_type(engine: Engine, asked: &Asked) -> Result<&str, ApiError> {
    let of = asked
        .get("type")
        .ok_or_else(|| ApiError::missing_parameter("type"))?;
    let younger = YOUNGER.contains(&of);
    match engine {
        _ if CLASSIC.contains(&of) => Ok(of),
        Engine::Identity if younger => Ok(of),
        Engine::Identity if ABSENT.contains(&of) => Err(ApiError::no_such_feature()),
        _ => Err(ApiError::validation(
            "type",
            "Invalid policy type specified.",
        )),
    }
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let of = wanted_type(world.facts.engine, &asked)?;
    let view = service.view(&world, &asked);
    let limit = asked.limit(usize::MAX - 1, 200)?;
    let selection = Selection::read(&asked, Kind::Policy)?;
    let mut policies = world.documents().policies(of);
    if asked.get("sortBy") == Some("name") {
        policies.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    }
    let start = asked.start(|cursor| {
        let seen = policies.iter();
        let mut seen = seen.map(|(_, policy)| policy.id);
        seen.position(|id| id.as_str() == cursor)
    })?;
    let rest = policies
        .into_iter()
        .skip(start)
        .filter(|(_, policy)| selection.holds(policy));
    let expand = asked.get("expand") == Some("rules");
    let write = |out: &mut String, (_, policy): (DocumentIx, &Document)| {
        render::document::write(view, out, policy, expand);
    };
    Ok(asked.list(limit, rest, |(_, policy)| policy.id, write))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let (_, policy) = find(&world, Kind::Policy, &id)?;
    let expand = asked.get("expand") == Some("rules");
    let mut body = String::new();
    render::document::write(service.view(&world, &asked), &mut body, policy, expand);
    Ok(page::json(body))
}

async fn rules(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (_, policy) = find(&world, Kind::Policy, &id)?;
    let rules = world.documents().rules(policy.id);
    Ok(asked.all(rules, |out, (_, rule)| {
        render::document::write(view, out, rule, false);
    }))
}

async fn rule(
    State(service): State<Arc<Service>>,
    Path((policy, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    below(&service, &asked, Kind::PolicyRule, &policy, &id)
}

async fn mapping(
    State(service): State<Arc<Service>>,
    Path((policy, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    below(&service, &asked, Kind::PolicyMapping, &policy, &id)
}

/// What belongs to a policy and is asked for below it.
fn below(service: &Service, asked: &Asked, kind: Kind, policy: &str, id: &str) -> Answer {
    let world = service.org.world();
    let (_, policy) = find(&world, Kind::Policy, policy)?;
    let (_, document) = find(&world, kind, id)?;
    if document.parent != Some(policy.id) {
        return Err(ApiError::not_found(id, kind.resource()));
    }
    Ok(shown(service.view(&world, asked), document))
}

async fn mappings(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (_, policy) = find(&world, Kind::Policy, &id)?;
    let mappings = world.documents().linked(policy.id, Kind::PolicyMapping);
    Ok(asked.all(mappings, |out, (_, mapping)| {
        render::document::write(view, out, mapping, false);
    }))
}

async fn apps(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (_, policy) = find(&world, Kind::Policy, &id)?;
    let apps: Vec<AppIx> = world
        .documents()
        .linked(policy.id, Kind::PolicyMapping)
        .filter_map(|(_, mapping)| world.app_by_id(mapping.text("application")?))
        .collect();
    Ok(asked.all(apps, |out, app| {
        render::app::write(view, out, app, None);
    }))
}
