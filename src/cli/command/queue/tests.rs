//! Tests of `oktop queue` on plans made by hand.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::confirm::Person;
use super::*;
use crate::action::plan::OpId;
use crate::cli::args::Format;
use crate::cli::args::queue::RunArgs;
use crate::cli::ask::fake::Fake;
use crate::cli::sample;
use crate::cli::sample::queue::{clear, half_done, line, plan, small, suspend, user};
use crate::domain::change::{Change, GroupProfile};
use crate::msg::Problem;
use crate::msg::queue::{Confirmation, Handed, LeftOut, QueueStatus, Which};

/// An agent that has this plan: confirming leads to each of the `then` in turn, by a piece of news each.
fn agent(
    first: PlanTold,
    then: Vec<PlanTold>,
) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    let mut then = VecDeque::from(then);
    let mut now = first;
    let mut is_confirmed = false;
    Fake::new(move |ask| {
        let answer = match ask {
            Ask::Subscribe => return Ok(Answer::Done(String::new())),
            Ask::Queue(QueueAsk::Show(_)) => {
                if is_confirmed && let Some(next) = then.pop_front() {
                    now = next;
                }
                QueueAnswer::Plan(Box::new(now.clone()))
            }
            Ask::Queue(QueueAsk::Confirm(_)) => {
                is_confirmed = true;
                now = then.pop_front().unwrap();
                QueueAnswer::Plan(Box::new(now.clone()))
            }
            Ask::Queue(QueueAsk::Secret(op)) => QueueAnswer::Secret((op.op == 1).then(|| Handed {
                what: "temporary password".to_owned(),
                value: "s3cr\u{1b}et".to_owned(),
            })),
            other => panic!("{other:?}"),
        };
        Ok(Answer::Queue(answer))
    })
}

fn args(confirm: Option<&str>) -> RunArgs {
    RunArgs {
        dry_run: false,
        plan: 17,
        confirm: confirm.map(str::to_owned),
        reason: Some("because".to_owned()),
        print_secrets: false,
    }
}

fn states(told: &PlanTold, states: &[State]) -> PlanTold {
    let mut told = told.clone();
    for (op, state) in told.ops.iter_mut().zip(states) {
        op.line.state = *state;
    }
    told
}

/// How a run ended: its exit status, its words, what it confirmed, and what it wrote.
struct Ended {
    code: u8,
    words: String,
    confirmed: Option<Confirmation>,
    written: String,
}

async fn run_of(
    args: RunArgs,
    queue: &QueueStatus,
    (first, then): (PlanTold, Vec<PlanTold>),
    person: Person<'_>,
    format: Format,
) -> Ended {
    let mut agent = agent(first, then);
    let (mut out, written) = sample::output(format, None);
    let done = super::run::run(&args, queue, (person, pending()), &mut agent, &mut out).await;
    let (code, words) = match done {
        Ok(()) => (0, String::new()),
        Err(failure) => (failure.exit_code(), failure.words().unwrap_or_default()),
    };
    let confirmed = agent.asked.into_iter().find_map(|ask| match ask {
        Ask::Queue(QueueAsk::Confirm(confirmation)) => Some(confirmation),
        _ => None,
    });
    Ended {
        code,
        words,
        confirmed,
        written: written.text(),
    }
}

async fn confirmed_by(told: &PlanTold, given: &str) -> Ended {
    let done = states(told, &[State::Verified, State::Verified]);
    run_of(
        args(Some(given)),
        &QueueStatus::default(),
        (told.clone(), vec![done]),
        Person::Away,
        Format::Json,
    )
    .await
}

