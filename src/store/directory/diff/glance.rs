//! The little of a change that tells when it was and what was before it, without copying the rest: a list of the past looks at every
//! change since, of everybody.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::{VERSION, happened, hides, stamp};
use crate::domain::id::EventUuid;
use crate::store::codec::{self, Moment};
use crate::store::error::Fault;

/// A change as it lies on the disk.
#[derive(Deserialize)]
pub(in super::super) struct Glance<'a> {
    at: Moment,
    since: Moment,
    _evidence: Option<EventUuid>,
    stamped: Latest,
    #[serde(borrow)]
    value_before: &'a [u8],
}

impl<'a> Glance<'a> {
    pub(in super::super) fn of(bytes: &'a [u8]) -> Result<Self, Fault> {
        Ok(codec::decode_prefix_borrowed(VERSION, bytes)?.0)
    }

    /// As [`Changes::happened`](super::Changes::happened).
    pub(in super::super) fn happened(&self) -> Timestamp {
        happened(self.at.into(), self.stamped.0)
    }

    /// As [`Changes::hides_sign_in`](super::Changes::hides_sign_in).
    pub(in super::super) fn hides_sign_in(&self, at: Timestamp) -> bool {
        hides(self.since.into(), self.at.into(), at)
    }

    /// As [`Changes::value_before`](super::Changes::value_before).
    pub(in super::super) fn value_before(&self) -> &'a [u8] {
        self.value_before
    }
}

/// The latest of the stamps among the fields.
struct Latest(Option<Timestamp>);

impl<'de> Deserialize<'de> for Latest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Latest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields that changed")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Latest, A::Error> {
        /// Path, before, after.
        type Field<'a> = (Only<'a>, Option<&'a str>, Option<&'a str>);
        let mut latest = None;
        while let Some((Only(name), _, after)) = fields.next_element::<Field<'de>>()? {
            latest = latest.max(name.zip(after).and_then(|(name, after)| stamp(name, after)));
        }
        Ok(Latest(latest))
    }
}

/// The name of a path that has but one.
struct Only<'a>(Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for Only<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Path)
    }
}

struct Path;

impl<'de> Visitor<'de> for Path {
    type Value = Only<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names from the outermost inwards")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Only<'de>, A::Error> {
        let mut only = names.next_element()?;
        while names.next_element::<&str>()?.is_some() {
            only = None;
        }
        Ok(Only(only))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn assert_is_like(changes: &Changes) {
        let bytes = changes.encode().unwrap();
        let glance = Glance::of(&bytes).unwrap();
        assert_eq!(glance.happened(), changes.happened());
        assert_eq!(glance.value_before(), changes.value_before());
        for secs in -10..40 {
            let moment = at(secs);
            let hides = changes.hides_sign_in(moment);
            assert_eq!(glance.hides_sign_in(moment), hides, "{moment}");
        }
    }

    #[test]
    fn a_glance_tells_what_the_whole_change_tells() {
        let stamps = |updated, status| {
            format!(
                r#""lastUpdated":"{}","statusChanged":"{}""#,
                at(updated),
                at(status)
            )
        };
        let nested = format!(r#""profile":{{"lastUpdated":"{}","a":1}}"#, at(20));
        let readings = [
            "{}".to_owned(),
            r#"{"lastLogin":"2027-01-15T08:00:01Z"}"#.to_owned(),
            r#"{"lastUpdated":"no moment","status":"ACTIVE"}"#.to_owned(),
            format!(r#"{{"status":"STAGED",{}}}"#, stamps(3, 5)),
            format!(r#"{{"status":"ACTIVE",{},{nested}}}"#, stamps(9, 7)),
            format!(r#"{{{},"passwordChanged":null}}"#, stamps(90, 80)),
            format!("{{{nested}}}"),
            "[".to_owned(),
        ];
        for before in &readings {
            for after in readings.iter().filter(|after| *after != before) {
                let changes = Changes::between(before, after, at(30)).unwrap();
                let event = (before.len() % 2 == 0).then_some(EventUuid([7; 16]));
                assert_is_like(&changes.with(before.clone().into_bytes(), event));
            }
        }
    }

    #[test]
    fn a_glance_at_several_sign_ins_tells_between_which() {
        let sign_in = |hour: u32, secs| {
            let login = |hour| format!(r#"{{"lastLogin":"2027-01-15T{hour:02}:00:00Z"}}"#);
            Changes::between(&login(hour), &login(hour + 1), at(secs)).unwrap()
        };
        let mut both = sign_in(2, 20);
        assert!(both.absorb(&sign_in(1, 10)));
        assert!(both.hides_sign_in(at(15)));
        assert_is_like(&both);
    }
}
