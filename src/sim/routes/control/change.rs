//! Changes that another admin makes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::sim::derive::Seed;
use crate::sim::id::Id;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::app::{App, SignOn};
use crate::sim::world::device::DeviceDeed;
use crate::sim::world::document::Kind;
use crate::sim::world::documents::NewDocument;
use crate::sim::world::factor::FactorKind;
use crate::sim::world::happening::Cause;
use crate::sim::world::index::{AppIx, DocumentIx, GroupIx, UserIx};
use crate::sim::world::place::PlaceIx;
use crate::sim::world::refused::Refused;
use crate::sim::world::role::Role;
use crate::sim::world::user::{Profile, Provider};
use crate::sim::world::users::NewUser;

/// A change. Users are named by id or login, groups by id or name, applications by id or label.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each variant is named after the operation of the world that it calls"
)]
pub enum Change {
    CreateUser {
        login: String,
        first_name: String,
        last_name: String,
        #[serde(default)]
        activate: bool,
    },
    ActivateUser {
        user: String,
    },
    DeactivateUser {
        user: String,
    },
    SuspendUser {
        user: String,
    },
    UnsuspendUser {
        user: String,
    },
    LockUser {
        user: String,
    },
    UnlockUser {
        user: String,
    },
    DeleteUser {
        user: String,
    },
    UpdateUser {
        user: String,
        profile: BTreeMap<String, Value>,
    },
    ResetPassword {
        user: String,
    },
    ExpirePassword {
        user: String,
    },
    ClearSessions {
        user: String,
    },
    SignIn {
        user: String,
    },
    EnrollFactor {
        user: String,
        factor: String,
    },
    ResetFactors {
        user: String,
    },
    GrantRole {
        user: String,
        role: String,
    },
    RevokeRole {
        user: String,
        role: String,
    },
    CreateGroup {
        name: String,
        description: Option<String>,
    },
    UpdateGroup {
        group: String,
        name: String,
        description: Option<String>,
    },
    DeleteGroup {
        group: String,
    },
    AddMember {
        group: String,
        user: String,
    },
    RemoveMember {
        group: String,
        user: String,
    },
    CreateApp {
        label: String,
    },
    RenameApp {
        app: String,
        label: String,
    },
    ActivateApp {
        app: String,
    },
    DeactivateApp {
        app: String,
    },
    DeleteApp {
        app: String,
    },
    AssignUser {
        app: String,
        user: String,
    },
    UnassignUser {
        app: String,
        user: String,
    },
    AssignGroup {
        app: String,
        group: String,
    },
    UnassignGroup {
        app: String,
        group: String,
    },
    CreateToken {
        name: String,
        owner: String,
    },
    /// Revokes the token with this id; without one the token that clients of the simulator use.
    RevokeToken {
        token: Option<String>,
    },
    /// Makes a document; `kind` as the truth spells it, e.g. `zones`.
    CreateDocument {
        kind: String,
        name: String,
        parent: Option<String>,
        #[serde(default)]
        inactive: bool,
        body: Map<String, Value>,
    },
    /// Changes some of a document; it is named by id, or as `zones/All offices`.
    UpdateDocument {
        document: String,
        name: Option<String>,
        #[serde(default)]
        body: Map<String, Value>,
    },
    ActivateDocument {
        document: String,
    },
    DeactivateDocument {
        document: String,
    },
    DeleteDocument {
        document: String,
    },
    /// Does something to a device: `suspend`, `unsuspend`, `deactivate`, `activate` or `delete`.
    ChangeDevice {
        device: String,
        to: String,
    },
}

/// The occasion of somebody else with the right to it, at home in a browser.
pub fn by_another_admin(world: &World, now: Millis, request: u64) -> Cause {
    let owner = world.tokens.first().map(|token| token.owner);
    let admin = world
        .admins()
        .map(|(user, _)| user)
        .find(|user| Some(*user) != owner)
        .or(owner)
        .unwrap_or(UserIx(0));
    world.by_user(admin, now, request)
}

