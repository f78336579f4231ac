//! Copying what is at hand: the row under the cursor, all marked rows, or what the page is about.
//!
//! What a list has not loaded (rows far away, Okta's JSON) is asked for first, thing by thing, and copied when all of it is there.

use std::collections::HashMap;

use jiff::Timestamp;

use super::App;
use crate::domain::entry::Subject;
use crate::domain::text::SafeText;
use crate::msg::{Answer, Ask, EventRef, Problem, Request};
use crate::ui::copy::{self, Copy, Sought, Table, Thing};
use crate::ui::event::Effect;
use crate::ui::format;
use crate::ui::linked::Destination;
use crate::ui::log::LogColumn;
use crate::ui::page::Page;
use crate::ui::record::{self, Column, Item};
use crate::ui::theme::Theme;

/// How many things are asked for one by one.
const MOST_ASKED: usize = 200;

/// Things that are being gathered to be copied.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    kind: Copy,
    columns: Columns,
    things: Vec<Option<Thing>>,
    /// The questions under way, and which thing each is for.
    waiting: HashMap<u64, usize>,
}

/// The columns of the table that things stand in, and which of them the cursor is in.
#[derive(Clone, Debug)]
enum Columns {
    List(Vec<Column>, usize),
    Log(Vec<LogColumn>, usize),
    /// No table: the one value that is under the cursor, if any.
    Value(Option<String>),
}

impl Columns {
    fn table(&self, things: &[Thing]) -> Table {
        match self {
            Self::List(columns, column) => Table {
                headings: columns.iter().map(|it| it.title.to_string()).collect(),
                cells: things
                    .iter()
                    .map(|thing| match thing {
                        Thing::Item(item) => cells_of(columns, item),
                        Thing::Event(_) => Vec::new(),
                    })
                    .collect(),
                column: *column,
            },
            Self::Log(columns, column) => Table {
                headings: columns.iter().map(LogColumn::title).collect(),
                cells: things
                    .iter()
                    .map(|thing| match thing {
                        Thing::Event(row) => columns.iter().map(|it| it.whole(row)).collect(),
                        Thing::Item(_) => Vec::new(),
                    })
                    .collect(),
                column: *column,
            },
            Self::Value(value) => Table {
                headings: Vec::new(),
                cells: value.iter().map(|value| vec![value.clone()]).collect(),
                column: 0,
            },
        }
    }
}

fn cells_of(columns: &[Column], item: &Item) -> Vec<String> {
    let cells = columns
        .iter()
        .map(|column| column.cell(item, Theme::mono()));
    cells.map(|cell| cell.text).collect()
}

impl App {
    /// Copies what is at hand, or asks for what is missing of it.
    pub(super) fn copy(&mut self, kind: Copy, now: Timestamp) {
        if kind == Copy::Path {
            let path = self
                .raw_at_hand()
                .map(|raw| SafeText::new(raw.path()).into());
            return self.give(
                path.ok_or_else(|| "only JSON has paths".to_owned()),
                "the path",
                now,
            );
        }
        if let Some(text) = self.told_by_trace(kind) {
            let told = what(kind, std::slice::from_ref(&text));
            return self.give(Ok(text), &told, now);
        }
        let (sought, things) = self.at_hand();
        let is_ready = |thing: &Option<Thing>| match (kind, thing) {
            (Copy::Id, _) => true,
            (Copy::Json, Some(thing)) => thing.json().is_some(),
            (_, thing) => thing.is_some(),
        };
        let lacking = things.iter().filter(|thing| !is_ready(thing)).count();
        if sought.is_empty() {
            let why = match self.pages.last() {
                Some(Page::Trace(_)) => {
                    "Not copied: only events, users and apps have that; c c copies the value."
                }
                _ => "Nothing is under the cursor.",
            };
            return self.tell(why, now);
        }
        if kind == Copy::Id {
            let ids = sought.iter().map(id_of).collect::<Vec<_>>();
            return self.give(Ok(ids.join("\n")), &what(kind, &ids), now);
        }
        let mut gathering = Gathering {
            kind,
            columns: self.columns_at_hand(),
            things,
            waiting: HashMap::new(),
        };
        if lacking == 0 {
            return self.finish_copy(gathering, now);
        }
        if let Some(why) = self.cannot_gather(lacking) {
            return self.tell(&format!("Not copied: {why}."), now);
        }
        for (index, sought) in sought.into_iter().enumerate() {
            if !is_ready(&gathering.things[index]) {
                let ticket = self.tickets.take();
                gathering.waiting.insert(ticket, index);
                let loaded = gathering.things[index].as_ref();
                let ask = match (sought, loaded) {
                    (Sought::Object(id), _) => Ask::Object(id),
                    (Sought::Entry(key), _) => Ask::Entry(key),
                    (_, Some(Thing::Event(row))) => Ask::Event(EventRef::Pos(row.pos)),
                    (Sought::Event(uuid), _) => Ask::Event(EventRef::Uuid(uuid)),
                };
                self.effects.push(Effect::Ask(Request { ticket, ask }));
            }
        }
        self.copying = Some(gathering);
    }

