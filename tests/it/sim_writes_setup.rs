//! What clients change about groups, applications, roles and the org's own settings at the simulated org. Named after the facts.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};
use oktop::sim::Options;

const NOBODY: &str = "00uNOSUCHUSER0000000";

fn found<'a>(events: &'a [Value], wanted: &str) -> Vec<&'a Value> {
    let found = events.iter().filter(|event| event["eventType"] == wanted);
    found.collect()
}

/// The ids of an event's targets.
fn targets(event: &Value) -> Vec<String> {
    event["target"].as_array().unwrap().iter().map(id).collect()
}

impl TestOrg {
    async fn group(&self, name: &str) -> String {
        let body = json!({"profile": {"name": name, "description": "Made by a test"}});
        id(&self
            .written(Method::POST, "/api/v1/groups", Some(&body), 200)
            .await)
    }

    async fn no_content(&self, method: Method, path: &str) {
        self.written(method, path, None, 204).await;
    }

    /// The first application of this sign-on mode.
    async fn app(&self, mode: &str) -> String {
        let all = self.all("/api/v1/apps?limit=200").await;
        id(all.iter().find(|app| app["signOnMode"] == mode).unwrap())
    }
}

#[tokio::test]
async fn a_group_is_replaced_as_a_whole_and_its_name_is_its_own() {
    let org = TestOrg::start(calm()).await;
    let group = org.group("Ledger").await;
    let path = format!("/api/v1/groups/{group}");
    let renamed = json!({"profile": {"name": "Ledgers"}});
    let now = org.written(Method::PUT, &path, Some(&renamed), 200).await;
    assert_eq!(
        now["profile"],
        json!({"name": "Ledgers", "description": null})
    );
    assert_eq!(now, org.get(&path).await.json());
    org.written(Method::PUT, &path, Some(&renamed), 200).await;
    for (body, code) in [
        (json!({"profile": {"name": "Everyone"}}), "E0000001"),
        (json!({"profile": {"name": ""}}), "E0000001"),
        (json!({"profile": {"name": "x".repeat(256)}}), "E0000001"),
        (
            json!({"profile": {"name": "y", "colour": "red"}}),
            "E0000001",
        ),
        (json!([1]), "E0000003"),
    ] {
        let refused = org
            .refused(Method::POST, "/api/v1/groups", Some(&body))
            .await;
        assert_eq!(refused, (400, code.to_owned()), "{body}");
    }
    org.no_content(Method::DELETE, &path).await;
    assert_eq!(org.get(&path).await.error_code(), "E0000007");
    let events = org.told().await;
    assert_eq!(found(&events, "group.lifecycle.create").len(), 1);
    assert_eq!(
        found(&events, "group.profile.update").len(),
        1,
        "the second said nothing new"
    );
    assert_eq!(
        targets(found(&events, "group.lifecycle.delete")[0]),
        [group]
    );
}

#[tokio::test]
async fn s10_adding_and_removing_a_member_twice_is_204_twice_and_told_once() {
    let org = TestOrg::start(calm()).await;
    let (group, user) = (org.group("Ledger").await, org.somebody("ACTIVE").await);
    let path = format!("/api/v1/groups/{group}/users/{user}");
    for _ in 0..2 {
        org.no_content(Method::PUT, &path).await;
    }
    assert_eq!(
        org.ids(&format!("/api/v1/groups/{group}/users")).await,
        [user.as_str()]
    );
    for _ in 0..2 {
        org.no_content(Method::DELETE, &path).await;
    }
    for path in [
        format!("/api/v1/groups/{group}/users/{NOBODY}"),
        format!("/api/v1/groups/00gNOSUCHGROUP000000/users/{user}"),
    ] {
        for method in [Method::PUT, Method::DELETE] {
            let refused = org.refused(method, &path, None).await;
            assert_eq!(refused, (404, "E0000007".to_owned()), "{path}");
        }
    }
    let events = org.told().await;
    let added = found(&events, "group.user_membership.add");
    assert_eq!(added.len(), 1);
    assert_eq!(targets(added[0]), [user.clone(), group.clone()]);
    assert_eq!(found(&events, "group.user_membership.remove").len(), 1);
}

