//! What can be typed: every command, flag and argument, as clap reads them. Nothing here looks at the world.

pub mod queue;
pub mod ready;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::command::sim;
use super::failure::Failure;
use super::kinds::OfKind;
use super::proposal::{OfApps, OfGroups, OfUsers, Verb};
use crate::domain::hunt::Quarry;
use crate::domain::resource::{Resource, Stretch};
use crate::domain::time::{InvalidWhen, When, format_okta};
use crate::msg::ProblemKind;

use queue::{AuditCommand, QueueCommand};
use ready::ReadyCommand;

const AFTER_HELP: &str = "\
Examples:
  oktop demo                                   the console on a simulated org
  oktop                                        the console on your org
  oktop --plain                                the same line by line
  oktop users search 'status:active lastLogin>90d' -o csv
  oktop events list --since 1h -o ndjson | jq .eventType
  oktop users search 'status:active' --export active.csv
  oktop sync --once -o json
  oktop users suspend 00u1a2b3c4D5e6F7g8h9     staged only; `oktop queue run` sends it

Filters: words that must all hold
  ana  \"a b\"            somewhere in the row
  status:active          in that field
  login=ana@acme.com     the whole field
  title:/lead|head/      a regular expression
  ~anslv  name:~anslv    letters in this order, with anything between them
  lastLogin<90d          less than 90 days ago; also > <= >=, with numbers, spans and dates
  -department:IT         not; also: or, ( )
  about:ana@acme.com     of events: by her or done to her; ip:73.162.0.0/16, country:ng

Since when: in JSON and CSV `since` goes with `since_proof` (`sinceProof`)
  log                    an event of the log says so
  first_seen             oktop saw it first then; it may be older

Exit status:
  0  done                                    5  rate limited
  1  failed                                  6  Okta cannot be reached
  2  wrong usage or configuration            7  done in part
  3  nothing found                           8  refused by a guard
  4  Okta refuses the credential             130  interrupted";

/// A terminal console for Okta orgs: users, groups, apps and the live System Log, mirrored locally.
///
/// Without a command, the console opens.
#[derive(Debug, Parser)]
#[command(name = "oktop", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// How the console is shown.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// What to do; the console when there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// How data is written to standard output
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "table",
        help_heading = "Global options"
    )]
    pub output: Format,
    /// The configuration file to read instead of the usual one
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,
    /// The profile to use
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Global options"
    )]
    pub profile: Option<String>,
    /// The directory that holds everything the profile stores
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub data_dir: Option<PathBuf>,
    /// Ask Okta nothing and work with what is stored; with --data-dir no org need be configured
    #[arg(long, global = true, help_heading = "Global options")]
    pub offline: bool,
    /// Never ask anything; fail instead
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,
    /// Write a list to this new file (.ndjson, .json, .csv or .md) with a manifest beside it, and nothing to standard output
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub export: Option<PathBuf>,
}

/// How the console is shown.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsoleArgs {
    /// The console line by line, for screen readers and scripts: commands are typed as lines, and what they show comes back as text
    #[arg(long, help_heading = "Console")]
    pub plain: bool,
    /// Show ASCII only in the console: of text in other letters each column becomes a ?
    #[arg(long, help_heading = "Console")]
    pub ascii: bool,
}

/// What `doctor` does beside looking.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct DoctorArgs {
    /// Read every file of the mirror from end to end, and after a question put damaged ones aside, to be read anew from Okta: without the
    /// history of changes, where it is the directory that is damaged
    #[arg(long)]
    pub rebuild: bool,
    /// Do not ask that question
    #[arg(long, requires = "rebuild")]
    pub yes: bool,
}

