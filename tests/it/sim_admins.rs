//! Who may do what in the simulated org, as a client reads it: roles, custom roles, owners, rules, tokens and OAuth clients.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Somebody active without any role.
async fn nobody(org: &TestOrg) -> String {
    let admins: BTreeSet<String> = org
        .truth("/roles")
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|own| text(&own["assignee"]))
        .collect();
    let users = org.all("/api/v1/users?search=status+eq+%22ACTIVE%22").await;
    users
        .iter()
        .rev()
        .map(id)
        .find(|user| !admins.contains(user))
        .unwrap()
}

/// A group of Okta's own with members and without a role.
async fn plain_group(org: &TestOrg) -> String {
    let groups = org.all("/api/v1/groups?expand=stats").await;
    let plain = |group: &&Value| {
        let stats = &group["_embedded"]["stats"];
        group["type"] == "OKTA_GROUP"
            && stats["hasAdminPrivilege"] == false
            && stats["usersCount"]
                .as_u64()
                .is_some_and(|count| (1..50).contains(&count))
    };
    id(groups.iter().find(plain).unwrap())
}

/// Lets another admin change something, a second after the last change; the ids of what was changed.
async fn change(org: &TestOrg, change: Value) -> Vec<String> {
    org.hand.advance(Duration::from_secs(1));
    org.change(change).await
}

/// The events that match, in the order in which they happened.
async fn events_of(org: &TestOrg, filter: &str) -> Vec<Value> {
    org.hand.advance(Duration::from_secs(600));
    let filter = filter.replace(' ', "+").replace('"', "%22");
    let from = "2026-11-22T10:00:00Z";
    let until = "2027-11-22T10:00:00Z";
    let query = format!("since={from}&until={until}&filter={filter}&limit=1000");
    let found = org.get(&format!("/api/v1/logs?{query}")).await.json();
    found.as_array().unwrap().clone()
}

/// Every item of a list whose next page's address is in the body.
async fn in_body(org: &TestOrg, path: &str, name: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = org.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(
            page.link("next").is_none(),
            "the next page's address is in the body"
        );
        let body = page.json();
        items.extend(body[name].as_array().unwrap().iter().cloned());
        next = body["_links"]["next"]["href"].as_str().map(str::to_owned);
    }
    items
}

#[tokio::test]
async fn a_role_of_a_group_shows_in_the_lists_of_its_members() {
    let org = TestOrg::start(calm()).await;
    let group = plain_group(&org).await;
    let member = org.ids(&format!("/api/v1/groups/{group}/users")).await[0].clone();
    let roles = format!("/api/v1/users/{member}/roles");
    let before = org.get(&roles).await.json().as_array().unwrap().len();
    change(
        &org,
        json!({"change": "assign_role", "to": {"group": group}, "what": {"role": "ORG_ADMIN"}}),
    )
    .await;
    let listed = org.get(&roles).await.json();
    assert_eq!(listed.as_array().unwrap().len(), before + 1);
    let inherited = listed.as_array().unwrap().last().unwrap();
    assert_eq!(inherited["type"], "ORG_ADMIN");
    assert_eq!(inherited["assignmentType"], "GROUP");
    assert_eq!(
        text(&inherited["_links"]["assignee"]["href"]),
        format!("{}/api/v1/groups/{group}", org.running.url)
    );
    assert!(text(&inherited["id"]).starts_with("gra"));
    let own = org
        .get(&format!("/api/v1/groups/{group}/roles"))
        .await
        .json();
    assert_eq!(&own[0], inherited);
    let one = org
        .get(&format!("/api/v1/groups/{group}?expand=stats"))
        .await
        .json();
    assert_eq!(one["_embedded"]["stats"]["hasAdminPrivilege"], true);
    let assignees: BTreeSet<String> = in_body(&org, "/api/v1/iam/assignees/users?limit=7", "value")
        .await
        .iter()
        .map(id)
        .collect();
    assert!(assignees.contains(&member));
    change(
        &org,
        json!({"change": "unassign_role", "from": {"group": group}, "what": {"role": "ORG_ADMIN"}}),
    )
    .await;
    assert_eq!(
        org.get(&roles).await.json().as_array().unwrap().len(),
        before
    );
    let told = events_of(&org, "eventType sw \"group.privilege\"").await;
    let kinds: Vec<String> = told.iter().map(|event| text(&event["eventType"])).collect();
    assert_eq!(kinds, ["group.privilege.grant", "group.privilege.revoke"]);
    assert_eq!(told[0]["target"][0]["id"], json!(group));
    assert_eq!(
        told[0]["debugContext"]["debugData"]["privilegeGranted"],
        "Organization administrator"
    );
}