#[tokio::test]
async fn a_plan_is_confirmed_by_what_it_is_about_and_by_nothing_else() {
    let one = plan(&[(suspend(), State::Proposed)]);
    let two = plan(&[(suspend(), State::Proposed), (clear(), State::Proposed)]);
    let deactivate = Change::DeactivateUser {
        user: user(),
        send_email: false,
    };
    let grave = plan(&[(deactivate, State::Proposed)]);
    let fresh = plan(&[(
        Change::CreateGroup(GroupProfile::named("Fresh ones")),
        State::Proposed,
    )]);
    let phrase = "users.deactivate cdefgh";
    for (told, given, typed) in [
        (small(), "00u1abcdefgh", Some("")),
        (small(), "", None),
        (small(), "y", None),
        (one.clone(), "00u1abcdefgh", Some("cdefgh")),
        (one.clone(), "cdefgh", Some("cdefgh")),
        (one.clone(), "xcdefgh", None),
        (one.clone(), "1", None),
        (two.clone(), "2", Some("2")),
        (two.clone(), "00u1abcdefgh", None),
        (grave.clone(), phrase, Some(phrase)),
        (grave.clone(), "00u1abcdefgh", None),
        (fresh.clone(), "Fresh ones", Some("")),
    ] {
        let ended = confirmed_by(&told, given).await;
        let sent = ended.confirmed.map(|one| {
            assert_eq!((one.plan, &*one.digest), (17, "d1g3st"));
            assert_eq!(one.reason.as_deref(), Some("because"));
            one.typed
        });
        assert_eq!(sent.as_deref(), typed, "{given}");
        assert_eq!(ended.code, if typed.is_some() { 0 } else { 8 }, "{given}");
        // What is printed as the line that carries it out does so.
        let wanted = confirm::wanted(&told);
        assert_eq!(confirmed_by(&told, &wanted).await.code, 0, "{wanted}");
    }
    assert_eq!(
        super::told::run_line(&grave),
        "oktop queue run 17 --confirm 'users.deactivate cdefgh'"
    );
    assert_eq!(
        super::told::run_line(&two),
        "oktop queue run 17 --confirm 2"
    );
}

#[tokio::test]
async fn without_a_confirmation_the_plan_is_shown_and_nothing_is_sent() {
    for (person, code) in [(Person::Away, 8), (Person::NotToBeAsked, 2)] {
        let waiting = plan(&[(suspend(), State::Proposed)]);
        let ended = run_of(
            args(None),
            &QueueStatus::default(),
            (waiting, Vec::new()),
            person,
            Format::Json,
        )
        .await;
        assert_eq!((ended.code, ended.confirmed), (code, None));
        let words = ended.words;
        assert!(
            words.contains("`oktop queue run 17 --confirm 00u1abcdefgh`"),
            "{words}"
        );
        let json: Value = serde_json::from_str(&ended.written).unwrap();
        assert_eq!(
            (&json["plan"], &json["confirm"]),
            (&17.into(), &"00u1abcdefgh".into())
        );
    }
}

#[tokio::test]
async fn a_person_types_what_the_console_wants() {
    let waiting = plan(&[(suspend(), State::Proposed)]);
    let done = states(&waiting, &[State::Verified]);
    for (told, line, code) in [
        (waiting.clone(), "cdefgh", 0),
        (waiting.clone(), "", 8),
        (waiting, "y", 8),
        (small(), "y", 0),
        (small(), "n", 8),
    ] {
        let asked = Arc::new(Mutex::new(String::new()));
        let question = Arc::clone(&asked);
        let person = Person::There(Box::new(move |words| {
            words.clone_into(&mut question.lock().unwrap());
            Ok(line.to_owned())
        }));
        let queue = QueueStatus::default();
        let plans = (told, vec![done.clone()]);
        let ended = run_of(args(None), &queue, plans, person, Format::Table).await;
        assert_eq!(ended.code, code, "{line}");
        assert!(asked.lock().unwrap().starts_with("type "));
        assert_eq!(ended.confirmed.is_some(), code == 0);
    }
}

#[tokio::test]
async fn nothing_is_confirmed_where_nothing_may_be_sent() {
    let read_only = QueueStatus {
        read_only: Some("the profile is read-only".to_owned()),
        ..QueueStatus::default()
    };
    let halted = QueueStatus {
        halted: Some("an exercise".to_owned()),
        ..QueueStatus::default()
    };
    for (queue, told) in [(read_only, "read-only"), (halted, "queue resume")] {
        let waiting = plan(&[(suspend(), State::Proposed)]);
        let plans = (waiting, Vec::new());
        let given = args(Some("00u1abcdefgh"));
        let ended = run_of(given, &queue, plans, Person::Away, Format::Json).await;
        assert_eq!((ended.code, ended.confirmed), (8, None));
        assert!(ended.words.contains(told), "{}", ended.words);
    }
}

