//! Each kind, read from JSON of the shape that Okta documents: what stands in which column, and what is referred to.

use serde_json::value::RawValue;

use super::*;

fn read(kind: EntryKind, parent: Option<&str>, json: &str) -> (Entry, RawJson) {
    let raw: &RawValue = serde_json::from_str(json).unwrap();
    let parent = parent.map(|id| id.parse().unwrap());
    decode(kind, parent.as_ref(), raw).unwrap()
}

/// A sample: the kind, what it hangs below, the JSON, its name, its columns in their order (`-` for an empty one), and its
/// references in words.
type Sample = (
    EntryKind,
    Option<&'static str>,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const SAMPLES: &[Sample] = &[
    (
        EntryKind::GroupRule,
        None,
        r#"{"type":"group_rule","id":"0pr1","status":"INACTIVE","name":"Engineering","created":"2016-12-01T14:40:04.000Z",
            "conditions":{"people":{"users":{"exclude":["00u1"]},"groups":{"exclude":["00g9"]}},
            "expression":{"value":"user.role==\"Engineer\"","type":"urn:okta:expression:1.0"}},
            "actions":{"assignUserToGroups":{"groupIds":["00g1","00g2"]}}}"#,
        "Engineering",
        &["user.role==\"Engineer\"", "00g1, 00g2", "00u1", "00g9"],
        &[
            "gives group 00g1",
            "gives group 00g2",
            "excludes user 00u1",
            "excludes group 00g9",
        ],
    ),
    (
        EntryKind::GroupOwner,
        Some("00g1"),
        r#"{"id":"00u1","type":"USER","resolved":true,"originId":"null","originType":"OKTA_DIRECTORY","displayName":"Ana Silva",
            "lastUpdated":"2023-03-29 18:18:37.0"}"#,
        "Ana Silva",
        &["USER", "OKTA_DIRECTORY", "true"],
        &["owner user 00u1"],
    ),
    (
        EntryKind::Admin,
        None,
        r#"{"id":"00u1","orn":"orn:okta:00o5:users:00u1","_links":{"roles":{"href":"https://x/api/v1/users/00u1/roles"}}}"#,
        "00u1",
        &["orn:okta:00o5:users:00u1"],
        &["owner user 00u1"],
    ),
    (
        EntryKind::UserRole,
        Some("00u1"),
        r#"{"id":"ra1","label":"Help Desk","type":"HELP_DESK_ADMIN","status":"ACTIVE","assignmentType":"GROUP",
            "_embedded":{"targets":{"groups":[{"id":"00g1","profile":{"name":"Sales"}}],
            "catalog":{"apps":[{"name":"slack","displayName":"Slack","id":"0oa1"},{"name":"box"}]}}}}"#,
        "Help Desk",
        &[
            "HELP_DESK_ADMIN",
            "Help Desk",
            "GROUP",
            "-",
            "-",
            "Sales, Slack, box",
        ],
        &[
            "owner user 00u1",
            "within group 00g1",
            "within app 0oa1",
            "within all box",
        ],
    ),
    (
        EntryKind::GroupRole,
        Some("00g1"),
        r#"{"id":"irb1","label":"Users","type":"CUSTOM","status":"ACTIVE","assignmentType":"GROUP","role":"cr01","resource-set":"iam1"}"#,
        "Users",
        &["CUSTOM", "Users", "GROUP", "cr01", "iam1", "-"],
        &[
            "owner group 00g1",
            "gives role cr01",
            "within resource_set iam1",
        ],
    ),
    (
        EntryKind::ClientRole,
        Some("0oa1"),
        r#"{"id":"ra9","label":"Read-only","type":"READ_ONLY_ADMIN","assignmentType":"CLIENT"}"#,
        "Read-only",
        &["READ_ONLY_ADMIN", "Read-only", "CLIENT", "-", "-", "-"],
        &["owner client 0oa1"],
    ),
    (
        EntryKind::Role,
        None,
        r#"{"id":"cr01","label":"UserCreator","description":"Create users","created":"2021-02-06T16:20:57.000Z"}"#,
        "UserCreator",
        &["Create users"],
        &[],
    ),
    (
        EntryKind::RolePermission,
        Some("cr01"),
        r#"{"label":"okta.users.read","conditions":{"include":{"okta:ResourceAttribute/User/Profile":["city","state"]}}}"#,
        "okta.users.read",
        &["include.okta:ResourceAttribute/User/Profile=city state"],
        &[],
    ),
    (
        EntryKind::ResourceSet,
        None,
        r#"{"id":"iam1","label":"SF-IT-1","description":"First"}"#,
        "SF-IT-1",
        &["First"],
        &[],
    ),
    (
        EntryKind::Binding,
        Some("iam1"),
        r#"{"id":"cr01","_links":{"members":{"href":"https://x"}}}"#,
        "cr01",
        &[],
        &["gives role cr01", "within resource_set iam1"],
    ),
    (
        EntryKind::BindingMember,
        Some("iam1:cr01"),
        r#"{"id":"irb1","orn":"orn:okta:directory:00o1:groups:00g1","_links":{"self":{"href":"https://x/api/v1/groups/00g1"}}}"#,
        "00g1",
        &["orn:okta:directory:00o1:groups:00g1", "group"],
        &[
            "gives role cr01",
            "within resource_set iam1",
            "member group 00g1",
        ],
    ),
    (
        EntryKind::SetResource,
        Some("iam1"),
        r#"{"id":"ire1","orn":"orn:okta:directory:00o1:groups:00guaxWZ0AOa5NFAj0g3:contained_resources",
            "_links":{"self":{"href":"https://x/api/v1/groups/00guaxWZ0AOa5NFAj0g3/users"}}}"#,
        "orn:okta:directory:00o1:groups:00guaxWZ0AOa5NFAj0g3:contained_resources",
        &["orn:okta:directory:00o1:groups:00guaxWZ0AOa5NFAj0g3:contained_resources"],
        &["member group 00guaxWZ0AOa5NFAj0g3"],
    ),
    (
        EntryKind::Idp,
        None,
        r#"{"id":"0oa6","type":"SAML2","name":"Partner","status":"ACTIVE","protocol":{"type":"SAML2","endpoints":{"sso":{"url":"https://i"}},
            "credentials":{"trust":{"issuer":"https://idp.example","audience":"a","kid":"k1"}}},
            "policy":{"provisioning":{"action":"AUTO","groups":{"action":"ASSIGN","assignments":["00g1"]}},
            "accountLink":{"filter":null,"action":"DISABLED"},"subject":{"matchType":"USERNAME"}}}"#,
        "Partner",
        &[
            "SAML2",
            "SAML2",
            "https://idp.example",
            "AUTO",
            "USERNAME",
            "DISABLED",
            "k1",
        ],
        &["gives group 00g1"],
    ),
    (
        EntryKind::ApiToken,
        None,
        r#"{"name":"ci","userId":"00u1","tokenWindow":"P30D","network":{"connection":"ZONE","include":["nzo1"]},"id":"00T1",
            "clientName":"Okta API","expiresAt":"2021-12-11T20:38:10.000Z"}"#,
        "ci",
        &[
            "00u1",
            "Okta API",
            "2021-12-11T20:38:10.000Z",
            "P30D",
            "ZONE; include nzo1",
        ],
        &["owner user 00u1", "includes zone nzo1"],
    ),
    (
        EntryKind::Client,
        None,
        r#"{"client_id":"0oa1","client_id_issued_at":1495059868,"client_name":"Sync","client_uri":null,"redirect_uris":["https://a/cb"],
            "grant_types":["client_credentials"],"token_endpoint_auth_method":"private_key_jwt","application_type":"service",
            "dpop_bound_access_tokens":true}"#,
        "Sync",
        &[
            "service",
            "private_key_jwt",
            "client_credentials",
            "https://a/cb",
            "true",
        ],
        &["app app 0oa1"],
    ),
    (
        EntryKind::ClientSecret,
        Some("0oa1"),
        r#"{"id":"ocs1","status":"ACTIVE","client_secret":"DRUFXGF9","secret_hash":"yk4SVx4s"}"#,
        "ocs1",
        &["yk4SVx4s"],
        &[],
    ),
    (
        EntryKind::ClientKey,
        Some("0oa1"),
        r#"{"id":"pks1","kid":"DRUF","kty":"RSA","alg":"RS256","use":"sig","e":"AQAB","n":"AJnc","status":"ACTIVE"}"#,
        "DRUF",
        &["RSA", "sig", "RS256"],
        &[],
    ),
    (
        EntryKind::ClientGrant,
        Some("0oa1"),
        r#"{"id":"oag1","status":"ACTIVE","issuer":"https://acme.okta.com","clientId":"0oa1","scopeId":"okta.users.read","source":"END_USER","userId":"00u1"}"#,
        "okta.users.read",
        &[
            "okta.users.read",
            "https://acme.okta.com",
            "END_USER",
            "00u1",
        ],
        &["owner user 00u1"],
    ),
    (
        EntryKind::Policy,
        Some("PASSWORD"),
        r#"{"type":"PASSWORD","id":"00p1","status":"ACTIVE","name":"Staff","description":"For staff","priority":1,"system":false,
            "conditions":{"people":{"groups":{"include":["00g1"]},"users":{"exclude":["00u1"]}},
            "network":{"connection":"ZONE","exclude":["nzo1"]},"identityProvider":{"provider":"SPECIFIC_IDP","idpIds":["0oa6"]}}}"#,
        "Staff",
        &[
            "PASSWORD",
            "1",
            "false",
            "For staff",
            "include groups 00g1; exclude users 00u1",
            "ZONE; exclude nzo1",
        ],
        &[
            "includes group 00g1",
            "excludes user 00u1",
            "excludes zone nzo1",
            "uses idp 0oa6",
        ],
    ),
    (
        EntryKind::PolicyRule,
        Some("rst1"),
        r#"{"id":"rul1","status":"ACTIVE","name":"Two factors","priority":0,"system":false,"type":"ACCESS_POLICY","conditions":{
            "people":{"groups":{"exclude":["00g1"]}},"network":{"connection":"ANYWHERE"},"riskScore":{"level":"HIGH"},
            "device":{"registered":true,"managed":true}},"actions":{"appSignOn":{"access":"ALLOW","verificationMethod":{
            "factorMode":"2FA","type":"ASSURANCE","reauthenticateIn":"PT2H","constraints":[{"knowledge":{"types":["password"]},
            "possession":{"phishingResistant":"REQUIRED","userPresence":"OPTIONAL"}}]}},
            "signon":{"session":{"maxSessionIdleMinutes":720}},"idp":{"providers":[{"id":"0oa6","type":"SAML2"}]}}}"#,
        "Two factors",
        &[
            "ACCESS_POLICY",
            "0",
            "false",
            "ALLOW",
            "exclude groups 00g1",
            "ANYWHERE",
            "type=ASSURANCE, factorMode=2FA, reauthenticateIn=PT2H, knowledge, possession phishingResistant",
            "HIGH",
            "registered=true, managed=true",
            "maxSessionIdleMinutes=720",
        ],
        &["excludes group 00g1", "uses idp 0oa6"],
    ),
    (
        EntryKind::PolicyMapping,
        Some("rst1"),
        r#"{"id":"pma1","_links":{"application":{"href":"https://x/api/v1/apps/0oa1"},"self":{"href":"https://x/api/v1/policies/rst1/mappings/pma1"}}}"#,
        "0oa1",
        &["0oa1"],
        &["app app 0oa1"],
    ),
    (
        EntryKind::Zone,
        None,
        r#"{"type":"DYNAMIC_V2","id":"nzo1","name":"Abroad","status":"ACTIVE","usage":"BLOCKLIST","system":false,
            "gateways":[{"type":"CIDR","value":"1.2.3.4/24"}],"proxies":[{"type":"RANGE","value":"3.3.4.5-3.3.4.15"}],
            "locations":{"include":[{"country":"DE","region":null},{"country":"US","region":"US-CA"}],"exclude":[{"country":"FR"}]},
            "asns":{"include":["23457"],"exclude":null},"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}}"#,
        "Abroad",
        &[
            "DYNAMIC_V2",
            "BLOCKLIST",
            "false",
            "1.2.3.4/24",
            "3.3.4.5-3.3.4.15",
            "DE, US-CA; not FR",
            "23457",
            "include=ALL_ANONYMIZERS",
        ],
        &[],
    ),
    (
        EntryKind::Device,
        None,
        r#"{"id":"guo1","status":"ACTIVE","profile":{"displayName":"Pixel","platform":"ANDROID","manufacturer":"Google","model":"Pixel 6",
            "osVersion":"13","serialNumber":"XX","registered":true,"secureHardwarePresent":true,"diskEncryptionType":"USER"},
            "_embedded":{"users":[{"managementStatus":"MANAGED","screenLockType":"BIOMETRIC","user":{"id":"00u1","profile":{"login":"a@b.c"}}}]}}"#,
        "Pixel",
        &[
            "ANDROID", "13", "Google", "Pixel 6", "XX", "true", "true", "USER", "MANAGED", "00u1",
        ],
        &["owner user 00u1"],
    ),
    (
        EntryKind::Authenticator,
        None,
        r#"{"type":"app","id":"aut1","key":"okta_verify","status":"ACTIVE","name":"Okta Verify","provider":{"type":"OKTA"},
            "settings":{"compliance":{"fips":"OPTIONAL"},"channelBinding":{"required":"HIGH_RISK_ONLY"}}}"#,
        "Okta Verify",
        &[
            "okta_verify",
            "app",
            "OKTA",
            "compliance.fips=OPTIONAL, channelBinding.required=HIGH_RISK_ONLY",
        ],
        &[],
    ),
    (
        EntryKind::Behavior,
        None,
        r#"{"id":"bhv1","name":"Velocity","type":"VELOCITY","settings":{"velocityKph":805},"status":"ACTIVE","created":"2021-11-09 20:38:10.0"}"#,
        "Velocity",
        &["VELOCITY", "velocityKph=805"],
        &[],
    ),
    (
        EntryKind::EventHook,
        None,
        r#"{"id":"who1","status":"ACTIVE","verificationStatus":"VERIFIED","name":"Hook","events":{"type":"EVENT_TYPE","items":["user.lifecycle.create","user.lifecycle.activate"],
            "filter":{"type":"EXPRESSION_LANGUAGE","eventFilterMap":[{"event":"e","condition":{"version":null,"expression":"size()>0"}}]}},
            "channel":{"type":"HTTP","config":{"uri":"https://h/x","headers":[{"key":"X","value":"hush"}],"authScheme":{"type":"HEADER","key":"authorization","value":"hush"}}}}"#,
        "Hook",
        &[
            "https://h/x",
            "VERIFIED",
            "user.lifecycle.create, user.lifecycle.activate",
            "size()>0",
        ],
        &[],
    ),
    (
        EntryKind::InlineHook,
        None,
        r#"{"id":"cal1","status":"ACTIVE","name":"Token hook","type":"com.okta.oauth2.tokens.transform","version":"1.0.0","channel":{"config":{"uri":"https://h/t"}}}"#,
        "Token hook",
        &["com.okta.oauth2.tokens.transform", "https://h/t", "1.0.0"],
        &[],
    ),
    (
        EntryKind::LogStream,
        None,
        r#"{"id":"0oa9","type":"aws_eventbridge","name":"SIEM","status":"ACTIVE","settings":{"accountId":"1","region":"us-east-2","token":"hush"}}"#,
        "SIEM",
        &["aws_eventbridge", "accountId=1, region=us-east-2"],
        &[],
    ),
    (
        EntryKind::TrustedOrigin,
        None,
        r#"{"id":"tos1","name":"Portal","origin":"https://p","status":"ACTIVE","scopes":[{"type":"CORS"},{"type":"REDIRECT"}],"lastedUpdated":"2018-01-13T01:11:44.000Z"}"#,
        "Portal",
        &["https://p", "CORS, REDIRECT"],
        &[],
    ),
    (
        EntryKind::UserType,
        None,
        r#"{"id":"oty1","displayName":"Contractor","name":"contractor","description":"From outside","default":false,"_links":{"schema":{"href":"https://x/api/v1/meta/schemas/user/osc1"}}}"#,
        "contractor",
        &["Contractor", "false", "From outside", "osc1"],
        &["uses user_schema osc1"],
    ),
    (
        EntryKind::UserSchema,
        Some("oty1"),
        r##"{"id":"https://x/meta/schemas/user/osc1","name":"user","title":"User","definitions":{"base":{"id":"#base","properties":{"login":{"unique":"UNIQUE_VALIDATED"},"email":{"unique":"NOT_UNIQUE"}}},
            "custom":{"properties":{"badge":{"unique":true}}}}}"##,
        "user",
        &["User", "login, email, badge", "badge", "login, badge"],
        &[],
    ),
    (
        EntryKind::GroupSchema,
        None,
        r#"{"id":"https://x/meta/schemas/group/default","name":"group","title":"Okta group","definitions":{"base":{"properties":{"name":{}}},"custom":{"properties":{"contact":{}}}}}"#,
        "group",
        &["Okta group", "name, contact", "contact"],
        &[],
    ),
    (
        EntryKind::OrgSetting,
        Some("oktaSupport"),
        r#"{"support":"ENABLED","expiration":"2024-01-24T11:13:14.000Z","caseNumber":null,"_links":{"case":{"href":"x"}}}"#,
        "oktaSupport",
        &[
            "support=ENABLED, expiration=2024-01-24T11:13:14.000Z",
            "2024-01-24T11:13:14.000Z",
        ],
        &[],
    ),
    (
        EntryKind::OrgSetting,
        Some("contact.billing"),
        r#"{"userId":"00u1","_links":{"user":{"href":"https://x/api/v1/users/00u1"}}}"#,
        "contact.billing",
        &["00u1", "-"],
        &["uses user 00u1"],
    ),
    (
        EntryKind::Feature,
        None,
        r#"{"id":"ftr1","description":"New","name":"Shiny","stage":{"state":"CLOSED","value":"BETA"},"status":"DISABLED","type":"self-service"}"#,
        "Shiny",
        &["self-service", "BETA, CLOSED", "New"],
        &[],
    ),
    (
        EntryKind::PushMapping,
        Some("0oa1"),
        r#"{"id":"gPm1","errorSummary":"No such group","sourceGroupId":"00g1","status":"ERROR","targetGroupId":"00g2"}"#,
        "gPm1",
        &["00g1", "00g2", "No such group"],
        &["app app 0oa1", "uses group 00g1", "gives group 00g2"],
    ),
    (
        EntryKind::Factor,
        Some("00u1"),
        r#"{"id":"opf1","factorType":"push","provider":"OKTA","vendorName":"OKTA","status":"ACTIVE","profile":{"name":"Ana's phone"},"_embedded":{"activation":{"sharedSecret":"hush"}}}"#,
        "Ana's phone",
        &["push", "OKTA", "OKTA", "Ana's phone"],
        &["owner user 00u1"],
    ),
];

