//! What clients change about users, and what Okta makes of it. Named after the facts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};

const STRONG: &str = "Tr0ub4dor&3";

fn user_path(id: &str) -> String {
    format!("/api/v1/users/{id}")
}

fn lifecycle(id: &str, operation: &str) -> String {
    format!("/api/v1/users/{id}/lifecycle/{operation}")
}

fn ada() -> Value {
    json!({"profile": {
        "login": "ada.byron@northwind.example",
        "email": "ada.byron@northwind.example",
        "firstName": "Ada",
        "lastName": "Byron",
    }})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

impl TestOrg {
    async fn create(&self, query: &str, body: &Value) -> Value {
        let path = format!("/api/v1/users{query}");
        self.written(Method::POST, &path, Some(body), 200).await
    }

    async fn does(&self, user: &str, operation: &str) -> Value {
        self.written(Method::POST, &lifecycle(user, operation), None, 200)
            .await
    }

    async fn user(&self, id: &str) -> Value {
        self.get(&user_path(id)).await.json()
    }
}

/// The events' types, in the order of the log.
fn types(events: &[Value]) -> Vec<&str> {
    let types = events
        .iter()
        .map(|event| event["eventType"].as_str().unwrap());
    types.collect()
}

#[tokio::test]
async fn s25_a_user_is_created_with_200_and_waits_for_a_password_that_is_not_there() {
    let org = TestOrg::start(calm()).await;
    let password = json!({"password": {"value": STRONG}});
    let named = |n: u8| {
        let mut body = ada();
        body["profile"]["login"] = json!(format!("ada.byron{n}@northwind.example"));
        body
    };
    for (n, query, credentials, status) in [
        (1, "", Value::Null, "PROVISIONED"),
        (2, "?activate=false", Value::Null, "STAGED"),
        (3, "?activate=true", password.clone(), "ACTIVE"),
        (4, "?activate=false", password.clone(), "STAGED"),
        (
            5,
            "?activate=true&nextLogin=changePassword",
            password,
            "PASSWORD_EXPIRED",
        ),
        (
            6,
            "?provider=true",
            json!({"provider": {"type": "FEDERATION", "name": "FEDERATION"}}),
            "ACTIVE",
        ),
    ] {
        let made = org
            .create(query, &with(named(n), "credentials", credentials))
            .await;
        assert_eq!(made["status"], status, "{query}");
        let read = org.user(&id(&made)).await;
        assert_eq!(read, made, "what is answered is what is there");
        assert_eq!(
            made["credentials"]["password"].is_object(),
            (3..=5).contains(&n),
            "{n}"
        );
    }
    // Nothing is made up about somebody whom a client created.
    let made = org
        .get("/api/v1/users/ada.byron1@northwind.example")
        .await
        .json();
    let profile = made["profile"].as_object().unwrap();
    let mut held: Vec<&str> = profile.keys().map(String::as_str).collect();
    held.sort_unstable();
    assert_eq!(
        held,
        [
            "email",
            "firstName",
            "lastName",
            "login",
            "mobilePhone",
            "secondEmail"
        ]
    );
    assert!(profile["mobilePhone"].is_null());
}

#[tokio::test]
async fn a_creation_that_does_not_do_is_refused_with_every_cause_and_creates_nothing() {
    let org = TestOrg::start(calm()).await;
    let before = org.truth("").await["users"].clone();
    let taken = org.get("/api/v1/users/me").await.json()["profile"]["login"].clone();
    let mut duplicate = ada();
    duplicate["profile"]["login"] = json!(taken.as_str().unwrap().to_uppercase());
    let answer = org
        .write(Method::POST, "/api/v1/users", Some(&duplicate))
        .await;
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (400, "E0000001")
    );
    let body = answer.json();
    assert_eq!(body["errorSummary"], "Api validation failed: login");
    assert_eq!(
        body["errorCauses"][0]["errorSummary"],
        "login: An object with this field already exists in the current organization"
    );
    let bare = json!({"profile": {"login": "ada.byron@northwind.example"}});
    let answer = org.write(Method::POST, "/api/v1/users", Some(&bare)).await;
    assert_eq!(answer.json()["errorCauses"].as_array().unwrap().len(), 3);
    let everyone = id(&org.get("/api/v1/groups?q=Everyone").await.json()[0]);
    let groups = org.all("/api/v1/groups").await;
    let own = groups.iter().find(|group| group["type"] == "OKTA_GROUP");
    let group = id(own.unwrap());
    let memberships = org.truth("/memberships").await;
    let weak = json!({"password": {"value": "adabyron"}});
    for (query, body, status, code) in [
        ("?nextLogin=changePassword", ada(), 400, "E0000124"),
        (
            "?activate=false&nextLogin=changePassword",
            ada(),
            400,
            "E0000125",
        ),
        ("", with(ada(), "credentials", weak), 400, "E0000001"),
        (
            "",
            with(ada(), "groupIds", json!(vec![everyone.as_str(); 21])),
            400,
            "E0000093",
        ),
        (
            "",
            with(ada(), "groupIds", json!([everyone])),
            403,
            "E0000006",
        ),
        (
            "",
            with(ada(), "groupIds", json!(["00gNOSUCHGROUP000000"])),
            404,
            "E0000007",
        ),
        (
            "",
            with(ada(), "groupIds", json!([group, "00gNOSUCHGROUP000000"])),
            404,
            "E0000007",
        ),
        ("", json!({"profile": "none"}), 400, "E0000003"),
        (
            "",
            with(ada(), "type", json!({"id": "otyNOSUCHTYPE00000000"})),
            400,
            "E0000001",
        ),
        (
            "?activate=true",
            with(ada(), "credentials", json!({"password": {"hash": {}}})),
            400,
            "E0000001",
        ),
        (
            "?provider=true",
            with(
                ada(),
                "credentials",
                json!({"provider": {"type": "FEDERATION"}, "password": {"value": STRONG}}),
            ),
            400,
            "E0000001",
        ),
        (
            "?provider=true",
            with(
                ada(),
                "credentials",
                json!({"provider": {"type": "ACTIVE_DIRECTORY"}}),
            ),
            400,
            "E0000001",
        ),
    ] {
        let path = format!("/api/v1/users{query}");
        let refused = org.refused(Method::POST, &path, Some(&body)).await;
        assert_eq!(refused, (status, code.to_owned()), "{query} {body}");
    }
    assert_eq!(org.truth("").await["users"], before);
    assert_eq!(org.truth("/memberships").await, memberships);
    assert!(org.told().await.is_empty());
}