    /// What a line tells that is no row: of an address, a session, a place.
    fn told_by_trace(&self, kind: Copy) -> Option<String> {
        let Some(Page::Trace(traces)) = self.pages.last() else {
            return None;
        };
        let has_id = matches!(
            self.link_at_hand(),
            Some(Destination::Event(_) | Destination::Subject(_))
        );
        match kind {
            Copy::Cell => Some(SafeText::new(traces.name_at_hand()).into()),
            Copy::Row => traces.line_at_hand(),
            Copy::Id if !has_id => Some(SafeText::new(traces.name_at_hand()).into()),
            _ => None,
        }
    }

    /// Why what is missing cannot be asked for.
    fn cannot_gather(&self, lacking: usize) -> Option<String> {
        if self.model.as_of.is_some() {
            return Some(
                "of the past only what is loaded can be; {key:export} writes all".to_owned(),
            );
        }
        (lacking > MOST_ASKED).then(|| {
            let lacking = format::count_len(lacking);
            format!("{lacking} of the rows are not loaded; {{key:export}} writes all to a file")
        })
    }

    /// What is to be copied, and each as far as it is loaded.
    fn at_hand(&self) -> (Vec<Sought>, Vec<Option<Thing>>) {
        if let Some(list) = self.focused_list() {
            let marked: Vec<Subject> = list.marks().ids().into_iter().cloned().collect();
            let chosen = list.selected().map(Item::subject);
            let subjects = if marked.is_empty() {
                chosen.into_iter().collect()
            } else {
                marked
            };
            let loaded = |subject: &Subject| list.loaded(subject).cloned();
            let things = subjects.iter().map(|subject| loaded(subject).map(item));
            let things = things.collect();
            return (subjects.into_iter().map(sought).collect(), things);
        }
        if let Some(log) = self.focused_log() {
            let marked: Vec<_> = log.marks().ids().into_iter().copied().collect();
            let chosen = log.selected().map(|row| row.event.uuid);
            let uuids = if marked.is_empty() {
                chosen.into_iter().collect()
            } else {
                marked
            };
            let loaded = |uuid| log.rows().iter().find(|row| row.event.uuid == uuid);
            let event = |row: Option<&_>| row.cloned().map(|row| Thing::Event(Box::new(row)));
            let things = uuids.iter().map(|uuid| event(loaded(*uuid))).collect();
            return (uuids.into_iter().map(Sought::Event).collect(), things);
        }
        match self.pages.last() {
            Some(Page::Object(detail)) if detail.body_is_text() => {
                let thing = detail.row().cloned().map(item);
                (vec![sought(detail.subject().clone())], vec![thing])
            }
            Some(Page::Event(page)) => {
                let row = page.row().clone();
                let uuid = row.event.uuid;
                (
                    vec![Sought::Event(uuid)],
                    vec![Some(Thing::Event(Box::new(row)))],
                )
            }
            Some(Page::Trace(_)) => match self.link_at_hand() {
                Some(Destination::Event(uuid)) => (vec![Sought::Event(*uuid)], vec![None]),
                Some(Destination::Subject(subject)) => (vec![sought(subject.clone())], vec![None]),
                _ => (Vec::new(), Vec::new()),
            },
            _ => (Vec::new(), Vec::new()),
        }
    }

