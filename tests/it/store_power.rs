//! The stores under a cut of power: whatever of the unsynced writes is on the disk afterwards, what was acknowledged is there,
//! nothing is torn, and every file opens without being read from end to end.
//!
//! The stores write to a [disk in memory](crate::store_disk) that remembers all of it. Between any two of its operations an image is
//! made of what a cut could leave (none, all, some, or pieces of 512 or 4,096 bytes of what no sync followed), opened, and compared
//! with what had been acknowledged by then. "All" is what `kill -9` leaves, and it is tried between every two operations. Some of
//! the images suffer a second cut while they are being opened.
//!
//! Three in ten of the images are of encrypted stores. The long campaign: `OKTOP_POWER_IMAGES=100000 cargo test --test it store_power:: -- --nocapture`.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use oktop::store::{Keys, Store};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::store_crash::{check_directory, check_events, directory_page, event_page};
use crate::store_disk::{Op, Replay, SimDisk, Survives};
use crate::store_fixtures::{keys, wait};

const DIR: &str = "/sim/data";
/// Images in `cargo test`.
const IMAGES: u64 = 3_100;
/// Pages written to each store while everything is recorded.
const PAGES: u64 = 6;

fn wanted() -> u64 {
    let wanted = std::env::var("OKTOP_POWER_IMAGES");
    wanted.map_or(IMAGES, |count| count.parse().unwrap())
}

/// A disk that a store was filled on, and everything that happened to it from the very first file on.
struct Recording {
    start: Replay,
    ops: Vec<Op>,
}

fn record(pages: u64, keys: Keys) -> Recording {
    let disk = SimDisk::new();
    disk.use_keys(keys);
    let start = disk.record();
    for half in [0..pages / 2, pages / 2..pages] {
        let store = disk.open_store(Path::new(DIR)).unwrap();
        for page in half {
            write_page(&store, page);
            disk.acknowledge(page + 1);
        }
        // The second half goes on in a store that was closed in good order.
        store.close().unwrap();
    }
    Recording {
        start,
        ops: disk.recorded(),
    }
}

fn write_page(store: &Store, page: u64) {
    wait(store.directory.apply(directory_page(page))).unwrap();
    wait(store.events.append(event_page(page))).unwrap();
}

/// What a cut left: everything acknowledged, nothing torn, and the work can go on.
fn check(disk: &SimDisk, acknowledged: u64, goes_on: bool) {
    let store = disk.open_store(Path::new(DIR)).unwrap();
    assert_eq!(disk.repairs(), 0, "a file was read from end to end");
    let pages = check_directory(&store, acknowledged);
    assert!(pages <= acknowledged + 1, "a page came from nowhere");
    check_events(&store, acknowledged);
    if goes_on {
        let mark = store.events.mark("pages").unwrap();
        let next = mark.map_or(0, |pages| pages.parse().unwrap());
        wait(store.events.append(event_page(next))).unwrap();
        wait(store.directory.apply(directory_page(pages))).unwrap();
        check_events(&store, next + 1);
        check_directory(&store, pages + 1);
    }
}

/// A place to cut: after so many operations, when so many pages had been acknowledged.
struct Cut<'a> {
    replay: Replay,
    acknowledged: u64,
    next: Option<&'a Op>,
}

/// Calls `see` for the state after each operation.
fn cuts(recording: &Recording, mut see: impl FnMut(usize, &Cut<'_>)) {
    let mut cut = Cut {
        replay: recording.start.clone(),
        acknowledged: 0,
        next: recording.ops.first(),
    };
    see(0, &cut);
    for (number, op) in recording.ops.iter().enumerate() {
        cut.replay.step(op);
        cut.next = recording.ops.get(number + 1);
        if let Op::Ack(pages) = op {
            cut.acknowledged = *pages;
        }
        see(number + 1, &cut);
    }
}

const WAYS: [Survives; 5] = [
    Survives::All,
    Survives::None,
    Survives::Some,
    Survives::Torn(512),
    Survives::Torn(4_096),
];

/// Which images one worker makes.
struct Task {
    worker: u64,
    workers: u64,
    /// How many of the images that need not be made are.
    share: f64,
    seed: u64,
}

/// What one worker of the campaign does: its share of the places, each in some of the ways.
fn campaign(recording: &Recording, task: &Task, done: &AtomicU64) {
    let mut dice = StdRng::seed_from_u64(task.seed);
    cuts(recording, |number, cut| {
        if number as u64 % task.workers != task.worker {
            return;
        }
        for way in WAYS {
            // What is settled is the same in every way. Every sync and every rename is tried in one way at least.
            let matters = matches!(cut.next, Some(Op::Sync(_) | Op::Rename(..)));
            let must = way == Survives::All && matters;
            if (cut.replay.is_settled() && way != Survives::All)
                || !(must || dice.random_bool(task.share))
            {
                continue;
            }
            let count = done.fetch_add(1, Ordering::Relaxed);
            let disk = cut.replay.cut(way, &mut dice).disk();
            if count.is_multiple_of(10) {
                check_twice(&disk, cut.acknowledged, &mut dice);
            }
            check(&disk, cut.acknowledged, count.is_multiple_of(7));
        }
    });
}

/// The power fails again while the image is being opened.
fn check_twice(disk: &SimDisk, acknowledged: u64, dice: &mut StdRng) {
    let copy = disk.copy();
    let mut replay = copy.record();
    drop(copy.open_store(Path::new(DIR)).unwrap());
    let ops = copy.recorded();
    for op in &ops[..dice.random_range(0..=ops.len())] {
        replay.step(op);
    }
    let way = WAYS[dice.random_range(0..WAYS.len())];
    check(&replay.cut(way, dice).disk(), acknowledged, false);
}

#[test]
fn a_cut_of_power_loses_nothing_that_was_acknowledged() {
    println!(
        "{}",
        images(&record(PAGES, Keys::default()), wanted() * 7 / 10)
    );
}

#[test]
fn a_cut_of_power_loses_nothing_that_was_encrypted() {
    println!("{}", images(&record(PAGES, keys('a')), wanted() * 3 / 10));
}

/// Makes so many images of what was recorded and looks at each; says how many there were.
fn images(recording: &Recording, wanted: u64) -> String {
    let (mut places, mut always) = (0u64, 0u64);
    cuts(recording, |_, cut| {
        places += if cut.replay.is_settled() { 1 } else { 5 };
        always += u64::from(matches!(cut.next, Some(Op::Sync(_) | Op::Rename(..))));
    });
    let rounds = wanted.div_ceil(places);
    let (each, free) = (wanted as f64 / rounds as f64, (places - always) as f64);
    let share = ((each - always as f64) / free).clamp(0.0, 1.0);
    let done = AtomicU64::new(0);
    let workers = thread::available_parallelism().map_or(2, |count| count.get() as u64);
    for round in 0..rounds {
        thread::scope(|scope| {
            for worker in 0..workers {
                let task = Task {
                    worker,
                    workers,
                    share,
                    seed: round * workers + worker,
                };
                let done = &done;
                scope.spawn(move || campaign(recording, &task, done));
            }
        });
    }
    let done = done.into_inner();
    assert!(done * 10 >= wanted * 9, "only {done} images");
    format!("{done} images of {places} possible ones, {always} of them at a sync or a rename")
}
