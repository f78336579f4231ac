//! Who is what among the people: what posture and detection must find, and whom they must leave alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, State};
use axum::routing::get;
use serde_json::{Value, json};

use crate::sim::routes::settings::people::listed_factors;
use crate::sim::service::Service;
use crate::sim::time::DAY_MS;
use crate::sim::world::World;
use crate::sim::world::index::{AppIx, UserIx};
use crate::sim::world::user::{Provider, Status, User};

/// Nobody who signed in within these many days is dormant.
const DORMANT_DAYS: i64 = 90;

/// The routes.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/truth/people", get(people))
        .route("/truth/factors", get(factors))
}

/// Every enrolment of whoever is not deleted, and whether the list of the user's factors shows it.
async fn factors(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let users = (0..world.users().len()).map(UserIx::from_usize);
    let told = users
        .filter(|user| !world.user(*user).deleted)
        .flat_map(|user| {
            let listed: Vec<_> = listed_factors(&world, user)
                .map(|factor| world.factor_id(factor))
                .collect();
            let owner = world.user(user);
            let tell = |factor| {
                let id = world.factor_id(factor);
                json!({
                    "id": id.as_str(),
                    "user": owner.id.as_str(),
                    "user_status": owner.status.as_str(),
                    "type": factor.kind.factor_type(),
                    "provider": factor.kind.provider(),
                    "status": if factor.active { "ACTIVE" } else { "PENDING_ACTIVATION" },
                    "listed": listed.contains(&id),
                })
            };
            world.factors(user).iter().map(tell).collect::<Vec<_>>()
        });
    Json(told.collect())
}

async fn people(State(service): State<Arc<Service>>) -> Json<Value> {
    let world = service.org.world();
    let idle_since = service.org.now() - DORMANT_DAYS * DAY_MS;
    let by_provider = |provider| chosen(&world, |user| user.provider == provider);
    let dormant = |user: &User| {
        let was_there = user
            .activated
            .is_some_and(|activated| activated < idle_since);
        user.status == Status::Active
            && was_there
            && user.last_login.is_none_or(|last| last < idle_since)
    };
    let phones = world.shared_phones();
    let phones = phones.iter().map(|(line, users)| {
        json!({ "phoneNumber": format!("+1555010{line:04}"), "users": ids(&world, users) })
    });
    let org2org = (0..world.apps().len())
        .map(AppIx::from_usize)
        .filter(|app| world.app(*app).name == "okta_org2org" && !world.app(*app).deleted)
        .map(|app| world.app(app).id.to_string());
    Json(json!({
        "ad_sourced": by_provider(Provider::ActiveDirectory),
        "ldap_sourced": by_provider(Provider::Ldap),
        "hr_sourced": by_provider(Provider::Import),
        "federated": by_provider(Provider::Federation),
        "contractors": chosen(&world, |user| user.profile.contractor),
        "dormant": chosen(&world, dormant),
        "service_accounts": ids(&world, &world.characters.services),
        "shared_phones": phones.collect::<Vec<_>>(),
        "leavers_with_leftovers": ids(&world, &world.characters.leavers),
        "org2org_apps": org2org.collect::<Vec<_>>(),
    }))
}

fn chosen(world: &World, suits: impl Fn(&User) -> bool) -> Vec<String> {
    let there = world.users().iter().filter(|user| !user.deleted);
    there
        .filter(|user| suits(user))
        .map(|user| user.id.to_string())
        .collect()
}

fn ids(world: &World, users: &[UserIx]) -> Vec<String> {
    users
        .iter()
        .map(|user| world.user(*user).id.to_string())
        .collect()
}
