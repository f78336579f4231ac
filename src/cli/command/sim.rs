//! `oktop sim`: serves a simulated Okta org until it is interrupted.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::signals;
use crate::clock::Clock;
use crate::msg::ProblemKind;
use crate::sim;
use crate::sim::life::Pace;
use crate::sim::rate::Profile;
use crate::sim::tls::Place;
use crate::sim::world;
use crate::sim::{Listen, Options, Simulator};

/// What follows the options in the long help.
pub const AFTER_HELP: &str = "\
Scenarios: names for --scenario
  api-token-abuse, cross-tenant-idp, factor-reset-then-takeover, impossible-travel, log-stream-removed,
  ordinary-admin-day, password-spray, push-bombing, quiet-day, session-replay, super-admin-granted

The simulator's own paths, which need no token
  GET    /sim/v1/requests               what was asked so far
  GET    /sim/v1/writes                 changes that were asked for, and by whom: ?path=/api/v1/users/00u…&agent=oktop
  GET    /sim/v1/truth                  what is true of the org; below it users, groups, apps, events, admins, scenarios
  GET    /sim/v1/scenarios              the scenarios; POST starts one
  POST   /sim/v1/changes                changes something, as an admin of the org would
  POST   /sim/v1/tokens                 makes an API token with the roles named; /sim/v1/clients an OAuth client
  POST   /sim/v1/faults                 orders a fault; DELETE takes all back
  POST   /sim/v1/life                   how much happens by itself";

/// Serve a simulated Okta org over HTTP, for demos, tests and trying things out.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Listen for HTTPS, too, with a certificate that is made on the spot; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS")]
    pub tls_listen: Option<SocketAddr>,
    /// Where to put the file with the certificate authority to trust; a temporary directory by itself
    #[arg(long, value_name = "DIR", requires = "tls_listen")]
    pub tls_dir: Option<PathBuf>,
    /// Users, of every status
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub users: usize,
    /// Groups, Everyone included
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub groups: usize,
    /// Applications
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub apps: usize,
    /// System Log events of the past
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub events: usize,
    /// Days that these events are spread over
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub days: u32,
    /// The same seed gives the same org
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Rate limits of a company's org, of a free developer's org, or none
    #[arg(long, value_enum, default_value_t = RateLimits::Workforce)]
    pub rate_limits: RateLimits,
    /// How long every answer takes at least, e.g. 40ms
    #[arg(long, value_name = "SPAN", default_value = "0ms", value_parser = span)]
    pub latency: Duration,
    /// How much lists and searches trail behind the objects
    #[arg(long, value_name = "SPAN", default_value = "800ms", value_parser = span)]
    pub index_lag: Duration,
    /// Whether people go on living in the org
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub live: Switch,
    /// How many events a second, instead of as many as its people make at this hour
    #[arg(long, value_name = "N", conflicts_with = "live", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub events_per_second: Option<u16>,
    /// The present time in the org, e.g. 2026-11-22T10:00:00Z, instead of this machine's
    #[arg(long, value_name = "TIME")]
    pub now: Option<Timestamp>,
    /// The API token that clients must send
    #[arg(long, value_name = "T", default_value_t = Options::default().token)]
    pub token: String,
    /// A scenario to start at once; may be given several times
    #[arg(long = "scenario", value_name = "NAME")]
    pub scenarios: Vec<String>,
    /// A fault of the table to strike as soon as it can; may be given several times
    #[arg(long = "fault", value_name = "NAME")]
    pub faults: Vec<String>,
    /// Which of Okta's engines the org runs on
    #[arg(long, value_enum, default_value_t = Engine::Idx)]
    pub engine: Engine,
    /// Also send values that no document names and that Okta's own SDKs reject
    #[arg(long)]
    pub strange: bool,
}

/// Which rate limits the org has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RateLimits {
    /// A paying company's
    Workforce,
    /// A free developer's
    Integrator,
    /// None
    Off,
}

/// Which of Okta's engines the org runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Identity Engine
    Idx,
    /// Classic Engine: no devices, no authenticators, no policies of applications
    Classic,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Yes
    On,
    /// No
    Off,
}

fn span(text: &str) -> Result<Duration, String> {
    let read: Result<SignedDuration, _> = text.parse();
    read.ok()
        .and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| "expected a span of time such as 40ms or 2s".to_owned())
}

impl Args {
    fn listen(&self) -> Listen {
        Listen {
            plain: self.listen,
            tls: self.tls_listen.map(|address| Place {
                address,
                directory: self.tls_dir.clone(),
            }),
        }
    }

    fn options(self) -> Options {
        Options {
            users: self.users,
            groups: self.groups,
            apps: self.apps,
            events: self.events,
            days: self.days,
            seed: self.seed,
            rate_limits: match self.rate_limits {
                RateLimits::Workforce => Profile::Workforce,
                RateLimits::Integrator => Profile::Integrator,
                RateLimits::Off => Profile::Off,
            },
            latency: self.latency,
            index_lag: self.index_lag,
            live: self.live == Switch::On,
            pace: self
                .events_per_second
                .map_or(Pace::Human, |rate| Pace::EventsPerSecond(rate.into())),
            token: self.token,
            scenarios: self.scenarios,
            strange: self.strange,
            faults: self.faults,
            engine: match self.engine {
                Engine::Idx => world::Engine::Identity,
                Engine::Classic => world::Engine::Classic,
            },
            ..Options::default()
        }
    }
}

/// Serves until SIGINT or SIGTERM. Prints one line of JSON when the org can be reached: url, token and org id, and with
/// HTTPS also its url and the file of the certificate authority.
///
/// # Errors
/// When an address cannot be listened on, the certificate's file cannot be written, or standard output is closed.
pub async fn run(args: Box<Args>, out: &mut Output) -> Result<(), Failure> {
    let clock = args.now.map_or_else(Clock::real, Clock::starting_at);
    let listen = args.listen();
    let serving = Simulator::new(&args.options(), clock)
        .serve_on(listen)
        .await;
    let running = serving.map_err(|error| {
        let hint = match error {
            sim::Error::Scenario(_) | sim::Error::Fault(_) => "choose one of those that there are",
            _ => "choose other addresses with --listen and --tls-listen; port 0 takes any free one",
        };
        Failure::new(ProblemKind::Internal, error.to_string(), hint)
    })?;
    let mut ready = json!({"url": running.url, "token": running.token, "org_id": running.org_id});
    if let Some(secure) = &running.secure {
        ready["tls_url"] = json!(secure.url);
        ready["ca_file"] = json!(secure.ca_file());
    }
    out.line(&ready.to_string())?;
    signals::end().await;
    running.shutdown().await;
    Ok(())
}
