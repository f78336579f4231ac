//! Who may do what in the simulated org, as a client reads it: roles, custom roles, owners, rules, tokens and OAuth clients.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id, texts};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Somebody active without any role.
async fn nobody(org: &TestOrg) -> String {
    let admins = in_body(org, "/api/v1/iam/assignees/users", "value").await;
    let admins: BTreeSet<String> = admins.iter().map(id).collect();
    let users = org.ids("/api/v1/users?search=status+eq+%22ACTIVE%22").await;
    let plain = |user: &String| !admins.contains(user);
    users.into_iter().rev().find(plain).unwrap()
}

/// A group of Okta's own with members, without a role and without rules.
async fn plain_group(org: &TestOrg) -> String {
    let mut ruled = BTreeSet::new();
    for rule in org.all("/api/v1/groups/rules").await {
        ruled.extend(texts(&rule["actions"]["assignUserToGroups"]["groupIds"]));
    }
    let groups = org.all("/api/v1/groups?expand=stats").await;
    let plain = |group: &&Value| {
        let stats = &group["_embedded"]["stats"];
        group["type"] == "OKTA_GROUP"
            && stats["hasAdminPrivilege"] == false
            && stats["usersCount"].as_u64() > Some(0)
            && !ruled.contains(&id(group))
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
    org.hand.advance(Duration::from_mins(10));
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
        std::slice::from_ref(&group)
    );
    // The role's name in base 32 means the same.
    let encoded = "JBCUYUC7IRCVGS27IFCE2SKO";
    assert_eq!(
        org.ids(&format!("{own}/{encoded}/targets/groups")).await,
        std::slice::from_ref(&group)
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
    org.hand.advance(Duration::from_hours(20 * 24));
    assert!(before < expires().await, "every call moves it");
    org.hand.advance(Duration::from_hours(11 * 24));
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
    org.hand.advance(Duration::from_hours(31 * 24));
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
    org.hand.advance(Duration::from_hours(1));
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

/// Who is in a group.
async fn members(org: &TestOrg, group: &str) -> BTreeSet<String> {
    let path = format!("/api/v1/groups/{group}/users");
    org.ids(&path).await.into_iter().collect()
}

async fn rule(org: &TestOrg, id: &str) -> Value {
    org.get(&format!("/api/v1/groups/rules/{id}")).await.json()
}

#[tokio::test]
async fn rules_page_search_by_name_and_tell_the_names_of_their_groups() {
    let org = TestOrg::start(calm()).await;
    let first = org.get("/api/v1/groups/rules?limit=7").await;
    assert_eq!(first.json().as_array().unwrap().len(), 7);
    let all = org.all("/api/v1/groups/rules?limit=7").await;
    assert_eq!(
        all.len(),
        org.truth("/rules").await.as_array().unwrap().len()
    );
    assert!(all.len() >= 24, "{}", all.len());
    let statuses: BTreeSet<String> = all.iter().map(|rule| text(&rule["status"])).collect();
    let known = ["ACTIVE", "INACTIVE", "INVALID"].map(str::to_owned);
    assert_eq!(statuses, BTreeSet::from(known));
    let found = org.all("/api/v1/groups/rules?search=payroll").await;
    assert_eq!(found.len(), 1);
    assert!(found[0].get("_embedded").is_none());
    let named = org
        .get("/api/v1/groups/rules?search=payroll&expand=groupIdToGroupNameMap")
        .await
        .json();
    let group = text(&found[0]["actions"]["assignUserToGroups"]["groupIds"][0]);
    assert_eq!(
        named[0]["_embedded"]["groupIdToGroupNameMap"][&group],
        "Beta Testers"
    );
    assert_eq!(rule(&org, &id(&found[0])).await, found[0]);
    assert_eq!(
        org.get("/api/v1/groups/rules/0prNotThere000000000")
            .await
            .error_code(),
        "E0000007"
    );
}

#[tokio::test]
async fn active_rules_agree_with_the_memberships_that_there_are() {
    let org = TestOrg::start(calm()).await;
    let users = org.all("/api/v1/users?search=id+pr").await;
    let mut checked = 0;
    for rule in org.all("/api/v1/groups/rules?search=Department:").await {
        let name = text(&rule["name"]).replace("Department: ", "");
        let group = text(&rule["actions"]["assignUserToGroups"]["groupIds"][0]);
        let matching: BTreeSet<String> = users
            .iter()
            .filter(|user| {
                user["profile"]["department"] == json!(name) && user["status"] != "DEPROVISIONED"
            })
            .map(id)
            .collect();
        let there = members(&org, &group).await;
        assert!(matching.is_subset(&there), "{name}");
        assert!(there.len() <= matching.len() + 1, "{name}");
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[tokio::test]
async fn a_rule_follows_profiles_and_gives_way_to_people() {
    let org = TestOrg::start(calm()).await;
    let group = change(
        &org,
        json!({"change": "create_group", "name": "Night watch"}),
    )
    .await[0]
        .clone();
    let (hand, watch) = (
        nobody(&org).await,
        "user.deskLocation == \"tower\" AND user.city != null",
    );
    change(
        &org,
        json!({"change": "add_member", "group": group, "user": hand}),
    )
    .await;
    let made = change(
        &org,
        json!({"change": "create_rule", "name": "Watch", "expression": watch, "groups": [group]}),
    )
    .await[0]
        .clone();
    assert_eq!(rule(&org, &made).await["status"], "INACTIVE");
    let users: Vec<String> = org
        .ids("/api/v1/users?search=status+eq+%22ACTIVE%22")
        .await
        .into_iter()
        .filter(|user| *user != hand)
        .collect();
    let (early, late) = (users[40].clone(), users[41].clone());
    let moved = |user: &str, desk: &str| json!({"change": "update_user", "user": user, "profile": {"deskLocation": desk}});
    change(&org, moved(&early, "tower")).await;
    assert_eq!(members(&org, &group).await, BTreeSet::from([hand.clone()]));
    change(&org, json!({"change": "activate_rule", "rule": made})).await;
    change(&org, moved(&late, "tower")).await;
    assert_eq!(
        members(&org, &group).await,
        BTreeSet::from([hand.clone(), early.clone(), late.clone()])
    );
    change(&org, moved(&late, "cellar")).await;
    assert_eq!(
        members(&org, &group).await,
        BTreeSet::from([hand.clone(), early.clone()]),
        "whoever was there by hand stays"
    );
    // Removing by hand what a rule gives excludes the user from it.
    change(
        &org,
        json!({"change": "remove_member", "group": group, "user": early}),
    )
    .await;
    assert_eq!(
        rule(&org, &made).await["conditions"]["people"]["users"]["exclude"],
        json!([early])
    );
    change(&org, moved(&early, "tower")).await;
    assert_eq!(members(&org, &group).await, BTreeSet::from([hand.clone()]));
    change(&org, moved(&late, "tower")).await;
    let refused = org
        .try_change(json!({"change": "delete_rule", "rule": made}))
        .await;
    assert!(refused.contains("deactivated"), "{refused}");
    change(&org, json!({"change": "deactivate_rule", "rule": made})).await;
    assert_eq!(
        members(&org, &group).await,
        BTreeSet::from([hand, late.clone()]),
        "members stay"
    );
    let told = events_of(
        &org,
        &format!("target.id eq \"{group}\" and eventType sw \"group.user_membership\""),
    )
    .await;
    let by_rule: Vec<&Value> = told
        .iter()
        .filter(|event| event["actor"]["type"] == "SystemPrincipal")
        .collect();
    let kinds: Vec<String> = by_rule
        .iter()
        .map(|event| text(&event["eventType"]).replace("group.user_membership.", ""))
        .collect();
    assert_eq!(kinds, ["add", "add", "remove", "add"]);
    for event in by_rule {
        assert_eq!(
            event["debugContext"]["debugData"]["triggeredByGroupRuleId"],
            json!(made)
        );
        assert_eq!(event["transaction"]["type"], "JOB");
    }
    let told = events_of(&org, &format!("target.id eq \"{made}\"")).await;
    let kinds: Vec<String> = told
        .iter()
        .map(|event| text(&event["eventType"]).replace("group.user_membership.rule.", ""))
        .collect();
    assert_eq!(kinds, ["trigger", "add_exclusion", "deactivated"]);
}

#[tokio::test]
async fn newcomers_are_put_where_rules_want_them_and_a_rule_without_its_group_is_invalid() {
    let org = TestOrg::start(calm()).await;
    let newcomer = json!({"change": "create_user", "login": "new@northwind.example", "first_name": "New", "last_name": "Comer", "activate": true});
    let user = change(&org, newcomer).await[0].clone();
    let groups = org.all(&format!("/api/v1/users/{user}/groups")).await;
    let names: BTreeSet<String> = groups
        .iter()
        .map(|group| text(&group["profile"]["name"]))
        .collect();
    assert!(names.contains("Engineering"), "{names:?}");
    let group = change(&org, json!({"change": "create_group", "name": "Doomed"})).await[0].clone();
    let text_of_rule = format!("isMemberOfAnyGroup(\"{group}\")");
    let groups: Vec<String> = org.ids("/api/v1/groups?q=VPN").await;
    let made = change(&org, json!({"change": "create_rule", "name": "Of the doomed", "expression": text_of_rule, "groups": groups})).await[0].clone();
    change(&org, json!({"change": "activate_rule", "rule": made})).await;
    change(
        &org,
        json!({"change": "add_member", "group": group, "user": user}),
    )
    .await;
    assert!(
        members(&org, &groups[0]).await.contains(&user),
        "a rule sees what another membership says"
    );
    change(&org, json!({"change": "delete_group", "group": group})).await;
    assert_eq!(rule(&org, &made).await["status"], "INVALID");
    assert_eq!(
        events_of(
            &org,
            "eventType eq \"group.user_membership.rule.invalidate\""
        )
        .await
        .len(),
        1
    );
    let refused = org
        .try_change(json!({"change": "activate_rule", "rule": made}))
        .await;
    assert!(refused.contains("invalid"), "{refused}");
    let refused = org.try_change(json!({"change": "create_rule", "name": "Wrong", "expression": "user.city = 'x'", "groups": groups})).await;
    assert!(refused.contains("position 10"), "{refused}");
    let refused = org.try_change(json!({"change": "assign_role", "to": {"group": groups[0]}, "what": {"role": "ORG_ADMIN"}})).await;
    assert!(refused.contains("group membership rules"), "{refused}");
}

/// What a client can find out by itself: principal, role and path, with `group_rule` told as `group`.
async fn found(org: &TestOrg) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for user in in_body(org, "/api/v1/iam/assignees/users", "value")
        .await
        .iter()
        .map(id)
    {
        let roles = org.get(&format!("/api/v1/users/{user}/roles")).await.json();
        for role in roles.as_array().unwrap() {
            let custom = role["type"] == "CUSTOM";
            let path = match (custom, text(&role["assignmentType"]).as_str()) {
                (true, _) => "custom_role",
                (false, "GROUP") => "group",
                _ => "direct",
            };
            let role = text(&role[if custom { "role" } else { "type" }]);
            found.insert((user.clone(), role, path.to_owned()));
        }
    }
    for group in org.all("/api/v1/groups?expand=stats").await {
        if group["_embedded"]["stats"]["hasAdminPrivilege"] != true {
            continue;
        }
        let group = id(&group);
        let mut owners = BTreeSet::new();
        for owner in org.all(&format!("/api/v1/groups/{group}/owners")).await {
            match text(&owner["type"]).as_str() {
                "USER" => drop(owners.insert(id(&owner))),
                _ => owners.extend(members(org, &id(&owner)).await),
            }
        }
        for role in org
            .get(&format!("/api/v1/groups/{group}/roles"))
            .await
            .json()
            .as_array()
            .unwrap()
        {
            let key = if role["type"] == "CUSTOM" {
                "role"
            } else {
                "type"
            };
            let of = |owner: &String| (owner.clone(), text(&role[key]), "group_owner".to_owned());
            found.extend(owners.iter().map(of));
        }
    }
    for client in org.all("/oauth2/v1/clients").await {
        let client = text(&client["client_id"]);
        for role in org
            .get(&format!("/oauth2/v1/clients/{client}/roles"))
            .await
            .json()
            .as_array()
            .unwrap()
        {
            let key = if role["type"] == "CUSTOM" {
                "role"
            } else {
                "type"
            };
            found.insert((
                client.clone(),
                text(&role[key]),
                "service_client".to_owned(),
            ));
        }
    }
    found
}

#[tokio::test]
async fn a_small_org_has_admins_by_every_path_and_all_of_them_can_be_found() {
    let org = TestOrg::start(calm()).await;
    let truth = org.truth("/admins").await;
    let paths = truth.as_array().unwrap();
    let kinds: BTreeSet<String> = paths.iter().map(|own| text(&own["path"])).collect();
    let every = [
        "custom_role",
        "direct",
        "group",
        "group_owner",
        "group_rule",
        "service_client",
    ]
    .map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(every));
    let told: BTreeSet<(String, String, String)> = paths
        .iter()
        .map(|own| {
            (
                text(&own["principal"]),
                text(&own["role"]),
                text(&own["path"]).replace("group_rule", "group"),
            )
        })
        .collect();
    assert_eq!(told, found(&org).await);
    let supers = paths
        .iter()
        .filter(|own| own["role"] == "SUPER_ADMIN")
        .count();
    assert!((4..=6).contains(&supers), "{supers}");
    let roles: BTreeSet<String> = paths.iter().map(|own| text(&own["role"])).collect();
    assert!(roles.len() >= 12, "{roles:?}");
    for own in paths.iter().filter(|own| own["path"] == "group_rule") {
        let user = org
            .get(&format!("/api/v1/users/{}", text(&own["principal"])))
            .await
            .json();
        assert_eq!(
            user["profile"]["costCenter"], "CC-3190",
            "an attribute like any other"
        );
        let rule = rule(&org, &text(&own["via"][1])).await;
        assert!(text(&rule["conditions"]["expression"]["value"]).contains("CC-3190"));
    }
    let people = org.truth("/admin_people").await;
    for user in people["break_glass"].as_array().unwrap() {
        let held = org
            .get(&format!("/api/v1/users/{}", text(user)))
            .await
            .json();
        assert!(text(&held["profile"]["login"]).starts_with("breakglass-"));
        let factors = org
            .get(&format!("/api/v1/users/{}/factors", text(user)))
            .await
            .json();
        assert_eq!(
            (
                factors.as_array().unwrap().len(),
                text(&factors[0]["factorType"])
            ),
            (1, "webauthn".to_owned())
        );
    }
    assert_eq!(people["dormant_admins"].as_array().unwrap().len(), 2);
    let never: Vec<String> = org
        .truth("/tokens")
        .await
        .as_array()
        .unwrap()
        .iter()
        .filter(|own| own["never_used"] == true && own["listed"] == true)
        .map(|own| text(&own["owner"]))
        .collect();
    assert_eq!(never.len(), 1);
    assert!(told.contains(&(
        never[0].clone(),
        "SUPER_ADMIN".to_owned(),
        "direct".to_owned()
    )));
    let clients = org.truth("/clients").await;
    let old =
        |own: &&Value| {
            own["secrets"].as_array().unwrap().iter().any(|secret| {
                secret["active"] == true && text(&secret["created"]).as_str() < "2024"
            })
        };
    assert!(clients.as_array().unwrap().iter().any(|own| old(&own)));
}

#[tokio::test]
async fn the_paths_of_admins_follow_from_what_happens() {
    let org = TestOrg::start(calm()).await;
    let shadow = org
        .truth("/admins")
        .await
        .as_array()
        .unwrap()
        .iter()
        .find(|own| own["path"] == "group_rule")
        .unwrap()
        .clone();
    let user = text(&shadow["principal"]);
    change(
        &org,
        json!({"change": "update_user", "user": user, "profile": {"costCenter": "CC-1000"}}),
    )
    .await;
    let left = org.truth("/admins").await;
    assert!(
        left.as_array()
            .unwrap()
            .iter()
            .all(|own| own["principal"] != json!(user)),
        "no admin any more"
    );
    let admins = org.get("/api/v1/groups?q=Okta+Administrators").await.json();
    assert!(
        !members(&org, &id(&admins[0])).await.contains(&user),
        "the built-in group has noticed"
    );
    let break_glass = text(&org.truth("/admin_people").await["break_glass"][0]);
    change(
        &org,
        json!({"change": "deactivate_user", "user": break_glass}),
    )
    .await;
    let roles = org
        .get(&format!("/api/v1/users/{break_glass}/roles"))
        .await
        .json();
    assert_eq!(roles, json!([]), "the deactivated have no roles");
}
