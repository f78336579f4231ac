//! What keeps a plan from being carried out though everybody confirms it: objects that nobody may touch, the last who could repair what
//! went wrong, and numbers that nobody means.
//!
//! What cannot be evaluated refuses: a guard that does not know is no guard.

use std::collections::BTreeSet;

use super::plan::{Op, Plan};
use crate::domain::change::{Change, Holder, Lock, Role};
use crate::domain::id::UserId;

/// So many super admins have to be left who can sign in.
const FEWEST_SUPER_ADMINS: usize = 2;
/// Okta's name of the role.
const SUPER_ADMIN: &str = "SUPER_ADMIN";
/// From so many users on they are measured against the org.
const MANY: usize = 10;

/// How much of a kind is done before somebody is asked whether they mean it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Changes in one plan.
    pub most_changes: usize,
    /// Users of the org, in percent, that one plan may take access from.
    pub most_users_percent: u64,
    /// What takes something away, in an hour, over all plans.
    pub destructive_an_hour: usize,
    /// The same in a day.
    pub destructive_a_day: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most_changes: 500,
            most_users_percent: 10,
            destructive_an_hour: 100,
            destructive_a_day: 500,
        }
    }
}

/// What the guards go by.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The user that oktop's own credential belongs to; `None` for a service app.
    pub own: Option<UserId>,
    /// Ids of objects that nobody changes from here, by the machine's policy: accounts for the worst case and the like.
    pub protected: BTreeSet<String>,
    /// The super admins that can sign in; `None` when that is not known completely.
    pub super_admins: Option<BTreeSet<UserId>>,
    /// Groups that give admin roles; `None` when that is not known completely.
    pub admin_groups: Option<BTreeSet<String>>,
    /// Users of the org; `None` before they were read completely.
    pub users: Option<u64>,
    /// What took something away in the last hour, and in the last day.
    pub destructive: (usize, usize),
}

/// What a guard found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which op, from 1; `None` for the plan as a whole.
    pub op: Option<u32>,
    /// Why it may not be.
    pub words: String,
}

/// What keeps `plan` from being carried out.
pub fn judge(plan: &Plan, world: &World, limits: &Limits) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, op) in (1u32..).zip(&plan.ops) {
        let words = of_op(op, plan.by.account.as_ref(), world);
        let finding = |words| Finding {
            op: Some(number),
            words,
        };
        found.extend(words.into_iter().map(finding));
    }
    let of_plan = |words| Finding { op: None, words };
    found.extend(too_few_super_admins(plan, world).map(of_plan));
    found.extend(too_many(plan, world, limits).into_iter().map(of_plan));
    found
}

fn of_op(op: &Op, operator: Option<&UserId>, world: &World) -> Vec<String> {
    let change = &op.change;
    let mut words = Vec::new();
    if let Some(user) = takes_from(change) {
        if world.own.as_ref() == Some(user) {
            words.push("it is the account that oktop itself works with".to_owned());
        }
        if operator == Some(user) {
            words.push("it is your own account".to_owned());
        }
    }
    let owner = op.basis.text("token.userId");
    let is_own = |own: &UserId| Some(own.as_str()) == owner;
    if matches!(change, Change::RevokeApiToken { .. }) && world.own.as_ref().is_some_and(is_own) {
        words.push("the token belongs to the account that oktop itself works with".to_owned());
    }
    let locks = change.locks();
    let id = |lock: &crate::domain::change::Lock| {
        lock.as_str().split_once(':').map(|(_, id)| id.to_owned())
    };
    let touched = locks.iter().filter_map(id);
    words.extend(
        touched
            .filter(|id| world.protected.contains(id))
            .map(|id| format!("{id} is protected by this machine's policy")),
    );
    words.extend(of_group(change, world));
    words
}

/// The user whose access, account or privilege a change takes.
fn takes_from(change: &Change) -> Option<&UserId> {
    use Change as C;
    match change {
        C::DeactivateUser { user, .. }
        | C::DeleteUser { user }
        | C::SuspendUser { user }
        | C::ExpirePassword { user, .. }
        | C::ResetPassword { user, .. }
        | C::ResetFactors { user }
        | C::RemoveFactor { user, .. }
        | C::LogOut { user }
        | C::RevokeRole {
            holder: Holder::User(user),
            ..
        } => Some(user),
        _ => None,
    }
}

/// A group that gives admin roles is not deleted: nobody sees from it who loses what.
fn of_group(change: &Change, world: &World) -> Option<String> {
    let Change::DeleteGroup { group } = change else {
        return None;
    };
    match &world.admin_groups {
        None => Some("it is not known which groups give admin roles".to_owned()),
        Some(groups) => groups
            .contains(group.as_str())
            .then(|| "it gives admin roles; take them from it first".to_owned()),
    }
}

