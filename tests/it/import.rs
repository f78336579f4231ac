//! Exports that are imported where no org is configured, and looked at there, with the real program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{Home, Sim, until};

/// The log of a simulated org, as `events list -o ndjson` exports it.
fn exported() -> (Sim, Home, String) {
    let sim = Sim::start(&[
        "--users",
        "60",
        "--groups",
        "5",
        "--apps",
        "3",
        "--events",
        "2300",
        "--days",
        "2",
        "--live",
        "off",
        "--rate-limits",
        "off",
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    until("the log's history is read", Duration::from_mins(2), || {
        let log = &home.json(&["status"])["log"];
        log["backfill"]["done"] == true && log["caught_up"] == true
    });
    let export = home.run(&["events", "list", "-o", "ndjson"]);
    assert!(export.status.success());
    let export = String::from_utf8(export.stdout).unwrap();
    (sim, home, export)
}

/// A home where no org is configured.
struct Nowhere(Home);

impl Nowhere {
    fn new() -> Self {
        Self(Home::at("", ""))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.command(arguments);
        command
            .env_remove("OKTOP_ORG_URL")
            .env_remove("OKTOP_API_TOKEN");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn offline(&self, arguments: &[&str]) -> Output {
        self.run(&[&["--offline"], arguments].concat())
    }

    /// Imports a file; gives the status and the report.
    fn import(&self, file: &Path, more: &[&str]) -> (Option<i32>, Value) {
        let file = file.to_str().unwrap();
        let output = self.offline(&[&["events", "import", file, "-o", "json"], more].concat());
        let words = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {words}"));
        (output.status.code(), report)
    }

    fn events(&self) -> BTreeMap<String, Value> {
        let output = self.offline(&["events", "list", "-o", "ndjson"]);
        events(&String::from_utf8(output.stdout).unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// Okta's JSON of each event, by its uuid.
fn events(ndjson: &str) -> BTreeMap<String, Value> {
    let event = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event.as_object_mut().unwrap().remove("_oktop");
        (event["uuid"].as_str().unwrap().to_owned(), event)
    };
    ndjson.lines().map(event).collect()
}

#[test]
fn what_one_org_exports_is_all_there_without_any_org() {
    let (_sim, org, export) = exported();
    let all = events(&export);
    let count = all.len();
    let nowhere = Nowhere::new();
    let file = nowhere.file("log.ndjson", &export);

    let (code, report) = nowhere.import(&file, &[]);
    assert_eq!(code, Some(0), "{report}");
    let expected = |stored: usize, duplicates: usize| {
        json!({
            "files": 1, "events": count, "stored": stored, "duplicates": duplicates, "conflicts": 0, "rebuilt": 0,
            "bad_lines": 0, "bad": [],
        })
    };
    assert_eq!(report, expected(count, 0));
    assert!(nowhere.events() == all, "not what was exported");
    assert_eq!(nowhere.import(&file, &[]).1, expected(0, count));
    assert!(nowhere.events() == all, "not what was exported");

    // The org's own mirror knows every one of them.
    let back = org.json(&["events", "import", file.to_str().unwrap()]);
    assert_eq!(
        (&back["stored"], &back["duplicates"], &back["conflicts"]),
        (&0.into(), &count.into(), &0.into())
    );

    let kind = all.values().next().unwrap()["eventType"].as_str().unwrap();
    let same = all.values().filter(|event| event["eventType"] == kind);
    let filter = format!("type={kind}");
    let found = nowhere.offline(&["events", "search", &filter, "-o", "ndjson"]);
    let found = String::from_utf8(found.stdout).unwrap();
    assert_eq!(found.lines().count(), same.count());
    assert_eq!(nowhere.offline(&["sync", "--once"]).status.code(), Some(8));
}

#[test]
fn what_is_damaged_is_told_and_nothing_else_is_lost() {
    let nowhere = Nowhere::new();
    let event = |number: u32| {
        format!(
            "{{\"uuid\":\"5d730bf4-8b95-11ea-8cbe-{number:012}\",\"published\":\"2026-11-01T10:00:00.000Z\"}}"
        )
    };
    let text = format!("{}\n{{\"uuid\":\"none\"}}\nno\n{}\n", event(1), event(2));
    let file = nowhere.file("log.ndjson", &text);
    let (code, report) = nowhere.import(&file, &["--covers", "2026-11-01..2026-11-02"]);
    assert_eq!(code, Some(7));
    assert_eq!(
        (&report["stored"], &report["bad_lines"]),
        (&2.into(), &2.into())
    );
    let mut lines: Vec<u64> = report["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bad| bad["line"].as_u64().unwrap())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [2, 3]);
    assert_eq!(report["gaps_filled"], Value::Null);

    let csv = format!(
        "timestamp,uuid,event_type,actor.alternate_id\n2026-11-01T10:00:00.000Z,5d730bf4-8b95-11ea-8cbe-{:012},user.session.end,ana@acme.com\n",
        3
    );
    let file = nowhere.file("log.csv", &csv);
    let (code, report) = nowhere.import(&file, &["--covers", "2026-11-01..2026-11-02"]);
    assert_eq!(
        (code, &report["rebuilt"], &report["gaps_filled"]),
        (Some(0), &1.into(), &0.into())
    );
    let rebuilt = nowhere.events();
    assert_eq!(rebuilt.len(), 3);
    let last = rebuilt.values().last().unwrap();
    assert_eq!(
        (&last["_rebuilt"], &last["actor"]["alternateId"]),
        (&"csv".into(), &"ana@acme.com".into())
    );

    // A running agent answers without the flag; without either, the way out is named.
    assert!(nowhere.run(&["events", "list"]).status.success());
    assert!(nowhere.run(&["agent", "stop"]).status.success());
    let none = nowhere.run(&["events", "list"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("--offline"));
    assert_eq!(
        nowhere
            .offline(&["events", "import", "/none"])
            .status
            .code(),
        Some(2)
    );
}

/// Small events, one a line, all of one day.
fn lines(numbers: std::ops::Range<u32>) -> String {
    let line = |n| {
        format!(
            "{{\"uuid\":\"5d730bf4-8b95-11ea-8cbe-{n:012}\",\"published\":\"2026-11-01T10:00:00.000Z\"}}\n"
        )
    };
    numbers.map(line).collect()
}

/// A running import, which ends with the test.
struct Importing(Child);

impl Importing {
    /// From a pipe.
    fn start(nowhere: &Nowhere) -> Self {
        let child = nowhere
            .command(&["--offline", "events", "import", "-", "-o", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }

    fn feed(&mut self, text: &str) {
        let pipe = self.0.stdin.as_mut().unwrap();
        pipe.write_all(text.as_bytes()).unwrap();
    }

    /// Its exit status, though the pipe stays open.
    fn ended(&mut self) -> Option<i32> {
        let mut status = None;
        until("the import has ended", Duration::from_mins(2), || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }
}

impl Drop for Importing {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An import that waited for more through a pipe did not see that its agent was gone, and hung.
#[test]
fn an_import_whose_agent_is_killed_ends_and_is_done_again() {
    const LIST: u32 = 1_000;
    let nowhere = Nowhere::new();
    let mut all = String::new();
    let mut stored = 0;
    // Lists that the agent is killed with, behind one that it has stored.
    for (round, under_way) in (0..).zip([0, 1, 4]) {
        let first = round * 10 * LIST;
        let mut import = Importing::start(&nowhere);
        import.feed(&lines(first..first + LIST));
        until("a list is stored", Duration::from_mins(2), || {
            let status = nowhere.offline(&["status", "-o", "json"]);
            let status: Value = serde_json::from_slice(&status.stdout).unwrap_or_default();
            status["log"]["events"].as_u64() == Some(stored + u64::from(LIST))
        });
        import.feed(&lines(first + LIST..first + LIST * (1 + under_way)));
        assert!(nowhere.0.kill_agent());
        assert_eq!(import.ended(), Some(1));
        let before = stored + u64::from(LIST);
        stored = nowhere.events().len() as u64;
        assert!(stored >= before, "{stored} of {before}");
        all.push_str(&lines(first..first + LIST * 5));
    }
    let total = all.lines().count();
    let file = nowhere.file("log.ndjson", &all);
    let (code, report) = nowhere.import(&file, &[]);
    assert_eq!((code, &report["events"]), (Some(0), &total.into()));
    assert_eq!(report["conflicts"], 0);
    assert_eq!(nowhere.events().len(), total);
    let listed = nowhere.offline(&["events", "list", "-o", "ndjson"]).stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert_eq!(listed.lines().count(), total);
}

/// In a new directory nothing was recorded as missing: `--covers` did nothing and said nothing, and took stretches that are to come.
#[test]
fn what_an_import_covers_is_known_to_be_complete_in_a_new_directory() {
    let nowhere = Nowhere::new();
    let event = "{\"uuid\":\"5d730bf4-8b95-11ea-8cbe-000000000001\",\"published\":\"2025-11-01T10:00:00.000Z\"}";
    let file = nowhere.file("log.ndjson", event);
    let name = file.to_str().unwrap();
    let future = [
        "events",
        "import",
        name,
        "--covers",
        "2025-11-01..2999-01-01",
    ];
    let refused = nowhere.offline(&future);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!nowhere.0.data_dir().exists(), "nothing was begun");

    let (code, report) = nowhere.import(&file, &["--covers", "2025-11-01..2025-11-02"]);
    assert_eq!(code, Some(0), "{report}");
    let covered = json!({"from": "2025-11-01T00:00:00.000Z", "to": "2025-11-02T00:00:00.000Z"});
    assert_eq!(report["covered"], covered);
    let status = nowhere.offline(&["status", "-o", "json"]).stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    assert_eq!(status["log"]["complete"], json!([covered]));
    let within = [
        "--since",
        "2025-11-01T12:00:00Z",
        "--until",
        "2025-11-01T13:00:00Z",
    ];
    let none = nowhere.offline(&[&["events", "list"][..], &within].concat());
    assert_eq!(
        none.status.code(),
        Some(3),
        "there was none, and that is known"
    );
    // Nothing was ever read of what is no event.
    let users = nowhere.offline(&["users", "list"]);
    assert_eq!(users.status.code(), Some(7));
    let words = String::from_utf8(users.stderr).unwrap();
    assert!(words.contains("is not known: nothing was read"), "{words}");
}
