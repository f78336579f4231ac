//! Tests of how changes are asked for, window by window, and of what they are about.

use super::*;
use crate::access::Proof;
use crate::cli::args::Format;
use crate::cli::ask::fake::Fake;
use crate::cli::failure::problem;
use crate::cli::sample;
use crate::domain::entry::{EntryKey, EntryKind};
use crate::domain::history::{Bearer, ChangePlace, ChangeRow};
use crate::domain::id::EventUuid;
use crate::domain::id::ObjectId;
use crate::domain::query::Rows;
use crate::domain::time::When;
use crate::msg::{ChangesNext, ChangesRest, Problem};

fn told(n: usize, at: Timestamp) -> ChangeTold {
    let row = ChangeRow {
        at,
        subject: Subject::Object(ObjectId::User(format!("00u{n}").parse().unwrap())),
        name: format!("user{n}").into(),
        parent_name: None,
        stamped: None,
        what: Change::Field {
            field: "profile.title".into(),
            before: None,
            after: Some("\"=boss\"".into()),
        },
        evidence: None,
    };
    ChangeTold {
        row,
        proof: None,
        names: Vec::new(),
        through: None,
    }
}

/// Changes at these moments (seconds), given as the store gives them.
fn history(secs: Vec<i64>) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    Fake::new(move |ask| match ask {
        Ask::Changes(query) => Ok(window(&secs, query)),
        _ => Err(problem(ProblemKind::NotFound, "none", "-")),
    })
}

fn window(secs: &[i64], query: &ChangesQuery) -> Answer {
    let rows = secs.iter().enumerate().rev();
    let rows = rows.map(|(n, secs)| told(n, sample::moment(*secs)));
    let rows = rows.filter(|told| query.since <= told.row.at && told.row.at < query.until);
    // The place of the fake is its number.
    let passed = query.from.as_ref().and_then(|from| from.behind);
    let place = |told: &ChangeTold| json::subject_id(&told.row.subject)[3..].parse().unwrap();
    let rows = rows.filter(|told| passed.is_none_or(|passed| place(told) < passed.at_ms));
    let rows: Vec<ChangeTold> = rows.take(query.limit).collect();
    let last = rows.last().filter(|_| rows.len() == query.limit);
    let next = last.map(|last| ChangesNext {
        at: last.row.at,
        behind: Some(ChangePlace {
            at_ms: place(last),
            what: 0,
            of: (0, 0),
            to_last: 0,
        }),
        rest: ChangesRest {
            seen_until: query.until,
            moves: 0,
            parts: Vec::new(),
        },
    });
    Answer::Changes(ChangesFound { rows, next })
}

fn found(rows: Vec<ChangeTold>) -> Answer {
    Answer::Changes(ChangesFound { rows, next: None })
}

async fn listed(secs: Vec<i64>, args: ChangesArgs) -> (Option<u8>, Vec<String>) {
    let (mut out, written) = sample::output(Format::Ndjson, None);
    let ended = run(
        &args,
        sample::moment(1_000_000),
        &mut history(secs),
        &mut out,
    )
    .await;
    let id = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    (
        ended.err().map(|failure| failure.exit_code()),
        written.text().lines().map(id).collect(),
    )
}

fn always() -> ChangesArgs {
    ChangesArgs {
        since: Some(When::At(sample::moment(0))),
        until: None,
        object: None,
        limit: None,
    }
}

fn newest_first(count: usize) -> Vec<String> {
    (0..count).rev().map(|n| format!("00u{n}")).collect()
}

#[tokio::test]
async fn every_change_comes_once_however_many_share_a_moment() {
    for (secs, what) in [
        ((0..10).collect::<Vec<i64>>(), "few"),
        ((0..1_700).collect(), "many moments"),
        (vec![7; 1_700], "one moment"),
        ((0..1_700).map(|n| n / 600).collect(), "few moments"),
        ((0..500).collect(), "exactly a window"),
    ] {
        let expected = newest_first(secs.len());
        assert_eq!(listed(secs, always()).await, (None, expected), "{what}");
    }
}

