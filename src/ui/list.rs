//! A list as a small state machine: a cursor over a window of rows that the agent filters, sorts and cuts out.
//!
//! What it lists is a [`Topic`]; users, rules and admins are the same machine.
//! The list never holds more than about three screens. It asks for what it lacks through [`List::poll`], one question at a time;
//! what changed meanwhile is asked when the answer is there. The cursor follows what it is on, not the row number.

mod choose;
pub(in crate::ui) mod spoken;
pub(in crate::ui) mod view;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

use super::clauses::Clauses;
use super::event::Tickets;
use super::marks::Marks;
use super::record::{Item, SortKey, Topic, Wanted, Window};
use super::text_view::Move;
use crate::access::Question;
use crate::domain::entry::Subject;
use crate::domain::query::Revisions;
use crate::domain::query::Sort;
use crate::domain::time;
use crate::msg::{Answer, Problem, Request};

use choose::Gathering;
pub use view::{Look, view};

/// How long typing must rest before a filter is sent.
const DEBOUNCE: Duration = Duration::from_millis(80);

/// How the rows at hand stand to what was last asked for: while typing rests and the agent looks, they are those of the question
/// before, and a key that acts on one of them would act on what nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// They are its answer.
    Yes,
    /// They are its answer, but what the cursor is to be on is still on its way.
    RowAwaited,
    /// They answer an earlier question; the answer to this one is awaited.
    Awaited,
    /// They answer an earlier question, and this one got no answer.
    No,
}

/// A list.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; they do not make up one state"
)]
pub struct List {
    /// What it lists.
    pub topic: Topic,
    /// What is in force of the clauses.
    filter: String,
    clauses: Clauses,
    /// The columns that were chosen, by heading or as paths; `None` for its own.
    chosen: Option<Vec<String>>,
    /// Index of the column under the cursor.
    column: usize,
    marks: Marks<Subject, usize>,
    gathering: Option<Gathering>,
    sort: Option<Sort>,
    archived: bool,
    /// The moment that is looked at; `None` is now.
    as_of: Option<Timestamp>,
    window: Window,
    /// The question that the window's rows answer.
    shown: Option<Wanted>,
    /// Whether anything was ever answered.
    loaded: bool,
    /// Index of the row under the cursor.
    cursor: usize,
    /// Index of the first visible row.
    top: usize,
    /// How many rows are visible; told by the layout.
    height: usize,
    /// What is under the cursor, as far as it is loaded.
    selected: Option<Subject>,
    /// Whether the operator chose this row; a list that was never moved in stays at its top.
    moved: bool,
    /// What was selected before a filter was typed.
    before_filter: Option<Subject>,
    outstanding: Option<Outstanding>,
    /// The last question that was answered, so that the same is not asked in a circle.
    answered: Option<Wanted>,
    /// Whether what is shown is not what was last asked for: another filter, another order, or a lost connection.
    outdated: bool,
    /// Not before this moment is an outdated list asked for.
    not_before: Timestamp,
    seen: u64,
    problem: Option<Problem>,
}

#[derive(Clone, Debug)]
struct Outstanding {
    ticket: u64,
    query: Wanted,
    at: Timestamp,
}

impl List {
    /// A list that has asked nothing yet.
    pub fn new(topic: Topic) -> Self {
        Self {
            topic,
            filter: String::new(),
            clauses: Clauses::default(),
            chosen: None,
            column: 0,
            marks: Marks::default(),
            gathering: None,
            sort: None,
            archived: false,
            as_of: None,
            window: Window::default(),
            shown: None,
            loaded: false,
            cursor: 0,
            top: 0,
            height: 0,
            selected: None,
            moved: false,
            before_filter: None,
            outstanding: None,
            answered: None,
            outdated: true,
            not_before: Timestamp::MIN,
            seen: 0,
            problem: None,
        }
    }

    /// The filter in force.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// How it is sorted; `None` is by name.
    pub fn sort(&self) -> Option<&Sort> {
        self.sort.as_ref()
    }

    /// Whether what Okta no longer has is listed.
    pub fn shows_archived(&self) -> bool {
        self.archived
    }

    /// Why the row under the cursor is in the list, as a question, with the row's name.
    pub fn why(&self) -> Option<(Question, &str)> {
        let row = self.selected()?;
        Some((self.topic.why(row)?, row.name()))
    }

    /// Whether the agent has told about it.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// How many rows there are without the filter; `None` while that is not known.
    pub fn total(&self) -> Option<usize> {
        self.window.complete.then_some(self.window.total)
    }

    /// Whether what is shown passed another filter than the one in force.
    fn shows_another_filter(&self) -> bool {
        let shown = self.shown.as_ref().map(|shown| shown.filter.as_str());
        shown.unwrap_or_default() != self.filter
    }

