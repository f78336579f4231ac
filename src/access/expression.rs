//! Group-rule expressions: Okta's expression language as far as group rules use it, evaluated against one user.
//!
//! Okta documents the language by example, so what is not certain is not decided: a function that is not known here, a comparison
//! that hangs on upper and lower case, arithmetic on nothing: each gives [`Verdict::Unknown`] with the reason. A rule whose evaluation
//! would fail in Okta makes nobody a member, which is why an operand that is "nothing, false or a failure" is told apart from an
//! unknown one: alone or behind `&&` it means that the rule does not match, whichever of the three it is.

mod evaluate;
mod function;
mod parse;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::domain::id::GroupId;
use crate::domain::text::SafeText;

/// A group rule's condition, ready to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(parse::Node);

/// The expression is not understood: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why} at character {column}")]
pub struct NotUnderstood {
    /// The character's number, from 1.
    pub column: usize,
    /// What is not understood.
    pub why: String,
}

/// Whom an expression is evaluated for.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The profile as Okta sends it; what is absent is null.
    pub profile: &'a Map<String, Value>,
    /// The groups that the user is in, with their names; `None` when they are not known.
    pub groups: Option<&'a [(GroupId, SafeText)]>,
}

/// Whether a rule's condition holds for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Matches,
    /// It does not.
    DoesNot,
    /// It cannot be said, for this reason.
    Unknown(String),
}

/// What an expression asks about groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupTest {
    /// For membership of the group with this id.
    Id(String),
    /// For membership of the group of this name.
    Name(String),
    /// For membership of a group whose name begins so.
    NameStart(String),
    /// For membership of a group whose name has this in it.
    NamePart(String),
    /// For membership of a group whose name matches this regular expression.
    NamePattern(String),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is not of the language, or of a part of it that is not known here; it says where.
    pub fn parse(text: &str) -> Result<Self, NotUnderstood> {
        parse::parse(text).map(Self)
    }

    /// Whether it holds for `person`.
    pub fn evaluate(&self, person: &Person<'_>) -> Verdict {
        evaluate::verdict(&self.0, person)
    }

    /// Every test of group membership in it that names a group outright.
    pub fn group_tests(&self) -> Vec<GroupTest> {
        let mut tests = Vec::new();
        self.0.visit(&mut |node| {
            if let parse::Node::Call(name, arguments) = node {
                tests.extend(function::group_tests(name, arguments));
            }
        });
        tests
    }
}

impl GroupTest {
    /// Whether the test is about this group; `None` when that cannot be said.
    pub fn is_about(&self, id: &GroupId, name: &str) -> Option<bool> {
        match self {
            Self::Id(wanted) => Some(wanted == id.as_str()),
            Self::Name(wanted) => same_text(name, wanted),
            Self::NameStart(start) => text_test(name, start, |name, start| name.starts_with(start)),
            Self::NamePart(part) => text_test(name, part, |name, part| name.contains(part)),
            Self::NamePattern(pattern) => pattern_test(name, pattern),
        }
    }
}

/// Whether two texts are the same; `None` when they differ in nothing but case.
fn same_text(a: &str, b: &str) -> Option<bool> {
    text_test(a, b, |a, b| a == b)
}

/// A test of texts; `None` when its outcome hangs on case, which Okta does not treat alike everywhere.
fn text_test(a: &str, b: &str, test: impl Fn(&str, &str) -> bool) -> Option<bool> {
    if test(a, b) {
        return Some(true);
    }
    let folded = test(&a.to_lowercase(), &b.to_lowercase());
    (!folded).then_some(false)
}

/// Whether a name matches a pattern; `None` when the pattern is of another dialect, or it hangs on whether all of the name must match.
fn pattern_test(name: &str, pattern: &str) -> Option<bool> {
    let bare = regex::Regex::new(pattern).ok()?;
    let whole = regex::Regex::new(&format!("^(?:{pattern})$")).ok()?;
    let (found, all) = (bare.is_match(name), whole.is_match(name));
    (found == all).then_some(all)
}
