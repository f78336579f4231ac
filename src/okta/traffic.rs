//! What was sent and what came back, counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::rate::Bucket;

/// What a reader has sent and received since it was made, all lanes together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, repeats included.
    pub requests: u64,
    /// How many of them were repeats.
    pub retries: u64,
    /// How many were answered with 429.
    pub throttled: u64,
    /// Bodies received, decompressed.
    pub received_bytes: u64,
    /// Requests sent, by bucket.
    pub buckets: BTreeMap<Bucket, u64>,
}

/// Counts as things happen.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Traffic>);

impl Meter {
    pub(super) fn sent(&self, bucket: Bucket, is_retry: bool) {
        self.count(|traffic| {
            traffic.requests += 1;
            traffic.retries += u64::from(is_retry);
            *traffic.buckets.entry(bucket).or_default() += 1;
        });
    }

    pub(super) fn received(&self, status: u16, body_bytes: usize) {
        self.count(|traffic| {
            traffic.throttled += u64::from(status == 429);
            traffic.received_bytes += body_bytes as u64;
        });
    }

    pub(super) fn read(&self) -> Traffic {
        self.count(|traffic| traffic.clone())
    }

    fn count<T>(&self, with: impl FnOnce(&mut Traffic) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
