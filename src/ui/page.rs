//! What lies above a pane once something was opened: an object, an event, or the events about something.

use jiff::Timestamp;

use super::changes::Changes;
use super::detail::{Body, Detail};
use super::event::Tickets;
use super::event_page::EventPage;
use super::linked::Linked;
use super::list::List;
use super::log::Log;
use super::model::Model;
use super::queue::Queue;
use super::raw::RawView;
use super::reasons::Reasons;
use super::text_view::Move;
use super::trace::Traces;
use crate::domain::query::Revisions;
use crate::msg::{Answer, Problem, Request};

/// A page.
#[derive(Clone, Debug)]
pub enum Page {
    /// One thing that the mirror keeps.
    Object(Box<Detail>),
    /// One event.
    Event(Box<EventPage>),
    /// The events that share something; the title says what.
    Events {
        /// What they have in common.
        title: String,
        /// The events.
        log: Box<Log>,
    },
    /// Why somebody has something.
    Reasons(Box<Reasons>),
    /// What changed between two moments.
    Changes(Box<Changes>),
    /// What the log tells of an address, a session, a device or a network.
    Trace(Box<Traces>),
    /// The queue of changes.
    Queue(Box<Queue>),
}

impl Page {
    /// Its name in the breadcrumbs.
    pub fn name(&self) -> &str {
        match self {
            Self::Object(detail) => detail.name(),
            Self::Event(page) => &page.event().event_type,
            Self::Events { title, .. } => title,
            Self::Reasons(reasons) => reasons.title(),
            Self::Changes(changes) => changes.title(),
            Self::Trace(traces) => traces.title(),
            Self::Queue(_) => "Queue",
        }
    }

