//! What happened when: an index by time over everything that the history holds.
//!
//! An entry of the index is a key without a value: the moment, what happened, and to which ordinals. The rest is read where it is kept,
//! and counts only if it says the same moment, so that a key which outlived what it points at (a forgotten object) points at nothing.
//! What a first reading found is in no index: it had been so before, for who knows how long.
//!
//! What was observed long after it happened by its own stamps has a second key, by when it happened: whoever asks about that time would
//! have to look through everything since to find it. Versions that do not know of those keys pass over them.

use std::time::Duration;

use jiff::Timestamp;

use super::tables::{ENTRY_BYTE, Relation};
use crate::domain::time;

/// (milliseconds since 1970, what happened, and two numbers that depend on it).
pub(super) type TimeKey = (i64, u8, u32, u32);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// Fields changed: kind, ordinal, number of the change.
    Changed(u8, u32, u32),
    /// A user signed in, and nothing else changed: ordinal, number of the change.
    SignedIn(u32, u32),
    /// Kind, ordinal.
    Appeared(u8, u32),
    /// Kind, ordinal.
    Ended(u8, u32),
    /// Left, right.
    Linked(Relation, u32, u32),
    /// Left, right.
    Unlinked(Relation, u32, u32),
    /// The assignment of a user (right) to an app (left) is described otherwise.
    Reassigned(u32, u32),
    /// As [`Changed`](Self::Changed), at the moment of a stamp.
    Late(u8, u32, u32),
    /// As [`Appeared`](Self::Appeared), at the moment of the stamp.
    AppearedLate(u8, u32),
}

const CHANGED: u8 = 0;
const SIGNED_IN: u8 = 8;
const APPEARED: u8 = 16;
const ENDED: u8 = 24;
const LINKED: u8 = 32;
const UNLINKED: u8 = 40;
const REASSIGNED: u8 = 48;
const LATE: u8 = 56;
const APPEARED_LATE: u8 = 64;

/// What is observed within this time after it happened is found by when it was observed.
pub(super) const SOON: Duration = Duration::from_hours(24);

/// Whether something that happened at `stamped` has a key of its own for that.
pub(super) fn is_late(stamped: Timestamp, observed: Timestamp) -> bool {
    time::elapsed(stamped, observed) > SOON
}

impl Happened {
    pub(super) fn key(self, at: Timestamp) -> TimeKey {
        let (what, a, b) = match self {
            Self::Changed(kind, ordinal, number) => (CHANGED + kind, ordinal, number),
            Self::SignedIn(ordinal, number) => (SIGNED_IN, ordinal, number),
            Self::Appeared(kind, ordinal) => (APPEARED + kind, ordinal, 0),
            Self::Ended(kind, ordinal) => (ENDED + kind, ordinal, 0),
            Self::Linked(relation, left, right) => (LINKED + relation as u8, left, right),
            Self::Unlinked(relation, left, right) => (UNLINKED + relation as u8, left, right),
            Self::Reassigned(left, right) => (REASSIGNED, left, right),
            Self::Late(kind, ordinal, number) => (LATE + kind, ordinal, number),
            Self::AppearedLate(kind, ordinal) => (APPEARED_LATE + kind, ordinal, 0),
        };
        (at.as_millisecond(), what, a, b)
    }

    /// Reads a key; `None` for one of a newer version.
    pub(super) fn of((_, what, a, b): TimeKey) -> Option<Self> {
        let kind = what % 8;
        let relation = || Relation::ALL.get(usize::from(kind)).copied();
        Some(match what - kind {
            CHANGED if kind <= ENTRY_BYTE => Self::Changed(kind, a, b),
            SIGNED_IN => Self::SignedIn(a, b),
            APPEARED if kind <= ENTRY_BYTE => Self::Appeared(kind, a),
            ENDED if kind <= ENTRY_BYTE => Self::Ended(kind, a),
            LINKED => Self::Linked(relation()?, a, b),
            UNLINKED => Self::Unlinked(relation()?, a, b),
            REASSIGNED => Self::Reassigned(a, b),
            LATE if kind <= ENTRY_BYTE => Self::Late(kind, a, b),
            APPEARED_LATE if kind <= ENTRY_BYTE => Self::AppearedLate(kind, a),
            _ => return None,
        })
    }

    /// The same as its first key tells it: of when it was observed.
    pub(super) fn as_observed(self) -> Self {
        match self {
            Self::Late(kind, ordinal, number) => Self::Changed(kind, ordinal, number),
            Self::AppearedLate(kind, ordinal) => Self::Appeared(kind, ordinal),
            other => other,
        }
    }

    /// Whether it is the second key of what was observed later.
    pub(super) fn is_late(self) -> bool {
        matches!(self, Self::Late(..) | Self::AppearedLate(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys are on people's disks.
    #[test]
    fn keys_are_read_as_they_were_written() {
        let at = Timestamp::from_millisecond(1_795_000_000_123).unwrap();
        let all = [
            (Happened::Changed(2, 5, 6), (2, 5, 6)),
            (Happened::Changed(ENTRY_BYTE, 5, 6), (3, 5, 6)),
            (Happened::SignedIn(5, 6), (8, 5, 6)),
            (Happened::Appeared(0, 7), (16, 7, 0)),
            (Happened::Ended(1, 7), (25, 7, 0)),
            (Happened::Linked(Relation::Members, 1, 2), (32, 1, 2)),
            (Happened::Linked(Relation::AppGroups, 1, 2), (34, 1, 2)),
            (Happened::Unlinked(Relation::AppUsers, 1, 2), (41, 1, 2)),
            (Happened::Reassigned(1, 2), (48, 1, 2)),
            (Happened::Late(ENTRY_BYTE, 5, 6), (59, 5, 6)),
            (Happened::AppearedLate(ENTRY_BYTE, 7), (67, 7, 0)),
        ];
        for (happened, (what, a, b)) in all {
            let key = happened.key(at);
            assert_eq!(key, (1_795_000_000_123, what, a, b));
            assert_eq!(Happened::of(key), Some(happened));
        }
        for unknown in [4, 20, 35, 60, 72, 255] {
            assert_eq!(Happened::of((0, unknown, 1, 2)), None);
        }
    }
}
