//! Applications of `/api/v1/apps`, and who is assigned to them.

use super::fields::Fields;
use super::{Decode, Unreadable};
use crate::domain::application::{AppStatus, AppUser, Application, AssignmentScope, SignOnMode};
use crate::domain::id::GroupId;

impl Decode for Application {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.identity("id")?,
            name: fields.text_or_empty("name"),
            label: fields.text_or_empty("label"),
            status: AppStatus::from_word(&fields.text_or_empty("status")),
            sign_on_mode: fields
                .filled("signOnMode")
                .map(|word| SignOnMode::from_word(&word)),
            features: fields.words("features"),
            created: fields.time("created"),
            last_updated: fields.time("lastUpdated"),
        })
    }
}

impl Decode for AppUser {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user: fields.identity("id")?,
            scope: AssignmentScope::from_word(&fields.text_or_empty("scope")),
            group: linked_group(fields),
            status: fields.text_or_empty("status"),
            sync_state: fields.filled("syncState"),
            user_name: fields.object("credentials").filled("userName"),
            created: fields.time("created"),
            last_updated: fields.time("lastUpdated"),
        })
    }
}

/// The group that gives the app: the last segment of its link, the only place where Okta names it.
fn linked_group(fields: &Fields<'_>) -> Option<GroupId> {
    let href = fields.object("_links").object("group").text("href")?;
    href.rsplit('/').next()?.parse().ok()
}

/// An entry of `/api/v1/apps/{id}/groups`, where `id` is the group's.
pub(in crate::okta) struct AssignedGroup(pub(in crate::okta) GroupId);

impl Decode for AssignedGroup {
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable> {
        fields.identity("id").map(Self)
    }
}
