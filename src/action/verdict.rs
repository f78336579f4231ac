//! What an answer to a write means: done, not done, or not known.
//!
//! The rule behind the table: only what proves that Okta did not execute a request counts as not executed. Everything else that is no
//! clear yes or no is not known, and is found out by reading.

use serde::{Deserialize, Serialize};

use crate::domain::change::{Change, Class};

/// What came back of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// No byte of it left this machine: no address, no connection, no TLS.
    NotSent,
    /// Some of it may have left, and no answer came: a deadline, a connection that broke.
    Severed,
    /// An answer.
    Status {
        /// The status of HTTP.
        status: u16,
        /// Okta's own code, when the body has one.
        code: Option<Box<str>>,
    },
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was not sent; it may be, again.
    NotSent,
    /// Okta did not execute it and says to come again later: 429, or an object that another change still holds.
    Later,
    /// It was taken; what it led to is read back.
    Accepted,
    /// It may have been executed.
    Unknown,
    /// It was refused as if it were so already: reading tells.
    ReadBack,
    /// What it is about, or one of the two things, is not there: reading tells which.
    LookForBoth,
    /// The object is not as it was when it was read.
    Stale,
    /// It was refused.
    Refused,
    /// The credential is not good for anything: the whole queue stops.
    CredentialRefused,
    /// Something between us and Okta wants it elsewhere: never followed.
    Elsewhere,
}

/// Codes that say: the object is in another status than this call wants. Source: Okta's list of error codes, and what its
/// lifecycle calls answer.
const WRONG_STATUS: [&str; 4] = ["E0000001", "E0000016", "E0000032", "E0000038"];
/// Okta's code for an object that is still on its way into another status.
const UNDER_WAY: &str = "E0000112";

impl Verdict {
    /// What `reply` means for `change`.
    pub fn of(reply: &Reply, change: &Change) -> Self {
        let Reply::Status { status, code } = reply else {
            return match reply {
                Reply::NotSent => Self::NotSent,
                _ => Self::Unknown,
            };
        };
        let code = code.as_deref();
        match (status, code) {
            (200..300, _) => Self::Accepted,
            // Okta sends whoever ends the access of its support on to the setting; it is not followed but read.
            (301, _) if *change == Change::RevokeSupport => Self::ReadBack,
            (300..400, _) => Self::Elsewhere,
            (401, _) => Self::CredentialRefused,
            (429, _) => Self::Later,
            (409, Some(UNDER_WAY)) => Self::Later,
            (412, _) => Self::Stale,
            (400 | 403, Some(code)) if leads_somewhere(change) && WRONG_STATUS.contains(&code) => {
                Self::ReadBack
            }
            // Proxies and sign-in walls say 404, too; only Okta's own word proves anything.
            (404, Some(_)) if change.is_destructive() => Self::LookForBoth,
            (400..500, Some(_)) => Self::Refused,
            // A 4xx that is not Okta's, a 5xx, or what is no status of HTTP at all.
            _ => Self::Unknown,
        }
    }
}

/// Whether what the change leads to can be read back, so that "it is so already" can be told from "it cannot be".
fn leads_somewhere(change: &Change) -> bool {
    matches!(change.class(), Class::Transition | Class::Idempotent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::GroupProfile;

    fn suspend() -> Change {
        Change::SuspendUser {
            user: "00u1".parse().unwrap(),
        }
    }

    fn create() -> Change {
        Change::CreateGroup(GroupProfile::named("x"))
    }

    fn unassign() -> Change {
        Change::RemoveMember {
            group: "00g1".parse().unwrap(),
            user: "00u1".parse().unwrap(),
        }
    }

    fn status(status: u16, code: Option<&str>) -> Reply {
        Reply::Status {
            status,
            code: code.map(Into::into),
        }
    }

    #[test]
    fn each_answer_means_one_thing() {
        let rows: &[(Reply, Change, Verdict)] = &[
            (Reply::NotSent, create(), Verdict::NotSent),
            (Reply::Severed, create(), Verdict::Unknown),
            (Reply::Severed, suspend(), Verdict::Unknown),
            (status(200, None), suspend(), Verdict::Accepted),
            (status(204, None), unassign(), Verdict::Accepted),
            (status(202, None), suspend(), Verdict::Accepted),
            (status(301, None), suspend(), Verdict::Elsewhere),
            (status(301, None), Change::RevokeSupport, Verdict::ReadBack),
            (status(302, None), Change::RevokeSupport, Verdict::Elsewhere),
            (status(302, None), suspend(), Verdict::Elsewhere),
            (status(307, None), unassign(), Verdict::Elsewhere),
            (status(400, Some("E0000001")), suspend(), Verdict::ReadBack),
            (status(403, Some("E0000038")), suspend(), Verdict::ReadBack),
            (status(400, Some("E0000001")), create(), Verdict::Refused),
            (status(403, Some("E0000006")), suspend(), Verdict::Refused),
            (
                status(401, Some("E0000011")),
                suspend(),
                Verdict::CredentialRefused,
            ),
            (status(401, None), create(), Verdict::CredentialRefused),
            (
                status(404, Some("E0000007")),
                suspend(),
                Verdict::LookForBoth,
            ),
            (
                status(404, Some("E0000007")),
                unassign(),
                Verdict::LookForBoth,
            ),
            (status(404, Some("E0000007")), create(), Verdict::Refused),
            (status(404, None), unassign(), Verdict::Unknown),
            (status(403, None), suspend(), Verdict::Unknown),
            (status(409, Some("E0000112")), suspend(), Verdict::Later),
            (status(409, Some("E0000090")), create(), Verdict::Refused),
            (status(412, Some("E0000231")), suspend(), Verdict::Stale),
            (status(429, Some("E0000047")), create(), Verdict::Later),
            (status(429, None), create(), Verdict::Later),
            (status(500, Some("E0000009")), create(), Verdict::Unknown),
            (status(502, None), suspend(), Verdict::Unknown),
            (status(503, Some("E0000010")), unassign(), Verdict::Unknown),
            (status(504, None), create(), Verdict::Unknown),
            (status(100, None), create(), Verdict::Unknown),
            (status(999, None), create(), Verdict::Unknown),
        ];
        for (reply, change, expected) in rows {
            assert_eq!(Verdict::of(reply, change), *expected, "{reply:?}");
        }
    }

    /// Whatever comes, only a refusal before the execution lets something that is sent once be sent again.
    #[test]
    fn nothing_that_may_have_been_done_is_taken_for_not_sent() {
        for number in 0..1000 {
            for code in [None, Some("E0000001"), Some("E0000009"), Some("E0000112")] {
                let verdict = Verdict::of(&status(number, code), &create());
                let again = matches!(verdict, Verdict::NotSent | Verdict::Later);
                let refused_before = number == 429 || (number, code) == (409, Some("E0000112"));
                assert_eq!(again, refused_before, "{number} {code:?}");
            }
        }
    }
}
