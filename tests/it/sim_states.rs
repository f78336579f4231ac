//! Every call that leads users from status to status, in every status: what it comes to, what the log tells, and that the links
//! of a user promise what is kept.

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim_org::{Answer, TestOrg, calm, id};

const STRONG: &str = "Tr0ub4dor&3";

const STATES: [&str; 8] = [
    "STAGED",
    "PROVISIONED",
    "ACTIVE",
    "RECOVERY",
    "LOCKED_OUT",
    "PASSWORD_EXPIRED",
    "SUSPENDED",
    "DEPROVISIONED",
];

/// A call below a user, and what it comes to in each of [`STATES`]: the status that follows, or the refusal.
struct Call {
    method: Method,
    /// Below the user's own path.
    path: &'static str,
    body: Option<Value>,
    /// The link that promises it, where there is one.
    link: Option<&'static str>,
    /// The event that it leaves.
    event: Option<&'static str>,
    comes_to: [&'static str; 8],
}

const SAME: &str = "same";
const GONE: &str = "gone";
const WRONG: &str = "403 E0000038";
const INVALID: &str = "400 E0000001";
const NO_USER: &str = "404 E0000007";

fn post(path: &'static str, comes_to: [&'static str; 8]) -> Call {
    Call {
        method: Method::POST,
        path,
        body: None,
        link: None,
        event: None,
        comes_to,
    }
}

impl Call {
    fn link(self, link: &'static str) -> Self {
        let link = Some(link);
        Self { link, ..self }
    }

    fn event(self, event: &'static str) -> Self {
        let event = Some(event);
        Self { event, ..self }
    }
}

/// Which status allows what is from the documents, and so are most refusals (`okta/api.md` 1.1); that a password expires only
/// for whoever is active is a guess, as the links have it.
fn calls() -> Vec<Call> {
    let reset = "RECOVERY";
    let no_password = "403 E0000017";
    let off = "DEPROVISIONED";
    let locked = "403 E0000032";
    let forgot = "403 E0000034";
    let expired = "PASSWORD_EXPIRED";
    #[rustfmt::skip]
    let all = vec![
        //                                                 STAGED       PROVISIONED  ACTIVE          RECOVERY     LOCKED_OUT   EXPIRED      SUSPENDED    DEPROVISIONED
        post("/lifecycle/activate?sendEmail=false",        ["ACTIVE",   WRONG,       "403 E0000016", WRONG,       WRONG,       WRONG,       WRONG,       "ACTIVE"])
            .link("activate").event("user.lifecycle.activate"),
        post("/lifecycle/reactivate?sendEmail=false",      [WRONG,      SAME,        WRONG,          SAME,        WRONG,       WRONG,       WRONG,       WRONG])
            .link("reactivate").event("user.lifecycle.reactivate"),
        post("/lifecycle/deactivate?sendEmail=false",      [off,        off,         off,            off,         off,         off,         off,         NO_USER])
            .link("deactivate").event("user.lifecycle.deactivate"),
        post("/lifecycle/suspend",                         [INVALID,    INVALID,     "SUSPENDED",    INVALID,     INVALID,     INVALID,     INVALID,     INVALID])
            .link("suspend").event("user.lifecycle.suspend"),
        post("/lifecycle/unsuspend",                       [INVALID,    INVALID,     INVALID,        INVALID,     INVALID,     INVALID,     "ACTIVE",    INVALID])
            .link("unsuspend").event("user.lifecycle.unsuspend"),
        post("/lifecycle/unlock",                          [locked,     locked,      locked,         locked,      "ACTIVE",    locked,      locked,      locked])
            .link("unlock").event("user.account.unlock_by_admin"),
        post("/lifecycle/expire_password",                 [WRONG,      WRONG,       expired,        WRONG,       WRONG,       WRONG,       WRONG,       WRONG])
            .link("expirePassword").event("user.account.expire_password"),
        post("/lifecycle/expire_password_with_temp_password?revokeSessions=false", [WRONG, WRONG, expired, WRONG,    WRONG,       WRONG,       WRONG,       WRONG])
            .event("user.account.expire_password"),
        post("/lifecycle/reset_password?sendEmail=false",  [no_password, reset,      reset,          reset,       reset,       reset,       no_password, no_password])
            .link("resetPassword").event("user.account.reset_password"),
        post("/lifecycle/reset_factors",                   [SAME; 8])
            .event("user.mfa.factor.reset_all"),
        post("/credentials/forgot_password?sendEmail=false", [forgot,   forgot,      SAME,           forgot,      forgot,      forgot,      forgot,      forgot])
            .link("forgotPassword").event("system.email.password_reset.sent_message"),
        Call { body: Some(json!({"profile": {"city": "Oslo"}})), ..post("", [SAME, SAME, SAME,       SAME,        SAME,        SAME,        SAME,        NO_USER]) }
            .event("user.account.update_profile"),
        Call { method: Method::DELETE, ..post("/sessions", [SAME; 8]) }
            .event("user.session.clear"),
        Call { method: Method::DELETE, ..post("",          [off,        off,         off,            off,         off,         off,         off,         GONE]) }
            .event("user.lifecycle.deactivate"),
    ];
    all
}

