//! The stores on files that something else has changed: whatever was done to a file, every answer is the right one or an error that
//! names the file; never a panic, and never a wrong answer in good faith.

use std::collections::BTreeMap;
use std::path::Path;

use oktop::domain::entry::EntryKind;
use oktop::domain::id::ObjectId;
use oktop::domain::query::{EventAnchor, EventQuery, ListQuery};
use oktop::domain::resource::Resource;
use oktop::store::medium::Medium as _;
use oktop::store::sealed::Sealed;
use oktop::store::{DirectoryOp, Error, Keys, Settings};
use redb::StorageBackend as _;

use crate::store_crash::{directory_page, event_page};
use crate::store_disk::SimDisk;
use crate::store_fixtures::{apply, at, gid, group, keys, uid, wait};

pub(crate) const DIR: &str = "/sim/data";
/// The first of the days that are written.
const DAY: &str = "events/2026-11-18.redb";
const PAGE: usize = 4_096;
const PAGES: u64 = 5;

/// Everything that can be asked, by question.
pub(crate) type Answers = BTreeMap<String, Result<String, String>>;

pub(crate) fn fill(keys: Keys) -> SimDisk {
    let disk = SimDisk::new();
    disk.use_keys(keys);
    let store = disk.open_store(Path::new(DIR)).unwrap();
    apply(
        &store,
        DirectoryOp::Groups {
            run: None,
            items: (0..30).map(|n| group(n, None)).collect(),
            at: at(0),
        },
    );
    for page in 0..PAGES {
        apply(&store, directory_page(page));
        wait(store.events.append(event_page(page))).unwrap();
    }
    store.close().unwrap();
    disk
}

fn told<T: std::fmt::Debug, E: std::fmt::Display>(answer: Result<T, E>) -> Result<String, String> {
    answer
        .map(|answer| format!("{answer:?}"))
        .map_err(|error| error.to_string())
}

/// Asks everything. A store that does not open is one answer.
pub(crate) fn ask_everything(disk: &SimDisk) -> Answers {
    let store = match disk.open_store(Path::new(DIR)) {
        Ok(store) => store,
        Err(error) => return BTreeMap::from([("open".to_owned(), Err(error.to_string()))]),
    };
    let mut answers = Answers::new();
    let mut tell = |question: String, answer| drop(answers.insert(question, answer));
    let all = ListQuery {
        limit: usize::MAX,
        with_raw: true,
        ..ListQuery::default()
    };
    let directory = &store.directory;
    tell("users".into(), told(directory.users(&all, at(99))));
    tell("groups".into(), told(directory.groups(&all, at(99))));
    tell("counts".into(), told::<_, String>(Ok(directory.counts())));
    tell("run".into(), told(directory.run(Resource::Users)));
    for n in 0..50 {
        let user = uid(n);
        tell(
            format!("groups of {n}"),
            told(directory.membership_history_of_user(&user)),
        );
        tell(
            format!("user {n}"),
            told(directory.object(&ObjectId::User(user))),
        );
    }
    tell(
        "members".into(),
        told(directory.membership_history_of_group(&gid(1))),
    );
    for page in 0..i64::try_from(PAGES).unwrap() {
        let then = directory.as_of(at(page));
        tell(format!("members at {page}"), told(then.members(&gid(1))));
        tell(
            format!("zones at {page}"),
            told(then.entries_below(EntryKind::Zone, None)),
        );
    }
    tell(
        "changes".into(),
        told(directory.changes(at(0), at(99), None, 10_000)),
    );
    tell("mark".into(), told(store.events.mark("pages")));
    tell("gaps".into(), told(store.events.gaps()));
    for anchor in [EventAnchor::Oldest, EventAnchor::Newest] {
        let query = EventQuery {
            anchor,
            limit: 10_000,
            with_raw: true,
            ..EventQuery::default()
        };
        tell(
            format!("events from {anchor:?}"),
            told(store.events.window(&query, at(99))),
        );
    }
    let uuids = store.events.uuids().map(|mut uuids| {
        uuids.sort_unstable();
        uuids
    });
    tell("uuids".into(), told(uuids));
    tell(
        "summary".into(),
        told::<_, String>(Ok(store.events.summary())),
    );
    answers
}

/// What can become of a file, each with a name.
fn damages(content: &[u8]) -> Vec<(String, Vec<u8>)> {
    let used: Vec<usize> = (0..content.len() / PAGE)
        .filter(|page| content[page * PAGE..][..PAGE].iter().any(|byte| *byte != 0))
        .collect();
    let mut variants = Vec::new();
    let mut vary = |name: String, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = content.to_vec();
        change(&mut bytes);
        variants.push((name, bytes));
    };
    // A bit in every used page, the seals and the header among them, and bytes all over the header.
    for page in &used {
        let (offset, bit) = (40 + page * 61 % 4_000, 1u8 << (page % 8));
        vary(format!("bit {offset} of page {page}"), &|bytes| {
            bytes[page * PAGE + offset] ^= bit;
        });
        if page % 3 == 1 {
            vary(format!("page {page} zeroed"), &|bytes| {
                bytes[page * PAGE..][..PAGE].fill(0);
            });
        }
    }
    for byte in (0..192).step_by(7).chain(9..12) {
        vary(format!("byte {byte} of the header"), &|bytes| {
            bytes[PAGE + byte] ^= 0xff;
        });
    }
    // Of one that is encrypted, also what says how it is, and redb's header behind it.
    if content.starts_with(b"OKTOPEN") {
        for byte in (0..96)
            .step_by(5)
            .chain((2 * PAGE..2 * PAGE + 512).step_by(31))
        {
            vary(format!("byte {byte}"), &|bytes| bytes[byte] ^= 0x10);
        }
    }
    for pair in used.windows(2).step_by(3) {
        vary(format!("pages {pair:?} swapped"), &|bytes| {
            let (a, b) = bytes.split_at_mut(pair[1] * PAGE);
            a[pair[0] * PAGE..][..PAGE].swap_with_slice(&mut b[..PAGE]);
        });
    }
    let last = used.last().unwrap() * PAGE;
    for length in [
        1,
        511,
        PAGE,
        PAGE + 320,
        3 * PAGE,
        last / 2,
        last,
        last + 7,
        content.len() - 1,
    ] {
        vary(format!("cut off at {length}"), &|bytes| {
            bytes.truncate(length);
        });
    }
    for extra in [1, 511, PAGE, 100_000] {
        vary(format!("{extra} bytes of garbage behind"), &|bytes| {
            bytes.extend((0..extra).map(|n| u8::try_from(n % 251).unwrap()));
        });
    }
    vary("something else".into(), &|bytes| bytes.fill(0xa5));
    vary("all zeros".into(), &|bytes| bytes.fill(0));
    variants
}

