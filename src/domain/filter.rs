//! The filter language of every list and of the command line: parse, print, match.
//!
//! A filter is words with a space between them, all of which must hold: `ana` (somewhere in the row), `"a b"`, `status:active`
//! (in that field), `~anslv` for letters in this order with anything between them (`name:~anslv` in that field), `=` for the whole field (`login=ana@acme.com`), `/re.*x/` and `title:/re/` (regular expressions), `lastLogin<90d`
//! and `users>100` (comparisons of ages, times and numbers), and `-` in front of any of these for its opposite. `or` between words
//! and parentheses work as expected; `and` may be written out. Matching ignores case, and so do `OR` and `AND`; only in capitals is
//! `NOT` no word to look for but `-`.
//!
//! Two fields have a sense of their own wherever they are: `ip` takes a network (`ip:73.162.0.0/16`, `ip:10.0.0.1-10.0.0.9`), and two
//! letters after `country` are the code of one (`country:ng`), where more are a part of its name.
//!
//! What cannot be found is an error and no empty list: a word that a field such as `status` never holds (in quotes it is looked for all
//! the same, because Okta adds words without notice), an address or a country that there is not, a time compared with a bare number.
//!
//! A comparison with a span compares ages: `lastLogin<90d` is "less than 90 days ago". A row whose field is unknown fails every
//! comparison on it, so that what is unknown is never counted as small.

mod bounds;
mod clause;
mod parse;

use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use regex::Regex;

use super::network::Network;
use super::time;

pub use bounds::Bounds;
pub use clause::{Named, Value, bracketed, clause, clause_in_quotes, clauses, is_about, joined};

/// A parsed filter. The empty one keeps everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    root: Option<Node>,
}

/// A part of a filter, for those who find rows by an index of their own.
#[derive(Clone, Debug)]
pub enum Node {
    /// All of these must hold.
    All(Vec<Self>),
    /// One of these must hold.
    Any(Vec<Self>),
    /// This must not hold.
    Not(Box<Self>),
    /// One test.
    Term(Term),
}

/// One test of one field, or of the whole row.
#[derive(Clone, Debug)]
pub struct Term {
    /// `None` looks at the whole row.
    field: Option<String>,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// Folded text, somewhere in the value.
    Contains(String),
    /// Folded text, the whole value.
    Is(String),
    /// One of these folded texts, as the whole value.
    OneOf(Vec<String>),
    Matches(Regex),
    /// Folded characters that occur in the value in this order, whatever stands between them.
    InOrder(String),
    /// An address in this network.
    Within(Network),
    Compare(Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Clone, Copy, Debug)]
enum Operand {
    Number(f64),
    Age(Duration),
    Moment(Timestamp),
}

/// The texts that a row must hold to pass, as far as a filter tells, for whoever keeps an index of texts. It asks for no more than
/// the filter does, mostly for less: rows that are found so must still be put to [`Filter::matches`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need<'a> {
    /// Nothing that an index could know.
    Anything,
    /// All of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// A value with this text.
    Text {
        /// In this field; `None` is anywhere in what a bare word looks at, which of [ids made by chance](Fields::chance_ids) is the
        /// beginning.
        field: Option<&'a str>,
        /// The text, in lower case.
        text: &'a str,
        /// Whether the text is the whole value.
        whole: bool,
    },
}

/// The text that a filter looks for in one field, and where it stands, for those who know a better one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// The field, as in [`Fields::NAMES`].
    pub field: String,
    /// Which characters of the filter the value takes, quotes included.
    pub at: Range<usize>,
    /// The value as it was typed, without quotes.
    pub text: String,
}

/// Why a filter could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", column + 1)]
pub struct FilterError {
    /// The character where the trouble is, from 0.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// What one field of a row holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field<'a> {
    /// Text.
    Text(&'a str),
    /// A count or another number.
    Number(f64),
    /// A moment.
    Time(Timestamp),
    /// Not known; every test on it fails.
    Unknown,
}

/// A row that can be filtered.
pub trait Fields {
    /// The fields that can be named in a filter, in the spelling that is shown.
    const NAMES: &'static [&'static str];

