//! Hours of the log counted again: what the polls were never given is found a day later, and the hours before and after are proven.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use oktop::clock::{Clock, Hand};
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::resource::{Gap, Recount, Stretch};
use oktop::okta::read_log_event;
use oktop::sim::Options;
use oktop::store::EventBatch;
use oktop::sync::recounted;
use serde_json::json;

use super::{Campaign, incomplete, options};

/// An org whose log is followed, on a clock that a test moves.
async fn start() -> (Campaign, Hand) {
    let start: Timestamp = "2026-11-22T10:20:00Z".parse().unwrap();
    let (clock, hand) = Clock::manual(start);
    let small = Options {
        users: 40,
        groups: 6,
        apps: 3,
        ..options()
    };
    let campaign = Campaign::on(clock, &small, SyncSettings::default());
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    // What is hidden from now on must be all that is missing.
    let standings = campaign.handle().standings();
    let deadline = Instant::now() + Duration::from_mins(3);
    while !standings
        .borrow()
        .backfill
        .is_some_and(|history| history.done)
    {
        assert!(Instant::now() < deadline, "the history was not read");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (campaign, hand)
}

/// Lets the time go by, ten minutes at a time, until `holds`.
async fn pass_time(hand: &Hand, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(3);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        hand.advance(Duration::from_mins(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Campaign {
    fn recount(&self) -> Option<Recount> {
        recounted(&self.store).unwrap()
    }

    /// Up to when all is proven.
    fn proven_to(&self) -> Option<Timestamp> {
        Some(self.recount()?.proven.last()?.to)
    }

    fn polled(&self) -> Option<Timestamp> {
        self.handle().standings().borrow().polled
    }

    async fn missing(&self) -> BTreeSet<String> {
        let stored: BTreeSet<String> = self.stored_events().into_iter().collect();
        self.true_events()
            .await
            .difference(&stored)
            .cloned()
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_poll_brought_is_found_when_its_hour_is_counted_again() {
    let (campaign, hand) = start().await;
    campaign.veil.quiet.store(true, Ordering::Relaxed);
    campaign
        .change(json!({"change": "create_group", "name": "Night Shift", "description": null}))
        .await;
    let changed = campaign.clock.now();
    let later = changed + Duration::from_hours(1);
    pass_time(&hand, "the polls pass it", || {
        campaign.polled() > Some(later)
    })
    .await;
    let missing = campaign.missing().await;
    assert!(!missing.is_empty(), "the polls brought it");
    campaign.veil.quiet.store(false, Ordering::Relaxed);
    // A gap that nothing else closes.
    let gap = Gap {
        from: changed - Duration::from_mins(1),
        to: changed + Duration::from_mins(1),
        reason: "3 events could not be read".into(),
        filled: None,
    };
    campaign.store.events.add_gap(gap).await.unwrap();

    pass_time(&hand, "its hour is proven", || {
        campaign.proven_to() > Some(later)
    })
    .await;
    assert_eq!(campaign.missing().await, BTreeSet::new());
    let recount = campaign.recount().unwrap();
    assert_eq!(recount.recovered, missing.len() as u64);
    assert_eq!(recount.proven.len(), 1, "{recount:?}");
    // From a day before the log was first followed, to the hour.
    assert_eq!(recount.proven[0].from.to_string(), "2026-11-21T10:00:00Z");
    let gaps = campaign.store.events.gaps().unwrap();
    assert!(gaps.iter().all(|gap| gap.filled.is_some()), "{gaps:?}");
    assert_eq!(campaign.store.events.summary().duplicates, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_lacks_what_is_stored_proves_nothing() {
    let (campaign, hand) = start().await;
    let moment = "2026-11-21T12:30:00.000Z";
    let unknown = json!({"uuid": "0f0f0f0f-1111-2222-3333-444444444444", "published": moment});
    let item = read_log_event(unknown.to_string()).unwrap();
    let batch = EventBatch {
        events: vec![(item.value, item.raw)],
        ..EventBatch::default()
    };
    campaign.store.events.append(batch).await.unwrap();
    let end: Timestamp = "2026-11-21T15:00:00Z".parse().unwrap();
    pass_time(&hand, "later hours are proven", || {
        campaign.proven_to() >= Some(end)
    })
    .await;
    let recount = campaign.recount().unwrap();
    let bounds = |stretch: &Stretch| (stretch.from.to_string(), stretch.to.to_string());
    let proven: Vec<_> = recount.proven.iter().map(bounds).collect();
    assert_eq!(
        proven[0],
        (
            "2026-11-21T10:00:00Z".to_owned(),
            "2026-11-21T12:00:00Z".to_owned()
        )
    );
    assert_eq!(
        (proven.len(), proven[1].0.as_str()),
        (2, "2026-11-21T13:00:00Z")
    );
    assert_eq!(recount.recovered, 0);
}
