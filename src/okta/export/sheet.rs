//! The Admin Console's CSV: each column is a member of the event, its name the way to it (`actor.alternate_id`, `target0.type`).
//!
//! Of an event only some members have a column, so what is rebuilt is not what Okta sent: it carries `"_rebuilt": "csv"`.

use std::io::{self, BufRead};

use memchr::memchr_iter;
use serde_json::{Map, Value};

use super::lines::Lines;
use super::{BadLine, ExportFault, Exported, MAX_EVENT_BYTES};

/// The rows of an export, as events.
pub(super) struct Sheet<R> {
    lines: Lines<R>,
    columns: Vec<Vec<Step>>,
    line: Vec<u8>,
    row: Vec<u8>,
}

/// One name on the way to a member; of a list, with the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: String,
    place: Option<usize>,
}

impl<R: BufRead> Sheet<R> {
    /// Reads the line of headings.
    ///
    /// # Errors
    /// [`ExportFault`] when it cannot be read, or lacks what every event has.
    pub(super) fn open(lines: Lines<R>) -> Result<Self, ExportFault> {
        let mut sheet = Self {
            lines,
            columns: Vec::new(),
            line: Vec::new(),
            row: Vec::new(),
        };
        let whole = matches!(sheet.next_row()?, Some((_, true)));
        let names = cells(&sheet.row).filter(|_| whole);
        let names = names.ok_or(ExportFault::Unknown)?;
        sheet.columns = names.iter().map(way).collect();
        let has = |name: &str| {
            let is = |way: &Vec<Step>| matches!(&way[..], [only] if only.name == name);
            sheet.columns.iter().any(is)
        };
        if has("uuid") && has("published") {
            Ok(sheet)
        } else {
            Err(ExportFault::Unknown)
        }
    }

    /// The next row.
    pub(super) fn next_event(&mut self) -> io::Result<Option<Exported>> {
        loop {
            let Some((line, whole)) = self.next_row()? else {
                return Ok(None);
            };
            if whole && self.row.trim_ascii().is_empty() {
                continue;
            }
            let event = if whole {
                self.event()
            } else {
                Err(BadLine::TooLong)
            };
            return Ok(Some(Exported { line, event }));
        }
    }

    /// Puts the next row into `row`; gives the number of its first line, and whether it is all there. A row goes on over lines as long as a
    /// quote is open.
    fn next_row(&mut self) -> io::Result<Option<(u64, bool)>> {
        self.row.clear();
        let mut first = None;
        let mut quotes = 0;
        while let Some((number, whole)) = self.lines.next_line(&mut self.line)? {
            let first = *first.get_or_insert(number);
            if !whole || self.row.len() + self.line.len() > MAX_EVENT_BYTES {
                return Ok(Some((first, false)));
            }
            self.row.extend_from_slice(&self.line);
            quotes += memchr_iter(b'"', &self.line).count();
            if quotes % 2 == 0 {
                return Ok(Some((first, true)));
            }
            self.row.push(b'\n');
        }
        // The file ended within quotes; what there is has too few cells.
        Ok(first.map(|first| (first, true)))
    }

    fn event(&self) -> Result<String, BadLine> {
        let cells = cells(&self.row).ok_or(BadLine::NotText)?;
        if cells.len() != self.columns.len() {
            return Err(BadLine::Cells {
                found: cells.len(),
                expected: self.columns.len(),
            });
        }
        let mut event = Value::Object(Map::new());
        for (way, cell) in self.columns.iter().zip(&cells) {
            if !cell.is_empty() {
                put(&mut event, way, value(way, cell));
            }
        }
        close_up(&mut event);
        event["_rebuilt"] = Value::from("csv");
        Ok(event.to_string())
    }
}

/// The cells of one row; `None` when it is no text.
fn cells(row: &[u8]) -> Option<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(row);
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).ok()?.then_some(record)
}

/// The way to the member that a column stands for.
fn way(column: &str) -> Vec<Step> {
    match column.trim() {
        "timestamp" => vec![named("published")],
        column => column.split('.').map(step).collect(),
    }
}

fn step(word: &str) -> Step {
    let target = word.strip_prefix("target");
    if let Some(place) = target.and_then(|place| place.parse::<u8>().ok()) {
        return Step {
            place: Some(usize::from(place)),
            ..named("target")
        };
    }
    if word == "ip_chain" {
        return Step {
            place: Some(0),
            ..named("ipChain")
        };
    }
    let mut name = String::new();
    for (number, part) in word.split('_').enumerate() {
        let mut letters = part.chars();
        match letters.next().filter(|_| number > 0) {
            Some(first) => name.extend(first.to_uppercase().chain(letters)),
            None => name.push_str(part),
        }
    }
    named(&name)
}

fn named(name: &str) -> Step {
    Step {
        name: name.to_owned(),
        place: None,
    }
}

/// A cell as Okta's JSON has it: most are texts, a few are numbers, flags or JSON themselves.
fn value(way: &[Step], cell: &str) -> Value {
    let last = way.last().map_or("", |step| step.name.as_str());
    let parsed = match last {
        "lat" | "lon" | "authenticationStep" | "asNumber" | "isProxy" | "debugData" | "detail"
        | "detailEntry" => serde_json::from_str(cell).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(cell))
}

/// Puts a value where it belongs; nowhere, when another column has put something else on the way.
fn put(into: &mut Value, way: &[Step], value: Value) {
    let Some((step, rest)) = way.split_first() else {
        *into = value;
        return;
    };
    if into.is_null() {
        *into = Value::Object(Map::new());
    }
    let Some(members) = into.as_object_mut() else {
        return;
    };
    let member = members.entry(step.name.as_str()).or_insert(Value::Null);
    let Some(place) = step.place else {
        return put(member, rest, value);
    };
    if member.is_null() {
        *member = Value::Array(Vec::new());
    }
    if let Some(list) = member.as_array_mut() {
        list.resize(list.len().max(place + 1), Value::Null);
        put(&mut list[place], rest, value);
    }
}

/// Takes targets out of which no cell says anything.
fn close_up(event: &mut Value) {
    if let Some(targets) = event.get_mut("target").and_then(Value::as_array_mut) {
        targets.retain(|target| !target.is_null());
    }
}
