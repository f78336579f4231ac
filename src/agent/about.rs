//! What people mean by `about:NAME` in a filter of the log: the user, group or app of that login, name or label, whose id is looked for.
//!
//! Whoever is called otherwise now is found by every name that they had, and so are the events since. A name that several bore, one after
//! the other, means none of them: their ids are told, and when each was called so. What means nobody may be the id of something else, or the
//! name of somebody who was never in the mirror: then events are looked for that have it as an id, or exactly it as a name.

use jiff::Timestamp;

use crate::domain::filter::{Filter, FilterError, Sought};
use crate::domain::history::Bearer;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::{EventRow, ListQuery};
use crate::store::{Directory, QueryError};

const FIELD: &str = "about";
/// Objects of the same name that are told of: enough to choose from.
const MAX_NAMED: usize = 10;

/// The filter with ids in place of names.
///
/// # Errors
/// When the filter cannot be read, a name means several things, or the mirror cannot be read.
pub(super) fn resolved(
    filter: &str,
    directory: &Directory,
    now: Timestamp,
) -> Result<String, QueryError> {
    if !filter.to_ascii_lowercase().contains(FIELD) {
        return Ok(filter.to_owned());
    }
    let mut chars: Vec<char> = filter.chars().collect();
    let sought = Filter::sought::<EventRow>(filter)?;
    // From the end, so that what stands before keeps its place.
    for one in sought.iter().rev().filter(|one| one.field == FIELD) {
        if let Some(better) = better(one, directory, now)? {
            // The name of the field and one sign stand before the value.
            let start = one.at.start - FIELD.len() - 1;
            chars.splice(start..one.at.end, better.chars());
        }
    }
    Ok(chars.into_iter().collect())
}

/// What to look for instead; `None` when it is an id of the mirror already, or a text that no quotes can hold.
fn better(
    sought: &Sought,
    directory: &Directory,
    now: Timestamp,
) -> Result<Option<String>, QueryError> {
    let text = sought.text.as_str();
    let as_ids = [
        text.parse().ok().map(ObjectId::User),
        text.parse().ok().map(ObjectId::Group),
        text.parse().ok().map(ObjectId::App),
    ];
    // A backslash at the end would keep the closing quote inside.
    if text.ends_with('\\') {
        return Ok(None);
    }
    for id in as_ids.into_iter().flatten() {
        if directory.has(&id)? {
            return Ok(None);
        }
    }
    match all_bearers(text, directory, now)?.as_slice() {
        [one] => Ok(Some(format!("about=\"{}\"", one.id.as_str()))),
        [] => {
            let text = quoted(text);
            Ok(Some(format!(
                "(about:{text} or actor={text} or target={text})"
            )))
        }
        several => Err(ambiguous(sought, several).into()),
    }
}

/// What is called so, or has it as its id; `None` when the mirror knows nothing of that.
///
/// # Errors
/// When a name means several things, or the mirror cannot be read.
pub(super) fn one(
    text: &str,
    directory: &Directory,
    now: Timestamp,
) -> Result<Option<ObjectId>, QueryError> {
    let ids = [
        text.parse().ok().map(ObjectId::User),
        text.parse().ok().map(ObjectId::Group),
        text.parse().ok().map(ObjectId::App),
    ];
    for id in ids.into_iter().flatten() {
        if directory.has(&id)? {
            return Ok(Some(id));
        }
    }
    let mut found = all_bearers(text, directory, now)?;
    if found.len() > 1 {
        let sought = Sought {
            field: FIELD.to_owned(),
            at: 0..0,
            text: text.to_owned(),
        };
        return Err(ambiguous(&sought, &found).into());
    }
    Ok(found.pop().map(|one| one.id))
}

/// Every user, group and app that bears a name or bore it once.
fn all_bearers(
    text: &str,
    directory: &Directory,
    now: Timestamp,
) -> Result<Vec<Bearer>, QueryError> {
    let mut all = Vec::new();
    for kind in [Kind::User, Kind::Group, Kind::App] {
        all.extend(bearers(kind, text, directory, now)?);
    }
    Ok(all)
}

/// Everything of a kind that bears a name or bore it once; users by their full names only where it is nobody's login.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn bearers(
    kind: Kind,
    name: &str,
    directory: &Directory,
    now: Timestamp,
) -> Result<Vec<Bearer>, QueryError> {
    let mut ids = named(kind, name, directory, now)?;
    for former in directory.formerly(kind, name)? {
        if !ids.contains(&former) {
            ids.push(former);
        }
    }
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.extend(directory.bore(&id, name)?);
    }
    if all.iter().any(|one| one.is_login) {
        all.retain(|one| one.is_login);
    }
    Ok(all)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn ambiguous(sought: &Sought, found: &[Bearer]) -> FilterError {
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    let message = format!(
        "`{}` may be {}: use one of the ids",
        sought.text,
        told.join(" or ")
    );
    FilterError {
        column: sought.at.start,
        message,
    }
}

