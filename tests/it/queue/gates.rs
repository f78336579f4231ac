//! What keeps a change from going out: nobody confirmed it, it is not what was shown, the world is otherwise, somebody said stop.

use std::time::Duration;

use oktop::action::plan::OnFailure;
use oktop::action::state::State;
use oktop::domain::change::{Change, FieldEdit, GroupProfile};
use oktop::queue::Trouble;
use reqwest::Method;
use serde_json::json;

use super::rig::{Rig, somebody, wanted};
use crate::sim_org::{TestOrg, calm};

fn suspend(user: &str) -> Change {
    Change::SuspendUser {
        user: user.parse().unwrap(),
    }
}

fn clear(user: &str) -> Change {
    Change::ClearSessions {
        user: user.parse().unwrap(),
        oauth_tokens: true,
        forget_devices: false,
    }
}

fn why(trouble: Trouble) -> String {
    match trouble {
        Trouble::Refused(why) => why,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_sent_before_the_right_plan_is_confirmed_with_the_right_words() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![suspend(&user)]).await;
    let plan = rig.queue.control().plan(number).unwrap().unwrap();
    let digest = rig.queue.digest(number, &plan).unwrap();
    let tail = &user[user.len() - 6..];
    for (digest, typed) in [
        (digest.as_str(), ""),
        (&digest, "y"),
        ("0", tail),
        (&digest, &user),
    ] {
        let refused = rig
            .queue
            .confirm(number, digest, typed, &somebody(), None)
            .await;
        assert!(matches!(refused, Err(Trouble::Refused(_))), "{typed}");
    }
    rig.queue
        .confirm(number, &digest, tail, &somebody(), None)
        .await
        .unwrap();
    let (_, progress) = rig.settled(number).await.remove(0);
    assert_eq!(progress.state, State::Verified);
    let again = rig
        .queue
        .confirm(number, &digest, tail, &somebody(), None)
        .await;
    assert!(matches!(again, Err(Trouble::Refused(_))), "it is done");
    assert_eq!(rig.writes("suspend").await.len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_when_it_is_staged() {
    let options = oktop::sim::Options {
        groups: 160,
        ..calm()
    };
    let rig = Rig::start(options).await;
    let org = &rig.org;
    let suspended = org.user_in("SUSPENDED", 1).await;
    let deprovisioned = org.user_in("DEPROVISIONED", 2).await;
    let (of_an_app, built_in) = (
        org.group_of("APP_GROUP").await,
        org.group_of("BUILT_IN").await,
    );
    let user = || org_user(&suspended);
    for (change, expected) in [
        (suspend(&suspended), "it is so already"),
        (suspend(&deprovisioned), "DEPROVISIONED, not ACTIVE"),
        (suspend("00uNOSUCHUSER0000000"), "the user is gone"),
        (
            Change::AddMember {
                group: of_an_app.parse().unwrap(),
                user: user(),
            },
            "an app manages this group",
        ),
        (
            Change::AddMember {
                group: built_in.parse().unwrap(),
                user: user(),
            },
            "Okta keeps this group itself",
        ),
        (
            Change::DeleteUser { user: user() },
            "only who is deactivated can be deleted",
        ),
    ] {
        let refused = why(rig.try_stage(vec![change]).await.unwrap_err());
        assert!(refused.contains(expected), "{refused}");
    }
    let active = org.user_in("ACTIVE", 3).await;
    let staged = rig
        .queue
        .stage(wanted(
            vec![suspend(&suspended), suspend(&active)],
            OnFailure::Stop,
        ))
        .await;
    let staged = staged.unwrap();
    assert_eq!(staged.left_out.len(), 1);
    assert_eq!(rig.progress(staged.number).len(), 1);
    assert!(rig.writes("").await.is_empty());
    rig.end().await;
}

impl crate::sim_org::TestOrg {
    async fn group_of(&self, kind: &str) -> String {
        let path = format!("/api/v1/groups?filter=type+eq+%22{kind}%22&limit=1");
        crate::sim_org::id(&self.all(&path).await[0])
    }
}

fn org_user(id: &str) -> oktop::domain::id::UserId {
    id.parse().unwrap()
}

#[tokio::test]
async fn what_is_otherwise_than_when_it_was_staged_is_staged_anew_and_not_sent() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![clear(&user)]).await;
    rig.org
        .change(json!({"change": "lock_user", "user": user}))
        .await;
    rig.confirm(number).await;
    let (_, progress) = rig.settled(number).await.remove(0);
    assert_eq!(progress.state, State::Stale);
    let why = progress.why.unwrap();
    assert!(
        why.contains(&format!("staged anew as {}.1", number + 1)),
        "{why}"
    );
    assert!(rig.writes("").await.is_empty());
    rig.confirm(number + 1).await;
    let (_, progress) = rig.settled(number + 1).await.remove(0);
    assert_eq!(progress.state, State::Verified);
    rig.end().await;
}

