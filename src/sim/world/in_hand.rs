//! What clients are working on: whom their calls changed lately.
//!
//! The org's own life picks people by chance. Somebody whom a client has just suspended is not to be let in again by an
//! imagined admin a minute later, so life leaves those alone for a while.

use super::super::time::{HOUR_MS, Millis};
use super::World;
use super::happening::{Cause, Fact};
use super::index::UserIx;

/// How long life leaves somebody alone after a client's call.
const QUIET_MS: i64 = HOUR_MS;

impl World {
    /// Whether a client changed the user so lately that nobody else should.
    pub fn is_in_hand(&self, user: UserIx, now: Millis) -> bool {
        self.in_hand
            .get(&user)
            .is_some_and(|since| now - *since < QUIET_MS)
    }

    /// Notes whom a happening is about, if a client's call caused it.
    pub(super) fn take_in_hand(&mut self, cause: &Cause, fact: &Fact) {
        if cause.call.is_some()
            && let Some(user) = fact.user()
        {
            self.in_hand.insert(user, cause.at);
        }
    }
}
