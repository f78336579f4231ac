//! Retention and migrations under `kill -9`: at every sync, rename and removal nothing that is to be kept is lost, nothing is there
//! twice, every store opens, and whoever comes next ends what was begun.
//!
//! What a killed process leaves is everything that it wrote, so each is recorded on a [disk in memory](crate::store_disk), and the disk is
//! looked at as it was between any two of its operations. Some are done by a real process as well, which stops at each such place
//! in turn and is killed there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use oktop::domain::org::Org;
use oktop::domain::query::{EventAnchor, EventQuery};
use oktop::domain::resource::Stretch;
use oktop::store::medium::{Disk, Medium as _};
use oktop::store::sealed::Sealed;
use oktop::store::{Error, Keep, Keys, Settings, Store};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use redb::{Database, ReadableTable as _, TableDefinition};

use crate::stepped::{Stepped, SteppedDisk, say};
use crate::store_crash::{check_directory, check_events, directory_page, event_page};
use crate::store_damage::{ask_everything, fill, from_before_the_checksums};
use crate::store_disk::{Op, Replay, SimDisk, Survives};
use crate::store_fixtures::{at, event, wait};

const DIR: &str = "/sim/data";
/// Pages of five hours: six days of events.
const PAGES: u64 = 24;
const EVENTS_PER_PAGE: u64 = 60;
const HELD: &str = "a case";
/// Of so many writes in a row the disk is looked at after one.
const SOME: usize = 101;

fn published(n: u64) -> Timestamp {
    at(i64::try_from(n * 300).unwrap())
}

fn day_of(n: u64) -> i64 {
    published(n).as_second().div_euclid(86_400)
}

/// Calls `see` with the disk as a kill leaves it: before and after every sync, rename, removal and creation, and at some of the writes in
/// between; and with what had been acknowledged by then. Gives how many places there were.
fn each_kill(start: Replay, ops: &[Op], mut see: impl FnMut(SimDisk, u64)) -> usize {
    let mut replay = start;
    let mut dice = StdRng::seed_from_u64(1);
    let (mut acknowledged, mut places) = (0, 0);
    for (number, op) in ops.iter().enumerate() {
        if number.is_multiple_of(SOME) || !matches!(op, Op::Write(..) | Op::SetSize(..)) {
            see(replay.cut(Survives::All, &mut dice).disk(), acknowledged);
            places += 1;
        }
        if let Op::Ack(number) = op {
            acknowledged = *number;
        }
        replay.step(op);
    }
    see(replay.cut(Survives::All, &mut dice).disk(), acknowledged);
    places + 1
}

fn keep() -> Keep {
    Keep {
        days: Some(2),
        bytes: None,
    }
}

fn now() -> Timestamp {
    published(PAGES * EVENTS_PER_PAGE)
}

/// Fills the log, and holds one of the days that are too old.
fn fill_log(store: &Store) {
    for page in 0..PAGES {
        wait(store.events.append(event_page(page))).unwrap();
    }
    let second = published(2 * 86_400 / 300);
    wait(store.events.hold(HELD, second, second)).unwrap();
}

/// Removes what is too old, and tells when that is done; then the log goes on.
fn retain(store: &Store, mut done: impl FnMut(u64)) {
    wait(store.events.retain(keep(), now())).unwrap();
    done(1);
    wait(store.events.append(event_page(PAGES))).unwrap();
    done(2);
}

/// The days that are kept whatever happens.
fn kept_days() -> BTreeSet<i64> {
    let newest = day_of(PAGES * EVENTS_PER_PAGE - 1);
    let held = day_of(2 * 86_400 / 300);
    (newest - 2..=newest).chain([held]).collect()
}