impl Change {
    /// Carries it out; the id of what was created or changed.
    ///
    /// # Errors
    /// When a name means nothing, or the world refuses.
    pub fn carry_out(self, world: &mut World, cause: &Cause) -> Result<String, Refused> {
        match self {
            Self::CreateUser {
                login,
                first_name,
                last_name,
                activate,
            } => {
                let new = newcomer(&login, &first_name, &last_name, activate);
                let user = world.create_user(cause, new)?;
                Ok(world.user(user).id.to_string())
            }
            Self::CreateGroup { name, description } => {
                let group = world.create_group(cause, &name, description.as_deref())?;
                Ok(world.group(group).id.to_string())
            }
            Self::CreateApp { label } => {
                let app = world.create_app(cause, bookmark(world.seed, &label))?;
                Ok(world.app(app).id.to_string())
            }
            Self::CreateToken { name, owner } => {
                let owner = user_named(world, &owner)?;
                let token = world.create_token(cause, &name, owner);
                Ok(world.tokens[token].id.to_string())
            }
            Self::RevokeToken { token } => {
                let at = match &token {
                    Some(id) => world.token_by_id(id),
                    None => (!world.tokens.is_empty()).then_some(0),
                };
                let at = at.ok_or_else(|| Refused::NoSuch {
                    id: token.unwrap_or_default(),
                    kind: "ApiToken",
                })?;
                world.revoke_token(cause, at);
                Ok(world.tokens[at].id.to_string())
            }
            Self::UpdateGroup {
                group,
                name,
                description,
            } => {
                let group = group_named(world, &group)?;
                world.update_group(cause, group, &name, description.as_deref())?;
                Ok(world.group(group).id.to_string())
            }
            Self::DeleteGroup { group } => {
                let group = group_named(world, &group)?;
                world.delete_group(cause, group)?;
                Ok(world.group(group).id.to_string())
            }
            Self::AddMember { group, user } => {
                let (group, user) = (group_named(world, &group)?, user_named(world, &user)?);
                world.add_member(cause, group, user)?;
                Ok(world.group(group).id.to_string())
            }
            Self::RemoveMember { group, user } => {
                let (group, user) = (group_named(world, &group)?, user_named(world, &user)?);
                world.remove_member(cause, group, user)?;
                Ok(world.group(group).id.to_string())
            }
            Self::ChangeDevice { device, to } => {
                let deed = DeviceDeed::named(&to)
                    .ok_or_else(|| unknown("to", "nothing of this name is done to devices"))?;
                world.change_device(cause, &device, deed)?;
                Ok(device)
            }
            Self::CreateDocument {
                kind,
                name,
                parent,
                inactive,
                body,
            } => {
                let new = NewDocument {
                    kind: Kind::named(&kind)
                        .ok_or_else(|| unknown("kind", "no such kind of document"))?,
                    parent: parent.as_deref().and_then(Id::parse),
                    name,
                    active: !inactive,
                    system: false,
                    body,
                };
                let document = world.create_document(cause, new)?;
                Ok(world.documents().get(document).id.to_string())
            }
            Self::UpdateDocument { .. }
            | Self::ActivateDocument { .. }
            | Self::DeactivateDocument { .. }
            | Self::DeleteDocument { .. } => self.of_document(world, cause),
            other => match other.of_app(world, cause)? {
                Ok(app) => Ok(world.app(app).id.to_string()),
                Err(other) => {
                    let user = other.of_user(world, cause)?;
                    Ok(world.user(user).id.to_string())
                }
            },
        }
    }

    /// Carries out a change of an application; gives back one of anything else.
    fn of_app(self, world: &mut World, cause: &Cause) -> Result<Result<AppIx, Self>, Refused> {
        let app = match &self {
            Self::RenameApp { app, .. }
            | Self::ActivateApp { app }
            | Self::DeactivateApp { app }
            | Self::DeleteApp { app }
            | Self::AssignUser { app, .. }
            | Self::UnassignUser { app, .. }
            | Self::AssignGroup { app, .. }
            | Self::UnassignGroup { app, .. } => app_named(world, app)?,
            _ => return Ok(Err(self)),
        };
        match self {
            Self::RenameApp { label, .. } => world.rename_app(cause, app, &label)?,
            Self::ActivateApp { .. } => world.set_app_active(cause, app, true),
            Self::DeactivateApp { .. } => world.set_app_active(cause, app, false),
            Self::DeleteApp { .. } => world.delete_app(cause, app)?,
            Self::AssignUser { user, .. } => {
                let user = user_named(world, &user)?;
                world.assign_user(cause, app, user)?;
            }
            Self::UnassignUser { user, .. } => {
                let user = user_named(world, &user)?;
                world.unassign_user(cause, app, user)?;
            }
            Self::AssignGroup { group, .. } => {
                let group = group_named(world, &group)?;
                world.assign_group(cause, app, group)?;
            }
            Self::UnassignGroup { group, .. } => {
                let group = group_named(world, &group)?;
                world.unassign_group(cause, app, group)?;
            }
            other => return Ok(Err(other)),
        }
        Ok(Ok(app))
    }

    /// Carries out a change of a document there is.
    fn of_document(self, world: &mut World, cause: &Cause) -> Result<String, Refused> {
        let (Self::UpdateDocument { document, .. }
        | Self::ActivateDocument { document }
        | Self::DeactivateDocument { document }
        | Self::DeleteDocument { document }) = &self
        else {
            return Err(unknown("change", "not a change of a document"));
        };
        let ix = document_named(world, document)?;
        match &self {
            Self::UpdateDocument { name, body, .. } => {
                world.update_document(cause, ix, name.as_deref(), body)?;
            }
            Self::ActivateDocument { .. } => world.set_document_active(cause, ix, true)?,
            Self::DeactivateDocument { .. } => world.set_document_active(cause, ix, false)?,
            _ => world.delete_document(cause, ix)?,
        }
        Ok(world.documents().get(ix).id.to_string())
    }

