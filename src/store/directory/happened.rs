//! Answering what happened between two moments, from the index by time.

mod teller;

use std::ops::Bound;

use jiff::Timestamp;

use super::Directory;
use super::entries::{self, is_about};
use super::model::Model;
use super::tables::{self, ENTRY_BYTE, Relation, kind_byte};
use super::timeline::{Happened, TimeKey};
use crate::domain::entry::Subject;
use crate::domain::history::{ChangePlace, ChangeRow};
use crate::domain::id::Kind;
use crate::store::error::{Error, Fault};
use teller::Teller;

/// Keys of the index that are gone through at once, where nobody says how many.
const PART: usize = 1_000;

/// A stretch of the history that is told part by part, the newest first. Between two parts nothing is held, neither the file nor the model.
pub struct History<'d> {
    directory: &'d Directory,
    since: Timestamp,
    until: Timestamp,
    about: Option<About>,
    /// Up to where it is still to be told; `None` when all of it was.
    newest: Option<Bound<TimeKey>>,
    /// The last place that is told; `None` for all of them.
    oldest: Option<TimeKey>,
    /// Whether what was observed after the stretch is told of too, if its own stamps say that it happened in it.
    with_late: bool,
}

/// Some changes, newest first by the index, each with its place.
#[derive(Debug, Default)]
pub struct HistoryPart {
    /// What changed, each with its place.
    pub rows: Vec<(ChangePlace, ChangeRow)>,
    /// Everything that the index has later than this was told; `None` when all of it was.
    pub reached: Option<Timestamp>,
    /// The last place that was gone through; `None` likewise.
    pub last: Option<ChangePlace>,
}

impl Directory {
    /// What changed at or after `since` and before `until`, newest first, at most `limit` rows. With a `subject` only what happened to
    /// it: its own changes, what it began or ceased to belong to, and entries that hang below it or refer to it; then its sign-ins
    /// are told too. What the first reading found is no change.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn changes(
        &self,
        since: Timestamp,
        until: Timestamp,
        subject: Option<&Subject>,
        limit: usize,
    ) -> Result<Vec<ChangeRow>, Error> {
        let mut history = History {
            with_late: false,
            ..self.history(since, until, subject)?
        };
        let mut rows = Vec::new();
        while rows.len() < limit
            && let Some(part) = history.next_part(PART)?
        {
            rows.extend(part.rows.into_iter().map(|(_, row)| row));
        }
        rows.truncate(limit);
        Ok(rows)
    }

    /// What the next `keys` places of the index tell of the same stretch, of everything; `behind` is the last place of the part before.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn changes_behind(
        &self,
        since: Timestamp,
        until: Timestamp,
        behind: Option<ChangePlace>,
        keys: usize,
    ) -> Result<HistoryPart, Error> {
        let mut history = History {
            with_late: false,
            ..self.history(since, until, None)?
        };
        history.go_to(behind, None);
        Ok(history.next_part(keys)?.unwrap_or_default())
    }

    /// A number that is another one whenever something in the history has got another place: whoever goes through it part by part and
    /// remembers where something was left begins anew.
    #[must_use]
    pub fn moves(&self) -> u64 {
        self.shared().moves()
    }

    /// The same, to be told part by part; and what was observed long after the stretch, if its own stamps say that it happened in it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn history(
        &self,
        since: Timestamp,
        until: Timestamp,
        subject: Option<&Subject>,
    ) -> Result<History<'_>, Error> {
        let model = self.model()?;
        let about = subject.map(|subject| About::of(&model, subject));
        let about = about.transpose().map_err(|fault| self.failed(fault))?;
        drop(model);
        Ok(History {
            directory: self,
            since,
            until,
            about,
            newest: Some(beginning(until)),
            oldest: None,
            with_late: true,
        })
    }
}

/// The index knows milliseconds; what is in the first and in the last of them is sifted later.
fn beginning(until: Timestamp) -> Bound<TimeKey> {
    Bound::Included((until.as_millisecond(), u8::MAX, u32::MAX, u32::MAX))
}

