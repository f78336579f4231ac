//! Events of who may do what: admin roles, custom ones with their resource sets, and owners of groups.

use crate::sim::world::assignment::{Assignee, Assignment, Held};
use crate::sim::world::index::{CustomRoleIx, GroupIx, ResourceSetIx};
use crate::sim::world::owner::OwnedBy;

use super::super::kind::Kind;
use super::super::party::{Party, PartyId, PartyKind};
use super::super::{Note, Target};
use super::scribe::{Draft, Scribe};

impl Scribe<'_, '_> {
    pub(super) fn role_assigned(&mut self, assignment: usize, privileges: &str) {
        let assignment = self.world.assignment(assignment);
        if let Held::Custom { role, set } = assignment.held {
            self.binding(Kind::BindingsAdd, assignment, role, set);
        }
        self.granted(assignment, privileges);
    }

    /// Okta tells of a revocation only when nothing is left; before, it tells what is.
    pub(super) fn role_unassigned(&mut self, assignment: usize, left: &str) {
        let assignment = self.world.assignment(assignment);
        if let Held::Custom { role, set } = assignment.held {
            self.binding(Kind::BindingsDelete, assignment, role, set);
        }
        if !left.is_empty() {
            return self.granted(assignment, left);
        }
        let kind = match assignment.assignee {
            Assignee::User(_) => Kind::PrivilegeRevoke,
            Assignee::Group(_) => Kind::GroupPrivilegeRevoke,
            Assignee::Client(_) => Kind::ClientPrivilegeRevoke,
        };
        let target = [Target::party(self.assignee(assignment.assignee))];
        let revoked = self.world.privilege(assignment);
        self.push(Draft::new(kind, &target).debug("privilegeRevoked", revoked));
    }

    pub(super) fn granted(&mut self, assignment: &Assignment, privileges: &str) {
        let kind = match assignment.assignee {
            Assignee::User(_) => Kind::PrivilegeGrant,
            Assignee::Group(_) => Kind::GroupPrivilegeGrant,
            Assignee::Client(_) => Kind::ClientPrivilegeGrant,
        };
        let target = [Target::party(self.assignee(assignment.assignee))];
        self.push(Draft::new(kind, &target).debug("privilegeGranted", privileges));
    }

    fn binding(
        &mut self,
        kind: Kind,
        assignment: &Assignment,
        role: CustomRoleIx,
        set: ResourceSetIx,
    ) {
        let targets = [
            Target::party(self.assignee(assignment.assignee)),
            Target::party(self.custom_role(role)),
            Target::party(self.resource_set(set)),
        ];
        self.push(Draft::new(kind, &targets));
    }

    pub(super) fn of_custom_role(&mut self, kind: Kind, role: CustomRoleIx) {
        let target = [Target::party(self.custom_role(role))];
        let permissions = &self.world.custom_role(role).permissions;
        let labels: Vec<&str> = permissions.iter().map(|own| own.label.as_str()).collect();
        self.push(Draft::new(kind, &target).debug("permissions", labels.join(", ")));
    }

    pub(super) fn permission(&mut self, kind: Kind, role: CustomRoleIx, permission: &str) {
        let target = [Target::party(self.custom_role(role))];
        self.push(Draft::new(kind, &target).debug("permissions", permission));
    }

    pub(super) fn of_set(&mut self, kind: Kind, set: ResourceSetIx) {
        let target = [Target::party(self.resource_set(set))];
        self.push(Draft::new(kind, &target));
    }

    pub(super) fn owner(&mut self, group: GroupIx, by: OwnedBy, added: bool) {
        let (party, id) = match by {
            OwnedBy::User(user) => (self.user(user), self.world.user(user).id),
            OwnedBy::Group(owning) => (self.group(owning), self.world.group(owning).id),
        };
        let targets = [Target::party(self.group(group)), Target::party(party)];
        let (before, after) = if added {
            (String::new(), id.to_string())
        } else {
            (id.to_string(), String::new())
        };
        let mut draft = Draft::new(Kind::OwnerUpdate, &targets);
        draft.note = Note {
            changes: vec![("owners".to_owned(), before, after)],
            ..Note::default()
        };
        self.push(draft);
    }

    fn assignee(&mut self, assignee: Assignee) -> PartyId {
        match assignee {
            Assignee::User(user) => self.user(user),
            Assignee::Group(group) => self.group(group),
            Assignee::Client(client) => self.oauth_client(client),
        }
    }

    fn custom_role(&mut self, role: CustomRoleIx) -> PartyId {
        let held = self.world.custom_role(role);
        self.named(PartyKind::Role, held.id.as_str(), &held.label)
    }

    fn resource_set(&mut self, set: ResourceSetIx) -> PartyId {
        let held = self.world.resource_set(set);
        self.named(PartyKind::ResourceSet, held.id.as_str(), &held.label)
    }

    /// A party of an id that only ever has one name.
    pub(super) fn named(&mut self, kind: PartyKind, id: &str, name: &str) -> PartyId {
        self.tables
            .cast
            .other(id, || Party::new(kind, id, Some("unknown"), Some(name)))
    }
}
