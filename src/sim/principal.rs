//! Who is calling, and with what right.
//!
//! The gate finds out once and leaves the answer among the request's extensions; routes ask only who `me` is.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};

use super::derive::{Seed, letters};
use super::error::ApiError;
use super::rate::Spender;
use super::scope::{self, Rights};
use super::time::Millis;
use super::world::World;
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
}

impl Principal {
    /// The person whom `me` means.
    pub fn me(&self) -> Option<UserIx> {
        match self {
            Self::Token { owner, .. } => Some(*owner),
        }
    }

    /// Whose share of the rate limits it uses.
    pub fn spender(&self) -> Spender {
        match self {
            Self::Token { token, .. } => Spender::Token(*token),
        }
    }

    /// Whom the log names.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Token { token, .. } => Actor::Token(*token),
        }
    }

    /// What it may do by its roles.
    pub fn rights(&self, world: &World) -> Rights {
        match self {
            Self::Token { owner, .. } => Rights::of(world, &world.effective_assignments(*owner)),
        }
    }

    /// Whether it may make this call.
    ///
    /// # Errors
    /// `E0000006` when the roles do not suffice.
    pub fn check(&self, world: &World, method: &Method, path: &str) -> Result<(), ApiError> {
        match scope::row(method, path) {
            Some(row) if !row.allows(&self.rights(world)) => Err(ApiError::forbidden()),
            _ => Ok(()),
        }
    }
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
/// `E0000005` without one, `E0000011` when it is wrong or dead.
pub fn identify(
    world: &World,
    keyring: &Keyring,
    headers: &HeaderMap,
    now: Millis,
) -> Result<Principal, ApiError> {
    let credential = headers
        .get(AUTHORIZATION)
        .ok_or_else(ApiError::no_session)?;
    let credential = credential.to_str().map_err(|_| ApiError::invalid_token())?;
    // Okta does not insist on the space: its own Python SDK sends none.
    let secret = credential
        .strip_prefix("SSWS")
        .ok_or_else(ApiError::invalid_token)?;
    let token = keyring
        .token(secret.trim())
        .filter(|token| world.use_token(*token, now))
        .ok_or_else(ApiError::invalid_token)?;
    Ok(Principal::Token {
        token,
        owner: world.tokens[token].owner,
    })
}
