//! The System Log.

use jiff::Timestamp;

use super::super::Reader;
use super::super::error::{DecodeFault, Error};
use super::super::link::Cursor;
use super::super::page::{BadItem, Item, Page, json_of, objects_of};
use super::super::wire::{Unreadable, event_of};
use crate::domain::log_event::LogEvent;
use crate::domain::text::RawJson;
use crate::domain::time::format_okta;

/// Which events to list, and in which of the log's two ways. They are different queries, not two ranges of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSelect {
    /// Every event from this moment on, in the order in which Okta stored them, late ones included. It has no end: every page names a
    /// next one, also the empty page that means "caught up". Store that link and go on from it.
    Follow {
        /// Where to begin, by the time of storing.
        since: Timestamp,
    },
    /// The events between two moments, by the time at which they happened. It ends, and may miss what Okta stores late.
    Bounded {
        /// The earliest moment.
        since: Timestamp,
        /// The latest moment.
        until: Timestamp,
        /// Newest first.
        descending: bool,
    },
}

/// A question in Okta's filter language about events of one actor, target, address or session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogExpression(String);

impl LogExpression {
    /// What the actor with this id did.
    pub fn actor_id(id: &str) -> Self {
        Self::equal("actor.id", id)
    }

    /// What an actor with this login did.
    pub fn actor(login: &str) -> Self {
        Self::equal("actor.alternateId", login)
    }

    /// What was done to the thing with this id.
    pub fn target_id(id: &str) -> Self {
        Self::equal("target.id", id)
    }

    /// What was done to a thing with this login or other name.
    pub fn target(name: &str) -> Self {
        Self::equal("target.alternateId", name)
    }

    /// What came from this address.
    pub fn address(ip: &str) -> Self {
        Self::equal("client.ipAddress", ip)
    }

    /// What happened in this session.
    pub fn session(id: &str) -> Self {
        Self::equal("authenticationContext.externalSessionId", id)
    }

    /// The text of the expression, as a parameter takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A value ends at its quote, which a text from outside must not bring along.
    fn equal(attribute: &str, value: &str) -> Self {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        Self(format!("{attribute} eq \"{value}\""))
    }
}

impl Reader {
    /// One page of events, 1000 at most. `filter` is an expression of Okta's filter language; it plays no part once a cursor is given.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; `CursorRejected` when the chain must begin again.
    pub async fn logs(
        &self,
        select: LogSelect,
        filter: Option<&str>,
        cursor: &Cursor,
    ) -> Result<Page<LogEvent>, Error> {
        let mut query = vec![("limit", "1000".to_owned())];
        match select {
            LogSelect::Follow { since } => {
                query.push(("since", format_okta(since)));
                query.push(("sortOrder", "ASCENDING".to_owned()));
            }
            LogSelect::Bounded {
                since,
                until,
                descending,
            } => {
                let order = if descending {
                    "DESCENDING"
                } else {
                    "ASCENDING"
                };
                query.push(("since", format_okta(since)));
                query.push(("until", format_okta(until)));
                query.push(("sortOrder", order.to_owned()));
            }
        }
        if let Some(filter) = filter {
            query.push(("filter", filter.to_owned()));
        }
        let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.page(
            "read the System Log",
            &["api", "v1", "logs"],
            &query,
            cursor,
        )
        .await
    }
}

/// Reads a page of the log that is at hand as bytes: a JSON list of events, as `/api/v1/logs` answers and as exports hold it. What
/// cannot be read is beside what can, never a reason to lose a page.
///
/// # Errors
/// [`DecodeFault`] when it is no such list.
pub fn read_log_page(body: &[u8]) -> Result<(Vec<Item<LogEvent>>, Vec<BadItem>), DecodeFault> {
    objects_of(json_of(body)?)
}

/// Reads one event of the log that is at hand as text, of which nothing is known yet.
///
/// # Errors
/// [`Unreadable`] when it is no JSON object, or lacks what every event has.
pub fn read_log_event(json: String) -> Result<Item<LogEvent>, Unreadable> {
    Ok(Item {
        value: event_of(&json)?,
        raw: RawJson::new(json),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        let hostile = LogExpression::address("1.2.3.4\" or actor.id pr or \\");
        let written = "client.ipAddress eq \"1.2.3.4\\\" or actor.id pr or \\\\\"";
        assert_eq!(hostile.as_str(), written);
    }
}
