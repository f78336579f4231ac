//! Service applications at the simulated org: how they prove who they are, what they get, and what it opens.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, Method, RequestBuilder};
use ring::digest;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RsaKeyPair,
};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::sim_org::{Answer, TestOrg, calm};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn sha256(text: &str) -> String {
    base64(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// A private key, and the algorithm that it signs with.
enum Key {
    Ec(&'static str, EcdsaKeyPair),
    Rsa(&'static str, RsaKeyPair),
}

impl Key {
    fn ec(algorithm: &'static str) -> Self {
        let rule: &EcdsaSigningAlgorithm = match algorithm {
            "ES256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
            _ => &ECDSA_P384_SHA384_FIXED_SIGNING,
        };
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(rule, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(rule, document.as_ref(), &random).unwrap();
        Self::Ec(algorithm, key)
    }

    fn rsa(algorithm: &'static str) -> Self {
        let key = include_bytes!("support/service-key.der");
        Self::Rsa(algorithm, RsaKeyPair::from_der(key).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(algorithm, _) | Self::Rsa(algorithm, _) => algorithm,
        }
    }

    fn jwk(&self) -> Value {
        match self {
            Self::Ec(algorithm, key) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = if *algorithm == "ES256" {
                    "P-256"
                } else {
                    "P-384"
                };
                json!({"kty": "EC", "crv": crv, "x": base64(x), "y": base64(y)})
            }
            Self::Rsa(_, key) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({"kty": "RSA", "n": base64(public.n), "e": base64(public.e)})
            }
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = [header, claims]
            .map(|part| base64(part.to_string()))
            .join(".");
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ec(_, key) => key
                .sign(&random, message.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Self::Rsa(algorithm, key) => {
                let rule = match *algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    _ => &RSA_PKCS1_SHA512,
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(rule, &random, message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
        };
        format!("{message}.{}", base64(signature))
    }
}

/// A program that is registered at the org.
struct App {
    org: TestOrg,
    key: Key,
    /// The key that tokens are bound to.
    proof_key: Key,
    id: String,
    kid: String,
    http: Client,
    now_secs: i64,
}

/// Puts `changes` over `object`; null takes a member out.
fn with(mut object: Value, changes: Value) -> Value {
    let map: &mut Map<String, Value> = object.as_object_mut().unwrap();
    let Value::Object(changes) = changes else {
        return object;
    };
    for (name, value) in changes {
        if value.is_null() {
            map.remove(&name);
        } else {
            map.insert(name, value);
        }
    }
    object
}

/// A number that no other call of this process gives.
fn unique() -> String {
    base64(
        ring::rand::generate::<[u8; 16]>(&SystemRandom::new())
            .unwrap()
            .expose(),
    )
}

impl App {
    async fn new(key: Key, order: Value) -> Self {
        let org = TestOrg::start(calm()).await;
        let order = with(order, json!({"jwks": {"keys": [key.jwk()]}}));
        let made = org.post("/sim/v1/clients", &order).await;
        assert_eq!(made.status, 200, "{}", made.text);
        let made = made.json();
        Self {
            org,
            key,
            proof_key: Key::ec("ES256"),
            id: made["client_id"].as_str().unwrap().to_owned(),
            kid: made["kids"][0].as_str().unwrap().to_owned(),
            http: Client::builder().no_proxy().build().unwrap(),
            now_secs: 1_795_341_600,
        }
    }

    async fn reader(dpop: bool) -> Self {
        let order = json!({
            "scopes": ["okta.users.read", "okta.groups.read"],
            "roles": ["READ_ONLY_ADMIN"],
            "dpop": dpop,
        });
        Self::new(Key::ec("ES256"), order).await
    }

    fn endpoint(&self) -> String {
        format!("{}/oauth2/v1/token", self.org.running.url)
    }

    fn assertion(&self, changes: Value) -> String {
        let claims = json!({
            "iss": self.id,
            "sub": self.id,
            "aud": self.endpoint(),
            "iat": self.now_secs,
            "exp": self.now_secs + 300,
            "jti": unique(),
        });
        let header = json!({"alg": self.key.algorithm(), "kid": self.kid});
        self.key.sign(&header, &with(claims, changes))
    }

    fn form(&self, scope: &str) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "client_credentials".to_owned()),
            ("scope", scope.to_owned()),
            ("client_assertion_type", ASSERTION.to_owned()),
            ("client_assertion", self.assertion(json!({}))),
        ]
    }

    async fn ask(&self, form: &[(&str, String)], headers: &[(&str, String)]) -> Answer {
        let mut request = posted(self.http.post(self.endpoint()), form);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        read(request.send().await.unwrap()).await
    }

    /// Asks with an assertion of this test's own.
    async fn ask_with(&self, assertion: String) -> Answer {
        let mut form = self.form("okta.users.read");
        form[3].1 = assertion;
        self.ask(&form, &[]).await
    }

    fn proof(&self, method: &str, url: &str, changes: Value) -> String {
        let claims = json!({"htm": method, "htu": url, "iat": self.now_secs, "jti": unique()});
        let header = json!({
            "typ": "dpop+jwt",
            "alg": self.proof_key.algorithm(),
            "jwk": self.proof_key.jwk(),
        });
        self.proof_key.sign(&header, &with(claims, changes))
    }

    /// The whole dance.
    async fn token(&self, scope: &str) -> String {
        let proof = self.proof("POST", &self.endpoint(), json!({}));
        let first = self.ask(&self.form(scope), &[("dpop", proof)]).await;
        refused(&first, 400, "use_dpop_nonce", "requires nonce");
        let nonce = first.header("dpop-nonce").to_owned();
        let proof = self.proof("POST", &self.endpoint(), json!({ "nonce": nonce }));
        let second = self.ask(&self.form(scope), &[("dpop", proof)]).await;
        assert_eq!(second.status, 200, "{}", second.text);
        assert_eq!(second.json()["token_type"], "DPoP");
        text(&second.json()["access_token"])
    }

    async fn bearer(&self, scope: &str) -> String {
        let answer = self.ask(&self.form(scope), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        text(&answer.json()["access_token"])
    }

    async fn get(&self, path: &str, headers: &[(&str, String)]) -> Answer {
        let mut request = self.http.get(format!("{}{path}", self.org.running.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        read(request.send().await.unwrap()).await
    }

    async fn get_as(&self, path: &str, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        self.get(path, &[("authorization", authorization)]).await
    }

    /// A read with a proof whose claims are changed so.
    async fn get_proven(&self, path: &str, token: &str, changes: Value) -> Answer {
        let url = format!(
            "{}{}",
            self.org.running.url,
            path.split('?').next().unwrap()
        );
        let mut claims = json!({"ath": sha256(token)});
        let all = claims.as_object_mut().unwrap();
        all.extend(changes.as_object().unwrap().clone());
        let headers = [
            ("authorization", format!("DPoP {token}")),
            ("dpop", self.proof("GET", &url, claims)),
        ];
        self.get(path, &headers).await
    }
}

fn posted(request: RequestBuilder, form: &[(&str, String)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

async fn read(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str, words: &str) {
    let said = answer.json();
    assert_eq!(answer.status, status, "{said}");
    assert_eq!(said["error"], error, "{said}");
    assert!(text(&said["error_description"]).contains(words), "{said}");
}

/// What a resource said in its header.
#[track_caller]
fn challenged(answer: &Answer, status: u16, error: &str, words: &str) {
    let said = answer.header("www-authenticate");
    assert_eq!(answer.status, status, "{said}");
    assert!(said.contains(&format!("error=\"{error}\"")), "{said}");
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn every_algorithm_proves_a_client_and_the_token_opens_what_was_granted() {
    let order = json!({"scopes": ["okta.users.read"], "roles": ["READ_ONLY_ADMIN"], "dpop": false});
    let keys = [
        Key::ec("ES256"),
        Key::ec("ES384"),
        Key::rsa("RS256"),
        Key::rsa("RS384"),
        Key::rsa("RS512"),
    ];
    for key in keys {
        let algorithm = key.algorithm();
        let app = App::new(key, order.clone()).await;
        let answer = app
            .ask(&app.form("okta.users.read okta.logs.read"), &[])
            .await;
        assert_eq!(answer.status, 200, "{algorithm}: {}", answer.text);
        let said = answer.json();
        assert_eq!(said["token_type"], "Bearer");
        assert_eq!(said["expires_in"], 3_600);
        // Only what an admin granted.
        assert_eq!(said["scope"], "okta.users.read");
        assert!(
            answer.headers["cache-control"]
                .to_str()
                .unwrap()
                .contains("no-store")
        );
        let token = text(&said["access_token"]);
        let users = app.get_as("/api/v1/users?limit=3", &token).await;
        assert_eq!(users.json().as_array().unwrap().len(), 3);
        assert!(users.link("next").is_some() && users.number("x-rate-limit-limit") > 0);
    }
}

#[tokio::test]
async fn a_token_is_signed_with_the_key_that_the_org_publishes() {
    let app = App::reader(false).await;
    let token = app.bearer("okta.users.read").await;
    let part = |n: usize| -> Value {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap());
        serde_json::from_slice(&bytes.unwrap()).unwrap()
    };
    let keys = app.org.get_as("/oauth2/v1/keys", None).await.json();
    let server = app
        .org
        .get_as("/.well-known/oauth-authorization-server", None)
        .await;
    let openid = app
        .org
        .get_as("/.well-known/openid-configuration", None)
        .await;
    assert_eq!(part(0)["kid"], keys["keys"][0]["kid"]);
    assert_eq!(part(1)["scp"], json!(["okta.users.read"]));
    assert_eq!(part(1)["cid"], app.id);
    assert_eq!(part(1)["iss"], server.json()["issuer"]);
    assert_eq!(server.json()["token_endpoint"], app.endpoint());
    assert_eq!(
        openid.json()["jwks_uri"],
        format!("{}/oauth2/v1/keys", app.org.running.url)
    );
    let algorithms = server.json()["dpop_signing_alg_values_supported"].clone();
    assert!(algorithms.as_array().unwrap().contains(&json!("ES256")));
}

#[tokio::test]
async fn an_assertion_must_be_right_in_every_claim() {
    let app = App::reader(false).await;
    let now = app.now_secs;
    for (changes, words) in [
        (json!({"iss": "0oaNobody"}), "issuer claim"),
        (json!({"sub": "0oaNobody"}), "subject claim"),
        (
            json!({"aud": "https://elsewhere.example"}),
            "audience claim",
        ),
        (json!({"aud": app.org.running.url}), "audience claim"),
        (json!({"exp": null}), "must contain the 'exp' claim"),
        (json!({"exp": now - 1}), "is expired"),
        (json!({"exp": now + 2 * 3_600}), "too far into the future"),
        (json!({"iat": now + 600}), "must be issued before"),
    ] {
        let answer = app.ask_with(app.assertion(changes)).await;
        refused(&answer, 401, "invalid_client", words);
    }
    refused(
        &app.ask_with("not.a.jwt".to_owned()).await,
        401,
        "invalid_client",
        "parsing",
    );
    let mut forged = app.assertion(json!({}));
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    refused(
        &app.ask_with(forged).await,
        401,
        "invalid_client",
        "signature is invalid",
    );
    let header = json!({"alg": "HS256"});
    let other = app.key.sign(&header, &json!({"iss": app.id}));
    refused(
        &app.ask_with(other).await,
        401,
        "invalid_client",
        "signature algorithm",
    );
    let header = json!({"alg": "ES256", "kid": "another"});
    let other = app
        .key
        .sign(&header, &json!({"iss": app.id, "sub": app.id}));
    refused(
        &app.ask_with(other).await,
        401,
        "invalid_client",
        "kid is invalid",
    );
    // Without an id an assertion may be shown again; with one it may not.
    let nameless = app.assertion(json!({"jti": null}));
    for _ in 0..2 {
        assert_eq!(app.ask_with(nameless.clone()).await.status, 200);
    }
    let named = app.assertion(json!({}));
    assert_eq!(app.ask_with(named.clone()).await.status, 200);
    refused(
        &app.ask_with(named).await,
        401,
        "invalid_client",
        "already been used",
    );
}

#[tokio::test]
async fn a_request_must_be_one_and_name_scopes_that_may_be_had() {
    let app = App::reader(false).await;
    let form = |change: usize, value: &str| {
        let mut form = app.form("okta.users.read");
        form[change].1 = value.to_owned();
        form
    };
    let ask = async |form: Vec<(&'static str, String)>| app.ask(&form, &[]).await;
    refused(
        &ask(form(0, "")).await,
        400,
        "invalid_request",
        "must specify a 'grant_type'",
    );
    refused(
        &ask(form(0, "password")).await,
        400,
        "unsupported_grant_type",
        "not supported",
    );
    refused(
        &ask(form(1, "")).await,
        400,
        "invalid_scope",
        "No scopes were requested",
    );
    refused(
        &ask(form(1, "openid")).await,
        400,
        "invalid_scope",
        "'openid' scopes",
    );
    refused(
        &ask(form(1, "crm.write")).await,
        400,
        "invalid_scope",
        "not configured",
    );
    refused(
        &ask(form(1, "okta.logs.read")).await,
        400,
        "consent_required",
        "not allowed any",
    );
    refused(
        &ask(form(2, "password")).await,
        400,
        "invalid_request",
        "client_assertion_type",
    );
    let bare = vec![("grant_type", "client_credentials".to_owned())];
    refused(
        &ask(bare.clone()).await,
        401,
        "invalid_client",
        "No client credentials found",
    );
    let mut secret = bare.clone();
    secret.extend([
        ("client_id", app.id.clone()),
        ("client_secret", "x".to_owned()),
    ]);
    refused(
        &ask(secret).await,
        401,
        "invalid_client",
        "must use the private_key_jwt",
    );
    let basic = [("authorization", "Basic eDp5".to_owned())];
    let both = app.ask(&app.form("okta.users.read"), &basic).await;
    refused(&both, 401, "invalid_request", "multiple client credentials");
    let url = format!("{}?client_assertion=x", app.endpoint());
    let queried = posted(app.http.post(url), &bare).send().await.unwrap();
    refused(
        &read(queried).await,
        400,
        "invalid_request",
        "via query parameters",
    );
}

#[tokio::test]
async fn s14_dpop_is_a_dance_with_a_nonce_and_every_proof_serves_once() {
    let app = App::reader(true).await;
    let scope = "okta.users.read";
    refused(
        &app.ask(&app.form(scope), &[]).await,
        400,
        "invalid_dpop_proof",
        "header is missing",
    );
    let token = app.token(scope).await;
    assert_eq!(
        app.get_proven("/api/v1/users?limit=1", &token, json!({}))
            .await
            .status,
        200
    );
    let now = app.now_secs;
    for (changes, words) in [
        (json!({"htm": "POST"}), "'htm'"),
        (
            json!({"htu": format!("{}/api/v1/groups", app.org.running.url)}),
            "'htu'",
        ),
        (json!({"ath": "AAAA"}), "'ath'"),
        (json!({"ath": null}), "'ath'"),
        (json!({"iat": now - 301}), "more than five minutes"),
        (json!({"iat": now + 600}), "in the future"),
        (json!({"jti": null}), "'jti'"),
    ] {
        let answer = app.get_proven("/api/v1/users", &token, changes).await;
        challenged(&answer, 400, "invalid_dpop_proof", words);
        assert!(
            answer
                .header("www-authenticate")
                .starts_with("DPoP algs=\"RS256 ")
        );
    }
    let url = format!("{}/api/v1/users", app.org.running.url);
    let once = app.proof("GET", &url, json!({"ath": sha256(&token)}));
    let headers = [("authorization", format!("DPoP {token}")), ("dpop", once)];
    assert_eq!(app.get("/api/v1/users", &headers).await.status, 200);
    let again = app.get("/api/v1/users", &headers).await;
    challenged(&again, 400, "invalid_dpop_proof", "already been used");
}

#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_key() {
    let mut app = App::reader(true).await;
    let token = app.token("okta.users.read").await;
    let as_bearer = app.get_as("/api/v1/users", &token).await;
    challenged(
        &as_bearer,
        400,
        "invalid_request",
        "DPoP authentication scheme",
    );
    let unproven = [("authorization", format!("DPoP {token}"))];
    let unproven = app.get("/api/v1/users", &unproven).await;
    challenged(&unproven, 400, "invalid_request", "requires a DPoP proof");
    app.proof_key = Key::ec("ES256");
    let stolen = app.get_proven("/api/v1/users", &token, json!({})).await;
    challenged(
        &stolen,
        400,
        "invalid_dpop_proof",
        "not bound to the provided",
    );
    let free = App::reader(false).await;
    let token = free.bearer("okta.users.read").await;
    let bound = free.get_proven("/api/v1/users", &token, json!({})).await;
    challenged(&bound, 401, "invalid_token", "not DPoP bound");
}

#[tokio::test]
async fn a_nonce_is_replaced_each_day_and_serves_three_days_more() {
    let mut app = App::reader(true).await;
    let scope = "okta.users.read";
    let proof = app.proof("POST", &app.endpoint(), json!({}));
    let told = app.ask(&app.form(scope), &[("dpop", proof)]).await;
    let nonce = told.header("dpop-nonce").to_owned();
    for (days, works) in [(0, true), (1, true), (2, true), (3, true), (4, false)] {
        let proof = app.proof("POST", &app.endpoint(), json!({ "nonce": nonce }));
        let answer = app.ask(&app.form(scope), &[("dpop", proof)]).await;
        assert_eq!(
            answer.status == 200,
            works,
            "after {days} days: {}",
            answer.text
        );
        if !works {
            refused(&answer, 400, "use_dpop_nonce", "requires nonce");
            assert_ne!(answer.header("dpop-nonce"), nonce);
        }
        app.org.hand.advance(Duration::from_hours(24));
        app.now_secs += 86_400;
    }
}

#[tokio::test]
async fn a_token_lasts_an_hour_and_dies_with_its_application() {
    let app = App::reader(false).await;
    let token = app.bearer("okta.users.read").await;
    let path = "/api/v1/users?limit=1";
    app.org.hand.advance(Duration::from_secs(3_599));
    assert_eq!(app.get_as(path, &token).await.status, 200);
    app.org.hand.advance(Duration::from_secs(1));
    let ended = app.get_as(path, &token).await;
    challenged(&ended, 401, "invalid_token", "expired");
    assert_eq!(ended.error_code(), "E0000011");
    let unknown = app.get_as(path, "eyJhbGciOiJub25lIn0.e30.AA").await;
    challenged(&unknown, 401, "invalid_token", "invalid");

    let app = App::reader(false).await;
    let token = app.bearer("okta.users.read").await;
    app.org
        .change(json!({"change": "deactivate_app", "app": app.id}))
        .await;
    challenged(
        &app.get_as(path, &token).await,
        401,
        "invalid_token",
        "invalid",
    );
    refused(
        &app.ask_with(app.assertion(json!({}))).await,
        401,
        "invalid_client",
        "issuer",
    );
}

#[tokio::test]
async fn s15_scope_and_role_are_both_needed() {
    let app = App::reader(false).await;
    let token = app.bearer("okta.users.read").await;
    let beyond = app.get_as("/api/v1/groups", &token).await;
    challenged(
        &beyond,
        403,
        "insufficient_scope",
        "scope=\"okta.groups.read\"",
    );
    assert!(beyond.header("www-authenticate").starts_with("Bearer "));
    assert!(
        beyond
            .header("www-authenticate")
            .contains("resource=\"/api/v1/groups\"")
    );
    // Managing implies reading; the role does not reach as far as the scope.
    let order = json!({
        "scopes": ["okta.users.manage", "okta.roles.read"],
        "roles": ["HELP_DESK_ADMIN"],
        "dpop": false,
    });
    let app = App::new(Key::ec("ES256"), order).await;
    let token = app.bearer("okta.users.manage okta.roles.read").await;
    assert_eq!(app.get_as("/api/v1/users", &token).await.status, 200);
    let roles = app.get_as("/api/v1/iam/assignees/users", &token).await;
    assert_eq!(
        (roles.status, roles.error_code().as_str()),
        (403, "E0000006")
    );
    assert!(!roles.headers.contains_key("www-authenticate"));
    // Nobody is behind a client.
    let me = app.get_as("/api/v1/users/me", &token).await;
    assert_eq!((me.status, me.error_code().as_str()), (404, "E0000007"));
    let elsewhere = app.get_as("/api/v1/no/such/path", &token).await;
    assert_eq!(elsewhere.status, 404);
}

/// Seen in the field; no document says so.
#[tokio::test]
async fn without_any_role_the_big_lists_are_empty_and_all_else_is_forbidden() {
    let scopes = ["users", "groups", "apps", "logs"].map(|of| format!("okta.{of}.read"));
    let order = json!({"scopes": scopes, "dpop": false});
    let app = App::new(Key::ec("ES256"), order).await;
    let token = app.bearer(&scopes.join(" ")).await;
    for list in ["users", "groups", "apps"] {
        let answer = app.get_as(&format!("/api/v1/{list}"), &token).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "[]"), "{list}");
        assert!(answer.link("self").is_some() && answer.link("next").is_none());
    }
    let owner = app.org.get("/api/v1/users/me").await.json()["id"].clone();
    for path in ["logs".to_owned(), format!("users/{}", text(&owner))] {
        let answer = app.get_as(&format!("/api/v1/{path}"), &token).await;
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (403, "E0000006")
        );
    }
    let role = json!({"change": "assign_role", "to": {"client": app.id}, "what": {"role": "READ_ONLY_ADMIN"}});
    app.org.change(role).await;
    let users = app.get_as("/api/v1/users", &token).await;
    assert!(users.json().as_array().unwrap().len() > 100);
}

#[tokio::test]
async fn the_log_names_the_client_and_its_share_of_the_limits_is_its_own() {
    let app = App::reader(false).await;
    let token = app.bearer("okta.users.read").await;
    let wanted = "/api/v1/logs?filter=eventType+eq+%22app.oauth2.token.grant.access_token%22";
    app.org.hand.advance(Duration::from_mins(5));
    let events = app.org.get(wanted).await.json();
    let event = &events[0];
    assert_eq!(event["actor"]["id"], app.id);
    assert_eq!(event["actor"]["type"], "PublicClientApp");
    assert_eq!(
        event["debugContext"]["debugData"]["grantedScopes"],
        "okta.users.read"
    );
    let before = app
        .org
        .get("/api/v1/users?limit=1")
        .await
        .number("x-rate-limit-remaining");
    app.get_as("/api/v1/users?limit=1", &token).await;
    let after = app
        .org
        .get("/api/v1/users?limit=1")
        .await
        .number("x-rate-limit-remaining");
    assert_eq!(before - after, 1);
}

#[tokio::test]
async fn an_order_for_a_client_must_hold_public_keys() {
    let org = TestOrg::start(calm()).await;
    let secret = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"});
    for order in [json!({}), json!({"jwks": {"keys": [secret]}})] {
        let answer = org.post("/sim/v1/clients", &order).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
    let listed = org.send(Method::GET, "/oauth2/v1/token").await;
    assert_eq!(
        (listed.status, listed.error_code().as_str()),
        (405, "E0000022")
    );
}
