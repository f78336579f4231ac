//! The simulated org as a whole: reproducible, believable, and hostile where it should be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::sim_org::{TestOrg, calm};
use oktop::sim::Options;

async fn everything(options: Options) -> Vec<String> {
    let org = TestOrg::start(options).await;
    let base = org.running.url.clone();
    let mut texts = Vec::new();
    for path in [
        "/api/v1/users?search=id+pr",
        "/api/v1/groups?expand=stats",
        "/api/v1/apps?includeNonDeleted=true&limit=200",
        "/sim/v1/truth/memberships",
        "/sim/v1/truth/app_users",
        "/sim/v1/truth/app_groups",
    ] {
        texts.push(org.get(path).await.text.replace(&base, ""));
    }
    texts
}

#[tokio::test]
async fn the_same_seed_gives_the_same_org_to_the_last_byte() {
    let first = everything(calm()).await;
    assert_eq!(first, everything(calm()).await);
    let other = everything(Options { seed: 2, ..calm() }).await;
    assert_ne!(first[0], other[0]);
}

#[tokio::test]
async fn the_org_has_every_status_heads_managers_and_a_long_tail_of_groups() {
    let options = Options {
        users: 2_000,
        groups: 200,
        apps: 60,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let statuses = org.truth("").await["users_by_status"].clone();
    let statuses = statuses.as_object().unwrap();
    assert_eq!(statuses.len(), 8);
    assert!(
        statuses.values().all(|count| count.as_u64() > Some(0)),
        "{statuses:?}"
    );
    let users = org.all("/api/v1/users?search=id+pr").await;
    let logins: BTreeSet<&str> = users
        .iter()
        .filter_map(|user| user["profile"]["login"].as_str())
        .collect();
    assert_eq!(logins.len(), 2_000);
    let managed = users.iter().filter(|user| {
        user["profile"]["managerId"]
            .as_str()
            .is_some_and(|manager| logins.contains(manager))
    });
    assert_eq!(managed.count(), 1_999);
    let mut sizes: Vec<usize> = org
        .truth("/memberships")
        .await
        .as_object()
        .unwrap()
        .values()
        .map(|members| members.as_array().unwrap().len())
        .collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    assert!(sizes[0] > 1_700, "Everyone");
    assert!(
        sizes[1..].iter().filter(|size| **size >= 150).count() >= 3,
        "{sizes:?}"
    );
    assert!(
        sizes.iter().filter(|size| **size < 20).count() > 80,
        "{sizes:?}"
    );
    assert!(sizes.contains(&0));
    let kinds: BTreeMap<String, usize> =
        org.all("/api/v1/groups")
            .await
            .iter()
            .fold(BTreeMap::new(), |mut kinds, group| {
                *kinds
                    .entry(group["type"].as_str().unwrap().to_owned())
                    .or_default() += 1;
                kinds
            });
    assert_eq!(
        kinds.keys().collect::<Vec<_>>(),
        ["APP_GROUP", "BUILT_IN", "OKTA_GROUP"]
    );
}

#[tokio::test]
async fn times_follow_from_each_other() {
    let org = TestOrg::start(calm()).await;
    for user in org.all("/api/v1/users?search=id+pr").await {
        let at = |name: &str| user[name].as_str().unwrap_or("");
        let now = "2026-11-22T10:00:00.000Z";
        assert!(at("created") <= at("lastUpdated"), "{user}");
        for name in [
            "activated",
            "statusChanged",
            "lastLogin",
            "lastUpdated",
            "passwordChanged",
        ] {
            assert!(
                at(name).is_empty() || (at("created") <= at(name) && at(name) <= now),
                "{name}: {user}"
            );
        }
        assert!(at("statusChanged") <= at("lastUpdated"), "{user}");
        assert_eq!(user["status"] == "STAGED", at("activated").is_empty());
    }
}

#[tokio::test]
async fn some_names_are_hostile_and_arrive_unharmed() {
    let org = TestOrg::start(Options {
        users: 1_000,
        ..calm()
    })
    .await;
    let users = org.all("/api/v1/users?search=id+pr").await;
    let names: String = users
        .iter()
        .filter_map(|user| user["profile"]["displayName"].as_str())
        .collect();
    for hostile in ['\u{1b}', '\u{202e}', '\u{9b}', '\r', '\u{feff}'] {
        assert!(names.contains(hostile), "{hostile:?}");
    }
    assert!(users.iter().any(|user| {
        user["profile"]["firstName"]
            .as_str()
            .unwrap()
            .starts_with('=')
    }));
    // Okta stores nothing beyond the basic plane.
    assert!(names.chars().all(|c| c.len_utf8() <= 3));
    let scripts = ['ü', '藤', 'ł', '김', 'श', 'כ'];
    let seen = scripts.iter().filter(|c| names.contains(**c)).count();
    assert!(seen >= 4, "{names}");
}

#[tokio::test]
async fn only_a_strange_org_has_values_that_no_document_names() {
    let known = |app: &Value| {
        let modes = [
            "AUTO_LOGIN",
            "BASIC_AUTH",
            "BOOKMARK",
            "BROWSER_PLUGIN",
            "OPENID_CONNECT",
            "SAML_1_1",
            "SAML_2_0",
            "SECURE_PASSWORD_STORE",
            "WS_FEDERATION",
        ];
        app["signOnMode"]
            .as_str()
            .is_some_and(|mode| modes.contains(&mode))
    };
    let options = |strange| Options {
        apps: 40,
        groups: 120,
        strange,
        ..calm()
    };
    let plain = TestOrg::start(options(false)).await;
    assert!(
        plain
            .all("/api/v1/apps?includeNonDeleted=true")
            .await
            .iter()
            .all(known)
    );
    let strange = TestOrg::start(options(true)).await;
    let apps = strange.all("/api/v1/apps?includeNonDeleted=true").await;
    assert!(apps.iter().any(|app| app["signOnMode"].is_null()));
    assert!(
        apps.iter()
            .any(|app| app["signOnMode"].is_string() && !known(app))
    );
    assert!(apps.iter().any(|app| app["version"].is_number()));
    assert!(apps.iter().any(|app| {
        app["features"]
            .to_string()
            .contains("ENTITLEMENT_MANAGEMENT_V2")
    }));
    let groups = strange.all("/api/v1/groups").await;
    assert!(
        groups
            .iter()
            .any(|group| group["type"] == "WORKSPACE_GROUP")
    );
    let users = strange.all("/api/v1/users").await;
    assert!(
        users
            .iter()
            .all(|user| user["profile"]["zipCode"].is_number())
    );
}

/// The official Python client cannot hold lists where its models have empty objects, nor words that its enumerations lack.
#[tokio::test]
async fn only_a_strange_org_is_set_up_with_what_the_official_clients_reject() {
    for strange in [false, true] {
        let org = TestOrg::start(Options { strange, ..calm() }).await;
        let zones = org.all("/api/v1/zones").await;
        let located = zones
            .iter()
            .flat_map(|zone| [&zone["locations"], &zone["asns"]])
            .filter(|part| !part.is_null());
        assert_eq!(located.count() > 4, strange, "{zones:?}");
        assert!(zones.iter().any(|zone| zone["type"] == "DYNAMIC"));
        assert!(zones.iter().any(|zone| zone["type"] == "DYNAMIC_V2"));
        let collection = "/api/v1/policies?type=DEVICE_SIGNAL_COLLECTION";
        assert_eq!(org.all(collection).await.is_empty(), !strange);
        let discovery = org
            .all("/api/v1/policies?type=IDP_DISCOVERY&expand=rules")
            .await;
        let rules = discovery[0]["_embedded"]["rules"].as_array().unwrap();
        let untyped = rules.iter().filter(|rule| {
            let identifier = &rule["conditions"]["userIdentifier"];
            identifier.is_object() && identifier["type"].is_null()
        });
        assert_eq!(untyped.count() == 1, strange);
        let access = org
            .get("/api/v1/policies?type=ACCESS_POLICY&expand=rules")
            .await;
        assert_eq!(access.text.contains(r#""type":"MACOS""#), strange);
        let roles = org.get("/api/v1/iam/roles").await.json();
        let mut limited = 0;
        for role in roles["roles"].as_array().unwrap() {
            let path = format!(
                "/api/v1/iam/roles/{}/permissions",
                role["id"].as_str().unwrap()
            );
            let held = org.get(&path).await.json();
            let held = held["permissions"].as_array().unwrap().iter();
            limited += held.filter(|own| !own["conditions"].is_null()).count();
        }
        assert_eq!(limited > 0, strange);
    }
}

#[tokio::test]
async fn the_smallest_org_works() {
    let org = TestOrg::start(Options {
        users: 1,
        groups: 1,
        apps: 0,
        ..calm()
    })
    .await;
    assert_eq!(org.all("/api/v1/users").await.len(), 1);
    assert_eq!(org.all("/api/v1/groups").await.len(), 1);
    assert!(org.all("/api/v1/apps").await.is_empty());
    assert_eq!(org.get("/api/v1/users/me").await.status, 200);
}

#[tokio::test]
async fn the_people_that_a_security_team_looks_for_are_there_and_look_like_it() {
    let org = TestOrg::start(calm()).await;
    let truth = org.truth("/people").await;
    let users = org.all("/api/v1/users?search=id+pr").await;
    let with_provider = |kind: &str| -> Vec<Value> {
        let kept = |user: &&Value| user["credentials"]["provider"]["type"] == kind;
        users
            .iter()
            .filter(kept)
            .map(|user| user["id"].clone())
            .collect()
    };
    for (name, kind) in [
        ("ad_sourced", "ACTIVE_DIRECTORY"),
        ("ldap_sourced", "LDAP"),
        ("hr_sourced", "IMPORT"),
        ("federated", "FEDERATION"),
    ] {
        let listed = truth[name].as_array().unwrap();
        assert!(!listed.is_empty(), "{name}");
        assert_eq!(*listed, with_provider(kind), "{name}");
    }
    for name in [
        "contractors",
        "dormant",
        "leavers_with_leftovers",
        "org2org_apps",
    ] {
        assert!(!truth[name].as_array().unwrap().is_empty(), "{name}");
    }
    for service in truth["service_accounts"].as_array().unwrap() {
        let path = format!("/api/v1/users/{}", service.as_str().unwrap());
        let user = org.get(&path).await.json();
        assert!(
            user["profile"]["login"]
                .as_str()
                .unwrap()
                .starts_with("svc-")
        );
        assert_eq!(user["profile"]["userType"], "Service");
        assert_eq!(
            org.get(&format!("{path}/factors")).await.json(),
            Value::Array(vec![])
        );
        let by_login = format!(
            "/api/v1/users/{}",
            user["profile"]["login"].as_str().unwrap()
        );
        assert_eq!(org.get(&by_login).await.json()["id"], *service);
    }
    let phones = truth["shared_phones"].as_array().unwrap();
    assert_eq!(phones.len(), 2);
    for phone in phones {
        let sharers = phone["users"].as_array().unwrap();
        assert_eq!(sharers.len(), 3);
        for user in sharers {
            let factors = org
                .all(&format!("/api/v1/users/{}/factors", user.as_str().unwrap()))
                .await;
            let number = |factor: &Value| factor["profile"]["phoneNumber"] == phone["phoneNumber"];
            assert!(factors.iter().any(number), "{factors:?}");
        }
    }
    for leaver in truth["leavers_with_leftovers"].as_array().unwrap() {
        let path = format!("/api/v1/users/{}", leaver.as_str().unwrap());
        assert_eq!(org.get(&path).await.json()["status"], "SUSPENDED");
        assert!(
            org.all(&format!("{path}/groups")).await.len() > 1,
            "{leaver}"
        );
    }
}
