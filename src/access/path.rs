//! How a user comes by a group, and from there by what the group gives.

use serde_json::{Map, Value};

use super::answer::{Link, Path, PathKind, Step};
use super::expression::{Person, Verdict};
use super::rules::Rule;
use super::sight::Sight;
use super::{Held, Mirror};
use crate::domain::group::GroupType;
use crate::domain::history::Interval;
use crate::domain::id::{GroupId, UserId};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;

/// One user, with everything that rules ask about; read once for all paths.
pub(super) struct Member {
    pub(super) id: UserId,
    pub(super) groups: Vec<Held<GroupId>>,
    /// Okta's word for the user's status.
    pub(super) status: Option<SafeText>,
    names: Option<Vec<(GroupId, SafeText)>>,
    profile: Option<Map<String, Value>>,
}

/// How a user comes to be in a group.
struct Given<'r> {
    kind: PathKind,
    rule: Option<&'r Rule>,
    doubt: Option<SafeText>,
}

impl Member {
    pub(super) fn read<M: Mirror>(sight: &Sight<'_, M>, id: &UserId) -> Result<Self, M::Error> {
        let groups = sight.mirror.groups_of(id)?;
        let names = groups.iter().map(|held| {
            let name = sight.group(&held.value).name;
            (held.value.clone(), name)
        });
        let names = sight.knows(Resource::Memberships).then(|| names.collect());
        Ok(Self {
            id: id.clone(),
            names,
            status: sight.mirror.status(id)?,
            profile: sight.mirror.profile(id)?,
            groups,
        })
    }

    pub(super) fn membership(&self, group: &GroupId) -> Option<&Held<GroupId>> {
        self.groups.iter().find(|held| held.value == *group)
    }

    /// The steps into a group, and of what sort they are: [`PathKind::Direct`], [`GroupRule`](PathKind::GroupRule),
    /// [`Source`](PathKind::Source) or [`BuiltIn`](PathKind::BuiltIn).
    pub(super) fn path_into<M: Mirror>(
        &self,
        sight: &Sight<'_, M>,
        group: &GroupId,
        span: Interval,
    ) -> Result<Path, M::Error> {
        let member = sight.step(Link::Member, sight.group(group), span)?;
        let given = self.given(sight, group, &member);
        let mut steps: Vec<Step> = given
            .rule
            .map(|rule| Step {
                link: Link::Rule,
                to: rule.name.clone(),
                span: None,
                proof: None,
            })
            .into_iter()
            .collect();
        steps.push(member);
        Ok(Path {
            kind: given.kind,
            role: None,
            steps,
            doubt: given.doubt,
        })
    }

    fn given<'r, M: Mirror>(
        &self,
        sight: &'r Sight<'_, M>,
        group: &GroupId,
        member: &Step,
    ) -> Given<'r> {
        match sight.mirror.group_type(group) {
            Some(GroupType::App) => return Given::plainly(PathKind::Source),
            Some(GroupType::BuiltIn) => return Given::plainly(PathKind::BuiltIn),
            _ => {}
        }
        let mut giving = sight.rules.giving(group);
        if let Some(proof) = &member.proof {
            // A person's own addition takes the user out of the rule's hands; what the log says needs no evaluation.
            if let Some(id) = &proof.rule
                && let Some(rule) = giving.find(|rule| rule.name.id() == id.as_str())
            {
                return Given::by(rule);
            }
            if proof.by_hand {
                return Given::plainly(PathKind::Direct);
            }
        }
        self.by_evaluation(sight, group)
    }

    fn by_evaluation<'r, M: Mirror>(&self, sight: &'r Sight<'_, M>, group: &GroupId) -> Given<'r> {
        let mut doubt = (!sight.knows(Resource::GroupRules))
            .then(|| "a group rule may give it: the rules are not known".to_owned());
        for rule in sight.rules.giving(group) {
            match self.verdict(rule) {
                Verdict::Matches => return Given::by(rule),
                Verdict::DoesNot => {}
                Verdict::Unknown(why) => {
                    doubt = Some(format!("the rule {} may give it: {why}", rule.name.name));
                }
            }
        }
        Given {
            kind: PathKind::Direct,
            rule: None,
            doubt: doubt.map(SafeText::from),
        }
    }

    fn verdict(&self, rule: &Rule) -> Verdict {
        let Some(profile) = &self.profile else {
            return Verdict::Unknown("the user's profile is not known".to_owned());
        };
        let person = Person {
            profile,
            groups: self.names.as_deref(),
        };
        rule.verdict(&self.id, &person)
    }
}

impl<'r> Given<'r> {
    fn plainly(kind: PathKind) -> Self {
        Self {
            kind,
            rule: None,
            doubt: None,
        }
    }

    fn by(rule: &'r Rule) -> Self {
        Self {
            kind: PathKind::GroupRule,
            rule: Some(rule),
            doubt: None,
        }
    }
}

impl Path {
    /// The path into a group, gone on with what the group gives.
    pub(super) fn onwards(mut self, step: Step) -> Self {
        if self.kind != PathKind::GroupRule {
            self.kind = PathKind::Group;
        }
        self.steps.push(step);
        self
    }

    /// A path of one step.
    pub(super) fn of_one(kind: PathKind, step: Step) -> Self {
        Self {
            kind,
            role: None,
            steps: vec![step],
            doubt: None,
        }
    }

    /// A path of which only its end is known.
    pub(super) fn unknown(step: Step, doubt: &str) -> Self {
        Self {
            doubt: Some(doubt.into()),
            ..Self::of_one(PathKind::Unknown, step)
        }
    }
}

/// Whether something is had directly and through a group at once.
pub(super) fn overlaps(paths: &[Path]) -> bool {
    let direct = |path: &Path| matches!(path.kind, PathKind::Direct | PathKind::CustomRole);
    let own = |path: &Path| direct(path) && !path.is_through_group();
    paths.iter().any(own) && paths.iter().any(Path::is_through_group)
}
