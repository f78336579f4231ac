//! Keys that came too early: pressed for the rows of a list that is still being asked for.
//!
//! Whoever types a filter and Enter twice means what the filter finds, not what stood there before the answer. Such a key waits for the
//! answer, and what is typed behind it waits with it; Esc gives them up.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::App;
use crate::ui::command;
use crate::ui::keymap::{Chord, Meaning, View};
use crate::ui::list::{Answered, List};
use crate::ui::log::Log;
use crate::ui::model::Link;

/// How many keys wait at the most; more are not taken.
const MOST: usize = 64;

/// What a key asks of the rows in front of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The rows that were asked for.
    Rows,
    /// And among them the one under the cursor.
    Row,
}

impl App {
    /// Takes a key that must wait, or that must not act at all; whether it was taken.
    pub(super) fn holds(&mut self, key: KeyEvent, now: Timestamp) -> bool {
        if !self.chords.is_empty() {
            return false;
        }
        match (self.answered(), self.needs(key)) {
            (Answered::Awaited, Needs::Rows | Needs::Row) | (Answered::RowAwaited, Needs::Row) => {
                self.hold(key, now);
            }
            (Answered::No, Needs::Row) if self.situation().has_row => {
                self.tell(NOT_THOSE, now);
            }
            _ => return false,
        }
        true
    }

    /// Keeps a key until the answer is there.
    pub(super) fn hold(&mut self, key: KeyEvent, now: Timestamp) {
        if key.code == KeyCode::Esc {
            self.held.clear();
            return self.mention("The keys that waited are given up.", now);
        }
        if self.held.len() < MOST {
            self.held.push_back(key);
        }
        self.mention("The keys wait for the list; Esc gives them up.", now);
    }

    /// Whether a command chosen by name must not act on the row at hand; says so.
    pub(super) fn is_too_early(&mut self, id: command::Id, now: Timestamp) -> bool {
        let early = command::acts_on_row(id) && self.answered() != Answered::Yes;
        if early {
            self.tell(NOT_THOSE, now);
        }
        early
    }

    /// Lets the keys that waited act, once what they waited for is there; forgets them when it cannot come any more.
    pub(super) fn release(&mut self, now: Timestamp) {
        if self.held.is_empty() {
            return;
        }
        match self.answered() {
            Answered::Awaited | Answered::RowAwaited => return,
            Answered::Yes => {}
            Answered::No => {
                self.held.clear();
                return self.tell(NOT_THOSE, now);
            }
        }
        let mut waiting = std::mem::take(&mut self.held);
        while self.held.is_empty()
            && let Some(key) = waiting.pop_front()
        {
            self.key(key, now);
            self.arrange();
            self.ask_what_is_missing(now);
        }
        self.held.extend(waiting);
    }

    /// How the rows in front of the operator stand to what was last asked for.
    pub(super) fn answered(&self) -> Answered {
        let list = self.focused_list().map(List::answered);
        let log = || self.focused_log().map(Log::answered);
        let answered = list.or_else(log).unwrap_or(Answered::Yes);
        let may_come = self.model.link == Link::Up && self.places().is_some();
        match answered {
            Answered::Awaited if !may_come => Answered::No,
            Answered::RowAwaited if !may_come => Answered::Yes,
            answered => answered,
        }
    }

    fn needs(&self, key: KeyEvent) -> Needs {
        let (view, keys) = (View::of(&self.situation()), &self.model.keys);
        let chords = [Chord::of(key)];
        match keys.meaning(view, &chords) {
            Meaning::Commands(all) if all.iter().any(|(id, _)| command::acts_on_row(*id)) => {
                Needs::Row
            }
            Meaning::Commands(all) if all.iter().any(|(id, _)| command::moves(*id)) => Needs::Rows,
            // What it will be is not known yet; its keys wait together.
            Meaning::Prefix => {
                let beyond = keys.beyond(view, &chords);
                let acts = beyond.iter().any(|(_, id)| command::acts_on_row(*id));
                if acts { Needs::Row } else { Needs::Rows }
            }
            Meaning::Commands(_) | Meaning::Nothing => Needs::Nothing,
        }
    }
}

const NOT_THOSE: &str = "Nothing was done: these are not the rows that were asked for.";
