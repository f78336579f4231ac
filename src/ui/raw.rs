//! Okta's JSON, or the same as YAML, to be read: with a cursor, folded where it is long, and searched.

mod lines;
mod tree;

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line as Shown, Span};

use super::canvas::{self, Pen};
use super::format;
use super::text_view::Move;
use super::theme::Theme;
use crate::domain::text::{RawJson, escape_json};

pub use lines::Form;
use lines::{Kind, Line, plain};

/// The column that shows where the cursor is.
const MARGIN: usize = 1;

/// JSON that is looked at.
#[derive(Clone, Debug, Default)]
pub struct RawView {
    /// Of which JSON the lines are.
    json: String,
    form: Form,
    lines: Vec<Line>,
    /// Places that are folded.
    folded: HashSet<String>,
    /// Index of the line under the cursor.
    cursor: usize,
    /// Index of the first row in sight.
    top: usize,
    height: usize,
    /// What is in sight or would be by scrolling: each row with the index of its line.
    rows: Vec<(usize, Shown<'static>)>,
    /// What is searched for; empty when nothing is.
    needle: String,
}

impl RawView {
    /// Takes in the JSON as it is now and the room for it.
    pub fn fit(&mut self, json: &RawJson, width: usize, height: usize, theme: Theme) {
        if self.json != json.as_unsafe_str() || self.lines.is_empty() {
            json.as_unsafe_str().clone_into(&mut self.json);
            self.lines = lines::lines(&escape_json(&self.json), self.form);
            self.cursor = self.cursor.min(self.lines.len().saturating_sub(1));
        }
        self.height = height;
        self.rows = self.painted(width, theme);
        self.keep_cursor_in_sight();
    }

    /// All of its lines, as they are folded.
    pub fn texts(&self) -> Vec<String> {
        let shown = self
            .visible()
            .into_iter()
            .filter_map(|index| self.lines.get(index));
        let text = |line: &Line| {
            let folded = if self.is_folded(line) {
                &*line.folded
            } else {
                ""
            };
            format!("{}{}{folded}", "  ".repeat(line.depth), line.text())
        };
        shown.map(text).collect()
    }

    /// How it is written.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Writes it in the other form; the cursor stays on its place.
    pub fn turn_form(&mut self) {
        self.form = match self.form {
            Form::Json => Form::Yaml,
            Form::Yaml => Form::Json,
        };
        let path = self.lines.get(self.cursor).map(|line| line.path.clone());
        self.lines = lines::lines(&escape_json(&self.json), self.form);
        let same = self
            .lines
            .iter()
            .position(|line| Some(&line.path) == path.as_ref());
        self.cursor = same.unwrap_or(0);
    }

    /// The lines that no fold hides.
    fn visible(&self) -> Vec<usize> {
        let mut visible = Vec::new();
        let mut index = 0;
        while let Some(line) = self.lines.get(index) {
            visible.push(index);
            index = match line.end {
                Some(end) if self.is_folded(line) => end + 1,
                _ => index + 1,
            };
        }
        visible
    }

    fn is_folded(&self, line: &Line) -> bool {
        line.end.is_some() && self.folded.contains(&line.path)
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Move) {
        let visible = self.visible();
        let at = visible.partition_point(|line| *line < self.cursor);
        let last = visible.len().saturating_sub(1);
        let at = match to.distance(self.height) {
            Some(by) => at.saturating_add_signed(by).min(last),
            None if to == Move::Top => 0,
            None => last,
        };
        self.cursor = visible.get(at).copied().unwrap_or(0);
        self.keep_cursor_in_sight();
    }

    /// Folds what the line under the cursor begins, or unfolds it.
    pub fn toggle_fold(&mut self) {
        match self.lines.get(self.cursor) {
            Some(line) if line.end.is_some() => {
                if !self.folded.remove(&line.path) {
                    self.folded.insert(line.path.clone());
                }
            }
            _ => self.fold(),
        }
    }

