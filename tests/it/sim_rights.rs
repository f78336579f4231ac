//! Whose token it is decides what it may, and who `me` is.

use http::Method as AnyMethod;
use oktop::sim::scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{TestOrg, calm, id};
use crate::source;

/// Another token of the org.
struct Token {
    secret: String,
    owner: String,
}

async fn token(org: &TestOrg, order: Value) -> Token {
    let made = org.post("/sim/v1/tokens", &order).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    assert!(text("id").starts_with("00T"));
    Token {
        secret: text("secret"),
        owner: text("owner"),
    }
}

impl Token {
    /// Status and error code of a read.
    async fn tries(&self, org: &TestOrg, path: &str) -> (u16, String) {
        let answer = org.get_as(path, Some(&self.secret)).await;
        let code = if answer.status == 200 {
            String::new()
        } else {
            answer.error_code()
        };
        (answer.status, code)
    }
}

#[tokio::test]
async fn a_token_may_what_its_owners_roles_may() {
    let org = TestOrg::start(calm()).await;
    let refused = (403, "E0000006".to_owned());
    let fine = (200, String::new());
    for (role, may, may_not) in [
        (
            "READ_ONLY_ADMIN",
            ["users", "apps", "logs"],
            "iam/assignees/users",
        ),
        ("REPORT_ADMIN", ["logs", "users/me", "org"], "users"),
        ("HELP_DESK_ADMIN", ["users", "groups", "org"], "apps"),
    ] {
        let token = token(&org, json!({"roles": [role]})).await;
        for path in may {
            let tried = token.tries(&org, &format!("/api/v1/{path}")).await;
            assert_eq!(tried, fine, "{role} {path}");
        }
        let tried = token.tries(&org, &format!("/api/v1/{may_not}")).await;
        assert_eq!(tried, refused, "{role} {may_not}");
    }
    let nobody = token(&org, json!({})).await;
    assert_eq!(nobody.tries(&org, "/api/v1/users/me").await, refused);
    let unknown = nobody.tries(&org, "/api/v1/no/such/path").await;
    assert_eq!(unknown, (404, "E0000008".to_owned()));
}

#[tokio::test]
async fn rights_change_with_the_owners_roles() {
    let org = TestOrg::start(calm()).await;
    let token = token(&org, json!({"roles": ["READ_ONLY_ADMIN"]})).await;
    let role =
        |change: &str| json!({"change": change, "user": token.owner, "role": "READ_ONLY_ADMIN"});
    assert_eq!(token.tries(&org, "/api/v1/users").await.0, 200);
    org.change(role("revoke_role")).await;
    assert_eq!(token.tries(&org, "/api/v1/users").await.0, 403);
    org.change(role("grant_role")).await;
    assert_eq!(token.tries(&org, "/api/v1/users").await.0, 200);
}

#[tokio::test]
async fn me_is_the_owner_of_the_token_that_asks() {
    let org = TestOrg::start(calm()).await;
    let main = id(&org.get("/api/v1/users/me").await.json());
    let other = token(&org, json!({"roles": ["ORG_ADMIN"], "name": "Backup"})).await;
    let me = org.get_as("/api/v1/users/me", Some(&other.secret)).await;
    assert_eq!(id(&me.json()), other.owner);
    assert_ne!(main, other.owner);
    let second = token(&org, json!({"owner": other.owner})).await;
    assert_eq!(second.owner, other.owner);
    assert_ne!(second.secret, other.secret);
}

#[tokio::test]
async fn a_deactivated_owner_takes_every_token_along_and_nobody_elses() {
    let org = TestOrg::start(calm()).await;
    let first = token(&org, json!({"roles": ["READ_ONLY_ADMIN"]})).await;
    let second = token(&org, json!({"owner": first.owner})).await;
    org.change(json!({"change": "deactivate_user", "user": first.owner}))
        .await;
    for dead in [&first, &second] {
        let tried = dead.tries(&org, "/api/v1/users").await;
        assert_eq!(tried, (401, "E0000011".to_owned()));
    }
    assert_eq!(org.get("/api/v1/users?limit=1").await.status, 200);
}

#[tokio::test]
async fn an_order_that_means_nothing_is_refused() {
    let org = TestOrg::start(calm()).await;
    for (order, status) in [
        (json!({"owner": "nobody@nowhere.example"}), 409),
        (json!({"roles": ["KING"]}), 409),
        (json!({"rolls": []}), 400),
    ] {
        let answer = org.post("/sim/v1/tokens", &order).await;
        assert_eq!(answer.status, status, "{order}: {}", answer.text);
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn writes_are_measured_by_the_same_table() {
    let org = TestOrg::start(calm()).await;
    // There is no such method: a super admin hears that, somebody without the right does not get so far.
    let path = "/api/v1/users";
    let allowed = org.send(Method::DELETE, path).await;
    assert_eq!(
        (allowed.status, allowed.error_code().as_str()),
        (405, "E0000022")
    );
    let reader = token(&org, json!({"roles": ["READ_ONLY_ADMIN"]})).await;
    let refused = org.send_as(Method::DELETE, path, &reader.secret).await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (403, "E0000006")
    );
}

/// The paths of all routes, with `x` for what they capture.
fn routes() -> Vec<String> {
    let mut paths = Vec::new();
    for file in source::files("src/sim/routes") {
        for piece in file.text.split('"') {
            let okta = ["/api/v1/", "/oauth2/v1/", "/integrations/"];
            if okta.iter().any(|start| piece.starts_with(start)) {
                let segments = piece.split('/').map(|segment| {
                    if segment.starts_with('{') {
                        "x"
                    } else {
                        segment
                    }
                });
                paths.push(segments.collect::<Vec<_>>().join("/"));
            }
        }
    }
    paths
}

#[test]
fn every_route_has_a_row_in_the_table_of_rights() {
    let paths = routes();
    assert!(paths.len() > 15, "{paths:?}");
    let open = ["/oauth2/v1/token", "/oauth2/v1/keys"];
    let missing: Vec<_> = paths
        .iter()
        .filter(|path| !open.contains(&path.as_str()))
        .filter(|path| {
            let methods = [AnyMethod::GET, AnyMethod::POST];
            methods
                .iter()
                .all(|method| scope::row(method, path).is_none())
        })
        .collect();
    assert!(missing.is_empty(), "no row in sim/scope.rs for {missing:?}");
}
