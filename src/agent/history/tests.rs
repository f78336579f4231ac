//! Tests of which changes a stretch has, and in what order.

use std::collections::BTreeMap;

use super::walk::Newest;
use super::*;
use crate::access::Mirror as _;
use crate::domain::entry::{Entry, EntryKey, EntryKind};
use crate::domain::group::{Group, GroupType};
use crate::domain::id::ObjectId;
use crate::domain::listing::Listing;
use crate::domain::text::RawJson;
use crate::domain::time::format_okta;
use crate::msg::ChangeTold;
use crate::store::DirectoryOp;

const GROUP: &str = "00g1";
const AN_HOUR: Duration = Duration::from_hours(1);

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

fn query((since, until): (i64, i64), limit: usize) -> ChangesQuery {
    ChangesQuery {
        since: at(since),
        until: at(until),
        subject: None,
        limit,
        from: None,
    }
}

/// What is told of a stretch, answer by answer, where one goes through it for so long.
fn answers(store: &Store, mut query: ChangesQuery, slice: Duration) -> Vec<Vec<ChangeTold>> {
    let now = at(10_000_000);
    let mut answers = Vec::new();
    loop {
        let view = View::new(store, None, now, BTreeMap::new());
        let found = told(store, &view, &query, now, &Leash::default(), slice).unwrap();
        answers.push(found.rows);
        assert!(answers.len() < 1_000, "it comes to an end");
        query.from = found.next;
        if query.from.is_none() {
            return answers;
        }
    }
}

fn second(told: &ChangeTold) -> i64 {
    told.at().as_second() - 1_800_000_000
}

/// The seconds of the newest that are told of a stretch.
fn seconds(store: &Store, stretch: (i64, i64), limit: usize) -> Vec<i64> {
    let answers = answers(store, query(stretch, limit), AN_HOUR);
    answers[0].iter().map(second).collect()
}

/// Members who are seen at these seconds, each by the number of the second.
async fn joined(secs: impl Iterator<Item = i64>) -> Store {
    let store = Store::in_memory().unwrap();
    store.directory.apply(named("A", 0, 1)).await.unwrap();
    let ops: Vec<DirectoryOp> = secs
        .enumerate()
        .map(|(n, sec)| member(&format!("00u{n}"), sec))
        .collect();
    store.directory.apply(ops).await.unwrap();
    store
}

/// More rows of one moment than an answer has were asked for again and again, each time twice as many.
#[tokio::test]
async fn every_change_is_told_once_however_many_share_a_moment() {
    let one_moment = joined(std::iter::repeat_n(100, 1_000)).await;
    let many = joined((0..1_000).map(|n| 100 + 60 * n)).await;
    for (store, slice, first) in [
        (&one_moment, AN_HOUR, 300),
        (&one_moment, Duration::ZERO, 0),
        (&many, AN_HOUR, 300),
        (&many, Duration::ZERO, 255),
    ] {
        let answers = answers(store, query((50, 100_000), 300), slice);
        assert_eq!(answers[0].len(), first);
        assert!(answers.iter().all(|rows| rows.len() <= 300));
        let rows: Vec<&ChangeTold> = answers.iter().flatten().collect();
        assert!(rows.is_sorted_by_key(|told| Reverse(told.at())));
        let whom: std::collections::BTreeSet<&str> = rows
            .iter()
            .map(|told| match &told.row.subject {
                crate::domain::entry::Subject::Object(id) => id.as_str(),
                crate::domain::entry::Subject::Entry(_) => "",
            })
            .collect();
        assert_eq!((rows.len(), whom.len()), (1_000, 1_000));
    }
}

