//! Giving changes the moments at which they happened, as the log tells them.
//!
//! Readings find what changed, a moment or a weekend after it did, and can only say when they saw it. Once
//! the log has been read on and the readings are over, each such change is looked up among the events of that time: the one that names
//! all that the change is about and does such a thing. What no event tells keeps the moment at which it was seen. What came and went
//! and no reading saw is put into the history by what the log tells of it.

mod fields;
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

use super::cause::{self, ACTIVATED, CREATED, DEACTIVATED, DELETE_INITIATED, suspects_since};
use super::context::{Context, Failure};
use fields::Fields;
use log::{Log, Taken};
use meanwhile::Links;
use roles::{Deeds, Telling};

/// Places of the history that are read at once.
const PART: usize = 5_000;
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
        let lives = unseen::objects(store, &log, &settings, now)?;
        // What else is told of them was passed over for as long as nobody knew of them.
        log.begin_with(unseen::before(store, &lives, from, now)?);
        Ok((Arc::new(log), lives))
    });
    let (log, lives) = unseen.await?;
    // What somebody had is known of those alone that the mirror has.
    let mut count = take(context, &lives).await?;
    let read = Arc::clone(&log);
    let orders = context.read(move |store| Orders::read(store, &read));
    let dating = Dating {
        context,
        log,
        orders: Arc::new(orders.await?),
    };
    count += dating.slices().await?;
    count += dating.fields().await?;
    if !context.settings.is_excluded(Resource::Admins) {
        let orders = Arc::clone(&dating.orders);
        let roles = context.read(move |store| orders.deeds.ops(store, from));
        count += take(context, &roles.await?).await?;
    }
    // By the moments that memberships have now.
    let given = context.read(move |store| given::dated(store, from, now));
    Ok(count + take(context, &given.await?).await?)
}

/// One dating, and what it goes by.
struct Dating<'c> {
    context: &'c Context,
    log: Arc<Log>,
    orders: Arc<Orders>,
}

impl Dating<'_> {
    /// Dates what was observed, slice by slice, and what belongs to what, part by part. What belonged to an object that is gone is cut
    /// there, unless it has its own moment: ends of objects come last.
    async fn slices(&self) -> Result<usize, Failure> {
        let mut count = 0;
        let mut ends = Some(Vec::new());
        let mut behind = None;
        loop {
            let slice = self.slice(behind).await?;
            count += take(self.context, &slice.moments).await?;
            ends = ends.and_then(|ends| with(ends, slice.ends, SLICE));
            behind = slice.last;
            if behind.is_none() {
                break;
            }
        }
        for part in 0..self.orders.links.parts() {
            let (log, orders) = (Arc::clone(&self.log), Arc::clone(&self.orders));
            let turned = self.context.read(move |store| {
                let turns = orders.links.part(store, &log, part)?;
                Ok(turns.into_ops(log.from).collect::<Vec<DirectoryOp>>())
            });
            count += take(self.context, &turned.await?).await?;
        }
        Ok(count
            + match ends {
                Some(ends) => take(self.context, &ends).await?,
                None => self.ends_again().await?,
            })
    }

    /// What statuses and names were, part by part.
    async fn fields(&self) -> Result<usize, Failure> {
        let log = Arc::clone(&self.log);
        let fields = self.context.read(move |store| Fields::read(store, &log));
        let fields = Arc::new(fields.await?);
        let mut count = 0;
        for part in 0..fields.parts() {
            let (log, fields) = (Arc::clone(&self.log), Arc::clone(&fields));
            let told = self
                .context
                .read(move |store| fields.part(store, &log, part));
            count += take(self.context, &told.await?).await?;
        }
        Ok(count)
    }

    /// The ends of objects that are too many to be held while the rest is dated.
    async fn ends_again(&self) -> Result<usize, Failure> {
        let mut count = 0;
        let mut behind = None;
        loop {
            let slice = self.slice(behind).await?;
            count += take(self.context, &slice.ends).await?;
            behind = slice.last;
            if behind.is_none() {
                return Ok(count);
            }
        }
    }

    async fn slice(&self, behind: Option<ChangePlace>) -> Result<Slice, Failure> {
        let (log, orders) = (Arc::clone(&self.log), Arc::clone(&self.orders));
        let slice = self
            .context
            .read(move |store| Slice::read(store, &log, &orders, behind, SLICE));
        Ok(slice.await?)
    }
}

