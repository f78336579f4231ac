//! The one way a request goes out and its answer comes back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, DATE, HeaderMap, LOCATION, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::Reader;
use super::address::{AuthorizedUrl, LinkFault};
use super::credential::Kind;
use super::error::{DecodeFault, Error, ErrorKind};
use super::link::{Cursor, NextLink, next_link};
use super::page::{Answer, Item, Items, Page, as_sent};
use super::rate::{Bucket, Stated};
use super::retry::{Attempts, Next, Outcome};
use super::service_app::{AccessToken, ServiceApp};
use super::transport::{Fault, TransportError};
use super::wire::{Decode, Problem, Unreadable};
use crate::domain::text::SafeText;

/// What a request shows of who asks.
pub(super) enum Pass<'a> {
    /// Nothing: anybody may ask.
    Nothing,
    /// The same each time.
    Fixed(&'a HeaderValue),
    /// An access token, with a proof if it is bound to a key.
    Token(&'a ServiceApp, Arc<AccessToken>),
}

/// One read, ready to be sent.
pub(super) struct Call {
    operation: &'static str,
    url: AuthorizedUrl,
    /// Whether it goes on from a `next` link, whose cursor Okta may reject.
    is_continued: bool,
    is_anonymous: bool,
}

impl Call {
    /// The same call without the credential.
    pub(super) fn anonymous(mut self) -> Self {
        self.is_anonymous = true;
        self
    }
}

impl Reader {
    /// A call of an endpoint, whose path segments and query values may be anything.
    ///
    /// # Errors
    /// When a segment cannot be part of a path.
    pub(super) fn call(
        &self,
        operation: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Call, Error> {
        let url = self.base().endpoint(segments, query).map_err(|fault| {
            Error::unanswered(operation, ErrorKind::Invalid(fault.to_string().into()))
        })?;
        Ok(Call {
            operation,
            url,
            is_continued: false,
            is_anonymous: false,
        })
    }

    /// One page of a listing: its first, or the one that the cursor leads to.
    pub(super) async fn page<T: Decode>(
        &self,
        operation: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
        cursor: &Cursor,
    ) -> Result<Page<T>, Error> {
        let call = self.page_call(operation, segments, query, cursor)?;
        self.listed(&call, Answer::objects).await
    }

    /// A call of a listing's first page, or of the one that the cursor leads to.
    pub(super) fn page_call(
        &self,
        operation: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
        cursor: &Cursor,
    ) -> Result<Call, Error> {
        match cursor {
            Cursor::Start => self.call(operation, segments, query),
            Cursor::At(link) => self.call_on(operation, link.as_str()),
        }
    }

    /// One page whose list stands at `path` in the body, each item read with `read`.
    pub(super) async fn list<T>(
        &self,
        call: &Call,
        path: &[&str],
        read: impl Fn(&RawValue) -> Result<Item<T>, Unreadable>,
    ) -> Result<Page<T>, Error> {
        self.listed(call, |answer| answer.items(path, read)).await
    }

    async fn listed<T>(
        &self,
        call: &Call,
        items: impl FnOnce(&Answer) -> Result<Items<T>, DecodeFault>,
    ) -> Result<Page<T>, Error> {
        let answer = self.fetch(call).await?;
        let next = self
            .next_of(&answer)
            .map_err(|fault| answer.error(call, ErrorKind::SecurityStop(fault)))?;
        let (items, bad) =
            items(&answer).map_err(|fault| answer.error(call, ErrorKind::Decode(fault)))?;
        Ok(Page {
            items,
            bad,
            next,
            served_at: answer.served_at,
            request_id: answer.request_id,
            size_bytes: answer.body.len() as u64,
            attempts: answer.attempts,
        })
    }

    /// Where an answer says that the next page is: in a header, or in its body.
    fn next_of(&self, answer: &Answer) -> Result<Option<NextLink>, LinkFault> {
        match next_link(&answer.headers, self.base())? {
            Some(next) => Ok(Some(next)),
            None => answer
                .next_in_body()
                .map(|next| NextLink::restore(self.base(), &next))
                .transpose(),
        }
    }

    /// One object.
    pub(super) async fn object<T: Decode>(&self, call: Call) -> Result<Item<T>, Error> {
        let answer = self.fetch(&call).await?;
        answer
            .item(as_sent)
            .map_err(|fault| answer.error(&call, ErrorKind::Decode(fault)))
    }

    /// One object as a list of one, each read with `read`.
    pub(super) async fn single<T>(
        &self,
        call: &Call,
        read: impl Fn(&RawValue) -> Result<Item<T>, Unreadable>,
    ) -> Result<Page<T>, Error> {
        let answer = self.fetch(call).await?;
        let item = answer
            .item(read)
            .map_err(|fault| answer.error(call, ErrorKind::Decode(fault)))?;
        Ok(Page {
            items: vec![item],
            bad: Vec::new(),
            next: None,
            served_at: answer.served_at,
            request_id: answer.request_id,
            size_bytes: answer.body.len() as u64,
            attempts: answer.attempts,
        })
    }

    /// A call that follows a link. The link was checked when it was made; what is sent is checked again all the same.
    fn call_on(&self, operation: &'static str, link: &str) -> Result<Call, Error> {
        let url = self
            .base()
            .authorize(link)
            .map_err(|fault| Error::unanswered(operation, ErrorKind::SecurityStop(fault)))?;
        Ok(Call {
            operation,
            url,
            is_continued: true,
            is_anonymous: false,
        })
    }

    /// Sends a call as often as it is worth it and brings back an answer with status 200.
    pub(super) async fn fetch(&self, call: &Call) -> Result<Answer, Error> {
        let bucket = Bucket::of_path(call.url.path());
        let pass = self.pass(call).await?;
        let (reply, sent) = self.deliver(bucket, || self.request(call, &pass)).await;
        // A token may have been revoked, or the org moved; a new one tells which refusals are meant.
        let (Pass::Token(app, token), true) = (&pass, is_token_refused(&reply)) else {
            return self.settle(call, bucket, reply, sent);
        };
        app.give_up(token).await;
        let pass = self.pass(call).await?;
        let (reply, again) = self.deliver(bucket, || self.request(call, &pass)).await;
        self.settle(call, bucket, reply, sent + again)
    }

    /// What a call is to show.
    async fn pass(&self, call: &Call) -> Result<Pass<'_>, Error> {
        if call.is_anonymous {
            return Ok(Pass::Nothing);
        }
        match self.shared.settings.credential.kind() {
            Kind::Ssws(value) => Ok(Pass::Fixed(value)),
            Kind::Service(app) => Ok(Pass::Token(app, self.access(app).await?)),
        }
    }

    /// Sends what `build` makes as often as it is worth it; the last reply, and how often it was sent. It is made anew each time.
    pub(super) async fn deliver(
        &self,
        bucket: Bucket,
        build: impl Fn() -> Option<Request<Bytes>>,
    ) -> (Result<Response<Bytes>, TransportError>, u32) {
        let mut attempts = Attempts::default();
        let mut sent = 0;
        loop {
            let reply = self.send_once(&build, bucket, sent > 0).await;
            sent += 1;
            match attempts.after(outcome(&reply), self.lane) {
                Next::Settle => return (reply, sent),
                Next::Again(wait) => self.shared.clock.sleep(jittered(wait)).await,
            }
        }
    }

    /// Waits for a turn, sends, and enters in the books what came of it.
    async fn send_once(
        &self,
        build: impl Fn() -> Option<Request<Bytes>>,
        bucket: Bucket,
        is_retry: bool,
    ) -> Result<Response<Bytes>, TransportError> {
        let shared = &self.shared;
        let slot = shared.limiter.reserve(bucket, self.lane).await;
        let request = build().ok_or_else(unsigned)?;
        let _under_way = shared.meter.sent(bucket, is_retry, shared.clock.now());
        let response = shared.transport.send(request).await?;
        let status = response.status().as_u16();
        shared.meter.received(status, response.body().len());
        slot.answered(
            status,
            Stated::read(response.headers()),
            date(response.headers()),
        );
        Ok(response)
    }

    fn request(&self, call: &Call, pass: &Pass<'_>) -> Option<Request<Bytes>> {
        let settings = &self.shared.settings;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = call.url.uri();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Ok(agent) = HeaderValue::from_str(&settings.user_agent) {
            headers.insert(USER_AGENT, agent);
        }
        match pass {
            Pass::Nothing => {}
            Pass::Fixed(value) => drop(headers.insert(AUTHORIZATION, (*value).clone())),
            Pass::Token(_, token) => {
                headers.insert(AUTHORIZATION, token.authorization());
                let now = self.shared.limiter.server_now();
                if token.is_bound() {
                    headers.insert("dpop", token.proof(&Method::GET, &call.url, now)?);
                }
            }
        }
        Some(request)
    }

    /// Turns the last reply into an answer or an error.
    fn settle(
        &self,
        call: &Call,
        bucket: Bucket,
        reply: Result<Response<Bytes>, TransportError>,
        attempts: u32,
    ) -> Result<Answer, Error> {
        let response = reply
            .map_err(|error| Error::unanswered(call.operation, ErrorKind::Transport(error)))?;
        let (parts, body) = response.into_parts();
        let answer = Answer {
            request_id: request_id(&parts.headers),
            served_at: date(&parts.headers).unwrap_or_else(|| self.shared.limiter.server_now()),
            headers: parts.headers,
            body,
            attempts,
        };
        if parts.status == StatusCode::OK {
            return Ok(answer);
        }
        let problem = Problem::read(&answer.body);
        let kind = self.refusal(call, bucket, parts.status, &answer.headers, &problem);
        Err(Error {
            code: problem.code,
            ..answer.error(call, kind)
        })
    }

    /// What a status other than 200 means.
    fn refusal(
        &self,
        call: &Call,
        bucket: Bucket,
        status: StatusCode,
        headers: &HeaderMap,
        problem: &Problem,
    ) -> ErrorKind {
        if let Some(kind) = refused_as_such(status, headers, problem) {
            return kind;
        }
        match status.as_u16() {
            204 => ErrorKind::Decode(DecodeFault::Empty),
            300..400 => ErrorKind::Redirect(redirect_target(headers)),
            400 if call.is_continued => ErrorKind::CursorRejected,
            400 => ErrorKind::Invalid(problem.summary.clone()),
            401 => ErrorKind::Unauthorised,
            403 => ErrorKind::Forbidden,
            // Proxies and sign-in walls say 404, too; only Okta's own word proves that something is gone.
            404 if problem.code.is_some() => ErrorKind::NotFound,
            429 => ErrorKind::RateLimited {
                until: self.throttled_until(bucket),
            },
            status @ 500..600 => ErrorKind::Server(status),
            status => ErrorKind::Status(status),
        }
    }

    fn throttled_until(&self, bucket: Bucket) -> Option<Timestamp> {
        let budgets = self.shared.limiter.budgets();
        budgets
            .into_iter()
            .find(|budget| budget.bucket == bucket)?
            .throttled_until
    }
}

/// What an answer refuses whoever asks for a reason that lies in the org or in the scopes of the token.
fn refused_as_such(
    status: StatusCode,
    headers: &HeaderMap,
    problem: &Problem,
) -> Option<ErrorKind> {
    match (status.as_u16(), problem.code.as_deref()) {
        // No such feature, no such path, or one that is not supported in this org.
        (400..=403, Some("E0000015")) | (404, Some("E0000008")) | (501, Some("E0000060")) => {
            Some(ErrorKind::NotEnabled)
        }
        // The proof beside an access token was not taken: that says nothing about cursors or queries.
        (400, _) => {
            let challenge = text(headers, &WWW_AUTHENTICATE)?;
            let error = parameter(challenge, "error")?;
            let is_proof = matches!(
                error,
                "invalid_dpop_proof" | "use_dpop_nonce" | "invalid_request"
            );
            is_proof.then_some(ErrorKind::Unauthorised)
        }
        (401 | 403, _) => {
            let challenge = text(headers, &WWW_AUTHENTICATE)?;
            let is_scope = parameter(challenge, "error") == Some("insufficient_scope");
            let scope = parameter(challenge, "scope").unwrap_or_default();
            is_scope.then(|| ErrorKind::MissingScope(SafeText::new(scope)))
        }
        _ => None,
    }
}

/// Whether a reply refuses the access token itself, which a new one may mend.
fn is_token_refused(reply: &Result<Response<Bytes>, TransportError>) -> bool {
    let Ok(response) = reply else { return false };
    let challenge = text(response.headers(), &WWW_AUTHENTICATE).unwrap_or_default();
    match response.status().as_u16() {
        401 => true,
        400 => challenge.contains("dpop") || challenge.starts_with("DPoP"),
        _ => false,
    }
}

fn unsigned() -> TransportError {
    TransportError::new(Fault::Unsendable, "it could not be signed")
}

/// The value of one parameter of a challenge such as `Bearer realm="x", error="y"`.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    challenge.split([',', ' ']).find_map(|part| {
        let (key, _) = part.split_once('=')?;
        let start = challenge.find(part)? + key.len() + 1;
        let value = challenge[start..].strip_prefix('"')?;
        (key == name).then(|| value.split('"').next().unwrap_or_default())
    })
}

