//! The client against the simulated org: two strangers that have read the same documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt as _, Full};
use oktop::clock::Clock;
use oktop::domain::secret::Secret;
use oktop::okta::{
    BaseUrl, Credential, Cursor, DecodeFault, Error, ErrorKind, Fault, GroupSelect, Lane, Page,
    Reader, ServiceTransport, Settings, UserSelect,
};
use oktop::sim::fault::{self, Kind};
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Running, Simulator};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{driven_clock, in_time, let_pass, reader_with};

pub(super) fn options() -> Options {
    Options {
        users: 450,
        groups: 60,
        apps: 25,
        events: 0,
        ..Options::default()
    }
}

fn settings_for(url: &str, token: &str) -> Settings {
    let (base, _) = BaseUrl::parse(url).unwrap();
    let credential = Credential::ssws(&Secret::new(token.to_owned())).unwrap();
    Settings::new(base, credential)
}

/// A simulator in this process and a reader of it.
pub(super) fn in_process(options: &Options, clock: Clock) -> (Simulator, Reader) {
    let simulator = Simulator::new(options, clock.clone());
    let transport = Arc::new(ServiceTransport::new(simulator.router()));
    let settings = settings_for("http://127.0.0.1:9", &options.token);
    (simulator, Reader::new(settings, transport, clock))
}

