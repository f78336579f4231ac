//! `POST /api/v1/policies/simulate`: which policies and rules would decide about opening an application.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;

use crate::sim::error::ApiError;
use crate::sim::json::{self, Object};
use crate::sim::page::{self, Answer, Asked};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::index::AppIx;
use crate::sim::world::policy::{Circumstances, PolicyTested, RuleTested, Tested, Verdict};

/// The route of simulations.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/api/v1/policies/simulate", post(simulate))
}

/// Types that can be simulated, in the order of the answer.
const TYPES: [&str; 4] = [
    "OKTA_SIGN_ON",
    "MFA_ENROLL",
    "ACCESS_POLICY",
    "PROFILE_ENROLLMENT",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    // The schema has the plural, the vendor's own example the singular.
    #[serde(alias = "policyType")]
    policy_types: Vec<String>,
    app_instance: Option<String>,
    policy_context: Context,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    user: Option<Named>,
    groups: Option<Ids>,
    zones: Option<Ids>,
    risk: Option<Risk>,
    device: Option<Device>,
    ip: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Ids {
    ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Risk {
    level: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Device {
    platform: Option<String>,
    registered: Option<bool>,
    managed: Option<bool>,
}

async fn simulate(State(service): State<Arc<Service>>, asked: Asked, body: Bytes) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let all = asked.get("expand").is_some();
    let mut evaluations = Vec::new();
    for one in read(&body)? {
        evaluations.extend(simulated(&world, one)?);
    }
    let mut answer = String::new();
    json::array(&mut answer, evaluations, |out, (of, tested)| {
        write(&world, out, of, &tested, all);
    });
    Ok(page::json(answer))
}

/// What is to be simulated: a list in the document's schema, a single one in its example.
fn read(body: &[u8]) -> Result<Vec<Body>, ApiError> {
    let malformed = |_: serde_json::Error| ApiError::malformed_body();
    let bodies = match serde_json::from_slice(body).map_err(malformed)? {
        Value::Array(bodies) => bodies,
        one => vec![one],
    };
    let read: Result<Vec<Body>, _> = bodies.into_iter().map(serde_json::from_value).collect();
    read.map_err(malformed)
}

/// Every type that is asked about, with its policies as they turn out.
fn simulated(
    world: &World,
    wanted: Body,
) -> Result<Vec<(&'static str, Vec<PolicyTested>)>, ApiError> {
    let name = wanted
        .app_instance
        .as_deref()
        .ok_or_else(|| ApiError::validation("appInstance", "The field cannot be left blank"))?;
    let app = world
        .app_by_id(name)
        .ok_or_else(|| ApiError::not_found(name, "AppInstance"))?;
    let types = &wanted.policy_types;
    if let Some(unknown) = types.iter().find(|of| !TYPES.contains(&&***of)) {
        let cause = format!("{unknown} cannot be simulated");
        return Err(ApiError::validation("policyTypes", &cause));
    }
    let types = TYPES
        .into_iter()
        .filter(|of| types.is_empty() || types.iter().any(|wanted| wanted == of));
    let known = circumstances(world, wanted.policy_context)?;
    Ok(types
        .map(|of| (of, evaluate(world, of, app, &known)))
        .collect())
}

/// What the context says; a user's groups and type follow from who it is where the context does not give them.
fn circumstances(world: &World, context: Context) -> Result<Circumstances, ApiError> {
    let user = match &context.user {
        Some(named) => Some(
            world
                .user_by_id(&named.id)
                .ok_or_else(|| ApiError::not_found(&named.id, "User"))?,
        ),
        None => None,
    };
    let groups_of_user = user.map(|user| {
        let groups = world.groups_of(user);
        groups
            .map(|group| world.group(group).id.to_string())
            .collect()
    });
    let zones_of_address = context
        .ip
        .as_deref()
        .and_then(|ip| ip.parse::<Ipv4Addr>().ok())
        .map(|ip| {
            let zones = world.zones_of_address(ip).into_iter();
            zones
                .map(|zone| world.documents().get(zone).id.to_string())
                .collect()
        });
    let device = context.device.as_ref();
    Ok(Circumstances {
        user: context.user.map(|named| named.id),
        groups: context.groups.map(|groups| groups.ids).or(groups_of_user),
        user_type: user.map(|user| world.user_type(user).to_string()),
        zones: context.zones.map(|zones| zones.ids).or(zones_of_address),
        risk: context.risk.and_then(|risk| risk.level),
        platform: device.and_then(|device| device.platform.clone()),
        registered: device.and_then(|device| device.registered),
        managed: device.and_then(|device| device.managed),
    })
}

/// Policies of applications are chosen by the application, all others by their conditions.
fn evaluate(world: &World, of: &str, app: AppIx, known: &Circumstances) -> Vec<PolicyTested> {
    if !matches!(of, "ACCESS_POLICY" | "PROFILE_ENROLLMENT") {
        return world.evaluate(of, None, known);
    }
    match world.policy_of_app(app, of) {
        Some(policy) => world.evaluate(of, Some(policy), known),
        None => Vec::new(),
    }
}

fn write(world: &World, out: &mut String, of: &str, tested: &[PolicyTested], all: bool) {
    let matched = having(tested, Verdict::Match);
    let undefined = having(tested, Verdict::Undefined);
    let others = having(tested, Verdict::NotMatch);
    let status = match (undefined.is_empty(), matched.is_empty()) {
        (false, _) => Verdict::Undefined,
        (true, false) => Verdict::Match,
        (true, true) => Verdict::NotMatch,
    };
    let others = if all { others } else { Vec::new() };
    json::object(out, |o| {
        o.str("status", status.as_str()).strings("policyType", [of]);
        for (name, verdict, policies) in [
            ("result", Verdict::Match, matched),
            ("undefined", Verdict::Undefined, undefined),
            ("evaluated", Verdict::NotMatch, others),
        ] {
            o.object(name, |o| {
                o.array("policies", policies, |out, policy| {
                    write_policy(world, out, policy, verdict);
                });
            });
        }
    });
}

/// The policies that one part of the answer speaks of: those of this verdict, and those with a rule of it. What applies is
/// a policy as a whole.
fn having(tested: &[PolicyTested], verdict: Verdict) -> Vec<&PolicyTested> {
    let any_rule = |policy: &PolicyTested| policy.rules.iter().any(|rule| rule.verdict == verdict);
    tested
        .iter()
        .filter(|policy| {
            policy.verdict == verdict || (verdict != Verdict::Match && any_rule(policy))
        })
        .collect()
}

/// A policy with its rules of one verdict.
fn write_policy(world: &World, out: &mut String, tested: &PolicyTested, verdict: Verdict) {
    let policy = world.documents().get(tested.policy);
    let rules = tested.rules.iter().filter(|rule| rule.verdict == verdict);
    json::object(out, |o| {
        o.shown("id", policy.id)
            .str("name", &policy.name)
            .str("status", tested.verdict.as_str());
        write_conditions(o, &tested.conditions);
        o.array("rules", rules, |out, rule| write_rule(world, out, rule));
    });
}

fn write_rule(world: &World, out: &mut String, tested: &RuleTested) {
    let rule = world.documents().get(tested.rule);
    json::object(out, |o| {
        o.shown("id", rule.id)
            .str("name", &rule.name)
            .str("status", tested.verdict.as_str());
        write_conditions(o, &tested.conditions);
    });
}

fn write_conditions(o: &mut Object<'_>, conditions: &[Tested]) {
    o.array("conditions", conditions, |out, tested| {
        json::object(out, |o| {
            o.str("type", tested.condition)
                .str("status", tested.verdict.as_str());
        });
    });
}