/// Everything that is told of a stretch, with how many rows were read for it.
fn all_with_read(store: &Store, mut query: ChangesQuery) -> (Vec<ChangeTold>, usize) {
    let now = at(10_000_000);
    let (mut rows, mut read) = (Vec::new(), 0);
    loop {
        let view = View::new(store, None, now, BTreeMap::new());
        let walk = walked(store, &view, &query, now, &Leash::default(), AN_HOUR).unwrap();
        read += walk.read;
        let found = walk.found();
        rows.extend(found.rows);
        query.from = found.next;
        if query.from.is_none() {
            return (rows, read);
        }
    }
}

/// Every answer began with all that was seen within a day, so that a long listing read each row as often as there were answers.
#[tokio::test]
async fn a_long_listing_reads_each_row_a_few_times_however_long_it_is() {
    let one_moment = joined(std::iter::repeat_n(100, 5_000)).await;
    let many = joined((0..5_000).map(|n| 100 + 10 * n)).await;
    let made_before = Store::in_memory().unwrap();
    let made: Vec<i64> = (0..5_000).map(|n| 100 + 10 * n).collect();
    for op in [zones(&[-9], 0), zones(&[&[-9][..], &made].concat(), 60_000)] {
        made_before.directory.apply(op).await.unwrap();
    }
    for (store, what) in [
        (&one_moment, "one moment"),
        (&many, "many moments"),
        (&made_before, "one reading"),
    ] {
        let (rows, read) = all_with_read(store, query((50, 100_000), 300));
        assert_eq!(rows.len(), 5_000, "{what}");
        assert!(rows.is_sorted_by_key(|told| Reverse(told.at())), "{what}");
        assert!(read < 5 * 5_000, "{what}: {read} rows were read");
    }
}

/// What is dated between two answers may stand where nothing was left.
#[tokio::test]
async fn what_gets_its_moment_between_two_answers_is_told_none_the_less() {
    let store = joined((0..1_000).map(|n| 100 + n)).await;
    let now = at(10_000_000);
    let told_of = |query: &ChangesQuery| {
        let view = View::new(&store, None, now, BTreeMap::new());
        told(&store, &view, query, now, &Leash::default(), AN_HOUR).unwrap()
    };
    let mut query = query((50, 100_000), 300);
    let mut next = told_of(&query).next.unwrap();
    // As if nothing had been left in any part.
    next.rest.parts.clear();
    query.from = Some(next);
    assert_eq!(told_of(&query).rows, [], "it goes by the parts");
    store
        .directory
        .apply(member("00u9999", 9_000))
        .await
        .unwrap();
    assert_eq!(told_of(&query).rows, [], "nothing was moved");
    let rows = store.directory.changes(at(750), at(751), None, 1).unwrap();
    let dated = DirectoryOp::Dated {
        change: Box::new(rows[0].clone()),
        at: at(740),
        event: None,
    };
    store.directory.apply(dated).await.unwrap();
    let found = told_of(&query);
    assert_eq!(found.rows.len(), 300);
    query.from = found.next;
    assert_eq!(told_of(&query).rows.len(), 300);
}

/// Where something is dated between any two answers, each would end before it is where the last one was.
#[tokio::test]
async fn an_answer_that_begins_anew_comes_further_in_no_time_at_all() {
    let store = joined((0..1_000).map(|n| 100 + n)).await;
    let now = at(10_000_000);
    let told_in = |query: &ChangesQuery, time: Duration| {
        let view = View::new(&store, None, now, BTreeMap::new());
        told(&store, &view, query, now, &Leash::default(), time).unwrap()
    };
    let mut query = query((50, 100_000), 600);
    query.from = told_in(&query, AN_HOUR).next;
    let rows = store.directory.changes(at(750), at(751), None, 1).unwrap();
    let dated = DirectoryOp::Dated {
        change: Box::new(rows[0].clone()),
        at: at(740),
        event: None,
    };
    store.directory.apply(dated).await.unwrap();
    assert!(!told_in(&query, Duration::ZERO).rows.is_empty());
}

