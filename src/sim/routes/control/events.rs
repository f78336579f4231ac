//! The truth of the log, and scenarios.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refuse;
use crate::sim::activity::{self, Unplayable};
use crate::sim::event::values;
use crate::sim::json as writer;
use crate::sim::page::{self, Asked};
use crate::sim::scenario::script;
use crate::sim::service::Service;
use crate::sim::time::Millis;

/// The routes of the log's truth and of scenarios.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/truth/events", get(events))
        .route("/truth/scenarios", get(truths))
        .route("/scenarios", get(scenarios).post(start))
}

/// Every event that is persisted, from `since` on when given (by persistence), in the order of persistence.
async fn events(State(service): State<Arc<Service>>, asked: Asked) -> Response {
    let since = match asked.get("since").map(Millis::parse) {
        None => Millis(i64::MIN),
        Some(Some(since)) => since,
        Some(None) => return refuse("since: expected a moment such as 2026-11-22T10:00:00Z"),
    };
    let log = service.book.read(service.org.now());
    let events = log.persisted_since(since);
    let mut body = String::with_capacity(events.len() * 128 + 2);
    writer::array(&mut body, events, |out, at| {
        let event = log.event(*at);
        writer::object(out, |o| {
            o.str("uuid", &values::uuid(event));
            o.shown("published", Millis(event.published_ms));
            o.shown("persisted", Millis(event.persisted_ms));
        });
    });
    page::json(body)
}

async fn truths(State(service): State<Arc<Service>>) -> Response {
    let mut body = String::new();
    writer::array(&mut body, service.scenarios.truths(), |out, truth| {
        truth.write(out);
    });
    page::json(body)
}

async fn scenarios() -> Json<Value> {
    let told = script::all().iter().map(
        |script| json!({ "name": script.name, "title": script.title, "attack": script.attack }),
    );
    Json(told.collect())
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    /// The scenario's name.
    name: String,
}

async fn start(State(service): State<Arc<Service>>, Json(body): Json<Value>) -> Response {
    let wanted: Start = match serde_json::from_value(body) {
        Ok(wanted) => wanted,
        Err(wrong) => return refuse(&wrong.to_string()),
    };
    match activity::play(&service, &wanted.name) {
        Ok(run) => Json(json!({ "run": run, "name": wanted.name })).into_response(),
        Err(why) => {
            let status = match why {
                Unplayable::Unknown { .. } => StatusCode::NOT_FOUND,
                Unplayable::Missing(_) => StatusCode::CONFLICT,
            };
            (status, Json(json!({ "error": why.to_string() }))).into_response()
        }
    }
}