#[tokio::test]
async fn what_a_guard_refuses_is_not_asked_about() {
    let mut refused = plan(&[(suspend(), State::Proposed)]);
    refused.findings.push(crate::msg::queue::Finding {
        op: Some(1),
        refuses: true,
        words: "that is your own account".to_owned(),
    });
    let ended = confirmed_by(&refused, "00u1abcdefgh").await;
    assert_eq!((ended.code, ended.confirmed), (8, None));
    assert!(ended.words.contains("your own account"));
}

#[tokio::test]
async fn a_run_ends_as_its_plan_ended() {
    let waiting = plan(&[(suspend(), State::Proposed), (clear(), State::Proposed)]);
    for (end, code) in [
        ([State::Verified, State::Verified], 0),
        ([State::Verified, State::ResolvedYes], 0),
        ([State::Verified, State::Failed], 7),
        ([State::Verified, State::Blocked], 7),
        ([State::NeedsHuman, State::Blocked], 7),
        ([State::Failed, State::Blocked], 1),
        ([State::Stale, State::Blocked], 8),
        ([State::Proposed, State::Proposed], 8),
    ] {
        let underway = [
            [State::Approved, State::Approved],
            [State::InFlight, State::Approved],
            [State::Accepted, State::Unknown],
        ];
        let then = underway.iter().chain([&end]);
        let then = then.map(|each| states(&waiting, each)).collect();
        let queue = QueueStatus::default();
        let plans = (waiting.clone(), then);
        let ended = run_of(args(Some("2")), &queue, plans, Person::Away, Format::Json).await;
        assert_eq!(ended.code, code, "{end:?}: {}", ended.words);
        let json: Value = serde_json::from_str(&ended.written).unwrap();
        assert_eq!(json["ops"][1]["state"], end[1].word());
        let is_named = |state: &State| state.is_done() || ended.words.contains(state.word());
        assert!(end.iter().all(is_named), "{}", ended.words);
    }
}

/// What was left with Ctrl-C is followed again, and asks for nothing.
#[tokio::test]
async fn a_plan_that_is_under_way_is_followed() {
    let underway = plan(&[(suspend(), State::InFlight)]);
    let mut shows = 0;
    let mut agent = Fake::new(move |ask: &Ask| {
        let Ask::Queue(QueueAsk::Show(17)) = ask else {
            return Ok(Answer::Done(String::new()));
        };
        shows += 1;
        let state = if shows < 3 {
            State::Accepted
        } else {
            State::Verified
        };
        let told = states(&underway, &[state]);
        Ok(Answer::Queue(QueueAnswer::Plan(Box::new(told))))
    });
    let (mut out, _) = sample::output(Format::Table, None);
    let queue = QueueStatus::default();
    let person = (Person::Away, pending());
    super::run::run(&args(None), &queue, person, &mut agent, &mut out)
        .await
        .unwrap();
    let confirms = |ask: &Ask| matches!(ask, Ask::Queue(QueueAsk::Confirm(_)));
    assert!(!agent.asked.iter().any(confirms));
}

/// The first command after a start was told that the queue is not open.
#[tokio::test]
async fn an_agent_that_has_just_started_is_waited_for() {
    let mut starting = sample::status();
    starting.connection = Connection::Starting;
    let mut agent = Fake::new(|_: &Ask| Ok(Answer::Done(String::new())));
    let status = ready(starting, &mut agent).await.unwrap();
    assert!(status.queue.revision > 0);
    assert_eq!(agent.asked, [Ask::Subscribe]);
    ready(status, &mut agent).await.unwrap();
    assert_eq!(agent.asked.len(), 1);
    // Without an org there is no queue, and what is asked is answered so.
    let mut away = sample::status();
    away.connection = Connection::Trouble {
        since: sample::moment(0),
        problem: crate::cli::failure::problem(ProblemKind::Network, "no connection", "-"),
    };
    assert!(!is_ready(&away));
    away.org = None;
    assert!(is_ready(&away));
}