/// Days are there as a whole or not at all, those to be kept are there, and nothing that is gone is called complete.
fn check_retention(store: &Store, acknowledged: u64) {
    let all = store.events.uuids().unwrap();
    let there: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(there.len(), all.len(), "something is stored twice");
    assert_eq!(store.events.summary().events, all.len() as u64);
    let mut days: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for n in 0..PAGES * EVENTS_PER_PAGE {
        let (had, has) = days.entry(day_of(n)).or_default();
        *had += 1;
        *has += u64::from(there.contains(&event(n, published(n)).0.uuid));
    }
    let whole = Stretch {
        from: published(0),
        to: now(),
    };
    let complete = store.events.coverage(Some(whole)).unwrap();
    for (day, (had, has)) in days {
        assert!(
            has == had || has == 0,
            "of day {day} {has} of {had} are there"
        );
        let must = kept_days().contains(&day);
        assert!(has == had || !must, "day {day} is lost");
        assert!(has == 0 || must || acknowledged == 0, "day {day} is back");
        let noon = Timestamp::from_second(day * 86_400 + 43_200).unwrap();
        let told = complete.iter().any(|one| one.from <= noon && noon < one.to);
        assert!(!told || has > 0, "day {day} is gone and told as complete");
    }
    let mark = store.events.mark("pages").unwrap();
    assert!(mark == Some((PAGES + 1).to_string()) || acknowledged < 2);
}

/// Whoever comes next ends it.
fn check_end_of_retention(store: &Store) {
    retain(store, |_| ());
    check_retention(store, 2);
    // With the day that the last page may have begun.
    assert!(store.events.summary().days <= kept_days().len() as u64 + 1);
}

#[test]
fn retention_that_is_killed_anywhere_keeps_what_is_to_be_kept() {
    let disk = SimDisk::new();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    fill_log(&store);
    store.close().unwrap();
    let start = disk.record();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    retain(&store, |number| disk.acknowledge(number));
    store.close().unwrap();
    let ops = disk.recorded();
    let removed = ops.iter().filter(|op| matches!(op, Op::Remove(_))).count();
    assert!(removed >= 2, "only {removed} days left");
    let places = each_kill(start, &ops, |left, acknowledged| {
        let store = left.open_store(Path::new(DIR)).unwrap();
        assert_eq!(left.repairs(), 0, "a file was read from end to end");
        check_retention(&store, acknowledged);
        check_end_of_retention(&store);
    });
    assert!(places > 20, "only {places} places");
}

type Bytes = &'static [u8];
const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
const MARKS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("marks");
const SEALED: TableDefinition<'_, u32, u32> = TableDefinition::new("sealed");
const POSTINGS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("postings");
const BODIES: TableDefinition<'_, (u64, u16), Bytes> = TableDefinition::new("bodies");
const COLD: TableDefinition<'_, u64, Bytes> = TableDefinition::new("cold");
const REMOVED: TableDefinition<'_, i32, bool> = TableDefinition::new("removed");
const DAYS_HELD: TableDefinition<'_, (&str, i32), ()> = TableDefinition::new("held");
const PICTURES: TableDefinition<'_, (u8, u32, u32), Bytes> = TableDefinition::new("pictures");

/// Makes a file what an older version wrote.
type MakeOlder = fn(&redb::WriteTransaction);

/// A day without marks and postings, whose bodies are in one piece.
fn older_day(transaction: &redb::WriteTransaction) {
    transaction.delete_table(MARKS).unwrap();
    transaction.delete_table(SEALED).unwrap();
    transaction.delete_table(POSTINGS).unwrap();
    let mut whole: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for piece in transaction.open_table(BODIES).unwrap().iter().unwrap() {
        let (name, bytes) = piece.unwrap();
        whole
            .entry(name.value().0)
            .or_default()
            .extend(bytes.value());
    }
    transaction.delete_table(BODIES).unwrap();
    let mut cold = transaction.open_table(COLD).unwrap();
    for (key, bodies) in whole {
        cold.insert(key, bodies.as_slice()).unwrap();
    }
    drop(cold);
    put_schema(transaction, 1);
}

/// An index that does not know of days that leave or are held.
fn older_index(transaction: &redb::WriteTransaction) {
    transaction.delete_table(REMOVED).unwrap();
    transaction.delete_table(DAYS_HELD).unwrap();
    put_schema(transaction, 1);
}

