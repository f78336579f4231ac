//! Creating, changing and deleting users.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::credentials::Credentials;
use super::{named, parts, profile};
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::routes::body;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::document::Kind;
use crate::sim::world::happening::Cause;
use crate::sim::world::index::{GroupIx, UserIx};
use crate::sim::world::place::PlaceIx;
use crate::sim::world::refused::Refused;
use crate::sim::world::user::{Profile, Provider, Status};
use crate::sim::world::users::NewUser;

/// More groups than this are not joined with one call.
const MOST_GROUPS: usize = 20;

/// The routes that change users as wholes.
pub fn router() -> Router<Arc<Service>> {
    Router::new().route("/api/v1/users", post(create)).route(
        "/api/v1/users/{user}",
        post(update).put(replace).delete(remove),
    )
}

/// A user as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Sent {
    profile: Option<Map<String, Value>>,
    credentials: Option<Credentials>,
    group_ids: Vec<String>,
    #[serde(rename = "type")]
    kind: Option<body::Named>,
}

/// The answer to a change of a user: the user as it is now.
pub(super) fn shown(service: &Service, world: &World, asked: &Asked, user: UserIx) -> Response {
    let mut text = String::new();
    let view = service.view(world, asked);
    render::user::write(view, &mut text, user, world.user(user), parts(asked, true));
    page::json(text)
}

async fn create(State(service): State<Arc<Service>>, asked: Asked, body: Bytes) -> Answer {
    let sent: Sent = body::read(&body)?;
    let wanted = Wanted::read(&asked, &sent)?;
    service.write(&asked, |world, cause| {
        let user = wanted.carry_out(world, cause, &sent)?;
        Ok(shown(&service, world, &asked, user))
    })
}

/// What a creation comes to, as far as it can be told without looking at the org.
struct Wanted {
    attributes: profile::Attributes,
    credentials: Credentials,
    provider: Provider,
    activate: bool,
    /// Whether the password is to be changed at the first sign-in.
    expire: bool,
}

impl Wanted {
    fn read(asked: &Asked, sent: &Sent) -> Result<Self, ApiError> {
        let profile = sent.profile.as_ref().ok_or_else(no_profile)?;
        let attributes = profile::whole(profile)?;
        let credentials = sent.credentials.clone().unwrap_or_default();
        credentials.check(text(&attributes, "login"))?;
        let provider = credentials.provider()?;
        if provider != Provider::Okta && !asked.is_true("provider") {
            return Err(ApiError::validation(
                "provider",
                "The provider must be true to create a user of another provider",
            ));
        }
        // Known from the documents: whoever is known elsewhere has no password and no question here.
        if provider != Provider::Okta && !credentials.is_empty() {
            return Err(ApiError::validation(
                "credentials",
                "The provider of the user does not support password or recovery question",
            ));
        }
        let activate = asked.says("activate", true);
        let expire = asked.get("nextLogin") == Some("changePassword");
        match (expire, activate, credentials.has_password()) {
            (true, false, _) => return Err(ApiError::expiry_needs_activation()),
            (true, _, false) => return Err(ApiError::expiry_needs_password()),
            _ => {}
        }
        if sent.group_ids.len() > MOST_GROUPS {
            return Err(Refused::TooManyTargets.into());
        }
        Ok(Self {
            attributes,
            credentials,
            provider,
            activate,
            expire,
        })
    }

    fn carry_out(&self, world: &mut World, cause: &Cause, sent: &Sent) -> Result<UserIx, ApiError> {
        let contractor = contractor_type(world, sent)?.unwrap_or(false);
        let groups = groups(world, &sent.group_ids)?;
        let new = NewUser {
            profile: profile_of(&self.attributes, contractor),
            provider: self.provider,
            password: self.credentials.has_password(),
            activate: false,
        };
        let user = world.create_user(cause, new)?;
        self.credentials.set_question(world, cause, user);
        for group in groups {
            world.add_member(cause, group, user)?;
        }
        if self.activate {
            world.activate(cause, user)?;
        }
        if self.expire {
            // Somebody with much is activated in the background, where nothing can be expired yet.
            world.end_transition_of(user, cause.at);
            world.expire_password(cause, user)?;
        }
        Ok(user)
    }
}

fn no_profile() -> ApiError {
    ApiError::validation("profile", "The field cannot be left blank")
}

