//! What the simulated org is set up with: every kind of document, as lists, alone, and in the truth; and a Classic org.

use std::collections::BTreeSet;
use std::time::Duration;

use oktop::sim::Options;
use oktop::sim::world::Engine;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};

/// Kinds with a list and single items of their own, by the truth's name.
const LISTS: [(&str, &str); 11] = [
    ("idps", "/api/v1/idps"),
    ("zones", "/api/v1/zones"),
    ("authenticators", "/api/v1/authenticators"),
    ("behaviors", "/api/v1/behaviors"),
    ("event_hooks", "/api/v1/eventHooks"),
    ("inline_hooks", "/api/v1/inlineHooks"),
    ("log_streams", "/api/v1/logStreams"),
    ("trusted_origins", "/api/v1/trustedOrigins"),
    ("user_types", "/api/v1/meta/types/user"),
    ("features", "/api/v1/features"),
    ("brands", "/api/v1/brands"),
];

/// Types of policies that an Identity Engine org has.
const TYPES: [&str; 9] = [
    "OKTA_SIGN_ON",
    "PASSWORD",
    "MFA_ENROLL",
    "IDP_DISCOVERY",
    "ACCESS_POLICY",
    "PROFILE_ENROLLMENT",
    "POST_AUTH_SESSION",
    "ENTITY_RISK",
    "DEVICE_SIGNAL_COLLECTION",
];

async fn true_ids(org: &TestOrg, kind: &str) -> BTreeSet<String> {
    let truth = org.truth(&format!("/{kind}")).await;
    truth.as_array().unwrap().iter().map(id).collect()
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(id).collect()
}

#[tokio::test]
async fn every_list_is_the_truth_and_every_item_is_found_by_its_id() {
    let org = TestOrg::start(calm()).await;
    for (kind, path) in LISTS {
        let items = org.all(path).await;
        assert!(!items.is_empty(), "{path}");
        assert_eq!(ids(&items), true_ids(&org, kind).await, "{path}");
        for item in &items {
            let one = org.get(&format!("{path}/{}", id(item))).await;
            assert_eq!(one.status, 200, "{}", one.text);
            assert_eq!(&one.json(), item, "{path}");
        }
        let none = org.get(&format!("{path}/00uNobodyHasThisId00")).await;
        assert_eq!((none.status, none.error_code().as_str()), (404, "E0000007"));
    }
}

#[tokio::test]
async fn lists_that_page_cover_everything_once_and_refuse_foreign_cursors() {
    let org = TestOrg::start(calm()).await;
    for (path, page) in [
        ("/api/v1/idps", 2),
        ("/api/v1/zones", 3),
        ("/api/v1/logStreams", 1),
        ("/api/v1/trustedOrigins", 2),
        ("/api/v1/devices", 7),
        ("/api/v1/policies?type=OKTA_SIGN_ON", 2),
    ] {
        let all = org.all(path).await;
        assert!(all.len() > page, "{path}");
        let mark = if path.contains('?') { '&' } else { '?' };
        let paged = org.all(&format!("{path}{mark}limit={page}")).await;
        assert_eq!(paged, all, "{path}");
        let foreign = format!("{path}{mark}after=00uNobodyHasThisId00");
        assert_eq!(org.get(&foreign).await.error_code(), "E0000029", "{path}");
    }
    let everything = org.get("/api/v1/zones?limit=-1").await;
    assert_eq!(everything.status, 200);
    assert!(everything.link("next").is_none());
}

