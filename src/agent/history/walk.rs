//! Going through the history for one answer after the other.
//!
//! The history stands in the order in which things were seen, and is told in the order in which they happened. A part of it that was gone
//! through is left behind for good once all in it was told; of the others it is remembered when the newest happened that is left.
//! So every answer looks only at parts that may have something for it, and a long listing reads each of them once or twice.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{Bounds, Noted, PART, SLACK, seen_until};
use crate::agent::view::View;
use crate::domain::history::{ChangePlace, ChangeRow};
use crate::domain::time;
use crate::msg::{ChangeTold, ChangesFound, ChangesNext, ChangesPart, ChangesQuery, ChangesRest};
use crate::store::{History, Leash, QueryError, Store};
use crate::sync::watched::unwatched;

/// The least that two moments lie apart.
const A_MOMENT: Duration = Duration::from_nanos(1);
/// Parts that are remembered at most, and twice as many at times: where there are more, two that are neighbours become one.
const MOST_PARTS: usize = 1_000;

/// When something happened, and its place: the order in which changes are told.
type Key = (Timestamp, ChangePlace);

/// What an answer goes through.
pub(super) struct Walk<'q, 's> {
    newest: Newest<'q>,
    history: History<'s>,
    noted: Noted<'s>,
    seen_until: Timestamp,
    moves: u64,
    /// Whether the history is gone through from its beginning although some of it was told.
    is_again: bool,
    /// What may have something, and was not gone through for this answer.
    ahead: Vec<ChangesPart>,
    /// What was.
    gone: Vec<Gone>,
    /// How many rows were read.
    #[cfg(test)]
    pub(super) read: usize,
}

/// A part that was gone through for this answer.
struct Gone {
    behind: Option<ChangePlace>,
    to: Option<ChangePlace>,
    /// The newest that is left, as far as is known.
    newest: Option<Key>,
}

impl<'q, 's> Walk<'q, 's> {
    /// Where the answer before it ended, unless what was left has other places now.
    ///
    /// # Errors
    /// When the mirror cannot be read.
    pub(super) fn begin(
        store: &'s Store,
        query: &'q ChangesQuery,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        let newest = Newest::of(query);
        let moves = store.directory.moves();
        let rest = query.from.as_ref().map(|from| &from.rest);
        let (seen_until, ahead) = match rest.filter(|rest| rest.moves == moves) {
            Some(rest) => (rest.seen_until, rest.parts.clone()),
            None => (
                seen_until(newest.until, &unwatched(store)?, now),
                vec![WHOLE],
            ),
        };
        let since = time::before(query.since, SLACK);
        let subject = query.subject.as_ref();
        Ok(Self {
            newest,
            history: store.directory.history(since, seen_until, subject)?,
            noted: Noted::of(store),
            seen_until,
            moves,
            is_again: rest.is_some_and(|rest| rest.moves != moves),
            ahead,
            gone: Vec::new(),
            #[cfg(test)]
            read: 0,
        })
    }

    /// Takes the part that may have the newest, unless all that are wanted were found and are newer.
    pub(super) fn next(&mut self) -> Option<ChangesPart> {
        if self.newest.query.limit == 0 {
            self.ahead.clear();
        }
        let newest = self.newest_ahead()?;
        if self.newest.oldest_of_all() > Some(newest) {
            return None;
        }
        let place = self.ahead.iter().position(|part| part.newest == newest)?;
        Some(self.ahead.swap_remove(place))
    }

    /// Nothing newer can be in what was not gone through.
    fn newest_ahead(&self) -> Option<Key> {
        self.ahead.iter().map(|part| part.newest).max()
    }

