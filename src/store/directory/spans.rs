//! The stretches of time in which something held, and what may be done to them: begin, end, be proven.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::history::Interval;
use crate::domain::id::EventUuid;
use crate::store::codec::Moment;

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

    pub(super) fn iter(&self) -> impl Iterator<Item = &Interval> {
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

    /// Cuts a stretch in two, so that there is nothing in `span`; not where something other than one stretch is. Tells whether it did.
    pub(super) fn part_between(&mut self, span: Interval) -> bool {
        let Some(to) = span.to.filter(|to| span.from < *to) else {
            return false;
        };
        let around =
            |known: &Interval| known.from < span.from && known.to.is_none_or(|ended| to < ended);
        let Some(place) = self.0.iter().position(around) else {
            return false;
        };
        let known = &mut self.0[place];
        let behind = Interval {
            from: to,
            began_by: span.ended_by,
            ..*known
        };
        known.to = Some(span.from);
        known.ended_by = span.began_by;
        self.0.insert(place + 1, behind);
        true
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
        let from = before.map_or(at, |before| at.max(before)).min(observed);
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
        let to = at.min(observed);
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

    #[test]
    fn a_stretch_is_cut_where_something_was_over_for_a_while() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let gap = |from, to| Interval {
            from: at(from),
            to: Some(at(to)),
            began_by: Some(EventUuid([1; 16])),
            ended_by: Some(EventUuid([2; 16])),
        };
        let mut spans = Spans::default();
        spans.open(at(10), None);
        for (from, to, is_cut) in [
            (5, 20, false),
            (10, 20, false),
            (30, 30, false),
            (20, 30, true),
            (20, 30, false),
            (25, 40, false),
            (40, 50, true),
        ] {
            assert_eq!(spans.part_between(gap(from, to)), is_cut, "{from} to {to}");
        }
        let secs = |moment: Timestamp| moment.as_second();
        let all: Vec<_> = spans
            .iter()
            .map(|span| (secs(span.from), span.to.map(secs)))
            .collect();
        assert_eq!(all, [(10, Some(20)), (30, Some(40)), (50, None)]);
        let last = spans.last().unwrap();
        assert_eq!(
            (last.began_by, last.ended_by),
            (Some(EventUuid([2; 16])), None)
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
