//! The Admin Console's CSV: each column is a member of the event, its name the way to it (`actor.alternate_id`, `target0.type`).
//!
//! Of an event only some members have a column, so what is rebuilt is not what Okta sent: it carries `"_rebuilt": "csv"`.

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::lines::Lines;
use super::{BadLine, ExportFault, Exported, MAX_EVENT_BYTES};

/// The columns without which a row says nothing, and the member that each stands for.
const NEEDED: [(&str, &str); 3] = [
    ("timestamp", "published"),
    ("uuid", "uuid"),
    ("event_type", "eventType"),
];

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
        let whole = matches!(sheet.next_row()?, Some((_, Ok(()))));
        let names = cells(&sheet.row).ok().filter(|_| whole);
        let names = names.ok_or(ExportFault::Unknown)?;
        sheet.columns = names.iter().map(way).collect();
        let has = |name: &str| {
            let is = |way: &Vec<Step>| matches!(&way[..], [only] if only.name == name);
            sheet.columns.iter().any(is)
        };
        let missing = NEEDED.iter().filter(|(_, member)| !has(member));
        let missing: Vec<String> = missing
            .map(|(column, _)| format!("the column `{column}`"))
            .collect();
        match missing.len() {
            0 => Ok(sheet),
            all if all == NEEDED.len() => Err(ExportFault::Unknown),
            _ => Err(ExportFault::Columns(missing.join(" and "))),
        }
    }

    /// The line that is read next.
    pub(super) fn next_number(&self) -> u64 {
        self.lines.next_number()
    }

    /// The next row.
    pub(super) fn next_event(&mut self) -> io::Result<Option<Exported>> {
        loop {
            let Some((line, read)) = self.next_row()? else {
                return Ok(None);
            };
            if read.is_ok() && self.row.trim_ascii().is_empty() {
                continue;
            }
            let event = read.and_then(|()| self.event());
            return Ok(Some(Exported { line, event }));
        }
    }

    /// Puts the next row into `row`; gives the number of its first line, and whether it is all there. A row goes on over lines as long as a
    /// quote is open.
    fn next_row(&mut self) -> io::Result<Option<(u64, Result<(), BadLine>)>> {
        self.row.clear();
        let mut first = None;
        let mut open = false;
        while let Some((number, whole)) = self.lines.next_line(&mut self.line)? {
            let first = *first.get_or_insert(number);
            if !whole || self.row.len() + self.line.len() > MAX_EVENT_BYTES {
                return Ok(Some((first, Err(BadLine::TooLong))));
            }
            self.row.extend_from_slice(&self.line);
            match stays_open(open, &self.line) {
                Ok(false) => return Ok(Some((first, Ok(())))),
                Ok(true) => open = true,
                Err(why) => return Ok(Some((first, Err(why)))),
            }
            self.row.push(b'\n');
        }
        // The file ended within quotes, and there may be as many cells as there should, the last with rows in it.
        Ok(first.map(|first| (first, Err(BadLine::BrokenOff))))
    }

    fn event(&self) -> Result<String, BadLine> {
        let cells = cells(&self.row)?;
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

/// Whether a quote is open at the end of a line, at whose beginning one is or not. One opens only where a cell begins, and is a letter like
/// any other within a cell that has none around it.
///
/// # Errors
/// [`BadLine::Quotes`] when a cell goes on behind its quote: then one was lost before, and other rows may stand in the cell.
fn stays_open(mut open: bool, line: &[u8]) -> Result<bool, BadLine> {
    let mut begins = !open;
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'"' && open {
            if bytes.next_if_eq(&b'"').is_some() {
                continue;
            }
            open = false;
            if !matches!(bytes.peek(), None | Some(b',' | b'\r')) {
                return Err(BadLine::Quotes);
            }
        } else if byte == b'"' && begins {
            open = true;
        }
        begins = !open && matches!(byte, b',' | b'\r');
    }
    Ok(open)
}

/// The cells of one row.
///
/// # Errors
/// [`BadLine`] when it is no text, or a carriage return makes two of it.
fn cells(row: &[u8]) -> Result<csv::StringRecord, BadLine> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(row);
    let mut read = || {
        let mut record = csv::StringRecord::new();
        let read = reader.read_record(&mut record);
        read.map(|is_one| is_one.then_some(record))
            .map_err(|_| BadLine::NotText)
    };
    match (read()?, read()?) {
        (row, None) => Ok(row.unwrap_or_default()),
        _ => Err(BadLine::Rows),
    }
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
