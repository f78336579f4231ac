//! The directory: what is applied is read back, lists, history, sweeps, and files that must not be opened.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use jiff::Timestamp;
use oktop::domain::application::AssignmentScope;
use oktop::domain::group::GroupStats;
use oktop::domain::id::{Kind, ObjectId};
use oktop::domain::org::Org;
use oktop::domain::query::{ListQuery, Row, Scope, Sort};
use oktop::domain::resource::Resource;
use oktop::domain::user::{User, UserStatus};
use oktop::store::{
    DetailRow, DirectoryOp, Error, Pack, QueryError, RunState, Settings, StaleList, Store,
};
use proptest::prelude::*;

use crate::store_fixtures::{
    aid, app, app_user, apply, at, complete, database, gid, group, uid, user, user_with, uuid, wait,
};

fn users(numbers: impl IntoIterator<Item = usize>, secs: i64) -> DirectoryOp {
    DirectoryOp::Users {
        run: None,
        items: numbers.into_iter().map(user).collect(),
        at: at(secs),
    }
}

fn groups(numbers: impl IntoIterator<Item = usize>, secs: i64) -> DirectoryOp {
    let stats = GroupStats {
        users: 2,
        apps: 0,
        has_admin_privilege: false,
    };
    DirectoryOp::Groups {
        run: None,
        items: numbers.into_iter().map(|n| group(n, Some(stats))).collect(),
        at: at(secs),
    }
}

fn members(group: usize, users: impl IntoIterator<Item = usize>, secs: i64) -> DirectoryOp {
    DirectoryOp::Members {
        group: gid(group),
        users: complete(users.into_iter().map(uid)),
        at: at(secs),
        evidence: None,
    }
}

fn window(filter: &str, limit: usize) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        limit,
        ..ListQuery::default()
    }
}

fn logins(store: &Store, query: &ListQuery) -> Vec<String> {
    let rows = store.directory.users(query, at(0)).unwrap().rows;
    rows.into_iter()
        .map(|row| row.value.login.to_string())
        .collect()
}

#[test]
fn what_was_applied_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let applied = apply(
        &store,
        vec![
            users(0..500, 0),
            groups(0..20, 0),
            members(3, [1, 2, 900], 5),
        ],
    );
    assert_eq!((applied.added, applied.opened), (520, 3));
    let query = ListQuery {
        with_raw: true,
        ..window("engineering", 40)
    };
    let before = store.directory.users(&query, at(0)).unwrap();
    let counts = store.directory.counts();
    assert_eq!(
        (counts.users, counts.groups, counts.memberships),
        (500, 20, 3)
    );
    store.close().unwrap();

    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.directory.users(&query, at(0)).unwrap(), before);
    assert_eq!(store.directory.counts(), counts);
    assert_eq!(before.rows.len(), 40);
    assert_eq!(before.matched, 167);
    assert_eq!(before.rows[0].raw, Some(user(1).1));
    assert!(store.disk_bytes() > 0);
}

/// The size that is told left out the ballast, which is most of what a small mirror takes.
#[test]
fn the_ballast_is_counted_and_told_apart() {
    const BALLAST_BYTES: u64 = 1 << 20;
    let temp = tempfile::tempdir().unwrap();
    let settings = Settings {
        ballast_bytes: BALLAST_BYTES,
        ..Settings::default()
    };
    let path = temp.path().join("data");
    let store = Store::open_with(&path, None, settings).unwrap();
    assert!(store.ballast_bytes() >= BALLAST_BYTES);
    let alone = store.disk_bytes();
    fs::remove_file(path.join("ballast")).unwrap();
    assert_eq!(store.ballast_bytes(), 0);
    assert_eq!(store.disk_bytes(), alone);
}

#[test]
fn lists_sort_filter_and_find_their_place() {
    let store = Store::in_memory().unwrap();
    apply(&store, users((0..100).rev(), 0));
    assert_eq!(
        logins(&store, &window("", 2)),
        ["user000000@acme.example", "user000001@acme.example"]
    );

    let by_login = |descending| {
        Some(Sort {
            field: "lastlogin".into(),
            descending,
        })
    };
    let latest = ListQuery {
        sort: by_login(true),
        ..window("", 100)
    };
    let found = logins(&store, &latest);
    assert_eq!(
        found[..2],
        ["user000001@acme.example", "user000002@acme.example"]
    );
    // Those who never signed in come last, whichever way.
    assert_eq!(found[99], "user000099@acme.example");
    let oldest = ListQuery {
        sort: by_login(false),
        ..latest
    };
    let found = logins(&store, &oldest);
    assert_eq!(found[0], "user000098@acme.example");
    assert_eq!(found[99], "user000099@acme.example");

    let around = ListQuery {
        around: Some(ObjectId::User(uid(90))),
        ..window("", 10)
    };
    let rows = store.directory.users(&around, at(0)).unwrap();
    assert_eq!(rows.position, Some(90));
    assert_eq!(rows.offset, 85);
    let inside = ListQuery {
        offset: 82,
        ..around.clone()
    };
    assert_eq!(store.directory.users(&inside, at(0)).unwrap().offset, 82);
    let filtered_out = ListQuery {
        filter: "user000001".into(),
        ..around
    };
    let rows = store.directory.users(&filtered_out, at(0)).unwrap();
    assert_eq!((rows.position, rows.matched, rows.total), (None, 1, 100));

    let past_the_end = ListQuery {
        offset: 1_000,
        ..window("", 10)
    };
    assert_eq!(
        store.directory.users(&past_the_end, at(0)).unwrap().offset,
        90
    );
    let broken = store.directory.users(&window("(x", 1), at(0));
    assert!(matches!(broken, Err(QueryError::Filter(error)) if error.column == 0));
    let unknown = ListQuery {
        sort: Some(Sort {
            field: "shoe".into(),
            descending: false,
        }),
        ..window("", 1)
    };
    assert!(matches!(
        store.directory.users(&unknown, at(0)),
        Err(QueryError::Sort { .. })
    ));
}

