//! The page of an address, a session, a device or a network, and of sign-ins by address: what the stored log tells of it, as text in which
//! each line leads on.
//!
//! The agent looks at a slice of the events for each question, newest first, and the page grows while it is read; whoever leaves it, or
//! presses Ctrl-C, ends that. What comes later is not added by itself: nothing moves under the eyes, and R looks anew.

mod tell;

use std::collections::HashMap;

use jiff::Timestamp;

use super::event::Tickets;
use super::format;
use super::linked::{Destination, Linked};
use super::model::Model;
use super::text_view::Move;
use crate::domain::log_event::LogEvent;
use crate::domain::query::{EventPos, EventRow};
use crate::domain::trace::{Part, Seen, Sighting, Thing, Trace, TraceQuery};
use crate::msg::{Answer, Ask, Problem, Request};

/// How many different things are kept apart; further ones are only counted.
const KEPT: usize = 20_000;

/// What the log tells of something.
#[derive(Clone, Debug)]
pub struct Traces {
    thing: Thing,
    title: String,
    /// Only what happened before this; `None` is up to now.
    until: Option<Timestamp>,
    seen: HashMap<Sighting, Seen>,
    /// Sightings of what was one too many to be kept apart.
    others: u64,
    /// The newest events, newest first.
    newest: Vec<EventRow>,
    counted: u64,
    /// How far back it was looked; `None` at the beginning.
    next: Option<EventPos>,
    asked: Option<u64>,
    progress: Progress,
    problem: Option<Problem>,
    text: Linked,
    /// What each link of the text stands for.
    told: Vec<Told>,
}

/// What a line stands for that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    /// What it tells of, whole.
    name: String,
    events: Events,
}

/// How far the look back has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    UnderWay,
    /// The operator ended it.
    Stopped,
    Done,
}

/// Events that something was seen in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// The filter that they pass.
    pub filter: String,
    /// What they are called.
    pub title: String,
}

impl Traces {
    /// The page of a thing, before anything was asked.
    pub fn new(thing: Thing) -> Self {
        Self {
            title: thing.title(),
            thing,
            until: None,
            seen: HashMap::new(),
            others: 0,
            newest: Vec::new(),
            counted: 0,
            next: None,
            asked: None,
            progress: Progress::UnderWay,
            problem: None,
            text: Linked::default(),
            told: Vec::new(),
        }
    }

