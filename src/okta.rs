//! Okta over HTTP: the only module that knows its URLs, its headers and its JSON.
//!
//! [`Reader`] reads and never changes anything, so it is handed out freely. Every request takes one path (`send`): the URL is
//! checked to be the org's own before the credential is attached, the rate scheduler says when, and what comes back is decoded item by
//! item. An answer that is not what was asked for is an [`Error`] and never an empty list.
//!
//! [`Writer`] sends changes, each exactly once; only the queue has one.
//!
//! Invariant: imports only `action`, `domain` and `clock`. Nothing outside names a URL, a status code or a header.

mod address;
mod api;
mod credential;
mod error;
mod export;
mod link;
pub mod logged;
mod look;
mod page;
mod rate;
mod retry;
mod rights;
mod send;
mod service_app;
mod settings;
mod signing;
mod traffic;
mod transport;
mod wire;
mod write;

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::clock::Clock;

pub use address::{BaseUrl, LinkFault, UrlError};
pub use api::{
    GroupSelect, LogExpression, LogSelect, UserSelect, client_of, entries_a_page, read_log_event,
    read_log_page, setting_names,
};
pub use credential::{AppError, Credential, CredentialError};
pub use error::{DecodeFault, Error, ErrorKind};
pub use export::{BadLine, Export, ExportFault, Exported, MAX_EVENT_BYTES};
pub use link::{Cursor, NextLink};
pub use look::Found;
pub use page::{BadItem, Item, Page};
pub use rate::{Bucket, Budget, Lane};
pub use rights::{Needed, needed, scopes_of_mirror};
pub use service_app::ServiceAccess;
pub use settings::{Proxy, Settings, Timeouts};
pub use signing::KeyError;
pub use traffic::Traffic;
pub use transport::{
    Fault, HttpTransport, MAX_BODY_BYTES, ServiceTransport, SetupError, Transport, TransportError,
};
pub use wire::{OrgProbe, Unreadable};
pub use write::{Prepared, Sent, Shape, Turn, Unsendable, Writer};

/// Reads one org. Cheap to clone; clones share the connection, the rate scheduler and the counts.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
    lane: Lane,
}

struct Shared {
    settings: Settings,
    transport: Arc<dyn Transport>,
    clock: Clock,
    limiter: Arc<rate::Limiter>,
    meter: traffic::Meter,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader({}, {:?})", self.base().host(), self.lane)
    }
}

impl Reader {
    /// A reader of the org that `settings` name, in the interactive lane.
    pub fn new(settings: Settings, transport: Arc<dyn Transport>, clock: Clock) -> Self {
        let limiter = Arc::new(rate::Limiter::new(clock.clone(), settings.share));
        let shared = Shared {
            settings,
            transport,
            clock,
            limiter,
            meter: traffic::Meter::default(),
        };
        Self {
            shared: Arc::new(shared),
            lane: Lane::Interactive,
        }
    }

    /// The same reader, whose requests go in `lane`.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            lane,
        }
    }

    /// The org's address.
    pub fn base(&self) -> &BaseUrl {
        &self.shared.settings.base
    }

    /// Takes a stored link back, checked as [`NextLink::restore`] does.
    ///
    /// # Errors
    /// [`LinkFault`] when it does not lead to this org's API.
    pub fn restore_link(&self, stored: &str) -> Result<NextLink, LinkFault> {
        NextLink::restore(self.base(), stored)
    }

    /// How each rate bucket that was used and has a limit stands.
    pub fn budgets(&self) -> Vec<Budget> {
        self.shared.limiter.budgets()
    }

    /// What was sent and received so far.
    pub fn traffic(&self) -> Traffic {
        self.shared.meter.read()
    }

    /// The time by Okta's clock, told by the median of the last nine answers; by ours before the first. Setting our clock does not
    /// change it.
    pub fn server_now(&self) -> Timestamp {
        self.shared.limiter.server_now()
    }

    /// Okta's clock minus ours; `None` before the first answer.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.shared.limiter.skew()
    }
}
