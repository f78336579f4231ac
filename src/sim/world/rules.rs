//! What can be done to group rules, and what they do.
//!
//! A membership is a rule's when an active rule of the group is true of the member, the member is not excluded from it, and
//! nobody put the member in by hand. Only the last is stored (`Rules::by_hand`, for groups with rules): the rest follows, so
//! that a rule for half a million people costs nothing until it is asked about.

use std::collections::{BTreeMap, BTreeSet};

use super::super::id::Id;
use super::super::time::{Millis, SECOND_MS};
use super::attribute::Attribute;
use super::expression::{Expression, Subject, Unevaluable};
use super::happening::{Cause, Fact};
use super::index::{GroupIx, RuleIx, UserIx};
use super::refused::Refused;
use super::rule::{Rule, RuleStatus};
use super::user::User;
use super::{World, insert_sorted, is_live};

/// How often rules that ask for groups may move somebody because of each other.
const MOST_ROUNDS: usize = 4;

/// Every rule that ever was, by index.
#[derive(Debug, Default)]
pub struct Rules {
    all: Vec<Rule>,
    /// Active rules by the groups that they fill.
    filling: BTreeMap<GroupIx, Vec<RuleIx>>,
    /// Members of such groups whom no rule put in.
    by_hand: BTreeSet<(GroupIx, UserIx)>,
    /// Whether any active rule asks what groups somebody is in.
    ask_for_groups: bool,
    /// Rules that were switched on and have not worked through everybody yet.
    at_work: Vec<(Millis, RuleIx, Cause)>,
}

/// How long Okta takes until a rule that was switched on has worked through everybody.
const WORKS_THROUGH_MS: i64 = 2 * SECOND_MS;

/// Somebody, as rules see them.
struct Person<'w> {
    world: &'w World,
    ix: UserIx,
    user: &'w User,
}

impl Subject for Person<'_> {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        self.world.attribute(self.ix, self.user, name)
    }

    fn is_in(&self, group: &str) -> bool {
        let group = self.world.group_by_id(group);
        group.is_some_and(|group| self.world.is_member(group, self.ix))
    }

    fn is_in_one_named(&self, suits: &dyn Fn(&str) -> bool) -> bool {
        let mut groups = self.world.groups_of(self.ix);
        groups.any(|group| suits(&self.world.group(group).name))
    }
}

impl World {
    /// Puts a rule in as it is found, without telling the log. One that cannot be evaluated is invalid, whatever `active`
    /// says. Whoever is in its groups without the rule's doing was put there by hand.
    pub fn settle_rule(
        &mut self,
        name: &str,
        text: &str,
        groups: &[GroupIx],
        active: bool,
        at: Millis,
    ) -> RuleIx {
        let ix = RuleIx::from_usize(self.rules.all.len());
        let read = self.understood(text);
        let status = match (&read, active) {
            (Err(_), _) => RuleStatus::Invalid,
            (Ok(_), true) => RuleStatus::Active,
            (Ok(_), false) => RuleStatus::Inactive,
        };
        self.rules.all.push(Rule {
            id: Id::new(self.seed, "0pr", 1_000 + u64::from(ix.0)),
            name: name.to_owned(),
            status,
            text: text.to_owned(),
            expression: read.ok(),
            groups: groups.to_vec(),
            excluded: Vec::new(),
            created: at,
            last_updated: at,
            deleted: false,
        });
        self.rules_changed();
        ix
    }

    /// Excludes somebody from a rule without telling the log.
    pub fn settle_exclusion(&mut self, rule: RuleIx, user: UserIx) {
        insert_sorted(&mut self.rules.all[rule.at()].excluded, user);
    }

    /// Says of all members of groups with rules whom no rule put there. Done once, when all rules are settled.
    pub fn settle_by_hand(&mut self) {
        let groups: Vec<GroupIx> = self.rules.filling.keys().copied().collect();
        for group in groups {
            let by_hand: Vec<(GroupIx, UserIx)> = self
                .members_from(group, UserIx(0))
                .filter(|user| self.ruling(group, *user).is_none())
                .map(|user| (group, user))
                .collect();
            self.rules.by_hand.extend(by_hand);
        }
    }

