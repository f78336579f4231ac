//! A small org made by hand, for tests of the logic.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Assigned, Held, Known, Mirror, Proof};
use crate::domain::application::AssignmentScope;
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, How, Reference, Target};
use crate::domain::group::GroupType;
use crate::domain::history::Interval;
use crate::domain::id::{AppId, EventUuid, GroupId, ObjectId, UserId};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;

/// An org. Names are ids too: the user `ana` has the id `00u-ana` and so on.
#[derive(Clone, Debug, Default)]
pub(super) struct Org {
    pub(super) at: Option<Timestamp>,
    groups: BTreeMap<GroupId, GroupType>,
    users: BTreeMap<UserId, Map<String, Value>>,
    members: Vec<(GroupId, UserId, Interval)>,
    app_groups: Vec<(AppId, GroupId, Interval)>,
    app_users: Vec<(AppId, Assigned, Interval)>,
    inactive_apps: BTreeSet<AppId>,
    entries: Vec<Held<Entry>>,
    /// What is not fully known.
    pub(super) known: BTreeMap<Resource, Known>,
    proofs: BTreeMap<EventUuid, Proof>,
    log: Vec<(String, Proof)>,
    direct_since: Vec<(AppId, UserId, Timestamp, Option<Proof>)>,
}

pub(super) fn moment(secs: i64) -> Timestamp {
    Timestamp::from_second(1_795_341_600 + secs).unwrap()
}

pub(super) fn since(secs: i64) -> Interval {
    Interval {
        from: moment(secs),
        to: None,
        began_by: None,
        ended_by: None,
    }
}

pub(super) fn user(name: &str) -> UserId {
    format!("00u-{name}").parse().unwrap()
}

pub(super) fn group(name: &str) -> GroupId {
    format!("00g-{name}").parse().unwrap()
}

pub(super) fn app(name: &str) -> AppId {
    format!("0oa-{name}").parse().unwrap()
}

pub(super) fn id(text: &str) -> EntryId {
    text.parse().unwrap()
}

fn name_of(id: &str) -> SafeText {
    id.split_once('-').map_or(id, |(_, name)| name).into()
}

pub(super) fn proof(number: u8, by: &str, by_hand: bool) -> Proof {
    Proof {
        event: EventUuid([number; 16]),
        at: moment(i64::from(number)),
        event_type: "group.user_membership.add".into(),
        by: Some(by.into()),
        by_id: None,
        by_hand,
        rule: None,
        privilege: None,
    }
}

impl Org {
    pub(super) fn user(mut self, name: &str, department: &str) -> Self {
        let profile = json!({"login": name, "department": department});
        self.users
            .insert(user(name), profile.as_object().unwrap().clone());
        self
    }

    pub(super) fn group(self, name: &str) -> Self {
        self.group_of(name, GroupType::Okta)
    }

    pub(super) fn group_of(mut self, name: &str, kind: GroupType) -> Self {
        self.groups.insert(group(name), kind);
        self
    }

    pub(super) fn member(self, of: &str, who: &str) -> Self {
        self.member_since(of, who, since(0))
    }

    pub(super) fn member_since(mut self, of: &str, who: &str, span: Interval) -> Self {
        self.members.push((group(of), user(who), span));
        self
    }

    /// A membership that an event began.
    pub(super) fn member_by(mut self, of: &str, who: &str, proof: Proof) -> Self {
        let span = Interval {
            began_by: Some(proof.event),
            ..since(0)
        };
        self.proofs.insert(proof.event, proof);
        self.member_since(of, who, span)
    }

    pub(super) fn gives(mut self, from: &str, to: &str) -> Self {
        self.app_groups.push((app(to), group(from), since(0)));
        self
    }

    pub(super) fn inactive_app(mut self, name: &str) -> Self {
        self.inactive_apps.insert(app(name));
        self
    }

    pub(super) fn assigned(
        mut self,
        to: &str,
        who: &str,
        scope: AssignmentScope,
        by: Option<&str>,
    ) -> Self {
        let assigned = Assigned {
            user: user(who),
            scope: Some(scope),
            group: by.map(group),
        };
        self.app_users.push((app(to), assigned, since(5)));
        self
    }

