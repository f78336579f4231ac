//! Tests of which users came and went.

use jiff::Timestamp;

use super::*;
use crate::domain::id::EventUuid;
use crate::domain::log_event::{Origin, Party};
use crate::domain::query::EventPos;

const USER: &str = "00u1";

fn event(secs: i64, event_type: &str, kind: &str, id: &str) -> EventRow {
    let published = Timestamp::from_second(1_800_000_000 + secs).unwrap();
    let target = Party {
        id: id.into(),
        kind: kind.into(),
        alternate_id: Some("ghost@acme.com".into()),
        display_name: None,
    };
    EventRow {
        pos: EventPos {
            published_ms: published.as_millisecond(),
            seq: 0,
        },
        event: LogEvent {
            uuid: EventUuid([u8::try_from(secs).unwrap(); 16]),
            published,
            event_type: event_type.into(),
            severity: None,
            display_message: None,
            actor: None,
            targets: vec![target],
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
        raw: None,
    }
}

#[test]
fn a_user_is_told_from_the_event_that_made_them_to_the_one_that_ended_them() {
    let made = event(5, CREATED, "User", USER).event;
    let deleted = event(21, DELETE_COMPLETED, "User", USER).event;
    let user: UserId = USER.parse().unwrap();
    let lived = |exclude: &Exclusions| lived(&user, &made, &deleted, exclude);
    let Some(DirectoryOp::Lived { user: ghost, span }) = lived(&Exclusions::default()) else {
        panic!("there was somebody");
    };
    assert_eq!(ghost.0.login.as_str(), "ghost@acme.com");
    assert_eq!(
        (span.from, span.to),
        (made.published, Some(deleted.published))
    );
    assert_eq!(
        (span.began_by, span.ended_by),
        (Some(made.uuid), Some(deleted.uuid))
    );
    let only = |domain: &str| Exclusions {
        email_domains_only: vec![domain.to_owned()],
        ..Exclusions::default()
    };
    assert!(lived(&only("acme.com")).is_some());
    assert!(lived(&only("other.com")).is_none());
    // Who was deleted had been deactivated: left out they were, and came back by their deletion.
    let none_deactivated = Exclusions {
        deprovisioned_users: true,
        ..Exclusions::default()
    };
    assert!(lived(&none_deactivated).is_none());
}
