//! What oktop can change in an org: a closed list, each with what must be known of it before it is sent.
//!
//! A change names its objects by id, never by a name, and holds all that it sends: what is confirmed is what goes out. Where Okta has a
//! default that it applies when a switch is missing, the switch stands here. Source of what is said of Okta: its API reference.

mod facts;
mod made;
#[cfg(test)]
pub(crate) mod samples;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::EntryId;
use super::id::{AppId, FactorId, GroupId, UserId};

pub use made::OfMade;

/// What a second request of the same change does, which decides whether it may ever be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It sets or unsets something: sent twice, it leaves the same.
    Idempotent,
    /// It leads from one status to another: sent again once it is done, it is refused and harms nobody.
    Transition,
    /// It replaces what was read before: sent again, it may overwrite what somebody else wrote meanwhile.
    Rewrite,
    /// It can be seen from outside (a mail, a secret, a new object, an end for good): it is never sent twice.
    Once,
}

impl Class {
    /// The letter that it has in plans and in the journal.
    pub fn letter(self) -> char {
        match self {
            Self::Idempotent => 'I',
            Self::Transition => 'S',
            Self::Rewrite => 'R',
            Self::Once => 'N',
        }
    }
}

/// How a change is confirmed: 1 by `y` below its diff, 2 by a typed count or the tail of an id, 3 by a typed phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Reversible, of one object.
    One = 1,
    /// A mail, a secret, a session, a suspension, or a batch.
    Two = 2,
    /// Irreversible, about privileges, or about the whole org.
    Three = 3,
}

/// A field of a profile: what it was when somebody looked, and what it is to be. Absent is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldEdit {
    /// The name of the attribute.
    pub name: Box<str>,
    /// What it was.
    pub before: Option<Value>,
    /// What it is to be.
    pub after: Option<Value>,
}

/// What a group is called, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProfile {
    /// Its name, unique in the org.
    pub name: Box<str>,
    /// What is said of it.
    pub description: Option<Box<str>>,
}

/// Who has an admin role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A user.
    User(UserId),
    /// Everybody in a group.
    Group(GroupId),
}

/// An admin role as it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of Okta's own, such as `HELP_DESK_ADMIN`.
    Standard(Box<str>),
    /// One of the org's own, on what a resource set holds.
    Custom {
        /// The role.
        role: EntryId,
        /// The resource set.
        resource_set: EntryId,
    },
}