    /// How the rows at hand stand to what was last asked for.
    pub fn answered(&self) -> Answered {
        let shows_it = self.loaded && self.shown.as_ref().is_some_and(|shown| self.wants(shown));
        let waits = self.outdated || self.outstanding.is_some();
        if !shows_it && waits && self.problem.is_none() {
            Answered::Awaited
        } else if !shows_it {
            Answered::No
        } else if waits && self.cursor_will_move() {
            Answered::RowAwaited
        } else {
            Answered::Yes
        }
    }

    /// Whether the next answer puts the cursor on what it is to be on, or loads the row that it is on.
    fn cursor_will_move(&self) -> bool {
        match (self.selected(), &self.selected) {
            (None, _) => self.cursor < self.window.matched,
            (Some(row), Some(wanted)) => row.subject() != *wanted,
            (Some(_), None) => false,
        }
    }

    /// Whether that asked the same, whichever part of the list it was about.
    fn wants(&self, asked: &Wanted) -> bool {
        asked.filter == self.filter
            && asked.sort == self.sort
            && asked.archived == self.archived
            && asked.as_of == self.as_of
            && asked.with_raw == self.needs_json()
    }

    /// What is wrong with the filter or the agent.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The row under the cursor, when it is loaded.
    pub fn selected(&self) -> Option<&Item> {
        self.window.row(self.cursor)
    }

    /// Tells how many rows are visible.
    pub fn set_height(&mut self, rows: usize) {
        self.height = rows;
        self.keep_cursor_visible();
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Move) {
        let last = self.window.matched.saturating_sub(1);
        self.cursor = match to.distance(self.height) {
            Some(by) => self.cursor.saturating_add_signed(by).min(last),
            None if to == Move::Top => 0,
            None => last,
        };
        self.moved = true;
        self.selected = self.selected().map(Item::subject);
        self.keep_cursor_visible();
    }

    fn keep_cursor_visible(&mut self) {
        let rows = self.height.max(1);
        self.top = self.top.min(self.cursor);
        if self.cursor >= self.top + rows {
            self.top = self.cursor + 1 - rows;
        }
        // No empty rows at the end while there are rows above.
        self.top = self.top.min(self.window.matched.saturating_sub(rows));
    }

    /// Remembers where the cursor is, for when the filter is given up.
    pub fn begin_filter(&mut self) {
        if self.filter.is_empty() {
            self.before_filter = self.selected.clone();
        }
    }

    /// Sets the filter; it is sent when typing rests.
    pub fn set_filter(&mut self, filter: &str, now: Timestamp) {
        if self.filter == filter {
            return;
        }
        filter.clone_into(&mut self.filter);
        self.clauses.typed(filter);
        self.marks.let_go();
        self.not_before = time::after(now, DEBOUNCE);
        self.outdate();
        self.start_over();
        if filter.is_empty() {
            self.selected = self.before_filter.take();
            self.moved = self.selected.is_some();
            self.not_before = now;
        }
    }

    /// Gives the filter up, with what is switched off of it.
    pub fn clear_filter(&mut self, now: Timestamp) {
        self.set_filter("", now);
        self.clauses = Clauses::default();
    }

    fn start_over(&mut self) {
        (self.cursor, self.top) = (0, 0);
        self.selected = None;
        self.moved = false;
    }

    /// The order that the column under the cursor offers, whether or not the menu has it; `None` where its rows have no such field.
    pub fn sort_of_column(&self) -> Option<SortKey> {
        let field = self.field()?;
        let keys = self.topic.sort_keys();
        let known = keys.iter().find(|key| key.field == field).copied();
        known.or_else(|| {
            let (fields, _) = self.topic.fields();
            fields.contains(&field).then_some(SortKey {
                letter: '\0',
                field,
                label: field,
                descending: false,
            })
        })
    }

    /// Sorts by `key`; by the same again, the other way round.
    pub fn sort_by(&mut self, key: SortKey) {
        let descending = match &self.sort {
            Some(sort) if sort.field == key.field => !sort.descending,
            _ => key.descending,
        };
        self.sort = Some(Sort {
            field: key.field.to_owned(),
            descending,
        });
        self.outdate_now();
    }

    /// Lists what Okta no longer has, or stops listing it.
    pub fn toggle_archived(&mut self) {
        self.archived = !self.archived;
        self.marks.let_go();
        self.outdate_now();
    }

