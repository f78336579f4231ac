//! Admin roles as they are held: by users, groups and clients, standard and custom.

use std::rc::Rc;

use jiff::Timestamp;

use super::answer::{Link, Named, Path, PathKind, Proof, RoleId, RoleName, Step};
use super::path::Member;
use super::sight::{Sight, fact, named, parent_as};
use super::{Held, Mirror};
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, How, Subject, Target};
use crate::domain::history::Interval;
use crate::domain::id::{GroupId, ObjectId, UserId};
use crate::domain::privilege::{self, STANDARD_ROLES};
use crate::domain::text::SafeText;

/// Who holds a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    User(UserId),
    Group(GroupId),
    Client(EntryId),
}

/// A role that somebody holds.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) holder: Holder,
    pub(super) role: RoleName,
    pub(super) span: Interval,
}

/// Every role that is held, and whatever gives a group's role on.
pub(super) struct Grants {
    all: Vec<Grant>,
    /// Owners of groups: the group, the owner, since when.
    owners: Vec<(GroupId, Holder, Interval)>,
    /// Roles that Okta lists below a user as inherited from a group.
    inherited: Vec<(UserId, RoleName, Interval)>,
}

impl Grants {
    pub(super) fn read<M: Mirror>(sight: &Sight<'_, M>) -> Result<Self, M::Error> {
        let names = Names::read(sight)?;
        let mut grants = Self {
            all: Vec::new(),
            owners: owners(sight)?,
            inherited: Vec::new(),
        };
        for held in sight.mirror.entries(EntryKind::UserRole)?.iter() {
            let Some((user, role)) = parent_as::<UserId>(held).zip(names.role(sight, &held.value)?)
            else {
                continue;
            };
            if fact(&held.value, "assignmentType").is_some_and(|kind| **kind == *"GROUP") {
                grants.inherited.push((user, role, held.span));
            } else {
                grants.add(Holder::User(user), role, held.span);
            }
        }
        for held in sight.mirror.entries(EntryKind::GroupRole)?.iter() {
            if let Some((group, role)) =
                parent_as::<GroupId>(held).zip(names.role(sight, &held.value)?)
            {
                grants.add(Holder::Group(group), role, held.span);
            }
        }
        for held in sight.mirror.entries(EntryKind::ClientRole)?.iter() {
            if let Some((client, role)) = held
                .value
                .key
                .parent
                .clone()
                .zip(names.role(sight, &held.value)?)
            {
                grants.add(Holder::Client(client), role, held.span);
            }
        }
        for held in sight.mirror.entries(EntryKind::BindingMember)?.iter() {
            if let Some((holder, role)) = holder_of(&held.value).zip(names.bound(&held.value)) {
                grants.add(holder, role, held.span);
            }
        }
        Ok(grants)
    }

    /// A custom role stands both below its holder and in its binding: it is one grant, of the earlier reading.
    fn add(&mut self, holder: Holder, role: RoleName, span: Interval) {
        let same = |grant: &&mut Grant| grant.holder == holder && grant.role.is_same(&role);
        let custom = matches!(role.id, RoleId::Custom(_));
        match self.all.iter_mut().find(same).filter(|_| custom) {
            Some(known) => {
                if span.from < known.span.from {
                    known.span = span;
                }
            }
            None => self.all.push(Grant { holder, role, span }),
        }
    }

    /// Every grant.
    pub(super) fn all(&self) -> &[Grant] {
        &self.all
    }

    /// The grants of one group.
    fn of_group<'a>(&'a self, group: &'a GroupId) -> impl Iterator<Item = &'a Grant> {
        self.all
            .iter()
            .filter(move |grant| matches!(&grant.holder, Holder::Group(id) if id == group))
    }

