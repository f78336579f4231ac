//! Standard output and standard error: the only place of the program that prints. Data goes to the one, words to the other.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use rustix::termios::tcgetwinsize;
use serde::Serialize;
use serde_json::Value;

use super::args::Format;
use super::command::events::Bounds;
use super::csv;
use super::export::columns::Chosen;
use super::table::{self, Layout};
use crate::domain::markdown;
use crate::domain::resource::Resource;
use crate::domain::text::{SafeText, escape_json};

/// Where a command writes its data.
pub struct Output {
    to: Box<dyn Write + Send>,
    format: Format,
    width: Option<usize>,
    is_silent: bool,
    /// Takes back all that was written, where that can be done.
    undo: Option<Undo>,
    /// Columns that are written in place of a kind's own, in CSV and Markdown.
    pub chosen: Option<Chosen>,
    /// What was written so far, for a manifest.
    pub about: About,
}

/// Takes back all that was written to a file.
type Undo = Box<dyn FnMut() -> io::Result<()> + Send>;

/// What was written, as far as a manifest tells of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// What the rows are, such as `users`.
    pub of: String,
    /// The names of the columns; none where each row is Okta's JSON.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: u64,
    /// What was asked for.
    pub query: Option<Value>,
    /// The stretch of the log that was asked for, where events were.
    pub stretch: Option<Bounds>,
    /// The lists of Okta's that tell of the rows.
    pub needs: Vec<Resource>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

impl Output {
    /// Standard output in this format. Tables are cut to the terminal's width when it is a terminal, never otherwise.
    pub fn stdout(format: Format) -> Self {
        let stdout = io::stdout();
        let width = stdout.is_terminal().then(terminal_width);
        Self::to(BufWriter::new(stdout), format, width)
    }

    /// Another place, such as a buffer in a test; `width` is that of a terminal, `None` when it is none.
    pub fn to(to: impl Write + Send + 'static, format: Format, width: Option<usize>) -> Self {
        Self {
            to: Box::new(to),
            format,
            width,
            is_silent: false,
            undo: None,
            chosen: None,
            about: About::default(),
        }
    }

    /// The same, whose end can be taken back to its beginning.
    #[must_use]
    pub fn with_undo(self, undo: impl FnMut() -> io::Result<()> + Send + 'static) -> Self {
        Self {
            undo: Some(Box::new(undo)),
            ..self
        }
    }

    /// Whether all that was written can be taken back.
    pub fn can_begin_again(&self) -> bool {
        self.undo.is_some()
    }

    /// Takes back all that was written.
    ///
    /// # Errors
    /// When it cannot be taken back.
    pub fn begin_again(&mut self) -> io::Result<()> {
        self.flush()?;
        self.about.rows = 0;
        self.undo.as_mut().map_or(Ok(()), |undo| undo())
    }

    /// The columns that were chosen, where this is written in columns for programs.
    pub fn chosen(&self) -> Option<&Chosen> {
        let has_columns = matches!(self.format, Format::Csv | Format::Markdown);
        self.chosen.as_ref().filter(|_| has_columns)
    }

    /// The same, while the terminal belongs to somebody else: standard error is left alone, too.
    #[must_use]
    pub fn silent(self) -> Self {
        Self {
            is_silent: true,
            ..self
        }
    }

    /// Says things worth knowing on standard error, and keeps them for a manifest.
    pub fn notes(&mut self, notes: &[String]) {
        if !self.is_silent {
            say_notes(notes);
        }
        let safe = notes.iter().map(|note| SafeText::new(note).to_string());
        self.about.notes.extend(safe);
    }

    /// Replaces the passing line on standard error, when a person is looking.
    pub fn passing(&self, words: &str) {
        if !self.is_silent {
            say_passing(words);
        }
    }

    /// The format that was asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether rows are written as JSON and so need Okta's.
    pub fn wants_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::Ndjson)
    }

    /// Whether people look at it right now.
    pub fn is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// The width in cells when it is a terminal.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// Writes text as it is; whoever made it has made it safe.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    /// Writes one line and hands it over at once, for whoever waits for it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        self.text(line)?;
        self.text("\n")?;
        self.flush()
    }

    /// Writes bytes as they are: a script or a manual page of ours.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)
    }

    /// Writes a value of ours as JSON: over several lines, or on one when lines are asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = match self.format {
            Format::Ndjson => serde_json::to_string(value)?,
            _ => serde_json::to_string_pretty(value)?,
        };
        self.text(&escape_json(&text))?;
        self.text("\n")
    }

    /// Writes rows under the names of their columns: as CSV when that is asked for, otherwise as a table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn sheet(&mut self, names: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        if self.format == Format::Csv {
            self.text(&csv::line(names))?;
            return rows.iter().try_for_each(|row| self.text(&csv::line(row)));
        }
        if self.format == Format::Markdown {
            self.text(&markdown::head(names))?;
            return rows
                .iter()
                .try_for_each(|row| self.text(&markdown::line(row)));
        }
        let headings: Vec<String> = names.iter().map(|name| table::heading(name)).collect();
        let layout = Layout::new(&headings, rows, self.width);
        self.text(&layout.line(&headings))?;
        rows.iter().try_for_each(|row| self.text(&layout.line(row)))
    }

    /// Hands everything over to the reader.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Whether a person sits at both ends: what is written is seen, and what is typed arrives.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn terminal_width() -> usize {
    match terminal_size() {
        Some((columns, _)) if columns > 0 => usize::from(columns),
        _ => 80,
    }
}

/// Columns and rows of the terminal that standard output or, when that leads elsewhere, standard error is.
pub fn terminal_size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stderr()));
    size.ok().map(|size| (size.ws_col, size.ws_row))
}

/// Says something on standard error. When even that fails there is nobody left to tell.
pub fn say(words: &str) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// Says things worth knowing on standard error, each on a line.
pub fn say_notes(notes: &[String]) {
    for note in notes {
        say(&format!("note: {}", SafeText::new(note)));
    }
}

/// Replaces the line on standard error by another, when a person is looking; the empty text takes it away.
pub fn say_passing(words: &str) {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{words}");
        let _ = stderr.flush();
    }
}