#[tokio::test]
async fn policies_are_listed_by_type_in_their_order_with_rules_on_demand() {
    // An ordinary org has no policy of the type that the official clients cannot read.
    let org = TestOrg::start(Options {
        strange: true,
        ..calm()
    })
    .await;
    let missing = org.get("/api/v1/policies").await;
    assert_eq!(
        (missing.status, missing.error_code().as_str()),
        (400, "E0000028")
    );
    let wrong = org.get("/api/v1/policies?type=NONSENSE").await;
    assert_eq!(
        (wrong.status, wrong.error_code().as_str()),
        (400, "E0000001")
    );
    let mut seen = BTreeSet::new();
    let mut rules_seen = BTreeSet::new();
    for of in TYPES {
        let policies = org
            .all(&format!("/api/v1/policies?type={of}&expand=rules"))
            .await;
        assert!(!policies.is_empty(), "{of}");
        for policy in &policies {
            assert_eq!(policy["type"], of);
            let own = format!("/api/v1/policies/{}", id(policy));
            let rules = org.all(&format!("{own}/rules")).await;
            assert_eq!(policy["_embedded"]["rules"], json!(rules));
            for rule in &rules {
                let one = org.get(&format!("{own}/rules/{}", id(rule))).await;
                assert_eq!(&one.json(), rule);
            }
            rules_seen.extend(rules.iter().map(id));
        }
        let mapped = ["ACCESS_POLICY", "PROFILE_ENROLLMENT"].contains(&of);
        let priorities: Vec<i64> = policies
            .iter()
            .map(|p| p["priority"].as_i64().unwrap())
            .collect();
        let counted: Vec<i64> = (1..).take(priorities.len()).collect();
        assert!(mapped || priorities == counted, "{of}: {priorities:?}");
        let inactive = format!("/api/v1/policies?type={of}&status=INACTIVE");
        let inactive = org.all(&inactive).await;
        assert!(inactive.iter().all(|policy| policy["status"] == "INACTIVE"));
        seen.extend(policies.iter().map(id));
    }
    assert_eq!(seen, true_ids(&org, "policies").await);
    assert_eq!(rules_seen, true_ids(&org, "policy_rules").await);
    let sign_on = org.get("/api/v1/policies?type=OKTA_SIGN_ON").await.json();
    let last = sign_on.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["name"], &last["system"]),
        (&json!("Default Policy"), &json!(true))
    );
    let foreign = format!(
        "/api/v1/policies/{}/rules/{}",
        id(last),
        rules_seen.first().unwrap()
    );
    let known = org.get(&foreign).await.status;
    let own = org
        .all(&format!("/api/v1/policies/{}/rules", id(last)))
        .await;
    assert_eq!(
        known == 200,
        ids(&own).contains(rules_seen.first().unwrap())
    );
}

