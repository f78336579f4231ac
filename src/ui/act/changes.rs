//! What becomes of a line of the menu: the changes that are staged.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Given, Who};
use crate::domain::change::{Change, FieldEdit, GroupProfile, Holder, Role};
use crate::domain::entry::{EntryId, EntryKey, EntryKind, Subject};
use crate::domain::id::{AppId, GroupId, ObjectId, UserId};

/// Which change a line makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its line in the menu says")]
pub enum Act {
    Unlock,
    Suspend,
    Unsuspend,
    Contain,
    ContainByStep,
    Offboard,
    ClearSessions,
    ClearTokens,
    ClearDevices,
    LogOut,
    ExpirePassword,
    TemporaryPassword,
    ResetByMail,
    ResetAndEnd,
    ResetByLink,
    ForgottenByMail,
    ForgottenByLink,
    ResetFactors,
    JoinGroup,
    LeaveGroup,
    GiveApp,
    TakeApp,
    GrantRole,
    RevokeRole,
    RevokeGrants,
    RevokeTokens,
    UpdateUser,
    ActivateByMail,
    ActivateByLink,
    ReactivateByMail,
    ReactivateByLink,
    Deactivate,
    DeactivateWithMail,
    DeleteUser,
    CreateUser,
    AddMember,
    RemoveMember,
    Rename,
    Describe,
    GroupApp,
    TakeGroupApp,
    DeleteGroup,
    CreateGroup,
    ActivateApp,
    DeactivateApp,
    GiveToUser,
    TakeFromUser,
    GiveToGroup,
    TakeFromGroup,
    ActivateEntry,
    DeactivateEntry,
    SuspendEntry,
    UnsuspendEntry,
    RevokeEntry,
    AddAddress,
    RemoveAddress,
}

impl Act {
    /// Whether it makes something instead of changing what is in front.
    pub fn makes(self) -> bool {
        matches!(self, Self::CreateUser | Self::CreateGroup)
    }

    /// The verb of a ready plan on the command line; empty for anything else.
    pub fn command(self) -> &'static str {
        match self {
            Self::ContainByStep => "contain",
            Self::Offboard => "offboard",
            _ => "",
        }
    }
}

/// What a change cannot be made of.
type Made<T> = Result<T, String>;

/// The changes of a line, for one thing.
///
/// # Errors
/// Why what was given does not make one, in a few words.
pub fn changes(act: Act, who: &Who, given: &Given) -> Made<Vec<Change>> {
    match &who.subject {
        Subject::Object(ObjectId::User(user)) => of_user(act, user, who, given),
        Subject::Object(ObjectId::Group(group)) => {
            of_group(act, group, who, given).map(|change| vec![change])
        }
        Subject::Object(ObjectId::App(app)) => {
            of_app(act, app, who, given).map(|change| vec![change])
        }
        Subject::Entry(key) => of_entry(act, key, who, given).map(|change| vec![change]),
    }
}

fn of_user(act: Act, user: &UserId, who: &Who, given: &Given) -> Made<Vec<Change>> {
    let user = user.clone();
    if act == Act::Contain {
        let sessions = of_one_user(Act::ClearDevices, user.clone(), who, given)?;
        return Ok(vec![Change::SuspendUser { user }, sessions]);
    }
    Ok(vec![of_one_user(act, user, who, given)?])
}