/// Both lists as one, unless that is too long to be held.
fn with<T>(mut held: Vec<T>, more: Vec<T>, most: usize) -> Option<Vec<T>> {
    held.extend(more);
    (held.len() <= most).then_some(held)
}

/// What the order of events tells, and no event alone.
#[derive(Default)]
struct Orders {
    links: Links,
    deeds: Deeds,
}

impl Orders {
    fn read(store: &Store, log: &Log) -> Result<Self, store::Error> {
        Ok(Self {
            links: Links::read(store, log)?,
            deeds: Deeds::read(store, log)?,
        })
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
        let (changes, last) = observed(store, log, behind, keys)?;
        let events = log.about(store, &changes)?;
        let told = Told::of(&events, log.taken(store)?);
        let everyone = given::everyone(store);
        let mut moments = Vec::new();
        for change in changes {
            let found = if orders.links.tell(&change) {
                // Its moment follows from the order; what is noted of it and about something else does not.
                let is_wrong = told.disproves(&change, everyone.as_ref());
                is_wrong.then_some((change.at, None))
            } else if given::is_given(store, &change) {
                None
            } else {
                match orders.deeds.telling(store, log.from, &change)? {
                    Telling::This => None,
                    Telling::Other => told.noted_or_made(&change, log.from),
                    Telling::Silent => told
                        .dated(&change, log.from)
                        .or_else(|| told.making(&change, everyone.as_ref())),
                }
            };
            let Some((at, event)) =
                found.filter(|(at, event)| *at < change.at || *event != change.evidence)
            else {
                continue;
            };
            moments.push(DirectoryOp::Dated {
                at: at.min(change.at),
                event,
                change: Box::new(change),
            });
        }
        let (ends, moments) = moments.into_iter().partition(is_end_of_object);
        Ok(Self {
            moments,
            ends,
            last,
        })
    }
}

/// The next changes that were observed and are to be dated, `most` of them or a few more, and where to go on. Between them may be a million
/// that are not, and for each slice the log is read once.
fn observed(
    store: &Store,
    log: &Log,
    mut behind: Option<ChangePlace>,
    most: usize,
) -> Result<(Vec<ChangeRow>, Option<ChangePlace>), store::Error> {
    let mut found = Vec::new();
    loop {
        let part = store
            .directory
            .changes_behind(log.from, log.now, behind, most.min(PART))?;
        let rows = part.rows.into_iter().map(|(_, row)| row);
        found.extend(rows.filter(is_dated));
        behind = part.last;
        if behind.is_none() || found.len() >= most {
            return Ok((found, behind));
        }
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
        self.made_or_unproven(change, from)
    }

    /// The same of what is known to be done by none of the events but the one that was noted, if that can have done it.
    fn noted_or_made(
        &self,
        change: &ChangeRow,
        from: Timestamp,
    ) -> Option<(Timestamp, Option<EventUuid>)> {
        if let Some(noted) = self.noted(change) {
            let at = noted.event.published;
            let at = made(change, from).map_or(at, |made| made.max(at));
            return Some((at, Some(noted.event.uuid)));
        }
        self.made_or_unproven(change, from)
    }

    /// When Okta made what no event tells of; and that what was noted proves nothing, if it does not.
    fn made_or_unproven(
        &self,
        change: &ChangeRow,
        from: Timestamp,
    ) -> Option<(Timestamp, Option<EventUuid>)> {
        if self.disproves(change, None) {
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

    /// Whether the event that the sync noted is about something else. The making of a user is also the beginning of being in `everyone`.
    fn disproves(&self, change: &ChangeRow, everyone: Option<&GroupId>) -> bool {
        let is_known = |noted| self.by_uuid.contains_key(&noted);
        let is_making = || {
            let noted = change.evidence.and_then(|noted| self.by_uuid.get(&noted));
            let types = [CREATED, ACTIVATED];
            noted.is_some_and(|row| types.contains(&row.event.event_type.as_str()))
                && self.making(change, everyone).is_some()
        };
        change.evidence.is_some_and(is_known) && self.noted(change).is_none() && !is_making()
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
        let about = self.about.get(user.as_str())?.iter();
        let mut before = about.filter(|row| row.event.published <= change.at);
        // Who was deactivated is back by being activated.
        let made = before
            .clone()
            .find(|row| *row.event.event_type == *CREATED)
            .or_else(|| before.rfind(|row| *row.event.event_type == *ACTIVATED))?;
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
