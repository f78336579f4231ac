//! The languages of `search`, `filter` and `q`, endpoint by endpoint: what each finds, and what each refuses with which code and
//! words. A row that finds something is checked against the same question asked of every object's JSON.

use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};
use oktop::sim::Options;

/// A question, and whether an object is an answer to it.
type Finds = (&'static [(&'static str, &'static str)], fn(&Value) -> bool);
/// A question that is refused: with which code, and with which words in summary or causes.
type Refuses = (
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(value, |value, name| &value[name])
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    at(value, path).as_str().unwrap_or_default()
}

fn folded(value: &Value, path: &str) -> String {
    text(value, path).to_lowercase()
}

fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("{path}?{query}")
}

/// Every row finds exactly those of `all` that its question is true of, and at least half of the rows find somebody and leave
/// somebody out: a table of questions that everybody or nobody answers would prove nothing.
async fn each_finds(org: &TestOrg, path: &str, all: &[Value], rows: &[Finds]) {
    let mut telling = 0;
    for (parameters, is_meant) in rows {
        let found = org.ids(&address(path, parameters)).await;
        let meant: Vec<String> = all.iter().filter(|one| is_meant(one)).map(id).collect();
        assert_eq!(found, meant, "{path} {parameters:?}");
        telling += usize::from(!found.is_empty() && found.len() < all.len());
    }
    assert!(
        telling * 2 >= rows.len(),
        "{path}: {telling} of {} rows tell",
        rows.len()
    );
}

async fn each_is_refused(org: &TestOrg, path: &str, rows: &[Refuses]) {
    for (parameters, code, words) in rows {
        let answer = org.get(&address(path, parameters)).await;
        let said = answer.json();
        assert_eq!(answer.status, 400, "{path} {parameters:?}: {said}");
        assert_eq!(said["errorCode"], *code, "{path} {parameters:?}: {said}");
        assert!(
            said.to_string().contains(&words.replace('"', "\\\"")),
            "{path} {parameters:?}: {said}"
        );
    }
}

/// One that no endpoint takes: two hundred and one comparisons.
fn too_complex() -> String {
    vec!["id pr"; 201].join(" or ")
}

fn is(value: &Value, path: &str, wanted: &str) -> bool {
    text(value, path) == wanted
}

const USERS: &str = "/api/v1/users";
const MID: &str = "2024-06-01T00:00:00.000Z";