    /// An entry with these columns and references.
    pub(super) fn entry(
        mut self,
        kind: EntryKind,
        parent: Option<&str>,
        own: &str,
        facts: &[(&str, &str)],
        refs: &[(How, Target)],
    ) -> Self {
        let columns = kind.columns().iter();
        let fact = |column: &&str| facts.iter().find(|(name, _)| name == column);
        let entry = Entry {
            key: EntryKey {
                kind,
                parent: parent.map(id),
                id: id(own),
            },
            name: name_of(own),
            status: Some("ACTIVE".into()),
            created: None,
            last_updated: None,
            facts: columns
                .map(|column| fact(column).map(|(_, value)| (*value).into()))
                .collect(),
            refs: refs
                .iter()
                .map(|(how, to)| Reference {
                    how: *how,
                    to: to.clone(),
                })
                .collect(),
        };
        self.entries.push(Held {
            value: entry,
            span: since(0),
        });
        self
    }

    /// A rule that gives `to` to whoever passes `expression`, but not to `excluded`.
    pub(super) fn rule(
        self,
        name: &str,
        expression: &str,
        to: &str,
        excluded: &[ObjectId],
    ) -> Self {
        let mut refs = vec![(How::Gives, Target::Object(ObjectId::Group(group(to))))];
        refs.extend(
            excluded
                .iter()
                .map(|id| (How::Excludes, Target::Object(id.clone()))),
        );
        self.entry(
            EntryKind::GroupRule,
            None,
            &format!("0pr-{name}"),
            &[("expression", expression)],
            &refs,
        )
    }

    /// Makes the entries that were added last inactive.
    pub(super) fn inactive(mut self) -> Self {
        if let Some(last) = self.entries.last_mut() {
            last.value.status = Some("INACTIVE".into());
        }
        self
    }

    pub(super) fn standard_role(
        self,
        kind: EntryKind,
        holder: &str,
        role: &str,
        inherited: bool,
    ) -> Self {
        let assignment = if inherited { "GROUP" } else { "USER" };
        let facts = [
            ("type", role),
            ("label", role),
            ("assignmentType", assignment),
        ];
        self.entry(kind, Some(holder), &format!("ra1-{role}"), &facts, &[])
    }

    pub(super) fn custom_role(self, kind: EntryKind, holder: &str, role: &str, set: &str) -> Self {
        let facts = [
            ("type", "CUSTOM"),
            ("role", role),
            ("assignmentType", "USER"),
        ];
        let refs = [(How::Within, Target::Entry(EntryKind::ResourceSet, id(set)))];
        self.entry(kind, Some(holder), &format!("irb-{role}"), &facts, &refs)
    }

    pub(super) fn bound(self, set: &str, role: &str, to: Target) -> Self {
        let own = format!("irb-{}", self.entries.len());
        self.entry(
            EntryKind::BindingMember,
            Some(&format!("{set}:{role}")),
            &own,
            &[],
            &[(How::Member, to)],
        )
    }

    pub(super) fn owner(self, of: &str, owner: ObjectId) -> Self {
        let own = owner.as_str().to_owned();
        let refs = [(How::Owner, Target::Object(owner))];
        self.entry(
            EntryKind::GroupOwner,
            Some(group(of).as_str()),
            &own,
            &[],
            &refs,
        )
    }

    /// An assignment by a group that was made a direct one.
    pub(super) fn made_direct(
        mut self,
        to: &str,
        who: &str,
        at: Timestamp,
        proof: Option<Proof>,
    ) -> Self {
        self.direct_since.push((app(to), user(who), at, proof));
        self
    }

    /// The entry that was added last, begun by an event.
    pub(super) fn begun_by(mut self, seen: i64, proof: Proof) -> Self {
        if let Some(last) = self.entries.last_mut() {
            last.span = Interval {
                began_by: Some(proof.event),
                ..since(seen)
            };
        }
        self.proofs.insert(proof.event, proof);
        self
    }

    pub(super) fn logged(mut self, holder: &str, proof: Proof) -> Self {
        self.log.push((holder.to_owned(), proof));
        self
    }
}

fn held<T: Clone>(value: &T, span: Interval) -> Held<T> {
    Held {
        value: value.clone(),
        span,
    }
}

impl Mirror for Org {
    type Error = Infallible;

    fn at(&self) -> Option<Timestamp> {
        self.at
    }

