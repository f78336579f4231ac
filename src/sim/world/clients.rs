//! What can be done to OAuth clients.

use std::collections::BTreeMap;

use super::super::derive::letters;
use super::super::id::Id;
use super::super::time::Millis;
use super::World;
use super::app::{App, SignOn};
use super::assignment::Assignee;
use super::client::{
    AuthMethod, BASE64URL, ClientKind, Consent, Grant, Key, Material, OauthClient, RefreshToken,
    Secret,
};
use super::happening::{Actor, Cause, Fact};
use super::index::{AppIx, ClientIx, UserIx};
use super::refused::Refused;

/// Ids of clients that are no applications begin far behind those that are.
const INTEGRATIONS_FROM: u64 = 1 << 30;

/// Okta keeps two secrets of a client, so that one can replace the other.
const MOST_SECRETS: usize = 2;

/// Every client that ever was, by index, and how many ids were given to what belongs to them.
#[derive(Debug, Default)]
pub struct Clients {
    pub(super) all: Vec<OauthClient>,
    of_app: BTreeMap<AppIx, ClientIx>,
    consents: BTreeMap<UserIx, Vec<Consent>>,
    pub(super) refresh_tokens: BTreeMap<UserIx, Vec<RefreshToken>>,
    pub(super) issued: u64,
    integrations: u64,
    credentials: u64,
    grants: u64,
}

impl World {
    /// Makes an application's client without telling the log.
    pub fn settle_client(
        &mut self,
        app: AppIx,
        kind: ClientKind,
        auth: AuthMethod,
        by: UserIx,
    ) -> ClientIx {
        let held = self.app(app);
        let (id, name, created) = (held.id, held.label.to_string(), held.created);
        let client = client(id, name, kind, auth, created, by);
        let ix = self.push_client(OauthClient {
            app: Some(app),
            ..client
        });
        self.clients.of_app.insert(app, ix);
        ix
    }

    /// Installs an API service integration of the catalogue without telling the log.
    pub fn settle_integration(
        &mut self,
        key: &'static str,
        name: &str,
        at: Millis,
        by: UserIx,
    ) -> ClientIx {
        let id = Id::new(
            self.seed,
            "0oa",
            INTEGRATIONS_FROM + self.clients.integrations,
        );
        self.clients.integrations += 1;
        let auth = AuthMethod::ClientSecretBasic;
        let client = client(id, name.to_owned(), ClientKind::Service, auth, at, by);
        self.push_client(OauthClient {
            integration: Some(key),
            ..client
        })
    }

    fn push_client(&mut self, client: OauthClient) -> ClientIx {
        let ix = ClientIx::from_usize(self.clients.all.len());
        self.clients.all.push(client);
        ix
    }

    /// Gives a client a secret without telling the log.
    pub fn settle_secret(&mut self, client: ClientIx, at: Millis, active: bool) -> Id {
        let id = Id::new(self.seed, "ocs", self.clients.credentials);
        self.clients.credentials += 1;
        self.clients.all[client.at()].secrets.push(Secret {
            id,
            created: at,
            last_updated: at,
            active,
        });
        id
    }

    /// Gives a client a key without telling the log.
    pub fn settle_key(
        &mut self,
        client: ClientIx,
        kid: &str,
        material: Material,
        at: Millis,
    ) -> Id {
        let id = Id::new(self.seed, "pks", self.clients.credentials);
        self.clients.credentials += 1;
        self.clients.all[client.at()].keys.push(Key {
            id,
            kid: kid.to_owned(),
            material,
            created: at,
            last_updated: at,
            active: true,
        });
        id
    }

    /// A key that looks like one and belongs to nobody.
    pub fn made_up_key(&self, n: u64) -> (String, Material) {
        let text = |salt, length| letters(self.seed.hash(salt, n), BASE64URL, length);
        let material = Material::Rsa {
            n: text("rsa-modulus", 342),
            e: "AQAB".to_owned(),
        };
        (text("key-id", 43), material)
    }

    /// Grants a scope without telling the log.
    pub fn settle_grant(&mut self, client: ClientIx, scope: &str, at: Millis, by: UserIx) -> Id {
        let id = Id::new(self.seed, "oag", self.clients.grants);
        self.clients.grants += 1;
        self.clients.all[client.at()].grants.push(Grant {
            id,
            scope: scope.to_owned(),
            created: at,
            by,
        });
        id
    }

    /// Lets a client have a scope in a person's name, without telling the log.
    pub fn settle_consent(
        &mut self,
        user: UserIx,
        client: ClientIx,
        scope: &'static str,
        at: Millis,
    ) {
        let id = Id::new(self.seed, "oag", self.clients.grants);
        self.clients.grants += 1;
        self.clients
            .consents
            .entry(user)
            .or_default()
            .push(Consent {
                id,
                client,
                scope,
                created: at,
            });
    }

