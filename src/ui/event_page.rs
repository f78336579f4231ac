//! One log event with all that is known of it: its parts in words, and Okta's JSON.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::canvas::Pen;
use super::event::Tickets;
use super::facts::Facts;
use super::format;
use super::linked::{Linked, Text};
use super::model::Model;
use super::narrow::Pointed;
use super::raw::RawView;
use super::text_view::{self, Move, Scroll};
use super::theme::Theme;
use crate::domain::filter::{Field, Value};
use crate::domain::id::ObjectId;
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::query::EventPos;
use crate::domain::query::EventRow;
use crate::domain::text::SafeText;
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
    /// The parts, with a cursor on those that the log can be filtered by.
    parts: Linked,
    /// The JSON, once it is there.
    raw: RawView,
    /// How far what is said in its place is scrolled.
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
            parts: Linked::default(),
            raw: RawView::default(),
            scroll: Scroll::default(),
            lines: Vec::new(),
        }
    }

    /// The parts, unless the JSON is shown.
    pub fn text(&self) -> Option<&Linked> {
        (!self.raw_tab).then_some(&self.parts)
    }

    /// The event, with Okta's JSON once that is there.
    pub fn row(&self) -> &EventRow {
        &self.row
    }

    /// The event.
    pub fn event(&self) -> &LogEvent {
        &self.row.event
    }

    /// Where it is stored.
    pub fn pos(&self) -> EventPos {
        self.row.pos
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

    /// The JSON, when it is shown.
    pub fn raw(&self) -> Option<&RawView> {
        let is_shown = self.raw_tab && self.row.raw.is_some();
        is_shown.then_some(&self.raw)
    }

    /// The same, to move in it.
    pub fn raw_mut(&mut self) -> Option<&mut RawView> {
        let is_shown = self.raw_tab && self.row.raw.is_some();
        is_shown.then_some(&mut self.raw)
    }

    /// Scrolls.
    pub fn go(&mut self, to: Move) {
        if let Some(raw) = self.raw_mut() {
            raw.go(to);
        } else if self.raw_tab {
            self.scroll.go(to);
        } else {
            self.parts.go(to);
        }
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
        let rows = height.saturating_sub(CHROME_ROWS);
        if let Some(json) = self.row.raw.as_ref().filter(|_| self.raw_tab) {
            self.raw.fit(json, width, rows, model.theme);
        } else if self.raw_tab {
            self.lines = self.instead(width, model.theme);
            self.scroll.fit(self.lines.len(), rows);
        } else {
            let text = told(&self.row.event, width, model.theme);
            self.parts.fit(text, rows);
        }
    }

    fn instead(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
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
        let beyond = match self.raw() {
            Some(raw) => raw.words(),
            None if self.raw_tab => self.scroll.beyond(),
            None => self.parts.beyond(),
        };
        let (parts, raw) = if self.raw_tab {
            (" 1 Parts ", "[2 Raw]")
        } else {
            ("[1 Parts]", " 2 Raw ")
        };
        Pen::new(buffer, area, 1)
            .put(parts, theme.text())
            .put(raw, theme.text())
            .put("  ", theme.text())
            .put_right(&beyond, theme.quiet());
        let chrome = format::cells(CHROME_ROWS).min(area.height);
        let body = Rect::new(area.x, area.y + chrome, area.width, area.height - chrome);
        if let Some(raw) = self.raw() {
            raw.view(theme, buffer, body);
        } else if self.raw_tab {
            text_view::paint(buffer, body, &self.lines, self.scroll.top);
        } else {
            self.parts.view(true, theme, buffer, body);
        }
    }
}

/// The parts of an event, in words.
pub fn parts(event: &LogEvent, width: usize, theme: Theme) -> Vec<Line<'static>> {
    told(event, width, theme).lines
}

