//! Values that no document names, and fields that a document requires and a real org leaves out.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sim_org::{TestOrg, calm, id};
use oktop::sim::Options;

fn words<'v>(items: &'v [Value], field: &str) -> BTreeSet<&'v str> {
    items
        .iter()
        .filter_map(|item| item[field].as_str())
        .collect()
}

async fn org(strange: bool) -> TestOrg {
    TestOrg::start(Options {
        strange,
        groups: 80,
        apps: 60,
        events: 300,
        ..calm()
    })
    .await
}

const SIGN_ON_MODES: [&str; 9] = [
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

#[tokio::test]
async fn s21_a_strange_org_has_values_that_no_document_names() {
    for strange in [false, true] {
        let org = org(strange).await;
        let apps = org.all("/api/v1/apps?includeNonDeleted=true").await;
        let unknown = words(&apps, "signOnMode")
            .iter()
            .any(|mode| !SIGN_ON_MODES.contains(mode));
        let without = apps.iter().any(|app| app["signOnMode"].is_null());
        let features = apps
            .iter()
            .flat_map(|app| app["features"].as_array().unwrap());
        let foreign = features
            .filter_map(Value::as_str)
            .any(|feature| feature == "ENTITLEMENT_MANAGEMENT_V2");
        assert_eq!((unknown, without, foreign), (strange, strange, strange));
        let groups = org.all("/api/v1/groups").await;
        let kinds = words(&groups, "type");
        assert_eq!(
            kinds
                .iter()
                .any(|kind| !["OKTA_GROUP", "APP_GROUP", "BUILT_IN"].contains(kind)),
            strange,
            "{kinds:?}"
        );
        let events = org.get("/api/v1/logs?limit=1000").await.json();
        let numeric = events
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["version"].is_number());
        assert_eq!(numeric, strange);
        let user = &org.get("/api/v1/users?limit=1").await.json()[0];
        assert_eq!(user["profile"]["zipCode"].is_number(), strange, "{user}");
    }
}

#[tokio::test]
async fn s21_saml_applications_of_the_catalogue_hold_override_keys_only() {
    let org = org(false).await;
    let apps = org.all("/api/v1/apps?includeNonDeleted=true").await;
    let saml: Vec<&Value> = apps
        .iter()
        .filter(|app| app["signOnMode"] == "SAML_2_0")
        .collect();
    let required = [
        "allowMultipleAcsEndpoints",
        "assertionSigned",
        "requestCompressed",
        "responseSigned",
    ];
    let is_bare = |app: &&&Value| {
        let sign_on = app["settings"]["signOn"].as_object().unwrap();
        let missing = required
            .iter()
            .filter(|key| !sign_on.contains_key(**key))
            .count();
        assert!(
            missing == 0 || missing == required.len(),
            "{}: {missing}",
            id(app)
        );
        missing > 0
    };
    let bare = saml.iter().filter(is_bare).count();
    assert!(bare > 0 && bare < saml.len(), "{bare} of {}", saml.len());
    let one = saml.iter().find(is_bare).unwrap();
    assert!(
        one["settings"]["signOn"]
            .as_object()
            .unwrap()
            .contains_key("ssoAcsUrlOverride")
    );
}
