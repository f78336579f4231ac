//! What clients take away from people at the simulated org (factors, sessions, consents, tokens), who may, and how the log tells
//! of whoever did it.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};

fn of(events: &[Value], wanted: &str) -> Vec<Value> {
    let found = events.iter().filter(|event| event["eventType"] == wanted);
    found.cloned().collect()
}

fn factors(list: &[Value]) -> BTreeSet<String> {
    let types = list
        .iter()
        .map(|factor| factor["factorType"].as_str().unwrap().to_owned());
    types.collect()
}

#[tokio::test]
async fn removing_a_push_removes_all_of_okta_verify() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    org.change(json!({"change": "reset_factors", "user": user}))
        .await;
    for factor in ["push", "signed_nonce", "webauthn"] {
        org.change(json!({"change": "enroll_factor", "user": user, "factor": factor}))
            .await;
    }
    let list = format!("/api/v1/users/{user}/factors");
    let held = org.get(&list).await.json();
    let held = held.as_array().unwrap();
    let push = held
        .iter()
        .find(|factor| factor["factorType"] == "push")
        .unwrap();
    let one = format!("{list}/{}", id(push));
    org.written(Method::DELETE, &one, None, 204).await;
    let left = org.get(&list).await.json();
    assert_eq!(
        factors(left.as_array().unwrap()),
        BTreeSet::from(["webauthn".to_owned()])
    );
    assert_eq!(
        org.refused(Method::DELETE, &one, None).await,
        (404, "E0000007".to_owned())
    );
    let reset = format!("/api/v1/users/{user}/lifecycle/reset_factors");
    assert_eq!(
        org.written(Method::POST, &reset, None, 200).await,
        json!({})
    );
    assert_eq!(org.get(&list).await.json(), json!([]));
    let before = org.told().await.len();
    // Without factors there is nothing to reset, and nothing to tell.
    assert_eq!(
        org.written(Method::POST, &reset, None, 200).await,
        json!({})
    );
    let events = org.told().await;
    assert_eq!(events.len(), before);
    assert_eq!(of(&events, "user.mfa.factor.deactivate").len(), 2);
    let told = of(&events, "user.mfa.factor.reset_all");
    assert_eq!(told.last().unwrap()["target"][0]["id"], json!(user));
}

#[tokio::test]
async fn ending_sessions_is_204_each_time_and_tokens_only_when_asked_for() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let path = format!("/api/v1/users/{user}/sessions");
    org.written(Method::DELETE, &path, None, 204).await;
    org.written(
        Method::DELETE,
        &format!("{path}?oauthTokens=true&forgetDevices=true"),
        None,
        204,
    )
    .await;
    let events = org.told().await;
    let cleared = of(&events, "user.session.clear");
    assert_eq!(cleared.len(), 2);
    assert_eq!(cleared[0]["target"][0]["id"], json!(user));
    assert_eq!(
        of(&events, "app.oauth2.token.revoke.implicit.user").len(),
        1
    );
    let nobody = "/api/v1/users/00uNOSUCHUSER0000000/sessions";
    let refused = org.refused(Method::DELETE, nobody, None).await;
    assert_eq!(refused, (404, "E0000007".to_owned()));
}

#[tokio::test]
async fn universal_logout_is_scheduled_and_then_done() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let path = "/oauth2/v1/global-token-revocation";
    let body = |subject: Value| json!({"sub_id": subject});
    let opaque = body(json!({"format": "opaque", "id": user}));
    org.written(Method::POST, path, Some(&opaque), 204).await;
    for wrong in [
        json!({"format": "opaque", "id": "00uNOSUCHUSER0000000"}),
        json!({"format": "opaque"}),
        json!({"format": "iss_sub", "iss": "https://idp.example", "sub": "ada"}),
    ] {
        let refused = org.refused(Method::POST, path, Some(&body(wrong))).await;
        assert_eq!(refused, (400, "E0000001".to_owned()));
    }
    let events = org.told().await;
    let scheduled = of(&events, "user.authentication.universal_logout.scheduled");
    let done = of(&events, "user.authentication.universal_logout");
    assert_eq!(scheduled.len(), 1);
    assert_eq!(done[0]["target"].as_array().unwrap().len(), 1);
    for event in scheduled.iter().chain(&done) {
        let targets = event["target"].as_array().unwrap();
        assert_eq!(targets.last().unwrap()["id"], json!(user));
    }
    for event in &done[1..] {
        assert_eq!(event["target"][0]["type"], "AppInstance");
    }
}

