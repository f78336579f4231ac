//! Access tokens of a service app: asked for with a signed assertion, kept in memory, renewed before they end, and bound to a key
//! of their own where the org wants that (`DPoP`, RFC 9449).
//!
//! What an answer of the token endpoint means is decided in [`judge`], which does nothing; [`Reader::access`] does what it says.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::Reader;
use super::address::AuthorizedUrl;
use super::credential::Kind;
use super::error::{DecodeFault, Error, ErrorKind};
use super::rate::Bucket;
use super::signing::{SigningKey, hashed};
use crate::domain::secret::Secret;
use crate::domain::text::SafeText;

/// A token is renewed when it has less than this left; it lasts an hour.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// How long an assertion holds: enough for a slow network, little for a thief.
const ASSERTION_SECS: i64 = 300;
/// What is signed says that it was signed this long ago.
const BACKDATED_SECS: i64 = 5;
/// Steps of one exchange: without a proof, with one, with a nonce, and again with the right time.
const MAX_STEPS: usize = 5;
/// A clock that is off by this much makes assertions that Okta refuses.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(20);
const OPERATION: &str = "get an access token";
const ASSERTION_KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A service app of the org, by which oktop asks.
pub(super) struct ServiceApp {
    client_id: String,
    key: SigningKey,
    scopes: Vec<String>,
    /// Held while a token is fetched, so that only one is.
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<AccessToken>>,
    /// The key that tokens are bound to, once the org has asked for one.
    binding: Option<Arc<SigningKey>>,
    nonce: Option<String>,
}

impl fmt::Debug for ServiceApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceApp({})", self.client_id)
    }
}

/// An access token, and how it is shown.
pub(super) struct AccessToken {
    authorization: HeaderValue,
    /// For tokens that are bound to a key: the key, and the token's hash.
    bound: Option<(Arc<SigningKey>, String)>,
    ends: Timestamp,
    scopes: Vec<String>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(until {})", self.ends)
    }
}

/// Who asks, when that is a service app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccess {
    /// The app's client id.
    pub client_id: SafeText,
    /// The scopes that its present token has.
    pub scopes: Vec<SafeText>,
}

impl AccessToken {
    pub(super) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// Whether a proof must go with it.
    pub(super) fn is_bound(&self) -> bool {
        self.bound.is_some()
    }

    /// The proof that goes with a request, for a token that is bound to a key.
    pub(super) fn proof(
        &self,
        method: &Method,
        url: &AuthorizedUrl,
        now: Timestamp,
    ) -> Option<HeaderValue> {
        let (key, hash) = self.bound.as_ref()?;
        proof(key, method, url, now, None, Some(hash))
    }
}

/// A proof that whoever sends a request holds `key`.
fn proof(
    key: &SigningKey,
    method: &Method,
    url: &AuthorizedUrl,
    now: Timestamp,
    nonce: Option<&str>,
    token_hash: Option<&str>,
) -> Option<HeaderValue> {
    let mut claims = json!({
        "htm": method.as_str(),
        "htu": url.without_query(),
        "iat": issued(now),
        "jti": unique(),
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    if let Some(hash) = token_hash {
        claims["ath"] = json!(hash);
    }
    let proof = key.sign_with_key("dpop+jwt", &claims)?;
    let mut value = HeaderValue::from_str(&proof).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A moment that is past for Okta, too: clocks differ by a second, and what comes from the future is refused.
fn issued(now: Timestamp) -> i64 {
    now.as_second() - BACKDATED_SECS
}

/// An id that nothing else has.
fn unique() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl ServiceApp {
    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(super) fn new(client_id: String, key: SigningKey, scopes: Vec<String>) -> Self {
        Self {
            client_id,
            key,
            scopes,
            held: Mutex::default(),
        }
    }

    /// Gives up a token that Okta no longer takes, unless another has replaced it already.
    pub(super) async fn give_up(&self, refused: &Arc<AccessToken>) {
        let mut held = self.held.lock().await;
        let is_held = held
            .token
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, refused));
        if is_held {
            held.token = None;
        }
    }

    /// What is asked for, as a form.
    fn form(&self, endpoint: &AuthorizedUrl, now: Timestamp) -> Option<Zeroizing<String>> {
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": endpoint.without_query(),
            "iat": issued(now),
            "exp": now.as_second() + ASSERTION_SECS,
            "jti": unique(),
        });
        let assertion = Zeroizing::new(self.key.sign("JWT", &claims)?);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("client_assertion_type", ASSERTION_KIND)
            .append_pair("client_assertion", &assertion)
            .finish();
        Some(Zeroizing::new(form))
    }

    /// The request for a token; every one that is sent is made anew, because assertions and proofs serve once.
    fn request(
        &self,
        endpoint: &AuthorizedUrl,
        held: &Held,
        user_agent: &str,
        now: Timestamp,
    ) -> Option<Request<Bytes>> {
        let form = self.form(endpoint, now)?;
        let mut request = Request::new(Bytes::copy_from_slice(form.as_bytes()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint.uri();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, kind);
        if let Ok(agent) = HeaderValue::from_str(user_agent) {
            headers.insert(USER_AGENT, agent);
        }
        if let Some(key) = &held.binding {
            let nonce = held.nonce.as_deref();
            let shown = proof(key, &Method::POST, endpoint, now, nonce, None)?;
            headers.insert("dpop", shown);
        }
        Some(request)
    }
}