/// A directory without pictures.
fn older_directory(transaction: &redb::WriteTransaction) {
    // It may have none yet.
    let _ = transaction.delete_table(PICTURES);
    put_schema(transaction, 2);
}

/// A directory that this version does not read.
fn ancient_directory(transaction: &redb::WriteTransaction) {
    put_schema(transaction, 1);
}

fn put_schema(transaction: &redb::WriteTransaction, schema: u8) {
    let mut meta = transaction.open_table(META).unwrap();
    meta.insert("schema", [1, schema].as_slice()).unwrap();
}

fn change(database: Database, change: MakeOlder) {
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
    database.close().unwrap();
}

/// What a file of the log is made of in an older version; `None` for a file that is not of the log.
fn older_file_of_the_log(path: &Path) -> Option<MakeOlder> {
    if path.extension()? != "redb" || path.parent()?.file_name()? != "events" {
        None
    } else if path.file_name()? == "index.redb" {
        Some(older_index)
    } else {
        Some(older_day)
    }
}

impl SimDisk {
    fn change(&self, path: &Path, make_older: MakeOlder) {
        let file = Sealed::new(self.open(path).unwrap().unwrap());
        change(
            Database::builder().create_with_backend(file).unwrap(),
            make_older,
        );
    }
}

/// Pages that an older version wrote, and those that this one adds.
const OLD_PAGES: u64 = 6;
const NEW_PAGES: u64 = 3;

/// Events with the bodies that they came with.
fn check_bodies(store: &Store) {
    let query = EventQuery {
        anchor: EventAnchor::Oldest,
        limit: 10_000,
        with_raw: true,
        ..EventQuery::default()
    };
    let rows = store.events.window(&query, now()).unwrap().rows;
    assert_eq!(rows.len() as u64, store.events.summary().events);
    let mut starts = 0;
    for row in rows {
        let (_, number) = row.event.uuid.0.split_at(8);
        let n = u64::from_be_bytes(number.try_into().unwrap());
        let (event, raw) = event(n, published(n));
        assert_eq!((row.event, row.raw), (event, Some(raw)));
        starts += usize::from(n.is_multiple_of(3));
    }
    let query = EventQuery {
        filter: "eventType=user.session.start".into(),
        limit: 10_000,
        ..EventQuery::default()
    };
    let found = store.events.window(&query, now()).unwrap().rows;
    assert_eq!(found.len(), starts);
}

/// Writes to a log of an older version: new pages, and one that comes again, for which its day is opened.
fn go_on_with_the_log(store: &Store, mut done: impl FnMut(u64)) {
    let mark = store.events.mark("pages").unwrap();
    let next: u64 = mark.map_or(0, |pages| pages.parse().unwrap());
    for page in next..OLD_PAGES + NEW_PAGES {
        let mut again = event_page(0);
        again.marks.clear();
        let again = wait(store.events.append(again)).unwrap();
        assert_eq!((again.stored, again.duplicates), (0, EVENTS_PER_PAGE));
        wait(store.events.append(event_page(page))).unwrap();
        done(page + 1);
    }
}

#[test]
fn a_log_of_an_older_version_that_is_killed_while_it_is_taken_over_loses_nothing() {
    let disk = SimDisk::new();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    for page in 0..OLD_PAGES {
        wait(store.events.append(event_page(page))).unwrap();
    }
    store.close().unwrap();
    for path in disk.paths() {
        if let Some(make_older) = older_file_of_the_log(&path) {
            disk.change(&path, make_older);
        }
    }
    let start = disk.record();
    disk.acknowledge(OLD_PAGES);
    let store = disk.open_store(Path::new(DIR)).unwrap();
    go_on_with_the_log(&store, |pages| disk.acknowledge(pages));
    store.close().unwrap();
    let places = each_kill(start, &disk.recorded(), |left, acknowledged| {
        let store = left.open_store(Path::new(DIR)).unwrap();
        check_events(&store, acknowledged.max(OLD_PAGES));
        check_bodies(&store);
        go_on_with_the_log(&store, |_| ());
        check_events(&store, OLD_PAGES + NEW_PAGES);
        check_bodies(&store);
        store.close().unwrap();
    });
    assert!(places > 40, "only {places} places");
}

