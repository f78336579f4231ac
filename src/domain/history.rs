//! What was, and since when: intervals of memberships and assignments, and field changes as before and after.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::EventUuid;
use super::text::SafeText;

/// A stretch of time in which something held (a membership, an assignment).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// When oktop first knew of it. For what was there at the first sync this is the sync, not the true beginning.
    pub from: Timestamp,
    /// When oktop learned that it had ended; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// The event that proves the beginning, when one is known.
    pub began_by: Option<EventUuid>,
    /// The event that proves the end, when one is known.
    pub ended_by: Option<EventUuid>,
}

/// One field of an object that changed between two observations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// When oktop observed the new value (the server's time).
    pub at: Timestamp,
    /// The field's path in Okta's JSON, such as `profile.department`.
    pub field: SafeText,
    /// The value before, as compact JSON text; `None` when the field was absent.
    pub before: Option<SafeText>,
    /// The value after.
    pub after: Option<SafeText>,
}

/// Why an object that Okta no longer has is kept, and what proved that it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// When oktop archived it.
    pub at: Timestamp,
    /// The delete event, when one was seen; otherwise two complete sweeps and a 404 proved it.
    pub evidence: Option<EventUuid>,
}
