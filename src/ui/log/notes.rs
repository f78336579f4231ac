//! Notes between the events of the log: where events are known to be missing, and how far back the stored log goes.

use jiff::Timestamp;

use super::Log;
use super::lines::Line;
use crate::domain::filter::Bounds;
use crate::domain::hunt::HuntedStretch;
use crate::domain::query::EventRow;
use crate::domain::resource::{Backfill, Gap, LogStatus, Stretch};
use crate::ui::command::Id;
use crate::ui::format;
use crate::ui::keymap::View;

/// How much of a line is taken by what stands around the words of a note.
const NOTE_FRAME: usize = 10;

/// Words that stand between events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) words: String,
    /// Whether events are missing there.
    pub(super) bad: bool,
}

/// What is known of the stored log, as far as notes tell of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    gaps: Vec<Gap>,
    complete: Vec<Stretch>,
    oldest: Option<Timestamp>,
    /// How far back it is being read.
    reading_to: Option<Timestamp>,
    /// Stretches that were hunted where the log is not complete.
    hunts: Vec<HuntedStretch>,
}

impl Known {
    pub(super) fn of(log: &LogStatus) -> Self {
        let open = log.gaps.iter().filter(|gap| gap.filled.is_none());
        let mut gaps: Vec<Gap> = open.cloned().collect();
        gaps.sort_by_key(|gap| gap.from);
        let begins = log.complete.iter().map(|one| Stretch {
            // The newest stretch grows with every poll, which no note tells.
            to: one.from,
            ..*one
        });
        let incomplete = |hunt: &&HuntedStretch| {
            let whole = Stretch {
                from: hunt.from,
                to: hunt.until,
            };
            !whole.without(log.complete.iter().copied()).is_empty()
        };
        let under_way = |backfill: &Backfill| !backfill.done;
        Self {
            gaps,
            complete: begins.collect(),
            oldest: log.oldest,
            hunts: log.hunts.iter().filter(incomplete).cloned().collect(),
            reading_to: log.backfill.filter(under_way).map(|backfill| backfill.from),
        }
    }
}

impl Log {
    /// The gap that began before the first visible event and goes on there: its own line is out of sight.
    pub(super) fn gap_above(&self) -> Option<String> {
        let (first, _) = self.times_in_sight()?;
        let mut gaps = self.known.gaps.iter();
        let gap = gaps.find(|gap| gap.from < first && first < gap.to)?;
        let top = self.lines.all().get(self.top);
        let stands_there = matches!(top, Some(Line::Note(note)) if note.bad);
        (!stands_there).then(|| {
            let (from, until) = (
                self.zone.time_of_day(gap.from),
                self.zone.time_of_day(gap.to),
            );
            format!("in a gap, {from} to {until}: {}", gap.reason)
        })
    }

    /// The notes among the rows at hand, each with the index of the row that it stands before.
    pub(super) fn notes(&self) -> Vec<(usize, Note)> {
        if !self.loaded {
            return Vec::new();
        }
        let bounds = self.times(self.asked_at);
        let mut notes = Vec::new();
        notes.extend(self.beginning(bounds).map(|note| (0, note)));
        for hunt in &self.known.hunts {
            let stretch = (hunt.from, hunt.until);
            let place = self.place_of(stretch, bounds);
            notes.extend(place.map(|at| (at, self.told_of(hunt))));
        }
        for gap in &self.known.gaps {
            if let Some(at) = self.place_of((gap.from, gap.to), bounds) {
                match notes.last_mut() {
                    Some((last, note)) if *last == at && note.bad => {
                        let until = self.zone.minute(gap.to);
                        note.words = format!("{}; and more until {until}", note.words);
                    }
                    _ => notes.push((at, self.told(gap))),
                }
            }
        }
        notes.sort_by_key(|(at, _)| *at);
        let lines = notes.into_iter();
        lines
            .flat_map(|(at, note)| self.wrapped(at, note))
            .collect()
    }

    /// The note in as many lines as it needs: what is cut cannot be read anywhere else.
    fn wrapped(&self, at: usize, note: Note) -> Vec<(usize, Note)> {
        let room = self.area_columns.saturating_sub(NOTE_FRAME);
        let bad = note.bad;
        let lines = match room {
            0 => vec![note.words],
            room => format::wrap(&note.words, room),
        };
        let lines = lines.into_iter();
        lines.map(|words| (at, Note { words, bad })).collect()
    }

    fn told(&self, gap: &Gap) -> Note {
        let is_one_day = self.zone.day(gap.from) == self.zone.day(gap.to);
        let until = if is_one_day {
            self.zone.time_of_day(gap.to)
        } else {
            self.zone.minute(gap.to)
        };
        // The title tells the day of what is shown.
        let shown = self
            .selected()
            .map(|row| self.zone.day(row.event.published));
        let from = if shown.as_ref() == Some(&self.zone.day(gap.from)) {
            self.zone.time_of_day(gap.from)
        } else {
            self.zone.written(gap.from, "%Y-%m-%d %H:%M:%S")
        };
        Note {
            words: format!("gap {from} to {until}: {}", gap.reason),
            bad: true,
        }
    }

    fn told_of(&self, hunt: &HuntedStretch) -> Note {
        let (from, until) = (self.zone.minute(hunt.from), self.zone.minute(hunt.until));
        let HuntedStretch { words, .. } = hunt;
        Note {
            words: format!("hunted {words}, {from} to {until}: bounded, may miss late events"),
            bad: false,
        }
    }

