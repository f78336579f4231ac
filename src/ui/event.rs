//! What goes into the console's state and what comes out of it.

use jiff::tz::TimeZone;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Size;

use super::export::{Job, News};
use super::memory::{Change, Memory};
use super::settings::Settings;
use crate::msg::{Answer, Problem, Push, Request};

/// Something that happened. Each comes with the time at which it did.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted. It is text, never keys.
    Paste(String),
    /// The terminal has this size now.
    Resize(Size),
    /// The agent answered a request, or cannot.
    Reply {
        /// The request's number.
        ticket: u64,
        /// The answer, or why there is none.
        answer: Result<Answer, Problem>,
    },
    /// The agent told something.
    Push(Push),
    /// The agent can be asked from now on.
    Connected,
    /// The agent cannot be asked any more, or not yet; it will be tried again.
    Disconnected(Problem),
    /// What earlier consoles remembered was read.
    Remembered {
        /// All of it.
        memory: Box<Memory>,
        /// Whether the view of the last time is to come back.
        restore: bool,
    },
    /// What is remembered cannot be read or kept.
    NotRemembered(Problem),
    /// How time goes in a zone that was looked up; `None` when this machine does not know it.
    Zone(ZoneOf, Option<TimeZone>),
    /// How the writing of a list goes on.
    Exported(News),
    /// How the writing of a text went.
    Saved(News),
    /// The configuration was read again.
    Settings {
        /// What it says, or what is wrong with it.
        read: Result<Box<Settings>, Problem>,
        /// Whether somebody asked for that.
        asked: bool,
    },
    /// The moment that [`App::deadline`](super::app::App::deadline) named has come.
    Tick,
}

/// Something that must happen outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the agent.
    Ask(Request),
    /// Give this text to the operator's clipboard.
    Copy(String),
    /// Write a list to a file.
    Export(Box<Job>),
    /// Write a text to a new file.
    Save {
        /// The file as it was typed.
        path: String,
        /// What it is to hold.
        text: String,
    },
    /// Give up the list that is being written.
    StopExport,
    /// Keep this for later consoles.
    Remember(Change),
    /// Look up how time goes in a zone, and tell it by [`Event::Zone`].
    FindZone(ZoneOf),
    /// Work by these settings from now on.
    Apply(Box<Settings>),
    /// Read the configuration again, and tell it by [`Event::Settings`].
    Reload,
    /// Give the terminal back to the shell until it is resumed.
    Suspend,
    /// Paint everything anew, whatever the terminal shows.
    Repaint,
    /// End the console.
    Quit,
}

/// The time zone of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneOf {
    /// The login of who lives in it.
    pub owner: String,
    /// Its name, as Okta sent it.
    pub name: String,
}

/// Numbers for requests, never used twice by one console.
#[derive(Clone, Debug, Default)]
pub struct Tickets(u64);

impl Tickets {
    /// The next number.
    pub fn take(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}
