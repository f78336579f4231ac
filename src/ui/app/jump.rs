//! Jumping from what is in front of the operator to what it has to do with.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::find::BELOW;
use super::keys::movement;
use super::{App, Mode};
use crate::domain::entry::Subject;
use crate::domain::filter::Value;
use crate::domain::log_event::LogEvent;
use crate::domain::text::SafeText;
use crate::domain::trace::Thing;
use crate::ui::command::Id;
use crate::ui::format;
use crate::ui::jump::{self, Jump};
use crate::ui::keymap::Chord;
use crate::ui::linked::Destination;
use crate::ui::list::List;
use crate::ui::narrow::Pointed;
use crate::ui::page::Page;
use crate::ui::panel::{Choice, Panel};
use crate::ui::trace::Traces;

impl App {
    /// What a jump can start from: something that the mirror keeps, with its name.
    pub(super) fn subject_at_hand(&self) -> Option<(Subject, String)> {
        if let Some(row) = self.focused_list().and_then(List::selected) {
            return Some((row.subject(), row.name().to_owned()));
        }
        if let Some(Destination::Subject(subject)) = self.link_at_hand() {
            let id = crate::ui::record::id_text(subject).to_owned();
            return Some((subject.clone(), id));
        }
        match self.pages.last() {
            Some(Page::Object(detail)) if self.focused_log().is_none() => {
                Some((detail.subject().clone(), detail.name().to_owned()))
            }
            Some(Page::Queue(queue)) => queue.subject(),
            _ => None,
        }
    }

    fn jumps(&self) -> Option<Vec<Jump>> {
        if let Some(event) = self.event_at_hand() {
            return Some(jump::from_event(event));
        }
        let (subject, name) = self.subject_at_hand()?;
        Some(jump::from_subject(&subject, &name))
    }

    pub(super) fn has_jumps(&self) -> bool {
        self.event_at_hand().is_some() || self.subject_at_hand().is_some()
    }

    pub(super) fn begin_jump(&mut self) {
        if let Some(jumps) = self.jumps() {
            self.mode = Mode::Jump(jumps, Choice::default());
        }
    }

    /// A key in the menu of jumps: letters are its entries.
    pub(super) fn jump_key(
        &mut self,
        jumps: Vec<Jump>,
        mut choice: Choice,
        key: KeyEvent,
        now: Timestamp,
    ) {
        let lettered = match key.code {
            KeyCode::Char(letter) => jumps.iter().find(|jump| jump.key == letter),
            KeyCode::Enter => jumps.get(choice.at),
            KeyCode::Esc | KeyCode::Backspace => return,
            _ => None,
        };
        match lettered.map(|jump| (jump.name, jump.to.clone())) {
            Some((_, Ok((_, to)))) => self.follow_link(to, now),
            Some((name, Err(why))) => self.tell(&format!("No {name}: {why}."), now),
            None => {
                if let Some(to) = movement(key) {
                    choice.go(to, jumps.len(), self.jump_rows());
                } else {
                    self.no_use(&[Chord::of(key)], BELOW, now);
                }
                self.mode = Mode::Jump(jumps, choice);
            }
        }
    }

    /// How many lines of the menu have room: all of it, wherever there is so much.
    fn jump_rows(&self) -> usize {
        let body = self.places().map_or(0, |places| places.body.height);
        usize::from(body.saturating_sub(2)).max(1)
    }

    pub(super) fn jump_view(
        &self,
        jumps: &[Jump],
        choice: Choice,
        buffer: &mut Buffer,
        body: Rect,
    ) {
        let theme = self.model.theme;
        let line = |jump: &Jump| {
            let (told, style) = match &jump.to {
                Ok((told, _)) => (SafeText::new(told).to_string(), theme.text()),
                Err(why) => (format!("- {why}"), theme.quiet()),
            };
            let name = format::left(jump.name, 18);
            vec![
                (format!("{}  ", jump.key), theme.key()),
                (name, style),
                (told, style),
            ]
        };
        Panel {
            title: "Jump to",
            words: "",
            lines: jumps.iter().map(line).collect(),
            empty: "Nothing here leads anywhere.",
            choice,
        }
        .view_within(self.jump_rows(), theme, buffer, body);
    }

    /// Ends what looks through the log for the page in front, if anything does.
    pub(super) fn stop_looking(&mut self) -> bool {
        match self.pages.last_mut() {
            Some(Page::Trace(traces)) => traces.stop(),
            _ => false,
        }
    }

    /// Shows what the log tells of something.
    pub(super) fn show_trace(&mut self, thing: Thing, now: Timestamp) {
        match thing.check() {
            Err(why) => {
                let word = thing.word();
                self.reject(&format!("{word}: {}.", why.message), now);
            }
            Ok(()) => self.show_page(Page::Trace(Box::new(Traces::new(thing)))),
        }
    }

    /// The same for what was typed, or else for what the event at hand tells.
    pub(super) fn trace_by_name(&mut self, id: Id, typed: &str, now: Timestamp) {
        let typed = typed.trim();
        let of = |event: &LogEvent| {
            let value = match id {
                Id::Address => &event.ip,
                Id::Session => &event.session,
                Id::RootSession => &event.root_session,
                Id::Device => &event.origin.device,
                _ => &event.origin.as_number,
            };
            value.as_ref().map(ToString::to_string)
        };
        let text = match typed {
            "" => self.event_at_hand().and_then(of).unwrap_or_default(),
            typed => typed.to_owned(),
        };
        let thing = match id {
            Id::Address => Thing::Address(text),
            Id::Session => Thing::Session(text),
            Id::RootSession => Thing::RootSession(text),
            Id::Device => Thing::Device(text),
            _ => Thing::Network(text),
        };
        self.show_trace(thing, now);
    }
}

/// What has a page among the values of an event.
pub(super) fn thing_of(pointed: &Pointed) -> Option<Thing> {
    let Value::Is(text) = &pointed.value else {
        return None;
    };
    let text = text.clone();
    let thing = match pointed.field {
        "ip" => Thing::Address(text),
        "session" => Thing::Session(text),
        "rootSession" => Thing::RootSession(text),
        "device" => Thing::Device(text),
        "asn" => Thing::Network(text),
        _ => return None,
    };
    thing.check().is_ok().then_some(thing)
}
