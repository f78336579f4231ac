//! Ids that are not there yet: a change may be about what another of the same plan makes.

use std::collections::BTreeSet;

use super::{Change, Holder};
use crate::domain::id::{GroupId, UserId};

/// What such an id begins with; the number of the op that makes it stands behind. Okta's own ids have no dashes.
const MADE_BY: &str = "made-by-";

/// An id that may stand for what an op makes.
pub trait OfMade: Sized {
    /// Stands for what the op with this number makes.
    fn made_by(op: u32) -> Option<Self>;

    /// The number of the op that makes it; `None` for an id of Okta's.
    fn maker(&self) -> Option<u32>;
}

macro_rules! of_made {
    ($($id:ty),+) => {$(
        impl OfMade for $id {
            fn made_by(op: u32) -> Option<Self> {
                format!("{MADE_BY}{op}").parse().ok()
            }

            fn maker(&self) -> Option<u32> {
                self.as_str().strip_prefix(MADE_BY)?.parse().ok()
            }
        }
    )+};
}

of_made!(UserId, GroupId);

impl Change {
    /// The numbers of the ops that make what it is about.
    pub fn makers(&self) -> BTreeSet<u32> {
        let mut makers = BTreeSet::new();
        self.clone().replace_made(|maker| {
            makers.insert(maker);
            None
        });
        makers
    }

    /// Puts what `made` gives for the number of an op in the place of what that op makes.
    pub fn replace_made(&mut self, mut made: impl FnMut(u32) -> Option<String>) {
        let (users, groups) = self.ids();
        for user in users {
            replace(user, &mut made);
        }
        for group in groups {
            replace(group, &mut made);
        }
    }

    /// The users and groups that it names.
    fn ids(&mut self) -> (Vec<&mut UserId>, Vec<&mut GroupId>) {
        match self {
            Self::CreateUser { groups, .. } => (Vec::new(), groups.iter_mut().collect()),
            Self::UpdateUser { user, .. }
            | Self::ActivateUser { user, .. }
            | Self::ReactivateUser { user, .. }
            | Self::DeactivateUser { user, .. }
            | Self::DeleteUser { user }
            | Self::SuspendUser { user }
            | Self::UnsuspendUser { user }
            | Self::UnlockUser { user }
            | Self::ExpirePassword { user, .. }
            | Self::ResetPassword { user, .. }
            | Self::ForgotPassword { user, .. }
            | Self::ResetFactors { user }
            | Self::RemoveFactor { user, .. }
            | Self::ClearSessions { user, .. }
            | Self::RevokeGrants { user }
            | Self::RevokeTokens { user, .. }
            | Self::LogOut { user }
            | Self::AssignUser { user, .. }
            | Self::UnassignUser { user, .. } => (vec![user], Vec::new()),
            Self::AddMember { group, user } | Self::RemoveMember { group, user } => {
                (vec![user], vec![group])
            }
            Self::GrantRole { holder, .. } | Self::RevokeRole { holder, .. } => match holder {
                Holder::User(user) => (vec![user], Vec::new()),
                Holder::Group(group) => (Vec::new(), vec![group]),
            },
            Self::UpdateGroup { group, .. }
            | Self::DeleteGroup { group }
            | Self::AssignGroup { group, .. }
            | Self::UnassignGroup { group, .. } => (Vec::new(), vec![group]),
            Self::CreateGroup(_)
            | Self::ActivateRule { .. }
            | Self::DeactivateRule { .. }
            | Self::ActivateApp { .. }
            | Self::DeactivateApp { .. }
            | Self::RevokeApiToken { .. }
            | Self::RevokeClientRole { .. }
            | Self::DeactivateSecret { .. }
            | Self::SuspendDevice { .. }
            | Self::UnsuspendDevice { .. }
            | Self::DeactivateDevice { .. }
            | Self::ActivateIdp { .. }
            | Self::DeactivateIdp { .. }
            | Self::AddToZone { .. }
            | Self::RemoveFromZone { .. }
            | Self::ActivatePolicyRule { .. }
            | Self::DeactivatePolicyRule { .. }
            | Self::RevokeSupport => (Vec::new(), Vec::new()),
        }
    }
}

fn replace<T: OfMade + std::str::FromStr>(
    id: &mut T,
    made: &mut impl FnMut(u32) -> Option<String>,
) {
    let new = id.maker().and_then(made);
    if let Some(new) = new.and_then(|new| new.parse().ok()) {
        *id = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assign(user: UserId) -> Change {
        Change::AssignUser {
            app: "0oa1".parse().unwrap(),
            user,
        }
    }

    #[test]
    fn what_is_made_takes_the_place_that_was_kept_for_it() {
        let mut change = assign(UserId::made_by(3).unwrap());
        assert_eq!(change.makers(), BTreeSet::from([3]));
        change.replace_made(|maker| (maker == 2).then(|| "00u2".to_owned()));
        assert_eq!(change.makers(), BTreeSet::from([3]), "another's");
        change.replace_made(|maker| (maker == 3).then(|| "00u3".to_owned()));
        assert_eq!(change, assign("00u3".parse().unwrap()));
    }

    #[test]
    fn every_change_about_a_user_or_a_group_can_be_about_one_that_is_made() {
        for mut change in super::super::samples::one_of_each() {
            let text = serde_json::to_string(&change).unwrap();
            let names_one = text.contains("\"00u") || text.contains("\"00g");
            let (users, groups) = change.ids();
            assert_eq!(names_one, users.len() + groups.len() > 0, "{text}");
        }
    }

    #[test]
    fn no_id_of_oktas_is_taken_for_one_that_is_made() {
        for id in [
            "00u1a2b3c4D5e6F7g8h9",
            "made-by",
            "made-by-x",
            "remade-by-1",
        ] {
            assert_eq!(id.parse::<UserId>().unwrap().maker(), None, "{id}");
        }
    }
}
