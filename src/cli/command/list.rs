//! Lists of users, groups and apps: all of them, those that pass a filter, those related to one object.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{get, status, then};
use crate::cli::args::{ListArgs, RelatedArgs, SearchArgs, past};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::{Failure, something};
use crate::cli::listing::Listing;
use crate::cli::output::Output;
use crate::cli::record::Record;
use crate::cli::steady::{Steady, Verdict};
use crate::cli::unread;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::{ListQuery, Row, Rows, Scope, Sort, from_asked};
use crate::domain::resource::{Phase, Resource, ResourceStatus};
use crate::domain::time::format_okta;
use crate::domain::user::User;
use crate::msg::status::{Connection, Status};
use crate::msg::{Answer, Ask, ProblemKind};

/// Rows that are asked for at once: few enough for one message even with their JSON.
const WINDOW_ROWS: usize = 500;

/// A kind of object that can be listed.
pub trait Listed: Sized {
    /// The question for a window.
    fn ask(query: ListQuery) -> Ask;
    /// The lists of Okta's that tell of those in a scope.
    fn needed(scope: &Scope) -> Vec<Resource>;
    /// The rows, when the answer is to that question.
    fn rows(answer: Answer) -> Option<Rows<Self>>;
}

macro_rules! listed {
    ($type:ident, $variant:ident, $kind:ident) => {
        impl Listed for $type {
            fn ask(query: ListQuery) -> Ask {
                Ask::$variant(query)
            }
            fn needed(scope: &Scope) -> Vec<Resource> {
                needed(get::resource_of(Kind::$kind), scope)
            }
            fn rows(answer: Answer) -> Option<Rows<Self>> {
                match answer {
                    Answer::$variant(rows) => Some(rows),
                    _ => None,
                }
            }
        }
    };
}

listed!(User, Users, User);
listed!(Group, Groups, Group);
listed!(Application, Apps, App);

/// The list of what is asked for, and the one that connects it with the scope.
fn needed(own: Resource, scope: &Scope) -> Vec<Resource> {
    let link = match (scope, own) {
        (Scope::OfGroup(_), Resource::Apps) | (Scope::OfApp(_), Resource::Groups) => {
            Some(Resource::AppGroups)
        }
        (Scope::OfUser(_), Resource::Apps) | (Scope::OfApp(_), _) => Some(Resource::AppUsers),
        (Scope::OfGroup(_) | Scope::OfUser(_), _) => Some(Resource::Memberships),
        _ => None,
    };
    [own].into_iter().chain(link).collect()
}

