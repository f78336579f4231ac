//! Who the caller is, and what the caller may.

use serde_json::json;

use crate::sim_org::{TestOrg, calm, id};

#[tokio::test]
async fn s25_me_is_the_owner_of_the_token() {
    let org = TestOrg::start(calm()).await;
    let me = org.get("/api/v1/users/me").await.json();
    let login = me["profile"]["login"].as_str().unwrap();
    let short = login.split('@').next().unwrap();
    for name in [id(&me).as_str(), login, short] {
        assert_eq!(
            org.get(&format!("/api/v1/users/{name}")).await.json(),
            me,
            "{name}"
        );
    }
    assert_eq!(org.get("/api/v1/users/me/groups").await.status, 200);
}

#[tokio::test]
async fn s25_a_dead_token_is_401() {
    for change in ["revoke_token", "deactivate_user"] {
        let org = TestOrg::start(calm()).await;
        let me = id(&org.get("/api/v1/users/me").await.json());
        let body = match change {
            "revoke_token" => json!({"change": change}),
            _ => json!({"change": change, "user": me}),
        };
        org.change(body).await;
        org.hand.advance(std::time::Duration::from_secs(10));
        let dead = org.get("/api/v1/users/me").await;
        assert_eq!(
            (dead.status, dead.error_code().as_str()),
            (401, "E0000011"),
            "{change}"
        );
        assert_eq!(dead.json()["errorSummary"], "Invalid token provided");
    }
    let org = TestOrg::start(calm()).await;
    let wrong = org
        .get_as(
            "/api/v1/users/me",
            Some("00notAtAllTheTokenOfThisOrg0123456789ABCDE"),
        )
        .await;
    assert_eq!(
        (wrong.status, wrong.error_code().as_str()),
        (401, "E0000011")
    );
}
