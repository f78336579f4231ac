//! The things that the sync reads, and what it says about reading them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hunt::HuntedStretch;
use super::listing::PartialReason;
use super::text::SafeText;

/// A list of Okta's that is mirrored, with a rhythm of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Users.
    Users,
    /// Groups.
    Groups,
    /// Members of groups.
    Memberships,
    /// Applications.
    Apps,
    /// Users assigned to apps.
    AppUsers,
    /// Groups assigned to apps.
    AppGroups,
    /// The System Log.
    Log,
    /// Group rules.
    GroupRules,
    /// Owners of groups that hold admin roles.
    GroupOwners,
    /// Who holds admin roles: users, groups and clients.
    Admins,
    /// Custom roles, resource sets and their bindings.
    Roles,
    /// Identity providers.
    Idps,
    /// API tokens.
    ApiTokens,
    /// OAuth clients with their secrets, keys and grants.
    Clients,
    /// Policies with their rules and the apps they apply to.
    Policies,
    /// Network zones.
    Zones,
    /// Devices.
    Devices,
    /// Authenticators.
    Authenticators,
    /// Behaviour detection rules.
    Behaviors,
    /// Event hooks and inline hooks.
    Hooks,
    /// Log streams.
    LogStreams,
    /// Trusted origins.
    TrustedOrigins,
    /// User types and schemas.
    Schemas,
    /// The org's settings.
    OrgSettings,
    /// Features.
    Features,
    /// Groups that are pushed to apps.
    PushMappings,
    /// Enrolled factors of admins and of users that were looked at.
    Factors,
}

impl Resource {
    /// All of them, in the order of a first sync.
    pub const ALL: [Self; 27] = [
        Self::Users,
        Self::Groups,
        Self::Log,
        Self::Apps,
        Self::Memberships,
        Self::AppGroups,
        Self::AppUsers,
        Self::GroupRules,
        Self::GroupOwners,
        Self::Admins,
        Self::Roles,
        Self::Idps,
        Self::ApiTokens,
        Self::Clients,
        Self::Policies,
        Self::Zones,
        Self::Devices,
        Self::Authenticators,
        Self::Behaviors,
        Self::Hooks,
        Self::LogStreams,
        Self::TrustedOrigins,
        Self::Schemas,
        Self::OrgSettings,
        Self::Features,
        Self::PushMappings,
        Self::Factors,
    ];

    /// Whether its objects are [entries](super::entry): everything but users, groups, apps, what connects these, and the log.
    pub fn holds_entries(self) -> bool {
        !matches!(
            self,
            Self::Users
                | Self::Groups
                | Self::Log
                | Self::Apps
                | Self::Memberships
                | Self::AppGroups
                | Self::AppUsers
        )
    }

    /// Its name in the configuration, on the command line and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Memberships => "memberships",
            Self::Apps => "apps",
            Self::AppUsers => "app_users",
            Self::AppGroups => "app_groups",
            Self::Log => "log",
            Self::GroupRules => "group_rules",
            Self::GroupOwners => "group_owners",
            Self::Admins => "admins",
            Self::Roles => "roles",
            Self::Idps => "idps",
            Self::ApiTokens => "api_tokens",
            Self::Clients => "clients",
            Self::Policies => "policies",
            Self::Zones => "zones",
            Self::Devices => "devices",
            Self::Authenticators => "authenticators",
            Self::Behaviors => "behaviors",
            Self::Hooks => "hooks",
            Self::LogStreams => "log_streams",
            Self::TrustedOrigins => "trusted_origins",
            Self::Schemas => "schemas",
            Self::OrgSettings => "org_settings",
            Self::Features => "features",
            Self::PushMappings => "push_mappings",
            Self::Factors => "factors",
        }
    }

    /// Reads the word back; `None` for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|resource| resource.word() == word)
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// How the reading of one resource stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceStatus {
    /// Which one.
    pub resource: Resource,
    /// What is going on now.
    pub phase: Phase,
    /// When it was last read completely (the run's start, by the server's clock).
    pub complete_at: Option<Timestamp>,
    /// Since when the mirror can tell what it was: the end of its first complete reading.
    pub known_since: Option<Timestamp>,
    /// Why the last run did not count as complete, when it did not.
    pub trouble: Option<PartialReason>,
    /// What its reading waits for, while nothing may be sent.
    pub waits: Option<Wait>,
    /// When it is read next.
    pub next_run: Option<Timestamp>,
    /// How many objects the mirror holds of it.
    pub objects: u64,
}

