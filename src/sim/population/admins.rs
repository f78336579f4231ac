//! Hands out admin rights beyond those of the first admins: by every path that there is, to people who should have them and to
//! people who should not.
//!
//! Small orgs have all of it, as far as they have the groups and applications for it.

use std::collections::BTreeSet;

use super::super::time::{DAY_MS, HOUR_MS, Millis};
use super::super::world::World;
use super::super::world::assignment::{AppTarget, Assignee, Held, Targets};
use super::super::world::group::GroupKind;
use super::super::world::iam::Covered;
use super::super::world::index::{AppIx, ClientIx, CustomRoleIx, GroupIx, ResourceSetIx, UserIx};
use super::super::world::owner::OwnedBy;
use super::super::world::role::Role;
use super::super::world::user::{Provider, Status};
use super::Plan;

/// The group whose members are help desk admins.
pub const HELP_DESK: &str = "Help Desk Tier 2";

/// An attribute like any other, which makes an admin of whoever has it.
pub const SHADOW_COST_CENTER: &str = "CC-3190";

/// Hands out everything that there are people and groups for.
pub fn appoint(world: &mut World, plan: &Plan) {
    let mut people = Pool(ordinary(world));
    plant_accounts(world, plan, &mut people);
    limit_roles(world, plan, &mut people);
    let small = small_groups(world);
    lend_to_groups(world, plan, &small, &mut people);
    build_roles(world, plan, &small, &mut people);
    make_tokens(world, plan);
    if let Some(group) = named(world, "Okta Administrators") {
        world.settle_administrators(group);
    }
}

/// The group of this name.
pub fn named(world: &World, name: &str) -> Option<GroupIx> {
    let mut groups = world.groups().iter();
    groups
        .position(|group| *group.name == *name)
        .map(GroupIx::from_usize)
}

/// People without a part yet; each is given out once.
struct Pool(Vec<UserIx>);

impl Pool {
    fn next(&mut self) -> Option<UserIx> {
        self.0.pop()
    }
}

/// Active people of Okta's own who have been there for a while and play no other part. Taken from the back, so that the oldest,
/// whom tests and scenarios know, come last.
fn ordinary(world: &World) -> Vec<UserIx> {
    let leaders: BTreeSet<UserIx> = world
        .users()
        .iter()
        .filter_map(|user| user.profile.manager)
        .collect();
    let plain = |user: &UserIx| {
        let held = world.user(*user);
        held.status == Status::Active
            && held.provider == Provider::Okta
            && held.profile.extra.is_none()
            && !held.profile.contractor
            && !matches!(held.profile.department, 0 | 3 | 4)
            && world.roles(*user).is_empty()
            && !leaders.contains(user)
    };
    let everybody = (0..world.users().len()).map(UserIx::from_usize);
    let found: Vec<UserIx> = everybody.filter(plain).collect();
    // Spread over the org, so that not everybody joined in the same month.
    let step = (found.len() / 60).max(1);
    found.into_iter().step_by(step).collect()
}

fn give(world: &mut World, to: Assignee, role: Role, targets: Targets, at: Millis) {
    world.settle_assignment(to, Held::Standard(role), targets, at);
}

/// Accounts for emergencies, admins whom nobody has seen for long, programs with a person's account.
fn plant_accounts(world: &mut World, plan: &Plan, people: &mut Pool) {
    for n in 1..=2 {
        if let Some(user) = people.next() {
            let at = world.user(user).created + HOUR_MS;
            world.settle_break_glass(user, n, at);
            give(
                world,
                Assignee::User(user),
                Role::SuperAdmin,
                Targets::All,
                at,
            );
        }
    }
    for role in [Role::OrgAdmin, Role::AppAdmin] {
        if let Some(user) = people.next() {
            let created = world.user(user).created;
            let seen = (plan.now - 210 * DAY_MS).max(created);
            world.settle_login(user, Some(seen));
            world.characters.dormant_admins.push(user);
            give(
                world,
                Assignee::User(user),
                role,
                Targets::All,
                created + HOUR_MS,
            );
        }
    }
    let services = world.characters.services.clone();
    for (user, role) in services
        .into_iter()
        .zip([Role::ReadOnlyAdmin, Role::UserAdmin])
    {
        let at = world.user(user).created + HOUR_MS;
        give(world, Assignee::User(user), role, Targets::All, at);
    }
}

