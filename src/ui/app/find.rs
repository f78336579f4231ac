//! Narrowing and marking what is in front of the operator.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::keys::movement;
use super::{App, Mode};
use crate::domain::fields::EventFields;
use crate::domain::filter::Fields as _;
use crate::ui::clauses::Clauses;
use crate::ui::facets::{Facets, Source};
use crate::ui::format;
use crate::ui::keymap::Chord;
use crate::ui::layout::PaneId;
use crate::ui::linked::Destination;
use crate::ui::list::List;
use crate::ui::log::Log;
use crate::ui::narrow::{How, Pointed};
use crate::ui::page::Page;
use crate::ui::panel::{self, Choice, Panel};

impl App {
    /// The value under the cursor: of a cell, or of a line of an event.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn pointed(&self) -> Result<Pointed, &'static str> {
        if let Some(list) = self.focused_list() {
            return list.pointed();
        }
        if let Some(log) = self.focused_log() {
            return log.pointed();
        }
        match (self.pages.last(), self.link_at_hand()) {
            (Some(Page::Event(_)), Some(Destination::Value(pointed))) => Ok(pointed.clone()),
            (Some(Page::Event(_)), _) => Err("no value is under the cursor"),
            _ => Err("only cells of tables and the parts of an event have values to filter by"),
        }
    }

    /// Keeps, drops or shows only what has the value under the cursor. From the page of an event it is the events below it that are
    /// filtered.
    pub(super) fn narrow(&mut self, how: How, now: Timestamp) {
        if self.holds_still(now) {
            return;
        }
        let pointed = match self.pointed() {
            Ok(pointed) => pointed,
            Err(why) => return self.tell(why, now),
        };
        self.leave();
        if matches!(self.pages.last(), Some(Page::Event(_))) {
            self.pages.pop();
            if self.focused_log().is_none() {
                self.pages.clear();
                self.focus = PaneId::Log;
            }
        }
        self.narrow_by(how, &pointed, now);
    }

    /// The same for a value that was pointed at elsewhere.
    pub(super) fn narrow_by(&mut self, how: How, pointed: &Pointed, now: Timestamp) {
        let narrowed = if let Some(list) = self.focused_list_mut() {
            list.narrow(how, pointed)
        } else if let Some(log) = self.focused_log_mut() {
            log.narrow(how, pointed)
        } else {
            Err("nothing here can be filtered")
        };
        if let Err(why) = narrowed {
            self.tell(&format!("Not filtered: {why}."), now);
        }
    }

    pub(super) fn go_sideways(&mut self, right: bool) {
        if let Some(raw) = self.raw_at_hand_mut() {
            return if right { raw.unfold() } else { raw.fold() };
        }
        if let Some(list) = self.focused_list_mut() {
            list.go_sideways(right);
        } else if let Some(log) = self.focused_log_mut() {
            log.go_sideways(right);
        }
    }

    /// Whether rows are marked where the keys go, or a range of marks is begun.
    pub(super) fn is_marked(&self) -> bool {
        let list = self.focused_list().map(|list| !list.marks().is_empty());
        let log = || self.focused_log().map(|log| !log.marks().is_empty());
        list.or_else(log).unwrap_or(false)
    }

    pub(super) fn clear_marks(&mut self) {
        if let Some(list) = self.focused_list_mut() {
            list.marks_mut().clear();
        } else if let Some(log) = self.focused_log_mut() {
            log.marks_mut().clear();
        }
    }

    /// Holds a log still that follows its newest event; the key that was meant for one of its events is to be pressed again, on the one
    /// that is seen now.
    fn holds_still(&mut self, now: Timestamp) -> bool {
        let held = self.focused_log_mut().is_some_and(Log::hold_still);
        if held {
            let text = "The log stands still now: choose the event, and press that again ({key:follow} follows).";
            self.tell(text, now);
        }
        held
    }

    pub(super) fn mark(&mut self, now: Timestamp) {
        if !self.holds_still(now) {
            self.choose_rows(List::toggle_mark, Log::toggle_mark);
        }
    }

    pub(super) fn mark_range(&mut self, now: Timestamp) {
        if !self.holds_still(now) {
            self.choose_rows(List::mark_range, Log::mark_range);
        }
    }

    pub(super) fn mark_all(&mut self) {
        self.choose_rows(List::mark_all, Log::mark_all);
    }

    fn choose_rows(&mut self, in_list: fn(&mut List), in_log: fn(&mut Log)) {
        if let Some(list) = self.focused_list_mut() {
            in_list(list);
        } else if let Some(log) = self.focused_log_mut() {
            in_log(log);
        }
    }

    /// Gives the filter up.
    pub(super) fn clear_filter(&mut self, now: Timestamp) {
        if let Some(list) = self.focused_list_mut() {
            list.clear_filter(now);
        } else if let Some(log) = self.focused_log_mut() {
            log.clear_filter(now);
        }
    }

    /// Whether there is a filter where the keys go, in force or switched off.
    pub(super) fn is_filtered(&self) -> bool {
        let list = self.focused_list().map(List::is_filtered);
        let log = || self.focused_log().map(Log::is_filtered);
        list.or_else(log).unwrap_or(false)
    }

    pub(super) fn clauses(&self) -> Clauses {
        let list = self.focused_list().map(List::clauses);
        let log = || self.focused_log().map(Log::clauses);
        list.or_else(log).cloned().unwrap_or_default()
    }

    /// The filter is typed to its end.
    pub(super) fn settle_clauses(&mut self) {
        let mut clauses = self.clauses();
        clauses.settle();
        self.put_in_force(clauses);
    }

    fn put_in_force(&mut self, clauses: Clauses) {
        if let Some(list) = self.focused_list_mut() {
            list.put_in_force(clauses);
        } else if let Some(log) = self.focused_log_mut() {
            log.put_in_force(clauses);
        }
    }

    /// Switches all clauses off, or on again.
    pub(super) fn toggle_clauses(&mut self) {
        let mut clauses = self.clauses();
        clauses.toggle_all();
        self.put_in_force(clauses);
    }

    /// A key in the panel of clauses.
    pub(super) fn clauses_key(&mut self, mut choice: Choice, key: KeyEvent, now: Timestamp) {
        let mut clauses = self.clauses();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'b') => return,
            KeyCode::Char('a') => clauses.toggle_all(),
            KeyCode::Char('f') if control => clauses.toggle_all(),
            KeyCode::Char(' ') => clauses.toggle(choice.at),
            _ => {
                if let Some(to) = movement(key) {
                    choice.go(to, clauses.all().len(), self.panel_height());
                } else {
                    self.no_use(&[Chord::of(key)], BELOW, now);
                }
            }
        }
        self.put_in_force(clauses);
        self.mode = Mode::Clauses(choice);
    }

    pub(super) fn panel_height(&self) -> usize {
        let body = self.places().map(|places| places.body);
        panel::height(body.unwrap_or_default())
    }

    /// Paints the clauses, each with whether it is on.
    pub(super) fn clauses_view(&self, choice: Choice, buffer: &mut Buffer, body: Rect) {
        let theme = self.model.theme;
        let clauses = self.clauses();
        let line = |clause: &crate::ui::clauses::Clause| {
            let (word, style) = if clause.on {
                ("on   ", theme.good())
            } else {
                ("off  ", theme.quiet())
            };
            let text = if clause.on {
                theme.text()
            } else {
                theme.quiet()
            };
            let name = clause.name.as_ref().map(|name| format!("  {name}"));
            vec![
                (word.to_owned(), style),
                (clause.text.clone(), text),
                (name.unwrap_or_default(), theme.quiet()),
            ]
        };
        let (on, off) = clauses.counts();
        let title = format!(
            "Filters: {} on, {} off",
            format::count_len(on),
            format::count_len(off)
        );
        Panel {
            title: &title,
            words: "",
            lines: clauses.all().iter().map(line).collect(),
            empty: "There is no filter.",
            choice,
        }
        .view(theme, buffer, body);
    }
}

