//! Writes a list row by row in the format that was asked for, without ever holding the whole of it.

use std::io;

use super::args::Format;
use super::csv;
use super::failure::Failure;
use super::output::{self, Output};
use super::record::{Column, Record};
use super::table::{Layout, heading};
use crate::domain::markdown;
use crate::msg::ProblemKind;

/// What a list is of: the word for many of them, and its columns.
pub struct Head {
    /// The word for many of them.
    pub plural: String,
    /// The name of each column, and whether tables have it.
    pub columns: Vec<(&'static str, bool)>,
}

impl Head {
    /// That of a kind of row.
    pub fn of<R: Record>() -> Self {
        let columns = R::COLUMNS.iter();
        Self {
            plural: R::PLURAL.to_owned(),
            columns: columns
                .map(|column| (column.name, column.in_table))
                .collect(),
        }
    }
}

impl Head {
    /// The names of the columns that this format has.
    fn names(&self, format: Format) -> Vec<&'static str> {
        let has = |in_table| match format {
            Format::Table | Format::Markdown => in_table,
            Format::Csv => true,
            Format::Json | Format::Ndjson => false,
        };
        let columns = self.columns.iter();
        columns
            .filter(|(_, in_table)| has(*in_table))
            .map(|(name, _)| *name)
            .collect()
    }
}

/// A row as it is written.
pub enum Line {
    /// The text of each column.
    Cells(Vec<String>),
    /// The row's JSON, on one line.
    Json(String),
}

impl Line {
    /// A row in the form that the output wants.
    ///
    /// # Errors
    /// When JSON is wanted and the row came without it.
    pub fn of<R: Record>(row: &R, out: &Output) -> Result<Self, Failure> {
        if out.wants_json() {
            return Ok(Self::Json(row.json().ok_or_else(no_json)?));
        }
        let chosen = out.chosen().and_then(|chosen| row.in_columns(chosen));
        Ok(Self::Cells(
            chosen.unwrap_or_else(|| cells(row, out.format())),
        ))
    }
}

fn cells<R: Record>(row: &R, format: Format) -> Vec<String> {
    let text = |column: &Column<R>| match (format, column.told) {
        (Format::Table | Format::Markdown, Some(told)) => told(row),
        _ => (column.text)(row),
    };
    R::COLUMNS.iter().map(text).collect()
}

/// A list that is being written.
pub struct Listing<'a> {
    out: &'a mut Output,
    head: Head,
    /// The columns of a table, once the first rows have shown how wide they are.
    layout: Option<Layout>,
    /// Rows written.
    rows: usize,
}

impl<'a> Listing<'a> {
    /// Begins a list: CSV has its headings even when no row follows.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn begin(out: &'a mut Output, head: Head) -> Result<Self, Failure> {
        let names = match out.chosen() {
            Some(chosen) => chosen.titles(),
            None => head
                .names(out.format())
                .into_iter()
                .map(str::to_owned)
                .collect(),
        };
        match out.format() {
            Format::Csv => out.text(&csv::line(&names))?,
            Format::Markdown => out.text(&markdown::head(&names))?,
            Format::Json => out.text("[")?,
            Format::Table | Format::Ndjson => {}
        }
        out.about.of.clone_from(&head.plural);
        out.about.columns = names;
        Ok(Self {
            out,
            head,
            layout: None,
            rows: 0,
        })
    }

    /// Begins a list of one kind of row.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn of<R: Record>(out: &'a mut Output) -> Result<Self, Failure> {
        Self::begin(out, Head::of::<R>())
    }

    /// The text of each column of a row.
    pub fn cells<R: Record>(&self, row: &R) -> Vec<String> {
        cells(row, self.out.format())
    }

    /// Replaces the passing line on standard error, when a person is looking.
    pub fn passing(&self, words: &str) {
        self.out.passing(words);
    }

    /// How many rows were written.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Writes some rows of one kind.
    ///
    /// # Errors
    /// As [`add`](Self::add), and when a row lacks the JSON that was asked for.
    pub fn add_rows<R: Record>(&mut self, rows: &[R]) -> Result<(), Failure> {
        let lines = rows.iter().map(|row| Line::of(row, self.out));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        self.add(lines)
    }

    /// Writes some rows. The columns of a table are as wide as the rows need that came together first, and become wider for those of
    /// later ones that need it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn add(&mut self, lines: Vec<Line>) -> Result<(), Failure> {
        let mut table = Vec::new();
        self.out.about.rows += lines.len() as u64;
        for line in lines {
            match (line, self.out.format()) {
                (Line::Json(json), _) => self.add_json(&json)?,
                (Line::Cells(cells), Format::Csv) => {
                    self.rows += 1;
                    self.out.text(&csv::line(&cells))?;
                }
                (Line::Cells(cells), Format::Markdown) => {
                    self.rows += 1;
                    let cells = match self.out.chosen() {
                        Some(_) => cells,
                        None => self.of_table(cells),
                    };
                    self.out.text(&markdown::line(&cells))?;
                }
                (Line::Cells(cells), _) => table.push(self.of_table(cells)),
            }
        }
        self.add_to_table(&table)?;
        Ok(self.out.flush()?)
    }

    /// The cells that a table has.
    fn of_table<T>(&self, cells: Vec<T>) -> Vec<T> {
        let columns = self.head.columns.iter();
        let shown = cells.into_iter().zip(columns);
        shown
            .filter_map(|(cell, (_, in_table))| in_table.then_some(cell))
            .collect()
    }

    fn add_to_table(&mut self, rows: &[Vec<String>]) -> io::Result<()> {
        if self.layout.is_none() && !rows.is_empty() {
            let names = self.head.columns.iter().map(|(name, _)| heading(name));
            let headings = self.of_table(names.collect());
            let layout = Layout::new(&headings, rows, self.out.width());
            self.out.text(&layout.line(&headings))?;
            self.layout = Some(layout);
        }
        let Some(layout) = &mut self.layout else {
            return Ok(());
        };
        layout.widen(rows);
        self.rows += rows.len();
        rows.iter()
            .try_for_each(|row| self.out.text(&layout.line(row)))
    }

    /// The rows of an array stand on lines of their own, so that a person can read them too.
    fn add_json(&mut self, json: &str) -> io::Result<()> {
        let (lead, end) = match (self.out.format(), self.rows) {
            (Format::Ndjson, _) => ("", "\n"),
            (_, 0) => ("\n", ""),
            _ => (",\n", ""),
        };
        self.rows += 1;
        self.out.text(&format!("{lead}{json}{end}"))
    }

    /// Ends the list and gives how many rows it had. A person who would see nothing at all is told so.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn end(self) -> Result<usize, Failure> {
        self.end_of(true)
    }

    /// The same; nobody is told that there is nothing when that is not known.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn end_of(self, complete: bool) -> Result<usize, Failure> {
        if self.out.format() == Format::Json {
            self.out
                .text(if self.rows == 0 { "]\n" } else { "\n]\n" })?;
        }
        if self.out.format() == Format::Table && self.rows == 0 && complete {
            output::say(&format!("no {}", self.head.plural));
        }
        self.out.flush()?;
        Ok(self.rows)
    }
}

/// Every row is asked for with Okta's JSON when JSON is written, so its lack is a fault of ours.
pub fn no_json() -> Failure {
    Failure::new(
        ProblemKind::Internal,
        "the mirror holds a row without Okta's JSON",
        "run `oktop sync`, which reads it again",
    )
}
