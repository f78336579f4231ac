//! What is known of each change: its name, its class and tier, what it is about, which event proves it, and how it is taken back.
//!
//! Each function is one table over the closed list, so that a change which is added is a compile error wherever something must be said of it.

use super::{Change, Class, GroupProfile, Holder, Lock, Role, Tier, Undo};
use crate::domain::entry::EntryId;

impl Change {
    /// What it is called in JSON and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateUser { .. } => "users.create",
            Self::UpdateUser { .. } => "users.update",
            Self::ActivateUser { .. } => "users.activate",
            Self::ReactivateUser { .. } => "users.reactivate",
            Self::DeactivateUser { .. } => "users.deactivate",
            Self::DeleteUser { .. } => "users.delete",
            Self::SuspendUser { .. } => "users.suspend",
            Self::UnsuspendUser { .. } => "users.unsuspend",
            Self::UnlockUser { .. } => "users.unlock",
            Self::ExpirePassword { .. } => "users.expire-password",
            Self::ResetPassword { .. } => "users.reset-password",
            Self::ForgotPassword { .. } => "users.forgot-password",
            Self::ResetFactors { .. } => "users.reset-factors",
            Self::RemoveFactor { .. } => "users.remove-factor",
            Self::ClearSessions { .. } => "users.clear-sessions",
            Self::RevokeGrants { .. } => "users.revoke-grants",
            Self::RevokeTokens { .. } => "users.revoke-tokens",
            Self::LogOut { .. } => "users.log-out",
            Self::CreateGroup(_) => "groups.create",
            Self::UpdateGroup { .. } => "groups.update",
            Self::DeleteGroup { .. } => "groups.delete",
            Self::AddMember { .. } => "groups.add-member",
            Self::RemoveMember { .. } => "groups.remove-member",
            Self::ActivateRule { .. } => "group-rules.activate",
            Self::DeactivateRule { .. } => "group-rules.deactivate",
            Self::AssignUser { .. } => "apps.assign-user",
            Self::UnassignUser { .. } => "apps.unassign-user",
            Self::AssignGroup { .. } => "apps.assign-group",
            Self::UnassignGroup { .. } => "apps.unassign-group",
            Self::ActivateApp { .. } => "apps.activate",
            Self::DeactivateApp { .. } => "apps.deactivate",
            Self::GrantRole { .. } => "roles.grant",
            Self::RevokeRole { .. } => "roles.revoke",
            Self::RevokeApiToken { .. } => "api-tokens.revoke",
            Self::RevokeClientRole { .. } => "clients.revoke-role",
            Self::DeactivateSecret { .. } => "clients.deactivate-secret",
            Self::SuspendDevice { .. } => "devices.suspend",
            Self::UnsuspendDevice { .. } => "devices.unsuspend",
            Self::DeactivateDevice { .. } => "devices.deactivate",
            Self::ActivateIdp { .. } => "idps.activate",
            Self::DeactivateIdp { .. } => "idps.deactivate",
            Self::AddToZone { .. } => "zones.add-address",
            Self::RemoveFromZone { .. } => "zones.remove-address",
            Self::ActivatePolicyRule { .. } => "policy-rules.activate",
            Self::DeactivatePolicyRule { .. } => "policy-rules.deactivate",
            Self::RevokeSupport => "org.revoke-support",
        }
    }

    /// What a second request of it would do.
    pub fn class(&self) -> Class {
        match self {
            Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::AssignGroup { .. }
            | Self::UnassignGroup { .. }
            | Self::ClearSessions { .. }
            | Self::RevokeGrants { .. }
            | Self::RevokeTokens { .. }
            | Self::LogOut { .. } => Class::Idempotent,
            Self::UpdateUser { .. }
            | Self::UpdateGroup { .. }
            | Self::AddToZone { .. }
            | Self::RemoveFromZone { .. } => Class::Rewrite,
            // A link that is not mailed is in the answer, and nowhere else.
            Self::CreateUser { .. }
            | Self::ActivateUser { .. }
            | Self::ReactivateUser { .. }
            | Self::DeleteUser { .. }
            | Self::ExpirePassword {
                temporary: true, ..
            }
            | Self::DeactivateUser {
                send_email: true, ..
            }
            | Self::UnassignUser {
                send_email: true, ..
            }
            | Self::ResetPassword { .. }
            | Self::ForgotPassword { .. }
            | Self::ResetFactors { .. }
            | Self::CreateGroup(_)
            | Self::DeleteGroup { .. }
            | Self::GrantRole { .. } => Class::Once,
            Self::DeactivateUser { .. }
            | Self::SuspendUser { .. }
            | Self::UnsuspendUser { .. }
            | Self::UnlockUser { .. }
            | Self::ExpirePassword { .. }
            | Self::RemoveFactor { .. }
            | Self::ActivateRule { .. }
            | Self::DeactivateRule { .. }
            | Self::AssignUser { .. }
            | Self::UnassignUser { .. }
            | Self::ActivateApp { .. }
            | Self::DeactivateApp { .. }
            | Self::RevokeRole { .. }
            | Self::RevokeApiToken { .. }
            | Self::RevokeClientRole { .. }
            | Self::DeactivateSecret { .. }
            | Self::SuspendDevice { .. }
            | Self::UnsuspendDevice { .. }
            | Self::DeactivateDevice { .. }
            | Self::ActivateIdp { .. }
            | Self::DeactivateIdp { .. }
            | Self::ActivatePolicyRule { .. }
            | Self::DeactivatePolicyRule { .. }
            | Self::RevokeSupport => Class::Transition,
        }
    }

    /// How one of it is confirmed. A plan of many may need more.
    pub fn tier(&self) -> Tier {
        match self {
            Self::UpdateUser { .. }
            | Self::ReactivateUser { .. }
            | Self::UnsuspendUser { .. }
            | Self::UnlockUser { .. }
            | Self::CreateGroup(_)
            | Self::UpdateGroup { .. }
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::AssignUser { .. }
            | Self::UnsuspendDevice { .. } => Tier::One,
            Self::CreateUser { .. }
            | Self::ActivateUser { .. }
            | Self::SuspendUser { .. }
            | Self::ExpirePassword { .. }
            | Self::ResetPassword { .. }
            | Self::ForgotPassword { .. }
            | Self::RemoveFactor { .. }
            | Self::ClearSessions { .. }
            | Self::RevokeGrants { .. }
            | Self::RevokeTokens { .. }
            | Self::LogOut { .. }
            | Self::DeactivateRule { .. }
            | Self::UnassignUser { .. }
            | Self::DeactivateSecret { .. }
            | Self::SuspendDevice { .. }
            | Self::RevokeSupport => Tier::Two,
            Self::DeactivateUser { .. }
            | Self::DeleteUser { .. }
            | Self::ResetFactors { .. }
            | Self::DeleteGroup { .. }
            | Self::ActivateRule { .. }
            | Self::AssignGroup { .. }
            | Self::UnassignGroup { .. }
            | Self::ActivateApp { .. }
            | Self::DeactivateApp { .. }
            | Self::GrantRole { .. }
            | Self::RevokeRole { .. }
            | Self::RevokeApiToken { .. }
            | Self::RevokeClientRole { .. }
            | Self::DeactivateDevice { .. }
            | Self::ActivateIdp { .. }
            | Self::DeactivateIdp { .. }
            | Self::AddToZone { .. }
            | Self::RemoveFromZone { .. }
            | Self::ActivatePolicyRule { .. }
            | Self::DeactivatePolicyRule { .. } => Tier::Three,
        }
    }

    /// Whether it takes access from somebody who may be an attacker: such a change is never held up by another that failed, nor by the
    /// order of a queue.
    pub fn reduces_access(&self) -> bool {
        matches!(
            self,
            Self::DeactivateUser { .. }
                | Self::SuspendUser { .. }
                | Self::ExpirePassword { .. }
                | Self::ResetPassword { .. }
                | Self::ResetFactors { .. }
                | Self::RemoveFactor { .. }
                | Self::ClearSessions { .. }
                | Self::RevokeGrants { .. }
                | Self::RevokeTokens { .. }
                | Self::LogOut { .. }
                | Self::RemoveMember { .. }
                | Self::UnassignUser { .. }
                | Self::UnassignGroup { .. }
                | Self::DeactivateApp { .. }
                | Self::RevokeRole { .. }
                | Self::RevokeApiToken { .. }
                | Self::RevokeClientRole { .. }
                | Self::DeactivateSecret { .. }
                | Self::SuspendDevice { .. }
                | Self::DeactivateDevice { .. }
                | Self::DeactivateIdp { .. }
                | Self::RevokeSupport
        )
    }

    /// Whether it removes or ends something, as the rolling limits count it.
    pub fn is_destructive(&self) -> bool {
        self.reduces_access()
            || matches!(
                self,
                Self::DeleteUser { .. } | Self::DeleteGroup { .. } | Self::RemoveFromZone { .. }
            )
    }

    /// What it is about; none for an object that it makes.
    pub fn locks(&self) -> Vec<Lock> {
        match self {
            Self::CreateUser { groups, .. } => groups
                .iter()
                .map(|group| Lock::of("group", group.as_str()))
                .collect(),
            Self::CreateGroup(_) => Vec::new(),
            Self::UpdateUser { user, .. }
            | Self::ActivateUser { user, .. }
            | Self::ReactivateUser { user, .. }
            | Self::DeactivateUser { user, .. }
            | Self::DeleteUser { user }
            | Self::SuspendUser { user }
            | Self::UnsuspendUser { user }
            | Self::UnlockUser { user }
            | Self::ExpirePassword { user, .. }
            | Self::ResetPassword { user, .. }
            | Self::ForgotPassword { user, .. }
            | Self::ResetFactors { user }
            | Self::RemoveFactor { user, .. }
            | Self::ClearSessions { user, .. }
            | Self::RevokeGrants { user }
            | Self::RevokeTokens { user, .. }
            | Self::LogOut { user } => vec![Lock::of("user", user.as_str())],
            Self::UpdateGroup { group, .. } | Self::DeleteGroup { group } => {
                vec![Lock::of("group", group.as_str())]
            }
            Self::AddMember { group, user } | Self::RemoveMember { group, user } => vec![
                Lock::of("group", group.as_str()),
                Lock::of("user", user.as_str()),
            ],
            Self::ActivateRule { rule } | Self::DeactivateRule { rule } => {
                vec![Lock::of("rule", rule.as_str())]
            }
            Self::AssignUser { app, user } | Self::UnassignUser { app, user, .. } => vec![
                Lock::of("app", app.as_str()),
                Lock::of("user", user.as_str()),
            ],
            Self::AssignGroup { app, group } | Self::UnassignGroup { app, group } => vec![
                Lock::of("app", app.as_str()),
                Lock::of("group", group.as_str()),
            ],
            Self::ActivateApp { app } | Self::DeactivateApp { app } => {
                vec![Lock::of("app", app.as_str())]
            }
            Self::GrantRole { holder, .. } | Self::RevokeRole { holder, .. } => vec![holder.lock()],
            Self::RevokeApiToken { token } => vec![Lock::of("token", token.as_str())],
            Self::RevokeClientRole { client, .. } | Self::DeactivateSecret { client, .. } => {
                vec![Lock::of("client", client.as_str())]
            }
            Self::SuspendDevice { device }
            | Self::UnsuspendDevice { device }
            | Self::DeactivateDevice { device } => vec![Lock::of("device", device.as_str())],
            Self::ActivateIdp { idp } | Self::DeactivateIdp { idp } => {
                vec![Lock::of("idp", idp.as_str())]
            }
            // A zone or a rule decides about everybody: while one is changed, nothing else of the org's is.
            Self::AddToZone { zone, .. } | Self::RemoveFromZone { zone, .. } => {
                vec![Lock("org".into()), Lock::of("zone", zone.as_str())]
            }
            Self::ActivatePolicyRule { rule, .. } | Self::DeactivatePolicyRule { rule, .. } => {
                vec![Lock("org".into()), Lock::of("policy-rule", rule.as_str())]
            }
            Self::RevokeSupport => vec![Lock("org".into())],
        }
    }

    /// Types of the log events of which one tells that it was done. Source: Okta's event catalogue.
    pub fn evidence(&self) -> &'static [&'static str] {
        match self {
            Self::CreateUser { .. } => &["user.lifecycle.create"],
            Self::UpdateUser { .. } => &["user.account.update_profile"],
            Self::ActivateUser { .. } => &["user.lifecycle.activate"],
            Self::ReactivateUser { .. } => &["user.lifecycle.reactivate"],
            Self::DeactivateUser { .. } => &["user.lifecycle.deactivate"],
            Self::DeleteUser { .. } => &[
                "user.lifecycle.delete.completed",
                "user.lifecycle.delete.initiated",
            ],
            Self::SuspendUser { .. } => &["user.lifecycle.suspend"],
            Self::UnsuspendUser { .. } => &["user.lifecycle.unsuspend"],
            Self::UnlockUser { .. } => &["user.account.unlock_by_admin", "user.account.unlock"],
            Self::ExpirePassword { .. } => &["user.account.expire_password"],
            Self::ResetPassword { .. } => &["user.account.reset_password"],
            Self::ForgotPassword { .. } => &[
                "user.account.reset_password",
                "system.email.password_reset.sent_message",
            ],
            Self::ResetFactors { .. } => &["user.mfa.factor.reset_all"],
            Self::RemoveFactor { .. } => &["user.mfa.factor.deactivate"],
            Self::ClearSessions { .. } => &["user.session.clear"],
            Self::RevokeGrants { .. } => &[
                "app.oauth2.as.consent.revoke.user",
                "app.oauth2.consent.revoke",
                "app.oauth2.token.revoke",
            ],
            Self::RevokeTokens { .. } => &["app.oauth2.token.revoke"],
            Self::LogOut { .. } => &["user.authentication.universal_logout"],
            Self::CreateGroup(_) => &["group.lifecycle.create"],
            Self::UpdateGroup { .. } => &["group.profile.update"],
            Self::DeleteGroup { .. } => &["group.lifecycle.delete"],
            Self::AddMember { .. } => &["group.user_membership.add"],
            Self::RemoveMember { .. } => &["group.user_membership.remove"],
            Self::ActivateRule { .. } => &["group.user_membership.rule.trigger"],
            Self::DeactivateRule { .. } => &["group.user_membership.rule.deactivated"],
            Self::AssignUser { .. } => &["application.user_membership.add"],
            Self::UnassignUser { .. } => &["application.user_membership.remove"],
            Self::AssignGroup { .. } => &["group.application_assignment.add"],
            Self::UnassignGroup { .. } => &["group.application_assignment.remove"],
            Self::ActivateApp { .. } => &["application.lifecycle.activate"],
            Self::DeactivateApp { .. } => &["application.lifecycle.deactivate"],
            Self::GrantRole {
                holder: Holder::User(_),
                ..
            } => &["user.account.privilege.grant"],
            Self::GrantRole { .. } => &["group.privilege.grant"],
            // Okta tells of a revocation only when no role is left; before, it tells anew what is granted.
            Self::RevokeRole {
                holder: Holder::User(_),
                ..
            } => &[
                "user.account.privilege.revoke",
                "user.account.privilege.grant",
            ],
            Self::RevokeRole { .. } => &["group.privilege.revoke", "group.privilege.grant"],
            Self::RevokeApiToken { .. } => &["system.api_token.revoke"],
            Self::RevokeClientRole { .. } => &[
                "app.oauth2.client.privilege.revoke",
                "app.oauth2.client.privilege.grant",
            ],
            Self::DeactivateSecret { .. } => &["app.oauth2.credentials.lifecycle.deactivate"],
            Self::SuspendDevice { .. } => &["device.lifecycle.suspend"],
            Self::UnsuspendDevice { .. } => &["device.lifecycle.unsuspend"],
            Self::DeactivateDevice { .. } => &["device.lifecycle.deactivate"],
            Self::ActivateIdp { .. } => &["system.idp.lifecycle.activate"],
            Self::DeactivateIdp { .. } => &["system.idp.lifecycle.deactivate"],
            Self::AddToZone { .. } | Self::RemoveFromZone { .. } => &["zone.update"],
            Self::ActivatePolicyRule { .. } => &["policy.rule.activate"],
            Self::DeactivatePolicyRule { .. } => &["policy.rule.deactivate"],
            Self::RevokeSupport => &["user.session.impersonation.revoke"],
        }
    }

    /// How it is taken back.
    pub fn undo(&self) -> Undo {
        let by = |change| Undo::By(Box::new(change), None);
        let but = |change, lost| Undo::By(Box::new(change), Some(lost));
        match self.clone() {
            Self::UpdateUser { user, fields } => {
                let back = |mut edit: super::FieldEdit| {
                    std::mem::swap(&mut edit.before, &mut edit.after);
                    edit
                };
                let fields = fields.into_iter().map(back).collect();
                by(Self::UpdateUser { user, fields })
            }
            Self::ActivateUser { user, .. } => but(
                Self::DeactivateUser {
                    user,
                    send_email: false,
                },
                "what was assigned since; a mail that was sent",
            ),
            Self::DeactivateUser { user, .. } => but(
                Self::ActivateUser {
                    user,
                    send_email: false,
                },
                "direct assignments of apps and their profiles, memberships, roles, sessions and tokens; the password may be asked for anew",
            ),
            Self::SuspendUser { user } => by(Self::UnsuspendUser { user }),
            Self::UnsuspendUser { user } => by(Self::SuspendUser { user }),
            Self::UpdateGroup {
                group,
                before,
                after,
            } => by(Self::UpdateGroup {
                group,
                before: after,
                after: before,
            }),
            Self::AddMember { group, user } => by(Self::RemoveMember { group, user }),
            Self::RemoveMember { group, user } => but(
                Self::AddMember { group, user },
                "what apps of the group kept in their profiles; a rule that put the user there goes on leaving them out",
            ),
            Self::ActivateRule { rule } => but(
                Self::DeactivateRule { rule },
                "who was put into groups by it stays there",
            ),
            Self::DeactivateRule { rule } => by(Self::ActivateRule { rule }),
            Self::AssignUser { app, user } => but(
                Self::UnassignUser {
                    app,
                    user,
                    send_email: false,
                },
                "what the app kept in the user's profile there",
            ),
            Self::UnassignUser { app, user, .. } => but(
                Self::AssignUser { app, user },
                "the profile that the user had in the app",
            ),
            Self::AssignGroup { app, group } => but(
                Self::UnassignGroup { app, group },
                "what the app kept of the members",
            ),
            Self::UnassignGroup { app, group } => but(
                Self::AssignGroup { app, group },
                "the profiles that members had in the app, and the group's place among others",
            ),
            Self::ActivateApp { app } => by(Self::DeactivateApp { app }),
            Self::DeactivateApp { app } => by(Self::ActivateApp { app }),
            Self::RevokeRole { holder, role, .. } => but(
                Self::GrantRole { holder, role },
                "what the role was limited to; it has another id",
            ),
            Self::SuspendDevice { device } => by(Self::UnsuspendDevice { device }),
            Self::UnsuspendDevice { device } => by(Self::SuspendDevice { device }),
            Self::ActivateIdp { idp } => by(Self::DeactivateIdp { idp }),
            Self::DeactivateIdp { idp } => by(Self::ActivateIdp { idp }),
            Self::AddToZone { zone, address } => by(Self::RemoveFromZone { zone, address }),
            Self::RemoveFromZone { zone, address } => by(Self::AddToZone { zone, address }),
            Self::ActivatePolicyRule { policy, rule } => {
                by(Self::DeactivatePolicyRule { policy, rule })
            }
            Self::DeactivatePolicyRule { policy, rule } => {
                by(Self::ActivatePolicyRule { policy, rule })
            }
            Self::CreateUser { .. } | Self::CreateGroup(_) | Self::GrantRole { .. } => Undo::OfMade,
            Self::ReactivateUser { .. } | Self::ForgotPassword { .. } => {
                Undo::Never("a link that was sent or shown stays good until it is used or too old")
            }
            Self::DeleteUser { .. } => Undo::Never("the account and its history in Okta are gone"),
            Self::DeleteGroup { .. } => Undo::Never(
                "a group of the same name is another one: rules, policies and apps know the id",
            ),
            Self::UnlockUser { .. } => Undo::Never("only failed sign-ins lock somebody out"),
            Self::ExpirePassword { .. } | Self::ResetPassword { .. } => {
                Undo::Never("the user has to choose another password")
            }
            Self::ResetFactors { .. } | Self::RemoveFactor { .. } => {
                Undo::Never("the user has to enrol again")
            }
            Self::ClearSessions { .. } | Self::LogOut { .. } => {
                Undo::Never("the user has to sign in again")
            }
            Self::RevokeGrants { .. } | Self::RevokeTokens { .. } => {
                Undo::Never("the user has to allow it again")
            }
            Self::RevokeApiToken { .. } => Undo::Never("only its owner can make another token"),
            Self::RevokeClientRole { .. } => Undo::Never(
                "what the role was limited to is not kept; grant it anew in the Admin Console",
            ),
            Self::DeactivateSecret { .. } => Undo::Never(
                "activate the secret in the Admin Console if it was never shown to others",
            ),
            Self::DeactivateDevice { .. } => Undo::Never("the user has to enrol the device again"),
            Self::RevokeSupport => {
                Undo::Never("access is given by an admin of the org, for a time")
            }
        }
    }

    /// How it is taken back once the id of what it made is known; `None` for what makes nothing, or when that is no such id.
    pub fn undo_made(&self, made: &EntryId) -> Option<Self> {
        match self {
            Self::CreateUser { .. } => {
                made.as_str().parse().ok().map(|user| Self::DeactivateUser {
                    user,
                    send_email: false,
                })
            }
            Self::CreateGroup(_) => {
                let group = made.as_str().parse().ok()?;
                Some(Self::DeleteGroup { group })
            }
            Self::GrantRole { holder, role } => Some(Self::RevokeRole {
                holder: holder.clone(),
                assignment: made.clone(),
                role: role.clone(),
            }),
            _ => None,
        }
    }
}

