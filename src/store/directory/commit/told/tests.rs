//! Tests of fields as events tell them, in the store.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::history::{Change, Interval};
use crate::domain::id::{EventUuid, ObjectId};
use crate::domain::query::ListQuery;
use crate::domain::text::RawJson;
use crate::domain::user::{User, UserStatus};
use crate::store::{DetailRow, DirectoryOp, Ghost, Says, Store, Telling};

const USER: &str = "00uAmy";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn read(status: &str, secs: i64, changed: i64) -> DirectoryOp {
    let json = json!({
        "id": USER,
        "status": status,
        "statusChanged": at(changed).to_string(),
        "lastUpdated": at(changed).to_string(),
        "profile": {"login": "amy@acme.com"},
    });
    let user = User {
        id: USER.parse().unwrap(),
        status: UserStatus::from_word(status),
        transitioning_to: None,
        login: "amy@acme.com".into(),
        email: "".into(),
        first_name: "".into(),
        last_name: "".into(),
        title: None,
        department: None,
        manager: None,
        provider: None,
        type_id: None,
        created: None,
        activated: None,
        status_changed: Some(at(changed)),
        last_login: None,
        last_updated: Some(at(changed)),
        password_changed: None,
    };
    DirectoryOp::Users {
        run: None,
        items: vec![(user, RawJson::new(json.to_string()))],
        at: at(secs),
    }
}

fn told(tellings: &[(i64, u8, &'static str)]) -> DirectoryOp {
    let telling = |(secs, event, to): &(i64, u8, &'static str)| Telling {
        at: at(*secs),
        event: EventUuid([*event; 16]),
        says: Says::Status {
            to,
            or: None,
            only_from: &[],
        },
    };
    DirectoryOp::Told {
        object: user(),
        tellings: tellings.iter().map(telling).collect(),
        from: at(0),
    }
}

fn user() -> ObjectId {
    ObjectId::User(USER.parse().unwrap())
}

/// The status at a moment: by the object, by a list, and by Okta's JSON.
fn status_then(store: &Store, secs: i64) -> String {
    let past = store.directory.as_of(at(secs)).object(&user()).unwrap();
    let Some(DetailRow::User(row)) = past.unwrap().row else {
        panic!("not a user");
    };
    let json: Value = serde_json::from_str(row.raw.unwrap().as_unsafe_str()).unwrap();
    let status = row.value.status.word().to_owned();
    assert_eq!(json["status"], status.as_str(), "at {secs}");
    let query = ListQuery {
        filter: format!("status={status}"),
        as_of: Some(at(secs)),
        archived: true,
        limit: 5,
        ..ListQuery::default()
    };
    let listed = store.directory.users(&query, at(99_999)).unwrap();
    assert_eq!(listed.rows.len(), 1, "{status} at {secs}");
    assert_eq!(
        json["statusChanged"].as_str().unwrap().parse().ok(),
        row.value.status_changed,
        "at {secs}"
    );
    status
}

/// Rows of the history: when, the event, and the status after it.
fn changes(store: &Store) -> Vec<(i64, Option<u8>, String)> {
    let rows = store.directory.changes(at(0), at(99_999), None, 100);
    let rows = rows.unwrap().into_iter().rev().filter_map(|row| {
        let Change::Field { field, after, .. } = row.what else {
            return None;
        };
        assert_eq!(field.as_str(), "status");
        let secs = row.at.as_second() - 1_800_000_000;
        let event = row.evidence.map(|event| event.0[0]);
        Some((secs, event, after.unwrap().replace('"', "")))
    });
    rows.collect()
}

#[tokio::test]
async fn the_past_and_the_history_are_as_events_tell() {
    let store = Store::in_memory().unwrap();
    let apply = |op| store.directory.apply(vec![op]);
    apply(read("ACTIVE", -50, -900)).await.unwrap();
    apply(read("ACTIVE", 900, 600)).await.unwrap();
    assert_eq!(status_then(&store, 300), "ACTIVE");
    let one = [(200, 1, "SUSPENDED"), (600, 2, "ACTIVE")];
    for _ in 0..2 {
        apply(told(&one)).await.unwrap();
        let then = [100, 199, 200, 599, 600, 950].map(|secs| status_then(&store, secs));
        let (active, suspended) = ("ACTIVE", "SUSPENDED");
        assert_eq!(then, [active, active, suspended, suspended, active, active]);
        let row = |secs, event, status: &str| (secs, event, status.to_owned());
        assert_eq!(
            changes(&store),
            [row(200, Some(1), suspended), row(900, None, active)]
        );
    }
    // An event that came late.
    let mut all = one.to_vec();
    all.insert(1, (400, 3, "DEPROVISIONED"));
    apply(told(&all)).await.unwrap();
    assert_eq!(status_then(&store, 300), "SUSPENDED");
    assert_eq!(status_then(&store, 500), "DEPROVISIONED");
    assert_eq!(changes(&store).len(), 3);
    // And what is read later is as always.
    apply(read("LOCKED_OUT", 2_000, 1_900)).await.unwrap();
    assert_eq!(status_then(&store, 1_950), "LOCKED_OUT");
    assert_eq!(status_then(&store, 1_000), "ACTIVE");
    assert_eq!(status_then(&store, 500), "DEPROVISIONED");
}

#[tokio::test]
async fn who_is_gone_is_left_as_the_last_event_tells() {
    let store = Store::in_memory().unwrap();
    let apply = |op| store.directory.apply(vec![op]);
    apply(read("ACTIVE", -50, -900)).await.unwrap();
    let gone = DirectoryOp::Archive {
        object: user(),
        at: at(700),
        evidence: None,
    };
    apply(gone).await.unwrap();
    let all = [(200, 1, "SUSPENDED"), (600, 2, "DEPROVISIONED")];
    for _ in 0..2 {
        apply(told(&all)).await.unwrap();
        let then = [100, 300, 650, 900].map(|secs| status_then(&store, secs));
        assert_eq!(
            then,
            ["ACTIVE", "SUSPENDED", "DEPROVISIONED", "DEPROVISIONED"]
        );
    }
    // Should Okta have them after all, that counts.
    apply(read("ACTIVE", 2_000, 1_900)).await.unwrap();
    assert_eq!(status_then(&store, 2_100), "ACTIVE");
    assert_eq!(status_then(&store, 650), "DEPROVISIONED");
}

/// Of a ghost of which one event tells, nothing that changed was told, and so not what the event tells either.
#[tokio::test]
async fn the_status_of_a_ghost_is_told_though_it_never_changed() {
    let store = Store::in_memory().unwrap();
    let DirectoryOp::Users { items, .. } = read("UNKNOWN", 0, 0) else {
        panic!("not users");
    };
    let (user, raw) = items.into_iter().next().unwrap();
    let lived = DirectoryOp::Lived {
        ghost: Box::new(Ghost::User(user, raw)),
        span: Interval {
            from: at(10),
            to: Some(at(80)),
            began_by: None,
            ended_by: None,
        },
    };
    store.directory.apply(vec![lived]).await.unwrap();
    let made = told(&[(10, 1, "STAGED")]);
    store.directory.apply(vec![made]).await.unwrap();
    assert_eq!(status_then(&store, 50), "STAGED");
}
