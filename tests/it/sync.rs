//! The sync against the simulated org in process, under a clock that runs fast: what takes hours there takes seconds here.

mod entries;
mod jumps;
mod past;
mod recount;
mod unwatched;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use oktop::clock::Clock;
use oktop::config::sync_settings::{Exclusions, SyncSettings};
use oktop::domain::group::Group;
use oktop::domain::id::{GroupId, Kind, UserId};
use oktop::domain::query::{EventAnchor, EventQuery, ListQuery, Scope};
use oktop::domain::resource::{Gap, Phase, Resource, SyncReport};
use oktop::domain::secret::Secret;
use oktop::domain::user::{User, UserStatus};
use oktop::okta::{BaseUrl, Credential, Reader, ServiceTransport, Settings};
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Simulator};
use oktop::store::rebuild::LOST_DAY;
use oktop::store::{EventBatch, Store};
use oktop::sync::{Handle, Order, Sync};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

/// An org, a mirror of it, and the sync between them, all on one clock.
struct Campaign {
    sim: Simulator,
    store: Store,
    /// `None` while nobody watches the org.
    sync: Option<Sync>,
    settings: SyncSettings,
    options: Options,
    clock: Clock,
    veil: Arc<Veil>,
}

fn options() -> Options {
    Options {
        users: 300,
        groups: 30,
        apps: 12,
        events: 500,
        days: 2,
        rate_limits: Profile::Off,
        index_lag: Duration::ZERO,
        ..Options::default()
    }
}

impl Campaign {
    /// Starts one whose clock runs `factor` times as fast as ours.
    fn start(options: &Options, settings: SyncSettings, factor: f64) -> Self {
        let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        Self::on(Clock::scaled(start, factor), options, settings)
    }

    /// Starts one on a clock.
    fn on(clock: Clock, options: &Options, settings: SyncSettings) -> Self {
        Self::of(Store::in_memory().unwrap(), clock, options, settings)
    }

    /// Starts one on a store that something is in.
    fn of(store: Store, clock: Clock, options: &Options, settings: SyncSettings) -> Self {
        let sim = Simulator::new(options, clock.clone());
        Self::with(sim, store, clock, options, settings)
    }

    /// Starts one with an org that may have a clock of its own.
    fn with(
        sim: Simulator,
        store: Store,
        clock: Clock,
        options: &Options,
        settings: SyncSettings,
    ) -> Self {
        let veil = Arc::<Veil>::default();
        let reader = reader(&sim, options, &clock, &veil);
        let sync = Sync::start(&reader, store.clone(), settings.clone(), clock.clone());
        Self {
            sim,
            store,
            sync: Some(sync),
            settings,
            options: options.clone(),
            clock,
            veil,
        }
    }

    fn handle(&self) -> Handle {
        self.sync.as_ref().unwrap().handle()
    }

    async fn stop(&mut self) {
        self.sync.take().unwrap().end().await;
    }

    fn go_on(&mut self) {
        let reader = reader(&self.sim, &self.options, &self.clock, &self.veil);
        let (store, clock) = (self.store.clone(), self.clock.clone());
        self.sync = Some(Sync::start(&reader, store, self.settings.clone(), clock));
    }

    async fn read_everything(&self) -> SyncReport {
        let (reply, report) = oneshot::channel();
        self.handle().order(Order::Once(reply));
        report.await.unwrap()
    }

