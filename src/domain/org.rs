//! The org itself.

use serde::{Deserialize, Serialize};

use super::id::OrgId;
use super::text::SafeText;

/// What oktop knows of the org it mirrors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// Okta's id, `00o…`. A store belongs to one of these.
    pub id: OrgId,
    /// The host in the base URL, such as `acme.okta.com`.
    pub host: SafeText,
    /// The company's name, when the credential may read it.
    pub company: Option<SafeText>,
    /// The pipeline: `idx` (Identity Engine) or `v1` (Classic).
    pub pipeline: Option<SafeText>,
}
