//! Imports under `kill -9`: at every sync and rename of the stores nothing that was acknowledged is lost, nothing is there twice, a gap is
//! filled only once all is there, and the same import done again stores the rest.
//!
//! What a killed process leaves is everything that it wrote, so an import is recorded on a [disk in memory](crate::store_disk), and the
//! disk is looked at as it was between any two of its operations.

use std::collections::BTreeSet;
use std::path::Path;

use oktop::domain::resource::{Gap, Stretch};
use oktop::okta::Export;
use oktop::okta::read_log_event;
use oktop::store::{EventBatch, Store};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::store_disk::{Op, SimDisk, Survives};
use crate::store_fixtures::{at, event, uuid, wait};

const DIR: &str = "/sim/data";
const EVENTS: u64 = 700;
/// Events of one list.
const PAGE: usize = 150;
/// Lists that are on their way at a time.
const UNDER_WAY: usize = 2;

/// Events of four days, all mixed up.
fn export() -> String {
    let number = |n: u64| n * 333 % EVENTS;
    let line = |n: u64| {
        let (event, _) = event(number(n), at(i64::try_from(number(n) * 450).unwrap()));
        format!(
            "{{\"uuid\":\"{}\",\"published\":\"{}\"}}\n",
            event.uuid, event.published
        )
    };
    (0..EVENTS).map(line).collect()
}

fn gap() -> Gap {
    Gap {
        from: at(0),
        to: at(400_000),
        reason: "told by a test".into(),
        filled: None,
    }
}

/// Imports all of it, and tells the disk how many events are acknowledged.
fn import(store: &Store, disk: &SimDisk) -> u64 {
    let text = export();
    let mut export = Export::open(text.as_bytes()).unwrap();
    let mut events = Vec::new();
    while let Some(next) = export.next_event().unwrap() {
        events.push(next.event.unwrap());
    }
    let (mut stored, mut taken) = (0, 0);
    for lists in events.chunks(PAGE * UNDER_WAY) {
        let batches = lists.chunks(PAGE).map(|list| {
            let read = |json: &String| read_log_event(json.clone()).unwrap();
            let events = list.iter().map(read).map(|item| (item.value, item.raw));
            store.events.append(EventBatch {
                events: events.collect(),
                marks: Vec::new(),
                at: at(500_000),
            })
        });
        for appended in wait(futures_util::future::join_all(batches)) {
            let appended = appended.unwrap();
            assert_eq!(appended.conflicts, 0);
            stored += appended.stored;
            taken += appended.stored + appended.duplicates;
        }
        disk.acknowledge(taken);
    }
    let all = Stretch {
        from: gap().from,
        to: gap().to,
    };
    wait(store.events.cover(all, at(500_001))).unwrap();
    disk.acknowledge(EVENTS + 1);
    stored
}

/// The first events of the export are there, each once; gives how many are.
fn check(store: &Store, acknowledged: u64) -> u64 {
    let all = store.events.uuids().unwrap();
    let distinct: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(distinct.len(), all.len(), "something is stored twice");
    assert_eq!(store.events.summary().events, all.len() as u64);
    let must = (0..acknowledged.min(EVENTS)).map(|n| uuid(n * 333 % EVENTS));
    assert!(
        must.into_iter().all(|it| distinct.contains(&it)),
        "an acknowledged event is lost"
    );
    let gaps = store.events.gaps().unwrap();
    assert_eq!(gaps.len(), 1);
    let is_filled = gaps[0].filled.is_some();
    assert!(is_filled || acknowledged <= EVENTS);
    assert!(!is_filled || distinct.len() as u64 == EVENTS);
    all.len() as u64
}

#[test]
fn an_import_that_is_killed_anywhere_loses_nothing_and_doubles_nothing() {
    let disk = SimDisk::new();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    wait(store.events.add_gap(gap())).unwrap();
    store.close().unwrap();
    let mut replay = disk.record();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    assert_eq!(import(&store, &disk), EVENTS);
    store.close().unwrap();

    let mut dice = StdRng::seed_from_u64(1);
    let (mut acknowledged, mut kills) = (0, 0);
    for op in disk.recorded() {
        if let Op::Sync(_) | Op::Rename(..) = op {
            // Before it; what it leaves is looked at before the next one.
            let left = replay.cut(Survives::All, &mut dice).disk();
            let store = left.open_store(Path::new(DIR)).unwrap();
            let there = check(&store, acknowledged);
            assert_eq!(import(&store, &left), EVENTS - there);
            check(&store, EVENTS + 1);
            kills += 1;
        }
        if let Op::Ack(count) = op {
            acknowledged = count;
        }
        replay.step(&op);
    }
    assert!(kills > 20, "only {kills} places");
}