    /// Users who may have a role: all others have none.
    pub(super) fn users<M: Mirror>(&self, sight: &Sight<'_, M>) -> Result<Vec<UserId>, M::Error> {
        let mut users: Vec<UserId> = self
            .inherited
            .iter()
            .map(|(user, ..)| user.clone())
            .collect();
        for grant in &self.all {
            match &grant.holder {
                Holder::User(user) => users.push(user.clone()),
                Holder::Group(group) => users.extend(members(sight, group)?),
                Holder::Client(_) => {}
            }
        }
        for (group, owner, _) in &self.owners {
            if self.of_group(group).next().is_none() {
                continue;
            }
            match owner {
                Holder::User(user) => users.push(user.clone()),
                Holder::Group(owning) => users.extend(members(sight, owning)?),
                Holder::Client(_) => {}
            }
        }
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    /// Every path by which a user has a role, or only `wanted`.
    pub(super) fn paths_of_user<M: Mirror>(
        &self,
        sight: &Sight<'_, M>,
        member: &Member,
        wanted: Option<&RoleId>,
    ) -> Result<Vec<Path>, M::Error> {
        let is_wanted = |role: &RoleName| wanted.is_none_or(|wanted| role.id == *wanted);
        let mut paths = Vec::new();
        for grant in self.all.iter().filter(|grant| is_wanted(&grant.role)) {
            match &grant.holder {
                Holder::User(user) if *user == member.id => paths.push(grant.direct(sight)?),
                Holder::Group(group) => {
                    if let Some(held) = member.membership(group) {
                        let into = member.path_into(sight, group, held.span)?;
                        paths.push(grant.after(sight, into)?);
                    }
                    paths.extend(self.as_owner(sight, member, group, grant)?);
                }
                Holder::User(_) | Holder::Client(_) => {}
            }
        }
        for (user, role, span) in &self.inherited {
            let told = |path: &Path| {
                path.is_through_group() && path.role.as_ref().is_some_and(|had| had.id == role.id)
            };
            if *user == member.id && is_wanted(role) && !paths.iter().any(told) {
                let step = sight.step(Link::Role, role.named(), *span)?;
                let path = Path::unknown(
                    step,
                    "Okta says that a group gives it; which one is not known",
                );
                paths.push(with_role(path, role));
            }
        }
        Ok(paths)
    }

    /// Owners of the group that holds the role can make themselves, or anybody, a member.
    fn as_owner<M: Mirror>(
        &self,
        sight: &Sight<'_, M>,
        member: &Member,
        group: &GroupId,
        grant: &Grant,
    ) -> Result<Vec<Path>, M::Error> {
        let mut paths = Vec::new();
        // Whoever cannot sign in makes nobody a member.
        if member.status.as_deref() == Some("DEPROVISIONED") {
            return Ok(paths);
        }
        for (_, owner, span) in self.owners.iter().filter(|(owned, ..)| owned == group) {
            let before = match owner {
                Holder::User(user) if *user == member.id => Vec::new(),
                Holder::Group(owning) => match member.membership(owning) {
                    Some(held) => member.path_into(sight, owning, held.span)?.steps,
                    None => continue,
                },
                Holder::User(_) | Holder::Client(_) => continue,
            };
            let mut path = Path::of_one(
                PathKind::GroupOwner,
                sight.step(Link::Owner, sight.group(group), *span)?,
            );
            path.steps.splice(0..0, before);
            path.steps.push(grant.step(sight)?);
            paths.push(with_role(path, &grant.role));
        }
        Ok(paths)
    }
}

impl Grant {
    /// The path of a user or a client that holds the role itself.
    pub(super) fn direct<M: Mirror>(&self, sight: &Sight<'_, M>) -> Result<Path, M::Error> {
        let kind = match (&self.holder, &self.role.id) {
            (Holder::Client(_), _) => PathKind::ServiceClient,
            (_, RoleId::Custom(_)) => PathKind::CustomRole,
            (_, RoleId::Standard(_)) => PathKind::Direct,
        };
        Ok(with_role(Path::of_one(kind, self.step(sight)?), &self.role))
    }

    fn after<M: Mirror>(&self, sight: &Sight<'_, M>, into: Path) -> Result<Path, M::Error> {
        let path = with_role(into.onwards(self.step(sight)?), &self.role);
        Ok(match self.role.id {
            RoleId::Custom(_) => Path {
                kind: PathKind::CustomRole,
                ..path
            },
            RoleId::Standard(_) => path,
        })
    }

