//! The histogram above the log: how many events there are over time, by how they ended, of what is filtered.
//!
//! The agent counts a slice for each question, and whoever closes the strip ends the count. What was counted stays in sight until it was
//! counted anew, which happens at most once a second, and more rarely where a count takes long.

use std::time::Duration;

use jiff::Timestamp;

use super::Log;
use crate::domain::filter::{self, Bounds};
use crate::domain::histogram::{Bar, HistogramQuery, Scale};
use crate::domain::query::{EventPos, Revisions};
use crate::domain::time;
use crate::msg::{Answer, Ask, Problem, Request};
use crate::ui::event::Tickets;

/// How many rows of the screen it takes: the bars and a line about them.
pub(super) const ROWS: u16 = BAR_ROWS + 1;
/// How high the bars are.
pub(super) const BAR_ROWS: u16 = 3;
/// What stands to the left of the bars.
pub(super) const LABEL: u16 = 7;
/// A log with fewer rows than this has none to spare.
const LEAST_HEIGHT: usize = 14;

/// How far back it goes where no time is filtered.
const DEFAULT_SPAN: Duration = Duration::from_hours(24);
/// As far out as can be zoomed.
const LONGEST_SPAN: Duration = Duration::from_hours(24 * 365);
/// It is counted anew at most this often for each slice that a count takes: the agent gives a tenth of that time to a slice.
const RECOUNT_AFTER: Duration = Duration::from_secs(1);
/// When a count that failed is begun again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Lengths of bars that people can work with, in seconds.
const STEPS_SECS: [u64; 21] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 2_592_000,
];

/// The histogram of a log.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// How many bars there is room for.
    width: u16,
    /// Whether the log is high enough to show it.
    fits: bool,
    /// The stretch that was zoomed to; `None` is that of the filter.
    zoomed: Option<Bounds>,
    /// What is shown.
    shown: Option<Counted>,
    /// What is being counted.
    counting: Option<Counted>,
    outstanding: Option<u64>,
    outdated: bool,
    not_before: Timestamp,
    /// The revision of the log that was counted last.
    seen: u64,
    /// Which bar the operator is at.
    chosen: Option<usize>,
    problem: Option<Problem>,
}

/// A place among the bars.
#[derive(Clone, Copy, Debug)]
enum Place {
    Last,
    At(Timestamp),
}

/// A count, or as much of it as there is.
#[derive(Clone, Debug)]
struct Counted {
    filter: String,
    scale: Scale,
    bars: Vec<Bar>,
    /// Where it goes on.
    next: Option<EventPos>,
    began: Timestamp,
    /// How many slices it took so far.
    slices: u32,
}

impl Histogram {
    fn new() -> Self {
        Self {
            outdated: true,
            ..Self::default()
        }
    }

    /// Its bars and how they lie, as far as they were counted.
    pub fn bars(&self) -> Option<(Scale, &[Bar])> {
        let counted = self.shown.as_ref().or(self.counting.as_ref())?;
        Some((counted.scale, &counted.bars))
    }

    /// How far back a count has come that has not come to its end and is what is shown.
    pub fn reached(&self) -> Option<Timestamp> {
        let counting = self.counting.as_ref().filter(|_| self.shown.is_none())?;
        let next = counting.next?;
        Timestamp::from_millisecond(next.published_ms).ok()
    }

    /// Why there is no count.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The bar that the operator is at.
    pub fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    /// Counts from the beginning, with nothing to show meanwhile.
    fn restart(&mut self) {
        self.shown = None;
        self.counting = None;
        self.outstanding = None;
        self.problem = None;
        self.outdated = true;
        self.not_before = Timestamp::MIN;
    }

    /// Where time is looked at: what is zoomed to, what the filter bounds, or the last day.
    fn span(&self, filtered: Bounds, now: Timestamp) -> (Timestamp, Timestamp) {
        let bounds = self.zoomed.unwrap_or(filtered);
        let until = bounds.until.unwrap_or(now);
        let default = time::before(until, DEFAULT_SPAN);
        let from = bounds.from.unwrap_or(default).min(until);
        (from, until)
    }

    /// Where the operator is, for when the bars lie otherwise: at the last one, or at the time of another.
    fn stands_at(&self) -> Option<Place> {
        let chosen = self.chosen?;
        Some(match self.bars() {
            Some((scale, bars)) if chosen + 1 < bars.len() => Place::At(scale.begin(chosen)),
            _ => Place::Last,
        })
    }