#[tokio::test]
async fn containment_goes_out_in_its_order_and_past_what_fails() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let logout = Change::LogOut {
        user: user.parse().unwrap(),
    };
    let plan = wanted(vec![suspend(&user), clear(&user), logout], OnFailure::GoOn);
    let number = rig.queue.stage(plan).await.unwrap().number;
    rig.org
        .fault(json!({"kind": "forbidden", "path": format!("/api/v1/users/{user}/sessions")}))
        .await;
    rig.confirm(number).await;
    let states: Vec<State> = rig
        .settled(number)
        .await
        .into_iter()
        .map(|(_, one)| one.state)
        .collect();
    assert_eq!(states, [State::Verified, State::Failed, State::Verified]);
    let paths: Vec<String> = rig
        .writes("")
        .await
        .iter()
        .map(|write| write["path"].to_string())
        .collect();
    assert!(
        paths[0].contains("suspend") && paths[2].contains("global-token"),
        "{paths:?}"
    );
    rig.end().await;
}

#[tokio::test]
async fn a_plan_stops_where_something_fails_and_goes_on_when_it_is_confirmed_again() {
    let rig = Rig::start(calm()).await;
    let (one, two) = (
        rig.org.user_in("ACTIVE", 1).await,
        rig.org.user_in("ACTIVE", 2).await,
    );
    let number = rig.stage(vec![suspend(&one), clear(&two)]).await;
    rig.org
        .fault(
            json!({"kind": "forbidden", "path": format!("/api/v1/users/{one}/lifecycle/suspend")}),
        )
        .await;
    rig.confirm(number).await;
    let settled = rig.settled(number).await;
    assert_eq!(settled[1].1.state, State::Blocked, "{settled:?}");
    rig.org.hand.advance(Duration::from_secs(1));
    rig.confirm(number).await;
    let settled = rig.settled(number).await;
    assert_eq!(settled[1].1.state, State::Verified, "{settled:?}");
    rig.end().await;
}

#[tokio::test]
async fn a_halt_takes_back_what_was_confirmed_and_lets_nothing_out() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let way = rig.way.send_replace(None);
    let number = rig
        .queue
        .stage(wanted(vec![suspend(&user)], OnFailure::Stop))
        .await;
    assert!(
        matches!(number, Err(Trouble::NoWay)),
        "nothing is staged of what cannot be looked at"
    );
    rig.way.send_replace(way);
    let number = rig.stage(vec![suspend(&user)]).await;
    // The runner has had no turn in between.
    rig.confirm(number).await;
    rig.queue.halt("not now".into(), &somebody()).await.unwrap();
    let (_, progress) = rig.progress(number).remove(0);
    assert_eq!(progress.state, State::Proposed);
    let plan = rig.queue.control().plan(number).unwrap().unwrap();
    let digest = rig.queue.digest(number, &plan).unwrap();
    let tail = &user[user.len() - 6..];
    let refused = why(rig
        .queue
        .confirm(number, &digest, tail, &somebody(), None)
        .await
        .unwrap_err());
    assert!(refused.contains("halted: not now"), "{refused}");
    rig.queue.resume(&somebody()).await.unwrap();
    rig.confirm(number).await;
    assert_eq!(rig.settled(number).await[0].1.state, State::Verified);
    rig.end().await;
}

#[tokio::test]
async fn a_halt_outlives_the_agent_and_stands_in_the_journal() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    let rig = Rig::at(&dir, TestOrg::start(calm()).await);
    rig.queue.halt("not now".into(), &somebody()).await.unwrap();
    let rig = Rig::at(&dir, rig.end().await);
    let halted = rig.queue.standing().borrow().halted.clone();
    assert_eq!(halted.as_deref(), Some("not now"));
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![suspend(&user)]).await;
    let refused = rig.try_confirm(number).await.unwrap_err();
    assert!(why(refused).contains("halted: not now"));
    rig.queue.resume(&somebody()).await.unwrap();
    let rig = Rig::at(&dir, rig.end().await);
    rig.confirm(number).await;
    assert_eq!(rig.settled(number).await[0].1.state, State::Verified);
    let journal = std::fs::read_to_string(dir.join("journal.log")).unwrap();
    for (note, word) in [("halted", "not now"), ("resumed", "ana")] {
        let told = |line: &str| line.contains(note) && line.contains(word);
        assert!(journal.lines().any(told), "{note}: {journal}");
    }
    rig.end().await;
}