const USER_SEARCHES: &[Finds] = &[
    (&[("search", "status eq \"ACTIVE\"")], |u| {
        is(u, "status", "ACTIVE")
    }),
    // Values fold their case, names do not.
    (&[("search", "status eq \"suspended\"")], |u| {
        is(u, "status", "SUSPENDED")
    }),
    (&[("search", "profile.department eq \"SALES\"")], |u| {
        is(u, "profile.department", "Sales")
    }),
    (&[("search", "profile.lastName sw \"s\"")], |u| {
        folded(u, "profile.lastName").starts_with('s')
    }),
    (&[("search", "profile.firstName co \"AN\"")], |u| {
        folded(u, "profile.firstName").contains("an")
    }),
    (&[("search", "profile.email co \"@eu.\"")], |u| {
        text(u, "profile.email").contains("@eu.")
    }),
    (&[("search", "profile.login co \".w\"")], |u| {
        folded(u, "profile.login").contains(".w")
    }),
    (
        &[("search", "created gt \"2024-06-01T00:00:00.000Z\"")],
        |u| text(u, "created") > MID,
    ),
    (
        &[("search", "created le \"2024-06-01T00:00:00.000Z\"")],
        |u| text(u, "created") <= MID,
    ),
    (
        &[("search", "lastUpdated lt \"2026-11-01T00:00:00.000Z\"")],
        |u| text(u, "lastUpdated") < "2026-11-01T00:00:00.000Z",
    ),
    (&[("search", "profile.spokenLanguages eq \"DE\"")], |u| {
        at(u, "profile.spokenLanguages")
            .as_array()
            .is_some_and(|all| all.contains(&json!("de")))
    }),
    (&[("search", "profile.contractor eq true")], |u| {
        at(u, "profile.contractor") == &json!(true)
    }),
    (&[("search", "profile.badgeNumber ge 40100")], |u| {
        at(u, "profile.badgeNumber").as_i64() >= Some(40_100)
    }),
    (&[("search", "profile.mobilePhone pr")], |u| {
        at(u, "profile.mobilePhone").is_string()
    }),
    (&[("search", "activated pr")], |u| {
        at(u, "activated").is_string()
    }),
    // What stands in for the negation that there is not.
    (
        &[("search", "status lt \"ACTIVE\" or status gt \"ACTIVE\"")],
        |u| !is(u, "status", "ACTIVE"),
    ),
    (
        &[(
            "search",
            "(status eq \"ACTIVE\" or status eq \"STAGED\") and profile.countryCode eq \"US\"",
        )],
        |u| {
            (is(u, "status", "ACTIVE") || is(u, "status", "STAGED"))
                && is(u, "profile.countryCode", "US")
        },
    ),
    // `q` beside a search says nothing.
    (&[("search", "status eq \"STAGED\""), ("q", "zzz")], |u| {
        is(u, "status", "STAGED")
    }),
    (&[("filter", "status eq \"DEPROVISIONED\"")], |u| {
        is(u, "status", "DEPROVISIONED")
    }),
    (&[("filter", "status eq \"deprovisioned\"")], |_| false),
    (
        &[("filter", "lastUpdated ge \"2026-11-01T00:00:00.000Z\"")],
        |u| text(u, "lastUpdated") >= "2026-11-01T00:00:00.000Z",
    ),
    (
        &[("filter", "status eq \"STAGED\" or status eq \"SUSPENDED\"")],
        |u| is(u, "status", "STAGED") || is(u, "status", "SUSPENDED"),
    ),
    (
        &[(
            "filter",
            "profile.firstName eq \"Maria\" or status eq \"RECOVERY\"",
        )],
        |u| is(u, "profile.firstName", "Maria") || is(u, "status", "RECOVERY"),
    ),
];

const USER_REFUSALS: &[Refuses] = &[
    (
        &[("search", "profile.Department eq \"Sales\"")],
        "E0000031",
        "Invalid search criteria.",
    ),
    (
        &[("search", "Status eq \"ACTIVE\"")],
        "E0000031",
        "Unrecognized property: Status",
    ),
    (
        &[("search", "profile.noSuchThing pr")],
        "E0000031",
        "Unrecognized property",
    ),
    (
        &[("search", "status ne \"ACTIVE\"")],
        "E0000031",
        "Operator: ne, Field: status",
    ),
    (
        &[("search", "not (status eq \"ACTIVE\")")],
        "E0000031",
        "'not' is not supported",
    ),
    (
        &[("search", "profile.title co \"Engineer\"")],
        "E0000031",
        "Operator: co, Field: profile.title",
    ),
    (
        &[("search", "profile.lastName ew \"n\"")],
        "E0000031",
        "Operator: ew, Field: profile.lastName",
    ),
    (
        &[("search", "created gt \"yesterday\"")],
        "E0000031",
        "Field: created",
    ),
    (
        &[("search", "status eqq \"ACTIVE\"")],
        "E0000031",
        "Unrecognized attribute operator 'eqq'",
    ),
    (
        &[("search", "status eq \"ACTIVE")],
        "E0000031",
        "Invalid search criteria.",
    ),
    (
        &[("search", "(status eq \"ACTIVE\"")],
        "E0000031",
        "Missing ')'",
    ),
    (
        &[("search", "status eq ACTIVE")],
        "E0000031",
        "Invalid search criteria.",
    ),
    (
        &[("search", "id pr"), ("filter", "status eq \"ACTIVE\"")],
        "E0000033",
        "Can't specify a search query and filter",
    ),
    (
        &[("search", "id pr"), ("sortBy", "profile.noSuchThing")],
        "E0000031",
        "Unrecognized property",
    ),
    (
        &[("filter", "profile.city eq \"Berlin\"")],
        "E0000031",
        "Field: profile.city",
    ),
    (
        &[("filter", "status gt \"ACTIVE\"")],
        "E0000031",
        "Operator: gt, Field: status",
    ),
    (
        &[("filter", "profile.login sw \"a\"")],
        "E0000031",
        "Operator: sw, Field: profile.login",
    ),
    (
        &[("filter", "created gt \"2024-06-01T00:00:00.000Z\"")],
        "E0000031",
        "Field: created",
    ),
    (
        &[("filter", "status pr")],
        "E0000031",
        "Operator: pr, Field: status",
    ),
    (
        &[("filter", "not (status eq \"ACTIVE\")")],
        "E0000031",
        "'not' is not supported",
    ),
    (&[("limit", "none")], "E0000001", "limit"),
    (&[("limit", "0")], "E0000001", "limit"),
    (
        &[("after", "nonsense")],
        "E0000029",
        "Invalid paging request.",
    ),
    (&[("fields", "id,profile:(login")], "E0000001", "fields"),
];

