//! Roles as the log tells of them: from the event that gave one to the event that took it back.
//!
//! Okta names in each grant all the roles that the holder has then, those that groups give included, and tells of a revocation only when
//! nothing is left: of a role that is taken from several it tells by a grant of the rest. So what an event did follows from the events of
//! its holder in their order, and never from one alone. What a reading saw of a role gets the moments of those events; a role that no reading
//! saw is put into the history.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::given;
use super::log::{Log, each};
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, EntryRow, Subject};
use crate::domain::history::{Change, ChangeRow, Interval, made_in};
use crate::domain::id::{EventUuid, UserId};
use crate::domain::log_event::LogEvent;
use crate::domain::privilege;
use crate::domain::query::EventQuery;
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::okta::logged;
use crate::store::{self, DirectoryOp, Store, Turn};
use crate::sync::cause::{
    ACTIVATED, CREATED, DEACTIVATED, DELETE_COMPLETED, DELETE_INITIATED, DONE,
};

/// What Okta stamps a role with and the event of its grant are of one moment, told by different parts of Okta; and a reading is noted at the
/// second in which it began.
const AROUND: Duration = Duration::from_secs(5);
/// What Okta made this long before or after the event of a grant is still what that event gave, where nothing else can be.
const APART: Duration = Duration::from_mins(1);

/// What tells of the roles of one sort of holder.
struct Sort {
    kind: EntryKind,
    granted: &'static str,
    revoked: &'static str,
    /// How events call the holder.
    holders: &'static [&'static str],
    /// What makes a holder, who has no role then.
    made: &'static str,
    /// What ends a holder, or at least all roles of it.
    gone: &'static [&'static str],
    /// What brings a holder back who was gone, without what was had before.
    back: Option<&'static str>,
}

const SORTS: [Sort; 3] = [
    Sort {
        kind: EntryKind::UserRole,
        granted: "user.account.privilege.grant",
        revoked: "user.account.privilege.revoke",
        holders: &["User"],
        made: CREATED,
        gone: &[DEACTIVATED, DELETE_INITIATED, DELETE_COMPLETED],
        back: Some(ACTIVATED),
    },
    Sort {
        kind: EntryKind::GroupRole,
        granted: "group.privilege.grant",
        revoked: "group.privilege.revoke",
        holders: &["UserGroup"],
        made: "group.lifecycle.create",
        gone: &["group.lifecycle.delete"],
        back: None,
    },
    Sort {
        kind: EntryKind::ClientRole,
        granted: "app.oauth2.client.privilege.grant",
        revoked: "app.oauth2.client.privilege.revoke",
        holders: &["PublicClientApp", "AppInstance"],
        made: "app.oauth2.client.lifecycle.create",
        gone: &[
            "app.oauth2.client.lifecycle.delete",
            "application.lifecycle.delete",
        ],
        back: None,
    },
];

/// What the grants since `from` name, by event.
///
/// # Errors
/// When the log cannot be read.
pub(super) fn grants(
    store: &Store,
    from: Timestamp,
    now: Timestamp,
) -> Result<Granted, store::Error> {
    let types: Vec<String> = SORTS
        .iter()
        .map(|sort| format!("type:{}", sort.granted))
        .collect();
    let query = EventQuery {
        filter: format!("({}) {DONE}", types.join(" or ")),
        since: Some(from),
        with_raw: true,
        ..EventQuery::default()
    };
    let mut granted = Granted::new();
    each(store, query, now, |row| {
        let names = row.raw.as_ref().and_then(logged::privileges);
        granted.extend(names.map(|names| (row.event.uuid, names)));
        true
    })?;
    Ok(granted)
}

/// The names of all roles that the holder had after an event.
pub(super) type Granted = HashMap<EventUuid, Vec<String>>;

/// Whose roles they are.
type Holder = (EntryKind, EntryId);

