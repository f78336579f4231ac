//! Clients that nobody here wrote: they follow links verbatim or rebuild them on the host they were given, stop when a cursor no longer
//! moves, ask for a thousand of everything, and say strange things about bodies that they do not send.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use jiff::Timestamp;
use oktop::clock::{Clock, Hand};
use oktop::sim::tls::Place;
use oktop::sim::{Listen, Options, Running, Simulator};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LINK};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::sim_org::{calm, id};

/// More pages than any list here has: who turns more of them goes round in circles.
const MOST_PAGES: usize = 200;

/// An org that is reached in the clear and over TLS, with more of everything than fits on one page.
struct Org {
    running: Running,
    hand: Hand,
    http: Client,
}

/// A page: its items, and the address of the next one.
struct Page {
    items: Vec<Value>,
    next: Option<String>,
}

impl Org {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let (clock, hand) = Clock::manual(start);
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let listen = Listen {
            plain: free,
            tls: Some(Place {
                address: free,
                directory: None,
            }),
        };
        let options = Options {
            users: 450,
            groups: 60,
            apps: 210,
            events: 700,
            ..calm()
        };
        let simulator = Simulator::new(&options, clock);
        let running = simulator.serve_on(listen).await.unwrap();
        let pem = std::fs::read(running.secure.as_ref().unwrap().ca_file()).unwrap();
        let authority = Certificate::from_pem(&pem).unwrap();
        let http = Client::builder().no_proxy().tls_certs_only([authority]);
        Self {
            running,
            hand,
            http: http.build().unwrap(),
        }
    }

    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.http.request(method, url);
        request.header(AUTHORIZATION, format!("SSWS {}", self.running.token))
    }

    async fn get(&self, url: &str) -> Response {
        self.request(Method::GET, url).send().await.unwrap()
    }

    async fn page(&self, url: &str) -> Page {
        let answer = self.get(url).await;
        assert_eq!(answer.status(), 200, "{url}");
        let link = next_of(&answer);
        let body: Value = answer.json().await.unwrap();
        // Lists below /iam hold their items in the body, and the next page's address as well.
        let list = body
            .as_array()
            .or_else(|| body.as_object()?.values().find_map(Value::as_array));
        let in_body = body.pointer("/_links/next/href").and_then(Value::as_str);
        Page {
            items: list.unwrap().clone(),
            next: link.or_else(|| in_body.map(str::to_owned)),
        }
    }

    /// All pages from `url` on; `place` says where to ask for the next one.
    async fn walk(&self, url: String, place: impl Fn(&str) -> String) -> (Vec<Value>, usize) {
        let (mut items, mut pages, mut next) = (Vec::new(), 0, Some(url));
        while let Some(url) = next {
            let page = self.page(&url).await;
            items.extend(page.items);
            pages += 1;
            assert!(pages < MOST_PAGES, "{url} goes on for ever");
            next = page.next.map(|link| place(&link));
        }
        (items, pages)
    }

    async fn control(&self, path: &str) -> Value {
        let url = format!("{}/sim/v1/{path}", self.running.url);
        self.get(&url).await.json().await.unwrap()
    }

    /// An application with many users, and the group of all.
    async fn large(&self) -> (String, String) {
        let assigned = self.control("truth/app_users").await;
        let (app, _) = assigned
            .as_object()
            .unwrap()
            .iter()
            .max_by_key(|(_, users)| users.as_array().unwrap().len())
            .unwrap();
        let url = format!("{}/api/v1/groups?q=Everyone", self.running.url);
        (app.clone(), id(&self.page(&url).await.items[0]))
    }

    /// One list of each family that pages, with pages small enough for several of them.
    async fn families(&self) -> Vec<String> {
        let (app, everyone) = self.large().await;
        let sets = "/api/v1/iam/resource-sets";
        let set = self.page(&format!("{}{sets}", self.running.url)).await;
        let set = id(&set.items[0]);
        let mut paths = vec![
            format!("/api/v1/groups/{everyone}/users?limit=100"),
            format!("/api/v1/apps/{app}/users?limit=20"),
            format!("{sets}/{set}/resources?limit=1"),
        ];
        let plain = [
            "/api/v1/users?limit=90",
            "/api/v1/users?search=id+pr&limit=90",
            "/api/v1/users?filter=status+eq+%22ACTIVE%22&limit=90",
            "/api/v1/groups?limit=9&expand=stats",
            "/api/v1/groups?search=type+eq+%22OKTA_GROUP%22&limit=9",
            "/api/v1/groups/rules?limit=10",
            "/api/v1/apps?limit=60&includeNonDeleted=true",
            "/api/v1/zones?limit=2",
            "/api/v1/idps?limit=2",
            "/api/v1/devices?limit=50",
            "/api/v1/logStreams?limit=1",
            "/api/v1/trustedOrigins?limit=2",
            "/api/v1/policies?type=ACCESS_POLICY&limit=2",
            "/api/v1/iam/assignees/users?limit=5",
            "/api/v1/iam/resource-sets?limit=1",
            "/api/v1/iam/roles?limit=1",
            "/oauth2/v1/clients?limit=2",
            "/api/v1/logs?since=2026-09-01T00:00:00.000Z&until=2026-11-22T10:00:00.000Z&limit=150",
            "/api/v1/logs?since=2026-09-01T00:00:00.000Z&until=2026-11-22T10:00:00.000Z&sortOrder=DESCENDING&limit=150",
        ];
        paths.extend(plain.map(str::to_owned));
        paths
    }
}

