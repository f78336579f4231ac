//! Text that came from Okta, made safe to show, and the raw JSON kept beside it.
//!
//! Okta's data is partly written by strangers (sign-in names, user agents, self-service profiles). A terminal acts on control
//! characters, and bidirectional overrides lie about what a line says. So nothing that Okta sent is shown, logged or written to a
//! file except through [`SafeText`], and JSON that is printed goes through [`escape_json`].

use std::fmt;
use std::fmt::Write as _;
use std::ops::Deref;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Text in which every control, format, bidirectional, unassigned and line-separating character has become a visible escape
/// (`\x1b`, `<U+202E>`). Joiners (ZWJ, ZWNJ) stay, since names are written with them. Making it twice changes nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SafeText(Box<str>);

impl SafeText {
    /// Makes `text` safe to show.
    pub fn new(text: &str) -> Self {
        if is_plain(text) || !FORBIDDEN.is_match(text) {
            return Self(text.into());
        }
        let mut safe = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if is_forbidden(c) {
                push_escape(&mut safe, c);
            } else {
                safe.push(c);
            }
        }
        Self(safe.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Every character that must not reach a terminal: general category C (control, format, surrogate, private, unassigned) and
/// the two separators that some terminals take for a new line.
static FORBIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{C}\p{Zl}\p{Zp}--[\x{200C}\x{200D}]]")
        .expect("the pattern is a constant that a test compiles")
});

/// Whether it is ASCII without control characters. All of it is looked at, whatever is found: that way many bytes are at a time.
fn is_plain(text: &str) -> bool {
    let is_shown = |byte: &u8| byte.wrapping_sub(0x20) < 0x5f;
    text.as_bytes()
        .iter()
        .fold(true, |plain, byte| plain & is_shown(byte))
}

fn is_forbidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    FORBIDDEN.is_match(c.encode_utf8(&mut [0; 4]))
}

fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    // Writing to a String cannot fail.
    let _ = if code < 0x100 {
        write!(out, "\\x{code:02x}")
    } else {
        write!(out, "<U+{code:04X}>")
    };
}

impl Deref for SafeText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<SafeText> for String {
    fn from(text: SafeText) -> Self {
        text.0.into()
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// One JSON value exactly as Okta sent it, byte for byte. It is hostile: it has no `Display`; show it through [`escape_json`] or
/// decode it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawJson(Box<str>);

impl RawJson {
    /// Keeps `json`, which the caller knows to be one valid JSON value.
    pub fn new(json: impl Into<Box<str>>) -> Self {
        Self(json.into())
    }

    /// The bytes as they came: for storing and decoding, not for showing.
    pub fn as_unsafe_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

/// Rewrites valid JSON so that it means the same and holds no character a terminal could act on: forbidden characters, which
/// valid JSON has only inside strings, become `\uXXXX` (a surrogate pair above U+FFFF).
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // White space between tokens is the only place where valid JSON has raw control characters.
        if !is_forbidden(c) || matches!(c, '\n' | '\t' | '\r') {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        for (hostile, shown) in [
            ("a\x1b[2Jb", "a\\x1b[2Jb"),
            ("x\u{9b}31m", "x\\x9b31m"),
            ("abc\u{202e}cba", "abc<U+202E>cba"),
            ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>"),
            ("tag\u{e0041}", "tag<U+E0041>"),
            ("line\u{2028}line\r\n", "line<U+2028>line\\x0d\\x0a"),
            ("نام\u{200c}ها", "نام\u{200c}ها"),
            ("Łukasz 山田 ok", "Łukasz 山田 ok"),
        ] {
            assert_eq!(SafeText::new(hostile).as_str(), shown);
        }
    }

    #[test]
    fn json_keeps_its_meaning_when_escaped() {
        let json = "{\"a\":\"x\u{202e}\u{9b}\u{e0041}é\"}";
        let escaped = escape_json(json);
        assert!(!escaped.chars().any(is_forbidden), "{escaped}");
        let before: serde_json::Value = serde_json::from_str(json).unwrap();
        let after: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(before, after);
    }

    proptest! {
        #[test]
        fn safe_text_is_safe_and_stable(text in any::<String>()) {
            let safe = SafeText::new(&text);
            prop_assert!(!safe.chars().any(is_forbidden));
            prop_assert_eq!(&SafeText::new(&safe), &safe);
        }

        #[test]
        fn escaped_json_means_the_same(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let escaped = escape_json(&json);
            prop_assert!(!escaped.chars().any(is_forbidden));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }
    }
}
