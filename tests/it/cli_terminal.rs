//! The program in a terminal: the demo leaves nothing behind, and consoles come and go while the agent stays.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use portable_pty::CommandBuilder;
use rustix::process::{Signal, kill_process};

use crate::rig::{Home, Sim, is_alive, oktop, until};
use crate::support::session::{PATIENCE, Session};

/// The demo in a terminal, with a place of its own for temporary things.
fn demo(temporary: &Path) -> Session {
    let mut command = CommandBuilder::new(oktop());
    command.arg("demo");
    command.env_clear();
    command.env("HOME", temporary);
    command.env("TMPDIR", temporary);
    command.env("LC_ALL", "C.UTF-8");
    Session::run(command, 80, 24)
}

fn left_behind(temporary: &Path) -> Vec<String> {
    let names = fs::read_dir(temporary)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("oktop")).collect()
}

#[test]
fn a_demo_shows_a_living_org_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = demo(temporary.path());
    demo.expect("DEMO");
    demo.expect("user.");
    assert_eq!(left_behind(temporary.path()).len(), 1);
    demo.press("q");
    assert_eq!(demo.wait_for_end(), 0);
    demo.assert_given_back();
    assert_eq!(left_behind(temporary.path()), Vec::<String>::new());
}

#[test]
fn a_demo_that_is_told_to_end_cleans_up_however_far_it_is() {
    for (signal, while_shown) in [
        (Signal::HUP, true),
        (Signal::TERM, true),
        (Signal::INT, false),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let mut demo = demo(temporary.path());
        demo.expect(if while_shown { "DEMO" } else { "making an org" });
        kill_process(demo.pid(), signal).unwrap();
        demo.wait_for_end();
        assert_eq!(
            left_behind(temporary.path()),
            Vec::<String>::new(),
            "{signal:?}"
        );
    }
}

/// A console on this home's mirror.
fn console(home: &Home) -> Session {
    let mut command = CommandBuilder::new(oktop());
    command.env_clear();
    for (name, value) in home.environment() {
        command.env(name, value);
    }
    command.arg("--data-dir");
    command.arg(home.data_dir());
    Session::run(command, 80, 24)
}

#[test]
fn consoles_come_and_go_and_the_agent_stays() {
    let sim = Sim::start(&[
        "--users",
        "120",
        "--groups",
        "12",
        "--apps",
        "6",
        "--events",
        "200",
        "--live",
        "off",
        "--rate-limits",
        "off",
    ]);
    let home = Home::new(&sim);
    let (mut one, mut other) = (console(&home), console(&home));
    one.expect("following");
    other.expect("following");
    until("an agent runs", PATIENCE, || home.agent_pid().is_some());
    let agent = home.agent_pid().unwrap();
    one.expect("stored");
    one.close_terminal();
    one.wait_for_end();
    assert!(is_alive(agent), "the agent went with the console");
    let report = home.json(&["sync", "--once"]);
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(home.agent_pid(), Some(agent));
    other.press("2");
    let shown = other.read_until(PATIENCE, |session| session.shows("120"));
    assert!(shown, "{}", other.screen.screen().contents());
    other.press("q");
    assert_eq!(other.wait_for_end(), 0);
    assert!(home.run(&["agent", "stop"]).status.success());
    until("the agent has ended", Duration::from_mins(1), || {
        !is_alive(agent)
    });
}

/// What stands in the configuration comes into force while the console runs; what is wrong with it is told and changes nothing.
#[test]
fn a_changed_configuration_comes_into_force_and_a_broken_one_does_not() {
    const F5: &str = "\x1b[15~";
    let home = tempfile::tempdir().unwrap();
    let (file, data) = (home.path().join("config.toml"), home.path().join("data"));
    let write = |text: &str| {
        let draft = home.path().join("draft");
        fs::write(&draft, text).unwrap();
        fs::rename(&draft, &file).unwrap();
    };
    write("[ui]\n");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = CommandBuilder::new(oktop());
    command.env_clear();
    command.env("HOME", home.path());
    command.arg("--offline");
    for (flag, path) in [("--data-dir", &data), ("--config", &file)] {
        command.arg(flag);
        command.arg(path);
    }
    let mut console = Session::run(command, 80, 24);
    console.expect("*Log");
    console.press(F5);
    write("[keys.global]\nusers = \"f5\"\n");
    console.expect("The configuration was read again: keys.");
    console.press(F5);
    console.expect("*Users");
    console.press("1");
    console.expect("*Log");
    write("[ui]\ntheme = \"light\"\n[keys.global]\nusers = [\"2\", \"alt-u\"]\n");
    console.expect("! config.toml:4:15: `keys.global.users`: `alt-u`");
    console.press("!");
    console.expect("The settings of before stay.");
    console.press("\x1b");
    // Two escapes in one reading are another key.
    console.expect_gone("The settings of before stay.");
    console.press(F5);
    console.expect("*Users");
    console.press(":reload\r");
    console.expect("! config.toml:4:15");
    write("[ui]\ntheme = \"light\"\n[keys.global]\nusers = \"f5\"\n");
    console.expect("The configuration was read again: theme.");
    console.press(":reload\r");
    console.expect("nothing new for the console");
    write("[ui]\ntheme = \"light\"\n[keys.global]\nusers = \"f5\"\n# seen\n");
    console.expect("None of it is the console's");
    console.press("q");
    assert_eq!(console.wait_for_end(), 0);
    let mut stop = std::process::Command::new(oktop());
    stop.arg("--data-dir").arg(&data).args(["agent", "stop"]);
    assert!(stop.output().unwrap().status.success());
}

