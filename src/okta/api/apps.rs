//! Applications and who is assigned to them.

use super::super::Reader;
use super::super::error::Error;
use super::super::link::Cursor;
use super::super::page::{Item, Page};
use super::super::wire::AssignedGroup;
use crate::domain::application::{AppGroup, AppUser, Application};
use crate::domain::id::{AppId, UserId};

impl Reader {
    /// One page of apps, inactive ones included, 200 at most.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn apps(&self, cursor: &Cursor) -> Result<Page<Application>, Error> {
        let query = [("limit", "200"), ("includeNonDeleted", "true")];
        self.page("list apps", &["api", "v1", "apps"], &query, cursor)
            .await
    }

    /// One app by id.
    ///
    /// # Errors
    /// [`Error`]; `NotFound` when Okta has no such app.
    pub async fn app(&self, id: &AppId) -> Result<Item<Application>, Error> {
        let segments = ["api", "v1", "apps", id.as_str()];
        self.object(self.call("read an app", &segments, &[])?).await
    }

    /// One page of an app's users, 500 at most.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn app_users(&self, id: &AppId, cursor: &Cursor) -> Result<Page<AppUser>, Error> {
        let segments = ["api", "v1", "apps", id.as_str(), "users"];
        self.page(
            "list an app's users",
            &segments,
            &[("limit", "500")],
            cursor,
        )
        .await
    }

    /// One user's assignment to an app.
    ///
    /// # Errors
    /// [`Error`]; `NotFound` when the user is not assigned, or there is no such app or user.
    pub async fn app_user(&self, id: &AppId, user: &UserId) -> Result<Item<AppUser>, Error> {
        let segments = ["api", "v1", "apps", id.as_str(), "users", user.as_str()];
        let call = self.call("read an app's user", &segments, &[])?;
        self.object(call).await
    }

    /// One page of the groups assigned to an app, 200 at most. It draws on the apps' scarce rate limit; the same assignments can be
    /// read from the groups' side.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn app_groups(&self, id: &AppId, cursor: &Cursor) -> Result<Page<AppGroup>, Error> {
        let segments = ["api", "v1", "apps", id.as_str(), "groups"];
        let page: Page<AssignedGroup> = self
            .page(
                "list an app's groups",
                &segments,
                &[("limit", "200")],
                cursor,
            )
            .await?;
        Ok(page.map(|AssignedGroup(group)| AppGroup {
            app: id.clone(),
            group,
        }))
    }
}
