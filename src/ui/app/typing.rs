//! What is typed to find something: a filter, or a search in JSON. Until Enter it can be taken back, with all that it changed.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::keys::movement;
use super::{App, Mode};
use crate::domain::fields::EventFields;
use crate::domain::filter::{Fields as _, Filter, bracketed};
use crate::msg::{Problem, ProblemKind};
use crate::ui::history::Place;
use crate::ui::list::List;
use crate::ui::log::Log;
use crate::ui::paste::{self, Pasted};
use crate::ui::prompt::{MAX_CHARS, Prompt};
use crate::ui::record::Topic;

/// A text that is being typed, and what was in front of the operator before.
#[derive(Clone, Debug)]
pub(super) struct Typing {
    pub(super) prompt: Prompt,
    before: Box<Place>,
    /// The filter of before.
    filter: String,
    /// Whether anything was changed or moved since.
    touched: bool,
}

impl App {
    /// Begins to type a filter, behind the one in force; in JSON, a search.
    pub(super) fn begin_filter(&mut self) {
        if let Some(raw) = self.raw_at_hand() {
            let prompt = Prompt::new(raw.needle());
            self.mode = Mode::Search(self.begin_typing(prompt));
            return;
        }
        let prompt = Prompt::behind(&to_go_on_with(self.filter()));
        self.mode = Mode::Filter(self.begin_typing(prompt));
        if let Some(list) = self.focused_list_mut() {
            list.begin_filter();
        }
    }

    fn begin_typing(&self, prompt: Prompt) -> Typing {
        Typing {
            prompt,
            before: Box::new(self.place()),
            filter: self.filter().to_owned(),
            touched: false,
        }
    }

    pub(super) fn filter_key(&mut self, mut typing: Typing, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Enter => return self.keep_filter(typing, now),
            KeyCode::Esc => return self.take_back(typing),
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                if let Some(to) = movement(key) {
                    self.go(to);
                    typing.touched = true;
                }
            }
            _ => {
                if typing.prompt.key(key) {
                    typing.touched = true;
                    self.set_filter(typing.prompt.text().trim_end(), now);
                }
            }
        }
        self.mode = Mode::Filter(typing);
    }

    /// Keeps what was typed. A text that is no filter stays in the prompt: no list is shown under one.
    fn keep_filter(&mut self, typing: Typing, now: Timestamp) {
        if let Some(why) = self.filter_fault(typing.prompt.text()) {
            self.tell(&format!("Not kept, {why}."), now);
            self.mode = Mode::Filter(typing);
            return;
        }
        self.settle_clauses();
        if self.filter() != typing.filter {
            self.history.leave(*typing.before);
        }
    }

    /// Why a text is no filter of what is in front of the operator, as far as that can be told without asking; or what the agent said
    /// of it.
    pub(super) fn filter_fault(&self, text: &str) -> Option<String> {
        let list = self.focused_list();
        if let Some(fault) = fault(list.map(|list| &list.topic), text) {
            return Some(fault);
        }
        let problem = list.map(List::problem);
        let problem = problem.or_else(|| self.focused_log().map(Log::problem));
        let is_same = self.filter() == text.trim_end();
        let said = problem.flatten().filter(|_| is_same);
        said.filter(|it| it.kind == ProblemKind::Usage)
            .map(told_fault)
    }

    /// Filters as they may be typed here.
    pub(super) fn filter_examples(&self) -> &'static str {
        match self.focused_list() {
            Some(list) => list.topic.filter_examples(),
            None => "result:failure  ip:203.0.113.0/24  -word  /re/  a or b",
        }
    }

    /// Takes back what was typed: the filter, the row and the place on the screen are those of before.
    pub(super) fn take_back(&mut self, typing: Typing) {
        if typing.touched {
            self.return_to(*typing.before);
        }
    }

    /// A key while something is typed that JSON is searched for.
    pub(super) fn search_key(&mut self, mut typing: Typing, key: KeyEvent) {
        let Some(raw) = self.raw_at_hand_mut() else {
            return;
        };
        match key.code {
            KeyCode::Enter => return,
            KeyCode::Esc => return self.take_back(typing),
            KeyCode::Down => raw.next_match(true),
            KeyCode::Up => raw.next_match(false),
            _ => {
                if typing.prompt.key(key) {
                    raw.search(typing.prompt.text());
                }
            }
        }
        typing.touched = true;
        self.mode = Mode::Search(typing);
    }

    pub(super) fn set_filter(&mut self, filter: &str, now: Timestamp) {
        if let Some(list) = self.focused_list_mut() {
            list.set_filter(filter, now);
        } else if let Some(log) = self.focused_log_mut() {
            log.set_filter(filter, now);
        }
    }

    /// Pasted text is a filter where there is something to filter, and text where text is typed. It never acts as keys.
    pub(super) fn paste(&mut self, text: &str, now: Timestamp) {
        self.held.clear();
        self.chords.clear();
        let words = match std::mem::replace(&mut self.mode, Mode::Normal) {
            Mode::Filter(typing) => self.paste_into_filter(typing, text, now),
            Mode::Search(mut typing) => {
                let words = typing.prompt.insert(text);
                typing.touched = true;
                if let Some(raw) = self.raw_at_hand_mut() {
                    raw.search(typing.prompt.text());
                }
                self.mode = Mode::Search(typing);
                words
            }
            Mode::Normal | Mode::Histogram => self.paste_as_filter(text, now),
            mut other => {
                let words = paste_into(&mut other, text, now);
                self.mode = other;
                words
            }
        };
        if let Some(words) = words {
            self.tell(&words, now);
        }
    }

    fn paste_as_filter(&mut self, text: &str, now: Timestamp) -> Option<String> {
        self.leave_histogram();
        if self.focused_list().is_none() && self.focused_log().is_none() {
            return Some("Not pasted: there is nothing here to filter.".to_owned());
        }
        let typing = self.begin_typing(Prompt::default());
        if let Some(list) = self.focused_list_mut() {
            list.begin_filter();
        }
        self.paste_into_filter(typing, text, now)
    }

    fn paste_into_filter(
        &mut self,
        mut typing: Typing,
        text: &str,
        now: Timestamp,
    ) -> Option<String> {
        let room = MAX_CHARS.saturating_sub(typing.prompt.text().chars().count());
        let Pasted { text, words } = paste::as_filter(text, room);
        if text.starts_with('(') && typing.prompt.is_in_word() {
            typing.prompt.put(" ");
        }
        typing.prompt.put(&text);
        typing.touched = true;
        self.set_filter(typing.prompt.text().trim_end(), now);
        self.mode = Mode::Filter(typing);
        words
    }
}