fn words(reference: &Reference) -> String {
    let how = format!("{:?}", reference.how).to_lowercase();
    match &reference.to {
        Target::Object(object) => format!("{how} {} {}", object.kind().word(), object.as_str()),
        Target::Entry(kind, id) => format!("{how} {kind} {id}"),
        Target::All(what) => format!("{how} all {what}"),
    }
}

#[test]
fn every_kind_is_read_into_its_columns_and_references() {
    for (kind, parent, json, name, facts, refs) in SAMPLES {
        let (entry, _) = read(*kind, *parent, json);
        assert_eq!(&*entry.name, *name, "{kind}");
        let read: Vec<&str> = entry
            .facts
            .iter()
            .map(|fact| fact.as_deref().unwrap_or("-"))
            .collect();
        assert_eq!(read, *facts, "{kind}");
        let mut expected: Vec<String> = refs.iter().map(ToString::to_string).collect();
        let mut found: Vec<String> = entry.refs.iter().map(words).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{kind}");
        let below = if *kind == EntryKind::OrgSetting {
            None
        } else {
            *parent
        };
        assert_eq!(
            entry.key.parent.as_ref().map(EntryId::as_str),
            below,
            "{kind}"
        );
    }
}

#[test]
fn every_kind_has_a_sample_and_every_column_is_filled_by_one() {
    for kind in EntryKind::ALL {
        let samples: Vec<&Sample> = SAMPLES.iter().filter(|sample| sample.0 == *kind).collect();
        assert!(!samples.is_empty(), "{kind}");
        if matches!(
            kind,
            EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole
        ) {
            continue;
        }
        for (at, column) in kind.columns().iter().enumerate() {
            let filled = samples.iter().any(|sample| sample.4[at] != "-");
            assert!(filled, "{kind}: nothing fills {column}");
        }
    }
}

