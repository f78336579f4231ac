//! Private keys: the one that a service app proves itself with, and those that access tokens are bound to.
//!
//! A key stays inside its [`SigningKey`], whose debug form shows none of it.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::domain::secret::Secret;

/// Why a text cannot be used as a private key. Nothing of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither PEM nor a JSON Web Key.
    #[error(
        "it holds neither a private key in PEM form (-----BEGIN PRIVATE KEY-----) nor a JSON Web Key"
    )]
    NotAKey,
    /// A key that needs a password.
    #[error(
        "it is encrypted; write it without a password: openssl pkcs8 -in KEY -nocrypt -topk8 -out NEW"
    )]
    Encrypted,
    /// An elliptic-curve key in the old form.
    #[error(
        "it is in the old form for elliptic curves; convert it: openssl pkcs8 -in KEY -nocrypt -topk8 -out NEW"
    )]
    OldForm,
    /// The public half.
    #[error(
        "it is a public key; the private one stays with whoever proves themselves, and only the public one goes to Okta"
    )]
    Public,
    /// A key of another kind, or too short.
    #[error("it is no RSA key of 2048 bits or more and no key on the curves P-256 or P-384")]
    Unsupported,
}

/// A private key and the algorithm that it signs with.
pub(super) struct SigningKey {
    pair: Pair,
    /// The key's name, by which Okta finds its public half.
    kid: Option<String>,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

impl SigningKey {
    /// Reads a key in PEM form (PKCS #8, or PKCS #1 for RSA) or as a JSON Web Key, whose `kid` is kept.
    ///
    /// # Errors
    /// [`KeyError`] when it is none that can sign for Okta.
    pub(super) fn read(text: &Secret) -> Result<Self, KeyError> {
        let text = text.expose().trim();
        if text.starts_with('{') {
            return of_jwk(text);
        }
        let pair = of_pem(text)?;
        Ok(Self { pair, kid: None })
    }

    /// A new key on P-256, for tokens to be bound to.
    pub(super) fn generate() -> Option<Self> {
        let random = SystemRandom::new();
        let rule = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(rule, &random).ok()?;
        let pair = EcdsaKeyPair::from_pkcs8(rule, document.as_ref(), &random).ok()?;
        Some(Self {
            pair: Pair::P256(pair),
            kid: None,
        })
    }

    /// The same key under the name that Okta shows for it.
    pub(super) fn named(self, kid: String) -> Self {
        Self {
            kid: Some(kid),
            ..self
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
            Pair::P384(_) => "ES384",
        }
    }

    /// A token with these claims; `kind` is the type in its header.
    pub(super) fn sign(&self, kind: &str, claims: &Value) -> Option<String> {
        let mut header = json!({"typ": kind, "alg": self.algorithm()});
        if let Some(kid) = &self.kid {
            header["kid"] = json!(kid);
        }
        self.sign_under(&header, claims)
    }

    /// A token that carries its own public key, as proofs of possession do.
    pub(super) fn sign_with_key(&self, kind: &str, claims: &Value) -> Option<String> {
        let header = json!({"typ": kind, "alg": self.algorithm(), "jwk": self.public()});
        self.sign_under(&header, claims)
    }

    fn sign_under(&self, header: &Value, claims: &Value) -> Option<String> {
        let message = [header, claims]
            .map(|part| encode(part.to_string().as_bytes()))
            .join(".");
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .ok()?;
                encode(&signature)
            }
            Pair::P256(pair) | Pair::P384(pair) => {
                encode(pair.sign(&random, message.as_bytes()).ok()?.as_ref())
            }
        };
        Some(format!("{message}.{signature}"))
    }

    /// The public half as a JSON Web Key.
    pub(super) fn public(&self) -> Value {
        let on_curve = |crv: &str, pair: &EcdsaKeyPair| {
            // An uncompressed point: 4, then both coordinates.
            let point = pair.public_key().as_ref();
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y)})
        };
        match &self.pair {
            Pair::P256(pair) => on_curve("P-256", pair),
            Pair::P384(pair) => on_curve("P-384", pair),
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": encode(&public.n), "e": encode(&public.e)})
            }
        }
    }
}

/// The SHA-256 of a text, as tokens carry it.
pub(super) fn hashed(text: &str) -> String {
    encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn of_pem(text: &str) -> Result<Pair, KeyError> {
    for (mark, fault) in [
        ("BEGIN ENCRYPTED PRIVATE KEY", KeyError::Encrypted),
        ("Proc-Type: 4,ENCRYPTED", KeyError::Encrypted),
        ("BEGIN EC PRIVATE KEY", KeyError::OldForm),
        ("BEGIN PUBLIC KEY", KeyError::Public),
    ] {
        if text.contains(mark) {
            return Err(fault);
        }
    }
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::NotAKey)?;
    match &key {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Pair::Rsa),
        PrivateKeyDer::Pkcs8(der) => return of_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(KeyError::OldForm),
    }
    .map_err(|_| KeyError::Unsupported)
}

