//! Users, and what belongs to one.

use jiff::Timestamp;

use super::super::Reader;
use super::super::error::{Error, ErrorKind};
use super::super::link::Cursor;
use super::super::page::{Item, Page};
use super::super::send::Call;
use super::{quoted, quoted_time};
use crate::domain::factor::Factor;
use crate::domain::group::Group;
use crate::domain::id::UserId;
use crate::domain::user::User;

/// Which users to list. Both go through `search`, because the plain list leaves deprovisioned users out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSelect {
    /// All of them, whatever their status.
    Everything,
    /// Those whose profile or status changed after this moment. The index behind it lags: overlap by minutes.
    UpdatedSince(Timestamp),
}

impl UserSelect {
    fn search(self) -> String {
        match self {
            Self::Everything => "id pr".to_owned(),
            Self::UpdatedSince(time) => format!("lastUpdated gt {}", quoted_time(time)),
        }
    }
}

impl Reader {
    /// One page of users, 200 at most.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read; the listing is then partial.
    pub async fn users(&self, select: UserSelect, cursor: &Cursor) -> Result<Page<User>, Error> {
        let search = select.search();
        let query = [("search", search.as_str()), ("limit", "200")];
        self.page("list users", &["api", "v1", "users"], &query, cursor)
            .await
    }

    /// One user by id, as of now rather than as of the search index.
    ///
    /// # Errors
    /// [`Error`]; [`ErrorKind::NotFound`] when Okta has no such user.
    pub async fn user(&self, id: &UserId) -> Result<Item<User>, Error> {
        self.object(self.user_call("read a user", id.as_str())?)
            .await
    }

    /// One user by login. Logins that cannot stand in a path, or mean something else there, are searched for, which may lag by a
    /// second or so.
    ///
    /// # Errors
    /// [`Error`]; [`ErrorKind::NotFound`] when there is no such user.
    pub async fn user_by_login(&self, login: &str) -> Result<Item<User>, Error> {
        let operation = "read a user by login";
        if !matches!(login, "" | "." | ".." | "me") && !login.contains('/') {
            return self.object(self.user_call(operation, login)?).await;
        }
        let search = format!("profile.login eq {}", quoted(login));
        let query = [("search", search.as_str()), ("limit", "2")];
        let page: Page<User> = self
            .page(operation, &["api", "v1", "users"], &query, &Cursor::Start)
            .await?;
        let request_id = page.request_id;
        page.items.into_iter().next().ok_or(Error {
            operation,
            kind: ErrorKind::NotFound,
            code: None,
            request_id,
        })
    }

    /// The user that the API token belongs to.
    ///
    /// # Errors
    /// [`Error`]; [`ErrorKind::Unauthorised`] when the credential is not accepted.
    pub async fn me(&self) -> Result<Item<User>, Error> {
        self.object(self.user_call("read the token's owner", "me")?)
            .await
    }

    /// The groups of a user. Okta gives them in one page as a rule.
    ///
    /// # Errors
    /// [`Error`] when the page could not be read.
    pub async fn user_groups(&self, id: &UserId, cursor: &Cursor) -> Result<Page<Group>, Error> {
        let segments = ["api", "v1", "users", id.as_str(), "groups"];
        self.page("list a user's groups", &segments, &[], cursor)
            .await
    }

    /// The factors of a user, in one page. Okta lists only those that its enrolment policies name, so it can leave some out.
    ///
    /// # Errors
    /// [`Error`] when the list could not be read.
    pub async fn user_factors(&self, id: &UserId) -> Result<Page<Factor>, Error> {
        let segments = ["api", "v1", "users", id.as_str(), "factors"];
        self.page("list a user's factors", &segments, &[], &Cursor::Start)
            .await
    }

    fn user_call(&self, operation: &'static str, key: &str) -> Result<Call, Error> {
        self.call(operation, &["api", "v1", "users", key], &[])
    }
}
