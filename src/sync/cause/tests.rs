//! Tests of which events are held to have caused a change.

use super::*;
use crate::domain::entry::EntryKey;
use crate::domain::id::EventUuid;
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party};
use crate::domain::query::EventPos;

const USER: &str = "00u1";

fn moment(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn party(kind: &str, id: &str) -> Party {
    Party {
        id: id.into(),
        kind: kind.into(),
        alternate_id: None,
        display_name: None,
    }
}

fn event(secs: i64, event_type: &str, actor: &str, targets: &[&str]) -> EventRow {
    let published = moment(secs);
    let targets = targets.iter().map(|id| party("User", id));
    EventRow {
        pos: EventPos {
            published_ms: published.as_millisecond(),
            seq: 0,
        },
        event: LogEvent {
            uuid: EventUuid([7; 16]),
            published,
            event_type: event_type.into(),
            severity: None,
            display_message: None,
            actor: Some(party("User", actor)),
            targets: targets.collect(),
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

fn user_field(field: &str, stamped: Option<Timestamp>) -> ChangeRow {
    ChangeRow {
        at: moment(60),
        subject: Subject::Object(ObjectId::User(USER.parse().unwrap())),
        name: "ana@acme.com".into(),
        parent_name: None,
        what: Change::Field {
            field: field.into(),
            before: None,
            after: None,
        },
        stamped,
        evidence: None,
    }
}

fn factor(what: Change) -> ChangeRow {
    let key = EntryKey {
        kind: EntryKind::Factor,
        parent: Some(USER.parse().unwrap()),
        id: "opf1".parse().unwrap(),
    };
    ChangeRow {
        subject: Subject::Entry(key),
        what,
        ..user_field("", None)
    }
}

/// The actor of the event that is found to be the cause, of these events, all of which the question to the log finds.
fn blamed(change: &ChangeRow, events: &[EventRow]) -> Option<String> {
    let suspects = suspects(change)?;
    let in_time = |row: &&EventRow| (suspects.from..suspects.to).contains(&row.event.published);
    let all: Vec<EventRow> = events.iter().filter(in_time).cloned().collect();
    let cause = suspects.agreed(all.iter())?;
    cause.event.actor.as_ref().map(|actor| actor.id.to_string())
}

#[test]
fn a_password_is_changed_by_whoever_the_log_names_at_its_stamp() {
    let change = user_field("passwordChanged", Some(moment(10)));
    for (events, by) in [
        (
            vec![event(10, "user.account.update_password", USER, &[USER])],
            Some(USER),
        ),
        (
            vec![event(
                11,
                "user.account.reset_password",
                "00uAdmin",
                &[USER],
            )],
            Some("00uAdmin"),
        ),
        // Of another time, another user, another sort.
        (
            vec![event(40, "user.account.update_password", USER, &[USER])],
            None,
        ),
        (
            vec![event(10, "user.account.update_password", USER, &["00u2"])],
            None,
        ),
        (
            vec![event(10, "user.account.update_profile", USER, &[USER])],
            None,
        ),
        (vec![], None),
    ] {
        assert_eq!(blamed(&change, &events).as_deref(), by);
    }
}

#[test]
fn a_reset_of_all_factors_is_the_cause_of_every_end() {
    let reset = event(50, "user.mfa.factor.reset_all", "00uAdmin", &[USER]);
    let ended = factor(Change::Archived);
    assert_eq!(
        blamed(&ended, std::slice::from_ref(&reset)).as_deref(),
        Some("00uAdmin")
    );
    // It makes nothing begin, and a factor that was there before is not what was enrolled now.
    assert_eq!(blamed(&factor(Change::Appeared), &[reset]), None);
    let enrolled = event(55, "user.mfa.factor.activate", USER, &[USER]);
    let old = ChangeRow {
        stamped: Some(moment(-9_000)),
        ..factor(Change::Appeared)
    };
    let new = ChangeRow {
        stamped: Some(moment(54)),
        ..old.clone()
    };
    let enrolled = [enrolled];
    assert_eq!(blamed(&new, &enrolled).as_deref(), Some(USER));
    assert_eq!(blamed(&old, &enrolled), None);
}

#[test]
fn of_two_who_may_have_done_it_neither_is_named() {
    let by = |actor| event(50, "user.mfa.factor.deactivate", actor, &[USER]);
    let ended = factor(Change::Archived);
    assert_eq!(blamed(&ended, &[by("00uA"), by("00uB")]), None);
    assert_eq!(
        blamed(&ended, &[by("00uA"), by("00uA")]).as_deref(),
        Some("00uA")
    );
}

/// Events that the question finds and that cannot be the cause pushed out what another had done, and who was left was named.
#[test]
fn nobody_is_named_where_older_suspects_were_left_out() {
    let by = |secs, actor| event(secs, "user.mfa.factor.deactivate", actor, &[USER]);
    let beside = |_| event(50, "user.mfa.factor.deactivate", USER, &["00u2"]);
    let events = |beside_count: usize| {
        let beside = (0..beside_count).map(beside);
        let mut events = vec![by(40, "00uA")];
        events.extend(beside);
        events.push(by(55, "00uB"));
        events
    };
    let ended = factor(Change::Archived);
    assert_eq!(blamed(&ended, &events(MAX_SUSPECTS - 1)), None);
    // As many as are asked for, and no more: they are all known.
    let of_one = &events(MAX_SUSPECTS - 1)[1..];
    assert_eq!(blamed(&ended, of_one).as_deref(), Some("00uB"));
}

#[test]
fn a_direct_assignment_beside_a_groups_is_by_whoever_added_it() {
    let (app, user) = ("0oa1".parse().unwrap(), USER.parse().unwrap());
    let made = made_direct(&app, &user, moment(60));
    let added = event(
        50,
        "application.user_membership.add",
        "00uAdmin",
        &["0oa1", USER],
    );
    assert_eq!(
        blamed(&made, std::slice::from_ref(&added)).as_deref(),
        Some("00uAdmin")
    );
    let elsewhere = event(
        50,
        "application.user_membership.add",
        "00uAdmin",
        &["0oa2", USER],
    );
    assert_eq!(blamed(&made, &[elsewhere]), None);
    // Of a group's only the other way round.
    let Change::Reassigned {
        other,
        other_name,
        field,
        before,
        after,
    } = made.what.clone()
    else {
        unreachable!("it is one");
    };
    let back = Change::Reassigned {
        other,
        other_name,
        field,
        before: after,
        after: before,
    };
    assert_eq!(blamed(&ChangeRow { what: back, ..made }, &[added]), None);
}

#[test]
fn a_deletion_is_by_whoever_asked_for_it_and_not_by_okta() {
    let asked = event(50, "user.lifecycle.delete.initiated", "00uAdmin", &[USER]);
    let done = event(52, "user.lifecycle.delete.completed", "okta", &[USER]);
    let gone = ChangeRow {
        what: Change::Archived,
        ..user_field("", None)
    };
    let both = [asked, done.clone()];
    assert_eq!(blamed(&gone, &both).as_deref(), Some("00uAdmin"));
    assert_eq!(blamed(&gone, &both[1..]).as_deref(), Some("okta"));
    // Even of what was noticed long after.
    let asked = of_deletion(&done).unwrap();
    let agreed = asked.agreed(both.iter()).unwrap();
    assert_eq!(agreed.event.actor.as_ref().unwrap().id.as_str(), "00uAdmin");
    assert_eq!(of_deletion(&both[0]), None);
}

#[test]
fn a_grant_to_one_holder_is_no_cause_of_anothers_role() {
    let key = EntryKey {
        kind: EntryKind::UserRole,
        parent: Some(USER.parse().unwrap()),
        id: "ra1".parse().unwrap(),
    };
    let role = ChangeRow {
        subject: Subject::Entry(key),
        what: Change::Appeared,
        ..user_field("", None)
    };
    let of = |name, user| event(50, name, "00uAdmin", &[user]);
    let grant = "user.account.privilege.grant";
    assert!(may_be(&role, &of(grant, USER)));
    assert!(!may_be(&role, &of(grant, "00u2")));
    assert!(!may_be(&role, &of("user.account.privilege.revoke", USER)));
    // Roles come and go for other reasons too.
    let gone = ChangeRow {
        what: Change::Archived,
        ..role.clone()
    };
    assert!(may_be(&gone, &of("user.lifecycle.delete.completed", USER)));
    assert!(!may_be(&gone, &of(grant, USER)));
    // Who joins a group that holds a role has not been given another directly.
    assert!(!may_be(&role, &of("group.user_membership.add", USER)));
}

/// The list of admins is read again because of anybody's grant or revocation, and whoever was new in it was told to be by that event.
#[test]
fn an_admin_appears_by_a_grant_to_that_admin_alone() {
    let key = EntryKey {
        kind: EntryKind::Admin,
        parent: None,
        id: USER.parse().unwrap(),
    };
    let admin = ChangeRow {
        subject: Subject::Entry(key),
        what: Change::Appeared,
        ..user_field("", None)
    };
    let of = |name, user| event(50, name, "00uAdmin", &[user]);
    let grant = "user.account.privilege.grant";
    assert!(may_be(&admin, &of(grant, USER)));
    assert!(!may_be(&admin, &of(grant, "00u2")));
    assert!(!may_be(
        &admin,
        &of("user.account.privilege.revoke", "00u2")
    ));
    assert_eq!(blamed(&admin, &[of(grant, "00u2")]), None);
    assert_eq!(
        blamed(&admin, &[of(grant, USER)]).as_deref(),
        Some("00uAdmin")
    );
}

#[test]
fn questions_to_the_log_can_be_read() {
    use crate::domain::filter::Filter;
    let membership = ChangeRow {
        what: Change::Began {
            relation: Relation::Membership,
            other: Subject::Object(ObjectId::Group("00g1".parse().unwrap())),
            other_name: "Sales".into(),
        },
        ..user_field("", None)
    };
    Filter::of::<EventRow>(&any_and(["user.lifecycle.suspend"].into_iter())).unwrap();
    for change in [
        membership,
        factor(Change::Archived),
        user_field("status", None),
    ] {
        let query = suspects(&change).unwrap().query();
        Filter::of::<EventRow>(&query.filter).unwrap();
    }
    assert_eq!(suspects(&user_field("lastLogin", None)), None);
}

/// A lock was told as done by whoever had unsuspended the user half a second before: Okta logs it as a failure.
#[test]
fn a_status_is_by_an_event_that_leads_to_it() {
    let turned = |before: &str, after: &str| ChangeRow {
        what: Change::Field {
            field: "status".into(),
            before: Some(format!("\"{before}\"").into()),
            after: Some(format!("\"{after}\"").into()),
        },
        ..user_field("status", Some(moment(50)))
    };
    let events = [
        event(49, "user.lifecycle.suspend", "00uAdmin", &[USER]),
        event(50, "user.lifecycle.unsuspend", "00uAdmin", &[USER]),
        event(51, LOCKED, "00uAdmin", &[USER]),
        event(52, "user.account.unlock_by_admin", "00uAdmin", &[USER]),
    ];
    for (before, after, by) in [
        ("ACTIVE", "SUSPENDED", Some(0)),
        ("SUSPENDED", "ACTIVE", Some(1)),
        ("ACTIVE", "LOCKED_OUT", Some(2)),
        ("LOCKED_OUT", "ACTIVE", Some(3)),
        ("ACTIVE", "DEPROVISIONED", None),
    ] {
        let found = suspects(&turned(before, after)).unwrap();
        let found = found.agreed(events.iter()).map(|row| row.event.published);
        let by = by.map(|n: usize| events[n].event.published);
        assert_eq!(found, by, "{after}");
    }
}

fn with_result(result: OutcomeResult, row: EventRow) -> EventRow {
    let event = LogEvent {
        result: Some(result),
        ..row.event
    };
    EventRow { event, ..row }
}

fn is_asked_for(filter: &str, row: &EventRow) -> bool {
    let filter = crate::domain::filter::Filter::of::<EventRow>(filter).unwrap();
    filter.matches(row, moment(100))
}

/// An admin who tried in vain to suspend somebody was named as the one who had.
#[test]
fn who_failed_did_nothing_but_a_lock_is_done() {
    let failed = |event_type| {
        let row = event(50, event_type, "00uAdmin", &[USER]);
        with_result(OutcomeResult::Failure, row)
    };
    let turned = |after: &str| ChangeRow {
        what: Change::Field {
            field: "status".into(),
            before: Some("\"ACTIVE\"".into()),
            after: Some(format!("\"{after}\"").into()),
        },
        ..user_field("status", Some(moment(50)))
    };
    let any_status = user_field("transitioningToStatus", Some(moment(50)));
    let rows = [
        (turned("SUSPENDED"), "user.lifecycle.suspend", false),
        (any_status.clone(), "user.lifecycle.suspend", false),
        (any_status.clone(), "user.account.lock.limit", false),
        (any_status, LOCKED, true),
        (turned("LOCKED_OUT"), LOCKED, true),
    ];
    for (change, event_type, is_done) in rows {
        let suspects = suspects(&change).unwrap();
        let done = event(50, event_type, "00uAdmin", &[USER]);
        for (row, counts) in [(done, true), (failed(event_type), is_done)] {
            let found = suspects.agreed([&row].into_iter());
            assert_eq!(found.is_some(), counts, "{event_type}");
            assert_eq!(may_be(&change, &row), counts, "{event_type}");
            let question = suspects.query().filter;
            assert_eq!(is_asked_for(&question, &row), counts, "{question}");
            assert_eq!(is_asked_for(&any_at_all(), &row), counts, "{event_type}");
        }
    }
    let denied = event(60, "group.user_membership.add", "00uAdmin", &[USER, "00g1"]);
    let denied = with_result(OutcomeResult::Deny, denied);
    assert!(!is_asked_for(&any_and([].into_iter()), &denied));
    let joined = ChangeRow {
        what: Change::Began {
            relation: Relation::Membership,
            other: Subject::Object(ObjectId::Group("00g1".parse().unwrap())),
            other_name: "Sales".into(),
        },
        ..user_field("", None)
    };
    assert!(!may_be(&joined, &denied));
}

/// Of two renamings within seconds both were told at the second one.
#[test]
fn of_several_that_fit_the_nearest_to_the_stamp_did_it() {
    let renamed = user_field("profile.title", Some(moment(50)));
    let events =
        [48, 50, 53].map(|secs| event(secs, "user.account.update_profile", "00uAdmin", &[USER]));
    let found = suspects(&renamed)
        .unwrap()
        .agreed(events.iter())
        .unwrap()
        .event
        .published;
    assert_eq!(found, moment(50));
}

/// "before 07:11:13" was said of being in Everyone, of somebody who was made at that moment.
#[test]
fn who_is_made_is_in_everyone_by_that() {
    let joined = |at| ChangeRow {
        at: moment(at),
        what: Change::Began {
            relation: Relation::Membership,
            other: Subject::Object(ObjectId::Group("00gAll".parse().unwrap())),
            other_name: "Everyone".into(),
        },
        ..user_field("", None)
    };
    let made = event(50, CREATED, "00uAdmin", &[USER]);
    assert!(may_be(&joined(50), &made));
    // A reading because of that event saw what another did.
    assert!(!may_be(&joined(52), &made));
    assert!(!may_be(
        &joined(50),
        &event(50, CREATED, "00uAdmin", &["00uOther"])
    ));
}

/// What was found by a list that was read because of one event may be another's doing.
#[test]
fn an_event_is_no_cause_of_what_it_does_not_name_or_of_another_time() {
    let rule = |what| ChangeRow {
        subject: Subject::Entry(EntryKey {
            kind: EntryKind::GroupRule,
            parent: None,
            id: "0pr1".parse().unwrap(),
        }),
        what,
        stamped: Some(moment(48)),
        ..user_field("", None)
    };
    let of = |secs, id| event(secs, "group.user_membership.rule.add", "00uAdmin", &[id]);
    assert!(may_be(&rule(Change::Appeared), &of(50, "0pr1")));
    assert!(!may_be(&rule(Change::Appeared), &of(50, "0pr2")));
    assert!(!may_be(&rule(Change::Appeared), &of(20, "0pr1")));
    let enrolled = |secs| event(secs, "user.mfa.factor.activate", USER, &[USER]);
    let factor = ChangeRow {
        stamped: Some(moment(48)),
        ..factor(Change::Appeared)
    };
    assert!(may_be(&factor, &enrolled(50)));
    assert!(!may_be(&factor, &enrolled(20)));
}
