//! What changed between two readings of an object: its fields before and after, kept so that the older reading can be had again.
//!
//! Values before are kept whole, because they are nowhere else; values after are in the reading beside them and are kept to be shown.
//! `_links` and `_embedded`, which Okta makes up for each answer, are no part of it.

mod glance;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) use glance::Glance;

use crate::domain::history::FieldChange;
use crate::domain::id::EventUuid;
use crate::domain::text::{RawJson, SafeText};
use crate::store::codec::{self, Moment};
use crate::store::error::Fault;

/// Format of the records in the `changes` table.
const VERSION: u8 = 2;
/// Below this, an object inside an object is compared as a whole.
const MAX_DEPTH: usize = 6;
/// More fields than any reading changes; when a hostile one changes more, the whole is one change.
const MAX_CHANGES: usize = 200;
/// Longer values are cut where they are shown.
const MAX_SHOWN_CHARS: usize = 1_000;
/// Parts that Okta makes up for each answer.
const IGNORED: [&str; 2] = ["_links", "_embedded"];
/// The field that moves with every sign-in.
const SIGN_IN: &str = "lastLogin";
/// The fields that say when an object changed by Okta's own account.
const STAMPS: [&str; 3] = ["lastUpdated", "statusChanged", "passwordChanged"];
/// What a change of the whole is shown as.
const EVERYTHING: &str = "(everything)";

/// One changed field, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Changed {
    /// Names from the outermost inwards; none for the whole.
    path: Vec<String>,
    /// JSON, exactly.
    before: Option<String>,
    after: Option<SafeText>,
}

/// What one reading changed, or several of which each changed nothing but the last sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changes {
    /// When the latest of the readings was.
    at: Moment,
    /// When the first of them was.
    since: Moment,
    /// The event that proves it, when one is known.
    evidence: Option<EventUuid>,
    fields: Vec<Changed>,
    /// The decoded object before, as its record keeps it.
    value_before: Vec<u8>,
}

