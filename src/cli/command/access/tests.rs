//! Tests of how answers about access are asked for, written and ended.

use super::*;
use crate::access::{Admins, Ignorance, RoleName, Step, UseKind, Uses, Who, WhoRow, Why};
use crate::cli::args::{AsOfArgs, Format};
use crate::cli::ask::fake::Fake;
use crate::cli::failure::problem;
use crate::cli::sample;
use crate::domain::entry::{EntryKey, EntryRows};
use crate::domain::history::{Bearer, Interval};
use crate::domain::query::Rows;
use crate::msg::{AnyRow, Object, Problem};

fn named(id: ObjectId, name: &str) -> Named {
    Named {
        name: name.into(),
        subject: Subject::Object(id),
    }
}

fn ana() -> Named {
    named(ObjectId::User("00u0".parse().unwrap()), "ana\x1b[31m")
}

fn path(kind: access::PathKind) -> Path {
    let group = named(ObjectId::Group("00g1".parse().unwrap()), "eng");
    let span = Interval {
        from: sample::moment(5),
        to: None,
        began_by: None,
        ended_by: None,
    };
    Path {
        kind,
        role: Some(RoleName {
            id: RoleId::Standard("SUPER_ADMIN".into()),
            label: "Super Administrator".into(),
            within: Vec::new(),
        }),
        steps: vec![Step {
            link: Link::Member,
            to: group,
            span: Some(span),
            proof: None,
        }],
        doubt: None,
    }
}

fn blind() -> Gap {
    Gap {
        resource: Resource::GroupRules,
        why: Ignorance::NeverRead,
    }
}

fn dated() -> Gap {
    Gap {
        resource: Resource::GroupRules,
        why: Ignorance::Outdated {
            since: sample::moment(0),
            reason: crate::domain::listing::PartialReason::Forbidden,
        },
    }
}

/// An agent with one user, that gives this answer to whatever is asked about access.
fn agent(answer: access::Answer) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    Fake::new(move |ask| match ask {
        Ask::Object(ObjectId::User(_)) => Ok(Answer::Object(Box::new(Object {
            row: AnyRow::User(Box::new(sample::user(0))),
            changes: Vec::new(),
        }))),
        Ask::Object(_) => Err(problem(ProblemKind::NotFound, "none", "-")),
        Ask::Groups(_) => Ok(Answer::Groups(none())),
        Ask::Apps(_) => Ok(Answer::Apps(none())),
        Ask::Entries(_) => Ok(Answer::Entries(EntryRows {
            rows: Vec::new(),
            offset: 0,
            matched: 0,
            total: 0,
            position: None,
            complete_at: None,
            trouble: None,
        })),
        Ask::Access(asked) => Ok(Answer::Access(Box::new(match (&asked.question, &answer) {
            (Question::Who { offset, .. }, access::Answer::Who(who)) => access::Answer::Who(Who {
                rows: who.rows.iter().skip(*offset).take(1).cloned().collect(),
                ..who.clone()
            }),
            _ => answer.clone(),
        }))),
        Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
        other => panic!("{other:?}"),
    })
}

fn none<T>() -> Rows<T> {
    Rows {
        rows: Vec::new(),
        offset: 0,
        matched: 0,
        total: 0,
        position: None,
        complete: true,
        searched: None,
    }
}

fn why(has: Has, paths: Vec<Path>, gaps: Vec<Gap>) -> access::Answer {
    access::Answer::Why(Why {
        user: ana(),
        status: Some("ACTIVE".into()),
        goal: "Super Administrator".into(),
        goal_status: None,
        has,
        overlap: false,
        paths,
        gaps,
    })
}

async fn asked(answer: access::Answer, format: Format) -> (Option<u8>, String) {
    let (mut out, written) = sample::output(format, None);
    let command = AccessCommand::Why {
        user: "00u0".into(),
        goal: vec!["super".into(), "admin".into()],
        then: AsOfArgs::default(),
    };
    let ended = run(command, sample::moment(0), &mut agent(answer), &mut out).await;
    (
        ended.err().map(|failure| failure.exit_code()),
        written.text(),
    )
}

