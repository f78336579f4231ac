//! Memberships and assignments: what a complete list, or one proven change, begins and ends.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::Commit;
use crate::domain::application::{AppUser, Application};
use crate::domain::group::Group;
use crate::domain::id::{AppId, EventUuid, GroupId, UserId};
use crate::domain::text::RawJson;
use crate::domain::user::User;
use crate::store::codec;
use crate::store::directory::model::ModelChange;
use crate::store::directory::pack::Pack;
use crate::store::directory::record::{FormerAssignment, Link, ListsRead, Mirrored};
use crate::store::directory::tables::{Relation, pair, right_of};
use crate::store::directory::timeline::Happened;
use crate::store::error::Fault;

/// An assignment as Okta describes it, with its JSON.
type Described<'a> = Option<&'a (AppUser, RawJson)>;

/// The object whose list was read.
#[derive(Clone, Copy)]
enum Owner {
    Left(u32),
    Right(u32),
}

/// What is known of a list that was read again, and how it was read.
struct Known {
    relation: Relation,
    owner: Owner,
    present: BTreeSet<u32>,
    at: Timestamp,
    evidence: Option<EventUuid>,
    /// Whether what it holds is no news.
    quiet: bool,
}

/// Whether a list was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    First,
    Again,
}

impl Owner {
    fn key(self, other: u32) -> (u32, u32) {
        match self {
            Self::Left(left) => (left, other),
            Self::Right(right) => (other, right),
        }
    }
}

impl Commit<'_, '_> {
    pub(super) fn set_members(
        &mut self,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let group = self.ordinal::<Group>(group.as_str(), at)?;
        let Some(reading) = self.note_read::<Group>(group, at, |read| &mut read.users)? else {
            return Ok(());
        };
        let wanted = self.ordinals::<User>(users.iter().map(UserId::as_str), at)?;
        self.set_list(
            Relation::Members,
            Owner::Left(group),
            &wanted,
            at,
            evidence,
            reading,
        )
    }

    pub(super) fn set_app_users(
        &mut self,
        app: &AppId,
        users: &[Pack<AppUser>],
        at: Timestamp,
    ) -> Result<(), Fault> {
        let app = self.ordinal::<Application>(app.as_str(), at)?;
        let Some(reading) = self.note_read::<Application>(app, at, |read| &mut read.users)? else {
            return Ok(());
        };
        let mut last = BTreeMap::new();
        for (number, pack) in users.iter().enumerate() {
            for (described, _) in pack.open()?.iter() {
                last.insert(self.ordinal::<User>(described.user.as_str(), at)?, number);
            }
        }
        let wanted = last.keys().copied().collect();
        let owner = Owner::Left(app);
        let list = self.compare(Relation::AppUsers, owner, &wanted, at, None, reading)?;
        for (number, pack) in users.iter().enumerate() {
            let pack = pack.open()?;
            let mut described = BTreeMap::new();
            for one in pack.iter() {
                described.insert(self.ordinal::<User>(one.0.user.as_str(), at)?, one);
            }
            // Whoever comes twice is as described the second time.
            described.retain(|user, _| last.get(user) == Some(&number));
            for (user, described) in described {
                self.put(&list, user, Some(described))?;
            }
        }
        self.end_others(&list, &wanted)
    }

    pub(super) fn set_group_apps(
        &mut self,
        group: &GroupId,
        apps: &[AppId],
        at: Timestamp,
    ) -> Result<(), Fault> {
        let group = self.ordinal::<Group>(group.as_str(), at)?;
        let Some(reading) = self.note_read::<Group>(group, at, |read| &mut read.apps)? else {
            return Ok(());
        };
        let wanted = self.ordinals::<Application>(apps.iter().map(AppId::as_str), at)?;
        self.set_list(
            Relation::AppGroups,
            Owner::Right(group),
            &wanted,
            at,
            None,
            reading,
        )
    }