    fn columns_at_hand(&self) -> Columns {
        if let Some(list) = self.focused_list() {
            return Columns::List(list.columns().into_owned(), list.column());
        }
        if let Some(log) = self.focused_log() {
            return Columns::Log(log.columns(), log.column());
        }
        if let Some(raw) = self.raw_at_hand() {
            return Columns::Value(raw.value());
        }
        let pointed = self.pointed().ok();
        let value = pointed.and_then(|pointed| pointed.value.text().map(str::to_owned));
        Columns::Value(value)
    }

    /// Whether an answer is to a question about something to be copied.
    pub(super) fn gathers_copy(&self, ticket: u64) -> bool {
        let gathering = self.copying.as_ref();
        gathering.is_some_and(|gathering| gathering.waiting.contains_key(&ticket))
    }

    /// Takes in something to be copied.
    pub(super) fn gathered_copy(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
        now: Timestamp,
    ) {
        let Some(mut gathering) = self.copying.take() else {
            return;
        };
        let Some(index) = gathering.waiting.remove(&ticket) else {
            return;
        };
        let thing = match answer {
            Ok(Answer::Object(object)) => item(Item::Object(object.row)),
            Ok(Answer::Entry(detail)) => item(Item::Entry(Box::new(detail.row))),
            Ok(Answer::Event(row)) => Thing::Event(row),
            Ok(_) => return,
            Err(problem) => return self.model.complain(&problem, now),
        };
        gathering.things[index] = Some(thing);
        if gathering.waiting.is_empty() {
            self.finish_copy(gathering, now);
        } else {
            self.copying = Some(gathering);
        }
    }

    fn finish_copy(&mut self, gathering: Gathering, now: Timestamp) {
        let things: Vec<Thing> = gathering.things.into_iter().flatten().collect();
        let table = gathering.columns.table(&things);
        let host = self.model.status().map(|status| status.host.to_string());
        let host = host.unwrap_or_default();
        let text = copy::text(gathering.kind, &things, &table, &host);
        let ids: Vec<String> = things.iter().map(Thing::id).collect();
        self.give(text, &what(gathering.kind, &ids), now);
    }

    fn give(&mut self, text: Result<String, String>, what: &str, now: Timestamp) {
        match text {
            Ok(text) => {
                let bytes = format::counted(text.len() as u64, "byte");
                let words = format!("Sent {what} to the clipboard of your terminal ({bytes}).");
                self.tell(&words, now);
                self.effects.push(Effect::Copy(text));
            }
            Err(why) => self.tell(&format!("Not copied: {why}."), now),
        }
    }
}

/// What is copied, in words.
fn what(kind: Copy, ids: &[String]) -> String {
    let word = match kind {
        Copy::Id => match ids {
            [id] => return id.clone(),
            _ => "id",
        },
        Copy::Cell => "cell",
        Copy::Row => "row",
        Copy::Json => "JSON object",
        Copy::Link => "link",
        Copy::Markdown => "row of Markdown",
        Copy::Curl => "command",
        Copy::Path => "path",
    };
    match ids.len() {
        1 => format!("the {word}"),
        _ if kind == Copy::Markdown => format!("{} rows of Markdown", ids.len()),
        many => format::counted(many as u64, word),
    }
}

fn item(item: Item) -> Thing {
    Thing::Item(Box::new(item))
}

fn sought(subject: Subject) -> Sought {
    match subject {
        Subject::Object(id) => Sought::Object(id),
        Subject::Entry(key) => Sought::Entry(key),
    }
}

fn id_of(sought: &Sought) -> String {
    match sought {
        Sought::Object(id) => id.as_str().to_owned(),
        Sought::Entry(key) => record::id_text(&Subject::Entry(key.clone())).to_owned(),
        Sought::Event(uuid) => uuid.to_string(),
    }
}
