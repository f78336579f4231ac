//! Choosing the columns of what is in front of the operator.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::find::BELOW;
use super::keys::movement;
use super::{App, Mode};
use crate::ui::event::Effect;
use crate::ui::keymap::Chord;
use crate::ui::log::{LOG_COLUMNS, Log};
use crate::ui::memory::Change;
use crate::ui::panel::Panel;
use crate::ui::picker::Picker;
use crate::ui::prompt::Prompt;

impl App {
    pub(super) fn begin_columns(&mut self) {
        let (list, own, has_json) = if let Some(list) = self.focused_list() {
            let titles = list.topic.columns();
            let own = titles.iter().map(|column| column.title.to_string());
            (list.topic.key(), own.collect(), list.topic.has_json())
        } else if self.focused_log().is_some() {
            (LOG_COLUMNS.to_owned(), Log::own_columns(), true)
        } else {
            return;
        };
        let chosen = self.model.columns.get(&list).map(Vec::as_slice);
        let picker = Picker::new(list.clone(), own, chosen, has_json);
        self.mode = Mode::Columns(Box::new(picker));
    }

    /// A key in the panel of columns.
    pub(super) fn columns_key(&mut self, mut picker: Box<Picker>, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'C') => {
                return self.keep_columns(&picker, now);
            }
            KeyCode::Char(' ') => {
                if let Err(why) = picker.toggle() {
                    self.tell(&format!("Not hidden: {why}."), now);
                }
            }
            KeyCode::Char('J') => picker.shift(true),
            KeyCode::Char('K') => picker.shift(false),
            KeyCode::Char('r') => picker.reset(),
            KeyCode::Char('a' | '+') => {
                self.mode = Mode::Path(picker, Prompt::default());
                return;
            }
            _ => {
                if let Some(to) = movement(key) {
                    picker.go(to, self.panel_height());
                } else {
                    self.no_use(&[Chord::of(key)], BELOW, now);
                }
            }
        }
        self.show_columns(&picker);
        self.mode = Mode::Columns(picker);
    }

    /// A key while a path is typed.
    pub(super) fn path_key(
        &mut self,
        mut picker: Box<Picker>,
        mut prompt: Prompt,
        key: KeyEvent,
        now: Timestamp,
    ) {
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter => {
                if let Err(why) = picker.add(prompt.text()) {
                    self.tell(&format!("Not added: {why}."), now);
                }
            }
            _ => {
                prompt.key(key);
                self.mode = Mode::Path(picker, prompt);
                return;
            }
        }
        self.show_columns(&picker);
        self.mode = Mode::Columns(picker);
    }

    /// Shows the columns as they are chosen so far.
    fn show_columns(&mut self, picker: &Picker) {
        let list = picker.list.clone();
        match picker.chosen() {
            Some(chosen) => self.model.columns.insert(list, chosen),
            None => self.model.columns.remove(&list),
        };
    }

    /// Remembers the columns, when they are others than before.
    fn keep_columns(&mut self, picker: &Picker, now: Timestamp) {
        let chosen = picker.chosen();
        if self.memory.columns.get(&picker.list) == chosen.as_ref() {
            return;
        }
        let change = Change::Columns(picker.list.clone(), chosen);
        // There is room for the columns of every list.
        let _ = self.memory.apply(change.clone());
        self.effects.push(Effect::Remember(change));
        self.tell(
            &format!("These are the columns of {} from now on.", picker.list),
            now,
        );
    }

    pub(super) fn columns_view(&self, picker: &Picker, buffer: &mut Buffer, body: Rect) {
        let theme = self.model.theme;
        Panel {
            title: &format!("Columns of {}", picker.list),
            words: "",
            lines: picker.lines(theme),
            empty: "There are none.",
            choice: picker.choice(),
        }
        .view(theme, buffer, body);
    }
}
