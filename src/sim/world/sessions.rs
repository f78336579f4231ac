//! When a user's sessions were ended. Sessions themselves are not stored: they follow from sign-ins, and whoever keeps one
//! open asks here whether it still stands.

use super::super::time::Millis;
use super::World;
use super::happening::{Cause, Fact};
use super::index::UserIx;

impl World {
    /// An admin ends all of the user's sessions.
    pub fn clear_sessions(&mut self, cause: &Cause, user: UserIx) {
        self.end_sessions(user, cause.at);
        self.record(cause, Fact::SessionsCleared { user });
    }

    /// Somebody has the user signed out of Okta and of every application that listens.
    pub fn log_out_everywhere(&mut self, cause: &Cause, user: UserIx) {
        self.end_sessions(user, cause.at);
        self.end_refresh_tokens(user);
        self.record(cause, Fact::UniversalLogout { user });
    }

    /// Ends the sessions that began until `at`, without a word: what ended them is told.
    pub(super) fn end_sessions(&mut self, user: UserIx, at: Millis) {
        self.sessions_ended.insert(user, at);
        self.session_changes += 1;
    }

    /// Whether a session of the user that began at `since` still stands.
    pub fn session_stands(&self, user: UserIx, since: Millis) -> bool {
        self.sessions_ended
            .get(&user)
            .is_none_or(|ended| *ended < since)
    }

    /// Grows whenever a session that stood, or whose user was active, may no longer be and stand: whoever keeps many looks at them only then.
    pub fn session_changes(&self) -> u64 {
        self.session_changes
    }

    /// When the user's sessions were last ended.
    pub fn sessions_ended(&self, user: UserIx) -> Option<Millis> {
        self.sessions_ended.get(&user).copied()
    }
}
