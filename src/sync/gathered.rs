//! The hints that are still to be settled: gathered for a moment, held while what they are about is being read anyway, and kept
//! until they are settled for sure.
//!
//! A stretch of the log that nobody watched may hint a million times at the same few objects: of equal hints only those are kept that tell
//! something which the others do not.
//!
//! Values only; the supervisor reads and writes for it. [`Gathered::low_water`] is what a mark in the store says, so that a process
//! that is cut off at any moment finds every unsettled hint again in the stored events.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::id::EventUuid;
use crate::domain::time;

use super::hint::Hint;
use super::log_tail::Hinted;

/// Hints of one operation come together; they are waited for, so that they are settled together.
const GATHER: Duration = Duration::from_secs(2);
/// Wait after a failure; it doubles with each further one, up to eight times.
const RETRY: Duration = Duration::from_secs(15);
/// A batch that failed so often is left to the sweeps: it must not hold up the hints behind it for ever.
const MAX_FAILURES: u32 = 6;
/// So many hints are looked through for equal ones, and then whenever they are twice as many.
const MANY: usize = 10_000;

/// Hints in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    all: Vec<Hinted>,
    /// How many were left when they were last looked through.
    left: usize,
}

impl Crowd {
    pub(super) fn add(&mut self, hint: Hinted) {
        self.all.push(hint);
        if self.all.len() >= MANY.max(2 * self.left) {
            thin_out(&mut self.all);
            self.left = self.all.len();
        }
    }

    fn of(all: Vec<Hinted>) -> Self {
        let left = all.len();
        Self { all, left }
    }

    pub(super) fn into_vec(self) -> Vec<Hinted> {
        self.all
    }
}

/// Keeps of equal hints the one that came last, which is the proof; the newest, which no reading before it makes moot; and the oldest,
/// since which something is open.
fn thin_out(all: &mut Vec<Hinted>) {
    let mut kept: BTreeMap<&Hint, [usize; 3]> = BTreeMap::new();
    for (place, (hint, _, published)) in all.iter().enumerate() {
        let [oldest, newest, last] = kept.entry(hint).or_insert([place; 3]);
        if *published < all[*oldest].2 {
            *oldest = place;
        }
        if *published > all[*newest].2 {
            *newest = place;
        }
        *last = place;
    }
    let mut places: Vec<usize> = kept.into_values().flatten().collect();
    places.sort_unstable();
    places.dedup();
    let mut places = places.into_iter().peekable();
    let mut place = 0;
    all.retain(|_| {
        let is_kept = places.next_if_eq(&place).is_some();
        place += 1;
        is_kept
    });
    all.shrink_to(2 * all.len());
}

/// The hints that are still to be settled.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    waiting: Crowd,
    /// Hints of batches that failed. Those that come after them do not wait with them.
    failed: Vec<Hinted>,
    in_flight: Vec<Hinted>,
    is_settling: bool,
    /// Whether what failed is being tried again.
    is_again: bool,
    settle_at: Option<Timestamp>,
    /// When what failed is tried again.
    again_at: Option<Timestamp>,
    failures: u32,
    /// The newest moment of publication that was ever settled or found moot.
    newest: Option<Timestamp>,
}

impl Gathered {
    /// Starts with what an earlier process had left.
    pub(super) fn of(left: Vec<Hinted>, now: Timestamp) -> Self {
        let settle_at = (!left.is_empty()).then_some(now);
        Self {
            waiting: Crowd::of(left),
            settle_at,
            ..Self::default()
        }
    }

    /// One more hint.
    pub(super) fn add(&mut self, hint: Hinted, now: Timestamp) {
        self.waiting.add(hint);
        self.settle_at
            .get_or_insert_with(|| time::after(now, GATHER));
    }

    /// Something was read; what waited for it may go on.
    pub(super) fn look_again(&mut self, now: Timestamp) {
        if !self.waiting.all.is_empty() {
            self.settle_at = Some(now);
        }
    }

