//! One page of a listing: its items decoded one by one, the raw JSON beside each, and what could not be read counted.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::DecodeFault;
use super::link::NextLink;
use super::wire::{Decode, Fields, Unreadable};
use crate::domain::text::{RawJson, SafeText};

/// What may stand between the tokens of JSON.
const SPACE: [char; 4] = [' ', '\n', '\r', '\t'];
/// The most of a bad item that is shown.
const EXCERPT_CHARS: usize = 160;

/// One page of a listing.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What could be read, in Okta's order.
    pub items: Vec<Item<T>>,
    /// What could not. A listing with any of these is not complete.
    pub bad: Vec<BadItem>,
    /// Where the next page is; `None` at the end. Okta could lead in circles: whoever follows must notice.
    pub next: Option<NextLink>,
    /// When Okta answered, by Okta's own clock.
    pub served_at: Timestamp,
    /// Okta's id of the request.
    pub request_id: Option<SafeText>,
    /// The size of the page, decompressed.
    pub size_bytes: u64,
    /// Requests that it took, repeats included.
    pub attempts: u32,
}

impl<T> Page<T> {
    pub(super) fn map<U>(self, with: impl Fn(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(|item| item.map(&with)).collect(),
            bad: self.bad,
            next: self.next,
            served_at: self.served_at,
            request_id: self.request_id,
            size_bytes: self.size_bytes,
            attempts: self.attempts,
        }
    }
}

/// A value as oktop understands it, and exactly what Okta sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// As understood.
    pub value: T,
    /// As sent.
    pub raw: RawJson,
}

impl<T> Item<T> {
    pub(super) fn map<U>(self, with: impl FnOnce(T) -> U) -> Item<U> {
        Item {
            value: with(self.value),
            raw: self.raw,
        }
    }
}

/// An item of a page that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadItem {
    /// Its place on the page, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub why: Unreadable,
    /// Its beginning, safe to show; it may hold personal data.
    pub excerpt: SafeText,
}

/// An answer that arrived whole, with status 200.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) served_at: Timestamp,
    pub(super) request_id: Option<SafeText>,
    pub(super) attempts: u32,
}

impl Answer {
    /// Decodes the body as a list, each item with `read`. A list may stand in an object, at this `path` of names.
    ///
    /// # Errors
    /// [`DecodeFault`] when it is anything else: such an answer says nothing, least of all that the list is empty.
    pub(super) fn items<T>(
        &self,
        path: &[&str],
        read: impl Fn(&RawValue) -> Result<Item<T>, Unreadable>,
    ) -> Result<Items<T>, DecodeFault> {
        items_of(self.json()?, path, read)
    }

    /// Decodes the body as a list of objects.
    ///
    /// # Errors
    /// [`DecodeFault`] when it is anything else: such an answer says nothing, least of all that the list is empty.
    pub(super) fn objects<T: Decode>(&self) -> Result<Items<T>, DecodeFault> {
        objects_of(self.json()?)
    }

    /// Decodes the body as one object, with `read`.
    ///
    /// # Errors
    /// [`DecodeFault`] when it is not JSON or lacks what makes it such an object.
    pub(super) fn item<T>(
        &self,
        read: impl Fn(&RawValue) -> Result<Item<T>, Unreadable>,
    ) -> Result<Item<T>, DecodeFault> {
        let raw: &RawValue =
            serde_json::from_str(self.json()?).map_err(|error| not_json(&error))?;
        read(raw).map_err(|why| DecodeFault::Object(why.to_string().into()))
    }

    /// The body as it is.
    ///
    /// # Errors
    /// [`DecodeFault`] when it is not JSON.
    pub(super) fn value(&self) -> Result<Value, DecodeFault> {
        serde_json::from_str(self.json()?).map_err(|error| not_json(&error))
    }

    /// The next page's URL where the body names it: in `_links.next`, as the lists of roles do.
    pub(super) fn next_in_body(&self) -> Option<String> {
        next_of(self.json().ok()?)
    }

    fn json(&self) -> Result<&str, DecodeFault> {
        json_of(&self.body)
    }
}

/// The JSON of a body.
///
/// # Errors
/// [`DecodeFault`] when it is empty, a web page or no text at all.
pub(super) fn json_of(body: &[u8]) -> Result<&str, DecodeFault> {
    let text = std::str::from_utf8(body)
        .map_err(|_| DecodeFault::NotJson("it is not UTF-8".into()))?
        .trim_matches(SPACE);
    match text.as_bytes().first() {
        None => Err(DecodeFault::Empty),
        Some(b'<') => Err(DecodeFault::Html),
        Some(_) => Ok(text),
    }
}

/// What could be read of a list, and what could not.
pub(super) type Items<T> = (Vec<Item<T>>, Vec<BadItem>);

/// Decodes a list, each item with `read`. A list may stand in an object, at this `path` of names.
///
/// # Errors
/// [`DecodeFault`] when `text` is anything else.
pub(super) fn items_of<T>(
    text: &str,
    path: &[&str],
    read: impl Fn(&RawValue) -> Result<Item<T>, Unreadable>,
) -> Result<Items<T>, DecodeFault> {
    let mut items = Vec::new();
    let mut bad = Vec::new();
    for (index, raw) in raws_of(text, path)?.into_iter().enumerate() {
        match read(raw) {
            Ok(item) => items.push(item),
            Err(why) => bad.push(BadItem {
                index,
                why,
                excerpt: excerpt(raw.get()),
            }),
        }
    }
    Ok((items, bad))
}

