//! The status that clients are told, put together from what agent, store, sync and reader know.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::entry::EntryKind;
use crate::domain::resource::{
    BackfillEstimate, LogStatus, Phase, Resource, ResourceStatus, Stretch, TimeLeft, Wait,
};
use crate::domain::secret::Mark;
use crate::domain::text::SafeText;
use crate::domain::time::elapsed;
use crate::msg::queue::QueueStatus;
use crate::msg::status::{AgentInfo, BudgetStatus, Connection, Encryption, Status};
use crate::okta::{Bucket, Budget};
use crate::store::{self, Counts, Store};
use crate::sync;
use crate::sync::board::{Reach, Standings, blank};

use super::hunt;
use super::keeper::{Line, Online};
use super::problem;

/// Answers take less than this, but for long searches of the log.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// What never changes while an agent runs.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// What may be changed in Okta.
    pub(super) changes: super::Changes,
    pub(super) started: Timestamp,
    pub(super) data_dir: PathBuf,
    pub(super) host: SafeText,
    pub(super) stays: bool,
    pub(super) demo: bool,
    /// How files are encrypted, as the agent was told.
    pub(super) encryption: String,
}

/// How everything stands now. Reads the store, so it belongs where blocking is allowed.
pub(super) fn assemble(
    facts: &Facts,
    store: &Store,
    line: &Line,
    credential: Option<Mark>,
    clients: u32,
    now: Timestamp,
) -> Status {
    let online = match line {
        Line::Up(online) => Some(online.as_ref()),
        _ => None,
    };
    let standings = online
        .map(|online| online.sync.standings().borrow().clone())
        .unwrap_or_default();
    let slept = online.and_then(|online| standings.late_since(online.reader.server_now()));
    let log = log(store, &standings, slept);
    let told = online
        .map(|online| online.reader.budgets())
        .unwrap_or_default();
    let resources = resources(store, &standings, log.events, &told);
    let connection = connection(line, online, &standings);
    // Nobody knows for how long Okta will not answer.
    let is_online = matches!(connection, Connection::Online { .. });
    let first_reading_left = left(store, &standings, &resources, &told).filter(|_| is_online);
    Status {
        agent: agent(facts, clients),
        org: store.org(),
        host: facts.host.clone(),
        connection,
        credential,
        first_reading_left,
        resources,
        log,
        backfill_estimate: standings.backfill_estimate,
        budgets: budgets(told),
        revisions: *store.revisions().borrow(),
        requests: online
            .map(|online| online.reader.traffic().requests)
            .unwrap_or_default(),
        no_answer_since: asked_since(line, facts.started)
            .filter(|since| elapsed(*since, now) > ANSWER_LIMIT),
        troubles: store.troubles().iter().map(problem::of_store).collect(),
        disk_bytes: store.disk_bytes() + store.ballast_bytes(),
        encryption: encryption(facts, store),
        bad_items: standings.bad_items,
        queue: QueueStatus::default(),
    }
}

/// Since when a request has waited for its answer. An agent that cannot even begin has asked since it was started.
fn asked_since(line: &Line, started: Timestamp) -> Option<Timestamp> {
    match line {
        Line::Starting => Some(started),
        Line::Up(online) => online.reader.traffic().waits_since,
        Line::Down(_) => None,
    }
}

fn agent(facts: &Facts, clients: u32) -> AgentInfo {
    AgentInfo {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: facts.started,
        data_dir: facts.data_dir.display().to_string(),
        clients,
        stays: facts.stays,
        demo: facts.demo,
    }
}

fn encryption(facts: &Facts, store: &Store) -> Encryption {
    let found = store.encryption();
    let names = found.plain_aside.iter();
    Encryption {
        on: found.on,
        setting: facts.encryption.clone(),
        waiting: found.waiting as u64,
        plain_aside: names.map(|path| path.display().to_string()).collect(),
    }
}

fn connection(line: &Line, online: Option<&Online>, standings: &Standings) -> Connection {
    match (line, &standings.reach) {
        (Line::Down(connection), _) => connection.clone(),
        (_, Reach::Trouble { since, error }) => Connection::Trouble {
            since: *since,
            problem: problem::of_okta(error),
        },
        (Line::Up(_), Reach::Online) => Connection::Online {
            identity: online.and_then(|online| online.identity.clone()),
        },
        _ => Connection::Starting,
    }
}

fn resources(
    store: &Store,
    standings: &Standings,
    events: u64,
    budgets: &[Budget],
) -> Vec<ResourceStatus> {
    let counts = store.directory.counts();
    Resource::ALL
        .into_iter()
        .map(|resource| {
            let mut line = standings
                .resources
                .get(&resource)
                .cloned()
                .unwrap_or_else(|| blank(resource));
            line.objects = match objects(&counts, events, resource) {
                Some(objects) => objects,
                None => EntryKind::of(resource)
                    .map(|kind| store.directory.entry_count(kind))
                    .sum(),
            };
            line.complete_at = line
                .complete_at
                .or_else(|| store.directory.complete_at(resource));
            line.known_since = store.directory.known_since(resource);
            if matches!(line.phase, Phase::Reading { .. }) {
                line.waits = wait(resource, budgets);
            }
            line
        })
        .collect()
}

