//! Reading the log's history: one descending bounded chain from where the polling chain began down to the configured depth.
//!
//! Its link is stored with each page, so it goes on after any interruption. Only when Okta cannot answer in time is the rest read
//! in slices of an hour.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::log_event::LogEvent;
use crate::domain::resource::Backfill;
use crate::domain::time;
use crate::okta::{Cursor, ErrorKind, Fault, LogSelect, Page};
use crate::store::{self, EventBatch, Store};

use super::context::{Context, Failure};
use super::estimate::{Sample, estimate};
use super::log_tail::{BEGAN, RETENTION, note_unreadable, read_page};
use super::lost_days::read_lost_days;

/// The name of the mark that holds [`State`].
const MARK: &str = "backfill";
/// The polling chain goes by persistence, this one by publication; the overlap covers events that were persisted late.
const OVERLAP: Duration = Duration::from_mins(15);
/// A slice, once the whole is too much for one query.
const SLICE: Duration = Duration::from_hours(1);

/// How far the reading of history has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    from: Timestamp,
    to: Timestamp,
    reached: Timestamp,
    /// The end of the query under way.
    until: Timestamp,
    /// The link of the chain under way.
    next: Option<String>,
    /// The beginning of the slice under way, once history is read in slices.
    slice_from: Option<Timestamp>,
    done: bool,
    /// Events read so far.
    #[serde(default)]
    read: u64,
}

impl State {
    fn new(from: Timestamp, to: Timestamp) -> Self {
        Self {
            from,
            to,
            reached: to,
            until: to,
            next: None,
            slice_from: None,
            done: from >= to,
            read: 0,
        }
    }

    /// The bounds of the query under way.
    fn query(&self) -> LogSelect {
        let since = self.slice_from.unwrap_or(self.from);
        LogSelect::Bounded {
            since,
            until: self.until,
            descending: true,
        }
    }

    /// After the last page of the query under way.
    fn end_query(&mut self) {
        self.reached = self.slice_from.unwrap_or(self.from);
        self.next = None;
        self.done = self.reached <= self.from;
        self.until = after_reached(self);
        self.slice_from = self.slice_from.map(|_| self.slice_below());
    }

    /// From here on in slices.
    fn slice(&mut self) {
        self.next = None;
        self.until = after_reached(self);
        self.slice_from = Some(self.slice_below());
    }

    fn slice_below(&self) -> Timestamp {
        time::before(self.reached, SLICE).max(self.from)
    }

    fn shown(&self) -> Backfill {
        Backfill {
            from: self.from,
            to: self.to,
            reached: self.reached,
            done: self.done,
        }
    }
}

/// Where a query goes on below what was read. Events of the same millisecond may be on both sides, and come twice rather than not.
fn after_reached(state: &State) -> Timestamp {
    time::after(state.reached, Duration::from_millis(1)).min(state.to)
}

/// Reads history down to the configured depth, from wherever it stands.
///
/// # Errors
/// When a page cannot be read or stored; it goes on from there the next time.
pub(super) async fn backfill(context: &Context) -> Result<(), Failure> {
    read_lost_days(context).await?;
    let Some(mut state) = load(context).await? else {
        return Ok(());
    };
    context
        .board
        .update(|board| board.backfill = Some(state.shown()));
    while !state.done {
        let query = state.query();
        let restored = state
            .next
            .as_deref()
            .and_then(|stored| context.reader.restore_link(stored).ok());
        let cursor = restored.map_or(Cursor::Start, Cursor::At);
        match read_page(&context.reader, query, &cursor).await {
            Ok(page) => take_page(context, &mut state, page).await?,
            Err(error)
                if matches!(error.kind, ErrorKind::CursorRejected) && cursor != Cursor::Start =>
            {
                state.next = None;
                state.until = after_reached(&state);
            }
            Err(error) if timed_out(&error.kind) && state.slice_from.is_none() => state.slice(),
            Err(error) => return Err(error.into()),
        }
        context
            .board
            .update(|board| board.backfill = Some(state.shown()));
    }
    Ok(())
}

