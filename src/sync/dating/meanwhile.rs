//! Who joined what and left it again before any reading saw it, and who left and came back: all that is known of it is in the log.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;

use super::given;
use super::log::Log;
use crate::domain::history::{Interval, Relation};
use crate::domain::id::{EventUuid, GroupId, ObjectId};
use crate::domain::log_event::LogEvent;
use crate::store::{self, DirectoryOp, Store};
use crate::sync::cause::{self, CREATED, DEACTIVATED};

/// Two things that were joined, or parted, and nothing else is known of since.
struct Open {
    joined: bool,
    at: Timestamp,
    by: EventUuid,
}

/// Who joined what and left it again, and who left and came back, in the order of the second event. A reading saw none of it if it was
/// over before the next one.
///
/// # Errors
/// When the log cannot be read.
pub(super) fn meanwhile(store: &Store, log: &Log) -> Result<Vec<DirectoryOp>, store::Error> {
    let everyone = given::everyone(store);
    let mut turns = Turns::default();
    log.each(store, |row| turns.take(&row.event, everyone.as_ref()))?;
    Ok(turns.over)
}

/// What is known so far, event by event.
#[derive(Default)]
pub(super) struct Turns {
    open: BTreeMap<Pair, Open>,
    pub(super) over: Vec<DirectoryOp>,
}

impl Turns {
    /// Takes in the next event.
    pub(super) fn take(&mut self, event: &LogEvent, everyone: Option<&GroupId>) {
        let turns: Vec<(Pair, bool)> = match cause::joining(&event.event_type) {
            Some((relation, joins)) => pairs(relation, event)
                .into_iter()
                .map(|pair| (pair, joins))
                .collect(),
            None if *event.event_type == *DEACTIVATED => of_deactivated(&self.open, event),
            None if *event.event_type == *CREATED => of_created(everyone, event),
            None => return,
        };
        for (pair, joined) in turns {
            let known = self.open.get(&pair);
            // The first of several that say the same is the one that did it.
            if known.is_some_and(|known| known.joined == joined) {
                continue;
            }
            self.over
                .extend(known.map(|known| between(&pair, known, event)));
            let open = Open {
                joined,
                at: event.published,
                by: event.uuid,
            };
            self.open.insert(pair, open);
        }
    }
}

/// What a user who is deactivated had joined, and leaves without an event for each.
fn of_deactivated(open: &BTreeMap<Pair, Open>, event: &LogEvent) -> Vec<(Pair, bool)> {
    let users = ids(event, "User", ObjectId::User);
    let joined = open.iter().filter(|(_, open)| open.joined);
    let of_them = joined.filter(|((.., who), _)| users.contains(who));
    of_them.map(|(pair, _)| (pair.clone(), false)).collect()
}

/// What a user who is made joins without an event for it.
fn of_created(everyone: Option<&GroupId>, event: &LogEvent) -> Vec<(Pair, bool)> {
    let users = ids(event, "User", ObjectId::User).into_iter();
    let pair = |user| {
        let everyone = ObjectId::Group(everyone?.clone());
        Some(((Relation::Membership, everyone, user), true))
    };
    users.filter_map(pair).collect()
}

/// That two things belonged together, or did not, from one event until another.
fn between((relation, to, who): &Pair, since: &Open, until: &LogEvent) -> DirectoryOp {
    let span = Interval {
        from: since.at,
        to: Some(until.published),
        began_by: Some(since.by),
        ended_by: Some(until.uuid),
    };
    let (relation, to, who) = (*relation, to.clone(), who.clone());
    if since.joined {
        DirectoryOp::Belonged {
            relation,
            to,
            who,
            span,
        }
    } else {
        DirectoryOp::Parted {
            relation,
            to,
            who,
            span,
        }
    }
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