/// What a reading waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// When the window of the rate limit ends, and it goes on.
    pub until: Timestamp,
    /// Whether Okta refused a request with 429; otherwise the sync's share of the limit is used up.
    pub refused: bool,
}

/// What a resource's sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Nothing until the next run.
    Idle,
    /// Waiting for another resource that must be read first.
    Queued,
    /// Reading: units done (objects, or lists for memberships and assignments), and how many are expected when that is known.
    Reading {
        /// Units read so far.
        done: u64,
        /// Units expected.
        expected: Option<u64>,
    },
    /// Stopped until a person looks: too much went missing at once.
    Suspended {
        /// How many objects are missing.
        missing: u64,
    },
}

/// What one run of a full sync did, per resource and in all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncReport {
    /// Per resource, in the order of [`Resource::ALL`].
    pub resources: Vec<ResourceReport>,
    /// Requests sent in all, retries included.
    pub requests: u64,
    /// The fewest requests that could have read the same.
    pub floor: u64,
    /// Seconds from start to end.
    pub secs: f64,
    /// Whether every resource is complete.
    pub complete: bool,
}

/// What a run did for one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceReport {
    /// Which one.
    pub resource: Resource,
    /// Requests sent, retries included.
    pub requests: u64,
    /// The fewest requests that could have read the same.
    pub floor: u64,
    /// Pages read.
    pub pages: u64,
    /// Objects read.
    pub objects: u64,
    /// Bytes of bodies read.
    pub bytes: u64,
    /// Seconds from its start to its end.
    pub secs: f64,
    /// Whether everything there is was read; what the org has not enabled has nothing to read.
    pub complete: bool,
    /// Why nothing, or not everything, was read.
    pub why_not: Option<String>,
}

/// How the System Log stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStatus {
    /// When the newest stored event was published.
    pub newest: Option<Timestamp>,
    /// When the oldest stored event was published.
    pub oldest: Option<Timestamp>,
    /// When the log was last asked, successfully.
    pub polled: Option<Timestamp>,
    /// Time between two polls when all goes well; `None` while the log is not followed.
    pub poll_interval: Option<Duration>,
    /// Whether the last poll ended on an empty page: everything Okta had is stored.
    pub caught_up: bool,
    /// Whether all that happened before this agent started, or its machine woke, has been read, as far as the log tells of it.
    pub taken_up: bool,
    /// Since when what happened before that has not been given its moments by the log: answers about the past since then are not known
    /// yet. `None` once all of it was.
    pub undated: Option<Timestamp>,
    /// When the oldest event was published of which what it changed has not been read; `None` once all of it was.
    pub unsettled: Option<Timestamp>,
    /// Stretches that are known to be missing or unproven.
    pub gaps: Vec<Gap>,
    /// Stretches of which every event is stored, in order; empty while nothing is proven.
    pub complete: Vec<Stretch>,
    /// How far the log was counted again; `None` while none of it was.
    pub recount: Option<Recount>,
    /// When nobody watched the org, the oldest first: what changed then is dated by the log, as far as it tells.
    pub unwatched: Vec<Stretch>,
    /// Stretches that were hunted: bounded questions, which may have missed what Okta stores late. The newest 20.
    pub hunts: Vec<HuntedStretch>,
    /// The reading of history, while it is under way or once it is done.
    pub backfill: Option<Backfill>,
    /// Events stored.
    pub events: u64,
    /// Events that were delivered again and dropped.
    pub duplicates: u64,
}

impl LogStatus {
    /// The stretch around a moment in which nobody watched the org.
    pub fn unwatched_at(&self, at: Timestamp) -> Option<&Stretch> {
        let mut all = self.unwatched.iter();
        all.find(|stretch| stretch.from < at && at < stretch.to)
    }
}

