//! Reading a filter: a small recursive descent over its characters, which knows its column all the time.

use std::ops::Range;

use jiff::Timestamp;
use regex::RegexBuilder;

use super::{Comparison, Filter, FilterError, Node, Operand, Sought, Term, Test};
use crate::domain::country;
use crate::domain::network::{InvalidNetwork, is_in_no_address};
use crate::domain::time;

/// Deeper nesting than any person writes; it keeps hostile input from exhausting the stack.
const MAX_DEPTH: usize = 64;
/// A compiled expression may not take more than this.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// The fields that hold moments, in whatever kind of row.
const TIMES: [&str; 8] = [
    "created",
    "activated",
    "lastLogin",
    "lastUpdated",
    "statusChanged",
    "passwordChanged",
    "lastMembershipUpdated",
    "published",
];

/// Fields, and the few words that each of them may hold.
type Words<'a> = &'a [(&'a str, &'a [&'a str])];

pub(super) fn parse(text: &str, names: &[&str], words: Words<'_>) -> Result<Filter, FilterError> {
    Parser::over(text, names, words).whole()
}

pub(super) fn sought(
    text: &str,
    names: &[&str],
    words: Words<'_>,
) -> Result<Vec<Sought>, FilterError> {
    let mut parser = Parser::over(text, names, words);
    parser.whole()?;
    Ok(parser.sought)
}

/// Where the clauses stand that must all hold, in characters; `None` when the filter cannot be read, or is one of alternatives. Any name
/// passes for a field.
pub(super) fn tops(text: &str) -> Option<Vec<Range<usize>>> {
    let mut parser = Parser::over(text, &[], &[]);
    parser.any_field = true;
    parser.whole().ok()?;
    (!parser.alternatives).then_some(parser.tops)
}

/// The filter, with any name for a field; `None` when it cannot be read.
pub(super) fn of_any_field(text: &str) -> Option<Filter> {
    let mut parser = Parser::over(text, &[], &[]);
    parser.any_field = true;
    parser.whole().ok()
}

/// Whether the filter is one of alternatives, outside of parentheses.
pub(super) fn is_alternatives(text: &str) -> bool {
    let mut parser = Parser::over(text, &[], &[]);
    parser.any_field = true;
    parser.whole().is_ok() && parser.alternatives
}

struct Parser<'a> {
    chars: Vec<char>,
    at: usize,
    names: &'a [&'a str],
    words: Words<'a>,
    depth: usize,
    /// The texts that were looked for in fields so far.
    sought: Vec<Sought>,
    /// Whether any name is that of a field.
    any_field: bool,
    /// Where the clauses stand that are in no parentheses.
    tops: Vec<Range<usize>>,
    /// Whether there was an `or` in no parentheses.
    alternatives: bool,
}

impl<'a> Parser<'a> {
    fn over(text: &str, names: &'a [&'a str], words: Words<'a>) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
            names,
            words,
            depth: 0,
            sought: Vec::new(),
            any_field: false,
            tops: Vec::new(),
            alternatives: false,
        }
    }
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Filter, FilterError> {
        let root = self.any()?;
        match self.peek() {
            None => Ok(Filter { root }),
            Some(_) => Err(self.error(self.at, "this `)` closes nothing")),
        }
    }

    fn error(&self, column: usize, message: impl Into<String>) -> FilterError {
        FilterError {
            column: column.min(self.chars.len()),
            message: message.into(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes `word` when it stands here as a word of its own.
    fn take_word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let here = self
            .chars
            .get(self.at..end)
            .is_some_and(|part| part.iter().copied().eq(word.chars()));
        let ends = self
            .chars
            .get(end)
            .is_none_or(|c| c.is_whitespace() || *c == '(' || *c == ')');
        if here && ends {
            self.at = end;
        }
        here && ends
    }

    fn take_or(&mut self) -> bool {
        self.take_word("or") || self.take_word("OR")
    }

    fn take_and(&mut self) -> bool {
        self.take_word("and") || self.take_word("AND")
    }

    fn any(&mut self) -> Result<Option<Node>, FilterError> {
        let mut choices = Vec::new();
        loop {
            let start = self.at;
            let choice = self.all()?;
            let another = self.take_or();
            match choice {
                Some(node) => choices.push(node),
                None if another || !choices.is_empty() => {
                    return Err(self.error(start, "`or` needs something on both sides; write \"or\" in quotes to look for the word"));
                }
                None => return Ok(None),
            }
            self.alternatives |= another && self.depth == 0;
            if !another {
                return Ok(Some(one_or(choices, Node::Any)));
            }
        }
    }

    fn all(&mut self) -> Result<Option<Node>, FilterError> {
        let mut parts = Vec::new();
        loop {
            self.skip_space();
            let before = self.at;
            if self.peek().is_none_or(|c| c == ')') || self.take_or() {
                self.at = before;
                break;
            }
            if !self.take_and() {
                parts.push(self.unit()?);
                if self.depth == 0 {
                    self.tops.push(before..self.at);
                }
            }
        }
        Ok((!parts.is_empty()).then(|| one_or(parts, Node::All)))
    }

    fn unit(&mut self) -> Result<Node, FilterError> {
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(start, "nested too deeply"));
        }
        let node = match self.peek() {
            Some('-')
                if self
                    .chars
                    .get(start + 1)
                    .is_some_and(|c| !c.is_whitespace()) =>
            {
                self.at += 1;
                Node::Not(Box::new(self.unit()?))
            }
            Some('N') if self.take_word("NOT") => self.not(start)?,
            Some('(') => self.group(start)?,
            _ => Node::Term(self.term()?),
        };
        self.depth -= 1;
        Ok(node)
    }

    /// What stands behind a `NOT`.
    fn not(&mut self, start: usize) -> Result<Node, FilterError> {
        self.skip_space();
        let here = self.at;
        if self.peek().is_none_or(|c| c == ')') || self.take_or() || self.take_and() {
            let words =
                "`NOT` needs something behind it; write \"NOT\" in quotes to look for the word";
            return Err(self.error(start, words));
        }
        self.at = here;
        Ok(Node::Not(Box::new(self.unit()?)))
    }

    fn group(&mut self, start: usize) -> Result<Node, FilterError> {
        self.at += 1;
        let inner = self.any()?;
        if self.peek() != Some(')') {
            return Err(self.error(start, "this `(` is never closed"));
        }
        self.at += 1;
        inner.ok_or_else(|| self.error(start, "there is nothing between these parentheses"))
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let start = self.at;
        if let Some(name) = self.field_name() {
            let field = self.known(start, &name)?;
            return Ok(Term {
                test: self.field_test(&field)?,
                field: Some(field),
            });
        }
        let test = match self.peek() {
            Some('/') => self.regex()?,
            Some('~') => self.in_order()?,
            _ => Test::Contains(self.text()?.to_lowercase()),
        };
        Ok(Term { field: None, test })
    }

    /// A name with an operator right behind it; otherwise nothing is taken.
    fn field_name(&mut self) -> Option<String> {
        let tail = &self.chars[self.at..];
        let length = tail
            .iter()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
            .count();
        let operator = tail
            .get(length)
            .is_some_and(|c| matches!(c, ':' | '=' | '<' | '>'));
        let starts_as_name = tail.first().is_some_and(|c| c.is_alphabetic());
        (operator && starts_as_name).then(|| {
            self.at += length;
            tail[..length].iter().collect()
        })
    }

    fn known(&self, column: usize, name: &str) -> Result<String, FilterError> {
        if self.any_field {
            return Ok(name.to_owned());
        }
        let known = self
            .names
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        known.map(|known| (*known).to_owned()).ok_or_else(|| {
            let names = self.names.join(", ");
            self.error(column, format!("there is no field `{name}` here; there are {names}. To look for the text, put it in quotes"))
        })
    }

    fn field_test(&mut self, field: &str) -> Result<Test, FilterError> {
        let operator = self.peek();
        self.at += 1;
        let or_equal = matches!(operator, Some('<' | '>')) && self.peek() == Some('=');
        self.at += usize::from(or_equal);
        match (operator, or_equal) {
            (Some('<'), false) => self.comparison(field, Comparison::Less),
            (Some('<'), true) => self.comparison(field, Comparison::AtMost),
            (Some('>'), false) => self.comparison(field, Comparison::More),
            (Some('>'), true) => self.comparison(field, Comparison::AtLeast),
            (Some('='), _) => self.text_test(field, true),
            _ if self.peek() == Some('/') => self.regex(),
            _ if self.peek() == Some('~') => self.in_order(),
            _ => self.text_test(field, false),
        }
    }

    /// A test of a field's text, or of a part of it, unless the field has a sense of its own for such a text.
    fn text_test(&mut self, field: &str, whole: bool) -> Result<Test, FilterError> {
        let start = self.at;
        let quoted = self.peek() == Some('"');
        let text = self.value()?;
        self.sought.push(Sought {
            field: field.to_owned(),
            at: start..self.at,
            text: text.clone(),
        });
        match field {
            "ip" if text.contains(['/', '-']) => {
                let network = text.parse().map(Test::Within);
                network.map_err(|invalid: InvalidNetwork| self.error(start, invalid.to_string()))
            }
            // What is in quotes is sought as it stands: an imported event may hold another text where its address should be.
            "ip" if !quoted && is_in_no_address(&text) => {
                let words = format!(
                    "`{text}` is in no address; write 73.162.4.1, or 73.162. for all that have it"
                );
                Err(self.error(start, words))
            }
            "country" if is_code(&text) => {
                if !quoted && country::names(&text).next().is_none() {
                    let words = format!(
                        "`{text}` is the code of no country that is known; write a part of its name, or the code in quotes"
                    );
                    return Err(self.error(start, words));
                }
                Ok(Test::OneOf(of_code(&text)))
            }
            _ => {
                if !quoted && let Some(words) = self.unheard_of(field, &text, whole) {
                    return Err(self.error(start, words));
                }
                let text = text.to_lowercase();
                Ok(if whole {
                    Test::Is(text)
                } else {
                    Test::Contains(text)
                })
            }
        }
    }

    /// What is wrong with a text that the field holds in no row, as far as its words are known.
    fn unheard_of(&self, field: &str, text: &str, whole: bool) -> Option<String> {
        let (_, known) = self.words.iter().find(|(name, _)| *name == field)?;
        let wanted = text.to_lowercase();
        let fits = |word: &&str| {
            let word = word.to_lowercase();
            if whole {
                word == wanted
            } else {
                word.contains(&wanted)
            }
        };
        (!known.iter().any(fits)).then(|| {
            let known = known.join(", ");
            format!("no `{field}` that is known is `{text}`; there are {known}. To look for it all the same, put it in quotes")
        })
    }

    fn value(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let text = self.text()?;
        if text.is_empty() && self.at == start {
            return Err(self.error(start, "a value is missing here"));
        }
        Ok(text)
    }

    /// Text in quotes, or up to the next space or parenthesis.
    fn text(&mut self) -> Result<String, FilterError> {
        if self.peek() == Some('"') {
            return self.delimited('"', "this quote is never closed");
        }
        let tail = &self.chars[self.at..];
        let length = tail
            .iter()
            .take_while(|c| !c.is_whitespace() && !matches!(c, '(' | ')'))
            .count();
        self.at += length;
        Ok(tail[..length].iter().collect())
    }

    /// Text between two `mark`s, the first of which stands here; a backslash keeps a mark inside.
    fn delimited(&mut self, mark: char, unclosed: &str) -> Result<String, FilterError> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == mark {
                return Ok(text);
            }
            if c == '\\' && self.peek() == Some(mark) {
                self.at += 1;
                text.push(mark);
            } else {
                text.push(c);
            }
        }
        Err(self.error(start, unclosed))
    }

    /// What stands behind a `~`.
    fn in_order(&mut self) -> Result<Test, FilterError> {
        self.at += 1;
        Ok(Test::InOrder(self.value()?.to_lowercase()))
    }

    fn regex(&mut self) -> Result<Test, FilterError> {
        let start = self.at;
        let pattern = self.delimited(
            '/',
            "this expression is never closed; put the text in quotes to look for a `/`",
        )?;
        let built = RegexBuilder::new(&pattern)
            .case_insensitive(true)
            .size_limit(MAX_REGEX_BYTES)
            .build();
        built.map(Test::Matches).map_err(|error| {
            let why = error.to_string();
            let why = why
                .lines()
                .last()
                .unwrap_or("broken")
                .trim_start_matches("error: ")
                .to_owned();
            self.error(start, format!("this expression cannot be used: {why}"))
        })
    }

    fn comparison(&mut self, field: &str, comparison: Comparison) -> Result<Test, FilterError> {
        let start = self.at;
        let text = self.value()?;
        let operand = operand(&text).ok_or_else(|| {
            self.error(start, format!("`{text}` is neither a number, a span such as 90d, nor a date such as 2026-11-01"))
        })?;
        if TIMES.contains(&field) && matches!(operand, Operand::Number(_)) {
            let words = format!(
                "`{text}` has no unit: {field} is compared with a span such as {text}d (s, m, h, d or w), or with a date such as 2026-11-01"
            );
            return Err(self.error(start, words));
        }
        Ok(Test::Compare(comparison, operand))
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// What a value may be that stands for the country of a code: its names, or the code itself.
fn of_code(code: &str) -> Vec<String> {
    let names = country::names(code).map(str::to_lowercase);
    names.chain([code.to_lowercase()]).collect()
}

fn operand(text: &str) -> Option<Operand> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(Operand::Number(number));
    }
    if let Ok(age) = time::parse_span(text) {
        return Some(Operand::Age(age));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(Operand::Moment(moment));
    }
    let date = text.parse::<jiff::civil::Date>().ok()?;
    Some(Operand::Moment(
        date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
    ))
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 {
        nodes.remove(0)
    } else {
        many(nodes)
    }
}
