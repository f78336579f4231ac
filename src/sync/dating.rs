//! Giving changes the moments at which they happened, as the log tells them.
//!
//! Readings find what changed, a moment or a weekend after it did, and can only say when they saw it. Once
//! the log has been read on and the readings are over, each such change is looked up among the events of that time: the one that names
//! all that the change is about and does such a thing. What no event tells keeps the moment at which it was seen. What came and went
//! and no reading saw is put into the history by what the log tells of it.

mod given;
mod unseen;

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::entry::{EntryId, EntryKey, EntryKind, Subject};
use crate::domain::history::{Change, ChangeRow, Interval, Relation};
use crate::domain::id::{EventUuid, GroupId, ObjectId};
use crate::domain::log_event::{LogEvent, Origin};
use crate::domain::query::{EventAnchor, EventQuery, EventRow, EventRows};
use crate::domain::resource::Resource;
use crate::store::{self, DirectoryOp, QueryError, Store};

use super::cause::{self, CREATED, DEACTIVATED, suspects_since};
use super::context::{Context, Failure};

/// Events that are looked through at most, and changes: more than a weekend of a large org brings. What is beyond keeps its moment.
const MAX_EVENTS: usize = 100_000;
const MAX_CHANGES: usize = 100_000;
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
        let mut events = events(store, from, now)?;
        let users = unseen::users(store, &events, &settings.exclude, now)?;
        // What else they did was passed over for as long as nobody knew of them.
        let before = unseen::before(store, &users, from, now)?;
        events.splice(0..0, before);
        Ok((events, users))
    });
    let (events, users) = unseen.await?;
    let since = events
        .first()
        .map_or(from, |row| from.min(row.event.published));
    // What users had is known of those alone that the mirror has.
    let count = take(context, &users).await?;
    let settings = Arc::clone(&context.settings);
    let dated = context.read(move |store| {
        let mut ops = dated(store, &events, from, now)?;
        if !settings.is_excluded(Resource::Admins) {
            ops.extend(unseen::roles_of(store, &events, since, now)?);
        }
        Ok(ops)
    });
    let count = count + take(context, &dated.await?).await?;
    // By the moments that memberships have now.
    let given = context.read(move |store| given::dated(store, from, now));
    Ok(count + take(context, &given.await?).await?)
}

async fn take(context: &Context, ops: &[DirectoryOp]) -> Result<usize, Failure> {
    for chunk in ops.chunks(AT_ONCE) {
        context.store.directory.apply(chunk.to_vec()).await?;
    }
    Ok(ops.len())
}