/// Whoever hung up went on being searched for.
#[tokio::test]
async fn nothing_is_looked_for_once_nobody_waits() {
    let store = joined((0..1_000).map(|n| 100 + 60 * n)).await;
    let leash = Leash::default();
    leash.pull();
    let now = at(10_000_000);
    let view = View::new(&store, None, now, BTreeMap::new());
    let query = query((0, 9_000_000), 5_000);
    let found = told(&store, &view, &query, now, &leash, AN_HOUR).unwrap();
    assert_eq!(found.rows, [], "not even what was read already");
}

/// A reading that failed for days saw what had changed at its beginning: the answer about that time lacked it.
#[tokio::test]
async fn what_was_seen_days_later_is_told_of_the_time_of_its_stamp() {
    const DAY: i64 = 86_400;
    let store = Store::in_memory().unwrap();
    for op in [
        named("A", 0, 1),
        named("B", 150, 10 * DAY),
        named("C", 11 * DAY, 11 * DAY + 60),
    ] {
        store.directory.apply(op).await.unwrap();
    }
    for (stretch, told) in [
        ((100, 200), &[150][..]),
        ((149, 150), &[]),
        ((150, 151), &[150]),
        ((200, 10 * DAY + 60), &[]),
        ((10 * DAY, 12 * DAY), &[11 * DAY]),
        // Where the reading is looked through too, it is told once.
        ((0, 12 * DAY), &[11 * DAY, 150]),
        ((0, 9 * DAY + DAY / 2), &[150]),
    ] {
        assert_eq!(seconds(&store, stretch, 10), told, "{stretch:?}");
    }
    let rows = store.directory.changes(at(0), at(200), None, 10);
    assert_eq!(rows.unwrap(), [], "it was not seen then");
}

/// The zones as a reading at `seen` finds them, each with when it was made.
fn zones(made: &[i64], seen: i64) -> DirectoryOp {
    let mut listing = Listing::default();
    let zone = |made: &i64| {
        let key = EntryKey {
            kind: EntryKind::Zone,
            parent: None,
            id: format!("nzo{made}").parse().unwrap(),
        };
        let zone = Entry {
            key,
            name: "Office".into(),
            status: None,
            created: Some(at(*made)),
            last_updated: None,
            facts: Vec::new(),
            refs: Vec::new(),
        };
        (zone, RawJson::new("{}".to_owned()))
    };
    listing.add_page(made.iter().map(zone), 0);
    DirectoryOp::Entries {
        kind: EntryKind::Zone,
        parent: None,
        items: listing.finish().ok().unwrap().into(),
        at: at(seen),
        evidence: None,
    }
}

/// The list of zones could not be read for days: one that was made meanwhile was in no answer about the day on which it was.
#[tokio::test]
async fn what_was_made_days_before_it_was_seen_is_told_of_the_day_of_its_making() {
    const DAY: i64 = 86_400;
    let store = Store::in_memory().unwrap();
    for op in [zones(&[-9], 0), zones(&[-9, 150], 10 * DAY)] {
        store.directory.apply(op).await.unwrap();
    }
    for (stretch, told) in [
        ((100, 200), &[150][..]),
        ((200, 20 * DAY), &[]),
        ((0, 20 * DAY), &[150]),
    ] {
        assert_eq!(seconds(&store, stretch, 10), told, "{stretch:?}");
    }
}

/// The next answer found by their stamps what the one before had found by when it was seen, and told it again.
#[tokio::test]
async fn what_was_seen_days_later_is_told_once_answer_by_answer() {
    const DAY: i64 = 86_400;
    let store = Store::in_memory().unwrap();
    let made = [150, 150 + DAY / 2, DAY];
    for op in [
        named("A", 0, 1),
        zones(&[-9], 0),
        named("B", 150, 3 * DAY),
        zones(&[-9, made[0], made[1], made[2]], 4 * DAY),
    ] {
        store.directory.apply(op).await.unwrap();
    }
    let told = |limit| {
        let answers = answers(&store, query((100, 5 * DAY), limit), AN_HOUR);
        let rows = answers.into_iter().flatten();
        rows.map(|told| (second(&told), told.row.subject))
            .collect::<Vec<_>>()
    };
    let all = told(10);
    let seconds: Vec<i64> = all.iter().map(|(second, _)| *second).collect();
    assert_eq!(seconds, [made[2], made[1], made[0], made[0]]);
    for limit in 1..4 {
        assert_eq!(told(limit), all, "{limit} at a time");
    }
}

