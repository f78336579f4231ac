//! What a request must look like before anybody asks who sends it: lengths, media types, and the origin that it came to.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version};
use http_body_util::BodyExt as _;

use super::error::ApiError;

/// How a request came; the listener that took it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Scheme and host as the client wrote them, e.g. `https://localhost:8443`. What is absolute in an answer begins so: some
/// clients follow it verbatim, others refuse any host but the one that they were given.
pub fn origin(uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> String {
    let header = |name| headers.get(name).and_then(|v| v.to_str().ok());
    // HTTP/2 has the host in the address and often no `Host` at all.
    let host = uri.authority().map(http::uri::Authority::as_str);
    let host = host
        .or_else(|| header(HOST.as_str()))
        .unwrap_or("localhost");
    let scheme = match extensions.get::<Scheme>() {
        Some(Scheme::Https) => "https",
        _ => header("x-forwarded-proto").unwrap_or("http"),
    };
    format!("{scheme}://{host}")
}

/// The answer to a request that Okta would not even look into: 411 without a length, `E0000122` when JSON is not accepted,
/// `E0000012` for a body that is not JSON. `None` for all others.
pub fn turned_away(request: &Request<Body>) -> Option<Response> {
    let writes = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH
    );
    let is_empty = request.body().is_end_stream() || request.body().size_hint().exact() == Some(0);
    if writes && is_empty && lacks_length(request) {
        return Some(length_required());
    }
    if !request.uri().path().starts_with("/api/") {
        return None;
    }
    if !accepts_json(request.headers()) {
        return Some(ApiError::not_acceptable().into_response());
    }
    // A write without a body may say anything about it: Okta's Python SDK calls it `application/octet-stream`.
    if writes && !is_empty && !is_json(request.headers()) {
        return Some(ApiError::unsupported_media_type().into_response());
    }
    None
}

/// HTTP/2 frames bodies itself, so that only older versions can leave a length out.
fn lacks_length(request: &Request<Body>) -> bool {
    let headers = request.headers();
    request.version() <= Version::HTTP_11
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
}

/// What the servers in front of Okta say; it never gets as far as the API.
fn length_required() -> Response {
    let page = "<html><head><title>411 Length Required</title></head>\
                <body><center><h1>411 Length Required</h1></center></body></html>";
    let html = [(CONTENT_TYPE, HeaderValue::from_static("text/html"))];
    (StatusCode::LENGTH_REQUIRED, html, page).into_response()
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(ACCEPT).iter().peekable();
    if named.peek().is_none() {
        return true;
    }
    let ranges = named.filter_map(|value| value.to_str().ok());
    ranges.flat_map(|value| value.split(',')).any(|range| {
        let media = range.split(';').next().unwrap_or_default().trim();
        media.is_empty()
            || ["*/*", "application/*", "application/json"]
                .iter()
                .any(|good| media.eq_ignore_ascii_case(good))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media = media
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    media.is_some_and(|media| {
        let media = media.to_ascii_lowercase();
        media == "application/json" || media.ends_with("+json")
    })
}

/// Reads a body to its end.
///
/// # Errors
/// `E0000003` when it breaks off.
pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    let read = body.collect().await;
    let read = read.map_err(|_| ApiError::malformed_body())?;
    Ok(read.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(build: impl FnOnce(http::request::Builder) -> Request<Body>) -> u16 {
        let request = build(Request::builder().uri("/api/v1/users"));
        turned_away(&request).map_or(200, |answer| answer.status().as_u16())
    }

    #[test]
    fn a_write_without_a_body_must_say_so_and_may_call_it_anything() {
        let empty = |b: http::request::Builder| b.body(Body::empty()).unwrap();
        assert_eq!(checked(|b| empty(b.method("POST"))), 411);
        assert_eq!(checked(|b| empty(b.method("PUT"))), 411);
        assert_eq!(checked(|b| empty(b.method("DELETE"))), 200);
        assert_eq!(checked(|b| empty(b.method("GET"))), 200);
        let octets = "application/octet-stream";
        let said = |b: http::request::Builder| b.method("POST").header(CONTENT_LENGTH, 0);
        assert_eq!(
            checked(|b| empty(said(b).header(CONTENT_TYPE, octets))),
            200
        );
        let framed = |b: http::request::Builder| b.method("POST").version(Version::HTTP_2);
        assert_eq!(checked(|b| empty(framed(b))), 200);
    }

    #[test]
    fn a_body_must_be_json() {
        let with = |media: &'static str| {
            checked(|b| {
                let b = b.method("POST").header(CONTENT_TYPE, media);
                b.body(Body::from("{}")).unwrap()
            })
        };
        assert_eq!(with("application/json"), 200);
        assert_eq!(
            with("Application/JSON; okta-response=\"omitCredentials\""),
            200
        );
        // Okta says 404 where others say 415.
        assert_eq!(with("text/xml"), 404);
        assert_eq!(with("application/octet-stream"), 404);
    }

    #[test]
    fn an_answer_in_json_must_be_welcome() {
        let with =
            |media: &'static str| checked(|b| b.header(ACCEPT, media).body(Body::empty()).unwrap());
        for media in [
            "application/json",
            "*/*",
            "text/html, application/*;q=0.1",
            "",
        ] {
            assert_eq!(with(media), 200, "{media}");
        }
        assert_eq!(with("text/xml"), 406);
    }

    #[test]
    fn the_origin_is_the_one_that_the_client_used() {
        let of = |asked: Request<()>| origin(asked.uri(), asked.headers(), asked.extensions());
        let plain = Request::builder()
            .uri("/x")
            .header(HOST, "org.example:8080");
        assert_eq!(of(plain.body(()).unwrap()), "http://org.example:8080");
        let second = Request::builder().uri("https://org.example/x");
        let second = second.extension(Scheme::Https).body(()).unwrap();
        assert_eq!(of(second), "https://org.example");
        let proxied = Request::builder().uri("/x").header(HOST, "acme.okta.test");
        let proxied = proxied.header("x-forwarded-proto", "https");
        assert_eq!(of(proxied.body(()).unwrap()), "https://acme.okta.test");
    }
}