/// The walk of a night on call on a real mirror: who signed in last, from where, and who else was there. The console and the commands tell
/// the same, and what the log itself says.
#[test]
fn from_a_sign_in_to_its_address_and_everybody_there() {
    let sim = Sim::start(&[
        "--users",
        "120",
        "--groups",
        "12",
        "--apps",
        "6",
        "--events",
        "1500",
        "--days",
        "2",
        "--live",
        "off",
        "--latency",
        "0ms",
        "--rate-limits",
        "off",
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    crate::whole::await_history(&home);
    let logons = home.json(&["events", "logons"]);
    let ip = logons[0]["ip"].as_str().unwrap().to_owned();
    let found = home.json(&["events", "search", &format!("ip=\"{ip}\"")]);
    let found = found.as_array().unwrap();
    let users = found.iter().map(|event| &event["actor"]);
    let users = users.filter(|actor| actor["type"] == "User" && actor["id"] != "unknown");
    let users: BTreeSet<&str> = users.map(|actor| actor["id"].as_str().unwrap()).collect();
    assert!(users.contains(logons[0]["user_id"].as_str().unwrap()));
    let told = home.json(&["events", "by", "ip", &ip]);
    let told = told.as_array().unwrap();
    let part = |part: &'static str| told.iter().filter(move |row| row["part"] == part);
    let told_users: BTreeSet<&str> = part("user")
        .map(|row| row["value"].as_str().unwrap())
        .collect();
    assert!(users.is_subset(&told_users), "{users:?} {told_users:?}");
    let events: u64 = part("type")
        .map(|row| row["events"].as_u64().unwrap())
        .sum();
    assert_eq!(events, found.len() as u64);
    let failed = |row: &&serde_json::Value| {
        ["FAILURE", "DENY"]
            .iter()
            .any(|word| row["outcome"]["result"] == **word)
    };
    let told_failed: u64 = part("day").map(|row| row["failed"].as_u64().unwrap()).sum();
    assert_eq!(told_failed, found.iter().filter(failed).count() as u64);

    let mut console = console(&home);
    console.expect("stored");
    console.press("I");
    console.expect("sign-ins by address  in all");
    console.expect(&ip);
    console.press("j\r");
    console.expect(&format!("*address {ip}  in all {} event", found.len()));
    console.expect(&format!("USERS  {}", told_users.len()));
    console.press("j\r");
    console.expect("PROFILE");
    console.press("H");
    console.expect(&format!("*address {ip}"));
    console.press("e");
    console.expect(&format!("at address {ip}"));
    console.press("q");
    console.press("q");
    console.expect("*sign-ins by address");
    console.press("qq");
    assert_eq!(console.wait_for_end(), 0);
}

/// Waits until the row of a change says that of it.
#[track_caller]
fn expect_change(session: &mut Session, change: &str, state: &str) {
    let says = |session: &Session| {
        let contents = session.screen.screen().contents();
        let mut lines = contents.lines();
        lines.any(|line| line.contains(change) && line.contains(state))
    };
    let seen = session.read_until(PATIENCE, says);
    assert!(
        seen,
        "{change} was never {state}:\n{}",
        session.screen.screen().contents()
    );
}

/// What is shown has to be looked at before it can be confirmed.
fn look(session: &mut Session) {
    session.read_until(Duration::from_millis(700), |_| false);
}

/// As an on-call engineer would: from an event to its actor suspended and signed out, and back.
#[test]
fn from_a_log_event_to_a_suspended_user_without_sessions_and_back() {
    let sim = Sim::that_stands_still();
    let home = Home::new(&sim);
    let mut console = console(&home);
    console.expect("following");
    // What guards want to know has to be read before anything is staged.
    let report = home.json(&["sync", "--once"]);
    assert_eq!(report["complete"], true, "{report}");
    console.press(":write 10m drill\r");
    console.expect("[WRITE to");
    console.press("1/type:user.session.start result:success\r");
    console.expect("user.session.start");
    console.press("a");
    console.expect("contain: suspend");
    console.press("k");
    console.expect("type 2, then y");
    look(&mut console);
    console.press("2");
    console.expect("y confirms");
    look(&mut console);
    console.press("y");
    console.expect_gone("type 2, then y");
    console.press("6");
    expect_change(&mut console, "users.suspend", "verified");
    expect_change(&mut console, "users.clear-sessions", "verified");
    console.press("u");
    console.expect("y confirms");
    look(&mut console);
    console.press("y");
    expect_change(&mut console, "users.unsuspend", "verified");
    console.press(":quit\r");
    assert_eq!(console.wait_for_end(), 0);
    assert!(home.run(&["agent", "stop"]).status.success());
}
