//! An org, a queue over it with its runner, and a mirror of the log that the test brings up to date.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use oktop::action::guard::{Limits, World};
use oktop::action::plan::{OnFailure, OpId, Operator};
use oktop::action::progress::Progress;
use oktop::action::state::State;
use oktop::domain::change::Change;
use oktop::domain::id::OrgId;
use oktop::domain::secret::Secret;
use oktop::okta::{
    BaseUrl, Credential, Cursor, HttpTransport, Lane, LogSelect, Reader, Settings, Timeouts,
    Transport,
};
use oktop::queue::{Queue, Trouble, Want, Wanted, Way};
use oktop::sim::Options;
use oktop::store::{EventBatch, Store};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::sim_org::TestOrg;

/// Real time without any news after which the clock moves on to whatever somebody waits for.
pub(super) const QUIET: Duration = Duration::from_millis(40);

pub(super) struct Rig {
    pub(super) org: TestOrg,
    pub(super) queue: Queue,
    pub(super) reader: Reader,
    store: Store,
    polled: Arc<Mutex<Option<Timestamp>>>,
    pub(super) way: watch::Sender<Option<Arc<Way>>>,
    ending: watch::Sender<bool>,
    runner: JoinHandle<()>,
}

pub(super) fn somebody() -> Operator {
    Operator {
        uid: 1000,
        name: Some("ana".into()),
        account: None,
    }
}

/// An org in which no guard has anything to say.
pub(super) fn calm_world() -> World {
    World {
        super_admins: Some(BTreeSet::new()),
        admin_groups: Some(BTreeSet::new()),
        users: Some(100_000),
        ..World::default()
    }
}

pub(super) fn org_id() -> OrgId {
    "00o1".parse().unwrap()
}

impl Rig {
    /// A queue of an org whose control store lies in memory.
    pub(super) async fn start(options: Options) -> Self {
        let store = Store::in_memory().unwrap();
        Self::over(TestOrg::start(options).await, store, |transport| transport)
    }

    /// The same, with its stores in a directory.
    pub(super) fn at(dir: &Path, org: TestOrg) -> Self {
        Self::through(dir, org, |transport| transport)
    }

