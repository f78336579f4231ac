//! The changes that the directory takes, as values, and what came of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pack::Pack;
use crate::domain::application::{AppUser, Application};
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::group::Group;
use crate::domain::history::{ChangeRow, Interval, Relation};
use crate::domain::id::{AppId, EventUuid, GroupId, Kind, ObjectId, UserId};
use crate::domain::listing::Complete;
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;
use crate::domain::text::SafeText;
use crate::domain::user::User;

/// One change of the directory. Several that must be true together go into one [`apply`](super::Directory::apply).
///
/// Times are the server's. What removes something asks for a [`Complete`] listing or for proof.
#[derive(Clone, Debug)]
pub enum DirectoryOp {
    /// Users as Okta describes them. The newest `lastUpdated` wins, and of equals the later; one that was archived is back.
    Users {
        /// The sweep they were seen in, when it was one.
        run: Option<RunId>,
        /// Each with its JSON.
        items: Vec<(User, RawJson)>,
        /// When Okta said so.
        at: Timestamp,
    },
    /// Groups, likewise.
    Groups {
        /// The sweep they were seen in, when it was one.
        run: Option<RunId>,
        /// Each with its JSON.
        items: Vec<(Group, RawJson)>,
        /// When Okta said so.
        at: Timestamp,
    },
    /// Apps, likewise.
    Apps {
        /// The sweep they were seen in, when it was one.
        run: Option<RunId>,
        /// Each with its JSON.
        items: Vec<(Application, RawJson)>,
        /// When Okta said so.
        at: Timestamp,
    },
    /// All members of a group. Whoever is not among them is a member no more.
    Members {
        /// The group.
        group: GroupId,
        /// Its members.
        users: Complete<UserId>,
        /// When the reading began.
        at: Timestamp,
        /// The event that made us read. It is kept as proof when exactly one membership turns out to have changed.
        evidence: Option<EventUuid>,
    },
    /// One membership began or ended. Ignored when it is older than the last complete list, except as proof of what that
    /// list showed.
    MemberChanged {
        /// The group.
        group: GroupId,
        /// The user.
        user: UserId,
        /// Whether the user is a member now.
        present: bool,
        /// When.
        at: Timestamp,
        /// The event that says so, if one does.
        evidence: Option<EventUuid>,
    },
    /// All users assigned to an app.
    AppUsers {
        /// The app.
        app: AppId,
        /// Its assignments, each with its JSON.
        users: Complete<Pack<AppUser>>,
        /// When the reading began.
        at: Timestamp,
    },
    /// One user's assignment to an app: made or changed (`Some`), or ended.
    AppUserChanged {
        /// The app.
        app: AppId,
        /// The user.
        user: UserId,
        /// The assignment as it is now.
        assignment: Option<(AppUser, RawJson)>,
        /// When.
        at: Timestamp,
        /// The event that says so, if one does.
        evidence: Option<EventUuid>,
    },
    /// All apps assigned to a group.
    GroupApps {
        /// The group.
        group: GroupId,
        /// Its apps.
        apps: Complete<AppId>,
        /// When the reading began.
        at: Timestamp,
    },
    /// All groups assigned to an app.
    AppGroups {
        /// The app.
        app: AppId,
        /// Its groups.
        groups: Complete<GroupId>,
        /// When the reading began.
        at: Timestamp,
    },
    /// All entries of a kind below one parent. With `evidence`, what is not among them ended; without, it ends once a second complete
    /// list, read later, misses it too, and the first list's time is its end. A list that would end more than 25 and more than half
    /// of its entries at once ends nothing until [`AcceptMissingEntries`](Self::AcceptMissingEntries).
    Entries {
        /// The kind of all of them.
        kind: EntryKind,
        /// What they hang below; `None` when the kind hangs below nothing.
        parent: Option<EntryId>,
        /// The entries, each with its JSON. Only their ids are taken from their keys.
        items: Complete<Pack<Entry>>,
        /// When the reading began. A list older than the last one is ignored.
        at: Timestamp,
        /// The event that made us read. It is kept as proof when exactly one entry turns out to have begun or ended, or else to have
        /// changed.
        evidence: Option<EventUuid>,
    },
    /// One entry as it is now (`Some`), or that Okta has it no more. Ignored when it is older than the last complete list.
    EntryChanged {
        /// What names it.
        key: EntryKey,
        /// It, with its JSON.
        item: Option<(Entry, RawJson)>,
        /// When.
        at: Timestamp,
        /// The event that says so, if one does.
        evidence: Option<EventUuid>,
    },
    /// The parent is gone or has no such list any more: all its entries of the kind end, and what hangs below those.
    EntriesBelowGone {
        /// The kind of the list.
        kind: EntryKind,
        /// What they hung below.
        parent: EntryId,
        /// When.
        at: Timestamp,
        /// The event that says so, if one does.
        evidence: Option<EventUuid>,
    },
    /// A person has looked: entries of the kind that were [held](Applied::held) back end.
    AcceptMissingEntries {
        /// The kind.
        kind: EntryKind,
    },
    /// How far a run has come; in the same `apply` as the page it tells of.
    Run(RunState),
    /// A sweep of everything of a kind has come to its end, completely. Objects that it did not see are counted as missing.
    FinishSweep {
        /// What was swept.
        kind: Kind,
        /// The run.
        run: RunId,
        /// When it ended.
        at: Timestamp,
    },
    /// Every list of a resource has been read (the lists below groups and apps; sweeps say so themselves).
    Completed {
        /// The resource.
        resource: Resource,
        /// When the reading began.
        at: Timestamp,
    },
    /// Okta no longer has the object. It is kept, its memberships and assignments end, and it comes back when it is seen again.
    Archive {
        /// What is gone.
        object: ObjectId,
        /// When it was proven.
        at: Timestamp,
        /// The delete event, when there was one.
        evidence: Option<EventUuid>,
    },
    /// A change turned out to have happened before it was observed. Ignored when no such change is known any more.
    Dated {
        /// What changed, as it was told by [`changes`](super::Directory::changes): something that began, ended, appeared or is gone.
        change: Box<ChangeRow>,
        /// When it happened; not before what came before it, and never later than it was observed.
        at: Timestamp,
        /// The event that says so; without one it is Okta's own stamp, and an event that was noted does not prove it.
        event: Option<EventUuid>,
    },
    /// Events name both of two objects and tell when they were joined and parted. Between what was so at `from` and what is so now their
    /// moments hold; what readings saw beside them stays. Ignored where the mirror knows nothing of one of the two.
    LinkTurned {
        /// In what way they belong together.
        relation: Relation,
        /// The group or app.
        to: ObjectId,
        /// The user, or else the group.
        who: ObjectId,
        /// All that events tell of the two since `from`, in the order in which it happened.
        turns: Vec<Turn>,
        /// Since when.
        from: Timestamp,
    },
    /// The same of an entry. Ignored where the mirror does not know it.
    EntryTurned {
        /// What names it.
        key: EntryKey,
        /// All that events tell of it since `from`, in the order in which it happened.
        turns: Vec<Turn>,
        /// Since when.
        from: Timestamp,
    },
    /// An entry that was [held](Self::Held) by the log alone never was, by what the log tells now.
    NeverHeld(EntryKey),
    /// Events tell what a status or a name was between two readings. Readings are never contradicted, and what events have told before
    /// since `from` is told anew. Ignored where the mirror has no reading of the object.
    Told {
        /// What it is about.
        object: ObjectId,
        /// All that events tell of it since `from`, in the order in which it happened.
        tellings: Vec<Telling>,
        /// Since when.
        from: Timestamp,
    },
    /// A user, a group or an app was made and deleted between two readings, as two events say. Ignored where the mirror has it.
    Lived {
        /// What the log tells of it.
        ghost: Box<Ghost>,
        /// From when until when, with both events.
        span: Interval,
    },
    /// An entry was there for a while that no reading saw: one event says since when, another until when. Ignored where the mirror does not
    /// have what it hangs below, and where readings say more of one of the same `type` in that while.
    Held {
        /// What the log tells of the entry, with JSON in Okta's form.
        entry: Box<(Entry, RawJson)>,
        /// From when until when, with both events.
        span: Interval,
    },
    /// The configuration leaves the object out: nothing of it is kept but its id.
    Forget(ObjectId),
    /// Remembers a small value under a name; `None` forgets it.
    Mark {
        /// The name.
        key: String,
        /// The value.
        value: Option<String>,
    },
}

