//! The time range of the log: what is typed or chosen becomes clauses of the filter, so that it is seen, switched off and saved as any
//! other clause.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Log;
use crate::domain::filter::{self, Bounds, Filter};
use crate::domain::query::EventRow;
use crate::domain::time::{self, Typed};
use crate::ui::narrow;

/// The spans that can be chosen by a key, and how they are written.
pub const SPANS: [(char, &str); 5] = [
    ('1', "15m"),
    ('2', "1h"),
    ('3', "4h"),
    ('4', "24h"),
    ('5', "7d"),
];

/// The field that a range is about.
const FIELD: &str = "published";

/// How far around an event its surroundings reach.
pub const AROUND: Duration = Duration::from_mins(5);

/// What can be typed as a range, in words.
pub const EXAMPLES: &str = "90m, 14:00 14:30, yesterday, 2026-11-01 12:00 to 2026-11-02";

/// The clauses of a stretch of time.
pub fn between(from: Timestamp, until: Timestamp) -> Vec<String> {
    vec![
        format!("{FIELD}>={}", written(from)),
        format!("{FIELD}<{}", written(until)),
    ]
}

/// A moment as short as it can be told.
fn written(time: Timestamp) -> String {
    let nanos = time.as_nanosecond();
    if nanos.rem_euclid(1_000_000_000) != 0 {
        return time.to_string();
    }
    let how = match nanos.rem_euclid(60_000_000_000) {
        0 => "%Y-%m-%dT%H:%MZ",
        _ => "%Y-%m-%dT%H:%M:%SZ",
    };
    time.strftime(how).to_string()
}

/// The clauses of what was typed: a span up to now, a day, a moment from which on, or two moments. What has no zone is of `zone`; `until` is
/// the moment that is looked at, when that is not now.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read(
    text: &str,
    zone: &TimeZone,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<String>, String> {
    let text = text.trim();
    if matches!(text, "" | "all" | "any") {
        return Ok(Vec::new());
    }
    if let Ok(span) = time::parse_span(text) {
        return Ok(match until {
            // An age is counted from now, and would be of no use for another moment.
            Some(until) => between(time::before(until, span), until),
            None => vec![format!("{FIELD}<{text}")],
        });
    }
    let here = until.unwrap_or(now);
    if let Ok(one) = Typed::read(text, zone, None, here) {
        return Ok(match one.end {
            Some(end) => between(one.at, end),
            None => vec![format!("{FIELD}>={}", written(one.at))],
        });
    }
    let (from, to) = two(text, zone, here)
        .ok_or_else(|| format!("`{text}` is no range of time; write {EXAMPLES}"))?;
    let end = to.end.unwrap_or(to.at);
    if end <= from.at {
        return Err("that range ends before it begins".to_owned());
    }
    Ok(between(from.at, end))
}

/// The stretch that was typed, as far as it has two ends: what has none goes up to `until`.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read_stretch(
    text: &str,
    zone: &TimeZone,
    until: Timestamp,
) -> Result<(Timestamp, Timestamp), String> {
    let clauses = read(text, zone, Some(until), until)?;
    let filter = Filter::of::<EventRow>(&clauses.join(" "));
    let bounds = filter.map(|filter| filter.bounds(FIELD, until));
    let bounds = bounds.unwrap_or_default();
    let from = bounds
        .from
        .ok_or_else(|| format!("say since when: {EXAMPLES}"))?;
    let until = bounds.until.map_or(until, |end| end.min(until));
    let is_empty = from >= until;
    (!is_empty)
        .then_some((from, until))
        .ok_or_else(|| "that range ends before it begins".to_owned())
}

/// Two moments with `to`, `..` or a space between them.
fn two(text: &str, zone: &TimeZone, now: Timestamp) -> Option<(Typed, Typed)> {
    let text = text.replace("..", " to ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let halves = |first: &[&str], last: &[&str]| {
        let first = Typed::read(&first.join(" "), zone, None, now).ok()?;
        let last = Typed::read(&last.join(" "), zone, Some(&first), now).ok()?;
        Some((first, last))
    };
    if let Some(at) = words.iter().position(|word| matches!(*word, "to" | "-")) {
        return halves(&words[..at], &words[at + 1..]);
    }
    (1..words.len()).find_map(|at| halves(&words[..at], &words[at..]))
}

