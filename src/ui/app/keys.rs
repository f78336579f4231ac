//! Where keys and pasted text go: to the pane, or to whatever is open above it.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{App, Mode, typing};
use crate::domain::time;
use crate::ui::command::{self, Command, Id};
use crate::ui::detail::Detail;
use crate::ui::event::Effect;
use crate::ui::keymap::{Chord, Meaning, View};
use crate::ui::layout::PaneId;
use crate::ui::menu::Menu;
use crate::ui::page::Page;
use crate::ui::text_view::Move;

/// Within how many seconds a second Ctrl-C ends the console.
const TWICE_WITHIN_SECS: u64 = 2;

impl App {
    pub(super) fn key(&mut self, key: KeyEvent, now: Timestamp) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.model.key_pressed(now);
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
            Mode::Filter(typing) => self.filter_key(typing, key, now),
            Mode::Search(typing) => self.search_key(typing, key),
            Mode::Naming(prompt) => self.naming_key(prompt, key, now),
            Mode::Exporting(prompt) => self.export_key(prompt, key, now),
            Mode::Menu(menu) => self.menu_key(menu, key, now),
            Mode::Clauses(choice) => self.clauses_key(choice, key, now),
            Mode::Facets(facets) => self.facets_key(facets, key, now),
            Mode::Columns(picker) => self.columns_key(picker, key, now),
            Mode::Path(picker, prompt) => self.path_key(picker, prompt, key, now),
            Mode::Sort => self.sort_key(key, now),
            Mode::Jump(jumps, choice) => self.jump_key(jumps, choice, key, now),
            Mode::Hunt(_) => self.hunt_key(key, now),
            Mode::Act(acting) => self.act_key(acting, key, now),
            Mode::Pick(giving) => self.pick_key(giving, key, now),
            Mode::Give(giving) => self.give_key(giving, key, now),
            Mode::Staging(title) => self.staging_key(title, key, now),
            Mode::Ready(choosing) => self.ready_key(choosing, key, now),
            Mode::Sheet(sheet) => self.sheet_key(sheet, key, now),
            Mode::Secret(secret) => self.secret_key(secret, key, now),
            Mode::Reason(span, prompt) => self.reason_key(span, prompt, key, now),
            Mode::Say(said, prompt) => self.say_key(said, prompt, key, now),
            Mode::Histogram => self.histogram_key(key, now),
            Mode::Times => self.times_key(key, now),
            Mode::Range(prompt, _) => self.range_key(prompt, key, now),
            Mode::Info(mut scroll) => {
                if let Some(to) = movement(key) {
                    scroll.go(to);
                    self.mode = Mode::Info(scroll);
                }
            }
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
        match std::mem::replace(&mut self.mode, Mode::Normal) {
            Mode::Normal => {}
            Mode::Filter(typing) | Mode::Search(typing) => return self.take_back(typing),
            _ => return self.leave_histogram(),
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
            self.mention(words, now);
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
            Meaning::Nothing => {
                let keys = std::mem::take(&mut self.chords);
                self.no_use(&keys, "{key:help} lists the keys that do", now);
            }
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

    fn refuse(&mut self, id: Id, now: Timestamp) {
        if let Some(why) = command::refusal(id, &self.situation()) {
            let name = command::of(id).name;
            self.tell(&format!("{name}: not now, {why}."), now);
        }
    }

    fn menu_key(&mut self, mut menu: Menu, key: KeyEvent, now: Timestamp) {
        let situation = self.situation();
        let height = usize::from(self.size.height).saturating_sub(4);
        match key.code {
            KeyCode::Esc => return,
            KeyCode::Backspace if menu.prompt.text().is_empty() => return,
            KeyCode::Enter => return self.choose(menu, now),
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

    /// Does what was chosen. What was typed and cannot be done as it was typed comes back, with the reason.
    fn choose(&mut self, menu: Menu, now: Timestamp) {
        let situation = self.situation();
        if let Some(saved) = menu.chosen_saved(&situation) {
            return self.open_saved(saved, now);
        }
        if let Some(item) = menu.chosen_object(&situation).cloned() {
            let detail = Detail::new(item.subject(), Some(item));
            return self.show_page(Page::Object(Box::new(detail)));
        }
        self.rejected = false;
        match menu.chosen(&situation) {
            Some(((command, None), _)) if self.is_too_early(command.id, now) => {}
            Some(((command, None), argument)) => self.run_typed(command, &argument, now),
            Some(((command, Some(why)), _)) if menu.guesses(&situation) => {
                let (typed, name) = (menu.name(), command.name);
                let text =
                    format!("No command is called `{typed}`. :{name} cannot be done now: {why}.");
                self.reject(&text, now);
            }
            Some(((command, Some(_)), _)) => self.refuse(command.id, now),
            None => self.reject(&nothing_called(&menu), now),
        }
        if std::mem::take(&mut self.rejected) && matches!(self.mode, Mode::Normal) {
            self.mode = Mode::Menu(menu);
        }
    }

    fn run_typed(&mut self, command: &Command, argument: &str, now: Timestamp) {
        if command.argument.is_empty() && !argument.is_empty() {
            let name = command.name;
            let text =
                format!("`:{name}` takes nothing after it: it is about what is under the cursor.");
            return self.reject(&text, now);
        }
        if let Some(why) = self.argument_fault(command.id, argument) {
            return self.reject(&format!("{}: {why}.", command.name), now);
        }
        self.run(command.id, None, argument, now);
    }

    /// Why a filter that was typed behind the name of a list is none.
    fn argument_fault(&mut self, id: Id, argument: &str) -> Option<String> {
        let pane = match id {
            Id::Log => PaneId::Log,
            Id::Users => PaneId::Users,
            Id::Groups => PaneId::Groups,
            Id::Apps => PaneId::Apps,
            Id::Admins => PaneId::Admins,
            Id::Entries(kind) => PaneId::Entries(kind),
            _ => return None,
        };
        let topic = self.list_mut(pane).map(|list| list.topic.clone());
        typing::fault(topic.as_ref(), argument)
    }

    fn sort_key(&mut self, key: KeyEvent, now: Timestamp) {
        let chosen = self.focused_list().and_then(|list| match key.code {
            KeyCode::Enter => list.sort_of_column(),
            KeyCode::Char(letter) => {
                let keys = list.topic.sort_keys();
                keys.iter().find(|sort| sort.letter == letter).copied()
            }
            _ => None,
        });
        match (chosen, self.focused_list_mut()) {
            (Some(sort), Some(list)) => list.sort_by(sort),
            _ if key.code == KeyCode::Esc => {}
            _ if key.code == KeyCode::Enter => {
                self.tell("Not sorted: nothing can be sorted by this column.", now);
            }
            _ => {
                let text = format!("Not sorted: {} is no order here.", Chord::of(key));
                self.tell(&text, now);
            }
        }
    }

    /// Says that a key does nothing where it was pressed.
    pub(super) fn no_use(&mut self, keys: &[Chord], what_does: &str, now: Timestamp) {
        let keys: Vec<String> = keys.iter().map(Chord::to_string).collect();
        let text = format!("{} does nothing here; {what_does}.", keys.join(" "));
        self.mention(&text, now);
    }

    /// Says why what was typed cannot be done, so that it comes back to be put right.
    pub(super) fn reject(&mut self, text: &str, now: Timestamp) {
        self.rejected = true;
        self.tell(text, now);
    }
}

/// That no command is called so, and which one is called nearly so.
fn nothing_called(menu: &Menu) -> String {
    let typed = menu.name();
    match menu.nearest() {
        Some(name) => {
            format!("No command is called `{typed}`; the nearest is :{name}, and Tab takes it.")
        }
        None => format!("No command is called `{typed}`; {{key:help}} lists them."),
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
