//! The filter language of `GET /api/v1/logs`: SCIM's, as far as Okta takes it, with Okta's refusals.
//!
//! Parsing knows text only; what an attribute means is [`super::probe`]'s.

use std::fmt;

use super::field::Field;

/// A request that Okta refuses, as its error body says it. The status is always 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `errorCode`.
    pub code: &'static str,
    /// `errorSummary`.
    pub summary: String,
    /// `errorCauses`.
    pub causes: Vec<String>,
}

impl Refusal {
    /// A filter or parameter that makes no sense: `E0000053`.
    pub fn invalid(summary: String) -> Self {
        Self {
            code: "E0000053",
            summary,
            causes: Vec::new(),
        }
    }

    /// A parameter that is not what it should be: `E0000001`, with every reason.
    pub fn validation(name: &str, reasons: &[&str]) -> Self {
        let told: Vec<String> = reasons
            .iter()
            .map(|why| format!("'{name}': {why}"))
            .collect();
        Self {
            code: "E0000001",
            summary: format!("Api validation failed: {}", told.join(" ")),
            causes: reasons.iter().map(|why| format!("{name}: {why}")).collect(),
        }
    }

    /// A cursor that nobody gave: `E0000029`.
    pub fn cursor() -> Self {
        Self {
            code: "E0000029",
            summary: "Invalid paging request.".to_owned(),
            causes: Vec::new(),
        }
    }
}

/// A filter, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// One attribute put to the test.
    Test(Test),
}

/// One attribute put to the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Of what.
    pub field: Field,
    /// How.
    pub op: Op,
    /// Against what; nothing for `pr`, and nothing for the word `null`.
    pub value: Option<String>,
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Contains.
    Co,
    /// Is present.
    Pr,
}

impl Op {
    /// Every operator.
    pub const ALL: [Self; 10] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::Sw,
        Self::Ew,
        Self::Co,
        Self::Pr,
    ];

    /// As people type it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Co => "co",
            Self::Pr => "pr",
        }
    }

    fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|op| op.word().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Brackets deeper than this are refused, so that no filter can exhaust the stack.
const MAX_DEPTH: usize = 64;

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// A [`Refusal`] with Okta's code and text when the filter does not parse, names an unknown attribute, or combines an
    /// attribute with an operator that Okta does not offer for it.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut parser = Parser {
            text,
            tokens: tokens(text).map_err(|why| broken(text, &why))?,
            next: 0,
        };
        let filter = parser.any_of(0).map_err(|stop| stop.refusal(text))?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(broken(
                text,
                &format!("Unexpected '{}' at position {}", token.shown(), token.at),
            )),
        }
    }
}

fn broken(filter: &str, why: &str) -> Refusal {
    Refusal::invalid(format!("Invalid filter '{filter}': {why}"))
}

/// Why parsing stopped: with the filter quoted around the reason, or with a refusal of its own.
enum Stop {
    Syntax(String),
    Refused(Refusal),
}

