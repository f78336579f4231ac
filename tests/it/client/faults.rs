//! Everything that can come back instead of an answer. None of it is ever an empty list.

use std::time::Duration;

use oktop::okta::{Cursor, DecodeFault, ErrorKind, Fault, UserSelect};
use tokio::io::AsyncWriteExt as _;

use super::server::{Answer, TestServer, byte_server, dead_url, raw_server, read_head};
use super::{in_time, reader, reader_with, settings};

fn problem(code: &str) -> String {
    format!(
        r#"{{"errorCode":"{code}","errorSummary":"Summary of {code}","errorLink":"{code}","errorId":"oae1","errorCauses":[]}}"#
    )
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    for (status, code, expected, is_denied) in [
        (401, "E0000011", "Unauthorised", true),
        (403, "E0000006", "Forbidden", true),
        (404, "E0000007", "NotFound", false),
        (401, "E0000015", "NotEnabled", false),
        (403, "E0000015", "NotEnabled", false),
        (404, "E0000008", "NotEnabled", false),
        (400, "E0000031", "Invalid(\"Summary of E0000031\")", false),
        (405, "E0000022", "Status(405)", false),
        (501, "E0000060", "NotEnabled", false),
    ] {
        let server = TestServer::script(vec![Answer::new(status, problem(code))]).await;
        let (reader, _driver) = reader(&server.url);
        let error = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
            .await
            .unwrap_err();
        assert_eq!(format!("{:?}", error.kind), expected);
        assert_eq!(error.code.as_deref(), Some(code));
        assert_eq!(error.request_id.as_deref(), Some("reqABC"));
        assert_eq!(error.is_denied(), is_denied);
        assert!(
            error.to_string().starts_with("could not list users: "),
            "{error}"
        );
        assert_eq!(server.seen().len(), 1, "{status} is not worth a repeat");
    }
}

#[tokio::test]
async fn what_okta_says_is_made_safe() {
    let body = r#"{"errorCode":"E0000001","errorSummary":"\u001b]0;owned\u0007 \u202e"}"#;
    let server = TestServer::script(vec![Answer::new(400, body)]).await;
    let (reader, _driver) = reader(&server.url);
    let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{shown:?}"
    );
}

#[tokio::test]
async fn a_failing_server_is_tried_four_times() {
    for status in [500, 502, 503, 504] {
        let server = TestServer::script(vec![Answer::new(status, problem("E0000009"))]).await;
        let (reader, _driver) = reader(&server.url);
        let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Server(s) if s == status),
            "{error:?}"
        );
        assert!(error.is_transient());
        assert_eq!(server.seen().len(), 4);
        assert_eq!(reader.traffic().retries, 3);
    }
}

#[tokio::test]
async fn a_server_that_recovers_is_forgiven() {
    let server = TestServer::script(vec![
        Answer::new(503, ""),
        Answer::new(500, problem("E0000009")),
        Answer::new(200, r#"[{"id":"0oa1"}]"#),
    ])
    .await;
    let (reader, _driver) = reader(&server.url);
    let page = in_time(reader.apps(&Cursor::Start)).await.unwrap();
    assert_eq!((page.items.len(), page.attempts), (1, 3));
}

#[tokio::test]
async fn a_200_that_is_no_list_is_no_empty_list() {
    for (body, expected) in [
        ("<html>Sign in to the hotel</html>", DecodeFault::Html),
        ("", DecodeFault::Empty),
        ("{}", DecodeFault::Shape("a list")),
        ("null", DecodeFault::Shape("a list")),
    ] {
        let server = TestServer::script(vec![Answer::new(200, body)]).await;
        let (reader, _driver) = reader(&server.url);
        let error = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
            .await
            .unwrap_err();
        assert!(
            matches!(&error.kind, ErrorKind::Decode(fault) if *fault == expected),
            "{body}: {error:?}"
        );
        assert_eq!(server.seen().len(), 1);
    }
    let server = TestServer::script(vec![Answer::new(204, "")]).await;
    let (reader, _driver) = reader(&server.url);
    let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Decode(DecodeFault::Empty)));
}

