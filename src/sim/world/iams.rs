//! What can be done to custom admin roles and resource sets.

use super::super::id::Id;
use super::super::time::Millis;
use super::World;
use super::assignment::{Assignment, Held};
use super::happening::{Cause, Fact};
use super::iam::{Covered, CustomRole, Permission, Resource, ResourceSet};
use super::index::{CustomRoleIx, ResourceSetIx};
use super::refused::Refused;

/// Okta allows no more resources in a set.
const MOST_RESOURCES: usize = 1_000;

impl World {
    /// Puts a custom role in without telling the log.
    pub fn settle_custom_role(
        &mut self,
        label: &str,
        description: &str,
        permissions: &[&str],
        at: Millis,
    ) -> CustomRoleIx {
        let ix = CustomRoleIx::from_usize(self.iam.roles.len());
        self.iam.roles.push(CustomRole {
            id: Id::new(self.seed, "cr0", u64::from(ix.0)),
            label: label.to_owned(),
            description: description.to_owned(),
            permissions: permissions
                .iter()
                .map(|label| permission(label, at))
                .collect(),
            created: at,
            last_updated: at,
            deleted: false,
        });
        ix
    }

    /// Limits a permission to these profile attributes, without telling the log.
    pub fn settle_condition(&mut self, role: CustomRoleIx, label: &str, attributes: &[&str]) {
        let permissions = &mut self.iam.roles[role.at()].permissions;
        for held in permissions.iter_mut().filter(|held| held.label == label) {
            held.only_attributes = attributes.iter().map(|&name| name.to_owned()).collect();
        }
    }

    /// Puts a resource set in without telling the log.
    pub fn settle_resource_set(
        &mut self,
        label: &str,
        description: &str,
        covered: &[Covered],
        at: Millis,
    ) -> ResourceSetIx {
        let ix = ResourceSetIx::from_usize(self.iam.sets.len());
        self.iam.sets.push(ResourceSet {
            id: Id::new(self.seed, "iam", u64::from(ix.0)),
            label: label.to_owned(),
            description: description.to_owned(),
            resources: Vec::new(),
            created: at,
            last_updated: at,
            deleted: false,
        });
        for what in covered {
            self.settle_resource(ix, *what, at);
        }
        ix
    }

    fn settle_resource(&mut self, set: ResourceSetIx, what: Covered, at: Millis) {
        let id = Id::new(self.seed, "ire", self.iam.resources_added);
        self.iam.resources_added += 1;
        let held = &mut self.iam.sets[set.at()];
        held.resources.push(Resource {
            id,
            what,
            created: at,
        });
        held.last_updated = held.last_updated.max(at);
    }

    /// Creates a custom role.
    ///
    /// # Errors
    /// When another role has the label, or the label is empty.
    pub fn create_custom_role(
        &mut self,
        cause: &Cause,
        label: &str,
        description: &str,
        permissions: &[&str],
    ) -> Result<CustomRoleIx, Refused> {
        let taken = self.custom_role_named(label).is_some();
        free_label(label, taken)?;
        let role = self.settle_custom_role(label, description, permissions, cause.at);
        self.record(cause, Fact::CustomRoleCreated { role });
        Ok(role)
    }

    /// Adds a permission to a custom role, or takes it out; nothing happens when it already is so.
    pub fn set_permission(
        &mut self,
        cause: &Cause,
        role: CustomRoleIx,
        label: &str,
        allowed: bool,
    ) {
        let held = &mut self.iam.roles[role.at()];
        let had = held.permissions.iter().any(|own| own.label == label);
        if had == allowed {
            return;
        }
        if allowed {
            held.permissions.push(permission(label, cause.at));
        } else {
            held.permissions.retain(|own| own.label != label);
        }
        held.last_updated = cause.at;
        let permission = label.to_owned();
        let fact = if allowed {
            Fact::PermissionAdded { role, permission }
        } else {
            Fact::PermissionRemoved { role, permission }
        };
        self.record(cause, fact);
    }

    /// Deletes a custom role.
    ///
    /// # Errors
    /// When somebody has it.
    pub fn delete_custom_role(&mut self, cause: &Cause, role: CustomRoleIx) -> Result<(), Refused> {
        let used = |held: Held| matches!(held, Held::Custom { role: own, .. } if own == role);
        if self.assignments.standing().any(|own| used(own.held)) {
            return Err(Refused::StillBound);
        }
        let held = &mut self.iam.roles[role.at()];
        held.deleted = true;
        held.last_updated = cause.at;
        self.record(cause, Fact::CustomRoleDeleted { role });
        Ok(())
    }

    /// Creates a resource set.
    ///
    /// # Errors
    /// When another set has the label, the label is empty, or there is nothing in it.
    pub fn create_resource_set(
        &mut self,
        cause: &Cause,
        label: &str,
        description: &str,
        covered: &[Covered],
    ) -> Result<ResourceSetIx, Refused> {
        let taken = self.resource_set_named(label).is_some();
        free_label(label, taken)?;
        if covered.is_empty() || covered.len() > MOST_RESOURCES {
            return Err(Refused::Invalid {
                field: "resources".to_owned(),
                cause: format!("A resource set holds 1 to {MOST_RESOURCES} resources"),
            });
        }
        let set = self.settle_resource_set(label, description, covered, cause.at);
        self.record(cause, Fact::ResourceSetCreated { set });
        Ok(set)
    }

