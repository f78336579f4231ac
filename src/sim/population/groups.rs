//! Forms the groups: a few of a tenth of the org, one per department and office, and a long tail.

use rand::RngExt as _;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use super::super::id::Id;
use super::super::time::{DAY_MS, Millis};
use super::super::world::World;
use super::super::world::department::DEPARTMENTS;
use super::super::world::group::{Group, GroupKind};
use super::super::world::index::UserIx;
use super::super::world::place::{HOMES, PlaceIx};
use super::super::world::user::Status;
use super::{Plan, hostile};

/// Big groups of about a tenth of the org each.
const BIG: &[(&str, &str)] = &[
    ("VPN Users", "May connect from outside the offices"),
    ("Beta Testers", "Get new features first"),
    ("Phishing Drill 2026-Q3", "Whoever clicked is trained"),
];

const TEAMS: &[&str] = &[
    "Atlas", "Borealis", "Cobalt", "Delta", "Ember", "Falcon", "Glacier", "Harbor", "Indigo",
    "Juniper", "Kepler", "Lumen", "Meridian", "Nimbus", "Orbit", "Pioneer", "Quartz", "Raven",
    "Summit", "Tundra", "Umbra", "Vector", "Willow", "Xenon", "Yonder", "Zephyr",
];

const PURPOSES: &[&str] = &[
    "Readers",
    "Writers",
    "Admins",
    "Owners",
    "On-Call",
    "Contractors",
    "Staging",
    "Production",
    "Mailing List",
    "Approvers",
];

/// Forms all groups of the plan; Everyone is there already.
pub fn form(world: &mut World, plan: &Plan, rng: &mut ChaCha8Rng) {
    let live: Vec<UserIx> = (0..world.users().len())
        .map(UserIx::from_usize)
        .filter(|ix| world.user(*ix).status != Status::Deprovisioned)
        .collect();
    for n in 1..plan.groups {
        let (draft, members) = draft(world, plan, n, &live, rng);
        let group = settle(world, plan, draft, rng);
        world.settle_members(group, members);
    }
}

/// What a group is to be.
struct Draft {
    kind: GroupKind,
    name: String,
    description: Option<String>,
}

impl Draft {
    fn okta(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            kind: GroupKind::Okta,
            name: name.into(),
            description: Some(description.into()),
        }
    }
}

fn draft(
    world: &World,
    plan: &Plan,
    n: usize,
    live: &[UserIx],
    rng: &mut ChaCha8Rng,
) -> (Draft, Vec<UserIx>) {
    let mut n = n - 1;
    let mut section = |length: usize| {
        let at = (n < length).then_some(n);
        n = n.wrapping_sub(length);
        at
    };
    if section(1).is_some() {
        let admins = world.admins().map(|(user, _)| user).collect();
        let draft = Draft {
            kind: GroupKind::BuiltIn,
            ..Draft::okta(
                "Okta Administrators",
                "Okta manages this group, which contains all administrators in your organization.",
            )
        };
        return (draft, admins);
    }
    if let Some(at) = section(BIG.len()) {
        let (name, description) = BIG[at];
        return (
            Draft::okta(name, description),
            some_of(live, live.len() / 10, rng),
        );
    }
    if let Some(at) = section(DEPARTMENTS.len()) {
        let name = DEPARTMENTS[at].name;
        let members = of_department(world, live, at);
        return (Draft::okta(name, format!("Everybody in {name}")), members);
    }
    if section(1).is_some() {
        let draft = Draft::okta(
            "Help Desk Tier 2",
            "Has an admin role: do not add people lightly",
        );
        return (draft, some_of(&of_department(world, live, 3), 5, rng));
    }
    if let Some(at) = section(hostile::GROUPS.len()) {
        let (name, description) = hostile::GROUPS[at];
        return (Draft::okta(name, description), some_of(live, 3, rng));
    }
    if let Some(at) = section(usize::from(HOMES)) {
        let place = PlaceIx(u8::try_from(at).expect("there are few places"));
        let here = |ix: &&UserIx| world.user(**ix).profile.place == place;
        let members = live.iter().filter(here).copied().collect();
        return (
            Draft::okta(
                format!("Office {}", place.get().city),
                format!("{} office", place.get().country),
            ),
            members,
        );
    }
    tail(plan, n, live, rng)
}

/// A group of the long tail, whose `rank`th is about a `rank`th as large as its first; one in eight is empty.
fn tail(plan: &Plan, rank: usize, live: &[UserIx], rng: &mut ChaCha8Rng) -> (Draft, Vec<UserIx>) {
    let share = 0.08 / (rank as f64 + 1.0).powf(0.85);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of the users"
    )]
    let size = (live.len() as f64 * share) as usize;
    let size = if rng.random_ratio(1, 8) {
        0
    } else {
        size.max(rng.random_range(1..12))
    };
    let team = TEAMS[rank % TEAMS.len()];
    let purpose = PURPOSES[rank / TEAMS.len() % PURPOSES.len()];
    let again = rank / (TEAMS.len() * PURPOSES.len());
    let suffix = if again > 0 {
        format!(" {}", again + 1)
    } else {
        String::new()
    };
    let kind = if plan.strange && rank % 17 == 5 {
        GroupKind::Strange
    } else if rng.random_ratio(1, 4) {
        GroupKind::App
    } else {
        GroupKind::Okta
    };
    let draft = Draft {
        kind,
        name: format!("{team} {purpose}{suffix}"),
        description: rng
            .random_ratio(2, 3)
            .then(|| format!("{purpose} of the {team} project")),
    };
    (draft, some_of(live, size, rng))
}

fn of_department(world: &World, live: &[UserIx], department: usize) -> Vec<UserIx> {
    let here = |ix: &&UserIx| usize::from(world.user(**ix).profile.department) == department;
    live.iter().filter(here).copied().collect()
}

fn some_of(users: &[UserIx], size: usize, rng: &mut ChaCha8Rng) -> Vec<UserIx> {
    sample(rng, users.len(), size.min(users.len()))
        .into_iter()
        .map(|at| users[at])
        .collect()
}

fn settle(
    world: &mut World,
    plan: &Plan,
    draft: Draft,
    rng: &mut ChaCha8Rng,
) -> super::super::world::index::GroupIx {
    let age = plan.now - world.facts.created;
    let n = i64::try_from(world.groups().len()).expect("groups fit");
    let of = i64::try_from(plan.groups.max(2)).expect("groups fit");
    // Founded in the order of their ids, over the first nine tenths of the org's life.
    let created = world.facts.created + age / 10 * 9 / of * n;
    let mut since = |within: i64| -> Millis {
        let span = within.min(plan.now - created).max(1);
        plan.now - rng.random_range(0..span)
    };
    let (last_updated, last_membership_updated) = (since(900 * DAY_MS), since(60 * DAY_MS));
    world.settle_group(Group {
        id: Id::new(world.seed, "00g", 0),
        kind: draft.kind,
        name: draft.name.into(),
        description: draft.description.map(Into::into),
        created,
        last_updated,
        last_membership_updated,
        source: None,
        deleted: false,
    })
}
