//! One object, found by its id or by the name people know it by.

use jiff::Timestamp;

use super::list::Listed;
use crate::cli::args::Format;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::{Failure, problem};
use crate::cli::json;
use crate::cli::listing::no_json;
use crate::cli::output::{self, Output};
use crate::cli::record::Record;
use crate::cli::unread;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::history::{Bearer, Existed, FieldChange};
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::{ListQuery, Row};
use crate::domain::resource::Resource;
use crate::domain::time::format_okta;
use crate::domain::user::User;
use crate::msg::{Answer, AnyRow, Ask, Object, Problem, ProblemKind};

/// Objects of the same name that are told of: enough to choose from.
const MAX_CANDIDATES: usize = 10;

/// Prints the object of this kind that `name` means.
///
/// # Errors
/// When there is none or several, what the agent says, or that standard output cannot be written.
pub async fn get(
    kind: Kind,
    name: &str,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let id = find(kind, name, at, asker).await?;
    if let Some(at) = at {
        return then(id, at, asker, out).await;
    }
    let Object { row, changes } = object(id, asker).await?;
    match row {
        AnyRow::User(row) => print(Kind::User, &*row, &changes, out),
        AnyRow::Group(row) => print(Kind::Group, &*row, &changes, out),
        AnyRow::App(row) => print(Kind::App, &*row, &changes, out),
    }
}

/// Prints an object as it was.
async fn then(
    id: ObjectId,
    at: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let words = super::then::told(Some(at), asker).await?;
    output::say_notes(&words.into_iter().collect::<Vec<_>>());
    let name = format!("the {} {}", id.kind().word(), id.as_str());
    let Answer::ObjectThen(found) = asker.ask(Ask::ObjectThen(id, at)).await? else {
        return Err(mismatch());
    };
    let when = format_okta(at);
    let row = match (found.existed, found.row) {
        (Existed::No, _) => {
            let words = format!("{name} did not exist at {when}");
            let hint = "`oktop changes --object` tells when it came and went";
            return Err(Failure::new(ProblemKind::NotFound, words, hint));
        }
        (Existed::Unknown, _) | (Existed::Yes, None) => {
            return Err(Failure::Partial(format!(
                "{name} was first read after {when}: what it was then is not known"
            )));
        }
        (Existed::Yes, Some(row)) => row,
    };
    match row {
        AnyRow::User(row) => print(Kind::User, &*row, &[], out),
        AnyRow::Group(row) => print(Kind::Group, &*row, &[], out),
        AnyRow::App(row) => print(Kind::App, &*row, &[], out),
    }
}

async fn object(id: ObjectId, asker: &mut impl Asker) -> Result<Object, Failure> {
    match asker.ask(Ask::Object(id)).await? {
        Answer::Object(object) => Ok(*object),
        _ => Err(mismatch()),
    }
}

/// The id of the object that `name` means: an id that the mirror has, or else exactly that login, name or label. Whoever asks about `at`
/// means what was called so then; or else what Okta had then and has called so at any time, if that is one thing.
///
/// # Errors
/// When there is none or several, or what the agent says.
pub async fn find(
    kind: Kind,
    name: &str,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
) -> Result<ObjectId, Failure> {
    let found = candidates(kind, name, at, asker).await?;
    the_one(kind, name, at, found, asker).await
}

/// The one that bears a name, or bore it once.
///
/// # Errors
/// When there is none, or several did, one after the other too; or what the agent says.
pub async fn find_ever(
    kind: Kind,
    name: &str,
    asker: &mut impl Asker,
) -> Result<ObjectId, Failure> {
    if let Some(id) = with_id(kind, name, asker).await? {
        return Ok(id);
    }
    let bearers = bearers(kind, name, asker).await?;
    if bearers.len() > 1 {
        return Err(several(name, &bearers));
    }
    let found = bearers.into_iter().map(|one| one.id).collect();
    the_one(kind, name, None, found, asker).await
}

/// Every object of a kind that bears a name, or bore it once.
///
/// # Errors
/// What the agent says.
pub async fn bearers(
    kind: Kind,
    name: &str,
    asker: &mut impl Asker,
) -> Result<Vec<Bearer>, Failure> {
    match asker.ask(Ask::Bearers(kind, name.to_owned())).await? {
        Answer::Bearers(found) => Ok(found),
        _ => Err(mismatch()),
    }
}

