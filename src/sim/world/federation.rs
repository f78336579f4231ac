//! Who signs in where else.

use super::World;
use super::document::Kind;
use super::index::{DocumentIx, UserIx};
use super::user::{Provider, User};

impl World {
    /// The identity provider that a user comes from: contractors sign in at their own company, federated people at the
    /// holding.
    pub fn idp_of(&self, user: UserIx) -> Option<DocumentIx> {
        let of = protocol_of(self.user(user))?;
        self.documents()
            .of(Kind::Idp)
            .find(|(_, idp)| idp.active && idp.of_type() == Some(of))
            .map(|(ix, _)| ix)
    }

    /// Everybody who comes from an identity provider, from a place on.
    pub fn users_from_idp(&self, idp: DocumentIx, start: usize) -> impl Iterator<Item = UserIx> {
        (start..self.users.len())
            .map(UserIx::from_usize)
            .filter(|user| !self.user(*user).deleted)
            .filter(move |user| self.idp_of(*user) == Some(idp))
    }
}

/// The type of identity provider that people like this one use.
fn protocol_of(user: &User) -> Option<&'static str> {
    match user.provider {
        Provider::Federation => Some("SAML2"),
        _ if user.profile.contractor => Some("OIDC"),
        _ => None,
    }
}
