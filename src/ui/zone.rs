//! In which zone the times of the log are told: UTC, that of this machine, or that of the person whom an event is about.
//!
//! What is stored, filtered and exported is UTC whatever is shown; the heading of the column says which zone it is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A zone, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    whose: Whose,
    rules: TimeZone,
}

/// Whose zone it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    Utc,
    /// This machine's.
    Local,
    /// Somebody's, as Okta's profile of them tells, with its name.
    Of(String, String),
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self {
            whose: Whose::Utc,
            rules: TimeZone::UTC,
        }
    }

    /// That of this machine.
    pub fn local(rules: TimeZone) -> Self {
        let whose = Whose::Local;
        Self { whose, rules }
    }

    /// That of somebody with this name, and the zone's own.
    pub fn of(who: String, name: String, rules: TimeZone) -> Self {
        let whose = Whose::Of(who, name);
        Self { whose, rules }
    }

    /// Whose it is.
    pub fn whose(&self) -> &Whose {
        &self.whose
    }

    /// How its times go.
    pub fn rules(&self) -> &TimeZone {
        &self.rules
    }

    /// A moment, as `strftime` writes it.
    pub fn written(&self, time: Timestamp, how: &str) -> String {
        time.to_zoned(self.rules.clone()).strftime(how).to_string()
    }

    /// Hour, minute and second.
    pub fn time_of_day(&self, time: Timestamp) -> String {
        self.written(time, "%H:%M:%S")
    }

    /// The day.
    pub fn day(&self, time: Timestamp) -> String {
        self.written(time, "%Y-%m-%d")
    }

    /// Day and minute.
    pub fn minute(&self, time: Timestamp) -> String {
        self.written(time, "%Y-%m-%d %H:%M")
    }

    /// Day and second, with what the zone is called then.
    pub fn moment(&self, time: Timestamp) -> String {
        format!(
            "{} {}",
            self.written(time, "%Y-%m-%d %H:%M:%S"),
            self.sign(time)
        )
    }

    /// What the zone is called at that moment: `UTC`, `CET`, `+0530`.
    pub fn sign(&self, time: Timestamp) -> String {
        let zoned = time.to_zoned(self.rules.clone());
        let sign = zoned.strftime("%Z").to_string();
        // A sign of the zone's rules is from the machine's files, and may be anything.
        if sign.len() <= MAX_SIGN && sign.chars().all(|c| c.is_ascii_graphic()) {
            sign
        } else {
            zoned.strftime("%z").to_string()
        }
    }

    /// A sentence about it, as of `now`.
    pub fn words(&self, now: Timestamp) -> String {
        let sign = self.sign(now);
        match &self.whose {
            Whose::Utc => "Times are UTC.".to_owned(),
            Whose::Local => format!("Times are those of this machine: {sign}."),
            Whose::Of(who, name) => format!("Times are those of {who}: {name}, now {sign}."),
        }
    }
}

/// The longest sign of a zone that a heading has room for.
const MAX_SIGN: usize = 5;

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_its_own_hours_days_and_sign() {
        let time: Timestamp = "2026-11-22T23:30:05Z".parse().unwrap();
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let zone = Zone::local(berlin);
        assert_eq!(zone.time_of_day(time), "00:30:05");
        assert_eq!(zone.day(time), "2026-11-23");
        assert_eq!(zone.sign(time), "CET");
        let summer: Timestamp = "2026-07-22T12:00:00Z".parse().unwrap();
        assert_eq!(zone.sign(summer), "CEST");
        assert_eq!(Zone::utc().sign(time), "UTC");
        assert_eq!(Zone::utc().minute(time), "2026-11-22 23:30");
    }
}