fn too_few_super_admins(plan: &Plan, world: &World) -> Option<String> {
    let losing: Vec<&Change> = plan
        .ops
        .iter()
        .map(|op| &op.change)
        .filter(|change| may_cost_a_super_admin(change))
        .collect();
    if losing.is_empty() {
        return None;
    }
    let Some(all) = &world.super_admins else {
        return Some(
            "it is not known who the super admins are, so that it might take the last of them"
                .to_owned(),
        );
    };
    if losing.iter().any(|change| is_of_a_group(change)) {
        return Some(
            "it takes super admin from a whole group; take its members' roles one by one"
                .to_owned(),
        );
    }
    let lost: BTreeSet<&UserId> = losing
        .iter()
        .filter_map(|change| takes_from(change))
        .filter(|user| all.contains(user))
        .collect();
    let left = all.len() - lost.len();
    (!lost.is_empty() && left < FEWEST_SUPER_ADMINS).then(|| {
        format!(
            "it would leave {left} super admins who can sign in; {FEWEST_SUPER_ADMINS} have to be"
        )
    })
}

/// Whether somebody may be no super admin any more, or cannot sign in as one.
fn may_cost_a_super_admin(change: &Change) -> bool {
    match change {
        Change::DeactivateUser { .. } | Change::SuspendUser { .. } | Change::DeleteUser { .. } => {
            true
        }
        Change::RevokeRole {
            role: Role::Standard(kind),
            ..
        } => **kind == *SUPER_ADMIN,
        _ => false,
    }
}

fn is_of_a_group(change: &Change) -> bool {
    let is_group = |holder: &Holder| matches!(holder, Holder::Group(_));
    matches!(change, Change::RevokeRole { holder, .. } if is_group(holder))
}

fn too_many(plan: &Plan, world: &World, limits: &Limits) -> Vec<String> {
    let mut words = Vec::new();
    let count = plan.ops.len();
    if count > limits.most_changes {
        let most = limits.most_changes;
        words.push(format!(
            "{count} changes are more than the {most} that one plan may have"
        ));
    }
    let taking = plan
        .ops
        .iter()
        .filter(|op| op.change.is_destructive())
        .count();
    words.extend(share(users_hit(plan), world, limits));
    for (done, most, span) in [
        (world.destructive.0, limits.destructive_an_hour, "hour"),
        (world.destructive.1, limits.destructive_a_day, "day"),
    ] {
        if taking > 0 && done + taking > most {
            words.push(format!(
                "with {done} others in the last {span} it would take something away {} times; {most} is the limit",
                done + taking
            ));
        }
    }
    words
}

/// From how many users it takes something. Ten things of one account are one user: containment of one is no outage of many.
fn users_hit(plan: &Plan) -> usize {
    let taking = plan.ops.iter().filter(|op| op.change.is_destructive());
    let locks = taking.flat_map(|op| op.change.locks());
    let users: BTreeSet<Lock> = locks
        .filter(|lock| lock.as_str().starts_with("user:"))
        .collect();
    users.len()
}