/// That a name is, or was, that of several.
pub fn several(name: &str, bearers: &[Bearer]) -> Failure {
    let told: Vec<String> = bearers.iter().map(ToString::to_string).collect();
    Failure::new(
        ProblemKind::Usage,
        format!("{name} may be {}", told.join(" or ")),
        "use one of the ids",
    )
}

async fn the_one(
    kind: Kind,
    name: &str,
    at: Option<Timestamp>,
    mut found: Vec<ObjectId>,
    asker: &mut impl Asker,
) -> Result<ObjectId, Failure> {
    let (plural, field) = match words_of(kind) {
        (plural, "login") => (plural, "login or full name"),
        others => others,
    };
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(last), false) => {
            found.push(last);
            let ids: Vec<&str> = found.iter().map(ObjectId::as_str).collect();
            Err(Failure::new(
                ProblemKind::Usage,
                format!("several {plural} are called {name}: {}", ids.join(", ")),
                "use one of the ids",
            ))
        }
        (None, _) => {
            if let Some(at) = at
                && let Some(failure) = called_at_other_times(&[kind], name, at, asker).await?
            {
                return Err(failure);
            }
            let failure = not_found((plural, field), name);
            Err(unread::or_unread(failure, &[resource_of(kind)], asker).await)
        }
    }
}

/// That what bears a name, or bore it once, was not there at `at`.
///
/// # Errors
/// What the agent says.
pub async fn called_at_other_times(
    kinds: &[Kind],
    name: &str,
    at: Timestamp,
    asker: &mut impl Asker,
) -> Result<Option<Failure>, Failure> {
    let mut told = Vec::new();
    for kind in kinds {
        let bearers = bearers(*kind, name, asker).await?;
        told.extend(bearers.iter().map(ToString::to_string));
    }
    if told.is_empty() {
        return Ok(None);
    }
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    Ok(Some(Failure::new(
        ProblemKind::NotFound,
        format!(
            "there was no {} called {name} at {}, only {}",
            words.join(" or "),
            format_okta(at),
            told.join(" and ")
        ),
        "`oktop changes --object ID` tells when it came and went",
    )))
}

/// The plural of a kind, and the field that people name its objects by.
pub fn words_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::User => (<Row<User> as Record>::PLURAL, "login"),
        Kind::Group => (<Row<Group> as Record>::PLURAL, "name"),
        Kind::App => (<Row<Application> as Record>::PLURAL, "label"),
    }
}

/// The list that has all of a kind.
pub fn resource_of(kind: Kind) -> Resource {
    match kind {
        Kind::User => Resource::Users,
        Kind::Group => Resource::Groups,
        Kind::App => Resource::Apps,
    }
}

/// Every object that `name` may mean, at most `MAX_CANDIDATES`: the one with this id, or else those with exactly this login, name
/// or label; users of no such login also by their full name. Whoever asks about `at` means those that were called so then, or else those
/// that Okta had then and that have been called so at any time.
///
/// # Errors
/// What the agent says.
pub async fn candidates(
    kind: Kind,
    name: &str,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
) -> Result<Vec<ObjectId>, Failure> {
    if let Some(id) = with_id(kind, name, asker).await? {
        return Ok(vec![id]);
    }
    let found = called(kind, name, at, asker).await?;
    match at {
        Some(at) if found.is_empty() => {
            let mut bearers = bearers(kind, name, asker).await?;
            bearers.retain(|one| one.existed(at));
            Ok(bearers.into_iter().map(|one| one.id).collect())
        }
        _ => Ok(found),
    }
}

/// The object with this id, if the mirror has it.
///
/// # Errors
/// What the agent says.
pub async fn with_id(
    kind: Kind,
    name: &str,
    asker: &mut impl Asker,
) -> Result<Option<ObjectId>, Failure> {
    let Some(id) = as_id(kind, name) else {
        return Ok(None);
    };
    match asker.ask(Ask::Object(id.clone())).await {
        Ok(_) => Ok(Some(id)),
        Err(Problem {
            kind: ProblemKind::NotFound,
            ..
        }) => Ok(None),
        Err(problem) => Err(problem.into()),
    }
}