/// The same, with the value of each line that the log can be filtered by.
fn told(event: &LogEvent, width: usize, theme: Theme) -> Text {
    let mut facts = Facts::new(width, theme);
    let message = event.display_message.as_ref().map_or("", |m| m.as_str());
    let result = theme.event(event.result.as_ref(), event.severity.as_ref());
    facts.heading("EVENT", message).shared(
        "published",
        &crate::domain::time::format_okta(event.published),
        theme.text(),
        Pointed {
            field: "published",
            value: Value::minute(event.published),
        },
    );
    shared(&mut facts, "type", "type", &event.event_type, theme.text());
    let severity = event.severity.as_ref();
    shared(
        &mut facts,
        "severity",
        "severity",
        severity.map_or("", |s| s.word()),
        theme.text(),
    );
    let outcome = event.result.as_ref().map_or("", |r| r.word());
    shared(&mut facts, "outcome", "result", outcome, result);
    if let Some(reason) = &event.reason {
        shared(&mut facts, "reason", "reason", reason, theme.text());
    }
    facts.heading("ACTOR", "");
    match &event.actor {
        Some(actor) => party(&mut facts, actor, "actor", theme),
        None => {
            facts.sentence("Okta tells none.", theme.quiet());
        }
    }
    facts.heading("TARGETS", &event.targets.len().to_string());
    for target in &event.targets {
        party(&mut facts, target, "target", theme);
    }
    facts.heading("CLIENT", "");
    let plain = theme.text();
    let text = |value: Option<&SafeText>| value.map_or_else(String::new, ToString::to_string);
    shared(&mut facts, "address", "ip", &text(event.ip.as_ref()), plain);
    let country = text(event.country.as_ref());
    shared(&mut facts, "country", "country", &country, plain);
    for (name, field, value) in [
        ("city", "city", &event.city),
        ("user agent", "agent", &event.user_agent),
    ] {
        if let Some(value) = value {
            shared(&mut facts, name, field, value, plain);
        }
    }
    let origin = &event.origin;
    for (name, field, value) in [
        ("device", "device", &origin.device),
        ("device name", "deviceName", &origin.device_name),
        ("network AS", "asn", &origin.as_number),
        ("run by", "asOrg", &origin.as_org),
        ("provider", "isp", &origin.isp),
    ] {
        if let Some(value) = value {
            shared(&mut facts, name, field, value, plain);
        }
    }
    facts.heading("CONTEXT", "");
    let session = text(event.session.as_ref());
    shared(&mut facts, "session", "session", &session, plain);
    if let Some(root) = &event.root_session {
        shared(&mut facts, "root session", "rootSession", root, plain);
    }
    let transaction = text(event.transaction.as_ref());
    shared(
        &mut facts,
        "transaction",
        "transaction",
        &transaction,
        plain,
    );
    shared(&mut facts, "uuid", "uuid", &event.uuid.to_string(), plain);
    facts.linked()
}

/// A name and what the event holds in a field of the filter language; empty when it holds nothing.
fn shared(facts: &mut Facts, name: &str, field: &'static str, value: &str, style: Style) {
    let shown = match (value.is_empty(), field) {
        (false, _) => value,
        (true, "severity" | "result" | "country") => format::UNKNOWN,
        (true, _) => format::NONE,
    };
    let value = Value::of(Field::Text(value)).unwrap_or(Value::Nothing);
    facts.shared(name, shown, style, Pointed { field, value });
}

/// Who it is by name and by id; either line stands for that one party, and for no other of the same name.
fn party(facts: &mut Facts, party: &Party, field: &'static str, theme: Theme) {
    let mut line = |name: &str, shown: &str| {
        let shown = if shown.is_empty() {
            format::NONE
        } else {
            shown
        };
        let value = Value::from(party);
        facts.shared(name, shown, theme.text(), Pointed { field, value });
    };
    line(&party.kind, party.label());
    if party.label() != &*party.id && !party.id.is_empty() {
        line("", &party.id);
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
