//! A simulated org in this process, reached over a real socket by a client that knows nothing but HTTP and JSON.

#![expect(clippy::panic, reason = "a test that cannot ask should stop")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use oktop::clock::{Clock, Hand};
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Running, Simulator};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, LINK, USER_AGENT};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// An org of a few hundred people whose limits are never in the way and whose index never lags.
pub(crate) fn calm() -> Options {
    Options {
        rate_limits: Profile::Off,
        index_lag: Duration::ZERO,
        events: 0,
        ..Options::default()
    }
}

/// A running org and a client of it.
pub(crate) struct TestOrg {
    pub(crate) running: Running,
    pub(crate) clock: Clock,
    /// Moves the org's clock.
    pub(crate) hand: Hand,
    http: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.header(name).parse().unwrap()
    }

    /// The address of the `Link` of this kind.
    pub(crate) fn link(&self, rel: &str) -> Option<String> {
        let wanted = format!("rel=\"{rel}\"");
        self.headers
            .get_all(LINK)
            .iter()
            .map(|line| line.to_str().unwrap())
            .find(|line| line.ends_with(&wanted))
            .map(|line| line[1..line.find('>').unwrap()].to_owned())
    }

    pub(crate) fn error_code(&self) -> String {
        self.json()["errorCode"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl TestOrg {
    /// An org at a fixed time that only the test moves on.
    pub(crate) async fn start(options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let (clock, hand) = Clock::manual(start);
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let simulator = Simulator::new(&options, clock.clone());
        let running = simulator.serve(free).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        Self {
            running,
            clock,
            hand,
            http,
        }
    }

    /// Changes something as any client would, with a body if there is one.
    pub(crate) async fn write(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.write_with(method, path, &[], body).await
    }

    /// Changes something that must come out so; what the answer says.
    pub(crate) async fn written(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        status: u16,
    ) -> Value {
        let answer = self.write(method, path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        if answer.text.is_empty() {
            assert!(!answer.headers.contains_key("content-type"), "{path}");
            return Value::Null;
        }
        answer.json()
    }

    /// Tries to change something; status and code of the refusal.
    pub(crate) async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, String) {
        let answer = self.write(method, path, body).await;
        assert!(answer.status >= 400, "{path}: {}", answer.text);
        (answer.status, answer.error_code())
    }

    /// Changes something with headers of the test's own.
    pub(crate) async fn write_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let url = format!("{}{path}", self.running.url);
        let token = format!("SSWS {}", self.running.token);
        let mut request = self.http.request(method, url).header(AUTHORIZATION, token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request = match body {
            Some(body) => request.json(body),
            None => request.header(CONTENT_LENGTH, 0),
        };
        read(request.send().await.unwrap()).await.unwrap()
    }

    /// Everything that the log tells of what clients did, oldest first. The org's clock moves on until nothing is late any more.
    pub(crate) async fn told(&self) -> Vec<Value> {
        self.hand.advance(Duration::from_mins(10));
        let bounds = "since=2026-11-22T10:00:00.000Z&until=2026-11-23T10:00:00.000Z";
        self.all(&format!("/api/v1/logs?{bounds}&limit=1000")).await
    }

    /// Some user of this status whose credentials are Okta's, and who is no admin.
    pub(crate) async fn somebody(&self, status: &str) -> String {
        let path = format!("/api/v1/users?search=status+eq+%22{status}%22&limit=200");
        let all = self.all(&path).await;
        let admins = self.truth("/admins").await;
        let admins = admins.as_array().unwrap();
        let is_admin = |user: &Value| admins.iter().any(|path| path["principal"] == user["id"]);
        let own = all
            .iter()
            .find(|user| user["credentials"]["provider"]["type"] == "OKTA" && !is_admin(user));
        id(own.unwrap_or_else(|| panic!("nobody is {status}")))
    }

    /// Asks for a path, or for an address as links give it.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Some(&self.running.token), None)
            .await
    }

    /// Asks with this credential, or with none.
    pub(crate) async fn get_as(&self, path: &str, token: Option<&str>) -> Answer {
        self.ask(Method::GET, path, token, None).await
    }

    /// Asks with a header of the test's own.
    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let url = format!("{}{path}", self.running.url);
        let request = self.http.get(url).header(name, value);
        let token = format!("SSWS {}", self.running.token);
        let response = request.header(AUTHORIZATION, token).send().await;
        read(response.unwrap()).await.unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str) -> Answer {
        self.ask(method, path, Some(&self.running.token), None)
            .await
    }

    pub(crate) async fn send_as(&self, method: Method, path: &str, token: &str) -> Answer {
        let url = format!("{}{path}", self.running.url);
        let request = self.http.request(method, url).header(CONTENT_LENGTH, 0);
        let request = request.header(AUTHORIZATION, format!("SSWS {token}"));
        read(request.send().await.unwrap()).await.unwrap()
    }

    /// Sends JSON without a credential, as the simulator's own paths take it.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, None, Some(body)).await
    }

    /// Sends JSON to one of Okta's paths.
    pub(crate) async fn post_to_okta(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(&self.running.token), Some(body))
            .await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let response = self.try_ask(method, path, token, body).await.unwrap();
        read(response).await.unwrap()
    }

    async fn try_ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.running.url)
        };
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("SSWS {token}"));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    /// Changes something without a body; the error is what a client would see of a broken connection.
    pub(crate) async fn try_write(&self, method: Method, path: &str) -> reqwest::Result<Answer> {
        self.try_write_as("", method, path).await
    }

    /// The same, with a `User-Agent`.
    pub(crate) async fn try_write_as(
        &self,
        agent: &str,
        method: Method,
        path: &str,
    ) -> reqwest::Result<Answer> {
        let token = format!("SSWS {}", self.running.token);
        let url = format!("{}{path}", self.running.url);
        let request = self.http.request(method, url).header(AUTHORIZATION, token);
        let request = request.header(USER_AGENT, agent).header(CONTENT_LENGTH, 0);
        read(request.send().await?).await
    }

    /// Asks for a path and reads the answer; the error is what a client would see of a broken connection.
    pub(crate) async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        let token = self.running.token.clone();
        read(self.try_ask(Method::GET, path, Some(&token), None).await?).await
    }

    /// Lets another admin change something; the ids of what was changed.
    pub(crate) async fn change(&self, change: Value) -> Vec<String> {
        let answer = self
            .ask(Method::POST, "/sim/v1/changes", None, Some(&change))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let ids = answer.json()["ids"].clone();
        serde_json::from_value(ids).unwrap()
    }

    /// Asks for a change that is refused; why.
    pub(crate) async fn try_change(&self, change: Value) -> String {
        let answer = self
            .ask(Method::POST, "/sim/v1/changes", None, Some(&change))
            .await;
        assert_eq!(answer.status, 409, "{}", answer.text);
        answer.json()["error"].as_str().unwrap().to_owned()
    }

    /// Orders a fault.
    pub(crate) async fn fault(&self, fault: Value) {
        let answer = self
            .ask(Method::POST, "/sim/v1/faults", None, Some(&fault))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(crate) async fn truth(&self, path: &str) -> Value {
        self.get_as(&format!("/sim/v1/truth{path}"), None)
            .await
            .json()
    }

    /// Every item of a list, page after page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            items.extend(page.json().as_array().unwrap().iter().cloned());
            next = page.link("next");
        }
        items
    }

    /// The ids of every item of a list.
    pub(crate) async fn ids(&self, path: &str) -> Vec<String> {
        self.all(path).await.iter().map(id).collect()
    }
}

