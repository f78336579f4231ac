//! The System Log as a small state machine: a window of events, oldest first, that follows the newest or stands still.
//!
//! Following ends when the operator moves up, and the title then counts what came since. Pausing freezes the picture; the sync goes
//! on. The cursor stays on its event whatever arrives above or below it.

mod bars;
mod choose;
mod histogram;
mod lines;
mod notes;
mod range;
mod seek;
mod spoken;
mod view;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::clauses::Clauses;
use super::event::Tickets;
use super::keymap::Keymap;
use super::list::Answered;
use super::marks::Marks;
use super::model::Model;
use super::text_view::Move;
use super::zone::Zone;
use crate::domain::id::EventUuid;
use crate::domain::query::Revisions;
use crate::domain::query::{EventAnchor, EventPos, EventQuery, EventRow, EventRows};
use crate::domain::time;
use crate::msg::{Answer, Ask, Problem, Request};

use choose::Gathering;
pub use choose::LOG_COLUMNS;
use histogram::Histogram;
use lines::{Folding, Lines};
use notes::Known;
pub use range::{AROUND, EXAMPLES, SPANS, between, read as read_range, read_stretch};
use seek::Seek;
pub use view::{Column as LogColumn, Look, log_columns, view};

/// How long typing must rest before a filter is sent.
const DEBOUNCE: Duration = Duration::from_millis(80);

/// How long the log waits at least before it reads again.
const REREAD_AFTER: Duration = Duration::from_millis(200);

/// The same for the events of one object, which cost more to find.
const REREAD_ABOUT_AFTER: Duration = Duration::from_secs(2);

/// A view of the System Log.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; they do not make up one state"
)]
pub struct Log {
    /// A filter that always holds, such as `about:00u1`; empty in the log pane.
    base: String,
    /// What is in force of the clauses.
    filter: String,
    clauses: Clauses,
    /// The columns that were chosen, by heading or as paths; `None` for its own.
    chosen: Option<Vec<String>>,
    /// Index of the column under the cursor.
    column: usize,
    marks: Marks<EventUuid, EventPos>,
    gathering: Option<Gathering>,
    rows: Vec<EventRow>,
    /// The filter that they passed.
    shown: String,
    more_older: bool,
    more_newer: bool,
    /// How many newer events pass the filter, behind the last row.
    newer: usize,
    total: u64,
    loaded: bool,
    /// Index of the row under the cursor.
    cursor: usize,
    /// What stands in the lines: events, folded transactions, notes.
    lines: Lines,
    folding: Folding,
    /// What notes tell of.
    known: Known,
    /// Index of the first visible line.
    top: usize,
    height: usize,
    follow: bool,
    paused: bool,
    /// Where the next window lies, when not at the newest events.
    anchor: EventAnchor,
    /// Where to put the cursor when the next window is there, when not on the event it is on.
    landing: Option<Landing>,
    outstanding: Option<Outstanding>,
    outdated: bool,
    not_before: Timestamp,
    seen: u64,
    problem: Option<Problem>,
    /// Only events before this moment; `None` is up to now.
    until: Option<Timestamp>,
    /// A search that was not done when its first rows came.
    search: Option<Search>,
    /// In which zone times are told.
    zone: Zone,
    /// What the keys mean, for the words that name them.
    keys: Arc<Keymap>,
    histogram: Option<Box<Histogram>>,
    /// A search for a notable event beyond those at hand.
    seek: Option<Seek>,
    /// Something to be told once.
    words: Option<String>,
    /// How far back it was searched when the operator gave that up.
    stopped_at: Option<Timestamp>,
    /// When it was last asked for, which ages in the filter are counted from.
    asked_at: Timestamp,
    /// Whether a frozen picture is not the newest any more.
    is_behind: bool,
    /// How many rows and columns of the screen it has, whatever it fills them with.
    area_rows: usize,
    area_columns: usize,
}

/// A search that goes on.
#[derive(Clone, Debug)]
struct Search {
    filter: String,
    /// Which window is looked for.
    anchor: EventAnchor,
    /// What was found so far.
    rows: EventRows,
    /// How far it came.
    reached: EventPos,
}

