//! The System Log: what is appended is read back once, in order, whatever order it came in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use oktop::domain::query::{EventAnchor, EventPos, EventQuery, EventRows};
use oktop::domain::resource::{Gap, Stretch};
use oktop::domain::text::RawJson;
use oktop::store::{EventBatch, EventKey, Events, QueryError, Store};
use proptest::prelude::*;

use crate::store_fixtures::{append, at, event, uuid, wait};

const DAY: i64 = 86_400;

fn ask(events: &Events, filter: &str, anchor: EventAnchor, limit: usize) -> EventRows {
    let query = EventQuery {
        filter: filter.to_owned(),
        anchor,
        limit,
        ..EventQuery::default()
    };
    events.window(&query, at(0)).unwrap()
}

/// The numbers of the events in the rows.
fn numbers(rows: &EventRows) -> Vec<u64> {
    rows.rows
        .iter()
        .map(|row| u64::from_be_bytes(row.event.uuid.0[8..].try_into().unwrap()))
        .collect()
}

#[test]
fn a_delivery_is_stored_once_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let page: Vec<_> = (0..700)
        .map(|n| event(n, at(i64::try_from(n).unwrap())))
        .collect();
    let batch = EventBatch {
        events: page.clone(),
        marks: vec![("log.next".into(), "https://acme.example/next".into())],
        at: at(800),
    };
    let appended = wait(store.events.append(batch)).unwrap();
    assert_eq!((appended.stored, appended.duplicates), (700, 0));
    let again = append(&store.events, page[100..300].to_vec());
    assert_eq!(
        (again.stored, again.duplicates, again.conflicts),
        (0, 200, 0)
    );
    let mut other = page[5].clone();
    other.1 = RawJson::new("{\"other\":true}");
    assert_eq!(append(&store.events, vec![other]).conflicts, 1);
    store.close().unwrap();

    let store = Store::open(&path, None).unwrap();
    assert_eq!(append(&store.events, page[600..].to_vec()).duplicates, 100);
    let summary = store.events.summary();
    assert_eq!(
        (summary.events, summary.duplicates, summary.conflicts),
        (700, 301, 1)
    );
    assert_eq!(
        (summary.oldest, summary.newest),
        (Some(at(0)), Some(at(699)))
    );
    assert_eq!(
        store.events.mark("log.next").unwrap().as_deref(),
        Some("https://acme.example/next")
    );
    let row = store
        .events
        .event(EventKey::Uuid(uuid(5)))
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.event.clone(), row.raw.clone()),
        (page[5].0.clone(), Some(page[5].1.clone()))
    );
    assert_eq!(
        store.events.event(EventKey::Pos(row.pos)).unwrap(),
        Some(row)
    );
    assert_eq!(
        store.events.event(EventKey::Uuid(uuid(5_000))).unwrap(),
        None
    );
    let nowhere = EventPos {
        published_ms: 0,
        seq: 0,
    };
    assert_eq!(store.events.event(EventKey::Pos(nowhere)).unwrap(), None);
}

#[test]
fn windows_lie_where_they_are_anchored() {
    let store = Store::in_memory().unwrap();
    // Two days; the second was read before the first, newest first, as a backfill does.
    let published = |n: u64| at(i64::try_from(n).unwrap() * 100);
    append(
        &store.events,
        (1_000..2_000).map(|n| event(n, published(n))).collect(),
    );
    append(
        &store.events,
        (0..1_000).rev().map(|n| event(n, published(n))).collect(),
    );
    let ask = |anchor, limit| ask(&store.events, "", anchor, limit);

    let newest = ask(EventAnchor::Newest, 10);
    assert_eq!(numbers(&newest), (1_990..2_000).collect::<Vec<_>>());
    assert!(newest.more_older && !newest.more_newer);
    assert_eq!((newest.total, newest.newer), (2_000, 0));

    let before = ask(EventAnchor::Before(newest.rows[0].pos), 10);
    assert_eq!(numbers(&before), (1_980..1_990).collect::<Vec<_>>());
    assert_eq!((before.more_newer, before.newer), (true, 10));

    let oldest = ask(EventAnchor::Oldest, 5);
    assert_eq!(numbers(&oldest), [0, 1, 2, 3, 4]);
    assert_eq!(
        (oldest.more_older, oldest.more_newer, oldest.newer),
        (false, true, 1_000)
    );
    let next = ask(EventAnchor::After(oldest.rows[4].pos), 5);
    assert_eq!(numbers(&next), [5, 6, 7, 8, 9]);
    assert!(next.more_older);

    let around = ask(EventAnchor::Around(next.rows[0].pos), 4);
    assert_eq!(numbers(&around), [3, 4, 5, 6]);
    let at_the_start = ask(EventAnchor::Around(oldest.rows[1].pos), 6);
    assert_eq!(numbers(&at_the_start), [0, 1, 2, 3, 4, 5]);
    assert!(!at_the_start.more_older);
    let at_the_end = ask(EventAnchor::Around(newest.rows[9].pos), 6);
    assert_eq!(numbers(&at_the_end), (1_994..2_000).collect::<Vec<_>>());
    assert!(!at_the_end.more_newer);
    assert_eq!(ask(EventAnchor::After(newest.rows[9].pos), 5).rows, []);
    assert_eq!(ask(EventAnchor::Before(oldest.rows[0].pos), 5).rows, []);
}

