//! How a command ends when it does not end well: the words for a person and the exit status for a script.

use std::fmt::Write as _;
use std::io;

use crate::agent::client::EXIT_TAKEN;
use crate::config::{ConfigError, NoProfile};
use crate::domain::text::SafeText;
use crate::msg::{Problem, ProblemKind};

/// Why a command did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Something to tell.
    Problem(Problem),
    /// A filter that cannot be read; the problem's column points into the text.
    Filter {
        /// The filter as it was typed.
        text: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// It worked and found nothing. Nothing needs to be said.
    NothingFound,
    /// It worked and found faults, which the data on standard output names.
    FaultsFound,
    /// It was done in part; the data on standard output tells which.
    Partial(String),
    /// Another agent has the data directory; the words name it.
    AgentTaken(String),
    /// A signal ended the command, and what it was about goes on; the words tell what.
    Left(String),
    /// A signal ended it before it was done.
    Interrupted,
    /// Whoever read standard output has gone, as `head` does.
    ReaderGone,
    /// Standard output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// A problem of this kind with a hint.
    pub fn new(kind: ProblemKind, summary: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Problem(problem(kind, summary, hint))
    }

    /// The exit status; part of the command line's contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Problem(problem) | Self::Filter { problem, .. } => exit_code_of(problem.kind),
            Self::NothingFound => 3,
            Self::FaultsFound | Self::Output(_) => 1,
            Self::Partial(_) => 7,
            Self::AgentTaken(_) => EXIT_TAKEN,
            Self::Interrupted | Self::Left(_) => 130,
            Self::ReaderGone => 0,
        }
    }

    /// The words for standard error; `None` when there is nothing to say.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Problem(problem) => Some(words_of(problem)),
            Self::Filter { text, problem } => Some(format!(
                "{}{}",
                pointed(text, problem.column),
                words_of(problem)
            )),
            Self::Partial(words) => Some(format!("warning: {words}")),
            Self::Left(words) => Some(format!("note: {words}")),
            Self::AgentTaken(words) => {
                Some(format!("error: {words}\n hint: `oktop agent stop` ends it"))
            }
            Self::Output(error) => {
                Some(format!("error: standard output cannot be written: {error}"))
            }
            Self::Interrupted => Some("interrupted: nothing was exported".to_owned()),
            Self::NothingFound | Self::FaultsFound | Self::ReaderGone => None,
        }
    }

    /// Joins the filter that was asked with, when the problem points into it.
    #[must_use]
    pub fn about_filter(self, text: &str) -> Self {
        match self {
            Self::Problem(problem) if problem.column.is_some() => Self::Filter {
                text: text.to_owned(),
                problem,
            },
            other => other,
        }
    }
}

/// How a list ends that had so many rows, where that is all there is.
///
/// # Errors
/// [`Failure::NothingFound`] when there are none.
pub fn something(rows: usize) -> Result<(), Failure> {
    match rows {
        0 => Err(Failure::NothingFound),
        _ => Ok(()),
    }
}

/// A problem with a hint.
pub fn problem(kind: ProblemKind, summary: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem {
        kind,
        summary: summary.into(),
        hint: Some(hint.into()),
        column: None,
    }
}

fn exit_code_of(kind: ProblemKind) -> u8 {
    match kind {
        ProblemKind::Internal => 1,
        ProblemKind::Usage => 2,
        ProblemKind::NotFound => 3,
        ProblemKind::Auth => 4,
        ProblemKind::RateLimited => 5,
        ProblemKind::Network => 6,
        ProblemKind::Partial => 7,
        ProblemKind::Refused | ProblemKind::Offline => 8,
    }
}

/// The words may hold what Okta sent, so they are made safe line by line.
fn words_of(problem: &Problem) -> String {
    let mut words = String::new();
    for (i, line) in problem.summary.lines().enumerate() {
        let lead = if i == 0 { "error: " } else { "\n       " };
        // Writing to a String cannot fail.
        let _ = write!(words, "{lead}{}", SafeText::new(line));
    }
    if let Some(hint) = &problem.hint {
        let _ = write!(words, "\n hint: {}", SafeText::new(hint));
    }
    words
}

/// The filter with a caret under the character where the trouble is.
fn pointed(text: &str, column: Option<usize>) -> String {
    let Some(column) = column else {
        return String::new();
    };
    let before: String = text.chars().take(column).collect();
    let indent = unicode_width::UnicodeWidthStr::width(SafeText::new(&before).as_str());
    format!("  {}\n  {:indent$}^\n", SafeText::new(text), "")
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = "correct the file; config.example.toml explains every key, `oktop config check` reads it again";
        Self::new(ProblemKind::Usage, error.to_string(), hint)
    }
}

impl From<NoProfile> for Failure {
    fn from(error: NoProfile) -> Self {
        Self::new(ProblemKind::Usage, error.to_string(), error.hint())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Output(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_filter_is_shown_with_a_caret_under_the_trouble() {
        let problem = Problem {
            kind: ProblemKind::Usage,
            summary: "there is no field `stat`".into(),
            hint: None,
            column: Some(4),
        };
        let failure = Failure::from(problem).about_filter("山田 stat:x");
        assert_eq!(failure.exit_code(), 2);
        // The two characters before the space are two cells wide each.
        assert_eq!(
            failure.words().unwrap(),
            "  山田 stat:x\n        ^\nerror: there is no field `stat`"
        );
    }

    #[test]
    fn words_cannot_carry_control_characters() {
        let failure = Failure::new(ProblemKind::NotFound, "no \x1b[31muser", "look\x07");
        let words = failure.words().unwrap();
        assert!(!words.contains(['\x1b', '\x07']), "{words}");
    }

    #[test]
    fn a_reader_that_left_is_no_failure() {
        let gone = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((gone.exit_code(), gone.words()), (0, None));
    }
}