/// A stretch of the log that is missing or whose completeness is unproven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Why there is one.
    pub reason: SafeText,
    /// When it was filled, once it was.
    pub filled: Option<Timestamp>,
}

/// A stretch of time: its beginning is in it, its end is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl Stretch {
    /// All of them together: in order, and none touches the next.
    pub fn united(all: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut all: Vec<Self> = all.into_iter().filter(|one| one.from < one.to).collect();
        all.sort_by_key(|one| one.from);
        let mut united: Vec<Self> = Vec::new();
        for one in all {
            match united.last_mut() {
                Some(last) if one.from <= last.to => last.to = last.to.max(one.to),
                _ => united.push(one),
            }
        }
        united
    }

    /// What is left of it without others: in order, and none touches the next.
    pub fn without(self, others: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let others = others.into_iter().filter(|other| other.from < other.to);
        let mut others: Vec<Self> = others.collect();
        others.sort_by_key(|other| other.from);
        let mut left = Vec::new();
        let mut from = self.from;
        for other in others {
            if other.from > from && from < self.to {
                let to = other.from.min(self.to);
                left.push(Self { from, to });
            }
            from = from.max(other.to);
        }
        if from < self.to {
            left.push(Self { from, to: self.to });
        }
        left
    }
}

/// How far the log was counted again, hour by hour, a day or more after each hour ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recount {
    /// Stretches of which Okta's count and what is stored agree, in order; the newest hundred of them.
    pub proven: Vec<Stretch>,
    /// Events that only the counting found.
    pub recovered: u64,
    /// When the last hour was counted, by the server's clock.
    pub at: Timestamp,
}

/// How far the reading of history has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Where it ends: the configured depth.
    pub from: Timestamp,
    /// Where it began.
    pub to: Timestamp,
    /// How far back it has come.
    pub reached: Timestamp,
    /// Whether it has arrived.
    pub done: bool,
}

/// How long a first reading still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLeft {
    /// Minutes, at the sync's share of the rate limits.
    pub minutes: u64,
    /// Whether it may well be more: something long is being read of which Okta does not tell how long it is.
    pub at_least: bool,
}

/// What is left of a backfill, if the rest is as busy as what was read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillEstimate {
    /// Events expected.
    pub events: u64,
    /// Requests that will cost.
    pub requests: u64,
    /// Minutes that takes under the allowance of the log's rate bucket.
    pub minutes: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stretch((from, to): (i64, i64)) -> Stretch {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        Stretch {
            from: at(from.min(to)),
            to: at(from.max(to)),
        }
    }

    proptest! {
        #[test]
        fn together_they_have_what_any_of_them_has(all in prop::collection::vec((0i64..50, 0i64..50), 0..6)) {
            let all: Vec<Stretch> = all.into_iter().map(stretch).collect();
            let united = Stretch::united(all.clone());
            for second in 0..51 {
                let at = Timestamp::from_second(second).unwrap();
                let has = |stretch: &Stretch| stretch.from <= at && at < stretch.to;
                prop_assert_eq!(united.iter().any(has), all.iter().any(has), "{}", second);
            }
            prop_assert!(united.windows(2).all(|pair| pair[0].to < pair[1].from));
        }

        #[test]
        fn what_is_left_is_what_no_other_has(
            whole in (0i64..50, 0i64..50),
            others in prop::collection::vec((0i64..50, 0i64..50), 0..6),
        ) {
            let others: Vec<Stretch> = others.into_iter().map(stretch).collect();
            let left = stretch(whole).without(others.clone());
            for second in 0..51 {
                let at = Timestamp::from_second(second).unwrap();
                let has = |stretch: &Stretch| stretch.from <= at && at < stretch.to;
                let expected = has(&stretch(whole)) && !others.iter().any(has);
                prop_assert_eq!(left.iter().any(has), expected, "{}", second);
            }
            prop_assert!(left.windows(2).all(|pair| pair[0].to < pair[1].from));
        }
    }
}
