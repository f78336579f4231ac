//! Tests of which event tells when a change happened that nobody watched.

use super::meanwhile::Turns;
use super::*;
use crate::domain::entry::{EntryKey, EntryKind};
use crate::domain::group::{Group, GroupType};
use crate::domain::id::ObjectId;
use crate::domain::log_event::{LogEvent, Origin, Party};
use crate::domain::query::EventPos;
use crate::domain::text::RawJson;
use crate::store::EventBatch;

const USER: &str = "00u1";
const GROUP: &str = "00g1";
const ADDED: &str = "group.user_membership.add";
const REMOVED: &str = "group.user_membership.remove";

fn moment(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn event(secs: i64, event_type: &str, targets: &[&str]) -> EventRow {
    let published = moment(secs);
    let target = |id: &&str| Party {
        id: (*id).into(),
        kind: "User".into(),
        alternate_id: None,
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
            targets: targets.iter().map(target).collect(),
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

fn observed(subject: Subject, what: Change, evidence: Option<u8>) -> ChangeRow {
    ChangeRow {
        at: moment(100),
        subject,
        name: "ana@acme.com".into(),
        parent_name: None,
        what,
        stamped: None,
        evidence: evidence.map(|byte| EventUuid([byte; 16])),
    }
}

fn membership(began: bool, evidence: Option<u8>) -> ChangeRow {
    let relation = Relation::Membership;
    let other = Subject::Object(ObjectId::Group(GROUP.parse().unwrap()));
    let other_name = "Sales".into();
    let what = if began {
        Change::Began {
            relation,
            other,
            other_name,
        }
    } else {
        Change::Ended {
            relation,
            other,
            other_name,
        }
    };
    observed(
        Subject::Object(ObjectId::User(USER.parse().unwrap())),
        what,
        evidence,
    )
}

fn factor_gone() -> ChangeRow {
    let key = EntryKey {
        kind: EntryKind::Factor,
        parent: Some(USER.parse().unwrap()),
        id: "opf1".parse().unwrap(),
    };
    observed(Subject::Entry(key), Change::Archived, None)
}

/// At which second a change happened, by these events.
fn told(change: &ChangeRow, events: &[EventRow]) -> Option<i64> {
    let taken = Taken::new();
    let told = Told::of(events, &taken).moment(change, moment(0))?;
    Some(told.event.published.as_second() - 1_800_000_000)
}

#[test]
fn the_last_event_that_joined_two_things_tells_since_when_they_are() {
    let pair = &[GROUP, USER];
    let events = [
        event(10, ADDED, pair),
        event(20, REMOVED, pair),
        event(30, ADDED, pair),
        event(40, ADDED, &["00g2", USER]),
        event(50, ADDED, &[GROUP, "00u2"]),
        event(101, ADDED, pair),
    ];
    assert_eq!(told(&membership(true, None), &events), Some(30));
    assert_eq!(told(&membership(false, None), &events[..2]), Some(20));
    // They were joined last: whatever ended that, it was none of these.
    assert_eq!(told(&membership(false, None), &events), None);
    assert_eq!(told(&membership(true, None), &events[3..]), None);
}

/// What a group gave and somebody then made direct was dated by the second of the two.
#[test]
fn of_several_events_that_join_the_first_after_the_parting_counts() {
    let pair = &[GROUP, USER];
    let events = [
        event(5, ADDED, pair),
        event(10, REMOVED, pair),
        event(20, ADDED, pair),
        event(30, ADDED, pair),
    ];
    assert_eq!(told(&membership(true, None), &events), Some(20));
    assert_eq!(told(&membership(true, None), &events[2..]), Some(20));
    let twice = [event(10, REMOVED, pair), event(40, REMOVED, pair)];
    assert_eq!(told(&membership(false, None), &twice), Some(10));
}

fn targets(kinds: &[(&str, &str)]) -> Vec<Party> {
    let target = |(kind, id): &(&str, &str)| Party {
        id: (*id).into(),
        kind: (*kind).into(),
        alternate_id: None,
        display_name: None,
    };
    kinds.iter().map(target).collect()
}

/// What these events tell of who joined and left what.
fn turns(events: &[EventRow], everyone: Option<&GroupId>) -> Turns {
    let mut turns = Turns::default();
    for row in events {
        turns.take(&row.event, everyone, |_| true);
    }
    turns.end();
    turns
}

/// What these events say of the pair: the seconds, and whether it began to belong together.
fn turns_of(events: &[(i64, &str)]) -> Vec<(i64, bool)> {
    let rows: Vec<EventRow> = events
        .iter()
        .map(|(secs, kind)| {
            let mut row = event(*secs, kind, &[]);
            row.event.targets = targets(&[("User", USER), ("UserGroup", GROUP)]);
            row
        })
        .collect();
    let told = turns(&rows, None).pairs.into_values().flatten();
    told.map(|turn| (turn.at.as_second() - 1_800_000_000, turn.begins))
        .collect()
}

#[test]
fn every_event_that_names_both_is_told_and_a_deactivation_with_them() {
    for (events, told) in [
        (&[(1, ADDED)][..], vec![(1, true)]),
        (
            &[(1, REMOVED), (2, ADDED), (3, ADDED)],
            vec![(1, false), (2, true), (3, true)],
        ),
        // Whoever is deactivated leaves without an event.
        (&[(1, ADDED), (2, DEACTIVATED)], vec![(1, true), (2, false)]),
        (&[(1, DEACTIVATED), (2, ADDED)], vec![(1, false), (2, true)]),
        // And so does everybody when the group is deleted.
        (
            &[(1, ADDED), (2, cause::GROUP_DELETED)],
            vec![(1, true), (2, false)],
        ),
        (&[(1, DEACTIVATED)], vec![]),
    ] {
        assert_eq!(turns_of(events), told, "{events:?}");
    }
}

#[test]
fn the_event_that_the_sync_noted_goes_before_any_other() {
    let pair = &[GROUP, USER];
    let events = [event(10, ADDED, pair), event(30, ADDED, pair)];
    assert_eq!(told(&membership(true, Some(10)), &events), Some(10));
    // One that does no such thing, or is not of that time, tells nothing.
    assert_eq!(told(&membership(true, Some(99)), &events), Some(10));
    let removed = [event(5, REMOVED, pair), event(30, ADDED, pair)];
    assert_eq!(told(&membership(true, Some(5)), &removed), Some(30));
}

#[test]
fn whoever_is_deactivated_leaves_groups_without_an_event_for_each() {
    let gone = event(25, DEACTIVATED, &[USER]);
    let events = [gone.clone(), event(60, DEACTIVATED, &["00u2"])];
    assert_eq!(told(&membership(false, None), &events), Some(25));
    assert_eq!(told(&membership(true, None), &events), None);
    let left = [event(12, REMOVED, &[GROUP, USER]), gone];
    assert_eq!(told(&membership(false, None), &left), Some(12));
}

/// Whoever was removed and then deleted, with nobody watching, seemed to have been a member until the deletion.
#[test]
fn who_left_before_being_deleted_left_then() {
    let deleted = event(60, cause::DELETE_COMPLETED, &[USER]);
    let gone = membership(false, Some(60));
    let removed = event(10, REMOVED, &[GROUP, USER]);
    assert_eq!(told(&gone, &[removed, deleted.clone()]), Some(10));
    let of_other = event(10, REMOVED, &["00g2", USER]);
    assert_eq!(told(&gone, &[of_other, deleted]), Some(60));
}

/// That a user was added to the group, as Okta tells it.
fn added(n: u32) -> (LogEvent, RawJson) {
    let json = serde_json::json!({
        "uuid": format!("00000000-0000-0000-0000-{n:012}"),
        "published": moment(n.into()).to_string(),
        "eventType": ADDED,
        "outcome": {"result": "SUCCESS"},
        "target": [
            {"id": format!("00u{n}"), "type": "User"},
            {"id": GROUP, "type": "UserGroup"},
        ],
    });
    let item = crate::okta::read_log_event(json.to_string()).unwrap();
    (item.value, item.raw)
}

fn group(id: &str, name: &str) -> Group {
    Group {
        id: id.parse().unwrap(),
        kind: GroupType::Okta,
        name: name.into(),
        description: None,
        created: None,
        last_updated: None,
        last_membership_updated: None,
        stats: None,
    }
}

/// Of more changes than are looked at in one go the rest kept the moment at which it was seen, and of more events the rest dated nothing.
#[tokio::test]
async fn everything_is_dated_however_much_it_is() {
    let store = Store::in_memory().unwrap();
    let mut ops = vec![DirectoryOp::Groups {
        run: None,
        items: vec![(group(GROUP, "Sales"), RawJson::new("{}".to_owned()))],
        at: moment(-9),
    }];
    ops.extend((1..=40).map(|n| DirectoryOp::MemberChanged {
        group: GROUP.parse().unwrap(),
        user: format!("00u{n}").parse().unwrap(),
        present: true,
        at: moment(1_000),
        evidence: None,
    }));
    store.directory.apply(ops).await.unwrap();
    let batch = EventBatch {
        events: (1..=40).map(added).collect(),
        marks: Vec::new(),
        at: moment(1_000),
    };
    store.events.append(batch).await.unwrap();
    let log = Log::read_up_to(&store, (moment(0), moment(2_000)), 5).unwrap();
    let orders = Orders::default();
    let mut behind = None;
    let mut goes = 0;
    loop {
        let slice = Slice::read(&store, &log, &orders, behind, 7).unwrap();
        store.directory.apply(slice.moments).await.unwrap();
        goes += 1;
        behind = slice.last;
        if behind.is_none() {
            break;
        }
    }
    let rows = store.directory.changes(moment(0), moment(2_000), None, 100);
    let secs = |row: &ChangeRow| row.at.as_second() - 1_800_000_000;
    let told: Vec<i64> = rows.unwrap().iter().map(secs).collect();
    assert_eq!(told, (1..=40).rev().collect::<Vec<i64>>());
    assert!(goes > 5, "{goes}");
}

/// Where nothing is to be dated, a day of a million events was gone through all the same.
#[tokio::test]
async fn an_empty_slice_reads_no_log() {
    let store = store_of(vec![told_by(
        1,
        1,
        "user.lifecycle.suspend",
        &[("User", "00u1")],
    )])
    .await;
    let log = Log::read_up_to(&store, (moment(0), moment(2_000)), 0).unwrap();
    let slice = Slice::read(&store, &log, &Orders::default(), None, 7).unwrap();
    assert!(slice.moments.is_empty() && slice.last.is_none());
    assert_eq!(log.goes.load(std::sync::atomic::Ordering::Relaxed), 0);
}

/// An event of the log as Okta tells it, number `n`.
fn told_by(n: i64, secs: i64, event_type: &str, targets: &[(&str, &str)]) -> (LogEvent, RawJson) {
    let target = |(kind, id): &(&str, &str)| serde_json::json!({"id": id, "type": kind});
    let targets: Vec<_> = targets.iter().map(target).collect();
    let json = serde_json::json!({
        "uuid": format!("00000000-0000-0000-0000-{n:012}"),
        "published": moment(secs).to_string(),
        "eventType": event_type,
        "outcome": {"result": "SUCCESS"},
        "target": targets,
    });
    let item = crate::okta::read_log_event(json.to_string()).unwrap();
    (item.value, item.raw)
}

/// A store in which these events are.
async fn store_of(events: Vec<(LogEvent, RawJson)>) -> Store {
    let store = Store::in_memory().unwrap();
    let batch = EventBatch {
        events,
        marks: Vec::new(),
        at: moment(9_000),
    };
    store.events.append(batch).await.unwrap();
    store
}

/// The order of events told of the two, so that nobody asked whether what was noted of their parting was about them.
#[tokio::test]
async fn what_events_tell_of_two_things_by_their_order_keeps_no_wrong_proof() {
    let pair = [("User", USER), ("UserGroup", GROUP)];
    let other = [("User", "00u2"), ("UserGroup", GROUP)];
    let store = store_of(vec![
        told_by(1, 20, ADDED, &pair),
        told_by(2, 60, REMOVED, &other),
    ])
    .await;
    let seen = |secs, present, event: Option<i64>| DirectoryOp::MemberChanged {
        group: GROUP.parse().unwrap(),
        user: USER.parse().unwrap(),
        present,
        at: moment(secs),
        evidence: event.map(|n| format!("00000000-0000-0000-0000-{n:012}").parse().unwrap()),
    };
    let ops = vec![seen(30, true, None), seen(70, false, Some(2))];
    store.directory.apply(ops).await.unwrap();
    let log = Log::read(&store, moment(0), moment(100)).unwrap();
    let orders = Orders::read(&store, &log).unwrap();
    let slice = Slice::read(&store, &log, &orders, None, 100).unwrap();
    let [DirectoryOp::Dated { change, at, event }] = &slice.moments[..] else {
        panic!("{:?}", slice.moments);
    };
    assert!(matches!(change.what, Change::Ended { .. }));
    assert_eq!((*at, *event), (moment(70), None));
}

/// An import of a million memberships took 600 MB while it was dated.
#[tokio::test]
async fn what_events_tell_is_held_part_by_part() {
    let mut events = Vec::new();
    for n in 0..3_000 {
        let (user, group) = (format!("00u{}", n % 500), format!("00g{}", n / 500));
        let pair = [("User", &*user), ("UserGroup", &*group)];
        events.push(told_by(n, n, ADDED, &pair));
    }
    for n in 0..500 {
        let user = format!("00u{n}");
        events.push(told_by(5_000 + n, 4_000, CREATED, &[("User", &user)]));
        events.push(told_by(6_000 + n, 5_000, DEACTIVATED, &[("User", &user)]));
    }
    let store = store_of(events).await;
    let log = Log::read(&store, moment(0), moment(9_000)).unwrap();
    let links = Links::of_parts(&store, &log, 200).unwrap();
    let parts = 0..links.parts();
    let held: Vec<usize> = parts
        .map(|part| links.part(&store, &log, part).unwrap().len())
        .collect();
    assert_eq!(held.iter().sum::<usize>(), 3_000 + 3_000 + 500);
    let most = *held.iter().max().unwrap();
    assert!(held.len() >= 15 && most <= 800, "{held:?}");
    assert_eq!(links.told(), 3_000);
    let joined = |group: &str| {
        let mut joined = membership(true, None);
        if let Change::Began { other, .. } = &mut joined.what {
            *other = Subject::Object(ObjectId::Group(group.parse().unwrap()));
        }
        links.tell(&joined)
    };
    // The user is in one group of every five hundred memberships.
    assert_eq!(["00g0", "00g5", "00g6"].map(joined), [true, true, false]);
    // Nobody of them has ever had a role.
    assert_eq!(Deeds::read(&store, &log).unwrap().len(), 0);
    let ends: Option<Vec<u8>> = with(vec![1], vec![2, 3], 2);
    assert_eq!((ends, with(vec![1], vec![2], 2)), (None, Some(vec![1, 2])));
}

/// All that the events of a stretch tell of statuses and names was in memory at once, however many there were.
#[tokio::test]
async fn what_events_tell_of_fields_is_held_part_by_part() {
    let mut events = Vec::new();
    for n in 0..3_000 {
        let user = format!("00u{}", n % 500);
        let deed = ["user.lifecycle.suspend", "user.lifecycle.unsuspend"];
        let deed = deed[usize::try_from(n / 500 % 2).unwrap()];
        events.push(told_by(n, n, deed, &[("User", &user)]));
    }
    let store = store_of(events).await;
    let (from, now) = (moment(0), moment(9_000));
    let whole = Log::read(&store, from, now).unwrap();
    let part_of = |log: &Log, most| {
        let fields = Fields::of_parts(&store, log, most).unwrap();
        let parts = 0..fields.parts();
        let parts = parts.map(|part| fields.part(&store, log, part).unwrap());
        parts.collect::<Vec<Vec<DirectoryOp>>>()
    };
    let all = part_of(&whole, 100_000);
    assert_eq!(all.len(), 1);
    // Also where the events themselves are too many to be held.
    let unheld = Log::read_up_to(&store, (from, now), 100).unwrap();
    let parts = part_of(&unheld, 200);
    let held = |ops: &Vec<DirectoryOp>| -> usize {
        let of_one = |op: &DirectoryOp| match op {
            DirectoryOp::Told { tellings, .. } => tellings.len(),
            _ => 0,
        };
        ops.iter().map(of_one).sum()
    };
    assert_eq!(parts.len(), 15);
    assert_eq!(parts.iter().map(held).sum::<usize>(), 3_000);
    assert!(parts.iter().map(held).max().unwrap() <= 400);
    let words = |ops: Vec<Vec<DirectoryOp>>| {
        let ops = ops.into_iter().flatten();
        let mut words: Vec<String> = ops.map(|op| format!("{op:?}")).collect();
        words.sort();
        words
    };
    assert_eq!(
        words(parts),
        words(all),
        "they are the same however they are divided"
    );
}

/// Of holders of roles alone it is remembered when they were made and when they were gone.
#[tokio::test]
async fn the_life_of_whoever_had_a_role_is_remembered() {
    let user = |n: i64| format!("00u{n}");
    let mut events = Vec::new();
    for n in 0..40 {
        let id = user(n);
        events.push(told_by(n, n, CREATED, &[("User", &id)]));
        events.push(told_by(100 + n, 100 + n, DEACTIVATED, &[("User", &id)]));
    }
    events.push(told_by(900, 50, REVOKED, &[("User", &user(7))]));
    let store = store_of(events).await;
    let log = Log::read(&store, moment(0), moment(9_000)).unwrap();
    assert_eq!(Deeds::read(&store, &log).unwrap().len(), 3);
}

/// Events about factors name their user and not the factor.
#[test]
fn of_several_events_about_one_users_factors_none_dates_a_factor() {
    let reset = |secs| event(secs, "user.mfa.factor.reset_all", &[USER]);
    assert_eq!(told(&factor_gone(), &[reset(20)]), Some(20));
    assert_eq!(told(&factor_gone(), &[reset(20), reset(30)]), None);
}

/// A stamp of Okta's dated what an event had proved that is of no type known to cause it, and who had done it was forgotten.
#[test]
fn a_stamp_dates_a_change_and_leaves_its_proof() {
    let made = ChangeRow {
        what: Change::Appeared,
        stamped: Some(moment(40)),
        evidence: Some(EventUuid([99; 16])),
        ..factor_gone()
    };
    let dated = |change: &ChangeRow| Told::of(&[], &Taken::new()).dated(change, moment(0));
    assert_eq!(dated(&made), Some((moment(40), made.evidence)));
    let unproved = ChangeRow {
        evidence: None,
        ..made
    };
    assert_eq!(dated(&unproved), Some((moment(40), None)));
}

fn role(id: &str, what: Change, evidence: Option<u8>) -> ChangeRow {
    let key = EntryKey {
        kind: EntryKind::UserRole,
        parent: Some(USER.parse().unwrap()),
        id: id.parse().unwrap(),
    };
    observed(Subject::Entry(key), what, evidence)
}

const GRANTED: &str = "user.account.privilege.grant";
const REVOKED: &str = "user.account.privilege.revoke";

/// A later grant was seen by the reading that an earlier one asked for, and `--as-of` showed an admin who was none yet.
#[test]
fn a_role_is_not_dated_by_an_earlier_grant_of_another() {
    let events = [event(10, GRANTED, &[USER]), event(60, GRANTED, &[USER])];
    let granted = ChangeRow {
        stamped: Some(moment(60)),
        ..role("ra2", Change::Appeared, Some(10))
    };
    let dated = |events: &[EventRow]| Told::of(events, &Taken::new()).dated(&granted, moment(0));
    assert_eq!(
        dated(&events),
        Some((moment(60), Some(EventUuid([60; 16]))))
    );
    // The log was not read on yet: Okta's stamp tells when, and nobody who.
    assert_eq!(dated(&events[..1]), Some((moment(60), None)));
    // Nothing begins before it was made.
    let close = [event(57, GRANTED, &[USER])];
    assert_eq!(dated(&close).map(|(at, _)| at), Some(moment(60)));
}

#[test]
fn a_role_is_not_dated_by_what_was_done_to_somebody_else() {
    let left = event(10, REMOVED, &[GROUP, "00u2"]);
    let granted = role("ra2", Change::Appeared, Some(10));
    let taken = Taken::new();
    let told = Told::of(std::slice::from_ref(&left), &taken);
    let dated = told.dated(&granted, moment(0));
    assert_eq!(dated, Some((granted.at, None)));
}

#[test]
fn an_event_that_ended_one_role_ends_no_other() {
    let events = [event(10, REVOKED, &[USER]), event(60, REVOKED, &[USER])];
    let first = ChangeRow {
        at: moment(10),
        ..role("ra1", Change::Archived, Some(10))
    };
    let second = role("ra2", Change::Archived, Some(10));
    let Subject::Entry(key) = first.subject.clone() else {
        panic!("it is a role");
    };
    let taken = Taken::from([(EventUuid([10; 16]), vec![(key, first.at)])]);
    let told = Told::of(&events, &taken);
    let dated = |change: &ChangeRow| told.dated(change, moment(0));
    assert_eq!(
        dated(&second),
        Some((moment(60), Some(EventUuid([60; 16]))))
    );
    assert_eq!(dated(&first), Some((moment(10), Some(EventUuid([10; 16])))));
    // Nothing else is known that may have ended it.
    let told = Told::of(&events[..1], &taken);
    assert_eq!(told.dated(&second, moment(0)), Some((second.at, None)));
}

#[test]
fn roles_of_whoever_is_deactivated_end_then() {
    let events = [event(25, DEACTIVATED, &[USER])];
    assert_eq!(
        told(&role("ra1", Change::Archived, None), &events),
        Some(25)
    );
    assert_eq!(told(&role("ra1", Change::Appeared, None), &events), None);
    assert_eq!(told(&factor_gone(), &events), None);
}

/// No event tells that a new user is in Everyone.
#[test]
fn being_in_everyone_begins_with_being_made() {
    let everyone: GroupId = GROUP.parse().unwrap();
    let events = [event(20, CREATED, &[USER]), event(30, CREATED, &["00u2"])];
    let taken = Taken::new();
    let told = Told::of(&events, &taken);
    let made = |change: &ChangeRow, group| told.making(change, group);
    let joined = membership(true, None);
    assert_eq!(
        made(&joined, Some(&everyone)),
        Some((moment(20), Some(EventUuid([20; 16]))))
    );
    assert_eq!(made(&membership(false, None), Some(&everyone)), None);
    let other: GroupId = "00g2".parse().unwrap();
    assert_eq!(made(&joined, Some(&other)), None);
    assert_eq!(made(&joined, None), None);
}

/// Who was made and deactivated before any reading had never been in Everyone.
#[test]
fn whoever_was_made_and_deactivated_unseen_was_in_everyone() {
    let everyone: GroupId = GROUP.parse().unwrap();
    let rows = [(1, CREATED), (9, DEACTIVATED)].map(|(secs, kind)| {
        let mut row = event(secs, kind, &[]);
        row.event.targets = targets(&[("User", USER)]);
        row
    });
    let told = turns(&rows, Some(&everyone)).pairs;
    let [((_, to, who), turns_of_it)] = &told.iter().collect::<Vec<_>>()[..] else {
        panic!("nobody was in it");
    };
    assert_eq!((to.as_str(), who.as_str()), (GROUP, USER));
    let moments: Vec<_> = turns_of_it
        .iter()
        .map(|turn| (turn.at, turn.begins))
        .collect();
    assert_eq!(moments, [(moment(1), true), (moment(9), false)]);
    assert!(turns(&rows, None).pairs.is_empty());
}

/// The past kept a user for as long as Okta took to delete them, without the roles that had ended when it was asked to.
#[test]
fn who_is_deleted_is_gone_when_it_was_asked_for() {
    let events = [
        event(20, DELETE_INITIATED, &[USER]),
        event(24, cause::DELETE_COMPLETED, &[USER]),
    ];
    let user = Subject::Object(ObjectId::User(USER.parse().unwrap()));
    let gone = observed(user, Change::Archived, Some(24));
    let dated = |events: &[EventRow]| Told::of(events, &Taken::new()).dated(&gone, moment(0));
    assert_eq!(
        dated(&events),
        Some((moment(20), Some(EventUuid([20; 16]))))
    );
    assert_eq!(
        dated(&events[1..]),
        Some((moment(24), Some(EventUuid([24; 16]))))
    );
}
