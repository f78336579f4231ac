//! What clients are told of plans: all of it made of what the control store has, nothing asked of Okta.

use crate::action::diff;
use crate::action::facts::Facts;
use crate::action::journal::{Broken, Link};
use crate::action::plan::{Op, OpId, Plan};
use crate::action::progress::Progress;
use crate::action::state::State;
use crate::domain::change::{Change, Undo};
use crate::domain::text::SafeText;
use crate::msg::queue::{
    DiffLine, Finding, JournalFound, LeftOut, OpLine, OpTold, PlanLine, PlanTold, QueueStatus,
    RequestTold, UndoTold,
};
use crate::okta::Shape;
use crate::queue::{self, Queue, Standing, Trouble, expires};

use super::Changes;

/// A plan with all that is known of it.
pub(super) async fn plan(queue: &Queue, number: u64) -> Result<PlanTold, Trouble> {
    let control = queue.control();
    let found = control.plan(number)?;
    let plan = found.ok_or_else(|| Trouble::NotFound(format!("plan {number}")))?;
    let mut ops = Vec::new();
    for ((id, progress), op) in control.progress(number)?.into_iter().zip(&plan.ops) {
        let attempts = control.attempts(id)?;
        ops.push(OpTold {
            logged: queue.logged(&op.change, &progress, &attempts).await?,
            line: op_line(id, op, &progress),
            diff: diff_lines(&op.change, &op.basis),
            request: request(&op.change),
            undo: undo(&op.change),
            attempts,
            progress,
        });
    }
    Ok(PlanTold {
        number,
        digest: queue.digest(number, &plan)?,
        tier: plan.tier(),
        challenge: plan.challenge(),
        expires: expires(&plan),
        findings: findings(queue, &plan, &ops).await,
        ops,
        plan,
    })
}

/// What guards have against a plan that waits for somebody. Without a way to Okta they are asked when it is confirmed.
async fn findings(queue: &Queue, plan: &Plan, ops: &[OpTold]) -> Vec<Finding> {
    if !ops.iter().any(|op| op.line.state == State::Proposed) {
        return Vec::new();
    }
    let found = queue.findings(plan).await.unwrap_or_default();
    let told = |finding: crate::action::guard::Finding| Finding {
        op: finding.op,
        refuses: true,
        words: finding.words,
    };
    found.into_iter().map(told).collect()
}

/// A plan in a list.
pub(super) fn line(queue: &Queue, number: u64, plan: &Plan) -> Result<PlanLine, Trouble> {
    let progress = queue.control().progress(number)?;
    let lines = progress.iter().zip(&plan.ops);
    Ok(PlanLine {
        number,
        title: plan.title.clone(),
        reason: plan.reason.clone(),
        by: plan
            .by
            .name
            .clone()
            .unwrap_or_else(|| plan.by.uid.to_string().as_str().into()),
        made: plan.made,
        tier: plan.tier(),
        ops: lines
            .map(|((id, progress), op)| op_line(*id, op, progress))
            .collect(),
    })
}

fn op_line(id: OpId, op: &Op, progress: &Progress) -> OpLine {
    OpLine {
        id,
        change: op.change.name().to_owned(),
        target: target(&op.change),
        name: name(&op.change, &op.basis),
        state: progress.state,
        since: progress.since,
        why: progress.why.clone(),
    }
}

/// The id of what a change is about: of a member, an assignment, the one whose access it is.
fn target(change: &Change) -> String {
    let locks = change.locks();
    let of = |kind: &str| {
        locks.iter().find_map(|lock| {
            let (is, id) = lock.as_str().split_once(':')?;
            (is == kind).then(|| id.to_owned())
        })
    };
    let kinds = [
        "user", "group", "app", "rule", "token", "client", "device", "idp", "zone",
    ];
    let found = kinds.into_iter().find_map(of).or_else(|| of("policy-rule"));
    found.unwrap_or_default()
}

