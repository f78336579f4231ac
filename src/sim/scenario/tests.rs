//! Tests of the scenarios: each plays and leaves what its file says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{Clock, Hand};
use crate::sim::{Options, Simulator, activity};

use super::*;

#[test]
fn every_scenario_loads_is_named_once_and_names_only_what_it_has() {
    let mut names: Vec<&str> = script::all()
        .iter()
        .map(|script| script.name.as_str())
        .collect();
    for script in script::all() {
        assert_eq!(script.problems(), Vec::<String>::new(), "{}", script.name);
        assert!(!script.steps.is_empty());
        for origin in script.origins.values() {
            let known = crate::sim::world::place::PLACES
                .iter()
                .any(|place| place.city == origin.city);
            assert!(known, "{} is no place", origin.city);
        }
    }
    names.dedup();
    assert_eq!(
        names,
        [
            "api-token-abuse",
            "cross-tenant-idp",
            "factor-reset-then-takeover",
            "impossible-travel",
            "log-stream-removed",
            "ordinary-admin-day",
            "password-spray",
            "push-bombing",
            "quiet-day",
            "session-replay",
            "super-admin-granted",
        ]
    );
}

#[test]
fn a_file_with_a_step_that_nobody_plays_has_a_problem() {
    let script = Script::parse(
        "name='x'\ntitle='x'\nattack=false\nparts={a={}}\n[[steps]]\nat_s=0\nby='b'\nfrom='there'\nact='sign_in'\n",
    );
    let problems = script.unwrap().problems();
    assert_eq!(
        problems,
        [
            "step 1: nobody plays `b`",
            "step 1: there is no origin `there`"
        ]
    );
    assert!(Script::parse("name='x'\ncolour='red'").is_err());
}

#[test]
fn attacks_take_turns_and_the_first_of_the_demo_comes_within_ninety_seconds() {
    let attacks = Attacks::of_the_demo();
    let start = Millis(0);
    let (first, name) = attacks.nth(start, 0).unwrap();
    assert!(first.0 <= 90_000);
    assert_eq!(name, "factor-reset-then-takeover");
    let (second, other) = attacks.nth(start, 1).unwrap();
    assert_eq!(second - first, 300_000);
    assert_ne!(name, other);
    assert!(attacks.names.iter().all(|name| name != "quiet-day"));
    assert_eq!(
        Attacks {
            names: vec![],
            ..attacks
        }
        .nth(start, 0),
        None
    );
}

/// A simulator on a manual clock.
fn simulator(users: usize) -> (Simulator, Hand) {
    let start: Timestamp = "2026-11-18T12:00:00Z".parse().unwrap();
    let (clock, hand) = Clock::manual(start);
    let options = Options {
        users,
        events: 200,
        ..Options::default()
    };
    (Simulator::new(&options, clock), hand)
}

/// Plays a scenario to its end by moving the clock from deadline to deadline.
async fn played(simulator: &Simulator, hand: &Hand, name: &str) -> Truth {
    let service = simulator.service();
    let number = activity::play(service, name).unwrap();
    let truth = || {
        service
            .scenarios
            .truths()
            .into_iter()
            .find(|truth| truth.run == number)
    };
    for _ in 0..1_000_000 {
        let truth = truth().unwrap();
        if truth.ended.is_some() {
            return truth;
        }
        if let Some(due) = hand.next_deadline() {
            hand.set(due);
        }
        tokio::task::yield_now().await;
    }
    panic!("{name} does not end");
}

#[tokio::test]
async fn a_takeover_leaves_its_story_in_the_log_and_its_truth_names_every_event() {
    let (simulator, hand) = simulator(300);
    let truth = played(&simulator, &hand, "factor-reset-then-takeover").await;
    let types: Vec<&str> = truth.events.iter().map(|left| left.event_type).collect();
    let order = [
        "user.mfa.factor.reset_all",
        "user.account.reset_password",
        "user.account.update_password",
        "user.mfa.factor.activate",
    ];
    let at: Vec<usize> = order
        .iter()
        .map(|wanted| types.iter().position(|own| own == wanted).unwrap())
        .collect();
    assert!(at.is_sorted(), "{types:?}");
    assert!(
        types
            .iter()
            .filter(|own| **own == "user.authentication.sso")
            .count()
            >= 2,
        "{types:?}"
    );
    assert_eq!(
        types
            .iter()
            .filter(|own| **own == "app.generic.unauth_app_access_attempt")
            .count(),
        2
    );
    assert_eq!(
        (truth.attack, truth.victims.len(), truth.addresses.len()),
        (true, 1, 1)
    );
    let service = simulator.service();
    hand.advance(Duration::from_hours(1));
    let log = service.book.read(service.org.now());
    let persisted: Vec<String> = log
        .persisted_since(truth.started)
        .iter()
        .map(|at| values::uuid(log.event(*at)))
        .collect();
    assert!(
        truth
            .events
            .iter()
            .all(|left| persisted.contains(&left.uuid))
    );
    let from_abroad = log.persisted_since(truth.started).iter().filter(|at| {
        log.event(**at)
            .client()
            .is_some_and(|client| client.ip.to_string() == truth.addresses[0])
    });
    assert!(from_abroad.count() >= 8);
    let world = service.org.world();
    let victim = world.user_by_id(&truth.victims[0]).unwrap();
    assert_eq!(world.factors(victim).len(), 1);
}

