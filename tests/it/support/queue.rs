//! A queue in memory for tests of the console alone: it stages what it is told, by the rules of the real one, and sends nothing. What
//! becomes of a change is for the test to say.

use jiff::Timestamp;
use oktop::action::diff;
use oktop::action::facts::Facts;
use oktop::action::foreseen::Foreseen;
use oktop::action::plan::{Op, OpId, Operator, Plan};
use oktop::action::progress::Progress;
use oktop::action::ready::{Had, Person, Ready, contain, offboard};
use oktop::action::resolve::Logged;
use oktop::action::standing::{Standing, standing};
use oktop::action::state::State;
use oktop::domain::change::{Change, Undo};
use oktop::domain::id::{EventUuid, OrgId};
use oktop::domain::time;
use oktop::msg::queue::{
    DiffLine, Draft, Finding, Handed, LeftOut, OpLine, OpTold, PlanLine, PlanTold, QueueAnswer,
    QueueAsk, QueueStatus, Recipe, RequestTold, UndoTold, Which,
};
use oktop::msg::{Problem, ProblemKind};
use std::time::Duration;

use super::fake_agent::{now, user};

/// Plans, and what a test wants of them.
pub(crate) struct FakeQueue {
    pub plans: Vec<PlanTold>,
    /// What guards find of every plan.
    pub findings: Vec<Finding>,
    /// The secret that every change brought, until it is taken.
    pub secret: Option<&'static str>,
    pub status: QueueStatus,
}

impl Default for FakeQueue {
    fn default() -> Self {
        Self {
            plans: Vec::new(),
            findings: Vec::new(),
            secret: None,
            status: QueueStatus {
                needs_window: true,
                ..QueueStatus::default()
            },
        }
    }
}

fn refused(summary: &str) -> Problem {
    Problem {
        kind: ProblemKind::Refused,
        summary: summary.to_owned(),
        hint: None,
        column: None,
    }
}

/// What Okta would tell of what a change is about.
fn facts(change: &Change) -> Facts {
    let mut facts = Facts::new();
    let of_user = change.locks().iter().find_map(|lock| {
        let id = lock.as_str().strip_prefix("user:00u")?;
        id.parse::<usize>().ok()
    });
    if let Some(n) = of_user {
        let user = user(n).value;
        facts.put("user.status", user.status.word());
        facts.put("user.profile.login", user.login.to_string());
    }
    facts
}

fn undo(change: &Change) -> UndoTold {
    match change.undo() {
        Undo::By(back, lost) => UndoTold::By {
            change: back.name().to_owned(),
            lost: lost.map(str::to_owned),
        },
        Undo::Never(why) => UndoTold::Never(why.to_owned()),
        Undo::OfMade => UndoTold::Never("it is made".to_owned()),
    }
}

fn told_op(id: OpId, op: &Op) -> OpTold {
    let locks = op.change.locks();
    let target = locks.iter().find_map(|lock| lock.as_str().split_once(':'));
    let target = target.map_or_else(String::new, |(_, id)| id.to_owned());
    let line = OpLine {
        id,
        change: op.change.name().to_owned(),
        name: op.basis.text("user.profile.login").map(Into::into),
        state: State::Proposed,
        since: now(),
        why: None,
        target: target.clone(),
    };
    let diff = diff::lines(&op.change, &op.basis).into_iter();
    OpTold {
        line,
        progress: Progress::staged(now()),
        diff: diff
            .map(|line| DiffLine {
                name: line.name.as_str().into(),
                before: line.before,
                after: line.after,
            })
            .collect(),
        request: RequestTold {
            method: "POST".to_owned(),
            path: format!("/api/v1/{}/{target}", op.change.name().replace('.', "/")),
            body: None,
        },
        undo: undo(&op.change),
        attempts: Vec::new(),
        logged: None,
    }
}

