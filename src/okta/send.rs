//! The one way a request goes out and its answer comes back.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, DATE, HeaderMap, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode};
use jiff::Timestamp;

use super::Reader;
use super::address::AuthorizedUrl;
use super::error::{DecodeFault, Error, ErrorKind};
use super::link::{Cursor, next_link};
use super::page::{Answer, Item, Page};
use super::rate::{Bucket, Stated};
use super::retry::{Attempts, Next, Outcome};
use super::transport::TransportError;
use super::wire::{Decode, Problem};
use crate::domain::text::SafeText;

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
        let url = self
            .base()
            .endpoint(segments, query)
            .map_err(|fault| unanswered(operation, ErrorKind::Invalid(fault.to_string().into())))?;
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
        let call = match cursor {
            Cursor::Start => self.call(operation, segments, query)?,
            Cursor::At(link) => self.call_on(operation, link.as_str())?,
        };
        let answer = self.fetch(&call).await?;
        let next = next_link(&answer.headers, self.base())
            .map_err(|fault| answer.error(&call, ErrorKind::SecurityStop(fault)))?;
        let (items, bad) = answer
            .items()
            .map_err(|fault| answer.error(&call, ErrorKind::Decode(fault)))?;
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

    /// One object.
    pub(super) async fn object<T: Decode>(&self, call: Call) -> Result<Item<T>, Error> {
        let answer = self.fetch(&call).await?;
        answer
            .item()
            .map_err(|fault| answer.error(&call, ErrorKind::Decode(fault)))
    }

    /// A call that follows a link. The link was checked when it was made; what is sent is checked again all the same.
    fn call_on(&self, operation: &'static str, link: &str) -> Result<Call, Error> {
        let url = self
            .base()
            .authorize(link)
            .map_err(|fault| unanswered(operation, ErrorKind::SecurityStop(fault)))?;
        Ok(Call {
            operation,
            url,
            is_continued: true,
            is_anonymous: false,
        })
    }

    /// Sends a call as often as it is worth it and brings back an answer with status 200.
    async fn fetch(&self, call: &Call) -> Result<Answer, Error> {
        let bucket = Bucket::of_path(call.url.path());
        let mut attempts = Attempts::default();
        let mut sent = 0;
        loop {
            let reply = self.send_once(call, bucket, sent > 0).await;
            sent += 1;
            match attempts.after(outcome(&reply), self.lane) {
                Next::Settle => return self.settle(call, bucket, reply, sent),
                Next::Again(wait) => self.shared.clock.sleep(jittered(wait)).await,
            }
        }
    }

    /// Waits for a turn, sends, and enters in the books what came of it.
    async fn send_once(
        &self,
        call: &Call,
        bucket: Bucket,
        is_retry: bool,
    ) -> Result<Response<Bytes>, TransportError> {
        let shared = &self.shared;
        let slot = shared.limiter.reserve(bucket, self.lane).await;
        shared.meter.sent(bucket, is_retry);
        let response = shared.transport.send(self.request(call)).await?;
        let status = response.status().as_u16();
        shared.meter.received(status, response.body().len());
        slot.answered(
            status,
            Stated::read(response.headers()),
            date(response.headers()),
        );
        Ok(response)
    }

    fn request(&self, call: &Call) -> Request<Bytes> {
        let settings = &self.shared.settings;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = call.url.uri();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Ok(agent) = HeaderValue::from_str(&settings.user_agent) {
            headers.insert(USER_AGENT, agent);
        }
        if !call.is_anonymous {
            headers.insert(AUTHORIZATION, settings.credential.authorization());
        }
        request
    }

    /// Turns the last reply into an answer or an error.
    fn settle(
        &self,
        call: &Call,
        bucket: Bucket,
        reply: Result<Response<Bytes>, TransportError>,
        attempts: u32,
    ) -> Result<Answer, Error> {
        let response =
            reply.map_err(|error| unanswered(call.operation, ErrorKind::Transport(error)))?;
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

impl Answer {
    fn error(&self, call: &Call, kind: ErrorKind) -> Error {
        Error {
            operation: call.operation,
            kind,
            code: None,
            request_id: self.request_id.clone(),
        }
    }
}

/// An error without an answer.
fn unanswered(operation: &'static str, kind: ErrorKind) -> Error {
    Error {
        operation,
        kind,
        code: None,
        request_id: None,
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
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = text(headers, &DATE)?;
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(zoned.timestamp())
}

fn request_id(headers: &HeaderMap) -> Option<SafeText> {
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
