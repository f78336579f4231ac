//! How an org is mirrored: the share of the rate limits, the rhythm of each resource, and what is left out.
//!
//! Everything is mirrored unless an exclusion says otherwise. A thing that is excluded was never there, so it is not archived either.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::resource::Resource;

/// The sync's settings; the default is the rhythm that costs an idle org about seven requests a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncSettings {
    /// How much of a rate limit bulk reads may use: 0.5 is half of what the header allows.
    pub share: f64,
    /// Between two reads of the users that changed.
    pub users_delta: Duration,
    /// Between two reads of the groups that changed, and of the members of those whose members changed.
    pub groups_delta: Duration,
    /// Between two reads of the list of apps.
    pub apps: Duration,
    /// Between two reads of the lists of settings: rules, roles, tokens, policies, zones and their like.
    pub settings: Duration,
    /// The shortest time between two polls of the System Log; a tight rate limit makes it longer.
    pub log_poll: Duration,
    /// Between two complete reads of everything, which alone can prove that something is gone.
    pub sweep: Duration,
    /// How much of the System Log's past is fetched.
    pub backfill: Duration,
    /// How many days of the log are kept; `None` for all.
    pub log_keep_days: Option<u64>,
    /// How many bytes the stored log may take; `None` for any number.
    pub log_keep_bytes: Option<u64>,
    /// Whose factors are read without being asked for.
    pub factors: FactorsOf,
    /// What is left out.
    pub exclude: Exclusions,
}

/// Whose factors are mirrored beside those of users that somebody looks at or that an event is about. Okta lists them user by user,
/// so that everybody's cost a request each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FactorsOf {
    /// Those of admins.
    #[default]
    Admins,
    /// Those of everybody who is not deprovisioned, at no more than a tenth of the rate limit.
    All,
}

impl FactorsOf {
    /// Each by its name in the configuration.
    pub const NAMES: [(&'static str, Self); 2] = [("admins", Self::Admins), ("all", Self::All)];
}

/// What is left out of the mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// Whole resources: any but users, groups, apps, what connects these, and the log.
    pub resources: BTreeSet<Resource>,
    /// Apps that are not active.
    pub inactive_apps: bool,
    /// Users who are deprovisioned.
    pub deprovisioned_users: bool,
    /// Groups that an app or a directory masters.
    pub app_groups: bool,
    /// When not empty, all users but those with an e-mail address in one of these domains (lower case, without `@`).
    pub email_domains_only: Vec<String>,
}

impl SyncSettings {
    /// Whether a resource is left out, itself or because it hangs below one that is.
    pub fn is_excluded(&self, resource: Resource) -> bool {
        let excluded = |resource| self.exclude.resources.contains(&resource);
        excluded(resource) || resource == Resource::Factors && excluded(Resource::Admins)
    }
}

impl Default for SyncSettings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self {
            share: 0.5,
            users_delta: Duration::from_mins(5),
            groups_delta: Duration::from_mins(5),
            apps: Duration::from_hours(1),
            settings: Duration::from_hours(1),
            log_poll: Duration::from_secs(10),
            sweep: DAY,
            backfill: 7 * DAY,
            log_keep_days: None,
            log_keep_bytes: None,
            factors: FactorsOf::default(),
            exclude: Exclusions::default(),
        }
    }
}
