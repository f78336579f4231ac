//! Tests of who is found to have done what, one by one and many at once.

use super::*;
use crate::domain::entry::Subject;
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::ObjectId;
use crate::okta;
use crate::store::EventBatch;

const GROUP: &str = "00g1";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

/// That an admin added a user to the group.
fn added(n: u32, admin: &str, user: u32, secs: u32) -> String {
    serde_json::json!({
        "uuid": format!("00000000-0000-0000-0000-{n:012}"),
        "published": at(secs.into()).to_string(),
        "eventType": "group.user_membership.add",
        "outcome": {"result": "SUCCESS"},
        "actor": {"id": admin, "type": "User", "displayName": admin},
        "target": [
            {"id": format!("00u{user}"), "type": "User"},
            {"id": GROUP, "type": "UserGroup"},
        ],
        "debugContext": {"debugData": {"triggeredByGroupRuleId": format!("0pr{user}")}},
    })
    .to_string()
}

async fn log_of(events: impl Iterator<Item = String>) -> Store {
    let store = Store::in_memory().unwrap();
    let events = events.map(|json| {
        let item = okta::read_log_event(json).unwrap();
        (item.value, item.raw)
    });
    let batch = EventBatch {
        events: events.collect(),
        marks: Vec::new(),
        at: at(0),
    };
    store.events.append(batch).await.unwrap();
    store
}

/// That a reading saw the user in the group.
fn seen(user: u32) -> Suspects {
    seen_at(user, 700)
}

fn seen_at(user: u32, secs: i64) -> Suspects {
    let id = |id: String| Subject::Object(ObjectId::User(id.parse().unwrap()));
    let change = ChangeRow {
        at: at(secs),
        subject: id(format!("00u{user}")),
        name: "-".into(),
        parent_name: None,
        what: Change::Began {
            relation: Relation::Membership,
            other: Subject::Object(ObjectId::Group(GROUP.parse().unwrap())),
            other_name: "-".into(),
        },
        stamped: None,
        evidence: None,
    };
    cause::suspects(&change).unwrap()
}

/// The log was searched for each of a hundred thousand members.
#[tokio::test]
async fn many_at_once_are_found_as_each_by_itself() {
    let events = (0..40).map(|n| added(n, &format!("00a{n}"), n, 300 + n));
    // Of this one, two people did it; and of the next, nobody at that time.
    let more = [
        added(90, "00b1", 41, 500),
        added(91, "00b2", 41, 510),
        added(92, "00b3", 42, 9_000),
    ];
    let store = log_of(events.chain(more)).await;
    let now = at(10_000);
    let all = Causes::new(&store, now);
    for user in 0..44 {
        let suspects = seen(user);
        let alone = Causes::new(&store, now).of(suspects.clone()).unwrap();
        let found = all.of(suspects).unwrap();
        assert_eq!(found, alone, "{user}");
        let told = found.map(|proof| {
            (
                proof.by.unwrap().to_string(),
                proof.rule.unwrap().to_string(),
            )
        });
        let known = (user < 40).then(|| (format!("00a{user}"), format!("0pr{user}")));
        assert_eq!(told, known);
    }
    let quarters = all.quarters.borrow();
    let read = quarters
        .values()
        .any(|quarter| matches!(quarter, Quarter::Read(_)));
    assert!(read, "all of that time was read at once");
}

/// Of four times, fifty thousand whole events each were kept: more than all that the agent may have.
#[tokio::test]
async fn no_more_is_kept_of_many_times_than_there_is_room_for() {
    // A quarter of an hour begins at zero; what is seen is looked for in one or two.
    let events = (0..6 * 20).map(|n| added(n, "00a1", n, 900 * (n / 20) + n % 20));
    let store = log_of(events).await;
    let room = Room {
        page: 7,
        quarter: 30,
        all: 60,
    };
    let causes = Causes {
        room,
        ..Causes::new(&store, at(10_000))
    };
    for quarter in 0..6 {
        for n in 0..20 {
            let suspects = seen_at(20 * quarter + n, 900 * i64::from(quarter) + 800);
            assert!(causes.of(suspects).unwrap().is_some(), "{quarter} {n}");
            let quarters = causes.quarters.borrow();
            let kept: usize = quarters.values().map(Quarter::kept).sum();
            assert!(kept <= room.all, "{kept}");
        }
    }
    let quarters = causes.quarters.borrow();
    let newest = quarters.get(&quarter_of(at(900 * 5)));
    assert_eq!(newest.map(Quarter::kept), Some(20), "page by page");
    // Where more was done than that, nothing of it is kept.
    let busy = Causes {
        room: Room {
            quarter: 10,
            ..room
        },
        ..Causes::new(&store, at(10_000))
    };
    assert!(busy.read(quarter_of(at(0))).unwrap().is_none());
}