#[tokio::test]
async fn a_limit_keeps_the_newest() {
    let args = ChangesArgs {
        limit: Some(3),
        ..always()
    };
    let (_, ids) = listed((0..1_700).collect(), args).await;
    assert_eq!(ids, ["00u1699", "00u1698", "00u1697"]);
}

#[test]
fn a_change_that_the_log_proves_is_told_at_the_moment_of_its_event() {
    let mut change = told(1, sample::moment(100));
    let at = |change: &ChangeTold| (ChangeTold::COLUMNS[0].text)(change);
    assert_eq!(at(&change), format_okta(sample::moment(100)));
    change.proof = Some(Proof {
        event: EventUuid([7; 16]),
        at: sample::moment(2),
        event_type: "user.account.update_profile".into(),
        by: None,
        by_id: None,
        by_hand: true,
        rule: None,
        privilege: None,
    });
    assert_eq!(at(&change), format_okta(sample::moment(2)));
    let json = json::change_row(&change);
    assert_eq!(json["at"], format_okta(sample::moment(2)).as_str());
}

/// A moment that was only seen looked like one that the log proves.
#[test]
fn a_moment_says_what_it_rests_on() {
    let mut change = told(1, sample::moment(100));
    let shown = |change: &ChangeTold| {
        let cell = (ChangeTold::COLUMNS[0].told.unwrap())(change);
        (cell, json::at_proof(change))
    };
    let moment = |secs| format_okta(sample::moment(secs));
    let seen = format!("before {}", moment(100));
    assert_eq!(shown(&change), (seen, "first_seen"));
    change.row.stamped = Some(sample::moment(60));
    assert_eq!(shown(&change), (moment(60), "stamp"));
    change.row.evidence = Some(EventUuid([7; 16]));
    assert_eq!(shown(&change).1, "log");
}

/// While Okta was out of reach "nothing changed" was the answer.
#[test]
fn nothing_changed_is_no_answer_where_nothing_can_be_seen() {
    let mut status = sample::status();
    assert_eq!(unseen_words(&status, sample::moment(60)), None);
    for one in &mut status.resources {
        if one.resource == Resource::Log {
            one.trouble = Some(PartialReason::Forbidden);
        }
    }
    let told = unseen_words(&status, sample::moment(60)).unwrap();
    assert!(told.contains("may not read it"), "{told}");
    status.log.polled = Some(sample::moment(30));
    status.connection = Connection::Trouble {
        since: sample::moment(30),
        problem: problem(ProblemKind::Network, "refused", "-"),
    };
    let told = unseen_words(&status, sample::moment(60)).unwrap();
    assert!(
        told.contains("10:00:30") && told.contains("refused"),
        "{told}"
    );
    assert_eq!(unseen_words(&status, sample::moment(20)), None);

    let mut silent = sample::status();
    silent.log.polled = Some(sample::moment(30));
    silent.no_answer_since = Some(sample::moment(40));
    let told = unseen_words(&silent, sample::moment(60)).unwrap();
    assert!(
        told.contains("10:00:30")
            && told.ends_with("has not answered since 2026-11-22T10:00:40.000Z"),
        "{told}"
    );
    silent.log.polled = Some(sample::moment(50));
    assert_eq!(
        unseen_words(&silent, sample::moment(60)),
        None,
        "the log is read"
    );
}

#[tokio::test]
async fn nothing_and_nonsense_are_told_apart() {
    assert_eq!(listed(vec![], always()).await.0, Some(3));
    let backwards = ChangesArgs {
        until: Some(When::At(sample::moment(-5))),
        ..always()
    };
    assert_eq!(listed(vec![1], backwards).await.0, Some(2));
    let unknown = ChangesArgs {
        object: Some("user:nobody here".into()),
        ..always()
    };
    let ended = listed(vec![1], unknown).await.0;
    assert_eq!(ended, Some(3));
}

