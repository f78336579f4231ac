//! What came back of a change: a reply by which it is judged, and what only the answer tells.

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use serde_json::Value;

use super::super::send::request_id;
use super::super::transport::TransportError;
use super::super::wire::Problem;
use crate::action::verdict::Reply;
use crate::domain::change::Change;
use crate::domain::entry::EntryId;
use crate::domain::secret::Secret;
use crate::domain::text::SafeText;

/// What came of a request that was sent once.
#[derive(Debug)]
pub struct Sent {
    /// When it was known, by our clock.
    pub at: Timestamp,
    /// What came back.
    pub reply: Reply,
    /// Okta's id of the request.
    pub request_id: Option<SafeText>,
    /// Okta's words where it refused, or those of whatever noticed that no answer came.
    pub words: Option<SafeText>,
    /// The id of what was made.
    pub made: Option<EntryId>,
    /// A secret that is in the answer and nowhere else, and what it is.
    pub secret: Option<(&'static str, Secret)>,
}

impl Sent {
    pub(super) fn unanswered(error: &TransportError, at: Timestamp) -> Self {
        let reply = match error.answered {
            // The status says it, whatever became of the body.
            Some(status) => Reply::Status { status, code: None },
            None if error.fault.is_before_sending() => Reply::NotSent,
            None => Reply::Severed,
        };
        Self {
            at,
            reply,
            request_id: None,
            words: Some(SafeText::new(&error.to_string())),
            made: None,
            secret: None,
        }
    }

    pub(super) fn answered(change: &Change, response: &Response<Bytes>, at: Timestamp) -> Self {
        let status = response.status();
        let mut sent = Self {
            at,
            reply: Reply::Status {
                status: status.as_u16(),
                code: None,
            },
            request_id: request_id(response.headers()),
            words: None,
            made: None,
            secret: None,
        };
        if status.is_success() && is_a_web_page(response.body()) {
            // Somebody between us and Okta wants a person to sign in. Whether Okta was ever asked is not told by that.
            sent.reply = Reply::Severed;
            sent.words = Some("a web page came instead of Okta's answer".into());
            return sent;
        }
        if status.is_success() {
            let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
            sent.made = made(change, &body);
            sent.secret = secret(body);
            return sent;
        }
        let problem = Problem::read(response.body());
        sent.reply = Reply::Status {
            status: status.as_u16(),
            code: problem.code.as_deref().map(Into::into),
        };
        sent.words = Some(problem.summary).filter(|words| !words.is_empty());
        sent
    }
}

/// Okta answers in JSON, or with nothing.
fn is_a_web_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// The id of what a change made.
fn made(change: &Change, body: &Value) -> Option<EntryId> {
    let makes = matches!(
        change,
        Change::CreateUser { .. } | Change::CreateGroup(_) | Change::GrantRole { .. }
    );
    body["id"].as_str().filter(|_| makes)?.parse().ok()
}

/// Source: what Okta's reference says of the answers to its life-cycle calls.
const SECRETS: [(&str, &str); 3] = [
    ("tempPassword", "temporary password"),
    ("activationUrl", "activation link"),
    ("resetPasswordUrl", "link to choose a password"),
];

fn secret(mut body: Value) -> Option<(&'static str, Secret)> {
    SECRETS.into_iter().find_map(|(field, what)| {
        let value = body.get_mut(field)?.take();
        match value {
            Value::String(text) => Some((what, Secret::new(text))),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::Fault;

    fn suspend() -> Change {
        Change::SuspendUser {
            user: "00u1".parse().unwrap(),
        }
    }

    fn at() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn answer(change: &Change, status: u16, body: &'static str) -> Sent {
        let response = Response::builder().status(status);
        let response = response.header("x-okta-request-id", "req1");
        Sent::answered(change, &response.body(Bytes::from(body)).unwrap(), at())
    }

    #[test]
    fn only_what_failed_before_a_connection_was_made_was_not_sent() {
        let of = |fault| Sent::unanswered(&TransportError::new(fault, "x"), at()).reply;
        for fault in [
            Fault::Connect,
            Fault::Unreached,
            Fault::Tls,
            Fault::Unsendable,
        ] {
            assert_eq!(of(fault), Reply::NotSent, "{fault:?}");
        }
        for fault in [Fault::Timeout, Fault::Interrupted, Fault::TooLarge] {
            assert_eq!(of(fault), Reply::Severed, "{fault:?}");
        }
        let cut = TransportError::new(Fault::Interrupted, "x").after(http::StatusCode::OK);
        let status = 200;
        assert_eq!(
            Sent::unanswered(&cut, at()).reply,
            Reply::Status { status, code: None }
        );
    }

    #[test]
    fn a_refusal_has_oktas_code_and_words() {
        let sent = answer(
            &suspend(),
            403,
            r#"{"errorCode":"E0000006","errorSummary":"No."}"#,
        );
        let code = Some("E0000006".into());
        assert_eq!(sent.reply, Reply::Status { status: 403, code });
        assert_eq!(sent.words.as_deref(), Some("No."));
        assert_eq!(sent.request_id.as_deref(), Some("req1"));
        assert_eq!(answer(&suspend(), 502, "<html>").words, None);
    }

    #[test]
    fn what_is_made_has_an_id_and_what_is_secret_is_kept_apart() {
        let create = Change::CreateGroup(crate::domain::change::GroupProfile::named("x"));
        let made = answer(&create, 200, r#"{"id":"00g1"}"#).made;
        assert_eq!(made.unwrap().as_str(), "00g1");
        assert!(answer(&suspend(), 200, r#"{"id":"00u1"}"#).made.is_none());
        let sent = answer(&suspend(), 200, r#"{"tempPassword":"canary"}"#);
        assert!(!format!("{sent:?}").contains("canary"));
        assert_eq!(sent.secret.unwrap().1.expose(), "canary");
    }
}