#[test]
fn filters_and_bounds_narrow_a_window() {
    let store = Store::in_memory().unwrap();
    append(
        &store.events,
        (0..3_000)
            .map(|n| event(n, at(i64::try_from(n).unwrap())))
            .collect(),
    );
    let about = ask(
        &store.events,
        "about:00u00000000000000042",
        EventAnchor::Newest,
        3,
    );
    assert_eq!(numbers(&about), [2_742, 2_842, 2_942]);
    assert!(about.more_older);
    let few = ask(
        &store.events,
        "session:session7 type:membership",
        EventAnchor::Newest,
        1_000,
    );
    assert!(!few.more_older && !few.rows.is_empty());
    let query = EventQuery {
        since: Some(at(100)),
        until: Some(at(110)),
        with_raw: true,
        ..EventQuery::default()
    };
    let rows = store.events.window(&query, at(0)).unwrap();
    assert_eq!(numbers(&rows), (100..110).collect::<Vec<_>>());
    assert!(!rows.more_older && !rows.more_newer);
    for row in &rows.rows {
        let n = u64::from_be_bytes(row.event.uuid.0[8..].try_into().unwrap());
        assert_eq!(row.raw.as_ref(), Some(&event(n, row.event.published).1));
    }
    let broken = EventQuery {
        filter: "shoe:9".into(),
        ..EventQuery::default()
    };
    assert!(matches!(
        store.events.window(&broken, at(0)),
        Err(QueryError::Filter(_))
    ));
}

/// Blocks that are known not to tell of an object are left out; the answers stay the same, also when events come later.
#[test]
fn a_second_search_about_an_object_finds_the_same() {
    let store = Store::in_memory().unwrap();
    let page = |numbers: std::ops::Range<u64>| -> Vec<_> {
        // Each thousand is about users of its own.
        let about = |n: u64| {
            let (mut event, raw) = event(n, at(i64::try_from(n * 50).unwrap()));
            event.targets[0].id = format!("00uTarget{:04}x{}", n / 1_000, n % 3).into();
            (event, raw)
        };
        numbers.map(about).collect()
    };
    append(&store.events, page(0..6_000));
    let about = |filter: &str| numbers(&ask(&store.events, filter, EventAnchor::Oldest, 10_000));
    let expected = |thousand: u64, end: u64| -> Vec<u64> {
        (thousand * 1_000..end).filter(|n| n % 3 == 1).collect()
    };
    for _ in 0..2 {
        assert_eq!(about("about:00utarget0002X1"), expected(2, 3_000));
        assert_eq!(
            about("about=00uTarget0005x1 country:norway"),
            expected(5, 6_000)
        );
        assert_eq!(about("about:target0009"), Vec::<u64>::new());
        assert_eq!(about("about:target0002x1 or about:target0000x1").len(), 666);
        assert_eq!(about("-about:00utarget").len(), 0);
    }
    append(&store.events, page(6_000..6_500));
    append(&store.events, page(9_000..9_300));
    assert_eq!(about("about:00utarget0006x1"), expected(6, 6_500));
    assert_eq!(about("about:target0009x1"), expected(9, 9_300));
    assert_eq!(about("about:00utarget0005x1"), expected(5, 6_000));
}

#[test]
fn a_late_event_stands_where_it_belongs() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("data"), None).unwrap();
    for n in 0..20u64 {
        append(
            &store.events,
            vec![event(n, at(i64::try_from(n).unwrap() * DAY))],
        );
    }
    append(
        &store.events,
        vec![event(100, at(3 * DAY - 1)), event(101, at(3 * DAY))],
    );
    let rows = ask(&store.events, "", EventAnchor::Oldest, 6);
    assert_eq!(numbers(&rows), [0, 1, 2, 100, 3, 101]);
    assert_eq!(store.events.summary().days, 20);
    assert_eq!(store.events.uuids().unwrap().len(), 22);
    let revisions = store.revisions();
    assert_eq!(revisions.borrow().events, 21);
}

