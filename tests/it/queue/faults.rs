//! Every fault that can meet a request that changes something, against every class of change: what becomes of the change is what
//! `faults.toml` says. A fault of the simulator's own table that is neither there nor known to leave changes alone fails the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::SignedDuration;
use oktop::action::plan::OpId;
use oktop::action::state::State;
use oktop::domain::change::{Change, FieldEdit, Holder, Role};
use oktop::okta::{Fault, Timeouts, Transport, TransportError};
use oktop::sim::fault::row;
use serde::Deserialize;
use serde_json::json;

use super::rig::Rig;
use crate::sim_org::{TestOrg, calm, id};

/// State, requests, and how many of them were carried out.
type Cell = (String, usize, usize);

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of the table as it is written there"
)]
struct Row {
    name: String,
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    impatient: bool,
    #[serde(default)]
    campaign: bool,
    #[serde(default)]
    halts: bool,
    #[serde(default)]
    again_and_again: bool,
    way: Option<Way>,
    clock: Option<i64>,
    idempotent: Cell,
    transition: Cell,
    rewrite: Cell,
    once: Cell,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Connect,
    Unreached,
    Tls,
}

#[derive(Deserialize)]
struct Table {
    fault: Vec<Row>,
}

const CLASSES: [&str; 4] = ["idempotent", "transition", "rewrite", "once"];

fn table() -> Vec<Row> {
    let table: Table = toml::from_str(include_str!("faults.toml")).unwrap();
    let all = std::env::var("OKTOP_FAULT_MATRIX").is_ok_and(|wish| wish == "all");
    let due = table.fault.into_iter().filter(|row| all || !row.campaign);
    due.collect()
}

/// Faults of pages, of their links, and of the log.
fn leaves_changes_alone(name: &str) -> bool {
    let beginnings = ["next-", "events-", "uuid-", "409-inconsistent-schema"];
    beginnings.iter().any(|begin| name.starts_with(begin))
}

#[test]
fn every_fault_of_the_simulator_has_its_cells() {
    let table: Table = toml::from_str(include_str!("faults.toml")).unwrap();
    let names: Vec<&str> = table.fault.iter().map(|row| row.name.as_str()).collect();
    for row in row::all() {
        let there = names.iter().filter(|name| **name == row.name).count();
        let expected = usize::from(!leaves_changes_alone(&row.name));
        assert_eq!(there, expected, "{}", row.name);
    }
    for row in &table.fault {
        let is_own = row.way.is_some() || row.clock.is_some();
        assert_eq!(is_own, row::named(&row.name).is_none(), "{}", row.name);
    }
}

impl Row {
    fn cell(&self, class: &str) -> &Cell {
        match class {
            "idempotent" => &self.idempotent,
            "transition" => &self.transition,
            "rewrite" => &self.rewrite,
            _ => &self.once,
        }
    }
}

/// Ways that fail so often, by the path of the request.
type Broken = Arc<Mutex<BTreeMap<String, (Fault, u32)>>>;

/// Fails before anything is sent where it is to.
struct BrokenWay(Arc<dyn Transport>, Broken);

#[async_trait]
impl Transport for BrokenWay {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if let Some((fault, left)) = self.1.lock().unwrap().get_mut(request.uri().path())
            && *request.method() != Method::GET
            && *left > 0
        {
            *left -= 1;
            return Err(TransportError::new(*fault, "as ordered"));
        }
        self.0.send(request).await
    }
}

/// A change about things of its own, and how it is asked for.
struct Asked {
    change: Change,
    method: &'static str,
    path: String,
}

/// A change of a class.
async fn asked(org: &TestOrg, class: &str, number: usize) -> Asked {
    let user = org.user_in("ACTIVE", number).await;
    let of = |rest: &str| format!("/api/v1/users/{user}{rest}");
    let id_of_user = user.parse().unwrap();
    let (change, method, path) = match class {
        "idempotent" => {
            let body = json!({"profile": {"name": format!("Fault {number}")}});
            let made = org
                .written(Method::POST, "/api/v1/groups", Some(&body), 200)
                .await;
            let group = id(&made);
            let path = format!("/api/v1/groups/{group}/users/{user}");
            let change = Change::AddMember {
                group: group.parse().unwrap(),
                user: id_of_user,
            };
            (change, "PUT", path)
        }
        "transition" => {
            let change = Change::SuspendUser { user: id_of_user };
            (change, "POST", of("/lifecycle/suspend"))
        }
        "rewrite" => {
            let fields = vec![FieldEdit {
                name: "city".into(),
                before: None,
                after: Some(json!("Oslo")),
            }];
            let change = Change::UpdateUser {
                user: id_of_user,
                fields,
            };
            (change, "POST", of(""))
        }
        _ => {
            let change = Change::GrantRole {
                holder: Holder::User(id_of_user),
                role: Role::Standard("HELP_DESK_ADMIN".into()),
            };
            (change, "POST", of("/roles"))
        }
    };
    Asked {
        change,
        method,
        path,
    }
}

/// A queue that some rows are played in.
struct Play {
    rig: Rig,
    broken: Broken,
    wrong: Vec<String>,
    number: usize,
}

impl Play {
    async fn begin(timeouts: Timeouts) -> Self {
        let broken = Broken::default();
        let of_way = Arc::clone(&broken);
        let org = TestOrg::start(calm()).await;
        let rig = Rig::with(
            org,
            oktop::store::Store::in_memory().unwrap(),
            timeouts,
            move |inner| Arc::new(BrokenWay(inner, Arc::clone(&of_way))),
        );
        Self {
            rig,
            broken,
            wrong: Vec::new(),
            number: 0,
        }
    }