#[tokio::test]
async fn users_are_searched_and_filtered_as_documented() {
    let org = TestOrg::start(calm()).await;
    let all = org.all("/api/v1/users?search=id+pr").await;
    assert_eq!(all.len(), 200);
    each_finds(&org, USERS, &all, USER_SEARCHES).await;
    each_is_refused(&org, USERS, USER_REFUSALS).await;
    let complex = org
        .get(&address(USERS, &[("search", &too_complex())]))
        .await;
    assert_eq!(
        (complex.status, complex.error_code().as_str()),
        (400, "E0000031")
    );
    let one = &all[7];
    for (field, value) in [
        ("id", text(one, "id")),
        ("profile.login", text(one, "profile.login")),
    ] {
        let filter = format!("{field} eq \"{value}\"");
        assert_eq!(
            org.ids(&address(USERS, &[("filter", &filter)])).await,
            [id(one)]
        );
        let upper = format!(
            "profile.login eq \"{}\"",
            text(one, "profile.login").to_uppercase()
        );
        assert!(
            org.ids(&address(USERS, &[("filter", &upper)]))
                .await
                .is_empty()
        );
        assert_eq!(
            org.ids(&address(USERS, &[("search", &upper)])).await,
            [id(one)]
        );
    }
}

const GROUPS: &str = "/api/v1/groups";

const GROUP_SEARCHES: &[Finds] = &[
    (&[("search", "type eq \"OKTA_GROUP\"")], |g| {
        is(g, "type", "OKTA_GROUP")
    }),
    (&[("search", "type eq \"app_group\"")], |g| {
        is(g, "type", "APP_GROUP")
    }),
    (&[("search", "profile.name eq \"everyone\"")], |g| {
        is(g, "profile.name", "Everyone")
    }),
    (&[("search", "profile.name sw \"E\"")], |g| {
        folded(g, "profile.name").starts_with('e')
    }),
    (&[("search", "profile.name co \"in\"")], |g| {
        folded(g, "profile.name").contains("in")
    }),
    (&[("search", "profile.description co \"of\"")], |g| {
        folded(g, "profile.description").contains("of")
    }),
    (
        &[("search", "created gt \"2024-06-01T00:00:00.000Z\"")],
        |g| text(g, "created") > MID,
    ),
    (
        &[(
            "search",
            "lastMembershipUpdated ge \"2024-06-01T00:00:00.000Z\"",
        )],
        |g| text(g, "lastMembershipUpdated") >= MID,
    ),
    (&[("search", "source.id pr")], |g| {
        at(g, "_links.source").is_object()
    }),
    (&[("search", "profile.samAccountName pr")], |g| {
        at(g, "profile.samAccountName").is_string()
    }),
    (
        &[("search", "profile.dn sw \"cn=\" and type eq \"APP_GROUP\"")],
        |g| at(g, "profile.dn").is_string(),
    ),
    (&[("filter", "type eq \"BUILT_IN\"")], |g| {
        is(g, "type", "BUILT_IN")
    }),
    (&[("filter", "type eq \"built_in\"")], |_| false),
    (
        &[(
            "filter",
            "lastUpdated gt \"2024-06-01T00:00:00.000Z\" or lastMembershipUpdated gt \"2026-01-01T00:00:00.000Z\"",
        )],
        |g| {
            text(g, "lastUpdated") > MID
                || text(g, "lastMembershipUpdated") > "2026-01-01T00:00:00.000Z"
        },
    ),
    (&[("q", "E")], |g| {
        folded(g, "profile.name").starts_with('e')
    }),
    (&[("q", "e"), ("filter", "type eq \"OKTA_GROUP\"")], |g| {
        folded(g, "profile.name").starts_with('e') && is(g, "type", "OKTA_GROUP")
    }),
];

