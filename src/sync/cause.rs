//! Which event of the log has caused a change, where the sync noted none: the list that it read again had changed in more than one way,
//! or a periodic reading came before the event was heard of.
//!
//! An event is believed to be the cause when it is about the same object, of a type that makes such a change, and of the right time: that
//! which the object's own stamp names, or else shortly before the change was observed. Nothing is told where several people did such things.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::application::AssignmentScope;
use crate::domain::entry::{EntryId, EntryKey, EntryKind, Subject};
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::{AppId, Kind, ObjectId, UserId};
use crate::domain::log_event::{LogEvent, OutcomeResult};
use crate::domain::query::{EventQuery, EventRow};
use crate::domain::text::SafeText;
use crate::domain::time;

/// An object's stamp and its event are of one moment; both are told in milliseconds by different parts of Okta.
const AROUND_STAMP: Duration = Duration::from_secs(5);
/// A change is observed at the latest by the deltas, every five minutes, after an index that may lag.
const BEFORE_SEEN: Duration = Duration::from_mins(15);
/// What may have caused one change is few; more are several people's doing.
const MAX_SUSPECTS: usize = 50;

/// The filter that keeps no event which only tells that something was tried.
pub const DONE: &str = "-result:failure -result:deny";

/// The field of an assignment that says whether it is direct.
const SCOPE: &str = "scope";

/// Types of events by the beginning of their names.
type Types = &'static [&'static str];

/// Fields of objects, by the beginning of their paths, and what changes them.
const OF_FIELDS: [(Kind, &str, Types); 13] = [
    (Kind::User, "passwordChanged", PASSWORD),
    (Kind::User, "credentials", PASSWORD),
    (Kind::User, "status", STATUS),
    (Kind::User, "transitioningToStatus", STATUS),
    (Kind::User, "activated", STATUS),
    (Kind::User, "profile.", PROFILE),
    (Kind::User, "type", &["user.account.update_user_type"]),
    (Kind::User, "lastUpdated", PROFILE),
    (Kind::Group, "profile.", &["group.profile.update"]),
    (Kind::Group, "lastUpdated", &["group.profile.update"]),
    (
        Kind::Group,
        "lastMembershipUpdated",
        &["group.user_membership."],
    ),
    (Kind::App, "status", &["application.lifecycle."]),
    (Kind::App, "", &["application.lifecycle.update"]),
];
const PASSWORD: Types = &[
    "user.account.update_password",
    "user.account.reset_password",
];
const STATUS: Types = &[
    "user.lifecycle.",
    "user.account.lock",
    "user.account.unlock",
    "user.account.reset_password",
    "user.account.expire_password",
    "user.account.update_password",
];
const PROFILE: Types = &[
    "user.account.update_profile",
    "user.account.update_primary_email",
    "user.account.update_secondary_email",
];

