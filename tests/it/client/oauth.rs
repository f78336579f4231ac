//! A service app against the simulated org's authorization server: who it says it is, what it is given, and how it goes on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oktop::clock::Clock;
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::secret::Secret;
use oktop::okta::{
    BaseUrl, Credential, Cursor, ErrorKind, GroupSelect, HttpTransport, LogSelect, Reader,
    ServiceTransport, Settings, UserSelect, scopes_of_mirror,
};
use oktop::sim::tls::Place;
use oktop::sim::{Listen, Simulator};
use oktop::store::Store;
use oktop::sync::{Order, Sync};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::app_key::AppKey;

use super::simulated::{all, control, options};
use super::{START_SECS, driven_clock, in_time, let_pass};

fn start() -> Timestamp {
    Timestamp::from_second(START_SECS).unwrap()
}

/// The app as the org knows it: its client id.
async fn register(simulator: &Simulator, key: &AppKey, mut order: Value) -> String {
    order["jwks"] = json!({"keys": [key.jwk]});
    let made = control(simulator, "clients", Some(order)).await;
    made["client_id"].as_str().unwrap().to_owned()
}

fn credential(id: &str, key: &AppKey, scopes: &[&str]) -> Credential {
    let key = Secret::new(key.pem.clone());
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Credential::service_app(id, &key, None, scopes).unwrap()
}

fn settings(url: &str, credential: Credential) -> Settings {
    let (base, _) = BaseUrl::parse(url).unwrap();
    Settings::new(base, credential)
}

fn reader(simulator: &Simulator, credential: Credential, clock: &Clock) -> Reader {
    let transport = Arc::new(ServiceTransport::new(simulator.router()));
    let settings = settings("http://127.0.0.1:9", credential);
    Reader::new(settings, transport, clock.clone())
}

/// An org, and a reader that asks as an app registered so.
async fn reading(clock: &Clock, order: Value, scopes: &[&str]) -> (Simulator, Reader) {
    let simulator = Simulator::new(&options(), clock.clone());
    let key = AppKey::new();
    let id = register(&simulator, &key, order).await;
    let reader = reader(&simulator, credential(&id, &key, scopes), clock);
    (simulator, reader)
}

fn reads(dpop: bool) -> Value {
    json!({"scopes": scopes_of_mirror(), "roles": ["READ_ONLY_ADMIN"], "dpop": dpop})
}

/// Requests to the token endpoint so far.
async fn exchanges(simulator: &Simulator) -> u64 {
    let counts = control(simulator, "requests", None).await;
    counts["buckets"]["/oauth2/v1"].as_u64().unwrap_or(0)
}

async fn groups(reader: &Reader) -> usize {
    let read = all(async |cursor| reader.groups(GroupSelect::Everything, cursor).await).await;
    read.len()
}

#[tokio::test]
async fn an_app_reads_everything_with_one_token_and_finds_out_that_it_must_be_bound() {
    for (dpop, requests) in [(false, 1), (true, 3)] {
        let (clock, _driver) = driven_clock();
        let (simulator, reader) = reading(&clock, reads(dpop), &scopes_of_mirror()).await;
        let truth = control(&simulator, "truth", None).await;
        let users = all(async |cursor| reader.users(UserSelect::Everything, cursor).await).await;
        assert_eq!(users.len() as u64, truth["users"]);
        assert_eq!(groups(&reader).await as u64, truth["groups"]);
        // Without a proof, with one, with the nonce; then never again.
        assert_eq!(exchanges(&simulator).await, requests, "dpop {dpop}");
        let access = reader.service_access().await.unwrap().unwrap();
        assert_eq!(access.scopes.len(), scopes_of_mirror().len());
        assert!(!format!("{reader:?} {access:?}").contains("eyJ"));
    }
}

#[tokio::test]
async fn many_at_once_share_one_exchange() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = reading(&clock, reads(true), &["okta.users.read"]).await;
    let ask = || async { reader.users(UserSelect::Everything, &Cursor::Start).await };
    let answers = futures_util::future::join_all((0..12).map(|_| ask())).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(exchanges(&simulator).await, 3);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = reading(&clock, reads(true), &["okta.groups.read"]).await;
    groups(&reader).await;
    let first = exchanges(&simulator).await;
    let_pass(&clock, Duration::from_mins(50)).await;
    groups(&reader).await;
    assert_eq!(exchanges(&simulator).await, first);
    let_pass(&clock, Duration::from_mins(6)).await;
    groups(&reader).await;
    // The key and the nonce are known by now.
    assert_eq!(exchanges(&simulator).await, first + 1);
    // Four days later the org takes no such nonce any more.
    let_pass(&clock, Duration::from_hours(5 * 24)).await;
    groups(&reader).await;
    assert_eq!(exchanges(&simulator).await, first + 3);
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = reading(&clock, reads(true), &["okta.groups.read"]).await;
    let seen = groups(&reader).await;
    let first = exchanges(&simulator).await;
    let refuse =
        |count: u32| json!({"kind": "unauthorized", "path": "/api/v1/groups", "count": count});
    control(&simulator, "faults", Some(refuse(1))).await;
    assert_eq!(groups(&reader).await, seen);
    assert_eq!(exchanges(&simulator).await, first + 1);
    control(&simulator, "faults", Some(refuse(2))).await;
    let refused = reader.groups(GroupSelect::Everything, &Cursor::Start).await;
    assert!(matches!(refused.unwrap_err().kind, ErrorKind::Unauthorised));
    assert_eq!(exchanges(&simulator).await, first + 2);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_put_right_by_the_first_answer() {
    for minutes in [-30, 30, 600] {
        let (clock, _driver) = driven_clock();
        let simulator = Simulator::new(&options(), clock.clone());
        let key = AppKey::new();
        let id = register(&simulator, &key, reads(true)).await;
        let (wrong, _hand) = Clock::manual(start() + SignedDuration::from_mins(minutes));
        let credential = credential(&id, &key, &["okta.groups.read"]);
        let reader = reader(&simulator, credential, &wrong);
        let page = reader.groups(GroupSelect::Everything, &Cursor::Start).await;
        assert!(page.is_ok(), "{minutes} minutes: {page:?}");
    }
}