fn dated(
    store: &Store,
    events: &[EventRow],
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<DirectoryOp>, store::Error> {
    let changes = store.directory.changes(from, now, None, MAX_CHANGES)?;
    let is_dated =
        |row: &ChangeRow| !matches!(row.what, Change::Field { .. } | Change::Reassigned { .. });
    let changes: Vec<ChangeRow> = changes.into_iter().filter(is_dated).collect();
    let told = Told::of(events, &changes);
    let moments = changes
        .iter()
        .filter(|change| !given::is_given(store, change));
    let moments = moments.cloned().collect::<Vec<_>>();
    let everyone = given::everyone(store);
    let moments = moments.into_iter().filter_map(|change| {
        let (at, event) = told
            .dated(&change, from)
            .or_else(|| told.making(&change, everyone.as_ref()))?;
        let is_news = at < change.at || event != change.evidence;
        is_news.then(|| DirectoryOp::Dated {
            at: at.min(change.at),
            event,
            change: Box::new(change),
        })
    });
    let mut ops: Vec<DirectoryOp> = moments
        .chain(meanwhile(events, everyone.as_ref()))
        .collect();
    // What belonged to an object that is gone is cut there, unless it has its own moment.
    ops.sort_by_key(is_end_of_object);
    Ok(ops)
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

/// The events of a stretch that may have changed anything, the oldest first.
fn events(store: &Store, from: Timestamp, now: Timestamp) -> Result<Vec<EventRow>, store::Error> {
    let query = EventQuery {
        filter: cause::any(),
        since: Some(from),
        ..EventQuery::default()
    };
    all(store, query, now, lightened)
}

/// All events that a question is about, the oldest first, but no more than [`MAX_EVENTS`].
fn all<T>(
    store: &Store,
    query: EventQuery,
    now: Timestamp,
    keep: impl Fn(EventRow) -> T,
) -> Result<Vec<T>, store::Error> {
    let mut query = EventQuery {
        anchor: EventAnchor::Oldest,
        limit: 1_000,
        ..query
    };
    let mut found: Vec<T> = Vec::new();
    loop {
        let window = window(store, &query, now)?;
        let Some(last) = window.rows.last() else {
            return Ok(found);
        };
        if found.len() >= MAX_EVENTS {
            tracing::warn!(after = %last.event.published, "too many events to date all that nobody watched");
            return Ok(found);
        }
        query.anchor = EventAnchor::After(last.pos);
        found.extend(window.rows.into_iter().map(&keep));
    }
}

fn window(store: &Store, query: &EventQuery, now: Timestamp) -> Result<EventRows, store::Error> {
    match store.events.window(query, now) {
        Ok(window) => Ok(window),
        Err(QueryError::Store(error)) => Err(error),
        Err(_) => unreachable!("the filter is our own, and a test reads it"),
    }
}

/// An event without what dating does not look at: a weekend of a large org is kept in memory.
fn lightened(row: EventRow) -> EventRow {
    let event = LogEvent {
        severity: None,
        display_message: None,
        actor: None,
        reason: None,
        ip: None,
        country: None,
        city: None,
        user_agent: None,
        session: None,
        root_session: None,
        transaction: None,
        origin: Origin::default(),
        ..row.event
    };
    EventRow {
        event,
        raw: None,
        ..row
    }
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

/// Two things that were joined, or parted, and nothing else is known of since.
struct Open<'e> {
    joined: bool,
    by: &'e LogEvent,
}

/// Who joined what and left it again, and who left and came back, in the order of the second event. A reading saw none of it if it was
/// over before the next one.
fn meanwhile(events: &[EventRow], everyone: Option<&GroupId>) -> Vec<DirectoryOp> {
    let mut open: BTreeMap<Pair, Open<'_>> = BTreeMap::new();
    let mut ops = Vec::new();
    for event in events.iter().map(|row| &row.event) {
        let turns: Vec<(Pair, bool)> = match cause::joining(&event.event_type) {
            Some((relation, joins)) => pairs(relation, event)
                .into_iter()
                .map(|pair| (pair, joins))
                .collect(),
            None if *event.event_type == *DEACTIVATED => of_deactivated(&open, event),
            None if *event.event_type == *CREATED => of_created(everyone, event),
            None => continue,
        };
        for (pair, joins) in turns {
            match open.get(&pair) {
                // The first of several that say the same is the one that did it.
                Some(known) if known.joined == joins => {}
                Some(known) => {
                    ops.push(between(&pair, known, event));
                    open.insert(
                        pair,
                        Open {
                            joined: joins,
                            by: event,
                        },
                    );
                }
                None => {
                    open.insert(
                        pair,
                        Open {
                            joined: joins,
                            by: event,
                        },
                    );
                }
            }
        }
    }
    ops
}

/// What a user who is deactivated had joined, and leaves without an event for each.
fn of_deactivated(open: &BTreeMap<Pair, Open<'_>>, event: &LogEvent) -> Vec<(Pair, bool)> {
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
fn between((relation, to, who): &Pair, since: &Open<'_>, until: &LogEvent) -> DirectoryOp {
    let span = Interval {
        from: since.by.published,
        to: Some(until.published),
        began_by: Some(since.by.uuid),
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

/// What the log tells of a stretch.
struct Told<'e> {
    /// Events that have ended or begun an entry already whose kind they do not name, each with the entry.
    taken: HashMap<EventUuid, EntryKey>,
    by_uuid: HashMap<EventUuid, &'e EventRow>,
    /// By the ids of their targets, the oldest first.
    about: HashMap<&'e str, Vec<&'e EventRow>>,
}

impl<'e> Told<'e> {
    fn of(events: &'e [EventRow], changes: &[ChangeRow]) -> Self {
        let mut told = Self {
            taken: HashMap::new(),
            by_uuid: HashMap::with_capacity(events.len()),
            about: HashMap::new(),
        };
        for row in events {
            told.by_uuid.insert(row.event.uuid, row);
            for target in &row.event.targets {
                told.about.entry(&target.id).or_default().push(row);
            }
        }
        for change in changes {
            if let (Subject::Entry(key), Some(event)) = (&change.subject, change.evidence)
                && cause::is_told_by_parent(key.kind)
                && !key.id.is_logged()
                && told
                    .by_uuid
                    .get(&event)
                    .is_some_and(|row| row.event.published == change.at)
            {
                told.taken.insert(event, key.clone());
            }
        }
        told
    }

    /// Whether an event is known to have done this very thing to another entry: it tells nothing of this one.
    fn is_taken(&self, change: &ChangeRow, row: &EventRow) -> bool {
        let Subject::Entry(key) = &change.subject else {
            return false;
        };
        let by = self.taken.get(&row.event.uuid);
        by.is_some_and(|by| by != key && row.event.published != change.at)
    }

    /// When a change happened that was observed after `from`, and its proof: an event that was noted stays one unless it is about something
    /// else, also where Okta's own stamp tells the moment.
    fn dated(&self, change: &ChangeRow, from: Timestamp) -> Option<(Timestamp, Option<EventUuid>)> {
        if let Some(row) = self.moment(change, from) {
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
        if let Some(noted) = self.noted(change).filter(is_later) {
            return Some(noted);
        }
        let suspects = suspects_since(change, from)?;
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
                own.or_else(|| self.deactivation(change).filter(is_later))
            }
            Subject::Entry(key) if found.is_empty() => self.deactivation_of_admin(key, change),
            Subject::Entry(key) => of_entry(&key.id, &found),
        }
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
