//! A simulated Okta org over real HTTP. It is a stranger: it names nothing of ours but the clock.
//!
//! [`world`] is the org's state and the only way to change it; every change leaves a [`world::happening::Happening`],
//! from which the System Log is made. [`population`] fills it from a seed. Everything else either reads the world
//! ([`render`], [`search`], [`page`]) or stands between it and the wire ([`gate`], [`error`], [`rate`], [`fault`]).
//!
//! What happens becomes [`event`]s in the [`log`]. It happens because a client asked for it, because people live there
//! ([`life`]), or because a [`scenario`] is played; what happened before the start is [`history`].
//!
//! Invariant: nothing here is shared with the client, so that a misunderstanding of the API cannot cancel itself out.

pub mod activity;
pub mod derive;
pub mod error;
pub mod event;
pub mod fault;
pub mod gate;
pub mod history;
pub mod id;
pub mod json;
pub mod ledger;
pub mod life;
pub mod log;
pub mod oauth;
pub mod org;
pub mod page;
pub mod population;
pub mod principal;
pub mod rate;
pub mod render;
pub mod rhythm;
pub mod routes;
pub mod scenario;
pub mod scope;
pub mod search;
pub mod service;
pub mod time;
pub mod tls;
pub mod wire;
pub mod world;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use axum::{Extension, Router};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use activity::Activity;
use derive::Seed;
use history::Extent;
use life::Pace;
use log::Log;
use log::book::Book;
use oauth::Authority;
use org::{Org, Recorder};
use population::Plan;
use principal::Keyring;
use rate::{Limits, Profile};
use scenario::{Attacks, Scenarios};
use service::Service;
use wire::Scheme;
use world::Engine;

/// What kind of org to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Users of every status.
    pub users: usize,
    /// Groups, Everyone included.
    pub groups: usize,
    /// Applications.
    pub apps: usize,
    /// Log events of the past.
    pub events: usize,
    /// How many days these are spread over.
    pub days: u32,
    /// The same seed gives the same org.
    pub seed: u64,
    /// Rate limits.
    pub rate_limits: Profile,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// How much lists and searches trail behind the objects.
    pub index_lag: Duration,
    /// Whether people go on living in the org.
    pub live: bool,
    /// The token that clients must send.
    pub token: String,
    /// How much happens while people do.
    pub pace: Pace,
    /// Scenarios to start at once.
    pub scenarios: Vec<String>,
    /// Attacks that start by themselves.
    pub attacks: Option<Attacks>,
    /// Whether to send values that no document names and official clients reject.
    pub strange: bool,
    /// Rows of the table of faults that strike from the start.
    pub faults: Vec<String>,
    /// Which engine the org runs on.
    pub engine: Engine,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            users: 200,
            groups: 40,
            apps: 20,
            events: 2_000,
            days: 7,
            seed: 1,
            rate_limits: Profile::Workforce,
            latency: Duration::ZERO,
            index_lag: Duration::from_millis(800),
            live: false,
            token: "00SimulatedOktaTokenForTestsAndDemosOnly42".to_owned(),
            pace: Pace::Human,
            scenarios: Vec::new(),
            attacks: None,
            strange: false,
            faults: Vec::new(),
            engine: Engine::Identity,
        }
    }
}

/// Why the simulator could not run.
#[derive(Debug, Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another address with --listen, port 0 for any free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// HTTPS cannot be offered.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// A fault is none of the table's.
    #[error("{0}")]
    Fault(String),
    /// A scenario cannot be started.
    #[error(transparent)]
    Scenario(#[from] activity::Unplayable),
}

/// A simulated org that nobody can reach yet.
#[derive(Clone, Debug)]
pub struct Simulator {
    service: Arc<Service>,
    options: Arc<Options>,
}

impl Simulator {
    /// Makes an org as it is at the clock's present time.
    pub fn new(options: &Options, clock: Clock) -> Self {
        let plan = Plan {
            seed: options.seed,
            users: options.users,
            groups: options.groups,
            apps: options.apps,
            now: clock.now().into(),
            index_lag_ms: i64::try_from(options.index_lag.as_millis()).unwrap_or(i64::MAX),
            strange: options.strange,
            engine: options.engine,
        };
        let mut world = population::populate(&plan);
        let origin = format!("https://{}.okta.com", world.facts.subdomain);
        let mut log = Log::new(world.seed, origin, options.strange);
        let extent = Extent {
            events: options.events,
            days: options.days,
            end: plan.now,
        };
        history::write(&mut world, &mut log, extent);
        let faults = Arc::new(fault::Faults::default());
        let book = Arc::new(Book::new(log, Arc::clone(&faults)));
        let recorder: Arc<dyn Recorder> = Arc::<Book>::clone(&book);
        let service = Service {
            org: Org::new(world, clock, recorder),
            book,
            scenarios: Scenarios::default(),
            seed: Seed(options.seed),
            token: options.token.clone(),
            keyring: Keyring::with(&options.token),
            authority: Authority::new(Seed(options.seed)),
            limits: Limits::new(options.rate_limits),
            faults,
            pace: watch::Sender::new(None),
            ledger: ledger::Ledger::default(),
            latency: options.latency,
            strange: options.strange,
        };
        Self {
            service: Arc::new(service),
            options: Arc::new(options.clone()),
        }
    }

