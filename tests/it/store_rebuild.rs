//! Damaged files put aside: only those of the mirror, only when it was agreed to, and the rest stays as it is.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use oktop::store::rebuild::{LOST_DAY, examine, is_of_a_day, put_aside};
use oktop::store::{Error, Keys, Settings, Store};

use crate::store_crash::{check_events, directory_page, event_page};
use crate::store_fixtures::wait;

fn fill(dir: &Path) {
    let store = Store::open(dir, None).unwrap();
    for page in 0..3 {
        wait(store.directory.apply(directory_page(page))).unwrap();
        wait(store.events.append(event_page(page))).unwrap();
    }
    store.close().unwrap();
}

/// Turns a bit over in the middle of what the file holds.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let used: Vec<usize> = (2..bytes.len() / 4_096)
        .filter(|page| bytes[page * 4_096..][..4_096].iter().any(|byte| *byte != 0))
        .collect();
    for page in used {
        bytes[page * 4_096 + 77] ^= 4;
    }
    fs::write(path, bytes).unwrap();
}

fn first_day(dir: &Path) -> std::path::PathBuf {
    dir.join("events/2026-11-18.redb")
}

#[test]
fn a_damaged_directory_is_put_aside_and_the_log_stays() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    fill(&dir);
    assert!(examine(&dir, Keys::default()).unwrap().is_empty());
    damage(&dir.join("directory.redb"));
    let found = examine(&dir, Keys::default()).unwrap();
    assert!(
        matches!(found.as_slice(), [Error::Damaged { .. }]),
        "{found:?}"
    );
    assert!(!is_of_a_day(&found[0]));
    let moved = wait(put_aside(&dir, &found, Settings::default())).unwrap();
    assert_eq!(moved, [dir.join("directory.redb.damaged")]);
    assert!(examine(&dir, Keys::default()).unwrap().is_empty());
    let store = Store::open(&dir, None).unwrap();
    assert_eq!(store.directory.counts().users, 0);
    check_events(&store, 3);
    assert!(store.events.gaps().unwrap().is_empty());
    store.close().unwrap();
    // A second time, under another name: what was put aside first stays.
    damage(&dir.join("directory.redb"));
    let moved = wait(put_aside(
        &dir,
        &examine(&dir, Keys::default()).unwrap(),
        Settings::default(),
    ))
    .unwrap();
    assert_eq!(moved, [dir.join("directory.redb.damaged-1")]);
}

#[test]
fn a_damaged_day_is_put_aside_and_told_as_a_gap() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    fill(&dir);
    damage(&first_day(&dir));
    let found = examine(&dir, Keys::default()).unwrap();
    assert!(
        matches!(found.as_slice(), [error] if is_of_a_day(error)),
        "{found:?}"
    );
    wait(put_aside(&dir, &found, Settings::default())).unwrap();
    assert!(dir.join("events/2026-11-18.redb.damaged").exists());
    let store = Store::open(&dir, None).unwrap();
    let gaps = store.events.gaps().unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].from.to_string(), "2026-11-18T00:00:00Z");
    assert_eq!(gaps[0].to.to_string(), "2026-11-19T00:00:00Z");
    assert_eq!(&*gaps[0].reason, LOST_DAY);
    // The same pages again fill it, and nothing is there twice.
    for page in 0..3 {
        wait(store.events.append(event_page(page))).unwrap();
    }
    check_events(&store, 3);
}

#[test]
fn a_day_that_was_put_aside_and_not_recorded_is_a_gap_from_the_next_start_on() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    fill(&dir);
    let day = first_day(&dir);
    let lost_days = || {
        let store = Store::open(&dir, None).unwrap();
        let gaps = store.events.gaps().unwrap();
        (store, gaps)
    };
    // The process that renamed it was killed before it could record the loss.
    fs::rename(&day, day.with_extension("redb.damaged")).unwrap();
    let (store, gaps) = lost_days();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps[0].from.to_string(), "2026-11-18T00:00:00Z");
    assert_eq!(gaps[0].to.to_string(), "2026-11-19T00:00:00Z");
    assert_eq!((&*gaps[0].reason, gaps[0].filled), (LOST_DAY, None));
    store.close().unwrap();
    let (store, once) = lost_days();
    assert_eq!(once, gaps);
    wait(store.events.fill_gap(gaps[0].clone(), gaps[0].to)).unwrap();
    wait(store.events.append(event_page(0))).unwrap();
    store.close().unwrap();
    let (store, filled) = lost_days();
    assert_eq!(filled.len(), 1);
    assert!(filled[0].filled.is_some());
    store.close().unwrap();
    // The same day once more.
    fs::rename(&day, day.with_extension("redb.damaged-1")).unwrap();
    let (_, again) = lost_days();
    let open = again.iter().filter(|gap| gap.filled.is_none()).count();
    assert_eq!((again.len(), open), (2, 1));
}

#[test]
fn a_lost_index_costs_no_event() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    fill(&dir);
    fs::write(dir.join("events/index.redb"), "this was an index").unwrap();
    let error = Store::open(&dir, None).unwrap_err();
    wait(put_aside(&dir, &[error], Settings::default())).unwrap();
    let store = Store::open(&dir, None).unwrap();
    assert_eq!(store.events.summary().events, 180);
}

#[test]
fn what_is_not_the_mirrors_is_never_moved() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    fill(&dir);
    for name in ["control.redb", "agent.json", "../else.redb"] {
        let path = dir.join(name);
        fs::write(&path, "x").unwrap();
        let error = Error::Damaged {
            path: path.clone(),
            detail: "x".to_owned(),
        };
        assert!(
            wait(put_aside(&dir, &[error], Settings::default())).is_err(),
            "{name}"
        );
        assert!(path.exists(), "{name}");
    }
}

#[test]
fn the_command_asks_and_does_nothing_without_an_answer() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    fill(&dir);
    let rebuild = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oktop"));
        command.env_clear().env("HOME", temp.path());
        command.arg("--data-dir").arg(&dir);
        command.args(["doctor", "--rebuild"]).args(flags);
        let output = command.output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), words)
    };
    let (code, words) = rebuild(&["--no-input"]);
    assert_eq!(code, 0, "{words}");
    damage(&dir.join("directory.redb"));
    for flags in [["--no-input"].as_slice(), &[]] {
        let (code, words) = rebuild(flags);
        assert_eq!(code, 2, "{words}");
        assert!(words.contains("directory.redb is damaged"), "{words}");
        assert!(words.contains("goes its history"), "{words}");
        assert!(dir.join("directory.redb").exists());
    }
    let (code, words) = rebuild(&["--yes", "--no-input"]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("directory.redb.damaged"), "{words}");
    assert!(words.contains("goes its history"), "{words}");
    assert!(examine(&dir, Keys::default()).unwrap().is_empty());
}