impl Search {
    /// Whether it goes from old to new.
    fn is_forward(&self) -> bool {
        matches!(self.anchor, EventAnchor::Oldest | EventAnchor::After(_))
    }

    fn next_anchor(&self) -> EventAnchor {
        if self.is_forward() {
            EventAnchor::After(self.reached)
        } else {
            EventAnchor::Before(self.reached)
        }
    }

    /// What was found with what the next slice found.
    fn with(self, next: EventRows) -> EventRows {
        let forward = self.is_forward();
        let mut all = self.rows;
        all.searched = next.searched;
        if forward {
            all.rows.extend(next.rows);
            all.more_newer = next.more_newer;
            all.newer = next.newer;
        } else {
            all.rows.splice(0..0, next.rows);
            all.more_older = next.more_older;
        }
        all
    }
}

#[derive(Clone, Debug)]
struct Outstanding {
    ticket: u64,
    filter: String,
    anchor: EventAnchor,
}

/// Where the cursor goes in a window that was asked for by a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Landing {
    First,
    Last,
    At(EventPos),
}

impl Log {
    /// A log that follows the newest events.
    pub fn new() -> Self {
        Self::about(String::new())
    }

    /// A log of the events that pass `base`, whatever else is filtered.
    pub fn about(base: String) -> Self {
        Self {
            base,
            filter: String::new(),
            clauses: Clauses::default(),
            chosen: None,
            column: view::FIRST_COLUMN,
            marks: Marks::default(),
            gathering: None,
            rows: Vec::new(),
            shown: String::new(),
            more_older: false,
            more_newer: false,
            newer: 0,
            total: 0,
            loaded: false,
            cursor: 0,
            lines: Lines::default(),
            folding: Folding::default(),
            known: Known::default(),
            top: 0,
            height: 0,
            follow: true,
            paused: false,
            anchor: EventAnchor::Newest,
            landing: None,
            outstanding: None,
            outdated: true,
            not_before: Timestamp::MIN,
            seen: 0,
            problem: None,
            until: None,
            search: None,
            zone: Zone::utc(),
            keys: Keymap::standard(),
            histogram: None,
            seek: None,
            words: None,
            stopped_at: None,
            asked_at: Timestamp::UNIX_EPOCH,
            is_behind: false,
            area_rows: 0,
            area_columns: 0,
        }
    }

    /// Lays it out in `width` by `height`, as the operator wants logs to be shown.
    pub fn arrange(&mut self, width: usize, height: usize, typing: bool, model: &Model) {
        self.set_columns(model.columns.get(LOG_COLUMNS));
        let known = model.status().map(|status| Known::of(&status.log));
        let known = known.unwrap_or_default();
        let is_other = (&self.zone, self.area_columns) != (&model.zone, width);
        let has_other_keys = !Arc::ptr_eq(&self.keys, &model.keys);
        if is_other || has_other_keys || self.known != known {
            self.area_columns = width;
            self.zone.clone_from(&model.zone);
            self.keys = Arc::clone(&model.keys);
            self.known = known;
            self.relay();
        }
        self.is_behind = self.paused && self.seen != model.revisions.events;
        let chrome = self.chrome_rows(typing) + self.arrange_histogram(width, height);
        self.set_height(height.saturating_sub(chrome));
    }

    /// The filter in force, without the base.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// What is wrong with the filter or the agent.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Whether the newest events are followed.
    pub fn follows(&self) -> bool {
        self.follow
    }

    /// How the events at hand stand to what was last asked for.
    pub fn answered(&self) -> Answered {
        let shows_it = self.loaded && self.shown == self.whole_filter();
        let waits = (self.outdated || self.outstanding.is_some()) && self.problem.is_none();
        match (shows_it, waits) {
            // A search that goes on for long shows what it has found, and that can be acted on.
            (true, true) if self.landing.is_some() && self.search.is_none() => Answered::RowAwaited,
            (true, _) => Answered::Yes,
            (false, true) => Answered::Awaited,
            (false, false) => Answered::No,
        }
    }

    /// Whether the picture is frozen.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The events at hand, oldest first.
    pub fn rows(&self) -> &[EventRow] {
        &self.rows
    }

