//! Tests of how the log stores, orders and serves events.

use crate::sim::derive::{Seed, mix};
use crate::sim::event::kind::Kind;
use crate::sim::event::party::PartyKind;
use crate::sim::event::{Outcome, Signals, Target};
use crate::sim::time::MINUTE_MS;
use crate::sim::world::place::{Client, PlaceIx, SCRIPT_AGENT};

use super::*;

const NOW: Millis = Millis(1_795_341_600_000);

/// A log that gets one event for each of `times`: published and persisted, in milliseconds before [`NOW`].
fn log_of(times: &[(i64, i64)]) -> Log {
    let mut log = Log::new(Seed(1), "https://x.okta.com".to_owned(), false);
    for (nth, (published, persisted)) in times.iter().enumerate() {
        append(&mut log, nth, NOW.0 - published, NOW.0 - persisted);
    }
    log.settle(NOW);
    log
}

fn append(log: &mut Log, nth: usize, published_ms: i64, persisted_ms: i64) {
    let actor = log
        .tables_mut()
        .cast
        .object(PartyKind::User, 0, "00u1", "ann@x.test", "Ann Lee");
    log.append(Event {
        published_ms,
        persisted_ms,
        seed: mix(nth as u64),
        request: nth as u64,
        session: 0,
        actor,
        targets: [Target::NONE; 3],
        note: 0,
        from: Client::in_place(PlaceIx(0), SCRIPT_AGENT, 1, 0),
        job: true,
        kind: Kind::SessionStart,
        outcome: Outcome::Success,
        reason: 0,
        signals: Signals::NONE,
        factor: None,
    });
}

fn query(parameters: &[(&str, &str)]) -> Query {
    let get = |name: &str| {
        let found = parameters.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| *value)
    };
    Query::read(get, NOW).unwrap()
}

fn page(log: &Log, parameters: &[(&str, &str)]) -> Page {
    log.page(&query(parameters), NOW, 0).unwrap()
}

/// Everything that following `next` delivers, until the link ends or a page is empty.
fn walk(log: &Log, parameters: &[(&str, &str)]) -> Vec<u32> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut asked = parameters.to_vec();
        if let Some(after) = &after {
            asked.push(("after", after));
        }
        let page = page(log, &asked);
        all.extend(&page.events);
        if page.events.is_empty() || page.next.is_none() {
            return all;
        }
        after = page.next;
    }
}

#[test]
fn polling_walks_by_persistence_and_bounded_by_published() {
    let log = log_of(&[
        (5_000, 4_900),
        (4_000, 1_000),
        (3_000, 2_900),
        (2_000, 1_900),
    ]);
    assert_eq!(walk(&log, &[("limit", "1")]), [0, 2, 3, 1]);
    let until = NOW.to_string();
    assert_eq!(
        walk(&log, &[("limit", "1"), ("until", &until)]),
        [0, 1, 2, 3]
    );
    assert_eq!(
        walk(&log, &[("limit", "1"), ("sortOrder", "DESCENDING")]),
        [3, 2, 1, 0]
    );
}

#[test]
fn polling_always_has_a_next_link_and_an_empty_page_keeps_its_cursor() {
    let mut log = log_of(&[(5_000, 4_900)]);
    let first = page(&log, &[]);
    let cursor = first.next.unwrap();
    let empty = page(&log, &[("after", &cursor)]);
    assert_eq!(
        empty,
        Page {
            events: vec![],
            next: Some(cursor.clone())
        }
    );
    append(&mut log, 9, NOW.0 - 400, NOW.0 - 300);
    log.settle(NOW);
    assert_eq!(page(&log, &[("after", &cursor)]).events, [1]);
}

#[test]
fn polling_an_empty_log_from_now_on_delivers_what_comes_later() {
    let mut log = log_of(&[]);
    let since = NOW.to_string();
    let cursor = page(&log, &[("since", &since)]).next.unwrap();
    append(&mut log, 0, NOW.0, NOW.0 + 50);
    log.settle(NOW + 100);
    let page = log
        .page(
            &query(&[("since", &since), ("after", &cursor)]),
            NOW + 100,
            0,
        )
        .unwrap();
    assert_eq!(page.events, [0]);
}

