//! The simulator's System Log over real sockets: what a poller or an investigator may rely on, and what not.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use oktop::clock::{Clock, Hand};
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Running, Simulator};
use serde_json::{Value, json};

const START: &str = "2026-11-18T12:00:00Z";

/// A served org on a manual clock, and somebody who asks it.
struct Org {
    running: Running,
    hand: Hand,
    http: reqwest::Client,
}

/// One answer.
struct Answer {
    status: u16,
    request_id: String,
    links: Vec<String>,
    body: Value,
}

impl Answer {
    fn link(&self, rel: &str) -> Option<String> {
        let ending = format!(">; rel=\"{rel}\"");
        let found = self
            .links
            .iter()
            .find_map(|link| link.strip_suffix(&ending));
        found.map(|link| link.trim_start_matches('<').to_owned())
    }

    fn events(&self) -> &[Value] {
        self.body
            .as_array()
            .unwrap_or_else(|| panic!("no page: {}", self.body))
    }

    fn uuids(&self) -> Vec<String> {
        uuids(self.events())
    }
}

fn uuids(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .map(|event| event["uuid"].as_str().unwrap().to_owned())
        .collect()
}

impl Org {
    async fn of(options: Options) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (clock, hand) = Clock::manual(START.parse::<Timestamp>().unwrap());
        let running = Simulator::new(&options, clock)
            .serve("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        Self {
            running,
            hand,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn quiet(events: usize) -> Self {
        Self::of(Options {
            events,
            rate_limits: Profile::Off,
            ..Options::default()
        })
        .await
    }

    async fn get(&self, url: &str) -> Answer {
        let url = if url.starts_with("http") {
            url.to_owned()
        } else {
            format!("{}{url}", self.running.url)
        };
        let request = self
            .http
            .get(url)
            .header("authorization", format!("SSWS {}", self.running.token));
        let response = request.send().await.unwrap();
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
        Answer {
            status: response.status().as_u16(),
            request_id: response
                .headers()
                .get("x-okta-request-id")
                .map(text)
                .unwrap_or_default(),
            links: response
                .headers()
                .get_all("link")
                .iter()
                .map(text)
                .collect(),
            body: response.json().await.unwrap(),
        }
    }

    async fn logs(&self, parameters: &[(&str, &str)]) -> Answer {
        let url = reqwest::Url::parse_with_params(
            &format!("{}/api/v1/logs", self.running.url),
            parameters,
        );
        self.get(url.unwrap().as_str()).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.running.url);
        self.http
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Follows `next` from `first` until a page is empty or the link ends.
    async fn follow(&self, first: Answer) -> Vec<Value> {
        let mut all = first.events().to_vec();
        let mut next = first.link("next");
        while let Some(url) = next {
            let page = self.get(&url).await;
            if page.events().is_empty() {
                break;
            }
            all.extend(page.events().iter().cloned());
            next = page.link("next");
        }
        all
    }

    async fn truth(&self) -> Vec<String> {
        uuids(self.get("/sim/v1/truth/events").await.events())
    }

    /// Some user, by id.
    async fn somebody(&self) -> String {
        let users = self
            .get("/api/v1/users?search=status%20eq%20%22ACTIVE%22&limit=20")
            .await;
        users.events()[15]["id"].as_str().unwrap().to_owned()
    }

    /// Changes something, which leaves one event.
    async fn suspend(&self, user: &str) {
        let done = self
            .post(
                "/sim/v1/changes",
                json!({"change": "suspend_user", "user": user}),
            )
            .await;
        assert!(done["ids"].is_array(), "{done}");
    }
}

#[tokio::test]
async fn surprise_1_polling_always_has_a_next_link_and_a_bounded_query_ends() {
    let org = Org::quiet(2_500).await;
    let first = org
        .logs(&[("limit", "1000"), ("since", "2026-11-01T00:00:00Z")])
        .await;
    assert_eq!((first.events().len(), first.links.len()), (1_000, 2));
    let polled = org.follow(first).await;
    let truth = org.truth().await;
    assert_eq!(uuids(&polled), truth);
    // At the end there is a link still, the same again and again while nothing happens.
    let cursor = org.logs(&[("since", START)]).await;
    assert!(cursor.events().is_empty());
    let next = cursor.link("next").unwrap();
    let again = org.get(&next).await;
    assert_eq!(
        (again.events().len(), again.link("next").unwrap()),
        (0, next)
    );

    let parameters = [
        ("since", "2026-11-11T00:00:00Z"),
        ("until", START),
        ("limit", "1000"),
    ];
    let bounded = org.follow(org.logs(&parameters).await).await;
    let published: Vec<&str> = bounded
        .iter()
        .map(|event| event["published"].as_str().unwrap())
        .collect();
    assert!(published.is_sorted());
    let polled_out_of_order = !polled
        .iter()
        .map(|event| event["published"].as_str().unwrap())
        .is_sorted();
    assert!(polled_out_of_order);
    assert_eq!(as_set(&uuids(&bounded)), as_set(&truth));
    let last = org
        .logs(&[
            ("since", "2026-11-18T11:59:00Z"),
            ("until", START),
            ("limit", "1000"),
        ])
        .await;
    assert_eq!(last.link("next"), None);
    assert!(last.link("self").unwrap().contains("until="));
}

fn as_set(uuids: &[String]) -> BTreeSet<&str> {
    uuids.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn surprise_1_descending_is_bounded_and_walks_to_the_oldest() {
    let org = Org::quiet(700).await;
    let first = org
        .logs(&[
            ("sortOrder", "DESCENDING"),
            ("limit", "100"),
            ("since", "2026-10-01T00:00:00Z"),
        ])
        .await;
    let all = org.follow(first).await;
    let published: Vec<&str> = all
        .iter()
        .map(|event| event["published"].as_str().unwrap())
        .collect();
    assert!(published.iter().rev().is_sorted());
    assert_eq!(as_set(&uuids(&all)).len(), org.truth().await.len());
}

#[tokio::test]
async fn surprise_12_a_late_event_is_missing_from_bounded_queries_and_reaches_every_poller() {
    let org = Org::quiet(50).await;
    org.hand.advance(Duration::from_mins(30));
    let tail = org.follow_to_the_end().await;
    let user = org.somebody().await;
    org.post(
        "/sim/v1/faults",
        json!({"kind": "late_events", "millis": 600_000}),
    )
    .await;
    org.suspend(&user).await;
    org.hand.advance(Duration::from_mins(1));
    let other = json!({"change": "unsuspend_user", "user": user});
    org.post("/sim/v1/changes", other).await;
    org.hand.advance(Duration::from_mins(6));

    let window = [
        ("since", "2026-11-18T12:29:00Z"),
        ("until", "2026-11-18T13:00:00Z"),
    ];
    let types = |events: &[Value]| -> Vec<String> {
        events
            .iter()
            .map(|event| event["eventType"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        types(org.logs(&window).await.events()),
        ["user.lifecycle.unsuspend"]
    );
    let early = org.get(&tail).await;
    assert_eq!(types(early.events()), ["user.lifecycle.unsuspend"]);

    org.hand.advance(Duration::from_mins(6));
    let both = ["user.lifecycle.suspend", "user.lifecycle.unsuspend"];
    assert_eq!(types(org.logs(&window).await.events()), both);
    let late = org.get(&early.link("next").unwrap()).await;
    assert_eq!(types(late.events()), ["user.lifecycle.suspend"]);
    assert!(late.events()[0]["published"].as_str() < early.events()[0]["published"].as_str());
}

impl Org {
    /// The link that an up-to-date poller holds.
    async fn follow_to_the_end(&self) -> String {
        let mut page = self
            .logs(&[("since", "2026-11-18T11:00:00Z"), ("limit", "1000")])
            .await;
        loop {
            let next = page.link("next").unwrap();
            if page.events().is_empty() {
                return next;
            }
            page = self.get(&next).await;
        }
    }
}

#[tokio::test]
async fn surprise_12_an_event_may_be_delivered_twice_and_none_is_lost() {
    let org = Org::quiet(600).await;
    org.post(
        "/sim/v1/faults",
        json!({"kind": "duplicate_events", "count": 30, "every": 3}),
    )
    .await;
    let polled = org
        .follow(
            org.logs(&[("limit", "100"), ("since", "2026-11-01T00:00:00Z")])
                .await,
        )
        .await;
    let all = uuids(&polled);
    assert_eq!(all.len(), org.truth().await.len() + 30);
    assert_eq!(as_set(&all).len(), org.truth().await.len());
}

#[tokio::test]
async fn surprise_12_polls_of_a_living_org_deliver_the_truth_exactly() {
    let org = Org::of(Options {
        events: 100,
        live: true,
        rate_limits: Profile::Off,
        pace: oktop::sim::life::Pace::EventsPerSecond(2.0),
        ..Options::default()
    })
    .await;
    let mut url = format!(
        "{}/api/v1/logs?since=2026-11-01T00%3A00%3A00Z&limit=100",
        org.running.url
    );
    let mut seen = Vec::new();
    for _ in 0..120 {
        let page = org.get(&url).await;
        seen.extend(page.uuids());
        url = page.link("next").unwrap();
        org.hand.advance(Duration::from_secs(7));
    }
    // Whoever is still on the way arrives within ten minutes; meanwhile more happens, which is drained too.
    let truth = loop {
        let page = org.get(&url).await;
        url = page.link("next").unwrap();
        seen.extend(page.uuids());
        if page.events().is_empty() {
            break org.truth().await;
        }
    };
    assert!(seen.len() > 150, "{}", seen.len());
    assert_eq!(seen, truth[..seen.len()]);
    assert_eq!(as_set(&seen).len(), seen.len());
}

#[tokio::test]
async fn surprise_16_nulls_everywhere_zone_a_word_and_debug_data_all_strings() {
    let org = Org::quiet(1_000).await;
    let events = org.logs(&[("limit", "1000")]).await;
    let mut oddities = BTreeSet::new();
    for event in events.events() {
        let debug = event["debugContext"]["debugData"].as_object().unwrap();
        assert!(debug.values().all(Value::is_string), "{debug:?}");
        for list in event["target"].as_array().into_iter().flatten() {
            let group = list["type"] == "UserGroup";
            assert!(!group || list["alternateId"] == "unknown", "{list}");
        }
        oddities.extend(
            [
                (event["client"]["zone"] == "null").then_some("zone is a word"),
                event["client"]["zone"].is_null().then_some("no client"),
                event["target"].is_null().then_some("target null"),
                event.get("device").is_none().then_some("device absent"),
                event
                    .get("device")
                    .is_some_and(Value::is_null)
                    .then_some("device null"),
                event["device"].is_object().then_some("device known"),
                event["legacyEventType"].is_null().then_some("legacy null"),
                event["authenticationContext"]["externalSessionId"]
                    .is_null()
                    .then_some("session null"),
                event["authenticationContext"]["credentialType"]
                    .is_string()
                    .then_some("credential known"),
                (event["transaction"]["type"] == "JOB").then_some("job"),
            ]
            .into_iter()
            .flatten(),
        );
    }
    assert_eq!(oddities.len(), 10, "{oddities:?}");
}

#[tokio::test]
async fn refusals_are_okta_s_in_code_and_words() {
    let org = Org::quiet(20).await;
    let refused = |parameters: &'static [(&str, &str)]| {
        let org = &org;
        async move {
            let answer = org.logs(parameters).await;
            assert_eq!(answer.status, 400, "{}", answer.body);
            assert!(answer.body["errorId"].is_string() && answer.body["errorLink"].is_string());
            answer.body
        }
    };
    let date = refused(&[("since", "yesterday")]).await;
    assert_eq!(date["errorCode"], "E0000001");
    assert_eq!(date["errorCauses"].as_array().unwrap().len(), 2);
    let old = refused(&[("since", "2026-01-01T00:00:00Z")]).await;
    assert_eq!(old["errorCode"], "E0000053");
    assert_eq!(
        old["errorSummary"],
        "Invalid parameter: The since parameter is over 180 days prior to the current day."
    );
    assert_eq!(
        refused(&[("filter", "nope eq \"x\"")]).await["errorSummary"],
        "field is not valid: nope"
    );
    assert_eq!(
        refused(&[("filter", "debugContext.debugData.requestUri co \"x\"")]).await["errorCode"],
        "E0000031"
    );
    assert_eq!(
        refused(&[("after", "made-up")]).await["errorCode"],
        "E0000029"
    );
    assert_eq!(
        refused(&[("q", "a b c d e f g h i j k")]).await["errorCode"],
        "E0000001"
    );
    assert_eq!(refused(&[("limit", "-1")]).await["errorCode"], "E0000001");
    assert_eq!(
        refused(&[("sortOrder", "SIDEWAYS")]).await["errorCode"],
        "E0000001"
    );
}

#[tokio::test]
async fn filters_and_keywords_choose_events_and_links_keep_them() {
    let org = Org::quiet(2_000).await;
    let all = org
        .follow(
            org.logs(&[("limit", "1000"), ("since", "2026-11-01T00:00:00Z")])
                .await,
        )
        .await;
    let filter = "eventType eq \"user.session.start\" and outcome.result eq \"FAILURE\"";
    let parameters = [
        ("filter", filter),
        ("limit", "20"),
        ("since", "2026-11-01T00:00:00Z"),
    ];
    let failed = org.follow(org.logs(&parameters).await).await;
    let expected = all.iter().filter(|event| {
        event["eventType"] == "user.session.start" && event["outcome"]["result"] == "FAILURE"
    });
    assert!(!failed.is_empty());
    assert_eq!(failed, expected.cloned().collect::<Vec<_>>());
    let name = all[0]["actor"]["displayName"]
        .as_str()
        .unwrap()
        .to_uppercase();
    let named = org
        .logs(&[
            ("q", &name),
            ("since", "2026-11-01T00:00:00Z"),
            ("until", START),
        ])
        .await;
    assert!(!named.events().is_empty());
    for event in named.events() {
        assert!(
            event
                .to_string()
                .to_uppercase()
                .contains(name.split(' ').next().unwrap()),
            "{event}"
        );
    }
    assert!(
        org.logs(&[("q", "logout")])
            .await
            .events()
            .iter()
            .all(|event| event["eventType"] == "user.session.end")
    );
}

#[tokio::test]
async fn the_event_of_a_rate_limit_names_the_request_and_the_token() {
    let org = Org::of(Options {
        events: 0,
        ..Options::default()
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..60 {
        ids.push(org.logs(&[("limit", "0")]).await.request_id);
    }
    org.hand.advance(Duration::from_mins(10));
    let filter = "eventType eq \"system.org.rate_limit.warning\"";
    let warned = org.logs(&[("filter", filter)]).await;
    let event = &warned.events()[0];
    assert!(
        ids.iter()
            .any(|id| event["transaction"]["id"] == id.as_str()),
        "{event}"
    );
    let token = event["transaction"]["detail"]["requestApiTokenId"]
        .as_str()
        .unwrap();
    assert!(token.starts_with("00T"));
    assert_eq!(event["target"][0]["type"], "URL Pattern");
}

#[tokio::test]
async fn a_scenario_is_started_over_http_and_its_truth_can_be_asked_for() {
    let org = Org::quiet(10).await;
    let told = org.get("/sim/v1/scenarios").await;
    assert!(
        told.events()
            .iter()
            .any(|scenario| scenario["name"] == "quiet-day")
    );
    let started = org
        .post(
            "/sim/v1/scenarios",
            json!({"name": "factor-reset-then-takeover"}),
        )
        .await;
    assert_eq!(started["run"], 1, "{started}");
    let truth = loop {
        org.hand.advance(Duration::from_secs(30));
        let truths = org.get("/sim/v1/truth/scenarios").await;
        if truths.events()[0]["ended"].is_string() {
            break truths.body[0].clone();
        }
    };
    org.hand.advance(Duration::from_mins(10));
    let persisted = org.truth().await;
    let left = truth["events"].as_array().unwrap();
    assert!(left.len() >= 10, "{truth}");
    for event in left {
        assert!(persisted.iter().any(|uuid| event["uuid"] == uuid.as_str()));
    }
    assert_eq!(truth["first"], left[0]["uuid"]);
    assert_eq!(truth["last"], left[left.len() - 1]["uuid"]);
    let unknown = org.post("/sim/v1/scenarios", json!({"name": "nope"})).await;
    assert!(unknown["error"].as_str().unwrap().contains("quiet-day"));
}

#[tokio::test]
async fn an_unknown_scenario_keeps_the_simulator_from_starting_with_words_that_help() {
    let options = Options {
        scenarios: vec!["nope".to_owned()],
        ..Options::default()
    };
    let simulator = Simulator::new(&options, Clock::real());
    let refused = simulator
        .serve("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("there is no scenario `nope`; there are"),
        "{refused}"
    );
}
