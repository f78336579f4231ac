//! What each kind of happening leaves in the log.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sim::event::shape;
use crate::sim::event::values;
use crate::sim::log::Log;
use crate::sim::population::{self, Plan};
use crate::sim::time::Millis;
use crate::sim::world::happening::Cause;
use crate::sim::world::place::{Client, PLACES, PlaceIx};
use crate::sim::world::user::Status;

use super::*;

fn org() -> World {
    population::populate(&Plan {
        seed: 3,
        users: 30,
        groups: 6,
        apps: 5,
        now: Millis::parse("2026-11-20T15:00:00Z").unwrap(),
        index_lag_ms: 0,
        strange: false,
        engine: crate::sim::world::Engine::Identity,
    })
}

fn now() -> Millis {
    Millis::parse("2026-11-20T15:00:00Z").unwrap()
}

fn somebody(world: &World) -> UserIx {
    let at = world
        .users()
        .iter()
        .position(|user| user.status == Status::Active)
        .unwrap();
    UserIx::from_usize(at)
}

/// The JSON of every event that is left by what `operate` does.
fn left_by(world: &mut World, operate: impl FnOnce(&mut World)) -> Vec<Value> {
    world.take_journal();
    operate(world);
    let happened = world.take_journal();
    let mut log = Log::new(Seed(1), "https://northwind.okta.com".to_owned(), false);
    let mut events = Vec::new();
    for happening in &happened {
        events_of(world, &mut log, happening, &mut events);
    }
    events
}

fn events_of(world: &World, log: &mut Log, happening: &Happening, out: &mut Vec<Value>) {
    let mut events = Vec::new();
    super::events(world, log.tables_mut(), happening, &mut events);
    for event in &events {
        let mut text = String::new();
        shape::write(&mut text, log.tables(), event);
        out.push(serde_json::from_str(&text).unwrap());
    }
}

fn sign_in_abroad(world: &mut World) -> Vec<Value> {
    let user = somebody(world);
    let lagos = PLACES
        .iter()
        .position(|place| place.city == "Lagos")
        .unwrap();
    let mut cause = world.by_user(user, now(), 77);
    cause.client = Client::in_place(
        PlaceIx(u8::try_from(lagos).unwrap()),
        cause.client.agent,
        9,
        5,
    );
    left_by(world, |world| {
        world.sign_in(&cause, user, None, Some(FactorKind::Push), 42);
    })
}

#[test]
fn a_sign_in_leaves_a_factor_a_decision_and_a_session_with_what_the_risk_engine_said() {
    let events = sign_in_abroad(&mut org());
    let types: Vec<&str> = events
        .iter()
        .map(|event| event["eventType"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "user.authentication.auth_via_mfa",
            "policy.evaluate_sign_on",
            "user.session.start"
        ]
    );
    let session = &events[2];
    assert_eq!(
        session["client"]["geographicalContext"]["country"],
        "Nigeria"
    );
    assert_eq!(session["securityContext"]["risk"]["level"], "HIGH");
    let debug = &session["debugContext"]["debugData"];
    assert_eq!(
        debug["risk"],
        "{reasons=Anomalous Device, Anomalous Location, level=HIGH}"
    );
    assert_eq!(
        debug["behaviors"],
        "{New Geo-Location=POSITIVE, New Device=POSITIVE, New IP=POSITIVE, New State=POSITIVE, New Country=POSITIVE, Velocity=POSITIVE, New City=POSITIVE}"
    );
    let inner: Value =
        serde_json::from_str(debug["logOnlySecurityData"].as_str().unwrap()).unwrap();
    assert_eq!(inner["behaviors"]["New Device"], "POSITIVE");
    assert_eq!(
        events[1]["target"][0]["detailEntry"]["policyType"],
        "OktaSignOn"
    );
}

#[test]
fn events_of_one_request_share_its_id() {
    let events = sign_in_abroad(&mut org());
    let id = values::request_id(&Tables::new(Seed(1), String::new(), false), 77);
    for event in &events {
        assert_eq!(event["transaction"]["id"], id.as_str());
        assert_eq!(event["debugContext"]["debugData"]["requestId"], id.as_str());
    }
    let uuids: BTreeSet<&str> = events
        .iter()
        .map(|event| event["uuid"].as_str().unwrap())
        .collect();
    assert_eq!(uuids.len(), events.len());
}

#[test]
fn surprise_16_nulls_everywhere_and_debug_data_of_strings_only() {
    let events = sign_in_abroad(&mut org());
    for event in &events {
        assert_eq!(event["client"]["zone"], "null");
        assert!(event["client"]["id"].is_null());
        assert!(event["request"]["ipChain"][0]["source"].is_null());
        assert!(event["actor"]["detailEntry"].is_null());
        let debug = event["debugContext"]["debugData"].as_object().unwrap();
        assert!(debug.values().all(Value::is_string), "{debug:?}");
        assert_eq!(debug["threatSuspected"], "false");
    }
}