/// What an event says of the roles of a holder.
#[derive(Clone, Debug)]
enum Said {
    /// There is nobody yet who could have any.
    Made,
    /// Whoever was gone is there again, and has none.
    Back,
    /// These are all; or some, where it does not say which.
    Granted(Option<Arc<[String]>>),
    /// The last one was taken back.
    Revoked,
    /// The holder is no more, or has none any more.
    Gone,
}

impl Said {
    /// Whether it is about roles at all. Users are made and deleted by the hundred thousand who never have any.
    fn is_of_roles(&self) -> bool {
        matches!(self, Self::Granted(_) | Self::Revoked)
    }
}

/// One event, as far as it says something of the roles of a holder.
#[derive(Clone, Debug)]
struct Deed {
    at: Timestamp,
    event: EventUuid,
    said: Said,
}

impl Deed {
    fn turn(&self, begins: bool) -> Turn {
        Turn {
            at: self.at,
            begins,
            implied: matches!(self.said, Said::Gone),
            event: self.event,
        }
    }
}

/// Whether the order of events tells of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// It says nothing of the holder's roles: an event that is found alone may have done it.
    Silent,
    /// It tells all that events say of the holder's roles, and this is not among it: none of them did it.
    Other,
    /// It tells this change.
    This,
}

/// What the log tells of the roles of all holders who have, or ever had, any.
#[derive(Default)]
pub(super) struct Deeds(BTreeMap<Holder, Vec<Deed>>);

impl Deeds {
    /// # Errors
    /// When the log or the mirror cannot be read.
    pub(super) fn read(store: &Store, log: &Log) -> Result<Self, store::Error> {
        let granted = grants(store, log.since(), log.now)?;
        let mut wanted: BTreeSet<Holder> = BTreeSet::new();
        log.each(store, |row| {
            let said = said(&row.event, &granted).into_iter();
            let of_roles = said.filter(|(_, said)| said.is_of_roles());
            wanted.extend(of_roles.map(|(holder, _)| holder));
        })?;
        let mut deeds = Self::default();
        let mut outcome = Ok(());
        log.each(store, |row| {
            for (holder, deed) in of_event(&row.event, &granted) {
                if deeds.is_idle(&holder, &deed) {
                    continue;
                }
                if outcome.is_ok() && !wanted.contains(&holder) {
                    match has_ever_held(store, &holder) {
                        Ok(true) => _ = wanted.insert(holder.clone()),
                        Ok(false) => continue,
                        Err(error) => outcome = Err(error),
                    }
                }
                deeds.0.entry(holder).or_default().push(deed);
            }
        })?;
        outcome.map(|()| deeds)
    }

    /// Whether an event does nothing. Who is gone is given no role: what is told of them still is the taking of one after the other, each of
    /// which names the rest. And only who was gone comes back.
    fn is_idle(&self, holder: &Holder, deed: &Deed) -> bool {
        let last = self.0.get(holder).and_then(|deeds| deeds.last());
        let is_gone = last.is_some_and(|last| matches!(last.said, Said::Gone));
        match deed.said {
            Said::Granted(_) | Said::Revoked => is_gone,
            Said::Back => !is_gone,
            Said::Made | Said::Gone => false,
        }
    }

    /// How many events are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Whether the events tell of a change by their order, so that none of them is looked for alone.
    ///
    /// # Errors
    /// When the mirror cannot be read.
    pub(super) fn telling(
        &self,
        store: &Store,
        from: Timestamp,
        change: &ChangeRow,
    ) -> Result<Telling, store::Error> {
        let Subject::Entry(key) = &change.subject else {
            return Ok(Telling::Silent);
        };
        if key.kind == EntryKind::Admin {
            let user = (EntryKind::UserRole, key.id.clone());
            let is_told = self.0.contains_key(&user);
            return Ok(if is_told {
                Telling::This
            } else {
                Telling::Silent
            });
        }
        let holder = key.parent.clone().map(|parent| (key.kind, parent));
        let Some((holder, deeds)) = holder.and_then(|holder| self.0.get_key_value(&holder)) else {
            return Ok(Telling::Silent);
        };
        if deeds
            .iter()
            .any(|deed| matches!(deed.said, Said::Granted(None)))
        {
            return Ok(Telling::Silent);
        }
        let known = store.directory.entries_ever_below(holder.0, &holder.1)?;
        let row = known.iter().find(|row| row.entry.key == *key);
        let Some(role) = row.and_then(kind_of) else {
            return Ok(Telling::Silent);
        };
        let of = Of {
            store,
            holder: (holder.0, &holder.1),
            deeds,
            known: &known,
            from,
        };
        Ok(of.telling(role, key, change))
    }

