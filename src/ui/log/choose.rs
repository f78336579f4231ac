//! Pointing and marking in the log: the column under the cursor, filters made of its cells, and marks on events.

use jiff::Timestamp;

use super::lines::Line;
use super::{Log, LogColumn, view};
use crate::domain::fields::EventFields;
use crate::domain::filter::Fields as _;
use crate::domain::id::EventUuid;
use crate::domain::query::{EventAnchor, EventPos, EventQuery, EventRow};
use crate::msg::{Answer, Ask, Problem, ProblemKind, Request};
use crate::ui::clauses::Clauses;
use crate::ui::event::Tickets;
use crate::ui::marks::{self, Marks};
use crate::ui::memory::View;
use crate::ui::narrow::{self, How, Pointed};
use crate::ui::picker;
use crate::ui::text_view::Move;

/// The name under which the columns of the log are remembered.
pub const LOG_COLUMNS: &str = "log";

/// A question for more events than a window has, to mark them.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    /// The question under way; `None` while it waits to be asked, or asked again where a search goes on.
    pub(super) ticket: Option<u64>,
    filter: String,
    anchor: EventAnchor,
    /// The end of a range; `None` when everything is meant.
    last: Option<EventPos>,
    /// What was found so far.
    uuids: Vec<EventUuid>,
}

impl Log {
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

    /// The marked events.
    pub fn marks(&self) -> &Marks<EventUuid, EventPos> {
        &self.marks
    }

    /// The same, to take marks away.
    pub fn marks_mut(&mut self) -> &mut Marks<EventUuid, EventPos> {
        &mut self.marks
    }

    /// Shows these columns, by heading or as paths; `None` for its own.
    pub fn set_columns(&mut self, chosen: Option<&Vec<String>>) {
        if self.chosen.as_ref() == chosen {
            return;
        }
        let had_json = self.needs_json();
        self.chosen = chosen.cloned();
        let first = view::columns_of(self)
            .iter()
            .position(view::Column::is_event);
        self.column = first.unwrap_or(0);
        if self.needs_json() != had_json {
            self.outdate_now();
        }
    }

    /// Whether a column shows something of Okta's JSON.
    pub(super) fn needs_json(&self) -> bool {
        let mut names = self.chosen.iter().flatten();
        names.any(|name| picker::path_of(name).is_some())
    }

    /// The headings of its own columns.
    pub fn own_columns() -> Vec<String> {
        let titles = view::COLUMNS.iter().map(|(title, ..)| *title);
        titles.map(str::to_owned).collect()
    }

    /// Lets go of the newest event, so that the row under the cursor stays what it is; whether it was held. Whoever points at a row that
    /// moves gets another one.
    pub fn hold_still(&mut self) -> bool {
        let moves = self.follow && !self.paused && self.until.is_none();
        self.follow = self.follow && !moves;
        moves
    }

    /// Puts the cursor on an event at hand, and lets go of the newest ones; whether it is there.
    pub fn put_cursor_on(&mut self, uuid: EventUuid) -> bool {
        let place = self.rows.iter().position(|row| row.event.uuid == uuid);
        if let Some(index) = place {
            self.let_go();
            self.cursor = index;
            self.keep_cursor_visible();
        }
        place.is_some()
    }

    /// Moves the cursor to the next or previous column.
    pub fn go_sideways(&mut self, right: bool) {
        // Who points at a cell wants it to stay.
        self.follow = false;
        let by = if right { 1 } else { -1 };
        let last = view::columns_of(self).len().saturating_sub(1);
        self.column = self.column.saturating_add_signed(by).min(last);
    }