#[tokio::test]
async fn a_broken_answer_is_a_fault_of_the_connection() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for (name, bytes, fault, requests) in [
        ("nothing", String::new(), Fault::Interrupted, 4),
        (
            "half a head",
            "HTTP/1.1 200".to_owned(),
            Fault::Interrupted,
            4,
        ),
        (
            "not http",
            "SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned(),
            Fault::Interrupted,
            4,
        ),
        (
            "a short body",
            format!("{head}content-length: 100\r\n\r\n[{{\"id\""),
            Fault::Interrupted,
            4,
        ),
        (
            "a torn chunk",
            format!("{head}transfer-encoding: chunked\r\n\r\n10\r\n[]"),
            Fault::Interrupted,
            4,
        ),
        (
            "a torn gzip",
            format!("{head}content-encoding: gzip\r\ncontent-length: 3\r\n\r\n[1]"),
            Fault::Interrupted,
            4,
        ),
        (
            "many headers",
            format!(
                "{head}x-filler: {}\r\ncontent-length: 2\r\n\r\n[]",
                "x".repeat(70_000)
            ),
            Fault::TooLarge,
            1,
        ),
    ] {
        let (url, task) = byte_server(bytes).await;
        let (reader, _driver) = reader(&url);
        let error = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
            .await
            .unwrap_err();
        assert!(
            matches!(&error.kind, ErrorKind::Transport(e) if e.fault == fault),
            "{name}: {error:?}"
        );
        assert_eq!(reader.traffic().requests, requests, "{name}");
        task.abort();
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_no_connection() {
    let (reader, _driver) = reader(&dead_url().await);
    let error = in_time(reader.me()).await.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::Transport(e) if e.fault == Fault::Connect),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("address"));
    assert_eq!(reader.traffic().requests, 4);
}

#[tokio::test]
async fn a_stall_and_a_trickle_meet_their_deadlines() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[";
    let (stalled, stall_task) = raw_server(move |mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(head).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let (trickling, trickle_task) = raw_server(move |mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(head).await.unwrap();
        // One byte in each 20 ms: never idle, never done. It ends when the client hangs up.
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while stream.write_all(b" ").await.is_ok() {
            ticks.tick().await;
        }
    })
    .await;
    for url in [stalled, trickling] {
        let (clock, _driver) = super::driven_clock();
        let mut settings = settings(&url);
        settings.timeouts.idle = Duration::from_millis(150);
        settings.timeouts.exchange = Duration::from_millis(450);
        let reader = reader_with(settings, clock);
        let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
        assert!(
            matches!(&error.kind, ErrorKind::Transport(e) if e.fault == Fault::Timeout),
            "{error:?}"
        );
        assert_eq!(reader.traffic().requests, 2);
    }
    stall_task.abort();
    trickle_task.abort();
}

/// `[{"id":"0oa1"}]`
const PACKED_LIST: [u8; 35] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 139, 174, 86, 202, 76, 81, 178, 82, 50, 200, 79, 52, 84,
    170, 141, 5, 0, 12, 25, 95, 230, 15, 0, 0, 0,
];

#[tokio::test]
async fn a_packed_answer_is_unpacked_unless_it_is_a_bomb() {
    let packed = |body: Vec<u8>| Answer::new(200, body).with("content-encoding", "gzip");
    let server = TestServer::script(vec![packed(PACKED_LIST.to_vec())]).await;
    let (first, _driver) = reader(&server.url);
    let page = in_time(first.apps(&Cursor::Start)).await.unwrap();
    assert_eq!((page.items.len(), page.size_bytes), (1, 15));

    let bomb = zstd::decode_all(&include_bytes!("../../data/65_mib_of_spaces.gz.zst")[..]).unwrap();
    let server = TestServer::script(vec![packed(bomb)]).await;
    let (second, _driver) = reader(&server.url);
    let error = in_time(second.apps(&Cursor::Start)).await.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::Transport(e) if e.fault == Fault::TooLarge),
        "{error:?}"
    );
    assert_eq!(server.seen().len(), 1);
}
