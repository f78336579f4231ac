//! Staging: what was typed becomes a plan, and what of it cannot be is told.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Value, json};

use super::told;
use crate::cli::args::Format;
use crate::cli::args::queue::ProposeArgs;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::proposal::{Proposal, STDIN, of_json};
use crate::domain::change::{Change, GroupProfile};
use crate::domain::id::{GroupId, ObjectId};
use crate::domain::text::SafeText;
use crate::msg::queue::{LeftOut, PlanTold, QueueAnswer, QueueAsk};
use crate::msg::{Answer, AnyRow, Ask, ProblemKind};

/// Stages what was typed behind `queue propose`.
///
/// # Errors
/// When it cannot be read, what the agent says, [`Failure::Partial`] when some of it was not staged.
pub async fn proposed(
    args: &ProposeArgs,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    if let Some(path) = &args.json {
        let draft = args.about.draft(of_json(&text_of(path)?)?);
        return ask(QueueAsk::Stage(draft), agent, out).await;
    }
    let Some(proposal) = &args.change else {
        return Err(Failure::new(
            ProblemKind::Usage,
            "there is nothing to propose",
            "name a change, such as users.suspend, or a file of them with --json",
        ));
    };
    let changes = proposal.changes(&mut io::stdin().lock())?;
    typed(proposal, changes, agent, out).await
}

/// Stages changes that were typed.
///
/// # Errors
/// As [`proposed`].
pub async fn typed(
    proposal: &Proposal,
    mut changes: Vec<Change>,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    for change in &mut changes {
        let stays = proposal.stays(change);
        if let Change::UpdateGroup { group, after, .. } = change {
            keep(group, after, stays, agent).await?;
        }
    }
    ask(QueueAsk::Stage(proposal.about.draft(changes)), agent, out).await
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let read = if path.as_os_str() == STDIN {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| {
        Failure::new(
            ProblemKind::Usage,
            format!("{} cannot be read: {error}", path.display()),
            "name a file of JSON, or - for standard input",
        )
    })
}

/// Okta replaces the whole profile of a group: what was not typed stays as the mirror has it, and the diff shows all of it.
async fn keep(
    group: &GroupId,
    after: &mut GroupProfile,
    (name, description): (bool, bool),
    agent: &mut impl Asker,
) -> Result<(), Failure> {
    if !name && !description {
        return Ok(());
    }
    let asked = agent.ask(Ask::Object(ObjectId::Group(group.clone()))).await;
    let raw = match asked? {
        Answer::Object(object) => match object.row {
            AnyRow::Group(row) => row.raw,
            _ => return Err(mismatch()),
        },
        _ => return Err(mismatch()),
    };
    let json: Option<Value> = raw.and_then(|raw| serde_json::from_str(raw.as_unsafe_str()).ok());
    let profile = json.map(|json| json["profile"].clone()).unwrap_or_default();
    let text = |field: &str| profile[field].as_str().map(Box::from);
    if name {
        after.name = text("name").ok_or_else(|| unread(group))?;
    }
    if description {
        after.description = text("description");
    }
    Ok(())
}

fn unread(group: &GroupId) -> Failure {
    Failure::new(
        ProblemKind::NotFound,
        format!("the mirror does not have the profile of {group}"),
        "give both --name and --description",
    )
}

/// Asks for something that stages, and tells what was staged.
///
/// # Errors
/// What the agent says, [`Failure::Partial`] when some of it was not staged, or that standard output cannot be written.
pub async fn ask(what: QueueAsk, agent: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    let left_out = tell(what, agent, out).await?;
    complete(&left_out)
}

/// The same for what oktop itself proposed: what turns out to be so already is as good as done.
///
/// # Errors
/// As [`ask`].
pub async fn ask_for(
    what: QueueAsk,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let mut left_out = tell(what, agent, out).await?;
    left_out.retain(|one| !one.is_done);
    complete(&left_out)
}

/// Asks, tells what was staged, and gives back what was not.
async fn tell(
    what: QueueAsk,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<Vec<LeftOut>, Failure> {
    let QueueAnswer::Staged(told, left_out) = super::ask(what, agent).await? else {
        return Err(mismatch());
    };
    write(&told, &left_out, out)?;
    Ok(left_out)
}

fn complete(left_out: &[LeftOut]) -> Result<(), Failure> {
    let whys = whys(left_out);
    match left_out.len() {
        0 => Ok(()),
        1 => Err(Failure::Partial(format!("1 change not staged: {whys}"))),
        left => Err(Failure::Partial(format!(
            "{left} changes not staged: {whys}"
        ))),
    }
}

/// Why things were left out, each reason once.
fn whys(left_out: &[LeftOut]) -> String {
    let mut all: Vec<&str> = left_out.iter().map(|one| one.why.as_str()).collect();
    all.dedup();
    SafeText::new(&all.join("; ")).to_string()
}

fn write(told: &PlanTold, left_out: &[LeftOut], out: &mut Output) -> Result<(), Failure> {
    match out.format() {
        Format::Json | Format::Ndjson => {
            let left =
                |one: &LeftOut| json!({"change": one.change, "target": one.target, "why": one.why});
            let mut json = told::plan(told);
            json["left_out"] = left_out.iter().map(left).collect();
            json["run"] = told::run_line(told).into();
            Ok(out.json(&json)?)
        }
        Format::Csv | Format::Markdown => told::write_rows(told, out),
        Format::Table => Ok(out.text(&in_words(told, left_out))?),
    }
}

fn in_words(told: &PlanTold, left_out: &[LeftOut]) -> String {
    let mut text = told::head(told);
    text.extend(told.ops.iter().map(told::with_diff));
    let left = |one: &LeftOut| {
        let (change, why) = (SafeText::new(&one.change), SafeText::new(&one.why));
        format!("left out: {change} {}: {why}\n", one.target)
    };
    text.extend(left_out.iter().map(left));
    text.push_str(&told::findings(told));
    text.push_str("staged; nothing was sent. To carry it out:\n  ");
    text.push_str(&told::run_line(told));
    text.push('\n');
    text
}