impl History<'_> {
    /// Goes on behind one place, or from the beginning, up to another, or to the end.
    pub fn go_to(&mut self, behind: Option<ChangePlace>, to: Option<ChangePlace>) {
        let behind = behind.map(|place| Bound::Excluded(key(place)));
        self.newest = Some(behind.unwrap_or_else(|| beginning(self.until)));
        self.oldest = to.map(key);
    }

    /// What the next `keys` places of the index tell; `None` when there are no more.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn next_part(&mut self, keys: usize) -> Result<Option<HistoryPart>, Error> {
        let Some(newest) = self.newest.filter(|_| self.since < self.until) else {
            return Ok(None);
        };
        let first = (self.since.as_millisecond(), 0, 0, 0);
        let oldest = Bound::Included(self.oldest.unwrap_or(first));
        let (part, last) = self.directory.read(|transaction| {
            let teller = Teller {
                transaction,
                model: self.directory.shared(),
            };
            let mut rows = Vec::new();
            let mut gone_through = 0;
            let mut last = None;
            let timeline = tables::read_timeline(transaction)?;
            for key in timeline.range((oldest, newest))?.rev().take(keys) {
                let key = key?.0.value();
                gone_through += 1;
                last = Some(key);
                let Some(happened) = Happened::of(key).filter(|it| self.wants(*it)) else {
                    continue;
                };
                for (number, row) in (0..).zip(teller.tell(happened, key.0)?) {
                    if self.holds(happened, key.0, &row) {
                        // By whichever key it is found, it stands where it was observed: no two answers tell it twice.
                        let observed = happened.as_observed().key(row.at);
                        rows.push((place(observed, number), teller.below(row)));
                    }
                }
            }
            let last = last.filter(|_| gone_through == keys);
            let part = HistoryPart {
                rows,
                reached: last.and_then(|key| Timestamp::from_millisecond(key.0).ok()),
                last: last.map(|key| place(key, u32::MAX)),
            };
            Ok((part, last))
        })?;
        self.newest = last.map(Bound::Excluded);
        Ok(Some(part))
    }

    fn wants(&self, happened: Happened) -> bool {
        (self.with_late || !happened.is_late()) && is_wanted(self.about.as_ref(), happened)
    }

    /// What is told late was observed after the stretch: everything else the stretch tells itself.
    fn holds(&self, happened: Happened, key_ms: i64, row: &ChangeRow) -> bool {
        if !happened.is_late() {
            return self.since <= row.at && row.at < self.until;
        }
        let is_of_key = |at: Timestamp| at.as_millisecond() == key_ms && self.since <= at;
        row.stamped.is_some_and(is_of_key) && self.until <= row.at
    }
}

fn place((at_ms, what, first, second): TimeKey, number: u32) -> ChangePlace {
    ChangePlace {
        at_ms,
        what,
        of: (first, second),
        // Of what one reading found, the first is told first.
        to_last: u32::MAX - number,
    }
}

fn key(place: ChangePlace) -> TimeKey {
    (place.at_ms, place.what, place.of.0, place.of.1)
}

/// What an answer is limited to.
struct About {
    /// The kind and the ordinal of the object.
    object: Option<(Kind, u32)>,
    /// Ordinals of entries that are the subject or are about it, in ascending order.
    entries: Vec<u32>,
}

impl About {
    fn of(model: &Model, subject: &Subject) -> Result<Self, Fault> {
        let mut about = Vec::new();
        for ordinal in 0..u32::try_from(model.entries.len()).unwrap_or(u32::MAX) {
            if is_about(&model.entries.view(ordinal, None)?, subject)? {
                about.push(ordinal);
            }
        }
        let object = match subject {
            Subject::Object(id) => {
                let ordinal = model.ordinal(id.kind(), id.as_str());
                ordinal.map(|ordinal| (id.kind(), ordinal))
            }
            Subject::Entry(key) => {
                about.extend(entries::ordinal(model, key));
                about.sort_unstable();
                None
            }
        };
        Ok(Self {
            object,
            entries: about,
        })
    }

    fn is(&self, kind: u8, ordinal: u32) -> bool {
        if kind == ENTRY_BYTE {
            return self.entries.binary_search(&ordinal).is_ok();
        }
        self.object
            .is_some_and(|(of, it)| kind_byte(of) == kind && it == ordinal)
    }
}

fn is_wanted(about: Option<&About>, happened: Happened) -> bool {
    let Some(about) = about else {
        // Sign-ins are the log's business, and there would be little else.
        return !matches!(happened, Happened::SignedIn(..));
    };
    let either = |relation: Relation, left, right| {
        let (of_left, of_right) = relation.kinds();
        about.is(kind_byte(of_left), left) || about.is(kind_byte(of_right), right)
    };
    match happened {
        Happened::Changed(kind, ordinal, _)
        | Happened::Late(kind, ordinal, _)
        | Happened::Appeared(kind, ordinal)
        | Happened::AppearedLate(kind, ordinal)
        | Happened::Ended(kind, ordinal) => about.is(kind, ordinal),
        Happened::SignedIn(ordinal, _) => about.is(kind_byte(Kind::User), ordinal),
        Happened::Linked(relation, left, right) | Happened::Unlinked(relation, left, right) => {
            either(relation, left, right)
        }
        Happened::Reassigned(left, right) => either(Relation::AppUsers, left, right),
    }
}