#[tokio::test]
async fn what_people_let_programs_have_is_taken_back_one_by_one_by_client_or_at_once() {
    let org = TestOrg::start(calm()).await;
    let mut with_grants = Vec::new();
    for user in org.ids("/api/v1/users").await {
        let path = format!("/api/v1/users/{user}/grants");
        let held = org.all(&path).await;
        if held.len() > 1 {
            with_grants.push((user, path, held));
        }
    }
    let (_, path, held) = &with_grants[0];
    org.written(
        Method::DELETE,
        &format!("{path}/{}", id(&held[0])),
        None,
        204,
    )
    .await;
    assert_eq!(org.all(path).await.len(), held.len() - 1);
    org.written(Method::DELETE, path, None, 204).await;
    org.written(Method::DELETE, path, None, 204).await;
    assert!(org.all(path).await.is_empty());
    let (user, path, held) = &with_grants[1];
    let client = held[0]["clientId"].as_str().unwrap();
    let of_client = format!("/api/v1/users/{user}/clients/{client}");
    org.written(Method::DELETE, &format!("{of_client}/grants"), None, 204)
        .await;
    assert!(
        !org.all(path)
            .await
            .iter()
            .any(|grant| grant["clientId"] == client)
    );
    org.written(Method::DELETE, &format!("{of_client}/tokens"), None, 204)
        .await;
    let events = org.told().await;
    assert_eq!(of(&events, "app.oauth2.as.consent.revoke.user").len(), 1);
    assert_eq!(
        of(&events, "app.oauth2.as.consent.revoke.user.client").len(),
        2
    );
}

/// Somebody of whose tokens a client keeps one, the path where they are, and the token.
async fn offline(org: &TestOrg, nth: usize) -> (String, String, Value) {
    let mut found = Vec::new();
    for user in org.ids("/api/v1/users").await {
        for client in org.all(&format!("/api/v1/users/{user}/clients")).await {
            let client = client["client_id"].as_str().unwrap();
            let path = format!("/api/v1/users/{user}/clients/{client}/tokens");
            let kept = org.all(&path).await.into_iter();
            found.extend(kept.map(|token| (user.clone(), path.clone(), token)));
        }
    }
    found.swap_remove(nth)
}