async fn read(response: Response) -> reqwest::Result<Answer> {
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

pub(crate) fn id(item: &Value) -> String {
    item["id"].as_str().unwrap().to_owned()
}

/// The texts of a JSON array.
pub(crate) fn texts(list: &Value) -> BTreeSet<String> {
    serde_json::from_value(list.clone()).unwrap()
}

#[tokio::test]
async fn the_ready_values_reach_the_org() {
    let org = TestOrg::start(calm()).await;
    let known = org.get_as("/.well-known/okta-organization", None).await;
    assert_eq!(known.status, 200);
    assert_eq!(known.json()["id"], json!(org.running.org_id));
    assert_eq!(known.json()["pipeline"], "idx");
    assert_eq!(
        org.get("/api/v1/org").await.json()["id"],
        json!(org.running.org_id)
    );
    org.running.shutdown().await;
}

#[tokio::test]
async fn how_much_happens_by_itself_can_be_said() {
    let org = TestOrg::start(calm()).await;
    let say = async |life: Value| {
        let answer = org
            .ask(Method::POST, "/sim/v1/life", None, Some(&life))
            .await;
        answer.status
    };
    let events = async || org.truth("/events").await.as_array().unwrap().len();
    for wrong in [
        json!("asleep"),
        json!({"events_per_second": 0}),
        json!({"events_per_second": 1e9}),
        json!({"events_per_hour": 3}),
    ] {
        assert_eq!(say(wrong.clone()).await, 400, "{wrong}");
    }
    assert_eq!(say(json!({"events_per_second": 50})).await, 204);
    let deadline = Instant::now() + Duration::from_mins(1);
    while events().await < 100 {
        assert!(Instant::now() < deadline, "nothing happens");
        org.hand.advance(Duration::from_secs(1));
    }
    assert_eq!(say(json!("still")).await, 204);
    let told = org.get_as("/sim/v1/life", None).await.json();
    assert_eq!(told, json!("still"));
    // What was begun takes a few seconds to its end.
    org.hand.advance(Duration::from_mins(5));
    let before = events().await;
    for _ in 0..20 {
        org.hand.advance(Duration::from_mins(1));
        assert_eq!(events().await, before);
    }
}
