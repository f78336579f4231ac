//! The key of a service app, as whoever registers one has it.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
};
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
        Self {
            pem: pem("PRIVATE KEY", der.as_ref()),
            jwk: json!({"kty": "EC", "crv": "P-256", "x": part(x), "y": part(y)}),
        }
    }
    /// Keys in every form that a file may have one in, each with what it is called.
    pub(crate) fn of_every_form() -> Vec<(&'static str, Self)> {
        let rsa = include_bytes!("service-key.der");
        let parts = integers(rsa);
        let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
        // The first number is the version of the form.
        let parts = names.iter().zip(&parts[1..]);
        let mut own = json!({});
        for (name, bytes) in parts {
            own[*name] = json!(part(bytes));
        }
        own["kty"] = json!("RSA");
        let of_rsa = json!({"kty": "RSA", "n": own["n"], "e": own["e"]});
        let (on_p384, of_p384) = p384();
        let form = |pem: String, jwk: &Value| Self {
            pem,
            jwk: jwk.clone(),
        };
        vec![
            ("RSA, PKCS #1", form(pem("RSA PRIVATE KEY", rsa), &of_rsa)),
            (
                "RSA, PKCS #8",
                form(pem("PRIVATE KEY", &pkcs8_of_rsa(rsa)), &of_rsa),
            ),
            ("RSA, JWK", form(own.to_string(), &of_rsa)),
            (
                "P-384, PKCS #8",
                form(pem("PRIVATE KEY", &on_p384), &of_p384),
            ),
            (
                "P-384, JWK",
                form(with_private(&of_p384, &on_p384).to_string(), &of_p384),
            ),
        ]
    }
}

fn part(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn pem(title: &str, der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {title}-----\n{body}\n-----END {title}-----\n")
}

/// A key on P-384 in PKCS #8, and its public half.
fn p384() -> (Vec<u8>, Value) {
    let rule = &ECDSA_P384_SHA384_FIXED_SIGNING;
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(rule, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(rule, der.as_ref(), &random).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
    let jwk = json!({"kty": "EC", "crv": "P-384", "x": part(x), "y": part(y)});
    (der.as_ref().to_vec(), jwk)
}

/// The public half with the private number, which stands in the DER behind the version 1 as 48 bytes.
fn with_private(jwk: &Value, der: &[u8]) -> Value {
    let mark = [2, 1, 1, 4, 48];
    let at = der
        .windows(mark.len())
        .position(|bytes| bytes == mark)
        .unwrap()
        + mark.len();
    let mut whole = jwk.clone();
    whole["d"] = json!(part(&der[at..at + 48]));
    whole
}

/// The numbers of a DER sequence of numbers, without the zero that says that one is not negative.
fn integers(der: &[u8]) -> Vec<Vec<u8>> {
    let (_, mut rest) = length(&der[1..]);
    let mut found = Vec::new();
    while let Some((tag, behind)) = rest.split_first() {
        assert_eq!(*tag, 2, "a number");
        let (length, value) = length(behind);
        let (value, more) = value.split_at(length);
        found.push(
            value
                .strip_prefix(&[0])
                .filter(|rest| !rest.is_empty())
                .unwrap_or(value)
                .to_vec(),
        );
        rest = more;
    }
    found
}

/// A length of DER, and what is behind it.
fn length(der: &[u8]) -> (usize, &[u8]) {
    match der[0] {
        short @ 0..=0x7f => (usize::from(short), &der[1..]),
        long => {
            let (bytes, rest) = der[1..].split_at(usize::from(long & 0x7f));
            (
                bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                rest,
            )
        }
    }
}

/// An RSA key in the envelope of PKCS #8.
fn pkcs8_of_rsa(key: &[u8]) -> Vec<u8> {
    let algorithm = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let body = [&[2, 1, 0][..], &algorithm, &tagged(4, key)].concat();
    tagged(0x30, &body)
}

fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], value].concat()
}