#[tokio::test]
async fn what_programs_keep_of_people_ends_one_by_one_by_client_and_with_all_their_tokens() {
    let org = TestOrg::start(calm()).await;
    let (user, path, token) = offline(&org, 0).await;
    assert!(token["id"].as_str().unwrap().starts_with("oar"));
    assert_eq!(token["userId"], json!(user));
    assert!(token["scopes"].to_string().contains("offline_access"));
    assert_eq!(token["_embedded"], Value::Null);
    let own = format!("{path}/{}", id(&token));
    let whole = org.get(&format!("{own}?expand=scope")).await.json();
    assert_eq!(whole["_embedded"]["scopes"][2]["name"], "offline_access");
    org.written(Method::DELETE, &own, None, 204).await;
    let gone = org.refused(Method::DELETE, &own, None).await;
    assert_eq!(gone, (404, "E0000007".to_owned()));
    assert_eq!(org.get(&own).await.status, 404);
    assert!(org.all(&path).await.is_empty());
    let events = org.told().await;
    let told = of(&events, "app.oauth2.token.revoke");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["target"][0]["id"], json!(user));
    assert_eq!(told[0]["target"][2]["id"], token["id"]);

    let (_, path, _) = offline(&org, 0).await;
    org.written(Method::DELETE, &path, None, 204).await;
    org.written(Method::DELETE, &path, None, 204).await;
    assert!(org.all(&path).await.is_empty());
    let told = of(&org.told().await, "app.oauth2.token.revoke");
    assert_eq!(told.len(), 2);

    let ways = ["sessions?oauthTokens=true", "sessions"];
    for (way, left) in ways.into_iter().zip([0, 1]) {
        let (user, path, _) = offline(&org, 0).await;
        let sessions = format!("/api/v1/users/{user}/{way}");
        org.written(Method::DELETE, &sessions, None, 204).await;
        assert_eq!(org.all(&path).await.len(), left, "{way}");
    }
    let (user, path, _) = offline(&org, 0).await;
    let deactivate = format!("/api/v1/users/{user}/lifecycle/deactivate");
    org.written(Method::POST, &deactivate, None, 200).await;
    assert!(org.all(&path).await.is_empty());
}

#[tokio::test]
async fn a_refresh_token_lives_for_ninety_days() {
    let org = TestOrg::start(calm()).await;
    let (_, path, token) = offline(&org, 0).await;
    let at = |name: &str| token[name].as_str().unwrap().parse::<jiff::Timestamp>();
    let (created, expires) = (at("created").unwrap(), at("expiresAt").unwrap());
    assert_eq!(
        expires.duration_since(created),
        jiff::SignedDuration::from_hours(90 * 24)
    );
    // An API token that nobody uses for 30 days ends too.
    while org.clock.now() < expires {
        assert!(!org.all(&path).await.is_empty());
        let left = expires.duration_since(org.clock.now()).unsigned_abs();
        org.hand.advance(left.min(Duration::from_hours(29 * 24)));
    }
    assert!(org.all(&path).await.is_empty());
}

#[tokio::test]
async fn the_log_names_the_program_its_address_its_request_and_its_token() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let agent = format!("oktop/1.4.0 (op/01J8ZQ; at/2) {}", "x".repeat(600));
    let headers = [
        ("User-Agent", agent.as_str()),
        ("X-Forwarded-For", "134.209.7.9, 10.0.0.1"),
    ];
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    let answer = org.write_with(Method::POST, &path, &headers, None).await;
    assert_eq!(answer.status, 200);
    let request = answer.header("x-okta-request-id");
    let events = org.told().await;
    let suspended = &of(&events, "user.lifecycle.suspend")[0];
    let client = &suspended["client"];
    let raw = client["userAgent"]["rawUserAgent"].as_str().unwrap();
    assert!(raw.starts_with("oktop/1.4.0 (op/01J8ZQ; at/2) x"));
    assert_eq!(raw.len(), 500);
    assert_eq!(client["ipAddress"], "134.209.7.9");
    assert_eq!(client["geographicalContext"]["city"], "Frankfurt am Main");
    assert_eq!(suspended["transaction"]["id"], request);
    let debug = &suspended["debugContext"]["debugData"];
    assert_eq!(debug["requestId"], request);
    assert_eq!(
        (&debug["requestUri"], &debug["url"]),
        (&json!(path), &json!(format!("{path}?")))
    );
    let me = org.get("/api/v1/users/me").await.json();
    assert_eq!(suspended["actor"]["id"], me["id"]);
    let token = suspended["transaction"]["detail"]["requestApiTokenId"]
        .as_str()
        .unwrap();
    assert_eq!(
        org.get(&format!("/api/v1/api-tokens/{token}")).await.status,
        200
    );
    let day = "since=2026-11-22T10:00:00.000Z&until=2026-11-23T10:00:00.000Z";
    // That is how somebody finds what became of a call whose answer never came.
    for filter in [
        "client.userAgent.rawUserAgent co \"op/01J8ZQ; at/2\"".to_owned(),
        format!("transaction.id eq \"{request}\""),
        format!("transaction.detail.requestApiTokenId eq \"{token}\""),
    ] {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let found = org
            .all(&format!("/api/v1/logs?{day}&filter={filter}"))
            .await;
        assert_eq!(found.len(), 1, "{filter}");
    }
    let other = "client.userAgent.rawUserAgent+co+%22op%2F01J8ZR%22";
    assert!(
        org.all(&format!("/api/v1/logs?{day}&filter={other}"))
            .await
            .is_empty()
    );
}

