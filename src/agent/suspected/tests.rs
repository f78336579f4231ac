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
    let id = |id: String| Subject::Object(ObjectId::User(id.parse().unwrap()));
    let change = ChangeRow {
        at: at(700),
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
