//! Policies are asked in their order, and what is not known is not guessed.

use serde_json::{Map, json};

use super::*;
use crate::sim::derive::Seed;
use crate::sim::time::Millis;
use crate::sim::world::document::Kind;
use crate::sim::world::documents::NewDocument;
use crate::sim::world::{Engine, OrgFacts};

fn fields(body: Value) -> Map<String, Value> {
    match body {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn put(world: &mut World, kind: Kind, name: &str, parent: Option<Id>, body: Value) -> Id {
    let new = NewDocument {
        kind,
        parent,
        name: name.to_owned(),
        active: true,
        system: name == "Default",
        body: fields(body),
    };
    let ix = world.settle_document(new, Millis(0), Millis(0));
    world.documents().get(ix).id
}

/// Admins must be in the office; everybody else may do as they like.
fn org() -> World {
    let facts = OrgFacts {
        id: Id::new(Seed(3), "00o", 0),
        name: "Test".to_owned(),
        subdomain: "test".to_owned(),
        domains: vec!["test.example".to_owned()],
        created: Millis(0),
        engine: Engine::Identity,
    };
    let mut world = World::empty(Seed(3), facts, 0);
    let of_admins = json!({"type": "OKTA_SIGN_ON", "conditions": {"people": {"groups": {"include": ["admins"]}}}});
    let admins = put(&mut world, Kind::Policy, "Admins", None, of_admins);
    let in_office = json!({"type": "SIGN_ON", "conditions": {"network": {"connection": "ZONE", "include": ["office"]}, "riskScore": {"level": "ANY"}}});
    put(
        &mut world,
        Kind::PolicyRule,
        "Office",
        Some(admins),
        in_office,
    );
    let of_all = json!({"type": "OKTA_SIGN_ON", "conditions": {"people": {"groups": {"include": ["everyone"]}}}});
    let all = put(&mut world, Kind::Policy, "Default", None, of_all);
    put(
        &mut world,
        Kind::PolicyRule,
        "Any",
        Some(all),
        json!({"type": "SIGN_ON", "conditions": null}),
    );
    world
}

fn known(groups: &[&str], zones: Option<&[&str]>) -> Circumstances {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Circumstances {
        groups: Some(owned(groups)),
        zones: zones.map(owned),
        ..Circumstances::default()
    }
}

fn found(world: &World, known: &Circumstances) -> Vec<(String, Verdict)> {
    world
        .evaluate("OKTA_SIGN_ON", None, known)
        .into_iter()
        .map(|tested| {
            let name = world.documents().get(tested.policy).name.to_string();
            (name, tested.verdict)
        })
        .collect()
}

#[test]
fn the_first_policy_with_a_rule_that_applies_is_the_one() {
    let world = org();
    let admins = "Admins".to_owned();
    let default = "Default".to_owned();
    let inside = known(&["everyone", "admins"], Some(&["office"]));
    assert_eq!(found(&world, &inside), [(admins.clone(), Verdict::Match)]);
    let outside = known(&["everyone", "admins"], Some(&["elsewhere"]));
    assert_eq!(
        found(&world, &outside),
        [
            (admins.clone(), Verdict::NotMatch),
            (default.clone(), Verdict::Match)
        ]
    );
    let other = known(&["everyone"], None);
    assert_eq!(
        found(&world, &other),
        [(admins, Verdict::NotMatch), (default, Verdict::Match)]
    );
}

#[test]
fn what_the_circumstances_do_not_say_is_undefined_and_a_no_outweighs_it() {
    let world = org();
    let somewhere = known(&["everyone", "admins"], None);
    let tested = world.evaluate("OKTA_SIGN_ON", None, &somewhere);
    assert_eq!(tested[0].verdict, Verdict::Undefined);
    assert_eq!(
        tested[0].rules[0].conditions[0].condition,
        "network.include"
    );
    assert_eq!(
        Verdict::all([Verdict::Undefined, Verdict::NotMatch]),
        Verdict::NotMatch
    );
}