impl Log {
    /// Puts other bounds of time in the place of those in force; without any, all times are shown.
    ///
    /// # Errors
    /// Why the filter cannot take them.
    pub fn set_times(&mut self, times: &[String]) -> Result<(), &'static str> {
        let unreadable = self.has_unreadable_filter();
        let mut clauses = self.clauses.clone();
        clauses.remove(|clause| filter::is_about(clause, FIELD));
        let clauses = narrow::added(clauses, times, unreadable)?;
        self.put_in_force(clauses);
        Ok(())
    }

    /// The bounds of time that the filter in force sets, ages counted back from `now`.
    pub fn times(&self, now: Timestamp) -> Bounds {
        let filter = Filter::of::<EventRow>(&self.whole_filter());
        let until = Bounds {
            from: None,
            until: self.until,
        };
        let bounds = filter.map(|filter| filter.bounds(FIELD, now));
        bounds.unwrap_or_default().within(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::log::samples::start;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn typed(text: &str) -> Result<String, String> {
        read(text, &TimeZone::UTC, None, start()).map(|clauses| clauses.join(" "))
    }

    #[test]
    fn a_range_is_typed_as_people_say_it() {
        for (text, clauses) in [
            ("", ""),
            ("all", ""),
            ("90m", "published<90m"),
            (
                "13:00 13:30",
                "published>=2026-11-22T13:00Z published<2026-11-22T13:30Z",
            ),
            (
                "23:00 to 23:30",
                "published>=2026-11-21T23:00Z published<2026-11-21T23:30Z",
            ),
            (
                "23:00 01:00",
                "published>=2026-11-21T23:00Z published<2026-11-22T01:00Z",
            ),
            (
                "yesterday",
                "published>=2026-11-21T00:00Z published<2026-11-22T00:00Z",
            ),
            (
                "yesterday 14:00..15:00:30",
                "published>=2026-11-21T14:00Z published<2026-11-21T15:00:30Z",
            ),
            (
                "2026-11-01",
                "published>=2026-11-01T00:00Z published<2026-11-02T00:00Z",
            ),
            (
                "2026-11-01 12:00 to 2026-11-03",
                "published>=2026-11-01T12:00Z published<2026-11-04T00:00Z",
            ),
            (
                "2h 1h",
                "published>=2026-11-22T12:00Z published<2026-11-22T13:00Z",
            ),
            ("2026-11-01T14:00:00+02:00", "published>=2026-11-01T12:00Z"),
            (
                "13:00 now",
                "published>=2026-11-22T13:00Z published<2026-11-22T14:00Z",
            ),
        ] {
            assert_eq!(typed(text).as_deref(), Ok(clauses), "{text}");
            Filter::of::<EventRow>(clauses).unwrap();
        }
        for bad in [
            "soon",
            "13:30 13:00",
            "25:00",
            "2026-13-01",
            "14:00 to",
            "to",
        ] {
            assert!(typed(bad).is_err(), "{bad}");
        }
        let told = typed("soon").unwrap_err();
        assert!(told.contains("write 90m"), "{told}");
    }

    #[test]
    fn what_has_no_zone_is_of_the_one_that_is_shown() {
        let clauses = read("14:00 14:30", &berlin(), None, start()).unwrap();
        assert_eq!(clauses, between_minutes("13:00", "13:30"));
        let yesterday = read("yesterday", &berlin(), None, start()).unwrap();
        assert_eq!(yesterday[0], "published>=2026-11-20T23:00Z");
    }

    fn between_minutes(from: &str, until: &str) -> Vec<String> {
        let at = |text: &str| format!("2026-11-22T{text}:00Z").parse().unwrap();
        between(at(from), at(until))
    }

    #[test]
    fn in_the_past_a_span_ends_at_the_moment_that_is_looked_at() {
        let then: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let clauses = read("1h", &TimeZone::UTC, Some(then), start()).unwrap();
        assert_eq!(
            clauses,
            between(time::before(then, Duration::from_hours(1)), then)
        );
    }

    #[test]
    fn another_range_takes_the_place_of_the_first_and_leaves_the_rest() {
        let mut log = Log::new();
        log.set_filter("type:x published:2026-11-22 -published<1m", start());
        log.set_times(&["published<1h".to_owned()]).unwrap();
        assert_eq!(log.filter(), "type:x -published<1m published<1h");
        let bounds = log.times(start());
        assert_eq!(
            bounds.from,
            Some(time::before(start(), Duration::from_hours(1)))
        );
        log.set_times(&[]).unwrap();
        assert_eq!(log.filter(), "type:x -published<1m");
        log.look_at(Some(start()));
        assert_eq!(log.times(Timestamp::MAX).until, Some(start()));
    }
}
