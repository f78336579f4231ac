//! Reading and writing moments and spans as people write them.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The text is not a span such as `30s`, `15m`, `1h`, `24h` or `7d`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a span of time; write a number and s, m, h, d or w, such as 15m")]
pub struct InvalidSpan(pub String);

/// Reads a span: one or more numbers, each with a unit (`s`, `m`, `h`, `d` of 24 hours, `w`), such as `90d` or `1h30m`.
///
/// # Errors
/// When it is empty, has another unit, or is longer than a `u64` of seconds can tell.
pub fn parse_span(text: &str) -> Result<Duration, InvalidSpan> {
    let invalid = || InvalidSpan(text.to_owned());
    let mut rest = text.trim();
    let mut total_secs: u64 = 0;
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| invalid())?;
        let unit_secs = match tail.chars().next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            _ => return Err(invalid()),
        };
        let part = number.checked_mul(unit_secs).ok_or_else(invalid)?;
        total_secs = total_secs.checked_add(part).ok_or_else(invalid)?;
        rest = &tail[1..];
    }
    Ok(Duration::from_secs(total_secs))
}

/// A moment as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long ago.
    Ago(Duration),
    /// That moment.
    At(Timestamp),
}

/// The text is not a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a span such as 15m, a date such as 2026-11-01, or a moment such as 2026-11-01T14:00:00Z"
)]
pub struct InvalidWhen;

impl When {
    /// The moment that is meant.
    pub fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => before(now, span),
            Self::At(moment) => moment,
        }
    }
}

impl FromStr for When {
    type Err = InvalidWhen;

    /// Reads a span (so long ago), a moment with its zone, or a date with or without a time, which is UTC.
    fn from_str(text: &str) -> Result<Self, InvalidWhen> {
        if let Ok(span) = parse_span(text) {
            return Ok(Self::Ago(span));
        }
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::At(moment));
        }
        let date = text.parse::<Date>().map(|date| date.at(0, 0, 0, 0));
        // A date alone reads as a date and a time, too, but a time without its date does not.
        let civil = text.parse::<DateTime>().or(date).map_err(|_| InvalidWhen)?;
        let zoned = civil.to_zoned(TimeZone::UTC).map_err(|_| InvalidWhen)?;
        Ok(Self::At(zoned.timestamp()))
    }
}

/// A moment as people say it, in some zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The moment, or the beginning of the day that was meant.
    pub at: Timestamp,
    /// The end of the day, when a day was meant as a whole.
    pub end: Option<Timestamp>,
    /// The day that was named, for a time of day that follows.
    day: Option<Date>,
}

