//! Taking back: the changes that lead back from what was done, as a plan of their own that goes through the same gates.

use super::{Queue, Staged, Trouble, Want, Wanted};
use crate::action::plan::{OnFailure, OpId, Operator, Plan};
use crate::action::progress::Progress;
use crate::domain::change::{Change, Undo};

impl Queue {
    /// Stages what takes a plan back, or one op of it: the last thing first.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when nothing of it was done, or nothing of that can be taken back.
    pub async fn undo(
        &self,
        number: u64,
        op: Option<u32>,
        by: Operator,
    ) -> Result<Staged, Trouble> {
        let plan = self.shared.plan(number)?;
        let progress = self.shared.control.progress(number)?;
        let mut ops = Vec::new();
        let mut why_not = "nothing of it was done".to_owned();
        for (id, progress) in progress.into_iter().rev() {
            if op.is_some_and(|op| op != id.op) || !progress.state.is_done() {
                continue;
            }
            match taken_back(&plan, id, &progress) {
                Ok(change) => ops.push(Want {
                    change,
                    after: Vec::new(),
                    undo_of: Some(id),
                }),
                Err(why) => why_not = format!("{id} cannot be taken back: {why}"),
            }
        }
        if ops.is_empty() {
            return Err(Trouble::Refused(why_not));
        }
        let what = op.map_or_else(|| number.to_string(), |op| format!("{number}.{op}"));
        let wanted = Wanted {
            title: format!("undo {what}: {}", plan.title).as_str().into(),
            reason: plan.reason,
            on_failure: OnFailure::Stop,
            ops,
            by,
        };
        self.stage(wanted).await
    }

    /// Stages once more what failed, or had no effect.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when it did not fail, or it cannot be made any more.
    pub async fn again(&self, id: OpId, by: Operator) -> Result<Staged, Trouble> {
        let plan = self.shared.plan(id.plan)?;
        let progress = self.shared.control.progress(id.plan)?;
        let found = progress.into_iter().find(|(other, _)| *other == id);
        let (_, progress) = found.ok_or_else(|| Trouble::NotFound(format!("change {id}")))?;
        if !progress.state.is_final() || progress.state.is_done() {
            let word = progress.state.word();
            return Err(Trouble::Refused(format!(
                "{id} is {word}; only what failed is sent again"
            )));
        }
        let op = &plan.ops[id.op as usize - 1];
        let wanted = Wanted {
            title: plan.title.clone(),
            reason: plan.reason.clone(),
            on_failure: plan.on_failure,
            ops: vec![Want {
                change: op.change.clone(),
                after: Vec::new(),
                undo_of: op.undo_of,
            }],
            by,
        };
        self.stage(wanted).await
    }
}

/// What takes an op back that was done.
fn taken_back(plan: &Plan, id: OpId, progress: &Progress) -> Result<Change, &'static str> {
    let change = &plan.ops[id.op as usize - 1].change;
    if progress.attempts == 0 {
        return Err("it was so before");
    }
    match change.undo() {
        Undo::By(back, _) => Ok(*back),
        Undo::Never(why) => Err(why),
        Undo::OfMade => {
            let made = progress.made.as_ref();
            let back = made.and_then(|made| change.undo_made(made));
            back.ok_or("the id of what it made is not known")
        }
    }
}