#[test]
fn a_sorted_list_stays_sorted_while_rows_change() {
    let store = Store::in_memory().unwrap();
    apply(&store, users(0..300, 0));
    let query = ListQuery {
        sort: Some(Sort {
            field: "department".into(),
            descending: false,
        }),
        ..window("", 1_000)
    };
    store.directory.users(&query, at(0)).unwrap();
    for (round, n) in (1..).zip([5, 5, 299, 0, 150, 301, 5]) {
        let item = user_with(n, |user| {
            user.department = (round % 3 != 0).then(|| format!("dept {round}").into());
            user.last_updated = Some(at(round));
        });
        let op = DirectoryOp::Users {
            run: None,
            items: vec![item],
            at: at(round),
        };
        apply(&store, op);
        let rows = store.directory.users(&query, at(0)).unwrap().rows;
        let keys: Vec<_> = rows
            .iter()
            .map(|row| {
                let department = row
                    .value
                    .department
                    .as_ref()
                    .map(|text| text.to_lowercase());
                (department.is_none(), department, row.value.login.clone())
            })
            .collect();
        assert!(keys.is_sorted(), "round {round}");
        assert_eq!(rows.len(), if round < 6 { 300 } else { 301 });
    }
}

#[test]
fn users_of_an_app_on_several_pages_are_one_list_in_which_the_later_of_two_counts() {
    let store = Store::in_memory().unwrap();
    let assigned = |n, scope| app_user(n, scope, None);
    let (user, group) = (AssignmentScope::User, AssignmentScope::Group);
    let pages = |pages: [Vec<_>; 2], secs| DirectoryOp::AppUsers {
        app: aid(1),
        users: complete(pages.map(Pack::squeezed)),
        at: at(secs),
    };
    let apps = DirectoryOp::Apps {
        run: None,
        items: vec![app(1)],
        at: at(0),
    };
    apply(&store, vec![users(1..5, 0), apps]);
    let scopes = || {
        let of_app = ListQuery {
            scope: Scope::OfApp(aid(1)),
            ..window("", 10)
        };
        let rows = store.directory.users(&of_app, at(0)).unwrap().rows;
        let scope = |row: Row<User>| (row.value.id, row.via.unwrap().assignment.unwrap().scope);
        rows.into_iter().map(scope).collect::<Vec<_>>()
    };
    let first = [
        vec![assigned(2, user.clone()), assigned(1, user.clone())],
        vec![assigned(2, group.clone()), assigned(3, user.clone())],
    ];
    let applied = apply(&store, pages(first, 10));
    let three = [(1, user.clone()), (2, group.clone()), (3, user.clone())];
    assert_eq!(
        (applied.opened, scopes()),
        (3, three.map(|(n, scope)| (uid(n), scope)).to_vec())
    );
    let second = [
        vec![assigned(2, group.clone())],
        vec![assigned(4, user.clone())],
    ];
    let applied = apply(&store, pages(second, 20));
    assert_eq!((applied.opened, applied.closed), (1, 2));
    assert_eq!(scopes(), [(uid(2), group), (uid(4), user)]);
}