    pub(super) fn set_app_groups(
        &mut self,
        app: &AppId,
        groups: &[GroupId],
        at: Timestamp,
    ) -> Result<(), Fault> {
        let app = self.ordinal::<Application>(app.as_str(), at)?;
        let Some(reading) = self.note_read::<Application>(app, at, |read| &mut read.groups)? else {
            return Ok(());
        };
        let wanted = self.ordinals::<Group>(groups.iter().map(GroupId::as_str), at)?;
        self.set_list(
            Relation::AppGroups,
            Owner::Left(app),
            &wanted,
            at,
            None,
            reading,
        )
    }

    pub(super) fn change_member(
        &mut self,
        group: &GroupId,
        user: &UserId,
        present: bool,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let group = self.ordinal::<Group>(group.as_str(), at)?;
        let user = self.ordinal::<User>(user.as_str(), at)?;
        let listed = self.record::<Group>(group)?.read.users;
        if listed.is_some_and(|listed| at < listed) {
            return self.prove(Relation::Members, (group, user), present, at, evidence);
        }
        self.change_link(
            Relation::Members,
            (group, user),
            present,
            None,
            at,
            evidence,
        )
    }

    pub(super) fn change_app_user(
        &mut self,
        app: &AppId,
        user: &UserId,
        assignment: Described<'_>,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let app = self.ordinal::<Application>(app.as_str(), at)?;
        let user = self.ordinal::<User>(user.as_str(), at)?;
        let present = assignment.is_some();
        let listed = self.record::<Application>(app)?.read.users;
        if listed.is_some_and(|listed| at < listed) {
            return self.prove(Relation::AppUsers, (app, user), present, at, evidence);
        }
        self.change_link(
            Relation::AppUsers,
            (app, user),
            present,
            assignment,
            at,
            evidence,
        )
    }

