//! Giving changes the moments at which they happened, as the log tells them.
//!
//! Readings find what changed, a moment or a weekend after it did, and can only say when they saw it. Once
//! the log has been read on and the readings are over, each such change is looked up among the events of that time: the one that names
//! all that the change is about and does such a thing. What no event tells keeps the moment at which it was seen. What came and went
//! and no reading saw is put into the history by what the log tells of it.

mod given;
mod log;
mod meanwhile;
mod roles;
mod unseen;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::entry::{EntryId, EntryKey, EntryKind, Subject};
use crate::domain::history::{Change, ChangePlace, ChangeRow, Relation};
use crate::domain::id::{EventUuid, GroupId, ObjectId};
use crate::domain::query::EventRow;
use crate::domain::resource::Resource;
use crate::store::{self, DirectoryOp, Store};

use super::cause::{self, CREATED, DEACTIVATED, DELETE_INITIATED, suspects_since};
use super::context::{Context, Failure};
use log::{Log, Taken};
use meanwhile::Turns;
use roles::{Deeds, Granted};

/// Changes that are dated at once: more are dated in several goes.
const SLICE: usize = 20_000;
/// Changes that go into one transaction.
const AT_ONCE: usize = 2_000;

/// Dates what was observed from `from` until `now`; tells how many changes were.
///
/// # Errors
/// When the mirror cannot be read or written.
pub(super) async fn date(
    context: &Context,
    from: Timestamp,
    now: Timestamp,
) -> Result<usize, Failure> {
    let settings = Arc::clone(&context.settings);
    let unseen = context.read(move |store| {
        let mut log = Log::read(store, from, now)?;
        let users = unseen::users(store, &log, &settings.exclude, now)?;
        // What else they did was passed over for as long as nobody knew of them.
        log.begin_with(unseen::before(store, &users, from, now)?);
        Ok((Arc::new(log), users))
    });
    let (log, users) = unseen.await?;
    // What users had is known of those alone that the mirror has.
    let mut count = take(context, &users).await?;
    let read = Arc::clone(&log);
    let orders = context.read(move |store| Orders::read(store, &read));
    let orders = Arc::new(orders.await?);
    let mut ends = Vec::new();
    let mut behind = None;
    loop {
        let (log, orders) = (Arc::clone(&log), Arc::clone(&orders));
        let slice = context.read(move |store| Slice::read(store, &log, &orders, behind, SLICE));
        let slice = slice.await?;
        count += take(context, &slice.moments).await?;
        ends.extend(slice.ends);
        behind = slice.last;
        if behind.is_none() {
            break;
        }
    }
    // What belonged to an object that is gone is cut there, unless it has its own moment.
    let links: Vec<DirectoryOp> = orders.links.ops(from).chain(ends).collect();
    count += take(context, &links).await?;
    if !context.settings.is_excluded(Resource::Admins) {
        let roles = context.read(move |store| orders.deeds().ops(store, from));
        count += take(context, &roles.await?).await?;
    }
    // By the moments that memberships have now.
    let given = context.read(move |store| given::dated(store, from, now));
    Ok(count + take(context, &given.await?).await?)
}

/// What the order of events tells, and no event alone.
struct Orders {
    links: Turns,
    /// The events of holders of roles.
    of_roles: Vec<EventRow>,
    granted: Granted,
}

impl Orders {
    fn read(store: &Store, log: &Log) -> Result<Self, store::Error> {
        Ok(Self {
            links: Turns::of(store, log)?,
            of_roles: log.those(store, roles::is_of_roles)?,
            granted: roles::grants(store, log.since(), log.now)?,
        })
    }

    fn deeds(&self) -> Deeds<'_> {
        Deeds::of(&self.of_roles, &self.granted)
    }
}

async fn take(context: &Context, ops: &[DirectoryOp]) -> Result<usize, Failure> {
    for chunk in ops.chunks(AT_ONCE) {
        context.store.directory.apply(chunk.to_vec()).await?;
    }
    Ok(ops.len())
}

/// The moments of some of the changes that were observed.
struct Slice {
    moments: Vec<DirectoryOp>,
    /// Those of the ends of objects, which come after all others.
    ends: Vec<DirectoryOp>,
    /// Where the next slice begins; `None` when there is none.
    last: Option<ChangePlace>,
}

