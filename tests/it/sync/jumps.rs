//! A clock that is set while the agent works: back an hour, forward a day, back to 1970. Polls come as before, neither more nor fewer;
//! no event is lost or stored twice, nothing is archived, and nothing is said to be of a time that it is not.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oktop::clock::{Clock, Hand};
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::resource::Resource;
use oktop::sim::{Options, Simulator};
use oktop::store::Store;
use serde_json::json;

use super::{Campaign, incomplete, options};

const STEP: Duration = Duration::from_secs(10);
/// Steps after each jump.
const STEPS: usize = 24;

/// An org and a mirror of it, each with a clock of its own; time passes for both alike.
struct Apart {
    campaign: Campaign,
    orgs: Hand,
    ours: Hand,
    org_clock: Clock,
}

impl Apart {
    async fn start() -> Self {
        let start: Timestamp = "2026-11-22T10:20:00Z".parse().unwrap();
        let (org_clock, orgs) = Clock::manual(start);
        let (clock, ours) = Clock::manual(start);
        let small = Options {
            users: 40,
            groups: 6,
            apps: 3,
            ..options()
        };
        let sim = Simulator::new(&small, org_clock.clone());
        let (store, settings) = (Store::in_memory().unwrap(), SyncSettings::default());
        let campaign = Campaign::with(sim, store, clock, &small, settings);
        let report = campaign.read_everything().await;
        assert!(report.complete, "{:?}", incomplete(&report));
        Self {
            campaign,
            orgs,
            ours,
            org_clock,
        }
    }

    fn pass(&self, span: Duration) {
        self.orgs.advance(span);
        self.ours.advance(span);
    }

    /// Lets a poll's time go by, and then more, a second at a time, until the poll has come; that it comes an hour late is no excuse.
    async fn step(&self) {
        let before = self.org_clock.now();
        self.pass(STEP);
        let standings = self.campaign.handle().standings();
        // The last thing that a poll does: only then the next one is counted from.
        let ended = || standings.borrow().resources[&Resource::Log].complete_at;
        // What is known of Okta's clock has half a second.
        while ended() < Some(before + SignedDuration::from_secs(2)) {
            let waited = self.org_clock.now().duration_since(before);
            assert!(
                waited < SignedDuration::from_mins(50),
                "the log is polled no more: {:?}",
                standings.borrow().reach
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
            self.pass(Duration::from_secs(1));
        }
    }

    fn assert_times_are_of(&self, from: Timestamp) {
        let to = self.org_clock.now() + SignedDuration::from_secs(5);
        let standings = self.campaign.handle().standings();
        for (resource, line) in &standings.borrow().resources {
            let told = line.complete_at.unwrap();
            assert!(from <= told && told <= to, "{resource}: {told}");
        }
        let known = self.campaign.store.directory.known_since(Resource::Users);
        assert!(known.is_some_and(|since| from <= since && since <= to));
        let changes =
            self.campaign
                .store
                .directory
                .changes(Timestamp::MIN, Timestamp::MAX, None, 10_000);
        for change in changes.unwrap() {
            assert!(from <= change.at && change.at <= to, "{change:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_changes_nothing() {
    let apart = Apart::start().await;
    let campaign = &apart.campaign;
    let from = apart.org_clock.now() - SignedDuration::from_hours(24);
    for _ in 0..9 {
        apart.step().await;
    }
    let users = campaign.users("", false).len();
    let to_1970 = -SignedDuration::from_hours(56 * 365 * 24);
    let jumps = [
        -SignedDuration::from_hours(1),
        SignedDuration::from_hours(25),
        to_1970,
        -to_1970,
    ];
    for (number, jump) in jumps.into_iter().enumerate() {
        apart.ours.jump(jump);
        let name = format!("After Jump {number}");
        campaign
            .change(json!({"change": "create_group", "name": name, "description": null}))
            .await;
        let before = campaign.requests().await;
        for _ in 0..STEPS {
            apart.step().await;
        }
        let asked = campaign.requests().await - before;
        // Six polls a minute, a delta now and then, and what the event hints at.
        assert!(
            asked <= STEPS as u64 + 16,
            "{asked} requests after {jump:?}"
        );
        assert!(campaign.group(&name).is_some(), "{name} is not mirrored");
    }
    assert_eq!(campaign.users("", false).len(), users);
    assert_eq!(
        campaign.users("", true).len(),
        users,
        "somebody was archived"
    );
    let stored = campaign.stored_events();
    let distinct: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(distinct.len(), stored.len(), "something is stored twice");
    assert_eq!(
        campaign.true_events().await.difference(&distinct).count(),
        0
    );
    assert!(campaign.store.events.gaps().unwrap().is_empty());
    apart.assert_times_are_of(from);
}
