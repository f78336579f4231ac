//! How fast a reader asks: within its share, never into a closed window, and with a person before the sync.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::Response;
use jiff::Timestamp;
use oktop::clock::Clock;
use oktop::okta::{Bucket, Cursor, ErrorKind, Lane, Reader};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::server::{Answer, TestServer};
use super::{START_SECS, driven_clock, in_time, reader_with, settings};

fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Counts requests per minute of its clock, as Okta does.
struct Windows {
    clock: Clock,
    limit: u32,
    seen: Mutex<BTreeMap<i64, u32>>,
}

impl Windows {
    fn answer(&self) -> Response<Body> {
        let now = self.clock.now();
        let window = (now.as_second() - START_SECS) / 60;
        let mut seen = self.seen.lock().unwrap();
        let count = seen.entry(window).or_default();
        *count += 1;
        let status = if *count > self.limit { 429 } else { 200 };
        Answer::new(status, "[]")
            .with("date", http_date(now))
            .rate(
                self.limit,
                self.limit.saturating_sub(*count),
                START_SECS + (window + 1) * 60,
            )
            .into()
    }
}

async fn windowed(clock: &Clock, limit: u32) -> (TestServer, Arc<Windows>) {
    let windows = Arc::new(Windows {
        clock: clock.clone(),
        limit,
        seen: Mutex::default(),
    });
    let answering = Arc::clone(&windows);
    let server = TestServer::start(move |_, _| {
        let answer = answering.answer();
        async move { answer }
    })
    .await;
    (server, windows)
}

async fn read_many(reader: &Reader, count: usize) {
    let mut reads = JoinSet::new();
    for _ in 0..count {
        let reader = reader.clone();
        reads.spawn(async move { reader.apps(&Cursor::Start).await });
    }
    while let Some(read) = reads.join_next().await {
        read.unwrap().unwrap();
    }
}

#[tokio::test]
async fn bulk_reads_stay_within_their_share_of_every_window() {
    let (clock, _driver) = driven_clock();
    let (server, windows) = windowed(&clock, 20).await;
    let reader = reader_with(settings(&server.url), clock).in_lane(Lane::Bulk);
    in_time(read_many(&reader, 45)).await;
    let seen = windows.seen.lock().unwrap();
    assert!(seen.values().all(|count| *count <= 10), "{seen:?}");
    assert_eq!(
        seen.values().sum::<u32>(),
        45,
        "nothing was sent twice: {seen:?}"
    );
    let budget = &reader.budgets()[0];
    assert_eq!(
        (budget.bucket, budget.limit, budget.bulk_allowance),
        (Bucket::Apps, 20, 10)
    );
    assert_eq!(reader.traffic().throttled, 0);
    assert_eq!(reader.traffic().buckets[&Bucket::Apps], 45);
}

#[tokio::test]
async fn a_person_gets_more_than_the_sync() {
    let (clock, hand) = Clock::manual(Timestamp::from_second(START_SECS).unwrap());
    let (server, windows) = windowed(&clock, 20).await;
    let person = reader_with(settings(&server.url), clock);
    let sync = person.in_lane(Lane::Bulk);
    in_time(read_many(&sync, 10)).await;
    let stuck = tokio::spawn(async move { sync.apps(&Cursor::Start).await });
    in_time(async {
        while hand.next_deadline().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    in_time(read_many(&person, 5)).await;
    assert!(
        !stuck.is_finished(),
        "the clock stands still, and with it the sync"
    );
    assert_eq!(windows.seen.lock().unwrap()[&0], 15);
    stuck.abort();
}

#[tokio::test]
async fn a_429_is_waited_out_by_oktas_clock() {
    let (clock, hand) = Clock::manual(Timestamp::from_second(START_SECS).unwrap());
    let okta_now = Timestamp::from_second(START_SECS + 300).unwrap();
    let server = TestServer::script(vec![
        Answer::new(429, r#"{"errorCode":"E0000047"}"#)
            .with("date", http_date(okta_now))
            .rate(100, 0, START_SECS + 330),
        Answer::new(200, "[]"),
    ])
    .await;
    let reader = reader_with(settings(&server.url), clock);
    let read = tokio::spawn({
        let reader = reader.clone();
        async move { reader.apps(&Cursor::Start).await }
    });
    // Both the zero wait of the repeat and the wait for the window register a deadline; only the second is half a minute away.
    let wait_secs = in_time(async {
        loop {
            if let Some(deadline) = hand.next_deadline() {
                let wait_secs = deadline.as_second() - START_SECS;
                if wait_secs > 0 {
                    return wait_secs;
                }
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!((30..=31).contains(&wait_secs), "{wait_secs}");
    assert_eq!(server.seen().len(), 1);
    let budget = &reader.budgets()[0];
    assert_eq!(
        budget.throttled_until.unwrap().as_second(),
        START_SECS + 331
    );
    assert_eq!(reader.clock_skew().unwrap().as_secs(), 300);
    hand.advance(Duration::from_secs(32));
    in_time(read).await.unwrap().unwrap();
    assert_eq!((server.seen().len(), reader.traffic().throttled), (2, 1));
}

#[tokio::test]
async fn a_429_that_never_ends_is_given_up() {
    for (answer, lane, requests) in [
        (Answer::new(429, ""), Lane::Interactive, 4),
        (Answer::new(429, ""), Lane::Bulk, 11),
        (
            Answer::new(429, "").rate(100, 0, START_SECS - 3600),
            Lane::Bulk,
            11,
        ),
        (Answer::new(429, "").rate(0, 0, START_SECS), Lane::Bulk, 11),
    ] {
        let server = TestServer::script(vec![answer]).await;
        let (clock, _driver) = driven_clock();
        let reader = reader_with(settings(&server.url), clock).in_lane(lane);
        let error = in_time(reader.apps(&Cursor::Start)).await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::RateLimited { .. }),
            "{error:?}"
        );
        assert!(error.is_transient());
        assert_eq!(server.seen().len(), requests);
    }
}

#[tokio::test]
async fn only_so_many_requests_are_under_way_at_once() {
    let gate = Arc::new(Semaphore::new(0));
    let at_once = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let server = TestServer::start({
        let (gate, at_once, most) = (Arc::clone(&gate), Arc::clone(&at_once), Arc::clone(&most));
        move |number, _| {
            let (gate, at_once, most) =
                (Arc::clone(&gate), Arc::clone(&at_once), Arc::clone(&most));
            async move {
                // The first is the probe of an unknown bucket.
                if number > 0 {
                    most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    gate.acquire().await.unwrap().forget();
                    at_once.fetch_sub(1, Ordering::SeqCst);
                }
                Answer::new(200, "[]").into()
            }
        }
    })
    .await;
    let (clock, _driver) = driven_clock();
    let person = reader_with(settings(&server.url), clock);
    let sync = person.in_lane(Lane::Bulk);
    let wait_for = |count: usize| {
        let at_once = Arc::clone(&at_once);
        async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(1));
            while at_once.load(Ordering::SeqCst) < count {
                ticks.tick().await;
            }
        }
    };
    in_time(sync.apps(&Cursor::Start)).await.unwrap();
    let bulk = tokio::spawn(async move { read_many(&sync, 30).await });
    in_time(wait_for(6)).await;
    let personal = tokio::spawn(async move { read_many(&person, 30).await });
    in_time(wait_for(10)).await;
    gate.add_permits(60);
    in_time(bulk).await.unwrap();
    in_time(personal).await.unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 10);
}
