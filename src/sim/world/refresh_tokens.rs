//! What programs keep so as to act in a person's name while that person is away, and how it ends.

use super::super::id::Id;
use super::super::time::Millis;
use super::World;
use super::client::{REFRESH_TOKEN_MS, RefreshToken};
use super::happening::{Cause, Fact};
use super::index::{ClientIx, UserIx};
use super::refused::Refused;

impl World {
    /// Lets a client keep a refresh token of a person's without telling the log.
    pub fn settle_refresh_token(&mut self, user: UserIx, client: ClientIx, created: Millis) {
        let id = Id::new(self.seed, "oar", self.clients.issued);
        self.clients.issued += 1;
        let held = self.clients.refresh_tokens.entry(user).or_default();
        held.push(RefreshToken {
            id,
            client,
            created,
        });
    }

    /// What clients keep of a person's at `now`, oldest first.
    pub fn refresh_tokens(&self, user: UserIx, now: Millis) -> impl Iterator<Item = &RefreshToken> {
        let held = self.clients.refresh_tokens.get(&user);
        let held = held.map_or(&[][..], Vec::as_slice).iter();
        held.filter(move |token| now < token.created + REFRESH_TOKEN_MS)
    }

    /// Ends all tokens that programs have in a person's name, as whoever ends sessions may ask for.
    pub fn revoke_tokens(&mut self, cause: &Cause, user: UserIx) {
        self.end_refresh_tokens(user);
        self.record(cause, Fact::TokensRevoked { user });
    }

    /// Ends what one client keeps of a person's; nothing happens when that is nothing.
    pub fn revoke_refresh_tokens(&mut self, cause: &Cause, user: UserIx, client: ClientIx) {
        self.drop_refresh_tokens(cause, user, client, |_| true);
    }

    /// Ends one refresh token.
    ///
    /// # Errors
    /// When the client has no such token of this person's.
    pub fn revoke_refresh_token(
        &mut self,
        cause: &Cause,
        user: UserIx,
        client: ClientIx,
        id: &str,
    ) -> Result<(), Refused> {
        if self.drop_refresh_tokens(cause, user, client, |token| token.id.as_str() == id) {
            return Ok(());
        }
        Err(Refused::NoSuch {
            id: id.to_owned(),
            kind: "OAuth2RefreshToken",
        })
    }

    fn drop_refresh_tokens(
        &mut self,
        cause: &Cause,
        user: UserIx,
        client: ClientIx,
        goes: impl Fn(&RefreshToken) -> bool,
    ) -> bool {
        let live: Vec<Id> = self
            .refresh_tokens(user, cause.at)
            .filter(|token| token.client == client && goes(token))
            .map(|token| token.id)
            .collect();
        if let Some(held) = self.clients.refresh_tokens.get_mut(&user) {
            held.retain(|token| !live.contains(&token.id));
        }
        for token in &live {
            let token = *token;
            self.record(
                cause,
                Fact::RefreshTokenRevoked {
                    user,
                    client,
                    token,
                },
            );
        }
        !live.is_empty()
    }

    /// Ends what all clients keep of a person's, without a word: what ended it is told.
    pub(super) fn end_refresh_tokens(&mut self, user: UserIx) {
        self.clients.refresh_tokens.remove(&user);
    }

    /// A client that is gone keeps nothing.
    pub(super) fn forget_refresh_tokens_of(&mut self, client: ClientIx) {
        for held in self.clients.refresh_tokens.values_mut() {
            held.retain(|token| token.client != client);
        }
    }
}