#[test]
fn lists_below_an_object_say_how_it_belongs() {
    let store = Store::in_memory().unwrap();
    let app_users = DirectoryOp::AppUsers {
        app: aid(1),
        users: complete([
            app_user(1, AssignmentScope::User, None),
            app_user(2, AssignmentScope::Group, None),
            app_user(3, AssignmentScope::Group, Some(gid(9))),
        ])
        .into(),
        at: at(20),
    };
    let apps = DirectoryOp::Apps {
        run: None,
        items: vec![app(1), app(2)],
        at: at(0),
    };
    apply(&store, vec![users(1..5, 0), groups([4, 5], 0), apps]);
    let of_app = ListQuery {
        scope: Scope::OfApp(aid(1)),
        ..window("", 10)
    };
    assert!(!store.directory.users(&of_app, at(0)).unwrap().complete);

    let group_apps = DirectoryOp::GroupApps {
        group: gid(4),
        apps: complete([aid(1)]),
        at: at(10),
    };
    apply(&store, vec![members(4, [2, 3], 10), group_apps, app_users]);
    let rows = store.directory.users(&of_app, at(0)).unwrap();
    assert!(rows.complete);
    let via: Vec<_> = rows
        .rows
        .iter()
        .map(|row| row.via.clone().unwrap())
        .collect();
    let names = |n: usize| -> Vec<String> {
        via[n]
            .through
            .iter()
            .map(|(_, name)| name.to_string())
            .collect()
    };
    assert_eq!(names(0), Vec::<String>::new());
    assert_eq!(
        via[0].assignment.as_ref().unwrap().scope,
        AssignmentScope::User
    );
    assert_eq!(via[0].since, Some(at(20)));
    assert_eq!(names(1), ["Group 0004"]);
    assert_eq!(names(2), [gid(9).as_str(), "Group 0004"]);

    let of_user = ListQuery {
        scope: Scope::OfUser(uid(2)),
        ..window("", 10)
    };
    let groups_of_user = store.directory.groups(&of_user, at(0)).unwrap();
    assert_eq!(groups_of_user.rows[0].value.id, gid(4));
    assert_eq!(groups_of_user.rows[0].related.users, Some(2));
    assert_eq!(
        groups_of_user.rows[0].via.as_ref().unwrap().since,
        Some(at(10))
    );
    // Group 5 was not read, so user 2 may be in it as well.
    assert!(!groups_of_user.complete);
    assert_eq!(
        store.directory.apps(&of_user, at(0)).unwrap().rows[0]
            .value
            .id,
        aid(1)
    );
    let of_group = ListQuery {
        scope: Scope::OfGroup(gid(4)),
        ..window("", 10)
    };
    assert_eq!(store.directory.apps(&of_group, at(0)).unwrap().matched, 1);
    assert_eq!(
        logins(
            &store,
            &ListQuery {
                filter: "bo".into(),
                ..of_group
            }
        ),
        Vec::<String>::new()
    );
}

#[test]
fn counts_are_unknown_until_they_were_read() {
    let store = Store::in_memory().unwrap();
    apply(&store, vec![users(0..3, 0), groups([1, 2], 0)]);
    let related = |n: usize| {
        let query = window(&format!("id={}", uid(n)), 1);
        store.directory.users(&query, at(0)).unwrap().rows[0].related
    };
    apply(&store, members(1, [0], 5));
    assert_eq!(related(0).groups, None);
    let run = RunState::new(Resource::Groups, at(0));
    let sweep = DirectoryOp::FinishSweep {
        kind: Kind::Group,
        run: run.id,
        at: at(6),
    };
    apply(&store, vec![DirectoryOp::Run(run), sweep]);
    assert_eq!(related(0).groups, None, "group 2 is not read");
    apply(&store, members(2, [0, 1], 7));
    assert_eq!(related(0).groups, Some(2));
    assert_eq!(related(2).groups, Some(0));
    assert_eq!(related(0).apps, None);
    let completed = DirectoryOp::Completed {
        resource: Resource::AppUsers,
        at: at(9),
    };
    apply(&store, completed);
    assert_eq!(related(0).apps, Some(0));
    assert_eq!(store.directory.complete_at(Resource::AppUsers), Some(at(9)));
    assert_eq!(store.directory.complete_at(Resource::Groups), Some(at(0)));
}

#[test]
fn the_newest_reading_wins_and_changes_are_kept() {
    let store = Store::in_memory().unwrap();
    let reading = |status: UserStatus, updated: i64, secs: i64| DirectoryOp::Users {
        run: None,
        items: vec![user_with(1, |user| {
            user.status = status;
            user.last_updated = Some(at(updated));
        })],
        at: at(secs),
    };
    apply(&store, reading(UserStatus::Active, 10, 20));
    let applied = apply(&store, reading(UserStatus::Suspended, 30, 40));
    assert_eq!(applied.changed, 1);
    let stale = apply(&store, reading(UserStatus::Active, 20, 50));
    assert_eq!(stale.unchanged, 1);
    let again = apply(&store, reading(UserStatus::Suspended, 30, 60));
    assert_eq!(again.unchanged, 1);

    let detail = store
        .directory
        .object(&ObjectId::User(uid(1)))
        .unwrap()
        .unwrap();
    let DetailRow::User(row) = detail.row else {
        panic!("a user was asked for");
    };
    assert_eq!(row.value.status, UserStatus::Suspended);
    assert_eq!(row.observed, at(60));
    assert!(row.raw.unwrap().as_unsafe_str().contains("SUSPENDED"));
    assert_eq!(detail.changes.len(), 1);
    assert_eq!(detail.changes[0].at, at(40));
    assert_eq!(detail.changes[0].field.as_str(), "status");
    assert_eq!(detail.changes[0].before.as_deref(), Some("\"ACTIVE\""));
    assert_eq!(
        store.directory.object(&ObjectId::User(uid(2))).unwrap(),
        None
    );
}