#[tokio::test]
async fn a_revocation_is_told_as_a_grant_of_what_is_left_until_nothing_is() {
    let org = TestOrg::start(calm()).await;
    let user = nobody(&org).await;
    for role in ["REPORT_ADMIN", "READ_ONLY_ADMIN"] {
        change(
            &org,
            json!({"change": "grant_role", "user": user, "role": role}),
        )
        .await;
    }
    for role in ["REPORT_ADMIN", "READ_ONLY_ADMIN"] {
        change(
            &org,
            json!({"change": "revoke_role", "user": user, "role": role}),
        )
        .await;
    }
    let told = events_of(&org, "eventType sw \"user.account.privilege\"").await;
    let granted: Vec<String> = told
        .iter()
        .map(|event| text(&event["debugContext"]["debugData"]["privilegeGranted"]))
        .collect();
    assert_eq!(
        granted,
        [
            "Report administrator",
            "Report administrator, Read-only administrator",
            "Read-only administrator",
            ""
        ]
    );
    assert_eq!(told[3]["eventType"], "user.account.privilege.revoke");
    assert_eq!(
        told[3]["debugContext"]["debugData"]["privilegeRevoked"],
        "Read-only administrator"
    );
}

#[tokio::test]
async fn a_limited_role_lists_its_targets_and_refuses_those_of_another_kind() {
    let org = TestOrg::start(calm()).await;
    let (user, group) = (nobody(&org).await, plain_group(&org).await);
    let assigned = json!({"change": "assign_role", "to": {"user": user}, "what": {"role": "HELP_DESK_ADMIN", "groups": [group]}});
    let role = change(&org, assigned).await[0].clone();
    let own = format!("/api/v1/users/{user}/roles");
    let expanded = org
        .get(&format!("{own}?expand=targets/groups"))
        .await
        .json();
    assert_eq!(
        expanded[0]["_embedded"]["targets"]["groups"][0]["id"],
        json!(group)
    );
    assert!(org.get(&own).await.json()[0].get("_embedded").is_none());
    assert_eq!(
        org.ids(&format!("{own}/{role}/targets/groups")).await,
        [group.clone()]
    );
    // The role's name in base 32 means the same.
    let encoded = "JBCUYUC7IRCVGS27IFCE2SKO";
    assert_eq!(
        org.ids(&format!("{own}/{encoded}/targets/groups")).await,
        [group.clone()]
    );
    let targets = org.get(&format!("{own}/{encoded}/targets")).await.json();
    assert!(text(&targets[0]["orn"]).ends_with(&format!(":groups:{group}")));
    let refused = org.get(&format!("{own}/{role}/targets/catalog/apps")).await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (400, "E0000091")
    );
    let app = id(&org.get("/api/v1/apps?q=Slack").await.json()[0]);
    let assigned = json!({"change": "assign_role", "to": {"user": user}, "what": {"role": "APP_ADMIN", "apps": [app]}});
    let role = change(&org, assigned).await[0].clone();
    let apps = org
        .get(&format!("{own}/{role}/targets/catalog/apps"))
        .await
        .json();
    assert_eq!(
        (apps[0]["id"].clone(), apps[0]["name"].clone()),
        (json!(app), json!("slack"))
    );
    assert_eq!(
        org.get(&format!("{own}/{role}")).await.json()["type"],
        "APP_ADMIN"
    );
    assert_eq!(
        org.get(&format!("{own}/ra1nonsense000000000"))
            .await
            .error_code(),
        "E0000007"
    );
}

