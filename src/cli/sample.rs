//! Rows made by hand for tests of commands, and a place to read what was written.

use std::io;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::args::Format;
use super::output::Output;
use crate::domain::log_event::LogEvent;
use crate::domain::query::{EventPos, EventRow, Related, Row};
use crate::domain::text::RawJson;
use crate::domain::user::{User, UserStatus};

/// What was written so far.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output that can be read.
pub(super) fn output(format: Format, width: Option<usize>) -> (Output, Written) {
    let written = Written::default();
    (Output::to(written.clone(), format, width), written)
}

pub(super) fn moment(secs: i64) -> Timestamp {
    Timestamp::from_second(1_795_341_600 + secs).unwrap()
}

/// The user number `n`, as a list gives it when JSON is asked for.
pub(super) fn user(n: usize) -> Row<User> {
    let value = User {
        id: format!("00u{n}").parse().unwrap(),
        status: UserStatus::Active,
        transitioning_to: None,
        login: format!("user{n}@acme.example").into(),
        email: format!("user{n}@acme.example").into(),
        first_name: "=Ana".into(),
        last_name: "Kovač\x1b[31m".into(),
        title: None,
        department: Some("Finance".into()),
        manager: None,
        provider: None,
        type_id: None,
        created: Some(moment(0)),
        activated: None,
        status_changed: None,
        last_login: Some(moment(60)),
        last_updated: None,
        password_changed: None,
    };
    Row {
        value,
        observed: moment(120),
        archived: None,
        related: Related {
            users: None,
            groups: Some(3),
            apps: None,
        },
        via: None,
        raw: Some(RawJson::new(format!(
            "{{\"id\":\"00u{n}\",\"n\":1.0,\"profile\":{{\"lastName\":\"Kova\u{202e}\"}}}}"
        ))),
    }
}

/// The event number `n`.
pub(super) fn event(n: u64) -> EventRow {
    let published = moment(i64::try_from(n).unwrap());
    let mut uuid = [7; 16];
    uuid[8..].copy_from_slice(&n.to_be_bytes());
    EventRow {
        pos: EventPos {
            published_ms: published.as_millisecond(),
            seq: n,
        },
        event: LogEvent {
            uuid: crate::domain::id::EventUuid(uuid),
            published,
            event_type: "user.session.start".into(),
            severity: None,
            display_message: None,
            actor: None,
            targets: Vec::new(),
            result: None,
            reason: None,
            ip: None,
            country: None,
            city: None,
            user_agent: None,
            session: None,
            root_session: None,
            transaction: None,
        },
        raw: Some(RawJson::new(format!("{{\"n\":{n}}}"))),
    }
}
