//! Tests of which roles came and went, by the events of their holders.

use std::convert::Infallible;

use super::*;
use crate::domain::log_event::{Origin, Party};
use crate::domain::query::EventPos;
use crate::domain::text::SafeText;

const GRANT: &str = "user.account.privilege.grant";
const REVOKE: &str = "user.account.privilege.revoke";
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

/// What happened to the user, each with what a grant names.
fn told(of_user: &[(i64, &str, &str)]) -> (Vec<EventRow>, Granted) {
    let events = of_user
        .iter()
        .map(|(secs, what, _)| event(*secs, what, "User", USER));
    let grants = of_user
        .iter()
        .filter(|(_, what, names)| *what == GRANT && !names.is_empty());
    let grants = grants.map(|(secs, _, names)| {
        let names = privilege::names(names).map(str::to_owned).collect();
        (EventUuid([u8::try_from(*secs).unwrap(); 16]), names)
    });
    (events.collect(), grants.collect())
}

/// The roles that came and went, with when, where the mirror says that the user had `had`.
fn came_and_went(of_user: &[(i64, &str, &str)], had: Option<&[&str]>) -> Vec<(String, i64, i64)> {
    let (events, granted) = told(of_user);
    let had = had.map(|had| had.iter().map(|role| (*role).to_owned()).collect());
    let ops = roles(&events, &granted, |_, _| Ok::<_, Infallible>(had.clone()));
    let secs = |moment: Timestamp| moment.as_second() - 1_800_000_000;
    let told = ops.unwrap().into_iter().map(|op| match op {
        DirectoryOp::Held { entry, span } => {
            let kind = entry.0.fact("type").map(SafeText::to_string);
            (kind.unwrap(), secs(span.from), secs(span.to.unwrap()))
        }
        other => panic!("{other:?}"),
    });
    told.collect()
}

fn row(role: &str, from: i64, to: i64) -> (String, i64, i64) {
    (role.to_owned(), from, to)
}

#[test]
fn a_role_that_was_given_and_taken_back_is_told_from_one_event_to_the_other() {
    let deeds = [(10, GRANT, "Super administrator"), (20, REVOKE, "")];
    let once = [row("SUPER_ADMIN", 10, 20)];
    assert_eq!(came_and_went(&deeds, None), once);
    assert_eq!(came_and_went(&deeds, Some(&[])), once);
    // It was had before.
    assert_eq!(came_and_went(&deeds, Some(&["SUPER_ADMIN"])), []);
    let twice = [
        deeds[0],
        deeds[1],
        (30, GRANT, "Super administrator"),
        (40, REVOKE, ""),
    ];
    let both = [row("SUPER_ADMIN", 10, 20), row("SUPER_ADMIN", 30, 40)];
    assert_eq!(came_and_went(&twice, None), both);
    // What lasts was seen, or will be.
    assert_eq!(came_and_went(&deeds[..1], None), []);
    assert_eq!(came_and_went(&deeds[1..], None), []);
}

/// A revocation that leaves a role is told as a grant of what is left.
#[test]
fn what_a_later_grant_does_not_name_was_taken_back() {
    let deeds = [
        (10, GRANT, "Help desk administrator (all)"),
        (
            20,
            GRANT,
            "Super administrator, Help desk administrator (all), Unlocker",
        ),
        (30, GRANT, "Help desk administrator (all), Unlocker"),
        (40, REVOKE, ""),
    ];
    let both = [row("SUPER_ADMIN", 20, 30), row("HELP_DESK_ADMIN", 10, 40)];
    assert_eq!(came_and_went(&deeds, Some(&[])), both);
    assert_eq!(came_and_went(&deeds, Some(&["HELP_DESK_ADMIN"])), both[..1]);
    // Which of several roles an event gave is not known of somebody who is not known.
    assert_eq!(came_and_went(&deeds[1..], None), []);
    let known = [row("SUPER_ADMIN", 20, 30)];
    assert_eq!(
        came_and_went(&deeds[1..], Some(&["HELP_DESK_ADMIN"])),
        known
    );
}

#[test]
fn the_roles_of_who_is_made_and_deleted_last_from_grant_to_deletion() {
    let deeds = [
        (5, CREATED, ""),
        (10, GRANT, "Super administrator, Report administrator"),
        (20, DELETE_INITIATED, ""),
        (21, DELETE_COMPLETED, ""),
    ];
    let both = [row("REPORT_ADMIN", 10, 20), row("SUPER_ADMIN", 10, 20)];
    assert_eq!(came_and_went(&deeds, None), both);
}

/// A grant that does not say of what leaves nothing known.
#[test]
fn an_event_without_names_is_no_proof() {
    let deeds = [
        (10, GRANT, "Super administrator"),
        (15, GRANT, ""),
        (20, REVOKE, ""),
        (30, GRANT, "Super administrator"),
        (40, REVOKE, ""),
    ];
    assert_eq!(came_and_went(&deeds, None), [row("SUPER_ADMIN", 30, 40)]);
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