/// Where the keys of a panel are told.
pub(super) const BELOW: &str = "the line below says what does";

/// Fields that say the same as another one, or something else for every row: nobody counts them.
const NOT_COUNTED: [&str; 7] = [
    "id",
    "uuid",
    "eventType",
    "members",
    "about",
    "actorId",
    "targetId",
];

impl App {
    /// Begins to count the values of the field under the column cursor.
    pub(super) fn begin_facets(&mut self) {
        let list = self.focused_list().and_then(List::field);
        let under_cursor = list.or_else(|| self.focused_log().and_then(Log::field));
        let Some((source, all)) = self.to_count() else {
            return;
        };
        let others = all.into_iter().filter(|field| !NOT_COUNTED.contains(field));
        let others = others.filter(|field| Some(*field) != under_cursor);
        let fields: Vec<&'static str> = under_cursor.into_iter().chain(others).collect();
        self.mode = Mode::Facets(Box::new(Facets::new(source, fields)));
    }

    /// What would be counted, and the fields that it has: those of columns first.
    fn to_count(&self) -> Option<(Source, Vec<&'static str>)> {
        if let Some(list) = self.focused_list() {
            let columns = list.columns();
            let shown = columns.iter().map(|column| column.field);
            let mut fields: Vec<&'static str> = shown.filter(|field| !field.is_empty()).collect();
            let (all, _) = list.topic.fields();
            fields.extend(all.iter());
            unique(&mut fields);
            let source = Source::List(list.topic.clone(), list.wanted());
            return Some((source, fields));
        }
        let log = self.focused_log()?;
        let shown = ["type", "actor", "target", "result", "ip", "country"];
        let mut fields = shown.to_vec();
        fields.extend(EventFields::NAMES);
        unique(&mut fields);
        Some((Source::Log(log.wanted()), fields))
    }