    /// The same, with all requests going through something.
    pub(super) fn through(
        dir: &Path,
        org: TestOrg,
        wrap: impl Fn(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Self {
        Self::over(org, Store::open(dir, None).unwrap(), wrap)
    }

    fn over(
        org: TestOrg,
        store: Store,
        wrap: impl Fn(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Self {
        Self::with(org, store, Timeouts::default(), wrap)
    }

    /// The same with deadlines of its own.
    pub(super) fn with(
        org: TestOrg,
        store: Store,
        timeouts: Timeouts,
        wrap: impl Fn(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Self {
        let settings = || {
            let (base, _) = BaseUrl::parse(&org.running.url).unwrap();
            let token = Secret::new(org.running.token.clone());
            let settings = Settings::new(base, Credential::ssws(&token).unwrap());
            Settings {
                timeouts,
                ..settings
            }
        };
        let transport = wrap(Arc::new(HttpTransport::new(&settings()).unwrap()));
        let changes = wrap(Arc::new(HttpTransport::for_changes(&settings()).unwrap()));
        let reader = Reader::new(settings(), transport, org.clock.clone());
        let polled: Arc<Mutex<Option<Timestamp>>> = Arc::default();
        let of_way = Arc::clone(&polled);
        let way = Way {
            reader: reader.clone(),
            transport: changes,
            polled: Arc::new(move || *of_way.lock().unwrap()),
            world: Arc::new(calm_world),
            limits: Limits::default(),
            touched: Arc::new(|_| {}),
        };
        let way = watch::Sender::new(Some(Arc::new(way)));
        let control = store.control(&org_id(), org.clock.now()).unwrap();
        let queue = Queue::new(
            control,
            org_id(),
            store.events.clone(),
            org.clock.clone(),
            way.subscribe(),
        );
        let queue = queue.unwrap();
        let ending = watch::Sender::new(false);
        let runner = tokio::spawn(queue.clone().run(ending.subscribe()));
        Self {
            org,
            queue,
            reader,
            store,
            polled,
            way,
            ending,
            runner,
        }
    }

    /// Ends the runner and closes the stores as an agent does; the org stays.
    pub(super) async fn end(self) -> TestOrg {
        self.ending.send_replace(true);
        self.runner.await.unwrap();
        self.queue.control().close().unwrap();
        self.store.close().unwrap();
        self.org
    }

    /// Ends as a process does that is killed; the org stays.
    pub(super) fn crash(self) -> TestOrg {
        self.runner.abort();
        self.org
    }

    pub(super) async fn try_stage(&self, changes: Vec<Change>) -> Result<u64, Trouble> {
        let wanted = wanted(changes, OnFailure::Stop);
        Ok(self.queue.stage(wanted).await?.number)
    }

    pub(super) async fn stage(&self, changes: Vec<Change>) -> u64 {
        self.try_stage(changes).await.unwrap()
    }

    /// Confirms a plan as somebody who has been shown it and types what it wants.
    pub(super) async fn confirm(&self, number: u64) {
        self.try_confirm(number).await.unwrap();
    }

    pub(super) async fn try_confirm(&self, number: u64) -> Result<(), Trouble> {
        let plan = self.queue.control().plan(number).unwrap().unwrap();
        let digest = self.queue.digest(number, &plan).unwrap();
        let typed = match plan.challenge() {
            oktop::action::plan::Challenge::Yes => String::new(),
            oktop::action::plan::Challenge::Type(text) => text,
        };
        let by = somebody();
        let confirmed = self.queue.confirm(number, &digest, &typed, &by, None);
        confirmed.await.map(drop)
    }

    /// Stages, confirms and waits for the end of one change.
    pub(super) async fn make(&self, change: Change) -> (OpId, Progress) {
        let number = self.stage(vec![change]).await;
        self.confirm(number).await;
        self.settled(number).await.remove(0)
    }

    pub(super) fn progress(&self, number: u64) -> Vec<(OpId, Progress)> {
        self.queue.control().progress(number).unwrap()
    }

    /// Waits until nothing of a plan goes on by itself any more; the clock moves on whenever nothing happens.
    pub(super) async fn settled(&self, number: u64) -> Vec<(OpId, Progress)> {
        self.until(number, |state| {
            let rests = matches!(state, State::Proposed | State::Blocked | State::NeedsHuman);
            state.is_final() || rests
        })
        .await
    }

    /// Waits, at the time it is, until a plan's first op is in a state.
    pub(super) async fn reach(&self, number: u64, state: State) {
        let mut news = self.queue.standing();
        while self.progress(number)[0].1.state != state {
            news.changed().await.unwrap();
        }
    }

    /// Waits until every op of a plan is in a state that `fits`.
    pub(super) async fn until(
        &self,
        number: u64,
        fits: impl Fn(State) -> bool,
    ) -> Vec<(OpId, Progress)> {
        let mut news = self.queue.standing();
        let work = async {
            loop {
                news.mark_unchanged();
                let progress = self.progress(number);
                if progress.iter().all(|(_, one)| fits(one.state)) {
                    return progress;
                }
                if tokio::time::timeout(QUIET, news.changed()).await.is_err() {
                    self.go_on().await;
                }
            }
        };
        let settled = tokio::time::timeout(Duration::from_mins(2), work).await;
        settled.unwrap_or_else(|_| unreachable!("it hangs: {:?}", self.progress(number)))
    }

    /// The mirrored log.
    pub(super) fn events(&self) -> oktop::store::Events {
        self.store.events.clone()
    }

    /// Brings the log up to date and moves the clock to whatever somebody waits for.
    pub(super) async fn go_on(&self) {
        self.driven(self.mirror_log()).await;
        self.tick();
    }

    fn tick(&self) {
        if let Some(next) = self.org.hand.next_deadline() {
            self.org.hand.set(next);
        }
    }

    /// Does something to its end. What asks the org may wait for a limit, so the clock moves on whenever nothing happens.
    pub(super) async fn driven<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(QUIET) => self.tick(),
            }
        }
    }

    /// Reads all of the org's log into the mirror.
    pub(super) async fn mirror_log(&self) {
        let reader = self.reader.in_lane(Lane::Interactive);
        let begin: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let select = LogSelect::Bounded {
            since: begin,
            until: begin + Duration::from_hours(48),
            descending: false,
        };
        let now = self.org.clock.now();
        let mut cursor = Cursor::Start;
        loop {
            let page = reader.logs(select, None, &cursor).await.unwrap();
            let events = page.items.into_iter().map(|item| (item.value, item.raw));
            let batch = EventBatch {
                events: events.collect(),
                marks: Vec::new(),
                at: now,
            };
            self.store.events.append(batch).await.unwrap();
            match page.next {
                Some(next) => cursor = Cursor::At(next),
                None => break,
            }
        }
        *self.polled.lock().unwrap() = Some(now);
    }

    /// The changes that the org has seen, oldest first, whose path holds `part`.
    pub(super) async fn writes(&self, part: &str) -> Vec<Value> {
        let writes = self.org.get_as("/sim/v1/writes", None).await.json();
        let ours = |write: &&Value| {
            let agent = write["agent"].as_str().unwrap_or_default();
            let path = write["path"].as_str().unwrap_or_default();
            agent.contains("(attempt ") && path.contains(part)
        };
        writes
            .as_array()
            .unwrap()
            .iter()
            .filter(ours)
            .cloned()
            .collect()
    }

    /// The status of a user as the org has it.
    pub(super) async fn status(&self, user: &str) -> String {
        let user = self.org.get(&format!("/api/v1/users/{user}")).await.json();
        user["status"].as_str().unwrap_or("gone").to_owned()
    }
}

pub(super) fn wanted(changes: Vec<Change>, on_failure: OnFailure) -> Wanted {
    let want = |change| Want {
        change,
        after: Vec::new(),
        undo_of: None,
    };
    Wanted {
        title: "a test".into(),
        reason: None,
        on_failure,
        ops: changes.into_iter().map(want).collect(),
        by: somebody(),
    }
}
