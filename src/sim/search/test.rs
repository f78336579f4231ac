//! Whether one property of one object satisfies one comparison.

use std::borrow::Cow;

use super::parse::{Literal, Op, Term};
use crate::sim::time::Millis;
use crate::sim::world::attribute::Attribute;

/// The value of a property.
#[derive(Clone, Debug)]
pub enum Property<'a> {
    /// Nothing there.
    Absent,
    /// A text.
    Text(Cow<'a, str>),
    /// A moment.
    Moment(Millis),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A list of texts, any of which may match.
    List(Vec<&'a str>),
}

impl<'a> Property<'a> {
    /// A text that is there.
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A moment that may not have come.
    pub fn moment(at: Option<Millis>) -> Self {
        at.map_or(Self::Absent, Self::Moment)
    }
}

impl<'a> From<Attribute<'a>> for Property<'a> {
    fn from(attribute: Attribute<'a>) -> Self {
        match attribute {
            Attribute::Null => Self::Absent,
            Attribute::Text(text) => Self::Text(text),
            Attribute::Bool(truth) => Self::Bool(truth),
            Attribute::Number(number) => Self::Number(number),
            Attribute::List(items) => Self::List(items),
            Attribute::Other(value) => Self::Text(Cow::Owned(value.to_string())),
        }
    }
}

/// A comparison, prepared for being made a hundred thousand times.
#[derive(Clone, Debug)]
pub struct Comparison {
    op: Op,
    value: Literal,
    /// The value as a moment, when it is one.
    moment: Option<Millis>,
    /// The value as text to compare with, folded when case does not count.
    text: String,
    fold: bool,
}

impl Comparison {
    /// Prepares a comparison; `fold` is whether upper and lower case are the same.
    pub fn new(term: &Term, fold: bool) -> Self {
        let text = match &term.value {
            Literal::Text(text) => text.clone(),
            other => other.to_string(),
        };
        Self {
            op: term.op,
            moment: Millis::parse(&text),
            text: if fold { text.to_lowercase() } else { text },
            value: term.value.clone(),
            fold,
        }
    }

    /// Whether the value can be compared with a moment.
    pub fn is_moment(&self) -> bool {
        self.op == Op::Pr || self.moment.is_some()
    }

    /// Whether `property` satisfies it.
    pub fn holds(&self, property: &Property<'_>) -> bool {
        if self.op == Op::Pr {
            return !matches!(property, Property::Absent);
        }
        match property {
            Property::Absent => match self.op {
                Op::Eq => self.value == Literal::Null,
                Op::Ne => self.value != Literal::Null,
                _ => false,
            },
            Property::Moment(at) => self.moment.is_some_and(|value| self.orders(at, &value)),
            Property::Bool(truth) => self.value == Literal::Bool(*truth) || self.is_text(truth),
            Property::Number(number) => match self.value {
                Literal::Number(value) => self.orders(number, &value),
                _ => self.is_text(number),
            },
            Property::Text(text) => self.compares(text),
            Property::List(items) => items.iter().any(|item| self.compares(item)),
        }
    }

    /// Clients quote numbers and truth values too.
    fn is_text(&self, value: &impl ToString) -> bool {
        self.op == Op::Eq && value.to_string() == self.text
    }

    fn compares(&self, text: &str) -> bool {
        if self.fold {
            self.compares_folded(&text.to_lowercase())
        } else {
            self.compares_folded(text)
        }
    }

    fn compares_folded(&self, text: &str) -> bool {
        match self.op {
            Op::Sw => text.starts_with(&self.text),
            Op::Ew => text.ends_with(&self.text),
            Op::Co => text.contains(&self.text),
            _ => self.orders(text, self.text.as_str()),
        }
    }

    fn orders<T: Ord + ?Sized>(&self, property: &T, value: &T) -> bool {
        match self.op {
            Op::Eq => property == value,
            Op::Ne => property != value,
            Op::Gt => property > value,
            Op::Ge => property >= value,
            Op::Lt => property < value,
            Op::Le => property <= value,
            Op::Sw | Op::Ew | Op::Co | Op::Pr => false,
        }
    }
}