    /// Starts one and reads everything once.
    async fn complete(options: &Options, settings: SyncSettings, factor: f64) -> Self {
        let campaign = Self::start(options, settings, factor);
        let report = campaign.read_everything().await;
        assert!(report.complete, "{:?}", incomplete(&report));
        campaign
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/sim/v1/{path}"));
        let request = request
            .header("content-type", "application/json")
            .header("host", "localhost");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let answer = self.sim.router().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Changes something in the org as another admin would.
    async fn change(&self, change: Value) {
        self.ask("POST", "changes", &change).await;
    }

    async fn fault(&self, fault: Value) {
        self.ask("POST", "faults", &fault).await;
    }

    async fn requests(&self) -> u64 {
        self.ask("GET", "requests", &Value::Null).await["total"]
            .as_u64()
            .unwrap()
    }

    fn users(&self, filter: &str, archived: bool) -> Vec<User> {
        let query = ListQuery {
            filter: filter.into(),
            archived,
            limit: 10_000,
            ..ListQuery::default()
        };
        let rows = self
            .store
            .directory
            .users(&query, self.clock.now())
            .unwrap();
        rows.rows.into_iter().map(|row| row.value).collect()
    }

    fn group(&self, name: &str) -> Option<Group> {
        let query = ListQuery {
            filter: format!("name=\"{name}\""),
            limit: 1,
            ..ListQuery::default()
        };
        let rows = self
            .store
            .directory
            .groups(&query, self.clock.now())
            .unwrap();
        rows.rows.into_iter().map(|row| row.value).next()
    }

    fn members(&self, group: &GroupId) -> BTreeSet<UserId> {
        let scope = Scope::OfGroup(group.clone());
        let query = ListQuery {
            scope,
            limit: 10_000,
            ..ListQuery::default()
        };
        let rows = self
            .store
            .directory
            .users(&query, self.clock.now())
            .unwrap();
        rows.rows.into_iter().map(|row| row.value.id).collect()
    }

    fn stored_events(&self) -> Vec<String> {
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

    async fn true_events(&self) -> BTreeSet<String> {
        let events = self.ask("GET", "truth/events", &Value::Null).await;
        let uuid = |event: &Value| event["uuid"].as_str().unwrap().to_owned();
        events.as_array().unwrap().iter().map(uuid).collect()
    }

    /// Any active user of the org, by id.
    fn somebody(&self) -> User {
        let mut users = self.users("status=ACTIVE provider:OKTA", false);
        users.swap_remove(users.len() / 2)
    }
}

/// What was not read completely, and why.
fn incomplete(report: &SyncReport) -> Vec<(Resource, Option<&String>)> {
    let bad = report.resources.iter().filter(|one| !one.complete);
    bad.map(|one| (one.resource, one.why_not.as_ref()))
        .collect()
}

fn reader(sim: &Simulator, options: &Options, clock: &Clock, veil: &Arc<Veil>) -> Reader {
    let (base, _) = BaseUrl::parse("http://127.0.0.1:9").unwrap();
    let credential = Credential::ssws(&Secret::new(options.token.clone())).unwrap();
    let (router, veil) = (sim.router(), Arc::clone(veil));
    let transport = Arc::new(ServiceTransport::new(InProcess { router, veil }));
    Reader::new(Settings::new(base, credential), transport, clock.clone())
}

/// Something between here and Okta that hides users: from lists, and also by id when they are `gone`. It can keep events from polls, too.
#[derive(Debug, Default)]
struct Veil {
    hidden: Mutex<BTreeSet<String>>,
    gone: AtomicBool,
    /// Whether polls of the log, which have no end, get no events.
    quiet: AtomicBool,
    /// Answers to requests for this path wait.
    held: Mutex<Option<&'static str>>,
}

impl Veil {
    fn hide(&self, users: &[User]) {
        let ids = users.iter().map(|user| user.id.as_str().to_owned());
        self.hidden.lock().unwrap().extend(ids);
    }

    fn hides(&self, id: &str) -> bool {
        self.hidden.lock().unwrap().contains(id)
    }

    /// Lets answers to requests for this path wait, and all others go.
    fn hold(&self, path: Option<&'static str>) {
        *self.held.lock().unwrap() = path;
    }

    fn holds(&self, path: &str) -> bool {
        self.held.lock().unwrap().is_some_and(|held| held == path)
    }

    /// Whether the user that this path asks for is gone.
    fn is_gone(&self, path: &str) -> bool {
        let id = path.strip_prefix("/api/v1/users/").unwrap_or_default();
        self.gone.load(Ordering::Relaxed) && self.hides(id)
    }

    /// Whether this asks for what is new in the log, and shall not hear of it.
    fn silences(&self, uri: &http::Uri) -> bool {
        let is_poll = uri.path() == "/api/v1/logs"
            && !uri.query().is_some_and(|query| query.contains("until="));
        is_poll && self.quiet.load(Ordering::Relaxed)
    }

    /// A page of users without those that are hidden; what is no page stays as it is.
    fn thin_out(&self, body: &[u8]) -> Vec<u8> {
        let Ok(mut page) = serde_json::from_slice::<Vec<Value>>(body) else {
            return body.to_vec();
        };
        page.retain(|user| !self.hides(user["id"].as_str().unwrap()));
        serde_json::to_vec(&page).unwrap()
    }
}

/// The simulator's router as a service that takes whole bodies, behind a veil.
#[derive(Clone)]
struct InProcess {
    router: axum::Router,
    veil: Arc<Veil>,
}

impl InProcess {
    async fn answer(self, mut request: Request<Full<Bytes>>) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        let is_silent = self.veil.silences(request.uri());
        while self.veil.holds(&path) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let host = request.uri().authority().unwrap().to_string();
        request.headers_mut().insert("host", host.parse().unwrap());
        let Ok(answer) = self.router.oneshot(request.map(Body::new)).await;
        let (mut parts, body) = answer.into_parts();
        if self.veil.is_gone(&path) {
            let error = json!({"errorCode": "E0000007", "errorSummary": "Not found"});
            let mut answer = http::Response::new(Body::from(error.to_string()));
            *answer.status_mut() = http::StatusCode::NOT_FOUND;
            return answer;
        }
        if is_silent && parts.status == http::StatusCode::OK {
            parts.headers.remove("content-length");
            return http::Response::from_parts(parts, Body::from("[]"));
        }
        if path != "/api/v1/users" || parts.status != http::StatusCode::OK {
            return http::Response::from_parts(parts, body);
        }
        parts.headers.remove("content-length");
        let body = body.collect().await.unwrap().to_bytes();
        http::Response::from_parts(parts, Body::from(self.veil.thin_out(&body)))
    }
}

impl tower::Service<Request<Full<Bytes>>> for InProcess {
    type Response = http::Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        Box::pin(self.clone().answer(request).map(Ok))
    }
}

