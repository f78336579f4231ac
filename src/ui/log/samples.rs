//! Events for tests.

use jiff::Timestamp;

use crate::domain::id::EventUuid;
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use crate::domain::query::{EventPos, EventRow, EventRows};
use crate::domain::text::SafeText;

/// When the first event of a test happens.
pub(crate) fn start() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

/// The `n`-th event: one second apart.
pub(crate) fn event(n: u8, kind: &str, result: &str) -> LogEvent {
    let party = |kind: &str, id: &str, name: &str| Party {
        id: id.into(),
        kind: kind.into(),
        alternate_id: Some(name.into()),
        display_name: Some(name.into()),
    };
    LogEvent {
        uuid: EventUuid([n; 16]),
        published: start() + jiff::SignedDuration::from_secs(i64::from(n)),
        event_type: kind.into(),
        severity: Some(Severity::Info),
        display_message: Some("Words of Okta's".into()),
        actor: Some(party("User", "00u1", "ana.lopez@example.com")),
        targets: vec![party("AppInstance", "0oa1", "NetSuite")],
        result: Some(OutcomeResult::from_word(result)),
        reason: None,
        ip: Some("203.0.113.7".into()),
        country: Some("Nigeria".into()),
        city: Some("Lagos".into()),
        user_agent: Some(SafeText::from("Mozilla/5.0")),
        session: Some("102xYk3".into()),
        root_session: None,
        transaction: Some("Wx9f".into()),
        origin: Origin::default(),
    }
}

/// The `n`-th event where it is stored.
pub(crate) fn row(n: u8) -> EventRow {
    let event = event(n, "user.session.start", "SUCCESS");
    EventRow {
        pos: EventPos {
            published_ms: event.published.as_millisecond(),
            seq: u64::from(n),
        },
        event,
        raw: None,
    }
}

/// A window over the events `first..end` of `stored`.
pub(crate) fn rows(first: u8, end: u8, stored: u8) -> EventRows {
    EventRows {
        rows: (first..end).map(row).collect(),
        more_older: first > 0,
        more_newer: end < stored,
        total: u64::from(stored),
        newer: usize::from(stored - end),
        searched: None,
    }
}
