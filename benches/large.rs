//! Figures at a size that no one outgrows on one machine, each against its bar. `cargo bench --bench large -- [NAME…] [--events N]`.
//!
//! The store that is measured is made once in a temporary directory, or kept and used again with `--store DIR`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should stop, and its result is what it prints"
)]

use std::process::ExitCode;
use std::time::Instant;

#[path = "fixture/events.rs"]
mod events;
#[path = "large/import.rs"]
mod import;
#[path = "large/log.rs"]
mod log;

/// A figure: its name, its bar in words, and how it is measured (the result in words, and whether it holds).
type Figure = (
    &'static str,
    &'static str,
    fn(&log::Asked) -> (String, bool),
);

const FIGURES: [Figure; 7] = [
    (
        "ingest",
        "≥ 100,000 events/s from page bytes, durable",
        log::ingest,
    ),
    (
        "import",
        "≥ 100,000 events/s by `events import`, durable",
        import::import,
    ),
    ("disk", "≤ 400 bytes on disk per event of 2.7 KB", log::disk),
    (
        "by-field",
        "first screen of a search by field ≤ 50 ms (p99)",
        log::by_field,
    ),
    (
        "by-text",
        "first screen of a search by text ≤ 150 ms (p99)",
        log::by_text,
    ),
    (
        "reopen",
        "reopen after kill -9 during ingest ≤ 200 ms",
        log::reopen,
    ),
    (
        "memory",
        "≤ 200 MB resident while searching and taking in",
        log::memory,
    ),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let asked = log::Asked::of(&words);
    if words.iter().any(|word| word == log::CHILD) {
        return log::be_killed(&asked);
    }
    let named = |name: &str| words.iter().any(|word| word == name);
    let any_named = FIGURES.iter().any(|(name, ..)| named(name));
    let mut all_hold = true;
    for (name, bar, measure) in FIGURES {
        if any_named && !named(name) {
            continue;
        }
        let started = Instant::now();
        let (result, holds) = measure(&asked);
        let verdict = if holds { "holds" } else { "MISSED" };
        println!(
            "{name:<10} {verdict:<7} {result}   (bar: {bar}; took {:.0?})",
            started.elapsed()
        );
        all_hold &= holds;
    }
    if all_hold {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
