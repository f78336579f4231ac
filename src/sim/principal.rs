//! Who is calling, and with what right.
//!
//! The gate finds out once and leaves the answer among the request's extensions; routes ask only who `me` is.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::response::{IntoResponse as _, Response};
use http::header::AUTHORIZATION;
use http::{Method, Request};

use super::derive::{Seed, letters};
use super::error::ApiError;
use super::oauth::Access;
use super::oauth::proof::Proven;
use super::oauth::refusal::{Challenged, Refusal};
use super::rate::Spender;
use super::scope::{self, Rights, Row};
use super::service::Service;
use super::wire;
use super::world::World;
use super::world::assignment::Assignee;
use super::world::happening::Actor;
use super::world::index::UserIx;

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An API token, at this place among [`World::tokens`]; it acts as its owner.
    Token {
        /// The token.
        token: usize,
        /// Whom it belongs to.
        owner: UserIx,
    },
    /// An OAuth client, by an access token.
    Client(Arc<Access>),
}

/// What becomes of a call.
#[derive(Debug)]
pub enum Standing {
    /// It goes on.
    Allowed,
    /// It is answered with an empty list. Seen in the field, and in no document: the lists of users, groups and applications
    /// show nothing to a client that has the scope and no admin role, where any other endpoint says that it may not.
    Blind,
    /// It is refused.
    Denied(Denied),
}

/// Why a call is refused.
#[derive(Debug)]
pub enum Denied {
    /// In the words of the API.
    Api(ApiError),
    /// In the words of OAuth.
    OAuth {
        /// The words.
        refusal: Refusal,
        /// Whether it was tried with a proof.
        dpop: bool,
    },
}

impl From<ApiError> for Denied {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl Denied {
    /// The answer to `request`.
    pub fn answer<B>(self, request: &Request<B>) -> Response {
        let (refusal, dpop) = match self {
            Self::Api(error) => return error.into_response(),
            Self::OAuth { refusal, dpop } => (refusal, dpop),
        };
        let path = request.uri().path();
        let scopes = scope::row(request.method(), path).map(Row::scopes);
        refusal.challenge(&Challenged {
            dpop,
            origin: &wire::origin(request.uri(), request.headers(), request.extensions()),
            scope: &scopes.unwrap_or_default().join(" "),
            path,
        })
    }
}

impl Principal {
    /// The person whom `me` means.
    pub fn me(&self) -> Option<UserIx> {
        match self {
            Self::Token { owner, .. } => Some(*owner),
            Self::Client(_) => None,
        }
    }

    /// Whose share of the rate limits it uses.
    pub fn spender(&self) -> Spender {
        match self {
            Self::Token { token, .. } => Spender::Token(*token),
            Self::Client(access) => Spender::Client(access.client.at()),
        }
    }

    /// Whom the log names.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Token { token, .. } => Actor::Token(*token),
            Self::Client(access) => Actor::Client(access.client),
        }
    }

    /// What it may do by its roles.
    pub fn rights(&self, world: &World) -> Rights {
        match self {
            Self::Token { owner, .. } => Rights::of(world, &world.effective_assignments(*owner)),
            Self::Client(access) => {
                let own = world.assignments_of(Assignee::Client(access.client));
                Rights::of(world, &own.collect::<Vec<_>>())
            }
        }
    }

    /// Whether it may make this call: by its scopes if it has any, and by its roles.
    pub fn standing(&self, world: &World, method: &Method, path: &str) -> Standing {
        let Some(row) = scope::row(method, path) else {
            return Standing::Allowed;
        };
        if let Self::Client(access) = self {
            if !row.takes_oauth() {
                return Standing::Denied(ApiError::no_session().into());
            }
            if !row.within(&access.scopes) {
                return Standing::Denied(Denied::OAuth {
                    refusal: Refusal::insufficient_scope(),
                    dpop: access.is_bound(),
                });
            }
        }
        let rights = self.rights(world);
        if row.allows(&rights) {
            Standing::Allowed
        } else if matches!(self, Self::Client(_)) && rights.is_none() && is_blind(method, path) {
            Standing::Blind
        } else {
            Standing::Denied(ApiError::forbidden().into())
        }
    }
}

fn is_blind(method: &Method, path: &str) -> bool {
    let lists = ["/api/v1/users", "/api/v1/groups", "/api/v1/apps"];
    *method == Method::GET && lists.contains(&path)
}

/// The secrets of API tokens, which the org itself does not keep.
#[derive(Debug, Default)]
pub struct Keyring(RwLock<HashMap<String, usize>>);

impl Keyring {
    /// A ring with the token that the simulator's options name, which is the org's first.
    pub fn with(first: &str) -> Self {
        Self(RwLock::new(HashMap::from([(first.to_owned(), 0)])))
    }

    /// A secret for the token at this place.
    pub fn cut(&self, seed: Seed, token: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let tail = letters(seed.hash("api-token", token as u64), alphabet, 40);
        let secret = format!("00{tail}");
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.insert(secret.clone(), token);
        secret
    }

    fn token(&self, secret: &str) -> Option<usize> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ring.get(secret).copied()
    }
}

/// Who is behind the credential of a request.
///
/// # Errors
/// `E0000005` without a credential, `E0000011` when an API token is wrong or dead, and the words of OAuth when an access token
/// is, or when it is not shown as it must be.
pub fn identify<B>(service: &Service, request: &Request<B>) -> Result<Principal, Denied> {
    let credential = request.headers().get(AUTHORIZATION);
    let credential = credential.ok_or_else(ApiError::no_session)?;
    let credential = credential.to_str().map_err(|_| ApiError::invalid_token())?;
    // Okta does not insist on the space: its own Python SDK sends none.
    if let Some(secret) = credential.strip_prefix("SSWS") {
        return Ok(by_token(service, secret.trim())?);
    }
    match credential.split_once(' ') {
        Some((scheme, token)) if ["bearer", "dpop"].contains(&scheme.to_lowercase().as_str()) => {
            by_access_token(service, request, scheme, token.trim())
        }
        _ => Err(ApiError::invalid_token().into()),
    }
}

fn by_token(service: &Service, secret: &str) -> Result<Principal, ApiError> {
    let world = service.org.world();
    let token = service.keyring.token(secret);
    let token = token.filter(|token| world.use_token(*token, service.org.now()));
    let token = token.ok_or_else(ApiError::invalid_token)?;
    Ok(Principal::Token {
        token,
        owner: world.tokens[token].owner,
    })
}

fn by_access_token<B>(
    service: &Service,
    request: &Request<B>,
    scheme: &str,
    token: &str,
) -> Result<Principal, Denied> {
    let origin = wire::origin(request.uri(), request.headers(), request.extensions());
    let address = format!("{origin}{}", request.uri().path());
    let of = Proven {
        method: request.method().as_str(),
        address: &address,
        access_token: Some(token),
    };
    let world = service.org.world();
    let now_secs = service.org.now().epoch_seconds();
    let headers = request.headers();
    let access = service
        .authority
        .access(&world, scheme, headers, of, now_secs);
    access
        .map(Principal::Client)
        .map_err(|refusal| Denied::OAuth {
            refusal,
            dpop: scheme.eq_ignore_ascii_case("DPoP") || headers.contains_key("dpop"),
        })
}
