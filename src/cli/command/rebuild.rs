//! Damaged files of the mirror: finding them, asking once, and putting them aside so that they are read anew from Okta.

use std::io::{self, BufRead as _};
use std::path::Path;

use crate::agent::store_settings;
use crate::cli::command::agent;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::resolve::Context;
use crate::domain::text::SafeText;
use crate::msg::ProblemKind;
use crate::store::Error;
use crate::store::Settings;
use crate::store::Store;
use crate::store::rebuild::{examine, put_aside};

/// Looks at every file of the mirror, asks whether the damaged ones may be put aside, and does so. An agent that runs is ended for it.
///
/// # Errors
/// When nobody can be asked or the answer is no, or a file can be neither read nor moved.
pub async fn run(context: &Context, agreed: bool) -> Result<(), Failure> {
    match agent::stop(context).await {
        Err(Failure::Problem(none)) if none.kind == ProblemKind::NotFound => {}
        stopped => stopped?,
    }
    let dir = &context.paths()?.data_dir;
    let settings = settings_of(context).await?;
    let damaged = examine(dir, settings.keys).map_err(|error| of_store(&error))?;
    if damaged.is_empty() {
        output::say("every file of the mirror is as it was written");
        return Ok(());
    }
    offer(context, dir, &damaged, agreed).await
}

/// After a console could not be opened: when that is for a damaged file, asks, and puts it aside. Gives whether it did.
///
/// # Errors
/// When the file cannot be moved.
pub async fn offer_after(context: &Context) -> Result<bool, Failure> {
    let dir = &context.paths()?.data_dir;
    match Store::open_with(dir, None, settings_of(context).await?) {
        Err(error @ Error::Damaged { .. }) => {
            offer(context, dir, &[error], false).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// As the agent opens the mirror.
async fn settings_of(context: &Context) -> Result<Settings, Failure> {
    let settings = store_settings(context.store()).await;
    settings.map_err(|error| Failure::new(ProblemKind::Refused, error.to_string(), error.hint()))
}

async fn offer(
    context: &Context,
    dir: &Path,
    damaged: &[Error],
    agreed: bool,
) -> Result<(), Failure> {
    for error in damaged {
        output::say(&format!("{}", SafeText::new(&error.to_string())));
    }
    if damaged.iter().any(holds_history) {
        output::say(HISTORY_GOES);
    }
    if !agreed {
        ask(context)?;
    }
    let moved = put_aside(dir, damaged, settings_of(context).await?)
        .await
        .map_err(|error| of_store(&error))?;
    for path in moved {
        output::say(&format!("put aside: {}", path.display()));
    }
    output::say("what Okta still has is read anew by the next command that needs it");
    Ok(())
}

const QUESTION: &str = "Put it aside and read it anew from Okta? What only the mirror knew stays in the file put aside. [y/N] ";

/// What the directory has that Okta does not tell again.
const HISTORY_GOES: &str = "with the directory goes its history: what changed until now, who was in what, and what Okta has no more is not \
                            read anew, so that `changes` and `--as-of` begin again from today";

/// Whether it is the file of the directory that is damaged.
fn holds_history(error: &Error) -> bool {
    matches!(error, Error::Damaged { path, .. } if path.file_name().is_some_and(|name| name == "directory.redb"))
}

fn ask(context: &Context) -> Result<(), Failure> {
    if context.no_input || !output::is_interactive() {
        return Err(Failure::new(
            ProblemKind::Usage,
            "a person has to agree before a damaged file is put aside",
            "`oktop doctor --rebuild` in a terminal asks; with --yes it does not",
        ));
    }
    output::say(QUESTION);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(
        ProblemKind::Refused,
        "nothing was changed",
        "`oktop doctor --rebuild` asks again",
    ))
}

fn of_store(error: &Error) -> Failure {
    let hint = error
        .hint()
        .unwrap_or_else(|| "look at the disk, and try again".to_owned());
    Failure::new(ProblemKind::Internal, error.to_string(), hint)
}
