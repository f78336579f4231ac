//! What the operator sees and presses: panes as small state machines, and pictures of them.
//!
//! [`app::App`] takes [`event::Event`]s in and gives [`event::Effect`]s out; [`app::App::view`] paints it into a buffer. Nothing here
//! touches a disk, a socket or a clock: time comes with each event, and whatever must happen outside is an effect that `console`
//! carries out. Everything painted goes through [`canvas`], where text is made safe.

pub mod act;
pub mod app;
pub mod canvas;
pub mod changes;
pub mod clauses;
pub mod columns;
pub mod command;
pub mod copy;
pub mod detail;
pub mod event;
pub mod event_page;
pub mod export;
pub mod facets;
pub mod facts;
pub mod format;
pub mod found;
pub mod header;
pub mod history;
pub mod json_path;
pub mod jump;
pub mod keymap;
pub mod layout;
pub mod linked;
pub mod list;
pub mod log;
pub mod marks;
pub mod mask;
pub mod memory;
pub mod menu;
pub mod model;
pub mod narrow;
pub mod page;
pub mod panel;
pub mod paste;
pub mod picker;
pub mod plain;
pub mod prompt;
pub mod queue;
pub mod raw;
pub mod reasons;
pub mod record;
pub mod screendump;
pub mod secret;
pub mod settings;
pub mod sheet;
pub mod text_view;
pub mod theme;
pub mod trace;
pub mod window;
pub mod zone;