/// Asks or tells the simulator something behind the client's back.
pub(super) async fn control(simulator: &Simulator, path: &str, body: Option<Value>) -> Value {
    let method = if body.is_some() { "POST" } else { "GET" };
    let request = Request::builder()
        .method(method)
        .uri(format!("http://sim/sim/v1/{path}"))
        .header("content-type", "application/json")
        .body(Full::from(body.unwrap_or_default().to_string()))
        .unwrap();
    let response = simulator.router().oneshot(request).await.unwrap();
    assert!(
        response.status().is_success(),
        "{path}: {}",
        response.status()
    );
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

/// Follows a listing to its end. Nothing in it may be unreadable.
pub(super) async fn all<T>(mut read: impl AsyncFnMut(&Cursor) -> Result<Page<T>, Error>) -> Vec<T> {
    let mut values = Vec::new();
    let mut cursor = Cursor::Start;
    loop {
        let page = read(&cursor).await.unwrap();
        assert!(page.bad.is_empty(), "{:?}", page.bad);
        values.extend(page.items.into_iter().map(|item| item.value));
        match page.next {
            Some(next) => cursor = next.into(),
            None => return values,
        }
    }
}

fn set<T: ToString>(ids: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn texts(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|id| {
        id.as_str()
            .or_else(|| id["id"].as_str())
            .unwrap()
            .to_owned()
    })
    .collect()
}

fn texts_by_owner(map: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let map = map.as_object().unwrap().iter();
    map.map(|(owner, list)| (owner.clone(), texts(list)))
        .collect()
}

async fn the_whole_org_is_read(options: &Options) {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = in_process(options, clock);
    let reader = &reader.in_lane(Lane::Bulk);

    let users = all(async |cursor| reader.users(UserSelect::Everything, cursor).await).await;
    let groups = all(async |cursor| reader.groups(GroupSelect::Everything, cursor).await).await;
    let apps = all(async |cursor| reader.apps(cursor).await).await;
    let mut members = BTreeMap::new();
    let mut group_apps = BTreeSet::new();
    let mut floor =
        users.len().div_ceil(200) + groups.len().div_ceil(200) + apps.len().div_ceil(200);
    for group in &groups {
        let stats = group.stats.unwrap();
        let list = all(async |cursor| reader.group_members(&group.id, cursor).await).await;
        assert_eq!(list.len() as u64, stats.users);
        floor += list.len().div_ceil(1000).max(1);
        members.insert(group.id.to_string(), set(list.iter().map(|user| &user.id)));
        let list = all(async |cursor| reader.group_apps(&group.id, cursor).await).await;
        assert_eq!(list.len() as u64, stats.apps);
        floor += 1;
        group_apps.extend(list.into_iter().map(|app| (app.id, group.id.clone())));
    }
    let mut app_users = BTreeMap::new();
    let mut app_groups = BTreeSet::new();
    for app in &apps {
        let list = all(async |cursor| reader.app_users(&app.id, cursor).await).await;
        floor += list.len().div_ceil(500).max(1);
        app_users.insert(
            app.id.to_string(),
            set(list.iter().map(|assigned| &assigned.user)),
        );
        let list = all(async |cursor| reader.app_groups(&app.id, cursor).await).await;
        floor += 1;
        app_groups.extend(
            list.into_iter()
                .map(|assigned| (assigned.app, assigned.group)),
        );
    }

    let truth = |path: &'static str| control(&simulator, path, None);
    assert_eq!(
        set(users.iter().map(|user| &user.id)),
        texts(&truth("truth/users").await)
    );
    assert_eq!(
        set(groups.iter().map(|group| &group.id)),
        texts(&truth("truth/groups").await)
    );
    assert_eq!(
        set(apps.iter().map(|app| &app.id)),
        texts(&truth("truth/apps").await)
    );
    assert_eq!(members, texts_by_owner(&truth("truth/memberships").await));
    assert_eq!(app_users, texts_by_owner(&truth("truth/app_users").await));
    assert_eq!(app_groups, group_apps, "told from both sides");

    let requests = truth("requests").await;
    assert_eq!(requests["total"], json!(floor), "no request too many");
    assert_eq!(requests["statuses"]["429"], Value::Null, "{requests}");
    assert_eq!(reader.traffic().requests, floor as u64);
    for (bucket, share) in [("/api/v1/apps", 25), ("/api/v1", 300)] {
        let budgets = reader.budgets();
        let budget = budgets
            .iter()
            .find(|budget| budget.bucket.word() == bucket)
            .unwrap();
        assert_eq!(budget.bulk_allowance, share);
    }
}

#[tokio::test]
async fn an_org_as_sdks_know_it_is_read_whole() {
    in_time(the_whole_org_is_read(&options())).await;
}

#[tokio::test]
async fn an_org_with_strange_values_is_read_whole() {
    let strange = Options {
        strange: true,
        seed: 5,
        ..options()
    };
    in_time(the_whole_org_is_read(&strange)).await;
}

#[tokio::test]
async fn users_are_found_by_id_login_and_as_the_tokens_owner() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = in_process(&options(), clock.clone());
    let me = in_time(reader.me()).await.unwrap().value;
    let by_id = in_time(reader.user(&me.id)).await.unwrap().value;
    let by_login = in_time(reader.user_by_login(&me.login))
        .await
        .unwrap()
        .value;
    assert_eq!((&by_id, &by_login), (&me, &me));
    let nobody = in_time(reader.user(&"00u0000000000000NoOne".parse().unwrap()))
        .await
        .unwrap_err();
    assert!(nobody.is_not_found(), "{nobody:?}");
    assert_eq!(nobody.code.as_deref(), Some("E0000007"));

    let login = "we/ird\"login@acme.example";
    let change =
        json!({"change": "create_user", "login": login, "first_name": "We", "last_name": "Ird"});
    let made = control(&simulator, "changes", Some(change)).await;
    // The search index trails behind.
    let_pass(&clock, Duration::from_secs(2)).await;
    let found = in_time(reader.user_by_login(login)).await.unwrap().value;
    assert_eq!(Some(found.id.as_str()), made["ids"][0].as_str());
    assert_eq!(&*found.login, login);
}

#[tokio::test]
async fn the_org_says_the_same_from_both_sides() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = in_process(&options(), clock);
    let probe = in_time(reader.well_known()).await.unwrap();
    let org = in_time(reader.organization()).await.unwrap().value;
    assert_eq!(probe.id, org.id);
    let truth = control(&simulator, "truth", None).await;
    assert_eq!(truth["org_id"].as_str(), Some(probe.id.as_str()));
}