/// The limit of requests may be exhausted for as long as an hour, and whoever ends an agent will not wait that long.
#[tokio::test]
async fn an_agent_ends_while_a_change_waits_for_the_rate_limit() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    let rig = Rig::at(&dir, TestOrg::start(calm()).await);
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![suspend(&user)]).await;
    let path = format!("/api/v1/users/{user}");
    rig.org
        .fault(json!({"kind": "rate_limit_storm", "reset_secs": 3600, "path": path}))
        .await;
    rig.confirm(number).await;
    rig.reach(number, State::Rechecking).await;
    let ended = tokio::time::timeout(Duration::from_secs(20), rig.end()).await;
    let rig = Rig::at(&dir, ended.expect("nobody waits for the limit"));
    let (_, progress) = rig.progress(number).remove(0);
    assert_eq!(progress.state, State::Proposed);
    assert!(progress.why.unwrap().contains("confirm it again"));
    assert!(rig.writes("").await.is_empty());
    rig.end().await;
}

/// It was told that it was sent, or had ended, while it stood there for an hour and nothing of it had left.
#[tokio::test]
async fn a_change_that_waits_for_the_rate_limit_can_be_dropped() {
    let place = tempfile::tempdir().unwrap();
    let rig = Rig::at(&place.path().join("data"), TestOrg::start(calm()).await);
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![suspend(&user)]).await;
    let path = format!("/api/v1/users/{user}");
    rig.org
        .fault(json!({"kind": "rate_limit_storm", "reset_secs": 3600, "path": path}))
        .await;
    rig.confirm(number).await;
    rig.reach(number, State::Rechecking).await;
    let dropped = rig.queue.drop_ops(number, None, &somebody()).await;
    assert_eq!(dropped.unwrap(), 1);
    assert_eq!(rig.progress(number)[0].1.state, State::Cancelled);
    rig.org.hand.advance(Duration::from_hours(2));
    // Whatever stands behind it has its turn.
    let next = rig.stage(vec![suspend(&user)]).await;
    rig.confirm(next).await;
    assert_eq!(rig.settled(next).await[0].1.state, State::Verified);
    assert_eq!(rig.progress(number)[0].1.state, State::Cancelled);
    assert_eq!(rig.writes("").await.len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn a_refused_credential_is_in_the_journal_before_the_halt_that_it_leads_to() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    let rig = Rig::at(&dir, TestOrg::start(calm()).await);
    let user = rig.org.user_in("ACTIVE", 1).await;
    let number = rig.stage(vec![suspend(&user)]).await;
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    rig.org
        .fault(json!({"kind": "unauthorized", "path": path}))
        .await;
    rig.confirm(number).await;
    let mut standing = rig.queue.standing();
    let halted = standing.wait_for(|standing| standing.halted.is_some());
    drop(halted.await.unwrap());
    rig.end().await;
    let journal = std::fs::read_to_string(dir.join("journal.log")).unwrap();
    let line = |word: &str| journal.lines().position(|line| line.contains(word));
    let (answer, halt) = (line("not_executed"), line("halted"));
    assert!(answer.is_some() && answer < halt, "{journal}");
}

