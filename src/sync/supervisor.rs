//! The one task that decides what is read next and starts it. It ends when its commander is dropped; what it had started is
//! cut off then, and goes on from the store the next time.
//!
//! Each resource has at most one reading under way. What is due is decided by [`schedule`](super::schedule); readings run as tasks
//! of their own and report back, and only here do their results become standings, reports and archive decisions.

mod hints;
mod missing;
mod pass;
mod results;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{self, JoinError, JoinSet};

use crate::clock::Clock;
use crate::config::sync_settings::SyncSettings;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::listing::PartialReason;
use crate::domain::resource::{Phase, Resource, ResourceReport, SyncReport};
use crate::domain::time;
use crate::domain::user::User;
use crate::okta::{self, Lane, Reader};
use crate::store::{self, Store};

use super::archive::{self, Verdict};
use super::backfill::backfill;
use super::board::{Board, Tally};
use super::context::{Context, Failure};
use super::delta::{delta, delta_mark};
use super::entries::lists::Extent;
use super::entries::read_entries;
use super::everyone;
use super::gathered::Gathered;
use super::hint::Hint;
use super::lists::read_lists;
use super::log_tail::{self, Hinted};
use super::recount::recount;
use super::schedule::{Due, Standing, Task, due, follows, log_poll_interval, parent};
use super::settle;
use super::sweep::{MAX_RUN, sweep};
use super::watched::Watch;

/// An index may lag behind an event, so an event this much older than a complete reading is certain to be in it.
const INDEX_LAG: Duration = Duration::from_mins(2);

/// Those that consist of lists below groups and apps, which are read again when Okta says that they changed.
const RELATIONS: [Resource; 3] = [
    Resource::Memberships,
    Resource::AppGroups,
    Resource::AppUsers,
];

/// Why an order could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Okta did not give what it takes.
    #[error(transparent)]
    Okta(okta::Error),
    /// The mirror could not take it.
    #[error(transparent)]
    Store(store::Error),
    /// Okta gave only a part of it.
    #[error("{0}")]
    Partial(PartialReason),
}

/// What the supervisor can be told.
#[derive(Debug)]
pub enum Order {
    /// Read a resource now; all of them when `None`.
    Now(Option<Resource>),
    /// Read one object and what hangs below it now, and tell when that is done.
    Object(ObjectId, oneshot::Sender<Result<(), Trouble>>),
    /// Read everything once, and report when that is done. A full reading that is under way already is joined.
    Once(oneshot::Sender<SyncReport>),
    /// Archive, or end, what the fuse holds back.
    AcceptMissing(Resource, oneshot::Sender<Result<usize, Trouble>>),
    /// Stop working.
    End,
}

/// What a task of the sync has to tell when it ends.
enum Done {
    Swept(Resource, Result<super::sweep::Finished, Failure>),
    Asked(Resource, Result<(Timestamp, Tally), Failure>),
    Listed {
        resource: Resource,
        whole: bool,
        result: Result<super::lists::Finished, Failure>,
    },
    Read {
        resource: Resource,
        whole: bool,
        result: Result<super::entries::Finished, Failure>,
    },
    Polled(Result<Tally, Failure>),
    Backfilled(Result<(), Failure>),
    Recounted(Result<Timestamp, Failure>),
    ReadEveryone(Result<Timestamp, Failure>),
    Settled(Result<(), Failure>),
    Dated(Result<watching::Dated, Failure>),
    LookedUp(Kind, Result<usize, Failure>),
    Accepted(Resource, bool),
    Told,
}

/// What a reading cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    tally: Tally,
    floor: u64,
    took: Duration,
}

/// What a task of the sync does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Reads a resource.
    Read(Resource),
    /// Reads the log's history.
    Backfill,
    /// Counts an hour of the log again.
    Recount,
    /// Reads a batch of everybody's factors.
    Everyone,
    /// Settles hints.
    Settle,
    /// Dates what nobody watched.
    Date,
    /// Something that was ordered, or that looks up what is missing.
    Errand,
}

/// A full reading of everything, for a report.
struct Pass {
    started: Timestamp,
    remaining: BTreeSet<Resource>,
    reports: BTreeMap<Resource, ResourceReport>,
    replies: Vec<oneshot::Sender<SyncReport>>,
}

