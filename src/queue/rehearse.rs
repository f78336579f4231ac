//! A dry run: every change of a plan is looked at as right before it is sent, and nothing is sent, noted or confirmed by it.

use super::carry::{Checked, follows_another, op_of};
use super::{Queue, Shared, Trouble, Way};
use crate::action::foreseen::Foreseen;
use crate::action::plan::{OpId, Plan};
use crate::action::state::{State, Step};

impl Queue {
    /// What would come of each change of a plan if it were carried out now.
    ///
    /// # Errors
    /// [`Trouble::NotFound`] when there is no such plan, [`Trouble::NoWay`] without a way to Okta.
    pub async fn rehearse(&self, number: u64) -> Result<Vec<Foreseen>, Trouble> {
        let plan = self.shared.plan(number)?;
        let way = self.shared.way.borrow().clone().ok_or(Trouble::NoWay)?;
        let findings = self.shared.findings_by(&plan, &way).await?;
        let mut foreseen = Vec::new();
        for (id, progress) in self.shared.control.progress(number)? {
            let mut own = findings.iter();
            let refused = own.find(|finding| finding.op.is_none_or(|op| op == id.op));
            foreseen.push(match refused {
                _ if !is_to_come(progress.state) => kept(id, state_words(progress.state)),
                Some(finding) => kept(id, format!("refused: {}", finding.words)),
                None => self.shared.foresee(id, &plan, &way).await,
            });
        }
        Ok(foreseen)
    }
}

impl Shared {
    async fn foresee(&self, id: OpId, plan: &Plan, way: &Way) -> Foreseen {
        if let Some(maker) = op_of(plan, id).change.makers().first() {
            return sent(id, format!("once {}.{maker} has made it", id.plan));
        }
        match self.recheck(id, plan, way).await {
            Checked::Ready(_) => sent(id, "as it is shown".to_owned()),
            Checked::Not(Step::NotExecuted, why, _) => kept(id, why.unwrap_or_default()),
            Checked::Not(..) if follows_another(plan, id) => {
                sent(id, "if it can be after what goes before it".to_owned())
            }
            Checked::Not(Step::FindStale, ..) => {
                let why = "what it rests on has changed; it would be staged anew";
                kept(id, why.to_owned())
            }
            Checked::Not(_, why, _) => kept(id, why.unwrap_or_default()),
        }
    }
}

/// Whether it is still to be carried out.
fn is_to_come(state: State) -> bool {
    matches!(
        state,
        State::Proposed | State::AwaitingSecond | State::Approved | State::Blocked
    )
}

fn state_words(state: State) -> String {
    format!("it is {}", state.word().replace('_', " "))
}

fn sent(op: OpId, words: String) -> Foreseen {
    Foreseen {
        op,
        is_sent: true,
        words,
    }
}

fn kept(op: OpId, words: String) -> Foreseen {
    Foreseen {
        op,
        is_sent: false,
        words,
    }
}
