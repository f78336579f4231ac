//! How large things are, and what hangs below them, as the sync asks when it decides how to read.

use std::collections::HashMap;

use crate::domain::application::Application;
use crate::domain::group::{Group, GroupStats};
use crate::domain::id::{AppId, GroupId, Kind, ObjectId, UserId};
use crate::domain::resource::Resource;

use super::Directory;
use super::model::{Held, Model};
use super::tables::Relation;
use crate::store::error::Error;

/// What a first reading has still to read, as far as what was read so far tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Members of the largest group, as Okta counts them: of Everyone, which all are in who are not deactivated.
    pub largest_group: u64,
    /// Members of each group whose members were never read, as Okta counts them, or one.
    pub members: Vec<u64>,
    /// Apps of each group whose apps were never read, as Okta counts them, or one.
    pub group_apps: Vec<u64>,
    /// Users of each app whose users were never read, as far as Okta counts those of its groups.
    pub apps: Vec<u64>,
    /// Users of each app whose users were read.
    pub app_users: Vec<u64>,
}

impl Directory {
    /// What a first reading has still to read.
    pub fn unread(&self) -> Unread {
        let model = self.light_model();
        let mut unread = Unread::default();
        let mut of_group = HashMap::new();
        for (ordinal, record, group) in model.groups.live() {
            let counted = |count: fn(&GroupStats) -> u64| group.stats.as_ref().map(count);
            let members = counted(|stats| stats.users);
            unread.largest_group = unread.largest_group.max(members.unwrap_or(0));
            of_group.insert(ordinal, members.unwrap_or(0));
            if record.read.users.is_none() {
                unread.members.push(members.unwrap_or(1));
            }
            if record.read.apps.is_none() {
                unread
                    .group_apps
                    .push(counted(|stats| stats.apps).unwrap_or(1));
            }
        }
        let users = model.links(Relation::AppUsers);
        let groups = model.links(Relation::AppGroups);
        for (app, record, _) in model.apps.live() {
            if record.read.users.is_some() {
                unread.app_users.push(users.rights_len(app) as u64);
                continue;
            }
            // What is not in memory is not worth reading for this.
            let groups = groups.rights(app).unwrap_or_default().into_iter();
            let members = groups.filter_map(|group| of_group.get(&group));
            unread
                .apps
                .push(members.sum::<u64>().min(unread.largest_group));
        }
        unread
    }

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
