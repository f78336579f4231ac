//! The console's state as lines for somebody who hears or reads it line by line: what stands in front, and commands by their names.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::Line;

use super::{App, Mode, times};
use crate::domain::entry::Subject;
use crate::domain::id::EventUuid;
use crate::msg::status::Notice;
use crate::ui::command::{self, Command, Id};
use crate::ui::header;
use crate::ui::jump::Jump;
use crate::ui::linked::Linked;
use crate::ui::list::{self, Answered, List};
use crate::ui::log::Log;
use crate::ui::model::Link;
use crate::ui::page::Page;
use crate::ui::text_view::Move;
use crate::ui::theme::Theme;

/// What stands in front, as lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::ui) struct Spoken {
    /// What it is, and how much of it there is.
    pub title: String,
    /// What else there is to know before the lines: a filter, the columns, tabs.
    pub notes: Vec<String>,
    /// The lines.
    pub lines: Vec<SpokenLine>,
    /// What follows them: that there is more, or what to do where there is nothing.
    pub end: Option<String>,
}

/// A line, and what is chosen with it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ui) struct SpokenLine {
    /// The words.
    pub words: String,
    /// What its number stands for; `None` for lines without one.
    pub to: Option<Chosen>,
}

/// What a line's number stands for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ui) enum Chosen {
    /// A row of a list.
    Row(Subject),
    /// An event.
    Event(EventUuid),
    /// A link in a text, by its number.
    Link(usize),
    /// A key of a menu.
    Key(char),
    /// A value that was counted, by its place.
    Value(usize),
}

impl App {
    /// Shows one thing at a time, as somebody wants who reads line by line.
    pub(in crate::ui) fn be_plain(&mut self) {
        self.zoom = true;
        self.detail = Some(false);
        self.is_plain = true;
    }

    /// Whether the agent was reached, or why it was not.
    pub(in crate::ui) fn is_connected(&self) -> Result<bool, String> {
        match &self.model.link {
            Link::Up => Ok(self.model.status().is_some()),
            Link::Connecting => Ok(false),
            Link::Down { problem, .. } => {
                Err(told_problem(&problem.summary, problem.hint.as_deref()))
            }
        }
    }

    /// Whether what stands in front answers what was last asked for.
    pub(in crate::ui) fn is_settled(&self) -> bool {
        let answered = !matches!(self.answered(), Answered::Awaited | Answered::RowAwaited);
        let list = self.focused_list();
        let list = list.is_none_or(|list| list.is_loaded() || list.problem().is_some());
        let log = self.focused_log();
        let log = log.is_none_or(|log| log.is_loaded() || log.problem().is_some());
        answered && list && log && self.held.is_empty()
    }

    /// The messages so far, oldest first, as far as they are kept.
    pub(in crate::ui) fn notices(&self) -> impl ExactSizeIterator<Item = &Notice> {
        self.model.notices.iter()
    }

    /// What would stand on the last line, once.
    pub(in crate::ui) fn take_flash(&mut self) -> Option<Notice> {
        self.model.flash.take().map(|flash| flash.notice)
    }

    /// Forgets the message that was told last, for whoever tells it otherwise.
    pub(in crate::ui) fn drop_flash(&mut self) {
        let told = self.take_flash();
        if told.is_some() && self.model.notices.back() == told.as_ref() {
            self.model.notices.pop_back();
        }
    }

    /// The newest event at hand.
    pub(in crate::ui) fn newest_event(&self) -> Option<EventUuid> {
        Some(self.focused_log()?.rows().last()?.event.uuid)
    }

    /// The events at hand after that one; `None` when it is not among them.
    pub(in crate::ui) fn events_after(&self, uuid: EventUuid) -> Option<Vec<(String, EventUuid)>> {
        self.focused_log()?.spoken_after(uuid)
    }

    /// Whether a menu or a question waits for an answer.
    pub(in crate::ui) fn asks(&self) -> bool {
        !matches!(self.mode, Mode::Normal)
    }

    /// Gives up a menu or a question.
    pub(in crate::ui) fn stop_asking(&mut self) {
        self.mode = Mode::Normal;
        self.leave_histogram();
    }