fn of_one_user(act: Act, user: UserId, who: &Who, given: &Given) -> Made<Change> {
    let reset = |user, send_email, revoke_sessions| Change::ResetPassword {
        user,
        send_email,
        revoke_sessions,
    };
    let clear = |user, oauth_tokens, forget_devices| Change::ClearSessions {
        user,
        oauth_tokens,
        forget_devices,
    };
    Ok(match act {
        Act::Unlock => Change::UnlockUser { user },
        Act::Suspend => Change::SuspendUser { user },
        Act::Unsuspend => Change::UnsuspendUser { user },
        // What stands for their steps, which the agent composes: it tells whether there is any use in asking.
        Act::ContainByStep => clear(user, true, true),
        Act::Offboard => Change::DeactivateUser {
            user,
            send_email: false,
        },
        Act::ClearSessions => clear(user, false, false),
        Act::ClearTokens => clear(user, true, false),
        Act::ClearDevices => clear(user, true, true),
        Act::LogOut => Change::LogOut { user },
        Act::ExpirePassword | Act::TemporaryPassword => Change::ExpirePassword {
            user,
            temporary: act == Act::TemporaryPassword,
        },
        Act::ResetByMail => reset(user, true, false),
        Act::ResetAndEnd => reset(user, true, true),
        Act::ResetByLink => reset(user, false, false),
        Act::ForgottenByMail | Act::ForgottenByLink => Change::ForgotPassword {
            user,
            send_email: act == Act::ForgottenByMail,
        },
        Act::ResetFactors => Change::ResetFactors { user },
        Act::RevokeGrants => Change::RevokeGrants { user },
        Act::RevokeTokens => Change::RevokeTokens {
            user,
            client: word(text(given)?)?,
        },
        Act::UpdateUser => Change::UpdateUser {
            user,
            fields: edits(text(given)?)?,
        },
        Act::ActivateByMail | Act::ActivateByLink => Change::ActivateUser {
            user,
            send_email: act == Act::ActivateByMail,
        },
        Act::ReactivateByMail | Act::ReactivateByLink => Change::ReactivateUser {
            user,
            send_email: act == Act::ReactivateByMail,
        },
        Act::Deactivate | Act::DeactivateWithMail => Change::DeactivateUser {
            user,
            send_email: act == Act::DeactivateWithMail,
        },
        Act::DeleteUser => Change::DeleteUser { user },
        Act::CreateUser => create_user(text(given)?)?,
        Act::GrantRole | Act::RevokeRole => role(act, Holder::User(user), text(given)?)?,
        Act::JoinGroup => Change::AddMember {
            group: group(who, given)?,
            user,
        },
        Act::LeaveGroup => Change::RemoveMember {
            group: group(who, given)?,
            user,
        },
        Act::GiveApp => Change::AssignUser {
            app: app(who, given)?,
            user,
        },
        Act::TakeApp => unassign(app(who, given)?, user),
        _ => return Err(NO_SUCH.to_owned()),
    })
}

fn unassign(app: AppId, user: UserId) -> Change {
    Change::UnassignUser {
        app,
        user,
        send_email: false,
    }
}

const NO_SUCH: &str = "it is nothing that can be done to it";

fn of_group(act: Act, id: &GroupId, who: &Who, given: &Given) -> Made<Change> {
    let group = id.clone();
    Ok(match act {
        Act::AddMember => Change::AddMember {
            group,
            user: user(who, given)?,
        },
        Act::RemoveMember => Change::RemoveMember {
            group,
            user: user(who, given)?,
        },
        Act::Rename => update_group(group, who, Some(text(given)?), None),
        Act::Describe => update_group(group, who, None, Some(text(given)?)),
        Act::GroupApp => Change::AssignGroup {
            app: app(who, given)?,
            group,
        },
        Act::TakeGroupApp => Change::UnassignGroup {
            app: app(who, given)?,
            group,
        },
        Act::DeleteGroup => Change::DeleteGroup { group },
        Act::CreateGroup => Change::CreateGroup(GroupProfile::named(text(given)?)),
        Act::GrantRole | Act::RevokeRole => role(act, Holder::Group(group), text(given)?)?,
        _ => return Err(NO_SUCH.to_owned()),
    })
}

/// The agent reads what the group is before, so that nothing of it is lost that the mirror has not.
fn update_group(
    group: GroupId,
    who: &Who,
    name: Option<&str>,
    description: Option<&str>,
) -> Change {
    let known = |fact: &str| who.text(fact).unwrap_or_default().to_owned();
    let described = Some(known("group.profile.description")).filter(|text| !text.is_empty());
    let before = GroupProfile {
        name: known("group.profile.name").into(),
        description: described.map(Into::into),
    };
    let mut after = before.clone();
    if let Some(name) = name {
        after.name = name.into();
    }
    if let Some(text) = description {
        after.description = Some(text.into());
    }
    Change::UpdateGroup {
        group,
        before,
        after,
    }
}

