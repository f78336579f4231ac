//! `oktop queue run`: confirms a plan, follows it until nothing of it is under way, and ends as it ended.

use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;

use serde_json::json;

use super::confirm::{self, Person};
use super::{secret, show, told};
use crate::action::plan::OpId;
use crate::action::state::State;
use crate::cli::args::Format;
use crate::cli::args::queue::RunArgs;
use crate::cli::ask::{Follower, mismatch};
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::domain::text::SafeText;
use crate::msg::queue::{Confirmation, Handed, PlanTold, QueueAnswer, QueueAsk, QueueStatus};
use crate::msg::{Ask, ProblemKind, Push};

/// Carries a plan out, and tells what came of it. A plan that is under way already is followed.
///
/// # Errors
/// What a guard refuses, what the agent says, [`Failure::Left`] when a signal ended the following, and otherwise as the plan ended:
/// [`Failure::Partial`] when some of it was done or is not known, [`ProblemKind::Internal`] when it failed, [`ProblemKind::Refused`]
/// when none of it was sent.
pub async fn run(
    args: &RunArgs,
    queue: &QueueStatus,
    (person, ending): (Person<'_>, impl Future<Output = ()>),
    agent: &mut impl Follower,
    out: &mut Output,
) -> Result<(), Failure> {
    let told = show(args.plan, agent).await?;
    let is_followed = !confirm::waits(&told) && !is_settled(&told);
    agent.ask(Ask::Subscribe).await?;
    let told = if is_followed {
        told
    } else {
        confirmed(args, &told, queue, person, agent, out).await?
    };
    let mut last = told;
    let mut ending = pin!(ending);
    let is_left = tokio::select! {
        biased;
        done = follow(&mut last, agent) => { done?; false }
        () = &mut ending => true,
    };
    output::say_passing("");
    if is_left {
        return Err(Failure::Left(left(&last)));
    }
    let secrets = secrets(&last, args.print_secrets, agent, out).await?;
    write(&last, &secrets, out)?;
    how_it_ended(&last)
}

/// Confirms a plan as it was shown.
async fn confirmed(
    args: &RunArgs,
    told: &PlanTold,
    queue: &QueueStatus,
    person: Person<'_>,
    agent: &mut impl Follower,
    out: &mut Output,
) -> Result<PlanTold, Failure> {
    if !confirm::waits(told) {
        told::write_rows(told, out)?;
        return Err(refused(
            format!("nothing of plan {} waits for a confirmation", told.number),
            "`oktop queue undo` takes back what was done, `oktop queue again` stages what failed",
        ));
    }
    may_write(queue)?;
    match (&args.confirm, &person) {
        (Some(_), _) => {}
        // What comes of it is the data then.
        (None, Person::There(_)) => output::say(&told::in_full(told)),
        (None, Person::Away | Person::NotToBeAsked) => told::write(told, out)?,
    }
    if let Some(finding) = told.findings.iter().find(|finding| finding.refuses) {
        return Err(refused(
            format!("a guard refuses plan {}: {}", told.number, finding.words),
            "`oktop queue show` tells all that was found",
        ));
    }
    let typed = confirm::answer(told, args.confirm.as_deref(), person)?;
    let confirmation = Confirmation {
        plan: told.number,
        digest: told.digest.clone(),
        typed,
        reason: args.reason.clone(),
    };
    match super::ask(QueueAsk::Confirm(confirmation), agent).await? {
        QueueAnswer::Plan(told) => Ok(*told),
        _ => Err(mismatch()),
    }
}

/// # Errors
/// When nothing is sent in this profile, or not now.
fn may_write(queue: &QueueStatus) -> Result<(), Failure> {
    if let Some(why) = &queue.read_only {
        return Err(refused(
            format!("nothing is written to Okta: {why}"),
            "what is staged stays; a profile that may write has `read_only = false`",
        ));
    }
    match &queue.halted {
        None => Ok(()),
        Some(why) => Err(refused(
            format!("the queue is halted: {why}"),
            "`oktop queue resume` lets it go on",
        )),
    }
}

fn refused(words: String, hint: &str) -> Failure {
    Failure::new(ProblemKind::Refused, words, hint)
}

/// Whether nothing of a plan goes on by itself.
fn is_settled(told: &PlanTold) -> bool {
    told.ops.iter().all(|op| !told::is_under_way(op.line.state))
}

/// Asks how the plan stands whenever something in the queue has changed, until nothing of it is under way.
async fn follow(last: &mut PlanTold, agent: &mut impl Follower) -> Result<(), Failure> {
    let mut ended = HashSet::new();
    let mut revision = None;
    loop {
        tell(last, &mut ended);
        if is_settled(last) {
            return Ok(());
        }
        loop {
            if let Push::Status(status) = agent.next_news().await?
                && revision != Some(status.queue.revision)
            {
                revision = Some(status.queue.revision);
                break;
            }
        }
        *last = show(last.number, agent).await?;
    }
}

/// Tells how far it is: a passing line, and one that stays for each change that has ended.
fn tell(told: &PlanTold, ended: &mut HashSet<OpId>) {
    output::say_passing("");
    for op in &told.ops {
        let line = &op.line;
        if !told::is_under_way(line.state) && ended.insert(line.id) {
            output::say(&ended_as(line));
        }
    }
    output::say_passing(&progress(told));
}

/// A change that has ended, in a line.
fn ended_as(line: &crate::msg::queue::OpLine) -> String {
    let why = line
        .why
        .as_ref()
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    format!(
        "{} {} {}: {}{why}",
        line.id,
        SafeText::new(&line.change),
        told::target(line),
        line.state.word()
    )
}

fn progress(told: &PlanTold) -> String {
    let done = told.ops.iter().filter(|op| op.line.state.is_done()).count();
    let under_way = told
        .ops
        .iter()
        .filter(|op| told::is_under_way(op.line.state))
        .count();
    format!(
        "plan {}: {done} of {} done, {under_way} under way",
        told.number,
        told.ops.len()
    )
}

fn left(told: &PlanTold) -> String {
    format!(
        "the queue goes on without this command ({}); `oktop queue run {}` follows it again, `oktop queue halt` stops it",
        progress(told),
        told.number
    )
}

/// The secrets of what was done, where they may be printed.
async fn secrets(
    told: &PlanTold,
    anywhere: bool,
    agent: &mut impl Follower,
    out: &Output,
) -> Result<Vec<(OpId, Handed)>, Failure> {
    let mut all = Vec::new();
    let mut held_back = Vec::new();
    for (op, planned) in told.ops.iter().zip(&told.plan.ops) {
        let id = op.line.id;
        if !secret::comes_of(&planned.change) || op.line.state != State::Verified {
            continue;
        }
        if !secret::may_go(anywhere, out) {
            held_back.push(format!(
                "{id} has something that is shown once, and standard output is no terminal: `oktop queue secret {id}`"
            ));
        } else if let Some(handed) = secret::take(id, agent).await? {
            all.push((id, handed));
        }
    }
    output::say_notes(&held_back);
    Ok(all)
}

fn write(told: &PlanTold, secrets: &[(OpId, Handed)], out: &mut Output) -> Result<(), Failure> {
    if out.wants_json() {
        let of = |(id, handed): &(OpId, Handed)| json!({"id": id.to_string(), "what": handed.what, "value": handed.value});
        let mut json = told::plan(told);
        json["secrets"] = secrets.iter().map(of).collect();
        return Ok(out.json(&json)?);
    }
    told::write_rows(told, out)?;
    let lines = secrets.iter().map(|(id, handed)| secret::line(*id, handed));
    let lines: String = lines.collect();
    if out.format() == Format::Table {
        return Ok(out.text(&lines)?);
    }
    // Rows are for programs, and a secret is no row.
    output::say(lines.trim_end());
    Ok(())
}

/// How the command ends that carried the plan out.
fn how_it_ended(told: &PlanTold) -> Result<(), Failure> {
    let states = || told.ops.iter().map(|op| op.line.state);
    let done = states().filter(|state| state.is_done()).count();
    let all = told.ops.len();
    if done == all {
        return Ok(());
    }
    let others = told.ops.iter().filter(|op| !op.line.state.is_done());
    let named: Vec<String> = others.map(|op| ended_as(&op.line)).collect();
    let words = format!("{done} of {all} done; {}", named.join("; "));
    let number = told.number;
    if done > 0 || states().any(State::is_doubtful) {
        return Err(Failure::Partial(words));
    }
    if states().any(|state| state == State::Failed) {
        let hint = format!("`oktop queue show {number}` tells what Okta answered");
        return Err(Failure::new(ProblemKind::Internal, words, hint));
    }
    Err(refused(
        words,
        &format!("nothing of it was done; `oktop queue show {number}` tells why"),
    ))
}
