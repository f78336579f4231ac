//! Ready plans by the command line against the simulated org: composed, chosen from, carried out, and looked at afterwards.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rig::{Home, Sim};

fn mirrored() -> (Sim, Home) {
    let sim = Sim::that_stands_still();
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    (sim, home)
}

fn run(home: &Home, plan: &Value) -> Value {
    let (number, confirm) = (plan["plan"].to_string(), plan["confirm"].as_str().unwrap());
    home.json(&["queue", "run", &number, "--confirm", confirm])
}

fn states(plan: &Value) -> Vec<(String, String)> {
    let ops = plan["ops"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    ops.map(|op| (text(&op["change"]), text(&op["state"])))
        .collect()
}

/// Somebody in a group of their own, without admin roles of theirs.
fn somebody_in_a_group(home: &Home) -> String {
    let users = home.json(&["users", "search", "status:active"]);
    let ids = users.as_array().unwrap().iter();
    let mut ids = ids.map(|user| user["id"].as_str().unwrap().to_owned());
    let fits = |id: &String| {
        let preview = home.json(&["users", "offboard", id, "--preview"]);
        let steps = preview["steps"].as_array().unwrap().clone();
        let has = |change: &str| {
            let is = |step: &&Value| step["change"] == change && step["chosen"] == true;
            steps.iter().any(|step| is(&step))
        };
        has("groups.remove-member") && !has("roles.revoke")
    };
    ids.find(fits).expect("somebody is in a group")
}

/// Gives a user an app directly, and returns its id.
fn give_an_app(home: &Home, user: &str) -> String {
    let apps = home.json(&["apps", "search", "status:active"]);
    let ids = apps.as_array().unwrap().iter();
    let given = ids.map(|app| app["id"].as_str().unwrap()).find(|app| {
        let staged = home.run(&["apps", "assign-user", app, user, "-o", "json"]);
        staged.status.success() && {
            run(home, &serde_json::from_slice(&staged.stdout).unwrap());
            true
        }
    });
    home.json(&["sync", "--once"]);
    given.expect("some app is not theirs").to_owned()
}

fn all_verified(done: &Value) {
    for (change, state) in states(done) {
        assert_eq!(state, "verified", "{change}: {done}");
    }
}

#[test]
fn an_account_is_closed_with_what_was_added_to_it_since() {
    let (sim, home) = mirrored();
    let user = somebody_in_a_group(&home);
    let preview = home.json(&["users", "contain", &user, "--preview"]);
    let steps = preview["steps"].as_array().unwrap();
    assert_eq!(steps[0]["change"], "users.suspend");
    let factors = |steps: &[Value], chosen: bool| {
        let of =
            |step: &&Value| step["change"] == "users.remove-factor" && step["chosen"] == chosen;
        steps.iter().filter(of).count()
    };
    assert!(
        factors(steps, false) > 0 && factors(steps, true) == 0,
        "{preview}"
    );
    assert_eq!(
        home.run(&["queue", "list"]).status.code(),
        Some(3),
        "nothing was staged"
    );
    // Everything that they ever enrolled came since then.
    let staged = home.json(&["users", "contain", &user, "--since", "2001-01-01"]);
    let done = run(&home, &staged);
    for (change, state) in states(&done) {
        assert_eq!(state, "verified", "{change}: {done}");
    }
    assert_eq!(
        sim.okta(&home, &format!("/api/v1/users/{user}"))["status"],
        "SUSPENDED"
    );
    assert_eq!(
        sim.okta(&home, &format!("/api/v1/users/{user}/factors")),
        json!([])
    );
    // Of two factors of one phone the second goes with the first, unsent.
    let ops = done["ops"].as_array().unwrap().iter();
    let mut began = ops.filter_map(|op| op["attempts"][0]["began"].as_str());
    let suspended = began.next().unwrap();
    assert_eq!(done["ops"][0]["attempts"][0]["began"], suspended);
    assert!(began.all(|began| began >= suspended), "suspended first");
}

/// The path of a rule of a sign-on policy that may be switched off.
fn an_active_policy_rule(sim: &Sim, home: &Home) -> String {
    let policies = sim.okta(home, "/api/v1/policies?type=OKTA_SIGN_ON");
    for policy in policies.as_array().unwrap() {
        let rules = format!("/api/v1/policies/{}/rules", policy["id"].as_str().unwrap());
        let fits = |rule: &&Value| rule["status"] == "ACTIVE" && rule["system"] == false;
        let all = sim.okta(home, &rules);
        if let Some(rule) = all.as_array().unwrap().iter().find(fits) {
            return format!("{rules}/{}", rule["id"].as_str().unwrap());
        }
    }
    unreachable!("no policy has a rule that may be switched off")
}

/// Reads the org until nothing is missing: events come into the log a moment after what they tell of.
fn mirror_until(home: &Home, missing: impl Fn() -> Vec<String>) {
    let last = Instant::now() + Duration::from_mins(1);
    loop {
        let missing = missing();
        if missing.is_empty() {
            return;
        }
        assert!(Instant::now() < last, "missing after a minute: {missing:?}");
        home.json(&["sync", "--once"]);
    }
}

#[test]
fn what_a_taken_over_account_left_behind_is_taken_back_with_it() {
    let (sim, home) = mirrored();
    let user = somebody_in_a_group(&home);
    let order = json!({"owner": user, "roles": ["SUPER_ADMIN"], "name": "backdoor"});
    let token = sim.tell("tokens", &order);
    let secret = token["secret"].as_str().unwrap();
    let post = reqwest::Method::POST;
    let profile = json!({"profile": {
        "login": "helper@evil.example", "email": "helper@evil.example",
        "firstName": "Help", "lastName": "Desk",
    }});
    let made = sim.okta_by(
        secret,
        post.clone(),
        "/api/v1/users?activate=true",
        &profile,
    );
    let rule = an_active_policy_rule(&sim, &home);
    let off = format!("{rule}/lifecycle/deactivate");
    sim.okta_by(secret, post, &off, &json!({}));
    mirror_until(&home, || {
        let done = "type:policy.rule.deactivate";
        let found = home.run(&["events", "search", done]).status.success();
        if found {
            Vec::new()
        } else {
            vec![done.to_owned()]
        }
    });

    let staged = home.json(&["users", "contain", &user, "--since", "2001-01-01"]);
    let changes: Vec<String> = states(&staged)
        .into_iter()
        .map(|(change, _)| change)
        .collect();
    assert_eq!(changes[0], "users.suspend", "{changes:?}");
    for wanted in [
        "users.deactivate",
        "policy-rules.activate",
        "api-tokens.revoke",
        "roles.revoke",
    ] {
        assert!(
            changes.iter().any(|change| change == wanted),
            "{wanted}: {changes:?}"
        );
    }
    let number = staged["plan"].to_string();
    let dry = home.json(&["queue", "run", &number, "--dry-run"]);
    assert_eq!(dry.as_array().unwrap().len(), changes.len());
    assert_eq!(dry[0]["sent"], true, "{dry}");
    let path = format!("/api/v1/users/{user}");
    assert_eq!(
        sim.okta(&home, &path)["status"],
        "ACTIVE",
        "nothing is sent"
    );
    all_verified(&run(&home, &staged));
    let made = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    assert_eq!(sim.okta(&home, &made)["status"], "DEPROVISIONED");
    assert_eq!(sim.okta(&home, &rule)["status"], "ACTIVE");
    let tokens = sim.okta(&home, "/api/v1/api-tokens");
    let left = tokens.as_array().unwrap().iter();
    assert!(
        !left
            .map(|token| &token["name"])
            .any(|name| name == "backdoor")
    );
    // Okta's own log says so of each, and the queue names the event.
    let untold = || -> Vec<String> {
        let shown = home.json(&["queue", "show", &staged["plan"].to_string()]);
        let ops = shown["ops"].as_array().unwrap().iter();
        let untold = ops.filter(|op| op["log"]["ours"] != true && op["attempts"] != json!([]));
        untold.map(ToString::to_string).collect()
    };
    mirror_until(&home, untold);
}

#[test]
fn who_comes_is_given_what_a_colleague_has_and_who_leaves_keeps_nothing() {
    let (sim, home) = mirrored();
    let colleague = somebody_in_a_group(&home);
    let app = give_an_app(&home, &colleague);
    let template = home.path().join("sales.toml");
    std::fs::write(&template, "[profile]\ndepartment = \"Sales\"\n").unwrap();
    let table = home.path().join("who.csv");
    let lines = "login,email,firstName,lastName\n\
        bo@example.com,bo@example.com,Bo,One\ncy@example.com,cy@example.com,Cy,Two\n";
    std::fs::write(&table, lines).unwrap();
    let (table, template) = (table.to_str().unwrap(), template.to_str().unwrap());
    let staged = home.json(&[
        "users",
        "onboard",
        "--csv",
        table,
        "--like",
        &colleague,
        "--template",
        template,
    ]);
    all_verified(&run(&home, &staged));
    for login in ["bo@example.com", "cy@example.com"] {
        let made = sim.okta(&home, &format!("/api/v1/users/{login}"));
        assert_eq!(made["profile"]["department"], "Sales");
        assert_eq!(made["status"], "STAGED");
        let id = made["id"].as_str().unwrap();
        let theirs = sim.okta(&home, &format!("/api/v1/apps/{app}/users/{id}"));
        assert_eq!(theirs["scope"], "USER");
    }
    let path = format!("/api/v1/users/{colleague}");
    let login = sim.okta(&home, &path)["profile"]["login"].clone();
    let login = login.as_str().unwrap();
    let staged = home.json(&["users", "offboard", login, "--reason", "HR-7"]);
    let last = staged["ops"].as_array().unwrap().last().unwrap();
    assert_eq!(last["change"], "users.deactivate");
    assert_eq!(sim.okta(&home, &path)["status"], "ACTIVE", "staged only");
    all_verified(&run(&home, &staged));
    assert_eq!(sim.okta(&home, &path)["status"], "DEPROVISIONED");
    home.json(&["sync", "--once"]);
    let check = home.run(&["users", "offboard", &colleague, "--check"]);
    let told = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(3), "nothing is left: {told}");
}
