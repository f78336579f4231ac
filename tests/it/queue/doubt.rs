//! Answers that are lost, and what becomes of it: nothing of which that can harm is sent twice, and what is said in the end is what the org has.

use oktop::action::state::State;
use oktop::domain::change::{Change, GroupProfile};
use serde_json::json;

use super::rig::Rig;
use crate::sim_org::calm;

fn suspend(user: &str) -> Change {
    Change::SuspendUser {
        user: user.parse().unwrap(),
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_change_is_found_out_by_reading() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    rig.org
        .fault(json!({"kind": "server_error", "status": 503, "path": path, "strikes": "after"}))
        .await;
    let (_, progress) = rig.make(suspend(&user)).await;
    assert_eq!((progress.state, progress.attempts), (State::Verified, 1));
    assert_eq!(rig.status(&user).await, "SUSPENDED");
    assert_eq!(rig.writes(&path).await.len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn what_was_not_done_is_sent_once_more_where_that_harms_nobody() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    rig.org
        .fault(json!({"kind": "server_error", "status": 503, "path": path, "method": "POST"}))
        .await;
    let (_, progress) = rig.make(suspend(&user)).await;
    assert_eq!((progress.state, progress.attempts), (State::Verified, 2));
    assert_eq!(rig.status(&user).await, "SUSPENDED");
    assert_eq!(rig.writes(&path).await.len(), 2);
    rig.end().await;
}

/// A group of that name is no proof that it was us; the attempt's name in the log is.
#[tokio::test]
async fn what_is_made_once_is_looked_for_in_the_log_and_never_sent_again() {
    let rig = Rig::start(calm()).await;
    let fault = json!({"kind": "server_error", "status": 503, "path": "/api/v1/groups", "method": "POST", "strikes": "after"});
    rig.org.fault(fault).await;
    let create = || Change::CreateGroup(GroupProfile::named("Once only"));
    let (_, progress) = rig.make(create()).await;
    assert_eq!((progress.state, progress.attempts), (State::Verified, 1));
    assert_eq!(rig.writes("/api/v1/groups").await.len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn what_is_made_once_and_left_no_trace_is_for_a_person_to_say() {
    let rig = Rig::start(calm()).await;
    let fault =
        json!({"kind": "server_error", "status": 503, "path": "/api/v1/groups", "method": "POST"});
    rig.org.fault(fault).await;
    let (op, progress) = rig
        .make(Change::CreateGroup(GroupProfile::named("Once only")))
        .await;
    assert_eq!((progress.state, progress.attempts), (State::NeedsHuman, 1));
    assert_eq!(rig.writes("/api/v1/groups").await.len(), 1);
    let by = super::rig::somebody();
    assert!(
        rig.queue.say(op, false, &by, " ").await.is_err(),
        "a reason is needed"
    );
    rig.queue
        .say(op, false, &by, "it is not in the list")
        .await
        .unwrap();
    let (_, progress) = rig.progress(op.plan).remove(0);
    assert_eq!(progress.state, State::ResolvedNo);
    assert_eq!(progress.why.as_deref(), Some("it is not in the list"));
    rig.end().await;
}

#[tokio::test]
async fn a_refusal_is_told_with_oktas_code_and_words() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![suspend(&user)]).await;
    let fault =
        json!({"kind": "forbidden", "path": format!("/api/v1/users/{user}/lifecycle/suspend")});
    rig.org.fault(fault).await;
    rig.confirm(number).await;
    let (_, progress) = rig.settled(number).await.remove(0);
    assert_eq!(progress.state, State::Failed);
    let why = progress.why.unwrap();
    assert!(why.contains("403 E0000006"), "{why}");
    rig.end().await;
}

#[tokio::test]
async fn a_limit_that_is_exhausted_is_waited_for_and_nothing_was_done_meanwhile() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    let fault = json!({"kind": "rate_limit_storm", "reset_secs": 20, "path": path, "count": 2});
    rig.org.fault(fault).await;
    let began = rig.org.clock.now();
    let (_, progress) = rig.make(suspend(&user)).await;
    assert_eq!((progress.state, progress.attempts), (State::Verified, 3));
    let waited = rig.org.clock.now().duration_since(began).as_secs();
    assert!(waited >= 20, "{waited} s");
    rig.end().await;
}

#[tokio::test]
async fn a_credential_that_is_refused_halts_the_queue() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    let number = rig.stage(vec![suspend(&user)]).await;
    rig.org
        .fault(json!({"kind": "unauthorized", "path": path}))
        .await;
    rig.confirm(number).await;
    let mut standing = rig.queue.standing();
    let halted = standing
        .wait_for(|standing| standing.halted.is_some())
        .await
        .unwrap();
    assert!(halted.halted.as_deref().unwrap().contains("401"));
    drop(halted);
    assert_eq!(rig.status(&user).await, "ACTIVE");
    rig.until(number, |state| state == State::Approved).await;
    // What came back while the queue was halted is not sent by a confirmation from before.
    rig.queue.resume(&super::rig::somebody()).await.unwrap();
    assert_eq!(rig.progress(number)[0].1.state, State::Proposed);
    rig.end().await;
}

/// The first request was carried out, and nobody heard so; that the second is refused says nothing of the first.
#[tokio::test]
async fn a_refusal_proves_nothing_of_what_an_earlier_request_may_have_done() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/sessions");
    let fault = json!({"kind": "server_error", "status": 503, "path": path, "strikes": "after"});
    rig.org.fault(fault).await;
    let fault = json!({"kind": "forbidden", "path": path, "count": 9, "after": 1});
    rig.org.fault(fault).await;
    let change = Change::ClearSessions {
        user: user.parse().unwrap(),
        oauth_tokens: true,
        forget_devices: false,
    };
    let (_, progress) = rig.make(change).await;
    assert_eq!(progress.state, State::NeedsHuman, "{progress:?}");
    rig.end().await;
}

/// A network that wants somebody to sign in answers 200 to everything.
#[tokio::test]
async fn a_web_page_is_not_taken_for_oktas_word() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/sessions");
    rig.org.fault(json!({"kind": "html", "path": path})).await;
    let change = Change::ClearSessions {
        user: user.parse().unwrap(),
        oauth_tokens: true,
        forget_devices: false,
    };
    let (_, progress) = rig.make(change).await;
    assert_eq!((progress.state, progress.attempts), (State::Verified, 2));
    rig.end().await;
}
