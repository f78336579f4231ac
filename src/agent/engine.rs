//! What answers the clients: the store for whatever is mirrored, the reader for what must be asked now, the sync for orders.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{broadcast, oneshot, watch};

use crate::access;
use crate::clock::Clock;
use crate::domain::entry::{Entry, EntryKey, EntryQuery, EntryRows, Target};
use crate::domain::facet::FacetQuery;
use crate::domain::histogram::HistogramQuery;
use crate::domain::hunt::Hunt;
use crate::domain::id::{ObjectId, UserId};
use crate::domain::listing::PartialReason;
use crate::domain::log_event::LogEvent;
use crate::domain::query::{EventQuery, ListQuery};
use crate::domain::resource::{Gap, Phase, Resource, Stretch, SyncReport};
use crate::domain::text::{RawJson, SafeText};
use crate::domain::trace::TraceQuery;
use crate::msg::status::{Connection, Notice, NoticeLevel, Status};
use crate::msg::{
    Answer, AnyRow, Ask, ChangesQuery, EntryDetail, EventRef, Imported, Object, ObjectThen,
    Problem, ProblemKind,
};
use crate::okta::{self, Lane};
use crate::queue::Queue;
use crate::store::{
    Detail, DetailRow, Directory, EventBatch, EventKey, Leash, PastObject, QueryError, Store,
};
use crate::sync::Order;
use crate::sync::board::{Reach, Standings};

use super::about;
use super::facets;
use super::history;
use super::hunt;
use super::keeper::{Line, Online, Way};
use super::problem;
use super::server::{self, Handler, News};
use super::status::{self, Facts};
use super::trace;
use super::view::View;

/// Status is told anew at most this often.
const STATUS_INTERVAL: Duration = Duration::from_millis(250);
/// Whether there is room on the disk again, and whether a reading waits for its limit, is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long a search of the log may run before what it has found is told; the client goes on from there, or does not.
const SEARCH_SLICE: Duration = Duration::from_millis(120);
/// The same, of changes. What was seen after their stretch has to be gone through for each answer, however short it is.
const CHANGES_SLICE: Duration = Duration::from_secs(1);
/// How long a command waits for the first answer of Okta.
const ONLINE_LIMIT: Duration = Duration::from_secs(90);
/// How long somebody who wants something read waits to hear whether Okta answers at all.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// The heart of an agent. Shared by all its connections.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) way: Way,
    pub(super) status: watch::Sender<Arc<Status>>,
    pub(super) notices: broadcast::Sender<Notice>,
    pub(super) ending: watch::Sender<bool>,
    pub(super) clients: watch::Sender<u32>,
    pub(super) facts: Facts,
    /// The queue, once it is known whose it is.
    pub(super) changes: watch::Receiver<Option<Queue>>,
    /// Whether users' columns were asked for ahead: once, however it ends; who needs them then reads them, and is told.
    pub(super) read_ahead: AtomicBool,
}

impl Engine {
    /// Tells the status whenever something in it has changed, until the agent ends.
    pub(super) async fn keep_status(self: Arc<Self>) {
        let mut ending = self.ending.subscribe();
        let mut line = self.way.line.clone();
        let mut clients = self.clients.subscribe();
        let mut revisions = self.store.revisions();
        let mut standings = None;
        let mut troubles = self.store.trouble_news();
        let mut opened = self.changes.clone();
        let mut queue = None;
        loop {
            self.refresh_status().await;
            tokio::select! {
                () = server::ended(&mut ending) => return,
                _ = line.changed() => standings = standings_of(&line.borrow_and_update()),
                _ = clients.changed() => {}
                _ = revisions.changed() => {}
                () = changed(&mut standings) => {}
                () = changed(&mut queue) => {}
                Ok(()) = opened.changed() => {
                    queue = opened.borrow_and_update().as_ref().map(Queue::standing);
                }
                () = troubles.changed() => {}
                () = self.clock.sleep(LOOK_AGAIN), if self.is_under_way() => {}
            }
            tokio::time::sleep(STATUS_INTERVAL).await;
        }
    }

