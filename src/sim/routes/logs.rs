//! `GET /api/v1/logs`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;

use crate::sim::error::ApiError;
use crate::sim::fault::{Kind, events};
use crate::sim::json;
use crate::sim::log::Log;
use crate::sim::log::filter::Refusal;
use crate::sim::log::query::{Query, Range};
use crate::sim::page::Asked;
use crate::sim::service::Service;
use crate::sim::time::Millis;

/// The route of the log.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/api/v1/logs", get(list))
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self {
            causes: refusal.causes,
            ..Self::new(StatusCode::BAD_REQUEST, refusal.code, refusal.summary)
        }
    }
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Result<Response, ApiError> {
    let now = service.org.now();
    let query = Query::read(|name| asked.get(name), now)?;
    let log = service.book.read(now);
    let repeat = repeated(&service, &log, &query, now)?;
    let page = log.page(&query, now, repeat)?;
    let mut body = String::with_capacity(page.events.len() * 2_800 + 2);
    let is_empty = page.events.is_empty();
    json::array(&mut body, page.events, |out, at| log.write(out, at));
    if !is_empty && let Some(fault) = service.faults.strike_log_page() {
        body = events::break_up(body, fault.kind, now);
    }
    Ok(asked.page(body, page.next.as_deref(), query.limit))
}

/// How many events a fault lets a poll deliver once more: it is asked about each event of the page.
fn repeated(service: &Service, log: &Log, query: &Query, now: Millis) -> Result<usize, ApiError> {
    let polling = matches!(query.range, Range::Polling { .. });
    if !polling || query.after.is_none() || !service.faults.awaits(Kind::DuplicateEvents) {
        return Ok(0);
    }
    let fresh = log.page(query, now, 0)?.events.len();
    let struck =
        (0..fresh).filter(|_| service.faults.strike_event(Kind::DuplicateEvents).is_some());
    Ok(struck.count())
}
