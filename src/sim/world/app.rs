//! An application and who it is given to.

use super::super::id::Id;
use super::super::time::Millis;
use super::index::AppIx;
use super::index::GroupIx;

/// How people get into an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "Okta's own names; see `as_str`")]
pub enum SignOn {
    AutoLogin,
    BasicAuth,
    Bookmark,
    BrowserPlugin,
    OpenidConnect,
    Saml11,
    Saml20,
    SecurePasswordStore,
    WsFederation,
    /// `null` (only with `--strange`).
    Null,
    /// A value that no document names (only with `--strange`).
    Strange,
}

impl SignOn {
    /// `signOnMode` of the API; `None` is `null`.
    pub fn as_str(self) -> Option<&'static str> {
        Some(match self {
            Self::AutoLogin => "AUTO_LOGIN",
            Self::BasicAuth => "BASIC_AUTH",
            Self::Bookmark => "BOOKMARK",
            Self::BrowserPlugin => "BROWSER_PLUGIN",
            Self::OpenidConnect => "OPENID_CONNECT",
            Self::Saml11 => "SAML_1_1",
            Self::Saml20 => "SAML_2_0",
            Self::SecurePasswordStore => "SECURE_PASSWORD_STORE",
            Self::WsFederation => "WS_FEDERATION",
            Self::Null => return None,
            Self::Strange => "OIDC_IDENTITY_ASSERTION",
        })
    }
}

/// An application.
#[derive(Clone, Debug)]
pub struct App {
    /// `0oa…`
    pub id: Id,
    /// Key in the catalogue, e.g. `salesforce`.
    pub name: &'static str,
    /// What people see.
    pub label: Box<str>,
    /// Whether people can use it.
    pub active: bool,
    /// How people get in.
    pub sign_on: SignOn,
    /// Provisioning features.
    pub features: &'static [&'static str],
    /// Where it lives on the web.
    pub domain: &'static str,
    /// When it was created.
    pub created: Millis,
    /// When it was last changed (assignments do not count).
    pub last_updated: Millis,
    /// Whether the application is gone for good; only the log still knows the name.
    pub deleted: bool,
    /// Groups it is given to, in order of priority.
    pub groups: Vec<GroupAssignment>,
}

impl App {
    /// Whether it came from the catalogue as it is: its settings then hold only what was overridden. Custom ones (every fourth)
    /// hold everything.
    pub fn is_catalogue_instance(ix: AppIx) -> bool {
        ix.0 % 4 != 3
    }

    /// Whether signing out of it signs out of Okta; `None` where there is no such setting.
    pub fn single_logout(&self, ix: AppIx) -> Option<bool> {
        let has_setting = self.sign_on == SignOn::Saml20 && !Self::is_catalogue_instance(ix);
        has_setting.then_some(ix.0 % 8 == 3)
    }
}

/// An application given to a group.
#[derive(Clone, Copy, Debug)]
pub struct GroupAssignment {
    /// The group.
    pub group: GroupIx,
    /// When it was given.
    pub last_updated: Millis,
    /// From when on its members have the application: Okta works through them in the background.
    pub effective: Millis,
}

/// An application given to a user directly.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    /// When it was given.
    pub created: Millis,
    /// When the assignment was last changed.
    pub last_updated: Millis,
}
