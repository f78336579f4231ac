//! `oktop queue`: changes on their way to Okta. They are staged, looked at, confirmed, followed and taken back by asking the agent,
//! which alone carries them out.

pub mod confirm;
pub mod run;
pub mod secret;
pub mod stage;
pub mod told;

use std::io::{self, BufRead as _};
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::action::foreseen::summary;
use crate::action::state::State;
use crate::cli::args::queue::{QueueCommand, Said};
use crate::cli::ask::{Asker, Follower, mismatch};
use crate::cli::failure::{Failure, something};
use crate::cli::listing::Listing;
use crate::cli::output::{self, Output};
use crate::cli::signals::Ending;
use crate::domain::text::SafeText;
use crate::msg::queue::{PlanLine, PlanTold, QueueAnswer, QueueAsk};
use crate::msg::status::{Connection, Status};
use crate::msg::{Answer, Ask, ProblemKind, Push};

use told::QueueRow;

/// Plans that are asked for at once.
const PLANS: usize = 100;

/// How long it may take an agent that has just started to reach the org and open its queue.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// Waits until the queue is open and there is a way to Okta, as far as there will be: the agent may have been started a moment ago.
///
/// # Errors
/// When the conversation broke.
pub async fn ready(status: Status, agent: &mut impl Follower) -> Result<Status, Failure> {
    if is_ready(&status) {
        return Ok(status);
    }
    agent.ask(Ask::Subscribe).await?;
    let opened = async {
        loop {
            if let Push::Status(status) = agent.next_news().await?
                && is_ready(&status)
            {
                return Ok(*status);
            }
        }
    };
    // When it never is, the answer to what is asked says why.
    timeout(READY_LIMIT, opened).await.unwrap_or(Ok(status))
}

fn is_ready(status: &Status) -> bool {
    let is_open = status.queue.revision > 0;
    match status.connection {
        Connection::Starting => false,
        Connection::Online { .. } => is_open,
        Connection::Trouble { .. } => is_open || status.org.is_none(),
    }
}

/// Refuses before anybody is asked what needs Okta, when that is to be left alone.
///
/// # Errors
/// When it is.
pub fn check(command: &QueueCommand, offline: bool) -> Result<(), Failure> {
    match command {
        QueueCommand::Propose(_)
        | QueueCommand::Run(_)
        | QueueCommand::Undo { .. }
        | QueueCommand::Again { .. } => check_online(offline),
        _ => Ok(()),
    }
}

/// The same for every change.
///
/// # Errors
/// When Okta is to be left alone.
pub fn check_online(offline: bool) -> Result<(), Failure> {
    if !offline {
        return Ok(());
    }
    Err(Failure::new(
        ProblemKind::Refused,
        "--offline leaves Okta alone, and what is to be changed is read there first",
        "leave --offline out; `oktop queue list` and `show` work with it",
    ))
}

/// Does what was asked.
///
/// # Errors
/// What the agent says, what a guard refuses, how a plan ended that was carried out, or that standard output cannot be written.
pub async fn run(
    command: QueueCommand,
    status: &Status,
    no_input: bool,
    agent: &mut impl Follower,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        QueueCommand::Propose(args) => stage::proposed(&args, agent, out).await,
        QueueCommand::List { all } => list(all, agent, out).await,
        QueueCommand::Show { plan } => told::write(&show(plan, agent).await?, out),
        QueueCommand::Diff { plan } => told::write_diff(&show(plan, agent).await?, out),
        QueueCommand::Run(args) if args.dry_run => rehearse(args.plan, agent, out).await,
        QueueCommand::Run(args) => {
            let mut ending = Ending::listen();
            let person = person(no_input);
            run::run(&args, &status.queue, (person, ending.next()), agent, out).await
        }
        QueueCommand::Drop { which } => said(QueueAsk::Drop(which), agent, out).await,
        QueueCommand::Undo { which } => stage::ask(QueueAsk::Undo(which), agent, out).await,
        QueueCommand::Again { op } => stage::ask(QueueAsk::Again(op), agent, out).await,
        QueueCommand::Say {
            op,
            said: found,
            reason,
        } => {
            let was_done = found == Said::Done;
            let ask = QueueAsk::Say {
                op,
                was_done,
                reason,
            };
            said(ask, agent, out).await
        }
        QueueCommand::Secret { op, print_secrets } => {
            secret::run(op, print_secrets, agent, out).await
        }
        QueueCommand::Halt { reason } => said(QueueAsk::Halt(reason), agent, out).await,
        QueueCommand::Resume => said(QueueAsk::Resume, agent, out).await,
    }
}

/// Who is asked to confirm: nobody where nobody sits.
fn person(no_input: bool) -> confirm::Person<'static> {
    if no_input {
        return confirm::Person::NotToBeAsked;
    }
    if !output::is_interactive() {
        return confirm::Person::Away;
    }
    confirm::Person::There(Box::new(|question| {
        output::say(question);
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }))
}

/// Asks about the queue.
pub(super) async fn ask(ask: QueueAsk, agent: &mut impl Asker) -> Result<QueueAnswer, Failure> {
    match agent.ask(Ask::Queue(ask)).await? {
        Answer::Queue(answer) => Ok(answer),
        _ => Err(mismatch()),
    }
}

/// A plan with all that is known of it.
async fn show(plan: u64, agent: &mut impl Asker) -> Result<PlanTold, Failure> {
    match ask(QueueAsk::Show(plan), agent).await? {
        QueueAnswer::Plan(told) => Ok(*told),
        _ => Err(mismatch()),
    }
}

/// Tells what would come of a plan. Finds nothing when nothing of it would be sent.
async fn rehearse(plan: u64, agent: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    let QueueAnswer::Rehearsed(foreseen) = ask(QueueAsk::Rehearse(plan), agent).await? else {
        return Err(mismatch());
    };
    told::write_foreseen(&foreseen, out)?;
    let words = SafeText::new(&summary(&foreseen));
    output::say(&words);
    something(foreseen.iter().filter(|one| one.is_sent).count())
}

/// Asks for something that is answered by a sentence, or by what became of a plan.
async fn said(what: QueueAsk, agent: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    match ask(what, agent).await? {
        QueueAnswer::Done(words) => {
            output::say(&SafeText::new(&words));
            Ok(())
        }
        QueueAnswer::Plan(told) => told::write_rows(&told, out),
        _ => Err(mismatch()),
    }
}

async fn list(all: bool, agent: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    out.about.query = Some(json!({"list": "queue", "all": all}));
    let mut listing = Listing::of::<QueueRow>(out)?;
    let mut before = None;
    loop {
        let limit = PLANS;
        let QueueAnswer::Plans(plans) = ask(QueueAsk::List { before, limit }, agent).await? else {
            return Err(mismatch());
        };
        for plan in &plans {
            listing.add_rows(&rows(plan, all))?;
        }
        before = plans.last().map(|plan| plan.number);
        if before.is_none_or(|number| number <= 1) {
            return something(listing.end()?);
        }
    }
}

/// The changes of a plan that are listed.
fn rows(plan: &PlanLine, all: bool) -> Vec<QueueRow> {
    let is_listed = |state: State| all || !state.is_final();
    let listed = plan.ops.iter().filter(|op| is_listed(op.state));
    listed.map(|op| QueueRow::of(op, plan.tier)).collect()
}

#[cfg(test)]
mod tests;