    /// What the events say of roles and of who is an admin, by what the mirror has now.
    ///
    /// # Errors
    /// When the mirror cannot be read.
    pub(super) fn ops(
        &self,
        store: &Store,
        from: Timestamp,
    ) -> Result<Vec<DirectoryOp>, store::Error> {
        let mut ops = Vec::new();
        for ((kind, holder), deeds) in &self.0 {
            if *kind == EntryKind::UserRole {
                ops.extend(admin(holder, deeds, from));
            }
            let known = store.directory.entries_ever_below(*kind, holder)?;
            let is_told = deeds
                .iter()
                .any(|deed| matches!(deed.said, Said::Granted(_)));
            if known.is_empty() && !is_told {
                continue;
            }
            let of = Of {
                store,
                holder: (*kind, holder),
                deeds,
                known: &known,
                from,
            };
            of.ops(&mut ops)?;
        }
        // What was seen gets its moments first: what was not seen has its place between.
        ops.sort_by_key(|op| matches!(op, DirectoryOp::Held { .. }));
        Ok(ops)
    }
}

/// Whether the mirror has ever had a role of the holder, or had them for an admin.
fn has_ever_held(store: &Store, (kind, id): &Holder) -> Result<bool, store::Error> {
    if !store.directory.entries_ever_below(*kind, id)?.is_empty() {
        return Ok(true);
    }
    let admin = EntryKey {
        kind: EntryKind::Admin,
        parent: None,
        id: id.clone(),
    };
    Ok(*kind == EntryKind::UserRole && store.directory.entry(&admin)?.is_some())
}

fn of_event(event: &LogEvent, granted: &Granted) -> impl Iterator<Item = (Holder, Deed)> {
    let (at, uuid) = (event.published, event.uuid);
    let all = said(event, granted).into_iter();
    all.map(move |(holder, said)| {
        let deed = Deed {
            at,
            event: uuid,
            said,
        };
        (holder, deed)
    })
}

fn said(event: &LogEvent, granted: &Granted) -> Vec<(Holder, Said)> {
    let name = event.event_type.as_str();
    let mut all = Vec::new();
    for sort in &SORTS {
        let said = match name {
            name if name == sort.granted => {
                let names = granted.get(&event.uuid);
                Said::Granted(names.map(|names| names.as_slice().into()))
            }
            name if name == sort.made => Said::Made,
            name if name == sort.revoked => Said::Revoked,
            name if sort.back == Some(name) => Said::Back,
            name if sort.gone.contains(&name) => Said::Gone,
            _ => continue,
        };
        let holders = sort.holders.iter().flat_map(|kind| event.targets_of(kind));
        let ids = holders.filter_map(|target| target.id.parse::<EntryId>().ok());
        all.extend(ids.map(|id| ((sort.kind, id), said.clone())));
    }
    all
}

/// Since when and until when a user was an admin: as long as they had any role.
fn admin(user: &EntryId, deeds: &[Deed], from: Timestamp) -> Option<DirectoryOp> {
    let turns = deeds.iter().filter_map(|deed| {
        let has_any = match &deed.said {
            Said::Made | Said::Back => return None,
            Said::Granted(names) => names.as_ref().is_none_or(|names| !names.is_empty()),
            Said::Revoked | Said::Gone => false,
        };
        Some(deed.turn(has_any))
    });
    let turns: Vec<Turn> = turns.collect();
    (!turns.is_empty()).then(|| DirectoryOp::EntryTurned {
        key: EntryKey {
            kind: EntryKind::Admin,
            parent: None,
            id: user.clone(),
        },
        from: since(from, &turns),
        turns,
    })
}

