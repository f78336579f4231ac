//! The gate in front of Okta's paths: request ids, dates, credentials, limits, faults, and the bodies of errors.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::derive::{Seed, letters};
use super::error::ApiError;
use super::fault::body::break_up;
use super::fault::link::turn;
use super::fault::{Fault, Strikes, changes_things, instead};
use super::page::{self, Asked};
use super::principal::{self, Principal, Standing};
use super::rate::{BUCKETS, News, Spender, Verdict, bucket_of};
use super::service::Service;
use super::time::{Millis, SECOND_MS, civil};
use super::wire;
use super::world::happening::Cause;

/// The number of the request, from which its id follows.
#[derive(Clone, Copy, Debug)]
pub struct RequestNumber(pub u64);

/// Lets a request to Okta's paths through, or answers it.
pub async fn gate(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let number = service.org.next_request();
    let bucket = bucket_of(request.method(), request.uri().path());
    request.extensions_mut().insert(RequestNumber(number));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let id = request_id(service.seed, number);
    let mut entry = service.ledger.arrived(&request, bucket, number, id);
    let under_way = service.limits.enter();
    if !service.latency.is_zero() {
        tokio::time::sleep(service.latency).await;
    }
    let mut fault = service.faults.strike(&method, &path);
    let url = page::url_of(&request);
    let struck_before = struck(&service, fault.as_ref(), Strikes::Before, bucket);
    let response = if let Some(answer) = struck_before {
        answer
    } else {
        let has_room = under_way.is_some();
        let answer = admitted(&service, request, next, bucket, number, has_room).await;
        entry.came_to(answer.status().as_u16());
        if fault.is_none() && has_changed(&method, answer.status()) {
            fault = service.faults.strike_change(&method, &path);
        }
        // What was asked for is done, and whoever asked hears something else.
        struck(&service, fault.as_ref(), Strikes::After, bucket).unwrap_or(answer)
    };
    drop(under_way);
    let response = finish(&service, response, number);
    entry.answered(response.status().as_u16());
    match fault {
        Some(fault) => turn(break_up(response, &fault).await, &fault, &url),
        None => response,
    }
}

/// What a misfortune answers in place of what was asked for, if it strikes then.
fn struck(
    service: &Service,
    fault: Option<&Fault>,
    when: Strikes,
    bucket: usize,
) -> Option<Response> {
    let fault = fault.filter(|fault| fault.strikes == when)?;
    instead::answer(service, fault, bucket)
}

/// Whether a request with this answer changed something: it was one that may, and nothing refused it.
fn has_changed(method: &Method, status: StatusCode) -> bool {
    changes_things(method) && (status.is_success() || status.is_redirection())
}

/// Checks the credential and the limits, then lets the request through.
async fn admitted(
    service: &Service,
    mut request: Request,
    next: Next,
    bucket: usize,
    number: u64,
    has_room: bool,
) -> Response {
    use axum::response::IntoResponse as _;
    if let Some(answer) = wire::turned_away(&request) {
        return answer;
    }
    // Before anything else is looked at: nobody from there reaches any address of the org's.
    let client = Service::client_at(page::forwarded_for(request.headers()));
    if service.org.world().is_blocked(&client) {
        return ApiError::forbidden().into_response();
    }
    let path = request.uri().path();
    if path.starts_with("/.well-known/") || path == "/oauth2/v1/keys" {
        return next.run(request).await;
    }
    // Whoever asks for a token has nothing to show yet.
    let caller = if path == "/oauth2/v1/token" {
        None
    } else {
        match principal::identify(service, &request) {
            Ok(caller) => Some(caller),
            Err(denied) => return denied.answer(&request),
        }
    };
    let spender = caller.as_ref().map_or(Spender::Anyone, Principal::spender);
    let verdict = service.limits.admit(spender, bucket, service.org.now());
    if let Some(caller) = &caller {
        report(
            service,
            verdict,
            bucket,
            &service.by(caller.actor(), number),
        );
    }
    if !has_room {
        let crowded = Verdict {
            limit: 0,
            remaining: 0,
            ..verdict
        };
        return limited(ApiError::too_many_requests().into_response(), crowded);
    }
    if !verdict.admitted {
        return limited(ApiError::too_many_requests().into_response(), verdict);
    }
    let standing = match &caller {
        Some(caller) => {
            caller.standing(&service.org.world(), request.method(), request.uri().path())
        }
        None => Standing::Allowed,
    };
    let response = match standing {
        Standing::Allowed => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Standing::Blind => Asked::of(&request.into_parts().0).whole("[]".to_owned()),
        Standing::Denied(denied) => denied.answer(&request),
    };
    limited(response, verdict)
}

/// Tells the System Log about limits that come near or are passed.
fn report(service: &Service, verdict: Verdict, bucket: usize, cause: &Cause) {
    let Some(news) = verdict.news else { return };
    let name = BUCKETS[bucket].name;
    service
        .org
        .change(|world, _| world.note_rate_limit(cause, name, news == News::Violation));
}

/// Puts the headers of a rate limit on an answer.
pub fn limited(mut response: Response, verdict: Verdict) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: i64| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    };
    set("x-rate-limit-limit", i64::from(verdict.limit));
    set("x-rate-limit-remaining", i64::from(verdict.remaining));
    set("x-rate-limit-reset", verdict.reset);
    response
}

/// What every answer carries, and the body of those that are errors.
fn finish(service: &Service, mut response: Response, number: u64) -> Response {
    let error = match response.status() {
        // The router's own answer for a path that has other methods.
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::no_such_method()),
        _ => response.extensions_mut().remove::<ApiError>(),
    };
    if let Some(error) = error {
        let kept = std::mem::take(response.headers_mut());
        response = error.answer(service.seed, number);
        for (name, value) in &kept {
            if name != CONTENT_TYPE && name != http::header::CONTENT_LENGTH {
                response.headers_mut().append(name, value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::from_str(&http_date(service.org.now())) {
        headers.insert(DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(&request_id(service.seed, number)) {
        headers.insert(HeaderName::from_static("x-okta-request-id"), id);
    }
    headers.insert(
        http::header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    response
}

/// The id of a request, as in its headers and in the log's debug data and transactions.
pub fn request_id(seed: Seed, number: u64) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    letters(seed.hash("request", number), alphabet, 27)
}

/// The `Date` header.
fn http_date(at: Millis) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = at.0.div_euclid(SECOND_MS);
    let (day, in_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, of_month) = civil(day);
    let weekday = DAYS[usize::try_from(day.rem_euclid(7)).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0) % 12];
    let (hour, minute, second) = (in_day / 3_600, in_day / 60 % 60, in_day % 60);
    format!("{weekday}, {of_month:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let at = Millis::parse("2026-11-22T10:05:09.999Z").unwrap();
        assert_eq!(http_date(at), "Sun, 22 Nov 2026 10:05:09 GMT");
        assert_eq!(http_date(Millis(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn every_request_has_an_id_of_its_own() {
        assert_ne!(request_id(Seed(1), 1), request_id(Seed(1), 2));
        assert_eq!(request_id(Seed(1), 1).len(), 27);
    }
}
