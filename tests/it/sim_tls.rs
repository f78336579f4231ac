//! The simulated org over HTTPS: both versions of HTTP, a certificate that is checked, and links that lead back.

use std::net::SocketAddr;
use std::path::Path;

use oktop::clock::Clock;
use oktop::sim::tls::Place;
use oktop::sim::{Listen, Running, Simulator};
use reqwest::{Certificate, Client, ClientBuilder, Version};
use serde_json::Value;

use crate::sim_org::calm;

/// An org that is reached both ways.
async fn org(directory: Option<&Path>) -> Running {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let listen = Listen {
        plain: free,
        tls: Some(Place {
            address: free,
            directory: directory.map(Path::to_owned),
        }),
    };
    let simulator = Simulator::new(&calm(), Clock::real());
    simulator.serve_on(listen).await.unwrap()
}

fn trusting(running: &Running) -> ClientBuilder {
    let pem = std::fs::read(running.secure.as_ref().unwrap().ca_file()).unwrap();
    let authority = Certificate::from_pem(&pem).unwrap();
    Client::builder().no_proxy().tls_certs_only([authority])
}

async fn first_page(client: &Client, running: &Running, base: &str) -> reqwest::Response {
    let asked = client.get(format!("{base}/api/v1/users?limit=2"));
    let asked = asked.header("authorization", format!("SSWS {}", running.token));
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

#[tokio::test]
async fn both_versions_are_offered_and_links_carry_scheme_and_host_of_the_client() {
    let running = org(None).await;
    let secure = running.secure.as_ref().unwrap().url.clone();
    let named = secure.replace("127.0.0.1", "localhost");
    let second = trusting(&running).build().unwrap();
    let first = trusting(&running).http1_only().build().unwrap();
    for (client, version) in [(second, Version::HTTP_2), (first, Version::HTTP_11)] {
        for base in [&secure, &named] {
            let answer = first_page(&client, &running, base).await;
            assert_eq!(answer.version(), version);
            let mut links = answer.headers().get_all("link").iter();
            let start = format!("<{base}/api/v1/users?");
            assert!(links.all(|link| link.to_str().unwrap().starts_with(&start)));
            let body: Value = answer.json().await.unwrap();
            let own = body[0]["_links"]["self"]["href"].as_str().unwrap();
            assert!(own.starts_with(&format!("{base}/api/v1/users/")), "{own}");
        }
    }
    // The plain side goes on saying http.
    let plain = Client::builder().no_proxy().build().unwrap();
    let answer = first_page(&plain, &running, &running.url).await;
    let link = answer.headers()["link"].to_str().unwrap();
    assert!(link.starts_with(&format!("<{}/", running.url)), "{link}");
    running.shutdown().await;
}

#[tokio::test]
async fn who_does_not_know_the_authority_does_not_get_in_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let running = org(Some(folder.path())).await;
    let secure = running.secure.as_ref().unwrap();
    assert!(secure.ca_file().starts_with(folder.path()));
    let stranger = Client::builder().no_proxy().tls_certs_only([]);
    let refused = stranger.build().unwrap().get(&secure.url).send().await;
    assert!(refused.unwrap_err().is_connect());
    // Neither does one that connects and says nothing, or something else than TLS.
    let address = secure.url.trim_start_matches("https://").to_owned();
    let silent = tokio::net::TcpStream::connect(&address).await.unwrap();
    let plain = reqwest::get(format!("http://{address}/api/v1/users")).await;
    assert!(plain.is_err());
    let client = trusting(&running).build().unwrap();
    first_page(&client, &running, &secure.url).await;
    drop(silent);
    running.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_lets_go_of_both_ports_and_removes_the_file() {
    let running = org(None).await;
    let secure = running.secure.as_ref().unwrap();
    let (file, url) = (secure.ca_file().to_owned(), secure.url.clone());
    let client = trusting(&running).build().unwrap();
    first_page(&client, &running, &url).await;
    running.shutdown().await;
    assert!(!file.exists());
    let address: SocketAddr = url.trim_start_matches("https://").parse().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// Whoever asks at the usual port writes no port, and links that had one would lead to another host than they were given.
#[tokio::test]
async fn links_for_a_client_of_the_usual_port_have_no_port() {
    let running = org(None).await;
    let secure = running.secure.as_ref().unwrap().url.clone();
    let client = trusting(&running).http1_only().build().unwrap();
    let plain = Client::builder().no_proxy().build().unwrap();
    for (client, at, base) in [
        (plain, &running.url, "http://acme.example"),
        (client, &secure, "https://acme.example"),
    ] {
        let asked = client.get(format!("{at}/api/v1/users?limit=2"));
        let asked = asked.header("authorization", format!("SSWS {}", running.token));
        let answer = asked.header("host", "acme.example").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let links: Vec<String> = answer
            .headers()
            .get_all("link")
            .iter()
            .map(|link| link.to_str().unwrap().to_owned())
            .collect();
        assert_eq!(links.len(), 2, "{links:?}");
        let start = format!("<{base}/api/v1/users?");
        assert!(
            links.iter().all(|link| link.starts_with(&start)),
            "{links:?}"
        );
        let body: Value = answer.json().await.unwrap();
        let own = body[0]["_links"]["self"]["href"].as_str().unwrap();
        assert!(own.starts_with(&format!("{base}/api/v1/users/")), "{own}");
    }
    running.shutdown().await;
}
