//! What the rest of the log's history will cost to read, and how long a first reading still takes.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::floor::pages;
use crate::domain::listing::PartialReason;
use crate::domain::resource::{BackfillEstimate, Phase, Resource, ResourceStatus, TimeLeft};
use crate::domain::time;
use crate::okta::{Bucket, Budget};
use crate::store::Unread;

/// Bytes on disk per event, as measured on stored events with their columns.
const DISK_BYTES_PER_EVENT: u64 = 400;
/// Events a page.
const PAGE: u64 = 1_000;

/// What was read of the log's history so far, as a sample of how busy the org is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Events in it.
    pub events: u64,
    /// Down to when it was read.
    pub oldest: Timestamp,
    /// From when on.
    pub until: Timestamp,
}

/// Expects what is left down to `from` to be as busy as the sample, read at `per_minute` requests.
pub fn estimate(sample: Sample, from: Timestamp, per_minute: u64) -> BackfillEstimate {
    let left = time::elapsed(from, sample.oldest).as_secs_f64();
    let sampled = time::elapsed(sample.oldest, sample.until)
        .max(Duration::from_secs(1))
        .as_secs_f64();
    let events = scale_up(sample.events, left / sampled);
    let requests = events.div_ceil(PAGE).max(1);
    let minutes = requests.div_ceil(per_minute.max(1));
    BackfillEstimate {
        events,
        requests,
        minutes,
        disk_bytes: events.saturating_mul(DISK_BYTES_PER_EVENT),
    }
}

/// How long a first reading still takes by the limits that Okta told, with so many pages of unfinished lists of apps' users read.
/// Buckets are read from at the same time, so it is the one that takes longest. `None` when everything was read once, and before it is
/// known which groups and apps there are.
pub fn first_reading_left(
    lines: &[ResourceStatus],
    unread: &Unread,
    under_way: u64,
    budgets: &[Budget],
) -> Option<TimeLeft> {
    let never_read = |resource| is_never_read(lines, resource);
    if never_read(Resource::Groups) || never_read(Resource::Apps) {
        return None;
    }
    let lines = lines.iter().filter(|line| never_read(line.resource));
    let mut requests: BTreeMap<Bucket, u64> = BTreeMap::new();
    let mut at_least = false;
    for line in lines {
        let left = match line.resource {
            Resource::AppUsers => app_users_left(unread).saturating_sub(under_way).max(1),
            _ => requests_left(line, unread),
        };
        *requests
            .entry(Bucket::of_resource(line.resource))
            .or_default() += left;
        at_least |= has_no_end(line);
    }
    let allowance = |bucket| {
        let budget = budgets.iter().find(|budget| budget.bucket == bucket);
        budget.map_or(u64::MAX, |budget| u64::from(budget.bulk_allowance.max(1)))
    };
    let minutes = requests
        .into_iter()
        .map(|(bucket, requests)| requests.div_ceil(allowance(bucket)));
    let minutes = minutes.max().unwrap_or(0);
    (minutes > 0 || at_least).then_some(TimeLeft {
        minutes: minutes.max(1),
        at_least,
    })
}

/// Whether a long list is being read that may be of any length, such as that of devices.
fn has_no_end(line: &ResourceStatus) -> bool {
    let of_unknown_length = matches!(
        line.phase,
        Phase::Reading {
            done: 1..,
            expected: None
        }
    );
    of_unknown_length && line.resource.holds_entries()
}

/// Users as far as Okta counted them in its groups, for a first reading, which no earlier one tells what to expect of. Those who are
/// deactivated are in no group, so past that number nothing is known.
pub(super) fn users_expected(unread: &Unread, read: u64) -> Option<u64> {
    (unread.largest_group > read).then_some(unread.largest_group)
}

fn is_never_read(lines: &[ResourceStatus], resource: Resource) -> bool {
    let line = lines.iter().find(|line| line.resource == resource);
    line.is_some_and(|line| {
        let is_left_alone = line.phase == Phase::Idle && line.trouble.is_some();
        line.complete_at.is_none()
            && !is_left_alone
            && line.trouble != Some(PartialReason::Excluded)
    })
}

fn requests_left(line: &ResourceStatus, unread: &Unread) -> u64 {
    let (done, expected) = match line.phase {
        Phase::Reading { done, expected } => (done, expected),
        _ => (0, None),
    };
    match line.resource {
        Resource::Users => unread.largest_group.saturating_sub(done).div_ceil(200),
        Resource::Memberships => pages_of(&unread.members, 1_000),
        Resource::AppGroups => pages_of(&unread.group_apps, 200),
        Resource::Log => 0,
        _ => expected.map_or(0, |expected| expected.saturating_sub(done)),
    }
}

/// Pages of lists of which those that are empty are not read.
fn pages_of(lists: &[u64], page: u64) -> u64 {
    let lists = lists.iter().filter(|items| **items > 0);
    lists.map(|items| pages(*items, page)).sum()
}

