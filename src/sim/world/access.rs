//! What can be done to API tokens, and what is noted of calls.

use super::super::id::Id;
use super::super::time::Millis;
use super::happening::{Cause, Fact};
use super::index::UserIx;
use super::token::ApiToken;
use super::{World, is_live};

impl World {
    /// Puts an API token in without telling the log.
    pub fn settle_token(&mut self, name: &str, owner: UserIx, at: Millis) -> usize {
        let n = self.tokens.len();
        let id = Id::new(self.seed, "00T", n as u64);
        self.tokens.push(ApiToken::new(id, name, owner, at));
        n
    }

    /// Creates an API token that acts as `owner`.
    pub fn create_token(&mut self, cause: &Cause, name: &str, owner: UserIx) -> usize {
        let token = self.settle_token(name, owner, cause.at);
        self.record(cause, Fact::TokenCreated { token });
        token
    }

    /// Whether a call with a token is answered at `now`: it is neither revoked nor expired, and its owner is not
    /// deactivated. A call that is answered makes the token live on.
    pub fn use_token(&self, token: usize, now: Millis) -> bool {
        let works = |held: &&ApiToken| held.is_active(now) && is_live(self.user(held.owner));
        let Some(held) = self.tokens.get(token).filter(works) else {
            return false;
        };
        held.mark_used(now);
        true
    }

    /// Revokes an API token; nothing happens when it is revoked already.
    pub fn revoke_token(&mut self, cause: &Cause, token: usize) {
        if let Some(held) = self.tokens.get_mut(token).filter(|held| !held.revoked) {
            held.revoked = true;
            self.record(cause, Fact::TokenRevoked { token });
        }
    }

    /// The token with this id, also when it is revoked.
    pub fn token_by_id(&self, id: &str) -> Option<usize> {
        self.tokens.iter().position(|held| held.id.as_str() == id)
    }

    /// Whether Okta lists a token at `now`. Tokens of the deactivated are dead.
    pub fn token_is_listed(&self, token: usize, now: Millis) -> bool {
        self.tokens
            .get(token)
            .is_some_and(|held| held.is_active(now) && is_live(self.user(held.owner)))
    }

    /// Notes that a rate limit comes near, or that it is passed.
    pub fn note_rate_limit(&mut self, cause: &Cause, bucket: &'static str, passed: bool) {
        let fact = if passed {
            Fact::RateLimitViolation { bucket }
        } else {
            Fact::RateLimitWarning { bucket }
        };
        self.record(cause, fact);
    }
}
