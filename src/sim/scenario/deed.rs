//! What actors of a scenario do as administrators: to other people, and to what the org is set up with.

use serde_json::{Map, Value};

use crate::sim::world::World;
use crate::sim::world::document::Kind;
use crate::sim::world::documents::NewDocument;
use crate::sim::world::happening::Cause;
use crate::sim::world::index::{DocumentIx, GroupIx, UserIx};
use crate::sim::world::refused::Refused;
use crate::sim::world::role::Role;
use crate::sim::world::user::{Profile, Provider};
use crate::sim::world::users::NewUser;

use super::script::{Act, Step};

/// Does an administrator's act to `user`, or to what the step names; `None` when the act is none of these.
pub(super) fn administer(
    world: &mut World,
    step: &Step,
    cause: &Cause,
    actor: UserIx,
    user: UserIx,
) -> Option<Result<(), Refused>> {
    let name = step.name.as_deref().unwrap_or_default();
    Some(match step.act {
        Act::GrantRole => with_role(step, |role| world.grant_role(cause, user, role)),
        Act::RevokeRole => with_role(step, |role| world.revoke_role(cause, user, role)),
        Act::CreateToken => {
            world.create_token(cause, name, actor);
            Ok(())
        }
        Act::CreateUser => world
            .create_user(cause, newcomer(world, name, actor))
            .map(drop),
        Act::JoinGroup => join(world, step, cause, named_user(world, name).unwrap_or(user)),
        Act::Suspend => world.suspend(cause, user),
        Act::Deactivate => world.deactivate(cause, user),
        Act::Create => create(world, step, cause),
        Act::Stop => with_document(world, step, |world, ix| {
            world.set_document_active(cause, ix, false)
        }),
        Act::Start => with_document(world, step, |world, ix| {
            world.set_document_active(cause, ix, true)
        }),
        Act::Delete => with_document(world, step, |world, ix| world.delete_document(cause, ix)),
        _ => return None,
    })
}

fn with_role(step: &Step, change: impl FnOnce(Role) -> Result<(), Refused>) -> Result<(), Refused> {
    let role = step.role.as_deref().and_then(Role::parse);
    role.map_or(Ok(()), change)
}

fn with_document(
    world: &mut World,
    step: &Step,
    change: impl FnOnce(&mut World, DocumentIx) -> Result<(), Refused>,
) -> Result<(), Refused> {
    match document(world, step) {
        Some(ix) => change(world, ix),
        None => Ok(()),
    }
}

/// What `document` names: `plural/name`.
pub(super) fn document(world: &World, step: &Step) -> Option<DocumentIx> {
    world.documents().meant(step.document.as_deref()?)
}

/// Creates what `document` names: `plural/name`, or `policy_rules/TYPE/name` for a rule of the first policy of a type.
fn create(world: &mut World, step: &Step, cause: &Cause) -> Result<(), Refused> {
    let path: Vec<&str> = step
        .document
        .as_deref()
        .unwrap_or_default()
        .split('/')
        .collect();
    let (Some(kind), Some(name)) = (path.first().and_then(|word| Kind::named(word)), path.last())
    else {
        return Ok(());
    };
    let parent = match path.as_slice() {
        [_, of, _] => world
            .documents()
            .policies(of)
            .first()
            .map(|(_, policy)| policy.id),
        _ => None,
    };
    let mut body = match serde_json::to_value(&step.body) {
        Ok(Value::Object(body)) => body,
        _ => Map::new(),
    };
    if let (Some(_), [_, of, _]) = (parent, path.as_slice()) {
        body.insert("type".to_owned(), Value::from(*of));
    }
    let new = NewDocument {
        kind,
        parent,
        name: (*name).to_owned(),
        active: true,
        system: false,
        body,
    };
    world.create_document(cause, new).map(drop)
}

/// Somebody new, who works where `like` does.
fn newcomer(world: &World, name: &str, like: UserIx) -> NewUser {
    let (first, last) = name.split_once(' ').unwrap_or((name, "Account"));
    let login = login_of(world, name);
    let model = &world.user(like).profile;
    NewUser {
        profile: Profile {
            email: login.as_str().into(),
            login: login.into(),
            first_name: first.into(),
            last_name: last.into(),
            manager: None,
            contractor: false,
            extra: None,
            ..model.clone()
        },
        provider: Provider::Okta,
        password: false,
        activate: true,
    }
}

fn login_of(world: &World, name: &str) -> String {
    let local = name.to_lowercase().replace(' ', ".");
    format!("{local}@{}", world.facts.domains[0])
}

fn named_user(world: &World, name: &str) -> Option<UserIx> {
    world.user_by_name(&login_of(world, name))
}

fn join(world: &mut World, step: &Step, cause: &Cause, user: UserIx) -> Result<(), Refused> {
    let wanted = step.group.as_deref().unwrap_or_default();
    let group = world
        .groups()
        .iter()
        .position(|group| !group.deleted && *group.name == *wanted);
    match group {
        Some(at) => world
            .add_member(cause, GroupIx::from_usize(at), user)
            .map(drop),
        None => Ok(()),
    }
}
