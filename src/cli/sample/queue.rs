//! A plan made by hand.

use crate::action::facts::Facts;
use crate::action::plan::{Challenge, OnFailure, Op, OpId, Operator, Plan};
use crate::action::progress::{Attempt, Ended, Intent, Progress};
use crate::action::resolve::{Evidence, Logged};
use crate::action::state::State;
use crate::action::verdict::{Reply, Verdict};
use crate::domain::change::{Change, Tier};
use crate::domain::id::EventUuid;
use crate::domain::text::SafeText;
use crate::msg::queue::{
    DiffLine, Finding, OpLine, OpTold, PlanLine, PlanTold, RequestTold, UndoTold,
};

use super::moment;

/// Plan 17 of these changes, each in this state.
pub(in crate::cli) fn plan(changes: &[(Change, State)]) -> PlanTold {
    let plan = Plan {
        title: "contain Ana".into(),
        reason: Some("ticket 4711".into()),
        by: Operator {
            uid: 1000,
            name: Some("kim".into()),
            account: None,
        },
        made: moment(0),
        on_failure: OnFailure::Stop,
        ops: changes.iter().map(|(change, _)| op(change)).collect(),
    };
    PlanTold {
        number: 17,
        digest: "d1g3st".to_owned(),
        tier: plan.tier(),
        challenge: plan.challenge(),
        expires: moment(3_600),
        findings: Vec::new(),
        ops: (1..)
            .zip(changes)
            .map(|(number, (change, state))| told(number, change, *state))
            .collect(),
        plan,
    }
}

fn op(change: &Change) -> Op {
    Op {
        change: change.clone(),
        basis: Facts::new(),
        after: Vec::new(),
        undo_of: None,
    }
}

fn told(number: u32, change: &Change, state: State) -> OpTold {
    let line = OpLine {
        id: OpId {
            plan: 17,
            op: number,
        },
        change: change.name().to_owned(),
        target: "00u1abcdefgh".to_owned(),
        name: Some("Ana Kova\u{10d}\u{202e}".into()),
        state,
        since: moment(i64::from(number)),
        why: None,
    };
    OpTold {
        progress: Progress {
            state,
            ..Progress::staged(moment(0))
        },
        diff: vec![DiffLine {
            name: "status".into(),
            before: Some("ACTIVE".into()),
            after: Some("SUSPENDED".into()),
        }],
        request: RequestTold {
            method: "POST".to_owned(),
            path: "/api/v1/users/00u1abcdefgh/lifecycle/suspend".to_owned(),
            body: None,
        },
        undo: UndoTold::By {
            change: "users.unsuspend".to_owned(),
            lost: None,
        },
        attempts: Vec::new(),
        logged: None,
        line,
    }
}

/// A user to change.
pub(in crate::cli) fn user() -> crate::domain::id::UserId {
    "00u1abcdefgh".parse().unwrap()
}

pub(in crate::cli) fn suspend() -> Change {
    Change::SuspendUser { user: user() }
}

pub(in crate::cli) fn clear() -> Change {
    Change::ClearSessions {
        user: user(),
        oauth_tokens: true,
        forget_devices: false,
    }
}

/// A plan of two steps, one of which was refused.
pub(in crate::cli) fn half_done() -> PlanTold {
    let mut told = plan(&[(suspend(), State::Verified), (clear(), State::Failed)]);
    told.findings.push(Finding {
        op: Some(1),
        refuses: false,
        words: "she has an admin role".to_owned(),
    });
    told.ops[0].logged = Some(Logged::Told {
        event: EventUuid([0x51; 16]),
        event_type: "user.lifecycle.suspend".into(),
        published: moment(4),
        is_ours: true,
    });
    let failed = &mut told.ops[1];
    failed.line.why = Some("E0000006: You do not have permission".into());
    failed.diff = vec![DiffLine {
        name: "sessions".into(),
        before: None,
        after: Some("ended, with OAuth tokens".into()),
    }];
    failed.request.method = "DELETE".to_owned();
    failed.request.path = "/api/v1/users/00u1abcdefgh/sessions?oauthTokens=true".to_owned();
    failed.request.body = Some(SafeText::new("{}"));
    failed.undo = UndoTold::Never("the user has to sign in again".to_owned());
    failed.attempts.push(Attempt {
        intent: Intent {
            attempt: "00c0ffee00c0ffee".into(),
            method: "DELETE".into(),
            path: "/api/v1/users/00u1abcdefgh/sessions?oauthTokens=true".into(),
            body_digest: None,
            if_match: None,
        },
        began: moment(2),
        ended: Some(Ended {
            at: moment(3),
            reply: Reply::Status {
                status: 403,
                code: Some("E0000006".into()),
            },
            verdict: Verdict::Refused,
            request_id: Some("Xreq1".into()),
            words: Some("You do not have permission".into()),
        }),
        looks: Vec::new(),
        evidence: Evidence::NotAsked,
    });
    told
}

/// The same as it stands in a list.
pub(in crate::cli) fn line(told: &PlanTold) -> PlanLine {
    PlanLine {
        number: told.number,
        title: told.plan.title.clone(),
        reason: told.plan.reason.clone(),
        by: "kim".into(),
        made: told.plan.made,
        tier: told.tier,
        ops: told.ops.iter().map(|op| op.line.clone()).collect(),
    }
}

/// The plan of one change that is confirmed by `y`.
pub(in crate::cli) fn small() -> PlanTold {
    let told = plan(&[(Change::UnlockUser { user: user() }, State::Proposed)]);
    assert_eq!((told.tier, &told.challenge), (Tier::One, &Challenge::Yes));
    told
}