fn of_app(act: Act, id: &AppId, who: &Who, given: &Given) -> Made<Change> {
    let app = id.clone();
    Ok(match act {
        Act::ActivateApp => Change::ActivateApp { app },
        Act::DeactivateApp => Change::DeactivateApp { app },
        Act::GiveToUser => Change::AssignUser {
            app,
            user: user(who, given)?,
        },
        Act::TakeFromUser => unassign(app, user(who, given)?),
        Act::GiveToGroup => Change::AssignGroup {
            app,
            group: group(who, given)?,
        },
        Act::TakeFromGroup => Change::UnassignGroup {
            app,
            group: group(who, given)?,
        },
        _ => return Err(NO_SUCH.to_owned()),
    })
}

fn of_entry(act: Act, key: &EntryKey, who: &Who, given: &Given) -> Made<Change> {
    let id = key.id.clone();
    let parent = || key.parent.clone().ok_or_else(|| NO_PARENT.to_owned());
    let no_such = || Err(NO_SUCH.to_owned());
    Ok(match (key.kind, act) {
        (EntryKind::GroupRule, Act::ActivateEntry) => Change::ActivateRule { rule: id },
        (EntryKind::GroupRule, Act::DeactivateEntry) => Change::DeactivateRule { rule: id },
        (EntryKind::Idp, Act::ActivateEntry) => Change::ActivateIdp { idp: id },
        (EntryKind::Idp, Act::DeactivateEntry) => Change::DeactivateIdp { idp: id },
        (EntryKind::PolicyRule, Act::ActivateEntry) => Change::ActivatePolicyRule {
            policy: parent()?,
            rule: id,
        },
        (EntryKind::PolicyRule, Act::DeactivateEntry) => Change::DeactivatePolicyRule {
            policy: parent()?,
            rule: id,
        },
        (EntryKind::Device, Act::SuspendEntry) => Change::SuspendDevice { device: id },
        (EntryKind::Device, Act::UnsuspendEntry) => Change::UnsuspendDevice { device: id },
        (EntryKind::Device, Act::DeactivateEntry) => Change::DeactivateDevice { device: id },
        (EntryKind::ApiToken, Act::RevokeEntry) => Change::RevokeApiToken { token: id },
        (EntryKind::OrgSetting, Act::RevokeEntry) => Change::RevokeSupport,
        (EntryKind::ClientRole, Act::RevokeEntry) => Change::RevokeClientRole {
            client: parent()?,
            assignment: id,
        },
        (EntryKind::ClientSecret, Act::DeactivateEntry) => Change::DeactivateSecret {
            client: parent()?,
            secret: id,
        },
        (EntryKind::Factor, Act::RevokeEntry) => Change::RemoveFactor {
            user: word(parent()?.as_str())?,
            factor: word(id.as_str())?,
        },
        (EntryKind::UserRole, Act::RevokeEntry) => {
            revoke(Holder::User(word(parent()?.as_str())?), id, who)?
        }
        (EntryKind::GroupRole, Act::RevokeEntry) => {
            revoke(Holder::Group(word(parent()?.as_str())?), id, who)?
        }
        (EntryKind::Zone, Act::AddAddress) => Change::AddToZone {
            zone: id,
            address: address(text(given)?)?,
        },
        (EntryKind::Zone, Act::RemoveAddress) => Change::RemoveFromZone {
            zone: id,
            address: address(text(given)?)?,
        },
        _ => return no_such(),
    })
}

const NO_PARENT: &str = "it is not known what it hangs below";

/// A role as the list of roles tells it: this very assignment.
fn revoke(holder: Holder, assignment: EntryId, who: &Who) -> Made<Change> {
    let fact = |name: &str| who.entry.as_ref().and_then(|entry| entry.fact(name));
    if fact("assignmentType").is_some_and(|by| by.as_str() == "GROUP")
        && matches!(holder, Holder::User(_))
    {
        return Err("a group gives the role; take the user out of the group".to_owned());
    }
    let role = match (fact("role"), fact("resourceSet"), fact("type")) {
        (Some(role), Some(set), _) => Role::Custom {
            role: word(role)?,
            resource_set: word(set)?,
        },
        (_, _, Some(kind)) => Role::Standard(kind.as_str().into()),
        _ => return Err("it is not known which role it is".to_owned()),
    };
    Ok(Change::RevokeRole {
        holder,
        assignment,
        role,
    })
}