const GROUP_REFUSALS: &[Refuses] = &[
    (
        &[("search", "profile.name gt \"A\"")],
        "E0000031",
        "Operator: gt, Field: profile.name",
    ),
    (
        &[("search", "id co \"00g\"")],
        "E0000031",
        "Operator: co, Field: id",
    ),
    (
        &[("search", "profile.samAccountName co \"a\"")],
        "E0000031",
        "Operator: co",
    ),
    (
        &[("search", "type ne \"OKTA_GROUP\"")],
        "E0000031",
        "Operator: ne, Field: type",
    ),
    (
        &[("search", "not (type pr)")],
        "E0000031",
        "'not' is not supported",
    ),
    (
        &[("search", "profile.owner pr")],
        "E0000031",
        "Unrecognized property",
    ),
    (
        &[("search", "id pr"), ("filter", "type eq \"OKTA_GROUP\"")],
        "E0000033",
        "Can't specify",
    ),
    (
        &[("filter", "profile.name eq \"Everyone\"")],
        "E0000031",
        "Field: profile.name",
    ),
    (
        &[("filter", "type sw \"OKTA\"")],
        "E0000031",
        "Operator: sw, Field: type",
    ),
    (
        &[("filter", "lastUpdated gt \"soon\"")],
        "E0000031",
        "Field: lastUpdated",
    ),
    (
        &[("after", "nonsense")],
        "E0000029",
        "Invalid paging request.",
    ),
];

