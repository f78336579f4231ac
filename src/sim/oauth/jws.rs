//! Signed tokens and the public keys that prove them: reading, checking, and the thumbprint of a key.
//!
//! RSA from 2,048 bits and the curves P-256 and P-384. Okta takes P-521 as well; the cryptography used here does not.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;

/// The algorithms that are taken, in the words of the headers that list them.
pub const ALGORITHMS: [&str; 5] = ["RS256", "RS384", "RS512", "ES256", "ES384"];

/// Bytes as tokens carry them.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`encode`] wrote; padding is a mistake.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// The SHA-256 of a text, as tokens carry it.
pub fn hashed(text: &str) -> String {
    encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// A signed token in its parts. Nothing is proven before [`PublicKey::signed`] says so.
#[derive(Clone, Debug)]
pub struct Jws {
    /// What stands before the claims.
    pub header: Value,
    /// What is claimed.
    pub claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Jws {
    /// Takes a compact token apart; `None` when it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| -> Option<Value> {
            let value: Value = serde_json::from_slice(&decode(part)?).ok()?;
            value.is_object().then_some(value)
        };
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed: signed.to_owned(),
            signature: decode(signature)?,
        })
    }

    /// The algorithm that it names, if it is one of those taken.
    pub fn algorithm(&self) -> Option<&'static str> {
        let named = self.header["alg"].as_str()?;
        ALGORITHMS.into_iter().find(|known| *known == named)
    }

    /// A claim that is text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims[claim].as_str()
    }

    /// A claim that is a moment, in seconds since 1970.
    pub fn seconds(&self, claim: &str) -> Option<i64> {
        self.claims[claim].as_i64()
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA: modulus and exponent, in base64url.
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// A point on a curve.
    Ec {
        /// `P-256` or `P-384`.
        crv: String,
        /// First coordinate, in base64url.
        x: String,
        /// Second coordinate, in base64url.
        y: String,
    },
}

impl PublicKey {
    /// Reads a JSON Web Key. `None` when it is no public key of a kind that is taken; a private one is none.
    pub fn read(jwk: &Value) -> Option<Self> {
        if jwk.get("d").is_some() {
            return None;
        }
        let text = |name: &str| {
            let value = jwk[name].as_str()?;
            decode(value).map(|_| value.to_owned())
        };
        match jwk["kty"].as_str()? {
            "RSA" => Some(Self::Rsa {
                n: text("n")?,
                e: text("e")?,
            }),
            "EC" => Some(Self::Ec {
                crv: jwk["crv"].as_str().map(str::to_owned)?,
                x: text("x")?,
                y: text("y")?,
            }),
            _ => None,
        }
    }

    /// Whether this key signed the token.
    pub fn signed(&self, jws: &Jws) -> bool {
        let message = jws.signed.as_bytes();
        let verified = match (self, jws.algorithm()) {
            (Self::Rsa { n, e }, Some(algorithm)) => {
                let (Some(n), Some(e), Some(rule)) = (decode(n), decode(e), rsa(algorithm)) else {
                    return false;
                };
                RsaPublicKeyComponents { n, e }.verify(rule, message, &jws.signature)
            }
            (Self::Ec { crv, x, y }, Some(algorithm)) => {
                let (Some(x), Some(y), Some(rule)) = (decode(x), decode(y), curve(crv, algorithm))
                else {
                    return false;
                };
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                UnparsedPublicKey::new(rule, point).verify(message, &jws.signature)
            }
            _ => return false,
        };
        verified.is_ok()
    }

    /// The key's thumbprint (RFC 7638), to which tokens are bound.
    pub fn thumbprint(&self) -> String {
        // Values are base64url or names of curves: nothing in them needs escaping.
        hashed(&match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ec { crv, x, y } => {
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
        })
    }
}

fn rsa(algorithm: &str) -> Option<&'static RsaParameters> {
    match algorithm {
        "RS256" => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}

fn curve(name: &str, algorithm: &str) -> Option<&'static dyn VerificationAlgorithm> {
    match (name, algorithm) {
        ("P-256", "ES256") => Some(&signature::ECDSA_P256_SHA256_FIXED),
        ("P-384", "ES384") => Some(&signature::ECDSA_P384_SHA384_FIXED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of RFC 7638, section 3.1.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let jwk = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29"
        });
        let key = PublicKey::read(&jwk).unwrap();
        assert_eq!(
            key.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    /// The examples of RFC 7515, sections A.2 and A.3.
    #[test]
    fn the_standards_examples_are_signed_by_their_keys_and_not_by_each_others() {
        let rsa = PublicKey::read(&json!({
            "kty": "RSA",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB"
        })).unwrap();
        let ec = PublicKey::read(&json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        }))
        .unwrap();
        let claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let by_rsa = format!(
            "eyJhbGciOiJSUzI1NiJ9.{claims}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        );
        let by_ec = format!(
            "eyJhbGciOiJFUzI1NiJ9.{claims}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        );
        let (by_rsa, by_ec) = (Jws::read(&by_rsa).unwrap(), Jws::read(&by_ec).unwrap());
        assert!(rsa.signed(&by_rsa) && ec.signed(&by_ec));
        assert!(!rsa.signed(&by_ec) && !ec.signed(&by_rsa));
        let mut altered = by_ec.clone();
        altered.signed.push('A');
        assert!(!ec.signed(&altered));
        assert_eq!(by_ec.seconds("exp"), Some(1_300_819_380));
    }

    #[test]
    fn what_is_no_token_and_no_public_key_is_none() {
        for text in [
            "",
            "a.b",
            "a.b.c",
            "e30.W10.AA",
            "e30.e30.A=",
            "e30.e30.AA.AA",
        ] {
            assert!(Jws::read(text).is_none(), "{text}");
        }
        let private = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"});
        for jwk in [
            private,
            json!({"kty": "oct", "k": "AA"}),
            json!({}),
            json!([]),
        ] {
            assert!(PublicKey::read(&jwk).is_none(), "{jwk}");
        }
        let unsigned = Jws::read("eyJhbGciOiJub25lIn0.e30.").unwrap();
        assert_eq!(unsigned.algorithm(), None);
    }
}
