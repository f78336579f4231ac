//! Switching group rules on and off, making and deleting them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, post};
use http::StatusCode;
use serde::Deserialize;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::rule;
use crate::sim::routes::{body, groups};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::index::RuleIx;

/// The routes that change group rules.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/groups/rules", post(create))
        .route("/api/v1/groups/rules/{rule}", delete(remove))
        .route(
            "/api/v1/groups/rules/{rule}/lifecycle/activate",
            post(activate),
        )
        .route(
            "/api/v1/groups/rules/{rule}/lifecycle/deactivate",
            post(deactivate),
        )
}

fn named(world: &World, id: &str) -> Result<RuleIx, ApiError> {
    world
        .rule_by_id(id)
        .ok_or_else(|| ApiError::not_found(id, "GroupRule"))
}

/// A rule as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Sent {
    name: String,
    conditions: Conditions,
    actions: Actions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Conditions {
    expression: Expression,
    people: People,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Expression {
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct People {
    users: Excluded,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Excluded {
    exclude: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Actions {
    assign_user_to_groups: Assigned,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Assigned {
    group_ids: Vec<String>,
}

async fn create(State(service): State<Arc<Service>>, asked: Asked, body: Bytes) -> Answer {
    let sent: Sent = body::read(&body)?;
    service.write(&asked, |world, cause| {
        let ids = sent.actions.assign_user_to_groups.group_ids.iter();
        let filled = ids.map(|id| groups::named(world, id));
        let filled = filled.collect::<Result<Vec<_>, _>>()?;
        let ids = sent.conditions.people.users.exclude.iter();
        let left_alone = ids.map(|id| {
            let found = world.user_by_id(id);
            found.ok_or_else(|| ApiError::not_found(id, "User"))
        });
        let left_alone = left_alone.collect::<Result<Vec<_>, _>>()?;
        let text = &sent.conditions.expression.value;
        let made = world.create_rule(cause, &sent.name, text, &filled)?;
        for user in left_alone {
            world.settle_exclusion(made, user);
        }
        let mut text = String::new();
        rule::write(
            service.view(world, &asked),
            &mut text,
            world.rule(made),
            false,
        );
        Ok(page::json(text))
    })
}

/// The rule is on at once; those whom it is true of join a moment later.
async fn activate(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let rule = named(world, &id)?;
        world.activate_rule_later(cause, rule)?;
        Ok(page::no_content())
    })
}

async fn deactivate(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let rule = named(world, &id)?;
        world.deactivate_rule(cause, rule)?;
        Ok(page::no_content())
    })
}

async fn remove(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| -> Result<Response, ApiError> {
        let rule = named(world, &id)?;
        world.delete_rule(cause, rule, asked.is_true("removeUsers"))?;
        let mut taken = page::no_content();
        *taken.status_mut() = StatusCode::ACCEPTED;
        Ok(taken)
    })
}
