//! What is answered in place of what was asked for.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::{Fault, Kind};
use crate::sim::error::ApiError;
use crate::sim::gate::limited;
use crate::sim::rate::Verdict;
use crate::sim::service::Service;

/// The connection was cut: what the task that serves it ends with.
#[derive(Clone, Copy, Debug)]
pub struct Severed;

/// The answer of a fault that strikes before the request is looked at; `None` for those that strike the answer.
///
/// [`Kind::ResetBeforeAnswer`] does not return: it unwinds with [`Severed`], which ends the task that serves the connection and so
/// closes the socket without a word. No library lets a handler do that in a milder way.
pub fn answer(service: &Service, fault: &Fault, bucket: usize) -> Option<Response> {
    let now = service.org.now();
    let limit = service.limits.per_token(bucket);
    let verdict = |limit, reset_secs| Verdict {
        limit,
        remaining: 0,
        reset: now.epoch_seconds() + reset_secs,
        admitted: false,
        news: None,
    };
    Some(match fault.kind {
        Kind::RateLimitStorm if fault.bare => ApiError::too_many_requests().into_response(),
        Kind::RateLimitStorm => {
            let refused = ApiError::too_many_requests().into_response();
            limited(refused, verdict(limit, fault.reset_secs))
        }
        Kind::ConcurrencyLimit => {
            let refused = ApiError::too_many_requests().into_response();
            limited(refused, verdict(0, 1))
        }
        Kind::ServerError => limited(server_error(fault), verdict(limit, 1)),
        Kind::Unauthorized => ApiError::invalid_token().into_response(),
        Kind::Forbidden => ApiError::forbidden().into_response(),
        Kind::NotFound => ApiError::no_such_path().into_response(),
        Kind::Gone => ApiError::not_found("00gone", "Object").into_response(),
        Kind::InconsistentSchema => ApiError::inconsistent_schema().into_response(),
        Kind::ResetBeforeAnswer => std::panic::resume_unwind(Box::new(Severed)),
        Kind::Html => sign_in_wall(),
        _ => return None,
    })
}

fn server_error(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.status).ok();
    let status = status.filter(StatusCode::is_server_error);
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut failed = ApiError::internal(status).into_response();
    if let Some(secs) = fault.retry_after_secs {
        failed
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    failed
}

fn sign_in_wall() -> Response {
    let page = "<!DOCTYPE html><html><head><title>Sign In</title></head>\
                <body><h1>Please sign in to continue</h1></body></html>";
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html;charset=utf-8"),
    );
    response
}
