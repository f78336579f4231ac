//! The stores when there is no room: nothing acknowledged is lost, reading goes on, it is told, and writing goes on by itself.

use std::path::Path;
use std::process::Command;

use oktop::store::{Error, Keep, Settings, Store};

use crate::store_crash::{check_directory, check_events, directory_page, event_page};
use crate::store_disk::SimDisk;
use crate::store_fixtures::{at, wait};

const DIR: &str = "/sim/data";
const MB: u64 = 1 << 20;

/// Writes pages until one is refused; gives how many pages each store has taken, and the refusal.
fn fill(store: &Store, mut page: u64) -> (u64, u64, Error) {
    loop {
        if let Err(error) = wait(store.directory.apply(directory_page(page))) {
            return (page, page, error);
        }
        if let Err(error) = wait(store.events.append(event_page(page))) {
            return (page + 1, page, error);
        }
        page += 1;
    }
}

/// There is nothing to say any more, and the work goes on where it stopped.
fn check_it_goes_on(store: &Store, (directory, events): (u64, u64)) {
    wait(store.events.append(event_page(events))).unwrap();
    wait(store.directory.apply(directory_page(directory))).unwrap();
    assert!(store.troubles().is_empty(), "{:?}", store.troubles());
    check_directory(store, directory + 1);
    check_events(store, events + 1);
}

#[test]
fn below_the_floor_nothing_is_written_and_above_it_writing_goes_on() {
    let disk = SimDisk::new();
    let settings = Settings {
        keep_free_bytes: 4 * MB,
        ..Settings::default()
    };
    disk.limit(Some(12 * MB));
    let store = disk
        .open_store_with(Path::new(DIR), settings.clone())
        .unwrap();
    assert!(store.troubles().is_empty());
    let (directory, events, error) = fill(&store, 0);
    assert!(matches!(error, Error::Full { floor_bytes, .. } if floor_bytes == 4 * MB));
    assert!(error.hint().unwrap().contains("free some space"));
    assert!(directory > 2, "only {directory} pages");
    let told = store.troubles();
    assert!(matches!(told.as_slice(), [Error::Full { .. }]), "{told:?}");
    check_directory(&store, directory);
    check_events(&store, events);
    disk.limit(Some(24 * MB));
    assert!(store.troubles().is_empty(), "there is room again");
    check_it_goes_on(&store, (directory, events));
}

#[test]
fn below_the_floor_a_day_is_let_go_and_the_mirror_is_closed_in_good_order() {
    let disk = SimDisk::new();
    let settings = Settings {
        keep_free_bytes: 4 * MB,
        ..Settings::default()
    };
    let store = disk
        .open_store_with(Path::new(DIR), settings.clone())
        .unwrap();
    wait(store.events.hold("a case", at(0), at(0))).unwrap();
    disk.limit(Some(12 * MB));
    let (directory, events, _) = fill(&store, 0);
    wait(store.events.let_go("a case")).unwrap();
    store.close().unwrap();
    let store = disk.open_store_with(Path::new(DIR), settings).unwrap();
    assert_eq!(disk.repairs(), 0);
    check_directory(&store, directory);
    check_events(&store, events);
}

#[test]
fn below_the_floor_the_mirror_opens_is_read_and_lets_old_days_go() {
    let disk = SimDisk::new();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    for page in 0..9 {
        wait(store.directory.apply(directory_page(page))).unwrap();
        wait(store.events.append(event_page(page))).unwrap();
    }
    // A process that was cut off, and others that filled the disk.
    let disk = disk.copy();
    drop(store);
    let used: usize = disk
        .paths()
        .iter()
        .map(|path| disk.content(path).len())
        .sum();
    disk.limit(Some(used as u64 + 2 * MB));
    let settings = Settings {
        keep_free_bytes: 4 * MB,
        ..Settings::default()
    };
    let store = disk
        .open_store_with(Path::new(DIR), settings.clone())
        .unwrap();
    check_directory(&store, 9);
    check_events(&store, 9);
    let refused = wait(store.events.append(event_page(9))).unwrap_err();
    assert!(matches!(refused, Error::Full { .. }), "{refused:?}");
    let before = store.events.summary();
    let keep = Keep {
        days: Some(0),
        ..Keep::default()
    };
    let left = wait(store.events.retain(keep, before.newest.unwrap())).unwrap();
    assert!(!left.is_empty());
    let after = store.events.summary();
    assert!(after.days == 1 && after.events < before.events, "{after:?}");
    drop(store);
    let store = disk.open_store_with(Path::new(DIR), settings).unwrap();
    assert_eq!(store.events.summary(), after);
    check_directory(&store, 9);
}

