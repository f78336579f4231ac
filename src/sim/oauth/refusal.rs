//! What the org's authorization server and its resources say when they refuse, in the words of Okta's catalogue.

use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::jws::ALGORITHMS;
use crate::sim::error::ApiError;

/// A refusal: the kind, and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    /// E.g. `invalid_client`.
    pub error: &'static str,
    /// In words.
    pub description: String,
    /// A nonce to use from now on.
    nonce: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status,
            error,
            description: description.into(),
            nonce: None,
        }
    }

    /// The client did not prove who it is.
    pub fn client(description: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
    }

    /// The request is not one.
    pub fn request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// Two proofs at once.
    pub fn many_credentials() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_request",
            "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, \
             credentials in the post body, or a client_assertion in the post body.",
        )
    }

    /// Another kind of grant.
    pub fn grant_type() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server. Configured grant types: \
             [client_credentials].",
        )
    }

    /// The scopes are not ones.
    pub fn scope(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_scope", description)
    }

    /// Nobody granted any of the scopes to the client.
    pub fn consent() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "consent_required",
            "You are not allowed any of the requested scopes.",
        )
    }

    /// The proof of possession does not hold.
    pub fn proof(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_dpop_proof", description)
    }

    /// The proof must carry this nonce.
    pub fn nonce(nonce: String) -> Self {
        Self {
            nonce: Some(nonce),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "use_dpop_nonce",
                "Authorization server requires nonce in DPoP proof.",
            )
        }
    }

    /// The access token is no good.
    pub fn token(description: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", description)
    }

    /// The access token was given for something else.
    pub fn insufficient_scope() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "The access token provided does not contain the required scopes.",
        )
    }

    /// What a resource answers. The header is what is known of real orgs; the bodies beside it are a guess, except that a
    /// wrong proof has been seen without one.
    pub fn challenge(&self, by: &Challenged<'_>) -> Response {
        let mut response = match self.status {
            StatusCode::UNAUTHORIZED => ApiError::invalid_token().into_response(),
            StatusCode::FORBIDDEN => ApiError::forbidden().into_response(),
            status => status.into_response(),
        };
        let scheme = if by.dpop {
            format!("DPoP algs=\"{}\", ", ALGORITHMS.join(" "))
        } else {
            "Bearer ".to_owned()
        };
        let origin = by.origin;
        let challenge = format!(
            "{scheme}authorization_uri=\"{origin}/oauth2/v1/authorize\", realm=\"{origin}\", scope=\"{}\", error=\"{}\", \
             error_description=\"{}\", resource=\"{}\"",
            by.scope, self.error, self.description, by.path
        );
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What a resource's refusal says about the resource.
#[derive(Clone, Copy, Debug)]
pub struct Challenged<'a> {
    /// Whether the token is one that is bound to a key, or should be.
    pub dpop: bool,
    /// Scheme and host that the client used.
    pub origin: &'a str,
    /// The scopes that the resource wants.
    pub scope: &'a str,
    /// The resource.
    pub path: &'a str,
}

impl IntoResponse for Refusal {
    /// What the token endpoint answers.
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        let mut response = (self.status, axum::Json(body)).into_response();
        let nonce = self.nonce.and_then(|nonce| nonce.parse().ok());
        if let Some(nonce) = nonce {
            let name = HeaderName::from_static("dpop-nonce");
            response.headers_mut().insert(name, nonce);
        }
        response
    }
}