#[test]
fn sign_ins_do_not_fill_the_history() {
    let store = Store::in_memory().unwrap();
    for secs in 0..50 {
        let op = DirectoryOp::Users {
            run: None,
            items: vec![user_with(1, |user| user.last_login = Some(at(secs)))],
            at: at(secs),
        };
        apply(&store, op);
    }
    let changes = store
        .directory
        .object(&ObjectId::User(uid(1)))
        .unwrap()
        .unwrap()
        .changes;
    assert_eq!(changes.len(), 1);
    assert_eq!(
        changes[0].before.as_deref(),
        Some(at(0).as_second().to_string().as_str())
    );
    assert_eq!(
        changes[0].after.as_deref(),
        Some(at(49).as_second().to_string().as_str())
    );
}

#[test]
fn only_two_complete_sweeps_make_a_candidate() {
    let store = Store::in_memory().unwrap();
    let sweep = |seen: Vec<usize>, start: i64| {
        let run = RunState::new(Resource::Users, at(start));
        let seen = DirectoryOp::Users {
            run: Some(run.id),
            items: seen.into_iter().map(user).collect(),
            at: at(start + 1),
        };
        let finish = DirectoryOp::FinishSweep {
            kind: Kind::User,
            run: run.id,
            at: at(start + 2),
        };
        (run, seen, finish)
    };
    let (run, seen, finish) = sweep(vec![1, 2, 3], 0);
    apply(&store, vec![seen, DirectoryOp::Run(run)]);
    assert_eq!(apply(&store, finish).missed.missing, 0);

    let (run, seen, finish) = sweep(vec![1], 100);
    apply(&store, vec![seen, DirectoryOp::Run(run)]);
    // Seen by a delta while the sweep was under way.
    apply(&store, users([2], 101));
    let missed = apply(&store, finish.clone()).missed;
    assert_eq!(
        (missed.known, missed.missing, missed.candidates.len()),
        (3, 1, 0)
    );
    assert_eq!(apply(&store, finish).missed.candidates, []);

    let (run, seen, finish) = sweep(vec![1, 2], 200);
    apply(&store, vec![seen, DirectoryOp::Run(run)]);
    let missed = apply(&store, finish).missed;
    assert_eq!(missed.candidates, [ObjectId::User(uid(3))]);
    assert_eq!(store.directory.missed(Kind::User).unwrap(), missed);

    apply(&store, users([3], 300));
    assert_eq!(store.directory.missed(Kind::User).unwrap().missing, 0);
}

#[test]
fn what_is_archived_ends_and_can_come_back() {
    let store = Store::in_memory().unwrap();
    apply(
        &store,
        vec![users([1, 2], 0), groups([1], 0), members(1, [1, 2], 10)],
    );
    let archive = DirectoryOp::Archive {
        object: ObjectId::User(uid(1)),
        at: at(50),
        evidence: Some(uuid(7)),
    };
    let applied = apply(&store, archive.clone());
    assert_eq!((applied.removed, applied.closed), (1, 1));
    assert_eq!(apply(&store, archive).removed, 0);
    assert!(!store.directory.has(&ObjectId::User(uid(1))).unwrap());
    assert_eq!(logins(&store, &window("", 10)).len(), 1);
    let with_archived = ListQuery {
        archived: true,
        ..window("", 10)
    };
    let rows = store.directory.users(&with_archived, at(0)).unwrap().rows;
    assert_eq!(rows[0].archived.as_ref().unwrap().evidence, Some(uuid(7)));
    let history = store.directory.membership_history_of_user(&uid(1)).unwrap();
    assert_eq!(history[0].1[0].to, Some(at(50)));
    assert_eq!(history[0].1[0].ended_by, Some(uuid(7)));

    let applied = apply(&store, users([1], 60));
    assert_eq!(applied.restored, 1);
    assert!(store.directory.has(&ObjectId::User(uid(1))).unwrap());
    assert_eq!(store.directory.counts().memberships, 1);

    let archive_group = DirectoryOp::Archive {
        object: ObjectId::Group(gid(1)),
        at: at(70),
        evidence: None,
    };
    assert_eq!(apply(&store, archive_group).closed, 1);
    apply(&store, groups([1], 80));
    let stale = store.directory.stale_lists(Resource::Memberships, None);
    assert!(matches!(stale.as_slice(), [StaleList::Members(id)] if *id == gid(1)));
}