    /// Looks at another moment; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        if self.as_of != as_of {
            self.as_of = as_of;
            self.marks.let_go();
            // Rows of one moment must not be taken for those of another.
            self.window = Window::default();
            self.loaded = false;
            self.answered = None;
            self.outstanding = None;
            self.outdate_now();
        }
    }

    /// What is shown is no longer what is wanted; it is asked for anew.
    pub fn outdate(&mut self) {
        self.outdated = true;
        self.problem = None;
    }

    /// As [`outdate`](Self::outdate), without waiting for the time between two readings.
    fn outdate_now(&mut self) {
        self.not_before = Timestamp::MIN;
        self.outdate();
    }

    /// Forgets a question whose answer cannot come any more.
    pub fn disconnect(&mut self) {
        self.outstanding = None;
        if let Some(gathering) = &mut self.gathering {
            gathering.ticket = None;
        }
        self.outdated = true;
    }

    /// Puts the cursor on that as soon as the agent says where it is.
    pub fn select(&mut self, subject: Subject) {
        self.selected = Some(subject);
        self.moved = true;
        self.outdate_now();
    }

    /// When the list wants to ask; `None` when it has all it needs or waits for an answer.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        let gathers = self.gathering.as_ref().is_some_and(|g| g.ticket.is_none());
        if gathers {
            return Some(Timestamp::MIN);
        }
        if self.outstanding.is_some() {
            return None;
        }
        // A filter that cannot be read does not become readable by changes of the mirror.
        let news = self.seen != self.revision(revisions) && !self.has_unreadable_filter();
        if self.outdated || news {
            return Some(self.not_before);
        }
        let uncovered = !self.window.covers(self.top, self.top + self.height);
        let asked_already = self.answered.as_ref() == Some(&self.query());
        (uncovered && !asked_already && self.problem.is_none()).then_some(Timestamp::MIN)
    }

    fn revision(&self, revisions: &Revisions) -> u64 {
        self.topic.revision(revisions)
    }

    /// The list's next question, when it has one and its time has come.
    pub fn poll(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Option<Request> {
        if self.wants_at(revisions)? > now {
            return None;
        }
        if let Some(request) = self.gather_more(now, tickets) {
            return Some(request);
        }
        let changed = self.outdated || self.seen != self.revision(revisions);
        let mut query = self.query();
        if changed && self.moved {
            query.around.clone_from(&self.selected);
        }
        let ticket = tickets.take();
        self.outstanding = Some(Outstanding {
            ticket,
            query: query.clone(),
            at: now,
        });
        self.seen = self.revision(revisions);
        self.outdated = false;
        self.not_before = time::after(now, self.topic.rest());
        Some(Request {
            ticket,
            ask: self.topic.ask(query),
        })
    }

    fn query(&self) -> Wanted {
        let height = self.height.max(10);
        Wanted {
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            archived: self.archived,
            as_of: self.as_of,
            offset: self.top.saturating_sub(height),
            limit: 3 * height,
            around: None,
            with_raw: self.needs_json(),
        }
    }

    /// Whether the list waits for this answer.
    pub fn awaits(&self, ticket: u64) -> bool {
        let outstanding = self.outstanding.as_ref().map(|asked| asked.ticket);
        outstanding == Some(ticket) || self.gathers(ticket)
    }

    /// Takes in the answer to a question that it awaits.
    pub fn accept_for(&mut self, ticket: u64, answer: Result<Answer, Problem>) {
        if self.gathers(ticket) {
            self.mark_gathered(answer);
        } else {
            self.accept(answer);
        }
    }

    /// Takes in the answer to the outstanding question.
    pub fn accept(&mut self, answer: Result<Answer, Problem>) {
        let Some(asked) = self.outstanding.take() else {
            return;
        };
        if !self.wants(&asked.query) {
            return;
        }
        match answer {
            Ok(answer) => {
                match Window::of(&self.topic, answer, &asked.query, asked.at) {
                    Ok(Some(window)) => self.take_in(window, &asked.query),
                    Ok(None) => {}
                    Err(problem) => self.problem = Some(problem),
                }
                let mut query = asked.query;
                query.around = None;
                self.answered = Some(query);
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    fn take_in(&mut self, window: Window, query: &Wanted) {
        let screen_line = self.cursor.saturating_sub(self.top);
        self.window = window;
        self.shown = Some(query.clone());
        self.loaded = true;
        self.problem = None;
        let found = self.selected.as_ref().and_then(|subject| {
            let asked_for = query.around.as_ref() == Some(subject);
            let position = self.window.position.filter(|_| asked_for);
            position.or_else(|| self.window.index_of(subject))
        });
        if self.moved
            && let Some(index) = found
        {
            self.cursor = index;
            self.top = index.saturating_sub(screen_line);
        }
        self.cursor = self.cursor.min(self.window.matched.saturating_sub(1));
        let gone = found.is_none() && query.around.is_some() && query.around == self.selected;
        if gone || self.selected.is_none() || !self.moved {
            self.selected = self.selected().map(Item::subject);
        }
        self.keep_cursor_visible();
        // The agent goes on where it stopped to tell what it had.
        if self.window.searched.is_some() {
            self.outdate_now();
        }
    }
}
