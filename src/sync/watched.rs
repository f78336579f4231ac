//! When nobody watched the org: the stretches between two polls of the log that lie too far apart.
//!
//! What changed meanwhile is observed when the readings go on, and the log, which has no gap, tells when it happened. Such changes are
//! given their moments back ([`dating`](super::dating)); until then, and for what no event tells, a stretch is known to be one in which
//! the mirror's own moments say little.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::resource::Stretch;
use crate::domain::time;
use crate::store::{self, Store};

/// Polls that lie further apart than this leave a stretch unwatched: more than a restart or a spell of full rate limits takes.
const UNWATCHED: Duration = Duration::from_mins(10);
/// How often it is noted that somebody watches. A process that is killed seems to have ended so much earlier.
const NOTE_EVERY: Duration = Duration::from_mins(5);
/// Stretches that are remembered, the newest of them.
const MAX_STRETCHES: usize = 200;
/// The mark that holds all of it.
pub(super) const MARK: &str = "watch";

/// Until when the org has been watched, and when it was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watch {
    /// The last poll that was noted.
    until: Option<Timestamp>,
    /// The oldest first.
    unwatched: Vec<Stretch>,
    /// From when on observed changes have not been dated by the log.
    undated: Option<Timestamp>,
}

impl Watch {
    /// What an earlier process has noted; nothing of it when it cannot be read.
    pub(super) fn of(mark: Option<&str>) -> Self {
        let read = mark.and_then(|text| serde_json::from_str(text).ok());
        read.unwrap_or_default()
    }

    pub(super) fn to_mark(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// The log was polled to its end; tells whether that is worth a note.
    pub(super) fn polled(&mut self, now: Timestamp) -> bool {
        let Some(until) = self.until else {
            self.until = Some(now);
            return true;
        };
        let apart = time::elapsed(until, now);
        if apart < NOTE_EVERY {
            return false;
        }
        if apart > UNWATCHED {
            self.undated.get_or_insert(until);
            self.unwatched.push(Stretch {
                from: until,
                to: now,
            });
            let surplus = self.unwatched.len().saturating_sub(MAX_STRETCHES);
            self.unwatched.drain(..surplus);
        }
        self.until = Some(now);
        true
    }

    /// From when on changes are to be dated, where some are.
    pub(super) fn undated(&self) -> Option<Timestamp> {
        self.undated
    }

    /// Everything observed until now is dated as far as the log can.
    pub(super) fn dated(&mut self) {
        self.undated = None;
    }
}

/// The stretches in which nobody watched the org, the oldest first.
///
/// # Errors
/// When the mirror cannot be read.
pub fn unwatched(store: &Store) -> Result<Vec<Stretch>, store::Error> {
    let mark = store.directory.mark(MARK)?;
    Ok(Watch::of(mark.as_deref()).unwatched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mins: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * mins).unwrap()
    }

    #[test]
    fn polls_that_lie_far_apart_leave_a_stretch_that_is_to_be_dated() {
        let mut watch = Watch::default();
        assert!(watch.polled(at(0)));
        assert!(!watch.polled(at(4)));
        assert!(watch.polled(at(6)));
        assert!(watch.polled(at(16)), "ten minutes are a restart");
        assert_eq!((watch.undated(), watch.unwatched.len()), (None, 0));
        assert!(watch.polled(at(27)));
        assert!(watch.polled(at(60)));
        let stretch = |from, to| Stretch {
            from: at(from),
            to: at(to),
        };
        assert_eq!(watch.unwatched, [stretch(16, 27), stretch(27, 60)]);
        assert_eq!(watch.undated(), Some(at(16)));
        assert_eq!(Watch::of(watch.to_mark().as_deref()), watch);
        watch.dated();
        assert_eq!(watch.undated(), None);
        assert_eq!(watch.unwatched.len(), 2, "that it was so stays known");
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_no_stretch() {
        let mut watch = Watch::default();
        watch.polled(at(600));
        assert!(!watch.polled(at(0)));
        assert_eq!(watch.unwatched, []);
    }

    #[test]
    fn only_so_many_stretches_are_kept() {
        let mut watch = Watch::default();
        for n in 0..300 {
            watch.polled(at(20 * n));
        }
        assert_eq!(watch.unwatched.len(), MAX_STRETCHES);
        assert_eq!(watch.unwatched.last().map(|last| last.to), Some(at(5_980)));
    }

    #[test]
    fn what_cannot_be_read_is_as_if_it_were_not_there() {
        for mark in [None, Some(""), Some("{\"until\":7}")] {
            assert_eq!(Watch::of(mark), Watch::default());
        }
    }
}
