//! Whole runs: simulator, agent, sync, store and command line as processes.

use std::time::Duration;

use serde_json::Value;

use crate::mirror::{Mirror, assert_equals_truth, events_missing_and_doubled};
use crate::rig::{Home, Sim, until};

const QUIET: [&str; 6] = ["--rate-limits", "off", "--latency", "0ms", "--live", "off"];

fn sim(size: &[&str]) -> Sim {
    Sim::start(&[&QUIET, size].concat())
}

/// Waits until the log's history is read and the log is caught up.
pub(crate) fn await_history(home: &Home) {
    until("the log's history is read", Duration::from_mins(1), || {
        let log = &home.json(&["status"])["log"];
        log["backfill"]["done"] == Value::Bool(true) && log["caught_up"] == Value::Bool(true)
    });
}

/// Waits until every event that the org has is stored, once: what it stored late, since the last poll, comes with the next.
fn await_every_event_once(home: &Home, sim: &Sim) {
    until("every event is stored once", Duration::from_mins(1), || {
        events_missing_and_doubled(home, sim) == (0, 0)
    });
}

#[test]
fn a_full_sync_leaves_the_truth_and_takes_hardly_more_than_the_floor() {
    let sim = sim(&[
        "--users", "2000", "--groups", "200", "--apps", "60", "--events", "5000", "--days", "3",
    ]);
    let home = Home::new(&sim);
    let report = home.json(&["sync", "--once"]);
    assert_eq!(report["complete"], Value::Bool(true), "{report}");
    assert!(ratio(&report) <= 1.10, "{report}");
    assert_equals_truth(&home, &sim);
    await_history(&home);
    await_every_event_once(&home, &sim);
    let again = home.json(&["sync", "--once"]);
    assert_eq!(again["complete"], Value::Bool(true), "{again}");
    assert!(ratio(&again) <= 1.10, "{again}");
    assert_equals_truth(&home, &sim);
}

fn ratio(report: &Value) -> f64 {
    report["requests"].as_f64().unwrap() / report["floor"].as_f64().unwrap()
}

#[test]
fn a_sync_that_is_killed_goes_on_and_ends_with_the_truth() {
    let sim = sim(&[
        "--users", "1000", "--groups", "100", "--apps", "30", "--events", "3000", "--days", "2",
    ]);
    let home = Home::new(&sim);
    let whole = sim_requests_of_a_sync(&sim);
    for _ in 0..5 {
        let before = sim.requests();
        let mut sync = home.command(&["sync", "--once"]).spawn().unwrap();
        let reached = before + whole / 8;
        until("the sync has come so far", Duration::from_mins(2), || {
            sim.requests() >= reached || sync.try_wait().unwrap().is_some()
        });
        assert!(home.kill_agent(), "there was an agent to kill");
        assert!(!sync.wait().unwrap().success(), "the sync was cut off");
    }
    let report = home.json(&["sync", "--once"]);
    assert_eq!(report["complete"], Value::Bool(true), "{report}");
    assert_equals_truth(&home, &sim);
    await_history(&home);
    await_every_event_once(&home, &sim);
}

/// How many requests a sync of this org takes, measured in another home.
fn sim_requests_of_a_sync(sim: &Sim) -> u64 {
    let before = sim.requests();
    Home::new(sim).json(&["sync", "--once"]);
    sim.requests() - before
}

#[test]
fn a_refused_token_is_told_with_the_fix_and_the_right_exit_code() {
    let sim = sim(&[
        "--users", "50", "--groups", "5", "--apps", "3", "--events", "50",
    ]);
    let mut home = Home::new(&sim);
    "00wrongwrongwrongwrongwrongwrongwrongwrong".clone_into(&mut home.token);
    let output = home.run(&["sync", "--once"]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(words.contains("token"), "{words}");
}

#[test]
fn html_with_200_archives_nothing() {
    let sim = sim(&[
        "--users", "300", "--groups", "20", "--apps", "5", "--events", "50",
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    sim.tell(
        "faults",
        &serde_json::json!({"kind": "html", "count": 1000}),
    );
    let report: Value = {
        let output = home.run(&["sync", "--once", "-o", "json"]);
        assert_eq!(
            output.status.code(),
            Some(7),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(report["complete"], Value::Bool(false), "{report}");
    sim.forget_faults();
    assert_equals_truth(&home, &sim);
}

#[test]
fn two_clients_and_a_command_share_one_agent() {
    let sim = sim(&[
        "--users", "100", "--groups", "10", "--apps", "5", "--events", "50",
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    let agent = home.agent_pid().unwrap();
    let (mut one, mut other) = (Mirror::of(&home), Mirror::of(&home));
    let scope = oktop::domain::query::Scope::All;
    assert_eq!(one.users(&scope), other.users(&scope));
    assert_eq!(
        home.json(&["users", "list"]).as_array().unwrap().len(),
        one.users(&scope).len()
    );
    assert_eq!(home.agent_pid(), Some(agent));
    assert!(home.run(&["agent", "stop"]).status.success());
    until("the agent has ended", Duration::from_mins(1), || {
        home.agent_pid().is_none()
    });
}

#[test]
fn an_agent_that_waits_for_an_org_in_vain_ends_when_it_is_told() {
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", deaf.local_addr().unwrap());
    let home = Home::at(&url, "00SimulatedOktaTokenForTestsAndDemosOnly42");
    assert!(home.run(&["status"]).status.success());
    let agent = home.agent_pid().unwrap();
    // It gives up after 30 s, and a request to such an org after 35.
    let stopped = home.run(&["agent", "stop"]);
    assert!(
        stopped.status.success(),
        "{}",
        String::from_utf8_lossy(&stopped.stderr)
    );
    // It has let go of everything by then; that the system has taken it away too may be a moment later.
    until("the agent is gone", Duration::from_secs(20), || {
        !crate::rig::is_alive(agent)
    });
}