impl Answer {
    pub(super) fn error(&self, call: &Call, kind: ErrorKind) -> Error {
        Error {
            operation: call.operation,
            kind,
            code: None,
            request_id: self.request_id.clone(),
        }
    }
}

fn outcome(reply: &Result<Response<Bytes>, TransportError>) -> Outcome {
    match reply {
        Err(error) => Outcome::Failed(error.fault),
        Ok(response) => Outcome::Answered {
            status: response.status().as_u16(),
            crowded: Stated::read(response.headers()).is_crowded(),
            retry_after: text(response.headers(), &RETRY_AFTER)
                .and_then(|secs| secs.parse().ok())
                .map(Duration::from_secs),
        },
    }
}

/// Half to one and a half times the wait, so that several that failed together do not come back together.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(rand::random_range(0.5..1.5))
}

/// The `Date` of an answer.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = text(headers, &DATE)?;
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(zoned.timestamp())
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<SafeText> {
    let id = headers.get("x-okta-request-id")?.to_str().ok()?;
    (!id.is_empty() && id.len() <= 128).then(|| SafeText::new(id))
}

/// Where a redirect points, without its path and query, which may hold tokens.
fn redirect_target(headers: &HeaderMap) -> SafeText {
    let target = text(headers, &LOCATION).unwrap_or("nowhere");
    match url::Url::parse(target) {
        Ok(url) => SafeText::new(&url[..url::Position::BeforePath]),
        Err(_) => "another path".into(),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_the_scope_that_is_missing() {
        let challenge = r#"DPoP algs="RS256 ES256", realm="http://acme.okta.com", scope="okta.groups.read", error="insufficient_scope", error_description="The access token, it seems, lacks error=\"x\".", resource="/api/v1/groups""#;
        let mut headers = HeaderMap::new();
        let refused = |headers: &HeaderMap| {
            refused_as_such(StatusCode::FORBIDDEN, headers, &Problem::default())
        };
        assert!(refused(&headers).is_none());
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        let Some(ErrorKind::MissingScope(scope)) = refused(&headers) else {
            unreachable!("the scope is missing");
        };
        assert_eq!(&*scope, "okta.groups.read");
        for other in [
            r#"Bearer error="invalid_token""#,
            "Bearer",
            "error=insufficient_scope",
            r#"Bearer error_description="insufficient_scope""#,
        ] {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(other));
            assert!(refused(&headers).is_none(), "{other}");
        }
    }
}
