//! Documents keep their order, their differences and what belongs to them.

use serde_json::json;

use super::*;
use crate::sim::derive::Seed;
use crate::sim::world::{Engine, OrgFacts};

fn org() -> World {
    let facts = OrgFacts {
        id: Id::new(Seed(3), "00o", 0),
        name: "Test".to_owned(),
        subdomain: "test".to_owned(),
        domains: vec!["test.example".to_owned()],
        created: Millis(0),
        engine: Engine::Identity,
    };
    World::empty(Seed(3), facts, 0)
}

fn new(kind: Kind, name: &str, parent: Option<Id>, body: Value) -> NewDocument {
    let Value::Object(body) = body else {
        unreachable!("a body is an object")
    };
    NewDocument {
        kind,
        parent,
        name: name.to_owned(),
        active: true,
        system: name.starts_with("Default"),
        body,
    }
}

fn policy(world: &mut World, name: &str) -> DocumentIx {
    let cause = world.by_system(Millis(9), 1);
    let body = json!({"type": "PASSWORD"});
    world
        .create_document(&cause, new(Kind::Policy, name, None, body))
        .unwrap()
}

fn order(world: &World) -> Vec<(String, i64)> {
    world
        .documents()
        .policies("PASSWORD")
        .into_iter()
        .map(|(_, policy)| (policy.name.to_string(), policy.priority()))
        .collect()
}

#[test]
fn the_default_policy_stays_last_and_a_moved_one_pushes_the_others_down() {
    let mut world = org();
    for name in ["Default", "First", "Second"] {
        policy(&mut world, name);
    }
    let named = |list: &[(&str, i64)]| -> Vec<(String, i64)> {
        list.iter()
            .map(|(name, at)| ((*name).to_owned(), *at))
            .collect()
    };
    assert_eq!(
        order(&world),
        named(&[("First", 1), ("Second", 2), ("Default", 3)])
    );
    let cause = world.by_system(Millis(10), 2);
    let second = world.documents().named(Kind::Policy, "Second").unwrap();
    let first_place = Map::from_iter([("priority".to_owned(), json!(1))]);
    world
        .update_document(&cause, second, None, &first_place)
        .unwrap();
    assert_eq!(
        order(&world),
        named(&[("Second", 1), ("First", 2), ("Default", 3)])
    );
    world.delete_document(&cause, second).unwrap();
    assert_eq!(order(&world), named(&[("First", 1), ("Default", 2)]));
}

#[test]
fn an_update_tells_each_leaf_that_changed_and_one_that_changes_nothing_tells_nothing() {
    let mut world = org();
    let cause = world.by_system(Millis(9), 1);
    let body = json!({"type": "IP", "usage": "POLICY", "nested": {"a": 1, "b": [2]}});
    let zone = world
        .create_document(&cause, new(Kind::Zone, "Office", None, body))
        .unwrap();
    world.take_journal();
    let later = world.by_system(Millis(20), 2);
    let fields = json!({"usage": "BLOCKLIST", "nested": {"a": 1, "b": [3]}});
    world
        .update_document(&later, zone, Some("Home"), fields.as_object().unwrap())
        .unwrap();
    let journal = world.take_journal();
    let Fact::Document { deed, .. } = &journal[0].fact else {
        unreachable!("an update is a happening")
    };
    let change =
        |field: &str, from: &str, to: &str| (field.to_owned(), from.to_owned(), to.to_owned());
    let mut expected = vec![
        change("name", "Office", "Home"),
        change("nested.b", "[2]", "[3]"),
        change("usage", "POLICY", "BLOCKLIST"),
    ];
    let Deed::Updated(changes) = deed else {
        unreachable!("it was an update")
    };
    let mut changes = changes.clone();
    changes.sort();
    expected.sort();
    assert_eq!(changes, expected);
    assert_eq!(world.documents().get(zone).last_updated, Millis(20));
    world
        .update_document(&later, zone, None, fields.as_object().unwrap())
        .unwrap();
    assert!(world.take_journal().is_empty());
}

#[test]
fn what_belongs_to_a_policy_goes_with_it_and_okta_s_own_stays() {
    let mut world = org();
    let kept = policy(&mut world, "Default");
    let gone = policy(&mut world, "Other");
    let cause = world.by_system(Millis(9), 1);
    let id = world.documents().get(gone).id;
    let rule = new(
        Kind::PolicyRule,
        "Rule",
        Some(id),
        json!({"type": "PASSWORD"}),
    );
    let rule = world.create_document(&cause, rule).unwrap();
    world.delete_document(&cause, gone).unwrap();
    assert!(world.documents().get(rule).deleted);
    assert!(world.documents().rules(id).is_empty());
    assert!(world.delete_document(&cause, gone).is_err());
    assert!(world.delete_document(&cause, kept).is_err());
}

#[test]
fn a_name_is_taken_once_per_place_and_type() {
    let mut world = org();
    policy(&mut world, "Same");
    let cause = world.by_system(Millis(9), 1);
    let body = json!({"type": "PASSWORD"});
    let again = world.create_document(&cause, new(Kind::Policy, "Same", None, body));
    assert_eq!(again, Err(Refused::duplicate("name")));
    let other = json!({"type": "MFA_ENROLL"});
    assert!(
        world
            .create_document(&cause, new(Kind::Policy, "Same", None, other))
            .is_ok()
    );
}