/// Decodes a bare list of objects, each with its JSON as it was sent beside it.
///
/// # Errors
/// [`DecodeFault`] when `text` is anything else.
pub(super) fn objects_of<T: Decode>(text: &str) -> Result<Items<T>, DecodeFault> {
    // Whoever is not a list of objects is looked at closely, to say what is wrong with it.
    in_one_go(text).map_or_else(|| items_of(text, &[], as_sent), Ok)
}

/// The objects of a list, whose text is gone through once: first finding where each ends and then reading it would take as long again.
/// `None` when it is not such a list from beginning to end.
fn in_one_go<T: Decode>(text: &str) -> Option<Items<T>> {
    let (mut items, mut bad) = (Vec::new(), Vec::new());
    let mut rest = text.strip_prefix('[')?.trim_start_matches(SPACE);
    for index in 0.. {
        let (read, length) = first_of::<T>(rest)?;
        let (json, after) = rest.split_at_checked(length)?;
        match read {
            Ok(value) => items.push(Item {
                value,
                raw: RawJson::new(json),
            }),
            Err(why) => bad.push(BadItem {
                index,
                why,
                excerpt: excerpt(json),
            }),
        }
        let after = after.trim_start_matches(SPACE);
        if let Some(end) = after.strip_prefix(']') {
            return end.is_empty().then_some((items, bad));
        }
        rest = after.strip_prefix(',')?.trim_start_matches(SPACE);
    }
    None
}

/// What the object is that a text begins with, and how long it is; `None` when the text begins with none.
fn first_of<T: Decode>(text: &str) -> Option<(Result<T, Unreadable>, usize)> {
    if let Some((value, length)) = T::at_once(text) {
        return Some((Ok(value), length));
    }
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Fields<'_>>();
    let fields = objects.next()?.ok()?;
    Some((T::of_fields(&fields), objects.byte_offset()))
}

/// The elements of the list; a bare one, which almost all are, is gone through only once.
fn raws_of<'a>(text: &'a str, path: &[&str]) -> Result<Vec<&'a RawValue>, DecodeFault> {
    let list = if text.starts_with('[') {
        text
    } else {
        let whole: &RawValue = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        list_at(whole, path)
            .ok_or(DecodeFault::Shape("a list"))?
            .get()
    };
    serde_json::from_str(list).map_err(|error| not_json(&error))
}

/// A value as it was sent, with its JSON beside it.
pub(super) fn as_sent<T: Decode>(raw: &RawValue) -> Result<Item<T>, Unreadable> {
    Ok(Item {
        value: T::decode(raw)?,
        raw: RawJson::new(raw.get()),
    })
}

/// The list at the end of a path of names.
fn list_at<'a>(whole: &'a RawValue, path: &[&str]) -> Option<&'a RawValue> {
    let mut inner = whole;
    for name in path {
        inner = Fields::of(inner).ok()?.value(name)?;
    }
    inner.get().starts_with('[').then_some(inner)
}

fn next_of(body: &str) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(body).ok()?;
    let next = Fields::of(raw).ok()?.object("_links").object("next");
    next.parsed("href")
}

fn not_json(error: &serde_json::Error) -> DecodeFault {
    // The parser's words hold positions, and words of ours, never the text itself.
    DecodeFault::NotJson(SafeText::new(&error.to_string()))
}

fn excerpt(json: &str) -> SafeText {
    let text: String = json.chars().take(EXCERPT_CHARS).collect();
    SafeText::new(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log_event::LogEvent;

    #[test]
    fn a_list_read_in_one_go_is_what_it_is_when_it_is_looked_at_closely() {
        let event = |n: u32| {
            format!(
                r#"{{ "uuid":"11111111-1111-1111-1111-{n:012}" , "published":"2026-11-22T10:00:00.000Z","target":[{{"id":"]}}"}}]}}"#
            )
        };
        let (one, two) = (event(1), event(2));
        for text in [
            "[]".to_owned(),
            "[ ]".to_owned(),
            format!("[{one}]"),
            format!("[ {one}\n,\t{two}\r\n]"),
            format!("[{one},{{\"uuid\":\"x\"}},{two}]"),
            format!("[{one},null,{two}]"),
            format!("[{one},7,[{two}],\"x\"]"),
            format!("[{one},]"),
            format!("[{one}{two}]"),
            format!("[{one}] {two}"),
            format!("[{one}"),
            format!("[{one},{}", &two[..40]),
            format!(
                "[{one},{}]",
                two.replace("\"target\"", "\"target\":nul,\"t\"")
            ),
            format!("{{\"a\":[{one}]}}"),
            "null".to_owned(),
            "[".to_owned(),
        ] {
            let told = |items: Result<Items<LogEvent>, DecodeFault>| {
                items.map_err(|fault| format!("{fault:?}"))
            };
            let closely = told(items_of(&text, &[], as_sent));
            assert_eq!(told(objects_of(&text)), closely, "{text}");
        }
    }

    #[test]
    fn a_list_of_objects_is_read_in_one_go() {
        let read = in_one_go::<LogEvent>(r#"[{"uuid":"x"} , {"a":[1]}]"#);
        let indices = read.map(|(_, bad)| bad.iter().map(|item| item.index).collect::<Vec<_>>());
        assert_eq!(indices, Some(vec![0, 1]));
    }
}