/// Everything of a kind with exactly this login, name or label, whether Okta still has it or not; users of no such login by their full
/// name.
fn named(
    kind: Kind,
    text: &str,
    directory: &Directory,
    now: Timestamp,
) -> Result<Vec<ObjectId>, QueryError> {
    let query = |field: &str| ListQuery {
        filter: format!("{field}={}", quoted(text)),
        archived: true,
        limit: MAX_NAMED,
        ..ListQuery::default()
    };
    Ok(match kind {
        Kind::User => {
            let mut found = directory.users(&query("login"), now)?.rows;
            if found.is_empty() {
                found = directory.users(&query("name"), now)?.rows;
            }
            let ids = found.into_iter().map(|row| row.value.id);
            ids.map(ObjectId::User).collect()
        }
        Kind::Group => {
            let found = directory.groups(&query("name"), now)?.rows;
            let ids = found.into_iter().map(|row| row.value.id);
            ids.map(ObjectId::Group).collect()
        }
        Kind::App => {
            let found = directory.apps(&query("label"), now)?.rows;
            let ids = found.into_iter().map(|row| row.value.id);
            ids.map(ObjectId::App).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::group::{Group, GroupType};
    use crate::domain::text::RawJson;
    use crate::store::{DirectoryOp, Store};

    fn group(id: &str, name: &str) -> (Group, RawJson) {
        let group = Group {
            id: id.parse().unwrap(),
            kind: GroupType::Okta,
            name: name.into(),
            description: None,
            created: None,
            last_updated: None,
            last_membership_updated: None,
            stats: None,
        };
        let json = serde_json::json!({"id": id, "profile": {"name": name}});
        (group, RawJson::new(json.to_string()))
    }

    /// What is looked for instead of `filter` where these groups are.
    async fn asked(filter: &str, groups: &[(&str, &str)]) -> Result<String, QueryError> {
        let store = Store::in_memory().unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let items = groups.iter().map(|(id, name)| group(id, name)).collect();
        let (run, at) = (None, now);
        let groups = DirectoryOp::Groups { run, items, at };
        store.directory.apply(groups).await.unwrap();
        resolved(filter, &store.directory, now)
    }

    #[tokio::test]
    async fn a_name_that_several_things_have_is_told_with_the_id_of_each() {
        let groups = [("00g1", "Sales"), ("00g2", "Sales"), ("00g3", "Legal")];
        let legal = asked("about:legal -type:x", &groups).await.unwrap();
        assert_eq!(legal, "about=\"00g3\" -type:x");
        let QueryError::Filter(error) = asked("type:x about:Sales", &groups).await.unwrap_err()
        else {
            panic!("it is the filter that is at fault");
        };
        assert_eq!(error.column, "type:x about:".len());
        assert_eq!(
            error.message,
            "`Sales` may be group Sales (00g1) or group Sales (00g2): use one of the ids"
        );
    }

    /// `about:` a name of yesterday found what came before the renaming, and nothing since.
    #[tokio::test]
    async fn a_former_name_means_whoever_had_it() {
        let store = Store::in_memory().unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for named in [
            &[("00g1", "Sales"), ("00g2", "Legal")][..],
            &[("00g1", "Field")],
            &[("00g2", "Sales & Legal"), ("00g3", "Ops")],
            &[("00g3", "Field")],
        ] {
            let items = named.iter().map(|(id, name)| group(id, name)).collect();
            let (run, at) = (None, now);
            let op = DirectoryOp::Groups { run, items, at };
            store.directory.apply(op).await.unwrap();
        }
        let asked = |filter| resolved(filter, &store.directory, now);
        assert_eq!(asked("about:sales").unwrap(), "about=\"00g1\"");
        assert_eq!(asked("about:Legal").unwrap(), "about=\"00g2\"");
        assert_eq!(asked("about:Ops").unwrap(), "about=\"00g3\"");
        assert!(asked("about:Field").is_err());
    }

    /// `about:` a name that was another's before showed what happened to the second one as if it were all.
    #[tokio::test]
    async fn a_name_that_was_anothers_before_means_nobody() {
        let store = Store::in_memory().unwrap();
        let at = |hours: i64| Timestamp::from_second(1_800_000_000 + 3_600 * hours).unwrap();
        let read = |id, name, hours| DirectoryOp::Groups {
            run: None,
            items: vec![group(id, name)],
            at: at(hours),
        };
        let gone = |id: &str, hours| DirectoryOp::Archive {
            object: ObjectId::Group(id.parse().unwrap()),
            at: at(hours),
            evidence: None,
        };
        for op in [
            read("00g1", "Red", 0),
            read("00g1", "Blue", 1),
            read("00g2", "Red", 2),
            read("00g3", "Ghost", 3),
            gone("00g3", 4),
            read("00g4", "Ghost", 5),
        ] {
            store.directory.apply(op).await.unwrap();
        }
        let asked = |filter| resolved(filter, &store.directory, at(9));
        for (name, told) in [
            (
                "about:Red",
                "`Red` may be group Red (00g2) or group Blue (00g1, so called until 2027-01-15T09:00:00.000Z): use one of the ids",
            ),
            (
                "about:Ghost",
                "`Ghost` may be group Ghost (00g3, so called until 2027-01-15T12:00:00.000Z) or group Ghost (00g4): use one of the ids",
            ),
        ] {
            let QueryError::Filter(error) = asked(name).unwrap_err() else {
                panic!("it is the filter that is at fault");
            };
            assert_eq!(error.message, told);
        }
        assert_eq!(asked("about:Blue").unwrap(), "about=\"00g1\"");
    }

    /// Its quotes were never closed, at a column of a filter that nobody had typed.
    #[tokio::test]
    async fn a_text_that_ends_in_a_backslash_is_looked_for_as_it_stands() {
        for filter in [
            r"about:CORP\",
            r#"type:x (about:"ACME CORP\x" or about:CORP\)"#,
        ] {
            let asked = asked(filter, &[("00g1", "Sales")]).await.unwrap();
            assert!(asked.contains(r"about:CORP\"), "{asked}");
            Filter::of::<EventRow>(&asked).unwrap();
        }
    }
}
