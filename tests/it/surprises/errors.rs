//! Limits, and what is refused with which code. Operations that no request asks for yet are asked of the org itself; what it says is
//! turned into the answer by the same function that will answer the request.

use std::time::Duration;

use oktop::sim::error::ApiError;
use oktop::sim::rate::Profile;
use oktop::sim::world::World;
use oktop::sim::world::happening::Cause;
use oktop::sim::world::index::{AppIx, UserIx};
use oktop::sim::world::refused::Refused;
use oktop::sim::world::user::Status;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};
use oktop::sim::Options;

fn limited() -> Options {
    Options {
        rate_limits: Profile::Integrator,
        ..calm()
    }
}

/// What an operation of the org is refused with: status, code, and words of summary and causes.
fn refusal<T>(
    org: &TestOrg,
    operate: impl FnOnce(&mut World, &Cause) -> Result<T, Refused>,
) -> (u16, String) {
    let service = org.running.simulator().service();
    let refused = service.org.change(|world, now| {
        let cause = world.by_user(UserIx(1), now, 7);
        operate(world, &cause).err()
    });
    let error = ApiError::from(refused.expect("it is refused"));
    (
        error.status.as_u16(),
        format!("{} {} {:?}", error.code, error.summary, error.causes),
    )
}

/// Somebody of this status.
fn somebody(org: &TestOrg, status: Status) -> UserIx {
    let world = org.running.simulator().service().org.world();
    let found = world
        .users()
        .iter()
        .position(|user| user.status == status && !user.deleted);
    UserIx::from_usize(found.unwrap_or_else(|| panic!("nobody is {status:?}")))
}

#[tokio::test]
async fn s03_each_bucket_gives_a_token_half_and_says_when_it_opens_again() {
    let org = TestOrg::start(limited()).await;
    for left in (0..50).rev() {
        let answer = org.get("/api/v1/users?limit=1").await;
        // The free org has a hundred a minute; a token gets half.
        assert_eq!(
            (answer.status, answer.number("x-rate-limit-limit")),
            (200, 50)
        );
        assert_eq!(answer.number("x-rate-limit-remaining"), left);
    }
    let refused = org.get("/api/v1/users?limit=1").await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (429, "E0000047")
    );
    assert_eq!(
        refused.json()["errorSummary"],
        "API call exceeded rate limit due to too many requests."
    );
    // In seconds since 1970, a minute after the window began, and by the clock that `Date` tells.
    assert_eq!(refused.number("x-rate-limit-reset"), 1_795_341_660);
    assert_eq!(refused.header("date"), "Sun, 22 Nov 2026 10:00:00 GMT");
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(
        org.get("/api/v1/groups?limit=1").await.status,
        200,
        "another bucket"
    );
    org.hand.advance(Duration::from_mins(1));
    assert_eq!(org.get("/api/v1/users?limit=1").await.status, 200);
}

#[tokio::test]
async fn s06_an_answer_without_a_body_has_no_content_type() {
    let org = TestOrg::start(calm()).await;
    let nothing = org.send(Method::DELETE, "/sim/v1/faults").await;
    assert_eq!((nothing.status, nothing.text.as_str()), (204, ""));
    assert!(!nothing.headers.contains_key("content-type"));
    // What has nothing to show in a list shows the list.
    let user = org.truth("/users").await;
    let stager = org.ids("/api/v1/users?search=status+eq+%22STAGED%22").await;
    let bare = stager
        .first()
        .map_or_else(|| user[0].as_str().unwrap(), String::as_str);
    let factors = org.get(&format!("/api/v1/users/{bare}/factors")).await;
    assert_eq!((factors.status, factors.text.as_str()), (200, "[]"));
    assert_eq!(factors.header("content-type"), "application/json");
}

#[tokio::test]
async fn s07_a_deactivated_user_is_there_until_it_is_deleted() {
    let org = TestOrg::start(calm()).await;
    let user = id(&org.get("/api/v1/users?limit=1").await.json()[0]);
    let path = format!("/api/v1/users/{user}");
    org.change(json!({"change": "deactivate_user", "user": user}))
        .await;
    org.hand.advance(Duration::from_secs(10));
    assert_eq!(org.get(&path).await.json()["status"], "DEPROVISIONED");
    org.change(json!({"change": "delete_user", "user": user}))
        .await;
    let gone = org.get(&path).await;
    assert_eq!((gone.status, gone.error_code().as_str()), (404, "E0000007"));
    let summary = format!("Not found: Resource not found: {user} (User)");
    assert_eq!(gone.json()["errorSummary"], json!(summary));
}