    fn ordinals<'a, T: Mirrored>(
        &mut self,
        ids: impl Iterator<Item = &'a str>,
        at: Timestamp,
    ) -> Result<BTreeSet<u32>, Fault> {
        ids.map(|id| self.ordinal::<T>(id, at)).collect()
    }

    /// Notes that a list below an object was read; `None` when a later reading is known already.
    fn note_read<T: Mirrored>(
        &mut self,
        ordinal: u32,
        at: Timestamp,
        which: impl FnOnce(&mut ListsRead) -> &mut Option<Timestamp>,
    ) -> Result<Option<Reading>, Fault> {
        let mut record = self.record::<T>(ordinal)?;
        let read = which(&mut record.read);
        if read.is_some_and(|read| at < read) {
            return Ok(None);
        }
        let reading = if read.is_none() {
            self.touched.kind(T::KIND);
            Reading::First
        } else {
            Reading::Again
        };
        *read = Some(at);
        self.put_record(ordinal, record)?;
        Ok(Some(reading))
    }

    /// Makes the list exactly `wanted`.
    fn set_list(
        &mut self,
        relation: Relation,
        owner: Owner,
        wanted: &BTreeSet<u32>,
        at: Timestamp,
        evidence: Option<EventUuid>,
        reading: Reading,
    ) -> Result<(), Fault> {
        let list = self.compare(relation, owner, wanted, at, evidence, reading)?;
        for other in wanted.difference(&list.present) {
            self.put(&list, *other, None)?;
        }
        self.end_others(&list, wanted)
    }

    /// What is known of a list that is to be `wanted`. The event that made us read is the proof only of a single change.
    fn compare(
        &mut self,
        relation: Relation,
        owner: Owner,
        wanted: &BTreeSet<u32>,
        at: Timestamp,
        evidence: Option<EventUuid>,
        reading: Reading,
    ) -> Result<Known, Fault> {
        let read_before = self.model.completed(relation.resource()).is_some();
        let present = match owner {
            Owner::Left(left) => self.rights(relation, left)?,
            Owner::Right(right) => self.lefts(relation, right)?,
        };
        let changes = present.symmetric_difference(wanted).count();
        Ok(Known {
            relation,
            owner,
            present,
            at,
            evidence: evidence.filter(|_| changes == 1),
            quiet: reading == Reading::First && !read_before,
        })
    }

    /// One of those that a list is to have.
    fn put(&mut self, list: &Known, other: u32, described: Described<'_>) -> Result<(), Fault> {
        let key = list.owner.key(other);
        let flipped = self.set_link(list.relation, key, true, described, list.at, list.evidence)?;
        let told = flipped.filter(|_| !list.quiet);
        self.note_link(list.relation, key, told, true)
    }

    fn end_others(&mut self, list: &Known, wanted: &BTreeSet<u32>) -> Result<(), Fault> {
        list.present.difference(wanted).try_for_each(|other| {
            let key = list.owner.key(*other);
            self.change_link(list.relation, key, false, None, list.at, list.evidence)
        })
    }

    /// Begins, describes or ends one link, and tells of it.
    fn change_link(
        &mut self,
        relation: Relation,
        key: (u32, u32),
        present: bool,
        described: Described<'_>,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let flipped = self.set_link(relation, key, present, described, at, evidence)?;
        self.note_link(relation, key, flipped, present)
    }

    fn note_link(
        &mut self,
        relation: Relation,
        (left, right): (u32, u32),
        flipped: Option<Timestamp>,
        present: bool,
    ) -> Result<(), Fault> {
        let happened = if present {
            Happened::Linked(relation, left, right)
        } else {
            Happened::Unlinked(relation, left, right)
        };
        flipped.map_or(Ok(()), |at| self.note(happened, at))
    }

    /// Begins, describes or ends one link; says when it began or ended, if it did.
    fn set_link(
        &mut self,
        relation: Relation,
        (left, right): (u32, u32),
        present: bool,
        described: Described<'_>,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<Option<Timestamp>, Fault> {
        let key = pair(left, right);
        let mut link = self.link(relation, key)?;
        let flipped = if present {
            link.spans.open(at, evidence)
        } else {
            link.spans.close(at, evidence)
        };
        if flipped && present {
            self.applied.opened += 1;
        } else if flipped {
            self.applied.closed += 1;
        }
        let redescribed = match described {
            Some((assignment, raw)) => {
                self.describe(&mut link, (left, right), assignment, raw, at)?
            }
            None => false,
        };
        let proven = !flipped && evidence.is_some_and(|event| link.spans.prove(present, at, event));
        if flipped || redescribed || proven {
            self.put_link(relation, key, &link)?;
            self.touched.relation(relation);
        }
        if flipped {
            self.changes.push(ModelChange::Link {
                relation,
                left,
                right,
                open: present,
            });
        }
        let span = link.spans.last().filter(|_| flipped);
        Ok(span.map(|span| span.to.unwrap_or(span.from)))
    }

    /// Keeps how Okta describes an assignment; says whether that changed.
    fn describe(
        &mut self,
        link: &mut Link,
        (app, user): (u32, u32),
        assignment: &AppUser,
        raw: &RawJson,
        at: Timestamp,
    ) -> Result<bool, Fault> {
        let key = pair(app, user);
        let print = codec::fingerprint(raw.as_unsafe_str());
        if link.raw_print == print && link.assignment.as_ref() == Some(assignment) {
            return Ok(false);
        }
        link.raw_print = print;
        let known = link.assignment.replace(assignment.clone());
        if let Some(known) = known.filter(|known| known != assignment) {
            self.keep_former(app, user, known, at)?;
        }
        let text = raw.as_unsafe_str().as_bytes();
        let bytes = self.squeezers.assignments.compress(text)?;
        self.tables.assignments.insert(key, bytes.as_slice())?;
        Ok(true)
    }

    /// Remembers how an assignment was described until now.
    fn keep_former(
        &mut self,
        app: u32,
        user: u32,
        known: AppUser,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let key = pair(app, user);
        let all = (key, 0)..=(key, u32::MAX);
        let mut number = 0;
        let mut until = at;
        if let Some(latest) = self.tables.assignments_past.range(all)?.next_back() {
            let (key, bytes) = latest?;
            number = key.value().1.saturating_add(1);
            until = until.max(FormerAssignment::decode(bytes.value())?.until());
        }
        let bytes = FormerAssignment::new(known, until).encode()?;
        self.tables
            .assignments_past
            .insert((key, number), bytes.as_slice())?;
        self.note(Happened::Reassigned(app, user), until)
    }

    fn prove(
        &mut self,
        relation: Relation,
        (left, right): (u32, u32),
        present: bool,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let key = pair(left, right);
        let mut link = self.link(relation, key)?;
        if evidence.is_some_and(|event| link.spans.prove(present, at, event)) {
            self.put_link(relation, key, &link)?;
            self.touched.relation(relation);
        }
        Ok(())
    }

    pub(super) fn link(&mut self, relation: Relation, key: u64) -> Result<Link, Fault> {
        match self.tables.links(relation).get(key)? {
            Some(bytes) => Link::decode(bytes.value()),
            None => Ok(Link::default()),
        }
    }

    pub(super) fn put_link(
        &mut self,
        relation: Relation,
        key: u64,
        link: &Link,
    ) -> Result<(), Fault> {
        let bytes = link.encode()?;
        self.tables.links(relation).insert(key, bytes.as_slice())?;
        Ok(())
    }

    /// What `left` has now, this transaction included.
    fn rights(&mut self, relation: Relation, left: u32) -> Result<BTreeSet<u32>, Fault> {
        let mut now = BTreeSet::new();
        let all = pair(left, 0)..=pair(left, u32::MAX);
        for row in self.tables.links(relation).range(all)? {
            let (key, bytes) = row?;
            if Link::peek_open(bytes.value()) {
                now.insert(right_of(key.value()));
            }
        }
        Ok(now)
    }

    /// What has `right` now, this transaction included.
    pub(super) fn lefts(&self, relation: Relation, right: u32) -> Result<BTreeSet<u32>, Fault> {
        let known = self.seen(|model| model.links(relation).lefts(right))?;
        let mut now: BTreeSet<u32> = known.into_iter().collect();
        for change in &self.changes {
            if let ModelChange::Link {
                relation: of,
                left,
                right: to,
                open,
            } = change
                && (*of, *to) == (relation, right)
            {
                if *open {
                    now.insert(*left);
                } else {
                    now.remove(left);
                }
            }
        }
        Ok(now)
    }

    pub(super) fn end_rights(
        &mut self,
        relation: Relation,
        left: u32,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let rights = self.rights(relation, left)?.into_iter();
        rights
            .map(|right| (left, right))
            .try_for_each(|key| self.change_link(relation, key, false, None, at, evidence))
    }

    pub(super) fn end_lefts(
        &mut self,
        relation: Relation,
        right: u32,
        at: Timestamp,
        evidence: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let lefts = self.lefts(relation, right)?.into_iter();
        lefts
            .map(|left| (left, right))
            .try_for_each(|key| self.change_link(relation, key, false, None, at, evidence))
    }

    /// Removes all links of `left`, their history too.
    pub(super) fn drop_rights(&mut self, relation: Relation, left: u32) -> Result<(), Fault> {
        let current = self.rights(relation, left)?;
        let all = pair(left, 0)..=pair(left, u32::MAX);
        self.tables
            .links(relation)
            .retain_in(all.clone(), |_, _| false)?;
        if relation == Relation::AppUsers {
            self.tables.assignments.retain_in(all, |_, _| false)?;
            let former = (pair(left, 0), 0)..=(pair(left, u32::MAX), u32::MAX);
            self.tables
                .assignments_past
                .retain_in(former, |_, _| false)?;
        }
        for right in current {
            self.forget_link(relation, left, right);
        }
        Ok(())
    }

    /// Removes all links to `right`, their history too.
    pub(super) fn drop_lefts(&mut self, relation: Relation, right: u32) -> Result<(), Fault> {
        let current = self.lefts(relation, right)?;
        let once = self.seen(|model| model.links(relation).ended(right))?;
        let all: BTreeSet<u32> = current.iter().copied().chain(once).collect();
        for left in all {
            self.tables.links(relation).remove(pair(left, right))?;
        }
        for left in current {
            self.forget_link(relation, left, right);
        }
        Ok(())
    }

    fn forget_link(&mut self, relation: Relation, left: u32, right: u32) {
        self.applied.closed += 1;
        self.touched.relation(relation);
        self.changes.push(ModelChange::Link {
            relation,
            left,
            right,
            open: false,
        });
    }
}
