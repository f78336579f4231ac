//! Stores that are encrypted: nobody who has the files has what is in them, a key that is missing or wrong is told as such, and
//! switching on, switching off and another key go through every cut of power.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use jiff::Timestamp;
use oktop::domain::id::EventUuid;
use oktop::domain::log_event::LogEvent;
use oktop::domain::query::{EventQuery, ListQuery};
use oktop::domain::text::RawJson;
use oktop::store::rebuild::{examine, put_aside};
use oktop::store::{
    DirectoryOp, Encryption, Error, EventBatch, Keep, Keys, Settings, Store, is_encrypted,
};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::rig::{Home, until};
use crate::store_crash::{directory_page, event_page};
use crate::store_damage::{Answers, DIR, ask_everything, fill};
use crate::store_disk::{Op, SimDisk, Survives};
use crate::store_fixtures::{
    append, apply, at, complete, event, gid, key, key_text, keys, uid, user_with, wait,
};

/// How a file begins that is encrypted.
const ENCRYPTED: &[u8] = b"OKTOPEN1";

/// What an org would not like to be read by whoever finds the disk.
struct Secrets {
    login: String,
    ip: String,
    uuid: EventUuid,
}

impl Secrets {
    fn new() -> Self {
        Self {
            login: "olga.hemmelig@acme.example".to_owned(),
            ip: "198.51.100.73".to_owned(),
            uuid: EventUuid(std::array::from_fn(|n| u8::try_from(n * 13 + 29).unwrap())),
        }
    }

    fn event(&self, n: u64, published: Timestamp) -> (LogEvent, RawJson) {
        let (mut event, _) = event(n, published);
        let mut uuid = self.uuid;
        uuid.0[15] = uuid.0[15].wrapping_add(u8::try_from(n % 200).unwrap());
        event.uuid = uuid;
        event.ip = Some(self.ip.as_str().into());
        let actor = event.actor.as_mut().unwrap();
        actor.alternate_id = Some(self.login.as_str().into());
        let raw = format!(r#"{{"uuid":"{}","n":{n},"ip":"{}"}}"#, event.uuid, self.ip);
        (event, RawJson::new(raw))
    }

    /// Parts that no other bytes are likely to hold by chance: in a file that holds one of them, something can be read.
    fn needles(&self) -> Vec<Vec<u8>> {
        let uuid = self.uuid.to_string();
        vec![
            self.login.as_bytes().to_vec(),
            b"hemmelig".to_vec(),
            self.ip.as_bytes().to_vec(),
            b"51.100.73".to_vec(),
            uuid.as_bytes()[..23].to_vec(),
            self.uuid.0[..15].to_vec(),
        ]
    }

    /// How many of the needles are in these files.
    fn found_in<'a>(&self, files: impl Iterator<Item = &'a [u8]>) -> usize {
        let files: Vec<&[u8]> = files.collect();
        let is_in = |needle: &Vec<u8>| {
            let finder = memchr::memmem::Finder::new(needle);
            files.iter().any(|file| finder.find(file).is_some())
        };
        self.needles().iter().filter(|needle| is_in(needle)).count()
    }
}

/// Everything that a store is used for.
fn use_in_every_way(store: &Store, secrets: &Secrets) {
    for page in 0..3 {
        apply(store, directory_page(page));
        wait(store.events.append(event_page(page))).unwrap();
    }
    // A user whose login was another one first, so that there is history, too.
    for (moment, login) in [(10, "before.hemmelig@acme.example"), (20, &secrets.login)] {
        let changed = user_with(77, |user| {
            user.login = login.into();
            user.email = login.into();
        });
        apply(
            store,
            DirectoryOp::Users {
                run: None,
                items: vec![(
                    changed.0,
                    RawJson::new(format!("{{\"login\":\"{login}\"}}")),
                )],
                at: at(moment),
            },
        );
    }
    for day in 0..4 {
        let first = day * 50;
        let events = (first..first + 50)
            .map(|n| secrets.event(n, at(i64::try_from(86_400 * day + n).unwrap())));
        append(&store.events, events.collect());
    }
    let link = format!(
        "https://acme.example/?who={}&from={}&after={}",
        secrets.login, secrets.ip, secrets.uuid
    );
    let mark = EventBatch {
        marks: vec![("next".to_owned(), link)],
        ..EventBatch::default()
    };
    wait(store.events.append(mark)).unwrap();
    let members = DirectoryOp::Members {
        group: gid(1),
        users: complete([uid(77)]),
        at: at(30),
        evidence: Some(secrets.uuid),
    };
    apply(store, members);
    let query = EventQuery {
        filter: secrets.ip.clone(),
        limit: 100,
        with_raw: true,
        ..EventQuery::default()
    };
    assert!(!store.events.window(&query, at(99)).unwrap().rows.is_empty());
    let list = ListQuery {
        filter: "hemmelig".into(),
        limit: 10,
        ..ListQuery::default()
    };
    assert_eq!(store.directory.users(&list, at(99)).unwrap().rows.len(), 1);
    let keep = Keep {
        days: Some(2),
        bytes: None,
    };
    let left = wait(store.events.retain(keep, at(4 * 86_400))).unwrap();
    assert!(!left.is_empty());
}

