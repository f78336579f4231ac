//! What can go wrong with a read: the operation, the cause, and what to do about it.
//!
//! Everything that Okta said passes [`SafeText`] before it gets in here, so an error may be shown and logged as it is.

use std::fmt;

use jiff::Timestamp;

use super::address::LinkFault;
use super::transport::{Fault, TransportError};
use crate::domain::text::SafeText;

/// A read that brought nothing back.
#[derive(Clone, Debug, thiserror::Error)]
#[error("could not {operation}: {kind}")]
pub struct Error {
    /// What was tried, such as `list users`.
    pub operation: &'static str,
    /// What went wrong.
    pub kind: ErrorKind,
    /// Okta's own error code, such as `E0000011`, when it gave one.
    pub code: Option<SafeText>,
    /// Okta's id of the request, which its support asks for.
    pub request_id: Option<SafeText>,
}

/// What went wrong with a read.
#[derive(Clone, Debug)]
pub enum ErrorKind {
    /// 401: the credential is not accepted.
    Unauthorised,
    /// 403: the credential is good, but may not read this.
    Forbidden,
    /// 403 to an OAuth token: it was not given this scope, which is empty when Okta does not say which.
    MissingScope(SafeText),
    /// The org gives the service app no access token.
    AppRefused {
        /// The kind of refusal, such as `invalid_client`.
        error: SafeText,
        /// What Okta says about it.
        words: SafeText,
    },
    /// The org has not got what this belongs to.
    NotEnabled,
    /// 404: there is no such object, or the credential may not know of it.
    NotFound,
    /// 429 to the last permitted attempt.
    RateLimited {
        /// When the bucket opens again, by Okta's clock.
        until: Option<Timestamp>,
    },
    /// 5xx to the last permitted attempt.
    Server(u16),
    /// 400 to a `next` link: Okta no longer takes the cursor, and the listing must begin again.
    CursorRejected,
    /// 400: Okta does not accept the query.
    Invalid(SafeText),
    /// 3xx: the host sends its callers elsewhere, which is never followed.
    Redirect(SafeText),
    /// Another status that no read expects.
    Status(u16),
    /// No whole answer came back.
    Transport(TransportError),
    /// The answer came but is not what it should be. It says nothing about what Okta has.
    Decode(DecodeFault),
    /// A link led out of the org's own API. Nothing was sent there.
    SecurityStop(LinkFault),
}

/// How an answer is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeFault {
    /// Nothing where JSON should be.
    Empty,
    /// A web page.
    Html,
    /// Not JSON, or cut off.
    NotJson(SafeText),
    /// JSON of another shape: what was expected.
    Shape(&'static str),
    /// A single object lacks what makes it one.
    Object(SafeText),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorised => f.write_str("Okta does not accept the credential (401)"),
            Self::Forbidden => f.write_str("the credential may not read this (403)"),
            Self::MissingScope(scope) => {
                write!(f, "the credential lacks the scope {scope} (403)")
            }
            Self::AppRefused { error, words } => {
                write!(
                    f,
                    "Okta gives the service app no access token: {words} ({error})"
                )
            }
            Self::NotEnabled => f.write_str("the org has not enabled it"),
            Self::NotFound => f.write_str("Okta knows nothing there (404)"),
            Self::RateLimited { .. } => f.write_str("Okta's rate limit is exhausted (429)"),
            Self::Server(status) => write!(f, "Okta failed ({status})"),
            Self::CursorRejected => f.write_str("Okta no longer takes the page cursor (400)"),
            Self::Invalid(summary) if summary.is_empty() => {
                f.write_str("Okta rejects the query (400)")
            }
            Self::Invalid(summary) => write!(f, "Okta rejects the query: {summary}"),
            Self::Redirect(target) => write!(f, "the host redirects to {target}"),
            Self::Status(status) => write!(f, "unexpected status {status}"),
            Self::Transport(error) => error.fmt(f),
            Self::Decode(fault) => fault.fmt(f),
            Self::SecurityStop(fault) => {
                write!(f, "stopped at a link that leaves the org: {fault}")
            }
        }
    }
}