/// The state of the sync, owned by its one task.
pub(super) struct Supervisor {
    context: Context,
    orders: mpsc::UnboundedReceiver<Order>,
    standings: BTreeMap<Resource, Standing>,
    running: BTreeMap<Resource, Timestamp>,
    jobs: JoinSet<Done>,
    /// What each of them does, so that one that breaks off is known.
    doing: BTreeMap<task::Id, Job>,
    hints: Gathered,
    hint_sender: mpsc::UnboundedSender<Hinted>,
    hint_receiver: mpsc::UnboundedReceiver<Hinted>,
    backfill_at: Option<Timestamp>,
    backfilling: bool,
    /// When the next hour of the log may be counted again; `None` while one is.
    recount_at: Option<Timestamp>,
    /// When the next batch of everybody's factors is due; `None` while one is being read, or when nobody wants them.
    everyone_at: Option<Timestamp>,
    pass: Option<Pass>,
    watch: Watch,
    /// When what nobody watched may be dated; `None` while it is.
    date_at: Option<Timestamp>,
    /// The end of the first poll since somebody watches again.
    watching_since: Option<Timestamp>,
    /// Whether all has been settled that had been published by then.
    taken_up: bool,
    /// Where the fuse blew: how many objects are missing.
    suspended: BTreeMap<Resource, u64>,
}

impl Supervisor {
    pub(super) fn new(
        reader: &Reader,
        store: Store,
        settings: SyncSettings,
        clock: Clock,
        board: Board,
        orders: mpsc::UnboundedReceiver<Order>,
    ) -> Self {
        let (hint_sender, hint_receiver) = mpsc::unbounded_channel();
        let reader = reader.in_lane(Lane::Bulk);
        let context = Context {
            reader,
            store,
            settings: Arc::new(settings),
            clock,
            board,
            blind: Arc::default(),
            long_lists: Arc::new(Semaphore::new(1)),
        };
        Self {
            context,
            orders,
            standings: BTreeMap::new(),
            running: BTreeMap::new(),
            jobs: JoinSet::new(),
            doing: BTreeMap::new(),
            hints: Gathered::default(),
            hint_sender,
            hint_receiver,
            backfill_at: None,
            backfilling: false,
            recount_at: None,
            everyone_at: None,
            pass: None,
            watch: Watch::default(),
            date_at: Some(Timestamp::MIN),
            watching_since: None,
            taken_up: false,
            suspended: BTreeMap::new(),
        }
    }

