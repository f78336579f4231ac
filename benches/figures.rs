//! The figures that oktop is judged by, measured on the real program against the real simulator.
//!
//! `cargo bench --bench figures -- NAME` measures one of them and exits with 1 when it misses its bar; without a name it measures all.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should stop, and its result is what it prints"
)]

use std::io::Read as _;
use std::num::NonZero;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use oktop::clock::Clock;
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::secret::Secret;
use oktop::okta::{BaseUrl, Credential, Reader, ServiceTransport, Settings};
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Simulator};
use oktop::store::Store;
use oktop::sync;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tower::ServiceExt as _;

#[expect(
    dead_code,
    unused_imports,
    reason = "tests use more of it than figures do"
)]
#[path = "../tests/it/access.rs"]
mod access;
#[path = "figures/audit.rs"]
mod audit;
#[path = "figures/dating.rs"]
mod dating;
#[path = "figures/memory.rs"]
mod memory;
#[path = "../tests/it/mirror.rs"]
mod mirror;
#[path = "figures/queue.rs"]
mod queue;
#[expect(dead_code, reason = "tests use more of it than figures do")]
#[path = "../tests/it/rig.rs"]
mod rig;
#[path = "figures/sim_speed.rs"]
mod sim_speed;
#[path = "figures/soak.rs"]
mod soak;

use rig::{Home, Sim, oktop, until};

/// The org but for how many users it has.
const LARGE: [&str; 10] = [
    "--groups", "2000", "--apps", "300", "--events", "20000", "--days", "7", "--live", "off",
];
const ROWS: NonZero<u16> = NonZero::new(24).expect("24 is not zero");
const COLUMNS: NonZero<u16> = NonZero::new(80).expect("80 is not zero");
const UNLIMITED: [&str; 4] = ["--rate-limits", "off", "--latency", "0ms"];

/// A figure: its name, its bar in words, and how it is measured (the result in words, and whether it holds).
type Figure = (&'static str, &'static str, fn() -> (String, bool));

