//! The figures of the System Log's store.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use oktop::domain::query::{EventQuery, EventRows};
use oktop::store::Store;
use tempfile::TempDir;

use super::events::{self, Log, RARE_WORD};

/// The word that makes a process one that is to be killed.
pub(crate) const CHILD: &str = "--be-killed";
/// What that process says when it has taken in as much as was wanted.
const UNDER_WAY: &str = "under way";
/// Rows of a first screen.
const SCREEN: usize = 60;
/// How often each search is asked.
const TIMES: u64 = 40;

/// What was asked for on the command line.
pub(crate) struct Asked {
    pub(crate) log: Log,
    /// Where the store is, or comes.
    dir: PathBuf,
    _temp: Option<TempDir>,
    made: OnceLock<events::Filled>,
}

impl Asked {
    pub(crate) fn of(words: &[String]) -> Self {
        let after = |name: &str| {
            let at = words.iter().position(|word| word == name);
            at.map(|at| words[at + 1].clone())
        };
        let number =
            |name: &str, default: u64| after(name).map_or(default, |word| word.parse().unwrap());
        let log = Log {
            events: number("--events", 10_000_000),
            days: number("--days", 90),
            users: number("--users", 10_000),
        };
        let temp = after("--store")
            .is_none()
            .then(|| tempfile::tempdir().unwrap());
        let dir = match &temp {
            Some(temp) => temp.path().join("data"),
            None => PathBuf::from(after("--store").unwrap()),
        };
        Self {
            log,
            dir,
            _temp: temp,
            made: OnceLock::new(),
        }
    }

    /// The store, filled.
    fn store(&self) -> Store {
        self.fill();
        events::open(&self.dir)
    }

    fn fill(&self) -> &events::Filled {
        self.made.get_or_init(|| {
            let store = events::open(&self.dir);
            let there = store.events.summary().events / events::PAGE;
            let filled = events::fill_pages(&store, &self.log, there..self.log.pages());
            store.close().unwrap();
            filled
        })
    }
}

/// Into a store of its own unless the large one is still to be made.
pub(crate) fn ingest(asked: &Asked) -> (String, bool) {
    let filled = asked.fill();
    if filled.events >= 500_000 {
        return (filled.to_string(), filled.per_second() >= 100_000.0);
    }
    let temp = tempfile::tempdir().unwrap();
    let store = events::open(&temp.path().join("data"));
    let log = Log {
        events: 1_000_000,
        days: 9,
        users: asked.log.users,
    };
    let filled = events::fill(&store, &log);
    (filled.to_string(), filled.per_second() >= 100_000.0)
}

pub(crate) fn disk(asked: &Asked) -> (String, bool) {
    let store = asked.store();
    let (bytes, events) = (store.disk_bytes(), store.events.summary().events);
    let each = bytes / events.max(1);
    store.close().unwrap();
    (
        format!(
            "{each} bytes ({} MB for {events} events)",
            bytes / 1_000_000
        ),
        each <= 400,
    )
}

pub(crate) fn by_field(asked: &Asked) -> (String, bool) {
    let log = &asked.log;
    // Whoever did the events here and there: some do much, some have hardly any.
    let filters = |n: u64| {
        let user = log.actor(log.events / TIMES * n);
        match n % 4 {
            0 => format!("about:{}", events::user_id(user)),
            1 => format!("actor={}", events::user_id(log.users - 1 - n)),
            2 => "result:failure".to_owned(),
            _ => format!(
                "type=group.user_membership.add actor={}",
                events::user_id(user)
            ),
        }
    };
    searches(asked, filters, Duration::from_millis(50))
}

pub(crate) fn by_text(asked: &Asked) -> (String, bool) {
    let log = &asked.log;
    let filters = |n: u64| match n % 4 {
        0 => "invalid_credentials".to_owned(),
        1 => format!("\"Application {}\"", n * 5),
        2 => events::user_id(log.actor(n * 1_001)),
        _ => RARE_WORD.to_owned(),
    };
    searches(asked, filters, Duration::from_millis(150))
}

