//! Since when observed changes are to be dated by the log, and when nobody watched the org.
//!
//! A change is observed a moment after it happened, or days, when nobody watched: between two polls of the log that lie too far apart. The
//! log, which has no gap, tells when it happened, and the change is given its moment back (`sync::dating`). For what no event tells,
//! such a stretch stays known as one in which the mirror's own moments say little.

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
/// An event of what was just observed is hardly older: deltas look every five minutes, and an index may lag.
const LATE: Duration = Duration::from_mins(15);
/// What Okta's clock may be off by, as far as its answers tell it.
const A_SECOND: Duration = Duration::from_secs(1);
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
    /// The last poll of this process.
    #[serde(skip)]
    last: Option<Timestamp>,
    /// The last page of a poll that was not over.
    #[serde(skip)]
    heard: Option<Timestamp>,
    /// Until when somebody watched before it began again, while what came since is not dated: an earlier process, or this one before its
    /// machine slept.
    #[serde(skip)]
    taken_over: Option<Timestamp>,
    /// Since when what came from the log since dating began last may date anything.
    #[serde(skip)]
    told: Option<Timestamp>,
    /// The first and the last observation since dating began last.
    #[serde(skip)]
    fresh: Option<(Timestamp, Timestamp)>,
}

impl Watch {
    /// What an earlier process has noted; nothing of it when it cannot be read. What came since it last noted anything is to be dated.
    pub(super) fn of(mark: Option<&str>) -> Self {
        let read = mark.and_then(|text| serde_json::from_str(text).ok());
        let mut watch: Self = read.unwrap_or_default();
        if let Some(until) = watch.until {
            // Where that one did not come to dating what it found, neither is that.
            let since = watch.undated.map_or(until, |from| from.min(until));
            watch.taken_over = Some(since);
            watch.undated.get_or_insert(time::before(until, LATE));
        }
        watch
    }

    /// Changes were observed at `now` that an event before may date.
    pub(super) fn observed(&mut self, now: Timestamp) {
        self.undated.get_or_insert(time::before(now, LATE));
        let (_, last) = self.fresh.get_or_insert((now, now));
        *last = (*last).max(now);
    }

    /// The last moment at which something was observed that was not looked at yet.
    pub(super) fn fresh(&self) -> Option<Timestamp> {
        self.fresh.map(|(_, last)| last)
    }

    /// Since when what happened is not dated, of what happened before this process began to watch, or began again.
    pub(super) fn taken_over(&self) -> Option<Timestamp> {
        self.taken_over
    }

    /// The same for whoever asks about the past, where a poll is overdue since `late` and something of `unsettled` is still to be read. Okta
    /// tells its time in whole seconds: that may have happened a moment before the last poll that did not hear of it.
    pub(super) fn untold(
        &self,
        late: Option<Timestamp>,
        unsettled: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let since = self.taken_over.into_iter().chain(late).min()?;
        let is_of_then = |open: &Timestamp| time::before(since, A_SECOND) <= *open;
        let open = unsettled.filter(is_of_then);
        Some(open.map_or(since, |open| open.min(since)))
    }

    /// All that happened until this process had read it is dated.
    pub(super) fn took_over(&mut self) {
        self.taken_over = None;
    }

    /// All of that is dated that happened before `since`.
    pub(super) fn took_over_until(&mut self, since: Timestamp) {
        self.taken_over = self.taken_over.map(|known| known.max(since));
    }

    /// An event of `published` has come: it may date what was observed around then, however late it is.
    pub(super) fn told(&mut self, published: Timestamp) {
        let from = time::before(published, LATE);
        for since in [&mut self.undated, &mut self.told] {
            *since = Some(since.map_or(from, |known| known.min(from)));
        }
    }

    /// What was observed so far is being dated.
    pub(super) fn dating(&mut self) {
        self.fresh = None;
        self.told = None;
    }