impl Slice {
    fn read(
        store: &Store,
        log: &Log,
        orders: &Orders,
        behind: Option<ChangePlace>,
        keys: usize,
    ) -> Result<Self, store::Error> {
        let deeds = orders.deeds();
        let part = store
            .directory
            .changes_behind(log.from, log.now, behind, keys)?;
        let changes: Vec<ChangeRow> = part.rows.into_iter().map(|(_, row)| row).collect();
        let changes: Vec<ChangeRow> = changes.into_iter().filter(is_dated).collect();
        let events = log.about(store, &changes)?;
        let told = Told::of(&events, log.taken(store)?);
        let everyone = given::everyone(store);
        let moments = changes
            .into_iter()
            .filter(|change| !orders.links.tell(change) && !deeds.tell(store, change))
            .filter(|change| !given::is_given(store, change))
            .filter_map(|change| {
                let (at, event) = told
                    .dated(&change, log.from)
                    .or_else(|| told.making(&change, everyone.as_ref()))?;
                let is_news = at < change.at || event != change.evidence;
                is_news.then(|| DirectoryOp::Dated {
                    at: at.min(change.at),
                    event,
                    change: Box::new(change),
                })
            });
        let (ends, moments) = moments.partition(is_end_of_object);
        Ok(Self {
            moments,
            ends,
            last: part.last,
        })
    }
}

/// Fields go by Okta's own stamps.
fn is_dated(row: &ChangeRow) -> bool {
    !matches!(row.what, Change::Field { .. } | Change::Reassigned { .. })
}

fn is_end_of_object(op: &DirectoryOp) -> bool {
    let DirectoryOp::Dated { change, .. } = op else {
        return false;
    };
    matches!(
        (&change.subject, &change.what),
        (Subject::Object(_), Change::Archived)
    )
}

/// When something was made by Okta's own account, if that was since `from`.
fn made(change: &ChangeRow, from: Timestamp) -> Option<Timestamp> {
    let made = change.stamped.filter(|at| *at >= from);
    made.filter(|_| change.what == Change::Appeared)
}

/// The last event that names the entry itself. Most name only what it hangs below: of several of those none is known to be its own.
fn of_entry<'e>(id: &EntryId, found: &[&'e EventRow]) -> Option<&'e EventRow> {
    let names_it = |row: &&&EventRow| {
        let mut targets = row.event.targets.iter();
        targets.any(|target| *target.id == *id.as_str())
    };
    let named = found.iter().rev().find(names_it);
    match (named, found) {
        (Some(named), _) => Some(named),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// What the log tells of a stretch.
struct Told<'e> {
    /// Events that have ended or begun an entry already whose kind they do not name, each with the entry, and when that was.
    taken: &'e Taken,
    by_uuid: HashMap<EventUuid, &'e EventRow>,
    /// By the ids of their targets, the oldest first.
    about: HashMap<&'e str, Vec<&'e EventRow>>,
}

impl<'e> Told<'e> {
    fn of(events: &'e [EventRow], taken: &'e Taken) -> Self {
        let mut told = Self {
            taken,
            by_uuid: HashMap::with_capacity(events.len()),
            about: HashMap::new(),
        };
        for row in events {
            told.by_uuid.insert(row.event.uuid, row);
            for target in &row.event.targets {
                told.about.entry(&target.id).or_default().push(row);
            }
        }
        told
    }

    /// Whether an event is known to have done this very thing to another entry: it tells nothing of this one.
    fn is_taken(&self, change: &ChangeRow, row: &EventRow) -> bool {
        let Subject::Entry(key) = &change.subject else {
            return false;
        };
        let by = self.taken.get(&row.event.uuid).into_iter().flatten();
        let mut by = by.filter(|(_, at)| *at == row.event.published);
        row.event.published != change.at && by.any(|(by, _)| by != key)
    }

    /// When a change happened that was observed after `from`, and its proof: an event that was noted stays one unless it is about something
    /// else, also where Okta's own stamp tells the moment.
    fn dated(&self, change: &ChangeRow, from: Timestamp) -> Option<(Timestamp, Option<EventUuid>)> {
        if let Some(row) = self.moment(change, from) {
            let row = self.asked_for(row);
            // Nothing begins before it was made by Okta's own account.
            let at = made(change, from)
                .map_or(row.event.published, |made| made.max(row.event.published));
            return Some((at, Some(row.event.uuid)));
        }
        if self.disproves(change) {
            return Some((made(change, from).unwrap_or(change.at), None));
        }
        made(change, from).map(|at| (at, change.evidence))
    }

