//! What a change rests on: which things are read before it is sent and after, and what was found of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::change::{Change, Holder, OfMade as _};
use crate::domain::entry::EntryId;
use crate::domain::id::{AppId, FactorId, GroupId, UserId};

/// One thing to read, by id and never by a search.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Whether somebody has this login.
    Login(Box<str>),
    /// A user.
    User(UserId),
    /// Whether a user has any factor.
    Factors(UserId),
    /// One factor of a user.
    Factor(UserId, FactorId),
    /// Whether a user has allowed an app anything.
    Grants(UserId),
    /// Whether a client has refresh tokens of a user.
    Tokens(UserId, EntryId),
    /// Whether there is a group with this very name.
    GroupName(Box<str>),
    /// A group.
    Group(GroupId),
    /// Whether a user is in a group.
    Membership(GroupId, UserId),
    /// Whether a rule that works puts users into a group.
    RulesOf(GroupId),
    /// A group rule.
    Rule(EntryId),
    /// An app.
    App(AppId),
    /// How a user has an app.
    AppUser(AppId, UserId),
    /// Whether a group has an app.
    AppGroup(AppId, GroupId),
    /// The admin roles of a user or a group.
    Roles(Holder),
    /// An API token.
    ApiToken(EntryId),
    /// The admin roles of a service app.
    ClientRoles(EntryId),
    /// A secret of an OAuth client.
    Secret(EntryId, EntryId),
    /// A device.
    Device(EntryId),
    /// An identity provider.
    Idp(EntryId),
    /// A network zone.
    Zone(EntryId),
    /// A rule of a policy.
    PolicyRule(EntryId, EntryId),
    /// Whether Okta's support may come in.
    Support,
}

impl Look {
    /// What is to be read of the world before `change` is sent, and after. What another op is still to make cannot be read.
    pub fn for_change(change: &Change) -> Vec<Self> {
        let mut looks = Self::all_for(change);
        looks.retain(|look| !look.is_to_be_made());
        looks
    }

    fn all_for(change: &Change) -> Vec<Self> {
        use Change as C;
        match change.clone() {
            C::CreateUser { profile, .. } => {
                let login = profile.get("login").and_then(Value::as_str);
                vec![Self::Login(login.unwrap_or_default().into())]
            }
            C::UpdateUser { user, .. }
            | C::ActivateUser { user, .. }
            | C::ReactivateUser { user, .. }
            | C::DeactivateUser { user, .. }
            | C::DeleteUser { user }
            | C::SuspendUser { user }
            | C::UnsuspendUser { user }
            | C::UnlockUser { user }
            | C::ExpirePassword { user, .. }
            | C::ResetPassword { user, .. }
            | C::ForgotPassword { user, .. }
            | C::ClearSessions { user, .. }
            | C::LogOut { user } => vec![Self::User(user)],
            C::ResetFactors { user } => vec![Self::User(user.clone()), Self::Factors(user)],
            C::RemoveFactor { user, factor } => {
                vec![Self::User(user.clone()), Self::Factor(user, factor)]
            }
            C::RevokeGrants { user } => vec![Self::User(user.clone()), Self::Grants(user)],
            C::RevokeTokens { user, client } => {
                vec![Self::User(user.clone()), Self::Tokens(user, client)]
            }
            C::CreateGroup(profile) => vec![Self::GroupName(profile.name)],
            C::UpdateGroup { group, .. } | C::DeleteGroup { group } => vec![Self::Group(group)],
            C::AddMember { group, user } => vec![
                Self::Group(group.clone()),
                Self::User(user.clone()),
                Self::Membership(group, user),
            ],
            C::RemoveMember { group, user } => vec![
                Self::Group(group.clone()),
                Self::RulesOf(group.clone()),
                Self::Membership(group, user),
            ],
            C::ActivateRule { rule } | C::DeactivateRule { rule } => vec![Self::Rule(rule)],
            C::AssignUser { app, user } => vec![
                Self::App(app.clone()),
                Self::User(user.clone()),
                Self::AppUser(app, user),
            ],
            C::UnassignUser { app, user, .. } => {
                vec![Self::App(app.clone()), Self::AppUser(app, user)]
            }
            C::AssignGroup { app, group } | C::UnassignGroup { app, group } => vec![
                Self::App(app.clone()),
                Self::Group(group.clone()),
                Self::AppGroup(app, group),
            ],
            C::ActivateApp { app } | C::DeactivateApp { app } => vec![Self::App(app)],
            C::GrantRole { holder, .. } | C::RevokeRole { holder, .. } => {
                vec![Self::of_holder(&holder), Self::Roles(holder)]
            }
            C::RevokeApiToken { token } => vec![Self::ApiToken(token)],
            C::RevokeClientRole { client, .. } => vec![Self::ClientRoles(client)],
            C::DeactivateSecret { client, secret } => vec![Self::Secret(client, secret)],
            C::SuspendDevice { device }
            | C::UnsuspendDevice { device }
            | C::DeactivateDevice { device } => vec![Self::Device(device)],
            C::ActivateIdp { idp } | C::DeactivateIdp { idp } => vec![Self::Idp(idp)],
            C::AddToZone { zone, .. } | C::RemoveFromZone { zone, .. } => vec![Self::Zone(zone)],
            C::ActivatePolicyRule { policy, rule } | C::DeactivatePolicyRule { policy, rule } => {
                vec![Self::PolicyRule(policy, rule)]
            }
            C::RevokeSupport => vec![Self::Support],
        }
    }

    fn is_to_be_made(&self) -> bool {
        let user = |user: &UserId| user.maker().is_some();
        let group = |group: &GroupId| group.maker().is_some();
        match self {
            Self::User(id)
            | Self::Factors(id)
            | Self::Factor(id, _)
            | Self::Grants(id)
            | Self::Tokens(id, _)
            | Self::AppUser(_, id)
            | Self::Roles(Holder::User(id)) => user(id),
            Self::Group(id)
            | Self::RulesOf(id)
            | Self::AppGroup(_, id)
            | Self::Roles(Holder::Group(id)) => group(id),
            Self::Membership(of, who) => group(of) || user(who),
            _ => false,
        }
    }

    fn of_holder(holder: &Holder) -> Self {
        match holder {
            Holder::User(user) => Self::User(user.clone()),
            Holder::Group(group) => Self::Group(group.clone()),
        }
    }
}

/// What was found of the things that a change rests on. The names of facts are those of Okta's JSON, behind what they are of:
/// `user.status`, `group.type`, `membership`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<Box<str>, Value>);

impl Facts {
    /// No facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// A fact as it is.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A fact that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whether something is so; `None` when it is not known.
    pub fn holds(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// The names of those that are otherwise in `later`, with what they are there.
    pub fn differences<'a>(&'a self, later: &'a Self) -> Vec<(&'a str, Option<&'a Value>)> {
        let names = self.0.keys().chain(later.0.keys());
        let names: std::collections::BTreeSet<&str> = names.map(AsRef::as_ref).collect();
        names
            .into_iter()
            .filter(|name| self.get(name) != later.get(name))
            .map(|name| (name, later.get(name)))
            .collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Facts {
    fn from(facts: [(&str, Value); N]) -> Self {
        Self(facts.map(|(name, value)| (name.into(), value)).into())
    }
}
