//! Writes a list row by row in the format that was asked for, without ever holding the whole of it.

use std::io;
use std::marker::PhantomData;

use super::args::Format;
use super::csv;
use super::failure::Failure;
use super::output::{self, Output};
use super::record::Record;
use super::table::{Layout, heading};
use crate::msg::ProblemKind;

/// A list that is being written.
pub struct Listing<'a, R> {
    out: &'a mut Output,
    /// The columns of a table, once the first rows have shown how wide they are.
    layout: Option<Layout>,
    /// Rows written.
    rows: usize,
    of: PhantomData<R>,
}

impl<'a, R: Record> Listing<'a, R> {
    /// Begins a list: CSV has its headings even when no row follows.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn begin(out: &'a mut Output) -> Result<Self, Failure> {
        match out.format() {
            Format::Csv => out.text(&csv::line(&names::<R>()))?,
            Format::Json => out.text("[")?,
            Format::Table | Format::Ndjson => {}
        }
        Ok(Self {
            out,
            layout: None,
            rows: 0,
            of: PhantomData,
        })
    }

    /// How many rows were written.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Writes some rows. The columns of a table are as wide as the first rows that come together need.
    ///
    /// # Errors
    /// When standard output cannot be written, or a row lacks the JSON that was asked for.
    pub fn add(&mut self, rows: &[R]) -> Result<(), Failure> {
        match self.out.format() {
            Format::Table => self.add_to_table(rows)?,
            Format::Csv => rows.iter().try_for_each(|row| self.add_csv(row))?,
            Format::Json | Format::Ndjson => rows.iter().try_for_each(|row| self.add_json(row))?,
        }
        Ok(self.out.flush()?)
    }

    fn add_to_table(&mut self, rows: &[R]) -> io::Result<()> {
        let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, true)).collect();
        if self.layout.is_none() && !rows.is_empty() {
            let headings = headings::<R>();
            let layout = Layout::new(&headings, &cells, self.out.width());
            self.out.text(&layout.line(&headings))?;
            self.layout = Some(layout);
        }
        let Some(layout) = &self.layout else {
            return Ok(());
        };
        self.rows += rows.len();
        cells
            .iter()
            .try_for_each(|row| self.out.text(&layout.line(row)))
    }

    fn add_csv(&mut self, row: &R) -> io::Result<()> {
        self.rows += 1;
        self.out.text(&csv::line(&cells(row, false)))
    }

    /// The rows of an array stand on lines of their own, so that a person can read them too.
    fn add_json(&mut self, row: &R) -> Result<(), Failure> {
        let json = row.json().ok_or_else(no_json)?;
        let (lead, end) = match (self.out.format(), self.rows) {
            (Format::Ndjson, _) => ("", "\n"),
            (_, 0) => ("\n", ""),
            _ => (",\n", ""),
        };
        self.rows += 1;
        Ok(self.out.text(&format!("{lead}{json}{end}"))?)
    }

    /// Ends the list and gives how many rows it had. A person who would see nothing at all is told so.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn end(self) -> Result<usize, Failure> {
        if self.out.format() == Format::Json {
            self.out
                .text(if self.rows == 0 { "]\n" } else { "\n]\n" })?;
        }
        if self.out.format() == Format::Table && self.rows == 0 {
            output::say(&format!("no {}", R::PLURAL));
        }
        self.out.flush()?;
        Ok(self.rows)
    }
}

fn names<R: Record>() -> Vec<&'static str> {
    R::COLUMNS.iter().map(|column| column.name).collect()
}

fn headings<R: Record>() -> Vec<String> {
    let columns = R::COLUMNS.iter().filter(|column| column.in_table);
    columns.map(|column| heading(column.name)).collect()
}

fn cells<R: Record>(row: &R, table: bool) -> Vec<String> {
    let columns = R::COLUMNS.iter().filter(|column| column.in_table || !table);
    columns.map(|column| (column.text)(row)).collect()
}

/// Every row is asked for with Okta's JSON when JSON is written, so its lack is a fault of ours.
pub fn no_json() -> Failure {
    Failure::new(
        ProblemKind::Internal,
        "the mirror holds a row without Okta's JSON",
        "run `oktop sync`, which reads it again",
    )
}
