//! How a service application proves who it is: an assertion signed with a key that the org knows.

use super::jws::{Jws, PublicKey};
use super::refusal::Refusal;

/// `client_assertion_type`
pub const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion may end an hour from now at the latest.
const LONGEST_SECS: i64 = 3_600;
/// Clocks may differ by this much. A guess: the documents name no number.
const LEEWAY_SECS: i64 = 60;

/// What is known of the client that an assertion speaks of.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The client id.
    pub id: String,
    /// Its active keys with their names.
    pub keys: Vec<(String, PublicKey)>,
}

/// Whom an assertion claims to come from, before anything is proven.
///
/// # Errors
/// `invalid_client` when it is no assertion or names nobody.
pub fn claimed(assertion: &str) -> Result<(Jws, String), Refusal> {
    let invalid = || Refusal::client("The parsing of the client_assertion failed.");
    let jws = Jws::read(assertion).ok_or_else(invalid)?;
    if jws.algorithm().is_none() {
        let words = "The client_assertion JWT signature algorithm is invalid.";
        return Err(Refusal::client(words));
    }
    let issuer = jws.text("iss").unwrap_or_default().to_owned();
    Ok((jws, issuer))
}

/// Checks an assertion. Its id, if it has one, and how long that must be remembered (seconds since 1970).
///
/// # Errors
/// `invalid_client` with what is wrong.
pub fn check(
    jws: &Jws,
    holder: &Holder,
    endpoint: &str,
    now_secs: i64,
) -> Result<Option<(String, i64)>, Refusal> {
    if jws.text("sub") != Some(&holder.id) {
        let words = "The subject claim for client_assertion is not a valid client_id.";
        return Err(Refusal::client(words));
    }
    check_signature(jws, holder)?;
    if !is_for(jws, endpoint) {
        let words =
            "The audience claim for client_assertion must be the endpoint invoked for the request.";
        return Err(Refusal::client(words));
    }
    let ends = check_times(jws, now_secs)?;
    Ok(jws.text("jti").map(|jti| (jti.to_owned(), ends)))
}

fn is_for(jws: &Jws, endpoint: &str) -> bool {
    let audience = &jws.claims["aud"];
    let list = audience.as_array();
    audience == endpoint || list.is_some_and(|list| list.iter().any(|one| one == endpoint))
}

fn check_times(jws: &Jws, now_secs: i64) -> Result<i64, Refusal> {
    let ends = jws.seconds("exp").ok_or_else(|| {
        Refusal::client("The client_assertion must contain the 'exp' claim as seconds since epoch.")
    })?;
    if ends <= now_secs {
        return Err(Refusal::client("The client_assertion token is expired."));
    }
    if ends > now_secs + LONGEST_SECS + LEEWAY_SECS {
        let words = "The client_assertion token has an expiration too far into the future.";
        return Err(Refusal::client(words));
    }
    if jws
        .seconds("iat")
        .is_some_and(|made| made > now_secs + LEEWAY_SECS)
    {
        let words = "The client_assertion token must be issued before the current time.";
        return Err(Refusal::client(words));
    }
    Ok(ends)
}

fn check_signature(jws: &Jws, holder: &Holder) -> Result<(), Refusal> {
    let keys = &holder.keys;
    let key = match (jws.header["kid"].as_str(), keys.as_slice()) {
        (_, []) => {
            return Err(Refusal::client(
                "The client does not have a JWKSet configured, but the client_assertion requires one.",
            ));
        }
        (Some(kid), keys) => keys.iter().find(|(name, _)| name == kid),
        // A name is needed only where there is a choice.
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let invalid = || Refusal::client("The client_assertion JWT kid is invalid.");
    let (_, key) = key.ok_or_else(invalid)?;
    if key.signed(jws) {
        Ok(())
    } else {
        Err(Refusal::client(
            "The client_assertion signature is invalid.",
        ))
    }
}