#[tokio::test]
async fn a_path_is_a_row_and_nothing_hostile_passes() {
    let (code, text) = asked(
        why(Has::Yes, vec![path(access::PathKind::Group)], vec![]),
        Format::Table,
    )
    .await;
    assert_eq!(code, None);
    insta::assert_snapshot!(text, @r"
    ID    NAME         STATUS  PATH   THROUGH  ROLE                 WITHIN  SINCE                            BY  DOUBT
    00u0  ana\x1b[31m  ACTIVE  group  eng      Super Administrator          before 2026-11-22T10:00:05.000Z
    ");
    let (_, sheet) = asked(
        why(Has::Yes, vec![path(access::PathKind::Group)], vec![]),
        Format::Csv,
    )
    .await;
    assert!(
        sheet.contains(r#","2026-11-22T10:00:05.000Z","#),
        "programs get the moment alone: {sheet}"
    );
    let (_, text) = asked(
        why(Has::Yes, vec![path(access::PathKind::Group)], vec![]),
        Format::Ndjson,
    )
    .await;
    let row: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(row["path"], "group");
    assert_eq!(row["role"]["id"], "SUPER_ADMIN");
    assert_eq!(row["steps"][0]["to"]["name"], "eng");
}

#[tokio::test]
async fn how_it_ends_tells_what_is_known() {
    let one = || vec![path(access::PathKind::Direct)];
    for (answer, code) in [
        (why(Has::Yes, one(), vec![]), None),
        (why(Has::Yes, one(), vec![dated()]), None),
        (why(Has::No, vec![], vec![]), Some(3)),
        (why(Has::Unknown, vec![], vec![blind()]), Some(7)),
        (why(Has::Yes, one(), vec![blind()]), Some(7)),
    ] {
        assert_eq!(asked(answer, Format::Json).await.0, code);
    }
}

#[tokio::test]
async fn who_asks_window_by_window() {
    let row = |n: u32| WhoRow {
        principal: named(ObjectId::User(format!("00u{n}").parse().unwrap()), "x"),
        status: None,
        paths: vec![
            path(access::PathKind::Direct),
            path(access::PathKind::Group),
        ],
        overlap: true,
    };
    let who = access::Answer::Who(Who {
        goal: "Super Administrator".into(),
        rows: (0..3).map(row).collect(),
        total: 3,
        gaps: Vec::new(),
    });
    let (mut out, written) = sample::output(Format::Ndjson, None);
    let goal = vec!["role:SUPER_ADMIN".to_owned()];
    let command = AccessCommand::Who {
        goal,
        then: AsOfArgs::default(),
    };
    run(command, sample::moment(0), &mut agent(who), &mut out)
        .await
        .unwrap();
    assert_eq!(written.text().lines().count(), 6);
}

/// An org with two users called Ana Dup, eve (once called old@acme.example), a group, and a client; of them eve has a role by the group, and
/// so has a client that no list has any more.
fn org_of_eve() -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    let then = sample::moment(-5);
    let admin = |principal| Admin {
        principal,
        status: None,
        paths: vec![path(access::PathKind::GroupRule)],
    };
    let client = |id: &str| EntryKey {
        kind: EntryKind::Client,
        parent: None,
        id: id.parse().unwrap(),
    };
    let gone = Named {
        name: "old bot".into(),
        subject: Subject::Entry(client("0oa9")),
    };
    let eve = named(ObjectId::User("00u1".parse().unwrap()), "Eve@acme.example");
    Fake::new(move |ask| match ask {
        Ask::Object(_) => Err(problem(ProblemKind::NotFound, "none", "-")),
        Ask::Users(query) => {
            let numbers: &[usize] = match (query.filter.to_lowercase().as_str(), query.as_of) {
                ("login=\"eve@acme.example\"", _) => &[1],
                ("login=\"old@acme.example\"", Some(at)) if at == then => &[1],
                ("name=\"ana dup\"", _) => &[2, 3],
                ("login=\"fay@acme.example\"", _) => &[4],
                _ => &[],
            };
            Ok(Answer::Users(Rows {
                rows: numbers.iter().copied().map(sample::user).collect(),
                ..none()
            }))
        }
        Ask::Groups(_) => Ok(Answer::Groups(none())),
        Ask::Bearers(..) => Ok(Answer::Bearers(Vec::new())),
        Ask::Entries(_) => Ok(Answer::Entries(EntryRows {
            rows: Vec::new(),
            offset: 0,
            matched: 0,
            total: 0,
            position: None,
            complete_at: Some(sample::moment(0)),
            trouble: None,
        })),
        Ask::Access(_) => Ok(Answer::Access(Box::new(access::Answer::Admins(Admins {
            rows: vec![admin(eve.clone()), admin(gone.clone())],
            gaps: Vec::new(),
        })))),
        Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
        other => panic!("{other:?}"),
    })
}

async fn admins_got(name: &str, ago: Option<&str>) -> (Option<u8>, String, String) {
    let (mut out, written) = sample::output(Format::Csv, None);
    let command = AdminsCommand::Get {
        principal: name.into(),
        then: AsOfArgs {
            as_of: ago.map(|ago| ago.parse().unwrap()),
        },
    };
    let ended = admins(command, sample::moment(0), &mut org_of_eve(), &mut out).await;
    let failure = ended.err();
    let words = failure.as_ref().and_then(Failure::words);
    (
        failure.map(|failure| failure.exit_code()),
        words.unwrap_or_default(),
        written.text(),
    )
}

/// A mistyped login, a name of two and the name of then were all answered as if it were nobody's role.
#[tokio::test]
async fn an_admin_is_who_the_name_means_and_nobody_is_told_from_no_role() {
    for (name, ago) in [
        ("eve@ACME.example", None),
        ("old@acme.example", Some("5s")),
        ("old bot", None),
        ("0oa9", None),
    ] {
        let (code, words, text) = admins_got(name, ago).await;
        assert_eq!((code, text.lines().count()), (None, 2), "{name}: {words}");
    }
    let (code, words, _) = admins_got("Ana Dup", None).await;
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("user 00u2, user 00u3"), "{words}");
    for (name, ago) in [("eve", None), ("old@acme.example", None)] {
        let (code, words, _) = admins_got(name, ago).await;
        assert_eq!(code, Some(3), "{name}");
        assert!(words.contains("none of the users"), "{name}: {words}");
        assert!(words.contains(&format!("about:{name}")), "{words}");
    }
    // She is somebody, and has none.
    let (code, words, _) = admins_got("fay@acme.example", None).await;
    assert_eq!((code, words.as_str()), (Some(3), ""));
    let fay = Subject::Object(ObjectId::User("00u4".parse().unwrap()));
    assert_eq!(no_role("fay", &fay), "fay holds no admin role");
}

#[tokio::test]
async fn a_group_has_the_paths_that_lead_through_it() {
    let row = PathRow {
        principal: ana(),
        status: None,
        overlap: false,
        path: path(access::PathKind::Group),
    };
    for (id, is_of) in [("00g1", true), ("00g2", false)] {
        let group = Subject::Object(ObjectId::Group(id.parse().unwrap()));
        assert_eq!(row.is_of(&group), is_of, "{id}");
    }
}

#[tokio::test]
async fn a_goal_that_means_nothing_or_too_much_is_refused() {
    let mut agent = agent(why(Has::No, vec![], vec![]));
    assert_eq!(
        find_goal("nothing", None, &mut agent)
            .await
            .unwrap_err()
            .exit_code(),
        3
    );
    assert_eq!(
        find_goal("Read-only Administrator", None, &mut agent)
            .await
            .unwrap(),
        Goal::Role(RoleId::Standard("READ_ONLY_ADMIN".into()))
    );
    let mut both = Fake::new(|ask| match ask {
        Ask::Object(_) => Ok(Answer::Object(Box::new(Object {
            row: AnyRow::User(Box::new(sample::user(0))),
            changes: Vec::new(),
        }))),
        _ => Ok(Answer::Entries(EntryRows {
            rows: Vec::new(),
            offset: 0,
            matched: 0,
            total: 0,
            position: None,
            complete_at: None,
            trouble: None,
        })),
    });
    let failure = find_goal("super", None, &mut both).await.unwrap_err();
    assert_eq!(failure.exit_code(), 2);
    let words = failure.words().unwrap();
    assert!(
        words.contains("app:super or group:super or role:SUPER_ADMIN"),
        "{words}"
    );
}

fn nothing<T>() -> Rows<T> {
    Rows {
        rows: Vec::new(),
        matched: 0,
        total: 9,
        offset: 0,
        position: None,
        complete: true,
        searched: None,
    }
}

/// Of a month in which an app was not there yet it was said that there is none of that name.
#[tokio::test]
async fn a_goal_that_was_not_there_then_is_told_with_when_it_was() {
    let payroll = Bearer {
        id: ObjectId::App("0oa1".parse().unwrap()),
        name: "Payroll".into(),
        is_login: false,
        spans: vec![(Some(sample::moment(9)), None)],
        made: Some(sample::moment(9)),
        gone: None,
    };
    let mut org = Fake::new(move |ask| match ask {
        Ask::Apps(_) => Ok(Answer::Apps(nothing())),
        Ask::Groups(_) => Ok(Answer::Groups(nothing())),
        Ask::Bearers(Kind::App, _) => Ok(Answer::Bearers(vec![payroll.clone()])),
        Ask::Bearers(..) => Ok(Answer::Bearers(Vec::new())),
        Ask::Object(_) => Err(problem(ProblemKind::NotFound, "none", "-")),
        _ => Ok(Answer::Entries(EntryRows {
            rows: Vec::new(),
            offset: 0,
            matched: 0,
            total: 0,
            position: None,
            complete_at: None,
            trouble: None,
        })),
    });
    let failure = find_goal("Payroll", Some(sample::moment(7)), &mut org).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.exit_code(), 3);
    let words = failure.words().unwrap();
    assert!(
        words.contains("there was no app or group called Payroll at")
            && words.contains("app Payroll (0oa1, so called since"),
        "{words}"
    );
}

