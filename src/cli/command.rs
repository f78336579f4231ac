//! The commands, one file for each kind.

pub mod access;
pub mod agent;
pub mod audit;
pub mod changes;
pub mod completions;
pub mod config;
pub mod console;
pub mod demo;
pub mod doctor;
pub mod entries;
pub mod events;
pub mod export;
pub mod get;
pub mod hunt;
pub mod import;
pub mod info;
pub mod list;
pub mod man;
pub mod queue;
pub mod ready;
pub mod rebuild;
pub mod sim;
pub mod status;
pub mod sync;
pub mod then;
pub mod trace;