#[tokio::test]
async fn s08_the_wrong_state_is_another_error_for_each_operation() {
    let org = TestOrg::start(Options {
        users: 600,
        ..calm()
    })
    .await;
    let says = |(status, words): (u16, String), expected: (u16, &str)| {
        assert_eq!(status, expected.0, "{words}");
        assert!(words.starts_with(expected.1), "{words}");
    };
    let (active, suspended) = (
        somebody(&org, Status::Active),
        somebody(&org, Status::Suspended),
    );
    let (staged, gone) = (
        somebody(&org, Status::Staged),
        somebody(&org, Status::Deprovisioned),
    );
    says(
        refusal(&org, |w, c| w.activate(c, active)),
        (403, "E0000016 Activation failed because"),
    );
    says(
        refusal(&org, |w, c| w.activate(c, suspended)),
        (403, "E0000038"),
    );
    says(
        refusal(&org, |w, c| w.suspend(c, staged)),
        (400, "E0000001"),
    );
    says(
        refusal(&org, |w, c| w.suspend(c, suspended)),
        (400, "E0000001"),
    );
    says(
        refusal(&org, |w, c| w.unsuspend(c, active)),
        (400, "E0000001"),
    );
    says(
        refusal(&org, |w, c| w.unlock(c, active)),
        (403, "E0000032 Unlock is not allowed"),
    );
    says(
        refusal(&org, |w, c| w.expire_password(c, suspended)),
        (403, "E0000038"),
    );
    says(
        refusal(&org, |w, c| w.reset_password(c, staged)),
        (403, "E0000017 Password reset failed"),
    );
    says(
        refusal(&org, |w, c| w.deactivate(c, gone)),
        (404, "E0000007 Not found: Resource not found: 00u"),
    );
}

#[tokio::test]
async fn s09_groups_of_an_application_and_built_in_ones_are_read_only() {
    let org = TestOrg::start(Options {
        groups: 200,
        ..calm()
    })
    .await;
    let user = somebody(&org, Status::Active);
    for kind in ["APP_GROUP", "BUILT_IN"] {
        let filter = format!("/api/v1/groups?filter=type+eq+%22{kind}%22&limit=1");
        let named = id(&org.get(&filter).await.json()[0]);
        let world = org.running.simulator().service().org.world();
        let group = world.group_by_id(&named).unwrap();
        drop(world);
        for (status, words) in [
            refusal(&org, |w, c| w.add_member(c, group, user)),
            refusal(&org, |w, c| w.remove_member(c, group, user)),
            refusal(&org, |w, c| w.update_group(c, group, "Another name", None)),
        ] {
            assert_eq!(status, 403, "{kind}: {words}");
            assert!(
                words.starts_with("E0000006 You do not have permission"),
                "{words}"
            );
        }
    }
}

#[tokio::test]
async fn s10_adding_and_removing_twice_leaves_one_event_each() {
    let org = TestOrg::start(calm()).await;
    let group = org
        .change(json!({"change": "create_group", "name": "Twice", "description": null}))
        .await
        .remove(0);
    let user = id(&org.get("/api/v1/users?limit=1").await.json()[0]);
    org.hand.advance(Duration::from_mins(10));
    let poll = org.get("/api/v1/logs?since=2026-11-22T10:00:00Z").await;
    let next = poll.link("next").unwrap();
    for change in ["add_member", "add_member", "remove_member", "remove_member"] {
        org.change(json!({"change": change, "group": group, "user": user}))
            .await;
    }
    org.hand.advance(Duration::from_mins(10));
    let events = org.get(&next).await.json();
    let of = |kind: &str| {
        let is =
            |event: &&Value| event["eventType"] == kind && event["target"][1]["id"] == json!(group);
        events.as_array().unwrap().iter().filter(is).count()
    };
    assert_eq!(of("group.user_membership.add"), 1, "{events}");
    assert_eq!(of("group.user_membership.remove"), 1, "{events}");
}

#[tokio::test]
async fn s11_what_a_group_gives_cannot_be_taken_from_one_user() {
    let org = TestOrg::start(calm()).await;
    let truth = org.truth("/app_users").await;
    let (app, user) = truth
        .as_object()
        .unwrap()
        .iter()
        .find_map(|(app, users)| {
            let given = users
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["scope"] == "GROUP")?;
            Some((app.clone(), id(given)))
        })
        .unwrap();
    let (app, user): (AppIx, UserIx) = {
        let world = org.running.simulator().service().org.world();
        (
            world.app_by_id(&app).unwrap(),
            world.user_by_id(&user).unwrap(),
        )
    };
    let (status, words) = refusal(&org, |w, c| w.unassign_user(c, app, user));
    assert_eq!(status, 403, "{words}");
    assert!(
        words.starts_with("E0000046") && words.contains("group memberships grant them access"),
        "{words}"
    );
}

