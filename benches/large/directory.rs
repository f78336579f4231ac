//! What a directory of a large org costs: opening it, its windows, and the memory it takes.
//!
//! `cargo bench --bench directory` fills a store of 1,000,000 users in a temporary directory and measures it. `-- --users N` takes another
//! size; `-- --dir DIR` keeps the store there, and measures the one that is there already. Each measurement is a process of its own, so
//! that its memory is its own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should stop"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use oktop::domain::query::{ListQuery, Scope, Sort};
use oktop::store::Store;

#[path = "../fixture/directory.rs"]
mod fixture;

/// How often each window is asked for.
const REPEATS: usize = 20;
/// Rows of a window.
const ROWS: usize = 60;

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let after = |name: &str| {
        args.iter()
            .position(|arg| arg == name)
            .and_then(|at| args.get(at + 1))
    };
    if let Some(dir) = after("--measure") {
        return measure(Path::new(dir));
    }
    let users = after("--users").map_or(1_000_000, |users| users.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let dir = after("--dir").map_or_else(|| temporary.path().join("data"), PathBuf::from);
    if !dir.exists() {
        let start = Instant::now();
        let store = Store::open(&dir, None).unwrap();
        fixture::fill(&store, users);
        store.close().unwrap();
        println!("filled with {users} users in {:.1?}", start.elapsed());
    }
    let this = std::env::current_exe().unwrap();
    assert!(
        Command::new(this)
            .arg("--measure")
            .arg(&dir)
            .status()
            .unwrap()
            .success()
    );
}

fn measure(dir: &Path) {
    let start = Instant::now();
    let store = Store::open(dir, None).unwrap();
    println!(
        "open                              {:>10.1?}",
        start.elapsed()
    );
    let first = store
        .directory
        .users(&window("", None), fixture::now())
        .unwrap();
    println!(
        "open and the first window         {:>10.1?}   {} users",
        start.elapsed(),
        first.total
    );
    let start = Instant::now();
    store.directory.read_columns().unwrap();
    println!(
        "what searching needs, behind it   {:>10.1?}   {} MB",
        start.elapsed(),
        resident_kb() >> 10
    );
    println!(
        "bytes on disk                     {:>7} MB",
        store.disk_bytes() >> 20
    );
    let typed = [
        "t", "ta", "tan", "tana", "tanak", "zzz", "", "4", "42", "rosa.ito",
    ];
    for filter in typed {
        ask(&store, filter, &window(filter, None));
    }
    for filter in [
        "status:suspended",
        "department:legal lastLogin>90d",
        "login:/tanaka1.*7@/",
        "groups>9",
    ] {
        ask(&store, filter, &window(filter, None));
    }
    for field in ["lastLogin", "department", "groups", "login"] {
        ask(&store, &format!("by {field}"), &window("", Some(field)));
    }
    let deep = ListQuery {
        offset: first.total / 2,
        ..window("", None)
    };
    ask(&store, "in the middle", &deep);
    let everyone = ListQuery {
        filter: "name=everyone".to_owned(),
        ..window("", None)
    };
    let groups = store.directory.groups(&everyone, fixture::now()).unwrap();
    let everyone = &groups.rows[0];
    let members = ListQuery {
        scope: Scope::OfGroup(everyone.value.id.clone()),
        ..window("tana", None)
    };
    ask(&store, "tana among everyone's members", &members);
    println!(
        "resident memory                   {:>7} MB",
        resident_kb() >> 10
    );
    store.close().unwrap();
}

/// The first time, and the slowest and the median of the times after it. Typing another character makes each the first of its kind.
fn ask(store: &Store, name: &str, query: &ListQuery) {
    let mut times: Vec<Duration> = Vec::new();
    let mut matched = 0;
    for _ in 0..REPEATS {
        let start = Instant::now();
        matched = store
            .directory
            .users(query, fixture::now())
            .unwrap()
            .matched;
        times.push(start.elapsed());
    }
    let first = times.remove(0);
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!(
        "{name:<32}  first {first:>9.1?}  then {median:>9.1?}, at worst {worst:>9.1?}   {matched} match   {} MB",
        resident_kb() >> 10
    );
}

fn window(filter: &str, sort: Option<&str>) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        limit: ROWS,
        sort: sort.map(|field| Sort {
            field: field.to_owned(),
            descending: true,
        }),
        ..ListQuery::default()
    }
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
