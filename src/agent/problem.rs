//! Errors from below as problems for clients: the words stay, and a kind decides the exit code.

use crate::msg::{Problem, ProblemKind};
use crate::okta::{self, ErrorKind};
use crate::store::{self, QueryError};
use crate::sync::Trouble;

fn problem(kind: ProblemKind, summary: String, hint: Option<String>) -> Problem {
    Problem {
        kind,
        summary,
        hint,
        column: None,
    }
}

/// What Okta, or the way to it, said.
pub(super) fn of_okta(error: &okta::Error) -> Problem {
    let kind = match &error.kind {
        ErrorKind::Unauthorised
        | ErrorKind::Forbidden
        | ErrorKind::MissingScope(_)
        | ErrorKind::AppRefused { .. } => ProblemKind::Auth,
        ErrorKind::NotFound | ErrorKind::NotEnabled => ProblemKind::NotFound,
        ErrorKind::RateLimited { .. } => ProblemKind::RateLimited,
        ErrorKind::SecurityStop(_) => ProblemKind::Refused,
        _ => ProblemKind::Network,
    };
    problem(
        kind,
        error.to_string(),
        error.hint().map(ToString::to_string),
    )
}

/// What the store said.
pub(super) fn of_store(error: &store::Error) -> Problem {
    let kind = match error {
        store::Error::OtherOrg { .. }
        | store::Error::Unsafe { .. }
        | store::Error::KeyMissing { .. }
        | store::Error::WrongKey { .. }
        | store::Error::Network { .. }
        | store::Error::Newer { .. } => ProblemKind::Refused,
        _ => ProblemKind::Internal,
    };
    problem(kind, error.to_string(), error.hint())
}

/// Why the sync could not carry out an order.
pub(super) fn of_trouble(trouble: &Trouble) -> Problem {
    match trouble {
        Trouble::Okta(error) => of_okta(error),
        Trouble::Store(error) => of_store(error),
        Trouble::Partial(reason) => problem(ProblemKind::Partial, reason.to_string(), None),
    }
}

/// Why the way to Okta could not be set up.
pub(super) fn of_setup(error: &okta::SetupError) -> Problem {
    problem(ProblemKind::Usage, error.to_string(), None)
}

/// Why a list could not be given.
pub(super) fn of_query(error: QueryError) -> Problem {
    match error {
        QueryError::Filter(error) => Problem {
            column: Some(error.column),
            ..problem(ProblemKind::Usage, error.message, None)
        },
        QueryError::Sort { .. } => problem(ProblemKind::Usage, error.to_string(), None),
        QueryError::Store(error) => of_store(&error),
    }
}

/// There is nothing of that name.
pub(super) fn not_found(what: &str) -> Problem {
    let hint = "it may not have been read yet (`oktop status`), or it was never there";
    problem(
        ProblemKind::NotFound,
        format!("{what} is not in the mirror"),
        Some(hint.to_owned()),
    )
}

/// The agent is ending.
pub(super) fn ending() -> Problem {
    problem(
        ProblemKind::Internal,
        "the agent is ending".into(),
        Some("try again; the next command starts it anew".into()),
    )
}

/// It is not known yet whose queue it would be, or it cannot be opened.
pub(super) fn no_queue(host: &str) -> Problem {
    problem(
        ProblemKind::Internal,
        format!("the queue of {host} is not open"),
        Some("it opens once the org was reached; otherwise the agent's log says why not".into()),
    )
}

/// A guard refuses.
pub(super) fn refused(why: &str) -> Problem {
    problem(
        ProblemKind::Refused,
        format!("nothing is changed here: {why}"),
        None,
    )
}