impl Stop {
    fn refusal(self, filter: &str) -> Refusal {
        match self {
            Self::Syntax(why) => broken(filter, &why),
            Self::Refused(refusal) => refusal,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    kind: TokenKind,
    /// Characters before it.
    at: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum TokenKind {
    Open,
    Close,
    Word(String),
    Quoted(String),
}

impl Token {
    fn shown(&self) -> &str {
        match &self.kind {
            TokenKind::Open => "(",
            TokenKind::Close => ")",
            TokenKind::Word(word) | TokenKind::Quoted(word) => word,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, TokenKind::Word(own) if own.eq_ignore_ascii_case(word))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        let kind = match c {
            c if c.is_whitespace() => continue,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            '[' | ']' => return Err(format!("Unsupported character '{c}' at position {at}")),
            '"' => TokenKind::Quoted(quoted(&mut chars)?),
            first => {
                let mut word = String::from(first);
                while let Some((_, c)) =
                    chars.next_if(|(_, c)| !c.is_whitespace() && !"()[]\"".contains(*c))
                {
                    word.push(c);
                }
                TokenKind::Word(word)
            }
        };
        tokens.push(Token { kind, at });
    }
    Ok(tokens)
}

/// The rest of a string after its opening quote, with JSON's escapes undone.
fn quoted(chars: &mut impl Iterator<Item = (usize, char)>) -> Result<String, String> {
    let mut value = String::new();
    while let Some((_, c)) = chars.next() {
        match c {
            '"' => return Ok(value),
            '\\' => value.push(escaped(chars)?),
            other => value.push(other),
        }
    }
    Err("Unexpected end of filter string".to_owned())
}

fn escaped(chars: &mut impl Iterator<Item = (usize, char)>) -> Result<char, String> {
    let Some((at, c)) = chars.next() else {
        return Err("Unexpected end of filter string".to_owned());
    };
    Ok(match c {
        '"' | '\\' | '/' => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let digits: String = chars.take(4).map(|(_, c)| c).collect();
            u32::from_str_radix(&digits, 16)
                .ok()
                .filter(|_| digits.len() == 4)
                .and_then(char::from_u32)
                .ok_or_else(|| format!("Invalid escape sequence at position {at}"))?
        }
        _ => return Err(format!("Invalid escape sequence at position {at}")),
    })
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Result<Token, Stop> {
        let token = self.peek().cloned();
        self.next += 1;
        token.ok_or_else(|| Stop::Syntax("Unexpected end of filter string".to_owned()))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.next += usize::from(found);
        found
    }

    fn any_of(&mut self, depth: usize) -> Result<Filter, Stop> {
        let mut parts = vec![self.all_of(depth)?];
        while self.take_word("or") {
            parts.push(self.all_of(depth)?);
        }
        Ok(single(parts, Filter::Or))
    }

    fn all_of(&mut self, depth: usize) -> Result<Filter, Stop> {
        let mut parts = vec![self.part(depth)?];
        while self.take_word("and") {
            parts.push(self.part(depth)?);
        }
        Ok(single(parts, Filter::And))
    }

    fn part(&mut self, depth: usize) -> Result<Filter, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::Syntax("The filter is nested too deeply".to_owned()));
        }
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.part(depth + 1)?)));
        }
        let token = self.take()?;
        match token.kind {
            TokenKind::Open => self.closed(depth + 1),
            TokenKind::Word(path) => self.test(&path),
            TokenKind::Close | TokenKind::Quoted(_) => Err(Stop::Syntax(format!(
                "Unexpected '{}' at position {}",
                token.shown(),
                token.at
            ))),
        }
    }

    fn closed(&mut self, depth: usize) -> Result<Filter, Stop> {
        let inner = self.any_of(depth)?;
        let close = self.take()?;
        if close.kind == TokenKind::Close {
            return Ok(inner);
        }
        Err(Stop::Syntax(format!(
            "Expected ')' at position {}",
            close.at
        )))
    }

    fn test(&mut self, path: &str) -> Result<Filter, Stop> {
        let word = self.take()?;
        let op = match &word.kind {
            TokenKind::Word(name) => Op::named(name),
            _ => None,
        };
        let op = op.ok_or_else(|| {
            Stop::Syntax(format!(
                "Unrecognized attribute operator '{}' at position {}. Expected: eq,co,sw,pr,gt,ge,lt,le",
                word.shown(),
                word.at
            ))
        })?;
        let value = if op == Op::Pr { None } else { self.value()? };
        let field = Field::named(path).ok_or_else(|| {
            Stop::Refused(Refusal::invalid(format!("field is not valid: {path}")))
        })?;
        if op == Op::Co && field.refuses_contains() {
            return Err(Stop::Refused(Refusal {
                code: "E0000031",
                summary: format!(
                    "The supplied combination of operator and field is not currently supported. Operator: co, Field: {path}"
                ),
                causes: Vec::new(),
            }));
        }
        Ok(Filter::Test(Test { field, op, value }))
    }

    /// A string in quotes, or a bare number, `true`, `false` or `null`.
    fn value(&mut self) -> Result<Option<String>, Stop> {
        let token = self.take()?;
        match token.kind {
            TokenKind::Quoted(text) => Ok(Some(text)),
            TokenKind::Word(word) if word == "null" => Ok(None),
            TokenKind::Word(word)
                if word == "true" || word == "false" || word.parse::<f64>().is_ok() =>
            {
                Ok(Some(word))
            }
            _ => Err(Stop::Syntax(format!(
                "Expected a comparison value at position {} of {}",
                token.at,
                self.text.chars().count()
            ))),
        }
    }
}

fn single(mut parts: Vec<Filter>, many: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

#[cfg(test)]
mod tests;
