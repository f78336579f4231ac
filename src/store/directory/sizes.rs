//! How large things are, and what hangs below them, as the sync asks when it decides how to read.

use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::{AppId, GroupId, Kind, ObjectId, UserId};
use crate::domain::resource::Resource;

use super::Directory;
use super::model::{Held, Model};
use super::tables::Relation;
use crate::store::error::Error;

impl Directory {
    /// Members of a group; `None` when its members were never read.
    pub fn member_count(&self, group: &GroupId) -> Option<u64> {
        let model = self.light_model();
        let ordinal = model.groups.ordinal(group.as_str())?;
        model.groups.record(ordinal)?.read.users?;
        Some(model.links(Relation::Members).rights_len(ordinal) as u64)
    }

    /// Users of an app; `None` when its users were never read.
    pub fn app_user_count(&self, app: &AppId) -> Option<u64> {
        let model = self.light_model();
        let ordinal = model.apps.ordinal(app.as_str())?;
        model.apps.record(ordinal)?.read.users?;
        Some(model.links(Relation::AppUsers).rights_len(ordinal) as u64)
    }

    /// The groups that the user is a member of, as the mirror knows them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn groups_of(&self, user: &UserId) -> Result<Vec<GroupId>, Error> {
        self.see(|model| {
            let Some(ordinal) = model.users.ordinal(user.as_str()) else {
                return Ok(Vec::new());
            };
            let groups = model.links(Relation::Members).lefts(ordinal)?.into_iter();
            Ok(groups
                .filter_map(|group| model.groups.record(group)?.id.parse().ok())
                .collect())
        })
    }

    /// The size of each list of a resource: members of each group, users of each app, apps of each group.
    pub fn list_sizes(&self, resource: Resource) -> Vec<u64> {
        let model = self.light_model();
        let groups = || model.groups.live().map(|(ordinal, ..)| ordinal);
        let members = model.links(Relation::Members);
        let app_groups = model.links(Relation::AppGroups);
        match resource {
            Resource::Memberships => groups()
                .map(|group| members.rights_len(group) as u64)
                .collect(),
            Resource::AppGroups => groups()
                .map(|group| app_groups.known_lefts_len(group) as u64)
                .collect(),
            Resource::AppUsers => {
                let users = model.links(Relation::AppUsers);
                model
                    .apps
                    .live()
                    .map(|(app, ..)| users.rights_len(app) as u64)
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The object of a kind that was read last and that the last sweep did not miss: one that Okta must know.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn newest_seen(&self, kind: Kind) -> Result<Option<ObjectId>, Error> {
        let model = self.model()?;
        Ok(match kind {
            Kind::User => model.users.newest_seen().map(ObjectId::User),
            Kind::Group => newest::<Group>(&model),
            Kind::App => newest::<Application>(&model),
        })
    }
}

fn newest<T: Held>(model: &Model) -> Option<ObjectId> {
    let seen = T::objects(model)
        .live()
        .filter(|(_, record, _)| record.missed == 0);
    let newest = seen.max_by_key(|(_, record, _)| record.observed);
    newest.map(|(.., value)| value.object_id())
}
