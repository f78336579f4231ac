//! Pointing and marking in a list: the column under the cursor, filters made of its cells, and marks on rows.

use std::borrow::Cow;

use jiff::Timestamp;

use super::List;
use crate::domain::entry::Subject;
use crate::domain::query::Sort;
use crate::msg::{Answer, Problem, ProblemKind, Request};
use crate::ui::clauses::Clauses;
use crate::ui::event::Tickets;
use crate::ui::format;
use crate::ui::marks::{self, Marks};
use crate::ui::memory::View;
use crate::ui::narrow::{self, How, Pointed};
use crate::ui::picker;
use crate::ui::record::{Column, Item, Wanted, Window, id_text};
use crate::ui::text_view::Move;
use crate::ui::theme::Theme;

/// A question for more rows than a window has, to mark them.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    /// The question under way; `None` while it waits to be asked, or asked again where a search goes on.
    pub(super) ticket: Option<u64>,
    wanted: Wanted,
    at: Timestamp,
    /// The two ends of a range, when it is one; they must be the ends of the answer, too.
    ends: Option<(Subject, Subject)>,
}

impl List {
    /// Says the filter in other words.
    pub fn reword(&mut self, change: &mut impl FnMut(&str) -> String) {
        self.filter = change(&self.filter);
        self.clauses.reword(change);
        self.outdate();
    }

    /// The clauses of the filter, those that are off among them.
    pub fn clauses(&self) -> &Clauses {
        &self.clauses
    }