/// That something began or ended, as an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Whether it began.
    pub begins: bool,
    /// Whether it ended with all else that its owner had: the event does not say that it was there.
    pub implied: bool,
    /// The event.
    pub event: EventUuid,
}

/// An object of which only the log tells, with JSON in Okta's form.
#[derive(Clone, Debug)]
pub enum Ghost {
    /// A user.
    User(User, RawJson),
    /// A group.
    Group(Group, RawJson),
    /// An app.
    App(Application, RawJson),
}

impl Ghost {
    /// Its id.
    pub fn id(&self) -> ObjectId {
        match self {
            Self::User(user, _) => ObjectId::User(user.id.clone()),
            Self::Group(group, _) => ObjectId::Group(group.id.clone()),
            Self::App(app, _) => ObjectId::App(app.id.clone()),
        }
    }
}

/// What an event tells of an object's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Since when it was so.
    pub at: Timestamp,
    /// The event.
    pub event: EventUuid,
    /// What it says.
    pub says: Says,
}

/// What a field was from an event on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The status of a user or an app, in Okta's words.
    Status {
        /// The likeliest one.
        to: &'static str,
        /// Another that the same event leads to; believed when a reading found it.
        or: Option<&'static str>,
        /// The event means this only where the status was one of these before; any, when there are none.
        only_from: &'static [&'static str],
    },
    /// What people call it: a login, a name, a label.
    Name(SafeText),
}