impl Holder {
    fn lock(&self) -> Lock {
        match self {
            Self::User(user) => Lock::of("user", user.as_str()),
            Self::Group(group) => Lock::of("group", group.as_str()),
        }
    }
}

impl Role {
    /// What Okta calls it, or its id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Standard(kind) => kind,
            Self::Custom { role, .. } => role.as_str(),
        }
    }

    /// What tells it from all other roles that somebody can have: the same role over other resources is another.
    pub fn key(&self) -> String {
        match self {
            Self::Standard(kind) => kind.to_string(),
            Self::Custom { role, resource_set } => format!("{role}@{resource_set}"),
        }
    }
}

impl GroupProfile {
    /// A group without a description.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            description: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::samples::one_of_each;
    use super::*;

    fn id<T: std::str::FromStr>(text: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        text.parse().unwrap()
    }

    #[test]
    fn the_name_is_that_of_the_json_and_comes_back() {
        let all = one_of_each();
        let names: BTreeSet<&str> = all.iter().map(Change::name).collect();
        assert_eq!(names.len(), all.len());
        for change in all {
            let json = serde_json::to_value(&change).unwrap();
            assert_eq!(json["change"], change.name());
            assert_eq!(serde_json::from_value::<Change>(json).unwrap(), change);
        }
    }