    /// Whether anything was ever answered.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether there are older events than those at hand.
    pub fn has_older(&self) -> bool {
        self.more_older
    }

    /// How far a search has come that goes on.
    pub fn searched(&self) -> Option<Timestamp> {
        let reached = self.search.as_ref()?.reached;
        Timestamp::from_millisecond(reached.published_ms).ok()
    }

    /// The event under the cursor.
    pub fn selected(&self) -> Option<&EventRow> {
        self.rows.get(self.cursor)
    }

    /// Tells how many rows are visible.
    pub fn set_height(&mut self, rows: usize) {
        self.height = rows;
        if self.follow && !self.paused {
            self.top = self.lines.len();
        }
        self.keep_cursor_visible();
    }

    fn keep_cursor_visible(&mut self) {
        let rows = self.height.max(1);
        let cursor = self.lines.of_row(self.cursor);
        self.top = self.top.min(cursor);
        if cursor >= self.top + rows {
            self.top = cursor + 1 - rows;
        }
        // What stands before the first event can only be seen with it.
        if self.cursor == 0 {
            self.top = (cursor + 1).saturating_sub(rows);
        }
        self.top = self.top.min(self.lines.len().saturating_sub(rows));
    }

    /// Moves the cursor. Moving up lets go of the newest events; the bottom takes hold of them again.
    pub fn go(&mut self, to: Move) {
        match to {
            Move::Top => self.jump(EventAnchor::Oldest, Landing::First, self.more_older),
            Move::Bottom => {
                self.follow = true;
                self.paused = false;
                self.jump(
                    EventAnchor::Newest,
                    Landing::Last,
                    self.more_newer || self.newer > 0,
                );
            }
            _ => self.step(to.distance(self.height).unwrap_or(0)),
        }
        if matches!(to, Move::Up | Move::HalfUp | Move::PageUp | Move::Top) {
            self.follow = false;
        }
        self.keep_cursor_visible();
    }

    /// To an end of the log, which may have to be asked for.
    fn jump(&mut self, anchor: EventAnchor, landing: Landing, beyond_the_window: bool) {
        self.cursor = match landing {
            Landing::First => 0,
            Landing::Last => self.rows.len().saturating_sub(1),
            Landing::At(pos) => self.nearest(pos),
        };
        if beyond_the_window {
            self.anchor = anchor;
            self.landing = Some(landing);
            self.outdate_now();
        }
    }

    fn step(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.cursor = self.lines.step(self.cursor, by).min(last);
        let near_start = self.cursor < self.height && self.more_older;
        let near_end = self.cursor + self.height > last && (self.more_newer || self.newer > 0);
        let enters_unknown = if by < 0 {
            near_start
        } else {
            near_end && !self.follow
        };
        if enters_unknown && self.outstanding.is_none() {
            self.outdate_now();
        }
    }

    /// Follows the newest events, or lets go of them.
    pub fn toggle_follow(&mut self) {
        if self.follow {
            self.follow = false;
        } else {
            self.paused = false;
            self.go(Move::Bottom);
            self.outdate_now();
        }
    }

    /// Stays where the cursor is.
    pub fn let_go(&mut self) {
        self.follow = false;
    }

    /// Searches what was left unsearched when a search was given up.
    pub fn search_on(&mut self) {
        if self.stopped_at.take().is_some() {
            self.outdate_now();
        }
    }

    /// Freezes the picture, or lets it live again.
    pub fn toggle_pause(&mut self) {
        self.paused = !self.paused;
        if !self.paused {
            self.outdate_now();
        }
    }

    /// Sets the filter; it is sent when typing rests.
    pub fn set_filter(&mut self, filter: &str, now: Timestamp) {
        if self.filter != filter {
            filter.clone_into(&mut self.filter);
            self.clauses.typed(filter);
            self.marks.let_go();
            self.outdate();
            self.stopped_at = None;
            self.seek = None;
            self.renew_histogram();
            self.not_before = time::after(now, DEBOUNCE);
        }
    }