    /// Folds what the line under the cursor begins, or else goes to the beginning of what it is in.
    pub fn fold(&mut self) {
        let Some(line) = self.lines.get(self.cursor) else {
            return;
        };
        if line.end.is_some() && !self.is_folded(line) {
            self.folded.insert(line.path.clone());
        } else if let Some(around) = self.around(self.cursor) {
            self.cursor = around;
        }
    }

    /// Unfolds what the line under the cursor begins.
    pub fn unfold(&mut self) {
        if let Some(line) = self.lines.get(self.cursor) {
            self.folded.remove(&line.path);
        }
    }

    /// The line that begins what this one is in.
    fn around(&self, index: usize) -> Option<usize> {
        let before = self.lines.get(..index)?;
        before
            .iter()
            .rposition(|line| line.end.is_some_and(|end| end >= index))
    }

    /// What is searched for; empty when nothing is.
    pub fn needle(&self) -> &str {
        &self.needle
    }

    /// Searches for a text, in upper or lower case, from the cursor on.
    pub fn search(&mut self, needle: &str) {
        needle.clone_into(&mut self.needle);
        let is_here = self
            .lines
            .get(self.cursor)
            .is_some_and(|line| self.hits(line));
        if !needle.is_empty() && !is_here {
            self.next_match(true);
        }
    }

    fn hits(&self, line: &Line) -> bool {
        !self.needle.is_empty() && find(&line.text(), &self.needle, 0).is_some()
    }

    /// Goes to the next line that has what is searched for, round the end, and unfolds what hides it.
    pub fn next_match(&mut self, forward: bool) {
        let count = self.lines.len();
        let found = (1..=count).map(|step| {
            let step = if forward { step } else { count - step };
            (self.cursor + step) % count
        });
        let found = found
            .into_iter()
            .find(|index| self.hits(&self.lines[*index]));
        if let Some(found) = found {
            self.cursor = found;
            let mut around = self.around(found);
            while let Some(index) = around {
                self.folded.remove(&self.lines[index].path);
                around = self.around(index);
            }
        }
    }

    /// Which of the matches the cursor is on, in words; `None` while nothing is searched for.
    pub fn match_words(&self) -> Option<String> {
        if self.needle.is_empty() {
            return None;
        }
        let all: Vec<usize> = (0..self.lines.len())
            .filter(|index| self.hits(&self.lines[*index]))
            .collect();
        let at = all.iter().position(|index| *index == self.cursor);
        Some(match (at, all.len()) {
            (_, 0) => "no match".to_owned(),
            (Some(at), of) => format!("match {} of {of}", at + 1),
            (None, of) => format::counted(of as u64, "matching line"),
        })
    }

    /// The value under the cursor: text without its quotes, anything else as JSON.
    pub fn value(&self) -> Option<String> {
        let line = self.lines.get(self.cursor)?;
        (!line.value.is_empty()).then(|| plain(&line.value))
    }

    /// Where the cursor is, as a path such as `profile.login`.
    pub fn path(&self) -> &str {
        self.lines.get(self.cursor).map_or("", |line| &line.path)
    }

    /// What is out of sight, in words.
    pub fn beyond(&self) -> String {
        let below = self.rows.len().saturating_sub(self.top + self.height);
        match (self.top, below) {
            (0, 0) => String::new(),
            (above, 0) => format!("{above} above, end"),
            (_, below) => format!("{below} below"),
        }
    }

