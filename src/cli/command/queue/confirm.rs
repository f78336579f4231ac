//! What confirms a plan on the command line, and whether it was given.
//!
//! It is decision 17's: the id of what is changed, the count of several, the phrase that is printed for what is irreversible. The agent
//! wants the tail of an id, as it is typed in the console; either is good here.

use std::io;

use crate::action::plan::Challenge;
use crate::action::state::State;
use crate::cli::failure::Failure;
use crate::domain::change::{Change, Tier};
use crate::msg::ProblemKind;
use crate::msg::queue::PlanTold;

use super::told;

/// Asks a question and waits for a line.
pub type Question<'a> = Box<dyn FnMut(&str) -> io::Result<String> + Send + 'a>;

/// Who could be asked.
pub enum Person<'a> {
    /// Somebody sits at the terminal.
    There(Question<'a>),
    /// Nobody does.
    Away,
    /// Nobody is to be asked.
    NotToBeAsked,
}

/// Whether any change of the plan waits for a confirmation: one that is staged, or one that was held back once nothing else goes on.
pub fn waits(told: &PlanTold) -> bool {
    let states = || told.ops.iter().map(|op| op.line.state);
    let is_held_back = states().any(|state| state == State::Blocked);
    states().any(|state| state == State::Proposed)
        || is_held_back && !states().any(told::is_under_way)
}

/// What is to be given to confirm a plan.
pub fn wanted(told: &PlanTold) -> String {
    match (&told.challenge, whole(told)) {
        (Challenge::Type(phrase), _) if told.tier == Tier::Three => phrase.clone(),
        (Challenge::Type(typed), Some(whole)) if whole.ends_with(typed.as_str()) => whole,
        (Challenge::Type(typed), _) => typed.clone(),
        (Challenge::Yes, Some(whole)) => whole,
        (Challenge::Yes, None) => told.ops.len().to_string(),
    }
}

/// The whole of what a single change is about: an id, or the name of what it makes. `None` for several.
fn whole(told: &PlanTold) -> Option<String> {
    let [op] = told.plan.ops.as_slice() else {
        return None;
    };
    if let Change::CreateGroup(profile) = &op.change {
        return Some(profile.name.to_string());
    }
    let locks = op.change.locks();
    let Some(lock) = locks.last() else {
        return Some(op.change.name().to_owned());
    };
    let id = lock.as_str().split_once(':').map(|(_, id)| id);
    Some(id.unwrap_or(lock.as_str()).to_owned())
}

/// What the agent is to be told when `given` is what stands behind `--confirm`; `None` when that is not it.
fn typed(told: &PlanTold, given: &str) -> Option<String> {
    match &told.challenge {
        Challenge::Yes => (given == wanted(told)).then(String::new),
        Challenge::Type(text) => (given == text || given == wanted(told)).then(|| text.clone()),
    }
}

/// What a plan's challenge is answered with: what was given, or else what a person types.
///
/// # Errors
/// When neither was given, or it is not what the plan wants.
pub fn answer(told: &PlanTold, given: Option<&str>, person: Person<'_>) -> Result<String, Failure> {
    if let Some(given) = given {
        return typed(told, given).ok_or_else(|| {
            refused(
                format!("`{given}` does not confirm plan {}", told.number),
                told,
            )
        });
    }
    match person {
        Person::There(ask) => by_hand(told, ask),
        Person::Away => Err(refused(
            format!(
                "plan {} was not confirmed, and nothing was sent",
                told.number
            ),
            told,
        )),
        Person::NotToBeAsked => Err(Failure::new(
            ProblemKind::Usage,
            format!(
                "plan {} needs --confirm where nobody is to be asked",
                told.number
            ),
            hint(told),
        )),
    }
}

fn by_hand(told: &PlanTold, mut ask: Question<'_>) -> Result<String, Failure> {
    let (question, text) = match &told.challenge {
        Challenge::Yes => ("type y to carry it out: ".to_owned(), "y"),
        Challenge::Type(text) => (format!("type {text} to carry it out: "), text.as_str()),
    };
    let line = ask(&question)?;
    if line != text {
        return Err(refused(
            format!(
                "plan {} was not confirmed, and nothing was sent",
                told.number
            ),
            told,
        ));
    }
    Ok(match &told.challenge {
        Challenge::Yes => String::new(),
        Challenge::Type(text) => text.clone(),
    })
}

fn refused(words: String, told: &PlanTold) -> Failure {
    Failure::new(ProblemKind::Refused, words, hint(told))
}

fn hint(told: &PlanTold) -> String {
    format!("`{}`", told::run_line(told))
}
