//! A plan: the changes that belong together, in their order, and what a person has to type to confirm them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::domain::change::{Change, Tier};
use crate::domain::id::{OrgId, UserId};
use crate::domain::text::SafeText;

/// So many objects need a typed count.
const MANY: usize = 10;
/// So many need a typed phrase.
const VERY_MANY: usize = 100;
/// Letters of an id that are typed.
const TAIL: usize = 6;
/// What is hashed before a plan.
const DOMAIN: &[u8] = b"oktop-plan-v1\0";

/// One op of a plan: `17.2` is the second of plan 17. Numbers are the store's own and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpId {
    /// The number of the plan, from 1.
    pub plan: u64,
    /// The number within it, from 1.
    pub op: u32,
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.plan, self.op)
    }
}

/// The text names no op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an op is named by its plan and its number, such as 17.2")]
pub struct NotAnOp;

impl FromStr for OpId {
    type Err = NotAnOp;

    fn from_str(text: &str) -> Result<Self, NotAnOp> {
        let (plan, op) = text.split_once('.').ok_or(NotAnOp)?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(plan) || !is_number(op) {
            return Err(NotAnOp);
        }
        let id = Self {
            plan: plan.parse().map_err(|_| NotAnOp)?,
            op: op.parse().map_err(|_| NotAnOp)?,
        };
        if id.plan == 0 || id.op == 0 {
            return Err(NotAnOp);
        }
        Ok(id)
    }
}

impl TryFrom<String> for OpId {
    type Error = NotAnOp;

    fn try_from(text: String) -> Result<Self, NotAnOp> {
        text.parse()
    }
}

impl From<OpId> for String {
    fn from(id: OpId) -> Self {
        id.to_string()
    }
}

/// Who did something: by the system's word, and by the policy file's where that knows the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The system's number of the user.
    pub uid: u32,
    /// Their name on this machine.
    pub name: Option<SafeText>,
    /// Their own account in the org.
    pub account: Option<UserId>,
}

/// One change within a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// What is changed.
    pub change: Change,
    /// What was known of its objects when it was staged: it is sent only while that is so.
    pub basis: Facts,
    /// The numbers of ops of the plan that must be done before.
    pub after: Vec<u32>,
    /// Which op it takes back.
    pub undo_of: Option<OpId>,
}

/// What becomes of the others when an op fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// They wait for a person.
    #[default]
    Stop,
    /// They go on: containment, where every step that works is one door less.
    GoOn,
}

/// Changes that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What it is for, in a few words.
    pub title: SafeText,
    /// Why, as its maker said.
    pub reason: Option<SafeText>,
    /// Who staged it.
    pub by: Operator,
    /// When.
    pub made: Timestamp,
    /// What becomes of the others when an op fails.
    pub on_failure: OnFailure,
    /// The ops, in their order.
    pub ops: Vec<Op>,
}

/// What is wrong with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    /// Nothing is in it.
    #[error("the plan has no changes")]
    Empty,
    /// An op waits for itself, a later one, or one that is not there.
    #[error("change {0} waits for one that does not come before it")]
    Order(u32),
}

/// What a person has to do to confirm a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Challenge {
    /// Press `y`.
    Yes,
    /// Type this text.
    Type(String),
}

impl Plan {
    /// Checks that every op comes behind those that it waits for.
    ///
    /// # Errors
    /// [`InvalidPlan`] when it cannot be carried out in its order.
    pub fn check(&self) -> Result<(), InvalidPlan> {
        if self.ops.is_empty() {
            return Err(InvalidPlan::Empty);
        }
        for (number, op) in (1u32..).zip(&self.ops) {
            let comes_before = |other: &u32| (1..number).contains(other);
            let makers = op.change.makers();
            let waits_for_makers = makers.iter().all(|maker| op.after.contains(maker));
            if !op.after.iter().all(comes_before) || !waits_for_makers {
                return Err(InvalidPlan::Order(number));
            }
        }
        Ok(())
    }

    /// The plan with what its ops have made in the places that were kept for it; `made` is by the number of an op.
    #[must_use]
    pub fn with_made(mut self, made: impl Fn(u32) -> Option<String>) -> Self {
        for op in &mut self.ops {
            op.change.replace_made(&made);
        }
        self
    }

    /// Whether any op is about what another makes, and that is not there yet.
    pub fn waits_for_made(&self) -> bool {
        self.ops.iter().any(|op| !op.change.makers().is_empty())
    }

    /// How it is confirmed: as the gravest of its changes, and more gravely when there are many.
    pub fn tier(&self) -> Tier {
        let of_ops = self.ops.iter().map(|op| op.change.tier()).max();
        let of_size = match self.ops.len() {
            VERY_MANY.. => Tier::Three,
            MANY.. => Tier::Two,
            _ => Tier::One,
        };
        of_ops.unwrap_or(Tier::One).max(of_size)
    }

    /// What is typed to confirm it: never a login, which a habit types by itself. The tail of an id for one change, the count for
    /// several; of the third tier the name of the gravest change before it.
    pub fn challenge(&self) -> Challenge {
        let what = match self.ops.as_slice() {
            [op] => op.target_tail(),
            ops => ops.len().to_string(),
        };
        match self.tier() {
            Tier::One => Challenge::Yes,
            Tier::Two => Challenge::Type(what),
            Tier::Three => {
                let gravest = self.ops.iter().max_by_key(|op| op.change.tier());
                let name = gravest.map_or("", |op| op.change.name());
                Challenge::Type(format!("{name} {what}"))
            }
        }
    }