    /// Takes what is wanted out of a part, or of its beginning where it is long; nothing more once the leash is pulled.
    ///
    /// # Errors
    /// When the mirror or the log cannot be read.
    pub(super) fn go_through(
        &mut self,
        part: &ChangesPart,
        view: &View<'_>,
        leash: &Leash,
    ) -> Result<(), QueryError> {
        self.history.go_to(part.behind, part.to);
        let Some(read) = self.history.next_part(PART)? else {
            return Ok(());
        };
        let last = read.last.filter(|last| part.to != Some(*last));
        self.gone.push(Gone {
            behind: part.behind,
            to: last.or(part.to),
            newest: None,
        });
        if let Some((last, reached)) = last.zip(read.reached) {
            let newest = (time::after(reached, SLACK), ChangePlace::MAX);
            self.ahead.push(ChangesPart {
                behind: Some(last),
                to: part.to,
                newest: newest.min(part.newest),
            });
        }
        #[cfg(test)]
        {
            self.read += read.rows.len();
        }
        let rows = self
            .noted
            .likeliest_first(read.rows, self.newest.until, leash)?;
        for (bounds, place, row) in rows {
            if leash.is_pulled() {
                return Ok(());
            }
            self.take(bounds, place, row, view)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        (first, last): Bounds,
        place: ChangePlace,
        row: ChangeRow,
        view: &View<'_>,
    ) -> Result<(), QueryError> {
        if !self.newest.may_hold((first, last)) {
            return Ok(());
        }
        let number = self.gone.len().saturating_sub(1);
        let left = if self.newest.is_too_old((last, place)) {
            Some(((last, place), number))
        } else {
            self.newest.take(place, number, view.told(row)?)
        };
        self.leave(left);
        Ok(())
    }

    /// Remembers that something is left in a part.
    fn leave(&mut self, left: impl IntoIterator<Item = (Key, usize)>) {
        for (key, number) in left {
            if let Some(gone) = self.gone.get_mut(number) {
                gone.newest = gone.newest.max(Some(key));
            }
        }
    }

    /// Whether the next answer would come further if this one ended here. What has got other places is gone through from its beginning
    /// down to what is still to be told in one go.
    pub(super) fn may_pause(&self) -> bool {
        let newest = self.newest_ahead();
        !self.is_again || newest.is_none_or(|(at, _)| time::after(at, A_MOMENT) < self.newest.until)
    }

    /// The rows before which nothing can come that was not gone through, and where to go on.
    pub(super) fn found(mut self) -> ChangesFound {
        let ahead = self.newest_ahead();
        let mut rows = std::mem::take(&mut self.newest.rows);
        let told = match ahead {
            Some(ahead) => rows.split_off(&ahead),
            None => std::mem::take(&mut rows),
        };
        self.leave(rows.into_iter().map(|(key, (number, _))| (key, number)));
        let last = told.first_key_value().map(|(key, _)| *key);
        let next = self.next_from(last);
        let mut rows: Vec<ChangeTold> = told.into_values().rev().map(|(_, told)| told).collect();
        // What was dated while it was read is met again where it is now.
        rows.dedup_by(|one, other| {
            let is_same = one.row.subject == other.row.subject && one.row.what == other.row.what;
            is_same && one.at() == other.at()
        });
        ChangesFound { rows, next }
    }

    /// Where to go on behind the last that is told; `None` where nothing is left.
    fn next_from(&mut self, last: Option<Key>) -> Option<ChangesNext> {
        let gone = std::mem::take(&mut self.gone).into_iter();
        let left = gone.filter_map(|gone| {
            Some(ChangesPart {
                behind: gone.behind,
                to: gone.to,
                newest: gone.newest?,
            })
        });
        let mut parts = std::mem::take(&mut self.ahead);
        parts.extend(left);
        if parts.is_empty() {
            return None;
        }
        let query = self.newest.query;
        let (at, behind) = match (last, &query.from) {
            (Some((at, place)), _) => (at, Some(place)),
            (None, Some(from)) => (from.at, from.behind),
            (None, None) => (query.until, None),
        };
        Some(ChangesNext {
            at,
            behind,
            rest: ChangesRest {
                seen_until: self.seen_until,
                moves: self.moves,
                parts: fewer(parts),
            },
        })
    }
}

/// All of the history.
const WHOLE: ChangesPart = ChangesPart {
    behind: None,
    to: None,
    newest: (Timestamp::MAX, ChangePlace::MAX),
};

/// Neighbours together where there are too many; what nothing was read of stays alone.
fn fewer(mut parts: Vec<ChangesPart>) -> Vec<ChangesPart> {
    parts.sort_by_key(|part| Reverse(part.behind.unwrap_or(ChangePlace::MAX)));
    while parts.len() > 2 * MOST_PARTS {
        let pairs = parts.chunks(2).flat_map(|pair| match pair {
            [one, other] if other.to.is_some() => vec![ChangesPart {
                behind: one.behind,
                to: other.to,
                newest: one.newest.max(other.newest),
            }],
            few => few.to_vec(),
        });
        parts = pairs.collect();
    }
    parts
}

/// The newest rows of a stretch, no more than are wanted, each with the number of the part that it is from.
pub(super) struct Newest<'q> {
    query: &'q ChangesQuery,
    /// What happened at this moment or later is not wanted.
    until: Timestamp,
    rows: BTreeMap<Key, (usize, ChangeTold)>,
}

impl<'q> Newest<'q> {
    pub(super) fn of(query: &'q ChangesQuery) -> Self {
        let from = query.from.as_ref();
        let from = from.map(|from| time::after(from.at, A_MOMENT));
        Self {
            query,
            until: from.map_or(query.until, |from| from.min(query.until)),
            rows: BTreeMap::new(),
        }
    }

    /// The oldest of them, once they are as many as are wanted.
    fn oldest_of_all(&self) -> Option<Key> {
        let is_full = self.rows.len() >= self.query.limit;
        let oldest = self.rows.first_key_value().filter(|_| is_full);
        oldest.map(|(key, _)| *key)
    }

    /// Whether a change can be among them, or come after them, that is told to have happened within these bounds.
    pub(super) fn may_hold(&self, (first, last): Bounds) -> bool {
        first < self.until && self.query.since <= last
    }

    /// Whether there are as many as are wanted that all are newer.
    pub(super) fn is_too_old(&self, key: Key) -> bool {
        self.oldest_of_all().is_some_and(|oldest| key < oldest)
    }

    /// Takes a change if it is wanted; gives what is left for the next answer because of it.
    pub(super) fn take(
        &mut self,
        place: ChangePlace,
        number: usize,
        told: ChangeTold,
    ) -> Option<(Key, usize)> {
        let at = told.at();
        let is_told = self.query.from.as_ref().is_some_and(|from| {
            let behind = from.behind.map(|behind| (from.at, behind));
            behind.is_some_and(|behind| behind <= (at, place))
        });
        if is_told || at < self.query.since || at >= self.until {
            return None;
        }
        self.rows.insert((at, place), (number, told));
        if self.rows.len() <= self.query.limit {
            return None;
        }
        let (key, (number, _)) = self.rows.pop_first()?;
        Some((key, number))
    }
}