/// What an answer of the token endpoint asks for.
#[derive(Debug)]
enum Step {
    /// It is a token.
    Granted(Granted),
    /// The token must be bound to a key.
    Bind,
    /// The proof must carry this nonce.
    Nonce(String),
    /// It is refused, for good.
    Refused { error: SafeText, words: SafeText },
    /// It is nothing that the endpoint would say.
    Other(ErrorKind),
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    expires_in: i64,
    #[serde(default)]
    scope: String,
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Granted({}, {})", self.token_type, self.scope)
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        self.access_token.zeroize();
    }
}

/// The two shapes that refusals come in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(rename = "errorSummary")]
    summary: String,
}

/// What an answer means, given whether a proof was shown.
fn judge(status: u16, headers: &HeaderMap, body: &[u8], was_bound: bool) -> Step {
    if status == 200 {
        return match serde_json::from_slice::<Granted>(body) {
            Ok(granted) if !granted.access_token.is_empty() => Step::Granted(granted),
            _ => Step::Other(ErrorKind::Decode(DecodeFault::Shape("an access token"))),
        };
    }
    let said: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let pick = |one: String, other: String| if one.is_empty() { other } else { one };
    let error = pick(said.error, said.code);
    let words = pick(said.error_description, said.summary);
    let nonce = headers.get("dpop-nonce").and_then(|v| v.to_str().ok());
    match (error.as_str(), nonce) {
        ("use_dpop_nonce", Some(nonce)) => Step::Nonce(nonce.to_owned()),
        ("invalid_dpop_proof" | "use_dpop_nonce", _) if !was_bound => Step::Bind,
        ("", _) => Step::Other(match status {
            500..=599 => ErrorKind::Server(status),
            429 => ErrorKind::RateLimited { until: None },
            status => ErrorKind::Status(status),
        }),
        // A crowd or a failure of Okta's has words, too, and is no refusal.
        _ if status == 429 => Step::Other(ErrorKind::RateLimited { until: None }),
        _ if status >= 500 => Step::Other(ErrorKind::Server(status)),
        _ => Step::Refused {
            error: error.into(),
            words: words.into(),
        },
    }
}

impl Reader {
    /// Who asks, when that is a service app; `None` for an API token. Gets an access token if there is none yet.
    ///
    /// # Errors
    /// [`Error`] when the org gives none.
    pub async fn service_access(&self) -> Result<Option<ServiceAccess>, Error> {
        let Kind::Service(app) = self.shared.settings.credential.kind() else {
            return Ok(None);
        };
        let token = self.access(app).await?;
        Ok(Some(ServiceAccess {
            client_id: app.client_id.as_str().into(),
            scopes: token
                .scopes
                .iter()
                .map(|scope| scope.as_str().into())
                .collect(),
        }))
    }

    /// A token that has some time left: the one that is there, or a new one.
    pub(super) async fn access(&self, app: &ServiceApp) -> Result<Arc<AccessToken>, Error> {
        let mut held = app.held.lock().await;
        let now = self.shared.limiter.server_now();
        let good = held
            .token
            .as_ref()
            .filter(|token| token.ends - RENEW_BEFORE > now);
        if let Some(token) = good {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.exchange(app, &mut held).await?);
        held.token = Some(Arc::clone(&token));
        Ok(token)
    }

