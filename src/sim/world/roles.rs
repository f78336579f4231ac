//! What can be done to the assignments of admin roles.

use std::collections::BTreeSet;

use super::super::id::Id;
use super::super::time::{DAY_MS, Millis};
use super::assignment::{AppTarget, Assignee, Assignment, Held, Targets};
use super::client::ClientKind;
use super::group::GroupKind;
use super::happening::{Cause, Fact};
use super::index::{GroupIx, UserIx};
use super::refused::Refused;
use super::role::{Role, Scoped};
use super::{World, is_live};

/// Okta refuses roles for larger groups.
const MOST_MEMBERS: usize = 5_000;

/// Assignments of the org's first years are named after their role.
const OLD_IDS_MS: i64 = 3 * 365 * DAY_MS;

impl World {
    /// Assigns a role without telling the log; its place among the assignments.
    pub fn settle_assignment(
        &mut self,
        assignee: Assignee,
        held: Held,
        targets: Targets,
        at: Millis,
    ) -> usize {
        let n = self.assignments.all.len();
        let prefix = match (held, assignee) {
            (Held::Custom { .. }, _) => "irb",
            (Held::Standard(role), _) if role.built_in_set().is_some() => "irb",
            (_, Assignee::Group(_)) => "gra",
            _ => "ra1",
        };
        let can_be_limited = matches!(held, Held::Standard(role) if role.scoped() != Scoped::No);
        self.assignments.all.push(Assignment {
            id: Id::new(self.seed, prefix, n as u64),
            assignee,
            held,
            targets,
            created: at,
            last_updated: at,
            old: can_be_limited && at < self.facts.created + OLD_IDS_MS,
            revoked: false,
        });
        self.assignments.of.entry(assignee).or_default().push(n);
        n
    }

    /// Gives a user a standard role over everything, some time ago, without telling the log.
    pub fn settle_role(&mut self, user: UserIx, role: Role) {
        let held = self.user(user);
        let (joined, age) = (held.created, held.last_updated - held.created);
        let bound = u64::try_from(age.max(1)).expect("positive");
        let after = self.seed.below("role-since", u64::from(user.0), bound);
        let at = joined + i64::try_from(after).expect("below an i64");
        let to = Assignee::User(user);
        self.settle_assignment(to, Held::Standard(role), Targets::All, at);
    }

    /// Assigns a role; its place among the assignments.
    ///
    /// # Errors
    /// When the assignee has it already, or is not of a kind that may have roles.
    pub fn assign_role(
        &mut self,
        cause: &Cause,
        assignee: Assignee,
        held: Held,
        targets: Targets,
    ) -> Result<usize, Refused> {
        self.may_have_roles(assignee)?;
        if self.assignments.of(assignee).any(|own| own.held == held) {
            return Err(Refused::RoleAlreadyAssigned);
        }
        let assignment = self.settle_assignment(assignee, held, targets, cause.at);
        let privileges = self.privileges(assignee);
        self.record(
            cause,
            Fact::RoleAssigned {
                assignment,
                privileges,
            },
        );
        self.administrators_changed(cause.at, assignee);
        Ok(assignment)
    }

    /// Takes a role away.
    ///
    /// # Errors
    /// When the assignee does not have it.
    pub fn unassign_role(
        &mut self,
        cause: &Cause,
        assignee: Assignee,
        held: Held,
    ) -> Result<(), Refused> {
        let assignment = self.standing(assignee, held)?;
        self.drop_assignment(assignment);
        let left = self.privileges(assignee);
        self.record(cause, Fact::RoleUnassigned { assignment, left });
        self.administrators_changed(cause.at, assignee);
        Ok(())
    }

    /// Gives an admin role over everything.
    ///
    /// # Errors
    /// When the user has it already.
    pub fn grant_role(&mut self, cause: &Cause, user: UserIx, role: Role) -> Result<(), Refused> {
        let to = Assignee::User(user);
        self.assign_role(cause, to, Held::Standard(role), Targets::All)
            .map(drop)
    }

    /// Takes an admin role away.
    ///
    /// # Errors
    /// When the user does not have it.
    pub fn revoke_role(&mut self, cause: &Cause, user: UserIx, role: Role) -> Result<(), Refused> {
        self.unassign_role(cause, Assignee::User(user), Held::Standard(role))
    }