/// Users who lived from before `from` are known since they were made.
fn since(from: Timestamp, turns: &[Turn]) -> Timestamp {
    turns.first().map_or(from, |turn| turn.at.min(from))
}

/// The type of a role of Okta's own that an entry is.
fn kind_of(row: &EntryRow) -> Option<&'static str> {
    let told = row.entry.fact("type")?;
    let mut all = privilege::STANDARD_ROLES.iter().map(|(kind, _)| *kind);
    all.find(|kind| **told == **kind)
}

/// The event that gave a role.
#[derive(Clone, Copy)]
struct Began<'e> {
    name: &'e str,
    by: &'e Deed,
    /// Whether it must have been this event that gave it, and gave it to the holder itself.
    is_sure: bool,
}

/// The roles of a holder after an event, by their types.
type Roles<'e> = BTreeMap<&'static str, Began<'e>>;

/// From when until when a holder had a role, as far as events say.
#[derive(Clone, Copy)]
struct Stretch<'e> {
    began: Option<Began<'e>>,
    ended: Option<&'e Deed>,
}

/// A stretch of a role that a reading saw.
struct Seen<'r> {
    row: &'r EntryRow,
    /// Which of those that are noted of it.
    span: Interval,
    /// What events say of it.
    turns: Vec<Turn>,
}

/// The roles of one holder.
struct Of<'a, 'e> {
    store: &'a Store,
    holder: (EntryKind, &'a EntryId),
    deeds: &'e [Deed],
    /// All that the mirror ever had below the holder.
    known: &'a [EntryRow],
    from: Timestamp,
}

impl<'e> Of<'_, 'e> {
    fn ops(&self, ops: &mut Vec<DirectoryOp>) -> Result<(), store::Error> {
        let steps = self.steps();
        let named = steps.iter().filter_map(|(_, roles)| roles.as_ref());
        let named = named.flat_map(|roles| roles.keys().copied());
        let all: BTreeSet<&'static str> =
            named.chain(self.known.iter().filter_map(kind_of)).collect();
        for role in all {
            self.ops_of(role, &stretches(role, &steps), ops)?;
        }
        Ok(())
    }

