//! The command line: what was typed becomes a question to the agent, and its answer becomes text for a person or a machine.
//!
//! Low args ([`args`]) are what was typed; high args ([`resolve::Context`]) are what it means together with the environment and the
//! configuration. Every command is a client of the agent, as the console is. Only [`output`] prints: data to standard
//! output, words to standard error; how a command ended is in its exit status ([`failure`]).

pub mod args;
pub mod ask;
mod behind;
pub mod bindings;
mod cause;
pub mod command;
pub mod connect;
mod csv;
pub mod export;
pub mod failure;
mod filter;
pub mod json;
pub mod kinds;
pub mod listing;
pub mod log;
pub mod output;
pub mod permitted;
pub mod proposal;
pub mod record;
pub mod resolve;
#[cfg(test)]
mod sample;
pub mod signals;
mod stale;
mod steady;
mod table;
mod unread;
pub mod way;

use std::ffi::OsString;
use std::future::Future;
use std::time::Duration;

use clap::Parser as _;
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::agent::client::Client;
use crate::config::environment::Environment;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::Kind;
use crate::domain::user::User;
use crate::msg::ProblemKind;
use crate::msg::status::Status;

use args::{
    AgentArgs, AgentCommand, AppsCommand, AppsReading, Cli, Command, ConsoleArgs, EventsCommand,
    EventsReading, GroupsCommand, GroupsReading, UsersCommand, UsersReading,
};
use ask::Asker;
use failure::Failure;
use kinds::OfKind;
use output::Output;
use proposal::Proposal;
use resolve::Context;
use signals::Ending;

/// Runs the program with these arguments, the first of which is its name. Gives the exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().map(filter::shown).collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let help = command::man::help_of(&arguments).filter(|_| error.use_stderr());
            if let Some(help) = help {
                let mut out = Output::stdout(args::Format::Table);
                let told = out.text(&help).and_then(|()| out.flush());
                return told.map_or_else(|error| ended(&error.into(), &mut out), |()| 0);
            }
            // Help and version are data and go to standard output; a reader that left early is nobody's fault.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let context = Context::new(&cli.global, &Environment::of_process());
    let mut out = Output::stdout(context.format);
    let done = match (&context.export, &cli.command) {
        (None, _) => dispatch(cli.command, cli.console, &context, &mut out),
        (Some(path), Some(command)) if command.is_list() => {
            export::to_file(path, &context, |file| {
                dispatch(cli.command, cli.console, &context, file)
            })
        }
        (Some(_), _) => Err(Failure::new(
            ProblemKind::Usage,
            "this command writes no list that could be exported",
            "`oktop users list --export users.csv`, and the like with search, groups, apps, events",
        )),
    };
    let done = done.and_then(|()| Ok(out.flush()?));
    done.map_or_else(|failure| ended(&failure, &mut out), |()| 0)
}

fn ended(failure: &Failure, out: &mut Output) -> u8 {
    // What was found before the failure belongs to whoever reads; when even that fails, the first failure counts.
    let _ = out.flush();
    if let Some(words) = failure.words() {
        output::say(&words);
    }
    failure.exit_code()
}

