//! The org itself: `/api/v1/org`, and what it tells everyone at `/.well-known/okta-organization`.

use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::id::OrgId;
use crate::domain::text::SafeText;

/// What an org tells without a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgProbe {
    /// Okta's id of the org, `00o…`.
    pub id: OrgId,
    /// `idx` (Identity Engine) or `v1` (Classic).
    pub pipeline: Option<SafeText>,
}

impl Decode for OrgProbe {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.identity("id")?,
            pipeline: fields.filled("pipeline"),
        })
    }
}

/// `/api/v1/org`, which does not say at which host it was asked.
pub(in crate::okta) struct OrgSettings {
    pub(in crate::okta) id: OrgId,
    pub(in crate::okta) company: Option<SafeText>,
}

impl Decode for OrgSettings {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.identity("id")?,
            company: fields.filled("companyName"),
        })
    }
}