/// The address of the `Link` to the next page.
fn next_of(answer: &Response) -> Option<String> {
    let lines = answer.headers().get_all(LINK).iter();
    lines
        .filter_map(|line| line.to_str().ok()?.strip_suffix(">; rel=\"next\""))
        .map(|line| line.trim_start_matches('<').to_owned())
        .next()
}

/// Path and query of an address.
fn rest(url: &str) -> &str {
    let (_, after) = url.split_once("://").unwrap();
    &after[after.find('/').unwrap()..]
}

fn cursor(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).unwrap();
    let mut pairs = url.query_pairs();
    pairs
        .find(|(name, _)| name == "after")
        .map(|(_, value)| value.into_owned())
}

/// What names an item, whatever it is.
fn name(item: &Value) -> String {
    ["id", "uuid", "client_id"]
        .iter()
        .find_map(|field| item[*field].as_str())
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn links_lead_on_verbatim_and_rebuilt_on_another_host_or_scheme() {
    let org = Org::start().await;
    let (plain, secure) = (&org.running.url, &org.running.secure.as_ref().unwrap().url);
    let named = plain.replace("127.0.0.1", "localhost");
    for path in org.families().await {
        let (items, pages) = org.walk(format!("{plain}{path}"), str::to_owned).await;
        let names: Vec<String> = items.iter().map(name).collect();
        assert!(pages > 1, "{path} has one page");
        let once: BTreeSet<&String> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "{path} has something twice");
        for host in [&named, secure] {
            // The first page by the org's own name, the others by the one that the client was given, and the other way round.
            for first in [plain, host] {
                let rebuilt = |link: &str| format!("{host}{}", rest(link));
                let (seen, turned) = org.walk(format!("{first}{path}"), rebuilt).await;
                let seen: Vec<String> = seen.iter().map(name).collect();
                assert_eq!((&seen, turned), (&names, pages), "{path} on {host}");
            }
        }
    }
    org.running.shutdown().await;
}

#[tokio::test]
async fn who_stops_on_an_unchanged_cursor_stops_and_has_seen_everything() {
    let org = Org::start().await;
    let first = "/api/v1/logs?since=2026-09-01T00:00:00.000Z&limit=200";
    let mut url = format!("{}{first}", org.running.url);
    let (mut seen, mut last) = (BTreeSet::new(), None);
    for turn in 0.. {
        assert!(turn < MOST_PAGES, "the cursor moves on for ever");
        let page = org.page(&url).await;
        let found = page.items.len();
        seen.extend(page.items.iter().map(name));
        url = page.next.expect("polling has a next link always");
        let cursor = cursor(&url);
        assert!(cursor.is_some(), "{url}");
        if cursor == last {
            assert_eq!(found, 0, "a cursor that stands still passes nothing");
            break;
        }
        last = cursor;
    }
    let events = org.control("truth/events").await;
    let there: BTreeSet<String> = events.as_array().unwrap().iter().map(name).collect();
    assert_eq!(seen, there);
    // The same link brings what happens next, and the cursor moves again.
    let change = json!({"change": "create_group", "name": "Pollers"});
    let control = format!("{}/sim/v1/changes", org.running.url);
    let changed = org.http.post(control).json(&change).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    org.hand.advance(std::time::Duration::from_mins(1));
    let page = org.page(&url).await;
    let types: Vec<&Value> = page.items.iter().map(|event| &event["eventType"]).collect();
    assert!(
        types.contains(&&json!("group.lifecycle.create")),
        "{types:?}"
    );
    assert_ne!(page.next.as_deref().and_then(cursor), last);
    org.running.shutdown().await;
}

