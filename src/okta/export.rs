//! Exports of the System Log, as files hold them: events one after the other, each with the line on which it begins.
//!
//! Three forms are told apart by how a file begins: a JSON list of events, one JSON object a line (as SIEMs and log streaming write
//! them, in the envelopes of AWS `EventBridge` and Splunk or without), and the CSV of the Admin Console, of whose columns an event is
//! rebuilt. Whatever is damaged is told with its line and never keeps the rest from being read. Of a file no more is in memory than one
//! event and a buffer.

mod envelope;
mod lines;
mod sheet;
mod values;

use std::io::{self, BufRead, Chain, Cursor, Read as _};

use crate::domain::text::SafeText;

use lines::Lines;
use sheet::Sheet;
use values::Values;

/// The longest event that is read, in bytes. Okta's have 2.7 KB on average, the largest some tens of KB.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

/// An export that is being read.
pub struct Export<R>(Form<Chain<Cursor<Vec<u8>>, R>>);

enum Form<R> {
    List(Values<R>),
    Lines(Lines<R>, Vec<u8>),
    Sheet(Box<Sheet<R>>),
    Nothing,
}

/// What stands at one place of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// One event's JSON, an object; or what is wrong.
    pub event: Result<String, BadLine>,
}

/// Why a line of an export is no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// It is longer than any event.
    #[error("it is longer than the {MAX_EVENT_BYTES} bytes that an event may have")]
    TooLong,
    /// The file ends in the middle of it.
    #[error("it breaks off")]
    BrokenOff,
    /// It is no text.
    #[error("it is not UTF-8")]
    NotText,
    /// It is no JSON object.
    #[error("it is no JSON object: {0}")]
    NotJson(SafeText),
    /// A cell goes on behind the quote that ends it.
    #[error("a cell goes on behind its quote")]
    Quotes,
    /// A carriage return ends a row in the middle of it.
    #[error("a carriage return ends a row in the middle of it")]
    Rows,
    /// It has not as many cells as there are columns.
    #[error("it has {found} cells, and there are {expected} columns")]
    Cells {
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
}

/// Why a file cannot be read as an export at all.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is text of another encoding.
    #[error("it is UTF-16; write it as UTF-8")]
    Utf16,
    /// It is packed, and not with gzip.
    #[error("it is packed as {0}; unpack it first (gzip is read as it is)")]
    Packed(&'static str),
    /// It begins like none of the forms.
    #[error(
        "it is neither JSON nor CSV with the columns `timestamp`, `uuid` and `event_type`, as the Admin Console writes it"
    )]
    Unknown,
    /// It is CSV, and lacks columns that the Admin Console's has.
    #[error(
        "it is CSV without {0}, which the Admin Console's has; oktop's own export is imported as `events list -o ndjson` writes it"
    )]
    Columns(String),
}

impl<R: BufRead> Export<R> {
    /// Looks at how it begins.
    ///
    /// # Errors
    /// [`ExportFault`] when it cannot be read, or is no export.
    pub fn open(mut from: R) -> Result<Self, ExportFault> {
        let mut head = Vec::new();
        from.by_ref().take(3).read_to_end(&mut head)?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(ExportFault::Utf16);
        }
        if let Some(name) = packing(&head) {
            return Err(ExportFault::Packed(name));
        }
        if head == b"\xef\xbb\xbf" {
            head.clear();
        }
        let mut from = Cursor::new(head).chain(from);
        let (before, first) = first_byte(&mut from)?;
        Ok(Self(match first {
            None => Form::Nothing,
            Some(b'[') => Form::List(Values::new(from, before)),
            Some(b'{') => Form::Lines(Lines::new(from, before), Vec::new()),
            Some(_) => Form::Sheet(Box::new(Sheet::open(Lines::new(from, before))?)),
        }))
    }

    /// Whether its events are rebuilt from columns.
    pub fn is_rebuilt(&self) -> bool {
        matches!(self.0, Form::Sheet(_))
    }

    /// The line on which the reading goes on, from 1: where it broke off, once the file could not be read on.
    pub fn next_line(&self) -> u64 {
        match &self.0 {
            Form::List(values) => values.next_number(),
            Form::Lines(lines, _) => lines.next_number(),
            Form::Sheet(sheet) => sheet.next_number(),
            Form::Nothing => 1,
        }
    }

    /// The next event, or the next thing that is none; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_event(&mut self) -> io::Result<Option<Exported>> {
        match &mut self.0 {
            Form::Nothing => Ok(None),
            Form::List(values) => values.next_event(),
            Form::Sheet(sheet) => sheet.next_event(),
            Form::Lines(lines, buffer) => loop {
                let Some((line, whole)) = lines.next_line(buffer)? else {
                    return Ok(None);
                };
                let event = match whole {
                    true if buffer.trim_ascii().is_empty() => continue,
                    true => envelope::open(buffer),
                    false => Err(BadLine::TooLong),
                };
                return Ok(Some(Exported { line, event }));
            },
        }
    }
}

/// What a file is packed with that begins like this.
fn packing(head: &[u8]) -> Option<&'static str> {
    match head {
        b"PK\x03" => Some("zip"),
        b"\x28\xb5\x2f" => Some("zstd"),
        b"\xfd7z" => Some("xz"),
        b"BZh" => Some("bzip2"),
        b"7z\xbc" => Some("7z"),
        _ => None,
    }
}

/// Passes over white space; gives the number of lines that it took, and what comes after it.
fn first_byte(from: &mut impl BufRead) -> io::Result<(u64, Option<u8>)> {
    let mut lines = 0;
    loop {
        let Some(first) = from.fill_buf()?.first().copied() else {
            return Ok((lines, None));
        };
        if !first.is_ascii_whitespace() {
            return Ok((lines, Some(first)));
        }
        lines += u64::from(first == b'\n');
        from.consume(1);
    }
}

#[cfg(test)]
mod tests;
