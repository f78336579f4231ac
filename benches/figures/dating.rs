//! Dating a stretch that nobody watched: an export of a day's events comes while the agent is away, and the next one tells what was when.
//!
//! A million events of the statuses of 20,000 users; `OKTOP_DATING_EVENTS` and `OKTOP_DATING_USERS` make it smaller.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::rig::{Home, Sim};
use crate::until_dated;

/// What is done to each user, again and again, and the status that it leads to.
const DEEDS: [(&str, &str); 4] = [
    ("user.lifecycle.suspend", "SUSPENDED"),
    ("user.lifecycle.unsuspend", "ACTIVE"),
    ("user.account.lock", "LOCKED_OUT"),
    ("user.account.unlock_by_admin", "ACTIVE"),
];
/// All of it is done within this time.
const SPAN: SignedDuration = SignedDuration::from_secs(60);
const LONGEST: Duration = Duration::from_hours(1);
/// Moments at which the past is asked for.
const MOMENTS: u64 = 12;
const MOST_CPU: Duration = Duration::from_mins(3);
const MOST_READ: u64 = 20 << 30;
const MOST_MEMORY: u64 = 450 << 20;

pub(crate) fn measure() -> (String, bool) {
    let events = number("OKTOP_DATING_EVENTS", 1_000_000);
    let users = number("OKTOP_DATING_USERS", 20_000).to_string();
    let org = ["--users", &users, "--groups", "50", "--apps", "20"];
    let still = ["--events", "2000", "--live", "off", "--rate-limits", "off"];
    let sim = Sim::start(&[&org[..], &still].concat());
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    let active = home.json(&["users", "search", "status=ACTIVE"]);
    let ids = active.as_array().unwrap().iter();
    let ids: Vec<String> = ids.map(|it| it["id"].as_str().unwrap().into()).collect();
    let stay = std::thread::park_timeout;
    home.run(&["agent", "stop"]);
    let log = Log {
        // Okta tells milliseconds.
        begin: Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap(),
        events,
        ids,
    };
    stay(SPAN.unsigned_abs());
    end_with_a_deed(&sim, &log.ids);
    let file = home.path().join("log.ndjson");
    log.write(&file);
    home.json(&["--offline", "events", "import", file.to_str().unwrap()]);
    home.run(&["agent", "stop"]);
    let started = Instant::now();
    home.json(&["status"]);
    let agent = Process(home.agent_pid().unwrap());
    until_dated(&home, log.at(events - 1), LONGEST);
    let (took, cpu, read, memory) = (started.elapsed(), agent.cpu(), agent.read(), agent.peak());
    let wrong = log.told_wrong(&home);
    let words = format!(
        "{cpu:.0?} of processor time in {took:.0?}, {} MB read, {} MB at the most; {wrong} of {} statuses told wrong",
        read >> 20,
        memory >> 20,
        MOMENTS * log.ids.len() as u64
    );
    let holds = wrong == 0 && cpu <= MOST_CPU && read <= MOST_READ && memory <= MOST_MEMORY;
    (words, holds)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Requests that are under way at once.
const AT_ONCE: usize = 8;

/// Suspends everybody. A status whose stamp Okta has not moved was not changed by any event: what events tell is believed only before a
/// reading with a new stamp, and here the org is given the stamps that all those deeds would have left.
fn end_with_a_deed(sim: &Sim, ids: &[String]) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/sim/v1/changes", sim.url);
    let suspend = async |of: &[String]| {
        for user in of {
            let change = json!({"change": "suspend_user", "user": user});
            let answer = client.post(&url).json(&change).send().await.unwrap();
            assert!(answer.status().is_success(), "{user}: {}", answer.status());
        }
    };
    let parts = ids.chunks(ids.len().div_ceil(AT_ONCE)).map(suspend);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(futures_util::future::join_all(parts));
}

/// What happened to whom, one after the other.
struct Log {
    begin: Timestamp,
    events: u64,
    ids: Vec<String>,
}

impl Log {
    fn at(&self, n: u64) -> Timestamp {
        let millis = SPAN.as_millis() * i128::from(n) / i128::from(self.events);
        self.begin + SignedDuration::from_millis(i64::try_from(millis).unwrap())
    }

    /// Whom an event is about, and what is done.
    fn event(&self, n: u64) -> (&str, (&'static str, &'static str)) {
        let users = self.ids.len() as u64;
        let place = |n: u64, of: usize| usize::try_from(n % of as u64).unwrap();
        let deed = DEEDS[place(n / users, DEEDS.len())];
        (&self.ids[place(n, self.ids.len())], deed)
    }

    fn write(&self, path: &Path) {
        let mut file = BufWriter::new(File::create_new(path).unwrap());
        for n in 0..self.events {
            let (user, (deed, _)) = self.event(n);
            let event = json!({
                "uuid": format!("{n:08x}-aaaa-4aaa-8aaa-{n:012x}"),
                "published": self.at(n).to_string(),
                "eventType": deed,
                "version": "0",
                "severity": "INFO",
                "displayMessage": "What an admin did",
                "actor": {"id": "00uAnAdminOfThisOrg0", "type": "User", "alternateId": "ann@acme.example", "displayName": "Ann Admin"},
                "outcome": {"result": "SUCCESS"},
                "target": [{"id": user, "type": "User", "alternateId": null, "displayName": "Some Body"}],
            });
            writeln!(file, "{event}").unwrap();
        }
        file.into_inner().unwrap().sync_all().unwrap();
    }

    /// How many statuses are told wrong at some moments between two events.
    fn told_wrong(&self, home: &Home) -> usize {
        let wrong = (1..=MOMENTS).map(|part| {
            let mut last = (self.events - 1) * part / (MOMENTS + 1);
            while last + 1 < self.events && self.at(last + 1) == self.at(last) {
                last += 1;
            }
            let then = self.at(last) + SignedDuration::from_nanos(500_000);
            let told = home.json(&["users", "list", "--as-of", &then.to_string()]);
            let last_of = |place: usize| {
                let users = self.ids.len() as u64;
                let all = (last + users)
                    .checked_sub(place as u64)
                    .map(|it| it / users);
                all.and_then(|rounds| rounds.checked_sub(1))
                    .map(|round| round * users + place as u64)
            };
            let wanted = (0..self.ids.len())
                .filter_map(last_of)
                .map(|n| self.event(n));
            let told: std::collections::HashMap<&str, &Value> = told
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["id"].as_str().unwrap(), &row["status"]))
                .collect();
            wanted
                .filter(|(user, (_, status))| told.get(user).is_none_or(|it| *it != status))
                .count()
        });
        wrong.sum()
    }
}

/// What the system knows of a process.
struct Process(u32);

impl Process {
    fn file(&self, name: &str) -> String {
        fs::read_to_string(PathBuf::from(format!("/proc/{}/{name}", self.0))).unwrap()
    }

    /// The first number of the line that begins so.
    fn line(&self, file: &str, name: &str) -> u64 {
        let text = self.file(file);
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn cpu(&self) -> Duration {
        let stat = self.file("stat");
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let ticks: u64 = fields
            .skip(11)
            .take(2)
            .map(|it| it.parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(ticks * 10)
    }

    /// Bytes that it asked for, from wherever they came.
    fn read(&self) -> u64 {
        self.line("io", "rchar:")
    }

    fn peak(&self) -> u64 {
        self.line("status", "VmHWM:") * 1024
    }
}
