//! What changed between two readings of an object: its fields before and after.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::history::FieldChange;
use crate::domain::text::SafeText;
use crate::store::codec::Moment;

/// Below this, an object inside an object is compared as a whole.
const MAX_DEPTH: usize = 6;
/// More fields than any reading changes; the rest of a hostile one is not kept.
const MAX_CHANGES: usize = 200;
/// Longer values are cut: the history tells what changed, the JSON beside it tells everything as it is now.
const MAX_VALUE_CHARS: usize = 1_000;
/// Parts that Okta makes up for each answer.
const IGNORED: [&str; 2] = ["_links", "_embedded"];
/// The field that moves with every sign-in.
const SIGN_IN: &str = "lastLogin";

/// One changed field, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changed {
    field: SafeText,
    before: Option<SafeText>,
    after: Option<SafeText>,
}

/// The fields that one reading changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changes {
    at: Moment,
    fields: Vec<Changed>,
}

impl Changes {
    /// Compares two readings of an object. Fields that are in one of them only are told with the other side absent.
    pub(super) fn between(before: &str, after: &str, at: Timestamp) -> Option<Self> {
        let parse = |json| serde_json::from_str::<Value>(json).ok();
        let (before, after) = (parse(before)?, parse(after)?);
        let mut fields = Vec::new();
        compare("", Some(&before), Some(&after), 0, &mut fields);
        fields.truncate(MAX_CHANGES);
        let at = at.into();
        (!fields.is_empty()).then_some(Self { at, fields })
    }

    /// Whether nothing but a sign-in happened.
    fn is_sign_in(&self) -> bool {
        self.fields.iter().all(|changed| &*changed.field == SIGN_IN)
    }

    /// Joins this to the change before it, when both are sign-ins: a year of them is one record, not hundreds.
    pub(super) fn absorb(&mut self, earlier: &Self) -> bool {
        let joins = self.is_sign_in() && earlier.is_sign_in();
        if let (true, Some(mine), Some(theirs)) =
            (joins, self.fields.first_mut(), earlier.fields.first())
        {
            mine.before.clone_from(&theirs.before);
        }
        joins
    }

    pub(super) fn into_field_changes(self) -> impl Iterator<Item = FieldChange> {
        let at = self.at.into();
        self.fields.into_iter().map(move |changed| FieldChange {
            at,
            field: changed.field,
            before: changed.before,
            after: changed.after,
        })
    }
}

fn compare(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    depth: usize,
    out: &mut Vec<Changed>,
) {
    if before == after || out.len() >= MAX_CHANGES {
        return;
    }
    let inside = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    match (inside(before), inside(after)) {
        (Some(before), Some(after)) if depth < MAX_DEPTH => {
            compare_objects(path, &before, &after, depth, out);
        }
        _ => out.push(Changed {
            field: path.into(),
            before: before.map(brief),
            after: after.map(brief),
        }),
    }
}

fn compare_objects(
    path: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    depth: usize,
    out: &mut Vec<Changed>,
) {
    let added = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(added) {
        if IGNORED.contains(&name.as_str()) {
            continue;
        }
        let inner = match path {
            "" => name.clone(),
            _ => format!("{path}.{name}"),
        };
        compare(&inner, before.get(name), after.get(name), depth + 1, out);
    }
}

fn brief(value: &Value) -> SafeText {
    let text = value.to_string();
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let found = Changes::between(before, after, Timestamp::UNIX_EPOCH);
        let fields = found.into_iter().flat_map(Changes::into_field_changes);
        let text = |value: Option<SafeText>| value.map(|text| text.to_string());
        fields
            .map(|c| (c.field.to_string(), text(c.before), text(c.after)))
            .collect()
    }

    #[test]
    fn fields_are_told_by_path_before_and_after() {
        let before =
            r#"{"status":"ACTIVE","profile":{"a":1,"gone":true,"same":[1,2]},"_links":{"x":1}}"#;
        let after = r#"{"status":"SUSPENDED","profile":{"a":2,"same":[1,2],"new":{"b":null}},"_links":{"x":2}}"#;
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            changes(before, after),
            [
                ("profile.a".into(), some("1"), some("2")),
                ("profile.gone".into(), some("true"), None),
                ("profile.new".into(), None, some("{\"b\":null}")),
                ("status".into(), some("\"ACTIVE\""), some("\"SUSPENDED\"")),
            ]
        );
        assert_eq!(changes(before, before), []);
    }

    #[test]
    fn hostile_objects_stay_small() {
        let wide: Vec<String> = (0..5_000).map(|n| format!("\"f{n}\":{n}")).collect();
        assert_eq!(
            changes("{}", &format!("{{{}}}", wide.join(","))).len(),
            MAX_CHANGES
        );
        let long = format!("{{\"a\":\"{}\"}}", "é".repeat(10_000));
        let kept = changes("{}", &long).remove(0).2.unwrap();
        assert!(kept.chars().count() <= MAX_VALUE_CHARS + 1);
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        let other = deep.replace('1', "2");
        assert_eq!(changes(&deep, &other)[0].0, "a.a.a.a.a.a");
    }

    #[test]
    fn sign_ins_are_joined_and_other_changes_are_not() {
        let at = |n: u32| format!("{{\"lastLogin\":{n},\"status\":\"A\"}}");
        let between = |a: &str, b: &str| Changes::between(a, b, Timestamp::UNIX_EPOCH).unwrap();
        let first = between(&at(1), &at(2));
        let mut second = between(&at(2), &at(3));
        assert!(second.absorb(&first));
        let joined: Vec<_> = second.into_field_changes().collect();
        assert_eq!(joined[0].before.as_deref(), Some("1"));
        assert_eq!(joined[0].after.as_deref(), Some("3"));
        let mut other = between(&at(3), "{\"lastLogin\":4,\"status\":\"B\"}");
        assert!(!other.absorb(&first));
    }
}
