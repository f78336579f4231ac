//! What came of an import, for a person, for a machine and for the exit status.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::files::{BadAt, Origin};
use crate::cli::failure::{Failure, problem};
use crate::cli::output::{self, Output};
use crate::domain::resource::Stretch;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::msg::{Imported, ProblemKind};

/// Bad lines that are told one by one; the others are counted.
const TOLD: usize = 10;

/// What came of an import.
pub(super) struct Report {
    files: Vec<SafeText>,
    events: u64,
    stored: u64,
    duplicates: u64,
    conflicts: u64,
    /// Events that were rebuilt from columns.
    rebuilt: u64,
    bad_lines: u64,
    /// The first bad lines, by file and line.
    told: Vec<BadAt>,
    gaps_filled: Option<u64>,
    /// Of which stretch the log is known to be complete now.
    covered: Option<Stretch>,
}

impl Report {
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let name = |file: &PathBuf| SafeText::new(&file.to_string_lossy());
        Self {
            files: files.iter().map(name).collect(),
            events: 0,
            stored: 0,
            duplicates: 0,
            conflicts: 0,
            rebuilt: 0,
            bad_lines: 0,
            told: Vec::new(),
            gaps_filled: None,
            covered: None,
        }
    }

    pub(super) fn imported(&mut self, origin: &Origin, imported: Imported) {
        let events = imported.stored + imported.duplicates;
        self.events += events;
        self.stored += imported.stored;
        self.duplicates += imported.duplicates;
        self.conflicts += imported.conflicts;
        if origin.rebuilt {
            self.rebuilt += events;
        }
        for (place, why) in imported.bad {
            let place = usize::try_from(place).ok();
            let line = place.and_then(|place| origin.lines.get(place)).copied();
            self.bad(BadAt {
                file: origin.file,
                line,
                why,
            });
        }
    }

    /// Counts a bad line, which is told at the end when it is one of the first. The agent finds out later than this command what is no
    /// event, so they come in no order.
    pub(super) fn bad(&mut self, bad: BadAt) {
        self.bad_lines += 1;
        let place = |bad: &BadAt| (bad.file, bad.line);
        let before = self.told.partition_point(|told| place(told) <= place(&bad));
        self.told.insert(before, bad);
        self.told.truncate(TOLD);
    }

    /// Words for the first of the bad lines, and for how many more there are.
    fn bad_told(&self) -> Vec<String> {
        let told = self.told.iter();
        let mut told: Vec<String> = told
            .map(|bad| format!("warning: {}", self.words_of(bad)))
            .collect();
        let more = self.bad_lines.saturating_sub(told.len() as u64);
        if more > 0 {
            told.push(format!("warning: and {more} more"));
        }
        told
    }

    pub(super) fn covered(&mut self, stretch: Stretch, gaps: u64) {
        self.covered = Some(stretch);
        self.gaps_filled = Some(gaps);
    }

    pub(super) fn has_bad(&self) -> bool {
        self.bad_lines > 0
    }

    pub(super) fn progress(&self) -> String {
        format!(
            "imported {} events, {} of them new",
            self.events, self.stored
        )
    }

    /// Writes the summary.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn write(&self, out: &mut Output) -> Result<(), Failure> {
        output::say_passing("");
        for words in self.bad_told() {
            output::say(&words);
        }
        if self.conflicts > 0 {
            output::say(&format!(
                "note: {} events were stored already in other words, which stay",
                self.conflicts
            ));
        }
        if let Some(stretch) = self.covered {
            let (from, to) = (format_okta(stretch.from), format_okta(stretch.to));
            output::say(&format!(
                "the log is taken to be complete from {from} to {to}"
            ));
        }
        if out.wants_json() {
            return Ok(out.json(&self.json())?);
        }
        let counts = self.counts();
        let (names, row): (Vec<&str>, Vec<String>) = counts
            .iter()
            .map(|(name, count)| (*name, count.to_string()))
            .unzip();
        Ok(out.sheet(&names, &[row])?)
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let mut counts = vec![
            ("files", self.files.len() as u64),
            ("events", self.events),
            ("stored", self.stored),
            ("duplicates", self.duplicates),
            ("conflicts", self.conflicts),
            ("rebuilt", self.rebuilt),
            ("bad_lines", self.bad_lines),
        ];
        counts.extend(self.gaps_filled.map(|gaps| ("gaps_filled", gaps)));
        counts
    }

    fn json(&self) -> Value {
        let counts = self.counts().into_iter();
        let mut json: Value = counts
            .map(|(name, count)| (name.to_owned(), Value::from(count)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        if let Some(stretch) = self.covered {
            let (from, to) = (format_okta(stretch.from), format_okta(stretch.to));
            json["covered"] = json!({"from": from, "to": to});
        }
        let bad = self.told.iter();
        json["bad"] = bad
            .map(|bad| json!({"file": self.files.get(bad.file), "line": bad.line, "why": bad.why}))
            .collect();
        json
    }

    fn words_of(&self, bad: &BadAt) -> String {
        let file = self.files.get(bad.file).map_or("", SafeText::as_str);
        match bad.line {
            Some(line) => format!("{file}:{line}: {}", bad.why),
            None => format!("{file}: {}", bad.why),
        }
    }

    /// How the command ends.
    ///
    /// # Errors
    /// [`Failure::Partial`] when something was no event; another when nothing was imported for it.
    pub(super) fn verdict(&self, strict: bool) -> Result<(), Failure> {
        let Some(first) = self.told.first() else {
            return Ok(());
        };
        if self.events == 0 {
            let hint = "it takes JSON, NDJSON and the Admin Console's CSV of the System Log";
            let summary = format!("nothing was imported: {}", self.words_of(first));
            // A file that is none of these was named by mistake.
            let kind = match first.line {
                None => ProblemKind::Usage,
                Some(_) => ProblemKind::Internal,
            };
            return Err(problem(kind, summary, hint).into());
        }
        let words = if strict {
            format!(
                "stopped at the first line that is no event: {}",
                self.words_of(first)
            )
        } else if self.bad_lines == 1 {
            "1 line is no event and was left out".to_owned()
        } else {
            format!("{} lines are no events and were left out", self.bad_lines)
        };
        Err(Failure::Partial(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of sixteen bad lines ten were named, not the first, and of the others nothing was said.
    #[test]
    fn the_first_bad_lines_are_told_and_how_many_more() {
        let files = [PathBuf::from("a.json"), PathBuf::from("b.json")];
        let mut report = Report::of(&files);
        let bad = |file, line| BadAt {
            file,
            line: Some(line),
            why: "it is no event".into(),
        };
        for line in 5..15 {
            report.bad(bad(0, line));
        }
        report.bad(bad(1, 1));
        assert_eq!(report.bad_told().len(), TOLD + 1);
        report.bad(bad(0, 4));
        let told = report.bad_told();
        assert_eq!(told[0], "warning: a.json:4: it is no event");
        assert_eq!(told[9], "warning: a.json:13: it is no event");
        assert_eq!(told[10], "warning: and 2 more");
        let mut few = Report::of(&files);
        few.bad(bad(0, 4));
        assert_eq!(few.bad_told(), ["warning: a.json:4: it is no event"]);
    }
}