    /// A key in the panel of facets.
    pub(super) fn facets_key(&mut self, mut facets: Box<Facets>, key: KeyEvent, now: Timestamp) {
        let how = match key.code {
            KeyCode::Char('+') | KeyCode::Enter => Some(How::Keep),
            KeyCode::Char('-') => Some(How::Drop),
            KeyCode::Char('=') => Some(How::Only),
            KeyCode::Esc | KeyCode::Char('q' | 'F') => return,
            KeyCode::Char('l' | '.') | KeyCode::Right | KeyCode::Tab => {
                facets.turn(true);
                None
            }
            KeyCode::Char('h' | ',') | KeyCode::Left | KeyCode::BackTab => {
                facets.turn(false);
                None
            }
            _ => {
                if let Some(to) = movement(key) {
                    facets.go(to, self.panel_height());
                } else {
                    self.no_use(&[Chord::of(key)], BELOW, now);
                }
                None
            }
        };
        if let (Some(how), Some(pointed)) = (how, facets.pointed()) {
            self.leave();
            self.narrow_by(how, &pointed, now);
            if let Some((source, _)) = self.to_count() {
                facets.restart(source);
            }
        }
        self.mode = Mode::Facets(facets);
    }

    /// Paints the values and their counts.
    pub(super) fn facets_view(&self, facets: &Facets, buffer: &mut Buffer, body: Rect) {
        let theme = self.model.theme;
        Panel {
            title: &facets.title(),
            words: &facets.words(),
            lines: facets.lines(usize::from(body.width), theme),
            empty: "Nothing was counted yet.",
            choice: facets.choice(),
        }
        .view(theme, buffer, body);
    }
}

/// Leaves out what stands there already, and keeps the order.
fn unique(fields: &mut Vec<&'static str>) {
    let mut seen = std::collections::HashSet::new();
    fields.retain(|field| seen.insert(*field));
}
