//! `oktop events import`: exports of the System Log go into the store, through the agent as everything does.
//!
//! A thread reads the files and makes lists of their events; several lists are on their way to the agent at a time, and each is durable
//! before it is counted. A uuid is stored once, so an import that was cut off is done again from the start and stores only the rest.

mod files;
mod report;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::agent::client::Channels;
use crate::cli::args::ImportArgs;
use crate::cli::ask::mismatch;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::resolve::Context;
use crate::domain::resource::Stretch;
use crate::domain::time::format_okta;
use crate::msg::{Answer, Ask, FromAgent, ProblemKind, Request};

use files::{Page, Read};
use report::Report;

/// Lists that may be on their way: what the store takes at a time.
const UNDER_WAY: usize = 12;
/// Between two words to a person who waits.
const WORDS_INTERVAL: Duration = Duration::from_millis(200);

/// Imports the files and prints what came of them.
///
/// # Errors
/// When a file is not there, what the agent says, [`Failure::Partial`] when a line was no event, or that standard output cannot be written.
pub async fn run(args: &ImportArgs, context: &Context, out: &mut Output) -> Result<(), Failure> {
    files::check(&args.files)?;
    if let Some(stretch) = args.covers {
        check_past(stretch, context.clock.now())?;
    }
    connect::check(context)?;
    let (agent, status) = connect::connect(context).await?;
    connect::tell_whose(context, &status).await;
    let mut way = Way {
        channels: agent.into_channels(),
        tickets: 0,
    };
    let mut report = import(args.files.clone(), args.strict, &mut way).await?;
    if let Some(stretch) = args.covers {
        cover(stretch, &mut report, &mut way).await?;
    }
    report.write(out)?;
    report.verdict(args.strict)
}

/// No file holds what is still to come.
fn check_past(stretch: Stretch, now: Timestamp) -> Result<(), Failure> {
    if stretch.to <= now {
        return Ok(());
    }
    let summary = format!(
        "--covers ends at {}, which is still to come",
        format_okta(stretch.to)
    );
    let hint = "end it at the moment at which the export was made, or before";
    Err(Failure::new(ProblemKind::Usage, summary, hint))
}

/// The conversation with the agent.
struct Way {
    channels: Channels,
    /// Questions that were asked.
    tickets: u64,
}

impl Way {
    async fn send(&mut self, ask: Ask) -> Result<u64, Failure> {
        self.tickets += 1;
        let ticket = self.tickets;
        let sent = self.channels.to_agent.send(Request { ticket, ask }).await;
        sent.map_err(|_| gone())?;
        Ok(ticket)
    }

    /// The next answer, and to which question.
    async fn answer(&mut self) -> Result<(u64, Answer), Failure> {
        loop {
            match self.channels.from_agent.recv().await {
                Some(FromAgent::Reply { ticket, answer }) => return Ok((ticket, answer?)),
                Some(FromAgent::Push(_)) => {}
                None => return Err(gone()),
            }
        }
    }
}

async fn import(files: Vec<PathBuf>, strict: bool, way: &mut Way) -> Result<Report, Failure> {
    let mut report = Report::of(&files);
    let (sender, mut pages) = mpsc::channel(2);
    // A thread of its own: a read that hangs, as one of a terminal does, must not keep the program from ending.
    std::thread::spawn(move || files::read_all(&files, strict, &sender));
    let mut under_way = HashMap::new();
    let (mut more, mut told) = (true, Instant::now());
    while more || !under_way.is_empty() {
        tokio::select! {
            read = pages.recv(), if more && under_way.len() < UNDER_WAY => match read {
                Some(Read::Page(Page { events, origin, .. })) => {
                    under_way.insert(way.send(Ask::Import(events)).await?, origin);
                }
                Some(Read::Bad(bad)) => report.bad(bad),
                None => more = false,
            },
            // Also while nothing is under way: that the agent is gone must not wait for what comes next through a pipe.
            answered = way.answer() => match answered? {
                (ticket, Answer::Imported(imported)) => {
                    let origin = under_way.remove(&ticket).ok_or_else(mismatch)?;
                    report.imported(&origin, imported);
                }
                _ => return Err(mismatch()),
            },
        }
        more &= !(strict && report.has_bad());
        if told.elapsed() >= WORDS_INTERVAL {
            output::say_passing(&report.progress());
            told = Instant::now();
        }
    }
    output::say_passing("");
    Ok(report)
}

/// Fills the gaps that the files are said to cover, if they could be read.
async fn cover(stretch: Stretch, report: &mut Report, way: &mut Way) -> Result<(), Failure> {
    if report.has_bad() {
        output::say("note: gaps stay open, for not every line could be read");
        return Ok(());
    }
    way.send(Ask::Cover(stretch)).await?;
    match way.answer().await? {
        (_, Answer::Covered(gaps)) => report.covered(stretch, gaps),
        _ => return Err(mismatch()),
    }
    Ok(())
}

fn gone() -> Failure {
    Failure::new(
        ProblemKind::Internal,
        "the agent ended while events were imported",
        "import the same files again: what is stored is known by its uuid",
    )
}

#[cfg(test)]
mod tests;
