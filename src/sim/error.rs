//! Errors as Okta answers them: a code that is a contract, and words that are not.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use super::derive::{Seed, letters};
use super::json;
use super::world::refused::Refused;

/// An answer that is an error. The id that Okta adds to each is added when the answer leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Okta's code, e.g. `E0000007`.
    pub code: &'static str,
    /// What it says.
    pub summary: String,
    /// Details, often none.
    pub causes: Vec<String>,
}

impl ApiError {
    /// An error without details.
    pub fn new(status: StatusCode, code: &'static str, summary: impl Into<String>) -> Self {
        Self {
            status,
            code,
            summary: summary.into(),
            causes: Vec::new(),
        }
    }

    /// `E0000001`: a value does not do.
    pub fn validation(field: &str, cause: &str) -> Self {
        Self {
            causes: vec![format!("{field}: {cause}")],
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "E0000001",
                format!("Api validation failed: {field}"),
            )
        }
    }

    /// `E0000001`: several values do not do; `what` is wrong as a whole.
    pub fn validations(what: &str, causes: Vec<String>) -> Self {
        Self {
            causes,
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "E0000001",
                format!("Api validation failed: {what}"),
            )
        }
    }

    /// `E0000062`: the user has the application already.
    pub fn already_assigned() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "E0000062",
            "The specified user is already assigned to the application.",
        )
    }

    /// `E0000041`: nobody types a password for an application that signs in otherwise.
    pub fn no_credentials_here() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000041",
            "Credentials should not be set on this resource based on the scheme.",
        )
    }

    /// `E0000124`: a password that is to be changed at once must be there.
    pub fn expiry_needs_password() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000124",
            "Could not create user. To create a user and expire their password immediately, a password must be specified",
        )
    }

    /// `E0000125`: nobody changes a password before being activated.
    pub fn expiry_needs_activation() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000125",
            "Could not create user. To create a user and expire their password immediately, \"activate\" must be true",
        )
    }

    /// `E0000231`: the object is not any more what the caller thinks it is.
    pub fn changed_meanwhile() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "E0000231",
            "ETag value doesn't match.",
        )
    }

    /// `E0000242`: an entity tag that is none.
    pub fn no_entity_tag() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000242",
            "ETag syntax is invalid.",
        )
    }

    /// `E0000003`: the body is not what it should be; Okta does not say where.
    pub fn malformed_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000003",
            "The request body was not well-formed.",
        )
    }

    /// `E0000005`: no credential at all.
    pub fn no_session() -> Self {
        Self::new(StatusCode::FORBIDDEN, "E0000005", "Invalid session")
    }

    /// `E0000006`: the roles do not suffice.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "E0000006",
            "You do not have permission to perform the requested action",
        )
    }

    /// `E0000007`: no such object.
    pub fn not_found(id: &str, kind: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "E0000007",
            format!("Not found: Resource not found: {id} ({kind})"),
        )
    }

    /// `E0000008`: no such path.
    pub fn no_such_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "E0000008",
            "The requested path was not found",
        )
    }

    /// `E0000009`: the service failed.
    pub fn internal(status: StatusCode) -> Self {
        Self::new(status, "E0000009", "Internal Server Error")
    }

    /// `E0000011`: a token that is wrong, revoked or expired.
    pub fn invalid_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "E0000011",
            "Invalid token provided",
        )
    }

    /// `E0000012`: a body that is not JSON. Okta says 404 here.
    pub fn unsupported_media_type() -> Self {
        Self::new(StatusCode::NOT_FOUND, "E0000012", "Unsupported media type")
    }

    /// `E0000015`: the org has not got the feature.
    pub fn no_such_feature() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "E0000015",
            "You do not have permission to access the feature you are requesting",
        )
    }

    /// `E0000022`: the path is there, the method is not.
    pub fn no_such_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "E0000022",
            "The endpoint does not support the provided HTTP method",
        )
    }

    /// `E0000028`: a parameter is missing.
    pub fn missing_parameter(name: &str) -> Self {
        Self {
            causes: vec![format!("{name}: The field cannot be left blank")],
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "E0000028",
                "The request is missing a required parameter.",
            )
        }
    }

    /// `E0000029`: a cursor that this server never gave.
    pub fn invalid_cursor() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000029",
            "Invalid paging request.",
        )
    }

    /// `E0000031`: a search that cannot be understood or is not supported.
    pub fn invalid_search(cause: &str) -> Self {
        Self {
            causes: vec![cause.to_owned()],
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "E0000031",
                "Invalid search criteria.",
            )
        }
    }

    /// `E0000033`: search and filter at once.
    pub fn search_and_filter() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "E0000033",
            "Bad request. Can't specify a search query and filter in the same request.",
        )
    }

    /// `E0000145`: a search finds users whose profiles no longer fit the schema.
    pub fn inconsistent_schema() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "E0000145",
            "Some users returned by the search cannot be parsed because the user schema has been changed to be inconsistent with their stale profile data.",
        )
    }

    /// `E0000047`: too many requests.
    pub fn too_many_requests() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "E0000047",
            "API call exceeded rate limit due to too many requests.",
        )
    }

    /// `E0000122`: the client does not take JSON.
    pub fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "E0000122",
            "Accept Header did not contain supported media type 'application/json'",
        )
    }

    /// The body; `request` numbers the request that it answers.
    pub fn body(&self, seed: Seed, request: u64) -> String {
        let tail = letters(
            seed.hash("error", request),
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            22,
        );
        json::object_text(|o| {
            o.str("errorCode", self.code)
                .str("errorSummary", &self.summary)
                .str("errorLink", self.code)
                .shown("errorId", format_args!("oae{tail}"))
                .array("errorCauses", &self.causes, |out, cause| {
                    json::object(out, |o| {
                        o.str("errorSummary", cause);
                    });
                });
        })
    }

    /// The finished answer.
    pub fn answer(&self, seed: Seed, request: u64) -> Response {
        let mut response = Response::new(Body::from(self.body(seed, request)));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl IntoResponse for ApiError {
    /// An answer whose body is still to be written: see `server::finish`.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let forbidden = |code| Self::new(StatusCode::FORBIDDEN, code, refused.to_string());
        let bad = |code| Self::new(StatusCode::BAD_REQUEST, code, refused.to_string());
        match &refused {
            Refused::NoSuch { id, kind } => Self::not_found(id, kind),
            Refused::Invalid { field, cause } => Self::validation(field, cause),
            Refused::WrongStatus => forbidden("E0000038"),
            Refused::AlreadyActive => forbidden("E0000016"),
            Refused::BeingActivated => {
                Self::new(StatusCode::CONFLICT, "E0000112", refused.to_string())
            }
            Refused::NotLocked => forbidden("E0000032"),
            Refused::NoPassword => forbidden("E0000017"),
            Refused::NoForgotPassword => forbidden("E0000034"),
            Refused::CredentialsElsewhere => forbidden("E0000014"),
            Refused::ManagedGroup => forbidden("E0000006"),
            Refused::GivenByGroup => Self {
                causes: vec![refused.to_string()],
                ..Self::new(
                    StatusCode::FORBIDDEN,
                    "E0000046",
                    "Deactivate application for user forbidden.",
                )
            },
            Refused::InactiveUser => forbidden("E0000117"),
            Refused::AppStillActive => Self {
                causes: vec![refused.to_string()],
                ..Self::new(
                    StatusCode::FORBIDDEN,
                    "E0000056",
                    "Delete application forbidden.",
                )
            },
            Refused::MasteredElsewhere => forbidden("E0000023"),
            Refused::RoleAlreadyAssigned => {
                Self::new(StatusCode::CONFLICT, "E0000090", refused.to_string())
            }
            Refused::WrongRoleType => bad("E0000091"),
            Refused::BuiltInGroup { .. } => bad("E0000211"),
            Refused::GroupOfWrongType => bad("E0000194"),
            Refused::GroupTooLarge => bad("E0000193"),
            Refused::StillBound => Self::validation("id", &refused.to_string()),
            Refused::GroupHasRules => bad("E0000192"),
            Refused::RuleActive | Refused::RuleNotActive | Refused::InvalidRule => {
                Self::validation("status", &refused.to_string())
            }
            Refused::NotAService => bad("E0000227"),
            Refused::TooManySecrets | Refused::LastSecret | Refused::ActiveSecret => Self {
                causes: vec![refused.to_string()],
                ..Self::new(
                    StatusCode::BAD_REQUEST,
                    "E0000001",
                    "Api validation failed: OAuth2ClientSecretMediated",
                )
            },
            Refused::TooManyTargets => bad("E0000093"),
        }
    }
}