    /// Whether something changes that nothing else tells of.
    fn is_under_way(&self) -> bool {
        let is_sealing = self.status.borrow().encryption.waiting > 0;
        // An org that does not answer a new agent is told to be silent after a while.
        let is_starting = matches!(*self.way.line.borrow(), Line::Starting);
        is_sealing || is_starting || self.is_in_trouble() || self.is_reading()
    }

    /// Whether the mirror's disk was in trouble when it was last looked at.
    fn is_in_trouble(&self) -> bool {
        !self.status.borrow().troubles.is_empty()
    }

    /// Whether something was being read when the status was last told. That it began to wait for its limit changes nothing else.
    fn is_reading(&self) -> bool {
        let status = self.status.borrow();
        let mut phases = status.resources.iter().map(|line| line.phase);
        phases.any(|phase| matches!(phase, Phase::Reading { .. }))
    }

    async fn refresh_status(&self) {
        let status = self.assemble().await;
        self.tell_troubles(&status);
        let before = self.status.borrow().backfill_estimate;
        if let Some(estimate) = status.backfill_estimate.filter(|_| before.is_none()) {
            self.notice(NoticeLevel::Info, &status::estimate_words(&estimate));
        }
        self.status.send_if_modified(|told| {
            let news = **told != status;
            if news {
                *told = Arc::new(status);
            }
            news
        });
    }

    /// Says what is newly wrong with the mirror, and what is over.
    fn tell_troubles(&self, status: &Status) {
        let before = self.status.borrow().troubles.clone();
        for problem in status.troubles.iter().filter(|now| !before.contains(now)) {
            self.notice(NoticeLevel::Error, &problem.summary);
        }
        if status.troubles.is_empty() && !before.is_empty() {
            self.notice(NoticeLevel::Info, "the mirror is written again");
        }
    }

    async fn assemble(&self) -> Status {
        let line = self.way.line.borrow().clone();
        let credential = self.way.credential.borrow().clone();
        let now = self.clock.now();
        let (facts, store, clients) = (
            self.facts.clone(),
            self.store.clone(),
            *self.clients.borrow(),
        );
        let assembled = tokio::task::spawn_blocking(move || {
            status::assemble(&facts, &store, &line, credential, clients, now)
        })
        .await;
        match assembled {
            Ok(status) => Status {
                requests: status.requests + self.way.sent_before.load(Ordering::Relaxed),
                queue: self.queue_status(),
                ..status
            },
            Err(_) => self.status.borrow().as_ref().clone(),
        }
    }

    /// Whether something is under way that should not be cut short.
    pub(super) fn is_busy(&self) -> bool {
        let queue = self.queue_status();
        if queue.under_way + queue.unknown > 0 {
            return true;
        }
        match &*self.way.line.borrow() {
            Line::Up(online) => online.sync.standings().borrow().busy,
            // A sync that is about to start counts: whoever started the agent may not be attached yet.
            Line::Starting => true,
            Line::Down(_) => false,
        }
    }

    /// Says something to everybody who listens.
    pub(super) fn notice(&self, level: NoticeLevel, summary: &str) {
        let notice = Notice {
            at: self.clock.now(),
            level,
            summary: summary.into(),
            detail: None,
        };
        // Nobody listening is no loss: the log file has it too.
        let _ = self.notices.send(notice);
    }