#[test]
fn an_excluded_object_leaves_nothing_but_its_id() {
    let store = Store::in_memory().unwrap();
    apply(
        &store,
        vec![users([1, 2], 0), groups([1], 0), members(1, [1, 2], 10)],
    );
    apply(&store, DirectoryOp::Forget(ObjectId::User(uid(1))));
    assert_eq!(
        store.directory.object(&ObjectId::User(uid(1))).unwrap(),
        None
    );
    assert_eq!(store.directory.user_ids().unwrap(), [uid(2)]);
    let all = ListQuery {
        archived: true,
        ..window("", 10)
    };
    assert_eq!(store.directory.users(&all, at(0)).unwrap().total, 1);
    assert_eq!(
        store.directory.counts().memberships,
        2,
        "the group still has two members"
    );
    apply(&store, DirectoryOp::Forget(ObjectId::Group(gid(1))));
    assert_eq!(store.directory.counts().memberships, 0);
    assert!(
        store
            .directory
            .membership_history_of_user(&uid(2))
            .unwrap()
            .is_empty()
    );
    apply(&store, DirectoryOp::Forget(ObjectId::App(aid(77))));
}

#[test]
fn an_event_changes_one_membership_and_never_undoes_a_later_list() {
    let store = Store::in_memory().unwrap();
    let change = |user: usize, present: bool, secs: i64, event: u64| DirectoryOp::MemberChanged {
        group: gid(1),
        user: uid(user),
        present,
        at: at(secs),
        evidence: Some(uuid(event)),
    };
    let history = |user: usize| {
        let mut all = store
            .directory
            .membership_history_of_user(&uid(user))
            .unwrap();
        all.pop().map(|(_, spans)| spans).unwrap_or_default()
    };
    apply(&store, members(1, [1, 2], 100));
    // Published before the list was read: it proves, and changes nothing.
    apply(&store, change(1, true, 90, 1));
    apply(&store, change(3, true, 80, 2));
    assert_eq!(history(1)[0].began_by, Some(uuid(1)));
    assert_eq!(history(3), []);

    apply(&store, change(2, false, 110, 3));
    apply(&store, change(3, true, 120, 4));
    assert_eq!(history(2)[0].ended_by, Some(uuid(3)));
    assert_eq!((history(3)[0].from, history(3)[0].to), (at(120), None));

    // The one change that a list shows is proven by the event that made us read it; two are not.
    let reread = |users: Vec<usize>, secs: i64, event: u64| DirectoryOp::Members {
        group: gid(1),
        users: complete(users.into_iter().map(uid)),
        at: at(secs),
        evidence: Some(uuid(event)),
    };
    apply(&store, reread(vec![1, 3, 4], 130, 5));
    assert_eq!(history(4)[0].began_by, Some(uuid(5)));
    apply(&store, reread(vec![5], 140, 6));
    assert_eq!(history(5)[0].began_by, None);
    assert_eq!(history(4)[0].ended_by, None);
    // A listing that began earlier but ended later is not the truth any more.
    assert_eq!(apply(&store, reread(vec![1, 2, 3], 135, 7)).opened, 0);
    assert_eq!(store.directory.counts().memberships, 1);
}

#[test]
fn what_was_never_read_is_counted_as_okta_counts_it() {
    let store = Store::in_memory().unwrap();
    let stats = |users| {
        Some(GroupStats {
            users,
            apps: 3,
            has_admin_privilege: false,
        })
    };
    let groups = DirectoryOp::Groups {
        run: None,
        items: vec![group(1, stats(2)), group(2, stats(9_000)), group(3, None)],
        at: at(0),
    };
    apply(&store, vec![users([1, 2], 0), groups]);
    let unread = store.directory.unread();
    assert_eq!(unread.largest_group, 9_000);
    assert_eq!(unread.members, [2, 9_000, 1]);
    assert_eq!(unread.group_apps, [3, 3, 1]);
    apply(&store, members(1, [1, 2], 10));
    assert_eq!(store.directory.unread().members, [9_000, 1]);
    let apps = DirectoryOp::Apps {
        run: None,
        items: vec![app(1), app(2), app(3)],
        at: at(0),
    };
    let group_apps = DirectoryOp::GroupApps {
        group: gid(2),
        apps: complete([aid(1)]),
        at: at(10),
    };
    let app_users = DirectoryOp::AppUsers {
        app: aid(3),
        users: complete([app_user(1, AssignmentScope::User, None)]).into(),
        at: at(20),
    };
    apply(&store, vec![apps, group_apps, app_users]);
    let unread = store.directory.unread();
    assert_eq!((unread.apps, unread.app_users), (vec![9_000, 0], vec![1]));
    assert_eq!(unread.group_apps, [3, 1]);
}