/// What makes entries below something begin, and what ends them; an event names that which they hang below.
const OF_ENTRIES: [(EntryKind, Types, Types); 8] = [
    (
        EntryKind::Factor,
        &["user.mfa.factor.activate", "user.mfa.factor.enroll"],
        &["user.mfa.factor.deactivate", "user.mfa.factor.reset_all"],
    ),
    (
        EntryKind::UserRole,
        &["user.account.privilege.grant"],
        &["user.account.privilege.revoke"],
    ),
    (
        EntryKind::GroupRole,
        &["group.privilege.grant"],
        &["group.privilege.revoke"],
    ),
    (
        EntryKind::GroupOwner,
        &["resource.owner.update"],
        &["resource.owner.update"],
    ),
    (
        EntryKind::ClientRole,
        &["app.oauth2.client.privilege.grant"],
        &["app.oauth2.client.privilege.revoke"],
    ),
    (
        EntryKind::ClientGrant,
        &["app.oauth2.admin.consent.grant"],
        &["app.oauth2.admin.consent.revoke"],
    ),
    (EntryKind::ClientSecret, CREDENTIALS, CREDENTIALS),
    (EntryKind::ClientKey, CREDENTIALS, CREDENTIALS),
];
/// What makes entries begin and end that events name themselves.
const OF_NAMED: [(EntryKind, Types, Types); 16] = [
    (
        EntryKind::Admin,
        &["user.account.privilege.grant"],
        &["user.account.privilege.revoke"],
    ),
    (
        EntryKind::GroupRule,
        &[],
        &["group.user_membership.rule.invalidate"],
    ),
    (EntryKind::Role, &["iam.role.create"], &["iam.role.delete"]),
    (
        EntryKind::ResourceSet,
        &["iam.resourceset.create"],
        &["iam.resourceset.delete"],
    ),
    (
        EntryKind::Idp,
        &["system.idp.lifecycle.create"],
        &["system.idp.lifecycle.delete"],
    ),
    (
        EntryKind::ApiToken,
        &["system.api_token.create"],
        &["system.api_token.revoke"],
    ),
    (
        EntryKind::Client,
        &["app.oauth2.client.lifecycle.create"],
        &["app.oauth2.client.lifecycle.delete"],
    ),
    (
        EntryKind::Policy,
        &["policy.lifecycle.create"],
        &["policy.lifecycle.delete"],
    ),
    (
        EntryKind::PolicyRule,
        &["policy.rule.add"],
        &["policy.rule.delete"],
    ),
    (EntryKind::Zone, &["zone.create"], &["zone.delete"]),
    (
        EntryKind::Behavior,
        &["security.behavior.settings.create"],
        &["security.behavior.settings.delete"],
    ),
    (
        EntryKind::EventHook,
        &["event_hook.created"],
        &["event_hook.deleted"],
    ),
    (
        EntryKind::InlineHook,
        &["inline_hook.created"],
        &["inline_hook.deleted"],
    ),
    (
        EntryKind::LogStream,
        &["system.log_stream.lifecycle.create"],
        &["system.log_stream.lifecycle.delete"],
    ),
    (
        EntryKind::TrustedOrigin,
        &["security.trusted_origin.create"],
        &["security.trusted_origin.delete"],
    ),
    (
        EntryKind::Device,
        &["device.enrollment.create"],
        &["device.lifecycle.delete"],
    ),
];
/// A user is deleted in two steps: somebody asks for it, and Okta itself completes it.
/// Somebody asked for the deletion of a user.
pub const DELETE_INITIATED: &str = "user.lifecycle.delete.initiated";
/// A user is no more.
pub const DELETE_COMPLETED: &str = "user.lifecycle.delete.completed";
/// A user is made, and is in Everyone from then on.
pub const CREATED: &str = "user.lifecycle.create";
/// A user is locked out: Okta logs it as a failure, and it happened all the same.
pub const LOCKED: &str = "user.account.lock";
/// A user is activated, for the first time or again.
pub const ACTIVATED: &str = "user.lifecycle.activate";
/// A user who is deactivated loses memberships and assignments, and no event tells of each.
pub const DEACTIVATED: &str = "user.lifecycle.deactivate";
/// A group is no more.
pub const GROUP_DELETED: &str = "group.lifecycle.delete";
/// An app is no more.
pub const APP_DELETED: &str = "application.lifecycle.delete";
/// What ends whatever belonged to a user, a group or an app.
const ENDS_ALL: [&str; 5] = [
    DEACTIVATED,
    DELETE_INITIATED,
    DELETE_COMPLETED,
    GROUP_DELETED,
    APP_DELETED,
];
/// What makes an assignment that a group gives a direct one.
const MADE_DIRECT: Types = &["application.user_membership.add"];
const CREDENTIALS: Types = &["app.oauth2.credentials.lifecycle.", "app.oauth2.key."];

/// The events that may have caused a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Suspects {
    /// Ids that the event names, all of them.
    about: Vec<String>,
    types: Types,
    from: Timestamp,
    to: Timestamp,
    /// When it was by Okta's own stamp.
    stamp: Option<Timestamp>,
}

/// What of an event tells whether it can have been the cause.
pub trait Deed {
    /// Its type, such as `user.session.start`.
    fn event_type(&self) -> &str;
    /// When it happened, by Okta's clock.
    fn published(&self) -> Timestamp;
    /// The id of who did it, where the event tells.
    fn actor_id(&self) -> Option<&str>;
    /// Whether it was done to what has this id.
    fn is_about(&self, id: &str) -> bool;
    /// Whether it only tells that something was tried.
    fn has_failed(&self) -> bool;
}

