//! What can be typed about ready plans.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::parse_when;
use crate::domain::time::When;

/// Plans that are composed of what somebody has. They are staged; nothing is sent to Okta.
#[derive(Debug, Subcommand)]
pub enum ReadyCommand {
    /// Close an account that somebody else may have: sessions, tokens, what was added to it, what it left behind
    Contain(ContainArgs),
    /// Take everything from somebody who leaves, the account last
    Offboard(OffboardArgs),
    /// Make users and give them groups and apps: of a template, of a colleague, of a table
    Onboard(Box<OnboardArgs>),
}

/// Which of the steps are staged.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// Only show the steps, each with its number
    #[arg(long, conflicts_with = "reason")]
    pub preview: bool,
    /// Take these steps, too, by their numbers: 3,5
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub with: Vec<usize>,
    /// Leave these steps out
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub without: Vec<usize>,
    /// Take all steps
    #[arg(long, conflicts_with_all = ["with", "without"])]
    pub all: bool,
    /// Why, for the journal
    #[arg(long, value_name = "WORDS")]
    pub reason: Option<String>,
}

/// Whose account is closed.
#[derive(Clone, Debug, Args)]
pub struct ContainArgs {
    /// Id, login or full name
    pub user: String,
    /// Since when it is not theirs: what was added from then on is taken. A span such as 2h, a date, or a moment
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub since: Option<When>,
    /// Which steps.
    #[command(flatten)]
    pub choice: Choice,
}

/// Who leaves.
#[derive(Clone, Debug, Args)]
pub struct OffboardArgs {
    /// Id, login or full name
    pub user: String,
    /// Only say what is left; ends with 3 when nothing is
    #[arg(long, conflicts_with_all = ["preview", "with", "without", "all", "reason"])]
    pub check: bool,
    /// Which steps.
    #[command(flatten)]
    pub choice: Choice,
}

/// Who comes.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("who").required(true).args(["set", "csv"]))]
pub struct OnboardArgs {
    /// An attribute of the profile, such as login=ana@acme.com; NAME:=JSON for what is no text
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// A table of users: a line of attribute names, then one user a line; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    pub csv: Option<PathBuf>,
    /// TOML with `groups`, `apps`, `activate` and a `[profile]` for all of them
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Give them the groups and direct apps of this user: id, login or full name
    #[arg(long, value_name = "USER")]
    pub like: Option<String>,
    /// A group to be in, by id or name
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// An app to have directly, by id or label
    #[arg(long, value_name = "APP")]
    pub app: Vec<String>,
    /// Let them in at once
    #[arg(long)]
    pub activate: bool,
    /// Which steps.
    #[command(flatten)]
    pub choice: Choice,
}