    /// Carries out a change of a user.
    fn of_user(self, world: &mut World, cause: &Cause) -> Result<UserIx, Refused> {
        let (Self::ActivateUser { user: name }
        | Self::DeactivateUser { user: name }
        | Self::SuspendUser { user: name }
        | Self::UnsuspendUser { user: name }
        | Self::LockUser { user: name }
        | Self::UnlockUser { user: name }
        | Self::DeleteUser { user: name }
        | Self::UpdateUser { user: name, .. }
        | Self::ResetPassword { user: name }
        | Self::ExpirePassword { user: name }
        | Self::ClearSessions { user: name }
        | Self::SignIn { user: name }
        | Self::EnrollFactor { user: name, .. }
        | Self::ResetFactors { user: name }
        | Self::GrantRole { user: name, .. }
        | Self::RevokeRole { user: name, .. }) = &self
        else {
            return Err(unknown("change", "not a change of a user"));
        };
        let user = user_named(world, name)?;
        match self {
            Self::ActivateUser { .. } => world.activate(cause, user)?,
            Self::DeactivateUser { .. } => world.deactivate(cause, user)?,
            Self::SuspendUser { .. } => world.suspend(cause, user)?,
            Self::UnsuspendUser { .. } => world.unsuspend(cause, user)?,
            Self::LockUser { .. } => world.lock(cause, user)?,
            Self::UnlockUser { .. } => world.unlock(cause, user)?,
            Self::DeleteUser { .. } => world.delete_user(cause, user)?,
            Self::UpdateUser { profile, .. } => world.update_profile(cause, user, &profile)?,
            Self::ResetPassword { .. } => world.reset_password(cause, user)?,
            Self::ExpirePassword { .. } => world.expire_password(cause, user)?,
            Self::ClearSessions { .. } => world.clear_sessions(cause, user),
            Self::SignIn { .. } => {
                let own = world.by_user(user, cause.at, cause.request);
                world.sign_in(&own, user, None, None, cause.request);
            }
            Self::EnrollFactor { factor, .. } => {
                let kind = FactorKind::ALL
                    .into_iter()
                    .find(|kind| kind.factor_type() == factor)
                    .ok_or_else(|| unknown("factor", "no such factor type"))?;
                let own = world.by_user(user, cause.at, cause.request);
                world.enroll_factor(&own, user, kind);
            }
            Self::ResetFactors { .. } => world.reset_factors(cause, user),
            Self::GrantRole { role, .. } => world.grant_role(cause, user, role_named(&role)?)?,
            Self::RevokeRole { role, .. } => world.revoke_role(cause, user, role_named(&role)?)?,
            _ => return Err(unknown("change", "not a change of a user")),
        }
        Ok(user)
    }
}

pub(super) fn unknown(field: &str, cause: &str) -> Refused {
    Refused::Invalid {
        field: field.to_owned(),
        cause: cause.to_owned(),
    }
}

pub(super) fn role_named(name: &str) -> Result<Role, Refused> {
    Role::parse(name).ok_or_else(|| unknown("role", "no such role type"))
}

pub(super) fn user_named(world: &World, name: &str) -> Result<UserIx, Refused> {
    world
        .user_by_name(name)
        .ok_or_else(|| Refused::no_user(name))
}

pub(super) fn group_named(world: &World, name: &str) -> Result<GroupIx, Refused> {
    let by_name = || {
        let mut groups = world.groups().iter();
        groups
            .position(|group| !group.deleted && *group.name == *name)
            .map(GroupIx::from_usize)
    };
    world
        .group_by_id(name)
        .or_else(by_name)
        .ok_or_else(|| Refused::no_group(name))
}

pub(super) fn app_named(world: &World, name: &str) -> Result<AppIx, Refused> {
    let by_label = || {
        let mut apps = world.apps().iter();
        apps.position(|app| !app.deleted && *app.label == *name)
            .map(AppIx::from_usize)
    };
    world
        .app_by_id(name)
        .or_else(by_label)
        .ok_or_else(|| Refused::no_app(name))
}

fn document_named(world: &World, name: &str) -> Result<DocumentIx, Refused> {
    world
        .documents()
        .meant(name)
        .ok_or_else(|| Refused::NoSuch {
            id: name.to_owned(),
            kind: "Document",
        })
}

fn newcomer(login: &str, first_name: &str, last_name: &str, activate: bool) -> NewUser {
    NewUser {
        profile: Profile {
            login: login.into(),
            email: login.into(),
            first_name: first_name.into(),
            last_name: last_name.into(),
            department: 1,
            title: 1,
            place: PlaceIx(0),
            manager: None,
            contractor: false,
            extra: None,
        },
        provider: Provider::Okta,
        password: false,
        activate,
    }
}

fn bookmark(seed: Seed, label: &str) -> App {
    App {
        id: Id::new(seed, "0oa", 0),
        name: "bookmark",
        label: label.into(),
        active: true,
        sign_on: SignOn::Bookmark,
        features: &[],
        domain: "links.northwind.example",
        created: Millis(0),
        last_updated: Millis(0),
        deleted: false,
        groups: Vec::new(),
    }
}
