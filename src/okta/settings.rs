//! How to reach one org: everything that the reader and its transport need to know, gathered by whoever read the configuration.

use std::path::PathBuf;
use std::time::Duration;

use super::address::BaseUrl;
use super::credential::Credential;
use crate::domain::secret::Secret;

/// How to reach one org.
#[derive(Debug)]
pub struct Settings {
    /// The org's address.
    pub base: BaseUrl,
    /// Who asks.
    pub credential: Credential,
    /// What Okta sees as `User-Agent`, and writes into its log beside each request.
    pub user_agent: String,
    /// The proxy to go through, never taken from the environment and never used for a loopback address.
    pub proxy: Option<Proxy>,
    /// A PEM file with certificate authorities to trust beside those of the system.
    pub extra_ca: Option<PathBuf>,
    /// The part of each rate limit that bulk reads may use, above 0 and up to 1.
    pub share: f64,
    /// Deadlines of one exchange, in real time.
    pub timeouts: Timeouts,
}

impl Settings {
    /// Settings with the defaults: no proxy, the system's certificate authorities, half of each rate limit.
    pub fn new(base: BaseUrl, credential: Credential) -> Self {
        Self {
            base,
            credential,
            user_agent: concat!("oktop/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: None,
            extra_ca: None,
            share: 0.5,
            timeouts: Timeouts::default(),
        }
    }
}

/// A proxy for requests to the org.
#[derive(Debug)]
pub struct Proxy {
    /// Its address, such as `http://proxy.acme.example:3128`, without a user name or password.
    pub url: String,
    /// The user name and password it wants.
    pub login: Option<(String, Secret)>,
}

/// Deadlines of one exchange. They are real time even under a simulated clock: they guard against a network, not against Okta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// Without a byte arriving. Okta itself gives a slow log query up 30 s in.
    pub idle: Duration,
    /// From the first byte sent to the last one read.
    pub exchange: Duration,
}

impl Timeouts {
    /// The same for a change: long enough for Okta, and no longer than somebody waits for it.
    pub(super) fn of_changes(self) -> Self {
        Self {
            connect: self.connect.min(Duration::from_secs(5)),
            idle: self.idle.min(Duration::from_secs(30)),
            exchange: self.exchange.min(Duration::from_secs(30)),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(35),
            exchange: Duration::from_secs(90),
        }
    }
}