impl TestOrg {
    /// A new user of this status, whose password and question are Okta's.
    pub(crate) async fn user_in(&self, state: &str, n: usize) -> String {
        let login = format!("state.{n}@northwind.example");
        let staged = matches!(state, "STAGED");
        let mut credentials =
            json!({"recovery_question": {"question": "Whose engine?", "answer": "Babbage's"}});
        if state != "PROVISIONED" {
            credentials["password"] = json!({"value": STRONG});
        }
        let body = json!({
            "profile": {"login": login, "email": login, "firstName": "S", "lastName": "T"},
            "credentials": credentials,
        });
        let path = format!("/api/v1/users?activate={}", !staged);
        let user = id(&self.written(Method::POST, &path, Some(&body), 200).await);
        let way = match state {
            "RECOVERY" => "reset_password?sendEmail=false",
            "PASSWORD_EXPIRED" => "expire_password",
            "SUSPENDED" => "suspend",
            "DEPROVISIONED" => "deactivate",
            "LOCKED_OUT" => {
                self.change(json!({"change": "lock_user", "user": user}))
                    .await;
                return user;
            }
            _ => return user,
        };
        let path = format!("/api/v1/users/{user}/lifecycle/{way}");
        self.written(Method::POST, &path, None, 200).await;
        user
    }
}

/// What a call came to, in the words of the table.
fn came_to(answer: &Answer) -> String {
    match answer.status {
        200 | 204 => "done".to_owned(),
        status => format!("{status} {}", answer.error_code()),
    }
}

/// What must be told of a cell: which request, and the event that it leaves if it leaves one.
struct Expected {
    cell: String,
    request: String,
    event: Option<&'static str>,
}

#[tokio::test]
async fn every_call_in_every_status_comes_to_what_the_table_says() {
    let org = TestOrg::start(calm()).await;
    let mut expected = Vec::new();
    for (row, call) in calls().iter().enumerate() {
        for (column, state) in STATES.into_iter().enumerate() {
            let cell = format!("{state} × {} {}", call.method, call.path);
            let user = org.user_in(state, row * 8 + column).await;
            let path = format!("/api/v1/users/{user}");
            let before = org.get(&path).await.json();
            assert_eq!(before["status"], state, "{cell}: how it begins");
            let own = format!("{path}{}", call.path);
            let answer = org
                .write(call.method.clone(), &own, call.body.as_ref())
                .await;
            let wanted = call.comes_to[column];
            let refused = wanted.starts_with(|first: char| first.is_ascii_digit());
            if let Some(link) = call.link {
                let promised = before["_links"].get(link).is_some();
                assert_eq!(promised, !refused, "{cell}: the link {link}");
            }
            let after = org.get(&path).await;
            let now = if refused { wanted } else { "done" };
            assert_eq!(came_to(&answer), now, "{cell}: {}", answer.text);
            match wanted {
                GONE => assert_eq!(after.status, 404, "{cell}"),
                SAME => assert_eq!(after.json()["status"], state, "{cell}"),
                _ if refused => assert_eq!(after.json(), before, "{cell}: refused is unchanged"),
                _ => assert_eq!(after.json()["status"], wanted, "{cell}"),
            }
            expected.push(Expected {
                cell,
                request: answer.header("x-okta-request-id").to_owned(),
                event: event_of(call, wanted, refused),
            });
        }
    }
    assert_eq!(expected.len(), 112);
    are_told(&org, &expected).await;
}

/// The event that a cell leaves.
fn event_of(call: &Call, wanted: &str, refused: bool) -> Option<&'static str> {
    // Nobody here has enrolled a factor.
    let idle = refused || call.path.ends_with("reset_factors");
    match wanted {
        GONE => Some("user.lifecycle.delete.initiated"),
        _ if idle => None,
        _ => call.event,
    }
}

/// What the log tells of each cell: who did it, with which program, to whom, and that it was done.
async fn are_told(org: &TestOrg, expected: &[Expected]) {
    let told = org.told().await;
    for Expected {
        cell,
        request,
        event,
    } in expected
    {
        let own = |event: &&Value| event["debugContext"]["debugData"]["requestId"] == **request;
        let mut own = told.iter().filter(own);
        let Some(event) = event else {
            assert_eq!(own.next(), None, "{cell}: nothing happened");
            continue;
        };
        // What follows from it, such as applications that go, is told beside it.
        let first = own.find(|told| told["eventType"] == **event);
        let first = first.unwrap_or_else(|| panic!("{cell}: no {event}"));
        assert_eq!(first["outcome"]["result"], "SUCCESS", "{cell}");
        assert_eq!(first["actor"]["type"], "User", "{cell}");
        assert_eq!(first["target"][0]["type"], "User", "{cell}");
        assert_eq!(first["transaction"]["id"], json!(request), "{cell}");
    }
}
