//! Counting the log again, hour by hour, a day after each hour ended, when Okta no longer adds to it.
//!
//! That the polling chain delivered everything is Okta's word alone, and what happened before the chain began was read by its bounds, perhaps before all of it
//! was persisted. So from a day before the chain began each hour is read once more by its bounds: what is not stored is stored and
//! counted, and an hour of which Okta has nothing that is not stored, and nothing less either, is proven as of that moment. It costs a
//! request for every thousand events, in the lane of what nobody waits for, at most one a minute; hours that would cost more than
//! [`MAX_PAGES`] are left out, and so is what retention would remove again.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::EventUuid;
use crate::domain::log_event::LogEvent;
use crate::domain::resource::{Gap, Recount, Stretch};
use crate::domain::time;
use crate::okta::{self, Cursor, Lane, LogSelect, Page};
use crate::store::{self, EventBatch, Store};

use super::context::{Context, Failure};
use super::log_tail::{BEGAN, RETENTION, note_unreadable, read_page, read_so_far};

/// The name of the mark that holds [`State`].
const MARK: &str = "recount";
/// How long after its end an hour is counted.
const SETTLED: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
/// What a request costs: so much time until the next hour is read.
const PACE: Duration = Duration::from_mins(1);
/// Requests that an hour may cost. With more than that every hour, counting would not keep up with the log.
const MAX_PAGES: usize = 40;
const EVENTS_OF_A_PAGE: usize = 1_000;
/// How long until it is looked again after trouble, or while the log is not followed.
const LOOK_AGAIN: Duration = Duration::from_mins(15);
/// How often Okta may fail to give an hour before the next one is read.
const TRIES: u32 = 3;
/// Stretches that are remembered.
const MAX_STRETCHES: usize = 100;

/// How far the counting has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The beginning of the hour that is counted next.
    next: Timestamp,
    /// What was spent on the last one is made up for then.
    not_before: Timestamp,
    /// How often Okta failed to give that hour.
    failures: u32,
    proven: Vec<Stretch>,
    recovered: u64,
    /// When the last one was counted.
    at: Option<Timestamp>,
}

/// What decides about the next hour beside the state.
#[derive(Clone, Debug)]
struct View {
    now: Timestamp,
    /// What was read of the log so far, but for gaps.
    read: Stretch,
    /// Before this, nothing can be had, or nothing is kept.
    kept_since: Timestamp,
    /// Days that retention removed.
    removed: Vec<Stretch>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Count this hour.
    Count(Stretch),
    /// Nothing before this moment.
    Wait(Timestamp),
}

/// What one counting brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    requests: u32,
    recovered: u64,
    /// Whether all that there is of the hour is stored now.
    is_proven: bool,
}

impl State {
    /// Before anything was counted. What lies more than a day before the beginning of the chain was settled when the backfill read it
    /// by its bounds, and is not read twice.
    fn new(began: Timestamp) -> Self {
        Self {
            next: hour_of(time::before(began, SETTLED)),
            not_before: Timestamp::MIN,
            failures: 0,
            proven: Vec::new(),
            recovered: 0,
            at: None,
        }
    }

    fn next(&self, view: &View) -> Next {
        // The longest wait there is; one that is longer comes of a clock that was set back.
        let longest = time::after(view.now, PACE * 2 * u32::try_from(MAX_PAGES).unwrap_or(1));
        if view.now < self.not_before && self.not_before <= longest {
            return Next::Wait(self.not_before);
        }
        let mut from = self
            .next
            .max(hour_after(view.read.from.max(view.kept_since)));
        for gone in &view.removed {
            if gone.from < time::after(from, HOUR) && from < gone.to {
                from = hour_after(gone.to);
            }
        }
        let hour = Stretch {
            from,
            to: time::after(from, HOUR),
        };
        let settled = time::after(hour.to, SETTLED);
        if view.now < settled {
            return Next::Wait(settled);
        }
        if view.read.to < hour.to {
            return Next::Wait(time::after(view.now, LOOK_AGAIN));
        }
        Next::Count(hour)
    }