#[tokio::test]
async fn a_spray_tries_forty_accounts_from_one_address_and_bombing_ends_in_an_approval() {
    let (simulator, hand) = simulator(300);
    let spray = played(&simulator, &hand, "password-spray").await;
    assert!(
        spray
            .events
            .iter()
            .filter(|left| left.event_type == "user.session.start")
            .count()
            >= 42
    );
    let bombing = played(&simulator, &hand, "push-bombing").await;
    let denials = bombing
        .events
        .iter()
        .filter(|left| left.event_type == "user.mfa.okta_verify.deny_push");
    assert_eq!(denials.count(), 8);
    assert_eq!((spray.run, bombing.run), (1, 2));
}

#[tokio::test]
async fn a_quiet_day_is_no_attack() {
    let (simulator, hand) = simulator(300);
    let truth = played(&simulator, &hand, "quiet-day").await;
    assert!(!truth.attack && truth.addresses.is_empty() && !truth.events.is_empty());
}

#[tokio::test]
async fn unknown_scenarios_and_orgs_that_are_too_small_are_refused_with_words() {
    let (small, _hand) = simulator(1);
    let unknown = activity::play(small.service(), "nope")
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("factor-reset-then-takeover"), "{unknown}");
    let missing = activity::play(small.service(), "push-bombing")
        .unwrap_err()
        .to_string();
    assert!(missing.contains("--users"), "{missing}");
}

#[tokio::test]
async fn what_happened_before_a_step_is_logged_but_is_not_the_scenario_s() {
    let (simulator, hand) = simulator(300);
    let service = simulator.service();
    let number = activity::play(service, "push-bombing").unwrap();
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    let user = crate::sim::world::index::UserIx(0);
    service.org.change(|world, now| {
        let cause = world.by_user(user, now, 99);
        world.sign_out(&cause, user, 7);
    });
    hand.advance(Duration::from_mins(10));
    while service.scenarios.truths()[0].ended.is_none() {
        tokio::task::yield_now().await;
    }
    let truth = &service.scenarios.truths()[0];
    assert_eq!(truth.run, number);
    assert!(
        truth
            .events
            .iter()
            .all(|left| left.event_type != "user.session.end")
    );
}

/// Every attack leaves, in this order, the events that make it one.
#[tokio::test]
async fn every_attack_leaves_the_events_that_give_it_away() {
    let (simulator, hand) = simulator(300);
    for (name, telling) in [
        (
            "session-replay",
            &[
                "user.session.start",
                "user.authentication.sso",
                "user.authentication.sso",
            ][..],
        ),
        (
            "impossible-travel",
            &["user.session.start", "user.session.start"],
        ),
        (
            "super-admin-granted",
            &[
                "user.session.access_admin_app",
                "user.account.privilege.grant",
                "user.mfa.factor.reset_all",
            ],
        ),
        (
            "api-token-abuse",
            &[
                "system.api_token.create",
                "user.lifecycle.create",
                "group.user_membership.add",
            ],
        ),
        (
            "log-stream-removed",
            &[
                "system.log_stream.lifecycle.deactivate",
                "system.log_stream.lifecycle.delete",
                "policy.rule.deactivate",
            ],
        ),
        (
            "cross-tenant-idp",
            &[
                "system.idp.lifecycle.create",
                "policy.rule.add",
                "user.authentication.auth_via_IDP",
                "user.session.access_admin_app",
            ],
        ),
    ] {
        let truth = played(&simulator, &hand, name).await;
        let types: Vec<&str> = truth.events.iter().map(|left| left.event_type).collect();
        let mut rest = types.iter();
        for wanted in telling {
            assert!(
                rest.any(|own| own == wanted),
                "{name}: no {wanted} in {types:?}"
            );
        }
        assert!(
            truth.attack && !truth.addresses.is_empty() && !truth.victims.is_empty(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_replayed_session_is_its_owners_and_comes_from_elsewhere() {
    let (simulator, hand) = simulator(300);
    let truth = played(&simulator, &hand, "session-replay").await;
    let service = simulator.service();
    hand.advance(Duration::from_hours(1));
    let log = service.book.read(service.org.now());
    let mut addresses: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for at in log.persisted_since(truth.started) {
        let event = log.event(*at);
        let uuid = values::uuid(event);
        let told = truth.events.iter().any(|left| left.uuid == uuid);
        if let (true, Some(client)) = (told && event.session != 0, event.client()) {
            let seen = addresses.entry(event.session).or_default();
            seen.insert(client.ip.to_string());
        }
    }
    assert_eq!(addresses.len(), 1, "{addresses:?}");
    assert!(
        addresses.values().all(|seen| seen.len() == 2),
        "{addresses:?}"
    );
}

#[tokio::test]
async fn an_ordinary_day_of_administrators_looks_like_attacks_and_is_none() {
    let (simulator, hand) = simulator(300);
    let truth = played(&simulator, &hand, "ordinary-admin-day").await;
    assert!(!truth.attack && truth.addresses.is_empty());
    for wanted in [
        "user.lifecycle.create",
        "user.account.privilege.grant",
        "system.api_token.create",
        "system.log_stream.lifecycle.activate",
        "user.lifecycle.deactivate",
        "user.account.privilege.revoke",
    ] {
        let left = truth.events.iter().any(|left| left.event_type == wanted);
        assert!(left, "{wanted}");
    }
}