fn dispatch(
    command: Option<Command>,
    console: ConsoleArgs,
    context: &Context,
    out: &mut Output,
) -> Result<(), Failure> {
    let now = context.clock.now();
    match command {
        None => block_on_briefly(command::console::run(context, console)),
        Some(Command::Demo(own)) => {
            let shown = ConsoleArgs {
                plain: console.plain || own.plain,
                ascii: console.ascii || own.ascii,
            };
            block_on_briefly(command::demo::run(context, shown))
        }
        Some(_) if console != ConsoleArgs::default() => Err(Failure::new(
            ProblemKind::Usage,
            "--plain and --ascii are for the console, and this command opens none",
            "`oktop --plain` opens the console; commands print plain text without it",
        )),
        Some(Command::Users(UsersCommand::Stage(verb))) => staging(&verb.proposal, context, out),
        Some(Command::Users(UsersCommand::Ready(wanted))) => {
            command::queue::check_online(context.offline)?;
            asking(context, async |agent, status| {
                command::queue::ready(status, agent).await?;
                command::ready::run(wanted, now, agent, out).await
            })
        }
        Some(Command::Groups(GroupsCommand::Stage(verb))) => staging(&verb.proposal, context, out),
        Some(Command::Apps(AppsCommand::Stage(verb))) => staging(&verb.proposal, context, out),
        Some(Command::Entries(OfKind::Stage(proposal))) => staging(&proposal, context, out),
        Some(Command::Queue(command)) => {
            command::queue::check(&command, context.offline)?;
            asking(context, async |agent, status| {
                let status = command::queue::ready(status, agent).await?;
                command::queue::run(command, &status, context.no_input, agent, out).await
            })
        }
        Some(Command::Audit(command)) => asking(context, async |agent, status| {
            command::queue::ready(status, agent).await?;
            command::audit::run(&command, agent, out).await
        }),
        Some(Command::Users(UsersCommand::Read(command))) => {
            reading(context, async |agent| users(command, now, agent, out).await)
        }
        Some(Command::Groups(GroupsCommand::Read(command))) => reading(context, async |agent| {
            groups(command, now, agent, out).await
        }),
        Some(Command::Apps(AppsCommand::Read(command))) => {
            reading(context, async |agent| apps(command, now, agent, out).await)
        }
        Some(Command::Events(EventsCommand::Import(args))) => {
            block_on(command::import::run(&args, context, out))
        }
        Some(Command::Events(EventsCommand::Read(command))) => reading(context, async |agent| {
            events(command, now, agent, out).await
        }),
        Some(Command::Access(command)) => reading(context, async |agent| {
            command::access::run(command, now, agent, out).await
        }),
        Some(Command::Admins(command)) => reading(context, async |agent| {
            command::access::admins(command, now, agent, out).await
        }),
        Some(Command::Changes(args)) => reading(context, async |agent| {
            command::changes::run(&args, now, agent, out).await
        }),
        Some(Command::Entries(OfKind::Read(command))) => reading(context, async |agent| {
            command::entries::run(command, now, agent, out).await
        }),
        Some(Command::Export(command)) => command::export::run(&command, out),
        Some(Command::Status) => asking(context, async |agent, _| {
            command::status::run(now, agent, out).await
        }),
        Some(Command::Sync(args)) => {
            command::sync::check(context.offline)?;
            asking(context, async |agent, _| {
                command::sync::run(&args, agent, out).await
            })
        }
        Some(Command::Agent(args)) => agent(&args, context, out),
        Some(Command::Sim(args)) => block_on(command::sim::run(args, out)),
        Some(Command::Doctor(args)) if args.rebuild => {
            block_on(command::rebuild::run(context, args.yes))
        }
        Some(Command::Doctor(_)) => block_on(command::doctor::run(context, out)),
        Some(Command::Info) => command::info::run(context, out),
        Some(Command::Config(command)) => command::config::run(&command, context, out),
        Some(Command::Completions { shell }) => command::completions::run(shell, out),
        Some(Command::Man { command }) => command::man::run(&command, out),
        Some(Command::Help { command }) => command::man::help(&command, &context.keys, out),
    }
}

/// Runs a command that asks the agent.
fn asking(
    context: &Context,
    command: impl AsyncFnOnce(&mut Client, Status) -> Result<(), Failure>,
) -> Result<(), Failure> {
    connect::check(context)?;
    connect::check_stored(context)?;
    block_on(async {
        let all = async {
            let (mut agent, status) = connect::connect(context).await?;
            connect::tell_whose(context, &status).await;
            command(&mut agent, status).await
        };
        if context.export.is_none() {
            return all.await;
        }
        // A file that was begun goes away with it, and the agent may take long to start.
        unless_ended(&mut Ending::listen(), all).await
    })
}

/// Stages changes that were typed as verbs of their nouns.
fn staging(proposal: &Proposal, context: &Context, out: &mut Output) -> Result<(), Failure> {
    command::queue::check_online(context.offline)?;
    let changes = proposal.changes(&mut std::io::stdin().lock())?;
    asking(context, async |agent, status| {
        command::queue::ready(status, agent).await?;
        command::queue::stage::typed(proposal, changes, agent, out).await
    })
}