#[test]
fn a_group_has_no_second_name_and_an_assignment_names_app_user_app_and_user() {
    let mut world = org();
    let user = somebody(&world);
    let admin = world.admins().next().map_or(user, |(admin, _)| admin);
    let cause = world.by_user(admin, now(), 5);
    let events = left_by(&mut world, |world| {
        let group = world.create_group(&cause, "Made up", None).unwrap();
        world.add_member(&cause, group, user).unwrap();
    });
    assert_eq!(events[0]["eventType"], "group.lifecycle.create");
    let membership = &events[1];
    assert_eq!(membership["target"][0]["type"], "User");
    assert_eq!(membership["target"][1]["alternateId"], "unknown");
    assert_eq!(membership["target"][1]["displayName"], "Made up");
    let app = AppIx(0);
    let scope = crate::sim::world::happening::Scope::User;
    let mut log = Log::new(Seed(1), String::new(), false);
    let mut assigned = Vec::new();
    let happening = Happening {
        cause,
        fact: Fact::AppUserAdded { app, user, scope },
    };
    events_of(&world, &mut log, &happening, &mut assigned);
    let kinds: Vec<&str> = (0..3)
        .map(|nth| assigned[0]["target"][nth]["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["AppUser", "AppInstance", "User"]);
}

#[test]
fn a_failed_sign_in_has_no_session_and_a_sign_out_no_target() {
    let mut world = org();
    let user = somebody(&world);
    let cause = world.by_user(user, now(), 5);
    let events = left_by(&mut world, |world| {
        world.fail_sign_in(&cause, user, SignInFailure::InvalidCredentials);
        world.sign_out(&cause, user, 9);
    });
    assert_eq!(events[0]["outcome"]["reason"], "INVALID_CREDENTIALS");
    assert_eq!(events[0]["legacyEventType"], "core.user_auth.login_failed");
    assert!(events[0]["authenticationContext"]["externalSessionId"].is_null());
    assert!(events[1]["target"].is_null());
    assert!(events[1]["authenticationContext"]["externalSessionId"].is_string());
}

#[test]
fn a_program_acts_as_its_owner_and_its_token_is_named() {
    let mut world = org();
    let user = somebody(&world);
    if world.tokens.is_empty() {
        world.settle_token("sync", user, now());
    }
    let cause = Cause {
        actor: Actor::Token(0),
        ..world.by_user(user, now(), 8)
    };
    let events = left_by(&mut world, |world| world.suspend(&cause, user).unwrap());
    assert_eq!(
        events[0]["transaction"]["detail"]["requestApiTokenId"],
        world.tokens[0].id.as_str()
    );
    let owner = world.user(world.tokens[0].owner).id;
    assert_eq!(events[0]["actor"]["id"], owner.as_str());
}

#[test]
fn okta_s_own_work_is_a_job_without_a_client() {
    let mut world = org();
    let user = somebody(&world);
    let cause = world.by_system(now(), 4);
    let events = left_by(&mut world, |world| world.suspend(&cause, user).unwrap());
    assert_eq!(events[0]["transaction"]["type"], "JOB");
    assert_eq!(events[0]["actor"]["type"], "SystemPrincipal");
    assert!(events[0]["client"]["ipAddress"].is_null());
    assert_eq!(events[0]["request"]["ipChain"], serde_json::json!([]));
}

#[test]
fn a_deletion_is_initiated_by_somebody_and_completed_by_okta() {
    let mut world = org();
    let user = somebody(&world);
    let cause = world.by_user(user, now(), 4);
    let events = left_by(&mut world, |world| world.delete_user(&cause, user).unwrap());
    let last = &events[events.len() - 2..];
    assert_eq!(last[0]["eventType"], "user.lifecycle.delete.initiated");
    assert_eq!(last[1]["eventType"], "user.lifecycle.delete.completed");
    assert_eq!(last[1]["actor"]["type"], "SystemPrincipal");
}

#[test]
fn many_events_of_one_kind_in_one_request_have_uuids_of_their_own() {
    let mut world = org();
    let user = somebody(&world);
    let cause = world.by_user(user, now(), 4);
    let group = world.create_group(&cause, "Made up", None).unwrap();
    for other in (0..world.users().len()).map(UserIx::from_usize) {
        let _ = world.add_member(&cause, group, other);
    }
    let events = left_by(&mut world, |world| {
        for other in (0..world.users().len()).map(UserIx::from_usize) {
            let _ = world.remove_member(&cause, group, other);
        }
    });
    let uuids: BTreeSet<&str> = events
        .iter()
        .map(|event| event["uuid"].as_str().unwrap())
        .collect();
    assert!(events.len() > 10);
    assert_eq!(uuids.len(), events.len());
}
