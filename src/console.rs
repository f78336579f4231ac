//! The console as a running program: the terminal, the loop, and the line to the agent.
//!
//! It carries out what [`ui::app::App`](crate::ui::app::App) decides and decides nothing itself. The agent is reached through a
//! [`Link`], which a [`Connect`] makes; when the link breaks, another is made and what is shown stays. Nothing here waits for a disk
//! or for Okta, and nothing is written to the terminal unless the picture differs from the last.

mod clipboard;
mod connection;
mod files;
mod ink;
pub mod link;
pub mod memory;
mod pace;
mod painter;
pub mod plain;
mod run;
mod scroll;
pub mod settings;
mod signals;
mod terminal;
mod writer;

pub use files::Files;
pub use link::{Connect, Link};
pub use painter::Painter;
pub use run::{Options, allowed, run};
