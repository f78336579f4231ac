//! Applications and who is assigned to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{AppId, GroupId, UserId};
use super::open_enum::open_enum;
use super::text::SafeText;

open_enum! {
    /// Whether an app can be used.
    AppStatus {
        /// In use.
        Active = "ACTIVE",
        /// Deactivated; assignments are kept.
        Inactive = "INACTIVE",
        /// Deleted.
        Deleted = "DELETED",
    }
}

open_enum! {
    /// How people sign in to an app.
    SignOnMode {
        /// Okta posts the form.
        AutoLogin = "AUTO_LOGIN",
        /// HTTP basic authentication.
        BasicAuth = "BASIC_AUTH",
        /// A link.
        Bookmark = "BOOKMARK",
        /// Okta's browser plug-in fills the form.
        BrowserPlugin = "BROWSER_PLUGIN",
        /// OpenID Connect.
        OpenIdConnect = "OPENID_CONNECT",
        /// SAML 1.1.
        Saml11 = "SAML_1_1",
        /// SAML 2.0.
        Saml20 = "SAML_2_0",
        /// A stored password.
        SecurePasswordStore = "SECURE_PASSWORD_STORE",
        /// WS-Federation.
        WsFederation = "WS_FEDERATION",
    }
}

/// An application as Okta's `GET /api/v1/apps` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Okta's id, `0oa…`.
    pub id: AppId,
    /// The catalogue key, such as `salesforce`.
    pub name: SafeText,
    /// What people see.
    pub label: SafeText,
    /// Whether it can be used.
    pub status: AppStatus,
    /// How people sign in; `None` when Okta gives none.
    pub sign_on_mode: Option<SignOnMode>,
    /// Provisioning features, as Okta spells them.
    pub features: Vec<SafeText>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When its settings last changed; assignments do not move it.
    pub last_updated: Option<Timestamp>,
}

open_enum! {
    /// How a user came by an app.
    AssignmentScope {
        /// Assigned to the user directly.
        User = "USER",
        /// Through a group.
        Group = "GROUP",
    }
}

/// A user's assignment to an app (`GET /api/v1/apps/{id}/users`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppUser {
    /// The assigned user.
    pub user: UserId,
    /// Directly or through a group.
    pub scope: AssignmentScope,
    /// The group that gives the app, when the scope is `GROUP` and Okta names it.
    pub group: Option<GroupId>,
    /// Okta's word for the state of the app account (`ACTIVE`, `PROVISIONED`, …).
    pub status: SafeText,
    /// Okta's word for provisioning (`SYNCHRONIZED`, `ERROR`, …).
    pub sync_state: Option<SafeText>,
    /// The name in the app.
    pub user_name: Option<SafeText>,
    /// When the assignment was made.
    pub created: Option<Timestamp>,
    /// When it last changed.
    pub last_updated: Option<Timestamp>,
}

/// A group's assignment to an app, told from the group's side (`GET /api/v1/groups/{id}/apps`) or the app's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AppGroup {
    /// The app.
    pub app: AppId,
    /// The group.
    pub group: GroupId,
}
