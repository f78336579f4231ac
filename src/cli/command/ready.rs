//! `oktop users contain|offboard|onboard`: ready plans, shown step by step, chosen from and staged.

mod newcomers;

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::get;
use super::queue::stage;
use crate::action::ready::Ready;
use crate::cli::args::Format;
use crate::cli::args::ready::{Choice, ReadyCommand};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::domain::id::{Kind, ObjectId, UserId};
use crate::domain::text::SafeText;
use crate::msg::ProblemKind;
use crate::msg::queue::{Draft, DraftOp, QueueAnswer, QueueAsk, Recipe};

/// What is done with a ready plan.
enum Wish {
    /// Its steps are shown.
    Preview,
    /// What is left to do is told.
    Check,
    /// It is staged, for this reason.
    Stage(Option<String>),
}

/// Composes a ready plan and stages what is chosen of it.
///
/// # Errors
/// When nobody of that name is known, a file or a number makes no sense, what the agent says, or that standard output cannot be written.
/// [`Failure::NothingFound`] when a check finds nothing left.
pub async fn run(
    command: ReadyCommand,
    now: Timestamp,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let (recipe, choice, check) = wanted(command, now, agent).await?;
    let QueueAnswer::Ready(mut ready) = super::queue::ask(QueueAsk::Compose(recipe), agent).await?
    else {
        return Err(mismatch());
    };
    choose(&mut ready, &choice)?;
    let wish = match (check, choice.preview) {
        (true, _) => Wish::Check,
        (false, true) => Wish::Preview,
        (false, false) => Wish::Stage(choice.reason),
    };
    match wish {
        Wish::Preview => write(&ready, out),
        Wish::Check if ready.steps.is_empty() => Err(Failure::NothingFound),
        Wish::Check => write(&ready, out),
        Wish::Stage(reason) => staged(&ready, reason.as_deref(), agent, out).await,
    }
}

async fn wanted(
    command: ReadyCommand,
    now: Timestamp,
    agent: &mut impl Asker,
) -> Result<(Recipe, Choice, bool), Failure> {
    Ok(match command {
        ReadyCommand::Contain(args) => {
            let since = args.since.map(|since| since.moment(now));
            let user = user(&args.user, agent).await?;
            (Recipe::Contain { user, since }, args.choice, false)
        }
        ReadyCommand::Offboard(args) => {
            let user = user(&args.user, agent).await?;
            (Recipe::Offboard { user }, args.choice, args.check)
        }
        ReadyCommand::Onboard(args) => {
            let choice = args.choice.clone();
            let onboarding = newcomers::wanted(&args, agent).await?;
            (Recipe::Onboard(onboarding), choice, false)
        }
    })
}

async fn user(name: &str, agent: &mut impl Asker) -> Result<UserId, Failure> {
    match get::find(Kind::User, name, None, agent).await? {
        ObjectId::User(user) => Ok(user),
        _ => Err(mismatch()),
    }
}

fn choose(ready: &mut Ready, choice: &Choice) -> Result<(), Failure> {
    let count = ready.steps.len();
    let named = choice.with.iter().chain(&choice.without);
    if let Some(wrong) = named.copied().find(|number| !(1..=count).contains(number)) {
        return Err(usage(
            format!("there is no step {wrong}; there are {count}"),
            "--preview shows them with their numbers",
        ));
    }
    for (number, step) in (1..).zip(&mut ready.steps) {
        step.chosen = (step.chosen || choice.all || choice.with.contains(&number))
            && !choice.without.contains(&number);
    }
    Ok(())
}

async fn staged(
    ready: &Ready,
    reason: Option<&str>,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let changes = ready.chosen();
    if changes.is_empty() {
        let why = match ready.steps.len() {
            0 => "there is nothing left to do".to_owned(),
            count => format!("none of the {count} steps is chosen"),
        };
        return Err(Failure::new(
            ProblemKind::Refused,
            why,
            "--preview shows the steps, --with 1,2 takes some, --all takes all",
        ));
    }
    if matches!(out.format(), Format::Table) {
        out.text(&not_chosen(ready))?;
    }
    let draft = Draft {
        title: SafeText::new(&ready.title),
        reason: reason.map(SafeText::new),
        on_failure: ready.on_failure,
        ops: changes.into_iter().map(DraftOp::new).collect(),
    };
    stage::ask_for(QueueAsk::Stage(draft), agent, out).await
}

/// What is to be known before the plan that follows: steps that are not in it, and notes.
fn not_chosen(ready: &Ready) -> String {
    let mut text = String::new();
    for (number, step) in (1..).zip(&ready.steps).filter(|(_, step)| !step.chosen) {
        let (name, change) = (&step.name, step.change.name());
        let why = SafeText::new(&step.why);
        let _ = writeln!(text, "not chosen: {number} {change} {name}: {why}");
    }
    text.push_str(&notes(ready));
    text
}

fn notes(ready: &Ready) -> String {
    let note = |note: &String| format!("note: {}\n", SafeText::new(note));
    ready.notes.iter().map(note).collect()
}

fn write(ready: &Ready, out: &mut Output) -> Result<(), Failure> {
    if !matches!(out.format(), Format::Table) {
        return Ok(out.json(&told(ready))?);
    }
    let mut text = format!("{}\n", SafeText::new(&ready.title));
    for (number, step) in (1..).zip(&ready.steps) {
        let mark = if step.chosen { 'x' } else { ' ' };
        let (name, change) = (&step.name, step.change.name());
        let why = SafeText::new(&step.why);
        let _ = writeln!(text, "{number:>3} [{mark}] {change}  {name}\n        {why}");
    }
    text.push_str(&notes(ready));
    text.push_str("nothing is staged\n");
    Ok(out.text(&text)?)
}

fn told(ready: &Ready) -> Value {
    let step = |(number, step): (usize, &crate::action::ready::Step)| {
        json!({
            "number": number,
            "change": step.change.name(),
            "what": step.change,
            "name": step.name,
            "why": step.why,
            "chosen": step.chosen,
        })
    };
    json!({
        "title": ready.title,
        "on_failure": ready.on_failure,
        "steps": (1..).zip(&ready.steps).map(step).collect::<Value>(),
        "notes": ready.notes,
    })
}

fn usage(summary: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::new(ProblemKind::Usage, summary, hint)
}

#[cfg(test)]
mod tests;
