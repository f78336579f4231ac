//! What the client asked for, and pages of it: parameters, limits, cursors and `Link` lines.

pub mod list;

use std::convert::Infallible;
use std::net::Ipv4Addr;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::{CONTENT_TYPE, LINK, USER_AGENT};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use url::form_urlencoded;

use super::error::ApiError;
use super::gate::RequestNumber;
use super::principal::Principal;
use super::wire;
use super::world::call::Call;
pub use list::Answer;

/// A request as far as lists are concerned.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Scheme and host that the client used. Links must carry them: clients follow links verbatim, or refuse other hosts.
    pub base: String,
    /// Who asks, where that was found out.
    pub caller: Option<Principal>,
    /// The request's number, from which its id follows; 0 where nobody counted.
    pub number: u64,
    path: String,
    query: Vec<(String, String)>,
    query_text: String,
    headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Asked {
    /// What the head of a request asks for.
    pub fn of(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self {
            base: wire::origin(&parts.uri, &parts.headers, &parts.extensions),
            caller: parts.extensions.get().cloned(),
            number: parts.extensions.get().map_or(0, |RequestNumber(n)| *n),
            query_text: query.to_owned(),
            path: parts.uri.path().to_owned(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: parts.headers.clone(),
        }
    }

    /// A parameter's value; an empty one counts as not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter says `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// What a parameter says, `default` where it says neither `true` nor `false`.
    pub fn says(&self, name: &str, default: bool) -> bool {
        match self.get(name) {
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) if value.eq_ignore_ascii_case("false") => false,
            _ => default,
        }
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the caller would rather not wait for the end of what it begins.
    pub fn prefers_not_to_wait(&self) -> bool {
        let prefer = self.header("prefer").unwrap_or_default();
        prefer
            .split([',', ';'])
            .any(|word| word.trim().eq_ignore_ascii_case("respond-async"))
    }

    /// The request as the log tells of it.
    pub fn call(&self) -> Call {
        let agent = self.header(USER_AGENT.as_str()).unwrap_or_default();
        Call::new(agent, &self.path, &self.query_text)
    }

    /// The address that a proxy says the caller has; Okta believes it of whoever holds an API token.
    pub fn forwarded_for(&self) -> Option<Ipv4Addr> {
        forwarded_for(&self.headers)
    }

    /// The `okta-response` options among the parameters of the `Content-Type` header.
    pub fn response_options(&self) -> &str {
        self.headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once("okta-response="))
            .map_or("", |(_, options)| options)
    }

    /// How many items a page may hold; more than the maximum is treated as the maximum.
    ///
    /// # Errors
    /// `E0000001` when the parameter is no positive number.
    pub fn limit(&self, default: usize, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else {
            return Ok(default);
        };
        match text.parse::<u64>() {
            Ok(0) | Err(_) => Err(ApiError::validation(
                "limit",
                "The limit must be a positive number",
            )),
            Ok(limit) => Ok(usize::try_from(limit).map_or(most, |limit| limit.min(most))),
        }
    }

    /// The cursor, if there is one.
    pub fn after(&self) -> Option<&str> {
        self.get("after")
    }

    /// The absolute address of this request, with another cursor when one is given.
    fn href(&self, after: Option<(&str, usize)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.query {
            let replaced = after.is_some() && matches!(key.as_str(), "after" | "limit");
            if !replaced {
                query.append_pair(key, value);
            }
        }
        if let Some((cursor, limit)) = after {
            query.append_pair("after", cursor);
            query.append_pair("limit", &limit.to_string());
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{query}", self.base, self.path)
    }

    /// A finished page: `body` is the whole array, `next` the cursor of the following page of `limit` items.
    pub fn page(&self, body: String, next: Option<&str>, limit: usize) -> Response {
        let mut response = json(body);
        let mut link = |href: String, rel: &str| {
            if let Ok(value) = HeaderValue::from_str(&format!("<{href}>; rel=\"{rel}\"")) {
                response.headers_mut().append(LINK, value);
            }
        };
        link(self.href(None), "self");
        if let Some(cursor) = next {
            link(self.href(Some((cursor, limit))), "next");
        }
        response
    }

    /// A list that always fits into one page.
    pub fn whole(&self, body: String) -> Response {
        self.page(body, None, 0)
    }
}

/// The absolute address of a request, as links to it are written.
pub fn url_of<B>(request: &Request<B>) -> String {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let origin = wire::origin(uri, request.headers(), request.extensions());
    format!("{origin}{path}")
}

/// The address that a proxy says the caller has.
pub fn forwarded_for(headers: &HeaderMap) -> Option<Ipv4Addr> {
    let named = headers.get("x-forwarded-for")?.to_str().ok()?;
    named.split(',').next()?.trim().parse().ok()
}

/// A JSON answer.
pub fn json(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What Okta answers to a change that it has nothing to say about: an empty object.
pub fn done() -> Response {
    json("{}".to_owned())
}

/// An answer without a body, and without a media type: a client that reads JSON where one is named finds nothing to read.
pub fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Cuts what does not fit off a page of at most `limit` items; whether there was more.
pub fn cut<T>(items: &mut Vec<T>, limit: usize) -> bool {
    let more = items.len() > limit;
    items.truncate(limit);
    more
}

/// Hides a position in letters and digits; [`open`] reads it again.
pub fn seal(position: &str) -> String {
    use std::fmt::Write as _;
    let mut cursor = String::with_capacity(position.len() * 2);
    for byte in position.bytes() {
        let _ = write!(cursor, "{byte:02x}");
    }
    cursor
}

/// Reads what [`seal`] wrote.
///
/// # Errors
/// `E0000029` when this is no such cursor.
pub fn open(cursor: &str) -> Result<String, ApiError> {
    let bytes = (0..cursor.len())
        .step_by(2)
        .map(|at| {
            let digits = cursor.get(at..at + 2)?;
            u8::from_str_radix(digits, 16).ok()
        })
        .collect::<Option<Vec<u8>>>();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(ApiError::invalid_cursor)
}

#[cfg(test)]
mod tests {
    use http::header::HOST;
    use proptest::prelude::*;

    use super::*;

    pub(super) fn asked(uri: &str) -> Asked {
        let request = Request::builder()
            .uri(uri)
            .header(HOST, "org.example:8080")
            .body(())
            .unwrap();
        Asked::of(&request.into_parts().0)
    }

    proptest! {
        #[test]
        fn a_sealed_position_opens_again(position in any::<String>()) {
            prop_assert_eq!(open(&seal(&position)), Ok(position));
        }

        #[test]
        fn a_foreign_cursor_is_refused_and_nothing_worse(cursor in any::<String>()) {
            let _ = open(&cursor);
        }
    }

    #[test]
    fn links_are_absolute_keep_the_parameters_and_are_two_lines() {
        let asked = asked("/api/v1/users?search=status+eq+%22ACTIVE%22&limit=2&after=x");
        let page = asked.page("[]".to_owned(), Some("00uNEXT"), 2);
        let links: Vec<_> = page.headers().get_all(LINK).iter().collect();
        let start = "<http://org.example:8080/api/v1/users?search=status+eq+%22ACTIVE%22";
        assert_eq!(links[0], &format!("{start}&limit=2&after=x>; rel=\"self\""));
        assert_eq!(
            links[1],
            &format!("{start}&after=00uNEXT&limit=2>; rel=\"next\"")
        );
    }

    #[test]
    fn a_limit_is_clamped_defaulted_or_refused() {
        assert_eq!(asked("/x?limit=1000").limit(200, 200), Ok(200));
        assert_eq!(asked("/x").limit(50, 500), Ok(50));
        assert_eq!(asked("/x?limit=7").limit(50, 500), Ok(7));
        for wrong in ["0", "-1", "many"] {
            let refused = asked(&format!("/x?limit={wrong}")).limit(50, 500);
            assert_eq!(refused.unwrap_err().code, "E0000001");
        }
    }
}