/// All files below a directory.
fn files_below(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            let content = fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
    files
}

fn open(dir: &Path, keys: Keys) -> Result<Store, Error> {
    let settings = Settings {
        undrawn: 8,
        keys,
        ..Settings::default()
    };
    Store::open_with(dir, None, settings)
}

#[test]
fn no_file_of_an_encrypted_store_tells_anything() {
    let secrets = Secrets::new();
    let temp = tempfile::tempdir().unwrap();
    let count = |keys: Keys, name: &str| {
        let dir = temp.path().join(name);
        let store = open(&dir, keys.clone()).unwrap();
        use_in_every_way(&store, &secrets);
        // As it is while somebody has it open, and as it is at rest.
        let mut found = secrets.found_in(files_below(&dir).values().map(Vec::as_slice));
        store.close().unwrap();
        open(&dir, keys).unwrap().close().unwrap();
        let files = files_below(&dir);
        assert!(files.len() >= 4, "{:?}", files.keys());
        found += secrets.found_in(files.values().map(Vec::as_slice));
        (dir, found)
    };
    // What is looked for can be found: it is there when nothing is encrypted.
    let (dir, found) = count(Keys::default(), "plain");
    // All but the bytes of the uuid, which lie in nothing but compressed blocks.
    assert_eq!(found, 2 * (secrets.needles().len() - 1));
    assert_eq!(is_encrypted(&dir), Some(false));
    let (dir, found) = count(keys('a'), "encrypted");
    assert_eq!(found, 0);
    assert_eq!(is_encrypted(&dir), Some(true));
    for (path, content) in files_below(&dir) {
        let holds_nothing = content.is_empty();
        assert!(
            holds_nothing || content.starts_with(ENCRYPTED),
            "{}",
            path.display()
        );
    }
}

#[test]
fn what_a_crash_leaves_of_an_encrypted_store_tells_nothing() {
    let secrets = Secrets::new();
    let disk = SimDisk::new();
    disk.use_keys(keys('a'));
    let mut replay = disk.record();
    let store = disk.open_store(Path::new(DIR)).unwrap();
    use_in_every_way(&store, &secrets);
    store.close().unwrap();
    let ops = disk.recorded();
    // Nothing else than what was written can be on the disk, whatever of it survives.
    let writes = ops.iter().filter_map(|op| match op {
        Op::Write(_, _, data) => Some(&**data),
        _ => None,
    });
    assert_eq!(secrets.found_in(writes), 0);
    let mut dice = StdRng::seed_from_u64(1);
    for op in &ops[..ops.len() / 2] {
        replay.step(op);
    }
    let image = replay.cut(Survives::Torn(512), &mut dice).disk();
    let files = image.paths();
    let files: Vec<_> = files.iter().map(|path| image.content(path)).collect();
    assert_eq!(
        secrets.found_in(files.iter().map(|file| file.as_slice())),
        0
    );
}

fn content(disk: &SimDisk) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = disk.paths().into_iter();
    paths
        .map(|path| (path.clone(), disk.content(&path).to_vec()))
        .collect()
}