#[tokio::test]
async fn a_creation_is_whole_also_when_there_is_much_to_give_and_a_password_to_expire() {
    let org = TestOrg::start(calm()).await;
    let mut groups = Vec::new();
    for n in 0..20 {
        let body = json!({"profile": {"name": format!("Much {n}")}});
        groups.push(id(&org
            .written(Method::POST, "/api/v1/groups", Some(&body), 200)
            .await));
    }
    let apps = org.ids("/api/v1/apps?limit=200").await;
    assert!(apps.len() > 10, "too little to take a while");
    for app in apps {
        let given = format!("/api/v1/apps/{app}/groups/{}", groups[0]);
        org.written(Method::PUT, &given, None, 200).await;
    }
    org.hand.advance(std::time::Duration::from_secs(5));
    let password = json!({"password": {"value": STRONG}});
    let body = with(
        with(ada(), "credentials", password),
        "groupIds",
        json!(groups),
    );
    let made = org
        .create("?activate=true&nextLogin=changePassword", &body)
        .await;
    assert_eq!(made["status"], "PASSWORD_EXPIRED");
    assert_eq!(org.user(&id(&made)).await, made);
}

#[tokio::test]
async fn s25_post_changes_what_it_says_and_put_forgets_the_rest() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let before = org.user(&user).await;
    assert!(before["profile"]["city"].is_string());
    let path = user_path(&user);
    let part = json!({"profile": {"costCenter": "CC-7", "title": before["profile"]["title"]}});
    let after = org.written(Method::POST, &path, Some(&part), 200).await;
    assert_eq!(after["profile"]["costCenter"], "CC-7");
    assert_eq!(after["profile"]["city"], before["profile"]["city"]);
    let profile = &before["profile"];
    let whole = json!({"profile": {
        "login": profile["login"], "email": profile["email"],
        "firstName": profile["firstName"], "lastName": profile["lastName"],
    }});
    let refused = org.refused(Method::PUT, &path, Some(&part)).await;
    assert_eq!(refused, (400, "E0000001".to_owned()));
    let after = org.written(Method::PUT, &path, Some(&whole), 200).await;
    assert!(after["profile"]["city"].is_null() && after["profile"]["costCenter"].is_null());
    assert_eq!(after["profile"]["login"], profile["login"]);
    assert_eq!(after["status"], "ACTIVE");
    let events = org.told().await;
    let changed = |at: usize| {
        let debug = &events[at]["debugContext"]["debugData"];
        debug["changedAttributes"].as_str().unwrap().to_owned()
    };
    // What is as it was is no change.
    assert_eq!(changed(0), "costCenter");
    assert!(changed(1).contains("city") && !changed(1).contains("login"));
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_answered_and_not_told() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let before = org.user(&user).await;
    let same = json!({"profile": {"lastName": before["profile"]["lastName"]}});
    let after = org
        .written(Method::POST, &user_path(&user), Some(&same), 200)
        .await;
    assert_eq!(after, before);
    assert!(org.told().await.is_empty());
}

