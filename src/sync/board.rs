//! The board on which the sync's tasks write how they stand, and from which status lines and reports are read.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::listing::PartialReason;
use crate::domain::resource::{
    Backfill, BackfillEstimate, Phase, Resource, ResourceReport, ResourceStatus,
};
use crate::okta;

use super::watched;

/// How the sync stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standings {
    /// Per resource.
    pub resources: BTreeMap<Resource, ResourceStatus>,
    /// When the log was last asked, successfully.
    pub polled: Option<Timestamp>,
    /// When the newest page of a poll came that is not over, as long as no page came late: reading much is no sleep.
    pub heard: Option<Timestamp>,
    /// Time between two polls of the log when all goes well.
    pub poll_interval: Option<Duration>,
    /// Whether the last poll ended on an empty page.
    pub caught_up: bool,
    /// Whether all that happened before this process started, or its machine woke, has been read, as far as the log tells of it.
    pub taken_up: bool,
    /// Since when what happened before that has not been given its moments by the log; `None` once all of it was.
    pub undated: Option<Timestamp>,
    /// When the oldest event was published of which what it changed has not been read.
    pub unsettled: Option<Timestamp>,
    /// The reading of history.
    pub backfill: Option<Backfill>,
    /// What is left of it.
    pub backfill_estimate: Option<BackfillEstimate>,
    /// Pages of apps' lists of users that were read and belong to lists that are not read to their end.
    pub app_user_pages: u64,
    /// Items that could not be decoded since the start.
    pub bad_items: u64,
    /// Whether a full reading is under way that should not be cut short.
    pub busy: bool,
    /// Whether Okta answers.
    pub reach: Reach,
}

impl Standings {
    /// A page of the log was read, the last one of its poll or not.
    pub(super) fn paged(&mut self, at: Timestamp, is_last: bool) {
        let late = self.late_since(at);
        self.caught_up = is_last;
        if is_last {
            if let Some(since) = late {
                // The supervisor looks at what this poll has brought a moment later.
                self.taken_up = false;
                self.undated = Some(self.undated.map_or(since, |known| known.min(since)));
            }
            self.polled = Some(at);
        } else if late.is_none() && self.polled.is_some() {
            self.heard = Some(at);
        }
    }

    /// The last poll of the log, if the next one comes so late that nobody has watched since: a machine that has just woken has to read what
    /// happened meanwhile.
    pub fn late_since(&self, now: Timestamp) -> Option<Timestamp> {
        let heard = self.polled.max(self.heard);
        let (polled, interval) = heard.zip(self.poll_interval)?;
        watched::is_late(polled, interval, now).then_some(polled)
    }
}

/// Whether Okta answers.
#[derive(Clone, Debug, Default)]
pub enum Reach {
    /// Nothing has been asked yet.
    #[default]
    Unknown,
    /// The last reading went well.
    Online,
    /// The last reading failed.
    Trouble {
        /// Since when readings have failed.
        since: Timestamp,
        /// How the last one failed.
        error: okta::Error,
    },
}

impl PartialEq for Reach {
    /// Troubles are the same when they read the same; request ids differ every time and would make news of nothing.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) | (Self::Online, Self::Online) => true,
            (
                Self::Trouble { since, error },
                Self::Trouble {
                    since: also_since,
                    error: also,
                },
            ) => since == also_since && error.to_string() == also.to_string(),
            _ => false,
        }
    }
}

/// A handle to write on the board. Clones write on the same one.
#[derive(Clone, Debug)]
pub struct Board(watch::Sender<Standings>);

impl Default for Board {
    fn default() -> Self {
        Self(watch::Sender::new(Standings::default()))
    }
}

impl Board {
    /// Follows the board.
    pub fn subscribe(&self) -> watch::Receiver<Standings> {
        self.0.subscribe()
    }

    /// When a poll that is not over was last heard of.
    pub(super) fn heard(&self) -> Option<Timestamp> {
        self.0.borrow().heard
    }

    /// Changes the board; followers are only told when something really changed.
    pub fn update(&self, change: impl FnOnce(&mut Standings)) {
        self.0.send_if_modified(|standings| {
            let before = standings.clone();
            change(standings);
            *standings != before
        });
    }

    /// Changes one resource's line.
    pub fn resource(&self, resource: Resource, change: impl FnOnce(&mut ResourceStatus)) {
        self.update(|standings| {
            change(
                standings
                    .resources
                    .entry(resource)
                    .or_insert_with(|| blank(resource)),
            );
        });
    }