fn text<'a>(attributes: &'a profile::Attributes, name: &str) -> &'a str {
    attributes
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether the type that was sent is that of contractors; `None` when none was.
fn contractor_type(world: &World, sent: &Sent) -> Result<Option<bool>, ApiError> {
    let Some(kind) = &sent.kind else {
        return Ok(None);
    };
    let mut types = world.documents().of(Kind::UserType);
    // The default type, that of contractors, and that of service accounts, which nobody is turned into.
    match types.position(|(_, held)| held.id.as_str() == kind.id) {
        Some(0) => Ok(Some(false)),
        Some(1) => Ok(Some(true)),
        _ => Err(ApiError::validation(
            "type",
            "The type of the user is not valid",
        )),
    }
}

/// The groups that a new user is to join; all of them, or none.
fn groups(world: &World, ids: &[String]) -> Result<Vec<GroupIx>, ApiError> {
    let found = ids.iter().map(|id| {
        let group = crate::sim::routes::groups::named(world, id)?;
        world.editable(group)?;
        Ok(group)
    });
    found.collect()
}

/// A profile that says what was sent, and nothing else.
fn profile_of(attributes: &profile::Attributes, contractor: bool) -> Profile {
    let mut profile = Profile {
        login: "".into(),
        email: "".into(),
        first_name: "".into(),
        last_name: "".into(),
        department: 0,
        title: 1,
        place: PlaceIx(0),
        manager: None,
        contractor,
        extra: None,
    };
    for (name, value) in attributes {
        profile.set(name, value);
    }
    profile
}

async fn update(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    change(&service, &asked, &name, &body, false)
}

async fn replace(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    change(&service, &asked, &name, &body, true)
}

/// Changes a user: what is sent, or, with `whole`, everything, so that what is not sent is gone.
fn change(service: &Service, asked: &Asked, name: &str, body: &Bytes, whole: bool) -> Answer {
    let sent: Sent = body::read(body)?;
    service.write(asked, |world, cause| {
        let user = named(world, asked, name)?;
        super::tag::must_match(service, world, asked, user)?;
        world.may_be_updated(user)?;
        let changes = changes(world, user, &sent, whole)?;
        let contractor = type_change(world, user, &sent, whole)?;
        let credentials = sent.credentials.clone().unwrap_or_default();
        credentials.check(&world.user(user).profile.login)?;
        if !credentials.is_empty() && super::credentials::keeps_elsewhere(world, user) {
            return Err(Refused::CredentialsElsewhere.into());
        }
        if !changes.is_empty() {
            world.update_profile(cause, user, &changes)?;
        }
        if let Some(contractor) = contractor {
            world.change_type(cause, user, contractor);
        }
        credentials.give(world, cause, user)?;
        Ok(shown(service, world, asked, user))
    })
}

/// The attributes that become others.
fn changes(
    world: &World,
    user: UserIx,
    sent: &Sent,
    whole: bool,
) -> Result<profile::Attributes, ApiError> {
    let Some(profile) = &sent.profile else {
        return if whole {
            Err(no_profile())
        } else {
            Ok(profile::Attributes::new())
        };
    };
    let had = world.attributes_set(user);
    // What a profile holds already is not looked at again: it may be older than the schema.
    let mut wanted: profile::Attributes = profile
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if whole {
        profile::all_there(profile)?;
        for name in &had {
            wanted.entry(name.clone()).or_insert(Value::Null);
        }
    }
    let changes = world.differing(user, &wanted);
    let sent = changes
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let changes = profile::part(&sent.collect(), &had)?;
    let mastered = matches!(
        world.user(user).provider,
        Provider::ActiveDirectory | Provider::Ldap | Provider::Import
    );
    if mastered && !changes.is_empty() {
        return Err(Refused::MasteredElsewhere.into());
    }
    Ok(changes)
}

/// Whether the user becomes a contractor, or an employee; only a full replacement can do that.
fn type_change(
    world: &World,
    user: UserIx,
    sent: &Sent,
    whole: bool,
) -> Result<Option<bool>, ApiError> {
    let same = |kind: &body::Named| world.user_type(user).as_str() == kind.id;
    match &sent.kind {
        Some(kind) if same(kind) => Ok(None),
        Some(_) if !whole => Err(ApiError::validation(
            "type",
            "The type of the user can only be changed with a full replacement",
        )),
        _ => contractor_type(world, sent),
    }
}

/// The first call deactivates, the second deletes.
async fn remove(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        if world.user(user).status == Status::Deprovisioned {
            world.delete_user(cause, user)?;
        } else {
            super::lifecycle::deactivate(world, cause, &asked, user)?;
        }
        Ok(page::no_content())
    })
}
