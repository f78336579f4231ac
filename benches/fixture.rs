//! Writes a store of any size through the normal ingest, for measuring and for trying things at a size that no test has.
//!
//! `cargo bench --bench fixture -- DIR [--events N] [--days N] [--users N]`. Events come as the bytes of pages, as Okta sends them, so
//! what is measured on the way is decoding, too.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a fixture that cannot be made should stop, and it tells what it did"
)]

use std::path::PathBuf;
use std::time::Instant;

#[path = "fixture/events.rs"]
mod events;

use events::Log;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let dir = words.iter().find(|word| word.starts_with('/'));
    let dir = PathBuf::from(dir.expect("the directory, as an absolute path"));
    let number = |name: &str, default: u64| {
        let at = words.iter().position(|word| word == name);
        at.map_or(default, |at| words[at + 1].parse().unwrap())
    };
    let log = Log {
        events: number("--events", 1_000_000),
        days: number("--days", 90),
        users: number("--users", 10_000),
    };
    let store = events::open(&dir);
    let started = Instant::now();
    let filled = events::fill(&store, &log);
    store.close().unwrap();
    println!(
        "{} events in {} ({filled}, {:.0?} with making them)",
        log.events,
        dir.display(),
        started.elapsed()
    );
}
