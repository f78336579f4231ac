//! What is worth a log event although nothing changes by it.

use super::World;
use super::happening::{Cause, Fact};
use super::index::{AppIx, UserIx};

impl World {
    /// The user tried to open an application that is not theirs, or the Admin Console when `app` is `None`.
    pub fn note_refused_app(&mut self, cause: &Cause, user: UserIx, app: Option<AppIx>) {
        self.record(cause, Fact::AppRefused { user, app });
    }

    /// The user says that something done in their name was not theirs.
    pub fn note_suspicious(&mut self, cause: &Cause, user: UserIx) {
        self.record(cause, Fact::SuspicionReported { user });
    }
}