    /// What its title says: the search, the form, and what is out of sight.
    pub fn words(&self) -> String {
        let form = (self.form == Form::Yaml).then(|| "YAML".to_owned());
        let beyond = Some(self.beyond()).filter(|words| !words.is_empty());
        let all = [self.match_words(), form, beyond];
        all.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn keep_cursor_in_sight(&mut self) {
        let of_cursor = |(line, _): &(usize, _)| *line == self.cursor;
        let first = self.rows.iter().position(of_cursor).unwrap_or(0);
        let last = self.rows.iter().rposition(of_cursor).unwrap_or(first);
        let height = self.height.max(1);
        if last >= self.top + height {
            self.top = last + 1 - height;
        }
        self.top = self.top.min(first);
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    fn painted(&self, width: usize, theme: Theme) -> Vec<(usize, Shown<'static>)> {
        let mut rows = Vec::new();
        for index in self.visible() {
            let line = &self.lines[index];
            let mut parts: Vec<(&str, Style)> = line
                .parts
                .iter()
                .map(|(text, kind)| (text.as_str(), style(*kind, theme)))
                .collect();
            if self.is_folded(line) {
                parts.push((&line.folded, theme.quiet()));
            }
            let parts = self.with_matches(&parts);
            for row in wrapped(&parts, line.depth, width) {
                rows.push((index, row));
            }
        }
        rows
    }

    /// Parts cut where what is searched for begins and ends.
    fn with_matches(&self, parts: &[(&str, Style)]) -> Vec<(String, Style)> {
        let whole: String = parts.iter().map(|(text, _)| *text).collect();
        let mut matches = Vec::new();
        let mut from = 0;
        while let Some(at) = find(&whole, &self.needle, from) {
            matches.push(at..at + self.needle.len());
            from = at + self.needle.len();
        }
        let mut cut = Vec::new();
        let mut begin = 0;
        let mut matches = matches.into_iter().peekable();
        for (text, style) in parts {
            let mut at = 0;
            while at < text.len() {
                let here = begin + at;
                while matches.next_if(|hit| hit.end <= here).is_some() {}
                let (is_within, end) = match matches.peek() {
                    Some(hit) if hit.start <= here => (true, hit.end),
                    Some(hit) => (false, hit.start),
                    None => (false, usize::MAX),
                };
                let end = end.saturating_sub(begin).min(text.len());
                let style = if is_within {
                    style.add_modifier(ratatui::style::Modifier::REVERSED)
                } else {
                    *style
                };
                cut.push((text[at..end].to_owned(), style));
                at = end;
            }
            begin += text.len();
        }
        cut
    }

    /// Paints what is in sight.
    pub fn view(&self, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let in_sight = self.rows.iter().skip(self.top);
        for (row, (line, shown)) in in_sight.take(usize::from(area.height)).enumerate() {
            let row = format::cells(row);
            let is_here = *line == self.cursor;
            Pen::new(buffer, area, row)
                .put(if is_here { ">" } else { " " }, theme.text())
                .line(shown);
            if is_here {
                canvas::tint(buffer, area, row, theme.strong());
            }
        }
    }
}

/// Where `needle` stands in `text` at or after a place, in upper or lower case of ASCII.
fn find(text: &str, needle: &str, from: usize) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let last = text.len().checked_sub(needle.len())?;
    (from..=last).find(|at| text[*at..*at + needle.len()].eq_ignore_ascii_case(needle))
}

fn style(kind: Kind, theme: Theme) -> Style {
    match kind {
        Kind::Sign => theme.text(),
        Kind::Name => theme.json_name(),
        Kind::Text => theme.json_string(),
        Kind::Atom => theme.json_atom(),
    }
}

/// The parts as rows of `width`; what does not fit goes on in the next, one step further in.
fn wrapped(parts: &[(String, Style)], depth: usize, width: usize) -> Vec<Shown<'static>> {
    let width = width.saturating_sub(MARGIN).max(20);
    let indent = |depth: usize| (2 * depth).min(width / 2);
    let mut rows = Vec::new();
    let mut used = indent(depth);
    let mut row = vec![Span::raw(" ".repeat(used))];
    for (text, style) in parts {
        let mut rest = text.as_str();
        while used + format::width(rest) > width {
            let head = format::prefix(rest, width - used);
            let begins = indent(depth + 1);
            if head.is_empty() && used <= begins {
                break;
            }
            row.push(Span::styled(head.to_owned(), *style));
            rest = &rest[head.len()..];
            rows.push(Shown::from(std::mem::take(&mut row)));
            used = begins;
            row.push(Span::raw(" ".repeat(used)));
        }
        used += format::width(rest);
        row.push(Span::styled(rest.to_owned(), *style));
    }
    rows.push(Shown::from(row));
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = r#"{"id":"00u1","profile":{"login":"Ana@acme.com","city":"Łódź"},"list":[1,{"login":"b"}]}"#;