    /// The fields that hold one of a few words, and these words.
    const WORDS: &'static [(&'static str, &'static [&'static str])] = &[];

    /// Calls `visit` with each value of the field (none when it is empty; several for lists). Names come as in
    /// [`NAMES`](Self::NAMES).
    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>));

    /// Calls `visit` with each text that a bare word looks at.
    fn texts(&self, visit: &mut dyn FnMut(&str));

    /// Calls `visit` with each long id made by chance. A bare word finds these by their beginning: in the middle of one any few letters
    /// turn up, which nobody means.
    fn chance_ids(&self, _visit: &mut dyn FnMut(&str)) {}
}

impl Filter {
    /// Reads a filter over rows whose fields are `names`; names are matched without regard to case.
    ///
    /// # Errors
    /// [`FilterError`] with the column for an unknown field, an unclosed quote, parenthesis or expression, a broken regular
    /// expression, a comparison with something that is neither a number, a span nor a date, or a value that no row can have.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, FilterError> {
        parse::parse(text, names, &[])
    }

    /// Reads a filter over rows of type `T`.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn of<T: Fields>(text: &str) -> Result<Self, FilterError> {
        parse::parse(text, T::NAMES, T::WORDS)
    }

    /// The texts that a filter over rows of type `T` looks for in fields, in the order in which they stand.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn sought<T: Fields>(text: &str) -> Result<Vec<Sought>, FilterError> {
        parse::sought(text, T::NAMES, T::WORDS)
    }

    /// Whether it keeps everything.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The texts that a row must hold to pass.
    pub fn need(&self) -> Need<'_> {
        self.root.as_ref().map_or(Need::Anything, Node::need)
    }

    /// What must hold; `None` keeps everything.
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// Whether `row` passes; ages are counted back from `now`.
    pub fn matches<T: Fields>(&self, row: &T, now: Timestamp) -> bool {
        self.root.as_ref().is_none_or(|node| node.matches(row, now))
    }
}

impl Node {
    fn need(&self) -> Need<'_> {
        match self {
            Self::All(nodes) => Need::All(nodes.iter().map(Self::need).collect()),
            Self::Any(nodes) => Need::Any(nodes.iter().map(Self::need).collect()),
            Self::Not(_) => Need::Anything,
            Self::Term(term) => term.need(),
        }
    }

    fn matches<T: Fields>(&self, row: &T, now: Timestamp) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(row, now)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(row, now)),
            Self::Not(node) => !node.matches(row, now),
            Self::Term(term) => term.matches(row, now),
        }
    }
}

impl Term {
    fn need(&self) -> Need<'_> {
        let field = self.field.as_deref();
        let of = |text, whole| Need::Text { field, text, whole };
        match &self.test {
            Test::Contains(text) => of(text, false),
            Test::Is(text) => of(text, true),
            Test::OneOf(texts) => Need::Any(texts.iter().map(|text| of(text, true)).collect()),
            Test::Matches(_) | Test::InOrder(_) | Test::Within(_) | Test::Compare(..) => {
                Need::Anything
            }
        }
    }

    /// The field that is tested, as in [`Fields::NAMES`]; `None` for the whole row.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The folded text that must occur in a value, when that is the test.
    pub fn contains(&self) -> Option<&str> {
        match &self.test {
            Test::Contains(text) => Some(text),
            Test::Is(_)
            | Test::OneOf(_)
            | Test::Matches(_)
            | Test::InOrder(_)
            | Test::Within(_)
            | Test::Compare(..) => None,
        }
    }

    /// Whether the test is a regular expression, which looks at values as they are spelled.
    pub fn is_expression(&self) -> bool {
        matches!(self.test, Test::Matches(_))
    }

    /// Whether an ASCII value passes exactly when it passes in lower case, and an empty one never does. An expression that sets flags of its
    /// own may tell capitals apart.
    pub fn folds_ascii(&self) -> bool {
        match &self.test {
            Test::Matches(regex) => !regex.as_str().contains("(?") && !regex.is_match(""),
            _ => true,
        }
    }

    /// The folded characters that must occur in this order, when that is the test.
    pub fn in_order(&self) -> Option<&str> {
        match &self.test {
            Test::InOrder(letters) => Some(letters),
            _ => None,
        }
    }

    /// Whether a value passes; ages are counted back from `now`.
    pub fn passes(&self, value: Field<'_>, now: Timestamp) -> bool {
        self.test.passes(value, now)
    }

    /// Whether a row passes; ages are counted back from `now`.
    pub fn matches<T: Fields>(&self, row: &T, now: Timestamp) -> bool {
        let mut hit = false;
        match &self.field {
            None => {
                row.texts(&mut |text| hit = hit || self.test.passes(Field::Text(text), now));
                row.chance_ids(&mut |id| hit = hit || self.test.names(id, now));
            }
            Some(name) => row.field(name, &mut |field| hit = hit || self.test.passes(field, now)),
        }
        hit
    }
}

