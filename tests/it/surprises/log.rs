//! The System Log.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim_org::{Answer, TestOrg, calm, id};
use oktop::sim::Options;

fn uuids(answer: &Answer) -> Vec<String> {
    let uuid = |event: &Value| event["uuid"].as_str().unwrap().to_owned();
    answer.json().as_array().unwrap().iter().map(uuid).collect()
}

async fn with_events(events: usize) -> TestOrg {
    TestOrg::start(Options { events, ..calm() }).await
}

/// Suspends somebody, which leaves one event.
async fn something_happens(org: &TestOrg) -> String {
    let path = "/api/v1/users?search=status+eq+%22ACTIVE%22&limit=1";
    let user = id(&org.get(path).await.json()[0]);
    org.change(json!({"change": "suspend_user", "user": user}))
        .await;
    user
}

#[tokio::test]
async fn s01_logs_polling_always_has_a_next_link_and_a_bounded_query_ends() {
    let org = with_events(250).await;
    let mut polled = Vec::new();
    let mut page = org
        .get("/api/v1/logs?since=2026-11-01T00:00:00Z&limit=100")
        .await;
    loop {
        polled.extend(uuids(&page));
        let next = page.link("next").expect("polling always has a next link");
        if uuids(&page).is_empty() {
            assert_eq!(
                org.get(&next).await.link("next"),
                Some(next),
                "nothing new, the same link"
            );
            break;
        }
        page = org.get(&next).await;
    }
    let persisted = org.truth("/events").await.as_array().unwrap().len();
    assert_eq!(polled.len(), persisted);
    // What happens afterwards is behind the same link.
    let next = page.link("next").unwrap();
    something_happens(&org).await;
    org.hand.advance(Duration::from_mins(10));
    assert_eq!(uuids(&org.get(&next).await).len(), 1);
    let mut bounded = Vec::new();
    let range = "since=2026-11-10T00:00:00Z&until=2026-11-22T10:00:00Z";
    let mut next = Some(format!("/api/v1/logs?{range}&limit=100"));
    while let Some(link) = next {
        let page = org.get(&link).await;
        bounded.extend(uuids(&page));
        next = page.link("next");
    }
    let distinct: BTreeSet<&String> = bounded.iter().collect();
    assert_eq!(distinct.len(), bounded.len());
    assert!(bounded.len() >= 240, "{}", bounded.len());
}

#[tokio::test]
async fn s12_a_late_event_is_missed_by_time_and_delivered_to_pollers() {
    let org = with_events(50).await;
    let start = org.get("/api/v1/logs?since=2026-11-22T10:00:00Z").await;
    org.fault(json!({"row": "events-late"})).await;
    something_happens(&org).await;
    org.hand.advance(Duration::from_mins(1));
    org.send(reqwest::Method::DELETE, "/sim/v1/faults").await;
    something_happens(&org).await;
    org.hand.advance(Duration::from_mins(30));
    // By time the second is there and the first is not, and who goes on from the second never sees the first.
    let by_time = org
        .get("/api/v1/logs?since=2026-11-22T10:00:00Z&until=2026-11-22T10:30:00Z")
        .await;
    assert_eq!(uuids(&by_time).len(), 1);
    let polled = org.get(&start.link("next").unwrap()).await;
    assert_eq!(uuids(&polled), uuids(&by_time));
    org.hand.advance(Duration::from_hours(2));
    let late = org.get(&polled.link("next").unwrap()).await;
    assert_eq!(
        uuids(&late).len(),
        1,
        "the poll's link leads to what came late"
    );
    let published = |answer: &Answer| answer.json()[0]["published"].as_str().unwrap().to_owned();
    assert!(
        published(&late) < published(&polled),
        "out of order, and yet the next"
    );
    let again = org
        .get("/api/v1/logs?since=2026-11-22T10:00:00Z&until=2026-11-22T10:30:00Z")
        .await;
    assert_eq!(uuids(&again).len(), 2, "the same query, later, has it");
}

#[tokio::test]
async fn s12_overlapping_queries_deliver_events_again() {
    let org = with_events(200).await;
    let first = org
        .get("/api/v1/logs?since=2026-11-16T00:00:00Z&until=2026-11-20T00:00:00Z&limit=1000")
        .await;
    let second = org
        .get("/api/v1/logs?since=2026-11-19T00:00:00Z&until=2026-11-22T00:00:00Z&limit=1000")
        .await;
    let (first, second): (BTreeSet<_>, BTreeSet<_>) = (
        uuids(&first).into_iter().collect(),
        uuids(&second).into_iter().collect(),
    );
    assert!(first.intersection(&second).count() > 0);
    // A poll, too, may repeat what it has delivered.
    let page = org
        .get("/api/v1/logs?since=2026-11-16T00:00:00Z&limit=20")
        .await;
    org.fault(json!({"row": "events-twice"})).await;
    let next = org.get(&page.link("next").unwrap()).await;
    let (before, after): (BTreeSet<_>, Vec<_>) = (uuids(&page).into_iter().collect(), uuids(&next));
    assert!(after.iter().any(|uuid| before.contains(uuid)));
    assert!(after.iter().any(|uuid| !before.contains(uuid)));
}

#[tokio::test]
async fn s16_nulls_everywhere_a_zone_that_is_a_word_and_debug_data_of_strings() {
    let org = with_events(600).await;
    let events = org.get("/api/v1/logs?limit=1000").await.json();
    let events = events.as_array().unwrap();
    for event in events {
        let zone = &event["client"]["zone"];
        assert!(zone == "null" || zone.is_null(), "{zone}");
        for (key, value) in event["debugContext"]["debugData"].as_object().unwrap() {
            assert!(value.is_string(), "{key}: {value}");
        }
        assert_eq!(event["authenticationContext"]["authenticationStep"], 0);
        assert!(event["version"].is_string());
    }
    let has = |is: fn(&Value) -> bool| events.iter().any(is);
    assert!(has(|e| e["client"]["zone"] == "null"));
    assert!(has(|e| e["target"].is_null()));
    assert!(has(|e| e["target"].is_array()));
    assert!(has(|e| e["outcome"]["reason"].is_null()));
    assert!(has(
        |e| e["device"].is_null() && e.as_object().unwrap().contains_key("device")
    ));
    assert!(has(|e| !e.as_object().unwrap().contains_key("device")));
    assert!(has(|e| e["debugContext"]["debugData"]["behaviors"]
        .as_str()
        .is_some_and(|map| map.starts_with("{New Geo-Location="))));
    let user = org.get("/api/v1/users?search=not_a_field+pr").await;
    assert_eq!(user.status, 400);
    let users = org.all("/api/v1/users?search=id+pr").await;
    assert!(users.iter().any(|user| user["lastLogin"].is_null()));
    assert!(
        users
            .iter()
            .any(|user| user["profile"]["mobilePhone"].is_null())
    );
}
