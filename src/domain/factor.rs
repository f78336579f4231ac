//! A means by which a user proves who they are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::FactorId;
use super::text::SafeText;

/// An enrolled factor (`GET /api/v1/users/{id}/factors`). Okta tells no last use of a factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// Okta's id of the enrolment.
    pub id: FactorId,
    /// `factorType`: `push`, `sms`, `webauthn`, `token:software:totp`, …
    pub kind: SafeText,
    /// `provider`: `OKTA`, `GOOGLE`, `FIDO`, …
    pub provider: SafeText,
    /// `ACTIVE`, `PENDING_ACTIVATION`, …
    pub status: SafeText,
    /// The device, phone number or key name that the profile names.
    pub detail: Option<SafeText>,
    /// When it was enrolled.
    pub created: Option<Timestamp>,
    /// When the enrolment last changed.
    pub last_updated: Option<Timestamp>,
}
