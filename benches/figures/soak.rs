//! A soak: an org in which much happens, faults that strike again and again, an agent that is killed in the middle, and at the end the
//! mirror beside the truth.
//!
//! It takes 30 minutes; `OKTOP_SOAK_MINUTES` makes it shorter or longer.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::mirror;
use crate::rig::{Home, Sim, until};

/// What the org does.
const EVENTS_PER_SECOND: u32 = 200;
/// What strikes in turn, one every ten seconds: rows of the simulator's table of faults that an org gets over.
const FAULTS: [&str; 14] = [
    "500",
    "429-with-reset",
    "reset-mid-body",
    "events-late",
    "503-with-retry-after",
    "truncated-json",
    "events-twice",
    "429-concurrency",
    "reset-before-answer",
    "html",
    "events-out-of-order",
    "502",
    "empty-body",
    "next-same",
];
const ROUND: Duration = Duration::from_secs(10);
/// How much more memory the second half may take than the first.
const FLAT: f64 = 1.2;

pub(crate) fn measure() -> (String, bool) {
    let minutes: u64 = std::env::var("OKTOP_SOAK_MINUTES").map_or(30, |text| text.parse().unwrap());
    let rate = EVENTS_PER_SECOND.to_string();
    let sim = Sim::start(&[
        "--users",
        "5000",
        "--groups",
        "300",
        "--apps",
        "60",
        "--events",
        "20000",
        "--days",
        "2",
        "--events-per-second",
        &rate,
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    let rounds = minutes * 60 / ROUND.as_secs();
    let mut resident = Vec::new();
    let mut stays = mirror::Mirror::of(&home);
    for (round, fault) in (0..rounds).zip(FAULTS.iter().cycle()) {
        sim.tell("faults", &json!({"row": fault}));
        std::thread::park_timeout(ROUND);
        if round == rounds / 10 {
            drop(stays);
            home.kill_agent();
            home.json(&["status"]);
            stays = mirror::Mirror::of(&home);
        }
        resident.extend(
            home.agent_pid()
                .and_then(|pid| super::resident(pid, "VmRSS:")),
        );
    }
    sim.tell("life", &json!("still"));
    sim.forget_faults();
    let ended = Instant::now();
    let mut counts = (0, 0);
    until("the mirror has caught up", Duration::from_mins(10), || {
        counts = mirror::events_missing_and_doubled(&home, &sim);
        counts.0 == 0
    });
    let caught_up = ended.elapsed();
    home.json(&["sync", "--once"]);
    mirror::assert_equals_truth(&home, &sim);
    drop(stays);
    // What comes before the kill is another process's.
    let since_kill = resident.split_off((resident.len() / 5).min(resident.len()));
    let (first, second) = since_kill.split_at(since_kill.len() / 2);
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
    let growth = most(second) as f64 / most(first).max(1) as f64;
    let words = format!(
        "{} missing, {} twice, of {} events in {minutes} min; memory {} MB, then {} MB; caught up after {caught_up:.0?}",
        counts.0,
        counts.1,
        sim.ask("truth/events").as_array().unwrap().len(),
        most(first) >> 20,
        most(second) >> 20,
    );
    (words, counts == (0, 0) && growth <= FLAT)
}
