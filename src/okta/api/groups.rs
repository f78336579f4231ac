//! Groups, their members and their apps.

use jiff::Timestamp;

use super::super::Reader;
use super::super::error::Error;
use super::super::link::Cursor;
use super::super::page::{Item, Page};
use super::quoted_time;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::GroupId;
use crate::domain::user::User;

/// Which groups to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupSelect {
    /// All of them.
    Everything,
    /// Those whose profile or list of members changed after this moment. The index behind it lags: overlap by minutes.
    UpdatedSince(Timestamp),
}

impl Reader {
    /// One page of groups with their counts, 200 at most.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn groups(&self, select: GroupSelect, cursor: &Cursor) -> Result<Page<Group>, Error> {
        let search = match select {
            GroupSelect::Everything => None,
            GroupSelect::UpdatedSince(time) => {
                let time = quoted_time(time);
                Some(format!(
                    "lastUpdated gt {time} or lastMembershipUpdated gt {time}"
                ))
            }
        };
        let mut query = vec![("limit", "200"), ("expand", "stats")];
        if let Some(search) = &search {
            query.push(("search", search));
        }
        self.page("list groups", &["api", "v1", "groups"], &query, cursor)
            .await
    }

    /// One group by id with its counts.
    ///
    /// # Errors
    /// [`Error`]; `NotFound` when Okta has no such group.
    pub async fn group(&self, id: &GroupId) -> Result<Item<Group>, Error> {
        let segments = ["api", "v1", "groups", id.as_str()];
        self.object(self.call("read a group", &segments, &[("expand", "stats")])?)
            .await
    }

    /// One page of a group's members, 1000 at most. Deprovisioned users are not among them.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn group_members(&self, id: &GroupId, cursor: &Cursor) -> Result<Page<User>, Error> {
        let segments = ["api", "v1", "groups", id.as_str(), "users"];
        self.page(
            "list a group's members",
            &segments,
            &[("limit", "1000")],
            cursor,
        )
        .await
    }

    /// One page of the apps assigned to a group, 200 at most. It does not draw on the apps' scarce rate limit.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn group_apps(
        &self,
        id: &GroupId,
        cursor: &Cursor,
    ) -> Result<Page<Application>, Error> {
        let segments = ["api", "v1", "groups", id.as_str(), "apps"];
        self.page(
            "list a group's apps",
            &segments,
            &[("limit", "200")],
            cursor,
        )
        .await
    }
}
