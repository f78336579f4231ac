//! What the store costs: opening, answering lists and windows, taking in pages. `cargo bench --bench store`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should stop"
)]

use std::sync::LazyLock;

use divan::Bencher;
use oktop::domain::application::AssignmentScope;
use oktop::domain::entry::{Entry, EntryKey, EntryKind, EntryQuery, How, Reference, Target};
use oktop::domain::id::ObjectId;
use oktop::domain::query::{EventQuery, ListQuery, Sort};
use oktop::domain::text::{RawJson, SafeText};
use oktop::store::{DirectoryOp, Store};
use tempfile::TempDir;

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/store_fixtures.rs"]
mod store_fixtures;

use store_fixtures::{
    aid, app_user, append, apply, at, complete, event, gid, group, uid, user, user_with,
};

const USERS: usize = 20_000;
const GROUPS: usize = 2_000;
const EVENTS: u64 = 1_000_000;

/// A store with 20,000 users, 220,000 memberships, 200,000 assignments and a million events in twelve days.
static STORE: LazyLock<(TempDir, Store)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("data"), None).unwrap();
    apply(&store, users(0));
    let groups = DirectoryOp::Groups {
        run: None,
        items: (0..GROUPS).map(|n| group(n, None)).collect(),
        at: at(0),
    };
    apply(&store, groups);
    let everyone = (0, (0..USERS).collect::<Vec<_>>());
    let others = (1..GROUPS).map(|n| (n, (0..100).map(|k| (n * 37 + k * 11) % USERS).collect()));
    let lists = std::iter::once(everyone).chain(others);
    let members = lists.map(|(group, users)| DirectoryOp::Members {
        group: gid(group),
        users: complete(users.into_iter().map(uid)),
        at: at(0),
        evidence: None,
    });
    apply(&store, members.collect::<Vec<_>>());
    for app in 0..10 {
        let assigned = (0..USERS).map(|n| app_user(n, AssignmentScope::User, None));
        let users = DirectoryOp::AppUsers {
            app: aid(app),
            users: complete(assigned).into(),
            at: at(0),
        };
        apply(&store, users);
    }
    for page in 0..EVENTS / 1_000 {
        let numbers = page * 1_000..(page + 1) * 1_000;
        let events = numbers.map(|n| event(n, at(i64::try_from(n).unwrap())));
        append(&store.events, events.collect());
    }
    (dir, store)
});

fn users(secs: i64) -> DirectoryOp {
    DirectoryOp::Users {
        run: None,
        items: (0..USERS).map(user).collect(),
        at: at(secs),
    }
}

fn window(filter: &str, sort: Option<&str>) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        limit: 60,
        sort: sort.map(|field| Sort {
            field: field.to_owned(),
            descending: true,
        }),
        ..ListQuery::default()
    }
}

fn main() {
    LazyLock::force(&STORE);
    divan::main();
}

/// Of a directory of its own without the log; the copy is not measured.
#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    apply(&store, users(0));
    store.close().unwrap();
    bencher.bench_local(|| Store::open(&path, None).unwrap().close().unwrap());
}

#[divan::bench(args = ["", "ana", "zzz", "status:active lastLogin<90d -department:sales", "login:/user0+99/"])]
fn filter_users(bencher: Bencher<'_, '_>, filter: &str) {
    bencher.bench(|| {
        STORE
            .1
            .directory
            .users(&window(filter, None), at(0))
            .unwrap()
    });
}

#[divan::bench(args = ["login", "lastLogin", "department", "groups"])]
fn sort_users(bencher: Bencher<'_, '_>, field: &str) {
    bencher.bench(|| {
        STORE
            .1
            .directory
            .users(&window("", Some(field)), at(0))
            .unwrap()
    });
}

/// 100,000 devices, read as one list.
static DEVICES: LazyLock<(TempDir, Store)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("data"), None).unwrap();
    let before = store.disk_bytes();
    apply(&store, devices(0));
    let bytes = (store.disk_bytes() - before) / DEVICE_COUNT as u64;
    println!("bytes on disk per device: {bytes}");
    (dir, store)
});
const DEVICE_COUNT: usize = 100_000;