#[tokio::test]
async fn a_dry_run_looks_at_everything_and_leaves_everything_as_it_is() {
    let rig = Rig::start(calm()).await;
    let (user, other) = (
        rig.org.user_in("ACTIVE", 1).await,
        rig.org.user_in("ACTIVE", 2).await,
    );
    let id = |user: &str| user.parse().unwrap();
    let number = rig
        .stage(vec![
            suspend(&user),
            Change::DeactivateUser {
                user: id(&other),
                send_email: false,
            },
            Change::UpdateUser {
                user: id(&other),
                fields: vec![FieldEdit {
                    name: "city".into(),
                    before: None,
                    after: Some(json!("Oslo")),
                }],
            },
        ])
        .await;
    let entries = rig.queue.control().verify().unwrap().unwrap().0;
    let told = async || {
        let foreseen = rig.queue.rehearse(number).await.unwrap();
        let one = |one: oktop::action::foreseen::Foreseen| (one.is_sent, one.words);
        foreseen.into_iter().map(one).collect::<Vec<_>>()
    };
    let as_shown = (true, "as it is shown".to_owned());
    assert_eq!(told().await, vec![as_shown.clone(); 3]);
    let path = format!("/api/v1/users/{user}/lifecycle/suspend");
    rig.org.written(Method::POST, &path, None, 200).await;
    let path = format!("/api/v1/users/{other}");
    let body = json!({"profile": {"city": "Bergen"}});
    rig.org.written(Method::POST, &path, Some(&body), 200).await;
    let found = told().await;
    assert_eq!(found[0], (false, "it was so already".to_owned()));
    assert_eq!(found[1], as_shown);
    // What goes before it may make of the user what it likes.
    assert!(
        found[2].0 && found[2].1.contains("after what goes before"),
        "{found:?}"
    );
    assert!(rig.writes("").await.is_empty());
    assert_eq!(rig.queue.control().verify().unwrap().unwrap().0, entries);
    let states = rig.progress(number).into_iter();
    assert!(
        states
            .map(|(_, one)| one.state)
            .all(|state| state == State::Proposed)
    );
    rig.end().await;
}

#[tokio::test]
async fn a_secret_is_given_once_and_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::at(&dir.path().join("data"), TestOrg::start(calm()).await);
    let user = rig.org.user_in("ACTIVE", 1).await;
    let change = Change::ExpirePassword {
        user: user.parse().unwrap(),
        temporary: true,
    };
    let (op, progress) = rig.make(change).await;
    assert_eq!(progress.state, State::Verified);
    let (what, secret) = rig.queue.take_secret(op).unwrap();
    assert_eq!(what, "temporary password");
    let secret = secret.expose().to_owned();
    assert!(!secret.is_empty() && rig.queue.take_secret(op).is_none());
    rig.end().await;
    for entry in std::fs::read_dir(dir.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let holds = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!holds, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn what_somebody_drops_is_never_sent() {
    let rig = Rig::start(calm()).await;
    let number = rig
        .stage(vec![Change::CreateGroup(GroupProfile::named("Dropped"))])
        .await;
    assert_eq!(
        rig.queue.drop_ops(number, None, &somebody()).await.unwrap(),
        1
    );
    assert_eq!(rig.progress(number)[0].1.state, State::Cancelled);
    assert!(rig.queue.drop_ops(number, None, &somebody()).await.is_err());
    assert!(rig.writes("").await.is_empty());
    rig.end().await;
}

/// What the guards count is durable before the next one asks them.
#[tokio::test]
async fn two_that_go_out_together_count_against_the_same_limit() {
    let rig = Rig::start(calm()).await;
    let way = rig.way.borrow().clone().unwrap();
    let limits = oktop::action::guard::Limits {
        destructive_an_hour: 1,
        ..way.limits
    };
    let way = oktop::queue::Way {
        limits,
        ..(*way).clone()
    };
    rig.way.send_replace(Some(std::sync::Arc::new(way)));
    let mut plans = Vec::new();
    for n in 0..3 {
        let user = rig.org.user_in("ACTIVE", n).await;
        plans.push(rig.stage(vec![clear(&user)]).await);
    }
    futures_util::future::join_all(plans.iter().map(|plan| rig.confirm(*plan))).await;
    for plan in plans {
        rig.settled(plan).await;
    }
    assert_eq!(rig.writes("sessions").await.len(), 1);
    rig.end().await;
}

/// Whoever waits for a limit may wait for longer than a confirmation is good.
#[tokio::test]
async fn a_confirmation_that_got_too_old_behind_a_limit_sends_nothing() {
    let rig = Rig::start(calm()).await;
    let user = rig.org.user_in("ACTIVE", 1).await;
    let path = format!("/api/v1/users/{user}/sessions");
    let number = rig.stage(vec![clear(&user)]).await;
    let fault = json!({"kind": "rate_limit_storm", "reset_secs": 1200, "path": path, "count": 30});
    rig.org.fault(fault).await;
    let confirmed = rig.org.clock.now();
    rig.confirm(number).await;
    let (op, progress) = rig.settled(number).await.remove(0);
    assert_eq!(progress.state, State::Proposed, "{progress:?}");
    for attempt in rig.queue.control().attempts(op).unwrap() {
        let age = attempt.began.duration_since(confirmed);
        assert!(age.as_mins() < 15, "sent {age} after it was confirmed");
    }
    rig.end().await;
}