#[tokio::test]
async fn uses_are_rows() {
    let uses = access::Answer::Uses(Uses {
        group: named(ObjectId::Group("00g1".parse().unwrap()), "eng"),
        uses: vec![Use {
            kind: UseKind::RuleGives,
            by: ana(),
            detail: Some("ACTIVE".into()),
            span: None,
        }],
        gaps: Vec::new(),
    });
    let question = Question::Uses {
        group: "00g1".parse().unwrap(),
    };
    let (mut out, written) = sample::output(Format::Json, None);
    super::uses(question, None, &mut agent(uses), &mut out)
        .await
        .unwrap();
    let rows: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
    assert_eq!(rows[0]["use"], "rule_gives");
}

/// SINCE of what was only seen looked like the moment at which it began.
#[test]
fn since_when_a_group_is_used_is_told_as_it_is_known() {
    let used = |began_by| {
        UseRow(Use {
            kind: UseKind::RuleGives,
            by: ana(),
            detail: None,
            span: Some(Interval {
                from: sample::moment(5),
                to: None,
                began_by,
                ended_by: None,
            }),
        })
    };
    let at = format_okta(sample::moment(5));
    assert_eq!(use_since(&used(None)), format!("before {at}"));
    let event = crate::domain::id::EventUuid([1; 16]);
    assert_eq!(use_since(&used(Some(event))), at);
}

#[tokio::test]
async fn a_role_that_is_nobodys_is_none_of_oktas_own_either() {
    let mut org = Fake::new(|ask| match ask {
        Ask::Entries(_) => Ok(Answer::Entries(EntryRows {
            rows: Vec::new(),
            offset: 0,
            matched: 0,
            total: 0,
            position: None,
            complete_at: Some(sample::moment(0)),
            trouble: None,
        })),
        Ask::Status => Ok(Answer::Status(Box::new(sample::status()))),
        _ => Err(problem(ProblemKind::NotFound, "none", "-")),
    });
    let failure = find_goal("role:nonsense", None, &mut org)
        .await
        .unwrap_err();
    assert_eq!(failure.exit_code(), 3);
    let words = failure.words().unwrap();
    assert!(words.contains("neither one of Okta's own"), "{words}");
}