/// Waits until `holds`; fails after half a minute of real time.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Okta tells of no membership in Everyone, so that a new user was without it until the daily reading.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_is_in_everyone_within_a_poll() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let everyone = campaign.group("Everyone").unwrap().id;
    let before = campaign.members(&everyone).len();
    campaign
        .change(json!({"change": "create_user", "login": "new@acme.example", "first_name": "New", "last_name": "Here", "activate": true}))
        .await;
    let is_member = || campaign.members(&everyone).len() == before + 1;
    until("a new user is in Everyone", is_member).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_admin_changes_is_in_the_mirror_within_a_poll() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let user = campaign.somebody();
    let id = user.id.as_str();
    campaign
        .change(json!({"change": "create_group", "name": "Night Shift", "description": null}))
        .await;
    campaign
        .change(json!({"change": "add_member", "group": "Night Shift", "user": id}))
        .await;
    until("the new member is mirrored", || {
        campaign
            .group("Night Shift")
            .is_some_and(|group| campaign.members(&group.id).contains(&user.id))
    })
    .await;
    campaign
        .change(json!({"change": "remove_member", "group": "Night Shift", "user": id}))
        .await;
    let group = campaign.group("Night Shift").unwrap().id;
    until("the member has left", || {
        campaign.members(&group).is_empty()
    })
    .await;
    let history = campaign
        .store
        .directory
        .membership_history_of_group(&group)
        .unwrap();
    let (_, intervals) = history
        .iter()
        .find(|(member, _)| *member == user.id)
        .unwrap();
    assert!(
        intervals[0].to.is_some() && intervals[0].ended_by.is_some(),
        "{intervals:?}"
    );
    campaign
        .change(json!({"change": "suspend_user", "user": id}))
        .await;
    let suspended =
        || campaign.users(&format!("id={id}"), false)[0].status == UserStatus::Suspended;
    until("the user is suspended", suspended).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_user_is_archived_at_once_by_event_and_404() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let user = campaign.somebody();
    let id = user.id.as_str();
    campaign.change(json!([{"change": "deactivate_user", "user": id}, {"change": "delete_user", "user": id}])).await;
    let filter = format!("id={id}");
    until("the user is gone from the list", || {
        campaign.users(&filter, false).is_empty()
    })
    .await;
    assert_eq!(
        campaign.users(&filter, true)[0].login,
        user.login,
        "the last value is kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_org_is_asked_at_most_8_times_a_minute() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 240.0).await;
    let done = || {
        campaign
            .handle()
            .standings()
            .borrow()
            .backfill
            .is_some_and(|backfill| backfill.done)
    };
    until("history is read", done).await;
    let (from, before) = (campaign.clock.now(), campaign.requests().await);
    until("an hour has passed", || {
        campaign.clock.now().duration_since(from).as_secs() >= 3_600
    })
    .await;
    let mins = campaign.clock.now().duration_since(from).as_secs_f64() / 60.0;
    let per_min = (campaign.requests().await - before) as f64 / mins;
    assert!(
        per_min <= 8.0,
        "{per_min:.2} requests a minute over {mins:.0} minutes"
    );
    assert!(
        per_min >= 2.0,
        "{per_min:.2} a minute: is the log still polled?"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_stored_once_though_some_are_late_and_some_come_twice() {
    let options = Options {
        live: true,
        ..options()
    };
    let campaign = Campaign::start(&options, SyncSettings::default(), 120.0);
    let _alive = campaign.sim.wake().unwrap();
    campaign
        .fault(json!({"kind": "duplicate_events", "count": 100_000}))
        .await;
    campaign
        .fault(json!({"kind": "late_events", "count": 100_000, "millis": 40_000}))
        .await;
    assert!(campaign.read_everything().await.complete);
    let from = campaign.clock.now();
    until("half an hour has passed", || {
        campaign.clock.now().duration_since(from).as_secs() >= 1_800
    })
    .await;
    let truth = campaign.true_events().await;
    assert!(
        truth.len() > options.events,
        "the org lives: {} events",
        truth.len()
    );
    until("everything is stored", || {
        let stored: BTreeSet<String> = campaign.stored_events().into_iter().collect();
        truth.iter().all(|uuid| stored.contains(uuid))
    })
    .await;
    let stored = campaign.stored_events();
    let distinct: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(stored.len(), distinct.len(), "events stored twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_cursor_loses_no_event_and_its_gap_is_closed() {
    let options = Options {
        live: true,
        ..options()
    };
    let campaign = Campaign::complete(&options, SyncSettings::default(), 60.0).await;
    let _alive = campaign.sim.wake().unwrap();
    let before = campaign.stored_events().len();
    until("the org lives", || campaign.stored_events().len() > before).await;
    let bogus = "http://127.0.0.1:9/api/v1/logs?after=bogus".to_owned();
    let batch = EventBatch {
        marks: vec![("log.next".to_owned(), bogus)],
        ..EventBatch::default()
    };
    campaign.store.events.append(batch).await.unwrap();
    let gaps = || campaign.store.events.gaps().unwrap();
    until("the gap is recorded and closed", || {
        gaps().first().is_some_and(|gap| gap.filled.is_some())
    })
    .await;
    let truth = campaign.true_events().await;
    until("everything is stored", || {
        let stored: BTreeSet<String> = campaign.stored_events().into_iter().collect();
        truth.iter().all(|uuid| stored.contains(uuid))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_day_of_the_log_is_read_again_and_its_gap_is_closed() {
    let moment = |text: &str| text.parse::<Timestamp>().unwrap();
    let lost = Gap {
        from: moment("2026-11-21T00:00:00Z"),
        to: moment("2026-11-22T00:00:00Z"),
        reason: LOST_DAY.into(),
        filled: None,
    };
    let store = Store::in_memory().unwrap();
    store.events.add_gap(lost.clone()).await.unwrap();
    // No history is read but the lost day.
    let settings = SyncSettings {
        backfill: Duration::ZERO,
        ..SyncSettings::default()
    };
    let clock = Clock::scaled(moment("2026-11-22T10:00:00Z"), 60.0);
    let campaign = Campaign::of(store, clock, &options(), settings);
    let gaps = || campaign.store.events.gaps().unwrap();
    until("the day is read again", || gaps()[0].filled.is_some()).await;
    let summary = campaign.store.events.summary();
    assert!(summary.events > 50, "{summary:?}");
    let oldest = summary.oldest.unwrap();
    assert!(lost.from <= oldest && oldest < lost.to, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_lost_in_the_middle_archives_nothing() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let before = campaign.users("", false).len();
    campaign
        .fault(json!({"kind": "forbidden", "count": 100, "path": "/api/v1/users"}))
        .await;
    let report = campaign.read_everything().await;
    let users = report
        .resources
        .iter()
        .find(|one| one.resource == Resource::Users)
        .unwrap();
    assert!(
        !users.complete && users.why_not.as_ref().unwrap().contains("lacks a role"),
        "{users:?}"
    );
    assert_eq!(campaign.users("", false).len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_html_in_the_middle_makes_the_listing_partial() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let before = campaign.users("", false).len();
    campaign
        .fault(json!({"kind": "html", "count": 1, "path": "/api/v1/users", "after": 1}))
        .await;
    let report = campaign.read_everything().await;
    let users = report
        .resources
        .iter()
        .find(|one| one.resource == Resource::Users)
        .unwrap();
    assert!(
        users.why_not.as_ref().unwrap().contains("web page"),
        "{users:?}"
    );
    assert_eq!(campaign.users("", false).len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_429_delays_but_loses_nothing() {
    let campaign = Campaign::start(&options(), SyncSettings::default(), 600.0);
    campaign
        .fault(json!({"kind": "rate_limit_storm", "count": 60, "every": 3}))
        .await;
    // A read is repeated three times, so three failures can never end one, whichever requests they happen to strike.
    campaign
        .fault(json!({"kind": "server_error", "status": 503, "count": 3, "every": 9}))
        .await;
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    assert_eq!(campaign.users("", false).len(), options().users);
}

/// After a `kill -9` in the middle of a first reading, users were shown as read to the last one of them: "34,000 of 34,000".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_first_reading_had_read_when_it_was_cut_off_is_not_all_there_is() {
    let slow = Options {
        users: 1_000,
        latency: Duration::from_millis(60),
        ..options()
    };
    let mut campaign = Campaign::start(&slow, SyncSettings::default(), 1.0);
    let line = |campaign: &Campaign, resource| {
        let standings = campaign.handle().standings();
        let lines = &standings.borrow().resources;
        lines.get(&resource).cloned()
    };
    let read = |campaign: &Campaign| match line(campaign, Resource::Users)?.phase {
        Phase::Reading { done, expected } => Some((done, expected)),
        _ => None,
    };
    until("a page of users was read", || {
        read(&campaign).is_some_and(|(done, _)| done > 0)
    })
    .await;
    campaign.veil.hold(Some("/api/v1/users"));
    until("all groups were read", || {
        line(&campaign, Resource::Groups).is_some_and(|line| line.complete_at.is_some())
    })
    .await;
    campaign.stop().await;
    campaign.go_on();
    let mut shown = None;
    until("it goes on where it was", || {
        shown = read(&campaign).filter(|(done, _)| *done > 0);
        shown.is_some()
    })
    .await;
    let (done, expected) = shown.unwrap();
    assert!(done < 1_000, "it was not cut off: {done}");
    let expected = expected.expect("Okta counts who is in Everyone");
    assert!((800..=1_000).contains(&expected), "{done} of {expected}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_missing_at_once_waits_for_a_person() {
    let settings = SyncSettings {
        users_delta: Duration::from_hours(99),
        ..SyncSettings::default()
    };
    let campaign = Campaign::complete(&options(), settings, 60.0).await;
    let before = campaign.users("", false).len();
    campaign.veil.hide(&campaign.users("", false)[..60]);
    for _ in 0..2 {
        campaign.read_everything().await;
    }
    let standings = campaign.handle().standings();
    let suspended = || {
        matches!(
            standings.borrow().resources[&Resource::Users].phase,
            Phase::Suspended { missing: 60 }
        )
    };
    until("the sync of users is suspended", suspended).await;
    assert_eq!(
        campaign.users("", false).len(),
        before,
        "nothing was archived"
    );
    let (reply, accepted) = oneshot::channel();
    campaign
        .handle()
        .order(Order::AcceptMissing(Resource::Users, reply));
    assert_eq!(
        accepted.await.unwrap().unwrap(),
        0,
        "Okta still answers for them by id"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_vanishes_in_silence_is_archived_after_two_sweeps_and_a_404() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let vanished = campaign.users("status=ACTIVE", false)[40..43].to_vec();
    campaign.veil.hide(&vanished);
    campaign.veil.gone.store(true, Ordering::Relaxed);
    let is_listed = |user: &User| !campaign.users(&format!("id={}", user.id), false).is_empty();
    campaign.read_everything().await;
    assert!(vanished.iter().all(is_listed), "one sweep proves nothing");
    campaign.read_everything().await;
    until("they are archived", || !vanished.iter().any(is_listed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_configuration_leaves_out_is_not_mirrored() {
    let exclude = Exclusions {
        deprovisioned_users: true,
        app_groups: true,
        inactive_apps: true,
        ..Exclusions::default()
    };
    let settings = SyncSettings {
        exclude,
        ..SyncSettings::default()
    };
    let campaign = Campaign::complete(&options(), settings, 60.0).await;
    let users = campaign.users("", true);
    assert!(
        !users.is_empty()
            && users
                .iter()
                .all(|user| user.status != UserStatus::Deprovisioned)
    );
    let query = ListQuery {
        filter: "type:APP_GROUP".into(),
        limit: 10,
        ..ListQuery::default()
    };
    assert_eq!(
        campaign
            .store
            .directory
            .groups(&query, campaign.clock.now())
            .unwrap()
            .matched,
        0
    );
    let query = ListQuery {
        filter: "status:INACTIVE".into(),
        limit: 10,
        ..ListQuery::default()
    };
    assert_eq!(
        campaign
            .store
            .directory
            .apps(&query, campaign.clock.now())
            .unwrap()
            .matched,
        0
    );
    // A second sweep does not take what is left out for missing.
    assert!(campaign.read_everything().await.complete);
    assert_eq!(
        campaign.store.directory.missed(Kind::User).unwrap().missing,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_does_not_come_back_with_an_event() {
    let exclude = Exclusions {
        deprovisioned_users: true,
        ..Exclusions::default()
    };
    let settings = SyncSettings {
        exclude,
        ..SyncSettings::default()
    };
    let campaign = Campaign::complete(&options(), settings, 60.0).await;
    let user = campaign.somebody();
    let id = user.id.as_str();
    campaign
        .change(json!({"change": "deactivate_user", "user": id}))
        .await;
    let filter = format!("id={id}");
    until("the deactivated user has left the mirror", || {
        campaign.users(&filter, true).is_empty()
    })
    .await;
}
