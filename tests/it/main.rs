//! Integration tests, in one binary: one link, one place.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop where it fails"
)]

mod client;
mod sim_lists;
mod sim_log;
mod sim_org;
mod sim_population;
mod sim_wire;
mod store;
mod store_crash;
mod store_events;
mod store_fixtures;
mod sync;