    /// Before which row a gap stands, when it is within what the rows at hand show.
    fn place_of(&self, gap: (Timestamp, Timestamp), bounds: Bounds) -> Option<usize> {
        let published = |row: &EventRow| row.event.published;
        let first = self.rows.first().filter(|_| self.more_older);
        let last = self.rows.last();
        let last = last.filter(|_| self.more_newer || self.newer > 0);
        let from = first.map(published).or(bounds.from);
        let until = last.map(published).or(bounds.until);
        let within = from.is_none_or(|from| gap.1 > from) && until.is_none_or(|to| gap.0 < to);
        let before = |row: &EventRow| published(row) < gap.0;
        within.then(|| self.rows.partition_point(before))
    }

    /// What is known of the time before the oldest event, once the list has come to its end.
    fn beginning(&self, bounds: Bounds) -> Option<Note> {
        if self.more_older || self.search.is_some() {
            return None;
        }
        if let Some(stopped) = self.stopped_at {
            let at = self.zone.minute(stopped);
            let refresh = self.keys.way(Id::Refresh, View::Log);
            let words = format!("not searched further back than {at}; {refresh} searches on");
            return Some(Note { words, bad: true });
        }
        let oldest = self.known.complete.first().map(|one| one.from);
        let oldest = oldest.or(self.known.oldest)?;
        if bounds.from.is_some_and(|from| from >= oldest) {
            return None;
        }
        let since = format!("{} {}", self.zone.minute(oldest), self.zone.sign(oldest));
        let beyond = match self.known.reading_to {
            Some(to) => format!("older events are being read, back to {}", format::day(to)),
            None => "nothing older is stored".to_owned(),
        };
        Some(Note {
            words: format!("the stored log begins {since}; {beyond}"),
            bad: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::{EventRows, Revisions};
    use crate::msg::{Answer, Ask};
    use crate::ui::event::Tickets;
    use crate::ui::log::samples::{rows, start};

    fn at(secs: i64) -> Timestamp {
        start() + jiff::SignedDuration::from_millis(secs * 1_000 + 500)
    }

    fn gap(from: i64, to: i64) -> Gap {
        Gap {
            from: at(from),
            to: at(to),
            reason: "the disk was full".into(),
            filled: None,
        }
    }

    /// A log of which these rows are at hand.
    fn log(window: EventRows, filter: &str, gaps: Vec<Gap>) -> Log {
        let mut log = Log::new();
        log.set_filter(filter, start());
        log.known = Known {
            gaps,
            complete: vec![Stretch {
                from: at(-60),
                to: at(-60),
            }],
            oldest: Some(at(-60)),
            reading_to: None,
            hunts: Vec::new(),
        };
        log.set_height(30);
        let asked = log.poll(
            Timestamp::MAX,
            &Revisions::default(),
            &mut Tickets::default(),
        );
        assert!(matches!(asked.unwrap().ask, Ask::Events(_)));
        log.accept(Ok(Answer::Events(window)));
        log
    }

    fn told(log: &Log) -> Vec<(usize, String)> {
        let notes = log.notes().into_iter();
        notes.map(|(at, note)| (at, note.words)).collect()
    }

    #[test]
    fn a_gap_stands_where_its_events_would() {
        let gaps = || vec![gap(-30, -20), gap(3, 5), gap(40, 50)];
        let inside = told(&log(rows(1, 9, 20), "", gaps()));
        assert_eq!(
            inside.len(),
            1,
            "what is not at hand is not told: {inside:?}"
        );
        assert_eq!(inside[0].0, 3);
        assert_eq!(inside[0].1, "gap 14:00:03 to 14:00:05: the disk was full");
        let all: Vec<usize> = told(&log(rows(0, 9, 9), "", gaps()))
            .iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(all, [0, 0, 4, 9]);
        let filtered = told(&log(rows(0, 9, 9), "published>=2026-11-22T14:00Z", gaps()));
        assert_eq!(
            filtered.len(),
            2,
            "what the filter leaves out is not missing: {filtered:?}"
        );
        let filled = Known::of(&LogStatus {
            gaps: vec![Gap {
                filled: Some(at(9)),
                ..gap(3, 5)
            }],
            ..LogStatus::default()
        });
        assert!(filled.gaps.is_empty());
    }

    #[test]
    fn the_end_of_the_list_says_how_far_back_the_log_goes() {
        let told_of = |filter, window| told(&log(window, filter, Vec::new()));
        assert_eq!(told_of("", rows(1, 9, 9)), []);
        let end = told_of("", rows(0, 9, 9));
        assert_eq!(
            end[0].1,
            "the stored log begins 2026-11-22 13:59 UTC; nothing older is stored"
        );
        assert_eq!(told_of("published>=2026-11-22T14:00Z", rows(0, 9, 9)), []);
        assert_eq!(
            told_of("published>=2026-11-22T13:00Z", rows(0, 9, 9)).len(),
            1
        );
        let mut reading = log(rows(0, 9, 9), "", Vec::new());
        reading.known.reading_to = Some(at(-86_400));
        let words = &told(&reading)[0].1;
        assert!(words.ends_with("being read, back to 2026-11-21"), "{words}");
    }
}
