//! What events tell of links and entries, in the order in which it happened, put among what readings saw of them.

use std::time::Duration;

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::Commit;
use crate::domain::entry::EntryKey;
use crate::domain::history::{self, Interval};
use crate::domain::id::ObjectId;
use crate::domain::time;
use crate::store::directory::entries::ListKey;
use crate::store::directory::model::ModelChange;
use crate::store::directory::op::Turn;
use crate::store::directory::spans::{Spans, Step};
use crate::store::directory::tables::{ENTRY_BYTE, Relation, pair};
use crate::store::directory::timeline::Happened;
use crate::store::error::Fault;

/// The least by which a moment lies behind another.
const A_MOMENT: Duration = Duration::from_nanos(1);

/// What is not over after that is read once more from the beginning: a list of a million members is read in minutes.
const A_LONG_READING: Duration = Duration::from_mins(15);
/// A list below one thing is read in one go.
const A_SHORT_READING: Duration = Duration::ZERO;

/// How what begins and what ends is noted.
type Notes = [Happened; 2];

impl Commit<'_, '_> {
    pub(super) fn turn_link(
        &mut self,
        relation: history::Relation,
        (to, who): (&ObjectId, &ObjectId),
        turns: &[Turn],
        from: Timestamp,
    ) -> Result<(), Fault> {
        let relation = Relation::of(relation);
        let Some((left, right)) = self.kept(to).zip(self.kept(who)) else {
            return Ok(());
        };
        let key = pair(left, right);
        let mut link = self.link(relation, key)?;
        let notes = [
            Happened::Linked(relation, left, right),
            Happened::Unlinked(relation, left, right),
        ];
        let Some(spans) = self.turned(&link.spans, notes, turns, from, A_LONG_READING)? else {
            return Ok(());
        };
        let open_now = spans.is_open();
        link.spans = spans;
        self.put_link(relation, key, &link)?;
        self.touched.relation(relation);
        // The model knows who ever belonged to what by what began and ended.
        for open in [!open_now, open_now] {
            self.changes.push(ModelChange::Link {
                relation,
                left,
                right,
                open,
            });
        }
        Ok(())
    }

    pub(super) fn turn_entry(
        &mut self,
        key: &EntryKey,
        turns: &[Turn],
        from: Timestamp,
    ) -> Result<(), Fault> {
        let Some(ordinal) = self.known_entry(key) else {
            return Ok(());
        };
        let mut record = self.entry_record(ordinal)?;
        let notes = notes_of_entry(ordinal);
        if let Some(spans) = self.turned(&record.spans, notes, turns, from, A_SHORT_READING)? {
            record.spans = spans;
            self.put_entry(ordinal, record);
        }
        Ok(())
    }

    /// Leaves nothing of an entry that the log alone told of.
    pub(super) fn drop_held(&mut self, key: &EntryKey) -> Result<(), Fault> {
        let ordinal = self.known_entry(key).filter(|_| key.id.is_logged());
        let Some(ordinal) = ordinal else {
            return Ok(());
        };
        let mut record = self.entry_record(ordinal)?;
        let before = std::mem::take(&mut record.spans);
        self.put_entry(ordinal, record);
        self.note_again(notes_of_entry(ordinal), &before, &Spans::default())
    }

    fn known_entry(&self, key: &EntryKey) -> Option<u32> {
        let list = self.list_number(&ListKey {
            kind: key.kind,
            parent: key.parent.clone(),
        })?;
        self.entry_ordinal(list, &key.id)
    }

    /// The stretches with what events tell of them since `from`, noted; `None` where that is no news.
    fn turned(
        &mut self,
        before: &Spans,
        notes: Notes,
        turns: &[Turn],
        from: Timestamp,
        longest: Duration,
    ) -> Result<Option<Spans>, Fault> {
        let from = self.unseen_until(before, notes, from)?;
        let mut now = before.replayed(turns, from, longest);
        for over in came_and_went(turns, from) {
            now.put_between(over);
        }
        if now == *before {
            return Ok(None);
        }
        self.note_again(notes, before, &now)?;
        Ok(Some(now))
    }

    /// `from`, or when the first reading saw what had been so before, for who knows how long: no event is that.
    fn unseen_until(
        &self,
        spans: &Spans,
        [begins, _]: Notes,
        from: Timestamp,
    ) -> Result<Timestamp, Fault> {
        let mut until = from;
        for step in spans.steps().iter().filter(|step| step.begins) {
            if step.at >= from && self.tables.timeline.get(begins.key(step.at))?.is_none() {
                until = time::after(step.at, A_MOMENT);
            }
        }
        Ok(until)
    }

    fn note_again(&mut self, notes: Notes, before: &Spans, now: &Spans) -> Result<(), Fault> {
        let (before, now) = (before.steps(), now.steps());
        let same = |one: &Step, other: &Step| one.at == other.at && one.begins == other.begins;
        let note = |step: &Step| notes[usize::from(!step.begins)];
        for step in &before {
            if !now.iter().any(|it| same(it, step)) {
                self.take_back(note(step), step.at)?;
            }
        }
        for step in &now {
            if !before.iter().any(|it| same(it, step)) {
                self.note(note(step), step.at)?;
            }
        }
        Ok(())
    }
}

fn notes_of_entry(ordinal: u32) -> Notes {
    [
        Happened::Appeared(ENTRY_BYTE, ordinal),
        Happened::Ended(ENTRY_BYTE, ordinal),
    ]
}

/// What events say began and ended before `until`.
fn came_and_went(turns: &[Turn], until: Timestamp) -> Vec<Interval> {
    let mut since: Option<&Turn> = None;
    let mut over = Vec::new();
    for turn in turns.iter().filter(|turn| turn.at < until) {
        match since {
            None if turn.begins => since = Some(turn),
            Some(began) if !turn.begins => {
                over.push(Interval {
                    from: began.at,
                    to: Some(turn.at),
                    began_by: Some(began.event),
                    ended_by: Some(turn.event),
                });
                since = None;
            }
            _ => {}
        }
    }
    over
}