impl Typed {
    /// Reads `now`, a span (so long ago), a moment with its zone, `today` or `yesterday` or a date with or without a time of day, or a time of
    /// day alone: of the day that was named `before` it, and otherwise its last time before `now`. What has no zone is of `zone`.
    ///
    /// # Errors
    /// When it is nothing of that.
    pub fn read(
        text: &str,
        zone: &TimeZone,
        before: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, InvalidWhen> {
        let moment = |at| Self {
            at,
            end: None,
            day: None,
        };
        if text == "now" {
            return Ok(moment(now));
        }
        if let Ok(span) = parse_span(text) {
            return Ok(moment(self::before(now, span)));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(moment(at));
        }
        let at = |civil: DateTime| civil.to_zoned(zone.clone()).map(|at| at.timestamp());
        // A date reads as a time, too: as its midnight.
        let is_time = text.contains(':') && !text.contains('-');
        if is_time && let Ok(time) = text.parse::<Time>() {
            let named = before.and_then(|before| before.day);
            let today = now.to_zoned(zone.clone()).date();
            let day = named.unwrap_or(today);
            let at_time = |day: Date| at(day.to_datetime(time)).map_err(|_| InvalidWhen);
            let found = at_time(day)?;
            let is_to_come = named.is_none() && found > now;
            // `23:00 01:00` goes over midnight.
            let is_after_midnight = before.is_some_and(|before| found <= before.at);
            let day = if is_to_come {
                day.yesterday().map_err(|_| InvalidWhen)?
            } else if is_after_midnight {
                let next = day.tomorrow().map_err(|_| InvalidWhen)?;
                if at_time(next)? <= now { next } else { day }
            } else {
                day
            };
            return Ok(Self {
                day: Some(day),
                ..moment(at_time(day)?)
            });
        }
        let (day, rest) = named_day(text, zone, now).ok_or(InvalidWhen)?;
        let begin = match rest {
            "" => day.at(0, 0, 0, 0),
            time => day.to_datetime(time.parse().map_err(|_| InvalidWhen)?),
        };
        let next = day.tomorrow().map_err(|_| InvalidWhen)?.at(0, 0, 0, 0);
        Ok(Self {
            at: at(begin).map_err(|_| InvalidWhen)?,
            end: at(next).ok().filter(|_| rest.is_empty()),
            day: Some(day),
        })
    }
}

/// The day at the beginning of a text, and what follows it.
fn named_day<'a>(text: &'a str, zone: &TimeZone, now: Timestamp) -> Option<(Date, &'a str)> {
    let today = now.to_zoned(zone.clone()).date();
    let (first, rest) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let day = match first {
        "today" => today,
        "yesterday" => today.yesterday().ok()?,
        date if date.len() == "2026-11-22".len() => date.parse().ok()?,
        _ => return None,
    };
    Some((day, rest.trim()))
}

/// The moment `span` before `time`, as early as timestamps go at the most.
pub fn before(time: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    time.saturating_sub(span).unwrap_or(Timestamp::MIN)
}

/// The moment `span` after `time`, as late as timestamps go at the most.
pub fn after(time: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    time.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// How long after `earlier` the moment `later` is; zero when it is not later.
pub fn elapsed(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

/// Writes a span short, in its two largest units: `42s`, `3m 05s`, `1h 20m`, `2d 4h`.
pub fn format_span(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3_600 => format!("{}m {:02}s", secs / 60, secs % 60),
        3_600..86_400 => format!("{}h {:02}m", secs / 3_600, secs % 3_600 / 60),
        _ => format!("{}d {}h", secs / 86_400, secs % 86_400 / 3_600),
    }
}

/// Writes a moment as Okta does: `2026-11-22T14:03:22.000Z`, milliseconds and UTC.
pub fn format_okta(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, secs) in [
            ("30s", 30),
            ("15m", 900),
            ("1h30m", 5_400),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
        ] {
            assert_eq!(parse_span(text).unwrap().as_secs(), secs, "{text}");
        }
        for bad in [
            "",
            "5",
            "m",
            "5y",
            "1h30",
            "99999999999999999999d",
            "9999999999999999999w",
            "-5m",
        ] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
        assert_eq!(format_span(Duration::from_secs(185)), "3m 05s");
        assert_eq!(format_span(Duration::from_hours(52)), "2d 4h");
    }

    #[test]
    fn moments_are_typed_as_spans_dates_or_moments() {
        assert_eq!("90m".parse(), Ok(When::Ago(Duration::from_mins(90))));
        let moment = |text: &str| Ok(When::At(text.parse().unwrap()));
        for (typed, meant) in [
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01 12:30", "2026-11-01T12:30:00Z"),
            ("2026-11-01T12:30:05", "2026-11-01T12:30:05Z"),
            ("2026-11-01T14:00:00+02:00", "2026-11-01T12:00:00Z"),
        ] {
            assert_eq!(typed.parse::<When>(), moment(meant), "{typed}");
        }
        for bad in ["", "yesterday", "12:30", "2026-13-01", "-5m"] {
            assert_eq!(bad.parse::<When>(), Err(InvalidWhen), "{bad}");
        }
    }

    #[test]
    fn moments_are_written_as_okta_does() {
        let time: Timestamp = "2026-11-22T14:03:22.5Z".parse().unwrap();
        assert_eq!(format_okta(time), "2026-11-22T14:03:22.500Z");
    }
}