/// One write that oktop can make. The name of each in JSON and on the command line is [`Change::name`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change")]
#[expect(
    missing_docs,
    reason = "the fields are what their types and names say; each change is described"
)]
pub enum Change {
    /// Makes a user, in groups from the start.
    #[serde(rename = "users.create")]
    CreateUser {
        profile: BTreeMap<Box<str>, Value>,
        groups: Vec<GroupId>,
        activate: bool,
    },
    /// Changes some attributes of a profile and leaves the others.
    #[serde(rename = "users.update")]
    UpdateUser {
        user: UserId,
        fields: Vec<FieldEdit>,
    },
    /// Lets a staged or deactivated user in.
    #[serde(rename = "users.activate")]
    ActivateUser { user: UserId, send_email: bool },
    /// Sends or shows the link of an activation once more.
    #[serde(rename = "users.reactivate")]
    ReactivateUser { user: UserId, send_email: bool },
    /// Ends an account: sessions, assignments and memberships go.
    #[serde(rename = "users.deactivate")]
    DeactivateUser { user: UserId, send_email: bool },
    /// Deletes a user that is deactivated already.
    #[serde(rename = "users.delete")]
    DeleteUser { user: UserId },
    /// Keeps an active user out, with everything that they have.
    #[serde(rename = "users.suspend")]
    SuspendUser { user: UserId },
    /// Lets a suspended user in again.
    #[serde(rename = "users.unsuspend")]
    UnsuspendUser { user: UserId },
    /// Lets a user in whom failed sign-ins locked out.
    #[serde(rename = "users.unlock")]
    UnlockUser { user: UserId },
    /// Makes a user choose another password at the next sign-in; with a temporary one, which is shown once.
    #[serde(rename = "users.expire-password")]
    ExpirePassword { user: UserId, temporary: bool },
    /// Puts an end to a password, and sends or shows a link to choose another.
    #[serde(rename = "users.reset-password")]
    ResetPassword {
        user: UserId,
        send_email: bool,
        revoke_sessions: bool,
    },
    /// Sends or shows the link of who forgot a password; the password stays until then.
    #[serde(rename = "users.forgot-password")]
    ForgotPassword { user: UserId, send_email: bool },
    /// Takes all factors of a user.
    #[serde(rename = "users.reset-factors")]
    ResetFactors { user: UserId },
    /// Takes one factor of a user.
    #[serde(rename = "users.remove-factor")]
    RemoveFactor { user: UserId, factor: FactorId },
    /// Ends the sessions that Okta itself holds.
    #[serde(rename = "users.clear-sessions")]
    ClearSessions {
        user: UserId,
        oauth_tokens: bool,
        forget_devices: bool,
    },
    /// Takes back what a user allowed apps to do.
    #[serde(rename = "users.revoke-grants")]
    RevokeGrants { user: UserId },
    /// Ends the refresh tokens that a client has of a user.
    #[serde(rename = "users.revoke-tokens")]
    RevokeTokens { user: UserId, client: EntryId },
    /// Universal Logout: ends sessions and tokens, also in the apps that take part.
    #[serde(rename = "users.log-out")]
    LogOut { user: UserId },
    /// Makes a group.
    #[serde(rename = "groups.create")]
    CreateGroup(GroupProfile),
    /// Renames a group, or says something else of it.
    #[serde(rename = "groups.update")]
    UpdateGroup {
        group: GroupId,
        before: GroupProfile,
        after: GroupProfile,
    },
    /// Deletes a group.
    #[serde(rename = "groups.delete")]
    DeleteGroup { group: GroupId },
    /// Puts a user into a group.
    #[serde(rename = "groups.add-member")]
    AddMember { group: GroupId, user: UserId },
    /// Takes a user out of a group.
    #[serde(rename = "groups.remove-member")]
    RemoveMember { group: GroupId, user: UserId },
    /// Lets a group rule work.
    #[serde(rename = "group-rules.activate")]
    ActivateRule { rule: EntryId },
    /// Lets a group rule rest; who it put into groups stays.
    #[serde(rename = "group-rules.deactivate")]
    DeactivateRule { rule: EntryId },
    /// Gives an app to a user directly.
    #[serde(rename = "apps.assign-user")]
    AssignUser { app: AppId, user: UserId },
    /// Takes an app from a user who has it directly.
    #[serde(rename = "apps.unassign-user")]
    UnassignUser {
        app: AppId,
        user: UserId,
        send_email: bool,
    },
    /// Gives an app to everybody in a group.
    #[serde(rename = "apps.assign-group")]
    AssignGroup { app: AppId, group: GroupId },
    /// Takes an app from a group.
    #[serde(rename = "apps.unassign-group")]
    UnassignGroup { app: AppId, group: GroupId },
    /// Lets people into an app.
    #[serde(rename = "apps.activate")]
    ActivateApp { app: AppId },
    /// Lets nobody into an app.
    #[serde(rename = "apps.deactivate")]
    DeactivateApp { app: AppId },
    /// Gives an admin role.
    #[serde(rename = "roles.grant")]
    GrantRole { holder: Holder, role: Role },
    /// Takes back an admin role.
    #[serde(rename = "roles.revoke")]
    RevokeRole {
        holder: Holder,
        assignment: EntryId,
        role: Role,
    },
    /// Ends an API token.
    #[serde(rename = "api-tokens.revoke")]
    RevokeApiToken { token: EntryId },
    /// Takes an admin role from a service app.
    #[serde(rename = "clients.revoke-role")]
    RevokeClientRole {
        client: EntryId,
        assignment: EntryId,
    },
    /// Lets a secret of an OAuth client rest.
    #[serde(rename = "clients.deactivate-secret")]
    DeactivateSecret { client: EntryId, secret: EntryId },
    /// Keeps a device out.
    #[serde(rename = "devices.suspend")]
    SuspendDevice { device: EntryId },
    /// Lets a suspended device in again.
    #[serde(rename = "devices.unsuspend")]
    UnsuspendDevice { device: EntryId },
    /// Ends what Okta knows of a device.
    #[serde(rename = "devices.deactivate")]
    DeactivateDevice { device: EntryId },
    /// Lets people in by an identity provider.
    #[serde(rename = "idps.activate")]
    ActivateIdp { idp: EntryId },
    /// Lets nobody in by an identity provider.
    #[serde(rename = "idps.deactivate")]
    DeactivateIdp { idp: EntryId },
    /// Adds an address, a range or a network to a zone.
    #[serde(rename = "zones.add-address")]
    AddToZone { zone: EntryId, address: Box<str> },
    /// Takes an address, a range or a network out of a zone.
    #[serde(rename = "zones.remove-address")]
    RemoveFromZone { zone: EntryId, address: Box<str> },
    /// Lets a rule of a policy work.
    #[serde(rename = "policy-rules.activate")]
    ActivatePolicyRule { policy: EntryId, rule: EntryId },
    /// Lets a rule of a policy rest.
    #[serde(rename = "policy-rules.deactivate")]
    DeactivatePolicyRule { policy: EntryId, rule: EntryId },
    /// Keeps Okta's support out of the org.
    #[serde(rename = "org.revoke-support")]
    RevokeSupport,
}

/// What a change is about, and what no two changes may be about at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lock(Box<str>);

impl Lock {
    fn of(kind: &str, id: &str) -> Self {
        Self(format!("{kind}:{id}").into())
    }

    /// `user:00u…`, `group:00g…`, or `org`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a change is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// By another change; what does not come back with it, if anything.
    By(Box<Change>, Option<&'static str>),
    /// Not at all, and why.
    Never(&'static str),
    /// By a change that needs the id of what this one made.
    OfMade,
}

/// An address as Okta keeps it in a zone: a single one is a range of one. Source: what Okta's zones answer.
pub fn as_zones_write(address: &str) -> String {
    if address.contains(['/', '-']) {
        return address.to_owned();
    }
    format!("{address}-{address}")
}
