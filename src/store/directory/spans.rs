//! The stretches of time in which something held, and what may be done to them: begin, end, be proven.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::history::Interval;
use crate::domain::id::EventUuid;
use crate::domain::time;
use crate::store::codec::Moment;
use crate::store::directory::op::Turn;

/// A reading is noted at the second in which it began, and sees what is so until it is over.
const A_READING: Duration = Duration::from_secs(5);
/// Okta tells its time in whole seconds.
const A_SECOND: Duration = Duration::from_secs(1);

/// A moment that is dated, which lies before it was observed; but a reading is noted at the second in which it began.
fn not_after(at: Timestamp, observed: Timestamp) -> Timestamp {
    if at < time::after(observed, A_SECOND) {
        at
    } else {
        observed.min(at)
    }
}

/// The first turn that a reading can have seen. What it saw is never put before what was known to be so then: noted at the moment of that
/// turn, it came after it. An end that is only implied may have ended nothing: what the reading saw may have begun behind it.
fn next_turn<'t>(seen: &Step, turns: &'t [Step]) -> Option<&'t Step> {
    let is_passed = |turn: &Step| turn.at == seen.at && turn.begins != seen.begins;
    let is_idle =
        |turn: &Step| seen.begins && turn.implied && turn.at <= time::after(seen.at, A_READING);
    turns
        .iter()
        .find(|turn| seen.at <= turn.at && !is_passed(turn) && !is_idle(turn))
}

/// Stretches of time, the oldest first. They do not overlap, none ends before it begins, and only the last may be open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Stored>", into = "Vec<Stored>")]
pub(super) struct Spans(Vec<Interval>);

/// From, to, began by, ended by.
#[derive(Serialize, Deserialize)]
struct Stored(Moment, Option<Moment>, Option<EventUuid>, Option<EventUuid>);

impl From<Vec<Stored>> for Spans {
    fn from(stored: Vec<Stored>) -> Self {
        let spans = stored.into_iter();
        Self(
            spans
                .map(|Stored(from, to, began_by, ended_by)| Interval {
                    from: from.into(),
                    to: to.map(Timestamp::from),
                    began_by,
                    ended_by,
                })
                .collect(),
        )
    }
}

impl From<Spans> for Vec<Stored> {
    fn from(spans: Spans) -> Self {
        let stored = |span: Interval| {
            let to = span.to.map(Moment::from);
            Stored(span.from.into(), to, span.began_by, span.ended_by)
        };
        spans.0.into_iter().map(stored).collect()
    }
}

/// One side of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) begins: bool,
    pub(super) implied: bool,
    pub(super) event: Option<EventUuid>,
}

impl From<&Turn> for Step {
    fn from(turn: &Turn) -> Self {
        Self {
            at: turn.at,
            begins: turn.begins,
            implied: turn.implied,
            event: Some(turn.event),
        }
    }
}

impl Spans {
    /// Whether it holds now.
    pub(super) fn is_open(&self) -> bool {
        self.0.last().is_some_and(|span| span.to.is_none())
    }

    pub(super) fn last(&self) -> Option<&Interval> {
        self.0.last()
    }

    /// The stretch in which `at` lies.
    pub(super) fn at(&self, at: Timestamp) -> Option<&Interval> {
        let holds = |span: &&Interval| span.from <= at && span.to.is_none_or(|to| at < to);
        self.0.iter().find(holds)
    }