#[tokio::test]
async fn custom_roles_and_resource_sets_are_read_by_id_or_label_and_page_in_the_body() {
    let org = TestOrg::start(calm()).await;
    let (user, group) = (nobody(&org).await, plain_group(&org).await);
    let role = change(&org, json!({"change": "create_custom_role", "label": "Desk of night", "description": "Unlocks", "permissions": ["okta.users.read", "okta.users.lifecycle.unlock"]})).await[0].clone();
    let resources = [
        "users",
        &format!("group:{group}"),
        &format!("members:{group}"),
    ];
    let set = change(&org, json!({"change": "create_resource_set", "label": "Night shift", "description": "Them", "resources": resources})).await[0].clone();
    let what = json!({"role": role, "resource_set": "Night shift"});
    for to in [json!({"user": user}), json!({"group": group})] {
        change(
            &org,
            json!({"change": "assign_role", "to": to, "what": what}),
        )
        .await;
    }
    let iam = "/api/v1/iam";
    let by_label = org
        .get(&format!("{iam}/roles/Desk%20of%20night"))
        .await
        .json();
    assert_eq!(by_label["id"], json!(role));
    assert!(
        in_body(&org, &format!("{iam}/roles?limit=1"), "roles")
            .await
            .iter()
            .any(|own| own == &by_label)
    );
    let permissions = org
        .get(&format!("{iam}/roles/{role}/permissions"))
        .await
        .json();
    assert_eq!(
        permissions["permissions"][1]["label"],
        "okta.users.lifecycle.unlock"
    );
    let one = org
        .get(&format!("{iam}/roles/{role}/permissions/okta.users.read"))
        .await
        .json();
    assert_eq!(one, permissions["permissions"][0]);
    let sets = in_body(
        &org,
        &format!("{iam}/resource-sets?limit=1"),
        "resource-sets",
    )
    .await;
    assert!(sets.iter().any(|own| own["id"] == json!(set)));
    let base = format!("{iam}/resource-sets/{set}");
    let held = in_body(&org, &format!("{base}/resources?limit=2"), "resources").await;
    assert_eq!(held.len(), 3);
    assert!(text(&held[2]["orn"]).ends_with(":contained_resources"));
    let bindings = in_body(&org, &format!("{base}/bindings"), "roles").await;
    assert_eq!(bindings[0]["id"], json!(role));
    let members = in_body(
        &org,
        &format!("{base}/bindings/{role}/members?limit=1"),
        "members",
    )
    .await;
    let whose: BTreeSet<String> = members
        .iter()
        .map(|own| text(&own["_links"]["self"]["href"]))
        .collect();
    let url = &org.running.url;
    assert_eq!(
        whose,
        BTreeSet::from([
            format!("{url}/api/v1/users/{user}"),
            format!("{url}/api/v1/groups/{group}")
        ])
    );
    let assigned = org.get(&format!("/api/v1/users/{user}/roles")).await.json();
    let custom = &assigned[0];
    assert_eq!(
        (
            text(&custom["type"]),
            text(&custom["role"]),
            text(&custom["resource-set"])
        ),
        ("CUSTOM".to_owned(), role.clone(), set.clone())
    );
    let member = text(&custom["_links"]["member"]["href"]);
    assert_eq!(org.get(&member).await.json()["id"], custom["id"]);
    assert_eq!(
        org.get(&format!("{base}/bindings/cr0nonsense000000000/members"))
            .await
            .error_code(),
        "E0000007"
    );
    let told = events_of(&org, "eventType sw \"iam.\"").await;
    let kinds: Vec<String> = told.iter().map(|event| text(&event["eventType"])).collect();
    assert_eq!(
        kinds,
        [
            "iam.role.create",
            "iam.resourceset.create",
            "iam.resourceset.bindings.add",
            "iam.resourceset.bindings.add"
        ]
    );
}

#[tokio::test]
async fn assignees_page_in_the_body_and_are_everybody_with_a_role_once() {
    let org = TestOrg::start(calm()).await;
    let paged: Vec<String> = in_body(&org, "/api/v1/iam/assignees/users?limit=3", "value")
        .await
        .iter()
        .map(id)
        .collect();
    let whole: Vec<String> = in_body(&org, "/api/v1/iam/assignees/users", "value")
        .await
        .iter()
        .map(id)
        .collect();
    assert_eq!(paged, whole);
    let distinct: BTreeSet<&String> = whole.iter().collect();
    assert_eq!(distinct.len(), whole.len());
    for user in &whole {
        let roles = org.get(&format!("/api/v1/users/{user}/roles")).await.json();
        assert!(!roles.as_array().unwrap().is_empty(), "{user}");
    }
    let direct: BTreeSet<String> = org
        .truth("/roles")
        .await
        .as_array()
        .unwrap()
        .iter()
        .filter(|own| own["assignment_type"] == "USER")
        .map(|own| text(&own["assignee"]))
        .collect();
    assert!(direct.iter().all(|user| distinct.contains(user)));
    let wrong = org.get("/api/v1/iam/assignees/users?after=nonsense").await;
    assert_eq!(wrong.error_code(), "E0000029");
}