/// How data is written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    #[default]
    Table,
    /// One JSON value
    Json,
    /// One JSON value per line
    Ndjson,
    /// Comma-separated values with a line of headings
    Csv,
    /// A table in Markdown
    #[value(name = "md", alias = "markdown")]
    Markdown,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List, get, search and change users
    #[command(subcommand)]
    Users(UsersCommand),
    /// List, get, search and change groups
    #[command(subcommand)]
    Groups(GroupsCommand),
    /// List, get, search and change applications
    #[command(subcommand)]
    Apps(AppsCommand),
    /// List, get, search and import events of the System Log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Who reaches what, and why
    #[command(subcommand)]
    Access(AccessCommand),
    /// Who has an admin role, and by which path
    #[command(subcommand)]
    Admins(AdminsCommand),
    /// What changed between two moments, and by whom where the log says so
    Changes(ChangesArgs),
    /// The other lists of Okta's, one command for each kind.
    #[command(flatten)]
    Entries(OfKind),
    /// Changes on their way to Okta: stage, look, confirm, take back
    #[command(subcommand)]
    Queue(QueueCommand),
    /// The journal of everything that was changed, or may have been
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look at what was exported
    #[command(subcommand)]
    Export(ExportCommand),
    /// How the mirror and its agent stand
    Status,
    /// Read from Okta now
    Sync(SyncArgs),
    /// Run the agent that owns the mirror, or see to it
    Agent(AgentArgs),
    /// The console on a simulated org that is alive, in a temporary directory
    Demo(ConsoleArgs),
    /// Serve a simulated Okta org over HTTP, for demos, tests and trying things out
    #[command(after_long_help = sim::AFTER_HELP)]
    Sim(Box<sim::Args>),
    /// Check configuration, token, directories, connection and terminal, and say how to mend what is wrong
    Doctor(DoctorArgs),
    /// Versions and paths
    Info,
    /// The configuration file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// A completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// The manual page, in roff
    Man {
        /// The page of this command, such as `users search`
        command: Vec<String>,
    },
    /// The same as --help
    #[command(hide = true)]
    Help {
        /// That of this command, such as `users search`
        command: Vec<String>,
    },
}

impl Command {
    /// Whether it writes a list, which can go to a file.
    pub fn is_list(&self) -> bool {
        match self {
            Self::Users(
                UsersCommand::Read(UsersReading::Get { .. })
                | UsersCommand::Stage(_)
                | UsersCommand::Ready(_),
            )
            | Self::Groups(
                GroupsCommand::Read(GroupsReading::Get { .. }) | GroupsCommand::Stage(_),
            )
            | Self::Apps(AppsCommand::Read(AppsReading::Get { .. }) | AppsCommand::Stage(_))
            | Self::Events(
                EventsCommand::Import(_)
                | EventsCommand::Read(EventsReading::Get { .. } | EventsReading::Hunt(_)),
            ) => false,
            Self::Entries(entries) => entries.is_list(),
            Self::Users(_)
            | Self::Groups(_)
            | Self::Apps(_)
            | Self::Events(_)
            | Self::Access(_)
            | Self::Admins(_)
            | Self::Changes(_)
            | Self::Queue(QueueCommand::List { .. })
            | Self::Audit(AuditCommand::Show { .. }) => true,
            _ => false,
        }
    }
}

/// What can be done with exports.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Whether a file is still what its manifest says
    Verify {
        /// The file that was exported; its manifest lies beside it
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Looking at them.
    #[command(flatten)]
    Read(UsersReading),
    /// Staging changes of them.
    #[command(flatten)]
    Stage(Verb<OfUsers>),
    /// Staging what is done together.
    #[command(flatten)]
    Ready(ReadyCommand),
}