#[test]
fn no_secret_is_kept() {
    for (kind, parent, json, ..) in SAMPLES {
        let (entry, raw) = read(*kind, *parent, json);
        let kept = raw.as_unsafe_str();
        for secret in ["DRUFXGF9", "hush"] {
            assert!(!kept.contains(secret), "{kind}: {kept}");
            assert!(!format!("{entry:?}").contains(secret), "{kind}: {entry:?}");
        }
        let read: serde_json::Value = serde_json::from_str(kept).unwrap();
        assert!(read.is_object());
    }
    let key = r#"{"kid":"a","kty":"RSA","n":"public","d":"private","x5c":["c"]}"#;
    let (_, raw) = read(EntryKind::ClientKey, Some("0oa1"), key);
    assert!(!raw.as_unsafe_str().contains("private") && raw.as_unsafe_str().contains("public"));
    let policy = r#"{"id":"00p1","settings":{"password":{"age":{"maxAgeDays":0}}}}"#;
    let (_, raw) = read(EntryKind::Policy, Some("PASSWORD"), policy);
    assert_eq!(
        raw.as_unsafe_str(),
        policy,
        "what is no secret is kept exactly as sent"
    );
    let deep = format!(
        r#"{{"id":"x","a":{}1{}}}"#,
        r#"{"a":"#.repeat(5_000),
        "}".repeat(5_000)
    );
    read(EntryKind::Idp, None, &deep);
}