    /// Creates a rule, which does nothing yet.
    ///
    /// # Errors
    /// When it has no name or one of another rule, cannot be evaluated, or fills a group that is not Okta's own.
    pub fn create_rule(
        &mut self,
        cause: &Cause,
        name: &str,
        text: &str,
        groups: &[GroupIx],
    ) -> Result<RuleIx, Refused> {
        if name.is_empty() || name.chars().count() > 50 {
            return Err(Refused::Invalid {
                field: "name".to_owned(),
                cause: "The name must have 1 to 50 characters".to_owned(),
            });
        }
        if self.rules().any(|(_, rule)| rule.name == name) {
            return Err(Refused::duplicate("name"));
        }
        self.understood(text).map_err(|why| Refused::Invalid {
            field: "conditions.expression.value".to_owned(),
            cause: why.to_string(),
        })?;
        for group in groups {
            self.editable(*group)?;
        }
        // Okta's catalogue has no event for a rule that does nothing yet.
        Ok(self.settle_rule(name, text, groups, false, cause.at))
    }

    /// Switches a rule on: everybody whom it is true of joins its groups.
    ///
    /// # Errors
    /// When it is invalid. Switching on what is on does nothing.
    pub fn activate_rule(&mut self, cause: &Cause, rule: RuleIx) -> Result<(), Refused> {
        if self.switch_rule_on(cause, rule)? {
            self.put_where_it_wants(cause, rule);
        }
        Ok(())
    }

    /// The same as Okta does it for whoever asks: the rule is on, and it works through everybody a moment later.
    ///
    /// # Errors
    /// As for [`World::activate_rule`].
    pub fn activate_rule_later(&mut self, cause: &Cause, rule: RuleIx) -> Result<(), Refused> {
        if self.switch_rule_on(cause, rule)? {
            self.rules
                .at_work
                .push((cause.at + WORKS_THROUGH_MS, rule, *cause));
        }
        Ok(())
    }

    /// When a rule that was switched on next has somebody to move.
    pub(super) fn next_rule_due(&self) -> Option<Millis> {
        self.rules.at_work.iter().map(|(due, ..)| *due).min()
    }

    /// Lets rules that were switched on a moment ago do what they are for.
    pub(super) fn work_through_rules(&mut self, now: Millis) {
        let (due, later) = std::mem::take(&mut self.rules.at_work)
            .into_iter()
            .partition(|(at, ..)| *at <= now);
        self.rules.at_work = later;
        let due: Vec<(Millis, RuleIx, Cause)> = due;
        for (at, rule, cause) in due {
            let held = self.rule(rule);
            if held.status == RuleStatus::Active && !held.deleted {
                self.put_where_it_wants(&Cause { at, ..cause }, rule);
            }
        }
    }

    fn put_where_it_wants(&mut self, cause: &Cause, rule: RuleIx) {
        for user in (0..self.users.len()).map(UserIx::from_usize) {
            if self.suits(rule, user) {
                self.apply_rules(cause, user);
            }
        }
    }

    /// Switches a rule on; `false` when it was on. Whoever is in its groups already was put there by hand.
    fn switch_rule_on(&mut self, cause: &Cause, rule: RuleIx) -> Result<bool, Refused> {
        match self.rule(rule).status {
            RuleStatus::Active => return Ok(false),
            RuleStatus::Invalid => return Err(Refused::InvalidRule),
            RuleStatus::Inactive => {}
        }
        for group in self.rule(rule).groups.clone() {
            let there: Vec<UserIx> = self.members_from(group, UserIx(0)).collect();
            let by_hand = |user: &UserIx| self.ruling(group, *user).is_none();
            let by_hand: Vec<UserIx> = there.into_iter().filter(by_hand).collect();
            let marks = by_hand.into_iter().map(|user| (group, user));
            self.rules.by_hand.extend(marks);
        }
        self.set_rule_status(rule, RuleStatus::Active, cause.at);
        self.record(cause, Fact::RuleActivated { rule });
        Ok(true)
    }

    /// Switches a rule off. Whom it put in stays in, now as if by hand.
    ///
    /// # Errors
    /// When it is not on.
    pub fn deactivate_rule(&mut self, cause: &Cause, rule: RuleIx) -> Result<(), Refused> {
        if self.rule(rule).status != RuleStatus::Active {
            return Err(Refused::RuleNotActive);
        }
        self.let_go(rule, RuleStatus::Inactive, cause.at);
        self.record(cause, Fact::RuleDeactivated { rule });
        Ok(())
    }