#[tokio::test]
async fn an_entity_tag_of_another_state_is_412_and_one_that_is_none_is_400() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let path = user_path(&user);
    let tag = org.get(&path).await.header("etag").to_owned();
    let body = |city: &str| json!({"profile": {"city": city}});
    let post = async |tag: &str, city: &str| {
        let sent = body(city);
        let answer = org
            .write_with(Method::POST, &path, &[("If-Match", tag)], Some(&sent))
            .await;
        (
            answer.status,
            if answer.status == 200 {
                String::new()
            } else {
                answer.error_code()
            },
        )
    };
    assert_eq!(post("nonsense", "Oslo").await, (400, "E0000242".to_owned()));
    assert_eq!(post(&tag, "Oslo").await.0, 200);
    // The clock has not moved, and still it is another state.
    assert_eq!(post(&tag, "Bergen").await, (412, "E0000231".to_owned()));
    assert_eq!(org.user(&user).await["profile"]["city"], "Oslo");
    let fresh = org.get(&path).await.header("etag").to_owned();
    assert_ne!(fresh, tag);
    let either = format!("\"x\", {fresh}");
    assert_eq!(post(&either, "Bergen").await.0, 200);
    assert_eq!(post("*", "Narvik").await.0, 200);
}

#[tokio::test]
async fn s07_the_first_delete_deactivates_and_the_second_deletes() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let path = user_path(&user);
    org.written(Method::DELETE, &path, None, 204).await;
    assert_eq!(org.user(&user).await["status"], "DEPROVISIONED");
    org.written(Method::DELETE, &path, None, 204).await;
    assert_eq!(org.get(&path).await.error_code(), "E0000007");
    let third = org.refused(Method::DELETE, &path, None).await;
    assert_eq!(third, (404, "E0000007".to_owned()));
    let events = org.told().await;
    let ends: Vec<&str> = types(&events)
        .into_iter()
        .filter(|of| of.starts_with("user.lifecycle"))
        .collect();
    assert_eq!(
        ends,
        [
            "user.lifecycle.deactivate",
            "user.lifecycle.delete.initiated",
            "user.lifecycle.delete.completed",
        ]
    );
}