    /// What it is about.
    pub fn thing(&self) -> &Thing {
        &self.thing
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text.
    pub fn text(&self) -> &Linked {
        &self.text
    }

    /// Moves in the text.
    pub fn go(&mut self, to: Move) {
        self.text.go(to);
    }

    /// The events that the line under the cursor stands for; all of them when it stands for none.
    pub fn events_at_hand(&self) -> Events {
        let chosen = self.text.chosen_index();
        let told = chosen.and_then(|index| self.told.get(index));
        told.map_or_else(|| self.all_events(), |told| told.events.clone())
    }

    /// What the line under the cursor tells of; without one what the page is about.
    pub fn name_at_hand(&self) -> &str {
        let chosen = self.text.chosen_index();
        let told = chosen.and_then(|index| self.told.get(index));
        told.map_or(self.thing.value(), |told| &told.name)
    }

    /// The line under the cursor with tabs between its parts.
    pub fn line_at_hand(&self) -> Option<String> {
        let line = self.text.chosen_line()?.to_string();
        let parts = line.split("  ").map(str::trim);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        Some(parts.join("\t"))
    }

    /// The event under the cursor.
    pub fn event_at_hand(&self) -> Option<&LogEvent> {
        let Destination::Event(uuid) = self.text.chosen()? else {
            return None;
        };
        let mut newest = self.newest.iter().map(|row| &row.event);
        newest.find(|event| event.uuid == *uuid)
    }

    fn all_events(&self) -> Events {
        Events {
            filter: self.thing.filter(),
            title: format!("events of {}", self.title),
        }
    }

    /// Looks at another moment; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        if self.until != as_of {
            self.until = as_of;
            self.restart();
        }
    }

    /// Looks at everything anew.
    pub fn restart(&mut self) {
        *self = Self {
            until: self.until,
            text: std::mem::take(&mut self.text),
            ..Self::new(self.thing.clone())
        };
    }

    /// Ends the look back where it is; whether it was under way.
    pub fn stop(&mut self) -> bool {
        let was_under_way = self.progress == Progress::UnderWay;
        if was_under_way {
            self.progress = Progress::Stopped;
            self.asked = None;
        }
        was_under_way
    }

    /// Forgets a question whose answer cannot come any more; it is asked again.
    pub fn disconnect(&mut self) {
        self.asked = None;
    }

    /// When it wants to ask; `None` when it waits for an answer or has all.
    pub fn wants_at(&self) -> Option<Timestamp> {
        let asks = self.progress == Progress::UnderWay && self.problem.is_none();
        (asks && self.asked.is_none()).then_some(Timestamp::MIN)
    }

    /// The next question.
    pub fn poll(&mut self, tickets: &mut Tickets) -> Option<Request> {
        self.wants_at()?;
        let ticket = tickets.take();
        self.asked = Some(ticket);
        let ask = Ask::Trace(TraceQuery {
            thing: self.thing.clone(),
            before: self.next,
            since: None,
            until: self.until,
        });
        Some(Request { ticket, ask })
    }

    /// Whether it waits for this answer.
    pub fn awaits(&self, ticket: u64) -> bool {
        self.asked == Some(ticket)
    }

    /// Takes in the answer.
    pub fn accept(&mut self, answer: Result<Answer, Problem>) {
        self.asked = None;
        match answer {
            Ok(Answer::Trace(slice)) => self.take_in(*slice),
            Ok(_) => {}
            Err(problem) => self.problem = Some(problem),
        }
    }

    fn take_in(&mut self, slice: Trace) {
        for (sighting, seen) in slice.sightings {
            let room = self.seen.len() < KEPT;
            match self.seen.get_mut(&sighting) {
                Some(known) => *known = known.and(seen),
                None if room => {
                    self.seen.insert(sighting, seen);
                }
                None => self.others += seen.count,
            }
        }
        self.newest.extend(slice.newest);
        self.counted += slice.counted;
        self.next = slice.next.or(self.next);
        if slice.next.is_none() {
            self.progress = Progress::Done;
        }
    }

    /// How much was looked at so far, and whether that is all.
    pub fn words(&self) -> String {
        let counted = format::counted(self.counted, "event");
        let back = self.next.map(|pos| pos.published_ms);
        let back = back.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let back = back.map_or_else(String::new, |at| {
            format!(", back to {}", format::minute(at))
        });
        match self.progress {
            _ if self.problem.is_some() => format!("{counted}{back}"),
            Progress::Done => format!("in all {counted}"),
            Progress::Stopped => {
                format!("stopped after {counted}{back}; {{key:refresh}} looks anew")
            }
            Progress::UnderWay => format!("{counted}{back}, going on; ctrl-c stops"),
        }
    }

    /// Lays the text out in `width` by `height`.
    pub fn arrange(&mut self, width: usize, height: usize, model: &Model) {
        let (text, told) = tell::told(self, width, model);
        self.text.fit(text, height);
        self.told = told;
    }

    /// What was seen of one kind, the newest first.
    fn of(&self, part: Part) -> Vec<(&Sighting, Seen)> {
        let all = self
            .seen
            .iter()
            .filter(|(sighting, _)| sighting.part == part);
        let mut found: Vec<(&Sighting, Seen)> = all.map(|(s, seen)| (s, *seen)).collect();
        found.sort_by(|(a, x), (b, y)| {
            let newest_first = y.last.cmp(&x.last).then(y.count.cmp(&x.count));
            newest_first.then_with(|| a.cmp(b))
        });
        found
    }

    /// Everything together: each event was seen on some day.
    fn all(&self) -> Option<Seen> {
        let days = self.of(Part::Day).into_iter().map(|(_, seen)| seen);
        days.reduce(Seen::and)
    }
}

#[cfg(test)]
mod tests;