#[tokio::test]
async fn factors_and_groups_of_a_user_are_read() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = in_process(&options(), clock);
    let memberships = texts_by_owner(&control(&simulator, "truth/memberships", None).await);
    let mut factors = 0;
    let users = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
        .await
        .unwrap();
    for item in users.items.iter().take(20) {
        let id = &item.value.id;
        let page = in_time(reader.user_factors(id)).await.unwrap();
        assert!(page.bad.is_empty(), "{:?}", page.bad);
        factors += page.items.len();
        let groups = in_time(all(async |cursor| reader.user_groups(id, cursor).await)).await;
        let expected = memberships
            .iter()
            .filter(|(_, members)| members.contains(id.as_str()))
            .map(|(group, _)| group.clone())
            .collect();
        assert_eq!(set(groups.iter().map(|group| &group.id)), expected);
    }
    assert!(factors > 0);
}

async fn served(options: Options) -> (Running, Reader, super::Driver) {
    let (clock, driver) = driven_clock();
    let running = Simulator::new(&options, clock.clone())
        .serve("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let mut settings = settings_for(&running.url, &running.token);
    settings.timeouts.idle = Duration::from_millis(300);
    let reader = reader_with(settings, clock);
    (running, reader, driver)
}

#[tokio::test]
async fn a_wrong_token_is_told_as_such() {
    let (running, _reader, _driver) = served(options()).await;
    let wrong = settings_for(&running.url, super::TOKEN);
    let error = in_time(reader_with(wrong, Clock::real()).me())
        .await
        .unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Unauthorised), "{error:?}");
    assert_eq!(error.code.as_deref(), Some("E0000011"));
    running.shutdown().await;
}

/// The requests that a page took which came in the end, or the test of the error.
type Expect = Result<u32, fn(&ErrorKind) -> bool>;

#[tokio::test]
async fn every_misfortune_ends_in_a_page_or_in_its_own_error() {
    let (running, reader, _driver) = served(options()).await;
    let reader = reader.in_lane(Lane::Bulk);
    let strike = |kind, count, status| {
        running.simulator().service().faults.clear();
        running.simulator().service().faults.order(fault::Fault {
            count,
            path: "/api/v1/users".into(),
            status,
            millis: 2_000,
            ..fault::Fault::of(kind)
        });
    };
    let cases: [(Kind, u64, u16, Expect); 14] = [
        (Kind::RateLimitStorm, 3, 0, Ok(4)),
        (
            Kind::RateLimitStorm,
            99,
            0,
            Err(|kind| matches!(kind, ErrorKind::RateLimited { .. })),
        ),
        (Kind::ConcurrencyLimit, 3, 0, Ok(4)),
        (Kind::ServerError, 2, 503, Ok(3)),
        (
            Kind::ServerError,
            99,
            500,
            Err(|kind| matches!(kind, ErrorKind::Server(500))),
        ),
        (
            Kind::ServerError,
            99,
            504,
            Err(|kind| matches!(kind, ErrorKind::Server(504))),
        ),
        (Kind::ResetMidBody, 1, 0, Ok(2)),
        (
            Kind::ResetMidBody,
            99,
            0,
            Err(|kind| matches!(kind, ErrorKind::Transport(e) if e.fault == Fault::Interrupted)),
        ),
        (
            Kind::Html,
            1,
            0,
            Err(|kind| matches!(kind, ErrorKind::Decode(DecodeFault::Html))),
        ),
        (
            Kind::TruncatedJson,
            1,
            0,
            Err(|kind| matches!(kind, ErrorKind::Decode(DecodeFault::NotJson(_)))),
        ),
        (Kind::Stall, 1, 0, Ok(2)),
        (
            Kind::Stall,
            99,
            0,
            Err(|kind| matches!(kind, ErrorKind::Transport(e) if e.fault == Fault::Timeout)),
        ),
        (
            Kind::Unauthorized,
            1,
            0,
            Err(|kind| matches!(kind, ErrorKind::Unauthorised)),
        ),
        (
            Kind::Forbidden,
            1,
            0,
            Err(|kind| matches!(kind, ErrorKind::Forbidden)),
        ),
    ];
    for (kind, count, status, expect) in cases {
        strike(kind, count, status);
        let read = in_time(reader.users(UserSelect::Everything, &Cursor::Start)).await;
        match (read, expect) {
            (Ok(page), Ok(requests)) => {
                assert_eq!(
                    (page.items.len(), page.attempts),
                    (200, requests),
                    "{kind:?}"
                );
            }
            (Err(error), Err(is_it)) => assert!(is_it(&error.kind), "{kind:?}: {error:?}"),
            (read, _) => panic!("{kind:?} x {count}: {read:?}"),
        }
    }
    // And when everything is well again, so is the reader.
    running.simulator().service().faults.clear();
    let page = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
        .await
        .unwrap();
    assert_eq!(page.items.len(), 200);
    running.shutdown().await;
}