#[test]
fn only_an_identity_is_required() {
    for kind in EntryKind::ALL {
        let read_it = |json: &str| {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            decode(*kind, None, raw).is_ok()
        };
        let hostile = r#"{"id":"x1","label":"x2","client_id":"x3","name":7,"status":{},"created":[],"conditions":1,"actions":"",
            "_links":[],"_embedded":null,"profile":0,"settings":[1],"definitions":{"base":[]},"network":{"include":{}}}"#;
        assert_eq!(read_it(hostile), *kind != EntryKind::OrgSetting, "{kind}");
        assert!(!read_it("[]") && !read_it("null"), "{kind}");
    }
    let control = r#"{"id":"0pr1","name":"\u001b[2Jx\u202e"}"#;
    let (entry, _) = read(EntryKind::GroupRule, None, control);
    assert_eq!(&*entry.name, "\\x1b[2Jx<U+202E>");
}

#[test]
fn times_without_a_zone_are_utc() {
    let (entry, _) = read(
        EntryKind::Behavior,
        None,
        r#"{"id":"b","created":"2021-11-09 20:38:10.0"}"#,
    );
    assert_eq!(entry.created, "2021-11-09T20:38:10Z".parse().ok());
}

#[test]
fn orns_name_an_object_or_all_of_a_sort() {
    for (orn, expected) in [
        (
            "orn:okta:directory:00o1:users",
            "all orn:okta:directory:00o1:users",
        ),
        (
            "orn:okta:directory:00o1:users:00uuk41Hjga5qGfQ30g3",
            "user 00uuk41Hjga5qGfQ30g3",
        ),
        (
            "orn:okta:idp:00o1:apps:oidc:0oaqk41Hjga5qGfQ30g3",
            "app 0oaqk41Hjga5qGfQ30g3",
        ),
        ("orn:okta:idp:00o1:apps", "all orn:okta:idp:00o1:apps"),
    ] {
        let json = format!(r#"{{"id":"ire1","orn":"{orn}"}}"#);
        let (entry, _) = read(EntryKind::SetResource, Some("iam1"), &json);
        assert_eq!(words(&entry.refs[0]), format!("member {expected}"));
    }
}

#[test]
fn a_mapping_that_bears_its_policys_id_is_named_by_its_own_link() {
    let json = r#"{"id":"rst1","_links":{"application":{"href":"https://x/api/v1/apps/0oa1"}}}"#;
    let (entry, _) = read(EntryKind::PolicyMapping, Some("rst1"), json);
    assert_eq!(entry.key.id.as_str(), "0oa1");
}

#[test]
fn the_client_of_an_app_may_have_an_id_of_its_own() {
    let raw: &RawValue =
        serde_json::from_str(r#"{"id":"0oa1","credentials":{"oauthClient":{"client_id":"mine"}}}"#)
            .unwrap();
    assert_eq!(client_of_app(raw).unwrap().as_str(), "mine");
    let raw: &RawValue = serde_json::from_str(r#"{"id":"0oa1"}"#).unwrap();
    assert_eq!(client_of_app(raw), None);
}