    async fn query<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Store, Timestamp) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (store, now) = (self.store.clone(), self.clock.now());
        let answer = tokio::task::spawn_blocking(move || ask(&store, now))
            .await
            .map_err(|_| problem::ending())?;
        answer.map_err(problem::of_query)
    }

    async fn object(&self, id: ObjectId) -> Result<Answer, Problem> {
        let name = format!("the {} {}", id.kind().word(), id.as_str());
        let found = self
            .query(move |store, _| Ok(store.directory.object(&id)?))
            .await?;
        let Detail { row, changes } = found.ok_or_else(|| problem::not_found(&name))?;
        let row = any_row(row);
        Ok(Answer::Object(Box::new(Object { row, changes })))
    }

    /// A window of users, or as much of it as a slice of searching gave, where that will do. A client that hangs up ends its search.
    async fn users(&self, query: ListQuery) -> Result<Answer, Problem> {
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let rows = self
            .query(move |store, now| {
                let leash = if query.in_slices {
                    leash.within(SEARCH_SLICE)
                } else {
                    leash
                };
                store.directory.users_within(&query, now, &leash)
            })
            .await?;
        self.read_ahead();
        Ok(Answer::Users(rows))
    }

    /// Has what users are searched by read while somebody looks at the first window, which did without: the next thing is a letter typed.
    fn read_ahead(&self) {
        if self.store.directory.has_columns() || self.read_ahead.swap(true, Ordering::Relaxed) {
            return;
        }
        let directory = self.store.directory.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = directory.read_columns() {
                tracing::warn!(%error, "users' columns cannot be read; who asks next is told");
            }
        });
    }

    async fn entries(&self, query: EntryQuery) -> Result<Answer, Problem> {
        let trouble = self.troubles().remove(&query.kind.resource());
        let rows = self
            .query(move |store, now| store.directory.entries(&query, now))
            .await?;
        Ok(Answer::Entries(EntryRows { trouble, ..rows }))
    }

    async fn entry(&self, key: EntryKey) -> Result<Answer, Problem> {
        let name = format!("the {} {}", key.kind.word().replace('_', " "), key.id);
        let found = self
            .query(move |store, now| {
                let Some((row, changes)) = store.directory.entry(&key)? else {
                    return Ok(None);
                };
                let names = names(&store.directory, &row.entry, now)?;
                Ok(Some(EntryDetail {
                    row,
                    changes,
                    names,
                }))
            })
            .await?;
        let detail = found.ok_or_else(|| problem::not_found(&name))?;
        Ok(Answer::Entry(Box::new(detail)))
    }

    async fn access(&self, asked: access::Asked) -> Result<Answer, Problem> {
        let troubles = self.troubles();
        let answer = self
            .query(move |store, now| {
                let view = View::new(store, asked.as_of, now, troubles);
                access::answer(&view, &asked.question)
            })
            .await?;
        Ok(Answer::Access(Box::new(answer)))
    }

    async fn object_then(&self, id: ObjectId, at: Timestamp) -> Result<Answer, Problem> {
        let name = format!("the {} {}", id.kind().word(), id.as_str());
        let found = self
            .query(move |store, _| {
                let directory = &store.directory;
                let object = directory.as_of(at).object(&id)?;
                let name = directory.name(&id)?;
                Ok(object.map(|object| (object, name)))
            })
            .await?;
        let (PastObject { existed, row }, name) = found.ok_or_else(|| problem::not_found(&name))?;
        Ok(Answer::ObjectThen(Box::new(ObjectThen {
            existed,
            name,
            row: row.map(any_row),
        })))
    }

    /// Changes of a stretch, or as many as a slice of searching gave. A client that hangs up ends its search.
    async fn changes(&self, query: ChangesQuery) -> Result<Answer, Problem> {
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let told = self
            .query(move |store, now| {
                let view = View::new(store, None, now, BTreeMap::new());
                history::told(store, &view, &query, now, &leash, CHANGES_SLICE)
            })
            .await?;
        Ok(Answer::Changes(told))
    }

    /// What the last reading of each resource failed with, where it failed.
    pub(super) fn troubles(&self) -> BTreeMap<Resource, PartialReason> {
        let Some(standings) = standings_of(&self.way.line.borrow()) else {
            return BTreeMap::new();
        };
        let standings = standings.borrow();
        let lines = standings.resources.values();
        lines
            .filter_map(|line| Some((line.resource, line.trouble.clone()?)))
            .collect()
    }

    /// A window of the log, or as much of it as a slice of searching gave. A client that hangs up ends its search.
    async fn events(&self, query: EventQuery) -> Result<Answer, Problem> {
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let rows = self
            .query(move |store, now| {
                // Its time begins when there is a thread for it: waiting for one is no searching.
                let slice = leash.within(SEARCH_SLICE);
                let filter = about::resolved(&query.filter, &store.directory, now)?;
                let query = EventQuery { filter, ..query };
                store.events.window_within(&query, now, &slice)
            })
            .await?;
        Ok(Answer::Events(rows))
    }

    /// A slice of a count. A client that hangs up ends it.
    async fn facets(&self, query: FacetQuery) -> Result<Answer, Problem> {
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let counted = self
            .query(move |store, now| facets::count(store, query, now, &leash.within(SEARCH_SLICE)))
            .await?;
        Ok(Answer::Facets(counted))
    }

    /// A slice of a count over time. A client that hangs up ends it.
    async fn histogram(&self, query: HistogramQuery) -> Result<Answer, Problem> {
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let counted = self
            .query(move |store, now| {
                let slice = leash.within(SEARCH_SLICE);
                let filter = about::resolved(&query.filter, &store.directory, now)?;
                let query = HistogramQuery { filter, ..query };
                store.events.histogram(&query, now, &slice)
            })
            .await?;
        Ok(Answer::Histogram(counted))
    }

    /// A slice of what the log tells of something. A client that hangs up ends it.
    async fn trace(&self, query: TraceQuery) -> Result<Answer, Problem> {
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let told = self
            .query(move |store, now| trace::look(store, &query, now, &leash.within(SEARCH_SLICE)))
            .await?;
        Ok(Answer::Trace(Box::new(told)))
    }

    /// What a hunt will cost, by what is stored and what Okta last said of its limit.
    async fn hunt_cost(&self, hunt: Hunt) -> Result<Answer, Problem> {
        let budgets = match &*self.way.line.borrow() {
            Line::Up(online) => online.reader.budgets(),
            _ => Vec::new(),
        };
        let held = Held(Leash::default());
        let leash = held.0.clone();
        let cost = self
            .query(move |store, now| {
                let slice = leash.within(SEARCH_SLICE);
                // What would not be found is better told before than after.
                hunt::expression(&store.directory, &hunt, now)?;
                hunt::cost(store, &hunt, &budgets, now, &slice)
            })
            .await?;
        Ok(Answer::HuntCost(cost))
    }

    /// One request of a hunt.
    async fn hunt(&self, hunt: Hunt, next: Option<String>) -> Result<Answer, Problem> {
        let online = self.asked_now().await?;
        let wanted = hunt.clone();
        let expression = self
            .query(move |store, now| hunt::expression(&store.directory, &wanted, now))
            .await?;
        let (store, reader) = (&self.store, &online.reader);
        let found = hunt::page(store, reader, &hunt, &expression, next.as_deref()).await?;
        Ok(Answer::Hunted(found))
    }

    async fn event(&self, event: EventRef) -> Result<Answer, Problem> {
        let key = match event {
            EventRef::Pos(pos) => EventKey::Pos(pos),
            EventRef::Uuid(uuid) => EventKey::Uuid(uuid),
        };
        let found = self
            .query(move |store, _| Ok(store.events.event(key)?))
            .await?;
        found
            .map(|row| Answer::Event(Box::new(row)))
            .ok_or_else(|| problem::not_found("the event"))
    }

    pub(super) async fn factors(&self, user: UserId) -> Result<Answer, Problem> {
        let reader = self.online().await?.reader.in_lane(Lane::Interactive);
        let page = reader
            .user_factors(&user)
            .await
            .map_err(|error| problem::of_okta(&error))?;
        let factors = page.items.into_iter().map(|item| item.value).collect();
        Ok(Answer::Factors {
            factors,
            at: page.served_at,
        })
    }

    /// The running sync, once there is one. A credential that Okta has refused may have been put right since, which is looked at first.
    async fn online(&self) -> Result<Arc<Online>, Problem> {
        if self.is_refused() {
            return self.tried_again().await;
        }
        self.decided(self.way.line.clone()).await
    }

    /// The same for whoever wants Okta to be asked now: what failed before is no answer to that.
    async fn asked_now(&self) -> Result<Arc<Online>, Problem> {
        let is_down = matches!(&*self.way.line.borrow(), Line::Down(Connection::Trouble { problem, .. })
            if problem.kind != ProblemKind::Offline);
        if is_down {
            return self.tried_again().await;
        }
        self.online().await
    }

    /// What comes of one more attempt.
    async fn tried_again(&self) -> Result<Arc<Online>, Problem> {
        let mut line = self.way.line.clone();
        line.mark_unchanged();
        self.way.look_again.notify_one();
        // That it takes too long is the same as that nothing has changed.
        let _ = tokio::time::timeout(ONLINE_LIMIT, line.changed()).await;
        self.decided(line).await
    }

    /// Whether Okta refused the credential when it was last asked.
    fn is_refused(&self) -> bool {
        match &*self.way.line.borrow() {
            Line::Down(Connection::Trouble { problem, .. }) => problem.kind == ProblemKind::Auth,
            _ => false,
        }
    }

    async fn decided(&self, mut line: watch::Receiver<Line>) -> Result<Arc<Online>, Problem> {
        let decided = tokio::time::timeout(
            ONLINE_LIMIT,
            line.wait_for(|line| !matches!(line, Line::Starting)),
        )
        .await;
        match decided.as_ref().map(|line| line.as_deref()) {
            Ok(Ok(Line::Up(online))) => Ok(Arc::clone(online)),
            Ok(Ok(Line::Down(Connection::Trouble { problem, .. }))) => Err(problem.clone()),
            Ok(_) => Err(problem::ending()),
            Err(_) => Err(self.silent(ONLINE_LIMIT)),
        }
    }

    async fn sync_now(
        &self,
        resource: Option<Resource>,
        object: Option<ObjectId>,
    ) -> Result<Answer, Problem> {
        let online = self.asked_now().await?;
        let Some(object) = object else {
            // Whoever asks is gone before the reading fails.
            self.reached(&online).await?;
            online.sync.order(Order::Now(resource));
            let what = resource.map_or("everything", Resource::word);
            return Ok(Answer::Done(format!("reading {what} now")));
        };
        let (reply, done) = oneshot::channel();
        let words = format!(
            "read the {} {} and what hangs below it",
            object.kind().word(),
            object.as_str()
        );
        online.sync.order(Order::Object(object, reply));
        done.await
            .map_err(|_| problem::ending())?
            .map_err(|trouble| problem::of_trouble(&trouble))?;
        Ok(Answer::Done(words))
    }

    /// Makes sure that Okta answers at this moment.
    async fn reached(&self, online: &Online) -> Result<(), Problem> {
        let reader = online.reader.in_lane(Lane::Interactive);
        let answered = tokio::time::timeout(PROBE_LIMIT, reader.well_known()).await;
        match answered {
            Ok(Err(error)) if !error.is_an_answer() => Err(problem::of_okta(&error)),
            Ok(_) => Ok(()),
            Err(_) => Err(self.silent(PROBE_LIMIT)),
        }
    }

    fn silent(&self, limit: Duration) -> Problem {
        Problem {
            kind: ProblemKind::Network,
            summary: format!(
                "{} did not answer within {} s",
                self.facts.host,
                limit.as_secs()
            ),
            hint: Some("check the network, or look at `oktop doctor`".into()),
            column: None,
        }
    }

    async fn sync_once(&self) -> Result<Answer, Problem> {
        match self.sync_through().await {
            // The credential died unnoticed; its source may hold another one by now.
            Err(problem) if problem.kind == ProblemKind::Auth && self.is_refused() => {
                self.sync_through().await
            }
            done => done,
        }
    }

    async fn sync_through(&self) -> Result<Answer, Problem> {
        let online = self.asked_now().await?;
        let (reply, report) = oneshot::channel();
        online.sync.order(Order::Once(reply));
        drop(online);
        // The reply is dropped when the sync ends early, and then the line says why.
        let Ok(report) = report.await else {
            let line = self.way.line.clone();
            return Err(self
                .decided(line)
                .await
                .err()
                .unwrap_or_else(problem::ending));
        };
        match self.unreached(&report) {
            Some(problem) => Err(problem),
            None => Ok(Answer::Report(report)),
        }
    }

    /// Stores events that somebody has exported.
    async fn import(&self, list: Vec<String>) -> Result<Answer, Problem> {
        let read = tokio::task::spawn_blocking(move || read_exported(list));
        let (events, bad) = read.await.map_err(|_| problem::ending())?;
        let batch = EventBatch {
            events,
            marks: Vec::new(),
            at: self.clock.now(),
        };
        let appended = self.store.events.append(batch).await;
        let appended = appended.map_err(|error| problem::of_store(&error))?;
        Ok(Answer::Imported(Imported {
            stored: appended.stored,
            duplicates: appended.duplicates,
            conflicts: appended.conflicts,
            bad,
        }))
    }

    async fn cover(&self, stretch: Stretch) -> Result<Answer, Problem> {
        let gaps = self.query(|store, _| Ok(store.events.gaps()?)).await?;
        let touched =
            |gap: &&Gap| gap.filled.is_none() && gap.from < stretch.to && stretch.from < gap.to;
        let filled = gaps.iter().filter(touched).count() as u64;
        let covered = self.store.events.cover(stretch, self.clock.now()).await;
        covered.map_err(|error| problem::of_store(&error))?;
        Ok(Answer::Covered(filled))
    }

    /// That Okta was out of reach for everything, which is no part of anything.
    fn unreached(&self, report: &SyncReport) -> Option<Problem> {
        if report.resources.iter().any(|one| one.complete) {
            return None;
        }
        let standings = standings_of(&self.way.line.borrow())?;
        let standings = standings.borrow();
        match &standings.reach {
            Reach::Trouble { error, .. } if error.is_out_of_reach() => Some(Problem {
                summary: format!("{} cannot be reached: {}", self.facts.host, error.kind),
                ..problem::of_okta(error)
            }),
            _ => None,
        }
    }

    async fn accept_missing(&self, resource: Resource) -> Result<Answer, Problem> {
        let (reply, accepted) = oneshot::channel();
        self.online()
            .await?
            .sync
            .order(Order::AcceptMissing(resource, reply));
        let count = accepted
            .await
            .map_err(|_| problem::ending())?
            .map_err(|trouble| problem::of_trouble(&trouble))?;
        Ok(Answer::Done(format!(
            "archived {count} {resource} that Okta no longer has"
        )))
    }
}