#[tokio::test]
async fn deactivation_takes_groups_and_applications_and_tells_each_of_them() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let group = id(&org
        .written(
            Method::POST,
            "/api/v1/groups",
            Some(&json!({"profile": {"name": "Ledger"}})),
            200,
        )
        .await);
    org.written(
        Method::PUT,
        &format!("/api/v1/groups/{group}/users/{user}"),
        None,
        204,
    )
    .await;
    let role = json!({"type": "HELP_DESK_ADMIN"});
    org.written(
        Method::POST,
        &format!("{}/roles", user_path(&user)),
        Some(&role),
        201,
    )
    .await;
    let said = org.does(&user, "deactivate?sendEmail=false").await;
    assert_eq!(said, json!({}));
    assert_eq!(org.user(&user).await["status"], "DEPROVISIONED");
    assert!(
        org.all(&format!("{}/groups", user_path(&user)))
            .await
            .is_empty()
    );
    assert!(
        org.get(&format!("{}/roles", user_path(&user)))
            .await
            .json()
            .as_array()
            .unwrap()
            .is_empty()
    );
    let events = org.told().await;
    let all = types(&events);
    let ended = all
        .iter()
        .position(|of| *of == "user.lifecycle.deactivate")
        .unwrap();
    let place = |wanted: &str| all.iter().rposition(|of| *of == wanted).unwrap();
    assert!(place("group.user_membership.remove") > ended);
    assert!(place("user.account.privilege.revoke") > ended);
    let targets = &events[ended]["target"];
    assert_eq!(
        (&targets[0]["type"], &targets[0]["id"]),
        (&json!("User"), &json!(user))
    );
    // Activating brings back the person, and nothing else.
    org.does(&user, "activate?sendEmail=false").await;
    let groups = org.all(&format!("{}/groups", user_path(&user))).await;
    assert!(!groups.iter().any(|held| held["id"] == json!(group)));
}

#[tokio::test]
async fn s08_a_wrong_status_is_refused_by_each_operation_in_its_own_way() {
    let org = TestOrg::start(calm()).await;
    let suspended = org.somebody("ACTIVE").await;
    org.does(&suspended, "suspend").await;
    let active = org.somebody("ACTIVE").await;
    let gone = org.somebody("DEPROVISIONED").await;
    let staged = id(&org.create("?activate=false", &ada()).await);
    let events = org.told().await.len();
    for (user, operation, status, code) in [
        (&active, "activate", 403, "E0000016"),
        (&suspended, "activate", 403, "E0000038"),
        (&active, "reactivate", 403, "E0000038"),
        (&gone, "deactivate", 404, "E0000007"),
        (&staged, "suspend", 400, "E0000001"),
        (&suspended, "suspend", 400, "E0000001"),
        (&active, "unsuspend", 400, "E0000001"),
        (&staged, "unlock", 403, "E0000032"),
        (&suspended, "expire_password", 403, "E0000038"),
        (
            &staged,
            "expire_password_with_temp_password",
            403,
            "E0000038",
        ),
        (&staged, "reset_password?sendEmail=false", 403, "E0000017"),
        (&active, "reset_password", 400, "E0000028"),
        (&active, "levitate", 404, "E0000008"),
    ] {
        let path = lifecycle(user, operation);
        let refused = org.refused(Method::POST, &path, None).await;
        assert_eq!(refused, (status, code.to_owned()), "{operation}");
    }
    let nobody = lifecycle("00uNOSUCHUSER0000000", "suspend");
    let answer = org.write(Method::POST, &nobody, None).await;
    assert_eq!(
        answer.json()["errorSummary"],
        "Not found: Resource not found: 00uNOSUCHUSER0000000 (User)"
    );
    let update = json!({"profile": {"city": "Oslo"}});
    let refused = org
        .refused(Method::POST, &user_path(&gone), Some(&update))
        .await;
    assert_eq!(refused, (404, "E0000007".to_owned()));
    assert_eq!(
        org.told().await.len(),
        events,
        "what is refused is not told"
    );
}

