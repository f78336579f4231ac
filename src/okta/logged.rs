//! What the log alone tells of users, groups, apps and roles that were gone before anybody read them, in the form in which Okta would have listed them.
//!
//! It is little: a login, a name, the labels of roles. Nothing is made up beside it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::{Decode, Fields, decode_entry};
use crate::domain::application::Application;
use crate::domain::entry::{Entry, EntryKey, EntryKind};
use crate::domain::group::Group;
use crate::domain::log_event::Party;
use crate::domain::privilege;
use crate::domain::text::RawJson;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::domain::user::User;

/// What stands where Okta tells a name that it does not know.
const NO_NAME: &str = "unknown";

/// What stands where Okta would tell what the log does not.
const UNKNOWN: &str = "UNKNOWN";

/// The names of all roles that the holder had after this event, as it tells them; `None` for an event that does not.
pub fn privileges(event: &RawJson) -> Option<Vec<String>> {
    let event = Fields::of_text(event.as_unsafe_str()).ok()?;
    let told = event
        .object("debugContext")
        .object("debugData")
        .filled("privilegeGranted")?;
    Some(privilege::names(&told).map(str::to_owned).collect())
}

/// An entry as it would have been listed, with its JSON.
pub type Listed = (Entry, RawJson);

/// A role of Okta's own under the name that the log has for it, as it would have been listed below its holder; `None` for a role of the
/// org's own.
pub fn role(key: &EntryKey, name: &str, since: Timestamp) -> Option<Listed> {
    let (kind, label, limits) = privilege::standard(name)?;
    let label = limits.map_or_else(|| label.to_owned(), |limits| format!("{label} ({limits})"));
    let to = match key.kind {
        EntryKind::UserRole => "USER",
        EntryKind::GroupRole => "GROUP",
        EntryKind::ClientRole => "CLIENT",
        _ => return None,
    };
    let listed = json!({
        "id": key.id.as_str(),
        "label": label,
        "type": kind,
        "status": "ACTIVE",
        "created": format_okta(since),
        "assignmentType": to,
    });
    read(&listed, |raw| {
        decode_entry(key.kind, key.parent.as_ref(), raw).ok()
    })
}

/// A user as the events about them name them; `None` when it is no user's id.
pub fn user(named: &Party, created: Timestamp) -> Option<(User, RawJson)> {
    let login = name_of(named.alternate_id.as_ref());
    let name = name_of(named.display_name.as_ref());
    let listed = json!({
        "id": named.id.as_str(),
        "status": UNKNOWN,
        "created": format_okta(created),
        "profile": {
            "login": login.unwrap_or(&named.id).as_str(),
            "displayName": name.map(SafeText::as_str),
        },
    });
    let (mut user, raw): (User, RawJson) = decoded(&listed)?;
    // The log tells the whole name and not which part of it is which.
    user.first_name = name.cloned().unwrap_or_default();
    Some((user, raw))
}

/// A group, likewise.
pub fn group(named: &Party, created: Timestamp) -> Option<(Group, RawJson)> {
    let name = name_of(named.display_name.as_ref()).unwrap_or(&named.id);
    decoded(&json!({
        "id": named.id.as_str(),
        "type": UNKNOWN,
        "created": format_okta(created),
        "profile": {"name": name.as_str()},
    }))
}

/// An app, likewise. Events of apps call it by its label, and name its kind where they do not.
pub fn app(named: &Party, created: Timestamp) -> Option<(Application, RawJson)> {
    let label = name_of(named.alternate_id.as_ref());
    let label = label.or_else(|| name_of(named.display_name.as_ref()));
    decoded(&json!({
        "id": named.id.as_str(),
        "status": UNKNOWN,
        "created": format_okta(created),
        "label": label.unwrap_or(&named.id).as_str(),
    }))
}

fn name_of(name: Option<&SafeText>) -> Option<&SafeText> {
    name.filter(|name| !name.is_empty() && ***name != *NO_NAME)
}

