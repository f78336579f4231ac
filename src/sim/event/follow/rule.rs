//! Events of group rules, and of the memberships that they give and take.

use crate::sim::world::index::{GroupIx, RuleIx, UserIx};

use super::super::Target;
use super::super::kind::Kind;
use super::super::party::{PartyId, PartyKind};
use super::scribe::{Draft, Scribe};

impl Scribe<'_, '_> {
    pub(super) fn of_rule(&mut self, kind: Kind, rule: RuleIx) {
        let target = [Target::party(self.rule(rule))];
        self.push(Draft::new(kind, &target));
    }

    pub(super) fn exclusion(&mut self, rule: RuleIx, user: UserIx) {
        let targets = [
            Target::party(self.rule(rule)),
            Target::party(self.user(user)),
        ];
        self.push(Draft::new(Kind::RuleExclusion, &targets));
    }

    /// As any other membership, with the rule's id.
    pub(super) fn membership_by_rule(
        &mut self,
        kind: Kind,
        rule: RuleIx,
        group: GroupIx,
        user: UserIx,
    ) {
        let id = self.world.rule(rule).id;
        let targets = [
            Target::party(self.user(user)),
            Target::party(self.group(group)),
        ];
        self.push(Draft::new(kind, &targets).debug("triggeredByGroupRuleId", id.as_str()));
    }

    fn rule(&mut self, rule: RuleIx) -> PartyId {
        let held = self.world.rule(rule);
        self.named(PartyKind::GroupRule, held.id.as_str(), &held.name)
    }
}