    /// The event that tells when a change happened that was observed after `from`.
    fn moment(&self, change: &ChangeRow, from: Timestamp) -> Option<&'e EventRow> {
        let after = self.undone(change, from);
        let is_later = |row: &&'e EventRow| after.is_none_or(|after| after < row.event.published);
        let suspects = suspects_since(change, from);
        let noted = self.noted(change).filter(is_later);
        // A membership that ended with its user or group may have ended before.
        let is_of_relation = matches!(change.what, Change::Began { .. } | Change::Ended { .. });
        let is_its_own = |noted: &&EventRow| {
            !is_of_relation
                || suspects
                    .as_ref()
                    .is_none_or(|suspects| suspects.fits(*noted))
        };
        if let Some(noted) = noted.filter(is_its_own) {
            return Some(noted);
        }
        let suspects = suspects?;
        let about = self.about.get(suspects.about()?);
        let rows = about.into_iter().flatten().copied();
        let mut found = suspects.among(rows);
        found.retain(|row| !self.is_taken(change, row));
        match &change.subject {
            Subject::Object(_) => {
                let mut found = match change.what {
                    Change::Began { .. } | Change::Ended { .. } => found.into_iter(),
                    _ => found.split_off(found.len().saturating_sub(1)).into_iter(),
                };
                let own = found.find(is_later);
                own.or(noted)
                    .or_else(|| self.deactivation(change).filter(is_later))
            }
            Subject::Entry(key) if found.is_empty() => self.deactivation_of_admin(key, change),
            Subject::Entry(key) => of_entry(&key.id, &found),
        }
    }

    /// The event itself; where Okta only completed the deletion that somebody had asked for, that of the asking: `changes` tells by whom it
    /// was and when, and the past is to tell the same.
    fn asked_for(&self, row: &'e EventRow) -> &'e EventRow {
        let asked = cause::of_deletion(row).and_then(|suspects| {
            let about = self.about.get(suspects.about()?)?;
            let asked = suspects.among(about.iter().copied()).into_iter();
            asked
                .rev()
                .find(|row| *row.event.event_type == *DELETE_INITIATED)
        });
        asked.unwrap_or(row)
    }

    /// The event that the sync noted, if it can have done it.
    fn noted(&self, change: &ChangeRow) -> Option<&'e EventRow> {
        let noted = self.by_uuid.get(&change.evidence?)?;
        (cause::may_be(change, noted) && !self.is_taken(change, noted)).then_some(noted)
    }

    /// Whether the event that the sync noted is about something else.
    fn disproves(&self, change: &ChangeRow) -> bool {
        let is_known = |noted| self.by_uuid.contains_key(&noted);
        change.evidence.is_some_and(is_known) && self.noted(change).is_none()
    }

    /// The making of the user, which is the beginning of being in Everyone: no event tells of that.
    fn making(
        &self,
        change: &ChangeRow,
        everyone: Option<&GroupId>,
    ) -> Option<(Timestamp, Option<EventUuid>)> {
        let Change::Began {
            relation: Relation::Membership,
            other: Subject::Object(ObjectId::Group(group)),
            ..
        } = &change.what
        else {
            return None;
        };
        let (Subject::Object(user), true) = (&change.subject, Some(group) == everyone) else {
            return None;
        };
        let mut about = self.about.get(user.as_str())?.iter();
        let made = about
            .find(|row| *row.event.event_type == *CREATED && row.event.published <= change.at)?;
        Some((made.event.published, Some(made.event.uuid)))
    }

    /// The deactivation of an admin, which ended their roles.
    fn deactivation_of_admin(&self, key: &EntryKey, change: &ChangeRow) -> Option<&'e EventRow> {
        let is_end = key.kind == EntryKind::UserRole && change.what == Change::Archived;
        let user = key.parent.as_ref().filter(|_| is_end)?;
        self.deactivated(user.as_str(), change.at)
    }

    /// When the opposite of a change was done last: what is looked for is the first event after that.
    fn undone(&self, change: &ChangeRow, from: Timestamp) -> Option<Timestamp> {
        let opposite = cause::opposite(change, from)?;
        let about = self.about.get(opposite.about()?);
        let rows = about.into_iter().flatten().copied();
        let all = opposite.among(rows);
        all.last().map(|row| row.event.published)
    }

    /// The deactivation of the user, which ended what belonged to them.
    fn deactivation(&self, change: &ChangeRow) -> Option<&'e EventRow> {
        let Change::Ended {
            relation: Relation::Membership | Relation::UserAssignment,
            ..
        } = change.what
        else {
            return None;
        };
        let Subject::Object(user) = &change.subject else {
            return None;
        };
        self.deactivated(user.as_str(), change.at)
    }

    fn deactivated(&self, user: &str, before: Timestamp) -> Option<&'e EventRow> {
        let mut about = self.about.get(user)?.iter().rev().copied();
        about.find(|row| *row.event.event_type == *DEACTIVATED && row.event.published < before)
    }
}

#[cfg(test)]
mod tests;
