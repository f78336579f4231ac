//! Who and what events speak of, as it was called at the time.
//!
//! An event never changes once written: when somebody is renamed, events from before keep the old name. So events point
//! at parties, and a renamed user is a new party. Events therefore need nothing of the org's present state to be shown.

use std::collections::HashMap;

/// Position of a [`Party`] in the [`Cast`].
pub type PartyId = u32;

/// The `type` of an actor or target, as Okta spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartyKind {
    /// A person.
    User,
    /// A group.
    UserGroup,
    /// An application.
    AppInstance,
    /// Okta itself.
    SystemPrincipal,
    /// An OAuth client.
    PublicClientApp,
    /// An address that nobody signed in from.
    IpAddress,
    /// A policy.
    PolicyEntity,
    /// A policy's rule.
    PolicyRule,
    /// An API token.
    Token,
    /// An OAuth access token.
    AccessToken,
    /// An OAuth refresh token.
    RefreshToken,
    /// An admin role.
    Role,
    /// A group rule.
    GroupRule,
    /// A secret or key of an OAuth client.
    Credential,
    /// A scope.
    Scope,
    /// A set of resources.
    ResourceSet,
    /// A factor as enrolled.
    AuthenticatorEnrollment,
    /// A path that a rate limit speaks of.
    UrlPattern,
    /// A rate bucket.
    BucketUuid,
    /// A user's account in an app.
    AppUser,
    /// An identity provider.
    IdentityProvider,
    /// A network zone.
    NetworkZone,
    /// A means to sign in.
    Authenticator,
    /// A behaviour.
    BehaviorSettings,
    /// An event hook.
    EventHook,
    /// An inline hook.
    InlineHook,
    /// A log stream.
    LogStream,
    /// A trusted origin.
    TrustedOrigin,
    /// A feature.
    Feature,
    /// A brand.
    Brand,
    /// A device.
    Device,
    /// The org.
    Org,
}

impl PartyKind {
    /// As Okta spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::UserGroup => "UserGroup",
            Self::AppInstance => "AppInstance",
            Self::SystemPrincipal => "SystemPrincipal",
            Self::PublicClientApp => "PublicClientApp",
            Self::IpAddress => "IP address",
            Self::PolicyEntity => "PolicyEntity",
            Self::PolicyRule => "PolicyRule",
            Self::Token => "Token",
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::Role => "ROLE",
            Self::GroupRule => "GroupRule",
            Self::Credential => "OAuthClientCredential",
            Self::Scope => "Scope",
            Self::ResourceSet => "RESOURCE_SET",
            Self::AuthenticatorEnrollment => "AuthenticatorEnrollment",
            Self::UrlPattern => "URL Pattern",
            Self::BucketUuid => "Bucket Uuid",
            Self::AppUser => "AppUser",
            Self::IdentityProvider => "IdentityProvider",
            Self::NetworkZone => "NetworkZone",
            Self::Authenticator => "Authenticator",
            Self::BehaviorSettings => "BehaviorSettings",
            Self::EventHook => "EventHook",
            Self::InlineHook => "InlineHook",
            Self::LogStream => "LogStream",
            Self::TrustedOrigin => "TrustedOrigin",
            Self::Feature => "Feature",
            Self::Brand => "Brand",
            Self::Device => "UDDevice",
            Self::Org => "Org",
        }
    }
}

/// Somebody or something, as called when the event happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// `id`.
    pub id: Box<str>,
    /// `type`.
    pub kind: PartyKind,
    /// `alternateId`: a login, or the word `unknown` where a thing has no second name.
    pub alternate: Option<Box<str>>,
    /// `displayName`.
    pub name: Option<Box<str>>,
    /// `detailEntry`: one key and its value.
    pub detail: Option<(&'static str, &'static str)>,
}

impl Party {
    /// A party without `detailEntry`.
    pub fn new(kind: PartyKind, id: &str, alternate: Option<&str>, name: Option<&str>) -> Self {
        Self {
            id: id.into(),
            kind,
            alternate: alternate.map(Into::into),
            name: name.map(Into::into),
            detail: None,
        }
    }
}

/// Every party that any event points at.
#[derive(Debug, Default)]
pub struct Cast {
    parties: Vec<Party>,
    latest: HashMap<(PartyKind, u32), PartyId>,
    by_id: HashMap<Box<str>, PartyId>,
}

impl Cast {
    /// The party for the org's `index`th object of this kind under its present names.
    pub fn object(
        &mut self,
        kind: PartyKind,
        index: u32,
        id: &str,
        alternate: &str,
        name: &str,
    ) -> PartyId {
        if let Some(&known) = self.latest.get(&(kind, index))
            && self.get(known).alternate.as_deref() == Some(alternate)
            && self.get(known).name.as_deref() == Some(name)
        {
            return known;
        }
        let party = self.push(Party::new(kind, id, Some(alternate), Some(name)));
        self.latest.insert((kind, index), party);
        party
    }

    /// The party with this id, made by `make` when it is new. For what is not the org's user, group or app.
    pub fn other(&mut self, id: &str, make: impl FnOnce() -> Party) -> PartyId {
        if let Some(&known) = self.by_id.get(id) {
            return known;
        }
        let party = self.push(make());
        self.by_id.insert(id.into(), party);
        party
    }

    /// A party that events point at.
    pub fn get(&self, party: PartyId) -> &Party {
        &self.parties[party as usize]
    }

    fn push(&mut self, party: Party) -> PartyId {
        let at = PartyId::try_from(self.parties.len())
            .ok()
            .filter(|at| *at < super::Target::MAX_PARTY)
            .expect("a simulated org has fewer than 2^28 names");
        self.parties.push(party);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_user_is_a_new_party_and_the_old_one_stays() {
        let mut cast = Cast::default();
        let before = cast.object(PartyKind::User, 4, "00u4", "ann@x.test", "Ann Lee");
        let again = cast.object(PartyKind::User, 4, "00u4", "ann@x.test", "Ann Lee");
        let after = cast.object(PartyKind::User, 4, "00u4", "ann@x.test", "Ann Ray");
        assert_eq!(before, again);
        assert_ne!(before, after);
        assert_eq!(cast.get(before).name.as_deref(), Some("Ann Lee"));
    }
}