fn devices(secs: i64) -> DirectoryOp {
    let items = (0..DEVICE_COUNT).map(|n| {
        let facts = [
            "MACOS",
            "15.1",
            "Apple Inc.",
            "MacBookPro18,3",
            "",
            "true",
            "true",
            "ALL",
            "true",
            "1",
        ];
        let serial = format!("C02{n:09}");
        let mut facts: Vec<Option<SafeText>> = facts.map(|fact| Some(fact.into())).into();
        facts[4] = Some(serial.as_str().into());
        let entry = Entry {
            key: EntryKey {
                kind: EntryKind::Device,
                parent: None,
                id: format!("guo{n:017}").parse().unwrap(),
            },
            name: format!("Laptop {n}").into(),
            status: Some("ACTIVE".into()),
            created: Some(at(0)),
            last_updated: Some(at(1)),
            facts,
            refs: vec![Reference {
                how: How::Owner,
                to: Target::Object(ObjectId::User(uid(n % USERS))),
            }],
        };
        let raw = include_str!("../src/store/directory/sample/device.json");
        let raw = raw
            .replace("guo1a2b3c4d5e6f7g8h9", entry.key.id.as_str())
            .replace("C02XXXXXXXXX", &serial)
            .replace("First Last's Laptop", &entry.name);
        (entry, RawJson::new(raw))
    });
    DirectoryOp::Entries {
        kind: EntryKind::Device,
        parent: None,
        items: complete(items).into(),
        at: at(secs),
        evidence: None,
    }
}

/// Opening with 100,000 devices in it.
#[divan::bench]
fn open_devices(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    apply(&store, devices(0));
    store.close().unwrap();
    bencher.bench_local(|| Store::open(&path, None).unwrap().close().unwrap());
}

#[divan::bench(args = ["", "serialNumber=C02000000042", "platform:macos -managed:false"])]
fn filter_devices(bencher: Bencher<'_, '_>, filter: &str) {
    let query = EntryQuery {
        filter: filter.to_owned(),
        ..EntryQuery::of(EntryKind::Device, 60)
    };
    let store = &DEVICES.1;
    bencher.bench(|| store.directory.entries(&query, at(0)).unwrap());
}

/// The list comes again as it was.
#[divan::bench]
fn devices_again(bencher: Bencher<'_, '_>) {
    let mut secs = 0;
    bencher
        .with_inputs(|| {
            secs += 1;
            devices(secs)
        })
        .bench_local_values(|list| apply(&DEVICES.1, list));
}

/// All users as they were before a commit.
#[divan::bench]
fn users_as_of(bencher: Bencher<'_, '_>) {
    let query = ListQuery {
        as_of: Some(at(0)),
        ..window("ana", None)
    };
    bencher.bench(|| STORE.1.directory.users(&query, at(0)).unwrap());
}

/// One row changes, and the sorted list is asked for again.
#[divan::bench]
fn change_and_sort(bencher: Bencher<'_, '_>) {
    let mut secs = 0;
    bencher.bench_local(|| {
        secs += 1;
        let item = user_with(5, |user| user.last_login = Some(at(secs)));
        let change = DirectoryOp::Users {
            run: None,
            items: vec![item],
            at: at(secs),
        };
        apply(&STORE.1, change);
        STORE
            .1
            .directory
            .users(&window("", Some("lastLogin")), at(0))
            .unwrap()
    });
}

#[divan::bench(args = ["", "about:00u00000000000000042", "about:00uNobody", "nothing-like-this"])]
fn newest_events(bencher: Bencher<'_, '_>, filter: &str) {
    let query = EventQuery {
        filter: filter.to_owned(),
        ..EventQuery::default()
    };
    bencher.bench(|| STORE.1.events.window(&query, at(0)).unwrap());
}

/// A page of 1,000 events, all new, until it is durable.
#[divan::bench]
fn append_a_page(bencher: Bencher<'_, '_>) {
    let mut next = EVENTS;
    bencher
        .with_inputs(|| {
            let numbers = next..next + 1_000;
            next += 1_000;
            numbers
                .map(|n| event(n, at(i64::try_from(n).unwrap())))
                .collect()
        })
        .bench_local_values(|page: Vec<_>| append(&STORE.1.events, page));
}
