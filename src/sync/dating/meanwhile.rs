//! Who joined what and left it, event by event: readings see only what was so when they read.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use jiff::Timestamp;

use super::given;
use super::log::Log;
use crate::domain::entry::Subject;
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::{GroupId, ObjectId};
use crate::domain::log_event::LogEvent;
use crate::store::{self, DirectoryOp, Store, Turn};
use crate::sync::cause::{self, CREATED, DEACTIVATED};

/// When things were joined and parted, by all events that name both, in their order.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) pairs: BTreeMap<Pair, Vec<Turn>>,
    deactivated: HashMap<ObjectId, Vec<Turn>>,
}

impl Turns {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn of(store: &Store, log: &Log) -> Result<Self, store::Error> {
        let everyone = given::everyone(store);
        let mut turns = Self::default();
        log.each(store, |row| turns.take(&row.event, everyone.as_ref()))?;
        turns.end();
        Ok(turns)
    }

    /// Takes in the next event.
    pub(super) fn take(&mut self, event: &LogEvent, everyone: Option<&GroupId>) {
        let (pairs, begins) = match cause::joining(&event.event_type) {
            Some((relation, joins)) => (pairs(relation, event), joins),
            None if *event.event_type == *DEACTIVATED => {
                for user in ids(event, "User", ObjectId::User) {
                    let left = self.deactivated.entry(user).or_default();
                    left.push(turn(event, false));
                }
                return;
            }
            None if *event.event_type == *CREATED => (of_created(everyone, event), true),
            None => return,
        };
        for pair in pairs {
            let turns = self.pairs.entry(pair).or_default();
            turns.push(turn(event, begins));
        }
    }

    /// Who is deactivated leaves without an event for each of what they had joined.
    pub(super) fn end(&mut self) {
        for ((.., who), turns) in &mut self.pairs {
            turns.extend(self.deactivated.get(who).into_iter().flatten());
            turns.sort_by_key(|turn| turn.at);
        }
    }

    /// Whether the events of two things tell of a change by their order, so that none of them is looked for alone.
    pub(super) fn tell(&self, change: &ChangeRow) -> bool {
        let (
            Subject::Object(who),
            Change::Began {
                relation, other, ..
            }
            | Change::Ended {
                relation, other, ..
            },
        ) = (&change.subject, &change.what)
        else {
            return false;
        };
        let Subject::Object(to) = other else {
            return false;
        };
        let pair = (*relation, to.clone(), who.clone());
        self.pairs.contains_key(&pair)
    }

    pub(super) fn ops(&self, from: Timestamp) -> impl Iterator<Item = DirectoryOp> + '_ {
        let pairs = self.pairs.iter();
        pairs.map(
            move |((relation, to, who), turns)| DirectoryOp::LinkTurned {
                relation: *relation,
                to: to.clone(),
                who: who.clone(),
                turns: turns.clone(),
                // What is told of who lived from before is told since then.
                from: turns.first().map_or(from, |first| first.at.min(from)),
            },
        )
    }
}

fn turn(event: &LogEvent, begins: bool) -> Turn {
    Turn {
        at: event.published,
        begins,
        event: event.uuid,
    }
}

/// What a user who is made joins without an event for it.
fn of_created(everyone: Option<&GroupId>, event: &LogEvent) -> Vec<Pair> {
    let users = ids(event, "User", ObjectId::User).into_iter();
    let pair = |user| {
        let everyone = ObjectId::Group(everyone?.clone());
        Some((Relation::Membership, everyone, user))
    };
    users.filter_map(pair).collect()
}

/// What belongs to what, and in what way: the group or app, then the user or else the group.
type Pair = (Relation, ObjectId, ObjectId);

fn pairs(relation: Relation, event: &LogEvent) -> Vec<Pair> {
    let users = || ids(event, "User", ObjectId::User);
    let groups = || ids(event, "UserGroup", ObjectId::Group);
    let apps = || ids(event, "AppInstance", ObjectId::App);
    let (to, who) = match relation {
        Relation::Membership => (groups(), users()),
        Relation::UserAssignment => (apps(), users()),
        Relation::GroupAssignment => (apps(), groups()),
    };
    let with = |to: &ObjectId| {
        let to = to.clone();
        who.iter()
            .map(move |who| (relation, to.clone(), who.clone()))
    };
    to.iter().flat_map(with).collect()
}

fn ids<I: FromStr>(event: &LogEvent, kind: &str, make: fn(I) -> ObjectId) -> Vec<ObjectId> {
    let targets = event.targets_of(kind);
    let ids = targets.filter_map(|target| target.id.parse().ok());
    ids.map(make).collect()
}