    /// Wakes the org: what its options say happens by itself begins, and goes on until the result is dropped. Serving
    /// does this, too.
    ///
    /// # Errors
    /// When a scenario of the options cannot be started, or a fault is none of the table's.
    pub fn wake(&self) -> Result<Activity, Error> {
        for name in &self.options.faults {
            let row = fault::row::named(name);
            let row = row.ok_or_else(|| Error::Fault(fault::row::unknown(name)))?;
            self.service.faults.order(row.fault());
        }
        Ok(Activity::start(&self.service, &self.options)?)
    }

    /// What the routes share; for tests that look behind the wire.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Everything that the simulator answers, for use without a socket.
    pub fn router(&self) -> Router {
        routes::router(&self.service)
    }

    /// Listens on `address` for plain HTTP; port 0 takes any free one. It stops when the result is shut down or dropped.
    ///
    /// # Errors
    /// When the address cannot be listened on, a scenario of the options cannot be started, or a fault is none of the table's.
    pub async fn serve(self, address: SocketAddr) -> Result<Running, Error> {
        let plain_only = Listen {
            plain: address,
            tls: None,
        };
        self.serve_on(plain_only).await
    }

    /// Listens as [`Simulator::serve`] does, and for HTTPS as well when that is wanted.
    ///
    /// # Errors
    /// When an address cannot be listened on, HTTPS cannot be offered, a scenario of the options cannot be started, or a fault is none
    /// of the table's.
    pub async fn serve_on(self, Listen { plain, tls }: Listen) -> Result<Running, Error> {
        let (stop, _) = watch::channel(false);
        let mut servers = JoinSet::new();
        let (listener, bound) = bind(plain).await?;
        // Answers are small and asked for one after the other: waiting to fill packets would only add latency.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        servers.spawn(until(&stop, listener, self.router()));
        let secure = match tls {
            Some(place) => {
                let (listener, bound) = bind(place.address).await?;
                let identity = tls::Identity::make(&place)?;
                let listener = tls::Listener::new(listener, &identity);
                let router = self.router().layer(Extension(Scheme::Https));
                servers.spawn(until(&stop, listener, router));
                Some(Secure {
                    url: url("https", bound),
                    identity,
                })
            }
            None => None,
        };
        let org_id = self.service.org.world().facts.id.to_string();
        let activity = self.wake()?;
        Ok(Running {
            url: url("http", bound),
            secure,
            token: self.service.token.clone(),
            org_id,
            simulator: self,
            activity,
            stop,
            servers,
        })
    }
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// For plain HTTP.
    pub plain: SocketAddr,
    /// For HTTPS as well, when wanted.
    pub tls: Option<tls::Place>,
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves until `stop` says so or is dropped.
fn until<L>(
    stop: &watch::Sender<bool>,
    listener: L,
    router: Router,
) -> impl Future<Output = io::Result<()>> + use<L>
where
    L: axum::serve::Listener<Addr: std::fmt::Debug>,
{
    let mut stopped = stop.subscribe();
    let stopped = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let server = axum::serve(listener, router).with_graceful_shutdown(stopped);
    async move { server.await }
}

/// An address as clients write it: without the port that the scheme implies.
fn url(scheme: &str, bound: SocketAddr) -> String {
    let implied = if scheme == "https" { 443 } else { 80 };
    if bound.port() != implied {
        return format!("{scheme}://{bound}");
    }
    match bound.ip() {
        IpAddr::V4(ip) => format!("{scheme}://{ip}"),
        IpAddr::V6(ip) => format!("{scheme}://[{ip}]"),
    }
}

/// How the org is reached over HTTPS.
#[derive(Debug)]
pub struct Secure {
    /// Where, e.g. `https://127.0.0.1:41235`; without a trailing slash.
    pub url: String,
    identity: tls::Identity,
}

impl Secure {
    /// The PEM file with the certificate authority to trust.
    pub fn ca_file(&self) -> &Path {
        &self.identity.ca_file
    }
}

/// A simulated org that can be reached.
#[derive(Debug)]
pub struct Running {
    /// Where, e.g. `http://127.0.0.1:41234`; without a trailing slash.
    pub url: String,
    /// The same over HTTPS, when it was asked for.
    pub secure: Option<Secure>,
    /// The token that clients must send.
    pub token: String,
    /// The org's id.
    pub org_id: String,
    simulator: Simulator,
    activity: Activity,
    stop: watch::Sender<bool>,
    servers: JoinSet<io::Result<()>>,
}

/// How long connections may take to finish when the simulator stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Running {
    /// The org behind it.
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Stops listening, lets answers under way finish, and closes every connection.
    pub async fn shutdown(mut self) {
        drop(self.activity);
        self.stop.send_replace(true);
        let ended = async { while self.servers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_WORDS, ended).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_no_port_that_its_scheme_implies() {
        for (scheme, bound, expected) in [
            ("http", "127.0.0.1:41234", "http://127.0.0.1:41234"),
            ("http", "127.0.0.1:80", "http://127.0.0.1"),
            ("https", "127.0.0.1:80", "https://127.0.0.1:80"),
            ("https", "[::1]:443", "https://[::1]"),
        ] {
            assert_eq!(url(scheme, bound.parse().unwrap()), expected);
        }
    }
}