fn org() -> Org {
    Org {
        id: "00o1".parse().unwrap(),
        host: "acme.okta.example".into(),
        company: None,
        pipeline: None,
    }
}

/// A disk with a directory, of which the file is then made older.
fn older_directory_disk(make_older: MakeOlder) -> SimDisk {
    let disk = SimDisk::new();
    let store = disk
        .open_store_with(Path::new(DIR), Settings::default())
        .unwrap();
    wait(store.bind_org(&org())).unwrap();
    for page in 0..OLD_PAGES {
        wait(store.directory.apply(directory_page(page))).unwrap();
    }
    store.close().unwrap();
    disk.change(&Path::new(DIR).join("directory.redb"), make_older);
    disk
}

#[test]
fn a_directory_without_pictures_that_is_killed_while_it_gets_them_loses_nothing() {
    let disk = older_directory_disk(older_directory);
    let go_on = |store: &Store, disk: &SimDisk| {
        let run = check_directory(store, OLD_PAGES);
        for page in run..OLD_PAGES + NEW_PAGES {
            wait(store.directory.apply(directory_page(page))).unwrap();
            disk.acknowledge(page + 1);
        }
    };
    let start = disk.record();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    go_on(&store, &disk);
    store.close().unwrap();
    let places = each_kill(start, &disk.recorded(), |left, acknowledged| {
        let store = left.open_store(Path::new(DIR)).unwrap();
        check_directory(&store, acknowledged.max(OLD_PAGES));
        go_on(&store, &left);
        store.close().unwrap();
        let store = left.open_store(Path::new(DIR)).unwrap();
        check_directory(&store, OLD_PAGES + NEW_PAGES);
        assert!(store.directory.opening().drawn > 0, "it got no pictures");
    });
    assert!(places > 10, "only {places} places");
}

#[test]
fn a_directory_that_is_moved_aside_is_never_another_orgs_wherever_it_is_killed() {
    let disk = older_directory_disk(ancient_directory);
    let aside = Path::new(DIR).join("directory.redb.schema-1");
    let before = disk.content(&Path::new(DIR).join("directory.redb"));
    let start = disk.record();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    disk.acknowledge(1);
    store.close().unwrap();
    let other = Org {
        id: "00o2".parse().unwrap(),
        ..org()
    };
    let places = each_kill(start, &disk.recorded(), |left, _| {
        let store = left.open_store(Path::new(DIR)).unwrap();
        assert_eq!(store.directory.counts().users, 0);
        let refused = wait(store.bind_org(&other));
        assert!(
            matches!(refused, Err(Error::OtherOrg { .. })),
            "{refused:?}"
        );
        wait(store.bind_org(&org())).unwrap();
        wait(store.directory.apply(directory_page(0))).unwrap();
        store.close().unwrap();
        assert_eq!(
            left.content(&aside).len(),
            before.len(),
            "what was mirrored is lost"
        );
    });
    assert!(places > 5, "only {places} places");
}

#[test]
fn sealing_an_older_store_that_is_killed_anywhere_ends_with_the_same_store() {
    let truth = ask_everything(&fill(Keys::default()));
    let disk = from_before_the_checksums();
    let start = disk.record();
    disk.open_store(Path::new(DIR)).unwrap().close().unwrap();
    let places = each_kill(start, &disk.recorded(), |left, _| {
        assert!(ask_everything(&left) == truth, "it answers otherwise");
        let unfinished = |path: &PathBuf| path.extension().is_some_and(|word| word == "new");
        assert_eq!(left.paths().into_iter().find(unfinished), None);
    });
    assert!(places > 10, "only {places} places");
}

