//! What can be done to the owners of groups.

use super::super::time::Millis;
use super::World;
use super::happening::{Cause, Fact};
use super::index::{GroupIx, UserIx};
use super::owner::{OwnedBy, Owner};
use super::refused::Refused;

impl World {
    /// Makes somebody an owner without telling the log.
    pub fn settle_owner(&mut self, group: GroupIx, by: OwnedBy, at: Millis) {
        self.owners.entry(group).or_default().push(Owner {
            by,
            last_updated: at,
        });
    }

    /// Makes somebody an owner.
    ///
    /// # Errors
    /// When they are one already: unlike a membership, an ownership is not given twice.
    pub fn add_owner(&mut self, cause: &Cause, group: GroupIx, by: OwnedBy) -> Result<(), Refused> {
        if self.owners(group).iter().any(|owner| owner.by == by) {
            return Err(Refused::Invalid {
                field: "id".to_owned(),
                cause: "The owner is already assigned to the group".to_owned(),
            });
        }
        self.settle_owner(group, by, cause.at);
        self.record(cause, Fact::OwnerAdded { group, by });
        Ok(())
    }

    /// Ends an ownership.
    ///
    /// # Errors
    /// When there was none.
    pub fn remove_owner(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        by: OwnedBy,
    ) -> Result<(), Refused> {
        let owners = self.owners.entry(group).or_default();
        let before = owners.len();
        owners.retain(|owner| owner.by != by);
        if owners.len() == before {
            return Err(Refused::NoSuch {
                id: match by {
                    OwnedBy::User(user) => self.user(user).id.to_string(),
                    OwnedBy::Group(owning) => self.group(owning).id.to_string(),
                },
                kind: "GroupOwner",
            });
        }
        self.record(cause, Fact::OwnerRemoved { group, by });
        Ok(())
    }

    /// A group's owners, the longest one first.
    pub fn owners(&self, group: GroupIx) -> &[Owner] {
        self.owners.get(&group).map_or(&[], Vec::as_slice)
    }

    /// Every group with owners, by index.
    pub fn owned_groups(&self) -> impl Iterator<Item = (GroupIx, &[Owner])> + '_ {
        self.owners
            .iter()
            .filter(|(_, owners)| !owners.is_empty())
            .map(|(group, owners)| (*group, owners.as_slice()))
    }

    /// Whoever is gone owns nothing.
    pub(super) fn forget_owner(&mut self, user: UserIx) {
        for owners in self.owners.values_mut() {
            owners.retain(|owner| owner.by != OwnedBy::User(user));
        }
    }
}
