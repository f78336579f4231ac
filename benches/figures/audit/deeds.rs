//! What other admins do.

use serde_json::{Value, json};

/// One deed after the other, the same for the same seed.
pub(super) struct Deeds {
    pub(super) people: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) apps: Vec<String>,
    /// Logins of those who were made meanwhile.
    pub(super) newcomers: Vec<String>,
    pub(super) dice: Dice,
}

impl Deeds {
    pub(super) fn next(&mut self, name: &str) -> Value {
        let user = self.dice.of(&self.people);
        let (group, app) = (self.dice.of(&self.groups), self.dice.of(&self.apps));
        let role = ["HELP_DESK_ADMIN", "APP_ADMIN"][self.dice.below(2)];
        match self.dice.below(16) {
            0 | 1 => json!({"change": "add_member", "group": "Audit", "user": user}),
            2 => json!({"change": "remove_member", "group": "Audit", "user": user}),
            3 => json!({"change": "assign_user", "app": "Payroll", "user": user}),
            4 => json!({"change": "unassign_user", "app": "Payroll", "user": user}),
            5 | 6 => json!({"change": "suspend_user", "user": user}),
            7 => json!({"change": "unsuspend_user", "user": user}),
            8 | 9 => json!({"change": "grant_role", "user": user, "role": role}),
            10 => json!({"change": "revoke_role", "user": user, "role": role}),
            11 => json!({"change": "add_member", "group": group, "user": user}),
            12 => json!({"change": "remove_member", "group": group, "user": user}),
            13 => json!({"change": "assign_group", "app": app, "group": "Audit"}),
            14 => json!({"change": "unassign_group", "app": app, "group": "Audit"}),
            _ => {
                json!({"change": "create_user", "login": format!("new{name}@acme.example"), "first_name": "New", "last_name": "Body", "activate": true})
            }
        }
    }

    /// People who leave, and groups that are there for a while.
    pub(super) fn coming_and_going(&mut self, moment: u64) -> Vec<Value> {
        let mut all = Vec::new();
        if moment % 5 == 4 && !self.newcomers.is_empty() {
            let user = self.newcomers.remove(0);
            all.push(json!({"change": "deactivate_user", "user": user}));
            if moment.is_multiple_of(2) {
                all.push(json!({"change": "delete_user", "user": user}));
            }
        }
        let user = self.dice.of(&self.people);
        let passing = |moment: u64| format!("Passing {moment}");
        let name = passing(moment);
        if moment % 7 == 3 {
            all.push(json!({"change": "create_group", "name": name, "description": null}));
            all.push(json!({"change": "add_member", "group": name, "user": user}));
            all.push(json!({"change": "assign_group", "app": "Payroll", "group": name}));
        } else if moment % 7 == 5 {
            let name = passing(moment - 2);
            all.push(json!({"change": "delete_group", "group": name}));
        }
        all
    }
}

/// Numbers that look like chance, the same for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }

    fn of(&mut self, all: &[String]) -> String {
        all[self.below(all.len())].clone()
    }
}