impl Changes {
    /// Compares two readings of an object. Fields that are in one of them only are told with the other side absent.
    pub(super) fn between(before: &str, after: &str, at: Timestamp) -> Option<Self> {
        let fields = match (parse(before), parse(after)) {
            (Some(before), Some(after)) => fields_between(&before, &after),
            // Nested too deep for the parser: it can only be kept as it is.
            _ if before != after => vec![whole(before.to_owned(), after)],
            _ => Vec::new(),
        };
        (!fields.is_empty()).then_some(Self {
            at: at.into(),
            since: at.into(),
            evidence: None,
            fields,
            value_before: Vec::new(),
        })
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Fault> {
        codec::encode(VERSION, self)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        codec::decode(VERSION, bytes)
    }

    /// Adds what is known beside the JSON.
    pub(super) fn with(mut self, value_before: Vec<u8>, evidence: Option<EventUuid>) -> Self {
        self.value_before = value_before;
        self.evidence = evidence;
        self
    }

    /// What an event tells, before anything is put into it.
    pub(super) fn told(at: Timestamp, event: EventUuid) -> Self {
        Self {
            at: at.into(),
            since: at.into(),
            evidence: Some(event),
            fields: Vec::new(),
            value_before: Vec::new(),
        }
    }

    /// Puts what a field was before, as JSON, in place of what it was after, if it changed.
    pub(super) fn undo_field(&self, path: &[&str], value: &mut Option<String>) {
        if let Some(changed) = self.fields.iter().find(|it| it.path == path) {
            value.clone_from(&changed.before);
        }
    }

    /// Whether what a field is a part of changed as a whole.
    pub(super) fn is_part_of_larger(&self, path: &[&str]) -> bool {
        let is_larger = |it: &Changed| {
            let mut both = it.path.iter().zip(path);
            it.path.len() < path.len() && both.all(|(one, other)| one == other)
        };
        self.fields.iter().any(is_larger)
    }

    /// Says what a field was before and after, as JSON; one that is the same is none of the changes.
    pub(super) fn put_field(&mut self, path: &[&str], before: Option<&str>, after: Option<&str>) {
        let place = self.fields.iter().position(|it| it.path == path);
        if before == after {
            place.map(|place| self.fields.remove(place));
            return;
        }
        let changed = Changed {
            path: path.iter().map(|name| (*name).to_owned()).collect(),
            before: before.map(str::to_owned),
            after: after.map(brief),
        };
        match place {
            Some(place) => self.fields[place] = changed,
            None => self.fields.push(changed),
        }
    }

    /// Puts the decoded object before it there.
    pub(super) fn set_value_before(&mut self, value_before: Vec<u8>) {
        self.value_before = value_before;
    }

    /// When it was observed.
    pub(super) fn at(&self) -> Timestamp {
        self.at.into()
    }

    /// When it happened as far as the object itself tells: by the latest of its stamps, where one is among the fields; otherwise when it was
    /// observed. Sign-ins are not looked at; who asks about a moment before a later one leaves it out.
    pub(super) fn happened(&self) -> Timestamp {
        let told = self.fields.iter().filter_map(|it| match &*it.path {
            [name] => stamp(name, it.after.as_deref()?),
            _ => None,
        });
        happened(self.at(), told.max())
    }

    /// Moves it to `earliest` when it is said to be earlier, so that the changes of an object stay in order.
    pub(super) fn not_before(&mut self, earliest: Timestamp) {
        if self.at() < earliest {
            self.at = earliest.into();
            self.since = self.at;
        }
    }

    pub(super) fn evidence(&self) -> Option<EventUuid> {
        self.evidence
    }

    /// The decoded object before, as its record keeps it.
    pub(super) fn value_before(&self) -> &[u8] {
        &self.value_before
    }

    /// Whether nothing but a sign-in happened.
    pub(super) fn is_sign_in(&self) -> bool {
        !self.fields.is_empty() && self.fields.iter().all(|changed| changed.path == [SIGN_IN])
    }

    /// Whether nothing but these fields differs.
    pub(super) fn is_only(&self, fields: &[&str]) -> bool {
        let is_one = |changed: &Changed| {
            let [name] = changed.path.as_slice() else {
                return false;
            };
            fields.contains(&name.as_str())
        };
        self.fields.iter().all(is_one)
    }

    /// Whether `at` is between the first and the last of several sign-ins: when the last one was then, nobody kept.
    pub(super) fn hides_sign_in(&self, at: Timestamp) -> bool {
        hides(self.since.into(), self.at(), at)
    }

    /// Joins this to the change before it, when both are sign-ins: a year of them is one record, not hundreds.
    pub(super) fn absorb(&mut self, earlier: &Self) -> bool {
        let joins = self.is_sign_in() && earlier.is_sign_in();
        if let (true, Some(mine), Some(theirs)) =
            (joins, self.fields.first_mut(), earlier.fields.first())
        {
            mine.before.clone_from(&theirs.before);
            self.since = earlier.since;
            self.value_before.clone_from(&earlier.value_before);
        }
        joins
    }

    pub(super) fn into_field_changes(self) -> impl Iterator<Item = FieldChange> {
        let at = self.at.into();
        self.fields.into_iter().map(move |changed| FieldChange {
            at,
            field: changed.name(),
            before: changed.before.map(|text| brief(&text)),
            after: changed.after,
        })
    }
}

/// The moment that a field of this name tells, if it is one that says when an object changed.
fn stamp(name: &str, after: &str) -> Option<Timestamp> {
    let is_one = STAMPS.contains(&name);
    is_one.then(|| after.trim_matches('"').parse().ok())?
}

fn happened(observed: Timestamp, stamped: Option<Timestamp>) -> Timestamp {
    stamped.map_or(observed, |stamped| stamped.min(observed))
}

fn hides(first: Timestamp, last: Timestamp, at: Timestamp) -> bool {
    (first..last).contains(&at)
}

impl Changed {
    fn name(&self) -> SafeText {
        if self.path.is_empty() {
            EVERYTHING.into()
        } else {
            self.path.join(".").into()
        }
    }
}

/// The reading that was there before the `changes`, given newest first, of which the latest led to `now`; as it was at `at`.
pub(super) fn undo(now: &RawJson, changes: &[Changes], at: Timestamp) -> RawJson {
    let mut text = now.as_unsafe_str().to_owned();
    let mut value = parse(&text);
    for changed in changes
        .iter()
        .flat_map(|changes| changes.fields.iter().rev())
    {
        if changed.path.is_empty() {
            text = changed.before.clone().unwrap_or_default();
            value = parse(&text);
        } else if let Some(value) = &mut value {
            let before = changed.before.as_deref().and_then(parse_as_kept);
            put(value, &changed.path, before);
        }
    }
    let is_hidden = changes
        .last()
        .is_some_and(|oldest| oldest.hides_sign_in(at));
    if let Some(value) = &mut value
        && (is_hidden || is_later(value.get(SIGN_IN), at))
    {
        put(value, &[SIGN_IN.to_owned()], None);
    }
    RawJson::new(value.map_or(text, |value| value.to_string()))
}

fn is_later(moment: Option<&Value>, at: Timestamp) -> bool {
    let moment = moment.and_then(|moment| moment.as_str()?.parse().ok());
    moment.is_some_and(|moment: Timestamp| moment > at)
}

/// The reading with another value of one field.
pub(super) fn with_field(raw: &RawJson, path: &[&str], json: Option<&str>) -> RawJson {
    let Some(mut value) = parse_as_kept(raw.as_unsafe_str()) else {
        return raw.clone();
    };
    let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
    put(&mut value, &path, json.and_then(parse_as_kept));
    RawJson::new(value.to_string())
}

/// The reading without these fields.
pub(super) fn without(raw: &RawJson, fields: &[&str]) -> RawJson {
    match parse_as_kept(raw.as_unsafe_str()) {
        Some(Value::Object(mut all)) if !fields.is_empty() => {
            all.retain(|name, _| !fields.contains(&name.as_str()));
            RawJson::new(Value::Object(all).to_string())
        }
        _ => raw.clone(),
    }
}

fn put(value: &mut Value, path: &[String], new: Option<Value>) {
    let Some((name, above)) = path.split_last() else {
        return;
    };
    let mut place = value;
    for name in above {
        let Some(inner) = place.as_object_mut() else {
            return;
        };
        place = inner
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
    }
    if let Some(fields) = place.as_object_mut() {
        match new {
            Some(new) => drop(fields.insert(name.clone(), new)),
            None => drop(fields.remove(name)),
        }
    }
}

/// Reads JSON without the parts that are ignored.
fn parse(json: &str) -> Option<Value> {
    let mut value = parse_as_kept(json)?;
    strip(&mut value);
    Some(value)
}

fn parse_as_kept(json: &str) -> Option<Value> {
    serde_json::from_str(json).ok()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !IGNORED.contains(&name.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn fields_between(before: &Value, after: &Value) -> Vec<Changed> {
    let mut fields = Vec::new();
    compare(&mut Vec::new(), Some(before), Some(after), &mut fields);
    if fields.len() > MAX_CHANGES {
        return vec![whole(before.to_string(), &after.to_string())];
    }
    fields
}

fn whole(before: String, after: &str) -> Changed {
    Changed {
        path: Vec::new(),
        before: Some(before),
        after: Some(brief(after)),
    }
}

fn compare(
    path: &mut Vec<String>,
    before: Option<&Value>,
    after: Option<&Value>,
    out: &mut Vec<Changed>,
) {
    if before == after || out.len() > MAX_CHANGES {
        return;
    }
    if let (true, Some(Value::Object(before)), Some(Value::Object(after))) =
        (path.len() < MAX_DEPTH, before, after)
    {
        compare_objects(path, before, after, out);
        return;
    }
    out.push(Changed {
        path: path.clone(),
        before: before.map(Value::to_string),
        after: after.map(|value| brief(&value.to_string())),
    });
}

fn compare_objects(
    path: &mut Vec<String>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    out: &mut Vec<Changed>,
) {
    let added = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(added) {
        path.push(name.clone());
        compare(path, before.get(name), after.get(name), out);
        path.pop();
    }
}

fn brief(text: &str) -> SafeText {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
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
    fn hostile_objects_stay_small_where_they_are_shown() {
        let wide: Vec<String> = (0..5_000).map(|n| format!("\"f{n}\":{n}")).collect();
        let told = changes("{}", &format!("{{{}}}", wide.join(",")));
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].0.as_str(), told[0].1.as_deref()),
            (EVERYTHING, Some("{}"))
        );
        let long = format!("{{\"a\":\"{}\"}}", "é".repeat(10_000));
        for shown in [
            changes("{}", &long).remove(0).2,
            changes(&long, "{}").remove(0).1,
        ] {
            assert!(shown.unwrap().chars().count() <= MAX_SHOWN_CHARS + 1);
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        let other = deep.replace('1', "2");
        assert_eq!(changes(&deep, &other)[0].0, "a.a.a.a.a.a");
    }

    /// Readings as hostile as they come, one after the other, are had again exactly.
    #[test]
    fn every_reading_can_be_had_again() {
        let at = |n: usize| Timestamp::from_second(i64::try_from(n).unwrap()).unwrap();
        let wide: Vec<String> = (0..300).map(|n| format!("\"f{n}\":{n}")).collect();
        let readings = [
            r#"{"a":1,"b":{"c":[1,{"d":2}],"e.f":"\u001b[2J"},"_links":{"x":1}}"#.to_owned(),
            r#"{"a":null,"b":{"c":[1,{"d":3,"_links":5}],"e.f":"\u001b[2K","e":{"f":1}}}"#
                .to_owned(),
            r#"{"b":7}"#.to_owned(),
            format!("{{{}}}", wide.join(",")),
            format!("{{\"b\":{{}},\"long\":\"{}\"}}", "x".repeat(5_000)),
            "[1,2]".to_owned(),
            format!("{}1{}", "[".repeat(500), "]".repeat(500)),
            r#"{"b":{"":{"":1}}}"#.to_owned(),
            r#"{"b":{"":{}},"lastLogin":5}"#.to_owned(),
        ];
        let mut history = Vec::new();
        for (n, pair) in readings.windows(2).enumerate() {
            history.push(Changes::between(&pair[0], &pair[1], at(n + 1)).unwrap());
        }
        let now = RawJson::new(readings.last().unwrap().as_str());
        for (n, reading) in readings.iter().enumerate() {
            let later: Vec<_> = history.iter().skip(n).rev().cloned().collect();
            let restored = undo(&now, &later, at(n));
            let found = parse(restored.as_unsafe_str());
            assert_eq!(found, parse(reading), "{n}");
            if found.is_none() {
                assert_eq!(restored.as_unsafe_str(), reading);
            }
        }
    }

    #[test]
    fn between_joined_sign_ins_the_last_one_is_unknown() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let raw = |n: i64| format!("{{\"id\":\"x\",\"lastLogin\":{n}}}");
        let first = Changes::between(&raw(1), &raw(2), at(10)).unwrap();
        let mut joined = Changes::between(&raw(2), &raw(3), at(20)).unwrap();
        assert!(joined.absorb(&first));
        let now = RawJson::new(raw(3));
        let then = |secs| undo(&now, std::slice::from_ref(&joined), at(secs));
        assert_eq!(then(9).as_unsafe_str(), raw(1));
        assert_eq!(then(10).as_unsafe_str(), "{\"id\":\"x\"}");
        assert_eq!(then(19).as_unsafe_str(), "{\"id\":\"x\"}");
        assert_eq!(undo(&now, &[], at(20)).as_unsafe_str(), raw(3));
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
