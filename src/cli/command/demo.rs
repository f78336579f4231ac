//! `oktop demo`: the console on a simulated org that is alive, with an agent of its own, in a directory that goes away with it.
//!
//! All three live in this process, and still speak over real sockets, so that the demo is the program and not a show. The
//! temporary directory is the only thing that could be left behind, so every way out passes where it is removed: leaving the
//! console, a signal while things start, a failure, a panic.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{console, info};
use crate::agent::{self, StartError};
use crate::cli::args::ConsoleArgs;
use crate::cli::failure::Failure;
use crate::cli::resolve::Context;
use crate::cli::signals::Ending;
use crate::cli::{log, output, permitted, way};
use crate::clock::Clock;
use crate::config::Profile;
use crate::config::StoreSettings;
use crate::config::source::SecretSource;
use crate::console::memory::Place;
use crate::msg::ProblemKind;
use crate::sim::life::Pace;
use crate::sim::rate::Profile as RateLimits;
use crate::sim::scenario::Attacks;
use crate::sim::{self, Simulator};

/// How long the agent may take to close its stores.
const CLOSING_LIMIT: Duration = Duration::from_secs(20);

/// Runs the demo until its console is left.
///
/// # Errors
/// When there is no terminal, or something cannot be started.
pub async fn run(context: &Context, shown: ConsoleArgs) -> Result<(), Failure> {
    console::require_terminal(shown)?;
    refuse_own_place(context)?;
    context.ui()?;
    // From here on no signal ends the process past the removal of the directory.
    let mut ending = Ending::listen();
    let place = tempfile::Builder::new()
        .prefix("oktop-demo-")
        .tempdir()
        .map_err(|error| {
            let hint = "check the space in the temporary directory, or set TMPDIR to another";
            Failure::new(
                ProblemKind::Internal,
                format!("no temporary directory can be made: {error}"),
                hint,
            )
        })?;
    let _log = log::start(&place.path().join("log"), "demo")?;
    output::say_passing("making an org of 2,000 people…");
    let started = tokio::select! {
        started = Demo::start(&place, &context.clock) => started,
        () = ending.next() => return Ok(()),
    };
    output::say_passing("");
    let demo = started?;
    let way = Arc::new(console::Running(data_dir(&place)));
    let memory = Place::Nowhere("the demo leaves nothing behind");
    let about = demo_facts(context, &place);
    let outcome = tokio::select! {
        outcome = console::open(way, memory, about, (context, shown)) => outcome,
        // A console on a screen ends by itself.
        () = ending.next(), if shown.plain => Ok(()),
    };
    demo.end().await;
    outcome
}

/// What `:info` tells: the demo reads no profile.
fn demo_facts(context: &Context, place: &TempDir) -> Vec<(String, String)> {
    let own = [
        ("profile", "none: this is the demo".to_owned()),
        ("org_url", "the simulated org of this process".to_owned()),
        ("token", "made for the simulated org".to_owned()),
        ("data_dir", data_dir(place).display().to_string()),
        ("encryption", "none".to_owned()),
        ("encrypted", "false".to_owned()),
        ("log_dir", place.path().join("log").display().to_string()),
    ];
    let mut facts = info::told(context);
    for (name, value) in &mut facts {
        if let Some((_, own)) = own.iter().find(|(own, _)| own == name) {
            value.clone_from(own);
        }
    }
    facts
}

/// Refuses a directory that would not be used.
fn refuse_own_place(context: &Context) -> Result<(), Failure> {
    if !context.has_data_dir() {
        return Ok(());
    }
    Err(Failure::new(
        ProblemKind::Usage,
        "the demo has a directory of its own, which is removed when it ends; --data-dir cannot be another",
        "leave --data-dir out; to keep a simulated org, run `oktop sim` and `oktop --data-dir DIR` with a profile for it",
    ))
}

fn data_dir(place: &TempDir) -> std::path::PathBuf {
    place.path().join("data")
}

/// What the demo needs while it is shown.
struct Demo {
    org: sim::Running,
    agent: JoinHandle<Result<(), StartError>>,
    /// Tells the agent to end.
    stop: oneshot::Sender<()>,
}

impl Demo {
    async fn start(place: &TempDir, clock: &Clock) -> Result<Self, Failure> {
        let org = org(clock.clone()).await?;
        let settings = settings(place, &org, clock)?;
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = oneshot::channel();
        // Nobody waits any more when a signal came first.
        let announce = move || {
            let _ = ready.send(());
        };
        let told = async move {
            let _ = stopped.await;
        };
        let agent = tokio::spawn(agent::run(settings, announce, told));
        // An agent that fails drops its end, and then its own words count.
        if is_ready.await.is_ok() {
            return Ok(Self { org, agent, stop });
        }
        let words = match agent.await {
            Ok(Err(error)) => error.to_string(),
            _ => "it ended at once".to_owned(),
        };
        Err(Failure::new(
            ProblemKind::Internal,
            format!("the demo's agent cannot start: {words}"),
            "set TMPDIR to a directory of your own",
        ))
    }

    /// Ends both; the stores are closed before their directory is removed.
    async fn end(self) {
        drop(self.stop);
        // What is left is removed either way.
        let _ = timeout(CLOSING_LIMIT, self.agent).await;
        self.org.shutdown().await;
    }
}

/// The demo's org: the same at every start but for its present time.
fn options() -> sim::Options {
    sim::Options {
        users: 2_000,
        groups: 200,
        apps: 60,
        events: 100_000,
        days: 7,
        seed: 2_026,
        rate_limits: RateLimits::Workforce,
        latency: Duration::from_millis(40),
        live: true,
        pace: Pace::EventsPerSecond(1.0),
        attacks: Some(Attacks::of_the_demo()),
        ..sim::Options::default()
    }
}

async fn org(clock: Clock) -> Result<sim::Running, Failure> {
    let made = tokio::task::spawn_blocking(move || Simulator::new(&options(), clock)).await;
    let failed = |words: String| {
        Failure::new(
            ProblemKind::Internal,
            format!("the simulated org cannot start: {words}"),
            "try again",
        )
    };
    let simulator = made.map_err(|error| failed(error.to_string()))?;
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    simulator
        .serve(anywhere)
        .await
        .map_err(|error| failed(error.to_string()))
}

fn settings(
    place: &TempDir,
    org: &sim::Running,
    clock: &Clock,
) -> Result<agent::Settings, Failure> {
    let token = place.path().join("token");
    write_token(&token, &org.token)?;
    let profile = Profile::new(&org.url, SecretSource::File(token));
    let (base, _) = way::base(&profile)?;
    Ok(agent::Settings {
        data_dir: data_dir(place),
        host: base.host().into(),
        sync: profile.sync.clone(),
        // It lies in a temporary directory and is small.
        store: StoreSettings {
            ballast_mb: 0,
            ..profile.store.clone()
        },
        changes: permitted::changes(&profile),
        linger: None,
        demo: true,
        clock: clock.clone(),
        source: way::source(profile),
    })
}

/// The process's umask makes the file private.
fn write_token(path: &Path, token: &str) -> Result<(), Failure> {
    fs::write(path, token).map_err(|error| {
        Failure::new(
            ProblemKind::Internal,
            format!("{} cannot be written: {error}", path.display()),
            "check the space in the temporary directory",
        )
    })
}