#[tokio::test]
async fn s09_groups_that_somebody_else_manages_are_read_only() {
    let options = Options {
        groups: 160,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let user = org.somebody("ACTIVE").await;
    let body = json!({"profile": {"name": "Mine now"}});
    for kind in ["APP_GROUP", "BUILT_IN"] {
        let all = org.all("/api/v1/groups").await;
        let group = id(all.iter().find(|group| group["type"] == kind).unwrap());
        let own = format!("/api/v1/groups/{group}");
        let member = format!("{own}/users/{user}");
        let mut tries = vec![
            (Method::PUT, member.clone(), None),
            (Method::DELETE, member, None),
            (Method::PUT, own.clone(), Some(&body)),
        ];
        if kind == "BUILT_IN" {
            tries.push((Method::DELETE, own, None));
        }
        for (method, path, body) in tries {
            let refused = org.refused(method, &path, body).await;
            assert_eq!(refused, (403, "E0000006".to_owned()), "{kind} {path}");
        }
    }
    assert!(org.told().await.is_empty());
}

#[tokio::test]
async fn s18_a_rule_works_through_everybody_a_moment_later_and_leaves_alone_whom_somebody_moved() {
    let org = TestOrg::start(calm()).await;
    let group = org.group("By rule").await;
    let user = org.somebody("ACTIVE").await;
    let login = org.get(&format!("/api/v1/users/{user}")).await.json()["profile"]["login"].clone();
    let rule = json!({
        "type": "group_rule",
        "name": "The one",
        "conditions": {"expression": {
            "type": "urn:okta:expression:1.0",
            "value": format!("user.login==\"{}\"", login.as_str().unwrap()),
        }},
        "actions": {"assignUserToGroups": {"groupIds": [group]}},
    });
    let made = org
        .written(Method::POST, "/api/v1/groups/rules", Some(&rule), 200)
        .await;
    assert_eq!(made["status"], "INACTIVE");
    let own = format!("/api/v1/groups/rules/{}", id(&made));
    let members = format!("/api/v1/groups/{group}/users");
    org.no_content(Method::POST, &format!("{own}/lifecycle/activate"))
        .await;
    assert_eq!(org.get(&own).await.json()["status"], "ACTIVE");
    assert!(
        org.ids(&members).await.is_empty(),
        "nobody has been moved yet"
    );
    org.hand.advance(Duration::from_secs(5));
    assert_eq!(org.ids(&members).await, [user.as_str()]);
    // Once more is nothing more.
    org.no_content(Method::POST, &format!("{own}/lifecycle/activate"))
        .await;
    let refused = org.refused(Method::DELETE, &own, None).await;
    assert_eq!(refused, (400, "E0000001".to_owned()));
    org.no_content(Method::DELETE, &format!("{members}/{user}"))
        .await;
    let excluded = org.get(&own).await.json();
    assert_eq!(
        excluded["conditions"]["people"]["users"]["exclude"],
        json!([user])
    );
    org.hand.advance(Duration::from_secs(5));
    assert!(
        org.ids(&members).await.is_empty(),
        "the rule leaves the user alone"
    );
    org.no_content(Method::PUT, &format!("{members}/{user}"))
        .await;
    org.no_content(Method::POST, &format!("{own}/lifecycle/deactivate"))
        .await;
    assert_eq!(
        org.ids(&members).await,
        [user.as_str()],
        "who is in stays in"
    );
    let refused = org
        .refused(Method::POST, &format!("{own}/lifecycle/deactivate"), None)
        .await;
    assert_eq!(refused, (400, "E0000001".to_owned()));
    org.written(
        Method::DELETE,
        &format!("{own}?removeUsers=true"),
        None,
        202,
    )
    .await;
    assert_eq!(org.get(&own).await.error_code(), "E0000007");
    let events = org.told().await;
    let own: Vec<&str> = events
        .iter()
        .map(|event| event["eventType"].as_str().unwrap())
        .filter(|of| of.starts_with("group.user_membership"))
        .collect();
    assert_eq!(
        own,
        [
            "group.user_membership.rule.trigger",
            "group.user_membership.add",
            "group.user_membership.rule.add_exclusion",
            "group.user_membership.remove",
            "group.user_membership.add",
            "group.user_membership.rule.deactivated",
        ]
    );
    let by_rule = found(&events, "group.user_membership.add")[0];
    assert_eq!(by_rule["actor"]["type"], "SystemPrincipal");
    assert_eq!(
        by_rule["debugContext"]["debugData"]["triggeredByGroupRuleId"],
        made["id"]
    );
}

#[tokio::test]
async fn s11_a_group_gives_its_application_a_moment_later_and_only_the_group_can_take_it() {
    let org = TestOrg::start(calm()).await;
    let (group, user) = (org.group("Givers").await, org.somebody("ACTIVE").await);
    let app = {
        let body = org
            .change(json!({"change": "create_app", "label": "Fresh"}))
            .await;
        body[0].clone()
    };
    org.no_content(Method::PUT, &format!("/api/v1/groups/{group}/users/{user}"))
        .await;
    let given = format!("/api/v1/apps/{app}/groups/{group}");
    let said = org
        .written(Method::PUT, &given, Some(&json!({})), 200)
        .await;
    assert_eq!((&said["id"], &said["priority"]), (&json!(group), &json!(0)));
    let again = org.written(Method::PUT, &given, None, 200).await;
    assert_eq!(again, said);
    let users = format!("/api/v1/apps/{app}/users");
    assert!(org.all(&users).await.is_empty(), "members wait");
    org.hand.advance(Duration::from_secs(5));
    let has = org.all(&users).await;
    assert_eq!(
        (&has[0]["id"], &has[0]["scope"]),
        (&json!(user), &json!("GROUP"))
    );
    let one = format!("{users}/{user}");
    let answer = org.write(Method::DELETE, &one, None).await;
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (403, "E0000046")
    );
    let cause = answer.json()["errorCauses"][0]["errorSummary"].clone();
    assert!(
        cause
            .as_str()
            .unwrap()
            .starts_with("The application cannot be unassigned from the user")
    );
    // Given directly as well, it is the user's own, and can be taken back to the group's.
    let body = json!({"id": user, "scope": "USER"});
    let own = org.written(Method::POST, &users, Some(&body), 200).await;
    assert_eq!(own["scope"], "USER");
    assert_eq!(
        org.refused(Method::POST, &users, Some(&body)).await,
        (409, "E0000062".to_owned())
    );
    org.no_content(Method::DELETE, &format!("{one}?sendEmail=false"))
        .await;
    assert_eq!(org.all(&users).await[0]["scope"], "GROUP");
    org.no_content(Method::DELETE, &given).await;
    assert_eq!(
        org.refused(Method::DELETE, &given, None).await,
        (404, "E0000007".to_owned())
    );
    assert!(org.all(&users).await.is_empty());
    assert_eq!(
        org.refused(Method::DELETE, &one, None).await,
        (404, "E0000007".to_owned())
    );
    let events = org.told().await;
    assert_eq!(
        targets(found(&events, "group.application_assignment.add")[0]),
        [group, app.clone()]
    );
    let fanned = found(&events, "application.user_membership.add")[0];
    assert_eq!(fanned["actor"]["type"], "SystemPrincipal");
    assert_eq!(fanned["target"][1]["id"], json!(app));
    assert_eq!(fanned["target"][2]["id"], json!(user));
    assert_eq!(
        found(&events, "application.user_membership.remove").len(),
        1
    );
}

