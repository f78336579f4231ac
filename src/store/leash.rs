//! How long a search may run: until it is done, until somebody lets go of it, or until its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a search looks at before each block. Clones are the same leash, with or without a time.
#[derive(Clone, Debug, Default)]
pub struct Leash {
    pulled: Arc<AtomicBool>,
    /// When its time is over.
    until: Option<Instant>,
}

impl Leash {
    /// The same leash, which also ends by itself once `time` from now is over.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        Self {
            pulled: Arc::clone(&self.pulled),
            until: Some(Instant::now() + time),
        }
    }

    /// The same leash, which ends only when it is pulled.
    pub(in crate::store) fn without_time(&self) -> Self {
        Self {
            pulled: Arc::clone(&self.pulled),
            until: None,
        }
    }

    /// Ends the search; it gives what it has found.
    pub fn pull(&self) {
        self.pulled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has let go of it.
    pub fn is_pulled(&self) -> bool {
        self.pulled.load(Ordering::Relaxed)
    }

    /// Whether the search is to end.
    pub fn is_over(&self) -> bool {
        self.is_pulled() || self.until.is_some_and(|until| Instant::now() >= until)
    }
}