impl Test {
    /// Whether an id made by chance is meant by this.
    fn names(&self, id: &str, now: Timestamp) -> bool {
        match self {
            Self::Contains(start) => starts_folded(id, start),
            Self::InOrder(_) => false,
            test => test.passes(Field::Text(id), now),
        }
    }

    fn passes(&self, field: Field<'_>, now: Timestamp) -> bool {
        match (self, field) {
            (_, Field::Unknown) => false,
            (Self::Contains(needle), Field::Text(text)) => contains_folded(text, needle),
            (Self::Is(wanted), Field::Text(text)) => is_folded(text, wanted),
            (Self::OneOf(all), Field::Text(text)) => all.iter().any(|one| is_folded(text, one)),
            (Self::Matches(regex), Field::Text(text)) => regex.is_match(text),
            (Self::InOrder(letters), Field::Text(text)) => has_in_order(text, letters),
            (Self::Within(network), Field::Text(text)) => network.contains(text),
            (Self::Compare(comparison, operand), field) => {
                compare(*comparison, *operand, field, now)
            }
            (test, Field::Number(number)) => test.passes(Field::Text(&number.to_string()), now),
            (test, Field::Time(time)) => test.passes(Field::Text(&time::format_okta(time)), now),
        }
    }
}

/// `needle` is folded already; ASCII text, the common case, is compared without making a copy.
fn contains_folded(text: &str, needle: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(needle);
    }
    let needle = needle.as_bytes();
    needle.is_empty()
        || text
            .as_bytes()
            .windows(needle.len())
            .any(|part| part.eq_ignore_ascii_case(needle))
}

/// `start` is folded already.
fn starts_folded(text: &str, start: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().starts_with(start);
    }
    let beginning = text.as_bytes().get(..start.len());
    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(start.as_bytes()))
}

/// `letters` are folded already.
fn has_in_order(text: &str, letters: &str) -> bool {
    if !text.is_ascii() {
        let folded = text.to_lowercase();
        let mut rest = folded.chars();
        return letters.chars().all(|letter| rest.any(|c| c == letter));
    }
    let mut rest = text.bytes();
    let mut letters = letters.bytes();
    letters.all(|letter| rest.any(|byte| byte.to_ascii_lowercase() == letter))
}

fn is_folded(text: &str, wanted: &str) -> bool {
    if text.is_ascii() {
        text.eq_ignore_ascii_case(wanted)
    } else {
        text.to_lowercase() == wanted
    }
}

fn compare(comparison: Comparison, operand: Operand, field: Field<'_>, now: Timestamp) -> bool {
    let ordering = match (field, operand) {
        (Field::Number(value), Operand::Number(bound)) => value.partial_cmp(&bound),
        (Field::Time(time), Operand::Age(bound)) => Some(time::elapsed(time, now).cmp(&bound)),
        (Field::Time(time), Operand::Moment(bound)) => Some(time.cmp(&bound)),
        _ => None,
    };
    ordering.is_some_and(|ordering| match comparison {
        Comparison::Less => ordering.is_lt(),
        Comparison::AtMost => ordering.is_le(),
        Comparison::More => ordering.is_gt(),
        Comparison::AtLeast => ordering.is_ge(),
    })
}

#[cfg(test)]
mod tests;
