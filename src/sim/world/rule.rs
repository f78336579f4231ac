//! Group rules: who is put into which groups because of what their profile says.

use super::super::id::Id;
use super::super::time::Millis;
use super::expression::Expression;
use super::index::{GroupIx, UserIx};

/// Whether a rule works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleStatus {
    /// It keeps its groups filled.
    Active,
    /// It was switched off; whom it put in stays in.
    Inactive,
    /// It names what is not there any more, and does nothing.
    Invalid,
}

impl RuleStatus {
    /// As Okta spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::Invalid => "INVALID",
        }
    }
}

/// A group rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `0pr…`
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// Whether it works.
    pub status: RuleStatus,
    /// What it says, as written.
    pub text: String,
    /// The same, understood; `None` when it cannot be.
    pub expression: Option<Expression>,
    /// Where it puts people.
    pub groups: Vec<GroupIx>,
    /// Whom it leaves alone, ascending: somebody decided about them by hand.
    pub excluded: Vec<UserIx>,
    /// When it was created.
    pub created: Millis,
    /// When it was last changed.
    pub last_updated: Millis,
    /// Whether it is gone for good.
    pub deleted: bool,
}
