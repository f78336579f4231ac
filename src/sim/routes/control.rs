//! `/sim/v1`: the simulator's own paths. They need no credential, cost no budget and are never counted.

pub mod change;
pub mod clients;
pub mod events;
pub mod people;
pub mod rights;
pub mod tokens;
pub mod truth;

use std::sync::Arc;

use axum::extract::{Json, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Router, routing};
use http::StatusCode;
use serde::de::{self, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use self::change::Change;
use self::rights::RightsChange;
use crate::sim::fault::{Fault, row};
use crate::sim::ledger::{Counts, Write};
use crate::sim::life::Pace;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::happening::Cause;
use crate::sim::world::refused::Refused;

/// More would keep the world locked all the time.
const MOST_EVENTS_PER_SECOND: f64 = 10_000.0;

/// The simulator's own routes.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/requests", get(requests))
        .route("/writes", get(writes))
        .route("/faults", get(outstanding).post(order).delete(call_off))
        .route("/changes", routing::post(changes))
        .route("/life", get(life).post(set_life))
        .merge(truth::router())
        .merge(people::router())
        .merge(events::router())
        .merge(tokens::router())
        .merge(clients::router())
        .fallback(unknown)
}

async fn unknown() -> Response {
    let said = json!({ "error": "the simulator has no such path" });
    (StatusCode::NOT_FOUND, Json(said)).into_response()
}

async fn requests(State(service): State<Arc<Service>>) -> Json<Counts> {
    Json(service.ledger.counts())
}

/// Which writes: those whose path begins so, and whose sender's name holds that.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Which {
    path: String,
    agent: String,
}

async fn writes(
    State(service): State<Arc<Service>>,
    Query(which): Query<Which>,
) -> Json<Vec<Write>> {
    Json(service.ledger.writes(&which.path, &which.agent))
}

/// How much happens by itself: so many events a second, as an org of this size has, or nothing at all.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Lively {
    /// As its people and the hour make it.
    Human,
    /// Nothing happens.
    Still,
    /// So many events a second.
    EventsPerSecond(f64),
}

async fn life(State(service): State<Arc<Service>>) -> Json<Lively> {
    Json(match *service.pace.borrow() {
        None => Lively::Still,
        Some(Pace::Human) => Lively::Human,
        Some(Pace::EventsPerSecond(rate)) => Lively::EventsPerSecond(rate),
    })
}

async fn set_life(State(service): State<Arc<Service>>, Json(body): Json<Value>) -> Response {
    let pace = match serde_json::from_value(body) {
        Ok(Lively::Still) => None,
        Ok(Lively::Human) => Some(Pace::Human),
        Ok(Lively::EventsPerSecond(rate)) if rate > 0.0 && rate <= MOST_EVENTS_PER_SECOND => {
            Some(Pace::EventsPerSecond(rate))
        }
        Ok(Lively::EventsPerSecond(_)) => {
            return refuse("events_per_second must be above 0 and at most 10000");
        }
        Err(wrong) => return refuse(&wrong.to_string()),
    };
    service.pace.send_replace(pace);
    StatusCode::NO_CONTENT.into_response()
}

/// Reads a body of one or many, so that a mistake is answered with its reason.
fn read<T: serde::de::DeserializeOwned>(body: &Value) -> Result<Vec<T>, String> {
    let items = match body {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    items
        .into_iter()
        .map(|item| serde_json::from_value(item).map_err(|wrong| wrong.to_string()))
        .collect()
}

fn refuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

/// A fault as it is ordered: by its kind, or by its row.
enum Ordered {
    Kind(Fault),
    Row(row::Order),
}

impl<'de> Deserialize<'de> for Ordered {
    /// Tells the two apart before reading either, so that a mistake is told in the words of the one that was meant.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let body = Value::deserialize(from)?;
        let read = if body.get("row").is_some() {
            serde_json::from_value(body).map(Self::Row)
        } else {
            serde_json::from_value(body).map(Self::Kind)
        };
        read.map_err(D::Error::custom)
    }
}

impl Ordered {
    fn fault(self) -> Result<Fault, String> {
        match self {
            Self::Kind(fault) => Ok(fault),
            Self::Row(order) => order.fault(),
        }
    }
}

async fn order(State(service): State<Arc<Service>>, Json(body): Json<Value>) -> Response {
    let ordered: Result<Vec<Fault>, String> =
        read(&body).and_then(|all| all.into_iter().map(Ordered::fault).collect());
    match ordered {
        Ok(faults) => {
            for fault in faults {
                service.faults.order(fault);
            }
            Json(json!(service.faults.outstanding())).into_response()
        }
        Err(wrong) => refuse(&wrong),
    }
}

async fn outstanding(State(service): State<Arc<Service>>) -> Json<Vec<Fault>> {
    Json(service.faults.outstanding())
}

async fn call_off(State(service): State<Arc<Service>>) -> StatusCode {
    service.faults.clear();
    StatusCode::NO_CONTENT
}

/// A change of any kind. The name of the change says which kind it is of.
#[derive(Debug)]
enum Wanted {
    Directory(Change),
    Rights(RightsChange),
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let named = value["change"].as_str().unwrap_or_default();
        let read = if rights::NAMES.contains(&named) {
            serde_json::from_value(value).map(Self::Rights)
        } else {
            serde_json::from_value(value).map(Self::Directory)
        };
        read.map_err(de::Error::custom)
    }
}

impl Wanted {
    fn carry_out(self, world: &mut World, cause: &Cause) -> Result<String, Refused> {
        match self {
            Self::Directory(change) => change.carry_out(world, cause),
            Self::Rights(change) => change.carry_out(world, cause),
        }
    }
}

/// Changes something as another admin would, in a browser, while the client looks elsewhere.
async fn changes(State(service): State<Arc<Service>>, Json(body): Json<Value>) -> Response {
    let changes = match read::<Wanted>(&body) {
        Ok(changes) => changes,
        Err(wrong) => return refuse(&wrong),
    };
    let mut ids = Vec::new();
    for change in changes {
        let request = service.org.next_request();
        let done = service.org.change(|world, now| {
            let cause = change::by_another_admin(world, now, request);
            change.carry_out(world, &cause)
        });
        match done {
            Ok(id) => ids.push(id),
            Err(refused) => {
                let said = json!({ "error": refused.to_string(), "done": ids });
                return (StatusCode::CONFLICT, Json(said)).into_response();
            }
        }
    }
    Json(json!({ "ids": ids })).into_response()
}