    /// The last stretch that began by `at`.
    pub(super) fn until(&self, at: Timestamp) -> Option<&Interval> {
        self.0.iter().rev().find(|span| span.from <= at)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Interval> {
        self.0.iter()
    }

    pub(super) fn into_vec(self) -> Vec<Interval> {
        self.0
    }

    /// Begins at `at`, unless it holds already; says whether it began.
    pub(super) fn open(&mut self, at: Timestamp, evidence: Option<EventUuid>) -> bool {
        if self.is_open() {
            return false;
        }
        let ended = self.0.last().and_then(|span| span.to);
        self.0.push(Interval {
            from: ended.map_or(at, |ended| at.max(ended)),
            to: None,
            began_by: evidence,
            ended_by: None,
        });
        true
    }

    /// Ends at `at`, if it holds; says whether it ended. It never ends before it began.
    pub(super) fn close(&mut self, at: Timestamp, evidence: Option<EventUuid>) -> bool {
        match self.0.last_mut() {
            Some(span) if span.to.is_none() => {
                span.to = Some(at.max(span.from));
                span.ended_by = evidence;
                true
            }
            _ => false,
        }
    }

    /// Puts a stretch that is over among the others; not where it would touch one of them. Tells whether it did.
    pub(super) fn put_between(&mut self, span: Interval) -> bool {
        let Some(to) = span.to.filter(|to| span.from < *to) else {
            return false;
        };
        let place = self.0.partition_point(|known| known.from < span.from);
        let clear_before = place
            .checked_sub(1)
            .is_none_or(|before| self.0[before].to.is_some_and(|ended| ended <= span.from));
        let clear_behind = self.0.get(place).is_none_or(|next| to <= next.from);
        let fits = clear_before && clear_behind;
        if fits {
            self.0.insert(place, span);
        }
        fits
    }

    /// Whether it held shortly before `at`.
    fn held_before(&self, at: Timestamp) -> bool {
        let held = |span: &Interval| span.from < at && span.to.is_none_or(|to| at <= to);
        self.0.iter().any(held)
    }

    /// Everything that began and ended, in the order in which it did.
    pub(super) fn steps(&self) -> Vec<Step> {
        let both = |span: &Interval| {
            let began = Step {
                at: span.from,
                begins: true,
                implied: false,
                event: span.began_by,
            };
            let ended = span.to.map(|at| Step {
                at,
                begins: false,
                implied: false,
                event: span.ended_by,
            });
            [Some(began), ended]
        };
        self.0.iter().flat_map(both).flatten().collect()
    }

    /// What began and ended from `from` on, where events tell of it and readings saw something of it. A reading says what is so at a moment
    /// at which, or shortly after which, it was so: what an event tells of that time it saw the effect of. What no event tells stays as it
    /// was seen, and so does what is so now, which a reading will tell. A reading may have gone on for the `longest` time, unless another one
    /// says otherwise meanwhile: what was so already cannot begin once more.
    pub(super) fn replayed(&self, turns: &[Turn], from: Timestamp, longest: Duration) -> Self {
        let told = |step: &Step| {
            let mut turns = turns.iter();
            turns.any(|turn| step.event == Some(turn.event) && step.begins == turn.begins)
        };
        let (mut all, later): (Vec<Step>, Vec<Step>) =
            self.steps().into_iter().partition(|step| step.at < from);
        let fixed = all.len();
        let turns: Vec<Step> = turns
            .iter()
            .filter(|turn| from <= turn.at)
            .map(Step::from)
            .collect();
        let is_soon = |seen: &Step| {
            let is_within = |turn: &Step, span| turn.at <= time::after(seen.at, span);
            let contradicted = |turn: &Step| {
                let mut later = later.iter().filter(|step| !told(step));
                later.any(|it| it.begins != seen.begins && seen.at <= it.at && it.at <= turn.at)
            };
            next_turn(seen, &turns).is_some_and(|turn| {
                turn.begins == seen.begins
                    && (is_within(turn, A_READING)
                        || (is_within(turn, longest) && !contradicted(turn)))
            })
        };
        let seen = later
            .iter()
            .filter(|step| !told(step) && !is_soon(step))
            .copied();
        let mut steps: Vec<Step> = turns.iter().copied().chain(seen).collect();
        steps.sort_by_key(|step| step.at);
        let mut holds = self.held_before(from);
        for step in steps {
            if step.begins != holds {
                holds = step.begins;
                all.push(step);
            }
        }
        if holds != self.is_open() && all.len() > fixed {
            all.pop();
        }
        Self::of_steps(&all)
    }

    fn of_steps(steps: &[Step]) -> Self {
        let mut spans: Vec<Interval> = Vec::new();
        for step in steps {
            match spans.last_mut() {
                Some(last) if !step.begins => {
                    last.to = Some(step.at);
                    last.ended_by = step.event;
                }
                _ => spans.push(Interval {
                    from: step.at,
                    to: None,
                    began_by: step.event,
                    ended_by: None,
                }),
            }
        }
        Self(spans)
    }

    /// Moves the beginning that was observed at `observed` to when an event tells that it was; tells what it is now.
    pub(super) fn date_beginning(
        &mut self,
        observed: Timestamp,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Option<Timestamp> {
        let place = self.0.iter().position(|span| span.from == observed)?;
        let before = place.checked_sub(1).and_then(|before| self.0[before].to);
        let span = &mut self.0[place];
        let from = before.map_or(at, |before| at.max(before));
        let from = not_after(from, observed);
        let from = span.to.map_or(from, |to| from.min(to.max(observed)));
        if (from, event) == (span.from, span.began_by) {
            return None;
        }
        span.from = from;
        span.began_by = event;
        Some(from)
    }

    /// Moves the end that was observed at `observed`, likewise; not to before the beginning, for what was over then was something else.
    pub(super) fn date_end(
        &mut self,
        observed: Timestamp,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Option<Timestamp> {
        let mut spans = self.0.iter_mut();
        let span = spans.find(|span| span.to == Some(observed))?;
        let to = not_after(at, observed);
        if to < span.from || (to, event) == (observed, span.ended_by) {
            return None;
        }
        span.to = Some(to);
        span.ended_by = event;
        Some(to)
    }

    /// Brings an end forward that was noticed after `at`, when there was nothing any more that could hold; tells when it was noticed.
    pub(super) fn cut(&mut self, at: Timestamp, event: Option<EventUuid>) -> Option<Timestamp> {
        let is_late = |span: &&mut Interval| span.from <= at && span.to.is_some_and(|to| at < to);
        let span = self.0.iter_mut().find(is_late)?;
        span.ended_by = event;
        span.to.replace(at)
    }

    /// Takes an event that is older than the list which showed its effect as the proof of that effect; says whether it is.
    pub(super) fn prove(&mut self, present: bool, at: Timestamp, evidence: EventUuid) -> bool {
        let Some(span) = self.0.last_mut() else {
            return false;
        };
        match span.to {
            None if present && span.began_by.is_none() && at <= span.from => {
                span.began_by = Some(evidence);
            }
            Some(to) if !present && span.ended_by.is_none() && span.from <= at && at <= to => {
                span.ended_by = Some(evidence);
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_before_it_began_nor_begins_before_it_ended() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let mut spans = Spans::default();
        assert!(spans.open(at(10), None));
        assert!(!spans.open(at(11), None));
        assert!(spans.close(at(5), None));
        assert!(!spans.close(at(6), None));
        assert!(spans.open(at(3), None));
        let spans = spans.into_vec();
        let times: Vec<_> = spans.iter().map(|span| (span.from, span.to)).collect();
        assert_eq!(times, [(at(10), Some(at(10))), (at(10), None)]);
    }

    #[test]
    fn what_is_over_is_put_only_where_nothing_was() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let over = |from, to| Interval {
            from: at(from),
            to: Some(at(to)),
            began_by: None,
            ended_by: None,
        };
        let mut spans = Spans::default();
        spans.open(at(10), None);
        spans.close(at(20), None);
        spans.open(at(60), None);
        for (from, to, fits) in [
            (5, 11, false),
            (10, 12, false),
            (19, 30, false),
            (30, 61, false),
            (70, 80, false),
            (40, 40, false),
            (30, 40, true),
            (35, 38, false),
            (20, 30, true),
            (40, 60, true),
            (1, 10, true),
        ] {
            assert_eq!(spans.put_between(over(from, to)), fits, "{from} to {to}");
        }
        let froms: Vec<_> = spans.iter().map(|span| span.from).collect();
        assert_eq!(froms, [1, 10, 20, 30, 40, 60].map(at));
        assert!(spans.is_open());
    }

    const ADD: bool = true;
    const END: bool = false;

    fn at(tenths: i64) -> Timestamp {
        Timestamp::from_millisecond(100 * tenths).unwrap()
    }

    /// What began and ended (tenths of seconds), the latter where it is told by an event with that.
    fn replayed(
        seen: &[(i64, bool)],
        turns: &[(i64, bool)],
        from: i64,
    ) -> Vec<(i64, bool, Option<u8>)> {
        let mut spans = Spans::default();
        for (tenths, begins) in seen {
            if *begins {
                spans.open(at(*tenths), None);
            } else {
                spans.close(at(*tenths), None);
            }
        }
        let turn = |(tenths, begins): &(i64, bool)| Turn {
            at: at(*tenths),
            begins: *begins,
            implied: false,
            event: EventUuid([u8::try_from(*tenths).unwrap(); 16]),
        };
        let turns: Vec<Turn> = turns.iter().map(turn).collect();
        replayed_of(&spans, &turns, from)
    }

    fn replayed_of(spans: &Spans, turns: &[Turn], from: i64) -> Vec<(i64, bool, Option<u8>)> {
        let long = Duration::from_secs(15);
        let once = spans.replayed(turns, at(from), long);
        let again = once.replayed(turns, at(from), long);
        assert_eq!(again, once, "it is so at once");
        let told = |step: Step| {
            let tenths = step.at.as_millisecond() / 100;
            (tenths, step.begins, step.event.map(|event| event.0[0]))
        };
        once.steps().into_iter().map(told).collect()
    }

    #[test]
    fn what_events_tell_is_joined_with_what_readings_saw() {
        for (what, seen, turns, told) in [
            (
                "an event in the second of the reading dates what it saw",
                &[(100, ADD)][..],
                &[(106, ADD)][..],
                vec![(106, ADD, Some(106))],
            ),
            (
                "back and forth between two readings",
                &[(100, ADD)],
                &[(20, ADD), (30, END), (40, ADD)],
                vec![
                    (20, ADD, Some(20)),
                    (30, END, Some(30)),
                    (40, ADD, Some(40)),
                ],
            ),
            (
                "of several that say the same the first did it",
                &[(100, ADD), (200, END)],
                &[(20, ADD), (30, ADD), (120, END), (130, END)],
                vec![(20, ADD, Some(20)), (120, END, Some(120))],
            ),
            (
                "what no event tells stays as it was seen",
                &[(50, ADD), (100, END), (200, ADD)],
                &[(20, ADD)],
                vec![(20, ADD, Some(20)), (100, END, None), (200, ADD, None)],
            ),
            (
                "what is so now a reading tells",
                &[(50, ADD)],
                &[(20, ADD), (120, END)],
                vec![(20, ADD, Some(20))],
            ),
            (
                "nobody saw any of it",
                &[],
                &[(20, ADD), (21, END), (22, ADD), (23, END)],
                vec![
                    (20, ADD, Some(20)),
                    (21, END, Some(21)),
                    (22, ADD, Some(22)),
                    (23, END, Some(23)),
                ],
            ),
            (
                "a reading of the second that is told already",
                &[(20, ADD), (26, END), (26, ADD)],
                &[(26, END), (28, ADD)],
                vec![(20, ADD, None), (26, END, Some(26)), (28, ADD, Some(28))],
            ),
            (
                "a long reading saw what was done while it went on",
                &[(100, ADD)],
                &[(180, ADD)],
                vec![(180, ADD, Some(180))],
            ),
            (
                "another reading said otherwise meanwhile",
                &[(100, ADD), (120, END), (200, ADD)],
                &[(190, ADD)],
                vec![(100, ADD, None), (120, END, None), (190, ADD, Some(190))],
            ),
            (
                "no reading takes as long as that",
                &[(100, ADD)],
                &[(255, ADD)],
                vec![(100, ADD, None)],
            ),
            (
                "what was before stays",
                &[(5, ADD)],
                &[(20, END), (30, ADD)],
                vec![(5, ADD, None), (20, END, Some(20)), (30, ADD, Some(30))],
            ),
        ] {
            assert_eq!(replayed(seen, turns, 10), told, "{what}");
        }
    }

    /// Who was deactivated, activated and then joined a group, all within the second of a reading, had joined it twice, once without an event.
    #[test]
    fn what_an_end_only_implies_is_nothing_that_a_reading_saw() {
        let turn = |tenths: u8, begins| Turn {
            at: at(tenths.into()),
            begins,
            implied: !begins,
            event: EventUuid([tenths; 16]),
        };
        let turns = [turn(101, END), turn(105, ADD)];
        let mut seen = Spans::default();
        seen.open(at(100), None);
        assert_eq!(replayed_of(&seen, &turns, 10), [(105, ADD, Some(105))]);
        // Who was a member before was deactivated then.
        let mut before = Spans::default();
        before.open(at(5), None);
        assert_eq!(
            replayed_of(&before, &turns, 10),
            [(5, ADD, None), (101, END, Some(101)), (105, ADD, Some(105))]
        );
        // No reading of one thing takes so long: it saw what the deactivation ended.
        let later = [turn(160, END), turn(170, ADD)];
        assert_eq!(
            replayed_of(&seen, &later, 10),
            [
                (100, ADD, None),
                (160, END, Some(160)),
                (170, ADD, Some(170))
            ]
        );
    }

    #[test]
    fn what_is_dated_stays_in_order() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let (one, other) = (Some(EventUuid([1; 16])), Some(EventUuid([2; 16])));
        let mut spans = Spans::default();
        spans.open(at(10), None);
        spans.close(at(50), None);
        spans.open(at(90), None);
        assert_eq!(spans.date_beginning(at(11), at(5), one), None);
        assert_eq!(spans.date_end(at(50), at(5), one), None);
        assert_eq!(spans.date_end(at(50), at(30), one), Some(at(30)));
        assert_eq!(spans.date_beginning(at(90), at(5), other), Some(at(30)));
        assert_eq!(spans.date_beginning(at(10), at(99), one), Some(at(10)));
        // What is so already was written anew at every dating.
        assert_eq!(spans.date_beginning(at(30), at(5), other), None);
        assert_eq!(spans.date_beginning(at(10), at(10), one), None);
        assert_eq!(spans.date_end(at(30), at(30), one), None);
        let spans = spans.into_vec();
        assert_eq!((spans[0].to, spans[0].ended_by), (Some(at(30)), one));
        assert_eq!((spans[1].from, spans[1].began_by), (at(30), other));
    }
}
