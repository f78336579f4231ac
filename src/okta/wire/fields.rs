//! The fields of one JSON object, still as text, to be asked for one by one in the type that is wanted.
//!
//! Derived decoding would refuse an object for one odd field. Here each question stands alone: a field that is absent, null or of
//! another type answers `None`, a number answers where text is wanted, and of doubled keys the last one counts, as in JavaScript.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Unreadable;
use crate::domain::text::SafeText;

/// An object of Okta's has about so many fields at most.
const USUAL: usize = 16;

/// The fields of one JSON object.
#[derive(Default)]
pub(in crate::okta) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Splits an object into its fields.
    ///
    /// # Errors
    /// [`Unreadable::NotAnObject`] when it is anything else.
    pub(in crate::okta) fn of(raw: &'a RawValue) -> Result<Self, Unreadable> {
        Self::of_text(raw.get())
    }

    /// Splits the text of an object into its fields; all of it is JSON then.
    ///
    /// # Errors
    /// [`Unreadable::NotAnObject`] when it is anything else.
    pub(in crate::okta) fn of_text(text: &'a str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).map_err(|_| Unreadable::NotAnObject)
    }

    /// The fields of the object under `name`; none when there is no object.
    pub(in crate::okta) fn object(&self, name: &str) -> Self {
        self.raw(name)
            .and_then(|raw| Self::of(raw).ok())
            .unwrap_or_default()
    }

    /// The object under `name`, when there is one.
    pub(super) fn some_object(&self, name: &str) -> Option<Self> {
        self.raw(name).and_then(|raw| Self::of(raw).ok())
    }

    /// The elements of the list under `name`; none when there is no list.
    pub(super) fn list(&self, name: &str) -> Vec<&'a RawValue> {
        self.raw(name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The text under `name`, also when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<SafeText> {
        self.plain(name).map(|text| SafeText::new(&text))
    }

    /// The text under `name`; `None` when it is empty.
    pub(in crate::okta) fn filled(&self, name: &str) -> Option<SafeText> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The text under `name`, empty when there is none.
    pub(super) fn text_or_empty(&self, name: &str) -> SafeText {
        self.text(name).unwrap_or_default()
    }

    /// The scalars of the list under `name`, as texts; empty ones are left out.
    pub(super) fn words(&self, name: &str) -> Vec<SafeText> {
        let words = self.list(name).into_iter().filter_map(scalar);
        words
            .filter(|word| !word.is_empty())
            .map(|word| SafeText::new(&word))
            .collect()
    }

    /// Every field with its name, in the order of the text.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    /// The moment under `name`. Some lists write it without a zone, as in `2021-11-09 20:38:10.0`, and mean UTC.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let text = self.plain(name)?;
        text.parse().ok().or_else(|| {
            let civil: DateTime = text.parse().ok()?;
            Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
        })
    }

    /// The count under `name`.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.parsed(name)
    }

    /// The truth under `name`, also when it is written as text.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.parsed(name)
    }

    /// Whatever can be read from the text under `name`.
    pub(in crate::okta) fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.plain(name)?.parse().ok()
    }

    /// The identity under `name`.
    ///
    /// # Errors
    /// [`Unreadable::Field`] when it is absent or cannot be one.
    pub(super) fn identity<T: FromStr>(&self, name: &'static str) -> Result<T, Unreadable> {
        self.parsed(name).ok_or(Unreadable::Field(name))
    }

    /// The text under `name`, not yet made safe.
    fn plain(&self, name: &str) -> Option<Cow<'a, str>> {
        self.raw(name).and_then(scalar)
    }

    /// The value under `name`, whatever it is.
    pub(in crate::okta) fn value(&self, name: &str) -> Option<&'a RawValue> {
        self.raw(name)
    }

    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, raw)| *raw)
    }
}

/// A string, number or truth as text; `None` for null, objects and lists.
pub(super) fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes().first()? {
        b'"' => string(raw),
        b'n' | b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(raw.get())),
    }
}

/// What a JSON string says; `None` for anything else. Without an escape, as almost all are, it says what stands between the quotes.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    unescaped(raw.get())
}

