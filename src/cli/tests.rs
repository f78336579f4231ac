//! Tests of what all commands have in common: how they end when there is nothing.

use super::*;
use crate::access;
use crate::access::Admins;
use crate::cli::ask::fake::Fake;
use crate::cli::failure::problem;
use crate::domain::entry::EntryRows;
use crate::domain::query::{EventRows, Rows};
use crate::domain::resource::Stretch;
use crate::msg::status::Status;
use crate::msg::{Answer, Ask, ChangesFound, Problem};

fn no_rows<T>(complete: bool) -> Rows<T> {
    Rows {
        rows: Vec::new(),
        offset: 0,
        matched: 0,
        total: 0,
        position: None,
        complete,
        searched: None,
    }
}

/// How an agent stands that has followed the log, or never could.
fn read(complete: bool) -> Status {
    let mut status = sample::status();
    if complete {
        status.log.complete = vec![Stretch {
            from: sample::moment(-3_600),
            to: sample::moment(60),
        }];
    }
    for one in &mut status.resources {
        one.known_since = complete.then(|| sample::moment(-7_200));
    }
    status
}

/// An agent whose mirror holds nothing, which is all there is or as far as it is known.
fn empty(complete: bool) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    Fake::new(move |ask| {
        Ok(match ask {
            Ask::Users(_) => Answer::Users(no_rows(complete)),
            Ask::Groups(_) => Answer::Groups(no_rows(complete)),
            Ask::Apps(_) => Answer::Apps(no_rows(complete)),
            Ask::Entries(_) => Answer::Entries(EntryRows {
                rows: Vec::new(),
                offset: 0,
                matched: 0,
                total: 0,
                position: None,
                complete_at: complete.then(|| sample::moment(0)),
                trouble: None,
            }),
            Ask::Events(_) => Answer::Events(EventRows {
                rows: Vec::new(),
                more_older: false,
                more_newer: false,
                total: 0,
                newer: 0,
                searched: None,
            }),
            Ask::Access(_) => Answer::Access(Box::new(access::Answer::Admins(Admins {
                rows: Vec::new(),
                gaps: Vec::new(),
            }))),
            Ask::Changes(_) => Answer::Changes(ChangesFound::default()),
            Ask::Bearers(..) => Answer::Bearers(Vec::new()),
            Ask::Status => Answer::Status(Box::new(read(complete))),
            Ask::Object(_) | Ask::Entry(_) | Ask::Event(_) => {
                return Err(problem(ProblemKind::NotFound, "it is not there", "-"));
            }
            other => panic!("{other:?}"),
        })
    })
}

async fn ended(line: &str, complete: bool) -> u8 {
    let words = std::iter::once("oktop").chain(line.split(' '));
    let cli = Cli::try_parse_from(words).unwrap();
    let (mut out, _) = sample::output(cli.global.output, None);
    let (now, mut agent) = (sample::moment(60), empty(complete));
    let (agent, out) = (&mut agent, &mut out);
    let command = cli.command.unwrap();
    let is_list = command.is_list();
    let ended = match command {
        Command::Users(UsersCommand::Read(command)) => users(command, now, agent, out).await,
        Command::Groups(GroupsCommand::Read(command)) => groups(command, now, agent, out).await,
        Command::Apps(AppsCommand::Read(command)) => apps(command, now, agent, out).await,
        Command::Events(EventsCommand::Read(command)) => events(command, now, agent, out).await,
        Command::Admins(command) => command::access::admins(command, now, agent, out).await,
        Command::Changes(args) => command::changes::run(&args, now, agent, out).await,
        Command::Entries(OfKind::Read(command)) => {
            command::entries::run(command, now, agent, out).await
        }
        other => panic!("{other:?}"),
    };
    if is_list
        && matches!(
            ended,
            Ok(()) | Err(Failure::NothingFound | Failure::Partial(_))
        )
    {
        // Otherwise it could not be exported.
        assert!(out.about.query.is_some(), "{line}");
        assert!(!out.about.needs.is_empty(), "{line}");
    }
    ended.map_or_else(|failure| failure.exit_code(), |()| 0)
}

#[test]
fn a_thread_that_waits_for_a_disk_does_not_hold_who_leaves() {
    let (release, wait) = std::sync::mpsc::channel();
    let left = block_on_briefly(async {
        tokio::task::spawn_blocking(move || wait.recv_timeout(Duration::from_mins(1)));
        Ok(())
    });
    assert!(left.is_ok());
    assert!(release.send(()).is_ok(), "the thread was waited for");
}

/// A list of nothing ended with 0, a search for nothing with 3.
#[tokio::test]
async fn nothing_found_is_3_and_nothing_known_is_7_whatever_is_asked() {
    const EVENT: &str = "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef";
    for line in [
        "users list",
        "users search ana",
        "groups list -o json",
        "groups search ana",
        "apps list -o csv",
        "apps search ana",
        "zones list",
        "zones search ana",
        "factors list",
        "factors list -o ndjson",
        "policy-rules search ana",
        "changes --since 1h",
        "events list",
        "events list -o json",
        "events search ana",
    ] {
        assert_eq!(ended(line, true).await, 3, "{line}");
        assert_eq!(ended(line, false).await, 7, "{line}");
    }
    let of_event = format!("events get {EVENT}");
    for line in [
        "users get ana",
        "users groups ana",
        "users apps ana",
        "groups get ana",
        "groups members ana",
        "apps get ana",
        "apps users ana",
        "zones get ana",
        "factors get ana",
        "factors list --of ana",
        &of_event,
        "admins list",
        "admins get ana",
    ] {
        assert_eq!(ended(line, true).await, 3, "{line}");
    }
}