impl Deed for EventRow {
    fn event_type(&self) -> &str {
        &self.event.event_type
    }

    fn published(&self) -> Timestamp {
        self.event.published
    }

    fn actor_id(&self) -> Option<&str> {
        self.event.actor.as_ref().map(|actor| &*actor.id)
    }

    fn is_about(&self, id: &str) -> bool {
        self.event.targets.iter().any(|target| *target.id == *id)
    }

    fn has_failed(&self) -> bool {
        has_failed(&self.event)
    }
}

/// Whether an event tells only that something was tried, so that it caused nothing.
pub fn has_failed(event: &LogEvent) -> bool {
    let result = event.result.as_ref().map_or("", OutcomeResult::word);
    matches!(result, "FAILURE" | "DENY") && *event.event_type != *LOCKED
}

/// The filter that keeps every event which may have caused anything that is dated, and those of some more types.
pub fn any_and(more: impl Iterator<Item = &'static str>) -> String {
    filter_of(&of_all().into_iter().chain(more).collect())
}

/// The filter that keeps every event which may have caused anything, also that a field has another value.
pub fn any_at_all() -> String {
    let mut all = of_all();
    all.extend(OF_FIELDS.iter().flat_map(|(.., types)| *types));
    filter_of(&all)
}

fn filter_of(types: &BTreeSet<&str>) -> String {
    let types: Vec<String> = types.iter().map(|name| format!("type:{name}")).collect();
    let done = format!("({}) {DONE}", types.join(" or "));
    format!("(({done}) or type={LOCKED})")
}

fn of_all() -> BTreeSet<&'static str> {
    let of_entries = OF_ENTRIES.iter().chain(&OF_NAMED);
    let of_entries = of_entries.flat_map(|(_, begin, end)| begin.iter().chain(*end));
    let kinds = [Kind::User, Kind::Group, Kind::App];
    let lives = kinds
        .iter()
        .flat_map(|kind| [of_life(*kind, true), of_life(*kind, false)]);
    let relations = [
        Relation::Membership,
        Relation::UserAssignment,
        Relation::GroupAssignment,
    ];
    let relations = relations
        .iter()
        .flat_map(|one| [of_relation(*one, true), of_relation(*one, false)]);
    let others = lives.chain(relations).flatten();
    of_entries
        .chain(others)
        .copied()
        .chain([DEACTIVATED])
        .collect()
}

/// Which events may have caused a change; `None` where none is known to.
pub fn suspects(change: &ChangeRow) -> Option<Suspects> {
    suspects_since(change, time::before(change.at, BEFORE_SEEN))
}

/// The events that did the opposite of a change, before it was observed.
pub fn opposite(change: &ChangeRow, earliest: Timestamp) -> Option<Suspects> {
    let what = match change.what.clone() {
        Change::Began {
            relation,
            other,
            other_name,
        } => Change::Ended {
            relation,
            other,
            other_name,
        },
        Change::Ended {
            relation,
            other,
            other_name,
        } => Change::Began {
            relation,
            other,
            other_name,
        },
        _ => return None,
    };
    let reversed = ChangeRow {
        what,
        ..change.clone()
    };
    suspects_since(&reversed, earliest)
}

