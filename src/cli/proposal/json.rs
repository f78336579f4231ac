//! Changes as JSON, in the form that the journal and the store have.

use serde_json::Value;

use super::usage;
use crate::cli::failure::Failure;
use crate::domain::change::Change;

const HINT: &str = r#"a list such as [{"change":"users.suspend","user":"00u1a2b3c4D5e6F7g8h9"}], each by its name"#;

/// The changes of a list.
///
/// # Errors
/// When it is no list of changes; the words name the first that is none.
pub fn of_json(text: &str) -> Result<Vec<Change>, Failure> {
    let all: Vec<Value> = serde_json::from_str(text)
        .map_err(|error| usage(format!("that is no list of changes: {error}"), HINT))?;
    if all.is_empty() {
        return Err(usage("the list of changes is empty", HINT));
    }
    let one = |(number, value): (usize, Value)| {
        serde_json::from_value(value)
            .map_err(|error| usage(format!("number {number} is no change: {error}"), HINT))
    };
    (1..).zip(all).map(one).collect()
}
