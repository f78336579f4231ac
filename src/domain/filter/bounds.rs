//! Between which moments a filter lets rows lie, for whoever keeps rows in the order of time and need not look at the others.
//!
//! As with [`Need`](super::Need), bounds ask for no more than the filter does: a row within them must still be put to the filter.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Comparison, Filter, Node, Operand, Term, Test};
use crate::domain::time;

/// A stretch of time that may be open on either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The first moment in it; `None` is as early as can be.
    pub from: Option<Timestamp>,
    /// The first moment after it; `None` is as late as can be.
    pub until: Option<Timestamp>,
}

impl Bounds {
    /// What both of them have.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            until: match (self.until, other.until) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// The shortest stretch that has all of both.
    fn hull(self, other: Self) -> Self {
        Self {
            from: self.from.zip(other.from).map(|(one, other)| one.min(other)),
            until: self
                .until
                .zip(other.until)
                .map(|(one, other)| one.max(other)),
        }
    }
}

impl Filter {
    /// Between which moments `field` must lie in every row that passes; ages are counted back from `now`. Every row must have the field.
    pub fn bounds(&self, field: &str, now: Timestamp) -> Bounds {
        let root = self.root.as_ref();
        root.map_or(Bounds::default(), |node| node.bounds(field, now))
    }
}

impl Node {
    fn bounds(&self, field: &str, now: Timestamp) -> Bounds {
        let of = |node: &Self| node.bounds(field, now);
        match self {
            Self::All(nodes) => nodes.iter().map(of).fold(Bounds::default(), Bounds::within),
            Self::Any(nodes) => nodes
                .iter()
                .map(of)
                .reduce(Bounds::hull)
                .unwrap_or_default(),
            Self::Not(_) => Bounds::default(),
            Self::Term(term) if term.field() == Some(field) => term.bounds(now),
            Self::Term(_) => Bounds::default(),
        }
    }
}

impl Term {
    fn bounds(&self, now: Timestamp) -> Bounds {
        match &self.test {
            Test::Compare(comparison, Operand::Moment(moment)) => compared(*comparison, *moment),
            Test::Compare(comparison, Operand::Age(age)) => aged(*comparison, *age, now),
            Test::Contains(text) | Test::Is(text) => begun(text).unwrap_or_default(),
            _ => Bounds::default(),
        }
    }
}

fn compared(comparison: Comparison, moment: Timestamp) -> Bounds {
    let (from, until) = match comparison {
        Comparison::Less => (None, Some(moment)),
        Comparison::AtMost => (None, Some(just_after(moment))),
        Comparison::More | Comparison::AtLeast => (Some(moment), None),
    };
    Bounds { from, until }
}

/// A moment that is still to come has no age yet, which is told from an age of nothing by nobody.
fn aged(comparison: Comparison, age: Duration, now: Timestamp) -> Bounds {
    let moment = time::before(now, age);
    match comparison {
        Comparison::Less | Comparison::AtMost => compared(Comparison::AtLeast, moment),
        Comparison::More | Comparison::AtLeast if age.is_zero() => Bounds::default(),
        Comparison::More | Comparison::AtLeast => compared(Comparison::AtMost, moment),
    }
}

fn just_after(moment: Timestamp) -> Timestamp {
    time::after(moment, Duration::from_nanos(1))
}

/// How much of a moment as Okta writes it, `2026-11-22t14:03:22.000z`, tells it to the day, the hour and so on, and how long that is.
const PARTS: [(usize, Duration); 5] = [
    (23, Duration::from_millis(1)),
    (19, Duration::from_secs(1)),
    (16, Duration::from_mins(1)),
    (13, Duration::from_hours(1)),
    (10, Duration::from_hours(24)),
];

/// The moments whose text has this one, which is folded: a day, or a part of it. `None` for anything that may stand elsewhere in the
/// text of a moment than at its beginning.
fn begun(text: &str) -> Option<Bounds> {
    let (length, span) = PARTS
        .into_iter()
        .find(|(length, _)| text.len() >= *length)?;
    let told = text.get(..length)?.to_ascii_uppercase();
    let rest = "0000-01-01T00:00:00.000".get(length..)?;
    let moment: DateTime = format!("{told}{rest}").parse().ok()?;
    let from = moment.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Bounds {
        from: Some(from),
        until: Some(time::after(from, span)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Field;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bounds(filter: &str) -> (Option<Timestamp>, Option<Timestamp>) {
        let filter = Filter::parse(filter, &["published", "type"]).unwrap();
        let bounds = filter.bounds("published", at("2026-11-22T14:00:00Z"));
        (bounds.from, bounds.until)
    }

    #[test]
    fn what_must_hold_bounds_and_what_need_not_does_not() {
        let (noon, one) = (at("2026-11-22T12:00:00Z"), at("2026-11-22T13:00:00Z"));
        let hour = "published>=2026-11-22T12:00:00Z published<2026-11-22T13:00:00Z";
        assert_eq!(bounds(hour), (Some(noon), Some(one)));
        assert_eq!(
            bounds(&format!("{hour} type:x -ana")),
            (Some(noon), Some(one))
        );
        assert_eq!(bounds("published<2h"), (Some(noon), None));
        assert_eq!(bounds("published>1h").1, Some(just_after(one)));
        assert_eq!(
            bounds("published:\"2026-11-22T12\""),
            (Some(noon), Some(one))
        );
        let day = (
            Some(at("2026-11-22T00:00:00Z")),
            Some(at("2026-11-23T00:00:00Z")),
        );
        assert_eq!(bounds("published:2026-11-22"), day);
        for unbounded in [
            "",
            "type:x",
            "published<2h or type:x",
            "-published<2h",
            "published:2026",
            "published:14:03",
            "published>=0s",
        ] {
            assert_eq!(bounds(unbounded), (None, None), "{unbounded}");
        }
        let either = "published:2026-11-20 or published:2026-11-22";
        assert_eq!(bounds(either), (Some(at("2026-11-20T00:00:00Z")), day.1));
    }

    const MOMENTS: [&str; 4] = [
        "2026-11-20",
        "2026-11-21T23:59:59.5Z",
        "2026-11-22T14:00:00Z",
        "36h",
    ];

    struct Row(Timestamp);

    impl super::super::Fields for Row {
        const NAMES: &'static [&'static str] = &["published"];

        fn field(&self, _: &str, visit: &mut dyn FnMut(Field<'_>)) {
            visit(Field::Time(self.0));
        }

        fn texts(&self, _: &mut dyn FnMut(&str)) {}
    }

    proptest! {
        /// Bounds that cut off what passes would hide events.
        #[test]
        fn nothing_that_passes_is_out_of_bounds(
            terms in prop::collection::vec(("<|<=|>|>=|:", 0usize..4, any::<bool>()), 1..4),
            or in any::<bool>(),
            minutes in -6_000i64..60,
        ) {
            let now = at("2026-11-22T14:00:00Z");
            let written: Vec<String> = terms
                .iter()
                .map(|(sign, moment, not)| {
                    let not = if *not { "-" } else { "" };
                    format!("{not}published{sign}{}", MOMENTS[*moment])
                })
                .collect();
            let filter = written.join(if or { " or " } else { " " });
            let filter = Filter::parse(&filter, &["published"]).unwrap();
            let moment = now + jiff::SignedDuration::from_mins(minutes);
            if filter.matches(&Row(moment), now) {
                let bounds = filter.bounds("published", now);
                prop_assert!(bounds.from.is_none_or(|from| from <= moment));
                prop_assert!(bounds.until.is_none_or(|until| moment < until));
            }
        }
    }
}
