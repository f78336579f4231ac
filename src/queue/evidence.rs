//! What the mirrored log has of an attempt. It is polled all the time, so nothing is asked of Okta.

use std::time::Duration;

use jiff::Timestamp;

use super::{Shared, Trouble};
use crate::action::progress::Attempt;
use crate::action::resolve::Evidence;
use crate::domain::change::Change;
use crate::domain::log_event::{LogEvent, OutcomeResult};
use crate::domain::query::{EventAnchor, EventQuery};
use crate::domain::time::{after, before, elapsed};
use crate::store::Events;

/// How far Okta's clock may be from ours, and an event from its request.
const SLACK: Duration = Duration::from_mins(1);
/// Events of one kind and time that are looked at.
const MOST: usize = 500;

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
        let found = tokio::task::spawn_blocking(looked).await;
        let found = found.map_err(|_| Trouble::Refused("the log cannot be read".to_owned()))??;
        if let Some(found) = found {
            return Ok(found);
        }
        let past = (way.polled)().map(|polled| elapsed(ended, polled));
        Ok(past.map_or(Evidence::NotAsked, |past| Evidence::Nothing { past }))
    }
}

/// What the stored log has of it; reads the store.
fn look(
    events: &Events,
    change: &Change,
    attempt: &Attempt,
    (ended, now): (Timestamp, Timestamp),
) -> Result<Option<Evidence>, Trouble> {
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
        let told = rows.iter().map(|row| &row.event);
        for event in told.filter(|event| *event.event_type == **event_type) {
            if is_ours(event, attempt) {
                return Ok(Some(Evidence::Ours));
            }
            if has_worked(event) && is_about(event, change) {
                others = Some(Evidence::Others);
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
