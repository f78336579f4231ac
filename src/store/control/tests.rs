//! The control store on real files: steps with their journal, crashes, and journals that are not its own.

use std::fs;

use super::*;
use crate::action::facts::Facts;
use crate::action::journal::Check;
use crate::action::plan::{OnFailure, Op, Operator};
use crate::action::progress::{Ended, Intent};
use crate::action::verdict::{Reply, Verdict};
use crate::domain::change::Change;
use crate::store::Settings;
use crate::store::medium::Disk;

fn org() -> OrgId {
    "00o1".parse().unwrap()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + secs).unwrap()
}

fn open(dir: &Path, secs: i64) -> Result<Control, Error> {
    let ground = Ground::new(Arc::new(Disk), dir, Settings::default());
    Control::open(&ground, dir, &org(), at(secs))
}

fn plan(users: &[&str]) -> Plan {
    let suspend = |user: &&str| Op {
        change: Change::SuspendUser {
            user: user.parse().unwrap(),
        },
        basis: Facts::new(),
        after: Vec::new(),
        undo_of: None,
    };
    Plan {
        title: "suspend".into(),
        reason: None,
        by: Operator {
            uid: 1000,
            name: None,
            account: None,
        },
        made: at(0),
        on_failure: OnFailure::Stop,
        ops: users.iter().map(suspend).collect(),
    }
}

fn op(plan: u64, op: u32) -> OpId {
    OpId { plan, op }
}

fn intent() -> Intent {
    Intent {
        attempt: "a1".into(),
        method: "POST".into(),
        path: "/api/v1/users/00u1/lifecycle/suspend".into(),
        body_digest: None,
        if_match: None,
    }
}

fn sent(id: OpId) -> Move {
    Move {
        intent: Some(intent()),
        ..Move::new(id, Step::Send, at(3))
    }
}

fn answered(id: OpId) -> Move {
    let ended = Ended {
        at: at(4),
        reply: Reply::Status {
            status: 200,
            code: None,
        },
        verdict: Verdict::Accepted,
        request_id: Some("req1".into()),
        words: None,
    };
    Move {
        ended: Some(ended),
        ..Move::new(id, Step::Accept, at(4))
    }
}

async fn in_flight(control: &Control, id: OpId) {
    for step in [Step::Confirm, Step::Dispatch] {
        control.lead(Move::new(id, step, at(2))).await.unwrap();
    }
    control.lead(sent(id)).await.unwrap();
}

/// The journal's file, checked from its first line; the number of its entries.
fn entries_in_file(dir: &Path, control: &Control) -> u64 {
    let end = control.journal_end().unwrap();
    let bytes = fs::read(dir.join(JOURNAL)).unwrap();
    let mut check = Check::new(Some(end));
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        check.line(line).unwrap();
    }
    assert_eq!(check.finish(), Ok(end), "file and store tell the same");
    end.0
}

#[tokio::test]
async fn every_step_is_in_the_store_and_in_the_journal_s_file() {
    let dir = tempfile::tempdir().unwrap();
    let control = open(dir.path(), 1).unwrap();
    let number = control.stage(plan(&["00u1", "00u2"])).await.unwrap();
    let id = op(number, 1);
    in_flight(&control, id).await;
    let attempts = control.attempts(id).unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(
        (&attempts[0].intent, &attempts[0].ended),
        (&intent(), &None)
    );
    control.lead(answered(id)).await.unwrap();
    let verified = control.lead(Move::new(id, Step::Verify, at(5))).await;
    assert_eq!(verified.unwrap(), State::Verified);
    // That it began, that it was staged, five steps.
    assert_eq!(entries_in_file(dir.path(), &control), 7);
    let open_ops = control.open_ops().unwrap();
    let still_open: Vec<OpId> = open_ops.iter().map(|(id, _)| *id).collect();
    assert_eq!(still_open, [op(number, 2)]);
    let progress = control.progress(number).unwrap();
    assert_eq!(progress[0].1.attempts, 1);
    assert_eq!(progress[1].1.state, State::Proposed);
    let second = control.stage(plan(&["00u3"])).await.unwrap();
    assert_eq!(second, number + 1);
}