/// As [`suspects`], of a change that may have happened at any time from `earliest` until it was observed.
pub fn suspects_since(change: &ChangeRow, earliest: Timestamp) -> Option<Suspects> {
    let (about, types) = match (&change.subject, &change.what) {
        (
            Subject::Object(id),
            Change::Field {
                field,
                before,
                after,
            },
        ) => {
            let mut known = OF_FIELDS.iter();
            let found = known.find(|(kind, path, _)| *kind == id.kind() && field.starts_with(path));
            let is_status = **field == *"status";
            let turn = is_status.then(|| of_status(id.kind(), before.as_ref(), after.as_ref()));
            let types = turn.flatten().or(found.map(|(.., types)| *types))?;
            (vec![id.as_str().to_owned()], types)
        }
        (
            Subject::Object(id),
            Change::Began {
                relation, other, ..
            },
        ) => (ids(id, other)?, of_relation(*relation, true)),
        (
            Subject::Object(id),
            Change::Ended {
                relation, other, ..
            },
        ) => (ids(id, other)?, of_relation(*relation, false)),
        (
            Subject::Object(id),
            Change::Reassigned {
                other,
                field,
                after: Some(after),
                ..
            },
        ) if **field == *SCOPE && **after == *AssignmentScope::User.word() => {
            (ids(id, other)?, MADE_DIRECT)
        }
        (Subject::Object(id), Change::Appeared | Change::Archived) => {
            let types = of_life(id.kind(), change.what == Change::Appeared);
            (vec![id.as_str().to_owned()], types)
        }
        (Subject::Entry(key), Change::Appeared | Change::Archived) => {
            let begins = change.what == Change::Appeared;
            let (about, types) = of_entry(key, begins)?;
            (vec![about.as_str().to_owned()], types)
        }
        _ => return None,
    };
    let (from, to) = match change.stamped {
        Some(at) => (
            time::before(at, AROUND_STAMP),
            time::after(at, AROUND_STAMP),
        ),
        None => (earliest, time::after(change.at, Duration::from_millis(1))),
    };
    Some(Suspects {
        about,
        types,
        from,
        to,
        stamp: change.stamped,
    })
}

/// What does the very thing that a status shows; `None` where that is not known.
fn of_status(kind: Kind, before: Option<&SafeText>, after: Option<&SafeText>) -> Option<Types> {
    let word = |value: Option<&SafeText>| Some(value?.trim_matches('"').to_owned());
    let (before, after) = (word(before).unwrap_or_default(), word(after)?);
    Some(match (kind, before.as_str(), after.as_str()) {
        (Kind::User, _, "SUSPENDED") => &["user.lifecycle.suspend"],
        (Kind::User, "SUSPENDED", "ACTIVE") => &["user.lifecycle.unsuspend"],
        (Kind::User, _, "LOCKED_OUT") => &[LOCKED],
        (Kind::User, "LOCKED_OUT", "ACTIVE") => {
            &["user.account.unlock", "user.account.update_password"]
        }
        (Kind::User, _, "DEPROVISIONED") => &[DEACTIVATED],
        (Kind::User, "DEPROVISIONED" | "STAGED", "ACTIVE" | "PROVISIONED") => &[ACTIVATED],
        (Kind::User, _, "PASSWORD_EXPIRED") => &["user.account.expire_password"],
        (Kind::User, _, "RECOVERY") => &["user.account.reset_password"],
        (Kind::App, _, "ACTIVE") => &["application.lifecycle.activate"],
        (Kind::App, _, "INACTIVE") => &["application.lifecycle.deactivate"],
        _ => return None,
    })
}

/// That a user's assignment to an app, which a group gave, became a direct one.
pub fn made_direct(app: &AppId, user: &UserId, at: Timestamp) -> ChangeRow {
    ChangeRow {
        at,
        subject: Subject::Object(ObjectId::User(user.clone())),
        name: user.as_str().into(),
        parent_name: None,
        what: Change::Reassigned {
            other: Subject::Object(ObjectId::App(app.clone())),
            other_name: app.as_str().into(),
            field: SCOPE.into(),
            before: Some(AssignmentScope::Group.word().into()),
            after: Some(AssignmentScope::User.word().into()),
        },
        stamped: None,
        evidence: None,
    }
}