#[tokio::test]
async fn a_table_tells_before_and_after() {
    let (mut out, written) = sample::output(Format::Table, None);
    run(
        &always(),
        sample::moment(60),
        &mut history(vec![5]),
        &mut out,
    )
    .await
    .unwrap();
    insta::assert_snapshot!(written.text(), @r#"
    AT                               TYPE  NAME   PARENT  CHANGE  WHAT           BEFORE  AFTER    BY
    before 2026-11-22T10:00:05.000Z  user  user0          field   profile.title          "=boss"
    "#);
}

#[tokio::test]
async fn a_change_of_a_role_names_whose_role_it_is() {
    let role = || {
        let mut told = told(1, sample::moment(5));
        told.row.subject = Subject::Entry(EntryKey {
            kind: EntryKind::UserRole,
            parent: Some("00u7".parse().unwrap()),
            id: "ra1".parse().unwrap(),
        });
        told.row.name = "SUPER_ADMIN".into();
        told.row.parent_name = Some("ana@acme.com".into());
        told.row.what = Change::Appeared;
        told
    };
    let mut written = Vec::new();
    for format in [Format::Table, Format::Ndjson, Format::Csv] {
        let mut agent = Fake::new(move |ask| match ask {
            Ask::Changes(_) => Ok(found(vec![role()])),
            _ => Err(problem(ProblemKind::NotFound, "none", "-")),
        });
        let (mut out, text) = sample::output(format, None);
        let now = sample::moment(60);
        run(&always(), now, &mut agent, &mut out).await.unwrap();
        written.push(text.text());
    }
    insta::assert_snapshot!(written[0], @r"
    AT                               TYPE       NAME         PARENT        CHANGE    WHAT  BEFORE  AFTER  BY
    before 2026-11-22T10:00:05.000Z  user_role  SUPER_ADMIN  ana@acme.com  appeared
    ");
    let row: serde_json::Value = serde_json::from_str(&written[1]).unwrap();
    assert_eq!(
        (&row["parent"], &row["parent_name"]),
        (&"00u7".into(), &"ana@acme.com".into())
    );
    let cells = r#""SUPER_ADMIN","ana@acme.com","00u7""#;
    assert!(written[2].contains(cells), "{}", written[2]);
}

/// Before the mirror was filled nothing could be noticed: that is no "nothing changed".
#[tokio::test]
async fn a_span_that_begins_before_the_mirror_is_told_as_unknown() {
    for (secs, known_since, code) in [
        (vec![], Some(600_000), Some(7)),
        (vec![500_000], Some(1), Some(7)),
        (vec![500_000], None, Some(7)),
        (vec![], Some(0), Some(3)),
        (vec![500_000], Some(0), None),
    ] {
        let known_since = known_since.map(sample::moment);
        let mut agent = Fake::new(move |ask| match ask {
            Ask::Changes(query) => Ok(window(&secs, query)),
            Ask::Status => {
                let mut status = sample::status();
                for one in &mut status.resources {
                    one.known_since = known_since;
                }
                Ok(Answer::Status(Box::new(status)))
            }
            other => panic!("{other:?}"),
        });
        let (mut out, _) = sample::output(Format::Table, None);
        let ended = run(&always(), sample::moment(1_000_000), &mut agent, &mut out).await;
        let code_of = |failure: &Failure| failure.exit_code();
        assert_eq!(ended.as_ref().err().map(code_of), code);
        if let Some(from) = known_since.filter(|_| code == Some(7)) {
            let words = ended.unwrap_err().words().unwrap();
            assert!(
                words.contains(&format!("known from {}", format_okta(from))),
                "{words}"
            );
        }
    }
}

/// The columns were as wide as the newest row needed, and every wider one put the rest of its line out of line.
#[tokio::test]
async fn the_columns_of_a_table_line_up_over_several_answers() {
    let secs: Vec<i64> = (0..1_200).collect();
    let mut agent = Fake::new(move |ask| match ask {
        Ask::Changes(query) => {
            let Answer::Changes(mut found) = window(&secs, query) else {
                unreachable!("it is one");
            };
            // The older, the longer.
            for told in &mut found.rows {
                let age = 1_200 - (told.row.at.as_second() - sample::moment(0).as_second());
                told.row.name = "x".repeat(1 + usize::try_from(age).unwrap() / 100).into();
            }
            Ok(Answer::Changes(found))
        }
        _ => Err(problem(ProblemKind::NotFound, "none", "-")),
    });
    let (mut out, written) = sample::output(Format::Table, None);
    let now = sample::moment(1_000_000);
    run(&always(), now, &mut agent, &mut out).await.unwrap();
    let text = written.text();
    let place = |line: &str| line.find("profile.title").or_else(|| line.find("WHAT"));
    let places: std::collections::BTreeSet<_> = text.lines().map(place).collect();
    assert_eq!((text.lines().count(), places.len()), (1_201, 1), "{text}");
}

/// Of a group's assignment, what Okta made of it for each of 270 people buried what the admin had done.
#[tokio::test]
async fn what_one_cause_made_alike_is_one_row_of_a_table() {
    let assigned = |n: usize, by_hand: bool| {
        // Ninety at each of three moments.
        let mut one = told(n, sample::moment(1_000 - i64::try_from(n).unwrap() / 90));
        one.row.what = Change::Began {
            relation: crate::domain::history::Relation::UserAssignment,
            other: Subject::Object(ObjectId::App("0oa1".parse().unwrap())),
            other_name: "Zoom".into(),
        };
        one.proof = Some(Proof {
            event: EventUuid([7; 16]),
            at: one.row.at,
            event_type: "application.user_membership.add".into(),
            by: Some(if by_hand { "Ana" } else { "Okta System" }.into()),
            by_id: None,
            by_hand,
            rule: None,
            privilege: None,
        });
        one
    };
    let told_of = async |format: Format, by_hand: bool| {
        let all: Vec<ChangeTold> = (0..270).map(|n| assigned(n, by_hand)).collect();
        let mut agent = Fake::new(move |ask| match ask {
            Ask::Changes(_) => Ok(found(all.clone())),
            _ => Err(problem(ProblemKind::NotFound, "none", "-")),
        });
        let (mut out, written) = sample::output(format, None);
        let _ = run(&always(), sample::moment(1_000_000), &mut agent, &mut out).await;
        written.text()
    };
    let table = told_of(Format::Table, false).await;
    assert_eq!(table.lines().count(), 7, "{table}");
    assert_eq!(
        table.matches("... and 89 more like it").count(),
        3,
        "{table}"
    );
    assert!(folded_words(267).starts_with("267 rows are not shown"));
    assert_eq!(told_of(Format::Ndjson, false).await.lines().count(), 270);
    assert_eq!(told_of(Format::Csv, false).await.lines().count(), 271);
    // Whatever a person did is told one by one.
    assert_eq!(told_of(Format::Table, true).await.lines().count(), 271);
}

/// "None of the custom roles has the name Super Administrator".
#[tokio::test]
async fn changes_of_one_of_oktas_own_roles_are_found_by_its_name() {
    let grant = |n: usize, role: &str| {
        let mut one = told(n, sample::moment(100));
        one.row.subject = Subject::Entry(EntryKey {
            kind: EntryKind::UserRole,
            parent: Some(format!("00u{n}").parse().unwrap()),
            id: format!("ra{n}").parse().unwrap(),
        });
        one.row.name = role.into();
        one.row.what = Change::Appeared;
        one
    };
    let all = vec![
        grant(1, "Super Administrator"),
        grant(2, "Help Desk Administrator"),
        told(3, sample::moment(100)),
    ];
    for name in ["role:Super Administrator", "role:SUPER_ADMIN"] {
        let all = all.clone();
        let mut agent = Fake::new(move |ask| match ask {
            Ask::Changes(query) if query.subject.is_none() => Ok(found(all.clone())),
            _ => Err(problem(ProblemKind::NotFound, "none", "-")),
        });
        let args = ChangesArgs {
            object: Some(name.to_owned()),
            ..always()
        };
        let (mut out, written) = sample::output(Format::Ndjson, None);
        let ended = run(&args, sample::moment(1_000_000), &mut agent, &mut out).await;
        assert!(ended.is_ok(), "{name}: {ended:?}");
        let text = written.text();
        assert_eq!(text.lines().count(), 1, "{name}: {text}");
        assert!(text.contains("ra1"), "{text}");
    }
}

/// It was an id in a table of names.
#[test]
fn the_group_that_gives_an_assignment_is_told_by_its_name() {
    let mut one = told(1, sample::moment(100));
    one.row.what = Change::Reassigned {
        other: Subject::Object(ObjectId::App("0oa1".parse().unwrap())),
        other_name: "Zoom".into(),
        field: "group".into(),
        before: None,
        after: Some("00g1".into()),
    };
    one.names = vec![("00g1".into(), "Sales".into())];
    let after = ChangeTold::COLUMNS
        .iter()
        .find(|column| column.name == "after");
    let after = after.unwrap();
    assert_eq!((after.told.unwrap())(&one), "Sales");
    assert_eq!((after.text)(&one), "00g1");
    assert_eq!(json::change_row(&one)["after"], "00g1");
}

/// Nothing was found of a user who had been renamed, by the login that the alert named.
#[tokio::test]
async fn whoever_is_called_otherwise_now_is_meant_by_a_former_name() {
    fn nothing<T>() -> Rows<T> {
        Rows {
            rows: Vec::new(),
            offset: 0,
            matched: 0,
            total: 9,
            position: None,
            complete: true,
            searched: None,
        }
    }
    let of = |text: &'static str| async move {
        let mut org = Fake::new(|ask| match ask {
            Ask::Bearers(Kind::User, name) if name.ends_with("old@acme.example") => {
                let bearer = |id: &str| Bearer {
                    id: ObjectId::User(id.parse().unwrap()),
                    name: "ana@acme.example".into(),
                    is_login: true,
                    spans: vec![(None, Some(sample::moment(7)))],
                    made: None,
                    gone: None,
                };
                // One login was two people's, one after the other.
                let bearers = ["00u7", "00u8"].map(bearer).into_iter();
                let count = if name.starts_with("very") { 2 } else { 1 };
                Ok(Answer::Bearers(bearers.take(count).collect()))
            }
            Ask::Bearers(..) => Ok(Answer::Bearers(Vec::new())),
            Ask::Users(_) => Ok(Answer::Users(nothing())),
            Ask::Groups(_) => Ok(Answer::Groups(nothing())),
            Ask::Apps(_) => Ok(Answer::Apps(nothing())),
            Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
            _ => Err(problem(ProblemKind::NotFound, "none", "-")),
        });
        let found = find_subject(text, &mut org).await;
        found.map_err(|failure| failure.exit_code())
    };
    let ana = Subject::Object(ObjectId::User("00u7".parse().unwrap()));
    assert_eq!(of("old@acme.example").await, Ok(ana.clone()));
    assert_eq!(of("user:old@acme.example").await, Ok(ana));
    assert_eq!(of("group:old@acme.example").await, Err(3));
    assert_eq!(of("veryold@acme.example").await, Err(2));
    assert_eq!(of("user:veryold@acme.example").await, Err(2));
    assert_eq!(of("nobody@acme.example").await, Err(3));
}