    /// The step to the role. Where the mirror saw no beginning, the log may still tell of the grant.
    fn step<M: Mirror>(&self, sight: &Sight<'_, M>) -> Result<Step, M::Error> {
        let mut step = sight.step(Link::Role, self.role.named(), self.span)?;
        // All roles are read again because of one event; what is bound to a resource set is told by events of its own.
        let is_sure = |proof: &Proof| proof.event_type.starts_with(BINDING);
        if step.proof.as_ref().is_some_and(is_sure) {
            return Ok(step);
        }
        let logged = sight.mirror.grants_in_log(self.holder.id())?;
        // The list that showed the role may have been read because of what another holder, or another role, was granted.
        let noted = step.proof.take().filter(|proof| {
            let is_it = |one: &Proof| one.event == proof.event;
            names_role(proof, &self.role) && logged.iter().any(is_it)
        });
        step.proof = noted.or_else(|| granted_by(&logged, &self.role, self.span.from));
        Ok(step)
    }
}

/// What the events are called that bind custom roles.
const BINDING: &str = "iam.";

/// The event that gave a role which was there at `seen`, out of those about its holder, newest first; `None` when they leave doubt.
///
/// Okta tells a grant of one role with all that the holder has then, so the first of the newest unbroken run is meant. It is not when
/// it names other roles too and nothing older shows that the role was new in it.
fn granted_by(logged: &[Proof], role: &RoleName, seen: Timestamp) -> Option<Proof> {
    let mut before = logged.iter().filter(|proof| proof.at <= seen).peekable();
    let mut first = None;
    while let Some(proof) = before.next_if(|proof| names_role(proof, role)) {
        first = Some(proof);
    }
    let was_without = before.peek().is_some_and(|older| older.privilege.is_some());
    first
        .filter(|proof| was_without || named_roles(proof).len() == 1)
        .cloned()
}

fn names_role(proof: &Proof, role: &RoleName) -> bool {
    let label = role.label.to_lowercase();
    let is_it = |name: &String| {
        let limits = name.strip_prefix(&label);
        limits.is_some_and(|limits| limits.is_empty() || limits.starts_with(" ("))
    };
    named_roles(proof).iter().any(is_it)
}

/// The roles that an event names: `Application administrator (Slack, Jira), Help desk administrator (all)` are two.
fn named_roles(proof: &Proof) -> Vec<String> {
    let Some(names) = &proof.privilege else {
        return Vec::new();
    };
    privilege::names(names).map(str::to_lowercase).collect()
}

impl Holder {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
            Self::Client(id) => id.as_str(),
        }
    }
}

impl RoleName {
    /// Whether both are the same role over the same things. Where one of them does not tell over what, the role decides.
    fn is_same(&self, other: &Self) -> bool {
        let silent = self.within.is_empty() || other.within.is_empty();
        let ids = |role: &Self| {
            role.within
                .iter()
                .map(|one| one.id().to_owned())
                .collect::<Vec<_>>()
        };
        self.id == other.id && (silent || ids(self) == ids(other))
    }

    /// The role as something that a step leads to.
    pub(super) fn named(&self) -> Named {
        let id = self.id.as_str().parse().ok();
        Named {
            name: self.label.clone(),
            subject: Subject::Entry(EntryKey {
                kind: EntryKind::Role,
                parent: None,
                id: id.unwrap_or_else(|| "UNKNOWN".parse().expect("it is visible ASCII")),
            }),
        }
    }
}

fn with_role(path: Path, role: &RoleName) -> Path {
    Path {
        role: Some(role.clone()),
        ..path
    }
}

fn members<M: Mirror>(sight: &Sight<'_, M>, group: &GroupId) -> Result<Vec<UserId>, M::Error> {
    let members = sight.mirror.members(group)?;
    Ok(members.into_iter().map(|held| held.value).collect())
}

fn owners<M: Mirror>(sight: &Sight<'_, M>) -> Result<Vec<(GroupId, Holder, Interval)>, M::Error> {
    let owners = sight.mirror.entries(EntryKind::GroupOwner)?;
    let owner = |held: &Held<Entry>| Some((parent_as(held)?, holder_of(&held.value)?, held.span));
    Ok(owners.iter().filter_map(owner).collect())
}