/// Whether the event that made the sync read can be what caused the change. A list is read again because of one event and shows what
/// another did since, so an event proves only what it says itself: it names what begins or ends and does such a thing, at the moment that
/// Okta's own stamp tells.
pub fn may_be(change: &ChangeRow, noted: &EventRow) -> bool {
    if noted.has_failed() {
        return false;
    }
    let event_type = noted.event.event_type.as_str();
    let suspects = suspects_since(change, Timestamp::MIN);
    let fits = |suspects: &Suspects| {
        suspects.fits(noted) && (change.stamped.is_none() || suspects.is_in_time(noted))
    };
    let is_cause = suspects.as_ref().is_some_and(fits);
    let ends_all = || ENDS_ALL.contains(&event_type) && names(change, noted);
    match (&change.subject, &change.what) {
        // It is made of the events that prove it.
        (Subject::Entry(key), _) if key.id.is_logged() => true,
        // Of a role that is taken from several an event tells by the rest.
        (Subject::Entry(_), Change::Archived)
            if event_type.contains(".privilege.") && noted.event.published == change.at =>
        {
            names(change, noted)
        }
        // Whoever is made or activated is in Everyone then, and no event of its own tells of that.
        (
            _,
            Change::Began {
                relation: Relation::Membership,
                ..
            },
        ) if [CREATED, ACTIVATED].contains(&event_type) => {
            noted.event.published == change.at && names(change, noted)
        }
        (_, Change::Began { .. }) => is_cause,
        (_, Change::Ended { .. }) => is_cause || ends_all(),
        (Subject::Entry(_), Change::Archived) => {
            is_cause || ends_all() || (suspects.is_none() && names(change, noted))
        }
        (Subject::Entry(_), Change::Appeared) => {
            is_cause || (suspects.is_none() && names(change, noted) && is_of_stamp(change, noted))
        }
        _ => is_cause || suspects.is_none() || !event_type.contains(".privilege."),
    }
}

/// Whether an event names what changed, what that hangs below, or that with which it was joined.
fn names(change: &ChangeRow, noted: &EventRow) -> bool {
    let mut ids: Vec<&str> = Vec::new();
    match &change.subject {
        Subject::Object(id) => ids.push(id.as_str()),
        Subject::Entry(key) => {
            ids.push(key.id.as_str());
            // What hangs below a binding is named by the resource set and the role.
            ids.extend(
                key.parent
                    .iter()
                    .flat_map(|above| above.as_str().split(':')),
            );
        }
    }
    if let Change::Began { other, .. } | Change::Ended { other, .. } = &change.what
        && let Subject::Object(other) = other
    {
        ids.push(other.as_str());
    }
    let mut targets = noted.event.targets.iter();
    targets.any(|target| ids.contains(&&*target.id))
}

/// Whether an event is of the moment of the stamp that Okta gives what began, if it gives one.
fn is_of_stamp(change: &ChangeRow, noted: &EventRow) -> bool {
    let published = noted.event.published;
    change
        .stamped
        .is_none_or(|at| published.duration_since(at).unsigned_abs() <= AROUND_STAMP)
}

/// The events that may have asked for the deletion of a user which Okta completed; `None` for any other event.
pub fn of_deletion(noted: &EventRow) -> Option<Suspects> {
    let event = &noted.event;
    (*event.event_type == *DELETE_COMPLETED).then(|| Suspects {
        about: event.targets.iter().map(|to| to.id.to_string()).collect(),
        types: of_life(Kind::User, false),
        from: time::before(event.published, BEFORE_SEEN),
        to: time::after(event.published, Duration::from_millis(1)),
        stamp: None,
    })
}

/// Events of a relation name both of its ends.
fn ids(one: &ObjectId, other: &Subject) -> Option<Vec<String>> {
    let Subject::Object(other) = other else {
        return None;
    };
    Some(vec![one.as_str().to_owned(), other.as_str().to_owned()])
}

/// Whom events name that make an entry begin or end, and their types.
fn of_entry(key: &EntryKey, begins: bool) -> Option<(&EntryId, Types)> {
    let is_it = |row: &&(EntryKind, Types, Types)| row.0 == key.kind;
    let named = OF_NAMED.iter().find(is_it).map(|row| (&key.id, row));
    let below = OF_ENTRIES.iter().find(is_it);
    let (about, (_, begin, end)) = match named {
        Some(named) => named,
        None => (key.parent.as_ref()?, below?),
    };
    let types = if begins { *begin } else { *end };
    (!types.is_empty()).then_some((about, types))
}

fn of_life(kind: Kind, begins: bool) -> Types {
    match (kind, begins) {
        (Kind::User, true) => &[CREATED],
        (Kind::User, false) => &[DELETE_INITIATED, DELETE_COMPLETED],
        (Kind::Group, true) => &["group.lifecycle.create"],
        (Kind::Group, false) => &[GROUP_DELETED],
        (Kind::App, true) => &["application.lifecycle.create"],
        (Kind::App, false) => &[APP_DELETED],
    }
}