/// Pulls the leash when nobody waits for the answer any more.
struct Held(Leash);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.pull();
    }
}

/// What people call the things that an entry refers to, as far as the mirror has them.
fn names(
    directory: &Directory,
    entry: &Entry,
    now: Timestamp,
) -> Result<Vec<(Target, SafeText)>, QueryError> {
    let mut names = Vec::new();
    for reference in &entry.refs {
        let name = match &reference.to {
            Target::Object(id) => directory.name(id)?,
            Target::Entry(kind, id) => {
                let query = EntryQuery {
                    filter: format!("id=\"{id}\""),
                    ..EntryQuery::of(*kind, 1)
                };
                let rows = directory.entries(&query, now)?.rows;
                rows.into_iter().next().map(|row| row.entry.name)
            }
            Target::All(_) => None,
        };
        names.extend(name.map(|name| (reference.to.clone(), name)));
    }
    Ok(names)
}

impl Handler for Engine {
    async fn answer(&self, ask: Ask) -> Result<Answer, Problem> {
        match ask {
            Ask::Users(query) => self.users(query).await,
            Ask::Groups(query) => self
                .query(move |store, now| store.directory.groups(&query, now))
                .await
                .map(Answer::Groups),
            Ask::Apps(query) => self
                .query(move |store, now| store.directory.apps(&query, now))
                .await
                .map(Answer::Apps),
            Ask::Events(query) => self.events(query).await,
            Ask::Event(event) => self.event(event).await,
            Ask::Object(id) => self.object(id).await,
            Ask::Entries(query) => self.entries(query).await,
            Ask::Entry(key) => self.entry(key).await,
            Ask::ObjectThen(id, at) => self.object_then(id, at).await,
            Ask::Facets(query) => self.facets(query).await,
            Ask::Histogram(query) => self.histogram(query).await,
            Ask::Trace(query) => self.trace(query).await,
            Ask::Access(asked) => self.access(asked).await,
            Ask::Changes(query) => self.changes(query).await,
            Ask::Bearers(kind, name) => self
                .query(move |store, now| about::bearers(kind, &name, &store.directory, now))
                .await
                .map(Answer::Bearers),
            Ask::Factors(user) => self.factors(user).await,
            Ask::HuntCost(hunt) => self.hunt_cost(hunt).await,
            Ask::Hunt { hunt, next } => self.hunt(hunt, next).await,
            Ask::Status => Ok(Answer::Status(Box::new(self.assemble().await))),
            // The server keeps the subscription; this is only its receipt.
            Ask::Subscribe => Ok(Answer::Done("subscribed".into())),
            Ask::SyncNow { resource, object } => self.sync_now(resource, object).await,
            Ask::SyncOnce => self.sync_once().await,
            Ask::AcceptMissing(resource) => self.accept_missing(resource).await,
            Ask::Import(list) => self.import(list).await,
            Ask::Cover(stretch) => self.cover(stretch).await,
            Ask::Queue(ask) => self.queue(ask).await,
            // The server calls `stop` once this is on its way.
            Ask::Stop => Ok(Answer::Done("the agent is ending".into())),
        }
    }

