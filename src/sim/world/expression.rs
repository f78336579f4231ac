//! The part of Okta's expression language that group rules are written in.
//!
//! [`Expression::read`] understands attributes, comparisons, `AND`, `OR` and `NOT` in both spellings, and the functions that
//! rules may use; [`Expression::holds`] says whether it is true of somebody. What it does not understand makes a rule
//! invalid, it never guesses.

mod read;

use std::borrow::Cow;

use regex::Regex;
use thiserror::Error;

use super::attribute::{ATTRIBUTES, Attribute};

/// Why an expression cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unevaluable {
    /// It is not a sentence of the language.
    #[error("Invalid expression at position {at}: expected {expected}")]
    Syntax {
        /// Bytes before the mistake.
        at: usize,
        /// What would have been right.
        expected: &'static str,
    },
    /// It names an attribute that profiles do not have.
    #[error("Invalid property {0} in expression")]
    NoSuchAttribute(String),
    /// It names a function that the language does not have, or with other arguments.
    #[error("Invalid function {0} in expression")]
    NoSuchFunction(String),
    /// It names a group that is not there.
    #[error("Invalid group {0} in expression")]
    NoSuchGroup(String),
    /// It says something other than yes or no.
    #[error("The expression must return a boolean value")]
    NotBoolean,
}

/// Who an expression is about.
pub trait Subject {
    /// A profile attribute; `None` when profiles have none of this name.
    fn attribute(&self, name: &str) -> Option<Attribute<'_>>;
    /// Whether they are in the group of this id.
    fn is_in(&self, group: &str) -> bool;
    /// Whether they are in a group whose name suits.
    fn is_in_one_named(&self, suits: &dyn Fn(&str) -> bool) -> bool;
}

/// An expression that was understood.
#[derive(Clone, Debug)]
pub struct Expression(Node);

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Number(i64),
    Bool(bool),
    Null,
    Attribute(String),
    Not(Box<Self>),
    All(Box<Self>, Box<Self>),
    Any(Box<Self>, Box<Self>),
    Compare(Comparison, Box<Self>, Box<Self>),
    Call(Function, Vec<Self>),
    /// `isMemberOf…`: what is looked for.
    Member(Membership),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    StringContains,
    StartsWith,
    Append,
    Length,
    ToUpper,
    ToLower,
    RemoveSpaces,
    SubstringBefore,
    SubstringAfter,
    ArrayContains,
    ArrayIsEmpty,
}

#[derive(Clone, Debug)]
enum Membership {
    Ids(Vec<String>),
    Name(String),
    NameStartsWith(String),
    NameContains(String),
    NameMatches(Regex),
}

impl Expression {
    /// Understands an expression.
    ///
    /// # Errors
    /// [`Unevaluable`] when it is not one, names what there is not, or says no yes or no.
    pub fn read(text: &str) -> Result<Self, Unevaluable> {
        let node = read::whole(text)?;
        node.check()?;
        if node.is_boolean() {
            Ok(Self(node))
        } else {
            Err(Unevaluable::NotBoolean)
        }
    }

    /// Whether it is true of `subject`. Comparing with what nobody set is not true.
    pub fn holds(&self, subject: &impl Subject) -> bool {
        matches!(self.0.value(subject), Attribute::Bool(true))
    }

    /// The ids of the groups that it names.
    pub fn groups(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.0.each(&mut |node| {
            if let Node::Member(Membership::Ids(ids)) = node {
                found.extend(ids.iter().map(String::as_str));
            }
        });
        found
    }

    /// Whether it asks what groups somebody is in.
    pub fn asks_for_groups(&self) -> bool {
        let mut asks = false;
        self.0
            .each(&mut |node| asks |= matches!(node, Node::Member(_)));
        asks
    }
}

impl Node {
    fn each<'a>(&'a self, look: &mut dyn FnMut(&'a Self)) {
        look(self);
        match self {
            Self::Not(one) => one.each(look),
            Self::All(a, b) | Self::Any(a, b) | Self::Compare(_, a, b) => {
                a.each(look);
                b.each(look);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|one| one.each(look)),
            _ => {}
        }
    }

    /// Refuses attributes that profiles do not have.
    fn check(&self) -> Result<(), Unevaluable> {
        let mut wrong = None;
        self.each(&mut |node| {
            if let Self::Attribute(name) = node
                && !ATTRIBUTES.contains(&name.as_str())
            {
                wrong = Some(Unevaluable::NoSuchAttribute(format!("user.{name}")));
            }
        });
        wrong.map_or(Ok(()), Err)
    }

