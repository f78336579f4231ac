//! A user of `/api/v1/users` and of every list that holds users.

use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::user::{CredentialProvider, User, UserStatus};

impl Decode for User {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        let profile = fields.object("profile");
        Ok(Self {
            id: fields.identity("id")?,
            status: UserStatus::from_word(&fields.text_or_empty("status")),
            transitioning_to: fields
                .filled("transitioningToStatus")
                .map(|word| UserStatus::from_word(&word)),
            login: profile.text_or_empty("login"),
            email: profile.text_or_empty("email"),
            first_name: profile.text_or_empty("firstName"),
            last_name: profile.text_or_empty("lastName"),
            title: profile.filled("title"),
            department: profile.filled("department"),
            manager: profile
                .filled("manager")
                .or_else(|| profile.filled("managerId")),
            provider: provider(fields),
            type_id: fields.object("type").filled("id"),
            created: fields.time("created"),
            activated: fields.time("activated"),
            status_changed: fields.time("statusChanged"),
            last_login: fields.time("lastLogin"),
            last_updated: fields.time("lastUpdated"),
            password_changed: fields.time("passwordChanged"),
        })
    }
}

fn provider(fields: &Fields<'_>) -> Option<CredentialProvider> {
    let provider = fields.object("credentials").some_object("provider")?;
    Some(CredentialProvider {
        kind: provider.filled("type")?,
        name: provider.text_or_empty("name"),
    })
}