#[test]
fn a_key_that_is_missing_or_wrong_is_told_before_anything_is_changed() {
    let disk = fill(keys('a'));
    let before = content(&disk);
    disk.use_keys(Keys::default());
    let missing = disk.open_store(Path::new(DIR)).unwrap_err();
    assert!(matches!(missing, Error::KeyMissing { .. }), "{missing}");
    assert!(missing.hint().unwrap().contains("OKTOP_STORE_KEY"));
    for wrong in [
        keys('b'),
        Keys::new(None, [key('b')]),
        Keys::new(Some(key('b')), [key('c')]),
    ] {
        disk.use_keys(wrong);
        let wrong = disk.open_store(Path::new(DIR)).unwrap_err();
        assert!(matches!(wrong, Error::WrongKey { .. }), "{wrong}");
        assert!(!wrong.to_string().contains("damaged"));
    }
    // A single day under another key is told at once, too.
    let day = Path::new(DIR).join("events/2026-11-18.redb");
    let other = fill(keys('b')).content(&day);
    disk.use_keys(keys('a'));
    disk.damage(&day, |content| content.clone_from(&other));
    let wrong = disk.open_store(Path::new(DIR)).unwrap_err();
    assert!(
        matches!(&wrong, Error::WrongKey { path } if *path == day),
        "{wrong}"
    );
    disk.damage(&day, |content| content.clone_from(&before[&day]));
    assert!(content(&disk) == before);
    assert!(ask_everything(&disk).values().all(Result::is_ok));
}

#[test]
fn nothing_is_put_aside_for_want_of_the_key() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    let store = open(&dir, keys('a')).unwrap();
    wait(store.events.append(event_page(0))).unwrap();
    store.close().unwrap();
    let before = files_below(&dir);
    for (given, is_missing) in [(Keys::default(), true), (keys('b'), false)] {
        let error = examine(&dir, given.clone()).unwrap_err();
        assert_eq!(
            matches!(error, Error::KeyMissing { .. }),
            is_missing,
            "{error}"
        );
        let settings = Settings {
            keys: given,
            ..Settings::default()
        };
        assert!(wait(put_aside(&dir, &[error], settings)).is_err());
    }
    assert!(files_below(&dir) == before);
    // Looking writes none of them anew either, even when it should be another.
    let found = examine(&dir, Keys::new(Some(key('b')), [key('a')])).unwrap();
    assert!(found.is_empty(), "{found:?}");
    let leads = |files: BTreeMap<PathBuf, Vec<u8>>| -> Vec<Vec<u8>> {
        let lead = |file: Vec<u8>| file.into_iter().take(4_096).collect();
        files.into_values().map(lead).collect()
    };
    assert!(leads(files_below(&dir)) == leads(before));
}

/// From one way of keeping files to another.
fn ways() -> [(Keys, Keys, &'static [u8]); 3] {
    [
        (Keys::default(), keys('a'), ENCRYPTED),
        (keys('a'), Keys::new(None, [key('a')]), b"OKTOPSL1"),
        (keys('a'), Keys::new(Some(key('b')), [key('a')]), ENCRYPTED),
    ]
}

/// Opens the store and writes everything anew that is not as it should be.
fn go_over(disk: &SimDisk) {
    let store = disk.open_store(Path::new(DIR)).unwrap();
    store.seal_anew(|| false).unwrap();
    assert_eq!(store.encryption().waiting, 0);
    store.close().unwrap();
}

/// Whether every file is as it should be, and the same answers come from it.
fn check_gone_over(disk: &SimDisk, truth: &Answers, begins: &[u8]) {
    assert!(ask_everything(disk) == *truth);
    go_over(disk);
    for (path, content) in content(disk) {
        assert!(content.starts_with(begins), "{}", path.display());
    }
    assert_eq!(disk.repairs(), 0);
}

#[test]
fn switching_on_or_off_or_to_another_key_goes_through_every_cut_of_power() {
    let mut dice = StdRng::seed_from_u64(7);
    for (before, after, begins) in ways() {
        let disk = fill(before);
        let truth = ask_everything(&disk);
        assert!(truth.values().all(Result::is_ok));
        disk.use_keys(after);
        let mut replay = disk.record();
        go_over(&disk);
        let ops = disk.recorded();
        check_gone_over(&disk, &truth, begins);
        let renames = ops.iter().filter(|op| matches!(op, Op::Rename(..))).count();
        assert_eq!(
            renames,
            content(&disk).len(),
            "every file is written anew, once"
        );
        let mut images = 0;
        for (number, op) in ops.iter().enumerate() {
            // Just before and after each sync and rename.
            let here = matches!(op, Op::Sync(_) | Op::Rename(..));
            let matters = here || number > 0 && matches!(ops[number - 1], Op::Rename(..));
            if matters {
                let way = [Survives::None, Survives::All, Survives::Torn(512)][images % 3];
                let image = replay.cut(way, &mut dice).disk();
                check_gone_over(&image, &truth, begins);
                images += 1;
            }
            replay.step(op);
        }
        assert!(images >= 2 * renames, "{images}");
    }
}

#[test]
fn what_is_new_is_encrypted_while_the_old_still_waits() {
    let disk = fill(Keys::default());
    disk.use_keys(keys('a'));
    let store = disk.open_store(Path::new(DIR)).unwrap();
    let days = disk.paths().len() - 2;
    let waits = store.encryption();
    assert_eq!((waits.on, waits.waiting), (true, days));
    // A page whose events are of a day that has a file, and of one that has none.
    let before = disk.paths().len();
    for page in 5..9 {
        wait(store.events.append(event_page(page))).unwrap();
    }
    assert!(disk.paths().len() > before);
    for path in disk.paths() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_old_day = !store.encryption().on || name == "2026-11-18.redb";
        let is_encrypted = disk.content(&path).starts_with(ENCRYPTED);
        assert!(is_encrypted || is_old_day, "{name}");
    }
    assert_eq!(store.seal_anew(|| true).unwrap(), 0);
    assert!(store.seal_anew(|| false).unwrap() > 0);
    assert_eq!(store.encryption().waiting, 0);
    assert!(
        content(&disk)
            .values()
            .all(|file| file.starts_with(ENCRYPTED))
    );
}

