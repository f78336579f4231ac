//! An audit by script: an org that goes on living, an agent that is killed, away and started again, and at the end the past as the command
//! line tells it beside the truth, written down at each moment.
//!
//! `OKTOP_AUDIT_MOMENTS` says at how many moments, `OKTOP_AUDIT_SEED` which org and which deeds.

#[path = "audit/deeds.rs"]
mod deeds;
#[path = "audit/truth.rs"]
mod truth;

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::admin_paths_printed;
use crate::rig::{Home, Sim, ids, until};
use crate::until_dated;
use deeds::{Deeds, Dice};
use truth::{Pairs, Truth, text};

/// How much happens by itself.
const LIVELY: f64 = 3.0;
/// What was done a moment ago is over by then.
const OVER: Duration = Duration::from_millis(1_300);
const LONGEST: Duration = Duration::from_mins(5);
/// Differences that are printed.
const PRINTED: usize = 30;

/// What was compared, and what was not the same.
#[derive(Default)]
struct Findings {
    compared: usize,
    /// Users of whom the log alone tells: whether somebody who is activated has a password, it does not.
    unread: BTreeSet<String>,
    differ: Vec<String>,
}

impl Findings {
    fn compare<T: Ord + std::fmt::Debug>(
        &mut self,
        what: &str,
        told: &BTreeSet<T>,
        truth: &BTreeSet<T>,
    ) {
        self.compared += 1;
        if told != truth {
            let missing: Vec<&T> = truth.difference(told).take(4).collect();
            let extra: Vec<&T> = told.difference(truth).take(4).collect();
            self.differ
                .push(format!("{what}: missing {missing:?}, extra {extra:?}"));
        }
    }
}

pub(crate) fn measure() -> (String, bool) {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().unwrap())
    };
    let moments = number("OKTOP_AUDIT_MOMENTS", 24);
    let seed = number("OKTOP_AUDIT_SEED", 1);
    let mut audit = Audit::begin(seed);
    for moment in 0..moments {
        audit.live(moment);
        match (
            moment * 24 / moments,
            moment.checked_sub(1).map(|it| it * 24 / moments),
        ) {
            (7.., Some(..7)) => audit.agent.kill(&audit.home),
            (12.., Some(..12)) | (18.., Some(..18)) => audit.agent.start(&audit.home),
            (17.., Some(..17)) => audit.agent.stop(&audit.home),
            _ => {}
        }
    }
    audit.agent.start(&audit.home);
    audit.settle();
    let mut findings = Findings::default();
    for (at, truth) in &audit.moments {
        audit.compare(*at, truth, &mut findings);
    }
    audit.compare_changes(&mut findings);
    for differ in findings.differ.iter().take(PRINTED) {
        println!("{differ}");
    }
    let words = format!(
        "{} of {} comparisons at {} moments differ",
        findings.differ.len(),
        findings.compared,
        audit.moments.len()
    );
    (words, findings.differ.is_empty())
}

/// An agent in a process of its own.
struct Agent(Option<Child>);

impl Agent {
    fn start(&mut self, home: &Home) {
        if self.0.is_none() {
            let mut agent = home.command(&["agent", "--stay"]);
            agent.stdout(Stdio::null()).stderr(Stdio::null());
            let agent = self.0.insert(agent.spawn().unwrap());
            // A command that comes before it is there starts one of its own.
            until("the agent is there", LONGEST, || {
                home.agent_pid() == Some(agent.id())
            });
        }
    }

    fn kill(&mut self, home: &Home) {
        home.kill_agent();
        self.end();
    }

    fn stop(&mut self, home: &Home) {
        home.run(&["agent", "stop"]);
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut agent) = self.0.take() {
            agent.wait().unwrap();
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(agent) = &mut self.0 {
            let _ = agent.kill();
            let _ = agent.wait();
        }
    }
}

struct Audit {
    sim: Sim,
    agent: Agent,
    home: Home,
    deeds: Deeds,
    moments: Vec<(Timestamp, Truth)>,
}

