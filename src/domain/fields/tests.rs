//! Tests of the fields that filters and sorts see.

use super::*;
use crate::domain::filter::Filter;
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use crate::domain::user::UserStatus;

fn user() -> User {
    User {
        id: "00u1".parse().unwrap(),
        status: UserStatus::LockedOut,
        transitioning_to: None,
        login: "Ana@acme.com".into(),
        email: "ana@acme.com".into(),
        first_name: "Ana".into(),
        last_name: "Łuczak".into(),
        title: Some("Engineer".into()),
        department: None,
        manager: None,
        provider: None,
        type_id: None,
        created: Some(Timestamp::from_second(1_000_000).unwrap()),
        activated: None,
        status_changed: None,
        last_login: None,
        last_updated: None,
        password_changed: None,
    }
}

fn event() -> LogEvent {
    let party = |id: &str, kind: &str, name: &str| Party {
        id: id.into(),
        kind: kind.into(),
        alternate_id: Some(name.into()),
        display_name: None,
    };
    LogEvent {
        uuid: "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef".parse().unwrap(),
        published: Timestamp::from_second(1_000_000).unwrap(),
        event_type: "user.session.start".into(),
        severity: Some(Severity::Warn),
        display_message: Some("User login to Okta".into()),
        actor: Some(party("00uactor", "User", "ana@acme.com")),
        targets: vec![party("00gtarget", "UserGroup", "unknown")],
        result: Some(OutcomeResult::Failure),
        reason: None,
        ip: Some("203.0.113.9".into()),
        country: Some("Norway".into()),
        city: None,
        user_agent: None,
        session: None,
        root_session: None,
        transaction: Some("tx1".into()),
        origin: Origin::default(),
    }
}

/// In the middle of an id made by chance any few letters turn up.
#[test]
fn a_bare_word_finds_sessions_and_transactions_by_their_beginning() {
    let event = LogEvent {
        session: Some("102bobSomething".into()),
        root_session: Some("102Root".into()),
        transaction: Some("ZbobEva1".into()),
        ..event()
    };
    let passes = |filter: &str| {
        let filter = Filter::of::<LogEvent>(filter).unwrap();
        filter.matches(&event, Timestamp::UNIX_EPOCH)
    };
    for filter in [
        "102BOB",
        "zbobe",
        "102r",
        "session:bob",
        "transaction:eva",
        "/bobE/",
        "~ana",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for filter in [
        "bob",
        "eva",
        "root",
        "-102bob",
        "~zva",
        "102bobsomethingelse",
    ] {
        assert!(!passes(filter), "{filter}");
    }
}

/// Every name that a list offers must lead somewhere in at least one filled row; a forgotten arm would be a column that no
/// filter ever matches.
#[test]
fn filters_reach_the_fields_of_a_user() {
    let now = Timestamp::from_second(1_000_600).unwrap();
    let user = user();
    let row = UserFields {
        user: &user,
        related: Related {
            users: None,
            groups: Some(3),
            apps: None,
        },
    };
    let passes = |filter: &str| {
        Filter::of::<UserFields<'_>>(filter)
            .unwrap()
            .matches(&row, now)
    };
    for filter in [
        "ana",
        "login=ANA@acme.com",
        "\"ana łuc\"",
        "name:łuczak",
        "status:locked",
        "title:/^eng/",
        "created<11m",
        "groups>=3",
        "id=00u1",
        "-lastLogin<90d",
        "-department:x",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for filter in ["apps<100", "lastLogin>1d", "department:a", "groups>3"] {
        assert!(!passes(filter), "{filter}");
    }
}

#[test]
fn a_group_uses_oktas_count_until_the_mirror_has_its_own() {
    let mut group = Group {
        id: "00g1".parse().unwrap(),
        kind: crate::domain::group::GroupType::Okta,
        name: "Admins".into(),
        description: None,
        created: None,
        last_updated: None,
        last_membership_updated: None,
        stats: None,
    };
    let passes = |group: &Group, related: Related| {
        Filter::of::<GroupFields<'_>>("users=7")
            .unwrap()
            .matches(&GroupFields { group, related }, Timestamp::UNIX_EPOCH)
    };
    assert!(!passes(&group, Related::default()));
    group.stats = Some(crate::domain::group::GroupStats {
        users: 7,
        apps: 0,
        has_admin_privilege: true,
    });
    assert!(passes(&group, Related::default()));
    let counted = Related {
        users: Some(8),
        ..Related::default()
    };
    assert!(!passes(&group, counted));
}

#[test]
fn filters_reach_the_fields_of_an_event() {
    let now = Timestamp::from_second(1_000_600).unwrap();
    let event = event();
    let passes = |filter: &str| Filter::of::<LogEvent>(filter).unwrap().matches(&event, now);
    for filter in [
        "type:session",
        "about:00gtarget",
        "about:00uactor",
        "actor:ana",
        "target:unknown",
        "result:fail",
        "severity=warn",
        "ip:203.0",
        "norway",
        "uuid=5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef",
        "published<11m",
        "tx1",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for filter in ["about:ana", "city:oslo", "reason:x", "published>1h"] {
        assert!(!passes(filter), "{filter}");
    }
}