/// The ready plan of a user with two factors, one of them of an hour ago.
fn composed(recipe: &Recipe) -> Ready {
    let (user, since) = match recipe {
        Recipe::Contain { user, since } => (user, *since),
        Recipe::Offboard { user } => (user, None),
        Recipe::Onboard(_) => unreachable!("the console makes users by themselves"),
    };
    let factor = |id: &str, name: &str, hours_ago| Had {
        what: id.parse().unwrap(),
        name: name.into(),
        since: Some(time::before(now(), Duration::from_hours(hours_ago))),
        by: None,
    };
    let person = Person {
        user: user.clone(),
        login: facts(&Change::SuspendUser { user: user.clone() })
            .text("user.profile.login")
            .unwrap_or_default()
            .into(),
        status: Some("ACTIVE".into()),
        factors: vec![
            factor("opf1", "push iPhone", 9_000),
            factor("opf2", "sms +234 *** 8812", 1),
        ],
        tokens: Vec::new(),
        devices: Vec::new(),
        roles: Vec::new(),
        groups: Vec::new(),
        apps: Vec::new(),
        deeds: Vec::new(),
        gaps: vec!["API tokens: not read from Okta yet".to_owned()],
    };
    match recipe {
        Recipe::Offboard { .. } => offboard(&person),
        _ => contain(&person, since),
    }
}

impl FakeQueue {
    fn stage(&mut self, draft: Draft) -> Result<QueueAnswer, Problem> {
        let mut left = Vec::new();
        let mut ops = Vec::new();
        for op in draft.ops {
            let basis = facts(&op.change);
            let why = match standing(&op.change, &basis) {
                Standing::Impossible(why) => why,
                Standing::Done => "it is so already".to_owned(),
                _ => {
                    ops.push(Op {
                        change: op.change,
                        basis,
                        after: op.after,
                        undo_of: op.undo_of,
                    });
                    continue;
                }
            };
            left.push(LeftOut {
                change: op.change.name().to_owned(),
                target: basis.text("user.profile.login").unwrap_or_default().into(),
                why,
                is_done: false,
            });
        }
        if ops.is_empty() {
            return Err(refused(&left[0].why));
        }
        let number = self.plans.len() as u64 + 17;
        let plan = Plan {
            title: draft.title,
            reason: draft.reason,
            by: Operator {
                uid: 1000,
                name: Some("oncall".into()),
                account: None,
            },
            made: now(),
            on_failure: draft.on_failure,
            ops,
        };
        let org: OrgId = "00o1".parse().unwrap();
        let numbered = (1..).zip(&plan.ops);
        let told = PlanTold {
            number,
            digest: plan.digest(&org, number).unwrap(),
            tier: plan.tier(),
            challenge: plan.challenge(),
            expires: time::after(now(), Duration::from_hours(4)),
            findings: self.findings.clone(),
            ops: numbered
                .map(|(op, it)| told_op(OpId { plan: number, op }, it))
                .collect(),
            plan,
        };
        self.plans.push(told.clone());
        self.count();
        Ok(QueueAnswer::Staged(Box::new(told), left))
    }

    /// Counts what waits, after something has become of a change.
    pub(crate) fn count(&mut self) {
        let of = |states: &[State]| {
            let ops = self.plans.iter().flat_map(|plan| &plan.ops);
            let of = ops.filter(|op| states.contains(&op.line.state)).count();
            u32::try_from(of).unwrap()
        };
        self.status = QueueStatus {
            staged: of(&[State::Proposed]),
            under_way: of(&[State::Approved, State::InFlight, State::Accepted]),
            unknown: of(&[State::Unknown]),
            needs_human: of(&[State::NeedsHuman]),
            revision: self.status.revision + 1,
            ..self.status.clone()
        };
    }

    fn plan(&self, number: u64) -> Result<&PlanTold, Problem> {
        let plan = self.plans.iter().find(|plan| plan.number == number);
        plan.ok_or_else(|| refused("there is no such plan"))
    }

    /// Leads all changes of a plan, or one, to a state.
    pub(crate) fn lead(&mut self, which: Which, state: State, why: Option<&str>, at: Timestamp) {
        let plans = self.plans.iter_mut().filter(|it| it.number == which.plan);
        for op in plans.flat_map(|plan| &mut plan.ops) {
            if which.op.is_none_or(|number| number == op.line.id.op) {
                (op.line.state, op.line.since) = (state, at);
                op.line.why = why.map(Into::into);
                op.progress.state = state;
                op.logged = (state == State::Verified).then(|| Logged::nothing(Some(at), at));
                op.progress.why = why.map(Into::into);
            }
        }
        self.count();
    }