    /// Deletes a rule, with `remove_users` together with the memberships that it gave.
    ///
    /// # Errors
    /// When it is on.
    pub fn delete_rule(
        &mut self,
        cause: &Cause,
        rule: RuleIx,
        remove_users: bool,
    ) -> Result<(), Refused> {
        if self.rule(rule).status == RuleStatus::Active {
            return Err(Refused::RuleActive);
        }
        if remove_users {
            for user in (0..self.users.len()).map(UserIx::from_usize) {
                if !self.suits(rule, user) {
                    continue;
                }
                for group in self.rule(rule).groups.clone() {
                    if self.ruling(group, user).is_none() {
                        self.leave_by_rule(cause, rule, group, user);
                    }
                }
            }
        }
        self.rules.all[rule.at()].deleted = true;
        self.rules_changed();
        Ok(())
    }

    /// Reads an expression, and looks whether the groups that it names are there.
    fn understood(&self, text: &str) -> Result<Expression, Unevaluable> {
        let read = Expression::read(text)?;
        let missing = read
            .groups()
            .into_iter()
            .find(|group| self.group_by_id(group).is_none())
            .map(str::to_owned);
        match missing {
            Some(group) => Err(Unevaluable::NoSuchGroup(group)),
            None => Ok(read),
        }
    }

    fn set_rule_status(&mut self, rule: RuleIx, status: RuleStatus, at: Millis) {
        let held = &mut self.rules.all[rule.at()];
        held.status = status;
        held.last_updated = at;
        self.rules_changed();
    }

    /// Ends a rule's hold on its members, who stay.
    fn let_go(&mut self, rule: RuleIx, status: RuleStatus, at: Millis) {
        let mut held = Vec::new();
        for group in self.rule(rule).groups.clone() {
            let members = self.members_from(group, UserIx(0));
            held.extend(
                members
                    .filter(|user| self.suits(rule, *user))
                    .map(|user| (group, user)),
            );
        }
        self.set_rule_status(rule, status, at);
        for (group, user) in held {
            if self.rules.filling.contains_key(&group) && self.ruling(group, user).is_none() {
                self.rules.by_hand.insert((group, user));
            }
        }
    }

    /// Looks up anew which groups active rules fill.
    fn rules_changed(&mut self) {
        let rules = &mut self.rules;
        rules.filling.clear();
        rules.ask_for_groups = false;
        for (at, rule) in rules.all.iter().enumerate() {
            if rule.deleted || rule.status != RuleStatus::Active {
                continue;
            }
            rules.ask_for_groups |= rule
                .expression
                .as_ref()
                .is_some_and(Expression::asks_for_groups);
            for group in &rule.groups {
                let filling = rules.filling.entry(*group).or_default();
                filling.push(RuleIx::from_usize(at));
            }
        }
        let filling = &rules.filling;
        rules
            .by_hand
            .retain(|(group, _)| filling.contains_key(group));
    }

    /// Whether a rule is true of somebody whom it does not leave alone.
    fn suits(&self, rule: RuleIx, ix: UserIx) -> bool {
        let (rule, user) = (self.rule(rule), self.user(ix));
        let person = Person {
            world: self,
            ix,
            user,
        };
        is_live(user)
            && rule.excluded.binary_search(&ix).is_err()
            && rule
                .expression
                .as_ref()
                .is_some_and(|expression| expression.holds(&person))
    }

    /// The active rule of a group that is true of somebody.
    fn ruling(&self, group: GroupIx, user: UserIx) -> Option<RuleIx> {
        let rules = self.rules.filling.get(&group)?;
        rules.iter().copied().find(|rule| self.suits(*rule, user))
    }

    /// The rule that a membership is from; `None` for one that somebody gave by hand, and where there is none.
    pub fn rule_of_membership(&self, group: GroupIx, user: UserIx) -> Option<RuleIx> {
        if !self.is_member(group, user) || self.rules.by_hand.contains(&(group, user)) {
            return None;
        }
        self.ruling(group, user)
    }