    async fn exchange(&self, app: &ServiceApp, held: &mut Held) -> Result<AccessToken, Error> {
        let failed = |kind| Error::unanswered(OPERATION, kind);
        let endpoint = self
            .base()
            .endpoint(&["oauth2", "v1", "token"], &[])
            .map_err(|fault| failed(ErrorKind::SecurityStop(fault)))?;
        let mut clock_was_off = false;
        for _ in 0..MAX_STEPS {
            let asked_at = self.shared.limiter.server_now();
            let (reply, _) = self
                .deliver(Bucket::of_path(endpoint.path()), || {
                    let agent = &self.shared.settings.user_agent;
                    app.request(&endpoint, held, agent, self.shared.limiter.server_now())
                })
                .await;
            let response = reply.map_err(|error| failed(ErrorKind::Transport(error)))?;
            let status = response.status().as_u16();
            match judge(
                status,
                response.headers(),
                response.body(),
                held.binding.is_some(),
            ) {
                Step::Granted(granted) => return self.token_of(&granted, held).map_err(failed),
                Step::Bind => held.binding = SigningKey::generate().map(Arc::new),
                Step::Nonce(nonce) => held.nonce = Some(nonce),
                // The answer's date has told the right time: once more with that.
                Step::Refused { .. } if !clock_was_off && self.clock_was_off(asked_at) => {
                    clock_was_off = true;
                }
                Step::Refused { error, words } => {
                    return Err(failed(ErrorKind::AppRefused { error, words }));
                }
                Step::Other(kind) => return Err(failed(kind)),
            }
        }
        Err(failed(ErrorKind::Decode(DecodeFault::Shape(
            "an end of demands for proofs",
        ))))
    }

    /// Whether the time that was thought to be Okta's was not.
    fn clock_was_off(&self, asked_at: Timestamp) -> bool {
        let now = self.shared.limiter.server_now();
        now.duration_since(asked_at).unsigned_abs() > CLOCK_TOLERANCE
    }

    fn token_of(&self, granted: &Granted, held: &Held) -> Result<AccessToken, ErrorKind> {
        let bound = granted.token_type.eq_ignore_ascii_case("DPoP");
        let binding = held.binding.clone().filter(|_| bound);
        if bound && binding.is_none() {
            return Err(ErrorKind::Decode(DecodeFault::Shape(
                "a token bound to our key",
            )));
        }
        let scheme = if bound { "DPoP" } else { "Bearer" };
        let token = &granted.access_token;
        let header = Secret::new(format!("{scheme} {token}"));
        let mut authorization = HeaderValue::from_str(header.expose())
            .map_err(|_| ErrorKind::Decode(DecodeFault::Shape("an access token")))?;
        authorization.set_sensitive(true);
        let lasts = SignedDuration::from_secs(granted.expires_in.clamp(0, 86_400));
        Ok(AccessToken {
            authorization,
            bound: binding.map(|key| (key, hashed(token))),
            ends: self.shared.limiter.server_now() + lasts,
            scopes: granted
                .scope
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str, was_bound: bool) -> String {
        let mut headers = HeaderMap::new();
        if body.contains("nonce") {
            headers.insert("dpop-nonce", HeaderValue::from_static("n1"));
        }
        format!("{:?}", judge(status, &headers, body.as_bytes(), was_bound))
    }

    #[test]
    fn every_answer_has_one_meaning() {
        for (status, body, was_bound, expected) in [
            (
                200,
                r#"{"access_token":"canary","token_type":"Bearer","expires_in":3600,"scope":"a b"}"#,
                false,
                "Granted(Granted(Bearer, a b))",
            ),
            (200, r#"{"access_token":""}"#, false, "Other(Decode("),
            (200, "<html>", false, "Other(Decode("),
            (
                400,
                r#"{"error":"invalid_dpop_proof","error_description":"missing"}"#,
                false,
                "Bind",
            ),
            (
                400,
                r#"{"error":"invalid_dpop_proof","error_description":"htu"}"#,
                true,
                "Refused",
            ),
            (400, r#"{"error":"use_dpop_nonce"}"#, true, r#"Nonce("n1")"#),
            (
                401,
                r#"{"error":"invalid_client","error_description":"no"}"#,
                false,
                "Refused",
            ),
            (
                401,
                r#"{"errorCode":"invalid_client","errorSummary":"no"}"#,
                false,
                "Refused",
            ),
            (403, "", false, "Other(Status(403))"),
            (
                429,
                r#"{"errorCode":"E0000047"}"#,
                false,
                "Other(RateLimited",
            ),
            (
                503,
                r#"{"errorCode":"E0000010"}"#,
                false,
                "Other(Server(503))",
            ),
        ] {
            let judged = judged(status, body, was_bound);
            assert!(judged.starts_with(expected), "{status} {body}: {judged}");
            assert!(!judged.contains("canary"));
        }
    }
}
