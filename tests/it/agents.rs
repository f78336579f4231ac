//! Never two agents: many processes that begin at once, a holder that is killed while they do, locks, cards and sockets that are stale,
//! removed, moved or copied.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::rig::{Home, Sim, is_alive, until};
use crate::store_kills::copy;

const PATIENCE: Duration = Duration::from_mins(2);
/// Commands that begin at once.
const COMMANDS: usize = 6;

fn sim() -> Sim {
    Sim::start(&[
        "--users",
        "20",
        "--groups",
        "3",
        "--apps",
        "2",
        "--events",
        "50",
        "--seed",
        "7",
        "--rate-limits",
        "off",
    ])
}

/// The agents of a data directory, by their process ids.
fn agents(data_dir: &Path) -> BTreeSet<u32> {
    let dir = data_dir.display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_agent = |pid: &u32| {
        let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else {
            return false;
        };
        let words: Vec<_> = line.split(|byte| *byte == 0).collect();
        words.contains(&dir.as_bytes()) && words.contains(&b"agent".as_slice()) && is_alive(*pid)
    };
    pids.filter(is_agent).collect()
}

fn begin(home: &Home) -> Vec<Child> {
    let begin = || {
        home.command(&["status", "-o", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    (0..COMMANDS).map(|_| begin()).collect()
}

fn end(commands: Vec<Child>) -> Vec<Output> {
    let ended = commands.into_iter().map(Child::wait_with_output);
    ended.map(Result::unwrap).collect()
}

/// The agent that a command has spoken with; `None` when it said why there was none.
fn spoken_with(output: &Output) -> Option<u64> {
    if output.status.success() {
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        return Some(status["agent"]["pid"].as_u64().unwrap());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    // 101 is a panic, and none is the end by a signal.
    assert!(
        output.status.code().is_some_and(|code| code != 101),
        "{output:?}"
    );
    assert!(words.contains("error: "), "{words}");
    None
}

fn assert_one_agent(home: &Home) -> u32 {
    assert_one_agent_told(home, &home.json(&["status"]))
}

fn assert_one_agent_told(home: &Home, status: &Value) -> u32 {
    let pid = u32::try_from(status["agent"]["pid"].as_u64().unwrap()).unwrap();
    until("there is one agent", PATIENCE, || {
        agents(&home.data_dir()) == BTreeSet::from([pid])
    });
    assert_eq!(home.agent_pid(), Some(pid));
    pid
}

#[test]
fn of_many_that_begin_at_once_one_has_the_store_and_all_speak_with_it() {
    let sim = sim();
    let home = Home::new(&sim);
    let outputs = end(begin(&home));
    let spoken: BTreeSet<_> = outputs.iter().map(spoken_with).collect();
    let pid = assert_one_agent(&home);
    assert_eq!(spoken, BTreeSet::from([Some(u64::from(pid))]));
}

#[test]
fn who_holds_the_store_is_killed_while_many_begin_and_one_follows() {
    let sim = sim();
    let home = Home::new(&sim);
    // The first finds nothing; the second a lock, a socket and a card of one that is gone.
    for _ in 0..2 {
        home.kill_agent();
        let before = home.agent_pid();
        let commands = begin(&home);
        until("there is an agent", PATIENCE, || home.agent_pid() != before);
        home.kill_agent();
        // They speak with another, or tell what became of the one that they spoke with.
        for output in end(commands) {
            spoken_with(&output);
        }
    }
    assert_one_agent(&home);
}

#[test]
fn an_agent_whose_lock_is_removed_ends_and_the_next_one_is_the_only_one() {
    let sim = sim();
    let home = Home::new(&sim);
    let first = assert_one_agent(&home);
    fs::remove_file(home.data_dir().join("agent.lock")).unwrap();
    until("it has found out", PATIENCE, || !is_alive(first));
    let second = assert_one_agent(&home);
    assert_ne!(first, second);
    assert_eq!(assert_one_agent(&home), second);
}

#[test]
fn an_agent_whose_directory_is_moved_ends_and_what_it_had_is_where_it_was_moved_to() {
    let sim = sim();
    let (home, other) = (Home::new(&sim), Home::new(&sim));
    home.json(&["sync", "--once"]);
    let users = home.json(&["users", "list"]);
    let first = assert_one_agent(&home);
    fs::rename(home.data_dir(), other.data_dir()).unwrap();
    until("it has found out", PATIENCE, || !is_alive(first));
    assert_ne!(assert_one_agent(&other), first);
    assert_eq!(other.json(&["users", "list"]), users);
    assert!(!home.data_dir().exists(), "it wrote to where it was");
}

#[test]
fn a_copy_of_a_directory_has_an_agent_of_its_own() {
    let sim = sim();
    let (home, other) = (Home::new(&sim), Home::new(&sim));
    home.json(&["sync", "--once"]);
    let users = home.json(&["users", "list"]);
    let first = assert_one_agent(&home);
    // Offline nothing is written: a copy of files that are being written to is no copy of a store.
    home.run(&["agent", "stop"]);
    until("it has ended", PATIENCE, || !is_alive(first));
    let one = |home: &Home| assert_one_agent_told(home, &home.json(&["--offline", "status"]));
    let second = one(&home);
    copy(&home.data_dir(), &other.data_dir());
    assert!(other.data_dir().join("agent.json").exists());
    let third = one(&other);
    assert_ne!(second, third);
    assert_eq!(other.json(&["--offline", "users", "list"]), users);
    assert_eq!(one(&home), second);
}
