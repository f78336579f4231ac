//! Questions about the mirror and their answers, as values: a window of a filtered, sorted list, never the whole list.
//!
//! They are made by panes and commands, carried by `msg`, answered by `store`. One shape serves every list of objects: all users
//! of the org, the members of one group and the users of one app differ only in their [`Scope`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::application::AppUser;
use super::history::Archived;
use super::id::{AppId, GroupId, ObjectId, UserId};
use super::log_event::LogEvent;
use super::text::{RawJson, SafeText};

/// Which objects a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// All of the kind.
    #[default]
    All,
    /// Users of a group, or apps assigned to it.
    OfGroup(GroupId),
    /// Users assigned to an app, or groups assigned to it.
    OfApp(AppId),
    /// Groups of a user, or apps of the user.
    OfUser(UserId),
}

/// A window of a list of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Which objects.
    pub scope: Scope,
    /// In the filter language; empty keeps everything.
    pub filter: String,
    /// The column to sort by; `None` is the list's own order (by name).
    pub sort: Option<Sort>,
    /// Whether objects that Okta no longer has are listed too.
    pub archived: bool,
    /// The list as it was at this moment; `None` for now. Counts of the past are not filtered or sorted by, they are unknown.
    pub as_of: Option<Timestamp>,
    /// Index of the first row wanted, in the filtered and sorted list.
    pub offset: usize,
    /// How many rows at most.
    pub limit: usize,
    /// When set, the window is moved so that this object is inside it (and `offset` only says where it should not be needed).
    pub around: Option<ObjectId>,
    /// Whether each row carries Okta's JSON.
    pub with_raw: bool,
    /// Whether what a tenth of a second of searching finds will do for now ([`Rows::searched`]); asked again, the search goes on.
    pub in_slices: bool,
}

/// A column to sort by, and the direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// A field of the filter language that the list has, such as `login` or `lastLogin`.
    pub field: String,
    /// Largest or latest first.
    pub descending: bool,
}

/// The answer to a [`ListQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows<T> {
    /// The visible rows.
    pub rows: Vec<Row<T>>,
    /// Index of the first of them in the filtered and sorted list.
    pub offset: usize,
    /// How many objects pass the filter.
    pub matched: usize,
    /// How many there are in the scope without the filter.
    pub total: usize,
    /// Where the object of `around` stands in the filtered and sorted list; `None` when it is not in it.
    pub position: Option<usize>,
    /// Whether the scope's list has been read completely at least once; until then a short or empty list proves nothing.
    pub complete: bool,
    /// How many of all objects were looked at so far, when that is not all of them: then there may be more rows than these, also between
    /// them.
    pub searched: Option<usize>,
}

/// One row: the object and what the mirror knows about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<T> {
    /// The object as last read.
    pub value: T,
    /// When it was last read, by the server's clock.
    pub observed: Timestamp,
    /// Set when Okta no longer has it.
    pub archived: Option<Archived>,
    /// How many relations it has; each `None` until it was listed once.
    pub related: Related,
    /// How it belongs to the scope; `None` in a list of all.
    pub via: Option<Via>,
    /// Okta's JSON, when it was asked for.
    pub raw: Option<RawJson>,
}

/// Counts of relations; `None` means not known, which is not the same as none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Members of a group, users of an app.
    pub users: Option<u64>,
    /// Groups of a user, groups assigned to an app.
    pub groups: Option<u64>,
    /// Apps of a user, apps assigned to a group.
    pub apps: Option<u64>,
}

/// How an object belongs to the scope of its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// Since when the mirror has known it.
    pub since: Option<Timestamp>,
    /// Whether an event of the log says so; otherwise it may have begun before the mirror knew of it.
    pub is_proven: bool,
    /// The assignment of a user to an app, as Okta describes it.
    pub assignment: Option<AppUser>,
    /// The groups that give it (user and app only), by id and name; empty and scope `USER` means directly.
    pub through: Vec<(GroupId, SafeText)>,
}

/// Where an event stands among the stored ones: by when it was published, then by arrival within its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventPos {
    /// Milliseconds since 1970, UTC.
    pub published_ms: i64,
    /// Number of arrival within the event's day.
    pub seq: u64,
}

/// A window of the stored System Log, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventQuery {
    /// In the filter language; empty keeps everything. `about:ID` keeps events whose actor or any target is that object; the agent takes a
    /// login, a name or a label for the id.
    pub filter: String,
    /// Where the window lies.
    pub anchor: EventAnchor,
    /// How many rows at most.
    pub limit: usize,
    /// Only events published at or after this.
    pub since: Option<Timestamp>,
    /// Only events published before this.
    pub until: Option<Timestamp>,
    /// Only events that deserve a mark ([`is_notable`](super::notable::is_notable)).
    pub notable: bool,
    /// Whether each row carries Okta's JSON.
    pub with_raw: bool,
}

/// Where a window of events lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventAnchor {
    /// Ends at the newest event.
    Newest,
    /// Starts at the oldest event.
    Oldest,
    /// Ends just before this position.
    Before(EventPos),
    /// Starts just after this position.
    After(EventPos),
    /// Contains this position, with as many rows before it as after it where there are any.
    Around(EventPos),
}

/// The answer to an [`EventQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRows {
    /// The rows, oldest first.
    pub rows: Vec<EventRow>,
    /// Whether older events pass the filter too.
    pub more_older: bool,
    /// Whether newer events pass the filter too.
    pub more_newer: bool,
    /// How many events are stored, whatever the filter.
    pub total: u64,
    /// How many newer rows pass the filter after the last row given, up to a bound of 1,000.
    pub newer: usize,
    /// Set when the search was ended before the window was full: up to here it came. It goes on with a window
    /// [`Before`](EventAnchor::Before) this position, or [`After`](EventAnchor::After) it when it went from old to new.
    pub searched: Option<EventPos>,
}

/// One stored event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// Where it stands.
    pub pos: EventPos,
    /// The event, decoded.
    pub event: LogEvent,
    /// Okta's JSON, when it was asked for.
    pub raw: Option<RawJson>,
}

impl Default for EventQuery {
    fn default() -> Self {
        Self {
            filter: String::new(),
            anchor: EventAnchor::Newest,
            limit: 200,
            since: None,
            until: None,
            notable: false,
            with_raw: false,
        }
    }
}

/// The rows of a window from the one on that was asked for: the last window of a list begins earlier, so that it is full.
pub fn from_asked<T>(rows: &[T], offset: usize, asked: usize) -> &[T] {
    let before = asked.saturating_sub(offset).min(rows.len());
    &rows[before..]
}

/// How often each part of the mirror has changed since the agent opened it. Only ever grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions {
    /// Users, or anything about them.
    pub users: u64,
    /// Groups, or their members.
    pub groups: u64,
    /// Apps, or their assignments.
    pub apps: u64,
    /// Events.
    pub events: u64,
    /// Entries: everything that Okta lists beside the above.
    pub entries: u64,
}