const FIGURES: [Figure; 14] = [
    (
        "first-sync",
        "requests ÷ floor ≤ 1.05 at 20,000 users",
        first_sync,
    ),
    (
        "first-sync-wall",
        "time ÷ (requests in the tightest bucket ÷ allowance) ≤ 1.10 at 20,000 users, by the org's clock",
        first_sync_wall,
    ),
    (
        "idle",
        "≤ 8 requests a minute at 20,000 users, or OKTOP_IDLE_USERS",
        idle,
    ),
    (
        "events",
        "0 events missing, 0 stored twice, after kills, late and duplicate events",
        events,
    ),
    (
        "kills",
        "50 of 50 kill -9 during a sync end with the truth",
        kills,
    ),
    (
        "first-frame",
        "start to first frame, p99 ≤ 100 ms at 20,000 users",
        first_frame,
    ),
    ("quiet", "0 bytes in 60 s with nothing changing", quiet),
    (
        "sim-speed",
        "a page of 200 users < 3 ms; 100,000 users start < 3 s and 1 GiB; 1,000,000 start",
        sim_speed::measure,
    ),
    (
        "journal",
        "1,000,000 entries of the journal verified in ≤ 3 s",
        queue::journal,
    ),
    (
        "queue-overhead",
        "a change takes ≤ 50 ms (p50) beside its exchanges",
        queue::overhead,
    ),
    (
        "soak",
        "0 events missing, 0 stored twice, users, groups and apps as in the truth, memory flat, after 30 minutes at 200 events/s",
        soak::measure,
    ),
    (
        "memory",
        "≤ 200 MB resident in the agent at 100,000 users, or OKTOP_MEMORY_USERS: during the first sync, after it, and after a restart",
        memory::measure,
    ),
    (
        "dating",
        "a million events of one day, which nobody watched, are dated with ≤ 3 min of processor time, 20 GiB read and 450 MiB of memory",
        dating::measure,
    ),
    (
        "audit",
        "what the command line tells of 24 moments, and of what changed between them, is the truth",
        audit::measure,
    ),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let mut all_hold = true;
    for (name, bar, measure) in FIGURES {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            let started = Instant::now();
            let (result, holds) = measure();
            let verdict = if holds { "holds" } else { "MISSED" };
            println!(
                "{name:<15} {verdict:<7} {result}   (bar: {bar}; took {:.0?})",
                started.elapsed()
            );
            all_hold &= holds;
        }
    }
    if all_hold {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn large(limits: &[&str]) -> (Sim, Home) {
    large_of("20000", limits)
}

fn large_of(users: &str, limits: &[&str]) -> (Sim, Home) {
    let sim = Sim::start(&[&["--users", users][..], &LARGE, limits].concat());
    let home = Home::new(&sim);
    (sim, home)
}

fn first_sync() -> (String, bool) {
    let (sim, home) = large(&UNLIMITED);
    let report = home.json(&["sync", "--once"]);
    let (requests, floor) = (
        report["requests"].as_f64().unwrap(),
        report["floor"].as_f64().unwrap(),
    );
    let ratio = requests / floor;
    let served = sim.requests();
    mirror::assert_equals_truth(&home, &sim);
    let secs = report["secs"].as_f64().unwrap();
    let words = format!(
        "{ratio:.3} ({requests} requests, floor {floor}, {secs:.1} s; the org served {served} in all)"
    );
    (words, ratio <= 1.05 && report["complete"] == true)
}

/// How much faster than ours the org's clock runs where limits are what time is spent on.
const SPEED: f64 = 30.0;

/// In one process, so that the limits of an hour are over in a minute.
fn first_sync_wall() -> (String, bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = Options {
            users: 20_000,
            groups: 2_000,
            apps: 300,
            events: 20_000,
            days: 7,
            live: false,
            rate_limits: Profile::Workforce,
            ..Options::default()
        };
        let clock = Clock::scaled("2026-11-22T10:00:00Z".parse().unwrap(), SPEED);
        let sim = Simulator::new(&options, clock.clone());
        let (base, _) = BaseUrl::parse("http://127.0.0.1:9").unwrap();
        let credential = Credential::ssws(&Secret::new(options.token.clone())).unwrap();
        let router = sim.router();
        let service = tower::service_fn(move |mut request: http::Request<Full<Bytes>>| {
            let host = request.uri().authority().unwrap().to_string();
            request.headers_mut().insert("host", host.parse().unwrap());
            router.clone().oneshot(request.map(axum::body::Body::new))
        });
        let transport = Arc::new(ServiceTransport::new(service));
        let reader = Reader::new(Settings::new(base, credential), transport, clock.clone());
        let store = Store::in_memory().unwrap();
        let settings = SyncSettings {
            backfill: Duration::ZERO,
            ..SyncSettings::default()
        };
        let mirroring = sync::Sync::start(&reader, store, settings, clock);
        let (reply, report) = tokio::sync::oneshot::channel();
        mirroring.handle().order(sync::Order::Once(reply));
        let report = report.await.unwrap();
        let counts = reader.traffic().buckets;
        let budgets = reader.budgets();
        let (bucket, ideal_secs) = budgets
            .iter()
            .map(|budget| {
                let requests = counts.get(&budget.bucket).copied().unwrap_or_default();
                let secs = requests as f64 / f64::from(budget.bulk_allowance) * 60.0;
                (budget.bucket, secs)
            })
            .max_by(|one, other| one.1.total_cmp(&other.1))
            .unwrap();
        let ratio = report.secs / ideal_secs;
        let words = format!(
            "{ratio:.3} ({:.0} s, of which {bucket} alone takes {ideal_secs:.0} s; {} requests)",
            report.secs, report.requests
        );
        (words, ratio <= 1.10 && report.complete)
    })
}

/// Waits until nothing is under way: everything complete, history read, log caught up.
fn settled(home: &Home) {
    home.json(&["sync", "--once"]);
    until("the history is read", Duration::from_mins(5), || {
        let status = home.json(&["status"]);
        status["log"]["backfill"]["done"] == true && status["log"]["caught_up"] == true
    });
}

/// Waits until all that happened before `then` was given its moment: as long as that is not so, the command line tells no past after it.
fn until_dated(home: &Home, then: jiff::Timestamp, limit: Duration) {
    until("all is dated", limit, || {
        let log = &home.json(&["status"])["log"];
        let undated = log["undated"].as_str();
        let undated = undated.map(|since| since.parse::<jiff::Timestamp>().unwrap());
        log["taken_up"] == true && undated.is_none_or(|since| since >= then)
    });
}

fn idle() -> (String, bool) {
    let users = std::env::var("OKTOP_IDLE_USERS").unwrap_or_else(|_| "20000".to_owned());
    let (sim, home) = large_of(&users, &UNLIMITED);
    settled(&home);
    // A client stays, as a console would, so that the agent does.
    let _stays = mirror::Mirror::of(&home);
    let mins = 11;
    let before = sim.requests();
    wait(Duration::from_mins(mins));
    let per_min = (sim.requests() - before) as f64 / mins as f64;
    (
        format!(
            "{per_min:.2} requests a minute over {mins} minutes at {users} users, the daily sweep aside"
        ),
        per_min <= 8.0,
    )
}

