//! What Okta sends back that is shown once: it goes to a terminal, and elsewhere only when that is asked for.

use serde_json::json;

use crate::action::plan::OpId;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::domain::change::Change;
use crate::domain::text::SafeText;
use crate::msg::ProblemKind;
use crate::msg::queue::{Handed, QueueAnswer, QueueAsk};

/// Prints the secret of a change.
///
/// # Errors
/// [`ProblemKind::Refused`] where it would not go to a terminal, [`Failure::NothingFound`] when there is none, what the agent says, or
/// that standard output cannot be written.
pub async fn run(
    op: OpId,
    anywhere: bool,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    if !may_go(anywhere, out) {
        return Err(Failure::new(
            ProblemKind::Refused,
            "standard output is no terminal, and a secret would stay where it leads",
            "with --print-secrets it is printed all the same",
        ));
    }
    let Some(handed) = take(op, agent).await? else {
        return Err(Failure::new(
            ProblemKind::NotFound,
            format!("there is no secret of {op}, or somebody took it"),
            format!("`oktop queue again {op}` stages the change once more where that is possible"),
        ));
    };
    if out.wants_json() {
        return Ok(out.json(&json!({
            "id": op.to_string(),
            "what": handed.what,
            "value": handed.value,
        }))?);
    }
    Ok(out.text(&line(op, &handed))?)
}

/// Whether secrets may go where the output leads.
pub fn may_go(anywhere: bool, out: &Output) -> bool {
    anywhere || out.is_terminal()
}

/// Takes it from the agent, which then has it no more.
///
/// # Errors
/// What the agent says.
pub async fn take(op: OpId, agent: &mut impl Asker) -> Result<Option<Handed>, Failure> {
    match super::ask(QueueAsk::Secret(op), agent).await? {
        QueueAnswer::Secret(handed) => Ok(handed),
        _ => Err(mismatch()),
    }
}

/// A secret in a line.
pub fn line(op: OpId, handed: &Handed) -> String {
    format!(
        "{op}: {}: {}\n",
        SafeText::new(&handed.what),
        SafeText::new(&handed.value)
    )
}

/// Whether Okta answers a change with something that is shown once.
pub fn comes_of(change: &Change) -> bool {
    matches!(
        change,
        Change::ExpirePassword {
            temporary: true,
            ..
        } | Change::ActivateUser {
            send_email: false,
            ..
        } | Change::ReactivateUser {
            send_email: false,
            ..
        } | Change::ResetPassword {
            send_email: false,
            ..
        } | Change::ForgotPassword {
            send_email: false,
            ..
        }
    )
}