    /// Whether a menu is open that only a screen can show.
    pub(in crate::ui) fn needs_a_screen(&self) -> bool {
        match &self.mode {
            Mode::Normal
            | Mode::Sort
            | Mode::Jump(..)
            | Mode::Times
            | Mode::Hunt(_)
            | Mode::Act(_)
            | Mode::Staging(_)
            | Mode::Facets(_)
            | Mode::Messages(_)
            | Mode::Info(_) => false,
            Mode::Filter(_)
            | Mode::Search(_)
            | Mode::Naming(_)
            | Mode::Exporting(_)
            | Mode::Menu(_)
            | Mode::Clauses(_)
            | Mode::Columns(_)
            | Mode::Path(..)
            | Mode::Histogram
            | Mode::Pick(_)
            | Mode::Ready(_)
            | Mode::Give(_)
            | Mode::Sheet(_)
            | Mode::Secret(_)
            | Mode::Reason(..)
            | Mode::Say(..)
            | Mode::Range(..) => true,
        }
    }

    /// Whether the newest events are followed in front of the operator.
    pub(in crate::ui) fn follows(&self) -> bool {
        self.focused_log()
            .is_some_and(|log| log.follows() && !log.is_paused())
    }

    /// Has what stands in front filtered by that text; none is no filter.
    pub(in crate::ui) fn filter_by(&mut self, filter: &str, now: Timestamp) {
        self.model.flash = None;
        if let Some(why) = command::refusal(Id::Filter, &self.situation()) {
            return self.tell(&format!("filter: not now, {why}."), now);
        }
        let fault = self.filter_fault(filter);
        if let Some(why) = fault.filter(|_| self.raw_at_hand().is_none()) {
            return self.tell(&format!("Not kept, {why}."), now);
        }
        self.leave();
        if filter.is_empty() {
            return self.clear_filter(now);
        }
        if let Some(raw) = self.raw_at_hand_mut() {
            return raw.search(filter);
        }
        if let Some(list) = self.focused_list_mut() {
            list.begin_filter();
        }
        self.set_filter(filter, now);
        self.settle_clauses();
    }

    /// Gives a command by its name, or says why that cannot be.
    pub(in crate::ui) fn run_named(&mut self, command: &Command, argument: &str, now: Timestamp) {
        self.model.flash = None;
        match command::refusal(command.id, &self.situation()) {
            Some(why) => self.tell(&format!("{}: not now, {why}.", command.name), now),
            None if command.argument.is_empty() && !argument.is_empty() => {
                let text = format!("`{}` takes nothing after it.", command.name);
                self.tell(&text, now);
            }
            None => self.run(command.id, None, argument, now),
        }
    }

    /// Shows the rows after the one at an edge of the screen, or before it; whether that is there.
    pub(in crate::ui) fn turn_screen(&mut self, edge: &Chosen, forward: bool) -> bool {
        self.model.flash = None;
        let rows = self
            .places()
            .map_or(0, |places| usize::from(places.body.height));
        let is_there = self.choose_row(edge);
        if is_there {
            let step = if forward { Move::Down } else { Move::Up };
            (0..rows).for_each(|_| self.go(step));
        }
        is_there
    }

