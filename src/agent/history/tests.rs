//! Tests of which changes a stretch has, and in what order.

use std::collections::BTreeMap;

use super::*;
use crate::access::Mirror as _;
use crate::domain::group::{Group, GroupType};
use crate::domain::id::ObjectId;
use crate::domain::text::RawJson;
use crate::domain::time::format_okta;
use crate::store::DirectoryOp;

const GROUP: &str = "00g1";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

/// The group as a reading at `seen` finds it.
fn named(name: &str, updated: i64, seen: i64) -> DirectoryOp {
    let group = Group {
        id: GROUP.parse().unwrap(),
        kind: GroupType::Okta,
        name: name.into(),
        description: None,
        created: None,
        last_updated: Some(at(updated)),
        last_membership_updated: None,
        stats: None,
    };
    let raw = format!(
        "{{\"id\":\"{GROUP}\",\"lastUpdated\":\"{}\",\"profile\":{{\"name\":\"{name}\"}}}}",
        format_okta(at(updated))
    );
    DirectoryOp::Groups {
        run: None,
        items: vec![(group, RawJson::new(raw))],
        at: at(seen),
    }
}

fn member(user: &str, seen: i64) -> DirectoryOp {
    DirectoryOp::MemberChanged {
        group: GROUP.parse().unwrap(),
        user: user.parse().unwrap(),
        present: true,
        at: at(seen),
        evidence: None,
    }
}

/// The seconds of what is told of a stretch.
fn seconds(store: &Store, (since, until): (i64, i64), limit: usize) -> Vec<i64> {
    let now = at(100_000);
    let view = View::new(store, None, now, BTreeMap::new());
    let query = ChangesQuery {
        since: at(since),
        until: at(until),
        subject: None,
        limit,
    };
    let rows = told(store, &view, &query, now).unwrap().into_iter();
    rows.map(|told| told.at().as_second() - 1_800_000_000)
        .collect()
}

/// A stretch lacked what was seen after its end and had happened in it, and had what had happened before its beginning.
#[tokio::test]
async fn a_stretch_has_what_happened_in_it_whenever_it_was_seen() {
    let store = Store::in_memory().unwrap();
    for op in [
        named("A", 0, 1),
        member("00u1", 120),
        named("B", 50, 2_000),
        // Seen long after: it was a quiet night.
        named("C", 150, 40_000),
        member("00u2", 40_100),
    ] {
        store.directory.apply(op).await.unwrap();
    }
    for (stretch, told) in [
        ((40, 60), &[50][..]),
        ((100, 200), &[150, 120]),
        ((1_900, 2_100), &[]),
        ((39_000, 50_000), &[40_100]),
        ((0, 90_000), &[40_100, 150, 120, 50]),
    ] {
        assert_eq!(seconds(&store, stretch, 10), told, "{stretch:?}");
    }
    // The newest by when they happened, not by when they were seen.
    assert_eq!(seconds(&store, (0, 90_000), 3), [40_100, 150, 120]);
    assert_eq!(seconds(&store, (0, 40_000), 1), [150]);
}

#[test]
fn what_was_seen_is_looked_through_for_a_day_or_until_somebody_watched_again() {
    let unwatched = [Stretch {
        from: at(0),
        to: at(500_000),
    }];
    let until = |secs, now| seen_until(at(secs), &unwatched, at(now));
    let day = |secs| time::after(at(secs), SEEN_WITHIN);
    assert_eq!(until(600_000, 2_000_000), day(600_000));
    assert_eq!(until(100, 2_000_000), day(500_000));
    assert_eq!(
        until(600_000, 600_060),
        time::after(at(600_060), Duration::from_millis(1))
    );
    assert_eq!(until(600_000, 5), at(600_000));
}

/// Lists told the name of then, and answers about access today's.
#[tokio::test]
async fn a_view_of_then_names_things_as_they_were_called() {
    let store = Store::in_memory().unwrap();
    for op in [named("War Room", 0, 1), named("Peace Room", 50, 60)] {
        store.directory.apply(op).await.unwrap();
    }
    let id = ObjectId::Group(GROUP.parse().unwrap());
    let called = |moment: Option<i64>| {
        let view = View::new(&store, moment.map(at), at(100), BTreeMap::new());
        view.name(&id).unwrap().to_string()
    };
    assert_eq!(called(Some(30)), "War Room");
    assert_eq!(called(Some(55)), "Peace Room");
    assert_eq!(called(None), "Peace Room");
    // Nothing was read by then.
    assert_eq!(called(Some(0)), "Peace Room");
}