fn of_pkcs8(der: &[u8]) -> Result<Pair, KeyError> {
    let random = SystemRandom::new();
    let on_curve =
        |rule: &'static EcdsaSigningAlgorithm| EcdsaKeyPair::from_pkcs8(rule, der, &random);
    let rsa = RsaKeyPair::from_pkcs8(der).map(Pair::Rsa);
    rsa.or_else(|_| on_curve(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::P256))
        .or_else(|_| on_curve(&ECDSA_P384_SHA384_FIXED_SIGNING).map(Pair::P384))
        .map_err(|_| KeyError::Unsupported)
}

fn of_jwk(text: &str) -> Result<SigningKey, KeyError> {
    let jwk: Value = serde_json::from_str(text).map_err(|_| KeyError::NotAKey)?;
    let kid = jwk["kid"].as_str().map(str::to_owned);
    if jwk["d"].is_null() {
        let is_key = jwk["kty"].is_string();
        return Err(if is_key {
            KeyError::Public
        } else {
            KeyError::NotAKey
        });
    }
    let part = |name: &str| {
        let text = jwk[name].as_str().ok_or(KeyError::Unsupported)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        bytes.map(Zeroizing::new).map_err(|_| KeyError::NotAKey)
    };
    let pair = match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("RSA"), _) => Pair::Rsa(rsa_of_parts(part)?),
        (Some("EC"), Some("P-256")) => {
            Pair::P256(ec_of_parts(&ECDSA_P256_SHA256_FIXED_SIGNING, part)?)
        }
        (Some("EC"), Some("P-384")) => {
            Pair::P384(ec_of_parts(&ECDSA_P384_SHA384_FIXED_SIGNING, part)?)
        }
        _ => return Err(KeyError::Unsupported),
    };
    Ok(SigningKey { pair, kid })
}

type Part = Zeroizing<Vec<u8>>;

fn rsa_of_parts(part: impl Fn(&str) -> Result<Part, KeyError>) -> Result<RsaKeyPair, KeyError> {
    let (modulus, exponent, private) = (part("n")?, part("e")?, part("d")?);
    let [first, second] = [part("p")?, part("q")?];
    let [of_first, of_second, inverse] = [part("dp")?, part("dq")?, part("qi")?];
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: modulus.as_slice(),
            e: exponent.as_slice(),
        },
        d: private.as_slice(),
        p: first.as_slice(),
        q: second.as_slice(),
        dP: of_first.as_slice(),
        dQ: of_second.as_slice(),
        qInv: inverse.as_slice(),
    };
    RsaKeyPair::from_components(&components).map_err(|_| KeyError::Unsupported)
}

