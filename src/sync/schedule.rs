//! What is read next, and when: a pure function of how things stand.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::sync_settings::SyncSettings;
use crate::domain::resource::Resource;
use crate::domain::time;

/// What two readings of Okta's clock may differ by.
const CLOCK_ERROR: Duration = Duration::from_mins(5);

/// How one resource stands, as far as its next reading depends on it. Times are by the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Start of the last complete reading.
    pub complete_at: Option<Timestamp>,
    /// When changes were last asked for, successfully.
    pub delta_at: Option<Timestamp>,
    /// When the last attempt ended that failed.
    pub failed_at: Option<Timestamp>,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// The last one was refused: the credential may not read it, or the org has not enabled it.
    pub refused: bool,
    /// Somebody asked for it now.
    pub wanted: bool,
    /// For memberships and assignments: lists that are known to have changed since they were read.
    pub stale_lists: u64,
    /// The last reading that began was to read everything, not only what changed.
    pub began_whole: bool,
}

impl Standing {
    /// Whether a reading of everything was begun and failed: what it left out is known to nobody.
    fn owes_whole(&self) -> bool {
        self.began_whole && self.failures > 0
    }
}

/// How a resource is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// From the first page to the last.
    Sweep,
    /// Only what changed lately.
    Delta,
    /// The lists below each group or app, as far as they need it; all of them when `whole`.
    Lists {
        /// Whether lists that look fresh are read too.
        whole: bool,
    },
    /// The log, from where the last poll ended.
    Poll,
    /// Lists of entries: those that hang below no entry and those that are new, or all of them when `whole`.
    Entries {
        /// Whether lists below entries are read though they look fresh.
        whole: bool,
    },
}

/// What is to be done for a resource, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What.
    pub task: Task,
    /// When, at the earliest.
    pub at: Timestamp,
}

/// The list whose objects this resource's lists hang below, which must have been read before.
pub fn parent(resource: Resource) -> Option<Resource> {
    match resource {
        Resource::Memberships | Resource::AppGroups => Some(Resource::Groups),
        Resource::AppUsers | Resource::PushMappings => Some(Resource::Apps),
        Resource::GroupOwners | Resource::Admins => Some(Resource::Groups),
        _ => None,
    }
}

/// The resources that are read before this one when both are due, though it is read without them when they cannot be. Whether the
/// credential is shown anything at all is known once groups are read.
pub fn follows(resource: Resource) -> &'static [Resource] {
    match resource {
        Resource::Clients => &[Resource::Groups, Resource::Apps],
        Resource::Admins => &[Resource::Clients],
        Resource::Factors => &[Resource::Admins],
        resource if resource.holds_entries() => &[Resource::Groups],
        _ => &[],
    }
}

/// How often lists of entries are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rhythm {
    /// All of them as often as settings are.
    Settings,
    /// What hangs below no entry as often as settings are, and all of them with the sweep: each list below costs a request.
    Layers,
    /// All of them with the sweep.
    Sweep,
}

fn rhythm(resource: Resource) -> Rhythm {
    match resource {
        Resource::Admins
        | Resource::Roles
        | Resource::Clients
        | Resource::Policies
        | Resource::GroupOwners
        | Resource::PushMappings
        | Resource::Factors => Rhythm::Layers,
        Resource::Devices | Resource::Schemas | Resource::Features => Rhythm::Sweep,
        _ => Rhythm::Settings,
    }
}