/// An app has the users of its groups. Who has it otherwise nothing tells before they are read, so an app without groups is expected to
/// be like those that were.
fn app_users_left(unread: &Unread) -> u64 {
    let read: u64 = unread
        .app_users
        .iter()
        .map(|users| pages(*users, 500))
        .sum();
    let each = read.div_ceil(unread.app_users.len().max(1) as u64).max(1);
    let lists = unread.apps.iter();
    lists
        .map(|users| match users {
            0 => each,
            users => pages(*users, 500),
        })
        .sum()
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
    use crate::sync::board::blank;

    fn line(resource: Resource, phase: Phase, is_read: bool) -> ResourceStatus {
        ResourceStatus {
            phase,
            complete_at: is_read.then_some(Timestamp::UNIX_EPOCH),
            ..blank(resource)
        }
    }

    fn budget(bucket: Bucket, bulk_allowance: u32) -> Budget {
        Budget {
            bucket,
            limit: 2 * bulk_allowance,
            remaining: 2 * bulk_allowance,
            reset: Timestamp::UNIX_EPOCH,
            bulk_allowance,
            throttled_until: None,
            waits_until: None,
        }
    }

    fn about(minutes: u64) -> TimeLeft {
        TimeLeft {
            minutes,
            at_least: false,
        }
    }

    /// Ten apps were read at 3 requests each; of the 41 left, one has a group of 100,000, of which 20 pages are read. The bucket gives 50
    /// a minute, and lists of pushed groups are read from it as well.
    #[test]
    fn a_first_reading_takes_as_long_as_its_tightest_bucket() {
        let reading = |done, expected| Phase::Reading { done, expected };
        let mut lines = vec![
            line(Resource::Users, reading(4_000, None), false),
            line(Resource::Groups, Phase::Idle, true),
            line(Resource::Apps, Phase::Idle, true),
            line(Resource::AppUsers, reading(10, Some(51)), false),
            line(Resource::PushMappings, reading(3, Some(40)), false),
            line(Resource::Memberships, reading(1, Some(3)), false),
        ];
        let apps = std::iter::repeat_n(0, 40).chain([100_000]);
        let unread = Unread {
            largest_group: 100_000,
            members: vec![100_000, 0, 1],
            group_apps: Vec::new(),
            apps: apps.collect(),
            app_users: vec![1_001; 10],
        };
        let budgets = [
            budget(Bucket::Users, 300),
            budget(Bucket::Apps, 50),
            budget(Bucket::Other, 600),
        ];
        let left = |lines: &[ResourceStatus]| first_reading_left(lines, &unread, 20, &budgets);
        assert_eq!(
            left(&lines),
            Some(about((120_u64 + 200 - 20 + 37).div_ceil(50)))
        );
        lines[3] = line(Resource::AppUsers, Phase::Idle, true);
        lines[4].complete_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(
            left(&lines),
            Some(about(2)),
            "96,000 users at 200 a request"
        );
        lines[0].complete_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(left(&lines), Some(about(1)), "101 requests of 600 a minute");
        lines[5].complete_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(left(&lines), None, "all was read once");
    }

    /// With 100,000 users a minute was left for half an hour: nobody knows how many devices there are.
    #[test]
    fn a_list_of_any_length_makes_it_at_least() {
        let devices = |done| Phase::Reading {
            done,
            expected: None,
        };
        let left = |done| {
            let lines = [line(Resource::Devices, devices(done), false)];
            first_reading_left(&lines, &Unread::default(), 0, &[])
        };
        assert_eq!(left(0), None);
        let least = TimeLeft {
            minutes: 1,
            at_least: true,
        };
        assert_eq!(left(200), Some(least));
    }

    /// How many lists there are is unknown before the groups and apps are that they hang below; what is left out is waited for by nobody.
    #[test]
    fn no_time_is_told_of_what_is_not_known_or_not_read() {
        let mut lines = vec![
            line(Resource::Users, Phase::Queued, false),
            line(Resource::Groups, Phase::Queued, false),
        ];
        let unread = Unread {
            largest_group: 9_000,
            ..Unread::default()
        };
        let left = |lines: &[ResourceStatus]| first_reading_left(lines, &unread, 0, &[]);
        assert_eq!(left(&lines), None);
        lines[1].complete_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(left(&lines), Some(about(1)));
        lines[0].trouble = Some(PartialReason::Excluded);
        assert_eq!(left(&lines), None);
        (lines[0].phase, lines[0].trouble) = (Phase::Idle, Some(PartialReason::Forbidden));
        assert_eq!(left(&lines), None);
    }

    #[test]
    fn the_rest_of_history_is_expected_to_be_as_busy_as_what_was_read() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (from, until) = (at("2026-11-15T10:00:00Z"), at("2026-11-22T10:00:00Z"));
        let first_page = Sample {
            events: 1_000,
            oldest: at("2026-11-22T09:00:00Z"),
            until,
        };
        assert_eq!(
            estimate(first_page, from, 30),
            BackfillEstimate {
                events: 167_000,
                requests: 167,
                minutes: 6,
                disk_bytes: 66_800_000
            }
        );
        // A night without anybody has come to it since, and six days are left.
        let a_day = Sample {
            events: 12_000,
            oldest: at("2026-11-21T10:00:00Z"),
            until,
        };
        assert_eq!(estimate(a_day, from, 30).events, 72_000);
        assert_eq!(estimate(a_day, from, 0).minutes, 72);
        let whole = Sample {
            oldest: from,
            ..a_day
        };
        assert_eq!(estimate(whole, from, 30).events, 0);
    }
}
