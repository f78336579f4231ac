//! What reading the log's history will cost, told before it is read.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::resource::BackfillEstimate;
use crate::domain::time;

/// Bytes on disk per event, as measured on stored events with their columns.
const DISK_BYTES_PER_EVENT: u64 = 400;
/// Events a page.
const PAGE: u64 = 1_000;

/// The newest page of the log, as a sample of how busy the org is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Events on it.
    pub events: u64,
    /// When its oldest event was published.
    pub oldest: Timestamp,
    /// The end of the stretch it was taken from.
    pub until: Timestamp,
    /// Whether it was a full page: otherwise it is all there is.
    pub full: bool,
}

/// Expects the whole stretch from `from` to be as busy as the sample, read at `per_minute` requests.
pub fn estimate(sample: Sample, from: Timestamp, per_minute: u64) -> BackfillEstimate {
    let whole = time::elapsed(from, sample.until).as_secs_f64();
    let sampled = time::elapsed(sample.oldest, sample.until)
        .max(Duration::from_secs(1))
        .as_secs_f64();
    let scale = if sample.full {
        (whole / sampled).max(1.0)
    } else {
        1.0
    };
    let events = scale_up(sample.events, scale);
    let requests = events.div_ceil(PAGE).max(1);
    let minutes = requests.div_ceil(per_minute.max(1));
    BackfillEstimate {
        events,
        requests,
        minutes,
        disk_bytes: events.saturating_mul(DISK_BYTES_PER_EVENT),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate; out of range saturates"
)]
fn scale_up(events: u64, scale: f64) -> u64 {
    (events as f64 * scale).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_expected_to_be_as_busy_as_its_newest_page() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (from, until) = (at("2026-11-15T10:00:00Z"), at("2026-11-22T10:00:00Z"));
        let sample = Sample {
            events: 1_000,
            oldest: at("2026-11-22T09:00:00Z"),
            until,
            full: true,
        };
        let told = estimate(sample, from, 30);
        assert_eq!(
            told,
            BackfillEstimate {
                events: 168_000,
                requests: 168,
                minutes: 6,
                disk_bytes: 67_200_000
            }
        );
        let quiet = Sample {
            events: 40,
            full: false,
            ..sample
        };
        assert_eq!(estimate(quiet, from, 30).events, 40);
        assert_eq!(estimate(quiet, from, 0).requests, 1);
    }
}