/// A plan that takes something from a good part of the org.
fn share(hit: usize, world: &World, limits: &Limits) -> Option<String> {
    if hit < MANY {
        return None;
    }
    let Some(users) = world.users.filter(|users| *users > 0) else {
        return Some(
            "it is not known how many users the org has, and so not how many of them it hits"
                .to_owned(),
        );
    };
    let percent = (hit as u64).saturating_mul(100) / users;
    let most = limits.most_users_percent;
    (percent > most).then(|| {
        format!("it takes something from {percent} % of the org's users; {most} % is the limit")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::facts::Facts;
    use crate::action::plan::{OnFailure, Operator};

    fn user(id: &str) -> UserId {
        id.parse().unwrap()
    }

    fn suspend(id: &str) -> Change {
        Change::SuspendUser { user: user(id) }
    }

    fn world() -> World {
        World {
            own: Some(user("00uown")),
            protected: BTreeSet::from(["00uglass".to_owned(), "00gvault".to_owned()]),
            super_admins: Some(["00us1", "00us2", "00us3"].map(user).into()),
            admin_groups: Some(BTreeSet::from(["00gadmins".to_owned()])),
            users: Some(1_000),
            destructive: (0, 0),
        }
    }

    fn judged(changes: Vec<Change>, world: &World) -> Vec<String> {
        let op = |change| Op {
            change,
            basis: Facts::from([("token.userId", "00uown".into())]),
            after: Vec::new(),
            undo_of: None,
        };
        let plan = Plan {
            title: "x".into(),
            reason: None,
            by: Operator {
                uid: 1,
                name: None,
                account: Some(user("00ume")),
            },
            made: jiff::Timestamp::UNIX_EPOCH,
            on_failure: OnFailure::Stop,
            ops: changes.into_iter().map(op).collect(),
        };
        let found = judge(&plan, world, &Limits::default());
        found.into_iter().map(|finding| finding.words).collect()
    }

    fn refused(change: Change) -> String {
        judged(vec![change], &world()).join("; ")
    }

    #[test]
    fn some_objects_are_not_touched() {
        assert_eq!(refused(suspend("00uother")), "");
        assert!(refused(suspend("00uown")).contains("oktop itself"));
        assert!(refused(suspend("00ume")).contains("your own account"));
        assert!(refused(suspend("00uglass")).contains("00uglass is protected"));
        let unlock = Change::UnlockUser {
            user: user("00uown"),
        };
        assert_eq!(refused(unlock), "", "nothing is taken");
        let add = Change::AddMember {
            group: "00gvault".parse().unwrap(),
            user: user("00uother"),
        };
        assert!(refused(add).contains("00gvault is protected"));
        let token = Change::RevokeApiToken {
            token: "00T1".parse().unwrap(),
        };
        assert!(refused(token).contains("the token belongs"));
        let delete = |group: &str| Change::DeleteGroup {
            group: group.parse().unwrap(),
        };
        assert!(refused(delete("00gadmins")).contains("gives admin roles"));
        assert_eq!(refused(delete("00gplain")), "");
    }

    #[test]
    fn two_super_admins_are_left() {
        let found =
            |ids: &[&str]| judged(ids.iter().map(|id| suspend(id)).collect(), &world()).join("; ");
        assert_eq!(found(&["00us1"]), "");
        assert!(found(&["00us1", "00us2"]).contains("would leave 1"));
        assert_eq!(found(&["00us1", "00uother", "00us1"]), "");
        let revoke = |holder| Change::RevokeRole {
            holder,
            assignment: "ra1".parse().unwrap(),
            role: Role::Standard(SUPER_ADMIN.into()),
        };
        let of_user = |id: &str| revoke(Holder::User(user(id)));
        assert!(judged(vec![of_user("00us1"), suspend("00us2")], &world())[0].contains("leave 1"));
        let of_group = revoke(Holder::Group("00g1".parse().unwrap()));
        assert!(refused(of_group).contains("a whole group"));
    }

    #[test]
    fn what_is_not_known_refuses() {
        let blind = World {
            super_admins: None,
            admin_groups: None,
            users: None,
            ..world()
        };
        assert!(
            judged(vec![suspend("00u1")], &blind)[0].contains("not known who the super admins")
        );
        let delete = Change::DeleteGroup {
            group: "00g1".parse().unwrap(),
        };
        assert!(judged(vec![delete], &blind)[0].contains("not known which groups"));
        let clear = |n: usize| Change::ClearSessions {
            user: user(&format!("00u{n}")),
            oauth_tokens: false,
            forget_devices: false,
        };
        assert_eq!(judged(vec![clear(1)], &blind), [""; 0]);
        let many = (0..10).map(clear).collect();
        assert!(judged(many, &blind)[0].contains("not known how many users"));
    }

    /// In an org of 60 a taken over account with six factors and what it had left behind could not be contained.
    #[test]
    fn all_that_one_account_has_is_of_one_user() {
        let factor = |n: usize| Change::RemoveFactor {
            user: user("00u1"),
            factor: format!("opf{n}").parse().unwrap(),
        };
        let small = World {
            users: Some(20),
            ..world()
        };
        assert_eq!(judged((0..30).map(factor).collect(), &small), [""; 0]);
    }

    #[test]
    fn numbers_that_nobody_means_are_refused() {
        let many = |count: usize| -> Vec<Change> {
            (0..count).map(|n| suspend(&format!("00u{n}"))).collect()
        };
        assert_eq!(judged(many(100), &world()), [""; 0]);
        let found = judged(many(101), &world()).join("; ");
        assert!(
            found.contains("10 % is") || found.contains("100 is the limit"),
            "{found}"
        );
        let busy = World {
            destructive: (60, 460),
            ..world()
        };
        let found = judged(many(41), &busy);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(judged(many(501), &world())[0].contains("501 changes"));
        let unlock = Change::UnlockUser { user: user("00u1") };
        assert_eq!(judged(vec![unlock; 400], &busy), [""; 0]);
        let small = World {
            users: Some(50),
            ..world()
        };
        assert!(judged(many(10), &small)[0].contains("20 % of"));
        assert_eq!(judged(many(9), &small), [""; 0]);
    }
}
