//! What is asked for, what comes back, and how one page leads to the next.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use jiff::Timestamp;
use oktop::domain::id::{AppId, GroupId, UserId};
use oktop::okta::{
    Cursor, ErrorKind, GroupSelect, LogSelect, Reader, ServiceTransport, UserSelect,
};
use std::sync::Arc;

use super::server::{Answer, Seen, TestServer};
use super::{TOKEN, driven_clock, in_time, reader, settings};

const PAGES: [&str; 3] = [
    r#"[{"id":"00u1","profile":{"login":"ana"},"surprise":1}, {"id":"00u2"}]"#,
    r#"[{"id":"00u3"},{"no":"id"}]"#,
    "[]",
];

/// Three pages of users, chained by links to whatever host was asked.
async fn three_pages() -> TestServer {
    TestServer::start(|number, seen: Seen| async move {
        let host = seen.header("host").to_owned();
        let mut answer = Answer::new(200, PAGES[number])
            .with("date", "Sun, 22 Nov 2026 10:00:07 GMT")
            .with(
                "link",
                format!("<http://{host}{}>; rel=\"self\"", seen.target),
            );
        if number < 2 {
            let next = format!("http://{host}/api/v1/users?after=p{number}&limit=200&search=id+pr");
            answer = answer.with("link", format!("<{next}>; rel=\"next\""));
        }
        answer.into()
    })
    .await
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let server = three_pages().await;
    let (reader, _driver) = reader(&server.url);
    let mut cursor = Cursor::Start;
    let mut pages = Vec::new();
    loop {
        let page = in_time(reader.users(UserSelect::Everything, &cursor))
            .await
            .unwrap();
        let next = page.next.clone();
        pages.push(page);
        match next {
            // As the sync does: stored as text and taken back.
            Some(link) => cursor = reader.restore_link(link.as_str()).unwrap().into(),
            None => break,
        }
    }
    let ids: Vec<&str> = pages
        .iter()
        .flat_map(|page| page.items.iter().map(|item| item.value.id.as_str()))
        .collect();
    assert_eq!(ids, ["00u1", "00u2", "00u3"]);
    assert_eq!(
        pages[0].items[0].raw.as_unsafe_str(),
        r#"{"id":"00u1","profile":{"login":"ana"},"surprise":1}"#
    );
    assert_eq!(pages[1].bad.len(), 1);
    assert_eq!(pages[0].served_at.to_string(), "2026-11-22T10:00:07Z");
    assert_eq!(pages[0].request_id.as_deref(), Some("reqABC"));
    assert_eq!(pages[2].size_bytes, 2);

    let targets: Vec<String> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets[0], "/api/v1/users?search=id+pr&limit=200");
    assert_eq!(targets[2], "/api/v1/users?after=p1&limit=200&search=id+pr");
    let traffic = reader.traffic();
    assert_eq!(
        (traffic.requests, traffic.retries, traffic.throttled),
        (3, 0, 0)
    );
    assert_eq!(
        traffic.received_bytes,
        PAGES.iter().map(|page| page.len() as u64).sum::<u64>()
    );
}

#[tokio::test]
async fn every_request_says_who_asks_and_nothing_more() {
    let server = TestServer::script(vec![Answer::new(200, "[]")]).await;
    let (reader, _driver) = reader(&server.url);
    in_time(reader.apps(&Cursor::Start)).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("authorization"), format!("SSWS {TOKEN}"));
    assert_eq!(seen.header("accept"), "application/json");
    assert!(seen.header("user-agent").starts_with("oktop/"));
    assert_eq!(seen.header("accept-encoding"), "gzip");
    let mut names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "host",
            "user-agent"
        ]
    );
}

#[tokio::test]
async fn each_list_asks_for_its_largest_page() {
    let server = TestServer::script(vec![Answer::new(200, "[]")]).await;
    let (reader, _driver) = reader(&server.url);
    let time: Timestamp = "2026-11-22T09:50:00.250Z".parse().unwrap();
    let until: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let group: GroupId = "00g1".parse().unwrap();
    let app: AppId = "0oa1".parse().unwrap();
    let user: UserId = "00u1".parse().unwrap();
    let start = Cursor::Start;
    in_time(async {
        reader
            .users(UserSelect::UpdatedSince(time), &start)
            .await
            .unwrap();
        reader
            .groups(GroupSelect::Everything, &start)
            .await
            .unwrap();
        reader
            .groups(GroupSelect::UpdatedSince(time), &start)
            .await
            .unwrap();
        reader.group_members(&group, &start).await.unwrap();
        reader.group_apps(&group, &start).await.unwrap();
        reader.app_users(&app, &start).await.unwrap();
        reader.app_groups(&app, &start).await.unwrap();
        reader.user_groups(&user, &start).await.unwrap();
        reader.user_factors(&user).await.unwrap();
        reader
            .logs(LogSelect::Follow { since: time }, None, &start)
            .await
            .unwrap();
        let bounded = LogSelect::Bounded {
            since: time,
            until,
            descending: true,
        };
        reader
            .logs(bounded, Some("actor.id eq \"00u1\""), &start)
            .await
            .unwrap();
    })
    .await;
    let asked: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| {
            let decoded: Vec<_> = url::form_urlencoded::parse(
                seen.target
                    .split_once('?')
                    .map_or("", |(_, q)| q)
                    .as_bytes(),
            )
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
            format!(
                "{} {}",
                seen.target.split('?').next().unwrap(),
                decoded.join("&")
            )
            .trim()
            .to_owned()
        })
        .collect();
    let t = "2026-11-22T09:50:00.250Z";
    assert_eq!(
        asked,
        [
            format!("/api/v1/users search=lastUpdated gt \"{t}\"&limit=200"),
            "/api/v1/groups limit=200&expand=stats".into(),
            format!(
                "/api/v1/groups limit=200&expand=stats&search=lastUpdated gt \"{t}\" or lastMembershipUpdated gt \"{t}\""
            ),
            "/api/v1/groups/00g1/users limit=1000".into(),
            "/api/v1/groups/00g1/apps limit=200".into(),
            "/api/v1/apps/0oa1/users limit=500".into(),
            "/api/v1/apps/0oa1/groups limit=200".into(),
            "/api/v1/users/00u1/groups".into(),
            "/api/v1/users/00u1/factors".into(),
            format!("/api/v1/logs limit=1000&since={t}&sortOrder=ASCENDING"),
            format!(
                "/api/v1/logs limit=1000&since={t}&until=2026-11-22T10:00:00.000Z&sortOrder=DESCENDING&filter=actor.id eq \"00u1\""
            ),
        ]
    );
}

