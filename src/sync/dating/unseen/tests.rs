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
    let user = ObjectId::User(USER.parse().unwrap());
    let lived = |exclude: &Exclusions| lived(&ALL[0], &user, &made, &deleted, exclude);
    let Some(DirectoryOp::Lived { ghost, span }) = lived(&Exclusions::default()) else {
        panic!("there was somebody");
    };
    let Ghost::User(ghost, _) = &*ghost else {
        panic!("it was no user");
    };
    assert_eq!(ghost.login.as_str(), "ghost@acme.com");
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

#[test]
fn a_group_and_an_app_are_told_of_likewise() {
    let group = ObjectId::Group("00gGhost".parse().unwrap());
    let app = ObjectId::App("0oaGhost".parse().unwrap());
    for (kindred, id, of) in [
        (&ALL[1], &group, "UserGroup"),
        (&ALL[2], &app, "AppInstance"),
    ] {
        let made = event(5, kindred.made, of, id.as_str()).event;
        let deleted = event(21, kindred.deleted, of, id.as_str()).event;
        let told = lived(kindred, id, &made, &deleted, &Exclusions::default());
        let Some(DirectoryOp::Lived { ghost, span }) = told else {
            panic!("there was {}", id.as_str());
        };
        assert_eq!(ghost.id(), *id);
        assert_eq!(span.to, Some(deleted.published));
    }
    // Groups of apps were left out, and came back by their deletion; so it is with apps.
    let none_of_apps = Exclusions {
        app_groups: true,
        inactive_apps: true,
        ..Exclusions::default()
    };
    for (kindred, id, of) in [
        (&ALL[1], &group, "UserGroup"),
        (&ALL[2], &app, "AppInstance"),
    ] {
        let made = event(5, kindred.made, of, id.as_str()).event;
        let deleted = event(21, kindred.deleted, of, id.as_str()).event;
        assert!(lived(kindred, id, &made, &deleted, &none_of_apps).is_none());
    }
    // An event that only names it beside another thing is none of its making.
    let other = event(5, ALL[1].made, "UserGroup", "00gOther").event;
    assert!(lived(&ALL[1], &group, &other, &other, &Exclusions::default()).is_none());
}
