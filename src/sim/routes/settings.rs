//! What an org is set up with: every list of documents, and the single ones behind them.

pub mod authenticators;
pub mod devices;
pub mod idps;
pub mod org;
pub mod people;
pub mod policies;
pub mod schemas;
pub mod select;
pub mod simulate;
pub mod switch;
pub mod zones;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render::{self, View};
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::document::{Document, Kind};
use crate::sim::world::index::DocumentIx;

/// How many documents of a kind a page holds.
#[derive(Clone, Copy, Debug)]
enum Sizes {
    /// All of them, always.
    Whole,
    /// So many unless asked otherwise, and at most so many.
    Paged(usize, usize),
}

/// Lists that need nothing of their own.
const LISTS: &[(&str, Kind, Sizes)] = &[
    ("/api/v1/idps", Kind::Idp, Sizes::Paged(20, 200)),
    (
        "/api/v1/zones",
        Kind::Zone,
        Sizes::Paged(usize::MAX - 1, 1_000),
    ),
    ("/api/v1/behaviors", Kind::Behavior, Sizes::Whole),
    ("/api/v1/eventHooks", Kind::EventHook, Sizes::Whole),
    ("/api/v1/inlineHooks", Kind::InlineHook, Sizes::Whole),
    ("/api/v1/logStreams", Kind::LogStream, Sizes::Paged(20, 200)),
    (
        "/api/v1/trustedOrigins",
        Kind::TrustedOrigin,
        Sizes::Paged(20, 200),
    ),
    ("/api/v1/meta/types/user", Kind::UserType, Sizes::Whole),
    ("/api/v1/features", Kind::Feature, Sizes::Whole),
    ("/api/v1/brands", Kind::Brand, Sizes::Paged(20, 200)),
];

/// The routes of everything that an org is set up with.
pub fn router() -> Router<Arc<Service>> {
    LISTS
        .iter()
        .fold(Router::new(), |router, (path, kind, sizes)| {
            router.merge(collection(path, *kind, *sizes))
        })
        .route("/api/v1/apps/{app}/group-push/mappings", get(push_mappings))
        .route(
            "/api/v1/apps/{app}/group-push/mappings/{mapping}",
            get(push_mapping),
        )
        .merge(authenticators::router())
        .merge(devices::router())
        .merge(idps::router())
        .merge(org::router())
        .merge(people::router())
        .merge(policies::router())
        .merge(schemas::router())
        .merge(simulate::router())
        .merge(switch::router())
        .merge(zones::router())
}

/// A list at `path`, and its items below it.
fn collection(path: &str, kind: Kind, sizes: Sizes) -> Router<Arc<Service>> {
    let list = move |State(service): State<Arc<Service>>, asked: Asked| async move {
        let world = service.org.world();
        let view = service.view(&world, &asked);
        let selection = select::Selection::read(&asked, kind)?;
        let documents = world
            .documents()
            .of(kind)
            .filter(|(_, document)| selection.holds(document));
        page_of(view, &asked, kind, sizes, documents)
    };
    let one = move |State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked| async move {
        let world = service.org.world();
        let (_, document) = find(&world, kind, &id)?;
        Ok::<Response, ApiError>(shown(service.view(&world, &asked), document))
    };
    Router::new()
        .route(path, get(list))
        .route(&format!("{path}/{{id}}"), get(one))
}

/// A page of documents that come in the order of their making.
fn page_of<'a>(
    view: View<'_>,
    asked: &Asked,
    kind: Kind,
    sizes: Sizes,
    documents: impl Iterator<Item = (DocumentIx, &'a Document)>,
) -> Answer {
    let write = |out: &mut String, (_, document): (DocumentIx, &Document)| {
        render::document::write(view, out, document, false);
    };
    let Sizes::Paged(default, most) = sizes else {
        return Ok(asked.all(documents, write));
    };
    // Zones are the one list where -1 is a limit: it means none.
    let limit = match asked.get("limit") {
        Some("-1") if kind == Kind::Zone => default,
        _ => asked.limit(default, most)?,
    };
    let place = |cursor: &str| {
        let ix = view.world.documents().place(kind, cursor)?;
        Some(ix.at())
    };
    let start = asked.start(place)?;
    let rest = documents.filter(|(ix, _)| ix.at() >= start);
    Ok(asked.list(limit, rest, |(_, document)| document.id, write))
}

/// A document by its id.
fn find<'a>(
    world: &'a World,
    kind: Kind,
    id: &str,
) -> Result<(DocumentIx, &'a Document), ApiError> {
    world
        .documents()
        .find(kind, id)
        .map(|ix| (ix, world.documents().get(ix)))
        .ok_or_else(|| ApiError::not_found(id, kind.resource()))
}

/// A single document.
fn shown(view: View<'_>, document: &Document) -> Response {
    let mut body = String::new();
    render::document::write(view, &mut body, document, false);
    page::json(body)
}

async fn push_mappings(
    State(service): State<Arc<Service>>,
    Path(app): Path<String>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let app = world
        .app_by_id(&app)
        .ok_or_else(|| ApiError::not_found(&app, "AppInstance"))?;
    let selection = select::Selection::read(&asked, Kind::PushMapping)?;
    let mappings = world
        .documents()
        .linked(world.app(app).id, Kind::PushMapping)
        .filter(|(_, mapping)| selection.holds(mapping));
    page_of(
        service.view(&world, &asked),
        &asked,
        Kind::PushMapping,
        Sizes::Paged(100, 1_000),
        mappings,
    )
}

async fn push_mapping(
    State(service): State<Arc<Service>>,
    Path((app, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let world = service.org.world();
    let (_, mapping) = find(&world, Kind::PushMapping, &id)?;
    if mapping.parent.is_none_or(|parent| parent.as_str() != app) {
        return Err(ApiError::not_found(&id, Kind::PushMapping.resource()));
    }
    Ok(shown(service.view(&world, &asked), mapping))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::sim::scope;

    #[test]
    fn every_path_that_stands_in_a_table_has_a_row_in_the_table_of_rights() {
        let single = LISTS.iter().map(|(path, ..)| format!("{path}/x"));
        let lists = LISTS.iter().map(|(path, ..)| (*path).to_owned());
        let missing: Vec<String> = lists
            .chain(single)
            .chain(org::paths().map(str::to_owned))
            .filter(|path| scope::row(&Method::GET, path).is_none())
            .collect();
        assert!(missing.is_empty(), "no row in sim/scope.rs for {missing:?}");
    }
}