#[test]
fn lists_are_read_when_they_must_be() {
    let store = Store::in_memory().unwrap();
    let stats = |users, apps| {
        Some(GroupStats {
            users,
            apps,
            has_admin_privilege: false,
        })
    };
    let groups = |changed: i64| DirectoryOp::Groups {
        run: None,
        items: vec![group(1, stats(2, 0)), group(2, stats(0, 1)), group(3, None)]
            .into_iter()
            .map(|(mut group, raw)| {
                group.last_membership_updated = Some(at(changed));
                (group, raw)
            })
            .collect(),
        at: at(5),
    };
    apply(&store, groups(0));
    let kinds = |resource, before| -> Vec<String> {
        let lists = store.directory.stale_lists(resource, before);
        lists
            .iter()
            .map(|list| match list {
                StaleList::Empty(_) => "empty".to_owned(),
                StaleList::Members(id) | StaleList::AppsOfGroup(id) => id.to_string(),
                StaleList::AppUsers(id) => id.to_string(),
            })
            .collect()
    };
    let (one, two, three) = (gid(1).to_string(), gid(2).to_string(), gid(3).to_string());
    assert_eq!(kinds(Resource::Memberships, None), [&one, "empty", &three]);
    assert_eq!(
        kinds(Resource::AppGroups, None),
        ["empty", two.as_str(), &three]
    );
    for list in store.directory.stale_lists(Resource::Memberships, None) {
        match list {
            StaleList::Empty(op) => drop(apply(&store, op)),
            StaleList::Members(id) => {
                let op = DirectoryOp::Members {
                    group: id,
                    users: complete([uid(1)]),
                    at: at(10),
                    evidence: None,
                };
                apply(&store, op);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(kinds(Resource::Memberships, None), Vec::<String>::new());
    // Okta still counts no members of the second one, and the mirror has none: it need not be asked for either.
    assert_eq!(kinds(Resource::Memberships, Some(at(8))), ["empty"]);
    apply(&store, groups(10));
    assert_eq!(kinds(Resource::Memberships, None).len(), 3);
    let apps = DirectoryOp::Apps {
        run: None,
        items: vec![app(1)],
        at: at(0),
    };
    apply(&store, apps);
    assert_eq!(kinds(Resource::AppUsers, None), [aid(1).to_string()]);
}

#[test]
fn runs_and_marks_are_kept_with_the_page_they_belong_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let mut run = RunState::new(Resource::Users, at(0));
    run.next = Some("https://acme.example/api/v1/users?after=x".into());
    run.pages = 3;
    let mark = |value: Option<&str>| DirectoryOp::Mark {
        key: "delta".into(),
        value: value.map(str::to_owned),
    };
    apply(
        &store,
        vec![
            users([1], 0),
            DirectoryOp::Run(run.clone()),
            mark(Some("x")),
        ],
    );
    store.close().unwrap();
    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.directory.run(Resource::Users).unwrap(), Some(run));
    assert_eq!(store.directory.run(Resource::Groups).unwrap(), None);
    assert_eq!(store.directory.mark("delta").unwrap().as_deref(), Some("x"));
    apply(&store, mark(None));
    assert_eq!(store.directory.mark("delta").unwrap(), None);
}

#[test]
fn revisions_grow_only_when_something_changed() {
    let store = Store::in_memory().unwrap();
    let revisions = store.revisions();
    apply(&store, users(0..5, 0));
    assert_eq!(revisions.borrow().users, 1);
    apply(&store, users(0..5, 10));
    assert_eq!(
        revisions.borrow().users,
        1,
        "nothing but the time of reading changed"
    );
    apply(&store, members(1, [1], 10));
    assert_eq!(revisions.borrow().groups, 1);
    assert_eq!(revisions.borrow().users, 2);
}

fn org(id: &str) -> Org {
    Org {
        id: id.parse().unwrap(),
        host: "acme.okta.example".into(),
        company: None,
        pipeline: None,
    }
}

#[test]
fn a_store_belongs_to_one_org() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.org(), None);
    wait(store.bind_org(&org("00o1"))).unwrap();
    assert!(matches!(
        wait(store.bind_org(&org("00o2"))),
        Err(Error::OtherOrg { .. })
    ));
    let renamed = Org {
        company: Some("Acme".into()),
        ..org("00o1")
    };
    wait(store.bind_org(&renamed)).unwrap();
    store.close().unwrap();
    let error = Store::open(&path, Some(&org("00o2").id)).err().unwrap();
    assert!(error.to_string().contains("00o1, not 00o2"), "{error}");
    assert!(error.hint().is_some());
    let store = Store::open(&path, Some(&renamed.id)).unwrap();
    assert_eq!(store.org(), Some(renamed));
}

#[test]
fn a_log_of_another_org_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let (a, b) = (temp.path().join("a"), temp.path().join("b"));
    for (path, id) in [(&a, "00o1"), (&b, "00o2")] {
        let store = Store::open(path, None).unwrap();
        wait(store.bind_org(&org(id))).unwrap();
        store.close().unwrap();
    }
    fs::remove_dir_all(a.join("events")).unwrap();
    fs::rename(b.join("events"), a.join("events")).unwrap();
    assert!(matches!(Store::open(&a, None), Err(Error::OtherOrg { .. })));
}

