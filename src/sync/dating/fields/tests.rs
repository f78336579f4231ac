//! Tests of what events are taken to tell.

use jiff::Timestamp;

use super::*;
use crate::domain::id::EventUuid;
use crate::domain::log_event::Origin;

fn event(event_type: &str, targets: &[(&str, &str, &str, &str)]) -> LogEvent {
    let party = |(kind, id, alternate, name): &(&str, &str, &str, &str)| Party {
        id: (*id).into(),
        kind: (*kind).into(),
        alternate_id: Some((*alternate).into()),
        display_name: Some((*name).into()),
    };
    LogEvent {
        uuid: EventUuid([1; 16]),
        published: Timestamp::UNIX_EPOCH,
        event_type: event_type.into(),
        severity: None,
        display_message: None,
        actor: None,
        targets: targets.iter().map(party).collect(),
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
    }
}

#[test]
fn an_event_tells_the_status_of_the_user_whom_it_names() {
    let of = |event_type: &str| {
        let user = ("User", "00uAmy", "amy@acme.com", "Amy Lee");
        let group = ("UserGroup", "00gOps", "unknown", "Ops");
        let told = tellings(&event(event_type, &[user, group]));
        let status = told.into_iter().filter_map(|(object, says)| match says {
            Says::Status { to, .. } => Some(format!("{} {to}", object.as_str())),
            Says::Name(_) => None,
        });
        status.collect::<Vec<_>>()
    };
    for (event_type, status) in [
        ("user.lifecycle.suspend", "SUSPENDED"),
        ("user.lifecycle.unsuspend", "ACTIVE"),
        ("user.lifecycle.deactivate", "DEPROVISIONED"),
        ("user.lifecycle.activate", "ACTIVE"),
        ("user.account.lock", "LOCKED_OUT"),
        ("user.account.unlock_by_admin", "ACTIVE"),
        ("user.account.update_password", "ACTIVE"),
    ] {
        assert_eq!(of(event_type), [format!("00uAmy {status}")], "{event_type}");
    }
    let app = ("AppInstance", "0oaPay", "Payroll", "Workday");
    let switched_off = tellings(&event("application.lifecycle.deactivate", &[app]));
    assert!(matches!(
        &switched_off[..],
        [(object, Says::Status { to: "INACTIVE", .. })] if object.as_str() == "0oaPay"
    ));
    // A link is sent once more, and nothing else happens.
    for event_type in [
        "user.lifecycle.reactivate",
        "user.account.lock.limit",
        "user.account.unlock_failure",
        "group.user_membership.add",
    ] {
        assert!(of(event_type).is_empty(), "{event_type}");
    }
}

#[test]
fn an_event_tells_the_name_of_what_it_made_or_renamed() {
    let name = |event_type: &str, target| {
        let told = tellings(&event(event_type, &[target]));
        let names = told.into_iter().filter_map(|(object, says)| match says {
            Says::Name(name) => Some((object.as_str().to_owned(), name.to_string())),
            Says::Status { .. } => None,
        });
        names.collect::<Vec<_>>()
    };
    let told = |id: &str, name: &str| vec![(id.to_owned(), name.to_owned())];
    let user = ("User", "00uAmy", "amy@acme.com", "Amy Lee");
    let group = ("UserGroup", "00gOps", "unknown", "Ops");
    let app = ("AppInstance", "0oaPay", "Payroll", "Workday");
    assert_eq!(
        name("user.account.update_profile", user),
        told("00uAmy", "amy@acme.com")
    );
    assert_eq!(name("group.profile.update", group), told("00gOps", "Ops"));
    assert_eq!(
        name("application.lifecycle.update", app),
        told("0oaPay", "Payroll")
    );
    assert!(name("user.session.start", user).is_empty());
    let nameless = ("User", "00uAmy", "unknown", "");
    assert!(name("user.account.update_profile", nameless).is_empty());
}

#[test]
fn the_question_for_all_of_them_can_be_read() {
    use crate::domain::filter::Filter;
    use crate::domain::query::EventRow;
    Filter::of::<EventRow>(&super::super::log::filter()).unwrap();
}

/// Okta gives events of one millisecond in any order: who was made and activated in one request stayed staged where the making came last.
#[test]
fn who_was_activated_when_made_was_made_first() {
    let at = |millis| Timestamp::from_millisecond(millis).unwrap();
    let of = |event_type: &str, millis| {
        let amy = ("User", "00uAmy", "amy@acme.com", "Amy Lee");
        let told = tellings(&event(event_type, &[amy]));
        let (_, says) = told.into_iter().next().unwrap();
        Telling {
            at: at(millis),
            event: EventUuid([1; 16]),
            says,
        }
    };
    let mut all = [of(DEACTIVATED, 9), of(ACTIVATED, 7), of(CREATED, 7)];
    in_order(&mut all);
    let statuses = all.map(|one| match one.says {
        Says::Status { to, .. } => to,
        Says::Name(_) => "a name",
    });
    assert_eq!(statuses, ["STAGED", "ACTIVE", "DEPROVISIONED"]);
}
