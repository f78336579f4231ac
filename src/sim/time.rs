//! Time as the org keeps it: milliseconds since 1970 in UTC, written the way Okta writes it.

use std::fmt;
use std::ops::{Add, Sub};

use jiff::Timestamp;

/// A moment in UTC, to the millisecond. Prints as `2026-11-22T10:00:00.000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Millis {
    /// Reads an ISO 8601 moment with a zone, as clients write it in searches; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed: Timestamp = text.parse().ok()?;
        Some(parsed.into())
    }

    /// Whole seconds since 1970.
    pub fn epoch_seconds(self) -> i64 {
        self.0.div_euclid(SECOND_MS)
    }
}

impl From<Timestamp> for Millis {
    fn from(at: Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

impl Add<i64> for Millis {
    type Output = Self;

    fn add(self, span_ms: i64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }
}

impl Sub<i64> for Millis {
    type Output = Self;

    fn sub(self, span_ms: i64) -> Self {
        Self(self.0.saturating_sub(span_ms))
    }
}

impl Sub for Millis {
    type Output = i64;

    fn sub(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Millis {
    // Written out by hand: a page of users holds a thousand of these, and a general formatter costs ten times as much.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(DAY_MS));
        let in_day = self.0.rem_euclid(DAY_MS);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            in_day / HOUR_MS,
            in_day / MINUTE_MS % 60,
            in_day / SECOND_MS % 60,
            in_day % SECOND_MS
        )
    }
}

/// Year, month and day of the proleptic Gregorian calendar for a day counted from 1970-01-01.
pub fn civil(day: i64) -> (i64, i64, i64) {
    // Counting years from 1 March puts the leap day at a year's end; an era is 400 years.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_printed_reads_back(ms in -2_000_000_000_000i64..4_000_000_000_000) {
            prop_assert_eq!(Millis::parse(&Millis(ms).to_string()), Some(Millis(ms)));
        }
    }

    #[test]
    fn okta_writes_three_digits_of_a_second_and_a_z() {
        assert_eq!(Millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            Millis(1_709_210_096_078).to_string(),
            "2024-02-29T12:34:56.078Z"
        );
    }
}
