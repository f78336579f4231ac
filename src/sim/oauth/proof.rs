//! Proofs of possession (RFC 9449): that whoever sends a request holds the key that the token is bound to.

use http::HeaderMap;

use super::jws::{Jws, PublicKey, hashed};
use super::refusal::Refusal;

/// A proof may be five minutes old.
const OLDEST_SECS: i64 = 300;
/// Clocks may differ by this much. A guess: the documents name no number.
const LEEWAY_SECS: i64 = 60;

/// The request that a proof must be about.
#[derive(Clone, Copy, Debug)]
pub struct Proven<'a> {
    /// The method.
    pub method: &'a str,
    /// The address without its query.
    pub address: &'a str,
    /// The access token beside it, where there is one.
    pub access_token: Option<&'a str>,
}

/// A proof that holds, as far as it can be told without remembering others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key that signed it.
    pub thumbprint: String,
    /// Its id, which no other proof may have.
    pub jti: String,
    /// How long that must be remembered, in seconds since 1970.
    pub remember_until: i64,
    /// The nonce that it carries.
    pub nonce: Option<String>,
}

/// Checks the proof among a request's headers; `None` when there is none.
///
/// # Errors
/// `invalid_dpop_proof` with what is wrong.
pub fn check(headers: &HeaderMap, of: Proven<'_>, now_secs: i64) -> Result<Option<Proof>, Refusal> {
    let mut lines = headers.get_all("dpop").iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    if lines.next().is_some() {
        let words = "Multiple DPoP proof JWT headers are not allowed.";
        return Err(Refusal::proof(words));
    }
    let unreadable = || Refusal::proof("The DPoP proof JWT cannot be parsed.");
    let jws = line.to_str().ok().and_then(Jws::read);
    let jws = jws.ok_or_else(unreadable)?;
    let thumbprint = signer(&jws)?;
    check_claims(&jws, of)?;
    let made = check_times(&jws, now_secs)?;
    let jti = jws.text("jti").filter(|jti| !jti.is_empty());
    Ok(Some(Proof {
        thumbprint,
        jti: jti.ok_or_else(|| claim("jti"))?.to_owned(),
        remember_until: made + OLDEST_SECS + LEEWAY_SECS,
        nonce: jws.text("nonce").map(str::to_owned),
    }))
}

fn claim(name: &str) -> Refusal {
    Refusal::proof(format!("'{name}' claim in the DPoP proof JWT is invalid."))
}

fn signer(jws: &Jws) -> Result<String, Refusal> {
    if jws.header["typ"] != "dpop+jwt" {
        let words = "'typ' must be 'dpop+jwt' in the DPoP proof JWT.";
        return Err(Refusal::proof(words));
    }
    if jws.algorithm().is_none() {
        let words = "The DPoP proof JWT signature algorithm is invalid.";
        return Err(Refusal::proof(words));
    }
    PublicKey::read(&jws.header["jwk"])
        .filter(|key| key.signed(jws))
        .map(|key| key.thumbprint())
        .ok_or_else(|| Refusal::proof("The DPoP proof JWT signature is invalid."))
}

fn check_claims(jws: &Jws, of: Proven<'_>) -> Result<(), Refusal> {
    if jws.text("htm") != Some(of.method) {
        return Err(claim("htm"));
    }
    if jws.text("htu") != Some(of.address) {
        return Err(claim("htu"));
    }
    match of.access_token {
        Some(token) if jws.text("ath") != Some(&hashed(token)) => Err(Refusal::proof(
            "'ath' claim in the DPoP proof does not match the presented access_token.",
        )),
        _ => Ok(()),
    }
}

fn check_times(jws: &Jws, now_secs: i64) -> Result<i64, Refusal> {
    let made = jws.seconds("iat").ok_or_else(|| claim("iat"))?;
    if made > now_secs + LEEWAY_SECS {
        let words = "The DPoP proof JWT is issued in the future.";
        return Err(Refusal::proof(words));
    }
    if made < now_secs - OLDEST_SECS {
        let words = "The DPoP proof JWT is issued more than five minutes in the past.";
        return Err(Refusal::proof(words));
    }
    if jws.seconds("exp").is_some_and(|ends| ends <= now_secs) {
        return Err(Refusal::proof("The DPoP proof JWT is expired."));
    }
    Ok(made)
}
