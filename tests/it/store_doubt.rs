//! Writes that fail and are on the disk all the same: the last step of a commit is to make sure of what is there already. Whatever
//! comes after such a failure, the mirror is what was asked for, at once and when it is opened again.

use std::collections::BTreeMap;
use std::path::Path;

use oktop::domain::query::{ListQuery, Scope, Sort};
use oktop::domain::resource::Resource;
use oktop::store::{Batch, DirectoryOp, EventBatch, QueryError, Settings, Store};

use crate::store_disk::SimDisk;
use crate::store_fixtures::{apply, at, complete, event, gid, uid, user_with, wait};

const STEPS: usize = 24;
/// More than all of the steps take.
const SYNCS: u32 = 120;

fn open(disk: &SimDisk) -> Store {
    let settings = Settings {
        undrawn: 5,
        ..Settings::default()
    };
    let dir = Path::new("/sim/data");
    disk.open_store_with(dir, settings).unwrap()
}

/// New users, others that change, and the members of a group: something else in each step.
fn step(n: usize) -> Vec<DirectoryOp> {
    let secs = i64::try_from(n).unwrap();
    let seen = |n: usize, of: usize| {
        user_with(n, |user| {
            user.login = format!("user{n}-{of}@acme.example").as_str().into();
            user.title = Some(format!("Title {of}").as_str().into());
        })
    };
    let users = DirectoryOp::Users {
        run: None,
        items: vec![seen(n * 2, 0), seen(n * 2 + 1, 0), seen(n * 5 % (n + 1), n)],
        at: at(secs),
    };
    let members = DirectoryOp::Members {
        group: gid(1),
        users: complete(
            (0..n * 2)
                .filter(|user| (user + n).is_multiple_of(3))
                .map(uid),
        ),
        at: at(secs),
        evidence: None,
    };
    let resource = Resource::Users;
    let mut ops = vec![users, members];
    if n % 7 == 6 {
        let at = at(secs);
        ops.push(DirectoryOp::Completed { resource, at });
    }
    ops
}

/// Logins with titles in the order of two fields, and the members of the group.
fn told(store: &Store) -> BTreeMap<String, Vec<String>> {
    try_told(store).unwrap()
}

fn try_told(store: &Store) -> Result<BTreeMap<String, Vec<String>>, QueryError> {
    let mut told = BTreeMap::new();
    for (field, scope) in [
        ("login", Scope::All),
        ("title", Scope::All),
        ("login", Scope::OfGroup(gid(1))),
    ] {
        let query = ListQuery {
            scope,
            sort: Some(Sort {
                field: field.to_owned(),
                descending: false,
            }),
            limit: 1_000,
            ..ListQuery::default()
        };
        let rows = store.directory.users(&query, at(99))?.rows;
        let row = |user: &oktop::domain::user::User| {
            let title = user.title.as_deref().unwrap_or_default();
            format!("{} {} {title}", user.id, user.login)
        };
        let rows = rows.iter().map(|it| row(&it.value)).collect();
        told.insert(format!("{field} {:?}", query.scope), rows);
    }
    Ok(told)
}

#[test]
fn a_write_that_failed_and_is_there_all_the_same_is_no_reason_to_err() {
    let whole = {
        let store = open(&SimDisk::new());
        (0..STEPS).for_each(|n| drop(apply(&store, step(n))));
        told(&store)
    };
    let mut failures = 0;
    for syncs in 0..SYNCS {
        let disk = SimDisk::new();
        let store = open(&disk);
        disk.lie_after(syncs);
        for n in 0..STEPS {
            while wait(store.directory.apply(Batch::from(step(n)))).is_err() {
                failures += 1;
            }
        }
        assert_eq!(told(&store), whole, "after {syncs} syncs");
        let has_lied = !disk.will_lie();
        drop(store.close());
        let store = open(&disk);
        assert_eq!(told(&store), whole, "opened again after {syncs} syncs");
        drop(store.close());
        if !has_lied {
            assert!(failures > 20, "{failures} writes failed");
            return;
        }
    }
    unreachable!("more syncs are needed");
}

#[test]
fn an_event_whose_write_failed_and_is_there_all_the_same_is_stored_once() {
    let page = |n: u64| -> Vec<_> {
        let numbers = n * 300..n * 300 + 300;
        numbers.map(|n| event(n, at(0))).collect()
    };
    let append = |store: &Store, n: u64| {
        let batch = EventBatch {
            events: page(n),
            marks: Vec::new(),
            at: at(1),
        };
        wait(store.events.append(batch)).is_ok()
    };
    let stored = |store: &Store| {
        let mut uuids = store.events.uuids().unwrap();
        uuids.sort_unstable();
        uuids
    };
    for syncs in 0..SYNCS {
        let disk = SimDisk::new();
        let store = open(&disk);
        disk.lie_after(syncs);
        // What failed comes again only after what follows it.
        let failed: Vec<u64> = (0..6).filter(|n| !append(&store, *n)).collect();
        let has_lied = !disk.will_lie();
        drop(store.close());
        let store = open(&disk);
        for n in failed {
            assert!(append(&store, n));
        }
        let mut expected: Vec<_> = (0..6).flat_map(page).map(|(event, _)| event.uuid).collect();
        expected.sort_unstable();
        assert!(stored(&store) == expected, "after {syncs} syncs");
        drop(store.close());
        assert!(
            stored(&open(&disk)) == expected,
            "opened again after {syncs} syncs"
        );
        if !has_lied {
            assert!(syncs > 10, "{syncs}");
            return;
        }
    }
    unreachable!("more syncs are needed");
}

#[test]
fn damaged_pictures_are_told_and_done_without() {
    let disk = SimDisk::new();
    let store = open(&disk);
    (0..STEPS).for_each(|n| drop(apply(&store, step(n))));
    let whole = told(&store);
    store.close().unwrap();
    let path = Path::new("/sim/data/directory.redb");
    let pages = disk.content(path).len() / 4_096;
    let mut without = 0;
    for page in 1..pages {
        let damaged = disk.copy();
        damaged.damage(path, |bytes| bytes[page * 4_096 + 77] ^= 4);
        let settings = Settings {
            undrawn: 5,
            ..Settings::default()
        };
        let opened = damaged.open_store_with(Path::new("/sim/data"), settings);
        let Ok(store) = opened else { continue };
        // Pictures are read when they are looked at.
        let now = try_told(&store);
        assert!(now.is_ok() || !store.troubles().is_empty(), "page {page}");
        let Ok(now) = now else { continue };
        assert_eq!(now, whole, "page {page}");
        if store.directory.opening().drawn == 0 {
            assert!(!store.troubles().is_empty(), "nobody is told");
            // What changes now is seen by whoever can read the pictures again.
            let last = DirectoryOp::Users {
                run: None,
                items: vec![user_with(3, |user| user.login = "last".into())],
                at: at(99),
            };
            // Marks may lie on the damaged page: then nothing is written, and everybody is told.
            let written = wait(store.directory.apply(last)).is_ok();
            drop(store.close());
            if !written {
                continue;
            }
            without += 1;
            damaged.damage(path, |bytes| bytes[page * 4_096 + 77] ^= 4);
            let store = open(&damaged);
            let query = ListQuery {
                filter: "login=last".to_owned(),
                ..ListQuery::default()
            };
            let found = store.directory.users(&query, at(99)).unwrap();
            assert_eq!(found.matched, 1, "page {page}");
        }
    }
    assert!(without > 0, "no page of a picture was damaged");
}