/// The number of a run, which tells it from every other run of its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// How far a run has come, so that it can go on after any interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// Which run.
    pub id: RunId,
    /// Of what.
    pub resource: Resource,
    /// When it started, by the server's clock.
    pub started: Timestamp,
    /// The link of the next page; `None` before the first page and after the last.
    pub next: Option<String>,
    /// Pages read.
    pub pages: u64,
    /// Objects read.
    pub objects: u64,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Bytes of bodies read.
    pub bytes: u64,
    /// Items that could not be decoded.
    pub bad_items: u64,
}

impl RunState {
    /// A run that starts at `now`. Its number is that moment in microseconds: a resource has one run at a time.
    pub fn new(resource: Resource, now: Timestamp) -> Self {
        Self {
            id: RunId(u64::try_from(now.as_microsecond()).unwrap_or(0)),
            resource,
            started: now,
            next: None,
            pages: 0,
            objects: 0,
            requests: 0,
            bytes: 0,
            bad_items: 0,
        }
    }
}

/// What a call of [`apply`](super::Directory::apply) changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Objects and entries that were not known before.
    pub added: u64,
    /// Known objects and entries of which something changed.
    pub changed: u64,
    /// Known objects and entries that were seen again as they were.
    pub unchanged: u64,
    /// Objects that came back after they had been archived, and entries that began again.
    pub restored: u64,
    /// Objects archived or forgotten, entries ended.
    pub removed: u64,
    /// Memberships and assignments that began.
    pub opened: u64,
    /// Memberships and assignments that ended.
    pub closed: u64,
    /// Entries that are missing from lists which lost too many at once to believe it.
    pub held: u64,
    /// What a finished sweep did not see.
    pub missed: Missed,
}

/// What a finished sweep did not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// Objects of the kind that the mirror has, before anything is archived.
    pub known: u64,
    /// Objects that this sweep did not see.
    pub missing: u64,
    /// Those of them that the complete sweep before did not see either.
    pub candidates: Vec<ObjectId>,
}

/// A list below a group or an app that is to be read.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a few thousand at most, and gone in a minute"
)]
pub enum StaleList {
    /// Okta's own count says that there is nothing in it; applying this is as good as reading it.
    Empty(DirectoryOp),
    /// Members of a group.
    Members(GroupId),
    /// Apps assigned to a group.
    AppsOfGroup(GroupId),
    /// Users assigned to an app.
    AppUsers(AppId),
}

/// The changes of one call, which become true together.
#[derive(Clone, Debug, Default)]
pub struct Batch(pub(super) Vec<DirectoryOp>);

impl From<DirectoryOp> for Batch {
    fn from(op: DirectoryOp) -> Self {
        Self(vec![op])
    }
}

impl From<Vec<DirectoryOp>> for Batch {
    fn from(ops: Vec<DirectoryOp>) -> Self {
        Self(ops)
    }
}
