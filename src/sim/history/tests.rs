//! Tests of the past that an org begins with.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::sim::derive::Seed;
use crate::sim::event::shape;
use crate::sim::population::{self, Plan};

use super::*;

fn end() -> Millis {
    Millis::parse("2026-11-20T15:00:00Z").unwrap()
}

fn org(users: usize) -> World {
    population::populate(&Plan {
        seed: 11,
        users,
        groups: 40,
        apps: 20,
        now: end(),
        index_lag_ms: 0,
        strange: false,
        engine: crate::sim::world::Engine::Identity,
    })
}

fn told(world: &mut World, events: usize) -> (Log, Vec<Value>) {
    let mut log = Log::new(Seed(1), "https://x.okta.com".to_owned(), false);
    write(
        world,
        &mut log,
        Extent {
            events,
            days: 7,
            end: end(),
        },
    );
    log.settle(end() + DAY_MS);
    let json = |at: &u32| {
        let mut text = String::new();
        shape::write(&mut text, log.tables(), log.event(*at));
        serde_json::from_str(&text).unwrap()
    };
    let events = log.persisted_since(Millis(0)).iter().map(json).collect();
    (log, events)
}

fn text<'v>(event: &'v Value, path: &str) -> &'v str {
    event
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[test]
fn the_same_seed_tells_the_same_history_to_the_byte() {
    let (_, first) = told(&mut org(200), 1_000);
    let (_, second) = told(&mut org(200), 1_000);
    assert_eq!(first, second);
}

#[test]
fn there_are_as_many_events_as_asked_for_all_different_within_the_days() {
    let (_, events) = told(&mut org(200), 3_000);
    let uuids: BTreeSet<&str> = events.iter().map(|event| text(event, "/uuid")).collect();
    assert_eq!(uuids.len(), 3_000);
    let start = (end() - 7 * DAY_MS).to_string();
    assert!(
        events
            .iter()
            .all(|event| text(event, "/published") >= start.as_str())
    );
}

#[test]
fn most_events_are_sign_ins_and_a_few_percent_come_late() {
    let (log, events) = told(&mut org(300), 5_000);
    let of = |kind: &str| {
        events
            .iter()
            .filter(|event| text(event, "/eventType") == kind)
            .count()
    };
    assert!(
        of("user.session.start") > 900,
        "{}",
        of("user.session.start")
    );
    assert!(of("user.authentication.sso") > 500);
    assert!(of("group.user_membership.add") > 5);
    let late = log
        .persisted_since(Millis(0))
        .iter()
        .filter(|at| log.event(**at).persisted_ms - log.event(**at).published_ms > 2_000)
        .count();
    assert!((90..300).contains(&late), "{late}");
}

#[test]
fn nights_are_quiet() {
    let mut world = org(300);
    let (log, _) = told(&mut world, 4_000);
    let busy = |hours: std::ops::Range<i64>| {
        let within = |at: &&u32| {
            let hour = log.event(**at).published_ms.rem_euclid(DAY_MS) / crate::sim::time::HOUR_MS;
            hours.contains(&hour)
                && log
                    .event(**at)
                    .client()
                    .is_some_and(|client| client.place.get().city == "London")
        };
        log.persisted_since(Millis(0)).iter().filter(within).count()
    };
    assert!(
        busy(8..12) > 4 * busy(0..4),
        "{} {}",
        busy(8..12),
        busy(0..4)
    );
}

#[test]
fn the_world_is_as_the_history_left_it() {
    let mut world = org(300);
    let (_, events) = told(&mut world, 5_000);
    let mut last_login: HashMap<&str, &str> = HashMap::new();
    for event in &events {
        let target = |nth: usize| text(event, &format!("/target/{nth}/id"));
        let user = |id: &str| world.user_by_id(id).unwrap();
        let group = |id: &str| world.group_by_id(id).unwrap();
        match (text(event, "/eventType"), text(event, "/outcome/result")) {
            ("user.session.start", "SUCCESS") => {
                let last = last_login.entry(text(event, "/actor/id")).or_default();
                *last = (*last).max(text(event, "/published"));
            }
            ("group.user_membership.add", _) => {
                assert!(world.is_member(group(target(1)), user(target(0))));
            }
            ("group.user_membership.remove", _) => {
                assert!(!world.is_member(group(target(1)), user(target(0))));
            }
            _ => {}
        }
    }
    assert!(last_login.len() > 100);
    for (id, last) in last_login {
        let user = world.user(world.user_by_id(id).unwrap());
        // The session is given some 45 ms after the sign-in began.
        let stamped = user.last_login.unwrap();
        assert!(
            stamped.to_string().as_str() <= last && (stamped + 60).to_string().as_str() > last,
            "{id} {stamped} {last}"
        );
    }
}

#[test]
fn an_org_of_one_has_a_history_too() {
    let mut world = org(1);
    let (_, events) = told(&mut world, 50);
    assert!(events.len() <= 50);
}
