//! Writes JSON straight into a string: fields keep the order they are written in, and nothing is built first.
//!
//! A page of a thousand members is made of some fifty thousand fields; a tree of values would spend its time allocating.

use std::fmt::{Display, Write as _};

use serde_json::Value;

/// An object being written; closes itself when [`object`] returns.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

/// Writes `{…}` onto `out`.
pub fn object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object {
        out: &mut *out,
        empty: true,
    });
    out.push('}');
}

/// `{…}` as a string of its own.
pub fn object_text(fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::with_capacity(512);
    object(&mut out, fill);
    out
}

/// Writes `[…]` onto `out`, each item by `write`.
pub fn array<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

/// Writes `value` as a JSON string onto `out`.
pub fn string(out: &mut String, value: &str) {
    out.push('"');
    let mut plain_from = 0;
    for (at, byte) in value.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&value[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
    }
    out.push_str(&value[plain_from..]);
    out.push('"');
}

impl Object<'_> {
    fn key(&mut self, name: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// `"name": "value"`.
    pub fn str(&mut self, name: &str, value: &str) -> &mut Self {
        string(self.key(name), value);
        self
    }

    /// `"name": "value"` for anything whose printed form needs no escaping: ids, times, numbers in quotes.
    pub fn shown(&mut self, name: &str, value: impl Display) -> &mut Self {
        let out = self.key(name);
        let _ = write!(out, "\"{value}\"");
        self
    }

    /// As [`Object::shown`], `null` for `None`.
    pub fn shown_or_null(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.shown(name, value),
            None => self.null(name),
        }
    }

    /// As [`Object::str`], `null` for `None`.
    pub fn str_or_null(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.str(name, value),
            None => self.null(name),
        }
    }

    /// `"name": 42` or any other bare token: a number, `true`, JSON made elsewhere.
    pub fn raw(&mut self, name: &str, value: impl Display) -> &mut Self {
        let out = self.key(name);
        let _ = write!(out, "{value}");
        self
    }

    /// `"name": null`.
    pub fn null(&mut self, name: &str) -> &mut Self {
        self.key(name).push_str("null");
        self
    }

    /// `"name": …` for a value that is already a tree.
    pub fn value(&mut self, name: &str, value: &Value) -> &mut Self {
        match value {
            Value::String(text) => self.str(name, text),
            other => self.raw(name, other),
        }
    }

    /// `"name": {…}`.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        object(self.key(name), fill);
        self
    }

    /// `"name": […]`, each item by `write`.
    pub fn array<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut String, T),
    ) -> &mut Self {
        array(self.key(name), items, write);
        self
    }

    /// `"name": ["…", …]`.
    pub fn strings<'s>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = &'s str>,
    ) -> &mut Self {
        self.array(name, items, string)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    proptest! {
        #[test]
        fn any_string_survives(text in any::<String>()) {
            let mut out = String::new();
            string(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn nested_objects_and_arrays_are_well_formed() {
        let text = object_text(|o| {
            o.str("a", "x\"\u{1b}[31m")
                .null("b")
                .raw("c", 4)
                .object("d", |d| {
                    d.strings("e", ["f", "g"]).shown_or_null("h", None::<u8>);
                });
        });
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read,
            json!({"a": "x\"\u{1b}[31m", "b": null, "c": 4, "d": {"e": ["f", "g"], "h": null}})
        );
    }
}
