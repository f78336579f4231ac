//! Integration tests, in one binary: one link, one place.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop where it fails"
)]

mod access;
mod agents;
mod bytes;
mod changing;
mod cli;
mod cli_live;
mod cli_queue;
mod cli_ready;
mod cli_terminal;
mod client;
mod fault_matrix;
mod finding;
mod floors;
mod hostile;
mod hunting;
mod import;
mod import_kills;
mod log_pane;
mod masking;
mod mirror;
mod panes;
mod pictures;
mod pivots;
mod plain;
mod pty;
mod queue;
mod reading;
mod rig;
mod screens;
mod sim_admins;
mod sim_clients;
mod sim_languages;
mod sim_lists;
mod sim_log;
mod sim_oauth;
mod sim_org;
mod sim_population;
mod sim_rights;
mod sim_settings;
mod sim_shapes;
mod sim_states;
mod sim_tls;
mod sim_wire;
mod sim_writes;
mod sim_writes_access;
mod sim_writes_setup;
mod sim_writes_wire;
mod source;
mod stepped;
mod store;
mod store_crash;
mod store_damage;
mod store_disk;
mod store_doubt;
mod store_encrypted;
mod store_entries;
mod store_events;
mod store_fixtures;
mod store_full;
mod store_kills;
mod store_locks;
mod store_past;
mod store_power;
mod store_rebuild;
mod store_windows;
mod support;
mod surprises;
mod sync;
mod tidy;
mod typing;
mod whole;