    /// Limits an assigned role, or lifts its limits.
    ///
    /// # Errors
    /// When the assignee does not have the role, or the role cannot be limited so.
    pub fn limit_role(
        &mut self,
        cause: &Cause,
        assignee: Assignee,
        held: Held,
        targets: Targets,
    ) -> Result<(), Refused> {
        let assignment = self.standing(assignee, held)?;
        let changed = &mut self.assignments.all[assignment];
        let scoped = changed.standard().map_or(Scoped::No, Role::scoped);
        match (&targets, scoped) {
            (Targets::All, _)
            | (Targets::Groups(_), Scoped::ToGroups)
            | (Targets::Apps(_), Scoped::ToApps) => {}
            _ => return Err(Refused::WrongRoleType),
        }
        changed.targets = targets;
        changed.last_updated = cause.at;
        let privileges = self.privileges(assignee);
        self.record(
            cause,
            Fact::RoleLimited {
                assignment,
                privileges,
            },
        );
        Ok(())
    }

    /// The place of what an assignee has.
    fn standing(&self, assignee: Assignee, held: Held) -> Result<usize, Refused> {
        let places = self.assignments.of.get(&assignee);
        places
            .into_iter()
            .flatten()
            .copied()
            .find(|at| self.assignments.all[*at].held == held)
            .ok_or_else(|| Refused::NoSuch {
                id: self.held_name(held),
                kind: "RoleAssignment",
            })
    }

    /// Drops everything that an assignee has, without a word: it is gone itself.
    pub(super) fn forget_roles_of(&mut self, assignee: Assignee) {
        for at in self.assignments.of.remove(&assignee).unwrap_or_default() {
            self.assignments.all[at].revoked = true;
        }
    }

    /// Takes all roles from a user who is being deactivated.
    pub(super) fn strip_roles(&mut self, cause: &Cause, user: UserIx) {
        let assignee = Assignee::User(user);
        let own: Vec<Held> = self.assignments.of(assignee).map(|own| own.held).collect();
        for held in own {
            // It was found there a moment ago.
            let _ = self.unassign_role(cause, assignee, held);
        }
    }

    fn drop_assignment(&mut self, at: usize) {
        let assignee = self.assignments.all[at].assignee;
        self.assignments.all[at].revoked = true;
        if let Some(places) = self.assignments.of.get_mut(&assignee) {
            places.retain(|place| *place != at);
            if places.is_empty() {
                self.assignments.of.remove(&assignee);
            }
        }
    }

    fn may_have_roles(&self, assignee: Assignee) -> Result<(), Refused> {
        match assignee {
            Assignee::User(_) => Ok(()),
            Assignee::Client(client) if self.client(client).kind == ClientKind::Service => Ok(()),
            Assignee::Client(_) => Err(Refused::NotAService),
            Assignee::Group(group) => self.group_may_have_roles(group),
        }
    }

    fn group_may_have_roles(&self, group: GroupIx) -> Result<(), Refused> {
        let name = self.group(group).name.to_string();
        match self.group(group).kind {
            GroupKind::BuiltIn => Err(Refused::BuiltInGroup { name }),
            GroupKind::Strange => Err(Refused::GroupOfWrongType),
            GroupKind::Okta | GroupKind::App
                if self.rules().any(|(_, rule)| rule.groups.contains(&group)) =>
            {
                Err(Refused::GroupHasRules)
            }
            GroupKind::Okta | GroupKind::App if self.member_count(group) > MOST_MEMBERS => {
                Err(Refused::GroupTooLarge)
            }
            GroupKind::Okta | GroupKind::App => Ok(()),
        }
    }

    /// A user's own standard roles, oldest first.
    pub fn roles(&self, user: UserIx) -> Vec<Role> {
        self.assignments
            .of(Assignee::User(user))
            .filter_map(Assignment::standard)
            .collect()
    }

