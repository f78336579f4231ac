//! The apps that an admin role is limited to. Okta expands a role's groups or its apps in one answer, not both, so a list of roles with
//! an app administrator in it is asked a second time, and the apps are put where one answer would have them.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::Reader;
use super::super::error::Error;
use super::super::page::{Item, Page};
use super::super::wire::decode_entry;
use crate::domain::entry::{Entry, EntryId, EntryKind};
use crate::domain::text::{RawJson, SafeText};

/// What asks for the apps.
const APPS: [(&str, &str); 1] = [("expand", "targets/catalog/apps")];

impl Reader {
    /// The page of roles that was read from `segments`, with the apps that roles are limited to.
    ///
    /// # Errors
    /// [`Error`] when the apps could not be read: without them a role would look like one over all apps.
    pub(super) async fn with_app_targets(
        &self,
        kind: EntryKind,
        parent: Option<&EntryId>,
        segments: &[&str],
        mut page: Page<Entry>,
    ) -> Result<Page<Entry>, Error> {
        if !page.items.iter().any(|item| is_app_admin(&item.value)) {
            return Ok(page);
        }
        let call = self.call("list the apps that roles are limited to", segments, &APPS)?;
        let read = |raw: &RawValue| {
            let (value, raw) = decode_entry(kind, parent, raw)?;
            Ok(Item { value, raw })
        };
        let told = self.list(&call, &[], read).await?;
        page.attempts += told.attempts;
        page.size_bytes += told.size_bytes;
        page.bad.extend(told.bad);
        let limited = page.items.iter_mut().filter(|it| is_app_admin(&it.value));
        for item in limited {
            let mut same = told.items.iter();
            let apps = same.find(|one| one.value.key == item.value.key);
            let joined = apps.and_then(|apps| joined(&item.raw, &apps.raw));
            if let Some(Ok((value, raw))) = joined.map(|raw| decode_entry(kind, parent, &raw)) {
                *item = Item { value, raw };
            }
        }
        Ok(page)
    }
}

fn is_app_admin(role: &Entry) -> bool {
    role.fact("type").map(SafeText::as_str) == Some("APP_ADMIN")
}

/// A role with the apps that another answer tells of it; `None` when it tells none.
fn joined(role: &RawJson, apps: &RawJson) -> Option<Box<RawValue>> {
    let apps: Value = serde_json::from_str(apps.as_unsafe_str()).ok()?;
    let catalog = apps.pointer("/_embedded/targets/catalog")?.clone();
    let mut role: Value = serde_json::from_str(role.as_unsafe_str()).ok()?;
    let embedded = inner(role.as_object_mut()?, "_embedded")?;
    inner(embedded, "targets")?.insert("catalog".to_owned(), catalog);
    RawValue::from_string(role.to_string()).ok()
}

/// An object inside an object, made when it is not there.
fn inner<'a>(outer: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let place = outer
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()));
    place.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(role: &str, apps: &str) -> Option<String> {
        let joined = joined(&RawJson::new(role), &RawJson::new(apps))?;
        let joined: Value = serde_json::from_str(joined.get()).unwrap();
        Some(joined["_embedded"]["targets"].to_string())
    }

    #[test]
    fn apps_stand_beside_the_groups_of_the_same_role() {
        let apps = r#"{"id":"ra1","_embedded":{"targets":{"catalog":{"apps":[{"name":"box"}]}}}}"#;
        let only_apps = r#"{"catalog":{"apps":[{"name":"box"}]}}"#;
        assert_eq!(targets(r#"{"id":"ra1"}"#, apps).unwrap(), only_apps);
        let groups = r#"{"id":"ra1","_embedded":{"targets":{"groups":[]}}}"#;
        let both = targets(groups, apps).unwrap();
        assert!(both.contains("groups") && both.contains("box"), "{both}");
        assert_eq!(targets(r#"{"id":"ra1"}"#, r#"{"id":"ra1"}"#), None);
        assert_eq!(targets(r#"{"_embedded":7}"#, apps), None);
    }
}