    /// Works until the last commander is gone.
    pub(super) async fn run(mut self) {
        if let Err(failure) = self.load().await {
            tracing::error!(%failure, "the mirror cannot tell how it stands; everything is read anew");
        }
        loop {
            self.take_up();
            self.start_due();
            self.heed_pages();
            self.show();
            let wake = self.context.clock.sleep(self.until_next());
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::End) | None => break,
                    Some(order) => self.obey(order),
                },
                Some(done) = self.jobs.join_next_with_id() => match done {
                    Ok((id, done)) => {
                        self.doing.remove(&id);
                        self.take(done).await;
                    }
                    Err(error) => self.recover(&error),
                },
                Some(hint) = self.hint_receiver.recv() => self.take_hint(hint, self.now()),
                () = wake => {}
            }
        }
        self.watched_until_the_end().await;
    }

    fn take_hint(&mut self, hint: Hinted, now: Timestamp) {
        self.watch.told(hint.2);
        self.hints.add(hint, now);
    }

    /// Takes up where the store says the last process ended.
    async fn load(&mut self) -> Result<(), Failure> {
        // Whatever else cannot be read: what is not dated is not told.
        self.load_watch().await?;
        for resource in Resource::ALL {
            if self.context.settings.is_excluded(resource) {
                self.context.board.resource(resource, |line| {
                    line.trouble = Some(PartialReason::Excluded);
                });
                continue;
            }
            let (complete_at, delta_at) = self
                .context
                .read(move |store| read_times(store, resource))
                .await?;
            let standing = Standing {
                complete_at,
                delta_at,
                ..Standing::default()
            };
            self.standings.insert(resource, standing);
            self.context
                .board
                .resource(resource, |line| line.complete_at = complete_at);
        }
        self.standing(Resource::Log).complete_at = None;
        for resource in RELATIONS {
            self.count_stale(resource).await?;
        }
        self.load_hints().await?;
        for kind in [Kind::User, Kind::Group, Kind::App] {
            let missed = self
                .context
                .read(move |store| store.directory.missed(kind))
                .await?;
            if archive::judge(missed.known, missed.missing, 0) == Verdict::Suspend {
                self.set_suspended(kind, Some(missed.missing));
            }
        }
        self.backfill_at = Some(self.now());
        self.recount_at = Some(self.now());
        self.everyone_at = everyone::is_wanted(&self.context).then(|| self.now());
        let never = |resource: &Resource| self.standings[resource].complete_at.is_none();
        let unread: BTreeSet<_> = self
            .read_ones()
            .filter(never)
            .filter(|r| *r != Resource::Log)
            .collect();
        if !unread.is_empty() {
            let with_log = unread.into_iter().chain([Resource::Log]).collect();
            self.begin_pass(with_log, None);
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.context.server_now()
    }

    fn standing(&mut self, resource: Resource) -> &mut Standing {
        self.standings.entry(resource).or_default()
    }

    /// The resources that are read at all.
    fn read_ones(&self) -> impl Iterator<Item = Resource> + use<> {
        let settings = Arc::clone(&self.context.settings);
        let all = Resource::ALL.into_iter();
        all.filter(move |resource| !settings.is_excluded(*resource))
    }

    /// Whether a resource is being read, or is about to be because a full reading is under way.
    fn is_under_way(&self, resource: Resource) -> bool {
        let in_pass = self
            .pass
            .as_ref()
            .is_some_and(|pass| pass.remaining.contains(&resource));
        in_pass || self.running.contains_key(&resource)
    }

    fn due(&self, resource: Resource, now: Timestamp) -> Option<Due> {
        let standing = self.standings.get(&resource).copied().unwrap_or_default();
        if follows(resource).iter().any(|one| self.is_under_way(*one)) {
            return None;
        }
        let parent_complete = parent(resource).is_none_or(|parent| {
            let read = self
                .standings
                .get(&parent)
                .is_some_and(|standing| standing.complete_at.is_some());
            read && !self.is_under_way(parent)
        });
        due(
            resource,
            &standing,
            parent_complete,
            &self.context.settings,
            self.log_poll_interval(),
            now,
        )
    }

    fn log_poll_interval(&self) -> Duration {
        let allowance = self.context.log_allowance_per_min();
        log_poll_interval(&self.context.settings, allowance)
    }

    fn start_due(&mut self) {
        let now = self.now();
        for resource in self.read_ones() {
            if self.running.contains_key(&resource) {
                continue;
            }
            if let Some(due) = self.due(resource, now).filter(|due| due.at <= now) {
                self.start(resource, due.task);
            }
        }
        self.start_backfill(now);
        self.start_recount(now);
        self.start_everyone(now);
        self.start_settling(now);
        self.start_dating(now);
    }

    fn start(&mut self, resource: Resource, task: Task) {
        self.running.insert(resource, self.context.clock.now());
        let standing = self.standing(resource);
        standing.wanted = false;
        standing.began_whole = matches!(task, Task::Lists { whole: true });
        let context = self.context.clone();
        if resource != Resource::Log {
            context.board.reading(resource, 0, None);
        }
        match (resource, task) {
            (Resource::Log, _) | (_, Task::Poll) => {
                let hints = self.hint_sender.clone();
                self.spawn(Job::Read(resource), async move {
                    Done::Polled(log_tail::poll(&context, &hints).await)
                });
            }
            (_, Task::Lists { whole }) => {
                self.spawn(Job::Read(resource), async move {
                    let result = read_lists(&context, resource, whole).await;
                    Done::Listed {
                        resource,
                        whole,
                        result,
                    }
                });
            }
            (_, Task::Entries { whole }) => self.read_entries(resource, whole, context),
            (Resource::Users, Task::Delta) => self.ask::<User>(context),
            (Resource::Groups, Task::Delta) => self.ask::<Group>(context),
            (Resource::Users, Task::Sweep) => self.sweep::<User>(context),
            (Resource::Groups, Task::Sweep) => self.sweep::<Group>(context),
            (_, Task::Sweep | Task::Delta) => self.sweep::<Application>(context),
        }
    }

    /// Reads lists of entries. A first reading goes on where it was cut off.
    fn read_entries(&mut self, resource: Resource, whole: bool, context: Context) {
        let now = self.now();
        let since = match self.standing(resource).complete_at {
            Some(_) => now,
            None => time::before(now, MAX_RUN),
        };
        let extent = if whole {
            Extent::Whole { since }
        } else {
            Extent::Top
        };
        self.spawn(Job::Read(resource), async move {
            let result = read_entries(&context, resource, extent, None).await;
            Done::Read {
                resource,
                whole,
                result,
            }
        });
    }

    fn sweep<K: super::sweep::Swept>(&mut self, context: Context) {
        self.spawn(Job::Read(K::RESOURCE), async move {
            Done::Swept(K::RESOURCE, sweep::<K>(&context).await)
        });
    }

    fn ask<K: super::delta::Changing>(&mut self, context: Context) {
        let standing = self
            .standings
            .get(&K::RESOURCE)
            .copied()
            .unwrap_or_default();
        let since = standing
            .delta_at
            .max(standing.complete_at)
            .unwrap_or_else(|| self.now());
        self.spawn(Job::Read(K::RESOURCE), async move {
            Done::Asked(K::RESOURCE, delta::<K>(&context, since).await)
        });
    }

    fn start_backfill(&mut self, now: Timestamp) {
        let polled = self
            .standings
            .get(&Resource::Log)
            .is_some_and(|log| log.complete_at.is_some());
        if self.backfilling || !polled || self.backfill_at.is_none_or(|at| at > now) {
            return;
        }
        self.backfilling = true;
        let context = self.context.clone();
        self.spawn(Job::Backfill, async move {
            Done::Backfilled(backfill(&context).await)
        });
    }

    /// The log is followed, its history is read, and nobody waits for a full reading.
    fn may_recount(&self) -> bool {
        let history_read = !self.backfilling && self.backfill_at.is_none();
        self.pass.is_none() && history_read && self.polled_once()
    }

    fn start_recount(&mut self, now: Timestamp) {
        if !self.may_recount() || self.recount_at.is_none_or(|at| at > now) {
            return;
        }
        self.recount_at = None;
        let context = self.context.clone();
        self.spawn(Job::Recount, async move {
            Done::Recounted(recount(&context).await)
        });
    }

    /// Users are known, and nobody waits for a full reading, which has better use for the rate limit.
    fn may_read_everyone(&self) -> bool {
        let read = |resource| {
            self.standings
                .get(&resource)
                .and_then(|one: &Standing| one.complete_at)
        };
        self.pass.is_none() && read(Resource::Users).is_some()
    }

    fn start_everyone(&mut self, now: Timestamp) {
        if !self.may_read_everyone() || self.everyone_at.is_none_or(|at| at > now) {
            return;
        }
        self.everyone_at = None;
        let context = self.context.clone();
        self.spawn(Job::Everyone, async move {
            Done::ReadEveryone(everyone::read_batch(&context).await)
        });
    }

    fn until_next(&self) -> Duration {
        let now = self.now();
        let idle = self
            .read_ones()
            .filter(|resource| !self.running.contains_key(resource));
        let dues = idle
            .filter_map(|resource| self.due(resource, now))
            .map(|due| due.at);
        let backfill = self
            .backfill_at
            .filter(|_| !self.backfilling && self.polled_once());
        let recount = self.recount_at.filter(|_| self.may_recount());
        let everyone = self.everyone_at.filter(|_| self.may_read_everyone());
        let next = dues
            .chain(backfill)
            .chain(recount)
            .chain(everyone)
            .chain(self.hints.due_at())
            .chain(self.date_at.filter(|_| self.may_date()))
            .min();
        next.map_or(Duration::from_hours(1), |at| time::elapsed(now, at))
    }

    fn polled_once(&self) -> bool {
        self.standings
            .get(&Resource::Log)
            .is_some_and(|log| log.complete_at.is_some())
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Now(Some(resource)) => self.standing(resource).wanted = true,
            Order::Now(None) => self
                .read_ones()
                .for_each(|resource| self.standing(resource).wanted = true),
            Order::Object(object, reply) => {
                // A person waits for it.
                let mut context = self.context.clone();
                context.reader = context.reader.in_lane(Lane::Interactive);
                self.spawn(Job::Errand, async move {
                    let refreshed = settle::refresh(&context, object).await;
                    let _ = reply.send(refreshed.map_err(Failure::into_trouble));
                    Done::Told
                });
            }
            Order::Once(reply) => self.begin_pass(self.read_ones().collect(), Some(reply)),
            Order::AcceptMissing(resource, reply) => {
                let context = self.context.clone();
                self.spawn(Job::Errand, async move {
                    let accepted = match kind_of(resource) {
                        Some(kind) => archive::accept(&context, kind).await,
                        None => super::entries::accept(&context, resource).await,
                    };
                    let done = Done::Accepted(resource, accepted.is_ok());
                    let _ = reply.send(accepted.map_err(Failure::into_trouble));
                    done
                });
            }
            Order::End => {}
        }
    }

    fn spawn(&mut self, job: Job, task: impl Future<Output = Done> + Send + 'static) {
        let handle = self.jobs.spawn(task);
        self.doing.insert(handle.id(), job);
    }

    /// A task of ours panicked, which must not end the sync: what it did is tried again after a while.
    fn recover(&mut self, error: &JoinError) {
        tracing::error!(%error, "a task of the sync broke off");
        let failure = Failure::Partial(PartialReason::Interrupted);
        match self.doing.remove(&error.id()) {
            Some(Job::Read(resource)) => {
                self.ended(resource);
                self.failed(resource, &failure);
            }
            Some(Job::Backfill) => self.take_backfilled(Err(failure)),
            Some(Job::Recount) => self.take_recounted(Err(failure)),
            Some(Job::Everyone) => self.take_everyone(Err(failure)),
            Some(Job::Settle) => {
                self.hints.batch_ended(false, self.now());
            }
            Some(Job::Date) => self.date_again(),
            Some(Job::Errand) | None => {}
        }
    }

    /// Writes on the board what comes next.
    fn show(&self) {
        let now = self.now();
        let reading = self
            .running
            .keys()
            .any(|resource| *resource != Resource::Log);
        let dating = self.watch.undated().is_some() && self.date_at.is_none();
        let busy = self.pass.is_some()
            || self.backfilling
            || self.hints.is_settling()
            || reading
            || dating;
        let poll_interval = self.log_poll_interval();
        // A poll that comes hours late has not been looked at before it ends.
        let late = self.watch.late_since(now, poll_interval);
        let taken_up = self.taken_up && late.is_none();
        let unsettled = self.hints.oldest();
        let undated = self.watch.untold(late, unsettled);
        self.context.board.update(|board| {
            board.busy = busy;
            board.taken_up = taken_up;
            board.poll_interval = Some(poll_interval);
            board.undated = undated;
            board.unsettled = unsettled;
        });
        for resource in self.read_ones() {
            let next_run = self
                .due(resource, now)
                .map(|due| due.at)
                .filter(|_| resource != Resource::Log);
            let is_below = parent(resource).is_some() || !follows(resource).is_empty();
            let waits = is_below && next_run.is_none();
            let idle = !self.running.contains_key(&resource);
            self.context.board.resource(resource, |line| {
                line.next_run = next_run.filter(|_| idle);
                match line.phase {
                    Phase::Idle if idle && waits => line.phase = Phase::Queued,
                    Phase::Queued if !waits => line.phase = Phase::Idle,
                    _ => {}
                }
            });
        }
    }
}