#[tokio::test]
async fn a_login_reaches_okta_as_it_was_given() {
    let server = TestServer::start(|_, seen: Seen| async move {
        let body = if seen.target.contains("search=") {
            r#"[{"id":"00u7"}]"#
        } else {
            r#"{"id":"00u7"}"#
        };
        Answer::new(200, body).into()
    })
    .await;
    let (reader, _driver) = reader(&server.url);
    for (login, target) in [
        ("ana@acme.com", "/api/v1/users/ana@acme.com"),
        ("a+b?c#d%2f e", "/api/v1/users/a+b%3Fc%23d%252f%20e"),
        (
            "a/b",
            "/api/v1/users?search=profile.login+eq+%22a%2Fb%22&limit=2",
        ),
        (
            "..",
            "/api/v1/users?search=profile.login+eq+%22..%22&limit=2",
        ),
        (
            "me",
            "/api/v1/users?search=profile.login+eq+%22me%22&limit=2",
        ),
        (
            "a/\"or",
            "/api/v1/users?search=profile.login+eq+%22a%2F%5C%22or%22&limit=2",
        ),
    ] {
        let user = in_time(reader.user_by_login(login)).await.unwrap();
        assert_eq!(user.value.id.as_str(), "00u7");
        assert_eq!(server.seen().last().unwrap().target, target, "{login}");
    }
}

#[tokio::test]
async fn a_login_that_nobody_has_is_not_found() {
    let server = TestServer::script(vec![Answer::new(200, "[]")]).await;
    let (reader, _driver) = reader(&server.url);
    let error = in_time(reader.user_by_login("a/b")).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn the_org_is_asked_who_it_is_without_the_token() {
    let server = TestServer::start(|_, seen: Seen| async move {
        let body = match seen.target.as_str() {
            "/.well-known/okta-organization" => r#"{"id":"00o1","pipeline":"idx"}"#,
            _ => r#"{"id":"00o1","companyName":"Acme"}"#,
        };
        Answer::new(200, body).into()
    })
    .await;
    let (reader, _driver) = reader(&server.url);
    let probe = in_time(reader.well_known()).await.unwrap();
    assert_eq!(
        (probe.id.as_str(), probe.pipeline.as_deref()),
        ("00o1", Some("idx"))
    );
    assert_eq!(server.seen()[0].header("authorization"), "");
    let org = in_time(reader.organization()).await.unwrap().value;
    assert_eq!(org.company.as_deref(), Some("Acme"));
    assert_eq!(format!("http://{}", org.host), server.url);
}

#[tokio::test]
async fn a_rejected_cursor_is_told_apart_from_a_rejected_query() {
    let problem = r#"{"errorCode":"E0000029","errorSummary":"Invalid paging request"}"#;
    let server = TestServer::script(vec![Answer::new(400, problem)]).await;
    let (reader, _driver) = reader(&server.url);
    let link = reader
        .restore_link(&format!("{}/api/v1/logs?after=old", server.url))
        .unwrap();
    let select = LogSelect::Follow {
        since: Timestamp::UNIX_EPOCH,
    };
    let error = in_time(reader.logs(select, None, &link.into()))
        .await
        .unwrap_err();
    assert!(matches!(error.kind, ErrorKind::CursorRejected), "{error:?}");
    assert_eq!(error.code.as_deref(), Some("E0000029"));
    let error = in_time(reader.logs(select, Some("x"), &Cursor::Start))
        .await
        .unwrap_err();
    assert!(matches!(&error.kind, ErrorKind::Invalid(why) if &**why == "Invalid paging request"));
}

#[tokio::test]
async fn a_server_in_the_same_process_is_read_the_same_way() {
    let router = Router::new().route(
        "/api/v1/users/me",
        get(|headers: HeaderMap| async move {
            assert!(headers.contains_key("authorization"));
            r#"{"id":"00u1"}"#
        }),
    );
    let (clock, _driver) = driven_clock();
    let transport = Arc::new(ServiceTransport::new(router));
    let reader = Reader::new(settings("http://127.0.0.1:9"), transport, clock);
    assert_eq!(
        in_time(reader.me()).await.unwrap().value.id.as_str(),
        "00u1"
    );
    // The router's own 404 is not Okta's word that something is gone.
    let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Status(404)), "{error}");
}
