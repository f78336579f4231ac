//! Events of OAuth clients: being made, their credentials, and the scopes that they are granted.

use crate::sim::id::Id;
use crate::sim::world::index::ClientIx;
use crate::sim::world::index::UserIx;

use super::super::Target;
use super::super::kind::Kind;
use super::super::party::{Party, PartyId, PartyKind};
use super::scribe::{Draft, Scribe};

impl Scribe<'_, '_> {
    pub(super) fn of_client(&mut self, kind: Kind, client: ClientIx) {
        let target = [Target::party(self.oauth_client(client))];
        self.push(Draft::new(kind, &target));
    }

    pub(super) fn credential(&mut self, kind: Kind, client: ClientIx, credential: Id) {
        let id = credential.as_str();
        let name = if id.starts_with("ocs") {
            "Client secret"
        } else {
            "JSON Web Key"
        };
        let targets = [
            Target::party(self.oauth_client(client)),
            Target::party(self.named(PartyKind::Credential, id, name)),
        ];
        self.push(Draft::new(kind, &targets));
    }

    pub(super) fn scope(&mut self, kind: Kind, client: ClientIx, scope: &str) {
        let targets = [
            Target::party(self.oauth_client(client)),
            Target::party(self.named(PartyKind::Scope, scope, scope)),
        ];
        self.push(Draft::new(kind, &targets).debug("grantedScopes", scope));
    }

    pub(super) fn consents_revoked(
        &mut self,
        user: UserIx,
        client: Option<ClientIx>,
        scopes: &str,
    ) {
        let mut targets = vec![Target::party(self.user(user))];
        targets.extend(client.map(|client| Target::party(self.oauth_client(client))));
        let kind = match client {
            Some(_) => Kind::ClientConsentRevoked,
            None => Kind::ConsentsRevoked,
        };
        self.push(Draft::new(kind, &targets).debug("scopes", scopes.replace(' ', ", ")));
    }

    pub(super) fn refresh_token_revoked(&mut self, user: UserIx, client: ClientIx, token: Id) {
        let key = format!("refresh-token:{token}");
        let party = self.tables.cast.other(&key, || Party {
            detail: Some(("tokenType", "Refresh Token")),
            ..Party::new(
                PartyKind::RefreshToken,
                token.as_str(),
                None,
                Some("Refresh Token"),
            )
        });
        let targets = [
            Target::party(self.user(user)),
            Target::party(self.oauth_client(client)),
            Target::party(party),
        ];
        self.push(Draft::new(Kind::TokenRevoked, &targets));
    }

    pub(super) fn access_token(&mut self, client: ClientIx, scopes: &str) {
        let id = self.world.client(client).id;
        let key = format!("access-token:{id}");
        let token = self.tables.cast.other(&key, || Party {
            detail: Some(("tokenType", "Bearer")),
            ..Party::new(
                PartyKind::AccessToken,
                id.as_str(),
                None,
                Some("Access Token"),
            )
        });
        let targets = [Target::party(token)];
        let draft = Draft::new(Kind::AccessTokenGrant, &targets)
            .debug("grantType", "client_credentials")
            .debug("grantedScopes", scopes.replace(' ', ", "));
        self.push(draft);
    }

    pub(super) fn oauth_client(&mut self, client: ClientIx) -> PartyId {
        let id = self.world.client(client).id;
        let name = self.world.client_name(client);
        // An application of the same id is another party: the two are told apart by their type.
        let key = format!("client:{id}");
        self.tables.cast.other(&key, || {
            Party::new(
                PartyKind::PublicClientApp,
                id.as_str(),
                Some(id.as_str()),
                Some(name),
            )
        })
    }
}