/// The next reading of `resource`. `parent_complete` tells whether its parent was ever read; `log_poll` is the time between polls
/// that the log's allowance leaves.
pub fn due(
    resource: Resource,
    standing: &Standing,
    parent_complete: bool,
    settings: &SyncSettings,
    log_poll: Duration,
    now: Timestamp,
) -> Option<Due> {
    if parent(resource).is_some() && !parent_complete {
        return None;
    }
    let due = match resource {
        Resource::Users => swept_or_delta(standing, settings.users_delta, settings.sweep, now),
        Resource::Groups => swept_or_delta(standing, settings.groups_delta, settings.sweep, now),
        Resource::Apps => Due {
            task: Task::Sweep,
            at: later(standing.complete_at, settings.apps, now),
        },
        Resource::Log => Due {
            task: Task::Poll,
            at: later(standing.complete_at, log_poll, now),
        },
        Resource::Memberships | Resource::AppUsers | Resource::AppGroups => {
            lists(standing, settings.sweep, now)
        }
        _ => entries(rhythm(resource), standing, settings, now),
    };
    let at = if standing.wanted {
        now
    } else {
        due.at.max(not_before(resource, standing, settings, now))
    };
    Some(Due { at, ..due })
}

fn swept_or_delta(standing: &Standing, delta: Duration, sweep: Duration, now: Timestamp) -> Due {
    let sweep_at = later(standing.complete_at, sweep, now);
    let delta_at = later(standing.delta_at.max(standing.complete_at), delta, now);
    if standing.wanted || sweep_at <= delta_at {
        Due {
            task: Task::Sweep,
            at: sweep_at,
        }
    } else {
        Due {
            task: Task::Delta,
            at: delta_at,
        }
    }
}

fn lists(standing: &Standing, sweep: Duration, now: Timestamp) -> Due {
    let whole_at = later(standing.complete_at, sweep, now);
    let owed = standing.owes_whole();
    let whole = standing.wanted || owed || standing.complete_at.is_some() && whole_at <= now;
    let at = if owed || standing.stale_lists > 0 {
        now
    } else {
        whole_at
    };
    Due {
        task: Task::Lists { whole },
        at,
    }
}

fn entries(rhythm: Rhythm, standing: &Standing, settings: &SyncSettings, now: Timestamp) -> Due {
    let whole = |every| Due {
        task: Task::Entries { whole: true },
        at: later(standing.complete_at, every, now),
    };
    match rhythm {
        Rhythm::Settings => whole(settings.settings.min(settings.sweep)),
        Rhythm::Sweep => whole(settings.sweep),
        Rhythm::Layers => {
            let whole = whole(settings.sweep);
            let last = standing.delta_at.max(standing.complete_at);
            let top_at = later(last, settings.settings, now);
            if standing.wanted || whole.at <= top_at {
                whole
            } else {
                Due {
                    task: Task::Entries { whole: false },
                    at: top_at,
                }
            }
        }
    }
}

/// `span` after `last`; at once when there was no last time, or when it is still to come: a clock was wrong then, and waiting for it
/// could take years.
fn later(last: Option<Timestamp>, span: Duration, now: Timestamp) -> Timestamp {
    let last = last.filter(|last| !is_to_come(*last, now));
    last.map_or(now, |last| time::after(last, span))
}

/// Whether something that happened is said to happen later; by a little it is so whenever Okta's clock is told anew.
fn is_to_come(happened: Timestamp, now: Timestamp) -> bool {
    happened > time::after(now, CLOCK_ERROR)
}

/// After failures the waiting doubles: 15 s, 30 s, 1 min, … up to 16 min, so that an org in trouble is left in peace; the log, one request
/// that people wait for, is asked every minute. What was refused is asked again when settings are read: somebody must change rights first.
fn not_before(
    resource: Resource,
    standing: &Standing,
    settings: &SyncSettings,
    now: Timestamp,
) -> Timestamp {
    let failed_at = standing.failed_at.filter(|_| standing.failures > 0);
    let Some(failed_at) = failed_at.filter(|at| !is_to_come(*at, now)) else {
        return Timestamp::MIN;
    };
    if standing.refused {
        return time::after(failed_at, settings.settings);
    }
    let most_doublings = if resource == Resource::Log { 2 } else { 6 };
    let wait_secs = 15_u64 << (standing.failures - 1).min(most_doublings);
    time::after(failed_at, Duration::from_secs(wait_secs))
}