/// The objects that are called so, or were at `as_of`.
async fn called(
    kind: Kind,
    name: &str,
    as_of: Option<Timestamp>,
    asker: &mut impl Asker,
) -> Result<Vec<ObjectId>, Failure> {
    let (_, field) = words_of(kind);
    let name = (name, as_of);
    match kind {
        Kind::User => {
            let id = |user: User| ObjectId::User(user.id);
            match by_name::<User>(field, name, asker, id).await? {
                // Full names are shared more often than logins, so the login comes first.
                none if none.is_empty() => by_name::<User>("name", name, asker, id).await,
                found => Ok(found),
            }
        }
        Kind::Group => {
            by_name::<Group>(field, name, asker, |group| ObjectId::Group(group.id)).await
        }
        Kind::App => by_name::<Application>(field, name, asker, |app| ObjectId::App(app.id)).await,
    }
}

/// The text as an id of this kind, when it can be one.
pub fn as_id(kind: Kind, text: &str) -> Option<ObjectId> {
    match kind {
        Kind::User => text.parse().ok().map(ObjectId::User),
        Kind::Group => text.parse().ok().map(ObjectId::Group),
        Kind::App => text.parse().ok().map(ObjectId::App),
    }
}

async fn by_name<T: Listed>(
    field: &str,
    (name, as_of): (&str, Option<Timestamp>),
    asker: &mut impl Asker,
    id: fn(T) -> ObjectId,
) -> Result<Vec<ObjectId>, Failure> {
    let query = ListQuery {
        filter: format!("{field}={}", quoted(name)),
        archived: true,
        as_of,
        limit: MAX_CANDIDATES,
        ..ListQuery::default()
    };
    let found = T::rows(asker.ask(T::ask(query)).await?).ok_or_else(mismatch)?;
    // A name that was used again after its first bearer was archived means the living one.
    let (living, gone): (Vec<_>, Vec<_>) = found
        .rows
        .into_iter()
        .partition(|row| row.archived.is_none());
    let meant = if living.is_empty() { gone } else { living };
    Ok(meant.into_iter().map(|row| id(row.value)).collect())
}

fn not_found((plural, field): (&str, &str), name: &str) -> Failure {
    let summary = format!("none of the {plural} has the id or {field} {name}");
    let search = format!("`oktop {plural} search` finds parts of names");
    let hint = format!("{search}; {}", in_the_log(name));
    problem(ProblemKind::NotFound, summary, hint).into()
}

/// Where a name is still to be found that no list has: who was made and deleted between two readings is in the log alone.
pub fn in_the_log(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    let about = if name.chars().all(is_plain) {
        format!("about:{name}")
    } else {
        format!("'about:{}'", quoted(name))
    };
    format!("`oktop events search {about}` finds what was made and deleted unseen")
}

/// A value in quotes, as the filter language reads it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn print<T>(
    kind: Kind,
    row: &Row<T>,
    changes: &[FieldChange],
    out: &mut Output,
) -> Result<(), Failure>
where
    Row<T>: Record,
{
    if out.format() == Format::Json || out.format() == Format::Ndjson {
        let ours = json::ours_with_changes(kind, row, changes);
        let json = row
            .raw
            .as_ref()
            .and_then(|raw| json::with_ours(raw, &ours))
            .ok_or_else(no_json)?;
        return Ok(out.text(&(json + "\n"))?);
    }
    fields(row, out)
}