    /// Plays cells at once: each change is staged, its fault ordered, and all are confirmed and followed to their end.
    async fn play(&mut self, cells: &[(&Row, &'static str)]) {
        let mut staged = Vec::new();
        for (row, class) in cells {
            self.number += 1;
            let asked = asked(&self.rig.org, class, self.number).await;
            let staging = self.rig.stage(vec![asked.change.clone()]);
            let plan = self.rig.driven(staging).await;
            self.order(row, &asked).await;
            staged.push((*row, *class, plan, asked.path));
        }
        let clock = cells.iter().find_map(|(row, _)| row.clock);
        let way = self.rig.way.borrow().clone();
        for (_, _, plan, _) in &staged {
            self.rig.driven(self.rig.confirm(*plan)).await;
            if clock.is_some() {
                // Guards cannot be asked without a way, so it is taken away behind each confirmation.
                self.rig.way.send_replace(None);
            }
        }
        if let Some(secs) = clock {
            self.rig.org.hand.jump(SignedDuration::from_secs(secs));
            self.rig.way.send_replace(way);
        }
        for (row, class, plan, path) in staged {
            if row.halts {
                self.halted(plan).await;
            } else {
                self.rig.settled(plan).await;
            }
            let (op, progress) = self.rig.progress(plan).remove(0);
            let (mut sent, done) = self.came_to(op, &path).await;
            if row.again_and_again {
                sent = sent.min(10);
            }
            let came_to = (progress.state.word().to_owned(), sent, done);
            if came_to != *row.cell(class) {
                let why = progress.why.as_deref().unwrap_or_default();
                self.wrong
                    .push(format!("{} × {class}: {came_to:?}, {why}", row.name));
            }
        }
    }

    /// Waits until the queue has halted and what made it do so is settled. No time passes: nobody is known to the org any more.
    async fn halted(&self, plan: u64) {
        let mut standing = self.rig.queue.standing();
        let settled = async {
            while standing.borrow_and_update().halted.is_none()
                || self.state(plan) != State::Approved
            {
                standing.changed().await.unwrap();
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(20), settled).await;
        assert!(settled.is_ok(), "it is {:?}", self.state(plan));
    }

    fn state(&self, plan: u64) -> State {
        self.rig.progress(plan)[0].1.state
    }

    async fn order(&self, row: &Row, asked: &Asked) {
        let fault = match row.way {
            Some(Way::Connect) => Fault::Connect,
            Some(Way::Unreached) => Fault::Unreached,
            Some(Way::Tls) => Fault::Tls,
            None if row.clock.is_some() => return,
            None => {
                let path = format!("{}$", asked.path);
                let order = json!({"row": row.name, "path": path, "method": asked.method});
                self.rig.org.fault(order).await;
                return;
            }
        };
        let mut broken = self.broken.lock().unwrap();
        broken.insert(asked.path.clone(), (fault, 2));
    }

    /// Requests of an op that the org was asked with, and those that it carried out.
    async fn came_to(&self, op: OpId, path: &str) -> (usize, usize) {
        let writes = self.rig.writes(path).await;
        let attempts = self.rig.queue.control().attempts(op).unwrap();
        let is_own = |agent: &str| {
            attempts
                .iter()
                .any(|one| agent.contains(&*one.intent.attempt))
        };
        let own = writes
            .iter()
            .filter(|write| is_own(write["agent"].as_str().unwrap()));
        let outcomes: Vec<Option<u64>> = own.map(|write| write["outcome"].as_u64()).collect();
        let is_done = |outcome: &&Option<u64>| outcome.is_some_and(|status| status < 300);
        (outcomes.len(), outcomes.iter().filter(is_done).count())
    }

    /// What was wrong. Whoever is not known to the org any more cannot end in good order.
    fn end(self) -> Vec<String> {
        self.rig.crash();
        self.wrong
    }
}

/// The rows that strike nothing but their own request, all at once; then the others one by one.
async fn played(class: &'static str) -> Vec<String> {
    let table = table();
    let (mut alone, together): (Vec<&Row>, Vec<&Row>) = table
        .iter()
        .filter(|row| !row.impatient)
        .partition(|row| row.alone || row.clock.is_some());
    // Behind what halts nothing goes on.
    alone.sort_by_key(|row| row.halts);
    let mut play = Play::begin(Timeouts::default()).await;
    let cells: Vec<_> = together.into_iter().map(|row| (row, class)).collect();
    for some in cells.chunks(12) {
        play.play(some).await;
    }
    for row in alone {
        play.play(&[(row, class)]).await;
    }
    play.end()
}

/// The rows that only a deadline ends.
async fn played_impatiently() -> Vec<String> {
    let table = table();
    let rows = table.iter().filter(|row| row.impatient);
    let cells: Vec<_> = rows
        .flat_map(|row| CLASSES.map(|class| (row, class)))
        .collect();
    let timeouts = Timeouts {
        exchange: Duration::from_millis(400),
        ..Timeouts::default()
    };
    let mut play = Play::begin(timeouts).await;
    play.play(&cells).await;
    play.end()
}

#[tokio::test]
async fn every_fault_against_every_class_of_change_ends_as_the_table_says() {
    let (one, two, three) = tokio::join!(
        played("idempotent"),
        played("transition"),
        played("rewrite")
    );
    let (four, last) = tokio::join!(played("once"), played_impatiently());
    let wrong = [one, two, three, four, last].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
