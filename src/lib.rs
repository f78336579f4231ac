#![doc = include_str!("../ARCHITECTURE.md")]

pub mod access;
pub mod action;
pub mod agent;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod domain;
pub mod msg;
pub mod okta;
pub mod queue;
pub mod sim;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod ui;