#[tokio::test]
async fn s17_a_user_with_much_is_in_transition_for_a_while() {
    let org = TestOrg::start(Options {
        groups: 100,
        ..calm()
    })
    .await;
    let path = "/api/v1/users?search=status+eq+%22ACTIVE%22+and+profile.contractor+eq+true&limit=1";
    let user = id(&org.get(path).await.json()[0]);
    for n in 0..40 {
        let name = format!("Pile {n}");
        org.change(json!([
            {"change": "create_group", "name": name, "description": null},
            {"change": "add_member", "group": name, "user": user},
        ]))
        .await;
    }
    org.change(json!({"change": "deactivate_user", "user": user}))
        .await;
    let by_id = format!("/api/v1/users/{user}");
    let groups = format!("{by_id}/groups");
    let meanwhile = org.get(&by_id).await.json();
    assert_eq!(
        (&meanwhile["status"], &meanwhile["transitioningToStatus"]),
        (&json!("ACTIVE"), &json!("DEPROVISIONED"))
    );
    assert!(org.ids(&groups).await.len() > 40);
    let wish = "application/json; okta-response=\"omitCredentials,omitCredentialsLinks, omitTransitioningToStatus\"";
    let lean = org.get_with(&by_id, "content-type", wish).await.json();
    assert!(lean["transitioningToStatus"].is_null(), "{lean}");
    org.hand.advance(Duration::from_secs(6));
    let after = org.get(&by_id).await.json();
    assert_eq!(after["status"], "DEPROVISIONED");
    assert!(
        !after
            .as_object()
            .unwrap()
            .contains_key("transitioningToStatus")
    );
    assert!(org.ids(&groups).await.is_empty());
    // Whoever has little is done at once.
    let other = id(&org.get(path).await.json()[0]);
    org.change(json!({"change": "deactivate_user", "user": other}))
        .await;
    assert_eq!(
        org.get(&format!("/api/v1/users/{other}")).await.json()["status"],
        "DEPROVISIONED"
    );
}

#[tokio::test]
async fn s17_members_of_a_newly_assigned_group_get_the_application_later() {
    let org = TestOrg::start(calm()).await;
    let group = id(&org.get("/api/v1/groups?q=Engineering").await.json()[0]);
    let app = org
        .change(json!({"change": "create_app", "label": "Later"}))
        .await
        .remove(0);
    org.change(json!({"change": "assign_group", "app": app, "group": group}))
        .await;
    let users = format!("/api/v1/apps/{app}/users");
    assert!(org.ids(&users).await.is_empty());
    org.hand.advance(Duration::from_secs(3));
    let later = org.all(&users).await;
    assert!(!later.is_empty() && later.iter().all(|one| one["scope"] == "GROUP"));
}

#[tokio::test]
async fn s19_everything_below_apps_shares_one_small_bucket() {
    let org = TestOrg::start(limited()).await;
    let apps = org.get("/api/v1/apps").await;
    assert_eq!(
        (
            apps.number("x-rate-limit-limit"),
            apps.number("x-rate-limit-remaining")
        ),
        (10, 9)
    );
    let app = id(&apps.json()[0]);
    for (left, path) in [
        (8, format!("/api/v1/apps/{app}/users")),
        (7, format!("/api/v1/apps/{app}/groups")),
        (6, "/api/v1/apps?q=s".to_owned()),
    ] {
        assert_eq!(
            org.get(&path).await.number("x-rate-limit-remaining"),
            left,
            "{path}"
        );
    }
    let one = org.get(&format!("/api/v1/apps/{app}")).await;
    assert_eq!(
        one.number("x-rate-limit-limit"),
        50,
        "one application has a bucket of its own"
    );
}

#[tokio::test]
async fn s20_an_application_must_be_inactive_before_it_is_deleted() {
    let org = TestOrg::start(calm()).await;
    let app = org
        .change(json!({"change": "create_app", "label": "Short-lived"}))
        .await
        .remove(0);
    let ix = org
        .running
        .simulator()
        .service()
        .org
        .world()
        .app_by_id(&app)
        .unwrap();
    let (status, words) = refusal(&org, |w, c| w.delete_app(c, ix));
    assert_eq!(status, 403, "{words}");
    assert!(
        words.starts_with("E0000056") && words.contains("must be deactivated before deletion"),
        "{words}"
    );
    org.change(
        json!([{"change": "deactivate_app", "app": app}, {"change": "delete_app", "app": app}]),
    )
    .await;
    assert_eq!(org.get(&format!("/api/v1/apps/{app}")).await.status, 404);
}

#[tokio::test]
async fn s23_too_much_at_once_is_429_with_zeros() {
    let org = TestOrg::start(Options {
        latency: Duration::from_millis(300),
        ..limited()
    })
    .await;
    let asks = (0..45).map(|_| org.get("/api/v1/users/me"));
    let answers = futures_util::future::join_all(asks).await;
    let crowded: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 429)
        .collect();
    assert!(
        !crowded.is_empty() && crowded.len() < 45,
        "{}",
        crowded.len()
    );
    for answer in crowded {
        assert_eq!(answer.error_code(), "E0000047");
        let zeros = (
            answer.number("x-rate-limit-limit"),
            answer.number("x-rate-limit-remaining"),
        );
        assert_eq!(zeros, (0, 0));
        assert!(answer.number("x-rate-limit-reset") > 0);
    }
}
