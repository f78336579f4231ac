//! Who joined what and left it, event by event: readings see only what was so when they read.
//!
//! An import of a million memberships is a million such events. What they are about is remembered by a number each, and what they tell is
//! gone through part by part: of each part the log is read once more, and only what it tells of those users (or groups) is in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::str::FromStr;

use jiff::Timestamp;

use super::given;
use super::log::Log;
use crate::domain::entry::Subject;
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::{GroupId, ObjectId};
use crate::domain::log_event::LogEvent;
use crate::store::{self, DirectoryOp, Store, Turn};
use crate::sync::cause::{self, ACTIVATED, APP_DELETED, CREATED, DEACTIVATED, GROUP_DELETED};

/// Turns that are in memory at once, or a few more.
const MOST: usize = 250_000;

/// What belongs to what by events that name both.
#[derive(Default)]
pub(super) struct Links {
    everyone: Option<GroupId>,
    /// A number for each pair of which events tell, in ascending order.
    told: Vec<u64>,
    /// Into how many parts what is told of them is divided.
    parts: u64,
}

impl Links {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn read(store: &Store, log: &Log) -> Result<Self, store::Error> {
        Self::of_parts(store, log, MOST)
    }

    /// As [`read`](Self::read), with about so many turns in each part.
    pub(super) fn of_parts(store: &Store, log: &Log, most: usize) -> Result<Self, store::Error> {
        let everyone = given::everyone(store);
        let mut told = Vec::new();
        let mut turns = 0;
        let mut deactivated = HashSet::new();
        log.each(store, |row| {
            if *row.event.event_type == *DEACTIVATED {
                let users = ids(&row.event, "User", ObjectId::User);
                deactivated.extend(users.iter().map(number));
                turns += users.len();
            }
            let (mut pairs, _) = joined(&row.event, everyone.as_ref());
            let is_back = *row.event.event_type == *ACTIVATED;
            pairs.retain(|(.., who)| !is_back || deactivated.contains(&number(who)));
            told.extend(pairs.iter().map(number));
            turns += pairs.len();
        })?;
        told.sort_unstable();
        told.dedup();
        told.shrink_to_fit();
        let parts = u64::try_from(turns.div_ceil(most)).unwrap_or(u64::MAX);
        Ok(Self {
            everyone,
            told,
            parts,
        })
    }

    pub(super) fn parts(&self) -> u64 {
        self.parts
    }

    /// Of how many pairs events tell.
    #[cfg(test)]
    pub(super) fn told(&self) -> usize {
        self.told.len()
    }

    /// All that events tell of the things in one part.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn part(&self, store: &Store, log: &Log, part: u64) -> Result<Turns, store::Error> {
        let mut turns = Turns::default();
        let is_in = |who: &ObjectId| number(who) % self.parts == part;
        log.each(store, |row| {
            turns.take(&row.event, self.everyone.as_ref(), is_in);
        })?;
        turns.end();
        Ok(turns)
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
        self.told.binary_search(&number(&pair)).is_ok()
    }
}

/// A number that no two of some millions have in common.
pub(super) fn number(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// When things were joined and parted, by all events that name both, in their order.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) pairs: BTreeMap<Pair, Vec<Turn>>,
    deactivated: HashMap<ObjectId, Vec<Turn>>,
    /// Groups and apps that were deleted.
    deleted: HashMap<ObjectId, Turn>,
}

impl Turns {
    /// Takes in the next event, as far as it is about whom is wanted.
    pub(super) fn take(
        &mut self,
        event: &LogEvent,
        everyone: Option<&GroupId>,
        is_wanted: impl Fn(&ObjectId) -> bool,
    ) {
        let end = Turn {
            implied: true,
            ..turn(event, false)
        };
        if *event.event_type == *DEACTIVATED {
            let users = ids(event, "User", ObjectId::User).into_iter();
            for user in users.filter(is_wanted) {
                self.deactivated.entry(user).or_default().push(end);
            }
            return;
        }
        self.deleted
            .extend(deleted(event).into_iter().map(|object| (object, end)));
        // Whoever was deactivated before is in Everyone again.
        let is_back = *event.event_type == *ACTIVATED;
        let (pairs, begins) = joined(event, everyone);
        for pair in pairs.into_iter().filter(|(.., who)| is_wanted(who)) {
            if is_back && !self.deactivated.contains_key(&pair.2) {
                continue;
            }
            // Most have one.
            let turns = self.pairs.entry(pair);
            let turns = turns.or_insert_with(|| Vec::with_capacity(1));
            turns.push(turn(event, begins));
        }
    }

    /// Who is deactivated leaves without an event for each of what they had joined, and so does everybody a group that is deleted.
    pub(super) fn end(&mut self) {
        for ((_, to, who), turns) in &mut self.pairs {
            turns.extend(self.deactivated.get(who).into_iter().flatten());
            turns.extend([to, who].into_iter().filter_map(|it| self.deleted.get(it)));
            turns.sort_by_key(|turn| turn.at);
        }
    }

    /// How many turns are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let of = |turns: &HashMap<ObjectId, Vec<Turn>>| turns.values().map(Vec::len).sum::<usize>();
        self.pairs.values().map(Vec::len).sum::<usize>() + of(&self.deactivated)
    }

    pub(super) fn into_ops(self, from: Timestamp) -> impl Iterator<Item = DirectoryOp> {
        let pairs = self.pairs.into_iter();
        pairs.map(
            move |((relation, to, who), turns)| DirectoryOp::LinkTurned {
                relation,
                to,
                who,
                // What is told of who lived from before is told since then.
                from: turns.first().map_or(from, |first| first.at.min(from)),
                turns,
            },
        )
    }
}

/// The groups and apps that an event says were deleted.
fn deleted(event: &LogEvent) -> Vec<ObjectId> {
    match event.event_type.as_str() {
        GROUP_DELETED => ids(event, "UserGroup", ObjectId::Group),
        APP_DELETED => ids(event, "AppInstance", ObjectId::App),
        _ => Vec::new(),
    }
}

/// What an event joins or parts, and which of the two.
fn joined(event: &LogEvent, everyone: Option<&GroupId>) -> (Vec<Pair>, bool) {
    match cause::joining(&event.event_type) {
        Some((relation, joins)) => (pairs(relation, event), joins),
        None if [CREATED, ACTIVATED].contains(&event.event_type.as_str()) => {
            (of_everyone(everyone, event), true)
        }
        None => (Vec::new(), false),
    }
}

fn turn(event: &LogEvent, begins: bool) -> Turn {
    Turn {
        at: event.published,
        begins,
        implied: false,
        event: event.uuid,
    }
}

/// What a user who is made, or activated again, joins without an event for it.
fn of_everyone(everyone: Option<&GroupId>, event: &LogEvent) -> Vec<Pair> {
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