fn events() -> (String, bool) {
    let sim = Sim::start(&[
        "--users",
        "1000",
        "--groups",
        "100",
        "--apps",
        "20",
        "--events",
        "20000",
        "--days",
        "2",
        "--live",
        "on",
        "--rate-limits",
        "off",
        "--latency",
        "0ms",
    ]);
    let home = Home::new(&sim);
    sim.tell(
        "faults",
        &serde_json::json!({"kind": "duplicate_events", "count": 1_000_000}),
    );
    sim.tell(
        "faults",
        &serde_json::json!({"kind": "late_events", "count": 1_000_000}),
    );
    for kill in 0..10 {
        let mut sync = quiet_sync(&home);
        wait(Duration::from_millis(300 + 170 * kill));
        home.kill_agent();
        sync.wait().unwrap();
    }
    settled(&home);
    let _stays = mirror::Mirror::of(&home);
    wait(Duration::from_mins(2));
    let truth_at = sim.ask("truth/events").as_array().unwrap().len();
    let mut counts = (0, 0);
    until("the mirror has caught up", Duration::from_mins(1), || {
        counts = mirror::events_missing_and_doubled(&home, &sim);
        counts.0 == 0
    });
    (
        format!("{} missing, {} twice, of {truth_at}", counts.0, counts.1),
        counts == (0, 0),
    )
}

fn kills() -> (String, bool) {
    let sim = Sim::start(&[
        "--users",
        "2000",
        "--groups",
        "200",
        "--apps",
        "60",
        "--events",
        "5000",
        "--days",
        "3",
        "--live",
        "off",
        "--rate-limits",
        "off",
        "--latency",
        "2ms",
    ]);
    let whole = {
        let before = sim.requests();
        Home::new(&sim).json(&["sync", "--once"]);
        sim.requests() - before
    };
    let moments = 50;
    let mut good = 0;
    for moment in 1..=moments {
        let home = Home::new(&sim);
        let before = sim.requests();
        let mut sync = quiet_sync(&home);
        let reached = before + whole * moment / (moments + 1);
        until("the sync has come so far", Duration::from_mins(1), || {
            sim.requests() >= reached || sync.try_wait().unwrap().is_some()
        });
        home.kill_agent();
        sync.wait().unwrap();
        settled(&home);
        mirror::assert_equals_truth(&home, &sim);
        good += u64::from(mirror::events_missing_and_doubled(&home, &sim) == (0, 0));
    }
    (
        format!("{good} of {moments} (a sync takes {whole} requests)"),
        good == moments,
    )
}

/// A full sync that is going to be cut off; what it would print is of no interest.
fn quiet_sync(home: &Home) -> std::process::Child {
    let mut sync = home.command(&["sync", "--once"]);
    sync.stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A console in a terminal of its own, and what it writes.
struct Console {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    bytes: mpsc::Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Console {
    fn open(home: &Home) -> Self {
        let size = PtySize {
            rows: ROWS.get(),
            cols: COLUMNS.get(),
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(oktop());
        command.env_clear();
        for (key, value) in home.environment() {
            command.env(key, value);
        }
        command.arg("--data-dir");
        command.arg(home.data_dir());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            _master: pair.master,
            bytes,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
        }
    }

    /// Reads until the screen shows `text`.
    fn shows(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.screen.screen().contents().contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            let bytes = self.bytes.recv_timeout(left);
            let bytes = bytes.unwrap_or_else(|_| {
                panic!("{text:?} never came:\n{}", self.screen.screen().contents())
            });
            self.screen.process(&bytes);
        }
    }

    /// Counts what is written until `limit` has passed.
    fn written_in(&mut self, limit: Duration) -> usize {
        let deadline = Instant::now() + limit;
        let mut written = 0;
        while let Ok(bytes) = self
            .bytes
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            written += bytes.len();
            self.screen.process(&bytes);
        }
        written
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_frame() -> (String, bool) {
    let (_sim, home) = large(&UNLIMITED);
    settled(&home);
    let _stays = mirror::Mirror::of(&home);
    let mut millis: Vec<f64> = (0..100)
        .map(|_| {
            let started = Instant::now();
            let mut console = Console::open(&home);
            console.shows("2 Users");
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    let words = format!(
        "p50 {:.0} ms, p99 {:.0} ms, largest {:.0} ms of 100 starts",
        millis[49], millis[98], millis[99]
    );
    (words, millis[98] <= 100.0)
}

fn quiet() -> (String, bool) {
    let (_sim, home) = large(&UNLIMITED);
    settled(&home);
    let mut console = Console::open(&home);
    console.shows("2 Users");
    // The first frames: the windows of the lists arrive, and the status with them.
    console.written_in(Duration::from_secs(15));
    let written = console.written_in(Duration::from_mins(1));
    (format!("{written} bytes in 60 s"), written == 0)
}

fn wait(span: Duration) {
    std::thread::park_timeout(span);
}

/// Bytes of a process by a field of its status: `VmRSS:` is what is in memory, `VmHWM:` the most that ever was.
fn resident(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
