//! `/api/v1/groups/rules`: who is put into which groups because of what their profile says.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::rule;
use crate::sim::service::Service;
use crate::sim::world::rule::Rule;

pub mod write;

/// The routes of group rules.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/groups/rules", get(list))
        .route("/api/v1/groups/rules/{rule}", get(one))
        .merge(write::router())
}

/// Whether the caller wants the names of groups, too.
fn named(asked: &Asked) -> bool {
    asked.get("expand").is_some_and(|expand| {
        expand
            .split(',')
            .any(|part| part.trim() == "groupIdToGroupNameMap")
    })
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let keyword = asked.get("search").map(str::to_lowercase);
    let wanted = |rule: &Rule| {
        keyword
            .as_ref()
            .is_none_or(|keyword| rule.name.to_lowercase().contains(keyword))
    };
    let from = asked.start(|cursor| Some(world.rule_by_id(cursor)?.at()))?;
    Ok(asked.list(
        asked.limit(50, 200)?,
        world
            .rules()
            .filter(|(ix, rule)| ix.at() >= from && wanted(rule)),
        |(_, rule)| rule.id,
        |out, (_, rule)| rule::write(view, out, rule, named(&asked)),
    ))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    let world = service.org.world();
    let found = world
        .rule_by_id(&id)
        .ok_or_else(|| ApiError::not_found(&id, "GroupRule"))?;
    let mut body = String::new();
    let view = service.view(&world, &asked);
    rule::write(view, &mut body, world.rule(found), named(&asked));
    Ok(page::json(body))
}