/// Lists everything of a kind.
///
/// # Errors
/// What the agent says, [`Failure::NothingFound`] when there is nothing, or that standard output cannot be written.
pub async fn all<T: Listed>(
    args: &ListArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure>
where
    Row<T>: Record,
{
    let found = list::<T>(Scope::All, "", args, now, asker, out).await?;
    something(found)
}

/// Lists what passes a filter.
///
/// # Errors
/// As [`all`].
pub async fn search<T: Listed>(
    args: &SearchArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure>
where
    Row<T>: Record,
{
    let filter = args.filter.join(" ");
    let found = list::<T>(Scope::All, &filter, &args.list, now, asker, out).await;
    something(found.map_err(|failure| failure.about_filter(&filter))?)
}

/// Lists what belongs to one object, which is of kind `of`.
///
/// # Errors
/// As [`all`], and when there is no such object.
pub async fn related<T: Listed>(
    of: Kind,
    args: &RelatedArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure>
where
    Row<T>: Record,
{
    let scope = match get::find(of, &args.object, past(args.list.as_of, now)?, asker).await? {
        ObjectId::User(id) => Scope::OfUser(id),
        ObjectId::Group(id) => Scope::OfGroup(id),
        ObjectId::App(id) => Scope::OfApp(id),
    };
    let found = list::<T>(scope, "", &args.list, now, asker, out).await?;
    something(found)
}

/// Asks window by window and writes each as it comes. On a screen a list that changes meanwhile may show a row twice or not at all, as
/// with Okta itself; a file is written anew.
async fn list<T: Listed>(
    scope: Scope,
    filter: &str,
    args: &ListArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<usize, Failure>
where
    Row<T>: Record,
{
    let query = ListQuery {
        scope,
        filter: filter.to_owned(),
        sort: args.sort.as_ref().map(|field| Sort {
            field: field.clone(),
            descending: args.desc,
        }),
        archived: args.archived,
        as_of: past(args.as_of, now)?,
        limit: args.limit.unwrap_or(usize::MAX),
        with_raw: out.wants_json(),
        ..ListQuery::default()
    };
    write::<T>(query, asker, out).await
}

/// Writes a list: from its first row on, as many as its limit allows.
///
/// # Errors
/// What the agent says, [`Failure::Partial`] when not all of the list is known, or that it cannot be written.
pub async fn write<T: Listed>(
    query: ListQuery,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<usize, Failure>
where
    Row<T>: Record,
{
    out.about.query = Some(told(&query));
    out.about.needs = T::needed(&query.scope);
    then::note(query.as_of, asker, out).await?;
    let mut steady = Steady::begin(asker, out).await?;
    let (rows, complete) = loop {
        let (rows, complete, windows) = windows::<T>(query.clone(), asker, out).await?;
        if steady.end(windows, asker, out).await? == Verdict::Stays {
            break (rows, complete);
        }
    };
    if complete {
        return Ok(rows);
    }
    if let Some(at) = query.as_of {
        return Err(Failure::Partial(format!(
            "not all {} were known at {}: they were first read completely later",
            <Row<T> as Record>::PLURAL,
            format_okta(at)
        )));
    }
    let needed = T::needed(&query.scope);
    Err(incomplete(<Row<T> as Record>::PLURAL, &needed, asker).await)
}

/// Writes window after window; how many rows, whether that is all there is, and in how many windows.
async fn windows<T: Listed>(
    mut query: ListQuery,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(usize, bool, usize), Failure>
where
    Row<T>: Record,
{
    let limit = query.limit;
    // The first window comes before anything is written, so that a refusal leaves standard output empty.
    query.limit = limit.min(WINDOW_ROWS);
    let mut window = T::rows(asker.ask(T::ask(query.clone())).await?).ok_or_else(mismatch)?;
    let complete = window.complete;
    let mut listing = Listing::of::<Row<T>>(out)?;
    let mut windows = 1;
    loop {
        let new = from_asked(&window.rows, window.offset, query.offset);
        listing.add_rows(new)?;
        query.offset += new.len();
        query.limit = limit.saturating_sub(query.offset).min(WINDOW_ROWS);
        if new.is_empty() || query.offset >= window.matched || query.limit == 0 {
            break;
        }
        window = T::rows(asker.ask(T::ask(query.clone())).await?).ok_or_else(mismatch)?;
        windows += 1;
    }
    Ok((listing.end_of(complete)?, complete, windows))
}

/// The question as a manifest tells it.
fn told(query: &ListQuery) -> Value {
    let scope = match &query.scope {
        Scope::All => Value::Null,
        Scope::OfGroup(id) => json!({"group": id}),
        Scope::OfApp(id) => json!({"app": id}),
        Scope::OfUser(id) => json!({"user": id}),
    };
    json!({
        "of": scope,
        "filter": query.filter,
        "sort": sort_told(query.sort.as_ref()),
        "archived": query.archived,
        "as_of": query.as_of.map(format_okta),
        "limit": (query.limit != usize::MAX).then_some(query.limit),
    })
}

/// An order as a manifest tells it.
pub fn sort_told(sort: Option<&Sort>) -> Value {
    sort.map_or(
        Value::Null,
        |sort| json!({"field": sort.field, "descending": sort.descending}),
    )
}

/// How long a list that nobody has tried to read yet may take to be tried: the command may have started the agent itself.
const TRIED_LIMIT: Duration = Duration::from_secs(3);
/// How long it may take to find out whether Okta answers at all.
const ANSWERED_LIMIT: Duration = Duration::from_secs(10);

/// How the agent stands, once it has tried to read what is needed or began to: at its start it cannot tell what it may not read.
async fn status_once_tried(needed: &[Resource], asker: &mut impl Asker) -> Option<Status> {
    let began = Instant::now();
    loop {
        let status = status::ask(asker).await.ok()?;
        let limit = match status.connection {
            Connection::Starting => ANSWERED_LIMIT,
            _ => TRIED_LIMIT,
        };
        if !is_untried(&status, needed) || began.elapsed() >= limit {
            return Some(status);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether something of it was never read, is not being read, and has no reason for that.
fn is_untried(status: &Status, needed: &[Resource]) -> bool {
    if matches!(status.connection, Connection::Trouble { .. }) {
        return false;
    }
    status.resources.iter().any(|one| {
        needed.contains(&one.resource)
            && one.complete_at.is_none()
            && one.trouble.is_none()
            && matches!(one.phase, Phase::Idle | Phase::Reading { done: 0, .. })
    })
}

/// Why a list is not all there is: Okta is out of reach, or not everything has been read yet.
async fn incomplete(plural: &str, needed: &[Resource], asker: &mut impl Asker) -> Failure {
    let status = status_once_tried(needed, asker).await;
    why_incomplete(plural, needed, status)
}

fn why_incomplete(plural: &str, needed: &[Resource], status: Option<Status>) -> Failure {
    if let Some(status) = &status
        && status.org.is_none()
        && status.resources.iter().all(|one| one.complete_at.is_none())
        && is_offline(status)
    {
        return Failure::Partial(format!(
            "which {plural} there are is not known: nothing was read from Okta into {}",
            status.agent.data_dir
        ));
    }
    let refused = status.as_ref().and_then(|status| {
        let offline = is_offline(status);
        let is_refused = |one: &&ResourceStatus| {
            let is_unread = needed.contains(&one.resource) && one.complete_at.is_none();
            is_unread && (offline || one.trouble.is_some())
        };
        status.resources.iter().find(is_refused)?;
        unread::why(status, needed)
    });
    let host = status.as_ref().map(|status| status.host.clone());
    let host = host.unwrap_or_else(|| "Okta".into());
    match (status.map(|status| status.connection), refused) {
        (Some(Connection::Trouble { problem, .. }), _) if problem.kind != ProblemKind::Offline => {
            problem.into()
        }
        (Some(Connection::Starting), _) => Failure::new(
            ProblemKind::Network,
            format!("{host} has not answered yet, so not all {plural} are known"),
            "check the network, or look at `oktop doctor`",
        ),
        (_, Some(why)) => Failure::Partial(format!("not all {plural} are known; {why}")),
        _ => Failure::Partial(format!(
            "not all {plural} have been read from Okta yet; `oktop status` shows how far it is"
        )),
    }
}

fn is_offline(status: &Status) -> bool {
    matches!(&status.connection, Connection::Trouble { problem, .. } if problem.kind == ProblemKind::Offline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::ask::fake::Fake;
    use crate::cli::sample;
    use crate::domain::listing::PartialReason;
    use crate::msg::Problem;

    /// An org of `count` users that gives windows as the store does.
    fn org(count: usize) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
        Fake::new(move |ask| {
            let Ask::Users(query) = ask else {
                panic!("{ask:?}")
            };
            let end = count.min(query.offset + query.limit);
            Ok(Answer::Users(Rows {
                rows: (query.offset..end).map(sample::user).collect(),
                offset: query.offset,
                matched: count,
                total: count,
                position: None,
                complete: true,
                searched: None,
            }))
        })
    }

    async fn written(
        count: usize,
        args: &ListArgs,
        format: Format,
    ) -> (String, Vec<(usize, usize, bool)>) {
        let (mut out, written) = sample::output(format, None);
        let mut org = org(count);
        let ended = all::<User>(args, sample::moment(0), &mut org, &mut out).await;
        assert_eq!(
            ended.err().map(|failure| failure.exit_code()),
            (count == 0).then_some(3)
        );
        let asked = org.asked.iter().map(|ask| match ask {
            Ask::Users(query) => (query.offset, query.limit, query.with_raw),
            other => panic!("{other:?}"),
        });
        (written.text(), asked.collect())
    }

    #[tokio::test]
    async fn a_long_list_is_asked_for_window_by_window_and_comes_out_whole() {
        let (text, asked) = written(1_200, &ListArgs::default(), Format::Ndjson).await;
        assert_eq!(
            asked,
            [(0, 500, true), (500, 500, true), (1_000, 500, true)]
        );
        let ids = text.lines().map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            row["id"].as_str().unwrap().to_owned()
        });
        assert_eq!(
            ids.collect::<Vec<_>>(),
            (0..1_200).map(|n| format!("00u{n}")).collect::<Vec<_>>()
        );
    }

    #[tokio::test]
    async fn a_limit_bounds_the_last_window_too() {
        let args = ListArgs {
            limit: Some(501),
            ..ListArgs::default()
        };
        let (text, asked) = written(1_200, &args, Format::Csv).await;
        assert_eq!(asked, [(0, 500, false), (500, 1, false)]);
        assert_eq!(text.lines().count(), 502);
    }

    #[tokio::test]
    async fn json_is_an_array_of_oktas_objects_with_ours_beside() {
        let (text, _) = written(2, &ListArgs::default(), Format::Json).await;
        insta::assert_snapshot!(text);
        let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(rows[0]["profile"]["lastName"], "Kova\u{202e}");
        assert_eq!(
            written(0, &ListArgs::default(), Format::Json).await.0,
            "[]\n"
        );
    }

    #[tokio::test]
    async fn csv_has_headings_and_no_formula_or_control() {
        let (text, _) = written(1, &ListArgs::default(), Format::Csv).await;
        insta::assert_snapshot!(text);
        assert_eq!(
            written(0, &ListArgs::default(), Format::Csv)
                .await
                .0
                .lines()
                .count(),
            1
        );
    }

    #[tokio::test]
    async fn a_table_is_for_people() {
        let (text, _) = written(2, &ListArgs::default(), Format::Table).await;
        insta::assert_snapshot!(text);
        assert_eq!(written(0, &ListArgs::default(), Format::Table).await.0, "");
    }

    #[tokio::test]
    async fn a_search_without_a_find_says_so_by_its_status() {
        let args = SearchArgs {
            filter: vec!["status:active".into(), "x".into()],
            list: ListArgs::default(),
        };
        let (mut out, _) = sample::output(Format::Json, None);
        let mut empty = org(0);
        let failure = search::<User>(&args, sample::moment(0), &mut empty, &mut out)
            .await
            .unwrap_err();
        assert_eq!((failure.exit_code(), failure.words()), (3, None));
        assert!(
            matches!(&empty.asked[..], [Ask::Users(query)] if query.filter == "status:active x")
        );
    }

    /// The first list of an org that was out of reach said that not all had been read yet.
    #[test]
    fn an_okta_that_has_not_answered_yet_is_told() {
        let mut status = sample::status();
        status.connection = Connection::Starting;
        for one in &mut status.resources {
            one.complete_at = None;
        }
        let failure = why_incomplete("users", &[Resource::Users], Some(status.clone()));
        assert_eq!(failure.exit_code(), 6);
        let words = failure.words().unwrap();
        assert!(words.contains("has not answered yet"), "{words}");
        status.connection = Connection::Online { identity: None };
        let failure = why_incomplete("users", &[Resource::Users], Some(status));
        assert_eq!(failure.exit_code(), 7);
    }

    /// Of a directory that only had events imported, offline: a refusal, as if the question were wrong.
    #[tokio::test]
    async fn what_was_never_read_from_okta_is_not_known() {
        let mut agent = Fake::new(|ask| match ask {
            Ask::Status => {
                let mut status = sample::status();
                status.org = None;
                status.connection = Connection::Trouble {
                    since: sample::moment(0),
                    problem: crate::cli::failure::problem(ProblemKind::Offline, "offline", "-"),
                };
                for one in &mut status.resources {
                    one.complete_at = None;
                }
                Ok(Answer::Status(Box::new(status)))
            }
            _ => Ok(Answer::Users(Rows {
                rows: Vec::new(),
                offset: 0,
                matched: 0,
                total: 0,
                position: None,
                complete: false,
                searched: None,
            })),
        });
        let (mut out, _) = sample::output(Format::Json, None);
        let args = ListArgs::default();
        let ended = all::<User>(&args, sample::moment(0), &mut agent, &mut out).await;
        let failure = ended.unwrap_err();
        assert_eq!(failure.exit_code(), 7);
        let words = failure.words().unwrap();
        assert!(
            words.contains("users there are is not known: nothing was read"),
            "{words}"
        );
    }

    /// At its start the agent has not tried yet, and "not all read yet" hid the right that was missing.
    #[tokio::test]
    async fn a_right_that_is_missing_is_told_though_the_agent_has_only_started() {
        let mut asked = 0;
        let mut agent = Fake::new(move |ask| match ask {
            Ask::Status => {
                asked += 1;
                let mut status = sample::status();
                for one in &mut status.resources {
                    one.complete_at = None;
                    one.trouble = (asked > 2).then(|| PartialReason::MissingRole("Auditor".into()));
                }
                Ok(Answer::Status(Box::new(status)))
            }
            _ => Ok(Answer::Users(Rows {
                rows: Vec::new(),
                offset: 0,
                matched: 0,
                total: 0,
                position: None,
                complete: false,
                searched: None,
            })),
        });
        let (mut out, _) = sample::output(Format::Json, None);
        let args = ListArgs::default();
        let ended = all::<User>(&args, sample::moment(0), &mut agent, &mut out).await;
        let words = ended.unwrap_err().words().unwrap();
        assert!(words.contains("Auditor"), "{words}");
    }

    /// The apps of a group were "no apps" to a credential that may read none.
    #[tokio::test]
    async fn what_may_not_be_read_is_not_known_to_be_empty() {
        let mut agent = Fake::new(|ask| match ask {
            Ask::Status => {
                let mut status = sample::status();
                for one in &mut status.resources {
                    if one.resource == Resource::Apps {
                        one.complete_at = None;
                        one.trouble = Some(PartialReason::Forbidden);
                    }
                }
                Ok(Answer::Status(Box::new(status)))
            }
            _ => Ok(Answer::Apps(Rows {
                rows: Vec::new(),
                offset: 0,
                matched: 0,
                total: 0,
                position: None,
                complete: false,
                searched: None,
            })),
        });
        let (mut out, _) = sample::output(Format::Json, None);
        let scope = Scope::OfGroup("00g1".parse().unwrap());
        let args = ListArgs::default();
        let now = sample::moment(0);
        let ended = list::<Application>(scope, "", &args, now, &mut agent, &mut out).await;
        let failure = ended.unwrap_err();
        assert_eq!(failure.exit_code(), 7);
        let words = failure.words().unwrap();
        assert!(
            words.contains("apps (the credential may not read it)"),
            "{words}"
        );
    }

    #[tokio::test]
    async fn a_broken_filter_writes_nothing_and_is_pointed_at() {
        let refuse = |_: &Ask| {
            Err(Problem {
                kind: ProblemKind::Usage,
                summary: "no".into(),
                hint: None,
                column: Some(2),
            })
        };
        let args = SearchArgs {
            filter: vec!["a (b".into()],
            list: ListArgs::default(),
        };
        let (mut out, written) = sample::output(Format::Json, None);
        let failure = search::<User>(&args, sample::moment(0), &mut Fake::new(refuse), &mut out)
            .await
            .unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.words().unwrap().starts_with("  a (b\n    ^\n"));
        assert_eq!(written.text(), "");
    }
}
