//! What the entries of the journal tell. Names and values of people are in none of them, so that whoever checks the journal need not
//! know them: objects have their ids, and what was confirmed has a hash.

use serde::Serialize;

use crate::action::plan::{OpId, Operator, Plan};
use crate::action::progress::{Ended, Intent, Move};
use crate::action::state::{State, Step};
use crate::domain::change::{Change, Lock};
use crate::domain::id::OrgId;
use crate::domain::text::SafeText;

/// One of them.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Note<'a> {
    /// The journal begins.
    Began { org: &'a OrgId, tool: &'static str },
    /// A plan was staged.
    Staged {
        plan: u64,
        digest: String,
        by: &'a Operator,
        reason: Option<&'a SafeText>,
        ops: Vec<Staged>,
    },
    /// An op went on.
    Moved {
        #[serde(flatten)]
        which: Staged,
        step: Step,
        from: State,
        to: State,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a Operator>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        intent: Option<&'a Intent>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ended: Option<&'a Ended>,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a SafeText>,
    },
    /// Nothing is sent any more.
    Halted {
        why: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a Operator>,
    },
    /// The queue goes on.
    Resumed {
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a Operator>,
    },
    /// The agent had ended without being told to.
    Recovered {
        #[serde(flatten)]
        which: Staged,
        from: State,
        to: State,
    },
}

/// An op, as entries name it.
#[derive(Serialize)]
pub(super) struct Staged {
    op: OpId,
    change: &'static str,
    on: Vec<Lock>,
}

impl Staged {
    pub(super) fn of(op: OpId, change: &Change) -> Self {
        Self {
            op,
            change: change.name(),
            on: change.locks(),
        }
    }
}

impl<'a> Note<'a> {
    /// That a plan was staged.
    pub(super) fn staged(number: u64, digest: String, plan: &'a Plan) -> Self {
        let of = |(op, each): (u32, &crate::action::plan::Op)| {
            Staged::of(OpId { plan: number, op }, &each.change)
        };
        Self::Staged {
            plan: number,
            digest,
            by: &plan.by,
            reason: plan.reason.as_ref(),
            ops: (1u32..).zip(&plan.ops).map(of).collect(),
        }
    }

    /// That an op went on.
    pub(super) fn moved(
        moved: &'a Move,
        change: &Change,
        (from, to): (State, State),
        attempt: u32,
    ) -> Self {
        let is_exchange = moved.intent.is_some() || moved.ended.is_some();
        Self::Moved {
            which: Staged::of(moved.op, change),
            step: moved.step,
            from,
            to,
            by: moved.by.as_ref(),
            attempt: is_exchange.then_some(attempt),
            intent: moved.intent.as_ref(),
            ended: moved.ended.as_ref(),
            why: moved.why.as_ref(),
        }
    }
}
