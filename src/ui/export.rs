//! What is to be written to a file, as the console's edge is told: the question for everything that is filtered, and where it goes.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::format;
use super::prompt::Prompt;
use super::record::{Topic, Wanted};
use crate::domain::id::EventUuid;
use crate::domain::query::EventQuery;
use crate::msg::Problem;

/// A list that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Which rows.
    pub what: What,
    /// What they are called, more than one of them.
    pub plural: String,
    /// The columns that were chosen, by heading or as paths, where the format has columns; `None` for all that files have.
    pub columns: Option<Vec<String>>,
    /// The file as it was typed; its ending says the format.
    pub path: String,
}

/// Which rows: all that pass the filter, in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Those of a list.
    List {
        /// What it lists.
        topic: Topic,
        /// Filter and order.
        wanted: Wanted,
    },
    /// Events.
    Events(EventQuery),
    /// Events that were marked.
    Marked(Vec<EventUuid>),
}

/// How the writing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It goes on.
    Going {
        /// Rows so far.
        rows: usize,
        /// How many there will be, where that is known.
        of: Option<usize>,
        /// Up to when the log was read.
        reached: Option<Timestamp>,
    },
    /// It is done; a sentence about it, without its end.
    Done(String),
    /// It came to nothing.
    Failed(Problem),
}

/// Endings of files, each for a format, in the order in which Tab offers them.
const ENDINGS: [&str; 4] = ["csv", "ndjson", "md", "json"];

/// The name that is proposed for a list.
pub fn proposed(what: &str, now: Timestamp) -> String {
    let mut name = String::new();
    for c in what.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let stamp = now.strftime("%Y%m%d-%H%M%S");
    format!("oktop-{}-{stamp}.{}", name.trim_matches('-'), ENDINGS[0])
}

/// The name with the next ending; with the first one when it has none of them.
pub fn with_next_ending(name: &str) -> String {
    let (stem, next) = match name.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => {
            let at = ENDINGS
                .iter()
                .position(|known| ending.eq_ignore_ascii_case(known));
            // A name such as `users.c` is completed before another ending is offered.
            let begun = ENDINGS.iter().position(|known| known.starts_with(ending));
            match (at, begun) {
                (Some(at), _) => (stem, (at + 1) % ENDINGS.len()),
                (None, Some(begun)) => (stem, begun),
                (None, None) => (name, 0),
            }
        }
        _ => (name, 0),
    };
    format!("{stem}.{}", ENDINGS[next])
}

/// What became of a key at the prompt for a file's name.
#[derive(Clone, Debug)]
pub enum Typed {
    /// The name is still being typed.
    Going(Prompt),
    /// This is the name.
    Done(String),
    /// None is wanted.
    GivenUp,
}

/// Takes a key at the prompt: Tab turns to the next format.
pub fn key(mut prompt: Prompt, key: KeyEvent) -> Typed {
    match key.code {
        KeyCode::Esc => Typed::GivenUp,
        KeyCode::Enter if prompt.text().trim().is_empty() => Typed::Going(prompt),
        KeyCode::Enter => Typed::Done(prompt.text().trim().to_owned()),
        KeyCode::Tab => Typed::Going(Prompt::new(&with_next_ending(prompt.text()))),
        _ => {
            prompt.key(key);
            Typed::Going(prompt)
        }
    }
}

/// An export that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    plural: String,
    rows: usize,
    of: Option<usize>,
    reached: Option<Timestamp>,
}

impl Progress {
    /// Of one that has just begun.
    pub fn of(job: &Job) -> Self {
        Self {
            plural: job.plural.clone(),
            rows: 0,
            of: None,
            reached: None,
        }
    }

    /// Takes in how far it is.
    pub fn at(&mut self, rows: usize, of: Option<usize>, reached: Option<Timestamp>) {
        (self.rows, self.of, self.reached) = (rows, of, reached);
    }

    /// How far it is, in words.
    pub fn words(&self) -> String {
        let rows = format::count_len(self.rows);
        let of = match (self.of, self.reached) {
            (Some(of), _) => format!(" of {}", format::count_len(of)),
            (None, Some(reached)) => format!(" to {}", format::minute(reached)),
            (None, None) => String::new(),
        };
        format!("exporting {rows}{of} {} (ctrl-c stops)", self.plural)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_proposed_that_is_a_name_everywhere() {
        let now = "2026-11-23T05:04:03Z".parse().unwrap();
        assert_eq!(
            proposed("users of a group", now),
            "oktop-users-of-a-group-20261123-050403.csv"
        );
        assert_eq!(proposed("  ../x", now), "oktop-x-20261123-050403.csv");
    }

    #[test]
    fn tab_goes_through_the_formats_and_completes_what_was_begun() {
        let mut name = "a.b.csv".to_owned();
        for expected in ["a.b.ndjson", "a.b.md", "a.b.json", "a.b.csv"] {
            name = with_next_ending(&name);
            assert_eq!(name, expected);
        }
        assert_eq!(with_next_ending("users"), "users.csv");
        assert_eq!(with_next_ending("users."), "users.csv");
        assert_eq!(with_next_ending("users.n"), "users.ndjson");
        assert_eq!(with_next_ending("users.2026"), "users.2026.csv");
        assert_eq!(with_next_ending("dir.d/users"), "dir.d/users.csv");
    }
}
