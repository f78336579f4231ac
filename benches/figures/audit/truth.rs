//! What an org is at a moment, as the simulator tells it, and what a change makes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::access::admin_paths_true;
use crate::rig::{Sim, ids};

pub(super) type Pairs = BTreeSet<(String, String)>;

/// What somebody who is activated is, with a password and without one.
const WITH_OR_WITHOUT: [&str; 2] = ["ACTIVE", "PROVISIONED"];
const NOT_KNOWN: &str = "UNKNOWN";

/// What an org is at a moment.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) statuses: BTreeMap<String, String>,
    pub(super) users: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
    pub(super) apps: BTreeSet<String>,
    pub(super) members: Pairs,
    pub(super) app_users: Pairs,
    pub(super) app_groups: Pairs,
    /// Of app users who have the app themselves.
    pub(super) direct: Pairs,
    pub(super) admins: BTreeSet<String>,
    /// Principals by the role that they hold.
    pub(super) holders: BTreeMap<String, BTreeSet<String>>,
}

impl Truth {
    /// What the simulator says.
    pub(super) fn of(sim: &Sim) -> Self {
        let ask = |what: &str| sim.ask(&format!("truth/{what}"));
        let statuses = ask("statuses");
        let statuses = statuses.as_object().unwrap().iter();
        let app_users = ask("app_users");
        let admins = ask("admins");
        let mut holders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in admins.as_array().unwrap() {
            let of = holders.entry(text(path, "role")).or_default();
            of.insert(text(path, "principal"));
        }
        let direct = |user: &Value| user["scope"] == "USER";
        Self {
            statuses: statuses
                .map(|(id, status)| (id.clone(), status.as_str().unwrap().to_owned()))
                .collect(),
            users: ids(&ask("users")),
            groups: ids(&ask("groups")),
            apps: ids(&ask("apps")),
            members: pairs(&ask("memberships"), |_| true),
            app_users: pairs(&app_users, |_| true),
            app_groups: pairs(&ask("app_groups"), |_| true),
            direct: pairs(&app_users, direct),
            admins: admin_paths_true(&admins),
            holders,
        }
    }

    /// The statuses as far as they can be known: the log does not tell whether somebody who was activated has a password, and so which of two
    /// it was. Of those `unread` nothing else tells.
    pub(super) fn tellable(&self, unread: &BTreeSet<String>) -> Pairs {
        let told = |(id, status): (&String, &String)| {
            let is_known = !unread.contains(id) || !WITH_OR_WITHOUT.contains(&status.as_str());
            let status = if is_known { status } else { NOT_KNOWN };
            (id.clone(), status.to_owned())
        };
        self.statuses.iter().map(told).collect()
    }

    /// Does what a row tells; what is wrong with that, if anything is.
    pub(super) fn change(&mut self, row: &Value, unread: &BTreeSet<String>) -> Option<String> {
        let (id, other) = (text(row, "id"), text(&row["other"], "id"));
        let is_done = match (row["change"].as_str()?, row["type"].as_str()?) {
            ("appeared", "user") => self.users.insert(id),
            ("appeared", "group") => self.groups.insert(id),
            ("archived", "user") => {
                self.statuses.remove(&id);
                self.users.remove(&id)
            }
            ("archived", "group") => self.groups.remove(&id),
            ("began", _) => self.pairs(row)?.insert((other, id)),
            ("ended", _) => self.pairs(row)?.remove(&(other, id)),
            ("field", "user" | "app") if row["field"] == "status" => {
                let status = |value: &Value| -> Option<String> {
                    serde_json::from_str(value.as_str()?).ok()
                };
                // Of who came meanwhile no row tells with which status.
                let known = self.statuses.get_mut(&id)?;
                let mut before = std::mem::replace(known, status(&row["after"])?);
                if unread.contains(&id) && WITH_OR_WITHOUT.contains(&before.as_str()) {
                    NOT_KNOWN.clone_into(&mut before);
                }
                Some(before) == status(&row["before"])
            }
            _ => true,
        };
        (!is_done).then(|| row.to_string())
    }

    fn pairs(&mut self, row: &Value) -> Option<&mut Pairs> {
        match row["relation"].as_str()? {
            "membership" => Some(&mut self.members),
            "user_assignment" => Some(&mut self.app_users),
            "group_assignment" => Some(&mut self.app_groups),
            _ => None,
        }
    }
}

pub(super) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every pair of a key and who is listed under it, if wanted.
fn pairs(map: &Value, is_wanted: impl Fn(&Value) -> bool) -> Pairs {
    let below = map.as_object().unwrap().iter();
    let of = |(key, list): (&String, &Value)| {
        let wanted: Vec<Value> = list
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| is_wanted(it))
            .cloned()
            .collect();
        ids(&wanted.into())
            .into_iter()
            .map(|id| (key.clone(), id))
            .collect::<Vec<_>>()
    };
    below.flat_map(of).collect()
}
