//! To the next or previous notable event among all that are stored, and to the moment of one event in the whole log.
//!
//! What is at hand is looked at first; then the agent searches, a slice at a time, and says how far it came. Esc or Ctrl-C end it.

use jiff::Timestamp;

use super::{Landing, Log};
use crate::domain::notable::is_notable;
use crate::domain::query::{EventAnchor, EventPos, EventQuery, EventRow};
use crate::msg::{Answer, Ask, Problem, Request};
use crate::ui::event::Tickets;

/// A search for a notable event.
#[derive(Clone, Debug)]
pub(super) struct Seek {
    forward: bool,
    /// Up to here there is none.
    reached: EventPos,
    filter: String,
    ticket: Option<u64>,
}

impl Log {
    /// Moves to the next (or previous) marked event; where none is at hand, the stored log is searched for one.
    ///
    /// # Errors
    /// When there is none, in words.
    pub fn go_to_notable(&mut self, forward: bool) -> Result<(), &'static str> {
        // Parts of the line under the cursor are not beyond it, wherever among the rows they stand.
        let line = self.lines.of_row(self.cursor);
        let is_beyond = |row: usize| {
            let at = self.lines.of_row(row);
            (forward && row > self.cursor && at > line)
                || (!forward && row < self.cursor && at < line)
        };
        let mut rows = self.rows.iter().enumerate();
        let is_found = |(at, row): &(usize, &EventRow)| is_beyond(*at) && is_notable(&row.event);
        let found = if forward {
            rows.find(is_found)
        } else {
            rows.rfind(is_found)
        };
        let found = found.map(|(at, _)| at);
        self.seek = None;
        if let Some(index) = found {
            self.cursor = index;
            self.follow = false;
            self.keep_cursor_visible();
            return Ok(());
        }
        let (beyond, edge) = if forward {
            (self.more_newer || self.newer > 0, self.rows.last())
        } else {
            (self.more_older || self.search.is_some(), self.rows.first())
        };
        let edge = edge.filter(|_| beyond).map(|row| row.pos);
        let reached = edge.ok_or("no more events here are marked with !")?;
        self.follow = false;
        if self.search.take().is_some() {
            // What is on its way belongs to the search that ends here.
            self.outstanding = None;
            self.landing = None;
        }
        self.seek = Some(Seek {
            forward,
            reached,
            filter: self.whole_filter(),
            ticket: None,
        });
        Ok(())
    }

    /// How far a search for a notable event has come.
    pub fn sought_to(&self) -> Option<Timestamp> {
        let reached = self.seek.as_ref()?.reached;
        Timestamp::from_millisecond(reached.published_ms).ok()
    }

    /// Ends a search that goes on; whether there was one. What was not searched stays unsearched until it is asked for anew.
    pub fn give_up(&mut self) -> bool {
        if self.seek.take().is_some() {
            return true;
        }
        let Some(search) = self.search.take() else {
            return false;
        };
        if !search.is_forward() {
            self.stopped_at = Timestamp::from_millisecond(search.reached.published_ms).ok();
        }
        self.outstanding = None;
        self.landing = None;
        self.more_older = false;
        self.lay_lines();
        self.keep_cursor_visible();
        true
    }

    /// What came of a search for a notable event, to be told once.
    pub fn take_words(&mut self) -> Option<String> {
        self.words.take()
    }

    pub(super) fn seeks(&self, ticket: u64) -> bool {
        let seek = self.seek.as_ref();
        seek.is_some_and(|seek| seek.ticket == Some(ticket))
    }

    /// Whether there is a question to be asked.
    pub(super) fn wants_to_seek(&self) -> bool {
        self.seek.as_ref().is_some_and(|seek| seek.ticket.is_none())
    }

    pub(super) fn poll_seek(&mut self, tickets: &mut Tickets) -> Option<Request> {
        let until = self.until;
        let seek = self.seek.as_mut().filter(|seek| seek.ticket.is_none())?;
        let ticket = tickets.take();
        seek.ticket = Some(ticket);
        let query = EventQuery {
            filter: seek.filter.clone(),
            anchor: if seek.forward {
                EventAnchor::After(seek.reached)
            } else {
                EventAnchor::Before(seek.reached)
            },
            limit: 1,
            notable: true,
            until,
            ..EventQuery::default()
        };
        let ask = Ask::Events(query);
        Some(Request { ticket, ask })
    }

    /// Takes in a slice of the search.
    pub(super) fn take_sought(&mut self, answer: Result<Answer, Problem>) {
        let Some(mut seek) = self.seek.take() else {
            return;
        };
        let rows = match answer {
            Ok(Answer::Events(rows)) if seek.filter == self.whole_filter() => rows,
            Ok(_) => return,
            Err(problem) => {
                self.words = Some(problem.summary);
                return;
            }
        };
        if let Some(found) = rows.rows.first() {
            self.show_at(found.pos);
        } else if let Some(reached) = rows.searched {
            seek.reached = reached;
            seek.ticket = None;
            self.seek = Some(seek);
        } else {
            let where_to = if seek.forward { "newer" } else { "older" };
            let words = format!("No {where_to} event that is stored and shown is marked with !.");
            self.words = Some(words);
        }
    }

    /// Shows the events around a position, with the cursor on it.
    pub fn show_at(&mut self, pos: EventPos) {
        self.follow = false;
        self.paused = false;
        self.anchor = EventAnchor::Around(pos);
        self.landing = Some(Landing::At(pos));
        self.outdate_now();
    }

    /// The whole log at the moment of an event: nothing is filtered, and the cursor is on it.
    pub fn surround(&mut self, pos: EventPos, now: Timestamp) {
        self.clear_filter(now);
        self.show_at(pos);
    }
}