    fn stay_at(&mut self, place: Option<Place>) {
        let Some(place) = place else { return };
        let at = match (place, self.bars()) {
            (Place::At(begin), Some((scale, _))) if begin >= scale.from => {
                scale.bar_of(begin.as_millisecond())
            }
            (Place::At(_), Some(_)) => Some(0),
            _ => None,
        };
        self.choose(at.unwrap_or(usize::MAX));
    }

    /// Chooses a bar, or the last one where there are not as many. Before anything is counted nobody knows which that is.
    fn choose(&mut self, to: usize) {
        let bars = self.bars().map_or(usize::MAX, |(_, bars)| bars.len());
        self.chosen = Some(to.min(bars.saturating_sub(1)));
    }
}

/// The scale of bars over a stretch of time: as many of a round length as there is room for, from a round moment on.
fn scale(from: Timestamp, until: Timestamp, room: u16) -> Scale {
    let room = u64::from(room.max(2));
    let secs = time::elapsed(from, until).as_secs().max(1);
    // One more than needed, because the first begins before its time.
    let step = STEPS_SECS
        .into_iter()
        .find(|step| secs.div_ceil(*step) < room)
        .unwrap_or_else(|| secs.div_ceil(room - 1));
    let step_secs = i64::try_from(step).unwrap_or(1);
    let second = from.as_second();
    let begin = Timestamp::from_second(second - second.rem_euclid(step_secs)).unwrap_or(from);
    let millis = time::elapsed(begin, until).as_millis();
    let bars = millis.div_ceil(u128::from(step) * 1_000).max(1);
    Scale {
        from: begin,
        step: Duration::from_secs(step),
        bars: u16::try_from(bars).unwrap_or(u16::MAX),
    }
}

impl Log {
    /// The histogram, when it is open and there is room for it.
    pub fn histogram(&self) -> Option<&Histogram> {
        self.histogram.as_deref().filter(|histogram| histogram.fits)
    }

