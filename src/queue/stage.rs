//! Staging: what changes are about is read, what cannot be or need not is left out, and the rest becomes a plan.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};

use super::{Queue, Shared, Trouble, Way};
use crate::action::facts::Facts;
use crate::action::guard::Finding;
use crate::action::plan::{OnFailure, Op, OpId, Operator, Plan};
use crate::action::standing::{Standing, standing};
use crate::domain::change::{Change, FieldEdit, GroupProfile, OfMade as _};
use crate::domain::entry::EntryId;
use crate::domain::id::UserId;
use crate::domain::text::SafeText;
use crate::okta;

/// Why a change need not be made.
const IS_SO: &str = "it is so already";
/// Objects that are read at the same time.
const READ_AT_ONCE: usize = 6;

/// A change that somebody wants.
#[derive(Clone, Debug)]
pub struct Want {
    /// The change. What it is to replace is filled in from what Okta has.
    pub change: Change,
    /// Numbers, from 1, of those that must be done before.
    pub after: Vec<u32>,
    /// What it takes back.
    pub undo_of: Option<OpId>,
}

/// Changes that somebody wants together.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What they are for.
    pub title: SafeText,
    /// Why.
    pub reason: Option<SafeText>,
    /// What becomes of the others when one fails.
    pub on_failure: OnFailure,
    /// The changes, in their order.
    pub ops: Vec<Want>,
    /// Who wants them.
    pub by: Operator,
}

/// A plan that was staged.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Its number.
    pub number: u64,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// A change that was not staged, and why.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// The change.
    pub change: Change,
    /// What was found of what it is about.
    pub facts: Facts,
    /// Why it cannot be, or need not.
    pub why: String,
    /// Whether that is because it is so already.
    pub is_done: bool,
}

impl Queue {
    /// Stages changes, after reading what each is about.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when none of them can be made; [`Trouble::NoWay`] or [`Trouble::Okta`] when Okta cannot be asked.
    pub async fn stage(&self, wanted: Wanted) -> Result<Staged, Trouble> {
        stage(&self.shared, wanted).await
    }
}

