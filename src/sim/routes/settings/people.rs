//! What hangs below one user beside groups and applications: factors, enrolments, devices, blocks and risk.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::json;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::render::authenticator::Enrolment;
use crate::sim::routes::users::named;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::factor::{Factor, FactorKind};
use crate::sim::world::index::UserIx;
use crate::sim::world::user::Status;

/// The routes below one user.
pub fn router() -> Router<Arc<Service>> {
    let user = "/api/v1/users/{user}";
    Router::new()
        .route(&format!("{user}/factors"), get(factors))
        .route(&format!("{user}/factors/catalog"), get(catalogue))
        .route(&format!("{user}/factors/questions"), get(questions))
        .route(&format!("{user}/factors/{{factor}}"), get(factor))
        .route(
            &format!("{user}/authenticator-enrollments"),
            get(enrolments),
        )
        .route(
            &format!("{user}/authenticator-enrollments/{{enrolment}}"),
            get(enrolment),
        )
        .route(&format!("{user}/devices"), get(devices))
        .route(&format!("{user}/blocks"), get(blocks))
        .route(&format!("{user}/risk"), get(risk))
        .route(&format!("{user}/classification"), get(classification))
}

/// What a user may enrol, as `OPTIONAL` or `REQUIRED`, by key of the authenticator.
///
/// As Okta does, the policy is evaluated for the caller: it is the caller's address that conditions on the network see, so
/// the same user may show other factors to somebody else.
fn enrollable(world: &World, user: UserIx) -> Vec<(String, String)> {
    let known = world.circumstances(user, &Service::client_of_callers());
    let Some(applies) = world.applying_policy("MFA_ENROLL", &known) else {
        return Vec::new();
    };
    let policy = world.documents().get(applies.policy);
    let listed = policy
        .body
        .get("settings")
        .and_then(|settings| settings.get("authenticators")?.as_array());
    listed
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let key = entry.get("key")?.as_str()?;
            let how = entry.pointer("/enroll/self")?.as_str()?;
            (how != "NOT_ALLOWED").then(|| (key.to_owned(), how.to_owned()))
        })
        .collect()
}

/// A user's enrolments that the list of factors shows: those of authenticators that the policy lets the user enrol.
pub fn listed_factors(world: &World, user: UserIx) -> impl Iterator<Item = &Factor> {
    let allowed = enrollable(world, user);
    let all = world.factors(user).iter();
    all.filter(move |factor| {
        let key = factor.kind.authenticator();
        allowed.iter().any(|(known, _)| known == key)
    })
}

async fn factors(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = named(&world, &asked, &name)?;
    let mut body = String::new();
    json::array(&mut body, listed_factors(&world, user), |out, factor| {
        render::factor::write(view, out, user, factor);
    });
    Ok(page::json(body))
}

async fn factor(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let user = named(&world, &asked, &name)?;
    let factor = world
        .factors(user)
        .iter()
        .find(|factor| world.factor_id(factor).as_str() == id)
        .ok_or_else(|| ApiError::not_found(&id, "UserFactor"))?;
    let mut body = String::new();
    render::factor::write(service.view(&world, &asked), &mut body, user, factor);
    Ok(page::json(body))
}

async fn catalogue(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let user = named(&world, &asked, &name)?;
    let allowed = enrollable(&world, user);
    let offered = FactorKind::ALL.into_iter().filter_map(|kind| {
        let (_, how) = allowed
            .iter()
            .find(|(key, _)| key == kind.authenticator())?;
        Some((kind, how.as_str()))
    });
    let href = format!(
        "{}/api/v1/users/{}/factors",
        asked.base,
        world.user(user).id
    );
    let enrolled = |kind| world.factors(user).iter().any(|own| own.kind == kind);
    let mut body = String::new();
    json::array(&mut body, offered, |out, (kind, how)| {
        render::factor::write_offer(out, &href, kind, how, enrolled(kind));
    });
    Ok(page::json(body))
}

/// Questions that somebody may choose to be asked.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "disliked_food",
        "What is the food you least liked as a child?",
    ),
    (
        "first_award",
        "For what did you earn your first medal or award?",
    ),
    ("favorite_art_piece", "What is your favorite piece of art?"),
    (
        "first_thing_cooked",
        "What was the first thing you learned to cook?",
    ),
    ("favorite_toy", "What was your favorite toy as a child?"),
];

async fn questions(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    named(&world, &asked, &name)?;
    let mut body = String::new();
    json::array(&mut body, QUESTIONS, |out, (key, text)| {
        json::object(out, |o| {
            o.str("question", key).str("questionText", text);
        });
    });
    Ok(page::json(body))
}

async fn enrolments(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = named(&world, &asked, &name)?;
    let mut body = String::new();
    json::array(&mut body, Enrolment::of(view, user), |out, enrolment| {
        enrolment.write(view, out, user);
    });
    Ok(page::json(body))
}

async fn enrolment(
    State(service): State<Arc<Service>>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = named(&world, &asked, &name)?;
    let found = Enrolment::of(view, user)
        .into_iter()
        .find(|enrolment| enrolment.id(view, user) == id)
        .ok_or_else(|| ApiError::not_found(&id, "AuthenticatorEnrollment"))?;
    let mut body = String::new();
    found.write(view, &mut body, user);
    Ok(page::json(body))
}

async fn devices(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = named(&world, &asked, &name)?;
    Ok(asked.all(world.devices_of(user), |out, device| {
        render::device::write_owned(view, out, &device);
    }))
}

/// Who is blocked from where: the locked from everywhere, and a few from devices that Okta has never seen.
async fn blocks(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let user = named(&world, &asked, &name)?;
    let block = match world.user(user).status {
        Status::LockedOut => Some("ANY_DEVICES"),
        _ if world.is_blocked_from_unknown_devices(user) => Some("UNKNOWN_DEVICES"),
        _ => None,
    };
    Ok(asked.all(block, |out, applies_to| {
        json::object(out, |o| {
            o.str("type", "DEVICE_BASED").str("appliesTo", applies_to);
        });
    }))
}

async fn risk(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let user = named(&world, &asked, &name)?;
    let level = match world.seed.below("risk", u64::from(user.0), 1_000) {
        0 => "HIGH",
        1..6 => "MEDIUM",
        6..30 => "LOW",
        _ => "NONE",
    };
    let href = format!("{}/api/v1/users/{}", asked.base, world.user(user).id);
    Ok(page::json(json::object_text(|o| {
        o.str("riskLevel", level);
        if level != "NONE" {
            o.str("reason", "Suspicious activity was detected for this user");
        }
        o.object("_links", |o| {
            for (name, href, allow) in [
                ("self", format!("{href}/risk"), ["GET", "PUT"].as_slice()),
                ("user", href.clone(), ["GET"].as_slice()),
            ] {
                o.object(name, |o| {
                    o.str("href", &href).object("hints", |o| {
                        o.strings("allow", allow.iter().copied());
                    });
                });
            }
        });
    })))
}

/// An early-access feature that this org has not got.
async fn classification(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    named(&service.org.world(), &asked, &name)?;
    Err(ApiError::no_such_feature())
}