#[tokio::test]
async fn an_assignment_is_refused_for_whoever_is_gone_and_with_a_password_that_nobody_types() {
    let org = TestOrg::start(calm()).await;
    let (user, gone) = (
        org.somebody("ACTIVE").await,
        org.somebody("DEPROVISIONED").await,
    );
    let saml = org.app("SAML_2_0").await;
    let users = format!("/api/v1/apps/{saml}/users");
    let password = json!({"id": user, "credentials": {"password": {"value": "x"}}});
    for (body, status, code) in [
        (json!({"id": gone}), 403, "E0000117"),
        (json!({"id": NOBODY}), 404, "E0000007"),
        (json!({}), 400, "E0000001"),
        (password, 400, "E0000041"),
    ] {
        let refused = org.refused(Method::POST, &users, Some(&body)).await;
        assert_eq!(refused, (status, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn s20_an_application_is_switched_with_200_and_must_be_off_to_be_deleted() {
    let org = TestOrg::start(calm()).await;
    let app = org.app("SAML_2_0").await;
    let own = format!("/api/v1/apps/{app}");
    let refused = org.refused(Method::DELETE, &own, None).await;
    assert_eq!(refused, (403, "E0000056".to_owned()));
    for (operation, status) in [
        ("deactivate", "INACTIVE"),
        ("activate", "ACTIVE"),
        ("deactivate", "INACTIVE"),
    ] {
        let said = org
            .written(
                Method::POST,
                &format!("{own}/lifecycle/{operation}"),
                None,
                200,
            )
            .await;
        assert_eq!(said, json!({}));
        assert_eq!(org.get(&own).await.json()["status"], status);
    }
    org.no_content(Method::DELETE, &own).await;
    assert_eq!(org.get(&own).await.error_code(), "E0000007");
    let events = org.told().await;
    assert_eq!(found(&events, "application.lifecycle.deactivate").len(), 2);
    assert_eq!(
        targets(found(&events, "application.lifecycle.delete")[0]),
        [app]
    );
}

#[tokio::test]
async fn a_role_is_for_the_whole_org_until_its_first_target_and_never_loses_its_last() {
    let org = TestOrg::start(calm()).await;
    let (group, other) = (org.group("Ledger").await, org.group("Journal").await);
    let user = org.somebody("ACTIVE").await;
    let roles = format!("/api/v1/users/{user}/roles");
    let help = json!({"type": "HELP_DESK_ADMIN"});
    let made = org.written(Method::POST, &roles, Some(&help), 201).await;
    assert_eq!(
        (&made["type"], &made["assignmentType"]),
        (&json!("HELP_DESK_ADMIN"), &json!("USER"))
    );
    let own = format!("{roles}/{}", id(&made));
    let targeted = format!("{own}/targets/groups");
    assert!(org.all(&targeted).await.is_empty(), "over everything");
    for target in [&group, &other, &group] {
        org.no_content(Method::PUT, &format!("{targeted}/{target}"))
            .await;
    }
    assert_eq!(org.all(&targeted).await.len(), 2);
    org.no_content(Method::DELETE, &format!("{targeted}/{other}"))
        .await;
    let last = org
        .refused(Method::DELETE, &format!("{targeted}/{group}"), None)
        .await;
    assert_eq!(last, (400, "E0000001".to_owned()));
    let apps = org.get("/api/v1/apps").await.json()[0].clone();
    let of_apps = format!(
        "{own}/targets/catalog/apps/{}/{}",
        apps["name"].as_str().unwrap(),
        id(&apps)
    );
    assert_eq!(
        org.refused(Method::PUT, &of_apps, None).await,
        (400, "E0000091".to_owned())
    );
    assert_eq!(
        org.refused(Method::POST, &roles, Some(&help)).await,
        (409, "E0000090".to_owned())
    );
    org.no_content(Method::DELETE, &own).await;
    assert_eq!(
        org.refused(Method::DELETE, &own, None).await,
        (404, "E0000007".to_owned())
    );
    let events = org.told().await;
    let granted: Vec<&str> = found(&events, "user.account.privilege.grant")
        .into_iter()
        .map(|event| {
            event["debugContext"]["debugData"]["privilegeGranted"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(
        granted,
        [
            "Help desk administrator (all)",
            "Help desk administrator (Ledger)",
            "Help desk administrator (Ledger, Journal)",
            "Help desk administrator (Ledger)",
        ]
    );
    let revoked = found(&events, "user.account.privilege.revoke");
    assert_eq!(targets(revoked[0]), [user]);
}

#[tokio::test]
async fn a_group_has_roles_with_200_and_its_members_cannot_give_them_back() {
    let org = TestOrg::start(calm()).await;
    let (group, user) = (
        org.group("Admins of apps").await,
        org.somebody("ACTIVE").await,
    );
    org.no_content(Method::PUT, &format!("/api/v1/groups/{group}/users/{user}"))
        .await;
    let roles = format!("/api/v1/groups/{group}/roles");
    let made = org
        .written(
            Method::POST,
            &roles,
            Some(&json!({"type": "APP_ADMIN"})),
            200,
        )
        .await;
    assert_eq!(made["assignmentType"], "GROUP");
    let app = org.get("/api/v1/apps").await.json()[0].clone();
    let target = format!(
        "{roles}/{}/targets/catalog/apps/{}/{}",
        id(&made),
        app["name"].as_str().unwrap(),
        id(&app)
    );
    org.no_content(Method::PUT, &target).await;
    let inherited = format!("/api/v1/users/{user}/roles/{}", id(&made));
    assert_eq!(org.get(&inherited).await.status, 200);
    assert_eq!(
        org.refused(Method::DELETE, &inherited, None).await,
        (404, "E0000007".to_owned())
    );
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let role = |kind: &str| json!({"type": kind});
    for (path, body, status, code) in [
        (
            format!("/api/v1/groups/{everyone}/roles"),
            role("APP_ADMIN"),
            400,
            "E0000211",
        ),
        (roles.clone(), role("KING"), 400, "E0000001"),
        (roles.clone(), json!({}), 400, "E0000001"),
        (
            roles.clone(),
            json!({"type": "CUSTOM", "role": "cr0NONE", "resource-set": "iamNONE"}),
            404,
            "E0000007",
        ),
    ] {
        let refused = org.refused(Method::POST, &path, Some(&body)).await;
        assert_eq!(refused, (status, code.to_owned()), "{body}");
    }
    let iam = role("WORKFLOWS_ADMIN");
    org.written(Method::POST, &roles, Some(&iam), 200).await;
    assert_eq!(
        org.refused(Method::POST, &roles, Some(&iam)).await,
        (409, "E0000263".to_owned())
    );
    org.no_content(Method::DELETE, &format!("{roles}/{}", id(&made)))
        .await;
    let events = org.told().await;
    assert!(found(&events, "group.privilege.grant").len() >= 3);
    // Something is left, so what is left is told.
    assert!(found(&events, "group.privilege.revoke").is_empty());
}

#[tokio::test]
async fn a_custom_role_is_assigned_with_its_resource_set_and_a_program_has_roles_too() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let first = async |path: &str, list: &str| {
        let answer = org.get(path).await.json();
        id(&answer[list][0])
    };
    let role = first("/api/v1/iam/roles", "roles").await;
    let set = first("/api/v1/iam/resource-sets", "resource-sets").await;
    let body = json!({"type": "CUSTOM", "role": role, "resource-set": set});
    let roles = format!("/api/v1/users/{user}/roles");
    let made = org.written(Method::POST, &roles, Some(&body), 201).await;
    assert_eq!(
        (&made["role"], &made["resource-set"]),
        (&json!(role), &json!(set))
    );
    org.no_content(Method::DELETE, &format!("{roles}/{}", id(&made)))
        .await;
    let client = org
        .change(json!({"change": "create_service_client", "label": "Robot", "by_key": true}))
        .await[0]
        .clone();
    let roles = format!("/oauth2/v1/clients/{client}/roles");
    let made = org
        .written(
            Method::POST,
            &roles,
            Some(&json!({"type": "READ_ONLY_ADMIN"})),
            200,
        )
        .await;
    assert_eq!(made["assignmentType"], "CLIENT");
    org.no_content(Method::DELETE, &format!("{roles}/{}", id(&made)))
        .await;
    let events = org.told().await;
    assert_eq!(found(&events, "iam.resourceset.bindings.add").len(), 1);
    let revoked = found(&events, "app.oauth2.client.privilege.revoke");
    assert_eq!(targets(revoked[0]), [client]);
}

#[tokio::test]
async fn a_secret_is_switched_off_before_it_is_deleted_and_the_last_stays_on() {
    let org = TestOrg::start(calm()).await;
    let client = org
        .change(json!({"change": "create_service_client", "label": "Robot"}))
        .await[0]
        .clone();
    for _ in 0..2 {
        org.change(json!({"change": "create_secret", "client": client}))
            .await;
    }
    let list = format!("/api/v1/apps/{client}/credentials/secrets");
    let secrets = org.ids(&list).await;
    let own = format!("{list}/{}", secrets[0]);
    assert_eq!(
        org.refused(Method::DELETE, &own, None).await,
        (400, "E0000001".to_owned())
    );
    let off = org
        .written(
            Method::POST,
            &format!("{own}/lifecycle/deactivate"),
            None,
            200,
        )
        .await;
    assert_eq!(
        (&off["id"], &off["status"]),
        (&json!(secrets[0]), &json!("INACTIVE"))
    );
    let last = format!("{list}/{}/lifecycle/deactivate", secrets[1]);
    assert_eq!(
        org.refused(Method::POST, &last, None).await,
        (400, "E0000001".to_owned())
    );
    let on = org
        .written(
            Method::POST,
            &format!("{own}/lifecycle/activate"),
            None,
            200,
        )
        .await;
    assert_eq!(on["status"], "ACTIVE");
    org.written(
        Method::POST,
        &format!("{own}/lifecycle/deactivate"),
        None,
        200,
    )
    .await;
    org.no_content(Method::DELETE, &own).await;
    assert_eq!(org.ids(&list).await, secrets[1..]);
    let events = org.told().await;
    assert_eq!(
        found(&events, "app.oauth2.credentials.lifecycle.deactivate").len(),
        2
    );
    assert_eq!(
        found(&events, "app.oauth2.credentials.lifecycle.delete").len(),
        1
    );
}

#[tokio::test]
async fn devices_go_from_state_to_state_with_204() {
    let org = TestOrg::start(calm()).await;
    let devices = org.all("/api/v1/devices").await;
    let device = devices
        .iter()
        .find(|device| device["status"] == "ACTIVE")
        .unwrap();
    let own = format!("/api/v1/devices/{}", id(device));
    let does = |operation: &str| format!("{own}/lifecycle/{operation}");
    for (operation, status) in [
        ("suspend", "SUSPENDED"),
        ("unsuspend", "ACTIVE"),
        ("deactivate", "DEACTIVATED"),
        ("activate", "ACTIVE"),
        ("deactivate", "DEACTIVATED"),
    ] {
        org.no_content(Method::POST, &does(operation)).await;
        assert_eq!(org.get(&own).await.json()["status"], status);
    }
    let refused = org.refused(Method::POST, &does("suspend"), None).await;
    assert_eq!(refused, (400, "E0000001".to_owned()));
    let other = devices
        .iter()
        .find(|other| other["status"] == "ACTIVE" && other["id"] != device["id"]);
    let other = format!("/api/v1/devices/{}", id(other.unwrap()));
    assert_eq!(
        org.refused(Method::DELETE, &other, None).await,
        (403, "E0000006".to_owned())
    );
    org.no_content(Method::DELETE, &own).await;
    assert_eq!(org.get(&own).await.error_code(), "E0000007");
    let events = org.told().await;
    assert_eq!(found(&events, "device.lifecycle.deactivate").len(), 2);
    assert_eq!(
        targets(found(&events, "device.lifecycle.suspend")[0]),
        [id(device)]
    );
}

#[tokio::test]
async fn identity_providers_and_zones_answer_with_themselves_and_policy_rules_with_nothing() {
    let org = TestOrg::start(calm()).await;
    for (list, event) in [
        ("/api/v1/idps", "system.idp.lifecycle.deactivate"),
        ("/api/v1/zones", "zone.deactivate"),
    ] {
        let all = org.all(list).await;
        let one = all
            .iter()
            .find(|one| one["status"] == "ACTIVE" && one["system"] != true)
            .unwrap();
        let own = format!("{list}/{}", id(one));
        for (operation, status) in [("deactivate", "INACTIVE"), ("activate", "ACTIVE")] {
            let said = org
                .written(
                    Method::POST,
                    &format!("{own}/lifecycle/{operation}"),
                    None,
                    200,
                )
                .await;
            assert_eq!(said["status"], status, "{own}");
        }
        let nothing = format!("{own}/lifecycle/levitate");
        assert_eq!(
            org.refused(Method::POST, &nothing, None).await,
            (404, "E0000008".to_owned())
        );
        let events = org.told().await;
        assert_eq!(targets(found(&events, event)[0]), [id(one)]);
    }
    let mut rules = Vec::new();
    for policy in org.ids("/api/v1/policies?type=OKTA_SIGN_ON").await {
        let list = format!("/api/v1/policies/{policy}/rules");
        for rule in org.all(&list).await {
            rules.push((format!("{list}/{}", id(&rule)), rule));
        }
    }
    let own = |system: bool| {
        let found = rules
            .iter()
            .find(|(_, rule)| rule["system"] == json!(system) && rule["status"] == "ACTIVE");
        found.unwrap().0.clone()
    };
    let rule = own(false);
    org.no_content(Method::POST, &format!("{rule}/lifecycle/deactivate"))
        .await;
    assert_eq!(org.get(&rule).await.json()["status"], "INACTIVE");
    org.no_content(Method::POST, &format!("{rule}/lifecycle/activate"))
        .await;
    let default = format!("{}/lifecycle/deactivate", own(true));
    assert_eq!(
        org.refused(Method::POST, &default, None).await,
        (400, "E0000001".to_owned())
    );
    let events = org.told().await;
    let told = found(&events, "policy.rule.deactivate")[0];
    assert_eq!(told["target"][0]["type"], "PolicyRule");
    assert_eq!(told["target"][1]["type"], "PolicyEntity");
}

#[tokio::test]
async fn a_zone_is_replaced_as_a_whole() {
    let org = TestOrg::start(calm()).await;
    let all = org.all("/api/v1/zones").await;
    let of_okta = |zone: &Value| zone["system"] == true;
    let zone = all
        .iter()
        .find(|zone| zone["type"] == "IP" && zone["gateways"].is_array() && of_okta(zone))
        .unwrap();
    let own = format!("/api/v1/zones/{}", id(zone));
    let mut wanted = zone.clone();
    let gateways = wanted["gateways"].as_array_mut().unwrap();
    gateways.push(json!({"type": "CIDR", "value": "198.51.100.7/32"}));
    let now = org.written(Method::PUT, &own, Some(&wanted), 200).await;
    assert_eq!(now["gateways"], wanted["gateways"]);
    assert_eq!(now["name"], zone["name"]);
    assert_eq!(org.get(&own).await.json(), now);
    for (field, value) in [
        ("name", json!("")),
        ("type", json!("DYNAMIC")),
        (
            "gateways",
            json!([{"type": "CIDR", "value": "not an address"}]),
        ),
    ] {
        let mut wrong = wanted.clone();
        wrong[field] = value;
        let refused = org.refused(Method::PUT, &own, Some(&wrong)).await;
        assert_eq!(refused, (400, "E0000001".to_owned()), "{field}");
    }
    wanted.as_object_mut().unwrap().remove("gateways");
    let now = org.written(Method::PUT, &own, Some(&wanted), 200).await;
    assert!(now["gateways"].is_null(), "what is not sent is gone");
    let events = org.told().await;
    assert_eq!(found(&events, "zone.update").len(), 2);
}

impl TestOrg {
    async fn zone(&self, name: &str) -> Value {
        let all = self.all("/api/v1/zones").await;
        all.into_iter().find(|zone| zone["name"] == name).unwrap()
    }
}

#[tokio::test]
async fn a_zone_that_does_not_do_is_refused_and_stays_as_it_is() {
    let org = TestOrg::start(calm()).await;
    let many = |n: usize| {
        let one =
            |n: usize| json!({"type": "RANGE", "value": format!("10.0.{}.{}", n / 256, n % 256)});
        (0..n).map(one).collect::<Value>()
    };
    let held = org.zone("VPN egress").await;
    let blocked = org.zone("BlockedIpZone").await;
    let own = |zone: &Value| format!("/api/v1/zones/{}", id(zone));
    for (zone, field, value, code) in [
        (&held, "gateways", json!("10.0.0.0/8"), "E0000003"),
        (&held, "gateways", json!([{"type": "CIDR"}]), "E0000001"),
        (
            &held,
            "gateways",
            json!([{"type": "CIDR", "value": "10.0.0.1"}]),
            "E0000001",
        ),
        (
            &held,
            "gateways",
            json!([{"type": "RANGE", "value": "10.0.0.0/8"}]),
            "E0000001",
        ),
        (
            &held,
            "gateways",
            json!([{"type": "CIDR", "value": "10.0.0.0/40"}]),
            "E0000001",
        ),
        (
            &held,
            "gateways",
            json!([{"type": "RANGE", "value": "10.0.0.9-10.0.0.1"}]),
            "E0000001",
        ),
        (
            &held,
            "proxies",
            json!([{"type": "RANGE", "value": "everywhere"}]),
            "E0000001",
        ),
        (&held, "gateways", many(151), "E0000001"),
        (&held, "gateways", json!(null), "E0000001"),
        (&held, "gateways", json!([]), "E0000001"),
        (&held, "status", json!("ASLEEP"), "E0000001"),
        (&held, "usage", json!("DECORATION"), "E0000001"),
        (&held, "type", json!(null), "E0000001"),
        (&held, "name", json!("x".repeat(129)), "E0000001"),
        (&held, "name", json!("Head office"), "E0000001"),
        (&blocked, "status", json!("INACTIVE"), "E0000001"),
        (&blocked, "gateways", many(5_001), "E0000001"),
    ] {
        let mut wrong = zone.clone();
        // Something else that would have been changed, if it were not refused.
        wrong["proxies"] = json!([{"type": "CIDR", "value": "192.0.2.0/24"}]);
        wrong[field] = value;
        if field == "gateways" && wrong[field].as_array().is_none_or(Vec::is_empty) {
            wrong["proxies"] = Value::Null;
        }
        let refused = org.refused(Method::PUT, &own(zone), Some(&wrong)).await;
        assert_eq!(refused, (400, code.to_owned()), "{field}: {}", wrong[field]);
        assert_eq!(org.get(&own(zone)).await.json(), *zone, "{field}");
    }
    assert!(org.told().await.is_empty());
    let mut full = held.clone();
    full["gateways"] = many(150);
    org.written(Method::PUT, &own(&held), Some(&full), 200)
        .await;
}

#[tokio::test]
async fn an_admin_who_blocks_the_own_zone_is_kept_out_until_somebody_elsewhere_lifts_it() {
    let org = TestOrg::start(calm()).await;
    let mut zone = org.zone("Head office").await;
    let own = format!("/api/v1/zones/{}", id(&zone));
    zone["usage"] = json!("BLOCKLIST");
    org.written(Method::PUT, &own, Some(&zone), 200).await;
    for path in [own.as_str(), "/api/v1/users/me"] {
        let kept_out = org.get(path).await;
        assert_eq!(
            (kept_out.status, kept_out.error_code().as_str()),
            (403, "E0000006")
        );
    }
    let elsewhere = [("X-Forwarded-For", "192.0.2.77")];
    zone["usage"] = json!("POLICY");
    let lifted = org
        .write_with(Method::PUT, &own, &elsewhere, Some(&zone))
        .await;
    assert_eq!(lifted.status, 200, "{}", lifted.text);
    assert_eq!(org.get(&own).await.status, 200);
    let events = org.told().await;
    assert_eq!(found(&events, "zone.make_blacklist").len(), 1);
    assert_eq!(found(&events, "zone.remove_blacklist").len(), 1);
}

#[tokio::test]
async fn a_zone_is_deleted_only_when_it_is_off_and_nothing_asks_for_it() {
    let org = TestOrg::start(calm()).await;
    for (name, status, code) in [
        ("VPN egress", 403, "E0000006"),
        ("BlockedIpZone", 403, "E0000006"),
        ("Tor exits", 400, "E0000001"),
    ] {
        let own = format!("/api/v1/zones/{}", id(&org.zone(name).await));
        let refused = org.refused(Method::DELETE, &own, None).await;
        assert_eq!(refused, (status, code.to_owned()), "{name}");
        assert_eq!(org.get(&own).await.status, 200, "{name}");
    }
    let own = format!("/api/v1/zones/{}", id(&org.zone("Old datacentre").await));
    org.no_content(Method::DELETE, &own).await;
    assert_eq!(org.get(&own).await.error_code(), "E0000007");
    let events = org.told().await;
    assert_eq!(found(&events, "zone.delete").len(), 1);
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn the_access_of_support_ends_with_a_301_to_the_setting() {
    let org = TestOrg::start(calm()).await;
    org.change(json!({
        "change": "update_document",
        "document": "settings/oktaSupport",
        "body": {"support": "ENABLED", "expiration": "2026-11-23T10:00:00.000Z"},
    }))
    .await;
    let setting = "/api/v1/org/privacy/oktaSupport";
    assert_eq!(org.get(setting).await.json()["support"], "ENABLED");
    // A client that follows finds the setting as it is now; this one does.
    let answer = org
        .write(Method::POST, &format!("{setting}/revoke"), None)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(org.get(setting).await.json()["support"], "DISABLED");
    let events = org.told().await;
    assert_eq!(found(&events, "user.session.impersonation.revoke").len(), 1);
}