/// Who an owner or a member of a binding is.
fn holder_of(entry: &Entry) -> Option<Holder> {
    let referred = entry
        .refs
        .iter()
        .find_map(|reference| match (&reference.how, &reference.to) {
            (How::Owner | How::Member, Target::Object(ObjectId::User(id))) => {
                Some(Holder::User(id.clone()))
            }
            (How::Owner | How::Member, Target::Object(ObjectId::Group(id))) => {
                Some(Holder::Group(id.clone()))
            }
            (How::Owner | How::Member, Target::Entry(EntryKind::Client, id)) => {
                Some(Holder::Client(id.clone()))
            }
            // A service app is named by its app, whose id is the client's.
            (How::Member, Target::Object(ObjectId::App(id))) => {
                id.as_str().parse().ok().map(Holder::Client)
            }
            _ => None,
        });
    let by_type = || {
        let id = entry.key.id.as_str();
        match fact(entry, "type")?.to_uppercase().as_str() {
            "USER" => id.parse().ok().map(Holder::User),
            "GROUP" => id.parse().ok().map(Holder::Group),
            _ => None,
        }
    };
    referred.or_else(by_type)
}

/// What custom roles and resource sets are called, read once.
struct Names {
    roles: Rc<[Held<Entry>]>,
    sets: Rc<[Held<Entry>]>,
}

impl Names {
    fn read<M: Mirror>(sight: &Sight<'_, M>) -> Result<Self, M::Error> {
        Ok(Self {
            roles: sight.mirror.entries(EntryKind::Role)?,
            sets: sight.mirror.entries(EntryKind::ResourceSet)?,
        })
    }

    /// The role of an assignment; `None` when it is not in force or says nothing that can be understood.
    fn role<M: Mirror>(
        &self,
        sight: &Sight<'_, M>,
        entry: &Entry,
    ) -> Result<Option<RoleName>, M::Error> {
        if entry
            .status
            .as_deref()
            .is_some_and(|status| status != "ACTIVE")
        {
            return Ok(None);
        }
        let Some(kind) = fact(entry, "type") else {
            return Ok(None);
        };
        let custom = entry
            .refs(How::Gives)
            .find_map(|reference| match &reference.to {
                Target::Entry(EntryKind::Role, id) => Some(id.clone()),
                _ => None,
            });
        let custom = custom.or_else(|| fact(entry, "role")?.parse().ok());
        let (id, label) = match custom {
            Some(id) if **kind == *"CUSTOM" => {
                let label = label_of(&self.roles, &id);
                (
                    RoleId::Custom(id),
                    label.or_else(|| fact(entry, "label").cloned()),
                )
            }
            _ => (
                RoleId::Standard(kind.clone()),
                fact(entry, "label").cloned(),
            ),
        };
        let mut within = Vec::new();
        for reference in entry.refs(How::Within) {
            within.extend(sight.target(&reference.to)?);
        }
        within.sort_unstable();
        Ok(Some(role_name(id, label, within)))
    }

    /// The role of a binding's member: its parent is the resource set's id and the role's.
    fn bound(&self, entry: &Entry) -> Option<RoleName> {
        let (set, role) = entry.key.parent.as_ref()?.as_str().split_once(':')?;
        let (set, role): (EntryId, EntryId) = (set.parse().ok()?, role.parse().ok()?);
        let standard = STANDARD_ROLES
            .iter()
            .any(|(kind, _)| *kind == role.as_str());
        let label = label_of(&self.roles, &role);
        let within = Named {
            name: label_of(&self.sets, &set).unwrap_or_else(|| set.as_str().into()),
            subject: Subject::Entry(EntryKey {
                kind: EntryKind::ResourceSet,
                parent: None,
                id: set,
            }),
        };
        let id = if standard {
            RoleId::Standard(role.as_str().into())
        } else {
            RoleId::Custom(role)
        };
        Some(role_name(id, label, vec![within]))
    }
}

fn label_of(among: &[Held<Entry>], id: &EntryId) -> Option<SafeText> {
    let found = among.iter().find(|held| held.value.key.id == *id);
    found.map(|held| named(&held.value).name)
}

fn role_name(id: RoleId, label: Option<SafeText>, within: Vec<Named>) -> RoleName {
    let known = STANDARD_ROLES.iter().find(|(kind, _)| *kind == id.as_str());
    let label = label.or_else(|| known.map(|(_, label)| (*label).into()));
    RoleName {
        label: label.unwrap_or_else(|| id.as_str().into()),
        id,
        within,
    }
}