fn timed_out(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Server(status) => matches!(status, 500 | 504),
        ErrorKind::Transport(error) => error.fault == Fault::Timeout,
        _ => false,
    }
}

/// How far back history has been read, when it is read at all.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn reached(store: &Store) -> Result<Option<Timestamp>, store::Error> {
    let stored = store.events.mark(MARK)?;
    let state: Option<State> = stored.and_then(|text| serde_json::from_str(&text).ok());
    Ok(state.map(|state| state.reached))
}

/// The stored state, or a new one; `None` when no history is wanted or the polling chain has not begun.
async fn load(context: &Context) -> Result<Option<State>, Failure> {
    let (mark, began) = context
        .read(|store| Ok((store.events.mark(MARK)?, store.events.mark(BEGAN)?)))
        .await?;
    let Some(began) = began.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return Ok(None);
    };
    let kept = context.settings.log_keep_days;
    let kept = kept.map_or(RETENTION, |days| {
        Duration::from_hours(days.saturating_mul(24))
    });
    // What would be removed again is not fetched.
    let depth = context.settings.backfill.min(RETENTION).min(kept);
    if depth.is_zero() {
        return Ok(None);
    }
    let from = time::before(context.server_now(), depth);
    let stored: Option<State> = mark.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Some(match stored {
        // A deeper history was configured since.
        Some(state) if state.done && depth_grew(&state, depth) => State::new(from, state.from),
        Some(state) => state,
        None => State::new(from, time::after(began, OVERLAP)),
    }))
}

/// Whether the configured depth is more than what was read before; that the clock moves on does not count.
fn depth_grew(state: &State, depth: Duration) -> bool {
    depth > time::elapsed(state.from, state.to) + Duration::from_hours(1)
}

async fn take_page(
    context: &Context,
    state: &mut State,
    page: Page<LogEvent>,
) -> Result<(), Failure> {
    note_unreadable(context, &page).await?;
    let oldest = page.items.iter().map(|item| item.value.published).min();
    state.reached = oldest.map_or(state.reached, |oldest| oldest.min(state.reached));
    state.read += page.items.len() as u64;
    match page.next {
        Some(next) if !page.items.is_empty() || !page.bad.is_empty() => {
            state.next = Some(next.as_str().to_owned());
        }
        _ => state.end_query(),
    }
    tell_estimate(context, state);
    let events = page
        .items
        .into_iter()
        .map(|item| (item.value, item.raw))
        .collect();
    let text = serde_json::to_string(state).unwrap_or_default();
    let batch = EventBatch {
        events,
        marks: vec![(MARK.to_owned(), text)],
        at: page.served_at,
    };
    context.store.events.append(batch).await?;
    Ok(())
}

/// Tells what is left, as busy as what was read so far: a page of a Monday morning says little of a week's nights.
fn tell_estimate(context: &Context, state: &State) {
    let sample = Sample {
        events: state.read,
        oldest: state.reached,
        until: state.to,
    };
    let allowance = context.log_allowance_per_min().unwrap_or(60);
    let left = || estimate(sample, state.from, u64::from(allowance));
    let told = (!state.done).then(left);
    context.board.update(|board| board.backfill_estimate = told);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap()
    }

    #[test]
    fn history_ends_at_its_depth_also_in_slices() {
        let mut state = State::new(at(0), at(3));
        assert_eq!(
            state.query(),
            LogSelect::Bounded {
                since: at(0),
                until: at(3),
                descending: true
            }
        );
        state.slice();
        assert_eq!(
            state.query(),
            LogSelect::Bounded {
                since: at(2),
                until: at(3),
                descending: true
            }
        );
        state.end_query();
        assert_eq!(
            state.query(),
            LogSelect::Bounded {
                since: at(1),
                // A millisecond is read twice rather than not at all.
                until: time::after(at(2), Duration::from_millis(1)),
                descending: true
            }
        );
        state.end_query();
        state.end_query();
        assert!(state.done);
        assert_eq!(state.reached, at(0));
    }

    #[test]
    fn an_unsliced_history_is_one_query() {
        let mut state = State::new(at(0), at(3));
        state.end_query();
        assert!(state.done);
        assert!(State::new(at(3), at(3)).done);
    }
}
