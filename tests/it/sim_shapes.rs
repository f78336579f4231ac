//! The shape of every answer, against the official OpenAPI document: every GET path of it that the simulated org answers with 200 is
//! asked, with ids that the org itself lists, and the answer must fit the schema as far as nulls, discriminators and unknown values
//! let it.
//!
//! The document is not part of this project. It is looked for in `OKTOP_OPENAPI` and in `shared/okta/management.yaml` beside the
//! project's directory; without it the test says so and passes.

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use reqwest::Method;
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

    /// Admins alone may have let no program keep a token of theirs: somebody who did is walked through as well.
    async fn know_somebody_with_tokens(&mut self) {
        let mut known = self.listed("/api/v1/users/").await;
        known.truncate(TRIED);
        for user in self.org.ids("/api/v1/users?limit=200").await {
            let clients = format!("/api/v1/users/{user}/clients");
            let first = self.org.all(&clients).await.into_iter().next();
            let Some(client) = first.as_ref().and_then(id) else {
                continue;
            };
            if !self
                .org
                .all(&format!("{clients}/{client}/tokens"))
                .await
                .is_empty()
            {
                known.insert(0, user);
                break;
            }
        }
        self.ids.insert("/api/v1/users/".to_owned(), known);
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

/// A change that is asked for: the method, the document's path, what stands in place of its parameters, a query, and a body.
type Asked<'a> = (Method, &'a str, &'a [&'a str], &'a str, Value);

/// Asks for changes and holds each answer against the document.
struct Changes<'d> {
    org: TestOrg,
    document: &'d Document,
    wrong: Vec<String>,
    paths: BTreeSet<String>,
}