    /// Whether the order of events tells of a change of one of the entries that are such a role.
    fn telling(&self, role: &'static str, key: &EntryKey, change: &ChangeRow) -> Telling {
        let begins = change.what == Change::Appeared;
        let stretches = stretches(role, &self.steps());
        let (_, seen) = self.of_role(role);
        let all = seen_in(&seen, &stretches);
        let is_it = |it: &Seen<'_>| {
            let at = if begins {
                Some(it.span.from)
            } else {
                it.span.to
            };
            it.row.entry.key == *key
                && at == Some(change.at)
                && it.turns.iter().any(|turn| turn.begins == begins)
        };
        if all.iter().flatten().any(is_it) {
            Telling::This
        } else {
            Telling::Other
        }
    }

    /// The entries that are such a role of the holder's own: those that the log alone tells of, and those that were seen.
    fn of_role(&self, role: &str) -> (Vec<&EntryRow>, Vec<&EntryRow>) {
        let own = self.known.iter();
        let own = own.filter(|row| kind_of(row) == Some(role) && !given::is_of_group(&row.entry));
        own.partition(|row| row.entry.key.id.is_logged())
    }

    /// The roles after each event; `None` where they are anybody's guess.
    fn steps(&self) -> Vec<(&'e Deed, Option<Roles<'e>>)> {
        let mut steps = Vec::with_capacity(self.deeds.len());
        let mut before: Option<Roles<'e>> = None;
        for deed in self.deeds {
            let now = match &deed.said {
                Said::Made | Said::Back | Said::Revoked | Said::Gone => Some(Roles::new()),
                Said::Granted(None) => None,
                Said::Granted(Some(names)) => Some(match &before {
                    Some(before) => after(before, names, deed),
                    None => self.first(names, deed),
                }),
            };
            before.clone_from(&now);
            steps.push((deed, now));
        }
        steps
    }

    /// The roles of a holder of whom no event told before. What the mirror says that they had was not given now; where it does not know,
    /// it is this event that gave what it names alone.
    fn first(&self, names: &'e [String], by: &'e Deed) -> Roles<'e> {
        let since = self.store.directory.as_of(by.at);
        let since = since.known_since(Resource::Admins);
        let knows = since.is_some_and(|since| since <= by.at);
        let had = |role: &str| {
            let rows = self.known.iter().filter(|row| kind_of(row) == Some(role));
            let mut spans = rows.flat_map(|row| &row.spans);
            spans.any(|span| span.from < by.at && span.to.is_none_or(|to| by.at < to))
        };
        let roles = standard(names).map(|(role, name)| {
            let is_sure = if knows { !had(role) } else { names.len() == 1 };
            let began = Began { name, by, is_sure };
            (role, began)
        });
        roles.collect()
    }

    fn ops_of(
        &self,
        role: &'static str,
        stretches: &[Stretch<'e>],
        ops: &mut Vec<DirectoryOp>,
    ) -> Result<(), store::Error> {
        let (logged, seen) = self.of_role(role);
        let mut turns: BTreeMap<&EntryKey, Vec<Turn>> = BTreeMap::new();
        let mut unseen = Vec::new();
        for (stretch, seen) in stretches.iter().zip(seen_in(&seen, stretches)) {
            match seen {
                Some(seen) => turns
                    .entry(&seen.row.entry.key)
                    .or_default()
                    .extend(seen.turns),
                None => unseen.push(*stretch),
            }
        }
        ops.extend(
            turns
                .into_iter()
                .map(|(key, turns)| self.turned(key, turns)),
        );
        let mut held = BTreeSet::new();
        for stretch in unseen {
            let Some((entry, span)) = self.held(role, &stretch)? else {
                continue;
            };
            let key = entry.0.key.clone();
            let told = [
                (span.from, true, span.began_by),
                (stretch.until(), false, span.ended_by),
            ];
            let told = told.map(|(at, begins, event)| {
                Some(Turn {
                    at,
                    begins,
                    implied: false,
                    event: event?,
                })
            });
            ops.push(if logged.iter().any(|row| row.entry.key == key) {
                self.turned(&key, told.into_iter().flatten().collect())
            } else {
                DirectoryOp::Held {
                    entry: Box::new(entry),
                    span,
                }
            });
            held.insert(key.id);
        }
        // What the log told before it told all of it.
        let events = self.deeds.iter();
        let of_these: BTreeSet<EntryId> = events
            .filter_map(|deed| EntryId::logged(deed.event, role))
            .collect();
        let never = logged.iter().map(|row| &row.entry.key);
        let never = never.filter(|key| of_these.contains(&key.id) && !held.contains(&key.id));
        ops.extend(never.cloned().map(DirectoryOp::NeverHeld));
        Ok(())
    }

    fn turned(&self, key: &EntryKey, turns: Vec<Turn>) -> DirectoryOp {
        DirectoryOp::EntryTurned {
            key: key.clone(),
            from: since(self.from, &turns),
            turns,
        }
    }

    /// A role that came and went and no reading saw, if it must have been the holder's own.
    fn held(
        &self,
        role: &str,
        stretch: &Stretch<'e>,
    ) -> Result<Option<(logged::Listed, Interval)>, store::Error> {
        let (Some(began), Some(ended)) = (stretch.began.filter(|it| it.is_sure), stretch.ended)
        else {
            return Ok(None);
        };
        let (kind, holder) = self.holder;
        let user = (kind == EntryKind::UserRole).then(|| holder.as_str().parse::<UserId>());
        if let Some(Ok(user)) = user {
            let at = began.by.at;
            let is_it = |had: &Entry| had.fact("type").is_some_and(|told| **told == *role);
            if given::gives_any(self.store, at, &user, is_it)? {
                return Ok(None);
            }
        }
        let key = EntryId::logged(began.by.event, role).map(|id| EntryKey {
            kind,
            parent: Some(holder.clone()),
            id,
        });
        let entry = key.and_then(|key| logged::role(&key, began.name, began.by.at));
        let span = Interval {
            from: began.by.at,
            to: Some(ended.at),
            began_by: Some(began.by.event),
            ended_by: Some(ended.event),
        };
        Ok(entry.map(|entry| (entry, span)))
    }
}