/// How users are looked at.
#[derive(Debug, Subcommand)]
pub enum UsersReading {
    /// All users
    List(ListArgs),
    /// One user, by id, login or full name
    Get {
        /// Id, login or full name
        user: String,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
    /// The users that pass a filter
    Search(SearchArgs),
    /// The groups of a user
    Groups(RelatedArgs),
    /// The apps of a user
    Apps(RelatedArgs),
}

/// What can be done with groups.
#[derive(Debug, Subcommand)]
pub enum GroupsCommand {
    /// Looking at them.
    #[command(flatten)]
    Read(GroupsReading),
    /// Staging changes of them.
    #[command(flatten)]
    Stage(Verb<OfGroups>),
}

/// How groups are looked at.
#[derive(Debug, Subcommand)]
pub enum GroupsReading {
    /// All groups
    List(ListArgs),
    /// One group, by id or name
    Get {
        /// Id or name
        group: String,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
    /// The groups that pass a filter
    Search(SearchArgs),
    /// The members of a group
    Members(RelatedArgs),
    /// The apps assigned to a group
    Apps(RelatedArgs),
}

/// What can be done with apps.
#[derive(Debug, Subcommand)]
pub enum AppsCommand {
    /// Looking at them.
    #[command(flatten)]
    Read(AppsReading),
    /// Staging changes of them.
    #[command(flatten)]
    Stage(Verb<OfApps>),
}

/// How apps are looked at.
#[derive(Debug, Subcommand)]
pub enum AppsReading {
    /// All apps
    List(ListArgs),
    /// One app, by id or label
    Get {
        /// Id or label
        app: String,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
    /// The apps that pass a filter
    Search(SearchArgs),
    /// The users assigned to an app
    Users(RelatedArgs),
    /// The groups assigned to an app
    Groups(RelatedArgs),
}

/// What can be done with events.
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// Looking at what is stored.
    #[command(flatten)]
    Read(EventsReading),
    /// Store the events of exports: JSON, NDJSON or the Admin Console's CSV, also compressed with gzip
    Import(ImportArgs),
}

/// How stored events are looked at.
#[derive(Debug, Subcommand)]
pub enum EventsReading {
    /// Stored events, oldest first; on a terminal the newest 100 unless more is asked for
    List(EventListArgs),
    /// One event, by its uuid
    Get {
        /// The uuid
        uuid: String,
    },
    /// Ask Okta's own log for the events of a user, an address, a session or a target, and store what is new
    Hunt(HuntArgs),
    /// The stored events that pass a filter, such as `about:ana@acme.com result:failure ip:73.162.0.0/16`
    Search {
        /// The filter
        #[arg(required = true)]
        filter: Vec<String>,
        /// Which stretch.
        #[command(flatten)]
        list: EventListArgs,
    },
    /// Who used an address, a session or a device, when, from where and for what
    By {
        /// What it is
        thing: ByThing,
        /// The address (or a network such as 203.0.113.0/24), the id, or the number
        value: String,
        /// Which stretch.
        #[command(flatten)]
        span: SpanArgs,
    },
    /// Who signed in from which address, newest first
    Logons {
        /// Only events that pass this filter, such as `result:failure country:ng`
        filter: Vec<String>,
        /// Which stretch.
        #[command(flatten)]
        span: SpanArgs,
    },
}

/// What events can be looked at by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ByThing {
    /// An address, or a network of them
    Ip,
    /// A session, by its externalSessionId
    Session,
    /// All sessions below one, by their rootSessionId
    RootSession,
    /// A registered device, by its id
    Device,
    /// An autonomous system, by its number
    Asn,
}

/// A stretch of the log.
#[derive(Clone, Debug, Default, Args)]
pub struct SpanArgs {
    /// Only events since then: a span such as 15m or 7d, a date, or a moment
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub since: Option<When>,
    /// Only events before then
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub until: Option<When>,
}

/// What is hunted.
#[derive(Clone, Debug, Args)]
pub struct HuntArgs {
    /// user, ip, session or target
    #[arg(value_name = "WHAT")]
    pub quarry: Quarry,
    /// Which: an id, a login, a name, an address
    #[arg(value_name = "WHICH")]
    pub text: String,
    /// From when on: a span such as 15m or 7d, a date, or a moment
    #[arg(long, value_name = "TIME", value_parser = parse_when, default_value = "24h")]
    pub since: When,
    /// Until when; now when it is left out
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub until: Option<When>,
    /// Ask; without it only the cost is told
    #[arg(long)]
    pub yes: bool,
}

/// What is imported.
#[derive(Clone, Debug, Default, Args)]
pub struct ImportArgs {
    /// The exports; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// They hold every event of this stretch, such as 2026-11-01..2026-11-08: gaps recorded within it are filled
    #[arg(long, value_name = "FROM..TO", value_parser = parse_stretch)]
    pub covers: Option<Stretch>,
    /// Stop at the first line that is no event
    #[arg(long)]
    pub strict: bool,
}

/// Questions about access.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Why a user has an app, a membership or an admin role: every path
    Why {
        /// Id or login
        user: String,
        /// App, group or role, by id or name; `app:`, `group:` or `role:` before it decides
        #[arg(required = true, value_name = "APP|GROUP|ROLE")]
        goal: Vec<String>,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
    /// Who has an app, a membership or an admin role, and by which paths
    Who {
        /// App, group or role, by id or name; `app:`, `group:` or `role:` before it decides
        #[arg(required = true, value_name = "APP|GROUP|ROLE")]
        goal: Vec<String>,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
    /// What makes use of a group: rules, apps, roles, policies, pushes, owners
    Uses {
        /// Id or name
        group: String,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
}

/// What can be done with admins.
#[derive(Debug, Subcommand)]
pub enum AdminsCommand {
    /// Every path of everybody and everything with an admin role
    List(AsOfArgs),
    /// Every path of one user or client, or through one group, by id, login or name
    Get {
        /// Id, login or name
        #[arg(value_name = "ID")]
        principal: String,
        /// When.
        #[command(flatten)]
        then: AsOfArgs,
    },
}

/// How a list is cut and ordered.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Sort by this field
    #[arg(long, value_name = "FIELD")]
    pub sort: Option<String>,
    /// Largest or latest first
    #[arg(long, requires = "sort")]
    pub desc: bool,
    /// At most this many rows
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// List objects too that Okta no longer has
    #[arg(long)]
    pub archived: bool,
    /// As it was then: a span such as 3d for three days ago, a date, or a moment
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub as_of: Option<When>,
}

/// A moment in the past.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct AsOfArgs {
    /// As it was then: a span such as 3d for three days ago, a date, or a moment
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub as_of: Option<When>,
}

impl AsOfArgs {
    /// The moment that is meant; `None` for now.
    ///
    /// # Errors
    /// When it is still to come.
    pub fn moment(self, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
        past(self.as_of, now)
    }
}

/// The moment that `--as-of` means; `None` for now.
///
/// # Errors
/// When it is still to come: what will be cannot be told, and what is now would pass for it.
pub fn past(when: Option<When>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let at = when.map(|when| when.moment(now));
    match at.filter(|at| *at > now) {
        None => Ok(at),
        Some(at) => Err(Failure::new(
            ProblemKind::Usage,
            format!("{} is still to come", format_okta(at)),
            "--as-of looks at the past: a span such as 3d, a date, or a moment",
        )),
    }
}

/// Which changes.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangesArgs {
    /// Those since then: a span such as 15m or 7d, a date, or a moment; a day before the end unless said
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub since: Option<When>,
    /// Those before then; now unless said
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub until: Option<When>,
    /// Only what happened to this user, group or app, by id or name; `zone:NAME` and the like for anything else
    #[arg(long, value_name = "X")]
    pub object: Option<String>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// A filter and how the list is cut and ordered.
#[derive(Clone, Debug, Args)]
pub struct SearchArgs {
    /// The filter, such as `status:ACTIVE`, or `-status:ACTIVE` for all others
    #[arg(required = true)]
    pub filter: Vec<String>,
    /// How the list is cut and ordered.
    #[command(flatten)]
    pub list: ListArgs,
}

/// An object whose relations are listed.
#[derive(Clone, Debug, Args)]
pub struct RelatedArgs {
    /// Id of the object, or its login, name or label
    #[arg(value_name = "ID")]
    pub object: String,
    /// How the list is cut and ordered.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Which stretch of the events.
#[derive(Clone, Debug, Default, Args)]
pub struct EventListArgs {
    /// Only events since then: a span such as 15m or 7d, a date, or a moment
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub since: Option<When>,
    /// Only events before then
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub until: Option<When>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Known only to say what is meant instead.
    #[arg(long, value_name = "TIME", hide = true, value_parser = no_as_of)]
    pub as_of: Option<std::convert::Infallible>,
}

/// The log is never otherwise than it was: what happened up to a moment is a stretch of it.
fn no_as_of(time: &str) -> Result<std::convert::Infallible, String> {
    Err(format!(
        "events have no other state in the past; `--until {time}` ends the list there"
    ))
}

/// A stretch between two moments. Spans such as 7d would mean something else tomorrow, and what a file covers does not.
fn parse_stretch(text: &str) -> Result<Stretch, String> {
    let moment = |text: &str| match text.parse() {
        Ok(When::At(moment)) => Ok(moment),
        Ok(When::Ago(_)) | Err(InvalidWhen) => Err(format!(
            "`{text}` is no date such as 2026-11-01 and no moment such as 2026-11-01T14:00:00Z"
        )),
    };
    let (from, to) = text
        .split_once("..")
        .ok_or("write two moments with .. between them")?;
    let (from, to) = (moment(from)?, moment(to)?);
    if from >= to {
        return Err("it ends before it begins".to_owned());
    }
    Ok(Stretch { from, to })
}

fn parse_when(text: &str) -> Result<When, String> {
    text.parse().map_err(|error: InvalidWhen| error.to_string())
}

/// What to read from Okta.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SyncArgs {
    /// Read everything completely, wait for it, and report
    #[arg(long, conflicts_with = "resource")]
    pub once: bool,
    /// Only this resource
    #[arg(long, value_name = "RESOURCE", value_parser = parse_resource)]
    pub resource: Option<Resource>,
    /// Only this object of the resource
    #[arg(requires = "resource", conflicts_with = "once")]
    pub id: Option<String>,
    /// Something else about the sync.
    #[command(subcommand)]
    pub command: Option<SyncCommand>,
}

fn parse_resource(word: &str) -> Result<Resource, String> {
    let words: Vec<&str> = Resource::ALL
        .iter()
        .map(|resource| resource.word())
        .collect();
    Resource::from_word(word).ok_or_else(|| format!("write one of {}", words.join(", ")))
}

/// Something else about the sync.
#[derive(Debug, Subcommand)]
pub enum SyncCommand {
    /// Archive the objects, or end the entries, whose absence was too sudden to be believed
    AcceptMissing {
        /// Of which resource
        #[arg(value_name = "TYPE", value_parser = parse_missing)]
        resource: Resource,
    },
}

/// A resource whose objects can go missing. What connects users, groups and apps is over when Okta says so, and the log never is.
fn parse_missing(word: &str) -> Result<Resource, String> {
    let can = |one: &Resource| {
        one.holds_entries() || matches!(one, Resource::Users | Resource::Groups | Resource::Apps)
    };
    let all = Resource::ALL.into_iter().filter(can);
    let plural = |one: &Resource| word == one.word() || format!("{word}s") == one.word();
    let words: Vec<&str> = all.clone().map(Resource::word).collect();
    let mut found = all.filter(plural);
    found
        .next()
        .ok_or_else(|| format!("write one of {}", words.join(", ")))
}

/// How the agent runs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AgentArgs {
    /// Stay when nobody is attached, as a service does
    #[arg(long)]
    pub stay: bool,
    /// Something about a running agent.
    #[command(subcommand)]
    pub command: Option<AgentCommand>,
}