    /// Looks at another moment: no event after it is shown; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        if self.until != as_of {
            self.until = as_of;
            self.marks.let_go();
            // Events of one moment must not be taken for those of another.
            self.rows.clear();
            self.lay_lines();
            self.seek = None;
            self.stopped_at = None;
            self.loaded = false;
            self.outstanding = None;
            self.search = None;
            self.anchor = EventAnchor::Newest;
            self.follow = true;
            self.renew_histogram();
            self.outdate_now();
        }
    }

    /// What is shown is no longer what is wanted; it is asked for anew.
    pub fn outdate(&mut self) {
        self.outdated = true;
        self.problem = None;
        self.search = None;
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
        self.search = None;
        self.seek = None;
        self.outdated = true;
        self.disconnect_histogram();
    }

    /// When the log wants to ask; `None` when it has all it needs or waits for an answer.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        let both = [
            self.rows_wanted_at(revisions),
            self.histogram_wants_at(revisions),
        ];
        both.into_iter().flatten().min()
    }

    fn rows_wanted_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        let gathers = self.gathering.as_ref().is_some_and(|g| g.ticket.is_none());
        if gathers || self.wants_to_seek() {
            return Some(Timestamp::MIN);
        }
        // A filter that cannot be read does not become readable by new events.
        let still = self.paused || self.has_unreadable_filter() || self.until.is_some();
        let news = self.seen != revisions.events && !still;
        if self.outstanding.is_some() {
            return None;
        }
        // What is new can wait until what is old was searched; it would begin from the start each time.
        if self.search.is_some() && !self.outdated {
            return Some(Timestamp::MIN);
        }
        (self.outdated || news).then_some(self.not_before)
    }

    /// The log's next question, when it has one and its time has come.
    pub fn poll(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Option<Request> {
        let rows = self.poll_rows(now, revisions, tickets);
        rows.or_else(|| self.poll_histogram(now, revisions, tickets))
    }

    fn poll_rows(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Option<Request> {
        if self.rows_wanted_at(revisions)? > now {
            return None;
        }
        let first = self.gather_more(tickets);
        if let Some(request) = first.or_else(|| self.poll_seek(tickets)) {
            return Some(request);
        }
        self.asked_at = now;
        let ticket = tickets.take();
        let filter = self.whole_filter();
        if let Some(request) = self.go_on(ticket) {
            return Some(request);
        }
        let anchor = self.next_anchor();
        self.outstanding = Some(Outstanding {
            ticket,
            filter: filter.clone(),
            anchor,
        });
        self.seen = revisions.events;
        self.outdated = false;
        let pause = if self.base.is_empty() {
            REREAD_AFTER
        } else {
            REREAD_ABOUT_AFTER
        };
        self.not_before = time::after(now, pause);
        let query = EventQuery {
            filter,
            anchor,
            limit: self.limit(),
            since: self.stopped_at,
            until: self.until,
            with_raw: self.needs_json(),
            ..EventQuery::default()
        };
        Some(Request {
            ticket,
            ask: Ask::Events(query),
        })
    }

    /// The question that goes on with a search, when there is one.
    fn go_on(&mut self, ticket: u64) -> Option<Request> {
        let search = self.search.as_ref()?;
        self.outstanding = Some(Outstanding {
            ticket,
            filter: search.filter.clone(),
            anchor: search.anchor,
        });
        let query = EventQuery {
            filter: search.filter.clone(),
            anchor: search.next_anchor(),
            limit: self.limit().saturating_sub(search.rows.rows.len()).max(1),
            until: self.until,
            with_raw: self.needs_json(),
            ..EventQuery::default()
        };
        Some(Request {
            ticket,
            ask: Ask::Events(query),
        })
    }

    fn limit(&self) -> usize {
        let screens = if self.follow { 3 } else { 4 };
        screens * self.height.max(10)
    }

    fn next_anchor(&self) -> EventAnchor {
        if self.landing.is_some() {
            self.anchor
        } else if self.follow {
            EventAnchor::Newest
        } else {
            self.selected()
                .map_or(self.anchor, |row| EventAnchor::Around(row.pos))
        }
    }

    /// The filter as the agent gets it.
    fn whole_filter(&self) -> String {
        self.with_base(&self.filter)
    }

    fn with_base(&self, filter: &str) -> String {
        match (self.base.is_empty(), filter.trim().is_empty()) {
            (true, _) => filter.to_owned(),
            (false, true) => self.base.clone(),
            (false, false) => format!("{} ({filter})", self.base),
        }
    }

    /// Whether the log waits for this answer.
    pub fn awaits(&self, ticket: u64) -> bool {
        let outstanding = self.outstanding.as_ref().map(|asked| asked.ticket);
        outstanding == Some(ticket)
            || [
                self.gathers(ticket),
                self.seeks(ticket),
                self.histogram_awaits(ticket),
            ]
            .contains(&true)
    }

    /// Takes in the answer to a question that it awaits.
    pub fn accept_for(&mut self, ticket: u64, answer: Result<Answer, Problem>) {
        if self.gathers(ticket) {
            self.mark_gathered(answer);
        } else if self.seeks(ticket) {
            self.take_sought(answer);
        } else if self.histogram_awaits(ticket) {
            self.take_bars(answer);
        } else {
            self.accept(answer);
        }
    }

    /// Takes in the answer to the outstanding question.
    pub fn accept(&mut self, answer: Result<Answer, Problem>) {
        let Some(asked) = self.outstanding.take() else {
            return;
        };
        if asked.filter != self.whole_filter() {
            return;
        }
        match answer {
            Ok(Answer::Events(rows)) => self.take_slice(rows, asked),
            Ok(_) => {}
            Err(problem) => {
                self.search = None;
                self.problem = Some(self.in_own_filter(problem));
            }
        }
    }

    /// Takes in the rows of a search. Those of one that goes on are shown when they are more than what is shown already, so that what
    /// is in sight does not go away and come back with every new event.
    fn take_slice(&mut self, rows: EventRows, asked: Outstanding) {
        let all = match self.search.take() {
            Some(search) => search.with(rows),
            None => rows,
        };
        let Some(reached) = all.searched else {
            return self.take_in(all, asked.anchor);
        };
        let is_new = !self.loaded || self.shown != asked.filter;
        if is_new || all.rows.len() > self.rows.len() {
            // The cursor lands when all rows are there.
            let landing = self.landing;
            self.take_in(all.clone(), asked.anchor);
            self.landing = landing;
        }
        self.shown.clone_from(&asked.filter);
        self.search = Some(Search {
            filter: asked.filter,
            anchor: asked.anchor,
            rows: all,
            reached,
        });
    }

    /// The column of a problem counts within what the operator typed.
    fn in_own_filter(&self, mut problem: Problem) -> Problem {
        if !self.base.is_empty() {
            let before = self.base.chars().count() + 2;
            problem.column = problem.column.map(|column| column.saturating_sub(before));
        }
        problem
    }

    fn take_in(&mut self, window: EventRows, anchor: EventAnchor) {
        let stale_landing = self.landing.is_some() && anchor != self.anchor;
        if stale_landing {
            return;
        }
        let screen_line = self.lines.of_row(self.cursor).saturating_sub(self.top);
        let selected = self.selected().map(|row| row.pos);
        self.rows = window.rows;
        self.more_older = window.more_older;
        self.more_newer = window.more_newer;
        self.newer = window.newer;
        self.total = window.total;
        self.loaded = true;
        self.shown = self.whole_filter();
        self.problem = None;
        let last = self.rows.len().saturating_sub(1);
        match (self.landing.take(), selected) {
            (Some(Landing::First), _) => self.cursor = 0,
            (Some(Landing::At(pos)), _) => self.cursor = self.nearest(pos),
            (Some(Landing::Last), _) | (None, None) => self.cursor = last,
            _ if self.follow => self.cursor = last,
            (None, Some(pos)) => self.cursor = self.nearest(pos),
        }
        self.lay_lines();
        self.top = self.lines.of_row(self.cursor).saturating_sub(screen_line);
        if self.follow {
            self.top = self.lines.len();
        }
        self.keep_cursor_visible();
    }

    /// The row of that position, or the last before it.
    fn nearest(&self, pos: EventPos) -> usize {
        self.rows
            .partition_point(|row| row.pos <= pos)
            .saturating_sub(1)
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}
