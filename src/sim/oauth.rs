//! The org's own authorization server: who proves who they are gets an access token for the API, and later shows it.
//!
//! Only the grant of service applications is here (`client_credentials` with a signed assertion, or with a secret for the
//! integrations of the catalogue). The client's right is what it was granted and what its admin roles allow, both at once;
//! the roles are the gate's business.
//!
//! Guesses, because no document says: that a request for scopes of which only some are granted gets those; in which order
//! mistakes are noticed; how far clocks may differ; and that access tokens die with their application.

pub mod assertion;
pub mod jws;
pub mod proof;
pub mod refusal;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use self::assertion::Holder;
use self::jws::PublicKey;
use self::proof::{Proof, Proven};
use self::refusal::Refusal;
use super::derive::{Seed, letters};
use super::time::{DAY_MS, Millis};
use super::world::World;
use super::world::client::{AuthMethod, BASE64URL, Material, OauthClient};
use super::world::index::ClientIx;

/// How long an access token lasts; nobody can change it for this server.
pub const LIFETIME_SECS: i64 = 3_600;
/// Nonces of this many days are taken: one a day is made, and the old ones go on working for three more.
const NONCE_DAYS: i64 = 4;

/// The key that access tokens are signed with, in PKCS #1. It is the same in every simulated org and in everybody's hands: it
/// makes tokens look like Okta's and protects nothing, for only tokens that this server remembers are good.
static SIGNING_KEY: &[u8] = include_bytes!("../../assets/simulated-org-key.der");

/// The authorization server.
pub struct Authority {
    seed: Seed,
    key: RsaKeyPair,
    state: Mutex<State>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    /// Ids of assertions and proofs that were used, and until when each must be remembered (seconds since 1970).
    used: HashMap<String, i64>,
    /// What was issued, by the token itself.
    issued: HashMap<String, Arc<Access>>,
    count: u64,
}

/// What an access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose it is.
    pub client: ClientIx,
    /// What for.
    pub scopes: Vec<String>,
    /// The thumbprint of the key that must be shown with it.
    bound_to: Option<String>,
    /// When it ends, in seconds since 1970.
    ends: i64,
}

impl Access {
    /// Whether a key must be shown with it.
    pub fn is_bound(&self) -> bool {
        self.bound_to.is_some()
    }
}

/// A request to the token endpoint.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    /// The form.
    pub form: &'a [(String, String)],
    /// The address's query.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Scheme and host that the client used.
    pub origin: &'a str,
    /// When.
    pub now: Millis,
}

/// A token as the client gets it.
#[derive(Clone, Debug)]
pub struct Granted {
    /// Whose it is.
    pub client: ClientIx,
    /// The answer.
    pub body: Value,
}

impl TokenRequest<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.form.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn endpoint(&self) -> String {
        format!("{}/oauth2/v1/token", self.origin)
    }

    fn now_secs(&self) -> i64 {
        self.now.epoch_seconds()
    }
}

