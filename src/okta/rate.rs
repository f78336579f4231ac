//! How fast Okta may be asked: a scheduler per rate bucket that learns from the headers of each answer.
//!
//! Okta counts requests per bucket and window (a minute) and tells in three headers what the limit is, what remains and when the
//! window ends. Others share the same limits: administrators, integrations, people signing in. So bulk work takes only a share, what a
//! person waits for may take more and never queues behind bulk work, and nobody sends into a window that is used up.
//!
//! `schedule` decides, as a function of its state and the time; `limiter` waits and keeps the books around it.

mod bucket;
mod limiter;
mod schedule;
mod skew;
mod stated;

use jiff::Timestamp;

pub use bucket::Bucket;
pub(super) use limiter::{Limiter, Slot};
pub(super) use stated::Stated;

/// Who waits for a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A person: may use three quarters of a limit and never queues behind bulk work.
    Interactive,
    /// The sync: stays within its share.
    Bulk,
    /// What nobody waits for: stays within a tenth of a limit, and that tenth is part of the sync's share.
    Idle,
}

/// How one rate bucket stands, by the last answer. Times are Okta's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Which bucket.
    pub bucket: Bucket,
    /// Requests per window, for whoever shares the bucket.
    pub limit: u32,
    /// What remained of them when Okta last answered; the whole limit once that window is over.
    pub remaining: u32,
    /// When the window ends.
    pub reset: Timestamp,
    /// Requests per window that bulk reads may use.
    pub bulk_allowance: u32,
    /// Until when nothing at all is sent, after a 429.
    pub throttled_until: Option<Timestamp>,
    /// Until when reads of the sync wait that want to be sent now: for the end of the throttle, or of the window whose share is used up.
    pub waits_until: Option<Timestamp>,
}