    fn known(&self, resource: Resource) -> Known {
        let usual = Known {
            first: Some(moment(0)),
            last: Some(moment(0)),
            trouble: None,
        };
        self.known.get(&resource).cloned().unwrap_or(usual)
    }

    fn name(&self, id: &ObjectId) -> Option<SafeText> {
        Some(name_of(id.as_str()))
    }

    fn status(&self, user: &UserId) -> Result<Option<SafeText>, Infallible> {
        Ok(self.users.contains_key(user).then(|| "ACTIVE".into()))
    }

    fn profile(&self, user: &UserId) -> Result<Option<Map<String, Value>>, Infallible> {
        Ok(self.users.get(user).cloned())
    }

    fn group_type(&self, group: &GroupId) -> Option<GroupType> {
        self.groups.get(group).cloned()
    }

    fn groups_of(&self, user: &UserId) -> Result<Vec<Held<GroupId>>, Infallible> {
        let of = self.members.iter().filter(|(_, member, _)| member == user);
        Ok(of.map(|(group, _, span)| held(group, *span)).collect())
    }

    fn members(&self, group: &GroupId) -> Result<Vec<Held<UserId>>, Infallible> {
        let of = self.members.iter().filter(|(of, ..)| of == group);
        Ok(of.map(|(_, member, span)| held(member, *span)).collect())
    }

    fn apps_of_group(&self, group: &GroupId) -> Result<Vec<Held<AppId>>, Infallible> {
        let of = self.app_groups.iter().filter(|(_, of, _)| of == group);
        Ok(of.map(|(app, _, span)| held(app, *span)).collect())
    }

    fn groups_of_app(&self, app: &AppId) -> Result<Vec<Held<GroupId>>, Infallible> {
        let of = self.app_groups.iter().filter(|(of, ..)| of == app);
        Ok(of.map(|(_, group, span)| held(group, *span)).collect())
    }

    fn app_users(&self, app: &AppId) -> Result<Vec<Held<Assigned>>, Infallible> {
        let of = self.app_users.iter().filter(|(of, ..)| of == app);
        Ok(of
            .map(|(_, assigned, span)| held(assigned, *span))
            .collect())
    }

    fn app_user(&self, app: &AppId, user: &UserId) -> Result<Option<Held<Assigned>>, Infallible> {
        let mut of = self.app_users(app)?.into_iter();
        Ok(of.find(|held| held.value.user == *user))
    }

    fn direct_since(
        &self,
        app: &AppId,
        user: &UserId,
    ) -> Result<Option<(Timestamp, Option<Proof>)>, Infallible> {
        let mut made = self.direct_since.iter();
        let found = made.find(|(to, who, ..)| to == app && who == user);
        Ok(found.map(|(_, _, at, proof)| (*at, proof.clone())))
    }

    fn apps_of_user(&self, user: &UserId) -> Result<Vec<Held<AppId>>, Infallible> {
        let of = self.app_users.iter();
        let of = of.filter(|(_, assigned, _)| assigned.user == *user);
        Ok(of.map(|(app, _, span)| held(app, *span)).collect())
    }

    fn app_status(&self, app: &AppId) -> Result<Option<SafeText>, Infallible> {
        let off = self.inactive_apps.contains(app);
        Ok(Some(if off { "INACTIVE" } else { "ACTIVE" }.into()))
    }

    fn entries(&self, kind: EntryKind) -> Result<Rc<[Held<Entry>]>, Infallible> {
        let of = self
            .entries
            .iter()
            .filter(|held| held.value.key.kind == kind);
        Ok(of.cloned().collect())
    }

    fn entries_below(
        &self,
        kind: EntryKind,
        parent: &EntryId,
    ) -> Result<Vec<Held<Entry>>, Infallible> {
        let mut entries = self.entries(kind)?.to_vec();
        entries.retain(|held| held.value.key.parent.as_ref() == Some(parent));
        Ok(entries)
    }

    fn proof(&self, event: EventUuid) -> Result<Option<Proof>, Infallible> {
        Ok(self.proofs.get(&event).cloned())
    }

    fn grants_in_log(&self, principal: &str) -> Result<Vec<Proof>, Infallible> {
        let of = self.log.iter().filter(|(holder, _)| holder == principal);
        Ok(of.map(|(_, proof)| proof.clone()).collect())
    }
}