/// How long a first reading still takes.
fn left(
    store: &Store,
    standings: &Standings,
    lines: &[ResourceStatus],
    budgets: &[Budget],
) -> Option<TimeLeft> {
    if lines.iter().all(|line| line.complete_at.is_some()) {
        return None;
    }
    let unread = store.directory.unread();
    let under_way = standings.app_user_pages;
    sync::estimate::first_reading_left(lines, &unread, under_way, budgets)
}

/// What the requests for a resource wait for, when they wait for their limit.
fn wait(resource: Resource, budgets: &[Budget]) -> Option<Wait> {
    let bucket = Bucket::of_resource(resource);
    let budget = budgets.iter().find(|budget| budget.bucket == bucket)?;
    Some(Wait {
        until: budget.waits_until?,
        refused: budget.throttled_until.is_some(),
    })
}

/// How many the mirror has of a resource that is no list of entries.
fn objects(counts: &Counts, events: u64, resource: Resource) -> Option<u64> {
    Some(match resource {
        Resource::Users => counts.users,
        Resource::Groups => counts.groups,
        Resource::Apps => counts.apps,
        Resource::Memberships => counts.memberships,
        Resource::AppUsers => counts.app_users,
        Resource::AppGroups => counts.app_groups,
        Resource::Log => events,
        _ => return None,
    })
}

/// Since when what happened is not dated. A sync that reads its way into the mirror has not looked yet what there is to date.
fn undated(store: &Store, standings: &Standings) -> Option<Timestamp> {
    match standings.poll_interval {
        Some(_) => standings.undated,
        None => sync::watched::left_undated(store).unwrap_or_default(),
    }
}

fn log(store: &Store, standings: &Standings, slept: Option<Timestamp>) -> LogStatus {
    let summary = store.events.summary();
    LogStatus {
        newest: summary.newest,
        oldest: summary.oldest,
        polled: standings.polled,
        poll_interval: standings.poll_interval,
        caught_up: standings.caught_up,
        taken_up: standings.taken_up && slept.is_none(),
        undated: undated(store, standings).into_iter().chain(slept).min(),
        unsettled: standings.unsettled,
        gaps: store.events.gaps().unwrap_or_default(),
        complete: complete(store, standings).unwrap_or_default(),
        recount: sync::recounted(store).unwrap_or_default(),
        unwatched: sync::watched::unwatched(store).unwrap_or_default(),
        hunts: hunt::hunts(store),
        backfill: standings.backfill,
        events: summary.events,
        duplicates: summary.duplicates,
    }
}

/// The stretches of the log of which every event is stored.
fn complete(store: &Store, standings: &Standings) -> Result<Vec<Stretch>, store::Error> {
    let caught_up = standings.polled.filter(|_| standings.caught_up);
    store.events.coverage(sync::read_so_far(store, caught_up)?)
}

fn budgets(budgets: Vec<Budget>) -> Vec<BudgetStatus> {
    let mut budgets: Vec<BudgetStatus> = budgets
        .into_iter()
        .map(|budget| BudgetStatus {
            bucket: budget.bucket.to_string(),
            limit: budget.limit,
            remaining: budget.remaining,
            reset: budget.reset,
            throttled_until: budget.throttled_until,
        })
        .collect();
    budgets
        .sort_by_key(|budget| u64::from(budget.remaining) * 1_000 / u64::from(budget.limit.max(1)));
    budgets
}

/// What the rest of the log's history will cost to read, in one sentence.
pub(super) fn estimate_words(estimate: &BackfillEstimate) -> String {
    let BackfillEstimate {
        events,
        requests,
        minutes,
        disk_bytes,
    } = estimate;
    let megabytes = disk_bytes.div_ceil(1_000_000);
    format!(
        "reading the log's history: about {events} events left, {requests} requests, {minutes} min, {megabytes} MB on disk"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DirectoryOp;

    /// A million imported events were read before the sync knew how long nobody had watched: meanwhile the past was told as it had been known.
    #[tokio::test]
    async fn a_sync_that_has_not_begun_leaves_undated_what_the_last_one_left() {
        let store = Store::in_memory().unwrap();
        let until: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let mark = DirectoryOp::Mark {
            key: "watch".to_owned(),
            value: Some(r#"{"until":"2026-11-22T10:00:00Z","unwatched":[],"undated":null}"#.into()),
        };
        store.directory.apply(mark).await.unwrap();
        let mut standings = Standings::default();
        assert_eq!(log(&store, &standings, None).undated, Some(until));
        standings.poll_interval = Some(ANSWER_LIMIT);
        assert_eq!(log(&store, &standings, None).undated, None);
    }
}