#[test]
fn a_day_that_leaves_waits_no_more() {
    let disk = fill(Keys::default());
    disk.use_keys(keys('a'));
    let store = disk.open_store(Path::new(DIR)).unwrap();
    let waiting = store.encryption().waiting;
    let keep = Keep {
        days: None,
        bytes: Some(1),
    };
    // What a file takes cannot be seen on this disk, so that only age counts.
    let by_age = Keep {
        days: Some(0),
        ..keep
    };
    let left = wait(store.events.retain(by_age, at(30 * 86_400))).unwrap();
    assert!(!left.is_empty());
    assert_eq!(store.encryption().waiting, waiting - left.len());
}

#[test]
fn without_room_for_a_copy_a_file_is_used_as_it_is_until_there_is_some() {
    let disk = fill(Keys::default());
    let truth = ask_everything(&disk);
    disk.use_keys(keys('a'));
    let before = disk.paths();
    let used: usize = before.iter().map(|path| disk.content(path).len()).sum();
    disk.limit(Some(used as u64 + (64 << 10)));
    let store = disk.open_store(Path::new(DIR)).unwrap();
    assert_eq!(store.encryption().waiting, before.len());
    assert!(store.seal_anew(|| false).unwrap_err().is_full());
    // Nothing is lost for it, so it is no trouble.
    assert!(store.troubles().is_empty());
    store.close().unwrap();
    assert_eq!(disk.paths(), before);
    assert!(ask_everything(&disk) == truth);
    let store = disk.open_store(Path::new(DIR)).unwrap();
    disk.limit(None);
    assert_eq!(store.seal_anew(|| false).unwrap(), before.len());
    let is_encrypted = |file: &Vec<u8>| file.starts_with(ENCRYPTED);
    assert!(content(&disk).values().all(is_encrypted));
    store.close().unwrap();
    check_gone_over(&disk, &truth, ENCRYPTED);
}

#[test]
fn a_copy_that_was_cut_off_does_not_lie_there_for_good() {
    let disk = fill(keys('a'));
    // Switching off was cut off in the middle of a file, and then nobody wanted it any more.
    disk.use_keys(Keys::new(None, [key('a')]));
    let mut replay = disk.record();
    go_over(&disk);
    let ops = disk.recorded();
    let last = ops
        .iter()
        .rposition(|op| matches!(op, Op::Create(..)))
        .unwrap();
    for op in &ops[..last + 2] {
        replay.step(op);
    }
    let cut = replay
        .cut(Survives::All, &mut StdRng::seed_from_u64(1))
        .disk();
    let is_unfinished = |path: &PathBuf| path.extension().is_some_and(|end| end == "new");
    assert!(cut.paths().iter().any(is_unfinished));
    cut.use_keys(keys('a'));
    drop(cut.open_store(Path::new(DIR)).unwrap());
    assert!(!cut.paths().iter().any(is_unfinished));
}

