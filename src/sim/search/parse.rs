//! Reads an expression such as `status eq "ACTIVE" and (profile.city sw "San" or lastUpdated gt "2026-11-01T00:00:00.000Z")`.

use std::fmt;

/// An operator between a property and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names")]
pub enum Op {
    Eq,
    Ne,
    Sw,
    Ew,
    Co,
    Gt,
    Ge,
    Lt,
    Le,
    Pr,
}

impl Op {
    const ALL: [(&'static str, Self); 10] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("sw", Self::Sw),
        ("ew", Self::Ew),
        ("co", Self::Co),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("lt", Self::Lt),
        ("le", Self::Le),
        ("pr", Self::Pr),
    ];

    /// The operator's name.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, op)| *op == self)
            .map_or("", |(name, _)| name)
    }
}

/// A value in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `"…"`
    Text(String),
    /// `42`
    Number(i64),
    /// `true`, `false`
    Bool(bool),
    /// `null`
    Null,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The property's path.
    pub path: String,
    /// The operator.
    pub op: Op,
    /// The value; `Null` for `pr`, which has none.
    pub value: Literal,
}

/// An expression over comparisons of type `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr<T> {
    /// All of them.
    And(Vec<Self>),
    /// Any of them.
    Or(Vec<Self>),
    /// Not that.
    Not(Box<Self>),
    /// One comparison.
    Term(T),
}

impl<T> Expr<T> {
    /// Whether the expression holds, given whether each comparison does.
    pub fn holds(&self, test: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(test)),
            Self::Or(any) => any.iter().any(|one| one.holds(test)),
            Self::Not(one) => !one.holds(test),
            Self::Term(term) => test(term),
        }
    }

    /// Shows every comparison to `look`, from the left to the right.
    pub fn for_each<'a>(&'a self, look: &mut impl FnMut(&'a T)) {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.for_each(look);
                }
            }
            Self::Not(one) => one.for_each(look),
            Self::Term(term) => look(term),
        }
    }

    /// The same expression over other comparisons.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn try_map<U, E>(self, change: &mut impl FnMut(T) -> Result<U, E>) -> Result<Expr<U>, E> {
        let mut each = |all: Vec<Self>| {
            all.into_iter()
                .map(|one| one.try_map(change))
                .collect::<Result<Vec<_>, E>>()
        };
        Ok(match self {
            Self::And(all) => Expr::And(each(all)?),
            Self::Or(any) => Expr::Or(each(any)?),
            Self::Not(one) => Expr::Not(Box::new(one.try_map(change)?)),
            Self::Term(term) => Expr::Term(change(term)?),
        })
    }
}

/// More comparisons than this are too complex.
const MOST_TERMS: usize = 200;
/// Deeper nesting than this is too complex.
const DEEPEST: usize = 24;