const CHILD_DIR: &str = "OKTOP_TEST_KILLED_DIR";
const CHILD_WORK: &str = "OKTOP_TEST_KILLED_WORK";
const CHILD_STEPS: &str = "OKTOP_TEST_KILLED_STEPS";
const RETENTION: &str = "retention";
const MIGRATION: &str = "migration";

/// Not a test but the process that is killed; without the variables it does nothing.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD_DIR) else {
        return;
    };
    let steps = std::env::var(CHILD_STEPS).unwrap().parse().unwrap();
    let medium = SteppedDisk(Arc::new(Stepped::before(steps)));
    let store = Store::open_on(Arc::new(medium), Path::new(&dir), Settings::default()).unwrap();
    match std::env::var(CHILD_WORK).unwrap().as_str() {
        RETENTION => retain(&store, |number| say(&number.to_string())),
        _ => go_on_with_the_log(&store, |pages| say(&pages.to_string())),
    }
    store.close().unwrap();
    say("done");
}

/// Runs the child until it stops after so many steps, and kills it there. Gives the last number that it acknowledged, and whether it came
/// to its end instead.
fn kill_after(steps: u32, work: &str, dir: &Path) -> (u64, bool) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store_kills::child", "--nocapture"])
        .env(CHILD_DIR, dir)
        .env(CHILD_WORK, work)
        .env(CHILD_STEPS, steps.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut acknowledged, mut is_done, mut is_killed) = (0, false, false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The harness writes on the same line before.
        match line
            .unwrap()
            .rsplit_once("ack ")
            .map(|(_, word)| word.to_owned())
        {
            Some(word) if word == "here" => {
                child.kill().unwrap();
                is_killed = true;
            }
            Some(word) if word == "done" => is_done = true,
            Some(number) => acknowledged = number.parse().unwrap(),
            None => {}
        }
    }
    child.wait().unwrap();
    assert!(is_done || is_killed, "the child failed");
    (acknowledged, is_done)
}

/// Copies directories and files; whatever else there is stays behind.
pub(crate) fn copy(from: &Path, to: &Path) {
    Disk.prepare_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Kills the work after ever more steps, each time in a copy of what `prepared` holds.
fn kill_step_by_step(work: &str, prepared: &Path, stride: usize, check: impl Fn(&Path, u64)) {
    let mut kills = 0;
    for steps in (0..).step_by(stride) {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("data");
        copy(prepared, &dir);
        let (acknowledged, is_done) = kill_after(steps, work, &dir);
        check(&dir, acknowledged);
        if is_done {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 5, "killed only {kills} times");
}

#[test]
fn a_process_that_is_killed_while_days_leave_loses_no_other() {
    let temp = tempfile::tempdir().unwrap();
    let prepared = temp.path().join("data");
    let store = Store::open(&prepared, None).unwrap();
    fill_log(&store);
    store.close().unwrap();
    kill_step_by_step(RETENTION, &prepared, 2, |dir, acknowledged| {
        let store = Store::open(dir, None).unwrap();
        check_retention(&store, acknowledged);
        check_end_of_retention(&store);
    });
}

#[test]
fn a_process_that_is_killed_while_it_takes_over_an_older_log_loses_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let prepared = temp.path().join("data");
    let store = Store::open(&prepared, None).unwrap();
    for page in 0..OLD_PAGES {
        wait(store.events.append(event_page(page))).unwrap();
    }
    store.close().unwrap();
    for entry in fs::read_dir(prepared.join("events")).unwrap() {
        let path = entry.unwrap().path();
        if let Some(make_older) = older_file_of_the_log(&path) {
            change(crate::store_fixtures::database(&path), make_older);
        }
    }
    kill_step_by_step(MIGRATION, &prepared, 7, |dir, acknowledged| {
        let store = Store::open(dir, None).unwrap();
        check_events(&store, acknowledged.max(OLD_PAGES));
        check_bodies(&store);
        go_on_with_the_log(&store, |_| ());
        check_bodies(&store);
    });
}
