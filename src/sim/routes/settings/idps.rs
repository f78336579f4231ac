//! Who comes from an identity provider: `/api/v1/idps/{id}/users` and `/api/v1/users/{id}/idps`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::find;
use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::{self, View};
use crate::sim::routes::users;
use crate::sim::service::Service;
use crate::sim::world::document::{Document, Kind};
use crate::sim::world::index::UserIx;

/// The routes of who comes from where.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/idps/{id}/users", get(linked))
        .route("/api/v1/idps/{id}/users/{user}", get(link))
        .route("/api/v1/users/{user}/idps", get(of_user))
}

async fn linked(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let (ix, idp) = find(&world, Kind::Idp, &id)?;
    let limit = asked.limit(20, 200)?;
    let prefix = asked.get("q").map(str::to_lowercase);
    let begins = |user: &UserIx| {
        let profile = &world.user(*user).profile;
        prefix.as_ref().is_none_or(|prefix| {
            [&profile.email, &profile.first_name, &profile.last_name]
                .into_iter()
                .any(|text| text.to_lowercase().starts_with(prefix))
        })
    };
    let start = asked.start(|cursor| world.user_cursor(cursor))?;
    let users = world.users_from_idp(ix, start).filter(begins);
    let write = |out: &mut String, user| write(view, out, idp, user);
    Ok(asked.list(limit, users, |user| world.user(*user).id, write))
}

async fn link(
    State(service): State<Arc<Service>>,
    Path((id, user)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let (ix, idp) = find(&world, Kind::Idp, &id)?;
    let linked = world
        .user_by_id(&user)
        .filter(|user| world.idp_of(*user) == Some(ix))
        .ok_or_else(|| ApiError::not_found(&user, "IdpAppUser"))?;
    let mut body = String::new();
    write(service.view(&world, &asked), &mut body, idp, linked);
    Ok(page::json(body))
}

fn write(view: View<'_>, out: &mut String, idp: &Document, user: UserIx) {
    render::idp_user::write(view, out, idp, user);
}

async fn of_user(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let user = users::named(&world, &asked, &name)?;
    let idp = world.idp_of(user).map(|ix| world.documents().get(ix));
    Ok(asked.all(idp, |out, idp| {
        render::document::write(view, out, idp, false);
    }))
}
