//! Secrets that Okta sent back: in memory alone, given once, and gone after a while.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::action::plan::OpId;
use crate::domain::secret::Secret;
use crate::domain::time::elapsed;

/// How long one waits to be asked for.
const KEPT: Duration = Duration::from_mins(10);

/// What waits to be asked for.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<OpId, (Timestamp, &'static str, Secret)>);

impl Secrets {
    pub(super) fn put(&mut self, op: OpId, what: &'static str, secret: Secret, now: Timestamp) {
        self.forget(now);
        self.0.insert(op, (now, what, secret));
    }

    pub(super) fn take(&mut self, op: OpId, now: Timestamp) -> Option<(&'static str, Secret)> {
        self.forget(now);
        let (_, what, secret) = self.0.remove(&op)?;
        Some((what, secret))
    }

    fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, (since, ..)| elapsed(*since, now) < KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_given_once_and_not_for_long() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let op = |plan| OpId { plan, op: 1 };
        let mut secrets = Secrets::default();
        let put = |secrets: &mut Secrets, plan| {
            secrets.put(op(plan), "link", Secret::new("x".into()), at(0));
        };
        put(&mut secrets, 1);
        assert!(secrets.take(op(2), at(1)).is_none());
        assert!(secrets.take(op(1), at(599)).is_some());
        assert!(secrets.take(op(1), at(599)).is_none());
        put(&mut secrets, 1);
        assert!(secrets.take(op(1), at(600)).is_none());
    }
}