#[tokio::test]
async fn every_application_has_one_access_policy_and_says_which() {
    let org = TestOrg::start(calm()).await;
    let mut by_policy = BTreeSet::new();
    for policy in org.all("/api/v1/policies?type=ACCESS_POLICY").await {
        let own = format!("/api/v1/policies/{}", id(&policy));
        let apps = org.all(&format!("{own}/app")).await;
        let mappings = org.all(&format!("{own}/mappings")).await;
        assert_eq!(apps.len(), mappings.len());
        for app in apps {
            let link = app["_links"]["accessPolicy"]["href"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(link.ends_with(&own), "{link}");
            assert!(by_policy.insert(id(&app)), "{} has two", app["label"]);
        }
        for mapping in mappings {
            let one = org.get(&format!("{own}/mappings/{}", id(&mapping))).await;
            assert_eq!(one.json(), mapping);
        }
    }
    let all = org.ids("/api/v1/apps?includeNonDeleted=true").await;
    assert_eq!(by_policy, all.into_iter().collect());
    let new = org
        .change(json!({"change": "create_app", "label": "Brand new"}))
        .await;
    let app = org.get(&format!("/api/v1/apps/{}", new[0])).await.json();
    let policy = app["_links"]["accessPolicy"]["href"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(org.get(&policy).await.json()["name"], "Any two factors");
    org.change(json!([
        {"change": "deactivate_app", "app": "Brand new"},
        {"change": "delete_app", "app": "Brand new"}
    ]))
    .await;
    let left = org.all(&format!("{policy}/mappings")).await;
    assert!(!left.iter().any(|m| {
        m["_links"]["application"]["href"]
            .as_str()
            .unwrap()
            .ends_with(&new[0])
    }));
}

#[tokio::test]
async fn filters_choose_by_the_few_fields_that_each_list_knows() {
    let org = TestOrg::start(calm()).await;
    for (path, holds) in [
        ("/api/v1/idps?type=SAML2", ("type", json!("SAML2"))),
        (
            "/api/v1/zones?filter=usage+eq+%22BLOCKLIST%22",
            ("usage", json!("BLOCKLIST")),
        ),
        (
            "/api/v1/zones?filter=system+eq+true",
            ("system", json!(true)),
        ),
        (
            "/api/v1/logStreams?filter=type+eq+%22aws_eventbridge%22",
            ("type", json!("aws_eventbridge")),
        ),
        (
            "/api/v1/trustedOrigins?filter=status+eq+%22INACTIVE%22",
            ("status", json!("INACTIVE")),
        ),
        (
            "/api/v1/inlineHooks?type=com.okta.telephony.provider",
            ("type", json!("com.okta.telephony.provider")),
        ),
    ] {
        let (whole, _) = path.split_once('?').unwrap();
        let found = org.all(path).await;
        let expected = org.all(whole).await;
        let expected: Vec<Value> = expected
            .into_iter()
            .filter(|one| one[holds.0] == holds.1)
            .collect();
        assert!(!expected.is_empty(), "{path}");
        assert_eq!(found, expected, "{path}");
    }
    let named = org.all("/api/v1/idps?q=goo").await;
    assert_eq!((named.len(), &named[0]["name"]), (1, &json!("Google")));
    for wrong in [
        "/api/v1/zones?filter=name+eq+%22x%22",
        "/api/v1/zones?filter=usage+co+%22x%22",
        "/api/v1/logStreams?filter=status",
    ] {
        assert_eq!(org.get(wrong).await.error_code(), "E0000031", "{wrong}");
    }
}

#[tokio::test]
async fn devices_belong_to_people_and_both_sides_agree() {
    let org = TestOrg::start(calm()).await;
    let devices = org.all("/api/v1/devices?expand=userSummary").await;
    assert!(devices.len() > 30, "{}", devices.len());
    let truth = org.truth("/devices").await;
    let owned: BTreeSet<(String, String)> = truth
        .as_array()
        .unwrap()
        .iter()
        .map(|device| (id(device), device["owner"].as_str().unwrap().to_owned()))
        .collect();
    let owner = |device: &Value| id(&device["_embedded"]["users"][0]["user"]);
    assert_eq!(
        devices
            .iter()
            .map(|d| (id(d), owner(d)))
            .collect::<BTreeSet<_>>(),
        owned
    );
    for device in devices.iter().take(5) {
        let one = org
            .get(&format!("/api/v1/devices/{}", id(device)))
            .await
            .json();
        assert_eq!(one["profile"], device["profile"]);
        let users = org
            .all(&format!("/api/v1/devices/{}/users", id(device)))
            .await;
        assert_eq!(id(&users[0]["user"]), owner(device));
        let own = org
            .all(&format!("/api/v1/users/{}/devices", owner(device)))
            .await;
        assert!(own.iter().any(|held| id(&held["device"]) == id(device)));
    }
    let search =
        "/api/v1/devices?search=profile.platform+eq+%22macos%22+and+status+eq+%22ACTIVE%22";
    let found = org.all(search).await;
    let expected = devices
        .iter()
        .filter(|d| d["profile"]["platform"] == "MACOS" && d["status"] == "ACTIVE");
    assert_eq!(ids(&found), expected.map(id).collect());
    let contained = org
        .all("/api/v1/devices?search=profile.displayName+co+%22macbook%22")
        .await;
    assert!(!contained.is_empty());
    let refused = org
        .get("/api/v1/devices?search=profile.model+co+%22x%22")
        .await;
    assert_eq!(refused.error_code(), "E0000031");
}

#[tokio::test]
async fn a_suspended_device_says_so_everywhere_and_leaves_an_event() {
    let org = TestOrg::start(calm()).await;
    let active = org
        .all("/api/v1/devices?search=status+eq+%22ACTIVE%22")
        .await;
    let device = id(&active[0]);
    org.change(json!({"change": "change_device", "device": device, "to": "suspend"}))
        .await;
    let one = org.get(&format!("/api/v1/devices/{device}")).await.json();
    assert_eq!(one["status"], "SUSPENDED");
    assert!(one["_links"]["unsuspend"].is_object());
    assert_eq!(
        events(&org, "device.lifecycle.suspend").await[0]["target"][0]["id"],
        json!(device)
    );
    org.change(json!([
        {"change": "change_device", "device": device, "to": "deactivate"},
        {"change": "change_device", "device": device, "to": "delete"}
    ]))
    .await;
    assert_eq!(
        org.get(&format!("/api/v1/devices/{device}")).await.status,
        404
    );
    assert!(!org.ids("/api/v1/devices").await.contains(&device));
}

/// The events of a type once the log has them.
async fn events(org: &TestOrg, of: &str) -> Vec<Value> {
    org.hand.advance(Duration::from_mins(15));
    org.all_events(of).await
}

impl TestOrg {
    async fn all_events(&self, of: &str) -> Vec<Value> {
        let path = format!(
            "/api/v1/logs?filter=eventType+eq+%22{of}%22&since=2026-11-22T09:59:00Z&until=2027-01-01T00:00:00Z"
        );
        self.get(&path).await.json().as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn what_an_admin_does_to_documents_shows_at_once_and_in_the_log() {
    let org = TestOrg::start(calm()).await;
    let zone = json!({"type": "IP", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "10.0.0.0/8"}], "proxies": null});
    let made = org
        .change(json!({"change": "create_document", "kind": "zones", "name": "New plant", "body": zone}))
        .await;
    let path = format!("/api/v1/zones/{}", made[0]);
    assert_eq!(org.get(&path).await.json()["gateways"], zone["gateways"]);
    org.change(json!([
        {"change": "update_document", "document": "zones/New plant", "body": {"usage": "BLOCKLIST"}},
        {"change": "deactivate_document", "document": "zones/New plant"},
        {"change": "delete_document", "document": "zones/New plant"},
        {"change": "deactivate_document", "document": "log_streams/Security data lake"},
        {"change": "update_document", "document": "policies/Admins sign on", "body": {"description": "Once a day"}},
        {"change": "update_document", "document": "settings/oktaSupport", "body": {"support": "ENABLED", "expiration": "2026-11-23T10:00:00.000Z", "caseNumber": "1000042"}},
        {"change": "update_document", "document": "settings/threatInsight", "body": {"action": "block"}}
    ]))
    .await;
    assert_eq!(org.get(&path).await.status, 404);
    assert_eq!(
        org.get("/api/v1/threats/configuration").await.json()["action"],
        "block"
    );
    let support = org.get("/api/v1/org/privacy/oktaSupport").await.json();
    assert_eq!(
        (&support["support"], support["_links"]["revoke"].is_object()),
        (&json!("ENABLED"), true)
    );
    org.hand.advance(Duration::from_mins(15));
    for of in [
        "zone.create",
        "zone.update",
        "zone.make_blacklist",
        "zone.deactivate",
        "zone.delete",
        "system.log_stream.lifecycle.deactivate",
        "policy.lifecycle.update",
        "user.session.impersonation.grant",
        "security.threat.configuration.update",
    ] {
        let found = org.all_events(of).await;
        assert_eq!(found.len(), 1, "{of}");
        assert!(found[0]["target"][0]["id"].is_string(), "{of}");
    }
    let changed = &org.all_events("policy.lifecycle.update").await[0]["target"][0]["changeDetails"];
    assert_eq!(changed["to"]["description"], "Once a day");
    assert_ne!(changed["from"]["description"], "Once a day");
}

#[tokio::test]
async fn factors_are_under_reported_by_the_enrolment_policy_and_enrolments_are_not() {
    let org = TestOrg::start(calm()).await;
    let group = id(&org.get("/api/v1/groups?q=Okta+Administrators").await.json()[0]);
    let admin = org.ids(&format!("/api/v1/groups/{group}/users")).await[0].clone();
    org.change(json!([
        {"change": "enroll_factor", "user": admin, "factor": "question"},
        {"change": "enroll_factor", "user": admin, "factor": "push"}
    ]))
    .await;
    let kinds = |items: &Value| -> BTreeSet<String> {
        let items = items.as_array().unwrap().iter();
        items
            .map(|item| item["factorType"].as_str().unwrap().to_owned())
            .collect()
    };
    let own = format!("/api/v1/users/{admin}");
    let listed = kinds(&org.get(&format!("{own}/factors")).await.json());
    assert!(
        listed.contains("push") && !listed.contains("question"),
        "{listed:?}"
    );
    let offered = kinds(&org.get(&format!("{own}/factors/catalog")).await.json());
    assert!(
        offered.contains("webauthn") && !offered.contains("sms"),
        "{offered:?}"
    );
    let enrolled = org
        .get(&format!("{own}/authenticator-enrollments"))
        .await
        .json();
    let keys: BTreeSet<&str> = enrolled
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["key"].as_str().unwrap())
        .collect();
    assert!(
        keys.contains("security_question") && keys.contains("okta_password"),
        "{keys:?}"
    );
    let first = format!("{own}/authenticator-enrollments/{}", id(&enrolled[0]));
    assert_eq!(org.get(&first).await.json(), enrolled[0]);
}

#[tokio::test]
async fn settings_schemas_and_push_mappings_are_there_and_agree_with_what_refers_to_them() {
    let org = TestOrg::start(calm()).await;
    for path in [
        "/api/v1/org/contacts",
        "/api/v1/org/preferences",
        "/api/v1/org/privacy/oktaSupport/cases",
        "/api/v1/org/privacy/oktaCommunication",
        "/api/v1/org/orgSettings/thirdPartyAdminSetting",
        "/api/v1/org/settings/clientPrivilegesSetting",
        "/api/v1/domains",
        "/api/v1/meta/schemas/group/default",
    ] {
        assert_eq!(org.get(path).await.status, 200, "{path}");
    }
    let support = org.get("/api/v1/org/privacy/oktaSupport").await.json();
    assert_eq!(support["support"], "DISABLED");
    let contact = org.get("/api/v1/org/contacts/technical").await.json();
    assert_eq!(
        org.get(&format!(
            "/api/v1/users/{}",
            contact["userId"].as_str().unwrap()
        ))
        .await
        .status,
        200
    );
    let user = org.get("/api/v1/users/me").await.json();
    let by_link = org
        .get(user["_links"]["schema"]["href"].as_str().unwrap())
        .await;
    let default = org.get("/api/v1/meta/schemas/user/default").await.json();
    assert_eq!(by_link.json()["definitions"], default["definitions"]);
    for name in user["profile"].as_object().unwrap().keys() {
        let known = ["base", "custom"]
            .iter()
            .any(|part| default["definitions"][part]["properties"][name].is_object());
        assert!(known, "{name} is in no schema");
    }
    assert_eq!(
        org.get(user["_links"]["type"]["href"].as_str().unwrap())
            .await
            .json()["default"],
        true
    );
    let mut pushed = 0;
    for app in org.all("/api/v1/apps?includeNonDeleted=true").await {
        let path = format!("/api/v1/apps/{}/group-push/mappings", id(&app));
        for mapping in org.all(&path).await {
            pushed += 1;
            assert_eq!(
                org.get(&format!("{path}/{}", id(&mapping))).await.json(),
                mapping
            );
            let source = mapping["sourceGroupId"].as_str().unwrap();
            assert_eq!(
                org.get(&format!("/api/v1/groups/{source}")).await.status,
                200
            );
        }
    }
    assert_eq!(pushed, true_ids(&org, "push_mappings").await.len());
    let counted: i64 = org
        .all("/api/v1/groups?expand=stats")
        .await
        .iter()
        .map(|group| {
            group["_embedded"]["stats"]["groupPushMappingsCount"]
                .as_i64()
                .unwrap()
        })
        .sum();
    assert_eq!(usize::try_from(counted).unwrap(), pushed);
}

#[tokio::test]
async fn features_that_the_org_has_not_got_are_401_in_okta_s_words() {
    let org = TestOrg::start(calm()).await;
    for path in [
        "/api/v1/realms",
        "/api/v1/risk/providers",
        "/api/v1/users/me/classification",
        "/api/v1/policies?type=SESSION_VIOLATION_DETECTION",
    ] {
        let answer = org.get(path).await;
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (401, "E0000015"),
            "{path}"
        );
        let words = "You do not have permission to access the feature you are requesting";
        assert_eq!(answer.json()["errorSummary"], words);
    }
}