    /// After an hour was counted.
    fn counted(mut self, hour: Stretch, counted: Counted, now: Timestamp) -> Self {
        self.next = hour.to;
        self.not_before = time::after(now, PACE * counted.requests);
        self.failures = 0;
        self.recovered += counted.recovered;
        self.at = Some(now);
        if counted.is_proven {
            match self.proven.last_mut().filter(|last| last.to == hour.from) {
                Some(last) => last.to = hour.to,
                None => self.proven.push(hour),
            }
        }
        let many = self.proven.len().saturating_sub(MAX_STRETCHES);
        self.proven.drain(..many);
        self
    }

    /// After Okta failed to give an hour. One that is never given must not be in the way of the others.
    fn failed(mut self, hour: Stretch) -> Self {
        self.next = hour.from;
        self.failures += 1;
        if self.failures == TRIES {
            self.next = hour.to;
            self.failures = 0;
        }
        self
    }
}

/// The full hour at or before a moment.
fn hour_of(time: Timestamp) -> Timestamp {
    let second = time.as_second();
    Timestamp::from_second(second - second.rem_euclid(3_600)).unwrap_or(time)
}

/// The full hour at or after a moment.
fn hour_after(time: Timestamp) -> Timestamp {
    let hour = hour_of(time);
    if hour < time {
        time::after(hour, HOUR)
    } else {
        hour
    }
}

/// How far the log was counted again; `None` while none of it was.
///
/// # Errors
/// When the mirror cannot be read.
pub fn recounted(store: &Store) -> Result<Option<Recount>, store::Error> {
    let state = stored(store)?;
    Ok(state.and_then(|state| {
        Some(Recount {
            at: state.at?,
            proven: state.proven,
            recovered: state.recovered,
        })
    }))
}

