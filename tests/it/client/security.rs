//! The token goes to the org and nowhere else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use oktop::clock::Clock;
use oktop::domain::secret::Secret;
use oktop::okta::{
    Cursor, ErrorKind, Fault, HttpTransport, LinkFault, Proxy, SetupError, UserSelect,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::server::{Answer, TestServer, raw_server, read_head};
use super::{TOKEN, in_time, reader, reader_with, settings};

#[tokio::test]
async fn a_link_to_another_host_stops_the_listing_and_nothing_is_sent_there() {
    let thief = TestServer::script(vec![Answer::new(200, "[]")]).await;
    for next in [
        format!("{}/api/v1/users?after=x", thief.url),
        "https://evil.example/api/v1/users".to_owned(),
        thief.url.replace("http://", "http://me@"),
    ] {
        let answer =
            Answer::new(200, r#"[{"id":"00u1"}]"#).with("link", format!("<{next}>; rel=\"next\""));
        let server = TestServer::script(vec![answer]).await;
        let (reader, _driver) = reader(&server.url);
        let error = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::SecurityStop(_)),
            "{error:?}"
        );
        assert!(error.hint().is_some());
        assert!(
            reader.restore_link(&next).is_err(),
            "nor is it taken back from a store"
        );
    }
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn two_next_links_stop_the_listing() {
    let server = TestServer::start(|_, seen| async move {
        let host = seen.header("host").to_owned();
        Answer::new(200, "[]")
            .with(
                "link",
                format!("<http://{host}/api/v1/users?after=1>; rel=\"next\""),
            )
            .with(
                "link",
                format!("<http://{host}/api/v1/users?after=2>; rel=\"next\""),
            )
            .into()
    })
    .await;
    let (reader, _driver) = reader(&server.url);
    let error = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
        .await
        .unwrap_err();
    assert!(matches!(
        error.kind,
        ErrorKind::SecurityStop(LinkFault::Ambiguous)
    ));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let thief = TestServer::script(vec![Answer::new(200, "[]")]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/api/v1/users?token=secret", thief.url);
        let answer = Answer::new(status, "").with("location", location);
        let server = TestServer::script(vec![answer]).await;
        let (reader, _driver) = reader(&server.url);
        let error = in_time(reader.users(UserSelect::Everything, &Cursor::Start))
            .await
            .unwrap_err();
        assert!(
            matches!(&error.kind, ErrorKind::Redirect(to) if **to == thief.url),
            "{error:?}"
        );
        assert_eq!(server.seen().len(), 1, "{status}");
    }
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let answer = Answer::new(200, "[]").with("set-cookie", "sid=102x; Path=/");
    let server = TestServer::script(vec![answer]).await;
    let (reader, _driver) = reader(&server.url);
    for _ in 0..2 {
        in_time(reader.apps(&Cursor::Start)).await.unwrap();
    }
    assert!(!server.seen()[1].headers.contains_key("cookie"));
}

#[tokio::test]
async fn what_a_reader_tells_of_itself_holds_no_token() {
    let settings = settings("http://127.0.0.1:9");
    assert!(!format!("{settings:?}").contains("aBcDeF"));
}

/// Serves one TLS connection after the other with a certificate of the test authority.
struct TlsServer {
    url: String,
    /// What came over connections whose handshake ended well.
    heard: Arc<Mutex<Vec<String>>>,
}

fn data(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", "tls", name]
        .iter()
        .collect()
}

fn tls_server(certificate: &str) -> TlsServer {
    let chain = vec![CertificateDer::from(
        std::fs::read(data(&format!("{certificate}.der"))).unwrap(),
    )];
    let key = std::fs::read(data(&format!("{certificate}.key.der"))).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(chain, PrivateKeyDer::try_from(key).unwrap())
    .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let server = TlsServer {
        url,
        heard: Arc::clone(&heard),
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            if let Ok(length @ 1..) = tls.read(&mut request) {
                heard
                    .lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&request[..length]).into_owned());
                let _ = tls.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]",
                );
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        }
    });
    server
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_for_this_host() {
    let unknown = tls_server("loopback");
    let reader = reader_with(settings(&unknown.url), Clock::real());
    let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::Transport(e) if e.fault == Fault::Tls),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("extra_ca"));
    assert_eq!(reader.traffic().requests, 1, "not repeated");

    for (certificate, is_accepted) in [("loopback", true), ("elsewhere", false)] {
        let server = tls_server(certificate);
        let mut settings = settings(&server.url);
        settings.extra_ca = Some(data("authority.pem"));
        let reader = reader_with(settings, Clock::real());
        let read = in_time(reader.apps(&Cursor::Start)).await;
        assert_eq!(read.is_ok(), is_accepted, "{certificate}: {read:?}");
        let heard = server.heard.lock().unwrap();
        assert_eq!(
            heard.iter().any(|request| request.contains(TOKEN)),
            is_accepted
        );
    }
    assert!(unknown.heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_plain_server_behind_https_gets_no_token() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (url, task) = raw_server({
        let heard = Arc::clone(&heard);
        move |mut stream| {
            let heard = Arc::clone(&heard);
            async move {
                let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
                let mut bytes = Vec::new();
                let _ = stream.read_to_end(&mut bytes).await;
                heard.lock().unwrap().extend(bytes);
            }
        }
    })
    .await;
    let reader = reader_with(settings(&url.replace("http:", "https:")), Clock::real());
    let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::Transport(e) if e.fault == Fault::Tls),
        "{error:?}"
    );
    let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
    assert!(!heard.contains("SSWS") && !heard.contains(TOKEN));
    task.abort();
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let mut missing = settings("acme.okta.com");
    missing.extra_ca = Some("/nowhere/ca.pem".into());
    assert!(matches!(
        HttpTransport::new(&missing),
        Err(SetupError::ReadCa { .. })
    ));
    let mut not_pem = settings("acme.okta.com");
    not_pem.extra_ca = Some(data("loopback.der"));
    assert!(matches!(
        HttpTransport::new(&not_pem),
        Err(SetupError::NoCa { .. })
    ));
    for url in ["", "proxy", "socks5://proxy:1", "http://me:pw@proxy:3128"] {
        let mut proxied = settings("acme.okta.com");
        proxied.proxy = Some(Proxy {
            url: url.into(),
            login: None,
        });
        assert!(
            matches!(HttpTransport::new(&proxied), Err(SetupError::Proxy(_))),
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_proxy_sees_the_host_and_its_own_password_but_no_token() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn({
        let heads = Arc::clone(&heads);
        async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let head = read_head(&mut stream).await;
                heads.lock().unwrap().push(head);
                let answer = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
                tokio::io::AsyncWriteExt::write_all(&mut stream, answer)
                    .await
                    .unwrap();
            }
        }
    });
    let mut proxied = settings("https://acme.okta.com");
    proxied.proxy = Some(Proxy {
        url: proxy_url,
        login: Some(("corp".into(), Secret::new("hunter2".into()))),
    });
    let (clock, _driver) = super::driven_clock();
    let reader = reader_with(proxied, clock);
    let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::Transport(e) if e.fault == Fault::Connect),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("hunter2"));
    let heads = heads.lock().unwrap();
    assert!(
        heads[0].starts_with("CONNECT acme.okta.com:443 "),
        "{heads:?}"
    );
    assert!(
        heads[0]
            .to_lowercase()
            .contains("proxy-authorization: basic y29ycdpodw50zxiy"),
        "{heads:?}"
    );
    assert!(!heads.concat().contains(TOKEN));
    task.abort();
}