#[tokio::test]
async fn groups_are_searched_and_filtered_as_documented() {
    let options = Options {
        groups: 200,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let all = org.all(GROUPS).await;
    each_finds(&org, GROUPS, &all, GROUP_SEARCHES).await;
    each_is_refused(&org, GROUPS, GROUP_REFUSALS).await;
    let source = text(
        all.iter()
            .find(|group| at(group, "_links.source").is_object())
            .unwrap(),
        "_links.source.href",
    );
    let directory = source.rsplit('/').next().unwrap();
    let search = format!("source.id eq \"{directory}\"");
    let imported = org.ids(&address(GROUPS, &[("search", &search)])).await;
    let meant = all
        .iter()
        .filter(|group| is(group, "_links.source.href", source));
    assert_eq!(imported, meant.map(id).collect::<Vec<_>>());
    let by_name = org
        .all(&address(
            GROUPS,
            &[
                ("search", "id pr"),
                ("sortBy", "profile.name"),
                ("sortOrder", "desc"),
                ("limit", "7"),
            ],
        ))
        .await;
    assert_eq!(by_name.len(), all.len());
    assert!(
        by_name
            .windows(2)
            .all(|two| folded(&two[0], "profile.name") >= folded(&two[1], "profile.name"))
    );
    // Without a search there is no order to ask for.
    assert_eq!(
        org.ids(&address(GROUPS, &[("sortBy", "profile.name")]))
            .await,
        all.iter().map(id).collect::<Vec<_>>()
    );
}

const APPS: &str = "/api/v1/apps";

const APP_FILTERS: &[Finds] = &[
    (&[("includeNonDeleted", "true")], |_| true),
    (&[], |a| is(a, "status", "ACTIVE")),
    (&[("filter", "status eq \"INACTIVE\"")], |a| {
        is(a, "status", "INACTIVE")
    }),
    (&[("filter", "status eq \"inactive\"")], |_| false),
    (&[("filter", "name eq \"active_directory\"")], |a| {
        is(a, "name", "active_directory")
    }),
    (&[("filter", "settings.slo.enabled eq true")], |a| {
        at(a, "settings.signOn.slo.enabled") == &json!(true) && is(a, "status", "ACTIVE")
    }),
    (&[("q", "S"), ("includeNonDeleted", "true")], |a| {
        folded(a, "label").starts_with('s') || text(a, "name").starts_with('s')
    }),
    (&[("q", "go"), ("filter", "status eq \"ACTIVE\"")], |a| {
        (folded(a, "label").starts_with("go") || text(a, "name").starts_with("go"))
            && is(a, "status", "ACTIVE")
    }),
];

const APP_REFUSALS: &[Refuses] = &[
    (
        &[("filter", "label eq \"Slack\"")],
        "E0000031",
        "Unrecognized property: label",
    ),
    (
        &[("filter", "status ne \"ACTIVE\"")],
        "E0000031",
        "Operator: ne, Field: status",
    ),
    (
        &[("filter", "name sw \"sales\"")],
        "E0000031",
        "Operator: sw, Field: name",
    ),
    (
        &[("filter", "not (status eq \"ACTIVE\")")],
        "E0000031",
        "'not' is not supported",
    ),
    (
        &[("filter", "status eq")],
        "E0000031",
        "Invalid search criteria.",
    ),
    (&[("limit", "-1x")], "E0000001", "limit"),
    (
        &[("after", "nonsense")],
        "E0000029",
        "Invalid paging request.",
    ),
];

#[tokio::test]
async fn applications_are_filtered_as_documented() {
    let options = Options { apps: 60, ..calm() };
    let org = TestOrg::start(options).await;
    let all = org.all("/api/v1/apps?includeNonDeleted=true").await;
    each_finds(&org, APPS, &all, APP_FILTERS).await;
    each_is_refused(&org, APPS, APP_REFUSALS).await;
    let signed = all
        .iter()
        .find(|app| at(app, "credentials.signing.kid").is_string())
        .unwrap();
    let kid = format!(
        "credentials.signing.kid eq \"{}\"",
        text(signed, "credentials.signing.kid")
    );
    assert_eq!(
        org.ids(&address(
            APPS,
            &[("filter", &kid), ("includeNonDeleted", "true")]
        ))
        .await,
        [id(signed)]
    );
    let brief = org
        .get(&address(APPS, &[("useOptimization", "true")]))
        .await
        .json();
    assert!(
        brief[0]["label"].is_string() && brief[0]["settings"].is_null(),
        "{}",
        brief[0]
    );
}

#[tokio::test]
async fn applications_of_a_user_or_a_group_embed_the_user_only_when_both_parameters_name_it() {
    let org = TestOrg::start(calm()).await;
    let truth = org.truth("/app_users").await;
    let user = truth
        .as_object()
        .unwrap()
        .values()
        .find_map(|users| users[0]["id"].as_str())
        .unwrap();
    let other = org
        .ids("/api/v1/users?limit=200")
        .await
        .into_iter()
        .find(|one| one != user)
        .unwrap();
    let filter = format!("user.id eq \"{user}\"");
    let expanded = async |of: &str| {
        let expand = format!("user/{of}");
        org.all(&address(APPS, &[("filter", &filter), ("expand", &expand)]))
            .await
    };
    for app in expanded(user).await {
        assert_eq!(app["_embedded"]["user"]["id"], *user);
        let truly = truth[id(&app)]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == *user);
        assert!(truly, "{app}");
    }
    assert!(
        expanded(&other)
            .await
            .iter()
            .all(|app| app["_embedded"].is_null())
    );
    let plain = org
        .all(&address(APPS, &[("expand", &format!("user/{user}"))]))
        .await;
    assert!(plain.iter().all(|app| app["_embedded"].is_null()));
    let nobody = org
        .ids(&address(
            APPS,
            &[("filter", "user.id eq \"00u0000000000000none\"")],
        ))
        .await;
    assert!(nobody.is_empty());
    let given = org.truth("/app_groups").await;
    let group = given
        .as_object()
        .unwrap()
        .values()
        .find_map(|groups| groups[0].as_str())
        .unwrap();
    let of_group = org
        .ids(&address(
            APPS,
            &[
                ("filter", &format!("group.id eq \"{group}\"")),
                ("includeNonDeleted", "true"),
            ],
        ))
        .await;
    let there: Vec<String> = org
        .ids(&format!("/api/v1/groups/{group}/apps?limit=200"))
        .await;
    assert_eq!(of_group, there);
}

