//! An org, a mirror of it, and the sync between them on a clock that jumps from one wait to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, stream};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use jiff::{SignedDuration, Timestamp};
use oktop::clock::{Clock, Hand};
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::entry::{EntryKey, EntryKind, EntryQuery};
use oktop::domain::id::{AppId, GroupId, ObjectId, UserId};
use oktop::domain::query::{EventAnchor, EventQuery, ListQuery, Scope};
use oktop::domain::resource::{Resource, SyncReport};
use oktop::domain::secret::Secret;
use oktop::okta::{
    BaseUrl, Credential, HttpTransport, Reader, ServiceTransport, Settings, Timeouts, Transport,
};
use oktop::sim::fault::Kind;
use oktop::sim::fault::row::Row;
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Running, Simulator};
use oktop::store::Store;
use oktop::sync::{Order, Sync};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tower::ServiceExt as _;

/// How the client reaches the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By function calls.
    InProcess,
    /// Over loopback.
    Socket,
    /// Over loopback, with short deadlines: for the faults that only a deadline ends.
    Impatient,
}

/// The whole arrangement.
pub(super) struct Org {
    simulator: Simulator,
    store: Store,
    sync: Sync,
    clock: Clock,
    hand: Hand,
    /// A user that is read by id.
    pub(super) me: UserId,
    _running: Option<Running>,
    driver: JoinHandle<()>,
}

impl Drop for Org {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What an org holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) users: usize,
    pub(super) groups: usize,
    pub(super) apps: usize,
}

fn options(size: Size) -> Options {
    Options {
        users: size.users,
        groups: size.groups,
        apps: size.apps,
        events: 80,
        days: 1,
        rate_limits: Profile::Off,
        index_lag: Duration::ZERO,
        ..Options::default()
    }
}

impl Org {
    /// Starts one of a size, and reads everything once.
    pub(super) async fn start(way: Way, size: Size) -> Self {
        let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let (clock, hand) = Clock::manual(start);
        let options = options(size);
        let simulator = Simulator::new(&options, clock.clone());
        let under_way = Arc::<AtomicUsize>::default();
        let running = match way {
            Way::InProcess => None,
            Way::Socket | Way::Impatient => {
                let served = simulator.clone().serve("127.0.0.1:0".parse().unwrap());
                Some(served.await.unwrap())
            }
        };
        let url = running
            .as_ref()
            .map_or("http://127.0.0.1:9", |running| &running.url);
        let (base, _) = BaseUrl::parse(url).unwrap();
        let credential = Credential::ssws(&Secret::new(options.token.clone())).unwrap();
        let mut settings = Settings::new(base, credential);
        if way == Way::Impatient {
            settings.timeouts = Timeouts {
                connect: Duration::from_secs(5),
                // Longer than a byte takes to come, so that the slow one meets the other deadline.
                idle: Duration::from_millis(1_500),
                exchange: Duration::from_millis(2_500),
            };
        }
        let transport: Arc<dyn Transport> = match way {
            Way::InProcess => Arc::new(ServiceTransport::new(Direct {
                router: simulator.router(),
                under_way: Arc::clone(&under_way),
            })),
            Way::Socket | Way::Impatient => Arc::new(HttpTransport::new(&settings).unwrap()),
        };
        let reader = Reader::new(settings, transport, clock.clone());
        let store = Store::in_memory().unwrap();
        let driver = tokio::spawn(drive(hand.clone(), clock.clone(), under_way));
        let sync = Sync::start(
            &reader,
            store.clone(),
            SyncSettings::default(),
            clock.clone(),
        );
        let me = simulator.service().org.world().users()[3].id.to_string();
        let org = Self {
            simulator,
            store,
            sync,
            clock,
            hand,
            me: me.parse().unwrap(),
            _running: running,
            driver,
        };
        let report = org.read_everything().await;
        assert!(report.complete, "{report:?}");
        org.until("the history is read", || {
            let standings = org.sync.handle().standings();
            let backfill = standings.borrow().backfill;
            backfill.is_some_and(|backfill| backfill.done)
        })
        .await;
        org.equals_the_truth("before any fault").await;
        org
    }

