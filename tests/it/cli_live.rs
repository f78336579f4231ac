//! The commands on a mirror of a simulated org: what they print, in every format, and how they end.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use oktop::okta::scopes_of_mirror;
use serde_json::Value;

use crate::rig::{Home, Sim, ids, oktop, until};
use crate::support::app_key::AppKey;

/// An org that stands still, and a home that has mirrored it.
fn mirrored() -> (Sim, Home) {
    let sim = still_org();
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    (sim, home)
}

/// Waits until everything that the log tells is stored: a reading of everything does not wait for its history.
fn read_log(home: &Home) {
    until("the log's history is read", Duration::from_mins(5), || {
        let log = &home.json(&["status"])["log"];
        log["backfill"]["done"] == true && log["caught_up"] == true
    });
}

fn still_org() -> Sim {
    Sim::start(&[
        "--users",
        "700",
        "--groups",
        "30",
        "--apps",
        "12",
        "--events",
        "1200",
        "--days",
        "2",
        "--live",
        "off",
        "--rate-limits",
        "off",
    ])
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs a command that succeeds; gives what it printed.
fn data(home: &Home, line: &str) -> String {
    let output = home.run(&line.split(' ').collect::<Vec<_>>());
    assert!(
        output.status.success(),
        "{line}: {}: {}",
        output.status,
        words(&output)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn stop_agent(home: &Home) {
    let stopped = home.run(&["agent", "stop"]);
    assert!(stopped.status.success(), "{}", words(&stopped));
    assert_eq!(home.agent_pid(), None, "it was not waited for");
}

fn code(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let output = home.run(arguments);
    (output.status.code(), words(&output))
}

#[test]
fn every_format_tells_of_the_same_objects() {
    let (_sim, home) = mirrored();
    for kind in ["users", "groups", "apps"] {
        let list = home.json(&[kind, "list"]);
        let truth = ids(&list);
        assert!(truth.len() >= 12, "{kind}");
        let ndjson = data(&home, &format!("{kind} list -o ndjson"));
        let lines: Vec<Value> = ndjson
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(&Value::from(lines), &list, "{kind}");
        let csv = data(&home, &format!("{kind} list -o csv"));
        let mut csv = csv::Reader::from_reader(csv.as_bytes());
        let of_csv: BTreeSet<String> = csv
            .records()
            .map(|row| row.unwrap()[0].to_owned())
            .collect();
        assert_eq!(of_csv, truth, "{kind}");
        let table = data(&home, &format!("{kind} list"));
        let of_table: BTreeSet<String> = table
            .lines()
            .skip(1)
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(of_table, truth, "{kind}");
        assert!(
            !table.chars().any(|c| c.is_control() && c != '\n'),
            "{kind}"
        );
    }
}

#[test]
fn one_object_is_found_by_id_and_by_name_and_is_oktas_own() {
    let (_sim, home) = mirrored();
    let list = home.json(&["users", "list", "--limit", "3"]);
    for row in list.as_array().unwrap() {
        let (id, login) = (
            row["id"].as_str().unwrap(),
            row["profile"]["login"].as_str().unwrap(),
        );
        let by_id = home.json(&["users", "get", id]);
        assert_eq!(home.json(&["users", "get", login]), by_id);
        let oktas = |row: &Value| {
            let mut row = row.as_object().unwrap().clone();
            assert!(
                row.remove("_oktop")
                    .is_some_and(|ours| ours["observed"].is_string())
            );
            row
        };
        assert_eq!(oktas(&by_id), oktas(row));
    }
    for kind in ["users", "groups", "apps"] {
        let (code, words) = code(&home, &[kind, "get", "nobody@nowhere.example"]);
        assert_eq!(code, Some(3), "{words}");
    }
}

#[test]
fn relations_are_listed_from_both_sides() {
    let (_sim, home) = mirrored();
    let groups = home.json(&["groups", "list"]);
    let group = groups.as_array().unwrap().iter().find(|group| {
        let users = group["_oktop"]["users"].as_u64().unwrap();
        (1..50).contains(&users)
    });
    let group = group.unwrap();
    let (id, name) = (
        group["id"].as_str().unwrap(),
        group["profile"]["name"].as_str().unwrap(),
    );
    let members = home.json(&["groups", "members", id]);
    assert_eq!(
        ids(&members).len() as u64,
        group["_oktop"]["users"].as_u64().unwrap()
    );
    assert_eq!(ids(&home.json(&["groups", "members", name])), ids(&members));
    for member in ids(&members) {
        assert!(ids(&home.json(&["users", "groups", &member])).contains(id));
    }
    let apps = home.json(&["apps", "list"]);
    let app = apps
        .as_array()
        .unwrap()
        .iter()
        .find(|app| app["_oktop"]["users"].as_u64().unwrap() > 0)
        .unwrap();
    let app_id = app["id"].as_str().unwrap();
    let user = ids(&home.json(&["apps", "users", app_id, "--limit", "1"]))
        .pop_first()
        .unwrap();
    assert!(ids(&home.json(&["users", "apps", &user])).contains(app_id));
}

#[test]
fn a_filter_finds_nothing_or_is_pointed_at() {
    let (_sim, home) = mirrored();
    let active = home.json(&["users", "search", "status=active"]);
    assert!(
        active
            .as_array()
            .unwrap()
            .iter()
            .all(|user| user["status"] == "ACTIVE")
    );
    let others = data(&home, "-o json users search -- -status=active");
    let others: Value = serde_json::from_str(&others).unwrap();
    let all = home.json(&["users", "list"]);
    assert_eq!(ids(&active).len() + ids(&others).len(), ids(&all).len());
    let sorted = home.json(&["users", "list", "--sort", "login", "--desc", "--limit", "5"]);
    let logins: Vec<&str> = sorted
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["profile"]["login"].as_str().unwrap())
        .collect();
    assert!(
        logins.is_sorted_by(|a, b| a.to_lowercase() >= b.to_lowercase()),
        "{logins:?}"
    );

    let nothing = home.run(&["users", "search", "nobodyhasthisname", "-o", "json"]);
    assert_eq!(
        (nothing.status.code(), nothing.stdout.as_slice()),
        (Some(3), b"[]\n".as_slice())
    );
    let (code, words) = code(&home, &["users", "search", "ana stat:active"]);
    assert_eq!(code, Some(2));
    assert!(
        words.starts_with("  ana stat:active\n      ^\nerror: "),
        "{words}"
    );
}

#[test]
fn events_come_in_order_once_and_by_uuid() {
    let (_sim, home) = mirrored();
    read_log(&home);
    let stored = home.json(&["status"])["log"]["events"].as_u64().unwrap();
    let all = data(&home, "events list -o ndjson");
    let events: Vec<Value> = all
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let uuids: BTreeSet<&str> = events
        .iter()
        .map(|event| event["uuid"].as_str().unwrap())
        .collect();
    assert_eq!((events.len() as u64, uuids.len()), (stored, events.len()));
    assert!(events.is_sorted_by_key(|event| event["published"].as_str().unwrap().to_owned()));

    let newest = home.json(&["events", "list", "--limit", "7"]);
    assert_eq!(newest.as_array().unwrap()[..], events[events.len() - 7..]);
    let one = &events[events.len() / 2];
    assert_eq!(
        &home.json(&["events", "get", one["uuid"].as_str().unwrap()]),
        one
    );
    let since = home.json(&[
        "events",
        "list",
        "--since",
        one["published"].as_str().unwrap(),
    ]);
    assert_eq!(since[0]["published"], one["published"]);
    let kind = one["eventType"].as_str().unwrap();
    let same = home.json(&["events", "search", &format!("type={kind}")]);
    assert_eq!(
        same.as_array().unwrap().len(),
        events
            .iter()
            .filter(|event| event["eventType"] == kind)
            .count()
    );
    assert_eq!(
        code(
            &home,
            &["events", "get", "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef"]
        )
        .0,
        Some(3)
    );
}

/// `about:` a login found nothing, `ip:` took no network, and two letters were a part of a country's name.
#[test]
fn events_are_found_by_login_by_network_and_by_the_code_of_a_country() {
    let (_sim, home) = mirrored();
    read_log(&home);
    let events = home.json(&["events", "list"]);
    let events = events.as_array().unwrap();
    let found = |filter: &str| {
        let output = home.run(&["events", "search", filter, "-o", "json"]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let uuids = found.as_array().unwrap().iter();
        uuids
            .map(|event| event["uuid"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<String>>()
    };
    let that = |holds: &dyn Fn(&Value) -> bool| {
        let holding = events.iter().filter(|event| holds(event));
        holding
            .map(|event| event["uuid"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<String>>()
    };
    let actor = events.iter().map(|event| &event["actor"]);
    let actor = actor.clone().find(|actor| actor["type"] == "User").unwrap();
    let (id, login) = (
        actor["id"].as_str().unwrap(),
        actor["alternateId"].as_str().unwrap(),
    );
    let is_it = |party: &Value| party["id"] == id;
    let about = that(&|event| {
        let targets = event["target"].as_array().into_iter().flatten();
        is_it(&event["actor"]) || targets.into_iter().any(is_it)
    });
    assert!(!about.is_empty());
    assert_eq!(found(&format!("about:{login}")), about);
    assert_eq!(found(&format!("about:{id}")), about);
    assert_eq!(found("about:nobody@nowhere.example"), BTreeSet::new());

    let ip = |event: &Value| {
        event["client"]["ipAddress"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let some = events.iter().map(ip).find(|ip| !ip.is_empty()).unwrap();
    let parts: Vec<&str> = some.split('.').collect();
    let net = format!("{}.{}.", parts[0], parts[1]);
    let within = that(&|event| ip(event).starts_with(&net));
    assert!(!within.is_empty() && within.len() < events.len());
    assert_eq!(found(&format!("ip:{net}0.0/16")), within);
    let (status, words) = code(
        &home,
        &["events", "search", "result:success ip:10.0.0.0/33"],
    );
    assert_eq!(status, Some(2), "{words}");
    assert!(words.contains(&format!("\n  {:18}^\n", "")), "{words}");

    let country = |event: &Value| event["client"]["geographicalContext"]["country"].clone();
    let us = that(&|event| country(event) == "United States");
    assert!(!us.is_empty());
    for filter in ["country:US", "country:us", "country:\"united states\""] {
        assert_eq!(found(filter), us, "{filter}");
    }
}

#[test]
fn whoever_reads_may_leave_early() {
    let (_sim, home) = mirrored();
    let script = format!(
        "set -o pipefail; '{}' --data-dir '{}' users list -o ndjson | head -n 1",
        oktop().display(),
        home.data_dir().display()
    );
    let mut shell = std::process::Command::new("bash");
    let output = shell
        .env_clear()
        .envs(home.environment())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    assert_eq!(words(&output), "");
}

#[test]
fn an_org_that_cannot_be_reached_is_told_and_what_is_mirrored_stays_readable() {
    let (sim, home) = mirrored();
    let users = ids(&home.json(&["users", "list"]));
    drop(sim);
    // First with an agent that had reached it, which told of 27 lists and ended with 7, then with one that never does.
    for _ in 0..2 {
        // One list was said to be read, with status 0.
        let (one, words) = code(&home, &["sync", "--resource", "users"]);
        assert_eq!(one, Some(6), "{words}");
        let (code, words) = code(&home, &["sync", "--once"]);
        assert_eq!(code, Some(6), "{words}");
        assert_eq!(words.matches("error: ").count(), 1, "{words}");
        assert_eq!(words.matches("hint: ").count(), 1, "{words}");
        assert_eq!(ids(&home.json(&["users", "list"])), users);
        stop_agent(&home);
    }
}

#[test]
fn another_orgs_store_is_left_alone() {
    let (_sim, home) = mirrored();
    let users = ids(&home.json(&["users", "list"]));
    stop_agent(&home);
    let other = Sim::start(&[
        "--users", "20", "--groups", "3", "--apps", "2", "--events", "10", "--seed", "99",
        "--live", "off",
    ]);
    let elsewhere = |arguments: &[&str]| {
        home.command(arguments)
            .env("OKTOP_ORG_URL", &other.url)
            .env("OKTOP_API_TOKEN", &other.token)
            .output()
            .unwrap()
    };
    let refused = elsewhere(&["sync", "--once"]);
    assert_eq!(refused.status.code(), Some(8), "{}", words(&refused));
    // Offline they are shown to whoever insists, with the name of the org that they are of.
    let stored = elsewhere(&["--offline", "users", "list", "-o", "json"]);
    assert!(stored.status.success(), "{}", words(&stored));
    assert_eq!(ids(&serde_json::from_slice(&stored.stdout).unwrap()), users);
    assert!(
        words(&stored).contains("holds the mirror of"),
        "{}",
        words(&stored)
    );
    // The agent that was started for the other org is not asked for this one's users.
    assert_eq!(home.run(&["users", "list"]).status.code(), Some(8));
    stop_agent(&home);
    assert_eq!(ids(&home.json(&["users", "list"])), users);
}

#[test]
fn a_good_installation_has_nothing_to_mend() {
    let (_sim, home) = mirrored();
    let checks = home.json(&["doctor"]);
    for check in checks.as_array().unwrap() {
        assert_ne!(check["state"], "bad", "{check}");
    }
    let state = |name: &str| {
        checks
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["check"] == name)
            .unwrap()["state"]
            .clone()
    };
    for name in ["org", "token", "data", "agent", "connection", "clock"] {
        assert_eq!(state(name), "ok", "{name}: {checks}");
    }
}

#[test]
fn everything_that_is_written_is_private_and_the_token_is_nowhere() {
    let (sim, home) = mirrored();
    let mut seen = 0;
    visit(home.path(), &mut |path| {
        let metadata = fs::symlink_metadata(path).unwrap();
        if path == home.path() {
            return;
        }
        if metadata.is_dir() {
            assert_eq!(
                metadata.permissions().mode() & 0o077,
                0,
                "{}",
                path.display()
            );
            return;
        }
        assert_eq!(
            metadata.permissions().mode() & 0o177,
            0,
            "{}",
            path.display()
        );
        if metadata.is_file() {
            let bytes = fs::read(path).unwrap();
            let holds_token = memchr::memmem::find(&bytes, sim.token.as_bytes()).is_some();
            assert!(!holds_token, "{} holds the token", path.display());
            seen += 1;
        }
    });
    assert!(seen >= 4, "{seen} files");
}

fn visit(path: &Path, look: &mut impl FnMut(&Path)) {
    look(path);
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            visit(&entry.unwrap().path(), look);
        }
    }
}

/// A service app in place of a token: the mirror is complete, and the doctor knows what the app may and may not.
#[test]
fn a_service_app_is_enough_and_the_doctor_says_which_scopes_it_lacks() {
    let sim = still_org();
    let home = Home::new(&sim);
    let key = AppKey::new();
    let key_file = home.path().join("app.key");
    fs::write(&key_file, &key.pem).unwrap();
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
    let registered = |scopes: &[&str]| {
        let order = serde_json::json!({"jwks": {"keys": [key.jwk]}, "scopes": scopes, "roles": ["SUPER_ADMIN"]});
        let made = sim.tell("clients", &order);
        made["client_id"].as_str().unwrap().to_owned()
    };
    let run = |id: &str, arguments: &[&str]| {
        let mut command = home.command(arguments);
        command
            .env_remove("OKTOP_API_TOKEN")
            .env("OKTOP_CLIENT_ID", id)
            .env("OKTOP_PRIVATE_KEY_FILE", &key_file);
        command.output().unwrap()
    };
    let all = scopes_of_mirror();
    let whole = registered(&all);
    let synced = run(&whole, &["sync", "--once", "-o", "json"]);
    assert!(synced.status.success(), "{}", words(&synced));
    let report: Value = serde_json::from_slice(&synced.stdout).unwrap();
    assert_eq!(report["complete"], true, "{report}");
    let checks = |id: &str| -> Vec<Value> {
        let said = run(id, &["doctor", "-o", "json"]);
        serde_json::from_slice(&said.stdout).unwrap()
    };
    let named = |checks: &[Value], name: &str| {
        checks
            .iter()
            .find(|check| check["check"] == name)
            .unwrap()
            .clone()
    };
    let good = checks(&whole);
    assert_eq!(named(&good, "key")["state"], "ok", "{good:?}");
    assert_eq!(named(&good, "scopes")["state"], "ok", "{good:?}");
    let few = registered(&["okta.users.read"]);
    let lacking = named(&checks(&few), "scopes");
    assert_eq!(lacking["state"], "warning");
    assert!(
        lacking["says"]
            .as_str()
            .unwrap()
            .contains("okta.groups.read"),
        "{lacking}"
    );
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o644)).unwrap();
    let open = named(&checks(&whole), "key");
    assert_eq!(open["state"], "bad");
    assert!(
        open["fix"].as_str().unwrap().starts_with("run: chmod 600 "),
        "{open}"
    );
    let shown = format!("{good:?}{}", words(&synced));
    assert!(!shown.contains(key.pem.lines().nth(1).unwrap()));
}

/// A mistyped directory was made, with an empty mirror in it.
#[test]
fn offline_a_directory_that_is_not_there_is_told_and_not_made() {
    let home = Home::at(
        "http://127.0.0.1:9",
        "00SimulatedOktaTokenForTestsAndDemosOnly42",
    );
    for line in [
        "users list",
        "status",
        "changes",
        "events list",
        "admins list",
    ] {
        let line = format!("--offline {line}");
        let (code, words) = code(&home, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, Some(2), "{line}: {words}");
        assert!(words.contains("data directory"), "{line}: {words}");
        assert!(
            words.contains(&home.data_dir().display().to_string()),
            "{words}"
        );
    }
    assert!(!home.data_dir().exists());
}

/// The agent kept the dead token until it was stopped, and every command failed though a good one lay in the file.
#[test]
fn a_token_that_died_is_replaced_by_the_one_in_the_file() {
    let sim = still_org();
    let home = Home::new(&sim);
    let made = |name: &str| {
        let order = serde_json::json!({"roles": ["SUPER_ADMIN"], "name": name});
        let made = sim.tell("tokens", &order);
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    };
    let file = home.path().join("token");
    let put = |secret: &str| {
        fs::write(&file, secret).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let config = home.path().join("config.toml");
    let profile = format!(
        "[profiles.acme]\norg_url = \"{}\"\ntoken_file = \"{}\"\n",
        sim.url,
        file.display()
    );
    fs::write(&config, profile).unwrap();
    let run = |line: &str| {
        let mut command = home.command(&["--config", config.to_str().unwrap()]);
        let command = command.args(line.split(' '));
        let command = command
            .env_remove("OKTOP_API_TOKEN")
            .env_remove("OKTOP_ORG_URL");
        let output = command.output().unwrap();
        (output.status.code(), words(&output))
    };
    let (first, secret) = made("first");
    put(&secret);
    assert_eq!(run("sync --once"), (Some(0), String::new()));
    let agent = home.agent_pid();
    let change = serde_json::json!({"change": "revoke_token", "token": first});
    sim.tell("changes", &change);
    let (code, words) = run("sync --once");
    assert_eq!(code, Some(4), "{words}");
    let (code, words) = run("doctor");
    assert_eq!(code, Some(1), "{words}");
    put(&made("second").1);
    let (code, words) = run("sync --once");
    assert_eq!(code, Some(0), "{words}");
    assert_eq!(home.agent_pid(), agent, "the same agent went on");
}

/// The words of a refused token were the agent's, and this shell's good one was never tried.
#[test]
fn an_agent_with_another_token_than_this_shells_is_told() {
    let sim = still_org();
    let mut home = Home::new(&sim);
    assert_eq!(code(&home, &["sync", "--once"]), (Some(0), String::new()));
    let good = home.token.clone();
    "00SimulatedOktaTokenThatNobodyHasEverMade4".clone_into(&mut home.token);
    let (status, words) = code(&home, &["status"]);
    assert_eq!(status, Some(0), "{words}");
    assert!(words.contains("another credential"), "{words}");
    assert!(
        !words.contains(&home.token) && !words.contains(&good),
        "{words}"
    );
    // The agent's works; this shell's does not.
    let doctor = home.run(&["doctor"]);
    let told = String::from_utf8(doctor.stdout).unwrap();
    assert_eq!(doctor.status.code(), Some(1), "{told}");
    assert!(told.contains("bad      token"), "{told}");
    assert!(told.contains("warning  agent"), "{told}");
}

/// Commands that were not offline attached to the agent that an offline one had left, and told the past for the present.
#[test]
fn an_offline_agent_answers_nobody_who_is_not_offline() {
    let (_sim, home) = mirrored();
    stop_agent(&home);
    let alone = "--offline told it to";
    let offline = home.run(&["--offline", "users", "list"]);
    assert!(words(&offline).contains(alone), "{}", words(&offline));
    let left_over = home.agent_pid();
    let again = home.run(&["--offline", "groups", "list"]);
    assert!(words(&again).contains(alone), "{}", words(&again));
    assert_eq!(home.agent_pid(), left_over, "offline it serves on");
    let online = home.run(&["users", "list"]);
    assert!(!words(&online).contains(alone), "{}", words(&online));
    assert_ne!(home.agent_pid(), left_over);
    assert_eq!(home.json(&["status"])["connection"]["state"], "online");
}
