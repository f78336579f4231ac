//! How fast the simulator is: what a page of users costs, and how long and how much memory large orgs take to start.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::rig::oktop;

/// A page of 200 users.
const PAGE: Duration = Duration::from_millis(3);
/// The start of an org of 100,000.
const START: Duration = Duration::from_secs(3);
/// The memory of an org of 100,000 at its highest.
const MEMORY_BYTES: u64 = 1 << 30;
/// Pages of which the middle one counts.
const PAGES: usize = 301;

/// A large org in a process of its own.
struct Large {
    child: Child,
    url: String,
    token: String,
    took: Duration,
}

impl Drop for Large {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Large {
    fn start(users: &str, groups: &str, apps: &str) -> Self {
        let began = Instant::now();
        let mut child = Command::new(oktop())
            .args([
                "sim",
                "--live",
                "off",
                "--rate-limits",
                "off",
                "--events",
                "100000",
            ])
            .args(["--users", users, "--groups", groups, "--apps", apps])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let took = began.elapsed();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        Self {
            url: text("url"),
            token: text("token"),
            child,
            took,
        }
    }

    /// The most memory that it has held so far.
    fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().unwrap();
        kib * 1_024
    }

    /// What a page of users costs, following links as a client does: the middle one of many.
    fn page(&self) -> Duration {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut spans = runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let first = format!("{}/api/v1/users?search=id+pr&limit=200", self.url);
            let mut next = first.clone();
            let mut spans = Vec::with_capacity(PAGES);
            for _ in 0..PAGES {
                let began = Instant::now();
                let request = client
                    .get(&next)
                    .header("authorization", format!("SSWS {}", self.token));
                let answer = request.send().await.unwrap();
                let links: Vec<String> = answer
                    .headers()
                    .get_all("link")
                    .iter()
                    .filter_map(|line| line.to_str().ok()?.strip_suffix(">; rel=\"next\""))
                    .map(|link| link.trim_start_matches('<').to_owned())
                    .collect();
                let body = answer.bytes().await.unwrap();
                spans.push(began.elapsed());
                assert!(
                    body.len() > 200 * 500,
                    "a page of 200 users has {} bytes",
                    body.len()
                );
                next = links.into_iter().next().unwrap_or_else(|| first.clone());
            }
            spans
        });
        spans.sort_unstable();
        spans[PAGES / 2]
    }
}

/// The figure.
pub(crate) fn measure() -> (String, bool) {
    let large = Large::start("100000", "5000", "500");
    let (page, took) = (large.page(), large.took);
    let peak_bytes = large.peak_bytes();
    drop(large);
    let huge = Large::start("1000000", "20000", "500");
    let words = format!(
        "a page of 200 users {page:.2?}; 100,000 users start in {took:.2?} with {} MiB; 1,000,000 in {:.1?} with {} MiB",
        peak_bytes >> 20,
        huge.took,
        huge.peak_bytes() >> 20,
    );
    (
        words,
        page < PAGE && took < START && peak_bytes < MEMORY_BYTES,
    )
}