fn decoded<T: Decode>(listed: &Value) -> Option<(T, RawJson)> {
    read(listed, |raw| {
        let value = T::decode(raw).ok()?;
        Some((value, RawJson::new(raw.get().to_owned())))
    })
}

fn read<T>(
    listed: &Value,
    decode: impl FnOnce(&serde_json::value::RawValue) -> Option<T>,
) -> Option<T> {
    decode(&serde_json::value::to_raw_value(listed).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::EntryId;

    #[test]
    fn a_role_is_as_okta_would_have_listed_it() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let key = |kind| EntryKey {
            kind,
            parent: "00u1".parse().ok(),
            id: EntryId::logged("e1", "HELP_DESK_ADMIN").unwrap(),
        };
        let (entry, raw) = role(
            &key(EntryKind::UserRole),
            "Help desk administrator (EMEA)",
            at,
        )
        .unwrap();
        assert_eq!(entry.key, key(EntryKind::UserRole));
        assert_eq!(entry.name.as_str(), "Help Desk Administrator (EMEA)");
        assert_eq!(entry.created, Some(at));
        let fact = |name| entry.fact(name).map(SafeText::as_str);
        assert_eq!(
            (fact("type"), fact("assignmentType")),
            (Some("HELP_DESK_ADMIN"), Some("USER"))
        );
        assert!(raw.as_unsafe_str().contains("log:e1:HELP_DESK_ADMIN"));
        assert!(role(&key(EntryKind::UserRole), "Unlocker", at).is_none());
        assert!(role(&key(EntryKind::Zone), "Super administrator", at).is_none());
    }

    #[test]
    fn a_user_has_what_the_log_tells_and_no_more() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let party = |login: &str, name: &str| Party {
            id: "00u1".into(),
            kind: "User".into(),
            alternate_id: Some(login.into()),
            display_name: Some(name.into()),
        };
        let (ghost, raw) = user(&party("ghost@acme.com", "Ghost Rider"), at).unwrap();
        assert_eq!(
            (ghost.login.as_str(), ghost.display_name().as_str()),
            ("ghost@acme.com", "Ghost Rider")
        );
        assert_eq!(
            (ghost.status.word(), ghost.created, ghost.last_updated),
            ("UNKNOWN", Some(at), None)
        );
        assert!(ghost.email.is_empty() && raw.as_unsafe_str().contains("Ghost Rider"));
        let (nameless, _) = user(&party("unknown", ""), at).unwrap();
        assert_eq!(
            (nameless.login.as_str(), nameless.display_name().as_str()),
            ("00u1", "00u1")
        );
    }

    #[test]
    fn a_group_and_an_app_have_their_names() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let party = |id: &str, alternate: &str, name: &str| Party {
            id: id.into(),
            kind: "".into(),
            alternate_id: Some(alternate.into()),
            display_name: Some(name.into()),
        };
        let (group_made, raw) = group(&party("00g1", "unknown", "Ghost"), at).unwrap();
        assert_eq!(
            (group_made.name.as_str(), group_made.created),
            ("Ghost", Some(at))
        );
        assert!(raw.as_unsafe_str().contains("Ghost"));
        let (app_made, _) = app(&party("0oa1", "Payroll", "Workday"), at).unwrap();
        assert_eq!(app_made.label.as_str(), "Payroll");
        let (nameless, _) = app(&party("0oa1", "unknown", ""), at).unwrap();
        assert_eq!(nameless.label.as_str(), "0oa1");
        assert!(group(&party("", "", ""), at).is_none());
    }

    #[test]
    fn an_event_tells_all_that_the_holder_has() {
        let event =
            |told: &str| RawJson::new(format!(r#"{{"debugContext":{{"debugData":{{{told}}}}}}}"#));
        let granted = event(r#""privilegeGranted":"Super administrator, Unlocker""#);
        assert_eq!(
            privileges(&granted).unwrap(),
            ["Super administrator", "Unlocker"]
        );
        assert_eq!(privileges(&event(r#""privilegeRevoked":"Unlocker""#)), None);
    }
}
