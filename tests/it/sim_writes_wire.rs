//! What changes meet on the wire at the simulated org: limits, faults before and after they are made, bodies, and how soon they
//! are seen.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};
use oktop::sim::Options;
use oktop::sim::fault::Strikes;
use oktop::sim::fault::row::{self, Reads};
use oktop::sim::rate::Profile;

async fn status(org: &TestOrg, user: &str) -> Value {
    org.get(&format!("/api/v1/users/{user}")).await.json()["status"].clone()
}

fn lifecycle(user: &str, operation: &str) -> String {
    format!("/api/v1/users/{user}/lifecycle/{operation}")
}

#[tokio::test]
async fn s06_a_write_without_a_body_may_say_anything_about_it_and_204_says_nothing() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    // As Okta's Python SDK sends it.
    let headers = [
        ("Content-Type", "application/octet-stream"),
        ("Content-Length", "0"),
    ];
    let answer = org
        .write_with(Method::POST, &lifecycle(&user, "suspend"), &headers, None)
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
    let body = json!({"profile": {"name": "Octets"}});
    let group = id(&org
        .written(Method::POST, "/api/v1/groups", Some(&body), 200)
        .await);
    let member = format!("/api/v1/groups/{group}/users/{user}");
    let answer = org.write_with(Method::PUT, &member, &headers, None).await;
    assert_eq!(answer.status, 204);
    assert!(!answer.headers.contains_key("content-type"));
}

#[tokio::test]
async fn s06_a_write_without_a_length_is_411() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    // This client says nothing of a body that is not there.
    for method in [Method::POST, Method::PUT] {
        let answer = org.send(method, &lifecycle(&user, "suspend")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (411, "text/html")
        );
    }
    assert_eq!(status(&org, &user).await, "ACTIVE");
}

#[tokio::test]
async fn what_is_listed_after_many_writes_is_the_truth() {
    let org = TestOrg::start(calm()).await;
    let other = org.somebody("ACTIVE").await;
    org.written(Method::POST, &lifecycle(&other, "suspend"), None, 200)
        .await;
    let user = org.somebody("ACTIVE").await;
    let app = id(&org.get("/api/v1/apps").await.json()[0]);
    let name = |n: usize| json!({"profile": {"name": format!("Many {n}")}});
    let mut groups = Vec::new();
    for n in 0..3 {
        let made = org
            .written(Method::POST, "/api/v1/groups", Some(&name(n)), 200)
            .await;
        let group = id(&made);
        for user in [&user, &other] {
            let member = format!("/api/v1/groups/{group}/users/{user}");
            org.written(Method::PUT, &member, None, 204).await;
        }
        let given = format!("/api/v1/apps/{app}/groups/{group}");
        org.written(Method::PUT, &given, None, 200).await;
        groups.push(group);
    }
    org.hand.advance(Duration::from_secs(5));
    org.written(
        Method::DELETE,
        &format!("/api/v1/groups/{}", groups[0]),
        None,
        204,
    )
    .await;
    org.written(
        Method::DELETE,
        &format!("/api/v1/apps/{app}/groups/{}", groups[1]),
        None,
        204,
    )
    .await;
    org.written(Method::POST, &lifecycle(&other, "deactivate"), None, 200)
        .await;
    org.hand.advance(Duration::from_secs(10));
    let truth = org.truth("/memberships").await;
    for (group, members) in truth.as_object().unwrap() {
        let listed = org.ids(&format!("/api/v1/groups/{group}/users")).await;
        assert_eq!(json!(listed), *members, "{group}");
    }
    let truth = org.truth("/app_users").await;
    for (app, users) in truth.as_object().unwrap() {
        let listed = org
            .all(&format!("/api/v1/apps/{app}/users?limit=500"))
            .await;
        assert_eq!(listed.len(), users.as_array().unwrap().len(), "{app}");
        assert!(!listed.iter().any(|user| user["id"] == json!(other)));
    }
    assert!(
        org.all(&format!("/api/v1/users/{other}/groups"))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_write_over_the_limit_is_429_and_nothing_has_happened() {
    let options = Options {
        rate_limits: Profile::Integrator,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let body = |n: usize| json!({"profile": {"name": format!("Limited {n}")}});
    let mut made = 0;
    let refused = loop {
        let answer = org
            .write(Method::POST, "/api/v1/groups", Some(&body(made)))
            .await;
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.status, 200);
        made += 1;
    };
    assert_eq!(refused.error_code(), "E0000047");
    assert_eq!((made, refused.number("x-rate-limit-remaining")), (50, 0));
    org.hand.advance(Duration::from_mins(1));
    let names: Vec<Value> = org.all("/api/v1/groups?limit=200").await;
    let limited = names.iter().filter(|group| {
        group["profile"]["name"]
            .as_str()
            .unwrap()
            .starts_with("Limited")
    });
    assert_eq!(limited.count(), made);
}

#[tokio::test]
async fn a_fault_strikes_before_the_change_or_after_it() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let path = lifecycle(&user, "suspend");
    org.fault(json!({"kind": "server_error", "status": 503, "path": path, "method": "POST"}))
        .await;
    assert_eq!(org.write(Method::POST, &path, None).await.status, 503);
    assert_eq!(status(&org, &user).await, "ACTIVE");
    let after = json!({"kind": "server_error", "status": 503, "path": path, "strikes": "after"});
    org.fault(after).await;
    assert_eq!(org.write(Method::POST, &path, None).await.status, 503);
    assert_eq!(status(&org, &user).await, "SUSPENDED");
    assert_eq!(
        org.refused(Method::POST, &path, None).await,
        (400, "E0000001".to_owned())
    );
    let told = org.told().await;
    let suspended = told
        .iter()
        .filter(|event| event["eventType"] == "user.lifecycle.suspend");
    assert_eq!(suspended.count(), 1);
}

#[tokio::test]
async fn a_fault_after_the_change_waits_for_a_request_that_is_not_refused() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    for kind in ["server_error", "truncated_json", "html"] {
        org.fault(json!({"kind": kind, "path": "/api/v1/users/*/lifecycle/*", "strikes": "after"}))
            .await;
        // As it is: nothing to unsuspend, and so nothing whose answer could be lost.
        let refused = org
            .refused(Method::POST, &lifecycle(&user, "unsuspend"), None)
            .await;
        assert_eq!(refused, (400, "E0000001".to_owned()), "{kind}");
        let answer = org
            .write(Method::POST, &lifecycle(&user, "suspend"), None)
            .await;
        assert_ne!(answer.text, "{}", "{kind}: the answer is not lost");
        assert_eq!(status(&org, &user).await, "SUSPENDED", "{kind}");
        org.written(Method::POST, &lifecycle(&user, "unsuspend"), None, 200)
            .await;
    }
}

