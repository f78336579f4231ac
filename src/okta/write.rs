//! How changes go out. What is sent is a value ([`request::Shape`]) made of the change alone and, where Okta wants a whole object back, of
//! that object as it was read a moment ago: so it can be shown, hashed and kept before it is sent.
//!
//! A request is prepared, waits for its turn, and is then sent exactly once: between turn and sending whoever sends makes it durable that
//! it may have been. Nothing here sends anything again, whatever came back.

mod answer;
mod request;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, USER_AGENT};
use http::{HeaderValue, Request};
use ring::digest::{SHA256, digest};

use super::Reader;
use super::address::AuthorizedUrl;
use super::credential::Kind;
use super::error::{Error, ErrorKind};
use super::look::Found;
use super::rate::{Bucket, Lane, Slot, Stated};
use super::send::{Pass, date};
use super::transport::Transport;
use crate::action::progress::Intent;
use crate::domain::change::Change;
use crate::domain::text::SafeText;

pub use answer::Sent;
pub use request::{Shape, Unsendable};

/// Sends changes to one org. Only the queue's runner has one.
#[derive(Clone)]
pub struct Writer {
    reader: Reader,
    transport: Arc<dyn Transport>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({})", self.reader.base().host())
    }
}

/// A request that could be sent.
#[derive(Clone, Debug)]
pub struct Prepared {
    shape: Shape,
    attempt: String,
    entity_tag: Option<SafeText>,
    body: Bytes,
}

impl Prepared {
    /// The request of `change`, whose attempt is called `attempt`, after what it rests on was found.
    ///
    /// # Errors
    /// [`Unsendable`] when something that it needs was not found.
    pub fn new(change: &Change, found: &Found, attempt: String) -> Result<Self, Unsendable> {
        let shape = Shape::of(change, found.object.as_ref())?;
        let body = shape.body.as_ref().map(ToString::to_string);
        Ok(Self {
            body: Bytes::from(body.unwrap_or_default()),
            entity_tag: found.entity_tag.clone(),
            shape,
            attempt,
        })
    }

    /// What becomes durable before it is sent.
    pub fn intent(&self) -> Intent {
        Intent {
            attempt: self.attempt.as_str().into(),
            method: self.shape.method.as_str().into(),
            path: self.shape.path().into(),
            body_digest: self.shape.body.as_ref().map(|_| hex(&self.body)),
            if_match: self.entity_tag.clone(),
        }
    }
}

fn hex(bytes: &[u8]) -> Box<str> {
    let hash = digest(&SHA256, bytes);
    let digits = |byte: &u8| format!("{byte:02x}");
    hash.as_ref().iter().map(digits).collect::<String>().into()
}

/// The right to send one request now. Dropped, nothing is sent.
pub struct Turn {
    request: Request<Bytes>,
    slot: Slot,
    bucket: Bucket,
    writer: Writer,
    change: Change,
    /// The access token that it shows, where it is one that can be given up.
    token: Option<Arc<super::service_app::AccessToken>>,
}

impl Writer {
    /// A writer for the org of `reader`, which shares its rate limits, credential and counts. `transport` sends each request over a
    /// connection of its own ([`HttpTransport::for_changes`](super::HttpTransport::for_changes)).
    pub fn new(reader: &Reader, transport: Arc<dyn Transport>) -> Self {
        Self {
            reader: reader.in_lane(Lane::Interactive),
            transport,
        }
    }

    /// Waits until a request may be sent, and makes all ready for it.
    ///
    /// # Errors
    /// [`Error`] when no credential can be had, or it cannot be a request. Nothing was sent.
    pub async fn turn(&self, prepared: &Prepared, change: &Change) -> Result<Turn, Error> {
        let url = self.url(&prepared.shape)?;
        let shared = &self.reader.shared;
        let pass = match shared.settings.credential.kind() {
            Kind::Ssws(value) => Pass::Fixed(value),
            Kind::Service(app) => Pass::Token(app, self.reader.access(app).await?),
        };
        let bucket = Bucket::of_path(url.path());
        let slot = shared.limiter.reserve(bucket, Lane::Interactive).await;
        let request = self.request(prepared, &url, &pass);
        let request = request.ok_or_else(|| invalid("it cannot be signed"))?;
        let token = match pass {
            Pass::Token(_, token) => Some(token),
            _ => None,
        };
        Ok(Turn {
            request,
            slot,
            bucket,
            writer: self.clone(),
            change: change.clone(),
            token,
        })
    }

    fn url(&self, shape: &Shape) -> Result<AuthorizedUrl, Error> {
        let segments: Vec<&str> = shape.segments.iter().map(String::as_str).collect();
        let query: Vec<(&str, &str)> = shape
            .query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let url = self.reader.base().endpoint(&segments, &query);
        url.map_err(|fault| invalid(&fault.to_string()))
    }

    fn request(
        &self,
        prepared: &Prepared,
        url: &AuthorizedUrl,
        pass: &Pass<'_>,
    ) -> Option<Request<Bytes>> {
        let shared = &self.reader.shared;
        let mut request = Request::new(prepared.body.clone());
        *request.uri_mut() = url.uri();
        *request.method_mut() = prepared.shape.method.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let agent = format!(
            "{} (attempt {})",
            shared.settings.user_agent, prepared.attempt
        );
        headers.insert(USER_AGENT, HeaderValue::from_str(&agent).ok()?);
        // Okta answers 411 to a POST that does not say how long it is, and some proxies do.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(prepared.body.len()));
        if prepared.shape.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(tag) = &prepared.entity_tag {
            headers.insert(IF_MATCH, HeaderValue::from_str(tag.as_str()).ok()?);
        }
        match pass {
            Pass::Nothing => {}
            Pass::Fixed(value) => drop(headers.insert(AUTHORIZATION, (*value).clone())),
            Pass::Token(_, token) => {
                headers.insert(AUTHORIZATION, token.authorization());
                let now = shared.limiter.server_now();
                if token.is_bound() {
                    headers.insert("dpop", token.proof(&prepared.shape.method, url, now)?);
                }
            }
        }
        Some(request)
    }
}

impl Turn {
    /// Sends the request, once, and tells what came of it.
    pub async fn send(self) -> Sent {
        let shared = &self.writer.reader.shared;
        let under_way = shared.meter.sent(self.bucket, false, shared.clock.now());
        let answered = self.writer.transport.send(self.request).await;
        drop(under_way);
        let response = match answered {
            Ok(response) => response,
            Err(error) => return Sent::unanswered(&error, shared.clock.now()),
        };
        let status = response.status().as_u16();
        shared.meter.received(status, response.body().len());
        let (stated, date) = (Stated::read(response.headers()), date(response.headers()));
        self.slot.answered(status, stated, date);
        if let (401, Kind::Service(app), Some(token)) =
            (status, shared.settings.credential.kind(), &self.token)
        {
            app.give_up(token).await;
        }
        Sent::answered(&self.change, &response, shared.clock.now())
    }
}

fn invalid(why: &str) -> Error {
    Error::unanswered("make a request", ErrorKind::Invalid(why.into()))
}
