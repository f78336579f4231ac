//! A hunt from the console: what was typed, its cost and the yes, then one request after the other until Okta has no more or the operator
//! has enough.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::{App, Mode, Purpose};
use crate::domain::hunt::{Hunt, HuntCost, Hunted, Quarry};
use crate::domain::time;
use crate::msg::status::NoticeLevel;
use crate::msg::{Ask, Problem, Request};
use crate::ui::event::Effect;
use crate::ui::format;
use crate::ui::log;

/// How far back a hunt goes when nothing else was typed.
const DEFAULT_SPAN: Duration = Duration::from_hours(24);

/// What is hunted, and what came of it so far.
#[derive(Clone, Debug)]
pub(super) struct Hunting {
    hunt: Hunt,
    cost: Option<HuntCost>,
    requests: u64,
    stored: u64,
    known: u64,
    reached: Timestamp,
    /// The question under way.
    ticket: u64,
}

impl App {
    /// Reads what is to be hunted, and asks what that will cost.
    pub(super) fn begin_hunt(&mut self, argument: &str, now: Timestamp) {
        let until = self.model.as_of.unwrap_or(now);
        let hunt = match self.hunt_typed(argument, until) {
            Ok(hunt) => hunt,
            Err(why) => return self.reject(&format!("hunt: {why}."), now),
        };
        let ticket = self.ask_hunt(Ask::HuntCost(hunt.clone()), Purpose::HuntCost);
        self.hunt = Some(Hunting {
            reached: hunt.until,
            hunt,
            cost: None,
            requests: 0,
            stored: 0,
            known: 0,
            ticket,
        });
        self.tell("Looking up what that will cost.", now);
    }

    /// `user ana@acme.com 7d`: what, which of it, and a range as the log takes it.
    fn hunt_typed(&self, argument: &str, until: Timestamp) -> Result<Hunt, String> {
        let (word, rest) = argument
            .trim()
            .split_once(' ')
            .unwrap_or((argument.trim(), ""));
        let quarry: Quarry = word
            .parse()
            .map_err(|_| "write what and which, such as `hunt user ana@acme.com 7d`".to_owned())?;
        let (text, range) = named(rest.trim());
        if text.is_empty() {
            return Err(format!("say which {word}, such as `hunt {word} X 24h`"));
        }
        let zone = self.model.zone.rules();
        let (from, until) = match range.trim() {
            "" => (time::before(until, DEFAULT_SPAN), until),
            range => log::read_stretch(range, zone, until)?,
        };
        let text = text.to_owned();
        Ok(Hunt {
            quarry,
            text,
            from,
            until,
        })
    }

    fn ask_hunt(&mut self, ask: Ask, purpose: Purpose) -> u64 {
        let ticket = self.tickets.take();
        self.commands.insert(ticket, purpose);
        self.effects.push(Effect::Ask(Request { ticket, ask }));
        ticket
    }

    /// Shows the cost and waits for a yes.
    pub(super) fn ask_for_yes(&mut self, cost: HuntCost, now: Timestamp) {
        let Some(hunting) = &mut self.hunt else {
            return;
        };
        hunting.cost = Some(cost);
        // Whoever is typing meanwhile is not to say yes by it.
        if matches!(self.mode, Mode::Normal) && self.chords.is_empty() {
            self.model.flash = None;
            self.mode = Mode::Hunt(cost);
        } else {
            self.hunt = None;
            self.tell(
                "The hunt was not begun: something else was typed meanwhile.",
                now,
            );
        }
    }

    /// The question before a hunt. What to press comes first, and what it costs: a narrow screen cuts the end.
    pub(super) fn hunt_question(&self, cost: &HuntCost) -> String {
        let words = self.hunt.as_ref().map(|hunting| hunting.hunt.words());
        let words = words.unwrap_or_default();
        format!("y hunts, esc not: {}: {words}", cost.short())
    }

    /// Only a yes is a yes.
    pub(super) fn hunt_key(&mut self, key: KeyEvent, now: Timestamp) {
        let Some(hunting) = &self.hunt else { return };
        if key.code != KeyCode::Char('y') {
            self.hunt = None;
            return self.tell("Not hunted; Okta was not asked.", now);
        }
        let hunt = hunting.hunt.clone();
        let title = format!("hunt {}", hunt.words());
        let times = log::between(hunt.from, hunt.until);
        self.show_events_of(hunt.clause(), title);
        if let Some(log) = self.focused_log_mut() {
            // A new log takes any clause that can be read.
            let _ = log.set_times(&times);
        }
        self.go_on_hunting(None);
        self.tell("Okta is asked; Ctrl-C ends the hunt.", now);
    }

    fn go_on_hunting(&mut self, next: Option<String>) {
        let Some(hunt) = self.hunt.as_ref().map(|hunting| hunting.hunt.clone()) else {
            return;
        };
        let ticket = self.ask_hunt(Ask::Hunt { hunt, next }, Purpose::Hunt);
        if let Some(hunting) = &mut self.hunt {
            hunting.ticket = ticket;
        }
    }

    /// Counts what a request brought, and asks on.
    pub(super) fn take_hunted(&mut self, found: Hunted, now: Timestamp) {
        let Some(hunting) = &mut self.hunt else {
            return;
        };
        hunting.requests += 1;
        hunting.stored += found.stored;
        hunting.known += found.known;
        hunting.reached = found.reached;
        let at_most = hunting.cost.map_or(0, |cost| cost.at_most);
        match found.next {
            Some(next) if hunting.requests < at_most => {
                let words = format!("{}; Ctrl-C ends it.", hunting.so_far());
                self.go_on_hunting(Some(next));
                self.tell(&words, now);
            }
            next => {
                let left = next.is_some().then_some("Cut off, ask for less time. ");
                self.hunt_done(left.unwrap_or_default(), now);
            }
        }
    }

    fn hunt_done(&mut self, more: &str, now: Timestamp) {
        if let Some(hunting) = self.hunt.take() {
            let words = format!("{more}{}.", hunting.so_far());
            let detail = "Bounded: it may miss what Okta stores late.";
            self.model.say(NoticeLevel::Info, &words, Some(detail), now);
        }
    }

    /// Says why a hunt came to nothing.
    pub(super) fn hunt_failed(&mut self, problem: &Problem, now: Timestamp) {
        self.hunt = None;
        self.model.complain(problem, now);
    }

    /// Ends the hunt that is under way; whether there was one. What it found stays.
    pub(super) fn end_hunt(&mut self, now: Timestamp) -> bool {
        let Some(hunting) = &self.hunt else {
            return false;
        };
        self.commands.remove(&hunting.ticket);
        self.hunt_done("Ended. ", now);
        true
    }
}

impl Hunting {
    fn so_far(&self) -> String {
        format!(
            "Hunt {}: {} new, {} known, back to {}, {}",
            self.hunt.words(),
            format::count(self.stored),
            format::count(self.known),
            format::minute(self.reached),
            format::counted(self.requests, "request"),
        )
    }
}

/// What is named at the beginning of a text, in quotes where it has spaces, and the rest.
fn named(text: &str) -> (&str, &str) {
    if let Some(rest) = text.strip_prefix('"')
        && let Some((name, rest)) = rest.split_once('"')
    {
        return (name, rest);
    }
    text.split_once(' ').unwrap_or((text, ""))
}
