//! What was sent and what came back, counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

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
    /// When the oldest of the requests was sent that have no answer yet, by this machine's clock.
    pub waits_since: Option<Timestamp>,
}

/// Counts as things happen.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    traffic: Traffic,
    /// When the requests were sent that have no answer yet, by their numbers.
    under_way: BTreeMap<u64, Timestamp>,
}

/// A request that has no answer yet, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'m> {
    meter: &'m Meter,
    number: u64,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.meter
            .count(|books| books.under_way.remove(&self.number));
    }
}

impl Meter {
    pub(super) fn sent(&self, bucket: Bucket, is_retry: bool, now: Timestamp) -> UnderWay<'_> {
        let number = self.count(|books| {
            let traffic = &mut books.traffic;
            traffic.requests += 1;
            traffic.retries += u64::from(is_retry);
            *traffic.buckets.entry(bucket).or_default() += 1;
            books.under_way.insert(traffic.requests, now);
            traffic.requests
        });
        UnderWay {
            meter: self,
            number,
        }
    }

    pub(super) fn received(&self, status: u16, body_bytes: usize) {
        self.count(|books| {
            books.traffic.throttled += u64::from(status == 429);
            books.traffic.received_bytes += body_bytes as u64;
        });
    }

    pub(super) fn read(&self) -> Traffic {
        self.count(|books| Traffic {
            waits_since: books.under_way.values().min().copied(),
            ..books.traffic.clone()
        })
    }

    fn count<T>(&self, with: impl FnOnce(&mut Books) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An org that took requests and never answered was told to be online.
    #[test]
    fn the_oldest_request_without_an_answer_is_known_until_it_has_one() {
        let meter = Meter::default();
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let first = meter.sent(Bucket::Logs, false, at(10));
        let second = meter.sent(Bucket::Logs, true, at(20));
        assert_eq!(meter.read().waits_since, Some(at(10)));
        drop(first);
        assert_eq!(meter.read().waits_since, Some(at(20)));
        drop(second);
        assert_eq!(meter.read().waits_since, None);
        assert_eq!((meter.read().requests, meter.read().retries), (2, 1));
    }
}