fn stored(store: &Store) -> Result<Option<State>, store::Error> {
    let mark = store.events.mark(MARK)?;
    Ok(mark.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Counts the next hour, if one is due; tells when to look again.
///
/// # Errors
/// When a page cannot be read or stored; the hour is counted anew the next time.
pub(super) async fn recount(context: &Context) -> Result<Timestamp, Failure> {
    let Some((state, view)) = load(context).await? else {
        return Ok(after_failure(context.server_now()));
    };
    let hour = match state.next(&view) {
        Next::Wait(at) => return Ok(at),
        Next::Count(hour) => hour,
    };
    match count(context, hour).await {
        Ok(counted) => {
            let at = context.server_now();
            tell(hour, counted);
            if counted.is_proven {
                close_gaps(context, hour, at).await?;
            }
            let state = state.counted(hour, counted, at);
            keep(context, &state, at).await?;
            Ok(state.not_before)
        }
        Err(failure) => {
            let is_answer = failure.okta().is_some_and(okta::Error::is_an_answer);
            if is_answer && !failure.is_refusal() {
                keep(context, &state.failed(hour), view.now).await?;
            }
            Err(failure)
        }
    }
}

/// When to look again after a failure.
pub(super) fn after_failure(now: Timestamp) -> Timestamp {
    time::after(now, LOOK_AGAIN)
}

/// The state, stored before anything else when it is new: where the chain began may change. `None` while the log is not followed.
async fn load(context: &Context) -> Result<Option<(State, View)>, Failure> {
    let polled = context.board.subscribe().borrow().polled;
    let Some(polled) = polled else {
        return Ok(None);
    };
    let (state, began, read, removed) = context
        .read(move |store| {
            let read = read_so_far(store, Some(polled))?;
            let began = store.events.mark(BEGAN)?;
            Ok((stored(store)?, began, read, store.events.removed()?))
        })
        .await?;
    let began = began.and_then(|text| text.parse().ok());
    let Some((began, read)) = began.zip(read) else {
        return Ok(None);
    };
    let now = context.server_now();
    let view = View {
        now,
        read,
        kept_since: time::before(now, kept(context)),
        removed,
    };
    let state = if let Some(state) = state {
        state
    } else {
        let state = State::new(began);
        keep(context, &state, now).await?;
        state
    };
    Ok(Some((state, view)))
}

/// How far back it makes sense to read.
fn kept(context: &Context) -> Duration {
    let days = context.settings.log_keep_days;
    let kept = days.map(|days| Duration::from_hours(days.saturating_mul(24)));
    kept.map_or(RETENTION, |kept| kept.min(RETENTION))
}

async fn keep(context: &Context, state: &State, at: Timestamp) -> Result<(), Failure> {
    let text = serde_json::to_string(state).unwrap_or_default();
    let batch = EventBatch {
        events: Vec::new(),
        marks: vec![(MARK.to_owned(), text)],
        at,
    };
    context.store.events.append(batch).await?;
    Ok(())
}

/// Reads an hour and stores what is missing.
async fn count(context: &Context, hour: Stretch) -> Result<Counted, Failure> {
    let mut unseen = context
        .read(move |store| store.events.uuids_within(hour))
        .await?;
    let mut counted = Counted::default();
    if unseen.len() > MAX_PAGES * EVENTS_OF_A_PAGE {
        return Ok(counted);
    }
    let stored = unseen.clone();
    let reader = context.reader.in_lane(Lane::Idle);
    let select = LogSelect::Bounded {
        since: hour.from,
        until: hour.to,
        descending: true,
    };
    let (mut cursor, mut pages, mut unreadable) = (Cursor::Start, 0, 0);
    loop {
        let page = read_page(&reader, select, &cursor).await?;
        pages += 1;
        counted.requests += page.attempts;
        unreadable += page.bad.len();
        for item in &page.items {
            unseen.remove(&item.value.uuid);
        }
        let has_more = !page.items.is_empty() || !page.bad.is_empty();
        let next = page.next.clone().map(Cursor::At);
        note_what_cannot_be_read(context, hour, &page).await?;
        counted.recovered += store_missing(context, page, &stored).await?;
        match next.filter(|next| has_more && *next != cursor) {
            // Many more than the chain delivered, or pages without end.
            Some(_) if pages > MAX_PAGES => return Ok(counted),
            Some(next) => cursor = next,
            None => break,
        }
    }
    // An answer that lacks what is known to be there proves nothing about what it does not show.
    counted.is_proven = unreadable == 0 && unseen.is_empty();
    Ok(counted)
}

async fn store_missing(
    context: &Context,
    page: Page<LogEvent>,
    stored: &HashSet<EventUuid>,
) -> Result<u64, Failure> {
    let missing = page.items.into_iter();
    let missing = missing.filter(|item| !stored.contains(&item.value.uuid));
    let events: Vec<_> = missing.map(|item| (item.value, item.raw)).collect();
    if events.is_empty() {
        return Ok(0);
    }
    let batch = EventBatch {
        events,
        marks: Vec::new(),
        at: page.served_at,
    };
    Ok(context.store.events.append(batch).await?.stored)
}

/// Records a gap where events cannot be read, unless there is one since they first came.
async fn note_what_cannot_be_read(
    context: &Context,
    hour: Stretch,
    page: &Page<LogEvent>,
) -> Result<(), Failure> {
    if page.bad.is_empty() || has_open_gap(context, hour).await? {
        return Ok(());
    }
    note_unreadable(context, page).await
}

async fn close_gaps(context: &Context, hour: Stretch, at: Timestamp) -> Result<(), Failure> {
    if has_open_gap(context, hour).await? {
        context.store.events.cover(hour, at).await?;
    }
    Ok(())
}

async fn has_open_gap(context: &Context, hour: Stretch) -> Result<bool, Failure> {
    let gaps = context.read(|store| store.events.gaps()).await?;
    let is_open = |gap: &Gap| gap.filled.is_none() && gap.from < hour.to && hour.from < gap.to;
    Ok(gaps.iter().any(is_open))
}

fn tell(hour: Stretch, counted: Counted) {
    let (from, requests) = (hour.from, counted.requests);
    if counted.recovered > 0 {
        let recovered = counted.recovered;
        tracing::warn!(%from, recovered, "an hour of the log was not complete; now it is");
    } else if !counted.is_proven {
        tracing::warn!(%from, requests, "an hour of the log could not be proven complete");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mins: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + mins * 60).unwrap()
    }

    fn stretch(from_mins: i64, to_mins: i64) -> Stretch {
        Stretch {
            from: at(from_mins),
            to: at(to_mins),
        }
    }

    /// The log was read from minute 0 on, and is followed.
    fn view(now_mins: i64) -> View {
        View {
            now: at(now_mins),
            read: stretch(0, now_mins),
            kept_since: at(-100_000),
            removed: Vec::new(),
        }
    }

    fn state(next_mins: i64) -> State {
        State {
            next: at(next_mins),
            ..State::new(at(0))
        }
    }

    const DAY: i64 = 24 * 60;

    #[test]
    fn the_first_hour_is_a_day_before_the_chain_began_or_where_the_log_begins() {
        let first = State::new(at(DAY + 90));
        assert_eq!(first.next, at(60));
        assert_eq!(first.next(&view(2 * DAY)), Next::Count(stretch(60, 120)));
        let late = View {
            read: stretch(200, 2 * DAY),
            ..view(2 * DAY)
        };
        assert_eq!(first.next(&late), Next::Count(stretch(240, 300)));
    }

    #[test]
    fn an_hour_is_counted_a_day_after_its_end_and_not_while_the_log_is_not_followed() {
        let due = DAY + 180;
        for now in [130, 180, due - 1] {
            assert_eq!(state(120).next(&view(now)), Next::Wait(at(due)), "{now}");
        }
        assert_eq!(state(120).next(&view(due)), Next::Count(stretch(120, 180)));
        let behind = View {
            read: stretch(0, 170),
            ..view(due)
        };
        assert_eq!(state(120).next(&behind), Next::Wait(at(due + 15)));
    }

    #[test]
    fn what_is_not_kept_and_what_was_removed_is_not_counted() {
        let now = 10 * DAY;
        let kept = View {
            kept_since: at(3 * DAY + 1),
            ..view(now)
        };
        let next = stretch(3 * DAY + 60, 3 * DAY + 120);
        assert_eq!(state(120).next(&kept), Next::Count(next));
        let removed = View {
            removed: vec![stretch(-DAY, 0), stretch(0, DAY), stretch(DAY, 2 * DAY)],
            ..view(now)
        };
        let next = stretch(2 * DAY, 2 * DAY + 60);
        assert_eq!(state(120).next(&removed), Next::Count(next));
        assert_eq!(state(2 * DAY).next(&removed), Next::Count(next));
    }

    #[test]
    fn what_an_hour_cost_is_waited_for_unless_the_clock_was_set_back() {
        let counted = Counted {
            requests: 11,
            is_proven: true,
            ..Counted::default()
        };
        let now = 5 * DAY;
        let after = state(0).counted(stretch(0, 60), counted, at(now));
        assert_eq!(after.next(&view(now + 1)), Next::Wait(at(now + 11)));
        let next = Next::Count(stretch(60, 120));
        assert_eq!(after.next(&view(now + 11)), next);
        assert_eq!(after.next(&view(now - DAY)), next);
    }

    #[test]
    fn neighbours_become_one_stretch_and_what_is_not_proven_parts_them() {
        let mut state = state(0);
        for (hour, is_proven) in [(0, true), (1, true), (2, false), (3, true)] {
            let counted = Counted {
                recovered: 2,
                is_proven,
                ..Counted::default()
            };
            let hour = stretch(hour * 60, hour * 60 + 60);
            state = state.counted(hour, counted, at(DAY));
        }
        assert_eq!(state.proven, [stretch(0, 120), stretch(180, 240)]);
        assert_eq!((state.recovered, state.next), (8, at(240)));
        for hour in 3..200 {
            let hour = stretch(hour * 120, hour * 120 + 60);
            let is_proven = true;
            let counted = Counted {
                is_proven,
                ..Counted::default()
            };
            state = state.counted(hour, counted, at(DAY));
        }
        assert_eq!(state.proven.len(), MAX_STRETCHES);
        assert_eq!(state.proven.last().unwrap().from, at(199 * 120));
    }

    #[test]
    fn an_hour_that_okta_does_not_give_is_passed_after_three_tries() {
        let hour = stretch(60, 120);
        let twice = state(0).failed(hour).failed(hour);
        assert_eq!(twice.next, at(60));
        let thrice = twice.failed(hour);
        assert_eq!((thrice.next, thrice.failures), (at(120), 0));
        assert_eq!(thrice.proven, []);
    }
}