    /// Makes a service application with its client.
    ///
    /// # Errors
    /// When another application has the label, or the label is empty.
    pub fn create_service_client(
        &mut self,
        cause: &Cause,
        label: &str,
        auth: AuthMethod,
    ) -> Result<ClientIx, Refused> {
        let app = self.create_app(cause, service_app(label))?;
        let by = self.acting(cause);
        let client = self.settle_client(app, ClientKind::Service, auth, by);
        // What the Admin Console makes is bound to a key, unless somebody unticks it.
        self.clients.all[client.at()].dpop = auth == AuthMethod::PrivateKeyJwt;
        self.record(cause, Fact::ClientCreated { client });
        Ok(client)
    }

    /// Makes a secret; the others go on working.
    ///
    /// # Errors
    /// When the client has two already.
    pub fn create_secret(&mut self, cause: &Cause, client: ClientIx) -> Result<Id, Refused> {
        if self.client(client).secrets.len() >= MOST_SECRETS {
            return Err(Refused::TooManySecrets);
        }
        let credential = self.settle_secret(client, cause.at, true);
        self.record(cause, Fact::CredentialCreated { client, credential });
        Ok(credential)
    }

    /// Adds a public key.
    ///
    /// # Errors
    /// When the client has a key of this name.
    pub fn add_key(
        &mut self,
        cause: &Cause,
        client: ClientIx,
        kid: &str,
        material: Material,
    ) -> Result<Id, Refused> {
        if self.client(client).keys.iter().any(|key| key.kid == kid) {
            return Err(Refused::duplicate("kid"));
        }
        let credential = self.settle_key(client, kid, material, cause.at);
        self.record(cause, Fact::CredentialCreated { client, credential });
        Ok(credential)
    }

    /// Switches a secret or key on or off; nothing happens when it already is so.
    ///
    /// # Errors
    /// When the client has no such secret or key, or this is its last active secret.
    pub fn set_credential_active(
        &mut self,
        cause: &Cause,
        client: ClientIx,
        id: &str,
        active: bool,
    ) -> Result<(), Refused> {
        let held = &mut self.clients.all[client.at()];
        let left = held
            .secrets
            .iter()
            .filter(|own| own.active && own.id.as_str() != id)
            .count();
        let switched = held
            .secrets
            .iter_mut()
            .map(|own| (own.id, &mut own.active, &mut own.last_updated, left == 0))
            .chain(
                held.keys
                    .iter_mut()
                    .map(|own| (own.id, &mut own.active, &mut own.last_updated, false)),
            )
            .find(|(own, ..)| own.as_str() == id);
        let Some((credential, was, updated, is_last)) = switched else {
            return Err(no_credential(id));
        };
        if *was == active {
            return Ok(());
        }
        if is_last && !active {
            return Err(Refused::LastSecret);
        }
        (*was, *updated) = (active, cause.at);
        let fact = if active {
            Fact::CredentialActivated { client, credential }
        } else {
            Fact::CredentialDeactivated { client, credential }
        };
        self.record(cause, fact);
        Ok(())
    }

    /// Deletes a secret or key that is switched off.
    ///
    /// # Errors
    /// When there is none of this id, or it is still on.
    pub fn delete_credential(
        &mut self,
        cause: &Cause,
        client: ClientIx,
        id: &str,
    ) -> Result<(), Refused> {
        let held = &mut self.clients.all[client.at()];
        let secrets = held.secrets.iter().map(|own| (own.id, own.active));
        let keys = held.keys.iter().map(|own| (own.id, own.active));
        let Some((credential, active)) = secrets.chain(keys).find(|(own, _)| own.as_str() == id)
        else {
            return Err(no_credential(id));
        };
        if active {
            return Err(Refused::ActiveSecret);
        }
        held.secrets.retain(|own| own.id != credential);
        held.keys.retain(|own| own.id != credential);
        self.record(cause, Fact::CredentialDeleted { client, credential });
        Ok(())
    }

    /// Grants a scope; nothing happens when it is granted already. The grant's id.
    pub fn grant_scope(&mut self, cause: &Cause, client: ClientIx, scope: &str) -> Id {
        let grants = &self.client(client).grants;
        if let Some(held) = grants.iter().find(|grant| grant.scope == scope) {
            return held.id;
        }
        let by = self.acting(cause);
        let id = self.settle_grant(client, scope, cause.at, by);
        let scope = scope.to_owned();
        self.record(cause, Fact::ScopeGranted { client, scope });
        id
    }

    /// Notes that a client got an access token for these scopes, which spaces separate.
    pub fn note_access_token(&mut self, cause: &Cause, client: ClientIx, scopes: &str) {
        let scopes = scopes.to_owned();
        self.record(cause, Fact::AccessTokenGranted { client, scopes });
    }

    /// Revokes a scope.
    ///
    /// # Errors
    /// When it was not granted.
    pub fn revoke_scope(
        &mut self,
        cause: &Cause,
        client: ClientIx,
        scope: &str,
    ) -> Result<(), Refused> {
        let grants = &mut self.clients.all[client.at()].grants;
        let before = grants.len();
        grants.retain(|grant| grant.scope != scope);
        if grants.len() == before {
            return Err(Refused::NoSuch {
                id: scope.to_owned(),
                kind: "OAuth2ScopeConsentGrant",
            });
        }
        let scope = scope.to_owned();
        self.record(cause, Fact::ScopeRevoked { client, scope });
        Ok(())
    }