/// Roles of every other type, and such as are limited.
fn limit_roles(world: &mut World, plan: &Plan, people: &mut Pool) {
    let ago = plan.now - 45 * DAY_MS;
    let whole = [
        Role::GroupMembershipAdmin,
        Role::ReportAdmin,
        Role::ApiAccessManagementAdmin,
        Role::AccessCertificationsAdmin,
        Role::AccessRequestsAdmin,
        Role::WorkflowsAdmin,
    ];
    for role in whole {
        if let Some(user) = people.next() {
            let at = world.user(user).created.max(ago);
            give(world, Assignee::User(user), role, Targets::All, at);
        }
    }
    let app = (1..world.apps().len())
        .map(AppIx::from_usize)
        .find(|app| world.app(*app).active);
    if let (Some(app), Some(user)) = (app, people.next()) {
        let by_name = AppTarget::Catalogue(world.app(app).name);
        let targets = Targets::Apps(vec![AppTarget::Instance(app), by_name]);
        give(world, Assignee::User(user), Role::AppAdmin, targets, ago);
    }
    if let (Some(group), Some(user)) = (named(world, "Sales"), people.next()) {
        let targets = Targets::Groups(vec![group]);
        give(
            world,
            Assignee::User(user),
            Role::HelpDeskAdmin,
            targets,
            ago,
        );
    }
}

/// Groups of Okta's own with few members, whom no department or office needs.
fn small_groups(world: &World) -> Vec<GroupIx> {
    let small = |group: &GroupIx| {
        let held = world.group(*group);
        held.kind == GroupKind::Okta
            && (2..=25).contains(&world.member_count(*group))
            && *held.name != *HELP_DESK
            && !held.name.starts_with("Office ")
            && !super::super::world::department::DEPARTMENTS
                .iter()
                .any(|own| *own.name == *held.name)
    };
    let all = (0..world.groups().len()).map(GroupIx::from_usize);
    all.filter(small).take(4).collect()
}

/// Groups with roles: their members, whoever a rule puts in, and whoever owns them.
fn lend_to_groups(world: &mut World, plan: &Plan, small: &[GroupIx], people: &mut Pool) {
    if let Some(group) = named(world, HELP_DESK) {
        let at = plan.now - 700 * DAY_MS;
        give(
            world,
            Assignee::Group(group),
            Role::HelpDeskAdmin,
            Targets::All,
            at,
        );
        let shadows: Vec<UserIx> = (0..2).filter_map(|_| people.next()).collect();
        for user in &shadows {
            world.settle_attribute(*user, "costCenter", SHADOW_COST_CENTER);
        }
        let members = world
            .members_from(group, UserIx(0))
            .chain(shadows)
            .collect();
        world.settle_members(group, members);
        if let Some(owner) = people.next() {
            world.settle_owner(group, OwnedBy::User(owner), plan.now - 400 * DAY_MS);
        }
    }
    let mut small = small.iter().copied();
    if let (Some(group), Some(owning)) = (small.next(), small.next()) {
        let at = plan.now - 300 * DAY_MS;
        give(
            world,
            Assignee::Group(group),
            Role::ReadOnlyAdmin,
            Targets::All,
            at,
        );
        world.settle_owner(group, OwnedBy::Group(owning), at);
    }
    own_departments(world, plan);
}

/// Heads own their departments' groups, which makes nobody an admin.
fn own_departments(world: &mut World, plan: &Plan) {
    for (at, department) in super::super::world::department::DEPARTMENTS
        .iter()
        .enumerate()
    {
        let head = UserIx::from_usize(at);
        if let Some(group) = named(world, department.name).filter(|_| at < world.users().len()) {
            let since = world.user(head).created.max(plan.now - 900 * DAY_MS);
            world.settle_owner(group, OwnedBy::User(head), since);
        }
    }
}

