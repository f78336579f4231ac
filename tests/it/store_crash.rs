//! The stores under `kill -9`: what was acknowledged is there, nothing is there twice, and what belongs together is there together.
//!
//! The writer is this very test binary, started again with a variable that turns one "test" into a process that writes without end.
//! It says on its standard output what has been acknowledged, and is killed after a number of such words that differs from round to
//! round, in the middle of whatever it does next. All rounds work on one directory, each going on where the last one died.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use oktop::domain::entry::{Entry, EntryKey, EntryKind};
use oktop::domain::log_event::LogEvent;
use oktop::domain::query::{ListQuery, Scope};
use oktop::domain::resource::Resource;
use oktop::domain::text::RawJson;
use oktop::store::{DirectoryOp, Error, EventBatch, RunState, Settings, Store};

use crate::store_fixtures::{at, complete, event, gid, uid, user, uuid, wait};

const CHILD: &str = "OKTOP_TEST_STORE_CHILD";
const USERS_PER_PAGE: u64 = 10;
const EVENTS_PER_PAGE: u64 = 60;
const ROUNDS: u64 = 25;

/// The members of the group after `pages` pages: other ones after each.
fn members(pages: u64) -> BTreeSet<usize> {
    let all = 0..pages * USERS_PER_PAGE;
    let picked = all.filter(|n| (n + pages).is_multiple_of(3));
    picked.map(|n| usize::try_from(n).unwrap()).collect()
}

fn say(what: &str, number: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ack {what} {number}").unwrap();
    out.flush().unwrap();
}

/// The zones after `pages` pages: each is there for two pages, with the page's number in it, and every third page has none.
fn zones(pages: u64) -> Vec<(Entry, RawJson)> {
    let numbers = (pages / 2 * 2)..(pages / 2 * 2 + 4);
    let there = numbers.filter(|_| !pages.is_multiple_of(3));
    there
        .map(|number| {
            let entry = Entry {
                key: EntryKey {
                    kind: EntryKind::Zone,
                    parent: None,
                    id: format!("nzo{number}").parse().unwrap(),
                },
                name: format!("Zone {number}").into(),
                status: None,
                created: None,
                last_updated: None,
                facts: vec![Some(pages.to_string().into())],
                refs: Vec::new(),
            };
            (entry, RawJson::new(format!("{{\"page\":{pages}}}")))
        })
        .collect()
}

/// The changes of a page of users, with the state of the run, the members of a group and a list of zones.
pub(crate) fn directory_page(page: u64) -> Vec<DirectoryOp> {
    let mut run = RunState::new(Resource::Users, at(0));
    run.pages = page + 1;
    let first = usize::try_from(page * USERS_PER_PAGE).unwrap();
    let items = (first..).take(10).map(user).collect();
    let seconds = i64::try_from(page).unwrap();
    let users = DirectoryOp::Users {
        run: Some(run.id),
        items,
        at: at(seconds),
    };
    let members = DirectoryOp::Members {
        group: gid(1),
        users: complete(members(run.pages).into_iter().map(uid)),
        at: at(seconds),
        evidence: None,
    };
    let zones = DirectoryOp::Entries {
        kind: EntryKind::Zone,
        parent: None,
        items: complete(zones(run.pages)).into(),
        at: at(seconds),
        evidence: Some(uuid(page)),
    };
    vec![users, members, zones, DirectoryOp::Run(run)]
}

/// A page of five hours of events, so that a new day begins every fifth page, with the mark that passes it.
pub(crate) fn event_page(page: u64) -> EventBatch {
    let numbers = page * EVENTS_PER_PAGE..(page + 1) * EVENTS_PER_PAGE;
    let events = numbers.map(|n| event(n, at(i64::try_from(n * 300).unwrap())));
    EventBatch {
        events: events.collect(),
        marks: vec![("pages".to_owned(), (page + 1).to_string())],
        at: at(0),
    }
}