/// Pasted text where a line is typed; what there is to tell about it.
fn paste_into(mode: &mut Mode, text: &str, now: Timestamp) -> Option<String> {
    match mode {
        Mode::Naming(prompt)
        | Mode::Exporting(prompt)
        | Mode::Path(_, prompt)
        | Mode::Reason(_, prompt)
        | Mode::Say(_, prompt)
        | Mode::Range(prompt, _) => prompt.insert(text),
        Mode::Give(giving) => giving.prompt.insert(text),
        Mode::Pick(giving) => giving.paste(text, now),
        Mode::Sheet(_) => Some("Not pasted: what confirms a plan is typed, key by key.".to_owned()),
        Mode::Menu(menu) => {
            let words = menu.prompt.insert(text);
            menu.typed(now);
            words
        }
        _ => Some("Not pasted: this takes keys, not text.".to_owned()),
    }
}

/// Why a text is no filter of such a list; without one, of the log.
pub(super) fn fault(topic: Option<&Topic>, text: &str) -> Option<String> {
    let read = match topic.map(Topic::fields) {
        Some((names, words)) => Filter::check(text, &names, words),
        None => Filter::check(text, EventFields::NAMES, EventFields::WORDS),
    };
    read.err().map(|fault| told(fault.column, &fault.message))
}

/// A filter to which more can be added: what is typed behind alternatives is to hold for all of them.
fn to_go_on_with(filter: &str) -> String {
    bracketed([filter, "x"]).swap_remove(0)
}

fn told_fault(problem: &Problem) -> String {
    let said = problem.summary.trim_end_matches('.');
    problem
        .column
        .map_or_else(|| said.to_owned(), |column| told(column, said))
}

/// What is wrong, and where: that comes first, since the reason may name all fields.
fn told(column: usize, why: &str) -> String {
    format!("at character {}: {why}", column + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::EntryKind;
    use crate::ui::layout::PaneId;
    use crate::ui::theme::Theme;
    use ratatui::layout::Size;

    /// The prompt of the log gave examples for users.
    #[test]
    fn every_example_of_a_filter_can_be_typed_where_it_is_told() {
        let mut app = App::new(Theme::mono(), Size::new(80, 24), Timestamp::UNIX_EPOCH);
        let entries = EntryKind::ALL.iter().copied().map(PaneId::Entries);
        for pane in PaneId::TABS.into_iter().chain(entries) {
            // Opening is what makes a list of entries.
            app.show(pane);
            let _ = app.list_mut(pane);
            for example in app.filter_examples().split("  ") {
                assert_eq!(app.filter_fault(example), None, "{pane:?} {example}");
            }
        }
        app.show(PaneId::Log);
        let told = app.filter_examples();
        assert!(
            told.contains("result:") && !told.contains("lastLogin"),
            "{told}"
        );
    }
}