    /// Everybody with a standard role of their own, by index.
    pub fn admins(&self) -> impl Iterator<Item = (UserIx, Vec<Role>)> + '_ {
        self.assignments.of.keys().filter_map(|assignee| {
            let Assignee::User(user) = *assignee else {
                return None;
            };
            let own = self.roles(user);
            (!own.is_empty()).then_some((user, own))
        })
    }

    /// What an assignee has itself, oldest first.
    pub fn assignments_of(&self, assignee: Assignee) -> impl Iterator<Item = &Assignment> + '_ {
        self.assignments.of(assignee)
    }

    /// Every assignment that stands.
    pub fn assignments(&self) -> impl Iterator<Item = &Assignment> + '_ {
        self.assignments.standing()
    }

    /// The assignment at this place, also when it was revoked since.
    pub fn assignment(&self, at: usize) -> &Assignment {
        self.assignments.at(at)
    }

    /// Whether a group's members get a role.
    pub fn group_has_role(&self, group: GroupIx) -> bool {
        self.assignments.of.contains_key(&Assignee::Group(group))
    }

    /// What a user has: their own, then what their groups have.
    pub fn effective_assignments(&self, user: UserIx) -> Vec<&Assignment> {
        let inherited = self
            .groups_of(user)
            .flat_map(|group| self.assignments.of(Assignee::Group(group)));
        self.assignments
            .of(Assignee::User(user))
            .chain(inherited)
            .collect()
    }

    /// Everybody with a role of any kind, their own or a group's, by index.
    pub fn administrators(&self) -> BTreeSet<UserIx> {
        let mut found = BTreeSet::new();
        for assignee in self.assignments.of.keys() {
            match *assignee {
                Assignee::User(user) => drop(found.insert(user)),
                Assignee::Group(group) => found.extend(self.members_from(group, UserIx(0))),
                Assignee::Client(_) => {}
            }
        }
        found
    }

    /// Names the built-in group of all administrators, and fills it.
    pub fn settle_administrators(&mut self, group: GroupIx) {
        self.administrators_group = Some(group);
        let everybody = self.administrators().into_iter().collect();
        self.settle_members(group, everybody);
    }

    /// The built-in group holds whoever has a role, so it changes with every assignment.
    fn administrators_changed(&mut self, at: Millis, assignee: Assignee) {
        match assignee {
            Assignee::User(user) => self.administrator_changed(at, user),
            Assignee::Group(group) => {
                let members: Vec<UserIx> = self.members_from(group, UserIx(0)).collect();
                for user in members {
                    self.administrator_changed(at, user);
                }
            }
            Assignee::Client(_) => {}
        }
    }

    /// The same for one user, whose groups or roles have changed.
    pub(super) fn administrator_changed(&mut self, at: Millis, user: UserIx) {
        let Some(group) = self.administrators_group else {
            return;
        };
        let is_admin = is_live(self.user(user)) && !self.effective_assignments(user).is_empty();
        if is_admin == self.is_member(group, user) {
            return;
        }
        let request = self.seed.hash("administrators", u64::from(user.0));
        let cause = self.by_system(at, request ^ at.0.unsigned_abs());
        if is_admin {
            self.join(&cause, group, user);
        } else {
            self.leave(&cause, group, user);
        }
    }

    /// What the log calls everything that an assignee has, inherited roles included.
    fn privileges(&self, assignee: Assignee) -> String {
        let held: Vec<&Assignment> = match assignee {
            Assignee::User(user) => self.effective_assignments(user),
            other => self.assignments.of(other).collect(),
        };
        let names: Vec<String> = held.into_iter().map(|own| self.privilege(own)).collect();
        names.join(", ")
    }

    /// What the log calls one assignment: `Help desk administrator (all)`, `Application administrator (Slack)`.
    pub fn privilege(&self, assignment: &Assignment) -> String {
        let whole = self.held_name(assignment.held);
        let limits: Vec<String> = match &assignment.targets {
            Targets::All => return whole,
            Targets::Groups(groups) => groups
                .iter()
                .map(|group| self.group(*group).name.to_string())
                .collect(),
            Targets::Apps(apps) => apps
                .iter()
                .map(|app| match *app {
                    AppTarget::Instance(app) => self.app(app).label.to_string(),
                    AppTarget::Catalogue(name) => name.to_owned(),
                })
                .collect(),
        };
        let role = whole.strip_suffix(" (all)").unwrap_or(&whole);
        format!("{role} ({})", limits.join(", "))
    }

    /// What the log calls a role.
    pub fn held_name(&self, held: Held) -> String {
        match held {
            Held::Standard(role) => role.label().to_owned(),
            Held::Custom { role, .. } => self.custom_role(role).label.clone(),
        }
    }
}
