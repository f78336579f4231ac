//! Installs the applications and gives them to groups and people.

use rand::RngExt as _;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use super::super::id::Id;
use super::super::time::{DAY_MS, HOUR_MS, Millis};
use super::super::world::World;
use super::super::world::app::{App, SignOn};
use super::super::world::group::GroupKind;
use super::super::world::index::{AppIx, GroupIx, UserIx};
use super::super::world::user::Status;
use super::catalogue::{CATALOGUE, Offer, VARIANTS};
use super::{Plan, clients, hostile};

/// Installs all applications of the plan.
pub fn install(world: &mut World, plan: &Plan, rng: &mut ChaCha8Rng) {
    for n in 0..plan.apps {
        let installed = instance(world, plan, n, rng);
        if let Some(service) = clients::service(plan, n) {
            world.settle_app(clients::instead(service, &installed));
            continue;
        }
        let app = world.settle_app(installed);
        if CATALOGUE.get(n).is_some_and(|offer| offer.for_everyone) {
            let at = world.app(app).created;
            world.settle_app_group(app, world.everyone, at);
        }
        if n > 0 {
            give_to_groups(world, plan, app, rng);
            give_to_people(world, plan, app, rng);
        }
    }
    if plan.apps > 0 {
        world.source_groups(AppIx(0));
    } else {
        world.adopt_groups();
    }
}

fn instance(world: &World, plan: &Plan, n: usize, rng: &mut ChaCha8Rng) -> App {
    let offer = &CATALOGUE[n % CATALOGUE.len()];
    let (created, last_updated) = dates(world, plan, n, rng);
    let (sign_on, features) = if plan.strange {
        strange(n, offer)
    } else {
        (offer.sign_on, offer.features)
    };
    App {
        id: Id::new(world.seed, "0oa", 0),
        name: offer.name,
        label: label(n, offer).into(),
        // The directory and what everybody has is never off.
        active: n == 0 || offer.for_everyone || !rng.random_ratio(1, 12),
        sign_on,
        features,
        domain: offer.domain,
        created,
        last_updated,
        deleted: false,
        groups: Vec::new(),
    }
}

fn strange(n: usize, offer: &Offer) -> (SignOn, &'static [&'static str]) {
    match n % 7 {
        3 => (SignOn::Null, offer.features),
        5 => (SignOn::Strange, offer.features),
        6 => (
            offer.sign_on,
            &["PUSH_NEW_USERS", "ENTITLEMENT_MANAGEMENT_V2"],
        ),
        _ => (offer.sign_on, offer.features),
    }
}

fn label(n: usize, offer: &Offer) -> String {
    let round = n / CATALOGUE.len();
    if round == 0 {
        return offer.label.to_owned();
    }
    let at = n - CATALOGUE.len();
    if at < hostile::APPS.len() {
        return hostile::APPS[at].to_owned();
    }
    let variant = VARIANTS[(round - 1) % VARIANTS.len()];
    match (round - 1) / VARIANTS.len() {
        0 => format!("{} ({variant})", offer.label),
        again => format!("{} ({variant} {})", offer.label, again + 1),
    }
}

fn dates(world: &World, plan: &Plan, n: usize, rng: &mut ChaCha8Rng) -> (Millis, Millis) {
    let age = plan.now - world.facts.created;
    let count = i64::try_from(plan.apps.max(1)).expect("apps fit");
    let created = world.facts.created + age / 10 * 9 / count * i64::try_from(n).expect("apps fit");
    let span = (plan.now - created - HOUR_MS).clamp(1, 700 * DAY_MS);
    (created, plan.now - rng.random_range(0..span))
}

fn give_to_groups(world: &mut World, plan: &Plan, app: AppIx, rng: &mut ChaCha8Rng) {
    let groups = world.groups().len();
    if groups < 2 {
        return;
    }
    let wanted = match rng.random_range(0..10) {
        0..=2 => 0,
        3..=7 => rng.random_range(1..=3),
        _ => rng.random_range(3..=8),
    };
    let span = (plan.now - world.app(app).created - HOUR_MS).max(1);
    for at in sample(rng, groups - 1, wanted.min(groups - 1)) {
        let given = plan.now - rng.random_range(0..span);
        world.settle_app_group(app, GroupIx::from_usize(at + 1), given);
    }
}

fn give_to_people(world: &mut World, plan: &Plan, app: AppIx, rng: &mut ChaCha8Rng) {
    let people = world.users().len();
    let most = (people / 8).clamp(1, 400);
    // Squaring makes few applications have many direct users and most have few.
    let roll: f64 = rng.random();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a few hundred"
    )]
    let wanted = (most as f64 * roll * roll) as usize;
    for at in sample(rng, people, wanted.min(people)) {
        let user = UserIx::from_usize(at);
        if world.user(user).status == Status::Deprovisioned {
            continue;
        }
        let since = world.app(app).created.max(world.user(user).created);
        let span = (plan.now - since).max(1);
        world.settle_direct(app, user, plan.now - rng.random_range(0..span));
    }
}

impl World {
    /// Names `app` as the source of every imported group.
    fn source_groups(&mut self, app: AppIx) {
        for group in self.groups_mut() {
            if group.kind == GroupKind::App {
                group.source = Some(app);
            }
        }
    }

    /// Without a directory there is nothing to import groups from: they become Okta's own.
    fn adopt_groups(&mut self) {
        for group in self.groups_mut() {
            if group.kind == GroupKind::App {
                group.kind = GroupKind::Okta;
            }
        }
    }
}
