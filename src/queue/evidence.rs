//! What the mirrored log has of an attempt. It is polled all the time, so nothing is asked of Okta.

use std::time::Duration;

use jiff::Timestamp;

use super::{Queue, Shared, Trouble};
use crate::action::progress::{Attempt, Progress};
use crate::action::resolve::{Evidence, Logged};
use crate::domain::change::Change;
use crate::domain::log_event::{LogEvent, OutcomeResult};
use crate::domain::query::{EventAnchor, EventQuery};
use crate::domain::time::{after, before, elapsed};
use crate::store::Events;

/// How far Okta's clock may be from ours, and an event from its request.
const SLACK: Duration = Duration::from_mins(1);
/// Events of one kind and time that are looked at.
const MOST: usize = 500;

impl Queue {
    /// What the mirrored log tells of what was sent for a change; `None` where nothing was, Okta refused it, or the stored log begins later.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn logged(
        &self,
        change: &Change,
        progress: &Progress,
        attempts: &[Attempt],
    ) -> Result<Option<Logged>, Trouble> {
        let (Some(last), true) = (attempts.last(), progress.state.may_be_done()) else {
            return Ok(None);
        };
        let ended = last.over_by(progress.since);
        let (events, now) = (self.shared.events.clone(), self.shared.clock.now());
        let (change, attempts, since) = (change.clone(), attempts.to_vec(), progress.since);
        let found = in_the_background(move || {
            let begins_late = events.summary().oldest.is_none_or(|oldest| oldest > ended);
            let found = best_of(&events, &change, &attempts, (since, now))?;
            Ok((found, begins_late))
        });
        let (found, begins_late) = found.await?;
        let way = self.shared.way.borrow().clone();
        let polled = way.and_then(|way| (way.polled)());
        let nothing = || (!begins_late).then(|| Logged::nothing(polled, ended));
        Ok(found.map_or_else(nothing, |found| Some(found.told())))
    }
}

/// What the log has of the attempts at a change: the event of ours, of whichever of them, before one of somebody else's.
fn best_of(
    events: &Events,
    change: &Change,
    attempts: &[Attempt],
    (since, now): (Timestamp, Timestamp),
) -> Result<Option<Found>, Trouble> {
    let mut others = None;
    for attempt in attempts.iter().rev() {
        match look(events, change, attempt, (attempt.over_by(since), now))? {
            Some(found) if found.is_ours => return Ok(Some(found)),
            found => others = others.or(found),
        }
    }
    Ok(others)
}

impl Shared {
    /// What the log has of the last attempt at a change, which ended at `ended` or about then.
    pub(super) async fn evidence(
        &self,
        change: &Change,
        attempt: &Attempt,
        ended: Timestamp,
    ) -> Result<Evidence, Trouble> {
        let way = self.way.borrow().clone().ok_or(Trouble::NoWay)?;
        let (events, now) = (self.events.clone(), self.clock.now());
        let (change, attempt) = (change.clone(), attempt.clone());
        let looked = move || look(&events, &change, &attempt, (ended, now));
        match in_the_background(looked).await? {
            Some(found) if found.is_ours => return Ok(Evidence::Ours),
            Some(_) => return Ok(Evidence::Others),
            None => {}
        }
        let past = (way.polled)().map(|polled| elapsed(ended, polled));
        Ok(past.map_or(Evidence::NotAsked, |past| Evidence::Nothing { past }))
    }
}

async fn in_the_background<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let looked = tokio::task::spawn_blocking(look).await;
    looked.map_err(|_| Trouble::Refused("the log cannot be read".to_owned()))?
}

/// An event that tells of an attempt.
struct Found {
    event: LogEvent,
    is_ours: bool,
}

impl Found {
    fn told(self) -> Logged {
        Logged::Told {
            event: self.event.uuid,
            event_type: self.event.event_type,
            published: self.event.published,
            is_ours: self.is_ours,
        }
    }
}

/// What the stored log has of it; reads the store.
fn look(
    events: &Events,
    change: &Change,
    attempt: &Attempt,
    (ended, now): (Timestamp, Timestamp),
) -> Result<Option<Found>, Trouble> {
    let mut others = None;
    for event_type in change.evidence() {
        let query = EventQuery {
            filter: format!("type:{event_type}"),
            anchor: EventAnchor::Oldest,
            limit: MOST,
            since: Some(before(attempt.began, SLACK)),
            until: Some(after(ended, SLACK)),
            ..EventQuery::default()
        };
        let rows = events.window(&query, now);
        let rows = rows
            .map_err(|error| Trouble::Refused(error.to_string()))?
            .rows;
        let told = rows.into_iter().map(|row| row.event);
        for event in told.filter(|event| *event.event_type == **event_type) {
            if is_ours(&event, attempt) {
                let is_ours = true;
                return Ok(Some(Found { event, is_ours }));
            }
            if has_worked(&event) && is_about(&event, change) {
                let is_ours = false;
                others = Some(Found { event, is_ours });
            }
        }
    }
    Ok(others)
}

fn has_worked(event: &LogEvent) -> bool {
    !matches!(
        event.result,
        Some(OutcomeResult::Failure | OutcomeResult::Deny)
    )
}

/// Whether an event says that this very attempt was carried out: it has the attempt's name in its user agent, or Okta's id of the request.
fn is_ours(event: &LogEvent, attempt: &Attempt) -> bool {
    let named = event.user_agent.as_deref();
    let by_name = named.is_some_and(|agent| agent.contains(&*attempt.intent.attempt));
    let ended = attempt.ended.as_ref();
    let request_id = ended.and_then(|ended| ended.request_id.as_ref());
    let by_request = request_id.is_some() && event.transaction.as_ref() == request_id;
    has_worked(event) && (by_name || by_request)
}

fn is_about(event: &LogEvent, change: &Change) -> bool {
    let locks = change.locks();
    let ids: Vec<&str> = locks
        .iter()
        .filter_map(|lock| lock.as_str().split_once(':').map(|(_, id)| id))
        .collect();
    let has = |id: &&str| event.targets.iter().any(|target| *target.id == **id);
    !ids.is_empty() && ids.iter().all(has)
}