#[test]
fn a_damaged_file_is_told_and_never_believed() {
    println!("{}", damage_all(&fill(Keys::default()), 1));
}

/// And never as if the key were another.
#[test]
fn a_damaged_file_that_is_encrypted_is_told_and_never_believed() {
    println!("{}", damage_all(&fill(keys('a')), 2));
}

/// Does one in `step` of the damages to each file; says what came of it.
fn damage_all(whole: &SimDisk, step: usize) -> String {
    let truth = ask_everything(whole);
    assert!(truth.values().all(Result::is_ok), "{truth:?}");
    let files = ["directory.redb", "events/index.redb", DAY].map(|name| Path::new(DIR).join(name));
    let (mut tried, mut noticed) = (0, 0);
    for file in files {
        for (name, bytes) in damages(&whole.content(&file)).into_iter().step_by(step) {
            let disk = whole.copy();
            disk.damage(&file, |content| *content = bytes);
            let answers = ask_everything(&disk);
            tried += 1;
            noticed += u32::from(answers.values().any(Result::is_err));
            for (question, answer) in &answers {
                match answer {
                    Ok(answer) => assert!(
                        Ok(answer) == truth[question].as_ref(),
                        "{question}, {} with {name}: {answer}\ninstead of {:?}",
                        file.display(),
                        truth[question]
                    ),
                    Err(words) => assert!(
                        words.contains(file.to_str().unwrap()) && !words.contains("key"),
                        "{question}, {} with {name}: {words}",
                        file.display()
                    ),
                }
            }
        }
    }
    assert!(tried >= 60 && noticed * 2 > tried, "{noticed} of {tried}");
    format!("{tried} damaged files, {noticed} of them with something that anybody asked for")
}

/// What redb has in a file of the store.
fn bare(sealed: &Sealed) -> Vec<u8> {
    let size = usize::try_from(sealed.len().unwrap()).unwrap();
    let mut bytes = vec![0; size];
    sealed.read(0, &mut bytes[..320]).unwrap();
    for (number, page) in bytes.chunks_mut(PAGE).enumerate().skip(1) {
        // What was never written cannot be read, and is zeros.
        if sealed.read((number * PAGE) as u64, page).is_err() {
            page.fill(0);
        }
    }
    bytes
}

#[test]
fn a_store_from_before_the_checksums_is_taken_over() {
    let truth = ask_everything(&fill(Keys::default()));
    let disk = from_before_the_checksums();
    assert_eq!(ask_everything(&disk), truth);
    for file in disk.paths() {
        assert_ne!(disk.content(&file)[..4], *b"redb", "{}", file.display());
    }
}

/// The store as a version from before the checksums left it.
pub(crate) fn from_before_the_checksums() -> SimDisk {
    let disk = fill(Keys::default());
    for file in disk.paths() {
        let bytes = bare(&Sealed::new(disk.open(&file).unwrap().unwrap()));
        disk.damage(&file, |content| *content = bytes);
    }
    disk
}

#[test]
fn taking_over_an_older_store_on_a_full_disk_leaves_nothing_half_done() {
    let disk = from_before_the_checksums();
    let before = disk.paths();
    let used: usize = before.iter().map(|path| disk.content(path).len()).sum();
    disk.limit(Some(used as u64 + (64 << 10)));
    let kept_free = Settings {
        keep_free_bytes: 1,
        ..Settings::default()
    };
    for settings in [Settings::default(), kept_free] {
        let error = disk.open_store_with(Path::new(DIR), settings).unwrap_err();
        assert!(error.is_full(), "{error:?}");
        assert_eq!(disk.paths(), before);
    }
}

#[test]
fn an_older_store_that_is_damaged_is_not_sealed_as_if_it_were_right() {
    let disk = from_before_the_checksums();
    let file = Path::new(DIR).join("directory.redb");
    disk.damage(&file, |content| {
        let pages = content.chunks_mut(PAGE).skip(2);
        for page in pages.filter(|page| page.iter().any(|byte| *byte != 0)) {
            page[77] ^= 4;
        }
    });
    let error = disk.open_store(Path::new(DIR)).unwrap_err();
    assert!(matches!(&error, Error::Damaged { path, .. } if *path == file));
    assert_eq!(disk.content(&file)[..4], *b"redb");
}
