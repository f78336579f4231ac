//! What the simulator does on the wire: credentials, limits, errors and faults.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};
use oktop::sim::Options;
use oktop::sim::rate::Profile;

fn limited() -> Options {
    Options {
        rate_limits: Profile::Integrator,
        ..calm()
    }
}

#[tokio::test]
async fn a_wrong_token_is_401_none_is_403_and_the_well_known_path_needs_none() {
    let org = TestOrg::start(calm()).await;
    let path = "/api/v1/users?limit=1";
    let wrong = org
        .get_as(path, Some("00notTheTokenOfThisOrgAtAllButItsLength012"))
        .await;
    assert_eq!(
        (wrong.status, wrong.error_code().as_str()),
        (401, "E0000011")
    );
    let none = org.get_as(path, None).await;
    assert_eq!((none.status, none.error_code().as_str()), (403, "E0000005"));
    assert!(!wrong.headers.contains_key("x-rate-limit-limit"));
    let open = org.get_as("/.well-known/okta-organization", None).await;
    assert_eq!(open.status, 200);
}

#[tokio::test]
async fn a_token_dies_when_it_is_revoked_or_its_owner_deactivated() {
    for end in ["deactivate_user", "revoke_token"] {
        let org = TestOrg::start(calm()).await;
        let me = id(&org.get("/api/v1/users/me").await.json());
        let change = if end == "revoke_token" {
            json!({"change": end})
        } else {
            json!({"change": end, "user": me})
        };
        org.change(change).await;
        let dead = org.get("/api/v1/users/me").await;
        assert_eq!(
            (dead.status, dead.error_code().as_str()),
            (401, "E0000011"),
            "{end}"
        );
    }
}

#[tokio::test]
async fn every_error_has_the_five_members_and_an_id_of_its_own() {
    let org = TestOrg::start(calm()).await;
    let unknown = org.get("/api/v1/no/such/path").await;
    let method = org.send(Method::DELETE, "/api/v1/org").await;
    assert_eq!(
        (unknown.status, unknown.error_code().as_str()),
        (404, "E0000008")
    );
    assert_eq!(
        (method.status, method.error_code().as_str()),
        (405, "E0000022")
    );
    for answer in [&unknown, &method] {
        let body = answer.json();
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        let expected = [
            "errorCauses",
            "errorCode",
            "errorId",
            "errorLink",
            "errorSummary",
        ];
        assert_eq!(keys, expected);
        assert!(body["errorId"].as_str().unwrap().starts_with("oae"));
        assert_eq!(body["errorLink"], body["errorCode"]);
        assert_eq!(answer.header("content-type"), "application/json");
    }
    assert_ne!(unknown.json()["errorId"], method.json()["errorId"]);
}

#[tokio::test]
async fn every_answer_has_a_date_by_the_orgs_clock_and_a_request_id() {
    let org = TestOrg::start(calm()).await;
    let first = org.get("/api/v1/users?limit=1").await;
    assert_eq!(first.header("date"), "Sun, 22 Nov 2026 10:00:00 GMT");
    org.hand.advance(Duration::from_secs(61));
    let second = org.get_as("/api/v1/users", None).await;
    assert_eq!(second.header("date"), "Sun, 22 Nov 2026 10:01:01 GMT");
    assert_ne!(
        first.header("x-okta-request-id"),
        second.header("x-okta-request-id")
    );
}

#[tokio::test]
async fn a_bucket_says_how_much_is_left_refuses_at_zero_and_opens_again_a_minute_later() {
    let org = TestOrg::start(limited()).await;
    // The free org has 100 a minute for the list of users; one token gets half.
    for left in (0..50).rev() {
        let answer = org.get("/api/v1/users?limit=1").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.number("x-rate-limit-limit"), 50);
        assert_eq!(answer.number("x-rate-limit-remaining"), left);
    }
    let refused = org.get("/api/v1/users?limit=1").await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (429, "E0000047")
    );
    assert_eq!(refused.number("x-rate-limit-remaining"), 0);
    let reset = refused.number("x-rate-limit-reset");
    assert_eq!(reset, 1_795_341_660);
    // Another bucket is not concerned.
    assert_eq!(org.get("/api/v1/users/me").await.status, 200);
    org.hand.advance(Duration::from_mins(1));
    assert_eq!(org.get("/api/v1/users?limit=1").await.status, 200);
}