    /// Whether it can say yes or no; an attribute may, which only its value tells.
    fn is_boolean(&self) -> bool {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Null => false,
            Self::Call(function, _) => matches!(
                function,
                Function::StringContains
                    | Function::StartsWith
                    | Function::ArrayContains
                    | Function::ArrayIsEmpty
            ),
            _ => true,
        }
    }

    fn value<'a, S: Subject>(&'a self, subject: &'a S) -> Attribute<'a> {
        let truth = |node: &'a Self| matches!(node.value(subject), Attribute::Bool(true));
        match self {
            Self::Text(text) => Attribute::Text(Cow::Borrowed(text)),
            Self::Number(number) => Attribute::Number(*number),
            Self::Bool(truth) => Attribute::Bool(*truth),
            Self::Null => Attribute::Null,
            Self::Attribute(name) => subject.attribute(name).unwrap_or(Attribute::Null),
            Self::Not(one) => Attribute::Bool(!truth(one)),
            Self::All(a, b) => Attribute::Bool(truth(a) && truth(b)),
            Self::Any(a, b) => Attribute::Bool(truth(a) || truth(b)),
            Self::Compare(how, a, b) => {
                Attribute::Bool(how.compare(&a.value(subject), &b.value(subject)))
            }
            Self::Call(function, arguments) => {
                let values = arguments.iter().map(|one| one.value(subject)).collect();
                function.call(values)
            }
            Self::Member(wanted) => Attribute::Bool(wanted.met(subject)),
        }
    }
}

impl Comparison {
    fn compare(self, a: &Attribute<'_>, b: &Attribute<'_>) -> bool {
        let order = match (a, b) {
            (Attribute::Number(a), Attribute::Number(b)) => Some(a.cmp(b)),
            (Attribute::Text(a), Attribute::Text(b)) => Some(a.cmp(b)),
            _ => None,
        };
        match self {
            Self::Equal => a == b,
            Self::Unequal => a != b,
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

impl Function {
    /// Its name, and how many arguments it takes.
    const ALL: [(&'static str, usize, Self); 11] = [
        ("String.stringContains", 2, Self::StringContains),
        ("String.startsWith", 2, Self::StartsWith),
        ("String.append", 2, Self::Append),
        ("String.len", 1, Self::Length),
        ("String.toUpperCase", 1, Self::ToUpper),
        ("String.toLowerCase", 1, Self::ToLower),
        ("String.removeSpaces", 1, Self::RemoveSpaces),
        ("String.substringBefore", 2, Self::SubstringBefore),
        ("String.substringAfter", 2, Self::SubstringAfter),
        ("Arrays.contains", 2, Self::ArrayContains),
        ("Arrays.isEmpty", 1, Self::ArrayIsEmpty),
    ];

    /// What it makes of `values`; nothing of what it is not made for.
    fn call(self, values: Vec<Attribute<'_>>) -> Attribute<'_> {
        let mut values = values.into_iter();
        let first = values.next().unwrap_or(Attribute::Null);
        let second = values.next();
        let made = |text: String| Attribute::Text(Cow::Owned(text));
        match (self, first, second) {
            (Self::StringContains, Attribute::Text(a), Some(Attribute::Text(b))) => {
                Attribute::Bool(a.contains(&*b))
            }
            (Self::StartsWith, Attribute::Text(a), Some(Attribute::Text(b))) => {
                Attribute::Bool(a.starts_with(&*b))
            }
            (Self::Append, Attribute::Text(a), Some(Attribute::Text(b))) => made(format!("{a}{b}")),
            (Self::Length, Attribute::Text(a), _) => {
                Attribute::Number(i64::try_from(a.chars().count()).unwrap_or(i64::MAX))
            }
            (Self::ToUpper, Attribute::Text(a), _) => made(a.to_uppercase()),
            (Self::ToLower, Attribute::Text(a), _) => made(a.to_lowercase()),
            (Self::RemoveSpaces, Attribute::Text(a), _) => made(a.replace(' ', "")),
            (Self::SubstringBefore, Attribute::Text(a), Some(Attribute::Text(b))) => {
                made(a.split(&*b).next().unwrap_or_default().to_owned())
            }
            (Self::SubstringAfter, Attribute::Text(a), Some(Attribute::Text(b))) => {
                made(a.split_once(&*b).map_or("", |(_, rest)| rest).to_owned())
            }
            (Self::ArrayContains, Attribute::List(items), Some(Attribute::Text(b))) => {
                Attribute::Bool(items.iter().any(|item| *item == b))
            }
            (Self::ArrayIsEmpty, Attribute::List(items), _) => Attribute::Bool(items.is_empty()),
            (Self::ArrayIsEmpty, Attribute::Null, _) => Attribute::Bool(true),
            _ => Attribute::Null,
        }
    }
}

impl Membership {
    fn met(&self, subject: &impl Subject) -> bool {
        match self {
            Self::Ids(ids) => ids.iter().any(|id| subject.is_in(id)),
            Self::Name(wanted) => subject.is_in_one_named(&|name| name == wanted),
            Self::NameStartsWith(start) => {
                subject.is_in_one_named(&|name| name.starts_with(start.as_str()))
            }
            Self::NameContains(part) => {
                subject.is_in_one_named(&|name| name.contains(part.as_str()))
            }
            Self::NameMatches(pattern) => subject.is_in_one_named(&|name| pattern.is_match(name)),
        }
    }
}

#[cfg(test)]
mod tests;