    fn view(height: usize) -> RawView {
        let mut view = RawView::default();
        fit(&mut view, height);
        view
    }

    fn fit(view: &mut RawView, height: usize) {
        view.fit(&RawJson::new(SAMPLE), 40, height, Theme::mono());
    }

    fn shown(view: &mut RawView, height: usize) -> String {
        fit(view, height);
        let area = Rect::new(0, 0, 40, format::cells(height));
        let mut buffer = Buffer::empty(area);
        view.view(Theme::mono(), &mut buffer, area);
        canvas::text_of(&buffer)
    }

    #[test]
    fn what_is_folded_is_one_line_and_stays_so_in_yaml() {
        let mut view = view(9);
        view.go(Move::Down);
        view.go(Move::Down);
        view.toggle_fold();
        insta::assert_snapshot!(shown(&mut view, 9), @r#"
         {
           "id": "00u1",
        >  "profile": { 2 },
           "list": [
             1,
             {
               "login": "b"
             }
           ]
        "#);
        assert_eq!(view.beyond(), "1 below");
        view.turn_form();
        insta::assert_snapshot!(shown(&mut view, 9), @r#"
         id: "00u1"
        >profile: { 2 }
         list:
           - 1
           -
             login: b
        "#);
        view.unfold();
        assert!(shown(&mut view, 9).contains("login: Ana@acme.com"));
    }

    #[test]
    fn h_folds_and_goes_out_and_l_unfolds() {
        let mut view = view(9);
        for _ in 0..3 {
            view.go(Move::Down);
        }
        assert_eq!(
            (view.path(), view.value().as_deref()),
            ("profile.login", Some("Ana@acme.com"))
        );
        view.fold();
        assert_eq!(view.path(), "profile");
        view.fold();
        assert!(shown(&mut view, 9).contains("\"profile\": { 2 }"));
        view.go(Move::Down);
        assert_eq!(view.path(), "list", "what is folded is passed over");
        view.go(Move::Up);
        view.unfold();
        assert!(!shown(&mut view, 9).contains("{ 2 }"));
    }

    #[test]
    fn a_search_goes_round_and_into_folds() {
        let mut view = view(4);
        view.go(Move::Down);
        view.go(Move::Down);
        view.fold();
        view.search("LOGIN");
        assert_eq!(view.path(), "profile.login");
        assert_eq!(view.match_words().as_deref(), Some("match 1 of 2"));
        assert!(shown(&mut view, 4).contains(">    \"login\": \"Ana@acme.com\""));
        view.next_match(true);
        assert_eq!(view.path(), "list.1.login");
        view.next_match(true);
        assert_eq!(view.path(), "profile.login");
        view.next_match(false);
        assert_eq!(view.path(), "list.1.login");
        view.search("nowhere");
        assert_eq!(view.match_words().as_deref(), Some("no match"));
        assert_eq!(view.path(), "list.1.login");
    }

    #[test]
    fn long_and_hostile_strings_are_broken_and_escaped() {
        let mut view = RawView::default();
        let json = RawJson::new("{\"a\":\"x\u{202e}0123456789012345678901234567\"}");
        view.fit(&json, 25, 9, Theme::mono());
        let area = Rect::new(0, 0, 25, 4);
        let mut buffer = Buffer::empty(area);
        view.view(Theme::mono(), &mut buffer, area);
        insta::assert_snapshot!(canvas::text_of(&buffer), @r#"
        >{
           "a": "x\u202e012345678
             9012345678901234567"
         }
        "#);
    }

    proptest! {
        #[test]
        fn anything_at_all_is_shown_and_moved_in(text in any::<String>(), width in 0usize..30, needle in ".{0,3}") {
            let mut view = RawView::default();
            let json = RawJson::new(text.as_str());
            view.fit(&json, width, 5, Theme::mono());
            view.search(&needle);
            for to in [Move::Down, Move::PageDown, Move::Bottom, Move::Up, Move::Top] {
                view.toggle_fold();
                view.go(to);
                view.turn_form();
                view.fit(&json, width, 5, Theme::mono());
            }
        }
    }
}