    /// The hash of all that is confirmed: a plan in which anything is otherwise has another.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn digest(&self, org: &OrgId, number: u64) -> Result<String, serde_json::Error> {
        let mut context = Context::new(&SHA256);
        context.update(DOMAIN);
        let body = serde_json::to_vec(self)?;
        for part in [org.as_str().as_bytes(), &number.to_le_bytes(), &body] {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let hex = |byte: &u8| format!("{byte:02x}");
        Ok(context.finish().as_ref().iter().map(hex).collect())
    }
}

impl Op {
    /// Whether what was found now is what it was when it was staged. Behind an op that is about the same things only what they are called
    /// and of which type they are has to be so: the rest may be its doing, and whether the change fits is another question.
    pub fn is_as_confirmed(&self, now: &Facts, follows_another: bool) -> bool {
        let lasting = ["login", "name", "type"];
        let is_known = |name: &str| self.basis.get(name).is_some();
        let made_before = !self.after.is_empty();
        let counts = |name: &str| {
            if made_before && !is_known(name) {
                return false;
            }
            !follows_another || lasting.contains(&name.rsplit('.').next().unwrap_or_default())
        };
        let mut differences = self.basis.differences(now).into_iter();
        !differences.any(|(name, _)| counts(name))
    }

    /// The end of the id of what it is about; the name of what it makes.
    fn target_tail(&self) -> String {
        let locks = self.change.locks();
        let target = match (&self.change, locks.last()) {
            (Change::CreateGroup(profile), _) => return profile.name.to_string(),
            (_, Some(lock)) => lock.as_str(),
            (_, None) => self.change.name(),
        };
        let skipped = target.chars().count().saturating_sub(TAIL);
        target.chars().skip(skipped).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspend(user: &str) -> Op {
        Op {
            change: Change::SuspendUser {
                user: user.parse().unwrap(),
            },
            basis: Facts::new(),
            after: Vec::new(),
            undo_of: None,
        }
    }

    fn unlock(user: &str) -> Op {
        Op {
            change: Change::UnlockUser {
                user: user.parse().unwrap(),
            },
            ..suspend(user)
        }
    }

    fn plan(ops: Vec<Op>) -> Plan {
        Plan {
            title: "a plan".into(),
            reason: None,
            by: Operator {
                uid: 1000,
                name: None,
                account: None,
            },
            made: Timestamp::UNIX_EPOCH,
            on_failure: OnFailure::Stop,
            ops,
        }
    }

    #[test]
    fn an_op_waits_only_for_those_before_it() {
        assert_eq!(plan(Vec::new()).check(), Err(InvalidPlan::Empty));
        let with = |after: &[u32]| {
            let second = Op {
                after: after.to_vec(),
                ..suspend("00u2")
            };
            plan(vec![suspend("00u1"), second]).check()
        };
        assert_eq!(with(&[]), Ok(()));
        assert_eq!(with(&[1]), Ok(()));
        for after in [&[0][..], &[2], &[3], &[1, 2]] {
            assert_eq!(with(after), Err(InvalidPlan::Order(2)), "{after:?}");
        }
    }

    #[test]
    fn what_is_typed_grows_with_what_is_at_stake() {
        let typed = |text: &str| Challenge::Type(text.to_owned());
        let one = |op| plan(vec![op]).challenge();
        assert_eq!(one(unlock("00u1abcdefgh")), Challenge::Yes);
        assert_eq!(one(suspend("00u1abcdefgh")), typed("cdefgh"));
        let grave = Op {
            change: Change::DeactivateUser {
                user: "00u1abcdefgh".parse().unwrap(),
                send_email: false,
            },
            ..suspend("00u1")
        };
        assert_eq!(one(grave), typed("users.deactivate cdefgh"));
        let many = |count: usize| plan(vec![unlock("00u1"); count]).challenge();
        assert_eq!(many(9), Challenge::Yes);
        assert_eq!(many(10), typed("10"));
        assert_eq!(many(100), typed("users.unlock 100"));
    }

    #[test]
    fn a_plan_in_which_anything_is_otherwise_has_another_digest() {
        let org = |id: &str| id.parse::<OrgId>().unwrap();
        let of = |plan: &Plan| plan.digest(&org("00o1"), 1).unwrap();
        let first = plan(vec![suspend("00u1"), unlock("00u2")]);
        assert_eq!(of(&first), of(&first.clone()));
        assert_ne!(of(&first), first.digest(&org("00o2"), 1).unwrap());
        assert_ne!(of(&first), first.digest(&org("00o1"), 2).unwrap());
        let mut turned = first.clone();
        turned.ops.swap(0, 1);
        let mut other_basis = first.clone();
        other_basis.ops[0].basis.put("user.status", "ACTIVE");
        let mut waits = first.clone();
        waits.ops[1].after = vec![1];
        for other in [turned, other_basis, waits] {
            assert_ne!(of(&first), of(&other));
        }
    }

    #[test]
    fn an_op_is_named_by_two_numbers() {
        let id: OpId = "17.2".parse().unwrap();
        assert_eq!((id.plan, id.op, id.to_string()), (17, 2, "17.2".to_owned()));
        for text in ["17", "0.1", "1.0", "1.2.3", "+1.2", "1. 2", "", ".", "a.b"] {
            assert_eq!(text.parse::<OpId>(), Err(NotAnOp), "{text}");
        }
    }
}