#[tokio::test]
async fn a_severed_request_is_counted_and_tells_who_sent_it() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let path = lifecycle(&user, "suspend");
    let requests = async || org.get_as("/sim/v1/requests", None).await.json();
    let before = requests().await;
    for strikes in ["before", "after"] {
        org.fault(json!({"kind": "reset_before_answer", "path": path, "strikes": strikes}))
            .await;
        let agent = format!("oktop/1 at={strikes}");
        let lost = org.try_write_as(&agent, Method::POST, &path).await;
        assert!(lost.is_err(), "{strikes}: {lost:?}");
    }
    assert_eq!(status(&org, &user).await, "SUSPENDED");
    let now = requests().await;
    // Two writes, and the look at the user.
    let grown = |of: &str| now[of].as_u64().unwrap() - before[of].as_u64().unwrap();
    assert_eq!((grown("total"), grown("severed")), (3, 2));
    let bucket = |of: &Value| of["buckets"]["/api/v1"].as_u64().unwrap_or(0);
    assert_eq!(bucket(&now) - bucket(&before), 2);
    let writes = async |which: &str| {
        let path = format!("/sim/v1/writes?path=/api/v1/users/{user}{which}");
        org.get_as(&path, None).await.json()
    };
    let all = writes("").await;
    let of = |at: usize| (&all[at]["outcome"], &all[at]["answered"]);
    assert_eq!(of(0), (&Value::Null, &Value::Null), "never looked at");
    assert_eq!(of(1), (&json!(200), &Value::Null), "done, and never told");
    assert_eq!(all.as_array().unwrap().len(), 2, "reads are no writes");
    assert_eq!(all[1]["method"], "POST");
    let after = writes("&agent=at%3Dafter").await;
    assert_eq!(after, json!([all[1]]));
    assert_eq!(after[0]["agent"], "oktop/1 at=after");
}