/// Something about a running agent.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Whether one runs, and how it stands
    Status,
    /// End it; the next command starts a new one
    Stop,
    /// Print a systemd user unit that keeps it running
    Unit,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the file and report every mistake
    Check,
    /// Where the file is
    Path,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_still_to_come_is_no_past() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let at = |text: &str| past(Some(text.parse().unwrap()), now);
        assert_eq!(at("2026-11-22T10:00:00Z").unwrap(), Some(now));
        assert!(at("3d").unwrap().is_some_and(|then| then < now));
        assert_eq!(at("2026-11-23").unwrap_err().exit_code(), 2);
        assert_eq!(past(None, now).unwrap(), None);
    }

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("oktop").chain(line.split(' ')))
    }

    #[test]
    fn global_flags_stand_anywhere() {
        for line in [
            "-o json users list",
            "users -o json list",
            "users list -o json",
            "users search -o json ana",
            "users search ana -o json",
        ] {
            assert_eq!(parse(line).unwrap().global.output, Format::Json, "{line}");
        }
    }

    #[test]
    fn as_of_for_events_is_answered_with_what_to_write() {
        for line in ["events list --as-of 3d", "events search x --as-of 3d"] {
            let words = parse(line).unwrap_err().to_string();
            assert!(words.contains("`--until 3d`"), "{words}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "users",
            "users find",
            "events list --since soon",
            "events import",
            "events import a --covers 7d..1d",
            "events import a --covers 2026-11-08..2026-11-01",
            "events import a --covers 2026-11-08",
            "sync --resource tables",
            "sync 00u1",
            "sync --once --resource users",
            "sync --once accept-missing users",
            "users list --desc",
            "--token x status",
            "-o yaml status",
            "agent restart",
            "events list --as-of 3d",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