impl Audit {
    fn begin(seed: u64) -> Self {
        let (rate, text) = (LIVELY.to_string(), seed.to_string());
        let org = [
            "--users", "120", "--groups", "16", "--apps", "8", "--events", "3000",
        ];
        let sim =
            Sim::start(&[&org[..], &["--events-per-second", &rate, "--seed", &text]].concat());
        let home = Home::new(&sim);
        home.json(&["sync", "--once"]);
        home.run(&["agent", "stop"]);
        let mut agent = Agent(None);
        agent.start(&home);
        let of = |arguments: &[&str]| ids(&home.json(arguments)).into_iter().collect();
        let mut audit = Self {
            deeds: Deeds {
                people: of(&["users", "search", "status=ACTIVE"]),
                groups: of(&["groups", "search", "type=OKTA_GROUP"]),
                apps: of(&["apps", "list"]),
                newcomers: Vec::new(),
                dice: Dice(seed),
            },
            moments: Vec::new(),
            sim,
            agent,
            home,
        };
        for change in [
            json!({"change": "create_group", "name": "Audit", "description": null}),
            json!({"change": "create_app", "label": "Payroll"}),
            json!({"change": "assign_group", "app": "Payroll", "group": "Audit"}),
            json!({"change": "assign_role", "to": {"group": "Audit"}, "what": {"role": "READ_ONLY_ADMIN"}}),
        ] {
            audit.change(&change);
        }
        audit
    }

    /// Does something as another admin would; what the org refuses is not done.
    fn change(&mut self, change: &Value) -> bool {
        is_done(&format!("{}/sim/v1/changes", self.sim.url), change)
    }

    /// Some deeds, and then the truth.
    fn live(&mut self, moment: u64) {
        for n in 0..2 + self.deeds.dice.below(5) {
            let change = self.deeds.next(&format!("{moment}x{n}"));
            if self.change(&change) && change["change"] == "create_user" {
                let login = change["login"].as_str().unwrap();
                self.deeds.newcomers.push(login.to_owned());
            }
            pause([0, 0, 20, 300][self.deeds.dice.below(4)]);
        }
        for change in self.deeds.coming_and_going(moment) {
            self.change(&change);
        }
        pause(500 + 300 * self.deeds.dice.below(9) as u64);
        self.sim.tell("life", &json!("still"));
        std::thread::park_timeout(OVER);
        let at = Timestamp::now();
        let truth = Truth::of(&self.sim);
        pause(100);
        self.sim.tell("life", &json!({"events_per_second": LIVELY}));
        self.moments.push((at, truth));
    }

    /// Waits until the agent has dated everything.
    fn settle(&self) {
        self.sim.tell("life", &json!("still"));
        std::thread::park_timeout(Duration::from_secs(25));
        let last = self.moments.last().unwrap().0;
        until_dated(&self.home, last, LONGEST);
    }