    /// Opens the histogram, with the operator at its last bar.
    ///
    /// # Errors
    /// When the screen is too low for it.
    pub fn open_histogram(&mut self) -> Result<(), &'static str> {
        if self.area_rows < LEAST_HEIGHT {
            return Err("the screen has too few rows for it");
        }
        let histogram = self
            .histogram
            .get_or_insert_with(|| Box::new(Histogram::new()));
        histogram.chosen = None;
        Ok(())
    }

    /// Closes it; the count ends.
    pub fn close_histogram(&mut self) {
        self.histogram = None;
    }

    /// Leaves it open, with the operator in the log again.
    pub fn leave_histogram(&mut self) {
        if let Some(histogram) = &mut self.histogram {
            histogram.chosen = None;
        }
    }

    /// Lays it out; how many rows it takes.
    pub(super) fn arrange_histogram(&mut self, width: usize, height: usize) -> usize {
        self.area_rows = height;
        let Some(histogram) = &mut self.histogram else {
            return 0;
        };
        let room = u16::try_from(width).unwrap_or(u16::MAX);
        let room = room.saturating_sub(LABEL + 1).clamp(10, 240);
        if histogram.width != room {
            histogram.width = room;
            histogram.restart();
        }
        histogram.fits = height >= LEAST_HEIGHT;
        if histogram.fits { usize::from(ROWS) } else { 0 }
    }

    /// Chooses the next or previous bar.
    pub fn step_bar(&mut self, forward: bool) {
        let Some(histogram) = &mut self.histogram else {
            return;
        };
        let to = match (histogram.chosen, forward) {
            (None, _) => usize::MAX,
            (Some(at), true) => at.saturating_add(1),
            (Some(at), false) => at.saturating_sub(1),
        };
        histogram.choose(to);
    }

    /// Chooses the first or last bar.
    pub fn end_bar(&mut self, last: bool) {
        if let Some(histogram) = &mut self.histogram {
            histogram.choose(if last { usize::MAX } else { 0 });
        }
    }

    /// When the chosen bar begins and ends.
    pub fn chosen_bar(&self) -> Option<(Timestamp, Timestamp)> {
        let histogram = self.histogram()?;
        let (scale, bars) = histogram.bars()?;
        let bar = histogram.chosen.filter(|bar| *bar < bars.len())?;
        Some((scale.begin(bar), scale.begin(bar + 1)))
    }

    /// Shows half or twice the time, around the chosen bar or up to the end.
    pub fn zoom_histogram(&mut self, into: bool, now: Timestamp) {
        let (filtered, as_of) = (self.times(now), self.until);
        let chosen = self.chosen_bar();
        let Some(histogram) = &mut self.histogram else {
            return;
        };
        let (from, until) = histogram.span(filtered, now);
        let span = time::elapsed(from, until);
        let span = if into { span / 2 } else { span * 2 };
        let span = span.clamp(Duration::from_secs(10), LONGEST_SPAN);
        let until = match chosen {
            Some((begin, _)) => time::after(begin, span / 2),
            None => until,
        };
        let end = as_of.unwrap_or(now.max(filtered.until.unwrap_or(now)));
        let until = until.min(end);
        histogram.zoomed = Some(Bounds {
            from: Some(time::before(until, span)),
            until: Some(until),
        });
        histogram.chosen = None;
        histogram.restart();
    }

    /// The filter whose events are counted. Who zooms out of the range of time in force wants to see what is beyond it.
    fn counted_filter(&self) -> String {
        let is_zoomed = self
            .histogram
            .as_ref()
            .is_some_and(|it| it.zoomed.is_some());
        if !is_zoomed {
            return self.whole_filter();
        }
        let mut clauses = self.clauses.clone();
        clauses.remove(|clause| filter::is_about(clause, "published"));
        self.with_base(&clauses.in_force())
    }

    /// What was filtered or looked at has changed: the bars begin anew.
    pub(super) fn renew_histogram(&mut self) {
        if let Some(histogram) = &mut self.histogram {
            histogram.zoomed = None;
            histogram.restart();
            if histogram.chosen.is_some() {
                histogram.choose(usize::MAX);
            }
        }
    }

    pub(super) fn disconnect_histogram(&mut self) {
        if let Some(histogram) = &mut self.histogram {
            histogram.outstanding = None;
            histogram.counting = None;
            histogram.outdated = true;
        }
    }

    /// When the histogram wants to ask.
    pub(super) fn histogram_wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        let histogram = self.histogram()?;
        // A filter that cannot be read counts nothing; the log says so.
        if histogram.outstanding.is_some() || self.has_unreadable_filter() {
            return None;
        }
        if histogram.counting.is_some() {
            return Some(Timestamp::MIN);
        }
        let still = self.paused || self.until.is_some();
        let news = histogram.seen != revisions.events && !still;
        let wants = histogram.outdated || news;
        wants.then_some(histogram.not_before)
    }

    /// The histogram's next question.
    pub(super) fn poll_histogram(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Option<Request> {
        if self.histogram_wants_at(revisions)? > now {
            return None;
        }
        let filtered = self.times(now);
        let filter = self.counted_filter();
        let as_of = self.until;
        let histogram = self.histogram.as_mut()?;
        if histogram.counting.is_none() {
            let (from, until) = histogram.span(filtered, now);
            histogram.seen = revisions.events;
            histogram.outdated = false;
            let scale = scale(from, until, histogram.width);
            histogram.counting = Some(Counted {
                filter,
                bars: vec![Bar::default(); usize::from(scale.bars)],
                scale,
                next: None,
                began: now,
                slices: 0,
            });
        }
        let counting = histogram.counting.as_ref()?;
        let ticket = tickets.take();
        histogram.outstanding = Some(ticket);
        let ask = Ask::Histogram(HistogramQuery {
            filter: counting.filter.clone(),
            scale: counting.scale,
            before: counting.next,
            until: as_of,
        });
        Some(Request { ticket, ask })
    }

    pub(super) fn histogram_awaits(&self, ticket: u64) -> bool {
        let histogram = self.histogram.as_deref();
        histogram.is_some_and(|histogram| histogram.outstanding == Some(ticket))
    }

    /// Takes in a slice of the count.
    pub(super) fn take_bars(&mut self, answer: Result<Answer, Problem>) {
        let Some(histogram) = &mut self.histogram else {
            return;
        };
        histogram.outstanding = None;
        let slice = match answer {
            Ok(Answer::Histogram(slice)) => slice,
            Ok(_) => return,
            Err(problem) => {
                let began = histogram.counting.take().map(|it| it.began);
                histogram.not_before = time::after(began.unwrap_or_default(), TRY_AGAIN_AFTER);
                // What cannot be read will not be read the next time either.
                histogram.outdated = problem.column.is_none();
                histogram.problem = Some(problem);
                return;
            }
        };
        histogram.problem = None;
        let place = histogram.stands_at();
        let Some(counting) = &mut histogram.counting else {
            return;
        };
        for (bar, more) in counting.bars.iter_mut().zip(slice.bars) {
            bar.add(more);
        }
        counting.next = slice.next;
        counting.slices += 1;
        if slice.next.is_none() {
            let rest = RECOUNT_AFTER * counting.slices;
            histogram.not_before = time::after(counting.began, rest);
            histogram.shown = histogram.counting.take();
        }
        histogram.stay_at(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::histogram::Histogram as Slice;
    use crate::msg::ProblemKind;
    use crate::ui::log::samples::{row, start};

    fn open(filter: &str) -> Log {
        let mut log = Log::new();
        log.set_filter(filter, start());
        log.arrange_histogram(80, 20);
        log.open_histogram().unwrap();
        log.arrange_histogram(80, 20);
        log
    }

    fn ask(log: &mut Log, at: Timestamp, events: u64) -> Option<HistogramQuery> {
        let revisions = Revisions {
            events,
            ..Revisions::default()
        };
        let request = log.poll_histogram(at, &revisions, &mut Tickets::default())?;
        match request.ask {
            Ask::Histogram(query) => Some(query),
            other => panic!("{other:?}"),
        }
    }

    fn answer(log: &mut Log, first: Bar, next: Option<EventPos>) {
        let bars = vec![first];
        log.take_bars(Ok(Answer::Histogram(Slice { bars, next })));
    }

    fn failures(failure: u64) -> Bar {
        Bar {
            failure,
            ..Bar::default()
        }
    }

    fn shown(log: &Log) -> u64 {
        let (_, bars) = log.histogram().unwrap().bars().unwrap();
        bars.iter().map(Bar::total).sum()
    }

    #[test]
    fn bars_are_of_a_round_length_and_cover_all_of_the_time() {
        for (span, room) in [
            ("15m", 72),
            ("1h", 72),
            ("24h", 72),
            ("7d", 72),
            ("90d", 200),
            ("3s", 10),
        ] {
            let from = time::before(start(), time::parse_span(span).unwrap());
            for until in [start(), time::after(start(), Duration::from_millis(1))] {
                let scale = scale(from, until, room);
                assert!(
                    scale.from <= from && scale.end() >= until,
                    "{span} {scale:?}"
                );
                assert!(scale.bars <= room, "{span} {scale:?}");
                assert!(
                    STEPS_SECS.contains(&scale.step.as_secs()),
                    "{span} {scale:?}"
                );
            }
        }
    }

    #[test]
    fn slices_add_up_and_what_was_counted_stays_until_it_is_counted_anew() {
        let mut log = open("result:failure");
        let query = ask(&mut log, start(), 1).unwrap();
        assert_eq!(
            (query.filter.as_str(), query.before),
            ("result:failure", None)
        );
        assert_eq!(query.scale.end(), start());
        answer(&mut log, failures(3), Some(row(9).pos));
        assert_eq!(shown(&log), 3, "what is there is shown at once");
        assert!(log.histogram().unwrap().reached().is_some());
        let next = ask(&mut log, start(), 1).unwrap();
        assert_eq!(next.before, Some(row(9).pos), "it goes on where it stopped");
        answer(&mut log, failures(2), None);
        assert_eq!((shown(&log), log.histogram().unwrap().reached()), (5, None));
        assert_eq!(
            ask(&mut log, Timestamp::MAX, 1),
            None,
            "nothing has happened"
        );
        // A count of two slices is not made again for two seconds.
        let soon = time::after(start(), Duration::from_millis(1_900));
        assert_eq!(ask(&mut log, soon, 2), None);
        let later = time::after(start(), Duration::from_secs(2));
        assert!(ask(&mut log, later, 2).is_some());
        answer(&mut log, failures(1), Some(row(9).pos));
        assert_eq!(shown(&log), 5, "and nothing goes away meanwhile");
    }

    #[test]
    fn another_filter_begins_anew_and_a_late_answer_is_not_taken_for_its() {
        let mut log = open("a");
        ask(&mut log, start(), 1).unwrap();
        log.set_filter("b", start());
        assert!(!log.histogram_awaits(1));
        assert_eq!(ask(&mut log, start(), 1).unwrap().filter, "b");
    }

    #[test]
    fn a_bar_is_chosen_and_its_times_are_those_of_the_scale() {
        let mut log = open("");
        log.set_times(&["published<15m".to_owned()]).unwrap();
        let query = ask(&mut log, start(), 1).unwrap();
        let bars = usize::from(query.scale.bars);
        assert_eq!(
            query.scale.from,
            time::before(start(), Duration::from_mins(15))
        );
        answer(&mut log, failures(1), None);
        assert_eq!(log.chosen_bar(), None);
        log.step_bar(false);
        let last = (query.scale.begin(bars - 1), query.scale.end());
        assert_eq!(log.chosen_bar(), Some(last));
        log.step_bar(true);
        assert_eq!(
            log.chosen_bar(),
            Some(last),
            "there is none behind the last"
        );
        log.end_bar(false);
        log.step_bar(false);
        assert_eq!(log.chosen_bar().unwrap().0, query.scale.from);
    }

    #[test]
    fn a_count_that_failed_says_why_and_is_made_again() {
        let mut log = open("");
        ask(&mut log, start(), 1).unwrap();
        let problem = Problem {
            kind: ProblemKind::Internal,
            summary: "the agent is too busy".into(),
            hint: None,
            column: None,
        };
        log.take_bars(Err(problem));
        assert!(log.histogram().unwrap().problem().is_some());
        assert_eq!(ask(&mut log, start(), 1), None, "not at once");
        let later = time::after(start(), TRY_AGAIN_AFTER);
        assert!(ask(&mut log, later, 1).is_some());
        answer(&mut log, failures(1), None);
        assert!(log.histogram().unwrap().problem().is_none());
        assert_eq!(shown(&log), 1);
    }

    #[test]
    fn the_chosen_bar_stays_at_its_time_while_time_goes_on() {
        let mut log = open("");
        log.set_times(&["published<15m".to_owned()]).unwrap();
        ask(&mut log, start(), 1).unwrap();
        answer(&mut log, failures(1), None);
        log.end_bar(true);
        log.step_bar(false);
        let chosen = log.chosen_bar().unwrap();
        let later = time::after(start(), Duration::from_mins(1));
        ask(&mut log, later, 2).unwrap();
        answer(&mut log, failures(1), None);
        assert_eq!(log.chosen_bar(), Some(chosen));
        // The last one goes with the time.
        log.end_bar(true);
        let before = log.chosen_bar().unwrap();
        ask(&mut log, time::after(later, Duration::from_mins(1)), 3).unwrap();
        answer(&mut log, failures(1), None);
        assert!(log.chosen_bar().unwrap().0 > before.0);
    }

    #[test]
    fn who_zooms_out_sees_what_is_beyond_the_range_in_force() {
        let mut log = open("");
        log.set_filter("type:x published<1h", start());
        let query = ask(&mut log, start(), 1).unwrap();
        assert_eq!(query.filter, "type:x published<1h");
        answer(&mut log, failures(1), None);
        log.zoom_histogram(false, start());
        let query = ask(&mut log, start(), 1).unwrap();
        assert_eq!(query.filter, "type:x");
        assert_eq!(
            query.scale.from,
            time::before(start(), Duration::from_hours(2))
        );
        answer(&mut log, failures(1), None);
        log.end_bar(false);
        log.zoom_histogram(true, start());
        let query = ask(&mut log, start(), 1).unwrap();
        assert!(query.scale.from < time::before(start(), Duration::from_hours(2)));
        assert!(query.scale.end() < time::before(start(), Duration::from_hours(1)));
    }

    #[test]
    fn a_low_screen_has_no_room_for_it() {
        let mut log = Log::new();
        log.arrange_histogram(60, 12);
        assert!(log.open_histogram().is_err());
        log.arrange_histogram(60, 14);
        log.open_histogram().unwrap();
        assert_eq!(log.arrange_histogram(60, 14), usize::from(ROWS));
        assert_eq!(log.arrange_histogram(60, 13), 0);
        assert!(log.histogram().is_none(), "and it asks nothing then");
    }
}
