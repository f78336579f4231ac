//! When people work: the hours of the day and the days of the week, by each user's own clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::time::{DAY_MS, HOUR_MS, Millis};
use super::world::place::{PLACES, PlaceIx};

/// How busy each hour of a working day is, in percent of the busiest.
const HOURS: [u8; 24] = [
    2, 1, 1, 1, 2, 4, 10, 32, 78, 100, 86, 74, 52, 76, 78, 68, 56, 40, 22, 13, 10, 8, 5, 3,
];

/// How busy a day of the weekend is, in percent of a working day.
const WEEKEND_PERCENT: u32 = 14;

/// The busiest there is; see [`Rhythm::weight`].
pub const FULL: u32 = 100;

/// The clocks of all places.
#[derive(Debug)]
pub struct Rhythm {
    zones: Vec<Option<TimeZone>>,
}

impl Default for Rhythm {
    fn default() -> Self {
        let zones = PLACES
            .iter()
            .map(|place| TimeZone::get(place.zone).ok())
            .collect();
        Self { zones }
    }
}

impl Rhythm {
    /// How likely somebody in `place` is at work at `at`: 1 to [`FULL`].
    pub fn weight(&self, place: PlaceIx, at: Millis) -> u32 {
        let local_ms = at.0 + self.offset_ms(place, at);
        let hour = usize::try_from(local_ms.rem_euclid(DAY_MS) / HOUR_MS).unwrap_or(0);
        // 1970-01-01 was a Thursday; days 2 and 3 from there are a weekend.
        let weekend = matches!(local_ms.div_euclid(DAY_MS).rem_euclid(7), 2 | 3);
        let weekday = u32::from(HOURS[hour % HOURS.len()]);
        let weight = if weekend {
            weekday * WEEKEND_PERCENT / 100
        } else {
            weekday
        };
        weight.max(1)
    }

    /// How busy the org as a whole is at `at`, against its mean over a week: about 0.1 to 2.5.
    pub fn bustle(&self, homes: &[PlaceIx], at: Millis) -> f64 {
        const WEEKLY_MEAN: f64 = 26.5;
        if homes.is_empty() {
            return 1.0;
        }
        let sum: u32 = homes.iter().map(|place| self.weight(*place, at)).sum();
        f64::from(sum) / homes.len() as f64 / WEEKLY_MEAN
    }

    /// What a place's clocks are ahead of UTC. A machine without time zone files goes by the sun.
    fn offset_ms(&self, place: PlaceIx, at: Millis) -> i64 {
        let row = usize::from(place.0) % PLACES.len();
        let zone = self.zones[row].as_ref();
        let moment = Timestamp::from_millisecond(at.0).ok();
        match zone.zip(moment) {
            Some((zone, moment)) => i64::from(zone.to_offset(moment).seconds()) * 1_000,
            None => sun_offset_ms(PLACES[row].lon),
        }
    }
}

fn sun_offset_ms(lon: f64) -> i64 {
    let hours = (lon / 15.0).round().clamp(-12.0, 14.0);
    (-12..=14_i64)
        .find(|whole| (*whole as f64 - hours).abs() < 0.5)
        .unwrap_or(0)
        * HOUR_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mornings_are_busier_than_nights_and_weekdays_than_sundays() {
        let rhythm = Rhythm::default();
        let berlin = PLACES
            .iter()
            .position(|place| place.city == "Berlin")
            .unwrap();
        let berlin = PlaceIx(u8::try_from(berlin).unwrap());
        let at = |text: &str| Millis::parse(text).unwrap();
        let morning = rhythm.weight(berlin, at("2026-11-18T08:30:00Z"));
        let night = rhythm.weight(berlin, at("2026-11-18T02:30:00Z"));
        let sunday = rhythm.weight(berlin, at("2026-11-22T08:30:00Z"));
        assert_eq!(morning, FULL);
        assert!(night < 5 && sunday < 20, "{night} {sunday}");
    }

    #[test]
    fn the_sun_gives_an_offset_when_there_are_no_zone_files() {
        assert_eq!(sun_offset_ms(-122.4), -8 * HOUR_MS);
        assert_eq!(sun_offset_ms(13.4), HOUR_MS);
    }
}
