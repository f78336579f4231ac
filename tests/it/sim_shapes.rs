//! The shape of every answer, against the official OpenAPI document: every GET path of it that the simulated org answers with 200 is
//! asked, with ids that the org itself lists, and the answer must fit the schema as far as nulls, discriminators and unknown values
//! let it.
//!
//! The document is not part of this project. It is looked for in `OKTOP_OPENAPI` and in `shared/okta/management.yaml` beside the
//! project's directory; without it the test says so and passes.

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use self::schema::Document;
use crate::sim_org::{TestOrg, calm};
use oktop::sim::Options;

/// Fewer answers than this mean that the walk has lost its way.
const FEWEST: usize = 60;
/// How many objects of a list are tried below.
const TRIED: usize = 4;

/// Parameters that a path needs to answer at all.
const NEEDED: &[(&str, &str)] = &[
    ("/api/v1/policies", "type=OKTA_SIGN_ON"),
    ("/api/v1/mappings", "limit=20"),
];

/// Lists that the document describes as one of their items, while its own example of them is a list.
const LISTS: &[&str] = &["/api/v1/users/{userId}/authenticator-enrollments"];

/// Where an id comes from when not from the list that its path hangs below.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/api/v1/users/", "/api/v1/iam/assignees/users"),
    ("/api/v1/meta/types/user/", "/api/v1/meta/types/user"),
    ("/oauth2/v1/clients/", "/oauth2/v1/clients"),
];

fn document() -> Option<PathBuf> {
    let named = std::env::var_os("OKTOP_OPENAPI").map(PathBuf::from);
    let beside = || {
        let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        Some(project.parent()?.join("shared/okta/management.yaml"))
    };
    named.or_else(beside).filter(|path| path.is_file())
}

/// The items of a list, whether it is the body or a member of it.
fn items(body: &Value) -> Vec<&Value> {
    let list = body
        .as_array()
        .or_else(|| body.as_object()?.values().find_map(Value::as_array));
    list.map(|items| items.iter().take(TRIED).collect())
        .unwrap_or_default()
}

fn id(item: &Value) -> Option<String> {
    let named = ["id", "client_id", "kid"]
        .iter()
        .find_map(|name| item[*name].as_str());
    named.map(str::to_owned)
}

/// Asks for paths, and remembers what the lists among them hold.
struct Walk {
    org: TestOrg,
    ids: BTreeMap<String, Vec<String>>,
}

impl Walk {
    /// Every way to fill the parameters of `path` with ids that there are; at most a few.
    async fn filled(&mut self, path: &str) -> Vec<String> {
        let mut ways = vec![String::new()];
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((_, after)) = after.split_once('}') else {
                break;
            };
            let mut longer = Vec::new();
            for way in &ways {
                let list = format!("{way}{before}");
                for id in self.listed(&list).await {
                    longer.push(format!("{list}{id}"));
                }
            }
            // Not every user has a factor, not every group an owner: several are carried on, but not all of them.
            longer.truncate(TRIED * 2);
            ways = longer;
            rest = after;
        }
        for way in &mut ways {
            way.push_str(rest);
        }
        ways
    }

    /// Ids in the list at `path`, which ends with a slash.
    async fn listed(&mut self, path: &str) -> Vec<String> {
        if let Some(known) = self.ids.get(path) {
            return known.clone();
        }
        let elsewhere = ELSEWHERE.iter().find(|(below, _)| *below == path);
        let list = elsewhere.map_or(path.trim_end_matches('/'), |(_, list)| list);
        let answer = self.org.get(&asked(list)).await;
        let ids: Vec<String> = match answer.status {
            200 => items(&answer.json()).into_iter().filter_map(id).collect(),
            _ => Vec::new(),
        };
        self.ids.insert(path.to_owned(), ids.clone());
        ids
    }
}

fn asked(path: &str) -> String {
    let needed = NEEDED.iter().find(|(of, _)| *of == path);
    needed.map_or_else(|| path.to_owned(), |(_, query)| format!("{path}?{query}"))
}

/// A check that takes anything for good would say that all is well.
fn finds_what_is_wrong(document: &Document) {
    for (path, bad) in [
        ("/api/v1/users", json!([{"id": 5}])),
        ("/api/v1/users", json!([{"status": "HALF_ASLEEP"}])),
        ("/api/v1/users", json!({})),
        ("/api/v1/groups", json!([{"profile": "none"}])),
        ("/api/v1/logs", json!([{"outcome": {"result": 1}}])),
    ] {
        let gets = document.gets();
        let (_, schema) = gets.iter().find(|(own, _)| *own == path).unwrap();
        let shape = document.validator(schema);
        assert!(!shape.problems(&bad).is_empty(), "{path}: {bad}");
        assert!(shape.problems(&json!([{"id": null}])).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_shape_that_the_official_document_gives_it() {
    let Some(path) = document() else {
        println!("skipped: the official OpenAPI document is not here; OKTOP_OPENAPI can name it");
        return;
    };
    let document = Document::read(&path);
    finds_what_is_wrong(&document);
    let options = Options {
        users: 200,
        groups: 30,
        apps: 40,
        events: 200,
        ..calm()
    };
    let mut walk = Walk {
        org: TestOrg::start(options).await,
        ids: BTreeMap::new(),
    };
    let mut answered = BTreeSet::new();
    let mut wrong = BTreeMap::new();
    for (path, schema) in document.gets() {
        let mut validator = None;
        for filled in walk.filled(path).await {
            let answer = walk.org.get(&asked(&filled)).await;
            if answer.status != 200 {
                continue;
            }
            answered.insert(path);
            let kind = answer
                .headers
                .get("content-type")
                .and_then(|kind| kind.to_str().ok());
            if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
                wrong.insert(format!("{path}: content type"), format!("{kind:?}"));
                continue;
            }
            let validator = validator.get_or_insert_with(|| {
                let list = json!({"type": "array", "items": schema});
                document.validator(if LISTS.contains(&path) { &list } else { schema })
            });
            for (place, why) in validator.problems(&answer.json()) {
                wrong.entry(format!("{path}: {place}")).or_insert(why);
            }
        }
    }
    println!("{} paths answered: {answered:#?}", answered.len());
    assert!(answered.len() >= FEWEST, "{answered:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