/// An agent whose news never come: only the signal ends it.
struct Silent(PlanTold);

impl Asker for Silent {
    async fn ask(&mut self, ask: Ask) -> Result<Answer, Problem> {
        Ok(match ask {
            Ask::Queue(_) => Answer::Queue(QueueAnswer::Plan(Box::new(self.0.clone()))),
            _ => Answer::Done(String::new()),
        })
    }
}

impl Follower for Silent {
    async fn next_news(&mut self) -> Result<crate::msg::Push, Problem> {
        pending().await
    }
}

#[tokio::test]
async fn a_signal_ends_the_following_and_not_the_queue() {
    let underway = plan(&[(suspend(), State::Verified), (clear(), State::InFlight)]);
    let (mut out, written) = sample::output(Format::Json, None);
    let person = (Person::Away, std::future::ready(()));
    let queue = QueueStatus::default();
    let left = super::run::run(&args(None), &queue, person, &mut Silent(underway), &mut out)
        .await
        .unwrap_err();
    assert_eq!(left.exit_code(), 130);
    let words = left.words().unwrap();
    for part in [
        "goes on",
        "1 of 2 done, 1 under way",
        "`oktop queue run 17`",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(written.text(), "");
}

#[tokio::test]
async fn secrets_go_to_a_terminal_or_where_they_are_sent() {
    let change = Change::ExpirePassword {
        user: user(),
        temporary: true,
    };
    let waiting = plan(&[(change, State::Proposed)]);
    let done = states(&waiting, &[State::Verified]);
    for (anywhere, width, format, is_printed) in [
        (false, None, Format::Table, false),
        (false, Some(80), Format::Table, true),
        (true, None, Format::Json, true),
        (false, None, Format::Json, false),
    ] {
        let mut agent = agent(waiting.clone(), vec![done.clone()]);
        let (mut out, written) = sample::output(format, width);
        let args = RunArgs {
            print_secrets: anywhere,
            ..args(Some("00u1abcdefgh"))
        };
        let queue = QueueStatus::default();
        let person = (Person::Away, pending());
        super::run::run(&args, &queue, person, &mut agent, &mut out)
            .await
            .unwrap();
        let text = written.text();
        assert_eq!(text.contains("s3cr"), is_printed, "{text}");
        assert!(!text.contains('\u{1b}'));
        let is_taken = |ask: &Ask| matches!(ask, Ask::Queue(QueueAsk::Secret(_)));
        assert_eq!(agent.asked.iter().any(is_taken), is_printed);
    }
    let op = |op| OpId { plan: 17, op };
    for (number, width, code) in [
        (1, None, Some(8)),
        (1, Some(80), None),
        (2, Some(80), Some(3)),
    ] {
        let mut agent = agent(waiting.clone(), Vec::new());
        let (mut out, _) = sample::output(Format::Table, width);
        let done = secret::run(op(number), false, &mut agent, &mut out).await;
        assert_eq!(done.err().map(|failure| failure.exit_code()), code);
    }
}

#[tokio::test]
async fn a_plan_is_told_in_full() {
    let told = half_done();
    let written = |format| {
        let (mut out, written) = sample::output(format, None);
        super::told::write(&told, &mut out).unwrap();
        written.text()
    };
    insta::assert_snapshot!("in_full", written(Format::Table));
    insta::assert_snapshot!("as_json", written(Format::Json));
    insta::assert_snapshot!("as_csv", written(Format::Csv));
    let (mut out, diff) = sample::output(Format::Table, None);
    super::told::write_diff(&told, &mut out).unwrap();
    insta::assert_snapshot!("diff", diff.text());
    let (mut out, diff) = sample::output(Format::Csv, None);
    super::told::write_diff(&told, &mut out).unwrap();
    assert_eq!(diff.text().lines().count(), 3);
}

#[tokio::test]
async fn what_was_staged_is_told_with_what_was_not_and_the_line_that_runs_it() {
    let staged = || plan(&[(suspend(), State::Proposed), (clear(), State::Proposed)]);
    let left = LeftOut {
        change: "users.suspend".to_owned(),
        target: "Bo Li".into(),
        why: "it is so already".to_owned(),
        is_done: false,
    };
    let told = |left: Vec<LeftOut>, format| async move {
        let mut agent = Fake::new(move |_: &Ask| {
            let answer = QueueAnswer::Staged(Box::new(staged()), left.clone());
            Ok(Answer::Queue(answer))
        });
        let (mut out, written) = sample::output(format, None);
        let which = Which { plan: 16, op: None };
        let done = stage::ask(QueueAsk::Undo(which), &mut agent, &mut out).await;
        (
            done.err().map(|failure| failure.exit_code()),
            written.text(),
        )
    };
    let (code, text) = told(vec![left.clone()], Format::Table).await;
    assert_eq!(code, Some(7));
    insta::assert_snapshot!("staged", text);
    let (code, text) = told(vec![left], Format::Json).await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &json["left_out"][0]["why"]),
        (Some(7), &"it is so already".into())
    );
    assert_eq!(json["run"], "oktop queue run 17 --confirm 2");
    assert_eq!(told(Vec::new(), Format::Csv).await.0, None);
}

