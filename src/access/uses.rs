//! What makes use of a group: whatever would notice if it were gone, or grew.

use super::answer::{Named, Use, UseKind, Uses};
use super::grant::{Grants, Holder};
use super::rules::Rule;
use super::sight::{Sight, fact, named};
use super::who::by_name;
use super::{Held, Mirror};
use crate::domain::entry::{Entry, EntryId, EntryKind, How, Subject, Target};
use crate::domain::id::{GroupId, ObjectId};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;

const NEEDED: &[Resource] = &[
    Resource::AppGroups,
    Resource::GroupRules,
    Resource::GroupOwners,
    Resource::Admins,
    Resource::Roles,
    Resource::Policies,
    Resource::PushMappings,
];

pub(super) fn uses<M: Mirror>(mirror: &M, group: &GroupId) -> Result<Uses, M::Error> {
    let sight = Sight::new(mirror, NEEDED)?;
    let subject = Subject::Object(ObjectId::Group(group.clone()));
    let named_group = sight.group(group);
    let mut uses = Vec::new();
    for held in mirror.apps_of_group(group)? {
        uses.push(Use {
            kind: UseKind::App,
            by: sight.object(ObjectId::App(held.value)),
            detail: None,
            span: Some(held.span),
        });
    }
    uses.extend(
        sight
            .rules
            .all()
            .filter_map(|rule| tested(rule, group, &named_group.name)),
    );
    uses.extend(roles(&sight, group)?);
    for held in mirror.mentioning(&subject)? {
        uses.extend(mentioned(&sight, &held, &subject));
    }
    uses.extend(owners(&sight, group)?);
    uses.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| by_name(&a.by, &b.by)));
    uses.dedup_by(|a, b| a.kind == b.kind && a.by == b.by && a.detail == b.detail);
    for one in &mut uses {
        one.span = one.span.map(|span| sight.dated(span)).transpose()?;
    }
    Ok(Uses {
        group: named_group,
        uses,
        gaps: sight.into_gaps(),
    })
}

/// A rule whose expression asks for membership of the group, or may.
fn tested(rule: &Rule, group: &GroupId, name: &str) -> Option<Use> {
    let detail = match &rule.expression {
        Ok(expression) => {
            let tests = expression.group_tests();
            let about: Vec<Option<bool>> = tests
                .iter()
                .map(|test| test.is_about(group, name))
                .collect();
            if about.contains(&Some(true)) {
                None
            } else if about.contains(&None) {
                Some("it may: that hangs on how names are compared".into())
            } else {
                return None;
            }
        }
        Err(_) => return None,
    };
    Some(Use {
        kind: UseKind::RuleTests,
        by: rule.name.clone(),
        detail,
        span: Some(rule.span),
    })
}

fn roles<M: Mirror>(sight: &Sight<'_, M>, group: &GroupId) -> Result<Vec<Use>, M::Error> {
    let grants = Grants::read(sight)?;
    let held = grants
        .all()
        .iter()
        .filter(|grant| grant.holder == Holder::Group(group.clone()));
    let held = held.map(|grant| Use {
        kind: if matches!(grant.role.id, super::RoleId::Custom(_)) {
            UseKind::Binding
        } else {
            UseKind::Role
        },
        by: grant.role.named(),
        detail: reach(&grant.role.within),
        span: Some(grant.span),
    });
    Ok(held.collect())
}

fn reach(within: &[Named]) -> Option<SafeText> {
    let names: Vec<&str> = within.iter().map(|one| one.name.as_str()).collect();
    (!names.is_empty()).then(|| format!("within {}", names.join(", ")).into())
}

/// The uses that an entry's references to the group are.
fn mentioned<M: Mirror>(sight: &Sight<'_, M>, held: &Held<Entry>, subject: &Subject) -> Vec<Use> {
    let same = |to: &Target| matches!((to, subject), (Target::Object(to), Subject::Object(id)) if to == id);
    let references = held
        .value
        .refs
        .iter()
        .filter(|reference| same(&reference.to));
    let kinds = references.filter_map(|reference| kind_of(held.value.key.kind, reference.how));
    kinds
        .map(|kind| Use {
            kind,
            by: user_of_group(sight, &held.value, kind),
            detail: detail(&held.value),
            span: Some(held.span),
        })
        .collect()
}

/// How a reference of this kind of entry uses the group; `None` when that is told elsewhere.
fn kind_of(entry: EntryKind, how: How) -> Option<UseKind> {
    Some(match (entry, how) {
        (EntryKind::GroupRule, How::Gives) => UseKind::RuleGives,
        (EntryKind::GroupRule, How::Excludes) => UseKind::RuleExcludes,
        (EntryKind::Policy | EntryKind::PolicyRule, How::Excludes) => UseKind::PolicyExcludes,
        (EntryKind::Policy | EntryKind::PolicyRule, _) => UseKind::PolicyIncludes,
        (EntryKind::PushMapping, _) => UseKind::Push,
        (EntryKind::GroupOwner, How::Owner | How::Member) => UseKind::Owns,
        (EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole, How::Within) => {
            UseKind::Target
        }
        (EntryKind::SetResource | EntryKind::ResourceSet, _) => UseKind::ResourceSet,
        // Grants tell of these, with the role's name.
        (EntryKind::BindingMember | EntryKind::GroupRole | EntryKind::GroupOwner, _) => {
            return None;
        }
        _ => UseKind::Other,
    })
}

/// Whom to name: what an owned group is, or what holds a role that is limited to the group, says more than the entry between them.
fn user_of_group<M: Mirror>(sight: &Sight<'_, M>, entry: &Entry, kind: UseKind) -> Named {
    let parent = entry.key.parent.as_ref().map(EntryId::as_str);
    let object = match (kind, entry.key.kind) {
        (UseKind::Owns, _) | (UseKind::Target, EntryKind::GroupRole) => {
            parent.and_then(|id| id.parse().ok()).map(ObjectId::Group)
        }
        (UseKind::Target, EntryKind::UserRole) => {
            parent.and_then(|id| id.parse().ok()).map(ObjectId::User)
        }
        _ => None,
    };
    object.map_or_else(|| named(entry), |id| sight.object(id))
}

fn detail(entry: &Entry) -> Option<SafeText> {
    match entry.key.kind {
        EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole => {
            fact(entry, "label").cloned()
        }
        EntryKind::Policy | EntryKind::PolicyRule => fact(entry, "type").cloned(),
        EntryKind::GroupRule => entry.status.clone(),
        _ => None,
    }
}

fn owners<M: Mirror>(sight: &Sight<'_, M>, group: &GroupId) -> Result<Vec<Use>, M::Error> {
    let Ok(parent) = group.as_str().parse() else {
        return Ok(Vec::new());
    };
    let owners = sight.mirror.entries_below(EntryKind::GroupOwner, &parent)?;
    let owner = |held: Held<Entry>| {
        let by = held
            .value
            .refs
            .iter()
            .find_map(|reference| match &reference.to {
                Target::Object(id) if matches!(reference.how, How::Owner | How::Member) => {
                    Some(sight.object(id.clone()))
                }
                _ => None,
            });
        Use {
            kind: UseKind::OwnedBy,
            by: by.unwrap_or_else(|| named(&held.value)),
            detail: None,
            span: Some(held.span),
        }
    };
    Ok(owners.into_iter().map(owner).collect())
}