#[test]
fn a_store_in_use_or_closed_or_too_open_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    assert!(matches!(Store::open(&path, None), Err(Error::InUse { .. })));
    let clone = store.clone();
    store.close().unwrap();
    let closed = wait(clone.directory.apply(users([1], 0)));
    assert!(matches!(closed, Err(Error::Closed)));
    assert!(matches!(clone.directory.mark("x"), Err(Error::Closed)));
    drop(clone);
    let file = path.join("directory.redb");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let error = Store::open(&path, None).err().unwrap();
    assert!(error.hint().unwrap().starts_with("chmod 600"), "{error}");
}

/// A file that is cut off, overwritten or not a store at all is refused with words, never with a panic and never as an empty store.
#[test]
fn a_damaged_file_is_refused_with_words() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    apply(
        &store,
        vec![
            users(0..2_000, 0),
            groups(0..100, 0),
            members(1, 0..2_000, 1),
        ],
    );
    store.close().unwrap();
    let file = path.join("directory.redb");
    let whole = fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let error = Store::open(&path, None).err().unwrap();
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
        assert!(error.hint().is_some());
    };
    refused(b"this is not a store");
    refused(b"");
    refused(&whole[..1_000]);
    refused(&whole[..whole.len() / 2]);
    // Damage inside: whatever page it hits, opening either refuses or gives a store that answers.
    let hits = (0..40).map(|n| 4_096 * (1 + n * 7));
    for at in hits.filter(|at| at + 64 < whole.len()) {
        let mut bytes = whole.clone();
        for byte in &mut bytes[at..at + 64] {
            *byte ^= 0xa5;
        }
        fs::write(&file, &bytes).unwrap();
        match Store::open(&path, None) {
            Ok(store) => drop(store.directory.users(&window("", 10), at_epoch())),
            Err(error) => assert!(error.hint().is_some(), "{error:?}"),
        }
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(
        Store::open(&path, None).unwrap().directory.counts().users,
        2_000
    );
}