    fn list(&self, arguments: &[&str]) -> Value {
        let output = self.home.run(&[arguments, &["-o", "json"]].concat());
        // Nothing was found.
        if output.status.code() == Some(3) {
            return json!([]);
        }
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {words}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn compare(&self, at: Timestamp, truth: &Truth, findings: &mut Findings) {
        let then = at.to_string();
        let list = |arguments: &[&str]| self.list(&[arguments, &["--as-of", &then]].concat());
        let below = |all: &BTreeSet<String>, what: [&str; 2]| -> Pairs {
            let of = |id: &String| {
                let rows = ids(&list(&[what[0], what[1], id]));
                rows.into_iter()
                    .map(|it| (id.clone(), it))
                    .collect::<Vec<_>>()
            };
            all.iter().flat_map(of).collect()
        };
        let mut compare = |what: &str, told: &BTreeSet<_>, truth: &BTreeSet<_>| {
            findings.compare(&format!("{then} {what}"), told, truth);
        };
        let (users, apps) = (list(&["users", "list"]), list(&["apps", "list"]));
        compare("users", &ids(&users), &truth.users);
        compare("groups", &ids(&list(&["groups", "list"])), &truth.groups);
        compare("apps", &ids(&apps), &truth.apps);
        compare(
            "admins",
            &admin_paths_printed(&list(&["admins", "list"])),
            &truth.admins,
        );
        for (role, holders) in &truth.holders {
            let told = ids(&list(&["access", "who", &format!("role:{role}")]));
            compare(&format!("who {role}"), &told, holders);
        }
        for app in &truth.apps {
            let told = ids(&list(&["access", "who", &format!("app:{app}")]));
            let of = truth.app_users.iter().filter(|(it, _)| it == app);
            compare(
                &format!("who {app}"),
                &told,
                &of.map(|(_, user)| user.clone()).collect(),
            );
        }
        let unread: Vec<String> = without_a_reading(&users).collect();
        let rows = [users, apps];
        let rows = rows.iter().flat_map(|rows| rows.as_array().unwrap());
        let statuses: Pairs = rows
            .map(|row| (text(row, "id"), text(row, "status")))
            .collect();
        findings.unread.extend(unread);
        let wanted = truth.tellable(&findings.unread);
        findings.compare(&format!("{then} statuses"), &statuses, &wanted);
        for (what, told, wanted) in [
            (
                "members",
                below(&truth.groups, ["groups", "members"]),
                &truth.members,
            ),
            (
                "app users",
                below(&truth.apps, ["apps", "users"]),
                &truth.app_users,
            ),
            (
                "app groups",
                below(&truth.apps, ["apps", "groups"]),
                &truth.app_groups,
            ),
        ] {
            findings.compare(&format!("{then} {what}"), &told, wanted);
        }
        self.compare_why(&then, truth, findings);
    }

    /// Why some have an app, and that some others do not.
    fn compare_why(&self, then: &str, truth: &Truth, findings: &mut Findings) {
        let some = truth
            .app_users
            .iter()
            .step_by(1 + truth.app_users.len() / 6);
        let none = truth
            .users
            .iter()
            .zip(truth.apps.iter().cycle())
            .step_by(17);
        let none = none.map(|(user, app)| (app.clone(), user.clone()));
        let all: Vec<(String, String)> = some.cloned().chain(none).collect();
        for (app, user) in all {
            let rows = self.list(&["access", "why", &user, &app, "--as-of", then]);
            let told = rows.as_array().unwrap().iter().map(|path| {
                let groups = path["steps"].as_array().unwrap().iter();
                let group = groups
                    .map(|step| &step["to"])
                    .rfind(|to| to["type"] == "group");
                group.map_or_else(|| text(path, "path"), |group| text(group, "id"))
            });
            let of_app = truth.app_groups.iter().filter(|(it, _)| *it == app);
            let through = of_app.map(|(_, group)| group.clone());
            let is_in = |group: &String| truth.members.contains(&(group.clone(), user.clone()));
            let pair = (app.clone(), user.clone());
            let direct = truth.direct.contains(&pair).then(|| "direct".to_owned());
            let has = truth.app_users.contains(&pair);
            let wanted = through.filter(is_in).chain(direct).filter(|_| has);
            let what = format!("{then} why {user} {app}");
            findings.compare(&what, &told.collect(), &wanted.collect());
        }
    }

    /// Whether what changed between two moments makes of the one what the other was, step by step.
    fn compare_changes(&self, findings: &mut Findings) {
        let last = self.moments.len() - 1;
        let neighbours = (0..last).map(|n| (n, n + 1));
        let far = [(0, last), (last / 8, last / 2), (last / 3, last)];
        for (from, to) in neighbours.chain(far) {
            let ((since, before), (until, after)) = (&self.moments[from], &self.moments[to]);
            let (since, until) = (since.to_string(), until.to_string());
            let rows = self.list(&["changes", "--since", &since, "--until", &until]);
            let mut then = before.clone();
            let mut wrong: BTreeSet<String> = BTreeSet::new();
            for row in rows.as_array().unwrap().iter().rev() {
                wrong.extend(then.change(row, &findings.unread));
            }
            let what = |what: &str| format!("changes {since} to {until}: {what}");
            findings.compare(&what("steps"), &wrong, &BTreeSet::new());
            findings.compare(&what("users"), &then.users, &after.users);
            findings.compare(&what("groups"), &then.groups, &after.groups);
            findings.compare(&what("members"), &then.members, &after.members);
            findings.compare(&what("app users"), &then.app_users, &after.app_users);
            findings.compare(&what("app groups"), &then.app_groups, &after.app_groups);
            let mut statuses = after.tellable(&findings.unread);
            statuses.retain(|(id, _)| then.statuses.contains_key(id));
            let told = then.tellable(&findings.unread);
            findings.compare(&what("statuses"), &told, &statuses);
        }
    }
}

/// The users of a list whom nobody ever read: Okta says of all others when they were changed.
fn without_a_reading(rows: &Value) -> impl Iterator<Item = String> {
    let rows = rows.as_array().unwrap().iter();
    rows.filter(|row| row["lastUpdated"].is_null())
        .map(|row| text(row, "id"))
}

/// Whether the simulator does what it is told.
fn is_done(url: &str, body: &Value) -> bool {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).json(body).send().await.unwrap();
        answer.status().is_success()
    })
}

fn pause(millis: u64) {
    std::thread::park_timeout(Duration::from_millis(millis));
}