#[tokio::test]
async fn applications_and_all_that_hangs_below_them_share_one_small_bucket() {
    let org = TestOrg::start(limited()).await;
    let apps = org.get("/api/v1/apps").await;
    assert_eq!(apps.number("x-rate-limit-limit"), 10);
    let app = id(&apps.json()[0]);
    let users = org.get(&format!("/api/v1/apps/{app}/users")).await;
    assert_eq!(users.number("x-rate-limit-remaining"), 8);
    let groups = org.get(&format!("/api/v1/apps/{app}/groups")).await;
    assert_eq!(groups.number("x-rate-limit-remaining"), 7);
    let one = org.get(&format!("/api/v1/apps/{app}")).await;
    assert_eq!(one.number("x-rate-limit-remaining"), 49);
}

#[tokio::test]
async fn too_much_at_once_is_429_with_zeros() {
    let options = Options {
        latency: Duration::from_millis(400),
        ..limited()
    };
    let org = TestOrg::start(options).await;
    let answers =
        futures_util::future::join_all((0..45).map(|_| org.get("/api/v1/users/me"))).await;
    let crowded: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 429)
        .collect();
    assert!(!crowded.is_empty());
    for answer in crowded {
        assert_eq!(answer.error_code(), "E0000047");
        assert_eq!(answer.number("x-rate-limit-limit"), 0);
        assert_eq!(answer.number("x-rate-limit-remaining"), 0);
    }
}

#[tokio::test]
async fn an_org_without_limits_still_sends_the_headers() {
    let org = TestOrg::start(calm()).await;
    let answer = org.get("/api/v1/groups").await;
    assert!(answer.number("x-rate-limit-remaining") > 100_000);
}

#[tokio::test]
async fn only_oktas_own_paths_are_counted() {
    let org = TestOrg::start(calm()).await;
    let requests = async || org.get_as("/sim/v1/requests", None).await.json();
    assert_eq!(requests().await["total"], 0);
    org.get("/api/v1/users?limit=1").await;
    org.get("/api/v1/nothing").await;
    org.truth("").await;
    assert_eq!(org.get_as("/sim/v1/no/such/path", None).await.status, 404);
    let counted = requests().await;
    assert_eq!(counted["total"], 2);
    assert_eq!(
        counted["buckets"],
        json!({"/api/v1": 1, "/api/v1/users": 1})
    );
    assert_eq!(counted["statuses"], json!({"200": 1, "404": 1}));
}

#[tokio::test]
async fn faults_strike_as_ordered_and_then_all_is_well() {
    let org = TestOrg::start(calm()).await;
    let path = "/api/v1/users?limit=50";
    let good = org.get(path).await;
    org.fault(json!([
        {"kind": "rate_limit_storm", "path": "/api/v1/users"},
        {"kind": "server_error", "status": 503},
        {"kind": "html"},
        {"kind": "reset_mid_body"},
        {"kind": "truncated_json"},
        {"kind": "unauthorized"},
        {"kind": "forbidden"},
    ]))
    .await;
    let storm = org.get(path).await;
    assert_eq!(
        (storm.status, storm.number("x-rate-limit-remaining")),
        (429, 0)
    );
    assert!(storm.number("x-rate-limit-reset") > 0);
    assert_eq!(org.get(path).await.status, 503);
    let wall = org.get(path).await;
    assert_eq!(wall.status, 200);
    assert!(wall.header("content-type").starts_with("text/html"));
    assert!(org.try_get(path).await.is_err(), "the connection broke");
    let short = org.get(path).await;
    assert_eq!(short.status, 200);
    assert!(serde_json::from_str::<Value>(&short.text).is_err());
    assert_eq!(org.get(path).await.status, 401);
    assert_eq!(org.get(path).await.status, 403);
    assert_eq!(org.get(path).await.text, good.text);
}

#[tokio::test]
async fn a_stalled_answer_comes_in_the_end_and_a_wrong_fault_is_refused() {
    let org = TestOrg::start(calm()).await;
    let good = org.get("/api/v1/groups").await;
    org.fault(json!({"kind": "stall", "millis": 150})).await;
    let begun = std::time::Instant::now();
    assert_eq!(org.get("/api/v1/groups").await.text, good.text);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    org.fault(json!({"kind": "html", "count": 1000})).await;
    let called_off = org.send(Method::DELETE, "/sim/v1/faults").await;
    assert_eq!(called_off.status, 204);
    assert!(!called_off.headers.contains_key("content-type"));
    assert_eq!(org.get("/api/v1/groups").await.text, good.text);
}

#[tokio::test]
async fn a_change_that_the_org_refuses_says_why() {
    let org = TestOrg::start(calm()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |body: Value| {
        let url = format!("{}/sim/v1/changes", org.running.url);
        let answer = client.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, said) =
        post(json!({"change": "add_member", "group": "Everyone", "user": "me"})).await;
    assert_eq!(status, 409, "{said}");
    let (status, said) = post(json!({"change": "paint_it_black"})).await;
    assert_eq!(status, 400);
    assert!(said.contains("paint_it_black"), "{said}");
}
