//! Tests of what the log proves about roles.

use super::*;
use crate::okta;
use crate::store::EventBatch;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

/// Whoever was refused a role was told to have it by that event.
#[tokio::test]
async fn a_grant_that_failed_proves_no_role() {
    let store = Store::in_memory().unwrap();
    let grant = |n: i64, user: &str, result: &str| {
        let json = serde_json::json!({
            "uuid": format!("00000000-0000-0000-0000-{n:012}"),
            "published": at(n).to_string(),
            "eventType": "user.account.privilege.grant",
            "outcome": {"result": result},
            "target": [{"id": user, "type": "User"}],
        });
        let item = okta::read_log_event(json.to_string()).unwrap();
        (item.value, item.raw)
    };
    let users = ["00u1", "00u2", "00u3", "00u4"];
    let mut events = Vec::new();
    for (n, user) in (0..).zip(users) {
        events.push(grant(10 * n + 1, user, "FAILURE"));
        events.push(grant(10 * n + 2, user, "SUCCESS"));
        events.push(grant(10 * n + 3, user, "DENY"));
    }
    let batch = EventBatch {
        events,
        marks: Vec::new(),
        at: at(100),
    };
    store.events.append(batch).await.unwrap();
    let view = View::new(&store, None, at(1_000), BTreeMap::new());
    // The first are looked up one by one, the last one with all of them at once.
    for (n, user) in (0..).zip(users) {
        let proofs = view.grants_in_log(user).unwrap();
        let proven: Vec<Timestamp> = proofs.iter().map(|proof| proof.at).collect();
        assert_eq!(proven, [at(10 * n + 2)], "{user}");
    }
}
