//! A factor of `/api/v1/users/{id}/factors`.

use serde_json::value::RawValue;

use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::factor::Factor;

/// Where a factor's profile names the device, number or key, the most telling first.
const NAMES: [&str; 7] = [
    "name",
    "authenticatorName",
    "phoneNumber",
    "email",
    "deviceName",
    "questionText",
    "credentialId",
];

impl Decode for Factor {
    fn decode(raw: &RawValue) -> Result<Self, Unreadable> {
        let fields = Fields::of(raw)?;
        let profile = fields.object("profile");
        Ok(Self {
            id: fields.identity("id")?,
            kind: fields.text_or_empty("factorType"),
            provider: fields.text_or_empty("provider"),
            status: fields.text_or_empty("status"),
            detail: NAMES.iter().find_map(|name| profile.filled(name)),
            created: fields.time("created"),
            last_updated: fields.time("lastUpdated"),
        })
    }
}