pub(super) async fn stage(shared: &Shared, wanted: Wanted) -> Result<Staged, Trouble> {
    if wanted.ops.is_empty() {
        return Err(Trouble::Refused("there is nothing to stage".to_owned()));
    }
    let way = shared.way.borrow().clone().ok_or(Trouble::NoWay)?;
    let looks: Vec<_> = wanted
        .ops
        .iter()
        .map(|want| look(Arc::clone(&way), want.change.clone()).boxed())
        .collect();
    let looked: Vec<_> = stream::iter(looks).buffered(READ_AT_ONCE).collect().await;
    let (mut ops, mut left_out, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (want, looked) in wanted.ops.iter().zip(looked) {
        let (change, facts) = looked?;
        // What another does before may make it fit.
        let is_first = want.after.is_empty() && change.makers().is_empty();
        let unfit = unfit(&change, &facts).filter(|_| is_first);
        if let Some(why) = unfit.or_else(|| unmade(&change, &places)) {
            places.push(None);
            left_out.push(LeftOut {
                is_done: why == IS_SO,
                change,
                facts,
                why,
            });
        } else {
            places.push(u32::try_from(ops.len() + 1).ok());
            ops.push(op(want, change, facts, &places));
        }
    }
    if let ([], [only, ..]) = (ops.as_slice(), left_out.as_slice()) {
        return Err(Trouble::Refused(nothing_fits(only, left_out.len())));
    }
    let plan = Plan {
        title: wanted.title,
        reason: wanted.reason,
        by: wanted.by,
        made: shared.clock.now(),
        on_failure: wanted.on_failure,
        ops,
    };
    // Nothing of what a guard refuses stands in the queue, waiting for somebody in a hurry.
    if let Some(finding) = shared.findings(&plan).await?.into_iter().next() {
        return Err(Trouble::Refused(guarded(&plan, &finding)));
    }
    let number = shared.control.stage(plan).await?;
    shared.tell()?;
    Ok(Staged { number, left_out })
}

async fn look(way: Arc<Way>, change: Change) -> Result<(Change, Facts), okta::Error> {
    let found = way.reader.look(&change).await?;
    let change = completed(change, &found.facts);
    Ok((change, found.facts))
}

fn op(want: &Want, mut change: Change, basis: Facts, places: &[Option<u32>]) -> Op {
    let place = |number: u32| place_of(places, number);
    let mut after: Vec<u32> = want.after.iter().filter_map(|one| place(*one)).collect();
    change.replace_made(|maker| UserId::made_by(place(maker)?).map(Into::into));
    after.extend(change.makers());
    after.sort_unstable();
    after.dedup();
    Op {
        change,
        basis,
        after,
        undo_of: want.undo_of,
    }
}

/// The number in the plan of what has another in the draft; `None` when it was left out.
fn place_of(places: &[Option<u32>], number: u32) -> Option<u32> {
    *places.get((number as usize).checked_sub(1)?)?
}

/// Why a change cannot be made that is about what another makes: that other is not in the plan.
fn unmade(change: &Change, places: &[Option<u32>]) -> Option<String> {
    let makers = change.makers().into_iter();
    let mut missing = makers.filter(|maker| place_of(places, *maker).is_none());
    let missing = missing.next()?;
    Some(format!(
        "what it is about is not made: {missing} of the draft is left out"
    ))
}

fn guarded(plan: &Plan, finding: &Finding) -> String {
    let op = finding.op.and_then(|op| plan.ops.get(op as usize - 1));
    match op {
        Some(op) => format!("{} is refused: {}", op.change.name(), finding.words),
        None => format!("the plan is refused: {}", finding.words),
    }
}

/// Why a change cannot be made, or need not.
fn unfit(change: &Change, facts: &Facts) -> Option<String> {
    match standing(change, facts) {
        Standing::Possible | Standing::Blind => None,
        Standing::Done => Some(IS_SO.to_owned()),
        Standing::Gone(what) => Some(what.to_owned()),
        Standing::Impossible(why) => Some(why),
        Standing::NotKnown(fact) => Some(format!("Okta does not tell its `{fact}`")),
    }
}

fn nothing_fits(first: &LeftOut, count: usize) -> String {
    let why = &first.why;
    match count {
        1 => format!("{}: {why}", first.change.name()),
        _ => format!("none of the {count} changes can be made; the first: {why}"),
    }
}

/// The change with what it is to replace, as Okta has it now.
pub(super) fn completed(change: Change, facts: &Facts) -> Change {
    match change {
        Change::UpdateUser { user, fields } => {
            let before = |edit: FieldEdit| FieldEdit {
                before: facts.get(&format!("user.profile.{}", edit.name)).cloned(),
                ..edit
            };
            let fields = fields.into_iter().map(before).collect();
            Change::UpdateUser { user, fields }
        }
        Change::UpdateGroup { group, after, .. } => Change::UpdateGroup {
            group,
            before: GroupProfile {
                name: facts.text("group.profile.name").unwrap_or_default().into(),
                description: facts.text("group.profile.description").map(Into::into),
            },
            after,
        },
        Change::RevokeRole {
            holder,
            assignment,
            role,
        } => Change::RevokeRole {
            assignment: assignment_of(facts, &role.key()).unwrap_or(assignment),
            holder,
            role,
        },
        other => other,
    }
}

/// The id under which somebody has a role.
fn assignment_of(facts: &Facts, role: &str) -> Option<EntryId> {
    let kinds = facts.get("roles.kinds")?.as_array()?;
    let place = kinds.iter().position(|kind| kind == role)?;
    let id = facts.get("roles.ids")?.as_array()?.get(place)?;
    id.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::change::{Holder, Role};

    #[test]
    fn what_is_replaced_is_what_okta_has() {
        let change = Change::UpdateUser {
            user: "00u1".parse().unwrap(),
            fields: vec![FieldEdit {
                name: "title".into(),
                before: Some(json!("as somebody thought")),
                after: Some(json!("new")),
            }],
        };
        let facts = Facts::from([("user.profile.title", json!("old"))]);
        let Change::UpdateUser { fields, .. } = completed(change, &facts) else {
            unreachable!("it stays the same change");
        };
        assert_eq!(fields[0].before, Some(json!("old")));
    }

    #[test]
    fn a_role_is_taken_back_by_the_id_under_which_it_is_had() {
        let role = Role::Custom {
            role: "cr01".parse().unwrap(),
            resource_set: "iam2".parse().unwrap(),
        };
        let change = Change::RevokeRole {
            holder: Holder::User("00u1".parse().unwrap()),
            assignment: "unknown".parse().unwrap(),
            role,
        };
        let facts = Facts::from([
            (
                "roles.kinds",
                json!(["ORG_ADMIN", "cr01@iam1", "cr01@iam2"]),
            ),
            ("roles.ids", json!(["ra1", "ra2", "ra3"])),
        ]);
        let Change::RevokeRole { assignment, .. } = completed(change, &facts) else {
            unreachable!("it stays the same change");
        };
        assert_eq!(assignment.as_str(), "ra3");
    }
}
