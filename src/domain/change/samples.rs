//! Changes made by hand, one of each, for tests that go through all of them.

use std::collections::BTreeMap;

use super::{Change, FieldEdit, GroupProfile, Holder, Role};
use crate::domain::entry::EntryId;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// One of each that there is.
pub(crate) fn one_of_each() -> Vec<Change> {
    let user = || id("00u1");
    let group = || id("00g1");
    let app = || id("0oa1");
    let entry = || id::<EntryId>("x1");
    let role = || Role::Standard("HELP_DESK_ADMIN".into());
    let of_user = || Holder::User(user());
    vec![
        Change::CreateUser {
            profile: BTreeMap::from([("login".into(), "a@b".into())]),
            groups: vec![group()],
            activate: true,
        },
        Change::UpdateUser {
            user: user(),
            fields: vec![FieldEdit {
                name: "title".into(),
                before: None,
                after: Some("x".into()),
            }],
        },
        Change::ActivateUser {
            user: user(),
            send_email: false,
        },
        Change::ReactivateUser {
            user: user(),
            send_email: true,
        },
        Change::DeactivateUser {
            user: user(),
            send_email: false,
        },
        Change::DeleteUser { user: user() },
        Change::SuspendUser { user: user() },
        Change::UnsuspendUser { user: user() },
        Change::UnlockUser { user: user() },
        Change::ExpirePassword {
            user: user(),
            temporary: false,
        },
        Change::ResetPassword {
            user: user(),
            send_email: true,
            revoke_sessions: true,
        },
        Change::ForgotPassword {
            user: user(),
            send_email: true,
        },
        Change::ResetFactors { user: user() },
        Change::RemoveFactor {
            user: user(),
            factor: id("fac1"),
        },
        Change::ClearSessions {
            user: user(),
            oauth_tokens: true,
            forget_devices: false,
        },
        Change::RevokeGrants { user: user() },
        Change::RevokeTokens {
            user: user(),
            client: entry(),
        },
        Change::LogOut { user: user() },
        Change::CreateGroup(GroupProfile::named("Fresh")),
        Change::UpdateGroup {
            group: group(),
            before: GroupProfile::named("a"),
            after: GroupProfile::named("b"),
        },
        Change::DeleteGroup { group: group() },
        Change::AddMember {
            group: group(),
            user: user(),
        },
        Change::RemoveMember {
            group: group(),
            user: user(),
        },
        Change::ActivateRule { rule: entry() },
        Change::DeactivateRule { rule: entry() },
        Change::AssignUser {
            app: app(),
            user: user(),
        },
        Change::UnassignUser {
            app: app(),
            user: user(),
            send_email: false,
        },
        Change::AssignGroup {
            app: app(),
            group: group(),
        },
        Change::UnassignGroup {
            app: app(),
            group: group(),
        },
        Change::ActivateApp { app: app() },
        Change::DeactivateApp { app: app() },
        Change::GrantRole {
            holder: of_user(),
            role: role(),
        },
        Change::RevokeRole {
            holder: of_user(),
            assignment: entry(),
            role: role(),
        },
        Change::RevokeApiToken { token: entry() },
        Change::RevokeClientRole {
            client: entry(),
            assignment: entry(),
        },
        Change::DeactivateSecret {
            client: entry(),
            secret: entry(),
        },
        Change::SuspendDevice { device: entry() },
        Change::UnsuspendDevice { device: entry() },
        Change::DeactivateDevice { device: entry() },
        Change::ActivateIdp { idp: entry() },
        Change::DeactivateIdp { idp: entry() },
        Change::AddToZone {
            zone: entry(),
            address: "192.0.2.1".into(),
        },
        Change::RemoveFromZone {
            zone: entry(),
            address: "192.0.2.1".into(),
        },
        Change::ActivatePolicyRule {
            policy: entry(),
            rule: entry(),
        },
        Change::DeactivatePolicyRule {
            policy: entry(),
            rule: entry(),
        },
        Change::RevokeSupport,
    ]
}