/// Opens the stores, with pictures of next to nothing.
fn open(dir: &Path) -> Store {
    let settings = Settings {
        undrawn: 8,
        ..Settings::default()
    };
    Store::open_with(dir, None, settings).unwrap()
}

/// Writes page after page of users.
async fn write_directory(store: &Store) {
    let stored = store.directory.run(Resource::Users).unwrap();
    for page in stored.map_or(0, |run| run.pages).. {
        store.directory.apply(directory_page(page)).await.unwrap();
        say("directory", page + 1);
    }
}

/// Writes page after page of events.
async fn write_events(store: &Store) {
    let mark = store.events.mark("pages").unwrap();
    for page in mark.map_or(0, |pages| pages.parse().unwrap()).. {
        store.events.append(event_page(page)).await.unwrap();
        say("events", page + 1);
    }
}

/// Not a test but the process that is killed; without the variable it does nothing.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let store = open(Path::new(&dir));
    wait(async { tokio::join!(write_directory(&store), write_events(&store)) });
}

/// Runs the child until it has said `words` words, kills it, and gives the last number it said of each store.
fn run_and_kill(dir: &Path, words: u64) -> (u64, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store_crash::child", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = (0, 0);
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["ack", "directory", number] => acknowledged.0 = number.parse().unwrap(),
            ["ack", "events", number] => acknowledged.1 = number.parse().unwrap(),
            _ => continue,
        }
        seen += 1;
        if seen == words {
            child.kill().unwrap();
        }
    }
    assert!(seen >= words, "the child ended by itself");
    child.wait().unwrap();
    acknowledged
}

/// The directory holds so many pages or more, each whole; gives how many.
pub(crate) fn check_directory(store: &Store, acknowledged: u64) -> u64 {
    let pages = store
        .directory
        .run(Resource::Users)
        .unwrap()
        .map_or(0, |run| run.pages);
    assert!(
        pages >= acknowledged,
        "{acknowledged} were acknowledged, {pages} are there"
    );
    let users: BTreeSet<_> = store.directory.user_ids().unwrap().into_iter().collect();
    let expected = 0..pages * USERS_PER_PAGE;
    assert_eq!(
        users,
        expected.map(|n| uid(usize::try_from(n).unwrap())).collect()
    );
    let query = ListQuery {
        scope: Scope::OfGroup(gid(1)),
        limit: usize::MAX,
        with_raw: true,
        ..ListQuery::default()
    };
    let rows = store.directory.users(&query, at(0)).unwrap().rows;
    let found: BTreeSet<_> = rows.iter().map(|row| row.value.id.clone()).collect();
    assert_eq!(found, members(pages).into_iter().map(uid).collect());
    assert!(rows.iter().all(|row| row.raw.is_some()));
    check_past(store, pages);
    pages
}

/// What the members and the zones were after each of the last pages.
fn check_past(store: &Store, pages: u64) {
    for page in pages.saturating_sub(20)..pages {
        let then = store.directory.as_of(at(i64::try_from(page).unwrap()));
        let found = then.members(&gid(1)).unwrap();
        let found: BTreeSet<_> = found.into_iter().map(|(user, _)| user).collect();
        assert_eq!(found, members(page + 1).into_iter().map(uid).collect());
        let found: BTreeSet<_> = then
            .entries_below(EntryKind::Zone, None)
            .unwrap()
            .into_iter()
            .map(|(zone, _)| (zone.key, zone.facts))
            .collect();
        let expected = zones(page + 1).into_iter();
        assert_eq!(
            found,
            expected.map(|(zone, _)| (zone.key, zone.facts)).collect()
        );
    }
}