#[tokio::test]
async fn the_life_cycle_leads_from_status_to_status_and_leaves_an_event_each() {
    let org = TestOrg::start(calm()).await;
    let user = id(&org.create("?activate=false", &ada()).await);
    let mut expected = vec!["user.lifecycle.create"];
    for (operation, status, event) in [
        (
            "activate?sendEmail=false",
            "PROVISIONED",
            "user.lifecycle.activate",
        ),
        (
            "reactivate?sendEmail=false",
            "PROVISIONED",
            "user.lifecycle.reactivate",
        ),
        (
            "reset_password?sendEmail=false",
            "RECOVERY",
            "user.account.reset_password",
        ),
    ] {
        let said = org.does(&user, operation).await;
        let link = said["activationUrl"]
            .as_str()
            .or(said["resetPasswordUrl"].as_str());
        assert!(
            link.unwrap().starts_with(&org.running.url),
            "{operation}: {said}"
        );
        assert_eq!(org.user(&user).await["status"], status, "{operation}");
        expected.push(event);
    }
    let password = json!({"credentials": {"password": {"value": STRONG}}});
    let now = org
        .written(Method::POST, &user_path(&user), Some(&password), 200)
        .await;
    assert_eq!(now["status"], "ACTIVE");
    expected.push("user.account.update_password");
    for (operation, status, event) in [
        ("suspend", "SUSPENDED", "user.lifecycle.suspend"),
        ("unsuspend", "ACTIVE", "user.lifecycle.unsuspend"),
        ("deactivate", "DEPROVISIONED", "user.lifecycle.deactivate"),
        (
            "activate?sendEmail=true",
            "ACTIVE",
            "user.lifecycle.activate",
        ),
    ] {
        assert_eq!(org.does(&user, operation).await, json!({}), "{operation}");
        assert_eq!(org.user(&user).await["status"], status, "{operation}");
        expected.push(event);
    }
    let events = org.told().await;
    let own: Vec<&str> = types(&events)
        .into_iter()
        .filter(|of| of.starts_with("user.lifecycle") || of.starts_with("user.account"))
        .collect();
    assert_eq!(own, expected);
}

#[tokio::test]
async fn an_expired_password_comes_back_as_the_user_or_as_a_temporary_one() {
    let org = TestOrg::start(calm()).await;
    let body = with(ada(), "credentials", json!({"password": {"value": STRONG}}));
    let user = id(&org.create("", &body).await);
    let said = org.does(&user, "expire_password").await;
    assert_eq!(
        (&said["id"], &said["status"]),
        (&json!(user), &json!("PASSWORD_EXPIRED"))
    );
    let again = json!({"credentials": {"password": {"value": STRONG}}});
    org.written(Method::POST, &user_path(&user), Some(&again), 200)
        .await;
    let said = org
        .does(
            &user,
            "expire_password_with_temp_password?revokeSessions=true",
        )
        .await;
    assert!(said["tempPassword"].as_str().unwrap().len() >= 8);
    assert_eq!(said.as_object().unwrap().len(), 1);
    let events = org.told().await;
    let tail: Vec<&str> = types(&events).into_iter().rev().take(2).collect();
    assert_eq!(tail, ["user.session.clear", "user.account.expire_password"]);
    // The secret is in the answer and nowhere else.
    let secret = said["tempPassword"].as_str().unwrap();
    assert!(
        !events
            .iter()
            .any(|event| event.to_string().contains(secret))
    );
}

#[tokio::test]
async fn a_forgotten_password_needs_a_question_and_changes_nothing_yet() {
    let org = TestOrg::start(calm()).await;
    let body = with(ada(), "credentials", json!({"password": {"value": STRONG}}));
    let user = id(&org.create("", &body).await);
    let path = format!(
        "{}/credentials/forgot_password?sendEmail=false",
        user_path(&user)
    );
    let refused = org.refused(Method::POST, &path, None).await;
    assert_eq!(refused, (403, "E0000034".to_owned()));
    let question = json!({"credentials": {"recovery_question": {"question": "Whose engine?", "answer": "Babbage's"}}});
    let now = org
        .written(Method::POST, &user_path(&user), Some(&question), 200)
        .await;
    assert_eq!(
        now["credentials"]["recovery_question"],
        json!({"question": "Whose engine?"})
    );
    let said = org.written(Method::POST, &path, None, 200).await;
    assert!(said["resetPasswordUrl"].is_string());
    assert_eq!(org.user(&user).await["status"], "ACTIVE");
    let by_mail = path.replace("false", "true");
    assert_eq!(
        org.written(Method::POST, &by_mail, None, 200).await,
        json!({})
    );
}

