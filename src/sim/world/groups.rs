//! What can be done to groups and their members.

use super::super::id::Id;
use super::super::time::Millis;
use super::assignment::Assignee;
use super::group::{Group, GroupKind};
use super::happening::{Cause, Fact};
use super::index::{AppIx, GroupIx, RuleIx, UserIx};
use super::refused::Refused;
use super::{World, insert_sorted, is_live, remove_sorted};

impl World {
    /// Puts a group in without telling the log: the org as it is found.
    pub fn settle_group(&mut self, mut group: Group) -> GroupIx {
        let ix = GroupIx::from_usize(self.groups.len());
        group.id = Id::new(self.seed, "00g", u64::from(ix.0));
        self.group_ids.insert(group.id, ix);
        self.groups.push(group);
        self.members.push(Vec::new());
        self.group_apps.push(Vec::new());
        ix
    }

    /// Gives a group its members without telling the log; `users` need not be in order.
    pub fn settle_members(&mut self, group: GroupIx, mut users: Vec<UserIx>) {
        users.sort_unstable();
        users.dedup();
        for user in &users {
            insert_sorted(&mut self.user_groups[user.at()], group);
        }
        self.members[group.at()] = users;
    }

    /// Groups for changing before the org is shown to anybody.
    pub fn groups_mut(&mut self) -> &mut [Group] {
        &mut self.groups
    }

    pub(super) fn found_everyone(&mut self, at: Millis) -> GroupIx {
        self.settle_group(Group {
            id: Id::new(self.seed, "00g", 0),
            kind: GroupKind::BuiltIn,
            name: "Everyone".into(),
            description: Some("All users in your organization".into()),
            created: at,
            last_updated: at,
            last_membership_updated: at,
            source: None,
            deleted: false,
        })
    }

    /// Creates a group of Okta's kind.
    ///
    /// # Errors
    /// When another such group has the name, or the name is empty.
    pub fn create_group(
        &mut self,
        cause: &Cause,
        name: &str,
        description: Option<&str>,
    ) -> Result<GroupIx, Refused> {
        self.free_name(name, None)?;
        let ix = self.settle_group(Group {
            id: Id::new(self.seed, "00g", 0),
            kind: GroupKind::Okta,
            name: name.into(),
            description: description.map(Into::into),
            created: cause.at,
            last_updated: cause.at,
            last_membership_updated: cause.at,
            source: None,
            deleted: false,
        });
        self.older_groups.keep(ix.0, None, cause.at);
        self.record(cause, Fact::GroupCreated { group: ix });
        Ok(ix)
    }

    fn free_name(&self, name: &str, holder: Option<GroupIx>) -> Result<(), Refused> {
        if name.is_empty() {
            return Err(Refused::Invalid {
                field: "name".to_owned(),
                cause: "The field cannot be left blank".to_owned(),
            });
        }
        let taken = self.groups.iter().enumerate().any(|(at, group)| {
            !group.deleted
                && group.kind != GroupKind::App
                && *group.name == *name
                && Some(GroupIx::from_usize(at)) != holder
        });
        if taken {
            return Err(Refused::duplicate("name"));
        }
        Ok(())
    }

    /// Changes a group's name and description.
    ///
    /// # Errors
    /// When the group is not Okta's, or the name is taken.
    pub fn update_group(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        name: &str,
        description: Option<&str>,
    ) -> Result<(), Refused> {
        self.editable(group)?;
        self.free_name(name, Some(group))?;
        let changed = self.touch_group(group, cause.at);
        changed.name = name.into();
        changed.description = description.map(Into::into);
        changed.last_updated = cause.at;
        self.record(cause, Fact::GroupUpdated { group });
        Ok(())
    }

    /// Deletes a group; its members lose it and what it gave them.
    ///
    /// # Errors
    /// When the group is built in.
    pub fn delete_group(&mut self, cause: &Cause, group: GroupIx) -> Result<(), Refused> {
        if self.group(group).kind == GroupKind::BuiltIn {
            return Err(Refused::ManagedGroup);
        }
        for app in self.group_apps[group.at()].clone() {
            self.unassign_group(cause, app, group)?;
        }
        self.invalidate_rules_of(cause, group);
        self.forget_roles_of(Assignee::Group(group));
        self.owners.remove(&group);
        for user in std::mem::take(&mut self.members[group.at()]) {
            remove_sorted(&mut self.user_groups[user.at()], &group);
            self.administrator_changed(cause.at, user);
        }
        self.forget_linked(self.group(group).id);
        self.touch_group(group, cause.at).deleted = true;
        self.record(cause, Fact::GroupDeleted { group });
        Ok(())
    }