/// What a JSON string says that may have escapes; its quotes belong to it.
pub(super) fn unescaped(json: &str) -> Option<Cow<'_, str>> {
    let text: Text<'_> = serde_json::from_str(json).ok()?;
    Some(text.0)
}

/// A JSON string. Half a surrogate pair, which JSON can spell and text cannot hold, becomes U+FFFD instead of an error.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E: de::Error>(
                self,
                bytes: &'de [u8],
            ) -> Result<Self::Value, E> {
                Ok(Text(String::from_utf8_lossy(bytes)))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(
                    String::from_utf8_lossy(bytes).into_owned(),
                )))
            }
        }
        deserializer.deserialize_bytes(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(USUAL);
                while let Some((name, value)) = map.next_entry::<&RawValue, _>()? {
                    let name = string(name).ok_or_else(|| de::Error::custom("no name"))?;
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(json: &str, ask: impl FnOnce(&Fields<'_>) -> T) -> T {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        ask(&Fields::of(raw).unwrap())
    }

    #[test]
    fn text_is_read_from_whatever_holds_it() {
        for (json, text) in [
            (r#"{"a":"x"}"#, Some("x")),
            (r#"{"a":28005}"#, Some("28005")),
            (r#"{"a":true}"#, Some("true")),
            (r#"{"a":""}"#, Some("")),
            (r#"{"a":null}"#, None),
            (r#"{"a":{"b":1}}"#, None),
            (r#"{"a":[1]}"#, None),
            ("{}", None),
            (r#"{"a":"x","a":"y"}"#, Some("y")),
            (r#"{"\u0061":"x"}"#, Some("x")),
            (r#"{"a":"\ud83d\ude00"}"#, Some("\u{1f600}")),
            (r#"{"a":"x\ud800y"}"#, Some("x\u{fffd}\u{fffd}\u{fffd}y")),
            (r#"{"\ud800":1,"a":"x"}"#, Some("x")),
            (r#"{"a":1e400}"#, Some("1e400")),
            (r#"{"a":"\u001b[2J"}"#, Some("\\x1b[2J")),
        ] {
            let read = with(json, |fields| fields.text("a"));
            assert_eq!(read.as_deref(), text, "{json}");
        }
    }

    #[test]
    fn wrong_types_are_absence_not_failure() {
        with(
            r#"{"n":"7","big":1e400,"neg":-1,"half":1.5,"huge":99999999999999999999999,"f":"false","t":"0000-01-01T00:00:00Z","u":"9999-12-30T00:00:00.000Z","v":"tomorrow","o":"x","l":{},"d":"2020-05-01T10:20:22.243Z"}"#,
            |fields| {
                assert_eq!(fields.count("n"), Some(7));
                for odd in ["big", "neg", "half", "huge", "o"] {
                    assert_eq!(fields.count(odd), None, "{odd}");
                }
                assert_eq!(fields.flag("f"), Some(false));
                assert_eq!(fields.flag("n"), None);
                assert!(fields.time("t").is_some() && fields.time("u").is_some());
                assert_eq!(fields.time("v"), None);
                assert_eq!(
                    fields.time("d").unwrap().as_millisecond(),
                    1_588_328_422_243
                );
                assert_eq!(fields.object("o").text("x"), None);
                assert!(fields.list("l").is_empty());
            },
        );
    }

    #[test]
    fn deep_nesting_is_skipped_without_recursion() {
        let deep = format!(
            r#"{{"a":{}1{},"id":"x"}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert_eq!(
            with(&deep, |fields| fields.text("id")).as_deref(),
            Some("x")
        );
        let deep = format!(
            r#"{{"id":"x","a":{}1{}}}"#,
            r#"{"a":"#.repeat(100_000),
            "}".repeat(100_000)
        );
        with(&deep, |fields| {
            assert_eq!(fields.text("id").as_deref(), Some("x"));
            assert!(fields.object("a").some_object("a").is_some());
        });
    }

    #[test]
    fn only_objects_have_fields() {
        for json in ["null", "1", "\"x\"", "[]", "true"] {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert!(
                matches!(Fields::of(raw), Err(Unreadable::NotAnObject)),
                "{json}"
            );
        }
    }
}
