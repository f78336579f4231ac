//! Hunts: what Okta's own log is asked for, what that costs, and what becomes of it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::rig::{Home, Sim, until};

const PATIENCE: Duration = Duration::from_mins(5);

/// How often Okta's log was asked.
fn log_requests(sim: &Sim) -> u64 {
    let buckets = sim.ask("requests")["buckets"].clone();
    let all = buckets.as_object().unwrap().iter();
    all.filter(|(name, _)| name.contains("logs"))
        .map(|(_, count)| count.as_u64().unwrap())
        .sum()
}

fn code(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let output = home.run(arguments);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), words)
}

fn uuids(events: &Value) -> BTreeSet<String> {
    let events = events.as_array().unwrap().iter();
    events
        .map(|event| event["uuid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_hunt_tells_its_cost_asks_for_a_yes_and_brings_what_the_mirror_lacks_once() {
    let sim = Sim::start(&[
        "--users",
        "20",
        "--groups",
        "3",
        "--apps",
        "2",
        "--events",
        "3000",
        "--days",
        "30",
        "--seed",
        "11",
        "--rate-limits",
        "off",
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    // The mirror reads seven days of the thirty.
    until("the history is read", PATIENCE, || {
        home.json(&["status"])["log"]["backfill"]["done"] == true
    });
    let newest = home.json(&["events", "list", "--limit", "200"]);
    let ip = newest
        .as_array()
        .unwrap()
        .iter()
        .find_map(|event| event["client"]["ipAddress"].as_str())
        .unwrap()
        .to_owned();
    let filter = format!("ip={ip}");
    let before = uuids(&home.json(&["events", "search", &filter]));
    let complete = home.json(&["status"])["log"]["complete"].clone();

    let hunt = ["events", "hunt", "ip", &ip, "--since", "29d"];
    let (status, words) = code(&home, &hunt);
    assert_eq!(status, Some(8), "{words}");
    assert!(words.contains("at least 1 request"), "{words}");
    assert!(words.contains("the same with --yes asks"), "{words}");
    assert_eq!(
        home.json(&["status"])["log"]["hunts"],
        serde_json::json!([])
    );

    let yes = [&hunt[..], &["--yes"]].concat();
    let asked = log_requests(&sim);
    let found = home.json(&yes);
    assert!(log_requests(&sim) > asked);
    assert_eq!(found["bounded"], true);
    let stored = found["stored"].as_u64().unwrap();
    let duplicates = found["duplicates"].as_u64().unwrap();
    assert!(stored > 0, "{found}");
    assert_eq!(duplicates, before.len() as u64, "{found}");
    let after = uuids(&home.json(&["events", "search", &filter]));
    assert!(after.is_superset(&before));
    assert_eq!(after.len() as u64, stored + duplicates);

    // The same again brings nothing, and nothing that was hunted counts as complete.
    let again = home.json(&yes);
    assert_eq!(again["stored"], 0, "{again}");
    let log = home.json(&["status"])["log"].clone();
    assert_eq!(log["hunts"][0]["what"], format!("ip {ip}"));
    assert_eq!(log["hunts"][0]["bounded"], true);
    assert_eq!(log["complete"][0]["from"], complete[0]["from"]);

    for wrong in [
        &["events", "hunt", "group", "x", "--yes"][..],
        &[
            "events", "hunt", "ip", &ip, "--since", "1d", "--until", "2d", "--yes",
        ],
    ] {
        assert_eq!(code(&home, wrong).0, Some(2), "{wrong:?}");
    }
}