fn searches(asked: &Asked, filter: impl Fn(u64) -> String, bar: Duration) -> (String, bool) {
    let store = asked.store();
    let mut took: Vec<(Duration, String, usize)> = (0..TIMES)
        .map(|n| {
            let filter = filter(n);
            let started = Instant::now();
            let rows = screen(&store, &filter);
            (started.elapsed(), filter, rows.rows.len())
        })
        .collect();
    store.close().unwrap();
    took.sort();
    let slowest = took.last().unwrap();
    let words = format!(
        "median {:.1?}, slowest {:.1?} ({}: {} rows)",
        took[took.len() / 2].0,
        slowest.0,
        slowest.1,
        slowest.2
    );
    (words, slowest.0 <= bar)
}

fn screen(store: &Store, filter: &str) -> EventRows {
    let query = EventQuery {
        filter: filter.to_owned(),
        limit: SCREEN,
        ..EventQuery::default()
    };
    store.events.window(&query, Timestamp::UNIX_EPOCH).unwrap()
}

/// A process of its own takes in more, is killed in the middle of it, and the store is opened.
pub(crate) fn reopen(asked: &Asked) -> (String, bool) {
    asked.fill();
    let before = {
        let store = events::open(&asked.dir);
        let events = store.events.summary().events;
        store.close().unwrap();
        events
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--store"])
        .arg(&asked.dir)
        .args(["--events", &asked.log.events.to_string()])
        .args(["--days", &asked.log.days.to_string()])
        .args(["--users", &asked.log.users.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while lines.next().unwrap().unwrap() != UNDER_WAY {}
    // The files have changed, so a commit is being written or has just been.
    let before_it = last_write(&asked.dir);
    while last_write(&asked.dir) == before_it {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let started = Instant::now();
    let store = events::open(&asked.dir);
    let opened = started.elapsed();
    let rows = screen(&store, "").rows.len();
    let first_screen = started.elapsed();
    let events = store.events.summary().events;
    store.close().unwrap();
    let words = format!(
        "{opened:.1?}, {first_screen:.1?} with the first {rows} rows; {} events taken in before the kill",
        events - before
    );
    (
        words,
        first_screen <= Duration::from_millis(200) && events > before,
    )
}

/// When any file of the log was written last.
fn last_write(dir: &Path) -> Option<SystemTime> {
    let files = fs::read_dir(dir.join("events")).unwrap();
    files
        .filter_map(|file| file.ok()?.metadata().ok()?.modified().ok())
        .max()
}

/// Goes on taking in pages beyond the log's end until somebody ends it.
pub(crate) fn be_killed(asked: &Asked) -> ExitCode {
    let store = events::open(&asked.dir);
    let taken = store.events.summary().events;
    // The same days again under other numbers: a longer log over the same span.
    let longer = Log {
        events: taken + 10_000_000,
        ..asked.log
    };
    let mut next = taken / events::PAGE + 1;
    events::fill_pages(&store, &longer, next..next + 20);
    println!("{UNDER_WAY}");
    loop {
        next += 20;
        events::fill_pages(&store, &longer, next..next + 20);
    }
}

/// What is resident when everything has been done once: searches by field and by text, and a stretch of ingest.
pub(crate) fn memory(asked: &Asked) -> (String, bool) {
    let store = asked.store();
    let before = resident();
    for n in 0..TIMES {
        screen(&store, &format!("about:{}", events::user_id(n * 7)));
        screen(&store, &format!("{RARE_WORD} {n}"));
    }
    let searched = resident();
    let page = |n: u64| asked.log.page(n);
    let pages = [
        page(0),
        page(asked.log.pages() / 2),
        page(asked.log.pages() - 1),
    ];
    let taken = take_again(&store, &pages);
    let after = resident();
    store.close().unwrap();
    let words = format!(
        "{} MB opened, {} MB after searches, {} MB after {taken} events came again to three days",
        before >> 20,
        searched >> 20,
        after >> 20
    );
    (words, searched.max(after) <= 200 << 20)
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string(Path::new("/proc/self/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

/// Takes in pages that are stored already; how many events came again.
fn take_again(store: &Store, pages: &[String]) -> usize {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let stored = runtime.block_on(events::take_in(store, pages.to_vec()));
    assert_eq!(stored, 0, "they were new");
    pages
        .iter()
        .map(|page| page.matches("\"eventType\"").count())
        .sum()
}
