//! Makes a believable org from a seed: the same seed, sizes and time give the same org to the last byte.
//!
//! People join over the years, report to managers and sit in departments; a few groups are big and most are small; a few
//! applications are everybody's and most belong to a handful of groups. Some names come from hostile hands.

pub mod admins;
pub mod apps;
pub mod catalogue;
pub mod characters;
pub mod clients;
pub mod groups;
pub mod hostile;
pub mod names;
pub mod people;
pub mod rules;
pub mod setup;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::derive::Seed;
use super::id::Id;
use super::time::{DAY_MS, Millis};
use super::world::{Engine, OrgFacts, World};

/// How large an org, and as of when.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What everything follows from.
    pub seed: u64,
    /// Users of every status; at least 1.
    pub users: usize,
    /// Groups, Everyone included; at least 1.
    pub groups: usize,
    /// Applications.
    pub apps: usize,
    /// The present; nothing in the org is newer.
    pub now: Millis,
    /// How much the search index trails, in milliseconds.
    pub index_lag_ms: i64,
    /// Whether values occur that no document names.
    pub strange: bool,
    /// Which engine the org runs on.
    pub engine: Engine,
}

/// Founded this long before the present.
const AGE_MS: i64 = 6 * 365 * DAY_MS;

/// The org as it is at `plan.now`.
pub fn populate(plan: &Plan) -> World {
    let seed = Seed(plan.seed);
    let facts = OrgFacts {
        id: Id::new(seed, "00o", 0),
        name: "Northwind Robotics".to_owned(),
        subdomain: "northwind".to_owned(),
        domains: [
            "northwind.example",
            "eu.northwind.example",
            "contractor.northwind.example",
        ]
        .map(str::to_owned)
        .to_vec(),
        created: plan.now - AGE_MS,
        engine: plan.engine,
    };
    let mut world = World::empty(seed, facts, plan.index_lag_ms);
    people::hire(&mut world, plan);
    // One stream of randomness each, so that another number of groups does not reshuffle the applications.
    groups::form(&mut world, plan, &mut stream(plan, 1));
    apps::install(&mut world, plan, &mut stream(plan, 2));
    characters::plant(&mut world, plan);
    clients::register(&mut world, plan);
    admins::appoint(&mut world, plan);
    setup::furnish(&mut world, plan);
    rules::write(&mut world, plan);
    world
}

fn stream(plan: &Plan, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    rng.set_stream(number);
    rng
}