impl Authority {
    /// A server that has issued nothing.
    pub fn new(seed: Seed) -> Self {
        let key = RsaKeyPair::from_der(SIGNING_KEY).expect("the key in assets is one");
        Self {
            seed,
            key,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an access token to a client that may have one.
    ///
    /// # Errors
    /// As Okta refuses: the client did not prove who it is, asks for what it may not have, or must show a key first.
    pub fn grant(&self, world: &World, asked: TokenRequest<'_>) -> Result<Granted, Refusal> {
        match asked.get("grant_type") {
            None => {
                let words = "The token request must specify a 'grant_type'. Valid values: [client_credentials]";
                return Err(Refusal::request(words));
            }
            Some("client_credentials") => {}
            Some(_) => return Err(Refusal::grant_type()),
        }
        let client = self.authenticate(world, asked)?;
        let bound_to = self.binding(world.client(client), asked)?;
        let scopes = scopes(world.client(client), asked)?;
        Ok(self.issue(world.client(client), client, scopes, bound_to, asked))
    }

    /// Who asks. Exactly one proof must be there.
    fn authenticate(&self, world: &World, asked: TokenRequest<'_>) -> Result<ClientIx, Refusal> {
        if ["client_id=", "client_secret=", "client_assertion="]
            .iter()
            .any(|name| asked.query.contains(name))
        {
            let words = "Client credentials cannot be supplied via query parameters.";
            return Err(Refusal::request(words));
        }
        let basic = asked.headers.get(AUTHORIZATION);
        let secret = asked.get("client_secret");
        let assertion = asked.get("client_assertion");
        match (basic, secret, assertion) {
            (Some(basic), None, None) => by_basic(world, basic.to_str().unwrap_or_default()),
            (None, Some(_), None) => Err(wrong_method(world, asked.get("client_id"))),
            (None, None, Some(assertion)) => {
                if asked.get("client_assertion_type") != Some(assertion::KIND) {
                    return Err(Refusal::request("The client_assertion_type is invalid."));
                }
                self.by_assertion(world, assertion, asked)
            }
            (None, None, None) => match asked.get("client_id") {
                Some(_) => Err(Refusal::client(
                    "Client authentication failed. Either the client or the client credentials are invalid.",
                )),
                None => Err(Refusal::client("No client credentials found.")),
            },
            _ => Err(Refusal::many_credentials()),
        }
    }

    fn by_assertion(
        &self,
        world: &World,
        assertion: &str,
        asked: TokenRequest<'_>,
    ) -> Result<ClientIx, Refusal> {
        let (jws, issuer) = assertion::claimed(assertion)?;
        let client = usable(world, &issuer).ok_or_else(|| {
            Refusal::client("The issuer claim for client_assertion is not a valid client_id.")
        })?;
        let holder = holder(world.client(client));
        let used = assertion::check(&jws, &holder, &asked.endpoint(), asked.now_secs())?;
        if let Some((jti, until)) = used
            && !self.first_use(format!("{issuer} {jti}"), until, asked.now_secs())
        {
            let words = "The client_assertion token has already been used.";
            return Err(Refusal::client(words));
        }
        Ok(client)
    }

    /// The key that the token is to be bound to, where the client wants that or must.
    fn binding(
        &self,
        client: &OauthClient,
        asked: TokenRequest<'_>,
    ) -> Result<Option<String>, Refusal> {
        let endpoint = asked.endpoint();
        let of = Proven {
            method: "POST",
            address: &endpoint,
            access_token: None,
        };
        let proof = proof::check(asked.headers, of, asked.now_secs())?;
        let Some(proof) = proof else {
            if client.dpop {
                return Err(Refusal::proof("The DPoP proof JWT header is missing."));
            }
            return Ok(None);
        };
        if !self.takes_nonce(proof.nonce.as_deref(), asked.now) {
            return Err(Refusal::nonce(self.nonce(asked.now.0.div_euclid(DAY_MS))));
        }
        self.spend(&proof, asked.now_secs())?;
        Ok(Some(proof.thumbprint))
    }

    fn spend(&self, proof: &Proof, now_secs: i64) -> Result<(), Refusal> {
        let id = format!("{} {}", proof.thumbprint, proof.jti);
        if self.first_use(id, proof.remember_until, now_secs) {
            Ok(())
        } else {
            Err(Refusal::proof("The DPoP proof JWT has already been used."))
        }
    }

    fn first_use(&self, id: String, until: i64, now_secs: i64) -> bool {
        let mut state = self.state();
        if state.used.len() > 10_000 {
            state.used.retain(|_, until| *until > now_secs);
        }
        state.used.insert(id, until).is_none()
    }

    fn nonce(&self, day: i64) -> String {
        letters(
            self.seed.hash("dpop-nonce", day.unsigned_abs()),
            BASE64URL,
            32,
        )
    }

    fn takes_nonce(&self, shown: Option<&str>, now: Millis) -> bool {
        let today = now.0.div_euclid(DAY_MS);
        shown.is_some_and(|shown| (0..NONCE_DAYS).any(|ago| self.nonce(today - ago) == shown))
    }

    fn issue(
        &self,
        known: &OauthClient,
        client: ClientIx,
        scopes: Vec<String>,
        bound_to: Option<String>,
        asked: TokenRequest<'_>,
    ) -> Granted {
        let mut state = self.state();
        state.count += 1;
        let now_secs = asked.now_secs();
        let jti = letters(self.seed.hash("access-token", state.count), BASE64URL, 43);
        let mut claims = json!({
            "ver": 1,
            "jti": format!("AT.{jti}"),
            "iss": asked.origin,
            "aud": asked.origin,
            "sub": known.id.as_str(),
            "iat": now_secs,
            "exp": now_secs + LIFETIME_SECS,
            "cid": known.id.as_str(),
            "scp": scopes,
        });
        if let Some(key) = &bound_to {
            claims["cnf"] = json!({ "jkt": key });
        }
        let body = json!({
            "token_type": if bound_to.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": LIFETIME_SECS,
            "access_token": self.sign(&claims),
            "scope": scopes.join(" "),
        });
        state.issued.retain(|_, access| access.ends > now_secs);
        let token = body["access_token"].as_str().unwrap_or_default().to_owned();
        let access = Access {
            client,
            scopes,
            bound_to,
            ends: now_secs + LIFETIME_SECS,
        };
        state.issued.insert(token, Arc::new(access));
        Granted { client, body }
    }

    fn public_key(&self) -> PublicKey {
        let parts = PublicKeyComponents::<Vec<u8>>::from(self.key.public_key());
        PublicKey::Rsa {
            n: jws::encode(parts.n),
            e: jws::encode(parts.e),
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({
            "kid": self.public_key().thumbprint(),
            "typ": "application/okta-internal-at+jwt",
            "alg": "RS256",
        });
        let parts = [&header, claims].map(|part| jws::encode(part.to_string()));
        let message = parts.join(".");
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .expect("the buffer is as long as the modulus");
        format!("{message}.{}", jws::encode(signature))
    }

    /// The public part of the signing key, as `/oauth2/v1/keys` lists it.
    pub fn keys(&self) -> Value {
        let key = self.public_key();
        let kid = key.thumbprint();
        let PublicKey::Rsa { n, e } = key else {
            return json!({ "keys": [] });
        };
        json!({"keys": [{"kty": "RSA", "alg": "RS256", "kid": kid, "use": "sig", "e": e, "n": n}]})
    }

    /// What a token that was shown with a request stands for. `scheme` is how it was shown: `Bearer` or `DPoP`.
    ///
    /// # Errors
    /// When it is none of this server's, has ended, or the key that it is bound to was not shown.
    pub fn access(
        &self,
        world: &World,
        scheme: &str,
        headers: &HeaderMap,
        of: Proven<'_>,
        now_secs: i64,
    ) -> Result<Arc<Access>, Refusal> {
        let token = of.access_token.unwrap_or_default();
        let access = self.state().issued.get(token).cloned();
        let access = access
            .filter(|access| is_usable(world, access.client))
            .ok_or_else(|| Refusal::token("The access token is invalid."))?;
        if access.ends <= now_secs {
            return Err(Refusal::token("The token has expired."));
        }
        let by_proof = scheme.eq_ignore_ascii_case("DPoP");
        match &access.bound_to {
            None if by_proof => Err(Refusal::token(
                "The presented access_token is not DPoP bound.",
            )),
            None => Ok(access),
            Some(_) if !by_proof => Err(Refusal::request(
                "The resource request must use the DPoP authentication scheme when using a DPoP bound token.",
            )),
            Some(key) => {
                let proof = proof::check(headers, of, now_secs)?.ok_or_else(|| {
                    Refusal::request("The resource request requires a DPoP proof.")
                })?;
                if proof.thumbprint != *key {
                    let words = "The access_token is not bound to the provided DPoP proof.";
                    return Err(Refusal::proof(words));
                }
                self.spend(&proof, now_secs)?;
                Ok(access)
            }
        }
    }
}

/// The client of this id, unless it or its application is gone or switched off.
fn usable(world: &World, id: &str) -> Option<ClientIx> {
    let client = world.client_by_id(id)?;
    is_usable(world, client).then_some(client)
}

fn is_usable(world: &World, client: ClientIx) -> bool {
    let known = world.client(client);
    !known.deleted
        && known.app.is_none_or(|app| {
            let app = world.app(app);
            app.active && !app.deleted
        })
}

fn holder(client: &OauthClient) -> Holder {
    let keys = client.keys.iter().filter(|key| key.active);
    let keys = keys.map(|key| {
        let public = match key.material.clone() {
            Material::Rsa { n, e } => PublicKey::Rsa { n, e },
            Material::Ec { crv, x, y } => PublicKey::Ec { crv, x, y },
        };
        (key.kid.clone(), public)
    });
    Holder {
        id: client.id.to_string(),
        keys: keys.collect(),
    }
}

/// Integrations of the catalogue may show a secret; applications may not.
fn by_basic(world: &World, header: &str) -> Result<ClientIx, Refusal> {
    let read = || {
        let encoded = header.strip_prefix("Basic ")?;
        let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    };
    let (id, secret) = read().ok_or_else(|| {
        let words = "Found Authentication header but was not valid client credentials.";
        Refusal::client(words)
    })?;
    let client = usable(world, &id)
        .ok_or_else(|| Refusal::client("Invalid value for 'client_id' parameter."))?;
    let known = world.client(client);
    if known.integration.is_none() || known.auth != AuthMethod::ClientSecretBasic {
        return Err(wrong_method(world, Some(&id)));
    }
    let holds = |own: &super::world::client::Secret| own.active && own.text(world.seed) == secret;
    if known.secrets.iter().any(holds) {
        Ok(client)
    } else {
        let words = "The client secret supplied for a confidential client is invalid.";
        Err(Refusal::client(words))
    }
}

fn wrong_method(world: &World, id: Option<&str>) -> Refusal {
    let known = id.and_then(|id| usable(world, id));
    match known.map(|client| world.client(client)) {
        None => Refusal::client("Invalid value for 'client_id' parameter."),
        Some(client) if client.integration.is_some() => Refusal::client(
            "OAuth Integration Client Credentials requests to the Org Authorization Server must use either private_key_jwt or \
             client_secret_basic as the token_endpoint_auth_method.",
        ),
        Some(_) => Refusal::client(
            "Client Credentials requests to the Org Authorization Server must use the private_key_jwt \
             token_endpoint_auth_method.",
        ),
    }
}

/// The scopes that the token is for: those asked for that an admin granted.
fn scopes(client: &OauthClient, asked: TokenRequest<'_>) -> Result<Vec<String>, Refusal> {
    let wanted = asked.get("scope").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    if wanted.is_empty() {
        return Err(Refusal::scope("No scopes were requested."));
    }
    let of_people = [
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "offline_access",
        "groups",
    ];
    if wanted.iter().any(|scope| of_people.contains(scope)) {
        let words = "Cannot request 'openid' scopes using client credentials.";
        return Err(Refusal::scope(words));
    }
    if wanted.iter().any(|scope| !is_okta_scope(scope)) {
        let words = "One or more scopes are not configured for the authorization server resource.";
        return Err(Refusal::scope(words));
    }
    let granted = |scope: &str| client.grants.iter().any(|grant| grant.scope == scope);
    if client.integration.is_some() {
        return all_of(client, &wanted);
    }
    let kept: Vec<String> = wanted
        .into_iter()
        .filter(|scope| granted(scope))
        .map(str::to_owned)
        .collect();
    if kept.is_empty() {
        return Err(Refusal::consent());
    }
    Ok(kept)
}

/// An integration must ask for exactly what it registered.
fn all_of(client: &OauthClient, wanted: &[&str]) -> Result<Vec<String>, Refusal> {
    let mut registered: Vec<&str> = client
        .grants
        .iter()
        .map(|grant| grant.scope.as_str())
        .collect();
    let mut asked = wanted.to_vec();
    registered.sort_unstable();
    asked.sort_unstable();
    asked.dedup();
    if asked == registered {
        return Ok(wanted.iter().map(|scope| (*scope).to_owned()).collect());
    }
    Err(Refusal::scope(format!(
        "The scope parameter must exactly match the required scopes: [{}].",
        registered.join(", ")
    )))
}

fn is_okta_scope(scope: &str) -> bool {
    let parts: Vec<&str> = scope.split('.').collect();
    parts.len() >= 3
        && parts[0] == "okta"
        && parts
            .last()
            .is_some_and(|last| matches!(*last, "read" | "manage"))
}