/// An API token of somebody with these roles.
async fn token(org: &TestOrg, roles: &[&str]) -> String {
    let made = org.post("/sim/v1/tokens", &json!({"roles": roles})).await;
    made.json()["secret"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_role_may_change_what_it_is_for() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("LOCKED_OUT").await;
    let group = json!({"profile": {"name": "Rights"}});
    let group = id(&org
        .written(Method::POST, "/api/v1/groups", Some(&group), 200)
        .await);
    let lifecycle = |name: &str| format!("/api/v1/users/{user}/lifecycle/{name}");
    let member = format!("/api/v1/groups/{group}/users/{user}");
    for (role, method, path, status) in [
        ("READ_ONLY_ADMIN", Method::POST, lifecycle("unlock"), 403),
        (
            "GROUP_MEMBERSHIP_ADMIN",
            Method::POST,
            lifecycle("unlock"),
            403,
        ),
        ("HELP_DESK_ADMIN", Method::POST, lifecycle("unlock"), 200),
        ("HELP_DESK_ADMIN", Method::POST, lifecycle("suspend"), 403),
        ("HELP_DESK_ADMIN", Method::PUT, member.clone(), 403),
        ("GROUP_MEMBERSHIP_ADMIN", Method::PUT, member.clone(), 204),
        ("APP_ADMIN", Method::DELETE, member.clone(), 403),
        ("USER_ADMIN", Method::POST, lifecycle("suspend"), 200),
        (
            "USER_ADMIN",
            Method::POST,
            format!("/api/v1/users/{user}/roles"),
            403,
        ),
        (
            "ORG_ADMIN",
            Method::DELETE,
            "/api/v1/api-tokens/00TNOSUCHTOKEN000000".to_owned(),
            403,
        ),
    ] {
        let secret = token(&org, &[role]).await;
        let answer = org.send_as(method, &path, &secret).await;
        assert_eq!(answer.status, status, "{role} {path}: {}", answer.text);
        if status == 403 {
            assert_eq!(answer.error_code(), "E0000006", "{role} {path}");
        }
    }
}

#[tokio::test]
async fn a_token_may_end_itself_and_is_dead_at_once() {
    let org = TestOrg::start(calm()).await;
    let secret = token(&org, &["READ_ONLY_ADMIN"]).await;
    let ended = org
        .send_as(Method::DELETE, "/api/v1/api-tokens/current", &secret)
        .await;
    assert_eq!(ended.status, 204);
    let dead = org.get_as("/api/v1/users/me", Some(&secret)).await;
    assert_eq!((dead.status, dead.error_code().as_str()), (401, "E0000011"));
    let made = org
        .post("/sim/v1/tokens", &json!({"roles": ["ORG_ADMIN"]}))
        .await
        .json();
    let path = format!("/api/v1/api-tokens/{}", id(&made));
    org.written(Method::DELETE, &path, None, 204).await;
    assert_eq!(
        org.refused(Method::DELETE, &path, None).await,
        (404, "E0000007".to_owned())
    );
    let events = org.told().await;
    let revoked = of(&events, "system.api_token.revoke");
    assert_eq!(revoked.len(), 2);
    assert_eq!(revoked[1]["target"][0]["id"], made["id"]);
}
