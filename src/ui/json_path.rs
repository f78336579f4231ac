//! A place in Okta's JSON, such as `profile.costCenter` or `settings.signOn.attributeStatements.0`: what a column of it shows.

use std::fmt;

use serde_json::Value;

use super::format;
use crate::domain::text::RawJson;
use crate::domain::text::SafeText;

/// The longest path that is taken, in characters.
const MAX_CHARS: usize = 120;

/// What is shown of JSON that cannot be read: that is not nothing.
const UNREADABLE: &str = "cannot be read";

/// A place in JSON: names of members and positions in lists, from the outside in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath(Vec<String>);

/// Why a text is no path, and the character where that is, from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {})", column + 1)]
pub struct NoPath {
    /// What is wrong.
    pub what: &'static str,
    /// Where.
    pub column: usize,
}

impl JsonPath {
    /// Reads a path; `$.` at its beginning is understood.
    ///
    /// # Errors
    /// [`NoPath`] for one that is empty or too long, or that has an empty part.
    pub fn parse(text: &str) -> Result<Self, NoPath> {
        let text = text.trim();
        let path = text.strip_prefix("$.").unwrap_or(text);
        let before = text.chars().count() - path.chars().count();
        let wrong = |what, column| Err(NoPath { what, column });
        if path.is_empty() {
            return wrong("write a path such as profile.costCenter", before);
        }
        if path.chars().count() > MAX_CHARS {
            return wrong("a path has at most 120 characters", before + MAX_CHARS);
        }
        let mut at = before;
        for part in path.split('.') {
            if part.is_empty() {
                return wrong("a name is missing here", at);
            }
            if part.contains(char::is_whitespace) {
                return wrong("a name has no spaces", at);
            }
            at += part.chars().count() + 1;
        }
        Ok(Self(path.split('.').map(str::to_owned).collect()))
    }

    /// What stands there, as Okta sent it; `None` when nothing does.
    ///
    /// # Errors
    /// When the JSON cannot be read: it is none, or too deep.
    pub fn look_up(&self, raw: &RawJson) -> Result<Option<String>, serde_json::Error> {
        Ok(self.within(&serde_json::from_str(raw.as_unsafe_str())?))
    }

    fn within(&self, root: &Value) -> Option<String> {
        let found = self.0.iter().try_fold(root, |value, part| match value {
            Value::Array(all) => all.get(part.parse::<usize>().ok()?),
            value => value.get(part),
        })?;
        match found {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// What stands there, made safe to show, or that it is not known while the JSON has not come.
    pub fn shown(&self, raw: Option<&RawJson>) -> String {
        match raw {
            None => format::UNKNOWN.to_owned(),
            Some(raw) => match self.look_up(raw) {
                Ok(found) => found.filter(|text| !text.is_empty()).map_or_else(
                    || format::NONE.to_owned(),
                    |text| SafeText::new(&text).into(),
                ),
                Err(_) => UNREADABLE.to_owned(),
            },
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_what_stands_there() {
        let raw = RawJson::new(r#"{"a":{"b":[{"c":"deep"},7],"n":null,"t":true},"x":"line\none"}"#);
        for (path, found) in [
            ("$.a.b.0.c", Some("deep")),
            ("a.b.1", Some("7")),
            ("a.t", Some("true")),
            ("a.b.0", Some(r#"{"c":"deep"}"#)),
            ("a.n", None),
            ("a.b.9", None),
            ("a.b.c", None),
            ("x.y", None),
        ] {
            let path = JsonPath::parse(path).unwrap();
            assert_eq!(path.look_up(&raw).unwrap().as_deref(), found, "{path}");
        }
        let path = JsonPath::parse("x").unwrap();
        assert_eq!(path.shown(Some(&raw)), r"line\x0aone");
        let path = JsonPath::parse("gone").unwrap();
        assert_eq!(
            (path.shown(Some(&raw)), path.shown(None)),
            ("-".to_owned(), "?".to_owned())
        );
        let deep = RawJson::new("[".repeat(200) + &"]".repeat(200));
        assert_eq!(path.shown(Some(&deep)), UNREADABLE);
    }

    #[test]
    fn a_text_that_is_no_path_is_told_with_the_place() {
        for (text, column) in [("", 0), ("$.", 2), ("a..b", 2), ("$.a.", 4), ("a.b c", 2)] {
            assert_eq!(JsonPath::parse(text).unwrap_err().column, column, "{text}");
        }
        assert!(JsonPath::parse(&"x".repeat(200)).is_err());
    }
}