fn ec_of_parts(
    rule: &'static EcdsaSigningAlgorithm,
    part: impl Fn(&str) -> Result<Part, KeyError>,
) -> Result<EcdsaKeyPair, KeyError> {
    let point = [&[4], part("x")?.as_slice(), part("y")?.as_slice()].concat();
    let random = SystemRandom::new();
    EcdsaKeyPair::from_private_key_and_public_key(rule, &part("d")?, &point, &random)
        .map_err(|_| KeyError::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key in the form that files have.
    fn pem() -> String {
        let random = SystemRandom::new();
        let rule = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let der = EcdsaKeyPair::generate_pkcs8(rule, &random).unwrap();
        let body = base64::prelude::BASE64_STANDARD.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    }

    fn read(text: &str) -> Result<SigningKey, KeyError> {
        SigningKey::read(&Secret::new(text.to_owned()))
    }

    fn header(token: &str) -> Value {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
        serde_json::from_slice(&bytes.unwrap()).unwrap()
    }

    #[test]
    fn a_key_is_read_from_pem_or_json_and_keeps_its_name() {
        let pem = read(&pem()).unwrap();
        let token = pem.sign("JWT", &json!({"iss": "me"})).unwrap();
        assert_eq!(header(&token), json!({"typ": "JWT", "alg": "ES256"}));
        let named = pem.named("k1".to_owned());
        let token = named.sign("JWT", &json!({})).unwrap();
        assert_eq!(header(&token)["kid"], "k1");
        // The example of RFC 7515, section A.3.
        let jwk = r#"{"kty":"EC","crv":"P-256","kid":"k2","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
        let key = read(jwk).unwrap();
        let token = key.sign("JWT", &json!({})).unwrap();
        assert_eq!(header(&token)["kid"], "k2");
        assert_eq!(
            key.public()["x"],
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
        );
    }

    #[test]
    fn what_cannot_sign_is_refused_with_what_helps() {
        for (text, fault) in [
            ("", KeyError::NotAKey),
            ("hunter2", KeyError::NotAKey),
            ("{\"kty\":", KeyError::NotAKey),
            ("{}", KeyError::NotAKey),
            (
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
                KeyError::Public,
            ),
            ("{\"kty\":\"oct\",\"d\":\"AA\"}", KeyError::Unsupported),
            (
                "{\"kty\":\"EC\",\"crv\":\"P-521\",\"d\":\"AA\"}",
                KeyError::Unsupported,
            ),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----", KeyError::Encrypted),
            ("-----BEGIN EC PRIVATE KEY-----", KeyError::OldForm),
            ("-----BEGIN PUBLIC KEY-----", KeyError::Public),
        ] {
            assert_eq!(read(text).unwrap_err(), fault, "{text}");
        }
    }

    fn in_pem(der: &str) -> String {
        format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n")
    }

    /// Okta takes ES512 as well, and short RSA keys from nobody: a key that is whole must not be called none.
    #[test]
    fn a_whole_key_of_another_kind_is_refused_with_the_kinds_that_will_do() {
        let on_p521 = "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBMj+EM/PcjL3rlH99z+XVdsJwLgtddvHyvNKZaqMOykYPwaCL\
         6tijvJnKJksFB5M9Lyi4KXFy8pBSwzdswyRAAHyhgYkDgYYABAGKkJNgWchbUvDZCFI5qJt128JukZ2mqAQu4fH9OEWF/eYs\
         OPAQW7XaYL6LU7tpmaF3m/hjkSMnPpdOTcJRE0ec+wCyhUemVBZQOzqy00O92d/fGxoN+PRhJpXVD9YTgfuAyegvFOMVqPcQ\
         oelJ6IXS5gq3/4WY6h/igR8I7H9txKE32A==";
        let short_rsa = "MIICeQIBADANBgkqhkiG9w0BAQEFAASCAmMwggJfAgEAAoGBAPkgrUFFvUH8TbI84MiTlKg5LI2WrgZ8u8F7ZBeIzJo1ydZZ\
         ssZ0JCbQwqi3FkfDHS9QqpfKGSNnEMw3PE9Sz0Qw8Lc/68nAnBgU3Ex04JxmMSIThRGNW2uAkjGxni8evdEI5CZe+EyeGTv4\
         7Yk0KIwssxWKmXJW7mck4RxnkVgrAgMBAAECgYEAjqcGbmTXrWwitVgkwtW2/ujWOTE57x8HiA/2zX8Y4YjBTYtJUlf4x30s\
         qd1E1czE7m37cTVZVatTtAxA7Y8WfO1tdszwA3G3DMLp8laDMGd7weR2khcWWKl1lIGKFCJSK85iQ9m5EL7Z6GC7fF91TNAC\
         sGdyIOyxdIV5prUIOmECQQD8xHKBIDAqAIQTwE43HMogkAQ0GZdj9luOCBi1dzSnQfV5kppt1JPav+Y0XuxMrYSgd1cJffQh\
         e41m2v0trzb7AkEA/FBQKYQgNe7qkNpACnD3BCVvipFTzGlJY07nzJ8AqH092cjKEVh6XXRsMz9wW8lzVhJxQruCJWo4Nd4J\
         PeNckQJBAOC3ZXUWwLsWqlVE6kRk++3nG1WWStk79DlZSV5LFCx+n1Xt2A08qBYZ9PcqTLn+qaJfdqmhqKD7zsJafitXUnEC\
         QQDo5/oXWK+jGXfNXqne+YgLe8MK1jvUZRwpX5z5dYzV+0Ys0vw0JshNnDqE0/qTv9GHkl6aixwIDZT1pJBDYK0BAkEA9CbI\
         4wEdyW+gyXDzwj+S+JQx2M8uhycLqv3Zy+Bwa/PLnQZ61LlyguqU7bMj37NWmkiV9HkY6w/7QlYoihJwrQ==";
        for (name, der) in [("P-521", on_p521), ("RSA of 1024 bits", short_rsa)] {
            let refused = read(&in_pem(der)).unwrap_err();
            assert_eq!(refused, KeyError::Unsupported, "{name}");
            let words = refused.to_string();
            assert!(
                words.contains("2048 bits") && words.contains("P-384"),
                "{words}"
            );
        }
    }

    #[test]
    fn a_proof_carries_the_public_half_and_nothing_shows_the_private_one() {
        let key = SigningKey::generate().unwrap();
        let proof = key.sign_with_key("dpop+jwt", &json!({})).unwrap();
        let header = header(&proof);
        assert_eq!(header["jwk"], key.public());
        assert!(header["jwk"].get("d").is_none());
        assert_eq!(format!("{key:?}"), "SigningKey(ES256)");
    }
}
