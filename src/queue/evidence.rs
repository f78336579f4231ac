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

/// How far Okta's clock may be from ours, and an event from its request.
const SLACK: Duration = Duration::from_mins(1);
/// Events of one kind and time that are looked at.
const MOST: usize = 500;

impl Shared {
    /// What the log has of the last attempt at a change, which ended at `ended` or about then.
    pub(super) fn evidence(
        &self,
        change: &Change,
        attempt: &Attempt,
        ended: Timestamp,
    ) -> Result<Evidence, Trouble> {
        let way = self.way.borrow().clone().ok_or(Trouble::NoWay)?;
        let mut others = false;
        for event_type in change.evidence() {
            for event in self.events_of(event_type, attempt.began, ended)? {
                if is_ours(&event, attempt) {
                    return Ok(Evidence::Ours);
                }
                others |= has_worked(&event) && is_about(&event, change);
            }
        }
        if others {
            return Ok(Evidence::Others);
        }
        let past = (way.polled)().map(|polled| elapsed(ended, polled));
        Ok(past.map_or(Evidence::NotAsked, |past| Evidence::Nothing { past }))
    }

    fn events_of(
        &self,
        event_type: &str,
        began: Timestamp,
        ended: Timestamp,
    ) -> Result<Vec<LogEvent>, Trouble> {
        let query = EventQuery {
            filter: format!("type:{event_type}"),
            anchor: EventAnchor::Oldest,
            limit: MOST,
            since: Some(before(began, SLACK)),
            until: Some(after(ended, SLACK)),
            ..EventQuery::default()
        };
        let rows = self.events.window(&query, self.clock.now());
        let rows = rows
            .map_err(|error| Trouble::Refused(error.to_string()))?
            .rows;
        let events = rows.into_iter().map(|row| row.event);
        Ok(events
            .filter(|event| *event.event_type == *event_type)
            .collect())
    }
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
