//! Lists: who is in them, how long they are, how old.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::sim_org::{TestOrg, calm, id, texts};
use oktop::sim::Options;

#[tokio::test]
async fn s02_listing_users_hides_the_deactivated_and_search_and_filter_show_them() {
    let org = TestOrg::start(calm()).await;
    let hidden: BTreeSet<String> = org
        .ids("/api/v1/users?filter=status+eq+%22DEPROVISIONED%22")
        .await
        .into_iter()
        .collect();
    assert!(!hidden.is_empty());
    let listed: BTreeSet<String> = org.ids("/api/v1/users").await.into_iter().collect();
    let searched: BTreeSet<String> = org
        .ids("/api/v1/users?search=status+pr")
        .await
        .into_iter()
        .collect();
    assert!(listed.is_disjoint(&hidden));
    assert_eq!(&searched - &listed, hidden);
}

#[tokio::test]
async fn s04_page_sizes_differ_by_endpoint_and_are_clamped() {
    let options = Options {
        users: 1_300,
        groups: 40,
        apps: 230,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let apps = org.truth("/app_users").await;
    let app = apps
        .as_object()
        .unwrap()
        .iter()
        .max_by_key(|(_, users)| users.as_array().unwrap().len())
        .unwrap()
        .0;
    let length = async |path: &str| org.get(path).await.json().as_array().unwrap().len();
    for (path, default, most) in [
        ("/api/v1/users", 200, 200),
        (&format!("/api/v1/groups/{everyone}/users"), 1_000, 1_000),
        ("/api/v1/apps", 20, 200),
        (&format!("/api/v1/apps/{app}/users"), 50, 500),
        ("/api/v1/groups", 40, 40),
    ] {
        assert_eq!(length(path).await, default, "{path}");
        assert_eq!(length(&format!("{path}?limit=20000")).await, most, "{path}");
        assert_eq!(length(&format!("{path}?limit=3")).await, 3, "{path}");
    }
}

#[tokio::test]
async fn s05_what_was_just_changed_is_stale_in_lists_and_fresh_by_id() {
    let options = Options {
        index_lag: Duration::from_millis(800),
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let user = id(&org
        .get("/api/v1/users?search=status+eq+%22ACTIVE%22&limit=1")
        .await
        .json()[0]);
    org.hand.advance(Duration::from_secs(5));
    org.change(json!({"change": "suspend_user", "user": user}))
        .await;
    let by_id = format!("/api/v1/users/{user}");
    assert_eq!(org.get(&by_id).await.json()["status"], "SUSPENDED");
    for index in ["search", "filter"] {
        let path = format!("/api/v1/users?{index}=id+eq+%22{user}%22");
        assert_eq!(
            org.get(&path).await.json()[0]["status"],
            "ACTIVE",
            "{index}"
        );
    }
    org.hand.advance(Duration::from_millis(800));
    let path = format!("/api/v1/users?search=id+eq+%22{user}%22");
    assert_eq!(org.get(&path).await.json()[0]["status"], "SUSPENDED");
}

#[tokio::test]
async fn s13_lists_below_iam_page_in_the_body() {
    let options = Options {
        users: 400,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let first = org.get("/api/v1/iam/assignees/users?limit=2").await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.link("next"), None, "not in a header");
    let mut seen = Vec::new();
    let mut page = first.json();
    loop {
        let items = page["value"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(id));
        let Some(next) = page["_links"]["next"]["href"].as_str().map(str::to_owned) else {
            break;
        };
        assert!(next.starts_with(&org.running.url), "{next}");
        page = org.get(&next).await.json();
    }
    let whole = org
        .get("/api/v1/iam/assignees/users?limit=200")
        .await
        .json();
    let all: Vec<String> = whole["value"].as_array().unwrap().iter().map(id).collect();
    assert!(all.len() > 2, "{whole}");
    assert_eq!(seen, all);
}

#[tokio::test]
async fn s18_everyone_holds_all_but_the_deactivated() {
    let org = TestOrg::start(calm()).await;
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let path = format!("/api/v1/groups/{everyone}/users?limit=90");
    let members: BTreeSet<String> = org.ids(&path).await.into_iter().collect();
    let live: BTreeSet<String> = org.ids("/api/v1/users").await.into_iter().collect();
    assert_eq!(members, live);
    let leaver = members.first().unwrap();
    org.change(json!({"change": "deactivate_user", "user": leaver}))
        .await;
    org.hand.advance(Duration::from_secs(10));
    assert!(!org.ids(&path).await.contains(leaver));
    let memberships = org.truth("/memberships").await;
    assert!(!texts(&memberships[&everyone]).contains(leaver));
}

#[tokio::test]
async fn s18_whom_somebody_removes_from_a_rules_group_is_excluded_and_not_put_back() {
    let org = TestOrg::start(calm()).await;
    let change = json!({"change": "create_group", "name": "Filled by a rule"});
    let group = org.change(change).await.remove(0);
    let change = json!({
        "change": "create_rule",
        "name": "Fills it",
        "expression": "user.department==\"Sales\"",
        "groups": [group],
    });
    let rule = org.change(change).await.remove(0);
    let switch = json!({"change": "activate_rule", "rule": rule});
    org.change(switch.clone()).await;
    let path = format!("/api/v1/groups/{group}/users");
    let filled = org.ids(&path).await;
    assert!(filled.len() > 1, "nobody is in Sales");
    let removed = &filled[0];
    org.change(json!({"change": "remove_member", "group": group, "user": removed}))
        .await;
    let shown = org.get(&format!("/api/v1/groups/rules/{rule}")).await;
    let excluded = shown.json()["conditions"]["people"]["users"]["exclude"].clone();
    assert_eq!(excluded, json!([removed]));
    // Neither a change of the person nor the rule switched off and on puts anybody back.
    org.change(json!({"change": "deactivate_rule", "rule": rule}))
        .await;
    org.change(switch).await;
    org.hand.advance(Duration::from_mins(1));
    assert_eq!(org.ids(&path).await, filled[1..]);
    let log = "/api/v1/logs?filter=eventType+eq+%22group.user_membership.rule.add_exclusion%22";
    let events = org.get(log).await.json();
    assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
    let targets = events[0]["target"].to_string();
    assert!(targets.contains(&**removed), "{targets}");
}

#[tokio::test]
async fn s22_items_of_lists_of_users_have_a_self_link_only() {
    let org = TestOrg::start(calm()).await;
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    for path in [
        "/api/v1/users".to_owned(),
        "/api/v1/users?search=id+pr".to_owned(),
        "/api/v1/users?q=a".to_owned(),
        format!("/api/v1/groups/{everyone}/users"),
    ] {
        for user in org.get(&path).await.json().as_array().unwrap() {
            let links: Vec<&String> = user["_links"].as_object().unwrap().keys().collect();
            assert_eq!(links, ["self"], "{path}");
        }
    }
    let one = org.get("/api/v1/users/me").await.json();
    assert!(
        one["_links"]["suspend"].is_object() && one["_links"]["self"].is_object(),
        "{one}"
    );
}

#[tokio::test]
async fn s24_q_gives_ten_users_or_three_hundred_groups_and_no_next_link() {
    let options = Options {
        users: 900,
        groups: 700,
        ..calm()
    };
    let org = TestOrg::start(options).await;
    let users = org.get("/api/v1/users?q=m").await;
    assert_eq!(
        (users.json().as_array().unwrap().len(), users.link("next")),
        (10, None)
    );
    let letter = |letter: char| format!("/api/v1/groups?q={letter}");
    let mut most = 0;
    for first in 'a'..='z' {
        let groups = org.get(&letter(first)).await;
        assert_eq!(groups.link("next"), None);
        most = most.max(groups.json().as_array().unwrap().len());
    }
    assert!((11..=300).contains(&most), "{most}");
    let clamped = org.get("/api/v1/groups?q=e&limit=9999").await;
    assert!(clamped.json().as_array().unwrap().len() <= 300);
}