fn of_relation(relation: Relation, begins: bool) -> Types {
    match (relation, begins) {
        (Relation::Membership, true) => &["group.user_membership.add"],
        (Relation::Membership, false) => &["group.user_membership.remove"],
        (Relation::UserAssignment, true) => &["application.user_membership.add"],
        (Relation::UserAssignment, false) => &["application.user_membership.remove"],
        (Relation::GroupAssignment, true) => &["group.application_assignment.add"],
        (Relation::GroupAssignment, false) => &["group.application_assignment.remove"],
    }
}

/// Whether events tell of an entry only by what it hangs below, so that one of another such entry looks the same.
pub fn is_told_by_parent(kind: EntryKind) -> bool {
    OF_ENTRIES.iter().any(|(of, ..)| *of == kind)
}

/// Whether events of this type join two things (`true`) or part them, and in what way.
pub fn joining(event_type: &str) -> Option<(Relation, bool)> {
    let all = [
        Relation::Membership,
        Relation::UserAssignment,
        Relation::GroupAssignment,
    ];
    let ways = all.iter().flat_map(|one| [(*one, true), (*one, false)]);
    let mut ways =
        ways.filter(|(relation, joins)| of_relation(*relation, *joins).contains(&event_type));
    ways.next()
}

impl Suspects {
    /// The question to the log.
    pub fn query(&self) -> EventQuery {
        let about = self.about.iter().map(|id| format!("about=\"{id}\""));
        let about: Vec<String> = about.collect();
        let types = self.types.iter().map(|name| format!("type:{name}"));
        let types: Vec<String> = types.collect();
        let done = format!("({}) {DONE}", types.join(" or "));
        let done = if self.types.contains(&LOCKED) {
            format!("(({done}) or type={LOCKED})")
        } else {
            done
        };
        EventQuery {
            filter: format!("{} {done}", about.join(" ")),
            limit: MAX_SUSPECTS,
            since: Some(self.from),
            until: Some(self.to),
            with_raw: true,
            ..EventQuery::default()
        }
    }

    /// The latest of all events that were found, the oldest first, when one and the same did all of them; the nearest to Okta's own stamp,
    /// where there is one.
    pub fn agreed<'a, D: Deed>(&self, found: impl Iterator<Item = &'a D>) -> Option<&'a D> {
        let mut found: Vec<&D> = found.filter(|row| self.fits(*row)).collect();
        if found.len() > MAX_SUSPECTS {
            return None;
        }
        let is = |row: &&D, name: &str| row.event_type() == name;
        if found.iter().any(|row| is(row, DELETE_INITIATED)) {
            found.retain(|row| is(row, DELETE_INITIATED));
        }
        let last = found.last()?;
        let same = found.iter().all(|row| row.actor_id() == last.actor_id());
        let nearest = self.stamp.and_then(|stamp| {
            let apart = |row: &&&D| row.published().duration_since(stamp).unsigned_abs();
            found.iter().rev().min_by_key(apart)
        });
        same.then_some(*nearest.unwrap_or(last))
    }

    /// The events that fit and were published in time, of these.
    pub fn among<'a, D: Deed>(&self, rows: impl Iterator<Item = &'a D>) -> Vec<&'a D> {
        rows.filter(|row| self.is_in_time(*row) && self.fits(*row))
            .collect()
    }

    /// From when until when such an event may have been published.
    pub fn stretch(&self) -> (Timestamp, Timestamp) {
        (self.from, self.to)
    }

    fn is_in_time(&self, row: &impl Deed) -> bool {
        (self.from..self.to).contains(&row.published())
    }

    /// One of the ids that the event must name.
    pub fn about(&self) -> Option<&str> {
        self.about.first().map(String::as_str)
    }

    /// Whether the event did such a thing to what changed. The question to the log is wider: it takes names anywhere, and actors.
    pub fn fits(&self, row: &impl Deed) -> bool {
        let name = row.event_type();
        !row.has_failed()
            && self.types.iter().any(|begin| name.starts_with(begin))
            && self.about.iter().all(|id| row.is_about(id))
    }
}

#[cfg(test)]
mod tests;
