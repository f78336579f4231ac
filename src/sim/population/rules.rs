//! Writes the group rules. Their results agree with the memberships that there are: departments and offices hold whoever
//! works there, and a rule says so.

use super::super::time::DAY_MS;
use super::super::world::World;
use super::super::world::department::DEPARTMENTS;
use super::super::world::group::GroupKind;
use super::super::world::index::{GroupIx, UserIx};
use super::super::world::place::{HOMES, PlaceIx};
use super::admins::named;
use super::{Plan, admins};

/// Rules that put people of one department in one city into both groups, at most.
const MOST_PAIRS: usize = 12;

/// Writes all rules that the org has groups for.
pub fn write(world: &mut World, plan: &Plan) {
    let departments = groups_of(world, DEPARTMENTS.iter().map(|own| own.name.to_owned()));
    let cities = (0..HOMES).map(|at| PlaceIx(at).get().city);
    let offices = groups_of(world, cities.map(|city| format!("Office {city}")));
    for (name, group) in &departments {
        let text = format!("user.department==\"{name}\"");
        settle(
            world,
            plan,
            &format!("Department: {name}"),
            &text,
            &[*group],
            true,
        );
    }
    for (name, group) in &offices {
        let city = name.trim_start_matches("Office ");
        let text = format!("user.city == '{city}'");
        settle(
            world,
            plan,
            &format!("Office: {city}"),
            &text,
            &[*group],
            true,
        );
    }
    let pairs = offices.iter().zip(departments.iter().skip(1).cycle());
    for ((office, there), (department, group)) in pairs.take(MOST_PAIRS) {
        let city = office.trim_start_matches("Office ");
        let text = format!("user.department == \"{department}\" AND user.city == \"{city}\"");
        let name: String = format!("{department} in {city}").chars().take(50).collect();
        settle(world, plan, &name, &text, &[*group, *there], true);
    }
    write_others(world, plan);
    exclude_somebody(world);
    world.settle_by_hand();
}

/// Groups of Okta's own that there are, with their names.
fn groups_of(world: &World, names: impl Iterator<Item = String>) -> Vec<(String, GroupIx)> {
    names
        .filter_map(|name| Some((named(world, &name)?, name)))
        .filter(|(group, _)| world.group(*group).kind == GroupKind::Okta)
        .map(|(group, name)| (name, group))
        .collect()
}

/// A shadow admin's rule, one that asks for groups, two that are off and two that are broken.
fn write_others(world: &mut World, plan: &Plan) {
    let text = format!("user.costCenter == \"{}\"", admins::SHADOW_COST_CENTER);
    if let Some(group) = named(world, admins::HELP_DESK) {
        settle(
            world,
            plan,
            "Field support cost centre",
            &text,
            &[group],
            true,
        );
    }
    if let Some(group) = named(world, "Information Technology") {
        let text = format!(
            "isMemberOfGroupName(\"{}\") && user.department == \"Information Technology\"",
            admins::HELP_DESK
        );
        settle(
            world,
            plan,
            "Second tier belongs to IT",
            &text,
            &[group],
            true,
        );
    }
    let others = [
        (
            "Contractors test first",
            "user.userType == \"Contractor\" AND NOT String.startsWith(user.countryCode, \"U\")",
            "Beta Testers",
        ),
        (
            "Everybody abroad has VPN",
            "user.countryCode != \"US\" OR String.stringContains(user.title, \"Sales\")",
            "VPN Users",
        ),
        ("Red badges", "user.badgeColour == \"red\"", "VPN Users"),
        (
            "Old payroll",
            "isMemberOfAnyGroup(\"00gGoneForYears00005d7\", \"00gGoneForYears00015d7\")",
            "Beta Testers",
        ),
    ];
    for (name, text, group) in others {
        if let Some(group) = named(world, group) {
            settle(world, plan, name, text, &[group], false);
        }
    }
}

/// Somebody once removed a person from a department by hand, and put them back: the rule leaves them alone.
fn exclude_somebody(world: &mut World) {
    let Some((rule, group)) = world
        .rules()
        .find(|(_, rule)| rule.name == "Department: Sales")
        .and_then(|(ix, rule)| Some((ix, *rule.groups.first()?)))
    else {
        return;
    };
    let somebody = world.members_from(group, UserIx(0)).nth(3);
    if let Some(user) = somebody {
        world.settle_exclusion(rule, user);
    }
}

fn settle(
    world: &mut World,
    plan: &Plan,
    name: &str,
    text: &str,
    groups: &[GroupIx],
    active: bool,
) {
    let n = world.rules().count() as u64;
    let days = i64::try_from(world.seed.below("rule-age", n, 1_500)).expect("below 1500");
    let at = (plan.now - (30 + days) * DAY_MS).max(world.facts.created);
    world.settle_rule(name, text, groups, active, at);
}