/// An org's own export was told as 223 conflicts of 2,300: every event with a character that a terminal would act on.
#[test]
fn other_words_for_the_same_event_are_no_conflict() {
    let store = Store::in_memory().unwrap();
    let page: Vec<_> = (0..300)
        .map(|n| {
            let (event, _) = event(n, at(i64::try_from(n).unwrap()));
            let raw = format!("{{\"n\":{n},\"name\":\"a\u{202e}b\"}}");
            (event, RawJson::new(raw))
        })
        .collect();
    append(&store.events, page.clone());
    // One of a full block and one of the last, which is not.
    for n in [7, 290] {
        let mut came = page[n].clone();
        for (raw, conflicts) in [
            (format!("{{ \"name\": \"a\\u202eb\",\n\"n\": {n} }}"), 0),
            (
                format!("{{\"n\":{n},\"name\":\"a\u{202e}b\",\"late\":1}}"),
                1,
            ),
            (format!("{{\"n\":{n},\"name\":"), 1),
        ] {
            came.1 = RawJson::new(raw);
            let appended = append(&store.events, vec![came.clone()]);
            let found = (appended.stored, appended.duplicates, appended.conflicts);
            assert_eq!(found, (0, 1, conflicts), "{:?}", came.1.as_unsafe_str());
        }
    }
}

#[test]
fn what_is_covered_fills_gaps_and_leaves_what_lies_outside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let gap = |from, to, filled: Option<i64>| Gap {
        from: at(from),
        to: at(to),
        reason: "told by a test".into(),
        filled: filled.map(at),
    };
    for (from, to) in [(10, 20), (30, 40), (50, 60), (70, 80)] {
        wait(store.events.add_gap(gap(from, to, None))).unwrap();
    }
    let stretch = Stretch {
        from: at(35),
        to: at(55),
    };
    wait(store.events.cover(stretch, at(99))).unwrap();
    let expected = [
        gap(10, 20, None),
        gap(30, 40, Some(99)),
        gap(50, 60, Some(99)),
        gap(70, 80, None),
        gap(30, 35, None),
        gap(55, 60, None),
    ];
    assert_eq!(store.events.gaps().unwrap(), expected);
    // Once more changes nothing, and what only touches is not covered.
    wait(store.events.cover(stretch, at(100))).unwrap();
    let beside = Stretch {
        from: at(20),
        to: at(30),
    };
    wait(store.events.cover(beside, at(100))).unwrap();
    assert_eq!(store.events.gaps().unwrap(), expected);
    store.close().unwrap();
    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.events.gaps().unwrap(), expected);
}

#[test]
fn gaps_are_recorded_once_and_filled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let gap = Gap {
        from: at(10),
        to: at(20),
        reason: "the cursor was lost".into(),
        filled: None,
    };
    let other = Gap {
        from: at(30),
        ..gap.clone()
    };
    wait(store.events.add_gap(gap.clone())).unwrap();
    wait(store.events.add_gap(other.clone())).unwrap();
    wait(store.events.add_gap(gap.clone())).unwrap();
    // Another that begins at the same moment, and stays open.
    let same_start = Gap {
        reason: "events could not be read".into(),
        ..gap.clone()
    };
    wait(store.events.add_gap(same_start.clone())).unwrap();
    wait(store.events.fill_gap(gap.clone(), at(99))).unwrap();
    store.close().unwrap();
    let store = Store::open(&path, None).unwrap();
    let filled = Gap {
        filled: Some(at(99)),
        ..gap
    };
    assert_eq!(store.events.gaps().unwrap(), [filled, other, same_start]);
}

#[test]
fn a_day_that_was_removed_is_gone_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let page = (0..30).map(|n| event(n, at(i64::try_from(n).unwrap() * DAY / 10)));
    append(&store.events, page.collect());
    let days = store.events.summary().days;
    store.close().unwrap();
    let name = at(0).to_zoned(jiff::tz::TimeZone::UTC).date();
    std::fs::remove_file(path.join(format!("events/{name}.redb"))).unwrap();
    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.events.summary().days, days - 1);
    let left = ask(&store.events, "", EventAnchor::Oldest, 100).rows.len();
    assert_eq!(left as u64, store.events.summary().events);
    assert!(left > 15 && left < 30);
}

