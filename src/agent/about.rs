//! What people mean by `about:NAME` in a filter of the log: the user, group or app of that login, name or label, whose id is looked for.
//!
//! Whoever is called otherwise now is found by every name that they had, and so are the events since. What means none of them may be the id of something else, or the name of somebody who was never in the mirror: then events are looked
//! for that have it as an id, or exactly it as a name.

use jiff::Timestamp;

use crate::domain::filter::{Filter, FilterError, Sought};
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::{EventRow, ListQuery, Row};
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
    let mut found = named(text, directory, now)?;
    if found.is_empty() {
        found = formerly(text, directory)?;
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(Some(format!("about=\"{}\"", one.as_str()))),
        (Some(last), false) => {
            found.push(last);
            Err(several(sought, &found, directory).into())
        }
        (None, _) => {
            let text = quoted(text);
            Ok(Some(format!(
                "(about:{text} or actor={text} or target={text})"
            )))
        }
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
    let mut found = named(text, directory, now)?;
    if found.is_empty() {
        found = formerly(text, directory)?;
    }
    if found.len() > 1 {
        let sought = Sought {
            field: FIELD.to_owned(),
            at: 0..0,
            text: text.to_owned(),
        };
        return Err(several(&sought, &found, directory).into());
    }
    Ok(found.pop())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn several(sought: &Sought, found: &[ObjectId], directory: &Directory) -> FilterError {
    let told = found.iter().map(|id| {
        let (kind, text) = (id.kind().word(), id.as_str());
        match directory.name(id).ok().flatten() {
            Some(name) => format!("{kind} {name} ({text})"),
            None => format!("{kind} {text}"),
        }
    });
    let told: Vec<String> = told.collect();
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

/// Everything with exactly this login, name or label; the living, where there are any.
fn named(text: &str, directory: &Directory, now: Timestamp) -> Result<Vec<ObjectId>, QueryError> {
    let mut rows = Vec::new();
    for kind in [Kind::User, Kind::Group, Kind::App] {
        let query = |field: &str| ListQuery {
            filter: format!("{field}={}", quoted(text)),
            archived: true,
            limit: MAX_NAMED,
            ..ListQuery::default()
        };
        match kind {
            Kind::User => {
                let mut found = directory.users(&query("login"), now)?.rows;
                if found.is_empty() {
                    found = directory.users(&query("name"), now)?.rows;
                }
                rows.extend(
                    found
                        .into_iter()
                        .map(|row| taken(row, |user| ObjectId::User(user.id))),
                );
            }
            Kind::Group => {
                let found = directory.groups(&query("name"), now)?.rows;
                rows.extend(
                    found
                        .into_iter()
                        .map(|row| taken(row, |group| ObjectId::Group(group.id))),
                );
            }
            Kind::App => {
                let found = directory.apps(&query("label"), now)?.rows;
                rows.extend(
                    found
                        .into_iter()
                        .map(|row| taken(row, |app| ObjectId::App(app.id))),
                );
            }
        }
    }
    let is_living = rows.iter().any(|(_, is_living)| *is_living);
    rows.retain(|(_, living)| *living == is_living);
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

/// Everything that once had this login, name or label.
fn formerly(text: &str, directory: &Directory) -> Result<Vec<ObjectId>, QueryError> {
    let mut found = Vec::new();
    for kind in [Kind::User, Kind::Group, Kind::App] {
        found.extend(directory.formerly(kind, text)?);
    }
    Ok(found)
}

fn taken<T>(row: Row<T>, id: fn(T) -> ObjectId) -> (ObjectId, bool) {
    (id(row.value), row.archived.is_none())
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
        // Those who are called so now come first, however many were.
        assert_eq!(asked("about:Ops").unwrap(), "about=\"00g3\"");
        assert!(asked("about:Field").is_err());
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