#[tokio::test]
async fn whoever_is_mastered_elsewhere_is_changed_there() {
    let org = TestOrg::start(calm()).await;
    let all = org.all("/api/v1/users?search=status+eq+%22ACTIVE%22").await;
    let of = |provider: &str| {
        let found = all
            .iter()
            .find(|user| user["credentials"]["provider"]["type"] == provider);
        id(found.unwrap())
    };
    let domain = of("ACTIVE_DIRECTORY");
    let body = json!({"profile": {"city": "Oslo"}});
    let refused = org
        .refused(Method::POST, &user_path(&domain), Some(&body))
        .await;
    assert_eq!(refused, (403, "E0000023".to_owned()));
    let password = json!({"credentials": {"password": {"value": STRONG}}});
    let refused = org
        .refused(Method::POST, &user_path(&domain), Some(&password))
        .await;
    assert_eq!(refused, (403, "E0000014".to_owned()));
    let unlock = org
        .refused(Method::POST, &lifecycle(&domain, "unlock"), None)
        .await;
    assert_eq!(unlock, (403, "E0000032".to_owned()));
    let reset = lifecycle(&domain, "reset_password?sendEmail=true");
    assert_eq!(
        org.refused(Method::POST, &reset, None).await,
        (403, "E0000017".to_owned())
    );
}

#[tokio::test]
async fn s17_somebody_with_much_is_activated_in_the_background_and_409_meanwhile() {
    let org = TestOrg::start(calm()).await;
    let user = id(&org.create("?activate=false", &ada()).await);
    for n in 0..32 {
        let body = json!({"profile": {"name": format!("Much {n}")}});
        let group = id(&org
            .written(Method::POST, "/api/v1/groups", Some(&body), 200)
            .await);
        org.written(
            Method::PUT,
            &format!("/api/v1/groups/{group}/users/{user}"),
            None,
            204,
        )
        .await;
    }
    org.does(&user, "activate?sendEmail=false").await;
    let now = org.user(&user).await;
    assert_eq!(
        (&now["status"], &now["transitioningToStatus"]),
        (&json!("STAGED"), &json!("PROVISIONED"))
    );
    let body = json!({"profile": {"city": "Oslo"}});
    for (method, path, body) in [
        (Method::POST, user_path(&user), Some(&body)),
        (Method::POST, lifecycle(&user, "activate"), None),
        (Method::POST, lifecycle(&user, "deactivate"), None),
        (Method::DELETE, user_path(&user), None),
    ] {
        let refused = org.refused(method, &path, body).await;
        assert_eq!(refused, (409, "E0000112".to_owned()), "{path}");
    }
    org.hand.advance(std::time::Duration::from_secs(10));
    let now = org.user(&user).await;
    assert_eq!(now["status"], "PROVISIONED");
    assert!(now.get("transitioningToStatus").is_none());
}

#[tokio::test]
async fn s17_whoever_does_not_wait_gets_an_answer_before_the_end() {
    let org = TestOrg::start(calm()).await;
    let user = org.somebody("ACTIVE").await;
    let later = [("Prefer", "respond-async")];
    let answer = org
        .write_with(Method::POST, &lifecycle(&user, "deactivate"), &later, None)
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
    let now = org.user(&user).await;
    assert_eq!(now["status"], "ACTIVE");
    assert_eq!(now["transitioningToStatus"], "DEPROVISIONED");
    org.hand.advance(std::time::Duration::from_secs(10));
    assert_eq!(org.user(&user).await["status"], "DEPROVISIONED");
}
