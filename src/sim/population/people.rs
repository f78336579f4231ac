//! Hires the people: names, statuses, managers, timestamps, factors and admin rights.

use std::collections::HashMap;

use super::super::derive::Seed;
use super::super::id::Id;
use super::super::time::{DAY_MS, HOUR_MS, Millis};
use super::super::world::World;
use super::super::world::department::DEPARTMENTS;
use super::super::world::factor::FactorKind;
use super::super::world::index::UserIx;
use super::super::world::place::{HOMES, PlaceIx};
use super::super::world::role::Role;
use super::super::world::user::{Profile, Provider, Status, User};
use super::{Plan, hostile, names};

/// Statuses of a thousand people, in the order in which they are dealt; the rest is active.
const STATUS_SHARES: &[(Status, u64)] = &[
    (Status::Deprovisioned, 70),
    (Status::Provisioned, 25),
    (Status::Staged, 20),
    (Status::Suspended, 15),
    (Status::PasswordExpired, 15),
    (Status::LockedOut, 8),
    (Status::Recovery, 7),
];

/// The people with a place of their own: the chief and one head per department.
const HEADS: usize = DEPARTMENTS.len();

/// Hires everybody and hands out admin rights and the API token.
pub fn hire(world: &mut World, plan: &Plan) {
    let mut logins = HashMap::new();
    let mut leaders: Vec<Vec<UserIx>> = vec![Vec::new(); DEPARTMENTS.len()];
    for n in 0..plan.users.max(1) {
        let user = person(world.seed, plan, n, &leaders, &mut logins);
        let department = usize::from(user.profile.department);
        let (status, created, since) = (user.status, user.created, user.last_updated);
        let ix = world.settle_user(user);
        // Every eighth or so leads others; whoever is gone does not.
        if status == Status::Active && (n < HEADS || world.seed.percent("leads", n as u64, 12)) {
            leaders[department].push(ix);
        }
        enrol(world, plan, ix, status, created.max(since - 300 * DAY_MS));
    }
    appoint(world, plan);
}

fn person(
    seed: Seed,
    plan: &Plan,
    n: usize,
    leaders: &[Vec<UserIx>],
    logins: &mut HashMap<String, u32>,
) -> User {
    let key = n as u64;
    let department = department_of(seed, n);
    let status = status_of(seed, plan, n);
    let created = joined(plan, n);
    let contractor = n >= HEADS && seed.percent("contractor", key, 11);
    let place = place_of(seed, n);
    let (first_name, last_name, login) = called(seed, n, place, contractor, logins);
    let title = if n < HEADS {
        0
    } else {
        let titles = DEPARTMENTS[department].titles.len() as u64;
        1 + seed.below("title", key, titles - 1)
    };
    let mut user = User {
        id: Id::new(seed, "00u", key),
        status,
        transitioning_to: None,
        created,
        activated: None,
        status_changed: None,
        last_login: None,
        last_updated: created,
        password_changed: None,
        provider: provider_of(seed, n, place),
        deleted: false,
        revision: 0,
        made_up: true,
        profile: Profile {
            email: login.as_str().into(),
            login: login.into(),
            first_name,
            last_name,
            department: u8::try_from(department).expect("there are few departments"),
            title: u8::try_from(title).expect("there are few titles"),
            place,
            manager: manager_of(seed, n, department, leaders),
            contractor,
            extra: None,
        },
    };
    live_through(seed, plan, key, &mut user);
    user
}

/// Joining dates ascend with the index, as ids do; the pace doubles over the years.
fn joined(plan: &Plan, n: usize) -> Millis {
    let age = plan.now - founded(plan);
    let share = (n as f64 + 0.5) / plan.users.max(1) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "a part of the org's age")]
    let offset = (age as f64 * share.powf(0.6)) as i64;
    founded(plan) + offset.min(age - HOUR_MS)
}

fn founded(plan: &Plan) -> Millis {
    plan.now - super::AGE_MS
}