    pub(super) fn to_mark(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// A page of a poll that is not over came at `at`, and none before it came late.
    pub(super) fn heard(&mut self, at: Timestamp) {
        self.heard = Some(at);
    }

    /// The log was polled to its end, as it is every `interval`; tells whether that is worth a note.
    pub(super) fn polled(&mut self, now: Timestamp, interval: Duration) -> bool {
        let from = self.last_heard().or(self.until);
        self.last = Some(now);
        if let Some(from) = from.filter(|from| is_late(*from, interval, now)) {
            self.undated = Some(self.undated.map_or(from, |since| since.min(from)));
            self.taken_over = Some(self.taken_over.map_or(from, |since| since.min(from)));
            self.unwatched.push(Stretch { from, to: now });
            let surplus = self.unwatched.len().saturating_sub(MAX_STRETCHES);
            self.unwatched.drain(..surplus);
            self.until = Some(now);
            return true;
        }
        // What was noted by a clock that went ahead is put right.
        let is_noted = |until: &Timestamp| now.duration_since(*until).unsigned_abs() < NOTE_EVERY;
        let worth = !self.until.as_ref().is_some_and(is_noted);
        if worth {
            self.until = Some(now);
        }
        worth
    }

    /// The process ends: whoever comes next goes on from the last poll. Tells whether that is worth a note.
    pub(super) fn ended(&mut self) -> bool {
        let is_news = self.last.is_some() && self.last > self.until;
        if is_news {
            self.until = self.last;
        }
        is_news
    }

    /// The last poll of this process, if the next one comes so late that nobody has watched since.
    pub(super) fn late_since(&self, now: Timestamp, interval: Duration) -> Option<Timestamp> {
        self.last_heard()
            .filter(|last| is_late(*last, interval, now))
    }

    /// When this process last read the log, if it has ever come to its end.
    fn last_heard(&self) -> Option<Timestamp> {
        self.last
            .map(|last| self.heard.map_or(last, |heard| heard.max(last)))
    }

    /// From when on changes are to be dated, where some are.
    pub(super) fn undated(&self) -> Option<Timestamp> {
        self.undated
    }

    /// Everything observed until then is dated as far as the log can. What was left by an earlier process stays to be dated until it is
    /// [taken over](Self::took_over).
    pub(super) fn dated(&mut self, until: Timestamp) {
        let later = self.unwatched.iter().find(|stretch| stretch.to > until);
        let meanwhile = self.fresh.map(|(first, _)| time::before(first, LATE));
        self.undated = later
            .map(|stretch| stretch.from)
            .into_iter()
            .chain(meanwhile)
            .chain(self.told)
            .chain(self.taken_over.map(|from| time::before(from, LATE)))
            .min();
    }
}

/// Whether nobody watches any more who polled the log last at `polled`, and polls every `interval`: a machine that slept for an hour says so
/// before its first poll, too.
pub fn is_late(polled: Timestamp, interval: Duration, now: Timestamp) -> bool {
    time::elapsed(polled, now) > UNWATCHED.max(3 * interval)
}

/// The stretches in which nobody watched the org, the oldest first.
///
/// # Errors
/// When the mirror cannot be read.
pub fn unwatched(store: &Store) -> Result<Vec<Stretch>, store::Error> {
    let mark = store.directory.mark(MARK)?;
    Ok(Watch::of(mark.as_deref()).unwatched)
}

/// Since when an earlier process left what happened undated: the next one dates it, and until that one has begun nobody else says so.
///
/// # Errors
/// When the mirror cannot be read.
pub fn left_undated(store: &Store) -> Result<Option<Timestamp>, store::Error> {
    let mark = store.directory.mark(MARK)?;
    Ok(Watch::of(mark.as_deref()).taken_over)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    fn at(mins: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * mins).unwrap()
    }

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch {
            from: at(from),
            to: at(to),
        }
    }

    /// One that polled at these minutes, and which of them were worth a note.
    fn polled(mins: &[i64]) -> (Watch, Vec<i64>) {
        let mut watch = Watch::default();
        let mins = mins.iter().copied();
        let noted = mins.filter(|min| watch.polled(at(*min), EVERY)).collect();
        (watch, noted)
    }

    #[test]
    fn polls_that_lie_far_apart_leave_a_stretch_that_is_to_be_dated() {
        let (watch, noted) = polled(&[0, 4, 6, 16, 17]);
        assert_eq!(noted, [0, 6, 16]);
        assert_eq!((watch.undated(), watch.unwatched), (None, vec![]));
        let (watch, noted) = polled(&[0, 4, 15, 40]);
        assert_eq!(noted, [0, 15, 40]);
        assert_eq!(watch.unwatched, [stretch(4, 15), stretch(15, 40)]);
        assert_eq!(watch.undated(), Some(at(4)));
    }

    #[test]
    fn the_next_process_goes_on_from_what_was_noted() {
        let (watch, _) = polled(&[0, 4, 6, 8]);
        let mut next = Watch::of(watch.to_mark().as_deref());
        assert_eq!((watch.taken_over(), next.taken_over()), (None, Some(at(6))));
        // However short it was away.
        assert_eq!(next.undated(), Some(at(-9)));
        assert!(next.polled(at(60), EVERY));
        assert_eq!(next.unwatched, [stretch(6, 60)]);
        assert_eq!(Watch::of(next.to_mark().as_deref()).undated(), Some(at(-9)));
        // Dating once is not enough: it may have been before all was read.
        next.dating();
        next.dated(at(61));
        assert_eq!(next.taken_over(), Some(at(6)));
        assert_eq!(next.undated(), Some(at(-9)), "it is dated once more");
        let third = Watch::of(next.to_mark().as_deref());
        assert_eq!(third.taken_over(), Some(at(-9)), "a third finds it so, too");
        next.took_over();
        next.dating();
        next.dated(at(61));
        assert_eq!((next.taken_over(), next.undated()), (None, None));
    }

    /// A stretch that nobody watched began four minutes before the agent was stopped, and touched the one before it.
    #[test]
    fn who_ends_in_order_has_watched_until_the_last_poll() {
        let (mut watch, _) = polled(&[0, 4, 6, 8]);
        assert!(watch.ended());
        assert!(!watch.ended(), "that was noted");
        let mut next = Watch::of(watch.to_mark().as_deref());
        assert!(!next.ended(), "it has polled nothing");
        next.polled(at(60), EVERY);
        next.polled(at(61), EVERY);
        assert!(next.ended());
        let mut third = Watch::of(next.to_mark().as_deref());
        third.polled(at(90), EVERY);
        assert_eq!(third.unwatched, [stretch(8, 60), stretch(61, 90)]);
    }

    /// A laptop slept for an hour and the past was told for another minute as if somebody had watched.
    #[test]
    fn a_process_that_slept_takes_over_from_itself() {
        let (mut watch, _) = polled(&[0, 4]);
        assert_eq!(watch.taken_over(), None);
        assert_eq!(watch.late_since(at(14), EVERY), None);
        assert_eq!(watch.late_since(at(64), EVERY), Some(at(4)));
        watch.polled(at(64), EVERY);
        assert_eq!(watch.taken_over(), Some(at(4)));
        assert_eq!(watch.undated(), Some(at(4)));
        assert_eq!(watch.late_since(at(65), EVERY), None);
        // It may sleep again before that is dated.
        watch.polled(at(99), EVERY);
        assert_eq!(watch.taken_over(), Some(at(4)));
    }

    #[test]
    fn who_reads_for_long_watches_meanwhile() {
        let (mut watch, _) = polled(&[0]);
        watch.heard(at(9));
        watch.heard(at(18));
        assert_eq!(watch.late_since(at(27), EVERY), None);
        watch.polled(at(27), EVERY);
        assert_eq!((watch.undated(), &watch.unwatched), (None, &vec![]));
        // What an earlier process left is read by the first poll, however long that takes.
        let mut next = Watch::of(watch.to_mark().as_deref());
        next.heard(at(59));
        next.polled(at(60), EVERY);
        assert_eq!(next.unwatched, [stretch(27, 60)]);
    }

    #[test]
    fn what_is_dated_of_what_was_taken_over_is_told() {
        let (mut watch, _) = polled(&[0, 60]);
        watch.took_over_until(at(30));
        assert_eq!(watch.taken_over(), Some(at(30)));
        watch.took_over_until(at(20));
        assert_eq!(watch.taken_over(), Some(at(30)));
        assert_eq!(watch.undated(), Some(at(0)), "it is dated once more");
        watch.took_over();
        watch.took_over_until(at(50));
        assert_eq!(watch.taken_over(), None);
    }

    /// The last poll of an agent was noted half a second after a change that it did not hear of, and all before that poll was told as dated.
    #[test]
    fn what_the_last_poll_did_not_hear_of_is_not_dated() {
        let (watch, _) = polled(&[0, 4]);
        let next = Watch::of(watch.to_mark().as_deref());
        let since = next.taken_over();
        assert_eq!(next.untold(None, None), since);
        let ago = |ms| since.map(|at| time::before(at, Duration::from_millis(ms)));
        for (unsettled, told) in [(500, 500), (1_000, 1_000), (1_001, 0), (60_000, 0)] {
            assert_eq!(next.untold(None, ago(unsettled)), ago(told), "{unsettled}");
        }
        assert_eq!(next.untold(None, Some(at(5))), since);
        assert_eq!(next.untold(ago(70_000), ago(500)), ago(70_000));
        assert_eq!(
            watch.untold(None, ago(500)),
            None,
            "it has watched all the while"
        );
    }

    #[test]
    fn what_was_observed_is_dated_by_events_of_a_quarter_of_an_hour() {
        let (mut watch, _) = polled(&[0, 4]);
        watch.observed(at(5));
        watch.observed(at(6));
        assert_eq!(watch.undated(), Some(at(-10)));
        watch.dating();
        watch.dated(at(6));
        assert_eq!(watch.undated(), None);
    }

    #[test]
    fn what_is_observed_while_the_rest_is_dated_is_dated_next() {
        let (mut watch, _) = polled(&[0, 4]);
        watch.observed(at(5));
        assert_eq!(watch.fresh(), Some(at(5)));
        watch.dating();
        assert_eq!(watch.fresh(), None);
        watch.observed(at(20));
        watch.observed(at(21));
        watch.dated(at(19));
        assert_eq!(
            (watch.undated(), watch.fresh()),
            (Some(at(5)), Some(at(21)))
        );
        watch.dating();
        watch.dated(at(22));
        assert_eq!(watch.undated(), None);
    }

    /// An event came half a minute late, and what it had done stayed dated without it.
    #[test]
    fn a_late_event_dates_what_was_dated_without_it() {
        let (mut watch, _) = polled(&[0, 60]);
        watch.took_over();
        watch.dated(at(60));
        watch.told(at(40));
        watch.told(at(45));
        assert_eq!(watch.undated(), Some(at(25)));
        watch.dating();
        watch.told(at(50));
        watch.dated(at(61));
        assert_eq!(watch.undated(), Some(at(35)));
        watch.dating();
        watch.dated(at(62));
        assert_eq!(watch.undated(), None);
    }

    #[test]
    fn whoever_polls_seldom_watches_all_the_same() {
        let mut watch = Watch::default();
        for n in 0..5 {
            watch.polled(at(15 * n), Duration::from_mins(15));
        }
        assert_eq!(watch.unwatched, []);
        watch.polled(at(120), Duration::from_mins(15));
        assert_eq!(watch.unwatched, [stretch(60, 120)]);
    }

    /// A lid that was closed while the first stretch was dated.
    #[test]
    fn a_stretch_that_came_while_another_was_dated_is_dated_next() {
        let (mut watch, _) = polled(&[0, 60, 61, 600]);
        watch.took_over();
        watch.dated(at(61));
        assert_eq!(watch.undated(), Some(at(61)));
        watch.dated(at(600));
        assert_eq!(watch.undated(), None);
        assert_eq!(watch.unwatched.len(), 2, "that it was so stays known");
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_no_stretch_and_heals() {
        let (watch, noted) = polled(&[600, 0, 1, 7]);
        assert_eq!((noted, watch.unwatched.len()), (vec![600, 0, 7], 0));
        assert_eq!(watch.until, Some(at(7)));
    }

    #[test]
    fn only_so_many_stretches_are_kept() {
        let mins: Vec<i64> = (0..300).map(|n| 20 * n).collect();
        let (watch, _) = polled(&mins);
        assert_eq!(watch.unwatched.len(), MAX_STRETCHES);
        assert_eq!(watch.unwatched.last(), Some(&stretch(5_960, 5_980)));
    }

    #[test]
    fn what_cannot_be_read_is_as_if_it_were_not_there() {
        for mark in [None, Some(""), Some("{\"until\":7}")] {
            assert_eq!(Watch::of(mark), Watch::default());
        }
    }
}