#[tokio::test]
async fn below_an_application_q_means_the_beginning_of_a_name() {
    let org = TestOrg::start(calm()).await;
    let apps = org.truth("/app_users").await;
    let (app, _) = apps
        .as_object()
        .unwrap()
        .iter()
        .max_by_key(|(_, users)| users.as_array().unwrap().len())
        .unwrap();
    let users = format!("/api/v1/apps/{app}/users");
    let all = org.all(&format!("{users}?limit=500")).await;
    for q in ["a", "M", "zz", "northwind"] {
        let meant: Vec<String> = all
            .iter()
            .filter(|one| {
                let lower = q.to_lowercase();
                [
                    "credentials.userName",
                    "profile.firstName",
                    "profile.lastName",
                    "profile.email",
                ]
                .iter()
                .any(|path| folded(one, path).starts_with(&lower))
            })
            .map(id)
            .collect();
        assert_eq!(
            org.ids(&address(&users, &[("q", q), ("limit", "9")])).await,
            meant,
            "{q}"
        );
    }
    each_is_refused(
        &org,
        &users,
        &[
            (&[("after", "x")], "E0000029", "paging"),
            (&[("limit", "no")], "E0000001", "limit"),
        ],
    )
    .await;
    let given = org.truth("/app_groups").await;
    let (app, groups) = given
        .as_object()
        .unwrap()
        .iter()
        .max_by_key(|(_, groups)| groups.as_array().unwrap().len())
        .unwrap();
    let names: Vec<String> = {
        let mut names = Vec::new();
        for group in groups.as_array().unwrap() {
            let group = org
                .get(&format!("/api/v1/groups/{}", group.as_str().unwrap()))
                .await
                .json();
            names.push(folded(&group, "profile.name"));
        }
        names
    };
    let q = &names[0][..1];
    let found = org
        .ids(&address(&format!("/api/v1/apps/{app}/groups"), &[("q", q)]))
        .await;
    assert_eq!(
        found.len(),
        names.iter().filter(|name| name.starts_with(q)).count()
    );
}

const LOGS: &str = "/api/v1/logs";

const LOG_FILTERS: &[Finds] = &[
    (&[("filter", "eventType eq \"user.session.start\"")], |e| {
        is(e, "eventType", "user.session.start")
    }),
    (&[("filter", "event_type sw \"user.\"")], |e| {
        text(e, "eventType").starts_with("user.")
    }),
    (&[("filter", "eventType ew \"session.start\"")], |e| {
        text(e, "eventType").ends_with("session.start")
    }),
    (&[("filter", "eventType co \"session\"")], |e| {
        text(e, "eventType").contains("session")
    }),
    (&[("filter", "eventType ne \"user.session.start\"")], |e| {
        !is(e, "eventType", "user.session.start")
    }),
    (&[("filter", "not (outcome.result eq \"SUCCESS\")")], |e| {
        !is(e, "outcome.result", "SUCCESS")
    }),
    // Here values keep their case.
    (&[("filter", "outcome.result eq \"success\"")], |_| false),
    (&[("filter", "outcome.result gt \"FAILURE\"")], |e| {
        text(e, "outcome.result") > "FAILURE"
    }),
    (
        &[(
            "filter",
            "severity eq \"WARN\" or outcome.result eq \"FAILURE\"",
        )],
        |e| is(e, "severity", "WARN") || is(e, "outcome.result", "FAILURE"),
    ),
    (
        &[(
            "filter",
            "outcome.reason pr and (severity eq \"INFO\" or severity eq \"WARN\")",
        )],
        |e| {
            at(e, "outcome.reason").is_string()
                && (is(e, "severity", "INFO") || is(e, "severity", "WARN"))
        },
    ),
    (
        &[(
            "filter",
            "target.type eq \"User\" and target.type eq \"UserGroup\"",
        )],
        |e| {
            let has = |kind: &str| {
                at(e, "target")
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| is(one, "type", kind)))
            };
            has("User") && has("UserGroup")
        },
    ),
    (&[("filter", "securityContext.isProxy eq false")], |e| {
        at(e, "securityContext.isProxy") == &json!(false)
    }),
    (&[("filter", "client.zone eq \"null\"")], |e| {
        is(e, "client.zone", "null")
    }),
    (
        &[("filter", "debugContext.debugData.requestUri sw \"/api\"")],
        |e| text(e, "debugContext.debugData.requestUri").starts_with("/api"),
    ),
    (
        &[("filter", "authenticationContext.authenticationStep eq 0")],
        |e| at(e, "authenticationContext.authenticationStep") == &json!(0),
    ),
];