    /// The field of the column under the cursor, when the filter language has it.
    pub fn field(&self) -> Option<&'static str> {
        view::field_of(self)
    }

    /// The value in the cell under the cursor.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pointed(&self) -> Result<Pointed, &'static str> {
        let row = self.selected().ok_or("nothing is under the cursor")?;
        view::pointed(self, row)
    }

    /// Keeps the events with a value, drops them, or shows no others.
    ///
    /// # Errors
    /// Why the filter cannot take it.
    pub fn narrow(&mut self, how: How, pointed: &Pointed) -> Result<(), &'static str> {
        let clause = pointed.clause(how, EventFields::NAMES, EventFields::WORDS);
        let unreadable = self.has_unreadable_filter();
        let clauses = narrow::narrowed(&self.clauses, how, (&clause, pointed.name()), unreadable)?;
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
            self.stopped_at = None;
            self.seek = None;
            self.renew_histogram();
            self.outdate_now();
        }
    }

    pub(super) fn has_unreadable_filter(&self) -> bool {
        let problem = self.problem.as_ref();
        problem.is_some_and(|problem| problem.kind == ProblemKind::Usage)
    }

    /// Gives the filter up, with what is switched off of it.
    pub fn clear_filter(&mut self, now: Timestamp) {
        self.set_filter("", now);
        self.clauses = Clauses::default();
    }

    /// The columns that are shown.
    pub fn columns(&self) -> Vec<LogColumn> {
        view::columns_of(self)
    }

    /// Index of the column under the cursor.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Marks the event under the cursor, or takes its mark away, and goes on to the next. A folded line is all of its events.
    pub fn toggle_mark(&mut self) {
        let rows = self.rows_at_cursor();
        let uuids: Vec<EventUuid> = rows.iter().map(|row| row.event.uuid).collect();
        match uuids[..] {
            [] => return,
            [one] => self.marks.toggle(one),
            _ if uuids.iter().all(|uuid| self.marks.has(uuid)) => {
                for uuid in uuids {
                    self.marks.toggle(uuid);
                }
            }
            _ => {
                let of = uuids.len();
                self.marks.add(uuids, of);
            }
        }
        self.go(Move::Down);
    }

    /// The event under the cursor, or all that its line stands for.
    fn rows_at_cursor(&self) -> Vec<&EventRow> {
        let line = self.lines.all().get(self.lines.of_row(self.cursor));
        match line {
            Some(Line::Folded { parts, .. }) => {
                let rows = parts.iter().filter_map(|row| self.rows.get(*row));
                rows.collect()
            }
            _ => self.selected().into_iter().collect(),
        }
    }

    /// Begins a range of marks at the cursor, or ends it there.
    pub fn mark_range(&mut self) {
        let Some((uuid, pos)) = self.selected().map(|row| (row.event.uuid, row.pos)) else {
            return;
        };
        if let Some(from) = self.marks.range(uuid, pos) {
            let here = (uuid, pos);
            let (first, last) = if from.1 <= pos {
                (from, here)
            } else {
                (here, from)
            };
            let beyond = (last.1 != first.1).then_some(last.1);
            self.gather(EventAnchor::After(first.1), beyond, vec![first.0]);
        }
    }

    /// How it shows its events, to be remembered; what they are all about is a part of the filter.
    pub fn as_view(&self) -> View {
        View {
            filter: self.whole_filter(),
            off: self.clauses.off(),
            names: self.clauses.names(),
            ..View::default()
        }
    }

    /// Shows its events as was remembered.
    pub fn put_view(&mut self, view: &View) {
        self.clauses = Clauses::of(&view.filter, &view.off, &view.names);
        self.filter.clone_from(&view.filter);
        self.marks.let_go();
        self.follow = true;
        self.renew_histogram();
        self.outdate_now();
    }

    /// Everything that passes the filter, as a question.
    pub fn wanted(&self) -> EventQuery {
        EventQuery {
            filter: self.whole_filter(),
            until: self.until,
            ..EventQuery::default()
        }
    }

    /// Marks everything that passes the filter, the newest first, as far as that many can be marked.
    pub fn mark_all(&mut self) {
        self.gather(EventAnchor::Newest, None, Vec::new());
    }

    /// Whether the event is between the beginning of a range and the cursor.
    pub(super) fn is_in_range(&self, pos: EventPos) -> bool {
        let from = self.marks.from().map(|(_, from)| *from);
        from.zip(self.selected())
            .is_some_and(|(from, here)| (from.min(here.pos)..=from.max(here.pos)).contains(&pos))
    }

    fn gather(&mut self, anchor: EventAnchor, last: Option<EventPos>, uuids: Vec<EventUuid>) {
        let is_one = matches!(anchor, EventAnchor::After(_)) && last.is_none();
        if is_one {
            return self.marks.add(uuids, 1);
        }
        self.gathering = Some(Gathering {
            ticket: None,
            filter: self.whole_filter(),
            anchor,
            last,
            uuids,
        });
    }

    /// The next question for events to be marked.
    pub(super) fn gather_more(&mut self, tickets: &mut Tickets) -> Option<Request> {
        let until = self.until;
        let gathering = self.gathering.as_mut().filter(|g| g.ticket.is_none())?;
        let ticket = tickets.take();
        gathering.ticket = Some(ticket);
        let query = EventQuery {
            filter: gathering.filter.clone(),
            anchor: gathering.anchor,
            limit: marks::MOST.saturating_sub(gathering.uuids.len()).max(1),
            until,
            ..EventQuery::default()
        };
        let ask = Ask::Events(query);
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
        let rows = match answer {
            Ok(Answer::Events(rows)) if gathering.filter == self.whole_filter() => rows,
            Ok(_) => return,
            Err(problem) => {
                self.problem = Some(self.in_own_filter(problem));
                return;
            }
        };
        let last = gathering.last;
        let within = |row: &&EventRow| last.is_none_or(|last| row.pos <= last);
        let found = rows.rows.iter().filter(within);
        gathering.uuids.extend(found.map(|row| row.event.uuid));
        let full = gathering.uuids.len() >= marks::MOST;
        let beyond = |pos: EventPos| last.is_some_and(|last| pos >= last);
        match rows.searched {
            Some(reached) if !full && !beyond(reached) => {
                gathering.anchor = match last {
                    Some(_) => EventAnchor::After(reached),
                    None => EventAnchor::Before(reached),
                };
                gathering.ticket = None;
                self.gathering = Some(gathering);
            }
            _ => {
                let more = match last {
                    Some(last) => full && rows.rows.last().is_some_and(|row| row.pos < last),
                    None => full && rows.more_older,
                };
                let of = gathering.uuids.len();
                let of = if more { usize::MAX } else { of };
                self.marks.add(gathering.uuids, of);
            }
        }
    }
}