#[tokio::test]
async fn the_list_has_what_is_open_and_with_all_what_is_over() {
    let listed = |all, format| async move {
        let mut agent = Fake::new(|ask: &Ask| {
            let Ask::Queue(QueueAsk::List { before, .. }) = ask else {
                panic!("{ask:?}")
            };
            let waiting = plan(&[(suspend(), State::Proposed), (clear(), State::Blocked)]);
            let plans = match before {
                None => vec![line(&waiting)],
                Some(17) => vec![PlanLine {
                    number: 3,
                    ..line(&half_done())
                }],
                Some(_) => Vec::new(),
            };
            Ok(Answer::Queue(QueueAnswer::Plans(plans)))
        });
        let (mut out, written) = sample::output(format, None);
        list(all, &mut agent, &mut out).await.unwrap();
        written.text()
    };
    insta::assert_snapshot!("list", listed(true, Format::Table).await);
    let open: Value = serde_json::from_str(&listed(false, Format::Json).await).unwrap();
    let states: Vec<&Value> = open
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["state"])
        .collect();
    assert_eq!(states, ["staged", "blocked"]);
    let row = open[0].as_object().unwrap();
    let mut names: Vec<&str> = row.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "change", "id", "name", "plan", "since", "state", "target", "tier", "why"
        ]
    );
}

/// Okta replaces a group's profile as a whole: a new name took the description away.
#[tokio::test]
async fn what_is_not_typed_of_a_group_stays() {
    use clap::Parser as _;
    let words = ["oktop", "groups", "update", "00g1", "--name", "New"];
    let cli = crate::cli::args::Cli::try_parse_from(words).unwrap();
    let Some(crate::cli::args::Command::Groups(crate::cli::args::GroupsCommand::Stage(verb))) =
        cli.command
    else {
        panic!("no verb")
    };
    let changes = verb.proposal.changes(&mut &b""[..]).unwrap();
    let mut agent = Fake::new(|ask: &Ask| match ask {
        Ask::Object(_) => Ok(Answer::Object(Box::new(crate::msg::Object {
            row: crate::msg::AnyRow::Group(Box::new(sample::group(
                r#"{"profile":{"name":"Old","description":"kept"}}"#,
            ))),
            changes: Vec::new(),
        }))),
        _ => Ok(Answer::Queue(QueueAnswer::Staged(
            Box::new(plan(&[(suspend(), State::Proposed)])),
            Vec::new(),
        ))),
    });
    let (mut out, _) = sample::output(Format::Table, None);
    stage::typed(&verb.proposal, changes, &mut agent, &mut out)
        .await
        .unwrap();
    let Some(Ask::Queue(QueueAsk::Stage(draft))) = agent.asked.last() else {
        panic!("{:?}", agent.asked)
    };
    let Change::UpdateGroup { after, .. } = &draft.ops[0].change else {
        panic!("{draft:?}")
    };
    assert_eq!(
        (&*after.name, after.description.as_deref()),
        ("New", Some("kept"))
    );
}