/// Custom roles over resource sets, for a person, a group and a program.
fn build_roles(world: &mut World, plan: &Plan, small: &[GroupIx], people: &mut Pool) {
    let at = plan.now - 250 * DAY_MS;
    let (desk, robot) = custom_roles(world, at);
    // The document has an object where Okta sends the list of attributes: the official clients cannot read it.
    if plan.strange {
        world.settle_condition(desk, "okta.users.read", &["city", "department", "title"]);
    }
    let offices: Vec<GroupIx> = (1..world.groups().len())
        .map(GroupIx::from_usize)
        .filter(|group| world.group(*group).kind == GroupKind::Okta)
        .take(3)
        .collect();
    let everybody = world.settle_resource_set(
        "Whole directory",
        "Every user and group",
        &[Covered::Users, Covered::Groups],
        at,
    );
    let mut bind = |to: Assignee, role: CustomRoleIx, set: ResourceSetIx| {
        let held = Held::Custom { role, set };
        world.settle_assignment(to, held, Targets::All, at + DAY_MS);
    };
    if let Some(user) = people.next() {
        bind(Assignee::User(user), desk, everybody);
    }
    if let Some(group) = small.get(2) {
        bind(Assignee::Group(*group), desk, everybody);
    }
    if let Some(client) = client_named(world, "Access Robot") {
        let mut covered: Vec<Covered> = offices.iter().copied().map(Covered::Group).collect();
        covered.extend(offices.iter().copied().map(Covered::MembersOf));
        if world.apps().len() > 1 {
            covered.extend([Covered::Apps, Covered::App(AppIx(1))]);
        }
        if !covered.is_empty() {
            let about = "Groups that people ask to join";
            let set = world.settle_resource_set("Self-service groups", about, &covered, at);
            let held = Held::Custom { role: robot, set };
            world.settle_assignment(Assignee::Client(client), held, Targets::All, at + DAY_MS);
        }
    }
}

fn custom_roles(world: &mut World, at: Millis) -> (CustomRoleIx, CustomRoleIx) {
    let desk = world.settle_custom_role(
        "Night Desk",
        "Lets people in again when the help desk sleeps",
        &[
            "okta.users.read",
            "okta.users.credentials.resetPassword",
            "okta.users.credentials.resetFactors",
            "okta.users.lifecycle.unlock",
        ],
        at,
    );
    let robot = world.settle_custom_role(
        "Membership Robot",
        "Moves people between groups",
        &["okta.groups.read", "okta.groups.members.manage"],
        at,
    );
    // Nobody has it any more.
    world.settle_custom_role(
        "Auditor 2024",
        "Read everything for the audit of 2024",
        &["okta.users.read", "okta.groups.read", "okta.apps.read"],
        at,
    );
    (desk, robot)
}

fn client_named(world: &World, name: &str) -> Option<ClientIx> {
    world
        .clients()
        .find(|(ix, _)| world.client_name(*ix) == name)
        .map(|(ix, _)| ix)
}

/// Tokens beside the one that clients of the simulator use: used every day, hardly, and never.
fn make_tokens(world: &mut World, plan: &Plan) {
    let with = |world: &World, role: Role| {
        world
            .admins()
            .find(|(user, own)| own.contains(&role) && !world.characters.is_quiet(*user))
            .map(|(user, _)| user)
    };
    let supers = world
        .admins()
        .filter(|(_, own)| own.contains(&Role::SuperAdmin));
    let second = supers.map(|(user, _)| user).nth(1);
    let wanted = [
        ("Migration 2024 (delete me)", second, 25, None),
        (
            "Joiners and leavers",
            with(world, Role::OrgAdmin),
            500,
            Some(2),
        ),
        (
            "Ticket desk",
            with(world, Role::HelpDeskAdmin),
            200,
            Some(9 * 24),
        ),
        (
            "Reporting",
            world.characters.services.get(1).copied(),
            340,
            Some(20),
        ),
    ];
    for (name, owner, made_days_ago, used_hours_ago) in wanted {
        let Some(owner) = owner else { continue };
        let made = (plan.now - made_days_ago * DAY_MS).max(world.user(owner).created);
        let token = world.settle_token(name, owner, made);
        if let Some(hours) = used_hours_ago {
            world.tokens[token].mark_used(plan.now - hours * HOUR_MS);
        }
    }
    if let Some(owner) = with(world, Role::OrgAdmin) {
        let token = world.settle_token("Pilot", owner, plan.now - 600 * DAY_MS);
        world.tokens[token].revoked = true;
    }
}