    /// The log tells of all changes of a plan. Nothing has become of them by that.
    pub(crate) fn log_tells(&mut self, plan: u64, at: Timestamp) {
        let plans = self.plans.iter_mut().filter(|it| it.number == plan);
        for op in plans.flat_map(|plan| &mut plan.ops) {
            op.logged = Some(Logged::Told {
                event: EventUuid([7; 16]),
                event_type: "user.account.unlock_by_admin".into(),
                published: at,
                is_ours: true,
            });
        }
    }

    /// The answer to a question about changes.
    pub(crate) fn answer(&mut self, ask: QueueAsk) -> Result<QueueAnswer, Problem> {
        match ask {
            QueueAsk::Stage(draft) => self.stage(draft),
            QueueAsk::Compose(recipe) => Ok(QueueAnswer::Ready(Box::new(composed(&recipe)))),
            QueueAsk::List { .. } => Ok(QueueAnswer::Plans(
                self.plans.iter().rev().map(plan_line).collect(),
            )),
            QueueAsk::Show(number) => Ok(QueueAnswer::Plan(Box::new(self.plan(number)?.clone()))),
            QueueAsk::Rehearse(number) => {
                let foreseen = self.plan(number)?.ops.iter().map(|op| Foreseen {
                    op: op.line.id,
                    is_sent: op.line.id.op == 1,
                    words: ["as it is shown", "it was so already"][usize::from(op.line.id.op > 1)]
                        .to_owned(),
                });
                Ok(QueueAnswer::Rehearsed(foreseen.collect()))
            }
            QueueAsk::Confirm(confirmation) => {
                let plan = self.plan(confirmation.plan)?;
                let typed = match &plan.challenge {
                    oktop::action::plan::Challenge::Yes => "",
                    oktop::action::plan::Challenge::Type(text) => text,
                };
                if confirmation.digest != plan.digest || confirmation.typed != typed {
                    return Err(refused("it is not what was shown"));
                }
                let which = Which {
                    plan: confirmation.plan,
                    op: None,
                };
                self.lead(which, State::Approved, None, now());
                Ok(QueueAnswer::Plan(Box::new(
                    self.plan(confirmation.plan)?.clone(),
                )))
            }
            QueueAsk::Drop(which) => {
                self.lead(which, State::Cancelled, None, now());
                Ok(QueueAnswer::Done("took it out of the queue".to_owned()))
            }
            QueueAsk::Undo(which) => {
                let plan = self.plan(which.plan)?;
                let ops = plan
                    .plan
                    .ops
                    .iter()
                    .filter_map(|op| match op.change.undo() {
                        Undo::By(back, _) => Some(oktop::msg::queue::DraftOp::new(*back)),
                        _ => None,
                    });
                let ops: Vec<_> = ops.collect();
                self.stage(Draft {
                    title: format!("undo {}", which.plan).as_str().into(),
                    reason: None,
                    on_failure: plan_failure(),
                    ops,
                })
            }
            QueueAsk::Say { op, was_done, .. } => {
                let which = Which {
                    plan: op.plan,
                    op: Some(op.op),
                };
                let state = if was_done {
                    State::ResolvedYes
                } else {
                    State::ResolvedNo
                };
                self.lead(which, state, None, now());
                Ok(QueueAnswer::Done(format!("noted what became of {op}")))
            }
            QueueAsk::Secret(_) => Ok(QueueAnswer::Secret(self.secret.take().map(|value| {
                Handed {
                    what: "temporary password".to_owned(),
                    value: value.to_owned(),
                }
            }))),
            QueueAsk::Halt(why) => {
                self.status.halted = Some(why.unwrap_or_else(|| "somebody said so".to_owned()));
                self.count();
                Ok(QueueAnswer::Done("nothing more is sent".to_owned()))
            }
            QueueAsk::Resume => {
                self.status.halted = None;
                self.count();
                Ok(QueueAnswer::Done("the queue goes on".to_owned()))
            }
            other => Err(refused(&format!("not here: {other:?}"))),
        }
    }
}

fn plan_failure() -> oktop::action::plan::OnFailure {
    oktop::action::plan::OnFailure::Stop
}

fn plan_line(told: &PlanTold) -> PlanLine {
    PlanLine {
        number: told.number,
        title: told.plan.title.clone(),
        reason: told.plan.reason.clone(),
        by: "oncall".into(),
        made: told.plan.made,
        tier: told.tier,
        ops: told.ops.iter().map(|op| op.line.clone()).collect(),
    }
}