impl Changes<'_> {
    /// Asks for one; what it says.
    async fn ask(&mut self, (method, path, ids, query, body): Asked<'_>) -> Value {
        let mut filled = String::new();
        let mut rest = path;
        for id in ids {
            let (before, after) = rest.split_once('{').unwrap();
            filled.push_str(before);
            filled.push_str(id);
            rest = after.split_once('}').unwrap().1;
        }
        filled.push_str(rest);
        filled.push_str(query);
        let name = format!("{method} {path}");
        let body = (!body.is_null()).then_some(&body);
        let answer = self.org.write(method.clone(), &filled, body).await;
        assert!(answer.status < 300, "{name}: {}", answer.text);
        self.paths.insert(name.clone());
        let (verb, status) = (method.as_str(), answer.status);
        if !self.document.knows(verb, path, status) {
            self.wrong.push(format!("{name}: status {status}"));
        }
        if let Some(schema) = self.document.schema(verb, path, status) {
            let problems = self.document.validator(schema).problems(&answer.json());
            let told = problems.iter();
            let told = told.map(|(place, why)| format!("{name}: {place}: {why}"));
            self.wrong.extend(told);
        }
        serde_json::from_str(&answer.text).unwrap_or_default()
    }

    /// The first id of a list, as far as `suits` says.
    async fn first(&self, path: &str, suits: impl Fn(&Value) -> bool) -> String {
        let all = self.org.all(path).await;
        let found = all.iter().find(|item| suits(item));
        id(found.unwrap_or_else(|| panic!("nothing suits in {path}"))).unwrap()
    }

    async fn of_users(&mut self) {
        const USERS: &str = "/api/v1/users";
        const USER: &str = "/api/v1/users/{id}";
        let login = "ada.byron@northwind.example";
        let profile =
            json!({"login": login, "email": login, "firstName": "Ada", "lastName": "Byron"});
        let password = json!({"password": {"value": "Tr0ub4dor&3"}, "recovery_question": {"question": "Whose?", "answer": "Babbage"}});
        let new = json!({"profile": profile, "credentials": password});
        let made = self
            .ask((Method::POST, USERS, &[], "?activate=false", new))
            .await;
        let user = id(&made).unwrap();
        let user: &[&str] = &[&user];
        self.ask((
            Method::POST,
            USER,
            user,
            "",
            json!({"profile": {"city": "Oslo"}}),
        ))
        .await;
        self.ask((Method::PUT, USER, user, "", json!({"profile": profile})))
            .await;
        for (operation, query) in [
            ("activate", "?sendEmail=false"),
            ("suspend", ""),
            ("unsuspend", ""),
            ("expire_password", ""),
            ("reset_password", "?sendEmail=false"),
            ("reactivate", "?sendEmail=false"),
        ] {
            let path = format!("{USER}/lifecycle/{operation}");
            self.ask((Method::POST, &path, user, query, Value::Null))
                .await;
        }
        self.ask((
            Method::POST,
            USER,
            user,
            "",
            json!({"credentials": password}),
        ))
        .await;
        let owned = "/api/v1/users/{userId}";
        let forgot = format!("{owned}/credentials/forgot_password");
        self.ask((Method::POST, &forgot, user, "?sendEmail=false", Value::Null))
            .await;
        let temporary = format!("{USER}/lifecycle/expire_password_with_temp_password");
        self.ask((Method::POST, &temporary, user, "", Value::Null))
            .await;
        self.ask((
            Method::POST,
            &format!("{USER}/lifecycle/reset_factors"),
            user,
            "",
            Value::Null,
        ))
        .await;
        self.ask((
            Method::DELETE,
            &format!("{owned}/sessions"),
            user,
            "",
            Value::Null,
        ))
        .await;
        self.ask((
            Method::DELETE,
            &format!("{owned}/grants"),
            user,
            "",
            Value::Null,
        ))
        .await;
        for role in [
            json!({"type": "HELP_DESK_ADMIN"}),
            json!({"type": "WORKFLOWS_ADMIN"}),
        ] {
            let made = self
                .ask((Method::POST, &format!("{owned}/roles"), user, "", role))
                .await;
            let both = &[user[0], &id(&made).unwrap()];
            let own = format!("{owned}/roles/{{roleAssignmentId}}");
            self.ask((Method::DELETE, &own, both, "", Value::Null))
                .await;
        }
        self.ask((
            Method::POST,
            &format!("{USER}/lifecycle/deactivate"),
            user,
            "",
            Value::Null,
        ))
        .await;
        self.ask((Method::DELETE, USER, user, "", Value::Null))
            .await;
        let locked = self.org.somebody("LOCKED_OUT").await;
        self.ask((
            Method::POST,
            &format!("{USER}/lifecycle/unlock"),
            &[&locked],
            "",
            Value::Null,
        ))
        .await;
    }

    async fn of_groups_and_apps(&mut self) {
        const GROUP: &str = "/api/v1/groups/{groupId}";
        const RULE: &str = "/api/v1/groups/rules/{groupRuleId}";
        const APP: &str = "/api/v1/apps/{appId}";
        let user = self.org.somebody("ACTIVE").await;
        let profile = json!({"profile": {"name": "Ledger", "description": "Books"}});
        let made = self
            .ask((Method::POST, "/api/v1/groups", &[], "", profile.clone()))
            .await;
        let group = &id(&made).unwrap();
        self.ask((Method::PUT, GROUP, &[group], "", profile)).await;
        let member = format!("{GROUP}/users/{{userId}}");
        self.ask((Method::PUT, &member, &[group, &user], "", Value::Null))
            .await;
        self.ask((Method::DELETE, &member, &[group, &user], "", Value::Null))
            .await;
        let roles = format!("{GROUP}/roles");
        let made = self
            .ask((
                Method::POST,
                &roles,
                &[group],
                "",
                json!({"type": "APP_ADMIN"}),
            ))
            .await;
        let role = id(&made).unwrap();
        let own = format!("{roles}/{{roleAssignmentId}}");
        self.ask((Method::DELETE, &own, &[group, &role], "", Value::Null))
            .await;
        let rule = json!({
            "type": "group_rule",
            "name": "Nobody",
            "conditions": {"expression": {"value": "user.city==\"Nowhere\"", "type": "urn:okta:expression:1.0"}},
            "actions": {"assignUserToGroups": {"groupIds": [group]}},
        });
        let made = self
            .ask((Method::POST, "/api/v1/groups/rules", &[], "", rule))
            .await;
        let rule = id(&made).unwrap();
        for operation in ["activate", "deactivate"] {
            let path = format!("{RULE}/lifecycle/{operation}");
            self.ask((Method::POST, &path, &[&rule], "", Value::Null))
                .await;
        }
        self.ask((Method::DELETE, RULE, &[&rule], "", Value::Null))
            .await;
        let app = self
            .first("/api/v1/apps?limit=200", |app| {
                app["signOnMode"] == "SAML_2_0"
            })
            .await;
        let groups = format!("{APP}/groups/{{groupId}}");
        self.ask((Method::PUT, &groups, &[&app, group], "", json!({})))
            .await;
        self.ask((Method::DELETE, &groups, &[&app, group], "", Value::Null))
            .await;
        let fresh = self
            .org
            .change(json!({"change": "create_app", "label": "Fresh"}))
            .await;
        let fresh = fresh[0].as_str();
        let given = json!({"id": user, "scope": "USER"});
        self.ask((Method::POST, &format!("{APP}/users"), &[fresh], "", given))
            .await;
        let one = format!("{APP}/users/{{userId}}");
        self.ask((Method::DELETE, &one, &[fresh, &user], "", Value::Null))
            .await;
        for operation in ["deactivate", "activate", "deactivate"] {
            let path = format!("{APP}/lifecycle/{operation}");
            self.ask((Method::POST, &path, &[fresh], "", Value::Null))
                .await;
        }
        self.ask((Method::DELETE, APP, &[fresh], "", Value::Null))
            .await;
        self.ask((Method::DELETE, GROUP, &[group], "", Value::Null))
            .await;
    }

    async fn of_the_org(&mut self) {
        let switchable = |item: &Value| item["status"] == "ACTIVE" && item["system"] != true;
        for (list, path) in [
            ("/api/v1/idps", "/api/v1/idps/{idpId}"),
            ("/api/v1/zones", "/api/v1/zones/{zoneId}"),
        ] {
            let one = self.first(list, switchable).await;
            for operation in ["deactivate", "activate"] {
                let path = format!("{path}/lifecycle/{operation}");
                self.ask((Method::POST, &path, &[&one], "", Value::Null))
                    .await;
            }
        }
        let zone = self
            .first("/api/v1/zones", |zone| {
                zone["type"] == "IP" && switchable(zone)
            })
            .await;
        let whole = self.org.get(&format!("/api/v1/zones/{zone}")).await.json();
        self.ask((Method::PUT, "/api/v1/zones/{zoneId}", &[&zone], "", whole))
            .await;
        let device = self
            .first("/api/v1/devices", |device| device["status"] == "ACTIVE")
            .await;
        for operation in [
            "suspend",
            "unsuspend",
            "deactivate",
            "activate",
            "deactivate",
        ] {
            let path = format!("/api/v1/devices/{{deviceId}}/lifecycle/{operation}");
            self.ask((Method::POST, &path, &[&device], "", Value::Null))
                .await;
        }
        self.ask((
            Method::DELETE,
            "/api/v1/devices/{deviceId}",
            &[&device],
            "",
            Value::Null,
        ))
        .await;
        let client = self
            .org
            .change(json!({"change": "create_service_client", "label": "Robot"}))
            .await;
        let client = client[0].as_str();
        for _ in 0..2 {
            self.org
                .change(json!({"change": "create_secret", "client": client}))
                .await;
        }
        let secrets = self
            .org
            .ids(&format!("/api/v1/apps/{client}/credentials/secrets"))
            .await;
        let both: &[&str] = &[client, &secrets[0]];
        let secret = "/api/v1/apps/{appId}/credentials/secrets/{secretId}";
        for operation in ["deactivate", "activate", "deactivate"] {
            let path = format!("{secret}/lifecycle/{operation}");
            self.ask((Method::POST, &path, both, "", Value::Null)).await;
        }
        self.ask((Method::DELETE, secret, both, "", Value::Null))
            .await;
        let roles = "/oauth2/v1/clients/{clientId}/roles";
        let made = self
            .ask((
                Method::POST,
                roles,
                &[client],
                "",
                json!({"type": "REPORT_ADMIN"}),
            ))
            .await;
        let own = format!("{roles}/{{roleAssignmentId}}");
        self.ask((
            Method::DELETE,
            &own,
            &[client, &id(&made).unwrap()],
            "",
            Value::Null,
        ))
        .await;
        let made = self
            .org
            .post("/sim/v1/tokens", &json!({"roles": ["ORG_ADMIN"]}))
            .await
            .json();
        let token = id(&made).unwrap();
        self.ask((
            Method::DELETE,
            "/api/v1/api-tokens/{apiTokenId}",
            &[&token],
            "",
            Value::Null,
        ))
        .await;
    }
}

#[tokio::test]
async fn every_answer_to_a_change_has_the_status_and_shape_that_the_official_document_gives_it() {
    let Some(path) = document() else {
        println!("skipped: the official OpenAPI document is not here; OKTOP_OPENAPI can name it");
        return;
    };
    let document = Document::read(&path);
    let mut changes = Changes {
        org: TestOrg::start(calm()).await,
        document: &document,
        wrong: Vec::new(),
        paths: BTreeSet::new(),
    };
    changes.of_users().await;
    changes.of_groups_and_apps().await;
    changes.of_the_org().await;
    assert!(changes.paths.len() >= 50, "{:?}", changes.paths);
    assert!(changes.wrong.is_empty(), "{:#?}", changes.wrong);
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
    walk.know_somebody_with_tokens().await;
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