    /// Presses a key in the menu that is open.
    pub(in crate::ui) fn answer(&mut self, letter: char, now: Timestamp) {
        self.key(
            KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE),
            now,
        );
    }

    /// Puts the cursor on what a number stands for; whether it is there.
    pub(in crate::ui) fn choose_row(&mut self, chosen: &Chosen) -> bool {
        match chosen {
            Chosen::Row(subject) => {
                let list = self.focused_list_mut();
                list.is_some_and(|list| list.put_cursor_on(subject))
            }
            Chosen::Event(uuid) => {
                let log = self.focused_log_mut();
                log.is_some_and(|log| log.put_cursor_on(*uuid))
            }
            Chosen::Link(_) | Chosen::Key(_) | Chosen::Value(_) => false,
        }
    }

    /// Opens what a number stands for; whether it is there.
    pub(in crate::ui) fn open_chosen(&mut self, chosen: &Chosen, now: Timestamp) -> bool {
        self.model.flash = None;
        match chosen {
            Chosen::Row(_) | Chosen::Event(_) => {
                let is_there = self.choose_row(chosen);
                if is_there {
                    self.run(Id::Open, None, "", now);
                }
                is_there
            }
            Chosen::Link(index) => {
                let text = self.pages.last().and_then(Page::text);
                let to = text
                    .and_then(|text| text.links().get(*index))
                    .map(|link| link.to.clone());
                to.map(|to| self.follow_link(to, now)).is_some()
            }
            Chosen::Key(letter) => {
                self.answer(*letter, now);
                true
            }
            Chosen::Value(index) => self.keep_value(*index, now),
        }
    }

    /// Keeps the rows with a value that was counted.
    fn keep_value(&mut self, index: usize, now: Timestamp) -> bool {
        let Mode::Facets(facets) = &mut self.mode else {
            return false;
        };
        let Some(pointed) = facets.pointed_at(index) else {
            return false;
        };
        self.mode = Mode::Normal;
        self.leave();
        self.narrow_by(crate::ui::narrow::How::Keep, &pointed, now);
        true
    }

    /// The org and when it was last heard of.
    pub(in crate::ui) fn spoken_org(&self) -> String {
        let host = self.model.status().map(|status| status.host.to_string());
        let demo = self.model.status().is_some_and(|status| status.agent.demo);
        let demo = if demo { ", a demo" } else { "" };
        format!("{}{demo}", host.unwrap_or_default())
    }

    /// What stands in front.
    pub(in crate::ui) fn spoken(&self) -> Spoken {
        match &self.mode {
            Mode::Sort => menu(
                "Sort by",
                self.sort_choices().into_iter().filter_map(|(key, name)| {
                    // The column under the cursor is among them by its own letter.
                    let letter = key.chars().next().filter(|_| key.chars().count() == 1)?;
                    Some((letter, name))
                }),
            ),
            Mode::Times => menu(
                "Time range",
                times::choices()
                    .into_iter()
                    .filter(|(key, _)| *key != 'c')
                    .map(|(key, name)| (key, name.to_owned())),
            ),
            Mode::Jump(jumps, _) => menu(
                "Jump to",
                jumps.iter().map(|jump| (jump.key, told_jump(jump))),
            ),
            Mode::Act(acting) => {
                let (title, entries) = acting.spoken();
                menu(&title, entries.into_iter())
            }
            Mode::Facets(facets) => Spoken {
                title: format!("Values of {}, {}", facets.title(), facets.words()),
                lines: facets
                    .spoken()
                    .into_iter()
                    .enumerate()
                    .map(|(index, words)| SpokenLine {
                        words,
                        to: Some(Chosen::Value(index)),
                    })
                    .collect(),
                end: Some("open N keeps the rows with a value; back leaves.".to_owned()),
                ..Spoken::default()
            },
            Mode::Hunt(cost) => Spoken {
                title: self.hunt_question(cost),
                end: Some("y hunts; anything else does not.".to_owned()),
                ..Spoken::default()
            },
            Mode::Messages(_) => Spoken {
                title: "Messages, newest first".to_owned(),
                lines: super::messages::messages(&self.model, 400)
                    .iter()
                    .map(unnumbered)
                    .collect(),
                ..Spoken::default()
            },
            Mode::Info(_) => Spoken {
                title: "Info, as `oktop info` tells it".to_owned(),
                lines: super::messages::info(&self.about, 400)
                    .iter()
                    .map(unnumbered)
                    .collect(),
                ..Spoken::default()
            },
            _ => self.spoken_view(),
        }
    }

    fn spoken_view(&self) -> Spoken {
        let trail: Vec<&str> = std::iter::once(self.focus.title())
            .chain(self.pages.iter().map(Page::name))
            .collect();
        let mut spoken = Spoken {
            title: trail.join(" > "),
            ..Spoken::default()
        };
        if let Some(Page::Object(detail)) = self.pages.last() {
            spoken.title = format!("{}, {}", spoken.title, detail.tab().title());
            let tabs = detail.tabs().iter().enumerate();
            let tabs: Vec<String> = tabs
                .map(|(index, tab)| format!("{} {}", index + 1, tab.title()))
                .collect();
            spoken.notes.push(format!("Tabs: {}", tabs.join(", ")));
        }
        if let Some(raw) = self.raw_at_hand() {
            spoken.lines = raw
                .texts()
                .into_iter()
                .map(|words| SpokenLine { words, to: None })
                .collect();
        } else if let Some(list) = self.focused_list() {
            self.speak_list(list, &mut spoken);
        } else if let Some(log) = self.focused_log() {
            self.speak_log(log, &mut spoken);
        } else if let Some(text) = self.pages.last().and_then(Page::text) {
            spoken.lines = linked(text);
        } else if let Some(Page::Queue(queue)) = self.pages.last() {
            let lines = queue.spoken().into_iter();
            spoken.lines = lines.map(|words| SpokenLine { words, to: None }).collect();
            let end = "oktop queue shows, confirms and takes back on the command line.";
            spoken.end = Some(end.to_owned());
        }
        spoken
    }

    fn speak_list(&self, list: &List, spoken: &mut Spoken) {
        let trouble = self.model.resource(super::act::pane_resource(self.focus));
        let trouble = trouble.and_then(|status| status.trouble.as_ref());
        let look = list::Look {
            theme: Theme::mono(),
            keys: &self.model.keys,
            title: "",
            focused: true,
            prompt: None,
            age: None,
            trouble: trouble.filter(|_| self.pages.is_empty()),
            known_since: self.model.known_since(list.topic.needs()),
        };
        let told = list.spoken(look);
        spoken.title = format!("{}: {}", spoken.title, told.counts);
        if self.pages.is_empty() {
            spoken.notes.extend(header::age(
                &self.model,
                super::act::pane_resource(self.focus),
            ));
        }
        spoken.notes.extend(told.notes);
        if !list.filter().is_empty() {
            spoken
                .notes
                .push(format!("Filter: {}", list.clauses().told()));
        }
        spoken.notes.extend(
            list.problem()
                .map(|problem| told_problem(&problem.summary, problem.hint.as_deref())),
        );
        let lines = told.rows.into_iter();
        spoken.lines = lines
            .map(|(words, subject)| SpokenLine {
                words,
                to: Some(Chosen::Row(subject)),
            })
            .collect();
        spoken.end = told.end;
    }

    fn speak_log(&self, log: &Log, spoken: &mut Spoken) {
        let told = log.spoken();
        spoken.title = format!("{}: {}", spoken.title, told.standing);
        spoken
            .notes
            .extend(header::log_reach(&self.model).filter(|_| self.pages.is_empty()));
        if !log.filter().is_empty() {
            spoken
                .notes
                .push(format!("Filter: {}", log.clauses().told()));
        }
        spoken.notes.extend(
            log.problem()
                .map(|problem| told_problem(&problem.summary, problem.hint.as_deref())),
        );
        let lines = told.lines.into_iter();
        spoken.lines = lines
            .map(|(words, uuid)| SpokenLine {
                words,
                to: uuid.map(Chosen::Event),
            })
            .collect();
        spoken.end = told.end;
    }
}