fn department_of(seed: Seed, n: usize) -> usize {
    if n < HEADS {
        return n;
    }
    let mut left = seed.below("department", n as u64, 100);
    for (at, department) in DEPARTMENTS.iter().enumerate() {
        let share = u64::from(department.share);
        if left < share {
            return at;
        }
        left -= share;
    }
    1
}

fn status_of(seed: Seed, plan: &Plan, n: usize) -> Status {
    // Leaders are there; after them come one of each status, so that even a small org has them all.
    if n < HEADS {
        return Status::Active;
    }
    if let Some(status) = Status::ALL.get(n - HEADS) {
        return *status;
    }
    // Whoever joins in the last days is not gone yet.
    if n + plan.users / 50 >= plan.users && seed.percent("newcomer", n as u64, 40) {
        return Status::Provisioned;
    }
    let mut left = seed.below("status", n as u64, 1_000);
    for (status, share) in STATUS_SHARES {
        if left < *share {
            return *status;
        }
        left -= share;
    }
    Status::Active
}

fn place_of(seed: Seed, n: usize) -> PlaceIx {
    // Half of the people share the first six offices.
    let key = n as u64;
    let homes = if seed.percent("big-office", key, 50) {
        6
    } else {
        u64::from(HOMES)
    };
    PlaceIx(u8::try_from(seed.below("place", key, homes)).expect("there are few places"))
}

fn called(
    seed: Seed,
    n: usize,
    place: PlaceIx,
    contractor: bool,
    logins: &mut HashMap<String, u32>,
) -> (Box<str>, Box<str>, String) {
    let key = n as u64;
    let region = names::region(place);
    let (first, first_login) = *seed.pick("first", key, region.first);
    let (last, last_login) = *seed.pick("last", key, region.last);
    let domain = match (contractor, place.get().country_code) {
        (true, _) => "contractor.northwind.example",
        (false, "DE" | "FR" | "ES" | "NL" | "PL" | "IE") => "eu.northwind.example",
        (false, _) => "northwind.example",
    };
    let local = format!("{first_login}.{last_login}").to_lowercase();
    let seen = logins.entry(format!("{local}@{domain}")).or_default();
    *seen += 1;
    let login = match *seen {
        1 => format!("{local}@{domain}"),
        again => format!("{local}{again}@{domain}"),
    };
    let hostile = hostile_from(n).and_then(|at| hostile::PEOPLE.get(at));
    let (first, last) = hostile.copied().unwrap_or((first, last));
    (first.into(), last.into(), login)
}

/// Every third person after the leaders and the statuses has a hostile name, while there are any.
fn hostile_from(n: usize) -> Option<usize> {
    let after = n.checked_sub(HEADS + Status::ALL.len())?;
    (after % 3 == 0).then_some(after / 3)
}

fn provider_of(seed: Seed, n: usize, place: PlaceIx) -> Provider {
    if n < HEADS {
        return Provider::Okta;
    }
    let european = place.get().lon > -30.0 && place.get().lon < 30.0;
    match seed.below("provider", n as u64, 100) {
        0..=24 if european => Provider::ActiveDirectory,
        25..=29 => Provider::Federation,
        30..=32 => Provider::Import,
        33..=35 => Provider::Ldap,
        _ => Provider::Okta,
    }
}

fn manager_of(seed: Seed, n: usize, department: usize, leaders: &[Vec<UserIx>]) -> Option<UserIx> {
    if n == 0 {
        return None;
    }
    let chief = leaders[0].first().copied();
    let own = &leaders[department];
    if n < HEADS || own.is_empty() {
        return chief;
    }
    Some(*seed.pick("manager", n as u64, own))
}