/// The log holds so many pages or more, each event once, and the mark passes nothing that is not there.
pub(crate) fn check_events(store: &Store, acknowledged: u64) {
    let mark = store.events.mark("pages").unwrap();
    let pages: u64 = mark.map_or(0, |pages| pages.parse().unwrap());
    assert!(
        pages >= acknowledged,
        "{acknowledged} were acknowledged, {pages} are there"
    );
    let all = store.events.uuids().unwrap();
    let distinct: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(distinct.len(), all.len(), "something is stored twice");
    assert_eq!(store.events.summary().events, all.len() as u64);
    let passed = pages * EVENTS_PER_PAGE;
    assert!(
        (0..passed).all(|n| distinct.contains(&uuid(n))),
        "the mark passes what is not stored"
    );
    let next = passed + EVENTS_PER_PAGE;
    assert!(
        distinct.iter().all(|it| *it < uuid(next)),
        "more than one page is ahead of the mark"
    );
}

#[test]
fn a_killed_writer_loses_nothing_and_doubles_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    for round in 0..ROUNDS {
        let (directory, events) = run_and_kill(&dir, 1 + round * 7 % 23);
        let store = open(&dir);
        check_directory(&store, directory);
        check_events(&store, events);
        // Every other time the next one finds a store that was closed in good order.
        if round.is_multiple_of(2) {
            store.close().unwrap();
        }
    }
}

const FULL: &str = "OKTOP_TEST_STORE_FULL";

/// Not a test but a process whose files may not grow past a limit; it writes until the disk is "full", and then reads.
#[test]
fn child_on_a_full_disk() {
    let Ok(dir) = std::env::var(FULL) else {
        return;
    };
    let store = open(Path::new(&dir));
    let mut pages = 0;
    let error = loop {
        let numbers = pages * EVENTS_PER_PAGE..(pages + 1) * EVENTS_PER_PAGE;
        let batch = EventBatch {
            events: numbers.map(incompressible).collect(),
            marks: vec![("pages".to_owned(), (pages + 1).to_string())],
            at: at(0),
        };
        match wait(store.events.append(batch)) {
            Ok(_) => pages += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    check_events(&store, pages);
    // Small things, in files that are not full, can still be written.
    wait(store.directory.apply(DirectoryOp::Mark {
        key: "still".to_owned(),
        value: Some("alive".to_owned()),
    }))
    .unwrap();
    say("full", pages);
}

/// An event whose JSON does not get smaller, so that few of them fill a file.
fn incompressible(n: u64) -> (LogEvent, RawJson) {
    let (event, _) = event(n, at(0));
    let mut state = n + 1;
    let noise = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'0' + u8::try_from(state >> 58).unwrap())
    });
    let noise: String = noise
        .filter(char::is_ascii_alphanumeric)
        .take(4_000)
        .collect();
    (event, RawJson::new(format!("{{\"noise\":\"{noise}\"}}")))
}

#[test]
fn a_full_disk_costs_nothing_that_was_acknowledged() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    let exe = std::env::current_exe().unwrap();
    // A write past the limit would end the process by a signal; ignored, it is an error like that of a full disk.
    let script = "trap '' XFSZ; ulimit -f 16384; exec \"$0\" --exact store_crash::child_on_a_full_disk --nocapture";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(exe)
        .env(FULL, &dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{words}");
    let pages = said.lines().find_map(|line| line.strip_prefix("ack full "));
    let pages: u64 = pages.unwrap().parse().unwrap();
    assert!(pages > 3, "only {pages} pages fitted");
    let store = open(&dir);
    check_events(&store, pages);
    assert_eq!(
        store.directory.mark("still").unwrap().as_deref(),
        Some("alive")
    );
    // With space again, the same page is taken.
    let numbers = pages * EVENTS_PER_PAGE..(pages + 1) * EVENTS_PER_PAGE;
    let batch = EventBatch {
        events: numbers.map(incompressible).collect(),
        marks: vec![("pages".to_owned(), (pages + 1).to_string())],
        at: at(0),
    };
    wait(store.events.append(batch)).unwrap();
    check_events(&store, pages + 1);
}