/// Time between two polls of the log: at least what is configured, and at least what the allowance leaves when every poll is one
/// request.
pub fn log_poll_interval(settings: &SyncSettings, allowance_per_min: Option<u32>) -> Duration {
    let per_min = allowance_per_min.unwrap_or(u32::MAX).max(1);
    settings
        .log_poll
        .max(Duration::from_secs_f64(60.0 / f64::from(per_min)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mins: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + mins * 60).unwrap()
    }

    fn next(resource: Resource, standing: Standing, now: Timestamp) -> Option<Due> {
        due(
            resource,
            &standing,
            true,
            &SyncSettings::default(),
            Duration::from_secs(10),
            now,
        )
    }

    #[test]
    fn what_was_never_read_is_read_at_once_and_whole() {
        for resource in [Resource::Users, Resource::Groups, Resource::Apps] {
            let expected = Due {
                task: Task::Sweep,
                at: at(0),
            };
            assert_eq!(next(resource, Standing::default(), at(0)), Some(expected));
        }
        let expected = Due {
            task: Task::Lists { whole: false },
            at: at(0),
        };
        assert_eq!(
            next(Resource::AppUsers, Standing::default(), at(0)),
            Some(expected)
        );
    }

    #[test]
    fn what_is_said_to_be_read_in_the_future_is_read_now_and_once() {
        let now = at(0);
        let read = |mins| Standing {
            complete_at: Some(at(mins)),
            delta_at: Some(at(mins)),
            failed_at: Some(at(mins)),
            failures: 1,
            ..Standing::default()
        };
        for resource in [
            Resource::Users,
            Resource::Log,
            Resource::Apps,
            Resource::Idps,
        ] {
            for years in [1, 50] {
                let due = next(resource, read(years * 525_600), now).unwrap();
                assert_eq!(due.at, now, "{resource}");
            }
            // A minute is what the reading of Okta's clock may be off by.
            assert!(
                next(resource, read(1), now).unwrap().at > at(1),
                "{resource}"
            );
        }
    }

    #[test]
    fn lists_wait_for_their_parents() {
        let settings = SyncSettings::default();
        let poll = Duration::from_secs(10);
        assert_eq!(
            due(
                Resource::Memberships,
                &Standing::default(),
                false,
                &settings,
                poll,
                at(0)
            ),
            None
        );
    }

    #[test]
    fn deltas_come_every_five_minutes_and_a_sweep_every_day() {
        let read = Standing {
            complete_at: Some(at(0)),
            delta_at: Some(at(10)),
            ..Standing::default()
        };
        assert_eq!(
            next(Resource::Users, read, at(11)),
            Some(Due {
                task: Task::Delta,
                at: at(15)
            })
        );
        let old = Standing {
            delta_at: Some(at(1_438)),
            ..read
        };
        assert_eq!(
            next(Resource::Users, old, at(1_439)),
            Some(Due {
                task: Task::Sweep,
                at: at(1_440)
            })
        );
    }

    /// Memberships that could not all be read were due again a day later.
    #[test]
    fn a_reading_of_all_lists_that_failed_is_due_again_soon() {
        let standing = Standing {
            complete_at: Some(at(0)),
            failed_at: Some(at(10)),
            failures: 1,
            began_whole: true,
            ..Standing::default()
        };
        let expected = Due {
            task: Task::Lists { whole: true },
            at: time::after(at(10), Duration::from_secs(15)),
        };
        let due = |standing| next(Resource::Memberships, standing, at(10)).unwrap();
        assert_eq!(due(standing), expected);
        let of_changed = Standing {
            began_whole: false,
            ..standing
        };
        assert_eq!(due(of_changed).at, at(24 * 60), "nothing is left to read");
    }

    #[test]
    fn stale_lists_are_read_at_once_and_all_of_them_after_a_day() {
        let read = Standing {
            complete_at: Some(at(0)),
            ..Standing::default()
        };
        let fresh = Due {
            task: Task::Lists { whole: false },
            at: at(1_440),
        };
        assert_eq!(next(Resource::Memberships, read, at(5)), Some(fresh));
        let stale = Standing {
            stale_lists: 2,
            ..read
        };
        let now = Due {
            task: Task::Lists { whole: false },
            at: at(5),
        };
        assert_eq!(next(Resource::Memberships, stale, at(5)), Some(now));
        let whole = Due {
            task: Task::Lists { whole: true },
            at: at(1_440),
        };
        assert_eq!(next(Resource::Memberships, read, at(1_500)), Some(whole));
    }

    #[test]
    fn failures_are_retried_ever_more_slowly_unless_a_person_asks() {
        let failed = Standing {
            failed_at: Some(at(0)),
            failures: 1,
            ..Standing::default()
        };
        assert_eq!(
            next(Resource::Users, failed, at(0)).unwrap().at,
            time::after(at(0), Duration::from_secs(15))
        );
        let often = Standing {
            failures: 40,
            ..failed
        };
        assert_eq!(next(Resource::Users, often, at(0)).unwrap().at, at(16));
        // After a spell of trouble the live log stood still for a quarter of an hour.
        assert_eq!(next(Resource::Log, often, at(0)).unwrap().at, at(1));
        let wanted = Standing {
            wanted: true,
            ..often
        };
        assert_eq!(next(Resource::Users, wanted, at(1)).unwrap().at, at(1));
    }

    #[test]
    fn settings_are_read_every_hour_and_what_hangs_below_them_every_day() {
        let read = Standing {
            complete_at: Some(at(0)),
            ..Standing::default()
        };
        let due = |resource, standing, now| next(resource, standing, at(now)).unwrap();
        let entries = |whole, mins| Due {
            task: Task::Entries { whole },
            at: at(mins),
        };
        let never = Standing::default();
        for resource in [Resource::Idps, Resource::Policies, Resource::Devices] {
            assert_eq!(due(resource, never, 5), entries(true, 5), "{resource}");
        }
        assert_eq!(due(Resource::Idps, read, 5), entries(true, 60));
        assert_eq!(due(Resource::Policies, read, 5), entries(false, 60));
        assert_eq!(due(Resource::Devices, read, 5), entries(true, 1_440));
        let later = Standing {
            delta_at: Some(at(1_400)),
            ..read
        };
        assert_eq!(due(Resource::Policies, later, 1_401), entries(true, 1_440));
        let wanted = Standing {
            wanted: true,
            ..later
        };
        assert_eq!(due(Resource::Policies, wanted, 1_401), entries(true, 1_401));
    }

    #[test]
    fn what_was_refused_is_asked_again_with_the_settings_only() {
        let refused = Standing {
            failed_at: Some(at(0)),
            failures: 1,
            refused: true,
            ..Standing::default()
        };
        assert_eq!(next(Resource::Admins, refused, at(1)).unwrap().at, at(60));
        let wanted = Standing {
            wanted: true,
            ..refused
        };
        assert_eq!(next(Resource::Admins, wanted, at(1)).unwrap().at, at(1));
    }

    #[test]
    fn no_resource_waits_for_itself() {
        fn reaches(from: Resource, to: Resource) -> bool {
            let before = follows(from).iter().copied().chain(parent(from));
            before.into_iter().any(|one| one == to || reaches(one, to))
        }
        for resource in Resource::ALL {
            assert!(!reaches(resource, resource), "{resource}");
        }
    }

    #[test]
    fn the_log_is_polled_no_faster_than_its_allowance() {
        let settings = SyncSettings::default();
        assert_eq!(
            log_poll_interval(&settings, Some(30)),
            Duration::from_secs(10)
        );
        assert_eq!(
            log_poll_interval(&settings, Some(2)),
            Duration::from_secs(30)
        );
        assert_eq!(log_poll_interval(&settings, None), Duration::from_secs(10));
    }
}