#[tokio::test]
async fn bodies_that_are_none_too_large_or_not_json_are_refused_before_anything_changes() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let before = org.truth("").await;
    let own = format!("/api/v1/users/{user}");
    for (method, path) in [
        (Method::POST, "/api/v1/users".to_owned()),
        (Method::POST, own.clone()),
        (Method::PUT, own.clone()),
        (Method::POST, "/api/v1/groups".to_owned()),
        (Method::POST, "/api/v1/groups/rules".to_owned()),
        (Method::POST, format!("{own}/roles")),
    ] {
        // A text where an object should be, and nothing at all.
        for body in [Some(json!("text")), None] {
            let answer = org.write(method.clone(), &path, body.as_ref()).await;
            let said = (answer.status, answer.error_code());
            assert_eq!(said, (400, "E0000003".to_owned()), "{method} {path}");
            assert_eq!(answer.json()["errorCauses"], json!([]), "{path}");
        }
        let xml = [("Content-Type", "text/xml")];
        let body = json!({});
        let answer = org
            .write_with(method.clone(), &path, &xml, Some(&body))
            .await;
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (404, "E0000012"),
            "{path}"
        );
    }
    let huge = json!({"profile": {"name": "x".repeat(3 << 20)}});
    let answer = org.write(Method::POST, "/api/v1/groups", Some(&huge)).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    for (method, path) in [
        (Method::PATCH, own.clone()),
        (Method::GET, lifecycle(&user, "suspend")),
        (Method::PUT, "/api/v1/users".to_owned()),
    ] {
        let answer = org.write(method.clone(), &path, None).await;
        let said = (answer.status, answer.error_code());
        assert_eq!(said, (405, "E0000022".to_owned()), "{method} {path}");
        assert!(answer.headers.contains_key("allow"), "{method} {path}");
    }
    assert_eq!(org.truth("").await, before);
    assert!(org.told().await.is_empty());
}

#[tokio::test]
async fn every_row_that_loses_an_answer_has_let_the_change_happen() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let rows: Vec<_> = row::all()
        .iter()
        .filter(|row| row.reads == Reads::None)
        .collect();
    assert!(rows.len() >= 6);
    for (n, row) in rows.into_iter().enumerate() {
        assert_eq!(row.strikes(), Strikes::After, "{}", row.name);
        let operation = if n % 2 == 0 { "suspend" } else { "unsuspend" };
        let path = lifecycle(&user, operation);
        org.fault(
            json!({"row": row.name, "path": "/api/v1/users/*/lifecycle/*", "method": "POST"}),
        )
        .await;
        let lost = org.try_write(Method::POST, &path).await;
        let heard = lost.is_ok_and(|answer| answer.status == 200 && answer.text == "{}");
        assert!(!heard, "{}", row.name);
        let expected = if n % 2 == 0 { "SUSPENDED" } else { "ACTIVE" };
        assert_eq!(status(&org, &user).await, expected, "{}", row.name);
    }
}

#[tokio::test]
async fn s05_everything_but_a_search_sees_a_write_at_once() {
    let options = Options {
        index_lag: Duration::from_secs(30),
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let login = "ada.byron@northwind.example";
    let body = json!({"profile": {"login": login, "email": login, "firstName": "Ada", "lastName": "Byron"}});
    let user = id(&org
        .written(
            Method::POST,
            "/api/v1/users?activate=false",
            Some(&body),
            200,
        )
        .await);
    let body = json!({"profile": {"name": "Ledger"}});
    let group = id(&org
        .written(Method::POST, "/api/v1/groups", Some(&body), 200)
        .await);
    let member = format!("/api/v1/groups/{group}/users/{user}");
    org.written(Method::PUT, &member, None, 204).await;
    let has = async |path: &str, id: &String| org.ids(path).await.contains(id);
    for (path, id) in [
        ("/api/v1/users".to_owned(), &user),
        ("/api/v1/users?q=Ada".to_owned(), &user),
        ("/api/v1/groups".to_owned(), &group),
        ("/api/v1/groups?q=Ledger".to_owned(), &group),
        (format!("/api/v1/groups/{group}/users"), &user),
        (format!("/api/v1/users/{user}/groups"), &group),
    ] {
        assert!(has(&path, id).await, "{path}");
    }
    assert_eq!(org.get(&format!("/api/v1/users/{login}")).await.status, 200);
    let searches = [
        (
            "/api/v1/users?search=profile.lastName+eq+%22Byron%22",
            &user,
        ),
        ("/api/v1/groups?search=profile.name+eq+%22Ledger%22", &group),
    ];
    for (path, id) in searches {
        assert!(!has(path, id).await, "{path}");
    }
    org.hand.advance(Duration::from_secs(31));
    for (path, id) in searches {
        assert!(has(path, id).await, "{path}");
    }
}
