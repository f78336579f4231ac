//! Breaking a page of the log.

use serde_json::{Value, json};

use super::Kind;
use crate::sim::time::{DAY_MS, Millis};

/// The page `body`, broken as the kind says.
pub fn break_up(body: String, kind: Kind, now: Millis) -> String {
    let Ok(mut events) = serde_json::from_str::<Vec<Value>>(&body) else {
        return body;
    };
    let last = events.last().cloned();
    match (kind, last) {
        (Kind::OutOfOrderEvents, _) => events.reverse(),
        (Kind::FutureEvents, _) => {
            let tomorrow = (now + DAY_MS).to_string();
            for event in &mut events {
                event["published"] = json!(tomorrow);
            }
        }
        (Kind::ReusedUuid, Some(mut other)) => {
            other["eventType"] = json!("user.session.clear");
            other["actor"]["id"] = json!("00uSOMEBODY0ELSE0000");
            events.push(other);
        }
        (Kind::MissingUuid, Some(mut other)) => {
            if let Some(fields) = other.as_object_mut() {
                fields.remove("uuid");
            }
            events.push(other);
        }
        _ => {}
    }
    Value::Array(events).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        r#"[{"uuid":"a","published":"x","actor":{}},{"uuid":"b","published":"y","actor":{}}]"#;

    fn broken(kind: Kind) -> Vec<Value> {
        serde_json::from_str(&break_up(PAGE.to_owned(), kind, Millis(0))).unwrap()
    }

    #[test]
    fn each_kind_breaks_what_it_says_and_loses_nothing() {
        assert_eq!(broken(Kind::OutOfOrderEvents)[0]["uuid"], "b");
        assert_eq!(
            broken(Kind::FutureEvents)[0]["published"],
            "1970-01-02T00:00:00.000Z"
        );
        let reused = broken(Kind::ReusedUuid);
        assert_eq!((reused.len(), &reused[2]["uuid"]), (3, &json!("b")));
        assert_ne!(reused[2]["eventType"], reused[1]["eventType"]);
        assert!(broken(Kind::MissingUuid)[2].get("uuid").is_none());
    }
}