/// What comes of it, unless a signal to end comes first.
async fn unless_ended<T>(
    ending: &mut Ending,
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = ending.next() => Err(Failure::Interrupted),
        done = command => done,
    }
}

/// Runs a command that tells what the mirror holds, and says how old that is when it is old.
fn reading(
    context: &Context,
    command: impl AsyncFnOnce(&mut Client) -> Result<(), Failure>,
) -> Result<(), Failure> {
    asking(context, async |agent, status| {
        let status = behind::wait(agent, status, &context.clock).await;
        let done = command(agent).await;
        stale::tell_after(done, &status, context.clock.now())
    })
}

fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    runtime()?.block_on(command)
}

/// How long threads that wait for a disk may keep the program from ending once its screen is gone.
const LEFT_WITHIN: Duration = Duration::from_secs(1);

/// The same for what an operator leaves: a file on a disk that does not answer must not hold him.
fn block_on_briefly<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(command);
    runtime.shutdown_timeout(LEFT_WITHIN);
    done
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| {
        Failure::new(
            ProblemKind::Internal,
            format!("the system gives no threads: {error}"),
            "check memory and `ulimit -u`",
        )
    })
}

fn agent(args: &AgentArgs, context: &Context, out: &mut Output) -> Result<(), Failure> {
    match args.command {
        None => block_on(command::agent::run(context, args.stay, out)),
        Some(AgentCommand::Status) => block_on(command::agent::status(context, out)),
        Some(AgentCommand::Stop) => block_on(command::agent::stop(context)),
        Some(AgentCommand::Unit) => command::agent::unit(context, out),
    }
}

async fn events(
    command: EventsReading,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        EventsReading::List(args) => command::events::list(&args, now, asker, out).await,
        EventsReading::Get { uuid } => command::events::get(&uuid, asker, out).await,
        EventsReading::Hunt(args) => command::hunt::run(&args, now, asker, out).await,
        EventsReading::Search { filter, list } => {
            command::events::search(&filter, &list, now, asker, out).await
        }
        EventsReading::By { thing, value, span } => {
            command::trace::by(thing, &value, &span, now, asker, out).await
        }
        EventsReading::Logons { filter, span } => {
            command::trace::logons(&filter, &span, now, asker, out).await
        }
    }
}

async fn users(
    command: UsersReading,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        UsersReading::List(args) => command::list::all::<User>(&args, now, asker, out).await,
        UsersReading::Get { user, then } => {
            command::get::get(Kind::User, &user, then.moment(now)?, asker, out).await
        }
        UsersReading::Search(args) => command::list::search::<User>(&args, now, asker, out).await,
        UsersReading::Groups(args) => {
            command::list::related::<Group>(Kind::User, &args, now, asker, out).await
        }
        UsersReading::Apps(args) => {
            command::list::related::<Application>(Kind::User, &args, now, asker, out).await
        }
    }
}

async fn groups(
    command: GroupsReading,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        GroupsReading::List(args) => command::list::all::<Group>(&args, now, asker, out).await,
        GroupsReading::Get { group, then } => {
            command::get::get(Kind::Group, &group, then.moment(now)?, asker, out).await
        }
        GroupsReading::Search(args) => command::list::search::<Group>(&args, now, asker, out).await,
        GroupsReading::Members(args) => {
            command::list::related::<User>(Kind::Group, &args, now, asker, out).await
        }
        GroupsReading::Apps(args) => {
            command::list::related::<Application>(Kind::Group, &args, now, asker, out).await
        }
    }
}

async fn apps(
    command: AppsReading,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        AppsReading::List(args) => command::list::all::<Application>(&args, now, asker, out).await,
        AppsReading::Get { app, then } => {
            command::get::get(Kind::App, &app, then.moment(now)?, asker, out).await
        }
        AppsReading::Search(args) => {
            command::list::search::<Application>(&args, now, asker, out).await
        }
        AppsReading::Users(args) => {
            command::list::related::<User>(Kind::App, &args, now, asker, out).await
        }
        AppsReading::Groups(args) => {
            command::list::related::<Group>(Kind::App, &args, now, asker, out).await
        }
    }
}

#[cfg(test)]
mod tests;
