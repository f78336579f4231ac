//! What can be typed about the queue of changes and its journal.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::action::plan::{NotAnOp, OpId};
use crate::cli::proposal::{About, Proposal};
use crate::msg::queue::Which;

/// What can be done with the queue.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Stage changes, each by its name; nothing is sent to Okta
    Propose(Box<ProposeArgs>),
    /// Changes that are staged, under way, or that a person has to decide about
    List {
        /// Those that are over, too
        #[arg(long)]
        all: bool,
    },
    /// A plan with all that is known of it: findings, diffs, requests, what takes it back, what was sent
    Show {
        /// Its number
        #[arg(value_parser = parse_plan)]
        plan: u64,
    },
    /// What a plan changes: what is so, and what is to be
    Diff {
        /// Its number
        #[arg(value_parser = parse_plan)]
        plan: u64,
    },
    /// Carry a plan out, and follow it until nothing of it is under way
    Run(RunArgs),
    /// Give up changes that were not sent
    Drop {
        /// The plan, or one change of it: 17, 17.2
        #[arg(value_name = "PLAN[.CHANGE]", value_parser = parse_which)]
        which: Which,
    },
    /// Stage what takes changes back
    Undo {
        /// The plan, or one change of it: 17, 17.2
        #[arg(value_name = "PLAN[.CHANGE]", value_parser = parse_which)]
        which: Which,
    },
    /// Stage once more what failed
    Again {
        /// The change: 17.2
        #[arg(value_name = "CHANGE", value_parser = parse_op)]
        op: OpId,
    },
    /// Say whether something was done that nobody could find out
    Say {
        /// The change: 17.2
        #[arg(value_name = "CHANGE", value_parser = parse_op)]
        op: OpId,
        /// Whether it was
        said: Said,
        /// How you know, for the journal
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// Show what Okta sent back that is shown once: a temporary password, a link
    Secret {
        /// The change: 17.2
        #[arg(value_name = "CHANGE", value_parser = parse_op)]
        op: OpId,
        /// Also where standard output is no terminal
        #[arg(long)]
        print_secrets: bool,
    },
    /// Send nothing more until `queue resume`; what is under way ends
    Halt {
        /// Why, for the journal
        #[arg(long, value_name = "WORDS")]
        reason: Option<String>,
    },
    /// Go on after a halt; what was confirmed before it has to be confirmed again
    Resume,
}

/// What is proposed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct ProposeArgs {
    /// A list of changes as JSON, in the journal's form; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What is said of the plan.
    #[command(flatten)]
    pub about: About,
    /// The change.
    #[command(subcommand)]
    pub change: Option<Proposal>,
}

/// How a plan is carried out.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Its number
    #[arg(value_parser = parse_plan)]
    pub plan: u64,
    /// That this is what is meant: the id of what is changed, the count of several, or the phrase that `queue show` tells
    #[arg(long, value_name = "TARGET")]
    pub confirm: Option<String>,
    /// Only read again what each change rests on, and tell what would be sent; nothing is
    #[arg(long, conflicts_with_all = ["confirm", "reason", "print_secrets"])]
    pub dry_run: bool,
    /// Why, for the journal
    #[arg(long, value_name = "WORDS")]
    pub reason: Option<String>,
    /// Print temporary passwords and links, which are shown once, also where standard output is no terminal
    #[arg(long)]
    pub print_secrets: bool,
}

/// What a person found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Said {
    /// It was done
    Done,
    /// It was not
    NotDone,
}

/// What can be done with the journal of changes.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Its entries, oldest first
    Show {
        /// From this entry on
        #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        from: u64,
        /// At most this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Whether it is whole and as it was written
    Verify,
}

fn parse_plan(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "a plan is named by its number, such as 17".to_owned())
}

fn parse_op(text: &str) -> Result<OpId, String> {
    text.parse().map_err(|error: NotAnOp| error.to_string())
}

fn parse_which(text: &str) -> Result<Which, String> {
    if !text.contains('.') {
        return parse_plan(text).map(|plan| Which { plan, op: None });
    }
    parse_op(text).map(|op| Which {
        plan: op.plan,
        op: Some(op.op),
    })
}
