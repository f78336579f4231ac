//! Roles as the log tells of them: from the event that gave one to the event that took it back.
//!
//! Okta names in each grant all the roles that the holder has then, those that groups give included, and tells of a revocation only when
//! nothing is left: of a role that is taken from several it tells by a grant of the rest. So what an event did follows from the events of
//! its holder in their order, and never from one alone. What a reading saw of a role gets the moments of those events; a role that no reading
//! saw is put into the history.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::given;
use super::log::each;
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, EntryRow, Subject};
use crate::domain::history::{ChangeRow, Interval};
use crate::domain::id::{EventUuid, UserId};
use crate::domain::log_event::LogEvent;
use crate::domain::privilege;
use crate::domain::query::{EventQuery, EventRow};
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::okta::logged;
use crate::store::{self, DirectoryOp, Store, Turn};
use crate::sync::cause::{CREATED, DEACTIVATED, DELETE_COMPLETED, DELETE_INITIATED};

/// What Okta stamps a role with and the event of its grant are of one moment, told by different parts of Okta; and a reading is noted at the
/// second in which it began.
const AROUND: Duration = Duration::from_secs(5);

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
}

const SORTS: [Sort; 3] = [
    Sort {
        kind: EntryKind::UserRole,
        granted: "user.account.privilege.grant",
        revoked: "user.account.privilege.revoke",
        holders: &["User"],
        made: CREATED,
        gone: &[DEACTIVATED, DELETE_INITIATED, DELETE_COMPLETED],
    },
    Sort {
        kind: EntryKind::GroupRole,
        granted: "group.privilege.grant",
        revoked: "group.privilege.revoke",
        holders: &["UserGroup"],
        made: "group.lifecycle.create",
        gone: &["group.lifecycle.delete"],
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
        filter: format!("({}) -result:failure -result:deny", types.join(" or ")),
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

/// Whether an event says anything of the roles of its holder.
pub(super) fn is_of_roles(event: &LogEvent) -> bool {
    let name = event.event_type.as_str();
    SORTS.iter().any(|sort| {
        [sort.granted, sort.revoked, sort.made].contains(&name) || sort.gone.contains(&name)
    })
}

/// The names of all roles that the holder had after an event.
pub(super) type Granted = HashMap<EventUuid, Vec<String>>;

/// Whose roles they are.
type Holder = (EntryKind, EntryId);

/// What an event says of the roles of a holder.
#[derive(Clone, Copy)]
enum Said<'e> {
    /// There is nobody yet who could have any.
    Made,
    /// These are all; or some, where it does not say which.
    Granted(Option<&'e [String]>),
    /// There are none.
    None,
}

/// What the log tells of the roles of all holders.
pub(super) struct Deeds<'e>(BTreeMap<Holder, Vec<(&'e LogEvent, Said<'e>)>>);

impl<'e> Deeds<'e> {
    pub(super) fn of(events: &'e [EventRow], granted: &'e Granted) -> Self {
        let mut deeds: BTreeMap<Holder, Vec<_>> = BTreeMap::new();
        for event in events.iter().map(|row| &row.event) {
            for (holder, said) in said(event, granted) {
                deeds.entry(holder).or_default().push((event, said));
            }
        }
        Self(deeds)
    }

    /// Whether the events tell of a change by their order, so that none of them is looked for alone.
    pub(super) fn tell(&self, store: &Store, change: &ChangeRow) -> bool {
        let Subject::Entry(key) = &change.subject else {
            return false;
        };
        if key.kind == EntryKind::Admin {
            let user = (EntryKind::UserRole, key.id.clone());
            return self.0.contains_key(&user);
        }
        let Some(holder) = key.parent.clone() else {
            return false;
        };
        let all = self
            .0
            .get(&(key.kind, holder))
            .map_or(&[][..], Vec::as_slice);
        let names_all = |(_, said): &(_, Said<'_>)| !matches!(said, Said::Granted(None));
        if all.is_empty() || !all.iter().all(names_all) {
            return false;
        }
        let row = store.directory.entry(key).ok().flatten();
        row.is_some_and(|(row, _)| kind_of(&row).is_some())
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
                .any(|(_, said)| matches!(said, Said::Granted(_)));
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

fn said<'e>(event: &LogEvent, granted: &'e Granted) -> Vec<(Holder, Said<'e>)> {
    let name = event.event_type.as_str();
    let mut all = Vec::new();
    for sort in &SORTS {
        let said = match name {
            name if name == sort.granted => {
                Said::Granted(granted.get(&event.uuid).map(Vec::as_slice))
            }
            name if name == sort.made => Said::Made,
            name if name == sort.revoked || sort.gone.contains(&name) => Said::None,
            _ => continue,
        };
        let holders = sort.holders.iter().flat_map(|kind| event.targets_of(kind));
        let ids = holders.filter_map(|target| target.id.parse::<EntryId>().ok());
        all.extend(ids.map(|id| ((sort.kind, id), said)));
    }
    all
}

/// Since when and until when a user was an admin: as long as they had any role.
fn admin(user: &EntryId, deeds: &[(&LogEvent, Said<'_>)], from: Timestamp) -> Option<DirectoryOp> {
    let turns = deeds.iter().filter_map(|(event, said)| {
        let has_any = match said {
            Said::Made => return None,
            Said::Granted(names) => names.is_none_or(|names| !names.is_empty()),
            Said::None => false,
        };
        Some(turn(event, has_any))
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

fn turn(event: &LogEvent, begins: bool) -> Turn {
    Turn {
        at: event.published,
        begins,
        event: event.uuid,
    }
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
    by: &'e LogEvent,
    /// Whether it must have been this event that gave it, and gave it to the holder itself.
    is_sure: bool,
}

/// The roles of a holder after an event, by their types.
type Roles<'e> = BTreeMap<&'static str, Began<'e>>;

/// From when until when a holder had a role, as far as events say.
#[derive(Clone, Copy)]
struct Stretch<'e> {
    began: Option<Began<'e>>,
    ended: Option<&'e LogEvent>,
}

/// The roles of one holder.
struct Of<'a, 'e> {
    store: &'a Store,
    holder: (EntryKind, &'a EntryId),
    deeds: &'a [(&'e LogEvent, Said<'e>)],
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

    /// The roles after each event; `None` where they are anybody's guess.
    fn steps(&self) -> Vec<(&'e LogEvent, Option<Roles<'e>>)> {
        let mut steps = Vec::with_capacity(self.deeds.len());
        let mut before: Option<Roles<'e>> = None;
        for (event, said) in self.deeds {
            let now = match said {
                Said::Made | Said::None => Some(Roles::new()),
                Said::Granted(None) => None,
                Said::Granted(Some(names)) => Some(match &before {
                    Some(before) => after(before, names, event),
                    None => self.first(names, event),
                }),
            };
            before.clone_from(&now);
            steps.push((*event, now));
        }
        steps
    }

    /// The roles of a holder of whom no event told before. What the mirror says that they had was not given now; where it does not know,
    /// it is this event that gave what it names alone.
    fn first(&self, names: &'e [String], event: &'e LogEvent) -> Roles<'e> {
        let since = self.store.directory.as_of(event.published);
        let since = since.known_since(Resource::Admins);
        let knows = since.is_some_and(|since| since <= event.published);
        let had = |role: &str| {
            let rows = self.known.iter().filter(|row| kind_of(row) == Some(role));
            let mut spans = rows.flat_map(|row| &row.spans);
            spans.any(|span| {
                span.from < event.published && span.to.is_none_or(|to| event.published < to)
            })
        };
        let roles = standard(names).map(|(role, name)| {
            let is_sure = if knows { !had(role) } else { names.len() == 1 };
            let began = Began {
                name,
                by: event,
                is_sure,
            };
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
        let is_it = |row: &&EntryRow| kind_of(row) == Some(role);
        let own = self.known.iter().filter(is_it);
        let own = own.filter(|row| !given::is_of_group(&row.entry));
        let (logged, seen): (Vec<&EntryRow>, Vec<&EntryRow>) =
            own.partition(|row| row.entry.key.id.is_logged());
        let stamped = stamped(&seen, stretches);
        let mut turns: BTreeMap<&EntryKey, Vec<Turn>> = BTreeMap::new();
        let mut unseen = Vec::new();
        for (number, stretch) in stretches.iter().enumerate() {
            match seen_in(number, stretch, &seen, &stamped) {
                Some((key, told)) => turns.entry(key).or_default().extend(told),
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
            .filter_map(|(event, _)| EntryId::logged(event.uuid, role))
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
            let at = began.by.published;
            let is_it = |had: &Entry| had.fact("type").is_some_and(|told| **told == *role);
            if given::gives_any(self.store, at, &user, is_it)? {
                return Ok(None);
            }
        }
        let key = EntryId::logged(began.by.uuid, role).map(|id| EntryKey {
            kind,
            parent: Some(holder.clone()),
            id,
        });
        let entry = key.and_then(|key| logged::role(&key, began.name, began.by.published));
        let span = Interval {
            from: began.by.published,
            to: Some(ended.published),
            began_by: Some(began.by.uuid),
            ended_by: Some(ended.uuid),
        };
        Ok(entry.map(|entry| (entry, span)))
    }
}

/// What a reading saw of a stretch, with what events say of it.
fn seen_in<'r>(
    number: usize,
    stretch: &Stretch<'_>,
    seen: &[&'r EntryRow],
    stamped: &[Option<usize>],
) -> Option<(&'r EntryKey, Vec<Turn>)> {
    let end = stretch.ended.map(|event| turn(event, false));
    if let Some(place) = stamped.iter().position(|of| *of == Some(number)) {
        let row = seen[place];
        let began = stretch.began.map(|began| {
            let made = row.entry.created.unwrap_or(began.by.published);
            // Nothing begins before it was made by Okta's own account, nor after it was over.
            let at = made.max(began.by.published).min(stretch.until());
            Turn {
                at,
                ..turn(began.by, true)
            }
        });
        return Some((&row.entry.key, began.into_iter().chain(end).collect()));
    }
    let meets = |span: &Interval| {
        let from = stretch.began.map(|began| began.by.published);
        let is_before = span
            .to
            .is_some_and(|to| from.is_some_and(|from| to <= from));
        !is_before && span.from < stretch.until()
    };
    let (place, span) = seen.iter().enumerate().find_map(|(place, row)| {
        let spans = match stamped[place] {
            // The last is of the moment that Okta stamped.
            Some(_) => row.spans.split_last().map_or(&[][..], |(_, before)| before),
            None if !may_be_of(row, stretch) => &[],
            None => &row.spans,
        };
        Some((place, spans.iter().find(|span| meets(span))?))
    })?;
    let began = stretch
        .began
        .filter(|began| began.is_sure || time::before(began.by.published, AROUND) <= span.from);
    let began = began.map(|began| turn(began.by, true));
    let turns = began.into_iter().chain(end).collect();
    Some((&seen[place].entry.key, turns))
}

impl Stretch<'_> {
    fn until(&self) -> Timestamp {
        self.ended.map_or(Timestamp::MAX, |event| event.published)
    }
}

/// Which stretch each entry is by the moment at which Okta made it, if it is one.
fn stamped(seen: &[&EntryRow], stretches: &[Stretch<'_>]) -> Vec<Option<usize>> {
    let nearest = |row: &&EntryRow| {
        let made = row.entry.created?;
        let apart = |stretch: &Stretch<'_>| {
            let by = stretch.began?.by;
            let apart = by.published.duration_since(made).unsigned_abs();
            (apart <= AROUND).then_some(apart)
        };
        let near = stretches.iter().enumerate();
        let near = near.filter_map(|(number, stretch)| Some((apart(stretch)?, number)));
        near.min().map(|(_, number)| number)
    };
    seen.iter().map(nearest).collect()
}

/// Whether an entry that was not made by the event that began a stretch may be what was held then.
fn may_be_of(row: &EntryRow, stretch: &Stretch<'_>) -> bool {
    match (row.entry.created, stretch.began) {
        (Some(made), Some(began)) => !began.is_sure && made <= began.by.published,
        (Some(made), None) => made < stretch.until(),
        (None, _) => true,
    }
}

/// The roles that a holder has after an event, from those before it. One event gives or takes: what else an event that took something names
/// came in another way, and so did what a group gives.
fn after<'e>(before: &Roles<'e>, names: &'e [String], event: &'e LogEvent) -> Roles<'e> {
    let named: BTreeMap<&'static str, &'e str> = standard(names).collect();
    let is_loss = before.keys().any(|role| !named.contains_key(role));
    let now = named.into_iter().map(|(role, name)| {
        let known = before.get(role).copied();
        let began = known.unwrap_or(Began {
            name,
            by: event,
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
fn stretches<'e>(
    role: &'static str,
    steps: &[(&'e LogEvent, Option<Roles<'e>>)],
) -> Vec<Stretch<'e>> {
    let mut all = Vec::new();
    // What is known of it after the last event: nothing, that it was not held, or since when it was.
    let mut last: Option<Option<Began<'e>>> = None;
    for (event, roles) in steps {
        let Some(roles) = roles else {
            last = None;
            continue;
        };
        let now = roles.get(role).copied();
        let ended = |began| Stretch {
            began,
            ended: Some(*event),
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
