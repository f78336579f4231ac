//! The simulator's lists: what is in them, how they page, what may be searched. Named after what surprises clients.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id, texts};
use oktop::sim::Options;

#[tokio::test]
async fn listing_users_hides_the_deactivated_while_searching_and_filtering_show_them() {
    let org = TestOrg::start(calm()).await;
    let truth = org.truth("").await;
    let gone = truth["users_by_status"]["DEPROVISIONED"].as_u64().unwrap();
    let all = truth["users"].as_u64().unwrap();
    assert!(gone > 0 && all == 200);
    let count = async |path: &str| org.all(path).await.len() as u64;
    assert_eq!(count("/api/v1/users?limit=50").await, all - gone);
    assert_eq!(count("/api/v1/users?search=id+pr&limit=50").await, all);
    let filter = "/api/v1/users?filter=status+eq+%22DEPROVISIONED%22";
    assert_eq!(count(filter).await, gone);
    let found = texts(&org.truth("/users").await);
    let seen: BTreeSet<String> = org
        .ids("/api/v1/users?search=status+pr")
        .await
        .into_iter()
        .collect();
    assert_eq!(seen, found);
}

#[tokio::test]
async fn every_endpoint_has_its_own_default_and_maximum_and_clamps_what_is_beyond() {
    let options = Options {
        users: 1_200,
        groups: 350,
        apps: 230,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let slack = id(&org.get("/api/v1/apps?q=Slack").await.json()[0]);
    let size = async |path: &str| org.get(path).await.json().as_array().unwrap().len();
    for (path, default, most) in [
        ("/api/v1/users", 200, 200),
        ("/api/v1/apps", 20, 200),
        (&*format!("/api/v1/apps/{slack}/users"), 50, 500),
        (&*format!("/api/v1/groups/{everyone}/users"), 1_000, 1_000),
        ("/api/v1/groups", 350, 350),
    ] {
        assert_eq!(size(path).await, default, "{path}");
        assert_eq!(size(&format!("{path}?limit=100000")).await, most, "{path}");
        assert_eq!(size(&format!("{path}?limit=3")).await, 3, "{path}");
    }
}

#[tokio::test]
async fn links_are_absolute_with_the_host_that_the_client_used_and_pages_cover_everything_once() {
    let org = TestOrg::start(calm()).await;
    let page = org.get("/api/v1/groups?limit=7&expand=stats").await;
    let base = &org.running.url;
    assert_eq!(
        page.link("self").unwrap(),
        format!("{base}/api/v1/groups?limit=7&expand=stats")
    );
    let next = page.link("next").unwrap();
    assert!(next.starts_with(&format!("{base}/api/v1/groups?expand=stats&after=")));
    let by_name = base.replace("127.0.0.1", "localhost");
    let other = org.get(&format!("{by_name}/api/v1/groups?limit=7")).await;
    assert!(other.link("next").unwrap().starts_with(&by_name));
    let ids = org.ids("/api/v1/groups?limit=7&expand=stats").await;
    let distinct: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(distinct.len(), ids.len());
    assert_eq!(distinct, texts(&org.truth("/groups").await));
}

#[tokio::test]
async fn a_cursor_that_was_never_given_is_refused() {
    let org = TestOrg::start(calm()).await;
    for path in [
        "/api/v1/users?after=nonsense",
        "/api/v1/users?search=id+pr&after=00uNOTANIDATALLNOPE0",
        "/api/v1/users?search=id+pr&sortBy=created&after=zz",
        "/api/v1/groups?after=x",
        "/api/v1/apps?after=x",
    ] {
        let answer = org.get(path).await;
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (400, "E0000029"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_was_just_changed_is_stale_in_lists_and_fresh_by_id() {
    let options = Options {
        index_lag: Duration::from_secs(1),
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let one = org
        .get("/api/v1/users?search=status+eq+%22ACTIVE%22&limit=1")
        .await
        .json()[0]
        .clone();
    let user = id(&one);
    org.hand.advance(Duration::from_secs(5));
    org.change(json!({"change": "suspend_user", "user": user}))
        .await;
    let status = async |path: String| org.get(&path).await.json();
    assert_eq!(
        status(format!("/api/v1/users/{user}")).await["status"],
        "SUSPENDED"
    );
    let listed = format!("/api/v1/users?search=id+eq+%22{user}%22");
    assert_eq!(status(listed.clone()).await[0], one);
    org.hand.advance(Duration::from_secs(1));
    assert_eq!(status(listed).await[0]["status"], "SUSPENDED");
    let created = org
        .change(json!({"change": "create_user", "login": "new@northwind.example", "first_name": "N", "last_name": "W"}))
        .await;
    let search = "/api/v1/users?search=profile.login+eq+%22NEW@northwind.example%22";
    assert!(org.ids(search).await.is_empty());
    assert_eq!(
        org.get(&format!("/api/v1/users/{}", created[0]))
            .await
            .status,
        200
    );
    org.hand.advance(Duration::from_secs(1));
    assert_eq!(org.ids(search).await, created);
}

#[tokio::test]
async fn items_of_user_lists_have_a_self_link_only_and_a_single_user_has_what_is_permitted_now() {
    let org = TestOrg::start(calm()).await;
    for user in org.all("/api/v1/users?search=id+pr").await {
        let links = user["_links"].as_object().unwrap();
        assert_eq!(links.keys().collect::<Vec<_>>(), ["self"]);
    }
    let links = async |status: &str| {
        let path = format!("/api/v1/users?search=status+eq+%22{status}%22&limit=1");
        let user = id(&org.get(&path).await.json()[0]);
        let one = org.get(&format!("/api/v1/users/{user}")).await;
        assert!(one.header("etag").starts_with("W/"));
        one.json()["_links"].clone()
    };
    let active = links("ACTIVE").await;
    assert!(active["suspend"].is_object() && active["deactivate"].is_object());
    assert!(active["activate"].is_null() && active["unsuspend"].is_null());
    let gone = links("DEPROVISIONED").await;
    assert!(gone["activate"].is_object() && gone["deactivate"].is_null());
    assert!(links("SUSPENDED").await["unsuspend"].is_object());
    assert!(links("LOCKED_OUT").await["unlock"].is_object());
}

#[tokio::test]
async fn q_gives_ten_users_or_three_hundred_groups_and_no_further_page() {
    let options = Options {
        users: 900,
        groups: 400,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let users = org.get("/api/v1/users?q=a").await;
    assert_eq!(users.json().as_array().unwrap().len(), 10);
    assert_eq!(users.link("next"), None);
    for user in users.json().as_array().unwrap() {
        let profile = &user["profile"];
        let begins = |name: &str| {
            profile[name]
                .as_str()
                .unwrap()
                .to_lowercase()
                .starts_with('a')
        };
        assert!(
            ["firstName", "lastName", "email"].into_iter().any(begins),
            "{profile}"
        );
        assert_ne!(user["status"], "DEPROVISIONED");
    }
    let groups = org.get("/api/v1/groups?q=o&limit=2").await;
    assert_eq!(groups.json().as_array().unwrap().len(), 2);
    assert_eq!(groups.link("next"), None);
}

#[tokio::test]
async fn a_user_answers_to_id_login_short_name_and_me() {
    let org = TestOrg::start(calm()).await;
    let me = org.get("/api/v1/users/me").await.json();
    let login = me["profile"]["login"].as_str().unwrap();
    let short = login.split('@').next().unwrap();
    for name in [
        me["id"].as_str().unwrap(),
        login,
        short,
        &login.to_uppercase(),
    ] {
        assert_eq!(
            org.get(&format!("/api/v1/users/{name}")).await.json(),
            me,
            "{name}"
        );
    }
    let missing = org.get("/api/v1/users/nobody@nowhere.example").await;
    assert_eq!(
        (missing.status, missing.error_code().as_str()),
        (404, "E0000007")
    );
    let summary = missing.json()["errorSummary"].as_str().unwrap().to_owned();
    assert_eq!(
        summary,
        "Not found: Resource not found: nobody@nowhere.example (User)"
    );
}

#[tokio::test]
async fn searches_fold_case_in_values_but_not_in_names_and_filters_fold_nothing() {
    let org = TestOrg::start(calm()).await;
    let code = async |query: &str| {
        org.get(&format!("/api/v1/users?{query}"))
            .await
            .error_code()
    };
    let count = async |query: &str| org.ids(&format!("/api/v1/users?{query}")).await.len();
    let upper = count("search=profile.department+eq+%22SALES%22").await;
    assert!(upper > 0);
    assert_eq!(
        count("search=profile.department+eq+%22sales%22").await,
        upper
    );
    assert_eq!(count("filter=status+eq+%22active%22").await, 0);
    assert_eq!(
        code("search=profile.Department+eq+%22Sales%22").await,
        "E0000031"
    );
    assert_eq!(code("search=not+(status+pr)").await, "E0000031");
    assert_eq!(code("search=status+ne+%22ACTIVE%22").await, "E0000031");
    assert_eq!(
        code("search=profile.title+co+%22Engineer%22").await,
        "E0000031"
    );
    assert_eq!(code("search=status+eq+%22ACTIVE").await, "E0000031");
    assert_eq!(
        code("filter=profile.city+eq+%22Berlin%22").await,
        "E0000031"
    );
    assert_eq!(code("filter=status+gt+%22A%22").await, "E0000031");
    assert_eq!(
        code("search=id+pr&filter=status+eq+%22ACTIVE%22").await,
        "E0000033"
    );
    assert_eq!(code("limit=none").await, "E0000001");
}

#[tokio::test]
async fn a_delta_search_finds_what_changed_since_and_nothing_else() {
    let org = TestOrg::start(calm()).await;
    let user = id(&org.get("/api/v1/users?limit=1").await.json()[0]);
    let group = id(&org.get("/api/v1/groups?q=Engineering").await.json()[0]);
    org.hand.advance(Duration::from_secs(10));
    org.change(json!([
        {"change": "update_user", "user": user, "profile": {"division": "Reykjavík", "nickName": null}},
        {"change": "remove_member", "group": group, "user": org.ids(&format!("/api/v1/groups/{group}/users?limit=1")).await[0]},
    ]))
    .await;
    let since = "%222026-11-22T10:00:05.000Z%22";
    let users = org
        .all(&format!("/api/v1/users?search=lastUpdated+gt+{since}"))
        .await;
    assert_eq!(users.iter().map(id).collect::<Vec<_>>(), [user]);
    assert_eq!(users[0]["profile"]["division"], "Reykjavík");
    assert_eq!(users[0]["lastUpdated"], "2026-11-22T10:00:10.000Z");
    let filter = format!("lastUpdated+gt+{since}+or+lastMembershipUpdated+gt+{since}");
    let groups = org.all(&format!("/api/v1/groups?filter={filter}")).await;
    assert_eq!(groups.iter().map(id).collect::<Vec<_>>(), [group]);
    assert_eq!(
        groups[0]["lastMembershipUpdated"],
        "2026-11-22T10:00:10.000Z"
    );
    assert_ne!(groups[0]["lastUpdated"], "2026-11-22T10:00:10.000Z");
}

#[tokio::test]
async fn a_sorted_search_pages_in_order_and_ties_are_settled_by_id() {
    let org = TestOrg::start(calm()).await;
    let path = "/api/v1/users?search=status+pr&sortBy=profile.department&limit=9";
    let up = org.all(path).await;
    assert_eq!(up.len(), 200);
    let key = |user: &Value| {
        let department = user["profile"]["department"]
            .as_str()
            .unwrap()
            .to_lowercase();
        (department, id(user))
    };
    assert!(up.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
    let down = org.all(&format!("{path}&sortOrder=desc")).await;
    assert_eq!(down.len(), 200);
    assert!(
        down.windows(2)
            .all(|pair| key(&pair[0]).0 >= key(&pair[1]).0)
    );
}

#[tokio::test]
async fn projections_and_omissions_shrink_what_is_sent() {
    let org = TestOrg::start(calm()).await;
    let few = org
        .get("/api/v1/users?fields=id,status,profile:(login)&limit=1")
        .await
        .json();
    let user = few[0].as_object().unwrap();
    assert_eq!(user.keys().collect::<Vec<_>>(), ["id", "profile", "status"]);
    assert_eq!(user["profile"].as_object().unwrap().len(), 1);
    let full = org.get("/api/v1/users?limit=1").await.json();
    assert!(full[0]["credentials"].is_object());
    let wish = "application/json; okta-response=\"omitCredentials,omitCredentialsLinks, omitTransitioningToStatus\"";
    let lean = org
        .get_with("/api/v1/users?limit=1", "content-type", wish)
        .await
        .json();
    assert!(lean[0]["credentials"].is_null());
    assert_eq!(lean[0]["profile"], full[0]["profile"]);
    let me = org
        .get_with("/api/v1/users/me", "content-type", wish)
        .await
        .json();
    assert!(me["_links"]["changePassword"].is_null() && me["_links"]["suspend"].is_object());
}

#[tokio::test]
async fn everyone_holds_all_but_the_deactivated_and_statistics_agree_with_the_lists() {
    let org = TestOrg::start(calm()).await;
    let truth = org.truth("/memberships").await;
    for group in org.all("/api/v1/groups?expand=stats").await {
        let ids: BTreeSet<String> = org
            .ids(&format!("/api/v1/groups/{}/users?limit=40", id(&group)))
            .await
            .into_iter()
            .collect();
        assert_eq!(ids, texts(&truth[id(&group)]), "{group}");
        let stats = &group["_embedded"]["stats"];
        assert_eq!(stats["usersCount"], ids.len());
        let apps = org
            .ids(&format!("/api/v1/groups/{}/apps", id(&group)))
            .await;
        assert_eq!(stats["appsCount"], apps.len());
        if group["profile"]["name"] == "Everyone" {
            assert_eq!(group["type"], "BUILT_IN");
            let live: BTreeSet<String> = org.ids("/api/v1/users").await.into_iter().collect();
            assert_eq!(ids, live);
        }
    }
}

#[tokio::test]
async fn applications_list_the_active_ones_unless_asked_for_all() {
    let options = Options { apps: 60, ..calm() };
    let org = TestOrg::start(options).await;
    let all = org.all("/api/v1/apps?includeNonDeleted=true").await;
    let active = org.all("/api/v1/apps").await;
    let inactive = org
        .all("/api/v1/apps?filter=status+eq+%22INACTIVE%22")
        .await;
    assert_eq!(all.len(), 60);
    assert!(!inactive.is_empty());
    assert_eq!(active.len() + inactive.len(), 60);
    let modes: BTreeSet<&str> = all
        .iter()
        .filter_map(|app| app["signOnMode"].as_str())
        .collect();
    assert!(modes.len() >= 8, "{modes:?}");
}

#[tokio::test]
async fn app_users_and_app_groups_are_those_of_the_truth_with_their_scope() {
    let org = TestOrg::start(calm()).await;
    let (users, groups) = (
        org.truth("/app_users").await,
        org.truth("/app_groups").await,
    );
    let mut scopes = BTreeSet::new();
    for app in texts(&org.truth("/apps").await) {
        let pair = |item: &Value| (id(item), item["scope"].as_str().unwrap().to_owned());
        let seen: Vec<_> = org
            .all(&format!("/api/v1/apps/{app}/users?limit=30"))
            .await
            .iter()
            .map(pair)
            .collect();
        let there: Vec<_> = users[&app].as_array().unwrap().iter().map(pair).collect();
        assert_eq!(seen, there);
        scopes.extend(seen.into_iter().map(|(_, scope)| scope));
        let given: BTreeSet<String> = org
            .ids(&format!("/api/v1/apps/{app}/groups?limit=20"))
            .await
            .into_iter()
            .collect();
        assert_eq!(given, texts(&groups[&app]));
    }
    assert_eq!(scopes, ["GROUP", "USER"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_users_own_lists_agree_with_the_lists_of_groups_and_applications() {
    let org = TestOrg::start(calm()).await;
    let memberships = org.truth("/memberships").await;
    for user in org
        .ids("/api/v1/users?search=id+pr&limit=60")
        .await
        .iter()
        .step_by(9)
    {
        let groups: BTreeSet<String> = org
            .ids(&format!("/api/v1/users/{user}/groups"))
            .await
            .into_iter()
            .collect();
        let there: BTreeSet<String> = memberships
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, members)| texts(members).contains(user))
            .map(|(group, _)| group.clone())
            .collect();
        assert_eq!(groups, there);
        let links = org.all(&format!("/api/v1/users/{user}/appLinks")).await;
        let by_filter = org
            .ids(&format!("/api/v1/apps?filter=user.id+eq+%22{user}%22"))
            .await;
        let by_link: Vec<&str> = links
            .iter()
            .map(|link| link["appInstanceId"].as_str().unwrap())
            .collect();
        assert_eq!(by_link, by_filter);
    }
}

#[tokio::test]
async fn a_newly_assigned_groups_members_get_the_application_in_the_background() {
    let org = TestOrg::start(calm()).await;
    let group = id(&org.get("/api/v1/groups?q=Engineering").await.json()[0]);
    let app = org
        .change(json!({"change": "create_app", "label": "Brand New"}))
        .await
        .remove(0);
    org.change(json!({"change": "assign_group", "app": app, "group": group}))
        .await;
    let users = format!("/api/v1/apps/{app}/users?limit=500");
    assert!(org.ids(&users).await.is_empty());
    let given = org.ids(&format!("/api/v1/apps/{app}/groups")).await;
    assert_eq!(given, std::slice::from_ref(&group));
    org.hand.advance(Duration::from_secs(3));
    let members = org.ids(&format!("/api/v1/groups/{group}/users")).await;
    assert!(!members.is_empty());
    assert_eq!(org.ids(&users).await, members);
}

#[tokio::test]
async fn factors_are_an_array_without_pages_and_vanish_with_a_reset() {
    let org = TestOrg::start(calm()).await;
    for user in org.ids("/api/v1/users?search=status+eq+%22ACTIVE%22").await {
        let path = format!("/api/v1/users/{user}/factors");
        let factors = org.all(&path).await;
        let Some(first) = factors.first() else {
            continue;
        };
        assert_eq!(
            org.get(&format!("{path}/{}", id(first))).await.json(),
            *first
        );
        org.change(json!({"change": "reset_factors", "user": user}))
            .await;
        assert!(org.all(&path).await.is_empty());
        let one = org.get(&format!("/api/v1/users/{user}")).await.json();
        assert!(one["_links"]["resetFactors"].is_null());
        return;
    }
    panic!("nobody has a factor");
}

#[tokio::test]
async fn who_is_deleted_is_gone_everywhere_and_a_cursor_at_its_place_still_works() {
    let org = TestOrg::start(calm()).await;
    let page = org.get("/api/v1/users?search=id+pr&limit=20").await;
    let last = id(&page.json()[19]);
    org.change(json!({"change": "delete_user", "user": last}))
        .await;
    let rest = org.ids(&page.link("next").unwrap()).await;
    assert_eq!(rest.len(), 180);
    assert_eq!(org.get(&format!("/api/v1/users/{last}")).await.status, 404);
    assert!(!texts(&org.truth("/users").await).contains(&last));
}