#[tokio::test]
async fn what_leads_nowhere_changes_nothing() {
    let control = Control::in_memory(&org(), at(0)).unwrap();
    let number = control.stage(plan(&["00u1"])).await.unwrap();
    let id = op(number, 1);
    let before = (
        control.progress(number).unwrap(),
        control.journal_end().unwrap(),
    );
    let refused = [
        sent(id),
        Move::new(id, Step::Send, at(2)),
        Move::new(id, Step::Verify, at(2)),
        answered(id),
        Move::new(op(number, 2), Step::Confirm, at(2)),
        Move::new(op(number + 1, 1), Step::Confirm, at(2)),
        Move {
            intent: Some(intent()),
            ..Move::new(id, Step::Confirm, at(2))
        },
        Move {
            ended: answered(id).ended,
            ..Move::new(id, Step::Confirm, at(2))
        },
    ];
    for moved in refused {
        let told = control.lead(moved.clone()).await;
        assert!(told.is_err(), "{moved:?}");
        let after = (
            control.progress(number).unwrap(),
            control.journal_end().unwrap(),
        );
        assert_eq!(after, before, "{moved:?}");
    }
    let empty = control.stage(plan(&[])).await;
    assert!(matches!(empty, Err(Refused::Plan(InvalidPlan::Empty))));
}

/// An agent that was killed left one change in flight, one confirmed, and one staged.
#[tokio::test]
async fn after_a_crash_nothing_is_confirmed_and_what_may_have_been_sent_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let control = open(dir.path(), 1).unwrap();
    let number = control
        .stage(plan(&["00u1", "00u2", "00u3"]))
        .await
        .unwrap();
    in_flight(&control, op(number, 1)).await;
    let confirm = Move::new(op(number, 2), Step::Confirm, at(3));
    control.lead(confirm).await.unwrap();
    drop(control);
    let control = open(dir.path(), 10).unwrap();
    let states = |control: &Control| -> Vec<State> {
        let progress = control.progress(number).unwrap();
        progress
            .iter()
            .map(|(_, progress)| progress.state)
            .collect()
    };
    let expected = [State::Unknown, State::Proposed, State::Proposed];
    assert_eq!(states(&control), expected);
    let entries = entries_in_file(dir.path(), &control);
    assert_eq!(entries, 8, "two of them say that it was so");
    control.close().unwrap();
    let control = open(dir.path(), 20).unwrap();
    let confirm = Move::new(op(number, 2), Step::Confirm, at(21));
    control.lead(confirm).await.unwrap();
    control.close().unwrap();
    let control = open(dir.path(), 30).unwrap();
    let kept = [State::Unknown, State::Approved, State::Proposed];
    assert_eq!(
        states(&control),
        kept,
        "an end that was meant changes nothing"
    );
}

#[tokio::test]
async fn what_the_journal_s_file_lacks_is_added_and_half_a_line_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(JOURNAL);
    let control = open(dir.path(), 1).unwrap();
    control.stage(plan(&["00u1"])).await.unwrap();
    control.close().unwrap();
    let whole = fs::read(&file).unwrap();
    for cut in [0, 1, 40, 70, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..cut]).unwrap();
        let control = open(dir.path(), 2).unwrap();
        assert_eq!(entries_in_file(dir.path(), &control), 2, "cut at {cut}");
        control.close().unwrap();
        assert_eq!(fs::read(&file).unwrap(), whole);
    }
    let mut more = whole.clone();
    more.extend(b"00112233 {\"seq\":3");
    fs::write(&file, &more).unwrap();
    let control = open(dir.path(), 3).unwrap();
    control.stage(plan(&["00u2"])).await.unwrap();
    assert_eq!(entries_in_file(dir.path(), &control), 3);
}

#[tokio::test]
async fn a_journal_that_is_another_one_or_goes_further_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(JOURNAL);
    let control = open(dir.path(), 1).unwrap();
    control.stage(plan(&["00u1"])).await.unwrap();
    control.close().unwrap();
    let store = fs::read(dir.path().join(CONTROL)).unwrap();
    let control = open(dir.path(), 2).unwrap();
    control.stage(plan(&["00u2"])).await.unwrap();
    control.close().unwrap();
    let newer = fs::read(dir.path().join(CONTROL)).unwrap();
    // The store of before, beside the journal of now.
    fs::write(dir.path().join(CONTROL), &store).unwrap();
    let refused = open(dir.path(), 3).unwrap_err();
    assert!(refused.to_string().contains("not the journal"), "{refused}");
    fs::write(dir.path().join(CONTROL), &newer).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let first = text.lines().next().unwrap();
    // The journal of another store.
    fs::write(&file, format!("{}\n", first.replace('1', "2"))).unwrap();
    assert!(open(dir.path(), 4).is_err());
    fs::write(&file, &text).unwrap();
    open(dir.path(), 5).unwrap();
}

#[tokio::test]
async fn the_store_of_another_org_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), 1).unwrap().close().unwrap();
    let ground = Ground::new(Arc::new(Disk), dir.path(), Settings::default());
    let other = Control::open(&ground, dir.path(), &"00o2".parse().unwrap(), at(2));
    assert!(matches!(other, Err(Error::OtherOrg { .. })));
}