/// Reads `text`.
///
/// # Errors
/// A sentence that says what is wrong and where, when the text is no expression or too complex.
pub fn parse(text: &str) -> Result<Expr<Term>, String> {
    let mut parser = Parser {
        text,
        at: 0,
        terms: 0,
    };
    let expr = parser.any(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(format!("Unexpected text at position {}", parser.at));
    }
    Ok(expr)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, symbol: char) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    /// A run of characters that are not space, bracket or quote.
    fn word(&mut self) -> &'a str {
        self.skip_space();
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"'))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let before = self.at;
        let found = self.word().eq_ignore_ascii_case(wanted);
        if !found {
            self.at = before;
        }
        found
    }

    fn any(&mut self, depth: usize) -> Result<Expr<Term>, String> {
        let mut parts = vec![self.all(depth)?];
        while self.take_word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(single_or(parts, Expr::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Expr<Term>, String> {
        let mut parts = vec![self.one(depth)?];
        while self.take_word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(single_or(parts, Expr::And))
    }

    fn one(&mut self, depth: usize) -> Result<Expr<Term>, String> {
        if depth > DEEPEST {
            return Err("The expression is nested too deeply".to_owned());
        }
        if self.take('(') {
            let inner = self.any(depth + 1)?;
            if !self.take(')') {
                return Err(format!("Missing ')' at position {}", self.at));
            }
            return Ok(inner);
        }
        if self.take_word("not") {
            return Ok(Expr::Not(Box::new(self.one(depth + 1)?)));
        }
        self.term()
    }

    fn term(&mut self) -> Result<Expr<Term>, String> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err("The expression is too complex".to_owned());
        }
        let path = self.word();
        if path.is_empty() {
            return Err(format!("Expected a property at position {}", self.at));
        }
        let at = self.at;
        let name = self.word();
        let op = Op::ALL
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, op)| *op)
            .ok_or_else(|| format!("Unrecognized attribute operator '{name}' at position {at}"))?;
        let value = if op == Op::Pr {
            Literal::Null
        } else {
            self.literal()?
        };
        Ok(Expr::Term(Term {
            path: path.to_owned(),
            op,
            value,
        }))
    }

    fn literal(&mut self) -> Result<Literal, String> {
        if self.take('"') {
            return self.quoted();
        }
        let at = self.at;
        match self.word() {
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            "null" => Ok(Literal::Null),
            word => word
                .parse()
                .map(Literal::Number)
                .map_err(|_| format!("Expected a value at position {at}")),
        }
    }

    fn quoted(&mut self) -> Result<Literal, String> {
        let mut value = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices() {
            match c {
                _ if escaped => {
                    value.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += offset + 1;
                    return Ok(Literal::Text(value));
                }
                _ => value.push(c),
            }
        }
        Err("A quoted value does not end".to_owned())
    }
}

fn single_or(mut parts: Vec<Expr<Term>>, many: fn(Vec<Expr<Term>>) -> Expr<Term>) -> Expr<Term> {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{escaped}\"")
            }
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Expr<Term> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                write!(f, "({part})")?;
            }
            Ok(())
        };
        match self {
            Self::And(all) => list(f, all, "and"),
            Self::Or(any) => list(f, any, "or"),
            Self::Not(one) => write!(f, "not ({one})"),
            Self::Term(term) if term.op == Op::Pr => write!(f, "{} pr", term.path),
            Self::Term(term) => write!(f, "{} {} {}", term.path, term.op.as_str(), term.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal() -> impl Strategy<Value = Literal> {
        prop_oneof![
            any::<String>().prop_map(Literal::Text),
            any::<i64>().prop_map(Literal::Number),
            any::<bool>().prop_map(Literal::Bool),
            Just(Literal::Null),
        ]
    }

    fn term() -> impl Strategy<Value = Expr<Term>> {
        let op = proptest::sample::select(Op::ALL.map(|(_, op)| op).to_vec());
        ("(profile\\.)?[a-mA-M]{4,9}", op, literal()).prop_map(|(path, op, value)| {
            let value = if op == Op::Pr { Literal::Null } else { value };
            Expr::Term(Term { path, op, value })
        })
    }

    fn expr() -> impl Strategy<Value = Expr<Term>> {
        term().prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
                inner.prop_map(|one| Expr::Not(Box::new(one))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(expr in expr()) {
            prop_assert_eq!(parse(&expr.to_string()), Ok(expr));
        }

        #[test]
        fn no_text_makes_it_stumble(text in any::<String>()) {
            let _ = parse(&text);
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let read = parse("a pr or b pr and c pr").unwrap();
        assert_eq!(read.to_string(), "(a pr) or ((b pr) and (c pr))");
    }

    #[test]
    fn a_wrong_operator_is_named_with_its_place() {
        let wrong = parse("status eqq \"ACTIVE\"").unwrap_err();
        assert_eq!(wrong, "Unrecognized attribute operator 'eqq' at position 6");
    }

    #[test]
    fn too_many_comparisons_and_too_deep_nesting_are_refused() {
        let many = vec!["id pr"; 201].join(" or ");
        assert!(parse(&many).is_err());
        let deep = format!("{}id pr{}", "(".repeat(40), ")".repeat(40));
        assert!(parse(&deep).is_err());
    }
}
