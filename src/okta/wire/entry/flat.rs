//! A small object in one line, such as `locations.include=DE, asns=1`: for columns whose fields depend on a type.

use serde_json::value::RawValue;

use super::super::fields::{Fields, scalar};
use super::keep::is_secret;
use crate::domain::text::SafeText;

/// Longer lines are cut; the whole object is in the JSON.
const MAX_CHARS: usize = 400;
/// How deep objects are followed.
const MAX_DEPTH: usize = 4;

/// The fields of an object in their order; `None` when there are none.
pub(super) fn of(fields: &Fields<'_>) -> Option<SafeText> {
    let mut parts = Vec::new();
    gather(fields, "", MAX_DEPTH, &mut parts);
    let line: String = parts.join(", ").chars().take(MAX_CHARS).collect();
    (!line.is_empty()).then(|| SafeText::new(&line))
}

/// Some fields of an object, those that are there.
pub(super) fn of_named(fields: &Fields<'_>, names: &[&str]) -> Vec<String> {
    let named = names.iter();
    named
        .filter_map(|name| Some(format!("{name}={}", fields.filled(name)?)))
        .collect()
}

fn gather(fields: &Fields<'_>, path: &str, depth: usize, parts: &mut Vec<String>) {
    for (name, raw) in fields.iter() {
        if is_secret(name) || name == "_links" {
            continue;
        }
        let path = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        };
        if let Some(value) = value(raw) {
            parts.push(format!("{path}={value}"));
        } else if depth > 1
            && let Ok(inner) = Fields::of(raw)
        {
            gather(&inner, &path, depth - 1, parts);
        }
    }
}

/// A scalar, or a list of scalars.
fn value(raw: &RawValue) -> Option<String> {
    if let Some(value) = scalar(raw) {
        return Some(value.into_owned());
    }
    let list: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    let words: Vec<_> = list.into_iter().filter_map(scalar).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