#[tokio::test]
async fn people_come_from_identity_providers_and_both_sides_agree() {
    let org = TestOrg::start(calm()).await;
    let mut linked = 0;
    for idp in org.all("/api/v1/idps").await {
        let path = format!("/api/v1/idps/{}/users", id(&idp));
        for user in org.all(&format!("{path}?limit=5")).await {
            linked += 1;
            assert_eq!(org.get(&format!("{path}/{}", id(&user))).await.json(), user);
            let own = org.all(&format!("/api/v1/users/{}/idps", id(&user))).await;
            assert_eq!(own, std::slice::from_ref(&idp));
        }
    }
    assert!(linked > 5, "{linked}");
}

#[tokio::test]
async fn a_simulation_says_which_policies_and_rules_decide_and_what_cannot_be_told() {
    let org = TestOrg::start(calm()).await;
    let app = id(&org.get("/api/v1/apps?q=Workday").await.json()[0]);
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let ask = async |context: Value| {
        let body = json!({"appInstance": app, "policyContext": context});
        let answer = org
            .post_to_okta("/api/v1/policies/simulate?expand=EVALUATED", &body)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let found = answer.json().as_array().unwrap().clone();
        let of = |wanted: &str| {
            found
                .iter()
                .find(|one| one["policyType"][0] == wanted)
                .unwrap()
                .clone()
        };
        [of("OKTA_SIGN_ON"), of("ACCESS_POLICY")]
    };
    let groups = json!({"ids": [everyone]});
    let [sign_on, access] =
        ask(json!({"groups": groups, "zones": {"ids": []}, "risk": {"level": "HIGH"}})).await;
    assert_eq!(sign_on["result"]["policies"][0]["name"], "Default Policy");
    assert_eq!(sign_on["evaluated"]["policies"][0]["status"], "NOT_MATCH");
    let decided = &access["result"]["policies"][0];
    assert_eq!(
        (&decided["name"], &decided["rules"][0]["name"]),
        (&json!("Money and people data"), &json!("High risk"))
    );
    let low = ask(json!({"groups": groups, "risk": {"level": "LOW"}})).await;
    assert_eq!(low[1]["status"], "UNDEFINED", "the user's type is not told");
    let who = org.get("/api/v1/users/me").await.json();
    let told =
        ask(json!({"user": {"id": who["id"]}, "groups": groups, "risk": {"level": "LOW"}})).await;
    assert_eq!(
        told[1]["result"]["policies"][0]["rules"][0]["name"],
        "Catch-all Rule"
    );
    let context = json!({"groups": groups, "risk": {"level": "LOW"}});
    let one =
        json!({"appInstance": app, "policyTypes": ["ACCESS_POLICY"], "policyContext": context});
    let several = org
        .post_to_okta("/api/v1/policies/simulate", &json!([one, one]))
        .await;
    let several = several.json();
    assert_eq!(several.as_array().unwrap().len(), 2, "{several}");
    assert_eq!(several[0], several[1]);
    assert_eq!(several[0]["status"], "UNDEFINED");
    let none = org
        .post_to_okta("/api/v1/policies/simulate", &json!({"policyContext": {}}))
        .await;
    assert_eq!((none.status, none.error_code().as_str()), (400, "E0000001"));
}