/// Sets the timestamps that a user of this status and age has collected.
fn live_through(seed: Seed, plan: &Plan, key: u64, user: &mut User) {
    let age = plan.now - user.created;
    // A moment within the last `within`, but not before the user was there.
    let ago = |salt: &str, within: i64| {
        let bound = u64::try_from(within.min(age).max(1)).expect("positive");
        plan.now - i64::try_from(seed.below(salt, key, bound)).expect("below an i64")
    };
    if user.status != Status::Staged {
        let wait = u64::try_from((age / 2).clamp(1, 3 * DAY_MS)).expect("positive");
        let wait = i64::try_from(seed.below("activated", key, wait)).expect("below an i64");
        user.activated = Some(user.created + wait);
        user.status_changed = user.activated;
    }
    let signed_up = !matches!(user.status, Status::Staged | Status::Provisioned);
    if signed_up {
        let since = user.activated.unwrap_or(user.created);
        user.password_changed = Some(ago("password", 120 * DAY_MS).max(since));
        let idle = if seed.percent("idle", key, 8) {
            400
        } else {
            14
        };
        user.last_login = Some(ago("login", idle * DAY_MS).max(since));
    }
    if user.provider == Provider::Federation {
        user.password_changed = None;
    }
    if !matches!(
        user.status,
        Status::Staged | Status::Provisioned | Status::Active
    ) {
        let since = user.activated.unwrap_or(user.created);
        let changed = ago("status-changed", 200 * DAY_MS).max(since);
        user.status_changed = Some(changed);
        user.last_login = user.last_login.map(|login| login.min(changed));
        user.password_changed = user.password_changed.map(|then| then.min(changed));
    }
    let edited = ago("edited", 500 * DAY_MS);
    user.last_updated = [user.status_changed, user.password_changed]
        .into_iter()
        .flatten()
        .fold(edited, Millis::max)
        .min(plan.now);
}

fn enrol(world: &mut World, plan: &Plan, user: UserIx, status: Status, since: Millis) {
    if matches!(
        status,
        Status::Staged | Status::Provisioned | Status::Deprovisioned
    ) {
        return;
    }
    let key = u64::from(user.0);
    let seed = world.seed;
    let after = |days: i64| (since + days * DAY_MS).min(plan.now);
    let chance = |salt: &str, percent: u64| seed.percent(salt, key, percent);
    let mut add = |kind, active, days| world.settle_factor(user, kind, active, after(days));
    if chance("verify", 78) {
        add(FactorKind::OktaTotp, true, 0);
        add(FactorKind::Push, !chance("push-pending", 3), 0);
    }
    if chance("fastpass", 30) {
        add(FactorKind::SignedNonce, true, 12);
    }
    if chance("google", 12) {
        add(FactorKind::GoogleTotp, true, 1);
    }
    if chance("sms", 28) {
        add(FactorKind::Sms, true, 2);
    }
    if chance("call", 4) {
        add(FactorKind::Call, true, 2);
    }
    if chance("email", 40) {
        add(FactorKind::Email, true, 0);
    }
    if chance("question", 35) {
        add(FactorKind::Question, true, 0);
    }
    if chance("webauthn", 22) {
        add(FactorKind::Webauthn, true, 40);
    }
}

/// Hands out admin rights and the API token that clients of the simulator use.
fn appoint(world: &mut World, plan: &Plan) {
    let people = world.users().len();
    let at = |n: usize| UserIx::from_usize(n.min(people - 1));
    // The head of IT owns the token; the chief information security officer is the other super admin.
    let (it, security) = (at(3), at(4));
    world.settle_role(it, Role::SuperAdmin);
    if security != it {
        world.settle_role(security, Role::SuperAdmin);
    }
    let token = world.settle_token("oktop (read-only)", it, plan.now - 40 * DAY_MS);
    world.tokens[token].mark_used(plan.now);
    let staff: Vec<UserIx> = (HEADS..people)
        .map(UserIx::from_usize)
        .filter(|ix| {
            let user = world.user(*ix);
            user.status == Status::Active && matches!(user.profile.department, 3 | 4)
        })
        .take(60)
        .collect();
    for (n, user) in staff.into_iter().enumerate() {
        let role = match n % 6 {
            0 => Role::HelpDeskAdmin,
            1 => Role::ReadOnlyAdmin,
            2 => Role::AppAdmin,
            3 => Role::UserAdmin,
            4 if n < 6 => Role::OrgAdmin,
            _ => continue,
        };
        world.settle_role(user, role);
    }
}