/// What the first reading found was told to have appeared when it was made, because it was gone for a while since.
#[tokio::test]
async fn what_came_back_is_told_of_when_it_was_seen() {
    const DAY: i64 = 86_400;
    let store = Store::in_memory().unwrap();
    let (back, never_gone) = (3 * DAY, &[-9, -8][..]);
    store
        .directory
        .apply(zones(never_gone, 2 * DAY))
        .await
        .unwrap();
    for seen in [2 * DAY + 60, 2 * DAY + 120] {
        store.directory.apply(zones(&[-9], seen)).await.unwrap();
    }
    store
        .directory
        .apply(zones(never_gone, back))
        .await
        .unwrap();
    for (stretch, told) in [
        ((-100, 100), &[][..]),
        ((-100, 4 * DAY), &[back, 2 * DAY + 60]),
    ] {
        assert_eq!(seconds(&store, stretch, 10), told, "{stretch:?}");
    }
}

/// Each row that had no event was asked about, whether it could be in the answer or not.
#[tokio::test]
async fn only_what_can_be_in_the_answer_is_asked_about() {
    let store = joined([100, 2_000, 2_001].into_iter()).await;
    let rows = store.directory.changes(at(0), at(9_000), None, 10).unwrap();
    let mut noted = Noted::of(&store);
    let mut bounds = |n: usize| noted.bounds(&rows[n], at(9_000)).unwrap();
    let (newest, oldest) = (bounds(0), bounds(2));
    assert_eq!(newest.0, at(2_001 - 900));
    let place = ChangePlace {
        at_ms: 0,
        what: 0,
        of: (0, 0),
        to_last: 0,
    };
    let holds = |stretch, limit, bounds| {
        let query = query(stretch, limit);
        let mut newest = Newest::of(&query);
        let view = View::new(&store, None, at(9_000), BTreeMap::new());
        newest.take(place, 0, view.told(rows[1].clone()).unwrap());
        newest.may_hold(bounds) && !newest.is_too_old((bounds.1, place))
    };
    assert!(holds((0, 9_000), 2, oldest));
    assert!(!holds((0, 9_000), 1, oldest), "there is a newer one");
    assert!(holds((0, 9_000), 1, newest));
    assert!(
        !holds((0, 1_000), 2, newest),
        "nothing so late is asked for"
    );
    assert!(!holds((200, 9_000), 2, oldest), "nothing so early");
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
fn what_was_seen_is_looked_through_for_a_day_in_which_somebody_watched() {
    let stretch = |from, to| Stretch {
        from: at(from),
        to: at(to),
    };
    let unwatched = [stretch(0, 500_000), stretch(540_000, 800_000)];
    let until = |secs, now| seen_until(at(secs), &unwatched, at(now));
    let day = |secs| time::after(at(secs), SEEN_WITHIN);
    assert_eq!(until(900_000, 2_000_000), day(900_000));
    // Forty thousand seconds between the two are less than a day.
    assert_eq!(until(500_000, 2_000_000), day(500_000 + 260_000));
    assert_eq!(until(100, 2_000_000), day(100 + 499_900 + 260_000));
    // It began soon after the end of what is asked about.
    assert_eq!(until(530_000, 2_000_000), day(530_000 + 260_000));
    assert_eq!(
        until(900_000, 900_060),
        time::after(at(900_060), Duration::from_millis(1))
    );
    assert_eq!(until(900_000, 5), at(900_000));
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