    /// What comes back entirely is back after undoing the undoing; what does not says so.
    #[test]
    fn undoing_what_was_undone_is_the_change_itself() {
        let mut back_and_forth = 0;
        for change in one_of_each() {
            let Undo::By(undo, None) = change.undo() else {
                continue;
            };
            let Undo::By(again, _) = undo.undo() else {
                unreachable!("{undo:?} is a change that can be undone");
            };
            assert_eq!(*again, change);
            assert_eq!(
                BTreeSet::from_iter(undo.locks()),
                BTreeSet::from_iter(change.locks()),
                "it is about the same"
            );
            back_and_forth += 1;
        }
        assert_eq!(back_and_forth, 16);
    }

    #[test]
    fn what_cannot_be_undone_is_sent_once_or_takes_access() {
        for change in one_of_each() {
            if let Undo::Never(why) = change.undo() {
                let is_grave = change.class() == Class::Once || change.reduces_access();
                assert!(is_grave || matches!(change, Change::UnlockUser { .. }));
                assert!(!why.is_empty() && !why.ends_with('.'));
            }
        }
    }

    #[test]
    fn every_change_of_something_that_is_there_is_about_it() {
        for change in one_of_each() {
            let json = serde_json::to_string(&change).unwrap();
            let locks = change.locks();
            for lock in &locks {
                let id = lock.as_str().split_once(':').map_or("", |(_, id)| id);
                assert!(json.contains(id), "{lock}");
            }
            assert_eq!(locks.is_empty(), matches!(change, Change::CreateGroup(_)));
            assert!(!change.evidence().is_empty());
        }
    }

    #[test]
    fn what_makes_something_is_undone_by_its_id() {
        let made: EntryId = id("00uNew");
        for change in one_of_each() {
            let undo = change.undo_made(&made);
            assert_eq!(undo.is_some(), change.undo() == Undo::OfMade, "{change:?}");
            if let Some(undo) = undo {
                assert!(serde_json::to_string(&undo).unwrap().contains("00uNew"));
            }
        }
        assert_eq!(
            Change::CreateGroup(GroupProfile::named("x")).undo_made(&id("no:id")),
            None
        );
    }
}