const LOG_REFUSALS: &[Refuses] = &[
    (
        &[("filter", "published gt \"2026-01-01T00:00:00Z\"")],
        "E0000053",
        "field is not valid: published",
    ),
    (
        &[("filter", "some_invalid_field eq \"x\"")],
        "E0000053",
        "field is not valid: some_invalid_field",
    ),
    (
        &[("filter", "displayMessage eqq \"x\"")],
        "E0000053",
        "Unrecognized attribute operator 'eqq' at position 15. Expected: eq,co,sw,pr,gt,ge,lt,le",
    ),
    (
        &[("filter", "debugContext.debugData.url co \"x\"")],
        "E0000031",
        "Operator: co, Field: debugContext.debugData.url",
    ),
    (
        &[("filter", "debugContext.debugData.requestUri co \"x\"")],
        "E0000031",
        "The supplied combination of operator and field is not currently supported.",
    ),
    (
        &[("filter", "target[type eq \"User\"]")],
        "E0000053",
        "Invalid filter",
    ),
    (
        &[("filter", "eventType eq user")],
        "E0000053",
        "Invalid filter",
    ),
    (&[("filter", "(eventType pr")], "E0000053", "Invalid filter"),
    (
        &[("since", "yesterday")],
        "E0000001",
        "The date format in your query is not recognized.",
    ),
    (
        &[("until", "yesterday")],
        "E0000001",
        "must be a valid date-time or empty.",
    ),
    (&[("since", "2026-05-01T00:00:00Z")], "E0000053", "180 days"),
    (
        &[("q", "a b c d e f g h i j k")],
        "E0000001",
        "cannot contain more than 10 items",
    ),
    (
        &[("q", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")],
        "E0000001",
        "longer than 40 characters",
    ),
    (&[("limit", "ten")], "E0000001", "limit"),
    (&[("limit", "-1")], "E0000001", "limit"),
    (&[("sortOrder", "SIDEWAYS")], "E0000001", "sortOrder"),
    (
        &[("after", "nonsense")],
        "E0000029",
        "Invalid paging request.",
    ),
];

#[tokio::test]
async fn the_system_log_is_filtered_as_documented() {
    let org = TestOrg::start(Options {
        events: 900,
        ..calm()
    })
    .await;
    let all = org.get("/api/v1/logs?limit=1000").await.json();
    let all = all.as_array().unwrap();
    assert!(all.len() >= 800, "{}", all.len());
    let uuid = |event: &Value| text(event, "uuid").to_owned();
    let mut telling = 0;
    for (parameters, is_meant) in LOG_FILTERS {
        let parameters = [*parameters, &[("limit", "1000")]].concat();
        let found = org.get(&address(LOGS, &parameters)).await.json();
        let found: Vec<String> = found.as_array().unwrap().iter().map(uuid).collect();
        let meant: Vec<String> = all
            .iter()
            .filter(|event| is_meant(event))
            .map(uuid)
            .collect();
        assert_eq!(found, meant, "{parameters:?}");
        telling += usize::from(!found.is_empty() && found.len() < all.len());
    }
    assert!(telling >= LOG_FILTERS.len() / 2, "{telling}");
    each_is_refused(&org, LOGS, LOG_REFUSALS).await;
    let both = org.get("/api/v1/logs?since=yesterday").await.json();
    assert_eq!(
        both["errorCauses"].as_array().unwrap().len(),
        2,
        "a bad date has two causes"
    );
    // Two values of one attribute match different targets of one event.
    let two = all
        .iter()
        .find(|event| {
            at(event, "target")
                .as_array()
                .is_some_and(|all| all.len() == 2)
        })
        .unwrap();
    let filter = format!(
        "target.id eq \"{}\" and target.id eq \"{}\"",
        text(&two["target"][0], "id"),
        text(&two["target"][1], "id")
    );
    let found = org.get(&address(LOGS, &[("filter", &filter)])).await.json();
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .any(|event| uuid(event) == uuid(two))
    );
}
