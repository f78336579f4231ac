//! How long a search may run: until it is done, until somebody lets go of it, or until its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a search looks at before each block. Clones are the same leash.
#[derive(Clone, Debug, Default)]
pub struct Leash {
    pulled: Arc<AtomicBool>,
    /// When its time is over.
    until: Option<Instant>,
}

impl Leash {
    /// One that ends by itself after `time`.
    pub fn of(time: Duration) -> Self {
        Self {
            pulled: Arc::default(),
            until: Some(Instant::now() + time),
        }
    }

    /// Ends the search; it gives what it has found.
    pub fn pull(&self) {
        self.pulled.store(true, Ordering::Relaxed);
    }

    /// Whether the search is to end.
    pub(super) fn is_over(&self) -> bool {
        self.pulled.load(Ordering::Relaxed)
            || self.until.is_some_and(|until| Instant::now() >= until)
    }
}
