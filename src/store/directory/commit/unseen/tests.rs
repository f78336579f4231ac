//! Tests of what is put into the history by the log alone.

use jiff::Timestamp;

use super::*;
use crate::domain::entry::{EntryKey, EntryKind};
use crate::domain::history::Existed;
use crate::domain::id::EventUuid;
use crate::domain::listing::{Complete, Listing};
use crate::domain::query::ListQuery;
use crate::domain::user::{User, UserStatus};
use crate::store::{DirectoryOp, Ghost, Store};

const GHOST: &str = "00ughost";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn span(from: i64, to: i64) -> Interval {
    Interval {
        from: at(from),
        to: Some(at(to)),
        began_by: Some(EventUuid([1; 16])),
        ended_by: Some(EventUuid([2; 16])),
    }
}

fn ghost(login: &str) -> (User, RawJson) {
    let user = User {
        id: GHOST.parse().unwrap(),
        status: UserStatus::from_word("UNKNOWN"),
        transitioning_to: None,
        login: login.into(),
        email: "".into(),
        first_name: "".into(),
        last_name: "".into(),
        title: None,
        department: None,
        manager: None,
        provider: None,
        type_id: None,
        created: Some(at(10)),
        activated: None,
        status_changed: None,
        last_login: None,
        last_updated: None,
        password_changed: None,
    };
    (user, RawJson::new(format!("{{\"id\":\"{GHOST}\"}}")))
}

fn role(id: &str, kind: &str) -> (Entry, RawJson) {
    let key = EntryKey {
        kind: EntryKind::UserRole,
        parent: Some(GHOST.parse().unwrap()),
        id: id.parse().unwrap(),
    };
    let entry = Entry {
        key,
        name: kind.into(),
        status: Some("ACTIVE".into()),
        created: None,
        last_updated: None,
        facts: vec![Some(kind.into())],
        refs: Vec::new(),
    };
    (entry, RawJson::new(format!("{{\"id\":\"{id}\"}}")))
}

fn held(id: &str, kind: &str, from: i64, to: i64) -> DirectoryOp {
    DirectoryOp::Held {
        entry: Box::new(role(id, kind)),
        span: span(from, to),
    }
}

fn lived(login: &str, from: i64, to: i64) -> DirectoryOp {
    let (user, raw) = ghost(login);
    DirectoryOp::Lived {
        ghost: Box::new(Ghost::User(user, raw)),
        span: span(from, to),
    }
}

fn complete(items: Vec<(Entry, RawJson)>) -> Complete<(Entry, RawJson)> {
    let mut listing = Listing::default();
    listing.add_page(items, 0);
    listing.finish().ok().unwrap()
}

/// The ids of the roles that the user had then.
fn roles(store: &Store, secs: i64) -> Vec<String> {
    let past = store.directory.as_of(at(secs));
    let holder = GHOST.parse().unwrap();
    let found = past.entries_below(EntryKind::UserRole, Some(&holder));
    let ids = found.unwrap().into_iter();
    let mut ids: Vec<String> = ids.map(|(entry, _)| entry.key.id.to_string()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_user_of_whom_only_the_log_tells_is_archived_and_was_there() {
    let store = Store::in_memory().unwrap();
    let directory = &store.directory;
    for op in [
        lived("ghost@acme.com", 10, 50),
        // What is known already stays as it is.
        lived("other@acme.com", 60, 70),
        held("log:1:A", "A", 20, 30),
    ] {
        directory.apply(op).await.unwrap();
    }
    let query = ListQuery {
        archived: true,
        limit: 10,
        ..ListQuery::default()
    };
    let rows = directory.users(&query, at(99)).unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].value.login.as_str(), "ghost@acme.com");
    assert_eq!(rows[0].archived.as_ref().unwrap().at, at(50));
    let id = ObjectId::User(GHOST.parse().unwrap());
    let existed = |secs| {
        directory
            .as_of(at(secs))
            .object(&id)
            .unwrap()
            .unwrap()
            .existed
    };
    assert_eq!(
        [5, 30, 50].map(existed),
        [Existed::No, Existed::Yes, Existed::No]
    );
    assert_eq!(roles(&store, 25), ["log:1:A"]);
    let changes = directory.changes(at(0), at(99), None, 10).unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|row| (row.at, row.evidence.is_some()))
        .collect();
    assert_eq!(told, [50, 30, 20, 10].map(|secs| (at(secs), true)));
    // Should Okta have it after all, it is back.
    let (run, items) = (None, vec![ghost("ghost@acme.com")]);
    let users = DirectoryOp::Users {
        run,
        items,
        at: at(80),
    };
    directory.apply(users).await.unwrap();
    assert_eq!([60, 90].map(existed), [Existed::No, Existed::Yes]);
}

#[tokio::test]
async fn a_role_is_put_only_where_readings_say_nothing_of_one_of_its_type() {
    let store = Store::in_memory().unwrap();
    let directory = &store.directory;
    // Of somebody who is not kept there is no history.
    directory.apply(held("log:1:A", "A", 20, 30)).await.unwrap();
    assert!(roles(&store, 25).is_empty());
    directory
        .apply(lived("ghost@acme.com", 1, 90))
        .await
        .unwrap();
    let listed = |items, secs| DirectoryOp::Entries {
        kind: EntryKind::UserRole,
        parent: Some(GHOST.parse().unwrap()),
        items: complete(items).into(),
        at: at(secs),
        evidence: Some(EventUuid([9; 16])),
    };
    directory
        .apply(listed(vec![role("ra1", "A")], 40))
        .await
        .unwrap();
    directory.apply(listed(Vec::new(), 60)).await.unwrap();
    for op in [
        held("log:1:A", "A", 20, 30),
        held("log:2:A", "A", 30, 41),
        held("log:3:A", "A", 45, 50),
        held("log:4:A", "A", 59, 70),
        held("log:5:B", "B", 45, 50),
        held("log:6:A", "A", 60, 70),
        // The same again, as the next look at the log tells it.
        held("log:6:A", "A", 61, 80),
        held("log:7:C", "C", 50, 50),
    ] {
        directory.apply(op).await.unwrap();
    }
    let at_times = [25, 35, 47, 65, 75].map(|secs| roles(&store, secs));
    let expected: [&[&str]; 5] = [&["log:1:A"], &[], &["log:5:B", "ra1"], &["log:6:A"], &[]];
    assert_eq!(at_times, expected);
}