    /// Whether there is a filter, in force or switched off.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty() || !self.clauses.all().is_empty()
    }

    /// The marked rows.
    pub fn marks(&self) -> &Marks<Subject, usize> {
        &self.marks
    }

    /// The same, to take marks away.
    pub fn marks_mut(&mut self) -> &mut Marks<Subject, usize> {
        &mut self.marks
    }

    /// A row, when it is loaded.
    pub fn loaded(&self, subject: &Subject) -> Option<&Item> {
        self.window.row(self.window.index_of(subject)?)
    }

    /// Index of the column under the cursor.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Puts the cursor on a row that is loaded; whether it is.
    pub fn put_cursor_on(&mut self, subject: &Subject) -> bool {
        let Some(index) = self.window.index_of(subject) else {
            return false;
        };
        self.cursor = index;
        self.moved = true;
        self.selected = Some(subject.clone());
        self.keep_cursor_visible();
        true
    }

    /// The columns that are shown.
    pub fn columns(&self) -> Cow<'static, [Column]> {
        self.topic.columns_of(self.chosen.as_deref())
    }

    /// Shows these columns, by heading or as paths; `None` for its own. The cursor stays on its column.
    pub fn set_columns(&mut self, chosen: Option<&Vec<String>>) {
        if self.chosen.as_ref() == chosen {
            return;
        }
        let had_json = self.needs_json();
        let before = self.columns().get(self.column).map(|it| it.title.clone());
        self.chosen = chosen.cloned();
        let now = self.columns();
        let same = now.iter().position(|it| Some(&it.title) == before.as_ref());
        self.column = same.unwrap_or(0);
        if self.needs_json() != had_json {
            self.outdate_now();
        }
    }

    /// Whether a column shows something of Okta's JSON.
    pub(super) fn needs_json(&self) -> bool {
        let mut names = self.chosen.iter().flatten();
        self.topic.has_json() && names.any(|name| picker::path_of(name).is_some())
    }

    /// Moves the cursor to the next or previous column.
    pub fn go_sideways(&mut self, right: bool) {
        let last = self.columns().len().saturating_sub(1);
        let by = if right { 1 } else { -1 };
        self.column = self.column.saturating_add_signed(by).min(last);
    }

    /// The field of the column under the cursor, when the filter language has it.
    pub fn field(&self) -> Option<&'static str> {
        let columns = self.columns();
        let field = columns.get(self.column)?.field;
        (!field.is_empty()).then_some(field)
    }

    /// The value in the cell under the cursor.
    ///
    /// # Errors
    /// Why there is none that a filter could ask for.
    pub fn pointed(&self) -> Result<Pointed, &'static str> {
        let row = self.selected().ok_or("nothing is under the cursor")?;
        let columns = self.columns();
        let column = columns.get(self.column).ok_or(narrow::NO_FIELD)?;
        if column.field.is_empty() {
            return Err(narrow::NO_FIELD);
        }
        let shown = column.cell(row, Theme::mono()).text;
        Ok(Pointed {
            field: column.field,
            value: row.value(column.field, &shown),
        })
    }

    /// Keeps the rows with a value, drops them, or shows no others. The cursor stays on what it is on, where that is still listed.
    ///
    /// # Errors
    /// Why the filter cannot take it.
    pub fn narrow(&mut self, how: How, pointed: &Pointed) -> Result<(), &'static str> {
        let (names, words) = self.topic.fields();
        let clause = pointed.clause(how, &names, words);
        let broken = self.has_unreadable_filter();
        let clauses = narrow::narrowed(&self.clauses, how, (&clause, pointed.name()), broken)?;
        self.begin_filter();
        self.put_in_force(clauses);
        Ok(())
    }

    /// Takes clauses as they are now: some may have been switched on or off.
    pub fn put_in_force(&mut self, clauses: Clauses) {
        self.clauses = clauses;
        let filter = self.clauses.in_force();
        if filter != self.filter {
            self.marks.let_go();
            self.filter = filter;
            self.moved = self.selected.is_some();
            self.outdate_now();
        }
    }

    pub(super) fn has_unreadable_filter(&self) -> bool {
        let problem = self.problem.as_ref();
        problem.is_some_and(|problem| problem.kind == ProblemKind::Usage)
    }

    /// Marks the row under the cursor, or takes its mark away, and goes on to the next.
    pub fn toggle_mark(&mut self) {
        if let Some(subject) = self.selected().map(Item::subject) {
            self.marks.toggle(subject);
            self.go(Move::Down);
        }
    }

    /// Begins a range of marks at the cursor, or ends it there.
    pub fn mark_range(&mut self) {
        let Some(here) = self.selected().map(Item::subject) else {
            return;
        };
        let Some((from, index)) = self.marks.range(here.clone(), self.cursor) else {
            return;
        };
        let index = self.window.index_of(&from).unwrap_or(index);
        let ends = if index <= self.cursor {
            (from, here)
        } else {
            (here, from)
        };
        let first = index.min(self.cursor);
        let count = index.abs_diff(self.cursor) + 1;
        self.gather(first, count, Some(ends));
    }

    /// How it shows its rows, to be remembered.
    pub fn as_view(&self) -> View {
        View {
            pane: String::new(),
            filter: self.filter.clone(),
            off: self.clauses.off(),
            names: self.clauses.names(),
            sort: self.sort.clone(),
            archived: self.archived,
        }
    }

    /// Shows its rows as was remembered.
    pub fn put_view(&mut self, view: &View) {
        self.clauses = Clauses::of(&view.filter, &view.off, &view.names);
        self.filter.clone_from(&view.filter);
        // What another version could sort by, this one may not.
        let (fields, _) = self.topic.fields();
        let known = |sort: &&Sort| fields.contains(&&*sort.field);
        self.sort = view.sort.as_ref().filter(known).cloned();
        self.marks.let_go();
        self.archived = view.archived;
        self.start_over();
        self.outdate_now();
    }

    /// Everything that passes the filter, as a question.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            offset: 0,
            limit: usize::MAX,
            sort: None,
            with_raw: false,
            ..self.query()
        }
    }

    /// The same in the list's order.
    pub fn everything(&self) -> Wanted {
        Wanted {
            sort: self.sort.clone(),
            ..self.wanted()
        }
    }

    /// The marked rows in the list's order, as a question; `None` when none is marked.
    pub fn marked(&self) -> Option<Wanted> {
        let ids = self.marks.ids();
        let clauses: Vec<String> = ids
            .iter()
            .map(|subject| format!("id={}", format::quoted(id_text(subject))))
            .collect();
        (!clauses.is_empty()).then(|| Wanted {
            filter: clauses.join(" or "),
            ..self.everything()
        })
    }

    /// Marks everything that passes the filter, as far as that many can be marked.
    pub fn mark_all(&mut self) {
        self.gather(0, marks::MOST, None);
    }

    fn gather(&mut self, offset: usize, limit: usize, ends: Option<(Subject, Subject)>) {
        let wanted = Wanted {
            offset,
            limit: limit.min(marks::MOST),
            ..self.query()
        };
        self.gathering = Some(Gathering {
            ticket: None,
            wanted,
            at: Timestamp::MIN,
            ends: ends.filter(|_| limit <= marks::MOST),
        });
    }

    /// Whether the row at `index` is between the beginning of a range and the cursor.
    pub(super) fn is_in_range(&self, index: usize) -> bool {
        let Some((from, at)) = self.marks.from() else {
            return false;
        };
        let from = self.window.index_of(from).unwrap_or(*at);
        (from.min(self.cursor)..=from.max(self.cursor)).contains(&index)
    }

    /// The next question for rows to be marked.
    pub(super) fn gather_more(&mut self, now: Timestamp, tickets: &mut Tickets) -> Option<Request> {
        let gathering = self.gathering.as_mut().filter(|g| g.ticket.is_none())?;
        let ticket = tickets.take();
        gathering.ticket = Some(ticket);
        gathering.at = now;
        let ask = self.topic.ask(gathering.wanted.clone());
        Some(Request { ticket, ask })
    }

    pub(super) fn gathers(&self, ticket: u64) -> bool {
        let gathering = self.gathering.as_ref();
        gathering.is_some_and(|gathering| gathering.ticket == Some(ticket))
    }

    pub(super) fn mark_gathered(&mut self, answer: Result<Answer, Problem>) {
        let Some(mut gathering) = self.gathering.take() else {
            return;
        };
        let wanted = &gathering.wanted;
        if !self.wants(wanted) {
            return;
        }
        let window = match answer.and_then(|a| Window::of(&self.topic, a, wanted, gathering.at)) {
            Ok(Some(window)) => window,
            Ok(None) => return,
            Err(problem) => {
                self.problem = Some(problem);
                return;
            }
        };
        if window.searched.is_some() {
            // The agent goes on where it stopped.
            gathering.ticket = None;
            self.gathering = Some(gathering);
            return;
        }
        // What is filtered here comes whole.
        let before = wanted.offset.saturating_sub(window.offset);
        let rows = window.rows.iter().skip(before).take(wanted.limit);
        let ids: Vec<Subject> = rows.map(Item::subject).collect();
        match gathering.ends {
            Some((first, last)) if ids.first() != Some(&first) || ids.last() != Some(&last) => {
                // The list has changed meanwhile; the range stays begun.
                self.marks.range(first, wanted.offset);
            }
            Some(_) => self.marks.add(ids.iter().cloned(), ids.len()),
            None => self.marks.add(ids, window.matched),
        }
    }
}
