//! Tests of what the engine answers while the way to Okta is not open.

use futures_util::FutureExt as _;
use tokio::sync::Notify;

use super::*;

/// Longer than anything here takes on any machine.
const LIMIT: Duration = Duration::from_mins(5);

/// An engine whose way to Okta is what the test says, and how it says so.
fn engine(line: Line, started: Timestamp) -> (Arc<Engine>, watch::Sender<Line>) {
    let line = watch::Sender::new(line);
    let store = Store::in_memory().unwrap();
    let facts = Facts {
        started,
        data_dir: "/nowhere".into(),
        host: "acme.okta.com".into(),
        stays: false,
        demo: false,
        encryption: String::new(),
        changes: crate::agent::Changes::default(),
    };
    let status = status::assemble(&facts, &store, &line.borrow(), None, 0, started);
    let engine = Engine {
        store,
        clock: Clock::real(),
        way: Way {
            line: line.subscribe(),
            credential: watch::Sender::new(None).subscribe(),
            look_again: Arc::new(Notify::new()),
            sent_before: Arc::default(),
        },
        status: watch::Sender::new(Arc::new(status)),
        notices: broadcast::Sender::new(1),
        ending: watch::Sender::new(false),
        clients: watch::Sender::new(0),
        facts,
        changes: watch::Sender::new(None).subscribe(),
        read_ahead: std::sync::atomic::AtomicBool::default(),
    };
    (Arc::new(engine), line)
}

fn down(kind: ProblemKind, words: &str) -> Line {
    Line::Down(Connection::Trouble {
        since: Timestamp::UNIX_EPOCH,
        problem: Problem {
            kind,
            summary: words.to_owned(),
            hint: None,
            column: None,
        },
    })
}

/// `sync --once` told what had failed a minute before, and nothing was asked.
#[tokio::test]
async fn whoever_wants_okta_to_be_asked_hears_what_a_new_attempt_met() {
    for kind in [ProblemKind::Network, ProblemKind::Auth] {
        for ask in [
            Ask::SyncOnce,
            Ask::SyncNow {
                resource: None,
                object: None,
            },
        ] {
            let (engine, line) = engine(down(kind, "of a minute ago"), Timestamp::now());
            let asking = {
                let engine = Arc::clone(&engine);
                tokio::spawn(async move { engine.answer(ask).await })
            };
            // Once for the order; a refused credential may be looked at once more.
            let tries = async {
                loop {
                    engine.way.look_again.notified().await;
                    line.send_replace(down(kind, "of now"));
                }
            };
            let answer = tokio::select! {
                answer = tokio::time::timeout(LIMIT, asking) => answer.unwrap().unwrap(),
                () = tries => unreachable!("it tries for ever"),
            };
            assert_eq!(answer.unwrap_err().summary, "of now");
        }
    }
}

/// An agent that was told to leave Okta alone does not try.
#[tokio::test]
async fn an_agent_that_leaves_okta_alone_says_so_at_once() {
    let (engine, _line) = engine(down(ProblemKind::Offline, "alone"), Timestamp::now());
    let answer = tokio::time::timeout(LIMIT, engine.answer(Ask::SyncOnce));
    assert_eq!(answer.await.unwrap().unwrap_err().summary, "alone");
    assert!(engine.way.look_again.notified().now_or_never().is_none());
}

/// A new agent whose first request hung was "starting" for as long as that took.
#[test]
fn an_org_that_never_answered_a_new_agent_is_told_to_be_silent() {
    let started = Timestamp::from_second(1_800_000_000).unwrap();
    let (engine, _line) = engine(Line::Starting, started);
    let told = |line: &Line, secs: i64| {
        let now = started + jiff::SignedDuration::from_secs(secs);
        status::assemble(&engine.facts, &engine.store, line, None, 0, now).no_answer_since
    };
    assert_eq!(told(&Line::Starting, 3), None);
    assert_eq!(told(&Line::Starting, 9), Some(started));
    assert_eq!(told(&down(ProblemKind::Network, "no"), 9), None);
}
