//! Reads one table of the configuration file key by key, and remembers what it was asked for: what nobody asked for is an unknown
//! key. So the code that reads the settings is the list of settings; there is no second one to keep in step.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ConfigProblem, Spot};
use crate::domain::spelling;

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
        let at = span.map(|span| spot_of(self.text, span.start));
        self.problems.push(ConfigProblem { at, message });
    }

    /// The mistakes in the order of the file, and every key that was asked for.
    pub(super) fn finish(mut self) -> (Vec<ConfigProblem>, BTreeSet<String>) {
        self.problems.sort_by_key(|problem| problem.at);
        (self.problems, self.known)
    }
}

fn spot_of(text: &str, offset: usize) -> Spot {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    Spot {
        line: 1 + before.bytes().filter(|byte| *byte == b'\n').count(),
        column: 1 + line.chars().count(),
    }
}

/// A table that is being read.
pub(super) struct Section<'a, 'r, 't> {
    /// Such as `profiles.acme.sync`; empty for the file itself.
    path: String,
    /// Where the file begins the table; `None` for the file itself and for a table that is not there.
    at: Option<Range<usize>>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
    /// Whether its keys may be anything.
    is_free: bool,
    report: &'r mut Report<'t>,
}

/// A key of the operator's own, and its values.
pub(super) struct Free {
    pub(super) name: String,
    pub(super) at: Spot,
    pub(super) values: Vec<(String, Spot)>,
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
            is_free: false,
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

    /// Reads this table's keys as names that are free, each with a text or a list of texts.
    pub(super) fn free(&mut self, must: &str) -> Vec<Free> {
        let spot = |report: &Report<'_>, span: Range<usize>| spot_of(report.text, span.start);
        let mut all = Vec::new();
        for (name, value) in self.table {
            let values: Option<Vec<(String, Range<usize>)>> = match value.get_ref() {
                DeValue::String(text) => Some(vec![(text.to_string(), value.span())]),
                DeValue::Array(items) => items
                    .iter()
                    .map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span())))
                    .collect(),
                _ => None,
            };
            let Some(values) = values else {
                self.problem(name.get_ref(), &format!("must be {must}"));
                continue;
            };
            let values = values.into_iter();
            all.push(Free {
                name: name.get_ref().to_string(),
                at: spot(self.report, name.span()),
                values: values
                    .map(|(text, span)| (text, spot(self.report, span)))
                    .collect(),
            });
        }
        self.is_free = true;
        all.sort_by_key(|one| one.at);
        all
    }

    /// Reports every key that was not asked for.
    pub(super) fn close(self) {
        if self.is_free {
            return;
        }
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
    match spelling::nearest(name, known.iter().copied(), 1).first() {
        Some(known) => format!("unknown key `{path}`; did you mean `{known}`?"),
        None => format!("unknown key `{path}`; known here are {}", known.join(", ")),
    }
}