fn told_problem(summary: &str, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("! {summary} {hint}"),
        None => format!("! {summary}"),
    }
}

fn told_jump(jump: &Jump) -> String {
    match &jump.to {
        Ok((told, _)) => format!("{}: {told}", jump.name),
        Err(why) => format!("{}: not here, {why}", jump.name),
    }
}

fn menu(title: &str, entries: impl Iterator<Item = (char, String)>) -> Spoken {
    Spoken {
        title: title.to_owned(),
        lines: entries
            .map(|(letter, name)| SpokenLine {
                words: format!("{name} ({letter})"),
                to: Some(Chosen::Key(letter)),
            })
            .collect(),
        end: Some("open N or the letter chooses; back leaves.".to_owned()),
        ..Spoken::default()
    }
}

/// A painted line without what only places it on a screen.
fn unnumbered(line: &Line<'_>) -> SpokenLine {
    SpokenLine {
        words: unspaced(line),
        to: None,
    }
}

/// The words of a painted line with one space between them.
fn unspaced(line: &Line<'_>) -> String {
    let text: String = line.spans.iter().map(|span| &*span.content).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn linked(text: &Linked) -> Vec<SpokenLine> {
    let links = text.links();
    let lines = text.lines().iter().enumerate();
    lines
        .map(|(index, line)| SpokenLine {
            words: unspaced(line),
            to: links
                .iter()
                .position(|link| link.line == index)
                .map(Chosen::Link),
        })
        .filter(|line| !line.words.is_empty())
        .collect()
}