/// What readings saw of each stretch, with what events say of it.
fn seen_in<'r>(seen: &[&'r EntryRow], stretches: &[Stretch<'_>]) -> Vec<Option<Seen<'r>>> {
    let stamped = stamped(seen, stretches);
    let all = stretches.iter().enumerate();
    all.map(|(number, stretch)| {
        let of_stamp = stamped.iter().position(|of| *of == Some(number));
        match of_stamp {
            Some(place) => made_then(seen[place], stretch),
            None => met_then(stretch, seen, &stamped, stretches),
        }
    })
    .collect()
}

/// A stretch that began with what Okta stamped an entry with.
fn made_then<'r>(row: &'r EntryRow, stretch: &Stretch<'_>) -> Option<Seen<'r>> {
    let span = *of_stamp(row)?;
    let began = stretch.began.map(|began| {
        let made = row.entry.created.unwrap_or(began.by.at);
        // Nothing begins before it was made by Okta's own account, nor after it was over.
        let at = made.max(began.by.at).min(stretch.until());
        Turn {
            at,
            ..began.by.turn(true)
        }
    });
    let turns = began.into_iter().chain(stretch.end()).collect();
    Some(Seen { row, span, turns })
}

/// A stretch in which an entry was seen that Okta had made before, or does not say when.
fn met_then<'r>(
    stretch: &Stretch<'_>,
    seen: &[&'r EntryRow],
    stamped: &[Option<usize>],
    stretches: &[Stretch<'_>],
) -> Option<Seen<'r>> {
    let meets = |span: &&Interval| {
        let from = stretch.began.map(|began| began.by.at);
        let is_before = span
            .to
            .is_some_and(|to| from.is_some_and(|from| to <= from));
        !is_before && span.from < stretch.until()
    };
    let (row, span) = seen.iter().enumerate().find_map(|(place, row)| {
        if stamped[place].is_none() && !may_be_of(row, stretch) {
            return None;
        }
        // One of them is of the moment that Okta stamped, unless it was seen before: then that came back unseen under its own id.
        let other = stamped[place]
            .and_then(|other| of_stamp(row).filter(|span| !stretches[other].is_seen_before(span)));
        let mut spans = row.spans.iter().filter(|span| Some(*span) != other);
        Some((*row, *spans.find(meets)?))
    })?;
    let began = stretch
        .began
        .filter(|began| began.is_sure || time::before(began.by.at, AROUND) <= span.from);
    let began = began.map(|began| began.by.turn(true));
    let turns = began.into_iter().chain(stretch.end()).collect();
    Some(Seen { row, span, turns })
}

/// Which of the stretches that are noted of an entry Okta's stamp is about.
fn of_stamp(row: &EntryRow) -> Option<&Interval> {
    made_in(row.spans.iter(), row.entry.created?)
}

impl Stretch<'_> {
    fn until(&self) -> Timestamp {
        self.ended.map_or(Timestamp::MAX, |ended| ended.at)
    }

    /// Whether a reading saw the role before this gave it.
    fn is_seen_before(&self, span: &Interval) -> bool {
        let began = self.began.map(|began| time::before(began.by.at, APART));
        began.is_some_and(|began| span.from < began)
    }

    fn end(&self) -> Option<Turn> {
        self.ended.map(|ended| ended.turn(false))
    }

    /// How far from its beginning Okta made an entry, if that can have been then.
    fn apart(&self, made: Timestamp) -> Option<Duration> {
        let began = self.began?;
        let apart = began.by.at.duration_since(made).unsigned_abs();
        let is_own = began.is_sure && apart <= APART && made < self.until();
        (apart <= AROUND || is_own).then_some(apart)
    }
}

