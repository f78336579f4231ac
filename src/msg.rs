//! What the agent and its clients say to each other: plain values that can be serialised.
//!
//! A console and a command speak to the agent in the same words; there is no second way to the mirror. [`frame`] says how the
//! words travel over the socket. Invariant: no widget types, no handles, nothing that only makes sense in one process.

pub mod frame;
pub mod queue;
pub mod status;

use serde::{Deserialize, Serialize};

use crate::access;
use crate::domain::application::Application;
use crate::domain::entry::{EntryKey, EntryQuery, EntryRow, EntryRows, Subject, Target};
use crate::domain::facet::{FacetQuery, Facets};
use crate::domain::factor::Factor;
use crate::domain::group::Group;
use crate::domain::histogram::{Histogram, HistogramQuery};
use crate::domain::history::{Bearer, ChangePlace, ChangeRow, Existed, FieldChange};
use crate::domain::hunt::{Hunt, HuntCost, Hunted};
use crate::domain::id::{EventUuid, GroupId, Kind, ObjectId, UserId};
use crate::domain::query::{
    EventPos, EventQuery, EventRow, EventRows, ListQuery, Revisions, Row, Rows,
};
use crate::domain::resource::{Resource, Stretch, SyncReport};
use crate::domain::text::SafeText;
use crate::domain::trace::{Trace, TraceQuery};
use crate::domain::user::User;
use jiff::Timestamp;

use queue::{QueueAnswer, QueueAsk};
use status::{Notice, Status};

/// The number of this vocabulary; both sides must have the same. It grows with every change to a type that travels.
pub const PROTOCOL: u32 = 29;

/// The first thing either side says, as JSON, so that it can be read whatever version the other one has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the speaker.
    pub protocol: u32,
    /// The speaker's version, such as `0.1.0`.
    pub version: String,
    /// The speaker's process id.
    pub pid: u32,
}

/// What a client asks, with a number that its answer will carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client; the reply repeats it.
    pub ticket: u64,
    /// What is asked.
    pub ask: Ask,
}

/// What can be asked of the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// A window of users.
    Users(ListQuery),
    /// A window of groups.
    Groups(ListQuery),
    /// A window of apps.
    Apps(ListQuery),
    /// A window of events.
    Events(EventQuery),
    /// One stored event with its JSON.
    Event(EventRef),
    /// One object with its JSON and history. Nothing is fetched from Okta.
    Object(ObjectId),
    /// A window of the entries of one kind.
    Entries(EntryQuery),
    /// One entry with its JSON and history. Nothing is fetched from Okta.
    Entry(EntryKey),
    /// One object as it was at a moment. Nothing is fetched from Okta.
    ObjectThen(ObjectId, Timestamp),
    /// How many rows have which value in a field: a slice of them.
    Facets(FacetQuery),
    /// How many events there are over time: a slice of the count.
    Histogram(HistogramQuery),
    /// What the log tells of an address, a session, a device or a network: a slice of it.
    Trace(TraceQuery),
    /// Who reaches what, and why.
    Access(access::Asked),
    /// What changed between two moments.
    Changes(ChangesQuery),
    /// The users, groups or apps that bear this name, or bore it once.
    Bearers(Kind, String),
    /// The factors of a user, fetched from Okta now through the interactive lane.
    Factors(UserId),
    /// What a hunt in Okta's own log will cost. Nothing is asked of Okta.
    HuntCost(Hunt),
    /// One request of a hunt, through the interactive lane; what it brings is stored.
    Hunt {
        /// What, and in which stretch.
        hunt: Hunt,
        /// Where it goes on, as the answer before said; `None` begins.
        next: Option<String>,
    },
    /// How everything stands.
    Status,
    /// From now on, send [`Push`]es on this connection; the first is the status.
    Subscribe,
    /// Read a resource now (all of them when `None`), or the one object named.
    SyncNow {
        /// Which resource; `None` for all.
        resource: Option<Resource>,
        /// Only this object of it.
        object: Option<ObjectId>,
    },
    /// Read everything once, completely, and answer with the report when it is done.
    SyncOnce,
    /// Archive what the fuse held back.
    AcceptMissing(Resource),
    /// Store events of an export: the JSON of each, all of them no longer than a frame.
    Import(Vec<String>),
    /// Somebody says that all events of this stretch were imported: what gaps have of it is filled.
    Cover(Stretch),
    /// Something about changes to Okta.
    Queue(QueueAsk),
    /// End the agent after closing the stores.
    Stop,
}

