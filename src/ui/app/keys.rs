//! Where keys and pasted text go: to the pane, or to whatever is open above it.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{App, Mode};
use crate::domain::time;
use crate::msg::status::{Notice, NoticeLevel};
use crate::ui::command::{self, Id};
use crate::ui::detail::Detail;
use crate::ui::event::Effect;
use crate::ui::keymap::{Chord, Meaning, View};
use crate::ui::page::Page;
use crate::ui::prompt::Prompt;
use crate::ui::text_view::Move;

/// Within how many seconds a second Ctrl-C ends the console.
const TWICE_WITHIN_SECS: u64 = 2;

impl App {
    pub(super) fn key(&mut self, key: KeyEvent, now: Timestamp) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.model.flash = None;
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.interrupt(now);
        }
        if key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.effects.push(Effect::Suspend);
        }
        self.interrupted = None;
        if !self.held.is_empty() {
            return self.hold(key, now);
        }
        match std::mem::replace(&mut self.mode, Mode::Normal) {
            Mode::Normal => self.normal_key(key, now),
            Mode::Filter(prompt) => self.filter_key(prompt, key, now),
            Mode::Search(prompt) => self.search_key(prompt, key),
            Mode::Naming(prompt) => self.naming_key(prompt, key, now),
            Mode::Exporting(prompt) => self.export_key(prompt, key, now),
            Mode::Menu(menu) => self.menu_key(menu, key, now),
            Mode::Clauses(choice) => self.clauses_key(choice, key),
            Mode::Facets(facets) => self.facets_key(facets, key, now),
            Mode::Columns(picker) => self.columns_key(picker, key, now),
            Mode::Path(picker, prompt) => self.path_key(picker, prompt, key, now),
            Mode::Sort => self.sort_key(key),
            Mode::Jump(jumps, choice) => self.jump_key(jumps, choice, key, now),
            Mode::Hunt(_) => self.hunt_key(key, now),
            Mode::Histogram => self.histogram_key(key, now),
            Mode::Times => self.times_key(key, now),
            Mode::Range(prompt, _) => self.range_key(prompt, key, now),
            Mode::Messages(mut scroll) => {
                if let Some(to) = movement(key) {
                    scroll.go(to);
                    self.mode = Mode::Messages(scroll);
                }
            }
        }
    }

    /// Ctrl-C: gives up what is open; twice in a row ends the console.
    fn interrupt(&mut self, now: Timestamp) {
        self.held.clear();
        if !matches!(self.mode, Mode::Normal) {
            self.mode = Mode::Normal;
            self.leave_histogram();
            return;
        }
        if self.stop_export(now) || self.give_up_search(now) {
            return;
        }
        if self.stop_looking() {
            return self.tell("Stopped here; {key:refresh} looks anew.", now);
        }
        let before = self.interrupted.replace(now);
        if before.is_some_and(|before| time::elapsed(before, now).as_secs() < TWICE_WITHIN_SECS) {
            self.effects.push(Effect::Quit);
        } else {
            let is_demo = self.model.status().is_some_and(|status| status.agent.demo);
            let words = if is_demo {
                "Press Ctrl-C again to quit; the demo ends and leaves nothing behind."
            } else {
                "Press Ctrl-C again to quit; the sync goes on without the console."
            };
            self.tell(words, now);
        }
    }

    pub(super) fn normal_key(&mut self, key: KeyEvent, now: Timestamp) {
        if self.holds(key, now) {
            return;
        }
        self.chords.push(Chord::of(key));
        let view = View::of(&self.situation());
        match self.model.keys.meaning(view, &self.chords) {
            Meaning::Prefix => {}
            Meaning::Nothing => self.chords.clear(),
            Meaning::Commands(commands) => {
                self.chords.clear();
                self.run_first(&commands, now);
            }
        }
    }

    /// Runs the first of the commands that applies here, or says why none does.
    fn run_first(&mut self, commands: &[(Id, usize)], now: Timestamp) {
        let situation = self.situation();
        let applies = commands
            .iter()
            .find(|(id, _)| command::refusal(*id, &situation).is_none());
        match (applies, commands.first()) {
            (Some((id, nth)), _) => self.run(*id, Some(*nth), "", now),
            (None, Some((id, _))) => self.refuse(*id, now),
            (None, None) => {}
        }
    }

    /// Shows a message until the next key, without keeping it. Keys are named as [`Keymap::told`](crate::ui::keymap::Keymap::told) has them.
    pub(super) fn tell(&mut self, text: &str, now: Timestamp) {
        let view = View::of(&self.situation());
        let text = self.model.keys.told(text, view);
        self.model.flash = Some(Notice {
            at: now,
            level: NoticeLevel::Info,
            summary: (*text).into(),
            detail: None,
        });
    }

    fn refuse(&mut self, id: Id, now: Timestamp) {
        if let Some(why) = command::refusal(id, &self.situation()) {
            let name = command::of(id).name;
            self.tell(&format!("{name}: not now, {why}."), now);
        }
    }

    fn filter_key(&mut self, mut prompt: Prompt, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Enter => self.settle_clauses(),
            KeyCode::Esc => self.clear_filter(now),
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                if let Some(to) = movement(key) {
                    self.go(to);
                }
                self.mode = Mode::Filter(prompt);
            }
            _ => {
                if prompt.key(key) {
                    self.set_filter(prompt.text(), now);
                }
                self.mode = Mode::Filter(prompt);
            }
        }
    }

    /// A key while something is typed that JSON is searched for.
    fn search_key(&mut self, mut prompt: Prompt, key: KeyEvent) {
        let Some(raw) = self.raw_at_hand_mut() else {
            return;
        };
        match key.code {
            KeyCode::Enter => return,
            KeyCode::Esc => return raw.search(""),
            KeyCode::Down => raw.next_match(true),
            KeyCode::Up => raw.next_match(false),
            _ => {
                if prompt.key(key) {
                    raw.search(prompt.text());
                }
            }
        }
        self.mode = Mode::Search(prompt);
    }

    pub(super) fn set_filter(&mut self, filter: &str, now: Timestamp) {
        if let Some(list) = self.focused_list_mut() {
            list.set_filter(filter, now);
        } else if let Some(log) = self.focused_log_mut() {
            log.set_filter(filter, now);
        }
    }

    fn menu_key(&mut self, mut menu: crate::ui::menu::Menu, key: KeyEvent, now: Timestamp) {
        let situation = self.situation();
        let height = usize::from(self.size.height).saturating_sub(4);
        match key.code {
            KeyCode::Esc => return,
            KeyCode::Backspace if menu.prompt.text().is_empty() => return,
            KeyCode::Enter => return self.choose(&menu, now),
            KeyCode::Tab => menu.complete(&situation),
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                if let Some(to) = movement(key) {
                    menu.go(to, &situation, height);
                }
            }
            _ => {
                if menu.prompt.key(key) {
                    menu.typed(now);
                }
            }
        }
        self.mode = Mode::Menu(menu);
    }

    fn choose(&mut self, menu: &crate::ui::menu::Menu, now: Timestamp) {
        if let Some(saved) = menu.chosen_saved(&self.situation()) {
            return self.open_saved(saved, now);
        }
        if let Some(item) = menu.chosen_object(&self.situation()).cloned() {
            let detail = Detail::new(item.subject(), Some(item));
            return self.show_page(Page::Object(Box::new(detail)));
        }
        match menu.chosen(&self.situation()) {
            Some(((command, None), _)) if self.is_too_early(command.id, now) => {}
            Some(((command, None), argument))
                if command.argument.is_empty() && !argument.is_empty() =>
            {
                let text = format!(
                    "`:{}` takes nothing after it: it is about what is under the cursor.",
                    command.name
                );
                self.tell(&text, now);
            }
            Some(((command, None), argument)) => self.run(command.id, None, &argument, now),
            Some(((command, Some(_)), _)) => self.refuse(command.id, now),
            None => {
                let text = format!(
                    "No command is called `{}`; {{key:help}} lists them.",
                    menu.prompt.text()
                );
                self.tell(&text, now);
            }
        }
    }

    fn sort_key(&mut self, key: KeyEvent) {
        let Some(list) = self.focused_list_mut() else {
            return;
        };
        let letter = match key.code {
            KeyCode::Char(letter) => letter,
            KeyCode::Enter => {
                if let Some(sort) = list.sort_of_column() {
                    list.sort_by(sort);
                }
                return;
            }
            _ => return,
        };
        let keys = list.topic.sort_keys();
        if let Some(sort) = keys.iter().find(|sort| sort.letter == letter) {
            list.sort_by(*sort);
        }
    }

    /// Pasted text is a filter where there is something to filter, and text where text is typed. It never acts as keys.
    pub(super) fn paste(&mut self, text: &str, now: Timestamp) {
        self.model.flash = None;
        self.held.clear();
        self.chords.clear();
        match &mut self.mode {
            Mode::Filter(prompt) => {
                prompt.insert(text);
                let filter = prompt.text().to_owned();
                self.set_filter(&filter, now);
            }
            Mode::Search(prompt) => {
                prompt.insert(text);
                let needle = prompt.text().to_owned();
                if let Some(raw) = self.raw_at_hand_mut() {
                    raw.search(&needle);
                }
            }
            Mode::Naming(prompt)
            | Mode::Exporting(prompt)
            | Mode::Path(_, prompt)
            | Mode::Range(prompt, _) => {
                prompt.insert(text);
            }
            Mode::Menu(menu) => {
                menu.prompt.insert(text);
                menu.typed(now);
            }
            Mode::Normal | Mode::Histogram => {
                self.leave_histogram();
                self.paste_as_filter(text, now);
            }
            Mode::Sort
            | Mode::Jump(..)
            | Mode::Times
            | Mode::Hunt(_)
            | Mode::Messages(_)
            | Mode::Clauses(_)
            | Mode::Columns(_)
            | Mode::Facets(_) => {}
        }
    }

    fn paste_as_filter(&mut self, text: &str, now: Timestamp) {
        if self.focused_list().is_none() && self.focused_log().is_none() {
            return;
        }
        self.leave();
        if let Some(list) = self.focused_list_mut() {
            list.begin_filter();
        }
        let mut prompt = Prompt::default();
        prompt.insert(text);
        let filter = prompt.text().to_owned();
        self.set_filter(&filter, now);
        self.mode = Mode::Filter(prompt);
    }
}

/// The movement a key stands for where letters are not commands.
pub(super) fn movement(key: KeyEvent) -> Option<Move> {
    Some(match key.code {
        KeyCode::Up | KeyCode::Char('k') => Move::Up,
        KeyCode::Down | KeyCode::Char('j') => Move::Down,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown | KeyCode::Char(' ') => Move::PageDown,
        KeyCode::Home | KeyCode::Char('g') => Move::Top,
        KeyCode::End | KeyCode::Char('G') => Move::Bottom,
        _ => return None,
    })
}