#[test]
fn a_bounded_query_ends_without_a_next_link_on_its_last_page() {
    let log = log_of(&[(3_000, 2_900), (2_000, 1_900)]);
    let until = NOW.to_string();
    let both = page(&log, &[("until", &until), ("limit", "2")]);
    assert_eq!((both.events.len(), both.next), (2, None));
    let one = page(&log, &[("until", &until), ("limit", "1")]);
    assert!(one.next.is_some());
    let last = page(
        &log,
        &[
            ("until", &until),
            ("limit", "1"),
            ("after", &one.next.unwrap()),
        ],
    );
    assert_eq!((last.events, last.next), (vec![1], None));
    assert_eq!(page(&log, &[("until", &until), ("limit", "0")]).next, None);
}

#[test]
fn a_late_event_is_missing_from_a_bounded_query_until_it_is_persisted_and_polled_in_the_end() {
    let mut log = log_of(&[(3_000, 2_900)]);
    append(&mut log, 1, NOW.0 - 3_500, NOW.0 + MINUTE_MS);
    log.settle(NOW);
    let until = (NOW - 1).to_string();
    assert_eq!(walk(&log, &[("until", &until)]), [0]);
    let cursor = page(&log, &[]).next.unwrap();
    log.settle(NOW + MINUTE_MS);
    assert_eq!(walk(&log, &[("until", &until)]), [1, 0]);
    assert_eq!(page(&log, &[("after", &cursor)]).events, [1]);
}

#[test]
fn a_clock_set_back_does_not_hide_events_from_polls() {
    let mut log = log_of(&[(1_000, 900)]);
    let cursor = page(&log, &[]).next.unwrap();
    append(&mut log, 1, NOW.0 - 50_000, NOW.0 - 49_000);
    log.settle(NOW - 40_000);
    assert_eq!(page(&log, &[("after", &cursor)]).events, [1]);
}

#[test]
fn cursors_that_no_page_gave_are_refused() {
    let log = log_of(&[(3_000, 2_900), (2_000, 1_900)]);
    let until = NOW.to_string();
    for bad in [
        "x",
        "12_",
        "_1",
        "1795341597100_7",
        "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef",
    ] {
        let refused = log.page(&query(&[("after", bad)]), NOW, 0).unwrap_err();
        assert_eq!(refused.code, "E0000029", "{bad}");
    }
    for bad in [
        "x",
        "1795341597100_1",
        "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef",
        "ffffffff-ffff-1fff-8000-0123456789ab",
    ] {
        let refused = log
            .page(&query(&[("after", bad), ("until", &until)]), NOW, 0)
            .unwrap_err();
        assert_eq!(refused.code, "E0000029", "{bad}");
    }
}

#[test]
fn a_repeated_delivery_takes_room_in_the_page_and_loses_nothing() {
    let log = log_of(&[
        (9_000, 8_000),
        (7_000, 6_000),
        (5_000, 4_000),
        (3_000, 2_000),
    ]);
    let first = page(&log, &[("limit", "2")]);
    assert_eq!(first.events, [0, 1]);
    let next = first.next.unwrap();
    let second = log
        .page(&query(&[("limit", "2"), ("after", &next)]), NOW, 5)
        .unwrap();
    assert_eq!(second.events, [1, 2]);
    let third = page(&log, &[("after", &second.next.unwrap())]);
    assert_eq!(third.events, [3]);
}

#[test]
fn events_older_than_the_retention_are_not_returned() {
    let log = log_of(&[(100 * DAY_MS, 100 * DAY_MS), (DAY_MS, DAY_MS)]);
    let since = (NOW - 120 * DAY_MS).to_string();
    let until = NOW.to_string();
    assert_eq!(walk(&log, &[("since", &since)]), [1]);
    assert_eq!(walk(&log, &[("since", &since), ("until", &until)]), [1]);
}

#[test]
fn a_filtered_poll_moves_on_past_what_it_did_not_want() {
    let log = log_of(&[(3_000, 2_900), (2_000, 1_900)]);
    let none = page(&log, &[("filter", "eventType eq \"user.session.end\"")]);
    assert!(none.events.is_empty());
    assert_eq!(none.next.as_deref(), Some("1795341598100_1"));
}

#[test]
fn the_first_half_of_a_uuid_is_its_time() {
    let log = log_of(&[(3_000, 2_900)]);
    let uuid = values::uuid(log.event(0));
    assert_eq!(uuid_ms(&uuid), Some(NOW.0 - 3_000));
    assert_eq!(uuid_ms("not a uuid"), None);
}
