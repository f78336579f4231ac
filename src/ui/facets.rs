//! The top values of a field in what a list or the log shows now, with how many rows have each.
//!
//! The agent counts a slice for each question, and the sum grows while it is looked at; whoever closes the panel ends the count. What
//! comes whole (admins, holders) is counted here.

use std::collections::HashMap;

use jiff::Timestamp;
use ratatui::style::Style;

use super::event::Tickets;
use super::format;
use super::narrow::Pointed;
use super::panel::Choice;
use super::record::{Item, Topic, Wanted, Window};
use super::text_view::Move;
use super::theme::Theme;
use crate::domain::facet::{FacetNext, FacetQuery, FacetRows, Facets as Slice};
use crate::domain::filter::Value;
use crate::domain::query::EventQuery;
use crate::domain::text::SafeText;
use crate::msg::{Answer, Ask, Problem, Request};

/// How many values are shown; what is rarer hardly matters.
const SHOWN: usize = 200;
/// How many values are kept apart; rows with further ones are counted together.
const KEPT: usize = 50_000;
/// How wide the longest bar is.
const BAR: usize = 20;

/// Whose values are counted.
#[derive(Clone, Debug)]
pub enum Source {
    /// The rows of a list.
    List(Topic, Wanted),
    /// Events.
    Log(EventQuery),
}

/// The count of a field's values.
#[derive(Clone, Debug)]
pub struct Facets {
    source: Source,
    /// The fields that can be counted, the one that was under the cursor first.
    fields: Vec<&'static str>,
    field: usize,
    counts: HashMap<Value, u64>,
    /// Rows with values that were one too many to be kept apart.
    others: u64,
    counted: u64,
    of: Option<u64>,
    /// Where the count goes on; `None` at its beginning and when it is over.
    next: Option<FacetNext>,
    asked: Option<(u64, Timestamp)>,
    done: bool,
    problem: Option<Problem>,
    /// The values in the order in which they are shown.
    shown: Vec<(Value, u64)>,
    choice: Choice,
    /// The value that is chosen: the first that was shown, until the operator chooses another.
    chosen: Option<Value>,
}

impl Facets {
    /// A count that has not begun; `fields` has at least one.
    pub fn new(source: Source, fields: Vec<&'static str>) -> Self {
        Self {
            source,
            fields,
            field: 0,
            counts: HashMap::new(),
            others: 0,
            counted: 0,
            of: None,
            next: None,
            asked: None,
            done: false,
            problem: None,
            shown: Vec::new(),
            choice: Choice::default(),
            chosen: None,
        }
    }

