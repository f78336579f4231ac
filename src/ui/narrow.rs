//! From a value that the operator points at to a filter: keep the rows that have it, drop them, or look at nothing else.

use super::clauses::Clauses;
use super::prompt;
use super::record::Words;
use crate::domain::country;
use crate::domain::filter::{self, Filter, Value};

/// What becomes of the rows with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// They are kept, the others are not.
    Keep,
    /// They are left out.
    Drop,
    /// They are kept, and whatever was filtered before is forgotten.
    Only,
}

/// A value in a field of the filter language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointed {
    /// The field.
    pub field: &'static str,
    /// What it holds.
    pub value: Value,
}

/// Why a column or a line cannot be pointed at.
pub const NO_FIELD: &str =
    "the filter has no field for this column; {key:left} and {key:right} choose another";

/// Why no clause is added to a filter that cannot be read.
const UNREADABLE: &str =
    "the filter in force cannot be read; {key:filter} puts it right, {key:only} replaces it";

/// Why the filter does not get longer.
const TOO_LONG: &str = "the filter would be too long; {key:clauses} shows its clauses";

impl Pointed {
    /// What people call what is pointed at, where the clause about it names an id.
    pub fn name(&self) -> Option<&str> {
        match &self.value {
            Value::Named(named) if named.is_sure() && named.name != named.id => Some(&named.name),
            _ => None,
        }
    }

    /// The clause about it, as rows with these fields can read it.
    pub fn clause(&self, how: How, names: &[&str], words: Words) -> String {
        let drop = how == How::Drop;
        // A country by its code: whether it is told by that or by one of its names.
        let code = self.value.text().filter(|_| self.field == "country");
        let code = code
            .and_then(country::code)
            .map(|code| Value::Is(code.to_owned()));
        let value = code.as_ref().unwrap_or(&self.value);
        let plain = filter::clause(self.field, value, drop);
        match Filter::check(&plain, names, words) {
            Ok(()) => plain,
            Err(_) => filter::clause_in_quotes(self.field, value, drop),
        }
    }
}

/// The clauses with one about what was pointed at; `broken` when those in force cannot be read.
///
/// # Errors
/// Why it cannot be added, in words.
pub fn narrowed(
    clauses: &Clauses,
    how: How,
    (clause, name): (&str, Option<&str>),
    broken: bool,
) -> Result<Clauses, &'static str> {
    let mut clauses = clauses.clone();
    match how {
        How::Only => clauses.only(clause, name),
        How::Keep | How::Drop if broken => return Err(UNREADABLE),
        How::Keep | How::Drop => clauses.keep(clause, name),
    }
    fitting(clauses)
}

/// The clauses with more of them; `broken` when those in force cannot be read.
///
/// # Errors
/// Why they cannot be added, in words.
pub fn added(mut clauses: Clauses, more: &[String], broken: bool) -> Result<Clauses, &'static str> {
    if broken {
        return Err(UNREADABLE);
    }
    for clause in more {
        clauses.keep(clause, None);
    }
    fitting(clauses)
}

fn fitting(clauses: Clauses) -> Result<Clauses, &'static str> {
    let fits = clauses.in_force().chars().count() <= prompt::MAX_CHARS;
    fits.then_some(clauses).ok_or(TOO_LONG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fields::UserFields;
    use crate::domain::filter::Fields as _;

    fn pointed(field: &'static str, value: &str) -> Pointed {
        let value = Value::Is(value.to_owned());
        Pointed { field, value }
    }

    #[test]
    fn a_word_that_okta_added_is_quoted_and_one_that_is_known_is_not() {
        let clause = |value| {
            pointed("status", value).clause(How::Drop, UserFields::NAMES, UserFields::WORDS)
        };
        assert_eq!(clause("LOCKED_OUT"), "-status=LOCKED_OUT");
        assert_eq!(clause("NEWLY_MADE"), "-status=\"NEWLY_MADE\"");
    }

    #[test]
    fn nothing_is_added_to_a_broken_filter_or_one_that_is_full() {
        let mut clauses = Clauses::default();
        clauses.typed("foo:(");
        let clause = ("a=1", None);
        assert_eq!(narrowed(&clauses, How::Keep, clause, true), Err(UNREADABLE));
        let only = narrowed(&clauses, How::Only, clause, true).unwrap();
        assert_eq!(only.in_force(), "a=1");
        let long = "x".repeat(prompt::MAX_CHARS - 3);
        clauses.typed(&long);
        assert_eq!(narrowed(&clauses, How::Keep, clause, false), Err(TOO_LONG));
    }
}
