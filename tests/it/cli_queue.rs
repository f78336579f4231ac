//! Changes by the command line against the simulated org: staged, confirmed, sent once, read back, recorded, taken back.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::rig::{Home, Sim};

/// An org that stands still, and a home that has mirrored it.
fn mirrored() -> (Sim, Home) {
    let sim = Sim::that_stands_still();
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    (sim, home)
}

/// The exit status of a command, its data and its words.
fn ended(home: &Home, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = home.run(arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The ids of active users without admin roles.
fn active(home: &Home) -> Vec<String> {
    let admins = home.json(&["admins", "list"]).to_string();
    let users = home.json(&["users", "search", "status:active"]);
    let ids = users.as_array().unwrap().iter();
    let ids = ids.map(|user| user["id"].as_str().unwrap().to_owned());
    ids.filter(|id| !admins.contains(id.as_str())).collect()
}

/// The changes of a user that the org was asked for: how often by this path.
fn sent(sim: &Sim, path: &str) -> usize {
    let all = sim.ask(&format!("writes?path={path}"));
    all.as_array().unwrap().len()
}

fn status_of(sim: &Sim, home: &Home, user: &str) -> Value {
    let user = sim.okta(home, &format!("/api/v1/users/{user}"));
    user["status"].clone()
}

fn states(plan: &Value) -> Vec<&str> {
    let ops = plan["ops"].as_array().unwrap();
    ops.iter().map(|op| op["state"].as_str().unwrap()).collect()
}

#[test]
fn a_user_is_suspended_and_that_is_taken_back() {
    let (sim, home) = mirrored();
    let user = &active(&home)[0];
    let suspends = format!("/api/v1/users/{user}/lifecycle/suspend");
    let staged = home.json(&["users", "suspend", user, "--reason", "ticket 4711"]);
    let (plan, run) = (staged["plan"].to_string(), staged["run"].as_str().unwrap());
    assert_eq!(states(&staged), ["staged"]);
    assert_eq!(run, format!("oktop queue run {plan} --confirm {user}"));
    let listed = home.json(&["queue", "list"]);
    assert_eq!(listed[0]["id"], format!("{plan}.1"));
    // Nothing is sent for anything else than its confirmation.
    for (arguments, code) in [
        (&["queue", "run", &plan][..], 8),
        (&["queue", "run", &plan, "--no-input"], 2),
        (&["queue", "run", &plan, "--confirm", "1"], 8),
        (&["queue", "run", &plan, "--confirm", "00u1"], 8),
        (&["queue", "run", "4711", "--confirm", "1"], 3),
    ] {
        let (ended, _, words) = ended(&home, arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {words}");
    }
    assert_eq!(sent(&sim, &suspends), 0);
    assert_eq!(status_of(&sim, &home, user), "ACTIVE");
    let run: Vec<&str> = run.split(' ').skip(1).collect();
    let done = home.json(&run);
    assert_eq!(states(&done), ["verified"], "{done}");
    let attempt = &done["ops"][0]["attempts"][0];
    assert!(attempt["request_id"].is_string(), "{attempt}");
    assert_eq!(sent(&sim, &suspends), 1);
    assert_eq!(status_of(&sim, &home, user), "SUSPENDED");
    // What is so already is not staged again, and is not sent again.
    let (code, _, words) = ended(&home, &["users", "suspend", user]);
    assert_eq!(code, Some(8), "{words}");
    let (code, ..) = ended(&home, &run);
    assert_eq!(code, Some(8));
    assert_eq!(sent(&sim, &suspends), 1);
    let undo = home.json(&["queue", "undo", &plan]);
    assert_eq!(undo["ops"][0]["change"], "users.unsuspend");
    assert_eq!(undo["ops"][0]["undo_of"], format!("{plan}.1"));
    let number = undo["plan"].to_string();
    let undone = home.json(&["queue", "run", &number, "--confirm", user]);
    assert_eq!(states(&undone), ["verified"]);
    assert_eq!(status_of(&sim, &home, user), "ACTIVE");
    let (code, ..) = ended(&home, &["queue", "list"]);
    assert_eq!(code, Some(3), "nothing is open");
    assert_eq!(
        home.json(&["queue", "list", "--all"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // The journal has all of it, and holds.
    let verified = home.json(&["audit", "verify"]);
    assert_eq!(verified["whole"], true);
    let journal = home.json(&["audit", "show"]);
    assert_eq!(
        &verified["entries"],
        &Value::from(journal.as_array().unwrap().len())
    );
    let of_op = |entry: &&Value| entry["op"] == format!("{plan}.1") && entry["to"] == "verified";
    assert_eq!(journal.as_array().unwrap().iter().filter(of_op).count(), 1);
}

#[test]
fn a_plan_of_several_is_made_of_json_and_of_lines() {
    let (sim, home) = mirrored();
    let users = active(&home);
    let list = json!([
        {"change": "users.suspend", "user": users[0]},
        {"change": "users.suspend", "user": users[1]},
    ]);
    let file = home.path().join("changes.json");
    std::fs::write(&file, list.to_string()).unwrap();
    let file = file.display().to_string();
    let staged = home.json(&[
        "queue",
        "propose",
        "--json",
        &file,
        "--title",
        "two of them",
    ]);
    assert_eq!(
        (&staged["title"], &staged["confirm"]),
        (&json!("two of them"), &json!("2"))
    );
    let plan = staged["plan"].to_string();
    let done = home.json(&["queue", "run", &plan, "--confirm", "2"]);
    assert_eq!(states(&done), ["verified", "verified"]);
    // One of three is so already: the others are staged, and that is told.
    let mut child = home
        .command(&["users", "suspend", "-", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = format!("# who left\n{}\n\n{}\n{}\n", users[1], users[2], users[3]);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let staged: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(states(&staged), ["staged", "staged"]);
    assert_eq!(staged["left_out"].as_array().unwrap().len(), 1);
    let plan = staged["plan"].to_string();
    let (code, ..) = ended(&home, &["queue", "drop", &plan]);
    assert_eq!(code, Some(0));
    assert_eq!(
        sent(
            &sim,
            &format!("/api/v1/users/{}/lifecycle/suspend", users[2])
        ),
        0
    );
}

#[test]
fn nothing_is_sent_where_the_environment_says_read_only() {
    let (sim, home) = mirrored();
    let user = &active(&home)[0];
    let staged = home.json(&["users", "suspend", user]);
    let plan = staged["plan"].to_string();
    home.run(&["agent", "stop"]);
    let output = home
        .command(&["queue", "run", &plan, "--confirm", user])
        .env("OKTOP_READ_ONLY", "1")
        .output()
        .unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(8), "{words}");
    assert!(words.contains("OKTOP_READ_ONLY"), "{words}");
    assert_eq!(
        sent(&sim, &format!("/api/v1/users/{user}/lifecycle/suspend")),
        0
    );
}
