//! One log event with all that is known of it: its parts in words, and Okta's JSON.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas::Pen;
use super::event::Tickets;
use super::facts::Facts;
use super::format;
use super::json_text;
use super::model::Model;
use super::text_view::{self, Move, Scroll};
use super::theme::Theme;
use crate::domain::id::ObjectId;
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::query::EventRow;
use crate::msg::{Answer, Ask, EventRef, Problem, Request};

/// How many rows above the text are taken by the summary and the tabs.
pub const CHROME_ROWS: usize = 2;

/// The page of one event.
#[derive(Clone, Debug)]
pub struct EventPage {
    row: EventRow,
    asked: Option<u64>,
    problem: Option<Problem>,
    raw_tab: bool,
    scroll: Scroll,
    lines: Vec<Line<'static>>,
}

impl EventPage {
    /// The page of an event; its JSON is asked for.
    pub fn new(row: EventRow) -> Self {
        Self {
            row,
            asked: None,
            problem: None,
            raw_tab: false,
            scroll: Scroll::default(),
            lines: Vec::new(),
        }
    }

    /// The event.
    pub fn event(&self) -> &LogEvent {
        &self.row.event
    }

    /// Shows the JSON, or the parts.
    pub fn show_raw(&mut self, raw: bool) {
        if self.raw_tab != raw {
            self.raw_tab = raw;
            self.scroll = Scroll::default();
        }
    }

    /// Shows the other of the two.
    pub fn turn(&mut self) {
        self.show_raw(!self.raw_tab);
    }

    /// Scrolls.
    pub fn go(&mut self, to: Move) {
        self.scroll.go(to);
    }

    /// Forgets a question whose answer cannot come any more.
    pub fn disconnect(&mut self) {
        self.asked = None;
    }

    /// When the page wants to ask something.
    pub fn wants_at(&self) -> Option<Timestamp> {
        let wants = self.row.raw.is_none() && self.asked.is_none() && self.problem.is_none();
        wants.then_some(Timestamp::MIN)
    }

    /// The question for the event's JSON.
    pub fn poll(&mut self, tickets: &mut Tickets) -> Option<Request> {
        self.wants_at()?;
        let ticket = tickets.take();
        self.asked = Some(ticket);
        let ask = Ask::Event(EventRef::Pos(self.row.pos));
        Some(Request { ticket, ask })
    }

    /// Takes in an answer, if it is to a question of this page; gives it back if it is not.
    pub fn accept(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Option<Result<Answer, Problem>> {
        if self.asked != Some(ticket) {
            return Some(answer);
        }
        self.asked = None;
        match answer {
            Ok(Answer::Event(row)) => self.row = *row,
            Ok(_) => {}
            Err(problem) => self.problem = Some(problem),
        }
        None
    }

    /// Lays the text out in `width` by `height`, which includes the summary and the tabs.
    pub fn arrange(&mut self, width: usize, height: usize, model: &Model) {
        self.lines = if self.raw_tab {
            self.raw(width, model.theme)
        } else {
            parts(&self.row.event, width, model.theme)
        };
        self.scroll
            .fit(self.lines.len(), height.saturating_sub(CHROME_ROWS));
    }

    fn raw(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        if let Some(raw) = &self.row.raw {
            return json_text::lines(raw, width, theme);
        }
        let mut facts = Facts::new(width, theme);
        match &self.problem {
            Some(problem) => facts.sentence(&problem.summary, theme.error()),
            None => facts.sentence("Okta's JSON is being loaded.", theme.quiet()),
        };
        facts.done()
    }

    /// Paints the page.
    pub fn view(&self, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let event = &self.row.event;
        Pen::new(buffer, area, 0)
            .put(" ", theme.text())
            .put(&event.event_type, theme.strong())
            .put("  ", theme.text())
            .put(
                format::outcome(event.result.as_ref()),
                theme.event(event.result.as_ref(), event.severity.as_ref()),
            )
            .put("  ", theme.text())
            .put(&format::moment(event.published), theme.text());
        let (parts, raw) = if self.raw_tab {
            (" 1 Parts ", "[2 Raw]")
        } else {
            ("[1 Parts]", " 2 Raw ")
        };
        Pen::new(buffer, area, 1)
            .put(parts, theme.text())
            .put(raw, theme.text())
            .put("  ", theme.text())
            .put_right(&self.scroll.beyond(), theme.quiet());
        let chrome = format::cells(CHROME_ROWS).min(area.height);
        let body = Rect::new(area.x, area.y + chrome, area.width, area.height - chrome);
        text_view::paint(buffer, body, &self.lines, self.scroll.top);
    }
}

/// The parts of an event, in words.
pub fn parts(event: &LogEvent, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut facts = Facts::new(width, theme);
    facts
        .heading(
            "EVENT",
            event.display_message.as_ref().map_or("", |m| m.as_str()),
        )
        .fact(
            "published",
            &crate::domain::time::format_okta(event.published),
        )
        .fact("type", &event.event_type)
        .fact(
            "severity",
            event
                .severity
                .as_ref()
                .map_or(format::UNKNOWN, |s| s.word()),
        )
        .styled_fact(
            "outcome",
            event.result.as_ref().map_or(format::UNKNOWN, |r| r.word()),
            theme.event(event.result.as_ref(), event.severity.as_ref()),
        )
        .maybe("reason", event.reason.as_ref());
    facts.heading("ACTOR", "");
    match &event.actor {
        Some(actor) => party(&mut facts, actor),
        None => {
            facts.sentence("Okta tells none.", theme.quiet());
        }
    }
    facts.heading("TARGETS", &event.targets.len().to_string());
    for target in &event.targets {
        party(&mut facts, target);
    }
    facts.heading("CLIENT", "");
    facts
        .fact("address", format::maybe(event.ip.as_ref()))
        .fact("place", &where_from(event))
        .maybe("user agent", event.user_agent.as_ref());
    facts.heading("CONTEXT", "");
    facts
        .fact("session", format::maybe(event.session.as_ref()))
        .maybe("root session", event.root_session.as_ref())
        .fact("transaction", format::maybe(event.transaction.as_ref()))
        .fact("uuid", &event.uuid.to_string());
    facts.done()
}

fn where_from(event: &LogEvent) -> String {
    let parts = [event.city.as_ref(), event.country.as_ref()];
    let parts: Vec<&str> = parts.into_iter().flatten().map(AsRef::as_ref).collect();
    if parts.is_empty() {
        format::UNKNOWN.to_owned()
    } else {
        parts.join(", ")
    }
}

fn party(facts: &mut Facts, party: &Party) {
    facts.fact(&party.kind, party.label());
    if party.label() != &*party.id && !party.id.is_empty() {
        facts.fact("", &party.id);
    }
}

/// The directory object that an actor or target is, when it is one of those that are mirrored.
pub fn object_of(party: &Party) -> Option<ObjectId> {
    match party.kind.as_str() {
        "User" => party.id.parse().ok().map(ObjectId::User),
        "UserGroup" => party.id.parse().ok().map(ObjectId::Group),
        "AppInstance" => party.id.parse().ok().map(ObjectId::App),
        _ => None,
    }
}