    /// Adds a member; `false` when it already was one, which is no happening.
    ///
    /// # Errors
    /// When the group is managed elsewhere or the user is deactivated.
    pub fn add_member(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        user: UserIx,
    ) -> Result<bool, Refused> {
        self.editable(group)?;
        if !is_live(self.user(user)) {
            return Err(Refused::no_user(&self.user(user).id));
        }
        // First, so that no rule thinks that it should undo it.
        self.decided_by_hand(cause, group, user, true);
        Ok(self.join(cause, group, user))
    }

    /// Removes a member; `false` when it was none, which is no happening.
    ///
    /// # Errors
    /// When the group is managed elsewhere.
    pub fn remove_member(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        user: UserIx,
    ) -> Result<bool, Refused> {
        self.editable(group)?;
        if !self.is_member(group, user) {
            return Ok(false);
        }
        self.decided_by_hand(cause, group, user, false);
        Ok(self.leave(cause, group, user))
    }

    /// Adds a member to a group of any kind but Everyone, as the group's own master does.
    pub fn join(&mut self, cause: &Cause, group: GroupIx, user: UserIx) -> bool {
        self.admit(cause, group, user, None)
    }

    /// The same, for the rule that did it if one did.
    pub(super) fn admit(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        user: UserIx,
        rule: Option<RuleIx>,
    ) -> bool {
        let gains = self.apps_gained(group, user, cause.at);
        if !insert_sorted(&mut self.members[group.at()], user) {
            return false;
        }
        insert_sorted(&mut self.user_groups[user.at()], group);
        self.touch_group(group, cause.at).last_membership_updated = cause.at;
        let fact = match rule {
            Some(rule) => Fact::MemberAddedByRule { rule, group, user },
            None => Fact::MemberAdded { group, user },
        };
        self.record(cause, fact);
        self.record_gained(cause, user, &gains);
        self.membership_changed(cause, group, user);
        true
    }

    /// Removes a member of a group of any kind but Everyone, as the group's own master does.
    pub fn leave(&mut self, cause: &Cause, group: GroupIx, user: UserIx) -> bool {
        self.dismiss(cause, group, user, None)
    }

    /// The same, for the rule that did it if one did.
    pub(super) fn dismiss(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        user: UserIx,
        rule: Option<RuleIx>,
    ) -> bool {
        if !remove_sorted(&mut self.members[group.at()], &user) {
            return false;
        }
        remove_sorted(&mut self.user_groups[user.at()], &group);
        self.touch_group(group, cause.at).last_membership_updated = cause.at;
        let fact = match rule {
            Some(rule) => Fact::MemberRemovedByRule { rule, group, user },
            None => Fact::MemberRemoved { group, user },
        };
        self.record(cause, fact);
        let lost = self.apps_gained(group, user, cause.at);
        self.record_lost(cause, user, &lost);
        self.membership_changed(cause, group, user);
        true
    }

    /// What else follows from somebody's joining or leaving a group.
    fn membership_changed(&mut self, cause: &Cause, group: GroupIx, user: UserIx) {
        if self.group_has_role(group) {
            self.administrator_changed(cause.at, user);
        }
        self.groups_changed(cause, user);
    }

    /// Looks whether admins may change a group's profile and members.
    ///
    /// # Errors
    /// When somebody else manages it.
    pub fn editable(&self, group: GroupIx) -> Result<(), Refused> {
        match self.group(group).kind {
            GroupKind::Okta => Ok(()),
            _ => Err(Refused::ManagedGroup),
        }
    }

    /// Whether the user is a member now.
    pub fn is_member(&self, group: GroupIx, user: UserIx) -> bool {
        if group == self.everyone {
            return is_live(self.user(user));
        }
        self.members[group.at()].binary_search(&user).is_ok()
    }

    /// How many members a group has.
    pub fn member_count(&self, group: GroupIx) -> usize {
        if group == self.everyone {
            self.live_users
        } else {
            self.members[group.at()].len()
        }
    }

    /// A group's members by index, from the first one at or after `from`.
    pub fn members_from(
        &self,
        group: GroupIx,
        from: UserIx,
    ) -> Box<dyn Iterator<Item = UserIx> + '_> {
        if group == self.everyone {
            let live = (from.0..)
                .zip(self.users.get(from.at()..).unwrap_or_default())
                .filter(|(_, user)| is_live(user))
                .map(|(at, _)| UserIx(at));
            return Box::new(live);
        }
        let members = &self.members[group.at()];
        let at = members.partition_point(|member| *member < from);
        Box::new(members[at..].iter().copied())
    }

    /// A user's groups by index, Everyone included.
    pub fn groups_of(&self, user: UserIx) -> impl Iterator<Item = GroupIx> + '_ {
        let everyone = is_live(self.user(user)).then_some(self.everyone);
        // Everyone is founded with the org, so it has the lowest index.
        everyone
            .into_iter()
            .chain(self.user_groups[user.at()].iter().copied())
    }

    /// Applications given to a group, by index.
    pub fn apps_of_group(&self, group: GroupIx) -> &[AppIx] {
        &self.group_apps[group.at()]
    }
}