#[tokio::test]
async fn a_classic_org_has_no_devices_no_authenticators_and_no_policies_of_applications() {
    let options = Options {
        engine: Engine::Classic,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let known = org
        .get_as("/.well-known/okta-organization", None)
        .await
        .json();
    assert_eq!(known["pipeline"], "v1");
    for path in [
        "/api/v1/devices",
        "/api/v1/authenticators",
        "/api/v1/users/me/devices",
        "/api/v1/users/me/authenticator-enrollments",
        "/api/v1/users/me/risk",
    ] {
        let answer = org.get(path).await;
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (401, "E0000015"),
            "{path}"
        );
    }
    for of in TYPES {
        let answer = org.get(&format!("/api/v1/policies?type={of}")).await;
        if ["OKTA_SIGN_ON", "PASSWORD", "MFA_ENROLL", "IDP_DISCOVERY"].contains(&of) {
            assert_eq!(answer.status, 200, "{of}");
        } else {
            assert_eq!(
                (answer.status, answer.error_code().as_str()),
                (400, "E0000001"),
                "{of}"
            );
        }
    }
    let app = &org.get("/api/v1/apps?limit=1").await.json()[0];
    assert!(app["_links"]["accessPolicy"].is_null());
    assert_eq!(org.truth("").await["devices"], 0);
}
