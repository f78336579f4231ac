//! API tokens.

use std::sync::atomic::{AtomicI64, Ordering};

use super::super::id::Id;
use super::super::time::{DAY_MS, Millis};
use super::index::UserIx;

/// An unused token lives this long.
pub const WINDOW_MS: i64 = 30 * DAY_MS;

/// From where calls with a token are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// From everywhere.
    #[default]
    Anywhere,
    /// From the zones of these ids, or from everywhere but the others.
    Zones {
        /// Zones that are fine; with none, all are.
        include: Vec<String>,
        /// Zones that are not.
        exclude: Vec<String>,
    },
}

/// An API token. Its secret is not here: the token that clients must send is an option of the simulator.
#[derive(Debug)]
pub struct ApiToken {
    /// `00T…`
    pub id: Id,
    /// Name given at creation.
    pub name: String,
    /// Who it acts as.
    pub owner: UserIx,
    /// When it was created.
    pub created: Millis,
    /// How long it lives unused, in milliseconds; whole days or minutes.
    pub window_ms: i64,
    /// From where it may be used.
    pub network: Network,
    /// Whether it has been revoked.
    pub revoked: bool,
    /// When it was last used, in milliseconds since 1970. Every call moves it, and calls only read the world.
    used_ms: AtomicI64,
}

impl ApiToken {
    /// A token as it is made at `at`, which nobody has used.
    pub fn new(id: Id, name: &str, owner: UserIx, at: Millis) -> Self {
        Self {
            id,
            name: name.to_owned(),
            owner,
            created: at,
            window_ms: WINDOW_MS,
            network: Network::Anywhere,
            revoked: false,
            used_ms: AtomicI64::new(at.0),
        }
    }

    /// When it was last used; when it was made, if never.
    pub fn last_used(&self) -> Millis {
        Millis(self.used_ms.load(Ordering::Relaxed))
    }

    /// Notes that it is used at `at`.
    pub fn mark_used(&self, at: Millis) {
        self.used_ms.fetch_max(at.0, Ordering::Relaxed);
    }

    /// When it dies of not being used.
    pub fn expires_at(&self) -> Millis {
        self.last_used() + self.window_ms
    }

    /// Whether Okta still lists it.
    pub fn is_active(&self, now: Millis) -> bool {
        !self.revoked && now < self.expires_at()
    }
}