#[test]
fn a_newer_store_is_left_alone() {
    use redb::TableDefinition;
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    for file in ["directory.redb", "events/index.redb"] {
        drop(Store::open(&path, None).unwrap().close());
        let database = database(&path.join(file));
        let put = |schema: u8| {
            let transaction = database.begin_write().unwrap();
            let mut meta = transaction.open_table(META).unwrap();
            meta.insert("schema", [1, schema].as_slice()).unwrap();
            drop(meta);
            transaction.commit().unwrap();
        };
        put(99);
        database.close().unwrap();
        let error = Store::open(&path, None).err().unwrap();
        assert!(matches!(error, Error::Newer { found: 99, .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("update"));
        std::fs::remove_dir_all(&path).unwrap();
    }
}

/// A file whose pictures this program does not mark any more was opened by an older one, which used them as they were.
#[tokio::test]
async fn a_file_with_pictures_is_closed_to_older_programs_by_the_first_change() {
    use redb::{ReadableDatabase as _, TableDefinition};
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    const PICTURES: TableDefinition<'_, (u8, u32, u32), &[u8]> = TableDefinition::new("pictures");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let file = path.join("directory.redb");
    drop(Store::open(&path, None).unwrap().close());
    for has_pictures in [false, true] {
        let database = database(&file);
        let transaction = database.begin_write().unwrap();
        let mut meta = transaction.open_table(META).unwrap();
        meta.insert("schema", [1, 4].as_slice()).unwrap();
        drop(meta);
        if has_pictures {
            let mut pictures = transaction.open_table(PICTURES).unwrap();
            pictures.insert((9, 0, 0), [1].as_slice()).unwrap();
        }
        transaction.commit().unwrap();
        database.close().unwrap();
        let store = Store::open(&path, None).unwrap();
        let mark = DirectoryOp::Mark {
            key: "x".into(),
            value: None,
        };
        store.directory.apply(mark).await.unwrap();
        store.close().unwrap();
        let database = self::database(&file);
        let transaction = database.begin_read().unwrap();
        let meta = transaction.open_table(META).unwrap();
        let schema = meta.get("schema").unwrap().unwrap().value().to_vec();
        assert_eq!(schema[1] == 4, !has_pictures, "{schema:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    See(usize, i64),
    Members(usize, Vec<usize>),
    Member(usize, usize, bool),
    Assign(usize, Vec<usize>),
    Archive(usize),
    Forget(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let some = || prop::collection::vec(0usize..30, 0..20);
    prop_oneof![
        (0usize..30, 0i64..100).prop_map(|(user, login)| Step::See(user, login)),
        (0usize..4, some()).prop_map(|(group, users)| Step::Members(group, users)),
        (0usize..4, 0usize..30, any::<bool>()).prop_map(|(g, u, p)| Step::Member(g, u, p)),
        (0usize..3, some()).prop_map(|(app, users)| Step::Assign(app, users)),
        (0usize..30).prop_map(Step::Archive),
        (0usize..30).prop_map(Step::Forget),
    ]
}

fn change(step: Step, secs: i64) -> DirectoryOp {
    match step {
        Step::See(n, login) => DirectoryOp::Users {
            run: None,
            items: vec![user_with(n, |user| {
                user.last_login = (login > 0).then(|| at(login));
                user.department = (login % 3 > 0).then(|| format!("dept {login}").into());
            })],
            at: at(secs),
        },
        Step::Members(group, users) => members(group, users, secs),
        Step::Member(group, user, present) => DirectoryOp::MemberChanged {
            group: gid(group),
            user: uid(user),
            present,
            at: at(secs),
            evidence: None,
        },
        Step::Assign(app, users) => {
            let assigned = users
                .into_iter()
                .map(|n| app_user(n, AssignmentScope::User, None));
            DirectoryOp::AppUsers {
                app: aid(app),
                users: complete(assigned).into(),
                at: at(secs),
            }
        }
        Step::Archive(n) => DirectoryOp::Archive {
            object: ObjectId::User(uid(n)),
            at: at(secs),
            evidence: None,
        },
        Step::Forget(n) => DirectoryOp::Forget(ObjectId::User(uid(n))),
    }
}

/// Everything that can be seen of the users, in several orders.
fn seen(store: &Store) -> Vec<String> {
    let sorts = ["login", "lastLogin", "department", "groups", "apps"];
    let scopes = [Scope::All, Scope::OfGroup(gid(1)), Scope::OfApp(aid(1))];
    let mut seen = vec![format!("{:?}", store.directory.counts())];
    for (field, scope) in sorts
        .iter()
        .flat_map(|f| scopes.iter().map(move |s| (f, s)))
    {
        let query = ListQuery {
            scope: scope.clone(),
            sort: Some(Sort {
                field: (*field).to_owned(),
                descending: field.len() % 2 == 0,
            }),
            archived: true,
            limit: 100,
            with_raw: true,
            ..ListQuery::default()
        };
        seen.push(format!(
            "{:?}",
            store.directory.users(&query, at(0)).unwrap()
        ));
    }
    seen
}

/// A list that was asked for between the two kept its order, and did not hear of the user.
#[test]
fn a_user_who_is_read_after_an_assignment_is_in_the_list() {
    let store = Store::in_memory().unwrap();
    apply(&store, change(Step::Assign(0, vec![19]), 1));
    seen(&store);
    apply(&store, change(Step::See(19, 0), 2));
    let query = ListQuery {
        scope: Scope::OfApp(aid(0)),
        limit: 10,
        ..ListQuery::default()
    };
    let listed = store.directory.users(&query, at(0)).unwrap();
    assert_eq!(listed.rows.len(), 1);
    let all = ListQuery {
        limit: 10,
        ..ListQuery::default()
    };
    assert_eq!(store.directory.users(&all, at(0)).unwrap().rows.len(), 1);
}

fn at_epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The intervals of a membership are what one gets by replaying the lists one after the other.
    #[test]
    fn intervals_replay_the_lists(lists in prop::collection::vec((0usize..3, prop::collection::btree_set(0usize..8, 0..8)), 1..20)) {
        let store = Store::in_memory().unwrap();
        let mut expected = std::collections::BTreeMap::<(usize, usize), Vec<(Timestamp, Option<Timestamp>)>>::new();
        for (step, (group, list)) in (1..).zip(&lists) {
            apply(&store, members(*group, list.iter().copied(), step));
            for user in 0..8 {
                let spans = expected.entry((*group, user)).or_default();
                let open = spans.last().is_some_and(|(_, to)| to.is_none());
                match (open, list.contains(&user)) {
                    (false, true) => spans.push((at(step), None)),
                    (true, false) => spans.last_mut().unwrap().1 = Some(at(step)),
                    _ => {}
                }
            }
        }
        for ((group, user), spans) in expected {
            let of_group = store.directory.membership_history_of_group(&gid(group)).unwrap();
            let of_user = store.directory.membership_history_of_user(&uid(user)).unwrap();
            let pick = |spans: &[oktop::domain::history::Interval]| -> Vec<_> {
                spans.iter().map(|span| (span.from, span.to)).collect()
            };
            let found = of_group.iter().find(|(id, _)| *id == uid(user)).map(|(_, spans)| pick(spans));
            prop_assert_eq!(found.clone().unwrap_or_default(), spans);
            let same = of_user.iter().find(|(id, _)| *id == gid(group)).map(|(_, spans)| pick(spans));
            prop_assert_eq!(found, same);
        }
    }

    /// What the model in memory says after any changes is what a new one, built from the file, says.
    #[test]
    fn memory_and_file_agree(steps in prop::collection::vec(prop::collection::vec(step(), 1..5), 1..12)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let store = Store::open(&path, None).unwrap();
        for (secs, batch) in (1..).zip(steps) {
            let batch: Vec<_> = batch.into_iter().map(|step| change(step, secs)).collect();
            apply(&store, batch);
            // Asking in between gives the kept orders something to be mended from.
            seen(&store);
        }
        let before = seen(&store);
        store.close().unwrap();
        prop_assert_eq!(before, seen(&Store::open(&path, None).unwrap()));
    }
}
