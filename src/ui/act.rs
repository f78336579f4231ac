//! What can be changed of what is in front: the menu behind one key, with why a change is not possible now where that is known.
//!
//! Pure: lines by kind, the reasons by what the mirror has of the object, and the changes that come of a line. The agent reads the object
//! anew before it stages anything, so a reason here spares a question and decides nothing.

mod changes;
mod lines;
mod who;

use super::format;
use crate::action::standing::{Standing, standing};
use crate::domain::change::Change;
use crate::domain::id::ObjectId;
pub use changes::{Act, changes};
pub use lines::lines;
pub use who::Who;

/// A line of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its key.
    pub key: char,
    /// What it does, as an order.
    pub name: &'static str,
    /// Which change it is.
    pub act: Act,
    /// What it has to be told.
    pub needs: Needs,
}

/// What a change has to be told beside what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// One of these ways to do it.
    Choice(&'static [Way]),
    /// A user.
    User,
    /// A group.
    Group,
    /// An app.
    App,
    /// A text, and what is asked for it.
    Text(&'static str),
}

/// A way to make a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its key.
    pub key: char,
    /// What it does.
    pub name: &'static str,
    /// Which change it is.
    pub act: Act,
}

/// What a change was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// A user, a group or an app.
    Object(ObjectId),
    /// A text.
    Text(String),
}

/// Why a line cannot be chosen for any of these; `None` when it can for one at least.
pub fn why_not(line: &Line, all: &[Who]) -> Option<String> {
    let mut first = None;
    for who in all {
        match why_not_one(line, who) {
            None => return None,
            Some(why) => first = first.or(Some(why)),
        }
    }
    let others = all.len().saturating_sub(1);
    first.map(|why| match others {
        0 => why,
        _ => format!("{why} (and {} more)", format::count_len(others)),
    })
}

/// For how many of these a line can be chosen, as far as the mirror tells.
pub fn fitting(line: &Line, all: &[Who]) -> usize {
    let fits = |who: &&Who| why_not_one(line, who).is_none();
    all.iter().filter(fits).count()
}

fn why_not_one(line: &Line, who: &Who) -> Option<String> {
    match line.needs {
        Needs::Choice(ways) => {
            let mut reasons = ways.iter().map(|way| reason(way.act, who, &Given::Nothing));
            let first = reasons.next().flatten()?;
            reasons.all(|why| why.is_some()).then_some(first)
        }
        needs => reason(line.act, who, &sample(needs, who)),
    }
}

/// Why one of the ways cannot be gone for any of these.
pub fn why_not_way(way: &Way, all: &[Who]) -> Option<String> {
    let line = Line {
        key: way.key,
        name: way.name,
        act: way.act,
        needs: Needs::Nothing,
    };
    why_not(&line, all)
}

/// Something that a change could be told, to see whether it could be made at all.
fn sample(needs: Needs, who: &Who) -> Given {
    let object = match needs {
        Needs::User => "00u".parse().ok().map(ObjectId::User),
        Needs::Group => "00g".parse().ok().map(ObjectId::Group),
        Needs::App => "0oa".parse().ok().map(ObjectId::App),
        Needs::Text(_) => return Given::Text(who.sample_text().to_owned()),
        Needs::Nothing | Needs::Choice(_) => None,
    };
    object.map_or(Given::Nothing, Given::Object)
}

fn reason(act: Act, who: &Who, given: &Given) -> Option<String> {
    let changes = match changes(act, who, given) {
        Ok(changes) => changes,
        Err(why) => return Some(why),
    };
    let mut reasons = changes.iter().map(|change| reason_of(change, who));
    let first = reasons.next().flatten()?;
    reasons.all(|why| why.is_some()).then_some(first)
}

fn reason_of(change: &Change, who: &Who) -> Option<String> {
    if let Some(link) = link_of(change)
        && who.lacks_link(link)
    {
        return Some("Okta does not offer it now".to_owned());
    }
    match standing(change, &who.facts) {
        Standing::Impossible(why) => Some(why),
        Standing::Done => Some("it is so already".to_owned()),
        Standing::Gone(why) => Some(why.to_owned()),
        Standing::Possible | Standing::Blind | Standing::NotKnown(_) => None,
    }
}

/// The name under which Okta links a change of a user's life cycle while it can be made. Source: `_links` of a single user in Okta's
/// reference.
fn link_of(change: &Change) -> Option<&'static str> {
    Some(match change {
        Change::ActivateUser { .. } => "activate",
        Change::ReactivateUser { .. } => "reactivate",
        Change::DeactivateUser { .. } => "deactivate",
        Change::SuspendUser { .. } => "suspend",
        Change::UnsuspendUser { .. } => "unsuspend",
        Change::UnlockUser { .. } => "unlock",
        Change::ResetPassword { .. } => "resetPassword",
        Change::ExpirePassword { .. } => "expirePassword",
        Change::ResetFactors { .. } => "resetFactors",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