#[tokio::test]
async fn what_is_refused_says_what_is_missing() {
    let (clock, _driver) = driven_clock();
    let order = json!({"scopes": ["okta.users.read"], "roles": ["READ_ONLY_ADMIN"]});
    let (simulator, reader) = reading(&clock, order, &["okta.users.read", "okta.logs.read"]).await;
    let select = LogSelect::Follow { since: start() };
    let scope = reader.logs(select, None, &Cursor::Start).await.unwrap_err();
    assert!(matches!(&scope.kind, ErrorKind::MissingScope(scope) if &**scope == "okta.logs.read"));
    assert!(scope.is_denied() && scope.hint().unwrap().contains("Okta API Scopes"));

    let order = json!({"scopes": ["okta.logs.read"], "roles": ["HELP_DESK_ADMIN"]});
    let (_org, helper) = reading(&clock, order, &["okta.logs.read"]).await;
    let role = helper.logs(select, None, &Cursor::Start).await.unwrap_err();
    assert!(matches!(role.kind, ErrorKind::Forbidden), "{role}");
    assert!(role.hint().unwrap().contains("admin role"));

    let stranger = AppKey::new();
    let id = register(&simulator, &AppKey::new(), reads(true)).await;
    let wrong = self::reader(
        &simulator,
        credential(&id, &stranger, &["okta.users.read"]),
        &clock,
    );
    let error = wrong
        .users(UserSelect::Everything, &Cursor::Start)
        .await
        .unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::AppRefused { error, .. } if &**error == "invalid_client")
    );
    assert!(
        error.to_string().contains("signature is invalid"),
        "{error}"
    );
    assert!(error.is_denied() && error.hint().unwrap().contains("private_key_file"));

    let (_org, ungranted) = reading(&clock, json!({}), &["okta.users.read"]).await;
    let error = ungranted
        .users(UserSelect::Everything, &Cursor::Start)
        .await
        .unwrap_err();
    assert!(
        error.hint().unwrap().contains("grant the scopes"),
        "{error}"
    );
}

/// Scopes without a role: Okta says 200 and shows nothing.
#[tokio::test]
async fn an_app_without_a_role_gets_no_empty_mirror_but_the_roles_name() {
    let start: Timestamp = start();
    let clock = Clock::scaled(start, 500.0);
    let order = json!({"scopes": scopes_of_mirror()});
    let (_simulator, reader) = reading(&clock, order, &scopes_of_mirror()).await;
    let store = Store::in_memory().unwrap();
    let sync = Sync::start(&reader, store, SyncSettings::default(), clock);
    let (reply, report) = oneshot::channel();
    sync.handle().order(Order::Once(reply));
    let report = in_time(report).await.unwrap();
    assert!(!report.complete);
    let told = serde_json::to_value(&report).unwrap();
    for resource in ["users", "groups"] {
        let lines = told["resources"].as_array().unwrap();
        let line = lines
            .iter()
            .find(|line| line["resource"] == resource)
            .unwrap();
        assert_eq!(line["complete"], false, "{line}");
        assert!(
            line.to_string().contains("Read-only Administrator"),
            "{line}"
        );
    }
    sync.end().await;
}

#[tokio::test]
async fn over_https_with_an_authority_of_its_own_and_http_2() {
    let simulator = Simulator::new(&options(), Clock::real());
    let key = AppKey::new();
    let id = register(&simulator, &key, reads(true)).await;
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let listen = Listen {
        plain: free,
        tls: Some(Place {
            address: free,
            directory: None,
        }),
    };
    let running = simulator.serve_on(listen).await.unwrap();
    let secure = running.secure.as_ref().unwrap();
    let url = secure.url.replace("127.0.0.1", "localhost");
    let credential = || credential(&id, &key, &["okta.groups.read"]);
    let mut trusting = settings(&url, credential());
    trusting.extra_ca = Some(secure.ca_file().to_owned());
    let connect = |settings: Settings| {
        let transport = HttpTransport::new(&settings).unwrap();
        Reader::new(settings, Arc::new(transport), Clock::real())
    };
    let truth = control(running.simulator(), "truth", None).await;
    assert_eq!(groups(&connect(trusting)).await as u64, truth["groups"]);
    let error = connect(settings(&url, credential()))
        .groups(GroupSelect::Everything, &Cursor::Start)
        .await
        .unwrap_err();
    assert!(matches!(&error.kind, ErrorKind::Transport(_)), "{error}");
    running.shutdown().await;
}

/// Keys come from whatever made them: openssl, the Admin Console, a vault.
#[tokio::test]
async fn a_key_in_any_form_proves_the_app() {
    let (clock, _hand) = driven_clock();
    let simulator = Simulator::new(&options(), clock.clone());
    for (form, key) in AppKey::of_every_form() {
        let id = register(&simulator, &key, reads(true)).await;
        let app = credential(&id, &key, &["okta.groups.read"]);
        let reader = reader(&simulator, app, &clock);
        assert!(groups(&reader).await > 0, "{form}");
    }
}
