//! Tests of the life that goes on by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::sim::derive::Seed;
use crate::sim::log::Log;
use crate::sim::log::book::Book;
use crate::sim::population::{self, Plan};
use crate::sim::time::HOUR_MS;
use crate::sim::world::call::Call;

use super::*;

fn noon() -> Millis {
    Millis::parse("2026-11-18T12:00:00Z").unwrap()
}

fn org(users: usize) -> World {
    population::populate(&Plan {
        seed: 21,
        users,
        groups: 60,
        apps: 20,
        now: noon(),
        index_lag_ms: 0,
        strange: false,
        engine: crate::sim::world::Engine::Identity,
    })
}

/// Lives for `hours`; how many events of each type were left, and how many acts there were.
fn lived(world: &mut World, hours: i64) -> (BTreeMap<&'static str, usize>, usize, Log) {
    let mut log = Log::new(Seed(1), String::new(), false);
    let mut life = Life::new(world, Pace::Human);
    let (mut now, end) = (noon(), noon() + hours * HOUR_MS);
    let mut acts = 0;
    while now < end {
        now = now + i64::try_from(life.pause(now).as_millis()).unwrap();
        life.act(world, now);
        acts += 1;
        let happened = world.take_journal();
        log.tell(world, &happened, &|| None);
    }
    log.settle(end + HOUR_MS);
    let mut types = BTreeMap::new();
    for at in log.persisted_since(Millis(0)) {
        *types
            .entry(log.event(*at).kind.spec().event_type)
            .or_default() += 1;
    }
    (types, acts, log)
}

#[test]
fn two_thousand_people_leave_about_one_event_a_second() {
    let mut world = org(2_000);
    let (types, acts, log) = lived(&mut world, 4);
    let per_second = log.len() as f64 / (4.0 * 3_600.0);
    assert!((0.5..2.5).contains(&per_second), "{per_second} {types:?}");
    let of_an_act = log.len() as f64 / acts as f64;
    assert!(
        (EVENTS_OF_AN_ACT * 0.85..EVENTS_OF_AN_ACT * 1.15).contains(&of_an_act),
        "{of_an_act}"
    );
}

#[test]
fn everyday_things_happen_and_sign_ins_are_most_of_them() {
    let mut world = org(2_000);
    let (types, ..) = lived(&mut world, 24);
    let of = |kind: &str| types.get(kind).copied().unwrap_or(0);
    for kind in [
        "user.session.start",
        "user.authentication.sso",
        "user.session.end",
        "group.user_membership.add",
        "group.user_membership.remove",
        "application.user_membership.add",
        "user.account.update_profile",
        "user.account.update_password",
        "user.lifecycle.create",
        "user.lifecycle.suspend",
        "user.account.unlock_by_admin",
        "user.session.access_admin_app",
    ] {
        assert!(of(kind) > 0, "{kind} is missing from {types:?}");
    }
    assert!(of("user.session.start") > 20 * of("group.user_membership.add"));
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let (first, ..) = lived(&mut org(300), 6);
    let (second, ..) = lived(&mut org(300), 6);
    assert_eq!(first, second);
}

#[tokio::test]
async fn life_follows_a_manual_clock() {
    let world = org(200);
    let start: Timestamp = noon().to_string().parse().unwrap();
    let (clock, hand) = Clock::manual(start);
    let book = Arc::new(Book::new(
        Log::new(Seed(1), String::new(), false),
        Arc::default(),
    ));
    let org = Arc::new(Org::new(
        world,
        clock,
        Arc::clone(&book) as Arc<dyn crate::sim::org::Recorder>,
    ));
    let task = tokio::spawn({
        let org = Arc::clone(&org);
        let (pace, at) = watch::channel(Some(Pace::EventsPerSecond(1.0)));
        async move {
            live(&org, at).await;
            drop(pace);
        }
    });
    for _ in 0..200 {
        while hand.next_deadline().is_none() {
            tokio::task::yield_now().await;
        }
        let due = hand.next_deadline().unwrap();
        hand.set(due);
        while hand.next_deadline() == Some(due) {
            tokio::task::yield_now().await;
        }
    }
    task.abort();
    let events = book.read(org.now() + HOUR_MS).len();
    assert!(events > 100, "{events}");
}

#[test]
fn whoever_a_client_works_on_is_left_alone_for_an_hour() {
    let mut world = org(120);
    let call = world.take_call(Call::default());
    let by_client = Cause {
        call: Some(call),
        ..world.by_system(noon(), 1)
    };
    let users = (0..world.users().len()).map(UserIx::from_usize);
    let suspended: Vec<UserIx> = users
        .filter(|user| world.suspend(&by_client, *user).is_ok())
        .collect();
    assert!(suspended.len() > 50);
    let still = |world: &World| {
        let of = suspended.iter();
        of.filter(|user| world.user(**user).status == Status::Suspended)
            .count()
    };
    let mut life = Life::new(&world, Pace::Human);
    for second in 0..3_500 {
        life.act(&mut world, noon() + second * SECOND_MS);
    }
    assert_eq!(still(&world), suspended.len());
    for second in 0..3_500 {
        life.act(&mut world, noon() + HOUR_MS + second * SECOND_MS);
    }
    assert!(still(&world) < suspended.len());
}

#[test]
fn nobody_opens_anything_in_a_session_that_was_ended() {
    let mut world = org(120);
    let mut life = Life::new(&world, Pace::Human);
    for second in 0..1_000 {
        life.act(&mut world, noon() + second * SECOND_MS);
    }
    let end = noon() + 1_000 * SECOND_MS;
    assert!(life.seat(&world, end).is_some());
    let cause = world.by_system(end, 1);
    for user in (0..world.users().len()).map(UserIx::from_usize) {
        world.clear_sessions(&cause, user);
    }
    assert!(life.seat(&world, end).is_none());
}
