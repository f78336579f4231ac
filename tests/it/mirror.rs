//! The mirror against the simulator's truth, id by id: the whole way from HTTP to the answers that clients get.

use std::collections::{BTreeMap, BTreeSet};

use oktop::agent::client::Client;
use oktop::domain::id::{AppId, GroupId};
use oktop::domain::query::{EventAnchor, EventQuery, ListQuery, Row, Rows, Scope};
use oktop::msg::{Answer, Ask};
use serde_json::Value;

use crate::rig::{Home, Sim, ids};

/// Rows asked for at once.
const WINDOW: usize = 1_000;

/// A conversation with the agent of a home, for tests that ask a lot.
pub(crate) struct Mirror {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Mirror {
    /// Connects to the agent that runs there.
    pub(crate) fn of(home: &Home) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = runtime
            .block_on(Client::connect(&home.data_dir()))
            .unwrap()
            .expect("an agent runs");
        Self { runtime, client }
    }

    /// Asks one thing.
    pub(crate) fn ask(&mut self, ask: Ask) -> Answer {
        self.runtime.block_on(self.client.ask(ask)).unwrap()
    }

    fn all<T>(
        &mut self,
        scope: &Scope,
        ask: impl Fn(ListQuery) -> Ask,
        rows: impl Fn(Answer) -> Rows<T>,
    ) -> Vec<Row<T>> {
        let mut all: Vec<Row<T>> = Vec::new();
        loop {
            let query = ListQuery {
                scope: scope.clone(),
                offset: all.len(),
                limit: WINDOW,
                ..ListQuery::default()
            };
            let window = rows(self.ask(ask(query)));
            let more = !window.rows.is_empty();
            all.extend(window.rows);
            if !more || all.len() >= window.matched {
                return all;
            }
        }
    }

    /// Ids of the users in this scope.
    pub(crate) fn users(&mut self, scope: &Scope) -> BTreeSet<String> {
        let rows = self.all(scope, Ask::Users, |answer| match answer {
            Answer::Users(rows) => rows,
            other => panic!("{other:?}"),
        });
        rows.into_iter().map(|row| row.value.id.into()).collect()
    }

    /// Ids of the groups in this scope.
    pub(crate) fn groups(&mut self, scope: &Scope) -> BTreeSet<String> {
        let rows = self.all(scope, Ask::Groups, |answer| match answer {
            Answer::Groups(rows) => rows,
            other => panic!("{other:?}"),
        });
        rows.into_iter().map(|row| row.value.id.into()).collect()
    }

    /// Ids of the apps in this scope.
    pub(crate) fn apps(&mut self, scope: &Scope) -> BTreeSet<String> {
        let rows = self.all(scope, Ask::Apps, |answer| match answer {
            Answer::Apps(rows) => rows,
            other => panic!("{other:?}"),
        });
        rows.into_iter().map(|row| row.value.id.into()).collect()
    }

    /// Ids and scopes of an app's users.
    pub(crate) fn app_users(&mut self, app: &str) -> BTreeSet<(String, String)> {
        let scope = Scope::OfApp(app.parse::<AppId>().unwrap());
        let rows = self.all(&scope, Ask::Users, |answer| match answer {
            Answer::Users(rows) => rows,
            other => panic!("{other:?}"),
        });
        let assigned = |row: Row<oktop::domain::user::User>| {
            let assignment = row
                .via
                .and_then(|via| via.assignment)
                .expect("an app's user has an assignment");
            (
                String::from(row.value.id),
                assignment.scope.word().to_owned(),
            )
        };
        rows.into_iter().map(assigned).collect()
    }

    /// The uuid of every stored event, as often as it is stored.
    pub(crate) fn events(&mut self) -> Vec<String> {
        let mut uuids = Vec::new();
        let mut anchor = EventAnchor::Oldest;
        loop {
            let query = EventQuery {
                anchor,
                limit: WINDOW,
                ..EventQuery::default()
            };
            let Answer::Events(window) = self.ask(Ask::Events(query)) else {
                panic!("not events")
            };
            uuids.extend(window.rows.iter().map(|row| row.event.uuid.to_string()));
            match window.rows.last() {
                Some(last) => anchor = EventAnchor::After(last.pos),
                None => return uuids,
            }
        }
    }
}

/// Compares everything that the mirror has with the simulator's truth.
pub(crate) fn assert_equals_truth(home: &Home, sim: &Sim) {
    let mut mirror = Mirror::of(home);
    let truth = |what: &str| sim.ask(&format!("truth/{what}"));
    assert_eq!(mirror.users(&Scope::All), ids(&truth("users")), "users");
    assert_eq!(mirror.groups(&Scope::All), ids(&truth("groups")), "groups");
    assert_eq!(mirror.apps(&Scope::All), ids(&truth("apps")), "apps");
    for (group, members) in object(&truth("memberships")) {
        let scope = Scope::OfGroup(group.parse::<GroupId>().unwrap());
        assert_eq!(mirror.users(&scope), ids(&members), "members of {group}");
    }
    for (app, users) in object(&truth("app_users")) {
        assert_eq!(mirror.app_users(&app), scoped_ids(&users), "users of {app}");
    }
    for (app, groups) in object(&truth("app_groups")) {
        let scope = Scope::OfApp(app.parse::<AppId>().unwrap());
        assert_eq!(mirror.groups(&scope), ids(&groups), "groups of {app}");
    }
}

/// Compares the stored events with those that the simulator has persisted: (missing, stored twice).
pub(crate) fn events_missing_and_doubled(home: &Home, sim: &Sim) -> (usize, usize) {
    // Late events come at any time: what the org had first must be stored, and not what it had later.
    let truth = sim.ask("truth/events");
    let stored = Mirror::of(home).events();
    let distinct: BTreeSet<&String> = stored.iter().collect();
    let uuids = truth
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["uuid"].as_str().unwrap().to_owned());
    let missing = uuids.filter(|uuid| !distinct.contains(uuid)).count();
    (missing, stored.len() - distinct.len())
}

fn object(value: &Value) -> BTreeMap<String, Value> {
    let map = value
        .as_object()
        .unwrap_or_else(|| panic!("not an object: {value}"));
    assert!(!map.is_empty());
    map.iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn scoped_ids(list: &Value) -> BTreeSet<(String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "id"), text(one, "scope")))
        .collect()
}