/// What people call it, as it was read when the change was staged.
fn name(change: &Change, basis: &Facts) -> Option<SafeText> {
    if let Change::CreateGroup(profile) = change {
        return Some(SafeText::new(&profile.name));
    }
    if let Change::CreateUser { profile, .. } = change {
        return profile.get("login")?.as_str().map(SafeText::new);
    }
    let names = [
        "user.profile.login",
        "group.profile.name",
        "app.name",
        "rule.name",
        "token.name",
        "device.name",
        "idp.name",
        "zone.name",
        "policy_rule.name",
    ];
    names
        .iter()
        .find_map(|name| basis.text(name))
        .map(SafeText::new)
}

fn diff_lines(change: &Change, basis: &Facts) -> Vec<DiffLine> {
    let told = |line: diff::Line| DiffLine {
        name: line.name.as_str().into(),
        before: line.before,
        after: line.after,
    };
    diff::lines(change, basis).into_iter().map(told).collect()
}

fn request(change: &Change) -> RequestTold {
    // Where the whole object goes back, it is read right before: its body is not known yet.
    let shape =
        Shape::of(change, None).or_else(|_| Shape::of(change, Some(&serde_json::json!({}))));
    let Ok(shape) = shape else {
        return RequestTold {
            method: String::new(),
            path: String::new(),
            body: None,
        };
    };
    let is_rewrite = matches!(
        change,
        Change::AddToZone { .. } | Change::RemoveFromZone { .. }
    );
    let body = if is_rewrite {
        Some("the zone as it is read right before, with this address changed".to_owned())
    } else {
        shape.body.as_ref().map(ToString::to_string)
    };
    RequestTold {
        method: shape.method.to_string(),
        path: shape.path(),
        body: body.map(|body| SafeText::new(&body)),
    }
}

fn undo(change: &Change) -> UndoTold {
    let by = |change: &str, lost: Option<&str>| UndoTold::By {
        change: change.to_owned(),
        lost: lost.map(str::to_owned),
    };
    match change.undo() {
        Undo::By(back, lost) => by(back.name(), lost),
        Undo::Never(why) => UndoTold::Never(why.to_owned()),
        Undo::OfMade => match change {
            Change::CreateUser { .. } => by("users.deactivate", Some("mails that were sent")),
            Change::CreateGroup(_) => by("groups.delete", None),
            _ => by("roles.revoke", Some("a mail to admins that was sent")),
        },
    }
}

/// A change that was not staged.
pub(super) fn left_out(left: &queue::LeftOut) -> LeftOut {
    let target = target(&left.change);
    LeftOut {
        change: left.change.name().to_owned(),
        target: name(&left.change, &left.facts).unwrap_or_else(|| target.as_str().into()),
        why: left.why.clone(),
        is_done: left.is_done,
    }
}

/// What checking the journal found.
pub(super) fn journal(checked: Result<(u64, Link), Broken>) -> JournalFound {
    match checked {
        Ok((entries, end)) => JournalFound {
            entries,
            end: end.to_string(),
            fault: None,
        },
        Err(broken) => JournalFound {
            entries: broken.seq.saturating_sub(1),
            end: String::new(),
            fault: Some((broken.seq, broken.flaw.words().to_owned())),
        },
    }
}

/// How the queue stands.
pub(super) fn status(standing: Standing, changes: &Changes) -> QueueStatus {
    let count = |states: &[State]| {
        states
            .iter()
            .filter_map(|state| standing.open.get(state))
            .sum()
    };
    QueueStatus {
        read_only: changes.refused.clone(),
        needs_window: changes.needs_window,
        staged: count(&[State::Proposed, State::Blocked]),
        under_way: count(&[
            State::Approved,
            State::Rechecking,
            State::InFlight,
            State::Accepted,
        ]),
        unknown: count(&[State::Unknown]),
        needs_human: count(&[State::NeedsHuman]),
        halted: standing.halted,
        revision: standing.revision,
    }
}