    /// Says how far a reading has come.
    pub fn reading(&self, resource: Resource, done: u64, expected: Option<u64>) {
        self.resource(resource, |line| {
            line.phase = Phase::Reading { done, expected }
        });
    }

    /// Notes that Okta answered.
    pub(super) fn reached(&self) {
        self.update(|standings| standings.reach = Reach::Online);
    }

    /// Notes how Okta failed to answer. A trouble that goes on keeps its beginning.
    pub(super) fn not_reached(&self, now: Timestamp, error: &okta::Error) {
        self.update(|standings| {
            let since = match &standings.reach {
                Reach::Trouble { since, .. } => *since,
                Reach::Unknown | Reach::Online => now,
            };
            let error = error.clone();
            standings.reach = Reach::Trouble { since, error };
        });
    }

    /// Notes items that could not be decoded.
    pub fn bad_items(&self, count: u64) {
        self.update(|standings| standings.bad_items += count);
    }
}

/// The line of a resource about which nothing is known yet.
pub fn blank(resource: Resource) -> ResourceStatus {
    ResourceStatus {
        resource,
        phase: Phase::Idle,
        complete_at: None,
        known_since: None,
        waits: None,
        trouble: None,
        next_run: None,
        objects: 0,
    }
}

/// What one reading cost and brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Pages read.
    pub pages: u64,
    /// Objects read.
    pub objects: u64,
    /// Bytes of bodies.
    pub bytes: u64,
}

impl Tally {
    /// What one page cost and brought.
    pub(super) fn of_page<T>(page: &okta::Page<T>) -> Self {
        Self {
            requests: u64::from(page.attempts),
            pages: 1,
            objects: page.items.len() as u64,
            bytes: page.size_bytes,
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.pages += other.pages;
        self.objects += other.objects;
        self.bytes += other.bytes;
    }
}

/// The report about one reading.
pub fn report(
    resource: Resource,
    tally: Tally,
    floor: u64,
    took: Duration,
    why_not: Option<&PartialReason>,
) -> ResourceReport {
    ResourceReport {
        resource,
        requests: tally.requests,
        floor,
        pages: tally.pages,
        objects: tally.objects,
        bytes: tally.bytes,
        secs: took.as_secs_f64(),
        complete: why_not.is_none_or(|reason| *reason == PartialReason::NotEnabled),
        why_not: why_not.map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever asked a machine that had just woken was told the past as if somebody had watched.
    #[test]
    fn a_poll_that_is_hours_late_is_known_before_it_ends() {
        let at = |mins: i64| Timestamp::from_second(60 * mins).unwrap();
        let mut standings = Standings::default();
        assert_eq!(standings.late_since(at(500)), None, "nobody has polled yet");
        standings.polled = Some(at(0));
        standings.poll_interval = Some(Duration::from_secs(10));
        assert_eq!(standings.late_since(at(9)), None);
        assert_eq!(standings.late_since(at(120)), Some(at(0)));
        standings.poll_interval = Some(Duration::from_hours(1));
        assert_eq!(
            standings.late_since(at(120)),
            None,
            "it polls as seldom as that"
        );
    }

    /// A poll that read half a million events for a quarter of an hour was taken for a machine that slept meanwhile.
    #[test]
    fn a_poll_that_reads_for_long_is_no_sleep() {
        let at = |mins: i64| Timestamp::from_second(60 * mins).unwrap();
        let mut standings = Standings {
            poll_interval: Some(Duration::from_secs(10)),
            ..Standings::default()
        };
        standings.paged(at(-60), false);
        assert_eq!(
            standings.heard, None,
            "before the first poll nobody watched"
        );
        standings.paged(at(0), true);
        standings.taken_up = true;
        for mins in [5, 10, 19] {
            standings.paged(at(mins), false);
            assert_eq!(standings.late_since(at(mins + 9)), None);
        }
        standings.paged(at(25), true);
        assert_eq!((standings.taken_up, standings.undated), (true, None));
        // It slept in the middle of one.
        standings.paged(at(30), false);
        standings.paged(at(90), false);
        assert_eq!(standings.late_since(at(91)), Some(at(30)));
        standings.paged(at(92), true);
        assert_eq!(
            (standings.taken_up, standings.undated),
            (false, Some(at(30)))
        );
    }
}