fn kind_of(resource: Resource) -> Option<Kind> {
    match resource {
        Resource::Users => Some(Kind::User),
        Resource::Groups => Some(Kind::Group),
        Resource::Apps => Some(Kind::App),
        _ => None,
    }
}

fn resource_of_kind(kind: Kind) -> Resource {
    match kind {
        Kind::User => Resource::Users,
        Kind::Group => Resource::Groups,
        Kind::App => Resource::Apps,
    }
}

/// The resource whose complete reading answers a hint.
fn resource_of(hint: &Hint) -> Resource {
    match hint {
        Hint::User(_) | Hint::UserDeleted(_) => Resource::Users,
        Hint::Group(_) | Hint::GroupDeleted(_) => Resource::Groups,
        Hint::App(_) | Hint::AppDeleted(_) => Resource::Apps,
        Hint::Membership(..) | Hint::GroupsOfUser(_) => Resource::Memberships,
        Hint::AppsOfGroup(_) => Resource::AppGroups,
        Hint::AppUser(..) => Resource::AppUsers,
        Hint::Lists(resource) => *resource,
        Hint::List(kind, _) => kind.resource(),
        Hint::Policy(_) => Resource::Policies,
        Hint::Device(_) => Resource::Devices,
    }
}

fn read_times(
    store: &Store,
    resource: Resource,
) -> Result<(Option<Timestamp>, Option<Timestamp>), store::Error> {
    let delta_at = store
        .directory
        .mark(&delta_mark(resource))?
        .and_then(|text| text.parse().ok());
    Ok((store.directory.complete_at(resource), delta_at))
}