    /// Puts somebody where the rules want them now, as far as rules put them where they are.
    pub(super) fn apply_rules(&mut self, cause: &Cause, user: UserIx) {
        if self.rules.filling.is_empty() || !is_live(self.user(user)) {
            return;
        }
        for _ in 0..MOST_ROUNDS {
            let moves: Vec<(GroupIx, Option<RuleIx>)> = self
                .rules
                .filling
                .keys()
                .map(|group| (*group, self.ruling(*group, user)))
                .filter(|(group, ruling)| {
                    let by_hand = self.rules.by_hand.contains(&(*group, user));
                    self.is_member(*group, user) != (ruling.is_some() || by_hand)
                })
                .collect();
            if moves.is_empty() {
                return;
            }
            for (group, ruling) in moves {
                let filling = self.rules_filling(group).first().copied();
                match (ruling, filling) {
                    (Some(rule), _) => self.join_by_rule(cause, rule, group, user),
                    (None, Some(rule)) => self.leave_by_rule(cause, rule, group, user),
                    (None, None) => {}
                }
            }
            if !self.rules.ask_for_groups {
                return;
            }
        }
    }

    /// Rules are Okta's own work, done because of what somebody else did.
    fn by_rule(&self, cause: &Cause, rule: RuleIx) -> Cause {
        let request = self.seed.hash("rule-request", u64::from(rule.0));
        self.by_system(cause.at, request ^ cause.request)
    }

    fn join_by_rule(&mut self, cause: &Cause, rule: RuleIx, group: GroupIx, user: UserIx) {
        let cause = self.by_rule(cause, rule);
        self.admit(&cause, group, user, Some(rule));
    }

    fn leave_by_rule(&mut self, cause: &Cause, rule: RuleIx, group: GroupIx, user: UserIx) {
        let cause = self.by_rule(cause, rule);
        self.dismiss(&cause, group, user, Some(rule));
    }

    /// Somebody decided about a membership by hand: the rules that would decide otherwise leave the user alone from now on.
    pub(super) fn decided_by_hand(
        &mut self,
        cause: &Cause,
        group: GroupIx,
        user: UserIx,
        member: bool,
    ) {
        let Some(rules) = self.rules.filling.get(&group).cloned() else {
            return;
        };
        for rule in rules {
            if self.suits(rule, user) {
                self.settle_exclusion(rule, user);
                self.rules.all[rule.at()].last_updated = cause.at;
                self.record(cause, Fact::RuleExclusionAdded { rule, user });
            }
        }
        if member {
            self.rules.by_hand.insert((group, user));
        } else {
            self.rules.by_hand.remove(&(group, user));
        }
    }

    /// What somebody's leaving or joining a group means for rules that ask for groups.
    pub(super) fn groups_changed(&mut self, cause: &Cause, user: UserIx) {
        if self.rules.ask_for_groups {
            self.apply_rules(cause, user);
        }
    }

    /// Whoever is deactivated is nowhere by hand.
    pub(super) fn forget_by_hand(&mut self, group: GroupIx, user: UserIx) {
        self.rules.by_hand.remove(&(group, user));
    }

    /// Rules that fill or ask for a group that is gone do nothing any more.
    pub(super) fn invalidate_rules_of(&mut self, cause: &Cause, group: GroupIx) {
        let id = self.group(group).id;
        let broken: Vec<RuleIx> = self
            .rules()
            .filter(|(_, rule)| rule.status != RuleStatus::Invalid)
            .filter(|(_, rule)| {
                let asks = |expression: &Expression| expression.groups().contains(&id.as_str());
                rule.groups.contains(&group) || rule.expression.as_ref().is_some_and(asks)
            })
            .map(|(ix, _)| ix)
            .collect();
        for rule in broken {
            self.let_go(rule, RuleStatus::Invalid, cause.at);
            let cause = self.by_rule(cause, rule);
            self.record(&cause, Fact::RuleInvalidated { rule });
        }
    }

    /// The rule at `ix`, also when it is deleted.
    pub fn rule(&self, ix: RuleIx) -> &Rule {
        &self.rules.all[ix.at()]
    }

    /// All rules that there are, by index.
    pub fn rules(&self) -> impl Iterator<Item = (RuleIx, &Rule)> + '_ {
        let all = self.rules.all.iter().enumerate();
        all.filter(|(_, rule)| !rule.deleted)
            .map(|(at, rule)| (RuleIx::from_usize(at), rule))
    }

    /// The rule with this id.
    pub fn rule_by_id(&self, id: &str) -> Option<RuleIx> {
        self.rules()
            .find(|(_, rule)| rule.id.as_str() == id)
            .map(|(ix, _)| ix)
    }

    /// Active rules that fill a group.
    pub fn rules_filling(&self, group: GroupIx) -> &[RuleIx] {
        self.rules.filling.get(&group).map_or(&[], Vec::as_slice)
    }
}