impl fmt::Display for DecodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the answer is empty"),
            Self::Html => f.write_str("the answer is a web page, not Okta's API"),
            Self::NotJson(why) => write!(f, "the answer is not JSON: {why}"),
            Self::Shape(expected) => write!(f, "the answer is not {expected}"),
            Self::Object(why) => write!(f, "the answer cannot be read: {why}"),
        }
    }
}

impl Error {
    /// An error that came without an answer.
    pub(super) fn unanswered(operation: &'static str, kind: ErrorKind) -> Self {
        Self {
            operation,
            kind,
            code: None,
            request_id: None,
        }
    }

    /// What to do about it, when there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match &self.kind {
            ErrorKind::Unauthorised => {
                "the API token is wrong, revoked, unused for 30 days, or its owner was deactivated; make a new one in the Admin Console under Security > API > Tokens"
            }
            ErrorKind::Forbidden => {
                "an API token acts with its owner's admin roles, a service app needs roles of its own; a read-only admin can read users, groups, apps and the log"
            }
            ErrorKind::MissingScope(_) => {
                "grant the scope to the app in the Admin Console under Okta API Scopes"
            }
            ErrorKind::AppRefused { error, .. } => app_hint(error)?,
            ErrorKind::RateLimited { .. } => {
                "others use the same limit; lower sync.share or wait until the window is over"
            }
            ErrorKind::Server(503) => "Okta may be in read-only mode; see status.okta.com",
            ErrorKind::Server(_) => "see status.okta.com; the next run tries again",
            ErrorKind::CursorRejected => "the listing begins again",
            ErrorKind::Redirect(_) => {
                "is the address that of the org itself (https://acme.okta.com)?"
            }
            ErrorKind::Decode(DecodeFault::Html) => {
                "a proxy, a sign-in page of the network, or a wrong address answered in Okta's place"
            }
            ErrorKind::Decode(_) => {
                "something between here and Okta changes answers, or Okta failed; nothing was changed by it"
            }
            ErrorKind::SecurityStop(_) => {
                "nothing was sent there; something between here and Okta may be altering answers"
            }
            ErrorKind::Transport(error) => transport_hint(error.fault)?,
            ErrorKind::NotFound
            | ErrorKind::NotEnabled
            | ErrorKind::Invalid(_)
            | ErrorKind::Status(_) => return None,
        })
    }

    /// Whether the object or listing is not there, rather than unreadable.
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, ErrorKind::NotFound)
    }

    /// Whether Okta says that it has no such thing, whether by 404 or because it is not enabled.
    pub fn is_absence(&self) -> bool {
        matches!(self.kind, ErrorKind::NotFound | ErrorKind::NotEnabled)
    }

    /// Whether Okta answered, if only that it gives no such thing to this credential or has none.
    pub fn is_an_answer(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Forbidden
                | ErrorKind::MissingScope(_)
                | ErrorKind::NotEnabled
                | ErrorKind::NotFound
        )
    }

    /// Whether the credential is the reason: nothing about the org follows from such an error.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Unauthorised
                | ErrorKind::Forbidden
                | ErrorKind::MissingScope(_)
                | ErrorKind::AppRefused { .. }
        )
    }

    /// Whether not even a connection was made: whatever else is asked of the org now fares no better.
    pub fn is_out_of_reach(&self) -> bool {
        matches!(&self.kind, ErrorKind::Transport(error) if matches!(error.fault, Fault::Connect | Fault::Unreached))
    }

    /// Whether the same read may well succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::RateLimited { .. } | ErrorKind::Server(_) | ErrorKind::Transport(_)
        )
    }
}

fn app_hint(error: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_client" => {
            "compare client_id, private_key_file and key_id with the app's General tab: the public key must stand there and be active"
        }
        "consent_required" | "invalid_scope" => {
            "grant the scopes to the app in the Admin Console under Okta API Scopes, or name only granted ones in `scopes`"
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "it must be an app of the kind API Services, with client credentials as its grant"
        }
        _ => return None,
    })
}

fn transport_hint(fault: Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::Connect | Fault::Unreached => {
            "check the address, the network and the proxy in the configuration"
        }
        Fault::Tls => {
            "if a company proxy opens TLS, name its certificate authority in the configuration (extra_ca)"
        }
        Fault::Timeout => "the network or Okta is slow; the next run tries again",
        Fault::Interrupted => "the next run tries again",
        Fault::TooLarge | Fault::Unsendable => return None,
    })
}
