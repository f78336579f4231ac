//! The table of all changes as they are typed: what stands behind the name of each, and what is made of it.
//!
//! It is over the closed list of changes: a test makes each of them from what would be typed for it, which it knows by a table that does
//! not compile without a new one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flag::Flag;
use super::place::{Place, address, group_name, holder, role};
use super::{Typed, usage};
use crate::cli::failure::Failure;
use crate::domain::change::{Change, FieldEdit, GroupProfile, Role};
use crate::domain::entry::EntryId;
use crate::domain::id::{AppId, GroupId, UserId};

/// A change as it is typed.
pub(super) struct Spec {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    /// What all that are typed together have in common, such as the group that many are put into.
    pub(super) first: Option<Place>,
    /// What there may be several of, each of which makes a change.
    pub(super) each: Option<Place>,
    /// What else can be said.
    pub(super) flags: &'static [Flag],
    /// Makes one.
    pub(super) make: fn(&Typed<'_>) -> Result<Change, Failure>,
}

impl Spec {
    /// What stands before the dot of its name.
    pub(super) fn noun(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(noun, _)| noun)
    }

    /// What stands behind it.
    pub(super) fn verb(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(_, verb)| verb)
    }
}

/// A change of things of one kind, each by itself.
const fn of_each(
    name: &'static str,
    about: &'static str,
    each: Place,
    flags: &'static [Flag],
    make: fn(&Typed<'_>) -> Result<Change, Failure>,
) -> Spec {
    Spec {
        name,
        about,
        first: None,
        each: Some(each),
        flags,
        make,
    }
}

/// A change of several things in one.
const fn of_each_in(
    name: &'static str,
    about: &'static str,
    (first, each): (Place, Place),
    flags: &'static [Flag],
    make: fn(&Typed<'_>) -> Result<Change, Failure>,
) -> Spec {
    Spec {
        name,
        about,
        first: Some(first),
        each: Some(each),
        flags,
        make,
    }
}

/// A change that names nothing.
const fn of_none(
    name: &'static str,
    about: &'static str,
    flags: &'static [Flag],
    make: fn(&Typed<'_>) -> Result<Change, Failure>,
) -> Spec {
    Spec {
        name,
        about,
        first: None,
        each: None,
        flags,
        make,
    }
}

fn user(typed: &Typed<'_>) -> Result<UserId, Failure> {
    Place::User.id(typed.each)
}

/// The user that several things are of.
fn its_user(typed: &Typed<'_>) -> Result<UserId, Failure> {
    Place::User.id(typed.first)
}

fn group(typed: &Typed<'_>) -> Result<GroupId, Failure> {
    Place::Group.id(typed.each)
}

fn its_group(typed: &Typed<'_>) -> Result<GroupId, Failure> {
    Place::Group.id(typed.first)
}

fn app(typed: &Typed<'_>) -> Result<AppId, Failure> {
    Place::App.id(typed.each)
}

fn its_app(typed: &Typed<'_>) -> Result<AppId, Failure> {
    Place::App.id(typed.first)
}

fn entry(place: Place, typed: &Typed<'_>) -> Result<EntryId, Failure> {
    place.id(typed.each)
}

fn its_entry(place: Place, typed: &Typed<'_>) -> Result<EntryId, Failure> {
    place.id(typed.first)
}

/// An attribute of a profile as it is typed: `NAME=TEXT` or `NAME:=JSON`.
///
/// # Errors
/// When it is neither.
pub fn attribute(text: &str) -> Result<(Box<str>, Value), Failure> {
    let hint = "write title=Lead for a text, and seats:=3 for what is no text";
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| usage(format!("{text} sets nothing"), hint))?;
    let (name, value) = match name.strip_suffix(':') {
        None => (name, Value::from(value)),
        Some(name) => {
            let value = serde_json::from_str(value)
                .map_err(|error| usage(format!("{value} is no JSON: {error}"), hint))?;
            (name, value)
        }
    };
    if name.is_empty() {
        return Err(usage(format!("{text} names no attribute"), hint));
    }
    Ok((name.into(), value))
}

fn create_user(typed: &Typed<'_>) -> Result<Change, Failure> {
    let profile = typed.all(Flag::Set).map(attribute);
    let profile = profile.collect::<Result<BTreeMap<_, _>, _>>()?;
    if profile.is_empty() {
        return Err(usage(
            "a user has to have a profile",
            "--set login=ana@acme.com --set email=ana@acme.com --set firstName=Ana --set lastName=Ko",
        ));
    }
    let groups = typed.all(Flag::Group).map(|id| Place::Group.id(id));
    Ok(Change::CreateUser {
        profile,
        groups: groups.collect::<Result<_, _>>()?,
        activate: typed.is_on(Flag::Activate),
    })
}

fn update_user(typed: &Typed<'_>) -> Result<Change, Failure> {
    let edit = |(name, after): (Box<str>, Option<Value>)| FieldEdit {
        name,
        before: None,
        after,
    };
    let set = typed.all(Flag::Set).map(attribute);
    let set = set.map(|one| one.map(|(name, value)| (name, Some(value))));
    let unset = typed.all(Flag::Unset).map(|name| Ok((name.into(), None)));
    let fields = set.chain(unset).map(|one| one.map(edit));
    let fields: Vec<FieldEdit> = fields.collect::<Result<_, Failure>>()?;
    let mut names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    match (fields.len(), twice) {
        (0, _) => Err(usage(
            "nothing is to be changed",
            "--set title=Lead, --unset mobilePhone",
        )),
        (_, Some(pair)) => Err(usage(
            format!("{} is to be two things", pair[0]),
            "name each attribute once",
        )),
        _ => Ok(Change::UpdateUser {
            user: user(typed)?,
            fields,
        }),
    }
}

fn description(typed: &Typed<'_>) -> Option<Box<str>> {
    let said = typed.one(Flag::Description);
    said.filter(|text| !text.is_empty()).map(Into::into)
}

fn create_group(typed: &Typed<'_>) -> Result<Change, Failure> {
    Ok(Change::CreateGroup(GroupProfile {
        name: group_name(typed.each)?,
        description: description(typed),
    }))
}

/// What it was is for the agent to say, and what stays as it is for whoever asks it.
fn update_group(typed: &Typed<'_>) -> Result<Change, Failure> {
    let name = typed.one(Flag::Name);
    if name.is_none() && typed.one(Flag::Description).is_none() {
        return Err(usage("nothing is to be changed", "--name, --description"));
    }
    let after = GroupProfile {
        name: name.map(group_name).transpose()?.unwrap_or_default(),
        description: description(typed),
    };
    Ok(Change::UpdateGroup {
        group: group(typed)?,
        before: after.clone(),
        after,
    })
}

/// The agent finds the assignment of a role that stands in its place.
fn revoke_role(typed: &Typed<'_>) -> Result<Change, Failure> {
    let role = role(typed.each)?;
    let named = match &role {
        Role::Standard(kind) => kind,
        Role::Custom { role, .. } => role.as_str(),
    };
    let assignment = typed.one(Flag::Assignment).unwrap_or(named);
    Ok(Change::RevokeRole {
        holder: holder(typed.first)?,
        assignment: Place::Assignment.id(assignment)?,
        role,
    })
}

/// Every change.
pub(super) const SPECS: &[Spec] = &[
    of_none(
        "users.create",
        "Make a user",
        &[Flag::Set, Flag::Group, Flag::Activate],
        create_user,
    ),
    of_each(
        "users.update",
        "Change some attributes of a profile",
        Place::User,
        &[Flag::Set, Flag::Unset],
        update_user,
    ),
    of_each(
        "users.activate",
        "Let in who is staged or deactivated",
        Place::User,
        &[Flag::SendEmail],
        |typed| {
            Ok(Change::ActivateUser {
                user: user(typed)?,
                send_email: typed.is_on(Flag::SendEmail),
            })
        },
    ),
    of_each(
        "users.reactivate",
        "Give the link of an activation once more",
        Place::User,
        &[Flag::SendEmail],
        |typed| {
            Ok(Change::ReactivateUser {
                user: user(typed)?,
                send_email: typed.is_on(Flag::SendEmail),
            })
        },
    ),
    of_each(
        "users.deactivate",
        "End an account: sessions, assignments and memberships go",
        Place::User,
        &[Flag::SendEmail],
        |typed| {
            Ok(Change::DeactivateUser {
                user: user(typed)?,
                send_email: typed.is_on(Flag::SendEmail),
            })
        },
    ),
    of_each(
        "users.delete",
        "Delete who is deactivated already, for good",
        Place::User,
        &[],
        |typed| Ok(Change::DeleteUser { user: user(typed)? }),
    ),
    of_each(
        "users.suspend",
        "Keep an active user out, with all that they have",
        Place::User,
        &[],
        |typed| Ok(Change::SuspendUser { user: user(typed)? }),
    ),
    of_each(
        "users.unsuspend",
        "Let a suspended user in again",
        Place::User,
        &[],
        |typed| Ok(Change::UnsuspendUser { user: user(typed)? }),
    ),
    of_each(
        "users.unlock",
        "Let in who is locked out by failed sign-ins",
        Place::User,
        &[],
        |typed| Ok(Change::UnlockUser { user: user(typed)? }),
    ),
    of_each(
        "users.expire-password",
        "Make a user choose another password at the next sign-in",
        Place::User,
        &[Flag::Temporary],
        |typed| {
            Ok(Change::ExpirePassword {
                user: user(typed)?,
                temporary: typed.is_on(Flag::Temporary),
            })
        },
    ),
    of_each(
        "users.reset-password",
        "Put an end to a password, with a link to choose another",
        Place::User,
        &[Flag::SendEmail, Flag::RevokeSessions],
        |typed| {
            Ok(Change::ResetPassword {
                user: user(typed)?,
                send_email: typed.is_on(Flag::SendEmail),
                revoke_sessions: typed.is_on(Flag::RevokeSessions),
            })
        },
    ),
    of_each(
        "users.forgot-password",
        "Give the link of who forgot a password, which stays until then",
        Place::User,
        &[Flag::SendEmail],
        |typed| {
            Ok(Change::ForgotPassword {
                user: user(typed)?,
                send_email: typed.is_on(Flag::SendEmail),
            })
        },
    ),
    of_each(
        "users.reset-factors",
        "Take all factors of a user",
        Place::User,
        &[],
        |typed| Ok(Change::ResetFactors { user: user(typed)? }),
    ),
    of_each_in(
        "users.remove-factor",
        "Take one factor of a user",
        (Place::User, Place::Factor),
        &[],
        |typed| {
            Ok(Change::RemoveFactor {
                user: its_user(typed)?,
                factor: Place::Factor.id(typed.each)?,
            })
        },
    ),
    of_each(
        "users.clear-sessions",
        "End the sessions that Okta itself holds",
        Place::User,
        &[Flag::OauthTokens, Flag::ForgetDevices],
        |typed| {
            Ok(Change::ClearSessions {
                user: user(typed)?,
                oauth_tokens: typed.is_on(Flag::OauthTokens),
                forget_devices: typed.is_on(Flag::ForgetDevices),
            })
        },
    ),
    of_each(
        "users.revoke-grants",
        "Take back what a user allowed apps to do",
        Place::User,
        &[],
        |typed| Ok(Change::RevokeGrants { user: user(typed)? }),
    ),
    of_each_in(
        "users.revoke-tokens",
        "End the refresh tokens that a client has of a user",
        (Place::User, Place::Client),
        &[],
        |typed| {
            Ok(Change::RevokeTokens {
                user: its_user(typed)?,
                client: entry(Place::Client, typed)?,
            })
        },
    ),
    of_each(
        "users.log-out",
        "Universal Logout: sessions and tokens end, also in apps that take part",
        Place::User,
        &[],
        |typed| Ok(Change::LogOut { user: user(typed)? }),
    ),
    of_each(
        "groups.create",
        "Make a group",
        Place::GroupName,
        &[Flag::Description],
        create_group,
    ),
    of_each(
        "groups.update",
        "Rename a group, or say something else of it",
        Place::Group,
        &[Flag::Name, Flag::Description],
        update_group,
    ),
    of_each(
        "groups.delete",
        "Delete a group, for good",
        Place::Group,
        &[],
        |typed| {
            Ok(Change::DeleteGroup {
                group: group(typed)?,
            })
        },
    ),
    of_each_in(
        "groups.add-member",
        "Put users into a group",
        (Place::Group, Place::User),
        &[],
        |typed| {
            Ok(Change::AddMember {
                group: its_group(typed)?,
                user: user(typed)?,
            })
        },
    ),
    of_each_in(
        "groups.remove-member",
        "Take users out of a group",
        (Place::Group, Place::User),
        &[],
        |typed| {
            Ok(Change::RemoveMember {
                group: its_group(typed)?,
                user: user(typed)?,
            })
        },
    ),
    of_each(
        "group-rules.activate",
        "Let a group rule work",
        Place::GroupRule,
        &[],
        |typed| {
            Ok(Change::ActivateRule {
                rule: entry(Place::GroupRule, typed)?,
            })
        },
    ),
    of_each(
        "group-rules.deactivate",
        "Let a group rule rest; who it put into groups stays",
        Place::GroupRule,
        &[],
        |typed| {
            Ok(Change::DeactivateRule {
                rule: entry(Place::GroupRule, typed)?,
            })
        },
    ),
    of_each_in(
        "apps.assign-user",
        "Give an app to users directly",
        (Place::App, Place::User),
        &[],
        |typed| {
            Ok(Change::AssignUser {
                app: its_app(typed)?,
                user: user(typed)?,
            })
        },
    ),
    of_each_in(
        "apps.unassign-user",
        "Take an app from users who have it directly",
        (Place::App, Place::User),
        &[Flag::SendEmail],
        |typed| {
            Ok(Change::UnassignUser {
                app: its_app(typed)?,
                user: user(typed)?,
                send_email: typed.is_on(Flag::SendEmail),
            })
        },
    ),
    of_each_in(
        "apps.assign-group",
        "Give an app to everybody in groups",
        (Place::App, Place::Group),
        &[],
        |typed| {
            Ok(Change::AssignGroup {
                app: its_app(typed)?,
                group: group(typed)?,
            })
        },
    ),
    of_each_in(
        "apps.unassign-group",
        "Take an app from groups",
        (Place::App, Place::Group),
        &[],
        |typed| {
            Ok(Change::UnassignGroup {
                app: its_app(typed)?,
                group: group(typed)?,
            })
        },
    ),
    of_each(
        "apps.activate",
        "Let people into an app",
        Place::App,
        &[],
        |typed| Ok(Change::ActivateApp { app: app(typed)? }),
    ),
    of_each(
        "apps.deactivate",
        "Let nobody into an app",
        Place::App,
        &[],
        |typed| Ok(Change::DeactivateApp { app: app(typed)? }),
    ),
    of_each_in(
        "roles.grant",
        "Give admin roles",
        (Place::Holder, Place::Role),
        &[],
        |typed| {
            Ok(Change::GrantRole {
                holder: holder(typed.first)?,
                role: role(typed.each)?,
            })
        },
    ),
    of_each_in(
        "roles.revoke",
        "Take back admin roles",
        (Place::Holder, Place::Role),
        &[Flag::Assignment],
        revoke_role,
    ),
    of_each(
        "api-tokens.revoke",
        "End an API token",
        Place::ApiToken,
        &[],
        |typed| {
            Ok(Change::RevokeApiToken {
                token: entry(Place::ApiToken, typed)?,
            })
        },
    ),
    of_each_in(
        "clients.revoke-role",
        "Take admin roles from a service app",
        (Place::Client, Place::Assignment),
        &[],
        |typed| {
            Ok(Change::RevokeClientRole {
                client: its_entry(Place::Client, typed)?,
                assignment: entry(Place::Assignment, typed)?,
            })
        },
    ),
    of_each_in(
        "clients.deactivate-secret",
        "Let secrets of an OAuth client rest",
        (Place::Client, Place::Secret),
        &[],
        |typed| {
            Ok(Change::DeactivateSecret {
                client: its_entry(Place::Client, typed)?,
                secret: entry(Place::Secret, typed)?,
            })
        },
    ),
    of_each(
        "devices.suspend",
        "Keep a device out",
        Place::Device,
        &[],
        |typed| {
            Ok(Change::SuspendDevice {
                device: entry(Place::Device, typed)?,
            })
        },
    ),
    of_each(
        "devices.unsuspend",
        "Let a suspended device in again",
        Place::Device,
        &[],
        |typed| {
            Ok(Change::UnsuspendDevice {
                device: entry(Place::Device, typed)?,
            })
        },
    ),
    of_each(
        "devices.deactivate",
        "End what Okta knows of a device",
        Place::Device,
        &[],
        |typed| {
            Ok(Change::DeactivateDevice {
                device: entry(Place::Device, typed)?,
            })
        },
    ),
    of_each(
        "idps.activate",
        "Let people in by an identity provider",
        Place::Idp,
        &[],
        |typed| {
            Ok(Change::ActivateIdp {
                idp: entry(Place::Idp, typed)?,
            })
        },
    ),
    of_each(
        "idps.deactivate",
        "Let nobody in by an identity provider",
        Place::Idp,
        &[],
        |typed| {
            Ok(Change::DeactivateIdp {
                idp: entry(Place::Idp, typed)?,
            })
        },
    ),
    of_each_in(
        "zones.add-address",
        "Add addresses, ranges or networks to a zone",
        (Place::Zone, Place::Address),
        &[],
        |typed| {
            Ok(Change::AddToZone {
                zone: its_entry(Place::Zone, typed)?,
                address: address(typed.each)?,
            })
        },
    ),
    of_each_in(
        "zones.remove-address",
        "Take addresses, ranges or networks out of a zone",
        (Place::Zone, Place::Address),
        &[],
        |typed| {
            Ok(Change::RemoveFromZone {
                zone: its_entry(Place::Zone, typed)?,
                address: address(typed.each)?,
            })
        },
    ),
    of_each_in(
        "policy-rules.activate",
        "Let rules of a policy work",
        (Place::Policy, Place::PolicyRule),
        &[],
        |typed| {
            Ok(Change::ActivatePolicyRule {
                policy: its_entry(Place::Policy, typed)?,
                rule: entry(Place::PolicyRule, typed)?,
            })
        },
    ),
    of_each_in(
        "policy-rules.deactivate",
        "Let rules of a policy rest",
        (Place::Policy, Place::PolicyRule),
        &[],
        |typed| {
            Ok(Change::DeactivatePolicyRule {
                policy: its_entry(Place::Policy, typed)?,
                rule: entry(Place::PolicyRule, typed)?,
            })
        },
    ),
    of_none(
        "org.revoke-support",
        "Keep Okta's support out of the org",
        &[],
        |_| Ok(Change::RevokeSupport),
    ),
];