/// How an event is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventRef {
    /// By where it stands: fast.
    Pos(EventPos),
    /// By its uuid: the days are searched, newest first.
    Uuid(EventUuid),
}

/// What the agent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromAgent {
    /// The answer to a request.
    Reply {
        /// The request's number.
        ticket: u64,
        /// The answer, or why there is none.
        answer: Result<Answer, Problem>,
    },
    /// News that nobody asked for one by one.
    Push(Push),
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Ask::Users`].
    Users(Rows<User>),
    /// To [`Ask::Groups`].
    Groups(Rows<Group>),
    /// To [`Ask::Apps`].
    Apps(Rows<Application>),
    /// To [`Ask::Events`].
    Events(EventRows),
    /// To [`Ask::Event`].
    Event(Box<EventRow>),
    /// To [`Ask::Object`].
    Object(Box<Object>),
    /// To [`Ask::Entries`].
    Entries(EntryRows),
    /// To [`Ask::Entry`].
    Entry(Box<EntryDetail>),
    /// To [`Ask::ObjectThen`].
    ObjectThen(Box<ObjectThen>),
    /// To [`Ask::Facets`].
    Facets(Facets),
    /// To [`Ask::Histogram`].
    Histogram(Histogram),
    /// To [`Ask::Trace`].
    Trace(Box<Trace>),
    /// To [`Ask::Access`].
    Access(Box<access::Answer>),
    /// To [`Ask::Changes`].
    Changes(ChangesFound),
    /// To [`Ask::Bearers`].
    Bearers(Vec<Bearer>),
    /// To [`Ask::Factors`].
    Factors {
        /// The factors Okta listed; it may list fewer than there are.
        factors: Vec<Factor>,
        /// When, by the server's clock.
        at: Timestamp,
    },
    /// To [`Ask::HuntCost`].
    HuntCost(HuntCost),
    /// To [`Ask::Hunt`].
    Hunted(Hunted),
    /// To [`Ask::Status`].
    Status(Box<Status>),
    /// To [`Ask::SyncOnce`].
    Report(SyncReport),
    /// To [`Ask::Import`], once the events are durable.
    Imported(Imported),
    /// To [`Ask::Cover`]: how many gaps had any of it.
    Covered(u64),
    /// To [`Ask::Queue`].
    Queue(QueueAnswer),
    /// Done, with a sentence about it.
    Done(String),
}

/// One object, whatever its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The object itself, with its JSON.
    pub row: AnyRow,
    /// Field changes, newest first, at most 200.
    pub changes: Vec<FieldChange>,
}

/// One object as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectThen {
    /// Whether Okta had it.
    pub existed: Existed,
    /// What people call it, as last known.
    pub name: Option<SafeText>,
    /// What it was like, with Okta's JSON; of a deleted one, what it was like at its end. `None` when it had not been read.
    pub row: Option<AnyRow>,
}

/// What came of a list of events that was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Events that are new.
    pub stored: u64,
    /// Events that were stored already.
    pub duplicates: u64,
    /// Of them, those that came with another body; the first one stays.
    pub conflicts: u64,
    /// Elements that are no events: the place in the list, from 0, and what is wrong.
    pub bad: Vec<(u64, SafeText)>,
}

/// Which changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesQuery {
    /// Those at or after this.
    pub since: Timestamp,
    /// Those before this.
    pub until: Timestamp,
    /// Only what happened to this; `None` for everything.
    pub subject: Option<Subject>,
    /// How many at most; the newest come first.
    pub limit: usize,
    /// Where an answer to the same question ended; `None` for the newest.
    pub from: Option<ChangesNext>,
}

/// Where an answer about changes ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesNext {
    /// Everything later was told.
    pub at: Timestamp,
    /// Of what happened at that very moment, everything was told down to this place; `None` when nothing was.
    pub behind: Option<ChangePlace>,
    /// What of the history is still to be looked at.
    pub rest: ChangesRest,
}

/// The parts of the history that have something left to be told: what was seen late is told of the time in which it happened, so the
/// history is gone through neither in the order in which it is told nor once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesRest {
    /// Until when what was observed is looked at.
    pub seen_until: Timestamp,
    /// How often changes had got other places by then: where that is another number, any part may have something.
    pub moves: u64,
    /// The parts.
    pub parts: Vec<ChangesPart>,
}

/// A part of the history, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPart {
    /// It begins behind this place; `None` where the history begins.
    pub behind: Option<ChangePlace>,
    /// Its last place; `None` where the history ends.
    pub to: Option<ChangePlace>,
    /// When the newest happened at the latest that is left in it, and its place.
    pub newest: (Timestamp, ChangePlace),
}

/// Changes of a stretch, as far as one answer goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesFound {
    /// The newest first. They may be fewer than were asked for, or none, with more to come: an answer does not keep its client waiting.
    pub rows: Vec<ChangeTold>,
    /// Where to go on from; `None` when these are all.
    pub next: Option<ChangesNext>,
}

/// A change, and what the log says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeTold {
    /// The change.
    pub row: ChangeRow,
    /// The event that proves it, when it is stored: who did it. Where the sync noted none, the one event of the log that can have done it
    /// at that time.
    pub proof: Option<access::Proof>,
    /// What people call the ids among the values before and after, as far as the mirror has them.
    pub names: Vec<(SafeText, SafeText)>,
    /// The group that gave a role, or ceased to, and what people call it.
    pub through: Option<(GroupId, SafeText)>,
}

impl ChangeTold {
    /// What people call a value: its name where it is an id that has one, and otherwise itself.
    pub fn named<'a>(&'a self, value: &'a SafeText) -> &'a SafeText {
        let found = self.names.iter().find(|(id, _)| id == value);
        found.map_or(value, |(_, name)| name)
    }

    /// When it happened: the moment of the event that proves it, or else that of Okta's own stamp, or else when it was observed.
    pub fn at(&self) -> Timestamp {
        let stamped = self.row.stamped.map(|at| at.min(self.row.at));
        let proven = self.proof.as_ref().map(|proof| proof.at).or(stamped);
        proven.unwrap_or(self.row.at)
    }

    /// Whether nothing tells when it happened, so that [`at`](Self::at) is only the moment at which it was seen.
    pub fn is_only_seen(&self) -> bool {
        self.proof.is_none() && self.row.evidence.is_none() && self.row.stamped.is_none()
    }
}

/// One entry, with its JSON and history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryDetail {
    /// The entry.
    pub row: EntryRow,
    /// Field changes, newest first, at most 200.
    pub changes: Vec<FieldChange>,
    /// What people call the things that it refers to, as far as the mirror has them.
    pub names: Vec<(Target, SafeText)>,
}

/// A row of one of the three kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AnyRow {
    /// A user.
    User(Box<Row<User>>),
    /// A group.
    Group(Box<Row<Group>>),
    /// An app.
    App(Box<Row<Application>>),
}

/// Why something could not be answered or done: words for a person, and a kind for the exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{summary}")]
pub struct Problem {
    /// What sort of trouble.
    pub kind: ProblemKind,
    /// What happened, in one sentence.
    pub summary: String,
    /// What to do about it, in one sentence.
    pub hint: Option<String>,
    /// Where in a filter the trouble is: the character's number, from 0.
    pub column: Option<usize>,
}

/// The sort of a [`Problem`], which decides the exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProblemKind {
    /// Something failed that should not have.
    Internal,
    /// What was asked makes no sense: a broken filter, an unknown field.
    Usage,
    /// There is no such object or event.
    NotFound,
    /// Okta refuses the credential, or what it may do.
    Auth,
    /// Okta's rate limit.
    RateLimited,
    /// Okta cannot be reached.
    Network,
    /// Some of it failed.
    Partial,
    /// A guard refuses.
    Refused,
    /// Okta is left alone because the agent was told to.
    Offline,
}

/// News for a subscribed client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Push {
    /// Something was committed to the mirror. A client may miss any of these but the last.
    Committed(Revisions),
    /// How everything stands, whenever something that is shown has changed.
    Status(Box<Status>),
    /// Something worth a line on the screen.
    Notice(Notice),
    /// The agent is ending.
    Ending,
}
