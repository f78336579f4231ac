//! API tokens and the rights of groups.

use super::super::id::Id;
use super::super::time::Millis;
use super::happening::{Cause, Fact};
use super::index::{GroupIx, UserIx};
use super::role::Role;
use super::{ApiToken, World, is_live};

impl World {
    /// Puts an API token in without telling the log.
    pub fn settle_token(&mut self, name: &str, owner: UserIx, at: Millis) -> usize {
        let n = self.tokens.len();
        self.tokens.push(ApiToken {
            id: Id::new(self.seed, "00T", n as u64),
            name: name.to_owned(),
            owner,
            created: at,
            revoked: false,
        });
        n
    }

    /// Creates an API token that acts as `owner`.
    pub fn create_token(&mut self, cause: &Cause, name: &str, owner: UserIx) -> usize {
        let token = self.settle_token(name, owner, cause.at);
        self.record(cause, Fact::TokenCreated { token });
        token
    }

    /// Whether calls with a token are answered: it is not revoked, and its owner is not deactivated.
    pub fn token_works(&self, token: usize) -> bool {
        self.tokens
            .get(token)
            .is_some_and(|held| !held.revoked && is_live(self.user(held.owner)))
    }

    /// Revokes an API token; nothing happens when it is revoked already.
    pub fn revoke_token(&mut self, cause: &Cause, token: usize) {
        if let Some(held) = self.tokens.get_mut(token).filter(|held| !held.revoked) {
            held.revoked = true;
            self.record(cause, Fact::TokenRevoked { token });
        }
    }

    /// Gives all members of a group an admin role.
    pub fn grant_group_role(&mut self, cause: &Cause, group: GroupIx, role: Role) {
        self.groups[group.at()].has_admin_privilege = true;
        self.record(cause, Fact::GroupRoleGranted { group, role });
    }

    /// Takes a group's admin role away.
    pub fn revoke_group_role(&mut self, cause: &Cause, group: GroupIx, role: Role) {
        self.groups[group.at()].has_admin_privilege = false;
        self.record(cause, Fact::GroupRoleRevoked { group, role });
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