#[tokio::test]
async fn what_changed_is_found_by_the_deltas() {
    let (clock, _driver) = driven_clock();
    let fresh = Options {
        index_lag: Duration::ZERO,
        ..options()
    };
    let (simulator, reader) = in_process(&fresh, clock.clone());
    let me = in_time(reader.me()).await.unwrap().value;
    let groups = all(async |cursor| reader.groups(GroupSelect::Everything, cursor).await).await;
    let own = groups
        .iter()
        .find(|group| group.kind.word() == "OKTA_GROUP" && group.stats.unwrap().users > 0)
        .unwrap();
    let_pass(&clock, Duration::from_secs(10)).await;
    let before = clock.now();
    let_pass(&clock, Duration::from_secs(10)).await;
    let changes = json!([
        {"change": "update_user", "user": me.id.as_str(), "profile": {"department": "Night shift"}},
        {"change": "create_user", "login": "new@acme.example", "first_name": "New", "last_name": "One"},
    ]);
    let made = control(&simulator, "changes", Some(changes)).await;
    let newcomer = made["ids"][1].as_str().unwrap();
    let joins = json!({"change": "add_member", "group": own.id.as_str(), "user": newcomer});
    control(&simulator, "changes", Some(joins)).await;

    let users =
        all(async |cursor| reader.users(UserSelect::UpdatedSince(before), cursor).await).await;
    assert_eq!(
        set(users.iter().map(|user| &user.id)),
        BTreeSet::from([me.id.to_string(), newcomer.to_owned()])
    );
    let changed = users.iter().find(|user| user.id == me.id).unwrap();
    assert_eq!(changed.department.as_deref(), Some("Night shift"));
    let groups = all(async |cursor| {
        reader
            .groups(GroupSelect::UpdatedSince(before), cursor)
            .await
    })
    .await;
    assert!(groups.iter().any(|group| group.id == own.id), "{groups:?}");
    // Rules have put the newcomer into groups, and taken whoever works at night out of the old department's.
    let memberships = control(&simulator, "truth/memberships", None).await;
    let is_in = |group: &str, user: &str| {
        let members = memberships[group].as_array().unwrap();
        members.iter().any(|member| member == user)
    };
    let mut left = 0;
    for group in &groups {
        let joined = is_in(group.id.as_str(), newcomer);
        assert!(
            joined || !is_in(group.id.as_str(), me.id.as_str()),
            "{group:?}"
        );
        left += usize::from(!joined);
    }
    assert_eq!(left, 1, "{groups:?}");
}

#[tokio::test]
async fn a_free_org_with_its_small_limits_is_read_without_a_429() {
    let (clock, _driver) = driven_clock();
    let small = Options {
        rate_limits: Profile::Integrator,
        ..options()
    };
    let (simulator, reader) = in_process(&small, clock);
    let reader = reader.in_lane(Lane::Bulk);
    let apps = in_time(all(async |cursor| reader.apps(cursor).await)).await;
    let mut reads = tokio::task::JoinSet::new();
    for app in apps {
        let reader = reader.clone();
        reads.spawn(async move { reader.app_users(&app.id, &Cursor::Start).await.unwrap() });
    }
    in_time(async { while reads.join_next().await.is_some() {} }).await;
    let requests = control(&simulator, "requests", None).await;
    assert_eq!(requests["statuses"]["429"], Value::Null, "{requests}");
    assert_eq!(requests["buckets"]["/api/v1/apps"], json!(26), "{requests}");
}