/// Without a floor, or when others fill the disk: the system's own refusal, at whatever write it comes.
#[test]
fn a_disk_that_is_full_to_the_last_byte_gets_the_ballast_and_loses_nothing() {
    for limit in (8..12).map(|quarter| 6 * MB + quarter * MB / 4) {
        let disk = SimDisk::new();
        let settings = Settings {
            ballast_bytes: MB,
            ..Settings::default()
        };
        disk.limit(Some(limit));
        let store = disk.open_store_with(Path::new(DIR), settings).unwrap();
        let ballast = Path::new(DIR).join("ballast");
        assert!(disk.paths().contains(&ballast));
        let (directory, events, error) = fill(&store, 0);
        assert!(error.is_full(), "{error:?}");
        assert!(!disk.paths().contains(&ballast), "it is given back");
        assert_eq!(store.troubles().len(), 1);
        check_directory(&store, directory);
        check_events(&store, events);
        // A crash on the full disk.
        let after = disk.copy();
        after.limit(Some(limit + 16 * MB));
        let reopened = after.open_store(Path::new(DIR)).unwrap();
        check_it_goes_on(&reopened, (directory, events));
        disk.limit(Some(limit + 16 * MB));
        check_it_goes_on(&store, (directory, events));
        assert!(disk.paths().contains(&ballast), "it is taken again");
    }
}

/// A file system of this size is mounted where that is allowed; nowhere else is there anything to try it on.
#[test]
fn a_real_disk_that_is_full_loses_nothing_and_recovers() {
    let temp = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=12m,mode=0755", "oktop-test"])
        .arg(temp.path())
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped: no file system can be mounted here");
        return;
    }
    let _unmount = Unmount(temp.path());
    let stone = temp.path().join("stone");
    std::fs::write(&stone, vec![1; 4 << 20]).unwrap();
    let store = Store::open(&temp.path().join("data"), None).unwrap();
    let (directory, events, error) = fill(&store, 0);
    assert!(error.is_full(), "{error:?}");
    assert_eq!(store.troubles().len(), 1);
    check_directory(&store, directory);
    check_events(&store, events);
    std::fs::remove_file(&stone).unwrap();
    check_it_goes_on(&store, (directory, events));
    store.close().unwrap();
}

struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        // Detached, should a failed test still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_writer_that_ends_is_told_and_costs_nothing_that_was_acknowledged() {
    let disk = SimDisk::new();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    wait(store.directory.apply(directory_page(0))).unwrap();
    wait(store.events.append(event_page(0))).unwrap();
    disk.explode();
    for _ in 0..2 {
        let ended = wait(store.directory.apply(directory_page(1))).unwrap_err();
        assert!(matches!(ended, Error::WriterEnded { .. }), "{ended:?}");
    }
    let told = store.troubles();
    assert!(
        matches!(told.as_slice(), [Error::WriterEnded { .. }]),
        "{told:?}"
    );
    // The other store does not care.
    wait(store.events.append(event_page(1))).unwrap();
    drop(store);
    let store = disk.open_store(Path::new(DIR)).unwrap();
    check_directory(&store, 1);
    check_events(&store, 2);
    wait(store.directory.apply(directory_page(1))).unwrap();
}