    /// Whether the two show the same thing.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(a), Self::Object(b)) => a.subject() == b.subject(),
            (Self::Event(a), Self::Event(b)) => a.event().uuid == b.event().uuid,
            (Self::Reasons(a), Self::Reasons(b)) => a.is_same(b),
            (Self::Changes(a), Self::Changes(b)) => a.title() == b.title(),
            (Self::Trace(a), Self::Trace(b)) => a.thing() == b.thing(),
            (Self::Queue(_), Self::Queue(_)) => true,
            (Self::Events { title: a, .. }, Self::Events { title: b, .. }) => a == b,
            _ => false,
        }
    }

    /// The list that has the keys, if one has.
    pub fn list(&self) -> Option<&List> {
        match self {
            Self::Object(detail) => match detail.body() {
                Body::List(list) => Some(list),
                _ => None,
            },
            _ => None,
        }
    }

    /// The same, to act on it.
    pub fn list_mut(&mut self) -> Option<&mut List> {
        match self {
            Self::Object(detail) => match detail.body_mut() {
                Body::List(list) => Some(list),
                _ => None,
            },
            _ => None,
        }
    }

    /// The log that has the keys, if one has.
    pub fn log(&self) -> Option<&Log> {
        match self {
            Self::Object(detail) => match detail.body() {
                Body::Log(log) => Some(log),
                _ => None,
            },
            Self::Events { log, .. } => Some(log),
            Self::Event(_)
            | Self::Reasons(_)
            | Self::Changes(_)
            | Self::Trace(_)
            | Self::Queue(_) => None,
        }
    }

    /// The text with links that has the keys, if one has.
    pub fn text(&self) -> Option<&Linked> {
        match self {
            Self::Object(detail) => match detail.body() {
                Body::Text(text) => Some(text),
                Body::Reasons(reasons) => Some(reasons.text()),
                Body::Changes(changes) => Some(changes.text()),
                _ => None,
            },
            Self::Reasons(reasons) => Some(reasons.text()),
            Self::Changes(changes) => Some(changes.text()),
            Self::Trace(traces) => Some(traces.text()),
            Self::Event(page) => page.text(),
            Self::Events { .. } | Self::Queue(_) => None,
        }
    }

    /// The same, to act on it.
    pub fn log_mut(&mut self) -> Option<&mut Log> {
        match self {
            Self::Object(detail) => match detail.body_mut() {
                Body::Log(log) => Some(log),
                _ => None,
            },
            Self::Events { log, .. } => Some(log),
            Self::Event(_)
            | Self::Reasons(_)
            | Self::Changes(_)
            | Self::Trace(_)
            | Self::Queue(_) => None,
        }
    }

    /// Okta's JSON, when that is what it shows.
    pub fn raw(&self) -> Option<&RawView> {
        match self {
            Self::Object(detail) => detail.raw(),
            Self::Event(page) => page.raw(),
            _ => None,
        }
    }

    /// The same, to move in it.
    pub fn raw_mut(&mut self) -> Option<&mut RawView> {
        match self {
            Self::Object(detail) => detail.raw_mut(),
            Self::Event(page) => page.raw_mut(),
            _ => None,
        }
    }

    /// Looks at another moment; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        match self {
            Self::Object(detail) => detail.look_at(as_of),
            Self::Event(_) | Self::Changes(_) | Self::Queue(_) => {}
            Self::Events { log, .. } => log.look_at(as_of),
            Self::Reasons(reasons) => reasons.look_at(as_of),
            Self::Trace(traces) => traces.look_at(as_of),
        }
    }

    /// Moves in it.
    pub fn go(&mut self, to: Move) {
        match self {
            Self::Object(detail) => detail.go(to),
            Self::Event(page) => page.go(to),
            Self::Events { log, .. } => log.go(to),
            Self::Reasons(reasons) => reasons.go(to),
            Self::Changes(changes) => changes.go(to),
            Self::Trace(traces) => traces.go(to),
            Self::Queue(queue) => queue.go(to),
        }
    }

    /// Reads it again.
    pub fn refresh(&mut self) {
        match self {
            Self::Object(detail) => detail.refresh(),
            Self::Event(_) => {}
            Self::Events { log, .. } => log.outdate(),
            Self::Reasons(reasons) => reasons.outdate(),
            Self::Changes(changes) => changes.outdate(),
            Self::Trace(traces) => traces.restart(),
            Self::Queue(queue) => queue.outdate(),
        }
    }

    /// Forgets questions whose answers cannot come any more.
    pub fn disconnect(&mut self) {
        match self {
            Self::Object(detail) => detail.disconnect(),
            Self::Event(page) => page.disconnect(),
            Self::Events { log, .. } => log.disconnect(),
            Self::Reasons(reasons) => reasons.disconnect(),
            Self::Changes(changes) => changes.disconnect(),
            Self::Trace(traces) => traces.disconnect(),
            Self::Queue(queue) => queue.disconnect(),
        }
    }

    /// Lays it out in `width` by `height`.
    pub fn arrange(&mut self, width: usize, height: usize, typing: bool, model: &Model) {
        match self {
            Self::Object(detail) => detail.arrange(width, height, typing, model),
            Self::Event(page) => page.arrange(width, height, model),
            Self::Events { log, .. } => log.arrange(width, height, typing, model),
            Self::Reasons(reasons) => reasons.arrange(width, height.saturating_sub(1), model),
            Self::Changes(changes) => changes.arrange(width, height.saturating_sub(1), model),
            Self::Trace(traces) => traces.arrange(width, height.saturating_sub(1), model),
            Self::Queue(queue) => queue.arrange(width, height, model),
        }
    }

    /// The earliest moment at which it wants to ask something.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        match self {
            Self::Object(detail) => detail.wants_at(revisions),
            Self::Event(page) => page.wants_at(),
            Self::Events { log, .. } => log.wants_at(revisions),
            Self::Reasons(reasons) => reasons.wants_at(revisions),
            Self::Changes(changes) => changes.wants_at(revisions),
            Self::Trace(traces) => traces.wants_at(),
            Self::Queue(queue) => queue.wants_at(),
        }
    }

    /// Its next questions.
    pub fn poll(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Vec<Request> {
        match self {
            Self::Object(detail) => detail.poll(now, revisions, tickets),
            Self::Event(page) => page.poll(tickets).into_iter().collect(),
            Self::Trace(traces) => traces.poll(tickets).into_iter().collect(),
            Self::Queue(queue) => queue.poll(tickets),
            Self::Events { log, .. } => log.poll(now, revisions, tickets).into_iter().collect(),
            Self::Changes(changes) => changes.poll(now, revisions, tickets).into_iter().collect(),
            Self::Reasons(reasons) => reasons.poll(now, revisions, tickets).into_iter().collect(),
        }
    }

    /// Takes in an answer, if it is to a question of this page; gives it back if it is not.
    pub fn accept(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Option<Result<Answer, Problem>> {
        match self {
            Self::Object(detail) => detail.accept(ticket, answer),
            Self::Event(page) => page.accept(ticket, answer),
            Self::Queue(queue) => queue.accept(ticket, answer),
            Self::Events { log, .. } if log.awaits(ticket) => {
                log.accept_for(ticket, answer);
                None
            }
            Self::Reasons(reasons) if reasons.awaits(ticket) => {
                reasons.accept(answer);
                None
            }
            Self::Changes(changes) if changes.awaits(ticket) => {
                changes.accept(answer);
                None
            }
            Self::Trace(traces) if traces.awaits(ticket) => {
                traces.accept(answer);
                None
            }
            Self::Events { .. } | Self::Reasons(_) | Self::Changes(_) | Self::Trace(_) => {
                Some(answer)
            }
        }
    }
}
