//! The waiting, on a clock moved by hand.

use tokio::task::JoinHandle;

use super::*;
use crate::clock::Hand;

const START: i64 = 1_795_342_000;

fn start() -> Timestamp {
    Timestamp::from_second(START).unwrap()
}

fn limiter() -> (Arc<Limiter>, Hand) {
    let (clock, hand) = Clock::manual(start());
    (Arc::new(Limiter::new(clock, 0.5)), hand)
}

fn stated(limit: u32, remaining: u32, reset_secs: i64) -> Stated {
    Stated {
        limit: Some(limit),
        remaining: Some(remaining),
        reset: Timestamp::from_second(START + reset_secs).ok(),
    }
}

fn spawn(limiter: &Arc<Limiter>, bucket: Bucket, lane: Lane) -> JoinHandle<Slot> {
    let limiter = Arc::clone(limiter);
    tokio::spawn(async move { limiter.reserve(bucket, lane).await })
}

/// Lets every task run until it waits for something that only the test can bring.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_queue_of_a_bucket_is_served_in_order() {
    let (limiter, _hand) = limiter();
    let first = limiter.reserve(Bucket::Apps, Lane::Bulk).await;
    let waiting: Vec<_> = (0..3)
        .map(|_| spawn(&limiter, Bucket::Apps, Lane::Bulk))
        .collect();
    settle().await;
    assert!(waiting.iter().all(|task| !task.is_finished()));
    // Unknown still: each lost probe lets exactly the next one go.
    drop(first);
    for task in waiting {
        let slot = task.await.unwrap();
        drop(slot);
    }
}

#[tokio::test]
async fn a_person_does_not_wait_for_the_sync() {
    let (limiter, _hand) = limiter();
    let probe = limiter.reserve(Bucket::Apps, Lane::Bulk).await;
    probe.answered(200, stated(100, 45, 60), None);
    let mut bulk = Vec::new();
    for _ in 0..6 {
        bulk.push(limiter.reserve(Bucket::Apps, Lane::Bulk).await);
    }
    let stuck = spawn(&limiter, Bucket::Apps, Lane::Bulk);
    settle().await;
    assert!(!stuck.is_finished());
    let _person = limiter.reserve(Bucket::Apps, Lane::Interactive).await;
    let _elsewhere = limiter.reserve(Bucket::Logs, Lane::Interactive).await;
    assert!(!stuck.is_finished());
    stuck.abort();
}

#[tokio::test]
async fn giving_up_frees_the_place_in_the_queue() {
    let (limiter, _hand) = limiter();
    let probe = limiter.reserve(Bucket::Apps, Lane::Bulk).await;
    let gives_up = spawn(&limiter, Bucket::Apps, Lane::Bulk);
    let next = spawn(&limiter, Bucket::Apps, Lane::Bulk);
    settle().await;
    gives_up.abort();
    let _ = gives_up.await;
    probe.answered(200, stated(100, 99, 60), None);
    let _slot = next.await.unwrap();
    assert!(limiter.state().waiting.values().all(BTreeSet::is_empty));
}

#[tokio::test]
async fn a_request_that_is_dropped_under_way_leaves_the_books_right() {
    let (limiter, _hand) = limiter();
    limiter
        .reserve(Bucket::Apps, Lane::Bulk)
        .await
        .answered(200, stated(100, 99, 60), None);
    drop(limiter.reserve(Bucket::Apps, Lane::Bulk).await);
    assert_eq!(limiter.budgets()[0].remaining, 98);
    let mut all = Vec::new();
    for _ in 0..6 {
        all.push(limiter.reserve(Bucket::Apps, Lane::Bulk).await);
    }
}

#[tokio::test]
async fn reset_is_waited_for_by_oktas_clock() {
    let (limiter, hand) = limiter();
    let ahead = SignedDuration::from_mins(5);
    let slot = limiter.reserve(Bucket::Apps, Lane::Bulk).await;
    // Okta's clock is five minutes ahead, and by it the window ends in 40 s.
    slot.answered(429, stated(100, 0, 340), Some(start() + ahead));
    assert_eq!(limiter.skew().unwrap().as_secs(), 300);
    let waiting = spawn(&limiter, Bucket::Apps, Lane::Bulk);
    settle().await;
    let wait = hand.next_deadline().unwrap().duration_since(start());
    assert!((40.4..=41.0).contains(&wait.as_secs_f64()), "{wait}");
    hand.advance(Duration::from_secs(40));
    settle().await;
    assert!(!waiting.is_finished());
    hand.advance(Duration::from_secs(1));
    let _slot = waiting.await.unwrap();
}

#[tokio::test]
async fn an_hour_of_429_sends_next_to_nothing() {
    let (limiter, hand) = limiter();
    let mut sent = 0;
    let end = start() + SignedDuration::from_hours(1);
    loop {
        let waiting = spawn(&limiter, Bucket::Apps, Lane::Bulk);
        settle().await;
        if let Some(deadline) = hand.next_deadline() {
            assert!(!waiting.is_finished());
            hand.set(deadline);
        }
        let slot = waiting.await.unwrap();
        let now = limiter.clock.now();
        if now >= end {
            break;
        }
        sent += 1;
        let reset_secs = (now.as_second() - START) / 60 * 60 + 60;
        slot.answered(429, stated(100, 0, reset_secs), None);
    }
    assert!((59..=61).contains(&sent), "{sent}");
}

#[tokio::test]
async fn a_budget_tells_until_when_the_sync_waits_for_it() {
    let (limiter, hand) = limiter();
    let waits = |limiter: &Arc<Limiter>| limiter.budgets()[0].waits_until;
    let probe = limiter.reserve(Bucket::Apps, Lane::Bulk).await;
    probe.answered(200, stated(4, 2, 30), None);
    assert_eq!(waits(&limiter), None, "nobody waits");
    let second = limiter.reserve(Bucket::Apps, Lane::Bulk).await;
    second.answered(200, stated(4, 1, 30), None);
    let waiting = spawn(&limiter, Bucket::Apps, Lane::Bulk);
    settle().await;
    let until = waits(&limiter).unwrap();
    assert!(
        until >= Timestamp::from_second(START + 30).unwrap(),
        "{until}"
    );
    hand.advance(Duration::from_secs(40));
    drop(waiting.await.unwrap());
    assert_eq!(waits(&limiter), None, "it went on");
}