/// The days `0..days` after the start of the tests' time, ten events each.
fn store_of_days(path: &std::path::Path, days: i64) -> Store {
    let store = Store::open(path, None).unwrap();
    let page = (0..days * 10).map(|n| event(u64::try_from(n).unwrap(), at(n * DAY / 10)));
    append(&store.events, page.collect());
    store
}

fn day_file(path: &std::path::Path, day: i64) -> std::path::PathBuf {
    let date = at(day * DAY).to_zoned(jiff::tz::TimeZone::UTC).date();
    path.join(format!("events/{date}.redb"))
}

#[test]
fn a_damaged_day_is_named_and_the_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    store_of_days(&path, 4).close().unwrap();
    std::fs::write(day_file(&path, 1), "this was a day").unwrap();
    let store = Store::open(&path, None).unwrap();
    assert_eq!(
        numbers(&ask(&store.events, "", EventAnchor::Newest, 3)),
        [37, 38, 39]
    );
    let query = EventQuery {
        anchor: EventAnchor::Oldest,
        ..EventQuery::default()
    };
    let Err(QueryError::Store(error)) = store.events.window(&query, at(0)) else {
        panic!("a damaged day was read");
    };
    let name = day_file(&path, 1);
    assert!(
        error.to_string().contains(name.to_str().unwrap()),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("move"));
    // Events of that day cannot be taken, and their page is not passed; those of other days can.
    let late = EventBatch {
        events: vec![event(900, at(DAY + 5))],
        marks: vec![("next".to_owned(), "x".to_owned())],
        at: at(0),
    };
    assert!(wait(store.events.append(late)).is_err());
    assert_eq!(store.events.mark("next").unwrap(), None);
    assert_eq!(
        append(&store.events, vec![event(901, at(3 * DAY + 5))]).stored,
        1
    );
}

#[test]
fn the_days_are_counted_anew_when_the_index_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = store_of_days(&path, 3);
    let before = store.events.summary();
    store.close().unwrap();
    std::fs::remove_file(path.join("events/index.redb")).unwrap();
    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.events.summary(), before);
    assert_eq!(
        append(&store.events, vec![event(5, at(DAY / 2))]).duplicates,
        1
    );
}

fn model_rows(model: &BTreeMap<(i64, u64), u64>) -> Vec<u64> {
    model.values().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the order and however often events are delivered, the log is the set of them, sorted by publication.
    #[test]
    fn appending_is_adding_to_a_set(
        pages in prop::collection::vec(prop::collection::vec(0u64..1_500, 1..400), 1..8),
        limit in 1usize..300,
    ) {
        let store = Store::in_memory().unwrap();
        // About three days, out of order, with equal moments.
        let published = |n: u64| at(i64::try_from((n * 7_919) % 1_501 / 3 * 500).unwrap());
        let mut seen = std::collections::BTreeSet::new();
        for page in &pages {
            let appended = append(&store.events, page.iter().map(|n| event(*n, published(*n))).collect());
            let fresh = page.iter().filter(|n| seen.insert(**n)).count();
            prop_assert_eq!(appended.stored, fresh as u64);
            prop_assert_eq!(appended.duplicates, (page.len() - fresh) as u64);
        }
        let all = ask(&store.events, "", EventAnchor::Oldest, 10_000);
        prop_assert!(all.rows.is_sorted_by_key(|row| row.pos));
        let mut found = numbers(&all);
        let model: BTreeMap<(i64, u64), u64> = all
            .rows
            .iter()
            .zip(&found)
            .map(|(row, n)| ((row.pos.published_ms, row.pos.seq), *n))
            .collect();
        prop_assert_eq!(model_rows(&model), found.clone());
        // Walking it backwards in windows of any size gives the same rows.
        let mut backwards = Vec::new();
        let mut anchor = EventAnchor::Newest;
        loop {
            let rows = ask(&store.events, "", anchor, limit);
            backwards.splice(0..0, numbers(&rows));
            prop_assert_eq!(rows.more_older, backwards.len() < found.len());
            match rows.rows.first() {
                Some(first) => anchor = EventAnchor::Before(first.pos),
                None => break,
            }
        }
        prop_assert_eq!(&backwards, &found);
        let times: Vec<Timestamp> = all.rows.iter().map(|row| row.event.published).collect();
        prop_assert!(times.is_sorted());
        found.sort_unstable();
        prop_assert_eq!(found, seen.into_iter().collect::<Vec<_>>());
    }
}
