//! The group rules of the org, and whom they make members of which group.

use super::answer::Named;
use super::expression::{Expression, Person, Verdict};
use super::sight::{fact, named};
use super::{Held, Mirror};
use crate::domain::entry::{Entry, EntryKind, How, Target};
use crate::domain::history::Interval;
use crate::domain::id::{GroupId, ObjectId, UserId};

/// All rules.
pub(super) struct Rules(Vec<Rule>);

/// One rule.
pub(super) struct Rule {
    pub(super) name: Named,
    pub(super) span: Interval,
    active: bool,
    gives: Vec<GroupId>,
    excluded: Vec<ObjectId>,
    /// What it tests; otherwise why that is not understood.
    pub(super) expression: Result<Expression, String>,
}

impl Rules {
    pub(super) fn read<M: Mirror>(mirror: &M) -> Result<Self, M::Error> {
        let rules = mirror.entries(EntryKind::GroupRule)?;
        Ok(Self(rules.iter().map(Rule::of).collect()))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// The rules in force that give a group.
    pub(super) fn giving(&self, group: &GroupId) -> impl Iterator<Item = &Rule> {
        self.0
            .iter()
            .filter(move |rule| rule.active && rule.gives.contains(group))
    }
}

impl Rule {
    fn of(held: &Held<Entry>) -> Self {
        let entry = &held.value;
        let objects = |how| {
            entry.refs(how).filter_map(|reference| match &reference.to {
                Target::Object(id) => Some(id.clone()),
                Target::Entry(..) | Target::All(_) => None,
            })
        };
        let expression = match fact(entry, "expression") {
            Some(text) => Expression::parse(text).map_err(|error| error.to_string()),
            None => Err("it has no expression".to_owned()),
        };
        Self {
            name: named(entry),
            span: held.span,
            active: entry.status.as_deref() == Some("ACTIVE"),
            gives: objects(How::Gives).filter_map(group_id).collect(),
            excluded: objects(How::Excludes).collect(),
            expression,
        }
    }

    /// Whether the rule makes this user a member of its groups.
    pub(super) fn verdict(&self, user: &UserId, person: &Person<'_>) -> Verdict {
        let by_group = |id: &GroupId| {
            person
                .groups
                .is_some_and(|in_groups| in_groups.iter().any(|(group, _)| group == id))
        };
        let excluded = self.excluded.iter().any(|id| match id {
            ObjectId::User(id) => id == user,
            ObjectId::Group(id) => by_group(id),
            ObjectId::App(_) => false,
        });
        if excluded {
            return Verdict::DoesNot;
        }
        match &self.expression {
            Ok(expression) => expression.evaluate(person),
            Err(why) => Verdict::Unknown(why.clone()),
        }
    }
}

fn group_id(id: ObjectId) -> Option<GroupId> {
    match id {
        ObjectId::Group(id) => Some(id),
        ObjectId::User(_) | ObjectId::App(_) => None,
    }
}