#[tokio::test]
async fn groups_with_rules_of_their_own_kind_and_built_in_ones_are_refused_roles() {
    let org = TestOrg::start(calm()).await;
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let change =
        json!({"change": "assign_role", "to": {"group": everyone}, "what": {"role": "ORG_ADMIN"}});
    let refused = org.try_change(change).await;
    assert!(refused.contains("built-in"), "{refused}");
}

#[tokio::test]
async fn only_tokens_that_work_are_listed_and_use_keeps_them_alive() {
    let org = TestOrg::start(calm()).await;
    let token = change(
        &org,
        json!({"change": "create_token", "name": "Nightly", "owner": nobody(&org).await}),
    )
    .await[0]
        .clone();
    let listed = org.get("/api/v1/api-tokens").await.json();
    let ours = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|own| own["id"] == json!(token))
        .unwrap();
    assert_eq!(ours["tokenWindow"], "P30D");
    assert_eq!(ours["network"]["connection"], "ANYWHERE");
    assert_eq!(
        ours,
        &org.get(&format!("/api/v1/api-tokens/{token}")).await.json()
    );
    let main = text(&org.truth("/tokens").await[0]["id"]);
    let expires =
        async || text(&org.get(&format!("/api/v1/api-tokens/{main}")).await.json()["expiresAt"]);
    let before = expires().await;
    org.hand.advance(Duration::from_secs(20 * 86_400));
    assert!(before < expires().await, "every call moves it");
    org.hand.advance(Duration::from_secs(11 * 86_400));
    assert_eq!(
        org.get(&format!("/api/v1/api-tokens/{token}")).await.status,
        404,
        "unused for a month"
    );
    let second = change(
        &org,
        json!({"change": "create_token", "name": "Other", "owner": nobody(&org).await}),
    )
    .await[0]
        .clone();
    change(&org, json!({"change": "revoke_token", "token": second})).await;
    assert_eq!(
        org.get(&format!("/api/v1/api-tokens/{second}"))
            .await
            .status,
        404
    );
    let told = events_of(&org, "eventType sw \"system.api_token\"").await;
    assert_eq!(told.last().unwrap()["eventType"], "system.api_token.revoke");
}

#[tokio::test]
async fn a_token_that_nobody_used_for_a_month_is_dead() {
    let org = TestOrg::start(calm()).await;
    assert_eq!(org.get("/api/v1/users/me").await.status, 200);
    org.hand.advance(Duration::from_secs(31 * 86_400));
    let refused = org.get("/api/v1/users/me").await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (401, "E0000011")
    );
}

#[tokio::test]
async fn owners_are_users_or_groups_and_are_not_added_twice() {
    let org = TestOrg::start(calm()).await;
    let (user, group) = (nobody(&org).await, plain_group(&org).await);
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    for owner in [json!({"user": user}), json!({"group": everyone})] {
        change(
            &org,
            json!({"change": "add_owner", "group": group, "owner": owner}),
        )
        .await;
    }
    let again = org
        .try_change(json!({"change": "add_owner", "group": group, "owner": {"user": user}}))
        .await;
    assert!(again.contains("already"), "{again}");
    let path = format!("/api/v1/groups/{group}/owners?limit=1");
    let owners = org.all(&path).await;
    let kinds: Vec<(String, String)> = owners
        .iter()
        .map(|own| (id(own), text(&own["type"])))
        .collect();
    assert_eq!(
        kinds,
        [
            (user.clone(), "USER".to_owned()),
            (everyone, "GROUP".to_owned())
        ]
    );
    change(
        &org,
        json!({"change": "remove_owner", "group": group, "owner": {"user": user}}),
    )
    .await;
    assert_eq!(org.all(&path).await.len(), 1);
    assert_eq!(
        events_of(&org, "eventType eq \"resource.owner.update\"")
            .await
            .len(),
        3
    );
}