    /// An application that is gone leaves no client.
    pub(super) fn forget_client_of(&mut self, app: AppIx) {
        if let Some(client) = self.clients.of_app.remove(&app) {
            self.clients.all[client.at()].deleted = true;
            self.forget_roles_of(Assignee::Client(client));
            self.forget_refresh_tokens_of(client);
        }
    }

    /// Who is behind a cause; the first user for Okta itself.
    fn acting(&self, cause: &Cause) -> UserIx {
        match cause.actor {
            Actor::User(user) => user,
            Actor::Token(token) => self.tokens.get(token).map_or(UserIx(0), |held| held.owner),
            Actor::Client(_) | Actor::System => UserIx(0),
        }
    }

    /// The client at `ix`, also when it is deleted.
    pub fn client(&self, ix: ClientIx) -> &OauthClient {
        &self.clients.all[ix.at()]
    }

    /// All clients that there are, by index.
    pub fn clients(&self) -> impl Iterator<Item = (ClientIx, &OauthClient)> + '_ {
        let all = self.clients.all.iter().enumerate();
        all.filter(|(_, client)| !client.deleted)
            .map(|(at, client)| (ClientIx::from_usize(at), client))
    }

    /// The client with this id.
    pub fn client_by_id(&self, id: &str) -> Option<ClientIx> {
        self.clients()
            .find(|(_, client)| client.id.as_str() == id)
            .map(|(ix, _)| ix)
    }

    /// An application's client.
    pub fn client_of(&self, app: AppIx) -> Option<ClientIx> {
        self.clients.of_app.get(&app).copied()
    }

    /// What people call a client.
    pub fn client_name(&self, ix: ClientIx) -> &str {
        let client = self.client(ix);
        match client.app {
            Some(app) => &self.app(app).label,
            None => &client.name,
        }
    }

    /// What a person let clients have in their name, oldest first.
    pub fn consents(&self, user: UserIx) -> &[Consent] {
        self.clients.consents.get(&user).map_or(&[], Vec::as_slice)
    }

    /// Takes back what a person let clients have, or one of them; nothing happens when that is nothing.
    pub fn revoke_consents(&mut self, cause: &Cause, user: UserIx, client: Option<ClientIx>) {
        let of = |own: &Consent| client.is_none_or(|client| own.client == client);
        self.drop_consents(cause, user, client, of);
    }

    /// Takes back one scope.
    ///
    /// # Errors
    /// When there is no such consent.
    pub fn revoke_consent(&mut self, cause: &Cause, user: UserIx, id: &str) -> Result<(), Refused> {
        let found = self.consents(user).iter().find(|own| own.id.as_str() == id);
        let client = found.map(|own| own.client).ok_or_else(|| Refused::NoSuch {
            id: id.to_owned(),
            kind: "OAuth2ScopeConsentGrant",
        })?;
        self.drop_consents(cause, user, Some(client), |own| own.id.as_str() == id);
        Ok(())
    }

    fn drop_consents(
        &mut self,
        cause: &Cause,
        user: UserIx,
        client: Option<ClientIx>,
        goes: impl Fn(&Consent) -> bool,
    ) {
        let held = self.clients.consents.entry(user).or_default();
        let gone: Vec<&str> = held
            .iter()
            .filter(|own| goes(own))
            .map(|own| own.scope)
            .collect();
        held.retain(|own| !goes(own));
        if !gone.is_empty() {
            let scopes = gone.join(" ");
            self.record(
                cause,
                Fact::ConsentsRevoked {
                    user,
                    client,
                    scopes,
                },
            );
        }
    }

    /// Clients for changing before the org is shown to anybody.
    pub fn client_mut(&mut self, ix: ClientIx) -> &mut OauthClient {
        &mut self.clients.all[ix.at()]
    }
}

fn client(
    id: Id,
    name: String,
    kind: ClientKind,
    auth: AuthMethod,
    created: Millis,
    by: UserIx,
) -> OauthClient {
    OauthClient {
        id,
        app: None,
        integration: None,
        name,
        kind,
        auth,
        dpop: false,
        created,
        created_by: by,
        secrets: Vec::new(),
        keys: Vec::new(),
        grants: Vec::new(),
        deleted: false,
    }
}

/// A service application as the Admin Console makes it; ids and times are filled in by whoever puts it in.
pub fn service_app(label: &str) -> App {
    App {
        id: Id::new(super::super::derive::Seed(0), "0oa", 0),
        name: "oidc_client",
        label: label.into(),
        active: true,
        sign_on: SignOn::OpenidConnect,
        features: &[],
        domain: "services.northwind.example",
        created: Millis(0),
        last_updated: Millis(0),
        deleted: false,
        groups: Vec::new(),
    }
}

fn no_credential(id: &str) -> Refused {
    Refused::NoSuch {
        id: id.to_owned(),
        kind: "OAuth2ClientSecret",
    }
}
