//! What stands in the lines of the log: events, transactions folded into one line, and notes about what is missing between events.
//!
//! The cursor is always on an event; a folded line is at its first one. Notes are passed over.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::Log;
use super::notes::Note;
use crate::domain::log_event::{LogEvent, OutcomeResult};
use crate::domain::notable::is_notable;
use crate::domain::query::EventRow;
use crate::domain::text::SafeText;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The event of that row; `part` when it is shown below the first of its transaction.
    Event { row: usize, part: bool },
    /// All events of a transaction among those at hand, the first of which is that row.
    Folded { row: usize, parts: Vec<usize> },
    /// Words about what is missing here.
    Note(Note),
}

impl Line {
    /// The row that the cursor is on when it is in this line.
    pub(super) fn row(&self) -> Option<usize> {
        match self {
            Self::Event { row, .. } | Self::Folded { row, .. } => Some(*row),
            Self::Note(_) => None,
        }
    }
}

/// The lines of a window, and in which of them each row is.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    all: Vec<Line>,
    of_row: Vec<usize>,
}

/// Which transactions are folded.
#[derive(Clone, Debug, Default)]
pub(super) struct Folding {
    on: bool,
    /// Those that were opened all the same.
    open: HashSet<SafeText>,
}

impl Lines {
    /// The lines of these rows, with `notes` before the rows of their indices.
    pub(super) fn of(rows: &[EventRow], notes: &[(usize, Note)], folding: &Folding) -> Self {
        let parts = if folding.on {
            transactions(rows)
        } else {
            HashMap::new()
        };
        let mut lines = Self {
            all: Vec::with_capacity(rows.len() + notes.len()),
            of_row: vec![usize::MAX; rows.len()],
        };
        let mut notes = notes.iter().peekable();
        for (index, row) in rows.iter().enumerate() {
            while let Some((_, note)) = notes.next_if(|(at, _)| *at <= index) {
                lines.all.push(Line::Note(note.clone()));
            }
            let together = row.event.transaction.as_ref().and_then(|id| parts.get(id));
            match together.filter(|parts| parts.len() > 1) {
                None => lines.put(
                    Line::Event {
                        row: index,
                        part: false,
                    },
                    &[index],
                ),
                Some(parts) if parts[0] != index => {}
                Some(parts) if folding.is_open(&row.event) => lines.put_open(parts),
                Some(parts) => {
                    let line = Line::Folded {
                        row: index,
                        parts: parts.clone(),
                    };
                    lines.put(line, parts);
                }
            }
        }
        let rest = notes.map(|(_, note)| Line::Note(note.clone()));
        lines.all.extend(rest);
        lines
    }

    fn put(&mut self, line: Line, rows: &[usize]) {
        for row in rows {
            self.of_row[*row] = self.all.len();
        }
        self.all.push(line);
    }

    fn put_open(&mut self, parts: &[usize]) {
        for (at, row) in parts.iter().enumerate() {
            let line = Line::Event {
                row: *row,
                part: at > 0,
            };
            self.put(line, &[*row]);
        }
    }

    pub(super) fn all(&self) -> &[Line] {
        &self.all
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The line that a row is in.
    pub(super) fn of_row(&self, row: usize) -> usize {
        self.of_row.get(row).copied().unwrap_or_default()
    }

    /// The row of the line that is `by` lines away from that of `row`, or of the nearest one with an event.
    pub(super) fn step(&self, row: usize, by: isize) -> usize {
        let last = self.all.len().saturating_sub(1);
        let to = self.of_row(row).saturating_add_signed(by).min(last);
        let before = || self.all[..to].iter().rev().find_map(Line::row);
        let after = || self.all[to..].iter().find_map(Line::row);
        let found = if by < 0 {
            self.all
                .get(to)
                .and_then(Line::row)
                .or_else(before)
                .or_else(after)
        } else {
            after().or_else(before)
        };
        found.unwrap_or(row)
    }

    /// The rows of the lines `top..end`, without those that are folded away.
    pub(super) fn rows(&self, top: usize, end: usize) -> impl DoubleEndedIterator<Item = usize> {
        let end = end.min(self.all.len());
        let lines = self.all.get(top..end).unwrap_or_default();
        lines.iter().filter_map(Line::row)
    }
}

/// The rows of each transaction.
fn transactions(rows: &[EventRow]) -> HashMap<&SafeText, Vec<usize>> {
    let mut parts: HashMap<&SafeText, Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Some(id) = row.event.transaction.as_ref().filter(|id| !id.is_empty()) {
            parts.entry(id).or_default().push(index);
        }
    }
    parts
}

impl Folding {
    fn is_open(&self, event: &LogEvent) -> bool {
        let id = event.transaction.as_ref();
        id.is_some_and(|id| self.open.contains(id))
    }
}

/// How bad an outcome is; the worst of a transaction is that of its line.
pub(super) fn badness(event: &LogEvent) -> (u8, bool) {
    let outcome = match event.result {
        Some(OutcomeResult::Failure | OutcomeResult::Deny) => 2,
        Some(OutcomeResult::Challenge | OutcomeResult::Unknown) => 1,
        _ => 0,
    };
    (outcome, is_notable(event))
}

impl Log {
    /// One line for each transaction, or a line for each event again.
    pub fn toggle_fold(&mut self) {
        self.folding = Folding {
            on: !self.folding.on,
            open: HashSet::new(),
        };
        self.relay();
    }

    /// Whether transactions are folded.
    pub fn is_folded(&self) -> bool {
        self.folding.on
    }

    /// Whether the cursor is on a folded line.
    pub fn is_on_fold(&self) -> bool {
        let line = self.lines.all().get(self.lines.of_row(self.cursor));
        matches!(line, Some(Line::Folded { .. }))
    }

    /// Shows the parts of the transaction under the cursor.
    pub fn unfold(&mut self) {
        let id = self
            .selected()
            .and_then(|row| row.event.transaction.clone());
        self.folding.open.extend(id);
        // What was opened is to be looked at.
        self.follow = false;
        self.relay();
    }

    /// Lays the lines anew, with the cursor where it was on the screen.
    pub(super) fn relay(&mut self) {
        let screen_line = self.lines.of_row(self.cursor).saturating_sub(self.top);
        self.lay_lines();
        let line = self.lines.of_row(self.cursor);
        self.top = line.saturating_sub(screen_line);
        if self.follow {
            self.top = self.lines.len();
        }
        self.keep_cursor_visible();
    }

    /// Lays the lines of the rows at hand.
    pub(super) fn lay_lines(&mut self) {
        let notes = self.notes();
        self.lines = Lines::of(&self.rows, &notes, &self.folding);
        // The cursor is on the first event of a folded line.
        let line = self.lines.all().get(self.lines.of_row(self.cursor));
        if let Some(Line::Folded { row, .. }) = line {
            self.cursor = *row;
        }
    }

    /// When the visible events were published: the first and the last of them.
    pub fn times_in_sight(&self) -> Option<(Timestamp, Timestamp)> {
        let end = self.top + self.height.max(1);
        let mut rows = self.lines.rows(self.top, end);
        let published = |row: usize| self.rows.get(row).map(|row| row.event.published);
        let first = rows.next()?;
        let last = rows.next_back().unwrap_or(first);
        published(first).zip(published(last))
    }
}
