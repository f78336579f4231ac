//! Okta's JSON as it may be kept: without the secrets in it.
//!
//! Whoever may list OAuth clients and identity providers is sent their secrets in clear. A mirror of them would be a treasure that
//! nobody needs: their ids, ages and hashes are what an investigation asks for.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use super::super::fields::Fields;
use crate::domain::text::RawJson;

/// What stands where a secret was.
const TAKEN_OUT: &str = "\"(not kept)\"";
/// Deeper than anything of Okta's; what lies deeper is taken out as a whole.
const MAX_DEPTH: usize = 24;

/// Names whose values are secrets wherever they stand, when they are text. `secret_hash` is none: it proves knowledge and gives none.
const SECRETS: [&str; 13] = [
    "client_secret",
    "clientSecret",
    "secret",
    "sharedSecret",
    "secretKey",
    "password",
    "passCode",
    "privateKey",
    "private_key",
    "apiKey",
    "token",
    "accessToken",
    "refreshToken",
];
/// The private members of a JSON Web Key.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"];

/// Whether a field of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// The JSON without secrets; exactly as sent when there are none in it.
pub(super) fn without_secrets(raw: &RawValue) -> RawJson {
    match cleaned(raw, Around::Object, MAX_DEPTH) {
        Some(text) => RawJson::new(text),
        None => RawJson::new(raw.get()),
    }
}

/// What a value stands in, as far as that makes a secret of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Any object.
    Object,
    /// An authentication scheme or a list of headers, whose `value` is what a hook proves itself with.
    Header,
    /// A JSON Web Key.
    Key,
}

/// The text without its secrets; `None` when it has none.
fn cleaned(raw: &RawValue, around: Around, depth: usize) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'{' if depth == 0 => Some("{}".to_owned()),
        b'[' if depth == 0 => Some("[]".to_owned()),
        b'{' => cleaned_object(raw, around, depth),
        b'[' => cleaned_list(raw, around, depth),
        _ => None,
    }
}

fn cleaned_object(raw: &RawValue, around: Around, depth: usize) -> Option<String> {
    let fields = Fields::of(raw).ok()?;
    let around = if fields.filled("kty").is_some() {
        Around::Key
    } else {
        around
    };
    let mut found = false;
    let mut text = String::from("{");
    for (name, raw) in fields.iter() {
        let value = if is_scalar(raw) && is_taken_out(name, around) {
            found = true;
            Cow::Borrowed(TAKEN_OUT)
        } else {
            let below = match name {
                "authScheme" | "headers" => Around::Header,
                _ => Around::Object,
            };
            match cleaned(raw, below, depth - 1) {
                Some(clean) => {
                    found = true;
                    Cow::Owned(clean)
                }
                None => Cow::Borrowed(raw.get()),
            }
        };
        let comma = if text.len() > 1 { "," } else { "" };
        // Neither writing to a String nor writing a text as JSON can fail.
        let name = serde_json::to_string(name).unwrap_or_default();
        let _ = write!(text, "{comma}{name}:{value}");
    }
    text.push('}');
    found.then_some(text)
}

fn cleaned_list(raw: &RawValue, around: Around, depth: usize) -> Option<String> {
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    let clean: Vec<Option<String>> = items
        .iter()
        .map(|item| cleaned(item, around, depth - 1))
        .collect();
    if clean.iter().all(Option::is_none) {
        return None;
    }
    let texts: Vec<&str> = clean
        .iter()
        .zip(&items)
        .map(|(clean, raw)| clean.as_deref().unwrap_or(raw.get()))
        .collect();
    Some(format!("[{}]", texts.join(",")))
}

fn is_scalar(raw: &RawValue) -> bool {
    !matches!(
        raw.get().as_bytes().first(),
        Some(b'{' | b'[' | b'n' | b't' | b'f') | None
    )
}

fn is_taken_out(name: &str, around: Around) -> bool {
    match around {
        Around::Key if PRIVATE.contains(&name) => true,
        Around::Header if name == "value" => true,
        _ => is_secret(name),
    }
}