    /// When there is something to do next.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        let next = self.settle_at.into_iter().chain(self.again_at).min();
        next.filter(|_| !self.is_settling)
    }

    /// Whether no hint is left.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.all.is_empty() && self.failed.is_empty() && self.in_flight.is_empty()
    }

    /// Whether a batch is being settled.
    pub(super) fn is_settling(&self) -> bool {
        self.is_settling
    }

    /// The next batch, when it is time: hints that `must_wait` stay, hints that are moot are done with.
    pub(super) fn take_batch(
        &mut self,
        now: Timestamp,
        must_wait: impl Fn(&Hint) -> bool,
        is_moot: impl Fn(&Hinted) -> bool,
    ) -> Vec<(Hint, EventUuid)> {
        if self.due_at().is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.settle_at = None;
        self.is_again = self.again_at.is_some_and(|at| at <= now);
        let mut all = Vec::new();
        if self.is_again {
            self.again_at = None;
            all.append(&mut self.failed);
        }
        all.append(&mut self.waiting.all);
        let (later, ready): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(hint, ..)| must_wait(hint));
        self.waiting = Crowd::of(later);
        let (moot, batch): (Vec<_>, Vec<_>) = ready.into_iter().partition(is_moot);
        self.pass_by(&moot);
        self.in_flight = batch;
        self.is_settling = !self.in_flight.is_empty();
        if self.is_again && !self.is_settling {
            self.failures = 0;
        }
        let pair = |(hint, uuid, _): &Hinted| (hint.clone(), *uuid);
        self.in_flight.iter().map(pair).collect()
    }

    /// The batch is over. What failed is tried again later, but not for ever; tells whether it was given up.
    pub(super) fn batch_ended(&mut self, settled: bool, now: Timestamp) -> bool {
        let batch = std::mem::take(&mut self.in_flight);
        self.is_settling = false;
        if !self.waiting.all.is_empty() {
            self.settle_at = Some(time::after(now, GATHER));
        }
        if settled {
            self.pass_by(&batch);
            if self.is_again {
                self.failures = 0;
            }
            return false;
        }
        self.failed.extend(batch);
        // What newly fails while something else waits to be tried again waits with it.
        if self.again_at.is_some() {
            return false;
        }
        self.failures += 1;
        let given_up = self.failures >= MAX_FAILURES;
        if given_up {
            self.failures = 0;
            let failed = std::mem::take(&mut self.failed);
            self.pass_by(&failed);
        } else {
            let wait = RETRY * (1 << (self.failures - 1).min(3));
            self.again_at = Some(time::after(now, wait));
        }
        given_up
    }

    /// Every hint published before this is settled; `None` when nothing was settled yet.
    pub(super) fn low_water(&self) -> Option<Timestamp> {
        let oldest_open = self.oldest();
        self.newest
            .map(|newest| oldest_open.map_or(newest, |oldest| oldest.min(newest)))
    }

    /// When the oldest of them was published that are not settled.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        let open = self.waiting.all.iter().chain(&self.failed);
        let open = open.chain(&self.in_flight);
        open.map(|(.., published)| *published).min()
    }

    fn pass_by(&mut self, done: &[Hinted]) {
        let newest = done.iter().map(|(.., published)| *published).max();
        self.newest = self.newest.max(newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn hint(id: &str, secs: i64) -> Hinted {
        (
            Hint::User(id.parse().unwrap()),
            EventUuid([1; 16]),
            at(secs),
        )
    }

    fn batch(gathered: &mut Gathered, now: i64) -> usize {
        gathered.take_batch(at(now), |_| false, |_| false).len()
    }

    #[test]
    fn hints_are_gathered_for_a_moment_and_settled_together() {
        let mut gathered = Gathered::default();
        gathered.add(hint("00u1", 0), at(10));
        gathered.add(hint("00u2", 1), at(11));
        assert_eq!(batch(&mut gathered, 11), 0);
        assert_eq!(batch(&mut gathered, 12), 2);
        assert_eq!(batch(&mut gathered, 13), 0, "one batch at a time");
        assert!(!gathered.batch_ended(true, at(14)));
        assert_eq!(gathered.low_water(), Some(at(1)));
        assert_eq!(gathered.due_at(), None);
    }

    /// A million events of a stretch that nobody watched were a million hints at the same few thousand users.
    #[test]
    fn of_equal_hints_those_are_kept_that_tell_something() {
        let mut crowd = Crowd::default();
        for n in 0..1_000_000 {
            crowd.add(hint(&format!("00u{}", n % 500), n));
        }
        // One that came late.
        crowd.add(hint("00u7", -5));
        assert!(crowd.all.len() < MANY, "{}", crowd.all.len());
        thin_out(&mut crowd.all);
        let of = |id: &str| -> Vec<i64> {
            let is_its_own = |it: &&Hinted| it.0 == Hint::User(id.parse().unwrap());
            let own = crowd.all.iter().filter(is_its_own);
            own.map(|it| it.2.as_second() - 1_800_000_000).collect()
        };
        assert_eq!(of("00u8"), [8, 999_508]);
        assert_eq!(
            of("00u7"),
            [999_507, -5],
            "the newest, and the last, which is the oldest"
        );
        assert!(crowd.all.len() <= 1_500);
    }

    #[test]
    fn a_batch_that_fails_is_tried_again_and_the_mark_does_not_pass_it() {
        let mut gathered = Gathered::default();
        gathered.add(hint("00u1", 5), at(10));
        assert_eq!(batch(&mut gathered, 12), 1);
        assert!(!gathered.batch_ended(false, at(13)));
        assert_eq!(gathered.low_water(), None);
        assert_eq!(batch(&mut gathered, 27), 0);
        assert_eq!(batch(&mut gathered, 28), 1);
        assert!(!gathered.batch_ended(true, at(29)));
        assert_eq!(gathered.low_water(), Some(at(5)));
        assert!(gathered.is_empty());
    }

    /// A group that was deleted was asked for its apps for minutes, and every removal in the org waited with it.
    #[test]
    fn what_comes_after_a_batch_that_failed_does_not_wait_with_it() {
        let mut gathered = Gathered::default();
        gathered.add(hint("00u1", 5), at(10));
        assert_eq!(batch(&mut gathered, 12), 1);
        assert!(!gathered.batch_ended(false, at(13)));
        gathered.add(hint("00u2", 9), at(14));
        assert_eq!(batch(&mut gathered, 15), 0);
        assert_eq!(batch(&mut gathered, 16), 1);
        assert!(!gathered.batch_ended(true, at(17)));
        assert_eq!(gathered.low_water(), Some(at(5)), "one is still open");
        gathered.add(hint("00u3", 20), at(21));
        assert_eq!(batch(&mut gathered, 23), 1);
        assert!(!gathered.batch_ended(false, at(24)));
        assert_eq!(gathered.due_at(), Some(at(28)));
        assert_eq!(batch(&mut gathered, 28), 2);
        assert!(!gathered.batch_ended(false, at(29)));
        assert_eq!(gathered.due_at(), Some(at(59)), "the wait has doubled");
        assert_eq!(batch(&mut gathered, 59), 2);
        assert!(!gathered.batch_ended(true, at(60)));
        assert_eq!((gathered.due_at(), gathered.failures), (None, 0));
    }

    #[test]
    fn what_waits_for_a_reading_holds_the_mark_back() {
        let mut gathered = Gathered::default();
        gathered.add(hint("00u1", 3), at(10));
        gathered.add(hint("00u2", 8), at(10));
        let first = |hint: &Hint| *hint == Hint::User("00u1".parse().unwrap());
        assert_eq!(gathered.take_batch(at(12), first, |_| false).len(), 1);
        gathered.batch_ended(true, at(13));
        assert_eq!(gathered.low_water(), Some(at(3)));
        gathered.look_again(at(14));
        assert_eq!(gathered.take_batch(at(14), |_| false, |_| true).len(), 0);
        assert_eq!(
            gathered.low_water(),
            Some(at(8)),
            "moot is as good as settled"
        );
    }

    #[test]
    fn a_batch_that_never_succeeds_is_left_to_the_sweeps() {
        let mut gathered = Gathered::default();
        gathered.add(hint("00u1", 0), at(0));
        let tries = (1..=MAX_FAILURES).map(|n| {
            assert_eq!(batch(&mut gathered, i64::from(n) * 1_000), 1);
            gathered.batch_ended(false, at(i64::from(n) * 1_000))
        });
        let given_up: Vec<bool> = tries.collect();
        assert_eq!(given_up.iter().filter(|given_up| **given_up).count(), 1);
        assert_eq!(gathered.due_at(), None);
    }
}