    /// The field that is counted.
    pub fn field(&self) -> &'static str {
        self.fields.get(self.field).copied().unwrap_or_default()
    }

    /// Counts anew, in other rows.
    pub fn restart(&mut self, source: Source) {
        let (fields, field) = (std::mem::take(&mut self.fields), self.field);
        *self = Self {
            field,
            ..Self::new(source, fields)
        };
    }

    /// Counts the next or previous field.
    pub fn turn(&mut self, forward: bool) {
        let count = self.fields.len().max(1);
        let step = if forward { 1 } else { count - 1 };
        self.field = (self.field + step) % count;
        self.restart(self.source.clone());
    }

    /// Moves the choice.
    pub fn go(&mut self, to: Move, height: usize) {
        self.choice.go(to, self.shown.len(), height);
        let chosen = self.shown.get(self.choice.at);
        self.chosen = chosen.map(|(value, _)| value.clone());
    }

    /// Which line is chosen.
    pub fn choice(&self) -> Choice {
        self.choice
    }

    /// The value that is chosen.
    pub fn pointed(&self) -> Option<Pointed> {
        self.pointed_at(self.choice.at)
    }

    /// The values with their counts, one in a line.
    pub fn spoken(&self) -> Vec<String> {
        let line = |(value, count): &(Value, u64)| {
            let text = value.text().unwrap_or("none");
            format!("{text}, {}, {}", format::count(*count), self.share(*count))
        };
        self.shown.iter().map(line).collect()
    }

    /// The value in that line.
    pub fn pointed_at(&self, index: usize) -> Option<Pointed> {
        let (value, _) = self.shown.get(index)?;
        Some(Pointed {
            field: self.field(),
            value: value.clone(),
        })
    }

    /// The next question, unless one is under way or all was counted.
    pub fn poll(&mut self, now: Timestamp, tickets: &mut Tickets) -> Option<Request> {
        if self.asked.is_some() || self.done || self.problem.is_some() {
            return None;
        }
        let ticket = tickets.take();
        self.asked = Some((ticket, now));
        let ask = self.ask();
        Some(Request { ticket, ask })
    }

    fn ask(&self) -> Ask {
        let rows = match &self.source {
            Source::Log(query) => FacetRows::Events(query.clone()),
            Source::List(topic, wanted) => match topic.ask(wanted.clone()) {
                Ask::Users(query) => FacetRows::Users(query),
                Ask::Groups(query) => FacetRows::Groups(query),
                Ask::Apps(query) => FacetRows::Apps(query),
                Ask::Entries(query) => FacetRows::Entries(query),
                whole => return whole,
            },
        };
        let query = FacetQuery {
            rows,
            field: self.field().to_owned(),
        };
        Ask::Facets(match self.next {
            Some(next) => query.going_on(next),
            None => query,
        })
    }

    /// Forgets a question whose answer cannot come any more; it is asked again.
    pub fn disconnect(&mut self) {
        self.asked = None;
    }

    /// Whether this count waits for the answer.
    pub fn awaits(&self, ticket: u64) -> bool {
        self.asked.is_some_and(|(asked, _)| asked == ticket)
    }

    /// Takes in the answer to its question.
    pub fn accept(&mut self, answer: Result<Answer, Problem>) {
        let Some((_, at)) = self.asked.take() else {
            return;
        };
        match answer {
            Ok(Answer::Facets(slice)) => self.take_in(slice),
            Ok(answer) => match self.count_here(answer, at) {
                Ok(Some(slice)) => self.take_in(slice),
                Ok(None) => self.done = true,
                Err(problem) => self.problem = Some(problem),
            },
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// The count of rows that came whole.
    fn count_here(&self, answer: Answer, at: Timestamp) -> Result<Option<Slice>, Problem> {
        let Source::List(topic, wanted) = &self.source else {
            return Ok(None);
        };
        let Some(window) = Window::of(topic, answer, wanted, at)? else {
            return Ok(None);
        };
        let cell = topic.columns();
        let column = cell.iter().find(|column| column.field == self.field());
        let value = |row: &Item| {
            let shown = column.map(|column| column.cell(row, Theme::mono()).text);
            row.value(self.field(), &shown.unwrap_or_default())
        };
        Ok(Some(Slice {
            values: window.rows.iter().map(|row| (value(row), 1)).collect(),
            counted: window.rows.len() as u64,
            of: Some(window.matched as u64),
            next: None,
        }))
    }

    fn take_in(&mut self, slice: Slice) {
        for (value, count) in slice.values {
            let room = self.counts.len() < KEPT;
            match self.counts.get_mut(&value) {
                Some(known) => *known += count,
                None if room => {
                    self.counts.insert(value, count);
                }
                None => self.others += count,
            }
        }
        self.counted += slice.counted;
        self.of = slice.of.or(self.of);
        self.next = slice.next;
        self.done = slice.next.is_none();
        self.order();
    }

    /// Puts the most frequent first; the choice stays on its value.
    fn order(&mut self) {
        let mut all: Vec<(&Value, &u64)> = self.counts.iter().collect();
        let by_count = |a: &(&Value, &u64), b: &(&Value, &u64)| b.1.cmp(a.1).then(a.0.cmp(b.0));
        if all.len() > SHOWN {
            all.select_nth_unstable_by(SHOWN, by_count);
            // What was chosen stays in sight, however rare it turns out to be.
            let chosen = all.split_off(SHOWN).into_iter();
            let chosen = chosen.filter(|(value, _)| Some(*value) == self.chosen.as_ref());
            let chosen: Vec<(&Value, &u64)> = chosen.collect();
            all.extend(chosen);
        }
        all.sort_by(by_count);
        self.shown = all
            .into_iter()
            .map(|(value, count)| (value.clone(), *count))
            .collect();
        let same = |(value, _): &(Value, u64)| Some(value) == self.chosen.as_ref();
        if let Some(at) = self.shown.iter().position(same) {
            self.choice.at = at;
        }
        self.choice.fit(self.shown.len());
        // A key is meant for the value that was seen, not for the one that takes its line as the counts grow.
        let here = self.shown.get(self.choice.at);
        self.chosen = here.map(|(value, _)| value.clone());
    }

    /// What is counted, for the title.
    pub fn title(&self) -> String {
        let values = self.counts.len();
        let more = if self.others > 0 { "+" } else { "" };
        let values = format::counted(values as u64, "value");
        format!("{}: {values}{more}", self.field())
    }

    /// How much was counted so far, and whether that is all.
    pub fn words(&self) -> String {
        if let Some(problem) = &self.problem {
            return format!("! {}", problem.summary);
        }
        let rows = match self.source {
            Source::Log(_) => "event",
            Source::List(..) => "row",
        };
        let counted = format::counted(self.counted, rows);
        if self.done {
            return format!("in all {counted}");
        }
        match (self.of, self.next) {
            (Some(of), _) if of > 0 => {
                let percent = self.counted * 100 / of;
                format!("counted {counted} of {}, {percent}%", format::count(of))
            }
            (_, Some(FacetNext::Before(pos))) => {
                let back = Timestamp::from_millisecond(pos.published_ms).ok();
                let back = back.map_or_else(String::new, format::minute);
                format!("counted {counted}, back to {back}")
            }
            _ => "counting".to_owned(),
        }
    }

    /// The values with their counts, as lines in `width` columns.
    pub fn lines(&self, width: usize, theme: Theme) -> Vec<Vec<(String, Style)>> {
        let most = self.shown.first().map_or(1, |(_, count)| *count).max(1);
        let name = width.saturating_sub(2 + 10 + 6 + 2 + BAR).clamp(16, 60);
        let line = |(value, count): &(Value, u64)| {
            let (text, style) = match value.text() {
                Some(text) => (text, theme.text()),
                None => ("(none)", theme.quiet()),
            };
            let text = SafeText::new(text);
            let bar = usize::try_from(count * BAR as u64 / most).unwrap_or(BAR);
            // Two of the same name are told apart by what they are.
            let last = match value {
                Value::Named(named) => SafeText::new(&named.id).to_string(),
                _ => "#".repeat(bar.max(1)),
            };
            vec![
                (format::left(&text, name), style),
                (format::right(&format::count(*count), 10), theme.text()),
                (format::right(&self.share(*count), 6), theme.quiet()),
                (format!("  {last}"), theme.quiet()),
            ]
        };
        self.shown.iter().map(line).collect()
    }

    fn share(&self, count: u64) -> String {
        match count * 100 / self.counted.max(1) {
            0 => "<1%".to_owned(),
            percent => format!("{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Kind;
    use crate::msg::ProblemKind;

    fn users() -> Facets {
        let list = crate::ui::list::List::new(Topic::all(Kind::User));
        let source = Source::List(list.topic.clone(), list.wanted());
        Facets::new(source, vec!["status", "department"])
    }

    fn value(text: &str) -> Value {
        Value::Is(text.to_owned())
    }

    fn slice(values: &[(&str, u64)], counted: u64, next: Option<usize>) -> Answer {
        Answer::Facets(Slice {
            values: values.iter().map(|(v, n)| (value(v), *n)).collect(),
            counted,
            of: Some(40),
            next: next.map(FacetNext::Row),
        })
    }

    fn ask(facets: &mut Facets) -> (u64, usize, String) {
        let mut tickets = Tickets::default();
        let request = facets.poll(Timestamp::UNIX_EPOCH, &mut tickets).unwrap();
        match request.ask {
            Ask::Facets(FacetQuery {
                rows: FacetRows::Users(query),
                field,
            }) => (request.ticket, query.offset, field),
            other => panic!("{other:?}"),
        }
    }

    fn shown(facets: &Facets) -> Vec<(&str, u64)> {
        let shown = facets.shown.iter();
        shown.map(|(v, n)| (v.text().unwrap_or("-"), *n)).collect()
    }

    #[test]
    fn slices_add_up_and_the_choice_stays_on_its_value() {
        let mut facets = users();
        assert_eq!(ask(&mut facets), (1, 0, "status".to_owned()));
        facets.accept(Ok(slice(&[("A", 5), ("B", 4)], 9, Some(9))));
        assert_eq!(shown(&facets), [("A", 5), ("B", 4)]);
        assert_eq!(facets.words(), "counted 9 rows of 40, 22%");
        facets.go(Move::Down, 10);
        assert_eq!(ask(&mut facets).1, 9, "it goes on where it stopped");
        facets.accept(Ok(slice(&[("B", 20), ("C", 11)], 31, None)));
        assert_eq!(shown(&facets), [("B", 24), ("C", 11), ("A", 5)]);
        assert_eq!(facets.pointed().unwrap().value, value("B"));
        assert_eq!(facets.words(), "in all 40 rows");
        let mut tickets = Tickets::default();
        assert_eq!(facets.poll(Timestamp::MAX, &mut tickets), None);
    }

    #[test]
    fn the_choice_does_not_move_to_the_value_that_takes_its_line() {
        let mut facets = users();
        ask(&mut facets);
        facets.accept(Ok(slice(&[("A", 5), ("B", 4)], 9, Some(9))));
        ask(&mut facets);
        let many: Vec<(String, u64)> = (0..SHOWN + 9).map(|n| (format!("V{n}"), 50)).collect();
        let many: Vec<(&str, u64)> = many.iter().map(|(v, n)| (&**v, *n)).collect();
        facets.accept(Ok(slice(&many, 31, None)));
        assert_eq!(facets.pointed().unwrap().value, value("A"));
    }

    #[test]
    fn another_field_is_counted_from_the_beginning_and_a_late_answer_is_not_taken_for_its() {
        let mut facets = users();
        let (first, ..) = ask(&mut facets);
        facets.turn(true);
        assert!(!facets.awaits(first));
        assert_eq!(ask(&mut facets).2, "department");
        facets.turn(true);
        assert_eq!(facets.field(), "status");
        facets.turn(false);
        assert_eq!(facets.field(), "department");
    }

    #[test]
    fn a_count_that_fails_says_why_and_does_not_go_on() {
        let mut facets = users();
        ask(&mut facets);
        facets.accept(Err(Problem {
            kind: ProblemKind::Internal,
            summary: "the disk is gone".to_owned(),
            hint: None,
            column: None,
        }));
        assert_eq!(facets.words(), "! the disk is gone");
        let mut tickets = Tickets::default();
        assert_eq!(facets.poll(Timestamp::MAX, &mut tickets), None);
    }

    #[test]
    fn after_a_lost_connection_the_same_slice_is_asked_for_again() {
        let mut facets = users();
        ask(&mut facets);
        facets.accept(Ok(slice(&[("A", 5)], 9, Some(9))));
        let (lost, offset, _) = ask(&mut facets);
        facets.disconnect();
        assert!(!facets.awaits(lost));
        assert_eq!((ask(&mut facets).1, offset), (9, 9));
    }
}
