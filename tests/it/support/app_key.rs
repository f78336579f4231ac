//! The key of a service app, as whoever registers one has it.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// A private key as a file holds it, and its public half as Okta is told it.
pub(crate) struct AppKey {
    pub(crate) pem: String,
    pub(crate) jwk: Value,
}

impl AppKey {
    pub(crate) fn new() -> Self {
        let rule = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(rule, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(rule, der.as_ref(), &random).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let body = BASE64_STANDARD.encode(der);
        Self {
            pem: format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
            jwk: json!({"kty": "EC", "crv": "P-256", "x": part(x), "y": part(y)}),
        }
    }
}
