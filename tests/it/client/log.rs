//! The System Log of the simulated org, in its two ways.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oktop::clock::Clock;
use oktop::domain::log_event::LogEvent;
use oktop::okta::{Cursor, ErrorKind, LogSelect, Reader};
use oktop::sim::{Options, Simulator};
use serde_json::{Value, json};

use super::simulated::{all, control, in_process, options};
use super::{driven_clock, in_time, let_pass};

fn with_history(strange: bool) -> Options {
    Options {
        events: 2_500,
        strange,
        ..options()
    }
}

fn days_before(time: Timestamp, days: i64) -> Timestamp {
    time - SignedDuration::from_hours(24 * days)
}

/// Follows the log from `cursor` until it is caught up; the cursor then stands where to go on.
async fn catch_up(reader: &Reader, since: Timestamp, cursor: &mut Cursor) -> Vec<LogEvent> {
    let mut events = Vec::new();
    loop {
        let page = in_time(reader.logs(LogSelect::Follow { since }, None, cursor))
            .await
            .unwrap();
        assert!(page.bad.is_empty(), "{:?}", page.bad);
        *cursor = page.next.expect("following has no end").into();
        if page.items.is_empty() {
            return events;
        }
        events.extend(page.items.into_iter().map(|item| item.value));
    }
}

fn uuids(events: &[LogEvent]) -> BTreeSet<String> {
    events.iter().map(|event| event.uuid.to_string()).collect()
}

async fn truth(simulator: &Simulator) -> BTreeSet<String> {
    let events = control(simulator, "truth/events", None).await;
    let events = events.as_array().unwrap().iter();
    events
        .map(|event| event["uuid"].as_str().unwrap().to_owned())
        .collect()
}

/// Makes somebody do something, and lets it be stored.
async fn something_happens(simulator: &Simulator, clock: &Clock, login: &str) {
    let change =
        json!({"change": "create_user", "login": login, "first_name": "New", "last_name": "One"});
    control(simulator, "changes", Some(change)).await;
    let_pass(clock, Duration::from_mins(5)).await;
}

#[tokio::test]
async fn following_tells_every_event_and_goes_on_from_a_stored_link() {
    for strange in [false, true] {
        let (clock, _driver) = driven_clock();
        let (simulator, reader) = in_process(&with_history(strange), clock.clone());
        let since = days_before(clock.now(), 30);
        let mut cursor = Cursor::Start;
        let mut events = catch_up(&reader, since, &mut cursor).await;
        assert!(events.len() >= 2_000, "{}", events.len());
        assert!(events.iter().all(|event| !event.event_type.is_empty()));

        something_happens(&simulator, &clock, "one@acme.example").await;
        let Cursor::At(link) = &cursor else {
            panic!("no cursor after a page")
        };
        let mut stored = Cursor::At(reader.restore_link(link.as_str()).unwrap());
        let news = catch_up(&reader, since, &mut stored).await;
        assert!(
            news.iter()
                .any(|event| &*event.event_type == "user.lifecycle.create"),
            "{news:?}"
        );
        events.extend(news);
        let told = uuids(&events);
        assert_eq!(told.len(), events.len(), "each once");
        assert_eq!(told, truth(&simulator).await);
    }
}

#[tokio::test]
async fn a_bounded_range_ends_and_is_in_order() {
    let (clock, _driver) = driven_clock();
    let (simulator, reader) = in_process(&with_history(false), clock.clone());
    let (since, until) = (days_before(clock.now(), 5), days_before(clock.now(), 1));
    let mut told = Vec::new();
    for descending in [true, false] {
        let select = LogSelect::Bounded {
            since,
            until,
            descending,
        };
        let mut events = in_time(all(async |cursor| reader.logs(select, None, cursor).await)).await;
        if descending {
            events.reverse();
        }
        assert!(events.is_sorted_by_key(|event| event.published));
        told.push(uuids(&events));
    }
    assert_eq!(told[0], told[1]);
    let all = control(&simulator, "truth/events", None).await;
    let in_range = all.as_array().unwrap().iter().filter(|event| {
        let published: Timestamp = event["published"].as_str().unwrap().parse().unwrap();
        (since..until).contains(&published)
    });
    let expected: BTreeSet<String> = in_range
        .map(|event: &Value| event["uuid"].as_str().unwrap().to_owned())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(told[0], expected);
}

#[tokio::test]
async fn a_filter_narrows_and_a_broken_one_is_explained() {
    let (clock, _driver) = driven_clock();
    let (_simulator, reader) = in_process(&with_history(false), clock.clone());
    let select = LogSelect::Bounded {
        since: days_before(clock.now(), 7),
        until: clock.now(),
        descending: true,
    };
    let filter = "eventType eq \"user.session.start\" and outcome.result eq \"SUCCESS\"";
    let page = in_time(reader.logs(select, Some(filter), &Cursor::Start))
        .await
        .unwrap();
    assert!(!page.items.is_empty());
    assert!(
        page.items
            .iter()
            .all(|item| &*item.value.event_type == "user.session.start")
    );
    let error = in_time(reader.logs(select, Some("eventType eqq \"x\""), &Cursor::Start))
        .await
        .unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::Invalid(why) if why.contains("eqq")),
        "{error:?}"
    );
    let too_old = LogSelect::Follow {
        since: days_before(clock.now(), 200),
    };
    let error = in_time(reader.logs(too_old, None, &Cursor::Start))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_deref(), Some("E0000053"), "{error:?}");
}
