//! A factor of `/api/v1/users/{id}/factors`.

use super::entry::FACTOR_NAMES;
use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::factor::Factor;

impl Decode for Factor {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        let profile = fields.object("profile");
        Ok(Self {
            id: fields.identity("id")?,
            kind: fields.text_or_empty("factorType"),
            provider: fields.text_or_empty("provider"),
            status: fields.text_or_empty("status"),
            detail: FACTOR_NAMES.iter().find_map(|name| profile.filled(name)),
            created: fields.time("created"),
            last_updated: fields.time("lastUpdated"),
        })
    }
}
