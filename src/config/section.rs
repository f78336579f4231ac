//! Reads one table of the configuration file key by key, and remembers what it was asked for: what nobody asked for is an unknown
//! key. So the code that reads the settings is the list of settings; there is no second one to keep in step.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigProblem;

/// Collects mistakes and known keys while a file is read.
pub(super) struct Report<'a> {
    text: &'a str,
    problems: Vec<ConfigProblem>,
    known: BTreeSet<String>,
}

impl<'a> Report<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            problems: Vec::new(),
            known: BTreeSet::new(),
        }
    }

    pub(super) fn problem(&mut self, span: Option<Range<usize>>, message: String) {
        let line = span.map(|span| line_of(self.text, span.start));
        self.problems.push(ConfigProblem { line, message });
    }

    /// The mistakes in the order of the file, and every key that was asked for.
    pub(super) fn finish(mut self) -> (Vec<ConfigProblem>, BTreeSet<String>) {
        self.problems.sort_by_key(|problem| problem.line);
        (self.problems, self.known)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// A table that is being read.
pub(super) struct Section<'a, 'r, 't> {
    /// Such as `profiles.acme.sync`; empty for the file itself.
    path: String,
    /// Where the file begins the table; `None` for the file itself and for a table that is not there.
    at: Option<Range<usize>>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
    report: &'r mut Report<'t>,
}

impl<'a, 'r, 't> Section<'a, 'r, 't> {
    /// The file itself.
    pub(super) fn root(table: &'a DeTable<'a>, report: &'r mut Report<'t>) -> Self {
        Self::new(String::new(), None, table, report)
    }

    fn new(
        path: String,
        at: Option<Range<usize>>,
        table: &'a DeTable<'a>,
        report: &'r mut Report<'t>,
    ) -> Self {
        Self {
            path,
            at,
            table,
            asked: Vec::new(),
            report,
        }
    }

    /// Notes a mistake at a value, or at the table when the value is not there.
    pub(super) fn problem(&mut self, key: &str, message: &str) {
        let span = self
            .table
            .get(key)
            .map(Spanned::span)
            .or_else(|| self.at.clone());
        let path = self.full(key);
        self.report.problem(span, format!("`{path}` {message}"));
    }

    /// Notes a mistake about the table as a whole.
    pub(super) fn problem_here(&mut self, message: &str) {
        self.report
            .problem(self.at.clone(), format!("`{}` {message}", self.path));
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a DeValue<'a>> {
        self.asked.push(key);
        let full = self.full(key);
        self.report.known.insert(full);
        self.table.get(key).map(Spanned::get_ref)
    }

    /// Reads a value with `read`; when that gives `None` the value `must` be something else.
    fn read<T>(
        &mut self,
        key: &'static str,
        must: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let read = read(value);
        if read.is_none() {
            self.problem(key, &format!("must be {must}"));
        }
        read
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.read(key, "text in quotes", |value| {
            value.as_str().filter(|text| !text.trim().is_empty())
        })
    }

    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.read(key, "true or false", DeValue::as_bool)
            .unwrap_or(default)
    }

    pub(super) fn integer(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let must = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &must, |value| {
            integer(value).filter(|number| range.contains(number))
        })
        .unwrap_or(default)
    }

    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
        default: f64,
    ) -> f64 {
        let must = format!("a number from {} to {}", range.start(), range.end());
        self.read(key, &must, |value| {
            number(value).filter(|number| range.contains(number))
        })
        .unwrap_or(default)
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> T {
        let names: Vec<String> = choices
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let must = format!("one of {}", names.join(", "));
        let find = |value: &DeValue<'_>| {
            let text = value.as_str()?;
            choices
                .iter()
                .find(|(name, _)| *name == text)
                .map(|(_, choice)| *choice)
        };
        self.read(key, &must, find).unwrap_or(default)
    }

    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.read(key, "a list of texts, such as [\"a\", \"b\"]", |value| {
            let items = value.as_array()?.iter();
            items
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        })
    }

    /// Reads a table inside this one; one that is not there is read as an empty one, so that its keys are known all the same.
    pub(super) fn inner<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_, '_, 't>) -> T,
    ) -> T {
        let empty = DeTable::new();
        let table = self.read(key, "a table", |value| value.as_table());
        let path = self.full(key);
        let at = self.table.get(key).map(Spanned::span);
        let mut section = Section::new(path, at, table.unwrap_or(&empty), self.report);
        let value = read(&mut section);
        section.close();
        value
    }

    /// The names and tables inside a table of tables.
    pub(super) fn each<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&str, &mut Section<'_, '_, 't>) -> T,
    ) -> Vec<(String, T)> {
        let Some(tables) = self.read(key, "a table of tables", |value| value.as_table()) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (name, value) in tables {
            let path = format!("{}.{}", self.full(key), name.get_ref());
            let Some(table) = value.get_ref().as_table() else {
                self.report
                    .problem(Some(value.span()), format!("`{path}` must be a table"));
                continue;
            };
            let at = Some(name.span());
            let mut section = Section::new(path, at, table, self.report);
            let value = read(name.get_ref(), &mut section);
            section.close();
            all.push((name.get_ref().to_string(), value));
        }
        all
    }

    /// Reports every key that was not asked for.
    pub(super) fn close(self) {
        for (key, _) in self.table {
            let name = key.get_ref();
            if !self.asked.iter().any(|asked| asked == name) {
                let message = unknown(&self.full(name), name, &self.asked);
                self.report.problem(Some(key.span()), message);
            }
        }
    }
}

fn integer(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let float = value
        .as_float()
        .and_then(|float| float.as_str().parse().ok());
    float.or_else(|| integer(value).map(|number| number as f64))
}

fn unknown(path: &str, name: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|known| (distance(name, known), known))
        .min();
    match nearest {
        Some((edits, known)) if edits <= 1 + name.len() / 4 => {
            format!("unknown key `{path}`; did you mean `{known}`?")
        }
        _ => format!("unknown key `{path}`; known here are {}", known.join(", ")),
    }
}

/// How many letters must be added, dropped or replaced to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        for (one, other, edits) in [
            ("", "", 0),
            ("share", "share", 0),
            ("shar", "share", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }
}