/// Writes one row: each field on a line of its own, or as CSV with headings.
///
/// # Errors
/// When standard output cannot be written.
pub fn fields<R: Record>(row: &R, out: &mut Output) -> Result<(), Failure> {
    let names: Vec<&str> = R::COLUMNS.iter().map(|column| column.name).collect();
    let texts: Vec<String> = R::COLUMNS.iter().map(|column| (column.text)(row)).collect();
    if out.format() == Format::Csv {
        return Ok(out.sheet(&names, &[texts])?);
    }
    let filled = names.iter().zip(texts).filter(|(_, text)| !text.is_empty());
    let lines: Vec<Vec<String>> = filled
        .map(|(name, text)| vec![(*name).to_owned(), text])
        .collect();
    Ok(out.sheet(&["field", "value"], &lines)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::fake::Fake;
    use crate::cli::sample;
    use crate::domain::history::Archived;
    use crate::domain::query::Rows;

    fn not_there() -> Problem {
        problem(ProblemKind::NotFound, "no such object", "-")
    }

    /// An org whose users all have the login that is asked for; those from `gone` on are archived.
    fn org(users: usize, gone: usize) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
        Fake::new(move |ask| match ask {
            Ask::Object(ObjectId::User(id)) => {
                let number = id.as_str().strip_prefix("00u").and_then(|n| n.parse().ok());
                let row = sample::user(number.filter(|n| *n < users).ok_or_else(not_there)?);
                Ok(Answer::Object(Box::new(Object {
                    row: AnyRow::User(Box::new(row)),
                    changes: Vec::new(),
                })))
            }
            Ask::Users(query) => {
                let mut rows: Vec<_> = (0..users).map(sample::user).collect();
                for row in &mut rows[gone..] {
                    row.archived = Some(Archived {
                        at: sample::moment(0),
                        evidence: None,
                    });
                }
                rows.truncate(query.limit);
                Ok(Answer::Users(Rows {
                    matched: users,
                    total: users,
                    rows,
                    offset: 0,
                    position: None,
                    complete: true,
                    searched: None,
                }))
            }
            Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
            other => panic!("{other:?}"),
        })
    }

    #[tokio::test]
    async fn an_id_is_tried_first_and_a_login_needs_one_question() {
        let mut two = org(2, 2);
        assert_eq!(
            find(Kind::User, "00u1", None, &mut two)
                .await
                .unwrap()
                .as_str(),
            "00u1"
        );
        let mut one = org(1, 1);
        assert_eq!(
            find(Kind::User, "a \"b\"@acme.example", None, &mut one)
                .await
                .unwrap()
                .as_str(),
            "00u0"
        );
        assert!(
            matches!(&one.asked[..], [Ask::Users(query)] if query.filter == "login=\"a \\\"b\\\"@acme.example\"")
        );
    }

    /// A bearer of the name that is asked for, made and gone at these moments.
    fn bearer(id: &str, made: i64, gone: Option<i64>) -> Bearer {
        Bearer {
            id: ObjectId::User(id.parse().unwrap()),
            name: "amy@acme.example".into(),
            is_login: true,
            spans: vec![(Some(sample::moment(made)), gone.map(sample::moment))],
            made: Some(sample::moment(made)),
            gone: gone.map(sample::moment),
        }
    }

    /// `--as-of` a day on which she had another login did not find her by it.
    #[tokio::test]
    async fn whoever_was_called_otherwise_then_is_found_by_that_name_and_by_todays() {
        let then = sample::moment(7);
        for (login, times_asked) in [("old@acme.example", 1), ("new@acme.example", 3)] {
            let mut org = Fake::new(move |ask| {
                let Ask::Users(query) = ask else {
                    let Ask::Bearers(Kind::User, name) = ask else {
                        panic!("{ask:?}")
                    };
                    assert_eq!(name, "new@acme.example");
                    return Ok(Answer::Bearers(vec![bearer("00u0", 1, None)]));
                };
                let called = match query.as_of {
                    Some(at) if at == then => "login=\"old@acme.example\"",
                    _ => "login=\"new@acme.example\"",
                };
                let rows: Vec<_> = (0..1)
                    .filter(|_| query.filter == called)
                    .map(sample::user)
                    .collect();
                Ok(Answer::Users(Rows {
                    matched: rows.len(),
                    total: 9,
                    rows,
                    offset: 0,
                    position: None,
                    complete: true,
                    searched: None,
                }))
            });
            let found = find(Kind::User, login, Some(then), &mut org).await.unwrap();
            assert_eq!(found.as_str(), "00u0");
            assert_eq!(org.asked.len(), times_asked, "{login}");
        }
    }

    /// The name of a group was resolved to one that was made an hour after the moment asked about, and "no paths" was the answer.
    #[tokio::test]
    async fn a_name_means_nothing_that_was_not_there_then() {
        for (bearers, told) in [
            (vec![bearer("00u1", 1, None)], Ok("00u1")),
            (
                vec![bearer("00u1", 1, Some(5)), bearer("00u2", 2, None)],
                Ok("00u2"),
            ),
            (
                vec![bearer("00u1", 1, None), bearer("00u2", 2, None)],
                Err((2, "00u1, 00u2")),
            ),
            (vec![bearer("00u1", 9, None)], Err((3, "there was no user"))),
            (Vec::new(), Err((3, "none of the users"))),
        ] {
            let mut org = Fake::new(move |ask| match ask {
                Ask::Users(_) => Ok(Answer::Users(Rows {
                    rows: Vec::new(),
                    matched: 0,
                    total: 9,
                    offset: 0,
                    position: None,
                    complete: true,
                    searched: None,
                })),
                Ask::Bearers(..) => Ok(Answer::Bearers(bearers.clone())),
                Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
                other => panic!("{other:?}"),
            });
            let then = Some(sample::moment(7));
            let found = find(Kind::User, "amy@acme.example", then, &mut org).await;
            match (found, told) {
                (Ok(id), Ok(wanted)) => assert_eq!(id.as_str(), wanted),
                (Err(failure), Err((code, words))) => {
                    assert_eq!(failure.exit_code(), code);
                    let said = failure.words().unwrap();
                    assert!(said.contains(words), "{said}");
                }
                (found, told) => panic!("{:?} instead of {told:?}", found.map_err(|it| it.words())),
            }
        }
    }

    #[tokio::test]
    async fn a_user_is_found_by_full_name_where_no_login_is_meant() {
        for (bearers, code) in [(1, None), (2, Some(2)), (0, Some(3))] {
            let mut org = Fake::new(move |ask| match ask {
                Ask::Users(query) => {
                    let named = query.filter == "name=\"Ana Silva\"";
                    let rows: Vec<_> = (0..bearers).filter(|_| named).map(sample::user).collect();
                    Ok(Answer::Users(Rows {
                        matched: rows.len(),
                        total: 9,
                        rows,
                        offset: 0,
                        position: None,
                        complete: true,
                        searched: None,
                    }))
                }
                Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
                other => panic!("{other:?}"),
            });
            let found = find(Kind::User, "Ana Silva", None, &mut org).await;
            assert_eq!(
                found.as_ref().err().map(Failure::exit_code),
                code,
                "{bearers}"
            );
            if let Err(failure) = found.as_ref().map_err(Failure::words)
                && bearers > 1
            {
                assert!(
                    failure
                        .as_ref()
                        .is_some_and(|words| words.contains("00u0, 00u1"))
                );
            }
        }
    }

    /// A super admin who was made and deleted while no agent ran was "none of the users", and nobody was sent to the log.
    #[tokio::test]
    async fn whoever_is_in_no_list_is_sought_in_the_log() {
        for (name, about) in [
            ("ghost@acme.example", "search about:ghost@acme.example`"),
            ("Ana Silva", "search 'about:\"Ana Silva\"'`"),
        ] {
            let none = find(Kind::User, name, None, &mut org(0, 0)).await;
            let words = none.unwrap_err().words().unwrap();
            assert!(words.contains(about), "{words}");
        }
    }

    #[tokio::test]
    async fn nobody_several_and_the_dead_are_told_apart() {
        assert_eq!(
            find(Kind::User, "ana", None, &mut org(0, 0))
                .await
                .unwrap_err()
                .exit_code(),
            3
        );
        assert_eq!(
            find(Kind::User, "ana", None, &mut org(2, 2))
                .await
                .unwrap_err()
                .exit_code(),
            2
        );
        assert_eq!(
            find(Kind::User, "ana", None, &mut org(2, 1))
                .await
                .unwrap()
                .as_str(),
            "00u0"
        );
        assert_eq!(
            find(Kind::User, "ana", None, &mut org(1, 0))
                .await
                .unwrap()
                .as_str(),
            "00u0"
        );
    }

    #[tokio::test]
    async fn one_object_is_one_json_value_or_a_line_for_each_field() {
        let (mut out, written) = sample::output(Format::Json, None);
        get(Kind::User, "00u0", None, &mut org(1, 1), &mut out)
            .await
            .unwrap();
        let value: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
        assert_eq!(
            (&value["id"], &value["_oktop"]["kind"]),
            (&"00u0".into(), &"user".into())
        );
        let (mut out, written) = sample::output(Format::Table, None);
        get(Kind::User, "00u0", None, &mut org(1, 1), &mut out)
            .await
            .unwrap();
        insta::assert_snapshot!(written.text());
    }
}
