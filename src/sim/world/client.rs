//! OAuth clients: programs and sites that get tokens from the org, with their credentials and what they were granted.

use super::super::derive::{Seed, letters};
use super::super::id::Id;
use super::super::time::{DAY_MS, Millis};
use super::index::{AppIx, UserIx};

/// `application_type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A site with a server.
    Web,
    /// A program that acts as itself.
    Service,
}

impl ClientKind {
    /// As Okta spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Service => "service",
        }
    }
}

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// With a secret in a header.
    ClientSecretBasic,
    /// With a signed assertion.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// `token_endpoint_auth_method`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// A client.
#[derive(Clone, Debug)]
pub struct OauthClient {
    /// The client id; that of its application when it has one.
    pub id: Id,
    /// The application that it belongs to; `None` for an integration from the catalogue, which is no application.
    pub app: Option<AppIx>,
    /// Catalogue key of an API service integration.
    pub integration: Option<&'static str>,
    /// Its name; an application's label goes over it.
    pub name: String,
    /// What it is.
    pub kind: ClientKind,
    /// How it proves who it is.
    pub auth: AuthMethod,
    /// Whether its tokens are bound to a key of its own.
    pub dpop: bool,
    /// When it was made.
    pub created: Millis,
    /// Who made it.
    pub created_by: UserIx,
    /// Its secrets, oldest first.
    pub secrets: Vec<Secret>,
    /// Its public keys, oldest first.
    pub keys: Vec<Key>,
    /// Scopes that it was granted, oldest first; revoked ones are gone.
    pub grants: Vec<Grant>,
    /// Whether it is gone for good.
    pub deleted: bool,
}

/// A secret of a client.
#[derive(Clone, Copy, Debug)]
pub struct Secret {
    /// `ocs…`
    pub id: Id,
    /// When it was made.
    pub created: Millis,
    /// When it was last switched on or off.
    pub last_updated: Millis,
    /// Whether it still proves anything.
    pub active: bool,
}

impl Secret {
    /// The secret itself, which Okta shows to whoever may see the client.
    pub fn text(&self, seed: Seed) -> String {
        let word = self
            .id
            .as_str()
            .bytes()
            .fold(0_u64, |word, byte| word.rotate_left(7) ^ u64::from(byte));
        letters(seed.hash("client-secret", word), BASE64URL, 64)
    }

    /// `secret_hash`
    pub fn hash(&self, seed: Seed) -> String {
        let word = self.created.0.unsigned_abs();
        letters(seed.hash("secret-hash", word), BASE64URL, 22)
    }
}

/// The alphabet of keys and secrets.
pub const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A public key of a client.
#[derive(Clone, Debug)]
pub struct Key {
    /// `pks…`
    pub id: Id,
    /// The key's name in the headers of assertions.
    pub kid: String,
    /// The key.
    pub material: Material,
    /// When it was added.
    pub created: Millis,
    /// When it was last switched on or off.
    pub last_updated: Millis,
    /// Whether it still proves anything.
    pub active: bool,
}

/// The numbers of a public key, in base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// RSA: modulus and exponent.
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// An elliptic curve: its name and the point.
    Ec {
        /// E.g. `P-256`.
        crv: String,
        /// First coordinate.
        x: String,
        /// Second coordinate.
        y: String,
    },
}

/// A scope that a client was granted by an admin.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `oag…`
    pub id: Id,
    /// E.g. `okta.users.read`.
    pub scope: String,
    /// When.
    pub created: Millis,
    /// By whom.
    pub by: UserIx,
}

/// What a client keeps so as to get access tokens in a person's name while that person is away.
#[derive(Clone, Copy, Debug)]
pub struct RefreshToken {
    /// `oar…`
    pub id: Id,
    /// The client.
    pub client: super::index::ClientIx,
    /// When it was issued; it lives for [`REFRESH_TOKEN_MS`].
    pub created: Millis,
}

/// How long the org's own authorization server lets a refresh token live; using it does not make that longer.
pub const REFRESH_TOKEN_MS: i64 = 90 * DAY_MS;

/// What a refresh token stands for.
pub const OFFLINE_SCOPES: [&str; 3] = ["openid", "profile", "offline_access"];

/// Scopes that a person let a client have in their name.
#[derive(Clone, Debug)]
pub struct Consent {
    /// `oag…` of the first scope; the others follow it.
    pub id: Id,
    /// The client.
    pub client: super::index::ClientIx,
    /// The scope.
    pub scope: &'static str,
    /// When.
    pub created: Millis,
}