    fn news(&self) -> News {
        News {
            revisions: self.store.revisions(),
            status: self.status.subscribe(),
            notices: self.notices.subscribe(),
            ending: self.ending.subscribe(),
        }
    }

    fn stop(&self) {
        self.ending.send_replace(true);
    }

    fn clients(&self, connected: u32) {
        self.clients.send_replace(connected);
    }
}

/// An event with its JSON.
type Event = (LogEvent, RawJson);

/// The events of a list, and the places of what is none, with what is wrong.
fn read_exported(list: Vec<String>) -> (Vec<Event>, Vec<(u64, SafeText)>) {
    let mut events = Vec::with_capacity(list.len());
    let mut bad = Vec::new();
    for (place, json) in (0..).zip(list) {
        match okta::read_log_event(json) {
            Ok(item) => events.push((item.value, item.raw)),
            Err(why) => bad.push((place, SafeText::new(&why.to_string()))),
        }
    }
    (events, bad)
}

fn any_row(row: DetailRow) -> AnyRow {
    match row {
        DetailRow::User(row) => AnyRow::User(Box::new(row)),
        DetailRow::Group(row) => AnyRow::Group(Box::new(row)),
        DetailRow::App(row) => AnyRow::App(Box::new(row)),
    }
}

fn standings_of(line: &Line) -> Option<watch::Receiver<Standings>> {
    match line {
        Line::Up(online) => Some(online.sync.standings()),
        _ => None,
    }
}

/// Waits for the board to change; without one, or once it is closed, for ever.
async fn changed<T>(standings: &mut Option<watch::Receiver<T>>) {
    let open = match standings {
        Some(standings) => standings.changed().await.is_ok(),
        None => false,
    };
    if !open {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests;