#[test]
fn plain_files_that_were_put_aside_are_told() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    open(&dir, Keys::default()).unwrap().close().unwrap();
    let aside = dir.join("directory.redb.damaged");
    fs::copy(dir.join("directory.redb"), &aside).unwrap();
    let told = |keys: Keys| {
        let store = open(&dir, keys).unwrap();
        let told = store.encryption();
        store.close().unwrap();
        told.plain_aside
    };
    assert!(told(Keys::default()).is_empty());
    assert_eq!(told(keys('a')), std::slice::from_ref(&aside));
    fs::copy(dir.join("directory.redb"), &aside).unwrap();
    assert!(told(keys('a')).is_empty());
    let in_memory = Store::in_memory().unwrap().encryption();
    assert_eq!(in_memory, Encryption::default());
}

/// A home with a profile whose mirror is encrypted, and nothing that answers for its org.
struct Place(Home);

impl Place {
    fn new() -> Self {
        let place = Self(Home::at("", ""));
        for digit in ['a', 'b'] {
            place.private(&format!("{digit}.key"), &key_text(digit));
        }
        place
    }

    fn private(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn configure(&self, store: &str) {
        let dir = self.0.path().join("config/oktop");
        fs::create_dir_all(&dir).unwrap();
        let home = self.0.path().display().to_string();
        let store = store.replace("HOME", &home);
        let text = format!(
            "[profiles.acme]\norg_url = \"https://acme.okta.com\"\n[profiles.acme.store]\nballast_mb = 0\nkeep_free_mb = 0\n{store}\n"
        );
        fs::write(dir.join("config.toml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str], key: Option<&str>) -> Output {
        let mut command = self.0.command(&[&["--offline"], arguments].concat());
        command
            .env_remove("OKTOP_ORG_URL")
            .env_remove("OKTOP_API_TOKEN");
        if let Some(key) = key {
            command.env("OKTOP_STORE_KEY", key);
        }
        command.output().unwrap()
    }

    fn status(&self) -> Value {
        let output = self.run(&["status", "-o", "json"], None);
        let words = words(&output);
        assert!(output.status.success(), "{words}");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        status["encryption"].clone()
    }

    /// Once every file is written anew.
    fn settled(&self) -> Value {
        until("every file is written anew", Duration::from_mins(2), || {
            self.status()["waiting"] == 0
        });
        self.status()
    }

    fn stop(&self) {
        let output = self.run(&["agent", "stop"], None);
        assert!(output.status.success(), "{}", words(&output));
    }

    fn uuids(&self) -> usize {
        let output = self.run(&["events", "list", "-o", "ndjson"], None);
        assert!(output.status.success(), "{}", words(&output));
        output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .count()
    }

    fn stores(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = files_below(&self.0.data_dir());
        files.retain(|path, _| path.extension().is_some_and(|end| end == "redb"));
        files
    }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An export of a few events over two days.
fn export(secrets: &Secrets) -> String {
    let line = |n: u64| {
        let uuid = format!("{:08x}-1ca7-11f1-8d3f-7d0c5bd2f1a0", 0x5ec2_e700 + n);
        let day = 18 + n % 2;
        format!(
            r#"{{"uuid":"{uuid}","published":"2026-11-{day}T10:00:00.000Z","eventType":"user.session.start","version":"0","severity":"INFO","actor":{{"id":"00u1","type":"User","alternateId":"{}","displayName":"Olga"}},"client":{{"ipAddress":"{}"}},"outcome":{{"result":"SUCCESS"}},"target":[]}}"#,
            secrets.login, secrets.ip
        ) + "\n"
    };
    (0..40).map(line).collect()
}

#[test]
fn an_import_is_encrypted_and_another_key_or_none_is_told() {
    let (place, secrets) = (Place::new(), Secrets::new());
    place.configure("key_file = \"HOME/a.key\"");
    let file = place.0.path().join("log.ndjson");
    fs::write(&file, export(&secrets)).unwrap();
    let imported = place.run(&["events", "import", file.to_str().unwrap()], None);
    assert!(imported.status.success(), "{}", words(&imported));
    assert_eq!(place.uuids(), 40);
    let status = place.status();
    assert_eq!(
        (&status["on"], &status["waiting"]),
        (&true.into(), &0.into())
    );
    // Nothing in the whole directory, the agent's log among it, while the agent has it and after its death.
    let nothing = || {
        let files = files_below(&place.0.data_dir());
        assert!(files.len() > 5);
        secrets.found_in(files.values().map(Vec::as_slice)) == 0
    };
    assert!(nothing());
    place.0.kill_agent();
    assert!(nothing());
    for (store, key, says) in [
        ("", None, "is encrypted, and no key is configured for it"),
        ("key_file = \"HOME/b.key\"", None, "the key does not fit"),
        ("", Some(key_text('b')), "the key does not fit"),
        (
            "",
            Some("canary".to_owned()),
            "cannot be the mirror's key: it is not 32 bytes",
        ),
        (
            "key_file = \"HOME/none.key\"",
            None,
            "none.key cannot be used",
        ),
    ] {
        place.configure(store);
        let refused = place.run(&["status"], key.as_deref());
        let words = words(&refused);
        assert_eq!(refused.status.code(), Some(8), "{words}");
        assert!(words.contains(says) && words.contains("hint:"), "{words}");
        assert!(
            !words.contains("canary") && !words.contains("damaged"),
            "{words}"
        );
    }
    fs::set_permissions(
        place.0.path().join("a.key"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    place.configure("key_file = \"HOME/a.key\"");
    let open = words(&place.run(&["status"], None));
    assert!(open.contains("chmod 600"), "{open}");
    // The environment's goes over the file's.
    let right = place.run(&["status"], Some(&key_text('a')));
    assert!(right.status.success(), "{}", words(&right));
    assert!(
        place
            .stores()
            .values()
            .all(|file| file.starts_with(ENCRYPTED))
    );
}

#[test]
fn the_configuration_switches_it_on_and_off_and_changes_the_key() {
    let (place, secrets) = (Place::new(), Secrets::new());
    place.configure("");
    let file = place.0.path().join("log.ndjson");
    fs::write(&file, export(&secrets)).unwrap();
    let imported = place.run(&["events", "import", file.to_str().unwrap()], None);
    assert!(imported.status.success(), "{}", words(&imported));
    assert_eq!(place.status()["on"], false);
    // An agent that runs does not hear of a new setting, and that is told.
    place.configure("key_command = [\"cat\", \"HOME/a.key\"]");
    let told = words(&place.run(&["status"], None));
    assert!(told.contains("was started with another setting"), "{told}");
    for (store, begins) in [
        ("key_command = [\"cat\", \"HOME/a.key\"]", ENCRYPTED),
        (
            "key_file = \"HOME/b.key\"\nold_key_file = \"HOME/a.key\"",
            ENCRYPTED,
        ),
        ("key_file = \"HOME/b.key\"", ENCRYPTED),
        ("key_file = \"HOME/b.key\"\nencrypt = false", b"OKTOPSL1"),
        ("", b"OKTOPSL1"),
    ] {
        place.configure(store);
        place.stop();
        let settled = place.settled();
        assert_eq!(settled["on"], begins == ENCRYPTED, "{store}");
        assert_eq!(place.uuids(), 40);
        for (path, content) in place.stores() {
            assert!(content.starts_with(begins), "{store}: {}", path.display());
        }
        let told = words(&place.run(&["status"], None));
        assert!(!told.contains("another setting"), "{told}");
        let info = place.run(&["info", "-o", "json"], None);
        let info: Value = serde_json::from_slice(&info.stdout).unwrap();
        assert_eq!(info["encrypted"], (begins == ENCRYPTED).to_string());
    }
    let doctor = |store: &str| {
        place.configure(store);
        let output = place.run(&["doctor", "-o", "json"], None);
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(doctor("").contains("the mirror is not encrypted"));
    let bad = doctor("key_file = \"HOME/none.key\"");
    assert!(
        bad.contains("\"store key\"") && bad.contains("none.key"),
        "{bad}"
    );
}