#[tokio::test]
async fn who_asks_for_a_thousand_gets_what_there_is_and_nonsense_is_refused() {
    let org = Org::start().await;
    let base = &org.running.url;
    let (app, everyone) = org.large().await;
    for (path, most) in [
        ("/api/v1/users".to_owned(), 200),
        ("/api/v1/users?search=id+pr".to_owned(), 200),
        ("/api/v1/groups".to_owned(), 10_000),
        (format!("/api/v1/groups/{everyone}/users"), 1_000),
        ("/api/v1/groups/rules".to_owned(), 200),
        ("/api/v1/apps?includeNonDeleted=true".to_owned(), 200),
        (format!("/api/v1/apps/{app}/users"), 500),
        ("/api/v1/idps".to_owned(), 200),
        ("/api/v1/devices".to_owned(), 200),
        ("/api/v1/iam/assignees/users".to_owned(), 200),
        ("/oauth2/v1/clients".to_owned(), 200),
        (
            "/api/v1/logs?since=2026-09-01T00:00:00.000Z&until=2026-11-22T10:00:00.000Z".to_owned(),
            1_000,
        ),
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let asking = |limit: &str| format!("{base}{path}{mark}limit={limit}");
        let thousand = org.page(&asking("1000")).await;
        let (all, _) = org.walk(asking("100"), str::to_owned).await;
        assert_eq!(thousand.items.len(), all.len().min(most), "{path}");
        assert_eq!(thousand.next.is_some(), all.len() > most, "{path}");
        let (paged, _) = org.walk(asking("1000"), str::to_owned).await;
        let names = |items: &[Value]| items.iter().map(name).collect::<Vec<_>>();
        assert_eq!(names(&paged), names(&all), "{path}");
        let beyond = org.page(&asking("99999")).await;
        assert_eq!(beyond.items.len(), thousand.items.len(), "{path}");
        for wrong in ["-1", "many"] {
            let answer = org.get(&asking(wrong)).await;
            assert_eq!(answer.status(), 400, "{path} limit={wrong}");
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["errorCode"], "E0000001", "{path} limit={wrong}");
        }
    }
    org.running.shutdown().await;
}

#[tokio::test]
async fn a_write_without_a_body_may_say_anything_about_it() {
    let org = Org::start().await;
    let (app, everyone) = org.large().await;
    let me = format!("{}/api/v1/users/me", org.running.url);
    let me: Value = org.get(&me).await.json().await.unwrap();
    let me = id(&me);
    let octets = HeaderValue::from_static("application/octet-stream");
    for (method, path, status, code) in [
        // The one that reads: there is no body to simulate anything with, and that is all there is to complain about.
        (
            Method::POST,
            "/api/v1/policies/simulate".to_owned(),
            400,
            "E0000003",
        ),
        // Operations are refused for what they ask, not for what is said about their bodies.
        (
            Method::POST,
            format!("/api/v1/users/{me}/lifecycle/unsuspend"),
            400,
            "E0000001",
        ),
        (
            Method::PUT,
            format!("/api/v1/groups/{everyone}/users/{me}"),
            403,
            "E0000006",
        ),
        (
            Method::DELETE,
            format!("/api/v1/groups/{everyone}/users/{me}"),
            403,
            "E0000006",
        ),
        (
            Method::PUT,
            format!("/api/v1/apps/{app}/groups/00gNOSUCHGROUP000000"),
            404,
            "E0000007",
        ),
        (
            Method::DELETE,
            format!("/api/v1/apps/{app}/users/00uNOSUCHUSER0000000"),
            404,
            "E0000007",
        ),
    ] {
        for media in [None, Some(&octets)] {
            let url = format!("{}{path}", org.running.url);
            let mut request = org.request(method.clone(), &url).header(CONTENT_LENGTH, 0);
            if let Some(media) = media {
                request = request.header(CONTENT_TYPE, media);
            }
            let answer = request.send().await.unwrap();
            let answered = answer.status();
            let body: Value = answer.json().await.unwrap();
            assert_eq!(
                (answered.as_u16(), body["errorCode"].as_str()),
                (status, Some(code)),
                "{method} {path} {media:?}"
            );
        }
    }
    // The token endpoint misses the grant, whatever the body is called.
    for media in [None, Some(&octets)] {
        let url = format!("{}/oauth2/v1/token", org.running.url);
        let mut request = org.http.post(url).header(CONTENT_LENGTH, 0);
        if let Some(media) = media {
            request = request.header(CONTENT_TYPE, media);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!([400, 401].contains(&status.as_u16()), "{status} {body}");
        assert!(body["error"].is_string(), "{body}");
    }
    org.running.shutdown().await;
}
