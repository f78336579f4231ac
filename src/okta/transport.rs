//! How a request gets to Okta and its answer back, as a value that can be replaced.
//!
//! Two kinds exist: [`HttpTransport`] over the network, and [`ServiceTransport`], which hands the request to a server in the same
//! process, so that tests can run hundreds of simulated minutes without a socket. A transport sends exactly once: it follows no
//! redirect, repeats nothing, and gives up at its deadlines and size limits.

mod network;
mod service;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};

use crate::domain::text::SafeText;

pub use network::{HttpTransport, SetupError};
pub use service::ServiceTransport;

/// The largest body that is taken, after decompression.
pub const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// The largest sum of header names and values that is taken.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Sends one request and brings back the whole answer.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`, whose URI is absolute, exactly once.
    ///
    /// # Errors
    /// [`TransportError`] when no whole answer came back: no connection, a deadline, a broken or too large body.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError>;
}

/// What kept a whole answer from coming back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The name could not be resolved or no connection was made.
    Connect,
    /// No connection was made in time.
    Unreached,
    /// The server's certificate or its TLS was not accepted, so that no connection was made.
    Tls,
    /// A deadline passed.
    Timeout,
    /// The connection broke in the middle, or what came was not HTTP.
    Interrupted,
    /// The body or the headers were larger than is taken.
    TooLarge,
    /// The request could not even be made.
    Unsendable,
}

impl Fault {
    /// Whether it is certain that no byte of the request left this machine.
    pub fn is_before_sending(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::Unreached | Self::Tls | Self::Unsendable
        )
    }

    /// What happened, as the end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Unreached => "no connection in time",
            Self::Tls => "the TLS connection was refused",
            Self::Timeout => "no answer in time",
            Self::Interrupted => "the connection broke",
            Self::TooLarge => "the answer was too large",
            Self::Unsendable => "the request could not be sent",
        }
    }
}

/// No whole answer came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} ({})", fault.words(), without_number(detail))]
pub struct TransportError {
    /// The kind of fault, by which retries are decided.
    pub fault: Fault,
    /// The words of whatever noticed it.
    pub detail: SafeText,
    /// The status of the answer, when that much of it came.
    pub answered: Option<u16>,
}

impl TransportError {
    /// A fault with the words of whatever noticed it.
    pub fn new(fault: Fault, detail: impl Into<SafeText>) -> Self {
        Self {
            fault,
            detail: detail.into(),
            answered: None,
        }
    }

    /// The same, of an answer that began with this status.
    #[must_use]
    pub fn after(self, status: StatusCode) -> Self {
        Self {
            answered: Some(status.as_u16()),
            ..self
        }
    }

    fn body_too_large() -> Self {
        Self::new(Fault::TooLarge, "more than 64 MiB")
    }
}

/// The system's words without its number for the same: nobody looks that up, and it stood in parentheses of its own.
fn without_number(detail: &str) -> &str {
    detail.split(" (os error ").next().unwrap_or(detail)
}

fn check_header_size(headers: &HeaderMap) -> Result<(), TransportError> {
    let size: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if size > MAX_HEADER_BYTES {
        return Err(TransportError::new(
            Fault::TooLarge,
            "more than 64 KiB of headers",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_without_the_number_of_the_system() {
        let refused = TransportError::new(Fault::Connect, "Connection refused (os error 111)");
        assert_eq!(refused.to_string(), "no connection (Connection refused)");
        let late = TransportError::new(Fault::Timeout, "after 10 s");
        assert_eq!(late.to_string(), "no answer in time (after 10 s)");
    }
}