/// Which stretch each entry is by the moment at which Okta made it, if it is one: that which began nearest to it, and each of them is that
/// which was made nearest to its beginning.
fn stamped(seen: &[&EntryRow], stretches: &[Stretch<'_>]) -> Vec<Option<usize>> {
    let nearest = |row: &&EntryRow| {
        let made = row.entry.created?;
        let near = stretches.iter().enumerate();
        near.filter_map(|(number, stretch)| Some((stretch.apart(made)?, number)))
            .min()
    };
    let all: Vec<Option<(Duration, usize)>> = seen.iter().map(nearest).collect();
    let is_best = |(place, it): (usize, &Option<(Duration, usize)>)| {
        let (apart, number) = (*it)?;
        let mut others = all.iter().enumerate().filter(|(other, _)| *other != place);
        let is_nearer = |(other, it): (usize, &Option<(Duration, usize)>)| {
            it.is_some_and(|(near, of)| of == number && (near, other) < (apart, place))
        };
        (!others.any(is_nearer)).then_some(number)
    };
    all.iter().enumerate().map(is_best).collect()
}

/// Whether an entry that was not made by the event that began a stretch may be what was held then.
fn may_be_of(row: &EntryRow, stretch: &Stretch<'_>) -> bool {
    match (row.entry.created, stretch.began) {
        (Some(made), Some(began)) => !began.is_sure && made <= began.by.at,
        (Some(made), None) => made < stretch.until(),
        (None, _) => true,
    }
}

/// The roles that a holder has after an event, from those before it. One event gives or takes: what else an event that took something names
/// came in another way, and so did what a group gives.
fn after<'e>(before: &Roles<'e>, names: &'e [String], by: &'e Deed) -> Roles<'e> {
    let named: BTreeMap<&'static str, &'e str> = standard(names).collect();
    let is_loss = before.keys().any(|role| !named.contains_key(role));
    let now = named.into_iter().map(|(role, name)| {
        let known = before.get(role).copied();
        let began = known.unwrap_or(Began {
            name,
            by,
            is_sure: !is_loss,
        });
        (role, began)
    });
    now.collect()
}

fn standard(names: &[String]) -> impl Iterator<Item = (&'static str, &str)> {
    let role = |name: &str| privilege::standard(name).map(|(role, ..)| role);
    names
        .iter()
        .filter_map(move |name| Some((role(name)?, name.as_str())))
}

/// From when until when a role was held.
fn stretches<'e>(role: &'static str, steps: &[(&'e Deed, Option<Roles<'e>>)]) -> Vec<Stretch<'e>> {
    let mut all = Vec::new();
    // What is known of it after the last event: nothing, that it was not held, or since when it was.
    let mut last: Option<Option<Began<'e>>> = None;
    for (deed, roles) in steps {
        let Some(roles) = roles else {
            last = None;
            continue;
        };
        let now = roles.get(role).copied();
        let ended = |began| Stretch {
            began,
            ended: Some(*deed),
        };
        match (last, now) {
            (Some(Some(began)), None) => all.push(ended(Some(began))),
            (None, None) => all.push(ended(None)),
            _ => {}
        }
        last = Some(now);
    }
    if let Some(Some(began)) = last {
        all.push(Stretch {
            began: Some(began),
            ended: None,
        });
    }
    all
}

#[cfg(test)]
mod tests;