    /// Adds a resource to a set; nothing happens when it is there.
    ///
    /// # Errors
    /// When the set is full.
    pub fn add_resource(
        &mut self,
        cause: &Cause,
        set: ResourceSetIx,
        what: Covered,
    ) -> Result<(), Refused> {
        let held = &self.iam.sets[set.at()].resources;
        if held.iter().any(|own| own.what == what) {
            return Ok(());
        }
        if held.len() >= MOST_RESOURCES {
            return Err(Refused::TooManyTargets);
        }
        self.settle_resource(set, what, cause.at);
        self.record(cause, Fact::ResourceAdded { set });
        Ok(())
    }

    /// Takes a resource out of a set.
    ///
    /// # Errors
    /// When it is not there.
    pub fn remove_resource(
        &mut self,
        cause: &Cause,
        set: ResourceSetIx,
        id: &str,
    ) -> Result<(), Refused> {
        let held = &mut self.iam.sets[set.at()];
        let before = held.resources.len();
        held.resources.retain(|own| own.id.as_str() != id);
        if held.resources.len() == before {
            return Err(Refused::NoSuch {
                id: id.to_owned(),
                kind: "ResourceSetResource",
            });
        }
        held.last_updated = cause.at;
        self.record(cause, Fact::ResourceRemoved { set });
        Ok(())
    }

    /// Deletes a resource set with all its bindings.
    pub fn delete_resource_set(&mut self, cause: &Cause, set: ResourceSetIx) {
        let bound: Vec<(super::assignment::Assignee, Held)> = self
            .assignments
            .standing()
            .filter(|own| matches!(own.held, Held::Custom { set: of, .. } if of == set))
            .map(|own| (own.assignee, own.held))
            .collect();
        for (assignee, held) in bound {
            // Both were found a moment ago.
            let _ = self.unassign_role(cause, assignee, held);
        }
        let held = &mut self.iam.sets[set.at()];
        held.deleted = true;
        held.last_updated = cause.at;
        self.record(cause, Fact::ResourceSetDeleted { set });
    }

    /// The custom role at `ix`, also when it is deleted.
    pub fn custom_role(&self, ix: CustomRoleIx) -> &CustomRole {
        &self.iam.roles[ix.at()]
    }

    /// The resource set at `ix`, also when it is deleted.
    pub fn resource_set(&self, ix: ResourceSetIx) -> &ResourceSet {
        &self.iam.sets[ix.at()]
    }

    /// All custom roles that there are, by index.
    pub fn custom_roles(&self) -> impl Iterator<Item = (CustomRoleIx, &CustomRole)> + '_ {
        let all = self.iam.roles.iter().enumerate();
        all.filter(|(_, role)| !role.deleted)
            .map(|(at, role)| (CustomRoleIx::from_usize(at), role))
    }

    /// All resource sets that there are, by index.
    pub fn resource_sets(&self) -> impl Iterator<Item = (ResourceSetIx, &ResourceSet)> + '_ {
        let all = self.iam.sets.iter().enumerate();
        all.filter(|(_, set)| !set.deleted)
            .map(|(at, set)| (ResourceSetIx::from_usize(at), set))
    }

    /// The custom role that a path names, by id or label.
    pub fn custom_role_named(&self, name: &str) -> Option<CustomRoleIx> {
        self.custom_roles()
            .find(|(_, role)| role.id.as_str() == name || role.label == name)
            .map(|(ix, _)| ix)
    }

    /// The resource set that a path names, by id or label.
    pub fn resource_set_named(&self, name: &str) -> Option<ResourceSetIx> {
        self.resource_sets()
            .find(|(_, set)| set.id.as_str() == name || set.label == name)
            .map(|(ix, _)| ix)
    }

    /// The custom roles that are bound to a set, by index.
    pub fn bound_to(&self, set: ResourceSetIx) -> Vec<CustomRoleIx> {
        let bound = |own: &Assignment| match own.held {
            Held::Custom { role, set: of } if of == set => Some(role),
            _ => None,
        };
        let mut roles: Vec<CustomRoleIx> = self.assignments.standing().filter_map(bound).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Who has a custom role over a set, in the order of their ids.
    pub fn binding(&self, set: ResourceSetIx, role: CustomRoleIx) -> Vec<&Assignment> {
        let held = Held::Custom { role, set };
        let mut members: Vec<&Assignment> = self
            .assignments
            .standing()
            .filter(|own| own.held == held)
            .collect();
        members.sort_by_key(|own| own.id);
        members
    }
}

fn permission(label: &str, at: Millis) -> Permission {
    Permission {
        label: label.to_owned(),
        only_attributes: Vec::new(),
        created: at,
    }
}

fn free_label(label: &str, taken: bool) -> Result<(), Refused> {
    match (label.is_empty(), taken) {
        (true, _) => Err(Refused::Invalid {
            field: "label".to_owned(),
            cause: "The field cannot be left blank".to_owned(),
        }),
        (false, true) => Err(Refused::duplicate("label")),
        (false, false) => Ok(()),
    }
}