#[tokio::test]
async fn a_service_client_has_credentials_with_ages_grants_and_roles() {
    let org = TestOrg::start(calm()).await;
    let client = change(
        &org,
        json!({"change": "create_service_client", "label": "Nightly export"}),
    )
    .await[0]
        .clone();
    let secret =
        change(&org, json!({"change": "create_secret", "client": client})).await[0].clone();
    org.hand.advance(Duration::from_secs(3_600));
    let newer = change(&org, json!({"change": "create_secret", "client": client})).await[0].clone();
    let full = org
        .try_change(json!({"change": "create_secret", "client": client}))
        .await;
    assert!(full.contains("maximum number"), "{full}");
    change(
        &org,
        json!({"change": "deactivate_credential", "client": client, "id": secret}),
    )
    .await;
    let last = org
        .try_change(json!({"change": "deactivate_credential", "client": client, "id": newer}))
        .await;
    assert!(last.contains("only active"), "{last}");
    let key = json!({"kty": "RSA", "kid": "k1", "n": "xMtu", "e": "AQAB"});
    change(
        &org,
        json!({"change": "add_key", "client": client, "key": key}),
    )
    .await;
    for scope in ["okta.users.read", "okta.logs.read"] {
        change(
            &org,
            json!({"change": "grant_scope", "client": client, "scope": scope}),
        )
        .await;
    }
    change(&org, json!({"change": "assign_role", "to": {"client": client}, "what": {"role": "READ_ONLY_ADMIN"}})).await;

    let app = format!("/api/v1/apps/{client}");
    let secrets = org.get(&format!("{app}/credentials/secrets")).await.json();
    assert_eq!(
        (text(&secrets[0]["id"]), text(&secrets[0]["status"])),
        (secret, "INACTIVE".to_owned())
    );
    assert!(text(&secrets[0]["created"]) < text(&secrets[1]["created"]));
    assert!(
        secrets[0]["_links"].get("activate").is_some()
            && secrets[1]["_links"].get("deactivate").is_some()
    );
    assert_eq!(
        org.get(&format!("{app}/credentials/secrets/{newer}"))
            .await
            .json(),
        secrets[1]
    );
    let keys = org.get(&format!("{app}/credentials/jwks")).await.json();
    assert_eq!(
        (text(&keys[0]["kid"]), text(&keys[0]["n"])),
        ("k1".to_owned(), "xMtu".to_owned())
    );
    let certificates = org.get(&format!("{app}/credentials/keys")).await.json();
    assert_eq!(certificates[0]["use"], "sig");
    let grants = org.get(&format!("{app}/grants")).await.json();
    let scopes: Vec<String> = grants
        .as_array()
        .unwrap()
        .iter()
        .map(|own| text(&own["scopeId"]))
        .collect();
    assert_eq!(scopes, ["okta.users.read", "okta.logs.read"]);
    let one = text(&grants[0]["_links"]["self"]["href"]);
    assert_eq!(org.get(&one).await.json(), grants[0]);
    let roles = org
        .get(&format!("/oauth2/v1/clients/{client}/roles"))
        .await
        .json();
    assert_eq!(
        (text(&roles[0]["type"]), text(&roles[0]["assignmentType"])),
        ("READ_ONLY_ADMIN".to_owned(), "CLIENT".to_owned())
    );
    let registered = org
        .get(&format!("/oauth2/v1/clients/{client}"))
        .await
        .json();
    assert_eq!(
        (
            text(&registered["application_type"]),
            text(&registered["client_name"])
        ),
        ("service".to_owned(), "Nightly export".to_owned())
    );
    assert!(registered["client_secret"].is_string());
    let listed = org.all("/oauth2/v1/clients?limit=1").await;
    let ours = listed
        .iter()
        .find(|own| own["client_id"] == json!(client))
        .unwrap();
    assert!(
        ours.get("client_secret").is_none(),
        "a list shows no secrets"
    );
    let told = events_of(&org, "eventType sw \"app.oauth2\"").await;
    let kinds: BTreeSet<String> = told.iter().map(|event| text(&event["eventType"])).collect();
    for kind in [
        "app.oauth2.client.lifecycle.create",
        "app.oauth2.credentials.lifecycle.create",
        "app.oauth2.credentials.lifecycle.deactivate",
        "app.oauth2.admin.consent.grant",
        "app.oauth2.client.privilege.grant",
    ] {
        assert!(kinds.contains(kind), "{kind} is missing from {kinds:?}");
    }
}

#[tokio::test]
async fn an_application_without_a_client_has_no_secrets_and_no_grants() {
    let org = TestOrg::start(calm()).await;
    let slack = id(&org.get("/api/v1/apps?q=Slack").await.json()[0]);
    assert_eq!(
        org.get(&format!("/api/v1/apps/{slack}/grants"))
            .await
            .json(),
        json!([])
    );
    assert_eq!(
        org.get(&format!("/api/v1/apps/{slack}/credentials/secrets"))
            .await
            .status,
        404
    );
    assert_eq!(
        org.get("/oauth2/v1/clients/0oanonsense000000000")
            .await
            .error_code(),
        "E0000007"
    );
}
