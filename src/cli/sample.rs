//! Rows made by hand for tests of commands, and a place to read what was written.

pub(super) mod queue;

use std::io;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::args::Format;
use super::output::Output;
use crate::domain::group::{Group, GroupType};
use crate::domain::log_event::{LogEvent, Origin};
use crate::domain::org::Org;
use crate::domain::query::{EventPos, EventRow, Related, Revisions, Row};
use crate::domain::resource::{LogStatus, Phase, Resource, ResourceStatus};
use crate::domain::text::RawJson;
use crate::domain::user::{User, UserStatus};
use crate::msg::status::{AgentInfo, Connection, Encryption, Status};

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

/// How an agent stands that has read everything of acme.okta.com.
pub(super) fn status() -> Status {
    let resource = |resource| ResourceStatus {
        resource,
        phase: Phase::Idle,
        complete_at: Some(moment(0)),
        known_since: Some(moment(0)),
        waits: None,
        trouble: None,
        next_run: None,
        objects: 3,
    };
    Status {
        agent: AgentInfo {
            pid: 1,
            version: "0.1.0".into(),
            started: moment(0),
            data_dir: "/d".into(),
            clients: 1,
            stays: false,
            demo: false,
        },
        org: Some(Org {
            id: "00o1".parse().unwrap(),
            host: "acme.okta.com".into(),
            company: None,
            pipeline: None,
        }),
        host: "acme.okta.com".into(),
        connection: Connection::Online { identity: None },
        credential: None,
        no_answer_since: None,
        resources: Resource::ALL.map(resource).into(),
        log: LogStatus {
            taken_up: true,
            ..LogStatus::default()
        },
        first_reading_left: None,
        backfill_estimate: None,
        budgets: Vec::new(),
        revisions: Revisions::default(),
        requests: 0,
        troubles: Vec::new(),
        disk_bytes: 0,
        encryption: Encryption::default(),
        bad_items: 0,
        queue: crate::msg::queue::QueueStatus::default(),
    }
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
            origin: Origin::default(),
        },
        raw: Some(RawJson::new(format!("{{\"n\":{n}}}"))),
    }
}

/// A group with this JSON.
pub(super) fn group(raw: &str) -> Row<Group> {
    Row {
        value: Group {
            id: "00g1".parse().unwrap(),
            kind: GroupType::Okta,
            name: "Old".into(),
            description: None,
            created: None,
            last_updated: None,
            last_membership_updated: None,
            stats: None,
        },
        observed: moment(0),
        archived: None,
        related: Related {
            users: None,
            groups: None,
            apps: None,
        },
        via: None,
        raw: Some(RawJson::new(raw.to_owned())),
    }
}