/// A role by its name; which assignment it is, the agent finds out.
fn role(act: Act, holder: Holder, typed: &str) -> Made<Change> {
    let role = match typed.split_once(':') {
        Some((role, set)) => Role::Custom {
            role: word(role.trim())?,
            resource_set: word(set.trim())?,
        },
        None => Role::Standard(word::<EntryId>(typed)?.as_str().to_uppercase().into()),
    };
    Ok(match act {
        Act::GrantRole => Change::GrantRole { holder, role },
        _ => Change::RevokeRole {
            holder,
            assignment: word(role.as_str())?,
            role,
        },
    })
}

fn text(given: &Given) -> Made<&str> {
    match given {
        Given::Text(text) if !text.trim().is_empty() => Ok(text.trim()),
        _ => Err("nothing was typed".to_owned()),
    }
}

fn word<T: std::str::FromStr>(text: &str) -> Made<T> {
    let read = text.parse();
    read.map_err(|_| format!("`{text}` is no id"))
}

fn user(who: &Who, given: &Given) -> Made<UserId> {
    match (given, &who.within) {
        (Given::Object(ObjectId::User(id)), _) | (_, Some(ObjectId::User(id))) => Ok(id.clone()),
        _ => Err("a user has to be chosen".to_owned()),
    }
}

fn group(who: &Who, given: &Given) -> Made<GroupId> {
    match (given, &who.within) {
        (Given::Object(ObjectId::Group(id)), _) | (_, Some(ObjectId::Group(id))) => Ok(id.clone()),
        _ => Err("a group has to be chosen".to_owned()),
    }
}

fn app(who: &Who, given: &Given) -> Made<AppId> {
    match (given, &who.within) {
        (Given::Object(ObjectId::App(id)), _) | (_, Some(ObjectId::App(id))) => Ok(id.clone()),
        _ => Err("an app has to be chosen".to_owned()),
    }
}

fn address(typed: &str) -> Made<Box<str>> {
    let plain = |c: char| c.is_ascii_hexdigit() || ".:/-".contains(c);
    if typed.chars().all(plain) {
        return Ok(typed.into());
    }
    Err(format!("`{typed}` is no address, range or network"))
}

/// `name=value; name=value`: a value is a text, or JSON behind `:=`; none empties the attribute.
fn fields(typed: &str) -> Made<Vec<(Box<str>, Option<Value>)>> {
    let parts = typed.split(';').filter(|part| !part.trim().is_empty());
    parts.map(field).collect()
}

fn field(part: &str) -> Made<(Box<str>, Option<Value>)> {
    let (name, value) = part
        .split_once('=')
        .ok_or_else(|| format!("`{}` is no name=value", part.trim()))?;
    let (name, value) = (name.trim(), value.trim());
    let (name, value) = match name.strip_suffix(':') {
        Some(name) => {
            let json = serde_json::from_str(value);
            let json = json.map_err(|_| format!("`{value}` is no JSON"))?;
            (name.trim(), Some(json).filter(|json| *json != Value::Null))
        }
        None if value.is_empty() => (name, None),
        None => (name, Some(Value::from(value))),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(format!("`{name}` is no name of an attribute"));
    }
    Ok((name.into(), value))
}

fn edits(typed: &str) -> Made<Vec<FieldEdit>> {
    let edit = |(name, after)| FieldEdit {
        name,
        before: None,
        after,
    };
    Ok(fields(typed)?.into_iter().map(edit).collect())
}

/// A user is made staged: activating is a change of its own, for it sends a mail or shows a link.
fn create_user(typed: &str) -> Made<Change> {
    let given = fields(typed)?.into_iter();
    let profile: BTreeMap<Box<str>, Value> = given
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    if !profile.contains_key("login") {
        return Err("a user needs a login".to_owned());
    }
    Ok(Change::CreateUser {
        profile,
        groups: Vec::new(),
        activate: false,
    })
}