    /// Waits for something that happens by itself, for at most a minute.
    pub(super) async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while !holds() {
            assert!(
                std::time::Instant::now() < deadline,
                "waited in vain: {what}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(super) async fn read_everything(&self) -> SyncReport {
        let (reply, report) = oneshot::channel();
        self.sync.handle().order(Order::Once(reply));
        tokio::time::timeout(Duration::from_mins(40), report)
            .await
            .expect("the sync hangs")
            .unwrap()
    }

    /// Reads everything; what came of each of these resources.
    pub(super) async fn read_resources(&self, resources: &[Resource]) -> Vec<Result<(), String>> {
        let report = self.read_everything().await;
        let came_to = |resource: &Resource| {
            let mut all = report.resources.iter();
            let one = all.find(|one| one.resource == *resource);
            match one.expect("every resource is reported") {
                one if one.complete => Ok(()),
                one => Err(one.why_not.clone().unwrap_or_default()),
            }
        };
        resources.iter().map(came_to).collect()
    }

    /// Reads one object and what hangs below it.
    pub(super) async fn read_object(&self, object: ObjectId) -> Result<(), String> {
        let (reply, done) = oneshot::channel();
        self.sync.handle().order(Order::Object(object, reply));
        let done = tokio::time::timeout(Duration::from_mins(1), done).await;
        done.expect("the read hangs")
            .unwrap()
            .map_err(|trouble| trouble.to_string())
    }

    /// Asks the simulator something behind the client's back.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/sim/v1/{path}"))
            .header("content-type", "application/json")
            .header("host", "localhost")
            .body(Body::from(body.to_string()))
            .unwrap();
        let Ok(answer) = self.simulator.router().oneshot(request).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    pub(super) async fn tell(&self, path: &str, body: &Value) {
        self.ask("POST", path, body).await;
    }

    pub(super) async fn forget_faults(&self) {
        self.ask("DELETE", "faults", &Value::Null).await;
    }

    /// Whether the fault that was ordered so often at this path has struck.
    pub(super) fn has_struck(&self, path: &str, ordered: u64) -> bool {
        let left = self.simulator.service().faults.outstanding();
        let mut left = left.iter().filter(|fault| fault.path == path);
        left.all(|fault| fault.count < ordered)
    }

    /// How often the fault at this path has yet to strike.
    pub(super) fn strikes_left(&self, path: &str) -> u64 {
        let left = self.simulator.service().faults.outstanding();
        let left = left.iter().filter(|fault| fault.path == path);
        left.map(|fault| fault.count).sum()
    }

    /// Something that leaves an event and changes a user; the event is in the log afterwards, unless it is the fault to hold it back.
    pub(super) async fn something_happens(&self, row: &Row) {
        let persisted = || {
            self.simulator
                .service()
                .book
                .read(self.clock.now().into())
                .len()
        };
        let before = persisted();
        let city = format!("Somewhere {}", self.clock.now().as_millisecond());
        let change =
            json!({"change": "update_user", "user": self.me.as_str(), "profile": {"city": city}});
        self.tell("changes", &change).await;
        if row.kind != Kind::LateEvents {
            self.until("the event is in the log", || persisted() > before)
                .await;
        }
    }

    /// Late events arrive hours later; only then can they be missing.
    pub(super) fn let_late_events_arrive(&self, row: &Row) {
        if row.kind == Kind::LateEvents {
            let held_up = Duration::from_millis(row.fault().millis);
            self.hand.advance(held_up + Duration::from_mins(5));
        }
    }

    /// What the mirror takes for gone.
    pub(super) fn archived(&self) -> Vec<String> {
        let directory = &self.store.directory;
        let now = self.clock.now();
        let count = |archived| ListQuery {
            archived,
            limit: 1,
            ..ListQuery::default()
        };
        let (with, without) = (count(true), count(false));
        let more = |kind: &str, all: usize, listed: usize| {
            (all != listed).then(|| format!("{} {kind}", all - listed))
        };
        let users = |query| directory.users(query, now).unwrap().matched;
        let groups = |query| directory.groups(query, now).unwrap().matched;
        let apps = |query| directory.apps(query, now).unwrap().matched;
        let objects = [
            more("users", users(&with), users(&without)),
            more("groups", groups(&with), groups(&without)),
            more("apps", apps(&with), apps(&without)),
        ];
        let entries = EntryKind::ALL
            .iter()
            .flat_map(|kind| self.archived_entries(*kind))
            .map(|key| format!("{key:?}"));
        objects.into_iter().flatten().chain(entries).collect()
    }

    pub(super) fn entry_count(&self, kind: EntryKind) -> u64 {
        self.store.directory.entry_count(kind)
    }

    fn archived_entries(&self, kind: EntryKind) -> Vec<EntryKey> {
        let query = EntryQuery {
            archived: true,
            ..EntryQuery::of(kind, 100_000)
        };
        let directory = &self.store.directory;
        let rows = directory.entries(&query, self.clock.now()).unwrap().rows;
        let gone = rows.into_iter().filter(|row| !row.is_present());
        gone.map(|row| row.entry.key).collect()
    }

    fn users(&self, scope: Scope) -> BTreeSet<String> {
        let query = everything(scope);
        let rows = self
            .store
            .directory
            .users(&query, self.clock.now())
            .unwrap();
        rows.rows
            .into_iter()
            .map(|row| row.value.id.into())
            .collect()
    }

    fn groups(&self, scope: Scope) -> BTreeSet<String> {
        let query = everything(scope);
        let rows = self
            .store
            .directory
            .groups(&query, self.clock.now())
            .unwrap();
        rows.rows
            .into_iter()
            .map(|row| row.value.id.into())
            .collect()
    }

    fn apps(&self) -> BTreeSet<String> {
        let query = everything(Scope::All);
        let rows = self.store.directory.apps(&query, self.clock.now()).unwrap();
        rows.rows
            .into_iter()
            .map(|row| row.value.id.into())
            .collect()
    }

    fn events(&self) -> Vec<String> {
        let query = EventQuery {
            anchor: EventAnchor::Oldest,
            limit: 1_000_000,
            ..EventQuery::default()
        };
        let rows = self.store.events.window(&query, self.clock.now()).unwrap();
        rows.rows
            .iter()
            .map(|row| row.event.uuid.to_string())
            .collect()
    }

    /// The mirror has what the org has, and every event once.
    pub(super) async fn equals_the_truth(&self, when: &str) {
        let truth = async |what: &str| {
            self.ask("GET", &format!("truth/{what}"), &Value::Null)
                .await
        };
        assert_eq!(
            self.users(Scope::All),
            ids(&truth("users").await),
            "{when}: users"
        );
        assert_eq!(
            self.groups(Scope::All),
            ids(&truth("groups").await),
            "{when}: groups"
        );
        assert_eq!(self.apps(), ids(&truth("apps").await), "{when}: apps");
        for (group, members) in by_owner(&truth("memberships").await) {
            let scope = Scope::OfGroup(group.parse::<GroupId>().unwrap());
            assert_eq!(self.users(scope), members, "{when}: members of {group}");
        }
        for (app, users) in by_owner(&truth("app_users").await) {
            let scope = Scope::OfApp(app.parse::<AppId>().unwrap());
            assert_eq!(self.users(scope), users, "{when}: users of {app}");
        }
        for (app, groups) in by_owner(&truth("app_groups").await) {
            let scope = Scope::OfApp(app.parse::<AppId>().unwrap());
            assert_eq!(self.groups(scope), groups, "{when}: groups of {app}");
        }
        let there = ids(&truth("events").await);
        // What was persisted since the last poll is one poll away.
        self.until(&format!("{when}: every event is stored"), || {
            there.is_subset(&self.events().into_iter().collect())
        })
        .await;
        let stored = self.events();
        let distinct: BTreeSet<&String> = stored.iter().collect();
        assert_eq!(stored.len(), distinct.len(), "{when}: events stored twice");
    }
}

fn everything(scope: Scope) -> ListQuery {
    ListQuery {
        scope,
        limit: 10_000,
        ..ListQuery::default()
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    let id = |one: &Value| {
        one.as_str()
            .or_else(|| one["id"].as_str())
            .or_else(|| one["uuid"].as_str())
            .unwrap()
            .to_owned()
    };
    list.as_array().unwrap().iter().map(id).collect()
}

fn by_owner(map: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let map = map.as_object().unwrap().iter();
    map.map(|(owner, list)| (owner.clone(), ids(list)))
        .collect()
}

/// How far the clock moves in a millisecond: a thousand times as fast as ours, so that no list takes hours to read.
const STEP: SignedDuration = SignedDuration::from_secs(1);

/// Moves the clock towards whatever moment somebody waits for, but not while a request is under way.
async fn drive(hand: Hand, clock: Clock, under_way: Arc<AtomicUsize>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if under_way.load(Ordering::Acquire) > 0 {
            continue;
        }
        if let Some(deadline) = hand.next_deadline() {
            hand.set(deadline.min(clock.now() + STEP));
        }
    }
}

/// The simulator's router as a service. A connection that breaks before the answer is a body that breaks at once.
#[derive(Clone)]
struct Direct {
    router: axum::Router,
    under_way: Arc<AtomicUsize>,
}

impl Direct {
    async fn answer(self, mut request: Request<Full<Bytes>>) -> http::Response<Body> {
        let host = request.uri().authority().unwrap().to_string();
        request.headers_mut().insert("host", host.parse().unwrap());
        let answer = self.router.oneshot(request.map(Body::new));
        match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(answer)) => answer,
            Err(_) => {
                let cut = io::Error::from(io::ErrorKind::ConnectionReset);
                let cut = stream::iter([Err::<Bytes, io::Error>(cut)]);
                http::Response::new(Body::from_stream(cut))
            }
        }
    }
}

impl tower::Service<Request<Full<Bytes>>> for Direct {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let under_way = Arc::clone(&self.under_way);
        under_way.fetch_add(1, Ordering::AcqRel);
        let answer = self.clone().answer(request);
        Box::pin(async move {
            let answer = answer.await;
            under_way.fetch_sub(1, Ordering::AcqRel);
            Ok(answer)
        })
    }
}
